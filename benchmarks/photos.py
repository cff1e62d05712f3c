"""How well real photographs are read, and how fast: single digits, lines and pages.

    python -m benchmarks.photos [--only PART …] [--among SOURCE]       (make bench PART=photos)

Pictures of any folder, as they are, are what :mod:`benchmarks.pictures` reads.
"""

import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks import measure, readings
from benchmarks.readings import Tally
from digitrec import reading, simulate
from digitrec.mnist import load_test
from digitrec.networks import load_numpy
from digitrec.scene import Light, PageCamera, Sheet, Writing

MEGAPIXELS = (0.1, 0.3, 1, 2, 4, 8, 12)


def turned(picture: np.ndarray, degrees: float) -> np.ndarray:
    """Turn a picture in its frame; what comes in is as bright as the picture's middle value."""
    high, wide = picture.shape[:2]
    matrix = cv2.getRotationMatrix2D((wide / 2, high / 2), degrees, 1)
    fill = np.median(picture.reshape(high * wide, -1), axis=0).tolist()
    return np.asarray(cv2.warpAffine(picture, matrix, (wide, high), borderValue=fill))


def reduced(picture: np.ndarray, factor: float) -> np.ndarray:
    """Make a picture smaller, its sides by a factor."""
    return cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)


def lit(picture: np.ndarray, light: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> np.ndarray:
    """Take away light: a function of x and y, from −1 to 1 over the picture, says what is left."""
    y, x = (np.linspace(-1, 1, side) for side in picture.shape[:2])
    left = light(*np.meshgrid(x, y)).reshape(*picture.shape[:2], *[1] * (picture.ndim - 2))
    return np.rint(picture * left).astype(np.uint8)


def on_table(picture: np.ndarray) -> np.ndarray:
    """Lay it on a dark table, of which an eighth of its longer side is seen on each side."""
    margin = max(picture.shape[:2]) // 8
    high, wide = (side + 2 * margin for side in picture.shape[:2])
    grain = np.random.default_rng(0).normal(60, 6, (high, wide, *picture.shape[2:]))
    table = np.rint(grain.clip(0, 255)).astype(np.uint8)
    table[margin:-margin, margin:-margin] = picture
    return table


#: What else the same photographs might have looked like: rules that fit only those that their
#: author looked at would show here.
CHANGES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "turned by 5°": partial(turned, degrees=5),
    "turned by −5°": partial(turned, degrees=-5),
    "turned by 12°": partial(turned, degrees=12),
    "half as wide": partial(reduced, factor=0.5),
    "darker": lambda picture: np.rint(255 * (picture / 255) ** 1.6).astype(np.uint8),
    "in shade": partial(lit, light=lambda x, y: (3 - x) / 4),
    "dark in a corner": partial(lit, light=lambda x, y: 1 - (2 + x + y) / 5.5),
    "dark at the rim": partial(lit, light=lambda x, y: 1 - (x**2 + y**2) / 4),
    "half in a hard shadow": partial(lit, light=lambda x, y: np.where(x > y / 4, 1, 0.6)),
    "on a dark table": on_table,
    "inverted": lambda picture: 255 - picture,
}


def rendered_page() -> np.ndarray:
    """Photograph a page of 80 test digits; (3000, 4000, 3) uint8."""
    data, rng = load_test(), np.random.default_rng(5)
    lines = [[data.x_test[k] for k in rng.integers(0, 10_000, 10)] for _ in range(8)]
    photo = simulate.photograph_page(
        lines,
        rng,
        writing=Writing(height=0.05),
        sheet=Sheet(rules="squared", rule_distance=1.0, edge=0.03),
        light=Light(gradient=0.3, shadow=0.3),
        camera=PageCamera(size=(2000, 1500), rotation=4, noise=4),
    )
    return np.asarray(cv2.resize(photo, (4000, 3000)))


