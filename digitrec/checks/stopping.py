"""The check of chapter 2's early stopping."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from digitrec.checks.asking import check
from digitrec.checks.comparing import Case, settle

Answer = Callable[..., Any]


@check
def best_epoch(answer: Answer) -> None:
    """``best_epoch(losses, patience)``: whose weights early stopping keeps, counted from 1."""
    rng = np.random.default_rng()
    cases = [
        _stop_case([0.5, 0.3, 0.2, 0.25, 0.24, 0.22, 0.3], 3),
        _stop_case([0.5, 0.3, 0.4, 0.45, 0.1], 2),  # it stops before the last
        _stop_case([0.9, 0.8, 0.7, 0.6], 2),  # it never stops
        _stop_case([0.5, 0.6, 0.4, 0.6, 0.3, 0.5, 0.6, 0.1], 2),  # the count begins again
        _stop_case([0.5, 0.6, 0.4], 1),
        _stop_case([0.5, 0.6, 0.7, 0.6, 0.4, 0.5], 4),
        _stop_case([0.5, 0.3, 0.4, 0.45, 0.2, 0.3, 0.4, 0.5, 0.1], 2),
        _stop_case([0.3, 0.5, 0.4, 0.45, 0.2], 2),  # lower than the one before is not enough
        _stop_case([0.5, 0.4, 0.4, 0.4, 0.1], 2),  # as low is not lower
    ]
    for _ in range(12):
        losses = (rng.permutation(20)[:12] / 100 + 0.2).round(2).tolist()
        cases.append(_stop_case(losses, int(rng.integers(1, 5))))
    settle(answer, cases)


def _stop_case(losses: list[float], patience: int) -> Case:
    best, end = _early(losses, patience)
    at = f"losses {losses} and a patience of {patience}"
    return Case(
        (losses, patience),
        best,
        "the number of an epoch",
        (
            (best - 1, "that is the epoch's place in the list; epochs are counted from 1."),
            (
                int(np.argmin(losses)) + 1,
                "training does not get as far as that: it ends once the patience is over.",
            ),
            (end, "that is the epoch at which training ends; the weights kept are of the best."),
            (losses[best - 1], "that is a loss; the number of its epoch is asked for."),
            (min(losses), "that is a loss; the number of its epoch is asked for."),
            (len(losses), "that is the last epoch of all."),
            (
                _early(losses, patience + 1)[0],
                "it waits an epoch too long: it ends after as many epochs without a lower loss as "
                "the patience says.",
            ),
            (
                _early(losses, max(1, patience - 1))[0],
                "it ends an epoch too soon: it waits as many epochs as the patience says.",
            ),
            (
                _early(losses, patience, reset=False)[0],
                "a lower loss begins the count of epochs without one again.",
            ),
            (
                _early(losses, patience, equal=True)[0],
                "a loss that is as low as the lowest is not lower.",
            ),
            (
                _early(losses, patience, neighbour=True)[0],
                "compare with the lowest loss so far, not with that of the epoch before.",
            ),
        ),
        at,
        whole=True,
    )


def _early(
    losses: list[float],
    patience: int,
    *,
    reset: bool = True,
    equal: bool = False,
    neighbour: bool = False,
) -> tuple[int, int]:
    """Return the best epoch until training ends, and the last one, both from 1."""
    best, waited = 0, 0
    for k, loss in enumerate(losses[1:], start=1):
        lower = loss <= losses[best] if equal else loss < losses[best]
        if lower:
            best = k
        if loss < losses[k - 1] if neighbour else lower:
            waited = 0 if reset else waited
        else:
            waited += 1
        if waited >= patience:
            return best + 1, k + 1
    return best + 1, len(losses)
