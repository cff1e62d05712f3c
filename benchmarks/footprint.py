"""What the course takes before it does anything: memory of each chapter, start-up, the data.

python -m benchmarks.footprint [--only PART …] [--quick]       (make bench PART=footprint)
"""

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

#: What a process runs; the others are compared with the first two.
STARTS = {
    "Python alone": "pass",
    "NumPy": "import numpy",
    "digitrec": "import numpy, digitrec",
    "all to read an image": "from digitrec import networks, reading",
    "the figures": "from digitrec import plots",
    "Keras with TensorFlow": "import keras",
}
#: What is timed, and what the process does before; the others are compared with the last one.
LOADS = {
    "load_test": ("mnist.load_test()", "from digitrec import mnist"),
    "load_mnist": ("mnist.load_mnist()", "from digitrec import mnist"),
    "load_training": ("mnist.load_training()", "from digitrec import mnist"),
    "NumPy's import": ("import numpy", "pass"),
}


def start(run: measure.Run) -> dict[str, Any]:
    """Time processes, from start to end, that import something, or read a digit from a file."""
    calls = {name: partial(measure.python, "-c", code) for name, code in STARTS.items()}
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "digit.png"
        cv2.imwrite(str(picture), 255 - cv2.resize(load_test().x_test[0], (280, 280)))
        read = partial(measure.python, "-m", "digitrec", "read", picture)
        times = measure.in_turns({**calls, "digitrec read, a picture": read}, run(11))
    alone, numpy = times["Python alone"], times["NumPy"]
    found: dict[str, Any] = {}
    for name, seconds in times.items():
        turns = list(zip(seconds, alone, numpy, strict=True))
        found[name] = {
            "seconds": measure.summary(seconds, 3),
            "over_numpy": measure.summary((s - n for s, _, n in turns), 3),
            # Without what every Python process takes, over what NumPy itself takes.
            "times_numpy": measure.summary(((s - a) / (n - a) for s, a, n in turns), 3),
        }
    for name, code in STARTS.items():
        found[name]["mb"] = round(measure.apart(code)[-1])
    return found


def data(run: measure.Run) -> dict[str, Any]:
    """Time each way to read, check and unpack MNIST, each time in a new process."""
    turns = [{name: measure.apart(*code) for name, code in LOADS.items()} for _ in range(run(11))]
    times = {name: [turn[name][0] for turn in turns] for name in LOADS}
    return {
        name: {
            "seconds": measure.summary(seconds, 3),
            "times_numpy": measure.ratio(times, name, "NumPy's import"),
            "mb": measure.summary((turn[name][1] for turn in turns), 3),
        }
        for name, seconds in times.items()
    }


def chapters(run: measure.Run) -> dict[str, float]:
    """Return the MB that each chapter's kernel took at its highest in the last build."""
    path = measure.ROOT / "_build" / ".jupyter_cache" / kernel.PEAKS
    peaks = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    names = [page.stem for page in library_cache.executed_pages(measure.ROOT)]
    if missing := [name for name in names if f"book/{name}" not in peaks]:
        raise measure.MissingError(f"{', '.join(missing)}: not built; run `make book`")
    return {name: measure.significant(peaks[f"book/{name}"] / 1e6) for name in names}


def limit(run: measure.Run) -> float:
    """Return the MB that a chapter may take: the tests fail above it."""
    return float(kernel.LIMIT / 1e6)


BENCHMARK = measure.Benchmark(
    "footprint",
    __doc__,
    {"start": start, "data": data, "chapters": chapters, "limit_mb": limit},
    packages=("numpy", "opencv-python-headless", "matplotlib", "keras"),
)

if __name__ == "__main__":
    sys.exit(measure.command(BENCHMARK))
