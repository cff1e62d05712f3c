"""Reading a picture: candidates from every line, one batch for the network, the likeliest path.

Where the evidence is weak, the picture is seen in more than one way, and the likelier one counts:
light ink or dark, rules or strokes, upright or on its side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import cv2
import numpy as np

from digitrec.reading import limits
from digitrec.reading.edges import writing
from digitrec.reading.files import Path_, Picture, as_array, load, written
from digitrec.reading.ink import Ink
from digitrec.reading.light import even_out
from digitrec.reading.look import dark_alone, find_sheet, look, pale_alone
from digitrec.reading.pieces import Piece, find_pieces
from digitrec.reading.polarity import has_light_ink
from digitrec.reading.recipe import Box, scaled
from digitrec.reading.scale import reduced
from digitrec.reading.seen import Network, Seen, see


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


def read(image: Picture, network: Network, reject_below: float | None = None) -> Reading:
    """Read the digits in a picture: one, a line, a page.

    Where the evidence is weak, the picture is read in more than one way, and the likelier reading
    counts: light ink or dark, rules or strokes, the sheet or all, upright or on its side.

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
    gray = even_out(reduced(written(image), limits.LONGEST_SIDE))
    seen, turns = upright(gray, network)
    digits: list[Digit] = []
    lines = [line for line in zip(seen.candidates, seen.chosen, strict=True) if line[1]]
    for number, (candidates, chosen) in enumerate(lines):
        for piece, normal, row in (candidates[k] for k in chosen):
            probability = float(row.max())
            label = "?" if probability < reject_below else str(int(row.argmax()))
            box = _place(piece, seen, turns, image.shape)
            digits.append(Digit(normal, box, number, label, probability, row))
    texts = ["".join(d.label for d in digits if d.line == k) for k in range(len(lines))]
    return Reading(texts, digits)


def upright(gray: np.ndarray, network: Network) -> tuple[Seen, int]:
    """See a picture, (H, W) uint8, and, where that is unlikely, its other sides up.

    Returns the likeliest way, and how many quarters counterclockwise the picture was turned for it.
    """
    best, turns = either_ink(gray, network), 0
    inks = [] if best.score >= limits.TURNED else _of_many_pieces(best.ink, gray)
    for ink, quarters in product(inks, (1, 2, 3)):
        other = see(ink.turned(quarters), network)
        if other.count >= limits.MANY and other.evidence > best.evidence + limits.BETTER:
            best, turns = other, quarters
    if turns:  # what was the likeliest ink on its side need not be so upright
        again = either_ink(np.ascontiguousarray(np.rot90(gray, turns)), network)
        best = again if again.beats(best) else best
    return best, turns


def _of_many_pieces(ink: Ink | None, gray: np.ndarray) -> list[Ink]:
    """Of a way's ink and the whole page's those with many pieces.

    A page on its side may have lost to a way that shows but a few of its digits, or columns of them
    as one.
    """
    light, _ = has_light_ink(gray)
    page = look(255 - gray if light else gray)
    same = ink is not None and page is not None and np.array_equal(ink.mask, page.mask)
    inks = [page] if same else [ink, page]
    return [each for each in inks if each is not None and len(writing(each)) >= limits.MANY]


def either_ink(gray: np.ndarray, network: Network) -> Seen:
    """See a picture, (H, W) uint8, as it lies, in one way after the other until one is plain.

    As a page, and, where that shows little or nothing sure, with its rules as strokes; the darker
    ink alone; as a close-up of one digit; the sheet alone; then, where the best one is unlikely, or
    of many digits that do not convince, blurred, so that grain becomes calm and strokes stay. All
    of it once more with light ink for dark, where that is not sure. Of all, the way that beats the
    others (``Seen.beats``), with what is much paler, where that is plain by itself.
    """
    light, sure = has_light_ink(gray)
    dark = 255 - gray if light else gray
    best = Seen(None, [], [], [], -np.inf)
    for pixels in [dark] if sure else [dark, 255 - dark]:
        page = look(pixels)
        first = see(page, network)
        if first.count <= 2 or not first.convinces:
            first = _with_rules(pixels, first, network)
        best = _likelier(first, best)
        if page is not None and not best.is_plain:
            best = _likelier(_with_dark(page, first, network), best)
        if not best.is_plain:
            best = _likelier(see(look(pixels, close_up=True), network), best)
        sheet = None if best.is_plain else find_sheet(pixels)
        if sheet is not None:
            best = _likelier(see(look(pixels, sheet=sheet), network), best)
        # A digit that is not sure is a question mark; a page of such may be grain.
        many_unsure = best.count >= limits.MANY and not best.convinces
        if not best.is_plain and (many_unsure or best.score < limits.HOPELESS):
            calm = cv2.GaussianBlur(pixels, (0, 0), limits.CALM * max(pixels.shape))
            best = _likelier(see(look(calm), network), best)
        if best.is_plain:
            break
    return _with_pale(best, network)


