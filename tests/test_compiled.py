"""Compiled networks: the matrices by hand, then the same answers as the layers give.

Compiled and plain networks add up other terms in another order, so they agree up to float32's
rounding. Toom and Cook's sums reach farther than their result, by a factor of about ten with eight
points, and so do their errors: 2.3e-5 was the largest difference of a logit on the 10,000 test
images, where logits reach 24 (the plain network differs from Keras' by 0.9e-5). Promised are
1e-4: room for other machines, while a wrong bias, border or order is far above.
"""

import subprocess
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from digitrec import compiled, networks
from digitrec.compiled import POINTS, CompiledNetwork, fold, toom_cook
from digitrec.forward import (
    Activation,
    BatchNormalization,
    Conv2D,
    Dense,
    Flatten,
    Layer,
    MaxPooling2D,
    Rescaling,
    Reshape,
    Sequential,
)
from digitrec.mnist import load_mnist

LARGEST_DIFFERENCE = 1e-4

NETWORKS = 150


def random_layer(rng, shape, name):
    """One layer of any kind that takes one example of this shape, with numbers around 1."""

    def normal(*size, spread=1.0):
        return rng.normal(0, spread, size)

    activation = str(rng.choice(["linear", "relu", "softmax"], p=[0.5, 0.4, 0.1]))
    anywhere = ["Rescaling", "Activation", "BatchNormalization"]
    here = (
        ["Conv2D"] * 4 + ["MaxPooling2D", "Flatten", "Reshape"]
        if len(shape) == 3
        else ["Dense"] * 3
    )
    kind = str(rng.choice(anywhere + here))
    padding = str(rng.choice(["valid", "same"]))
    strides = tuple(int(s) for s in rng.choice([1, 1, 1, 1, 2, 3], 2))
    if kind == "Rescaling":
        scale, offset = rng.choice([-0.5, 2]), rng.choice([0, 0, 1])
        return Rescaling(scale, offset, name)
    if kind == "Activation":
        return Activation(activation, name)
    if kind == "BatchNormalization":
        variance = rng.uniform(0.5, 2, shape[-1])
        arrays = [normal(shape[-1]) for _ in range(3)]
        return BatchNormalization(*arrays, variance, name=name)
    if kind == "Dense":
        units = int(rng.integers(1, 9))
        kernel = normal(shape[0], units, spread=shape[0] ** -0.5)
        return Dense(kernel, normal(units), activation, name)
    if kind == "Flatten":
        return Flatten(name)
    if kind == "Reshape":
        return Reshape((shape[1], shape[0], shape[2]), name)
    # A window may be larger than the image only where zeros surround it.
    window = [
        int(rng.integers(1, (11 if padding == "same" else min(11, n + 1)))) for n in shape[:2]
    ]
    if kind == "MaxPooling2D":
        return MaxPooling2D(window, strides, padding, name)
    filters, terms = int(rng.integers(4, 17)), window[0] * window[1] * shape[2]
    kernel = normal(*window, shape[2], filters, spread=terms**-0.5)
    bias = normal(filters) if rng.random() < 0.5 else None
    return Conv2D(kernel, bias, strides, padding, activation, name)


def random_network(seed):
    """Up to eight layers on small images, behind a rescaling in half of the networks."""
    rng = np.random.default_rng(seed)
    shape = (*(int(n) for n in rng.integers(6, 16, 2)), int(rng.integers(1, 9)))
    layers = [Rescaling(1 / 255, rng.choice([0, 0, -0.5]))] if rng.random() < 0.5 else []
    network = Sequential([*layers, Activation("linear", "start")], shape)
    for k in range(int(rng.integers(2, 9))):
        layer = random_layer(rng, network.shapes[-1], f"layer{k}")
        network = Sequential([*network.layers, layer], shape)
    return network


def batch(network, size, seed=0, dtype=np.float32):
    """Random pixels for a network: 0–255, or −1 to 1 where nothing scales them."""
    rng = np.random.default_rng(seed)
    shape = (size, *network.input_shape)
    if dtype == np.uint8 or isinstance(network.layers[0], Rescaling):
        return rng.integers(0, 256, shape).astype(dtype)
    return rng.uniform(-1, 1, shape).astype(dtype)


