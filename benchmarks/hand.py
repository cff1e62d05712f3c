"""How well a hand is learned from a few samples, and how surely the sheet is found in a photograph.

    python -m benchmarks.hand [--only PART …] [--among WRITER]

The chapter on learning shows both.

writers
    For each writer of the folder that DIGITREC_WRITERS names (with ``labels.csv``: file, text,
    writer; one digit a file): learn from 1, 2, 5 and 10 samples of each digit, in several random
    draws, and read the rest. *Misread* is what the most probable class is wrong for; *not read* is
    that and what is less probable than the threshold. Beside it, after each learning: MNIST's test
    digits, how many of them are rejected, how many drawings of what is no digit are asserted, and
    how the other writers are read.
strokes
    The same in the drawing page: digits of the file that DIGITREC_STROKES names (one JSON object a
    line: label, set, writer, strokes) are drawn, varied, prepared and learned by the page's own
    modules in a browser. Of the writers with at least forty digits, every second one: the page's
    recipe was chosen with the others. *each* learns from five samples of each digit (fewer of those
    that there are fewer than ten of), three random draws of them, and reads the rest. *misread*
    learns from those of the first half that are misread, *both* from these and the first two of
    each digit; they read the second half. What the page saves is loaded here, and reads
    MNIST's test digits and drawings of what is no digit.
sheets
    Sheets that the simulator fills in with several hands (its fonts, and MNIST's test digits) and
    photographs in several lights and from several sides, with all corner marks and with one hidden.
"""

from __future__ import annotations

import csv
import gzip
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from playwright.sync_api import sync_playwright
from threadpoolctl import threadpool_limits

from benchmarks import measure
from digitrec import augment, hand, learn, reading, sheet, simulate
from digitrec.compiled import CompiledNetwork
from digitrec.forward import Sequential, softmax
from digitrec.mnist import MNISTTest, load_test
from digitrec.networks import IMAGE_SHAPE, load_numpy
from digitrec.scene import Pen
from tools import browser as browsers
from tools import server
from tools.browser_model import LIMITS

SAMPLES = (1, 2, 5, 10)
Digits = dict[str, tuple[np.ndarray, np.ndarray]]


def writers_digits(run: measure.Run) -> Digits:
    """Return each writer's digits, (N, 28, 28) uint8, and their labels, prepared as for reading."""
    if "DIGITREC_WRITERS" not in os.environ:
        raise measure.MissingError(
            "set DIGITREC_WRITERS to a folder with digits of several writers and labels.csv"
        )
    folder = Path(os.environ["DIGITREC_WRITERS"])
    with (folder / "labels.csv").open(newline="", encoding="utf-8") as table:
        rows = list(csv.DictReader(table))
    found = {}
    for writer in run.chosen(sorted({row["writer"] for row in rows}))[: run(1000, 2)]:
        own = [row for row in rows if row["writer"] == writer]
        prepared = []
        for row in own:
            picture = reading.load_image(folder / row["file"])
            # The picture is known to show one digit.
            prepared.append(reading.normalise(picture))
        found[writer] = np.stack(prepared), np.array([int(row["text"]) for row in own])
    return found


def drawn(x: np.ndarray, labels: np.ndarray, samples: int, seed: int) -> np.ndarray:
    """Choose so many examples of each digit: their indices. None in which no ink was found."""
    rng = np.random.default_rng(seed)
    inked = x.any(axis=(1, 2))
    own = (np.flatnonzero((labels == digit) & inked) for digit in range(10))
    return np.concatenate([rng.permutation(places)[:samples] for places in own])


def wrong(logits: np.ndarray, labels: np.ndarray, threshold: float) -> tuple[float, float]:
    """Share of the digits that is misread, and that is not read: in parts of 1."""
    probabilities = softmax(logits)
    misread = probabilities.argmax(axis=1) != labels
    unsure = probabilities.max(axis=1) < threshold
    return float(misread.mean()), float((misread | unsure).mean())


def no_digits(count: int, test: MNISTTest) -> np.ndarray:
    """Draw so much that is no digit, with fonts and digits that no training saw."""
    digits = test.x_test, test.y_test
    return augment.not_digits(count, np.random.default_rng(1), augment.HELD_OUT_FONTS, digits)


