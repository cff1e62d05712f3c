"""How well real photographs are read, and how fast: single digits, lines and pages.

    DIGITREC_PHOTOS=folder python benchmarks/photos.py        (or: make bench-photos)

The folder holds pictures and ``labels.csv`` with the columns ``file``, ``text`` (digits in reading
order, lines separated by ``/``) and ``kind`` (single, line, page). The first part of a file's path
names its source; where a file's name begins with a number and an underscore, that is its writer.
A rejected digit (``?``) counts as wrong. Intervals are Wilson's, of 95 %; digits of one page are
not independent, so theirs are somewhat too narrow.

Then a rendered page is read in sizes up to 12 megapixels. That needs no photographs: without
``DIGITREC_PHOTOS`` it is all that is measured. Prints tables and writes the figures, of no single
picture, to ``benchmarks/results/photos.json``; what was not measured stays there as it was.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import measure
import numpy as np
from readings import Tally, share
from threadpoolctl import threadpool_limits

from digitrec import images, simulate
from digitrec.evaluate import wilson_interval
from digitrec.mnist import load_test
from digitrec.networks import load_numpy
from digitrec.scene import Light, PageCamera, Sheet, Writing


def writer(file: str) -> str:
    """Source, and writer where the file's name tells."""
    source, _, name = file.partition("/")
    number = re.match(r"(\d+)_", name)
    return f"{source} {number[1]}" if number else source


def print_table(title: str, tallies: dict[str, Tally]) -> None:
    """One row for each group: pictures, digits, lines."""
    print(f"\n{title}")
    print(f"  {'':30} files  digits right{'':24} lines exactly right")
    for name, tally in sorted(tallies.items()):
        print(
            f"  {name:30} {tally.files:5d}  {share(tally.right, tally.digits)}"
            f" of {tally.digits:4d}   {share(tally.lines_right, tally.lines)} of {tally.lines:3d}"
        )


def figures(tally: Tally) -> dict[str, Any]:
    """A tally as it is written down: counts, shares and their 95 % intervals."""
    found: dict[str, Any] = {"files": tally.files}
    for what, right, of in (
        ("digits", tally.right, tally.digits),
        ("lines", tally.lines_right, tally.lines),
    ):
        low, high = wilson_interval(right, of)
        found[what] = {
            "right": right,
            "of": of,
            "share": measure.significant(right / of),
            "interval": [measure.significant(low), measure.significant(high)],
        }
    return found


def turned(picture: np.ndarray, degrees: float) -> np.ndarray:
    """Turn a picture in its frame; what comes in is as bright as the picture's middle value."""
    high, wide = picture.shape[:2]
    matrix = cv2.getRotationMatrix2D((wide / 2, high / 2), degrees, 1)
    fill = np.median(picture.reshape(high * wide, -1), axis=0).tolist()
    return np.asarray(
        cv2.warpAffine(
            picture,
            matrix,
            (wide, high),
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=fill,
        )
    )


def shaded(picture: np.ndarray) -> np.ndarray:
    """Take away light, more from left to right: none at the left, a half at the right."""
    light = np.linspace(1, 0.5, picture.shape[1]).reshape(
        1, -1, *[1] * (picture.ndim - 2)
    )
    return np.rint(picture * light).astype(np.uint8)


#: What else the same photographs might have looked like. Rules that fit only the photographs as
#: they are would show here.
CHANGES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "turned by 5°": partial(turned, degrees=5),
    "turned by −5°": partial(turned, degrees=-5),
    "half as wide": lambda picture: np.asarray(
        cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    ),
    "darker": lambda picture: np.rint(255 * (picture / 255) ** 1.6).astype(np.uint8),
    "in shade": shaded,
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


