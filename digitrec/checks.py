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
from collections.abc import Callable, Sequence
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
        if np.asarray(result).dtype.kind in "USO":  # text would become numbers
            raise TypeError
        array = np.asarray(result, dtype=float)
    except (TypeError, ValueError, OverflowError):
        raise _Wrong(f"expected {what}, found {type(result).__name__}.") from None
    if array.shape != shape:
        raise _Wrong(f"expected {what} of shape {shape}, found shape {array.shape}.")
    return array


def _axes(result: Any) -> int | None:
    """Count the axes of what may be an array; None where it cannot be one."""
    try:
        return np.ndim(result)
    except (TypeError, ValueError):
        return None


def _same(found: np.ndarray | float, expected: np.ndarray | float) -> bool:
    """Tell whether numbers agree to five digits; NaN agrees with nothing."""
    return bool(np.allclose(found, expected, rtol=1e-5, atol=1e-6))


def _explain(found: np.ndarray | float, mistakes: Sequence[tuple[Any, str]]) -> None:
    """Give the hint of the known mistake that a wrong result comes from, if it is one."""
    for wrong, hint in mistakes:
        if _same(found, wrong):
            raise _Wrong(hint)


def _kept(before: Any, given: Any) -> None:
    """Say so if the reader's function changed what it was given."""
    for ours, theirs in zip(before, given, strict=True):
        if not np.array_equal(ours, theirs):
            raise _Wrong("it changed its input; compute a new array.")


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
        if _axes(result) == 1 and len(result) < 10:
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
    if _axes(result) == 0:
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


@_check
def otsu(answer: Answer) -> None:
    """``otsu(counts)``: the threshold t that splits values ≤ t and > t the most, (256,) → t."""
    rng = np.random.default_rng()
    for low, high, many, few in ((60, 190, 4000, 500), (20, 90, 900, 1500), (120, 200, 3000, 60)):
        values = np.concatenate([rng.normal(low, 12, many), rng.normal(high, 9, few)])
        counts = np.bincount(np.clip(np.rint(values), 0, 255).astype(int), minlength=256)
        counts += 1  # no value without a pixel, so only one threshold is right
        between = _between_classes(counts)
        given = counts.copy()
        found = _array(_call(answer, given), (), "one number").item()
        _kept((counts,), (given,))
        if found in range(256) and between[int(found)] >= (1 - 1e-9) * between.max():
            continue
        best = int(between.argmax())
        mean = float(counts @ np.arange(256) / counts.sum())
        mistakes = (
            (between.max(), "that is the greatest variance; the threshold where it is, is asked."),
            (best + 1, "one too many: values equal to the threshold belong to the darker class."),
            (best - 1, "one too few: values equal to the threshold belong to the darker class."),
            (mean, "that is the mean of all values; with little ink it lies in the paper."),
            (counts.argmax(), "that is the most frequent value: the middle of the paper."),
            ((low + high) / 2, "that lies between two heaps of one picture; the counts decide."),
            (127, "half of 255 whatever comes in; the counts decide."),
            (128, "half of 256 whatever comes in; the counts decide."),
        )
        _explain(found, mistakes)
        if found == _separate(counts, lambda p, m: (m[1] - m[0]) ** 2):
            raise _Wrong("the distance of the means alone; weigh it with both classes' shares.")
        raise _Wrong(
            f"expected a threshold of {best}, found {found:g}. Try all 256: share of the one "
            "class, times share of the other, times the squared distance of their means."
        )


def _between_classes(counts: np.ndarray) -> np.ndarray:
    """Variance between the values ≤ t and those > t, for each t; (256,) counts → (256,)."""
    p, values = counts / counts.sum(), np.arange(256)
    below = np.cumsum(p)
    first = np.cumsum(p * values)
    with np.errstate(all="ignore"):
        between = (first[-1] * below - first) ** 2 / (below * (1 - below))
    return np.where((below > 0) & (below < 1 - 1e-12), between, 0)


