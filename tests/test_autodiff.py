"""Automatic differentiation: by hand, and the gradients of backpropagation."""

from pathlib import Path

import numpy as np
import pytest

from digitrec import autodiff, backprop, networks
from digitrec.autodiff import Value, cross_entropy
from digitrec.mnist import load_mnist


def test_by_hand():
    """f = sum of (x · y + x) at x = 2, y = 3: df/dx = 4, df/dy = 2; x is used twice."""
    x, y = Value([2.0]), Value([3.0])
    f = (x * y + x).sum()
    f.backward()
    assert f.data == 8
    assert x.gradient == [4]
    assert y.gradient == [2]


def test_what_is_broadcast_gets_the_sum_of_its_uses():
    x, b = Value(np.ones((3, 2))), Value([10.0, 20.0])
    ((x + b) * x).sum().backward()
    assert b.gradient.tolist() == [3, 3]
    assert x.gradient.tolist() == [[12, 22]] * 3


def test_a_value_in_two_ways_waits_for_both():
    """x → x² → (x²)² + x²: the gradient of x² is complete before it goes on."""
    x = Value(3.0)
    square = x * x
    (square * square + square).backward()
    assert x.gradient == 4 * 3**3 + 2 * 3


@pytest.mark.parametrize("operation", [Value.relu, Value.exp, Value.log, Value.sum])
def test_operations_against_differences(operation):
    x, h = np.array([[0.5, 2.0, 1.5]]), 1e-6
    value = Value(x)
    operation(value).sum().backward()
    for k in range(3):
        step = h * np.eye(3)[k]
        above, below = (operation(Value(x + s)).data.sum() for s in (step, -step))
        assert value.gradient[0, k] == pytest.approx((above - below) / (2 * h), rel=1e-8)


def test_the_same_gradients_as_backpropagation():
    """The dense network, 64 digits; both in float64, where only the order of sums differs."""
    data = load_mnist()
    x, y = data.x_train[:64], data.y_train[:64]
    network = backprop.in_float64(backprop.initial(networks.ARCHITECTURES["dense"], 1))
    values = {name: Value(array) for name, array in network.weights.items()}
    a = Value(x.reshape(64, -1) * network.layers[0].scale)
    for layer in ("dense1", "dense2", "logits"):
        a = a @ values[f"{layer}/kernel"] + values[f"{layer}/bias"]
        if layer != "logits":
            a = a.relu()
    loss = cross_entropy(a, y)
    loss.backward()
    expected_loss, expected = backprop.gradients(network, x, y)
    assert loss.data == pytest.approx(expected_loss, abs=1e-14)
    assert set(expected) == set(values)
    for name, gradient in expected.items():
        assert np.abs(gradient).max() > 1e-3
        np.testing.assert_allclose(values[name].gradient, gradient, rtol=0, atol=1e-15)


def test_it_is_small_enough_to_read():
    """At most 60 lines; blank ones do not count."""
    lines = Path(autodiff.__file__).read_text("utf-8").splitlines()
    assert sum(bool(line.strip()) for line in lines) <= 60
