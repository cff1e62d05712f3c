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
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from digitrec.reading.limits import (
    ABOVE,
    COMMA,
    COMMA_TOP,
    COSTS,
    CUT_WIDTH,
    IN_BAND,
    LEAST_PROBABILITY,
    MANY,
    MARK_JOINED,
    MOST_JOINED,
    OUT_OF_BAND,
    SIZES,
    SLASH_ABOVE,
    SLASH_LEAN,
    SLASH_OUT,
    SLASH_PENS,
    TALLEST,
    WIDEST,
)
from digitrec.reading.pieces import Piece, cut, union, weighted_median

#: What adds up, and what each costs: a logarithm of a probability.
FEATURES = tuple(COSTS)
_COSTS = np.array([COSTS[name] for name in FEATURES])


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
    bands = _bands(pieces, height, pen)
    band = bands[0]
    parts = [part for p in pieces for part in cut(p, height, pen)]
    parts.sort(key=lambda part: part[0].x + part[0].width / 2)
    marks = [_mark(p, height, bands, pen) for p, _ in parts]
    segments = [
        Segment(p, crossed, _left_out(p, height, band, mark))
        for (p, crossed), mark in zip(parts, marks, strict=True)
    ]
    candidates = []
    for start in range(len(segments)):
        for stop in range(start + 1, min(len(segments), start + MOST_JOINED) + 1):
            joined = [segment.piece for segment in segments[start:stop]]
            wide = max(p.right for p in joined) - min(p.x for p in joined)
            high = max(p.bottom for p in joined) - min(p.y for p in joined)
            if stop - start > 1 and (wide > WIDEST * max(height, high) or high > TALLEST * height):
                continue
            piece = union(joined)
            features = _unusual(joined, piece, height, band, segments[start].cut)
            mark = marks[start]
            if stop - start > 1:  # a cut may leave what looks like a comma, but no slash
                tall = [p.height >= COMMA * height for p in joined]
                mark = MARK_JOINED * float(np.max(np.array(marks[start:stop]) * tall))
            features[FEATURES.index("mark")] = mark
            candidates.append(Candidate(start, stop, piece, features))
    return Line(segments, candidates)


def _vector(**amounts: float) -> np.ndarray:
    """Return amounts of some features as a vector of all; (F,) float."""
    return np.array([amounts.get(name, 0.0) for name in FEATURES])


@dataclass(frozen=True)
class _Band:
    """A line's top and bottom at its left end, its fall to the right, and its greatest height."""

    top: float
    bottom: float
    slope: float
    highest: float

    @classmethod
    def of(cls, pieces: Sequence[Piece], height: float) -> _Band:
        """Find the band of a line's pieces, of digits so high.

        The slope is the median of all pairs' of digits (Theil and Sen): a few outliers, as a comma,
        do not matter. Two or three digits are too few to tell it from how they dance.
        """
        places = np.array([(_middle(p), p.y + p.height / 2) for p in pieces])
        large = places[[p.height >= CUT_WIDTH * height for p in pieces]]
        one, other = np.triu_indices(len(large), 1)
        across, down = (large[other] - large[one]).T
        apart = np.abs(across) > height
        steep = len(large) >= MANY and apart.any()
        slope = float(np.median(down[apart] / across[apart])) if steep else 0.0
        falls = slope * places[:, 0]
        heights = [p.height for p in pieces]
        top = weighted_median([p.y for p in pieces] - falls, heights)
        bottom = weighted_median([p.bottom for p in pieces] - falls, heights)
        return cls(top, bottom, slope, max(heights))

    def share(self, piece: Piece) -> float:
        """Share of a piece's height that is between the line's top and bottom."""
        falls = self.slope * _middle(piece)
        inside = min(piece.bottom, self.bottom + falls) - max(piece.y, self.top + falls)
        return max(0.0, inside) / piece.height

    def beyond(self, piece: Piece) -> tuple[float, float]:
        """Pixels that a piece reaches out of the band above, and below; negative within it."""
        falls = self.slope * _middle(piece)
        return self.top + falls - piece.y, piece.bottom - self.bottom - falls


