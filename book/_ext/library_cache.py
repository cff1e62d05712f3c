"""Run a chapter again whenever something it depends on has changed, and only then.

jupyter-cache finds the outputs of a chapter by its code cells and its kernel's description, and
Sphinx reads a chapter again when its file changed. Both miss a change in the library, in the data
and weights that come with it, or in the lock. So this extension

- computes for each chapter a key: the lock, the version of Python, every data file of the package,
  the modules of the package that the chapter imports, directly or through other modules, and the
  files beside the book that its code names, such as "../benchmarks/results";
- writes the key into the kernel's description while the chapter is read, which makes it part of
  what jupyter-cache compares;
- has Sphinx read a chapter again when its key is another one than at the last build;
- has Sphinx write a page again when it shows values glued in a chapter that was read again.

What it makes of a text is remembered with Sphinx's environment: most texts are as they were at the
last build, and taking them apart would be a tenth of one after a small change.
"""

import ast
import functools
import hashlib
import itertools
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jupytext
from IPython.core.inputtransformer2 import TransformerManager
from jupyter_cache import get_cache
from myst_nb.ext.glue.utils import PendingGlueReference
from sphinx.errors import ExtensionError

PACKAGE = "digitrec"
LOCK = "requirements.txt"
# Executed chapters that are kept: each chapter's newest outputs, and a few to go back to.
CACHE_LIMIT = 40
FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)


#: By the name of a function and the SHA-256 of a text: what the function makes of the text.
REMEMBERED: dict[tuple[str, str], Any] = {}
#: Those of them that this build asked for.
ASKED: set[tuple[str, str]] = set()


class UnknownImportsError(Exception):
    """What the code imports cannot be told by reading it."""


def remembered(function: Callable[[str], Any]) -> Callable[[str], Any]:
    """Have a function of a text compute each answer once, from one build to the next."""

    @functools.wraps(function)
    def ask(text: str) -> Any:
        key = (function.__name__, hashlib.sha256(text.encode()).hexdigest())
        ASKED.add(key)
        if key not in REMEMBERED:
            REMEMBERED[key] = function(text)
        return REMEMBERED[key]

    return ask


@remembered
def imports(code: str) -> frozenset[str]:
    """Return the modules of the package that Python code imports, without the package's name.

    What is imported from a module is named as well, as ``module.name``: of a package within the
    package it may be a module.

    Raises UnknownImportsError when reading the code is not enough: it imports by a computed name,
    or uses the package as a whole.
    """
    try:
        tree = ast.parse(code)
    except SyntaxError as error:
        raise UnknownImportsError(str(error)) from error
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.startswith(f"{PACKAGE}."):
                    found.add(alias.name.removeprefix(f"{PACKAGE}."))
                elif alias.name == PACKAGE and alias.asname:
                    raise UnknownImportsError(f"import {PACKAGE} as {alias.asname}")
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            if node.level == 0 and module != PACKAGE and not module.startswith(f"{PACKAGE}."):
                continue
            inner = module if node.level else module.removeprefix(PACKAGE).removeprefix(".")
            names = {alias.name for alias in node.names}
            found |= {inner, *(f"{inner}.{name}" for name in names)} if inner else names
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            # digitrec.forward.relu: a module reached through the package's name.
            if node.value.id == PACKAGE:
                found.add(node.attr)
        elif isinstance(node, ast.Name) and node.id == "__import__":
            raise UnknownImportsError("__import__")
        if isinstance(node, ast.Name | ast.Attribute | ast.alias):
            # An attribute's, an alias', or a name's own.
            name = next(getattr(node, key) for key in ("attr", "name", "id") if hasattr(node, key))
            if name in {"import_module", "run_module"}:
                raise UnknownImportsError(name)
    return frozenset(found)


