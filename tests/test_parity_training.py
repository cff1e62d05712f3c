"""Training in NumPy = training in Keras: the same weights after one step and after ten.

In float64 the two agree to the thirteenth digit. What else must be equal for that: Keras rounds an
optimiser's numbers to float32 whatever the layers' type, so those here are sums of few powers of
two, which float32 holds exactly.

In float32, as anybody trains, two things make small differences larger; both are in the method, not
in a formula:

*A kink.* Where a number comes to ReLU as 0.0000001 in the one library and as −0.0000001 in the
other, rounded differently, its part of the gradient is there in one and missing in the other. With
half a million ReLUs a step that happens every few steps, and moves weights by up to a learning
rate. So the batches are small, and ones in which none comes near: a test looks.

*Adam* divides a gradient by its size. In the first step it takes ``g / (|g| + 3e-6)``: near 0 an
error of the gradient is multiplied by 1 / 3e-6 and the learning rate, by 300 in all. Gradients
of float32 are off by 3e-8, and that times 300 is 1e-5. So Adam's batches are ones of which few
gradients are that near to 0.

:data:`SEEDS` were chosen by these two, by what float32 and float64 make of them in NumPy alone;
Keras had no part in it. Measured after ten steps: 3e-7 with SGD and momentum, 1e-6 with Adam.
Promised: 1e-5.
"""

import numpy as np
import pytest

from digitrec import backprop, networks
from digitrec.backprop import SGD, Adam, Momentum
from digitrec.forward import Activation, Dense, Sequential
from digitrec.mnist import load_mnist

pytestmark = pytest.mark.slow

PROMISED = 1e-5
IN_FLOAT64 = 1e-12
#: Of the weights and the batches, in float32.
SEEDS = {
    ("dense", "SGD"): 21,
    ("dense", "momentum"): 21,
    ("dense", "Adam"): 21,
    ("small_cnn", "SGD"): 16,
    ("small_cnn", "momentum"): 16,
    ("small_cnn", "Adam"): 218,
}
#: What a number before a ReLU is away from 0, at least: ten times what float32 makes of it.
NEAREST_KINK = 3e-6

#: Ours and theirs, with usual numbers.
USUAL = {
    "SGD": (SGD, "SGD", {"learning_rate": 0.01}),
    "momentum": (Momentum, "SGD", {"learning_rate": 0.01, "momentum": 0.9}),
    "Adam": (Adam, "Adam", {"learning_rate": 1e-3}),
}
#: With numbers that float32 holds exactly.
EXACT = {
    "SGD": (SGD, "SGD", {"learning_rate": 2**-6}),
    "momentum": (Momentum, "SGD", {"learning_rate": 2**-6, "momentum": 1 - 2**-3}),
    "Adam": (
        Adam,
        "Adam",
        {
            "learning_rate": 2**-10,
            "beta_1": 1 - 2**-3,
            "beta_2": 1 - 2**-10,
            "epsilon": 2**-23,
        },
    ),
}


@pytest.fixture(autouse=True, scope="module")
def import_keras():
    """Import Keras when the first of these tests runs: it takes seconds and half a gigabyte."""
    global keras
    import keras


@pytest.fixture(scope="module")
def data():
    return load_mnist()


def without_dropout(name):
    """Which numbers are dropped is random, and each library has its own generator."""
    return [entry for entry in networks.ARCHITECTURES[name] if entry["layer"] != "Dropout"]


def in_keras(description, network, optimizer, dtype="float32"):
    """The same network as a Keras model, ready to train."""
    _, kind, numbers = optimizer
    model = networks.build_from_description([{**entry, "dtype": dtype} for entry in description])
    for layer in model.layers:
        layer.set_weights([network.weights[f"{layer.name}/{v.name}"] for v in layer.weights])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, dtype=dtype)
    model.compile(optimizer=getattr(keras.optimizers, kind)(**numbers), loss=loss)
    return model


