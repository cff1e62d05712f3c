"""What the course takes before it does anything: memory of each chapter, start-up, the data.

    python benchmarks/footprint.py                       (or: make bench PART=footprint)
    python benchmarks/footprint.py --chapter 02-dense    one chapter alone, cell by cell
    python benchmarks/footprint.py --of-build            memory as the last build noted it

chapters
    Each chapter runs in a kernel of its own, as in the book's build, and the memory that the kernel
    takes at its highest is noted.
start
    Processes that import, or read one digit, in turns; from their start to their end, and as many
    times what importing NumPy takes.
data
    Reading, checking and unpacking MNIST, in processes that have not done so before.

Prints tables and writes ``benchmarks/results/footprint.json``.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import cv2
import jupytext
import measure
from nbclient import NotebookClient

from digitrec.mnist import load_test

ROOT = Path(__file__).resolve().parents[1]
BOOK = ROOT / "book"
sys.path.insert(0, str(BOOK / "_ext"))

import kernel  # noqa: E402 (found through the line above)
import library_cache  # noqa: E402

REPEATS, CHAPTER_REPEATS = 11, 3

#: What a process runs, by the name in the table. The second is what the others are compared with.
STARTS = {
    "Python alone": "pass",
    "NumPy": "import numpy",
    "digitrec": "import numpy, digitrec",
    "all to read an image": "from digitrec import images, networks",
    "the figures": "from digitrec import plots",
    "Keras with TensorFlow": "import keras",
}
LOADS = ("load_test", "load_mnist", "load_training")
# Linux counts a process' highest memory from its own start; elsewhere psutil tells what it has now.
MEMORY = """
try:
    bytes_ = 1024 * int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0])
except OSError:
    import psutil
    bytes_ = psutil.Process().memory_info().rss
"""


def run(*command: str | Path) -> str:
    """Run Python; return what it printed."""
    done = subprocess.run(
        [sys.executable, *command], capture_output=True, text=True, check=True
    )
    return done.stdout


def start_up(repeats: int) -> dict[str, Any]:
    """Time processes that import something, or that read a digit from a file."""
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "digit.png"
        cv2.imwrite(str(picture), 255 - cv2.resize(load_test().x_test[0], (280, 280)))
        read = ("-m", "digitrec", "read", picture)
        commands: dict[str, tuple[str | Path, ...]] = {
            name: ("-c", code) for name, code in STARTS.items()
        } | {"digitrec read, a picture": read}
        times = measure.in_turns(
            {name: lambda c=command: run(*c) for name, command in commands.items()},
            repeats,
        )
    alone, numpy = list(STARTS)[:2]
    # What NumPy itself takes: its process without what every Python process takes.
    own = [a - b for a, b in zip(times[numpy], times[alone], strict=True)]
    found = {}
    for name, seconds in times.items():
        more = [a - b for a, b in zip(seconds, times[numpy], strict=True)]
        found[name] = {
            "seconds": measure.summary(seconds, 3),
            "over_numpy": measure.summary(more, 3),
            "times_numpy": measure.summary(
                (
                    (a - b) / n
                    for a, b, n in zip(seconds, times[alone], own, strict=True)
                ),
                3,
            ),
        }
        if name in STARTS:
            code = f"{STARTS[name]}\n{MEMORY}\nprint(bytes_)"
            found[name]["mb"] = round(int(run("-c", code)) / 1e6)
    return found


def data(repeats: int) -> dict[str, Any]:
    """Time each way to load the digits, and NumPy's import, each time in a new process."""
    codes = {
        name: f"from digitrec import mnist\nstart = time.perf_counter()\nmnist.{name}()"
        for name in LOADS
    } | {"NumPy's import": "start = time.perf_counter()\nimport numpy"}
    rest = f"seconds = time.perf_counter() - start\n{MEMORY}\nprint(seconds, bytes_)"
    times: dict[str, list[float]] = {name: [] for name in codes}
    peaks: dict[str, list[float]] = {name: [] for name in codes}
    for _ in range(repeats):
        for name, code in codes.items():
            seconds, peak = run("-c", f"import time\n{code}\n{rest}").split()
            times[name].append(float(seconds))
            peaks[name].append(float(peak) / 1e6)
    return {
        name: {
            "seconds": measure.summary(times[name], 3),
            "times_numpy": measure.ratio(times, name, "NumPy's import"),
            "mb": measure.summary(peaks[name], 3),
        }
        for name in codes
    }


