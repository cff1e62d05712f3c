"""How well any pictures with labels are read, as they are: by source and kind, and in all.

    python -m benchmarks.pictures [FOLDER …]                (make bench-photos FOLDERS="FOLDER …")

A folder has a table, as :mod:`benchmarks.readings` says; by default it is the one that
DIGITREC_PHOTOS names. Digits that were recorded as the pen moved (a file ``.jsonl.gz``, as
:mod:`benchmarks.hand` reads it) are drawn and read as well: each is a picture, each set of writers
a source. What is misread is named, and then counted; a rejected digit (``?``) counts as wrong. It
writes nothing.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks import hand, hands, measure, readings
from benchmarks.readings import Tally
from digitrec import reading
from digitrec.networks import load_numpy


class Shown(NamedTuple):
    """A picture to read: its name, source and kind, its pixels, and what is written on it."""

    name: str
    source: str
    kind: str
    pixels: np.ndarray
    text: str


def pictures(place: Path) -> Iterator[Shown]:
    """Yield the pictures of a folder or of a file of strokes; MissingError where there are none."""
    if place.name.endswith(".jsonl.gz"):
        for number, digit in enumerate(hand.recorded(place), 1):
            page = hands.on_page(digit["strokes"])
            yield Shown(f"{place}:{number}", digit["set"], "single", page, digit["label"])
    else:
        for each in readings.labelled(place):
            pixels = reading.load_image(each.path)
            yield Shown(str(each.path), each.source, each.kind, pixels, each.text)


def count(place: Path) -> dict[str, dict[str, Tally]]:
    """Read the pictures of a folder or file, name those misread, and count."""
    network = load_numpy("cnn")
    by_source: dict[str, Tally] = defaultdict(Tally)
    in_all: dict[str, Tally] = defaultdict(Tally)
    seconds = []
    for shown in pictures(place):
        start = time.process_time()
        found = reading.read(shown.pixels, network)
        seconds.append(time.process_time() - start)
        kind = "singles" if shown.kind == "single" else "lines and pages"
        by_source[f"{shown.source}, {shown.kind}"].add(shown.text, found.lines)
        in_all[kind].add(shown.text, found.lines)
        if found.lines != shown.text.split("/"):
            print(f"{shown.name}: {shown.text} read as {'/'.join(found.lines)}", flush=True)
    print(f"median {1000 * float(np.median(seconds)):.1f} ms of a core for a picture")
    return {"by source": dict(sorted(by_source.items())), "in all": in_all}


def main() -> int:
    """Count what is read of each folder; the exit status is 1 where one has no pictures."""
    summary = str(__doc__).split("\n", 1)[0]
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pictures", description=summary)
    parser.add_argument("places", nargs="*", type=Path, metavar="FOLDER", help="or FILE.jsonl.gz")
    missing = False
    try:
        places = parser.parse_args().places or [readings.folder()]
    except measure.MissingError as reason:
        parser.error(f"{reason}, or name one")
    for place in places:
        try:
            found = {name: readings.figures(each) for name, each in count(place).items()}
        except measure.MissingError as reason:
            print(reason, file=sys.stderr)
            missing = True
            continue
        print(*measure.described(place.name, found), sep="\n", flush=True)
    return int(missing)


if __name__ == "__main__":
    cv2.setNumThreads(1)
    threadpool_limits(1)  # one core: of the threads that wait for each other, one works
    sys.exit(main())
