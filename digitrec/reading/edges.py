"""Pieces that are no writing, most at an edge: paper edges, frames, bindings, cut-off digits.

In a tight crop digits touch the edge, too. So a piece is judged beside what keeps clear of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import cv2
import numpy as np

from digitrec.reading import limits
from digitrec.reading.ink import Ink
from digitrec.reading.pieces import Piece, find_pieces, typical_height


def writing(ink: Ink) -> list[Piece]:
    """Find the pieces of a picture's ink that may be writing: no rules, no specks, no edges."""
    found = find_pieces(ink.writing, limits.SPECK_PENS * ink.pen, limits.BRIDGE * ink.pen)
    pieces = [piece for piece in found if not _surrounds(piece, ink.mask.shape)]
    if not ink.rules_dropped:
        return pieces
    pieces = _without_binding(pieces, ink.mask.shape, ink.pen)
    pieces = [piece for piece in pieces if not _is_blot(piece, ink.pen)] or pieces
    return without_edges(pieces, ink.mask.shape, ink.pen)


def without_edges(pieces: Sequence[Piece], shape: Sequence[int], pen: float) -> list[Piece]:
    """Leave out what is no writing by its place or size.

    That is what lies along an edge, and at the edge what is filled, or of another size than the
    digits; where most digits keep clear of the edges, all that touches them: it is cut off, or a
    frame seen at a slant. A digit that touches what is filled is not left out with it.

    Parameters
    ----------
    pieces : the picture's
    shape : (H, W)
    pen : its width, in pixels

    Returns
    -------
    list of Piece
    """
    clear = [p for p in pieces if not p.touches(shape)]
    # A digit that the picture cuts may be all there is.
    enough = len(clear) >= limits.MANY or any(
        p.height > limits.TALL_CLEAR * min(shape) for p in clear
    )
    height = typical_height(clear if enough else pieces, pen)
    kept = _clear_of_edges(
        [p for p in pieces if not _is_clutter(p, shape, height, pen)], shape, pen
    )
    held = {id(p) for p in kept}
    left_out = [p for p in pieces if id(p) not in held]
    return kept + [part for p in left_out for part in _freed(p, shape, height, pen)]


def _clear_of_edges(kept: list[Piece], shape: Sequence[int], pen: float) -> list[Piece]:
    """Leave out what touches an edge where most keep clear of it: cut-off digits, a frame."""
    inside = [p for p in kept if not p.touches(shape)]
    if len(inside) >= limits.MANY and len(inside) >= 2 * (len(kept) - len(inside)):
        return inside
    strokes = [p for p in kept if not (p.touches(shape) and p.is_straight(pen))]
    # A line at the edge of a picture whose digits keep clear of it is a frame's, seen at a slant.
    # In a tight crop, where it may be a 1, the others touch the edges, too, or nearly.
    above = min((min(p.y, shape[0] - p.bottom) for p in inside), default=0)
    nearest = min((_depth_free(p, shape) for p in strokes), default=0)
    of_height, of_shorter_side = limits.CLEAR_OF_EDGE
    keep_clear = above >= of_height * shape[0] or nearest > of_shorter_side * min(shape)
    return strokes if inside and keep_clear else kept


def _freed(piece: Piece, shape: Sequence[int], height: float, pen: float) -> list[Piece]:
    """Find the digits in a piece that touch what is filled and reaches the edge: a shadow, a thumb.

    Filled is where a disc fits that is wider than any stroke.
    """
    if not piece.touches(shape):
        return []
    # Outside the picture, what is filled goes on; beside the piece there is none.
    above, left = int(piece.y > 0), int(piece.x > 0)
    below, right = int(piece.bottom < shape[0]), int(piece.right < shape[1])
    mask = np.pad(piece.mask, ((above, below), (left, right)))
    radius = limits.BLOT[0] * pen / 2
    filled = _away(mask) > radius
    rim = filled[0], filled[-1], filled[:, 0], filled[:, -1]  # blank beside the piece
    if not any(side.any() for side in rim):
        return []
    rest = mask & (_away(~filled) > radius + limits.ROUGH_EDGE)
    low, high = (size * height for size in limits.SIZES_AT_EDGE)
    x, y = piece.x - left, piece.y - above
    parts = [Piece(p.x + x, p.y + y, p.mask) for p in find_pieces(rest, low)]
    return [
        part
        for part in parts
        if low <= part.height <= high
        and not part.is_straight(pen)
        and not _is_clutter(part, shape, height, pen)
    ]


