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
        do not matter. Two or three digits are too few to tell it from how they dance.
        """
        places = np.array([(middle(p), p.y + p.height / 2) for p in pieces])
        large = places[[p.height >= limits.DIGIT_SIZE * height for p in pieces]]
        one, other = np.triu_indices(len(large), 1)
        across, down = (large[other] - large[one]).T
        apart = np.abs(across) > height
        steep = len(large) >= limits.MANY and apart.any()
        slope = float(np.median(down[apart] / across[apart])) if steep else 0.0
        falls = slope * places[:, 0]
        heights = [p.height for p in pieces]
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


def middle(piece: Piece) -> float:
    """Column of its rectangle's middle."""
    return piece.x + piece.width / 2
