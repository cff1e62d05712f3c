"""One way to see a picture: each line's candidates, one batch for the network, the best path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import cv2
import numpy as np

from digitrec.reading import lattice, limits
from digitrec.reading.edges import writing
from digitrec.reading.ink import Ink
from digitrec.reading.lines import find_lines
from digitrec.reading.pieces import Piece, gap, typical_height, union
from digitrec.reading.recipe import normalise_piece


class Network(Protocol):
    """What reading needs of a network: probabilities for a batch of 28 × 28 images."""

    def predict_probabilities(self, x: np.ndarray, /) -> np.ndarray:
        """(N, 28, 28) uint8 → (N, 10) float32; each row sums to 1."""
        ...


#: A piece, its (28, 28) uint8, and what the network makes of it, (10,) float32.
Asked = tuple[Piece, np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Seen:
    """One way to see a picture.

    Attributes
    ----------
    ink : Ink or None
        None: nothing stands out from the paper.
    lines : list of lattice.Line
        From the top; none where all of the picture is one digit.
    candidates : list of list of Asked
        Each line's.
    chosen : list of list of int
        Which of a line's candidates are its digits.
    score : float
        How likely all this is: the mean logarithm for each digit.
    """

    ink: Ink | None
    lines: list[lattice.Line]
    candidates: list[list[Asked]]
    chosen: list[list[int]]
    score: float

    @property
    def count(self) -> int:
        """How many digits."""
        return sum(map(len, self.chosen))

    @property
    def is_plain(self) -> bool:
        """Whether no other way need be tried: digits, nearly certain, not mostly 1s; or one 1.

        And they are nearly all of the ink around them: the rest may be a shadow over others.
        """
        sure = self.score >= limits.TURNED and (self.convinces or self.count == 1)
        return sure and self.is_nearly_all

    @cached_property  # asked after every way, and it draws the digits
    def is_nearly_all(self) -> bool:
        """Whether the digits are nearly all of the ink in the rectangle around them all."""
        if self.ink is None or not self.count:
            return False
        digits = self.digits_mask
        rows, columns = (np.flatnonzero(digits.any(axis=axis)) for axis in (1, 0))
        around = self.ink.writing[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        return bool(digits.sum() >= limits.NEARLY_ALL * around.sum())

    @property
    def digits_mask(self) -> np.ndarray:
        """Where the digits' ink is; (H, W) bool."""
        assert self.ink is not None
        found = np.zeros_like(self.ink.mask)
        for line, path in zip(self.candidates, self.chosen, strict=True):
            for k in path:
                line[k][0].draw(found)
        return found

    @property
    def convinces(self) -> bool:
        """Whether at least half of what could speak for this way does (``evidence``)."""
        return self.evidence >= self.count / 2

    @property
    def evidence(self) -> float:
        """How much speaks for this way: each digit's ``2 p − 1``.

        Any stroke looks like a 1: it may speak against a way, but not for it.
        """
        rows = [
            line[k][2]
            for line, path in zip(self.candidates, self.chosen, strict=True)
            for k in path
        ]
        found = ((2 * float(row.max()) - 1, row.argmax() == 1) for row in rows)
        return sum(min(0.0, value) if is_1 else value for value, is_1 in found)

    @property
    def is_hopeless(self) -> bool:
        """Whether it is grain: faint, and nothing in particular."""
        faint = self.ink is not None and self.ink.threshold < limits.FAINT
        return faint and not self.convinces and self.score < limits.HOPELESS

    @property
    def sharpness(self) -> float:
        """How fast ink becomes paper at the digits' edges: its shares in a pen's width.

        About 2 for a pen's stroke, also in a blurred picture, whose strokes look wide; less for a
        shadow's edge.
        """
        assert self.ink is not None
        values, digits = self.ink.values, self.digits_mask
        rim = digits & (cv2.erode(digits.astype(np.uint8), np.ones((3, 3), np.uint8)) == 0)
        paper = values[~self.ink.mask]
        if not rim.any() or not paper.size:
            return 0.0
        # Sobel's kernels add up to eight times the slope.
        across, down = (cv2.Sobel(values, cv2.CV_32F, x, 1 - x) / 8 for x in (1, 0))
        contrast = float(np.median(values[digits]) - np.median(paper))
        steep = float(np.median(np.hypot(across, down)[rim])) / max(contrast, 1 / 255)
        return steep * max(self.ink.pen, limits.PEN_PIXELS)

    def beats(self, other: Seen) -> bool:
        """Whether it is likelier than another way: more evidence, or as much and surer digits."""
        if not self.count or not other.count:
            return self.count > 0
        more = self.evidence - other.evidence
        return more > limits.BETTER or (more > -limits.BETTER and self.score > other.score)


