"""Checks for the exercises: they say what is right, or what to look at next.

Each function takes a reader's answer, prints one line and returns whether the answer is right.
The line begins with ✓ or ✗. An answer that raises an error, or returns nothing, is told so; a
reader never sees a traceback of ours.

A check compares the answer with the definition on several inputs, among them the ones on which
the usual mistakes show. Numbers are compared with a tolerance, so that another order of summation
passes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from itertools import pairwise
from typing import Any

import numpy as np

from digitrec import forward, mnist

Answer = Callable[..., Any]


class Verdict:
    """Whether an answer is right: true or false in an ``if``, and silent in a notebook.

    A check has printed its line already; a notebook would add ``True`` or ``False`` below it.
    """

    def __init__(self, right: bool) -> None:
        self.right = right

    def __bool__(self) -> bool:
        return self.right

    def __repr__(self) -> str:
        return f"Verdict({self.right})"

    def _ipython_display_(self) -> None:
        """Show nothing."""


class _Wrong(Exception):
    """What is wrong with an answer, in words for the reader."""


class _Unanswered(_Wrong):
    """There is no answer yet."""


def _check(examine: Callable[[Any], None]) -> Callable[[Any], Verdict]:
    """Turn a function that raises ``_Wrong`` into one that prints and returns a verdict."""

    @wraps(examine)
    def check(answer: Any) -> Verdict:
        try:
            if answer is None or answer is Ellipsis:
                raise _Unanswered("nothing here yet. Write your answer in the cell, then run it.")
            examine(answer)
        except _Wrong as wrong:
            _say("✗", f"{examine.__name__}: {wrong}")
            return Verdict(False)
        _say("✓", f"{examine.__name__}: right.")
        return Verdict(True)

    return check


def _say(mark: str, line: str) -> None:
    """Print a verdict; where the output cannot show the mark, in letters."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        mark.encode(encoding)
    except UnicodeEncodeError:
        mark = {"✓": "OK", "✗": "NO"}[mark]
    # What the reader's own code says may hold anything.
    print(f"{mark} {line}".encode(encoding, "replace").decode(encoding))


def _call(function: Any, *arguments: Any) -> Any:
    """Call the reader's function; what goes wrong in it becomes a sentence."""
    if not callable(function):
        raise _Wrong(f"expected a function, found {type(function).__name__}.")
    try:
        result = function(*arguments)
    except Exception as error:  # noqa: BLE001 (whatever the reader's code raises)
        raise _Wrong(f"your function raised {type(error).__name__}: {error}") from None
    if result is None or result is Ellipsis:
        raise _Unanswered("your function returns nothing yet. Does it end with return?")
    return result


def _array(result: Any, shape: tuple[int, ...], what: str) -> np.ndarray:
    """Return the result as an array of the shape expected."""
    try:
        array = np.asarray(result, dtype=float)
    except (TypeError, ValueError):
        raise _Wrong(f"expected {what}, found {type(result).__name__}.") from None
    if array.shape != shape:
        raise _Wrong(f"expected {what} of shape {shape}, found shape {array.shape}.")
    return array


def _same(found: np.ndarray | float, expected: np.ndarray | float) -> bool:
    """Tell whether numbers agree to five digits; NaN agrees with nothing."""
    return bool(np.allclose(found, expected, rtol=1e-5, atol=1e-6))


def _digits(count: int) -> tuple[np.ndarray, np.ndarray]:
    x, y = mnist.load_test()
    return x[:count], y[:count]


# --- Chapter 01: the data --------------------------------------------------------------------


@_check
def count_labels(answer: Answer) -> None:
    """``count_labels(y)``: how often each of the ten classes occurs, (10,)."""
    for y in (_digits(1000)[1], np.array([3, 3, 4], np.uint8)):
        expected = np.array([(y == k).sum() for k in range(10)])
        result = _call(answer, y)
        if np.ndim(result) == 1 and np.size(result) < 10:
            raise _Wrong(
                "with the labels 3, 3, 4 there should still be ten counts, eight of them 0. "
                "np.bincount has a minlength."
            )
        if not _same(_array(result, (10,), "ten counts"), expected):
            raise _Wrong(f"expected {expected.tolist()}, found {np.asarray(result).tolist()}.")


