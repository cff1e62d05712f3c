"""Backpropagation in NumPy: the layers of :mod:`digitrec.forward` learn.

A loss says how wrong a network is on a batch. Its gradient says, for each number of each array, how
fast the loss grows with that number. A step of training makes every number a little smaller or
larger, against its gradient. The gradients come from the chain rule, from the last layer back to
the first:

``forward(layer, x, rng)``
    the layer's output while it is trained, and what the way back needs to remember of it.
``backward(layer, remembered, gradient)``
    from the gradient of the loss with respect to the layer's output: the gradient with respect to
    its input, which is the one that the layer before it asks for, and those of its arrays.
``backward_loops``
    the same from the definition, one number at a time. Read this one first.

How a kind of layer learns is one class here, a :class:`Rule`; :data:`RULES` has them all. The
layers are the same objects that ``forward.py`` runs, and training changes their arrays in place:
what was trained can be used, stored and loaded into Keras at once.

Everything is computed in the type of the network's arrays: float32 as a rule, float64 in
:func:`gradient_check`. Axes are named as in ``forward.py``; a gradient has the axes of what it is
the gradient of. The method is that of :cite:t:`rumelhart1986`.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from functools import wraps
from math import inf, prod, sqrt
from typing import Any, Generic, TextIO, TypeVar, cast

import numpy as np
from threadpoolctl import ThreadpoolController

from digitrec.forward import (
    ACTIVATIONS,
    TRAINING_ONLY,
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
    Shape,
    im2col,
    margins,
    pad,
    shifted,
)

#: Gradients by the names of the arrays that they belong to.
Gradients = dict[str, np.ndarray]
#: What a layer keeps from its forward pass; each rule knows what its own means.
Remembered = Any
#: A layer's output, and what is remembered of it.
Forward = tuple[np.ndarray, Remembered]
#: The gradient of a layer's input (None where nothing asks for it), and those of its arrays.
Backward = tuple[np.ndarray | None, Gradients]
#: Makes a kernel of a shape.
Draw = Callable[[Shape], np.ndarray]
#: Makes an epoch's images and labels from all images and labels.
Change = Callable[[np.ndarray, np.ndarray, np.random.Generator], tuple[np.ndarray, np.ndarray]]

# NumPy's BLAS shares each matrix product among the cores. A step has dozens, each over in less than
# a millisecond, and the threads wait for the next one by running in circles: several times the
# processor time for nothing. So a training has one thread.
_BLAS = ThreadpoolController()

F = TypeVar("F", bound=Callable[..., Any])


def _one_thread(function: F) -> F:
    """Have a function compute its matrix products in one thread."""

    @wraps(function)
    def limited(*arguments: Any, **named: Any) -> Any:
        with _BLAS.limit(limits=1, user_api="blas"):
            return function(*arguments, **named)

    return cast(F, limited)


# --- The loss -------------------------------------------------------------------------------


def softmax_cross_entropy(logits: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
    r"""Say how wrong logits are, and how the loss grows with each of them.

    ``loss = mean over n of −log p[n, y[n]]`` with ``p = softmax(logits)``. Softmax and logarithm
    belong together: ``−log p[y] = log(sum of exp(z)) − z[y]``, and of the first term the derivative
    is ``exp(z) / sum of exp(z) = p``, of the second it is 1 where the label is. Hence the gradient
    is ``(p − y) / N``, y being 1 at the label and 0 elsewhere: what the network says, minus what it
    should have said.

    Parameters
    ----------
    logits : (N, U) float
    y : (N,) integer or (N, U) float
        Labels from 0 to U − 1; or the probabilities that should have come out, rows of sum 1.

    Returns
    -------
    loss : float, ≥ 0
        The mean over the batch, in nats: log(U), 2.3 for ten classes, where nothing was learned.
    gradient : (N, U) float, like the logits
        Rows of sum 0.

    Raises
    ------
    ValueError
        Logits and labels that do not belong together, no examples, or a label that is no class.

    References
    ----------
    :cite:t:`goodfellow2016deep`, section 6.2.2.3.
    """
    logits, target = _checked(logits, y)
    z = logits - logits.max(axis=1, keepdims=True)  # as in forward.softmax: exp cannot overflow
    e = np.exp(z)
    total = e.sum(axis=1, keepdims=True)  # (N, 1)
    loss = float((target * (np.log(total) - z)).sum() / len(z))
    e /= total
    e -= target
    e /= len(z)
    return loss, e


def softmax_cross_entropy_loops(logits: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
    """Compute the same as :func:`softmax_cross_entropy`, one number at a time."""
    logits, target = _checked(logits, y)
    examples, classes = logits.shape
    loss, gradient = 0.0, np.empty_like(logits)
    for n in range(examples):
        largest = max(logits[n])
        total = sum(np.exp(logits[n, u] - largest) for u in range(classes))
        for u in range(classes):
            log_p = logits[n, u] - largest - np.log(total)
            loss -= target[n, u] * log_p / examples
            gradient[n, u] = (np.exp(log_p) - target[n, u]) / examples
    return float(loss), gradient


def _checked(logits: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the logits, and the probabilities that should have come out; both (N, U)."""
    logits, y = np.asarray(logits), np.asarray(y)
    if not np.issubdtype(logits.dtype, np.floating):
        logits = logits.astype(np.float64)
    if logits.ndim != 2 or not len(logits) or y.shape not in (logits.shape[:1], logits.shape):
        raise ValueError(
            "expected logits (N, U) and labels (N,) or probabilities (N, U), N ≥ 1; "
            f"found {logits.shape} and {y.shape}"
        )
    if y.ndim == 2:
        target = y.astype(logits.dtype, copy=False)
        sums = target.sum(axis=1)
        far = np.flatnonzero(~(np.abs(sums - 1) < 1e-3))  # NaN is far, too
        if len(far) or target.min() < 0:
            row = int(far[0]) if len(far) else int(target.min(axis=1).argmin())
            raise ValueError(
                "expected probabilities, from 0, with the sum 1 in each row; "
                f"found in row {row} the least {target[row].min():g} and the sum {sums[row]:g}"
            )
        return logits, target
    expected = f"expected integer labels from 0 to {logits.shape[1] - 1}, found"
    if not np.issubdtype(y.dtype, np.integer):
        raise ValueError(f"{expected} {y.dtype}")
    if y.min() < 0 or y.max() >= logits.shape[1]:
        raise ValueError(f"{expected} {y.dtype} from {y.min()} to {y.max()}")
    return logits, np.eye(logits.shape[1], dtype=logits.dtype)[y]


# --- Activations ----------------------------------------------------------------------------

#: From an activation's output and the gradient with respect to it, the gradient with respect to its
#: input, by the names in ``forward.ACTIVATIONS``. ReLU lets the gradient of what was above 0
#: through and stops the rest; its slope at 0 itself, where it has none, counts as 0.
BEFORE_ACTIVATION: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "linear": lambda a, gradient: gradient,
    "relu": lambda a, gradient: gradient * (a > 0),
    "sigmoid": lambda a, gradient: gradient * a * (1 - a),
    "tanh": lambda a, gradient: gradient * (1 - a * a),
    # d p[u] / d z[v] = p[u] · ((1 if u is v, else 0) − p[v]), summed over u
    "softmax": lambda a, gradient: a * (gradient - (gradient * a).sum(axis=-1, keepdims=True)),
}


# --- How a kind of layer learns -------------------------------------------------------------

