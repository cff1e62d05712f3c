"""How fast the shipped networks read MNIST's 10,000 test images: NumPy, Keras, onnxruntime.

    python benchmarks/inference.py [--growth]       (make bench PART=inference)

Needs the network once: onnxruntime goes into a temporary folder and leaves with it. All candidates
run in one process, in turns, on all cores, with a pause before each in which the threads of the one
before fall asleep. First each one's answers are compared: other classes than the NumPy layers'
on any image, or a logit farther away than ``LARGEST_DIFFERENCE``, and nothing is printed.

Operations are counted as the layers define them: one multiplication and one addition for each
weight at each place. The peak is that of a large float32 matrix product with NumPy in the same
turns. A share of the peak above 1 is possible: Toom and Cook's sums need fewer products.

Some machines tell OpenBLAS by a variable which processor to compute for. NumPy then computes
for that one, TensorFlow for the one that it finds. Such variables are dropped here, since readers
have none; ``--as-told`` keeps them.

Prints tables and writes ``benchmarks/results/inference.json``; with ``--growth`` only the part in
which the number of images grows.

Tried, and left out. Processor time with one thread, in turns, as parts of the compiled network's:

- the layers as they are, 100 images at a time: 3.0; folded, and otherwise as they are: 3.0
- patches along rows, without Toom-Cook: 1.9; with the ReLU in the call that copies a row, in a
  first version: 2.6, and 2.3 with a call of its own
- Toom-Cook for two rows of output at a time: 1.2; for three: 1.3; its sums element by element, for
  two rows, in place of as matrix products: 1.9
- ReLU as ``np.maximum(z, 0)``, in place of a row of zeros: 1.1
- 8 images at a time: 1.1; 16: 1.0; 64: 1.1; 100: 1.2; 200: 1.5
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from unittest import mock

import borrowed
import measure
import numpy as np
from threadpoolctl import threadpool_info, threadpool_limits

from digitrec import compiled
from digitrec.compiled import CompiledNetwork, fold, toom_cook
from digitrec.forward import ACTIVATIONS, Conv2D, Dense, Sequential
from digitrec.mnist import load_mnist
from digitrec.networks import SHIPPED, load_keras, load_numpy

PACKAGES = (*borrowed.ONNX, "onnxruntime==1.32.0")
#: How often all of the images are read, and how often one.
REPEATS, ONE_IMAGE = 15, 300
PAUSE = 0.1
#: Keras reads so many at a time, `onnxruntime` too.
BATCH = 1000
#: Of a logit, in any candidate; they reach 30. The tests hold the compiled networks to 1e-4.
LARGEST_DIFFERENCE = 1e-3
GROWTH = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000)
TOLD = [key for key in os.environ if key.startswith("OPENBLAS_")]

Read = Callable[[np.ndarray], np.ndarray]


def in_batches(read: Read, x: np.ndarray) -> np.ndarray:
    """Read a thousand images at a time."""
    return np.concatenate([read(x[k : k + BATCH]) for k in range(0, len(x), BATCH)])


def by_others(name: str, folder: Path) -> dict[str, Read]:
    """Return Keras in three ways and onnxruntime, for a shipped network."""
    import onnxruntime
    import tensorflow as tf

    model = load_keras(name)
    signature = [tf.TensorSpec((None, 28, 28), tf.uint8)]
    compiled = tf.function(lambda x: model(x, training=False), signature)
    borrowed.write_onnx(name, folder / f"{name}.onnx")
    options = onnxruntime.SessionOptions()
    # Else its threads go on asking for work while the next candidate runs.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    session = onnxruntime.InferenceSession(folder / f"{name}.onnx", options)
    return {
        "Keras predict": lambda x: model.predict(x, batch_size=BATCH, verbose=0),
        "Keras predict_on_batch": partial(in_batches, model.predict_on_batch),
        "tf.function": partial(in_batches, lambda x: compiled(x).numpy()),
        "onnxruntime": partial(
            in_batches, lambda x: session.run(None, {"x": x.astype(np.float32)})[0]
        ),
    }


def by_numpy(network: Sequential) -> dict[str, Read]:
    """Return the network as the chapters have it, and compiled."""
    return {
        "NumPy": network.predict,
        "NumPy, compiled": CompiledNetwork(network).predict,
    }


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
            x = ACTIVATIONS[layer.activation](
                x + (0 if layer.bias is None else layer.bias)
            )
        else:
            x = layer.forward(x)
    return x


def by_100(read: Read, x: np.ndarray) -> np.ndarray:
    return np.concatenate([read(x[k : k + 100]) for k in range(0, len(x), 100)])


def on_one_thread(read: Read, x: np.ndarray) -> np.ndarray:
    with threadpool_limits(1, user_api="blas"):
        return read(x)


def without_toom_cook(read: Read, x: np.ndarray) -> np.ndarray:
    with mock.patch.object(compiled, "rows_at_a_time", return_value=1):
        return read(x)


def rungs(network: Sequential) -> dict[str, tuple[Read, int]]:
    """Return the story's steps for the CNN, and how many images each is measured on."""
    single = CompiledNetwork(network, threads=1)
    plain = CompiledNetwork(network, threads=1)  # its program is made inside the patch
    folded = fold(network)
    return {
        "loops, one number at a time": (partial(in_loops, network), 1),
        "windows and einsum, 100 at a time": (
            partial(by_100, partial(by_einsum, network)),
            1000,
        ),
        "patches and products, all at once": (network.forward, 10_000),
        "… 100 at a time": (network.predict, 10_000),
        "… on one thread": (partial(on_one_thread, network.predict), 10_000),
        "… folded": (partial(on_one_thread, folded.predict), 10_000),
        "… compiled, without Toom-Cook": (
            partial(without_toom_cook, plain.predict),
            10_000,
        ),
        "… compiled": (single.predict, 10_000),
        "… on every core": (CompiledNetwork(network).predict, 10_000),
    }


