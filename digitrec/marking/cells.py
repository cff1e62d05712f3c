"""A submitted notebook as text: its code cells, and which of them an answer needs.

Nothing of it is run here. A notebook is a chapter with a student's answers in it; to run all of it
would train the chapter's networks for each student. So a cell is run if a check stands in it, or if
it makes or changes a name that such a cell needs; of a line of imports, only what is used.
"""

from __future__ import annotations

import ast
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from digitrec.marking.names import Names, bound_as, names_of

#: Bytes of a notebook, and characters of a cell, that are read.
MOST_BYTES, MOST_CHARACTERS = 32 << 20, 200_000
#: Cell magics whose cell is Python.
PYTHON_MAGICS = ("%%time", "%%timeit", "%%capture", "%%prun")


class NotebookError(Exception):
    """Why a file is not a notebook that can be marked."""


@dataclass
class Cell:
    """A code cell.

    Attributes
    ----------
    number
        Its place among the code cells, from 1.
    source
        Its text, without Jupyter's own commands.
    tree
        The same, parsed; None where it is not Python.
    problem
        Why it is not Python.
    left_out
        Jupyter's own commands in it, which are not run.
    checks
        The checks that it calls, each with the expression that is checked.
    names
        The names that it makes, uses and changes.
    """

    number: int
    source: str
    tree: ast.Module | None = None
    problem: str = ""
    left_out: list[str] = field(default_factory=list)
    checks: list[tuple[str, str]] = field(default_factory=list)
    names: Names = field(default_factory=Names)


def read_notebook(path: Path) -> tuple[list[Cell], dict[str, Any]]:
    """Return a notebook's code cells and its metadata.

    Raises
    ------
    NotebookError
        When it is none.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise NotebookError(f"it has more than {MOST_BYTES >> 20} MB")
        notebook = json.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise NotebookError(f"it cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise NotebookError("it is not a notebook: expected JSON") from None
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list):
        raise NotebookError("it is not a notebook of version 4: it has no list of cells")
    sources = [text_of(cell) for cell in cells if is_code(cell)]
    if not any(source.strip() for source in sources):
        raise NotebookError("it has no code")
    metadata = notebook.get("metadata")
    found = [parse(number, source) for number, source in enumerate(sources, 1)]
    return found, metadata if isinstance(metadata, dict) else {}


def is_code(cell: Any) -> bool:
    """Tell whether an entry of the notebook is a code cell."""
    return isinstance(cell, dict) and cell.get("cell_type") == "code"


def text_of(cell: dict[str, Any]) -> str:
    """Return a cell's text, which may be a list of lines."""
    source = cell.get("source", "")
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    return source if isinstance(source, str) else ""


def parse(number: int, source: str) -> Cell:
    """Return a cell, parsed."""
    if len(source) > MOST_CHARACTERS:
        return Cell(number, "", problem=f"it has more than {MOST_CHARACTERS:,} characters")
    cell = Cell(number, source)
    try:
        cell.tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        cell.source, cell.left_out = without_commands(source)
        try:
            cell.tree = ast.parse(cell.source)
        except SyntaxError as error:
            cell.problem = f"line {error.lineno} is not Python: {error.msg}"
        except (ValueError, RecursionError, MemoryError) as error:
            cell.problem = f"it cannot be read: {type(error).__name__}"
    if cell.tree is None:
        cell.checks = [(name, "") for name in re.findall(r"checks\.(\w+)\(", source)]
    else:
        cell.checks = list(called_checks(cell.tree))
        try:
            cell.names = names_of(cell.source, cell.tree)
        except (SyntaxError, ValueError, RecursionError) as error:
            cell.tree, cell.problem = None, f"it is not Python: {error}"
    return cell


def without_commands(source: str) -> tuple[str, list[str]]:
    """Return a cell without Jupyter's own commands, such as ``%pip`` or ``!ls``, and these."""
    lines = source.splitlines()
    first = lines[0].strip() if lines else ""
    if first.startswith("%%"):
        if first.split()[0] not in PYTHON_MAGICS:
            return "", [first]
        lines[0] = ""
    kept, left_out = [], [first] if first.startswith("%%") else []
    for line in lines:
        if re.match(r"\s*(?:[%!?]|[\w.]+\?+\s*$)", line):
            left_out.append(line.strip())
            line = re.sub(r"\S.*", "pass", line)
        kept.append(line)
    return "\n".join(kept), left_out


