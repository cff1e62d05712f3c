"""The checks of chapter 7, each with answers that are right and answers that are not."""

import functools

import check_table
import numpy as np

from digitrec import backprop, checks, forward, mnist, networks, recipes
from digitrec.wrong_gradients import WRONG as WRONG_RULES


def central(f, w, h):
    w = w.astype(float) if w.dtype.kind == "i" else w
    found = np.zeros_like(w)
    for index in np.ndindex(w.shape):
        kept = w[index]
        w[index] = kept + h
        above = f(w)
        w[index] = kept - h
        found[index] = (above - f(w)) / (2 * h)
        w[index] = kept
    return found


def central_by_copies(f, w, h):
    """A right answer that lets w alone."""
    eye = np.eye(w.size).reshape(w.size, *w.shape) * h
    return np.array([(f(w + e) - f(w - e)) / (2 * h) for e in eye]).reshape(w.shape)


def central_to_and_fro(f, w, h):
    """A right answer that puts w back but for a rounding."""
    w = w.astype(float) if w.dtype.kind == "i" else w
    found = []
    for index in np.ndindex(w.shape):
        w[index] += h
        above = f(w)
        w[index] -= 2 * h
        found.append((above - f(w)) / 2 / h)
        w[index] += h
    return np.reshape(found, w.shape)


def central_flat(f, w, h):
    found, flat = [], w.astype(float)
    for k in range(w.size):
        flat.flat[k] = w.flat[k] + h
        found.append(f(flat))
        flat.flat[k] = w.flat[k] - h
        found[-1] = (found[-1] - f(flat)) / (h + h)
        flat.flat[k] = w.flat[k]
    return np.array(found).reshape(w.shape).tolist()


def forward_difference(f, w, h):
    return np.array(
        [(f(w + e) - f(w)) / h for e in np.eye(w.size).reshape(w.size, *w.shape) * h]
    ).reshape(w.shape)


def not_put_back(f, w, h):
    found = np.zeros_like(w)
    for index in np.ndindex(w.shape):
        before = w.copy()
        found[index] = central(f, before, h)[index]
    w += h
    return found


def left_moved(f, w, h):
    found = np.zeros_like(w)
    for index in np.ndindex(w.shape):
        w[index] += h
        above = f(w)
        w[index] -= 2 * h
        found[index] = (above - f(w)) / (2 * h)
    return found


def skip(x, t, w1, b1, w2, b2):
    on = 1 if w1 * x + b1 > 0 else 0
    return (w2 * max(0, w1 * x + b1) + b2 + x - t) * (w2 * w1 * on + 1)


def skip_loss(x, t, w1, b1, w2, b2):
    return (w2 * max(0, w1 * x + b1) + b2 + x - t) ** 2 / 2


def skip_in_steps(x, t, w1, b1, w2, b2):
    z1 = w1 * x + b1
    a1 = np.maximum(z1, 0)
    dz2 = w2 * a1 + b2 + x - t
    dx = dz2
    if z1 > 0:
        dx = dx + dz2 * w2 * w1
    return np.float64(dx)


def soft(y, classes, s):
    return (1 - s) * np.eye(classes)[y] + s / classes


def smoothed(z, y, s):
    return (forward.softmax(z) - soft(y, z.shape[1], s)) / len(y)


def smoothed_in_place(z, y, s):
    p = forward.softmax(z)
    p -= s / p.shape[1]
    p[np.arange(len(y)), y] -= 1 - s
    return p / len(p)


def smoothed_rows(z, y, s):
    rows = []
    for row, label in zip(z, y, strict=True):
        e = np.exp(row - row.max())
        target = np.full(len(row), s / len(row))
        target[label] += 1 - s
        rows.append((e / e.sum() - target) / len(z))
    return rows


def softmax_as_written(z):
    return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)


def ahead(w, v, gradient_at, rate, keep):
    v = keep * v - rate * gradient_at(w + keep * v)
    return w + v, v


def ahead_in_steps(w, v, gradient_at, rate, keep):
    point = w + keep * v
    new = point - rate * gradient_at(point)
    return [new, new - w]


def ahead_on_copies(w, v, gradient_at, rate, keep):
    w, v = w.copy(), v.copy()
    v *= keep
    g = gradient_at(w + v)
    v -= rate * g
    w += v
    return w, v


