"""What a reader's function takes from elsewhere than its arguments.

Looked up, not run: the names in its code and in the code of each function of the reader's that it
calls, what they stand for, and what it holds by itself (a closure, a default, an attribute).
"""

from __future__ import annotations

import dis
import functools
from collections.abc import Callable, Iterator, Mapping
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from digitrec.checks.asking import _INSTALLED, _OURS

#: Bytes of numbers that a function may hold besides its arguments: sizes and names, no weights.
FREE_BYTES = 256
#: How deep objects inside objects are looked at.
DEPTH = 6


def _codes(code: CodeType) -> Iterator[CodeType]:
    """Yield a function's code and that of the functions inside it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _own(function: FunctionType) -> bool:
    """Tell whether a function is the reader's, and no library's."""
    return not function.__code__.co_filename.startswith((_OURS, "<frozen", *_INSTALLED))


def _names(function: FunctionType) -> Iterator[tuple[str, Any]]:
    """Yield what a function takes from elsewhere, with the name that it has there."""
    for code in _codes(function.__code__):
        for step in dis.get_instructions(code):
            if step.opname in ("LOAD_GLOBAL", "LOAD_NAME") and step.argval in function.__globals__:
                yield step.argval, function.__globals__[step.argval]
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            yield name, cell.cell_contents
        except ValueError:  # nothing in it yet
            continue
    arguments = function.__code__.co_varnames[: function.__code__.co_argcount]
    defaults = function.__defaults__ or ()
    yield from zip(arguments[len(arguments) - len(defaults) :], defaults, strict=True)
    yield from (function.__kwdefaults__ or {}).items()
    yield from vars(function).items()


def _followed(function: Any) -> tuple[list[FunctionType], list[tuple[str, Any]]]:
    """Return the reader's functions that a function reaches, and (name, value) of all else."""
    seen: set[int] = set()
    waiting: list[tuple[str, Any]] = [("", function)]
    own: list[FunctionType] = []
    other: list[tuple[str, Any]] = []
    while waiting:
        name, value = waiting.pop(0)
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, FunctionType) and _own(value):
            own.append(value)
            waiting += _names(value)
        elif isinstance(value, MethodType):
            waiting += [(name, value.__func__), (name, value.__self__)]
        elif isinstance(value, functools.partial):
            waiting += [(name, part) for part in (value.func, *value.args)]
            waiting += value.keywords.items()
        elif value is function and not isinstance(value, FunctionType):  # it has a __call__
            waiting += [(name, vars(type(value)).get("__call__"))]
            waiting += vars(value).items() if hasattr(value, "__dict__") else []
        else:
            other.append((name, value))
    return own, other


def _bytes(value: Any, depth: int = DEPTH) -> float:
    """Count the bytes of numbers in a value: infinitely many where it is a network."""
    if value is None or isinstance(value, ModuleType | type | FunctionType | BuiltinFunctionType):
        return 0
    if isinstance(value, np.ndarray | np.generic):
        return float(value.nbytes)
    if isinstance(value, int):
        return value.bit_length() / 8
    if isinstance(value, float | complex):
        return 8
    if isinstance(value, str | bytes | bytearray):
        # A name has a few letters; hundreds of them may hold weights.
        return len(value) if isinstance(value, bytes | bytearray) or len(value) > 100 else 0
    if depth == 0:
        return 0
    if isinstance(value, Mapping):
        return sum(_bytes(part, depth - 1) for part in (*value.keys(), *value.values()))
    if isinstance(value, list | tuple | set | frozenset):
        return sum(_bytes(part, depth - 1) for part in value)
    if hasattr(value, "get_weights"):
        return float("inf")
    inside = getattr(value, "__dict__", None)
    return _bytes(inside, depth - 1) if isinstance(inside, dict) else 0


def held(function: Any) -> str:
    """Return the name of what holds numbers that are no argument; ``""`` if there is nothing.

    A few are free: sizes, the names of layers, one scale.
    """
    if any(base.__module__.startswith("digitrec.") for base in type(function).__mro__):
        return ""  # it stands for a function of another process, which cannot be looked into
    total = 0.0
    for name, value in _followed(function)[1]:
        try:
            size = _bytes(value)
        except Exception:  # noqa: BLE001 (an object made to be awkward)
            continue
        total += size
        if total > FREE_BYTES or (isinstance(value, np.ndarray) and value.size > 1):
            return name or type(value).__name__
    return ""


def calls(function: Any, library: Callable[..., Any]) -> bool:
    """Tell whether a reader's function, or one that it calls, names a function of the library."""
    own, other = _followed(function)
    name = library.__name__
    attributes = {word for one in own for code in _codes(one.__code__) for word in code.co_names}
    return any(
        value is library
        or (
            (isinstance(value, ModuleType) and getattr(value, name, None) is library)
            and name in attributes
        )
        for _, value in other
    )
