"""Checks of chapter 2, but for the network that is trained: right and wrong answers."""

import math
from itertools import pairwise

import check_table
import numpy as np

from digitrec import checks, forward
from digitrec.forward import softmax as library_softmax

# --- count_parameters, count_steps ---


def parameters(sizes):
    return sum((a + 1) * b for a, b in pairwise(sizes))


def weights(sizes):
    return sum(a * b for a, b in pairwise(sizes))


def parameters_in_a_loop(sizes):
    total = 0
    for k in range(1, len(sizes)):
        total += sizes[k - 1] * sizes[k] + sizes[k]
    return np.int64(total)


def takes_sizes(sizes):
    total, before = 0, sizes.pop(0)
    while sizes:
        total += (before + 1) * sizes[0]
        before = sizes.pop(0)
    return total


def steps(n, batch, epochs):
    return -(-n // batch) * epochs


# --- cross_entropy, softmax_at ---


def loss(z, y):
    z = z - z.max(axis=1, keepdims=True)
    return (np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(y)), y]).mean()


def loss_in_loops(z, y):
    total = 0.0
    for row, label in zip(z.tolist(), y.tolist(), strict=True):
        most = max(row)
        total += most + math.log(sum(math.exp(v - most) for v in row)) - row[label]
    return total / len(y)


def loss_one_hot(z, y):
    hot = np.eye(z.shape[1])[y]
    log_p = z - np.logaddexp.reduce(z, axis=1, keepdims=True)
    return -(hot * log_p).sum() / len(z)


def loss_in_float32(z, y):
    z = z.astype(np.float64)
    z -= z.max(axis=1)[:, None]
    return np.float32(np.mean(np.log(np.sum(np.exp(z), axis=1)) - np.take_along_axis(z, y[:, None], 1)[:, 0]))  # fmt: skip # noqa: E501


def p_of(z):
    """Softmax as the formula says."""
    return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)


def picked(p, y):
    return p[np.arange(len(y)), y]


def shifts_its_logits(z, y):
    z -= z.max(axis=1, keepdims=True)
    return loss(z, y)


def one_maximum(z, y):
    z = z - z.max()
    return (np.log(np.exp(z).sum(axis=1)) - picked(z, y)).mean()


def softmax(z):
    """A softmax of the reader's own."""
    return p_of(z - z.max(axis=1, keepdims=True))


def soft(z, t):
    return softmax(z / t)


def soft_by_the_library(z, t):
    return library_softmax(z / t)


def own_powers(z, t):
    return np.exp((z - z.max(axis=1, keepdims=True)) / t)


def soft_rows(z, t):
    rows = []
    for row in z:
        e = [math.exp((v - max(row)) / t) for v in row]
        rows.append([v / sum(e) for v in e])
    return rows


def soft_in_place(z, t):
    z = z.copy()
    z /= t
    z -= z.max(axis=-1)[:, np.newaxis]
    np.exp(z, out=z)
    z /= z.sum(axis=-1)[:, np.newaxis]
    return z


# --- best_epoch ---


def best(losses, patience):
    kept = 0
    for k, value in enumerate(losses):
        if value < losses[kept]:
            kept = k
        elif k - kept >= patience:
            break
    return kept + 1


def best_with_infinity(losses, patience):
    lowest, epoch, wait = float("inf"), 0, 0
    for number, value in enumerate(losses, start=1):
        if value < lowest:
            lowest, epoch, wait = value, number, 0
        else:
            wait += 1
            if wait == patience:
                return epoch
    return epoch


def best_by_slices(losses, patience):
    for k in range(len(losses)):
        later = losses[k + 1 : k + 1 + patience]
        if losses[k] == min(losses[: k + 1]) and all(v >= losses[k] for v in later):
            return np.float64(k + 1)
    return len(losses)


def best_recursive(losses, patience, kept=0):
    for k in range(kept + 1, min(len(losses), kept + patience + 1)):
        if losses[k] < losses[kept]:
            return best_recursive(losses, patience, k)
    return kept + 1


def stops_when_it_rises(losses, patience):
    for k in range(1, len(losses)):
        if losses[k] > losses[k - 1]:
            return k
    return len(losses)


def never_resets(losses, patience):
    kept = wait = 0
    for k, value in enumerate(losses[1:], start=1):
        if value < losses[kept]:
            kept = k
        else:
            wait += 1
        if wait >= patience:
            break
    return kept + 1


def equal_is_lower(losses, patience):
    kept = 0
    for k, value in enumerate(losses):
        if value <= losses[kept]:
            kept = k
        elif k - kept >= patience:
            break
    return kept + 1


def against_the_one_before(losses, patience):
    kept = wait = 0
    for k in range(1, len(losses)):
        if losses[k] < losses[kept]:
            kept = k
        wait = 0 if losses[k] < losses[k - 1] else wait + 1
        if wait >= patience:
            break
    return kept + 1


def last_epoch(losses, patience):
    kept = best(losses, patience) - 1
    return min(len(losses), kept + patience + 1)


