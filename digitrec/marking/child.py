"""The process in which a submitted notebook's code runs: ``python -m digitrec.marking.child``.

It does what it is asked on its standard input: run a cell, look up a name, call what is there. What
comes of it goes back on its standard output. It decides nothing: what it says of itself may be a
lie, since the student's code is here as well.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import importlib
import io
import itertools
import json
import linecache
import os
import pickle
import sys
import traceback
import types
from typing import Any

from digitrec import forward
from digitrec.marking import wire

#: Characters that a notebook may print; what it prints is not kept.
MOST_PRINTED = 20_000_000
#: Characters of an error's text that are sent.
MOST_SAID = 600


class PrintedTooMuch(Exception):
    """The notebook has printed more than anybody reads."""


class Discard(io.TextIOBase):
    """A stream that counts what it is given, and keeps nothing."""

    count = 0

    def write(self, text: str) -> int:
        """Count a text's characters."""
        Discard.count += len(text)
        if Discard.count > MOST_PRINTED:
            raise PrintedTooMuch(f"it printed more than {MOST_PRINTED:,} characters")
        return len(text)

    def writable(self) -> bool:
        """Say that it may be written to."""
        return True


def limit(limits: dict[str, int]) -> None:
    """Set what the system holds this process to, where the system has such limits."""
    try:
        resource = importlib.import_module("resource")
    except ImportError:  # Windows
        return
    for name, most in limits.items():
        kind = getattr(resource, f"RLIMIT_{name}", None)
        if kind is None:
            continue
        hard = resource.getrlimit(kind)[1]
        value = most if hard == resource.RLIM_INFINITY else min(most, hard)
        try:
            resource.setrlimit(kind, (value, value))
        except (OSError, ValueError):  # macOS refuses some
            continue


def said(error: BaseException) -> dict[str, str]:
    """Return an error's name, its text and where in the notebook it was raised."""
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 (an error may be anything)
        text = ""
    where = ""
    if isinstance(error, SyntaxError) and error.lineno:
        where = f"line {error.lineno}"
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.filename.startswith("<cell"):
            where = f"line {frame.lineno}: {frame.line}" if frame.line else f"line {frame.lineno}"
            break
    return {
        "type": type(error).__name__[:60],
        "text": text[:MOST_SAID],
        "where": where[:MOST_SAID],
    }


def described(network: forward.Sequential) -> dict[str, Any]:
    """Return a network as its architecture, its arrays and its input."""
    layers = []
    for layer in network.layers:
        found: dict[str, Any] = {"layer": type(layer).__name__, "name": layer.name}
        found |= {key: getattr(layer, key) for key in layer.arguments}
        found |= {f"use_{key}": False for key in layer.may_lack if key not in layer.weights}
        layers.append(found)
    return {"description": layers, "weights": network.weights, "input_shape": network.input_shape}


class Callback:
    """A function of the marker's that is among the arguments: calling it asks the marker."""

    def __init__(self, child: Child, number: int) -> None:
        self.child = child
        self.number = number

    def __call__(self, *arguments: Any) -> Any:
        """Return what the marker's function gives."""
        return self.child.ask(self.number, arguments)


