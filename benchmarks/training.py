"""What the networks reach for how much training, beside a well-known example's.

    python -m benchmarks.training [--only PART …] [--quick]       (make bench PART=training)

Processor seconds are those of ``fit``; importing, and preparing the data, are not among them.

Tried on validation images and left out, since they gave no more than another seed does: weight
decay, more dropout, turning and leaning the images of small_cnn, averaged weights.
"""

import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import cv2
import numpy as np

from benchmarks import measure, readings
from digitrec import evaluate, reading, simulate
from digitrec.forward import Sequential, softmax
from digitrec.mnist import MNIST, load_mnist, stratified_split
from digitrec.networks import build
from digitrec.scene import Pen
from digitrec.training import RECIPES, Recipe, train

SIZES = (100, 300, 1_000, 3_000, 10_000, 30_000, 60_000)
LEAST_STEPS = 500
#: Seeds of the course's networks. The learning curve's choose other training images each.
SEEDS, CURVE_SEEDS = 5, 3
#: Held-out digits of each column.
DIGITS = 2000
#: How long the published example trains.
ANCHOR_EPOCHS = 15

#: What a training gave: the share of test images read correctly, and processor seconds.
Result = tuple[float, float]
#: Made for a network to be measured on: name → images, labels.
Hard = dict[str, tuple[np.ndarray, np.ndarray]]
Photographs = list[tuple[readings.Labelled, np.ndarray]]


# --- Training ------------------------------------------------------------------------------------


def train_anchor(data: MNIST, epochs: int) -> tuple[Result, int]:
    """Train the "Simple MNIST convnet" of keras.io (by F. Chollet) as published.

    Return what it gave, and its parameters.
    """
    import keras

    keras.utils.set_random_seed(0)
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
    start = time.process_time()
    model.fit(x, y, batch_size=128, epochs=epochs, validation_split=0.1, verbose=0)
    cpu_seconds = time.process_time() - start
    classes = model.predict(test, batch_size=1000, verbose=0).argmax(axis=1)
    return (evaluate.accuracy(data.y_test, classes), cpu_seconds), model.count_params()


def train_ours(name: str, recipe: Recipe, data: MNIST, seed: int) -> tuple[Sequential, Result]:
    """Train one of the course's networks; return it in NumPy, and what the training gave."""
    trained = train(build(name, seed), data.x_train, data.y_train, recipe, seed=seed, verbose=0)
    network = Sequential.from_keras(trained.model)
    return network, (accuracy(network, data.x_test, data.y_test), trained.cpu_seconds)


def only(data: MNIST, chosen: slice | np.ndarray) -> MNIST:
    """Return MNIST with some of its training images."""
    return data._replace(x_train=data.x_train[chosen], y_train=data.y_train[chosen])


def described(results: Iterable[Result], **more: Any) -> dict[str, Any]:
    """Describe trainings, one for each seed from 0."""
    accuracies, cpu_seconds = zip(*results, strict=True)
    return {
        **more,
        "test_accuracy": list(accuracies),
        "mean": measure.significant(statistics.mean(accuracies), 6),
        "least": min(accuracies),
        "cpu_seconds": measure.summary(cpu_seconds),
    }


def accuracy(network: Sequential, x: np.ndarray, y: np.ndarray) -> float:
    return evaluate.accuracy(y, network.predict(x).argmax(axis=1))


# --- Held-out digits made difficult --------------------------------------------------------------


