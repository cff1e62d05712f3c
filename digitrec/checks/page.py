"""Checks of chapter 6: reading a page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from digitrec.checks.asking import Unanswered, Wrong, ask, check
from digitrec.checks.comparing import array, axes, explain, same

Answer = Callable[..., Any]


@check
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
        found = array(ask(answer, mask), (), "one column").item()
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
        explain(found, mistakes)
        raise Wrong(
            f"for columns with {amounts.tolist()} pixels of ink expected column {place}, found "
            f"{found:g}."
        )
    tied = np.ones((4, 8), bool)
    tied[0, [3, 4]] = False
    if array(ask(answer, tied), (), "one column").item() not in (3, 4):
        raise Wrong("where two columns have the least ink, take one of them.")


@check
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
        found = array(ask(answer, cost), (), "one number").item()
        if same(found, expected):
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
        explain(found, mistakes)
        raise Wrong(
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


@check
def candidates(answer: Answer) -> None:
    """``candidates(count, most)``: all (start, stop) of 1 to most neighbours among count."""
    for count, most in ((4, 2), (6, 3), (3, 5), (1, 4), (5, 1)):
        expected = {
            (start, stop)
            for start in range(count)
            for stop in range(start + 1, min(count, start + most) + 1)
        }
        result = ask(answer, count, most)
        try:
            pairs = [tuple(map(float, pair)) for pair in result]
        except (TypeError, ValueError, OverflowError):
            raise Wrong("expected a list of pairs (start, stop).") from None
        case = f"for {count} segments, at most {most} joined"
        if any(len(pair) != 2 for pair in pairs):
            raise Wrong("expected a list of pairs (start, stop).")
        found = set(pairs)
        if len(pairs) != len(found):
            raise Wrong(f"{case}: a pair is there twice.")
        if found == expected:
            continue
        if found == {(a, b - 1) for a, b in expected}:
            raise Wrong("stop is the segment after the last: a single one is (3, 4), as a slice.")
        if found == {(a + 1, b + 1) for a, b in expected}:
            raise Wrong("the first segment is number 0.")
        if any(b <= a for a, b in found):
            raise Wrong(f"{case}: a candidate has at least one segment, so stop is above start.")
        if any(b > count or a < 0 for a, b in found):
            raise Wrong(f"{case}: a pair goes beyond the line's end.")
        if most > 1 and expected - found == {(k, k + 1) for k in range(count)}:
            raise Wrong("single segments are candidates, too.")
        if any(b - a > most for a, b in found):
            raise Wrong(f"{case}: a pair joins more than that.")
        if found == {(a, b) for a, b in expected if b < count}:
            raise Wrong("the last segment is in none of them: stop may be the count itself.")
        if found == {(a, b) for a, b in expected if b - a < most}:
            raise Wrong(f"{case}: {most} may be joined, too.")
        missing = min(expected - found, default=None)
        also = f" {missing} is missing." if missing else ""
        raise Wrong(f"{case} expected {len(expected)} pairs, found {len(found)}.{also}")


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


@check
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
        chosen = _positions(ask(answer, count, edges), edges)
        case = f"for the candidates {edges}" if len(edges) < 9 else f"for {count} segments"
        places = [0, *(edges[k][1] for k in chosen)]
        joined = [edges[k][0] for k in chosen] == places[:-1]
        if not joined and [edges[k][0] for k in chosen[::-1]] == [
            0,
            *(edges[k][1] for k in chosen[::-1][:-1]),
        ]:
            raise Wrong("from left to right: this path is the other way round.")
        if not chosen or (joined and places[-1] != count):
            raise Wrong(f"{case}: the path should lead to place {count}, the end of the line.")
        if not joined:
            raise Wrong(
                f"{case}: each candidate of a path begins where the one before it ends; yours are "
                f"{[edges[k][:2] for k in chosen[:6]]}."
            )
        found = float(np.log([edges[k][2] for k in chosen]).sum())
        if same(found, most):
            continue
        if count == 400:
            raise Wrong("in a long line the product of probabilities is 0; add logarithms.")
        if chosen == _greedy_path(count, edges):
            raise Wrong("this is the greedy path: what is likeliest first need not be best.")
        sums = _best_path(count, [(a, b, float(np.exp(p))) for a, b, p in edges])[1]
        if chosen == sums:
            raise Wrong("it adds probabilities; they are multiplied, or their logarithms added.")
        if len(chosen) == len(_fewest(count, edges)) < len(best):
            raise Wrong("this path has the fewest candidates; the most probable is asked for.")
        least = _best_path(count, [(a, b, 1 / p) for a, b, p in edges])[1]
        if chosen == least:
            raise Wrong("this is the least probable path. Is the sign of the logarithm right?")
        raise Wrong(
            f"{case} the best path is {best} with a probability of {np.exp(most):.4g}; yours is "
            f"{chosen} with {np.exp(found):.4g}."
        )


def _positions(result: Any, edges: Sequence[Any]) -> list[int]:
    """Return a reader's path as positions in the list of candidates."""
    dimensions = axes(result)
    if isinstance(result, tuple) and len(result) == 2 and axes(result[1]) == 1:
        raise Wrong("expected the path alone: a list of positions, without its probability.")
    if dimensions == 2 and isinstance(result, list):
        raise Wrong("expected positions in the list of candidates, not the candidates.")
    if dimensions != 1 or isinstance(result, dict | set | str):
        raise Wrong(f"expected a list of positions, found {type(result).__name__}.")
    numbers = array(result, (len(result),), "a list of positions")
    if not all(number in range(len(edges)) for number in numbers.tolist()):
        raise Wrong(f"expected positions from 0 to {len(edges) - 1}, found {list(result)[:6]}.")
    return [int(number) for number in numbers]


