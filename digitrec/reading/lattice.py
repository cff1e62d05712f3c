"""Which pieces of a line, joined, are its digits: the likeliest path through all candidates.

A line's ink is cut into too many *segments*. A *candidate* is some neighbouring segments that might
be one digit; a *path* uses every segment once, in a candidate or as something that is no digit. The
network says how probable each candidate's best class is; what a candidate's size and gaps tell, and
what it costs to leave a segment out, is a sum of ``COSTS``. They were chosen on validation pages;
those that ``python -m benchmarks.priors`` learns, for comparison, read these pages no better. The
path with the greatest sum of logarithms is what the line says: nothing is cut or joined before the
network was asked.

This is the segmentation graph of :cite:t:`lecun1998gradient`, sections V–VII, with a network that
is trained on digits and on what is none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from digitrec.reading import limits
from digitrec.reading.band import Band, middle
from digitrec.reading.marks import looks_like_mark, mark_in
from digitrec.reading.pieces import Piece, cut, union, weighted_median

#: What adds up, and what each costs: a logarithm of a probability.
FEATURES = tuple(limits.COSTS)
_COSTS = np.array([limits.COSTS[name] for name in FEATURES])


@dataclass(frozen=True)
class Segment:
    """A piece of ink that may be a digit or a part of one.

    Attributes
    ----------
    piece : Piece
    cut : float
        Ink that the cut on its left crosses, in pens; 0 where no ink is cut.
    features : (F,) float
        How much of each of ``FEATURES`` it costs to leave it out.
    """

    piece: Piece
    cut: float
    features: np.ndarray

    @property
    def cost(self) -> float:
        """What it costs to leave it out, as a logarithm."""
        return float(self.features @ _COSTS)


@dataclass(frozen=True)
class Candidate:
    """Neighbouring segments that might be one digit.

    Attributes
    ----------
    start, stop : int
        The first segment, and the one after the last.
    piece : Piece
        Their ink, joined.
    features : (F,) float
        How unusual its size, place and gaps are; all 0 for a usual digit.
    """

    start: int
    stop: int
    piece: Piece
    features: np.ndarray

    @property
    def prior(self) -> float:
        """How plausible it is before the network is asked; a logarithm, 0 for a usual digit."""
        return -float(self.features @ _COSTS)


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
    band = Band.of(pieces, height)
    parts = [part for p in pieces for part in cut(p, height, pen)]
    parts.sort(key=lambda part: middle(part[0]))
    marks = looks_like_mark([p for p, _ in parts], pieces, height, pen)
    segments = [
        Segment(p, crossed, _left_out(p, height, band, mark))
        for (p, crossed), mark in zip(parts, marks, strict=True)
    ]
    candidates = []
    for start in range(len(segments)):
        for stop in range(start + 1, min(len(segments), start + limits.MOST_JOINED) + 1):
            joined = [segment.piece for segment in segments[start:stop]]
            wide = max(p.right for p in joined) - min(p.x for p in joined)
            high = max(p.bottom for p in joined) - min(p.y for p in joined)
            if stop - start > 1 and wide > limits.WIDEST * max(height, high):
                continue
            piece = union(joined)
            mark = mark_in(joined, marks[start:stop], height)
            features = _unusual(joined, piece, height, band, segments[start].cut, mark)
            candidates.append(Candidate(start, stop, piece, features))
    return Line(segments, candidates)


def to_ask(line: Line) -> Line:
    """Return a line with those candidates only that the likeliest path may hold.

    However sure the network is of the others, a path would rather leave their segments out.
    """
    costs = np.cumsum([0.0, *(segment.cost for segment in line.segments)])
    return replace(
        line,
        candidates=[c for c in line.candidates if -c.prior <= costs[c.stop] - costs[c.start]],
    )


def _vector(**amounts: float) -> np.ndarray:
    """Return amounts of some features as a vector of all; (F,) float."""
    return np.array([amounts.get(name, 0.0) for name in FEATURES])


def _left_out(piece: Piece, height: float, band: Band, mark: bool) -> np.ndarray:
    """Say what it costs that a segment is no part of any digit; (F,) float.

    Little for a speck, for a dash, for what hangs out of the line, and for a slash or a comma.
    """
    size = piece.height / height
    if size < limits.SIZES[0]:
        size = float(np.sqrt(piece.height * piece.width)) / height
    return _vector(speck=1, skip=(1 - mark) * min(1.0, size * band.share(piece)) ** 2)


def _unusual(
    joined: Sequence[Piece], piece: Piece, height: float, band: Band, cut: float, mark: bool
) -> np.ndarray:
    """Say how unusual a candidate's size, place, gaps, cut and its mark are; (F,) float."""
    size = np.log(piece.height / height)
    gaps = over = joins = 0.0
    for a, b in pairwise(joined):
        shared = min(a.right, b.right) - max(a.x, b.x)
        if shared >= limits.ABOVE * min(a.width, b.width):  # one above the other
            over += max(0, b.y - a.bottom, a.y - b.bottom) / height
        else:
            joins += 1
            gaps += max(0, -shared) / height
    return _vector(
        cut=min(1.0, cut),
        join=joins,
        gap=gaps,
        over=over,
        size=max(0.0, np.log(limits.SIZES[0]) - size, size - np.log(limits.SIZES[1])) ** 2,
        band=max(0.0, limits.IN_BAND - band.share(piece)),
        mark=mark,
    )


def best_path(line: Line, probabilities: np.ndarray) -> tuple[float, list[int]]:
    """Find the likeliest path, by dynamic programming from left to right.

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

    References
    ----------
    :cite:t:`viterbi1967`.
    """
    scores = np.log(np.maximum(probabilities.max(axis=1, initial=0), limits.LEAST_PROBABILITY))
    ending: list[list[int]] = [[] for _ in range(len(line.segments) + 1)]
    for number, candidate in enumerate(line.candidates):
        ending[candidate.stop].append(number)
    best: list[tuple[float, int]] = [(0.0, -1)]  # (score so far, the last candidate or −1)
    for stop, segment in enumerate(line.segments, 1):
        ways = [(best[stop - 1][0] - segment.cost, -1)]
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