def columns(x: np.ndarray, y: np.ndarray, digits: int) -> Hard:
    """Make what a network is measured on of held-out digits.

    Flags and bars are curved, longer, and of other pens than those of the training.
    """
    rng = np.random.default_rng(2)
    few, labels = x[:digits], y[:digits]
    ones = np.stack([flag(one, rng) for one in x[y == 1]])
    sevens = np.stack([bar(seven, rng) for seven in x[y == 7]])
    moves = ((2, 2), (2, -2), (-2, 2), (-2, -2))
    return {
        "held-out digits": (x, y),
        "photographs": (photographs(few, rng), labels),
        "flagged 1s, photographed": (photographs(ones, rng), np.full(len(ones), 1)),
        "barred 7s, photographed": (photographs(sevens, rng), np.full(len(sevens), 7)),
        "thin pen": (np.stack([written(digit, -0.045) for digit in few]), labels),
        "thick pen": (np.stack([written(digit, 0.075) for digit in few]), labels),
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
    made = (reading.normalise(simulate.random_photograph(d, rng)) for d in digits)
    return np.stack(list(made))


def flag(one: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw a curved flag on a 1: 0.3 … 0.9 of its height long, falling 20° … 60°."""
    top, height = body(one)
    row = top + rng.uniform(0.03, 0.1) * height
    start = np.array([np.average(np.arange(28), weights=one[top : top + 2].sum(axis=0)), row])
    fall, length = np.radians(rng.uniform(20, 60)), rng.uniform(0.3, 0.9) * height
    along = length * np.array([-np.cos(fall), np.sin(fall)])
    across = rng.uniform(-0.15, 0.15) * along[::-1] * (-1, 1)
    width = max(1.3, one.sum() / 255 / height) * rng.uniform(0.8, 1.15)
    return draw_on(one, [start, start + along / 2 + across, start + along], width)


def bar(seven: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw a curved bar through a 7: 0.3 … 0.8 of its height long, from 24° up to 14° down."""
    top, height = body(seven)
    row = int(top + rng.uniform(0.38, 0.66) * height)
    inked = np.flatnonzero(seven[row] > 100)
    if not len(inked):  # the stem has a gap there
        return seven
    stem = inked[inked > inked[-1] - 8]
    place = np.array([stem.mean() + rng.uniform(-0.1, 0.1) * height, row])
    half = rng.uniform(0.15, 0.4) * height * np.array([1, rng.uniform(-0.45, 0.25)])
    bow = np.array([0, rng.uniform(-0.1, 0.1) * height])
    width = min(4, max(1.3, 0.8 * len(stem))) * rng.uniform(0.8, 1.15)
    return draw_on(seven, [place - half, place + bow, place + half], width)


def body(digit: np.ndarray) -> tuple[int, int]:
    """The first row with ink, and how many rows there are from it to the last."""
    rows = np.flatnonzero((digit > 100).any(axis=1))
    return int(rows[0]), int(np.ptp(rows)) + 1


def draw_on(digit: np.ndarray, points: list[np.ndarray], width: float) -> np.ndarray:
    """Draw a curve through three points (x, y) on a digit, and put the whole in MNIST's box."""
    finer, margin = 8, 16
    first, second, third = (points + np.array(0.5 + margin)) * finer
    place = np.linspace(0, 1, 20)[:, None]
    bend = 2 * second - (first + third) / 2  # the curve passes through the second
    curve = (1 - place) ** 2 * first + 2 * place * (1 - place) * bend + place**2 * third
    side = 28 + 2 * margin
    sheet = np.zeros((side * finer, side * finer), np.uint8)
    path = np.rint(curve).astype(np.int32)
    cv2.polylines(sheet, [path], False, 255, max(1, round(width * finer)))
    small = cv2.resize(sheet, (side, side), interpolation=cv2.INTER_AREA)
    return boxed(np.maximum(small, np.pad(digit, margin)))


def written(digit: np.ndarray, wider: float) -> np.ndarray:
    """Write a digit with a wider pen, or a narrower one: by a part of its size."""
    return boxed(255 * Pen(width=wider).draw(digit))


def boxed(ink: np.ndarray) -> np.ndarray:
    """Scale a drawing on black into MNIST's box and centre it by mass; nothing else is changed."""
    cut, _ = reading.crop(ink.astype(np.float32) / 255)
    return reading.centre_by_mass(reading.fit_box(cut))


def real_photographs() -> Photographs:
    """Load the photographs of DIGITREC_PHOTOS, if it is set, with their labels."""
    try:
        labels = readings.photographs()
    except measure.MissingError as reason:
        print(f"without real photographs: {reason}", file=sys.stderr)
        return []
    return [(label, reading.load_image(label.path)) for label in labels]


def measured(network: Sequential, hard: Hard, real: Photographs) -> dict[str, float]:
    """Share of digits read correctly in each column; of the real ones, nothing rejected."""
    found = {name: accuracy(network, x, y) for name, (x, y) in hard.items()}
    tallies: dict[str, readings.Tally] = defaultdict(readings.Tally)
    for label, picture in real:
        kind = "single digits" if label.single else "lines and pages"
        tallies[f"real photographs, {kind}"].add(
            label.text, reading.read(picture, network, 0.0).lines
        )
    found |= {name: tally["digits_right"] / tally["digits"] for name, tally in tallies.items()}
    return {name: round(right, 4) for name, right in found.items()}


def moved_copies(network: Sequential, x: np.ndarray) -> np.ndarray:
    """Average the probabilities of an image and of its four copies moved by a pixel; (N, 10)."""
    moves = ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1))
    copies = (network.predict(moved(x, *move)) for move in moves)
    return np.asarray(np.mean([softmax(z) for z in copies], axis=0))


