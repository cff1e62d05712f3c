"""What cameras, pens and people do to a digit, done to MNIST's training digits.

``augment`` changes every image a little each time it is seen, so that a network learns what does
not matter: how a digit leans, how thick the pen was, how sharp the photograph is. ``flag_one`` and
``cross_seven`` draw what MNIST's American writers rarely wrote and much of Europe writes: a 1 with
a flag, a 7 with a bar, on stems that people wrote; other forms are drawn whole, in ``forms``.
``not_digits`` draws what a network should not recognise.

Images are (28, 28) uint8, 0 is paper and 255 is ink, as in MNIST; everything random comes from one
NumPy generator.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any

import cv2
import numpy as np

from digitrec.forms import FIELD, normalise
from digitrec.simulate import FONTS, font_glyph

#: Letters that no digit is mistaken for when they are written alone. O, I, S, Z and their like are,
#: and so are C, D and U, since an open 0 may look like them.
LETTERS = "AEFHKMNPRTVWXaefhkmnrtvwx"
#: Share of the images that an augmented epoch leaves as they are.
KEPT = 0.3
#: Shares of the training 1s that get a flag and of the 7s that get a bar.
FLAGGED, CROSSED = 0.5, 0.3

#: Kinds of what is not a digit, and how many of each there are beside the others.
KINDS = {
    "letter": 3,
    "pair": 2,
    "scribble": 2,
    "blob": 2,
    "mark": 3,
    "half": 3,
    "ruled": 1,
    "fragment": 2,
    "two": 3,
}
#: Halves of digits that say no digit, as far as the hand can be relied on: which half of which.
HALVES = (
    ("left", (0, 2, 3, 4, 5, 7, 8, 9)),
    ("left", (2, 3, 4, 7, 8, 9)),
    ("right", (0,)),
    ("top", (0,)),
    ("bottom", (2,)),
)

#: Letters to train with are in these fonts; those to measure with, in the others.
TRAINING_FONTS, HELD_OUT_FONTS = FONTS[:5], FONTS[5:]

# Where each pixel of a 28 × 28 image is, seen from its middle.
_CENTRE = (FIELD - 1) / 2
_X, _Y = np.meshgrid(
    np.arange(FIELD, dtype=np.float32) - np.float32(_CENTRE),
    np.arange(FIELD, dtype=np.float32) - np.float32(_CENTRE),
)


def move(x: np.ndarray, rng: np.random.Generator, pixels: int) -> np.ndarray:
    """Move each image by up to so many pixels, up or down and left or right; paper comes in.

    Parameters
    ----------
    x : (N, 28, 28) uint8
    rng : the generator that everything random comes from
    pixels : 0 … 27

    Returns
    -------
    (N, 28, 28) uint8
    """
    top, left = rng.integers(0, 2 * pixels + 1, (2, len(x)))
    out = np.empty_like(x)
    # Some at a time: a padded copy of all would take more memory than the images.
    for start in range(0, len(x), 2000):
        part = slice(start, start + 2000)
        padded = np.pad(x[part], ((0, 0), (pixels, pixels), (pixels, pixels)))
        # (n, 2p + 1, 2p + 1, 28, 28): every place to cut an image from, without a copy
        places = np.lib.stride_tricks.sliding_window_view(padded, (FIELD, FIELD), axis=(1, 2))
        out[part] = places[np.arange(len(padded)), top[part], left[part]]
    return out


def augment(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Change each image as another hand, pen or camera would have; all labels stay true.

    One resampling turns (±12°), leans (±0.25), scales (±12 % each way), moves (±1.5 pixels) and
    bends (a smooth random field). Then the pen becomes wider or narrower and the edge softer or
    sharper: blurred and cut at another level. Half of the images lose some ink to the paper's
    grain.

    Parameters
    ----------
    x : (N, 28, 28) uint8
    rng : the generator that everything random comes from

    Returns
    -------
    (N, 28, 28) uint8

    References
    ----------
    Bending digits for training is by :cite:t:`simard2003`.
    """
    count = len(x)
    turn = np.radians(rng.uniform(-12, 12, count))
    lean = rng.uniform(-0.25, 0.25, count)
    wide, high = rng.uniform(0.88, 1.12, (2, count))
    move = rng.uniform(-1.5, 1.5, (count, 2)) + _CENTRE
    # (N, 2, 2): from a pixel of the new image to where it comes from in the old one
    cosine, sine = np.cos(turn), np.sin(turn)
    matrix = np.empty((count, 2, 2), np.float32)
    matrix[:, 0, 0], matrix[:, 0, 1] = cosine / wide, (lean + sine) / high
    matrix[:, 1, 0], matrix[:, 1, 1] = -sine / wide, cosine / high
    bends = rng.normal(0, 0.9, (count, 4, 4, 2)).astype(np.float32)
    softness = rng.uniform(0.4, 1.0, count)
    level = rng.uniform(0.0, 0.42, count)
    gain = rng.uniform(1.2, 2.6, count)
    grain = np.where(rng.random(count) < 0.5, rng.uniform(0, 0.5, count), 0)
    speckle = rng.random((64, FIELD, FIELD)).astype(np.float32)
    out = np.empty_like(x)
    for i in range(count):
        bend = cv2.resize(bends[i], (FIELD, FIELD), interpolation=cv2.INTER_CUBIC)
        a, b, c, d = matrix[i].ravel()
        from_x = a * _X + b * _Y + bend[..., 0] + np.float32(move[i, 0])
        from_y = c * _X + d * _Y + bend[..., 1] + np.float32(move[i, 1])
        bent = cv2.remap(x[i], from_x, from_y, cv2.INTER_LINEAR)
        soft = cv2.GaussianBlur(bent, (5, 5), float(softness[i])).astype(np.float32)
        inked = (soft - 255 * level[i]) * gain[i]
        if grain[i]:
            inked *= 1 - np.float32(grain[i]) * speckle[i % len(speckle)]
        out[i] = np.clip(inked, 0, 255)
    return out


