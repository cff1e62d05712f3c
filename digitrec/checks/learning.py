"""Checks of chapter 7: how a network learns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from digitrec import forward, mnist
from digitrec.checks.asking import Unanswered, Wrong, ask, check
from digitrec.checks.comparing import array, explain, same

Answer = Callable[..., Any]


def _away_from_zero(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Draw numbers of both signs, none of them so near to 0 that a kink could be there."""
    return rng.choice([-1.0, 1.0], shape) * rng.uniform(0.3, 2.0, shape)


@check
def leaky_relu_gradient(answer: Answer) -> None:
    """``leaky_relu_gradient(z, gradient)``: the gradient before chapter 3's leaky ReLU."""
    rng = np.random.default_rng()
    for shape in ((8,), (3, 2, 4)):
        z, gradient = _away_from_zero(rng, *shape), _away_from_zero(rng, *shape)
        z.flat[:4], gradient.flat[:4] = [1.5, -1.5, 0.5, -0.5], [1.0, 1.0, -2.0, -2.0]
        slope = np.where(z > 0, 1.0, 0.1)
        expected = gradient * slope
        found = array(ask(answer, z, gradient), shape, "an array like z")
        if same(found, expected):
            continue
        mistakes = (
            (gradient * (z > 0), "that is the plain ReLU's: below 0 the slope is 0.1."),
            (slope, "that is the slope; the gradient from behind is multiplied with it."),
            (gradient * np.where(z > 0, z, 0.1 * z), "times the slope, not times the activation."),
            (
                gradient * np.where(gradient > 0, 1.0, 0.1),
                "it asks for the sign of the gradient; the side of the kink is the sign of z.",
            ),
            (gradient * np.where(z > 0, 0.1, 1.0), "the two slopes are the other way round."),
        )
        explain(found, mistakes)
        k = int(np.abs(found - expected).argmax())
        raise Wrong(
            f"for z = {z.flat[k]:.3g} and a gradient of {gradient.flat[k]:.3g} expected "
            f"{expected.flat[k]:.3g}, found {found.flat[k]:.3g}."
        )


@check
def largest_rate(answer: Answer) -> None:
    """``largest_rate(x)``: from which rate on descent on the mean of ½ (w x − t)² diverges."""
    rng = np.random.default_rng()
    for x in (np.array([2.0]), np.array([1.0, -3.0, 0.5]), _away_from_zero(rng, 7)):
        squares = x**2
        expected = 2 / squares.mean()
        found = array(ask(answer, x), (), "one number").item()
        if same(found, expected):
            continue
        mistakes = (
            (2 / squares.sum(), "the loss is the mean over the examples, not their sum."),
            (1 / squares.mean(), "that one arrives in a single step; how far beyond may it go?"),
            (
                2 / (x.mean() ** 2 or np.nan),
                "the mean of the squares is not the square of the mean.",
            ),
            (2 / squares.max(), "all examples count, not only the largest."),
            (squares.mean() / 2, "upside down: the steeper the curve, the shorter the steps."),
            (4 / squares.mean(), "the slope of ½ e² is e, without a ½ or a 2."),
        )
        explain(found, mistakes)
        raise Wrong(
            f"for x = {x.round(3).tolist()} expected {expected:.4g}, found {found:.4g}. "
            "By what is the distance to the lowest point multiplied in a step?"
        )


@check
def skip_gradient(answer: Answer) -> None:
    """``skip_gradient(x, t, w1, b1, w2, b2)``: the loss's gradient by x, which is used twice."""
    rng = np.random.default_rng()
    cases = [(2.0, 3.0, 0.5, 1.0, 3.0, -1.0), (2.0, 3.0, 0.5, -2.0, 3.0, -1.0)]
    for sign in (1, -1, 1, -1):  # the neuron is on, and off
        x, w1, w2, b2 = _away_from_zero(rng, 4)
        t, z1 = float(_away_from_zero(rng, 1)[0]), sign * rng.uniform(0.3, 2)
        cases.append((x, t, w1, z1 - w1 * x, w2, b2))
    for x, t, w1, b1, w2, b2 in cases:
        z1 = w1 * x + b1
        on = float(z1 > 0)
        dz2 = w2 * max(0.0, z1) + b2 + x - t
        expected = dz2 * (1 + w2 * w1 * on)
        found = array(ask(answer, x, t, w1, b1, w2, b2), (), "one number").item()
        if np.isclose(found, expected, rtol=1e-4, atol=1e-4):
            continue
        mistakes = (
            (dz2 * w2 * w1 * on, "that is the way through the two neurons; x also goes past them."),
            (dz2, "that is the way past the neurons; x also goes through them."),
            (
                (dz2 - x) * (1 + w2 * w1 * on),
                "on the way forward x is missing: z2 = w2 a1 + b2 + x.",
            ),
            (dz2 * (1 + w2 * w1), "the ReLU was off: it stops the gradient."),
            (1 + w2 * w1 * on, "that is how z2 grows with x; and the loss with z2?"),
            (dz2 * w2 * w1 * on * dz2, "the gradients of the two ways add up."),
            (-expected, "the sign: z2 − t, and not t − z2."),
        )
        explain(found, mistakes)
        raise Wrong(
            f"for x = {x:.3g}, t = {t:.3g}, w1 = {w1:.3g}, b1 = {b1:.3g}, w2 = {w2:.3g}, "
            f"b2 = {b2:.3g} expected {expected:.4g}, found {found:.4g}."
        )


