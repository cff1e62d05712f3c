"""Which pieces of a line, joined, are its digits: the likeliest path through all candidates.

A line's ink is cut into too many *segments*. A *candidate* is some neighbouring segments that might
be one digit; a *path* uses every segment once, in a candidate or as something that is no digit. The
network says how probable each candidate's best class is, and the path with the greatest sum of
logarithms is what the line says. So nothing is cut or joined before the network was asked.

This is the segmentation graph of :cite:t:`lecun1998gradient`, sections V–VII, with a network that
is trained on digits and on what is none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from digitrec.reading.limits import (
    BAND_COST,
    CUT_COST,
    GAP_COST,
    IN_BAND,
    JOIN_COST,
    LEAST_PROBABILITY,
    MOST_JOINED,
    OVER_COST,
    SIZE_COST,
    SIZES,
    SKIP_COST,
    SPECK_COST,
    TALLEST,
    WIDEST,
)
from digitrec.reading.pieces import Piece, cut, union, weighted_median


@dataclass(frozen=True)
class Segment:
    """A piece of ink that may be a digit or a part of one.

    Attributes
    ----------
    piece : Piece
    cut : float
        Ink that the cut on its left crosses, in pens; 0 where no ink is cut.
    skip : float
        What it costs to leave it out, as a logarithm.
    """

    piece: Piece
    cut: float
    skip: float


@dataclass(frozen=True)
class Candidate:
    """Neighbouring segments that might be one digit.

    Attributes
    ----------
    start, stop : int
        The first segment, and the one after the last.
    piece : Piece
        Their ink, joined.
    prior : float
        How plausible its size and its gaps are, a logarithm; 0 for a usual digit.
    """

    start: int
    stop: int
    piece: Piece
    prior: float


@dataclass(frozen=True)
class Line:
    """A line's segments, from left to right, and all candidates."""

    segments: list[Segment]
    candidates: list[Candidate]


def build(pieces: Sequence[Piece], height: float, pen: float) -> Line:
    """Cut a line's pieces, and join what might be one digit.

    Parameters
    ----------
    pieces : the line's
    height : of the page's digits, in pixels
    pen : its width, in pixels

    Returns
    -------
    Line
    """
    height = weighted_median([p.height for p in pieces]) or height
    heights = [p.height for p in pieces]
    band = (
        weighted_median([p.y for p in pieces], heights),
        weighted_median([p.bottom for p in pieces], heights),
    )
    parts = [part for p in pieces for part in cut(p, height, pen)]
    parts.sort(key=lambda part: part[0].x + part[0].width / 2)
    segments = [Segment(p, crossed, _skip_cost(p, height, band)) for p, crossed in parts]
    candidates = []
    for start in range(len(segments)):
        for stop in range(start + 1, min(len(segments), start + MOST_JOINED) + 1):
            joined = [segment.piece for segment in segments[start:stop]]
            wide = max(p.right for p in joined) - min(p.x for p in joined)
            high = max(p.bottom for p in joined) - min(p.y for p in joined)
            if stop - start > 1 and (wide > WIDEST * max(height, high) or high > TALLEST * height):
                continue
            piece = union(joined)
            prior = _prior(joined, piece, height, band) - CUT_COST * min(1, segments[start].cut)
            candidates.append(Candidate(start, stop, piece, prior))
    return Line(segments, candidates)


def _in_band(piece: Piece, band: tuple[float, float]) -> float:
    """Share of a piece's height that is between the line's top and bottom."""
    return max(0.0, min(piece.bottom, band[1]) - max(piece.y, band[0])) / piece.height


def _skip_cost(piece: Piece, height: float, band: tuple[float, float]) -> float:
    """What it costs to say that a segment is no part of any digit.

    Little for a speck, for a dash, and for what hangs out of the line, as commas do.
    """
    size = float(np.sqrt(piece.height * piece.width)) / height
    if piece.height >= 0.5 * height:
        size = piece.height / height
    size = min(1.0, size * max(0.25, _in_band(piece, band)))
    return SPECK_COST + SKIP_COST * size**2


def _prior(
    joined: Sequence[Piece], piece: Piece, height: float, band: tuple[float, float]
) -> float:
    """How plausible a candidate's size, place and gaps are; a logarithm, 0 for a usual digit."""
    size = np.log(piece.height / height)
    cost = SIZE_COST * max(0.0, np.log(SIZES[0]) - size, size - np.log(SIZES[1])) ** 2
    cost += BAND_COST * max(0.0, IN_BAND - _in_band(piece, band))
    for a, b in pairwise(joined):
        shared = min(a.right, b.right) - max(a.x, b.x)
        if shared >= 0.5 * min(a.width, b.width):  # one above the other
            cost += OVER_COST * max(0, b.y - a.bottom, a.y - b.bottom) / height
        else:
            cost += JOIN_COST + GAP_COST * max(0, -shared) / height
    return -float(cost)


def best_path(line: Line, probabilities: np.ndarray) -> tuple[float, list[int]]:
    """Find the likeliest path, by dynamic programming from left to right (Viterbi).

    Parameters
    ----------
    line : its segments and candidates
    probabilities : (C, 10) float
        What the network makes of each candidate.

    Returns
    -------
    score : float
        The sum of logarithms along the path.
    chosen : list of int
        Which candidates are its digits, from left to right.
    """
    scores = np.log(np.maximum(probabilities.max(axis=1, initial=0), LEAST_PROBABILITY))
    ending: list[list[int]] = [[] for _ in range(len(line.segments) + 1)]
    for number, candidate in enumerate(line.candidates):
        ending[candidate.stop].append(number)
    best: list[tuple[float, int]] = [(0.0, -1)]  # (score so far, the last candidate or −1)
    for stop, segment in enumerate(line.segments, 1):
        ways = [(best[stop - 1][0] - segment.skip, -1)]
        for number in ending[stop]:
            candidate = line.candidates[number]
            score = best[candidate.start][0] + float(scores[number]) + candidate.prior
            ways.append((score, number))
        best.append(max(ways))
    chosen, stop = [], len(line.segments)
    while stop:
        number = best[stop][1]
        if number >= 0:
            chosen.append(number)
        stop = line.candidates[number].start if number >= 0 else stop - 1
    return best[-1][0], chosen[::-1]
