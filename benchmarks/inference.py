"""How fast the shipped networks read MNIST's 10,000 test images: NumPy, Keras, onnxruntime.

    python -m benchmarks.inference [--only PART …] [--quick]       (make bench PART=inference)

The page "What it costs" shows it under *Reading digits*. Needs the internet: onnxruntime goes into
a temporary folder and leaves with it.

networks
    All candidates in one process, in turns, on all cores, with a pause before each in which the
    threads of the one before fall asleep.
steps_ms_an_image
    The same CNN in NumPy, from loops to the compiled network.
growth
    The time for the CNN against the number of images.

First each one's answers are compared: other classes than the NumPy layers' on any image, or a logit
farther away than ``LARGEST_DIFFERENCE``, and nothing is measured.

Operations are counted as the layers define them: one multiplication and one addition for each
weight at each place. The peak is that of a large float32 matrix product with NumPy in the same
turns. A share of the peak above 1 is possible: Toom and Cook's sums need fewer products.

Some machines tell OpenBLAS by a variable which processor to compute for. NumPy then computes
for that one, TensorFlow for the one that it finds. Such variables are dropped: readers have none.

Tried in the compiled network and left out, since they are slower: Toom-Cook for three rows of
output at a time, its sums element by element, ReLU as ``np.maximum(z, 0)``, larger batches.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks import borrowed, measure
from digitrec import compiled
from digitrec.compiled import CompiledNetwork, fold, toom_cook
from digitrec.forward import ACTIVATIONS, Conv2D, Dense, Sequential
from digitrec.mnist import load_test
from digitrec.networks import SHIPPED, load_keras, load_numpy

PACKAGES = (*borrowed.ONNX, "onnxruntime==1.32.0")
PAUSE = 0.1
#: Keras reads so many at a time, `onnxruntime` too.
BATCH = 1000
#: Of a logit, in any candidate; they reach 30. The tests hold the compiled networks to 1e-4.
LARGEST_DIFFERENCE = 1e-3
#: Images for the first steps, which are slow.
SLOW = (1, 1000)
GROWTH = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000)
#: What the others are compared with.
OURS = "NumPy, compiled"

Read = Callable[[np.ndarray], np.ndarray]


def in_batches(read: Read, size: int, x: np.ndarray) -> np.ndarray:
    """Read so many images at a time."""
    return np.concatenate([read(x[k : k + size]) for k in range(0, len(x), size)])


def by_keras(name: str) -> dict[str, Read]:
    """Return two of the ways in which Keras reads."""
    model = load_keras(name)
    return {
        "Keras predict": lambda x: np.asarray(model.predict(x, batch_size=BATCH, verbose=0)),
        "Keras predict_on_batch": partial(in_batches, model.predict_on_batch, BATCH),
    }


def by_others(name: str, folder: Path) -> dict[str, Read]:
    """Return Keras in three ways and onnxruntime, for a shipped network."""
    import onnxruntime
    import tensorflow as tf

    model = load_keras(name)
    signature = [tf.TensorSpec((None, 28, 28), tf.uint8)]
    graph = tf.function(lambda x: model(x, training=False), signature)
    borrowed.write_onnx(name, folder / f"{name}.onnx")
    options = onnxruntime.SessionOptions()
    # Else its threads go on asking for work while the next candidate runs.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    session = onnxruntime.InferenceSession(folder / f"{name}.onnx", options)
    entry = session.get_inputs()[0].name
    return by_keras(name) | {
        "tf.function": partial(in_batches, lambda x: graph(x).numpy(), BATCH),
        "onnxruntime": partial(
            in_batches, lambda x: np.asarray(session.run(None, {entry: x})[0]), BATCH
        ),
    }


def by_numpy(network: Sequential) -> dict[str, Read]:
    """Return the network as the chapters have it, and compiled."""
    return {"NumPy": network.predict, OURS: CompiledNetwork(network).predict}


def in_loops(network: Sequential, x: np.ndarray) -> np.ndarray:
    """From the definitions, one number at a time."""
    for layer in network.layers:
        x = layer.forward_loops(x)
    return x


def by_einsum(network: Sequential, x: np.ndarray) -> np.ndarray:
    """Convolutions without copies of patches: windows that only say where their numbers lie."""
    for layer in network.layers:
        if isinstance(layer, Conv2D):
            assert layer.padding == "valid"
            kh, kw = layer.kernel.shape[:2]
            windows = np.lib.stride_tricks.sliding_window_view(
                np.asarray(x, np.float32), (kh, kw), axis=(1, 2)
            )[:, :: layer.strides[0], :: layer.strides[1]]
            x = np.einsum("nijcpq,pqcf->nijf", windows, layer.kernel, optimize=True)
            x = ACTIVATIONS[layer.activation](x + (0 if layer.bias is None else layer.bias))
        else:
            x = layer.forward(x)
    return x


def on_one_thread(read: Read, x: np.ndarray) -> np.ndarray:
    with threadpool_limits(1, user_api="blas"):
        return read(x)


def without_toom_cook(read: Read, x: np.ndarray) -> np.ndarray:
    with mock.patch.object(compiled, "rows_at_a_time", return_value=1):
        return read(x)


def ladder(network: Sequential) -> dict[str, Read]:
    """Return the steps from loops to what is fastest."""
    plain = CompiledNetwork(network, threads=1)  # its program is made inside the patch
    in_windows = partial(in_batches, partial(by_einsum, network), 100)
    return {
        "loops, one number at a time": partial(in_loops, network),
        "windows and einsum, 100 at a time": in_windows,
        "patches and products, all at once": network.forward,
        "… 100 at a time": network.predict,
        "… on one thread": partial(on_one_thread, network.predict),
        "… folded": partial(on_one_thread, fold(network).predict),
        "… compiled, without Toom-Cook": partial(without_toom_cook, plain.predict),
        "… compiled": CompiledNetwork(network, threads=1).predict,
        "… on every core": CompiledNetwork(network).predict,
    }


def agree(candidates: dict[str, Read], network: Sequential, x: np.ndarray) -> None:
    """Compare each candidate's answers with the layers'; end here if they differ."""
    expected = network.predict(x)
    for name, read in candidates.items():
        logits = read(x)
        same = int((logits.argmax(axis=1) == expected.argmax(axis=1)).sum())
        largest = float(np.abs(logits - expected).max())
        if same < len(x) or largest > LARGEST_DIFFERENCE:
            sys.exit(
                f"{name}: expected the NumPy layers' {len(x)} classes and logits within "
                f"{LARGEST_DIFFERENCE:g}, found {same} and {largest:.2g}; nothing is measured"
            )


def operations(network: Sequential) -> tuple[int, int]:
    """Count multiplications and additions an image: by definition, and in the compiled network."""
    by_definition = done = 0
    shape = network.input_shape
    for layer, given in zip(fold(network).layers, fold(network).shapes, strict=True):
        if isinstance(layer, Dense):
            by_definition += 2 * layer.kernel.size
            done += 2 * layer.kernel.size
        elif isinstance(layer, Conv2D):
            (rows, columns, filters), (kh, kw, channels, _) = given, layer.kernel.shape
            # For one row of weights, one of output.
            each = 2 * columns * kw * channels * filters
            by_definition += rows * kh * each
            tile = compiled.rows_at_a_time(layer, shape[1], given)
            if tile == 1:
                done += rows * kh * each
            else:
                assert layer.padding == "valid"
                a, _, b = toom_cook(tile, kh)
                before = 2 * b.size * shape[1] * channels
                after = 2 * (a.size + tile) * columns * filters
                done += -(-rows // tile) * (before + len(b) * each + after)
        shape = given
    return by_definition, done


def peak(size: int = 2000) -> tuple[Callable[[], object], int]:
    """Return a large matrix product, and how many operations it is."""
    a, b = np.random.default_rng(0).random((2, size, size), np.float32)
    return partial(np.matmul, a, b, out=np.empty_like(a)), 2 * size**3


#: In a process of its own: MB above what is there before, for all test images.
MEMORY = """
from benchmarks import memory
from digitrec.compiled import CompiledNetwork
from digitrec.mnist import load_test
from digitrec.networks import load_numpy
x, network = load_test().x_test, CompiledNetwork(load_numpy("{name}"))
network.predict(x[:1])
before = memory.now()
memory.reset()
network.predict(x)
print((memory.peak() - before) / 1e6)
"""


def compare(run: measure.Run, name: str, folder: Path) -> dict[str, Any]:
    """Measure one shipped network."""
    network, x = load_numpy(name), load_test().x_test[: run(10_000, 1000)]
    candidates = by_others(name, folder) | by_numpy(network)
    agree(candidates, network, x)
    product, products = peak()
    calls = {key: partial(read, x) for key, read in candidates.items()}
    times = measure.in_turns(calls | {"peak": product}, run(15, 2), warm_up=2, pause=PAUSE)
    one = {key: partial(read, x[:1]) for key, read in candidates.items()}
    singles = measure.in_turns(one, run(300, 3), warm_up=10)
    by_definition, done = operations(network)
    # Round by round, like all ratios: (operations / seconds) / (the product's / its seconds).
    shares = (
        (by_definition * len(x) / mine) / (products / theirs)
        for mine, theirs in zip(times[OURS], times["peak"], strict=True)
    )
    keras = [key for key in candidates if key.startswith(("Keras", "tf."))]
    return {
        "operations_an_image": by_definition,
        "operations_done_compiled": done,
        "share_of_peak": measure.summary(shares, digits=3),
        "memory_mb": round(float(measure.python("-c", MEMORY.format(name=name)))),
        "fastest_keras": min(keras, key=lambda key: float(np.median(times[key]))),
        "seconds": {key: measure.summary(times[key]) for key in candidates},
        "compiled_divided_by": {
            key: measure.ratio(times, OURS, key) for key in candidates if key != OURS
        },
        "one_image_ms": {
            key: measure.percentiles([1000 * second for second in each])
            for key, each in singles.items()
        },
    }


def networks(run: measure.Run) -> dict[str, Any]:
    """Measure the shipped networks beside other ways to compute them."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        borrowed.install(folder / "python", PACKAGES)
        return {each: compare(run, each, folder) for each in run.chosen(SHIPPED)}