@remembered
def starts_package(code: str) -> bool:
    """Tell whether code runs the package, as ``!python -m digitrec`` or a list of words does.

    The name alone is no call: it may be a word of the text.
    """
    inside = re.compile(rf"-m {PACKAGE}\b|(?:import|from) {PACKAGE}\b")
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Constant):
            if inside.search(str(node.value)):
                return True
        elif isinstance(node, ast.List | ast.Tuple | ast.Call):
            # ["python", "-m", "digitrec"]: one word follows the other.
            parts = node.args if isinstance(node, ast.Call) else node.elts
            words = [str(getattr(part, "value", "")) for part in parts]
            for option, module in itertools.pairwise(words):
                if option == "-m" and module.partition(".")[0] == PACKAGE:
                    return True
    return False


@functools.cache
def file_hash(path: Path) -> str:
    """Return a file's SHA-256; once for each build."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def library_files(root: Path) -> tuple[dict[str, Path], list[Path]]:
    """Return the package's modules by name, and its data files.

    A package within it has its own name: ``reading`` is the file ``reading/__init__.py``.
    """
    package = root / PACKAGE
    modules, data = {}, []
    for path in sorted(package.rglob("*")):
        relative = path.relative_to(package)
        if not path.is_file() or any(
            part.startswith((".", "__pycache__")) for part in relative.parts
        ):
            continue
        if path.suffix == ".py":
            inner = relative.parent if relative.name == "__init__.py" else relative.with_suffix("")
            modules[".".join(inner.parts) or "__init__"] = path
        elif path.suffix != ".md":
            data.append(path)
    return modules, data


def needed_modules(code: str, root: Path) -> set[str]:
    """Return the modules of the package that code needs, imports of imports included.

    All of them, when what it imports cannot be told.
    """
    modules, _ = library_files(root)
    try:
        if starts_package(code):
            return set(modules)
        needed, waiting = {"__init__"} & set(modules), set(imports(code))
        waiting |= {
            name for module in needed for name in imports(modules[module].read_text("utf-8"))
        }
        while waiting:
            name = waiting.pop()
            if re.fullmatch("__[a-z]+__", name) and name not in modules:
                continue  # the package's version, say: it stands in __init__, which is needed
            outer, _, _ = name.rpartition(".")
            if outer:
                waiting.add(outer)  # the package that it stands in, or the module of a name
            if name not in modules and outer in modules:
                continue  # the name of what a module has
            if name not in modules:
                # Not a module, so perhaps a name that __init__ hands on: no guessing.
                return set(modules)
            if name not in needed:
                needed.add(name)
                waiting |= imports(modules[name].read_text("utf-8"))
    except (UnknownImportsError, SyntaxError):
        return set(modules)
    return needed


@remembered
def chapter_code(text: str) -> str:
    """Return a chapter's code cells as Python, notebook magics written out as calls."""
    transform = TransformerManager().transform_cell
    cells = jupytext.reads(text, fmt="md:myst").cells
    return "\n".join(transform(cell.source) for cell in cells if cell.cell_type == "code")


