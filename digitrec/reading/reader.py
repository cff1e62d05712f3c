"""Reading a picture: candidates from every line, one batch for the network, the likeliest path.

Where the evidence is weak, the picture is seen in more than one way, and the likelier one counts:
light ink or dark, rules or strokes, upright or on its side.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from digitrec.reading import limits
from digitrec.reading.edges import writing
from digitrec.reading.files import Path_, Picture, as_array, load, written
from digitrec.reading.ink import Ink
from digitrec.reading.look import find_sheet, look
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
    gray = reduced(written(image), limits.LONGEST_SIDE)
    seen, turns = upright(gray, network)
    digits: list[Digit] = []
    lines = [line for line in zip(seen.candidates, seen.chosen, strict=True) if line[1]]
    for number, (candidates, chosen) in enumerate(lines):
        for piece, normal, row in (candidates[k] for k in chosen):
            probability = float(row.max())
            label = "?" if probability < reject_below else str(int(row.argmax()))
            box = _place(piece, seen, turns, gray.shape, image.shape)
            digits.append(Digit(normal, box, number, label, probability, row))
    texts = ["".join(d.label for d in digits if d.line == k) for k in range(len(lines))]
    return Reading(texts, digits)


def upright(gray: np.ndarray, network: Network) -> tuple[Seen, int]:
    """See a picture, (H, W) uint8, and, where that is unlikely, its other sides up.

    Returns the likeliest way, and how many quarters counterclockwise the picture was turned for it.
    """
    best, turns = either_ink(gray, network), 0
    upside = best.ink
    if upside is not None and best.score < limits.TURNED and len(writing(upside)) >= limits.MANY:
        for quarters in (1, 2, 3):
            other = see(upside.turned(quarters), network)
            if other.count >= limits.MANY and other.evidence > best.evidence + limits.BETTER:
                best, turns = other, quarters
    return best, turns


def either_ink(gray: np.ndarray, network: Network) -> Seen:
    """See a picture, (H, W) uint8, as it lies, in one way after the other until one is plain.

    As a page, and, where that shows little or nothing sure, with its rules as strokes; as a
    close-up of one digit; the sheet alone; then, while the best one is unlikely, or of many digits
    that do not convince, blurred: as a page, and as a close-up, which has to convince itself. All
    of it but the last once more with light ink for dark, where that is not sure. Of all, the way
    that beats the others (``Seen.beats``).
    """
    light, sure = has_light_ink(gray)
    dark = 255 - gray if light else gray
    best = Seen(None, [], [], [], -np.inf)
    for pixels in [dark] if sure else [dark, 255 - dark]:
        for number, ink in enumerate(_ways(pixels, likelier=pixels is dark)):
            other = see(ink, network)
            # In blurred grain, seen from so near, there is always something.
            if (number < 4 or other.convinces) and (other.beats(best) or best.ink is None):
                best = other
            if number == 0 and (other.count <= 2 or not other.convinces):
                best = _with_rules(pixels, best, network)
            if best.is_plain:
                return best
            # A digit that is not sure is a question mark; a page of such may be grain.
            one_of_few = best.count < limits.MANY or best.convinces
            if number >= 2 and best.score >= limits.HOPELESS and one_of_few:
                break
    return best


def _with_rules(pixels: np.ndarray, best: Seen, network: Network) -> Seen:
    """Take rules and edges for strokes: where little is written, the stem of a 7 looks like one."""
    page = best.ink
    many = page is not None and len(find_pieces(page.rules, page.pen)) > limits.MANY
    if page is not None and best.is_plain:
        nothing_left_out = len(writing(page)) == len(writing(page.with_rules()))
        if many or (nothing_left_out and not page.rules.any()):
            return best
    ink = look(pixels, drop_rules=False)
    if ink is None or (page is None and len(find_pieces(ink.mask, ink.pen)) > limits.MANY):
        return best  # nothing but rules
    # Many rules are a page's, unless all ink hangs together.
    if len(writing(ink)) > (1 if many else limits.MOST_JOINED):
        return best
    other = see(ink, network)
    # A stroke given back to its digit makes no digit more; the side of a box would.
    if best.count and other.count > best.count:
        return best
    all_one = other.is_plain and len(writing(ink)) == 1  # whatever looked like a rule is in it
    return other if all_one or other.beats(best) else best


def _ways(pixels: np.ndarray, likelier: bool) -> Iterator[Ink | None]:
    """Look at a picture with dark ink in all ways, the usual ones first.

    What is unlikely, and then blurred, and seen from near, may look like anything: so the last way
    is for the likelier ink alone.
    """
    yield look(pixels)
    yield look(pixels, close_up=True)
    sheet = find_sheet(pixels)
    yield None if sheet is None else look(pixels, sheet=sheet)
    # Grain becomes calm, strokes stay.
    calm = cv2.GaussianBlur(pixels, (0, 0), limits.CALM * max(pixels.shape))
    yield look(calm)
    if likelier:
        yield look(calm, close_up=True)


def _place(piece: Piece, seen: Seen, turns: int, shape: Sequence[int], whole: Sequence[int]) -> Box:
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