def check_of(call: ast.AST) -> tuple[str, str] | None:
    """Return the check that an expression calls and what with; None if it calls none."""
    if (
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id == "checks"
        and len(call.args) == 1
        and not isinstance(call.args[0], ast.Starred)
    ):
        return call.func.attr, ast.unparse(call.args[0])
    return None


def called_checks(tree: ast.Module) -> list[tuple[str, str]]:
    """Return the checks that a cell calls, each with the expression that it is called with."""
    return [found for node in ast.walk(tree) if (found := check_of(node))]


def without_checks(tree: ast.Module) -> ast.Module:
    """Return a cell without the lines that only call a check: the marker calls them itself."""
    kept = [node for node in tree.body if not (isinstance(node, ast.Expr) and check_of(node.value))]
    return ast.Module(kept, tree.type_ignores)


def needed(cells: list[Cell], wanted: set[str]) -> list[Cell]:
    """Return the cells that checks need, in order; their imports are what is used.

    Parameters
    ----------
    cells
        A notebook's cells.
    wanted
        Names that are needed at the end whether or not a check is called with them.
    """
    # What a function uses is needed whenever it is called, which may be anywhere.
    always = set(wanted)
    while True:
        taken = needed_with(cells, always)
        later = always.union(*(cell.names.later for cell in taken))
        if later == always:
            return taken
        always = later


def needed_with(cells: list[Cell], always: set[str]) -> list[Cell]:
    """Return the cells that checks need, where some names are needed everywhere."""
    modules = frozenset[str]().union(*(cell.names.imported for cell in cells))
    names = set(always)
    taken: list[Cell] = []
    for cell in reversed(cells):
        if cell.tree is None:
            continue
        found = cell.names
        changes = (found.changed - modules) & names
        if not (cell.checks or found.made & names or changes or imports_all(cell.tree)):
            continue
        taken.append(cell if cell.checks else trim_imports(cell, names))
        names = (names - found.afresh) | found.used | always
    return taken[::-1]


def imports_all(tree: ast.Module) -> bool:
    """Tell whether a cell imports names that it does not list."""
    return any(isinstance(n, ast.ImportFrom) and n.names[0].name == "*" for n in tree.body)


def trim_imports(cell: Cell, names: set[str]) -> Cell:
    """Return a cell that imports what is used: importing what only draws takes seconds."""
    assert cell.tree is not None
    wanted = names | {n.id for n in ast.walk(cell.tree) if isinstance(n, ast.Name)}

    def trimmed(node: ast.stmt) -> ast.stmt | None:
        if not isinstance(node, ast.Import | ast.ImportFrom):
            return node
        module = node.module if isinstance(node, ast.ImportFrom) else ""
        if module == "__future__" or node.names[0].name == "*":
            return node
        kept = [alias for alias in node.names if bound_as(alias) in wanted]
        made: ast.stmt = ast.Import(kept)
        if isinstance(node, ast.ImportFrom):
            made = ast.ImportFrom(node.module, kept, node.level)
        return ast.copy_location(made, node) if kept else None

    body = [kept for node in cell.tree.body if (kept := trimmed(node))]
    return Cell(
        cell.number,
        cell.source,
        ast.Module(body, []),
        left_out=cell.left_out,
        checks=cell.checks,
        names=cell.names,
    )


def lines_of(node: ast.stmt) -> range:
    """Return the lines that a statement is on, from 0."""
    first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
    return range(first - 1, node.end_lineno or first)


def to_run(cell: Cell) -> str:
    """Return the text of a cell as it is run: line for line, so that an error names the line."""
    assert cell.tree is not None
    body = without_checks(cell.tree).body
    lines = cell.source.splitlines()
    on = [line for node in ast.parse(cell.source).body for line in lines_of(node)]
    if len(on) > len(set(on)):  # two statements on a line
        return ast.unparse(ast.Module(body, []))
    text = [""] * len(lines)
    for node in body:
        there = lines_of(node)
        if isinstance(node, ast.Import | ast.ImportFrom):
            text[there.start] = ast.unparse(node)
        else:
            text[there.start : there.stop] = lines[there.start : there.stop]
    return "\n".join(text)
