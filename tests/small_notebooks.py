"""A stand-in for `tools/notebooks.py`, for books that are too small for the real one.

It keeps the same promises to those who use it: what it is asked, what it answers.
"""

from pathlib import Path

GENERATOR = '''
from dataclasses import dataclass

import nbformat


@dataclass(frozen=True)
class Origin:
    site: str = ""
    library: str = ""


def notebook_of(root):
    """All pages but one have a notebook; the front page's has another name."""
    names = sorted(path.stem for path in (root / "book").glob("*.md"))
    return {
        f"book/{name}": f"notebooks/{'index' if name == 'intro' else name}.ipynb"
        for name in names
        if name != "costs"
    }


def notebook(text, origin, number):
    cells = [nbformat.v4.new_markdown_cell(text, id=f"a{number}")]
    if origin.site:
        link = f"[the page]({origin.site}/index.html)"
        cells.append(nbformat.v4.new_markdown_cell(link, id=f"b{number}"))
    install = f"LIBRARY = {origin.library!r}"
    cells.append(nbformat.v4.new_code_cell(install, id=f"c{number}"))
    return nbformat.writes(nbformat.v4.new_notebook(cells=cells)) + "\\n"


def render_all(root, origin=Origin()):
    answer = {}
    for number, (page, path) in enumerate(notebook_of(root).items()):
        text = (root / f"{page}.md").read_text("utf-8")
        answer[path] = notebook(text, origin, number)
        if path != "notebooks/index.ipynb":
            solved = path.replace("notebooks/", "notebooks/solutions/")
            answer[solved] = notebook(text + "Solved.", origin, number)
    return answer
'''


def write_generator(root: Path) -> None:
    """Put the stand-in where the real one would be."""
    (root / "tools").mkdir()
    (root / "tools" / "__init__.py").write_text("")
    (root / "tools" / "notebooks.py").write_text(GENERATOR, "utf-8")
