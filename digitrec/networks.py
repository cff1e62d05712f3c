"""What the course's networks are, and how trained ones are stored and loaded.

A network is described once, as a list of dictionaries with Keras' own names
(:data:`ARCHITECTURES`); Keras and :mod:`digitrec.forward` are both built from it. Trained
arrays are stored as ``weights/<name>.npz`` (plain arrays, never pickle), and beside them, in
``<name>.json``, the card: architecture, recipe, seed, versions, the data's and the arrays'
checksums and the measured accuracy. How they were trained is in :mod:`digitrec.training`.

TensorFlow takes seconds and half a gigabyte to import, so it is imported by the functions that need
it and by nothing else.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

import numpy as np

from digitrec import quiet
from digitrec.forward import Sequential

if TYPE_CHECKING:
    import keras

WEIGHTS_FOLDER = Path(__file__).parent / "weights"
IMAGE_SHAPE = (28, 28)
CLASSES = 10


def _cnn(*filters: int) -> list[dict[str, Any]]:
    """Describe a CNN of three convolutions with so many filters."""
    layers: list[dict[str, Any]] = [
        {"layer": "Rescaling", "name": "scale", "scale": 1 / 255},
        {"layer": "Reshape", "name": "channel", "target_shape": [28, 28, 1]},
    ]
    # Large kernels that take large steps: one layer goes from 28 × 28 to 8 × 8, which makes the
    # layers after it cheap.
    kernels: list[dict[str, Any]] = [
        {"kernel_size": [7, 7], "strides": [3, 3]},
        {"kernel_size": [3, 3]},
        {"kernel_size": [3, 3]},
    ]
    for number, (count, kernel) in enumerate(zip(filters, kernels, strict=True), start=1):
        # The normalisation has its own shift, in which a bias would be lost.
        convolution = {"filters": count, **kernel, "use_bias": False}
        layers += [
            {"layer": "Conv2D", "name": f"conv{number}", **convolution},
            {"layer": "BatchNormalization", "name": f"norm{number}"},
            {"layer": "Activation", "name": f"relu{number}", "activation": "relu"},
        ]
    return [
        *layers,
        {"layer": "Flatten", "name": "flatten"},
        {"layer": "Dropout", "name": "dropout", "rate": 0.3},
        {"layer": "Dense", "name": "logits", "units": CLASSES},
    ]


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
    "small_cnn": _cnn(32, 40, 48),
    "cnn": _cnn(48, 64, 64),  # the small one with more filters
}
#: The networks whose weights come with the package; the others can be built and trained.
SHIPPED = ("dense", "cnn")


quiet.hush()


class WeightsError(Exception):
    """Stored weights are missing, or are not what their description says."""


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
    card = _read_card(card_path)
    try:
        found = _sha256(arrays_path)
    except OSError as error:
        raise _unreadable(error) from error
    expected = card.get("weights_sha256")
    if found != expected:
        raise WeightsError(
            f"{arrays_path}: {card_path.name} expects SHA-256 {expected}, found {found}. "
            "Restore both files, or train again: python -m digitrec.shipped"
        )
    try:
        # Opened here, since NumPy leaves a damaged file open.
        with (
            arrays_path.open("rb") as file,
            np.load(file, allow_pickle=False) as arrays,
        ):
            return dict(arrays), card
    except (ValueError, BadZipFile, EOFError) as error:
        raise WeightsError(f"{arrays_path}: expected arrays without pickle ({error})") from error


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
        network = Sequential.from_description(card["architecture"], weights, IMAGE_SHAPE)
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
    weights = load_numpy(name, folder).weights  # checked, which Keras would not do so clearly
    model = build_from_description(load_card(name, folder)["architecture"])
    for layer in model.layers:
        layer.set_weights([weights[f"{layer.name}/{v.name}"] for v in layer.weights])
    return model


def load_card(name: str, folder: str | Path = WEIGHTS_FOLDER) -> dict[str, Any]:
    """Return what is written down about a trained network: recipe, seed, versions, accuracy."""
    _described(name)
    return _read_card(_paths(Path(folder) / name)[1])


def _described(name: str) -> list[dict[str, Any]]:
    if name not in ARCHITECTURES:
        raise ValueError(f"expected a network of {sorted(ARCHITECTURES)}, found {name!r}")
    return ARCHITECTURES[name]


def _read_card(path: Path) -> dict[str, Any]:
    """Return what is written down about stored arrays."""
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise _unreadable(error) from error
    except ValueError as error:
        raise WeightsError(f"{path}: expected JSON ({error})") from error
    if not isinstance(card, dict):
        raise WeightsError(f"{path}: expected a JSON object, found {type(card).__name__}")
    return card


def _unreadable(error: OSError) -> WeightsError:
    return WeightsError(f"{error.filename}: cannot be read ({error.strerror})")


def _paths(path: str | Path) -> tuple[Path, Path]:
    """Return where arrays and card are; a dot in the name is part of the name."""
    return Path(f"{path}.npz"), Path(f"{path}.json")


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
