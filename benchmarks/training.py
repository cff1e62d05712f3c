"""What the networks reach for how much training, beside a well-known example's.

    python benchmarks/training.py [--only anchor small_cnn cnn curve] [--anchor-seeds 1] [--seeds 5]

anchor
    the "Simple MNIST convnet" of keras.io (by F. Chollet): 34,826 parameters, 15 epochs of batches
    of 128, Adam, a tenth of the training images for validation, all as published.
small_cnn
    chapter 4's network by its recipe and on its split, once for each seed. Its processor seconds
    are divided by the anchor's when both were trained in one run.
cnn
    the shipped network's recipe, once for each seed. Each is also measured on held-out training
    digits made difficult (``columns``) and, with DIGITREC_PHOTOS set (see photos.py), on real
    photographs, nothing rejected. Then once more with the plain images only, which says what the
    augmentation buys, and what rejecting costs and spares. Averaging over moved copies of a test
    image is reported apart: the course does not do it.
curve
    small_cnn's recipe with fewer training images, its epochs increased so that it makes at least
    ``LEAST_STEPS`` steps, and the power law through the errors.

Tried on validation images (the last 10,000 for training for small_cnn, mean of three seeds; the
last 5,000 for cnn, one seed), accuracy without and with it. Another seed moves one by 0.05:

==================================================== ======= =======
small_cnn
four epochs of batches of 256, for three of 128      99.15 % 99.16 %
weight decay of 0.05                                 99.15 % 99.12 %
dropout of 0.5, for 0.3                              99.16 % 99.03 %
turned by 10°, scaled and leaned anew each epoch     99.16 % 99.15 %
5 × 5 in steps of 2 and pooling, for 7 × 7 and 3     99.15 % 99.07 %
moved by a pixel anew each epoch: this stayed        99.16 % 99.26 %
… with batches of 128, a fifth dearer                99.26 % 99.30 %
… with half as much learning rate again              99.26 % 99.27 %
… with batches of 512 and that                       99.26 % 99.06 %
… with 24, 48, 64 filters for 32, 48, 64             99.26 % 99.22 %
… with 32, 40, 48, a quarter less work: this stayed  99.26 % 99.24 %
cnn
5 × 5 in steps of 2, 3 × 3, pooling, 96 filters      99.56 % 99.52 %
half as much learning rate again                     99.60 % 99.56 %
==================================================== ======= =======

Averaged weights (``use_ema``, 0.998) read 99.08 % of photographs for 98.98 %, a difference that
chance makes. The logits' energy, as a score to reject by, let through 6.8 % of what is no digit for
9.4 %, but more of the misread digits, too. ``jit_compile`` trained two to four times slower.

Processor seconds are those of ``fit``; importing, and preparing the data, are not among them. A run
with ``--only`` replaces these parts of ``results/training.json`` and leaves the others.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import cv2
import measure
import numpy as np
from photos import Tally

from digitrec import augment, images, simulate
from digitrec.forward import Sequential, softmax
from digitrec.mnist import MNIST, load_mnist, stratified_split
from digitrec.networks import build
from digitrec.scene import Camera, Paper, Pen
from digitrec.training import RECIPES, Recipe, Trained, train

PARTS = ("anchor", "small_cnn", "cnn", "curve")
SIZES = (100, 300, 1_000, 3_000, 10_000, 30_000, 60_000)
LEAST_STEPS = 500
#: The learning curve's seeds; each chooses other training images.
CURVE_SEEDS = 3
#: Held-out digits of each column.
DIGITS = 2000


# --- Training ------------------------------------------------------------------------------------


def train_anchor(data: MNIST, seed: int) -> tuple[float, float, float, int]:
    """Train keras.io's example; return accuracy, CPU seconds, seconds and parameters."""
    import keras

    keras.utils.set_random_seed(seed)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    x, test = (a[..., None] / np.float32(255) for a in (data.x_train, data.x_test))
    y = np.eye(10, dtype=np.float32)[data.y_train]
    seconds, cpu = time.perf_counter(), time.process_time()
    model.fit(x, y, batch_size=128, epochs=15, validation_split=0.1, verbose=0)
    seconds, cpu = time.perf_counter() - seconds, time.process_time() - cpu
    classes = model.predict(test, batch_size=1000, verbose=0).argmax(axis=1)
    right = float((classes == data.y_test).mean())
    return right, cpu, seconds, model.count_params()


