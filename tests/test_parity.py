"""NumPy = Keras: every layer by itself, then the shipped networks on every test image.

Why the two do not agree to the last bit: a float32 sum depends on the order of its terms, and each
library has its own. One addition errs by up to 6e-8 of the sum (half of 2^-23), and the errors of a
few hundred additions mostly cancel. Measured on all 10,000 test images, the largest difference of a
logit is 1.3e-5 (dense) and 0.9e-5 (cnn), where logits reach 32 and 24: three or four of float32's
steps there. The course promises 1e-3, which leaves room for other machines; a wrong epsilon, a
padding on the wrong side or a missing bias is far above it.
"""

import inspect

import numpy as np
import pytest

from digitrec import forward, networks
from digitrec.forward import Sequential
from digitrec.mnist import load_mnist

pytestmark = pytest.mark.slow

#: A single layer's numbers are around 1 and its sums have up to a hundred terms.
ATOL = 1e-5

LARGEST_DIFFERENCE = 1e-3

#: Small, because every layer's output is kept; it does not divide 10,000, and none is lost.
BATCH = 300


@pytest.fixture(autouse=True, scope="module")
def import_keras():
    """Import Keras when the first of these tests runs: it takes seconds and half a gigabyte."""
    global keras
    import keras


def keras_model(shape, *layers, seed=0):
    """A Keras model with random numbers in all of its arrays, statistics included."""
    model = keras.Sequential([keras.Input(shape), *layers])
    rng = np.random.default_rng(seed)
    for layer in model.layers:
        layer.set_weights(
            [
                # A variance must not be below zero, and near zero epsilon is what counts.
                rng.uniform(0, 0.02, v.shape)
                if v.name == "moving_variance"
                else rng.normal(0, 0.5, v.shape)
                for v in layer.weights
            ]
        )
    return model


def assert_same(model, examples=3, low=-1.0, high=1.0, loops=True):
    """Compare Keras with the fast version and with the loops."""
    rng = np.random.default_rng(99)
    x = rng.uniform(low, high, (examples, *model.input_shape[1:])).astype(np.float32)
    theirs = np.asarray(model(x, training=False))
    network = Sequential.from_keras(model)
    ours = network.forward(x)
    assert ours.shape == theirs.shape == (examples, *network.shapes[-1])
    assert ours.dtype == theirs.dtype == np.float32
    # Batch normalisation by a small spread makes numbers around 30; hence relative to the largest.
    tolerance = ATOL * max(1.0, np.abs(theirs).max())
    assert np.abs(ours - theirs).max() <= tolerance
    if loops:
        for layer in network.layers:
            x = layer.forward_loops(x)
        assert np.abs(x - theirs).max() <= tolerance


@pytest.mark.parametrize("activation", ["linear", "relu", "sigmoid", "tanh", "softmax"])
def test_dense(activation):
    assert_same(keras_model((7,), keras.layers.Dense(5, activation=activation)))


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(
    ("size", "kernel", "strides"),
    [
        ((7, 7), 3, 1),
        ((8, 8), 3, 2),  # one zero, after
        ((7, 8), 2, 1),  # an even kernel: one zero, after
        ((9, 7), (2, 4), 2),
        ((8, 9), (4, 3), 3),
        ((9, 8), (3, 2), (2, 3)),
        ((8, 11), (1, 5), (3, 1)),
        ((5, 6), (1, 1), (2, 3)),  # a stride larger than the kernel
    ],
)
def test_conv2d(size, kernel, strides, padding):
    layer = keras.layers.Conv2D(3, kernel, strides=strides, padding=padding)
    assert_same(keras_model((*size, 2), layer), examples=2)


@pytest.mark.parametrize("activation", ["linear", "relu", "sigmoid", "tanh", "softmax"])
@pytest.mark.parametrize("use_bias", [True, False])
def test_conv2d_options(activation, use_bias):
    layer = keras.layers.Conv2D(4, 3, activation=activation, use_bias=use_bias, padding="same")
    assert_same(keras_model((5, 6, 3), layer), examples=2)


