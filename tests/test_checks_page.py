"""The checks of chapter 6, each with answers that are right and answers that are not."""

import functools
import heapq
import itertools
import math

import check_table
import numpy as np
import pytest

from digitrec import checks


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


def column_by_einsum(mask):
    """A right answer that sums in another way, and lists what is inside."""
    amounts = np.einsum("hw->w", mask.astype(int))
    edge = mask.shape[1] // 4
    inside = [(amount, k) for k, amount in enumerate(amounts) if edge <= k < len(amounts) - edge]
    return min(inside)[1]


def column_of(first, last):
    """The column with the least ink from one to before another, both functions of the width."""

    def answer(mask):
        width = mask.shape[1]
        return first(width) + mask.sum(axis=0)[first(width) : last(width)].argmin()

    return answer


def seam_by_first(cost, column):
    first = np.full(cost.shape[1], np.inf)
    first[column] = cost[0, column]
    return seam(np.vstack([first, cost[1:]]))


def seam_wraps_left(cost):
    """Left of the first column it finds the last."""
    total = cost[0]
    for row in cost[1:]:
        right = np.append(total[1:], np.inf)
        total = [row[k] + min(total[k - 1], total[k], right[k]) for k in range(len(row))]
        total = np.array(total)
    return total.min()


def seam_updated(cost):
    """Takes sums of the new row for those of the old."""
    total = cost[0].copy()
    for row in cost[1:]:
        for k in range(len(row)):
            total[k] = row[k] + total[max(0, k - 1) : k + 2].min()
    return total.min()


def viterbi_of_the_chapter(count, edges):
    """The chapter's own loop, with a step back."""
    best = [(0.0, None)]
    for place in range(1, count + 1):
        ways = [(best[a][0] + np.log(p), k) for k, (a, b, p) in enumerate(edges) if b == place]
        best.append(max(ways))
    chosen, place = [], count
    while place:
        chosen.insert(0, best[place][1])
        place = edges[chosen[0]][0]
    return chosen


def viterbi_by_products(count, edges):
    """Probabilities are multiplied, and what is not above 0 has no way."""
    best, won = [1.0] + [0.0] * count, [None] * (count + 1)
    for place in range(1, count + 1):
        for k, (start, stop, p) in enumerate(edges):
            if stop == place and best[start] * p > best[place]:
                best[place], won[place] = best[start] * p, k
    chosen, place = [], count
    while place:
        chosen.insert(0, won[place])
        place = edges[chosen[0]][0]
    return chosen


def seam_zero_edge(cost):
    """Beside the edge it costs nothing."""
    total = cost[0].copy()
    for row in cost[1:]:
        padded = np.pad(total, 1)
        total = row + np.min([padded[:-2], padded[1:-1], padded[2:]], axis=0)
    return total.min()


def seam_last(cost):
    total = cost[0].copy()
    for row in cost[1:]:
        padded = np.pad(total, 1, constant_values=np.inf)
        total = row + np.min([padded[:-2], padded[1:-1], padded[2:]], axis=0)
    return total[0]


def seam_shortest(cost):
    """A right answer as shortest paths are sought: always go on from what is cheapest so far."""
    lift = cost.min()  # what a cost may be below 0, it may not be here
    rows, columns = cost.shape
    heap = [(cost[0, k] - lift, 0, k) for k in range(columns)]
    heapq.heapify(heap)
    done = set()
    while True:
        total, row, k = heapq.heappop(heap)
        if (row, k) in done:
            continue
        done.add((row, k))
        if row == rows - 1:
            return total + rows * lift
        for aside in range(max(0, k - 1), min(columns, k + 2)):
            heapq.heappush(heap, (total + cost[row + 1, aside] - lift, row + 1, aside))


def pairs_without_end(count, most):
    while True:
        yield (0, 1)


def pairs_generated(count, most):
    for start in range(count):
        for stop in range(start + 1, count + 1):
            if stop - start <= most:
                yield start, stop


def viterbi_from_zero(count, edges):
    """What nothing reaches has 0."""
    best, won = [0.0] * (count + 1), [None] * (count + 1)
    for place in range(1, count + 1):
        ways = [(best[a] + np.log(p), k) for k, (a, b, p) in enumerate(edges) if b == place]
        if ways:
            best[place], won[place] = max(ways)
    path, place = [], count
    while place > 0 and won[place] is not None:
        path.append(won[place])
        place = edges[path[-1]][0]
    return path[::-1]


