"""Printed frames and boxes: rectangles with something in them, and their sides.

H and W are the rows and columns of a picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, product

import cv2
import numpy as np

from digitrec.reading import limits
from digitrec.reading.pieces import Piece, find_pieces, typical_height


def boxes(mask: np.ndarray, pen: float) -> np.ndarray:
    """Find frames: ink around a hole that is a rectangle and has other ink in it.

    The hull of the hole fills ``BOX_FILLED`` of the least rectangle around it, as no loop of a
    digit does; strokes that reach in from the frame do not matter to a hull. Empty boxes count
    beside filled ones.

    Parameters
    ----------
    mask : (H, W) bool
        Where ink is.
    pen : its width in pixels

    Returns
    -------
    (H, W) bool
    """
    found = np.zeros_like(mask)
    outside = np.pad(~mask, 1, constant_values=True).astype(np.uint8)
    contours, tree = cv2.findContours(outside, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    hulls, filled = [], []
    for number, contour in enumerate(contours):
        x, y, *size = cv2.boundingRect(contour)
        # A hole's outline has no parent; its children are the ink in it.
        if tree[0, number, 3] != -1 or (x == 0 and y == 0) or min(size) < limits.BOX_PENS * pen:
            continue
        hull = cv2.convexHull(contour)
        _, rectangle, _ = cv2.minAreaRect(hull)
        area = cv2.contourArea(hull)
        if area < limits.BOX_FILLED * rectangle[0] * rectangle[1]:
            continue
        hulls.append(hull - 1)  # the padding
        filled.append(tree[0, number, 2] != -1)
    # Squared paper has far more empty squares: its lines are rules, and digits cross them.
    if not any(filled) or (len(filled) > limits.MANY and np.mean(filled) < limits.BOXES_IN_USE):
        return found
    for hull in hulls:
        found |= _frame(mask, hull, pen)
    return found


def _frame(mask: np.ndarray, hull: np.ndarray, pen: float) -> np.ndarray:
    """Return the ink around a rectangular hole: outwards as far as most of a ring is ink."""
    x, y, wide, high = cv2.boundingRect(hull)
    margin = round(4 * pen) + 3
    left, top = max(0, x - margin), max(0, y - margin)
    part = mask[top : y + high + margin, left : x + wide + margin]
    hole = np.zeros(part.shape, np.uint8)
    cv2.fillPoly(hole, [np.asarray(hull - (left, top), np.int32)], 1)
    away = cv2.distanceTransform(1 - hole, cv2.DIST_L2, cv2.DIST_MASK_3)
    thick = 1
    while thick < 4 * pen:
        ring = np.abs(away - thick) < 0.5
        if 2 * part[ring].sum() < ring.sum():  # none is left where the picture ends
            break
        thick += 1
    # The frame's inner edge is rough; what is connected to ink farther in is a stroke.
    reach = 2 * limits.ROUGH_EDGE + 1
    core = cv2.erode(hole, np.ones((reach, reach), np.uint8)) > 0
    farther = np.ones((reach + 2, reach + 2), np.uint8)
    strokes = cv2.dilate((part & core).astype(np.uint8), farther) > 0
    rough = (hole > 0) & ~core & ~strokes
    found = np.zeros_like(mask)
    whole = found[top : y + high + margin, left : x + wide + margin]
    whole |= part & (((away > 0) & (away <= thick + limits.RULE_EDGE)) | rough)
    return found


def sides(mask: np.ndarray, rules: np.ndarray, pen: float) -> np.ndarray:
    """Find the sides of boxes: straight pieces from rule to rule, and the teeth of combs.

    Parameters
    ----------
    mask : (H, W) bool
        Where ink is, the rules that were found left out.
    rules : (H, W) bool
    pen : its width in pixels

    Returns
    -------
    (H, W) bool
    """
    found = np.zeros_like(mask)
    near, about = (
        cv2.dilate(rules.astype(np.uint8), np.ones((reach, reach), np.uint8)) > 0
        for reach in (round(2 * pen) | 1, round(2 * max(pen, limits.SOFT_EDGE)) | 1)
    )
    strokes: list[Piece] = []
    others: list[Piece] = []
    for piece in find_pieces(mask, limits.TELLS_HEIGHT * pen):
        # Only what is longer than wide may be a side: that is soon seen.
        slender = piece.longest / min(piece.width, piece.height)
        if slender < limits.TOOTH or not piece.is_straight(pen, limits.TOOTH):
            others.append(piece)
        # Both ends of a short one are near one rule, and a 1 that leans is no side.
        elif piece.longest > 4 * pen and slender >= 4 and all(_held(piece, near)):
            piece.draw(found)
        elif piece.height > piece.width:
            strokes.append(piece)
        else:
            others.append(piece)
    if not others:
        return found
    usual = typical_height(others, pen)
    # About as high as the digits they may be 1s. The sides of a sheet are much higher, and a little
    # apart from its upper and lower edge. A tooth is much higher; or it stands on a rule, and the
    # digits do not, or are much higher.
    for piece in strokes:
        if limits.DIGIT_SIZE * piece.height > usual and all(_held(piece, about)):
            piece.draw(found)
    on_rule = [near[p.y : p.bottom, p.x : p.right][p.mask].any() for p in others]
    short = limits.DIGIT_SIZE if 2 * sum(on_rule) > len(on_rule) else np.inf
    strokes = [
        piece
        for piece in strokes
        if limits.DIGIT_SIZE * piece.height > usual
        or (piece.height < short * usual and any(_held(piece, near)))
    ]
    while teeth := _comb(strokes, others):
        for piece in teeth:
            piece.draw(found)
        strokes = [piece for piece in strokes if all(piece is not tooth for tooth in teeth)]
    return found


def _held(piece: Piece, near: np.ndarray) -> list[bool]:
    """Whether each end of a straight piece is near rules, (H, W) bool."""
    rows, columns = np.nonzero(piece.mask)
    along = rows if piece.height > piece.width else columns
    ends = (along <= along.min() + 1, along >= along.max() - 1)
    return [bool(near[rows[end] + piece.y, columns[end] + piece.x].any()) for end in ends]


def _comb(strokes: Sequence[Piece], others: Sequence[Piece]) -> list[Piece]:
    """Find the most upright strokes of one height, in a row, at one distance: a comb's teeth.

    Between most of them stand others, which are no strokes: a row of 1s has nothing there, or 1s.
    Empty where there are not ``EQUAL_SIDES`` such.
    """
    strokes = sorted(strokes, key=lambda piece: piece.x)
    x, y = np.array([(p.x + p.width / 2, p.y + p.height / 2) for p in strokes]).reshape(-1, 2).T
    high = np.array([piece.height for piece in strokes])
    best: list[Piece] = []
    for apart, first in product(range(1, limits.MANY), range(len(strokes))):
        second = first + apart
        if second >= len(strokes) or x[second] == x[first]:
            continue
        steps = (x - x[first]) / (x[second] - x[first])
        row = y[first] + steps * (y[second] - y[first])
        about = limits.ALIKE * high[first] + 1
        alike = (np.abs(y - row) <= about) & (np.abs(high - high[first]) <= about)
        regular = alike & (np.abs(steps - np.rint(steps)) <= limits.ALIKE)
        teeth = [strokes[k] for k in np.flatnonzero(regular)]
        if len(teeth) < max(limits.EQUAL_SIDES, len(best) + 1):
            continue
        gaps = list(pairwise(teeth))
        digits = sum(_between(gap, others) for gap in gaps)
        # Of a row of 1s every other one is regular, too.
        like_teeth = [strokes[k] for k in np.flatnonzero(alike)]
        ones = sum(_between(gap, like_teeth) for gap in gaps)
        complete = len(teeth) > limits.TEETH_SEEN * (1 + np.ptp(np.rint(steps[regular])))
        if complete and digits >= limits.GAPS_USED * len(gaps) and digits > ones:
            best = teeth
    return best


def _between(pair: tuple[Piece, Piece], pieces: Sequence[Piece]) -> bool:
    """Whether one of the pieces stands between two, or less than its height above or below."""
    left, right = pair
    return any(
        left.right <= p.x + p.width / 2 <= right.x
        and max(p.y, left.y) - min(p.bottom, left.bottom) < p.height
        for p in pieces
    )
