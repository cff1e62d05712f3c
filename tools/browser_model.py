"""The trained networks, packed for the page on which you draw a digit.

A browser reads no ``.npz``. ``python -m tools.browser_model`` packs both networks, and some test
digits to try them on, into one file, ``book/_static/draw/model.bin``; ``model.js`` beside it reads
the file, and :func:`unpack` does the same in Python. With them go the numbers that a drawing is
prepared and read with: the page has no copies of its own. Beside it lies ``remember.bin``, the list
of what the page looks at again while it learns a hand (:func:`choose_remembered`).

==================== ==============================================================================
bytes                what
==================== ==============================================================================
4                    length of the header: uint32, little-endian, like all numbers in the file
length               header: JSON, with spaces at its end up to a multiple of 4 bytes
the rest             the arrays, each at a multiple of 4 bytes; the header says where
==================== ==============================================================================

A weight is stored as an int16, to be multiplied by one float32 scale for each filter or unit,
``largest |weight| / 32767``. That halves the file, and rounding moves a weight by half a scale at
most: finer than float16 for the large weights, which matter most. Biases and the numbers of the
normalisation are few; they stay float32.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from digitrec.forward import Sequential
from digitrec.mnist import load_mnist
from digitrec.networks import IMAGE_SHAPE, WEIGHTS_FOLDER, load_numpy, read_weights
from digitrec.reading import limits
from tools import browser_digits

MODEL_FILE = Path(__file__).parents[1] / "book" / "_static" / "draw" / "model.bin"
REMEMBER_FILE = MODEL_FILE.with_name("remember.bin")
NETWORKS = ("dense", "cnn")
#: The greatest int16. The least is one further from zero; it is not used, so that signs are alike.
INT16_MAX = 32767
#: The constants of ``digitrec.reading.limits`` that the page prepares drawings with.
MEASURES = (
    "CONTRAST",
    "NEAR_INK",
    "FADED",
    "PEN_PIXELS",
    "SMALLEST_INK",
    "SPECK_PENS",
    "BRIDGE",
    "SMALLEST_DIGIT",
    "FIELD",
    "BOX",
    "MNIST_PEN",
    "FINER",
    "COVERED",
)
#: The page shows "?" for the CNN below ``SURE_ALONE``, or below ``SURE_DISPUTED`` when the dense
#: network reads another digit; for the dense network below ``SURE_DENSE``. Chosen on drawn digits
#: that training did not see and on what is no digit, never on test images: ``python -m
#: benchmarks.unsure`` prints why.
LIMITS = {"SURE_ALONE": 0.5, "SURE_DISPUTED": 0.7, "SURE_DENSE": 0.45}
#: Of the digits that the page has for training, so many of the hardest are half of what it looks at
#: again while it learns a hand, and so many are listed in all.
HARDEST, REMEMBERED = 2000, 2000
#: Test digits of each class that come with the page: so many of the first, and one that is hard.
EASY_SAMPLES = 3


@dataclass(frozen=True)
class Packed:
    """What is in the file.

    Attributes
    ----------
    networks : dict of str to Sequential
        With the rounded weights: what the browser computes with.
    samples : (S, 28, 28) uint8
        Test digits.
    labels : (S,) uint8
    measures : dict
        The constants of ``digitrec.reading.limits``, by their names (``MEASURES``).
    limits : dict of str to float
        ``LIMITS``.
    """

    networks: dict[str, Sequential]
    samples: np.ndarray
    labels: np.ndarray
    measures: dict[str, Any]
    limits: dict[str, float]


def quantise(kernel: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Round weights to 16 bits: ``values = rint(kernel / scale)``, one scale for each filter.

    Parameters
    ----------
    kernel : (…, F) float32

    Returns
    -------
    values : (…, F) int16
        From −32767 to 32767.
    scale : (F,) float32
        ``values * scale`` is the kernel again, nearly.
    """
    largest = np.abs(kernel).max(axis=tuple(range(kernel.ndim - 1)))  # (F,)
    scale = (np.where(largest > 0, largest, 1) / INT16_MAX).astype(np.float32)
    # Dividing by the float32 scale may give 32767.001.
    values = np.clip(np.rint(kernel / scale), -INT16_MAX, INT16_MAX)
    return values.astype(np.int16), scale


