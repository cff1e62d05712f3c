"""Checks of networks that a reader's function trains, on images of the check's own choosing.

The digits are renamed each time, and other images are held back. So whoever trains on something
else than what is given, or by way of the validation images, gains nothing by it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from digitrec import mnist
from digitrec.checks.asking import Wrong, ask, check, guarded

#: How many training images are held back from a reader's function.
HELD_BACK = 5_000
#: Seconds that it may take to train.
TRAINING_LIMIT = 300.0
#: What ``train_small`` asks for: parameters at most, and accuracy at least.
SMALL_PARAMETERS, SMALL_ACCURACY = 10_000, 0.92
#: What ``train_cnn`` asks for.
CNN_PARAMETERS, CNN_ACCURACY = 5_000, 0.96
#: What reads less than this has learned nothing. Chance reads a tenth; networks with random weights
#: read up to 24 % of digits under new names (24,000 trials), since what they answer depends on the
#: digit, too.
NOTHING_LEARNED = 0.25


def _flat_input(model: Any) -> bool:
    """Tell whether a model takes rows of 784 numbers instead of images."""
    try:
        return tuple(model.input_shape) == (None, 784)
    except Exception:  # noqa: BLE001 (a model of another kind)
        return False


def _read(model: Any, x: np.ndarray) -> np.ndarray:
    """Return a model's outputs for raw images, (N, 10)."""
    if _flat_input(model):
        raise Wrong(
            "the network takes rows of 784 numbers, and is to take images (28, 28) as they are "
            "stored. Begin with keras.Input((28, 28)), and put a Flatten first."
        )
    result = guarded(
        lambda: model.predict(x, batch_size=1000, verbose=0),
        "predict on raw images (N, 28, 28)",
        TRAINING_LIMIT,
    )
    try:
        out = np.asarray(result, dtype=float)
    except Exception:  # noqa: BLE001 (whatever an object that is no array raises)
        raise Wrong(f"expected outputs, found {type(result).__name__}.") from None
    if out.shape != (len(x), 10):
        raise Wrong(f"expected ten outputs an image, found an output of shape {out.shape}.")
    return out


def _first_inputs(model: Any, x: np.ndarray) -> float | None:
    """Return the largest number that reaches the first layer with weights; None if unknown."""
    try:
        h: Any = x
        for layer in model.layers:
            if layer.weights:
                return float(np.abs(np.asarray(h)).max())
            h = layer(h)
    except Exception:  # noqa: BLE001 (a model of another kind; then nothing is said)
        return None
    return None


def _logits_expected(model: Any) -> bool | None:
    """Tell whether a model was compiled with a loss that takes logits; None if unknown."""
    try:
        found = getattr(model.loss, "from_logits", None)
    except Exception:  # noqa: BLE001 (an object made to be awkward)
        return None
    return found if isinstance(found, bool) else None


def _examine(answer: Any, parameters: int, asked: float) -> Any:
    """Train by a reader's function and read what was held back; return the model."""
    if isinstance(answer, type) or not callable(answer):
        ask(answer)  # which says so
    rng = np.random.default_rng()
    images, labels = mnist.read_training()
    held = rng.choice(len(labels), HELD_BACK, replace=False)
    # They change places with the first images: to gather the others would be a second set of 43 MB.
    first, later = np.setdiff1d(np.arange(HELD_BACK), held), held[held >= HELD_BACK]
    for part in (images, labels):
        part[first], part[later] = part[later], part[first]
    names = rng.permutation(10).astype(np.uint8)
    x, own = images[:HELD_BACK], labels[:HELD_BACK]
    taught, taught_labels = images[HELD_BACK:], names[labels[HELD_BACK:]]
    model = ask(answer, taught, taught_labels, limit=TRAINING_LIMIT)
    try:
        count = int(model.count_params())
        model.predict  # noqa: B018 (whether it is there)
    except Exception:  # noqa: BLE001 (whatever is no model raises)
        if vars(model).get("built") is False if hasattr(model, "__dict__") else False:
            raise Wrong(
                "the network has no shape yet, so it was not trained. Its first layer is "
                "keras.Input((28, 28)), and fit trains it."
            ) from None
        raise Wrong(
            f"expected a Keras model, found {type(model).__name__}. Does it return the network?"
        ) from None
    if count > parameters:
        raise Wrong(f"it has {count:,} parameters; at most {parameters:,} are asked for.")
    out = _read(model, x)
    if not np.isfinite(out).all():
        raise Wrong("its outputs are no numbers (NaN): training diverged. A smaller learning rate?")
    accuracy = float((out.argmax(axis=1) == names[own]).mean())
    if accuracy < asked:
        _explain(model, out, x, names, own, (taught[:5000], taught_labels[:5000]), asked)
    return model


