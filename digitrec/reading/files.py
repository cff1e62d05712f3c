"""A file, an array or a picture of Pillow's becomes gray pixels.

The only place of the reading where a file is opened. Whatever comes in, what comes out is 8 bits a
channel, upright, on paper, no larger than is of use; or an ``ImageError`` that says in one line
what was expected and what was found.
"""

from __future__ import annotations

import os
import struct
import threading
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from digitrec.reading import limits

Path_ = str | os.PathLike[str]
#: An array of pixels, nested lists of them, or a picture of Pillow's.
Picture = np.ndarray | Image.Image | Sequence[Any]

# Threads that read files take turns with the large ones: memory stays bounded.
_one_large_picture = threading.Lock()


class ImageError(ValueError):
    """A file or an array is not a picture that can be read; the message says why."""


def load_image(path: Path_, longest_side: int = limits.LONGEST_SIDE) -> np.ndarray:
    """Read an image file the way a viewer shows it: upright, on paper, 8 bits a channel.

    Turned as its EXIF orientation says; the first frame of an animation; 16-bit and floating point
    pictures scaled to 8 bits; transparent parts filled with white, or with black when that is what
    makes the drawing visible; large pictures reduced while they are decoded.

    Parameters
    ----------
    path : path of a file in any format that Pillow reads, or HEIC
    longest_side : pixels; a picture with a longer side is reduced to it

    Returns
    -------
    (H, W) or (H, W, 3) uint8
        Gray or red, green, blue; 0 is black, 255 is white.

    Raises
    ------
    ImageError
        The file is missing, a folder, not an image, damaged, too large (``MAX_PIXELS``) or too
        small (``SMALLEST_SIDE``). The message names the file, what was expected and what was found.
    """
    return load(path, longest_side)[0]


def load(path: Path_, longest_side: int) -> tuple[np.ndarray, float]:
    """Return what ``load_image`` returns, and how many pixels of the file make one of the array."""
    name = os.fspath(path)
    try:
        with _open(path) as picture:
            _check_size(*picture.size, name)
            whole = max(picture.size)
            large = picture.width * picture.height > limits.MAX_PIXELS // 4
            with _one_large_picture if large else nullcontext():
                # A JPEG can be decoded at 1/2, 1/4 or 1/8 of its size.
                picture.draft(None, _reduced_size(*picture.size, longest_side))
                picture.load()
                pixels = _eight_bit(_upright(picture), longest_side, name)
    except ImageError:
        raise
    except MemoryError as error:
        raise ImageError(f"{name}: not enough memory to read this image") from error
    except OSError as error:
        reason = error.strerror or _one_line(error)
        raise ImageError(f"{name}: cannot be read to its end: {reason}") from error
    except Exception as error:  # a damaged file may fail anywhere in a decoder, in any way
        raise ImageError(f"{name}: damaged image: {_one_line(error)}") from error
    return pixels, whole / max(pixels.shape[:2])


def _one_line(error: Exception) -> str:
    """Return what an exception says, on one line; its name if it says nothing."""
    return " ".join(str(error).split()) or type(error).__name__


def _open(path: Path_) -> Image.Image:
    """Open an image file, or say what is there instead of one."""
    name, file = os.fspath(path), Path(path)
    if not file.exists():
        raise ImageError(f"{name}: no such file")
    for is_it, what in (
        (file.is_dir(), "a folder"),
        (not file.is_file(), "a device or pipe"),
        (file.is_file() and file.stat().st_size == 0, "an empty file"),
    ):
        if is_it:
            raise ImageError(f"{name}: expected an image file, found {what}")
    with file.open("rb") as start:
        if start.read(8)[4:] == b"ftyp":  # HEIC, what iPhones store, or one of its kin
            # Only now: with its decoder, every start of the program would take longer.
            import pillow_heif

            pillow_heif.register_heif_opener()
    try:
        return Image.open(file)
    except Image.DecompressionBombError as error:
        raise ImageError(
            f"{name}: expected at most {limits.MAX_PIXELS:,} pixels, found far more"
        ) from error
    except UnidentifiedImageError as error:
        raise ImageError(
            f"{name}: expected an image (PNG, JPEG, …), found something else"
        ) from error


