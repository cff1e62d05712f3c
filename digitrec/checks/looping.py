"""Whether a reader's function goes through its input in Python, step by step.

Counted, not read: whether the loop is a ``for``, a comprehension, ``np.vectorize``, a recursion or
in a function of its own makes no difference, and a loop over something short is none.
"""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

from digitrec.checks.asking import Wrong, ask

#: How much more Python may do for a large input than for a small one. Branches inside NumPy that
#: depend on the size need some; a loop over a thousand rows takes several thousand.
MORE_STEPS = 200


def steps(function: Any, *arguments: Any) -> int:
    """Count the steps that Python's interpreter takes in a call of a reader's function."""
    count = 0

    def local(frame: FrameType, event: str, value: Any) -> Any:
        nonlocal count
        count += 1
        return local

    def entered(frame: FrameType, event: str, value: Any) -> Any:
        nonlocal count
        count += 1
        return local

    def traced(*given: Any) -> Any:
        before = sys.gettrace()
        sys.settrace(entered)
        try:
            return function(*given)
        finally:
            sys.settrace(before)

    ask(traced, *arguments)
    return count


def no_loop(function: Any, small: tuple[Any, ...], large: tuple[Any, ...], over: str) -> None:
    """Raise ``Wrong`` if a function takes more steps for a large input than for a small one.

    Parameters
    ----------
    function : the reader's; it is known to give right results
    small, large : arguments
        The large ones have at least a thousand more of what must not be gone through.
    over : what that is, for the hint
    """
    steps(function, *small)  # what is done once, such as an import
    if steps(function, *large) > steps(function, *small) + MORE_STEPS:
        raise Wrong(
            f"the numbers are right, but Python goes through {over} one by one. NumPy does it in "
            "one go, and far faster; that is what is asked for here."
        )
