"""Automatic differentiation: the gradients of :mod:`digitrec.backprop` without its rules.

A :class:`Value` remembers what it was made of, and how a gradient goes back to each of those. For
a new formula there is nothing to derive: it is made of operations that know their own derivative.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Back = Callable[[np.ndarray], np.ndarray]


class Value:
    """An array, and the gradient with respect to it once :meth:`backward` was called."""

    def __init__(self, data: np.ndarray | float, *made_of: tuple[Value, Back]) -> None:
        self.data, self.made_of = np.asarray(data, np.float64), made_of
        self.gradient = np.zeros_like(self.data)

    def __add__(self, other: Value) -> Value:
        return Value(self.data + other.data, (self, lambda g: g), (other, lambda g: g))

    def __mul__(self, other: Value) -> Value:
        a, b = self.data, other.data
        return Value(a * b, (self, lambda g: g * b), (other, lambda g: g * a))

    def __matmul__(self, other: Value) -> Value:
        a, b = self.data, other.data
        return Value(a @ b, (self, lambda g: g @ b.T), (other, lambda g: a.T @ g))

    def relu(self) -> Value:  # noqa: D102
        return Value(np.maximum(self.data, 0), (self, lambda g: g * (self.data > 0)))

    def exp(self) -> Value:  # noqa: D102
        e = np.exp(self.data)
        return Value(e, (self, lambda g: g * e))

    def log(self) -> Value:  # noqa: D102
        return Value(np.log(self.data), (self, lambda g: g / self.data))

    def sum(self, axis: int | None = None) -> Value:  # noqa: D102
        total = self.data.sum(axis, keepdims=axis is not None)
        return Value(total, (self, lambda g: np.broadcast_to(g, self.data.shape)))

    def backward(self) -> None:
        """Compute the gradient of this one number with respect to all that it was made of."""
        order: dict[Value, None] = {}  # each after all that it was made of

        def visit(value: Value) -> None:
            for part, _ in value.made_of:
                if part not in order:
                    visit(part)
            order[value] = None

        visit(self)
        self.gradient = np.ones_like(self.data)
        for value in reversed(order):
            for part, back in value.made_of:
                part.gradient += _summed_to(back(value.gradient), part.data.shape)


def _summed_to(g: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Undo broadcasting: what was used many times gets the sum of the gradients of all uses."""
    g = g.sum(axis=tuple(range(g.ndim - len(shape))))
    return g.sum(axis=tuple(k for k, n in enumerate(shape) if n == 1), keepdims=True)


def cross_entropy(z: Value, y: np.ndarray) -> Value:
    """Return the mean of −log softmax(z)[y]; z (N, U) logits, y (N,) labels."""
    z = z + Value(-z.data.max(axis=1, keepdims=True))  # a constant; exp cannot overflow
    at_label = z * Value(np.eye(z.data.shape[1])[y])
    losses = z.exp().sum(axis=1).log() + at_label.sum(axis=1) * Value(-1)
    return losses.sum() * Value(1 / len(y))
