"""A reader's result is compared with the definition's, and what differs is named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from digitrec.checks.asking import Wrong, ask

#: A value that a known mistake gives, and the hint for it.
Mistakes = Sequence[tuple[Any, str]]


@dataclass(frozen=True)
class Case:
    """Arguments, and what the definition makes of them: worked out before a reader's code runs.

    Attributes
    ----------
    arguments : tuple
        What the reader's function is called with.
    expected : array or float
    what : str
        What is expected, in words: ``"one number an image"``.
    mistakes : sequence of (value, hint)
        What known mistakes make of these arguments.
    given : str
        The arguments in words, for the report: ``"n = 28, stride 2"``.
    whole : bool
        Whole numbers are asked for; 3.0 is one, 3.5 is not.
    digits : float
        The relative tolerance; what is nearer than a tenth of it to 0 is 0.
    """

    arguments: tuple[Any, ...]
    expected: Any
    what: str = "an array"
    mistakes: Mistakes = ()
    given: str = ""
    whole: bool = False
    digits: float = 1e-5

    def tells_mistakes_apart(self) -> bool:
        """Whether each known mistake gives something else than the others, and than is expected."""
        values = [self.expected, *(value for value, _ in self.mistakes)]
        return not any(_is(one, other, self.digits) for one, other in combinations(values, 2))


def settle(answer: Any, cases: Sequence[Case]) -> None:
    """Ask a reader's function in each case; raise ``Wrong`` at the first that is wrong.

    A known mistake's hint is given only if the result is that mistake's in every case that has it:
    in one case, two mistakes may give the same by chance, and no answer is told of a mistake that
    it does not make.
    """
    for case in cases:
        expected = np.asarray(case.expected)
        result = ask(answer, *case.arguments)
        if not _is(result, expected, case.digits):
            for wrong, hint in case.mistakes:
                if _is(result, wrong, case.digits) and _everywhere(
                    answer, hint, cases, not _finite(wrong)
                ):
                    raise Wrong(hint)
        found = array(result, expected.shape, case.what, case.given)
        if not same(found, expected, case.digits):
            raise Wrong(difference(found, expected, case.given))
        if case.whole and not same(found, np.rint(found), 0):
            raise Wrong(f"expected whole numbers, {difference(found, expected, case.given)}")


def _is(result: Any, value: Any, digits: float) -> bool:
    """Tell whether a result is numbers of the shape of a value, and agrees with them.

    Here NaN agrees with NaN: a known mistake may overflow.
    """
    try:
        found = array(result, np.shape(value), "")
    except Wrong:
        return False
    return bool(np.allclose(found, value, rtol=digits, atol=digits / 10, equal_nan=True))


def _everywhere(answer: Any, hint: str, cases: Sequence[Case], overflows: bool) -> bool:
    """Tell whether an answer makes a known mistake wherever it can show.

    Where the mistake is no overflow, the answer may have one besides, in cases with huge numbers.
    """
    for case in cases:
        values = [value for value, text in case.mistakes if text == hint]
        try:
            result = ask(answer, *case.arguments) if values else None
        except Wrong:
            return False
        if not values or (not overflows and not _finite(result)):
            continue
        if not any(_is(result, value, case.digits) for value in values):
            return False
    return True


def _finite(result: Any) -> bool:
    """Tell whether a result is numbers, none of them NaN or infinite."""
    try:
        return bool(np.isfinite(np.asarray(result, dtype=float)).all())
    except (TypeError, ValueError):
        return False


def array(result: Any, shape: tuple[int, ...], what: str, given: str = "") -> np.ndarray:
    """Return a result as float64 of the shape expected.

    Raises
    ------
    Wrong
        It is no array of numbers, or one of another shape.
    """
    case = f"for {given} " if given else ""
    try:
        if np.asarray(result).dtype.kind not in "biuf":  # text would become numbers
            raise TypeError
        found = np.asarray(result, dtype=float)
    except Exception:  # noqa: BLE001 (whatever an object that is no array raises)
        raise Wrong(f"{case}expected {what}, found {_kind(result)}.") from None
    if found.shape != shape:
        of = "one value" if found.shape == () else f"shape {found.shape}"
        asked = f"{what} of shape {shape}" if shape else what
        raise Wrong(f"{case}expected {asked}, found {of}.")
    return found


def _kind(result: Any) -> str:
    """Say what a result is that is no array of numbers."""
    if isinstance(result, np.ndarray | np.generic):
        return f"an array of the type {result.dtype}"
    if isinstance(result, int):
        return "a whole number too large to be right"
    return type(result).__name__


def axes(result: Any) -> int | None:
    """Count the axes of what may be an array; None where it cannot be one."""
    try:
        return int(np.ndim(result))
    except Exception:  # noqa: BLE001 (whatever an object that is no array raises)
        return None


def same(found: Any, expected: Any, digits: float = 1e-5) -> bool:
    """Tell whether numbers agree, by default to five digits; NaN agrees with nothing."""
    if np.shape(found) != np.shape(expected):
        return False
    return bool(np.allclose(found, expected, rtol=digits, atol=digits / 10))


def explain(found: Any, mistakes: Mistakes) -> None:
    """Give the hint of the known mistake that a wrong result comes from, if it is one."""
    for wrong, hint in mistakes:
        if same(found, wrong):
            raise Wrong(hint)


def difference(found: np.ndarray, expected: np.ndarray, given: str = "") -> str:
    """Say where a result differs: the first element that does, as it is and as it should be."""
    case = f"for {given} " if given else ""
    wrong = np.argwhere(~np.isclose(found, expected, rtol=1e-5, atol=1e-6))
    if not len(wrong):  # nearer than that, but not near enough
        wrong = np.argwhere(found != expected)
    index = tuple(int(k) for k in wrong[0])
    want, got = told_apart(float(expected[index]), float(found[index]))
    if not index:
        return f"{case}expected {want}, found {got}."
    at = ", ".join(map(str, index))
    also = f"; {len(wrong)} of {expected.size} differ" if len(wrong) > 1 else ""
    return f"{case}element [{at}] should be {want}, yours is {got}{also}."


def told_apart(expected: float, found: float) -> tuple[str, str]:
    """Write two numbers with as many digits as it takes to tell them apart, four at least."""
    whole = all(abs(value) < 1e15 and value == round(value) for value in (expected, found))
    if whole and expected != found:
        return f"{expected:.0f}", f"{found:.0f}"
    for digits in range(4, 18):
        pair = f"{expected:.{digits}g}", f"{found:.{digits}g}"
        if pair[0] != pair[1]:
            return pair
    return repr(expected), repr(found)
