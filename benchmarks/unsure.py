"""From which probability on the drawing page shows a reading, and when it shows "?".

    python -m benchmarks.unsure [--quick]

The constants in ``LIMITS`` of ``tools/browser_model.py`` are chosen by it.
The shipped CNN was trained without the last training images (its card says how many); the dense
network has seen all, so it is trained again without these. They are drawn anywhere and in any size
on a pad, prepared as the page does, and the page's rule is tried with many thresholds:

    "?" when the CNN's probability is below ALONE, or when the dense network reads another digit and
    the CNN's probability is below DISPUTED. For the dense network, when its own is below DENSE.

Of the pairs that withhold no more than ``WITHHELD`` of the right readings it names the one that
withholds most of the wrong ones; of several, the one with which fewest letters, scribbles and blots
are still shown as a digit. The test images have no part in it.
"""

import sys
from dataclasses import replace
from itertools import product
from typing import Any

import cv2
import numpy as np

from benchmarks import measure
from digitrec.augment import HELD_OUT_FONTS, not_digits
from digitrec.forward import Sequential
from digitrec.mnist import load_mnist
from digitrec.networks import build, load_card, load_numpy
from digitrec.reading import normalise
from digitrec.training import RECIPES, train

#: At most this part of the right readings may become a "?": it should stay the exception.
WITHHELD = 0.005
DENSE = (0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5)
ALONE = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
DISPUTED = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
#: The pad's side in pixels, and the sizes of a drawn digit in parts of it.
SIDE, SIZES = 200, (0.3, 1.0)


def on_pad(digit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw a digit (28, 28) anywhere on a white pad, in any size."""
    side = round(SIDE * rng.uniform(*SIZES))
    top, left = rng.integers(0, SIDE - side + 1, 2)
    pad = np.full((SIDE, SIDE), 255, np.uint8)
    large = cv2.resize(digit, (side, side), interpolation=cv2.INTER_LINEAR)
    pad[top : top + side, left : left + side] = 255 - large
    return pad


def is_unsure(cnn: np.ndarray, dense: np.ndarray, alone: float, disputed: float) -> np.ndarray:
    """The page's rule, for (N, 10) probabilities of both networks: (N,) bool."""
    differ, surest = cnn.argmax(axis=1) != dense.argmax(axis=1), cnn.max(axis=1)
    return np.asarray((surest < alone) | (differ & (surest < disputed)))


def thresholds(run: measure.Run) -> dict[str, Any]:
    """Try every pair of thresholds on held-out digits; return all, and the best."""
    data, rng = load_mnist(), np.random.default_rng(0)
    used = load_card("cnn")["training_images"]
    x = np.stack([normalise(on_pad(digit, rng)) for digit in data.x_train[used:]])
    y = data.y_train[used:]
    others = not_digits(run(2000, 50), rng, HELD_OUT_FONTS, (data.x_train[used:], y))
    others = np.stack([normalise(on_pad(other, rng)) for other in others])
    recipe = replace(RECIPES["dense"], epochs=run(RECIPES["dense"].epochs))
    fit = data.x_train[:used], data.y_train[:used]
    dense = Sequential.from_keras(train(build("dense"), *fit, recipe, verbose=0).model)
    networks = load_numpy("cnn"), dense
    sure, dense_sure = (each.predict_probabilities(x) for each in networks)
    right, dense_right = (each.argmax(axis=1) == y for each in (sure, dense_sure))
    cnn_others, dense_others = (each.predict_probabilities(others) for each in networks)
    pairs, allowed = {}, {}
    for pair in (p for p in product(ALONE, DISPUTED) if p[0] <= p[1]):
        unsure = is_unsure(sure, dense_sure, *pair)
        lost, caught = float(unsure[right].mean()), float(unsure[~right].mean())
        shown = float((~right & ~unsure).sum() / (~unsure).sum())
        taken = float((~is_unsure(cnn_others, dense_others, *pair)).mean())
        found = {
            "right_withheld": lost,
            "wrong_withheld": caught,
            "wrong_shown": shown,
            "no_digits_shown": taken,
        }
        pairs["{}, {}".format(*pair)] = found
        if lost <= WITHHELD:
            allowed[pair] = caught, -taken
    best = max(allowed, key=lambda pair: allowed[pair])
    own = dense_sure.max(axis=1)[dense_right]
    return {
        "read_right": {"cnn": float(right.mean()), "dense": float(dense_right.mean())},
        "pairs": pairs,
        "SURE_ALONE": best[0],
        "SURE_DISPUTED": best[1],
        "SURE_DENSE": max(t for t in DENSE if (own < t).mean() <= WITHHELD),
        "no_digits_shown": -allowed[best][1],
    }


BENCHMARK = measure.Benchmark(
    "unsure", __doc__, {"thresholds": thresholds}, packages=("numpy", "keras")
)

if __name__ == "__main__":
    sys.exit(measure.command(BENCHMARK))
