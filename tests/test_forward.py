"""The NumPy layers: numbers done by hand, the loops against the fast version, and errors.

The random layers below hold small whole numbers. Sums and products of these are exact in float32,
in whatever order they are added, so the loops and the fast version are compared without a
tolerance. Where there is one, a comment says why.
"""

import ast
import inspect
import subprocess
import sys
import warnings
from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitrec import forward
from digitrec.forward import (
    Activation,
    BatchNormalization,
    Conv2D,
    Dense,
    Flatten,
    MaxPooling2D,
    Rescaling,
    Reshape,
    Sequential,
    im2col,
    pad,
    relu,
    sigmoid,
    softmax,
    tanh,
    window_positions,
)

# Compiling nothing and with tiny arrays, the only slow example is the first.

METHODS = ("forward", "forward_loops")


def whole(shape, seed=0, low=-4, high=5):
    """Small random whole numbers, as float32."""
    return np.random.default_rng(seed).integers(low, high, shape).astype(np.float32)


def image(*rows):
    """One image of one channel as a batch: (1, H, W, 1)."""
    return np.array(rows, np.float32)[None, :, :, None]


def grid(batch):
    """The first image's first channel of a batch, as lists."""
    return batch[0, :, :, 0].tolist()


# --- Activations ----------------------------------------------------------------------------


def test_relu():
    assert relu(np.array([-2.0, -0.0, 0.0, 0.5, 3.0])).tolist() == [0, 0, 0, 0.5, 3]


def test_sigmoid_and_tanh_by_hand():
    """Values with a closed form; far from 0 they neither overflow nor warn."""
    z = np.array([-np.log(3), 0, np.log(3)], np.float32)
    assert sigmoid(z) == pytest.approx([0.25, 0.5, 0.75])
    assert tanh(z) == pytest.approx([-0.8, 0, 0.8])
    for function, ends in ((sigmoid, [0, 1]), (tanh, [-1, 1])):
        found = function(np.array([-1e30, 1e30], np.float32))
        assert found.tolist() == ends
        assert found.dtype == np.float32


def test_softmax_by_hand():
    # exp of 0 and ln 3 are 1 and 3; the logarithm is rounded, hence a few units of 1e-16.
    assert softmax(np.array([0, log(3)])) == pytest.approx([0.25, 0.75], rel=1e-15)


def test_softmax_works_on_the_last_axis():
    z = whole((2, 3, 4))
    p = softmax(z)
    for index in np.ndindex(2, 3):
        e = [np.exp(float(v)) for v in z[index]]
        # float32 keeps 7 digits.
        assert p[index] == pytest.approx([v / sum(e) for v in e], rel=1e-6)
    assert p.sum(axis=-1) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("shift", [-1e4, 1e4, 1e30])
