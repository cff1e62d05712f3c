"""What cameras, pens and people do to a digit, done to MNIST's training digits.

``augment`` changes every image a little each time it is seen, so that a network learns what does
not matter: how a digit leans, how thick the pen was, how sharp the photograph is. ``flag_one`` and
``cross_seven`` draw what MNIST's American writers rarely wrote and much of Europe writes: a 1 with
a flag, a 7 with a bar. They are drawn, not written: an imitation, made only of training digits.
``not_digits`` draws what a network should not recognise.

Images are (28, 28) uint8, 0 is paper and 255 is ink, as in MNIST; everything random comes from one
NumPy generator.
"""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image, ImageDraw

from digitrec.simulate import FONTS, font_glyph

FIELD = 28
BOX = 20
#: Letters that no digit is mistaken for when they are written alone; O, I, S, Z and their like are.
LETTERS = "ACDEFHKMNPRTUVWXaefhkmnrtuvwx"
#: Share of the images that an augmented epoch leaves as they are.
KEPT = 0.3
#: Shares of the training 1s that get a flag and of the 7s that get a bar.
FLAGGED, CROSSED = 0.5, 0.3

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
    return _normalise(np.maximum(drawn, np.pad(digit, margin)))


def _normalise(ink: np.ndarray) -> np.ndarray:
    """MNIST's box of 20 and centre of mass, for a drawing on black; (H, W) → (28, 28) uint8."""
    rows, columns = (np.flatnonzero((ink > 30).any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return np.zeros((FIELD, FIELD), np.uint8)
    cut: np.ndarray = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    cut = cut.astype(np.float32)
    scale = BOX / max(cut.shape)
    size = max(1, round(cut.shape[1] * scale)), max(1, round(cut.shape[0] * scale))
    if size != cut.shape[::-1]:
        cut = np.asarray(cv2.resize(cut, size, interpolation=cv2.INTER_AREA))
    field = np.zeros((FIELD, FIELD), np.uint8)
    starts = []
    for axis in (0, 1):
        mass = cut.sum(axis=1 - axis)
        middle = float(mass @ (np.arange(len(mass)) + 0.5) / mass.sum())
        start = int(np.floor(FIELD / 2 + 1 - middle))
        starts.append(min(max(start, 0), FIELD - len(mass)))
    top, left = starts
    field[top : top + cut.shape[0], left : left + cut.shape[1]] = np.clip(cut, 0, 255)
    return field


# --- What is not a digit -------------------------------------------------------------------------


def not_digits(count: int, rng: np.random.Generator, fonts: tuple[str, ...] = FONTS) -> np.ndarray:
    """Draw what is not a digit: letters, pairs, scribbles, and blobs or marks, a quarter each.

    Parameters
    ----------
    count : how many
    rng : the generator that everything random comes from
    fonts : the letters are written with these

    Returns
    -------
    (count, 28, 28) uint8
    """
    makers = (
        lambda: letter(rng, fonts),
        lambda: pair(rng, fonts),
        lambda: scribble(rng),
        lambda: blob(rng),
    )
    kinds = rng.integers(0, len(makers), count)
    return np.stack([makers[kind]() for kind in kinds])


def letter(rng: np.random.Generator, fonts: tuple[str, ...] = FONTS) -> np.ndarray:
    """Write one of ``LETTERS`` with one of the fonts; (28, 28) uint8."""
    return _normalise(_written(rng, str(rng.choice(fonts)), str(rng.choice(list(LETTERS)))))


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
    return _normalise(np.concatenate([both[0], gap, both[1]], axis=1))


def _written(rng: np.random.Generator, font: str, character: str) -> np.ndarray:
    """Write a character 80 pixels high with a pen as wide as the font's, or wider; (h, w) uint8."""
    radius = int(rng.integers(0, 4))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1,) * 2)
    glyph = np.pad(font_glyph(font, character, 80), radius)
    return np.asarray(cv2.dilate(glyph, disc))


def scribble(rng: np.random.Generator) -> np.ndarray:
    """Draw a curve that turns many times, or many short strokes; (28, 28) uint8."""
    side = 160
    picture = Image.new("L", (side, side))
    draw, pen = ImageDraw.Draw(picture), int(rng.integers(10, 26))
    if rng.random() < 0.6:
        # A walk through far points with rounded corners: a scrawl that crosses itself.
        knots = rng.uniform(0.08, 0.92, (int(rng.integers(7, 14)), 2))
        place = np.linspace(0, len(knots) - 1, 240)
        path = np.stack([np.interp(place, np.arange(len(knots)), k) for k in knots.T])
        window = np.ones(15) / 15
        path = np.stack([np.convolve(k, window, "valid") for k in path], axis=1)
        draw.line([tuple(point) for point in path * side], fill=255, width=pen, joint="curve")
    else:
        for _ in range(int(rng.integers(4, 9))):
            ends = rng.uniform(0.05, 0.95, (2, 2)) * side
            draw.line([tuple(ends[0]), tuple(ends[1])], fill=255, width=pen)
    return _normalise(np.asarray(picture))


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
    return _normalise(sheet)