def steps(run: measure.Run) -> dict[str, dict[str, float]]:
    """Measure the steps for the CNN, each in milliseconds an image."""
    network, x = load_numpy("cnn"), load_test().x_test
    calls, counts = {}, {}
    for k, (name, read) in enumerate(ladder(network).items()):
        counts[name] = SLOW[k] if k < len(SLOW) else run(10_000, 1000)
        agree({name: read}, network, x[: counts[name]])
        calls[name] = partial(read, x[: counts[name]])
    slow = {name: calls.pop(name) for name in list(calls)[: len(SLOW)]}
    times = measure.in_turns(slow, run(3), warm_up=0)
    times |= measure.in_turns(calls, run(7), pause=PAUSE)
    return {
        name: measure.summary(1000 * second / counts[name] for second in each)
        for name, each in times.items()
    }


def growth(run: measure.Run) -> dict[str, Any]:
    """Measure how the time for the CNN grows with the number of images."""
    network, x = load_numpy("cnn"), load_test().x_test
    candidates = by_numpy(network) | by_keras("cnn")
    agree(candidates, network, x[: run(10_000, 1000)])
    series: dict[str, list[float]] = {name: [] for name in candidates}
    sizes = GROWTH[: run(len(GROWTH), 3)]
    for count in sizes:
        calls = {name: partial(read, x[:count]) for name, read in candidates.items()}
        repeats = run(31 if count <= 1000 else 9)
        times = measure.in_turns(calls, repeats, warm_up=2, pause=0.02)
        for name, each in times.items():
            series[name].append(measure.summary(each)["median"])
    return {"batch": list(sizes), "series": series}


BENCHMARK = measure.Benchmark(
    "inference",
    __doc__,
    {"networks": networks, "steps_ms_an_image": steps, "growth": growth},
    packages=("numpy", "tensorflow-cpu", "tensorflow", "keras"),
    borrowed=PACKAGES,
)

if __name__ == "__main__":
    measure.drop_variables("OPENBLAS_")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.exit(measure.command(BENCHMARK))