def test_softmax_cannot_overflow(shift):
    """Without its largest logit subtracted, exp(10,000) is infinite, and inf / inf is NaN."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        p = softmax(np.array([[shift, shift, shift], [0, 0, shift]], np.float32))
    assert p[0] == pytest.approx([1 / 3] * 3)
    assert p[1].tolist() == ([0, 0, 1] if shift > 0 else [0.5, 0.5, 0])


def test_softmax_leaves_its_input_alone():
    z = np.array([1.0, 2.0])
    softmax(z)
    assert z.tolist() == [1, 2]


# --- Each layer by hand ---------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
def test_dense_by_hand(method):
    kernel, bias = [[1, 2, 3], [4, 5, 6]], [0.5, -20, 1]
    x = np.array([[1, 2], [0, -1]], np.float32)
    z = [[9.5, -8, 16], [-3.5, -25, -5]]
    assert getattr(Dense(kernel, bias), method)(x).tolist() == z
    a = [[9.5, 0, 16], [0, 0, 0]]
    assert getattr(Dense(kernel, bias, "relu"), method)(x).tolist() == a
    p = getattr(Dense([[0, log(3)]], [0, 0], "softmax"), method)(np.ones((1, 1), np.float32))
    assert p[0] == pytest.approx([0.25, 0.75], rel=1e-6)  # ln 3 in float32


@pytest.mark.parametrize("method", METHODS)
def test_conv_by_hand(method):
    """The kernel is not flipped, in neither direction, and rows are rows."""
    x = image([1, 2, 3], [4, 5, 6], [7, 8, 9])
    layer = Conv2D(image([1, 10], [100, 1000]).transpose(1, 2, 3, 0), [0.5])
    assert grid(getattr(layer, method)(x)) == [[5421.5, 6532.5], [8754.5, 9865.5]]


@pytest.mark.parametrize("method", METHODS)
def test_conv_adds_up_channels_and_keeps_filters_apart(method):
    x = np.array([2, 3], np.float32).reshape(1, 1, 1, 2)
    kernel = np.array([[1, 10, 0], [100, 1000, -1]], np.float32).reshape(1, 1, 2, 3)
    z = getattr(Conv2D(kernel, [1, 2, 3]), method)(x)
    assert z[0, 0, 0].tolist() == [303, 3022, 0]
    z = getattr(Conv2D(kernel, [1, 2, -3], activation="relu"), method)(x)
    assert z[0, 0, 0].tolist() == [303, 3022, 0]


@pytest.mark.parametrize("method", METHODS)
def test_conv_strides_are_rows_then_columns(method):
    x = np.arange(20, dtype=np.float32).reshape(1, 4, 5, 1)
    layer = Conv2D(np.ones((1, 1, 1, 1)), strides=(2, 3))
    assert grid(getattr(layer, method)(x)) == [[0, 3], [10, 13]]


@pytest.mark.parametrize("method", METHODS)
def test_same_padding_puts_the_odd_row_and_column_after(method):
    """With the zeros before, the corner would read 1000 instead of 4321."""
    layer = Conv2D(image([1, 10], [100, 1000]).transpose(1, 2, 3, 0), padding="same")
    assert grid(getattr(layer, method)(image([1, 2], [3, 4]))) == [[4321, 402], [43, 4]]


@pytest.mark.parametrize("method", METHODS)
def test_same_padding_with_strides(method):
    """Four columns, a kernel of three, stride 2: one zero is needed, and it goes after."""
    kernel = np.array([1, 10, 100], np.float32).reshape(1, 3, 1, 1)
    layer = Conv2D(kernel, strides=(1, 2), padding="same")
    assert grid(getattr(layer, method)(image([1, 2, 3, 4]))) == [[321, 43]]
    # Stride 1 needs two zeros, one on either side.
    layer = Conv2D(kernel, padding="same")
    assert grid(getattr(layer, method)(image([1, 2, 3, 4]))) == [[210, 321, 432, 43]]


@pytest.mark.parametrize("method", METHODS)
def test_pooling_by_hand(method):
    x = image([1, 2, 3, 4], [8, 7, 6, 5], [9, 10, 12, 11])
    assert grid(getattr(MaxPooling2D(), method)(x)) == [[8, 6]]
    assert grid(getattr(MaxPooling2D(strides=(1, 2)), method)(x)) == [[8, 6], [10, 12]]
    assert grid(getattr(MaxPooling2D((1, 3), (1, 1)), method)(x)) == [
        [3, 4],
        [8, 7],
        [12, 12],
    ]


@pytest.mark.parametrize("method", METHODS)
def test_padding_never_is_the_largest(method):
    """Padded with zeros, a window of negative numbers at the edge would give 0."""
    layer = MaxPooling2D(padding="same")
    x = image([-1, -2, -3], [-4, -5, -6], [-7, -8, -9])
    assert grid(getattr(layer, method)(x)) == [[-1, -3], [-7, -9]]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("padding", ["valid", "same"])
def test_pooling_takes_raw_pixels(method, padding):
    x = np.array([[0, 200, 0], [0, 0, 255], [3, 0, 0]], np.uint8)[None, :, :, None]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        a = getattr(MaxPooling2D(padding=padding), method)(x)
    assert a.dtype == np.float32
    assert grid(a) == ([[200]] if padding == "valid" else [[200, 255], [3, 0]])


@pytest.mark.parametrize("method", METHODS)
def test_batch_normalization_by_hand(method):
    """10 · (3 − 1) / √(3.75 + 0.25) + 1 = 11; without epsilon it would be 11.33."""
    layer = BatchNormalization([10, 1], [1, 0], [1, 0], [3.75, 0.75], epsilon=0.25)
    assert getattr(layer, method)(np.array([[3, 5]], np.float32)).tolist() == [[11, 5]]


@pytest.mark.parametrize("method", METHODS)
def test_batch_normalization_does_not_look_at_the_batch(method):
    layer = BatchNormalization([1], [0], [0], [1], epsilon=0)
    x = np.array([[5], [6], [7]], np.float32)
    assert np.array_equal(getattr(layer, method)(x), x)


@pytest.mark.parametrize("method", METHODS)
def test_rescaling_reshape_flatten_activation_by_hand(method):
    x = np.array([[[0, 128], [64, 255]]], np.uint8)
    scaled = getattr(Rescaling(1 / 64, -1), method)(x)
    assert scaled.tolist() == [[[-1, 1], [0, 2.984375]]]
    assert scaled.dtype == np.float32
    assert getattr(Reshape((4, 1)), method)(x).tolist() == [[[0], [128], [64], [255]]]
    assert getattr(Flatten(), method)(x).tolist() == [[0, 128, 64, 255]]
    assert getattr(Activation("relu"), method)(scaled).tolist() == [[[0, 1], [0, 2.984375]]]
    p = getattr(Activation("softmax"), method)(np.array([[[0, log(3)]] * 2], np.float32))
    # ln 3 in float32 has 7 digits.
    assert p.shape == (1, 2, 2)
    assert p[0, 1] == pytest.approx([0.25, 0.75], rel=1e-6)


def test_pixels_become_exactly_what_division_by_255_gives_within_one_unit():
    """x · (1/255) and x / 255 differ by the factor's rounding: at most one float32 step at 1."""
    pixels = np.arange(256, dtype=np.uint8)[None]
    ours = Rescaling().forward(pixels)[0]
    assert np.abs(ours - np.arange(256) / 255).max() <= np.finfo(np.float32).eps


