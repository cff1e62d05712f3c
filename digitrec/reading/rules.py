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
    BOX_FILLED,
    BOX_PENS,
    EQUAL_SIDES,
    SIDE_HEIGHT,
    STANDING_ON_RULE,
)
from digitrec.reading.pieces import find_pieces, weighted_median


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
        hulls.append(hull - 1)  # the padding
        sides_.append(min(rectangle))
        # A digit in it, or one that hangs from the frame.
        filled.append(inside > 0.2 or cv2.contourArea(contour) < 0.9 * area)
    if not any(filled):
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
    cv2.fillPoly(hole, [np.int32(hull - (left, top))], 1)
    away = cv2.distanceTransform(1 - hole, cv2.DIST_L2, 3)
    thick = 1
    while thick < 4 * pen and part[np.abs(away - thick) < 0.5].mean() >= 0.5:
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
    straight, others = [], []
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
    height, width = mask.shape
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
    first, last = runs(mask)
    length = last - first + 1
    thin = mask & (length <= (1.5 * thickness + 1 if thickness else 1.6 * pen + 2))
    segments = cv2.HoughLinesP(
        thin.astype(np.uint8),
        rho=1,
        theta=np.radians(0.5),
        threshold=max(8, int(0.3 * least)),
        minLineLength=0.95 * least,
        maxLineGap=gap,
    )
    if segments is None:
        return found
    # A rule bends a little on a page that is not flat, and Hough's angles are half degrees.
    reach = round(pen + 0.002 * width)
    ends = segments.reshape(-1, 4)[:500].astype(float)
    ends = np.where(ends[:, :1] > ends[:, 2:3], ends[:, [2, 3, 0, 1]], ends)
    along, across = ends[:, 2] - ends[:, 0], ends[:, 3] - ends[:, 1]
    ends = ends[np.abs(across) <= 0.36 * along]
    if not len(ends):
        return found
    columns = np.arange(width)
    traced = _follow(thin, mask, _distinct(ends, reach), reach)
    for rows, seen in zip(*traced, strict=True):
        inside = seen & (rows >= 0) & (rows <= height - 1)
        on = columns[inside]
        if len(on) < least:
            continue
        middle = np.rint(rows[on]).astype(int)
        near = np.clip(middle[None] + np.arange(-reach, reach + 1)[:, None], 0, height - 1)
        hit = thin[near, on]  # (2 reach + 1, n)
        inked = mask[near, on].any(axis=0)
        least_free = STANDING_ON_RULE if thickness else 0.5
        if inked.mean() < 0.8 or hit.any(axis=0).mean() < least_free:
            continue
        # The runs of ink that lie within the rule; a stroke's run sticks out of it.
        thick = float(np.median(length[near, on][hit]))
        band = 0.5 * thick + 1.5
        within = (first[near, on] >= rows[on] - band) & (last[near, on] <= rows[on] + band)
        erased = mask[near, on] & within
        found[near[erased], np.broadcast_to(on, near.shape)[erased]] = True
    return found


def _distinct(ends: np.ndarray, reach: float) -> np.ndarray:
    """Leave out segments that lie on a longer one's line; (R, 4) → (R', 4), x0 < x1."""
    ends = ends[np.argsort(ends[:, 0] - ends[:, 2], kind="stable")]
    slopes = (ends[:, 3] - ends[:, 1]) / np.maximum(1, ends[:, 2] - ends[:, 0])
    kept: list[int] = []
    for number, (x0, y0, x1, y1) in enumerate(ends):
        start = ends[kept, 1] + slopes[kept] * (x0 - ends[kept, 0]) - y0
        stop = ends[kept, 1] + slopes[kept] * (x1 - ends[kept, 0]) - y1
        if not ((np.abs(start) <= reach) & (np.abs(stop) <= reach)).any():
            kept.append(number)
    return ends[kept]


