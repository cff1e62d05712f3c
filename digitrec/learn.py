"""A trained network learns one person's handwriting from a few samples, in NumPy.

The network keeps all layers but the last, which turns 1,024 *features* of a digit into ten logits.
Only this one learns again, with the training of :mod:`digitrec.backprop`. A :class:`Learner` does
it in five steps, each a function of its own:

======================= ===========================================================================
step                    question it answers
======================= ===========================================================================
``vary``                what else might these samples have looked like?
``Learner.memory``      what must the network not forget?
``Learner.relearn``     which last layer reads both?
``Learner.hold_back``   how far may it go without reading MNIST's digits worse?
``Learner.calibrate``   how sure should it be, and when is it too unsure to say?
======================= ===========================================================================

Without the second step a network that learns a new task forgets the old one; to show it the old
examples again is called *rehearsal* (:cite:t:`robins1995`). The fourth goes part of the straight
way from the old weights to the new ones, as :cite:t:`wortsman2022` do.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np

from digitrec import augment, backprop, mnist
from digitrec.compiled import CompiledNetwork
from digitrec.forward import Dense, Sequential, softmax
from digitrec.networks import CLASSES, IMAGE_SHAPE, load_numpy

#: The last training digits had no part in the training of the shipped CNN: what may not become
#: worse is measured on them.
VALIDATION = 5_000
#: So many of them are varied, too, for the temperature: digits that are harder to read.
VARIED = 2_000


class LearnError(ValueError):
    """Samples from which nothing can be learned; the message says what is wrong with them."""


# Chosen on the scanned digits of five writers and on those that forty others drew, with five, two
# and one samples of each digit, and on MNIST's validation digits. Five more writers, and the test
# digits, have only checked it: benchmarks/hand.py.
@dataclass(frozen=True)
class Recipe:
    """How a hand is learned.

    Attributes
    ----------
    replayed : int
        How many of MNIST's training digits are shown again, the first ones.
    not_digits : int
        How many drawings of what is no digit, of which the network should stay unsure.
    share : float
        Which part of what is shown are the samples, plain and varied, 0 … 1.
    plain : float
        Which part of these is plain, 0 … 1.
    learning_rate, epochs, batch_size
        Of the training, with Adam.
    worse : float
        By how much, at most, the accuracy on MNIST's validation digits may fall: three of 5,000.
        On other digits chance may make it more.
    """

    replayed: int = 6_000
    not_digits: int = 2_500
    share: float = 0.4
    plain: float = 0.25
    learning_rate: float = 3e-3
    epochs: int = 7
    batch_size: int = 256
    worse: float = 0.0006


class Seen(NamedTuple):
    """Examples as the last layer sees them.

    Attributes
    ----------
    features : (N, D) float32
        What the layers before the last one make of the images.
    targets : (N, 10) float32
        The probabilities that should come out.
    """

    features: np.ndarray
    targets: np.ndarray


def vary(
    images: np.ndarray, labels: np.ndarray, count: int, rng: np.random.Generator, plain: float
) -> tuple[np.ndarray, np.ndarray]:
    """Repeat samples until there are ``count``, most of them changed (:func:`augment.augment`).

    Parameters
    ----------
    images : (N, 28, 28) uint8
    labels : (N,) integer
    count : how many to make; each sample is there equally often, up to one
    rng : the generator that everything random comes from
    plain : which part stays as it is, 0 … 1

    Returns
    -------
    images : (count, 28, 28) uint8
    labels : (count,) integer
    """
    which = np.resize(np.arange(len(images)), count)
    varied = images[which]
    change = np.arange(count) >= round(plain * count)
    varied[change] = augment.augment(varied[change], rng)
    return varied, labels[which]


class Learner:
    """What is needed to learn from samples: the network, and what it must not forget.

    Making one takes a few seconds, for 13,000 digits are read once; it can then learn from many
    people's samples, each time from the same start.

    Parameters
    ----------
    base
        Name of a network of the package, ``"cnn"`` or ``"dense"``.
    recipe
        How to learn.
    seed
        Of everything random.
    threads
        As for :class:`digitrec.compiled.CompiledNetwork`.
    """

    def __init__(
        self,
        base: str = "cnn",
        recipe: Recipe = Recipe(),
        seed: int = 0,
        threads: int | None = None,
    ) -> None:
        self.base, self.recipe, self.seed = base, recipe, seed
        self.network = load_numpy(base)
        *before, last = self.network.layers
        if not isinstance(last, Dense):
            raise LearnError(f"{base}: expected a Dense layer at the end, found {last!r}")
        self.last = last
        self._before = CompiledNetwork(Sequential(before, IMAGE_SHAPE), threads)
        x, y = mnist.read_training()
        rng = np.random.default_rng(seed)
        self.memory = self._remember(x[: recipe.replayed], y[: recipe.replayed], rng)
        x, y = x[-VALIDATION:], y[-VALIDATION:]
        self.validation = self.features(x)
        self.labels = y.astype(np.int64)
        self._varied = self.features(augment.augment(x[:VARIED], rng))

    def features(self, images: np.ndarray) -> np.ndarray:
        """Return what the last layer sees of images: (N, 28, 28) uint8 → (N, D) float32."""
        return self._before.predict(images)

    def _remember(self, x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> Seen:
        """See what must not be forgotten: digits, and drawings that are none.

        Of a drawing that is no digit all classes are equally probable, as in the base's training.
        """
        targets = np.eye(CLASSES, dtype=np.float32)[y]
        if self.recipe.not_digits:
            count, fonts = self.recipe.not_digits, augment.TRAINING_FONTS
            others = augment.not_digits(count, rng, fonts, (x, y))
            unsure = np.full((len(others), CLASSES), 1 / CLASSES, np.float32)
            x, targets = np.concatenate([x, others]), np.concatenate([targets, unsure])
        return Seen(self.features(x), targets)

    def learn(self, images: np.ndarray, labels: np.ndarray) -> Learned:
        """Learn a hand: all steps, one after the other.

        Parameters
        ----------
        images : (N, 28, 28) uint8
            Samples, prepared as :mod:`digitrec.reading` prepares what is read.
        labels : (N,) integer
            What they show, 0 … 9.

        Returns
        -------
        Learned

        Raises
        ------
        LearnError
            No samples, arrays of other shapes or types, a label that is no digit, a blank sample.
        """
        images, labels = check_samples(images, labels)
        learned = self.relearn(self.see(images, labels))
        step = self.hold_back(learned)
        kernel, bias = (
            old + np.float32(step) * (new - old)
            for old, new in (
                (self.last.kernel, learned.kernel),
                (self.last.bias, learned.bias),
            )
        )
        layer = Dense(kernel, bias, name=self.last.name)
        temperature, threshold = self.calibrate(layer)
        scale = np.float32(temperature)
        network = deepcopy(self.network)
        network.layers[-1] = Dense(kernel / scale, bias / scale, name=self.last.name)
        network.reject_below = threshold
        old, new = (self._right(each, self.validation) for each in (self.last, layer))
        card = {
            "base": self.base,
            "samples": np.bincount(labels, minlength=CLASSES).tolist(),
            "recipe": asdict(self.recipe),
            "seed": self.seed,
            "step": step,
            "temperature": temperature,
            "mnist_validation": {"of": len(self.labels), "before": old, "after": new},
        }
        return Learned(network, card)

    def see(self, images: np.ndarray, labels: np.ndarray) -> Seen:
        """Vary samples, and see them as the last layer does, beside what must not be forgotten."""
        share = self.recipe.share
        count = max(len(images), round(share / (1 - share) * len(self.memory.features)))
        rng = np.random.default_rng(self.seed)
        varied, labels = vary(images, labels, count, rng, self.recipe.plain)
        targets = np.eye(CLASSES, dtype=np.float32)[labels]
        features = self.features(varied)
        return Seen(
            np.concatenate([features, self.memory.features]),
            np.concatenate([targets, self.memory.targets]),
        )

    def relearn(self, seen: Seen) -> Dense:
        """Train the last layer, from where it is, as a network of its own; return the new one."""
        layer = Dense(self.last.kernel.copy(), self.last.bias.copy(), name=self.last.name)
        backprop.train(
            Sequential([layer], seen.features.shape[1:]),
            seen.features,
            seen.targets,
            optimizer=backprop.Adam(self.recipe.learning_rate),
            epochs=self.recipe.epochs,
            batch_size=self.recipe.batch_size,
            seed=self.seed,
            verbose=0,
        )
        return layer

    def hold_back(self, learned: Dense) -> float:
        """Find how much of the way from the old layer to the new one may be gone.

        On the straight way the logits are ``old + step · (new − old)``, so they are computed once.

        Returns
        -------
        float
            The largest step, of 1, 0.95 … 0, with which at most ``recipe.worse`` more of MNIST's
            validation digits are misread.
        """
        old, new = (layer.forward(self.validation) for layer in (self.last, learned))
        allowed = (old.argmax(axis=1) == self.labels).mean() - self.recipe.worse - 1e-9
        for twentieths in range(20, 0, -1):
            step = twentieths / 20
            logits = old + np.float32(step) * (new - old)
            if (logits.argmax(axis=1) == self.labels).mean() >= allowed:
                return step
        return 0.0

    def calibrate(self, learned: Dense) -> tuple[float, float]:
        """Choose the temperature and the threshold of the new layer, as the old one had them.

        Logits divided by a temperature give the same answers with other probabilities. The one
        with the least cross-entropy on digits that are plain or varied is sought for both layers.
        Their quotient makes the new one as sure, beside its best, as the old one was: the
        old one's best had been sought on photographs. The threshold is the one below which lie
        as many of the plain digits as before.

        Returns
        -------
        temperature, threshold : float

        References
        ----------
        :cite:t:`guo2017calibration`, section 4.2.
        """
        seen = np.concatenate([self.validation, self._varied])
        labels = np.concatenate([self.labels, self.labels[:VARIED]])
        old, new = (_best_temperature(each.forward(seen), labels) for each in (self.last, learned))
        temperature = round(new / old, 4)
        confidence = softmax(self.last.forward(self.validation)).max(axis=1)
        rejected = float((confidence < self.network.reject_below).mean())
        confidence = softmax(learned.forward(self.validation) / np.float32(temperature)).max(axis=1)
        # A base that rejects nothing has no threshold, and none is made.
        threshold = float(np.quantile(confidence, rejected)) if rejected else 0.0
        return temperature, round(threshold, 4)

    def _right(self, layer: Dense, features: np.ndarray) -> int:
        """Count the validation digits that a last layer reads right."""
        return int((layer.forward(features).argmax(axis=1) == self.labels).sum())


@dataclass(frozen=True)
class Learned:
    """A network that has learned a hand.

    Attributes
    ----------
    network : Sequential
        The base with another last layer and threshold.
    card : dict
        What it learned from, and how (:mod:`digitrec.hand`).
    """

    network: Sequential
    card: dict[str, Any]


def check_enough(labels: np.ndarray, least: int = 2) -> None:
    """Raise ``LearnError`` when there are fewer than ``least`` samples of a digit."""
    counts = np.bincount(np.asarray(labels, np.int64), minlength=CLASSES)
    few = [f"{count} of {digit}" for digit, count in enumerate(counts) if count < least]
    if few:
        raise LearnError(f"expected at least {least} samples of each digit, found {', '.join(few)}")


def split(labels: np.ndarray, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Hold samples back, to see on them what was learned: of each digit three in ten, rounded down.

    Parameters
    ----------
    labels : (N,) integer
    seed : of the random choice

    Returns
    -------
    learned, held_back : (N − M,) and (M,) int64
        Indices, each in ascending order; none are held back of a digit with fewer than four.
    """
    labels, rng = np.asarray(labels), np.random.default_rng(seed)
    own = [np.flatnonzero(labels == label) for label in range(CLASSES)]
    held = [rng.permutation(places)[: 3 * len(places) // 10] for places in own]
    held_back = np.sort(np.concatenate(held))
    return np.setdiff1d(np.arange(len(labels)), held_back), held_back


def count_right(network: Any, images: np.ndarray, labels: np.ndarray) -> int:
    """Count the digits that are read right; what the network is too unsure of does not count.

    Parameters
    ----------
    network : with ``predict_probabilities`` and ``reject_below``
    images : (N, 28, 28) uint8
    labels : (N,) integer
    """
    probabilities = network.predict_probabilities(images)
    sure = probabilities.max(axis=1) >= network.reject_below
    return int(((probabilities.argmax(axis=1) == labels) & sure).sum())


def check_samples(images: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return samples and labels as arrays, if something can be learned from them.

    Raises
    ------
    LearnError
        As :meth:`Learner.learn`.
    """
    images, labels = np.asarray(images), np.asarray(labels)
    if images.shape[1:] != IMAGE_SHAPE or images.dtype != np.uint8 or not len(images):
        raise LearnError(
            f"expected samples (N, 28, 28) uint8, at least one; found {images.shape} {images.dtype}"
        )
    if labels.shape != images.shape[:1] or not np.issubdtype(labels.dtype, np.integer):
        raise LearnError(
            f"expected {len(images)} whole numbers as labels, found {labels.shape} {labels.dtype}"
        )
    for label in labels:
        if not 0 <= label < CLASSES:
            raise LearnError(f"expected labels from 0 to 9, found {label}")
    blank = np.flatnonzero(~images.any(axis=(1, 2)))
    if len(blank):
        raise LearnError(f"expected ink in each sample, found none in sample {blank[0]}")
    return images, labels.astype(np.int64)


def _best_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """Return the temperature, from 1/4 to 4, with which the cross-entropy is least."""
    temperatures = np.geomspace(0.25, 4, 161)
    losses = [
        backprop.softmax_cross_entropy(logits / np.float32(t), labels)[0] for t in temperatures
    ]
    return float(temperatures[int(np.argmin(losses))])