def _check_size(width: int, height: int, name: str) -> None:
    """Raise ``ImageError`` when a picture is too large to decode or too small to show a digit."""
    if width * height > limits.MAX_PIXELS:
        raise ImageError(
            f"{name}: expected at most {limits.MAX_PIXELS:,} pixels, found {width} × {height}"
            f" = {width * height:,}"
        )
    if min(width, height) < limits.SMALLEST_SIDE:
        raise ImageError(
            f"{name}: expected at least {limits.SMALLEST_SIDE} × {limits.SMALLEST_SIDE} pixels,"
            f" found {width} × {height}"
        )


def _reduced_size(width: int, height: int, longest_side: int) -> tuple[int, int]:
    """Scale a size so that its longer side fits, but its shorter side stays a picture."""
    scale = min(1.0, longest_side / max(width, height))
    scale = max(scale, min(1.0, limits.SMALLEST_SIDE / min(width, height)))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _upright(picture: Image.Image) -> Image.Image:
    """Turn a picture as its EXIF orientation says; where the EXIF is damaged, leave it."""
    try:
        if picture.getexif().get(ExifTags.Base.Orientation, 1) == 1:
            return picture
        return ImageOps.exif_transpose(picture)
    except (ValueError, TypeError, KeyError, OSError, SyntaxError, struct.error):
        return picture  # the pixels were read; the picture is no worse without the rest


def _eight_bit(picture: Image.Image, longest_side: int, name: str) -> np.ndarray:
    """Turn any of Pillow's modes into (H, W) or (H, W, 3) uint8, reduced to the longest side."""
    if picture.mode in ("I", "F") or picture.mode.startswith("I;16"):
        picture = Image.fromarray(_scaled(np.asarray(picture), name))
    size = _reduced_size(*picture.size, longest_side)
    if picture.has_transparency_data:  # RGBA, LA, palettes or RGB with a transparent colour
        rgba = picture.convert("RGBA").resize(size, reducing_gap=3.0)
        return _on_paper(np.asarray(rgba))
    mode = "L" if picture.mode in ("1", "L") else "RGB"
    picture = picture if picture.mode == mode else picture.convert(mode)
    if size != picture.size:
        picture = picture.resize(size, Image.Resampling.BOX, reducing_gap=3.0)
    return np.array(picture)


def _scaled(values: np.ndarray, name: str) -> np.ndarray:
    """Scale gray values of any type to 0 … 255; ``to_gray`` says how. The name is for messages."""
    if not np.isfinite(values).all():
        raise ImageError(f"{name}: expected finite numbers as pixels, found NaN or infinity")
    low, high = float(values.min()), float(values.max())
    whole = values.dtype.kind in "ui"
    # Integers up to 255 are bytes in a wider type, as arithmetic leaves them.
    scales = (255, 65535) if whole else (1, 255)
    scale = next((top for top in scales if low >= 0 and high <= top), None)
    if scale is not None:
        low, high = 0.0, float(scale)
    elif whole:
        low = min(low, 0.0)
    # Halves, since the difference of two finite numbers may be none, and that of their halves is.
    span = high / 2 - low / 2
    if span <= 0:
        return np.zeros(values.shape, np.uint8)
    return np.rint(255 * ((values.astype(np.float64) / 2 - low / 2) / span)).astype(np.uint8)


def _on_paper(rgba: np.ndarray) -> np.ndarray:
    """Lay a transparent drawing on paper, ``colour · alpha + paper · (1 − alpha)``.

    The paper is black where the drawing is so bright that white would hide it;
    (H, W, 4) uint8 → (H, W, 3) uint8.
    """
    colour, alpha = rgba[..., :3], rgba[..., 3:].astype(np.float32) / 255  # (H, W, 3), (H, W, 1)
    opaque = float(alpha.sum())
    paper = 255.0
    if 0 < opaque < alpha.size:
        brightness = float((colour.mean(axis=2, keepdims=True) * alpha).sum()) / opaque
        paper = 255.0 if brightness < limits.BRIGHT_DRAWING else 0.0
    return np.rint(colour * alpha + paper * (1 - alpha)).astype(np.uint8)


