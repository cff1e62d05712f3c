"""The forms in which people write digits, as strokes, and drawings of them like MNIST's digits.

MNIST's writers were Americans. Elsewhere a 1 has a flag, a 7 a bar, a 0 a slash. ``FORMS`` is a
catalogue of such forms; ``draw`` draws one as many hands would, ``mixed`` draws all. They are
drawn, not written: an imitation, made of the catalogue's few points and chance.

A stroke is a smooth curve through points, written as text: ``"x,y x,y …"`` in percent of a box,
from left to right and from top to bottom; after ``!`` the pen turns at a corner. Strokes may leave
the box a little.

Images are (28, 28) uint8, 0 is paper and 255 is ink, as in MNIST; everything random comes from one
NumPy generator.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np

FIELD = 28
BOX = 20
#: Points of a drawn curve, however long it is; how many pixels of the drawing are one of MNIST's.
SAMPLES, FINE = 48, 5
#: The narrowest and the widest pen, in pixels of an image.
PEN = 1.3, 3.7


class Form(NamedTuple):
    """A way to write a digit.

    Attributes
    ----------
    digit : int
        What it says, 0 … 9.
    name : str
        Begins with the digit.
    source : str
        Where people are seen to write it so: a key of ``book/references.bib``.
    strokes : tuple of str
        Each as the module's text says.
    often : int
        How often it is drawn beside the digit's other forms.
    """

    digit: int
    name: str
    source: str
    strokes: tuple[str, ...]
    often: int = 3


# What MNIST is full of, as NIST's writers wrote it, is drawn less often than the others; more often
# is what whole countries write.
NIST, UNIPEN = "grother1995", "guyon1994unipen"
SWISS, TURKISH, CODERS = "schroeder_numbers", "alimoglu1996", "bemer1967"

_OVAL = "58,2 15,18 4,58 38,98 86,78 94,30 52,1"
_STEM_1, _FOOT_1 = "50,0 50,50 50,100", "24,100 50,99 76,100"
_SHORT_FLAG, _LONG_FLAG = "24,26 38,16 50,0! 50,50 50,100", "2,62 28,36 52,0! 52,50 52,100"
_STEM_7 = "5,4 48,3 90,3! 60,48 42,100"
_RINGS = "52,2 20,22 48,47 80,24 46,1", "50,46 10,72 50,100 90,74 46,46"
_SERIF_7 = "8,24 8,4! 50,4 90,3! 62,48 44,100"
_SMALL_OVAL = "58,16 20,30 10,56 40,84 82,70 88,36 54,15"
_UPRIGHT_4 = "68,6 40,4 18,30 6,57! 42,55 78,44! 78,72 80,100"
_ROUND_4 = "54,100 60,48 62,6 38,2 10,30 24,54 60,54 100,44"
_LONG_STEM_4 = "76,-6 75,50 74,108"
_ROUND_7 = "6,12 42,3 80,14 68,54 48,100"
_LEVEL = "8,5 50,4 94,3"
_CURLED_9 = "70,30 72,8 36,1 14,20 40,41 78,34 86,66 50,100 8,88"

FORMS = (
    Form(0, "0 plain", NIST, (_OVAL,), 1),
    Form(0, "0 with a slash", CODERS, (_OVAL, "94,2 50,50 8,98"), 8),
    Form(0, "0 with an upright slash", CODERS, (_OVAL, "60,-10 51,50 42,110"), 8),
    Form(0, "0 with a dot", CODERS, (_OVAL, "48,49 50,50 52,52")),
    Form(0, "0 open at the top", UNIPEN, ("36,3 6,36 12,82 50,99 90,76 90,28 64,5",)),
    Form(0, "0 with a loop", CODERS, ("62,6 20,12 4,56 36,97 82,86 96,44 70,8 44,8 56,28",)),
    Form(0, "0 with its end inside", UNIPEN, ("52,4 14,24 4,62 40,98 88,80 94,36 62,6 40,22",)),
    Form(0, "0 with crossing ends", UNIPEN, ("68,0 26,8 4,56 38,98 88,80 92,32 60,8 28,-3",)),
    Form(0, "0 with a slash far beyond it", UNIPEN, (_SMALL_OVAL, "90,-10 50,50 10,110"), 4),
    Form(1, "1 bare", NIST, (_STEM_1,), 1),
    Form(1, "1 with a short flag", SWISS, (_SHORT_FLAG,), 6),
    Form(1, "1 with a long flag", SWISS, (_LONG_FLAG,), 8),
    Form(1, "1 with a flag as long as the stem", SWISS, ("4,88 26,46 46,0! 56,50 62,100",)),
    Form(1, "1 with a flat flag", SWISS, ("-4,36 34,20 74,0! 66,50 56,100",), 8),
    Form(1, "1 with a curved flag", SWISS, ("-2,40 18,18 44,8 66,0! 60,50 50,100",), 8),
    Form(1, "1 with a very short flag", UNIPEN, ("32,16 44,9 56,0! 55,50 53,100",)),
    Form(1, "1 with a foot", NIST, (_STEM_1, _FOOT_1), 1),
    Form(1, "1 with a flag and a foot", UNIPEN, (_SHORT_FLAG, _FOOT_1)),
    Form(1, "1 with a level flag", UNIPEN, ("30,15 45,8 62,3! 60,50 56,100",)),
    Form(1, "1 with a flag longer than its stem", SWISS, ("-4,80 38,42 80,6! 84,36 92,66",), 6),
    Form(1, "1 with a round top", SWISS, ("2,54 24,22 54,2 74,20 74,60 76,100",)),
    Form(1, "1 with a wide foot", UNIPEN, (_SHORT_FLAG, "2,100 50,98 100,97")),
    Form(2, "2 without a loop", UNIPEN, ("8,24 46,0 84,26 52,64 5,98! 50,97 96,97",)),
    Form(2, "2 with a loop", NIST, ("10,22 48,0 84,24 52,70 14,98 3,86 24,78 60,94 98,92",), 1),
    Form(2, "2 curved throughout", UNIPEN, ("10,24 46,0 82,28 46,76 12,95 42,90 72,98 98,90",)),
    Form(3, "3 with a flat top", SWISS, ("8,3 48,3 88,3! 40,40! 84,54 86,86 46,100 5,88",)),
    Form(3, "3 round", NIST, ("8,14 48,0 84,22 40,46! 88,68 54,100 4,86",), 1),
    Form(4, "4 open", NIST, ("28,0 14,30 5,62! 50,62 95,58", "72,24 68,62 62,100"), 1),
    Form(4, "4 closed", SWISS, ("66,0 36,32 5,66! 50,67 98,66", "66,0 65,50 64,100")),
    Form(4, "4 closed in one stroke", TURKISH, ("62,100 66,50 68,0! 36,32 5,62! 50,63 98,60",)),
    Form(4, "4 like lightning", SWISS, ("48,0 28,28 8,56! 46,53 84,42! 68,72 52,100",), 6),
    Form(4, "4 round, in one stroke", SWISS, ("46,0 10,42 26,58 86,38! 80,70 74,100",), 6),
    Form(4, "4 curved in one stroke", SWISS, ("30,0 10,36 34,58 84,30! 78,64 66,100",), 6),
    Form(4, "4 like a chair", UNIPEN, ("12,0 10,50! 46,51 80,50", "82,0 81,50 80,100")),
    Form(4, "4 upright, like lightning", SWISS, (_UPRIGHT_4,), 6),
    Form(4, "4 round, its bar across", SWISS, (_ROUND_4,), 6),
    Form(4, "4 closed, its bar short", UNIPEN, ("74,6 38,30 6,58! 40,57 74,56", _LONG_STEM_4)),
    Form(4, "4 round, with a stem", UNIPEN, ("88,6 38,12 4,44 40,64 98,60", "76,28 74,64 70,104")),
    Form(5, "5 in one stroke", NIST, ("90,3 58,3 26,4! 16,44! 60,38 92,66 58,99 6,90",), 1),
    Form(5, "5 with a flag apart", SWISS, ("28,6 18,45! 60,38 92,66 56,99 6,88", "30,4 62,3 96,1")),
    Form(5, "5 like an S", UNIPEN, ("92,4 46,3 16,24 50,48 88,72 52,99 8,90",)),
    Form(5, "5 with a bar across", UNIPEN, ("50,4 45,38! 76,46 84,76 44,100 4,92", _LEVEL), 2),
    Form(6, "6 closed", NIST, ("74,2 30,26 6,70 42,99 88,78 60,52 12,74",), 1),
    Form(6, "6 open", UNIPEN, ("76,2 28,26 8,70 44,99 86,82 64,58 40,66",)),
    Form(6, "6 straight", SWISS, ("40,0 18,40 10,78 44,99 86,78 56,54 14,78",)),
    Form(7, "7 bare", NIST, (_STEM_7,), 1),
    Form(7, "7 round", UNIPEN, ("8,12 46,3 88,8 66,46 50,100",)),
    Form(7, "7 with a bar", SWISS, (_STEM_7, "28,53 55,51 84,49"), 4),
    Form(7, "7 with a bar to the right", SWISS, (_STEM_7, "58,52 74,51 92,49"), 4),
    Form(7, "7 with a low bar", SWISS, (_STEM_7, "20,73 46,71 76,69"), 6),
    Form(7, "7 round, with a serif", UNIPEN, ("10,26 14,5 50,5 88,8 84,36 58,66 50,100",)),
    Form(7, "7 with a serif", TURKISH, (_SERIF_7,)),
    Form(7, "7 with a serif and a bar", SWISS, (_SERIF_7, "30,53 57,51 86,49")),
    Form(7, "7 round, with a bar", SWISS, (_ROUND_7, "14,64 54,60 98,56"), 6),
    Form(7, "7 round, with a low bar", SWISS, (_ROUND_7, "16,78 54,74 100,70")),
    Form(7, "7 with its end turned up", UNIPEN, ("8,12 44,3 82,16 70,48 48,84 58,100 72,90",), 2),
    Form(8, "8 in one stroke", NIST, ("82,12 42,0 15,24 50,48 88,76 48,100 10,76 48,46 84,14",), 1),
    Form(8, "8 open", UNIPEN, ("84,14 44,0 14,24 50,48 88,76 48,100 10,78 44,50 72,30",)),
    Form(8, "8 open at the top", UNIPEN, ("28,6 14,26 50,50 88,78 48,100 10,78 46,52 78,28 82,2",)),
    Form(8, "8 of two rings", SWISS, _RINGS),
    Form(9, "9 round", NIST, ("84,20 46,1 10,28 44,54 84,24 80,66 44,100",), 1),
    Form(9, "9 with a straight stem", SWISS, ("84,18 44,0 8,26 44,50 86,14! 80,56 74,100",)),
    Form(9, "9 with a hook", SWISS, ("84,16 44,0 10,26 44,50 84,20! 86,62 60,99 12,88",), 6),
    Form(9, "9 hooked and open", SWISS, ("70,6 34,3 8,28 40,52 76,38 88,4! 86,62 58,99 12,90",), 6),
    Form(9, "9 curled, with a hook", SWISS, (_CURLED_9,), 5),
    Form(9, "9 flat, with a hook", SWISS, ("90,7 44,2 10,16 28,32 86,10! 90,56 62,99 6,90",), 5),
    Form(9, "9 flat, leaning", SWISS, ("98,5 52,8 10,26 30,40 76,16! 78,58 54,99 4,94",), 5),
    Form(9, "9 flat, with a straight stem", SWISS, ("88,6 40,4 10,22 32,36 84,8! 80,56 72,100",)),
)  # fmt: skip


def draw(what: int | str, count: int, rng: np.random.Generator) -> np.ndarray:
    """Draw a digit, or one form of it, as so many hands would.

    Chance moves each point, bends the curves or makes them angular, sets strokes apart, cuts their
    ends, widens, leans and turns the whole, and chooses the pen.

    Parameters
    ----------
    what : a form's name, or a digit 0 … 9: all its forms, as often as each says
    count : how many drawings, at least 0
    rng : the generator that everything random comes from

    Returns
    -------
    (count, 28, 28) uint8
        In MNIST's box of 20, centred by mass.

    Raises
    ------
    ValueError
        No form of that name, no digit, or a negative count.
    """
    if count < 0:
        raise ValueError(f"count: expected at least 0, found {count}")
    forms = [form for form in FORMS if what in (form.name, form.digit)]
    if not forms or isinstance(what, bool):
        raise ValueError(f"expected a digit 0 … 9 or the name of a form in FORMS, found {what!r}")
    out = np.empty((count, FIELD, FIELD), np.uint8)
    which = rng.choice(len(forms), count, p=_shares(forms))
    for number, form in enumerate(forms):
        own = np.flatnonzero(which == number)
        paths, pens = varied(form, len(own), rng), rng.uniform(*PEN, len(own))
        for place, strokes, pen in zip(own, paths, pens, strict=True):
            out[place] = _inked(strokes, float(pen))
    return out


def mixed(count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw digits in all forms: each digit equally often, and its forms as often as each says.

    Parameters
    ----------
    count : how many drawings, at least 0
    rng : the generator that everything random comes from

    Returns
    -------
    images : (count, 28, 28) uint8
    labels : (count,) int64
        In no order.
    """
    labels = rng.permutation(np.arange(count) % 10)
    out = np.empty((count, FIELD, FIELD), np.uint8)
    for digit in range(10):
        own = labels == digit
        out[own] = draw(digit, int(own.sum()), rng)
    return out, labels


