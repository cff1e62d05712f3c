"""Ink that is printed rather than written: rules, frames, the sides of boxes.

Three kinds, each found by what it is and no digit can be: a straight line far longer than writing
(``long_rules``), a rectangle with something in it (``boxes``), and straight strokes from rule to
rule, or in a comb: several of one height at one distance, with digits between (``sides``).

H and W are the rows and columns of a picture; a *run* is ink without a gap in one column.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from digitrec.reading import limits
from digitrec.reading.boxes import boxes, sides
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
    """Find printed lines, level and upright, also on a page that is turned by up to 20°.

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
    known = 0.0  # thickness of the rules already found
    for _ in range(4):
        left = mask & ~found
        writing = _writing_size(left, pen)
        new = _level_rules(left, pen, writing, known)
        new |= _level_rules(left.T, pen, writing, known).T
        if not new.any():
            break
        found |= new
        # What looked like the pen may have been the squares. And where there are rules, shorter
        # pieces just as thin are rules, too: what is left between the digits.
        pen = thickness(mask & ~found)
        known = thickness(found)
    return found


@dataclass(frozen=True)
class _Sizes:
    """What a rule of a page is, in pixels.

    Attributes
    ----------
    length : float
        It is no shorter.
    gap : float
        It is nowhere interrupted for longer.
    free : float
        Share of its length on which no stroke stands, at least.
    thick : float
        It is no thicker.
    """

    length: float
    gap: float
    free: float
    thick: float

    @classmethod
    def of(cls, width: int, pen: float, writing: float, known: float) -> _Sizes:
        """Find them, where ``known`` is the thickness of the rules already found, 0 for none."""

        def longest(least: tuple[float, float, float], thick: float, high: float) -> float:
            share, times, heights = least
            return max(share * width, times * thick, heights * high)

        length = min(
            longest(limits.RULE_LENGTH, pen, writing), longest(limits.RULE_ACROSS, pen, writing)
        )
        if not known:
            gap = longest(limits.RULE_GAP, pen, 0)
            return cls(length, gap, limits.FREE_OF_STROKES, limits.RULE_PENS * pen + 2)
        length = min(length, longest(limits.RULE_REST, known, writing))
        gap = longest(limits.RULE_GAP, pen, writing)
        return cls(length, gap, limits.STANDING_ON_RULE, limits.RULE_PENS * known + 1)


def _level_rules(mask: np.ndarray, pen: float, writing: float, known: float) -> np.ndarray:
    """Find the rules that are nearly level; (H, W) bool → (H, W) bool.

    ``known`` is the thickness of the rules already found, 0 for none.
    """
    height, width = mask.shape
    found = np.zeros_like(mask)
    sizes = _Sizes.of(width, pen, writing, known)
    if not _may_have_rules(mask, sizes):
        return found
    first, last = runs(mask)
    length = last - first + 1
    points = mask & (length <= sizes.thick)
    points &= (first + last) // 2 == np.arange(height)[:, None]  # one in each run
    half = float(np.median(length[points])) / 2 if points.any() else 1 / 2
    x, y = np.nonzero(points.T)  # from left to right
    failed = 0
    for rows in _straight_lines(points, sizes.length):
        close = np.abs(y - rows[x]) <= half + 2 + limits.BEND * width
        if close.sum() < sizes.free * sizes.length:
            continue
        failed += 1
        if failed > limits.MOST_FAILED:  # the likeliest came first
            break
        curve = _followed(x[close], y[close], rows)
        for place, near, inked in _parts(mask, curve, half, sizes):
            if not _is_rule(points[place] & near, inked, sizes):
                continue
            # A run of ink within the rule is the rule's; a stroke's run sticks out of it.
            middle, out = curve[place[1]], half + limits.RULE_EDGE
            within = (first[place] >= middle - out) & (last[place] <= middle + out)
            found[place] |= mask[place] & near & within
            points[place] &= ~near
            failed = 0
        if not failed:
            left = points[y, x]
            x, y = x[left], y[left]
    return found