def _separate(counts: np.ndarray, score: Callable[..., float]) -> int:
    """Threshold with the greatest score of both classes' shares and means."""
    p, values = counts / counts.sum(), np.arange(256)
    best, most = 0, -np.inf
    for t in range(255):
        shares = p[: t + 1].sum(), p[t + 1 :].sum()
        if min(shares) <= 0:
            continue
        parts = p[: t + 1] @ values[: t + 1], p[t + 1 :] @ values[t + 1 :]
        means = tuple(part / share for part, share in zip(parts, shares, strict=True))
        if score(shares, means) > most:
            best, most = t, score(shares, means)
    return best


@_check
def answers(answer: Answer) -> None:
    """``answers(p, least)``: each row's likeliest class, or −1 where it is less probable; (N,)."""
    rng = np.random.default_rng()
    for count, least in ((40, 0.6), (30, 0.35), (5, 0.0), (1, 1.0)):
        p = forward.softmax(rng.normal(0, 2.5, (count, 10)))
        if count > 5:
            p[0] = (1 - least) / 9  # exactly as probable as asked for
            p[0, 7] = least
            p[1] = 0.1  # sure of nothing
        surest, label = p.max(axis=1), p.argmax(axis=1)
        expected = np.where(surest >= least, label, -1)
        given = p.copy()
        found = _array(_call(answer, given, least), (count,), "one answer a row")
        _kept((p,), (given,))
        if _same(found, expected):
            continue
        mistakes = (
            (np.where(surest > least, label, -1), "exactly as probable as asked for is enough."),
            (label, "every row is answered; give −1 where the network is not sure."),
            (np.where(surest >= least, -1, label), "the other way round: −1 where it is not sure."),
            (np.where(surest >= least, surest, -1), "these are probabilities; give a class."),
            (np.where(surest >= least, label, 0), "0 is a digit; what is not answered is −1."),
            (np.where(surest >= 0.5, label, -1), "use the least probability that is given."),
            (
                np.where(p.mean(axis=1) >= least, label, -1),
                "the mean of a row is always 0.1; the largest tells how sure it is.",
            ),
        )
        _explain(found, mistakes)
        k = int(np.flatnonzero(found != expected)[0])
        raise _Wrong(
            f"a row whose likeliest class is {label[k]} with {surest[k]:.3f}, and at least "
            f"{least:g} asked for: expected {expected[k]}, found {found[k]:g}."
        )


# --- Chapter 06: reading a page ---------------------------------------------------------------


