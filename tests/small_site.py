"""A site of a few pages, built with the book's own extensions, for what the book need not hold."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from conftest import ROOT

CONF = f"""\
import sys
sys.path[:0] = [{str(ROOT)!r}, {str(ROOT / "book" / "_ext")!r}]
project, author, html_title = "Small", "Nobody", "Small"
exclude_patterns = ["_out"]
extensions = ["myst_nb", "finish", "formulas", "icons", "questions", "terms"]
nb_execution_mode = "off"
myst_enable_extensions = ["amsmath", "colon_fence", "dollarmath"]
html_theme = "sphinx_book_theme"
html_static_path = [{str(ROOT / "book" / "_static")!r}]
html_css_files, html_js_files = ["digitrec.css"], ["scrollable.js"]
html_context = {{"default_mode": "light"}}
"""

#: What a page begins with that runs.
HEAD = """---
jupytext:
  text_representation:
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---
"""


def write(folder: Path, pages: dict[str, str], more: Sequence[str] = ()) -> None:
    """Write a site's sources: page's name → Markdown; more extensions than the usual ones."""
    folder.mkdir(exist_ok=True)
    (folder / "conf.py").write_text(f"{CONF}extensions += {list(more)}\n", "utf-8")
    others = "\n".join(sorted(set(pages) - {"index"}))
    if others:
        pages = {**pages, "index": f"{pages['index']}\n```{{toctree}}\n{others}\n```\n"}
    for name, text in pages.items():
        (folder / f"{name}.md").write_text(text, "utf-8")


def build(folder: Path, builder: str = "html") -> tuple[Path, str]:
    """Build a site; return its folder, and what the builder complained of."""
    out = folder / "_out" / builder
    command = [sys.executable, "-m", "sphinx", "-q", "-n", "-b", builder, str(folder), str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    return out, done.stderr
