"""A reading, drawn over the picture that it is of."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from digitrec.reading.files import Path_, Picture, as_array, load, to_gray
from digitrec.reading.recipe import scaled
from digitrec.reading.reader import Reading


def annotate(image: Picture, reading: Reading) -> np.ndarray:
    """Draw the boxes and the labels of a reading over its picture.

    Orange boxes are readings that are not asserted.

    Parameters
    ----------
    image : (H, W), (H, W, 3) or (H, W, 4)
        The picture that was read.
    reading : what ``read`` returned for it

    Returns
    -------
    (H', W', 3) uint8
        Red, green, blue; a picture with a side under 400 pixels is enlarged, so that the labels
        are legible.
    """
    colour = as_array(image)
    gray = to_gray(colour)
    if colour.ndim != 3 or colour.shape[2] != 3 or colour.dtype != np.uint8:
        colour = np.repeat(gray[..., None], 3, axis=2)
    factor = max(1, -(-400 // max(1, min(gray.shape))) if max(gray.shape) < 800 else 1)
    drawn = np.kron(colour, np.ones((factor, factor, 1), np.uint8))
    width = max(1, round(max(drawn.shape) / 500))
    for digit in reading.digits:
        x, y, wide, high = (factor * side for side in digit.box)
        tint = (213, 94, 0) if digit.label == "?" else (0, 114, 178)
        cv2.rectangle(drawn, (x, y), (x + wide, y + high), tint, width)
        size = max(0.4, min(wide + high, 0.1 * max(drawn.shape)) / 60)
        cv2.putText(
            drawn,
            digit.label,
            (x, max(round(22 * size), y - 2 * width)),
            cv2.FONT_HERSHEY_SIMPLEX,
            size,
            tint,
            max(width, round(2 * size)),
            cv2.LINE_AA,
        )
    return drawn


def annotate_file(path: Path_, reading: Reading, longest_side: int = 10_000) -> np.ndarray:
    """Draw a reading over the image file that it is of, as :func:`annotate` does.

    Parameters
    ----------
    path : the file
    reading : of the file, its boxes in the file's pixels
    longest_side : pixels; a larger picture is reduced to it, and so are the boxes

    Returns
    -------
    (H', W', 3) uint8
        Red, green, blue.

    Raises
    ------
    ImageError
        As ``load_image``.
    """
    pixels, scale = load(path, longest_side)
    digits = [
        replace(digit, box=scaled(digit.box, 1 / scale, pixels.shape)) for digit in reading.digits
    ]
    return annotate(pixels, replace(reading, digits=digits))
