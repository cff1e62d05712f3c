"""Printed frames and boxes: rectangles with something in them, and their sides.

H and W are the rows and columns of a picture.
"""

from __future__ import annotations

import cv2
import numpy as np

from digitrec.reading import limits
from digitrec.reading.pieces import Piece, find_pieces


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
    """Find the sides of boxes: straight pieces from rule to rule, or several of one height.

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
    reach = round(2 * pen) | 1
    near = cv2.dilate(rules.astype(np.uint8), np.ones((reach, reach), np.uint8)) > 0
    straight: list[Piece] = []
    others: list[Piece] = []
    for piece in find_pieces(mask, 4 * pen):
        # Only what is far longer than wide may be a side: that is soon seen.
        slender = 4 * min(piece.width, piece.height) <= max(piece.width, piece.height)
        (straight if slender and piece.is_straight(pen) else others).append(piece)
    usual = float(np.median([piece.height for piece in others])) if others else np.inf
    for piece in straight:
        rows, columns = np.nonzero(piece.mask)
        along = rows if piece.height > piece.width else columns
        ends = (along <= along.min() + 1, along >= along.max() - 1)
        held = all(near[rows[end] + piece.y, columns[end] + piece.x].any() for end in ends)
        alike = [
            other
            for other in straight
            if max(abs(other.y - piece.y), abs(other.bottom - piece.bottom)) <= 1
        ]
        if held or (len(alike) >= limits.EQUAL_SIDES and piece.height > usual):
            piece.draw(found)
    return found