def train_ours(
    name: str, recipe: Recipe, x: np.ndarray, y: np.ndarray, seed: int
) -> tuple[Sequential, Trained]:
    """Train one of the course's networks; return it in NumPy, and how the training went."""
    trained = train(build(name, seed), x, y, recipe, seed=seed, verbose=0)
    return Sequential.from_keras(trained.model), trained


def described(runs: list[tuple[float, float, float]], **more: Any) -> dict[str, Any]:
    """Describe trainings (accuracy, CPU seconds, seconds), one for each seed from 0."""
    accuracies, cpu, wall = zip(*runs, strict=True)
    return {
        **more,
        "test_accuracy": list(accuracies),
        "mean": measure.significant(statistics.mean(accuracies), 6),
        "least": min(accuracies),
        "standard_deviation": measure.significant(statistics.stdev(accuracies), 2)
        if len(runs) > 1
        else None,
        "cpu_seconds": measure.summary(cpu),
        "wall_seconds": measure.summary(wall),
    }


def accuracy(network: Sequential, x: np.ndarray, y: np.ndarray) -> float:
    return float((network.predict(x).argmax(axis=1) == y).mean())


# --- Held-out digits made difficult --------------------------------------------------------------


def columns(x: np.ndarray, y: np.ndarray) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Make what a network is measured on of held-out digits: name → images, labels.

    Flags and bars are curved, longer, and of other pens than those of the training.
    """
    rng = np.random.default_rng(2)
    few, labels = x[:DIGITS], y[:DIGITS]
    ones = np.stack([flag(one, rng) for one in x[y == 1]])
    sevens = np.stack([bar(seven, rng) for seven in x[y == 7]])
    moves = ((2, 2), (2, -2), (-2, 2), (-2, -2))
    return {
        "held-out digits": (x, y),
        "photographs": (photographs(few, rng), labels),
        "flagged 1s, photographed": (photographs(ones, rng), np.full(len(ones), 1)),
        "barred 7s, photographed": (photographs(sevens, rng), np.full(len(sevens), 7)),
        "thin pen": (np.stack([pen(digit, -0.045) for digit in few]), labels),
        "thick pen": (np.stack([pen(digit, 0.075) for digit in few]), labels),
        "moved by 2 pixels each way": (
            np.concatenate([moved(few, *move) for move in moves]),
            np.tile(labels, len(moves)),
        ),
    }


def moved(x: np.ndarray, down: int, right: int) -> np.ndarray:
    """Move images by up to two pixels, up and left where negative; paper comes in."""
    padded = np.pad(x, ((0, 0), (2, 2), (2, 2)))
    return padded[:, 2 - down : 30 - down, 2 - right : 30 - right]


def photographs(digits: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Photograph digits and prepare the photographs; (N, 28, 28) uint8."""
    made = (images.normalise(simulate.random_photograph(d, rng)) for d in digits)
    return np.stack(list(made))


