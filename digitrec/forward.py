"""Forward propagation in NumPy: the layers of a network, and nothing else.

Each layer is a small class with the arrays it learned, and two methods that compute the same:

``forward_loops``
    the definition, one number at a time. Read this one first.
``forward``
    the fast version: whole batches, matrix products.

Axes are named throughout: N examples, H rows, W columns, C channels, KH × KW a kernel's rows and
columns, F filters, D inputs of a dense layer, U its units. Rows are examples: ``a @ W + b``.
Everything is float32, like in Keras, except the pixels that go in.

Layers, names of arguments and names of arrays are those of Keras, so that one description of a
network (a list of dictionaries) builds it in either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any, ClassVar, SupportsIndex

import numpy as np

Shape = tuple[int, ...]


# --- Activations ----------------------------------------------------------------------------


def linear(z: np.ndarray) -> np.ndarray:
    """Return ``z`` unchanged: the activation of a layer that outputs logits."""
    return z


def relu(z: np.ndarray) -> np.ndarray:
    """Rectified linear unit: ``max(0, z)``, element by element.

    Parameters
    ----------
    z : float, any shape

    Returns
    -------
    float, same shape, ≥ 0

    References
    ----------
    :cite:t:`nair2010relu`.
    """
    return np.maximum(z, 0)


def sigmoid(z: np.ndarray) -> np.ndarray:
    """``1 / (1 + exp(-z))``, element by element.

    Computed as ``(1 + tanh(z / 2)) / 2``, which is the same and cannot overflow.

    Parameters
    ----------
    z : float, any shape

    Returns
    -------
    float, same shape
        0–1, and a half for 0.

    References
    ----------
    :cite:t:`goodfellow2016deep`, section 3.10.
    """
    return (1 + np.tanh(z / 2)) / 2


def tanh(z: np.ndarray) -> np.ndarray:
    """Hyperbolic tangent, element by element.

    Parameters
    ----------
    z : float, any shape

    Returns
    -------
    float, same shape
        From −1 to 1, and 0 for 0.

    References
    ----------
    :cite:t:`goodfellow2016deep`, section 6.3.2.
    """
    return np.tanh(z)


def softmax(z: np.ndarray) -> np.ndarray:
    """Turn logits into probabilities: ``exp(z) / sum(exp(z))`` over the last axis.

    The largest logit is subtracted first. That changes nothing in the quotient, and no exponent is
    above 0, so ``exp`` cannot overflow.

    Parameters
    ----------
    z : (…, U) float
        Logits.

    Returns
    -------
    (…, U) float
        Each in 0–1, with sum 1 over the last axis.

    References
    ----------
    :cite:t:`goodfellow2016deep`, section 4.1.
    """
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


ACTIVATIONS = {
    "linear": linear,
    "relu": relu,
    "sigmoid": sigmoid,
    "tanh": tanh,
    "softmax": softmax,
}


# --- Layers ---------------------------------------------------------------------------------


class Layer:
    """What the layers have in common: a name, an activation, arrays, and how they print.

    A kind of layer is one class. It says which of Keras' arguments it takes and which arrays it
    learned, under Keras' names and as the names of its own attributes; by that alone a network's
    description (:meth:`Sequential.from_description`) can have it.

    Attributes
    ----------
    kinds : dict of str to type
        Every kind of layer by the name of its class, which is that of Keras.
    arguments : tuple of str
        Keras' arguments that the class takes besides its arrays and its name.
    arrays : tuple of str
        The arrays, in Keras' order.
    may_lack : tuple of str
        Arrays that a layer may do without, where Keras' argument ``use_<array's name>`` says so.
    """

    kinds: ClassVar[dict[str, type[Layer]]] = {}
    arguments: ClassVar[tuple[str, ...]] = ()
    arrays: ClassVar[tuple[str, ...]] = ()
    may_lack: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        Layer.kinds[cls.__name__] = cls

    def __init__(self, name: str = "", activation: str = "linear") -> None:
        if activation not in ACTIVATIONS:
            raise ValueError(
                f"{type(self).__name__} {name}: expected an activation of "
                f"{sorted(ACTIVATIONS)}, found {activation!r}"
            )
        self.name = name or type(self).__name__.lower()
        self.activation = activation

    @property
    def weights(self) -> dict[str, np.ndarray]:
        """The layer's arrays by Keras' names, in Keras' order."""
        found = {name: getattr(self, name) for name in self.arrays}
        return {name: array for name, array in found.items() if array is not None}

    @property
    def parameters(self) -> int:
        """How many numbers the layer holds."""
        return sum(array.size for array in self.weights.values())

    def output_shape(self, input_shape: Shape) -> Shape:
        """Shape of one example's output, for the shape of one example's input."""
        return input_shape

    def forward(self, x: np.ndarray) -> np.ndarray:
        """Compute the layer's output for a batch, fast."""
        raise NotImplementedError

    def forward_loops(self, x: np.ndarray) -> np.ndarray:
        """Compute the same from the definition, one number at a time."""
        raise NotImplementedError

    def describe(self) -> str:
        """Say in a few words what the layer is."""
        return type(self).__name__

    def __repr__(self) -> str:
        return f"<{self.describe()}>"

    def _expect(self, x: np.ndarray, shape: Sequence[int | str]) -> np.ndarray:
        """Return a batch as float32; names in ``shape`` stand for any size."""
        fits = x.ndim == len(shape) and all(
            isinstance(want, str) or want == have for want, have in zip(shape, x.shape, strict=True)
        )
        if not fits:
            wanted = ", ".join(map(str, shape))
            raise ValueError(f"{self.name}: expected an input of shape ({wanted}), found {x.shape}")
        return np.asarray(x, np.float32)


