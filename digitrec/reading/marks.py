"""Which pieces of a line look like a comma or a slash between numbers, and so are no digits.

Nothing is decided here: that a piece looks like a mark is a feature of the lattice, where the
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
) -> list[bool]:
    """Tell which parts of a line look like a comma or a slash.

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
    list of bool
        One for each part.
    """
    if len(parts) < 2:  # beside nothing nothing is a mark
        return [False] * len(parts)
    digits = [
        p for p in pieces if p.height < limits.DIGIT_SIZE * height or not _leans(p, pen)
    ] or pieces
    # Tall slashes take part in the line's own band; what reaches out has to do so of both.
    bands = Band.of(pieces, height), Band.of(digits, height)
    highest = max(p.height for p in digits)
    found = []
    for number, part in enumerate(parts):
        above, below = np.min([band.beyond(part) for band in bands], axis=0) / height
        if part.height < limits.DIGIT_SIZE * height:
            hangs = below > 0 and -above >= limits.COMMA_TOP
            found.append(bool(hangs and part.sides()[0] <= limits.THIN_PENS * pen + 1))
        else:
            between = 0 < number < len(parts) - 1 and part.height >= highest
            out = min(above, below) >= limits.SLASH_OUT
            found.append(bool(between and out and _leans(part, pen)))
    return found


def mark_in(joined: Sequence[Piece], marks: Sequence[bool], height: float) -> bool:
    """Tell whether a candidate of some parts, of which some look like marks, has a mark in it.

    A single part is what it looks like. Of several, only a slash counts: a cut may leave of a digit
    what looks like a comma.
    """
    if len(joined) == 1:
        return marks[0]
    return any(
        mark and part.height >= limits.DIGIT_SIZE * height
        for part, mark in zip(joined, marks, strict=True)
    )


def _leans(piece: Piece, pen: float) -> bool:
    """Whether a piece is a straight stroke that leans to the right."""
    return piece.is_straight(pen) and piece.lean() > 0
