"""What a check can say, read from its source: no answer is needed, and no second list.

A hint is a sentence in the source of a check, or of a function or table of our modules that it
uses: a text that ends in a full stop or a question mark, or goes on after one, and is no
docstring. What a check has in common with all others (``COMMON``) is left out.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterable, Iterator
from functools import cache

from digitrec.checks.asking import CHECKS

#: What stands for a number or a name that is known only when a check runs.
GAP = "…"
#: Modules whose sentences any check may print.
COMMON = ("asking", "comparing", "together", "reporting")


def of(name: str) -> list[str]:
    """Return the hints of a check by its name, in the order of its source.

    Raises
    ------
    KeyError
        There is no check of this name.
    """
    if name not in CHECKS:
        raise KeyError(f"expected the name of a check, such as 'max_pool', received {name!r}")
    found: list[str] = []
    to_do = [(inspect.unwrap(CHECKS[name]).__module__, name)]
    for module, part in to_do:  # which grows
        node = _defined(module)[0][part]
        found += [text.strip() for text in _texts(node) if _is_sentence(text)]
        used = {each.id: None for each in ast.walk(node) if isinstance(each, ast.Name)}
        to_do += [place for place in _places(module, used) if place not in to_do]
    return list(dict.fromkeys(found))


def _places(module: str, names: Iterable[str]) -> list[tuple[str, str]]:
    """Return the module and the name of what a module defines, or has from another one of ours."""
    defined, imported = _defined(module)
    own = [(module, name) for name in names if name in defined]
    return own + [(imported[name], name) for name in names if name in imported]


def _is_sentence(text: str) -> bool:
    """Tell a hint from a word, a name of a type and the like."""
    ended = text.endswith((".", "?")) and " " in text
    return ended or (text.endswith(GAP) and ". " in text)


@cache
def _defined(module: str) -> tuple[dict[str, ast.stmt], dict[str, str]]:
    """Return what a module defines, without docstrings, and from where of ours it has the rest."""
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    found: dict[str, ast.stmt] = {}
    imported: dict[str, str] = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            for part in ast.walk(node):
                if isinstance(part, ast.FunctionDef) and ast.get_docstring(part):
                    part.body = part.body[1:]
            found[node.name] = node
        elif isinstance(node, ast.Assign):
            found |= {name.id: node for name in node.targets if isinstance(name, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found[node.target.id] = node
        elif isinstance(node, ast.ImportFrom) and node.module:
            package, _, last = node.module.rpartition(".")
            if package == "digitrec.checks" and last not in COMMON:
                theirs = _defined(node.module)[0]
                imported |= {each.name: node.module for each in node.names if each.name in theirs}
    return found, imported


def _texts(node: ast.AST) -> Iterator[str]:
    """Yield the texts in a piece of source, each f-string with gaps for what it puts in."""
    text = _text(node)
    if text is not None:
        yield text
        return
    for part in ast.iter_child_nodes(node):
        yield from _texts(part)


def _text(node: ast.AST) -> str | None:
    """Return what a string, an f-string or a sum of such says; None for anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) or GAP for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _text(node.left), _text(node.right)
        if left is not None or right is not None:
            return (left or GAP) + (right or GAP)
    return None
