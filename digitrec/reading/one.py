"""The steps that a picture of one digit goes through, to look at, and to leave out.

``read`` needs a network to choose between candidates. Here what is written close together is taken
to be one digit, so no network is asked; the steps are the same.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from digitrec.reading import limits
from digitrec.reading.edges import writing
from digitrec.reading.files import Picture, as_array, to_gray, written
from digitrec.reading.ink import Ink
from digitrec.reading.light import even_out
from digitrec.reading.look import look
from digitrec.reading.pieces import Piece, gap, union
from digitrec.reading.polarity import has_light_ink
from digitrec.reading.recipe import OPTIONAL_STEPS, Box, normalise_piece, scaled
from digitrec.reading.scale import reduced


@dataclass(frozen=True)
class Preparation:
    """One picture prepared like MNIST.

    Attributes
    ----------
    image : (28, 28) uint8
        0 is paper, 255 is ink; nothing but paper when there was no ink.
    box : Box or None
        Where in the picture the digit was, in the picture's pixels; None when there was no ink.
    steps : dict of str to array
        What each step made, in order, if asked for.
    """

    image: np.ndarray
    box: Box | None
    steps: dict[str, np.ndarray] = field(default_factory=dict)


def prepare(image: Picture, *, without: Collection[str] = (), steps: bool = False) -> Preparation:
    """Prepare a picture of one digit as MNIST's digits were prepared.

    Parameters
    ----------
    image : (H, W), (H, W, 3) or (H, W, 4)
        As ``to_gray`` takes it.
    without : the steps to leave out, of ``OPTIONAL_STEPS``: ``["by_mass"]``
    steps : return what each step made, for looking at it

    Returns
    -------
    Preparation

    Raises
    ------
    ImageError
        As ``to_gray``.
    ValueError
        Something to leave out that is none of the steps.
    """
    for step in without:
        if step not in OPTIONAL_STEPS:
            raise ValueError(
                f"expected a list of steps, of {', '.join(OPTIONAL_STEPS)}, received {without!r}"
            )
    image = as_array(image)
    made = {"gray": written(image)}
    gray = reduced(made["gray"], limits.LONGEST_SIDE)
    as_lit = "level_light" in without
    made["even light"] = gray = gray if as_lit else even_out(gray)
    light = "find_polarity" not in without and has_light_ink(gray)[0]
    made["dark ink"] = gray = 255 - gray if light else gray
    ink = look(gray, "drop_rules" not in without, as_lit, close_up=True)
    whole = ink.with_rules() if ink else look(gray, False, as_lit, close_up=True)
    ink = whole if whole is not None and _is_cropped(ink, whole) else ink
    digit = _one_digit(ink) if ink is not None else None
    if ink is None or digit is None:
        return Preparation(
            np.zeros((limits.FIELD, limits.FIELD), np.uint8), None, made if steps else {}
        )
    made |= {"ink": ink.values, "without rules": ink.writing, "digit": np.zeros_like(ink.mask)}
    digit.draw(made["digit"])
    prepared, box, more = normalise_piece(ink, digit, without)
    scale = max(image.shape[:2]) / max(ink.mask.shape)
    return Preparation(prepared, scaled(box, scale, image.shape), made | more if steps else {})


def _is_cropped(ink: Ink | None, whole: Ink) -> bool:
    """Whether all ink is one digit, in a tight crop: its own bar goes from side to side, as a rule.

    What is left without it touches the picture's edge, if anything is left.
    """
    left = writing(ink) if ink else []
    pieces = writing(whole)
    at_edge = not left or any(piece.touches(whole.mask.shape) for piece in left)
    return at_edge and len(pieces) == 1 and pieces[0].height >= len(whole.mask) - 2


def _one_digit(ink: Ink) -> Piece | None:
    """Take what is written to be one digit: the largest piece, and those near it."""
    pieces = writing(ink)
    if not pieces:
        return None
    digit, *others = sorted(pieces, key=lambda p: -_weight(p, ink.mask.shape))
    while near := [p for p in others if gap(digit, p) <= limits.NEARBY * digit.longest]:
        digit = union([digit, *near])
        others = [p for p in others if all(p is not q for q in near)]
    return digit


def _weight(piece: Piece, shape: Sequence[int]) -> float:
    """A piece's longer side, times how near its middle is to that of the picture (1 … 0)."""
    away = (
        abs(2 * (start + length / 2) / side - 1)
        for start, length, side in (
            (piece.x, piece.width, shape[1]),
            (piece.y, piece.height, shape[0]),
        )
    )
    return piece.longest * min(1.0, 2 * (1 - max(away)))


def normalise(image: Picture, *, without: Collection[str] = ()) -> np.ndarray:
    """Prepare a picture as MNIST's digits were prepared: ``prepare(image, …).image``.

    Parameters
    ----------
    image : (H, W), (H, W, 3) or (H, W, 4)
    without : the steps to leave out, as in ``prepare``: ``["by_mass"]``

    Returns
    -------
    (28, 28) uint8
        0 is paper, 255 is ink; nothing but paper when there was no ink.

    Raises
    ------
    ImageError
        As ``to_gray``.
    ValueError
        As ``prepare``.
    """
    return prepare(image, without=without).image


def just_resize(image: Picture) -> np.ndarray:
    """Shrink the whole picture to 28 × 28, dark ink made light: what does *not* work.

    Parameters
    ----------
    image : (H, W), (H, W, 3) or (H, W, 4)

    Returns
    -------
    (28, 28) uint8

    Raises
    ------
    ImageError
        As ``to_gray``.
    """
    gray = to_gray(image)
    if not has_light_ink(gray)[0]:
        gray = 255 - gray
    return cv2.resize(gray, (limits.FIELD, limits.FIELD), interpolation=cv2.INTER_AREA)
