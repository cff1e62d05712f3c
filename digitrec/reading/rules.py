"""Ink that is printed rather than written: rules, frames, the sides of boxes.

Three kinds, each found by what it is and no digit can be: a straight line far longer than writing
(``long_rules``), a rectangle with something in it (``boxes``), and straight strokes of one height
between rules or in a row, higher than what stands beside them (``sides``).

H and W are the rows and columns of a picture; a *run* is ink without a gap in one column.
"""

from __future__ import annotations

import cv2
import numpy as np

from digitrec.reading.limits import (
    BEND,
    BOX_FILLED,
    BOX_PENS,
    EQUAL_SIDES,
    MANY,
    MOST_FAILED,
    MOST_RULES,
    SIDE_HEIGHT,
    STANDING_ON_RULE,
    STEEPEST_RULE,
    VOTES,
)
from digitrec.reading.pieces import Piece, find_pieces, weighted_median


def find_rules(mask: np.ndarray, pen: float) -> np.ndarray:
    """Find rules, frames and the sides of boxes.

    Parameters
    ----------
    mask : (H, W) bool
        Where ink is.
    pen : its width in pixels

    Returns
    -------
    (H, W) bool
        Their pixels, without the strokes that cross them.
    """
    found = boxes(mask, pen)
    found |= long_rules(mask & ~found, pen)
    return found | sides(mask & ~found, found, pen)


