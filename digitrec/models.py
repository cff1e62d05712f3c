"""The course's networks in Keras: build, train, save, load.

A network is described once, as a list of dictionaries with Keras' own names
(:data:`ARCHITECTURES`); Keras and :mod:`digitrec.forward` are both built from it. Trained
arrays are stored as ``weights/<name>.npz`` (plain arrays, never pickle), and beside them, in
``<name>.json``, what they are: architecture, recipe, seed, versions, the data's and the arrays'
checksums and the measured accuracy.

``python -m digitrec.models`` trains the shipped networks again and writes both files.

TensorFlow takes seconds and half a gigabyte to import, so it is imported by the functions that need
it and by nothing else.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import json
import platform
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

import numpy as np

from digitrec import quiet
from digitrec.forward import Sequential
from digitrec.mnist import CHECKSUMS, MNIST, load_mnist

if TYPE_CHECKING:
    import keras

WEIGHTS_FOLDER = Path(__file__).parent / "weights"
IMAGE_SHAPE = (28, 28)
CLASSES = 10
#: Steps that TensorFlow makes before Python is asked again: a tenth of the time is saved.
STEPS_A_CALL = 8

#: Every network takes raw pixels, (N, 28, 28) uint8, and gives (N, 10) logits. Scaling the
#: pixels inside the network keeps the images at one byte a pixel, a quarter of float32.
ARCHITECTURES: dict[str, list[dict[str, Any]]] = {
    "dense": [
        {"layer": "Rescaling", "name": "scale", "scale": 1 / 255},
        {"layer": "Flatten", "name": "flatten"},
        {"layer": "Dense", "name": "dense1", "units": 25, "activation": "relu"},
        {"layer": "Dense", "name": "dense2", "units": 15, "activation": "relu"},
        {"layer": "Dense", "name": "logits", "units": CLASSES},
    ],
    "small_cnn": [
        {"layer": "Rescaling", "name": "scale", "scale": 1 / 255},
        {"layer": "Reshape", "name": "channel", "target_shape": [28, 28, 1]},
        # Large kernels that take large steps: one layer goes from 28 × 28 to 8 × 8, which makes
        # the layers after it cheap. The normalisation after each convolution has its own shift, so
        # that a bias would be lost in it.
        {"layer": "Conv2D", "name": "conv1", "filters": 32, "kernel_size": [7, 7],
         "strides": [3, 3], "use_bias": False},
        {"layer": "BatchNormalization", "name": "norm1"},
        {"layer": "Activation", "name": "relu1", "activation": "relu"},
        {"layer": "Conv2D", "name": "conv2", "filters": 40, "kernel_size": [3, 3],
         "use_bias": False},
        {"layer": "BatchNormalization", "name": "norm2"},
        {"layer": "Activation", "name": "relu2", "activation": "relu"},
        {"layer": "Conv2D", "name": "conv3", "filters": 48, "kernel_size": [3, 3],
         "use_bias": False},
        {"layer": "BatchNormalization", "name": "norm3"},
        {"layer": "Activation", "name": "relu3", "activation": "relu"},
        {"layer": "Flatten", "name": "flatten"},
        {"layer": "Dropout", "name": "dropout", "rate": 0.3},
        {"layer": "Dense", "name": "logits", "units": CLASSES},
    ],
    "cnn": [
        {"layer": "Rescaling", "name": "scale", "scale": 1 / 255},
        {"layer": "Reshape", "name": "channel", "target_shape": [28, 28, 1]},
        # The small one with more filters.
        {"layer": "Conv2D", "name": "conv1", "filters": 48, "kernel_size": [7, 7],
         "strides": [3, 3], "use_bias": False},
        {"layer": "BatchNormalization", "name": "norm1"},
        {"layer": "Activation", "name": "relu1", "activation": "relu"},
        {"layer": "Conv2D", "name": "conv2", "filters": 64, "kernel_size": [3, 3],
         "use_bias": False},
        {"layer": "BatchNormalization", "name": "norm2"},
        {"layer": "Activation", "name": "relu2", "activation": "relu"},
        {"layer": "Conv2D", "name": "conv3", "filters": 64, "kernel_size": [3, 3],
         "use_bias": False},
        {"layer": "BatchNormalization", "name": "norm3"},
        {"layer": "Activation", "name": "relu3", "activation": "relu"},
        {"layer": "Flatten", "name": "flatten"},
        {"layer": "Dropout", "name": "dropout", "rate": 0.3},
        {"layer": "Dense", "name": "logits", "units": CLASSES},
    ],
}  # fmt: skip


quiet.hush()


class WeightsError(Exception):
    """Stored weights are missing, or are not what their description says."""


@dataclass(frozen=True)
class Recipe:
    """How a network is trained.

    Attributes
    ----------
    epochs
        How often each training image is seen.
    batch_size
        Images a step.
    learning_rate
        Adam's, at its highest.
    warm_up
        Share of the steps, 0–1, in which the learning rate climbs to that; after them it falls
        along a cosine to 0. None: it stays where it is.
    moves
        In each epoch every image is moved anew, by up to so many pixels each way.
    augment
        Whether the images are changed anew in each epoch as other hands, pens and cameras would
        have, and what is not a digit is shown, too (:mod:`digitrec.augment`). That moves them, too.
    held_out
        How many of the training images, the last ones, are kept for choosing the temperature and
        the threshold for rejection.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    warm_up: float | None = None
    moves: int = 0
    augment: bool = False
    held_out: int = 0

    def __post_init__(self) -> None:
        if self.epochs < 1 or self.batch_size < 1:
            raise ValueError(
                f"expected epochs and batch_size of at least 1, found {self.epochs} and "
                f"{self.batch_size}"
            )
        if not self.learning_rate > 0:
            raise ValueError(
                f"learning_rate: expected above 0, found {self.learning_rate}"
            )
        if self.warm_up is not None and not 0 <= self.warm_up < 1:
            raise ValueError(
                f"warm_up: expected a share from 0 to below 1, found {self.warm_up}"
            )
        if not 0 <= self.moves < IMAGE_SHAPE[0]:
            raise ValueError(f"moves: expected 0 to 27 pixels, found {self.moves}")