def assert_close(ours, network, x):
    """Within rounding: relative to the largest number on the way, which errs the most."""
    given = network.outputs(x)
    expected = list(given.values())[-1]
    assert ours.shape == expected.shape
    assert ours.dtype == np.float32
    largest = max((np.abs(a).max(initial=0) for a in given.values()), default=0)
    difference = np.abs(ours - expected).max(initial=0)
    assert difference <= LARGEST_DIFFERENCE * max(1, largest)


# --- Fewer products -------------------------------------------------------------------------


def test_toom_cook_by_hand():
    """Two weights along three numbers: 3 products, at the points 0, 1 and infinity."""
    a, g, b = toom_cook(2, 2)
    assert a.tolist() == [[1, 1, 0], [0, 1, 1]]
    assert g.tolist() == [[1, 0], [1, 1], [0, 1]]
    # d0 and d2 are left with the other two products, taken from d1.
    assert b.tolist() == [[1, -1, 0], [0, 1, 0], [0, -1, 1]]


@pytest.mark.parametrize("outputs", range(1, len(POINTS) + 2))
@pytest.mark.parametrize("taps", range(1, len(POINTS) + 2))
def test_toom_cook_slides_weights_along_numbers(outputs, taps):
    n = outputs + taps - 1
    if n > len(POINTS) + 1:
        with pytest.raises(ValueError, match=f"at most {len(POINTS) + 1} points, found {n}"):
            toom_cook(outputs, taps)
        return
    rng = np.random.default_rng(0)
    d, weights = rng.normal(size=n), rng.normal(size=taps)
    a, g, b = toom_cook(outputs, taps)
    assert (len(a), len(g), len(b)) == (outputs, n, n)
    # The factors reach about 20; float64 keeps 16 digits.
    expected = np.correlate(d, weights)
    assert a @ ((g @ weights) * (b @ d)) == pytest.approx(expected, abs=1e-12)


# --- Folding --------------------------------------------------------------------------------


def test_fold_by_hand():
    """Normalised to gamma (x − mean) / 2 + beta, which kernel and bias take over."""
    norm = BatchNormalization([6], [5], [1], [3], epsilon=1)
    layers = [Rescaling(0.5), Flatten(), Dense([[2]], [4]), norm, Activation("relu")]
    network = Sequential(layers, (1, 1))
    folded = fold(network)
    assert [type(layer) for layer in folded.layers] == [Flatten, Dense]
    dense = folded.layers[-1]
    assert dense.kernel.tolist() == [[3]]  # 0.5 · 2 · 6 / 2
    assert dense.bias.tolist() == [14]  # (4 − 1) · 6 / 2 + 5
    assert dense.activation == "relu"
    # The network itself is as it was.
    assert len(network.layers) == 5
    assert network.layers[2].kernel.tolist() == [[2]]
    assert network.layers[2].activation == "linear"


def test_fold_gives_a_convolution_without_bias_one():
    norm = BatchNormalization([6], [5], [1], [3], epsilon=1)
    network = Sequential([Conv2D(np.ones((1, 1, 1, 1))), norm], (2, 2, 1))
    (layer,) = fold(network).layers
    assert layer.kernel.ravel().tolist() == [3]
    assert layer.bias.tolist() == [2]  # (0 − 1) · 6 / 2 + 5


def one(kernel=1.0, activation="linear", name="one"):
    return Dense([[kernel]], [0.5], activation, name)


NORM = BatchNormalization([2], [3], [1], [4])


@pytest.mark.parametrize(
    "layers",
    [
        [one(activation="relu"), NORM],  # the normalisation comes after the activation
        [one(), Rescaling(-1), Activation("relu")],  # relu(−z) is not −relu(z)
        [one(), Rescaling(-1), NORM],
        [Rescaling(2, offset=1), one()],
        [Rescaling(2), Activation("softmax"), one()],
        [Rescaling(2, name="a"), Rescaling(3, name="b"), one()],
        [NORM, one()],
        [Rescaling(-2), NORM],
        [one(), Activation("relu"), Activation("linear", "again"), NORM],
        [one(), Rescaling(2)],
        [Rescaling(2)],
    ],
)
def test_fold_keeps_the_order_where_it_matters(layers):
    network = Sequential(layers, (1,))
    x = np.linspace(-3, 3, 13, dtype=np.float32)[:, None]
    expected = network.forward(x)
    assert len(set(expected.ravel().tolist())) > 1 or "softmax" in str(layers)
    # Numbers up to about 20, each a few roundings away.
    assert fold(network).forward(x) == pytest.approx(expected, abs=1e-5)
    assert CompiledNetwork(network).predict(x) == pytest.approx(expected, abs=1e-5)


