"""How long the book takes to build: all of it, nothing changed, and after small changes.

    python -m benchmarks.build [--quick]           (make bench PART=build)

The page "What it costs" shows it under *Building this book*. Copies the tree into a temporary
folder and builds it there, again and again:

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
and writes nothing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from jupyter_cache import get_cache

from benchmarks import measure
from benchmarks.measure import ROOT

sys.path.insert(0, str(ROOT / "book" / "_ext"))

import library_cache

#: The chapter that is changed. It is one that runs in seconds.
CHAPTER = "03-forward"


class Tree:
    """A copy of the tree in which things are changed and built."""

    def __init__(self, root: Path) -> None:
        self.root = root
        git = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
        listed = subprocess.run(git, cwd=ROOT, stdout=subprocess.PIPE, check=True)
        for name in filter(None, listed.stdout.decode().split("\0")):
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

    def build(self) -> tuple[float, dict[str, float]]:
        """Build; return the seconds in all, and those of each chapter that ran."""
        before = self.records()
        environ = os.environ | {"PYTHONPATH": str(self.root)}
        environ.pop("PYTHONDONTWRITEBYTECODE", None)
        script = Path(sys.executable).with_name("jupyter-book")
        command = [str(script), "build", ".", "-W", "-n", "--keep-going"]
        start = time.perf_counter()
        done = subprocess.run(command, cwd=self.root, env=environ, capture_output=True, text=True)
        seconds = time.perf_counter() - start
        if done.returncode:
            sys.exit(done.stderr)
        ran = {
            Path(record.uri).stem: float(record.data["execution_seconds"])
            for key, record in self.records().items()
            if key not in before
        }
        return seconds, dict(sorted(ran.items()))


def rarest_module(root: Path) -> tuple[str, list[str]]:
    """Return the module that the fewest chapters import, though one does, and these chapters."""
    modules, _ = library_cache.library_files(root)
    users: dict[str, list[str]] = {name: [] for name in modules}
    for path in library_cache.executed_pages(root):
        code = library_cache.chapter_code(path.read_text("utf-8"))
        for name in library_cache.needed_modules(code, root):
            users[name].append(path.stem)
    used = [(name, chapters) for name, chapters in users.items() if chapters]
    return min(used, key=lambda pair: (len(pair[1]), pair[0]))


def builds(run: measure.Run) -> dict[str, Any]:
    """Build again and again; what changes before each is in the first column."""
    module, users = rarest_module(ROOT)
    every = [path.stem for path in library_cache.executed_pages(ROOT)]
    page = f"book/{CHAPTER}.md"
    cell = "\n```{{code-cell}} ipython3\nprint('cell {}')\n```\n"
    # What is added where, before each of so many builds, and which chapters then run.
    kinds: dict[str, tuple[tuple[str, str] | None, int, list[str]]] = {
        "cold": (None, 1, every),
        "unchanged": (None, run(3), []),
        "prose": ((page, "\nAnother sentence, number {}.\n"), run(3), []),
        "code": ((page, cell), run(3), [CHAPTER]),
        "module": ((f"digitrec/{module}.py", "# {}\n"), 1, users),
    }
    found: dict[str, Any] = {"changed": {"chapter": CHAPTER, "module": module}}
    with tempfile.TemporaryDirectory() as folder:
        tree = Tree(Path(folder))
        for kind, (change, repeats, expected) in kinds.items():
            times = []
            for turn in range(repeats):
                if change:
                    tree.add(change[0], change[1].format(turn))
                seconds, ran = tree.build()
                times.append(seconds)
                print(f"{kind}: {seconds:.1f} s", flush=True)
                if list(ran) != sorted(expected):
                    sys.exit(f"{kind}: expected to run {expected}, ran {list(ran)}")
            found[kind] = {"seconds": measure.summary(times, 3), "ran": list(ran)}
            if kind == "cold":
                found["chapters"] = {n: measure.significant(s, 3) for n, s in ran.items()}
    return found


BENCHMARK = measure.Benchmark(
    "build",
    __doc__,
    {"builds": builds},
    packages=("jupyter-book", "sphinx", "myst-nb", "keras"),
)

if __name__ == "__main__":
    sys.exit(measure.command(BENCHMARK))
