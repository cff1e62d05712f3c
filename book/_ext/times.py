"""Find which cells of a chapter show a measured time: names that hold one are followed.

A time is what a clock gives, what is computed from it, and what a function gives that asks a clock.
A cell shows it by a line that is an expression, such as a call that prints, draws or glues.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import jupytext
from IPython.core.inputtransformer2 import TransformerManager

TAG = "measured"
#: Functions that give a time, and what a training calls its own.
CLOCKS = {"monotonic", "perf_counter", "process_time", "thread_time", "timeit"}
ATTRIBUTES = {*CLOCKS, "cpu_seconds", "seconds", "time"}


class Times:
    """Follows through a chapter's cells, in their order, which names hold measured times."""

    def __init__(self) -> None:
        self.names = set(CLOCKS)

    def hold(self, node: ast.AST) -> bool:
        """Tell whether code has a time in it."""
        return any(
            (isinstance(part, ast.Name) and part.id in self.names)
            or (isinstance(part, ast.Attribute) and part.attr in ATTRIBUTES)
            for part in ast.walk(node)
        )

    def shown(self, statements: list[ast.stmt]) -> bool:
        """Tell whether code shows a time, and remember the names that it gives to times."""
        found = [self.step(statement) for statement in statements]
        return any(found)

    def step(self, node: ast.stmt) -> bool:
        """Follow one statement."""
        if isinstance(node, ast.For | ast.While | ast.If | ast.With):
            if isinstance(node, ast.For):
                self.give(node.target, self.hold(node.iter))
            return self.shown([*node.body, *getattr(node, "orelse", [])])
        if isinstance(node, ast.FunctionDef):
            outside = self.names
            self.names = outside - own_names(node)
            holds = self.hold(node)
            self.names = outside
            self.give(ast.Name(node.name), holds)
            return False
        if isinstance(node, ast.Assign):
            for target in node.targets:
                self.give(target, self.hold(node.value))
        elif isinstance(node, ast.AugAssign):
            self.give(node.target, self.hold(node))
        elif isinstance(node, ast.Expr):
            added = added_to(node.value)
            if added is None:
                return self.hold(node) or tells_its_time(node)
            if self.hold(node.value):
                self.give(added, True)
        return tells_its_time(node)

    def give(self, target: ast.expr, holds: bool) -> None:
        """Remember of the names that are given a value whether it is a time."""
        found = {part.id for part in ast.walk(target) if isinstance(part, ast.Name)}
        self.names = self.names | found if holds else self.names - found


def added_to(call: ast.expr) -> ast.expr | None:
    """Return the list that a call adds a value to, or None."""
    if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
        return call.func.value if call.func.attr == "append" else None
    return None


def own_names(function: ast.FunctionDef) -> set[str]:
    """Return the names of a function's arguments and of what it assigns."""
    parts = list(ast.walk(function))
    assigned = (p.id for p in parts if isinstance(p, ast.Name) and isinstance(p.ctx, ast.Store))
    return {*assigned, *(part.arg for part in parts if isinstance(part, ast.arg))}


def tells_its_time(node: ast.AST) -> bool:
    """Tell whether code trains aloud: then it says how long each epoch took."""
    words = (part for part in ast.walk(node) if isinstance(part, ast.keyword))
    return any(
        word.arg == "verbose" and getattr(word.value, "value", 0) not in (0, False)
        for word in words
    )


def glued(tree: ast.AST) -> Iterator[ast.keyword]:
    """Yield the values that a cell glues."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "glue":
            yield from node.keywords


def read(text: str) -> tuple[set[str], list[str]]:
    """Return the names of the times that a chapter glues, and what is wrong with its tags."""
    times, names, wrong = Times(), set(), []
    for cell in jupytext.reads(text, fmt="md:myst").cells:
        if cell.cell_type != "code":
            continue
        tree = ast.parse(TransformerManager().transform_cell(cell.source))
        first = f"the cell that begins {cell.source.strip().splitlines()[:1]}"
        tagged = TAG in cell.metadata.get("tags", [])
        if times.shown(tree.body) != tagged:
            wrong.append(
                f"{first} has the tag {TAG!r}, and shows no measured time"
                if tagged
                else f"{first} shows a measured time: expected the tag {TAG!r}"
            )
        for value in glued(tree) if tagged else ():
            names.add(str(value.arg))
            if not times.hold(value.value):
                wrong.append(f"{first}: {value.arg} is no time, glue it in a cell without the tag")
    return names, wrong