class Seen:
    """All that is measured, as the last layer sees it; a learned layer is asked in a moment."""

    def __init__(self, learner: learn.Learner, digits: Digits, run: measure.Run) -> None:
        test = load_test()
        self.test = learner.features(test.x_test), test.y_test
        others = no_digits(run(2000, 50), test)
        self.others = learner.features(others)
        self.digits = {name: (learner.features(x), y) for name, (x, y) in digits.items()}

    def besides(self, network: Any, writer: str) -> dict[str, float]:
        """What became of everything that is not this writer's."""
        last, threshold = network.layers[-1], network.reject_below
        logits = last.forward(self.test[0])
        misread, _ = wrong(logits, self.test[1], threshold)
        asserted = softmax(last.forward(self.others)).max(axis=1) >= threshold
        found = {
            "mnist_accuracy": 1 - misread,
            "mnist_rejected": float((softmax(logits).max(axis=1) < threshold).mean()),
            "not_digits_asserted": float(asserted.mean()),
        }
        strangers = [
            wrong(last.forward(x), y, threshold)[0]
            for name, (x, y) in self.digits.items()
            if name != writer
        ]
        if strangers:
            found["other_writers_misread"] = float(np.mean(strangers))
        return found


def writers(run: measure.Run) -> dict[str, Any]:
    """Learn each writer's hand from a few samples, and read the rest."""
    digits = writers_digits(run)
    learner = learn.Learner()
    seen = Seen(learner, digits, run)
    found: dict[str, Any] = {
        "draws": run(5),
        "before": seen.besides(learner.network, ""),
        "samples": {},
    }
    for samples in SAMPLES:
        table, besides, seconds, steps = {}, [], [], []
        for writer, (x, y) in digits.items():
            features = seen.digits[writer][0]
            errors = []
            for draw in range(run(5)):
                chosen = drawn(x, y, samples, draw)
                rest = np.setdiff1d(np.arange(len(y)), chosen)
                start = time.process_time()
                learned = learner.learn(x[chosen], y[chosen])
                seconds.append(time.process_time() - start)
                steps.append(learned.card["step"])
                pair = [
                    wrong(network.layers[-1].forward(features[rest]), y[rest], network.reject_below)
                    for network in (learner.network, learned.network)
                ]
                errors.append(np.ravel(pair))
                besides.append(seen.besides(learned.network, writer))
            table[writer] = _named(np.mean(errors, axis=0))
        means = _named(np.mean([list(each.values()) for each in table.values()], axis=0))
        worse = [row["misread_after"] - row["misread_before"] for row in table.values()]
        worse_read = [row["not_read_after"] - row["not_read_before"] for row in table.values()]
        found["samples"][str(samples)] = {
            "writers": table,
            "mean": means,
            **_ratios(means),
            "most_worse": measure.significant(max(worse)),
            "most_worse_read": measure.significant(max(worse_read)),
            "besides": {key: measure.summary(each[key] for each in besides) for key in besides[0]},
            "step": measure.summary(steps),
            "cpu_seconds": measure.summary(seconds, 3),
        }
    return found


