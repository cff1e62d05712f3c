"""Gray pixels become ink: what is written, how dark, and how wide the pen was.

The only judgement here is between paper and ink. What the ink says, and whether it is writing at
all, is decided by the modules after this one.

==================== ===============================================================================
function             question it answers
==================== ===============================================================================
``light_strokes``    dark ink on light paper, or light ink on dark?
``find_sheet``       where is the sheet, on what it lies on?
``estimate_paper``   how bright would the paper be without the ink?
``flatten_light``    how much of the light does the ink take away?
``ink_threshold``    where does paper end and ink begin, and is there any ink?
``ink_mask``         where is ink?
``stroke_width``     how wide is the pen?
``look``             all of these, in a picture scaled to where the pen is ``PEN_PIXELS`` wide
==================== ===============================================================================

H and W are the rows and columns of a picture.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from digitrec.reading.limits import (
    COARSE,
    CONTRAST,
    DARKEST_PAPER,
    EVEN_GAP,
    EVEN_SHARE,
    FADED,
    FIRST_WINDOW,
    GRAIN_SCALES,
    GRAIN_SIZE,
    LARGEST_ENLARGEMENT,
    NEAR_INK,
    PEN_PIXELS,
    RIM,
    SHEET_BORDER,
    SHEET_PIXELS,
    SHEET_SHARE,
    SIGNAL_TO_NOISE,
    SMALLEST_INK,
    SURE_POLARITY,
    TWO_SHADES,
    WINDOW_PENS,
    WINDOW_SHARE,
)
from digitrec.reading.pieces import weighted_median
from digitrec.reading.rules import find_rules


@dataclass(frozen=True)
class Ink:
    """A picture's ink, at the scale at which it is read.

    Attributes
    ----------
    values : (H, W) float32
        0 is paper, 1 is black ink.
    threshold : float
        What counts as ink.
    mask : (H, W) bool
        Where ink is, rules included.
    rules : (H, W) bool
        Which of it is rules, frames and boxes.
    pen : float
        The width of its strokes, in pixels.
    scale : float
        So many of its pixels are one of the picture.
    rules_dropped : bool
        Whether rules, frames and edges are left out of the writing.
    """

    values: np.ndarray
    threshold: float
    mask: np.ndarray
    rules: np.ndarray
    pen: float
    scale: float
    rules_dropped: bool = True

    @property
    def writing(self) -> np.ndarray:
        """Where ink is that is no rule; (H, W) bool."""
        found: np.ndarray = self.mask & ~self.rules
        return found

    def turned(self, quarters: int) -> Ink:
        """Return it turned counterclockwise, by so many quarters."""
        values, mask, rules = (
            np.ascontiguousarray(np.rot90(array, quarters))
            for array in (self.values, self.mask, self.rules)
        )
        return replace(self, values=values, mask=mask, rules=rules)


def resized(image: np.ndarray, factor: float) -> np.ndarray:
    """Scale both sides by a factor: by area averaging when reduced, else between pixels."""
    size = tuple(max(1, round(side * factor)) for side in image.shape[1::-1])
    if size == image.shape[1::-1]:
        return image
    method = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    return cv2.resize(image, size, interpolation=method)


def reduced(image: np.ndarray, longest_side: int) -> np.ndarray:
    """Reduce a picture to a longer side; a smaller picture stays as it is."""
    return resized(image, min(1.0, longest_side / max(image.shape[:2])))


# --- Light or dark -------------------------------------------------------------------------------


def has_light_ink(gray: np.ndarray) -> tuple[bool, bool]:
    """Tell whether the ink is lighter than what it is written on, as on a blackboard.

    Narrow strokes tell (``light_strokes``), if nearly all of them are of one kind. If not, as in a
    close-up: most of a picture is paper, so what differs from the median of half the picture around
    it is ink (``_light_tail``). Where that is alike on both sides, paper is what fills the rim.

    Parameters
    ----------
    gray : (H, W) uint8

    Returns
    -------
    light : bool
    sure : bool
        Whether the other answer need not be tried.
    """
    strokes, small = light_strokes(gray), reduced(gray, 96)
    paper = _paper_at_the_rim(small)
    if paper is not None:
        light = paper == "dark"
        return light, abs(strokes) >= SURE_POLARITY and light == (strokes > 0)
    tail = _light_tail(small)
    if abs(strokes) >= SURE_POLARITY:
        return strokes > 0, (strokes > 0) == (tail > 0)
    return tail + (strokes / 2 if abs(tail) < SURE_POLARITY else 0) > 0, False


def _light_tail(gray: np.ndarray) -> float:
    """Compare what is lighter with what is darker than the median around it.

    ``sum(d³) / sum(|d|³)`` of the differences: −1, all that differs is dark … 1, all is light.
    """
    side = max(3, min(gray.shape) // 2 | 1)
    around = cv2.medianBlur(np.pad(gray, side // 2, "symmetric"), side)[side // 2 :, side // 2 :]
    cubes = (gray.astype(np.float32) - around[: gray.shape[0], : gray.shape[1]]) ** 3
    return float(cubes.sum()) / max(float(np.abs(cubes).sum()), 1.0)


def light_strokes(gray: np.ndarray) -> float:
    """Tell light ink from dark: −1, surely dark strokes … 1, surely light ones, as on a blackboard.

    Ink is narrow and paper is not. Within a window of a few digits paper is the greater part, so
    the median is paper, also beside the paper's edge. ``l`` and ``d`` are how much lighter and
    darker than that what is narrow is: ``(sum(l³) − sum(d³)) / (sum(l³) + sum(d³))``.

    Parameters
    ----------
    gray : (H, W) uint8
    """
    small = reduced(gray, 512)
    # Of a picture that one digit fills, half a side; of a page, a few of its digits.
    share = 0.08 if max(gray.shape) >= COARSE else 0.5
    side = max(3, round(share * max(small.shape)) | 1)
    paper = cv2.medianBlur(np.pad(small, side // 2, "symmetric"), side)
    paper = paper[side // 2 :, side // 2 :][: small.shape[0], : small.shape[1]]
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (side, side))
    # Only what is narrow: the corner of a light sheet on a dark table is no stroke.
    light = cv2.min(cv2.subtract(small, paper), cv2.morphologyEx(small, cv2.MORPH_TOPHAT, kernel))
    dark = cv2.min(cv2.subtract(paper, small), cv2.morphologyEx(small, cv2.MORPH_BLACKHAT, kernel))
    lighter, darker = (float((ink.astype(np.float32) ** 3).sum()) for ink in (light, dark))
    return (lighter - darker) / max(lighter + darker, 1.0)


def _paper_at_the_rim(gray: np.ndarray) -> str | None:
    """Which of Otsu's two classes is paper, "dark" or "light"; None when that is not plain.

    Paper fills at least 0.7 of the rim, and the largest circle in it, which may go on beyond the
    picture, is wider than the largest in the ink. And the picture has but two shades
    (``two_shades``): neither shadow nor vignette.
    """
    light, explained = two_shades(gray)
    if explained < TWO_SHADES:
        return None
    share = _of_the_rim(light)
    in_light, in_dark = _largest_circle(light), _largest_circle(~light)
    if share >= 0.7 and in_light >= 1.2 * in_dark:
        return "light"
    if share <= 0.3 and in_dark >= 1.2 * in_light:
        return "dark"
    return None


def _of_the_rim(mask: np.ndarray) -> float:
    """Share of a mask in the picture's rim, 3 % of the shorter side wide."""
    rim = max(1, round(0.03 * min(mask.shape)))
    inner = mask[rim:-rim, rim:-rim]
    return float((mask.sum() - inner.sum()) / max(1, mask.size - inner.size))