# --- The parts -----------------------------------------------------------------------------------


def data_for(run: measure.Run) -> MNIST:
    """Load MNIST, less of it for a quick run, and train once: the first one starts TensorFlow."""
    data = load_mnist()
    cv2.setNumThreads(1)
    train_ours("small_cnn", replace(RECIPES["small_cnn"], epochs=1), only(data, slice(512)), 0)
    return only(data, slice(run(60_000, 512)))


def anchor(run: measure.Run) -> dict[str, Any]:
    data, epochs = data_for(run), run(ANCHOR_EPOCHS)
    result, parameters = train_anchor(data, epochs)
    return described([result], parameters=parameters, epochs=epochs)


def small_cnn(run: measure.Run) -> dict[str, Any]:
    """Train chapter 4's network by its recipe and on its split, once for each seed."""
    data, recipe = data_for(run), RECIPES["small_cnn"]
    data = only(data, stratified_split(data.y_train, run(5000, 100))[0])
    trained = [train_ours("small_cnn", recipe, data, seed) for seed in range(run(SEEDS))]
    return described((result for _, result in trained), parameters=trained[0][0].parameters)


def cnn(run: measure.Run) -> dict[str, Any]:
    """Train the shipped network by its recipe, once for each seed, and once on plain images.

    The last says what the augmentation buys. Averaging over moved copies of a test image is
    reported apart: the course does not do it.
    """
    data, recipe = data_for(run), RECIPES["cnn"]
    if run.quick:
        recipe = replace(recipe, epochs=1, held_out=128)
    used = len(data.x_train) - recipe.held_out
    hard = columns(data.x_train[used:], data.y_train[used:], run(DIGITS, 20))
    real = real_photographs()[: run(sys.maxsize, 5)]
    data = only(data, slice(used))
    trained = [train_ours("cnn", recipe, data, seed) for seed in range(run(SEEDS))]
    networks, results = zip(*trained, strict=True)
    robust = [measured(network, hard, real) for network in networks]
    classes = [moved_copies(network, data.x_test).argmax(axis=1) for network in networks]
    plain, (plain_accuracy, _) = train_ours("cnn", replace(recipe, augment=False), data, seed=0)
    return described(results, parameters=plain.parameters) | {
        "columns": {name: [row[name] for row in robust] for name in robust[0]},
        "without_augmentation": {
            "test_accuracy": plain_accuracy,
            "columns": measured(plain, hard, real),
        },
        "averaged_over_moved_copies": [evaluate.accuracy(data.y_test, each) for each in classes],
    }


def learning_curve(run: measure.Run) -> dict[str, Any]:
    """Train small_cnn with fewer images, for at least ``LEAST_STEPS`` each."""
    data, recipe, points = data_for(run), RECIPES["small_cnn"], []
    for size in SIZES[: run(len(SIZES), 2)]:
        steps = -(-size // recipe.batch_size)  # an epoch
        least = -(-run(LEAST_STEPS, 2) // steps)
        longer = replace(recipe, epochs=max(run(recipe.epochs), least))
        results = []
        for seed in range(run(CURVE_SEEDS)):
            order = np.random.default_rng(seed).permutation(len(data.x_train))[:size]
            results.append(train_ours("small_cnn", longer, only(data, order), seed)[1])
        points.append(described(results, training_images=size, epochs=longer.epochs))
    return {"points": points}


BENCHMARK = measure.Benchmark(
    "training",
    __doc__,
    {"anchor": anchor, "small_cnn": small_cnn, "cnn": cnn, "learning_curve": learning_curve},
    packages=("keras", "numpy", "tensorflow-cpu", "tensorflow"),
)

if __name__ == "__main__":
    sys.exit(measure.command(BENCHMARK))
