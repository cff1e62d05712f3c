"""How well real photographs are read, and how fast: single digits, lines and pages.

    DIGITREC_PHOTOS=folder python benchmarks/photos.py        (or: make bench-photos)

The folder holds pictures and ``labels.csv`` with the columns ``file``, ``text`` (digits in reading
order, lines separated by ``/``) and ``kind`` (single, line, page). The first part of a file's path
names its source; where a file's name begins with a number and an underscore, that is its writer.
A rejected digit (``?``) counts as wrong. Intervals are Wilson's, of 95 %; digits of one page are
not independent, so theirs are somewhat too narrow.
"""

from __future__ import annotations

import argparse
import csv
import os
import re
import subprocess
import sys
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from digitrec import images, simulate
from digitrec.evaluate import wilson_interval
from digitrec.mnist import load_mnist
from digitrec.models import load_numpy


@dataclass
class Tally:
    """What was right of how much."""

    digits: int = 0
    right: int = 0
    lines: int = 0
    lines_right: int = 0
    files: int = 0

    def add(self, want: str, got: list[str]) -> None:
        """Count one picture."""
        wanted = want.split("/")
        length = sum(map(len, wanted))
        self.files += 1
        self.digits += length
        self.right += max(0, length - edit_distance("/".join(got), want))
        self.lines += len(wanted)
        self.lines_right += lines_exact(wanted, got)


def edit_distance(a: str, b: str) -> int:
    """Least number of characters to insert, delete or replace (Levenshtein)."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        diagonal, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            best = min(row[j] + 1, row[j - 1] + 1, diagonal + (x != y))
            diagonal, row[j] = row[j], best
    return row[-1]


def lines_exact(wanted: list[str], got: list[str]) -> int:
    """How many of the lines were read without an error, each found line counted once."""
    rest = list(got)
    count = 0
    for line in wanted:
        if line in rest:
            rest.remove(line)
            count += 1
    return count


def share(right: int, total: int) -> str:
    """A share with its 95 % interval."""
    low, high = wilson_interval(right, total)
    return f"{100 * right / total:5.1f} % ({100 * low:4.1f} – {100 * high:5.1f})"


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


def measure_memory_and_time() -> None:
    """Read a rendered page of 12 megapixels in a process of its own, on one core."""
    code = (
        "import sys, time, cv2; cv2.setNumThreads(1)\n"
        "from digitrec import images, models\n"
        "network = models.load_numpy('cnn')\n"
        "times = []\n"
        "for _ in range(5):\n"
        "    start = time.perf_counter()\n"
        "    found = images.find_digits_in_file(sys.argv[1])\n"
        "    images.classify([found], network)\n"
        "    times.append(time.perf_counter() - start)\n"
        # Linux' own count begins with the process, getrusage's with its parent's.
        "status = open('/proc/self/status').read()\n"
        "peak = int(status.split('VmHWM:')[1].split()[0]) / 1024\n"
        "print(f'{sorted(times)[2]:.2f} s, {peak:.0f} MB, {len(found)} digits found of 80')\n"
    )
    data, rng = load_mnist(), np.random.default_rng(5)
    lines = [[data.x_test[k] for k in rng.integers(0, 10_000, 10)] for _ in range(8)]
    photo = simulate.photograph_page(
        lines, rng, size=(2000, 1500), height=0.05, rotation=4, edge=0.03, rules="squared",
        rule_distance=1.0, shadow=0.3, light_gradient=0.3, noise=4,
    )  # fmt: skip
    path = Path("page-12-megapixels.jpg")
    cv2.imwrite(str(path), cv2.resize(photo[..., ::-1], (4000, 3000)))
    try:
        one = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        done = subprocess.run(
            [sys.executable, "-c", code, str(path)],
            env=one, capture_output=True, text=True, check=True,
        )  # fmt: skip
    finally:
        path.unlink()
    print(f"  12-megapixel page        {done.stdout.strip()}")


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
    if "DIGITREC_PHOTOS" not in os.environ:
        parser.error(
            "set DIGITREC_PHOTOS to the folder with the photographs and labels.csv"
        )
    folder = Path(os.environ["DIGITREC_PHOTOS"])
    with (folder / "labels.csv").open(newline="", encoding="utf-8") as table:
        rows = list(csv.DictReader(table))
    cv2.setNumThreads(1)
    network = load_numpy(options.model)
    below = 0.0 if options.accept_all else None

    by_kind: dict[str, Tally] = defaultdict(Tally)
    by_source: dict[str, Tally] = defaultdict(Tally)
    by_writer: dict[str, Tally] = defaultdict(Tally)
    seconds: dict[str, list[float]] = defaultdict(list)
    shrunk = 0
    for row in rows:
        start = time.perf_counter()
        picture = images.load_image(folder / row["file"])
        reading = images.read(picture, network, below)
        seconds[row["kind"]].append(time.perf_counter() - start)
        kind = "singles" if row["kind"] == "single" else "lines and pages"
        source = row["file"].split("/")[0]
        for tally in (
            by_kind[kind],
            by_source[f"{source}, {row['kind']}"],
            by_writer[writer(row["file"])],
        ):
            tally.add(row["text"], reading.lines)
        if options.failures and reading.lines != row["text"].split("/"):
            print(f"  {row['file']}: {row['text']} read as {'/'.join(reading.lines)}")
        if kind == "singles":
            small = images.just_resize(picture)[None]
            shrunk += int(network.predict(small).argmax()) == int(row["text"])

    print_table("By source and kind", by_source)
    print_table("By writer, where known", by_writer)
    print_table("In all", by_kind)
    print(
        f"  for comparison: singles just shrunk {share(shrunk, by_kind['singles'].files)}"
    )
    print("\nTime on one core, reading the file included")
    for kind, times in sorted(seconds.items()):
        print(
            f"  {kind:24} median {1e3 * np.median(times):.1f} ms, max {1e3 * max(times):.1f} ms"
        )
    measure_memory_and_time()


if __name__ == "__main__":
    main()
