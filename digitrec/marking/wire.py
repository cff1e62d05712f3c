"""Values as bytes between the marker and a process that it does not trust.

A message is a JSON object, and the bytes of its arrays behind it. Nothing that comes is unpickled,
and nothing is taken that is larger than :data:`MOST_TEXT` and :data:`MOST_BYTES`.

Plain values are sent as what they are: numbers, text, lists, tuples, sets, dictionaries, ranges,
iterators and arrays. All else stays where it is, and a reference to it is sent.
"""

from __future__ import annotations

import itertools
import json
import math
import re
import struct
from collections.abc import Callable, Iterator, Sequence
from typing import IO, Any

import numpy as np

#: Bytes that a message's JSON may have, and its arrays together.
MOST_TEXT, MOST_BYTES = 16 << 20, 128 << 20
#: So many lists may lie in one another.
DEEPEST = 30
#: Items of an iterator that are sent; an endless one ends here.
MOST_ITEMS = 200_000
_LENGTHS = struct.Struct(">QQ")
_DTYPE = re.compile(r"[<>|=]?(?:[biufc](?:1|2|4|8|16)|[SU]\d{1,4})")

Tree = Any
Refer = Callable[[Any], Tree]


class WireError(Exception):
    """A message that is no message, or too large."""


class Encoder:
    """Turns values into JSON, and keeps the bytes of their arrays.

    Parameters
    ----------
    refer
        Gives the JSON object that stands for a value that is not sent itself.
    """

    def __init__(self, refer: Refer) -> None:
        self.refer = refer
        self.parts: list[bytes] = []
        self.size = 0

    def tree(self, value: Any, depth: int = 0) -> Tree:
        """Return a value as JSON."""
        if isinstance(value, np.generic):
            return self._array(np.asarray(value), scalar=True)
        if value is None or isinstance(value, bool | str):
            return value if value is None or isinstance(value, bool) else str(value)
        if isinstance(value, int | float):
            return int(value) if isinstance(value, int) else float(value)
        if value is Ellipsis:
            return {"kind": "ellipsis"}
        if isinstance(value, complex):
            return {"kind": "complex", "parts": [value.real, value.imag]}
        if isinstance(value, range):
            if len(value) > MOST_ITEMS:
                return self.refer(value)
            return {"kind": "range", "parts": [value.start, value.stop, value.step]}
        if depth >= DEEPEST or isinstance(value, bytes | bytearray | memoryview):
            return self.refer(value)
        if isinstance(value, dict):
            pairs = [[self.tree(k, depth + 1), self.tree(v, depth + 1)] for k, v in value.items()]
            return {"kind": "dict", "items": pairs}
        for kind, types in (("tuple", tuple), ("list", list), ("set", set | frozenset)):
            if isinstance(value, types):
                return {"kind": kind, "items": [self.tree(v, depth + 1) for v in value]}
        if isinstance(value, np.ndarray) or hasattr(value, "__array__"):
            return self._array(np.asarray(value))
        if isinstance(value, Sequence):  # a deque, say; for our purposes a list
            items = [self.tree(v, depth + 1) for v in itertools.islice(value, MOST_ITEMS)]
            return {"kind": "list", "items": items}
        if isinstance(value, Iterator):
            items = [self.tree(v, depth + 1) for v in itertools.islice(value, MOST_ITEMS)]
            return {"kind": "iterator", "items": items}
        return self.refer(value)

    def _array(self, array: np.ndarray, *, scalar: bool = False) -> Tree:
        if _DTYPE.fullmatch(array.dtype.str) is None:
            return self.tree(array.tolist(), 1) if array.dtype.kind == "O" else self.refer(array)
        if self.size + array.nbytes > MOST_BYTES:
            raise WireError(f"expected arrays of at most {MOST_BYTES >> 20} MB")
        data = array.tobytes()
        found = {
            "kind": "scalar" if scalar else "array",
            "dtype": array.dtype.str,
            "shape": list(array.shape),
            "at": self.size,
            "frozen": not array.flags.writeable,
        }
        self.parts.append(data)
        self.size += len(data)
        return found


class Decoder:
    """Turns JSON and bytes into values again.

    Parameters
    ----------
    data
        The bytes of the message's arrays.
    resolve
        Gives the value that a reference stands for.
    """

    def __init__(self, data: bytes, resolve: Callable[[dict[str, Any]], Any]) -> None:
        self.data = data
        self.resolve = resolve

    def value(self, tree: Tree) -> Any:
        """Return the value that a JSON object stands for.

        Raises
        ------
        WireError
            When it stands for none.
        """
        try:
            return self._value(tree)
        except (KeyError, TypeError, ValueError, IndexError, OverflowError, RecursionError) as e:
            raise WireError(f"expected a value, found {type(e).__name__}") from None

    def _value(self, tree: Tree) -> Any:
        if not isinstance(tree, dict):
            if isinstance(tree, list):
                raise WireError("expected a value, found a bare list")
            return tree
        kind = tree["kind"]
        if kind == "ellipsis":
            return Ellipsis
        if kind == "complex":
            return complex(*map(float, tree["parts"]))
        if kind == "range":
            found = range(*map(int, tree["parts"]))
            if len(found) > MOST_ITEMS:  # an array of it would take all memory
                raise WireError("expected a shorter range")
            return found
        if kind == "dict":
            return {self._value(k): self._value(v) for k, v in tree["items"]}
        if kind in ("tuple", "list", "set", "iterator"):
            items = [self._value(item) for item in tree["items"]]
            if kind == "iterator":
                return (item for item in items)
            return items if kind == "list" else tuple(items) if kind == "tuple" else set(items)
        if kind in ("array", "scalar"):
            return self._array(tree)
        return self.resolve(tree)

    def _array(self, tree: dict[str, Any]) -> Any:
        if _DTYPE.fullmatch(tree["dtype"]) is None:
            raise WireError("expected an array of numbers")
        dtype = np.dtype(tree["dtype"])
        shape = tuple(map(int, tree["shape"]))
        start, size = int(tree["at"]), math.prod(shape) * dtype.itemsize
        if len(shape) > 32 or min((start, *shape)) < 0 or start + size > len(self.data):
            raise WireError("expected an array whose bytes are there")
        array = np.frombuffer(self.data[start : start + size], dtype).reshape(shape).copy()
        if tree["kind"] == "scalar":
            return array[()]
        array.flags.writeable = not tree["frozen"]
        return array


def write(stream: IO[bytes], message: dict[str, Any], parts: list[bytes]) -> None:
    """Write a message: two lengths, the JSON, the bytes of its arrays."""
    text = json.dumps(message).encode()
    if len(text) > MOST_TEXT:
        raise WireError(f"expected at most {MOST_TEXT >> 20} MB beside arrays")
    stream.write(_LENGTHS.pack(len(text), sum(map(len, parts))))
    stream.write(text)
    for part in parts:
        stream.write(part)
    stream.flush()


def read(stream: IO[bytes]) -> tuple[dict[str, Any], bytes] | None:
    """Read a message; None where the stream has ended.

    Raises
    ------
    WireError
        When it is too large, or no JSON object.
    """
    head = stream.read(_LENGTHS.size)
    if len(head) < _LENGTHS.size:
        return None
    text_length, data_length = _LENGTHS.unpack(head)
    if text_length > MOST_TEXT or data_length > MOST_BYTES:
        raise WireError("expected a smaller message")
    text, data = stream.read(text_length), stream.read(data_length)
    if len(text) < text_length or len(data) < data_length:
        return None
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        raise WireError("expected JSON") from None
    if not isinstance(message, dict):
        raise WireError("expected a JSON object")
    return message, data