class Rescaling(Layer):
    """``x * scale + offset``: pixels 0–255 to the range a network was trained on."""

    arguments = ("scale", "offset")

    def __init__(self, scale: float = 1 / 255, offset: float = 0.0, name: str = "") -> None:
        super().__init__(name)
        self.scale, self.offset = np.float32(scale), np.float32(offset)

    def forward(self, x: np.ndarray) -> np.ndarray:
        """Return (N, …) numbers of any type, scaled, as (N, …) float32."""
        return x.astype(np.float32) * self.scale + self.offset

    def forward_loops(self, x: np.ndarray) -> np.ndarray:
        """Do the same one number at a time."""
        out = np.empty(x.shape, np.float32)
        for index in np.ndindex(x.shape):
            out[index] = np.float32(x[index]) * self.scale + self.offset
        return out

    def describe(self) -> str:
        """Say what is multiplied and added."""
        offset = f" + {self.offset:g}" if self.offset else ""
        return f"Rescaling × {self.scale:.6g}{offset}"


class Reshape(Layer):
    r"""The same numbers with other axes: (N, …) becomes (N, \*target_shape)."""

    arguments: ClassVar[tuple[str, ...]] = ("target_shape",)

    def __init__(self, target_shape: Sequence[int], name: str = "") -> None:
        super().__init__(name)
        self.target_shape = tuple(target_shape)

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the target's shape, which must hold as many numbers as came in."""
        if prod(input_shape) != prod(self.target_shape):
            raise ValueError(
                f"{self.name}: {input_shape} cannot be reshaped to {self.target_shape}"
            )
        return self.target_shape

    def forward(self, x: np.ndarray) -> np.ndarray:
        """Return the batch with the target's axes; nothing is computed."""
        return x.reshape(len(x), *self.output_shape(x.shape[1:]))

    def forward_loops(self, x: np.ndarray) -> np.ndarray:
        """Move one number at a time, in the order in which they lie in memory."""
        out = np.empty((len(x), *self.output_shape(x.shape[1:])), x.dtype)
        for n in range(len(x)):
            for source, target in zip(
                np.ndindex(x.shape[1:]), np.ndindex(out.shape[1:]), strict=True
            ):
                out[(n, *target)] = x[(n, *source)]
        return out

    def describe(self) -> str:
        """Name the layer."""
        return type(self).__name__


class Flatten(Reshape):
    """(N, …) becomes (N, D): all of an example's numbers in one row."""

    arguments = ()

    def __init__(self, name: str = "") -> None:
        super().__init__((), name)

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return (D,), the product of the input's axes."""
        return (prod(input_shape),)


