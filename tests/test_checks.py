"""Every check of an exercise: right answers pass, in several forms; known wrong answers do not."""

import functools
import io
import itertools
import re
import sys

import numpy as np
import pytest

from digitrec import backprop, checks, forward, mnist, networks, recipes
from digitrec.wrong_gradients import WRONG as WRONG_RULES


def centre(image):
    mass = image.astype(float)
    rows, columns = np.indices(image.shape)
    return (rows * mass).sum() / mass.sum(), (columns * mass).sum() / mass.sum()


def fit(h, w):
    factor = 20 / max(h, w)
    return max(1, round(h * factor)), max(1, round(w * factor))


RIGHT = {
    checks.bright_ink: [
        lambda i: 255 - i if np.median(i) > 127 else i,
        lambda i: i if i[0, 0] < 128 else 255 - i,
    ],
    checks.centre_of_mass: [centre, lambda i: np.array(centre(i))],
    checks.fit_box: [fit],
}

# Each known wrong answer, and a word of the hint that it should get.
WRONG = {
    checks.bright_ink: [
        (lambda i: 255 - i, "inverts"),
        (lambda i: i, "as it was"),
        (lambda i: (i > 127) * 255 if np.median(i) < 128 else 255 - i, "expected"),
        (lambda i: np.abs(i - 256.0) if np.median(i) > 127 else i, "expected"),
    ],
    checks.centre_of_mass: [
        (lambda i: centre(i)[::-1], "other way round"),
        (lambda i: np.argwhere(i > 0).mean(axis=0), "weight"),
        (lambda i: (i.shape[0] / 2, i.shape[1] / 2), "expected"),
        (lambda i: centre(i)[0], "(row, column)"),
    ],
    checks.fit_box: [
        (lambda h, w: (20, 20), "one factor|block"),
        (
            lambda h, w: (round(h * 20 / max(h, w)), round(w * 20 / max(h, w))),
            "at least",
        ),
        (lambda h, w: fit(h, w)[::-1], "should become"),
        (
            lambda h, w: tuple(max(1, int(v * 20 / max(h, w))) for v in (h, w)),
            "cut off",
        ),
        (lambda h, w: fit(h, w) if max(h, w) > 20 else (h, w), "grow"),
    ],
}


class Model:
    """Stands in for a Keras model: what the check asks of one."""

    def __init__(self, parameters, function):
        self.count_params = lambda: parameters
        self.function = function

    def predict(self, x, **options):
        return self.function(x)


def shipped(x):
    from digitrec import networks

    return networks.load_numpy("dense").predict(x)


# --- Chapter 05: thresholds ---


def between(counts, t):
    """Variance between the values up to t and those above."""
    p, v = counts / counts.sum(), np.arange(256)
    w = p[: t + 1].sum()
    if w in (0, 1) or not p[t + 1 :].sum():
        return 0.0
    low, high = p[: t + 1] @ v[: t + 1] / w, p[t + 1 :] @ v[t + 1 :] / p[t + 1 :].sum()
    return w * (1 - w) * (high - low) ** 2


def otsu(counts):
    return int(np.argmax([between(counts, t) for t in range(255)]))


def otsu_within(counts):
    """A right answer by the least variance within the classes."""
    values, best = np.arange(256), []
    for t in range(255):
        parts = (counts[: t + 1], values[: t + 1]), (counts[t + 1 :], values[t + 1 :])
        best.append(sum(n @ (v - n @ v / n.sum()) ** 2 for n, v in parts))
    return np.argmin(best)


def otsu_cumulative(counts):
    n, s = np.cumsum(counts)[:-1], np.cumsum(counts * np.arange(256))
    total = counts.sum()
    return int(np.argmax((s[-1] * (n / total) - s[:-1]) ** 2 / (n * (total - n))))


def changes_counts(counts):
    found = otsu(counts)
    counts[0] += 1
    return found


def answered(p, least):
    return np.where(p.max(axis=1) >= least, p.argmax(axis=1), -1)


def answered_in_a_loop(p, least):
    return [int(row.argmax()) if row.max() >= least else -1 for row in p]