@remembered
def outside(code: str) -> list[str]:
    """Return the strings in code that may name files outside the book's folder."""
    try:
        tree = ast.parse(code)
    except SyntaxError:
        return []
    words = (str(node.value) for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return sorted({word for word in words if word.startswith("../")})


def named_files(code: str, root: Path) -> list[Path]:
    """Return the files outside the book that strings in the code name, from the book's folder.

    A folder's name stands for all files in it.
    """
    found: set[Path] = set()
    for name in outside(code):
        path = (root / "book" / name).resolve()
        if path != root.resolve() and path.is_relative_to(root.resolve()):
            found |= {path} if path.is_file() else set(path.rglob("*"))
    return sorted(path for path in found if path.is_file())


def is_notebook(text: str) -> bool:
    """Tell whether a page is a notebook: its front matter names a kernel."""
    head = FRONT_MATTER.match(text)
    return bool(head and re.search(r"^kernelspec:", head.group(), re.MULTILINE))


def executed_pages(root: Path) -> list[Path]:
    """Return the book's pages that are notebooks, and so run when the book is built."""
    pages = sorted((root / "book").glob("*.md"))
    return [page for page in pages if is_notebook(page.read_text("utf-8"))]


def chapter_key(text: str, root: Path) -> str:
    """Return the key of everything outside the chapter that its outputs depend on."""
    modules, data = library_files(root)
    code = chapter_code(text)
    files = [modules[name] for name in needed_modules(code, root)] + data
    parts = [f"python {sys.version_info[0]}.{sys.version_info[1]}"]
    parts += [
        f"{p.relative_to(root).as_posix()} {file_hash(p)}" for p in [root / LOCK, *sorted(files)]
    ]
    parts += [f"{path.name} {file_hash(path)}" for path in named_files(code, root)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def stamp(text: str, key: str) -> str:
    """Write the key into the kernel's description; the lines keep their numbers."""
    found = FRONT_MATTER.match(text)
    head = found.group() if found else ""
    stamped, count = re.subn(
        r"^( +display_name:).*$",
        rf"\g<1> Python 3 ({PACKAGE} {key})",
        head,
        flags=re.MULTILINE,
    )
    if count != 1:
        raise ExtensionError(
            "a chapter's kernelspec needs a display_name; `make notebooks` writes it"
        )
    return stamped + text[len(head) :]


# The extension.


def prepare(app):
    """Make room in Sphinx's memory of the last build; let the cache forget old outputs."""
    for name in ("chapter_keys", "glued_from"):
        if not hasattr(app.env, name):
            setattr(app.env, name, {})
    app.env.read_now = set()
    # What another version of this file, or of a package, made of the texts may be wrong now.
    lock = Path(app.srcdir, LOCK)
    version = (
        f"{sys.version} {file_hash(Path(__file__))} {file_hash(lock) if lock.exists() else ''}"
    )
    kept, answers = getattr(app.env, "remembered", ("", {}))
    REMEMBERED.update(answers if kept == version else {})
    ASKED.clear()
    app.env.remembered = (version, REMEMBERED)
    get_cache(app.env.mystnb_config.execution_cache_path).change_cache_limit(CACHE_LIMIT)


def outdated(app, env, added, changed, removed):
    """Name the chapters whose key is not the one they were read with."""
    docs = []
    for name in env.found_docs - added - changed - removed:
        path = Path(env.doc2path(name))
        text = path.read_text("utf-8") if path.suffix == ".md" else ""
        if is_notebook(text) and env.chapter_keys.get(name) != chapter_key(text, Path(app.srcdir)):
            docs.append(name)
    return docs


def read(app, name, source):
    """Stamp a chapter with its key."""
    app.env.read_now.add(name)
    # myst_nb writes the glued values only if there are any, and would leave the old ones.
    folder = Path(app.env.mystnb_config.output_folder)
    (folder / f"{name}.glue.json").unlink(missing_ok=True)
    if is_notebook(source[0]):
        key = chapter_key(source[0], Path(app.srcdir))
        app.env.chapter_keys[name] = key
        source[0] = stamp(source[0], key)


def note_glue(app, doctree):
    """Remember which chapters a page takes values from."""
    app.env.glued_from[app.env.docname] = {
        node.refdoc for node in doctree.findall(PendingGlueReference)
    }


def forget_texts(app, env):
    """Forget what was made of texts that nothing has any more."""
    for key in set(REMEMBERED) - ASKED:
        del REMEMBERED[key]


def show_new_values(app, env):
    """Name the pages that show a value of a chapter that was read again."""
    return [name for name, chapters in env.glued_from.items() if chapters & env.read_now]


def forget(app, env, name):
    """Forget a page that is gone or is read again."""
    env.chapter_keys.pop(name, None)
    env.glued_from.pop(name, None)


def warn_again(app, exception):
    """After warnings, start afresh next time: an unchanged page would not repeat them."""
    if getattr(app, "_warncount", 0):
        (Path(app.doctreedir) / "environment.pickle").unlink(missing_ok=True)


def setup(app):
    """Connect the extension to Sphinx."""
    app.connect("builder-inited", prepare, priority=900)  # after myst_nb
    app.connect("env-get-outdated", outdated)
    app.connect("source-read", read)
    app.connect("doctree-read", note_glue)
    app.connect("env-updated", show_new_values)
    app.connect("env-updated", forget_texts)
    app.connect("env-purge-doc", forget)
    app.connect("build-finished", warn_again)
    return {"version": "1", "parallel_read_safe": False, "parallel_write_safe": True}