# --- Loops = fast, on shapes of all kinds ---------------------------------------------------

small = st.integers(1, 7)
window = st.tuples(st.integers(1, 4), st.integers(1, 4))
strides = st.tuples(st.integers(1, 3), st.integers(1, 3))
padding = st.sampled_from(["valid", "same"])
activation = st.sampled_from(["linear", "relu"])
channels = st.integers(1, 3)
seeds = st.integers(0, 10_000)


def assert_loops_equal_fast(layer, x):
    fast, loops = layer.forward(x), layer.forward_loops(x)
    assert fast.dtype == loops.dtype == np.float32
    assert np.array_equal(fast, loops)
    assert fast.shape == (len(x), *layer.output_shape(x.shape[1:]))


def fits(size, window, padding):
    """Make an image at least as large as a window that must stay inside it."""
    return tuple(max(n, k) if padding == "valid" else n for n, k in zip(size, window, strict=True))


@given(
    st.integers(0, 3),
    small,
    small,
    st.sampled_from(["linear", "relu", "sigmoid", "tanh", "softmax"]),
    seeds,
)
def test_dense_loops(examples, inputs, units, activation, seed):
    layer = Dense(whole((inputs, units), seed), whole((units,), seed + 1), activation)
    assert_loops_equal_fast(layer, whole((examples, inputs), seed + 2))


@given(
    st.integers(0, 2),
    st.tuples(small, small),
    window,
    strides,
    padding,
    channels,
    channels,
    st.booleans(),
    activation,
    seeds,
)
def test_conv_loops(examples, size, window, strides, padding, c, f, use_bias, activation, seed):
    bias = whole((f,), seed + 1) if use_bias else None
    layer = Conv2D(whole((*window, c, f), seed), bias, strides, padding, activation)
    assert_loops_equal_fast(layer, whole((examples, *fits(size, window, padding), c), seed + 2))


@given(
    st.integers(0, 2),
    st.tuples(small, small),
    window,
    strides,
    padding,
    channels,
    seeds,
)
def test_pooling_loops(examples, size, window, strides, padding, c, seed):
    layer = MaxPooling2D(window, strides, padding)
    # All below zero, so that a padding of zero would show.
    x = whole((examples, *fits(size, window, padding), c), seed, low=-9, high=0)
    assert_loops_equal_fast(layer, x)