def differences(network, model, optimizer, batches):
    """After each step in both, the largest difference of any number."""
    kind, _, numbers = optimizer
    ours = kind(**numbers)
    for x, y in batches:
        ours.step(network.weights, backprop.gradients(network, x, y)[1])
        model.train_on_batch(x, y)
        theirs = {f"{a.name}/{v.name}": np.asarray(v) for a in model.layers for v in a.weights}
        assert set(theirs) == set(network.weights)
        assert {array.dtype for array in theirs.values()} == {
            array.dtype for array in network.weights.values()
        }
        yield max(np.abs(theirs[key] - array).max() for key, array in network.weights.items())


def batches_of(data, seed, size, steps=10):
    order = np.random.default_rng(seed).permutation(len(data.x_train))[: size * steps]
    return [(data.x_train[part], data.y_train[part]) for part in np.split(order, steps)]


@pytest.mark.parametrize("name", networks.ARCHITECTURES)
@pytest.mark.parametrize("kind", EXACT)
def test_ten_steps_in_float64(name, kind, data, record_property):
    """Batches of 128, whatever is in them."""
    exact = {"Rescaling": {"scale": 2**-8}, "BatchNormalization": {"epsilon": 2**-10}}
    description = [{**entry, **exact.get(entry["layer"], {})} for entry in without_dropout(name)]
    network = backprop.in_float64(backprop.initial(description, 3))
    model = in_keras(description, network, EXACT[kind], "float64")
    found = list(differences(network, model, EXACT[kind], batches_of(data, 0, 128)))
    record_property("after one step and ten", [float(found[0]), float(found[-1])])
    assert max(found) <= IN_FLOAT64


@pytest.mark.parametrize(("name", "kind"), SEEDS)
def test_ten_steps_in_float32(name, kind, data, record_property):
    description, batches = without_dropout(name), batches_of(data, SEEDS[name, kind], 16)
    network = backprop.initial(description, SEEDS[name, kind])
    model = in_keras(description, network, USUAL[kind])
    before = {key: array.copy() for key, array in network.weights.items()}
    found = list(differences(network, model, USUAL[kind], batches))
    record_property("after one step and ten", [float(found[0]), float(found[-1])])
    assert max(found) <= PROMISED
    # What moved is far larger than what is compared.
    moved = max(np.abs(network.weights[key] - array).max() for key, array in before.items())
    assert moved > 500 * PROMISED


@pytest.mark.parametrize(("name", "kind"), SEEDS)
def test_no_number_of_these_batches_is_at_a_kink(name, kind, data):
    ours, _, numbers = USUAL[kind]
    optimizer = ours(**numbers)
    network = backprop.in_float64(backprop.initial(without_dropout(name), SEEDS[name, kind]))
    nearest = np.inf
    for x, y in batches_of(data, SEEDS[name, kind], 16):
        a, remembered = x.astype(np.float64), []
        for layer in network.layers:
            if layer.activation == "relu":
                z = a @ layer.kernel + layer.bias if isinstance(layer, Dense) else a
                assert isinstance(layer, Dense | Activation)
                nearest = min(nearest, np.abs(z).min())
            a, kept = backprop.forward(layer, a)
            remembered.append(kept)
        gradient = backprop.softmax_cross_entropy(a, y)[1]
        optimizer.step(network.weights, backprop.backward_pass(network, remembered, gradient))
    assert nearest > NEAREST_KINK


def test_an_optimiser_alone():
    """Given the same gradients, tiny ones and exact zeros among them, the same steps."""
    rng = np.random.default_rng(0)
    start = rng.normal(0, 1, (40, 5)).astype(np.float32)
    scale = np.logspace(-9, 1, 40)[:, None]
    gradients = (rng.normal(0, 1, (10, 40, 5)) * scale).astype(np.float32)
    gradients[:, 3] = 0
    for ours, kind, numbers in USUAL.values():
        weights, optimizer = {"w": start.copy()}, ours(**numbers)
        variable, theirs = keras.Variable(start), getattr(keras.optimizers, kind)(**numbers)
        theirs.build([variable])
        for gradient in gradients:
            optimizer.step(weights, {"w": gradient})
            theirs.apply([keras.ops.convert_to_tensor(gradient)], [variable])
            # Two of float32's steps at the weight, or of the learning rate's at Adam's step.
            np.testing.assert_allclose(weights["w"], np.asarray(variable), rtol=3e-7, atol=3e-7)


