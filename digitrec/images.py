"""A picture of a handwritten digit becomes a digit like MNIST's.

A network that was trained on MNIST has only seen digits prepared in MNIST's own way: light ink on
black, 20 pixels at the longer side, antialiased, the centre of mass in the middle of 28 × 28
pixels. A photograph is none of this. Each step of the recipe is a function on arrays here, and
``prepare`` does them one after the other:

============================ ======================================================================
step                         question it answers
============================ ======================================================================
``written``                  how bright is each pixel, or how red, where that shows the ink better?
``has_light_ink``            dark ink on light paper, or light ink on dark?
``estimate_paper``           how bright would the paper be without the ink?
``flatten_light``            how much of the light does the ink take away?
``separate``                 where does paper end and ink begin, and is there any ink?
``find_clutter``             which of it is edges, frames and ruled lines rather than handwriting?
``group_strokes``            which strokes belong together?
``crop``                     where is the digit?
``match_pen``                how wide would MNIST's pen have been?
``fit_box``                  the digit in 20 × 20 pixels
``centre_by_mass``           the digit in 28 × 28 pixels, as MNIST has it
============================ ======================================================================

Files are read in one place (``load_image``); everything else is mathematics on arrays. H and W are
the rows and columns of a picture, h and w those of a crop.
"""

from __future__ import annotations

import os
import struct
import threading
from collections.abc import Collection, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import cv2
import numpy as np
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from digitrec import pages

#: Files with more pixels than this are refused: a small file can unpack to more memory than a
#: computer has. A 12-megapixel photograph has 12 million pixels.
MAX_PIXELS = 64_000_000
#: Pictures whose longer side has more pixels than this are reduced while they are read.
LONGEST_SIDE = 2048
#: Pictures whose shorter side has fewer pixels than this cannot show a digit.
SMALLEST_SIDE = 8
#: Pictures whose longer side has no more pixels show one digit: two would be too coarse.
SMALLEST_PAGE = 32
#: In pictures whose longer side has so many pixels, the paper's own edges may be seen.
LARGE = 400
#: The digit is looked for in a picture reduced to this longer side.
WORKING_SIDE = 512

#: MNIST's measures: the field, the box the digit is scaled into (LeCun et al., 1998, section III-A)
FIELD = 28
BOX = 20
#: Stroke widths, in pixels of the 20 × 20 box, of nearly all of MNIST: about 5 in 100 training
#: digits are thinner than the first figure, about 3 in 100 wider than the second.
MNIST_PEN = (1.7, 4.5)

#: Ink takes away at least this part of the light; less is a shade of the paper.
MIN_CONTRAST = 0.06
#: A colour is read instead of the brightness where it has so many times its contrast.
COLOURED = 1.6
#: Ink stands out from the paper's grain by at least so many standard deviations of it.
MIN_SIGNAL_TO_NOISE = 5.0
#: A digit's longer side is at least this part of the picture's longer side, and half of it in a
#: ``LARGE`` picture; smaller is a speck.
MIN_DIGIT = 0.08
#: Around ink, this part of the picture's longer side is compared with it to find the threshold.
NEAR_INK = 0.06
#: Strokes with a gap of less than this part of the picture are one group; shorter ones are specks.
GAP, SPECK = 0.03, 0.02
#: To the digit come strokes within this part of its size that have this part of its ink.
NEARBY, ENOUGH_INK = 0.4, 0.03
#: A pixel belongs to the digit's rectangle when it is covered at least so much.
COVERED = 0.15
#: A mark at the picture's edge is no digit unless this part of it is farther from the edge than
#: this part of the picture's shorter side.
INSIDE, RIM = 0.25, 0.1
#: No digit is as round as this (the circle in it, in parts of its longer side) when it is nearer to
#: the edge than this part of the picture, or smaller than so many of the smallest digits.
ROUND, EDGE, SMALL_ROUND = 0.5, 0.02, 1.5
#: Grain consists of more pieces than this, the largest with less than this part of the ink.
GRAINS, LARGEST_GRAIN = 12, 0.25
#: No digit has more holes than an 8, each at least this part of its rectangle.
HOLES, HOLE = 2, 0.02

Path_ = str | os.PathLike[str]
#: An array of pixels, nested lists of them, or a picture of Pillow's.
Picture = np.ndarray | Image.Image | Sequence[Any]

# Threads that read files take turns with the large ones: memory stays bounded.
_one_large_picture = threading.Lock()


class ImageError(ValueError):
    """A file or an array is not a picture that can be read; the message says why."""


class Box(NamedTuple):
    """A rectangle in a picture, in pixels: left edge, top edge, width, height."""

    x: int
    y: int
    width: int
    height: int


class Network(Protocol):
    """What ``read`` needs of a network: probabilities for a batch of 28 × 28 images."""

    def predict_probabilities(self, x: np.ndarray, /) -> np.ndarray:
        """(N, 28, 28) uint8 → (N, 10) float32; each row sums to 1."""
        ...


# --- A file becomes an array -----------------------------------------------------------------


def load_image(path: Path_, longest_side: int = LONGEST_SIDE) -> np.ndarray:
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
    return _load(path, longest_side)[0]


def _load(path: Path_, longest_side: int) -> tuple[np.ndarray, float]:
    """Return what ``load_image`` returns, and how many pixels of the file make one of the array."""
    name = os.fspath(path)
    try:
        with _open(path) as picture:
            _check_size(*picture.size, name)
            whole = max(picture.size)
            large = picture.width * picture.height > MAX_PIXELS // 4
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
    # A damaged file may fail anywhere in a decoder, in any way.
    except Exception as error:
        raise ImageError(f"{name}: damaged image: {_one_line(error)}") from error
    return pixels, whole / max(pixels.shape[:2])


def _one_line(error: Exception) -> str:
    """Return what an exception says, on one line; its name if it says nothing."""
    return " ".join(str(error).split()) or type(error).__name__


def _open(path: Path_) -> Image.Image:
    """Open an image file, or say what is there instead of one."""
    name, file = os.fspath(path), Path(path)
    if file.is_dir():
        raise ImageError(f"{name}: expected an image file, found a folder")
    if not file.exists():
        raise ImageError(f"{name}: no such file")
    if not file.is_file():
        raise ImageError(f"{name}: expected an image file, found a device or pipe")
    if file.stat().st_size == 0:
        raise ImageError(f"{name}: expected an image file, found an empty file")
    with file.open("rb") as start:
        if start.read(8)[4:] == b"ftyp":  # HEIC, what iPhones store, or one of its kin
            # Only now: with its decoder, every start of the program would take longer.
            import pillow_heif

            pillow_heif.register_heif_opener()
    try:
        return Image.open(file)
    except Image.DecompressionBombError as error:
        raise ImageError(
            f"{name}: expected at most {MAX_PIXELS:,} pixels, found far more"
        ) from error
    except UnidentifiedImageError as error:
        raise ImageError(
            f"{name}: expected an image (PNG, JPEG, …), found something else"
        ) from error