def _follow(
    thin: np.ndarray, mask: np.ndarray, ends: np.ndarray, reach: int
) -> tuple[np.ndarray, np.ndarray]:
    """Follow rules from where they were seen to where they end, bends included.

    From block to block of columns, both ways: the next block's middle is where the last one's
    slope leads, corrected by the median of what short runs are found there. Strokes that
    cross or touch the rule are few in a block, and gaps no longer than two blocks are passed over.

    Parameters
    ----------
    thin : (H, W) bool
        Ink in short runs across.
    mask : (H, W) bool
        All ink.
    ends : (R, 4) float
        Segments x0, y0, x1, y1 with x0 < x1.
    reach : a rule is sought so many rows above and below

    Returns
    -------
    rows : (R, W) float
        The rules' middles.
    seen : (R, W) bool
        From each rule's first block to its last.
    """
    width = mask.shape[1]
    count = len(ends)
    block = max(12, width // 40)
    blocks = -(-width // block)
    at = block * (np.arange(blocks) + 0.5)  # the middles of the blocks
    slopes = (ends[:, 3] - ends[:, 1]) / (ends[:, 2] - ends[:, 0])
    nodes = ends[:, 1:2] + slopes[:, None] * (at - ends[:, :1])  # (R, blocks)
    present = np.zeros((count, blocks), bool)
    start = np.clip((ends[:, 0] + ends[:, 2]) // (2 * block), 0, blocks - 1).astype(int)
    for direction in (1, -1):
        slope = slopes.copy()
        missed = np.zeros(count, int)
        row = nodes[np.arange(count), start]
        for k in range(blocks):
            here = start + direction * k
            live = np.flatnonzero((here >= 0) & (here < blocks) & (missed <= 2))
            if not len(live):
                break
            place = here[live]
            columns = place[:, None] * block + np.arange(block)  # (r, block)
            expected = row[live, None] + slope[live, None] * (columns - at[place, None])
            error, inked = _off_the_rule(thin, mask, columns, expected, reach)
            there = inked >= 0.6
            row[live] += np.where(there, 0.7 * error, 0)
            slope[live] += np.where(there, 0.15 * direction * error / block, 0)
            nodes[live, place] = row[live]
            present[live, place] = there
            missed[live] = np.where(there, 0, missed[live] + 1)
            row[live] += slope[live] * block * direction
    # Once more, now that the way is known: without the lag of following.
    columns = np.arange(width)
    for _ in range(2):
        rows = np.stack([_interpolate(columns, at, line) for line in nodes])  # (R, W)
        for place in range(blocks):
            on = np.arange(place * block, min(width, (place + 1) * block))
            nodes[:, place] += _off_the_rule(thin, mask, on[None], rows[:, on], reach)[0]
    seen = np.zeros((count, width), bool)
    for number in range(count):
        found = np.flatnonzero(present[number])
        if len(found):
            seen[number, found[0] * block : (found[-1] + 1) * block] = True
    return rows, seen


def _interpolate(x: np.ndarray, at: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Linear interpolation, and extrapolation by the first and the last slope; (n,) float."""
    if len(at) < 2:
        return np.full(len(x), values[0])
    right = np.clip(np.searchsorted(at, x), 1, len(at) - 1)
    slope = (values[right] - values[right - 1]) / (at[right] - at[right - 1])
    return values[right - 1] + slope * (x - at[right - 1])


def _off_the_rule(
    thin: np.ndarray,
    mask: np.ndarray,
    columns: np.ndarray,
    expected: np.ndarray,
    reach: int,
) -> tuple[np.ndarray, np.ndarray]:
    """How far the short runs near an expected rule are from it, and how much of it is inked.

    Parameters
    ----------
    thin, mask : (H, W) bool
    columns, expected : (r, n)
        Where the rules are expected.
    reach : rows

    Returns
    -------
    error : (r,) float
        The median, in rows; 0 where too few runs are found.
    inked : (r,) float
        Share of the columns with any ink.
    """
    height, width = mask.shape
    offsets = np.array(sorted(range(-reach, reach + 1), key=abs))
    rows = np.rint(expected).astype(int)[..., None] + offsets  # (r, n, 2 reach + 1)
    inside = (rows >= 0) & (rows < height) & (columns < width)[..., None]
    rows = np.clip(rows, 0, height - 1)
    columns = np.minimum(columns, width - 1)[..., None]
    short = thin[rows, columns] & inside
    amount = short.sum(axis=2)  # a run's middle is the mean of its rows
    middle = (short * offsets).sum(axis=2) / np.maximum(amount, 1)
    hit = amount > 0
    off = np.where(hit, middle + np.rint(expected) - expected, np.inf)
    hits = hit.sum(axis=1)
    median = np.sort(off, axis=1)[np.arange(len(off)), hits // 2]
    enough = hits >= max(3, 0.25 * off.shape[1])
    error = np.where(enough, np.where(np.isfinite(median), median, 0), 0)
    return error, (mask[rows, columns] & inside).any(axis=2).mean(axis=1)


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