#: Chosen on validation images, a part of the 60,000 for training: small_cnn's on the last 10,000,
#: with three to five seeds; cnn's with one seed on the last 5,000, as they are, rendered as
#: photographs, with flags and bars and with other pens, and on photographs of real handwriting. Of
#: settings that differed by no more than chance, the simpler stayed. The dense network's are usual
#: values. The test images had no part in it.
RECIPES = {
    # Adam's usual learning rate; in eight epochs the validation loss still falls a little.
    "dense": Recipe(epochs=8, batch_size=128, learning_rate=1e-3),
    # Normalised layers bear a learning rate eight times the usual, if it is warmed up to it, and a
    # cosine that ends at 0 makes four epochs enough. Moved by a pixel, a digit meets the first
    # layer, which takes steps of three, otherwise than before.
    "small_cnn": Recipe(
        epochs=4, batch_size=256, learning_rate=8e-3, warm_up=0.25, moves=1
    ),
    # The same for longer, on images that are never twice the same. The last 5,000 calibrate it.
    "cnn": Recipe(
        epochs=16,
        batch_size=256,
        learning_rate=8e-3,
        warm_up=0.25,
        augment=True,
        held_out=5000,
    ),
}
#: The networks whose weights come with the package; the others have a recipe only.
SHIPPED = ("dense", "cnn")


@dataclass(frozen=True)
class Trained:
    """A trained network, and how its training went.

    Attributes
    ----------
    model : keras.Sequential
        The network.
    history : dict of str to list of float
        After each epoch: ``loss``, ``accuracy`` and, with validation images, ``val_loss``,
        ``val_accuracy``.
    seconds, cpu_seconds : float
        Wall time and processor time of the training, in seconds.
    """

    model: keras.Sequential
    history: dict[str, list[float]]
    seconds: float
    cpu_seconds: float


def build(name: str, seed: int = 0) -> keras.Sequential:
    """Return one of the networks, untrained, as a Keras model ready to train.

    Parameters
    ----------
    name
        A key of :data:`ARCHITECTURES`: ``"dense"``, ``"small_cnn"`` or ``"cnn"``.
    seed
        Of the initial weights.

    Raises
    ------
    ValueError
        Unknown name.
    """
    import keras

    description = _described(name)
    keras.utils.set_random_seed(seed)
    return build_from_description(description)


def build_from_description(
    description: Sequence[Mapping[str, Any]], input_shape: Sequence[int] = IMAGE_SHAPE
) -> keras.Sequential:
    """Return an untrained Keras model with the layers that a description lists.

    Parameters
    ----------
    description
        One mapping a layer: ``"layer"`` is the class in ``keras.layers``, the rest its arguments.
    input_shape
        Shape of one example, of type uint8.
    """
    import keras

    model = keras.Sequential([keras.Input(tuple(input_shape), dtype="uint8")])
    for entry in description:
        arguments = {key: value for key, value in entry.items() if key != "layer"}
        model.add(getattr(keras.layers, entry["layer"])(**arguments))
    return model


