"""Write tests/launch/jupyter.txt: the Jupyter that Binder brings, for the tests that launch one.

repo2docker, which makes Binder's images, installs a frozen conda environment with JupyterLab before
this project's own packages. This takes the Python packages of that list, under their names on PyPI,
from repo2docker's wheel.

    python -m tools.jupyter_lock              the version of repo2docker that the lock names
    python -m tools.jupyter_lock --upgrade    the newest
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "tests" / "launch" / "jupyter.txt"
RUNTIME = ROOT / ".binder" / "runtime.txt"
FROZEN = "repo2docker/buildpacks/conda/environment.py-{python}-linux-64.lock"
#: Packages whose names on conda-forge and on PyPI differ.
NAMES = {
    "brotli-python": "brotli",
    "jupyterhub-base": "jupyterhub",
    "nbconvert-core": "nbconvert",
    "python-fastjsonschema": "fastjsonschema",
}
#: Python itself, under a name of its own.
LEFT_OUT = {"cpython"}
HEADER = """\
# What repo2docker {version} installs before .binder/requirements.txt: the Python packages of its
# {frozen} ({date}).
# Written by: make lock
"""


def python_packages(frozen: str) -> dict[str, str]:
    """Return the packages of a conda lock that are Python's: name on PyPI → version.

    A build of conda-forge that is for Python says so: its name begins with ``py``.
    """
    found = re.findall(r"/([^/]+)-([^-/]+)-py[^-/]*(?:\.conda|\.tar\.bz2)#?", frozen, re.MULTILINE)
    return {NAMES.get(name, name): version for name, version in found if name not in LEFT_OUT}


def lock(version: str, python: str) -> str:
    """Return the lock's text, of a version of repo2docker (empty: the newest)."""
    with tempfile.TemporaryDirectory() as folder:
        wanted = f"jupyter-repo2docker{version and f'=={version}'}"
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        subprocess.run([*pip, "--dest", folder, wanted], check=True)
        (wheel,) = Path(folder).glob("*.whl")
        version = wheel.name.split("-")[1]
        with zipfile.ZipFile(wheel) as files:
            frozen = files.read(FROZEN.format(python=python)).decode()
    date = re.search(r"^# Frozen on (\S+)", frozen, re.MULTILINE)
    name = Path(FROZEN.format(python=python)).name
    head = HEADER.format(
        version=version, frozen=name, date=f"frozen on {date[1]}" if date else "no date"
    )
    packages = python_packages(frozen)
    return head + "".join(f"{name}=={packages[name]}\n" for name in sorted(packages))


def main(arguments: list[str]) -> None:
    """Write the lock."""
    named = LOCK.exists() and re.search(r"repo2docker (\S+) installs", LOCK.read_text("utf-8"))
    version = named[1] if named and "--upgrade" not in arguments else ""
    python = RUNTIME.read_text("utf-8").strip().removeprefix("python-")
    LOCK.parent.mkdir(exist_ok=True)
    LOCK.write_text(lock(version, python), "utf-8", newline="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
