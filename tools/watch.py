"""Show the book while it is being written: `make watch`.

sphinx-autobuild builds again what changed, and has the browser load it. It is told of the book by a
`conf.py` that hands over what `_config.yml` says. Pages go to `_build/watch`, so that `make book`
and this do not read everything again because of each other; the chapters' outputs are shared. The
notebooks that readers launch are left to `make book`: writing them takes longer than the page.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
CONF = f"""\
import sys
sys.path.insert(0, {str(ROOT)!r})
# An address checker that jsonschema does without, and that takes a quarter of a build to load.
sys.modules["rfc3987_syntax"] = None
from tools.watch import settings
globals().update(settings())
"""
#: What a build writes, or no page shows.
IGNORED = ["_build", ".git", ".github", ".venv", "notebooks", "tests", "tools"]


def settings(root: Path = ROOT) -> dict[str, Any]:
    """Return the book's settings for Sphinx, whose paths begin elsewhere than jupyter-book's."""
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


def main(arguments: list[str]) -> None:
    """Serve the book at a port of this machine until Ctrl-C."""
    # Chapters that run again read their modules from here.
    os.chdir(ROOT)
    from sphinx_autobuild.__main__ import main as watch

    (port,) = arguments
    watch(command(port))


if __name__ == "__main__":
    main(sys.argv[1:])
