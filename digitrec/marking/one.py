"""Mark one submission: ``python -m digitrec.marking.one FILE``, with what to mark on stdin.

This process is ours. The notebook's code runs in another one, and is asked for what it computes;
what is right is decided here, by the same checks that the students have.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from digitrec.marking import assignments, child
from digitrec.marking.assignments import Assignment
from digitrec.marking.cells import Cell, NotebookError, needed, read_notebook, to_run
from digitrec.marking.limits import Limits
from digitrec.marking.process import Ended, Process
from digitrec.marking.remote import answer, error_of

#: How often a notebook is begun again after its process has ended.
MOST_STARTS = 6
#: How a chapter's own cell begins that installs the library.
SET_UP = "# @title Set-up"
#: Characters of a check's line that are kept.
MOST_SAID = 2_000


@dataclass
class Result:
    """What a check said of an answer."""

    check: str
    right: bool = False
    message: str = ""
    met: bool = False


@dataclass
class Marked:
    """What became of a submission.

    Attributes
    ----------
    results
        One for each check of the assignment.
    problems
        What else went wrong, in a sentence each.
    assignment
        Its name; empty when the notebook is of none.
    seconds
        How long it took.
    """

    results: list[Result] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    assignment: str = ""
    seconds: float = 0.0


class Marker:
    """Runs a notebook's cells one by one, and calls each check where the notebook does.

    A cell whose process ends or takes too long is left out, and the others are run again.
    """

    def __init__(self, cells: list[Cell], assignment: Assignment, limits: Limits) -> None:
        self.cells, self.assignment, self.limits = cells, assignment, limits
        self.known = assignments.known_checks()
        self.results = {name: Result(name) for name in assignment.points}
        self.problems: list[str] = []
        self.bad: set[int] = set()
        self.raised: set[int] = set()
        self.gone: set[tuple[str, str]] = set()
        self.deadline = time.monotonic() + limits.seconds
        self.starts = 0
        self.process: Process | None = None

    def mark(self) -> None:
        """Run all and check all."""
        try:
            while self.starts < MOST_STARTS and time.monotonic() < self.deadline:
                self.starts += 1
                if self.once():
                    return
            self.say("it was begun again too often, or took too long in all; the rest is left out")
        finally:
            if self.process:
                self.process.close()

    def once(self) -> bool:
        """Run all cells in a new process; return whether it lived to the end."""
        if self.process:
            self.process.close()
        try:
            self.process = process = Process(self.limits, self.deadline)
        except Ended as ended:
            self.say(f"its process did not start: {ended}")
            return False
        for cell in self.cells:
            if cell.number in self.bad:
                continue
            try:
                self.run(process, cell)
            except Ended as ended:
                self.bad.add(cell.number)
                self.say(f"cell {cell.number}: {ended}")
                return False
            if not all(self.check(process, *called) for called in cell.checks):
                return False
        for name, result in self.results.items():
            if not result.met and not self.check(process, name, self.assignment.answer(name)):
                return False
        return True

    def run(self, process: Process, cell: Cell) -> None:
        """Run a cell; an error in it ends it, and not those after it."""
        message = {"do": "run", "name": f"<cell {cell.number}>", "source": to_run(cell)}
        reply, _ = process.request(message, [], self.limits.cell_seconds)
        if reply.get("say") == "raised":
            error = error_of(reply)
            self.raised.add(cell.number)
            self.say(f"cell {cell.number}: {type(error).__name__}: {error}")

    def check(self, process: Process, name: str, expression: str) -> bool:
        """Check an answer; return whether the process is still there."""
        result = self.results.get(name)
        if result is None or result.right or (name, expression) in self.gone:
            return True
        try:
            message = {"do": "get", "expression": expression}
            found, data = process.request(message, [], self.limits.call_seconds)
            try:
                value, _ = answer(process, found, data)
            except NameError:
                if not result.met:
                    result.message = f"there is no {expression} in the notebook."
                return True
            except Exception as error:  # noqa: BLE001 (whatever the expression raises)
                result.message = f"{type(error).__name__}: {error}"[:MOST_SAID]
                return True
            result.met = True
            result.right, said = verdict(self.known[name], value)
            # A check takes the process's end for an error of the answer's.
            result.message = f"{process.why}." if process.why and not result.right else said
            if process.why:
                self.gone.add((name, expression))
        except Ended as ended:
            result.met, result.message = True, f"{ended}."
            self.gone.add((name, expression))
            return False
        return not process.why

    def say(self, problem: str) -> None:
        """Note what went wrong, once."""
        if problem[:MOST_SAID] not in self.problems and len(self.problems) < 50:
            self.problems.append(problem[:MOST_SAID])


def verdict(check: Callable[[Any], Any], value: Any) -> tuple[bool, str]:
    """Return whether a check finds an answer right, and what it said."""
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            found = check(value)
    except Exception as error:  # noqa: BLE001 (an answer that a check cannot bear)
        return False, f"the check could not judge it: {type(error).__name__}"
    said = getattr(found, "message", "") or printed.getvalue()
    said = said.strip().lstrip("✓✗").strip().removeprefix(f"{check.__name__}: ")[:MOST_SAID]
    return getattr(found, "right", False) is True, said


def mark_one(
    path: Path, among: dict[str, Assignment], limits: Limits, *, all_cells: bool = False
) -> Marked:
    """Mark a submitted notebook.

    Parameters
    ----------
    path
        The notebook.
    among
        The assignments that it may be of; of several, the one whose checks it calls.
    limits
        What it may take.
    all_cells
        Whether cells are run that no answer seems to need.
    """
    start = time.monotonic()
    marked = Marked()
    try:
        cells, metadata = read_notebook(path)
    except NotebookError as error:
        marked.problems.append(f"{error}.")
        return of_nothing(marked, among)
    called = {name for cell in cells for name, _ in cell.checks}
    named = metadata.get("digitrec")
    chapter = named.get("chapter") if isinstance(named, dict) else None
    assignment = among.get(chapter) if isinstance(chapter, str) else None
    assignment = assignment or (
        next(iter(among.values())) if len(among) == 1 else assignments.recognise(called, among)
    )
    if assignment is None:
        marked.problems.append("it calls no check of the book, so it is of no known assignment.")
        return marked
    broken = [cell for cell in cells if cell.problem]
    marker = run(cells, assignment, limits, all_cells=all_cells)
    if not all_cells and missed_a_name(marker):
        # What was left out may have been needed after all.
        marker = run(cells, assignment, limits, all_cells=True)
    for cell in broken:
        for name, _ in cell.checks:
            result = marker.results.get(name)
            if result and not result.right and not result.met:
                result.message = f"its cell ({cell.number}) does not run: {cell.problem}."
    marked.assignment = assignment.name
    marked.results = list(marker.results.values())
    marked.problems = [f"cell {cell.number}: {cell.problem}" for cell in broken]
    marked.problems += marker.problems
    left = [
        line
        for cell in marker.cells
        for line in cell.left_out
        if not cell.source.startswith(SET_UP)
    ]
    if left:
        marked.problems.append(f"Jupyter's own commands were not run: {', '.join(left[:5])}")
    marked.seconds = time.monotonic() - start
    return marked


def of_nothing(marked: Marked, among: dict[str, Assignment]) -> Marked:
    """Return a submission without a notebook: no answer is right."""
    if len(among) == 1:
        (assignment,) = among.values()
        marked.assignment = assignment.name
        marked.results = [Result(name, message="no answer.") for name in assignment.points]
    return marked


def run(cells: list[Cell], assignment: Assignment, limits: Limits, *, all_cells: bool) -> Marker:
    """Run a notebook, or what its answers need of it, and check its answers."""
    python = [cell for cell in cells if cell.tree is not None]
    called = {name for cell in python for name, _ in cell.checks}
    wanted = {assignment.answer(name) for name in assignment.points if name not in called}
    marker = Marker(python if all_cells else needed(python, wanted), assignment, limits)
    marker.mark()
    return marker


def missed_a_name(marker: Marker) -> bool:
    """Tell whether something was missing that another cell may have made."""
    said = [result.message for result in marker.results.values() if not result.right]
    return any("NameError" in text for text in [*said, *marker.problems])


def main() -> int:
    """Mark the file that is named by what comes on stdin; print what came of it."""
    asked = json.loads(sys.stdin.read())
    limits = Limits(**asked["limits"])
    child.limit({"DATA": limits.memory})  # whatever an answer makes of our checks
    among = {name: Assignment(**table) for name, table in asked["assignments"].items()}
    marked = mark_one(Path(sys.argv[1]), among, limits, all_cells=asked["all_cells"])
    print(json.dumps(asdict(marked)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
