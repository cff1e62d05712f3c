"""Checks of chapter 2: a dense network in Keras."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from digitrec import forward
from digitrec.checks.asking import Wrong, check
from digitrec.checks.comparing import Case, settle
from digitrec.checks.holding import calls

Answer = Callable[..., Any]


@check
def count_parameters(answer: Answer) -> None:
    """``count_parameters(sizes)``: weights and biases of a dense network."""
    rng = np.random.default_rng()
    cases = []
    for sizes in ([784, 25, 15, 10], [784, 10], [3, 4, 2], rng.integers(2, 90, 6).tolist()):
        weights, units = sum(a * b for a, b in pairwise(sizes)), sum(sizes[1:])
        cases.append(
            Case(
                (sizes,),
                weights + units,
                "one number",
                (
                    (weights, "these are the weights; each neuron also has a bias."),
                    (
                        weights + sum(sizes),
                        "inputs have no bias: only the neurons of the layers after them do.",
                    ),
                    (units, "these are the biases; each neuron also has a weight for each input."),
                    (
                        weights + len(sizes) - 1,
                        "that is one bias for each layer; each neuron has one of its own.",
                    ),
                    (
                        weights + units - sizes[-1],
                        "the neurons of the last layer have a bias too.",
                    ),
                    (
                        sizes[0] * sizes[1] + sizes[1],
                        "that is the first layer alone.",
                    ),
                    (sum(sizes), "these are the numbers of the network's inputs and neurons."),
                    (
                        sizes[0] * units + units,
                        "only the first layer sees the inputs; each other sees the one before it.",
                    ),
                ),
                str(sizes),
                whole=True,
            )
        )
    settle(answer, cases)


@check
def count_steps(answer: Answer) -> None:
    """``count_steps(images, batch_size, epochs)``: how many steps a training has."""
    rng = np.random.default_rng()
    cases = []
    for n, batch, epochs in (
        (55_000, 128, 8),
        (100, 10, 3),
        (7, 16, 2),
        (1, 1, 1),
        (int(rng.integers(500, 5000)) * 2 + 1, 64, int(rng.integers(2, 30))),
    ):
        full, rest = divmod(n, batch)
        cases.append(
            Case(
                (n, batch, epochs),
                (full + (rest > 0)) * epochs,
                "one number",
                (
                    (
                        full * epochs,
                        "the images that are left over make a smaller batch, in each epoch.",
                    ),
                    (
                        (full + 1) * epochs,
                        "where nothing is left over, there is no further batch.",
                    ),
                    (
                        -(-n * epochs // batch),
                        "each epoch ends with a batch of its own; what is left over does not wait "
                        "for the next.",
                    ),
                    (full + (rest > 0), "these are the steps of one epoch."),
                    (n * epochs / batch, "a step is a whole one, also for a smaller batch."),
                    (
                        round(n / batch) * epochs,
                        "a smaller batch is a step as well, be it less than half full.",
                    ),
                    (n * epochs, "that is one step for each image; a batch of them makes one."),
                    (epochs, "an epoch has a step for each of its batches."),
                ),
                f"{n:,} images, batches of {batch} and {epochs} epochs",
                whole=True,
            )
        )
    settle(answer, cases)


def _losses(z: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return each example's loss, without overflow."""
    z = z - z.max(axis=1, keepdims=True)
    return np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(y)), y]


def _loss_case(z: np.ndarray, y: np.ndarray, given: str) -> Case:
    losses, n = _losses(z, y), len(y)
    expected = losses.mean()
    true = z[np.arange(n), y]
    with np.errstate(all="ignore"):
        p = forward.softmax(z)
        own = z - z.max(axis=1, keepdims=True)
        one = z - z.max()  # one maximum for the whole batch
        mistakes = [
            (losses.sum(), "this is the sum of the losses; the loss of a batch is their mean."),
            (-expected, "the sign: the logarithm of a probability is negative, a loss positive."),
            (
                expected / np.log(2),
                "that is log2; the cross-entropy takes the natural one, np.log.",
            ),
            (expected / np.log(10), "that is log10; the cross-entropy takes the natural one."),
            (losses, "these are the losses of the examples; the loss of the batch is their mean."),
            (
                _losses(z, z.argmax(axis=1)).mean(),
                "that is the loss of the likeliest digits; take the probabilities of the digits "
                "in y.",
            ),
            (
                -np.log(p[:, y].mean()),
                "p[:, y] takes the columns y of every row; p[np.arange(len(y)), y] takes one of "
                "each.",
            ),
            (
                -np.log(p[:, y]).mean(),
                "p[:, y] takes the columns y of every row; p[np.arange(len(y)), y] takes one of "
                "each.",
            ),
            (
                -np.log(p[np.arange(n), y].mean()),
                "the mean of the logarithms is not the logarithm of the mean.",
            ),
            (p[np.arange(n), y].mean(), "that is the mean probability; its logarithm is missing."),
            (1 - p[np.arange(n), y].mean(), "that is 1 − p; the cross-entropy is −ln p."),
            (
                (np.log(np.exp(z - z.max(axis=1, keepdims=True)).sum(axis=1)) - true).mean(),
                "the largest logit is subtracted in the sum, and not from z_y.",
            ),
            (
                np.log(np.exp(z).sum()) - true.mean(),
                "that is the sum over the whole batch; each row has a sum of its own (axis=1).",
            ),
            (
                np.log(np.exp(own).sum()) - own[np.arange(n), y].mean(),
                "that is the sum over the whole batch; each row has a sum of its own (axis=1).",
            ),
            (-true.mean(), "these are the logits alone; the logarithm of the sum is missing."),
            (
                expected / z.shape[1],
                "divided by the number of classes: the mean is over the examples alone.",
            ),
            (
                _losses(p, y).mean(),
                "softmax twice: these are probabilities already when it comes to them again.",
            ),
            (
                -np.log(forward.softmax(z.T).T[np.arange(n), y]).mean(),
                "softmax over the wrong axis: the ten probabilities of a row have the sum 1.",
            ),
            (
                (np.log(np.exp(one).sum(axis=1)) - one[np.arange(n), y]).mean(),
                "one maximum for the whole batch: next to a row of huge logits, all others become "
                "0. Subtract each row's own.",
            ),
            (
                (np.log(np.exp(z).sum(axis=1)) - true).mean(),
                "exp overflows with logits of 1000. Subtract each row's largest logit first.",
            ),
            (
                -np.log((np.exp(z) / np.exp(z).sum(axis=1, keepdims=True))[np.arange(n), y]).mean(),
                "exp overflows with logits of 1000. Subtract each row's largest logit first.",
            ),
            (
                -np.log(p[np.arange(n), y]).mean(),
                "a probability becomes 0 before its logarithm is taken. Take the logarithm of the "
                "sum, in −ln p = ln Σ exp z − z_y.",
            ),
        ]
        for small in 10.0 ** -np.arange(5, 16):
            for value in (
                -np.log(p[np.arange(n), y] + small).mean(),
                -np.log(p[np.arange(n), y].clip(small, 1 - small)).mean(),
                -np.log(p[np.arange(n), y].clip(small, 1)).mean(),
            ):
                mistakes.append(
                    (
                        value,
                        "a small number is added to a probability, or put in its place: that "
                        f"changes large losses (here {given}).",
                    )
                )
    return Case((z, y), expected, "one number", mistakes, given)


