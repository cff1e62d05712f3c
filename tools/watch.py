"""Show the book while it is being written: `make watch`.

sphinx-autobuild builds again what changed, and has the browser load it. It is told of the book by a
`conf.py` that hands over what `_config.yml` says. Pages go to `_build/watch`, so that `make book`
and this do not read everything again because of each other; the chapters' outputs are shared. The
notebooks that readers launch are left to `make book`: writing them takes longer than the page.

A build after a change would take a third of its time to load what all builds load. So the server
has loaded it before, but for the book's own programs, and each such build is a copy of its process.
"""

from __future__ import annotations

import contextlib
import importlib
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
CONF = f"""\
import sys
sys.path.insert(0, {str(ROOT)!r})
from tools.watch import settings
globals().update(settings())
"""
#: What a build writes, or no page shows.
IGNORED = ["_build", ".git", ".github", ".venv", "notebooks", "tests", "tools"]
#: What the book's own extensions load besides those of others.
LOADED = ("sphinx.cmd.build", "jupytext", "nbclient", "matplotlib.colors", "PIL.Image", "numpy")


def settings(root: Path = ROOT) -> dict[str, Any]:
    """Return the book's settings for Sphinx, whose paths begin elsewhere than jupyter-book's."""
    # An address checker that jsonschema does without, and that takes seconds to load.
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    # Seconds, which who only starts the server need not wait.
    from jupyter_book.config import get_final_config

    config: dict[str, Any] = get_final_config(
        user_yaml=root / "_config.yml",
        sourcedir=root,
        cli_config={"external_toc_path": str(root / "_toc.yml"), "latex_individualpages": False},
    )[0]
    return config | {
        "book_notebooks": False,
        "bibtex_bibfiles": [str(root / path) for path in config["bibtex_bibfiles"]],
        "html_favicon": str(root / config["html_favicon"]),
        "html_static_path": [str(root / path) for path in config["html_static_path"]],
        "nb_execution_cache_path": str(root / "_build" / ".jupyter_cache"),
    }


def command(port: str, root: Path = ROOT) -> list[str]:
    """Write what Sphinx is to know; return sphinx-autobuild's arguments."""
    folder = root / "_build" / "watch"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "conf.py").write_text(CONF, "utf-8")
    return [
        *(str(root), str(folder / "html"), "-c", str(folder), "-d", str(folder / "doctrees")),
        *("-n", "-q", "--port", port),
        *(part for name in IGNORED for part in ("--ignore", str(root / name))),
        # What editors and Python leave beside a file.
        *("--re-ignore", r"(~|\.sw[px]|\.pyc|/\.[^/]*|/__pycache__)$"),
    ]


def load() -> None:
    """Load what all builds load; nothing of the book's own, which may change meanwhile."""
    own = {path.stem for path in (ROOT / "book" / "_ext").glob("*.py")}
    try:
        extensions = settings()["extensions"]
    except Exception:  # noqa: BLE001 (the first build tells what is wrong)
        extensions = []
    for name in (*LOADED, *(name for name in extensions if name not in own)):
        with contextlib.suppress(ImportError):  # what is missing is told by the build
            importlib.import_module(name)
    from bs4 import BeautifulSoup

    # It makes its table of characters when it meets the first.
    BeautifulSoup("<p>&eacute;</p>", "html.parser").select("p")


def run(arguments: Sequence[str]) -> None:
    """Build in this process, and end it with Sphinx's code."""
    from sphinx.cmd.build import main as build

    sys.exit(build(list(arguments)))


class Copies:
    """What sphinx-autobuild takes for `subprocess`: a build is a copy of this process."""

    CalledProcessError = subprocess.CalledProcessError

    @staticmethod
    def run(command: list[str], check: bool) -> None:
        """Build as a command says, which begins with `python -m sphinx build`."""
        python, *words = command
        if (python, words[:3]) != (sys.executable, ["-m", "sphinx", "build"]):
            raise ValueError(f"expected the command that builds, found {command}")
        process = multiprocessing.get_context("fork").Process(target=run, args=(words[3:],))
        process.start()
        process.join()
        if check and process.exitcode:
            raise subprocess.CalledProcessError(process.exitcode, command)


def main(arguments: list[str]) -> None:
    """Serve the book at a port of this machine until Ctrl-C."""
    # Chapters that run again read their modules from here.
    os.chdir(ROOT)
    from sphinx_autobuild import __main__ as server
    from sphinx_autobuild import build

    (port,) = arguments
    # Elsewhere a process cannot be copied, or not one that has threads.
    if sys.platform == "linux":
        load()
        build.subprocess = Copies
    server.main(command(port))


if __name__ == "__main__":
    main(sys.argv[1:])