def train(
    model: keras.Sequential,
    x: np.ndarray,
    y: np.ndarray,
    recipe: Recipe,
    *,
    validation: tuple[np.ndarray, np.ndarray] | None = None,
    seed: int = 0,
    verbose: int = 1,
) -> Trained:
    """Train a network with Adam on the cross-entropy of its logits.

    Two runs on one machine with the same arguments give the same network.

    Parameters
    ----------
    model
        As :func:`build` returns it. It is changed.
    x : (N, 28, 28) uint8
        Training images.
    y : (N,) integer
        Their labels.
    recipe
        Epochs, batch size, learning rate: :data:`RECIPES` has the course's.
    validation
        Images and labels on which loss and accuracy are measured after each epoch.
    seed
        Of the order of the images, and of dropout.
    verbose
        0: silent, 1: a progress bar, 2: one line an epoch.

    Raises
    ------
    ValueError
        Images and labels that do not belong together.
    TypeError
        Pixels that are not uint8.

    References
    ----------
    Adam is by :cite:t:`kingma2015adam`; warm-up and cosine, :cite:t:`loshchilov2017sgdr`.
    """
    import keras

    if x.ndim != 3 or x.shape[1:] != IMAGE_SHAPE or y.shape != x.shape[:1]:
        raise ValueError(
            f"expected images (N, 28, 28) and labels (N,), found {x.shape} and {y.shape}"
        )
    if x.dtype != np.uint8:
        raise TypeError(
            f"x: expected uint8 pixels, found {x.dtype}. The networks scale them themselves; "
            "scaled twice, they would all but vanish."
        )
    gc.collect()  # networks trained before are in cycles, and hold megabytes of graphs each
    keras.utils.set_random_seed(seed)
    if recipe.augment:
        batches = augmented_batches(x, y, recipe.batch_size, seed)
    elif recipe.moves:
        batches = moved_batches(x, y, recipe.batch_size, recipe.moves, seed)
    else:
        batches = _batches(
            lambda: (x, y), recipe.batch_size, np.random.default_rng(seed)
        )
    steps = recipe.epochs * len(batches)
    rate: Any = recipe.learning_rate
    if recipe.warm_up is not None:
        warm_up_steps = min(round(recipe.warm_up * steps), steps - 1)
        rate = keras.optimizers.schedules.CosineDecay(
            initial_learning_rate=0.0,
            warmup_target=recipe.learning_rate,
            warmup_steps=warm_up_steps,
            decay_steps=steps - warm_up_steps,
        )
    model.compile(
        optimizer=keras.optimizers.Adam(rate),
        loss=(
            keras.losses.CategoricalCrossentropy(from_logits=True)
            if recipe.augment
            else keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        ),
        metrics=["accuracy"],
        steps_per_execution=STEPS_A_CALL,
    )
    if recipe.augment and validation is not None:
        validation = validation[0], np.eye(CLASSES, dtype=np.float32)[validation[1]]
    seconds, cpu_seconds = time.perf_counter(), time.process_time()
    history = model.fit(
        batches,
        epochs=recipe.epochs,
        validation_data=validation,
        validation_batch_size=1000,
        verbose=verbose,
    ).history
    return Trained(
        model, history, time.perf_counter() - seconds, time.process_time() - cpu_seconds
    )


def moved_batches(
    x: np.ndarray, y: np.ndarray, batch_size: int, pixels: int, seed: int
) -> Any:
    """Return a ``keras.utils.PyDataset`` whose images are moved anew in each epoch.

    Parameters
    ----------
    x : (N, 28, 28) uint8
    y : (N,) integer
    batch_size : images in a batch
    pixels : by how much at most, up, down, left and right
    seed : of everything random

    Returns
    -------
    keras.utils.PyDataset
        Batches of images (B, 28, 28) uint8 and their labels (B,).
    """
    from digitrec import augment

    rng = np.random.default_rng(seed)
    return _batches(lambda: (augment.move(x, rng, pixels), y), batch_size, rng)


def not_digits_for(x: np.ndarray) -> int:
    """How many drawings of what is no digit an augmented epoch has: one to eight digits."""
    return len(x) // 8


