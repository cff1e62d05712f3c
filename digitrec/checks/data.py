"""Checks of chapter 1: the data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from digitrec import mnist
from digitrec.checks.asking import Wrong, ask, check
from digitrec.checks.comparing import Case, settle
from digitrec.checks.holding import calls

Answer = Callable[..., Any]


def _count(y: np.ndarray) -> Case:
    expected = np.array([(y == k).sum() for k in range(10)])
    there = expected[expected > 0]
    ten = "there are always ten counts, also where a digit does not occur: then it is 0."
    return Case(
        (y,),
        expected,
        "ten counts",
        (
            (expected[: y.max() + 1], f"{ten} np.bincount has a minlength."),
            (there, f"{ten} These are only the counts of those that do."),
            (
                expected.astype(np.uint8),
                "the counts begin at 0 again after 255: they are kept as uint8.",
            ),
            (
                expected.astype(np.uint16),
                "the counts begin at 0 again after 65,535: they are kept as uint16.",
            ),
            (expected / len(y), "these are shares; counts are asked for."),
            (expected.cumsum(), "these are running totals; each digit by itself is asked for."),
            (
                np.stack([np.arange(10), expected], axis=1),
                "the counts alone, please: their places say which digits they are of.",
            ),
            (expected[::-1], "these are counts, but from 9 down to 0."),
            (expected > 0, "that is whether a digit occurs; how often is asked for."),
        ),
        f"{len(y):,} labels",
        whole=True,
    )


@check
def count_labels(answer: Answer) -> None:
    """``count_labels(y)``: how often each of the ten classes occurs, (10,)."""
    rng = np.random.default_rng()
    settle(
        answer,
        [
            _count(np.array([3, 3, 4], np.uint8)),
            _count(rng.permutation(np.repeat(np.arange(10), rng.integers(1, 40, 10)))),
            _count(rng.permutation(np.repeat(np.array([1, 7, 9], np.uint8), [20, 300, 45]))),
            _count(np.repeat(np.array([2, 8], np.uint8), [70_000, 3])),
        ],
    )


def _differ(values: np.ndarray) -> np.ndarray:
    """Return the places of values of which no two are equal, in their order."""
    return np.sort(np.unique(values, return_index=True)[1])


def _thin(rng: np.random.Generator, images: int, count: int) -> Case:
    """Images of strokes of all widths, some of them pale; no two have as much ink."""
    many = 2 * images if images >= 100 else 4 * images
    x = rng.integers(1, 256, (many, 28, 28)).astype(np.uint8)
    x[rng.random(x.shape) > rng.uniform(0.02, 0.9, (many, 1, 1))] = 0
    pale = rng.permutation(many)[: many // 2]
    x[pale] //= rng.integers(2, 9, (len(pale), 1, 1)).astype(np.uint8)
    x = x[rng.permutation(_differ(x.sum(axis=(1, 2), dtype=int)))]
    # Of few images no two agree in what a known mistake sorts by: each has one order.
    if images < 100:
        x = x[_differ(x.sum(axis=(1, 2), dtype=np.uint8))]
        x = x[_differ((x > 0).sum(axis=(1, 2)))]
    x = x[:images]
    images = len(x)
    ink = x.sum(axis=(1, 2), dtype=int)
    order = np.argsort(ink)
    by_mistake = [
        (x.sum(axis=(1, 2), dtype=np.uint8), "the sums wrap round: uint8 ends at 255."),
        ((x > 0).sum(axis=(1, 2)), "that is by how many pixels have ink; how bright counts too."),
    ]
    expected = order[:count]
    return Case(
        (x, count),
        expected,
        "the numbers of images",
        (
            (order, "these are all images, in the right order; only some are asked for."),
            (order[::-1][:count], "these are the thickest."),
            (order[-count:], "these are the thickest."),
            (expected[::-1], "the right images, but the thinnest should come first."),
            (
                np.sort(expected),
                "the right images, but in the order of their numbers: the thinnest comes first.",
            ),
            (np.sort(ink)[:count], "these are sums of ink; the images' numbers are asked for."),
            (np.sort(ink)[:count] / 784, "these are means; the images' numbers are asked for."),
            (
                np.sort(ink)[:count] / 784 / 255,
                "these are amounts of ink; the images' numbers are asked for.",
            ),
            (
                np.argsort(order)[:count],
                "that is each image's rank; asked is for the image of each rank.",
            ),
            (x[expected], "these are the images; their numbers are asked for."),
            *((np.argsort(v)[:count], hint) for v, hint in by_mistake if images < 100),
            (
                np.argsort(x.max(axis=(1, 2)), kind="stable")[:count],
                "that is by the brightest pixel of each; all pixels count.",
            ),
        ),
        f"{images} images and a count of {count}",
        whole=True,
    )


@check
def thinnest(answer: Answer) -> None:
    """``thinnest(x, count)``: the numbers of the images with the least ink, the thinnest first."""
    rng = np.random.default_rng()
    settle(answer, [_thin(rng, 40, 10), _thin(rng, 900, 500), _thin(rng, 12, 3)])


def _indices(part: Any, name: str, images: int) -> np.ndarray:
    """Return a part of a split as whole numbers that are indices."""
    try:
        found = np.asarray(part)
        if found.dtype == bool:
            raise Wrong(f"{name} is a mask of True and False; np.flatnonzero makes indices of it.")
        if found.size == 0:
            raise Wrong(f"{name} is empty.")
        if found.dtype.kind in "iuf" and found.ndim != 1:
            raise Wrong(f"expected {name} as one row of indices, found shape {found.shape}.")
        if found.dtype.kind not in "iuf":
            raise TypeError
        found = found.astype(float)
    except Wrong:
        raise
    except Exception:  # noqa: BLE001 (whatever an object that is no array raises)
        raise Wrong(f"expected indices for {name}, found {type(part).__name__}.") from None
    if not (found == np.rint(found)).all() or found.min() < 0 or found.max() >= images:
        raise Wrong(f"indices of {images} images are whole numbers from 0 to {images - 1}.")
    return found.astype(int)


def _parts(answer: Answer, y: np.ndarray, size: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    result = ask(answer, y, size, seed)
    try:
        first, second = result
    except Exception:  # noqa: BLE001 (whatever cannot be unpacked)
        raise Wrong(
            "expected two arrays, training and validation, found "
            f"{type(result).__name__}. Does it end with return training, validation?"
        ) from None
    return _indices(first, "training", len(y)), _indices(second, "validation", len(y))


@check
def split(answer: Answer) -> None:
    """``split(y, size, seed)``: indices (training, validation), each class in its share."""
    if calls(answer, mnist.stratified_split):
        raise Wrong("that leaves the work to mnist.stratified_split; here you write it yourself.")
    rng = np.random.default_rng()
    uneven = np.repeat(np.arange(10), rng.integers(20, 300, 10)).astype(np.uint8)
    for y, size in (
        (np.repeat(np.arange(10), 50).astype(np.uint8), 100),
        (rng.permutation(uneven), 137),
        (uneven, len(uneven) // 3),
    ):
        images = len(y)
        training, validation = _parts(answer, y, size, seed=1)
        if len(set(validation.tolist())) < len(validation):
            if set(validation.tolist()) <= set(y.tolist()):
                raise Wrong("these are labels; the indices of images are asked for.")
            if validation.max() < np.bincount(y).max():
                raise Wrong(
                    "an image is there twice. Are these places among a digit's own images? "
                    "np.flatnonzero(y == k) says which places in y they are."
                )
            raise Wrong("an image is in the validation part twice: draw without replacement.")
        if np.isin(training, validation).any():
            raise Wrong(
                f"{int(np.isin(validation, training).sum())} images are in both parts; what is "
                "validated on must not be learned from."
            )
        if len(training) + len(validation) != images or len(set(training.tolist())) != len(
            training
        ):
            raise Wrong(
                f"of {images} images {len(set(training.tolist()) | set(validation.tolist()))} are "
                "in a part. Each belongs to one."
            )
        if abs(len(validation) - size) > 10 >= abs(len(training) - size):
            raise Wrong("the parts are the other way round: training comes first.")
        if abs(len(validation) - size) > 10:  # ten classes, each rounded
            raise Wrong(
                f"expected about {size} validation images of {images}, found {len(validation)}."
            )
        count = np.bincount(y[validation], minlength=10)
        share = size * np.bincount(y, minlength=10) / images
        off = np.abs(count - share)
        if off.max() >= 1 + 1e-9:
            k = int(off.argmax())
            raise Wrong(
                f"of {images} images {int((y == k).sum())} are a {k}, so its share of {size} is "
                f"{share[k]:.1f}; there are {count[k]}. Take the share of each class by itself."
            )
        again = _parts(answer, y, size, seed=1)
        if set(again[1].tolist()) != set(validation.tolist()):
            raise Wrong("the same seed should give the same split, each time.")
        other = {frozenset(_parts(answer, y, size, seed=s)[1].tolist()) for s in (2, 3, 4)}
        if other == {frozenset(validation.tolist())}:
            raise Wrong(
                "other seeds give the same split. Which images are taken is left to chance."
            )
