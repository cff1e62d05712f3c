"""Ink becomes a digit as MNIST has it: the recipe of :cite:t:`lecun1998gradient`.

A network that was trained on MNIST has only seen digits prepared in MNIST's own way: light ink on
black, 20 pixels at the longer side, antialiased, the centre of mass in the middle of 28 × 28
pixels. Each step of the recipe is a function on arrays:

==================== ===============================================================================
``even_contrast``    as black as a marker
``crop``             where is the digit?
``match_pen``        how wide would MNIST's pen have been?
``fit_box``          the digit in 20 × 20 pixels
``centre_by_mass``   the digit in 28 × 28 pixels
==================== ===============================================================================

H and W are the rows and columns of a picture, h and w those of a crop.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

import cv2
import numpy as np

from digitrec.reading import limits
from digitrec.reading.files import ImageError
from digitrec.reading.ink import Ink, with_edge
from digitrec.reading.pieces import Piece


class Box(NamedTuple):
    """A rectangle in a picture, in pixels: left edge, top edge, width, height."""

    x: int
    y: int
    width: int
    height: int


#: What ``prepare`` can do without, and what then happens.
OPTIONAL_STEPS = {
    "find_polarity": "the ink is taken to be dark",
    "level_light": "the paper is taken to be evenly lit",
    "drop_rules": "rules, frames and boxes count as ink",
    "level_contrast": "pale ink stays pale",
    "adapt_pen": "thin strokes stay thin",
    "keep_aspect": "the digit is stretched to a square",
    "by_mass": "the digit's rectangle is centred, not its mass",
}


def normalise_piece(
    ink: Ink, piece: Piece, without: Collection[str] = ()
) -> tuple[np.ndarray, Box, dict[str, np.ndarray]]:
    """Make a digit like MNIST's of one piece of ink.

    Parameters
    ----------
    ink : the picture's
    piece : what of it is the digit
    without : the steps to leave out, of ``OPTIONAL_STEPS``

    Returns
    -------
    image : (28, 28) uint8
        0 is paper, 255 is ink.
    box : Box
        Where it is, in pixels of ``ink``.
    steps : dict of str to array
        What each step made.
    """
    x, y = max(0, piece.x - limits.SOFT_EDGE), max(0, piece.y - limits.SOFT_EDGE)
    place = slice(y, piece.bottom + limits.SOFT_EDGE), slice(x, piece.right + limits.SOFT_EDGE)
    digit = np.zeros(ink.mask[place].shape, bool)
    Piece(piece.x - x, piece.y - y, piece.mask).draw(digit)
    # A neighbour's ink, or a rule's, is not this digit's soft edge.
    values = np.where(ink.mask[place] & ~digit, 0, ink.values[place])
    if "level_contrast" in without:
        coverage = np.where(with_edge(digit), values, 0)
    else:
        coverage = even_contrast(values, digit, ink.threshold)
    if not (coverage >= limits.COVERED).any():
        coverage = digit.astype(np.float32)
    cut, box = crop(coverage)
    steps = {"crop": cut}
    steps["pen"] = cut = cut if "adapt_pen" in without else match_pen(cut)
    steps["20 × 20"] = small = fit_box(cut, "keep_aspect" not in without)
    steps["28 × 28"] = image = centre_by_mass(small, "by_mass" not in without)
    return image, Box(x + box.x, y + box.y, box.width, box.height), steps


def even_contrast(ink: np.ndarray, digit: np.ndarray, threshold: float) -> np.ndarray:
    """Make a faint pencil as black as a marker: a ramp from paper to ink, steepest at its edge.

    ``clip((ink − low) / (high − low), 0, 1)`` with ``high`` the median of the digit's ink, and
    ``low`` as far below the threshold as ``high`` is above it, but not below the paper. What is not
    the digit becomes paper.

    Parameters
    ----------
    ink : (H, W) float32
    digit : (H, W) bool
    threshold : float

    Returns
    -------
    (H, W) float32
        0 is paper, 1 is ink, between them the antialiased edge.
    """
    high = float(np.median(ink[digit]))
    # The threshold may be that of the smoothed picture: then nothing need be below it.
    paper = ink[ink <= threshold]
    low = max(2 * threshold - high, float(np.median(paper)) if paper.size else 0.0)
    ramp = np.clip((ink - low) / max(high - low, 1 / 255), 0, 1)
    return np.where(with_edge(digit), ramp, 0)


def crop(coverage: np.ndarray) -> tuple[np.ndarray, Box]:
    """Cut out the digit: the smallest rectangle with all that is at least 15 % covered with ink.

    Parameters
    ----------
    coverage : (H, W) float32
        0 is paper, 1 is ink.

    Returns
    -------
    digit : (h, w) float32
    box : Box
        Where in the picture it was; a picture without ink is an ``ImageError``.
    """
    inked = coverage >= limits.COVERED
    if not inked.any():
        raise ImageError("expected a picture with ink on it, found none")
    rows, columns = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
    box = Box(int(columns[0]), int(rows[0]), int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1)
    return coverage[box.y : box.y + box.height, box.x : box.x + box.width], box


def pen_width(digit: np.ndarray) -> float:
    """Mean width of a digit's strokes, in pixels of the 20 × 20 box it will fill.

    In a stroke of width ``b`` the distance to the nearest edge grows from 0 to ``b / 2`` in the
    middle; its mean is ``b / 4``. So the width is four times the mean distance.

    (h, w) float32, 0 is paper and 1 is ink; 0 if no pixel is half covered.
    """
    inked = np.pad(_enlarge(digit) >= 0.5, 1).astype(np.uint8)
    if not inked.any():
        return 0.0
    distance = cv2.distanceTransform(inked, cv2.DIST_L2, cv2.DIST_MASK_5)
    # The nearest pixel outside is half a pixel beyond the edge.
    return 4 * (float(distance[inked > 0].mean()) - 0.5) * limits.BOX / max(_enlarge(digit).shape)


def _enlarge(digit: np.ndarray) -> np.ndarray:
    """Scale a crop to ``FINER`` times the box; (h, w) → (h', w') with max(h', w') = 160."""
    height, width = digit.shape
    scale = limits.FINER * limits.BOX / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return cv2.resize(digit.astype(np.float32), size, interpolation=method)


def match_pen(digit: np.ndarray, pen: tuple[float, float] = limits.MNIST_PEN) -> np.ndarray:
    """Widen strokes thinner than MNIST's, narrow those that are wider; leave the rest alone.

    A morphological dilation (erosion) with a disc of radius ``r`` makes each stroke, and the whole
    digit, wider (narrower) by ``d = 2 r``. Scaled into the box of 20 again, the pen ``b`` is then
    ``20 (b + d) / (20 + d)`` wide; solved for ``d``. A ballpoint's line, shrunk to 20 × 20 pixels,
    would be a faint grey.

    Parameters
    ----------
    digit : (h, w) float32
        0 is paper, 1 is ink.
    pen : least and greatest width, in pixels of the 20 × 20 box

    Returns
    -------
    (h', w') float32
        The digit itself, or a finer one with another pen.
    """
    width = pen_width(digit)
    wanted = min(max(width, pen[0]), pen[1])
    change = limits.BOX * (wanted - width) / (limits.BOX - wanted)
    radius = round(limits.FINER * abs(change) / 2)
    if radius == 0:
        return digit
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    fine = _enlarge(digit)
    if wanted > width:
        return cv2.dilate(np.pad(fine, radius), disc)
    return crop(cv2.erode(np.pad(fine, 1), disc))[0]


def fit_box(digit: np.ndarray, keep_aspect: bool = True) -> np.ndarray:
    """Scale a digit into 20 × 20 pixels; each new pixel is the mean of the area it covers.

    Parameters
    ----------
    digit : (h, w) float32
        0 is paper, 1 is ink.
    keep_aspect : if not, both sides become 20 pixels

    Returns
    -------
    (h', w') float32
        The longer side is 20.

    References
    ----------
    :cite:t:`lecun1998gradient`, section III.A.
    """
    height, width = digit.shape
    scale = limits.BOX / max(height, width)
    size = (limits.BOX, limits.BOX)
    if keep_aspect:
        size = max(1, round(width * scale)), max(1, round(height * scale))
    return cv2.resize(digit.astype(np.float32), size, interpolation=cv2.INTER_AREA)


def centre_by_mass(digit: np.ndarray, by_mass: bool = True) -> np.ndarray:
    """Place a digit in 28 × 28 pixels with its centre of mass in the middle.

    The centre of mass is ``sum(v · position) / sum(v)`` along rows and columns. The digit moves by
    whole pixels, never over the field's edge, until that point is in the pixel of row 14 and column
    14 (counted from 0): there it is in MNIST's own images. An even field has no middle pixel; this
    one is the first after the middle.

    Parameters
    ----------
    digit : (h, w) float32, h ≤ 28, w ≤ 28
        0 is paper, 1 is ink.
    by_mass : if not, the middle of the digit's rectangle is placed in the middle instead

    Returns
    -------
    (28, 28) uint8
        0 is paper, 255 is ink.
    """
    total = float(digit.sum())
    places = []
    for axis, length in enumerate(digit.shape):
        start = (limits.FIELD - length) // 2
        if by_mass and total > 0:
            mass = digit.sum(axis=1 - axis)  # (length,)
            middle = float(mass @ (np.arange(length) + 0.5)) / total
            start = min(max(int(limits.FIELD / 2 + 1 - middle), 0), limits.FIELD - length)
        places.append(slice(start, start + length))
    image = np.zeros((limits.FIELD, limits.FIELD), np.uint8)
    image[tuple(places)] = np.rint(255 * np.clip(digit, 0, 1))
    return image


def scaled(box: Box, scale: float, shape: Sequence[int]) -> Box:
    """Return a reduced picture's rectangle in pixels of the whole one, of the given (H, W)."""
    left, top = max(0, round(box.x * scale)), max(0, round(box.y * scale))
    right = min(round((box.x + box.width) * scale), shape[1])
    bottom = min(round((box.y + box.height) * scale), shape[0])
    return Box(left, top, max(1, right - left), max(1, bottom - top))