def large_page(run: measure.Run) -> dict[str, float]:
    """Read the rendered page, 12 megapixels, in a process of its own, on one core."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "page.jpg")
        cv2.imwrite(path, rendered_page()[..., ::-1])
        *seconds, megabytes = measure.apart(
            f"reading.read_file({path!r}, network)",
            "import cv2; from digitrec import networks, reading; "
            "cv2.setNumThreads(1); network = networks.load_numpy('cnn')",
            run(5),
            OMP_NUM_THREADS="1",
            OPENBLAS_NUM_THREADS="1",
        )
    median = measure.significant(statistics.median(seconds), 3)
    return {"seconds": median, "megabytes": round(megabytes)}


def growth(run: measure.Run) -> dict[str, Any]:
    """Read the rendered page in several sizes; in processor time."""
    photo, network, calls = rendered_page(), load_numpy("cnn"), {}
    for megapixels in MEGAPIXELS:
        factor = min(1.0, (megapixels * 1e6 / photo[..., 0].size) ** 0.5)
        calls[str(megapixels)] = partial(reading.read, reduced(photo, factor), network)
    times = measure.in_turns(calls, run(5), clock=time.process_time)
    return {
        "megapixels": list(MEGAPIXELS),
        "seconds": [measure.summary(each)["median"] for each in times.values()],
    }


def photographs(run: measure.Run) -> dict[str, Any]:
    """Read those of the folder that DIGITREC_PHOTOS names, as they are and changed by a program.

    A rejected digit (``?``) counts as wrong. Digits of one page are not independent, so their
    intervals are somewhat too narrow. Misread photographs are named on the terminal; what is
    written is of no single one.
    """
    network = load_numpy("cnn")
    by_source: dict[str, Tally] = defaultdict(Tally)
    in_all: dict[str, Tally] = defaultdict(Tally)
    changed: dict[str, dict[str, Tally]] = {name: defaultdict(Tally) for name in CHANGES}
    seconds: dict[str, list[float]] = defaultdict(list)
    shrunk = []
    for label in readings.photographs()[:: run(1, 20)]:
        name = f"{label.source}, {label.kind}"
        if not run.chosen([name]):
            continue
        times = []
        for _ in range(run(3)):  # the median: others may have the core for a moment
            start = time.process_time()
            picture = reading.load_image(label.path)
            found = reading.read(picture, network)
            times.append(time.process_time() - start)
        seconds[label.kind].append(statistics.median(times))
        kind = "singles" if label.single else "lines and pages"
        in_all[kind].add(label.text, found.lines)
        by_source[name].add(label.text, found.lines)
        if found.lines != label.text.split("/"):
            print(f"{label.path}: {label.text} read as {'/'.join(found.lines)}")
        for change, changer in CHANGES.items():
            try:
                lines = reading.read(changer(picture), network).lines
            except reading.ImageError:  # at half its width, too small to show a digit
                lines = []
            changed[change][kind].add(label.text, lines)
        if label.single:
            logits = network.predict(reading.just_resize(picture)[None])
            shrunk.append(int(logits.argmax()) == int(label.text))
    return {
        "by_source": readings.figures(dict(sorted(by_source.items()))),
        "in_all": readings.figures(in_all),
        "changed": {name: readings.figures(each) for name, each in changed.items()},
        "singles_just_shrunk": measure.significant(sum(shrunk) / max(1, len(shrunk))),
        "seconds": {kind: measure.summary(t, 3) for kind, t in sorted(seconds.items())},
    }


BENCHMARK = measure.Benchmark(
    "photos",
    __doc__,
    {"photographs": photographs, "large_page": large_page, "growth": growth},
    packages=("numpy", "opencv-python-headless", "pillow"),
)

if __name__ == "__main__":
    cv2.setNumThreads(1)
    threadpool_limits(1)  # one core: of the threads that wait for each other, one works
    sys.exit(measure.command(BENCHMARK))