def viterbi_in_order(count, edges):
    """Takes the candidates for ordered."""
    best, won = [0.0] + [-np.inf] * count, [None] * (count + 1)
    for k, (a, b, p) in enumerate(edges):
        if best[a] + np.log(p) > best[b]:
            best[b], won[b] = best[a] + np.log(p), k
    path, place = [], count
    while place > 0:
        path.append(won[place])
        place = edges[path[-1]][0]
    return path[::-1]


def remembers(count, edges, known={}):  # noqa: B006 (the mistake)
    """Keeps the path of the first line of each length."""
    return known.setdefault(count, viterbi(count, edges))


def viterbi_recursive(count, edges):
    """A right answer that asks for the best path up to a place by calling itself."""

    @functools.cache
    def to(place):
        if not place:
            return 0.0, ()
        ways = (
            (to(a)[0] + np.log(p), (*to(a)[1], k))
            for k, (a, b, p) in enumerate(edges)
            if b == place
        )
        return max(ways, default=(-np.inf, ()))

    return list(to(count)[1])


def from_the_right(count, edges):
    place, path = count, []
    while place > 0:
        k = max((k for k, edge in enumerate(edges) if edge[1] == place), key=lambda k: edges[k][2])
        path.append(k)
        place = edges[k][0]
    return path[::-1]


# --- which digits to answer ---


def margin(p):
    ordered = np.sort(p, axis=1)
    return ordered[:, -1] - ordered[:, -2] >= 0.20


def entropy(p):
    return -(p * np.log(np.maximum(p, 1e-12))).sum(axis=1) <= 1.6


def in_the_batch(p):
    """What is answered depends on the other rows."""
    return p.max(axis=1) >= np.quantile(p.max(axis=1), 0.13)


