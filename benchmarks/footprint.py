"""What the course takes before it does anything: memory of each chapter, start-up, the data.

    python -m benchmarks.footprint [--only PART …] [--quick]       (make bench PART=footprint)

The page "What it costs" shows it under *Memory* and *Before anything happens*.

start
    Processes that import, or read one digit, in turns; from their start to their end, and as many
    times what importing NumPy takes.
data
    Reading, checking and unpacking MNIST, in processes that have not done so before.
chapters
    MB that each chapter's kernel took at its highest when the book was last built.
limit_mb
    What a chapter may take: the tests fail above it.
"""

from __future__ import annotations

import json
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import cv2

from benchmarks import measure
from digitrec.mnist import load_test

sys.path.insert(0, str(measure.ROOT / "book" / "_ext"))

import kernel
import library_cache

#: What a process runs, by the name in the table. The second is what the others are compared with.
STARTS = {
    "Python alone": "pass",
    "NumPy": "import numpy",
    "digitrec": "import numpy, digitrec",
    "all to read an image": "from digitrec import images, networks",
    "the figures": "from digitrec import plots",
    "Keras with TensorFlow": "import keras",
}
#: What a process does with the digits; the last is what the others are compared with.
LOADS = {
    "load_test": ("from digitrec import mnist", "mnist.load_test()"),
    "load_mnist": ("from digitrec import mnist", "mnist.load_mnist()"),
    "load_training": ("from digitrec import mnist", "mnist.load_training()"),
    "NumPy's import": ("pass", "import numpy"),
}
LOAD = """
import time
{before}
start = time.perf_counter()
{code}
seconds = time.perf_counter() - start
from benchmarks import memory
print(seconds, memory.peak() / 1e6)
"""


def start(run: measure.Run) -> dict[str, Any]:
    """Time processes that import something, or that read a digit from a file."""
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "digit.png"
        cv2.imwrite(str(picture), 255 - cv2.resize(load_test().x_test[0], (280, 280)))
        read = ("-m", "digitrec", "read", picture)
        commands: dict[str, tuple[str | Path, ...]] = {
            name: ("-c", code) for name, code in STARTS.items()
        }
        commands["digitrec read, a picture"] = read
        calls = {n: partial(measure.python, *command) for n, command in commands.items()}
        times = measure.in_turns(calls, run(11))
    alone, numpy = (times[name] for name in list(STARTS)[:2])
    found: dict[str, Any] = {}
    for name, seconds in times.items():
        turns = list(zip(seconds, alone, numpy, strict=True))
        found[name] = {
            "seconds": measure.summary(seconds, 3),
            "over_numpy": measure.summary((s - n for s, _, n in turns), 3),
            # Without what every Python process takes, over what NumPy itself takes.
            "times_numpy": measure.summary(((s - a) / (n - a) for s, a, n in turns), 3),
        }
        if name in STARTS:
            code = f"{STARTS[name]}\nfrom benchmarks import memory\nprint(memory.peak())"
            found[name]["mb"] = round(int(measure.python("-c", code)) / 1e6)
    return found


def data(run: measure.Run) -> dict[str, Any]:
    """Time each way to load the digits, and NumPy's import, each time in a new process."""
    times: dict[str, list[float]] = {name: [] for name in LOADS}
    peaks: dict[str, list[float]] = {name: [] for name in LOADS}
    for _ in range(run(11)):
        for name, (before, code) in LOADS.items():
            program = LOAD.format(before=before, code=code)
            seconds, peak = map(float, measure.python("-c", program).split())
            times[name].append(seconds)
            peaks[name].append(peak)
    return {
        name: {
            "seconds": measure.summary(times[name], 3),
            "times_numpy": measure.ratio(times, name, list(LOADS)[-1]),
            "mb": measure.summary(peaks[name], 3),
        }
        for name in LOADS
    }


def chapters(run: measure.Run) -> dict[str, float]:
    """Return what the last build noted for each chapter."""
    path = measure.ROOT / "_build" / ".jupyter_cache" / kernel.PEAKS
    peaks = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    found = {}
    for page in library_cache.executed_pages(measure.ROOT):
        if f"book/{page.stem}" not in peaks:
            raise measure.MissingError(f"{page.stem} was not built; run `make book`")
        found[page.stem] = measure.significant(peaks[f"book/{page.stem}"] / 1e6)
    return found


def limit(run: measure.Run) -> float:
    return float(kernel.LIMIT / 1e6)


BENCHMARK = measure.Benchmark(
    "footprint",
    __doc__,
    {"start": start, "data": data, "chapters": chapters, "limit_mb": limit},
    packages=("numpy", "opencv-python-headless", "matplotlib", "keras"),
)

if __name__ == "__main__":
    sys.exit(measure.command(BENCHMARK))