def _shares(forms: Sequence[Form]) -> np.ndarray:
    """Which part of the drawings each form has."""
    often = np.array([form.often for form in forms], float)
    return often / often.sum()


@lru_cache(maxsize=128)
def _curve(stroke: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Read a stroke's points, and what makes a curve and an angular line of them.

    A Catmull–Rom spline and a line through the points are both linear in them: two matrices.
    A corner is a point that stands twice.

    Returns
    -------
    points : (K, 2) float64
        In the unit box.
    spline, line : (SAMPLES, K) float64
        Times the points, they give the curve's points.
    """
    texts = stroke.split()
    points = np.array([[float(v) for v in text.rstrip("!").split(",")] for text in texts]) / 100
    knots = [k for k, text in enumerate(texts) for _ in range(1 + text.endswith("!"))]
    place = np.linspace(0, len(knots) - 1, SAMPLES)
    start = np.minimum(place.astype(int), len(knots) - 2)  # (SAMPLES,)
    t = place - start
    cubic = (
        (-t + 2 * t**2 - t**3) / 2,
        (2 - 5 * t**2 + 3 * t**3) / 2,
        (t + 4 * t**2 - 3 * t**3) / 2,
        (-(t**2) + t**3) / 2,
    )
    spline, line = np.zeros((2, SAMPLES, len(texts)))
    rows = np.arange(SAMPLES)
    for step, share in zip((-1, 0, 1, 2), cubic, strict=True):
        near = np.clip(start + step, 0, len(knots) - 1)
        np.add.at(spline, (rows, np.array(knots)[near]), share)
    for step, share in ((0, 1 - t), (1, t)):
        np.add.at(line, (rows, np.array(knots)[start + step]), share)
    return points, spline, line


def varied(form: Form, count: int, rng: np.random.Generator) -> list[list[np.ndarray]]:
    """Vary a form; for each drawing, for each stroke, the points (n, 2) that the pen passes."""
    angular = rng.uniform(-0.3, 0.8, (count, 1, 1))  # below 0 rounder than the spline
    wide = np.exp(rng.normal(-0.12, 0.28, count))
    lean = np.clip(rng.normal(0.1, 0.2, count), -0.35, 0.5)
    turn = np.clip(rng.normal(0, 0.07, count), -0.2, 0.2)
    matrix = np.empty((count, 2, 2))  # (N, from x or y, to x or y)
    matrix[:, 0, 0], matrix[:, 0, 1] = wide * np.cos(turn), wide * np.sin(turn)
    matrix[:, 1, 0], matrix[:, 1, 1] = -lean - np.sin(turn), np.cos(turn)
    paths: list[list[np.ndarray]] = [[] for _ in range(count)]
    for number, stroke in enumerate(form.strokes):
        points, spline, line = _curve(stroke)
        moved = points + rng.normal(0, 0.028, (count, *points.shape))  # (N, K, 2)
        if number:  # a second stroke is set down somewhere else, longer or shorter
            middle = moved.mean(axis=1, keepdims=True)
            size = np.exp(rng.normal(0.05, 0.2, (count, 1, 1)))
            moved = middle + size * (moved - middle) + rng.normal(0, 0.03, (count, 1, 2))
        curves = spline @ moved + angular * ((line - spline) @ moved)  # (N, SAMPLES, 2)
        curves = curves @ matrix
        # In half of the drawings a stroke starts late or ends early: loops stay open.
        cuts = (rng.uniform(0, 0.07, (count, 2)) * (rng.random((count, 2)) < 0.5) * SAMPLES).round()
        for own, curve, (late, early) in zip(paths, curves, cuts.astype(int), strict=True):
            own.append(curve[late : SAMPLES - early])
    return paths


def _inked(strokes: list[np.ndarray], pen: float) -> np.ndarray:
    """Draw points with a pen so many pixels wide, and normalise; (28, 28) uint8."""
    every = np.concatenate(strokes)
    low, high = every.min(axis=0), every.max(axis=0)
    scale = (BOX - pen) * FINE / max(float((high - low).max()), 1e-6)
    margin = 2 * FINE
    side = BOX * FINE + 2 * margin
    sheet = np.zeros((side, side), np.uint8)
    for points in strokes:
        # cv2 takes whole numbers, here of sixteenths of a pixel
        places = (points - low) * scale + margin + pen * FINE / 2
        cv2.polylines(
            sheet, [np.rint(places * 16).astype(np.int32)], False, 255,
            max(1, round(pen * FINE)), cv2.LINE_AA, 4,
        )  # fmt: skip
    return normalise(sheet)


def normalise(ink: np.ndarray) -> np.ndarray:
    """Put a drawing into MNIST's box of 20, with its centre of mass in the middle.

    Parameters
    ----------
    ink : (H, W) uint8
        0 is paper. Without ink the image stays blank.

    Returns
    -------
    (28, 28) uint8
    """
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