def _check_size(width: int, height: int, name: str) -> None:
    """Raise ``ImageError`` when a picture is too large to decode or too small to show a digit."""
    if width * height > MAX_PIXELS:
        raise ImageError(
            f"{name}: expected at most {MAX_PIXELS:,} pixels, found {width} × {height}"
            f" = {width * height:,}"
        )
    if min(width, height) < SMALLEST_SIDE:
        raise ImageError(
            f"{name}: expected at least {SMALLEST_SIDE} × {SMALLEST_SIDE} pixels,"
            f" found {width} × {height}"
        )


def _reduced_size(width: int, height: int, longest_side: int) -> tuple[int, int]:
    """Scale a size so that its longer side fits, but its shorter side stays a picture."""
    scale = min(1.0, longest_side / max(width, height))
    scale = max(scale, min(1.0, SMALLEST_SIDE / min(width, height)))
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
        picture = Image.fromarray(_scale_to_bytes(np.asarray(picture), name))
    # RGBA, LA, and palettes or RGB with a transparent colour.
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        picture = picture.resize(_reduced_size(*picture.size, longest_side), reducing_gap=3.0)
        return _on_paper(np.asarray(picture))
    mode = "L" if picture.mode in ("1", "L") else "RGB"
    picture = picture if picture.mode == mode else picture.convert(mode)
    size = _reduced_size(*picture.size, longest_side)
    if size != picture.size:
        picture = picture.resize(size, Image.Resampling.BOX, reducing_gap=3.0)
    return np.array(picture)


def _scale_to_bytes(values: np.ndarray, name: str) -> np.ndarray:
    """Scale gray values of 16 or 32 bits, or floating point, to 0 … 255.

    Integers within 0 … 255 are bytes in a wider type, as arithmetic leaves them; within 0 … 65535
    they are of 16 bits. Floats are within 0 … 1 or 0 … 255. Other values say nothing of their
    range: the darkest is 0 and the lightest 255.

    Raises
    ------
    ImageError
        Not a number, or infinite.
    """
    if not np.isfinite(values).all():
        raise ImageError(f"{name}: expected finite numbers as pixels, found NaN or infinity")
    low, high = float(values.min()), float(values.max())
    if values.dtype.kind == "b":
        low, high = 0.0, 1.0
    elif values.dtype.kind in "ui":
        if low >= 0 and high <= 255:
            return values.astype(np.uint8)
        if low >= 0 and high <= 65535:
            high = 65535.0
        low = min(low, 0.0)
    elif low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    elif low >= 0 and high <= 255:
        low, high = 0.0, 255.0
    if high <= low:
        return np.zeros(values.shape, np.uint8)
    scaled = (values.astype(np.float64) - low) * (255 / (high - low))
    return np.rint(scaled).astype(np.uint8)


def _on_paper(rgba: np.ndarray) -> np.ndarray:
    """Lay a transparent drawing on white paper, or on black when white would hide it.

    ``colour · alpha + background · (1 − alpha)``; (H, W, 4) uint8 → (H, W, 3) uint8. The background
    is the one, white or black, that differs more from the drawing's mean brightness.
    """
    alpha = rgba[..., 3:].astype(np.float32) / 255  # (H, W, 1)
    opaque = float(alpha.sum())
    if opaque == 0 or opaque == alpha.size:
        white = True
    else:
        brightness = float((rgba[..., :3].mean(axis=2, keepdims=True) * alpha).sum()) / opaque
        white = brightness < 192
    background = 255.0 if white else 0.0
    return np.rint(rgba[..., :3] * alpha + background * (1 - alpha)).astype(np.uint8)


def as_array(image: Picture) -> np.ndarray:
    """Return a picture as an array: one of Pillow's, nested lists, or an array as it is.

    Returns
    -------
    (H, W), (H, W, 1), (H, W, 3) or (H, W, 4); integers, booleans or floats

    Raises
    ------
    ImageError
        Not a picture's shape or type, too small (``SMALLEST_SIDE``) or too large (``MAX_PIXELS``).
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
    channels = array.shape[2] if array.ndim == 3 else 1
    if array.ndim not in (2, 3) or channels not in (1, 3, 4):
        raise ImageError(
            "expected an array (H, W), (H, W, 3) or (H, W, 4), found the shape"
            f" {'×'.join(map(str, array.shape)) or 'of one number'}"
        )
    if array.dtype.kind not in "biuf":
        raise ImageError(f"expected numbers as pixels, found the type {array.dtype}")
    _check_size(array.shape[1], array.shape[0], "array")
    return array


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
    image = as_array(image)
    channels = image.shape[2] if image.ndim == 3 else 1
    if image.dtype != np.uint8:
        image = _scale_to_bytes(image, "array")
    if channels == 4:
        image = _on_paper(image)
    if channels == 1:
        return np.ascontiguousarray(image.reshape(image.shape[:2]))
    # (H, W)
    return cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2GRAY)


# --- The recipe, step by step ------------------------------------------------------------------


def written(image: Picture) -> np.ndarray:
    """Return the gray values in which what is written stands out: the brightness, or a colour.

    Red ink on green paper is as bright as the paper. So where red, green or blue alone has
    ``COLOURED`` times the contrast of the brightness, it is taken instead. The contrast is what
    only 1 % of the pixels exceed in their difference from the median of a wide neighbourhood.

    Parameters
    ----------
    image : (H, W), (H, W, 3) or (H, W, 4)
        As ``to_gray`` takes it.

    Returns
    -------
    (H, W) uint8

    Raises
    ------
    ImageError
        As ``to_gray``.
    """
    image = as_array(image)
    gray = to_gray(image)
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        return gray
    small = _reduce(image, WORKING_SIDE // 2)
    side = max(3, min(small.shape[:2]) // 4 | 1)

    def contrast(values: np.ndarray) -> float:
        away = cv2.absdiff(values, cv2.medianBlur(values, side))
        return float(np.percentile(away, 99))

    found = [contrast(np.ascontiguousarray(small[..., channel])) for channel in range(3)]
    best = int(np.argmax(found))
    if found[best] <= COLOURED * contrast(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)):
        return gray
    return np.ascontiguousarray(image[..., best])


def has_light_ink(gray: np.ndarray) -> bool:
    """Tell whether the ink is lighter than what it is written on, as on a blackboard.

    Most of a picture is paper, so a pixel that differs from the picture around it is ink. ``d`` is
    the difference from the median of the surroundings: where ``sum(d³) > 0``, the far tail of the
    differences is on the light side. When the tails are alike (``|sum(d³)| < 0.95 sum(|d|³)``), two
    more are asked: in a picture cropped to its digit, the paper is what fills the rim and holds the
    larger circle (``_paper_of_a_crop``); and in one that is large enough, narrow strokes tell
    (``pages.light_strokes``).

    Parameters
    ----------
    gray : (H, W) uint8

    Returns
    -------
    bool
    """
    small = _reduce(gray, 96)
    side = max(3, min(small.shape) // 2 | 1)
    padded = np.pad(small, side // 2, "symmetric")
    around = cv2.medianBlur(padded, side)[side // 2 :, side // 2 :]
    around = around[: small.shape[0], : small.shape[1]]
    cubes = (small.astype(np.float32) - around) ** 3  # (H, W)
    light = float(cubes.sum()) / max(float(np.abs(cubes).sum()), 1e-6)
    if abs(light) < 0.95:
        paper = _paper_of_a_crop(small)
        if paper is not None:
            return paper == "dark"
        if max(gray.shape) >= 128:
            light += 0.5 * pages.light_strokes(gray)
    return light > 0


def _paper_of_a_crop(gray: np.ndarray) -> str | None:
    """Which of Otsu's two classes is paper, "dark" or "light"; None when that is not plain.

    Paper fills at least 0.7 of the rim, and the largest circle in it, which may go on beyond the
    picture, is at least 1.2 times as wide as the largest in the ink. And the picture has but two
    shades (``_otsu_classes``): neither shadow nor vignette.
    """
    light, explained = _otsu_classes(gray)
    if explained < 0.82:
        return None
    rim = max(1, round(0.03 * min(gray.shape)))
    inner = light[rim:-rim, rim:-rim]
    share = (light.sum() - inner.sum()) / max(1, light.size - inner.size)
    in_light, in_dark = _largest_circle(light), _largest_circle(~light)
    if share >= 0.7 and in_light >= 1.2 * in_dark:
        return "light"
    if share <= 0.3 and in_dark >= 1.2 * in_light:
        return "dark"
    return None


def _otsu_classes(values: np.ndarray) -> tuple[np.ndarray, float]:
    """Where values are above Otsu's threshold, and what part of the variance the classes explain.

    ``p (1 − p) (m₁ − m₀)² / variance`` is 0.64 for mere grain, 0.75 for a slow change of
    brightness, and near 1 for ink on evenly lit paper.
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


