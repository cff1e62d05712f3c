"""Checks of chapter 7: steps that learn, and a network that has learned."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from digitrec import forward, mnist
from digitrec.checks.asking import Wrong, check, guarded
from digitrec.checks.gradients import away_from_zero
from digitrec.checks.together import Asked, settle_together

Answer = Callable[..., Any]


@check
def largest_rate(answer: Answer) -> None:
    """``largest_rate(x)``: from which rate on descent on the mean of ½ (w x − t)² diverges."""
    rng = np.random.default_rng()
    inputs = [away_from_zero(rng, 7), away_from_zero(rng, 30), np.array([1.0, -3.0, 0.5])]
    inputs += [np.array([2.0]), rng.uniform(0.1, 0.4, 5)]
    cases = []
    for x in inputs:
        squares = x**2
        by = "By what is the distance to the lowest point multiplied in a step?"
        mistakes = (
            (2 / squares.sum(), "the loss is the mean over the examples, not their sum."),
            (1 / squares.mean(), "that one arrives in a single step; how far beyond may it go?"),
            (2 / x.mean() ** 2, "the mean of the squares is not the square of the mean."),
            (2 / x.sum() ** 2, "the mean of the squares is not the square of the sum."),
            (
                2 / (x.var() if x.size > 1 else x.item() ** 2),
                "the variance takes the mean away; nothing does that here.",
            ),
            (2 / squares.max(), "all examples count, not only the largest."),
            (2 / squares.min(), "all examples count, not only the smallest."),
            (2 / x[0] ** 2, "all examples count, not only the first."),
            (2 / np.median(squares), "the loss has a mean, not a median."),
            (squares.mean() / 2, "upside down: the steeper the curve, the shorter the steps."),
            (squares.mean(), "upside down: the steeper the curve, the shorter the steps."),
            (4 / squares.mean(), "the slope of ½ e² is e, without a ½ or a 2."),
            (2 / np.sqrt(squares.mean()), f"the inputs are squared, and no root is taken. {by}"),
            (2 / np.abs(x).mean(), f"the inputs are squared: e = w x − t, times x. {by}"),
            *(
                (one / size, f"that is right for a single input of 2 alone. {by}")
                for size in (x.mean(), np.abs(x).mean(), np.sqrt(squares.mean()))
                for one in (1, -1)
            ),
            (np.sqrt(squares.mean()), "upside down: the steeper the curve, the shorter the steps."),
            (2 / x.mean(), f"the inputs are squared: e = w x − t, times x. {by}"),
            (0.5, "0.5 is for the input 2 alone."),
            (-2 / squares.mean(), "a rate is above 0."),
        )
        given = f"x = {x.round(3).tolist()}:" if len(x) < 9 else f"{len(x)} inputs:"
        cases.append(Asked((x,), 2 / squares.mean(), "one number", mistakes, given))
    settle_together(answer, cases)


@check
def nesterov(answer: Answer) -> None:
    """``nesterov(w, v, gradient_at, rate, keep)``: a step that looks ahead; gives (w, v)."""
    rng = np.random.default_rng()
    settle_together(answer, [_ahead(rng, shape) for shape in ((3,), (3,), (2, 4), (2,))])


def _ahead(rng: np.random.Generator, shape: tuple[int, ...]) -> Asked:
    """Make a case of weights, a velocity and a function that gives gradients."""
    w, v, c = (away_from_zero(rng, *shape) for _ in range(3))
    rate, keep = float(rng.uniform(0.05, 0.2)), float(rng.uniform(0.5, 0.95))

    def gradient_at(point: np.ndarray) -> np.ndarray:
        return c * point**2 + point

    def after(point: np.ndarray) -> np.ndarray:
        moved = keep * v - rate * gradient_at(point)
        return np.stack([w + moved, moved])

    signs = "v = keep · v − rate · gradient, then w + v."
    new_w, new_v = after(w + keep * v)
    slope = gradient_at(w + keep * v)
    mistakes = (
        (after(w), "that is plain momentum: the gradient should be taken further ahead."),
        (after(w + v), "it looks too far: of the velocity only a part, keep, goes on."),
        (after(w - keep * v), "it looks back; the step goes to w + keep · v."),
        (after(keep * v), "it looks at keep · v; the step begins at w."),
        (
            after(w + keep * v - rate * gradient_at(w)),
            "look where keep · v takes it, before any gradient.",
        ),
        ((new_v, new_w), "first w, then v: these are the other way round."),
        ((new_w + keep * v, new_v), "w + v is the whole step: keep · v is in it already."),
        ((w + v, new_v), "w moves by the new velocity, not by the old one."),
        ((w + keep * v, new_v), "w moves by the new velocity, not by the old one."),
        ((w - new_v, new_v), "the sign: w + v."),
        *(
            ((w - other, other), f"here v says where w goes: {signs}")
            for other in (
                keep * v + rate * gradient_at(w + keep * v),
                keep * v + rate * gradient_at(w - keep * v),
            )
        ),
        ((w, new_v), "the new v is right; w should have moved by it."),
        ((new_w, v), "w is right; the velocity that is given back should be the new one."),
        ((new_w, keep * v), "w is right; the velocity that is given back should be the new one."),
        (
            (w + keep * v + rate * slope, keep * v + rate * slope),
            "the step goes against the gradient: minus.",
        ),
        ((w - rate * slope, -rate * slope), "a part of the old velocity goes on: keep · v."),
        (
            (w + v - rate * slope, v - rate * slope),
            "of the old velocity only a part goes on: keep · v.",
        ),
        ((w + keep * v - slope, keep * v - slope), "the gradient is multiplied with the rate."),
        (
            (w + keep * v - (1 - keep) * rate * slope, keep * v - (1 - keep) * rate * slope),
            "here the gradient is not multiplied with 1 − keep.",
        ),
        ((w + rate * new_v, new_v), "the rate is in the velocity already."),
        ((w + keep * v, keep * v), "the gradient has no part in it."),
    )
    given = f"arrays of shape {shape} (element [0, …] is w, [1, …] is v):"
    return Asked(
        (w, v, gradient_at, rate, keep),
        np.stack([new_w, new_v]),
        "the new w and the new v, two arrays",
        mistakes,
        given,
    )


#: What ``learned_in_numpy`` asks for.
NUMPY_PARAMETERS, NUMPY_ACCURACY = 60_000, 0.97
#: How much better than others the validation images may be read. For 5,000 and 10,000 images
#: the difference has a standard deviation of 0.3 %.
SEEN_BEFORE = 0.0125


@check
def learned_in_numpy(answer: Any) -> None:
    """A network of ``digitrec.forward``, trained to read the validation images better."""
    if not isinstance(answer, forward.Sequential):
        raise Wrong(
            "expected a network as backprop.initial makes it (forward.Sequential), found "
            f"{type(answer).__name__}."
        )
    count = guarded(lambda: answer.parameters, "counting its parameters")
    if count > NUMPY_PARAMETERS:
        raise Wrong(f"it has {count:,} parameters; at most {NUMPY_PARAMETERS:,} are asked for.")
    images, labels = mnist.read_training()
    _, validation = mnist.stratified_split(labels)
    x, y = images[validation], labels[validation]
    del images
    accuracy = _accuracy(answer, x, y)
    if accuracy < NUMPY_ACCURACY:
        raise Wrong(
            f"it reads {accuracy:.2%} of the validation images; {NUMPY_ACCURACY:.0%} are asked "
            f"for. {_advice(accuracy, count)}"
        )
    # Not to judge the network: only whether the validation images are new to it.
    others = _accuracy(answer, *mnist.load_test()[:2])
    if accuracy - others > SEEN_BEFORE:
        raise Wrong(
            f"it reads {accuracy:.1%} of the validation images, but only {others:.1%} of others. "
            "Was it trained on the validation images?"
        )


def _accuracy(network: forward.Sequential, x: np.ndarray, y: np.ndarray) -> float:
    """Share of images that a network reads."""
    out = guarded(lambda: np.asarray(network.predict(x)), "predict on (N, 28, 28)")
    if out.shape != (len(x), 10):
        raise Wrong(f"expected ten outputs an image, found an output of shape {out.shape}.")
    if not np.isfinite(out).all():
        raise Wrong("some of its outputs are no numbers: the training has diverged.")
    return float((out.argmax(axis=1) == y).mean())


def _advice(accuracy: float, count: int) -> str:
    """Say what to look at, by how far a network has come."""
    if accuracy < 0.2:
        return "That is guessing: was it trained at all, or are all its ReLUs dead?"
    if accuracy < 0.9:
        return "It has hardly begun: does the loss still fall, and are the pixels scaled?"
    if count < NUMPY_PARAMETERS / 2:
        return "It may be larger. And does the loss still fall in the last epoch?"
    return "Does the loss still fall in the last epoch? Would smaller steps at the end help?"
