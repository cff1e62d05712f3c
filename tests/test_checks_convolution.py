"""Checks of chapter 4: right answers in several forms, and known wrong ones with their hints."""

import math
from itertools import accumulate

import check_table
import numpy as np

from digitrec import checks, forward


def size(n, k, s, padding):
    return -(-n // s) if padding == "same" else (n - k) // s + 1


def size_by_counting(n, k, s, padding):
    last = n if padding == "same" else n - k + 1
    return sum(1 for _ in range(0, last, s))


def either(same, valid):
    """An answer from what it does with each padding."""
    return lambda n, k, s, p: (same if p == "same" else valid)(n, k, s)


def right(padding):
    return lambda n, k, s: size(n, k, s, padding)


# --- max_pool ---


def windows(image):
    h, w = image.shape[0] // 2, image.shape[1] // 2
    return image[: 2 * h, : 2 * w].reshape(h, 2, w, 2)


def pool(image):
    return windows(image).max(axis=(1, 3))


def pool_loops(image):
    h, w = image.shape[0] // 2, image.shape[1] // 2
    return [[image[2 * i : 2 * i + 2, 2 * j : 2 * j + 2].max() for j in range(w)] for i in range(h)]


def pool_slices(image):
    h, w = image.shape[0] // 2 * 2, image.shape[1] // 2 * 2
    parts = [image[i:h:2, j:w:2] for i in (0, 1) for j in (0, 1)]
    return np.maximum(np.maximum(parts[0], parts[1]), np.maximum(parts[2], parts[3]))


def pool_by_numbers(image):
    h, w = image.shape[0] // 2, image.shape[1] // 2
    out = np.full((h, w), -math.inf)
    for i in range(2 * h):
        for j in range(2 * w):
            out[i // 2, j // 2] = max(out[i // 2, j // 2], image[i, j])
    return out


def pool_from_zero(image):
    h, w = image.shape[0] // 2, image.shape[1] // 2
    out = np.zeros((h, w))
    for i in range(2 * h):
        for j in range(2 * w):
            out[i // 2, j // 2] = max(out[i // 2, j // 2], image[i, j])
    return out


def pool_in_place(image):
    image[::2, : image.shape[1] // 2 * 2] += 0
    image[image < 0] = 0
    return pool(image)


def pool_padded(image):
    h, w = image.shape
    image = np.pad(image, ((0, h % 2), (0, w % 2)))
    return pool(image)


def second_largest(image):
    each = windows(image).swapaxes(1, 2)
    return np.sort(each.reshape(*each.shape[:2], 4))[..., 2]


def sliding(image):
    return np.lib.stride_tricks.sliding_window_view(image, (2, 2)).max(axis=(2, 3))


# --- receptive_field ---


def field(layers):
    seen, step = 1, 1
    for k, s in layers:
        seen, step = seen + (k - 1) * step, step * s
    return seen


def field_backwards(layers):
    seen = 1
    for k, s in reversed(layers):
        seen = (seen - 1) * s + k
    return seen


def field_by_products(layers):
    steps = [1, *accumulate((s for _, s in layers), lambda a, b: a * b)]
    return 1 + sum((k - 1) * step for (k, _), step in zip(layers, steps, strict=False))


def field_by_marking(layers):
    """A right answer that marks which inputs one number depends on."""
    seen = {0}
    for k, s in layers[::-1]:
        seen = {place * s + d for place in seen for d in range(k)}
    return max(seen) - min(seen) + 1


# --- fold ---


def fold(kernel, gamma, beta, mean, variance, epsilon):
    scale = gamma / np.sqrt(variance + epsilon)
    return kernel * scale, beta - mean * scale


def fold_in_loops(kernel, gamma, beta, mean, variance, epsilon):
    kernel, bias = kernel.copy(), []
    for f in range(kernel.shape[3]):
        factor = gamma[f] / math.sqrt(variance[f] + epsilon)
        kernel[:, :, :, f] *= factor
        bias.append(beta[f] - factor * mean[f])
    return kernel, bias


def fold_by_asking(kernel, gamma, beta, mean, variance, epsilon):
    """A right answer by what the normalisation makes of 0 and of 1."""
    norm = forward.BatchNormalization(gamma, beta, mean, variance, epsilon)
    zero, one = (norm.forward(np.full((1, 1, 1, len(beta)), v))[0, 0, 0] for v in (0.0, 1.0))
    return [kernel * (one - zero), zero]


def fold_by_product(kernel, gamma, beta, mean, variance, epsilon):
    scale = (variance + epsilon) ** -0.5 * gamma
    return np.einsum("hwcf,f->hwcf", kernel, scale), np.subtract(beta, scale * mean)


def fold_with(kernel=None, bias=None):
    """The right answer with another kernel or bias, made from the arguments and the scale."""

    def answer(k, gamma, beta, mean, variance, epsilon):
        scale = gamma / np.sqrt(variance + epsilon)
        new = kernel(k, gamma, variance, epsilon) if kernel else k * scale
        return new, bias(beta, mean, scale, gamma) if bias else beta - mean * scale

    return answer


def fold_in_place(kernel, gamma, beta, mean, variance, epsilon):
    kernel *= gamma / np.sqrt(variance + epsilon)
    return kernel, beta - mean * gamma / np.sqrt(variance + epsilon)


RIGHT = {
    checks.output_size: [
        size,
        size_by_counting,
        lambda n, k, s, p: math.ceil(n / s) if p == "same" else math.floor((n - k) / s) + 1,
        lambda n, k, s, p: np.ceil((n if p == "same" else n - k + 1) / s),
        lambda n, k, s, p: len(np.arange(n)[::s] if p == "same" else np.arange(n - k + 1)[::s]),
    ],
    checks.max_pool: [
        pool,
        pool_loops,
        pool_slices,
        pool_by_numbers,
        lambda i: forward.MaxPooling2D().forward(i[np.newaxis, :, :, np.newaxis])[0, :, :, 0],
    ],
    checks.edge_kernel: [
        np.array([[1, 2, 1], [0, 0, 0], [-1, -2, -1]]),
        [[0, 0, 0], [2, 2, 2], [-2, -2, -2]],
        [[1, 1, 1], [-1, -1, -1], [0, 0, 0]],
        np.array([[0, 1, 0], [0, 0, 0], [0, -1, 0]], dtype=np.float32),
        ((1, 1, 1), (1, 1, 1), (-2, -2, -2)),
        np.array([[0.1, 0.2, 0.1], [0.2, 0.4, 0.2], [-0.3, -0.6, -0.3]]),
        np.array([[1e-3, 0, 0], [0, 0, 0], [-1e-3, 0, 0]]),
    ],
    checks.receptive_field: [field, field_backwards, field_by_products, field_by_marking],
    checks.fold: [fold, fold_in_loops, fold_by_asking, fold_by_product],
}
WRONG = {
    checks.output_size: [
        (either(lambda n, k, s: n, right("valid")), "ceil(n / s)"),
        (lambda n, k, s, p: (n - k) // s + 1, '"same" is not "valid"'),
        (either(lambda n, k, s: (n + 2 * (k // 2) - k) // s + 1, right("valid")), "PyTorch"),
        (either(lambda n, k, s: n // s, right("valid")), "rounds up"),
        (either(right("same"), lambda n, k, s: (n - k) // s), "at the beginning"),
        (either(right("same"), lambda n, k, s: -(-(n - k) // s) + 1), "rounds down"),
        (either(lambda n, k, s: n, lambda n, k, s: n - k + 1), "stride is missing|ceil"),
        (either(right("same"), lambda n, k, s: (n - k) / s + 1), "round down"),
        (either(lambda n, k, s: n / s, right("valid")), "round up"),
        (either(right("same"), lambda n, k, s: n - k + 1), "stride is missing|expected"),
        (lambda n, k, s, p: size(n, k, s, "same"), "for n = "),
        (lambda n, k, s, p: (n - k) / s + 1, "expected 13, found 13.5"),
        (lambda n, k, s, p: size(n, k, 1, p), "stride is missing|expected"),
        (lambda n, k, s, p: size(n, s, k, p), "for n = "),
        (lambda n, k, s, p: n, "size of the picture|for n = "),
        (lambda n, k, s, p: size(n, k, s, p) ** 2, "for n = "),
        (lambda n, k, s, p: [size(n, k, s, p)] * 2, "expected one number"),
        (lambda n, k, s, p: size(n, k, s, p.upper()), "for n = |same"),
        (lambda n, k, s, p: {"valid": size(n, k, s, p)}[p], "raised KeyError"),
        (lambda n, k, s: size(n, k, s, "valid"), "raised TypeError"),
        (either(right("same"), lambda n, k, s: n // s), "for n = "),
        (either(lambda n, k, s: (n - 1) // s, right("valid")), "for n = "),
    ],
    checks.max_pool: [
        (pool_from_zero, "do not begin with 0"),
        (pool_in_place, "changed its input"),
        (lambda i: windows(i).mean(axis=(1, 3)), "mean of each"),
        (lambda i: windows(i).min(axis=(1, 3)), "smallest"),
        (lambda i: windows(i).sum(axis=(1, 3)), "sum of each"),
        (lambda i: np.abs(windows(i)).max(axis=(1, 3)), "without its sign"),
        (lambda i: i[: i.shape[0] // 2 * 2 : 2, : i.shape[1] // 2 * 2 : 2], "upper left"),
        (lambda i: windows(i)[:, 0].max(axis=2), "upper two"),
        (lambda i: windows(i)[:, :, :, 0].max(axis=1), "left two"),
        (
            lambda i: np.where(
                pool(i) > -windows(i).min(axis=(1, 3)), pool(i), windows(i).min(axis=(1, 3))
            ),
            "furthest from 0|smallest of each",
        ),
        (sliding, "overlap"),
        (lambda i: i.reshape(i.shape[0] // 2, 2, -1, 2).max(axis=(1, 3)), "raised ValueError"),
        (lambda i: i.max(), "the whole image"),
        (lambda i: pool(i).T, "exchanged"),
        (pool_padded, "left out"),
        (lambda i: pool(i).ravel(), "shape"),
        (lambda i: i[: i.shape[0] // 2, : i.shape[1] // 2], "element"),
        (lambda i: pool(np.maximum(i, 0)), "begin with 0"),
        (lambda i: pool(i)[:-1], "shape"),
        (lambda i: pool(i.astype(int)), "element"),
        (second_largest, "element"),
        (lambda i: i.max(axis=0), "shape"),
        (lambda i: pool(i[::-1])[::-1], "element"),
        (lambda i: pool(i.T).T if i.shape[0] % 2 == 0 else pool(i[1:]), "element"),
    ],
    checks.edge_kernel: [
        (np.array([[-1, -1, -1], [0, 0, 0], [1, 1, 1]]), "upside down"),
        (np.array([[1, 0, -1]] * 3), "upright"),
        (np.array([[1, 1, 1], [0, 0, 0], [-1, -1, -1]]), "chapter's own"),
        (np.array([[2, 2, 2], [0, 0, 0], [-2, -2, -2]]), "a multiple of it"),
        (np.ones((3, 3)), "all ink"),
        (np.array([[1, 1, 1], [-2, -2, -2], [1, 1, 1]]), "may not answer so"),
        (np.zeros((3, 3)), "does not answer"),
        (np.array([[2, 1, 0], [1, 0, -1], [0, -1, -2]]), "upright"),
        (np.ones((2, 2)), "shape"),
        (np.array([[1, 1, 1], [1, 1, 1], [-1, -1, -1]]), "all ink"),
        (np.array([[0, 0, 0], [-1, -1, -1], [1, 1, 1]]), "upside down"),
        (np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]]), "does not answer"),
        (np.array([[1, 1, 1], [-2, -2, -2], [1, 1, 1]]), "negative number"),
        (np.array([[-1, -1, -1], [2, 2, 2], [-1, -1, -1]]), "negative number"),
        (np.array([[np.nan] * 3] * 3), "NaN"),
        (np.array([[1, 2, 1], [0, 0, 0], [-1, -2, -1]]).T, "upright"),
        (np.array([1, 0, -1]), "shape"),
        ([["1", "0", "-1"]] * 3, "expected a kernel"),
        (lambda: np.ones((3, 3)), "found function"),
        (np.array([[1, 0, 0], [0, 0, 0], [0, 0, -1]]), "upright"),
        (np.array([[1, 1, 1], [0, 0, 0], [0, 0, 0]]), "all ink"),
        (np.array([[0, 1, 2], [-1, 0, 1], [-2, -1, 0]]), "upright"),
    ],
    checks.receptive_field: [
        (lambda ls: 1 + sum(k - 1 for k, _ in ls), "strides are missing"),
        (lambda ls: sum(k for k, _ in ls), "overlap"),
        (lambda ls: math.prod(k for k, _ in ls), "do not multiply"),
        (lambda ls: field(ls) - 1, "one too few"),
        (lambda ls: field(ls[::-1]), "wrong end"),
        (lambda ls: ls[0][0], "first layer alone"),
        (lambda ls: math.prod(s for _, s in ls), "how far apart"),
        (lambda ls: field(ls) ** 2, "asked is for its side"),
        (lambda ls: ls[-1][0], "the layer before"),
        (lambda ls: 1 + sum((k - 1) * math.prod(s for _, s in ls[: n + 1])
                            for n, (k, _) in enumerate(ls)), "own stride"),
        (lambda ls: sum(k * s for k, s in ls), "for layers"),
        (lambda ls: 1 + sum((k - 1) * s for k, s in ls), "for layers"),
        (lambda ls: field(ls[:2]), "for layers"),
        (lambda ls: field(ls) + 1, "for layers"),
        (lambda ls: 19, "for layers"),
        (lambda ls: [field(ls)] * 2, "one number"),
        (lambda ls: max(k for k, _ in ls), "for layers"),
        (lambda ls: field([(k, 2) for k, _ in ls]), "for layers"),
        (lambda ls: field([(3, s) for _, s in ls]), "for layers"),
        (lambda ls: (field(ls), ls.clear())[0], "changed its input"),
    ],
    checks.fold: [
        (fold_with(kernel=lambda k, g, v, e: k), "as it was"),
        (fold_with(kernel=lambda k, g, v, e: k * g), "γ alone"),
        (fold_with(kernel=lambda k, g, v, e: k / np.sqrt(v + e)), "γ is missing"),
        (fold_with(kernel=lambda k, g, v, e: k * g / (v + e)), "the root"),
        (fold_with(kernel=lambda k, g, v, e: k * g / np.sqrt(v)), "ε is missing"),
        (fold_with(kernel=lambda k, g, v, e: k * g / (np.sqrt(v) + e)), "before the root"),
        (fold_with(kernel=lambda k, g, v, e: k / (g / np.sqrt(v + e))), "divided by it"),
        (fold_with(kernel=lambda k, g, v, e: k * (g / np.sqrt(v + e))[:, None]), "raised|last"),
        (fold_with(kernel=lambda k, g, v, e: k * g[0] / np.sqrt(v[0] + e)), "kernel["),
        (fold_with(bias=lambda b, m, s, g: b), "mean is missing"),
        (fold_with(bias=lambda b, m, s, g: b - m), "scaled as the kernel"),
        (fold_with(bias=lambda b, m, s, g: b + m * s), "is subtracted"),
        (fold_with(bias=lambda b, m, s, g: -m * s), "β is missing"),
        (fold_with(bias=lambda b, m, s, g: (b - m) * s), "β is not scaled"),
        (fold_with(bias=lambda b, m, s, g: m * s - b), "sign of the bias"),
        (fold_with(bias=lambda b, m, s, g: b - m * g), "is missing"),
        (fold_with(bias=lambda b, m, s, g: 0 * b), "the bias is 0"),
        (fold_with(bias=lambda b, m, s, g: b.sum()), "expected a bias"),
        (fold_with(bias=lambda b, m, s, g: b - m / s), "bias[0] should be"),
        (lambda *a: fold(*a)[0], "two arrays|kernel"),
        (lambda *a: fold(*a)[::-1], "expected a kernel"),
        (lambda k, *a: (fold(k, *a)[0].reshape(9, -1, k.shape[3]), fold(k, *a)[1]), "shape"),
        (fold_in_place, "changed its input (argument 1)"),
    ],
}  # fmt: skip
test_right, test_wrong, test_odd = check_table.tests(RIGHT, WRONG)