def _away(mask: np.ndarray) -> np.ndarray:
    """How far each pixel of a mask is from what is not in it, in pixels; (H, W) float32."""
    return cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)


def _surrounds(piece: Piece, shape: Sequence[int]) -> bool:
    """Whether a piece is what lies around the writing: it reaches all sides and fills the rim."""
    if piece.mask.shape != tuple(shape):
        return False
    sides = (piece.mask[0], piece.mask[-1], piece.mask[:, 0], piece.mask[:, -1])
    return bool(np.concatenate(sides).mean() > limits.AROUND)


def _is_blot(piece: Piece, pen: float) -> bool:
    """Whether a piece is a filled disc, as a punched hole is, far wider than any stroke."""
    high, wide = piece.mask.shape
    pens, share = limits.BLOT
    if min(high, wide) < max(pens * pen, share * piece.longest):
        return False
    rows, columns = np.mgrid[:high, :wide]
    disc = np.hypot((2 * rows + 1) / high - 1, (2 * columns + 1) / wide - 1) < 1
    return bool(np.mean(disc == piece.mask) >= share)


def _without_binding(pieces: Sequence[Piece], shape: Sequence[int], pen: float) -> list[Piece]:
    """Leave out the rings or holes of a binding along an edge, and what is farther out.

    They are many, of one size and form, smaller than the digits and close to each other, and
    farther in nothing is next to them. A long number, or the first digits of a column, differ.
    """
    kept = list(pieces)
    for axis, far in product((0, 1), (0, 1)):
        size = np.array([(p.width, p.height) for p in kept]).reshape(-1, 2)
        middle = np.array([(p.x, p.y) for p in kept]).reshape(-1, 2) + size / 2
        away = np.abs(middle[:, axis] - far * shape[1 - axis])
        for first in np.argsort(away)[: limits.MANY]:
            alike = np.abs(size - size[first]) <= limits.RINGS_ALIKE * size[first] + 1
            near = np.abs(away - away[first]) <= size[first, axis] / 2
            rings = [
                k for k in np.flatnonzero(alike.all(axis=1) & near) if _same(kept[k], kept[first])
            ]
            if len(rings) < limits.RINGS:
                continue
            inner = np.max(away[rings] + size[rings, axis] / 2)
            inside = away > inner
            rest = [p for p, is_inside in zip(kept, inside, strict=True) if is_inside]
            apart = np.median(np.diff(np.sort(middle[rings, 1 - axis])))
            free = np.min((away - size[:, axis] / 2)[inside], initial=np.inf) - inner
            small = size[first].max() < limits.DIGIT_SIZE * typical_height(rest, pen)
            if small and free >= size[first, axis] and apart <= 2 * size[first, 1 - axis]:
                kept = rest
                break
    return kept


def _same(piece: Piece, other: Piece) -> bool:
    """Whether two pieces of about one size have one form."""
    scaled = cv2.resize(piece.mask.astype(np.uint8), other.mask.shape[::-1])
    return bool(np.mean((scaled > 0) == other.mask) >= limits.SAME_FORM)


def _depth_free(piece: Piece, shape: Sequence[int]) -> int:
    """Pixels between a piece and the nearest edge."""
    return min(piece.x, piece.y, shape[1] - piece.right, shape[0] - piece.bottom)


def _is_clutter(piece: Piece, shape: Sequence[int], height: float, pen: float) -> bool:
    """Tell whether a piece is no writing: an edge, a frame, what is cut off by the picture."""
    high, wide = piece.height, piece.width
    rim = max(1, round(limits.RIM * min(shape)))
    for start, stop, side, along in (
        (piece.x, piece.right, shape[1], high),
        (piece.y, piece.bottom, shape[0], wide),
    ):
        depth = stop if start <= rim else side - start if stop >= side - rim else side
        if depth < limits.DEEP * height and along > limits.ALONG_EDGE * height:
            return True
    if not piece.touches(shape):
        return False
    # What the page lies on is no stroke, but filled; what the picture cuts off is too small.
    ink = int(piece.mask.sum())
    dense = (
        ink > limits.FILLED_PENS * pen * piece.longest and ink > limits.FILLED_SHARE * high * wide
    )
    filled = dense and piece.longest > height
    low, large = (size * height for size in limits.SIZES_AT_EDGE)
    return filled or wide > large or not low <= high <= large
