"""Checks of chapter 6: the best path, and where greed loses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from digitrec.checks.asking import Unanswered, Wrong, ask, check
from digitrec.checks.comparing import array, axes, same

Answer = Callable[..., Any]


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


def _greedy_paths(
    count: int, edges: Sequence[tuple[int, int, float]], place: int = 0
) -> list[list[int]]:
    """All greedy paths from a place on: where the most probable candidates tie, one for each."""
    if place == count:
        return [[]]
    most = max(p for start, _, p in edges if start == place)
    return [
        [k, *rest]
        for k, (start, stop, p) in enumerate(edges)
        if start == place and p == most
        for rest in _greedy_paths(count, edges, stop)
    ]


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
    sizes = ((5, 3), (8, 4), (6, 6), (20, 4), (40, 5))
    cases += [(count, _lattice(rng, count, most)) for count, most in sizes]
    long = [(k, k + 1, 1e-3) for k in range(LONG)] + [(k, k + 2, 2e-6) for k in range(LONG - 1)]
    known = [(edges, *_best_path(count, edges)) for count, edges in [*cases, (LONG, long)]]
    paths = [_asked_path(answer, count, edges) for count, edges in cases]
    wrong = [k for k, path in enumerate(paths) if not same(_log(path, known[k][0]), known[k][1])]
    if wrong:
        for score, hint in _OTHER_SCORES:
            if all(_is_best(path, *case, score) for path, case in zip(paths, cases, strict=True)):
                raise Wrong(hint)
        if all(path == _greedy_path(*case) for path, case in zip(paths, cases, strict=True)):
            raise Wrong("this is the greedy path: what is likeliest first need not be best.")
        edges, most, best = known[wrong[0]]
        raise Wrong(
            f"{_in_words(*cases[wrong[0]])} the best path is {best} with a probability of "
            f"{np.exp(most):.4g}; yours is {paths[wrong[0]]} with "
            f"{np.exp(_log(paths[wrong[0]], edges)):.4g}."
        )
    path = _asked_path(answer, LONG, long)
    if not same(_log(path, long), known[-1][1]):
        raise Wrong(
            f"short lines are right, but not one of {LONG} segments. What becomes of the product "
            "of so many small probabilities?"
        )


def _asked_path(answer: Answer, count: int, edges: Sequence[tuple[int, int, float]]) -> list[int]:
    """Ask for a path; where that fails, say what is special about these candidates."""
    try:
        return _path(ask(answer, count, edges), count, edges)
    except Unanswered:
        raise
    except Wrong as wrong:
        about = _special(count, edges)
        if not about or about in str(wrong) or " seconds." in str(wrong):
            raise
        raise Wrong(f"{str(wrong).rstrip('.')}. {about}") from None


def _special(count: int, edges: Sequence[tuple[int, int, float]]) -> str:
    """Say what may be hard about a line's candidates."""
    lost = sorted(set(range(1, count)) - {stop for _, stop, _ in edges})
    if lost:
        return f"To some places no candidate leads (here {lost}): what is the best there?"
    if count == LONG:
        return f"This line has {LONG} segments: is the product of the probabilities zero?"
    if count > SHORT:  # drawn by chance, and put in no order
        return (
            "Candidates come in any order: is the best way to a candidate's start known before "
            "the candidate is taken?"
        )
    return ""


#: Segments of the longest of the lines that are not drawn by chance, but for the very long one.
SHORT = 4

#: Segments of a line so long that the product of its probabilities is 0, and not so long that
#: a function that calls itself for each of them may not.
LONG = 120

#: What paths are the best of by mistake: a score of each candidate's probability.
_OTHER_SCORES: tuple[tuple[Callable[[float], float], str], ...] = (
    (lambda p: p, "it adds probabilities; they are multiplied, or their logarithms added."),
    (lambda p: -1, "this path has the fewest candidates; the most probable is asked for."),
    (lambda p: 1, "this path has the most candidates; the most probable is asked for."),
    (
        lambda p: -float(np.log(p)),
        "this is the least probable path. Is the sign of the logarithm right?",
    ),
    (lambda p: p - 1, "it adds 1 − p; the logarithms are to be added."),
)


def _is_best(
    path: Sequence[int],
    count: int,
    edges: Sequence[tuple[int, int, float]],
    score: Callable[[float], float],
) -> bool:
    """Tell whether no path has a greater sum of such scores."""
    scored = [(a, b, float(np.exp(score(p)))) for a, b, p in edges]
    return same(_log(path, scored), _best_path(count, scored)[0])


def _log(path: Sequence[int], edges: Sequence[tuple[int, int, float]]) -> float:
    """Sum of the logarithms along a path."""
    return float(np.log([edges[k][2] for k in path]).sum())


def _in_words(count: int, edges: Sequence[Any]) -> str:
    """Say which candidates these are, if they are few."""
    return f"for the candidates {edges}" if len(edges) < 9 else f"for a line of {count} segments"


def _path(result: Any, count: int, edges: Sequence[tuple[int, int, float]]) -> list[int]:
    """Return a reader's path, if it is one."""
    chosen, case = _positions(result, edges), _in_words(count, edges)

    def joined(path: Sequence[int]) -> bool:
        ends = [0, *(edges[k][1] for k in path)]
        return [edges[k][0] for k in path] == ends[:-1]

    if not joined(chosen) and joined(chosen[::-1]):
        raise Wrong("from left to right: this path is the other way round.")
    if not chosen or (joined(chosen) and edges[chosen[-1]][1] != count):
        raise Wrong(f"{case} the path should lead to place {count}, the end of the line.")
    if not joined(chosen):
        raise Wrong(
            f"{case} each candidate of a path begins where the one before it ends; yours are "
            f"{[edges[k][:2] for k in chosen[:6]]}."
        )
    return chosen


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
        some = ", ".join(f"{number:g}" for number in numbers[:6])
        raise Wrong(f"expected positions from 0 to {len(edges) - 1}, found {some}.")
    return [int(number) for number in numbers]


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
    best = _best_path(3, edges)
    most = float(np.exp(best[0]))
    # Where two are the likeliest, a greedy program may take either.
    products = {
        float(np.prod([edges[k][2] for k in path])): path for path in _greedy_paths(3, edges)
    }
    greedy = max(products)
    taken = products[greedy]
    if min(products) < GREEDY_LOSES * most <= greedy:
        raise Wrong(
            "two candidates with the same start are equally probable, and with one of them the "
            "greedy program does not lose so much: which is taken?"
        )
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
