"""What is marked: which checks, with how many points, under which names.

A chapter's assignment is in ``assignments.toml``, which is made from the chapters. Another one is a
file of the same form::

    title = "Reading digits"

    [points]
    count_labels = 1
    train_small = 3

    [answers]
    train_small = "my_training"
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from digitrec import checks

FILE = Path(__file__).with_name("assignments.toml")


class AssignmentError(Exception):
    """What is wrong with a rubric, in one line."""


@dataclass(frozen=True)
class Assignment:
    """A list of checks and what each is worth.

    Attributes
    ----------
    name
        Its short name, such as ``"01-data"``.
    title
        What it is called on the page of feedback.
    points
        The points of each check.
    answers
        The names under which the notebook has the answers, for a notebook that calls no check.
    titles
        What each exercise is called.
    """

    name: str
    title: str
    points: dict[str, float]
    answers: dict[str, str] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)

    def answer(self, check: str) -> str:
        """Return the name that a check's answer has unless the notebook says another."""
        return self.answers.get(check, check)

    def called(self, check: str) -> str:
        """Return what an exercise is called."""
        return self.titles.get(check, check)


def known_checks() -> dict[str, Callable[[Any], Any]]:
    """Return all checks by their names."""
    listed: dict[str, Callable[[Any], Any]] | None = getattr(checks, "CHECKS", None)
    if listed is not None:
        return dict(listed)
    return {
        name: thing
        for name, thing in vars(checks).items()
        if callable(thing) and hasattr(thing, "__wrapped__") and not name.startswith("_")
    }


def from_table(name: str, table: dict[str, Any]) -> Assignment:
    """Return the assignment that a table of TOML describes.

    Raises
    ------
    AssignmentError
        When it describes none.
    """
    points = table.get("points")
    if not isinstance(points, dict) or not points:
        raise AssignmentError(f"{name}: expected a table [points] of checks and their points")
    unknown = sorted(set(points) - set(known_checks()))
    if unknown:
        raise AssignmentError(f"{name}: there is no check {unknown[0]!r}")
    for check, worth in points.items():
        if isinstance(worth, bool) or not isinstance(worth, int | float) or not 0 <= worth < 1e6:
            raise AssignmentError(f"{name}: {check}: expected a number of points, found {worth!r}")
    for key in ("answers", "titles"):
        texts = table.get(key, {})
        if not isinstance(texts, dict) or not all(isinstance(t, str) for t in texts.values()):
            raise AssignmentError(f"{name}: expected a table [{key}] of texts")
    return Assignment(
        name,
        str(table.get("title", name)),
        {check: float(worth) for check, worth in points.items()},
        dict(table.get("answers", {})),
        dict(table.get("titles", {})),
    )


def from_file(path: Path) -> Assignment:
    """Read a rubric.

    Raises
    ------
    AssignmentError
        When it cannot be read, or is none.
    """
    return from_table(path.stem, read(path))


def read(path: Path) -> dict[str, Any]:
    """Read a file of TOML."""
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise AssignmentError(f"{path}: cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise AssignmentError(f"{path}: {error}") from None


def of_the_book() -> dict[str, Assignment]:
    """Return the assignments that come with the book, by their names."""
    return {name: from_table(name, table) for name, table in read(FILE).items()}


def recognise(called: set[str], among: dict[str, Assignment]) -> Assignment | None:
    """Return the assignment of which a notebook calls the most checks; None when it calls none."""
    best = max(among.values(), key=lambda a: len(called & set(a.points)), default=None)
    return best if best and called & set(best.points) else None