@check
def cross_entropy(answer: Answer) -> None:
    """``cross_entropy(logits, y)``: mean negative log probability of the true class."""
    rng = np.random.default_rng()
    cases = []
    for examples in (6, 11):
        z, y = rng.normal(0, 2, (examples, 10)), rng.integers(0, 10, examples)
        y[:2] = z[0].argmin(), z[1].argmax()
        cases.append(_loss_case(z, y, f"{examples} examples"))
    huge = rng.normal(0, 2, (5, 10))
    huge[2] += 1000  # one row alone
    cases.append(_loss_case(huge, rng.integers(0, 10, 5), "logits near 1000 in one row"))
    sure = rng.normal(0, 2, (4, 10))
    sure[1, 3], sure[2, 4] = 1000.0, -900.0
    y = np.array([1, 7, 4, 0])  # sure, and wrong
    cases.append(_loss_case(sure, y, "a row that is sure and wrong, with a logit of 1000"))
    settle(answer, cases)


@check
def softmax_at(answer: Answer) -> None:
    """``softmax_at(logits, temperature)``: softmax of the logits divided by the temperature."""
    if calls(answer, forward.softmax):
        raise Wrong("that leaves the work to the library's softmax; here you write it yourself.")
    rng = np.random.default_rng()
    cases = []
    for rows, t in ((4, 2.0), (7, 0.7), (3, 1.0)):
        z = rng.normal(0, 3, (rows, 10))
        cases.append(_soft_case(z, t, f"temperature {t:g}"))
    z = rng.normal(0, 3, (3, 10))
    z[1] += 3000
    cases.append(_soft_case(z, 2.0, "temperature 2 and logits near 3000 in one row"))
    settle(answer, cases)


def _soft_case(z: np.ndarray, t: float, given: str) -> Case:
    soft = forward.softmax
    p = soft(z)
    with np.errstate(all="ignore"):
        one = np.exp(z / t - (z / t).max())
        own = np.exp(z / t - (z / t).max(axis=1, keepdims=True))
        of_all = "divided by the sum of the whole batch: each row has a sum of its own."
        powers = p ** (1 / t)
        mistakes = (
            (
                soft(z * t),
                "the other way round: a temperature above 1 makes the reading less sure.",
            ),
            (p, "the temperature changes nothing here: each logit itself is to be divided by it."),
            (p / t, "divide the logits by the temperature, not the probabilities."),
            (z / t, "these are logits; the softmax is missing."),
            (own, "the sum of each row should be 1: divide by it."),
            (powers, "the sum of each row should be 1 again: divide by it."),
            (soft((z / t).T).T, "over the wrong axis: the ten numbers of a row have the sum 1."),
            (
                np.exp(z / t) / np.exp(z / t).sum(),
                of_all,
            ),
            (
                one / one.sum(),
                of_all,
            ),
            (
                own / own.sum(),
                of_all,
            ),
            (
                one / one.sum(axis=1, keepdims=True),
                "one maximum for the whole batch: next to a row of huge logits, all others become "
                "0. Subtract each row's own.",
            ),
            (
                np.exp(z / t) / np.exp(z / t).sum(axis=1, keepdims=True),
                "exp overflows with logits of 3000. Subtract each row's largest logit first.",
            ),
            (soft(p / t), "softmax twice: divide the logits by the temperature, then take it."),
            (np.log(soft(z / t)), "these are the logarithms of the probabilities."),
            (
                np.eye(10)[z.argmax(axis=1)],
                "that is the largest logit alone, with the probability 1.",
            ),
        )
    return Case((z, t), soft(z / t), "probabilities", mistakes, given)
