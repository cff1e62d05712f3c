"""A reader's answer is asked: on copies, for a limited time, and whatever goes wrong is a sentence.

A check is a function that raises ``Wrong`` with a hint, or returns. ``check`` makes of it what a
reader calls: it prints one line and returns a ``Verdict``, and never a traceback of ours.
"""

from __future__ import annotations

import copy
import ctypes
import hashlib
import linecache
import sys
import sysconfig
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import wraps
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

#: Seconds that one call of a reader's function may take. What an exercise asks for takes
#: milliseconds; the rest is for a slow machine.
LIMIT = 20.0
#: Bytes above which an array of integers is handed over itself: beside a network that trains, a
#: copy of MNIST's training images would bring a chapter out of Binder's memory.
LARGE = 16_000_000

_OURS = str(Path(__file__).parents[1])
_INSTALLED = tuple(sysconfig.get_paths()[name] for name in ("stdlib", "purelib", "platlib"))


class Verdict:
    """Whether an answer is right: true or false in an ``if``, and silent in a notebook.

    A check has printed its line already; a notebook would add ``True`` or ``False`` below it.

    Attributes
    ----------
    right : bool
    message : str
        ``"right."``, or the hint.
    """

    def __init__(self, right: bool, message: str = "") -> None:
        self.right = right
        self.message = message

    def __bool__(self) -> bool:
        return self.right

    def __repr__(self) -> str:
        return f"Verdict({self.right}, {self.message!r})"

    def _ipython_display_(self) -> None:
        """Show nothing."""


class Wrong(Exception):
    """What is wrong with an answer, in words for the reader."""


class Unanswered(Wrong):
    """There is no answer yet."""


class TooLong(BaseException):
    """A reader's function takes longer than it may. No ``except Exception`` of theirs ends it."""


#: All checks by their names.
CHECKS: dict[str, Callable[[Any], Verdict]] = {}


def check(examine: Callable[[Any], None]) -> Callable[[Any], Verdict]:
    """Turn a function that raises ``Wrong`` into one that prints a line and returns a verdict."""

    @wraps(examine)
    def checked(answer: Any) -> Verdict:
        verdict = _verdict(examine, answer)
        say("✓" if verdict else "✗", f"{examine.__name__}: {verdict.message}")
        return verdict

    CHECKS[examine.__name__] = checked
    return checked


def _verdict(examine: Callable[[Any], None], answer: Any) -> Verdict:
    """Examine an answer; whatever happens becomes a verdict."""
    try:
        if answer is None or answer is Ellipsis:
            raise Unanswered("nothing here yet. Write your answer in the cell, then run it.")
        examine(answer)
    except Wrong as wrong:
        return Verdict(False, str(wrong))
    except KeyboardInterrupt:
        return Verdict(False, "stopped before it had an answer.")
    except Exception as error:  # noqa: BLE001 (an object made to be awkward; still one line)
        return Verdict(
            False,
            f"could not be checked: an object of type {type(answer).__name__} led to "
            f"{type(error).__name__}: {_short(error)}",
        )
    return Verdict(True, "right.")


