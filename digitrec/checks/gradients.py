"""Checks of chapter 7: gradients by hand, and a hunt for wrong ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from digitrec import forward
from digitrec.checks.asking import Unanswered, Wrong, check
from digitrec.checks.comparing import Mistakes
from digitrec.checks.together import Asked, settle_together

Answer = Callable[..., Any]


def away_from_zero(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Draw numbers of both signs, none of them so near to 0 that a kink could be there."""
    return rng.choice([-1.0, 1.0], shape) * rng.uniform(0.3, 2.0, shape)


@check
def leaky_relu_gradient(answer: Answer) -> None:
    """``leaky_relu_gradient(z, gradient)``: the gradient before chapter 3's leaky ReLU."""
    rng = np.random.default_rng()
    cases = []
    for shape in ((12,), (3, 2, 4), (5, 4), (1, 6)):
        z, gradient = away_from_zero(rng, *shape), away_from_zero(rng, *shape)
        z.flat[:4], gradient.flat[:4] = [1.5, -1.5, 0.5, -0.5], [1.0, 1.0, -2.0, -2.0]
        on, slope = z > 0, np.where(z > 0, 1.0, 0.1)
        mistakes = (
            (gradient * on, "that is the plain ReLU's: below 0 the slope is 0.1."),
            (gradient * np.where(on, 1, 0.01), "below 0 the slope is 0.1, not 0.01."),
            (gradient * np.where(on, 1, -0.1), "below 0 the slope is 0.1, not −0.1."),
            (
                np.where(on, gradient, 0.1),
                "below 0, too, the slope is multiplied with the gradient from behind.",
            ),
            (gradient, "it passes all on; where z is below 0 only a tenth goes through."),
            (0.1 * gradient, "a tenth of all; where z is above 0 all of it goes through."),
            (slope, "that is the slope; the gradient from behind is multiplied with it."),
            (gradient + slope, "the gradient is multiplied with the slope."),
            (gradient / slope, "the gradient is multiplied with the slope."),
            (gradient * np.where(on, z, 0.1 * z), "times the slope, not times the activation."),
            (np.where(on, z, 0.1 * z), "that is the way forward; the gradient is asked for."),
            (
                gradient * np.where(gradient > 0, 1.0, 0.1),
                "it asks for the sign of the gradient; the side of the kink is the sign of z.",
            ),
            (gradient * np.where(z > 1, 1.0, 0.1), "the kink is at 0."),
            (gradient * np.where(on, 0.1, 1.0), "the two slopes are the other way round."),
            (-gradient * slope, "the sign: both slopes are above 0."),
        )
        cases.append(Asked((z, gradient), gradient * slope, "an array like z", mistakes))
    settle_together(answer, cases)


@check
def skip_gradient(answer: Answer) -> None:
    """``skip_gradient(x, t, w1, b1, w2, b2)``: the loss's gradient by x, which is used twice."""
    rng = np.random.default_rng()
    cases = []
    for on, side in ((1, 1), (-1, 1), (1, -1), (-1, -1), (1, 1), (-1, -1)):
        # The neuron is on, and off, and so for x of both signs.
        x = side * float(rng.uniform(0.3, 2))
        w1, w2, b2, t = (float(number) for number in away_from_zero(rng, 4))
        b1 = float(on * rng.uniform(0.3, 2)) - w1 * x
        cases.append(_skipped(x, t, w1, b1, w2, b2))
    cases.append(_skipped(2.0, 3.0, 0.5, 1.0, 3.0, -1.0))
    cases.append(_skipped(2.0, 3.0, 0.5, -2.0, 3.0, -1.0))
    settle_together(answer, cases)