def answered_by_assignment(p, least):
    labels = p.argmax(axis=1)
    labels[p.max(axis=1) < least] = -1
    return labels


def changes_probabilities(p, least):
    p[p < least] = 0
    return np.where(p.any(axis=1), p.argmax(axis=1), -1)


RIGHT |= {
    checks.otsu: [otsu, otsu_within, otsu_cumulative, lambda c: np.array(otsu(c))],
    checks.answers: [
        answered,
        answered_in_a_loop,
        answered_by_assignment,
        lambda p, least: answered(p, least).astype(float),
        lambda p, least: (p.argmax(axis=1) + 1) * (p >= least).any(axis=1) - 1,
    ],
}
WRONG |= {
    checks.otsu: [
        (lambda c: otsu(c) + 1, "one too many"),
        (lambda c: otsu(c) - 1, "one too few"),
        (lambda c: max(between(c, t) for t in range(255)), "greatest variance"),
        (lambda c: c @ np.arange(256) / c.sum(), "mean of all values"),
        (lambda c: c.argmax(), "most frequent"),
        (lambda c: 127, "half of 255"),
        (lambda c: 128, "half of 256"),
        (lambda c: otsu(c) / 255, "expected a threshold"),
        (lambda c: [between(c, t) for t in range(255)], "one number"),
        (lambda c: otsu(c[::-1]), "expected a threshold|too"),
        (lambda c: np.nan, "expected a threshold"),
        (lambda c: c.argmin(), "expected a threshold"),
        (changes_counts, "changed its input"),
        (
            lambda c: max(
                range(255),
                key=lambda t: (
                    np.average(np.arange(t + 1, 256), weights=c[t + 1 :])
                    - np.average(np.arange(t + 1), weights=c[: t + 1])
                ),
            ),
            "distance of the means",
        ),
    ],
    checks.answers: [
        (lambda p, least: np.where(p.max(axis=1) > least, p.argmax(axis=1), -1), "is enough"),
        (lambda p, least: p.argmax(axis=1), "every row"),
        (lambda p, least: np.where(p.max(axis=1) < least, p.argmax(axis=1), -1), "expected|round"),
        (lambda p, least: np.where(p.max(axis=1) >= least, -1, p.argmax(axis=1)), "other way"),
        (lambda p, least: np.where(p.max(axis=1) >= least, p.max(axis=1), -1), "give a class"),
        (lambda p, least: answered(p, least) * (p.max(axis=1) >= least), "0 is a digit"),
        (lambda p, least: answered(p, 0.5), "that is given"),
        (lambda p, least: np.where(p.mean(axis=1) >= least, p.argmax(axis=1), -1), "always 0.1"),
        (lambda p, least: p.argmax(axis=0), "one answer a row"),
        (lambda p, least: p.argmax(axis=1)[p.max(axis=1) >= least], "one answer a row"),
        (lambda p, least: [str(k) for k in answered(p, least)], "one answer a row"),
        (changes_probabilities, "changed its input"),
        (
            lambda p, least: answered(p, least) if len(p) > 1 else [0],
            "expected -1|every row|0 is a",
        ),
    ],
}


# --- Chapter 06 ---


def column(mask):
    edge = mask.shape[1] // 4
    return edge + mask[:, edge : mask.shape[1] - edge].sum(axis=0).argmin()