@_check
def mean_ink(answer: Answer) -> None:
    """``mean_ink(x)``: each image's mean brightness on a scale of 0–1, (N,)."""
    x = np.concatenate([_digits(20)[0], np.full((1, 28, 28), 255, np.uint8)])
    expected = x.reshape(len(x), -1).mean(axis=1) / 255
    result = _call(answer, x)
    if np.ndim(result) == 0:
        raise _Wrong("expected one number an image; a mean over axes 1 and 2 leaves axis 0 alone.")
    found = _array(result, (len(x),), "one number an image")
    if _same(found, expected * 255):
        raise _Wrong("these are on a scale of 0–255; divide by 255.")
    if _same(found, expected * 784) or _same(found, expected * 784 * 255):
        raise _Wrong("that is the sum of the pixels; divide by how many there are, too.")
    if _same(found, (x > 0).mean(axis=(1, 2))):
        raise _Wrong("that is the share of pixels with ink; how bright they are counts too.")
    if not _same(found, expected):
        raise _Wrong(
            f"an image that is ink all over should give 1, yours gives {found[-1]:.4g}; the first "
            f"image should give {expected[0]:.4f}, yours gives {found[0]:.4f}. Does a sum of "
            "uint8 overflow?"
        )


@_check
def nearest_mean(answer: Answer) -> None:
    """``nearest_mean(x, means)``: the class of the nearest mean image, (N,)."""
    x, y = _digits(1000)
    means = np.stack([x[y == k].mean(axis=0) for k in range(10)])
    squares = [((x - mean) ** 2).sum(axis=(1, 2)) for mean in means]  # float: means are float
    expected = np.argmin(squares, axis=0)
    for given in (x[:100], x[100:101]):
        result = _call(answer, given, means)
        found = _array(result, (len(given),), "one class an image")
        want = expected[:100] if len(given) == 100 else expected[100:101]
        if np.mean(found == want) < 0.3:
            raise _Wrong("most classes are wrong. The nearest mean has the smallest distance.")
        if not _same(found, want):
            raise _Wrong(
                f"{int((found != want).sum())} of {len(want)} classes differ. Is the distance "
                "the sum of squared differences over both axes of an image?"
            )
    whole = np.round(means).astype(np.uint8)
    squares = [((x[:100].astype(float) - mean) ** 2).sum(axis=(1, 2)) for mean in whole]
    found = _array(_call(answer, x[:100], whole), (100,), "one class an image")
    if not _same(found, np.argmin(squares, axis=0)):
        raise _Wrong(
            "with whole-number means the classes change: uint8 − uint8 wraps round (3 − 5 is 254). "
            "Make them float first."
        )


# --- Chapter 02: a dense network in Keras -----------------------------------------------------


@_check
def count_parameters(answer: Answer) -> None:
    """``count_parameters(sizes)``: weights and biases of a dense network."""
    for sizes in ([784, 25, 15, 10], [784, 10], [3, 4, 2]):
        kernels = sum(a * b for a, b in pairwise(sizes))
        expected = kernels + sum(sizes[1:])
        found = _array(_call(answer, sizes), (), "one number").item()
        if found == kernels:
            raise _Wrong(f"for {sizes}, {kernels:,} are the weights; each unit also has a bias.")
        if found == kernels + sum(sizes):
            raise _Wrong("inputs have no bias: only the units of the layers after them do.")
        if found != expected:
            raise _Wrong(f"for {sizes} expected {expected:,}, found {found:,.0f}.")


