"""Pictures made larger or smaller."""

from __future__ import annotations

import cv2
import numpy as np


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
