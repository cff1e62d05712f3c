"""Counting what was read: digits and lines right, with their intervals."""

from __future__ import annotations

from dataclasses import dataclass

from digitrec.evaluate import wilson_interval


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
        self.lines_right += lines_exact(wanted, got)

    def merge(self, other: Tally) -> None:
        """Count what another one has counted."""
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)


def edit_distance(a: str, b: str) -> int:
    """Least number of characters to insert, delete or replace (Levenshtein)."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        diagonal, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            best = min(row[j] + 1, row[j - 1] + 1, diagonal + (x != y))
            diagonal, row[j] = row[j], best
    return row[-1]


def lines_exact(wanted: list[str], got: list[str]) -> int:
    """How many of the lines were read without an error, each found line counted once."""
    rest = list(got)
    count = 0
    for line in wanted:
        if line in rest:
            rest.remove(line)
            count += 1
    return count


def share(right: int, total: int) -> str:
    """A share with its 95 % interval."""
    low, high = wilson_interval(right, total)
    return f"{100 * right / total:5.1f} % ({100 * low:4.1f} – {100 * high:5.1f})"
