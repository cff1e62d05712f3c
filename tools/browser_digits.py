"""MNIST's digits, packed for the page on which a network learns.

``python -m tools.browser_digits`` writes ``book/_static/train/digits.bin``: the first 10,000
training digits and the first 1,000 test digits, a tenth of what gzip makes of them. ``digits.js``
beside it reads the file, and :func:`unpack` does the same in Python.

Two things make it small. Each pixel becomes one bit, ink or paper, at half of the scale. And the
bits are written by an arithmetic coder (Witten, Neal and Cleary, 1987): a bit that could be
foretold costs next to nothing. What foretells it is how often there was ink so far behind the same
ten neighbours, above and to the left, in the same part of the picture; the reader counts along.

The greys at a stroke's edge come back from a table: for each of the 512 patterns of 3 × 3 bits, the
mean of the middle pixel over the 10,000 digits. Digits of one bit in gzip would take twice the
bytes, and WebP or AVIF with the same error three times; more levels of grey are more bytes, too,
and no better. ``python -m benchmarks.train`` measures what a network loses by it, on validation
images.

======== ===========================================================================================
bytes    what
======== ===========================================================================================
4        how many digits are for training, and how many for testing: two uint16, little-endian
512      the table: grey levels, uint8, by pattern; the first bit is the one above and to the left
N / 2    labels, four bits each, the first one in the lower half of a byte
the rest the code of the N · 784 bits, row by row
======== ===========================================================================================
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from digitrec.mnist import load_mnist

DIGITS_FILE = Path(__file__).parents[1] / "book" / "_static" / "train" / "digits.bin"
#: Digits for training and for testing: the first of each file of MNIST.
TRAINING, TEST = 10_000, 1_000
#: A pixel of at least so much is ink.
INK = 128
SIDE = 28
#: What foretells a pixel: others above it and to the left, as row and column from it.
NEIGHBOURS = (
    (0, -1),
    (0, -2),
    (-1, -1),
    (-1, 0),
    (-1, 1),
    (-2, 0),
    (-1, -2),
    (-1, 2),
    (-2, -1),
    (-2, 1),
)
#: The picture is seen in 7 × 7 parts of so many pixels each way.
PART = 4


def shifted(bits: np.ndarray, row: int, column: int) -> np.ndarray:
    """Return for each pixel the one so many rows and columns from it; paper lies around."""
    around = np.pad(bits, ((0, 0), (2, 2), (2, 2)))
    return around[:, 2 + row : 2 + row + SIDE, 2 + column : 2 + column + SIDE]


def contexts(bits: np.ndarray) -> np.ndarray:
    """Number what is known of each pixel before it is read.

    Parameters
    ----------
    bits : (N, 28, 28) integer
        0 or 1.

    Returns
    -------
    (N, 28, 28) int32
        Its part of the picture, 0–48, times 1,024, and a bit for each neighbour.
    """
    places = np.arange(SIDE) // PART
    found = np.zeros(bits.shape, np.int32)
    found += (places[:, None] * (SIDE // PART) + places) << len(NEIGHBOURS)
    for k, place in enumerate(NEIGHBOURS):
        found |= shifted(bits, *place).astype(np.int32) << k
    return found


def patterns(bits: np.ndarray) -> np.ndarray:
    """Number the 3 × 3 bits around each pixel, 0–511: (N, 28, 28) to the same shape."""
    around = [shifted(bits, i, j).astype(np.int32) for i in (-1, 0, 1) for j in (-1, 0, 1)]
    return sum(bit << k for k, bit in enumerate(around))  # type: ignore[return-value]


def greys(images: np.ndarray) -> np.ndarray:
    """Return the mean grey in the middle of each pattern.

    Parameters
    ----------
    images : (N, 28, 28) uint8

    Returns
    -------
    (512,) uint8
        0 for a pattern that no image has.
    """
    pattern = patterns(images >= INK).ravel()
    count = np.bincount(pattern, minlength=512)
    total = np.bincount(pattern, weights=images.ravel(), minlength=512)
    return np.rint(total / np.maximum(count, 1)).astype(np.uint8)


class Chances:
    """How likely ink is in each context, from what was counted so far, in parts of 65,536."""

    def __init__(self) -> None:
        contexts = (SIDE // PART) ** 2 << len(NEIGHBOURS)
        self.ink, self.all = [0] * contexts, [0] * contexts

    def next(self, context: int) -> int:
        """Return ``(ink + 0.4) / (all + 0.8)``, never 0 nor 1, in integers."""
        chance = 65536 * (5 * self.ink[context] + 2) // (5 * self.all[context] + 4)
        return min(max(chance, 1), 65535)

    def count(self, context: int, bit: int) -> None:
        """Learn what there was."""
        self.ink[context] += bit
        self.all[context] += 1


def encode(bits: np.ndarray) -> bytes:
    """Write bits as one number between 0 and 1: each bit narrows the interval it lies in.

    Parameters
    ----------
    bits : (N, 28, 28) bool
        True is ink.
    """
    code = bytearray()
    chances = Chances()
    low, high = 0, 0xFFFFFFFF  # 32 bits of the interval; what both have in common is written
    for context, bit in zip(contexts(bits).ravel().tolist(), bits.ravel().tolist(), strict=True):
        middle = low + ((high - low) * chances.next(context) >> 16)
        if bit:
            high = middle
        else:
            low = middle + 1
        chances.count(context, bit)
        while (low ^ high) < 1 << 24:
            code.append(high >> 24)
            low, high = low << 8 & 0xFFFFFFFF, high << 8 & 0xFFFFFFFF | 0xFF
    code += high.to_bytes(4, "big")
    return bytes(code)


def decode(code: bytes, count: int) -> np.ndarray:
    """Read the bits of so many digits: (count, 28, 28) bool."""
    follow: Iterator[int] = iter(code)
    chances = Chances()
    low, high = 0, 0xFFFFFFFF
    value = int.from_bytes(bytes(next(follow) for _ in range(4)), "big")
    found = np.zeros((count, SIDE, SIDE), bool)
    for image in found:
        # A list with paper around: two columns on each side, two rows above.
        rows = [[0] * (SIDE + 4) for _ in range(SIDE + 2)]
        for i in range(SIDE):
            for j in range(SIDE):
                context = i // PART * (SIDE // PART) + j // PART << len(NEIGHBOURS)
                for k, (row, column) in enumerate(NEIGHBOURS):
                    context |= rows[2 + i + row][2 + j + column] << k
                middle = low + ((high - low) * chances.next(context) >> 16)
                bit = int(value <= middle)
                if bit:
                    high = middle
                else:
                    low = middle + 1
                chances.count(context, bit)
                rows[2 + i][2 + j] = bit
                while (low ^ high) < 1 << 24:
                    low, high = low << 8 & 0xFFFFFFFF, high << 8 & 0xFFFFFFFF | 0xFF
                    value = value << 8 & 0xFFFFFFFF | next(follow, 0)
        image[:] = [row[2 : 2 + SIDE] for row in rows[2:]]
    return found


def softened(bits: np.ndarray, table: np.ndarray) -> np.ndarray:
    """Give the edges their greys: (N, 28, 28) bool and (512,) uint8 to (N, 28, 28) uint8."""
    return table[patterns(bits)]


def pack(training: int = TRAINING, test: int = TEST) -> bytes:
    """Return the file's bytes, made from MNIST's files; the same data, the same bytes."""
    data = load_mnist()
    images = np.concatenate([data.x_train[:training], data.x_test[:test]])
    labels = np.concatenate([data.y_train[:training], data.y_test[:test]]).astype(np.uint8)
    if training % 2 or test % 2:
        raise ValueError(f"expected even numbers of digits, found {training} and {test}")
    counts = np.array([training, test], "<u2").tobytes()
    table = greys(data.x_train[:training]).tobytes()
    halves = (labels[::2] | labels[1::2] << 4).tobytes()
    return counts + table + halves + encode(images >= INK)


def unpack(content: bytes, most: int | None = None) -> tuple[np.ndarray, np.ndarray, int]:
    """Read a packed file: the counterpart of ``digits.js``.

    Parameters
    ----------
    content
        The file's bytes.
    most
        Read so many digits only, since Python takes its time.

    Returns
    -------
    images : (N, 28, 28) uint8
    labels : (N,) uint8
    training : int
        The first so many are for training, the others for testing.
    """
    training, test = np.frombuffer(content, "<u2", 2).tolist()
    count = training + test
    table = np.frombuffer(content, np.uint8, 512, 4)
    halves = np.frombuffer(content, np.uint8, count // 2, 516)
    labels = np.stack([halves & 15, halves >> 4], axis=1).ravel()
    read = count if most is None else most
    bits = decode(content[516 + count // 2 :], read)
    return softened(bits, table), labels[:read], training


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the file again: ``python -m tools.browser_digits [FILE]``."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.browser_digits",
        description="Pack MNIST's digits for the page on which a network learns.",
    )
    parser.add_argument("file", nargs="?", type=Path, default=DIGITS_FILE)
    path: Path = parser.parse_args(arguments).file
    content = pack()
    path.write_bytes(content)
    print(f"{path}: {len(content):,} bytes")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
