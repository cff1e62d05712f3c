"""Checks of chapter 4: a convolutional network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from digitrec import forward
from digitrec.checks.asking import Wrong, ask, check
from digitrec.checks.comparing import array, same

Answer = Callable[..., Any]


@check
def output_size(answer: Answer) -> None:
    """``output_size(n, k, stride, padding)``: positions of a window along one axis."""
    cases = [
        (28, 7, 3),
        (28, 3, 1),
        (28, 3, 2),
        (8, 3, 1),
        (5, 5, 1),
        (7, 2, 2),
        (6, 3, 4),
    ]
    for padding in ("valid", "same"):
        for n, k, s in cases:
            expected = forward.window_positions((n, n), (k, k), (s, s), padding)[0]
            found = array(ask(answer, n, k, s, padding), (), "one number").item()
            if padding == "same" and found == n != expected:
                raise Wrong(
                    '"same" keeps the size with stride 1 only; otherwise it is ceil(n / s).'
                )
            if found != expected:
                raise Wrong(
                    f"for n = {n}, k = {k}, stride {s}, {padding!r} expected {expected}, "
                    f"found {found:g}."
                )


@check
def max_pool(answer: Answer) -> None:
    """``max_pool(image)``: the largest of each 2 × 2 window of an image (H, W)."""
    rng = np.random.default_rng(2)
    for shape in ((4, 6), (2, 2), (5, 7)):
        image = rng.integers(-50, 50, shape).astype(float)
        even = image[: shape[0] // 2 * 2, : shape[1] // 2 * 2]
        blocks = even.reshape(shape[0] // 2, 2, shape[1] // 2, 2)
        result = ask(answer, image)
        expected = blocks.max(axis=(1, 3))
        if shape == (5, 7) and np.shape(result) != expected.shape:
            raise Wrong(
                "a 5 × 7 image has room for 2 × 3 windows; the odd row and column are dropped. "
                f"Yours has shape {np.shape(result)}."
            )
        found = array(result, expected.shape, "an image half as large")
        if same(found, blocks.mean(axis=(1, 3))):
            raise Wrong("that is the mean of each window; the largest is asked for.")
        if not same(found, expected):
            raise Wrong(f"for\n{image}\nexpected\n{expected}\nfound\n{found}")


@check
def edge_kernel(answer: Any) -> None:
    """A 3 × 3 kernel that finds lower edges: ink above, paper below."""
    kernel = array(answer, (3, 3), "a kernel")

    def respond(image: np.ndarray) -> float:
        return float((image * kernel).sum())

    if np.array_equal(kernel, [[1] * 3, [0] * 3, [-1] * 3]):
        raise Wrong("that is the chapter's own. Find another.")
    lower = np.array([[1.0] * 3, [1.0] * 3, [0.0] * 3])  # ink above, paper below
    if not same(respond(np.ones((3, 3))), 0):
        raise Wrong(f"all ink should give 0, yours gives {respond(np.ones((3, 3))):g}: no edge.")
    if respond(lower) < 0:
        raise Wrong("the sign: it answers to ink below paper. Turn it upside down.")
    if same(respond(lower), 0):
        raise Wrong("it does not answer to a lower edge. Does it look for upright edges?")
    if not (same(respond(lower.T), 0) and same(respond(lower.T[:, ::-1]), 0)):
        raise Wrong("an upright edge should give 0: each column's weights should add up to 0.")
    if not respond(lower) > abs(respond(np.diag([1.0, 1, 1]))) + 1e-9:
        raise Wrong("it answers to a diagonal stroke as much as to a lower edge.")