#: A writer has at least, and of a writer are taken at most, so many digits of the strokes.
LEAST, MOST = 40, 100
#: Learned by the page: so many of each digit, in so many draws; and when misread ones are learned.
EACH, DRAWS, FIRST = 5, 3, 2
#: Below this the page shows "?", whatever the other network reads.
SURE = LIMITS["SURE_ALONE"]
#: Where the strokes are drawn: in the middle of the pad, in its units.
MARGIN, SCALE = 225, 0.55
PAGE_LEARNS = """async ([drawn, chosen]) => {
  const teach = await import('/draw/teach.js');
  const { Learner } = await import('/draw/learn.js');
  const { write } = await import('/draw/hand.js');
  const { unpack } = await import('/draw/model.js');
  const { PENS } = await import('/draw/strokes.js');
  const { randomFrom } = await import('/train/backward.js');
  const digits = await import('/train/digits.js');
  const fetched = async (name) => (await fetch(name)).arrayBuffer();
  const random = randomFrom(1);
  if (!window.ready) {
    const start = performance.now();
    const model = unpack(await fetched('/draw/model.bin'));
    const learner = new Learner(model.networks.cnn);
    const { train, test } = digits.unpack(await fetched('/train/digits.bin'));
    const scribbles = await teach.prepared(teach.scribbles(random), model.measures);
    const places = new Uint16Array(await fetched('/draw/remember.bin'));
    learner.remember(train, places);
    learner.stayUnsure(scribbles);
    window.ready = { model, learner, first: performance.now() - start };
    learner.test = learner.see(test.images, test.labels);
  }
  const { model, learner, first } = window.ready;
  const { measures } = model;
  const drawings = drawn.map((strokes) => (
    { sample: null, strokes: strokes.map((points) => ({ pen: PENS.medium, points })) }));
  if (!chosen) { // read all
    const images = await teach.prepared(drawings, measures);
    window.seen = learner.features(images);
    window.samples = new Map();
    return [...learner.logits(learner.base, { features: window.seen, count: drawings.length })];
  }
  const samples = [];
  let seeing = 0;
  for (const [k, label] of chosen) {
    const begun = performance.now();
    if (!window.samples.has(k)) {
      const images = await teach.prepared(teach.varied(drawings[k], random), measures);
      window.samples.set(k, learner.features(images));
      seeing = performance.now() - begun;
    }
    samples.push({ label, seen: window.samples.get(k) });
  }
  const start = performance.now();
  const { last, step, temperature } = learner.learn(samples);
  const learning = performance.now() - start;
  const counts = new Array(10).fill(0);
  for (const [, label] of chosen) counts[label]++;
  const { base } = model;
  const file = write({ base: base.name, base_sha256: base.sha256, reject_below: base.rejectBelow,
    temperature, samples: counts, step }, {
    'logits/kernel': { shape: [last.kernel.length / 10, 10], data: last.kernel },
    'logits/bias': { shape: [10], data: last.bias } });
  const logits = learner.logits(last, { features: window.seen, count: drawings.length });
  return { logits: [...logits], file: [...file], step, temperature,
    test: learner.score(last, learner.test).right,
    before: learner.score(learner.base, learner.test).right, first, seeing, learning };
}"""


def recorded_digits() -> list[dict[str, Any]]:
    """Return all digits of the file that DIGITREC_STROKES names, in its order."""
    if "DIGITREC_STROKES" not in os.environ:
        raise measure.MissingError(
            "set DIGITREC_STROKES to a file of digits as strokes (.jsonl.gz)"
        )
    return recorded(Path(os.environ["DIGITREC_STROKES"]))


def recorded(path: Path) -> list[dict[str, Any]]:
    """Return all digits of a file of strokes (.jsonl.gz), in its order."""
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            return [json.loads(line) for line in lines]
    except OSError as error:
        raise measure.MissingError(f"{path}: expected a file of strokes ({error})") from error


def strokes_digits(run: measure.Run) -> dict[str, list[dict[str, Any]]]:
    """Return the strokes of every second writer, in the order in which they were written."""
    found: dict[str, list[dict[str, Any]]] = {}
    for digit in recorded_digits():
        found.setdefault(f"{digit['set']}/{digit['writer']}", []).append(digit)
    names = sorted(name for name, own in found.items() if len(own) >= LEAST)
    return {name: found[name][:MOST] for name in run.chosen(names[1::2])[: run(1000, 2)]}