@_check
def cross_entropy(answer: Answer) -> None:
    """``cross_entropy(logits, y)``: mean negative log probability of the true class."""
    logits = np.array([[2.0, 1.0, 0.1], [0.5, 2.5, -1.0], [0.0, 0.0, 3.0], [1.0, 2.0, 3.0]])
    y = np.array([0, 1, 1, 2])
    losses = -np.log(forward.softmax(logits)[np.arange(len(y)), y])
    found = _array(_call(answer, logits, y), (), "one number").item()
    if _same(found, losses.sum()):
        raise _Wrong("this is the sum of the losses; the loss of a batch is their mean.")
    if _same(found, -losses.mean()):
        raise _Wrong("the sign: the logarithm of a probability is negative, a loss is positive.")
    if _same(found, losses.mean() / np.log(2)):
        raise _Wrong("that is log2; the cross-entropy takes the natural logarithm, np.log.")
    if not _same(found, losses.mean()):
        raise _Wrong(f"expected {losses.mean():.4f} for the four examples, found {found:.4f}.")
    for large, labels, expected in (
        ([[1000.0, 0.0], [1000.0, 990.0]], [0, 1], (10 + np.log1p(np.exp(-10))) / 2),
        (
            [[1000.0, 0.0], [0.0, 1000.0]],
            [1, 1],
            500.0,
        ),  # sure and wrong, sure and right
    ):
        with np.errstate(all="ignore"):
            result = _call(answer, np.array(large), np.array(labels))
        found = _array(result, (), "one number").item()
        if not np.isfinite(found):
            raise _Wrong(
                f"with logits of 1000 it gives {found}: exp overflows, or a probability becomes 0 "
                "before the logarithm. Subtract each row's largest logit first, and take the "
                "logarithm of the sum."
            )
        if not _same(found, expected):
            raise _Wrong(
                f"with logits of 1000 expected {expected:.4f}, found {found:.4f}. A small number "
                "added to a probability changes large losses."
            )


#: What ``small_network`` asks for.
SMALL_PARAMETERS, SMALL_ACCURACY = 10_000, 0.92


@_check
def small_network(answer: Any) -> None:
    """A trained Keras model with few parameters that reads the validation images well."""
    if not hasattr(answer, "predict") or not hasattr(answer, "count_params"):
        raise _Wrong(f"expected a Keras model, found {type(answer).__name__}.")
    count = answer.count_params()
    if count > SMALL_PARAMETERS:
        raise _Wrong(f"it has {count:,} parameters; at most {SMALL_PARAMETERS:,} are asked for.")
    images, labels = mnist.read_training()
    _, validation = mnist.stratified_split(labels)
    x, y = images[validation], labels[validation]
    del images  # 47 MB that the network's memory need not stand beside
    try:
        out = np.asarray(answer.predict(x, batch_size=1000, verbose=0))
    except Exception as error:  # noqa: BLE001 (whatever Keras raises)
        raise _Wrong(
            f"predict on raw images (N, 28, 28) raised {type(error).__name__}: {error}"
        ) from None
    if out.shape != (len(x), 10):
        raise _Wrong(f"expected ten outputs an image, found an output of shape {out.shape}.")
    accuracy = float((out.argmax(axis=1) == y).mean())
    if accuracy < SMALL_ACCURACY:
        raise _Wrong(
            f"it reads {accuracy:.1%} of the validation images; {SMALL_ACCURACY:.0%} are asked "
            "for. More epochs?"
        )


# --- Chapter 03: forward propagation in NumPy -------------------------------------------------


@_check
def leaky_relu(answer: Answer) -> None:
    """``leaky_relu(z)``: z where z > 0, else 0.1 z; any shape."""
    for z in (
        np.array([-2.0, -0.5, 0.0, 0.5, 2.0]),
        np.linspace(-20, 20, 24).reshape(2, 3, 4),
    ):
        before = z.copy()
        found = _array(_call(answer, z), z.shape, "an array")
        if not np.array_equal(z, before):
            raise _Wrong("it changed its input; compute a new array.")
        if _same(found, np.maximum(z, 0)):
            raise _Wrong("that is the plain ReLU: below 0 it should be 0.1 z.")
        if not _same(found, np.where(z > 0, z, 0.1 * z)):
            raise _Wrong(
                f"for {z.flat[0]:g} expected {0.1 * z.flat[0]:g}, found {found.flat[0]:g}."
            )