def as_array(image: Picture) -> np.ndarray:
    """Return a picture as an array: one of Pillow's, nested lists, or an array as it is.

    The array is (H, W), (H, W, 1), (H, W, 3) or (H, W, 4); integers, booleans or floats. Anything
    else, or of another size than ``SMALLEST_SIDE`` and ``MAX_PIXELS`` allow, is an ``ImageError``.
    """
    if isinstance(image, Image.Image):
        _check_size(*image.size, "picture")
        return _eight_bit(_upright(image), max(image.size), "picture")
    try:
        array = np.asarray(image)
    except (ValueError, TypeError) as error:
        raise ImageError(
            f"expected an array of pixels, found {type(image).__name__}: {_one_line(error)}"
        ) from error
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (1, 3, 4)):
        raise ImageError(
            "expected an array (H, W), (H, W, 3) or (H, W, 4), found the shape"
            f" {'×'.join(map(str, array.shape)) or 'of one number'}"
        )
    if array.dtype.kind not in "biuf":
        raise ImageError(f"expected numbers as pixels, found the type {array.dtype}")
    _check_size(array.shape[1], array.shape[0], "array")
    return array


def to_bytes(image: Picture) -> np.ndarray:
    """Return any picture as (H, W) or (H, W, 3) uint8."""
    image = as_array(image)
    image = image if image.dtype == np.uint8 else _scaled(image, "array")
    channels = image.shape[2] if image.ndim == 3 else 1
    image = _on_paper(image) if channels == 4 else image
    return np.ascontiguousarray(image.reshape(image.shape[:2]) if channels == 1 else image)


def to_gray(image: Picture) -> np.ndarray:
    """Brightness of each pixel: ``0.299 R + 0.587 G + 0.114 B`` (ITU-R BT.601), as eyes weigh them.

    Parameters
    ----------
    image : (H, W), (H, W, 1), (H, W, 3) or (H, W, 4); integers, booleans or floats
        Integers: 0 … 255, or 0 … 65535 where one is above 255. Floats: 0 … 1 or 0 … 255. Others
        are stretched between the least and the greatest value. The fourth channel is opacity. Or a
        picture of Pillow's.

    Returns
    -------
    (H, W) uint8
        0 is black, 255 is white.

    Raises
    ------
    ImageError
        Not a picture's shape or type, too small (``SMALLEST_SIDE``), too large (``MAX_PIXELS``), or
        NaN among its values.
    """
    pixels = to_bytes(image)
    return pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)


def written(image: Picture) -> np.ndarray:
    """Return the gray values in which what is written stands out: the brightness, or a colour.

    Red ink on green paper is as bright as the paper. So where red, green or blue alone has
    ``COLOURED`` times the contrast of the brightness, it is taken instead. The contrast is what
    only 1 % of the pixels exceed in their difference from the median of a wide neighbourhood.
    Takes what ``to_gray`` takes; (H, W) uint8.
    """
    pixels = to_bytes(image)
    gray = to_gray(pixels)
    if pixels.ndim == 2:
        return gray
    size = _reduced_size(gray.shape[1], gray.shape[0], limits.COLOUR_PIXELS)
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    side = max(3, min(size) // 4 | 1)

    def contrast(values: np.ndarray) -> float:
        away = cv2.absdiff(values, cv2.medianBlur(values, side))
        return float(np.percentile(away, limits.COLOUR_PERCENTILE))

    most = limits.COLOURED * contrast(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY))
    found = [contrast(np.ascontiguousarray(small[..., channel])) for channel in range(3)]
    best = int(np.argmax(found))
    return np.ascontiguousarray(pixels[..., best]) if found[best] > most else gray
