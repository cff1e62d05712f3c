"""Checks of chapter 5: a picture is brought into the form that the network knows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from digitrec import mnist
from digitrec.checks.asking import Wrong, check
from digitrec.checks.comparing import Mistakes
from digitrec.checks.together import Asked, settle_together

Answer = Callable[..., Any]


@check
def fit_box(answer: Answer) -> None:
    """``fit_box(height, width)``: the size in a 20 × 20 box with the same aspect ratio."""
    rng = np.random.default_rng()
    sizes = [(30, 13), (41, 23), (13, 30), (40, 20), (10, 10), (20, 7), (400, 5), (3, 200), (9, 31)]
    while len(sizes) < 16:
        height, width = (int(side) for side in rng.integers(3, 90, 2))
        if abs(20 * min(height, width) / max(height, width) % 1 - 0.5) > 0.05:
            sizes.append((height, width))  # a half may be rounded either way
    cases = [
        Asked(
            size,
            _fitted(*size),
            "(height, width)",
            _misfits(*size),
            f"{size[0]} × {size[1]}:",
            True,
        )
        for size in sizes
    ]
    settle_together(answer, cases)


def _fitted(
    height: int,
    width: int,
    factor: float | None = None,
    whole: Callable[[float], float] = round,
    least: int = 1,
) -> tuple[float, float]:
    """Scale both sides, by default so that the longer is 20, and make them whole."""
    factor = 20 / max(height, width) if factor is None else factor
    return max(least, whole(height * factor)), max(least, whole(width * factor))


def _misfits(height: int, width: int) -> Mistakes:
    """Sizes that known mistakes give."""
    right, factor, square = _fitted(height, width), 20 / max(height, width), height == width
    thin = "a very thin digit vanishes: a side has at least one pixel."
    down = "rounded down: 13 · 20 / 30 = 8.67 is nearer to 9."
    longer = max(height, width)
    whole = "pixels are whole: round each side to the nearest."
    return (
        ((max(1, 20 * height // longer), max(1, 20 * width // longer)), down),
        (_fitted(height, width, None, np.floor), down),
        (
            _fitted(height, width, None, np.ceil),
            "rounded up: 23 · 20 / 41 = 11.22 is nearer to 11.",
        ),
        ((height * factor, width * factor), whole),
        (_fitted(height, width, None, float), whole),
        (_fitted(height, width, None, round, 0), thin),
        (_fitted(height, width, None, np.floor, 0), thin),
        ((20, 20), "20 × 20 whatever comes in: a 1 becomes a block. One factor for both."),
        (right[::-1], "first the height, then the width: these are the other way round."),
        (_fitted(height, width, 20 / min(height, width)), "is it the longer side that becomes 20?"),
        (_fitted(height, width, 20 / height), "the height is not always the longer side."),
        (_fitted(height, width, 20 / width), "the width is not always the longer side."),
        (_fitted(height, width, min(1, factor)), "a small digit should grow: 10 × 10 to 20 × 20."),
        (_fitted(height, width, max(1, factor)), "a large digit should shrink, too."),
        (_fitted(height, width, 28 / max(height, width)), "28 is the whole picture, not the box."),
        ((height, width), "that is the size that came in."),
        (
            (lambda found: True)
            if square
            else np.where(np.array([height, width]) == max(height, width), 20, (height, width)),
            "both sides are scaled, by the same factor.",
        ),
    )


@check
def bright_ink(answer: Answer) -> None:
    """``bright_ink(image)``: the image (H, W) uint8 with ink bright on dark paper."""
    rng = np.random.default_rng()
    images, labels = mnist.load_test()
    shades = [(105, 25), (150, 240), (240, 30), (70, 8), (185, 250), (200, 120), (15, 80), (0, 255)]
    paper = int(rng.integers(90, 160))
    shades += [(paper, paper - 70), (paper, paper + 70)]
    cases = []
    for paper, ink in shades:
        digit = images[rng.choice(np.flatnonzero(labels != 1))]
        image = digit if ink == 255 else _on_paper(digit, paper, ink, rng)
        inverted = 255 - image
        dark = ink < paper
        at_half, corner = image > 127.5, image[0, 0]
        fixed = "the paper may be of any grey. Compare with the picture's own values, not with 127."
        spot = "a corner may be inked, as any pixel may. Most of a picture is paper."
        low, high = int(image.min()), int(image.max())
        rules = (
            (True, "it inverts every picture, one whose ink is bright already, too."),
            (
                False,
                "every picture comes back as it was. Is a difference taken in uint8? That has no "
                "numbers below 0.",
            ),
            (np.median(image) > 127, fixed),
            (image.mean() > 127, fixed),
            (image.mean() > 128, fixed),
            (np.median(image) > 128, fixed),
            (at_half.mean() > 0.5, fixed),
            (corner > 127, spot),
            (corner > image.mean(), spot),
            (corner > np.median(image), spot),
            (corner > (low + high) / 2, spot),
            (image[-1, -1] > 127, spot),
            (image[-1, -1] > image.mean(), spot),
            (high > 200, "how bright the brightest pixel is does not tell paper from ink."),
            (not dark, "the other way round: pictures with dark ink are the ones to invert."),
        )
        mistakes: list[tuple[Any, str]] = [
            (inverted if does else image, hint) for does, hint in rules
        ]
        upside = "inverted is 255 − image, whatever the greatest value is."
        for most in (high, high + low, 256, 254):
            mistakes.append(((most - image.astype(int)) % 256 if dark else image, upside))
        stretched = 255.0 * (image.astype(float) - low) / (high - low)
        stretched = 255 - stretched if dark else stretched
        for other in (stretched, np.floor(stretched), np.rint(stretched)):
            mistakes.append((other, "leave the contrast as it is."))
        binary = (image > (low + high) / 2) ^ dark
        for other in (255 * binary, binary):
            mistakes.append((other, "keep all greys; only turn them round where needed."))
        about = f"where paper is about {paper} and ink about {ink},"
        here = (
            (image, f"{about} the picture came back as it was."),
            (inverted, f"{about} the picture came back inverted."),
        )
        right = inverted if dark else image
        given = f"paper of about {paper} and ink of about {ink}:"
        cases.append(Asked((image,), right, "an image", mistakes, given, here=here))

    def uint8(result: Any, case: Asked) -> None:
        kind = getattr(result, "dtype", type(result).__name__)
        if kind != np.uint8:
            raise Wrong(f"expected a picture of uint8, found {kind}.")

    settle_together(answer, cases, uint8)


def _on_paper(digit: np.ndarray, paper: int, ink: int, rng: np.random.Generator) -> np.ndarray:
    """Draw a digit (28, 28) into a wider picture, uint8, in uneven light, with noise.

    Ink covers the corners, so that one pixel there does not tell what paper is.
    """
    height, width = 34, 45
    mask = np.zeros((height, width))
    top, left = rng.integers(height - 28), rng.integers(width - 28)
    mask[top : top + 28, left : left + 28] = digit / 255
    for row in (slice(3), slice(-3, None)):
        for column in (slice(3), slice(-3, None)):
            mask[row, column] = 1
    light = np.linspace(0.92, 1.08, width)[:: rng.choice([-1, 1])]
    picture = (paper + (ink - paper) * mask) * light + rng.normal(0, 1.5, mask.shape)
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)


@check
def centre_of_mass(answer: Answer) -> None:
    """``centre_of_mass(images)``: (N, H, W) → (N, 2), row and column; a blank one's middle."""
    rng = np.random.default_rng()
    digits = mnist.load_test()[0]
    blots = rng.integers(0, 256, (4, 9, 14)) * (rng.random((4, 9, 14)) < 0.3)
    blots[2] = 0
    blots[3, :, :5] = 255
    some = digits[rng.choice(len(digits), 5, replace=False)].copy()
    with_blank = some.copy()
    with_blank[3] = 0
    one = np.zeros((1, 8, 5), np.uint8)
    one[0, 1, 3], one[0, 6, 3] = 200, 100
    cases = []
    for given in (blots.astype(np.uint8), with_blank, some, one):
        centres, pixels = _centres(given), given.astype(float)
        rows, columns = np.indices(given.shape[1:])
        middle = (np.array(given.shape[1:]) - 1) / 2
        blank = np.asarray(~given.any(axis=(1, 2)))[:, np.newaxis]
        together = _centres(pixels.sum(axis=0)[np.newaxis])[0]
        edges = np.array([_box_middle(image) if image.any() else middle for image in given])
        peaks = [np.unravel_index(image.argmax(), image.shape) for image in given]
        flat = np.array([image.sum() for image in pixels])
        mean = np.stack(
            [(rows * pixels).mean(axis=(1, 2)), (columns * pixels).mean(axis=(1, 2))], 1
        )
        with np.errstate(all="ignore"):
            small = np.stack([(pixels * k / 255).sum(axis=(1, 2)) for k in (rows, columns)], 1)
            shared = 255 * small / flat.sum()
        empty = "a blank picture has no mass, and 0 / 0 is no number. Its middle is asked for."
        mistakes: list[tuple[Any, str]] = [
            (centres[:, ::-1], "row first, then column: these are the other way round."),
            (
                _centres(given > 0),
                "every pixel of ink counts the same; weight each with its value.",
            ),
            (
                _centres(given > 127),
                "every pixel of ink counts the same; weight each with its value.",
            ),
            (_centres(pixels**2), "each pixel is weighted with its value, not with its square."),
            (_centres(255 - pixels), "that is the paper's centre; bright pixels are the ink."),
            (centres + 1, "the first row and the first column are number 0."),
            (
                np.where(blank, middle, centres + 1),
                "the first row and the first column are number 0.",
            ),
            (np.tile(together, (len(given), 1)), "one centre for all: each image has its own."),
            (shared, "divide each image by its own sum, not by the sum of all."),
            (mean, "divide by the sum of the pixels, not by how many there are."),
            (edges, "that is the middle of the box around the ink, not the centre of its mass."),
            (peaks, "that is where the brightest pixel is."),
            (np.rint(centres), "between two pixels is a place, too: do not round."),
            (np.floor(centres), "between two pixels is a place, too: do not round."),
            (centres - middle, "count from the top left corner, not from the middle."),
            (
                np.where(blank, middle + 0.5, centres),
                "of 28 rows, 0 to 27, the middle is 13.5.",
            ),
            (
                np.where(blank, np.floor(middle), centres),
                "of 28 rows, 0 to 27, the middle is 13.5.",
            ),
            *((np.where(blank, value, centres), empty) for value in (np.nan, np.inf)),
            *(
                (
                    np.where(blank, value, centres),
                    "a blank picture's centre is in its middle.",
                )
                for value in (0, -1, 14, 13.5)
            ),
        ]
        cases.append(
            Asked(
                (given,),
                centres,
                "(row, column) for each image",
                mistakes,
                f"{len(given)} images of {given.shape[1]} × {given.shape[2]}:",
            )
        )
    settle_together(answer, cases)


def _centres(images: np.ndarray) -> np.ndarray:
    """Centres of mass, (N, H, W) → (N, 2); of a blank image its middle."""
    mass = np.asarray(images, float)
    middle = (np.array(mass.shape[1:]) - 1) / 2
    total = mass.sum(axis=(1, 2))[:, np.newaxis]  # (N, 1)
    rows = mass.sum(axis=2) @ np.arange(mass.shape[1])
    columns = mass.sum(axis=1) @ np.arange(mass.shape[2])
    return np.where(total > 0, np.stack([rows, columns], 1) / np.maximum(total, 1e-9), middle)


def _box_middle(image: np.ndarray) -> np.ndarray:
    """Middle of the box around an image's ink."""
    places = np.argwhere(image)
    middle: np.ndarray = (places.min(axis=0) + places.max(axis=0)) / 2
    return middle