def _skipped(x: float, t: float, w1: float, b1: float, w2: float, b2: float) -> Asked:
    """Make a case of two neurons that x also goes past."""
    z1 = w1 * x + b1
    on, a1 = float(z1 > 0), max(0.0, z1)
    dz2 = w2 * a1 + b2 + x - t
    slope = 1 + w2 * w1 * on
    missing = w2 * a1 + b2 - t
    mistakes = (
        (dz2 * w2 * w1 * on, "that is the way through the two neurons; x also goes past them."),
        (
            missing * w2 * w1 * on,
            "x is added nowhere: neither on the way forward nor on the way back.",
        ),
        (dz2, "that is the way past the neurons; x also goes through them."),
        (missing * slope, "on the way forward x is missing: z2 = w2 a1 + b2 + x."),
        (dz2 * (1 + w2 * w1), "the ReLU was off: it stops the gradient."),
        ((w2 * z1 + b2 + x - t) * (1 + w2 * w1), "the ReLU is missing, forwards and backwards."),
        ((w2 * z1 + b2 + x - t) * slope, "on the way forward the ReLU is missing."),
        (dz2 * slope * on, "what goes past the neurons comes through when the ReLU is off, too."),
        (
            np.where(on, dz2 * w2 * w1, dz2),
            "it is not one way or the other: with the ReLU on, both carry a gradient.",
        ),
        (
            dz2 * w2 * w1 * on + 1,
            "on the way past, too, the gradient of z2 is passed on: it is not 1 there.",
        ),
        (slope, "that is how z2 grows with x; and the loss with z2?"),
        (dz2 * w2 * w1 * on * dz2, "the gradients of the two ways add up."),
        (dz2 * (1 + w2 * on), "on the way to x there is w1, too."),
        (dz2 * (1 + w1 * on), "on the way to a1 there is w2, too."),
        (dz2 * (x + w2 * w1 * on), "a sum passes the gradient on; x is no factor there."),
        (
            dz2 * (1 + w2 * x * on),
            "back to x it is times the other factor, w1, not times x.",
        ),
        (dz2 * (1 - w2 * w1 * on), "the gradients of the two ways add up: plus, not minus."),
        (2 * dz2 * slope, "½ (z2 − t)² has the slope z2 − t, without a 2."),
        (dz2**2 / 2, "that is the loss."),
        (-dz2 * slope, "the sign: z2 − t, and not t − z2."),
    )
    given = f"x = {x:.3g}, t = {t:.3g}, w1 = {w1:.3g}, b1 = {b1:.3g}, w2 = {w2:.3g}, b2 = {b2:.3g}:"
    arguments = x, t, w1, b1, w2, b2
    return Asked(arguments, dz2 * slope, "one number", mistakes, given, digits=1e-4)


@check
def smoothed_gradient(answer: Answer) -> None:
    """``smoothed_gradient(logits, y, smoothing)``: the loss's gradient for softened labels."""
    rng = np.random.default_rng()
    shapes = ((6, 10, 0.1), (5, 4, 0.3), (1, 7, 0.2), (4, 12, 0.25), (3, 3, 0.0))
    cases = []
    for examples, classes, smoothing in shapes:
        y = rng.integers(0, classes, examples).astype(rng.choice(["uint8", "int64"]))
        cases.append(_smoothed(rng.normal(0, 2, (examples, classes)), y, smoothing))
    large = np.array([[1000.0, 0.0, -1000.0], [-999.0, -1000.0, -1000.0]])
    too_large = _smoothed(large, np.array([0, 2]), 0.3)
    settle_together(answer, cases)
    settle_together(answer, [too_large])


def _smoothed(logits: np.ndarray, y: np.ndarray, smoothing: float) -> Asked:
    """Make a case of logits (N, U) and labels (N,)."""
    examples, classes = logits.shape
    p, hard = forward.softmax(logits), np.eye(classes)[y]
    soft = (1 - smoothing) * hard + smoothing / classes
    mistakes: Mistakes = (
        (
            lambda found: not np.isfinite(found).all(),
            "for logits of 1000 or −1000 it gives no number: exp overflows, or is 0 everywhere.",
        ),
        (lambda found: True, "with logits near 1000 it fails, and else it is right."),
    )
    if np.abs(logits).max() < 700:
        mistakes = _unlike_smoothed(logits, p, hard, soft, smoothing)
    given = f"{classes} classes, smoothing {smoothing}:"
    return Asked(
        (logits, y, smoothing),
        (p - soft) / examples,
        "a gradient like the logits",
        mistakes,
        given,
    )