@given(st.integers(0, 3), st.sampled_from([(), (2,), (3, 2)]), channels, seeds)
def test_batch_normalization_loops(examples, axes, c, seed):
    rng = np.random.default_rng(seed)
    layer = BatchNormalization(
        rng.normal(1, 1, c),
        rng.normal(0, 2, c),
        rng.normal(0, 2, c),
        rng.uniform(0.1, 4, c),
    )
    x = rng.normal(0, 3, (examples, *axes, c)).astype(np.float32)
    fast, loops = layer.forward(x), layer.forward_loops(x)
    assert fast.shape == loops.shape == x.shape
    assert fast.dtype == loops.dtype == np.float32
    # Here the fast version computes another formula, x · scale + (beta − mean · scale). Its terms
    # reach about 60, where float32 steps are 4e-6; a few roundings of that size remain.
    assert np.abs(fast - loops).max(initial=0) <= 4e-5


@given(st.integers(0, 3), st.lists(st.integers(1, 4), min_size=1, max_size=3), seeds)
def test_the_other_layers_loops(examples, axes, seed):
    x = whole((examples, *axes), seed)
    size = int(np.prod(axes))
    for layer in (
        Rescaling(0.5, 3),
        Flatten(),
        Reshape((size, 1)),
        Activation("relu"),
        Activation("linear"),
    ):
        assert_loops_equal_fast(layer, x)
    soft = Activation("softmax")
    # exp of one row and of a batch may take different vector instructions: one step of float32.
    assert np.allclose(soft.forward(x), soft.forward_loops(x), rtol=3e-7, atol=0)


@given(st.tuples(small, small), window, strides, padding, seeds)
def test_im2col_rows_are_patches(size, window, strides, padding, seed):
    x = pad(whole((2, *fits(size, window, padding), 2), seed), window, strides, padding)
    patches = im2col(x, window, strides)
    rows, columns = window_positions(x.shape[1:3], window, strides, "valid")
    assert patches.shape == (2 * rows * columns, window[0] * window[1] * 2)
    for k, (n, i, j) in enumerate(np.ndindex(2, rows, columns)):
        top, left = i * strides[0], j * strides[1]
        patch = x[n, top : top + window[0], left : left + window[1]]
        assert np.array_equal(patches[k], patch.ravel())


@pytest.mark.parametrize(
    ("n", "k", "s", "valid", "same", "before", "after"),
    [
        (28, 3, 1, 26, 28, 1, 1),
        (28, 7, 3, 8, 10, 3, 3),
        (28, 2, 2, 14, 14, 0, 0),
        (5, 2, 1, 4, 5, 0, 1),
        (5, 2, 2, 2, 3, 0, 1),
        (5, 3, 2, 2, 3, 1, 1),
        (6, 3, 2, 2, 3, 0, 1),
        (7, 4, 1, 4, 7, 1, 2),
        (
            5,
            1,
            3,
            2,
            2,
            0,
            0,
        ),  # (2 − 1) · 3 + 1 − 5 is negative: nothing is added, or cut off
    ],
)
def test_window_positions_and_padding_by_hand(n, k, s, valid, same, before, after):
    assert window_positions((n, n), (k, k), (s, s), "valid") == (valid, valid)
    assert window_positions((n, n), (k, k), (s, s), "same") == (same, same)
    padded = pad(np.ones((1, n, 50, 1), np.float32), (k, 1), (s, 1), "same")[0, :, 0, 0]
    assert padded.tolist() == [0] * before + [1] * n + [0] * after


def test_pad_order_is_rows_then_columns():
    padded = pad(np.ones((1, 2, 2, 1), np.float32), (1, 3), (1, 1), "same", value=7)
    assert grid(padded) == [[7, 1, 1, 7], [7, 1, 1, 7]]


@pytest.mark.parametrize("method", METHODS)
def test_layers_leave_their_input_alone(method):
    x = whole((2, 5, 5, 2))
    before = x.copy()
    for layer in (
        Conv2D(whole((3, 3, 2, 2)), whole((2,)), padding="same", activation="relu"),
        MaxPooling2D(padding="same"),
        BatchNormalization(*np.ones((4, 2))),
        Activation("relu"),
        Rescaling(),
    ):
        getattr(layer, method)(x)
        assert np.array_equal(x, before), layer


