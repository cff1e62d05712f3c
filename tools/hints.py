"""What the checks say to wrong answers, chapter by chapter, for those who teach.

:mod:`digitrec.checks.hints` reads the sentences from the checks; here are those that name a
mistake.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from digitrec.checks import hints
from digitrec.marking.assignments import Assignment, of_the_book

CHECKS = Path("digitrec", "checks")
#: A hint is a sentence; what is shorter is a name or the like. So many numbers may be in it.
LEAST, MOST_NUMBERS = 20, 3


@dataclass(frozen=True)
class Exercise:
    """An exercise, and the hints of its check."""

    title: str
    hints: list[str]


@dataclass(frozen=True)
class Chapter:
    """A chapter's exercises."""

    title: str
    exercises: list[Exercise]


def sources(root: Path) -> list[Path]:
    """Return the files that the hints are read from."""
    return [*sorted((root / CHECKS).glob("*.py")), root / "digitrec/marking/assignments.toml"]


def of(check: str) -> list[str]:
    """Return the hints of a check that name a mistake, as sentences."""
    found = [" ".join(hint.split()) for hint in hints.of(check)]
    return [hint[0].upper() + hint[1:] for hint in found if tells(hint)]


def tells(hint: str) -> bool:
    """Tell whether a hint names a mistake: "expected 3, found 4" only says what is wrong."""
    return (
        "expected" not in hint.lower()
        and not hint.startswith(hints.GAP)
        and len(hint) >= LEAST
        and hint.count(hints.GAP) <= MOST_NUMBERS
    )


def chapters() -> list[Chapter]:
    """Return the chapters with their exercises' hints, in the book's order."""
    return [
        Chapter(assignment.title, exercises(assignment)) for assignment in of_the_book().values()
    ]


def exercises(assignment: Assignment) -> list[Exercise]:
    """Return an assignment's exercises that have hints."""
    found = [Exercise(assignment.called(check), of(check)) for check in assignment.points]
    return [exercise for exercise in found if exercise.hints]
