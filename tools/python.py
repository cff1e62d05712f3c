"""Find an installed Python of a version: Binder and Colab have one that may not be what runs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

#: Folders in which other tools install one Python beside the other: pyenv, uv, GitHub's runners.
FOLDERS = {
    "PYENV_ROOT": ("~/.pyenv", "versions/{version}*/bin/python"),
    "UV_PYTHON_INSTALL_DIR": (
        "~/.local/share/uv/python",
        "cpython-{version}*/bin/python3",
    ),
    "RUNNER_TOOL_CACHE": ("/opt/hostedtoolcache", "Python/{version}*/*/bin/python3"),
}


def candidates(version: str) -> Iterator[str]:
    """Yield the programs that may be Python of a version such as ``"3.12"``, likely ones first."""
    yield sys.executable
    yield shutil.which(f"python{version}") or ""
    for variable, (usual, pattern) in FOLDERS.items():
        folder = Path(os.environ.get(variable) or usual).expanduser()
        yield from map(str, sorted(folder.glob(pattern.format(version=version))))


def find(version: str) -> str | None:
    """Return a Python of a version that can make environments, or None.

    A name on the PATH proves nothing: pyenv puts names there of versions that are not switched on.
    """
    code = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])"
    for program in filter(None, candidates(version)):
        try:
            found = subprocess.run(
                [program, "-c", code], capture_output=True, text=True, check=False
            )
        except OSError:
            continue
        if found.stdout.strip() == version:
            return program
    return None
