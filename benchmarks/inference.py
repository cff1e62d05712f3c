"""How fast the shipped CNN reads MNIST's 10,000 test images: NumPy, Keras, onnxruntime.

    python -m benchmarks.inference [--only PART …] [--quick]       (make bench PART=inference)

Needs the internet: onnxruntime goes into a temporary folder and leaves with it. First each
candidate's answers are compared: other classes than the NumPy layers' on any image, or a logit
farther away than ``LARGEST_DIFFERENCE``, and nothing is measured.

Tried in the compiled network and left out, since they are slower: Toom-Cook for three rows of
output at a time, its sums element by element, ReLU as ``np.maximum(z, 0)``, larger batches.
"""

import os
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from math import prod
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from threadpoolctl import threadpool_limits

from benchmarks import borrowed, measure
from digitrec import compiled
from digitrec.compiled import CompiledNetwork, fold
from digitrec.forward import ACTIVATIONS, Conv2D, Dense, Sequential
from digitrec.mnist import load_test
from digitrec.networks import load_keras, load_numpy

PACKAGES = (*borrowed.ONNX, "onnxruntime==1.32.0")
#: Seconds before each candidate, in which the threads of the one before fall asleep.
PAUSE = 0.1
#: Keras reads so many at a time, `onnxruntime` too.
BATCH = 1000
#: Of a logit, in any candidate; they reach 30. The tests hold the compiled networks to 1e-4.
LARGEST_DIFFERENCE = 1e-3
#: Steps that are slow, and how many images they read.
SLOW = {"loops, one number at a time": 1, "windows and einsum, 100 at a time": 1000}
GROWTH = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000)
#: What the others are compared with.
OURS = "NumPy, compiled"

Read = Callable[[np.ndarray], np.ndarray]


def in_batches(read: Read, size: int) -> Read:
    """Have so many images read at a time."""
    return lambda x: np.concatenate([read(x[k : k + size]) for k in range(0, len(x), size)])


def by_keras(model: Any) -> dict[str, Read]:
    """Return two of the ways in which Keras reads."""
    return {
        "Keras predict": lambda x: np.asarray(model.predict(x, batch_size=BATCH, verbose=0)),
        "Keras predict_on_batch": in_batches(model.predict_on_batch, BATCH),
    }