def _may_have_rules(mask: np.ndarray, sizes: _Sizes) -> bool:
    """Whether a mask, (H, W) bool, has ink as long as rules, gaps included.

    Most pictures have none: that is seen sooner than lines are found.
    """
    linked = cv2.dilate(mask.astype(np.uint8), np.ones((3, round(sizes.gap) | 1), np.uint8))
    *_, stats, _ = cv2.connectedComponentsWithStats(linked, connectivity=8)
    longest = stats[1:, cv2.CC_STAT_WIDTH].max(initial=0)
    return bool(longest >= limits.LINKED * sizes.length)


def _parts(
    mask: np.ndarray, curve: np.ndarray, half: float, sizes: _Sizes
) -> Iterator[tuple[tuple[slice, slice], np.ndarray, int]]:
    """Find where ink goes on along a curve, hardly interrupted.

    The curve is its row in each column, (W,) float; ``half``, half of a rule's thickness in pixels.
    Yields rows and columns of the mask, (H, W) bool; what of them is near the curve, (h, w) bool;
    and how many of the columns have ink there.
    """
    band = slice(max(0, int(curve.min() - 2 * half) - 2), int(curve.max() + 2 * half) + 3)
    near = np.abs(np.arange(len(mask))[band, None] - curve) <= half + 2
    inked = np.flatnonzero((mask[band] & near).any(axis=0))
    # A bend in the curve may lead it past all ink.
    ends = np.flatnonzero(np.diff(inked) > sizes.gap) + 1
    for part in np.split(inked, ends) if len(inked) else []:
        columns = slice(part[0], part[-1] + 1)
        yield (band, columns), near[:, columns], len(part)


def _straight_lines(points: np.ndarray, least: float) -> list[np.ndarray]:
    """Find straight lines that many points lie on, nearly level, the likeliest first.

    (H, W) bool → each line's row in each column, (W,) float.
    """
    level = np.pi / 2
    lines = cv2.HoughLines(
        points.astype(np.uint8),
        1,
        np.radians(limits.ANGLE_STEP),
        max(1, int(limits.VOTES * least)),
        min_theta=level - limits.STEEPEST_RULE,
        max_theta=level + limits.STEEPEST_RULE,
    )
    columns = np.arange(points.shape[1])
    return [
        (distance - columns * np.cos(angle)) / np.sin(angle)
        for distance, angle in (
            [] if lines is None else lines[: limits.MOST_RULES, 0].astype(float)
        )
    ]


def _is_rule(own: np.ndarray, inked: int, sizes: _Sizes) -> bool:
    """Whether points, (h, w) bool, are a rule: long, hardly broken, free of writing.

    ``inked`` is how many columns have ink.
    """
    free = np.flatnonzero(own.any(axis=0))  # what only crosses it does not make it longer
    span = int(np.ptp(free)) + 1 if len(free) else 0
    hardly_broken = inked >= limits.INKED * span and len(free) >= sizes.free * span
    return span >= sizes.length and hardly_broken


def _followed(x: np.ndarray, y: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Follow a line along the points near it, so that it bends as the page does.

    The points' columns, ascending, and rows are (N,) integer; the line's row in each column is (W,)
    float, and so is what is returned: the running median of the points' rows.
    """
    away = y - rows[x]
    window = min(max(limits.FOLLOWED[0], len(x) // limits.FOLLOWED[1]), len(x) - 1)
    padded = np.pad(away, window, mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * window + 1)
    step = window // limits.FOLLOWED[0] or 1  # between them it hardly changes
    smooth = np.median(windows[::step], axis=1)
    return np.asarray(rows + np.interp(np.arange(len(rows)), x[::step], smooth))


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
        likely &= wide > limits.UPRIGHT * high  # no rules
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
    kind = np.int16 if height <= np.iinfo(np.int16).max else np.int32
    rows = np.arange(height, dtype=kind)[:, None]
    after_gap = np.where(mask, kind(-1), rows)  # the last row without ink, so far
    before_gap = np.where(mask, kind(height), rows)
    first = np.maximum.accumulate(after_gap, axis=0) + kind(1)
    last = np.minimum.accumulate(before_gap[::-1], axis=0)[::-1] - kind(1)
    return first, last