@_check
def cut_column(answer: Answer) -> None:
    """``cut_column(mask)``: the column with the least ink, a quarter away from both sides."""
    rng = np.random.default_rng()
    for height, width in ((12, 16), (20, 23), (9, 12)):
        amounts = rng.integers(4, height + 1, width)
        edge = width // 4
        place = int(rng.integers(edge + 3, width - edge - 2))
        place += place >= width // 2  # the middle is the guess of those who do not look
        amounts[place] = 2
        amounts[1], amounts[-1] = 0, 1  # less ink, but at the sides
        mask = rng.permuted(np.arange(height)[:, np.newaxis] < amounts, axis=0)
        runs = (mask[1:] & ~mask[:-1]).sum(axis=0)
        given = mask.copy()
        found = _array(_call(answer, given), (), "one column").item()
        _kept((mask,), (given,))
        if found == place:
            continue
        middle = amounts[edge : width - edge]
        mistakes = (
            (place - edge, "count from the piece's left side, not from the middle part's."),
            (1, "a cut so near the side leaves a sliver; keep a quarter of the width."),
            (width - 1, "a cut so near the side leaves a sliver; keep a quarter of the width."),
            (edge + int(middle.argmax()), "that column has the most ink."),
            (2, "that is how much ink there is; which column is it in?"),
            (width // 2, "the middle is not always where the least ink is."),
            (int(mask.sum(axis=1).argmin()), "that is a row; sum over axis 0 to have columns."),
            (edge + int(runs[edge : width - edge].argmin()), "count ink, not strokes."),
        )
        _explain(found, mistakes)
        raise _Wrong(
            f"for columns with {amounts.tolist()} pixels of ink expected column {place}, found "
            f"{found:g}."
        )
    tied = np.ones((4, 8), bool)
    tied[0, [3, 4]] = False
    if _array(_call(answer, tied), (), "one column").item() not in (3, 4):
        raise _Wrong("where two columns have the least ink, take one of them.")


@_check
def seam_cost(answer: Answer) -> None:
    """``seam_cost(cost)``: the least sum on a way from the first row to the last, (H, W) → sum."""
    rng = np.random.default_rng()
    wall = np.full((5, 7), 9.0)
    wall[range(5), [1, 2, 3, 2, 1]] = 1.5, 1, 1, 1, 1  # a bent way
    corner = np.full((3, 5), 5.0)
    corner[:, -1], corner[-1, 0], corner[1, 1] = 1.0, 0.25, 0.5  # along the right edge
    trap = np.ones((3, 6))
    trap[0, 0], trap[1:, :3] = 0.0, 9.0  # the least at first leads nowhere
    shapes = (6, 9), (9, 5), (4, 1), (1, 6)
    cases = [wall, corner, trap, *(rng.uniform(0, 1, shape) for shape in shapes)]
    for cost in cases:
        expected = _seam(cost)
        given = cost.copy()
        found = _array(_call(answer, given), (), "one number").item()
        _kept((cost,), (given,))
        if _same(found, expected):
            continue
        mistakes = (
            (cost.sum(axis=0).min(), "that is the best straight cut; a seam may bend."),
            (cost.min(axis=1).sum(), "it jumps: from row to row at most one column aside."),
            (_seam(cost, 2), "it goes two columns aside; one is the most."),
            (_seam(cost.T), "from top to bottom, not from left to right."),
            (_seam(cost[1:]), "the first row counts, too."),
            (_seam(cost[:-1]), "the last row counts, too."),
            (
                _greedy_seam(cost),
                "always the least below comes out dearer: keep all columns' sums.",
            ),
            (_seam(cost, wrap=True), "the left edge is no neighbour of the right one."),
            (_seam(cost, ways=(-1, 0)), "it never goes to the right."),
            (_seam(cost, ways=(0, 1)), "it never goes to the left."),
            (_seam(cost, ways=(-1, 1)), "it may also go straight down."),
            (-_seam(-cost), "that is the dearest way."),
        )
        _explain(found, mistakes)
        raise _Wrong(
            f"for {cost.shape[0]} rows of {cost.shape[1]} columns expected {expected:.4f}, found "
            f"{found:.4f}."
        )


def _seam(
    cost: np.ndarray, far: int = 1, *, wrap: bool = False, ways: Sequence[int] | None = None
) -> float:
    """Least sum from the first row to the last, by steps of so many columns aside."""
    if not len(cost):
        return 0.0
    total = np.array(cost[0], float)
    for row in cost[1:]:
        before = np.pad(total, far, constant_values=np.inf)
        steps = range(-far, far + 1) if ways is None else ways
        reached = [before[far - step : far - step + len(row)] for step in steps]
        if wrap:
            reached = [np.roll(total, step) for step in steps]
        total = row + np.min(reached, axis=0)
    return float(total.min())


def _greedy_seam(cost: np.ndarray) -> float:
    """Sum of a way that begins at the first row's least and always takes the least below."""
    column = int(cost[0].argmin())
    total = float(cost[0, column])
    for row in cost[1:]:
        left = max(0, column - 1)
        column = left + int(row[left : column + 2].argmin())
        total += float(row[column])
    return total


@_check
def candidates(answer: Answer) -> None:
    """``candidates(count, most)``: all (start, stop) of 1 to most neighbours among count."""
    for count, most in ((4, 2), (6, 3), (3, 5), (1, 4), (5, 1)):
        expected = {
            (start, stop)
            for start in range(count)
            for stop in range(start + 1, min(count, start + most) + 1)
        }
        result = _call(answer, count, most)
        try:
            pairs = [tuple(map(float, pair)) for pair in result]
        except (TypeError, ValueError, OverflowError):
            raise _Wrong("expected a list of pairs (start, stop).") from None
        case = f"for {count} segments, at most {most} joined"
        if any(len(pair) != 2 for pair in pairs):
            raise _Wrong("expected a list of pairs (start, stop).")
        found = set(pairs)
        if len(pairs) != len(found):
            raise _Wrong(f"{case}: a pair is there twice.")
        if found == expected:
            continue
        if found == {(a, b - 1) for a, b in expected}:
            raise _Wrong("stop is the segment after the last: a single one is (3, 4), as a slice.")
        if found == {(a + 1, b + 1) for a, b in expected}:
            raise _Wrong("the first segment is number 0.")
        if any(b <= a for a, b in found):
            raise _Wrong(f"{case}: a candidate has at least one segment, so stop is above start.")
        if any(b > count or a < 0 for a, b in found):
            raise _Wrong(f"{case}: a pair goes beyond the line's end.")
        if most > 1 and expected - found == {(k, k + 1) for k in range(count)}:
            raise _Wrong("single segments are candidates, too.")
        if any(b - a > most for a, b in found):
            raise _Wrong(f"{case}: a pair joins more than that.")
        if found == {(a, b) for a, b in expected if b < count}:
            raise _Wrong("the last segment is in none of them: stop may be the count itself.")
        if found == {(a, b) for a, b in expected if b - a < most}:
            raise _Wrong(f"{case}: {most} may be joined, too.")
        missing = min(expected - found, default=None)
        also = f" {missing} is missing." if missing else ""
        raise _Wrong(f"{case} expected {len(expected)} pairs, found {len(found)}.{also}")


def _lattice(rng: np.random.Generator, count: int, most: int) -> list[tuple[int, int, float]]:
    """Draw candidates for so many segments, in any order; all single ones are among them."""
    found = [
        (start, stop, float(rng.uniform(0.05, 1)))
        for start in range(count)
        for stop in range(start + 1, min(count, start + most) + 1)
        if stop == start + 1 or rng.random() < 0.7
    ]
    return [found[k] for k in rng.permutation(len(found))]


def _best_path(count: int, edges: Sequence[tuple[int, int, float]]) -> tuple[float, list[int]]:
    """Sum of logarithms of the best path, and its candidates."""
    best: list[tuple[float, int]] = [(0.0, -1)]
    for place in range(1, count + 1):
        ways = [
            (best[start][0] + float(np.log(p)), k)
            for k, (start, stop, p) in enumerate(edges)
            if stop == place
        ]
        best.append(max(ways, default=(-np.inf, -1)))
    chosen, place = [], count
    while place:
        chosen.append(best[place][1])
        place = edges[chosen[-1]][0]
    return best[-1][0], chosen[::-1]


def _greedy_path(count: int, edges: Sequence[tuple[int, int, float]]) -> list[int]:
    """From the left, always the most probable candidate; empty where that leads nowhere."""
    place, chosen = 0, []
    while place < count:
        here = [k for k, edge in enumerate(edges) if edge[0] == place]
        if not here:
            return []
        chosen.append(max(here, key=lambda k: edges[k][2]))
        place = edges[chosen[-1]][1]
    return chosen


@_check
def best_path(answer: Answer) -> None:
    """``best_path(count, candidates)``: which (start, stop, p) are on the most probable path."""
    rng = np.random.default_rng()
    # The greedy path, the fewest candidates, the greatest sum and the least product all differ.
    trap = [(0, 1, 0.9), (1, 2, 0.1), (2, 3, 0.9), (3, 4, 0.9)]
    trap += [(0, 2, 0.8), (1, 3, 0.12), (2, 4, 0.05), (0, 4, 0.1)]
    tie = [(0, 1, 0.5), (1, 2, 0.5), (0, 2, 0.25)]
    gaps = [(0, 2, 0.3), (2, 4, 0.4), (1, 2, 0.99), (3, 4, 0.9), (0, 4, 0.05)]  # none to 1 or 3
    cases = [(4, trap), (2, tie), (4, gaps), (1, [(0, 1, 0.2)])]
    cases += [(count, _lattice(rng, count, most)) for count, most in ((5, 3), (8, 4), (6, 6))]
    cases += [(400, [(k, k + 1, 0.1) for k in range(400)] + [(k, k + 2, 0.02) for k in range(399)])]
    for count, edges in cases:
        most, best = _best_path(count, edges)
        given = list(edges)
        chosen = _positions(_call(answer, count, given), edges)
        if given != list(edges):
            raise _Wrong("it changed the list that it was given; leave it as it is.")
        case = f"for the candidates {edges}" if len(edges) < 9 else f"for {count} segments"
        places = [0, *(edges[k][1] for k in chosen)]
        joined = [edges[k][0] for k in chosen] == places[:-1]
        if not joined and [edges[k][0] for k in chosen[::-1]] == [
            0,
            *(edges[k][1] for k in chosen[::-1][:-1]),
        ]:
            raise _Wrong("from left to right: this path is the other way round.")
        if not chosen or (joined and places[-1] != count):
            raise _Wrong(f"{case}: the path should lead to place {count}, the end of the line.")
        if not joined:
            raise _Wrong(
                f"{case}: each candidate of a path begins where the one before it ends; yours are "
                f"{[edges[k][:2] for k in chosen[:6]]}."
            )
        found = float(np.log([edges[k][2] for k in chosen]).sum())
        if _same(found, most):
            continue
        if count == 400:
            raise _Wrong("in a long line the product of probabilities is 0; add logarithms.")
        if chosen == _greedy_path(count, edges):
            raise _Wrong("this is the greedy path: what is likeliest first need not be best.")
        sums = _best_path(count, [(a, b, float(np.exp(p))) for a, b, p in edges])[1]
        if chosen == sums:
            raise _Wrong("it adds probabilities; they are multiplied, or their logarithms added.")
        if len(chosen) == len(_fewest(count, edges)) < len(best):
            raise _Wrong("this path has the fewest candidates; the most probable is asked for.")
        least = _best_path(count, [(a, b, 1 / p) for a, b, p in edges])[1]
        if chosen == least:
            raise _Wrong("this is the least probable path. Is the sign of the logarithm right?")
        raise _Wrong(
            f"{case} the best path is {best} with a probability of {np.exp(most):.4g}; yours is "
            f"{chosen} with {np.exp(found):.4g}."
        )


def _positions(result: Any, edges: Sequence[Any]) -> list[int]:
    """Return a reader's path as positions in the list of candidates."""
    axes = _axes(result)
    if isinstance(result, tuple) and len(result) == 2 and _axes(result[1]) == 1:
        raise _Wrong("expected the path alone: a list of positions, without its probability.")
    if axes == 2 and isinstance(result, list):
        raise _Wrong("expected positions in the list of candidates, not the candidates.")
    if axes != 1 or isinstance(result, dict | set | str):
        raise _Wrong(f"expected a list of positions, found {type(result).__name__}.")
    numbers = _array(result, (len(result),), "a list of positions")
    if not all(number in range(len(edges)) for number in numbers.tolist()):
        raise _Wrong(f"expected positions from 0 to {len(edges) - 1}, found {list(result)[:6]}.")
    return [int(number) for number in numbers]


def _fewest(count: int, edges: Sequence[tuple[int, int, float]]) -> list[int]:
    """Find a path of as few candidates as can be."""
    return _best_path(count, [(a, b, 0.5) for a, b, _ in edges])[1]


#: How much less probable the greedy path of ``greedy_loses`` has to be.
GREEDY_LOSES = 0.01


@_check
def greedy_loses(answer: Any) -> None:
    """A dictionary (start, stop) → p of three segments, in which the greedy path is far worse."""
    if not isinstance(answer, dict):
        raise _Wrong(
            f"expected a dictionary such as {{(0, 1): 0.9, …}}, found {type(answer).__name__}."
        )
    pairs = {(start, stop) for start in range(3) for stop in range(start + 1, 4)}
    if not answer or all(p is None or p is Ellipsis for p in answer.values()):
        raise _Unanswered("nothing here yet. Put a probability behind each of the six candidates.")
    if set(answer) != pairs:
        wrong = sorted(map(str, pairs ^ set(answer)))
        raise _Wrong(f"expected the six candidates {sorted(pairs)}; look at {wrong[0]}.")
    for pair, p in answer.items():
        real = isinstance(p, int | float | np.integer | np.floating) and not isinstance(p, bool)
        if not real or not 0 < p <= 1:
            raise _Wrong(f"{pair}: expected a probability above 0 and at most 1, found {p!r}.")
    edges = [(a, b, float(p)) for (a, b), p in answer.items()]
    first = sorted((p for (a, _), p in answer.items() if a == 0), reverse=True)
    second = sorted((p for (a, _), p in answer.items() if a == 1), reverse=True)
    if first[0] == first[1] or second[0] == second[1]:
        raise _Wrong("two candidates with the same start are equally probable: which is taken?")
    taken, best = _greedy_path(3, edges), _best_path(3, edges)
    greedy = float(np.prod([edges[k][2] for k in taken]))
    most = float(np.exp(best[0]))
    if taken == best[1]:
        raise _Wrong(
            f"the greedy path is {[edges[k][:2] for k in taken]}, and it is the best one. What "
            "begins at place 0 and is likeliest should lead to something unlikely."
        )
    if greedy >= GREEDY_LOSES * most:
        raise _Wrong(
            f"the greedy path has {greedy:.3g}, the best one {most:.3g}: it loses, but a factor of "
            f"{1 / GREEDY_LOSES:.0f} is asked for."
        )


@_check
def gap_prior(answer: Answer) -> None:
    """``gap_prior(boxes, height)``: −8 times the gaps between neighbours, in heights."""
    rng = np.random.default_rng()
    cases = [([(0, 10), (14, 20)], 40.0), ([(3, 9)], 25.0), ([(0, 10), (8, 12), (12, 15)], 20.0)]
    for count, height in ((3, 30.0), (5, 48.0)):
        widths, apart = rng.uniform(4, 12, count), rng.uniform(1, 7, count)
        apart[1] = -2.7  # two that overlap
        starts = np.cumsum(widths + apart) - widths
        cases.append((list(zip(starts.tolist(), (starts + widths).tolist(), strict=True)), height))
    for boxes, height in cases:
        signed = np.array([b[0] - a[1] for a, b in pairwise(boxes)], float)
        gaps = np.maximum(signed, 0)
        expected = -8 * gaps.sum() / height
        given = list(boxes)
        found = _array(_call(answer, given, height), (), "one number").item()
        if given != list(boxes):
            raise _Wrong("it changed its input; compute a new number.")
        if _same(found, expected):
            continue
        widest = max(gaps, default=0.0)
        whole = max(b[1] for b in boxes) - boxes[0][0]
        mistakes = (
            (-8 * signed.sum() / height, "where two overlap the gap is 0, not below."),
            (-8 * np.abs(signed).sum() / height, "where two overlap the gap is 0."),
            (-expected, "the sign: a penalty makes a path less likely."),
            (-8 * gaps.sum(), "in heights of a digit: divide by the height."),
            (-gaps.sum() / height, "times 8."),
            (-8 * gaps.sum() * height, "in heights: divide by the height."),
            (-8 * widest / height, "the sum of all gaps, not the widest."),
            (-8 * gaps.mean() / height if len(gaps) else np.nan, "their sum, not their mean."),
            (-8 * whole / height, "that is how wide all of it is; what lies between is asked for."),
            (
                -8 * sum(max(0, b[0] - a[0]) for a, b in pairwise(boxes)) / height,
                "a gap begins at the first one's right side.",
            ),
            (-8 * (gaps > 0).sum(), "how wide the gaps are, not how many there are."),
        )
        _explain(found, mistakes)
        raise _Wrong(
            f"for {boxes} and a height of {height:g} expected {expected:.4g}, found {found:.4g}."
        )


# --- Chapter 07: how a network learns ---------------------------------------------------------


def _away_from_zero(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Draw numbers of both signs, none of them so near to 0 that a kink could be there."""
    return rng.choice([-1.0, 1.0], shape) * rng.uniform(0.3, 2.0, shape)


@_check
def leaky_relu_gradient(answer: Answer) -> None:
    """``leaky_relu_gradient(z, gradient)``: the gradient before chapter 3's leaky ReLU."""
    rng = np.random.default_rng()
    for shape in ((8,), (3, 2, 4)):
        z, gradient = _away_from_zero(rng, *shape), _away_from_zero(rng, *shape)
        z.flat[:4], gradient.flat[:4] = [1.5, -1.5, 0.5, -0.5], [1.0, 1.0, -2.0, -2.0]
        slope = np.where(z > 0, 1.0, 0.1)
        expected = gradient * slope
        given = z.copy(), gradient.copy()
        found = _array(_call(answer, *given), shape, "an array like z")
        _kept((z, gradient), given)
        if _same(found, expected):
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
        _explain(found, mistakes)
        k = int(np.abs(found - expected).argmax())
        raise _Wrong(
            f"for z = {z.flat[k]:.3g} and a gradient of {gradient.flat[k]:.3g} expected "
            f"{expected.flat[k]:.3g}, found {found.flat[k]:.3g}."
        )


@_check
def largest_rate(answer: Answer) -> None:
    """``largest_rate(x)``: from which rate on descent on the mean of ½ (w x − t)² diverges."""
    rng = np.random.default_rng()
    for x in (np.array([2.0]), np.array([1.0, -3.0, 0.5]), _away_from_zero(rng, 7)):
        squares = x**2
        expected = 2 / squares.mean()
        given = x.copy()
        found = _array(_call(answer, given), (), "one number").item()
        _kept((x,), (given,))
        if _same(found, expected):
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
        _explain(found, mistakes)
        raise _Wrong(
            f"for x = {x.round(3).tolist()} expected {expected:.4g}, found {found:.4g}. "
            "By what is the distance to the lowest point multiplied in a step?"
        )


@_check
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
        found = _array(_call(answer, x, t, w1, b1, w2, b2), (), "one number").item()
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
        _explain(found, mistakes)
        raise _Wrong(
            f"for x = {x:.3g}, t = {t:.3g}, w1 = {w1:.3g}, b1 = {b1:.3g}, w2 = {w2:.3g}, "
            f"b2 = {b2:.3g} expected {expected:.4g}, found {found:.4g}."
        )


@_check
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
        given = logits.copy(), y.copy()
        found = _array(_call(answer, *given, smoothing), logits.shape, "a gradient like the logits")
        _kept((logits, y), given)
        if _same(found, expected):
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
        _explain(found, mistakes)
        raise _Wrong(
            f"for {classes} classes and smoothing {smoothing} expected "
            f"{expected[0].round(4)} in the first row, found {found[0].round(4)}."
        )
    large = np.array([[1000.0, 0.0, -1000.0]])
    with np.errstate(all="ignore"):
        result = _call(answer, large.copy(), np.array([0]), 0.3)
    found = _array(result, large.shape, "a gradient like the logits")
    if not _same(found, np.array([[0.2, -0.1, -0.1]])):
        raise _Wrong("with logits of 1000 it fails: exp overflows. forward.softmax does not.")


@_check
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
        given = w.copy()
        found = _array(_call(answer, f, given, h), shape, "a gradient of the shape of w")
        if not np.allclose(found, expected, rtol=1e-4, atol=1e-4):
            _explain(found, mistakes)
            k = np.unravel_index(int(np.abs(found - expected).argmax()), shape)
            raise _Wrong(
                f"for entry {tuple(map(int, k))} expected {expected[k]:.5f}, found {found[k]:.5f}. "
                "Only that entry moves, all others stay."
            )
        if not np.allclose(given, w, rtol=0, atol=1e-9):  # + h − 2h + h may be off by a rounding
            raise _Wrong("afterwards w is another one. Put each entry back as it was.")


#: Which of the mistakes in the exercise's list each of ``wrong_gradients.WRONG`` makes.
PLANTED = {"A": 3, "B": 5, "C": 4, "D": 2}
_WHERE_TO_LOOK = {
    "A": "look at the biases, too: which arrays are wrong, and which layer is the last one right?",
    "B": "which arrays of the layer itself are right, and what do they have in common?",
    "C": "its own kernel is right. Which arrays are the last wrong ones, and what is behind them?",
    "D": "are the biases right? Divide a wrong gradient by the right one.",
}


@_check
def wrong_gradients(answer: Any) -> None:
    """A dictionary from the planted gradients' letters to the numbers of their mistakes."""
    if not isinstance(answer, dict):
        raise _Wrong(
            f"expected a dictionary such as {{'A': 1, 'B': 2, …}}, found {type(answer).__name__}."
        )
    if all(value is None or value is Ellipsis for value in answer.values()):
        raise _Unanswered("nothing found yet. Put the number of a mistake behind each letter.")
    letters = set(PLANTED)
    if {key for key in answer if isinstance(key, str)} != letters or len(answer) != len(letters):
        raise _Wrong(f"expected the letters {sorted(letters)}, each with a number.")
    for letter, number in answer.items():
        real = isinstance(number, int | float | np.integer | np.floating)
        if not real or isinstance(number, bool) or number not in range(1, 8):
            raise _Wrong(f"{letter}: expected the number of a mistake, 1 to 7.")
    wrong = [letter for letter in sorted(letters) if answer[letter] != PLANTED[letter]]
    if wrong:
        right = len(letters) - len(wrong)
        raise _Wrong(f"{right} of {len(letters)} found. {wrong[0]}: {_WHERE_TO_LOOK[wrong[0]]}")


@_check
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
        given = w.copy(), v.copy()
        result = _call(answer, *given, gradient_at, rate, keep)
        _kept((w, v), given)
        if not isinstance(result, tuple | list | np.ndarray) or len(result) != 2:
            raise _Wrong("expected two arrays: the new w and the new v.")
        found = [
            _array(part, shape, name)
            for part, name in zip(result, ("a new w", "a new v"), strict=True)
        ]
        if _same(found[0], new_w) and _same(found[1], new_v):
            continue
        for wrong, hint in hints:
            if all(map(_same, found, wrong)):
                raise _Wrong(hint)
        if _same(found[1], new_v):
            raise _Wrong("the new v is right; w should have moved by it.")
        raise _Wrong(
            f"the new v should begin with {new_v.flat[0]:.5f}, yours does with "
            f"{found[1].flat[0]:.5f}."
        )


#: What ``learned_in_numpy`` asks for.
NUMPY_PARAMETERS, NUMPY_ACCURACY = 60_000, 0.97


@_check
def learned_in_numpy(answer: Any) -> None:
    """A network of ``digitrec.forward``, trained to read the validation images better."""
    if not isinstance(answer, forward.Sequential):
        raise _Wrong(
            "expected a network as backprop.initial makes it (forward.Sequential), found "
            f"{type(answer).__name__}."
        )
    count = answer.parameters
    if count > NUMPY_PARAMETERS:
        raise _Wrong(f"it has {count:,} parameters; at most {NUMPY_PARAMETERS:,} are asked for.")
    images, labels = mnist.read_training()
    _, validation = mnist.stratified_split(labels)
    x, y = images[validation], labels[validation]
    del images
    try:
        out = np.asarray(answer.predict(x))
    except Exception as error:  # noqa: BLE001 (whatever is wrong with the network)
        raise _Wrong(f"predict on (N, 28, 28) raised {type(error).__name__}: {error}") from None
    if out.shape != (len(x), 10):
        raise _Wrong(f"expected ten outputs an image, found an output of shape {out.shape}.")
    if not np.isfinite(out).all():
        raise _Wrong("some of its outputs are no numbers: the training has diverged.")
    accuracy = float((out.argmax(axis=1) == y).mean())
    if accuracy < NUMPY_ACCURACY:
        raise _Wrong(
            f"it reads {accuracy:.1%} of the validation images; {NUMPY_ACCURACY:.0%} are asked "
            "for. More units, another rate, a rate that falls? Or a convolution?"
        )
