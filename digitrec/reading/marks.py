"""Which pieces of a line look like a comma or a slash between numbers, and so are no digits.

Nothing is decided here: how much a piece looks like a mark is a feature of the lattice, where the
network says how much it looks like a digit.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from digitrec.reading import limits
from digitrec.reading.band import Band
from digitrec.reading.pieces import Piece


def looks_like_mark(
    parts: Sequence[Piece], pieces: Sequence[Piece], height: float, pen: float
) -> list[float]:
    """Say how much each part of a line looks like a comma or a slash.

    A comma is a small stroke that begins in the lower half of its line and reaches out below. A
    slash stands between two other parts, is straight, leans to the right, is as high as any digit,
    and reaches out of its line above and below; a taller 1 stands on the line.

    Parameters
    ----------
    parts : of the line, from left to right, as they are cut
    pieces : the line's, before they were cut: its digits' heights are told from these
    height : of the line's digits, in pixels
    pen : its width, in pixels

    Returns
    -------
    list of float
        For each part 0, not at all, … 1, in every way.
    """
    if len(parts) < 2:  # beside nothing nothing is a mark
        return [0.0] * len(parts)
    digits = [p for p in pieces if p.height < limits.COMMA * height or not _leans(p, pen)] or pieces
    # Tall slashes take part in the line's own band; what reaches out has to do so of both.
    bands = Band.of(pieces, height), Band.of(digits, height)
    highest = max(p.height for p in digits)
    found = []
    for number, part in enumerate(parts):
        above, below = np.min([band.beyond(part) for band in bands], axis=0) / height
        if part.height < limits.COMMA * height:
            hangs = _ramp(-above, limits.COMMA_TOP) if below > 0 else 0.0
            found.append(hangs if hangs and part.sides()[0] <= limits.SLASH_PENS * pen + 1 else 0.0)
        else:
            between = 0 < number < len(parts) - 1 and part.height >= highest
            out = _ramp(min(above, below), limits.SLASH_OUT) if between else 0.0
            found.append(out if out and _leans(part, pen) else 0.0)
    return found


def mark_in(joined: Sequence[Piece], marks: Sequence[float], height: float) -> float:
    """Say how much a candidate of some parts, which look so much like marks, has a mark in it.

    A single part is what it looks like. Of several, only a slash counts, and less
    (``MARK_JOINED``): a cut may leave of a digit what looks like a comma.
    """
    if len(joined) == 1:
        return marks[0]
    slashes = [m for p, m in zip(joined, marks, strict=True) if p.height >= limits.COMMA * height]
    return limits.MARK_JOINED * max(slashes, default=0.0)


def _ramp(value: float, ends: tuple[float, float]) -> float:
    """Return 0 up to the first end, 1 from the second on, and what is between in between."""
    return float(np.clip((value - ends[0]) / (ends[1] - ends[0]), 0, 1))


def _leans(piece: Piece, pen: float) -> bool:
    """Whether a piece is a straight stroke that leans to the right."""
    return piece.is_straight(pen, limits.SLASH_PENS) and piece.lean() > limits.SLASH_LEAN
