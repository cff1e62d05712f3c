"""Training in NumPy beside training in Keras: what it reaches and what it costs.

    python -m benchmarks.backprop [--only PART …] [--quick]       (make bench PART=backprop)

check
    the largest relative error of a gradient, by the gradient check: of *every* number of the dense
    network and of chapter 4's CNN, newly drawn in the two ways that the course uses.
dense, small_cnn
    the two networks by their recipes, in NumPy and in Keras in turns, once for each seed: the share
    of test images read correctly, and the time of the training alone, as processor and as wall
    time. 5,000 training images are left out, as in the chapters. Nothing was chosen by the
    test images: the recipes are those of ``digitrec.recipes``, for both. NumPy trains in a process
    without TensorFlow: in one that has trained with it before, each step asks the system for its
    memory anew, and the CNN takes longer.
"""

from __future__ import annotations

import statistics
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import numpy as np

from benchmarks import measure
from benchmarks.training import accuracy, data_for
from digitrec import backprop, networks
from digitrec.forward import Sequential
from digitrec.mnist import load_mnist, stratified_split
from digitrec.recipes import RECIPES
from digitrec.training import train

SEEDS = 5


def check(run: measure.Run) -> dict[str, Any]:
    data, found = load_mnist(), {}
    for name, examples in (("dense", 8), ("small_cnn", 4)):
        for how in ("glorot_uniform", "he_normal"):
            network = backprop.initial(networks.ARCHITECTURES[name], 0, how)
            errors = backprop.gradient_check(
                network,
                data.x_train[:examples],
                data.y_train[:examples],
                entries=1 if run.quick else None,
            )
            found[f"{name}, {how}"] = {
                "numbers": sum(network.weights[key].size for key in errors),
                "largest_error": measure.significant(max(errors.values()), 2),
                "of": max(errors, key=lambda key: errors[key]),
            }
    return found


def train_numpy(
    name: str, x: np.ndarray, y: np.ndarray, seed: int
) -> tuple[Sequential, float, float]:
    """Train a new network by its recipe; return it, wall time and processor time."""
    recipe = RECIPES[name]
    network = backprop.initial(networks.ARCHITECTURES[name], seed)
    seconds, cpu_seconds = time.perf_counter(), time.process_time()
    backprop.train(
        network,
        x,
        y,
        optimizer=backprop.Adam(recipe.learning_rate),
        epochs=recipe.epochs,
        batch_size=recipe.batch_size,
        seed=seed,
        schedule=recipe.schedule(len(x)),
        change=recipe.change(),
        verbose=0,
    )
    return network, time.perf_counter() - seconds, time.process_time() - cpu_seconds


def compared(name: str, run: measure.Run) -> dict[str, Any]:
    """Train one of the course's networks in both, in turns."""
    data = data_for(run)
    chosen, _ = stratified_split(data.y_train, run(5000, 100))
    x, y = data.x_train[chosen], data.y_train[chosen]
    accuracies: dict[str, list[float]] = {"numpy": [], "keras": []}
    cpu: dict[str, list[float]] = {"numpy": [], "keras": []}
    wall: dict[str, list[float]] = {"numpy": [], "keras": []}
    for seed in range(run(SEEDS)):
        with ProcessPoolExecutor(1, get_context("spawn")) as alone:
            ours, seconds, cpu_seconds = alone.submit(train_numpy, name, x, y, seed).result()
        trained = train(networks.build(name, seed), x, y, RECIPES[name], seed=seed, verbose=0)
        theirs = Sequential.from_keras(trained.model)
        for who, network, took, cpu_took in (
            ("numpy", ours, seconds, cpu_seconds),
            ("keras", theirs, trained.seconds, trained.cpu_seconds),
        ):
            accuracies[who].append(accuracy(network, data.x_test, data.y_test))
            wall[who].append(took)
            cpu[who].append(cpu_took)
    means = {who: statistics.mean(values) for who, values in accuracies.items()}
    return {
        "training_images": len(x),
        **{
            who: {
                "test_accuracy": values,
                "mean": measure.significant(means[who], 6),
                "cpu_seconds": measure.summary(cpu[who]),
                "seconds": measure.summary(wall[who]),
            }
            for who, values in accuracies.items()
        },
        "numpy_minus_keras_points": measure.significant(100 * (means["numpy"] - means["keras"]), 3),
        "cpu_ratio": measure.ratio(cpu, "numpy", "keras"),
        "wall_ratio": measure.ratio(wall, "numpy", "keras"),
    }


def dense(run: measure.Run) -> dict[str, Any]:
    return compared("dense", run)


def small_cnn(run: measure.Run) -> dict[str, Any]:
    return compared("small_cnn", run)


BENCHMARK = measure.Benchmark(
    "backprop",
    __doc__,
    {"check": check, "dense": dense, "small_cnn": small_cnn},
    packages=("keras", "numpy", "tensorflow-cpu", "tensorflow"),
)

if __name__ == "__main__":
    sys.exit(measure.command(BENCHMARK))