def test_the_shipped_network_folds_to_what_has_weights():
    kinds = [type(layer) for layer in fold(networks.load_numpy("cnn")).layers]
    assert Counter(kinds).keys() <= {Reshape, Conv2D, Flatten, Dense}


# --- The same answers -----------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(NETWORKS))
def test_random_network(seed):
    network = random_network(seed)
    compiled_network = CompiledNetwork(network, threads=2)
    x = batch(network, 11, seed)
    assert_close(compiled_network.predict(x, batch_size=4), network, x)
    assert_close(fold(network).forward(x), network, x)


def test_random_networks_have_every_kind_of_layer_and_convolution():
    """Else the test above shows less than it seems to."""
    layers = [layer for seed in range(NETWORKS) for layer in random_network(seed).layers]
    kinds = Counter(type(layer).__name__ for layer in layers)
    assert min(kinds.values()) >= 20
    assert len(kinds) == 8
    tiles, options = Counter(), Counter()
    for seed in range(NETWORKS):
        folded = fold(random_network(seed))
        for k, layer in enumerate(folded.layers):
            if isinstance(layer, Conv2D):
                width = ([folded.input_shape, *folded.shapes])[k][1]
                tile = compiled.rows_at_a_time(layer, width, folded.shapes[k])
                tiles[tile] += 1
                options[layer.padding, layer.bias is None, tile > 1] += 1
                options["incomplete tile"] += folded.shapes[k][0] % tile > 0
    assert len(tiles) >= 4
    assert len(options) == 9
    assert min(options.values()) >= 5, options


@pytest.mark.parametrize("size", [0, 1, 2, 31, 32, 33, 99, 100, 101])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64, np.int64])
def test_any_number_of_images_of_any_type(size, dtype):
    network = networks.load_numpy("cnn")
    x = load_mnist().x_test[:size].astype(dtype)
    compiled_network = CompiledNetwork(network)
    logits = compiled_network.predict(x)
    assert logits.shape == (size, 10)
    assert_close(logits, network, x)
    assert np.array_equal(logits.argmax(axis=1), network.forward(x).argmax(axis=1))
    p = compiled_network.predict_probabilities(x)
    # A logit that is off by d changes a probability by at most d / 2.
    difference = np.abs(p - network.predict_probabilities(x)).max(initial=0)
    assert difference <= LARGEST_DIFFERENCE / 2


def test_a_softmax_is_not_applied_twice():
    network = Sequential([Dense(np.eye(3), np.zeros(3), "softmax")], (3,))
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    assert CompiledNetwork(network).predict_probabilities(x) == pytest.approx(network.forward(x))


@pytest.mark.parametrize("name", networks.SHIPPED)
def test_shipped_network_on_all_test_images(name, record_property):
    network, x = networks.load_numpy(name), load_mnist().x_test
    compiled_network = CompiledNetwork(network)
    assert compiled_network.reject_below == network.reject_below
    logits, expected = compiled_network.predict(x), network.predict(x)
    assert np.array_equal(logits.argmax(axis=1), expected.argmax(axis=1))
    largest = float(np.abs(logits - expected).max())
    record_property("largest difference", largest)
    assert largest <= LARGEST_DIFFERENCE


def test_views_and_other_orders_in_memory():
    network = networks.load_numpy("cnn")
    x = load_mnist().x_test[:40]
    compiled_network = CompiledNetwork(network)
    expected = compiled_network.predict(x)
    mirrored = np.ascontiguousarray(x[:, ::-1])[:, ::-1]
    assert np.array_equal(compiled_network.predict(mirrored), expected)
    assert np.array_equal(compiled_network.predict(np.asfortranarray(x)), expected)
    assert np.array_equal(compiled_network.predict(x.tolist()), expected)


def test_results_are_the_callers_own():
    """A later call must not write into what an earlier one returned, nor into the images."""
    compiled_network = CompiledNetwork(networks.load_numpy("cnn"))
    x = load_mnist().x_test[:8].copy()
    first = compiled_network.predict(x[:1])
    kept, images = first.copy(), x.copy()
    compiled_network.predict(x[1:2])
    assert np.array_equal(first, kept)
    assert np.array_equal(x, images)


# --- Threads --------------------------------------------------------------------------------