RIGHT = {
    checks.accept: [
        lambda p: p.max(axis=1) >= 0.45,
        lambda p: [bool(row.max() > 0.45) for row in p],
        margin,
        entropy,
        lambda p: (p > 0.45).any(axis=1),
        lambda p: (p.argmax(axis=1) != 1) | (p.max(axis=1) > 0.8),
    ],
    checks.cut_column: [column, column_loop, column_masked, column_last, column_by_einsum],
    checks.seam_cost: [seam, seam_upwards, seam_recursive, seam_padded, seam_shortest],
    checks.candidates: [
        pairs,
        pairs_by_length,
        lambda n, m: set(pairs(n, m)),
        pairs_generated,
        lambda n, m: np.array(pairs(n, m)),
        lambda n, m: [list(pair) for pair in reversed(pairs(n, m))],
    ],
    checks.best_path: [
        viterbi,
        viterbi_backwards,
        viterbi_sorted,
        viterbi_relaxed,
        viterbi_recursive,
    ],
    checks.greedy_loses: [
        TRAP,
        # Ties that decide nothing: where greed never stands, and where both ways lose.
        {(0, 2): 0.9, (2, 3): 0.001, (0, 1): 0.8, (1, 2): 0.5, (1, 3): 0.5, (0, 3): 0.7},
        {(0, 1): 0.9, (0, 2): 0.5, (0, 3): 0.6, (1, 2): 0.001, (1, 3): 0.001, (2, 3): 0.9},
        {(0, 1): 0.9, (0, 2): 0.9, (0, 3): 0.8, (1, 2): 0.005, (1, 3): 0.005, (2, 3): 0.001},
        dict.fromkeys(TRAP, 1e-3) | {(0, 1): 0.002, (0, 3): 0.0015, (1, 2): 1e-9, (1, 3): 2e-9},
        {(0, 1): 0.3, (0, 2): 0.9, (0, 3): 0.8, (1, 2): 0.2, (1, 3): 0.7, (2, 3): 1e-4},
        {pair: np.float64(p) for pair, p in reversed(TRAP.items())},
        TRAP | {(0, 1): 1},
    ],
    checks.gap_prior: [gaps, gaps_array, gaps_loop, lambda b, h: np.array([gaps(b, h)])[0]],
}
WRONG = {
    checks.accept: [
        (lambda p: p.max(axis=1) >= 0.9, "At least 80%"),
        (lambda p: p.max(axis=1) >= 0, "answers all"),
        (lambda p: p.max(axis=1) > 0.25, "could it answer a little less"),
        (lambda p: p.max(axis=1) < 0.999, "surer ones|at least"),
        (lambda p: p.argmax(axis=1) != 1, "the digits that are a 1 it answers 0%"),
        (lambda p: p.max(axis=1) < 0, "answers 0.0%"),
        (in_the_batch, "which others"),
        (lambda p: p >= 0.6, "for each row of shape"),
        (lambda p: p.max() >= 0.6, "found one value"),
        (lambda p: p.argmax(axis=1), "other numbers"),
        (lambda p: np.where(p.max(axis=1) >= 0.6, p.argmax(axis=1), -1), "other numbers"),
        (lambda p: (p.max(axis=1) >= 0.6).astype(int), "found numbers 0 and 1"),
        (lambda p: np.flatnonzero(p.max(axis=1) >= 0.6), "for each row of shape"),
        (lambda p: p.max(axis=0) >= 0.6, "for each row of shape"),
        (lambda p: p.sort(axis=1) or p[:, -1] >= 0.6, "changed its input"),
    ],
    checks.cut_column: [
        (
            lambda m: m.shape[1] // 4 + m.sum(1)[m.shape[1] // 4 : -(m.shape[1] // 4)].argmin(),
            "that is a row|raised",
        ),
        (
            lambda m: m.shape[0] // 4 + m.sum(1)[m.shape[0] // 4 : -(m.shape[0] // 4)].argmin(),
            "that is a row",
        ),
        (column_of(lambda w: w // 4, lambda w: w - w // 4 + 1), "first column allowed"),
        (column_of(lambda w: w // 4 + 1, lambda w: w - w // 4), "first column allowed"),
        (column_of(lambda w: w // 4, lambda w: w - w // 4 - 1), "first column allowed"),
        (column_of(lambda w: w // 4 - 1, lambda w: w - w // 4), "first column allowed"),
        (column_of(lambda w: w // 4, lambda w: w), "a quarter of the width"),
        (column_of(lambda w: 0, lambda w: w - w // 4), "a quarter of the width"),
        (column_of(lambda w: w // 3, lambda w: w - w // 3), "expected|allowed"),
        (column_of(lambda w: round(w / 4), lambda w: w - round(w / 4)), "expected|allowed"),
        (lambda m: m[:, m.shape[1] // 4 : -(m.shape[1] // 4)].sum(axis=0).argmin(), "left side"),
        (lambda m: column(m) / m.shape[1], "expected"),
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
        (lambda m: column(m) + 1, "number 0"),
        (lambda m: "3", "one column"),
        (lambda m: np.nan, "found nan"),
        (erases, "changed its input"),
        (lambda m: m[column(m)], "one column|raised"),
    ],
    checks.seam_cost: [
        (seam_wraps_left, "t[-1] is the last"),
        (seam_updated, "keep that row"),
        (lambda c: max(0, seam(c)), "found 0"),
        (lambda c: seam(c) + c[0].min(), "expected"),
        (seam_zero_edge, "use infinity"),
        (seam_last, "end in any column"),
        (lambda c: seam_by_first(c, 0), "not only in the first"),
        (lambda c: seam_by_first(c, c.shape[1] // 2), "not only in the middle"),
        (lambda c: seam_by_first(c, c[0].argmin()), "need not begin"),
        (lambda c: seam(c[:, 1:-1]) if c.shape[1] > 2 else seam(c), "at the edges"),
        (lambda c: math.floor(seam(c)), "need not be whole"),
        (lambda c: round(seam(c)), "need not be whole"),
        (lambda c: c.min(), "least of all costs"),
        (lambda c: seam(c, 0), "straight"),
        (lambda c: seam_greedy(c[::-1]), "least pixel above"),
        (lambda c: seam(np.abs(c)), "expected"),
        (lambda c: c.sum(axis=0).min(), "straight"),
        (lambda c: c.min(axis=1).sum(), "jumps"),
        (lambda c: seam(c, 2), "two columns"),
        (lambda c: seam(c.T), "left to right"),
        (lambda c: seam(c[1:]) if len(c) > 1 else 0.0, "first row"),
        (lambda c: seam(c[:-1]) if len(c) > 1 else 0.0, "last row"),
        (seam_greedy, "always taking the least pixel below"),
        (seam_wraps, "left edge"),
        (lambda c: seam_one_sided(c, 0, 1), "never goes to the right|never goes to the left"),
        (lambda c: seam_one_sided(c, 1, 0), "never goes to the right|never goes to the left"),
        (lambda c: -seam(-c), "dearest"),
        (seam_in_place, "changed its input"),
        (lambda c: seam(c) / len(c), "not its mean"),
        (lambda c: c[-1], "one number"),
        (lambda c: np.nan, "expected"),
    ],
    checks.candidates: [
        (pairs_without_end, "twice"),
        (lambda n, m: [(b, a) for a, b in pairs(n, m)], "start first"),
        (lambda n, m: [(a, b - a) for a, b in pairs(n, m)], "not how many"),
        (lambda n, m: [(a, b) for a in range(n) for b in range(n + 1)], "joins more than"),
        (lambda n, m: [(a, a + m) for a in range(n - m + 1)], "missing|single"),
        (lambda n, m: pairs(n + 1, m), "line's end"),
        (lambda n, m: pairs(n, m + 1), "joins more than"),
        (lambda n, m: pairs(n, m)[:-1], "missing"),
        (lambda n, m: str(pairs(n, m)), "found str"),
        (lambda n, m: [(str(a), str(b)) for a, b in pairs(n, m)], "no pair of numbers"),
        (lambda n, m: np.array(pairs(n, m)).T, "another length"),
        (lambda n, m: list(itertools.combinations(range(n), 2)), "joins more|missing|expected"),
        (lambda n, m: dict.fromkeys(pairs(n, m)), "found dict"),
        (lambda n, m: (1 / 0 for _ in range(n)), "raised ZeroDivisionError"),
        (lambda n, m: [(a, b - 1) for a, b in pairs(n, m)], "as a slice"),
        (lambda n, m: [(a + 1, b + 1) for a, b in pairs(n, m)], "number 0"),
        (lambda n, m: [(a, b) for a in range(n) for b in range(a, min(n, a + m) + 1)], "at least"),
        (lambda n, m: [(a, a + k) for a in range(n) for k in range(1, m + 1)], "line's end"),
        (lambda n, m: [(a, b) for a, b in pairs(n, m) if b > a + 1], "single|expected"),
        (lambda n, m: pairs(n, n), "joins more than"),
        (lambda n, m: [(a, b) for a, b in pairs(n, m) if b < n], "last segment"),
        (lambda n, m: pairs(n, m - 1), "may be joined"),
        (lambda n, m: pairs(n, m) * 2, "twice"),
        (lambda n, m: [(a, b, b - a) for a, b in pairs(n, m)], "pairs"),
        (lambda n, m: len(pairs(n, m)), "list of pairs"),
        (lambda n, m: pairs(n, m)[1:], "missing|expected"),
        (lambda n, m: pairs(n, min(m, 2)), "missing|3 may be joined|4 may be joined"),
        (lambda n, m: [range(a, b) for a, b in pairs(n, m)], "pairs"),
    ],
    checks.best_path: [
        (lambda n, e: viterbi(n, [(a, b, np.exp(round(np.log(p)))) for a, b, p in e]), "best path"),
        (lambda n, e: viterbi(n, [(a, b, 3 * p) for a, b, p in e]), "best path|most candidates"),
        (lambda n, e: viterbi(n, [(a, b, min(p, 0.5)) for a, b, p in e]), "best path"),
        (lambda n, e: viterbi(n, [(a, b, np.exp(p - 1)) for a, b, p in e]), "1 − p"),
        (lambda n, e: viterbi(n, [(a, b, 2.0) for a, b, p in e]), "the most candidates"),
        (remembers, "begins where"),
        (viterbi_from_zero, "no candidate leads"),
        (viterbi_in_order, "in any order|best path"),
        (viterbi_of_the_chapter, "here [1, 3]): what is the best there?"),
        (viterbi_by_products, "product of the probabilities zero"),
        (from_the_right, "best path|raised|begins"),
        (lambda n, e: [len(e) - 1 - k for k in viterbi(n, e)], "begins where|end of the line"),
        (lambda n, e: [e[k][:2] for k in viterbi(n, e)], "not the candidates"),
        (lambda n, e: {k: e[k] for k in viterbi(n, e)}, "found dict"),
        (lambda n, e: sorted(viterbi(n, e)), "begins where|best path|other way"),
        (lambda n, e: viterbi(n, sorted(e)), "begins|best path|end of the line|fewest|greedy"),
        (lambda n, e: [k for k in viterbi(n, e) for _ in range(2)], "begins where"),
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
            "most candidates",
        ),
    ],
    checks.greedy_loses: [
        (TRAP | {(0, 2): 0.95}, "factor|best one"),
        (TRAP | {(1, 3): 0.5}, "factor"),
        (TRAP | {(0, 3): 1e-3, (2, 3): 1e-4, (1, 3): 0.5}, "is the best one"),
        (TRAP | {(0, 3): 0.9}, "with one of them"),
        (TRAP | {(0, 1): 1.2}, "at most 1"),
        (TRAP | {(1, 3): 0}, "above 0"),
        (TRAP | {(1, 3): True}, "expected a probability"),
        (TRAP | {(1, 3): "0.1"}, "expected a probability"),
        ({pair: p for pair, p in TRAP.items() if pair != (1, 3)}, "six candidates"),
        (TRAP | {(0, 4): 0.5}, "six candidates"),
        ({(a, b - 1): p for (a, b), p in TRAP.items()}, "six candidates"),
        (list(TRAP), "found list"),
        (TRAP | {(1, 2): np.nan}, "expected a probability"),
        (dict.fromkeys(TRAP, 0.5), "is the best one"),
        (TRAP | {(1, 2): 0.005, (1, 3): 0.05, (2, 3): 1.0, (0, 1): 0.5}, "factor|best one"),
    ],
    checks.gap_prior: [
        (lambda b, h: -8 * max(0, raw_gaps(b).sum()) / h, "of each two neighbours"),
        (lambda b, h: -8 * (raw_gaps(b).clip(0) // h).sum(), "cut off to 0"),
        (lambda b, h: -8 * raw_gaps(b).clip(0).sum() // h, "expected"),
        (lambda b, h: raw_gaps(b).clip(0).sum() / h, "factor −8 is missing"),
        (lambda b, h: -8 * raw_gaps(b)[:1].clip(0).sum() / h, "first two"),
        (lambda b, h: -8 * raw_gaps(b)[:-1].clip(0).sum() / h, "last two"),
        (lambda b, h: -8 * (raw_gaps(b).clip(0) ** 2).sum() / h, "squares"),
        (lambda b, h: -8 * sum(q - p for p, q in b) / h, "widths of the segments"),
        (lambda b, h: gaps(b, h) if len(b) > 1 else -8, "single segment"),
        (
            lambda b, h: -8 * sum(max(0, p[1] - q[0]) for p, q in itertools.pairwise(b)) / h,
            "those are the overlaps",
        ),
        (lambda b, h: gaps(b, h) - 0.01, "expected"),
        (lambda b, h: math.nan if len(b) < 2 else gaps(b, h), "single segment"),
        (lambda b, h: -8 * raw_gaps(b).sum() / h, "not below"),
        (lambda b, h: -8 * np.abs(raw_gaps(b)).sum() / h, "where two overlap"),
        (lambda b, h: -gaps(b, h), "sign"),
        (lambda b, h: gaps(b, 1), "divide"),
        (lambda b, h: gaps(b, h) / 8, "factor 8 is missing"),
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
        (lambda b, h: 0.0, "cut off to 0"),
        (lambda b, h: (gaps(b, h), b.clear())[0], "its input"),
    ],
}
test_right, test_wrong, test_odd = check_table.tests(RIGHT, WRONG)


class Even:
    """Draws nothing: the unluckiest random numbers there are."""

    def uniform(self, low, high, shape):
        return np.full(shape, (low + high) / 2)


@pytest.mark.parametrize("sides", [(0, 1), (1, 0)])
def test_mistakes_of_a_seam_are_told_apart_without_luck(monkeypatch, capsys, sides):
    monkeypatch.setattr(np.random, "default_rng", Even)
    checks.seam_cost(lambda cost: seam_one_sided(cost, *sides))
    assert "never goes" in capsys.readouterr().out