def two_shades(values: np.ndarray) -> tuple[np.ndarray, float]:
    """Where values are above Otsu's threshold, and what part of the variance the classes explain.

    ``p (1 − p) (m₁ − m₀)² / variance`` is 0.64 for mere grain, 0.75 for a slow change of
    brightness, and near 1 for ink on evenly lit paper.

    References
    ----------
    :cite:t:`otsu1979`.
    """
    threshold, _ = cv2.threshold(values, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    above = values > threshold
    share, variance = float(above.mean()), float(values.var())
    if not 0 < share < 1:
        return above, 0.0
    apart = float(values[above].mean() - values[~above].mean())
    return above, share * (1 - share) * apart**2 / variance


def _largest_circle(mask: np.ndarray) -> float:
    """Diameter of the largest circle in a mask, in pixels; it may go on beyond the picture."""
    return 2 * float(cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 3).max())


# --- Paper and ink -------------------------------------------------------------------------------


def estimate_paper(gray: np.ndarray, window: float | None = None) -> np.ndarray:
    """Brightness the paper would have without the ink: a morphological closing, smoothed.

    The closing takes the lightest pixel in a window, then the darkest of those: whatever is dark
    and narrower than the window disappears, and a shadow, which is wider, stays. The smoothing
    after it may only darken, or the table beside the paper would look like ink.

    Parameters
    ----------
    gray : (H, W) uint8
        Dark ink on light paper.
    window : of the closing, in pixels, several times the pen's width; by default that of a close-up
        of one digit: 0.4 of the shorter side, and smoothed both ways. Where ink fills a good part
        of an evenly lit close-up, as in a tight crop of a marker's 1, it may be wider than any
        window; there, the paper's brightness is one number (``_even_paper``).

    Returns
    -------
    (H, W) float32
        0 … 255.

    References
    ----------
    :cite:t:`serra1982`.
    """
    small = reduced(gray, 512 if window else 128)
    even = None if window else _even_paper(small)
    if even is not None:
        return np.full(gray.shape, even, np.float32)
    share = (
        window / max(gray.shape) if window else FIRST_WINDOW * min(small.shape) / max(small.shape)
    )
    side = max(3, round(share * max(small.shape)) | 1)
    calm = cv2.medianBlur(
        small, 3 if window or min(small.shape) < 64 else 5
    )  # a bright grain is no paper
    shape = cv2.MORPH_RECT if window else cv2.MORPH_ELLIPSE
    kernel = cv2.getStructuringElement(shape, (side, side))
    closed = cv2.morphologyEx(calm, cv2.MORPH_CLOSE, kernel).astype(np.float32)
    paper = cv2.GaussianBlur(closed, (0, 0), max(1.0, side / 8))
    paper = np.minimum(closed, paper) if window else paper
    return cv2.resize(paper, gray.shape[::-1], interpolation=cv2.INTER_LINEAR)


