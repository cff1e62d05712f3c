"""The command ``python -m digitrec mark``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from digitrec.marking.limits import Limits

if TYPE_CHECKING:
    from digitrec.marking.assignments import Assignment

EXAMPLES = """\
examples:
  digitrec mark submissions                     marks/marks.csv, and a page of feedback each
  digitrec mark submissions --chapter 01-data   all are of this chapter
  digitrec mark submissions --rubric mine.toml  other checks and points
  digitrec mark submissions --jobs 4            four at a time

A rubric is a file such as

  title = "Reading digits"
  [points]
  count_labels = 1
  small_network = 3
  [answers]              # under which name the notebook has it, if not the check's own
  small_network = "small"
"""


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the library's own."""
    usual = Limits()
    mark = commands.add_parser(
        "mark",
        help="mark a folder of submitted notebooks",
        description="Runs submitted notebooks, each in a process of its own, and marks them with "
        "the book's checks.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    mark.add_argument("folder", metavar="FOLDER", help="where the notebooks are (.ipynb)")
    mark.add_argument(
        "--out", default="marks", metavar="DIR", help="where to write (default: marks)"
    )
    which = mark.add_mutually_exclusive_group()
    which.add_argument("--chapter", metavar="NAME", help="the chapter that all are of")
    which.add_argument("--rubric", metavar="FILE", help="what to mark instead of a chapter")
    mark.add_argument(
        "--seconds",
        type=float,
        default=usual.seconds,
        help=f"time for a notebook (default: {usual.seconds:g})",
    )
    mark.add_argument(
        "--memory",
        type=float,
        default=usual.memory / (1 << 30),
        metavar="GB",
        help=f"memory for a notebook (default: {usual.memory >> 30})",
    )
    mark.add_argument("--jobs", type=int, default=1, help="notebooks at a time (default: 1)")
    mark.add_argument(
        "--all-cells", action="store_true", help="also run cells that no answer seems to need"
    )
    mark.add_argument("--force", action="store_true", help="replace marks that are there already")
    mark.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Mark a folder; return the exit status."""
    # Imported here, so that --help answers at once.
    from digitrec.marking import assignments, folder, report, walls

    place, out = Path(options.folder), Path(options.out)
    try:
        among = chosen(options)
        if not place.is_dir():
            raise assignments.AssignmentError(f"{place}: expected a folder of notebooks")
        if not folder.notebooks(place):
            raise assignments.AssignmentError(f"{place}: there is no notebook (.ipynb) in it")
        if options.seconds <= 0 or options.memory <= 0 or options.jobs < 1:
            raise assignments.AssignmentError("expected limits and jobs above 0")
        if (out / "marks.csv").exists() and not options.force:
            raise assignments.AssignmentError(
                f"{out / 'marks.csv'} exists; --force replaces it, --out names another folder"
            )
        (out / "feedback").mkdir(parents=True, exist_ok=True)
    except (assignments.AssignmentError, OSError) as error:
        print(f"digitrec: {report.in_cell(str(error))}", file=sys.stderr)
        return 2
    limits = limits_of(options.seconds, options.memory)
    wall = walls.find()
    print(
        f"Behind walls ({wall}): no network, no other process, files read-only."
        if wall
        else "No walls on this system: limits on time and memory alone. Mark what you do not trust "
        "in a container.",
        flush=True,
    )
    done: list[folder.Submission] = []
    status = 0
    try:
        for submission in folder.mark_all(
            place, among, limits, jobs=options.jobs, all_cells=options.all_cells
        ):
            done.append(submission)
            points, of = (report.number(value) for value in submission.points(among))
            print(f"{report.in_cell(submission.name)}: {points} of {of}", flush=True)
    except folder.TamperedError as error:
        print(f"digitrec: {report.in_cell(str(error))}", file=sys.stderr)
        status = 2
    # A byte-order mark, since spreadsheets take a file without one for their own old encoding.
    (out / "marks.csv").write_text(report.table(done, among), "utf-8-sig")
    for name, page in report.pages(done, among).items():
        (out / "feedback" / name).write_text(page, "utf-8")
    print(f"{len(done)} marked: {out / 'marks.csv'}, and pages in {out / 'feedback'}")
    return status


def limits_of(seconds: float, gigabytes: float) -> Limits:
    """Return the limits of a notebook that may take so much in all."""
    usual = Limits()
    return Limits(
        seconds=seconds,
        cell_seconds=min(usual.cell_seconds, seconds / 2),
        call_seconds=min(usual.call_seconds, seconds / 4),
        memory=int(gigabytes * (1 << 30)),
    )


def chosen(options: argparse.Namespace) -> dict[str, Assignment]:
    """Return the assignments that the submissions may be of."""
    from digitrec.marking import assignments

    if options.rubric:
        rubric = assignments.from_file(Path(options.rubric))
        return {rubric.name: rubric}
    book = assignments.of_the_book()
    if not options.chapter:
        return book
    if options.chapter not in book:
        raise assignments.AssignmentError(
            f"--chapter: expected one of {', '.join(book)}, found {options.chapter!r}"
        )
    return {options.chapter: book[options.chapter]}