def augmented_batches(x: np.ndarray, y: np.ndarray, batch_size: int, seed: int) -> Any:
    """Return a ``keras.utils.PyDataset`` whose images are changed anew in each epoch.

    A share of them (``augment.KEPT``) stays as it is. Some 1s have a flag and some 7s a bar. What
    is not a digit is among them, with the same probability for each of the ten classes: a network
    that has seen it is not sure of it.

    Parameters
    ----------
    x : (N, 28, 28) uint8
    y : (N,) integer
    batch_size : images in a batch
    seed : of everything random

    Returns
    -------
    keras.utils.PyDataset
        Batches of images (B, 28, 28) uint8 and target probabilities (B, 10) float32.
    """
    from digitrec import augment

    rng = np.random.default_rng(seed)
    others = augment.not_digits(not_digits_for(x), rng, augment.TRAINING_FONTS)
    digits = np.eye(CLASSES, dtype=np.float32)[y]
    unsure = np.full((len(others), CLASSES), 1 / CLASSES, np.float32)
    targets = np.concatenate([digits, unsure])  # (N + M, 10)

    def epoch() -> tuple[np.ndarray, np.ndarray]:
        plain = augment.european(x, y, rng)
        changed = augment.augment(plain, rng)
        kept = rng.random(len(x)) < augment.KEPT
        changed[kept] = plain[kept]
        return np.concatenate([changed, augment.augment(others, rng)]), targets

    return _batches(epoch, batch_size, rng)