RIGHT = {
    checks.count_parameters: [
        parameters,
        parameters_in_a_loop,
        lambda s: weights(s) + sum(s[1:]),
        lambda s: float(np.sum((np.array(s[:-1]) + 1) * np.array(s[1:]))),
        lambda s: sum(np.zeros((a + 1, b)).size for a, b in pairwise(s)),
    ],
    checks.count_steps: [
        steps,
        lambda n, batch, epochs: epochs * math.ceil(n / batch),
        lambda n, batch, epochs: len(range(0, n, batch)) * epochs,
        lambda n, batch, epochs: np.ceil(n / batch) * epochs,
        lambda n, batch, epochs: (n // batch + (n % batch > 0)) * epochs,
    ],
    checks.cross_entropy: [
        loss,
        loss_in_loops,
        loss_one_hot,
        loss_in_float32,
        lambda z, y: np.mean(np.logaddexp.reduce(z, axis=1) - picked(z, y)),
    ],
    checks.softmax_at: [soft, soft_rows, soft_in_place, lambda z, t: soft(z, t).tolist(),
                        lambda z, t: np.exp(z / t - np.logaddexp.reduce(z / t, 1)[:, None])],
    checks.best_epoch: [best, best_with_infinity, best_by_slices, best_recursive],
}  # fmt: skip

WRONG = {
    checks.count_parameters: [
        (weights, "also has a bias"),
        (lambda s: weights(s) + sum(s), "inputs have no bias"),
        (lambda s: sum(s[1:]), "these are the biases"),
        (lambda s: weights(s) + len(s) - 1, "one of its own"),
        (lambda s: parameters(s) - s[-1], "last layer"),
        (lambda s: (s[0] + 1) * s[1], "first layer alone"),
        (sum, "inputs and neurons"),
        (lambda s: (s[0] + 1) * sum(s[1:]), "one before it"),
        (lambda s: 20175, "for [784, 10] expected 7850"),
        (lambda s: (s[0] + 1) * s[1] + (s[1] + 1) * s[2] + (s[2] + 1) * s[3], "raised IndexError"),
        (lambda s: math.prod(s), "expected"),
        (lambda s: [(a + 1) * b for a, b in pairwise(s)], "expected one number"),
        (lambda s: f"{parameters(s):,}", "expected one number, found str"),
        (lambda s: parameters(s) + 0.5, "expected"),
        (lambda s: parameters(s[::-1]), "expected"),
        (takes_sizes, "changed its input"),
    ],
    checks.count_steps: [
        (lambda n, b, e: n // b * e, "left over make a smaller batch"),
        (lambda n, b, e: (n // b + 1) * e, "no further batch"),
        (lambda n, b, e: -(-n * e // b), "a batch of its own"),
        (lambda n, b, e: -(-n // b), "of one epoch"),
        (lambda n, b, e: n * e / b, "whole one"),
        (lambda n, b, e: round(n / b) * e, "less than half full"),
        (lambda n, b, e: n * e, "one step for each image"),
        (lambda n, b, e: e, "each of its batches"),
        (lambda n, b, e: n * e // b, "expected"),
        (lambda n, b, e: 3440, "for 100 images"),
        (lambda n, b, e: steps(b, n, e), "expected"),
        (lambda n, b, e: steps(n, e, b), "expected"),
        (lambda n, b, e: range(steps(n, b, e)), "one number"),
        (lambda n, b, e: steps(n, b, e) - 1, "expected 3440, found 3439"),
        (lambda n, b, e: steps(n, b, 1) ** e, "expected 3440|too large"),
        (lambda n, b: 1, "raised TypeError"),
    ],
    checks.cross_entropy: [
        (lambda z, y: loss(z, y) * len(y), "sum of the losses"),
        (lambda z, y: -loss(z, y), "the sign"),
        (lambda z, y: loss(z, y) / np.log(2), "log2"),
        (lambda z, y: loss(z, y) / np.log(10), "log10"),
        (lambda z, y: -np.log(picked(p_of(z), y)).mean(), "exp overflows"),
        (lambda z, y: np.mean(np.log(np.exp(z).sum(axis=1)) - picked(z, y)), "exp overflows"),
        (lambda z, y: np.log(np.exp(z).sum()) - picked(z, y).mean(), "whole batch"),
        (lambda z, y: -np.log(picked(np.exp(z) / np.exp(z).sum(), y)).mean(), "whole batch"),
        (lambda z, y: np.log(own_powers(z, 1).sum()) - picked(np.log(own_powers(z, 1)), y).mean(),
         "whole batch"),
        (lambda z, y: -np.log(picked(forward.softmax(z), y)).mean(), "before its logarithm"),
        (lambda z, y: -np.log(picked(forward.softmax(z), y) + 1e-7).mean(), "small number"),
        (lambda z, y: -np.log(picked(forward.softmax(z), y).clip(1e-12, None)).mean(),
         "small number"),
        (one_maximum, "one maximum"),
        (lambda z, y: loss(z, z.argmax(axis=1)), "likeliest"),
        (lambda z, y: picked(forward.softmax(z), y).mean(), "mean probability"),
        (lambda z, y: 1 - picked(forward.softmax(z), y).mean(), "1 − p"),
        (lambda z, y: -np.log(forward.softmax(z)[:, y]).mean(), "columns y of every row"),
        (lambda z, y: -np.log(picked(forward.softmax(z), y).mean()), "logarithm of the mean"),
        (lambda z, y: loss(forward.softmax(z), y), "softmax twice"),
        (lambda z, y: -np.log(picked(forward.softmax(z.T).T, y)).mean(), "wrong axis"),
        (lambda z, y: -(np.eye(10)[y] * np.log(forward.softmax(z))).mean(), "number of classes"),
        (lambda z, y: -picked(z, y).mean(), "logarithm of the sum is missing"),
        (lambda z, y: np.logaddexp.reduce(z, axis=1) - picked(z, y), "losses of the examples"),
        (lambda z, y: np.median(np.logaddexp.reduce(z, axis=1) - picked(z, y)), "expected"),
        (lambda z, y: loss(z.clip(-500, 500), y), "expected"),
        (lambda z, y: loss(z, y) + 0.001, "expected"),
        (
            lambda z, y: np.log(np.exp(z - z.max(axis=1, keepdims=True)).sum(axis=1)).mean()
            - picked(z, y).mean(),
            "not from z_y",
        ),
        (lambda z, y: str(loss(z, y)), "found str"),
        (lambda z, y: loss(z[:3], y[:3]), "expected"),
        (shifts_its_logits, "changed its input (argument 1)"),
    ],
    checks.softmax_at: [
        (soft_by_the_library, "yourself"),
        (lambda z, t: forward.softmax(z / t), "yourself"),
        (lambda z, t: softmax(z - z.max(axis=1, keepdims=True) / t), "temperature changes nothing"),
        (lambda z, t: own_powers(z, t) / own_powers(z, t).sum(), "sum of its own"),
        (lambda z, t: softmax(z * t), "other way round"),
        (lambda z, t: softmax(z), "temperature changes nothing"),
        (lambda z, t: softmax(z) / t, "not the probabilities"),
        (lambda z, t: z / t, "these are logits"),
        (lambda z, t: p_of(z / t), "exp overflows"),
        (lambda z, t: np.exp(z / t) / np.exp(z / t).sum(), "of the whole batch"),
        (lambda z, t: soft(z.T, t).T, "wrong axis"),
        (lambda z, t: softmax(z) ** (1 / t), "1 again"),
        (lambda z, t: softmax(soft(z, 1) / t), "softmax twice"),
        (lambda z, t: p_of((z - z.max()) / t), "one maximum"),
        (lambda z, t: np.exp((z - z.max(axis=1)[:, None]) / t), "divide by it"),
        (lambda z, t: np.log(soft(z, t)), "logarithms"),
        (lambda z, t: np.eye(10)[z.argmax(axis=1)], "largest logit alone"),
        (lambda z, t: soft(z, t).sum(axis=1), "shape"),
        (lambda z, t: soft(z, 2.0), "element"),
        (lambda z, t: softmax(z - t), "temperature changes nothing"),
        (lambda z, t: soft(z, t).argmax(axis=1), "shape"),
        (lambda z, t: soft(z.clip(-5, 5), t), "element"),
        (lambda z, t: np.round(soft(z, t), 2), "element"),
        (lambda z, t: soft(z.__itruediv__(t), 1), "changed its input"),
    ],
    checks.best_epoch: [
        (lambda v, p: best(v, p) - 1, "counted from 1"),
        (lambda v, p: int(np.argmin(v)) + 1, "as far as that"),
        (last_epoch, "at which training ends"),
        (lambda v, p: v[best(v, p) - 1], "that is a loss"),
        (lambda v, p: min(v), "that is a loss"),
        (lambda v, p: best(v, p + 1), "too long"),
        (lambda v, p: best(v, max(1, p - 1)), "too soon"),
        (never_resets, "begins the count"),
        (equal_is_lower, "not lower"),
        (against_the_one_before, "lowest loss so far"),
        (lambda v, p: len(v), "last epoch of all"),
        (stops_when_it_rises, "for losses"),
        (lambda v, p: int(np.argmax(v)) + 1, "for losses"),
        (lambda v, p: best(v, 2), "for losses"),
        (lambda v, p: int(np.argmin(v)), "for losses"),
        (lambda v, p: [best(v, p)], "expected the number"),
        (lambda v, p: (best(v, p), v[0]), "expected the number"),
        (lambda v, p: best(sorted(v), p), "for losses"),
        (lambda v, p: (best(v, p), v.sort())[0], "changed its input"),
    ],
}  # fmt: skip
test_right, test_wrong, test_odd = check_table.tests(RIGHT, WRONG)