@check
def smoothed_gradient(answer: Answer) -> None:
    """``smoothed_gradient(logits, y, smoothing)``: the loss's gradient for softened labels."""
    rng = np.random.default_rng()
    for examples, classes, smoothing in ((6, 10, 0.1), (5, 4, 0.3), (3, 3, 0.0)):
        logits = rng.normal(0, 2, (examples, classes))
        y = rng.integers(0, classes, examples)
        p, hard = forward.softmax(logits), np.eye(classes)[y]
        soft = (1 - smoothing) * hard + smoothing / classes
        others = np.where(hard > 0, 1 - smoothing, smoothing / (classes - 1))
        expected = (p - soft) / examples
        found = array(ask(answer, logits, y, smoothing), logits.shape, "a gradient like the logits")
        if same(found, expected):
            continue
        mistakes = (
            (p - soft, "the loss is the mean over the batch: divide by the number of examples."),
            (-expected, "the sign: p minus the target."),
            ((p - hard) / examples, "these labels are not softened."),
            (
                (p - others) / examples,
                "the share goes to all classes alike, the right one too.",
            ),
            (
                (p - (1 - smoothing) * hard) / examples,
                "the target's sum should be 1: what the label loses goes to the classes.",
            ),
            ((p - soft) / classes, "divide by the number of examples, not of classes."),
        )
        explain(found, mistakes)
        raise Wrong(
            f"for {classes} classes and smoothing {smoothing} expected "
            f"{expected[0].round(4)} in the first row, found {found[0].round(4)}."
        )
    large = np.array([[1000.0, 0.0, -1000.0]])
    result = ask(answer, large, np.array([0]), 0.3)
    found = array(result, large.shape, "a gradient like the logits")
    if not same(found, np.array([[0.2, -0.1, -0.1]])):
        raise Wrong("with logits of 1000 it fails: exp overflows. forward.softmax does not.")


@check
def numeric_gradient(answer: Answer) -> None:
    """``numeric_gradient(f, w, h)``: the central difference for each entry of w, of any shape."""
    rng = np.random.default_rng()
    for shape, h in (((4,), 0.1), ((2, 3), 0.2), ((2, 1, 3), 0.1)):
        w, c = _away_from_zero(rng, *shape), _away_from_zero(rng, *shape)

        def f(v: np.ndarray, c: np.ndarray = c) -> float:
            return float((c * v**3).sum() + v.flat[0] * v.flat[-1])

        def difference(up: float, down: float, w: np.ndarray = w, f: Answer = f) -> np.ndarray:
            """Return (f(w + up) − f(w − down)) / (up + down) for each entry."""
            out = np.zeros_like(w)
            for index in np.ndindex(w.shape):
                above, below = w.copy(), w.copy()
                above[index] += up
                below[index] -= down
                out[index] = (f(above) - f(below)) / (up + down)
            return out

        expected = difference(h, h)
        mistakes = (
            (difference(h, 0), "that is a difference to one side; take one step up, one down."),
            (difference(0, h), "that is a difference to one side; take one step up, one down."),
            (2 * expected, "w + h and w − h are 2h apart."),
            (-expected, "the sign: above minus below."),
            (difference(h / 2, h / 2), "step by h to each side."),
            (difference(1e-5, 1e-5), "use the h that is given."),
        )
        found = array(ask(answer, f, w, h), shape, "a gradient of the shape of w")
        if not np.allclose(found, expected, rtol=1e-4, atol=1e-4):
            explain(found, mistakes)
            k = np.unravel_index(int(np.abs(found - expected).argmax()), shape)
            raise Wrong(
                f"for entry {tuple(map(int, k))} expected {expected[k]:.5f}, found {found[k]:.5f}. "
                "Only that entry moves, all others stay."
            )


