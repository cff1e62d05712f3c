"""Reading a picture: candidates from every line, one batch for the network, the likeliest path.

Where the evidence is weak, the picture is seen in more than one way, and the likelier one counts:
light ink or dark, rules or strokes, upright or on its side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from digitrec.reading import lattice
from digitrec.reading.edges import writing
from digitrec.reading.files import Path_, Picture, as_array, load, written
from digitrec.reading.ink import Ink, has_light_ink, look, reduced
from digitrec.reading.limits import (
    BETTER,
    GAP_COST,
    LONGEST_SIDE,
    MOST_IN_WHOLE,
    SMALLEST_DIGIT,
    SMALLEST_SHARE,
    SPECK,
    TURN_EVIDENCE,
    TURNED,
    UNSURE,
    WHOLE_COST,
)
from digitrec.reading.lines import find_lines
from digitrec.reading.recipe import Box, normalise_piece, scaled
from digitrec.reading.pieces import Piece, gap, typical_height, union


class Network(Protocol):
    """What reading needs of a network: probabilities for a batch of 28 × 28 images."""

    def predict_probabilities(self, x: np.ndarray, /) -> np.ndarray:
        """(N, 28, 28) uint8 → (N, 10) float32; each row sums to 1."""
        ...


@dataclass(frozen=True)
class Digit:
    """A digit that a network has read.

    Attributes
    ----------
    image : (28, 28) uint8
        0 is paper, 255 is ink.
    box : Box
        Where it is, in the picture's pixels.
    line : int
        The line it stands in, from 0.
    label : str
        The most probable class, "0" … "9", or "?" when that is not probable enough.
    probability : float
        Probability of the most probable class.
    probabilities : (10,) float32
        All classes' probabilities; their sum is 1.
    """

    image: np.ndarray
    box: Box
    line: int
    label: str
    probability: float
    probabilities: np.ndarray

    @property
    def guess(self) -> str:
        """The most probable class, also where it is not asserted."""
        return str(int(np.argmax(self.probabilities)))


@dataclass(frozen=True)
class Reading:
    """What a picture says.

    Attributes
    ----------
    lines : list of str
        One string of labels per line, from the top; empty for a blank picture.
    digits : list of Digit
        In reading order.
    """

    lines: list[str]
    digits: list[Digit]


@dataclass(frozen=True)
class _Seen:
    """One way to see a picture: digits by line, and how likely they are, a mean logarithm."""

    score: float
    ink: Ink | None
    lines: list[list[tuple[Piece, np.ndarray, np.ndarray]]]  # what, its image, its probabilities

    @property
    def count(self) -> int:
        """How many digits."""
        return sum(map(len, self.lines))


_NOTHING = _Seen(-np.inf, None, [])


def read(image: Picture, network: Network, reject_below: float | None = None) -> Reading:
    """Read the digits in a picture: one, a line, a page.

    Where the evidence is weak, the picture is read in more than one way, and the likelier reading
    counts: light ink or dark, rules or strokes, upright or on its side.

    Parameters
    ----------
    image : (H, W), (H, W, 3) or (H, W, 4)
        As ``to_gray`` takes it; ``load_image`` makes one of a file.
    network : anything with ``predict_probabilities``: (N, 28, 28) uint8 → (N, 10)
        For example ``digitrec.networks.load_numpy("cnn")``.
    reject_below : a digit less probable than this gets the label "?"; by default the network's own
        ``reject_below``, which was chosen on held-out digits, or 0 if it has none

    Returns
    -------
    Reading

    Raises
    ------
    ImageError
        As ``to_gray``.
    """
    image = as_array(image)
    if reject_below is None:
        reject_below = float(getattr(network, "reject_below", 0.0))
    gray = reduced(written(image), LONGEST_SIDE)
    seen, turns = _upright(gray, network)
    shape = np.rot90(gray, turns).shape
    digits: list[Digit] = []
    for number, line in enumerate(seen.lines):
        for piece, normal, row in line:
            box = _place(piece, seen.ink, turns, shape, image.shape)
            probability = float(row.max())
            label = "?" if probability < reject_below else str(int(row.argmax()))
            digits.append(Digit(normal, box, number, label, probability, row))
    lines = ["".join(d.label for d in digits if d.line == k) for k in range(len(seen.lines))]
    return Reading(lines, digits)


def _upright(gray: np.ndarray, network: Network) -> tuple[_Seen, int]:
    """Read a picture, and, where that is unlikely, turned; also how many quarters it was turned."""
    best, turns = _either_polarity(gray, network), 0
    if best.score < TURNED:
        for quarters in (1, 2, 3):
            other = _either_polarity(np.ascontiguousarray(np.rot90(gray, quarters)), network)
            if other.count >= 4 and (other.score - best.score) * best.count > TURN_EVIDENCE:
                best, turns = other, quarters
    return best, turns


def _either_polarity(gray: np.ndarray, network: Network) -> _Seen:
    """Read light ink or dark ink; and, where that is unlikely, the other, and rules as strokes."""
    light, sure = has_light_ink(gray)
    dark = 255 - gray if light else gray
    best = _see(dark, network)
    if best.score < UNSURE:
        ways = [(dark, False)] if sure else [(dark, False), (255 - dark, True)]
        for pixels, drop_rules in ways:
            other = _see(pixels, network, drop_rules)
            if other.score > best.score + BETTER:
                best = other
    elif best.count <= 2 and best.ink is not None and best.ink.rules.any():
        # Where little is written, what looks like a rule may be the stem of a 7.
        other = _see(dark, network, drop_rules=False)
        if other.score * other.count > best.score * best.count:
            best = other
    return best


def _see(gray: np.ndarray, network: Network, drop_rules: bool = True) -> _Seen:
    """Read dark ink on light paper; all candidates of the page are one batch."""
    ink = look(gray, drop_rules)
    if ink is None:
        return _NOTHING
    pieces = writing(ink)
    height = typical_height(pieces, ink.pen)
    if height < max(SMALLEST_DIGIT, SMALLEST_SHARE * max(ink.mask.shape)):
        return _NOTHING
    lines = [
        lattice.build(line, height, ink.pen)
        for line in find_lines([p for p in pieces if p.longest >= SPECK * height], height)
    ]
    candidates = [candidate.piece for line in lines for candidate in line.candidates]
    if len(pieces) <= MOST_IN_WHOLE:  # all of it may be one digit
        candidates.append(union(pieces))
    images = np.stack([normalise_piece(ink, piece)[0] for piece in candidates])
    probabilities = network.predict_probabilities(images)
    found, total, first = [], 0.0, 0
    for line in lines:
        stop = first + len(line.candidates)
        score, chosen = lattice.best_path(line, probabilities[first:stop])
        total += score
        if chosen:
            places = [first + k for k in chosen]
            found.append([(candidates[k], images[k], probabilities[k]) for k in places])
        first = stop
    if first < len(candidates):
        apart = max((min(gap(p, q) for q in pieces if q is not p) for p in pieces[1:]), default=0)
        whole = float(np.log(probabilities[-1].max()))
        whole -= WHOLE_COST * (len(pieces) - 1) + GAP_COST * apart / height
        if whole > total or not found:
            found, total = [[(candidates[-1], images[-1], probabilities[-1])]], whole
    count = sum(map(len, found))
    return _Seen(total / count, ink, found) if count else _NOTHING


def _place(
    piece: Piece, ink: Ink | None, turns: int, shape: Sequence[int], whole: Sequence[int]
) -> Box:
    """Where a piece is in the whole picture's pixels, before it was turned and scaled."""
    assert ink is not None
    factor = shape[0] / ink.mask.shape[0], shape[1] / ink.mask.shape[1]
    top, bottom = piece.y * factor[0], piece.bottom * factor[0]
    left, right = piece.x * factor[1], piece.right * factor[1]
    high, wide = shape
    for _ in range(turns):  # a quarter back: what was the left side is on top
        left, top, right, bottom = high - bottom, left, high - top, right
        high, wide = wide, high
    scale = max(whole[:2]) / max(high, wide)
    return scaled(Box(left, top, right - left, bottom - top), scale, whole)


def read_file(path: Path_, network: Network, reject_below: float | None = None) -> Reading:
    """Read an image file; boxes in the pixels of the file's picture, upright.

    Raises
    ------
    ImageError
        As ``load_image``.
    """
    pixels, scale = load(path, LONGEST_SIDE)
    reading = read(pixels, network, reject_below)
    shape = [round(side * scale) for side in pixels.shape[:2]]
    digits = [replace(d, box=scaled(d.box, scale, shape)) for d in reading.digits]
    return replace(reading, digits=digits)