def changes_v(w, v, gradient_at, rate, keep):
    v *= keep
    v -= rate * gradient_at(w + v)
    return w + v, v


def unfold_leaky(z, gradient):
    return np.array(
        [g if v > 0 else g / 10 for v, g in zip(z.ravel(), gradient.ravel(), strict=True)]
    ).reshape(z.shape)


def leaky_changes_gradient(z, gradient):
    gradient[z < 0] *= 0.1
    return gradient


def leaky_by_counting(z, gradient):
    """A right answer that goes by the signs."""
    return gradient * (1.1 + 0.9 * np.sign(z)) / 2


def skip_by_names(x, t, w1, b1, w2, b2):
    """A right answer with everything in a dictionary."""
    v = {"z1": b1 + x * w1}
    v["a1"] = v["z1"] if v["z1"] > 0 else 0.0
    v["z2"] = x + b2 + v["a1"] * w2
    d = {"z2": v["z2"] - t}
    d["a1"] = d["z2"] * w2
    d["z1"] = d["a1"] * bool(v["z1"] > 0)
    return sum([d["z1"] * w1, d["z2"]])


def smoothed_by_comparing(z, y, s):
    """A right answer without np.eye, and with the logarithm of the softmax."""
    low = z - z.max(axis=1, keepdims=True)
    p = np.exp(low - np.log(np.exp(low).sum(axis=1, keepdims=True)))
    hit = np.asarray(y)[:, None] == np.arange(z.shape[1])
    return (p - np.where(hit, 1 - s + s / z.shape[1], s / z.shape[1])) / z.shape[0]


def smoothed_for_ten(z, y, s):
    return (forward.softmax(z) - (1 - s) * np.eye(z.shape[1])[y] - s / 10) / len(y)


def central_by_unravelling(f, w, h):
    """A right answer that makes both arrays anew for each entry."""
    found = np.empty(w.size)
    for k in range(w.size):
        sides = []
        for step in (h, -h):
            moved = w.astype(float).ravel()
            moved[k] += step
            sides.append(f(moved.reshape(w.shape)))
        found[k] = np.subtract(*sides) / (2 * h)
    return found.reshape(w.shape)


def left_last_moved(f, w, h):
    """Puts each entry back when it comes to the next one, and so never the last."""
    found, before = np.zeros_like(w), None
    for index in np.ndindex(w.shape):
        if before is not None:
            w[before] += h
        w[index] += h
        above = f(w)
        w[index] -= 2 * h
        found[index] = (above - f(w)) / (2 * h)
        before = index
    return found


def one_axis(f, w, h):
    """For vectors alone."""
    found = np.zeros(len(w))
    for k in range(len(w)):
        up, down = w.copy(), w.copy()
        up[k] += h
        down[k] -= h
        found[k] = (f(up) - f(down)) / (2 * h)
    return found


class Lookahead:
    """A right answer as an object that can be called."""

    def __call__(self, w, v, gradient_at, rate, keep):
        velocity = np.multiply(keep, v)
        velocity = velocity - np.multiply(rate, gradient_at(np.add(w, velocity)))
        return {"w": w + velocity, "v": velocity}.values()


def ahead_with_memory(w, v, gradient_at, rate, keep, memory=[0.0]):  # noqa: B006 (the mistake)
    """What is not reset from call to call."""
    memory[0] = keep * (memory[0] if np.shape(memory[0]) == w.shape else v)
    memory[0] = memory[0] - rate * gradient_at(w + keep * v)
    return w + memory[0], memory[0]


def skip_adds_one(x, t, w1, b1, w2, b2):
    z1 = w1 * x + b1
    dz2 = w2 * max(0, z1) + b2 + x - t
    return dz2 * w2 * w1 * (z1 > 0) + 1


def skip_one_way(x, t, w1, b1, w2, b2):
    z1 = w1 * x + b1
    dz2 = w2 * max(0, z1) + b2 + x - t
    return dz2 * w2 * w1 if z1 > 0 else dz2


def central_by_rows(f, w, h):
    gradient = np.zeros(w.shape)
    for k in range(len(w)):
        above, below = w.astype(float), w.astype(float)
        above[k] += h
        below[k] -= h
        gradient[k] = (f(above) - f(below)) / (2 * h)
    return gradient


