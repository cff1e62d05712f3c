"""Checks of chapter 6: where a page's ink is cut, and what may be joined again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any

import numpy as np

from digitrec.checks.asking import Wrong, ask, check, guarded
from digitrec.checks.together import Asked, settle_together

Answer = Callable[..., Any]


@check
def cut_column(answer: Answer) -> None:
    """``cut_column(mask)``: the column with the least ink, a quarter away from both sides."""
    rng = np.random.default_rng()
    cases = []
    for height, width, place in (
        (12, 16, None),
        (20, 23, None),
        (9, 13, 3),
        (30, 15, 11),
        (9, 40, 29),
    ):
        amounts = rng.integers(4, height + 1, width)
        edge = width // 4
        if place is None:
            place = int(rng.integers(edge + 3, width - edge - 2))
            place += place >= width // 2  # the middle is the guess of those who do not look
        amounts[place] = 2
        # Less ink, but at the sides, and just outside of what is asked for.
        amounts[1], amounts[-1], amounts[edge - 1], amounts[width - edge] = 0, 0, 1, 1
        mask = rng.permuted(np.arange(height)[:, np.newaxis] < amounts, axis=0)
        cases.append(_cut(mask, place))
    tied = np.ones((4, 8), bool)
    tied[0, [3, 4]] = False
    settle_together(answer, cases)
    either = Asked((tied,), 3, "one column", right=lambda found: found.item() in (3, 4))
    settle_together(answer, [either])


def _cut(mask: np.ndarray, place: int) -> Asked:
    """Make a case of a piece whose best column is known."""
    height, width = mask.shape
    amounts, edge = mask.sum(axis=0), width // 4
    middle = slice(edge, width - edge)
    runs = (mask[1:] & ~mask[:-1]).sum(axis=0) + mask[0]
    seen_whole = int(amounts.argmin())
    side = "a cut so near the side leaves a sliver; keep a quarter of the width."
    bounds = "W // 4 is the first column allowed, W − W // 4 the first that is not."
    upper = width - edge + 1
    mistakes = (
        (place - edge, "count from the piece's left side, not from the middle part's."),
        (seen_whole, side),
        (width - 1 - int(amounts[::-1].argmin()), side),
        (edge + int(amounts[edge:].argmin()), "keep a quarter of the width on the right, too."),
        (int(amounts[: width - edge].argmin()), "keep a quarter of the width on the left, too."),
        (edge + int(amounts[edge:upper].argmin()), bounds),
        (edge + 1 + int(amounts[edge + 1 : width - edge].argmin()), bounds),
        (edge + int(amounts[edge : width - edge - 1].argmin()), bounds),
        (edge - 1 + int(amounts[edge - 1 : width - edge].argmin()), bounds),
        (edge + int(amounts[middle].argmax()), "that column has the most ink."),
        (int(amounts[place]), "that is how much ink there is; which column is it in?"),
        (int(amounts.min()), "that is how much ink there is; which column is it in?"),
        (width // 2, "the middle is not always where the least ink is."),
        *((row, "that is a row; sum over axis 0 to have columns.") for row in _rows(mask)),
        (edge + int(runs[middle].argmin()), "count ink, not strokes."),
        (place + 1, "the first column is number 0."),
        (
            height // 4 + int(amounts[height // 4 : width - height // 4].argmin())
            if width > 2 * (height // 4)
            else -1,
            "a quarter of the width, not of the height: mask.shape is (rows, columns).",
        ),
    )
    given = f"columns with {amounts.tolist()} pixels of ink:"
    return Asked((mask,), place, "one column", mistakes, given)


def _rows(mask: np.ndarray) -> list[int]:
    """Rows with the least ink: of all, and of a middle part."""
    amounts = mask.sum(axis=1)
    found = [int(amounts.argmin())]
    for edge, side in ((side // 4, side) for side in mask.shape):
        middle = amounts[edge : side - edge]
        found += [edge + int(middle.argmin())] if len(middle) else []
    return found


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
    gains = np.zeros((2, 4))
    gains[1] = -1.0  # more is gained along a row than down: no step goes along one
    shapes = (6, 9), (9, 5), (30, 40), (4, 1), (1, 6)
    costs = [rng.uniform(0, 1, shape) for shape in shapes]
    costs += [wall, corner, trap, rng.uniform(-1, 1, (7, 6)), gains]
    settle_together(answer, [_crossed(cost) for cost in costs])


def _crossed(cost: np.ndarray) -> Asked:
    """Make a case of a piece that a seam crosses."""
    expected = _seam(cost)
    wraps = "the left edge is no neighbour of the right one: in Python, t[-1] is the last."
    mistakes = (
        (cost.sum(axis=0).min(), "that is the best straight cut; a seam may bend."),
        (cost.min(axis=1).sum(), "it jumps: from row to row at most one column aside."),
        (cost.min(axis=0).sum(), "it jumps, and from left to right."),
        (_seam(cost, 2), "it goes two columns aside; one is the most."),
        (_seam(cost.T), "from top to bottom, not from left to right."),
        (_seam(cost[1:]), "the first row counts, too."),
        (_seam(cost[:-1]), "the last row counts, too."),
        (
            _greedy_seam(cost),
            "always taking the least pixel below costs more in the end: keep all columns' sums.",
        ),
        (
            _greedy_seam(cost[::-1]),
            "always taking the least pixel above costs more in the end: keep all columns' sums.",
        ),
        (
            _in_place_seam(cost),
            "a sum of the new row is taken for one of the row above: keep that row until the new "
            "one is done.",
        ),
        (_seam(cost, wrap=(-1, 1)), wraps),
        (_seam(cost, wrap=(1,)), wraps),
        (_seam(cost, wrap=(-1,)), wraps),
        (_seam(cost, ways=(-1, 0)), "it never goes to the right."),
        (_seam(cost, ways=(0, 1)), "it never goes to the left."),
        (_seam(cost, ways=(-1, 1)), "it may also go straight down."),
        (
            _seam(cost, beside=0),
            "beside the edge there is nothing, not a way that costs 0: use infinity.",
        ),
        (
            _seam(cost[:, 1:-1]) if cost.shape[1] > 2 else expected,
            "the columns at the edges may be used, too.",
        ),
        (-_seam(-cost), "that is the dearest way."),
        (_from(cost, 0), "it may begin in any column, not only in the first."),
        (_from(cost, cost.shape[1] // 2), "it may begin in any column, not only in the middle."),
        (_from(cost, int(cost[0].argmin())), "it need not begin where the first row is least."),
        (_from(cost[::-1], 0), "it may end in any column: take the least of the last row."),
        (_from(cost[::-1], -1), "it may end in any column: take the least of the last row."),
        (np.rint(expected), "a sum of costs need not be whole."),
        (np.floor(expected), "a sum of costs need not be whole."),
        (expected / len(cost), "the sum along the way, not its mean."),
        (cost.min(), "that is the least of all costs, not of a way's sum."),
    )
    given = f"{cost.shape[0]} rows of {cost.shape[1]} columns:"
    return Asked((cost,), expected, "one number", mistakes, given)


def _seam(
    cost: np.ndarray,
    far: int = 1,
    *,
    wrap: Sequence[int] = (),
    ways: Sequence[int] | None = None,
    beside: float = np.inf,
) -> float:
    """Least sum from the first row to the last, by steps of so many columns aside."""
    if not len(cost):
        return 0.0
    total = np.array(cost[0], float)
    for row in cost[1:]:
        before = np.pad(total, far, constant_values=beside)
        steps = range(-far, far + 1) if ways is None else ways
        reached = [
            np.roll(total, step) if step in wrap else before[far - step : far - step + len(row)]
            for step in steps
        ]
        total = row + np.min(reached, axis=0)
    return float(total.min())


def _in_place_seam(cost: np.ndarray) -> float:
    """Least sum when each row of sums is written over the one that it is made of."""
    total = np.array(cost[0], float)
    for row in cost[1:]:
        for column in range(len(row)):
            total[column] = row[column] + total[max(0, column - 1) : column + 2].min()
    return float(total.min())


def _from(cost: np.ndarray, column: int) -> float:
    """Least sum of a way that begins in one column."""
    first = np.full(cost.shape[1], np.inf)
    first[column] = cost[0, column]
    return _seam(np.concatenate([first[np.newaxis], cost[1:]]))


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
    rng = np.random.default_rng()
    some = [(int(rng.integers(6, 12)), int(rng.integers(2, 5))) for _ in range(3)]
    for count, most in [(4, 2), *some, (6, 3), (3, 5), (3, 3), (1, 4), (5, 1)]:
        expected = {
            (start, stop)
            for start in range(count)
            for stop in range(start + 1, min(count, start + most) + 1)
        }
        pairs = _pairs(ask(answer, count, most))
        case = f"for {count} segments, at most {most} joined,"
        found = set(pairs)
        if len(pairs) != len(found):
            raise Wrong(f"{case} a pair is there twice.")
        if found == expected:
            continue
        missing, extra = expected - found, found - expected
        if found == {(a, b - 1) for a, b in expected}:
            raise Wrong("stop is the segment after the last: a single one is (3, 4), as a slice.")
        if found == {(a + 1, b + 1) for a, b in expected}:
            raise Wrong("the first segment is number 0.")
        if found == {(a, b - a) for a, b in expected}:
            raise Wrong("stop is where the candidate ends, not how many segments it joins.")
        if found == {(b, a) for a, b in expected}:
            raise Wrong("start first, then stop.")
        if extra and all(b <= a for a, b in extra):
            raise Wrong(f"{case} there is {min(extra)}; a candidate has at least one segment.")
        if any(b > count or a < 0 for a, b in found):
            raise Wrong(f"{case} a pair goes beyond the line's end.")
        if any(b - a > most for a, b in found):
            raise Wrong(f"{case} there is a pair that joins more than {most}.")
        if most > 1 and missing == {(k, k + 1) for k in range(count)}:
            raise Wrong("single segments are candidates, too.")
        if missing == {(a, b) for a, b in expected if b == count}:
            raise Wrong("the last segment is in none of them: stop may be the count itself.")
        if missing == {(a, b) for a, b in expected if b - a == most}:
            raise Wrong(f"{case} {most} may be joined, too.")
        if extra:
            raise Wrong(f"{case} {min(extra)} should not be there.")
        raise Wrong(f"{case} {min(missing)} is missing; {len(expected)} pairs are expected.")


def _pairs(result: Any) -> list[tuple[float, ...]]:
    """Return what should be a list of pairs of numbers."""
    what = "expected a list of pairs (start, stop)"
    if isinstance(result, str | bytes | dict):
        raise Wrong(f"{what}, found {type(result).__name__}.")
    # The result may be a generator, so that the reader's own code runs here, even without end.
    rows = guarded(lambda: list(islice(_iterated(result, what), 10_000)), "your list of pairs")
    try:
        if any(isinstance(entry, str | bytes) for pair in rows for entry in pair):
            raise TypeError  # text would become numbers
        pairs = [tuple(map(float, pair)) for pair in rows]
    except Exception:  # noqa: BLE001 (whatever an object that is no pair raises)
        raise Wrong(f"{what}; one of its entries is no pair of numbers.") from None
    if any(len(pair) != 2 for pair in pairs):
        raise Wrong(f"{what}; one of its entries has another length.")
    return pairs


def _iterated(result: Any, what: str) -> Any:
    """Return an iterator of a result."""
    try:
        return iter(result)
    except Exception:  # noqa: BLE001 (whatever an object that is no list raises)
        raise Wrong(f"{what}, found {type(result).__name__}.") from None
