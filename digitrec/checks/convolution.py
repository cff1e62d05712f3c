"""Checks of chapter 4: a convolutional network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from digitrec import forward
from digitrec.checks.asking import Wrong, ask, check
from digitrec.checks.comparing import Case, array, same, settle

Answer = Callable[..., Any]


@check
def output_size(answer: Answer) -> None:
    """``output_size(n, k, stride, padding)``: positions of a window along one axis."""
    rng = np.random.default_rng()
    sides = [(28, 7, 3), (28, 3, 1), (28, 3, 2), (8, 3, 1), (5, 5, 1), (7, 2, 2), (6, 3, 4)]
    sides += [(28, 4, 2), (9, 2, 3), (10, 1, 4)]  # even kernels, steps over pixels
    for _ in range(4):
        k = int(rng.integers(1, 7))
        sides.append((k + int(rng.integers(0, 30)), k, int(rng.integers(1, 6))))
    cases = []
    for padding in ("valid", "same"):
        for n, k, s in sides:
            expected = forward.window_positions((n, n), (k, k), (s, s), padding)[0]
            mistakes: list[tuple[Any, str]] = [
                (
                    n,
                    '"same" keeps the size with stride 1 only; otherwise it is ceil(n / s).'
                    if padding == "same"
                    else "that is the size of the picture.",
                ),
                ((n - k) // s + 1 if padding == "same" else expected, '"same" is not "valid".'),
                (
                    (n + 2 * (k // 2) - k) // s + 1 if padding == "same" else expected,
                    'zeros of k // 2 on each side, as in PyTorch, are not "same": that gives '
                    "ceil(n / s) positions, also for an even k.",
                ),
                (n // s if padding == "same" else expected, '"same" rounds up: ceil(n / s).'),
                (
                    (n - k) // s if padding == "valid" else expected,
                    '"valid": one more, the position at the beginning.',
                ),
                (
                    -(-(n - k) // s) + 1 if padding == "valid" else expected,
                    '"valid" rounds down: the kernel stays inside the picture.',
                ),
                (
                    (n - k) / s + 1 if padding == "valid" else -(-n // s),
                    '"valid" is a whole number of positions: round down.',
                ),
                (
                    n / s if padding == "same" else expected,
                    '"same" is a whole number of positions: round up.',
                ),
                (n - k + 1 if padding == "valid" else n, "the stride is missing."),
            ]
            given = f"n = {n}, k = {k}, stride {s}, {padding!r}"
            cases.append(Case((n, k, s, padding), expected, "one number", mistakes, given, True))
    settle(answer, cases)


def _pool_case(image: np.ndarray, given: str) -> Case:
    h, w = image.shape[0] // 2, image.shape[1] // 2
    windows = image[: 2 * h, : 2 * w].reshape(h, 2, w, 2).swapaxes(1, 2)  # (h, w, 2, 2)
    most = windows.max(axis=(2, 3))
    sliding = np.lib.stride_tricks.sliding_window_view(image, (2, 2)).max(axis=(2, 3))
    rows, columns = -(-image.shape[0] // 2), -(-image.shape[1] // 2)
    padded = np.pad(
        image,
        ((0, 2 * rows - image.shape[0]), (0, 2 * columns - image.shape[1])),
        constant_values=-np.inf,
    )
    mistakes: list[tuple[Any, str]] = [
        (windows.mean(axis=(2, 3)), "that is the mean of each window; the largest is asked for."),
        (
            windows.min(axis=(2, 3)),
            "that is the smallest of each window; the largest is asked for.",
        ),
        (windows.sum(axis=(2, 3)), "that is the sum of each window; the largest is asked for."),
        (
            np.maximum(most, 0),
            "the largest of a window of negative numbers is negative: do not begin with 0.",
        ),
        (np.abs(windows).max(axis=(2, 3)), "that is the largest without its sign."),
        (
            np.where(most > -windows.min(axis=(2, 3)), most, windows.min(axis=(2, 3))),
            "that is the number furthest from 0; −5 is smaller than 1.",
        ),
        (windows[:, :, 0, 0], "that is the upper left pixel of each window, not the largest."),
        (windows[:, :, 0].max(axis=2), "that is the larger of each window's upper two pixels."),
        (windows[:, :, :, 0].max(axis=2), "that is the larger of each window's left two pixels."),
        (sliding, "the windows overlap: they stand side by side, two pixels apart."),
        (image.max(), "that is the largest of the whole image; each window has its own."),
        (most.T, "rows and columns are exchanged."),
        (
            image.ravel()[: 4 * h * w].reshape(h, w, 4).max(axis=2),
            "these are four pixels in a row; a window has two rows of two.",
        ),
    ]
    if (rows, columns) != (h, w):
        left = "the odd last row or column is left out; here it makes windows of its own."
        mistakes += [
            (padded.reshape(rows, 2, columns, 2).max(axis=(1, 3)), left),
            (
                np.where(np.isinf(padded), 0, padded).reshape(rows, 2, columns, 2).max(axis=(1, 3)),
                left,
            ),
        ]
    return Case((image,), most, "an image half as large", mistakes, given)


@check
def max_pool(answer: Answer) -> None:
    """``max_pool(image)``: the largest of each 2 × 2 window of an image (H, W)."""
    rng = np.random.default_rng()
    settle(
        answer,
        [
            _pool_case(rng.normal(0, 30, (4, 6)).round(1), "an image of 4 × 6"),
            _pool_case(-rng.uniform(1, 9, (6, 4)).round(1), "an image of negative numbers"),
            _pool_case(rng.normal(0, 30, (2, 2)).round(1), "an image of 2 × 2"),
            _pool_case(rng.normal(0, 30, (5, 7)).round(1), "an image of 5 × 7"),
            _pool_case(rng.normal(0, 30, (6, 3)).round(1), "an image of 6 × 3"),
        ],
    )


@check
def edge_kernel(answer: Any) -> None:
    """A 3 × 3 kernel that finds lower edges: ink above, paper below, and nothing else."""
    kernel = array(answer, (3, 3), "a kernel")
    if not np.isfinite(kernel).all():
        raise Wrong("expected numbers, found NaN or infinity.")

    def zero(value: float) -> bool:
        return bool(abs(value) <= 1e-6 * np.abs(kernel).max())

    chapters = np.array([[1.0] * 3, [0.0] * 3, [-1.0] * 3])
    size = np.abs(kernel).max()
    if size and np.abs(kernel / size - chapters).max() < 1e-9:
        raise Wrong("that is the chapter's own, or a multiple of it. Find another.")
    if not zero(kernel.sum()):
        raise Wrong(f"all ink should give 0, yours gives {kernel.sum():g}: that is no edge.")
    # Ink in the left column, or in the left two: an upright edge at each of its places.
    for columns, where in ((1, "left column"), (2, "left two columns")):
        left, right = kernel[:, :columns].sum(), kernel[:, columns:].sum()
        if not zero(left) or not zero(right):
            raise Wrong(
                f"an upright edge with ink in the {where} should give 0, yours gives {left:g}: "
                "each column's weights should add up to 0."
            )
    answers = {rows: float(kernel[:rows].sum()) for rows in (1, 2)}
    if all(zero(value) for value in answers.values()):
        raise Wrong(
            "it does not answer to a lower edge: with ink above and paper below it gives 0."
        )
    for rows, value in answers.items():
        under = "the upper row" if rows == 1 else "the upper two rows"
        if value < 0 and not zero(value):
            some = any(other > 0 and not zero(other) for other in answers.values())
            why = "To a lower edge it may not answer so." if some else "Is it upside down?"
            raise Wrong(
                f"with ink under {under} and paper below it gives {value:g}, a negative number. "
                f"{why}"
            )
    if not any(value > 0 and not zero(value) for value in answers.values()):
        raise Wrong("it does not answer to a lower edge with a positive number.")


@check
def receptive_field(answer: Answer) -> None:
    """``receptive_field(layers)``: how many pixels a number sees, for pairs (k, stride)."""
    rng = np.random.default_rng()
    stacks = [[(7, 3), (3, 1), (3, 1)], [(3, 1), (3, 1)], [(5, 2)], [(2, 2), (4, 3), (2, 1)]]
    stacks += [
        [(int(rng.integers(2, 6)), int(rng.integers(1, 4))) for _ in range(n)] for n in (3, 4, 5)
    ]
    stacks.append([(3, 1), (3, 2), (3, 1), (2, 2)])
    cases = []
    for layers in stacks:
        field, jump, after, first = 1, 1, 1, layers[0][0]
        for k, s in layers:
            field += (k - 1) * jump
            jump *= s
            after += (k - 1) * jump  # the layer's own stride, too early
        kernels = [k for k, _ in layers]
        back = 1
        for k, s in layers:  # the right rule, from the wrong end
            back = (back - 1) * s + k
        mistakes = (
            (
                1 + sum(k - 1 for k in kernels),
                "the strides are missing: after a stride of s, a step is s times as many pixels.",
            ),
            (sum(kernels), "kernels overlap: each next one adds its size less 1, times the steps."),
            (int(np.prod(kernels)), "sizes do not multiply: neighbouring kernels overlap."),
            (
                after,
                "a layer's own stride moves what comes after it; its kernel takes the steps of "
                "those before.",
            ),
            (back, "that begins at the wrong end of the list."),
            (first, "that is the first layer alone."),
            (jump, "that is how far apart two neighbouring numbers look; how much they see?"),
            (field**2, "that is how many pixels the square has; asked is for its side."),
            (kernels[-1], "that is what it sees of the layer before; asked is for the picture."),
            (field - 1, "one too few: with no layer at all, a number sees 1 pixel."),
        )
        cases.append(Case((layers,), field, "one number", mistakes, f"layers {layers}", whole=True))
    settle(answer, cases)


@check
def fold(answer: Answer) -> None:
    """``fold(kernel, gamma, beta, mean, variance, epsilon)``: (kernel, bias) in one."""
    rng = np.random.default_rng()
    for c, f in ((3, 5), (4, 4), (1, 2)):
        kernel = rng.normal(size=(3, 3, c, f))
        gamma, beta, mean = rng.normal(1, 0.3, f), rng.normal(size=f), rng.normal(size=f)
        variance, epsilon = rng.uniform(0.2, 4, f), 0.01
        scale = gamma / np.sqrt(variance + epsilon)
        expected = kernel * scale, beta - mean * scale
        result = ask(answer, kernel, gamma, beta, mean, variance, epsilon)
        try:
            first, second = result
        except Exception:  # noqa: BLE001 (whatever cannot be unpacked)
            raise Wrong(
                f"expected two arrays, a kernel and a bias, found {type(result).__name__}."
            ) from None
        new = array(first, kernel.shape, "a kernel")
        bias = array(second, (f,), "a bias")
        for value, hint in (
            (kernel, "the kernel is as it was: each filter is multiplied by its γ / √(σ² + ε)."),
            (kernel * gamma, "the kernel is multiplied by γ alone; √(σ² + ε) divides it."),
            (kernel / np.sqrt(variance + epsilon), "γ is missing in the kernel."),
            (kernel * gamma / (variance + epsilon), "the root of σ² + ε is missing."),
            (kernel * gamma / np.sqrt(variance), "ε is missing: it is added to σ²."),
            (
                kernel * gamma / (np.sqrt(variance) + epsilon),
                "ε is added to σ² before the root is taken.",
            ),
            (kernel * scale + bias, "the bias is no part of the kernel."),
            (kernel / scale, "multiply the kernel by γ / √(σ² + ε); yours is divided by it."),
        ):
            if same(new, value) and not same(new, expected[0]):
                raise Wrong(hint)
        if c == f and same(new, kernel * scale[:, np.newaxis]):
            raise Wrong("a filter is along the last axis; the third one is the channels before.")
        if not same(new, expected[0]):
            index = tuple(int(k) for k in np.argwhere(~np.isclose(new, expected[0]))[0])
            raise Wrong(
                f"kernel{list(index)} should be {expected[0][index]:.4g}, "
                f"yours is {new[index]:.4g}."
            )
        for value, hint in (
            (beta, "the mean is missing in the bias: β − μ γ / √(σ² + ε)."),
            (beta - mean, "the mean is scaled as the kernel is: β − μ γ / √(σ² + ε)."),
            (beta + mean * scale, "the mean is subtracted: β − μ γ / √(σ² + ε)."),
            (-mean * scale, "β is missing in the bias."),
            ((beta - mean) * scale, "β is not scaled: β − μ γ / √(σ² + ε)."),
            (mean * scale - beta, "the sign of the bias: β − μ γ / √(σ² + ε)."),
            (beta - mean * gamma, "in the bias √(σ² + ε) is missing."),
            (0 * beta, "the bias is 0: β − μ γ / √(σ² + ε) is asked for."),
        ):
            if same(bias, value) and not same(bias, expected[1]):
                raise Wrong(hint)
        if not same(bias, expected[1]):
            k = int(np.argwhere(~np.isclose(bias, expected[1]))[0][0])
            raise Wrong(f"bias[{k}] should be {expected[1][k]:.4g}, yours is {bias[k]:.4g}.")