def column_loop(mask):
    width = mask.shape[1]
    return min(range(width // 4, width - width // 4), key=lambda k: int(mask[:, k].sum()))


def column_masked(mask):
    amounts = mask.sum(axis=0).astype(float)
    edge = mask.shape[1] // 4
    amounts[:edge] = amounts[mask.shape[1] - edge :] = np.inf
    return int(amounts.argmin())


def column_last(mask):
    """A right answer that takes the last of several."""
    width = mask.shape[1]
    places = range(width - width // 4 - 1, width // 4 - 1, -1)
    return min(places, key=lambda k: np.count_nonzero(mask[:, k]))


def erases(mask):
    found = column(mask)
    mask[:, found] = False
    return found


def seam(cost, far=1):
    total = cost[0].copy()
    for row in cost[1:]:
        total = row + np.array(
            [total[max(0, k - far) : k + far + 1].min() for k in range(len(row))]
        )
    return total.min()


def seam_upwards(cost):
    return seam(cost[::-1])


def seam_recursive(cost):
    @functools.cache
    def to(row, k):
        if not 0 <= k < cost.shape[1]:
            return np.inf
        if row < 0:
            return 0.0
        return cost[row, k] + min(to(row - 1, k - 1), to(row - 1, k), to(row - 1, k + 1))

    return min(to(len(cost) - 1, k) for k in range(cost.shape[1]))


def seam_padded(cost):
    total = np.pad(cost, ((0, 0), (1, 1)), constant_values=np.inf)
    for row in range(1, len(total)):
        above = total[row - 1]
        total[row, 1:-1] += np.minimum(np.minimum(above[:-2], above[2:]), above[1:-1])
    return float(total[-1].min())


def seam_in_place(cost):
    for row in range(1, len(cost)):
        above = np.pad(cost[row - 1], 1, constant_values=np.inf)
        cost[row] += np.min([above[:-2], above[1:-1], above[2:]], axis=0)
    return cost[-1].min()


def seam_wraps(cost):
    total = cost[0]
    for row in cost[1:]:
        total = row + np.min([np.roll(total, 1), total, np.roll(total, -1)], axis=0)
    return total.min()


def seam_one_sided(cost, first, last):
    total = cost[0].copy()
    for row in cost[1:]:
        total = row + np.array(
            [total[max(0, k - first) : k + last + 1].min() for k in range(len(row))]
        )
    return total.min()


def seam_greedy(cost):
    k, total = cost[0].argmin(), cost[0].min()
    for row in cost[1:]:
        low = max(0, k - 1)
        k = low + row[low : k + 2].argmin()
        total += row[k]
    return total


def pairs(count, most):
    return [(a, b) for a in range(count) for b in range(a + 1, min(count, a + most) + 1)]


def pairs_by_length(count, most):
    return [(a, a + n) for n in range(1, most + 1) for a in range(count - n + 1)]


def viterbi(count, edges):
    best = {0: (0.0, [])}
    for place in range(1, count + 1):
        ways = [
            (best[a][0] + np.log(p), [*best[a][1], k])
            for k, (a, b, p) in enumerate(edges)
            if b == place and a in best
        ]
        if ways:
            best[place] = max(ways)
    return best[count][1]


def viterbi_backwards(count, edges):
    """A right answer from the end of the line, by costs."""
    left = [(np.inf, None)] * count + [(0.0, None)]
    for place in range(count - 1, -1, -1):
        for k, (a, b, p) in enumerate(edges):
            if a == place and left[b][0] - np.log(p) < left[place][0]:
                left[place] = left[b][0] - np.log(p), k
    path, place = [], 0
    while place < count:
        path.append(left[place][1])
        place = edges[path[-1]][1]
    return path


def viterbi_sorted(count, edges):
    """A right answer that goes through the candidates by their ends; of ties the last."""
    best, won = np.full(count + 1, -np.inf), np.full(count + 1, -1)
    best[0] = 0
    for k in sorted(range(len(edges)), key=lambda k: edges[k][1]):
        start, stop, p = edges[k]
        if best[start] + np.log2(p) >= best[stop] and best[start] > -np.inf:
            best[stop], won[stop] = best[start] + np.log2(p), k
    path, place = [], count
    while place:
        path.insert(0, int(won[place]))
        place = edges[path[0]][0]
    return np.array(path)


def viterbi_relaxed(count, edges):
    """A right answer that needs no order: as many rounds as there are segments (Bellman, Ford)."""
    best = [(0.0, ())] + [(np.inf, ())] * count
    for _ in range(count):
        changed = False
        for k, (a, b, p) in enumerate(edges):
            if best[a][0] - np.log(p) < best[b][0] - 1e-12:
                best[b], changed = (best[a][0] - np.log(p), (*best[a][1], k)), True
        if not changed:
            break
    return list(best[count][1])


def by(score):
    """A path by another score of each candidate, sums of which are made large."""

    def path(count, edges):
        return viterbi(count, [(a, b, np.exp(score(p))) for a, b, p in edges])

    return path


def products(count, edges):
    best = [(1.0, [])] + [(-1.0, [])] * count
    for place in range(1, count + 1):
        for k, (a, b, p) in enumerate(edges):
            if b == place and best[a][0] * p > best[b][0] and best[a][0] >= 0:
                best[b] = best[a][0] * p, [*best[a][1], k]
    return best[count][1]


def leftmost(count, edges):
    place, path = 0, []
    while place < count:
        k = max((k for k, edge in enumerate(edges) if edge[0] == place), key=lambda k: edges[k][2])
        path.append(k)
        place = edges[k][1]
    return path


def pops(count, edges):
    path = viterbi(count, edges)
    edges.clear()
    return path


TRAP = {(0, 1): 0.9, (1, 2): 0.05, (1, 3): 0.005, (2, 3): 0.05, (0, 2): 0.5, (0, 3): 0.85}


def gaps(boxes, height):
    return -8 * sum(max(0, b[0] - a[1]) for a, b in itertools.pairwise(boxes)) / height


def gaps_array(boxes, height):
    left, right = np.array(boxes, float).T
    return -8 * np.clip(left[1:] - right[:-1], 0, None).sum() / height


def gaps_loop(boxes, height):
    total = 0.0
    for k in range(1, len(boxes)):
        if boxes[k][0] > boxes[k - 1][1]:
            total -= 8 * (boxes[k][0] - boxes[k - 1][1]) / height
    return total


def raw_gaps(boxes):
    return np.array([b[0] - a[1] for a, b in itertools.pairwise(boxes)], float)


RIGHT |= {
    checks.cut_column: [column, column_loop, column_masked, column_last],
    checks.seam_cost: [seam, seam_upwards, seam_recursive, seam_padded],
    checks.candidates: [
        pairs,
        pairs_by_length,
        lambda n, m: set(pairs(n, m)),
        lambda n, m: np.array(pairs(n, m)),
        lambda n, m: [list(pair) for pair in reversed(pairs(n, m))],
    ],
    checks.best_path: [viterbi, viterbi_backwards, viterbi_sorted, viterbi_relaxed],
    checks.greedy_loses: [
        TRAP,
        dict.fromkeys(TRAP, 1e-3) | {(0, 1): 0.002, (0, 3): 0.0015, (1, 2): 1e-9, (1, 3): 2e-9},
        {(0, 1): 0.3, (0, 2): 0.9, (0, 3): 0.8, (1, 2): 0.2, (1, 3): 0.7, (2, 3): 1e-4},
        {pair: np.float64(p) for pair, p in reversed(TRAP.items())},
        TRAP | {(0, 1): 1},
    ],
    checks.gap_prior: [gaps, gaps_array, gaps_loop, lambda b, h: np.array([gaps(b, h)])[0]],
}
WRONG |= {
    checks.cut_column: [
        (lambda m: column(m) - m.shape[1] // 4, "left side"),
        (lambda m: m.sum(axis=0).argmin(), "sliver"),
        (lambda m: len(m.T) - 1 - m[:, ::-1].sum(axis=0)[: len(m.T) // 2].argmin(), "sliver|exp"),
        (
            lambda m: (
                m.shape[1] // 4
                + m[:, m.shape[1] // 4 : m.shape[1] - m.shape[1] // 4].sum(axis=0).argmax()
            ),
            "most ink|middle",
        ),
        (lambda m: m.sum(axis=0)[column(m)], "how much ink"),
        (lambda m: m.shape[1] // 2, "middle|most ink|expected"),
        (lambda m: m.sum(axis=1).argmin(), "row|expected|sliver|ink|left|middle"),
        (lambda m: m.sum(axis=0), "one column"),
        (lambda m: column(m) + 1, "expected column|most ink|middle|sliver"),
        (lambda m: "3", "one column"),
        (lambda m: np.nan, "expected column"),
        (erases, "changed its input"),
        (lambda m: m[column(m)], "one column|raised"),
    ],
    checks.seam_cost: [
        (lambda c: c.sum(axis=0).min(), "straight"),
        (lambda c: c.min(axis=1).sum(), "jumps"),
        (lambda c: seam(c, 2), "two columns"),
        (lambda c: seam(c.T), "left to right"),
        (lambda c: seam(c[1:]) if len(c) > 1 else 0.0, "first row"),
        (lambda c: seam(c[:-1]) if len(c) > 1 else 0.0, "last row"),
        (seam_greedy, "always the least below"),
        (seam_wraps, "left edge"),
        (lambda c: seam_one_sided(c, 0, 1), "never goes to the right|never goes to the left"),
        (lambda c: seam_one_sided(c, 1, 0), "never goes to the right|never goes to the left"),
        (lambda c: -seam(-c), "dearest"),
        (seam_in_place, "changed its input"),
        (lambda c: seam(c) / len(c), "expected"),
        (lambda c: c[-1], "one number"),
        (lambda c: np.nan, "expected"),
    ],
    checks.candidates: [
        (lambda n, m: [(a, b - 1) for a, b in pairs(n, m)], "as a slice"),
        (lambda n, m: [(a + 1, b + 1) for a, b in pairs(n, m)], "number 0"),
        (lambda n, m: [(a, b) for a in range(n) for b in range(a, min(n, a + m) + 1)], "at least"),
        (lambda n, m: [(a, a + k) for a in range(n) for k in range(1, m + 1)], "line's end"),
        (lambda n, m: [(a, b) for a, b in pairs(n, m) if b > a + 1], "single|expected"),
        (lambda n, m: pairs(n, n), "more than that"),
        (lambda n, m: [(a, b) for a, b in pairs(n, m) if b < n], "last segment"),
        (lambda n, m: pairs(n, m - 1), "may be joined"),
        (lambda n, m: pairs(n, m) * 2, "twice"),
        (lambda n, m: [(a, b, b - a) for a, b in pairs(n, m)], "pairs"),
        (lambda n, m: len(pairs(n, m)), "list of pairs"),
        (lambda n, m: pairs(n, m)[1:], "missing|expected"),
        (lambda n, m: pairs(n, min(m, 2)), "3 may be joined"),
        (lambda n, m: [range(a, b) for a, b in pairs(n, m)], "pairs"),
    ],
    checks.best_path: [
        (leftmost, "greedy"),
        (by(lambda p: p), "adds probabilities"),
        (by(lambda p: -1.0), "fewest"),
        (by(lambda p: -np.log(p)), "least probable"),
        (products, "product"),
        (lambda n, e: viterbi(n, e)[::-1], "other way round"),
        (lambda n, e: [e[k] for k in viterbi(n, e)], "not the candidates"),
        (lambda n, e: (0.5, viterbi(n, e)), "path alone"),
        (lambda n, e: viterbi(n, e)[:-1], "end of the line"),
        (lambda n, e: [], "end of the line"),
        (lambda n, e: list(range(len(e))), "begins where"),
        (lambda n, e: [k + 1 for k in viterbi(n, e)], "positions from|begins where"),
        (lambda n, e: [-1], "positions from"),
        (lambda n, e: [0.5], "positions from"),
        (lambda n, e: viterbi(n, e)[0], "list of positions"),
        (pops, "changed its input"),
        (
            lambda n, e: viterbi(n, [(a, b, p**0.1 + 1) for a, b, p in e]),
            "best path|fewest|least|adds",
        ),
    ],
    checks.greedy_loses: [
        (TRAP | {(0, 2): 0.95}, "factor|best one"),
        (TRAP | {(1, 3): 0.5}, "factor"),
        (TRAP | {(0, 3): 1e-3, (2, 3): 1e-4, (1, 3): 0.5}, "is the best one"),
        (TRAP | {(0, 3): 0.9}, "equally probable"),
        (TRAP | {(0, 1): 1.2}, "at most 1"),
        (TRAP | {(1, 3): 0}, "above 0"),
        (TRAP | {(1, 3): True}, "expected a probability"),
        (TRAP | {(1, 3): "0.1"}, "expected a probability"),
        ({pair: p for pair, p in TRAP.items() if pair != (1, 3)}, "six candidates"),
        (TRAP | {(0, 4): 0.5}, "six candidates"),
        ({(a, b - 1): p for (a, b), p in TRAP.items()}, "six candidates"),
        (list(TRAP), "found list"),
        (TRAP | {(1, 2): np.nan}, "expected a probability"),
        (dict.fromkeys(TRAP, 0.5), "equally probable"),
    ],
    checks.gap_prior: [
        (lambda b, h: -8 * raw_gaps(b).sum() / h, "not below"),
        (lambda b, h: -8 * np.abs(raw_gaps(b)).sum() / h, "where two overlap"),
        (lambda b, h: -gaps(b, h), "sign"),
        (lambda b, h: gaps(b, 1), "divide"),
        (lambda b, h: gaps(b, h) / 8, "times 8"),
        (lambda b, h: gaps(b, 1) * h, "divide"),
        (lambda b, h: -8 * raw_gaps(b).clip(0).max(initial=0) / h, "widest"),
        (lambda b, h: -8 * raw_gaps(b).clip(0).mean() / h if len(b) > 1 else 0.0, "mean"),
        (lambda b, h: -8 * (b[-1][1] - b[0][0]) / h, "how wide all"),
        (
            lambda b, h: -8 * sum(max(0, q[0] - p[0]) for p, q in itertools.pairwise(b)) / h,
            "right side",
        ),
        (lambda b, h: -8 * (raw_gaps(b) > 0).sum(), "how many"),
        (lambda b, h: -8 * raw_gaps(b) / h, "one number"),
        (lambda b, h: np.nan, "expected"),
        (lambda b, h: 0.0, "expected"),
        (lambda b, h: (gaps(b, h), b.clear())[0], "its input"),
    ],
}


# --- Chapter 07 ---


def central(f, w, h):
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
    found = []
    for index in np.ndindex(w.shape):
        w[index] += h
        above = f(w)
        w[index] -= 2 * h
        found.append((above - f(w)) / 2 / h)
        w[index] += h
    return np.reshape(found, w.shape)


def central_flat(f, w, h):
    found, flat = [], w.copy()
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


RIGHT |= {
    checks.leaky_relu_gradient: [
        lambda z, g: np.where(z > 0, g, 0.1 * g),
        lambda z, g: g * ((z > 0) + 0.1 * (z <= 0)),
        lambda z, g: g * (0.1 + 0.9 * (z > 0)),
        unfold_leaky,
        lambda z, g: unfold_leaky(z, g).tolist(),
    ],
    checks.largest_rate: [
        lambda x: 2 / np.mean(x**2),
        lambda x: 2 * len(x) / (x @ x),
        lambda x: 2 / (sum(v * v for v in x) / len(x)),
        lambda x: np.float32(2 / np.square(x).mean()),
    ],
    checks.skip_gradient: [
        skip,
        skip_in_steps,
        lambda x, *a: (skip_loss(x + 1e-5, *a) - skip_loss(x - 1e-5, *a)) / 2e-5,
        lambda x, t, w1, b1, w2, b2: np.array(skip(x, t, w1, b1, w2, b2)),
    ],
    checks.smoothed_gradient: [
        smoothed,
        smoothed_in_place,
        smoothed_rows,
        lambda z, y, s: (
            (1 - s) * smoothed(z, y, 0) + s * (forward.softmax(z) - 1 / z.shape[1]) / len(y)
        ),
    ],
    checks.numeric_gradient: [central, central_by_copies, central_to_and_fro, central_flat],
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
WRONG |= {
    checks.leaky_relu_gradient: [
        (lambda z, g: g * (z > 0), "plain"),
        (lambda z, g: np.where(z > 0, 1, 0.1), "that is the slope"),
        (lambda z, g: np.where(z > 0, z, 0.1 * z) * g, "times the slope"),
        (lambda z, g: np.maximum(g, 0.1 * g), "sign of the gradient"),
        (lambda z, g: np.where(z > 0, 0.1 * g, g), "other way round"),
        (lambda z, g: np.where(z > 0, g, 0.01 * g), "expected"),
        (lambda z, g: np.where(z > 0, g, -0.1 * g), "expected"),
        (lambda z, g: g, "expected"),
        (leaky_changes_gradient, "changed its input"),
        (lambda z, g: g if z > 0 else 0.1 * g, "raised ValueError"),
        (lambda z, g: (g * np.where(z > 0, 1, 0.1)).sum(), "shape"),
        (lambda z, g: g * np.nan, "expected"),
    ],
    checks.largest_rate: [
        (lambda x: 2 / (x**2).sum(), "mean over the examples"),
        (lambda x: 1 / (x**2).mean(), "single step"),
        (lambda x: 2 / x.mean() ** 2, "square of the mean"),
        (lambda x: 2 / (x**2).max(), "all examples"),
        (lambda x: (x**2).mean() / 2, "upside down"),
        (lambda x: str(2 / (x**2).mean()), "expected one number, found str"),
        (lambda x: 4 / (x**2).mean(), "½"),
        (lambda x: 0.5, "expected"),
        (lambda x: 2 / np.abs(x).mean(), "½|expected"),
        (lambda x: 2 / x**2, "one number|expected"),
        (lambda x: np.nan, "expected"),
        (lambda x: "large", "expected one number"),
        (lambda x: 10**400, "expected one number"),
    ],
    checks.skip_gradient: [
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
        (lambda *a: 2 * skip(*a), "expected"),
        (lambda *a: skip_loss(*a), "expected"),
        (lambda *a: [skip(*a)], "shape"),
        (lambda x, t: 0, "raised TypeError"),
    ],
    checks.smoothed_gradient: [
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
            "expected",
        ),
        (
            lambda z, y, s: (softmax_as_written(z) - soft(y, z.shape[1], s)) / len(y),
            "overflows",
        ),
        (lambda z, y, s: (z - soft(y, z.shape[1], s)) / len(y), "expected"),
        (lambda z, y, s: (forward.softmax(z.T).T - soft(y, z.shape[1], s)) / len(y), "expected"),
        (lambda z, y, s: smoothed(z, y, s).sum(axis=1), "shape"),
        (lambda z, y, s: smoothed(z, y, s) + z.__isub__(1) * 0, "changed its input"),
    ],
    checks.numeric_gradient: [
        (forward_difference, "to one side"),
        (lambda f, w, h: forward_difference(f, w, -h), "to one side"),
        (lambda f, w, h: 2 * central(f, w, h), "2h apart"),
        (lambda f, w, h: -central(f, w, h), "sign"),
        (lambda f, w, h: central(f, w, h / 2), "step by h"),
        (lambda f, w, h: central(f, w, 1e-5), "that is given"),
        (not_put_back, "put each entry back"),
        (left_moved, "put each entry back"),
        (lambda f, w, h: np.full(w.shape, (f(w + h) - f(w - h)) / (2 * h)), "only that entry"),
        (lambda f, w, h: central(f, w, h).ravel(), "shape"),
        (lambda f, w, h: (f(w + h) - f(w - h)) / (2 * h), "shape"),
        (lambda f, w, h: f"{w}", "expected a gradient"),
        (lambda f, w, h: central(f, w.astype(int), h), "expected"),
    ],
    checks.wrong_gradients: [
        ({"A": 2, "B": 5, "C": 4, "D": 3}, "2 of 4"),
        ({"A": 3, "B": 4, "C": 5, "D": 2}, "of the layer itself"),
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
            "should begin",
        ),
        (lambda w, v, g, r, k: (w, ahead(w, v, g, r, k)[1]), "moved by it"),
        (lambda *a: ahead(*a)[0], "two arrays|a new w"),
        (changes_v, "changed its input"),
        (lambda w, v, g, r, k: (w + k * v, k * v), "should begin"),
        (lambda *a: (None, None), "a new w"),
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


@pytest.mark.slow
@pytest.mark.parametrize("name", ["wide", "deep", "long", "CNN"])
def test_networks_that_learned_pass(name, capsys):
    assert checks.learned_in_numpy(trained(name))
    assert capsys.readouterr().out == "✓ learned_in_numpy: right.\n"


RIGHT[checks.learned_in_numpy] = []  # the test above has them, since they must be trained
WRONG[checks.learned_in_numpy] = [
    (in_numpy(25, 15), "reads"),
    (in_numpy(200), "at most"),
    (networks.load_numpy("cnn"), "at most"),
    (networks.load_numpy("dense"), "reads 9"),
    (in_numpy(12, classes=9), "ten outputs"),
    (in_numpy(12, input_shape=(14, 14)), "raised ValueError"),
    (in_numpy(12, fill=np.nan), "diverged"),
    (in_numpy(12, fill=0), "reads"),
    (lambda x: x, "found function"),
    (Model(9_000, shipped), "found Model"),
    (forward.Sequential, "expected a network"),
    ([in_numpy(12)], "found list"),
]


def test_planted_mistakes_are_those_of_the_library():
    """The numbers are the exercise's; that each letter's rule is of the kind that is named."""
    kinds = {2: forward.Dense, 3: forward.Dense, 4: forward.Conv2D, 5: forward.BatchNormalization}
    assert set(WRONG_RULES) == set(checks.PLANTED)
    for letter, number in checks.PLANTED.items():
        changed = {
            kind for kind, rule in WRONG_RULES[letter].items() if backprop.RULES[kind] is not rule
        }
        assert changed == {kinds[number]}, letter


def every(cases):
    return [
        pytest.param(check, case, id=f"{check.__name__}-{k}")
        for check, answers in cases.items()
        for k, case in enumerate(answers)
    ]


@pytest.mark.parametrize(("check", "answer"), every(RIGHT))
def test_right_answers_pass(check, answer, capsys):
    assert bool(check(answer)) is True
    assert capsys.readouterr().out == f"✓ {check.__name__}: right.\n"


@pytest.mark.parametrize(("check", "case"), every(WRONG))
def test_known_wrong_answers_fail_with_a_hint(check, case, capsys):
    answer, hint = case
    with np.errstate(all="ignore"):
        assert bool(check(answer)) is False
    out = capsys.readouterr().out
    assert out.startswith(f"✗ {check.__name__}: ")
    assert any(word.lower() in out.lower() for word in hint.split("|")), out


@pytest.mark.parametrize("check", RIGHT, ids=lambda check: check.__name__)
@pytest.mark.parametrize(
    "answer",
    [
        None,
        ...,
        lambda *a: None,
        lambda *a: ...,
        lambda *a: 1 / 0,
        lambda *a: object(),
        lambda *a: [[1], [2, 3]],
        lambda *a: {},
        lambda *a: 10**400,
        lambda *a: (np.nan, np.inf),
        lambda *a: sys.exit,
        7,
        "seven",
        {},
        {"A": ...},
        {1: []},
        np.nan,
        [],
        object(),
    ],
)
def test_no_answer_is_told_without_a_traceback(check, answer, capsys):
    assert bool(check(answer)) is False
    assert capsys.readouterr().out.startswith("✗ ")


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1"])
def test_verdicts_are_printed_where_marks_cannot_be(encoding, monkeypatch):
    """Whatever a reader's own code says, and wherever a check is run."""
    out = io.TextIOWrapper(io.BytesIO(), encoding, newline="\n")
    monkeypatch.setattr(sys, "stdout", out)

    def fails(y):
        raise ValueError("Größe → 数")

    assert checks.count_labels(lambda y: np.bincount(y, minlength=10))
    assert not checks.count_labels(fails)
    out.flush()
    first, second = out.buffer.getvalue().decode(encoding).splitlines()
    assert first == "OK count_labels: right."
    assert re.search(
        r"^NO count_labels: your function raised ValueError in line \d+, .*: Gr", second
    )