def estimate_paper(gray: np.ndarray) -> np.ndarray:
    """Brightness the paper would have without the ink: a morphological closing, smoothed.

    The closing takes the lightest pixel in a window, then the darkest of those: whatever is dark
    and narrower than the window disappears, and a shadow, which is wider, stays. Where ink fills a
    good part of an evenly lit picture, as in a tight crop of a marker's 1, it may be wider than the
    window; there, the paper's brightness is one number (``_even_paper``).

    Parameters
    ----------
    gray : (H, W) uint8
        Dark ink on light paper.

    Returns
    -------
    (H, W) float32
        0 … 255.

    References
    ----------
    :cite:t:`serra1982`.
    """
    small = _reduce(gray, 128)
    even = _even_paper(small)
    if even is not None:
        return np.full(gray.shape, even, np.float32)
    window = max(3, int(0.4 * min(small.shape)) | 1)
    # A bright grain is no paper.
    calm = cv2.medianBlur(small, 5 if min(small.shape) >= 64 else 3)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (window, window))
    closed = cv2.morphologyEx(calm, cv2.MORPH_CLOSE, kernel).astype(np.float32)
    paper = cv2.GaussianBlur(closed, (0, 0), max(1.0, window / 8))
    return cv2.resize(paper, gray.shape[::-1], interpolation=cv2.INTER_LINEAR)


def _even_paper(gray: np.ndarray) -> float | None:
    """Brightness of the paper in an evenly lit picture that ink fills by a fifth; else None.

    Otsu's two classes are then each far narrower than they are apart, at least half of the rim is
    paper, and no circle in the ink is wider than 0.3 of the longer side.
    """
    light, _ = _otsu_classes(gray)
    if not 0.1 <= light.mean() <= 0.8:
        return None
    rim = max(1, round(0.03 * min(gray.shape)))
    inner = light[rim:-rim, rim:-rim]
    if (light.sum() - inner.sum()) < 0.5 * (light.size - inner.size):
        return None
    if _largest_circle(~light) > 0.3 * max(gray.shape):
        return None  # a shadow, or what the paper lies on
    paper, grain = _median_and_deviation(gray[light])
    ink, unevenness = _median_and_deviation(gray[~light])
    return paper if paper - ink >= 6 * (grain + unevenness) else None


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
    return np.clip(1 - gray / np.maximum(paper, 16), 0, 1).astype(np.float32)