def test_max_pooling_and_padding_as_in_keras(data):
    """What the course's networks have not: windows that overlap, padding, ReLU in a convolution.

    A digit's paper is 0 in every window: where several are equally large, both take the first.
    """
    description = [
        {"layer": "Rescaling", "name": "scale", "scale": 2**-8},
        {"layer": "Reshape", "name": "channel", "target_shape": [28, 28, 1]},
        {"layer": "MaxPooling2D", "name": "pool1", "pool_size": 3, "strides": 2, "padding": "same"},
        {
            "layer": "Conv2D",
            "name": "conv1",
            "filters": 5,
            "kernel_size": [4, 3],
            "strides": [2, 1],
            "padding": "same",
            "activation": "relu",
        },
        {"layer": "MaxPooling2D", "name": "pool2"},
        {"layer": "Conv2D", "name": "conv2", "filters": 6, "kernel_size": 2, "padding": "same"},
        {"layer": "BatchNormalization", "name": "norm", "epsilon": 2**-6, "momentum": 0.75},
        {"layer": "Flatten", "name": "flatten"},
        {"layer": "Dense", "name": "logits", "units": 10},
    ]
    network = backprop.in_float64(backprop.initial(description, 3))
    model = in_keras(description, network, EXACT["momentum"], "float64")
    batches = batches_of(data, 0, 32)
    assert max(differences(network, model, EXACT["momentum"], batches)) <= IN_FLOAT64


def test_a_new_network_has_the_arrays_of_keras():
    for name, description in networks.ARCHITECTURES.items():
        ours, theirs = backprop.initial(description), networks.build(name)
        shapes = {f"{a.name}/{v.name}": v.shape for a in theirs.layers for v in a.weights}
        assert {key: array.shape for key, array in ours.weights.items()} == shapes
        for layer in theirs.layers:
            for v in layer.weights:
                array = ours.weights[f"{layer.name}/{v.name}"]
                if array.ndim == 1:  # biases, gamma, beta, statistics: no chance in them
                    assert np.array_equal(array, np.asarray(v))
                else:  # drawn evenly between the same limits, from thousands of numbers
                    assert np.abs(array).max() == pytest.approx(np.abs(v).max(), rel=0.02)


def test_dropout_of_keras_keeps_the_same_mean():
    """Each library drops by its own generator; scale and share are those of ours."""
    x = np.full((300, 400), 3.0, np.float32)
    theirs = np.asarray(keras.layers.Dropout(0.25, seed=1)(x, training=True))
    ours, _ = backprop.forward(backprop.Dropout(0.25), x, np.random.default_rng(0))
    assert set(np.unique(theirs)) == set(np.unique(ours))
    assert (theirs == 0).mean() == pytest.approx((ours == 0).mean(), abs=0.01)


def test_what_numpy_trained_loads_into_keras(data, tmp_path):
    """By the way on which the package's own weights are stored and loaded."""
    description = networks.ARCHITECTURES["small_cnn"]
    network = backprop.initial(description, 0)
    x, y = data.x_train[:2000], data.y_train[:2000]
    backprop.train(network, x, y, optimizer=Adam(4e-3), epochs=1, batch_size=100, verbose=0)
    networks.save_weights(network.weights, {"architecture": description}, tmp_path / "small_cnn")
    model = networks.load_keras("small_cnn", tmp_path)
    theirs = model.predict(x[:500], batch_size=500, verbose=0)
    ours = network.predict(x[:500])
    assert np.abs(theirs - ours).max() <= 1e-4
    assert (theirs.argmax(axis=1) == y[:500]).mean() > 0.5  # it learned something
    loaded = networks.load_numpy("small_cnn", tmp_path)
    assert np.array_equal(loaded.predict(x[:500]), ours)
    # And on from there: Keras' network, taken over with a copy of its arrays, learns in NumPy.
    again = backprop.with_dropout(Sequential.from_keras(model), description)
    history = backprop.train(again, x, y, optimizer=Adam(), epochs=1, batch_size=100, verbose=0)
    assert history["accuracy"][0] > 0.7
    assert np.array_equal(loaded.predict(x[:500]), ours)
