"""Tables of right and wrong answers become tests.

A module ``test_checks_<part>.py`` has two tables, and makes its tests of them in one line::

    RIGHT = {checks.max_pool: [answer, ...]}             # at least four, written differently
    WRONG = {checks.max_pool: [(answer, "word"), ...]}   # at least eight
    test_right, test_wrong, test_odd = check_table.tests(RIGHT, WRONG)

An answer is what a reader hands to the check: a function, an array, a dictionary. ``Later(make)``
stands for one that takes a while to make; it is made when the test runs. The ``word`` stands in the
hint that the wrong answer gets; of words with ``|`` between them, one does (where inputs are random
and a mistake may show in two ways). ``test_odd`` hands each check what nobody should: it must say
so in a line that begins with ✗.

``test_checks_tables.py`` counts the answers of every check in ``checks.CHECKS``.
"""

import types
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

Check = Callable[[Any], Any]
Right = dict[Check, list[Any]]
Wrong = dict[Check, list[tuple[Any, str]]]


@dataclass(frozen=True)
class Later:
    """An answer that is made when it is needed, such as a network that has to be trained."""

    make: Callable[[], Any]


class Awkward:
    """An object whose every question is an error."""

    def __getattr__(self, name):
        raise RuntimeError("no")

    def __array__(self, *args, **options):
        raise RuntimeError("no")

    def __len__(self):
        raise RuntimeError("no")

    def __iter__(self):
        raise RuntimeError("no")

    def __eq__(self, other):
        raise RuntimeError("no")

    def __repr__(self):
        raise RuntimeError("no")

    __hash__ = None  # type: ignore[assignment]


def refuses():
    """A function that takes no argument."""
    raise AssertionError("it was called")


#: What no check may choke on, and none may accept.
ODD: dict[str, Any] = {
    "nothing": None,
    "dots": ...,
    "returns nothing": lambda *a: None,
    "returns dots": lambda *a: ...,
    "raises": lambda *a: 1 / 0,
    "asks for too little": refuses,
    "asks for too much": lambda a, b, c, d, e, f, g, h: 1,
    "returns an object": lambda *a: object(),
    "returns an awkward object": lambda *a: Awkward(),
    "returns a ragged list": lambda *a: [[1], [2, 3]],
    "returns an empty list": lambda *a: [],
    "returns an empty array": lambda *a: np.zeros((0, 3)),
    "returns a dictionary": lambda *a: {},
    "returns a string": lambda *a: "seven",
    "returns a huge number": lambda *a: 10**400,
    "returns NaN and infinity": lambda *a: (np.nan, np.inf),
    "returns NaN": lambda *a: np.nan,
    "returns complex numbers": lambda *a: 1j * np.ones(10),
    "returns objects in an array": lambda *a: np.array([None, "x"], dtype=object),
    "returns a function": lambda *a: print,
    "returns a generator": lambda *a: (k for k in "abc"),
    "returns its arguments": lambda *a: a,
    "a number": 7,
    "text": "seven",
    "bytes": b"seven",
    "an empty dictionary": {},
    "a dictionary of dots": {"A": ...},
    "a dictionary of lists": {1: []},
    "NaN": np.nan,
    "an empty list": [],
    "a ragged list": [[1], [2, 3]],
    "a list of None": [None],
    "an empty array": np.zeros((0, 3)),
    "an array of objects": np.array([None, "x"], dtype=object),
    "an array of text": np.array(["a", "b"]),
    "an object": object(),
    "an awkward object": Awkward(),
    "a class": Awkward,
    "Python's own class": dict,
    "a module": types,
    "a set": {1, 2},
    "a bound method": [].append,
}


def _every(cases: dict[Check, list[Any]]) -> list[Any]:
    return [
        pytest.param(check, case, id=f"{check.__name__}-{k}", marks=_marks(case))
        for check, answers in cases.items()
        for k, case in enumerate(answers)
    ]


def _marks(case: Any) -> list[Any]:
    """Mark a case as slow if its answer takes a while to make."""
    answer = case[0] if isinstance(case, tuple) else case
    return [pytest.mark.slow] if isinstance(answer, Later) else []


def _made(answer: Any) -> Any:
    return answer.make() if isinstance(answer, Later) else answer


def tests(right: Right, wrong: Wrong) -> tuple[Callable, Callable, Callable]:
    """Return three tests: that right answers pass, that wrong ones do not, that odd ones do not.

    Parameters
    ----------
    right : check → answers that must pass
    wrong : check → pairs of an answer that must not, and a word of the hint that it gets
    """

    @pytest.mark.parametrize(("check", "answer"), _every(right))
    def test_right(check, answer, capsys):
        verdict = check(_made(answer))
        out = capsys.readouterr().out
        assert bool(verdict) is True, out
        assert out == f"✓ {check.__name__}: right.\n", out

    @pytest.mark.parametrize(("check", "case"), _every(wrong))
    def test_wrong(check, case, capsys):
        answer, hint = case
        verdict = check(_made(answer))
        out = capsys.readouterr().out
        assert bool(verdict) is False, f"accepted: {hint}"
        assert out.startswith(f"✗ {check.__name__}: "), out
        assert any(word.lower() in out.lower() for word in hint.split("|")), out
        assert "could not be checked" not in out, out

    @pytest.mark.parametrize("answer", ODD.values(), ids=ODD)
    @pytest.mark.parametrize("check", right, ids=lambda check: check.__name__)
    def test_odd(check, answer, capsys):
        verdict = check(answer)
        out = capsys.readouterr().out
        assert bool(verdict) is False, "accepted"
        assert out.startswith("✗ "), out
        assert out.count("\n") == 1, out
        assert "could not be checked" not in out, out

    return test_right, test_wrong, test_odd
