"""A mistake is named only where it explains all results of a reader's function, not one of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from digitrec.checks.asking import Wrong, ask
from digitrec.checks.comparing import Case, Mistakes, array, difference, same


@dataclass(frozen=True)
class Asked(Case):
    """A case that may have several right results, and hints of its own.

    In ``mistakes`` and ``here`` a value may also be a function from the result to a truth.

    Attributes
    ----------
    right : function or None
        Whether a result is right, where more than ``expected`` is.
    here : sequence of (value, hint)
        Hints that are true of this case alone, for a result that no mistake explains.
    """

    right: Callable[[np.ndarray], bool] | None = None
    here: Mistakes = ()

    def passes(self, found: np.ndarray) -> bool:
        """Tell whether a result is right."""
        if self.right is not None:
            return self.right(found)
        whole = not self.whole or same(found, np.rint(found), 0)
        return whole and same(found, self.expected, self.digits)


Look = Callable[[Any, Asked], None]


def settle_together(answer: Any, cases: Sequence[Asked], look: Look | None = None) -> None:
    """Ask a reader's function in all cases; then say which mistake explains what it returned.

    Where results are single numbers, a wrong one often agrees by chance with what some other
    mistake would give; over all cases it does not. A mistake that a case does not list is taken
    to leave that case right.

    Parameters
    ----------
    answer : the reader's function
    cases : all worked out before
    look : called with each result as it is and its case, to raise ``Wrong`` for its type
    """
    found = []
    for case in cases:
        result = ask(answer, *case.arguments)
        found.append(array(result, np.shape(case.expected), case.what, case.given))
        if look is not None:
            look(result, case)
    wrong = [k for k, case in enumerate(cases) if not case.passes(found[k])]
    if not wrong:
        return
    for _, hint in (pair for k in wrong for pair in cases[k].mistakes):
        if all(_explains(hint, case, one) for case, one in zip(cases, found, strict=True)):
            raise Wrong(hint)
    for k in wrong:
        for value, hint in cases[k].here:
            if _agrees(found[k], value):
                raise Wrong(hint)
    first, case = found[wrong[0]], cases[wrong[0]]
    if same(first, case.expected, case.digits):  # so it is not whole
        raise Wrong(f"expected whole numbers, {difference(first, np.rint(first), case.given)}")
    raise Wrong(difference(first, np.asarray(case.expected), case.given))


def _explains(hint: str, case: Asked, found: np.ndarray) -> bool:
    """Tell whether a mistake gives what was found in a case."""
    values = [value for value, text in case.mistakes if text == hint]
    if not values:
        return case.passes(found)
    return any(_agrees(found, value) for value in values)


def _agrees(found: np.ndarray, value: Any) -> bool:
    """Tell whether a result is that of a mistake, NaN where it is NaN."""
    if callable(value):
        return bool(value(found))
    if np.shape(found) != np.shape(value):
        return False
    return bool(np.allclose(found, value, rtol=1e-5, atol=1e-6, equal_nan=True))
