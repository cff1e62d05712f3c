"""Which pieces of ink stand in one line, on a page that may be turned a little."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

import numpy as np

from digitrec.reading import limits
from digitrec.reading.pieces import Piece, gap


def find_lines(pieces: Sequence[Piece], height: float) -> list[list[Piece]]:
    """Put pieces into lines: from the top, and in each from the left.

    First the page's turn is found (``page_turn``). Along a line so turned, from left to right, a
    piece belongs to the line whose last ones it overlaps by a third in height; so lines may climb
    and bend. Far from them, it is by two thirds: numbers side by side at two heights are two lines.
    What is much smaller than a digit goes with the line that is nearest to it; far from all, what
    is no speck goes with the line that it stands beside, or is one of its own.

    Parameters
    ----------
    pieces : in any order
    height : of a digit, in pixels

    Returns
    -------
    list of list of Piece
        The lines; a speck that is near to none is in none.
    """
    large = [p for p in pieces if p.height >= limits.STANDS_ALONE * height] or list(pieces)
    lines = [[large[k] for k in line] for line in _lines_of(large)]
    # A comma hangs below its line and seems to be one of its own.
    hanging = [
        line[0] for line in lines if len(line) == 1 and line[0].height < limits.DIGIT_SIZE * height
    ]
    if len(hanging) < len(lines):
        lines = [line for line in lines if not any(line[0] is p for p in hanging)]
    kept = {id(p) for line in lines for p in line}
    for piece in pieces:
        if id(piece) in kept:
            continue
        nearest = min((other for line in lines for other in line), key=lambda p: gap(p, piece))
        beside = nearest.y < piece.y + piece.height / 2 < nearest.bottom
        large_enough = piece.longest >= limits.STANDS_ALONE * height
        if gap(nearest, piece) <= height or (beside and large_enough):
            next(line for line in lines if any(p is nearest for p in line)).append(piece)
        elif large_enough:
            lines.append([piece])
    lines.sort(key=lambda line: float(np.median([p.y + p.height / 2 for p in line])))
    return [sorted(line, key=lambda p: p.x + p.width / 2) for line in lines]


def _lines_of(pieces: Sequence[Piece]) -> list[list[int]]:
    """Indices of the pieces in each line."""
    if not pieces:
        return []
    turn = page_turn(pieces)
    cosine, sine = np.cos(turn), np.sin(turn)
    middles = _middles(pieces)
    along = middles[:, 0] * cosine + middles[:, 1] * sine
    down = middles[:, 1] * cosine - middles[:, 0] * sine
    heights = np.array([p.height for p in pieces], float)
    lines: list[list[int]] = []
    for i in np.argsort(along, kind="stable"):
        best, most = -1, -np.inf
        for number, line in enumerate(lines):
            last = line[-4:]  # so few that np.median takes ten times as long
            top = median(down[last] - heights[last] / 2)
            bottom = median(down[last] + heights[last] / 2)
            shared = min(bottom, down[i] + heights[i] / 2) - max(top, down[i] - heights[i] / 2)
            overlap = shared / min(heights[i], bottom - top)
            height = max(heights[i], bottom - top, 1)
            away = (along[i] - along[line[-1]]) / height
            step = median(np.diff(along[last])) / height if len(line) > 1 else np.inf
            beside = away > max(limits.SIDE_BY_SIDE[0], limits.SIDE_BY_SIDE[1] * step)
            if overlap <= (limits.OVERLAP_BESIDE if beside else limits.LINE_OVERLAP):
                continue
            if overlap > most:
                best, most = number, overlap
        if best < 0:
            lines.append([int(i)])
        else:
            lines[best].append(int(i))
    return sorted(lines, key=lambda line: float(np.median(down[line])))


def page_turn(pieces: Sequence[Piece]) -> float:
    """Angle of the lines, in radians, clockwise from level; at most ``STEEPEST_LINE`` degrees.

    For each angle all pieces are projected on an upright axis; the right angle piles them up
    in the fewest, highest heaps, which has the greatest sum of squares. Of angles that do about
    as well, the one nearest to level.

    Parameters
    ----------
    pieces : the page's digits

    Returns
    -------
    float
    """
    # Without three digits in a line there is nothing to tell the turn from.
    if len(pieces) < 3:
        return 0.0
    middles = _middles(pieces)
    typical = float(np.median([p.height for p in pieces]))
    angles = np.radians(
        np.arange(-limits.STEEPEST_LINE, limits.STEEPEST_LINE + limits.TURN_STEP, limits.TURN_STEP)
    )
    down = middles[:, 1] * np.cos(angles)[:, None] - middles[:, 0] * np.sin(angles)[:, None]
    scores = np.empty(len(angles))
    for k, heights in enumerate(down / typical):
        # Each digit a hump as wide as itself, so that heaps need no borders.
        apart = heights[:, None] - heights[None]
        scores[k] = np.exp(-((apart / limits.HEAP) ** 2)).sum() - len(pieces)
    scores *= 1 - limits.LEVEL * np.abs(angles) / np.radians(limits.STEEPEST_LINE)
    best, level = int(np.argmax(scores)), len(angles) // 2
    return 0.0 if scores[best] <= limits.CLEARLY_TURNED * scores[level] else float(angles[best])


def _middles(pieces: Sequence[Piece]) -> np.ndarray:
    """Return the middles of the pieces' rectangles, (N, 2): x, y."""
    return np.array([(p.x + p.width / 2, p.y + p.height / 2) for p in pieces])