def central_in_place(f, w, h):
    """What is added to whole numbers is cut off."""
    gradient = np.zeros(w.shape)
    for index in np.ndindex(w.shape):
        kept = w[index]
        w[index] = kept + h
        above = f(w)
        w[index] = kept - h
        gradient[index] = (above - f(w)) / (2 * h)
        w[index] = kept
    return gradient


def other_sign(side):
    """The velocity as some libraries have it: subtracted."""

    def step(w, v, gradient_at, rate, keep):
        v = keep * v + rate * gradient_at(w + side * keep * v)
        return w - v, v

    return step


RIGHT = {
    checks.leaky_relu_gradient: [
        leaky_by_counting,
        lambda z, g: np.where(z > 0, g, 0.1 * g),
        lambda z, g: g * ((z > 0) + 0.1 * (z <= 0)),
        lambda z, g: g * (0.1 + 0.9 * (z > 0)),
        unfold_leaky,
        lambda z, g: unfold_leaky(z, g).tolist(),
    ],
    checks.largest_rate: [
        lambda x: 2 / np.linalg.norm(x) ** 2 * x.size,
        lambda x: 2 / np.mean(x**2),
        lambda x: 2 * len(x) / (x @ x),
        lambda x: 2 / (sum(v * v for v in x) / len(x)),
        lambda x: np.float32(2 / np.square(x).mean()),
    ],
    checks.skip_gradient: [
        skip_by_names,
        skip,
        skip_in_steps,
        lambda x, *a: (skip_loss(x + 1e-5, *a) - skip_loss(x - 1e-5, *a)) / 2e-5,
        lambda x, t, w1, b1, w2, b2: np.array(skip(x, t, w1, b1, w2, b2)),
    ],
    checks.smoothed_gradient: [
        smoothed_by_comparing,
        smoothed,
        smoothed_in_place,
        smoothed_rows,
        lambda z, y, s: (
            (1 - s) * smoothed(z, y, 0) + s * (forward.softmax(z) - 1 / z.shape[1]) / len(y)
        ),
    ],
    checks.numeric_gradient: [
        central_by_unravelling,
        central,
        central_by_copies,
        central_to_and_fro,
        central_flat,
    ],
    checks.wrong_gradients: [
        checks.PLANTED.copy(),
        {letter: np.int64(number) for letter, number in checks.PLANTED.items()},
        dict(sorted(checks.PLANTED.items(), reverse=True)),
        {"A": 1 + 2, "B": 2 + 3, "C": 2 + 2, "D": 1 + 1},
        {"A": 3.0, "B": np.float64(5), "C": 4, "D": 2},
    ],
    checks.nesterov: [
        ahead,
        ahead_in_steps,
        ahead_on_copies,
        lambda *a: tuple(array.tolist() for array in ahead(*a)),
        lambda *a: np.stack(ahead(*a)),
    ],
}
WRONG = {
    checks.leaky_relu_gradient: [
        (lambda z, g: g * (z > 0) + 0.1 * (z <= 0), "gradient from behind"),
        (lambda z, g: g * np.clip(z, 0.1, 1), "should be"),
        (lambda z, g: g * np.where(np.abs(z) > 0, 1, 0.1), "passes all on"),
        (lambda z, g: np.where(z > 0, g, 0.1 * g).ravel(), "shape (24,)"),
        (lambda z, g: np.where(z > 0, g, 0.1), "gradient from behind"),
        (lambda z, g: g + np.where(z > 0, 1, 0.1), "multiplied with the slope"),
        (lambda z, g: g / np.where(z > 0, 1, 0.1), "multiplied with the slope"),
        (lambda z, g: np.where(z > 0, z, 0.1 * z), "way forward"),
        (lambda z, g: 0.1 * g, "a tenth of all"),
        (lambda z, g: g * np.where(z > 1, 1, 0.1), "kink is at 0"),
        (lambda z, g: -g * np.where(z > 0, 1, 0.1), "both slopes"),
        (lambda z, g: np.where(z > 0, g, 0.1 * g).astype(int), "should be"),
        (lambda z, g: np.where(z > 0, g, 0.1 * g).T, "shape|should"),
        (lambda z, g: np.where(z.mean() > 0, g, 0.1 * g), "should be|a tenth of all|passes all on"),
        (lambda g, z: np.where(z > 0, g, 0.1 * g), "sign of|way forward|should"),
        (lambda z, g: g * (z > 0), "plain"),
        (lambda z, g: np.where(z > 0, 1, 0.1), "that is the slope"),
        (lambda z, g: np.where(z > 0, z, 0.1 * z) * g, "times the slope"),
        (lambda z, g: np.maximum(g, 0.1 * g), "sign of the gradient"),
        (lambda z, g: np.where(z > 0, 0.1 * g, g), "other way round"),
        (lambda z, g: np.where(z > 0, g, 0.01 * g), "not 0.01"),
        (lambda z, g: np.where(z > 0, g, -0.1 * g), "not −0.1"),
        (lambda z, g: g, "passes all on"),
        (leaky_changes_gradient, "changed its input"),
        (lambda z, g: g if z > 0 else 0.1 * g, "raised ValueError"),
        (lambda z, g: (g * np.where(z > 0, 1, 0.1)).sum(), "shape"),
        (lambda z, g: g * np.nan, "yours is nan"),
    ],
    checks.largest_rate: [
        (lambda x: 2 / (x @ x) * len(x) ** 2, "expected"),
        (lambda x: 1 / x.mean(), "a single input of 2 alone"),
        (lambda x: 1 / abs(x).mean(), "a single input of 2 alone"),
        (lambda x: 1 / np.sqrt(np.mean(x**2)), "a single input of 2 alone"),
        (lambda x: np.sqrt(np.mean(x**2)), "upside down"),
        (lambda x: 2 / (x @ x / max(1, len(x) - 1)), "expected"),
        (lambda x: round(2 / (x @ x / len(x)), 2), "expected"),
        (lambda x: 2 / x.var() if len(x) > 1 else 0.5, "variance"),
        (lambda x: 2 / np.median(x**2), "not a median"),
        (lambda x: 2 / (x**2).min(), "the smallest"),
        (lambda x: 2 / x[0] ** 2, "only the first"),
        (lambda x: 2 / np.sqrt((x**2).mean()), "no root"),
        (lambda x: 2 / x.sum() ** 2, "square of the sum"),
        (lambda x: -2 / (x**2).mean(), "above 0"),
        (lambda x: 2 // (x**2).mean(), "expected"),
        (lambda x: 2 / (x**2).sum() * 3, "expected"),
        (lambda x: np.array([2 / (x**2).mean()]), "shape (1,)"),
        (lambda x: 2 / (x**2).sum(), "mean over the examples"),
        (lambda x: 1 / (x**2).mean(), "single step"),
        (lambda x: 2 / x.mean() ** 2, "square of the mean"),
        (lambda x: 2 / (x**2).max(), "all examples"),
        (lambda x: (x**2).mean() / 2, "upside down"),
        (lambda x: str(2 / (x**2).mean()), "expected one number, found str"),
        (lambda x: 4 / (x**2).mean(), "½"),
        (lambda x: 0.5, "input 2 alone"),
        (lambda x: 2 / np.abs(x).mean(), "inputs are squared"),
        (lambda x: 2 / x**2, "one number|expected"),
        (lambda x: np.nan, "expected"),
        (lambda x: "large", "expected one number"),
        (lambda x: 10**400, "expected one number"),
    ],
    checks.skip_gradient: [
        (lambda x, *a: skip(x, *a) if x > 0 else 0, "expected"),
        (skip_adds_one, "it is not 1 there"),
        (skip_one_way, "one way or the other"),
        (
            lambda x, t, w1, b1, w2, b2: (
                (w2 * max(0, w1 * x + b1) + b2 + x - t) * (1 + w1 * w2 * (x > 0))
            ),
            "expected",
        ),
        (lambda x, *a: (skip_loss(x + 0.01, *a) - skip_loss(x, *a)) / 0.01, "expected"),
        (
            lambda x, t, w1, b1, w2, b2: skip(x, t, w1, b1, w2, b2) * (w1 * x + b1 > 0),
            "comes through",
        ),
        (lambda x, t, w1, b1, w2, b2: skip(x, t, w1, b1, 1, b2), "expected"),
        (
            lambda x, t, w1, b1, w2, b2: (w2 * (w1 * x + b1) + b2 + x - t) * (1 + w1 * w2),
            "ReLU is missing, forwards",
        ),
        (
            lambda x, t, w1, b1, w2, b2: (
                (w2 * (w1 * x + b1) + b2 + x - t) * (1 + w1 * w2 * (w1 * x + b1 > 0))
            ),
            "way forward the ReLU is missing",
        ),
        (
            lambda x, t, w1, b1, w2, b2: (
                (w2 * max(0, w1 * x + b1) + b2 + x - t) * (1 + w2 * x * (w1 * x + b1 > 0))
            ),
            "not times x",
        ),
        (
            lambda x, t, w1, b1, w2, b2: (
                (w2 * max(0, w1 * x + b1) + b2 + x - t) * (x + w2 * w1 * (w1 * x + b1 > 0))
            ),
            "no factor there",
        ),
        (
            lambda x, t, w1, b1, w2, b2: (
                (w2 * max(0, w1 * x + b1) + b2 + x - t) * (1 - w2 * w1 * (w1 * x + b1 > 0))
            ),
            "plus, not minus",
        ),
        (
            lambda x, t, w1, b1, w2, b2: (
                (w2 * max(0, w1 * x + b1) + b2 + x - t) * (1 + w2 * (w1 * x + b1 > 0))
            ),
            "there is w1",
        ),
        (lambda x, t, w1, b1, w2, b2: skip(x, t, w1, b1, w2, b2) * 0 + 1, "expected"),
        (
            lambda x, t, w1, b1, w2, b2: (
                (w2 * max(0, w1 * x + b1) + b2 + x - t) * w2 * w1 * (w1 * x + b1 > 0)
            ),
            "goes past them",
        ),
        (
            lambda x, t, w1, b1, w2, b2: w2 * max(0, w1 * x + b1) + b2 + x - t,
            "goes through them",
        ),
        (
            lambda x, t, w1, b1, w2, b2: (
                (w2 * max(0, w1 * x + b1) + b2 - t) * (1 + w2 * w1 * (w1 * x + b1 > 0))
            ),
            "way forward",
        ),
        (
            lambda x, t, w1, b1, w2, b2: (w2 * max(0, w1 * x + b1) + b2 + x - t) * (1 + w2 * w1),
            "was off",
        ),
        (lambda x, t, w1, b1, w2, b2: 1 + w2 * w1 * (w1 * x + b1 > 0), "grows with x"),
        (
            lambda x, t, w1, b1, w2, b2: (
                (w2 * max(0, w1 * x + b1) + b2 + x - t) ** 2 * w2 * w1 * (w1 * x + b1 > 0)
            ),
            "add up|expected",
        ),
        (lambda *a: -skip(*a), "sign"),
        (lambda *a: 2 * skip(*a), "without a 2"),
        (lambda *a: skip_loss(*a), "that is the loss"),
        (lambda *a: [skip(*a)], "shape"),
        (lambda x, t: 0, "raised TypeError"),
    ],
    checks.smoothed_gradient: [
        (lambda z, y, s: smoothed(z, y, 0.1), "should be"),
        (lambda z, y, s: smoothed(z, (y + 1) % z.shape[1], s), "should be"),
        (
            lambda z, y, s: (forward.softmax(z) - soft(y, 10, s)[:, : z.shape[1]]) / len(y),
            "should be|raised",
        ),
        (
            lambda z, y, s: (softmax_as_written(z - z.max()) - soft(y, z.shape[1], s)) / len(y),
            "gives no number",
        ),
        (smoothed_for_ten, "not always ten"),
        (
            lambda z, y, s: (forward.softmax(z) - np.eye(z.shape[1])[y] - s / z.shape[1]) / len(y),
            "gives up what",
        ),
        (
            lambda z, y, s: (forward.softmax(z) - (1 - s) * np.eye(z.shape[1])[y] - s) / len(y),
            "each gets smoothing / U",
        ),
        (lambda z, y, s: smoothed(z, y, 1 - s), "not what it keeps"),
        (lambda z, y, s: (1 - s) * smoothed(z, y, 0), "not the gradient"),
        (lambda z, y, s: smoothed(z, y, s) * len(y) / z.size, "number of examples only"),
        (
            lambda z, y, s: forward.softmax(z) - soft(y, z.shape[1], s) / len(y),
            "not only the target",
        ),
        (
            lambda z, y, s: (np.exp(z) / np.exp(z).sum() - soft(y, z.shape[1], s)) / len(y),
            "softmax of its own",
        ),
        (lambda z, y, s: (np.exp(z) - soft(y, z.shape[1], s)) / len(y), "should be"),
        (
            lambda z, y, s: (
                (
                    np.exp(np.minimum(z, 50)) / np.exp(np.minimum(z, 50)).sum(axis=1, keepdims=True)
                    - soft(y, z.shape[1], s)
                )
                / len(y)
            ),
            "gives no number",
        ),
        (lambda z, y, s: smoothed(z, np.sort(y), s), "should be"),
        (lambda z, y, s: smoothed(z, y, s) * len(y), "mean over the batch"),
        (lambda z, y, s: -smoothed(z, y, s), "sign"),
        (lambda z, y, s: smoothed(z, y, 0), "not softened"),
        (
            lambda z, y, s: (
                (
                    forward.softmax(z)
                    - np.where(np.eye(z.shape[1])[y] > 0, 1 - s, s / (z.shape[1] - 1))
                )
                / len(y)
            ),
            "right one too",
        ),
        (
            lambda z, y, s: (forward.softmax(z) - (1 - s) * np.eye(z.shape[1])[y]) / len(y),
            "sum should be 1",
        ),
        (lambda z, y, s: smoothed(z, y, s) * len(y) / z.shape[1], "not of classes"),
        (
            lambda z, y, s: (
                (forward.softmax(z) - (1 - s) * np.eye(z.shape[1])[y] - s / 10) / len(y)
            ),
            "not always ten",
        ),
        (
            lambda z, y, s: (softmax_as_written(z) - soft(y, z.shape[1], s)) / len(y),
            "gives no number",
        ),
        (lambda z, y, s: (z - soft(y, z.shape[1], s)) / len(y), "these are logits"),
        (
            lambda z, y, s: (forward.softmax(z.T).T - soft(y, z.shape[1], s)) / len(y),
            "not over the examples",
        ),
        (lambda z, y, s: smoothed(z, y, s).sum(axis=1), "shape"),
        (lambda z, y, s: smoothed(z, y, s) + z.__isub__(1) * 0, "changed its input"),
    ],
    checks.numeric_gradient: [
        (lambda f, w, h: central(f, w, h)[::-1], "should be"),
        (central_by_rows, "a whole row"),
        (central_in_place, "whole numbers"),
        (lambda f, w, h: central(f, w, h).astype(w.dtype), "whole numbers"),
        (lambda f, w, h: central(f, w, h) * w, "should be"),
        (lambda f, w, h: central(f, w, h).ravel().tolist(), "found shape"),
        (lambda f, w, h: central(f, w, h).astype(int), "should be"),
        (lambda f, w, h: central(f, w, 2 * h), "step by h"),
        (lambda f, w, h: central(f, w, h) / 2, "2h apart"),
        (lambda f, w, h: central(f, w, h) * 2 * h, "divide by how far apart"),
        (lambda f, w, h: central(f, w, h) * 2 * h / 2 * h, "multiplied by h"),
        (lambda f, w, h: np.zeros_like(w), "array that was changed"),
        (left_last_moved, "put each entry back"),
        (one_axis, "shape|should|raised"),
        (lambda f, w, h: central(f, w.ravel(), h).reshape(w.shape), "raised ValueError"),
        (lambda f, w, h: central(f, w, h).round(1), "should be"),
        (lambda f, w, h: central(f, w.T.copy(), h).T, "should be|raised"),
        (lambda f, w, h: np.gradient(w), "shape|should|raised"),
        (forward_difference, "to one side"),
        (lambda f, w, h: forward_difference(f, w, -h), "to one side"),
        (lambda f, w, h: 2 * central(f, w, h), "2h apart"),
        (lambda f, w, h: -central(f, w, h), "sign"),
        (lambda f, w, h: central(f, w, h / 2), "step by h"),
        (lambda f, w, h: central(f, w, 1e-5), "that is given"),
        (not_put_back, "put each entry back"),
        (left_moved, "put each entry back"),
        (lambda f, w, h: np.full(w.shape, (f(w + h) - f(w - h)) / (2 * h)), "one entry moves"),
        (lambda f, w, h: central(f, w, h).ravel(), "shape"),
        (lambda f, w, h: (f(w + h) - f(w - h)) / (2 * h), "shape"),
        (lambda f, w, h: f"{w}", "expected a gradient"),
        (lambda f, w, h: central(f, w.astype(int), h), "should be|array that was"),
    ],
    checks.wrong_gradients: [
        ({"A": 2, "B": 5, "C": 4, "D": 3}, "2 of 4"),
        ({"A": 3, "B": 4, "C": 5, "D": 2}, "the last wrong array"),
        ({"A": 3, "B": 5, "C": 7, "D": 2}, "own kernel"),
        ({"A": 3, "B": 5, "C": 4, "D": 1}, "biases right"),
        ({"A": 3, "B": 5, "C": 4}, "the letters"),
        ({"a": 3, "b": 5, "c": 4, "d": 2}, "the letters"),
        ({"A": 3, "B": 5, "C": 4, "D": 2, "E": 1}, "the letters"),
        ({"A": 3, "B": 5, "C": 4, "D": 2, 7: 1}, "the letters"),
        ({"A": "3", "B": 5, "C": 4, "D": 2}, "the number of a mistake"),
        ({"A": 3.5, "B": 5, "C": 4, "D": 2}, "the number of a mistake"),
        ({"A": float("nan"), "B": 5, "C": 4, "D": 2}, "the number of a mistake"),
        ({"A": [3], "B": 5, "C": 4, "D": 2}, "the number of a mistake"),
        ({"A": 3, "B": 5, "C": 4, "D": True}, "the number of a mistake"),
        ({"A": 3, "B": 5, "C": 4, "D": 8}, "1 to 7"),
        ({"A": 3, "B": 5, "C": 4, "D": ...}, "the number of a mistake"),
        ([3, 5, 4, 2], "dictionary"),
    ],
    checks.nesterov: [
        (lambda w, v, g, r, k: ahead(w, v, lambda point: g(w), r, k), "plain momentum"),
        (other_sign(1), "v says where w goes"),
        (other_sign(-1), "v says where w goes"),
        (lambda w, v, g, r, k: ahead(w, v, g, r, 0.9), "should be"),
        (lambda w, v, g, r, k: (ahead(w, v, g, r, k)[0], w + k * v), "should be"),
        (lambda *a: np.concatenate(ahead(*a)), "two arrays"),
        (lambda w, v, g, r, k: (w + k * v - g(w + k * v), k * v - g(w + k * v)), "with the rate"),
        (lambda w, v, g, r, k: (w - r * g(w + k * v), -r * g(w + k * v)), "part of the old"),
        (
            lambda w, v, g, r, k: (w + v - r * g(w + k * v), v - r * g(w + k * v)),
            "only a part goes",
        ),
        (
            lambda w, v, g, r, k: (
                w + k * v - (1 - k) * r * g(w + k * v),
                k * v - (1 - k) * r * g(w + k * v),
            ),
            "1 − keep",
        ),
        (lambda w, v, g, r, k: (ahead(w, v, g, r, k)[0], v), "should be the new one"),
        (
            lambda w, v, g, r, k: (w + r * ahead(w, v, g, r, k)[1], ahead(w, v, g, r, k)[1]),
            "in the velocity already",
        ),
        (lambda w, v, g, r, k: ahead(w, v, g, k, r), "should be"),
        (ahead_with_memory, "should be"),
        (lambda *a: {"w": ahead(*a)[0], "v": ahead(*a)[1]}, "found dict"),
        (lambda *a: (*ahead(*a), 0), "found tuple"),
        (lambda w, v, g, r, k: (w + k * v - r * g(w), k * v - r * g(w)), "plain momentum"),
        (
            lambda w, v, g, r, k: (w + k * v - r * g(w + v), k * v - r * g(w + v)),
            "too far",
        ),
        (
            lambda w, v, g, r, k: (w + k * v - r * g(w - k * v), k * v - r * g(w - k * v)),
            "looks back",
        ),
        (lambda *a: ahead(*a)[::-1], "other way round"),
        (lambda w, v, g, r, k: (w + v, ahead(w, v, g, r, k)[1]), "old one"),
        (
            lambda w, v, g, r, k: (ahead(w, v, g, r, k)[0] + k * v, ahead(w, v, g, r, k)[1]),
            "whole step",
        ),
        (lambda w, v, g, r, k: (w - ahead(w, v, g, r, k)[1], ahead(w, v, g, r, k)[1]), "sign"),
        (
            lambda w, v, g, r, k: (w + k * v + r * g(w + k * v), k * v + r * g(w + k * v)),
            "against the gradient|no part in it",
        ),
        (lambda w, v, g, r, k: (w, ahead(w, v, g, r, k)[1]), "moved by it"),
        (lambda *a: ahead(*a)[0], "two arrays"),
        (changes_v, "changed its input"),
        (lambda w, v, g, r, k: (w + k * v, k * v), "against the gradient|no part in it"),
        (lambda *a: (None, None), "two arrays"),
    ],
}


def in_numpy(*units, softmax=False, classes=10, fill=None, input_shape=(28, 28)):
    """Make an untrained dense network."""
    description = [
        {"layer": "Rescaling", "name": "scale", "scale": 1 / 255},
        {"layer": "Flatten", "name": "flatten"},
    ]
    for k, count in enumerate(units):
        description.append(
            {"layer": "Dense", "name": f"dense{k}", "units": count, "activation": "relu"}
        )
    description.append({"layer": "Dense", "name": "logits", "units": classes})
    network = backprop.initial(description, how="he_normal", input_shape=input_shape)
    if fill is not None:
        network.layers[-1].kernel[...] = fill
    return network


@functools.cache
def trained(name):
    """Networks that meet what is asked for; each learns for a few seconds."""
    x, y = mnist.read_training()
    learning, _ = mnist.stratified_split(y)
    x, y = x[learning], y[learning]
    if name == "CNN":
        network, epochs = backprop.initial(networks.ARCHITECTURES["small_cnn"]), 2
        x, y = x[:20_000], y[:20_000]
    else:
        network, epochs = in_numpy(*{"wide": (70,), "deep": (64, 32), "long": (64,)}[name]), 6
    recipe = recipes.Recipe(epochs, batch_size=64, learning_rate=3e-3, warm_up=0.1)
    backprop.train(
        network,
        x,
        y,
        optimizer=backprop.Adam(),
        epochs=epochs,
        batch_size=64,
        schedule=recipe.schedule(len(x)),
        verbose=0,
    )
    return network


@functools.cache
def trained_on_validation():
    """What has learned the validation images by heart, too."""
    x, y = mnist.read_training()
    _, validation = mnist.stratified_split(y)
    network = trained("long")
    kept = {name: array.copy() for name, array in network.weights.items()}
    copy = in_numpy(64)
    for name, array in copy.weights.items():
        array[...] = kept[name]
    backprop.train(
        copy,
        x[validation],
        y[validation],
        optimizer=backprop.Adam(1e-3),
        epochs=6,
        batch_size=64,
        verbose=0,
    )
    return copy


class Fails(forward.Sequential):
    """A network that cannot count its parameters."""

    def __init__(self):
        pass

    @property
    def parameters(self):
        raise ValueError("none yet")


RIGHT[checks.learned_in_numpy] = [
    check_table.Later(functools.partial(trained, name)) for name in ("wide", "deep", "long", "CNN")
]
WRONG[checks.learned_in_numpy] = [
    (in_numpy(25, 15), "was it trained"),
    (in_numpy(200), "at most"),
    (networks.load_numpy("cnn"), "at most"),
    (networks.load_numpy("dense"), "may be larger"),
    (in_numpy(12, classes=9), "ten outputs"),
    (in_numpy(12, input_shape=(14, 14)), "raised ValueError"),
    (in_numpy(12, fill=np.nan), "diverged"),
    (in_numpy(12, fill=0), "guessing"),
    (lambda x: x, "found function"),
    (trained, "found _lru_cache_wrapper"),
    (Fails(), "raised ValueError"),
    (check_table.Later(trained_on_validation), "trained on the validation images"),
    (in_numpy(64, fill=-1), "guessing"),
    (networks.load_numpy("dense").layers, "found list"),
    (forward.Sequential, "expected a network"),
    ([in_numpy(12)], "found list"),
]


test_right, test_wrong, test_odd = check_table.tests(RIGHT, WRONG)


def test_planted_mistakes_are_those_of_the_library():
    """The numbers are the exercise's; that each letter's rule is of the kind that is named."""
    kinds = {2: forward.Dense, 3: forward.Dense, 4: forward.Conv2D, 5: forward.BatchNormalization}
    assert set(WRONG_RULES) == set(checks.PLANTED)
    for letter, number in checks.PLANTED.items():
        changed = {
            kind for kind, rule in WRONG_RULES[letter].items() if backprop.RULES[kind] is not rule
        }
        assert changed == {kinds[number]}, letter