def _batches(
    epoch: Callable[[], tuple[np.ndarray, np.ndarray]],
    batch_size: int,
    rng: np.random.Generator,
) -> Any:
    """Return a ``keras.utils.PyDataset`` of what ``epoch`` makes, made and shuffled each time.

    Given arrays instead, Keras would copy all of them, and keep the copy with the network.
    """
    import keras

    class Epochs(keras.utils.PyDataset):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.on_epoch_end()

        def __len__(self) -> int:
            return -(-len(self.order) // batch_size)

        def on_epoch_end(self) -> None:
            # The last epoch's images make room before the next ones are made, and a batch is
            # gathered when it is asked for: shuffled copies would be one more set of images.
            self.images = self.targets = np.empty(0)
            self.images, self.targets = epoch()
            self.order = rng.permutation(len(self.images))

        def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
            batch = self.order[index * batch_size : (index + 1) * batch_size]
            return self.images[batch], self.targets[batch]

    return Epochs()


def save_weights(
    weights: Mapping[str, np.ndarray], card: Mapping[str, Any], path: str | Path
) -> None:
    """Write arrays to ``<path>.npz`` and what they are to ``<path>.json``.

    Parameters
    ----------
    weights
        Arrays under ``"<layer's name>/<array's name>"``, as a network's ``weights`` has them.
    card
        What there is to know about them; their checksum is added.
    path
        Without an ending.
    """
    arrays_path, card_path = _paths(path)
    np.savez(arrays_path, **weights)  # type: ignore[arg-type]
    card = {**card, "weights_sha256": _sha256(arrays_path)}
    card_path.write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")


def read_weights(path: str | Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Return what :func:`save_weights` wrote.

    Returns
    -------
    weights
        Arrays under ``"<layer's name>/<array's name>"``.
    card
        ``architecture``, ``recipe``, ``seed``, ``test_accuracy`` …

    Raises
    ------
    WeightsError
        A file is missing or damaged, or the two do not belong together.
    """
    arrays_path, card_path = _paths(path)
    try:
        card = json.loads(card_path.read_text(encoding="utf-8"))
        found = _sha256(arrays_path)
    except OSError as error:
        raise WeightsError(
            f"{error.filename}: cannot be read ({error.strerror})"
        ) from error
    except ValueError as error:
        raise WeightsError(f"{card_path}: expected JSON ({error})") from error
    if not isinstance(card, dict):
        raise WeightsError(
            f"{card_path}: expected a JSON object, found {type(card).__name__}"
        )
    expected = card.get("weights_sha256")
    if found != expected:
        raise WeightsError(
            f"{arrays_path}: {card_path.name} expects SHA-256 {expected}, found {found}. "
            "Restore both files, or train again: python -m digitrec.models"
        )
    try:
        with np.load(arrays_path, allow_pickle=False) as file:
            return dict(file), card
    except (ValueError, BadZipFile, EOFError) as error:
        raise WeightsError(
            f"{arrays_path}: expected arrays without pickle ({error})"
        ) from error


def load_numpy(name: str, folder: str | Path = WEIGHTS_FOLDER) -> Sequential:
    """Return a trained network whose layers are NumPy's.

    Parameters
    ----------
    name
        ``"dense"`` or ``"cnn"``.
    folder
        Where the weights are; by default those that come with the package.

    Raises
    ------
    ValueError
        Unknown name.
    WeightsError
        The stored weights are missing or damaged.
    """
    _described(name)
    weights, card = read_weights(Path(folder) / name)
    try:
        network = Sequential.from_description(
            card["architecture"], weights, IMAGE_SHAPE
        )
        network.reject_below = float(card.get("reject_below", 0.0))
        return network
    except (KeyError, ValueError) as error:
        raise WeightsError(
            f"{Path(folder) / name}: arrays and architecture do not fit together ({error})"
        ) from error


def load_keras(name: str, folder: str | Path = WEIGHTS_FOLDER) -> keras.Sequential:
    """Return the same trained network as :func:`load_numpy`, as a Keras model.

    Raises
    ------
    ValueError
        Unknown name.
    WeightsError
        The stored weights are missing or damaged.
    """
    weights = load_numpy(
        name, folder
    ).weights  # checked, which Keras would not do so clearly
    model = build_from_description(load_card(name, folder)["architecture"])
    for layer in model.layers:
        layer.set_weights([weights[f"{layer.name}/{v.name}"] for v in layer.weights])
    return model


def load_card(name: str, folder: str | Path = WEIGHTS_FOLDER) -> dict[str, Any]:
    """Return what is written down about a trained network: recipe, seed, versions, accuracy."""
    _described(name)
    return read_weights(Path(folder) / name)[1]


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
        network, calibration = calibrate(
            name, network, data.x_train[used:], data.y_train[used:]
        )
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
    995 in 1,000 of these digits are not. How many letters, scribbles and blobs are then still
    asserted is measured on ones in fonts that the training had not.

    Parameters
    ----------
    name : of the network, a key of :data:`ARCHITECTURES`
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
    from digitrec import augment, images, simulate

    rng = np.random.default_rng(seed)
    photos = (
        images.normalise(simulate.random_photograph(digit, rng)) for digit in x[:2000]
    )
    prepared = np.stack([*photos, *x])  # (N, 28, 28)
    labels = np.concatenate([y[:2000], y])
    seen = prepared.any(
        axis=(1, 2)
    )  # a photograph too poor to show a digit shows nothing
    logits, labels = network.predict(prepared[seen]), labels[seen]
    temperatures = np.geomspace(0.25, 4, 401)
    losses = [_cross_entropy(logits / t, labels) for t in temperatures]
    temperature = float(temperatures[int(np.argmin(losses))])
    weights = dict(network.weights)
    last = next(name for name in reversed(weights) if name.endswith("/kernel"))
    last = last.removesuffix("/kernel")
    for array in ("kernel", "bias"):
        weights[f"{last}/{array}"] = weights[f"{last}/{array}"] / np.float32(
            temperature
        )
    calibrated = Sequential.from_description(ARCHITECTURES[name], weights, IMAGE_SHAPE)
    confidence = calibrated.predict_probabilities(prepared[seen]).max(axis=1)
    threshold = round(float(np.quantile(confidence, 0.005)), 2)
    others = augment.not_digits(2000, rng, augment.HELD_OUT_FONTS)
    asserted = calibrated.predict_probabilities(others).max(axis=1) >= threshold
    return calibrated, {
        "temperature": round(temperature, 4),
        "reject_below": threshold,
        "held_out_digits_rejected": round(float((confidence < threshold).mean()), 4),
        "not_digits_asserted": round(float(asserted.mean()), 4),
    }


def _cross_entropy(logits: np.ndarray, labels: np.ndarray) -> float:
    """Mean of ``−log softmax(z)[y]`` over the examples."""
    z = logits.astype(np.float64)
    z = z - z.max(axis=1, keepdims=True)
    log_sum = np.log(np.exp(z).sum(axis=1))
    return float((log_sum - z[np.arange(len(z)), labels]).mean())


def _described(name: str) -> list[dict[str, Any]]:
    if name not in ARCHITECTURES:
        raise ValueError(
            f"expected a network of {sorted(ARCHITECTURES)}, found {name!r}"
        )
    return ARCHITECTURES[name]


def _paths(path: str | Path) -> tuple[Path, Path]:
    """Return where arrays and card are; a dot in the name is part of the name."""
    return Path(f"{path}.npz"), Path(f"{path}.json")


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main(arguments: Sequence[str] | None = None) -> int:
    """Train the shipped networks again: ``python -m digitrec.models [dense] [cnn]``."""
    parser = argparse.ArgumentParser(
        prog="python -m digitrec.models",
        description="Train the shipped networks again.",
    )
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="dense, cnn; by default both"
    )
    parser.add_argument(
        "--folder", type=Path, default=WEIGHTS_FOLDER, help="where to write"
    )
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
