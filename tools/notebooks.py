"""Write the notebooks that readers launch: ``book/NN-name.md`` becomes ``notebooks/NN-name.ipynb``.

A chapter is MyST, which only the book's builder understands. A notebook is opened by JupyterLab,
Colab, VS Code or GitHub, so all that is in it is plain Markdown and Python: admonitions are quotes,
citations and figure numbers are text, the numbers in the prose are those of the committed results,
hints and solutions are closed. ``notebooks/solutions/`` has each chapter with its exercises solved.

All of it depends on the book's text, its drawings and ``book/results.json``: the same text gives
the same bytes. What cannot be translated is an error, so that no reader ever sees MyST.

    python -m tools.notebooks            write the notebooks
    python -m tools.notebooks --check    only say which are out of step (exit status 1)
"""

from __future__ import annotations

import ast
import hashlib
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbformat import NotebookNode

from tools.plain_markdown import (
    Block,
    Book,
    Chapter,
    NotTranslatedError,
    Translator,
    closed,
    link,
)

ROOT = Path(__file__).resolve().parents[1]
FOLDER = "notebooks"
SOLUTIONS = f"{FOLDER}/solutions"
#: What opens the text on what comes of a prediction.
OUTCOME = "What happens"
KERNEL = {
    "display_name": "Python 3 (ipykernel)",
    "language": "python",
    "name": "python3",
}


@dataclass(frozen=True)
class Origin:
    """Where a notebook comes from, for one that is opened far from the rest of the repository.

    Attributes
    ----------
    site
        The published book's address, without a slash at its end; empty where it is not known.
    library
        What pip installs the library from, such as ``git+https://host/owner/repo@commit``.
    """

    site: str = ""
    library: str = ""


SET_UP = """\
# @title Set-up: installs the course's library where it is missing, as in Colab
import importlib.util
import pathlib

LIBRARY = "{library}"  # where this notebook comes from
if importlib.util.find_spec("digitrec") is None:
    folders = [pathlib.Path.cwd(), *pathlib.Path.cwd().parents]
    here = [f for f in folders if (f / "digitrec" / "mnist.py").exists()]
    source = here[0].as_uri() if here else LIBRARY
    if not source:
        raise SystemExit("digitrec is not installed; open this notebook in the course's folder.")
    needs = {{"keras": "tensorflow", "plots": "seaborn"}}
    extras = [e for e, name in needs.items() if not importlib.util.find_spec(name)]
    requirement = f"digitrec[{{','.join(extras)}}] @ {{source}}"
    %pip install --quiet "{{requirement}}"
    importlib.invalidate_caches()
"""


def cell(kind: str, source: str, number: int, metadata: Any = None) -> NotebookNode:
    """Return a notebook's cell; its id depends on its place and its text."""
    make = getattr(nbformat.v4, f"new_{kind}_cell")
    # Jupyter's own cell ids are random.
    name = hashlib.sha256(f"{number} {source}".encode()).hexdigest()[:8]
    return make(source, id=name, metadata=metadata or {})


@dataclass
class Writer:
    """Puts a notebook's cells together: Markdown in a row becomes one cell for each section."""

    cells: list[NotebookNode] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)

    def markdown(self, text: str) -> None:
        """Add Markdown; a heading begins a new cell."""
        if re.match(r"#{1,3} ", text):
            self.flush()
        if text.strip():
            self.waiting.append(text.strip("\n"))

    def code(self, source: str, metadata: Any = None) -> None:
        """Add a code cell."""
        self.flush()
        self.cells.append(cell("code", source, len(self.cells), metadata))

    def flush(self) -> None:
        """Make a cell of the Markdown that waits."""
        if self.waiting:
            text = "\n\n".join(self.waiting)
            self.cells.append(cell("markdown", text, len(self.cells)))
            self.waiting = []

    def notebook(self) -> str:
        """Return the notebook as JSON."""
        self.flush()
        made = nbformat.v4.new_notebook(
            cells=self.cells,
            metadata={"kernelspec": KERNEL, "language_info": {"name": "python"}},
        )
        nbformat.validate(made)
        return nbformat.writes(made) + "\n"