def test_conv2d_kernel_larger_than_the_image():
    assert_same(keras_model((2, 3, 1), keras.layers.Conv2D(2, 5, padding="same")))


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(
    ("size", "pool", "strides"),
    [
        ((6, 6), 2, None),
        ((7, 5), 2, None),
        ((7, 8), 3, 2),
        ((8, 7), (2, 3), (3, 1)),
        ((5, 9), 3, 1),
        ((4, 4), 1, 2),
    ],
)
def test_max_pooling(size, pool, strides, padding):
    layer = keras.layers.MaxPooling2D(pool, strides=strides, padding=padding)
    # All below zero: a padding of zero would be the largest.
    assert_same(keras_model((*size, 2), layer), low=-2, high=-1)


@pytest.mark.parametrize("epsilon", [1e-3, 0.05])
@pytest.mark.parametrize("shape", [(6,), (3, 4, 6)])
def test_batch_normalization(shape, epsilon):
    layer = keras.layers.BatchNormalization(epsilon=epsilon)
    assert_same(keras_model(shape, layer))


@pytest.mark.parametrize("name", ["linear", "relu", "sigmoid", "tanh", "softmax"])
def test_activation(name):
    assert_same(keras_model((4, 5), keras.layers.Activation(name)), low=-9, high=9)


def test_layers_without_arrays():
    assert_same(keras_model((4, 3), keras.layers.Rescaling(1 / 7, offset=-2)), high=255)
    assert_same(keras_model((4, 3), keras.layers.Reshape((2, 6, 1))))
    assert_same(keras_model((4, 3, 2), keras.layers.Flatten()))


@pytest.mark.parametrize(
    "kind", ["BatchNormalization", "Conv2D", "MaxPooling2D", "Dense", "Rescaling"]
)
def test_what_a_description_leaves_out_is_keras_default(kind):
    """The shipped architectures name no epsilon, no padding: each library takes its own."""
    ours = inspect.signature(getattr(forward, kind)).parameters
    theirs = inspect.signature(getattr(keras.layers, kind)).parameters
    shared = {
        key
        for key in ours.keys() & theirs.keys() - {"name"}
        if inspect.Parameter.empty not in (ours[key].default, theirs[key].default)
    }
    assert shared
    for key in shared:
        # No activation is written None in Keras.
        expected = "linear" if key == "activation" else theirs[key].default
        assert ours[key].default == expected, key


def test_dropout_does_nothing_at_inference():
    model = keras_model((6,), keras.layers.Dropout(0.5, name="drop"), keras.layers.Dense(2))
    assert len(Sequential.from_keras(model).layers) == 1
    assert_same(model)


def test_all_kinds_together():
    layers = keras.layers
    model = keras_model(
        (9, 8),
        layers.Rescaling(0.5),
        layers.Reshape((9, 8, 1)),
        layers.Conv2D(4, 3, padding="same", activation="relu"),
        layers.MaxPooling2D(2, padding="same"),
        layers.Conv2D(3, 2, strides=(1, 2), use_bias=False),
        layers.BatchNormalization(),
        layers.Activation("relu"),
        layers.Flatten(),
        layers.Dropout(0.3),
        layers.Dense(5, activation="softmax"),
    )
    assert_same(model)
    network = Sequential.from_keras(model)
    # Keras' own count includes nothing that NumPy's does not.
    assert network.parameters == model.count_params()


@pytest.mark.parametrize(
    ("shape", "layer", "says"),
    [
        ((6, 6, 2), {"layer": "Conv2D", "dilation_rate": 2}, "dilation_rate"),
        ((6, 6, 2), {"layer": "Conv2D", "groups": 2}, "groups"),
        (
            (6, 6, 2),
            {"layer": "Conv2D", "activation": "gelu"},
            "'linear', 'relu', 'sigmoid', 'softmax'.*gelu",
        ),
        ((6, 6, 2), {"layer": "BatchNormalization", "axis": 1}, "axis"),
        ((6, 6, 2), {"layer": "BatchNormalization", "scale": False}, "gamma"),
        (
            (6, 6, 2),
            {"layer": "AveragePooling2D", "pool_size": 2},
            "found 'AveragePooling2D'",
        ),
        ((6,), {"layer": "Dense", "units": 2, "use_bias": False}, "bias"),
    ],
)
def test_from_keras_refuses_what_it_cannot_compute(shape, layer, says):
    arguments = {key: value for key, value in layer.items() if key != "layer"}
    if layer["layer"] == "Conv2D":
        arguments |= {"filters": 2, "kernel_size": 3}
    model = keras_model(shape, getattr(keras.layers, layer["layer"])(**arguments))
    with pytest.raises(ValueError, match=says):
        Sequential.from_keras(model)