def agree(
    candidates: dict[str, Read], network: Sequential, x: np.ndarray
) -> dict[str, dict[str, float]]:
    """Compare each candidate's answers with the layers'; end here if they differ."""
    expected = network.predict(x)
    found = {}
    for name, read in candidates.items():
        logits = read(x)
        same = int((logits.argmax(axis=1) == expected.argmax(axis=1)).sum())
        largest = float(np.abs(logits - expected).max())
        if (
            logits.shape != expected.shape
            or same < len(x)
            or largest > LARGEST_DIFFERENCE
        ):
            sys.exit(
                f"{name}: expected the NumPy layers' {len(x)} classes and logits within "
                f"{LARGEST_DIFFERENCE:g}, found {same} and {largest:.2g}; nothing is measured"
            )
        found[name] = {
            "same_classes": same,
            "largest_difference": measure.significant(largest),
        }
    return found


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
            each = (
                2 * columns * kw * channels * filters
            )  # one row of weights, one of output
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


#: What is called in a process of its own, and how it is made there.
IN_A_PROCESS = {
    "NumPy": "load_numpy(name).predict",
    "NumPy, all at once": "load_numpy(name).forward",
    "NumPy, compiled": "CompiledNetwork(load_numpy(name)).predict",
    "Keras predict": "partial(load_keras(name).predict, batch_size=1000, verbose=0)",
}
MEMORY = """
import sys
from functools import partial
from digitrec.mnist import load_mnist
from digitrec.networks import load_keras, load_numpy
from digitrec.compiled import CompiledNetwork
name = sys.argv[1]
x = load_mnist().x_test
read = READ
read(x[:1])
def status(key):
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith(key)) / 1000
with open("/proc/self/clear_refs", "w") as refs:
    refs.write("5")  # from here, the highest is counted anew
before = status("VmRSS")
read(x)
print(status("VmHWM") - before, before)
"""