class Dense(Layer):
    """A fully connected layer: ``a = g(x @ W + b)``.

    Parameters
    ----------
    kernel : (D, U) float
        W: the weight from each of D inputs to each of U units.
    bias : (U,) float
        b: one number for each unit.
    activation
        g: one of ``"linear"``, ``"relu"``, ``"sigmoid"``, ``"tanh"``, ``"softmax"``.

    Raises
    ------
    ValueError
        Shapes that do not fit together.
    """

    arguments = ("activation",)
    arrays = ("kernel", "bias")

    def __init__(
        self,
        kernel: np.ndarray,
        bias: np.ndarray,
        activation: str = "linear",
        name: str = "",
    ) -> None:
        super().__init__(name, activation)
        self.kernel, self.bias = _float32(kernel), _float32(bias)
        if self.kernel.ndim != 2 or self.bias.shape != self.kernel.shape[1:]:
            raise ValueError(
                f"{self.name}: expected a kernel (D, U) and a bias (U,), "
                f"found {self.kernel.shape} and {self.bias.shape}"
            )

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return (U,)."""
        if input_shape != self.kernel.shape[:1]:
            raise ValueError(
                f"{self.name}: expected ({len(self.kernel)},) inputs, found {input_shape}"
            )
        return self.bias.shape

    def forward(self, x: np.ndarray) -> np.ndarray:
        """(N, D) → (N, U), as one matrix product."""
        x = self._expect(x, ("N", len(self.kernel)))
        z = x @ self.kernel + self.bias  # (N, D) @ (D, U) + (U,) = (N, U)
        return ACTIVATIONS[self.activation](z)

    def forward_loops(self, x: np.ndarray) -> np.ndarray:
        """(N, D) → (N, U): for each example and unit, add up weight times input."""
        x = self._expect(x, ("N", len(self.kernel)))
        inputs, units = self.kernel.shape
        z = np.empty((len(x), units), np.float32)
        for n in range(len(x)):
            for u in range(units):
                total = self.bias[u]
                for d in range(inputs):
                    total += x[n, d] * self.kernel[d, u]
                z[n, u] = total
        return ACTIVATIONS[self.activation](z)

    def describe(self) -> str:
        """Say how many units, and which activation."""
        activation = "" if self.activation == "linear" else f", {self.activation}"
        return f"Dense {self.bias.size} units{activation}"


class Conv2D(Layer):
    """Slide F small kernels over an image; each position of each kernel gives one number.

    ``z[n, i, j, f] = b[f] + sum over p, q, c of x[n, s·i + p, s·j + q, c] · K[p, q, c, f]``

    Deep learning calls this a convolution; a mathematician would say cross-correlation, since
    the kernel is not flipped (:cite:t:`goodfellow2016deep`, section 9.1).

    Parameters
    ----------
    kernel : (KH, KW, C, F) float
        K: F kernels of KH × KW pixels and C channels.
    bias : (F,) float, optional
        b: one number for each filter; none where a normalisation that follows has its own.
    strides : (rows, columns)
        s: by how many pixels the kernel moves.
    padding
        ``"valid"``: the kernel stays inside the image. ``"same"``: zeros around the image, so that
        with stride 1 the output is as large as the input.
    activation
        One of ``"linear"``, ``"relu"``, ``"sigmoid"``, ``"tanh"``, ``"softmax"``.

    Raises
    ------
    ValueError
        Shapes that do not fit together, an unknown padding or activation.
    """

    arguments = ("strides", "padding", "activation")
    arrays = ("kernel", "bias")
    may_lack = ("bias",)

    def __init__(
        self,
        kernel: np.ndarray,
        bias: np.ndarray | None = None,
        strides: tuple[int, int] = (1, 1),
        padding: str = "valid",
        activation: str = "linear",
        name: str = "",
    ) -> None:
        super().__init__(name, activation)
        self.kernel = _float32(kernel)
        self.bias = None if bias is None else _float32(bias)
        self.strides, self.padding = _pair(strides), padding
        if self.kernel.ndim != 4 or (
            self.bias is not None and self.bias.shape != self.kernel.shape[3:]
        ):
            raise ValueError(
                f"{self.name}: expected a kernel (KH, KW, C, F) and a bias (F,) or none, found "
                f"{self.kernel.shape} and {None if self.bias is None else self.bias.shape}"
            )
        _check_padding(self.name, padding)

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return (OH, OW, F)."""
        kh, kw, channels, filters = self.kernel.shape
        if len(input_shape) != 3 or input_shape[2] != channels:
            raise ValueError(
                f"{self.name}: expected an input (H, W, {channels}), found {input_shape}"
            )
        size = window_positions(input_shape[:2], (kh, kw), self.strides, self.padding)
        return (*size, filters)

    def forward(self, x: np.ndarray) -> np.ndarray:
        """(N, H, W, C) → (N, OH, OW, F), as one matrix product over all patches."""
        kh, kw, channels, filters = self.kernel.shape
        x = self._expect(x, ("N", "H", "W", channels))
        size = self.output_shape(x.shape[1:])
        x = pad(x, (kh, kw), self.strides, self.padding)
        patches = im2col(x, (kh, kw), self.strides)  # (N * OH * OW, KH * KW * C)
        z = patches @ self.kernel.reshape(-1, filters)  # (N * OH * OW, F)
        if self.bias is not None:
            z += self.bias
        return ACTIVATIONS[self.activation](z.reshape(len(x), *size))

    def forward_loops(self, x: np.ndarray) -> np.ndarray:
        """(N, H, W, C) → (N, OH, OW, F): for each position and filter, multiply and add."""
        kh, kw, channels, filters = self.kernel.shape
        x = self._expect(x, ("N", "H", "W", channels))
        rows, columns, _ = self.output_shape(x.shape[1:])
        x = pad(x, (kh, kw), self.strides, self.padding)
        z = np.empty((len(x), rows, columns, filters), np.float32)
        for n, i, j, f in np.ndindex(z.shape):
            total = np.float32(0) if self.bias is None else self.bias[f]
            for p, q, c in np.ndindex(kh, kw, channels):
                pixel = x[n, i * self.strides[0] + p, j * self.strides[1] + q, c]
                total += pixel * self.kernel[p, q, c, f]
            z[n, i, j, f] = total
        return ACTIVATIONS[self.activation](z)

    def describe(self) -> str:
        """Say how many kernels of which size, and how they move."""
        kh, kw, _, filters = self.kernel.shape
        activation = "" if self.activation == "linear" else f", {self.activation}"
        return f"Conv2D {filters} of {kh}×{kw}{_moves(self.strides, self.padding)}{activation}"


