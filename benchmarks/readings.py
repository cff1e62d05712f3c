"""Pictures with labels, and counting what was read of them: digits and lines right.

They lie in a folder with ``labels.csv`` or ``expected.csv``, whose columns are ``file``, ``text``
(digits in reading order, lines separated by ``/``) and ``kind`` (single, line, page); without a
kind, the text tells it. The first part of a file's path names its source.
"""

import csv
import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks import measure
from digitrec.evaluate import wilson_interval

TABLES = ("labels.csv", "expected.csv")


class Labelled(NamedTuple):
    """A picture, who it is from, and what is written on it."""

    path: Path
    source: str
    text: str
    kind: str

    @property
    def single(self) -> bool:
        """Whether it shows one digit."""
        return self.kind == "single"


def labelled(folder: Path) -> list[Labelled]:
    """Return a folder's pictures; MissingError where it has no table of them."""
    tables = [folder / name for name in TABLES if (folder / name).is_file()]
    if not tables:
        raise measure.MissingError(f"{folder}: expected {' or '.join(TABLES)}, found neither")
    with tables[0].open(newline="", encoding="utf-8") as table:
        return [
            Labelled(
                folder / row["file"],
                row["file"].split("/")[0] if "/" in row["file"] else folder.name,
                row["text"],
                row.get("kind") or kind_of(row["text"]),
            )
            for row in csv.DictReader(table)
        ]


def kind_of(text: str) -> str:
    """Tell what a picture with such a text is: single, line or page."""
    return "page" if "/" in text else "single" if len(text) == 1 else "line"


def folder() -> Path:
    """Return the folder that DIGITREC_PHOTOS names; MissingError when it is not set."""
    if "DIGITREC_PHOTOS" not in os.environ:
        raise measure.MissingError("set DIGITREC_PHOTOS to a folder of photographs and labels.csv")
    return Path(os.environ["DIGITREC_PHOTOS"])


def photographs() -> list[Labelled]:
    """Return the photographs of DIGITREC_PHOTOS; MissingError when it is not set."""
    return labelled(folder())


class Tally(Counter[str]):
    """What was right of how much."""

    def add(self, want: str, got: list[str], **more: int) -> None:
        """Count one picture: its text, the lines that were read, and what else is counted."""
        wanted = want.split("/")
        length = sum(map(len, wanted))
        self.update(
            files=1,
            digits=length,
            digits_right=max(0, length - edit_distance("/".join(got), want)),
            lines=len(wanted),
            lines_right=(Counter(wanted) & Counter(got)).total(),
            **more,
        )

    def figures(self) -> dict[str, Any]:
        """Return it as it is written down: counts, shares and their 95 % intervals (Wilson's)."""
        found: dict[str, Any] = dict(self)
        for name in ("digits", "lines"):
            right, of = found.pop(f"{name}_right"), found[name]
            share, *ends = map(measure.significant, (right / of, *wilson_interval(right, of)))
            found[name] = {"right": right, "of": of, "share": share, "interval": ends}
        return found


def figures(tallies: Mapping[str, Tally]) -> dict[str, dict[str, Any]]:
    """Return several as they are written down."""
    return {name: tally.figures() for name, tally in tallies.items()}


def edit_distance(a: str, b: str) -> int:
    """Least number of characters to insert, delete or replace (Levenshtein)."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        diagonal, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            best = min(row[j] + 1, row[j - 1] + 1, diagonal + (x != y))
            diagonal, row[j] = row[j], best
    return row[-1]
