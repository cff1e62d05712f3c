"""Check of chapter 6: a rule that says which digits of a page to answer."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from digitrec import mnist
from digitrec.blurred import blurred_pages
from digitrec.checks.asking import Wrong, ask, check
from digitrec.checks.comparing import array, axes

#: What ``accept`` must answer at least, of all digits and of each of the ten, and how much of
#: what it answers may be wrong.
ANSWERED, ANSWERED_EACH, ANSWERED_WRONG = 0.80, 0.30, 0.06


@functools.cache
def _unseen() -> tuple[np.ndarray, np.ndarray]:
    """Read the pages that rules are measured on: of test digits, the same for each rule."""
    return blurred_pages(*mnist.load_test(), pages=6, seed=20)


@check
def accept(answer: Callable[..., Any]) -> None:
    """``accept(p)``: (N, 10) probabilities → (N,) bool, whether to answer; few answers wrong."""
    p, y = _unseen()
    p = p.astype(float)
    answered = _truths(ask(answer, p), len(p))
    order = p.max(axis=1).argsort()
    for chosen in (order, order[: len(p) // 2], order[len(p) // 2 :], order[:1], order[-1:]):
        if not np.array_equal(_truths(ask(answer, p[chosen]), len(chosen)), answered[chosen]):
            raise Wrong("whether a digit is answered depends on which others are there with it.")
    wrong = p.argmax(axis=1) != y
    all_wrong = wrong.mean()
    share = answered.mean()
    if share == 1:
        raise Wrong(f"it answers all, and {all_wrong:.1%} of that is wrong.")
    if share < ANSWERED:
        kept = f"; of that {wrong[answered].mean():.1%} is wrong" if answered.any() else ""
        raise Wrong(
            f"it answers {share:.1%} of the digits{kept}. At least {ANSWERED:.0%} are asked for: "
            "on your validation digits, what share does it answer?"
        )
    among = wrong[answered].mean()
    if among >= all_wrong:
        raise Wrong(
            f"of what it answers {among:.1%} is wrong, and of all {all_wrong:.1%}: it does not "
            "keep the surer ones. Look at validation digits that are misread."
        )
    each = np.array([answered[y == digit].mean() for digit in range(10)])
    if each.min() < ANSWERED_EACH:
        raise Wrong(
            f"of the digits that are a {each.argmin()} it answers {each.min():.0%}; of each of the "
            f"ten at least {ANSWERED_EACH:.0%} are asked for."
        )
    if among > ANSWERED_WRONG:
        raise Wrong(
            f"of what it answers {among:.1%} is wrong; at most {ANSWERED_WRONG:.0%} may be. "
            f"It answers {share:.1%}: could it answer a little less?"
        )


def _truths(result: Any, count: int) -> np.ndarray:
    """Return a result as (N,) bool."""
    if axes(result) == 0:
        raise Wrong("expected one True or False for each row, found one value.")
    found = array(result, (count,), "one True or False for each row")
    if np.asarray(result).dtype != bool:
        if set(found) - {0, 1}:
            raise Wrong("expected True or False for each row; these are other numbers.")
        raise Wrong("expected True or False for each row (bool), found numbers 0 and 1.")
    truths: np.ndarray = found == 1
    return truths