class MaxPooling2D(Layer):
    """Keep the largest number of each window: ``a[n, i, j, c] = max over p, q of x[…]``.

    Parameters
    ----------
    pool_size : (rows, columns)
        The window.
    strides : (rows, columns), optional
        By how many pixels it moves; by default its own size, so that windows do not overlap.
    padding
        ``"valid"`` or ``"same"``; what is padded never is the largest.
    """

    arguments = ("pool_size", "strides", "padding")

    def __init__(
        self,
        pool_size: tuple[int, int] = (2, 2),
        strides: tuple[int, int] | None = None,
        padding: str = "valid",
        name: str = "",
    ) -> None:
        super().__init__(name)
        self.pool_size = _pair(pool_size)
        self.strides = self.pool_size if strides is None else _pair(strides)
        self.padding = padding
        _check_padding(self.name, padding)

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return (OH, OW, C)."""
        if len(input_shape) != 3:
            raise ValueError(f"{self.name}: expected an input (H, W, C), found {input_shape}")
        size = window_positions(input_shape[:2], self.pool_size, self.strides, self.padding)
        return (*size, input_shape[2])

    def forward(self, x: np.ndarray) -> np.ndarray:
        """(N, H, W, C) → (N, OH, OW, C): the maximum over the shifted copies of the image."""
        x = self._expect(x, ("N", "H", "W", "C"))
        rows, columns, channels = self.output_shape(x.shape[1:])
        x = pad(_float32(x), self.pool_size, self.strides, self.padding, value=-np.inf)
        a = np.full((len(x), rows, columns, channels), -np.inf, x.dtype)
        for window in shifted(x, self.pool_size, self.strides, (rows, columns)):
            np.maximum(a, window, out=a)
        return a

    def forward_loops(self, x: np.ndarray) -> np.ndarray:
        """(N, H, W, C) → (N, OH, OW, C), window by window."""
        x = self._expect(x, ("N", "H", "W", "C"))
        rows, columns, channels = self.output_shape(x.shape[1:])
        x = pad(_float32(x), self.pool_size, self.strides, self.padding, value=-np.inf)
        a = np.empty((len(x), rows, columns, channels), x.dtype)
        for n, i, j, c in np.ndindex(a.shape):
            largest = -np.inf
            for p, q in np.ndindex(self.pool_size):
                largest = max(largest, x[n, i * self.strides[0] + p, j * self.strides[1] + q, c])
            a[n, i, j, c] = largest
        return a

    def describe(self) -> str:
        """Say the window's size and how it moves."""
        rows, columns = self.pool_size
        moves = _moves(self.strides, self.padding)
        return f"MaxPooling2D {rows}×{columns}{moves}"


