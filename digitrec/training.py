"""How a network is trained in Keras, by one of the recipes of :mod:`digitrec.recipes`.

Nothing that only reads images imports this module. The networks that come with the package are
trained by :mod:`digitrec.shipped`.

TensorFlow takes seconds and half a gigabyte to import, so it is imported by the functions that need
it and by nothing else.
"""

from __future__ import annotations

import gc
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from digitrec.networks import CLASSES, IMAGE_SHAPE
from digitrec.recipes import RECIPES as RECIPES  # chapters take both from here
from digitrec.recipes import Recipe as Recipe

if TYPE_CHECKING:
    import keras

#: Steps that TensorFlow makes before Python is asked again: a tenth of the time is saved.
STEPS_A_CALL = 8


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
    batches = changed_batches(x, y, recipe, seed)
    steps = recipe.steps(len(x))
    rate: Any = recipe.learning_rate
    if recipe.warm_up is not None:
        warm_up_steps = recipe.warm_up_steps(steps)
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


def changed_batches(x: np.ndarray, y: np.ndarray, recipe: Recipe, seed: int) -> Any:
    """Return a ``keras.utils.PyDataset`` of what a recipe makes of the images in each epoch.

    They are made and shuffled once for each epoch of the training. Given arrays instead, Keras
    would copy all of them, and keep the copy with the network.

    Parameters
    ----------
    x : (N, 28, 28) uint8
    y : (N,) integer
    recipe : says how the images change, and how many are in a batch
    seed : of everything random

    Returns
    -------
    keras.utils.PyDataset
        Batches of images (B, 28, 28) uint8 and their labels (B,); of an augmented epoch, target
        probabilities (B, 10) float32.
    """
    import keras

    rng, change = np.random.default_rng(seed), recipe.change()
    examples, batch_size = recipe.examples(len(x)), recipe.batch_size

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
                self.images, self.targets = change(x, y, rng)
                self.order = rng.permutation(examples)
            batch = self.order[index * batch_size : (index + 1) * batch_size]
            return self.images[batch], self.targets[batch]

    return Epochs()