def _fewest(count: int, edges: Sequence[tuple[int, int, float]]) -> list[int]:
    """Find a path of as few candidates as can be."""
    return _best_path(count, [(a, b, 0.5) for a, b, _ in edges])[1]


#: How much less probable the greedy path of ``greedy_loses`` has to be.
GREEDY_LOSES = 0.01


@check
def greedy_loses(answer: Any) -> None:
    """A dictionary (start, stop) → p of three segments, in which the greedy path is far worse."""
    if not isinstance(answer, dict):
        raise Wrong(
            f"expected a dictionary such as {{(0, 1): 0.9, …}}, found {type(answer).__name__}."
        )
    pairs = {(start, stop) for start in range(3) for stop in range(start + 1, 4)}
    if not answer or all(p is None or p is Ellipsis for p in answer.values()):
        raise Unanswered("nothing here yet. Put a probability behind each of the six candidates.")
    if set(answer) != pairs:
        wrong = sorted(map(str, pairs ^ set(answer)))
        raise Wrong(f"expected the six candidates {sorted(pairs)}; look at {wrong[0]}.")
    for pair, p in answer.items():
        real = isinstance(p, int | float | np.integer | np.floating) and not isinstance(p, bool)
        if not real or not 0 < p <= 1:
            raise Wrong(f"{pair}: expected a probability above 0 and at most 1, found {p!r}.")
    edges = [(a, b, float(p)) for (a, b), p in answer.items()]
    first = sorted((p for (a, _), p in answer.items() if a == 0), reverse=True)
    second = sorted((p for (a, _), p in answer.items() if a == 1), reverse=True)
    if first[0] == first[1] or second[0] == second[1]:
        raise Wrong("two candidates with the same start are equally probable: which is taken?")
    taken, best = _greedy_path(3, edges), _best_path(3, edges)
    greedy = float(np.prod([edges[k][2] for k in taken]))
    most = float(np.exp(best[0]))
    if taken == best[1]:
        raise Wrong(
            f"the greedy path is {[edges[k][:2] for k in taken]}, and it is the best one. What "
            "begins at place 0 and is likeliest should lead to something unlikely."
        )
    if greedy >= GREEDY_LOSES * most:
        raise Wrong(
            f"the greedy path has {greedy:.3g}, the best one {most:.3g}: it loses, but a factor of "
            f"{1 / GREEDY_LOSES:.0f} is asked for."
        )


@check
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
        found = array(ask(answer, boxes, height), (), "one number").item()
        if same(found, expected):
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
        explain(found, mistakes)
        raise Wrong(
            f"for {boxes} and a height of {height:g} expected {expected:.4g}, found {found:.4g}."
        )