L = TypeVar("L", bound=Layer)


class Rule(Generic[L]):
    """How one kind of layer learns. It holds no numbers; those are the layer's."""

    def arrays(self, entry: Mapping[str, Any], input_shape: Shape, draw: Draw) -> Gradients:
        """Make the arrays of a new layer that a description has; ``draw`` makes its kernel."""
        return {}

    def forward(self, layer: L, x: np.ndarray, rng: np.random.Generator | None) -> Forward:
        """Compute what the layer gives while it is trained, and what :meth:`backward` needs."""
        raise NotImplementedError

    def backward(
        self, layer: L, remembered: Remembered, gradient: np.ndarray, first: bool = False
    ) -> Backward:
        """Return the gradient of the input, and those of the arrays; fast.

        Where the layer is the ``first`` that learns, nothing asks for the gradient of its input,
        and a rule may save the work and return None.
        """
        raise NotImplementedError

    def backward_loops(self, layer: L, remembered: Remembered, gradient: np.ndarray) -> Backward:
        """Return the same from the definition, one number at a time."""
        raise NotImplementedError

    def choices(self, layer: L, remembered: Remembered) -> np.ndarray | None:
        """Say on which side of its kinks each number was, if the layer has any."""
        return None

    def like_output(self, remembered: Remembered) -> np.ndarray | None:
        """Return what is remembered that has the output's shape, if there is such an array."""
        return None


class ActivationRule(Rule[Activation]):
    """``a = g(x)``: each gradient times the slope of g there (:data:`BEFORE_ACTIVATION`)."""

    def like_output(self, remembered: Remembered) -> np.ndarray:
        """Return the output."""
        return cast(np.ndarray, remembered)

    def forward(self, layer: Activation, x: np.ndarray, rng: np.random.Generator | None) -> Forward:
        """(N, …) → (N, …); remembers the output, which all slopes follow from."""
        a = layer.forward(x)
        return a, a

    def backward(
        self, layer: Activation, remembered: Remembered, gradient: np.ndarray, first: bool = False
    ) -> Backward:
        """(N, …) → (N, …)."""
        return BEFORE_ACTIVATION[layer.activation](remembered, gradient), {}

    def backward_loops(
        self, layer: Activation, remembered: Remembered, gradient: np.ndarray
    ) -> Backward:
        """(N, …) → (N, …), number by number."""
        return _before_activation_loops(layer.activation, remembered, gradient), {}

    def choices(self, layer: Activation, remembered: Remembered) -> np.ndarray | None:
        """Where ReLU let through."""
        return _let_through(layer, remembered)


