"""Light that falls off over a picture, evened out before anything is looked for in it.

H and W are the rows and columns of a picture.
"""

from __future__ import annotations

import numpy as np

from digitrec.reading import limits
from digitrec.reading.scale import reduced

#: What the light's logarithm is made of; x and y go from −1 to 1 over the picture.
_TERMS = "x", "y", "x²", "y²", "xy"


def even_out(gray: np.ndarray) -> np.ndarray:
    """Divide a picture by the light that falls off over it, as from a lamp at one side.

    What the camera sees is light times reflectance; so their logarithms add up. That of the light
    is taken to be a polynomial of degree two. Its coefficients make the sum of the absolute
    differences least between its slopes and those from each pixel to the next: paper is even, and
    most of a picture is paper, so most slopes are the light's. The steep ones, of ink, of a hard
    shadow and of a sheet's border, hardly matter, however high they are.

    Parameters
    ----------
    gray : (H, W) uint8

    Returns
    -------
    (H, W) uint8
        As bright as before where the light was brightest. The picture itself where the light
        hardly falls off, or most slopes are not its (``LIGHT_FALL``, ``LIGHT_SLOPE``).

    References
    ----------
    Least absolute deviations, by iteratively reweighted least squares :cite:p:`schlossmacher1973`.
    """
    small = reduced(gray, limits.LIGHT_PIXELS)
    if min(small.shape) < limits.SMALLEST_SIDE:
        return gray
    values = np.log(np.maximum(small, limits.DARKEST_PAPER), dtype=np.float32)
    terms = np.stack([_light(one, small.shape) for one in np.eye(len(_TERMS))])
    slopes, of_terms = _slopes(values[None])[:, 0], _slopes(terms)
    falls = np.zeros(len(_TERMS), np.float32)
    for _ in range(limits.LIGHT_ROUNDS):
        near = np.maximum(np.abs(slopes - of_terms @ falls), limits.LIGHT_SLOPE / 4)
        weighted = of_terms / near[:, None]
        falls = np.linalg.lstsq(weighted.T @ of_terms, weighted.T @ slopes)[0]
    fall = np.ptp(_light(falls, small.shape))
    others = np.median(np.abs(slopes - of_terms @ falls))
    if fall < limits.LIGHT_FALL or others > limits.LIGHT_SLOPE:
        return gray
    light = _light(falls, gray.shape)
    return np.rint(np.minimum(gray / np.exp(light - light.max()), 255)).astype(np.uint8)


def _light(falls: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Logarithm of the light, from how much of each of ``_TERMS`` it has; (H, W) float32."""
    y, x = (np.linspace(-1, 1, side, dtype=np.float32) for side in shape)
    of_x, of_y, of_x2, of_y2, of_xy = falls.astype(np.float32, copy=False)
    along, down = (of_x + of_x2 * x) * x, (of_y + of_y2 * y) * y
    return np.asarray(along + down[:, None] + of_xy * np.outer(y, x))


def _slopes(arrays: np.ndarray) -> np.ndarray:
    """Differences from each pixel to the next, across and down; (N, H, W) → (slopes, N)."""
    steps = [np.diff(arrays, axis=axis).reshape(len(arrays), -1) for axis in (2, 1)]
    return np.concatenate(steps, axis=1).T