def boxes(mask: np.ndarray, pen: float) -> np.ndarray:
    """Find frames: ink around a hole that is a rectangle and has other ink in it.

    The hull of the hole fills ``BOX_FILLED`` of the least rectangle around it, as no loop of a
    digit does; strokes that reach in from the frame do not matter to a hull. Empty boxes count
    beside filled ones of their size.

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
    hulls, sides_, filled = [], [], []
    for number, contour in enumerate(contours):
        x, y, *size = cv2.boundingRect(contour)
        # A hole's outline has no parent; its children are the ink in it.
        if tree[0, number, 3] != -1 or (x == 0 and y == 0) or min(size) < BOX_PENS * pen:
            continue
        hull = cv2.convexHull(contour)
        _, rectangle, _ = cv2.minAreaRect(hull)
        area = cv2.contourArea(hull)
        if area < BOX_FILLED * rectangle[0] * rectangle[1]:
            continue
        inside, child = 0.0, tree[0, number, 2]
        while child != -1:
            inside = max(inside, cv2.boundingRect(contours[child])[3] / size[1])
            child = tree[0, child, 0]
        if area > 0.5 * mask.size:  # a sheet: all around it is the table
            sheet = cv2.fillPoly(np.zeros(mask.shape, np.uint8), [hull - 1], 1)
            found |= (mask & (sheet == 0)) | _frame(mask, hull - 1, pen)
            continue
        hulls.append(hull - 1)  # the padding
        sides_.append(min(rectangle))
        # A digit in it, or one that hangs from the frame.
        filled.append(inside > 0.2 or cv2.contourArea(contour) < 0.9 * area)
    # Squared paper has far more empty squares: its lines are rules, and digits cross them.
    if not any(filled) or (len(filled) > MANY and np.mean(filled) < 0.5):
        return found
    usual = float(np.median(np.array(sides_)[filled]))
    for hull, side, full in zip(hulls, sides_, filled, strict=True):
        if full or 0.7 * usual <= side <= 1.4 * usual:
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
    away = cv2.distanceTransform(1 - hole, cv2.DIST_L2, 3)
    thick = 1
    while thick < 4 * pen:
        ring = np.abs(away - thick) < 0.5
        if 2 * part[ring].sum() < ring.sum():  # none is left where the picture ends
            break
        thick += 1
    # The frame's inner edge is rough; what is connected to ink farther in is a stroke.
    core = cv2.erode(hole, np.ones((5, 5), np.uint8)) > 0
    strokes = cv2.dilate((part & core).astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    rough = (hole > 0) & ~core & ~strokes
    found = np.zeros_like(mask)
    whole = found[top : y + high + margin, left : x + wide + margin]
    whole |= part & (((away > 0) & (away <= thick + 1.5)) | rough)
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
            if max(abs(other.y - piece.y), abs(other.bottom - piece.bottom))
            <= 0.08 * piece.height + 1
        ]
        if held or (len(alike) >= EQUAL_SIDES and piece.height > SIDE_HEIGHT * usual):
            piece.draw(found)
    return found


def _thickness(mask: np.ndarray) -> float:
    """Width of the strokes in a mask: twice the distance to the edge along their middles."""
    if not mask.any():
        return 0.0
    distance = cv2.distanceTransform(np.pad(mask, 1).astype(np.uint8), cv2.DIST_L2, 5)
    ridge = (distance > 0) & (distance >= cv2.dilate(distance, np.ones((3, 3))))
    return max(1.0, 2 * float(np.median(distance[ridge])) - 0.5)


def long_rules(mask: np.ndarray, pen: float) -> np.ndarray:
    """Find printed lines, level and upright, also on a page that is turned by up to 15°.

    Where a line crosses a stroke, the stroke's run of ink across the line is long; elsewhere it is
    as long as the line is thick. So the short runs are taken, linked over the crossings, and
    a chain of them that is straight, hardly broken and far longer than writing is a rule.

    Parameters
    ----------
    mask : (H, W) bool
        Where ink is.
    pen : its width in pixels

    Returns
    -------
    (H, W) bool
        The rules' pixels, without the strokes that cross them.
    """
    found = np.zeros_like(mask)
    thickness = 0.0
    for _ in range(4):
        left = mask & ~found
        writing = _writing_size(left, pen)
        new = _level_rules(left, pen, writing, thickness)
        new |= _level_rules(left.T, pen, writing, thickness).T
        if not new.any():
            break
        found |= new
        # What looked like the pen may have been the squares. And where there are rules, shorter
        # pieces just as thin are rules, too: what is left between the digits.
        pen = _thickness(mask & ~found)
        thickness = _thickness(found)
    return found


def _level_rules(mask: np.ndarray, pen: float, writing: float, thickness: float) -> np.ndarray:
    """Find the rules that are nearly level; (H, W) bool → (H, W) bool.

    ``thickness`` is that of the rules already found, 0 for none.
    """
    width = mask.shape[1]
    found = np.zeros_like(mask)
    # Longer than four digits side by side, and a good part of the page; or across all of it.
    across = max(0.85 * width, 1.1 * writing)
    least = min(across, max(0.3 * width, 40 * pen, 4 * writing))
    if thickness:
        least = min(least, max(0.1 * width, 2 * writing, 15 * thickness))
    # Where the page has shown rules, they may be hidden under a digit that stands on them.
    gap = max(4 * pen, 0.02 * width, 1.2 * writing if thickness else 0)
    # Most pictures have nothing so long, gaps included: that is seen sooner than lines are found.
    linked = cv2.dilate(mask.astype(np.uint8), np.ones((3, round(gap) | 1), np.uint8))
    *_, stats, _ = cv2.connectedComponentsWithStats(linked, connectivity=8)
    if stats[1:, cv2.CC_STAT_WIDTH].max(initial=0) < 0.95 * least:
        return found
    least_free = STANDING_ON_RULE if thickness else 0.5
    first, last = runs(mask)
    length = last - first + 1
    thin = mask & (length <= (1.5 * thickness + 1 if thickness else 1.6 * pen + 2))
    middle = (first + last) // 2 == np.arange(len(mask))[:, None]
    points = thin & middle  # one in each run
    thick = float(np.median(length[points])) if points.any() else 1.0
    votes = max(8, int(VOTES * least))
    level = np.pi / 2
    lines = cv2.HoughLines(
        points.astype(np.uint8), 1, np.radians(0.25), votes,
        min_theta=level - STEEPEST_RULE, max_theta=level + STEEPEST_RULE,
    )  # fmt: skip
    x, y = np.nonzero(points.T)  # from left to right
    failed = 0
    for distance, angle in [] if lines is None else lines[:MOST_RULES, 0].astype(float):
        if failed == MOST_FAILED:  # the likeliest come first
            break
        rows = (distance - np.arange(width) * np.cos(angle)) / np.sin(angle)
        close = np.abs(y - rows[x]) <= 0.5 * thick + 2 + BEND * width
        if close.sum() < least_free * least:
            continue
        failed += 1
        curve = _followed(x[close], y[close], rows)
        top, bottom = max(0, int(curve.min() - thick) - 2), int(curve.max() + thick) + 3
        band = slice(top, bottom)
        near = np.abs(np.arange(top, min(bottom, len(mask)))[:, None] - curve) <= 0.5 * thick + 2
        inked = np.flatnonzero((mask[band] & near).any(axis=0))
        for part in np.split(inked, np.flatnonzero(np.diff(inked) > gap) + 1):
            if len(part) < 0.9 * least:
                continue
            place = slice(part[0], part[-1] + 1)
            own = points[band, place] & near[:, place]
            free = np.flatnonzero(own.any(axis=0))  # what only crosses it does not make it longer
            span = int(np.ptp(free)) + 1 if len(free) else 0
            if span < least or len(part) < 0.8 * span or len(free) < least_free * span:
                continue
            # A filled edge that tapers is no rule.
            if np.ptp(np.percentile(length[band, place][own], (20, 80))) > 0.6 * thick + 1:
                continue
            # A run of ink within the rule is the rule's; a stroke's run sticks out of it.
            out = 0.5 * thick + 1.5
            within = first[band, place] >= curve[place] - out
            within &= last[band, place] <= curve[place] + out
            found[band, place] |= mask[band, place] & near[:, place] & within
            points[band, place] &= ~near[:, place]
            failed = 0
            left = points[y, x]
            x, y = x[left], y[left]
    return found


def _followed(x: np.ndarray, y: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Follow a line along the points near it, so that it bends as the page does.

    Parameters
    ----------
    x, y : (N,) integer
        The points' columns, ascending, and rows.
    rows : (W,) float
        The line's row in each column.

    Returns
    -------
    (W,) float
        The running median of the points' rows.
    """
    away = y - rows[x]
    window = min(max(12, len(x) // 20), len(x) - 1)
    padded = np.pad(away, window, mode="reflect")
    smooth = np.median(np.lib.stride_tricks.sliding_window_view(padded, 2 * window + 1), axis=1)
    return np.asarray(rows + np.interp(np.arange(len(rows)), x, smooth))


def _writing_size(mask: np.ndarray, pen: float) -> float:
    """Typical longer side of pieces of ink that could be writing; 0 if there are none."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    high, wide = stats[1:, cv2.CC_STAT_HEIGHT], stats[1:, cv2.CC_STAT_WIDTH]
    left, top = stats[1:, cv2.CC_STAT_LEFT], stats[1:, cv2.CC_STAT_TOP]
    sides = (left == 0).astype(int) + (left + wide == mask.shape[1])
    sides += (top == 0).astype(int) + (top + high == mask.shape[0])
    # In a tight crop every digit touches a side; squares touch all four.
    likely = (high >= 3 * pen) & (wide <= 2 * high) & (sides < 4)
    if (likely & (sides == 0)).any():
        likely &= sides == 0
    else:
        likely &= wide > 0.2 * high  # no rules
    return weighted_median(high[likely], high[likely])


def runs(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First and last row of the vertical run of ink through each pixel.

    Parameters
    ----------
    mask : (H, W) bool
        Where ink is.

    Returns
    -------
    first, last : (H, W) int16 or int32
        Without meaning where there is no ink.
    """
    height = len(mask)
    kind = np.int16 if height < 2**15 else np.int32
    rows = np.arange(height, dtype=kind)[:, None]
    after_gap = np.where(mask, kind(-1), rows)  # the last row without ink, so far
    before_gap = np.where(mask, kind(height), rows)
    first = np.maximum.accumulate(after_gap, axis=0) + kind(1)
    last = np.minimum.accumulate(before_gap[::-1], axis=0)[::-1] - kind(1)
    return first, last
