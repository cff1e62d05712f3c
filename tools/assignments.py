"""Write what ``digitrec mark`` marks, from the chapters: ``digitrec/marking/assignments.toml``.

Each check that an exercise of a chapter calls is worth a point, or as many as the cell says with
``points: 3`` in its header.

    python -m tools.assignments            write the file
    python -m tools.assignments --check    only say whether it is out of step (exit status 1)
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import jupytext

from digitrec.checks import PROJECT_POINTS
from digitrec.marking import cells
from tools.plain_markdown import Book, Chapter, Directive, parts

ROOT = Path(__file__).resolve().parents[1]
FILE = Path("digitrec", "marking", "assignments.toml")
HEAD = "# Made from the chapters by `make notebooks`; do not edit.\n"


def exercises(chapter: Chapter, book: Book) -> list[tuple[str, str, str, float]]:
    """Return a chapter's checks: name, the answer's name, the exercise's title, points."""
    found: list[tuple[str, str, str, float]] = []
    title, inside = "", False
    for cell in jupytext.reads(chapter.text, fmt="md:myst").cells:
        if cell.cell_type == "code":
            if inside:
                for check, answer in cells.parse(1, cell.source).checks:
                    found.append((check, answer, title, float(cell.metadata.get("points", 1))))
            continue
        for _, part in parts(cell.source):
            if isinstance(part, Directive):
                if part.name == "exercise-start":
                    title, inside = book.labels[part.options["label"]].called, True
                elif part.name == "solution-start":
                    inside = False
            elif inside and (bold := re.match(r"\*\*(.+?)\.?\*\*", str(part))):
                title = f"{title.partition(':')[0]}: {bold[1]}"
    return found


def project(page: Chapter) -> list[tuple[str, str, str, float]]:
    """Return the same of the project: its cells have checks, and the checks their points."""
    sections, title = [], ""
    for cell in jupytext.reads(page.text, fmt="md:myst").cells:
        if cell.cell_type != "code":
            title = ([title, *re.findall(r"^## (.+)$", cell.source, re.MULTILINE)])[-1]
            continue
        sections += [
            (check, answer, f"The project: {title}", float(PROJECT_POINTS[check]))
            for check, answer in cells.parse(1, cell.source).checks
            if check in PROJECT_POINTS
        ]
    return sections


def heading(chapter: Chapter) -> str:
    """Return a chapter's title."""
    found = re.search(r"^# (.+)$", chapter.text, re.MULTILINE)
    return found[1] if found else chapter.name


def text_of(value: Any) -> str:
    """Write a text or a number as TOML, which has the same escapes as JSON."""
    return (
        json.dumps(int(value) if value == int(value) else value)
        if not isinstance(value, str)
        else json.dumps(value, ensure_ascii=False)
    )


def render(root: Path = ROOT) -> str:
    """Return the file's text."""
    book = Book.read(root)
    lines = [HEAD]
    for chapter in book.chapters:
        found = exercises(chapter, book) if chapter.number else project(chapter)
        if not found:
            continue
        lines.append(f"\n[{chapter.name}]\ntitle = {text_of(heading(chapter))}\n")
        for table, column in (("points", 3), ("answers", 1), ("titles", 2)):
            lines.append(f"\n[{chapter.name}.{table}]\n")
            once = {row[0]: row[column] for row in found}
            lines += [f"{check} = {text_of(value)}\n" for check, value in once.items()]
    return "".join(lines)


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Write the file, or check it."""
    made, path = render(root), root / FILE
    same = path.exists() and path.read_text("utf-8") == made
    if arguments == ["--check"]:
        if not same:
            print(f"{FILE.as_posix()} is not what the chapters give; `make notebooks` remakes it")
        return not same
    if not same:
        path.write_text(made, "utf-8", newline="\n")
        print(FILE.as_posix())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
