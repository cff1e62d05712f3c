"""What the reader cuts wrongly: candidates of simulated pages that are no digit.

The reader cuts a line of ink into too many pieces and asks the network about every plausible way to
join them (:mod:`digitrec.reading.lattice`). Most of what it asks about is no digit: halves, pairs,
a digit with a piece of the next one. ``miscuts`` writes pages of MNIST's digits, lets the reader
cut them, and keeps those candidates. They measure how a network takes what it will be asked about:
the shipped one has learned from imitations only (:func:`digitrec.augment.not_digits`). With miscuts
in its training it did not lose fewer digits on validation pages, so none are there.

Images are (N, 28, 28) uint8, 0 is paper and 255 is ink; everything random comes from one NumPy
generator.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from digitrec.reading import lattice, lines, pieces, recipe
from digitrec.reading.edges import writing
from digitrec.reading.look import look

#: Lines of a page, and digits of a line.
LINES, DIGITS = 3, 7
#: Of a digit's ink: with less it is not in a candidate.
TOUCHED = 0.2
#: Of a digit's ink: what has less, or more, may as well be a stroke of it, or all of it.
HALF = 0.25, 0.55
#: Halves that say no digit, by the digit; the right half of an 8 is a 3, and its top may be a 0.
LEFT_HALVES, RIGHT_HALVES = (0, 2, 3, 4, 5, 7, 8, 9), (0,)


def miscuts(count: int, x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Make candidates that are no digit, of pages written with digits.

    A candidate holds parts of two digits or more; or about half of one, where such a half says no
    other digit, and is no thin stroke, which may be a 1. Two 1s joined are left out: they may be
    an 11 or a 4.

    Parameters
    ----------
    count : how many
    x : (N, 28, 28) uint8
        Digits to write with.
    y : (N,) integer
        Their labels.
    rng : the generator that everything random comes from

    Returns
    -------
    (count, 28, 28) uint8
        Prepared as the reader prepares them.

    References
    ----------
    Training on what the segmenter offers is by :cite:t:`lecun1998gradient`, section VI.
    """
    found: list[np.ndarray] = []
    while len(found) < count:
        found.extend(_of_a_page(x, y, rng))
    # A page's neighbours are alike: of all, some from each.
    return np.stack([found[k] for k in rng.permutation(len(found))[:count]])


def _of_a_page(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Write a page, cut it, and yield each candidate that is no digit, prepared."""
    chosen = rng.integers(0, len(x), (LINES, DIGITS))
    page, whose = _page(x[chosen], rng)
    seen = look(page)
    if seen is None:
        return
    whose = cv2.resize(whose, seen.mask.shape[::-1], interpolation=cv2.INTER_NEAREST)
    inked = whose[seen.writing]
    amount = np.maximum(np.bincount(inked, minlength=chosen.size + 1), 1)
    middles = np.bincount(inked, np.nonzero(seen.writing)[1], chosen.size + 1) / amount
    found = writing(seen)
    height = pieces.typical_height(found, seen.pen)
    for line in lines.find_lines(found, height):
        for candidate in lattice.build(line, height, seen.pen).candidates:
            piece = candidate.piece
            place = whose[piece.y : piece.bottom, piece.x : piece.right]
            shares = np.bincount(place[piece.mask], minlength=len(amount)) / amount
            left_of = piece.x + piece.width / 2 < middles
            if _is_no_digit(shares[1:], y[chosen].ravel(), left_of[1:], piece):
                yield recipe.normalise_piece(seen, piece)[0]


def _is_no_digit(
    shares: np.ndarray, labels: np.ndarray, left_of: np.ndarray, piece: pieces.Piece
) -> bool:
    """Tell whether a candidate certainly is no digit.

    ``shares`` says which part of each digit's ink is in it, ``left_of`` whether it lies to the left
    of that digit's middle; all (N,).
    """
    touched = np.flatnonzero(shares >= TOUCHED)
    if len(touched) > 1:
        return bool((labels[touched] != 1).any() and shares[touched].max() >= HALF[0])
    if not len(touched) or piece.width < 0.5 * piece.height:
        return False
    digit = touched[0]
    halves = LEFT_HALVES if left_of[digit] else RIGHT_HALVES
    return bool(HALF[0] <= shares[digit] <= HALF[1] and labels[digit] in halves)


def _page(digits: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Write digits in lines, some of them touching.

    Parameters
    ----------
    digits : (L, D, 28, 28) uint8
    rng : the generator that everything random comes from

    Returns
    -------
    page : (H, W) uint8
        Dark ink on white.
    whose : (H, W) uint8
        Which digit's ink a pixel is, counted from 1 in reading order; 0 for paper.
    """
    high = int(rng.integers(36, 64))
    shape = round((1.8 * len(digits) + 1) * high), (digits.shape[1] + 2) * high
    inked, whose = np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)
    number = 0
    for row, line in enumerate(digits):
        left = float(high)
        spacing = rng.uniform(-0.12, 0.3)
        for digit in line:
            number += 1
            rows, columns = (np.flatnonzero((digit > 60).any(axis=axis)) for axis in (1, 0))
            cut = digit[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
            tall = round(high * (1 + 0.1 * rng.standard_normal()))
            wide = max(2, round(tall * cut.shape[1] / cut.shape[0]))
            cut = cv2.resize(cut, (wide, tall), interpolation=cv2.INTER_CUBIC)
            x = round(left)
            y = round((1.8 * row + 0.7 + 0.06 * rng.standard_normal()) * high)
            place = slice(max(0, y), y + tall), slice(x, x + wide)
            cut = cut[: inked[place].shape[0], : inked[place].shape[1]]
            whose[place][cut > np.maximum(inked[place], 60)] = number
            np.maximum(inked[place], cut, out=inked[place])
            left += wide + (spacing + 0.1 * rng.standard_normal()) * high
    return 255 - inked, whose
