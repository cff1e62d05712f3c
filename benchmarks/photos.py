"""How well real photographs of single digits are read, and how fast.

    DIGITREC_PHOTOS=folder python benchmarks/photos.py

The folder holds pictures and ``labels.csv`` with the columns ``file``, ``text`` and ``kind``. The
first part of a file's path names its source. Each picture of the kind "single" is read by both
networks, once just resized and once prepared by MNIST's recipe.
"""

from __future__ import annotations

import argparse
import csv
import os
import time
from pathlib import Path

import numpy as np

from digitrec.evaluate import wilson_interval
from digitrec.images import just_resize, load_image, normalise
from digitrec.models import load_numpy

PREPARATIONS = {"just resized": just_resize, "recipe": normalise}
NETWORKS = ("dense", "cnn")


def singles(folder: Path) -> list[tuple[Path, str, int]]:
    """Each picture of a single digit: its path, its source and what it says."""
    with (folder / "labels.csv").open(newline="", encoding="utf-8") as table:
        rows = [row for row in csv.DictReader(table) if row["kind"] == "single"]
    return [
        (folder / row["file"], row["file"].split("/")[0], int(row["text"]))
        for row in rows
    ]


def share(right: np.ndarray) -> str:
    """The share of right answers with its 95 % interval."""
    low, high = wilson_interval(int(right.sum()), len(right))
    return f"{100 * right.mean():5.1f} % ({100 * low:4.1f} – {100 * high:5.1f})"


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Read photographs of single digits, and count."
    )
    parser.add_argument(
        "--failures", action="store_true", help="name every misread picture"
    )
    options = parser.parse_args()
    if "DIGITREC_PHOTOS" not in os.environ:
        parser.error(
            "set DIGITREC_PHOTOS to the folder with the photographs and labels.csv"
        )
    pictures = singles(Path(os.environ["DIGITREC_PHOTOS"]))
    if not pictures:
        parser.error("labels.csv names no picture of the kind 'single'")

    prepared: dict[str, np.ndarray] = {}
    seconds: dict[str, list[float]] = {}
    for name, prepare in PREPARATIONS.items():
        digits, seconds[name] = [], []
        for path, _, _ in pictures:
            start = time.perf_counter()
            digits.append(prepare(load_image(path)))
            seconds[name].append(time.perf_counter() - start)
        prepared[name] = np.stack(digits)  # (N, 28, 28)

    sources = np.array([source for _, source, _ in pictures])
    labels = np.array([label for _, _, label in pictures])
    for network in NETWORKS:
        reader = load_numpy(network)
        for name, digits in prepared.items():
            probabilities = reader.predict_probabilities(digits)  # (N, 10)
            right = probabilities.argmax(axis=1) == labels
            print(f"\n{network}, {name}")
            for source in np.unique(sources):
                mine = right[sources == source]
                print(f"  {source:16} {share(mine)}  {mine.sum():3d} of {len(mine):3d}")
            print(f"  {'all':16} {share(right)}  {right.sum():3d} of {len(right):3d}")
            if options.failures and name == "recipe":
                for i in np.flatnonzero(~right):
                    best = int(probabilities[i].argmax())
                    print(
                        f"    {pictures[i][0].name}: {labels[i]} read as {best}", end=""
                    )
                    print(f" ({100 * probabilities[i, best]:.0f} %)")
    print("\ntime for each picture, reading the file included")
    for name, times in seconds.items():
        print(
            f"  {name:16} median {1e3 * np.median(times):.1f} ms, max {1e3 * max(times):.1f} ms"
        )


if __name__ == "__main__":
    main()