def test_from_keras_copies():
    """Training the Keras model on must not change the NumPy network."""
    model = keras_model((3,), keras.layers.Dense(2, name="dense"))
    network = Sequential.from_keras(model)
    before = network.weights["dense/kernel"].copy()
    model.layers[0].kernel.assign_add(np.ones((3, 2)))
    assert np.array_equal(network.weights["dense/kernel"], before)


# --- The shipped networks -------------------------------------------------------------------


@pytest.fixture(scope="module")
def data():
    return load_mnist()


@pytest.mark.parametrize("name", networks.SHIPPED)
def test_shipped_network_layer_by_layer(name, data, record_property):
    model = networks.load_keras(name)
    stored, converted = networks.load_numpy(name), Sequential.from_keras(model)
    assert repr(stored) == repr(converted)
    assert list(stored.weights) == list(converted.weights)
    for key, array in stored.weights.items():
        assert np.array_equal(array, converted.weights[key]), key

    names = [layer.name for layer in model.layers]
    every_layer = keras.Model(model.inputs[0], [layer.output for layer in model.layers])
    difference = dict.fromkeys((layer.name for layer in stored.layers), 0.0)
    seen = 0
    for start in range(0, len(data.x_test), BATCH):
        x = data.x_test[start : start + BATCH]
        given = every_layer(x, training=False)
        theirs = {key: np.asarray(a) for key, a in zip(names, given, strict=True)}
        ours = stored.outputs(x)
        assert list(ours) == [key for key in names if key != "dropout"]
        for key, a in ours.items():
            assert a.shape == theirs[key].shape
            difference[key] = max(difference[key], np.abs(a - theirs[key]).max())
        classes = theirs["logits"].argmax(axis=1)
        assert np.array_equal(ours["logits"].argmax(axis=1), classes)
        # The way a user asks for it, through from_keras, and a hundred images at a time.
        logits = converted.predict(x)
        assert np.array_equal(logits.argmax(axis=1), classes)
        assert np.abs(logits - theirs["logits"]).max() <= LARGEST_DIFFERENCE
        seen += len(x)
    assert seen == 10_000
    record_property("largest difference", {k: float(v) for k, v in difference.items()})
    assert max(difference.values()) <= LARGEST_DIFFERENCE, difference
    # Both multiply a whole number by the same float32 once.
    assert difference["scale"] == 0


@pytest.mark.parametrize("name", networks.SHIPPED)
def test_shipped_network_through_keras_predict(name, data):
    """What a reader calls: Keras' batches of 32 end with 10,000 = 312 · 32 + 16."""
    theirs = networks.load_keras(name).predict(data.x_test[:1008], verbose=0)
    ours = networks.load_numpy(name).predict(data.x_test[:1008])
    assert theirs.shape == ours.shape
    assert np.abs(ours - theirs).max() <= LARGEST_DIFFERENCE
    p = networks.load_numpy(name).predict_probabilities(data.x_test[:1008])
    theirs = np.asarray(keras.ops.softmax(theirs))
    # A logit that is off by d changes a probability by at most d / 2.
    assert np.abs(p - theirs).max() <= LARGEST_DIFFERENCE / 2


@pytest.mark.parametrize("name", networks.SHIPPED)
def test_shipped_network_in_loops(name, data):
    """The definitions themselves on the trained weights: slow, hence one digit."""
    x = data.x_test[:1]
    loops, fast = x, networks.load_numpy(name).outputs(x)
    for layer in networks.load_numpy(name).layers:
        loops = layer.forward_loops(loops)
        # A loop adds up to 1,024 terms one by one in float32, which errs a little more.
        assert np.abs(loops - fast[layer.name]).max() <= LARGEST_DIFFERENCE / 10, layer