def _even_paper(gray: np.ndarray) -> float | None:
    """Brightness of the paper in an evenly lit picture that ink fills by a fifth; else None.

    Otsu's two classes are then each far narrower than they are apart, at least half of the rim is
    paper, and no circle in the ink is wider than 0.3 of the longer side.
    """
    light, _ = two_shades(gray)
    if not EVEN_SHARE[0] <= light.mean() <= EVEN_SHARE[1] or _of_the_rim(light) < 0.5:
        return None
    if _largest_circle(~light) > 0.3 * max(gray.shape):
        return None  # a shadow, or what the paper lies on
    paper, grain = _median_and_deviation(gray[light])
    ink, unevenness = _median_and_deviation(gray[~light])
    return paper if paper - ink >= EVEN_GAP * (grain + unevenness) else None


def _median_and_deviation(values: np.ndarray) -> tuple[float, float]:
    """Median, and the standard deviation as the median absolute deviation tells it."""
    middle = float(np.median(values))
    return middle, 1.4826 * float(np.median(np.abs(values - middle)))


def flatten_light(gray: np.ndarray, paper: np.ndarray) -> np.ndarray:
    """Part of the light that the ink takes away: ``1 − gray / paper``.

    What the camera sees is light times reflectance; the quotient leaves the reflectance.

    Parameters
    ----------
    gray : (H, W) uint8
    paper : (H, W) float32
        What ``estimate_paper`` returns, or one number.

    Returns
    -------
    (H, W) float32
        0 is paper, 1 is black ink.
    """
    ink: np.ndarray = np.clip(1 - gray / np.maximum(paper, DARKEST_PAPER), 0, 1)
    return ink.astype(np.float32, copy=False)