def _likelier(other: Seen, best: Seen) -> Seen:
    """Choose; where neither shows a digit, the first one that has ink."""
    return other if other.beats(best) or best.ink is None else best


def _with_dark(page: Ink, first: Seen, network: Network) -> Seen:
    """See the darker of a page's ink alone, where it may be covered by what is paler.

    One digit that is nearly all of the ink is not. Strokes without their paler parts may be other
    digits: so where the page convinced, or showed nothing, this has to convince.
    """
    if first.count == 1 and first.is_nearly_all:
        return first
    other = see(dark_alone(page), network)
    return other if other.convinces or not first.convinces else first


def _with_pale(best: Seen, network: Network) -> Seen:
    """See what is much paler than the rest, too, where that is plain by itself.

    What shines through from the paper's other side hardly ever is.
    """
    dark = best.ink
    pale = pale_alone(dark) if dark is not None and best.count else None
    if dark is None or pale is None or len(writing(pale)) > limits.SAMPLED:
        return best  # nothing, or grain and what is left of pale squares
    alone = see(pale, network)
    if not alone.is_plain:
        return best
    both = replace(pale, mask=dark.mask | pale.mask, rules=dark.rules | pale.rules)
    other = see(both, network)
    return other if other.beats(best) else best


def _with_rules(pixels: np.ndarray, first: Seen, network: Network) -> Seen:
    """Take rules and edges for strokes: where little is written, the stem of a 7 looks like one."""
    page = first.ink
    many = page is not None and len(find_pieces(page.rules, page.pen)) > limits.MANY
    if page is not None and first.is_plain:
        nothing_left_out = len(writing(page)) == len(writing(page.with_rules()))
        if many or (nothing_left_out and not page.rules.any()):
            return first
    ink = look(pixels, drop_rules=False)
    if ink is None or (page is None and len(find_pieces(ink.mask, ink.pen)) > limits.MANY):
        return first  # nothing but rules
    # Many rules are a page's, unless all ink hangs together.
    if len(writing(ink)) > (1 if many else limits.MOST_JOINED):
        return first
    other = see(ink, network)
    # A stroke given back to its digit makes no digit more; the side of a box would.
    if first.count and other.count > first.count:
        return first
    all_one = other.is_plain and len(writing(ink)) == 1  # whatever looked like a rule is in it
    return other if all_one or other.beats(first) else first


def _place(piece: Piece, seen: Seen, turns: int, whole: Sequence[int]) -> Box:
    """Where a piece is in the whole picture's pixels, before it was turned and scaled."""
    assert seen.ink is not None
    left, top, right, bottom = piece.x, piece.y, piece.right, piece.bottom
    high, wide = seen.ink.mask.shape
    for _ in range(turns):  # a quarter back: what was the left side is on top
        left, top, right, bottom = high - bottom, left, high - top, right
        high, wide = wide, high
    across, down = whole[1] / wide, whole[0] / high
    box = Box(left * across, top * down, (right - left) * across, (bottom - top) * down)
    return scaled(box, 1, whole)


def read_file(path: Path_, network: Network, reject_below: float | None = None) -> Reading:
    """Read an image file as ``read`` does; boxes are in the pixels of the file's picture, upright.

    Raises ``ImageError`` as ``load_image`` does.
    """
    pixels, scale = load(path, limits.LONGEST_SIDE)
    reading = read(pixels, network, reject_below)
    shape = [round(side * scale) for side in pixels.shape[:2]]
    digits = [replace(d, box=scaled(d.box, scale, shape)) for d in reading.digits]
    return replace(reading, digits=digits)