class Child:
    """Runs cells, and keeps the objects that the marker has references to."""

    def __init__(self, requests: Any, replies: Any) -> None:
        self.requests, self.replies = requests, replies
        module = types.ModuleType("__main__")
        sys.modules["__main__"] = module
        self.names = module.__dict__
        # What notebooks have without importing it.
        self.names["display"] = lambda *arguments, **options: None
        self.objects: list[Any] = []
        #: The number of the question that is being answered.
        self.asked = 0

    def refer(self, value: Any) -> dict[str, Any]:
        """Keep an object and return what stands for it."""
        self.objects.append(value)
        return {
            "kind": "reference",
            "number": len(self.objects) - 1,
            "type": type(value).__name__[:60],
            "name": str(getattr(value, "__name__", ""))[:60],
            "callable": callable(value),
            "function": isinstance(value, types.FunctionType | types.BuiltinFunctionType),
        }

    def decode(self, tree: Any, data: bytes) -> Any:
        """Return what the marker sent. It is trusted, so its own objects may be pickled."""

        def resolve(found: dict[str, Any]) -> Any:
            if found["kind"] == "callback":
                return Callback(self, found["number"])
            if found["kind"] == "reference":
                return self.objects[found["number"]]
            return pickle.loads(data[found["at"] : found["at"] + found["size"]])

        return wire.Decoder(data, resolve).value(tree)

    def send(self, message: dict[str, Any], parts: list[bytes] | None = None) -> None:
        """Send a message."""
        wire.write(self.replies, {**message, "asked": self.asked}, parts or [])

    def ask(self, number: int, arguments: tuple[Any, ...]) -> Any:
        """Have the marker call a function of its own."""
        encoder = wire.Encoder(self.refer)
        tree = encoder.tree(arguments)
        self.send({"say": "callback", "number": number, "arguments": tree}, encoder.parts)
        found = wire.read(self.requests)
        if found is None:
            os._exit(1)
        message, data = found
        if message["do"] == "raise":
            raise RuntimeError(message["text"])
        return self.decode(message["value"], data)

    def run(self, message: dict[str, Any]) -> None:
        """Run a cell."""
        name, source = message["name"], message["source"]
        lines = source.splitlines(keepends=True)
        linecache.cache[name] = (len(source), None, lines, name)
        try:
            exec(compile(ast.parse(source, name), name, "exec"), self.names)
        except BaseException as error:  # noqa: BLE001 (SystemExit as well)
            self.send({"say": "raised", **said(error)})
        else:
            self.send({"say": "done"})

    def give(self, make: Any) -> None:
        """Send what a function gives, or the error that it raises."""
        encoder = wire.Encoder(self.refer)
        try:
            value, after = make()
            if isinstance(value, forward.Sequential):
                message = {"say": "network", "value": encoder.tree(described(value))}
                return self.send(message, encoder.parts)
            message = {"say": "value", "value": encoder.tree(value), "after": encoder.tree(after)}
            self.send(message, encoder.parts)
        except BaseException as error:  # noqa: BLE001 (SystemExit as well)
            self.send({"say": "raised", **said(error)})

    def serve(self) -> None:
        """Do what is asked until nobody asks."""
        self.send({"say": "ready"})
        while (found := wire.read(self.requests)) is not None:
            message, data = found
            what, self.asked = message["do"], message["asked"]
            if what == "run":
                self.run(message)
            elif what == "get":
                expression = message["expression"]
                self.give(lambda e=expression: (eval(e, self.names), None))
            elif what == "attribute":
                owner, name = self.objects[message["number"]], message["name"]
                self.give(lambda o=owner, n=name: (getattr(o, n), None))
            elif what == "item":
                owner, index = self.objects[message["number"]], self.decode(message["index"], data)
                self.give(lambda o=owner, i=index: (o[i], None))
            elif what == "items":
                owner = self.objects[message["number"]]
                self.give(lambda o=owner: (list(itertools.islice(o, wire.MOST_ITEMS)), None))
            elif what == "length":
                owner = self.objects[message["number"]]
                self.give(lambda o=owner: (len(o), None))
            elif what == "call":
                function = self.objects[message["number"]]
                arguments = self.decode(message["arguments"], data)
                options = self.decode(message["options"], data)

                def call(f: Any = function, a: Any = arguments, o: Any = options) -> Any:
                    return f(*a, **o), [*a, *o.values()]

                self.give(call)


def main() -> None:
    """Take the standard streams for messages, then serve."""
    limit(json.loads(sys.argv[1]))
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    sys.stdout = sys.stderr = Discard()
    sys.argv = ["notebook"]
    sys.path.insert(0, "")
    builtins.input = no_input
    child = Child(requests, replies)
    with contextlib.suppress(BrokenPipeError):
        child.serve()
    os._exit(0)  # whatever threads the notebook has left


def no_input(prompt: object = "") -> str:
    """Refuse to wait for somebody who is not there."""
    raise EOFError("nobody is there to answer input()")


if __name__ == "__main__":
    main()