# --- Errors of layers -----------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("layer", "shape", "says"),
    [
        (
            Dense(np.ones((3, 2)), np.ones(2)),
            (1, 4),
            r"dense: .*\(N, 3\), found \(1, 4\)",
        ),
        (Dense(np.ones((3, 2)), np.ones(2)), (3,), r"\(N, 3\), found \(3,\)"),
        (
            Conv2D(np.ones((3, 3, 2, 1))),
            (1, 5, 5, 1),
            r"\(N, H, W, 2\), found \(1, 5, 5, 1\)",
        ),
        (
            Conv2D(np.ones((3, 3, 1, 1))),
            (5, 5, 1),
            r"\(N, H, W, 1\), found \(5, 5, 1\)",
        ),
        (
            Conv2D(np.ones((3, 3, 1, 1))),
            (1, 2, 5, 1),
            r"\(3, 3\) does not fit .* \(2, 5\)",
        ),
        (MaxPooling2D(), (4, 4, 1), r"\(N, H, W, C\), found \(4, 4, 1\)"),
        (MaxPooling2D((1, 6)), (1, 5, 5, 1), r"\(1, 6\) does not fit"),
        (BatchNormalization(*np.ones((4, 3))), (1, 2), r"\(…, 3\), found \(2,\)"),
        (Reshape((2, 2)), (1, 5), r"\(5,\) cannot be reshaped to \(2, 2\)"),
    ],
)
def test_input_that_does_not_fit(layer, method, shape, says):
    with pytest.raises(ValueError, match=says):
        getattr(layer, method)(np.zeros(shape, np.float32))


@pytest.mark.parametrize(
    ("build", "says"),
    [
        (lambda: Dense(np.ones((3, 2)), np.ones(3)), r"\(3, 2\) and \(3,\)"),
        (lambda: Dense(np.ones(3), np.ones(3)), r"kernel \(D, U\)"),
        (
            lambda: Conv2D(np.ones((3, 3, 1, 2)), np.ones(3)),
            r"\(3, 3, 1, 2\) and \(3,\)",
        ),
        (lambda: Conv2D(np.ones((3, 3))), r"\(3, 3\) and None"),
        (lambda: Conv2D(np.ones((3, 3, 1, 1)), padding="full"), "found 'full'"),
        (
            lambda: Conv2D(np.ones((3, 3, 1, 1)), strides=(0, 1)),
            r"at least 1, found \(0, 1\)",
        ),
        (lambda: MaxPooling2D(padding="causal"), "found 'causal'"),
        (lambda: MaxPooling2D((2, 0)), r"found \(2, 0\)"),
        (lambda: BatchNormalization([1], [1], [1], [1, 2]), "four arrays of one shape"),
        (lambda: Activation("gelu"), "'linear', 'relu', 'sigmoid', 'softmax'.*found 'gelu'"),
        (lambda: Dense(np.ones((1, 1)), np.ones(1), "selu"), "found 'selu'"),
    ],
)
def test_layer_that_cannot_be(build, says):
    with pytest.raises(ValueError, match=says):
        build()


# --- The network ----------------------------------------------------------------------------

DESCRIPTION = [
    {"layer": "Rescaling", "name": "scale", "scale": 0.5},
    {"layer": "Reshape", "name": "channel", "target_shape": [5, 6, 1]},
    {
        "layer": "Conv2D",
        "name": "conv",
        "filters": 2,
        "kernel_size": [3, 3],
        "strides": [1, 2],
        "padding": "same",
        "use_bias": False,
    },
    {"layer": "BatchNormalization", "name": "norm", "epsilon": 0.5},
    {"layer": "Activation", "name": "relu", "activation": "relu"},
    {"layer": "MaxPooling2D", "name": "pool", "pool_size": [2, 2]},
    {"layer": "Flatten", "name": "flatten"},
    {"layer": "Dropout", "name": "dropout", "rate": 0.5},
    {"layer": "Dense", "name": "hidden", "units": 4, "activation": "relu"},
    {"layer": "Dense", "name": "logits", "units": 3},
]


