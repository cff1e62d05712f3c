"""Ink that is printed rather than written: rules, frames, the sides of boxes.

Three kinds, each found by what it is and no digit can be: a straight line far longer than writing
(``long_rules``), a rectangle with something in it (``boxes``), and straight strokes of one height
between rules or in a row, higher than what stands beside them (``sides``).

H and W are the rows and columns of a picture; a *run* is ink without a gap in one column.
"""

from __future__ import annotations

import cv2
import numpy as np

from digitrec.reading.boxes import boxes, sides
from digitrec.reading.limits import (
    BEND,
    MOST_FAILED,
    MOST_RULES,
    STANDING_ON_RULE,
    STEEPEST_RULE,
    VOTES,
)
from digitrec.reading.pieces import thickness, weighted_median


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


def long_rules(mask: np.ndarray, pen: float) -> np.ndarray:
    """Find printed lines, level and upright, also on a page that is turned by up to 15°.

    Where a line crosses a stroke, the stroke's run of ink across the line is long; elsewhere it is
    as long as the line is thick. So the middles of the short runs are taken; many of them on one
    straight line (by Hough's transform), hardly broken and far longer than writing, are a rule.

    Parameters
    ----------
    mask : (H, W) bool
        Where ink is.
    pen : its width in pixels

    Returns
    -------
    (H, W) bool
        The rules' pixels, without the strokes that cross them.

    References
    ----------
    :cite:t:`duda1972`.
    """
    found = np.zeros_like(mask)
    thick = 0.0
    for _ in range(4):
        left = mask & ~found
        writing = _writing_size(left, pen)
        new = _level_rules(left, pen, writing, thick)
        new |= _level_rules(left.T, pen, writing, thick).T
        if not new.any():
            break
        found |= new
        # What looked like the pen may have been the squares. And where there are rules, shorter
        # pieces just as thin are rules, too: what is left between the digits.
        pen = thickness(mask & ~found)
        thick = thickness(found)
    return found


def _level_rules(mask: np.ndarray, pen: float, writing: float, known: float) -> np.ndarray:
    """Find the rules that are nearly level; (H, W) bool → (H, W) bool.

    ``known`` is the thickness of the rules already found, 0 for none.
    """
    height, width = mask.shape
    found = np.zeros_like(mask)
    # Longer than four digits side by side, and a good part of the page; or across all of it.
    across = max(0.85 * width, 1.1 * writing)
    least = min(across, max(0.3 * width, 40 * pen, 4 * writing))
    if known:
        least = min(least, max(0.1 * width, 2 * writing, 15 * known))
    # Where the page has shown rules, they may be hidden under a digit that stands on them.
    gap = max(4 * pen, 0.02 * width, 1.2 * writing if known else 0)
    # Most pictures have nothing so long, gaps included: that is seen sooner than lines are found.
    linked = cv2.dilate(mask.astype(np.uint8), np.ones((3, round(gap) | 1), np.uint8))
    *_, stats, _ = cv2.connectedComponentsWithStats(linked, connectivity=8)
    if stats[1:, cv2.CC_STAT_WIDTH].max(initial=0) < 0.95 * least:
        return found
    least_free = least * (STANDING_ON_RULE if known else 0.5)
    first, last = runs(mask)
    length = last - first + 1
    points = mask & (length <= (1.5 * known + 1 if known else 1.6 * pen + 2))
    points &= (first + last) // 2 == np.arange(height)[:, None]  # one in each run
    thick = float(np.median(length[points])) if points.any() else 1.0
    x, y = np.nonzero(points.T)  # from left to right
    failed = 0
    for rows in _straight_lines(points, least):
        close = np.abs(y - rows[x]) <= 0.5 * thick + 2 + BEND * width
        if close.sum() < least_free:
            continue
        failed += 1
        if failed > MOST_FAILED:  # the likeliest came first
            break
        curve = _followed(x[close], y[close], rows)
        top = max(0, int(curve.min() - thick) - 2)
        band = slice(top, int(curve.max() + thick) + 3)
        away = np.abs(np.arange(height)[band, None] - curve)
        inked = np.flatnonzero((mask[band] & (away <= 0.5 * thick + 2)).any(axis=0))
        for part in np.split(inked, np.flatnonzero(np.diff(inked) > gap) + 1):
            if len(part) < 0.9 * least:
                continue
            place = band, slice(part[0], part[-1] + 1)
            near = away[:, place[1]] <= 0.5 * thick + 2
            own = points[place] & near
            if not _is_rule(own, length[place], len(part), least, least_free / least):
                continue
            # A run of ink within the rule is the rule's; a stroke's run sticks out of it.
            out = 0.5 * thick + 1.5
            within = first[place] >= curve[place[1]] - out
            within &= last[place] <= curve[place[1]] + out
            found[place] |= mask[place] & near & within
            points[place] &= ~near
            failed = 0
            left = points[y, x]
            x, y = x[left], y[left]
    return found


def _straight_lines(points: np.ndarray, least: float) -> list[np.ndarray]:
    """Find straight lines that many points lie on, nearly level, the likeliest first.

    (H, W) bool → each line's row in each column, (W,) float.
    """
    level = np.pi / 2
    votes = max(8, int(VOTES * least))
    lines = cv2.HoughLines(
        points.astype(np.uint8),
        1,
        np.radians(0.25),
        votes,
        min_theta=level - STEEPEST_RULE,
        max_theta=level + STEEPEST_RULE,
    )
    columns = np.arange(points.shape[1])
    return [
        (distance - columns * np.cos(angle)) / np.sin(angle)
        for distance, angle in ([] if lines is None else lines[:MOST_RULES, 0].astype(float))
    ]


def _is_rule(
    own: np.ndarray, length: np.ndarray, inked: int, least: float, least_free: float
) -> bool:
    """Whether points, (h, w) bool, are a rule: long, hardly broken, free of writing, even.

    ``length`` is that of the run through each pixel; ``inked`` how many columns have ink;
    ``least`` how many a rule has, and ``least_free`` which share of them with a point.
    """
    free = np.flatnonzero(own.any(axis=0))  # what only crosses it does not make it longer
    span = int(np.ptp(free)) + 1 if len(free) else 0
    if span < least or inked < 0.8 * span or len(free) < least_free * span:
        return False
    # A filled edge that tapers is no rule.
    low, usual, high = np.percentile(length[own], (20, 50, 80))
    return bool(high - low <= 0.6 * usual + 1)


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
