"""Connected components of ink, and where they may be cut.

Nothing is decided here about what is a digit. A *piece* is a connected component of ink, or what a
cut leaves of one: the network is asked later which of them, joined, are digits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

from digitrec.reading import limits


@dataclass(frozen=True)
class Piece:
    """A piece of ink: its rectangle in the picture and its own pixels.

    Attributes
    ----------
    x, y : int
        Left and top, in pixels of the picture.
    mask : (h, w) bool
        Where in the rectangle its ink is; every side of the rectangle has some.
    """

    x: int
    y: int
    mask: np.ndarray

    @property
    def width(self) -> int:
        """Pixels from left to right."""
        return int(self.mask.shape[1])

    @property
    def height(self) -> int:
        """Pixels from top to bottom."""
        return int(self.mask.shape[0])

    @property
    def right(self) -> int:
        """First column after it."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """First row below it."""
        return self.y + self.height

    @property
    def longest(self) -> int:
        """The longer side, in pixels."""
        return max(self.width, self.height)

    def draw(self, mask: np.ndarray) -> None:
        """Set its pixels in a mask of the picture, (H, W) bool."""
        mask[self.y : self.bottom, self.x : self.right] |= self.mask

    def touches(self, shape: Sequence[int]) -> bool:
        """Whether it reaches the edge of a picture (H, W)."""
        return not (self.x and self.y and self.right < shape[1] and self.bottom < shape[0])

    def is_straight(self, pen: float, times: float = 4) -> bool:
        """Whether it is a straight stroke: no thicker than ``THIN_PENS``, so many times as long."""
        thick, long = self.sides()
        return thick <= limits.THIN_PENS * pen + 1 and long >= max(1, times * thick)

    def sides(self) -> tuple[float, float]:
        """Pixels that it is thick and long, as a rectangle at its slant; 0, 0 for a single pixel.

        Pixels spread evenly over a rectangle have variances of a twelfth of its squared sides.
        """
        thick, long = np.sqrt(12 * np.maximum(np.linalg.eigvalsh(self._spread()), 0))
        return float(thick), float(long)

    def lean(self) -> float:
        """Columns that it leans to the right for each row up; 0 for an upright stroke."""
        (rows, both), _ = self._spread()
        return -float(both / rows) if rows > 0 else 0.0

    def _spread(self) -> np.ndarray:
        """Variances and covariance of its pixels' rows and columns; (2, 2) float64."""
        places = np.argwhere(self.mask)
        return np.cov(places.T) if len(places) > 1 else np.zeros((2, 2))


def find_pieces(mask: np.ndarray, least: float = 0.0, bridge: float = 0.0) -> list[Piece]:
    """Find the connected components of a mask whose longer side is above ``least`` pixels.

    Parameters
    ----------
    mask : (H, W) bool
    least : pixels
    bridge : pixels; what a gap of at most so much separates is one piece, as a dotted stroke is

    Returns
    -------
    list of Piece
        The longest first; at most ``MOST_PIECES``.
    """
    ink = mask.astype(np.uint8)
    reach = int(bridge) // 2  # half of the gap from each side
    if reach:
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1,) * 2)
        ink = np.asarray(cv2.dilate(ink, disc))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    longest = stats[1:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1, initial=0)
    order = np.argsort(-longest, kind="stable")[: limits.MOST_PIECES]
    found = []
    for label in order[longest[order] > least + 2 * reach] + 1:
        x, y, wide, high, _ = (int(value) for value in stats[label])
        place = slice(y, y + high), slice(x, x + wide)
        found.append(trimmed((labels[place] == label) & mask[place], x, y))
    return found


def trimmed(mask: np.ndarray, x: int, y: int) -> Piece:
    """Return the ink of a mask that lies at (x, y) as a piece; it has at least one pixel."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    top, left = int(rows[0]), int(columns[0])
    return Piece(x + left, y + top, mask[top : int(rows[-1]) + 1, left : int(columns[-1]) + 1])


def union(pieces: Sequence[Piece]) -> Piece:
    """Return several pieces as one."""
    if len(pieces) == 1:
        return pieces[0]
    x, y = min(p.x for p in pieces), min(p.y for p in pieces)
    shape = max(p.bottom for p in pieces) - y, max(p.right for p in pieces) - x
    mask = np.zeros(shape, bool)
    for piece in pieces:
        Piece(piece.x - x, piece.y - y, piece.mask).draw(mask)
    return Piece(x, y, mask)


def gap(a: Piece, b: Piece) -> float:
    """Distance of two pieces' rectangles; 0 where they overlap."""
    across = max(0, b.x - a.right, a.x - b.right)
    down = max(0, b.y - a.bottom, a.y - b.bottom)
    return float(np.hypot(across, down))


def weighted_median(values: Sequence[float] | np.ndarray, weights: object = None) -> float:
    """Return the value with half of the weight, by default its own, on either side; 0 for none."""
    values = np.asarray(values, float)
    if not len(values):
        return 0.0
    order = np.argsort(values)
    total = np.cumsum((values if weights is None else np.asarray(weights, float))[order])
    return float(values[order][np.searchsorted(total, total[-1] / 2)])


