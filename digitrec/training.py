"""How a network is trained in Keras: recipes, and batches that are moved or augmented.

Nothing that only reads images imports this module. The networks that come with the package are
trained by :mod:`digitrec.shipped`.

TensorFlow takes seconds and half a gigabyte to import, so it is imported by the functions that need
it and by nothing else.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from digitrec import augment
from digitrec.networks import CLASSES, IMAGE_SHAPE

if TYPE_CHECKING:
    import keras

#: Steps that TensorFlow makes before Python is asked again: a tenth of the time is saved.
STEPS_A_CALL = 8


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
        have, and what is not a digit is shown, too (:mod:`digitrec.augment`). That moves them, so
        ``moves`` must be 0.
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
            raise ValueError(f"learning_rate: expected above 0, found {self.learning_rate}")
        if self.warm_up is not None and not 0 <= self.warm_up < 1:
            raise ValueError(f"warm_up: expected a share from 0 to below 1, found {self.warm_up}")
        if not 0 <= self.moves < IMAGE_SHAPE[0]:
            raise ValueError(f"moves: expected 0 to 27 pixels, found {self.moves}")
        if self.moves and self.augment:
            raise ValueError(
                f"moves: expected 0 where augment moves the images already, found {self.moves}"
            )
        if self.held_out < 0:
            raise ValueError(f"held_out: expected at least 0, found {self.held_out}")


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
    "small_cnn": Recipe(epochs=4, batch_size=256, learning_rate=8e-3, warm_up=0.25, moves=1),
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
        As :func:`digitrec.networks.build` returns it. It is changed.
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
        batches = _batches(lambda: (x, y), len(x), recipe.batch_size, np.random.default_rng(seed))
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
    return Trained(model, history, time.perf_counter() - seconds, time.process_time() - cpu_seconds)


def moved_batches(x: np.ndarray, y: np.ndarray, batch_size: int, pixels: int, seed: int) -> Any:
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
    rng = np.random.default_rng(seed)
    return _batches(lambda: (augment.move(x, rng, pixels), y), len(x), batch_size, rng)


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

    return _batches(epoch, len(targets), batch_size, rng)


def _batches(
    epoch: Callable[[], tuple[np.ndarray, np.ndarray]],
    examples: int,
    batch_size: int,
    rng: np.random.Generator,
) -> Any:
    """Return a ``keras.utils.PyDataset`` of what ``epoch`` makes, made and shuffled each time.

    ``epoch`` makes so many examples, and is called once for each epoch of the training. Given
    arrays instead, Keras would copy all of them, and keep the copy with the network.
    """
    import keras

    class Epochs(keras.utils.PyDataset):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.images: np.ndarray | None = None
            self.training = False

        def __len__(self) -> int:
            return -(-examples // batch_size)

        def on_epoch_begin(self) -> None:
            self.training = True

        def on_epoch_end(self) -> None:
            # Keras looks at some batches' types before the first epoch, and then ends an epoch that
            # never began. Those images have taught nothing yet, and stay.
            if self.training:
                # They make room before the next ones are made, and a batch is gathered when it is
                # asked for: shuffled copies would be one more set of images.
                self.images = None
                self.training = False

        def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
            if self.images is None:
                self.images, self.targets = epoch()
                self.order = rng.permutation(examples)
            batch = self.order[index * batch_size : (index + 1) * batch_size]
            return self.images[batch], self.targets[batch]

    return Epochs()
