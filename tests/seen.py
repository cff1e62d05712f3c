"""What is seen of a page: its pixels, and the contrast between them."""

import io

import numpy as np
from PIL import Image


def luminance(picture: np.ndarray) -> np.ndarray:
    """How bright each pixel is, as WCAG has it: (H, W, 3) in 0 to 255 → (H, W) in 0 to 1."""
    part = picture / 255
    linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def contrast(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The contrast of each pixel of two pictures, 1 to 21."""
    a, b = luminance(one), luminance(other)
    return (np.maximum(a, b) + 0.05) / (np.minimum(a, b) + 0.05)


def picture(page, clip: dict) -> np.ndarray:
    image = Image.open(io.BytesIO(page.screenshot(clip=clip, animations="disabled")))
    return np.asarray(image.convert("RGB"), dtype=float)