def _unlike_smoothed(
    logits: np.ndarray, p: np.ndarray, hard: np.ndarray, soft: np.ndarray, smoothing: float
) -> Mistakes:
    """Gradients that known mistakes give; all arrays are (N, U)."""
    examples, classes = logits.shape
    others = np.where(hard > 0, 1 - smoothing, smoothing / (classes - 1))
    all_of_it = "the share goes to all classes alike, the right one too."
    return (
        (p - soft, "the loss is the mean over the batch: divide by the number of examples."),
        ((soft - p) / examples, "the sign: p minus the target."),
        ((p - hard) / examples, "these labels are not softened."),
        ((p - others) / examples, all_of_it),
        ((p - (1 - smoothing) * hard - smoothing / classes * (1 - hard)) / examples, all_of_it),
        (
            (p - (1 - smoothing) * hard) / examples,
            "the target's sum should be 1: what the label loses goes to the classes.",
        ),
        (
            (p - hard - smoothing / classes) / examples,
            "the target's sum should be 1: the label gives up what the classes get.",
        ),
        (
            (p - (1 - smoothing) * hard - smoothing) / examples,
            "the share is spread over the classes: each gets smoothing / U.",
        ),
        (
            (p - (1 - smoothing) * hard - smoothing / 10) / examples,
            "there are not always ten classes; ask the logits.",
        ),
        (
            (p - (1 - smoothing) * hard - smoothing / examples) / examples,
            "spread over the classes, not over the examples.",
        ),
        (
            (p - smoothing * hard - (1 - smoothing) / classes) / examples,
            "smoothing is what the label gives up, not what it keeps.",
        ),
        ((p - soft) / classes, "divide by the number of examples, not of classes."),
        ((p - soft) / logits.size, "divide by the number of examples only."),
        ((logits - soft) / examples, "these are logits; what does the network say in the end?"),
        (p - soft / examples, "p is divided by the number of examples, too, not only the target."),
        (
            (forward.softmax(logits.T).T - soft) / examples,
            "the softmax goes over the classes of one example, not over the examples.",
        ),
        (
            (np.exp(logits) / np.exp(logits).sum() - soft) / examples,
            "each example has a softmax of its own.",
        ),
        (
            (1 - smoothing) * (p - hard) / examples,
            "it is the target that is softened, not the gradient.",
        ),
    )


#: Which of the mistakes in the exercise's list each of ``wrong_gradients.WRONG`` makes.
PLANTED = {"A": 3, "B": 5, "C": 4, "D": 2}
_WHERE_TO_LOOK = {
    "A": "look at the biases, too: which arrays are wrong, and which layer is the last one right?",
    "B": "which is the last wrong array? The arrays of the layer behind it are right; what is not?",
    "C": "its own kernel is right. Which arrays are the last wrong ones, and what is behind them?",
    "D": "are the biases right? Divide a wrong gradient by the right one.",
}


@check
def wrong_gradients(answer: Any) -> None:
    """A dictionary from the planted gradients' letters to the numbers of their mistakes."""
    if not isinstance(answer, dict):
        raise Wrong(
            f"expected a dictionary such as {{'A': 1, 'B': 2, …}}, found {type(answer).__name__}."
        )
    if all(value is None or value is Ellipsis for value in answer.values()):
        raise Unanswered("nothing found yet. Put the number of a mistake behind each letter.")
    letters = set(PLANTED)
    if {key for key in answer if isinstance(key, str)} != letters or len(answer) != len(letters):
        raise Wrong(f"expected the letters {sorted(letters)}, each with a number.")
    for letter, number in answer.items():
        real = isinstance(number, int | float | np.integer | np.floating)
        if not real or isinstance(number, bool) or number not in range(1, 8):
            raise Wrong(f"{letter}: expected the number of a mistake, 1 to 7.")
    wrong = [letter for letter in sorted(letters) if answer[letter] != PLANTED[letter]]
    if wrong:
        right = len(letters) - len(wrong)
        raise Wrong(f"{right} of {len(letters)} found. {wrong[0]}: {_WHERE_TO_LOOK[wrong[0]]}")