def flag(one: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw a curved flag on a 1: 0.3 … 0.9 of its height long, falling 20° … 60°."""
    rows = np.flatnonzero((one > 100).any(axis=1))
    if len(rows) < 8:
        return one
    top, height = rows[0], rows[-1] - rows[0] + 1
    start = np.array(
        [middle(one[top : top + 2]), top + rng.uniform(0.03, 0.1) * height]
    )
    fall, length = np.radians(rng.uniform(20, 60)), rng.uniform(0.3, 0.9) * height
    along = length * np.array([-np.cos(fall), np.sin(fall)])
    across = rng.uniform(-0.15, 0.15) * along[::-1] * (-1, 1)
    width = max(1.3, one.sum() / 255 / height) * rng.uniform(0.8, 1.15)
    return draw_on(one, [start, start + along / 2 + across, start + along], width)


def bar(seven: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw a curved bar through a 7: 0.3 … 0.8 of its height long, from 24° up to 14° down."""
    rows = np.flatnonzero((seven > 100).any(axis=1))
    if len(rows) < 8:
        return seven
    height = rows[-1] - rows[0] + 1
    row = int(rows[0] + rng.uniform(0.38, 0.66) * height)
    inked = np.flatnonzero(seven[row] > 100)
    if not len(inked):
        return seven
    stem = inked[inked > inked[-1] - 8]
    place = np.array([stem.mean() + rng.uniform(-0.1, 0.1) * height, row])
    half = rng.uniform(0.15, 0.4) * height * np.array([1, rng.uniform(-0.45, 0.25)])
    bow = np.array([0, rng.uniform(-0.1, 0.1) * height])
    width = min(4, max(1.3, 0.8 * len(stem))) * rng.uniform(0.8, 1.15)
    return draw_on(seven, [place - half, place + bow, place + half], width)


def middle(rows: np.ndarray) -> float:
    """Column of the centre of mass of some rows of ink."""
    mass = rows.sum(axis=0, dtype=float)
    return float(mass @ np.arange(len(mass)) / max(mass.sum(), 1))


def draw_on(digit: np.ndarray, points: list[np.ndarray], width: float) -> np.ndarray:
    """Draw a curve through three points (x, y) on a digit, and put the whole in MNIST's box."""
    finer, margin = 8, 16
    place = np.linspace(0, 1, 20)[:, None]
    first, second, third = points
    bend = 2 * second - (first + third) / 2  # the curve passes through the second
    curve = (1 - place) ** 2 * first + 2 * place * (1 - place) * bend + place**2 * third
    side = (28 + 2 * margin) * finer
    sheet = np.zeros((side, side), np.uint8)
    path = np.rint((curve + 0.5 + margin) * finer).astype(np.int32)
    cv2.polylines(sheet, [path], False, 255, max(1, round(width * finer)))
    small = cv2.resize(sheet, (side // finer,) * 2, interpolation=cv2.INTER_AREA)
    return boxed(np.maximum(small, np.pad(digit, margin)))


def pen(digit: np.ndarray, wider: float) -> np.ndarray:
    """Draw a digit with a wider pen, or a narrower one: by a part of its size."""
    photo = simulate.photograph(
        digit,
        np.random.default_rng(0),
        pen=Pen(width=wider, colour=(0, 0, 0), grain=0),
        paper=Paper(colour=(255, 255, 255), texture=0),
        camera=Camera(blur=0, noise=0, jpeg_quality=None),
    )
    return boxed(255 - photo[..., 0])


def boxed(ink: np.ndarray) -> np.ndarray:
    """Scale a drawing on black into MNIST's box and centre it by mass; nothing else is changed."""
    cut, _ = images.crop(ink.astype(np.float32) / 255)
    return images.centre_by_mass(images.fit_box(cut))


def real_photographs() -> list[tuple[dict[str, str], list[images.FoundDigit]]]:
    """Find the digits in the photographs of DIGITREC_PHOTOS, if it is set: labels and digits."""
    if "DIGITREC_PHOTOS" not in os.environ:
        return []
    folder = Path(os.environ["DIGITREC_PHOTOS"])
    with (folder / "labels.csv").open(newline="", encoding="utf-8") as table:
        rows = list(csv.DictReader(table))
    return [
        (row, images.find_digits(images.load_image(folder / row["file"])))
        for row in rows
    ]


def measured(
    network: Sequential,
    hard: dict[str, tuple[np.ndarray, np.ndarray]],
    real: list[tuple[dict[str, str], list[images.FoundDigit]]],
) -> dict[str, float]:
    """Share of digits read correctly in each column; of the real ones, nothing rejected."""
    found = {name: accuracy(network, x, y) for name, (x, y) in hard.items()}
    readings = images.classify([digits for _, digits in real], network, 0.0)
    tallies: dict[str, Tally] = {}
    for (row, _), reading in zip(real, readings, strict=True):
        kind = "single digits" if row["kind"] == "single" else "lines and pages"
        tallies.setdefault(kind, Tally()).add(row["text"], reading.lines)
    for kind, tally in tallies.items():
        found[f"real photographs, {kind}"] = tally.right / tally.digits
    return {name: round(share, 4) for name, share in found.items()}


def rejection(
    network: Sequential, hard: dict[str, tuple[np.ndarray, np.ndarray]]
) -> list[dict[str, float]]:
    """What rejecting so many of the held-out digits does to drawings that are no digits."""
    x, y = (
        np.concatenate([hard[name][k] for name in ("held-out digits", "photographs")])
        for k in (0, 1)
    )
    probabilities = network.predict_probabilities(x)
    sure, wrong = probabilities.max(axis=1), probabilities.argmax(axis=1) != y
    others = augment.not_digits(2000, np.random.default_rng(3), augment.HELD_OUT_FONTS)
    other = network.predict_probabilities(others).max(axis=1)
    rows = []
    for share in (0.0025, 0.005, 0.01, 0.02):
        least = float(np.quantile(sure, share))
        rows.append(
            {
                "digits_rejected": share,
                "reject_below": round(least, 3),
                "mistakes_rejected": round(float((sure[wrong] < least).mean()), 3),
                "not_digits_asserted": round(float((other >= least).mean()), 4),
            }
        )
    return rows


def moved_copies(network: Sequential, x: np.ndarray) -> np.ndarray:
    """Average the probabilities of an image and of its four copies moved by a pixel; (N, 10)."""
    moves = ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1))
    copies = (network.predict(moved(x, *move)) for move in moves)
    return np.mean([softmax(z) for z in copies], axis=0)


# --- The parts -----------------------------------------------------------------------------------


def anchor(data: MNIST, seeds: int) -> dict[str, Any]:
    runs = [train_anchor(data, seed) for seed in range(seeds)]
    return described([run[:3] for run in runs], parameters=runs[0][3], epochs=15)


def small_cnn(data: MNIST, seeds: int) -> dict[str, Any]:
    training, _ = stratified_split(data.y_train)
    recipe, runs = RECIPES["small_cnn"], []
    for seed in range(seeds):
        network, trained = train_ours(
            "small_cnn", recipe, data.x_train[training], data.y_train[training], seed
        )
        right = accuracy(network, data.x_test, data.y_test)
        runs.append((right, trained.cpu_seconds, trained.seconds))
    return described(
        runs,
        parameters=network.parameters,
        recipe=asdict(recipe),
        training_images=len(training),
    )


def cnn(data: MNIST, seeds: int) -> dict[str, Any]:
    recipe = RECIPES["cnn"]
    used = len(data.x_train) - recipe.held_out
    x, y = data.x_train[:used], data.y_train[:used]
    hard = columns(data.x_train[used:], data.y_train[used:])
    real = real_photographs()
    runs, robust, averaged = [], [], []
    for seed in range(seeds):
        network, trained = train_ours("cnn", recipe, x, y, seed)
        right = accuracy(network, data.x_test, data.y_test)
        runs.append((right, trained.cpu_seconds, trained.seconds))
        robust.append(measured(network, hard, real))
        classes = moved_copies(network, data.x_test).argmax(axis=1)
        averaged.append(float((classes == data.y_test).mean()))
        if seed == 0:
            rejected = rejection(network, hard)
    plain, trained = train_ours("cnn", replace(recipe, augment=False), x, y, seed=0)
    return described(
        runs,
        parameters=network.parameters,
        recipe=asdict(recipe),
        training_images=used,
    ) | {
        "columns": {name: [row[name] for row in robust] for name in robust[0]},
        "without_augmentation": {
            "test_accuracy": accuracy(plain, data.x_test, data.y_test),
            "cpu_seconds": measure.significant(trained.cpu_seconds),
            "columns": measured(plain, hard, real),
        },
        "averaged_over_moved_copies": averaged,
        "rejection": rejected,
    }


def learning_curve(data: MNIST) -> dict[str, Any]:
    recipe, points = RECIPES["small_cnn"], []
    for size in SIZES:
        steps = -(-size // recipe.batch_size)  # an epoch
        longer = replace(recipe, epochs=max(recipe.epochs, -(-LEAST_STEPS // steps)))
        runs = []
        for seed in range(CURVE_SEEDS):
            order = np.random.default_rng(seed).permutation(len(data.x_train))[:size]
            network, trained = train_ours(
                "small_cnn", longer, data.x_train[order], data.y_train[order], seed
            )
            right = accuracy(network, data.x_test, data.y_test)
            runs.append((right, trained.cpu_seconds, trained.seconds))
        points.append(described(runs, training_images=size, epochs=longer.epochs))
    sizes = np.log([point["training_images"] for point in points])
    errors = np.log([1 - point["mean"] for point in points])
    slope, height = np.polyfit(sizes, errors, 1)
    return {
        "network": "small_cnn",
        "least_steps": LEAST_STEPS,
        "points": points,
        # error = factor · images ** exponent
        "power_law": {
            "factor": measure.significant(float(np.exp(height))),
            "exponent": measure.significant(float(slope)),
        },
    }


def rows(found: dict[str, Any]) -> Iterator[list[str]]:
    yield ["", "test accuracy by seed", "mean", "least", "CPU s", "s", "parameters"]
    for name in ("anchor", "small_cnn", "cnn"):
        if part := found.get(name):
            yield [
                name,
                " ".join(f"{100 * a:.2f}" for a in part["test_accuracy"]),
                f"{part['mean']:.3%}",
                f"{part['least']:.2%}",
                f"{part['cpu_seconds']['median']:.1f}",
                f"{part['wall_seconds']['median']:.1f}",
                f"{part['parameters']:,}",
            ]


def show(found: dict[str, Any]) -> None:
    print(measure.table(rows(found)))
    if ratio := found.get("cpu_small_cnn_by_anchor"):
        print(f"\nCPU seconds, small_cnn by anchor: 1/{1 / ratio:.2f}")
    if part := found.get("cnn"):
        plain = part["without_augmentation"]
        lines = [["cnn", "mean", "least", "without augmentation"]]
        shares = {"test images": part["test_accuracy"], **part["columns"]}
        for name, values in shares.items():
            other = {"test images": plain["test_accuracy"], **plain["columns"]}[name]
            lines.append(
                [
                    name,
                    f"{statistics.mean(values):.2%}",
                    f"{min(values):.2%}",
                    f"{other:.2%}",
                ]
            )
        print("\n" + measure.table(lines))
        averaged = statistics.mean(part["averaged_over_moved_copies"])
        print(f"\ntest images, averaged over five moved copies: {averaged:.3%}\n")
        names = list(part["rejection"][0])
        print(
            measure.table(
                [names, *([row[n] for n in names] for row in part["rejection"])]
            )
        )
    if part := found.get("learning_curve"):
        law = part["power_law"]
        lines = [["images", "epochs", "test accuracy", "power law", "CPU s"]]
        for point in part["points"]:
            n = point["training_images"]
            lines.append(
                [f"{n:,}", point["epochs"], f"{point['mean']:.2%}",
                 f"{1 - law['factor'] * n ** law['exponent']:.2%}",
                 f"{point['cpu_seconds']['median']:.1f}"]
            )  # fmt: skip
        print("\n" + measure.table(lines))
        print(f"error = {law['factor']:.3g} · images ^ {law['exponent']:.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description="Train, and measure what it gave.")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--anchor-seeds", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args()
    data = load_mnist()
    cv2.setNumThreads(1)
    # The first training of a process also starts TensorFlow.
    few = data.x_train[:512], data.y_train[:512]
    train_ours("small_cnn", RECIPES["small_cnn"], *few, seed=0)
    import tensorflow

    machine = measure.machine("keras", "numpy")
    machine["versions"]["tensorflow"] = tensorflow.__version__
    path = measure.RESULTS / "training.json"
    found = json.loads(path.read_text("utf-8")) if path.exists() else {}
    parts: dict[str, Callable[[], dict[str, Any]]] = {
        "anchor": lambda: anchor(data, options.anchor_seeds),
        "small_cnn": lambda: small_cnn(data, options.seeds),
        "cnn": lambda: cnn(data, options.seeds),
        "curve": lambda: learning_curve(data),
    }
    for name in options.only:
        key = "learning_curve" if name == "curve" else name
        found[key] = parts[name]() | {"machine": machine}
        measure.write("training", found)
    both = {"anchor", "small_cnn"}
    if both & set(options.only):
        found.pop("cpu_small_cnn_by_anchor", None)  # of another run, under another load
    if both <= set(options.only):
        ours, theirs = (
            found[name]["cpu_seconds"]["median"] for name in ("small_cnn", "anchor")
        )
        found["cpu_small_cnn_by_anchor"] = measure.significant(ours / theirs, 3)
    show(found)
    print(f"\n{measure.write('training', found)}")


if __name__ == "__main__":
    main()