def see(ink: Ink | None, network: Network) -> Seen:
    """Find the likeliest digits in a picture's ink; all candidates of the page are one batch."""
    nothing = Seen(ink, [], [], [], -np.inf)
    pieces = writing(ink) if ink is not None else []
    if ink is None or not pieces:
        return nothing
    height = typical_height(pieces, ink.pen)
    if height < limits.SMALLEST_DIGIT:
        return nothing
    if len(pieces) > limits.SAMPLED and _sampled(ink, pieces, network).is_hopeless:
        return nothing
    lines = [
        lattice.to_ask(lattice.build(line, height, ink.pen)) for line in find_lines(pieces, height)
    ]
    found = [[candidate.piece for candidate in line.candidates] for line in lines]
    if _may_be_one(pieces):
        found.append([union(pieces)])
    flat = [piece for line in found for piece in line]
    if not flat:
        return nothing
    rows = iter(_asked(ink, flat, network))
    candidates = [[next(rows) for _ in line] for line in found]
    total = 0.0
    chosen: list[list[int]] = []
    for line, these in zip(lines, candidates, strict=False):
        probable = np.array([row for _, _, row in these]) if these else np.zeros((0, 1))
        score, path = lattice.best_path(line, probable)
        total, chosen = total + score, [*chosen, path]
    if len(found) > len(lines):
        whole = _whole_score(pieces, candidates[-1][0][2], height)
        if whole > total or not any(chosen):
            lines, candidates, chosen, total = [], candidates[-1:], [[0]], whole
        candidates = candidates[: len(chosen)]
    count = sum(map(len, chosen))
    if not count:
        return nothing
    seen = Seen(ink, lines, candidates, chosen, total / count)
    # Neither grain nor a shadow, whose edge is soft.
    return nothing if seen.is_hopeless or seen.sharpness < limits.SOFTEST else seen


def _asked(ink: Ink, pieces: Sequence[Piece], network: Network) -> list[Asked]:
    """Ask the network about pieces of a picture's ink, in one batch."""
    images = np.stack([normalise_piece(ink, piece)[0] for piece in pieces])
    return list(zip(pieces, images, network.predict_probabilities(images), strict=True))


def _sampled(ink: Ink, pieces: Sequence[Piece], network: Network) -> Seen:
    """See but a few of a page's pieces, each as a digit: grain has thousands, and is soon known."""
    few = pieces[:: -(-len(pieces) // limits.SAMPLED)]
    rows = _asked(ink, few, network)
    score = float(np.mean([np.log(row.max()) for _, _, row in rows]))
    return Seen(ink, [], [rows], [list(range(len(rows)))], score)


def _may_be_one(pieces: Sequence[Piece]) -> bool:
    """Whether all pieces may be one digit: few, no line of digits, and not two lines."""
    if len(pieces) > limits.MOST_JOINED:
        return False
    whole = union(pieces)
    tallest = max(piece.height for piece in pieces)
    return (
        whole.width <= limits.WIDEST_WHOLE * whole.height
        and tallest >= limits.TALLEST_OF_WHOLE * whole.height
    )


def _whole_score(pieces: Sequence[Piece], probabilities: np.ndarray, height: float) -> float:
    """How likely it is that all pieces are one digit, a logarithm."""
    apart = max((min(gap(p, q) for q in pieces if q is not p) for p in pieces[1:]), default=0)
    cost = limits.WHOLE_COST * (len(pieces) - 1) + limits.COSTS["gap"] * apart / height
    return float(np.log(probabilities.max())) - cost
