"""Where a line's digits stand: between which heights, and how much the line falls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from digitrec.reading import limits
from digitrec.reading.pieces import Piece, weighted_median


@dataclass(frozen=True)
class Band:
    """The band that a line's digits fill; all in pixels of the picture.

    Attributes
    ----------
    top, bottom : float
        Rows, at the picture's left edge.
    slope : float
        Rows that the line falls in each column.
    """

    top: float
    bottom: float
    slope: float

    @classmethod
    def of(cls, pieces: Sequence[Piece], height: float) -> Band:
        """Find the band of a line's pieces, of digits so high.

        The slope is the median of all pairs' of digits (Theil and Sen): a few outliers, as a comma,
        do not matter. Two or three digits are too few to tell it from how they dance; the smaller
        ones beside them tell it where they stand on one line.
        """
        places = np.array([(middle(p), p.y + p.height / 2) for p in pieces])
        heights = np.array([p.height for p in pieces])
        sizes = heights / height
        slope, small_too = 0.0, places[sizes >= limits.SIZES[0]]
        if (sizes >= limits.DIGIT_SIZE).sum() >= limits.MANY:
            slope = _slope(places[sizes >= limits.DIGIT_SIZE], height)
        elif len(small_too) >= limits.MANY:
            slope = _slope(small_too, height)
            across, down = small_too.T
            # On one line, they are less than half as far from it as from a level one.
            slope = slope if 2 * _spread(down - slope * across) < _spread(down) else 0.0
        falls = slope * places[:, 0]
        top = weighted_median([p.y for p in pieces] - falls, heights)
        return cls(top, weighted_median([p.bottom for p in pieces] - falls, heights), slope)

    def share(self, piece: Piece) -> float:
        """Share of a piece's height that is between the line's top and bottom."""
        above, below = self.beyond(piece)
        return max(0.0, piece.height - max(0.0, above) - max(0.0, below)) / piece.height

    def beyond(self, piece: Piece) -> tuple[float, float]:
        """Pixels that a piece reaches out of the band above, and below; negative within it."""
        falls = self.slope * middle(piece)
        return self.top + falls - piece.y, piece.bottom - self.bottom - falls


def _slope(places: np.ndarray, height: float) -> float:
    """Return the median slope of all pairs of places (N, 2): x, y, that are a height apart."""
    one, other = np.triu_indices(len(places), 1)
    across, down = (places[other] - places[one]).T
    apart = np.abs(across) > height
    return float(np.median(down[apart] / across[apart])) if apart.any() else 0.0


def _spread(values: np.ndarray) -> float:
    """Return the median distance from the median."""
    return float(np.median(np.abs(values - np.median(values))))


def middle(piece: Piece) -> float:
    """Column of its rectangle's middle."""
    return piece.x + piece.width / 2
