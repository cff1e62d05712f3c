"""Gray pixels become ink: how dark, and how wide the pen was.

The only judgement here is between paper and ink. What the ink says, and whether it is writing at
all, is decided by the modules after this one.

==================== ===============================================================================
function             question it answers
==================== ===============================================================================
``estimate_paper``   how bright would the paper be without the ink?
``flatten_light``    how much of the light does the ink take away?
``ink_threshold``    where does paper end and ink begin, and is there any ink?
``ink_mask``         where is ink?
``stroke_width``     how wide is the pen?
``with_edge``        where is ink, and its soft edge?
==================== ===============================================================================

H and W are the rows and columns of a picture.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from digitrec.reading import limits
from digitrec.reading.pieces import thickness, weighted_median
from digitrec.reading.scale import reduced


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

    def with_rules(self) -> Ink:
        """Return it with its rules, frames and edges as writing."""
        return replace(self, rules=np.zeros_like(self.rules), rules_dropped=False)

    def turned(self, quarters: int) -> Ink:
        """Return it turned counterclockwise, by so many quarters."""
        values, mask, rules = (
            np.ascontiguousarray(np.rot90(array, quarters))
            for array in (self.values, self.mask, self.rules)
        )
        return replace(self, values=values, mask=mask, rules=rules)


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
        of one digit, smoothed both ways.

    Returns
    -------
    (H, W) float32
        0 … 255.

    References
    ----------
    :cite:t:`serra1982`.
    """
    small = reduced(gray, limits.STROKES_PIXELS if window else limits.CLOSE_UP_PIXELS)
    share = (
        window / max(gray.shape)
        if window
        else limits.FIRST_WINDOW * min(small.shape) / max(small.shape)
    )
    side = max(3, round(share * max(small.shape)) | 1)
    calm = cv2.medianBlur(
        small, limits.CALM_WINDOW[0 if window or min(small.shape) < limits.THUMBNAIL else 1]
    )
    shape = cv2.MORPH_RECT if window else cv2.MORPH_ELLIPSE
    kernel = cv2.getStructuringElement(shape, (side, side))
    closed = cv2.morphologyEx(calm, cv2.MORPH_CLOSE, kernel).astype(np.float32)
    paper = cv2.GaussianBlur(closed, (0, 0), max(1.0, limits.SMOOTHED * side))
    paper = np.minimum(closed, paper) if window else paper
    return cv2.resize(paper, gray.shape[::-1], interpolation=cv2.INTER_LINEAR)


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
    ink: np.ndarray = np.clip(1 - gray / np.maximum(paper, limits.DARKEST_PAPER), 0, 1)
    return ink.astype(np.float32, copy=False)


def grain(ink: np.ndarray) -> float:
    """Standard deviation of the paper's grain, however much of the picture, (H, W) float32, is ink.

    In each block of four pixels the difference of the diagonals, ``(a − b − c + d) / 2``, has the
    grain's deviation and is 0 for any slope of brightness; so its median absolute value, divided
    by 0.6745, is the grain.

    References
    ----------
    :cite:t:`donoho1994`, section 6.2.
    """
    height, width = (side // 2 * 2 for side in ink.shape)
    ink = ink[:height, :width]
    a, b, c, d = ink[::2, ::2], ink[::2, 1::2], ink[1::2, ::2], ink[1::2, 1::2]
    return float(np.median(np.abs(a - b - c + d))) / 2 / 0.6745


def ink_threshold(ink: np.ndarray) -> float | None:
    """Least value that counts as ink, by Otsu's method; none if nothing stands out as ink does.

    Otsu's threshold separates two classes so that the variance within them is least. It always
    finds one, in a blank page's grain too. So the classes must differ by ``CONTRAST``, and by
    ``SIGNAL_TO_NOISE`` times the grain's standard deviation.

    Parameters
    ----------
    ink : (H, W) float32
        0 is paper, 1 is black ink.

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
    floor = float(np.median(paper)) / 255 + max(limits.CONTRAST / 2, 3 * noise)
    marked = (ink > floor).astype(np.uint8)
    # Paper far from any ink would outweigh a small digit: only what is near ink is compared.
    reach = max(3, round(limits.NEAR_INK * max(ink.shape)) | 1)
    values = values[cv2.dilate(marked, np.ones((reach, reach), np.uint8)) > 0]
    if not values.size:
        return None
    threshold, _ = cv2.threshold(values, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    strokes, paper = values[values > threshold], values[values <= threshold]
    if not strokes.size or not paper.size:
        return None
    contrast = float(np.median(strokes) - np.median(paper)) / 255
    if contrast < max(limits.CONTRAST, limits.SIGNAL_TO_NOISE * noise):
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
    faded = (ink > limits.FADED * threshold).astype(np.uint8)
    count, labels = cv2.connectedComponents(faded, connectivity=8)
    sure = np.zeros(count, bool)
    sure[labels[ink > threshold]] = True
    sure[0] = False
    return sure[labels]


def stroke_width(mask: np.ndarray) -> float:
    """Width of the pen in pixels: twice the distance to the edge along the strokes' middles.

    The median over the middles (the ridge of the distances) of all ink that does not touch
    the picture's edge; grain (``GRAIN_SIZE``) is not counted, nor does what lies around a sheet
    tell how large grain is. Where there is none, of what is in a frame as large as the picture;
    where there is none of that either, of all ink.

    Parameters
    ----------
    mask : (H, W) bool
        Where ink is.

    Returns
    -------
    float
        0 where there is no ink.
    """
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        mask.astype(np.uint8), connectivity=8
    )
    sides = stats[:, [cv2.CC_STAT_HEIGHT, cv2.CC_STAT_WIDTH]]
    longest = sides.max(axis=1)
    rim = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    ink = np.arange(count) > 0
    clear = ink.copy()
    clear[rim] = False
    tells = clear if clear.any() and np.mean(rim > 0) > limits.AROUND else ink
    usual = weighted_median(longest[tells], stats[tells, cv2.CC_STAT_AREA])
    strokes = ink & (longest >= max(3, limits.GRAIN_SIZE * usual))
    counted = strokes & clear
    frame = (sides == mask.shape).all(axis=1)
    if not counted.any() and frame[1:].any():
        counted = strokes & ~frame
    if not counted.any():
        counted = ink
    return thickness(counted[labels])


def with_edge(mask: np.ndarray) -> np.ndarray:
    """Return a mask's pixels and the soft edge of its ink all around; (H, W) bool."""
    square = np.ones((2 * limits.SOFT_EDGE - 1,) * 2, np.uint8)
    return np.asarray(cv2.dilate(mask.astype(np.uint8), square) > 0)