def some_weights():
    return {
        "conv/kernel": whole((3, 3, 1, 2), 1),
        "norm/gamma": whole((2,), 2, 1),
        "norm/beta": whole((2,), 3),
        "norm/moving_mean": whole((2,), 4),
        "norm/moving_variance": whole((2,), 5, 1),
        "hidden/kernel": whole((4, 4), 6),
        "hidden/bias": whole((4,), 7),
        "logits/kernel": whole((4, 3), 8),
        "logits/bias": whole((3,), 9),
    }


@pytest.fixture
def network():
    return Sequential.from_description(DESCRIPTION, some_weights(), (5, 6))


def test_network_by_hand():
    """Two units, ReLU, one unit: 2 · max(0, 1 − 3 + 1) + 10 · max(0, 1 + 3) − 5 = 35."""
    network = Sequential(
        [
            Dense([[1, 1], [-1, 1]], [1, 0], "relu", "first"),
            Dense([[2], [10]], [-5], name="second"),
        ],
        (2,),
    )
    assert network.forward(np.array([[1, 3]])).tolist() == [[35]]
    assert network(np.array([[1, 3]])).tolist() == [[35]]
    outputs = network.outputs(np.array([[1, 3]]))
    assert {name: a.tolist() for name, a in outputs.items()} == {
        "first": [[0, 4]],
        "second": [[35]],
    }
    assert network.parameters == 4 + 2 + 2 + 1