def memory(name: str) -> dict[str, dict[str, float]]:
    """Return what reading 10,000 images takes in a process of its own, in MB, on Linux."""
    found = {}
    for how, made in IN_A_PROCESS.items():
        command = [sys.executable, "-c", MEMORY.replace("READ", made), name]
        run = subprocess.run(command, capture_output=True, text=True, check=True)
        above, before = map(float, run.stdout.split())
        found[how] = {"above_the_data": round(above), "before": round(before)}
    return found


def compare(name: str, folder: Path) -> dict[str, object]:
    """Measure one shipped network."""
    network, x = load_numpy(name), load_mnist().x_test
    candidates = by_others(name, folder) | by_numpy(network)
    agreement = agree(candidates, network, x)
    product, operations_of_product = peak()
    calls = {key: partial(read, x) for key, read in candidates.items()}
    times = measure.in_turns(calls | {"peak": product}, REPEATS, warm_up=2, pause=PAUSE)
    one = {key: partial(read, x[:1]) for key, read in candidates.items()}
    singles = measure.in_turns(one, ONE_IMAGE, warm_up=10)
    by_definition, done = operations(network)
    # Round by round, like all ratios: (operations / seconds) / (the product's / its seconds).
    share = {
        key: measure.summary(
            (
                (by_definition * len(x) / mine) / (operations_of_product / products)
                for mine, products in zip(times[key], times["peak"], strict=True)
            ),
            digits=3,
        )
        for key in candidates
    }
    keras = [key for key in candidates if key.startswith(("Keras", "tf."))]
    fastest = min(keras, key=lambda key: float(np.median(times[key])))
    ours = "NumPy, compiled"
    found = {
        "operations_an_image": by_definition,
        "operations_done_compiled": done,
        "images": len(x),
        "agreement": agreement,
        "seconds": {key: measure.summary(times[key]) for key in candidates},
        "peak_gflops": measure.summary(
            (operations_of_product / t / 1e9 for t in times["peak"]), digits=3
        ),
        "share_of_peak": share,
        "fastest_keras": fastest,
        "compiled_divided_by": {
            key: measure.ratio(times, ours, key) for key in candidates if key != ours
        },
        "one_image_ms": {
            key: {
                "p50": measure.significant(float(np.percentile(each, 50)) * 1e3, 3),
                "p95": measure.significant(float(np.percentile(each, 95)) * 1e3, 3),
            }
            for key, each in singles.items()
        },
        "memory_mb": memory(name),
    }
    show(name, network, found)
    return found


def show(name: str, network: Sequential, found: dict) -> None:
    """Print one network's table."""
    rows = [
        (
            "10,000 images",
            "ms",
            "quartiles",
            "compiled is ×",
            "of peak",
            "one image ms",
            "p95",
        )
    ]
    for key, seconds in found["seconds"].items():
        quartiles = f"{seconds['lower_quartile'] * 1e3:.0f}–{seconds['upper_quartile'] * 1e3:.0f}"
        ratio = found["compiled_divided_by"].get(key, {"median": 1})["median"]
        single = found["one_image_ms"][key]
        rows.append(
            (key, f"{seconds['median'] * 1e3:.0f}", quartiles, f"{ratio:.2f}",
             f"{found['share_of_peak'][key]['median']:.2f}", single["p50"], single["p95"])
        )  # fmt: skip
    print(
        f"\n{name}: {network.parameters:,} parameters, {found['operations_an_image']:,} operations"
    )
    print(
        f"an image ({found['operations_done_compiled']:,} done when compiled); a matrix product"
    )
    print(
        f"reaches {found['peak_gflops']['median']:.0f} GFLOP/s\n\n{measure.table(rows)}"
    )
    largest = {
        key: value["largest_difference"] for key, value in found["agreement"].items()
    }
    print(f"\nthe same classes on all images; largest difference of a logit: {largest}")
    rows = [("memory, MB", "above the data", "process before")]
    rows += [
        (how, each["above_the_data"], each["before"])
        for how, each in found["memory_mb"].items()
    ]
    print(f"\n{measure.table(rows)}")