def choose_samples() -> tuple[np.ndarray, np.ndarray]:
    """Choose the page's test digits: of each class the first few, and one that is hard.

    Hard is the one for whose class the CNN's probability is least of those that it still reads.

    Returns
    -------
    samples : (S, 28, 28) uint8
    labels : (S,) uint8
        In the order 0, 1, … 9, 0, 1, …; the hard ones are last.
    """
    data = load_mnist()
    probabilities = load_numpy("cnn").predict_probabilities(data.x_test)  # (N, 10)
    read = probabilities.argmax(axis=1) == data.y_test
    columns = []
    for label in range(10):
        own = np.flatnonzero(data.y_test == label)
        hard = min(own[read[own]], key=lambda k: probabilities[k, data.y_test[k]])
        easy = [k for k in own if k != hard][:EASY_SAMPLES]
        columns.append([*easy, hard])
    chosen = np.array(columns).T.ravel()
    return data.x_test[chosen], data.y_test[chosen].astype(np.uint8)


def choose_remembered() -> np.ndarray:
    """Choose the training digits that must not be forgotten while the page learns a hand.

    The page has time to look at some hundred digits only. A random choice has few of those that a
    small change makes misread. So every second one is hard: one of those for which the CNN's
    highest probabilities are nearest to each other. The others are any.

    Returns
    -------
    (REMEMBERED,) uint16
        Places among the training digits of ``browser_digits``, in the order in which they are used.
    """
    digits, _, training = browser_digits.unpack(browser_digits.DIGITS_FILE.read_bytes())
    probabilities = np.sort(load_numpy("cnn").predict_probabilities(digits[:training]), axis=1)
    order = np.argsort(probabilities[:, -1] - probabilities[:, -2], kind="stable")
    rng = np.random.default_rng(0)
    hard, others = (rng.permutation(part) for part in (order[:HARDEST], order[HARDEST:]))
    half = REMEMBERED // 2
    return np.stack([hard[:half], others[:half]], axis=1).ravel().astype(np.uint16)


def pack(folder: Path = WEIGHTS_FOLDER) -> bytes:
    """Return the file's bytes, made from the shipped weights; the same weights, the same bytes."""
    body = bytearray()

    def store(array: np.ndarray) -> int:
        offset = len(body)
        little = array.astype(array.dtype.newbyteorder("<"))
        body.extend(little.tobytes() + bytes(-little.nbytes % 4))
        return offset

    header: dict[str, Any] = {"networks": {}}
    for name in NETWORKS:
        weights, card = read_weights(folder / name)
        arrays: dict[str, dict[str, Any]] = {}
        for key, array in weights.items():
            arrays[key] = {"shape": list(array.shape)}
            if array.ndim > 1:
                values, scale = quantise(array)
                arrays[key]["scale"], arrays[key]["int16"] = store(scale), store(values)
            else:
                arrays[key]["float32"] = store(array.astype(np.float32))
        header["networks"][name] = {
            "input_shape": list(IMAGE_SHAPE),
            "architecture": card["architecture"],
            "arrays": arrays,
        }
        # Where the page saves what it has learned, it says what it began with.
        for key in ("weights_sha256", "reject_below"):
            if key in card:
                header["networks"][name][key] = card[key]
    samples, labels = choose_samples()
    header["samples"] = {
        "shape": list(samples.shape),
        "uint8": store(samples),
        "labels": labels.tolist(),
    }
    header["measures"] = {name: getattr(limits, name) for name in MEASURES}
    header["limits"] = LIMITS
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    return len(text).to_bytes(4, "little") + text + bytes(body)


def unpack(content: bytes) -> Packed:
    """Read a packed file: the counterpart of ``model.js``."""
    length = int.from_bytes(content[:4], "little")
    header, body = json.loads(content[4 : 4 + length]), content[4 + length :]

    def read(kind: str, offset: int, shape: Sequence[int]) -> np.ndarray:
        count = int(np.prod(shape))
        flat = np.frombuffer(body, np.dtype(kind), count, offset)
        return flat.reshape(shape)

    networks = {}
    for name, entry in header["networks"].items():
        weights = {}
        for key, place in entry["arrays"].items():
            shape = place["shape"]
            if "int16" in place:
                scale = read("<f4", place["scale"], shape[-1:])
                weights[key] = read("<i2", place["int16"], shape) * scale
            else:
                weights[key] = read("<f4", place["float32"], shape)
        networks[name] = Sequential.from_description(
            entry["architecture"], weights, entry["input_shape"]
        )
    place = header["samples"]
    return Packed(
        networks,
        read("u1", place["uint8"], place["shape"]),
        np.array(place["labels"], np.uint8),
        header["measures"],
        header["limits"],
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the file again: ``python -m tools.browser_model [FILE]``."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.browser_model",
        description="Pack the shipped networks for the page on which you draw a digit.",
    )
    parser.add_argument("file", nargs="?", type=Path, default=MODEL_FILE)
    path: Path = parser.parse_args(arguments).file
    remembered = choose_remembered().astype("<u2").tobytes()
    for file, content in ((path, pack()), (path.with_name(REMEMBER_FILE.name), remembered)):
        file.write_bytes(content)
        print(f"{file}: {len(content):,} bytes")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
