"""A picture is looked at: at the scale at which its pen is ``PEN_PIXELS`` wide, without its rules.

H and W are the rows and columns of a picture.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from digitrec.reading import limits
from digitrec.reading.ink import (
    Ink,
    estimate_paper,
    flatten_light,
    ink_mask,
    ink_threshold,
    stroke_width,
    with_edge,
)
from digitrec.reading.polarity import two_shades
from digitrec.reading.rules import find_rules
from digitrec.reading.scale import reduced, resized


def find_sheet(gray: np.ndarray) -> np.ndarray | None:
    """Find the sheet that lies on something else: the largest bright place without a border in it.

    A hard shadow has a border, too: so this is one way to see a picture among others.
    (H, W) uint8 → (H, W) bool; None where no sheet is seen.
    """
    small = cv2.medianBlur(reduced(gray, limits.SHEET_PIXELS), 3)
    square = np.ones((3, 3), np.uint8)
    paper = cv2.morphologyEx(small, cv2.MORPH_CLOSE, square, iterations=4)
    light = np.log(
        np.maximum(cv2.GaussianBlur(paper, (0, 0), 1), limits.DARKEST_PAPER), dtype=np.float32
    )
    even = cv2.morphologyEx(light, cv2.MORPH_GRADIENT, square) < limits.SHEET_BORDER
    # Narrow leaks in the border are closed, and opened again.
    inside = cv2.erode(np.pad(even.astype(np.uint8), 1), square, iterations=2)[1:-1, 1:-1]
    count, labels = cv2.connectedComponents(inside, connectivity=4)
    brightness = np.bincount(labels.ravel(), paper.ravel(), count)
    if count < 2:
        return None
    sheet = (labels == 1 + int(np.argmax(brightness[1:]))).astype(np.uint8)
    outline, _ = cv2.findContours(sheet, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(sheet, outline, -1, 1, cv2.FILLED)
    if sheet.mean() > limits.SHEET_SHARE:
        return None
    found: np.ndarray = cv2.resize(sheet, gray.shape[::-1], interpolation=cv2.INTER_NEAREST) > 0
    return found


def look(
    gray: np.ndarray,
    drop_rules: bool = True,
    even_light: bool = False,
    sheet: np.ndarray | None = None,
    close_up: bool = False,
) -> Ink | None:
    """Find a picture's ink, at the scale at which its pen is ``PEN_PIXELS`` wide.

    First the pen's width is estimated in a small picture. Then the picture is scaled, so that every
    limit in pixels means the same for a postage stamp and for a poster, and looked at again, with
    a window as wide as a few of its strokes.

    Parameters
    ----------
    gray : (H, W) uint8
        Dark ink on light paper.
    drop_rules : if not, rules, frames and boxes count as writing
    even_light : take the paper to be equally bright everywhere
    sheet : (H, W) bool; there is no ink but on it
    close_up : take the picture to show one digit, with light that changes over its size

    Returns
    -------
    Ink or None
        None when nothing stands out from the paper.
    """
    pen, extent = _first_pen(gray, drop_rules, sheet, close_up)
    if not pen:
        return None
    factor = min(limits.PEN_PIXELS / pen, max(1.0, limits.FIRST_LOOK / max(gray.shape)))
    factor = max(factor, min(1.0, limits.SMALLEST_INK / extent))
    gray, pen = resized(gray, factor), pen * factor
    if even_light:
        paper = np.full(gray.shape, np.median(gray), np.float32)
    else:
        window = max(limits.WINDOW_PENS * pen, limits.WINDOW_SHARE * max(gray.shape))
        paper = estimate_paper(gray, None if close_up else window)
    ink = _on_sheet(flatten_light(gray, paper), sheet)
    if factor <= 1 and pen > limits.PEN_PIXELS / 2:  # grain becomes calm, strokes stay
        ink = cv2.GaussianBlur(ink, (0, 0), limits.CALM_PENS * min(pen, limits.PEN_PIXELS))
    threshold = ink_threshold(ink)
    if threshold is None:
        return None
    mask = ink_mask(ink, threshold)
    pen = stroke_width(mask)
    rules = _rules(mask, pen, drop_rules)
    if rules.any():  # the pen may be darker than they are, and there may be no pen
        soft = cv2.dilate(rules.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        without = ink_threshold(np.where(rules | (soft & ~mask), 0, ink))
        if without is None:
            return None
        threshold = max(threshold, without)
        mask = ink_mask(ink, threshold)
        rules = find_rules(mask, pen)
        # With the rules gone the pen is known better, and with it the rest of them.
        pen = stroke_width(mask & ~rules) or pen
        rules |= find_rules(mask & ~rules, pen)
    if sheet is not None:
        border = _at_the_border(mask & ~rules, sheet)
        mask &= ~border
        ink = np.where(with_edge(border) & ~mask, 0, ink)
    return Ink(ink, threshold, mask, rules, pen, factor, drop_rules)


def dark_alone(ink: Ink) -> Ink | None:
    """Take only the darker part of the ink: a pen's strokes without squares, stains and shadows.

    Returns
    -------
    Ink or None
        None where all ink, its soft edge aside, is about as dark (``EVEN_INK``).
    """
    away = cv2.distanceTransform(ink.mask.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
    inked = np.rint(255 * ink.values[away > ink.pen / 4]).astype(np.uint8)
    if not inked.size:
        return None
    pale, dark = np.percentile(inked, limits.PALE_AND_DARK)
    if pale >= limits.EVEN_INK * dark:
        return None
    darker, _ = two_shades(inked)
    threshold = (float(inked[darker].min()) - 0.5) / 255
    paper = float(np.median(inked[~darker])) / 255  # the paler part counts as it
    values = np.clip((ink.values - paper) / (1 - paper), 0, 1)
    threshold = (threshold - paper) / (1 - paper)
    mask = ink_mask(values, threshold)
    pen = stroke_width(mask)
    rules = _rules(mask, pen, ink.rules_dropped)
    return replace(ink, values=values, threshold=threshold, mask=mask, rules=rules, pen=pen)


def pale_alone(ink: Ink) -> Ink | None:
    """Take only what is much paler than the ink: a pencil's line on a page of a marker's.

    The paper beside the ink, and beside its soft edge, is searched for ink of its own. That becomes
    so much darker that the same threshold fits.

    Returns
    -------
    Ink or None
        None where nothing paler stands out from the paper.
    """
    reach = 2 * round(ink.pen / 2) + 1
    beside = cv2.dilate(ink.mask.astype(np.uint8), np.ones((reach, reach), np.uint8)) == 0
    left = np.where(beside, ink.values, 0)
    threshold = ink_threshold(left)
    if threshold is None or threshold >= ink.threshold:
        return None
    pale = ink_mask(left, threshold)
    rules = _rules(pale, ink.pen, ink.rules_dropped)
    values = np.where(beside, np.minimum(1, ink.values * (ink.threshold / threshold)), ink.values)
    return replace(ink, values=values, mask=pale, rules=rules)


def _rules(mask: np.ndarray, pen: float, dropped: bool) -> np.ndarray:
    """Find the rules in ink, (H, W) bool; none where they count as writing."""
    return find_rules(mask, pen) if dropped else np.zeros_like(mask)


def _at_the_border(ink: np.ndarray, sheet: np.ndarray) -> np.ndarray:
    """Find what reaches beyond the sheet, or its border: a binding, a hand; (H, W) bool."""
    size = ink.shape[::-1]
    beyond = cv2.resize((~sheet).astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
    reach = round(limits.RIM * max(size)) | 1
    beyond = cv2.dilate(np.pad(beyond, 1, constant_values=1), np.ones((reach, reach), np.uint8))
    count, labels = cv2.connectedComponents(ink.astype(np.uint8), connectivity=8)
    found = np.zeros(count, bool)
    found[np.unique(labels[beyond[1:-1, 1:-1] > 0])] = True
    found[0] = False
    return found[labels]


def _on_sheet(ink: np.ndarray, sheet: np.ndarray | None) -> np.ndarray:
    """Return the ink, (H, W) float32, without what is not on the sheet, (H', W') bool."""
    if sheet is None:
        return ink
    mask = cv2.resize(sheet.astype(np.uint8), ink.shape[::-1], interpolation=cv2.INTER_NEAREST)
    return ink * mask


def _first_pen(
    gray: np.ndarray, drop_rules: bool, sheet: np.ndarray | None, close_up: bool
) -> tuple[float, float]:
    """Estimate the width of the pen, 0 where there is no ink, and the longer side of all ink.

    Both in pixels of the picture.
    """
    small = reduced(gray, limits.FIRST_LOOK)
    for _ in range(2):
        window = None if close_up else limits.FIRST_WINDOW * min(small.shape)
        ink = _on_sheet(flatten_light(small, estimate_paper(small, window)), sheet)
        threshold = ink_threshold(ink)
        if threshold is None:
            return 0.0, 1.0
        mask = ink_mask(ink, threshold)
        pen = stroke_width(mask)
        if pen <= 2 * limits.PEN_PIXELS or max(small.shape) <= limits.CLOSE_UP_PIXELS:
            break
        # A few large digits: rules are found sooner in a smaller picture.
        size = round(max(small.shape) * limits.PEN_PIXELS / pen)
        small = reduced(small, max(limits.CLOSE_UP_PIXELS, size))
    if drop_rules:
        pen = stroke_width(mask & ~find_rules(mask, pen)) or pen
    scale = max(gray.shape) / max(small.shape)
    extent = max(np.ptp(np.flatnonzero(mask.any(axis=axis))) + 1 for axis in (0, 1))
    return pen * scale, float(extent) * scale