def _explain(
    model: Any,
    out: np.ndarray,
    x: np.ndarray,
    names: np.ndarray,
    own: np.ndarray,
    taught: tuple[np.ndarray, np.ndarray],
    asked: float,
) -> None:
    """Say what is wrong with a network that reads too little; each sentence was measured."""
    true = names[own]
    accuracy = float((out.argmax(axis=1) == true).mean())
    found = f"it reads {accuracy:.1%} of the images that were held back; {asked:.0%} are asked for"
    # A loss of the wrong kind comes first: it is certain, and whatever else is found may follow
    # from it, up to outputs that are the same for every image.
    sums = np.abs(out.sum(axis=1) - 1).max() < 1e-3 and out.min() >= 0
    if sums and _logits_expected(model):
        raise Wrong(
            f"{found}. Softmax is applied twice: its outputs are probabilities, and its loss takes "
            "them for logits (from_logits=True)."
        )
    if (out.min() < 0 or out.max() > 1) and _logits_expected(model) is False:
        raise Wrong(
            f"{found}. Its outputs are logits, and its loss takes them for probabilities: "
            "from_logits=True is missing."
        )
    if np.ptp(out, axis=0).max() < 1e-6:
        raise Wrong(f"{found}. Its outputs are the same for every image.")
    if len(set(out.argmax(axis=1).tolist())) == 1:
        raise Wrong(f"{found}. It answers {out.argmax(axis=1)[0]} to every image.")
    if float((out.argmax(axis=1) == own).mean()) > 0.7:
        raise Wrong(
            f"{found}. It knows the digits by their own names, so it learned from other labels "
            "than those that it was given."
        )
    try:
        scaled = _read(model, (x / 255).astype(np.float32)).argmax(axis=1)
    except Wrong:  # it takes whole pixels alone
        scaled = out.argmax(axis=1)
    better = float((scaled == true).mean())
    if better > accuracy + 0.1:
        raise Wrong(
            f"{found}; of images scaled to 0–1 it reads {better:.1%}. Put the scaling into the "
            "network (Rescaling), so that it takes images as they are stored."
        )
    largest = _first_inputs(model, x[:500])
    if largest is not None and largest > 10:
        raise Wrong(
            f"{found}. Its first layer with weights gets numbers up to {largest:.0f}: the pixels "
            "are not scaled."
        )
    learned = float((_read(model, taught[0]).argmax(axis=1) == taught[1]).mean())
    if max(accuracy, learned) < NOTHING_LEARNED:
        raise Wrong(
            f"{found}, and {learned:.1%} of those that it was given: it has learned nothing. Was "
            "it trained, with the labels in the order of the images?"
        )
    if learned > accuracy + 0.03:
        raise Wrong(
            f"{found}, but {learned:.1%} of those that it was given: it has learned these by heart "
            "(overfitting). More of the images, or fewer epochs."
        )
    raise Wrong(
        f"{found}, and {learned:.1%} of those that it was given: it does not fit these either. "
        "Train longer, or with other steps, or spend the parameters otherwise."
    )


@check
def train_small(answer: Any) -> None:
    """``train_small(x, y)``: a Keras model with few parameters, trained on what is given."""
    _examine(answer, SMALL_PARAMETERS, SMALL_ACCURACY)


def _convolves(model: Any) -> bool:
    try:
        return any("Conv" in type(layer).__name__ for layer in model.layers)
    except Exception:  # noqa: BLE001 (a model of another kind)
        return False


@check
def train_cnn(answer: Any) -> None:
    """``train_cnn(x, y)``: a convolutional network with fewer parameters than the dense one."""
    if not _convolves(_examine(answer, CNN_PARAMETERS, CNN_ACCURACY)):
        raise Wrong("it reads well enough, but there is no convolution in it.")