def test_the_same_call_gives_the_same_bits():
    """However many threads there are, and whichever takes which images."""
    network, x = networks.load_numpy("cnn"), load_mnist().x_test[:500]
    expected = CompiledNetwork(network, threads=1).predict(x, batch_size=30)
    for threads in (1, 2, 3, 30):
        compiled_network = CompiledNetwork(network, threads=threads)
        for _ in range(3):
            assert np.array_equal(compiled_network.predict(x, batch_size=30), expected)


def test_many_threads_may_share_one_network():
    """Of one image and of many at once: no result, and no array on the way, is shared."""
    compiled_network = CompiledNetwork(networks.load_numpy("cnn"), threads=2)
    data = load_mnist().x_test
    parts = [data[k * 50 : k * 50 + size] for k, size in enumerate([1, 50, 3, 1] * 6)]
    expected = [compiled_network.predict(part, batch_size=20) for part in parts]
    start = threading.Barrier(8)

    def read(_):
        start.wait(timeout=60)
        return [
            np.array_equal(compiled_network.predict(part, batch_size=20), logits)
            for part, logits in zip(parts, expected, strict=True)
        ]

    with ThreadPoolExecutor(8) as pool:
        for same in pool.map(read, range(8)):
            assert all(same)


def blas_threads():
    """NumPy's; OpenCV may have brought one of its own."""
    return [
        pool["num_threads"]
        for pool in threadpool_info()
        if pool["user_api"] == "blas" and "numpy" in pool["filepath"]
    ]


def test_blas_gets_its_threads_back():
    """Also when calls overlap, and when one fails."""
    before = blas_threads()
    network = networks.load_numpy("dense")
    seen = []

    class Watched(Layer):
        def forward(self, x):
            seen.append(blas_threads())
            if x.max() > 1e6:
                raise RuntimeError("too large")
            return x

    watched = Sequential([*network.layers, Watched("watched")], (28, 28))
    compiled_network = CompiledNetwork(watched, threads=2)
    with ThreadPoolExecutor(4) as pool:
        x = load_mnist().x_test[:400]
        list(pool.map(lambda _: compiled_network.predict(x, batch_size=10), range(4)))
    assert len(seen) == 4 * 40
    assert {count for counts in seen for count in counts} <= {1}
    assert blas_threads() == before
    with pytest.raises(RuntimeError, match="too large"):
        compiled_network.predict(np.full((40, 28, 28), 1e12), batch_size=10)
    assert blas_threads() == before


# --- Errors, and what it needs --------------------------------------------------------------


def test_errors_are_those_of_the_network():
    compiled_network = CompiledNetwork(networks.load_numpy("cnn"))
    with pytest.raises(ValueError, match=r"shape \(N, 28, 28\), found \(28, 28\)"):
        compiled_network.predict(np.zeros((28, 28)))
    with pytest.raises(ValueError, match="expected pixels from 0 to 255"):
        compiled_network.predict(np.full((1, 28, 28), 0.5))
    with pytest.raises(ValueError, match="batch_size: expected at least 1, found 0"):
        compiled_network.predict(np.zeros((1, 28, 28)), batch_size=0)
    with pytest.raises(ValueError, match="threads: expected at least 1, found 0"):
        CompiledNetwork(networks.load_numpy("cnn"), threads=0)


def test_it_says_what_it_was_made_from():
    network = networks.load_numpy("cnn")
    compiled_network = CompiledNetwork(network, threads=2)
    assert repr(compiled_network) == f"{network!r}\ncompiled for 2 at a time"
    assert compiled_network.input_shape == network.input_shape
    assert compiled_network.reject_below == network.reject_below


def test_it_computes_with_one_set_of_weights():
    """Those it was made with, whatever becomes of the network's own; nothing else computes."""
    network, x = networks.load_numpy("dense"), load_mnist().x_test[:20]
    compiled_network = CompiledNetwork(network)
    before = compiled_network.predict(x)
    for array in network.weights.values():
        array *= 2
    assert np.array_equal(compiled_network.predict(x), before)
    ways = {name for name in dir(compiled_network) if not name.startswith("_")}
    assert ways == {
        "input_shape",
        "predict",
        "predict_probabilities",
        "reject_below",
        "threads",
    }


def test_without_tensorflow():
    code = "import digitrec.compiled, sys; print('tensorflow' in sys.modules)"
    command = [sys.executable, "-c", code]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"