def grain(ink: np.ndarray) -> float:
    """Standard deviation of the paper's grain, however much of the picture is ink.

    In each block of four pixels the difference of the diagonals, ``(a − b − c + d) / 2``, has the
    grain's deviation and is 0 for any slope of brightness; so its median absolute value, divided
    by 0.6745, is the grain. Coarse grain shows when the picture is halved: the greatest of
    ``GRAIN_SCALES`` halvings counts, as long as they are no mere thumbnails.

    Parameters
    ----------
    ink : (H, W) float32

    References
    ----------
    :cite:t:`donoho1994`, section 6.2.
    """
    found = 0.0
    for halving in range(GRAIN_SCALES):
        height, width = (side // 2 * 2 for side in ink.shape)
        if min(height, width) < (64 if halving else 4):
            break
        ink = ink[:height, :width]
        a, b, c, d = ink[::2, ::2], ink[::2, 1::2], ink[1::2, ::2], ink[1::2, 1::2]
        found = max(found, float(np.median(np.abs(a - b - c + d))) / 2 / 0.6745)
        ink = (a + b + c + d) / 4
    return found


def ink_threshold(ink: np.ndarray) -> float | None:
    """Least value that counts as ink, by Otsu's method; none if nothing stands out as ink does.

    Otsu's threshold separates two classes so that the variance within them is least. It always
    finds one, in a blank page's grain too. So the classes must differ by ``CONTRAST``, and by
    ``SIGNAL_TO_NOISE`` times the grain's standard deviation.

    Parameters
    ----------
    ink : (H, W) float32
        0 is paper, 1 is black ink.

    Returns
    -------
    float or None

    References
    ----------
    :cite:t:`otsu1979`.
    """
    values = np.rint(255 * ink).astype(np.uint8)
    threshold, _ = cv2.threshold(values, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    noise = grain(ink)
    paper = values[values <= threshold]
    if not paper.size:  # nothing but ink, as a black picture is
        return None
    floor = float(np.median(paper)) / 255 + max(CONTRAST / 2, 3 * noise)
    marked = (ink > floor).astype(np.uint8)
    # Paper far from any ink would outweigh a small digit: only what is near ink is compared.
    reach = max(3, round(NEAR_INK * max(ink.shape)) | 1)
    values = values[cv2.dilate(marked, np.ones((reach, reach), np.uint8)) > 0]
    if not values.size:
        return None
    threshold, _ = cv2.threshold(values, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    strokes, paper = values[values > threshold], values[values <= threshold]
    if not strokes.size or not paper.size:
        return None
    contrast = float(np.median(strokes) - np.median(paper)) / 255
    if contrast < max(CONTRAST, SIGNAL_TO_NOISE * noise):
        return None
    return (float(threshold) + 0.5) / 255


def ink_mask(ink: np.ndarray, threshold: float) -> np.ndarray:
    """Where ink is: above the threshold, or a little below it and connected to what is above.

    A pencil's stroke fades and comes back; ``FADED`` of the threshold keeps it in one piece, and
    grain, which nowhere passes the threshold, out.

    Parameters
    ----------
    ink : (H, W) float32
        0 is paper, 1 is black ink.
    threshold : what surely is ink

    Returns
    -------
    (H, W) bool
    """
    faded = (ink > FADED * threshold).astype(np.uint8)
    count, labels = cv2.connectedComponents(faded, connectivity=8)
    sure = np.zeros(count, bool)
    sure[labels[ink > threshold]] = True
    sure[0] = False
    return sure[labels]


def stroke_width(mask: np.ndarray) -> float:
    """Width of the pen in pixels: twice the distance to the edge along the strokes' middles.

    The median over the middles (the ridge of the distances) of all ink that does not touch
    the picture's edge; specks, shorter than 1 % of the picture, are not counted.

    Parameters
    ----------
    mask : (H, W) bool
        Where ink is.

    Returns
    -------
    float
        0 when there is no ink.
    """
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        mask.astype(np.uint8), connectivity=8
    )
    longest = stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1)
    usual = weighted_median(longest[1:], stats[1:, cv2.CC_STAT_AREA])
    counted = longest >= max(3, 0.01 * max(mask.shape), GRAIN_SIZE * usual)
    counted[0] = False
    for edge in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
        counted[edge] = False
    if not counted.any():
        counted = np.arange(count) > 0
    inked = counted[labels]
    if not inked.any():
        return 0.0
    distance = cv2.distanceTransform(np.pad(inked, 1).astype(np.uint8), cv2.DIST_L2, 5)
    ridge = (distance > 0) & (distance >= cv2.dilate(distance, np.ones((3, 3))))
    return max(1.0, 2 * float(np.median(distance[ridge])) - 0.5)


def sharpness(ink: Ink, digits: np.ndarray) -> float:
    """How fast ink becomes paper at the edge of digits, (H, W) bool: its shares in a pen's width.

    About 2 for a pen's stroke, also in a blurred picture, whose strokes look wide; less for
    a shadow's edge.
    """
    mask = digits.astype(np.uint8)
    rim = digits & (cv2.erode(mask, np.ones((3, 3), np.uint8)) == 0)
    paper = ink.values[~ink.mask]
    if not rim.any() or not paper.size:
        return 0.0
    across = cv2.Sobel(ink.values, cv2.CV_32F, 1, 0) / 8
    down = cv2.Sobel(ink.values, cv2.CV_32F, 0, 1) / 8
    contrast = float(np.median(ink.values[digits]) - np.median(paper))
    steep = float(np.median(np.hypot(across, down)[rim])) / max(contrast, 1 / 255)
    return steep * max(ink.pen, PEN_PIXELS)


# --- A picture at the scale at which it is read --------------------------------------------------


def find_sheet(gray: np.ndarray) -> np.ndarray | None:
    """Find the sheet that lies on something else: the largest bright place without a border in it.

    A hard shadow has a border, too: so this is one way to see a picture among others.
    (H, W) uint8 → (H, W) bool; None where no sheet is seen.
    """
    small = cv2.medianBlur(reduced(gray, SHEET_PIXELS), 3)
    square = np.ones((3, 3), np.uint8)
    paper = cv2.morphologyEx(small, cv2.MORPH_CLOSE, square, iterations=4)
    light = np.log(np.maximum(cv2.GaussianBlur(paper, (0, 0), 1), DARKEST_PAPER), dtype=np.float32)
    even = cv2.morphologyEx(light, cv2.MORPH_GRADIENT, square) < SHEET_BORDER
    # Narrow leaks in the border are closed, and opened again.
    even = cv2.erode(np.pad(even.astype(np.uint8), 1), square, iterations=2)[1:-1, 1:-1]
    count, labels = cv2.connectedComponents(even, connectivity=4)
    brightness = np.bincount(labels.ravel(), paper.ravel(), count)
    if count < 2:
        return None
    sheet = (labels == 1 + int(np.argmax(brightness[1:]))).astype(np.uint8)
    outline, _ = cv2.findContours(sheet, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(sheet, outline, -1, 1, cv2.FILLED)
    if not SHEET_SHARE[0] <= sheet.mean() <= SHEET_SHARE[1]:
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
    factor = min(PEN_PIXELS / pen, LARGEST_ENLARGEMENT)
    factor = min(factor, max(1.0, 1024 / max(gray.shape)))
    factor = max(factor, min(1.0, SMALLEST_INK / extent))
    gray, pen = resized(gray, factor), pen * factor
    if even_light:
        paper = np.full(gray.shape, np.median(gray), np.float32)
    else:
        window = max(WINDOW_PENS * pen, WINDOW_SHARE * max(gray.shape))
        paper = estimate_paper(gray, None if close_up else window)
    ink = _on_sheet(flatten_light(gray, paper), sheet)
    if factor <= 1 and pen > PEN_PIXELS / 2:  # grain becomes calm, strokes stay
        ink = cv2.GaussianBlur(ink, (0, 0), 0.15 * min(pen, PEN_PIXELS))
    threshold = ink_threshold(ink)
    if threshold is None:
        return None
    mask = ink_mask(ink, threshold)
    pen = stroke_width(mask)
    rules = find_rules(mask, pen) if drop_rules else np.zeros_like(mask)
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
        mask &= ~_at_the_border(mask & ~rules, sheet)
    return Ink(ink, threshold, mask, rules, pen, factor, drop_rules)


def _at_the_border(ink: np.ndarray, sheet: np.ndarray) -> np.ndarray:
    """Find what reaches beyond the sheet, or its border: a binding, a hand; (H, W) bool."""
    size = ink.shape[::-1]
    beyond = cv2.resize((~sheet).astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
    reach = round(RIM * max(size)) | 1
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
    small = reduced(gray, 1024)
    for _ in range(2):
        window = None if close_up else FIRST_WINDOW * min(small.shape)
        ink = _on_sheet(flatten_light(small, estimate_paper(small, window)), sheet)
        threshold = ink_threshold(ink)
        if threshold is None:
            return 0.0, 1.0
        mask = ink_mask(ink, threshold)
        pen = stroke_width(mask)
        if pen <= 2 * PEN_PIXELS or max(small.shape) <= 128:
            break
        # A few large digits: rules are found sooner in a smaller picture.
        small = reduced(small, max(128, round(max(small.shape) * PEN_PIXELS / pen)))
    if drop_rules:
        pen = stroke_width(mask & ~find_rules(mask, pen)) or pen
    scale = max(gray.shape) / max(small.shape)
    extent = max(np.ptp(np.flatnonzero(mask.any(axis=axis))) + 1 for axis in (0, 1))
    return pen * scale, float(extent) * scale