def chapter(name: str, memory: kernel.Memory, by_cell: bool = False) -> dict[str, Any]:
    """Run a chapter in a kernel; return its highest memory in bytes, and its seconds."""
    notebook = jupytext.read(BOOK / f"{name}.md", fmt="md:myst")
    client = NotebookClient(
        notebook,
        timeout=900,
        kernel_name="python3",
        resources={"metadata": {"path": str(BOOK)}},
    )
    highest = memory.peak = 0
    begin = time.perf_counter()
    with client.setup_kernel():
        for index, cell in enumerate(notebook.cells):
            if cell.cell_type != "code":
                continue
            memory.peak, start = 0, time.perf_counter()
            client.execute_cell(cell, index)
            seconds = time.perf_counter() - start
            time.sleep(2 * kernel.PAUSE)  # so that it has been looked at
            highest = max(highest, memory.peak)
            if by_cell:
                last = cell.source.rstrip().splitlines()[-1]
                print(
                    f"{seconds:8.2f} s {memory.peak / 1e6:8.0f} MB   {last}", flush=True
                )
    return {"bytes": highest, "seconds": time.perf_counter() - begin}


def chapters(repeats: int, memory: kernel.Memory) -> dict[str, Any]:
    """Run every chapter so often; say how much memory each took."""
    found: dict[str, list[dict[str, Any]]] = {
        path.stem: [] for path in library_cache.executed_pages(ROOT)
    }
    for _ in range(repeats):
        for name, runs in found.items():
            runs.append(chapter(name, memory))
    return {
        name: {
            "mb": measure.summary((r["bytes"] / 1e6 for r in runs), 4),
            "seconds": measure.summary((r["seconds"] for r in runs), 3),
        }
        for name, runs in found.items()
    }


def of_build() -> dict[str, Any]:
    """What each chapter took when the book was last built; measured in the same way, once."""
    peaks = ROOT / "_build" / ".jupyter_cache" / kernel.PEAKS
    return {
        Path(name).name: {"mb": measure.summary([peak / 1e6])}
        for name, peak in sorted(json.loads(peaks.read_text("utf-8")).items())
    }


def median(found: dict[str, Any], key: str, form: str = ".2f") -> str:
    """Median and quartiles as text."""
    if key not in found:
        return ""
    if not isinstance(found[key], dict):
        return f"{found[key]:{form}}"
    low, middle, high = (
        found[key][name] for name in ("lower_quartile", "median", "upper_quartile")
    )
    return f"{middle:{form}} ({low:{form}}–{high:{form}})"


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure memory and start-up.")
    parser.add_argument("--chapter", help="run this chapter alone, and show each cell")
    parser.add_argument(
        "--of-build",
        action="store_true",
        help="run no chapter: take the memory that the last build noted",
    )
    options = parser.parse_args()
    memory = kernel.Memory()
    memory.start()
    with tempfile.TemporaryDirectory() as folder:
        kernel.set_environment(Path(folder))
        if options.chapter:
            found = chapter(options.chapter, memory, by_cell=True)
            print(f"{options.chapter}: {found['bytes'] / 1e6:.0f} MB at its highest")
            return
        found = {
            "machine": measure.machine("numpy", "opencv-python-headless", "matplotlib", "keras"),
            "start": start_up(REPEATS),
            "data": data(REPEATS),
            "limit_mb": kernel.LIMIT / 1e6,
            "chapters": of_build() if options.of_build else chapters(CHAPTER_REPEATS, memory),
        }  # fmt: skip
    for title, part, columns in (
        ("process", "start", {"seconds": ".2f", "times_numpy": ".1f", "mb": ".0f"}),
        ("data", "data", {"seconds": ".2f", "times_numpy": ".1f", "mb": ".0f"}),
        ("chapter", "chapters", {"mb": ".0f", "seconds": ".0f"}),
    ):
        rows = [[title, *columns]]
        for name, row in found[part].items():
            rows.append([name, *(median(row, *column) for column in columns.items())])
        print(f"\n{measure.table(rows)}")
    print(f"\n{json.dumps(found['machine'], ensure_ascii=False)}")
    print(measure.write("footprint", found).relative_to(ROOT))


if __name__ == "__main__":
    main()