class BatchNormalization(Layer):
    """Bring each channel to the mean and spread that the network learned for it.

    ``y = gamma · (x − moving_mean) / sqrt(moving_variance + epsilon) + beta``

    At inference, mean and variance are those averaged during training; they are numbers
    like the weights, so a batch of one gives the same as a batch of a thousand.

    Parameters
    ----------
    gamma, beta, moving_mean, moving_variance : (C,) float
        The learned scale and shift, and the running statistics.
    epsilon
        Keeps the division away from zero.
    momentum
        How much of a running statistic stays in each step of training, 0–1; nothing here uses it
        (:mod:`digitrec.backprop` does).

    References
    ----------
    :cite:t:`ioffe2015batch`, algorithm 2.
    """

    arguments = ("epsilon", "momentum")
    arrays = ("gamma", "beta", "moving_mean", "moving_variance")

    def __init__(
        self,
        gamma: np.ndarray,
        beta: np.ndarray,
        moving_mean: np.ndarray,
        moving_variance: np.ndarray,
        epsilon: float = 1e-3,
        momentum: float = 0.99,
        name: str = "",
    ) -> None:
        super().__init__(name)
        self.gamma, self.beta = _float32(gamma), _float32(beta)
        self.moving_mean, self.moving_variance = (
            _float32(moving_mean),
            _float32(moving_variance),
        )
        self.epsilon, self.momentum = np.float32(epsilon), momentum
        shapes = {array.shape for array in self.weights.values()}
        if len(shapes) != 1 or self.gamma.ndim != 1:
            raise ValueError(f"{self.name}: expected four arrays of one shape (C,), found {shapes}")

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the input's shape; its last axis must have C channels."""
        if input_shape[-1:] != self.gamma.shape:
            raise ValueError(
                f"{self.name}: expected an input (…, {self.gamma.size}), found {input_shape}"
            )
        return input_shape

    def forward(self, x: np.ndarray) -> np.ndarray:
        """(N, …, C) → (N, …, C), as one multiplication and one addition."""
        self.output_shape(x.shape[1:])
        # gamma · (x − mean) / spread + beta = x · scale + (beta − mean · scale)
        scale = self.gamma / np.sqrt(self.moving_variance + self.epsilon)  # (C,)
        return x * scale + (self.beta - self.moving_mean * scale)

    def forward_loops(self, x: np.ndarray) -> np.ndarray:
        """(N, …, C) → (N, …, C), number by number."""
        self.output_shape(x.shape[1:])
        y = np.empty(x.shape, np.float32)
        for index in np.ndindex(x.shape):
            c = index[-1]
            centred = x[index] - self.moving_mean[c]
            spread = np.sqrt(self.moving_variance[c] + self.epsilon)
            y[index] = self.gamma[c] * centred / spread + self.beta[c]
        return y

    def describe(self) -> str:
        """Say how many channels."""
        return f"BatchNormalization {self.gamma.size} channels"


class Activation(Layer):
    """An activation function as a layer of its own: ``a = g(x)``."""

    arguments = ("activation",)

    def __init__(self, activation: str, name: str = "") -> None:
        super().__init__(name or activation, activation)

    def forward(self, x: np.ndarray) -> np.ndarray:
        """Return (N, …) with the function applied."""
        return ACTIVATIONS[self.activation](x)

    def forward_loops(self, x: np.ndarray) -> np.ndarray:
        """Apply the function to one row of the last axis after the other."""
        a = np.empty(x.shape, np.float32)
        for index in np.ndindex(x.shape[:-1]):
            a[index] = ACTIVATIONS[self.activation](x[index])
        return a

    def describe(self) -> str:
        """Name the function."""
        return f"Activation {self.activation}"


# --- Windows over an image ------------------------------------------------------------------