#: Which of the mistakes in the exercise's list each of ``wrong_gradients.WRONG`` makes.
PLANTED = {"A": 3, "B": 5, "C": 4, "D": 2}
_WHERE_TO_LOOK = {
    "A": "look at the biases, too: which arrays are wrong, and which layer is the last one right?",
    "B": "which arrays of the layer itself are right, and what do they have in common?",
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


@check
def nesterov(answer: Answer) -> None:
    """``nesterov(w, v, gradient_at, rate, keep)``: a step that looks ahead; gives (w, v)."""
    rng = np.random.default_rng()
    for shape in ((3,), (2, 4)):
        w, v, c = (_away_from_zero(rng, *shape) for _ in range(3))
        rate, keep = float(rng.uniform(0.05, 0.2)), float(rng.uniform(0.5, 0.95))

        def gradient_at(point: np.ndarray, c: np.ndarray = c) -> np.ndarray:
            return c * point**2 + point

        def after(
            point: np.ndarray,
            w: np.ndarray = w,
            v: np.ndarray = v,
            slope: Answer = gradient_at,
            rate: float = rate,
            keep: float = keep,
        ) -> tuple[np.ndarray, np.ndarray]:
            moved = keep * v - rate * slope(point)
            return w + moved, moved

        new_w, new_v = after(w + keep * v)
        hints = (
            (after(w), "that is plain momentum: the gradient should be taken further ahead."),
            (after(w + v), "it looks too far: of the velocity only a part, keep, goes on."),
            (after(w - keep * v), "it looks back; the step goes to w + keep · v."),
            ((new_v, new_w), "first w, then v: these are the other way round."),
            ((new_w + keep * v, new_v), "w + v is the whole step: keep · v is in it already."),
            ((w + v, new_v), "w moves by the new velocity, not by the old one."),
            ((w - new_v, new_v), "the sign: w + v."),
        )
        result = ask(answer, w, v, gradient_at, rate, keep)
        if not isinstance(result, tuple | list | np.ndarray) or len(result) != 2:
            raise Wrong("expected two arrays: the new w and the new v.")
        found = [
            array(part, shape, name)
            for part, name in zip(result, ("a new w", "a new v"), strict=True)
        ]
        if same(found[0], new_w) and same(found[1], new_v):
            continue
        for wrong, hint in hints:
            if all(map(same, found, wrong)):
                raise Wrong(hint)
        if same(found[1], new_v):
            raise Wrong("the new v is right; w should have moved by it.")
        raise Wrong(
            f"the new v should begin with {new_v.flat[0]:.5f}, yours does with "
            f"{found[1].flat[0]:.5f}."
        )


#: What ``learned_in_numpy`` asks for.
NUMPY_PARAMETERS, NUMPY_ACCURACY = 60_000, 0.97


@check
def learned_in_numpy(answer: Any) -> None:
    """A network of ``digitrec.forward``, trained to read the validation images better."""
    if not isinstance(answer, forward.Sequential):
        raise Wrong(
            "expected a network as backprop.initial makes it (forward.Sequential), found "
            f"{type(answer).__name__}."
        )
    count = answer.parameters
    if count > NUMPY_PARAMETERS:
        raise Wrong(f"it has {count:,} parameters; at most {NUMPY_PARAMETERS:,} are asked for.")
    images, labels = mnist.read_training()
    _, validation = mnist.stratified_split(labels)
    x, y = images[validation], labels[validation]
    del images
    try:
        out = np.asarray(answer.predict(x))
    except Exception as error:  # noqa: BLE001 (whatever is wrong with the network)
        raise Wrong(f"predict on (N, 28, 28) raised {type(error).__name__}: {error}") from None
    if out.shape != (len(x), 10):
        raise Wrong(f"expected ten outputs an image, found an output of shape {out.shape}.")
    if not np.isfinite(out).all():
        raise Wrong("some of its outputs are no numbers: the training has diverged.")
    accuracy = float((out.argmax(axis=1) == y).mean())
    if accuracy < NUMPY_ACCURACY:
        raise Wrong(
            f"it reads {accuracy:.1%} of the validation images; {NUMPY_ACCURACY:.0%} are asked "
            "for. More units, another rate, a rate that falls? Or a convolution?"
        )
