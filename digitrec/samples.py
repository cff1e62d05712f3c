"""Samples of a hand from files: filled sheets, and pictures of which the text is known.

A sheet (:mod:`digitrec.sheet`) says by its boxes what is written in them. For other pictures there
is a table, a CSV file with the columns ``file`` and ``text``: what stands in each picture, lines
separated by ``/``. The digits found in a picture are matched with its text only where their number
fits, line by line; the rest is left out, and it is said why.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np

from digitrec import networks, reading, sheet
from digitrec.compiled import CompiledNetwork


class SampleError(ValueError):
    """Files that hold no samples; the message says what was expected and what was found."""


@dataclass
class Samples:
    """Digits whose meaning is known.

    Attributes
    ----------
    images : list of (28, 28) uint8
        Prepared as they would be for reading.
    labels : list of int
        What they are.
    left_out : list of str
        What could not be used, and why: a line each.
    """

    images: list[np.ndarray] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.labels)

    def arrays(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the images, (N, 28, 28) uint8, and their labels, (N,) int64."""
        stacked = np.stack(self.images) if self.images else np.empty((0, 28, 28), np.uint8)
        return stacked, np.array(self.labels, np.int64)

    def add(self, other: Samples) -> None:
        """Add other samples, and what was left out of them."""
        self.images += other.images
        self.labels += other.labels
        self.left_out += other.left_out

    def without_repeats(self) -> Samples:
        """Return each sample once, and say of how many that are equal to another one.

        What is held back must not be learned: a picture that was given twice would be both.
        """
        first: dict[tuple[bytes, int], np.ndarray] = {}
        for image, label in zip(self.images, self.labels, strict=True):
            first.setdefault((image.tobytes(), label), image)
        repeated = len(self) - len(first)
        left_out = [f"{counted(repeated, 'digit')} left out: equal to others"] if repeated else []
        return Samples(
            list(first.values()), [label for _, label in first], self.left_out + left_out
        )


def counted(number: int, what: str) -> str:
    """Write a number of things: ``1 digit``, ``2 digits``."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def from_files(files: Sequence[str | Path]) -> Samples:
    """Gather samples: of each file that ends in ``.csv`` as a table, of others as a filled sheet.

    Raises
    ------
    SampleError
        As :func:`from_table`.
    ImageError
        As :func:`from_sheet` and :func:`from_table`.
    """
    gathered = Samples()
    for file in files:
        table = Path(file).suffix.lower() == ".csv"
        gathered.add(from_table(file) if table else from_sheet(file))
    return gathered.without_repeats()


def from_sheet(path: str | Path) -> Samples:
    """Take the samples from a photograph of a filled sheet.

    Raises
    ------
    ImageError
        The file is no picture, or the sheet is not found in it (``SheetError``).
    """
    picture = reading.load_image(path, sheet.LONGEST_SIDE)
    try:
        found = sheet.read_sheet(picture)
    except reading.ImageError as error:
        raise type(error)(f"{path}: {error}") from error
    rows = [row for row in range(sheet.ROWS) if (found.rows == row).any()]
    # Rows that nobody wrote in are no news.
    empty = [f"row {row + 1}: {digit}" for row, digit in found.empty if row in rows]
    left_out = [f"{path}: empty boxes: {', '.join(empty)}"] if empty else []
    return Samples(list(found.images), found.labels.tolist(), left_out)


def from_table(path: str | Path) -> Samples:
    """Take the samples from the pictures that a table names.

    Parameters
    ----------
    path
        CSV, UTF-8, with a first line that has ``file`` and ``text`` in it; others may stand beside
        them. Files are named as seen from the table's folder.

    Raises
    ------
    SampleError
        No such file, no such columns, no rows, or a text that is not only digits and ``/``.
    ImageError
        One of the pictures cannot be read.
    """
    path = Path(path)
    try:
        with path.open(newline="", encoding="utf-8-sig") as lines:
            reader = csv.DictReader(lines)
            rows = [(reader.line_num, row) for row in reader]
            columns = reader.fieldnames or []
    except OSError as error:
        raise SampleError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise SampleError(f"{path}: expected a table in UTF-8 ({error})") from error
    except csv.Error as error:
        raise SampleError(f"{path}: expected a table, with commas ({error})") from error
    if not {"file", "text"} <= set(columns):
        raise SampleError(
            f"{path}: expected the columns file,text in its first line, found {','.join(columns)}"
        )
    if not rows:
        raise SampleError(f"{path}: expected a line for each picture, found none")
    texts = []
    for number, row in rows:
        lines_ = (row["text"] or "").strip().split("/")
        if not row["file"] or not all(line.isascii() and line.isdigit() for line in lines_):
            raise SampleError(
                f"{path}, line {number}: expected a file and its digits, lines separated by /; "
                f"found {row['file'] or ''},{row['text'] or ''}"
            )
        texts.append((path.parent / row["file"], lines_))
    gathered = Samples()
    for file, lines_ in texts:
        gathered.add(_from_picture(file, lines_))
    return gathered


@cache
def _cnn() -> CompiledNetwork:
    """Load the network that says which ink is a digit, once."""
    return CompiledNetwork(networks.load_numpy("cnn"))


def _from_picture(file: Path, text: Sequence[str]) -> Samples:
    """Match the digits of a picture with its text."""
    digits = reading.read_file(file, _cnn(), reject_below=0.0).digits
    count = 1 + max((digit.line for digit in digits), default=-1)
    found = [[digit.image for digit in digits if digit.line == line] for line in range(count)]
    if len(found) != len(text):
        return Samples(
            left_out=[
                f"{file}: left out: expected {counted(len(text), 'line')}, found {len(found)}"
            ]
        )
    taken = Samples()
    for number, (line, wanted) in enumerate(zip(found, text, strict=True), start=1):
        if len(line) != len(wanted):
            taken.left_out.append(
                f"{file}: line {number} left out: expected {counted(len(wanted), 'digit')}, "
                f"found {len(line)}"
            )
            continue
        taken.images += line
        taken.labels += map(int, wanted)
    return taken