def plain_code(source: str) -> str:
    """Return a cell's code without what only the book's builder needs."""
    kept = [
        line
        for line in source.splitlines()
        if not re.fullmatch(r"from digitrec\.notebook import glue", line)
    ]
    return "\n".join(kept).strip("\n")


def introduction(
    chapter: Chapter, book: Book, origin: Origin, *, solved: bool, handed_out: bool = False
) -> str:
    """Return what a notebook says of itself below its title."""
    lines = []
    if chapter.number:
        title = link(f"*{book.title}*", origin.site)
        page = link("The page", origin.site and f"{origin.site}/{chapter.page}.html")
        lines.append(
            f"> Chapter {chapter.number} of {title}. {page} shows every result; here you run it, "
            "change it, and do the exercises."
        )
    lines.append(
        "> The numbers in the text are from the book's own run. Accuracies of networks that are "
        "trained here may differ a little in yours, and times were measured on one machine."
    )
    if handed_out:
        done = "all exercises are solved" if solved else "the exercises are left to you"
        lines.append(
            f"> In this copy {done}. "
            + ("" if solved else "Each has a cell to start from and a check that says what to do.")
        )
    elif solved:
        back = f"[The chapter](../{chapter.name}.ipynb) leaves them to you."
        lines.append(f"> In this copy all exercises are solved. {back}")
    elif chapter.number:
        lines.append(
            "> Each exercise has a cell to start from and a check; its hint and its solution are "
            f"closed. [A copy with every exercise solved](solutions/{chapter.notebook}) stands "
            "beside this notebook."
        )
    return "\n>\n".join(lines)


def closing(chapter: Chapter, book: Book) -> str:
    """Return a chapter's last words: the memory that it holds, and what comes next."""
    later = [other for other in book.chapters if other.number == chapter.number + 1]
    following = f" Then go on with [the next chapter]({later[0].notebook})." if later else ""
    return (
        "> **Before you go on:** an open notebook keeps its memory. Give it back with "
        "*File ▸ Close and Shut Down Notebook* in JupyterLab, or "
        f"*Runtime ▸ Disconnect and delete runtime* in Colab.{following}"
    )


def folded(chapter: Chapter, blocks: Iterable[Block], inside: bool) -> Iterator[Block]:
    """Yield a text's blocks, with what comes of a prediction closed.

    Parameters
    ----------
    chapter, blocks
        The chapter, for an error's message, and the blocks of the text between two code cells.
    inside
        Whether the text begins within what comes of a prediction.
    """
    closing: list[str] = []
    for block in blocks:
        if block.starts_outcome:
            if inside:
                raise NotTranslatedError(f"{chapter.page}: {{predict}} without {{predict-end}}")
            inside = True
            yield block
        elif block.ends_outcome:
            if not inside:
                raise NotTranslatedError(f"{chapter.page}: {{predict-end}} without {{predict}}")
            inside = False
            yield Block(closed(OUTCOME, "\n\n".join(closing)) if closing else "", ends_outcome=True)
            closing = []
        elif not inside:
            yield block
        elif block.starts_exercise or block.text.startswith("#"):
            raise NotTranslatedError(
                f"{chapter.page}: expected {{predict-end}} before {block.text.splitlines()[0]!r}"
            )
        elif block.text:
            closing.append(block.text)
    if closing:
        yield Block(closed(OUTCOME, "\n\n".join(closing)))


def hidden(metadata: Any) -> dict[str, Any]:
    """Return a cell's metadata for frontends: code that the page hides or folds is folded."""
    if not {"remove-input", "hide-input"} & set(metadata.get("tags", [])):
        return {}
    return {"jupyter": {"source_hidden": True}, "cellView": "form"}


def is_to_fill(code: str) -> bool:
    """Tell a cell that a reader fills in, where dots stand for it, from one that prepares."""
    return any(
        isinstance(node, ast.Constant) and node.value is Ellipsis
        for node in ast.walk(ast.parse(code))
    )


