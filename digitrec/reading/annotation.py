"""A reading, drawn over the picture that it is of."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from digitrec.reading import limits
from digitrec.reading.files import Path_, Picture, load, to_bytes
from digitrec.reading.reader import Reading
from digitrec.reading.recipe import scaled

#: Red, green, blue of boxes around what is asserted and what is not; told apart without red eyes.
ASSERTED, NOT_ASSERTED = (0, 114, 178), (213, 94, 0)


def annotate(image: Picture, reading: Reading) -> np.ndarray:
    """Draw the boxes and the labels of a reading over its picture; orange ones are not asserted.

    Parameters
    ----------
    image : (H, W), (H, W, 3) or (H, W, 4)
        The picture that was read.
    reading : what ``read`` returned for it

    Returns
    -------
    (H', W', 3) uint8
        Red, green, blue; a small picture is enlarged, so that the labels are legible.
    """
    colour = to_bytes(image)
    colour = colour if colour.ndim == 3 else np.repeat(colour[..., None], 3, axis=2)
    small = max(colour.shape) < 2 * limits.LEGIBLE
    factor = max(1, -(-limits.LEGIBLE // min(colour.shape[:2]))) if small else 1
    drawn = np.kron(colour, np.ones((factor, factor, 1), np.uint8))
    pen = max(2, max(drawn.shape) // limits.LEGIBLE)
    for digit in reading.digits:
        x, y, wide, high = (factor * side for side in digit.box)
        tint = NOT_ASSERTED if digit.label == "?" else ASSERTED
        cv2.rectangle(drawn, (x, y), (x + wide, y + high), tint, pen)
        size = max(pen / 4, (wide + high) / limits.LABELLED)
        at = x, max(round(limits.FONT_PIXELS * size), y - 2 * pen)
        cv2.putText(drawn, digit.label, at, 0, size, tint, max(pen, round(2 * size)), cv2.LINE_AA)
    return drawn


def annotate_file(
    path: Path_, reading: Reading, longest_side: int = limits.LONGEST_ANNOTATED
) -> np.ndarray:
    """Draw a reading over the image file that it is of, its boxes in the file's pixels.

    As :func:`annotate`; a picture with a longer side than ``longest_side``, in pixels, is reduced
    to it, and so are the boxes. Raises ``ImageError`` as ``load_image`` does.
    """
    pixels, scale = load(path, longest_side)
    digits = [replace(d, box=scaled(d.box, 1 / scale, pixels.shape)) for d in reading.digits]
    return annotate(pixels, replace(reading, digits=digits))