def window_positions(
    size: Sequence[int], window: Sequence[int], strides: Sequence[int], padding: str
) -> tuple[int, int]:
    """Count the positions of a window that moves over an image.

    ``"valid"``: ``floor((n − k) / s) + 1``. ``"same"``: ``ceil(n / s)``.

    Parameters
    ----------
    size, window, strides : (rows, columns)

    Raises
    ------
    ValueError
        The window is larger than the image.
    """
    if padding == "same":  # -(-n // s) is n / s, rounded up
        rows, columns = (-(-n // s) for n, s in zip(size, strides, strict=True))
    else:
        rows, columns = ((n - k) // s + 1 for n, k, s in zip(size, window, strides, strict=True))
    if rows < 1 or columns < 1:
        raise ValueError(f"a window of {tuple(window)} does not fit into an image of {tuple(size)}")
    return rows, columns


def margins(
    size: Sequence[int], window: Sequence[int], strides: Sequence[int], padding: str
) -> list[tuple[int, int]]:
    """Count the rows above and below an image, and the columns before and after it.

    ``"same"`` needs ``(ceil(n / s) − 1) · s + k − n`` more rows (and columns). Half of them go
    before, half after; an odd one goes after, like in TensorFlow. ``"valid"`` needs none.

    Parameters
    ----------
    size, window, strides : (rows, columns)

    Returns
    -------
    [(above, below), (before, after)]
    """
    before_and_after = []
    for n, k, s in zip(size, window, strides, strict=True):
        total = max((-(-n // s) - 1) * s + k - n, 0) if padding == "same" else 0
        before_and_after.append((total // 2, total - total // 2))
    return before_and_after


def pad(
    x: np.ndarray,
    window: tuple[int, int],
    strides: tuple[int, int],
    padding: str,
    value: float = 0.0,
) -> np.ndarray:
    """Surround images with a constant, as ``padding`` says (:func:`margins`).

    Parameters
    ----------
    x : (N, H, W, C) float

    Returns
    -------
    (N, H + above + below, W + before + after, C) float
    """
    if padding == "valid":
        return x
    around = margins(x.shape[1:3], window, strides, padding)
    return np.pad(x, [(0, 0), *around, (0, 0)], constant_values=value)


def im2col(x: np.ndarray, window: tuple[int, int], strides: tuple[int, int]) -> np.ndarray:
    """Lay every patch that a window sees in a row of its own.

    For a 3 × 3 image with the pixels 0 … 8 and a window of 2 × 2::

        0 1 2        0 1 3 4
        3 4 5   →    1 2 4 5
        6 7 8        3 4 6 7
                     4 5 7 8

    Parameters
    ----------
    x : (N, H, W, C) float

    Returns
    -------
    (N · OH · OW, KH · KW · C) float
        One row for each position, a patch's numbers in the order row, column, channel:
        the order in which a kernel (KH, KW, C, F) lies when flattened.
    """
    kh, kw = window
    rows, columns = window_positions(x.shape[1:3], window, strides, "valid")
    patches = np.empty((len(x), rows, columns, kh * kw, x.shape[3]), x.dtype)
    for k, seen in enumerate(shifted(x, window, strides, (rows, columns))):
        patches[:, :, :, k] = seen  # (N, OH, OW, C)
    return patches.reshape(-1, kh * kw * x.shape[3])


def shifted(
    x: np.ndarray,
    window: tuple[int, int],
    strides: tuple[int, int],
    size: tuple[int, int],
) -> list[np.ndarray]:
    """For each pixel (p, q) of the window, all that it sees: views of shape (N, OH, OW, C)."""
    (sh, sw), (rows, columns) = strides, size
    return [
        x[:, p : p + sh * (rows - 1) + 1 : sh, q : q + sw * (columns - 1) + 1 : sw]
        for p in range(window[0])
        for q in range(window[1])
    ]


# --- The network ----------------------------------------------------------------------------


class Sequential:
    """Layers, one after the other.

    Parameters
    ----------
    layers
        In order; their names must differ.
    input_shape
        Shape of one example, such as (28, 28).

    Raises
    ------
    ValueError
        Two layers with one name, or a layer that does not take what the one before it gives.
    """

    def __init__(self, layers: Sequence[Layer], input_shape: Sequence[int]) -> None:
        self.layers, self.input_shape = list(layers), tuple(input_shape)
        #: A reading less probable than this is better not asserted; 0 asserts all.
        self.reject_below = 0.0
        names = [layer.name for layer in self.layers]
        if not names or len(set(names)) != len(names):
            raise ValueError(f"expected at least one layer, and names that differ; found {names}")
        self.shapes: list[Shape] = []
        shape = self.input_shape
        for layer in self.layers:
            shape = layer.output_shape(shape)
            self.shapes.append(shape)

    @classmethod
    def from_description(
        cls,
        description: Sequence[Mapping[str, Any]],
        weights: Mapping[str, np.ndarray],
        input_shape: Sequence[int],
    ) -> Sequential:
        """Build a network from its architecture and its arrays.

        Parameters
        ----------
        description
            One mapping a layer: ``"layer"`` is the class, ``"name"`` its name, the rest are Keras'
            arguments (:data:`digitrec.networks.ARCHITECTURES`). Layers that do nothing at
            inference (``Dropout``) are left out.
        weights
            The arrays, under ``"<layer's name>/<array's name>"``, such as ``"conv1/kernel"``.
        input_shape
            Shape of one example.

        Raises
        ------
        ValueError
            An unknown layer, an argument we do not compute with, an array missing or left over.
        """
        layers = [
            _layer(entry, weights) for entry in description if entry["layer"] not in TRAINING_ONLY
        ]
        network = cls(layers, input_shape)
        left_over = set(weights) - set(network.weights)
        if left_over:
            raise ValueError(f"weights: no layer takes {sorted(left_over)}")
        return network

    @classmethod
    def from_keras(cls, model: Any) -> Sequential:
        """Build the same network as a Keras ``Sequential`` model, with a copy of its arrays.

        Raises
        ------
        ValueError
            A layer, or an option of a layer, that is not among the ones above.
        """
        description, weights = [], {}
        for layer in model.layers:
            config = layer.get_config()
            kind = type(layer).__name__
            known = Layer.kinds.get(kind, Layer)
            uses = (f"use_{key}" for key in known.arrays)
            taken = (*known.arguments, *uses, *_UNSUPPORTED)
            arguments = {key: config[key] for key in taken if key in config}
            description.append({"layer": kind, "name": layer.name, **arguments})
            for variable in layer.weights:
                weights[f"{layer.name}/{variable.name}"] = np.asarray(variable)
        return cls.from_description(description, weights, model.input_shape[1:])

    @property
    def weights(self) -> dict[str, np.ndarray]:
        """Every array of the network, under ``"<layer's name>/<array's name>"``."""
        return {
            f"{layer.name}/{key}": array
            for layer in self.layers
            for key, array in layer.weights.items()
        }

    @property
    def parameters(self) -> int:
        """How many numbers the network holds."""
        return sum(layer.parameters for layer in self.layers)

    def forward(self, x: np.ndarray) -> np.ndarray:
        r"""Propagate a batch through all layers.

        Parameters
        ----------
        x : (N, \*input_shape)
            uint8 pixels, if the first layer is a rescaling.

        Returns
        -------
        (N, …) float32
            The last layer's output: (N, 10) logits for the course's networks.

        Raises
        ------
        ValueError
            ``x`` is not a batch of inputs, or its pixels are scaled and the network does
            that itself.
        """
        x = self.check(x)
        for layer in self.layers:
            x = layer.forward(x)
        return x

    __call__ = forward

    def outputs(self, x: np.ndarray) -> dict[str, np.ndarray]:
        """Propagate a batch and return what every layer gives, by the layer's name, in order."""
        x = self.check(x)
        given = {}
        for layer in self.layers:
            x = given[layer.name] = layer.forward(x)
        return given

    def predict(self, x: np.ndarray, batch_size: int = 100) -> np.ndarray:
        """Like :meth:`forward`, a few images at a time: any number of them in bounded memory.

        A hundred at a time is also faster than all at once: what one layer writes is
        still in the processor's cache when the next one reads it.
        """
        x = self.check(x)
        if batch_size < 1:
            raise ValueError(f"batch_size: expected at least 1, found {batch_size}")
        out = np.empty((len(x), *self.shapes[-1]), np.float32)
        for start in range(0, len(x), batch_size):
            out[start : start + batch_size] = self.forward(x[start : start + batch_size])
        return out

    def predict_probabilities(self, x: np.ndarray, batch_size: int = 100) -> np.ndarray:
        """Return each image's probability of each class: (N, 10) float32, rows of sum 1."""
        out = self.predict(x, batch_size)
        return out if self.layers[-1].activation == "softmax" else softmax(out)

    def check(self, x: np.ndarray) -> np.ndarray:
        """Return a batch as an array, if this network can read it.

        Raises
        ------
        ValueError
            Its shape is another one, or its pixels are scaled and the network does that itself.
        """
        x = np.asarray(x)
        if x.shape[1:] != self.input_shape or x.ndim != len(self.input_shape) + 1:
            wanted = ", ".join(map(str, self.input_shape))
            raise ValueError(f"expected a batch of shape (N, {wanted}), found {x.shape}")
        first = self.layers[0]
        scales = isinstance(first, Rescaling) and first.scale < 0.01
        if scales and np.issubdtype(x.dtype, np.floating) and 0 < x.max(initial=0) <= 1:
            raise ValueError(
                "expected pixels from 0 to 255, found numbers from 0 to 1. This network scales "
                "its pixels itself; scaled twice, they would all but vanish."
            )
        return x

    def __repr__(self) -> str:
        rows = [("input", "", str(self.input_shape), "")]
        for layer, shape in zip(self.layers, self.shapes, strict=True):
            rows.append((layer.name, layer.describe(), str(shape), f"{layer.parameters:,}"))
        widths = [max(len(row[k]) for row in rows) for k in range(4)]
        lines = [
            f"{name:<{widths[0]}}  {text:<{widths[1]}}  {shape:<{widths[2]}}  {count:>{widths[3]}}"
            for name, text, shape, count in rows
        ]
        return "\n".join([*(line.rstrip() for line in lines), f"{self.parameters:,} parameters"])


#: Keras' layers that do nothing when a trained network is used.
TRAINING_ONLY = ("Dropout",)

# Keras' options that change the result and that we do not compute with, and how their usual value
# is written.
_UNSUPPORTED: dict[str, tuple[Any, ...]] = {
    "dilation_rate": ((1, 1), [1, 1], 1),
    "groups": (1,),
    "data_format": ("channels_last", None),
    "axis": (-1,),
}


def _layer(entry: Mapping[str, Any], weights: Mapping[str, np.ndarray]) -> Layer:
    """Build one layer from its description and its share of the arrays."""
    name, kind = entry["name"], Layer.kinds.get(entry["layer"])
    if kind is None:
        raise ValueError(
            f"{name}: expected a layer of {sorted(Layer.kinds)}, found {entry['layer']!r}"
        )
    for key, usual in _UNSUPPORTED.items():
        if key in entry and entry[key] not in usual:
            raise ValueError(f"{name}: expected {key} = {usual[0]!r}, found {entry[key]!r}")
    arguments = {key: entry[key] for key in kind.arguments if key in entry}
    for key in kind.arrays:
        if not entry.get(f"use_{key}", True):
            if key not in kind.may_lack:
                raise ValueError(
                    f"{name}: expected a {kind.__name__} layer with a {key}, found none"
                )
        elif f"{name}/{key}" not in weights:
            raise ValueError(f"weights: expected the array {name}/{key}, found none")
        else:
            arguments[key] = weights[f"{name}/{key}"]
    return kind(**arguments, name=name)


def _float32(array: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(array, np.float32)


def _pair(value: SupportsIndex | Sequence[int]) -> tuple[int, int]:
    """Return (rows, columns) from one number for both, or from two."""
    rows, columns = (int(value), int(value)) if isinstance(value, SupportsIndex) else value
    if rows < 1 or columns < 1:
        raise ValueError(f"expected sizes of at least 1, found {(rows, columns)}")
    return int(rows), int(columns)


def _moves(strides: tuple[int, int], padding: str) -> str:
    """Say how a window moves, where it is not one pixel at a time inside the image."""
    rows, columns = strides
    stride = (
        ""
        if rows == columns == 1
        else f", stride {rows}"
        if rows == columns
        else (f", strides {rows}×{columns}")
    )
    return stride + (", same" if padding == "same" else "")


def _check_padding(name: str, padding: str) -> None:
    if padding not in ("valid", "same"):
        raise ValueError(f'{name}: expected padding "valid" or "same", found {padding!r}')