def _middle(piece: Piece) -> float:
    """Column of its rectangle's middle."""
    return piece.x + piece.width / 2


def _mark(piece: Piece, height: float, bands: Sequence[_Band], pen: float) -> float:
    """Say how much a segment looks like a comma or a slash, 0 … 1.

    A comma is a small stroke that begins in the lower half of its line and reaches out below. A
    slash is straight, leans to the right, is as high as any digit, and reaches out of each band
    below, and as a rule above; a taller 1 stands on the line.
    """
    above, below = np.min([band.beyond(piece) for band in bands], axis=0) / height
    if piece.height < COMMA * height:
        hangs = _ramp(-above, COMMA_TOP) if below > 0 else 0.0
        return hangs if hangs and piece.sides()[0] <= SLASH_PENS * pen + 1 else 0.0
    out = _ramp(min(above + SLASH_ABOVE, below), SLASH_OUT)
    return out if out and piece.height >= bands[-1].highest and _leans(piece, pen) else 0.0


def _ramp(value: float, ends: tuple[float, float]) -> float:
    """Return 0 up to the first end, 1 from the second on, and what is between in between."""
    return float(np.clip((value - ends[0]) / (ends[1] - ends[0]), 0, 1))


def _leans(piece: Piece, pen: float) -> bool:
    """Whether a piece is a straight stroke that leans to the right."""
    return piece.is_straight(pen, SLASH_PENS) and piece.lean() > SLASH_LEAN


def _bands(pieces: Sequence[Piece], height: float, pen: float) -> list[_Band]:
    """Find the band of a line's pieces, and that of those which are surely no slash."""
    others = [p for p in pieces if p.height < COMMA * height or not _leans(p, pen)]
    lines = [pieces, others] if 0 < len(others) < len(pieces) else [pieces]
    return [_Band.of(line, height) for line in lines]


def _left_out(piece: Piece, height: float, band: _Band, mark: float) -> np.ndarray:
    """Say what it costs that a segment is no part of any digit; (F,) float.

    Little for a speck, for a dash, for what hangs out of the line, and for a slash or a comma.
    """
    size = piece.height / height
    if size < SIZES[0]:
        size = float(np.sqrt(piece.height * piece.width)) / height
    return _vector(
        speck=1, skip=(1 - mark) * min(1.0, size * max(OUT_OF_BAND, band.share(piece))) ** 2
    )


def _unusual(
    joined: Sequence[Piece], piece: Piece, height: float, band: _Band, cut: float
) -> np.ndarray:
    """Say how unusual a candidate's size, place, gaps and its cut are; (F,) float."""
    size = np.log(piece.height / height)
    gaps = over = joins = 0.0
    for a, b in pairwise(joined):
        shared = min(a.right, b.right) - max(a.x, b.x)
        if shared >= ABOVE * min(a.width, b.width):  # one above the other
            over += max(0, b.y - a.bottom, a.y - b.bottom) / height
        else:
            joins += 1
            gaps += max(0, -shared) / height
    return _vector(
        cut=min(1.0, cut),
        join=joins,
        gap=gaps,
        over=over,
        size=max(0.0, np.log(SIZES[0]) - size, size - np.log(SIZES[1])) ** 2,
        band=max(0.0, IN_BAND - band.share(piece)),
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
    scores = np.log(np.maximum(probabilities.max(axis=1, initial=0), LEAST_PROBABILITY))
    ending: list[list[int]] = [[] for _ in range(len(line.segments) + 1)]
    for number, candidate in enumerate(line.candidates):
        ending[candidate.stop].append(number)
    best: list[tuple[float, int]] = [(0.0, -1)]  # (score so far, the last candidate or −1)
    for stop, segment in enumerate(line.segments, 1):
        ways = [(best[stop - 1][0] - float(segment.features @ _COSTS), -1)]
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
