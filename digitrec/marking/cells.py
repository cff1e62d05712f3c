"""A submitted notebook as text: its code cells, and which of them an answer needs.

Nothing of it is run here. A notebook is a chapter with a student's answers in it; to run all of it
would train the chapter's networks for each student. So a cell is run if a check stands in it, or if
it makes or changes a name that such a cell needs; of a line of imports, only what is used.
"""

from __future__ import annotations

import ast
import json
import re
import symtable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

#: Bytes of a notebook, and characters of a cell, that are read.
MOST_BYTES, MOST_CHARACTERS = 32 << 20, 200_000
#: Cell magics whose cell is Python.
PYTHON_MAGICS = ("%%time", "%%timeit", "%%capture", "%%prun")
#: What is called with an object and does not change it.
HARMLESS = {"print", "len", "display", "type", "range", "sorted", "sum", "min", "max", "list"}


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
    """

    number: int
    source: str
    tree: ast.Module | None = None
    problem: str = ""
    left_out: list[str] = field(default_factory=list)
    checks: list[tuple[str, str]] = field(default_factory=list)


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
        symbols(cell)  # what the parser lets through, the compiler may not
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


@dataclass(frozen=True)
class Symbols:
    """The names of a cell: made, made afresh whatever was before, used, and changed."""

    made: frozenset[str]
    afresh: frozenset[str]
    used: frozenset[str]
    changed: frozenset[str]
    imported: frozenset[str]


def symbols(cell: Cell) -> Symbols:
    """Return a cell's names."""
    none: frozenset[str] = frozenset()
    if cell.tree is None:
        return Symbols(none, none, none, none, none)
    try:
        table = symtable.symtable(cell.source, "cell", "exec")
    except (SyntaxError, ValueError, RecursionError) as error:
        cell.tree, cell.problem = None, f"it is not Python: {error}"
        return Symbols(none, none, none, none, none)
    own = table.get_symbols()
    imported = {s.get_name() for s in own if s.is_imported()}
    made = {s.get_name() for s in own if s.is_assigned()} | imported
    used = {s.get_name() for s in own if s.is_referenced()}
    waiting = list(table.get_children())
    while waiting:
        inner = waiting.pop()
        waiting += inner.get_children()
        names = inner.get_symbols()
        used |= {s.get_name() for s in names if s.is_global() and s.is_referenced()}
        made |= {s.get_name() for s in names if s.is_declared_global()}
    afresh = {name for node in cell.tree.body for name in bound_by(node)}
    changed = {name for node in cell.tree.body for name in changed_by(node)}
    return Symbols(*map(frozenset, (made, afresh, used, changed, imported)))


def bound_by(node: ast.stmt) -> list[str]:
    """Return the names that a statement binds without a condition."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [bound_as(alias) for alias in node.names]
    if isinstance(node, ast.Assign):
        targets = [t for target in node.targets for t in getattr(target, "elts", [target])]
        return [target.id for target in targets if isinstance(target, ast.Name)]
    return []


def bound_as(alias: ast.alias) -> str:
    """Return the name that an import binds."""
    return alias.asname or alias.name.partition(".")[0]


def root(node: ast.AST) -> str:
    """Return the name that ``a.b[c].d`` begins with; empty where it begins with none."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def changed_by(statement: ast.stmt) -> set[str]:
    """Return the names whose objects a statement may change: ``a[0] = 1``, ``a.fit()``, ``f(a)``."""
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return set()
    found = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.Attribute | ast.Subscript) and isinstance(
            node.ctx, ast.Store | ast.Del
        ):
            found.add(root(node))
        elif isinstance(node, ast.AugAssign):
            found.add(root(node.target))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            # A method of the object itself; data.x.mean() is one of another object.
            found |= {node.func.value.id} if isinstance(node.func.value, ast.Name) else set()
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            found |= {root(argument) for argument in node.args if node.func.id not in HARMLESS}
    return found - {""}


def needed(cells: list[Cell], wanted: set[str]) -> list[Cell]:
    """Return the cells that checks need, in order; their imports are what is used.

    Parameters
    ----------
    cells
        A notebook's cells.
    wanted
        Names that are needed at the end whether or not a check is called with them.
    """
    tables = [symbols(cell) for cell in cells]
    modules = frozenset().union(*(table.imported for table in tables))
    names = set(wanted)
    taken: list[Cell] = []
    for cell, table in zip(reversed(cells), reversed(tables), strict=True):
        if cell.tree is None:
            continue
        changes = (table.changed - modules) & names
        if not (cell.checks or table.made & names or changes or imports_all(cell.tree)):
            continue
        taken.append(cell if cell.checks else trim_imports(cell, table, names))
        names = (names - table.afresh) | table.used
    return taken[::-1]


def imports_all(tree: ast.Module) -> bool:
    """Tell whether a cell imports names that it does not list."""
    return any(isinstance(n, ast.ImportFrom) and n.names[0].name == "*" for n in tree.body)


def trim_imports(cell: Cell, table: Symbols, names: set[str]) -> Cell:
    """Return a cell that imports what is used: importing what only draws takes seconds."""
    assert cell.tree is not None
    wanted = names | table.used

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
        cell.number, cell.source, ast.Module(body, []), left_out=cell.left_out, checks=cell.checks
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
