"""The networks that come with the package: trained, calibrated, measured, stored.

``python -m digitrec.shipped`` (``make train``) makes them again from the data in the package, and
writes them where :mod:`digitrec.networks` finds them.
"""

from __future__ import annotations

import argparse
import platform
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from digitrec import augment, reading, simulate
from digitrec.forward import Sequential
from digitrec.mnist import CHECKSUMS, MNIST, load_mnist
from digitrec.networks import (
    ARCHITECTURES,
    IMAGE_SHAPE,
    SHIPPED,
    WEIGHTS_FOLDER,
    build,
    save_weights,
)
from digitrec.training import RECIPES, train

#: So many of the held-out digits are photographed for the calibration.
PHOTOGRAPHS = 2000


def train_shipped(
    name: str, data: MNIST, folder: str | Path = WEIGHTS_FOLDER, seed: int = 0
) -> dict[str, Any]:
    """Train a network on the training images, measure it on the test images, store it.

    A recipe that holds images out has them for calibration (:func:`calibrate`).
    The accuracy stored is that of the NumPy network. Returns the card.
    """
    import keras
    import tensorflow

    recipe = RECIPES[name]
    used = len(data.x_train) - recipe.held_out
    trained = train(
        build(name, seed),
        data.x_train[:used],
        data.y_train[:used],
        recipe,
        seed=seed,
        verbose=2,
    )
    network = Sequential.from_keras(trained.model)
    calibration: dict[str, Any] = {}
    if recipe.held_out:
        network, calibration = calibrate(name, network, data.x_train[used:], data.y_train[used:])
    correct = int((network.predict(data.x_test).argmax(axis=1) == data.y_test).sum())
    card = {
        "name": name,
        "architecture": ARCHITECTURES[name],
        "parameters": network.parameters,
        "recipe": recipe.__dict__,
        "seed": seed,
        "training_images": used,
        **calibration,
        "test_correct": correct,
        "test_accuracy": correct / len(data.y_test),
        "training_seconds": round(trained.seconds, 1),
        "training_cpu_seconds": round(trained.cpu_seconds, 1),
        "versions": {
            "python": platform.python_version(),
            "tensorflow": tensorflow.__version__,
            "keras": keras.__version__,
            "numpy": np.__version__,
        },
        "machine": platform.machine(),
        "data_sha256": CHECKSUMS,
    }
    save_weights(network.weights, card, Path(folder) / name)
    return card


def calibrate(
    name: str, network: Sequential, x: np.ndarray, y: np.ndarray, seed: int = 0
) -> tuple[Sequential, dict[str, Any]]:
    """Fit a temperature to held-out digits on rendered photographs, and choose what to reject.

    Logits divided by a temperature ``T`` give the same answers with other confidences. ``T`` is
    the one with the least cross-entropy; it goes into the last layer's kernel and bias, ``W / T``
    and ``b / T``, so that nothing else needs to know of it. Then the threshold: the one below which
    995 in 1,000 of these digits are not. How much of what is no digit is then still asserted is
    measured on letters in fonts that the training had not, and on pieces of these digits.

    Parameters
    ----------
    name : of the network, a key of :data:`digitrec.networks.ARCHITECTURES`
    network : trained, its last layer a Dense one
    x : (N, 28, 28) uint8
        Digits that the training did not see.
    y : (N,) integer
    seed : of the photographs

    Returns
    -------
    network : Sequential
        The same with calibrated logits.
    found : dict
        ``temperature``, ``reject_below`` and what was measured.

    References
    ----------
    :cite:t:`guo2017calibration`, section 4.2.
    """
    rng = np.random.default_rng(seed)
    photographs = (simulate.random_photograph(digit, rng) for digit in x[:PHOTOGRAPHS])
    prepared, labels = _read_alone(network, photographs, y)
    prepared = np.concatenate([prepared, x])  # (N, 28, 28)
    labels = np.concatenate([labels, y])
    logits = network.predict(prepared)
    temperatures = np.geomspace(0.25, 4, 401)
    losses = [_cross_entropy(logits / t, labels) for t in temperatures]
    temperature = float(temperatures[int(np.argmin(losses))])
    weights = dict(network.weights)
    last = next(name for name in reversed(weights) if name.endswith("/kernel"))
    last = last.removesuffix("/kernel")
    for array in ("kernel", "bias"):
        weights[f"{last}/{array}"] = weights[f"{last}/{array}"] / np.float32(temperature)
    calibrated = Sequential.from_description(ARCHITECTURES[name], weights, IMAGE_SHAPE)
    confidence = calibrated.predict_probabilities(prepared).max(axis=1)
    threshold = round(float(np.quantile(confidence, 0.005)), 2)
    others = augment.not_digits(2000, rng, augment.HELD_OUT_FONTS, (x, y))
    asserted = calibrated.predict_probabilities(others).max(axis=1) >= threshold
    return calibrated, {
        "temperature": round(temperature, 4),
        "reject_below": threshold,
        "held_out_digits_rejected": round(float((confidence < threshold).mean()), 4),
        "not_digits_asserted": round(float(asserted.mean()), 4),
    }


def _read_alone(
    network: Sequential, photographs: Iterable[np.ndarray], y: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Read photographs of one digit each, as a reader's are read.

    A photograph in which not exactly one digit is found says nothing of how sure the network should
    be of a digit, and is left out.

    Returns
    -------
    images : (N, 28, 28) uint8
        As the network saw them.
    labels : (N,) integer
    """
    images, labels = [], []
    for photograph, label in zip(photographs, y, strict=False):
        digits = reading.read(photograph, network, reject_below=0.0).digits
        if len(digits) == 1:
            images.append(digits[0].image)
            labels.append(label)
    return np.array(images, np.uint8).reshape(-1, *IMAGE_SHAPE), np.array(labels, y.dtype)


def _cross_entropy(logits: np.ndarray, labels: np.ndarray) -> float:
    """Mean of ``−log softmax(z)[y]`` over the examples."""
    z = logits.astype(np.float64)
    z = z - z.max(axis=1, keepdims=True)
    log_sum = np.log(np.exp(z).sum(axis=1))
    return float((log_sum - z[np.arange(len(z)), labels]).mean())


def main(arguments: Sequence[str] | None = None) -> int:
    """Train the shipped networks again: ``python -m digitrec.shipped [dense] [cnn]``."""
    parser = argparse.ArgumentParser(
        prog="python -m digitrec.shipped",
        description="Train the shipped networks again.",
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="dense, cnn; by default both")
    parser.add_argument("--folder", type=Path, default=WEIGHTS_FOLDER, help="where to write")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    for name in options.names:
        if name not in SHIPPED:
            parser.error(f"expected a network of {sorted(SHIPPED)}, found {name!r}")
    options.folder.mkdir(parents=True, exist_ok=True)
    data = load_mnist()
    for name in options.names or SHIPPED:
        card = train_shipped(name, data, options.folder, options.seed)
        print(
            f"{name}: {card['test_accuracy']:.2%} of the test images, "
            f"{card['training_cpu_seconds']} CPU seconds, {options.folder / name}.npz"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
