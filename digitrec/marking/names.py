"""Which names a cell makes, uses and changes."""

from __future__ import annotations

import ast
import symtable
from dataclasses import dataclass

#: What is called with an object, or is a module whose functions are, and does not change it.
HARMLESS = {"print", "len", "display", "np", "plots", "plt", "evaluate", "forward", "mnist"}


@dataclass(frozen=True)
class Names:
    """The names of a cell.

    Attributes
    ----------
    made
        Those that it may give a value to.
    afresh
        Those of them that have a new value after it, whatever was before.
    used
        Those whose value from before it uses.
    later
        Those that its functions use when they are called.
    changed
        Those whose objects it may change.
    imported
        Those that it imports.
    """

    made: frozenset[str] = frozenset()
    afresh: frozenset[str] = frozenset()
    used: frozenset[str] = frozenset()
    later: frozenset[str] = frozenset()
    changed: frozenset[str] = frozenset()
    imported: frozenset[str] = frozenset()


def names_of(source: str, tree: ast.Module) -> Names:
    """Return a cell's names.

    Raises
    ------
    SyntaxError
        When the compiler refuses what the parser let through.
    """
    table = symtable.symtable(source, "cell", "exec")
    own = table.get_symbols()
    imported = {s.get_name() for s in own if s.is_imported()}
    made = {s.get_name() for s in own if s.is_assigned()} | imported
    waiting = list(table.get_children())
    while waiting:
        inner = waiting.pop()
        waiting += inner.get_children()
        made |= {s.get_name() for s in inner.get_symbols() if s.is_declared_global()}
    afresh: set[str] = set()
    later: set[str] = set()
    used = exposed(tree.body, afresh, later)
    changed = {name for node in tree.body for name in changed_by(node)}
    return Names(*map(frozenset, (made, afresh, used, later, changed, imported)))


def exposed(body: list[ast.stmt], bound: set[str], later: set[str]) -> set[str]:
    """Return the names that statements use before they bind them.

    Parameters
    ----------
    body
        The statements.
    bound
        Names that are bound already; those that the statements bind for certain are added.
    later
        Names that functions use when they are called are added here.
    """
    used: set[str] = set()
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            later |= referenced(node)
            bound.add(node.name)
        elif isinstance(node, ast.For):
            used |= referenced(node.iter) - bound
            bound |= targets(node.target)  # a loop that never turns is a rare one
            used |= exposed([*node.body, *node.orelse], bound, later)
        elif isinstance(node, ast.With):
            for item in node.items:
                used |= referenced(item.context_expr) - bound
                bound |= targets(item.optional_vars) if item.optional_vars else set()
            used |= exposed(node.body, bound, later)
        elif isinstance(node, ast.If | ast.While):
            used |= referenced(node.test) - bound
            first, second = set(bound), set(bound)
            used |= exposed(node.body, first, later) | exposed(node.orelse, second, later)
            bound |= first & second
        else:
            used |= referenced(node) - bound
            bound |= bound_by(node)
    return used


def referenced(node: ast.AST) -> set[str]:
    """Return the names from outside that an expression or statement refers to."""
    table = symtable.symtable(ast.unparse(node), "part", "exec")
    found = {s.get_name() for s in table.get_symbols() if s.is_referenced()}
    waiting = list(table.get_children())
    while waiting:
        inner = waiting.pop()
        waiting += inner.get_children()
        found |= {s.get_name() for s in inner.get_symbols() if s.is_global() and s.is_referenced()}
    for part in ast.walk(node):
        if isinstance(part, ast.AugAssign):
            found.add(root(part.target))
    return found - {""}


def targets(node: ast.expr) -> set[str]:
    """Return the names that a target binds."""
    return {
        n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }


def bound_by(node: ast.stmt) -> set[str]:
    """Return the names that a simple statement binds."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {bound_as(alias) for alias in node.names}
    if isinstance(node, ast.Assign):
        return {name for target in node.targets for name in targets(target)}
    if isinstance(node, ast.AnnAssign) and node.value:
        return targets(node.target)
    return set()


def bound_as(alias: ast.alias) -> str:
    """Return the name that an import binds."""
    return alias.asname or alias.name.partition(".")[0]


def root(node: ast.AST) -> str:
    """Return the name that ``a.b[c].d`` begins with; empty where it begins with none."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def changed_by(statement: ast.stmt) -> set[str]:
    """Return the names whose objects a statement may change.

    These are ``a[0] = 1``, ``a += 1``, ``a.fit()``, ``backprop.train(a)``, and ``f(a)`` where
    nothing is made of what it returns.
    """
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
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            called = node.value
            if isinstance(called.func, ast.Name) and called.func.id not in HARMLESS:
                found |= {root(argument) for argument in called.args}
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            # A method of the object itself; data.x.mean() is one of another object.
            owner = node.func.value
            if isinstance(owner, ast.Name):
                found.add(owner.id)
                found |= {root(a) for a in node.args[:1] if owner.id not in HARMLESS}
    return found - {""}