@_check
def dense_layer(answer: Answer) -> None:
    """``dense_layer(x, W, b)``: relu(x @ W + b)."""
    rng = np.random.default_rng(0)
    for inputs, units in ((4, 3), (3, 3)):
        x, W = rng.normal(size=(5, inputs)), rng.normal(size=(inputs, units))
        b = np.linspace(-1, 1, units)
        z = x @ W + b
        found = _array(_call(answer, x, W, b), z.shape, "a batch of activations")
        for wrong, hint in (
            (z, "this is z; the activation is missing."),
            (np.maximum(x @ W, 0), "the bias is missing."),
            (np.maximum(x @ W, 0) + b, "the bias goes in before the ReLU."),
        ):
            if _same(found, wrong):
                raise _Wrong(hint)
        if inputs == units and _same(found, np.maximum(x @ W.T + b, 0)):
            raise _Wrong("rows are examples: x @ W, with W (inputs, units) as it is.")
        if not _same(found, np.maximum(z, 0)):
            raise _Wrong(f"expected {np.maximum(z, 0)[0].round(3)}, found {found[0].round(3)}.")


@_check
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
        found = _array(_call(answer, x, layers), z.shape, "logits")
        if _same(found, np.maximum(z, 0)):
            raise _Wrong("the last layer has no ReLU: it gives logits, and these may be negative.")
        if _same(found, forward.softmax(z)):
            raise _Wrong("these are probabilities; logits are asked for, without the softmax.")
        if not _same(found, z):
            raise _Wrong(
                f"expected {z[0].round(3)} for the first example, found {found[0].round(3)}."
            )


# --- Chapter 04: a convolutional network ------------------------------------------------------


@_check
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
            found = _array(_call(answer, n, k, s, padding), (), "one number").item()
            if padding == "same" and found == n != expected:
                raise _Wrong(
                    '"same" keeps the size with stride 1 only; otherwise it is ceil(n / s).'
                )
            if found != expected:
                raise _Wrong(
                    f"for n = {n}, k = {k}, stride {s}, {padding!r} expected {expected}, "
                    f"found {found:g}."
                )


