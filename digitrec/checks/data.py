"""Checks of chapter 1: the data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from digitrec.checks.asking import Wrong, ask, check
from digitrec.checks.comparing import Case, settle

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


def _thin(rng: np.random.Generator, images: int, count: int) -> Case:
    """Images of strokes of all widths, some of them pale; no two have as much ink."""
    many = 2 * images
    x = rng.integers(1, 256, (many, 28, 28)).astype(np.uint8)
    x[rng.random(x.shape) > rng.uniform(0.02, 0.9, (many, 1, 1))] = 0
    pale = rng.permutation(many)[:images]
    x[pale] //= rng.integers(2, 9, (images, 1, 1)).astype(np.uint8)
    _, one_each = np.unique(x.sum(axis=(1, 2), dtype=int), return_index=True)
    x = x[rng.permutation(one_each)[:images]]
    ink = x.sum(axis=(1, 2), dtype=int)
    order = np.argsort(ink)
    wrapped = np.argsort(x.sum(axis=(1, 2), dtype=np.uint8), kind="stable")
    expected = order[:count]
    return Case(
        (x, count),
        expected,
        "the numbers of images",
        (
            (order, "these are all images, in the right order; only some are asked for."),
            (order[::-1][:count], "these are the thickest."),
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
            (
                np.argsort((x > 0).sum(axis=(1, 2)), kind="stable")[:count],
                "that is by how many pixels have ink; how bright they are counts too.",
            ),
            (wrapped[:count], "the sums wrap round: they are kept as uint8, which ends at 255."),
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


def _idx(x: np.ndarray) -> bytes:
    sizes = b"".join(size.to_bytes(4, "big") for size in x.shape)
    return bytes([0, 0, 8, x.ndim]) + sizes + x.tobytes()


def _refuses(answer: Answer, content: bytes, why: str) -> None:
    def tried(given: bytes) -> bool:
        try:
            answer(given)
        except ValueError:
            return True
        return False

    if not ask(tried, content):
        raise Wrong(f"{why}: that should raise a ValueError, and it gives an array.")


@check
def read_idx(answer: Answer) -> None:
    """``read_idx(content)``: the array in an IDX file's bytes; ValueError if it is none."""
    rng = np.random.default_rng()
    cases = []
    for shape in ((2, 3, 4), (300,), (260, 3, 2), (2, 3, 2, 2), (1, 4, 1)):
        x = rng.integers(0, 256, shape).astype(np.uint8)
        x.flat[:2] = 200, 7  # one above 127
        axes = f"{len(shape)} axes" if len(shape) > 1 else "one axis"
        cases.append(
            Case(
                (_idx(x),),
                x,
                "an array",
                (
                    (x.ravel(), "all pixels are there, in one row. The sizes say its shape."),
                    (x.view(np.int8), "bytes above 127 become negative: np.int8 is not np.uint8."),
                    (
                        x.ravel().reshape(shape, order="F"),
                        "the shape is right, the order is not: the last axis runs fastest.",
                    ),
                    (x.reshape(shape[::-1]), "the sizes are the other way round."),
                    (x / 255, "these are scaled; the bytes as they are, are asked for."),
                ),
                f"a file of {axes}",
            )
        )
    settle(answer, cases)
    kind = np.asarray(ask(answer, *cases[0].arguments)).dtype
    if kind != np.uint8:
        raise Wrong(f"the numbers are right, but their type is {kind}; a byte is a uint8.")
    whole = _idx(rng.integers(1, 256, (4, 5, 6)).astype(np.uint8))
    _refuses(answer, whole[:-1], "a file that is one byte too short")
    _refuses(answer, whole + b"\1", "a file that is one byte too long")
    _refuses(answer, whole[:2] + b"\x0d" + whole[3:], "a third byte of 13, which means float32")
    _refuses(answer, b"\x1f\x8b" + whole[2:], "a file that does not begin with two zeros")


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
