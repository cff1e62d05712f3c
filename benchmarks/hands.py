"""How well the shipped CNN reads other hands than MNIST's, and what it takes for a digit.

    python -m benchmarks.hands

It prints, and writes nothing: no page shows it. The weights are judged by it; recipes are chosen on
validation images (``digitrec/recipes.py``).

writers
    Scanned digits of the folder that DIGITREC_WRITERS names, prepared as for reading.
strokes
    Digits of the file that DIGITREC_STROKES names, as ``benchmarks.hand`` reads it, drawn with a
    pen of 9 pixels in a box of 110 on white; each digit also by itself.

    Of both, the *seen* half is every second person, from the first by name: whoever adds to
    ``digitrec/forms.py`` looks at these. The *unseen* half says what it is worth. *asserted* is
    what is right and above the network's threshold.
mnist
    MNIST's test images, and the last training images, which the training has not seen.
not_digits
    What is not a digit, by its kind, in fonts and made of digits that the training has not seen:
    which part is asserted to be one.
"""

from __future__ import annotations

import sys
from typing import Any

import cv2
import numpy as np

from benchmarks import hand, measure
from digitrec import augment, reading
from digitrec.mnist import load_mnist
from digitrec.networks import load_card, load_numpy

#: How strokes are drawn, in pixels: the page's side, the box's, the pen's width.
SIDE, BOX, PEN = 200, 110, 9


def shares(x: np.ndarray, y: np.ndarray) -> dict[str, float]:
    """Which part of digits is read right: of all, and of each digit."""
    right = load_numpy("cnn").predict(x).argmax(axis=1) == y
    each = {str(digit): float(right[y == digit].mean()) for digit in np.unique(y)}
    return {"all": float(right.mean()), **each}


def halves(x: np.ndarray, y: np.ndarray, people: list[str]) -> dict[str, Any]:
    """Which part of the digits, (N, 28, 28), of each half of the people, (N,), is read right."""
    network, seen = load_numpy("cnn"), np.isin(people, sorted(set(people))[::2])
    p = network.predict_probabilities(x)
    right = p.argmax(axis=1) == y
    asserted = right & (p.max(axis=1) >= network.reject_below)
    return {
        name: {"all": float(right[own].mean()), "asserted": float(asserted[own].mean())}
        for name, own in {"seen": seen, "unseen": ~seen}.items()
    }


def writers(run: measure.Run) -> dict[str, Any]:
    """Read each writer's scanned digits."""
    digits = hand.writers_digits(run)
    found = {name: shares(x, y)["all"] for name, (x, y) in digits.items()}
    x, y = (np.concatenate(each) for each in zip(*digits.values(), strict=True))
    people = [name for name, (_, own) in digits.items() for _ in own]
    return {"by_writer": found, "by_digit": shares(x, y), "by_half": halves(x, y, people)}


def on_page(strokes: list[list[list[float]]]) -> np.ndarray:
    """Draw strokes, whose longer side is 1000, in the middle of a white page; (200, 200) uint8."""
    page = np.full((SIDE, SIDE), 255, np.uint8)
    lines = [np.array(stroke, float) * BOX / 1000 for stroke in strokes]
    every = np.concatenate(lines)
    shift = SIDE / 2 - (every.min(axis=0) + every.max(axis=0)) / 2
    for line in lines:
        places = np.rint((line + shift) * 16).astype(np.int32)
        cv2.polylines(page, [np.resize(places, (max(2, len(places)), 2))], False, 0, PEN, 16, 4)
    return page


def strokes(run: measure.Run) -> dict[str, Any]:
    """Read digits that were recorded as the pen moved."""
    digits = hand.recorded_digits()[:: run(1, 100)]
    x = np.stack([reading.normalise(on_page(digit["strokes"])) for digit in digits])
    y = np.array([int(digit["label"]) for digit in digits])
    people = [f"{digit['set']}/{digit['writer']}" for digit in digits]
    return {"by_digit": shares(x, y), "by_half": halves(x, y, people)}


def mnist(run: measure.Run) -> dict[str, Any]:
    """Read MNIST's test images and those held out from the training."""
    data, used = load_mnist(), load_card("cnn")["training_images"]
    return {
        "test": shares(data.x_test, data.y_test),
        "held_out": shares(data.x_train[used:], data.y_train[used:]),
    }


def not_digits(run: measure.Run) -> dict[str, Any]:
    """Show what is not a digit."""
    data, network = load_mnist(), load_numpy("cnn")
    used = load_card("cnn")["training_images"]
    digits = data.x_train[used:], data.y_train[used:]
    found, rng = {}, np.random.default_rng(1)
    for kind in augment.KINDS:
        shown = augment.not_digits(run(1000, 20), rng, augment.HELD_OUT_FONTS, digits, (kind,))
        sure = network.predict_probabilities(shown).max(axis=1)
        found[kind] = float((sure >= network.reject_below).mean())
    shown = augment.not_digits(run(2000, 20), rng, augment.HELD_OUT_FONTS, digits)
    sure = network.predict_probabilities(shown).max(axis=1)
    return {"asserted": {"all": float((sure >= network.reject_below).mean()), **found}}


PARTS = {"writers": writers, "strokes": strokes, "mnist": mnist, "not_digits": not_digits}


def main() -> int:
    """Print each part; those whose data is not here are left out."""
    run = measure.Run("--quick" in sys.argv)
    for name, part in PARTS.items():
        try:
            print(*measure.described(name, part(run)), sep="\n", flush=True)
        except measure.MissingError as reason:
            print(f"{name} is left out: {reason}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    cv2.setNumThreads(1)
    sys.exit(main())
