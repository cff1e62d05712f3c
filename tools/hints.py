"""What the checks say to wrong answers, for those who teach: read from the checks' own text.

A check has a sentence for each mistake that it knows. They tell what students get wrong; where one
has a number of the answer's in it, an ellipsis stands for that.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

from digitrec.marking.assignments import Assignment, of_the_book

CHECKS = Path("digitrec", "checks")
#: A hint is a sentence; what is shorter is a name or the like.
LEAST = 20
#: So many numbers may be in it.
MOST_NUMBERS = 2


@dataclass(frozen=True)
class Exercise:
    """An exercise, and the hints of its check."""

    title: str
    hints: list[str]


@dataclass(frozen=True)
class Chapter:
    """A chapter's exercises."""

    title: str
    exercises: list[Exercise]


def sources(root: Path) -> list[Path]:
    """Return the files that the hints are read from."""
    return [*sorted((root / CHECKS).glob("*.py")), root / "digitrec/marking/assignments.toml"]


def known(root: Path) -> dict[str, list[str]]:
    """Return the hints of each check."""
    found = {}
    for path in sorted((root / CHECKS).glob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
        for name, function in functions.items():
            if any(ast.unparse(d) == "check" for d in function.decorator_list):
                found[name] = hints_in(function, functions, set())
    return found


def hints_in(
    function: ast.FunctionDef, others: dict[str, ast.FunctionDef], seen: set[str]
) -> list[str]:
    """Return the hints that a function has, and those of the module's functions that it calls."""
    seen.add(function.name)
    found: list[str] = []
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id == "Wrong" and node.args:
                found += texts(node.args[0])
            called = others.get(node.func.id)
            if called is not None and called.name not in seen:
                found += hints_in(called, others, seen)
        elif isinstance(node, ast.Tuple) and len(node.elts) == 2:
            found += texts(node.elts[1])
    return list(dict.fromkeys(found))


def texts(node: ast.expr) -> list[str]:
    """Return a hint as a sentence, with … for numbers; none where it is made of those."""
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    text = "".join(
        part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else "…"
        for part in parts
    ).strip()
    # "Expected 3, found 4" says what is wrong, not what was thought.
    tells = "xpected" not in text and text.count("…") <= MOST_NUMBERS
    if tells and len(text) >= LEAST and " " in text and text[-1] in ".?":
        return [text[0].upper() + text[1:]]
    return []


def chapters(root: Path) -> list[Chapter]:
    """Return the chapters with their exercises' hints, in the book's order."""
    hints = known(root)
    return [
        Chapter(assignment.title, exercises(assignment, hints))
        for assignment in of_the_book().values()
    ]


def exercises(assignment: Assignment, hints: dict[str, list[str]]) -> list[Exercise]:
    """Return an assignment's exercises that have hints."""
    return [
        Exercise(assignment.called(check), hints[check])
        for check in assignment.points
        if hints.get(check)
    ]
