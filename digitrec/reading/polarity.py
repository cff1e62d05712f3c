"""Light ink or dark, as on a blackboard or on paper.

H and W are the rows and columns of a picture.
"""

from __future__ import annotations

import cv2
import numpy as np

from digitrec.reading import limits
from digitrec.reading.scale import reduced


def has_light_ink(gray: np.ndarray) -> tuple[bool, bool]:
    """Tell whether the ink is lighter than what it is written on, as on a blackboard.

    In a picture of two shades, paper is what fills the rim and is wider than ink
    (``_paper_at_the_rim``). Where that is not plain, narrow strokes tell (``light_strokes``), if
    nearly all of them are of one kind. If not, as in a close-up: most of a picture is paper, so
    what differs from the median of half the picture around it is ink (``_light_tail``).

    Parameters
    ----------
    gray : (H, W) uint8

    Returns
    -------
    light : bool
    sure : bool
        Whether the other answer need not be tried.
    """
    strokes, small = light_strokes(gray), reduced(gray, limits.CLOSE_UP_PIXELS)
    paper = _paper_at_the_rim(small)
    if paper is not None:
        light = paper == "dark"
        return light, abs(strokes) >= limits.SURE_POLARITY and light == (strokes > 0)
    tail = _light_tail(small)
    if abs(strokes) >= limits.SURE_POLARITY:
        return strokes > 0, (strokes > 0) == (tail > 0)
    return tail + (strokes / 2 if abs(tail) < limits.SURE_POLARITY else 0) > 0, False


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
    small = reduced(gray, limits.STROKES_PIXELS)
    of_page, of_close_up = limits.STROKES_WINDOW
    share = of_page if max(gray.shape) >= limits.COARSE else of_close_up
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

    Paper fills most of the rim (``PAPER_RIM``), and the largest circle in it, which may go on
    beyond the picture, is wider than the largest in the ink. And the picture has but two shades
    (``two_shades``): neither shadow nor vignette.
    """
    light, explained = two_shades(gray)
    if explained < limits.TWO_SHADES:
        return None
    share = share_of_rim(light)
    in_light, in_dark = largest_circle(light), largest_circle(~light)
    if share >= limits.PAPER_RIM[1] and in_light >= limits.WIDER_CIRCLE * in_dark:
        return "light"
    if share <= limits.PAPER_RIM[0] and in_dark >= limits.WIDER_CIRCLE * in_light:
        return "dark"
    return None


def share_of_rim(mask: np.ndarray) -> float:
    """Share of a mask in the picture's rim, ``RIM`` of the shorter side wide."""
    rim = max(1, round(limits.RIM * min(mask.shape)))
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


def largest_circle(mask: np.ndarray) -> float:
    """Diameter of the largest circle in a mask, in pixels; it may go on beyond the picture."""
    return 2 * float(
        cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_3).max()
    )