def to_learn(
    labels: np.ndarray, misread: np.ndarray
) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Yield the ways to learn: a name, the samples' indices, and those of what is read then."""
    everything, half = np.arange(len(labels)), len(labels) // 2
    own = [np.flatnonzero(labels == digit) for digit in range(10)]
    for draw in range(DRAWS):
        rng = np.random.default_rng(draw)
        each = [rng.permutation(places)[: min(EACH, len(places) // 2)] for places in own]
        chosen = np.concatenate(each)
        yield "each", chosen, np.setdiff1d(everything, chosen)
    wrong_ones = np.flatnonzero(misread[:half])
    first = np.concatenate([places[places < half][:FIRST] for places in own])
    yield "misread", wrong_ones, everything[half:]
    yield "both", np.union1d(wrong_ones, first), everything[half:]


def strokes(run: measure.Run) -> dict[str, Any]:
    """Learn each writer's hand in the page from strokes, and read the rest."""
    digits, network = strokes_digits(run), load_numpy("cnn")
    test = load_test()
    others = no_digits(run(1000, 50), test)
    before = CompiledNetwork(Sequential(network.layers[:-1], IMAGE_SHAPE), 1)
    features, no_features = before.predict(test.x_test), before.predict(others)

    def besides(last: Any, threshold: float) -> dict[str, float]:
        logits = last.forward(features)
        unsure = softmax(logits).max(axis=1) < threshold
        asserted = softmax(last.forward(no_features)).max(axis=1) >= threshold
        return {
            "mnist_accuracy": 1 - wrong(logits, test.y_test, threshold)[0],
            "mnist_rejected": float(unsure.mean()),
            "not_digits_asserted": float(asserted.mean()),
        }

    rows: dict[str, list[dict[str, float]]] = {}
    with (
        tempfile.TemporaryDirectory() as folder,
        server.serve(measure.ROOT / "book" / "_static") as address,
        sync_playwright() as playwright,
    ):
        browser = browsers.launch(playwright)
        page = browser.new_page()
        page.goto(f"{address}/train/settings.js")
        for name, own in digits.items():
            labels = np.array([int(digit["label"]) for digit in own])
            drawn_strokes = [
                [[MARGIN + SCALE * v for point in s for v in point] for s in digit["strokes"]]
                for digit in own
            ]
            old = np.reshape(page.evaluate(PAGE_LEARNS, [drawn_strokes, None]), (-1, 10))
            for way, chosen, rest in to_learn(labels, old.argmax(axis=1) != labels):
                if not len(chosen):
                    continue
                pairs = [[int(k), int(labels[k])] for k in chosen]
                found = page.evaluate(PAGE_LEARNS, [drawn_strokes, pairs])
                new = np.reshape(found["logits"], (-1, 10))
                path = Path(folder) / "mine.npz"
                path.write_bytes(bytes(found["file"]))
                learned = hand.load(path)
                errors = [wrong(z[rest], labels[rest], SURE) for z in (old, new)]
                rows.setdefault(way, []).append(
                    {
                        **_named(np.ravel(errors)),
                        "learned_from": len(chosen),
                        "read": len(rest),
                        "samples_read": 1 - wrong(new[chosen], labels[chosen], SURE)[1],
                        "page_test_digits_lost": found["before"] - found["test"],
                        **besides(learned.layers[-1], learned.reject_below),
                        **{k: found[k] for k in ("step", "temperature")},
                        **{f"{k}_ms": found[k] for k in ("first", "seeing", "learning")},
                    }
                )
                print(way, name, rows[way][-1], flush=True)
        browser.close()
    summary: dict[str, Any] = {"before": besides(network.layers[-1], network.reject_below)}
    for way, own in rows.items():
        means = {key: float(np.mean([row[key] for row in own])) for key in own[0]}
        worse = max(row["misread_after"] - row["misread_before"] for row in own)
        summary[way] = {
            "learned": len(own),
            "mean": {key: measure.significant(value) for key, value in means.items()},
            **_ratios(means),
            "most_worse": measure.significant(worse),
            "mnist_accuracy_least": min(row["mnist_accuracy"] for row in own),
        }
    return summary


def _ratios(means: dict[str, float]) -> dict[str, float | None]:
    """Which part is left of what was misread, and not read; None where there was nothing."""
    return {
        f"{kind}_ratio": measure.significant(means[f"{kind}_after"] / before) if before else None
        for kind in ("misread", "not_read")
        for before in [means[f"{kind}_before"]]
    }


def _named(values: np.ndarray) -> dict[str, float]:
    """Name the four shares that each writer has."""
    keys = ("misread_before", "not_read_before", "misread_after", "not_read_after")
    return dict(zip(keys, (measure.significant(float(v)) for v in values), strict=True))


def filled_sheets(count: int) -> Iterator[tuple[np.ndarray, set[tuple[int, int]]]]:
    """Yield photographs of filled sheets, and the boxes that were left empty."""
    test, printed = load_test(), sheet.picture()
    left, top = sheet.printed_at()
    for number in range(count):
        rng = np.random.default_rng(number)
        font = str(rng.choice([*simulate.FONTS, "mnist", "mnist", "mnist"]))
        rows, empty, digits = int(rng.integers(5, sheet.ROWS + 1)), set(), []
        for row, digit, x, y in sheet.box_places():
            if row >= rows or rng.random() < 0.03:
                empty.add((row, digit))
                continue
            if font == "mnist":  # each box in another hand
                drawing = test.x_test[rng.choice(np.flatnonzero(test.y_test == digit))]
            else:
                written = simulate.font_digit(font, digit) / np.float32(255)
                glyph = reading.centre_by_mass(reading.fit_box(written))
                while True:  # no two alike, and none from which a thin pen's ink has gone
                    drawing = augment.augment(glyph[None], rng)[0]
                    if (drawing > 127).sum() > 0.7 * (glyph > 127).sum():
                        break
            place = (left + x) * sheet.FINE, (top + y) * sheet.FINE, sheet.BOX * sheet.FINE
            digits.append((drawing, place))
        ink = simulate.write_in(
            printed.shape,
            digits,
            rng,
            pen=Pen(width=rng.uniform(0, 0.05)),
            size=rng.uniform(0.45, 0.75),
            unevenness=rng.uniform(0.03, 0.15),
        )
        yield simulate.random_form(printed, ink, rng), empty


def with_hidden_mark(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Lay a fingertip on one of the corner marks."""
    marks = sheet.find_marks(reading.to_gray(photo))
    hidden = photo.copy()
    if marks:
        corners = marks[int(rng.choice(sorted(marks)))]
        x, y = (round(float(v)) for v in corners.mean(axis=0))
        radius = round(0.7 * float(np.linalg.norm(corners[0] - corners[2])))
        cv2.circle(hidden, (x, y), radius, (196, 150, 128), -1, cv2.LINE_AA)
    return hidden


def sheets(run: measure.Run) -> dict[str, Any]:
    """Find sheets in simulated photographs, with all corner marks and with one hidden."""
    learner_network = learn.Learner().network
    counts: dict[str, dict[str, Any]] = {}
    seconds: dict[str, list[float]] = {}
    for number, (photo, empty) in enumerate(filled_sheets(run(200, 2))):
        hidden = with_hidden_mark(photo, np.random.default_rng(number))
        for name, picture in (("all marks", photo), ("one mark hidden", hidden)):
            count = counts.setdefault(
                name,
                dict.fromkeys(
                    ("photographs", "found", "filled", "missed", "empty", "imagined", "right"), 0
                ),
            )
            count["photographs"] += 1
            start = time.process_time()
            try:
                samples = sheet.read_sheet(picture)
            except reading.ImageError as error:
                print(f"photograph {number}, {name}: {error}")
                continue
            seconds.setdefault(name, []).append(time.process_time() - start)
            noticed = set(samples.empty)
            count["found"] += 1
            count["filled"] += sheet.ROWS * sheet.COLUMNS - len(empty)
            count["missed"] += len(noticed - empty)
            count["empty"] += len(empty)
            count["imagined"] += len(empty - noticed)
            if noticed != empty:
                print(f"photograph {number}, {name}: {sorted(noticed ^ empty)}")
            read = learner_network.predict(samples.images).argmax(axis=1)
            count["right"] += int((read == samples.labels).sum())
    for name, count in counts.items():
        count["found_share"] = measure.significant(count["found"] / count["photographs"])
        count["cpu_seconds"] = measure.summary(seconds[name], 3)["median"]
    return counts


BENCHMARK = measure.Benchmark(
    "hand",
    __doc__,
    {"writers": writers, "strokes": strokes, "sheets": sheets},
    packages=("numpy", "opencv-python-headless", "pillow"),
)

if __name__ == "__main__":
    cv2.setNumThreads(1)
    threadpool_limits(1)  # one core: seconds are the processor's
    sys.exit(measure.command(BENCHMARK))