def render(
    chapter: Chapter,
    book: Book,
    origin: Origin,
    *,
    solved: bool,
    handed_out: bool = False,
    hints: bool = True,
) -> str:
    """Return a chapter's notebook as JSON.

    Parameters
    ----------
    chapter, book
        The chapter, and the book that its references lead into.
    origin
        Where it comes from, if that is known.
    solved
        Whether exercises are replaced by their solutions.
    handed_out
        Whether it is for a class: then it has the exercises or the solutions, but not both.
    hints
        Whether exercises that are not solved have their hints.

    Raises
    ------
    NotTranslatedError
        When the chapter's text has something that this module cannot say in plain Markdown.
    """
    writer = Writer()
    translate = Translator(chapter, book, origin.site, solved=solved)
    exercise = solution = outcome = False
    started = False
    for source in jupytext.reads(chapter.text, fmt="md:myst").cells:
        if source.cell_type == "code":
            tags = source.metadata.get("tags", [])
            if "remove-cell" in tags:
                continue
            code = plain_code(source.source)
            if solution and not solved:
                if handed_out:
                    continue
                writer.markdown(f"```python\n{code}\n```")
            elif solution or not (exercise and solved and is_to_fill(code)):
                writer.code(code, hidden(source.metadata))
            caption = translate.caption(source.metadata)
            if caption:
                writer.markdown(caption)
            continue
        for block in folded(chapter, translate.blocks(source.source), outcome):
            outcome = (outcome or block.starts_outcome) and not block.ends_outcome
            if block.text.startswith("#"):
                writer.markdown(translate.note())
            if block.starts_solution:
                exercise, solution = False, True
            exercise = exercise or block.starts_exercise
            hint_left_out = block.only_unsolved and (solved or not hints)
            if not (hint_left_out or (solution and handed_out and not solved)):
                writer.markdown(block.text)
            if block.ends_solution:
                solution = False
            if not started and block.text.startswith("# "):
                # The title comes first, then where the notebook is from, then the set-up.
                started = True
                about = introduction(chapter, book, origin, solved=solved, handed_out=handed_out)
                writer.markdown(about)
                writer.code(
                    SET_UP.format(library=origin.library).strip("\n"),
                    {"cellView": "form", "jupyter": {"source_hidden": True}},
                )
        writer.markdown(translate.note())
    if outcome:
        raise NotTranslatedError(f"{chapter.page}: the last {{predict}} has no {{predict-end}}")
    writer.markdown(translate.references())
    writer.flush()
    if chapter.number:
        writer.markdown(closing(chapter, book))
    return writer.notebook()


def notebook_of(root: Path = ROOT) -> dict[str, str]:
    """Return the notebook of each page that has one: page's name → path from the root."""
    return {chapter.page: f"{FOLDER}/{chapter.notebook}" for chapter in Book.read(root).chapters}


def render_all(root: Path = ROOT, origin: Origin = Origin()) -> dict[str, str]:
    """Return all notebooks: path from the root → JSON text."""
    book = Book.read(root)
    made = {}
    for chapter in book.chapters:
        made[f"{FOLDER}/{chapter.notebook}"] = render(chapter, book, origin, solved=False)
        if chapter.number:
            made[f"{SOLUTIONS}/{chapter.notebook}"] = render(chapter, book, origin, solved=True)
    return made


def out_of_step(root: Path = ROOT) -> list[str]:
    """Return the notebooks that are missing, differ, or belong to no chapter."""
    made = render_all(root)
    different = [
        path
        for path, text in made.items()
        if not (root / path).exists() or (root / path).read_text("utf-8") != text
    ]
    there = (p.relative_to(root).as_posix() for p in (root / FOLDER).rglob("*.ipynb"))
    return different + [
        path for path in sorted(there) if path not in made and ".ipynb_checkpoints" not in path
    ]


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Write the notebooks, or check them."""
    try:
        different = out_of_step(root)
    except NotTranslatedError as error:
        print(error, file=sys.stderr)
        return 1
    if arguments == ["--check"]:
        for path in different:
            print(f"{path} is not what its chapter gives; `make notebooks` remakes it")
        return bool(different)
    made = render_all(root)
    for path in different:
        if path in made:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(made[path], "utf-8", newline="\n")
        else:
            (root / path).unlink()
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