def test_outputs_are_every_layers_in_order(network):
    x = whole((3, 5, 6), 10)
    outputs = network.outputs(x)
    names = [
        "scale",
        "channel",
        "conv",
        "norm",
        "relu",
        "pool",
        "flatten",
        "hidden",
        "logits",
    ]
    assert list(outputs) == names
    assert [outputs[layer.name].shape[1:] for layer in network.layers] == network.shapes
    assert np.array_equal(outputs["logits"], network.forward(x))
    loops = x
    for layer in network.layers:
        loops = layer.forward_loops(loops)
    # Normalised numbers are not whole: a few steps of float32, grown by the weights up to 4.
    assert np.allclose(loops, outputs["logits"], rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("batch_size", [1, 3, 7, 8, 100])
def test_predict_misses_none(network, batch_size):
    """Seven examples: batches that divide them, that do not, and one larger than all."""
    x = whole((7, 5, 6), 11)
    each = np.concatenate([network.forward(x[i : i + 1]) for i in range(7)])
    # One row and many may be multiplied by different routines: float32 steps only.
    assert np.allclose(network.predict(x, batch_size), each, rtol=1e-5, atol=1e-4)
    assert network.predict(x, batch_size).dtype == np.float32


def test_no_examples(network):
    assert network.forward(np.zeros((0, 5, 6))).shape == (0, 3)
    assert network.predict(np.zeros((0, 5, 6))).shape == (0, 3)
    assert network.predict_probabilities(np.zeros((0, 5, 6))).shape == (0, 3)


def test_probabilities_are_the_softmax_of_logits_once():
    kernel, bias = [[0, log(3)]], [0, 0]
    for activation in ("linear", "softmax"):
        network = Sequential([Dense(kernel, bias, activation)], (1,))
        p = network.predict_probabilities(np.ones((1, 1)))
        assert p[0] == pytest.approx([0.25, 0.75], rel=1e-6), activation  # ln 3 in float32


def test_weights_go_round(network):
    weights = some_weights()
    assert list(network.weights) == list(weights)
    for name, array in network.weights.items():
        assert array.dtype == np.float32
        assert np.array_equal(array, weights[name])
    assert network.parameters == sum(array.size for array in weights.values()) == 61


def test_repr_reads_as_the_architecture(network):
    assert repr(network).splitlines() == [
        "input                                        (5, 6)",
        "scale    Rescaling × 0.5                     (5, 6)      0",
        "channel  Reshape                             (5, 6, 1)   0",
        "conv     Conv2D 2 of 3×3, strides 1×2, same  (5, 3, 2)  18",
        "norm     BatchNormalization 2 channels       (5, 3, 2)   8",
        "relu     Activation relu                     (5, 3, 2)   0",
        "pool     MaxPooling2D 2×2, stride 2          (2, 1, 2)   0",
        "flatten  Flatten                             (4,)        0",
        "hidden   Dense 4 units, relu                 (4,)       20",
        "logits   Dense 3 units                       (3,)       15",
        "61 parameters",
    ]


def test_repr_of_layers():
    assert repr(Dense(np.ones((2, 3)), np.ones(3), "softmax")) == "<Dense 3 units, softmax>"
    assert repr(Rescaling(2, -1)) == "<Rescaling × 2 + -1>"
    assert repr(Conv2D(np.ones((5, 3, 1, 8)), strides=2)) == "<Conv2D 8 of 5×3, stride 2>"


def test_one_number_stands_for_two():
    layer = MaxPooling2D(3, 2)
    assert (layer.pool_size, layer.strides) == ((3, 3), (2, 2))
    assert MaxPooling2D((2, 3)).strides == (2, 3)
    assert Conv2D(np.ones((1, 1, 1, 1)), strides=3).strides == (3, 3)


@pytest.mark.parametrize("shape", [(5, 6), (2, 6, 5), (2, 30), (1, 5, 6, 1)])
@pytest.mark.parametrize("call", ["forward", "outputs", "predict", "predict_probabilities"])
def test_not_a_batch(network, shape, call):
    with pytest.raises(ValueError, match=r"\(N, 5, 6\), found"):
        getattr(network, call)(np.zeros(shape))


def test_batch_size_of_none(network):
    with pytest.raises(ValueError, match="at least 1, found 0"):
        network.predict(np.zeros((2, 5, 6)), 0)


def test_layers_that_do_not_join():
    layers = [
        Dense(np.ones((2, 3)), np.ones(3), name="a"),
        Dense(np.ones((4, 1)), [0], name="b"),
    ]
    with pytest.raises(ValueError, match=r"b: expected \(4,\) inputs, found \(3,\)"):
        Sequential(layers, (2,))
    with pytest.raises(ValueError, match=r"found \['a', 'a'\]"):
        Sequential([layers[0], Dense(np.ones((3, 1)), [0], name="a")], (2,))
    with pytest.raises(ValueError, match="at least one layer"):
        Sequential([], (2,))


def test_description_with_an_array_missing_or_left_over():
    weights = some_weights()
    del weights["norm/beta"]
    with pytest.raises(ValueError, match="expected the array norm/beta, found none"):
        Sequential.from_description(DESCRIPTION, weights, (5, 6))
    weights = {**some_weights(), "conv/bias": np.zeros(2)}
    with pytest.raises(ValueError, match=r"no layer takes \['conv/bias'\]"):
        Sequential.from_description(DESCRIPTION, weights, (5, 6))


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ({"layer": "LSTM", "name": "l"}, "l: .*Conv2D.* found 'LSTM'"),
        (
            {"layer": "Dense", "name": "d", "use_bias": False},
            "d: expected a Dense layer with a",
        ),
        # Left out, each of these would silently give other numbers.
        (
            {"layer": "Flatten", "name": "f", "data_format": "channels_first"},
            "channels_first",
        ),
        (
            {"layer": "Conv2D", "name": "c", "dilation_rate": [2, 2]},
            r"c: .*\(1, 1\), .*\[2, 2\]",
        ),
        (
            {"layer": "Conv2D", "name": "c", "groups": 2},
            "c: expected groups = 1, found 2",
        ),
        (
            {"layer": "BatchNormalization", "name": "n", "axis": 1},
            "n: expected axis = -1",
        ),
    ],
)
def test_description_of_something_else(entry, says):
    weights = {"d/kernel": np.ones((4, 2))} if entry["layer"] == "Dense" else {}
    with pytest.raises(ValueError, match=says):
        Sequential.from_description([entry], weights, (4,))


def test_description_with_the_usual_options():
    """As Keras writes them, and as JSON does."""
    for rate in ((1, 1), [1, 1], 1):
        entry = {
            "layer": "Conv2D",
            "name": "c",
            "dilation_rate": rate,
            "groups": 1,
            "data_format": "channels_last",
        }
        weights = {"c/kernel": whole((2, 2, 1, 1)), "c/bias": [0]}
        assert Sequential.from_description([entry], weights, (2, 2, 1)).shapes == [(1, 1, 1)]


