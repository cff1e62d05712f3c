"""Build the book from a copy of the tree: the tree's own build is neither used nor changed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
#: What npm brought; a copy has a link to it.
PACKAGES = Path("tools", "javascript", "node_modules")
LEFT_OUT = (".git", ".venv", "_build", "node_modules", ".hypothesis", "*_cache", "__pycache__")
#: What a build says of a chapter that ran.
RAN = re.compile(r"book/([\w-]+)\.md: Executed notebook in ([\d.]+) seconds")
#: What a build keeps for the next: chapters' outputs, and pictures, which take minutes to compress.
KEPT = (".jupyter_cache", ".doctrees/pictures")


class BuildError(Exception):
    """What a build that failed has said."""


def copy(folder: Path) -> None:
    """Copy the tree into a folder, without what was built and what is kept between builds."""
    shutil.copytree(ROOT, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(*LEFT_OUT))
    (folder / PACKAGES).symlink_to(ROOT / PACKAGES)


def keep(folder: Path) -> None:
    """Give a copy what the tree's own build, if there is one, has kept.

    No chapter runs there that did not change since.
    """
    for kept in KEPT:
        if (ROOT / "_build" / kept).exists():
            shutil.copytree(ROOT / "_build" / kept, folder / "_build" / kept)


def build(folder: Path, **environment: str) -> dict[str, float]:
    """Build the book of a copy; return the seconds that each chapter took which ran.

    Raises
    ------
    BuildError
        When the build fails, or warns.
    """
    environ = os.environ | {"PYTHONPATH": str(folder)} | environment
    environ.pop("PYTHONDONTWRITEBYTECODE", None)
    script = Path(sys.executable).with_name("jupyter-book")
    command = [str(script), "build", ".", "-W", "-n", "--keep-going"]
    done = subprocess.run(
        command, cwd=folder, env=environ, capture_output=True, encoding="utf-8", check=False
    )
    if done.returncode:
        raise BuildError(done.stderr)
    return {name: float(took) for name, took in sorted(RAN.findall(done.stdout))}