def by_others(folder: Path) -> dict[str, Read]:
    """Return Keras in three ways and onnxruntime."""
    import onnxruntime
    import tensorflow as tf

    model = load_keras("cnn")
    signature = [tf.TensorSpec((None, 28, 28), tf.uint8)]
    graph = tf.function(lambda x: model(x, training=False), signature)
    borrowed.write_onnx(model, folder / "cnn.onnx")
    options = onnxruntime.SessionOptions()
    # Else its threads go on asking for work while the next candidate runs.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    session = onnxruntime.InferenceSession(folder / "cnn.onnx", options)
    entry = session.get_inputs()[0].name
    return by_keras(model) | {
        "tf.function": in_batches(lambda x: graph(x).numpy(), BATCH),
        "onnxruntime": in_batches(lambda x: np.asarray(session.run(None, {entry: x})[0]), BATCH),
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
            kernel, (down, right) = layer.kernel, layer.strides
            windows = sliding_window_view(x, kernel.shape[:2], axis=(1, 2))[:, ::down, ::right]
            z = np.einsum("nijcpq,pqcf->nijf", windows, kernel, optimize=True)
            x = ACTIVATIONS[layer.activation](z + (0 if layer.bias is None else layer.bias))
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
    return {
        "loops, one number at a time": partial(in_loops, network),
        "windows and einsum, 100 at a time": in_batches(partial(by_einsum, network), 100),
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
        same = (logits.argmax(axis=1) == expected.argmax(axis=1)).sum()
        largest = np.abs(logits - expected).max()
        if same < len(x) or largest > LARGEST_DIFFERENCE:
            sys.exit(
                f"{name}: expected the NumPy layers' {len(x)} classes and logits within "
                f"{LARGEST_DIFFERENCE:g}, found {same} and {largest:.2g}; nothing is measured"
            )


def operations(network: Sequential) -> tuple[int, int]:
    """Count multiplications and additions an image: by definition, and in the compiled network.

    By definition there is one of each for each weight at each place.
    """
    by_definition = sum(
        2 * layer.kernel.size * prod(shape[:-1])
        for layer, shape in zip(network.layers, network.shapes, strict=True)
        if isinstance(layer, Conv2D | Dense)
    )
    done, matmul = [], np.matmul

    def counted(a: np.ndarray, b: np.ndarray, out: np.ndarray) -> None:
        done.append(2 * out.size * a.shape[-1])
        matmul(a, b, out=out)

    with mock.patch.object(np, "matmul", counted):
        CompiledNetwork(network, threads=1).predict(np.zeros((1, *network.input_shape), np.uint8))
    return by_definition, sum(done)


def peak(size: int = 2000) -> tuple[Callable[[], object], int]:
    """Return a large matrix product, and how many operations it is."""
    a, b = np.random.default_rng(0).random((2, size, size), np.float32)
    return partial(np.matmul, a, b, out=np.empty_like(a)), 2 * size**3


def memory() -> float:
    """Return the MB that all test images take in the compiled network, above what one takes."""
    before = (
        "import numpy as np; from digitrec import compiled, networks; "
        "network = compiled.CompiledNetwork(networks.load_numpy('cnn')); "
        "x = np.ones((10_000, 28, 28), np.uint8)"
    )
    calls = ("network.predict(x)", "network.predict(x[:1])")
    every, one = (measure.apart(call, before)[-1] for call in calls)
    return every - one


def networks(run: measure.Run) -> dict[str, dict[str, Any]]:
    """Measure the CNN with all candidates in one process, in turns, on all cores.

    The peak is that of a large float32 matrix product with NumPy in the same turns. A share of it
    above 1 is possible: Toom and Cook's sums need fewer products than the definition.
    """
    network, x = load_numpy("cnn"), load_test().x_test[: run(10_000, 1000)]
    with tempfile.TemporaryDirectory() as name:
        borrowed.install(Path(name) / "python", PACKAGES)
        candidates = by_others(Path(name)) | by_numpy(network)
        agree(candidates, network, x)
    product, products = peak()
    calls = {key: partial(read, x) for key, read in candidates.items()}
    times = measure.in_turns(calls | {"peak": product}, run(15, 2), warm_up=2, pause=PAUSE)
    one = {key: partial(read, x[:1]) for key, read in candidates.items()}
    singles = measure.in_turns(one, run(300, 3), warm_up=10)
    by_definition, done = operations(network)
    # Round by round: operations a second, divided by the matrix product's.
    share = by_definition * len(x) / products
    shares = (share * b / a for a, b in zip(times[OURS], times["peak"], strict=True))
    keras = [key for key in candidates if key.startswith(("Keras", "tf."))]
    others = [key for key in candidates if key != OURS]
    found = {
        "operations_an_image": by_definition,
        "operations_done_compiled": done,
        "share_of_peak": measure.summary(shares, digits=3),
        "memory_mb": round(memory()),
        "fastest_keras": min(keras, key=lambda key: float(np.median(times[key]))),
        "seconds": {key: measure.summary(times[key]) for key in candidates},
        "compiled_divided_by": {key: measure.ratio(times, OURS, key) for key in others},
        "one_image_ms": {
            key: measure.percentiles(1000 * np.array(each)) for key, each in singles.items()
        },
    }
    return {"cnn": found}


def steps(run: measure.Run) -> dict[str, dict[str, float]]:
    """Measure the CNN in NumPy, from loops to the compiled network: milliseconds an image."""
    network, x = load_numpy("cnn"), load_test().x_test
    candidates = ladder(network)
    counts = {name: SLOW.get(name, run(10_000, 1000)) for name in candidates}
    for name, read in candidates.items():
        agree({name: read}, network, x[: counts[name]])
    calls = {name: partial(read, x[: counts[name]]) for name, read in candidates.items()}
    times = measure.in_turns({name: calls.pop(name) for name in SLOW}, run(3), warm_up=0)
    times |= measure.in_turns(calls, run(7), pause=PAUSE)
    return {
        name: measure.summary(1000 * second / counts[name] for second in each)
        for name, each in times.items()
    }


def growth(run: measure.Run) -> dict[str, Any]:
    """Measure how the time for the CNN grows with the number of images."""
    network, x = load_numpy("cnn"), load_test().x_test
    candidates = by_numpy(network) | by_keras(load_keras("cnn"))
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
)

if __name__ == "__main__":
    # NumPy would compute for the processor that such a variable names, TensorFlow for the real one.
    if told := [name for name in os.environ if name.startswith("OPENBLAS_")]:
        sys.exit(f"unset {', '.join(told)}: readers have no such variable")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.exit(measure.command(BENCHMARK))