def _before_activation_loops(name: str, a: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    """Compute what :data:`BEFORE_ACTIVATION` does, one number at a time."""
    before = np.zeros_like(gradient)
    for index in np.ndindex(a.shape):
        if name == "linear" or (name == "relu" and a[index] > 0):
            before[index] = gradient[index]
        elif name == "sigmoid":
            before[index] = gradient[index] * a[index] * (1 - a[index])
        elif name == "tanh":
            before[index] = gradient[index] * (1 - a[index] ** 2)
        elif name == "softmax":
            for u in range(a.shape[-1]):  # the output u depends on the input at index
                other = (*index[:-1], u)
                slope = a[other] * ((1 if other == index else 0) - a[index])
                before[index] += gradient[other] * slope
    return before


def _let_through(layer: Layer, a: np.ndarray) -> np.ndarray | None:
    """Say which outputs of a ReLU are above 0: on which side of its kink each was."""
    return a > 0 if layer.activation == "relu" else None


class MultiplyingRule(Rule[L]):
    """What a layer multiplied each number by on the way forward, it does on the way back."""

    def backward(
        self, layer: L, remembered: Remembered, gradient: np.ndarray, first: bool = False
    ) -> Backward:
        """(N, …) → (N, …); the factors, or the one for all, were remembered."""
        return gradient * remembered, {}

    def backward_loops(self, layer: L, remembered: Remembered, gradient: np.ndarray) -> Backward:
        """(N, …) → (N, …), number by number."""
        factors, dx = np.broadcast_to(remembered, gradient.shape), np.empty_like(gradient)
        for index in np.ndindex(gradient.shape):
            dx[index] = gradient[index] * factors[index]
        return dx, {}


class RescalingRule(MultiplyingRule[Rescaling]):
    """``a = x · scale + offset``, so ``dx = gradient · scale``; nothing is learned."""

    def forward(self, layer: Rescaling, x: np.ndarray, rng: np.random.Generator | None) -> Forward:
        """(N, …) → (N, …), as in ``forward.py``."""
        a = np.multiply(x, layer.scale, dtype=layer.scale.dtype)  # pixels are still uint8
        a += layer.offset
        return a, layer.scale


class ReshapeRule(Rule[Reshape]):
    """The same numbers with other axes: the gradient goes back to the axes of the input."""

    def forward(self, layer: Reshape, x: np.ndarray, rng: np.random.Generator | None) -> Forward:
        """(N, …) → (N, …) with other axes; remembers the old ones."""
        return layer.forward(x), x.shape

    def backward(
        self, layer: Reshape, remembered: Remembered, gradient: np.ndarray, first: bool = False
    ) -> Backward:
        """Give the gradient the axes of the input."""
        return gradient.reshape(remembered), {}

    def backward_loops(
        self, layer: Reshape, remembered: Remembered, gradient: np.ndarray
    ) -> Backward:
        """Move one number at a time, in the order in which they lie in memory."""
        dx = np.empty(remembered, gradient.dtype)
        for source, target in zip(np.ndindex(gradient.shape), np.ndindex(*remembered), strict=True):
            dx[target] = gradient[source]
        return dx, {}


class DenseRule(Rule[Dense]):
    """``z = x @ W + b``, ``a = g(z)``.

    With δ, the gradient with respect to z: the weight from input d to unit u is multiplied by
    ``x[n, d]`` in each example n, so ``dW[d, u] = sum over n of x[n, d] · δ[n, u]``. The input d
    goes to every unit, so ``dx[n, d] = sum over u of δ[n, u] · W[d, u]``. As matrix products:
    ``dW = xᵀ δ``, ``db = sum of δ over the examples``, ``dx = δ Wᵀ``.
    """

    def arrays(self, entry: Mapping[str, Any], input_shape: Shape, draw: Draw) -> Gradients:
        """Return kernel (D, U) and bias (U,), which starts at 0."""
        units = int(entry["units"])
        return {"kernel": draw((*input_shape, units)), "bias": np.zeros(units, np.float32)}

    def like_output(self, remembered: Remembered) -> np.ndarray:
        """Return the output."""
        return cast(np.ndarray, remembered[1])

    def forward(self, layer: Dense, x: np.ndarray, rng: np.random.Generator | None) -> Forward:
        """(N, D) → (N, U); remembers what came in and what went out."""
        a = ACTIVATIONS[layer.activation](x @ layer.kernel + layer.bias)  # (N, U)
        return a, (x, a)

    def backward(
        self, layer: Dense, remembered: Remembered, gradient: np.ndarray, first: bool = False
    ) -> Backward:
        """(N, U) → dx (N, D); dW (D, U), db (U,)."""
        x, a = remembered
        delta = BEFORE_ACTIVATION[layer.activation](a, gradient)  # (N, U)
        arrays = {"kernel": x.T @ delta, "bias": _channel_sums(delta)}  # (D, N) @ (N, U) = (D, U)
        return None if first else delta @ layer.kernel.T, arrays  # (N, U) @ (U, D) = (N, D)

    def backward_loops(
        self, layer: Dense, remembered: Remembered, gradient: np.ndarray
    ) -> Backward:
        """(N, U) → the same: each weight's share of each output, added up."""
        x, a = remembered
        delta = _before_activation_loops(layer.activation, a, gradient)
        dx, kernel, bias = map(np.zeros_like, (x, layer.kernel, layer.bias))
        for n, u in np.ndindex(delta.shape):
            bias[u] += delta[n, u]
            for d in range(len(kernel)):
                kernel[d, u] += x[n, d] * delta[n, u]
                dx[n, d] += layer.kernel[d, u] * delta[n, u]
        return dx, {"kernel": kernel, "bias": bias}

    def choices(self, layer: Dense, remembered: Remembered) -> np.ndarray | None:
        """Where ReLU let through."""
        return _let_through(layer, remembered[1])


#: How many images a convolution works on at a time. Their patches, KH · KW times as many numbers
#: as pixels, then stay in the processor's cache, and no more of them are kept.
AT_A_TIME = 32


class Conv2DRule(Rule[Conv2D]):
    """A convolution is a dense layer on patches, and its gradients are those of one.

    ``z = patches @ K + b``, hence ``dK = patchesᵀ δ`` and ``dpatches = δ Kᵀ``. A pixel lies in
    several patches, and its gradient is the sum of what each of them says. The zeros around a
    padded image were no input: their gradients are cut off.
    """

    def arrays(self, entry: Mapping[str, Any], input_shape: Shape, draw: Draw) -> Gradients:
        """Return kernel (KH, KW, C, F) and, if there is to be one, bias (F,), which starts at 0."""
        size, filters = entry["kernel_size"], int(entry["filters"])
        size = (size, size) if isinstance(size, int) else tuple(size)
        made = {"kernel": draw((*size, input_shape[-1], filters))}
        return made | (
            {"bias": np.zeros(filters, np.float32)} if entry.get("use_bias", True) else {}
        )

    def like_output(self, remembered: Remembered) -> np.ndarray:
        """Return the output."""
        return cast(np.ndarray, remembered[2])

    def forward(self, layer: Conv2D, x: np.ndarray, rng: np.random.Generator | None) -> Forward:
        """(N, H, W, C) → (N, OH, OW, F); remembers the padded images and the output."""
        kh, kw, _, filters = layer.kernel.shape
        padded = pad(x, (kh, kw), layer.strides, layer.padding)
        z = np.empty((len(x), *layer.output_shape(x.shape[1:])), x.dtype)
        for part in _parts(len(z)):
            patches = im2col(padded[part], (kh, kw), layer.strides)  # (n * OH * OW, KH * KW * C)
            np.matmul(patches, layer.kernel.reshape(-1, filters), out=z[part].reshape(-1, filters))
        if layer.bias is not None:
            z += layer.bias
        a = ACTIVATIONS[layer.activation](z)
        return a, (x.shape, padded, a)

    def backward(
        self, layer: Conv2D, remembered: Remembered, gradient: np.ndarray, first: bool = False
    ) -> Backward:
        """(N, OH, OW, F) → dx (N, H, W, C); dK (KH, KW, C, F), db (F,)."""
        shape, padded, a = remembered
        kh, kw, channels, filters = layer.kernel.shape
        delta = BEFORE_ACTIVATION[layer.activation](a, gradient)
        arrays = {"kernel": np.zeros_like(layer.kernel)}
        if layer.bias is not None:
            arrays["bias"] = _channel_sums(delta)
        dkernel = arrays["kernel"].reshape(-1, filters)
        kernels = layer.kernel.reshape(-1, channels, filters)  # (KH * KW, C, F)
        dpadded = np.zeros(padded.shape, delta.dtype)
        for part in _parts(len(delta)):
            flat = delta[part].reshape(-1, filters)  # (n * OH * OW, F)
            patches = im2col(padded[part], (kh, kw), layer.strides)  # (n * OH * OW, KH * KW * C)
            dkernel += patches.T @ flat
            if first:
                continue
            # What the kernel's pixel (p, q) saw, it gives its part of the gradient back to.
            views = shifted(dpadded[part], (kh, kw), layer.strides, delta.shape[1:3])
            for seen, kernel in zip(views, kernels, strict=True):
                seen += (flat @ kernel.T).reshape(seen.shape)  # (n * OH * OW, F) @ (F, C)
        dx = _without_padding(dpadded, shape, (kh, kw), layer.strides, layer.padding)
        return None if first else dx, arrays

    def backward_loops(
        self, layer: Conv2D, remembered: Remembered, gradient: np.ndarray
    ) -> Backward:
        """(N, OH, OW, F) → the same: each kernel's number is used at each position."""
        shape, padded, a = remembered
        kh, kw, channels, _ = layer.kernel.shape
        delta = _before_activation_loops(layer.activation, a, gradient)
        (above, _), (before, _) = margins(shape[1:3], (kh, kw), layer.strides, layer.padding)
        dx, kernel = np.zeros(shape, delta.dtype), np.zeros_like(layer.kernel)
        bias = np.zeros(delta.shape[3:], delta.dtype)
        for n, i, j, f in np.ndindex(delta.shape):
            bias[f] += delta[n, i, j, f]
            for p, q, c in np.ndindex(kh, kw, channels):
                row, column = i * layer.strides[0] + p, j * layer.strides[1] + q
                kernel[p, q, c, f] += padded[n, row, column, c] * delta[n, i, j, f]
                row, column = row - above, column - before
                if 0 <= row < shape[1] and 0 <= column < shape[2]:  # else it is padding
                    dx[n, row, column, c] += layer.kernel[p, q, c, f] * delta[n, i, j, f]
        return dx, {"kernel": kernel} | ({} if layer.bias is None else {"bias": bias})

    def choices(self, layer: Conv2D, remembered: Remembered) -> np.ndarray | None:
        """Where ReLU let through."""
        return _let_through(layer, remembered[2])


def _parts(images: int) -> list[slice]:
    """Take a few of so many images at a time."""
    return [slice(start, start + AT_A_TIME) for start in range(0, images, AT_A_TIME)]


def _without_padding(
    padded: np.ndarray,
    shape: Shape,
    window: tuple[int, int],
    strides: tuple[int, int],
    padding: str,
) -> np.ndarray:
    """Cut off what :func:`digitrec.forward.pad` puts around images of a shape (N, H, W, C)."""
    (above, _), (before, _) = margins(shape[1:3], window, strides, padding)
    return padded[:, above : above + shape[1], before : before + shape[2]]


class MaxPooling2DRule(Rule[MaxPooling2D]):
    """Only the largest number of a window went on, so it alone gets the window's gradient.

    Of several that are equally large it is the first, row by row, as in TensorFlow.
    """

    def like_output(self, remembered: Remembered) -> np.ndarray:
        """Return the output."""
        return cast(np.ndarray, remembered[2])

    def forward(
        self, layer: MaxPooling2D, x: np.ndarray, rng: np.random.Generator | None
    ) -> Forward:
        """(N, H, W, C) → (N, OH, OW, C); remembers the padded input and the output."""
        padded = pad(x, layer.pool_size, layer.strides, layer.padding, value=-np.inf)
        rows, columns, _ = layer.output_shape(x.shape[1:])
        windows = shifted(padded, layer.pool_size, layer.strides, (rows, columns))
        a = windows[0].copy()  # (N, OH, OW, C)
        for window in windows[1:]:
            np.maximum(a, window, out=a)
        return a, (x.shape, padded, a)

    def backward(
        self,
        layer: MaxPooling2D,
        remembered: Remembered,
        gradient: np.ndarray,
        first: bool = False,
    ) -> Backward:
        """(N, OH, OW, C) → (N, H, W, C): each window's gradient to where its maximum came from."""
        shape, padded, a = remembered
        dpadded = np.zeros(padded.shape, gradient.dtype)
        moves = layer.pool_size, layer.strides, a.shape[1:3]
        waiting = np.ones(a.shape, bool)  # windows whose maximum was not met yet
        for seen, pixels in zip(shifted(padded, *moves), shifted(dpadded, *moves), strict=True):
            here = waiting & (seen == a)
            pixels += gradient * here
            waiting &= ~here
        return _without_padding(dpadded, shape, layer.pool_size, layer.strides, layer.padding), {}

    def backward_loops(
        self, layer: MaxPooling2D, remembered: Remembered, gradient: np.ndarray
    ) -> Backward:
        """(N, OH, OW, C) → (N, H, W, C), window by window."""
        shape, padded, a = remembered
        (above, _), (before, _) = margins(shape[1:3], layer.pool_size, layer.strides, layer.padding)
        dx = np.zeros(shape, gradient.dtype)
        for n, i, j, c in np.ndindex(a.shape):
            for p, q in np.ndindex(layer.pool_size):
                row, column = i * layer.strides[0] + p, j * layer.strides[1] + q
                if padded[n, row, column, c] == a[n, i, j, c]:
                    dx[n, row - above, column - before, c] += gradient[n, i, j, c]
                    break
        return dx, {}

    def choices(self, layer: MaxPooling2D, remembered: Remembered) -> np.ndarray:
        """Which numbers of each window are the largest."""
        _, padded, a = remembered
        windows = shifted(padded, layer.pool_size, layer.strides, a.shape[1:3])
        return np.stack([window == a for window in windows])


class BatchNormalizationRule(Rule[BatchNormalization]):
    """While it is trained, a channel's mean μ and variance σ² are those of the batch.

    ``y = gamma · c + beta`` with ``c = (x − μ) / s`` and ``s = sqrt(σ² + epsilon)``. Over the R
    numbers of a channel (all examples, rows and columns): ``dbeta = sum of δ``,
    ``dgamma = sum of δ · c``. A number of x changes y directly and through μ and σ², which are made
    of all of them. The three together:

    ``dx = gamma / s · (δ − mean of δ − c · mean of δ · c)``

    Each step also moves the running statistics, which the network uses after the training, a
    little towards those of the batch: ``moving = momentum · moving + (1 − momentum) · batch``.

    :cite:t:`ioffe2015batch`, section 3.
    """

    def arrays(self, entry: Mapping[str, Any], input_shape: Shape, draw: Draw) -> Gradients:
        """Return what changes nothing: scale and variance 1, shift and mean 0; each (C,)."""
        ones, zeros = np.ones(input_shape[-1:], np.float32), np.zeros(input_shape[-1:], np.float32)
        return {
            "gamma": ones,
            "beta": zeros,
            "moving_mean": zeros.copy(),
            "moving_variance": ones.copy(),
        }

    def like_output(self, remembered: Remembered) -> np.ndarray:
        """Return the centred numbers."""
        return cast(np.ndarray, remembered[0])

    def forward(
        self, layer: BatchNormalization, x: np.ndarray, rng: np.random.Generator | None
    ) -> Forward:
        """(N, …, C) → (N, …, C); remembers c and s, and moves the running statistics."""
        count = x.size // x.shape[-1]  # R
        mean = _channel_sums(x) / count  # (C,)
        c = x - mean
        variance = _channel_sums(c, c) / count
        for moving, batch in ((layer.moving_mean, mean), (layer.moving_variance, variance)):
            moving += (batch - moving) * (1 - layer.momentum)
        spread = np.sqrt(variance + layer.epsilon)  # (C,)
        c /= spread
        y = c * layer.gamma
        y += layer.beta
        return y, (c, spread)

    def backward(
        self,
        layer: BatchNormalization,
        remembered: Remembered,
        gradient: np.ndarray,
        first: bool = False,
    ) -> Backward:
        """(N, …, C) → dx (N, …, C); dgamma (C,), dbeta (C,)."""
        c, spread = remembered
        count = c.size // c.shape[-1]
        beta, gamma = _channel_sums(gradient), _channel_sums(gradient, c)
        dx = c * (gamma / -count)
        dx += gradient
        dx -= beta / count
        dx *= layer.gamma / spread
        return dx, {"gamma": gamma, "beta": beta}

    def backward_loops(
        self, layer: BatchNormalization, remembered: Remembered, gradient: np.ndarray
    ) -> Backward:
        """(N, …, C) → the same, by each of the three ways from x to y."""
        remembered_c, spread = remembered
        c = remembered_c.reshape(-1, len(spread))  # (R, C)
        delta, (count, channels) = gradient.reshape(c.shape), c.shape
        dx, gamma, beta = np.zeros_like(c), np.zeros_like(spread), np.zeros_like(spread)
        for k in range(channels):
            by_mean = by_variance = 0.0  # the gradients with respect to μ and σ²
            for r in range(count):
                beta[k] += delta[r, k]
                gamma[k] += delta[r, k] * c[r, k]
                dc = delta[r, k] * layer.gamma[k]
                by_mean -= dc / spread[k]
                by_variance -= dc * c[r, k] / (2 * spread[k] ** 2)
            for r in range(count):
                directly = delta[r, k] * layer.gamma[k] / spread[k]
                through_variance = by_variance * 2 * c[r, k] * spread[k] / count
                dx[r, k] = directly + by_mean / count + through_variance
        return dx.reshape(gradient.shape), {"gamma": gamma, "beta": beta}


def _channel_sums(a: np.ndarray, b: np.ndarray | None = None) -> np.ndarray:
    """Add up a, or a · b, over all axes but the last: (N, …, C) → (C,).

    First over the examples, then the rest: a float32 sum of many thousand terms, one after the
    other, would have lost a digit more. It also is the fastest way.
    """
    flat = a.reshape(len(a), -1)
    if b is None:
        sums = np.ones(len(a), a.dtype) @ flat
    else:
        sums = np.einsum("nk,nk->k", flat, b.reshape(flat.shape))
    return sums.reshape(-1, a.shape[-1]).sum(axis=0)


class Dropout(Layer):
    """Drop a share of the numbers in each step of training; do nothing afterwards.

    ``a = x · m / (1 − rate)``, where m is 0 with probability ``rate`` and 1 otherwise. The division
    keeps the mean: nothing needs to be changed when the network is used (*inverted* dropout).

    ``forward.py`` leaves such layers out of a network. One that is to be trained has them, between
    the same other layers (:func:`initial`, :func:`with_dropout`).

    Parameters
    ----------
    rate : 0 … below 1

    Raises
    ------
    ValueError
        Another rate.

    References
    ----------
    :cite:t:`srivastava2014`.
    """

    arguments = ("rate",)

    def __init__(self, rate: float, name: str = "") -> None:
        super().__init__(name)
        if not 0 <= rate < 1:
            raise ValueError(f"{self.name}: expected a rate from 0 to below 1, found {rate}")
        self.rate = rate

    def forward(self, x: np.ndarray) -> np.ndarray:
        """Return what came in."""
        return x

    forward_loops = forward

    def describe(self) -> str:
        """Say how much is dropped, and when."""
        return f"Dropout {self.rate:g} in training"


class DropoutRule(MultiplyingRule[Dropout]):
    """``dx = gradient · m / (1 − rate)``: what was dropped had no part in the loss."""

    def like_output(self, remembered: Remembered) -> np.ndarray:
        """Return the factors."""
        return cast(np.ndarray, remembered)

    def forward(self, layer: Dropout, x: np.ndarray, rng: np.random.Generator | None) -> Forward:
        """(N, …) → (N, …); remembers by what each number was multiplied."""
        if rng is None:
            raise ValueError(f"{layer.name}: expected a random generator (rng), found none")
        # float32 whatever the network's type: the same numbers are dropped in either
        kept = rng.random(x.shape, np.float32) >= layer.rate
        factors = kept / x.dtype.type(1 - layer.rate)
        return x * factors, factors


Rules = Mapping[type[Layer], Rule[Any]]

#: How each kind of layer learns. A copy with another rule for a kind can be given to the functions
#: below, as :mod:`digitrec.wrong_gradients` does.
RULES: Rules = {
    Rescaling: RescalingRule(),
    Reshape: ReshapeRule(),
    Flatten: ReshapeRule(),
    Dense: DenseRule(),
    Conv2D: Conv2DRule(),
    MaxPooling2D: MaxPooling2DRule(),
    BatchNormalization: BatchNormalizationRule(),
    Activation: ActivationRule(),
    Dropout: DropoutRule(),
}


def rule_of(layer: Layer, rules: Rules = RULES) -> Rule[Any]:
    """Return how a layer learns.

    Raises
    ------
    TypeError
        There is no rule for its kind.
    """
    try:
        return rules[type(layer)]
    except KeyError:
        known = sorted(kind.__name__ for kind in rules)
        raise TypeError(
            f"{layer.name}: expected a layer of {known}, found {type(layer).__name__}"
        ) from None


def forward(layer: Layer, x: np.ndarray, rng: np.random.Generator | None = None) -> Forward:
    r"""Compute what a layer gives while it is trained, and what :func:`backward` needs of it.

    Other than ``layer.forward``, dropout drops, and a batch normalisation takes the batch's
    statistics and moves its running ones.

    Parameters
    ----------
    x : (N, …) float
        In the type of the layer's arrays.
    rng
        Needed by dropout alone.

    Returns
    -------
    output : (N, …) float
    remembered
        For :func:`backward`.
    """
    return rule_of(layer).forward(layer, x, rng)


def backward(
    layer: Layer, remembered: Remembered, gradient: np.ndarray
) -> tuple[np.ndarray, Gradients]:
    """Take the loss's gradient back through a layer, fast.

    Parameters
    ----------
    remembered
        From :func:`forward`.
    gradient : (N, …) float
        With respect to the layer's output, and of its shape.

    Returns
    -------
    gradient : (N, …) float
        With respect to the layer's input.
    arrays : dict of str to float array
        With respect to each array that learns, by its name and of its shape.

    Raises
    ------
    ValueError
        A gradient of another shape than the output's.
    """
    _check_gradient(layer, remembered, gradient)
    return _with_input(rule_of(layer).backward(layer, remembered, gradient))


def backward_loops(
    layer: Layer, remembered: Remembered, gradient: np.ndarray
) -> tuple[np.ndarray, Gradients]:
    """Compute the same as :func:`backward` from the definition, one number at a time."""
    _check_gradient(layer, remembered, gradient)
    return _with_input(rule_of(layer).backward_loops(layer, remembered, gradient))


def _check_gradient(layer: Layer, remembered: Remembered, gradient: np.ndarray) -> None:
    """Raise ``ValueError`` for a gradient that NumPy would stretch to the output's shape."""
    like = rule_of(layer).like_output(remembered)
    if like is not None and like.shape != np.shape(gradient):
        raise ValueError(
            f"{layer.name}: expected a gradient of the output's shape {like.shape}, "
            f"found {np.shape(gradient)}"
        )


def _with_input(found: Backward) -> tuple[np.ndarray, Gradients]:
    """Say to the type checker that the gradient of the input is there: it was asked for."""
    gradient, arrays = found
    assert gradient is not None
    return gradient, arrays


# --- A whole network ------------------------------------------------------------------------


def forward_pass(
    network: Sequential,
    x: np.ndarray,
    rng: np.random.Generator | None = None,
    *,
    rules: Rules = RULES,
) -> tuple[np.ndarray, list[Remembered]]:
    r"""Propagate a batch through all layers, in training, and remember what the way back needs.

    Parameters
    ----------
    x : (N, \*network.input_shape)
    rng
        What dropout draws from.

    Returns
    -------
    logits : (N, U) float
    remembered
        One entry a layer.

    Raises
    ------
    ValueError
        The last layer is a softmax, which the loss has already; or see :meth:`Sequential.check`.
    """
    if network.layers[-1].activation == "softmax":
        raise ValueError(
            f"{network.layers[-1].name}: expected logits, without an activation, found a softmax; "
            "the loss has it"
        )
    a = network.check(x)
    if not isinstance(network.layers[0], Rescaling):  # which makes floats of pixels itself
        a = a.astype(_dtype(network), copy=False)
    remembered = []
    for layer in network.layers:
        a, kept = rule_of(layer, rules).forward(layer, a, rng)
        remembered.append(kept)
    return a, remembered


def backward_pass(
    network: Sequential,
    remembered: Sequence[Remembered],
    gradient: np.ndarray,
    *,
    rules: Rules = RULES,
) -> Gradients:
    """Take a gradient from the last layer back to the first that has arrays.

    Parameters
    ----------
    remembered
        From :func:`forward_pass`.
    gradient : (N, U) float
        With respect to the logits.

    Returns
    -------
    dict of str to float array
        ``"<layer's name>/<array's name>"`` → the gradient with respect to that array.
    """
    found: Gradients = {}
    first = next((k for k, layer in enumerate(network.layers) if layer.arrays), len(remembered))
    for k in reversed(range(first, len(remembered))):
        layer, rule = network.layers[k], rule_of(network.layers[k], rules)
        back, arrays = rule.backward(layer, remembered[k], gradient, first=k == first)
        if back is not None:
            gradient = back
        found = {f"{layer.name}/{key}": array for key, array in arrays.items()} | found
    return found


@_one_thread
def gradients(
    network: Sequential,
    x: np.ndarray,
    y: np.ndarray,
    rng: np.random.Generator | None = None,
    *,
    rules: Rules = RULES,
) -> tuple[float, Gradients]:
    r"""Compute the loss of a batch, and its gradient with respect to every array that learns.

    Parameters
    ----------
    network
        Its last layer gives logits. A batch normalisation's running statistics are moved.
    x : (N, \*network.input_shape)
    y : (N,) integer, or (N, U) float
        As for :func:`softmax_cross_entropy`.
    rng
        What dropout draws from; only a network that has it needs one.

    Returns
    -------
    loss : float
        The batch's mean cross-entropy.
    gradients : dict of str to float array
        ``"<layer's name>/<array's name>"`` → the gradient, of the array's shape.

    Raises
    ------
    ValueError
        As of :func:`forward_pass` and :func:`softmax_cross_entropy`.
    TypeError
        A layer that there is no rule for.
    """
    logits, remembered = forward_pass(network, x, rng, rules=rules)
    loss, gradient = softmax_cross_entropy(logits, y)
    return loss, backward_pass(network, remembered, gradient, rules=rules)


def _dtype(network: Sequential) -> np.dtype:
    """Return the type of a network's arrays: what everything is computed in."""
    return next((array.dtype for array in network.weights.values()), np.dtype(np.float32))


# --- A new network --------------------------------------------------------------------------

#: Draws a new kernel of a shape, for so many inputs and outputs of a unit.
Start = Callable[[np.random.Generator, Shape, int, int], np.ndarray]


def glorot_uniform(rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> np.ndarray:
    """Draw evenly between ± sqrt(6 / (fan_in + fan_out)): Keras' usual start.

    :cite:t:`glorot2010`, equation 16.
    """
    limit = sqrt(6 / (fan_in + fan_out))
    return rng.uniform(-limit, limit, shape)


def he_normal(rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> np.ndarray:
    """Draw from a normal distribution of variance 2 / fan_in, cut off as in Keras.

    ReLU turns half of the numbers into 0, and the 2 makes up for that. What is further than two
    standard deviations away is drawn again; the rest is spread by as much as that took away.

    :cite:t:`he2015delving`, section 2.2.
    """
    drawn = rng.standard_normal(shape)
    while (far := np.abs(drawn) > 2).any():
        drawn[far] = rng.standard_normal(int(far.sum()))
    # The standard deviation of a standard normal distribution that is cut off at ± 2.
    return drawn * (sqrt(2 / fan_in) / 0.87962566103423978)


def zeros(rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> np.ndarray:
    """Start every weight at 0: all units of a layer compute and learn the same, for ever."""
    return np.zeros(shape)


STARTS: dict[str, Start] = {
    "glorot_uniform": glorot_uniform,
    "he_normal": he_normal,
    "zeros": zeros,
}


def initial(
    description: Sequence[Mapping[str, Any]],
    seed: int = 0,
    how: str | Start = "glorot_uniform",
    *,
    input_shape: Sequence[int] = (28, 28),
) -> Sequential:
    """Make a new network, ready to train.

    Parameters
    ----------
    description
        One mapping a layer, as in :data:`digitrec.networks.ARCHITECTURES`.
    seed
        Of the kernels. Biases start at 0, normalisations as if they were not there.
    how
        How kernels are drawn: one of :data:`STARTS`, or a function like those.
    input_shape
        Shape of one example.

    Returns
    -------
    forward.Sequential
        With its :class:`Dropout` layers.

    Raises
    ------
    ValueError
        An unknown start, a size below 1, something missing in the description; or as for
        :meth:`Sequential.from_description`.
    """
    if isinstance(how, str):
        if how not in STARTS:
            raise ValueError(f"how: expected one of {sorted(STARTS)}, found {how!r}")
        how = STARTS[how]
    rng = np.random.default_rng(seed)

    def draw(shape: Shape) -> np.ndarray:
        if min(shape) < 1:
            raise ValueError(f"expected sizes of at least 1, found a kernel of shape {shape}")
        *window, inputs, outputs = shape
        fan_in, fan_out = prod(window) * inputs, prod(window) * outputs
        return how(rng, shape, fan_in, fan_out).astype(np.float32)

    layers: list[Layer] = []
    shape: Shape = tuple(input_shape)
    for number, entry in enumerate(description):
        if not {"layer", "name"} <= set(entry):
            raise ValueError(
                f"description: expected 'layer' and 'name' in entry {number}, found {dict(entry)}"
            )
        if entry["layer"] in TRAINING_ONLY:
            layers.append(_dropout(entry))
            continue
        rule = RULES.get(Layer.kinds.get(entry["layer"], Layer), Rule())
        try:
            arrays = rule.arrays(entry, shape, draw)
        except KeyError as error:
            raise ValueError(f"{entry['name']}: expected {error}, found {dict(entry)}") from error
        weights = {f"{entry['name']}/{key}": array for key, array in arrays.items()}
        layers += Sequential.from_description([entry], weights, shape).layers
        shape = layers[-1].output_shape(shape)
    return Sequential(layers, input_shape)


def with_dropout(network: Sequential, description: Sequence[Mapping[str, Any]]) -> Sequential:
    """Return a network of the same layers with the dropout that its description has.

    A network that was loaded has none. The two share their layers: training the one trains the
    other.

    Raises
    ------
    ValueError
        The description is that of another network.
    """
    layers = {layer.name: layer for layer in network.layers}
    named = [entry["name"] for entry in description if entry["layer"] not in TRAINING_ONLY]
    if named != list(layers):
        raise ValueError(f"expected a description of {list(layers)}, found {named}")
    return Sequential(
        [layers.get(entry["name"]) or _dropout(entry) for entry in description],
        network.input_shape,
    )


def _dropout(entry: Mapping[str, Any]) -> Dropout:
    return Dropout(entry["rate"], entry["name"])


# --- Optimisers -----------------------------------------------------------------------------


class Optimizer:
    """Changes arrays, step by step, so that the loss falls.

    Parameters
    ----------
    learning_rate
        How large a step is. It may be changed between two steps.

    Raises
    ------
    ValueError
        The learning rate is not above 0, or not finite.
    """

    def __init__(self, learning_rate: float) -> None:
        if not 0 < learning_rate < inf:
            raise ValueError(f"learning_rate: expected above 0, finite, found {learning_rate}")
        self.learning_rate = learning_rate

    def step(self, weights: Mapping[str, np.ndarray], gradients: Mapping[str, np.ndarray]) -> None:
        """Change each array that has a gradient, in place.

        Parameters
        ----------
        weights
            A network's arrays (its ``weights``) by their names.
        gradients
            Their gradients by the same names; what has none stays as it is.

        Raises
        ------
        ValueError
            A gradient of no array, or of another shape; or what is kept is of another network.
        """
        for name, gradient in gradients.items():
            if name not in weights or weights[name].shape != gradient.shape:
                found = weights[name].shape if name in weights else "none"
                raise ValueError(
                    f"{name}: expected an array of the gradient's shape {gradient.shape}, "
                    f"found {found}"
                )
            for kept in self.kept():
                if name in kept and kept[name].shape != gradient.shape:
                    raise ValueError(
                        f"{name}: expected {kept[name].shape}, as in the training before, found "
                        f"{gradient.shape}: another network needs a new optimizer"
                    )
        self.update(weights, gradients)

    def kept(self) -> tuple[Gradients, ...]:
        """Return what is kept from step to step: arrays by the names of those they belong to."""
        return ()

    def update(
        self, weights: Mapping[str, np.ndarray], gradients: Mapping[str, np.ndarray]
    ) -> None:
        """Change each array that has a gradient, in place."""
        raise NotImplementedError


class SGD(Optimizer):
    """Stochastic gradient descent: ``w ← w − learning_rate · gradient``.

    *Stochastic*, since a batch's gradient is only an estimate of that of all examples.
    """

    def __init__(self, learning_rate: float = 0.01) -> None:
        super().__init__(learning_rate)

    def update(
        self, weights: Mapping[str, np.ndarray], gradients: Mapping[str, np.ndarray]
    ) -> None:
        """Take a step against each gradient."""
        for name, gradient in gradients.items():
            weights[name] -= self.learning_rate * gradient


class Momentum(Optimizer):
    """SGD with momentum: a step goes on in the direction of those before.

    ``v ← momentum · v − learning_rate · gradient``, ``w ← w + v``; v starts at 0.

    Parameters
    ----------
    momentum : 0 … below 1
        How much of the last step stays.

    References
    ----------
    :cite:t:`sutskever2013`; the form is Keras'.
    """

    def __init__(self, learning_rate: float = 0.01, momentum: float = 0.9) -> None:
        super().__init__(learning_rate)
        self.momentum = _share("momentum", momentum)
        self.velocity: Gradients = {}

    def kept(self) -> tuple[Gradients, ...]:
        """Return the velocities."""
        return (self.velocity,)

    def update(
        self, weights: Mapping[str, np.ndarray], gradients: Mapping[str, np.ndarray]
    ) -> None:
        """Change the velocities by the gradients, and the arrays by the velocities."""
        for name, gradient in gradients.items():
            v = _kept(self.velocity, name, gradient)
            v *= self.momentum
            v -= self.learning_rate * gradient
            weights[name] += v


class Adam(Optimizer):
    """Adam: each number's step is measured by how large its gradients have been.

    m and v are running means of the gradient and of its square, and start at 0; after t steps the
    factor under α makes up for that start:

    ``m ← m + (1 − beta_1) · (gradient − m)``, ``v ← v + (1 − beta_2) · (gradient² − v)``,
    ``α = learning_rate · sqrt(1 − beta_2ᵗ) / (1 − beta_1ᵗ)``,
    ``w ← w − α · m / (sqrt(v) + epsilon)``

    Parameters
    ----------
    beta_1, beta_2 : 0 … below 1
        How much of the running means stays.
    epsilon
        Keeps the division away from zero.

    References
    ----------
    :cite:t:`kingma2015adam`; epsilon stands where it does in Keras, which is the paper's second,
    shorter form (end of its section 2).
    """

    def __init__(
        self,
        learning_rate: float = 1e-3,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
    ) -> None:
        super().__init__(learning_rate)
        self.beta_1, self.beta_2 = _share("beta_1", beta_1), _share("beta_2", beta_2)
        self.epsilon, self.steps = epsilon, 0
        self.mean: Gradients = {}
        self.mean_square: Gradients = {}

    def kept(self) -> tuple[Gradients, ...]:
        """Return both running means."""
        return self.mean, self.mean_square

    def update(
        self, weights: Mapping[str, np.ndarray], gradients: Mapping[str, np.ndarray]
    ) -> None:
        """Move the running means, and the arrays by their quotient."""
        self.steps += 1
        alpha = self.learning_rate * sqrt(1 - self.beta_2**self.steps)
        alpha /= 1 - self.beta_1**self.steps
        for name, gradient in gradients.items():
            m, v = _kept(self.mean, name, gradient), _kept(self.mean_square, name, gradient)
            m += (gradient - m) * (1 - self.beta_1)
            v += (np.square(gradient) - v) * (1 - self.beta_2)
            weights[name] -= alpha * m / (np.sqrt(v) + self.epsilon)


def _kept(arrays: Gradients, name: str, gradient: np.ndarray) -> np.ndarray:
    """Return what an optimiser keeps of an array; zeros of the gradient's shape at first."""
    if name not in arrays:
        arrays[name] = np.zeros_like(gradient)
    return arrays[name]


def _share(name: str, value: float) -> float:
    if not 0 <= value < 1:
        raise ValueError(f"{name}: expected a share from 0 to below 1, found {value}")
    return value


# --- Training -------------------------------------------------------------------------------


@_one_thread
def train(
    network: Sequential,
    x: np.ndarray,
    y: np.ndarray,
    *,
    optimizer: Optimizer,
    epochs: int,
    batch_size: int,
    seed: int = 0,
    validation: tuple[np.ndarray, np.ndarray] | None = None,
    verbose: int = 1,
    schedule: Callable[[int], float] | None = None,
    change: Change | None = None,
    rules: Rules = RULES,
) -> dict[str, list[float]]:
    r"""Train a network on the cross-entropy of its logits.

    In each epoch the examples are shuffled, and each batch of them gives one step. Two runs on one
    machine with the same arguments, from the same weights, give the same network.

    Parameters
    ----------
    network
        As :func:`initial` makes it, or one that was trained before. Its arrays change in place.
    x : (N, \*network.input_shape)
        Training images: uint8 pixels, if the first layer is a rescaling.
    y : (N,) integer
        Their labels.
    optimizer
        It keeps what it has learned of the gradients: a new training needs a new one.
    epochs, batch_size
        How often each example is seen, and how many make a step; the last batch may be smaller.
    seed
        Of the order of the examples, of dropout and of ``change``.
    validation
        Images and labels on which loss and accuracy are measured after each epoch.
    verbose
        0: silent, 1: a progress bar, 2: one line an epoch.
    schedule
        The learning rate of each step, counted from 0; by default the optimiser's own
        (:meth:`Recipe.schedule <digitrec.recipes.Recipe.schedule>` makes one).
    change
        Called in each epoch with all images, all labels and a random generator; gives those of the
        epoch (:meth:`Recipe.change <digitrec.recipes.Recipe.change>`).
    rules
        How layers learn.

    Returns
    -------
    dict of str to list of float
        After each epoch: ``loss`` and ``accuracy``, means over its training examples while the
        network learned from them; and, with validation images, ``val_loss`` and ``val_accuracy``.

    Raises
    ------
    ValueError
        Images and labels that do not belong together, none at all, or sizes below 1; also what
        ``validation``, ``change`` and ``schedule`` give.
    """
    x, y = _check_examples(network, x, y)
    if validation is not None:
        validation = _check_examples(network, *validation, "validation: ")
    if epochs < 1 or batch_size < 1:
        raise ValueError(
            f"expected epochs and batch_size of at least 1, found {epochs} and {batch_size}"
        )
    rng = np.random.default_rng(seed)
    weights, step = network.weights, 0
    history: dict[str, list[float]] = {"loss": [], "accuracy": []}
    if validation is not None:
        history |= {"val_loss": [], "val_accuracy": []}
    for epoch in range(epochs):
        images, targets = x, y
        if change is not None:
            images, targets = _check_examples(network, *change(x, y, rng), "change: ")
        order = rng.permutation(len(images))
        progress = _Progress(epoch, epochs, -(-len(images) // batch_size), verbose)
        loss_sum, right = 0.0, 0
        for start in range(0, len(images), batch_size):
            batch = order[start : start + batch_size]
            if schedule is not None:
                rate = schedule(step)
                if not 0 <= rate < inf:  # a warm-up may begin at 0
                    raise ValueError(f"schedule: expected a rate from 0, finite, found {rate}")
                optimizer.learning_rate = rate
            # A learning rate that is too large makes numbers without bounds; the loss tells it.
            with np.errstate(over="ignore", invalid="ignore"):
                logits, remembered = forward_pass(network, images[batch], rng, rules=rules)
                loss, gradient = softmax_cross_entropy(logits, targets[batch])
                optimizer.step(weights, backward_pass(network, remembered, gradient, rules=rules))
            step += 1
            loss_sum += loss * len(batch)
            right += _right(logits, targets[batch])
            seen = start + len(batch)
            progress.show(loss=loss_sum / seen, accuracy=right / seen)
        results = {"loss": loss_sum / len(images), "accuracy": right / len(images)}
        if validation is not None:
            logits = network.predict(validation[0])
            results["val_loss"] = softmax_cross_entropy(logits, validation[1])[0]
            results["val_accuracy"] = _right(logits, validation[1]) / len(logits)
        progress.end(**results)
        for key, value in results.items():
            history[key].append(value)
    return history


def _check_examples(
    network: Sequential, x: np.ndarray, y: np.ndarray, whose: str = ""
) -> tuple[np.ndarray, np.ndarray]:
    """Return images and labels as arrays, if the network can learn from them."""
    x, y = np.asarray(x), np.asarray(y)
    if len(x) != len(y):
        raise ValueError(f"{whose}expected as many images as labels, found {x.shape} and {y.shape}")
    if not len(x):
        raise ValueError(f"{whose}expected at least one image, found none")
    try:
        network.check(x)
        _checked(np.empty((len(x), *network.shapes[-1]), np.float32), y)
    except ValueError as error:
        raise ValueError(f"{whose}{error}") from error
    return x, y


def _right(logits: np.ndarray, targets: np.ndarray) -> int:
    """Count the examples whose largest logit is at the label, or at the largest probability."""
    labels = targets.argmax(axis=1) if targets.ndim == 2 else targets
    return int((logits.argmax(axis=1) == labels).sum())


class _Progress:
    """What a training prints of an epoch: a bar that grows, one line at its end, or nothing.

    A line is written with its end at once, for a notebook takes up the output in parts; and it is
    as wide as the book.
    """

    WIDTH = 20
    #: Seconds between two looks of the bar.
    PAUSE = 0.1

    def __init__(self, epoch: int, epochs: int, steps: int, verbose: int) -> None:
        self.title, self.steps, self.verbose = f"Epoch {epoch + 1}/{epochs}", steps, verbose
        self.step, self.start, self.shown = 0, time.perf_counter(), 0.0
        self.out: TextIO = sys.stdout

    def show(self, **results: float) -> None:
        """Count a step, and draw the bar if it was not drawn a moment ago."""
        self.step += 1
        now = time.perf_counter()
        if self.verbose != 1 or now - self.shown < self.PAUSE:
            return
        self.shown = now
        done = self.WIDTH * self.step // self.steps
        bar = "━" * done + "─" * (self.WIDTH - done)
        self._write(f"\r{self.title} {bar} {self.step}/{self.steps}", results)

    def end(self, **results: float) -> None:
        """Write the epoch's line."""
        if not self.verbose:
            return
        seconds = time.perf_counter() - self.start
        bar = "\r" if self.verbose == 1 else ""
        done = f" {'━' * self.WIDTH} {self.step}/{self.steps}" if self.verbose == 1 else ""
        self._write(f"{bar}{self.title}{done} {seconds:.1f} s", results, "\n")

    def _write(self, before: str, results: Mapping[str, float], after: str = "") -> None:
        figures = " ".join(f"{key} {value:.4f}" for key, value in results.items())
        self.out.write(f"{before} {figures}{after}")
        self.out.flush()


# --- Is a gradient right? -------------------------------------------------------------------


def in_float64(network: Sequential) -> Sequential:
    """Return a copy of a network that computes in float64 when it is trained here."""
    copy = deepcopy(network)
    for layer in copy.layers:
        for name, value in vars(layer).items():
            if isinstance(value, np.ndarray | np.floating):
                setattr(layer, name, value.astype(np.float64))
    return copy


#: Gradients below this are compared as if they were as large; see gradient_check.
SMALLEST = 1e-4


@_one_thread
def gradient_check(
    network: Sequential,
    x: np.ndarray,
    y: np.ndarray,
    *,
    entries: int | None = 20,
    step: float = 1e-5,
    seed: int = 0,
    rules: Rules = RULES,
) -> dict[str, float]:
    r"""Compare each gradient with what the loss itself does when a number is changed a little.

    ``numeric = (loss(w + h) − loss(w − h)) / 2h`` for one number w at a time, all others as they
    are. No rule of calculus is in it, so it finds a wrong one. It needs two forward passes for each
    number: a tool for checking, far too slow for training. The relative error of a number is

    ``|gradient − numeric| / max(|gradient|, |numeric|, SMALLEST)``

    Right gradients give 1e-6 or less, and mostly far less; wrong ones typically 1e-2 or more.

    **Why float64, and why not smaller.** A loss near 1 is known to 16 digits in float64. The
    difference of two that agree in five of them (h = 1e-5) and its quotient are known to about
    1e-11, so gradients from :data:`SMALLEST` = 1e-4 up to seven digits. In float32 nothing would be
    left. A larger h would make the curve between the two points count.

    **Kinks.** ReLU has a kink at 0, and pooling one where the largest number changes. Where w + h
    and w − h are on two sides of one, the quotient is the mean of two slopes, and says nothing of
    either. Such a number is tried again with a tenth and with a hundredth of h, by which the
    quotient is known to one and two digits less (so SMALLEST is larger there); else it is left out,
    and the next one takes its place.

    Parameters
    ----------
    network
        It stays as it is: a copy in float64 is checked (:func:`in_float64`).
    x : (N, \*network.input_shape)
        A few examples; each costs time.
    y : (N,) integer
    entries
        How many numbers of each array are checked, at random; None: all.
    step
        h.
    seed
        Of the choice, and of dropout, which drops the same in every pass.
    rules
        How layers learn, and maybe wrongly.

    Returns
    -------
    dict of str to float
        ``"<layer's name>/<array's name>"`` → the largest relative error among its numbers; NaN
        where every one was at a kink.

    Raises
    ------
    ValueError
        Fewer than one entry, or a step that is not above 0; or as of :func:`gradients`.

    References
    ----------
    :cite:t:`goodfellow2016deep`, section 11.5.
    """
    if (entries is not None and entries < 1) or not 0 < step < inf:
        raise ValueError(
            "expected entries of at least 1 (or None for all) and a step above 0, "
            f"found {entries} and {step}"
        )
    network = in_float64(network)

    def look() -> tuple[float, list[np.ndarray]]:
        """Return the loss, and on which side of each kink it was computed."""
        logits, remembered = forward_pass(network, x, np.random.default_rng(seed), rules=rules)
        sides = [
            rule_of(layer, rules).choices(layer, kept)
            for layer, kept in zip(network.layers, remembered, strict=True)
        ]
        return softmax_cross_entropy(logits, y)[0], [side for side in sides if side is not None]

    def error(flat: np.ndarray, index: int, by_rule: float) -> float | None:
        """Compare a gradient with the central difference; None at a kink."""
        w = flat[index]
        for smaller in (1, 10, 100):
            h = step / smaller
            flat[index] = w + h
            above, sides = look()
            flat[index] = w - h
            below, others = look()
            flat[index] = w
            if all(np.array_equal(*pair) for pair in zip(sides, others, strict=True)):
                numeric = (above - below) / (2 * h)
                largest = max(abs(by_rule), abs(numeric), SMALLEST * smaller)
                return abs(by_rule - numeric) / largest
        return None

    found = gradients(network, x, y, np.random.default_rng(seed), rules=rules)[1]
    rng, errors = np.random.default_rng(seed), {}
    for name, gradient in found.items():
        flat, checked = network.weights[name].reshape(-1), []
        for index in rng.permutation(flat.size):
            found_here = error(flat, index, gradient.reshape(-1)[index])
            if found_here is not None:
                checked.append(found_here)
            if len(checked) == entries:
                break
        errors[name] = float(max(checked, default=np.nan))
    return errors
