"""Checks of chapter 1: the data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from digitrec import mnist
from digitrec.checks.asking import Wrong, ask, check
from digitrec.checks.comparing import array, axes, same

Answer = Callable[..., Any]


def _digits(count: int) -> tuple[np.ndarray, np.ndarray]:
    x, y = mnist.load_test()
    return x[:count], y[:count]


@check
def count_labels(answer: Answer) -> None:
    """``count_labels(y)``: how often each of the ten classes occurs, (10,)."""
    for y in (_digits(1000)[1], np.array([3, 3, 4], np.uint8)):
        expected = np.array([(y == k).sum() for k in range(10)])
        result = ask(answer, y)
        if axes(result) == 1 and len(result) < 10:
            raise Wrong(
                "with the labels 3, 3, 4 there should still be ten counts, eight of them 0. "
                "np.bincount has a minlength."
            )
        if not same(array(result, (10,), "ten counts"), expected):
            raise Wrong(f"expected {expected.tolist()}, found {np.asarray(result).tolist()}.")


@check
def mean_ink(answer: Answer) -> None:
    """``mean_ink(x)``: each image's mean brightness on a scale of 0–1, (N,)."""
    x = np.concatenate([_digits(20)[0], np.full((1, 28, 28), 255, np.uint8)])
    expected = x.reshape(len(x), -1).mean(axis=1) / 255
    result = ask(answer, x)
    if axes(result) == 0:
        raise Wrong("expected one number an image; a mean over axes 1 and 2 leaves axis 0 alone.")
    found = array(result, (len(x),), "one number an image")
    if same(found, expected * 255):
        raise Wrong("these are on a scale of 0–255; divide by 255.")
    if same(found, expected * 784) or same(found, expected * 784 * 255):
        raise Wrong("that is the sum of the pixels; divide by how many there are, too.")
    if same(found, (x > 0).mean(axis=(1, 2))):
        raise Wrong("that is the share of pixels with ink; how bright they are counts too.")
    if not same(found, expected):
        raise Wrong(
            f"an image that is ink all over should give 1, yours gives {found[-1]:.4g}; the first "
            f"image should give {expected[0]:.4f}, yours gives {found[0]:.4f}. Does a sum of "
            "uint8 overflow?"
        )


@check
def nearest_mean(answer: Answer) -> None:
    """``nearest_mean(x, means)``: the class of the nearest mean image, (N,)."""
    x, y = _digits(1000)
    means = np.stack([x[y == k].mean(axis=0) for k in range(10)])
    squares = [((x - mean) ** 2).sum(axis=(1, 2)) for mean in means]  # float: means are float
    expected = np.argmin(squares, axis=0)
    for given in (x[:100], x[100:101]):
        result = ask(answer, given, means)
        found = array(result, (len(given),), "one class an image")
        want = expected[:100] if len(given) == 100 else expected[100:101]
        if np.mean(found == want) < 0.3:
            raise Wrong("most classes are wrong. The nearest mean has the smallest distance.")
        if not same(found, want):
            raise Wrong(
                f"{int((found != want).sum())} of {len(want)} classes differ. Is the distance "
                "the sum of squared differences over both axes of an image?"
            )
    whole = np.round(means).astype(np.uint8)
    squares = [((x[:100].astype(float) - mean) ** 2).sum(axis=(1, 2)) for mean in whole]
    found = array(ask(answer, x[:100], whole), (100,), "one class an image")
    if not same(found, np.argmin(squares, axis=0)):
        raise Wrong(
            "with whole-number means the classes change: uint8 − uint8 wraps round (3 − 5 is 254). "
            "Make them float first."
        )