@_check
def max_pool(answer: Answer) -> None:
    """``max_pool(image)``: the largest of each 2 × 2 window of an image (H, W)."""
    rng = np.random.default_rng(2)
    for shape in ((4, 6), (2, 2), (5, 7)):
        image = rng.integers(-50, 50, shape).astype(float)
        even = image[: shape[0] // 2 * 2, : shape[1] // 2 * 2]
        blocks = even.reshape(shape[0] // 2, 2, shape[1] // 2, 2)
        result = _call(answer, image)
        expected = blocks.max(axis=(1, 3))
        if shape == (5, 7) and np.shape(result) != expected.shape:
            raise _Wrong(
                "a 5 × 7 image has room for 2 × 3 windows; the odd row and column are dropped. "
                f"Yours has shape {np.shape(result)}."
            )
        found = _array(result, expected.shape, "an image half as large")
        if _same(found, blocks.mean(axis=(1, 3))):
            raise _Wrong("that is the mean of each window; the largest is asked for.")
        if not _same(found, expected):
            raise _Wrong(f"for\n{image}\nexpected\n{expected}\nfound\n{found}")


@_check
def edge_kernel(answer: Any) -> None:
    """A 3 × 3 kernel that finds lower edges: ink above, paper below."""
    kernel = _array(answer, (3, 3), "a kernel")

    def respond(image: np.ndarray) -> float:
        return float((image * kernel).sum())

    if np.array_equal(kernel, [[1] * 3, [0] * 3, [-1] * 3]):
        raise _Wrong("that is the chapter's own. Find another.")
    lower = np.array([[1.0] * 3, [1.0] * 3, [0.0] * 3])  # ink above, paper below
    if not _same(respond(np.ones((3, 3))), 0):
        raise _Wrong(f"all ink should give 0, yours gives {respond(np.ones((3, 3))):g}: no edge.")
    if respond(lower) < 0:
        raise _Wrong("the sign: it answers to ink below paper. Turn it upside down.")
    if _same(respond(lower), 0):
        raise _Wrong("it does not answer to a lower edge. Does it look for upright edges?")
    if not (_same(respond(lower.T), 0) and _same(respond(lower.T[:, ::-1]), 0)):
        raise _Wrong("an upright edge should give 0: each column's weights should add up to 0.")
    if not respond(lower) > abs(respond(np.diag([1.0, 1, 1]))) + 1e-9:
        raise _Wrong("it answers to a diagonal stroke as much as to a lower edge.")


# --- Chapter 05: your own images --------------------------------------------------------------


@_check
def bright_ink(answer: Answer) -> None:
    """``bright_ink(image)``: the image (H, W) uint8 with ink bright on dark paper."""
    digit = _digits(1)[0][0]
    for given in (255 - digit, digit):
        result = _call(answer, given.copy())
        found = _array(result, digit.shape, "an image")
        if given is digit and _same(found, 255 - digit):
            raise _Wrong(
                "it inverts an image whose ink was bright already. Look at the paper first."
            )
        if given is not digit and _same(found, given):
            raise _Wrong("dark ink on bright paper came back as it was.")
        if not _same(found, digit):
            raise _Wrong(
                "expected the same picture with values 0–255, the paper 0 and the ink 255."
            )


@_check
def centre_of_mass(answer: Answer) -> None:
    """``centre_of_mass(image)``: (row, column), each pixel weighted with its value."""
    one = np.zeros((5, 9), np.uint8)
    one[1, 6] = 200
    for image in (one, _digits(3)[0][2]):
        mass = image.astype(float)
        rows, columns = np.indices(image.shape)
        expected = np.array([(rows * mass).sum(), (columns * mass).sum()]) / mass.sum()
        found = _array(_call(answer, image), (2,), "(row, column)")
        if _same(found, expected[::-1]):
            raise _Wrong("row first, then column: these are the other way round.")
        inked = np.argwhere(image > 0).mean(axis=0)
        if _same(found, inked) and not _same(inked, expected):
            raise _Wrong("every pixel of ink counts the same; weight each with its value.")
        if not _same(found, expected):
            raise _Wrong(f"expected {expected.round(2)}, found {found.round(2)}.")


@_check
def fit_box(answer: Answer) -> None:
    """``fit_box(height, width)``: the size in a 20 × 20 box with the same aspect ratio."""
    for size, expected in (
        ((40, 20), (20, 10)),
        ((30, 60), (10, 20)),
        ((10, 10), (20, 20)),
        ((400, 5), (20, 1)),
        ((30, 13), (20, 9)),
    ):
        found = _array(_call(answer, *size), (2,), "(height, width)")
        if np.array_equal(found, (20, 20)) and expected != (20, 20):
            raise _Wrong("20 × 20 whatever comes in: a 1 becomes a block. One factor for both.")
        if size == (10, 10) and np.array_equal(found, size):
            raise _Wrong("a small digit should grow: 10 × 10 becomes 20 × 20.")
        if found.min() < 1:
            raise _Wrong(f"{size} becomes {found.tolist()}: a side has at least one pixel.")
        if size == (30, 13) and np.array_equal(found, (20, 8)):
            raise _Wrong("13 · 20 / 30 = 8.67: round to the nearest pixel, do not cut off.")
        if not np.array_equal(found, expected):
            raise _Wrong(f"{size} should become {expected}, yours becomes {found.tolist()}.")
