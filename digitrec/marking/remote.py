"""What is in a notebook's process, to be used by a check as if it were here.

A check calls an answer, looks at what it gives, and at whether the arguments are still what they
were. For this the arguments are sent, and come back; a check cannot tell the difference, but
nothing that the notebook's process does can make it say "right".
"""

from __future__ import annotations

import builtins
import keyword
import types
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from digitrec import forward
from digitrec.marking import wire
from digitrec.marking.process import Process, pickled


class Remote:
    """An object in a notebook's process: its attributes and items are asked for when needed."""

    def __init__(self, process: Process, found: dict[str, Any]) -> None:
        self.__dict__["_process"] = process
        self.__dict__["_found"] = found

    def __getattr__(self, name: str) -> Any:
        """Return an attribute; special ones, which Python itself looks for, are not there."""
        if name.startswith("__") or name.startswith("_array_"):
            raise AttributeError(name)
        return self._ask({"do": "attribute", "number": self._found["number"], "name": name})

    def __len__(self) -> int:
        """Return how many items it has."""
        length = self._ask({"do": "length", "number": self._found["number"]})
        if not isinstance(length, int):
            raise TypeError(f"object of type {self._found['type']!r} has no len()")
        return length

    def __bool__(self) -> bool:
        """An object that is there is true."""
        return True

    def __getitem__(self, index: Any) -> Any:
        """Return an item."""
        encoder = wire.Encoder(lambda value: None)
        message = {
            "do": "item",
            "number": self._found["number"],
            "index": encoder.tree(index),
        }
        return self._ask(message, encoder.parts)

    def __iter__(self) -> Iterator[Any]:
        """Go through its items; an endless one is cut short."""
        found = self._ask({"do": "items", "number": self._found["number"]})
        return iter(found if isinstance(found, list) else [])

    def __array__(self, *arguments: Any, **options: Any) -> Any:
        """It is no array: those are sent. NumPy would look for items in items without an end."""
        raise TypeError(f"expected an array, found {self._found['type']}")

    def __deepcopy__(self, memo: Any) -> Remote:
        """There is only the one in the notebook's process."""
        return self

    def _ask(self, message: dict[str, Any], parts: list[bytes] | None = None) -> Any:
        process: Process = self._process
        reply, data = process.request(message, parts or [], process.limits.call_seconds)
        return answer(process, reply, data)[0]


class RemoteCallable(Remote):
    """A function in a notebook's process, or another object that can be called."""

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """Call it there, with copies; the arguments become what they are there after the call."""
        process: Process = self._process
        callbacks: list[Callable[..., Any]] = []

        def refer(value: Any) -> dict[str, Any]:
            if isinstance(value, Remote):
                return {"kind": "reference", "number": value._found["number"]}
            if isinstance(value, types.FunctionType | types.MethodType | types.LambdaType):
                callbacks.append(value)
                return {"kind": "callback", "number": len(callbacks) - 1}
            return pickled(encoder, value)

        encoder = wire.Encoder(refer)
        message = {
            "do": "call",
            "number": self._found["number"],
            "arguments": encoder.tree(arguments),
            "options": encoder.tree(options),
        }
        reply, data = process.request(
            message,
            encoder.parts,
            process.limits.call_seconds,
            callbacks,
            lambda tree, data: value_of(process, tree, data),
        )
        value, after = answer(process, reply, data)
        write_back([*arguments, *options.values()], after)
        return value


def value_of(process: Process, tree: Any, data: bytes) -> Any:
    """Return a value that a notebook's process has sent."""

    def resolve(found: dict[str, Any]) -> Any:
        if found.get("kind") != "reference" or not isinstance(found["number"], int):
            raise wire.WireError("expected a value or a reference")
        return remote(process, found)

    return wire.Decoder(data, resolve).value(tree)


def remote(process: Process, found: dict[str, Any]) -> Remote:
    """Return what stands for an object in a notebook's process; it is called as its class is."""
    base = RemoteCallable if found.get("callable") is True else Remote
    name = proper_name(found.get("type"), "object")
    made = type(name, (base,), {"__module__": "notebook"})(process, found)
    made.__dict__["__name__"] = proper_name(found.get("name"), name)
    return made


def proper_name(name: Any, otherwise: str) -> str:
    """Return a name if it is one that a class may have."""
    fits = isinstance(name, str) and name.isidentifier() and not keyword.iskeyword(name)
    return str(name)[:60] if fits else otherwise


def answer(process: Process, reply: dict[str, Any], data: bytes) -> tuple[Any, Any]:
    """Return what a notebook's process has answered, and its arguments as they are now.

    Raises
    ------
    Exception
        The one that was raised there, by its name.
    """
    try:
        if reply.get("say") == "raised":
            raise error_of(reply)
        if reply.get("say") == "network":
            return network(value_of(process, reply.get("value"), data)), None
        if reply.get("say") != "value":
            raise wire.WireError("expected a value")
        return (
            value_of(process, reply.get("value"), data),
            value_of(process, reply.get("after"), data),
        )
    except wire.WireError as error:
        process.end(f"sent what is no answer: {error}")
        raise AssertionError from None  # end() raises


def network(found: Any) -> forward.Sequential:
    """Return a network like the one that was described: the book's own layers, with its arrays.

    Raises
    ------
    ValueError
        When the book has no such layer, or the arrays do not fit.
    """
    if not isinstance(found, dict):
        raise wire.WireError("expected a description")
    try:
        return forward.Sequential.from_description(
            found["description"], found["weights"], found["input_shape"]
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"a network that cannot be built: {error}") from None


def error_of(reply: dict[str, Any]) -> Exception:
    """Return an error as it was raised there: its name, its text, and the notebook's line."""
    name = proper_name(reply.get("type"), "Exception")
    text, where = str(reply.get("text", ""))[:600], str(reply.get("where", ""))[:600]
    known = getattr(builtins, name, None)
    simple = (AttributeError, TypeError, ValueError, NameError, IndexError, ZeroDivisionError)
    if known not in simple:
        known = type(name, (Exception,), {"__module__": "notebook"})
    if where:
        text = f"{text} ({where})" if text else where
    found: Exception = known(text)
    return found


def write_back(ours: Any, theirs: Any) -> None:
    """Make our arguments what they became there, so that a check sees what a call has changed.

    What was sent by reference, or is not of the same kind any more, is left as it is.
    """
    if isinstance(ours, np.ndarray) and isinstance(theirs, np.ndarray):
        same = ours.shape == theirs.shape and ours.tobytes() == theirs.tobytes()
        if not same and ours.flags.writeable:
            if ours.shape == theirs.shape:
                ours[...] = theirs
            else:  # reshaped in place
                ours.resize(theirs.shape, refcheck=False)
                ours[...] = theirs
    elif isinstance(ours, dict) and isinstance(theirs, dict):
        if list(ours) == list(theirs):
            for key in ours:
                if _is_container(ours[key]):
                    write_back(ours[key], theirs[key])
                else:
                    ours[key] = theirs[key]
        else:
            ours.clear()
            ours.update(theirs)
    elif isinstance(ours, list) and isinstance(theirs, list):
        if len(ours) == len(theirs):
            for k, item in enumerate(ours):
                if _is_container(item):
                    write_back(item, theirs[k])
                elif not isinstance(theirs[k], Remote):
                    ours[k] = theirs[k]
        else:
            ours[:] = theirs
    elif isinstance(ours, tuple) and isinstance(theirs, tuple | list):
        for item, now in zip(ours, theirs, strict=False):
            write_back(item, now)


def _is_container(value: Any) -> bool:
    return isinstance(value, np.ndarray | dict | list | tuple)