def climb(network: Sequential) -> dict[str, dict[str, float]]:
    """Measure the story's steps for the CNN, each in milliseconds an image."""
    x = load_mnist().x_test
    steps = rungs(network)
    for name, (read, count) in steps.items():
        agree({name: read}, network, x[:count])
    slow = [name for name, (_, count) in steps.items() if count < len(x)]
    calls = {name: partial(read, x[:count]) for name, (read, count) in steps.items()}
    times = measure.in_turns({name: calls.pop(name) for name in slow}, 3, warm_up=0)
    times |= measure.in_turns(calls, REPEATS // 2, pause=PAUSE)
    found = {
        name: measure.summary(t / steps[name][1] * 1e3 for t in times[name])
        for name in steps
    }
    rows = [("the CNN, step by step", "ms an image", "quartiles", "on images")]
    for name, each in found.items():
        quartiles = f"{each['lower_quartile']:.4g}–{each['upper_quartile']:.4g}"
        rows.append((name, f"{each['median']:.4g}", quartiles, f"{steps[name][1]:,}"))
    print(f"\n{measure.table(rows)}")
    return found


def growth(network: Sequential) -> dict[str, object]:
    """Measure how the time for the CNN grows with the number of images."""
    model, x = load_keras("cnn"), load_mnist().x_test
    candidates = by_numpy(network) | {
        "Keras predict": lambda x: model.predict(x, batch_size=BATCH, verbose=0),
        "Keras predict_on_batch": model.predict_on_batch,
    }
    agree(candidates, network, x)
    found: dict[str, list[dict[str, float]]] = {name: [] for name in candidates}
    for count in GROWTH:
        calls = {name: partial(read, x[:count]) for name, read in candidates.items()}
        times = measure.in_turns(
            calls, 31 if count <= 1000 else 9, warm_up=2, pause=0.02
        )
        for name, each in times.items():
            found[name].append(measure.summary(each))
    rows = [("images", *(f"{name}, ms" for name in found))]
    for k, count in enumerate(GROWTH):
        medians = (f"{each[k]['median'] * 1e3:.3g}" for each in found.values())
        rows.append((f"{count:,}", *medians))
    print(f"\n{measure.table(rows)}")
    return {
        "batch": list(GROWTH),
        "series": {name: [e["median"] for e in each] for name, each in found.items()},
        "quartiles": {
            name: [[e["lower_quartile"], e["upper_quartile"]] for e in each]
            for name, each in found.items()
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure how fast networks read.")
    parser.add_argument(
        "--growth", action="store_true", help="only the growing batches"
    )
    parser.add_argument(
        "--as-told", action="store_true", help="keep OPENBLAS_… variables"
    )
    options = parser.parse_args()
    if TOLD and not options.as_told:
        print(f"without {', '.join(TOLD)}")
        clean = {key: value for key, value in os.environ.items() if key not in TOLD}
        os.execve(sys.executable, [sys.executable, *sys.argv], clean)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    cnn = load_numpy("cnn")
    path = measure.RESULTS / "inference.json"
    results = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    if options.growth:
        measure.write("inference", results | {"growth": growth(cnn)})
        return
    machine = measure.machine("numpy", "tensorflow-cpu", "keras")
    blas = [
        {
            key: pool[key]
            for key in ("internal_api", "version", "architecture", "num_threads")
        }
        for pool in threadpool_info()
        if pool["user_api"] == "blas" and "numpy" in pool["filepath"]
    ]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        borrowed.install(folder / "python", PACKAGES)
        networks = {each: compare(each, folder) for each in SHIPPED}
    found = {
        "machine": machine | {"blas": blas, "packages": list(PACKAGES)},
        "networks": networks,
        "steps_ms_an_image": climb(cnn),
        "growth": growth(cnn),
    }
    measure.write("inference", found)
    print(
        f"\n{machine['processor']}, {machine['cores']} cores, load {machine['load']}, {blas}"
    )


if __name__ == "__main__":
    main()
