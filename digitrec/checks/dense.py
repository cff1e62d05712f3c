"""Checks of chapter 2: a dense network in Keras."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from digitrec import forward, mnist
from digitrec.checks.asking import Wrong, ask, check
from digitrec.checks.comparing import array, same

Answer = Callable[..., Any]


@check
def count_parameters(answer: Answer) -> None:
    """``count_parameters(sizes)``: weights and biases of a dense network."""
    for sizes in ([784, 25, 15, 10], [784, 10], [3, 4, 2]):
        kernels = sum(a * b for a, b in pairwise(sizes))
        expected = kernels + sum(sizes[1:])
        found = array(ask(answer, sizes), (), "one number").item()
        if found == kernels:
            raise Wrong(f"for {sizes}, {kernels:,} are the weights; each unit also has a bias.")
        if found == kernels + sum(sizes):
            raise Wrong("inputs have no bias: only the units of the layers after them do.")
        if found != expected:
            raise Wrong(f"for {sizes} expected {expected:,}, found {found:,.0f}.")


@check
def cross_entropy(answer: Answer) -> None:
    """``cross_entropy(logits, y)``: mean negative log probability of the true class."""
    logits = np.array([[2.0, 1.0, 0.1], [0.5, 2.5, -1.0], [0.0, 0.0, 3.0], [1.0, 2.0, 3.0]])
    y = np.array([0, 1, 1, 2])
    losses = -np.log(forward.softmax(logits)[np.arange(len(y)), y])
    found = array(ask(answer, logits, y), (), "one number").item()
    if same(found, losses.sum()):
        raise Wrong("this is the sum of the losses; the loss of a batch is their mean.")
    if same(found, -losses.mean()):
        raise Wrong("the sign: the logarithm of a probability is negative, a loss is positive.")
    if same(found, losses.mean() / np.log(2)):
        raise Wrong("that is log2; the cross-entropy takes the natural logarithm, np.log.")
    if not same(found, losses.mean()):
        raise Wrong(f"expected {losses.mean():.4f} for the four examples, found {found:.4f}.")
    for large, labels, expected in (
        ([[1000.0, 0.0], [1000.0, 990.0]], [0, 1], (10 + np.log1p(np.exp(-10))) / 2),
        (
            [[1000.0, 0.0], [0.0, 1000.0]],
            [1, 1],
            500.0,
        ),  # sure and wrong, sure and right
    ):
        result = ask(answer, np.array(large), np.array(labels))
        found = array(result, (), "one number").item()
        if not np.isfinite(found):
            raise Wrong(
                f"with logits of 1000 it gives {found}: exp overflows, or a probability becomes 0 "
                "before the logarithm. Subtract each row's largest logit first, and take the "
                "logarithm of the sum."
            )
        if not same(found, expected):
            raise Wrong(
                f"with logits of 1000 expected {expected:.4f}, found {found:.4f}. A small number "
                "added to a probability changes large losses."
            )


#: What ``small_network`` asks for.
SMALL_PARAMETERS, SMALL_ACCURACY = 10_000, 0.92


@check
def small_network(answer: Any) -> None:
    """A trained Keras model with few parameters that reads the validation images well."""
    if not hasattr(answer, "predict") or not hasattr(answer, "count_params"):
        raise Wrong(f"expected a Keras model, found {type(answer).__name__}.")
    count = answer.count_params()
    if count > SMALL_PARAMETERS:
        raise Wrong(f"it has {count:,} parameters; at most {SMALL_PARAMETERS:,} are asked for.")
    images, labels = mnist.read_training()
    _, validation = mnist.stratified_split(labels)
    x, y = images[validation], labels[validation]
    del images  # 47 MB that the network's memory need not stand beside
    try:
        out = np.asarray(answer.predict(x, batch_size=1000, verbose=0))
    except Exception as error:  # noqa: BLE001 (whatever Keras raises)
        raise Wrong(
            f"predict on raw images (N, 28, 28) raised {type(error).__name__}: {error}"
        ) from None
    if out.shape != (len(x), 10):
        raise Wrong(f"expected ten outputs an image, found an output of shape {out.shape}.")
    accuracy = float((out.argmax(axis=1) == y).mean())
    if accuracy < SMALL_ACCURACY:
        raise Wrong(
            f"it reads {accuracy:.1%} of the validation images; {SMALL_ACCURACY:.0%} are asked "
            "for. More epochs?"
        )