def say(mark: str, line: str) -> None:
    """Print a verdict; where the output cannot show the mark, in letters."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        mark.encode(encoding)
    except UnicodeEncodeError:
        mark = {"✓": "OK", "✗": "NO"}[mark]
    # What the reader's own code says may hold anything.
    print(f"{mark} {line}".encode(encoding, "replace").decode(encoding))


def ask(function: Any, *arguments: Any, limit: float | None = None) -> Any:
    """Call the reader's function with copies of the arguments, and return what it returns.

    Parameters
    ----------
    function : the reader's
    arguments : arrays, numbers, strings, lists and dictionaries of such, or functions
        Of all but functions, and arrays of integers above ``LARGE`` bytes, it is given copies.
    limit : seconds that it may take; ``LIMIT`` if not given

    Raises
    ------
    Wrong
        It is no function, raised something, took too long or changed what it was given.
    Unanswered
        It returned nothing.
    """
    if isinstance(function, type) or not callable(function):
        kind = "a class" if isinstance(function, type) else type(function).__name__
        raise Wrong(f"expected a function, found {kind}. Name it without calling it.")
    given = tuple(_copy(argument) for argument in arguments)
    kept = tuple(_keep(argument) for argument in arguments)
    result = guarded(lambda: function(*given), "your function", limit)
    if result is None or result is Ellipsis:
        raise Unanswered("your function returns nothing yet. Does it end with return?")
    for number, (before, after) in enumerate(zip(kept, given, strict=True), start=1):
        if not callable(before) and not _equal(before, _keep(after)):
            which = f" (argument {number})" if len(arguments) > 1 else ""
            raise Wrong(
                f"it changed its input{which}; leave that as it is, or put each entry back."
            )
    return result


def guarded(call: Callable[[], Any], who: str, limit: float | None = None) -> Any:
    """Return what a call of a reader's code returns; whatever goes wrong in it is a ``Wrong``.

    Parameters
    ----------
    call : what is called
    who : what the sentence begins with, such as ``"your function"``
    limit : seconds that it may take; ``LIMIT`` if not given
    """
    seconds = LIMIT if limit is None else limit
    try:
        with _time_limit(seconds), np.errstate(all="ignore"):
            return call()
    except TooLong:
        raise Wrong(
            f"{who} had no result after {seconds:g} seconds. Is there a loop that never ends, "
            "or does it try every way there is?"
        ) from None
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 (whatever a reader's code raises, sys.exit too)
        place = _place(error.__traceback__)
        # The reader's own words may be long; a hint is one line.
        text = f": {_short(error)}" if str(error) else "."
        raise Wrong(f"{who} raised {type(error).__name__}{place}{text}") from None


@contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Raise ``TooLong`` in this thread when the block takes longer, on every system.

    A signal's alarm would be for Unix and the main thread alone. The exception is raised between
    two of Python's own steps: one call into compiled code is waited for.
    """
    thread, over, raised = threading.get_ident(), threading.Event(), threading.Event()
    raise_in = ctypes.pythonapi.PyThreadState_SetAsyncExc

    def watch() -> None:
        wait = seconds
        # Again and again: a bare except of the reader's may have caught it.
        while not over.wait(wait):
            raised.set()
            raise_in(ctypes.c_ulong(thread), ctypes.py_object(TooLong))
            wait = 0.1

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
        if raised.is_set():
            # One may not have arrived yet. Another takes its place, and arrives here. (Taking it
            # back, with None, leaves the interpreter looking for it at each step, and under a
            # debugger it then looks for ever.)
            with suppress(TooLong):
                raise_in(ctypes.c_ulong(thread), ctypes.py_object(TooLong))
                while True:
                    pass
    if raised.is_set():
        raise TooLong


def _place(trace: TracebackType | None) -> str:
    """Name the reader's own line that led to an error: `` in line 3, `z = x @ w`,``; or nothing."""
    found = ""
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if not name.startswith((_OURS, "<frozen", *_INSTALLED)):
            text = linecache.getline(name, trace.tb_lineno).strip()
            found = f" in line {trace.tb_lineno}" + (f", `{text}`" if text else "")
        trace = trace.tb_next
    return found


def _short(error: BaseException, most: int = 300) -> str:
    """Return an error's text in one line."""
    try:
        text = " ".join(str(error).split())
    except Exception:  # noqa: BLE001 (an error whose text cannot be had)
        return "?"
    return text if len(text) <= most else text[: most - 1] + "…"


def _is_large(argument: Any) -> bool:
    # Of decimals, a rounding may change: a checksum is too strict for them.
    integers = isinstance(argument, np.ndarray) and argument.dtype.kind in "iu"
    return integers and argument.nbytes > LARGE


def _copy(argument: Any) -> Any:
    """Copy what a reader's function may change."""
    return argument if callable(argument) or _is_large(argument) else copy.deepcopy(argument)


def _keep(argument: Any) -> Any:
    """Return what an argument is compared by afterwards: itself, or a large array's checksum."""
    if not _is_large(argument):
        return argument
    whole = np.ascontiguousarray(argument)
    return (argument.shape, str(argument.dtype), hashlib.sha256(whole.data).hexdigest())


def _equal(before: Any, after: Any) -> bool:
    """Tell whether an argument is what it was: its type, its numbers, each of its parts."""
    if isinstance(before, np.ndarray) or isinstance(after, np.ndarray):
        if not (isinstance(before, np.ndarray) and isinstance(after, np.ndarray)):
            return False  # one of them is too small, by now, to be a checksum
        if before.dtype != after.dtype or before.shape != after.shape:
            return False
        if before.dtype.kind != "f":
            return bool(np.array_equal(before, after))
        # What was moved and put back may be off by a rounding.
        return bool(np.allclose(before, after, rtol=1e-12, atol=1e-12, equal_nan=True))
    if isinstance(before, Mapping):
        return before.keys() == after.keys() and all(_equal(before[k], after[k]) for k in before)
    if isinstance(before, Sequence) and not isinstance(before, str):
        return len(before) == len(after) and all(map(_equal, before, after))
    return bool(before == after)