def thickness(mask: np.ndarray) -> float:
    """Width of the strokes in a mask: twice the distance to the edge along their middles."""
    if not mask.any():
        return 0.0
    distance = cv2.distanceTransform(np.pad(mask, 1).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
    ridge = (distance > 0) & (distance >= cv2.dilate(distance, np.ones((3, 3))))
    return max(1.0, 2 * float(np.median(distance[ridge])) - 0.5)


def typical_height(pieces: Sequence[Piece], pen: float) -> float:
    """Height of the digits among pieces: the median of their heights, weighed by these."""
    least = limits.TELLS_HEIGHT * pen
    heights = [p.height for p in pieces if p.height >= least and p.width <= 3 * p.height]
    return weighted_median(heights or [p.longest for p in pieces])


def cut(piece: Piece, height: float, pen: float) -> list[tuple[Piece, float]]:
    """Cut a piece where two digits may touch: from top to bottom through little ink.

    A *seam* goes down, at most one column aside a row, and costs the ink that it crosses, and the
    pen's width for each stroke that it enters; the cheapest to each column are found by dynamic
    programming. Of these, from the cheapest on, those are taken that cross at most two strokes and
    are ``CUT_APART`` of a digit's height from each other. Only what is wider than ``DIGIT_SIZE`` of
    the height, and than four pens, is cut.

    Parameters
    ----------
    piece : what to cut
    height : of a digit, in pixels
    pen : its width, in pixels

    Returns
    -------
    list of (Piece, float)
        From left to right, each with the ink that the cut on its left crosses, in pens; the piece
        itself and 0 if there is no place to cut it.

    References
    ----------
    Cutting ink into too many pieces is by :cite:t:`lecun1998gradient`, section V.
    """
    rows, width = piece.mask.shape
    if width < max(limits.DIGIT_SIZE * height, 4 * pen):
        return [(piece, 0.0)]
    total, seams = _seams(piece.mask, pen)
    inked = np.take_along_axis(piece.mask, seams, axis=1)
    entered = inked[0] + (inked[1:] & ~inked[:-1]).sum(axis=0)
    middles = seams.mean(axis=0)
    chosen: list[int] = []
    for end in np.argsort(total, kind="stable"):
        apart = np.abs(middles[chosen] - middles[end]).min(initial=np.inf)
        if entered[end] <= 2 and apart >= limits.CUT_APART * height:
            chosen.append(int(end))
    chosen.sort(key=lambda end: middles[end])
    ends = [np.zeros(rows, np.int64), *seams[:, chosen].T, np.full(rows, width)]
    borders = np.maximum.accumulate(ends)
    columns = np.arange(width)
    parts = []
    for left, right in pairwise(borders):
        part = piece.mask & (columns >= left[:, None]) & (columns < right[:, None])
        if part.any():
            crossed = piece.mask[np.arange(rows), left].sum() if left.any() else 0
            parts.append((trimmed(part, piece.x, piece.y), float(crossed) / pen))
    return _straight_again(parts, height, pen)


def _straight_again(
    parts: list[tuple[Piece, float]], height: float, pen: float
) -> list[tuple[Piece, float]]:
    """Join neighbouring parts that are one straight stroke, higher than a digit: a slash.

    Where a slash touches a digit, several seams go along it, and one may cross it.
    """
    kept = parts[:1]
    for part, crossed in parts[1:]:
        both = union([kept[-1][0], part])
        if both.height > max(height, both.width) and both.is_straight(pen):
            kept[-1] = both, kept[-1][1]
        else:
            kept.append((part, crossed))
    return kept


def _seams(mask: np.ndarray, pen: float) -> tuple[np.ndarray, np.ndarray]:
    """Find the cheapest seam to each column of the last row.

    Returns
    -------
    total : (w,) float32
        What they cost.
    seams : (h, w) int64
        The column in each row.
    """
    cost = mask.astype(np.float32)
    # Through one stroke lengthwise rather than across two.
    cost[1:] += np.float32(pen) * (mask[1:] & ~mask[:-1])
    steps = np.zeros(mask.shape, np.int64)  # the column in the row above, less the column here
    total = cost[0]
    columns = np.arange(mask.shape[1])
    for row in range(1, len(mask)):
        above = np.full(len(columns) + 2, np.inf, np.float32)
        above[1:-1] = total
        ways = np.stack(
            [above[:-2] + limits.SEAM_ASIDE, above[1:-1], above[2:] + limits.SEAM_ASIDE]
        )
        best = ways.argmin(axis=0)
        steps[row] = best - 1
        total = cost[row] + ways[best, columns]
    seams = np.empty(mask.shape, np.int64)
    seams[-1] = columns
    for row in range(len(mask) - 1, 0, -1):
        seams[row - 1] = seams[row] + steps[row, seams[row]]
    return total, seams