def measure_large_page(photo: np.ndarray) -> dict[str, float]:
    """Read a file of 12 megapixels in a process of its own, on one core."""
    code = (
        "import sys, time, cv2; cv2.setNumThreads(1)\n"
        "from digitrec import images, networks\n"
        "network = networks.load_numpy('cnn')\n"
        "times = []\n"
        "for _ in range(5):\n"
        "    start = time.perf_counter()\n"
        "    found = images.find_digits_in_file(sys.argv[1])\n"
        "    images.classify([found], network)\n"
        "    times.append(time.perf_counter() - start)\n"
        # Linux' own count begins with the process, getrusage's with its parent's.
        "status = open('/proc/self/status').read()\n"
        "peak = int(status.split('VmHWM:')[1].split()[0]) / 1024\n"
        "print(sorted(times)[2], peak, len(found))\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.jpg"
        cv2.imwrite(str(path), photo[..., ::-1])
        one = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        done = subprocess.run(
            [sys.executable, "-c", code, str(path)],
            env=one, capture_output=True, text=True, check=True,
        )  # fmt: skip
    seconds, megabytes, found = map(float, done.stdout.split())
    return {
        "seconds": measure.significant(seconds, 3),
        "megabytes": round(megabytes),
        "digits_found": int(found),
        "digits_written": 80,
    }


def measure_growth(photo: np.ndarray, network: images.Network) -> dict[str, Any]:
    """Read the same page in several sizes."""
    sizes = {}
    for megapixels in (0.1, 0.3, 1, 2, 4, 8, 12):
        factor = min(1.0, (megapixels * 1e6 / photo[..., 0].size) ** 0.5)
        sizes[megapixels] = cv2.resize(
            photo, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA
        )
    times = measure.in_turns(
        {
            str(size): partial(images.read, picture, network)
            for size, picture in sizes.items()
        },
        repeats=5,
        clock=time.process_time,
    )
    medians = [float(np.median(times[str(size)])) for size in sizes]
    return {
        "megapixels": list(sizes),
        "seconds": [measure.significant(value) for value in medians],
    }


def read_photographs(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Read all photographs of a folder with labels, print the tables, return the figures."""
    with (folder / "labels.csv").open(newline="", encoding="utf-8") as table:
        rows = list(csv.DictReader(table))
    network = load_numpy(options.model)
    below = 0.0 if options.accept_all else None
    by_kind: dict[str, Tally] = defaultdict(Tally)
    by_source: dict[str, Tally] = defaultdict(Tally)
    by_writer: dict[str, Tally] = defaultdict(Tally)
    seconds: dict[str, list[float]] = defaultdict(list)
    changed = {name: defaultdict(Tally) for name in CHANGES}
    shrunk = 0
    for row in rows:
        times = []
        for _ in range(3):  # the median: others may have the core for a moment
            start = time.process_time()
            picture = images.load_image(folder / row["file"])
            reading = images.read(picture, network, below)
            times.append(time.process_time() - start)
        seconds[row["kind"]].append(float(np.median(times)))
        kind = "singles" if row["kind"] == "single" else "lines and pages"
        source = row["file"].split("/")[0]
        for tally in (
            by_kind[kind],
            by_source[f"{source}, {row['kind']}"],
            by_writer[writer(row["file"])],
        ):
            tally.add(row["text"], reading.lines)
        for name, change in CHANGES.items():
            try:
                lines = images.read(change(picture), network, below).lines
            except images.ImageError:  # at half its width, too small to show a digit
                lines = []
            changed[name][kind].add(row["text"], lines)
        if options.failures and reading.lines != row["text"].split("/"):
            print(f"  {row['file']}: {row['text']} read as {'/'.join(reading.lines)}")
        if kind == "singles":
            small = images.just_resize(picture)[None]
            shrunk += int(network.predict(small).argmax()) == int(row["text"])

    print_table("By source and kind", by_source)
    print_table("By writer, where known", by_writer)
    print_table("In all", by_kind)
    for name, tallies in changed.items():
        print_table(f"The same pictures, {name}", tallies)
    print(
        f"  for comparison: singles just shrunk {share(shrunk, by_kind['singles'].files)}"
    )
    print("\nProcessor time on one core, reading the file included")
    for kind, times in sorted(seconds.items()):
        print(
            f"  {kind:24} median {1e3 * np.median(times):.1f} ms, max {1e3 * max(times):.1f} ms"
        )
    return {
        "by_source": {name: figures(t) for name, t in sorted(by_source.items())},
        "by_writer": {name: figures(t) for name, t in sorted(by_writer.items())},
        "in_all": {name: figures(t) for name, t in sorted(by_kind.items())},
        "changed": {
            name: {kind: figures(t) for kind, t in sorted(tallies.items())}
            for name, tallies in changed.items()
        },
        "singles_just_shrunk": measure.significant(shrunk / by_kind["singles"].files),
        "seconds": {
            kind: measure.summary(times, 3) for kind, times in sorted(seconds.items())
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Read photographs, and count.")
    parser.add_argument(
        "--failures", action="store_true", help="name every misread picture"
    )
    parser.add_argument("--model", choices=("dense", "cnn"), default="cnn")
    parser.add_argument(
        "--accept-all", action="store_true", help="reject nothing: no ? in the readings"
    )
    options = parser.parse_args()
    cv2.setNumThreads(1)
    threadpool_limits(1)  # one core: of the threads that wait for each other, one works
    path = measure.RESULTS / "photos.json"
    found = json.loads(path.read_text("utf-8")) if path.exists() else {}
    if folder := os.environ.get("DIGITREC_PHOTOS"):
        real = read_photographs(Path(folder), options)
        if options.model == "cnn" and not options.accept_all:
            found["photographs"] = real
    else:
        print(
            "DIGITREC_PHOTOS is not set to a folder with photographs and labels.csv: "
            "these are left out."
        )
    photo = rendered_page()
    found["large_page"] = large = measure_large_page(photo)
    print(
        f"\n12-megapixel page, one core: {large['seconds']} s, {large['megabytes']} MB, "
        f"{large['digits_found']} digits found of {large['digits_written']}"
    )
    found["growth"] = grown = measure_growth(photo, load_numpy("cnn"))
    print("\nThe same page in several sizes, processor time")
    for size, seconds in zip(grown["megapixels"], grown["seconds"], strict=True):
        print(f"  {size:5g} megapixels  {1e3 * seconds:7.1f} ms")
    found["machine"] = measure.machine("numpy", "opencv-python-headless", "pillow")
    print(measure.write("photos", found))


if __name__ == "__main__":
    main()
