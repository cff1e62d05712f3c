"""Photographs with labels, and counting what was read of them: digits and lines right.

The photographs lie in a folder that DIGITREC_PHOTOS names, with ``labels.csv``, whose columns are
``file``, ``text`` (digits in reading order, lines separated by ``/``) and ``kind`` (single, line,
page). The first part of a file's path names its source.
"""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import measure
from digitrec.evaluate import wilson_interval


@dataclass(frozen=True)
class Labelled:
    """A photograph, and what is written on it."""

    folder: Path
    file: str
    text: str
    kind: str

    @property
    def path(self) -> Path:
        """Where it lies."""
        return self.folder / self.file

    @property
    def source(self) -> str:
        """Where it is from."""
        return self.file.split("/")[0]

    @property
    def single(self) -> bool:
        """Whether it shows one digit."""
        return self.kind == "single"


def photographs() -> list[Labelled]:
    """Return the photographs of DIGITREC_PHOTOS; MissingError when it is not set."""
    if "DIGITREC_PHOTOS" not in os.environ:
        raise measure.MissingError(
            "set DIGITREC_PHOTOS to a folder with photographs and labels.csv"
        )
    folder = Path(os.environ["DIGITREC_PHOTOS"])
    with (folder / "labels.csv").open(newline="", encoding="utf-8") as table:
        rows = list(csv.DictReader(table))
    return [Labelled(folder, row["file"], row["text"], row["kind"]) for row in rows]


@dataclass
class Tally:
    """What was right of how much."""

    digits: int = 0
    right: int = 0
    lines: int = 0
    lines_right: int = 0
    files: int = 0

    def add(self, want: str, got: list[str]) -> None:
        """Count one picture."""
        wanted = want.split("/")
        length = sum(map(len, wanted))
        self.files += 1
        self.digits += length
        self.right += max(0, length - edit_distance("/".join(got), want))
        self.lines += len(wanted)
        self.lines_right += (Counter(wanted) & Counter(got)).total()

    def figures(self) -> dict[str, Any]:
        """Return it as it is written down: counts, shares and their 95 % intervals (Wilson's)."""
        found: dict[str, Any] = {"files": self.files}
        for name, right, of in (
            ("digits", self.right, self.digits),
            ("lines", self.lines_right, self.lines),
        ):
            share, *ends = map(measure.significant, (right / of, *wilson_interval(right, of)))
            found[name] = {"right": right, "of": of, "share": share, "interval": ends}
        return found


def figures(tallies: Mapping[str, Tally]) -> dict[str, dict[str, Any]]:
    """Return several as they are written down, in the order of their names."""
    return {name: tally.figures() for name, tally in sorted(tallies.items())}


def total(tallies: Iterable[Tally]) -> Tally:
    """Add up tallies."""
    found = Tally()
    for tally in tallies:
        for name, value in vars(tally).items():
            setattr(found, name, getattr(found, name) + value)
    return found


def edit_distance(a: str, b: str) -> int:
    """Least number of characters to insert, delete or replace (Levenshtein)."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        diagonal, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            best = min(row[j] + 1, row[j - 1] + 1, diagonal + (x != y))
            diagonal, row[j] = row[j], best
    return row[-1]
