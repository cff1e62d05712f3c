"""How long the book takes to build: all of it, nothing changed, and after small changes.

    python -m benchmarks.build [--only PART …] [--quick]      (make bench PART=build)

``cold`` builds from nothing. ``changes`` begins with the outputs that the tree's own build has
kept, and builds again and again. Which chapters ran is told by the build; where it is not those
that may run, this ends in an error and writes nothing. ``watch`` is what a writer waits for: from
a changed file to the moment at which ``make watch`` has the browser load the page again.
"""

import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import connect

from benchmarks import measure
from benchmarks.measure import ROOT
from tools import copies

sys.path.insert(0, str(ROOT / "book" / "_ext"))

import library_cache

#: The chapter that is changed, one that runs in seconds, and the module, which few chapters need.
CHAPTER, MODULE = "03-forward", "__main__"
#: Where the book is shown while it is written, and seconds in which it is there.
PORT, BEGUN = 8765, 600


def build(root: Path) -> tuple[float, dict[str, float]]:
    """Build the book; return the seconds in all, and those of each chapter that ran."""
    start = time.perf_counter()
    ran = copies.build(root)
    return time.perf_counter() - start, ran


def expect(root: Path, kind: str, expected: list[str]) -> tuple[float, dict[str, float]]:
    """Build the book, and see that those chapters ran; return what ``build`` does."""
    seconds, ran = build(root)
    print(f"{kind}: {seconds:.1f} s", flush=True)
    if list(ran) != sorted(expected):
        sys.exit(f"{kind}: expected to run {sorted(expected)}, ran {list(ran)}")
    return seconds, ran


def cold(_run: measure.Run) -> dict[str, Any]:
    """Build a copy of the tree from nothing."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        copies.copy(root)
        every = [path.stem for path in library_cache.executed_pages(ROOT)]
        seconds, ran = expect(root, "cold", every)
    return {
        "seconds": measure.summary([seconds], 3),
        "chapters": {name: measure.significant(s, 3) for name, s in ran.items()},
    }


def changes(run: measure.Run) -> dict[str, Any]:
    """Build a copy of the tree again and again, changed before each build."""
    codes = {
        path.stem: library_cache.chapter_code(path.read_text("utf-8"))
        for path in library_cache.executed_pages(ROOT)
    }
    users = [n for n, code in codes.items() if MODULE in library_cache.needed_modules(code, ROOT)]
    page = f"book/{CHAPTER}.md"
    cell = "\n```{{code-cell}} ipython3\nprint('cell {}')\n```\n"
    # What is added where, before each of so many builds, and which chapters then run.
    kinds = {
        "unchanged": (page, "", run(3), []),
        "prose": (page, "\nAnother sentence, number {}.\n", run(3), []),
        "code": (page, cell, run(3), [CHAPTER]),
        "module": (f"digitrec/{MODULE}.py", "# {}\n", 1, users),
    }
    found: dict[str, Any] = {"changed": {"chapter": CHAPTER, "module": MODULE}}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        copies.copy(root)
        copies.keep(root)
        build(root)  # not measured: it runs what changed since the tree's own build
        for kind, (name, text, repeats, expected) in kinds.items():
            times = []
            for turn in range(repeats):
                with (root / name).open("a", encoding="utf-8") as changed:
                    changed.write(text.format(turn))
                times.append(expect(root, kind, expected)[0])
            found[kind] = {"seconds": measure.summary(times, 3), "ran": sorted(expected)}
    return found


@contextmanager
def watched(root: Path) -> Iterator[str]:
    """Show a copy of the book as `make watch` does; give the chapter's address."""
    environ = os.environ | {"PYTHONPATH": str(root)}
    environ.pop("PYTHONDONTWRITEBYTECODE", None)
    address = f"http://127.0.0.1:{PORT}/book/{CHAPTER}.html"
    command = [sys.executable, "-m", "tools.watch", str(PORT)]
    with subprocess.Popen(command, cwd=root, env=environ, stdout=subprocess.DEVNULL) as server:
        try:
            end = time.monotonic() + BEGUN
            while not text(address):
                if server.poll() is not None or time.monotonic() > end:
                    sys.exit(f"watch: expected the book at {address}, found none")
                time.sleep(1)
            yield address
        finally:
            server.terminate()


def text(address: str) -> str:
    """Return a page's HTML, or nothing where nobody answers."""
    try:
        with urllib.request.urlopen(address) as answer:
            return str(answer.read().decode())
    except urllib.error.URLError:
        return ""


def watch(run: measure.Run) -> dict[str, Any]:
    """Change a sentence of a copy of the book that is being watched, again and again."""
    times = []
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        copies.copy(root)
        copies.keep(root)
        with watched(root) as address:
            for turn in range(run(5)):
                sentence = f"Another sentence, number {turn}."
                with connect(f"ws://127.0.0.1:{PORT}/websocket-reload") as browser:
                    start = time.perf_counter()
                    with (root / "book" / f"{CHAPTER}.md").open("a", encoding="utf-8") as changed:
                        changed.write(f"\n{sentence}\n")
                    browser.recv(timeout=BEGUN)
                    times.append(time.perf_counter() - start)
                print(f"watch: {times[-1]:.1f} s", flush=True)
                if sentence not in text(address):
                    sys.exit(f"watch: expected {sentence!r} in {address}, found the page without")
    return {"chapter": CHAPTER, "seconds": measure.summary(times, 3)}


BENCHMARK = measure.Benchmark(
    "build",
    __doc__,
    {"cold": cold, "changes": changes, "watch": watch},
    packages=("jupyter-book", "sphinx", "myst-nb", "keras"),
)

if __name__ == "__main__":
    sys.exit(measure.command(BENCHMARK))