def test_description_is_not_changed():
    before = [dict(entry) for entry in DESCRIPTION]
    Sequential.from_description(DESCRIPTION, some_weights(), (5, 6))
    assert before == DESCRIPTION


# --- What the module leans on ---------------------------------------------------------------


def test_imports_numpy_and_the_standard_library_only():
    with open(forward.__file__, encoding="utf-8") as file:  # noqa: PTH123
        tree = ast.parse(file.read())
    imported = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            imported.add(node.module.split(".")[0])
    assert imported - sys.stdlib_module_names == {"numpy"}


def test_loads_nothing_else():
    """In a fresh interpreter, so that what other tests imported does not count."""
    code = "import sys; before = set(sys.modules); import digitrec.forward; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    ours = {name for name in loaded if name.startswith("digitrec")}
    assert ours == {"digitrec", "digitrec.forward"}
    for heavy in (
        "tensorflow",
        "keras",
        "cv2",
        "PIL",
        "matplotlib",
        "pandas",
        "scipy",
    ):
        assert heavy not in loaded


def test_a_network_that_scales_refuses_scaled_pixels():
    network = forward.Sequential([forward.Rescaling(), forward.Flatten()], (2, 2))
    pixels = np.full((1, 2, 2), 255, np.uint8)
    np.testing.assert_array_equal(network.forward(pixels), np.ones((1, 4)))
    for call in (network.forward, network.predict, network.outputs):
        with pytest.raises(ValueError, match="scaled twice"):
            call(pixels / 255)


def test_layers_compute_in_float32_whatever_comes_in():
    x = np.ones((1, 3, 3, 1))  # float64
    conv = forward.Conv2D(np.ones((2, 2, 1, 1)), np.zeros(1))
    unit = forward.Dense(np.ones((2, 1)), np.zeros(1))
    for layer, batch in ((conv, x), (unit, np.ones((1, 2)))):
        assert layer.forward(batch).dtype == np.float32
        assert layer.forward_loops(batch).dtype == np.float32


def test_im2col_example_of_its_docstring():
    patches = forward.im2col(np.arange(9.0).reshape(1, 3, 3, 1), (2, 2), (1, 1))
    assert patches.tolist() == [[0, 1, 3, 4], [1, 2, 4, 5], [3, 4, 6, 7], [4, 5, 7, 8]]


# --- A new kind of layer ----------------------------------------------------------------------


def test_a_layer_is_one_class():
    """It declares what it takes; a description can have it, and weights are found by its names."""

    class Shift(forward.Layer):
        arguments = ("sign",)
        arrays = ("amount",)

        def __init__(self, amount, sign=1, name=""):
            super().__init__(name)
            self.amount, self.sign = np.float32(amount), sign

        def forward(self, x):
            return x + self.sign * self.amount

    description = [{"layer": "Shift", "name": "shift", "sign": -1}]
    try:
        network = Sequential.from_description(
            description, {"shift/amount": np.array([1.0, 2.0])}, (2,)
        )
        assert network.forward(np.array([[5.0, 5.0]])).tolist() == [[4.0, 3.0]]
        assert list(network.weights) == ["shift/amount"]
        assert network.parameters == 2
        with pytest.raises(ValueError, match="expected the array shift/amount"):
            Sequential.from_description(description, {}, (2,))
    finally:
        del forward.Layer.kinds["Shift"]


@pytest.mark.parametrize("kind", forward.Layer.kinds.values())
def test_what_a_layer_declares_is_what_it_has(kind):
    """Arguments and arrays are parameters of its constructor."""
    taken = inspect.signature(kind).parameters
    assert {*kind.arguments, *kind.arrays, "name"} == set(taken)
    assert set(kind.may_lack) <= set(kind.arrays)


@pytest.mark.parametrize("two", [2, np.int64(2), np.uint8(2), (2, 2), [2, 2]])
def test_strides_are_any_whole_number(two):
    """Also one that was computed with NumPy."""
    layer = forward.Conv2D(np.ones((2, 2, 1, 1)), strides=two)
    assert layer.strides == (2, 2)
    assert forward.MaxPooling2D(two).pool_size == (2, 2)