def european(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw flags on a share of the 1s (``FLAGGED``) and bars on a share of the 7s (``CROSSED``).

    Parameters
    ----------
    x : (N, 28, 28) uint8
    y : (N,) integer
        What each image shows.
    rng : the generator that everything random comes from

    Returns
    -------
    (N, 28, 28) uint8
    """
    out = x.copy()
    chance = rng.random(len(x))
    for i in np.flatnonzero((y == 1) & (chance < FLAGGED)):
        out[i] = flag_one(x[i], rng)
    for i in np.flatnonzero((y == 7) & (chance < CROSSED)):
        out[i] = cross_seven(x[i], rng)
    return out


def flag_one(one: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw a flag from the top of a 1 down to the left, and under one in four a base.

    The flag is 0.2 … 0.85 of the stroke's height long and falls 22° … 65°; its pen is as wide as
    the 1's.

    Parameters
    ----------
    one : (28, 28) uint8
    rng : the generator that everything random comes from

    Returns
    -------
    (28, 28) uint8
        In the box of 20 and centred by mass again.
    """
    rows = np.flatnonzero((one > 100).any(axis=1))
    if len(rows) < 8:
        return one
    top, bottom = int(rows[0]), int(rows[-1])
    height = bottom - top + 1
    pen = max(1.5, float(one.sum()) / 255 / height)
    start = _middle(one[top : top + 2]), top + pen / 2
    fall, length = np.radians(rng.uniform(22, 65)), rng.uniform(0.2, 0.85) * height
    end = start[0] - length * np.cos(fall), start[1] + length * np.sin(fall)
    strokes = [(start, end)]
    if rng.random() < 0.25:
        foot, half = (
            _middle(one[bottom - 1 : bottom + 1]),
            rng.uniform(0.2, 0.4) * height,
        )
        strokes.append(((foot - half, bottom - pen / 2), (foot + half, bottom - pen / 2)))
    return _draw_on(one, strokes, pen)


def cross_seven(seven: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw a bar across the stem of a 7, a little below its middle height or above.

    Parameters
    ----------
    seven : (28, 28) uint8
    rng : the generator that everything random comes from

    Returns
    -------
    (28, 28) uint8
        In the box of 20 and centred by mass again.
    """
    rows = np.flatnonzero((seven > 100).any(axis=1))
    if len(rows) < 8:
        return seven
    height = int(rows[-1] - rows[0] + 1)
    row = int(rows[0] + rng.uniform(0.42, 0.62) * height)
    columns = np.flatnonzero(seven[row] > 100)
    if not len(columns):
        return seven
    last = columns[-1]
    run = columns[columns > last - 8]
    half, lean = rng.uniform(0.18, 0.36) * height, rng.uniform(-0.3, 0.15)
    middle = float(run.mean()) + rng.uniform(-0.05, 0.05) * height
    pen = min(4.0, max(1.5, 0.8 * len(run)))
    stroke = ((middle - half, row - lean * half), (middle + half, row + lean * half))
    return _draw_on(seven, [stroke], pen)


def _middle(rows: np.ndarray) -> float:
    """Column of the centre of mass of some rows of ink."""
    mass = rows.sum(axis=0, dtype=np.float64)
    return float(mass @ np.arange(len(mass)) / max(mass.sum(), 1))


def _draw_on(
    digit: np.ndarray,
    strokes: list[tuple[tuple[float, float], tuple[float, float]]],
    pen: float,
) -> np.ndarray:
    """Add straight strokes to a digit on a larger sheet and normalise the whole; (28, 28) uint8."""
    finer, margin = 8, 16
    side = FIELD + 2 * margin
    sheet = np.zeros((side * finer, side * finer), np.uint8)
    for stroke in strokes:
        (x0, y0), (x1, y1) = (
            tuple(round((value + 0.5 + margin) * finer) for value in point) for point in stroke
        )
        cv2.line(sheet, (x0, y0), (x1, y1), 255, max(1, round(pen * finer)))
    drawn = cv2.resize(sheet, (side, side), interpolation=cv2.INTER_AREA)
    drawn = cv2.GaussianBlur(drawn, (3, 3), 0.5)
    return normalise(np.maximum(drawn, np.pad(digit, margin)))


# --- What is not a digit -------------------------------------------------------------------------


def not_digits(
    count: int,
    rng: np.random.Generator,
    fonts: tuple[str, ...] = FONTS,
    digits: tuple[np.ndarray, np.ndarray] | None = None,
    kinds: Sequence[str] | None = None,
) -> np.ndarray:
    """Draw what is not a digit, of each kind as many as chance and ``KINDS`` give.

    Letters, pairs, scribbles, blots and the marks of a page; made of digits, what a program offers
    that cuts ink into digits wrongly: halves, parts with a rule through them, a digit with a
    fragment of the next one, two digits as one.

    Parameters
    ----------
    count : how many
    rng : the generator that everything random comes from
    fonts : the letters are written with these
    digits : images (N, 28, 28) uint8 and their labels (N,) integer, some of each digit: what is
        made of digits is made of these
    kinds : names from ``KINDS``; by default all, without digits those that need none

    Returns
    -------
    (count, 28, 28) uint8

    Raises
    ------
    ValueError
        An unknown kind, one that needs digits where there are none, or digits of which some are
        missing.
    """
    makers: dict[str, Callable[[], np.ndarray]] = {
        "letter": lambda: letter(rng, fonts),
        "pair": lambda: pair(rng, fonts),
        "scribble": lambda: scribble(rng),
        "blob": lambda: blob(rng),
        "mark": lambda: mark(rng),
    }
    if digits is not None:
        some = Digits(*digits)
        makers |= {
            "half": lambda: half(some, rng),
            "ruled": lambda: ruled(some, rng),
            "fragment": lambda: with_fragment(some, rng),
            "two": lambda: two(some, rng),
        }
    names = list(makers if kinds is None else kinds)
    if not names or not set(names) <= set(makers):
        raise ValueError(f"kinds: expected some of {', '.join(makers)}, found {names}")
    shares = np.array([KINDS[name] for name in names], float)
    chosen = rng.choice(names, count, p=shares / shares.sum())
    return np.stack([makers[name]() for name in chosen])


def letter(rng: np.random.Generator, fonts: tuple[str, ...] = FONTS) -> np.ndarray:
    """Write one of ``LETTERS`` with one of the fonts; (28, 28) uint8."""
    return normalise(_written(rng, str(rng.choice(fonts)), str(rng.choice(list(LETTERS)))))


def pair(rng: np.random.Generator, fonts: tuple[str, ...] = FONTS) -> np.ndarray:
    """Write two letters or digits as one, as when two digits touch; (28, 28) uint8."""
    font = str(rng.choice(fonts))
    first, second = (
        _written(rng, font, str(character))
        for character in rng.choice(list(LETTERS + "0123456789"), 2)
    )
    high = max(len(first), len(second))
    both = [np.pad(one, ((high - len(one), 0), (0, 0))) for one in (first, second)]
    gap = np.zeros((high, int(rng.integers(0, 24))), np.uint8)
    return normalise(np.concatenate([both[0], gap, both[1]], axis=1))


@lru_cache(maxsize=512)
def _glyph(font: str, character: str) -> np.ndarray:
    """Write a character once, 80 pixels high; (80, w) uint8, not to be changed."""
    return font_glyph(font, character, 80)


def _written(rng: np.random.Generator, font: str, character: str) -> np.ndarray:
    """Write a character with a font made wider, leaning, or with a wider pen; (h, w) uint8.

    There are few fonts, and what is no digit should be known by more than these.
    """
    glyph = np.pad(_glyph(font, character), ((0, 0), (40, 40)))  # room to lean
    lean, wide = rng.uniform(-0.25, 0.35), float(np.exp(rng.normal(0, 0.25)))
    matrix = np.array([[wide, -lean, 40 * lean], [0, 1, 0]])
    leaning = cv2.warpAffine(glyph, matrix, (round(wide * glyph.shape[1]), len(glyph)))
    radius = int(rng.integers(0, 4))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1,) * 2)
    written = cv2.dilate(np.pad(leaning, radius), disc)
    columns = np.flatnonzero((written > 30).any(axis=0))
    return np.asarray(written[:, columns[0] : columns[-1] + 1])


def scribble(rng: np.random.Generator) -> np.ndarray:
    """Draw a curve that turns many times, or many short strokes; (28, 28) uint8.

    Of fewer turns or strokes chance would make a digit now and then.
    """
    side = 160
    sheet, pen = np.zeros((side, side), np.uint8), int(rng.integers(10, 26))
    if rng.random() < 0.6:
        # A walk through far points with rounded corners: a scrawl that crosses itself.
        knots = rng.uniform(0.08, 0.92, (int(rng.integers(9, 16)), 2))
        place = np.linspace(0, len(knots) - 1, 240)
        path = np.stack([np.interp(place, np.arange(len(knots)), k) for k in knots.T])
        window = np.ones(15) / 15
        path = np.stack([np.convolve(k, window, "valid") for k in path], axis=1)
        _lines(sheet, [path * side], pen)
    else:
        _lines(sheet, rng.uniform(0.05, 0.95, (int(rng.integers(6, 11)), 2, 2)) * side, pen)
    return normalise(sheet)


def blob(rng: np.random.Generator) -> np.ndarray:
    """Draw a filled blot, a bar, or a cross; (28, 28) uint8."""
    side = 160
    sheet = np.zeros((side, side), np.uint8)
    kind = rng.random()
    if kind < 0.6:
        for _ in range(int(rng.integers(1, 5))):
            middle = tuple(int(v) for v in rng.integers(60, 100, 2))
            axes = tuple(int(v) for v in rng.integers(20, 55, 2))
            cv2.ellipse(sheet, middle, axes, float(rng.uniform(0, 180)), 0, 360, 255, -1)
    else:
        pen, tilt = int(rng.integers(10, 26)), int(rng.integers(-25, 26))
        cv2.line(sheet, (10, 80 - tilt), (150, 80 + tilt), 255, pen)
        if kind < 0.8:  # a plus or a cross
            cv2.line(sheet, (80 - tilt, 10), (80 + tilt, 150), 255, pen)
            if rng.random() < 0.5:
                turn = cv2.getRotationMatrix2D((80, 80), 45, 1.0)
                sheet = np.asarray(cv2.warpAffine(sheet, turn, (side, side)), np.uint8)
    return normalise(sheet)


def mark(rng: np.random.Generator) -> np.ndarray:
    """Draw a comma, a slash or dash, a corner or three sides of a box, or a table's lines.

    None is an upright stroke, which may be a 1, nor a corner like that of a 7, nor a closed box,
    which may be a 0.

    Returns
    -------
    (28, 28) uint8
    """
    sheet = np.zeros((200, 200), np.uint8)
    pen = int(rng.integers(6, 24))
    kind = rng.integers(0, 5)
    if kind == 0:  # a comma: short and thick
        pen = int(rng.integers(30, 50))
        end = 100 - rng.uniform(0.3, 0.9) * pen, 100 + rng.uniform(0.9, 1.5) * pen
        cv2.circle(sheet, (100, 100), pen // 2, 255, -1)
        _lines(sheet, [[(100 + 0.3 * pen, 100), end]], pen // 2)
    elif kind == 1:
        # MNIST's 1s lean by up to 48°, one in a thousand by more: a slash by at least 60°.
        lean = np.radians(rng.uniform(60, 120))
        way = 80 * np.array([np.sin(lean), -np.cos(lean)])
        bow = rng.normal(0, 5, 2)
        _lines(sheet, [[100 - way, 100 + bow, 100 + way]], pen)
    elif kind == 2:
        _lines(sheet, _box_part(rng, ("Γ", "L", "⌋")), pen)
    elif kind == 3:
        _lines(sheet, _box_part(rng, ("⊏", "⊐", "⊓")), pen)
    else:
        # One or two uprights through two level lines; they run on at both sides.
        top, bottom = rng.uniform(50, 80), rng.uniform(120, 150)
        ends = rng.uniform(20, 60), rng.uniform(140, 180)
        uprights = rng.uniform(75, 125, int(rng.integers(1, 3)))
        lines = [[(ends[0], y), (ends[1], y)] for y in (top, bottom)]
        lines += [[(x, top - 28), (x, bottom + rng.uniform(28, 48))] for x in uprights]
        _lines(sheet, lines, pen)
    turn = cv2.getRotationMatrix2D((100, 100), rng.uniform(-8, 8), 1.0)
    return normalise(np.asarray(cv2.warpAffine(sheet, turn, (200, 200))))


def _box_part(rng: np.random.Generator, shapes: tuple[str, ...]) -> list[list[Any]]:
    """Return one of some parts of a box's outline, as a line through its corners."""
    x, y = rng.uniform(40, 65), rng.uniform(40, 80)
    places = {"a": (x, y), "b": (200 - x, y), "c": (200 - x, 200 - y), "d": (x, 200 - y)}
    runs = {"Γ": "dab", "L": "adc", "⌋": "bcd", "⊏": "badc", "⊐": "abcd", "⊓": "dabc"}
    return [[places[corner] for corner in runs[str(rng.choice(shapes))]]]


def _lines(sheet: np.ndarray, lines: Iterable[Any], pen: int) -> None:
    """Draw lines through points on a sheet, in place."""
    for line in lines:
        places = np.rint(np.asarray(line, float) * 16).astype(np.int32)
        cv2.polylines(sheet, [places], False, 255, max(1, pen), cv2.LINE_AA, 4)


class Digits:
    """Images of digits to make from what is no digit, to be drawn by their label.

    Parameters
    ----------
    x : (N, 28, 28) uint8
    y : (N,) integer
    """

    def __init__(self, x: np.ndarray, y: np.ndarray) -> None:
        self.x, self.places = x, [np.flatnonzero(y == digit) for digit in range(10)]
        missing = [digit for digit in range(10) if not len(self.places[digit])]
        if missing:
            raise ValueError(f"digits: expected some of each digit, found none of {missing}")

    def one(self, rng: np.random.Generator, labels: Sequence[int]) -> np.ndarray:
        """Draw an image of one of some digits, cut out at its ink; (h, w) uint8."""
        image = self.x[rng.choice(self.places[int(rng.choice(labels))])]
        rows, columns = (np.flatnonzero((image > 30).any(axis=axis)) for axis in (1, 0))
        return image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _cut(
    digit: np.ndarray, rng: np.random.Generator, side: str, place: tuple[float, float]
) -> np.ndarray:
    """Keep what is on one side of a line that slants as writing does; (h, w) uint8.

    Parameters
    ----------
    digit : (h, w) uint8
    rng : the generator that everything random comes from
    side : "left", "right", "top" or "bottom"
    place : between which parts of the width, or the height, the line cuts
    """
    high, wide = digit.shape
    y, x = np.mgrid[:high, :wide]
    if side in ("left", "right"):
        at = rng.uniform(*place) * wide - rng.uniform(-0.1, 0.35) * (y - high / 2)
        keep = x + 0.5 < at if side == "left" else x + 0.5 > at
    else:
        at = rng.uniform(*place) * high + rng.uniform(-0.2, 0.2) * (x - wide / 2)
        keep = y + 0.5 < at if side == "top" else y + 0.5 > at
    return np.where(keep, digit, 0).astype(np.uint8)


def half(digits: Digits, rng: np.random.Generator, halves: Sequence[str] = ()) -> np.ndarray:
    """Cut a digit in two, along a slanting upright or level line; (28, 28) uint8.

    Only halves that say no digit, ``HALVES``: the right one of an 8 is a 3, the upper one a 0. And
    only wide ones with 25 to 50 % of the ink: a thin one may be a 1.
    """
    while True:
        side, labels = HALVES[int(rng.integers(len(HALVES)))]
        if halves and side not in halves:
            continue
        digit = digits.one(rng, labels)
        part = _cut(digit, rng, side, (0.32, 0.45))
        if not 0.25 <= float(part.sum()) / float(digit.sum()) <= 0.5:
            continue
        image = normalise(part)
        # Rows with ink, not the height: two pieces above each other are no stroke.
        wide, high = ((image > 30).any(axis=axis).sum() for axis in (0, 1))
        if wide >= 0.5 * high:
            return image


def ruled(digits: Digits, rng: np.random.Generator) -> np.ndarray:
    """Draw a rule through the middle of a part of a digit; (28, 28) uint8."""
    part = half(digits, rng, ("left",))
    rows, columns = (np.flatnonzero((part > 30).any(axis=axis)) for axis in (1, 0))
    beside, pen = rng.uniform(2, 8, 2), int(rng.integers(1, 4))
    row, tilt = np.quantile(rows, rng.uniform(0.3, 0.7)), rng.uniform(-1.5, 1.5)
    ends = columns[0] - beside[0], columns[-1] + beside[1]
    _lines(part, [[(ends[0], row - tilt), (ends[1], row + tilt)]], pen)
    return normalise(part)


def with_fragment(digits: Digits, rng: np.random.Generator) -> np.ndarray:
    """Put a strip of another digit beside a digit, as when a cut missed; (28, 28) uint8.

    The strip is of a digit whose sides are upright or round: a short level piece may be a flag.
    """
    digit = digits.one(rng, (0, 2, 3, 4, 5, 6, 7, 8, 9))
    left = rng.random() < 0.5  # the strip is the right side of the digit before
    while True:
        other = digits.one(rng, (0, 6, 8, 9) if not left else (0, 3, 8, 9))
        place = (0.4, 0.65) if left else (0.35, 0.6)
        strip = _cut(other, rng, "right" if left else "left", place)
        rows, columns = (np.flatnonzero((strip > 30).any(axis=axis)) for axis in (1, 0))
        if len(rows) >= 14 and len(columns) >= 6:
            break
    strip = strip[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return _beside(*((strip, digit) if left else (digit, strip)), rng)


def two(digits: Digits, rng: np.random.Generator) -> np.ndarray:
    """Put two digits side by side, apart or touching, as one; (28, 28) uint8.

    Not two 1s, which may be a 4 or an 11 without its crossbar.
    """
    first = int(rng.integers(10))
    second = int(rng.choice([digit for digit in range(10) if first != 1 or digit != 1]))
    return _beside(digits.one(rng, (first,)), digits.one(rng, (second,)), rng)


def _beside(first: np.ndarray, second: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Put two pieces of ink side by side, one a little higher; (28, 28) uint8."""
    gap, top = int(rng.integers(-2, 4)), rng.integers(0, 4, 2)
    high = max(len(first) + int(top[0]), len(second) + int(top[1]))
    sheet = np.zeros((high, first.shape[1] + second.shape[1] + 4), np.uint8)
    for piece, x, y in ((first, 0, top[0]), (second, first.shape[1] + gap, top[1])):
        place = sheet[y : y + piece.shape[0], x : x + piece.shape[1]]
        np.maximum(place, piece, out=place)
    return normalise(sheet)
