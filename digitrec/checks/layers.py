"""Checks of chapter 3: forward propagation in NumPy."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from digitrec import forward
from digitrec.checks.asking import Unanswered, Wrong, ask, check
from digitrec.checks.comparing import Case, settle
from digitrec.checks.looping import no_loop

Answer = Callable[..., Any]


@check
def leaky_relu(answer: Answer) -> None:
    """``leaky_relu(z)``: z where z > 0, else 0.1 z; any shape."""
    rng = np.random.default_rng()
    cases = []
    for z in (
        rng.permutation([-2.0, -0.5, 0.0, 0.5, 2.0]),
        rng.normal(0, 5, (2, 3, 4)),
        -rng.uniform(0.1, 9, (3, 3)),  # below 0 all over
    ):
        expected = np.where(z > 0, z, 0.1 * z)
        cases.append(
            Case(
                (z,),
                expected,
                "an array",
                (
                    (np.maximum(z, 0), "that is the plain ReLU: below 0 it should be 0.1 z."),
                    (np.where(z > 0, z, 0.01 * z), "below 0 it should be 0.1 z, yours is 0.01 z."),
                    (np.where(z > 0, z, -0.1 * z), "below 0 it should be negative: 0.1 z."),
                    (0.1 * z, "also what is above 0 becomes a tenth; that should stay as it is."),
                    (np.where(z > 0, 0.1 * z, z), "the two sides are the other way round."),
                    (
                        np.where(z > 0, z, 0.1),
                        "below 0 it is always 0.1; it should be 0.1 times z.",
                    ),
                    (np.where(z > 0, 1, 0.1), "these are the slopes, 1 and 0.1; z is missing."),
                    (np.abs(z), "that is the absolute value."),
                    (z, "it does nothing: below 0 it should be 0.1 z."),
                    (
                        np.where(z > 0, z, z - 0.1),
                        "below 0 a tenth is subtracted; it should be 0.1 times z.",
                    ),
                    (np.where(z > 0, z, 10 * z), "below 0 it should be 0.1 z, yours is 10 z."),
                    (
                        np.where(z > 0, z, z / 10 * 0.1),
                        "below 0 it should be 0.1 z, yours is 0.01 z.",
                    ),
                ),
            )
        )
    settle(answer, cases)


def _dense_case(rng: np.random.Generator, examples: int, inputs: int, units: int) -> Case:
    """Make a batch, weights and biases by chance, and what known mistakes make of them."""
    x, W = rng.normal(size=(examples, inputs)), rng.normal(size=(inputs, units))
    b = rng.choice([-1.0, 1.0], units) * rng.uniform(0.3, 1, units)
    z, relu = x @ W + b, forward.relu
    mistakes = [
        (z, "this is z; the activation is missing."),
        (relu(x @ W), "the bias is missing."),
        (x @ W, "the bias and the activation are missing."),
        (relu(x @ W) + b, "the bias goes in before the ReLU."),
        (relu(x @ W - b), "the bias is subtracted; it is added."),
        (relu(x @ W + b.sum()), "every neuron gets the sum of all biases; each has its own."),
        (relu(x @ W + b.mean()), "every neuron gets the mean of all biases; each has its own."),
        (np.minimum(z, 0), "that is min(0, z); the ReLU is max(0, z)."),
        (np.abs(z), "that is |z|; the ReLU makes 0 of what is negative."),
        (forward.softmax(z), "that is a softmax; the ReLU is asked for."),
        (1.0 * (z > 0), "that is whether z is above 0; z itself is asked for where it is."),
        (np.max(z), "np.max gives one number; np.maximum compares element by element."),
        (relu(z).T, "rows are examples: the result has a row for each example."),
    ]
    if inputs == units:
        mistakes.append(
            (relu(x @ W.T + b), "rows are examples: x @ W, with W (inputs, units) as it is.")
        )
    if examples == inputs == units:
        mistakes += [
            (relu(W @ x + b), "rows are examples: x @ W, not W @ x."),
            (relu(x * W + b), "* multiplies element by element; @ is the matrix product."),
        ]
    if examples == units:
        mistakes.append(
            (
                relu(x @ W + b[:, np.newaxis]),
                "as a column, b adds a bias to each example; each neuron has its own.",
            )
        )
    return Case((x, W, b), relu(z), "a batch of activations", mistakes)


@check
def dense_layer(answer: Answer) -> None:
    """``dense_layer(x, W, b)``: relu(x @ W + b), without a loop."""
    rng = np.random.default_rng()
    cases = []
    for sizes in ((5, 4, 3), (3, 3, 3), (4, 2, 4), (1, 6, 2)):
        case = _dense_case(rng, *sizes)
        while not case.tells_mistakes_apart():  # a ReLU may make 0 of all in two of them
            case = _dense_case(rng, *sizes)
        cases.append(case)
    settle(answer, cases)
    small = (2, 3, 2)
    for over, large in (
        ("images", (1200, 3, 2)),
        ("inputs", (2, 1200, 2)),
        ("neurons", (2, 3, 1200)),
    ):
        few, many = (
            tuple(rng.normal(size=s) for s in ((n, d), (d, u), (u,))) for n, d, u in (small, large)
        )
        no_loop(answer, few, many, over)


@check
def forward_pass(answer: Answer) -> None:
    """``forward_pass(x, layers)``: logits of a dense network given as pairs (W, b)."""
    rng = np.random.default_rng()
    cases = []
    for sizes in ((6, 5, 4, 10), (6, 3), (4, 4, 4, 4, 4), (5, 7, 2)):
        # Logits of a few units: with larger ones, softmax would hide what was done to the small.
        layers = [(rng.normal(0, m**-0.5, (m, n)), rng.normal(size=n)) for m, n in pairwise(sizes)]
        x = rng.normal(size=(7, sizes[0]))
        relu, a, hidden, plain, unbiased = forward.relu, x, x, x, x
        for W, b in layers[:-1]:
            a, plain, unbiased = relu(a @ W + b), plain @ W + b, relu(unbiased @ W)
            hidden = relu(hidden @ W) + b
        W, b = layers[-1]
        z = a @ W + b
        mistakes = [
            (relu(z), "the last layer has no ReLU: it gives logits, and these may be negative."),
            (forward.softmax(z), "these are probabilities; logits are asked for, without softmax."),
            (z.argmax(axis=1), "these are readings; the logits are asked for."),
            (plain @ W + b, "there is no ReLU between the layers."),
            (unbiased @ W, "the biases are missing."),
            (a @ W, "the bias of the last layer is missing."),
            (hidden @ W + b, "the bias goes in before the ReLU."),
            (
                forward.softmax(relu(z)),
                "these are probabilities, and the last layer has a ReLU; logits are asked for.",
            ),
        ]
        if len(layers) > 1:
            mistakes.append((a, "the last layer is missing: these are the activations before it."))
            first = relu(x @ layers[0][0] + layers[0][1])
            mistakes.append((first, "that is the first layer alone."))
        many = f"{len(layers)} layers" if len(layers) > 1 else "one layer"
        cases.append(Case((x, layers), z, "logits", mistakes, many))
    settle(answer, cases)


def _finds(answer: Answer, ours: Any, theirs: Any, expected: str) -> bool:
    """Tell whether an answer names the layer where every difference has the other sign."""
    try:
        turned = {name: 2 * ours[name] - value for name, value in theirs.items()}
        return bool(ask(answer, ours, turned, 1e-3) == expected)
    except Wrong:
        return False


def _names_one(answer: Answer, ours: Any, theirs: Any) -> bool:
    """Tell whether an answer names some layer where one differs."""
    try:
        return isinstance(ask(answer, ours, theirs, 1e-3), str)
    except Wrong:
        return False


@check
def first_difference(answer: Answer) -> None:
    """``first_difference(ours, theirs, tolerance)``: the first layer that differs, or ``""``."""
    rng = np.random.default_rng()
    names = ["scale", "dense1", "dense2", "logits"]
    base = {name: rng.normal(size=(5, n)) for n, name in zip((9, 7, 6, 10), names, strict=True)}

    def changed(**changes: float) -> dict[str, np.ndarray]:
        made = {name: value.copy() for name, value in base.items()}
        for name, by in changes.items():
            made[name][3, 2] += by
        return made

    same = changed()
    both = changed(dense1=0.5, logits=0.5)
    shuffled = {name: changed(dense1=-0.5)[name] for name in reversed(names)}
    cases: list[tuple[str, dict[str, np.ndarray], str]] = [
        ("nothing that differs", same, ""),
        ("a difference of 0.5 in dense2 and in logits", changed(dense2=0.5, logits=0.5), "dense2"),
        ("a difference of −0.5 in dense1", changed(dense1=-0.5), "dense1"),
        ("rounding in every layer", changed(dense1=1e-6, logits=-1e-6), ""),
        ("a small one in dense1, larger in logits", changed(dense1=0.01, logits=9.0), "dense1"),
        ("one of 0.002 in dense1", changed(dense1=0.002), "dense1"),
        ("one in scale and one in dense2", changed(scale=0.5, dense2=0.5), "scale"),
        ("all of dense2 higher by 0.5", {**same, "dense2": base["dense2"] + 0.5}, "dense2"),
        ("all within the tolerance", {n: v + 8e-4 for n, v in same.items()}, ""),
        ("two, theirs in another order", {n: both[n] for n in reversed(names)}, "dense1"),
        ("one in logits alone", changed(logits=-3.0), "logits"),
        ("NaN in dense2", changed(dense2=np.nan), "dense2"),
        ("infinity in dense1", changed(dense1=np.inf), "dense1"),
        ("theirs in another order", shuffled, "dense1"),
        (
            "differences that add up to 0",
            {**same, "dense1": base["dense1"] + np.array([[0.2, -0.2, 0, 0, 0, 0, 0]])},
            "dense1",
        ),
        ("another shape in dense2", {**same, "dense2": base["dense2"][np.newaxis]}, "dense2"),
    ]
    for given, theirs, expected in cases:
        try:
            found = ask(answer, base, theirs, 1e-3)
        except Unanswered:
            if expected or not _names_one(answer, base, changed(dense2=0.5)):
                raise
            raise Wrong(
                f'with {given} it returns nothing. After the loop comes return "".'
            ) from None
        if not isinstance(found, str):
            raise Wrong(
                f"expected a layer's name, found {type(found).__name__}. Where none differs it is "
                'an empty one, "".'
            )
        if found != expected:
            if "NaN" in given and found != expected:
                raise Wrong(
                    f"with {given} it says {found!r}: every comparison with NaN is False, also "
                    "“is it larger than the tolerance?”. Ask whether it is within."
                )
            sign = ""
            if found == "" and _finds(answer, base, theirs, expected):
                sign = " It would with the other sign: np.abs is a difference's size."
            raise Wrong(f"with {given} expected {expected!r}, found {found!r}.{sign}")
    if ask(answer, base, changed(), 0.0) != "":
        raise Wrong(
            "with equal arrays and a tolerance of 0 it names a layer. Only what differs by more "
            "than the tolerance counts; what is as large is within."
        )
    loose = ask(answer, base, changed(dense2=0.5), 1.0)
    if loose != "":
        raise Wrong(f"with a difference of 0.5 and a tolerance of 1 expected '', found {loose!r}.")
    large = {name: value + 1e5 for name, value in base.items()}
    if ask(answer, large, {**large, "dense2": large["dense2"] + 0.1}, 1e-3) != "dense2":
        raise Wrong(
            "with numbers near 100,000 a difference of 0.1 is not found: np.allclose also allows "
            "for a part of the number (rtol); set it to 0."
        )
    if ask(answer, base, changed(dense1=1e-4), 1e-6) != "dense1":
        raise Wrong("with a difference of 0.0001 and a tolerance of 0.000001 nothing is found.")