def ink_threshold(ink: np.ndarray) -> float | None:
    """Least value that counts as ink, by Otsu's method; none if nothing stands out as ink does.

    Otsu's threshold separates two classes so that the variance within them is least. It always
    finds one, in a blank page's grain too. So the classes must differ by ``MIN_CONTRAST``, and by
    ``MIN_SIGNAL_TO_NOISE`` times the grain's standard deviation (from the median absolute
    deviation).

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
    middle, noise = _paper_level(ink)
    floor = middle + max(MIN_CONTRAST / 2, 3 * noise)
    marked = (ink > floor).astype(np.uint8)
    if not marked.any():
        return None
    # Paper far from any ink would outweigh a small digit: only what is near ink is compared.
    reach = max(3, round(NEAR_INK * max(ink.shape)) | 1)
    near = cv2.dilate(marked, np.ones((reach, reach), np.uint8)) > 0
    values = np.rint(255 * ink[near]).astype(np.uint8)
    threshold, _ = cv2.threshold(values, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    strokes, paper = values[values > threshold], values[values <= threshold]
    if not strokes.size or not paper.size:
        return None
    contrast = float(np.median(strokes) - np.median(paper)) / 255
    if contrast < max(MIN_CONTRAST, MIN_SIGNAL_TO_NOISE * noise):
        return None
    return (float(threshold) + 0.5) / 255


def _paper_level(ink: np.ndarray) -> tuple[float, float]:
    """Median of the paper's values and the standard deviation of its grain.

    All of the picture serves as paper, unless it is cropped so tightly that ink is a good part of
    it: then Otsu's lower class does.
    """
    marked, explained = _otsu_classes(np.rint(255 * ink).astype(np.uint8))
    if marked.mean() >= 0.2 and explained >= 0.82:
        return _median_and_deviation(ink[~marked])
    return _median_and_deviation(ink)


def _median_and_deviation(values: np.ndarray) -> tuple[float, float]:
    """Median, and the standard deviation as the median absolute deviation tells it."""
    middle = float(np.median(values))
    return middle, 1.4826 * float(np.median(np.abs(values - middle)))


def separate(ink: np.ndarray, drop_clutter: bool = True) -> tuple[float | None, np.ndarray]:
    """Separate ink from paper, and handwriting from clutter.

    A dark frame hides faint strokes from Otsu's method. So clutter that is found is taken away, and
    the threshold is sought anew in what is left. A paper's grain hides strokes, too: where nothing
    stands out, the picture is smoothed, twice at most, which calms grain more than strokes.

    Parameters
    ----------
    ink : (H, W) float32
        0 is paper, 1 is black ink.
    drop_clutter : if not, everything darker than the threshold counts

    Returns
    -------
    threshold : float or None
    mask : (H, W) bool
    """
    for smoothing in (0.0, 0.005, 0.01):  # of the longer side
        calm = ink.copy()
        if smoothing:
            calm = cv2.GaussianBlur(ink, (0, 0), smoothing * max(ink.shape))
        threshold, mask = _threshold_mask(calm)
        for _ in range(3 if drop_clutter else 0):
            clutter = find_clutter(mask)
            if not clutter.any():
                break
            soft = cv2.dilate(clutter.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
            calm[clutter | (soft & ~mask)] = 0
            threshold, mask = _threshold_mask(calm)
        if threshold is not None:
            break
    return threshold, mask


def _threshold_mask(ink: np.ndarray) -> tuple[float | None, np.ndarray]:
    """Return the threshold and the pixels above it: none of them when there is no threshold."""
    threshold = ink_threshold(ink)
    return threshold, ink > (np.inf if threshold is None else threshold)


def find_clutter(mask: np.ndarray) -> np.ndarray:
    """Find the clutter, ink that is no handwriting: paper edges, frames, ruled lines.

    Two kinds: a straight line from one side of the picture to the other, up to 12° from level or
    upright, that is none of the digit's strokes (``_foreign_lines``), and a piece that touches the
    picture's edge and stays close to it. Where a stroke crosses a line, the stroke stays.

    Parameters
    ----------
    mask : (H, W) bool
        Where ink is.

    Returns
    -------
    (H, W) bool
    """
    height, width = mask.shape
    if _is_lone_digit(mask):
        return np.zeros_like(mask)
    level, upright = _straight_lines(mask), _straight_lines(mask.T).T
    clutter = _foreign_lines(mask, level, upright)
    clutter |= _foreign_lines(mask.T, upright.T, level.T).T
    rest = (mask & ~clutter).astype(np.uint8)
    margin = round(RIM * min(height, width))
    inside = np.zeros_like(mask)
    inside[margin : height - margin, margin : width - margin] = True
    count, labels = cv2.connectedComponents(rest, connectivity=8)
    area = np.bincount(labels.ravel(), minlength=count)
    area_inside = np.bincount(labels[inside], minlength=count)
    edge = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    at_edge = np.zeros(count, bool)
    at_edge[edge] = True
    at_edge &= area_inside < INSIDE * area
    at_edge[0] = False
    return clutter | at_edge[labels]


def _is_lone_digit(mask: np.ndarray) -> bool:
    """Tell whether the ink is one digit that reaches the picture's edges, and no clutter.

    So it is when the picture is cropped to the digit, whose strokes then touch each of the four
    sides in one place without running along it, and when it is a 1 drawn from top to bottom.
    """
    _, _, stats, centres = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    if len(stats) < 2:
        return False
    main = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    _, _, width, height, area = stats[main]
    if area < 0.9 * mask.sum() or height < mask.shape[0]:
        return False
    if width < mask.shape[1]:
        across = centres[main][0] / mask.shape[1]
        return bool(width < height and 0.25 < across < 0.75 and area == mask.sum())
    sides = (mask[0], mask[-1], mask[:, 0], mask[:, -1])
    if any(np.count_nonzero(np.diff(side, prepend=False) & side) != 1 for side in sides):
        return False
    top, bottom, left, right = (side.mean() > 0.9 for side in sides)
    return bool(top == bottom and left == right and not (top and left))


def _straight_lines(mask: np.ndarray) -> np.ndarray:
    """Pixels of nearly level lines that cross the whole picture; (H, W) bool → (H, W) bool.

    The Hough transform counts, for each line, the ink pixels on it. Along each line found, column
    by column, the run of ink that it meets is erased, unless the run is much longer than most: that
    is a stroke crossing the line.
    """
    height, width = mask.shape
    found = np.zeros_like(mask)
    # A grainy line, mended.
    thick = cv2.dilate(mask.astype(np.uint8), np.ones((3, 1), np.uint8))
    lines = cv2.HoughLines(
        thick,
        rho=1,
        theta=np.radians(0.5),
        threshold=max(8, int(0.4 * width)),
        min_theta=np.radians(78),
        max_theta=np.radians(102),
    )
    if lines is None:
        return found
    columns = np.arange(width)
    reach = max(2, width // 20)  # this near to both sides of the picture
    top, bottom = pages.runs(thick > 0)
    for rho, theta in lines[:400, 0]:
        # (W,)
        rows = np.rint((rho - columns * np.cos(theta)) / np.sin(theta)).astype(int)
        # A steep line leaves early.
        inside = np.flatnonzero((rows >= 0) & (rows < height))
        if len(inside) < width / 2:
            continue
        hit = thick[rows[inside], inside] > 0
        if hit.mean() < 0.85 or not (hit[:reach].any() and hit[-reach:].any()):
            continue
        on = inside[hit]  # the columns where it is inked
        if found[rows[on], on].mean() > 0.9:
            continue  # one printed line is several lines one pixel wide
        first, last = top[rows[on], on], bottom[rows[on], on]
        length = last - first + 1
        if np.median(length) > 0.12 * width:
            continue  # no line, but something filled
        thin = length <= 1.6 * np.median(length) + 1
        for column, start, stop in zip(on[thin], first[thin], last[thin], strict=True):
            found[start : stop + 1, column] = True
    return found & mask


def _foreign_lines(mask: np.ndarray, level: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Which of the level lines are rules or frames; (H, W) bool each.

    In a picture cropped to its digit, the bar of a 7 and the foot of a 2 go from side to side, too.
    So a line is foreign if it touches nothing else, or is thinner than 0.6 of the pen. One as thick
    as the pen is foreign if it goes beyond the strokes on the left and on the right: a little, with
    strokes above and below it and at most one side of the picture that crops them; or far, unless
    the strokes reach from the top to the bottom, neither of which is where the line is.
    """
    found = np.zeros_like(mask)
    if not level.any():
        return found
    rest = _without_specks(mask & ~level & ~others)
    count, labels = cv2.connectedComponents(level.astype(np.uint8), connectivity=8)
    if rest.sum() < 0.1 * mask.sum():
        # A 7 may be nothing but two straight strokes; more lines are squares, one is a rule.
        if count != 2 or cv2.connectedComponents(others.astype(np.uint8))[0] != 2:
            return level
        rest = _without_specks(mask & ~level)
    if not rest.any():
        return level
    height, width = mask.shape
    rows, columns = np.flatnonzero(rest.any(axis=1)), np.flatnonzero(rest.any(axis=0))
    edge = 0.08 * min(mask.shape)
    at_top, at_bottom = rows[0] <= edge, rows[-1] >= height - 1 - edge
    at_sides = (columns[0] <= edge, columns[-1] >= width - 1 - edge)
    pen = _widest(rest)
    # The strokes lost their corners to the line.
    beyond = (min(columns[0], width - 1 - columns[-1]) - pen) / width
    for label in range(1, count):
        line = labels == label
        touching = cv2.dilate(line.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
        thick = line.sum() / max(1, np.count_nonzero(line.any(axis=0)))
        lies = np.flatnonzero(line.any(axis=1))
        between = rest[: lies[0]].any() and rest[lies[-1] + 1 :].any()
        outer = min(
            np.median(line.argmax(axis=0)[line.any(axis=0)]),
            np.median(line[::-1].argmax(axis=0)[line.any(axis=0)]),
        )
        inside = outer > 0.03 * height
        if (
            not (rest & touching).any()
            or thick < 0.6 * pen
            or (beyond > 0.12 and not (at_top and at_bottom and inside))
            or (beyond > 0.03 and between and sum((at_top, at_bottom, *at_sides)) < 2)
        ):
            found |= line
    return found


def _without_specks(mask: np.ndarray) -> np.ndarray:
    """Leave out specks, and pieces with under a tenth of the largest one's pixels; (H, W) bool."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    longest = stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1)
    area = np.where(longest >= MIN_DIGIT * max(mask.shape), stats[:, cv2.CC_STAT_AREA], 0)
    area[0] = 0
    return (area >= max(1, 0.1 * area.max()))[labels]


def _widest(mask: np.ndarray) -> float:
    """Width of the widest strokes: of nine tenths of all ink the middle of a stroke is nearer."""
    distance = cv2.distanceTransform(np.pad(mask, 1).astype(np.uint8), cv2.DIST_L2, 3)
    return 2 * float(np.percentile(distance[distance > 0], 90))


def group_strokes(mask: np.ndarray) -> np.ndarray:
    """Group the strokes: those with a gap of less than 3 % of the picture are one group.

    A pencil leaves gaps in a stroke; a 5's flag and a 4's upright may stand off a little. Specks,
    with no side longer than 2 % of the picture, are dropped first: grain must not join to a digit.

    Parameters
    ----------
    mask : (H, W) bool
        Where ink is.

    Returns
    -------
    (H, W) int32
        0 is paper (and specks); 1, 2, … are the groups.
    """
    _, pieces, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    longest = np.maximum(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT])
    mask = mask & (longest > SPECK * max(mask.shape))[pieces]
    reach = max(1, round(GAP * max(mask.shape))) | 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    joined = cv2.dilate(mask.astype(np.uint8), kernel)
    _, labels = cv2.connectedComponents(joined, connectivity=8)
    return np.where(mask, labels, 0)


def choose_digit(groups: np.ndarray, ink: np.ndarray, least: float = MIN_DIGIT) -> np.ndarray:
    """Choose the strokes of the one digit in a picture: most ink, nearest to the middle.

    A group weighs the sum of its ink times a window that is 1 in the middle of the picture and 0 at
    its edge. To the heaviest group come those near it (0.4 of its longer side) that are no
    mere specks (3 % of its ink), and those near these.

    Parameters
    ----------
    groups : (H, W) int
        What ``group_strokes`` returns.
    ink : (H, W) float32
        0 is paper, 1 is black ink.
    least : longer side of a digit, in parts of the picture's longer side

    Returns
    -------
    (H, W) bool
        No pixel is True when every group is smaller than a digit.
    """
    height, width = groups.shape
    count = int(groups.max()) + 1
    window = _hat(height)[:, None] * _hat(width)  # (H, W)
    mass = np.bincount(groups.ravel(), ink.ravel(), minlength=count)
    weight = np.bincount(groups.ravel(), (ink * window).ravel(), minlength=count)
    weight[0] = 0
    for label in np.argsort(-weight)[: count - 1]:
        digit = groups == label
        box = _bounding_box(digit)
        size = max(box.width, box.height)
        if size >= least * max(height, width):
            break
    else:
        return np.zeros(groups.shape, bool)
    enough = ENOUGH_INK * mass[label]
    left = [k for k in range(1, count) if k != label and mass[k] >= enough]
    # What joins makes the digit larger, and more may be near.
    while left:
        gap = cv2.distanceTransform((~digit).astype(np.uint8), cv2.DIST_L2, 3)
        box = _bounding_box(digit)
        reach = NEARBY * max(box.width, box.height)
        near = [k for k in left if gap[groups == k].min(initial=np.inf) <= reach]
        if not near:
            break
        digit = digit | np.isin(groups, near)
        left = [k for k in left if k not in near]
    return digit


def _is_no_digit(digit: np.ndarray, least: float) -> bool:
    """Tell whether ink has not the strokes of a digit; (H, W) bool, not empty.

    When a circle half as long as itself fits into it, it is a speck, or, at the picture's edge, a
    shadow or a sheet. (A blot in the middle is left to the network, which is not sure of it.) It is
    a cloud of grain when it consists of more than twelve pieces and the largest has less than a
    quarter of the ink; and squares, when it has more than two holes, each a fiftieth of its
    rectangle.
    """
    box = _bounding_box(digit)
    inside = np.pad(digit[box.y : box.y + box.height, box.x : box.x + box.width], 1)
    longest = max(box.width, box.height)
    edge = EDGE * min(digit.shape)
    far = digit.shape[1] - box.x - box.width, digit.shape[0] - box.y - box.height
    if _largest_circle(inside) > ROUND * longest and (
        min(box.x, box.y, *far) <= edge or longest < SMALL_ROUND * least * max(digit.shape)
    ):
        return True
    count, _, stats, _ = cv2.connectedComponentsWithStats(inside.astype(np.uint8), connectivity=8)
    areas = stats[1:, cv2.CC_STAT_AREA]
    if count - 1 > GRAINS and areas.max() < LARGEST_GRAIN * areas.sum():
        return True
    _, _, stats, _ = cv2.connectedComponentsWithStats((~inside).astype(np.uint8), connectivity=4)
    # The first of them is the ink, and what touches the rim is the paper around.
    holes = stats[1:, cv2.CC_STAT_AREA] >= HOLE * inside.size
    holes &= stats[1:, cv2.CC_STAT_LEFT] > 0
    return int(holes.sum()) > HOLES


def _hat(length: int) -> np.ndarray:
    """Weights that fall from 1 in the middle to nearly 0 at both ends; (length,) float64."""
    place = (np.arange(length) + 0.5) / length
    return np.minimum(1.0, 4 * np.minimum(place, 1 - place))


def even_contrast(ink: np.ndarray, digit: np.ndarray, threshold: float) -> np.ndarray:
    """Make a faint pencil as black as a marker: a ramp from paper to ink, steepest at its edge.

    ``clip((ink − low) / (high − low), 0, 1)`` with ``high`` the median of the digit's ink, and
    ``low`` as far below the threshold as ``high`` is above it, but not below the paper. What is not
    the digit becomes paper.

    Parameters
    ----------
    ink : (H, W) float32
    digit : (H, W) bool
    threshold : float

    Returns
    -------
    (H, W) float32
        0 is paper, 1 is ink, between them the antialiased edge.
    """
    high = float(np.median(ink[digit]))
    # The threshold may be that of the smoothed picture: then nothing need be below it.
    paper = ink[ink <= threshold]
    low = max(2 * threshold - high, float(np.median(paper)) if paper.size else 0.0)
    ramp = np.clip((ink - low) / max(high - low, 1 / 255), 0, 1)
    return np.where(cv2.dilate(digit.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0, ramp, 0)


def crop(coverage: np.ndarray) -> tuple[np.ndarray, Box]:
    """Cut out the digit: the smallest rectangle with all that is at least 15 % covered with ink.

    Parameters
    ----------
    coverage : (H, W) float32
        0 is paper, 1 is ink.

    Returns
    -------
    digit : (h, w) float32
    box : Box
        Where in the picture it was.

    Raises
    ------
    ImageError
        There is no ink.
    """
    inked = coverage >= COVERED
    if not inked.any():
        raise ImageError("expected a picture with ink on it, found none")
    box = _bounding_box(inked)
    return coverage[box.y : box.y + box.height, box.x : box.x + box.width], box


def pen_width(digit: np.ndarray) -> float:
    """Mean width of a digit's strokes, in pixels of the 20 × 20 box it will fill.

    In a stroke of width ``b`` the distance to the nearest edge grows from 0 to ``b / 2`` in the
    middle; its mean is ``b / 4``. So the width is four times the mean distance.

    Parameters
    ----------
    digit : (h, w) float32
        0 is paper, 1 is ink.

    Returns
    -------
    float
        0 if no pixel is half covered.
    """
    inked = np.pad(_enlarge(digit) >= 0.5, 1).astype(np.uint8)
    if not inked.any():
        return 0.0
    distance = cv2.distanceTransform(inked, cv2.DIST_L2, 5)
    # The nearest pixel outside is half a pixel beyond the edge.
    return 4 * (float(distance[inked > 0].mean()) - 0.5) * BOX / max(_enlarge(digit).shape)


#: The pen is measured and changed in a box so many times finer than 20 × 20.
FINER = 8


def _enlarge(digit: np.ndarray) -> np.ndarray:
    """Scale a crop to ``FINER`` times the box; (h, w) → (h', w') with max(h', w') = 160."""
    height, width = digit.shape
    scale = FINER * BOX / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return cv2.resize(digit.astype(np.float32), size, interpolation=method)


def match_pen(digit: np.ndarray, pen: tuple[float, float] = MNIST_PEN) -> np.ndarray:
    """Widen strokes thinner than MNIST's, narrow those that are wider; leave the rest alone.

    A morphological dilation (erosion) with a disc of radius ``r`` makes each stroke, and the whole
    digit, wider (narrower) by ``d = 2 r``. Scaled into the box of 20 again, the pen ``b`` is then
    ``20 (b + d) / (20 + d)`` wide; solved for ``d``. A ballpoint's line, shrunk to 20 × 20 pixels,
    would be a faint grey.

    Parameters
    ----------
    digit : (h, w) float32
        0 is paper, 1 is ink.
    pen : least and greatest width, in pixels of the 20 × 20 box

    Returns
    -------
    (h', w') float32
        The digit itself, or a finer one with another pen.
    """
    width = pen_width(digit)
    wanted = min(max(width, pen[0]), pen[1])
    change = BOX * (wanted - width) / (BOX - wanted)
    radius = round(FINER * abs(change) / 2)
    if radius == 0:
        return digit
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    fine = _enlarge(digit)
    if wanted > width:
        return cv2.dilate(np.pad(fine, radius), disc)
    return crop(cv2.erode(np.pad(fine, 1), disc))[0]


def fit_box(digit: np.ndarray, keep_aspect: bool = True) -> np.ndarray:
    """Scale a digit into 20 × 20 pixels; each new pixel is the mean of the area it covers.

    Parameters
    ----------
    digit : (h, w) float32
        0 is paper, 1 is ink.
    keep_aspect : if not, both sides become 20 pixels

    Returns
    -------
    (h', w') float32
        The longer side is 20.

    References
    ----------
    :cite:t:`lecun1998gradient`, section III.A.
    """
    height, width = digit.shape
    scale = BOX / max(height, width)
    size = (BOX, BOX)
    if keep_aspect:
        size = max(1, round(width * scale)), max(1, round(height * scale))
    return cv2.resize(digit.astype(np.float32), size, interpolation=cv2.INTER_AREA)


def centre_by_mass(digit: np.ndarray, by_mass: bool = True) -> np.ndarray:
    """Place a digit in 28 × 28 pixels with its centre of mass in the middle.

    The centre of mass is ``sum(v · position) / sum(v)`` along rows and columns. The digit moves by
    whole pixels, never over the field's edge, until that point is in the pixel of row 14 and column
    14 (counted from 0): there it is in MNIST's own images. An even field has no middle pixel; this
    one is the first after the middle.

    Parameters
    ----------
    digit : (h, w) float32, h ≤ 28, w ≤ 28
        0 is paper, 1 is ink.
    by_mass : if not, the middle of the digit's rectangle is placed in the middle instead

    Returns
    -------
    (28, 28) uint8
        0 is paper, 255 is ink.
    """
    total = float(digit.sum())
    starts = []
    for axis, length in enumerate(digit.shape):
        start = (FIELD - length) // 2
        if by_mass and total > 0:
            mass = digit.sum(axis=1 - axis)  # (length,)
            middle = float(mass @ (np.arange(length) + 0.5)) / total
            start = int(np.floor(FIELD / 2 + 1 - middle))
        starts.append(min(max(start, 0), FIELD - length))
    field_ = np.zeros((FIELD, FIELD), np.uint8)
    top, left = starts
    values = np.rint(255 * np.clip(digit, 0, 1)).astype(np.uint8)
    field_[top : top + digit.shape[0], left : left + digit.shape[1]] = values
    return field_


def just_resize(image: Picture) -> np.ndarray:
    """Shrink the whole picture to 28 × 28, dark ink made light: what does *not* work.

    Parameters
    ----------
    image : (H, W), (H, W, 3) or (H, W, 4)

    Returns
    -------
    (28, 28) uint8

    Raises
    ------
    ImageError
        As ``to_gray``.
    """
    gray = to_gray(image)
    if not has_light_ink(gray):
        gray = 255 - gray
    return cv2.resize(gray, (FIELD, FIELD), interpolation=cv2.INTER_AREA)


# --- The recipe, whole -------------------------------------------------------------------------


@dataclass(frozen=True)
class Preparation:
    """One picture prepared like MNIST.

    Attributes
    ----------
    image : (28, 28) uint8
        0 is paper, 255 is ink; nothing but paper when there was no ink.
    box : Box or None
        Where in the picture the digit was, in the picture's pixels; None when there was no ink.
    steps : dict of str to array
        What each step made, in order, if asked for.
    """

    image: np.ndarray
    box: Box | None
    steps: dict[str, np.ndarray] = field(default_factory=dict)


#: What ``prepare`` can do without, and what then happens.
OPTIONAL_STEPS = {
    "find_polarity": "the ink is taken to be dark",
    "level_light": "the paper is taken to be evenly lit",
    "drop_clutter": "edges, frames and lines count as ink",
    "level_contrast": "pale ink stays pale",
    "adapt_pen": "thin strokes stay thin",
    "keep_aspect": "the digit is stretched to a square",
    "by_mass": "the digit's rectangle is centred, not its mass",
}


def prepare(image: Picture, *, without: Collection[str] = (), steps: bool = False) -> Preparation:
    """Prepare a picture of one digit as MNIST's digits were prepared.

    Parameters
    ----------
    image : (H, W), (H, W, 3) or (H, W, 4)
        As ``to_gray`` takes it.
    without : the steps to leave out, of ``OPTIONAL_STEPS``: ``["by_mass"]``
    steps : return what each step made, for looking at it

    Returns
    -------
    Preparation

    Raises
    ------
    ImageError
        As ``to_gray``.
    ValueError
        Something to leave out that is none of the steps.
    """
    for step in without:
        if step not in OPTIONAL_STEPS:
            raise ValueError(
                f"expected a list of steps, of {', '.join(OPTIONAL_STEPS)}, received {without!r}"
            )
    made: dict[str, np.ndarray] = {}
    original = written(image)
    gray = _reduce(original, WORKING_SIDE)
    made["gray"] = gray
    if "find_polarity" not in without and has_light_ink(gray):
        gray = 255 - gray
    made["dark ink"] = gray
    paper = (
        estimate_paper(gray)
        if "level_light" not in without
        else np.full(gray.shape, np.median(gray), np.float32)
    )
    made["paper"] = paper
    ink = flatten_light(gray, paper)
    made["flattened"] = ink
    threshold, mask = separate(ink, "drop_clutter" not in without)
    made["ink"] = mask
    least = MIN_DIGIT / 2 if max(original.shape) >= LARGE else MIN_DIGIT
    digit = choose_digit(group_strokes(mask), ink, least)
    if digit.any() and _is_no_digit(digit, least):
        digit = np.zeros_like(digit)
    made["digit"] = digit
    if threshold is None or not digit.any():
        return Preparation(np.zeros((FIELD, FIELD), np.uint8), None, made if steps else {})
    if "level_contrast" not in without:
        coverage = even_contrast(ink, digit, threshold)
    else:
        coverage = np.where(
            cv2.dilate(digit.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0, ink, 0
        )
    cut, box = crop(coverage)
    made["crop"] = cut
    if "adapt_pen" not in without:
        cut = match_pen(cut)
    made["pen"] = cut
    small = fit_box(cut, "keep_aspect" not in without)
    made["20 × 20"] = small
    field_ = centre_by_mass(small, "by_mass" not in without)
    made["28 × 28"] = field_
    scale = max(original.shape) / max(gray.shape)
    return Preparation(field_, _scale_box(box, scale, original.shape), made if steps else {})


def normalise(image: Picture, *, without: Collection[str] = ()) -> np.ndarray:
    """Prepare a picture as MNIST's digits were prepared: ``prepare(image, …).image``.

    Parameters
    ----------
    image : (H, W), (H, W, 3) or (H, W, 4)
    without : the steps to leave out, as in ``prepare``: ``["by_mass"]``

    Returns
    -------
    (28, 28) uint8
        0 is paper, 255 is ink; nothing but paper when there was no ink.

    Raises
    ------
    ImageError
        As ``to_gray``.
    ValueError
        As ``prepare``.
    """
    return prepare(image, without=without).image


# --- Reading -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class FoundDigit:
    """A digit found in a picture, not yet read.

    Attributes
    ----------
    image : (28, 28) uint8
        0 is paper, 255 is ink.
    box : Box
        Where it is, in the picture's pixels.
    line : int
        The line it stands in, from 0.
    """

    image: np.ndarray
    box: Box
    line: int


@dataclass(frozen=True)
class Digit(FoundDigit):
    """A digit that a network has read.

    Attributes
    ----------
    label : str
        The most probable class, "0" … "9", or "?" when that is not probable enough.
    probability : float
        Probability of the most probable class.
    probabilities : (10,) float32
        All classes' probabilities; their sum is 1.
    """

    label: str
    probability: float
    probabilities: np.ndarray

    @property
    def guess(self) -> str:
        """The most probable class, also where it is not asserted."""
        return str(int(np.argmax(self.probabilities)))


@dataclass(frozen=True)
class Reading:
    """What a picture says.

    Attributes
    ----------
    lines : list of str
        One string of labels per line, from the top; empty for a blank picture.
    digits : list of Digit
        In reading order.
    """

    lines: list[str]
    digits: list[Digit]


def find_digits(image: Picture) -> list[FoundDigit]:
    """Find the digits in a picture, of one digit or of a page, in reading order.

    A page is laid out by :func:`digitrec.pages.lay_out`. Where that finds fewer than two digits,
    the picture shows one digit, or none, and ``prepare`` decides: it knows what to expect.

    Parameters
    ----------
    image : (H, W), (H, W, 3) or (H, W, 4)
        As ``to_gray`` takes it.

    Returns
    -------
    list of FoundDigit
        Empty for a blank picture.

    Raises
    ------
    ImageError
        As ``to_gray``.
    """
    image = as_array(image)
    gray = _reduce(written(image), LONGEST_SIDE)
    if max(gray.shape) <= SMALLEST_PAGE:
        return _find_one(image)
    dark = 255 - gray if has_light_ink(gray) else gray
    page = pages.lay_out(dark, ink_threshold)
    scale = max(image.shape[:2]) / max(page.ink.shape)
    found = [
        FoundDigit(*_cut_digit(page, piece, scale, image.shape), line=number)
        for number, line in enumerate(page.lines)
        for piece in line
    ]
    if len(found) > 1 and not _is_one_digit(gray, page):
        return found
    large = max(gray.shape) >= LARGE
    # A lone digit that is small in a large picture is better found as a page's digits are.
    if large and len(found) == 1:
        piece, (height, width) = page.lines[0][0], page.ink.shape
        inside = 0 < piece.x < piece.right < width and 0 < piece.y < piece.bottom < height
        if inside and piece.height < 0.2 * min(height, width):
            return found
    one = _find_one(image)
    # What spans a large picture and is no stroke to a page is the edge of the paper, or a shadow's.
    if large and one:
        spans, seen = (
            min(np.divide(digits[0].box[2:], image.shape[1::-1])) if digits else 0.0
            for digits in (one, found)
        )
        return one if spans <= 0.7 or seen > 0.5 else []
    return one


def _is_one_digit(gray: np.ndarray, page: pages.Page) -> bool:
    """Tell whether the few pieces of a page are better taken as one digit.

    They are when ``prepare`` finds one connected digit, no wider than high, where they are. And
    when they lie one above the other and one of them is wider than high, as no digit is.
    """
    pieces = [piece for line in page.lines for piece in line]
    if len(pieces) > 4:
        return False
    left, right = min(p.x for p in pieces), max(p.right for p in pieces)
    top, bottom = min(p.y for p in pieces), max(p.bottom for p in pieces)
    if len(page.lines) == len(pieces):
        widest = max(p.width for p in pieces)
        if any(p.width > 1.1 * p.height for p in pieces) and right - left < 1.4 * widest:
            return True
    found = prepare(gray, steps=True)
    if found.box is None or found.box.width > 1.1 * found.box.height:
        return False
    labels, _ = cv2.connectedComponents(found.steps["digit"].astype(np.uint8))
    scale = max(gray.shape) / max(page.ink.shape)
    x, y, width, height = found.box
    shared = max(0, min(x + width, scale * right) - max(x, scale * left)) * max(
        0, min(y + height, scale * bottom) - max(y, scale * top)
    )
    return labels == 2 and shared >= 0.9 * scale**2 * (right - left) * (bottom - top)


def _find_one(image: np.ndarray) -> list[FoundDigit]:
    """Find the one digit in a picture, or none."""
    prepared = prepare(image)
    if prepared.box is None:
        return []
    return [FoundDigit(prepared.image, prepared.box, line=0)]


def _cut_digit(
    page: pages.Page, piece: pages.Piece, scale: float, shape: Sequence[int]
) -> tuple[np.ndarray, Box]:
    """Prepare one digit of a page as ``prepare`` does: its (28, 28) uint8 and its box."""
    margin = 3
    x, y = max(0, piece.x - margin), max(0, piece.y - margin)
    ink = page.ink[y : piece.bottom + margin, x : piece.right + margin]
    digit = np.zeros(ink.shape, bool)
    top, left = piece.y - y, piece.x - x
    digit[top : top + piece.height, left : left + piece.width] = piece.mask
    # A neighbour's ink, or a rule's, is not this digit's soft edge.
    foreign = page.mask[y : piece.bottom + margin, x : piece.right + margin] & ~digit
    coverage = even_contrast(np.where(foreign, 0, ink), digit, page.threshold)
    if not (coverage >= COVERED).any():
        coverage = digit.astype(np.float32)
    cut, box = crop(coverage)
    image = centre_by_mass(fit_box(match_pen(cut)))
    placed = Box(x + box.x, y + box.y, box.width, box.height)
    return image, _scale_box(placed, scale, shape)


def find_digits_in_file(path: Path_) -> list[FoundDigit]:
    """Find the digits in an image file; boxes in the pixels of the file's picture, upright.

    Raises
    ------
    ImageError
        As ``load_image``.
    """
    pixels, scale = _load(path, LONGEST_SIDE)
    shape = [round(side * scale) for side in pixels.shape[:2]]
    return [
        replace(digit, box=_scale_box(digit.box, scale, shape)) for digit in find_digits(pixels)
    ]


def classify(
    pictures: Sequence[Sequence[FoundDigit]],
    network: Network,
    reject_below: float | None = None,
) -> list[Reading]:
    """Read the digits found in several pictures: the network sees all of them in one batch.

    Parameters
    ----------
    pictures : for each picture, what ``find_digits`` returned
    network : anything with ``predict_probabilities``: (N, 28, 28) uint8 → (N, 10)
    reject_below : a digit less probable than this gets the label "?"; by default the network's own
        ``reject_below``, which was chosen on held-out digits, or 0 if it has none

    Returns
    -------
    list of Reading
        One for each picture.
    """
    if reject_below is None:
        reject_below = float(getattr(network, "reject_below", 0.0))
    images = [digit.image for found in pictures for digit in found]
    # (10,) each
    rows = iter(network.predict_probabilities(np.stack(images)) if images else ())
    return [_reading(found, [next(rows) for _ in found], reject_below) for found in pictures]


def _reading(
    found: Sequence[FoundDigit], rows: Sequence[np.ndarray], reject_below: float
) -> Reading:
    """Join one picture's digits and their probabilities to a reading."""
    digits = []
    for digit, row in zip(found, rows, strict=True):
        best = int(np.argmax(row))
        probability = float(row[best])
        label = "?" if probability < reject_below else str(best)
        digits.append(Digit(digit.image, digit.box, digit.line, label, probability, row))
    lines = [""] * (1 + max((digit.line for digit in digits), default=-1))
    for digit in digits:
        lines[digit.line] += digit.label
    return Reading(lines, digits)


def read(image: Picture, network: Network, reject_below: float | None = None) -> Reading:
    """Read the digits in a picture.

    Parameters
    ----------
    image : (H, W), (H, W, 3) or (H, W, 4)
        As ``to_gray`` takes it; ``load_image`` makes one of a file.
    network : anything with ``predict_probabilities``: (N, 28, 28) uint8 → (N, 10)
        For example ``digitrec.networks.load_numpy("cnn")``.
    reject_below : as in ``classify``

    Returns
    -------
    Reading

    Raises
    ------
    ImageError
        As ``to_gray``.
    """
    return classify([find_digits(image)], network, reject_below)[0]


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
    pixels, scale = _load(path, longest_side)
    digits = [
        replace(digit, box=_scale_box(digit.box, 1 / scale, pixels.shape))
        for digit in reading.digits
    ]
    return annotate(pixels, replace(reading, digits=digits))


# --- Helpers -----------------------------------------------------------------------------------


def _reduce(image: np.ndarray, longest_side: int) -> np.ndarray:
    """Reduce a picture to a longer side by area averaging; a smaller picture stays as it is."""
    size = _reduced_size(image.shape[1], image.shape[0], longest_side)
    if size == (image.shape[1], image.shape[0]):
        return image
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def _bounding_box(mask: np.ndarray) -> Box:
    """Return the smallest rectangle with all of a mask's pixels; the mask has at least one."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    left, top = int(columns[0]), int(rows[0])
    return Box(left, top, int(columns[-1]) - left + 1, int(rows[-1]) - top + 1)


def _scale_box(box: Box, scale: float, shape: Sequence[int]) -> Box:
    """Return a reduced picture's rectangle in pixels of the whole one, of the given (H, W)."""
    left, top = round(box.x * scale), round(box.y * scale)
    right = min(round((box.x + box.width) * scale), shape[1])
    bottom = min(round((box.y + box.height) * scale), shape[0])
    return Box(left, top, max(1, right - left), max(1, bottom - top))
