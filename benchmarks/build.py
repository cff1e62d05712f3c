"""How long the book takes to build: all of it, nothing changed, and after small changes.

    python benchmarks/build.py           (or: make bench PART=build)

Copies the tree into a temporary folder and builds it there, again and again:

cold
    nothing is cached, every chapter runs;
unchanged
    nothing has changed since;
prose
    a sentence is added to a chapter: no chapter may run;
code
    a cell is added to a chapter: this one alone may run;
module
    a comment is added to a module of the library: only chapters that import it may run.

Which chapters ran is read from the cache; where it is not what it should be, this ends in an error
and writes nothing. Prints a table and writes ``benchmarks/results/build.json``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import measure
from jupyter_cache import get_cache

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "book" / "_ext"))

import library_cache  # noqa: E402 (found through the line above)

#: The chapter that is changed. It is one that runs in seconds.
CHAPTER = "03-forward"
REPEATS = 3


class Tree:
    """A copy of the tree in which things are changed and built."""

    def __init__(self, root: Path) -> None:
        self.root = root
        listed = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
            cwd=ROOT, capture_output=True, text=True, check=True,
        )  # fmt: skip
        for name in filter(None, listed.stdout.split("\0")):
            if (ROOT / name).is_file():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, root / name)

    def add(self, name: str, text: str) -> None:
        """Add text at the end of a file."""
        path = self.root / name
        path.write_text(path.read_text("utf-8") + text, "utf-8")

    def records(self) -> dict[int, Any]:
        """Return what the cache holds."""
        folder = self.root / "_build" / ".jupyter_cache"
        if not folder.is_dir():
            return {}
        return {record.pk: record for record in get_cache(folder).list_cache_records()}

    def build(self) -> dict[str, Any]:
        """Build; return the seconds in all, and those of each chapter that ran."""
        before = self.records()
        environ = os.environ | {"PYTHONPATH": str(self.root)}
        environ.pop("PYTHONDONTWRITEBYTECODE", None)
        script = Path(sys.executable).with_name("jupyter-book")
        start = time.perf_counter()
        done = subprocess.run(
            [script, "build", ".", "-W", "-n", "--keep-going"],
            cwd=self.root, env=environ, capture_output=True, text=True, check=False,
        )  # fmt: skip
        seconds = time.perf_counter() - start
        if done.returncode:
            sys.exit(done.stderr)
        ran = {
            Path(record.uri).stem: record.data["execution_seconds"]
            for key, record in self.records().items()
            if key not in before
        }
        return {"seconds": seconds, "ran": dict(sorted(ran.items()))}


def rarest_module() -> tuple[str, list[str]]:
    """Return the module that the fewest chapters import, though one does, and these chapters."""
    modules, _ = library_cache.library_files(ROOT)
    users: dict[str, list[str]] = {name: [] for name in modules}
    for path in library_cache.executed_pages(ROOT):
        code = library_cache.chapter_code(path.read_text("utf-8"))
        for name in library_cache.needed_modules(code, ROOT):
            users[name].append(path.stem)
    return min(
        ((name, chapters) for name, chapters in users.items() if chapters),
        key=lambda pair: (len(pair[1]), pair[0]),
    )


def main() -> None:
    every = [path.stem for path in library_cache.executed_pages(ROOT)]
    module, users = rarest_module()
    file = f"book/{CHAPTER}.md"

    def prose(turn: int) -> Callable[[Tree], None]:
        return lambda tree: tree.add(file, f"\nAnother sentence, number {turn}.\n")

    def code(turn: int) -> Callable[[Tree], None]:
        cell = f"\n```{{code-cell}} ipython3\nprint('cell {turn}')\n```\n"
        return lambda tree: tree.add(file, cell)

    def nothing(turn: int) -> Callable[[Tree], None]:
        return lambda tree: None

    def comment(turn: int) -> Callable[[Tree], None]:
        return lambda tree: tree.add(f"digitrec/{module}.py", f"# {turn}\n")

    kinds: dict[str, tuple[Callable, list[str], int]] = {
        "cold": (nothing, every, 1),
        "unchanged": (nothing, [], REPEATS),
        "prose": (prose, [], REPEATS),
        "code": (code, [CHAPTER], REPEATS),
        "module": (comment, users, 1),
    }
    machine = measure.machine("jupyter-book", "sphinx", "myst-nb", "keras")
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        tree = Tree(Path(folder))
        for kind, (change, expected, repeats) in kinds.items():
            builds = []
            for turn in range(repeats):
                change(turn)(tree)
                builds.append(tree.build())
                print(f"{kind}: {builds[-1]['seconds']:.1f} s", flush=True)
                if list(builds[-1]["ran"]) != sorted(expected):
                    sys.exit(
                        f"expected to run: {expected}, ran: {list(builds[-1]['ran'])}"
                    )
            found[kind] = {
                "seconds": measure.summary((b["seconds"] for b in builds), 3),
                "ran": list(builds[-1]["ran"]),
            }
            if kind == "cold":
                found[kind]["chapters"] = {
                    name: measure.significant(seconds, 3)
                    for name, seconds in builds[0]["ran"].items()
                }
    found["changed"] = {"chapter": CHAPTER, "module": module}

    rows: list[list[object]] = [["change", "seconds", "chapters that ran"]]
    for kind in kinds:
        rows.append(
            [
                kind,
                found[kind]["seconds"]["median"],
                ", ".join(found[kind]["ran"]) or "none",
            ]
        )
    print(f"\n{measure.table(rows)}\n")
    print(measure.table([["cold", "seconds"], *found["cold"]["chapters"].items()]))
    print(measure.write("build", {"machine": machine, **found}).relative_to(ROOT))


if __name__ == "__main__":
    main()
