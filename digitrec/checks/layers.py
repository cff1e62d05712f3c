"""Checks of chapter 3: forward propagation in NumPy."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from digitrec import forward
from digitrec.checks.asking import Wrong, ask, check
from digitrec.checks.comparing import array, same

Answer = Callable[..., Any]


@check
def leaky_relu(answer: Answer) -> None:
    """``leaky_relu(z)``: z where z > 0, else 0.1 z; any shape."""
    for z in (
        np.array([-2.0, -0.5, 0.0, 0.5, 2.0]),
        np.linspace(-20, 20, 24).reshape(2, 3, 4),
    ):
        found = array(ask(answer, z), z.shape, "an array")
        if same(found, np.maximum(z, 0)):
            raise Wrong("that is the plain ReLU: below 0 it should be 0.1 z.")
        if not same(found, np.where(z > 0, z, 0.1 * z)):
            raise Wrong(f"for {z.flat[0]:g} expected {0.1 * z.flat[0]:g}, found {found.flat[0]:g}.")


@check
def dense_layer(answer: Answer) -> None:
    """``dense_layer(x, W, b)``: relu(x @ W + b)."""
    rng = np.random.default_rng(0)
    for inputs, units in ((4, 3), (3, 3)):
        x, W = rng.normal(size=(5, inputs)), rng.normal(size=(inputs, units))
        b = np.linspace(-1, 1, units)
        z = x @ W + b
        found = array(ask(answer, x, W, b), z.shape, "a batch of activations")
        for wrong, hint in (
            (z, "this is z; the activation is missing."),
            (np.maximum(x @ W, 0), "the bias is missing."),
            (np.maximum(x @ W, 0) + b, "the bias goes in before the ReLU."),
        ):
            if same(found, wrong):
                raise Wrong(hint)
        if inputs == units and same(found, np.maximum(x @ W.T + b, 0)):
            raise Wrong("rows are examples: x @ W, with W (inputs, units) as it is.")
        if not same(found, np.maximum(z, 0)):
            raise Wrong(f"expected {np.maximum(z, 0)[0].round(3)}, found {found[0].round(3)}.")


@check
def forward_pass(answer: Answer) -> None:
    """``forward_pass(x, layers)``: logits of a dense network given as pairs (W, b)."""
    rng = np.random.default_rng(1)
    for sizes in ((6, 5, 4, 3), (6, 3)):
        layers = [(rng.normal(size=pair), rng.normal(size=pair[1])) for pair in pairwise(sizes)]
        x = rng.normal(size=(7, sizes[0]))
        a = x
        for W, b in layers[:-1]:
            a = np.maximum(a @ W + b, 0)
        z = a @ layers[-1][0] + layers[-1][1]
        found = array(ask(answer, x, layers), z.shape, "logits")
        if same(found, np.maximum(z, 0)):
            raise Wrong("the last layer has no ReLU: it gives logits, and these may be negative.")
        if same(found, forward.softmax(z)):
            raise Wrong("these are probabilities; logits are asked for, without the softmax.")
        if not same(found, z):
            raise Wrong(
                f"expected {z[0].round(3)} for the first example, found {found[0].round(3)}."
            )
