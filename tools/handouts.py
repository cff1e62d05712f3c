"""Notebooks for a class: each chapter without its solutions, or with every exercise solved.

The notebooks in ``notebooks/`` are for readers who learn alone: an exercise's solution stands
below it, closed. What a teacher hands out has none, and says in its metadata which chapter it is
of, which ``digitrec mark`` reads.

    python -m tools.handouts            _build/handouts/NN-name.ipynb
    python -m tools.handouts --solved   _build/solutions/NN-name.ipynb

Neither is in the repository or on the site.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import nbformat

from tools.notebooks import Origin, render
from tools.plain_markdown import Book, Chapter

ROOT = Path(__file__).resolve().parents[1]
HANDOUTS, SOLUTIONS = Path("_build", "handouts"), Path("_build", "solutions")


def handout(
    chapter: Chapter, book: Book, origin: Origin, *, solved: bool, hints: bool = True
) -> str:
    """Return a chapter's notebook for a class, as JSON.

    Parameters
    ----------
    chapter, book
        The chapter, and the book that its references lead into.
    origin
        Where it comes from, if that is known.
    solved
        Whether its exercises are solved; else no solution is in it.
    hints
        Whether the exercises have their hints.
    """
    notebook = nbformat.reads(
        render(chapter, book, origin, solved=solved, handed_out=True, hints=hints), as_version=4
    )
    notebook.metadata["digitrec"] = {"chapter": chapter.name}
    return nbformat.writes(notebook) + "\n"


def main(arguments: Sequence[str], root: Path = ROOT) -> int:
    """Write the notebooks."""
    parser = argparse.ArgumentParser(prog="python -m tools.handouts", description=__doc__)
    parser.add_argument("--solved", action="store_true", help="with every exercise solved")
    parser.add_argument("--no-hints", action="store_true", help="without hints, too")
    parser.add_argument("--site", default="", help="the published book's address, for links")
    parser.add_argument("--library", default="", help="what pip installs the library from")
    options = parser.parse_args(arguments)
    book, origin = Book.read(root), Origin(options.site.rstrip("/"), options.library)
    out = root / (SOLUTIONS if options.solved else HANDOUTS)
    out.mkdir(parents=True, exist_ok=True)
    for chapter in book.chapters:
        if chapter.number:
            path = out / chapter.notebook
            text = handout(chapter, book, origin, solved=options.solved, hints=not options.no_hints)
            path.write_text(text, "utf-8", newline="\n")
            print(path.relative_to(root).as_posix())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
