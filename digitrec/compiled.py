"""The networks of :mod:`digitrec.forward`, compiled: a plan of calls that reads many images fast.

``CompiledNetwork(network)`` predicts what the network predicts. What saves time, in the order in
which one would try it:

**Less work around the sums.** A normalisation is one multiplication and one addition a channel:
the kernel before it can hold the one, its bias the other (:func:`fold`). All arrays are made once,
with the list of calls that fill them (``_Program``).

**Fewer copies.** Patches are laid out along rows only. The columns of a window then follow each
other in memory, and the matrix product reads every window where it lies: KH copies of an image
instead of KH · KW.

**Fewer products.** Three weights that slide along eight numbers take 6 · 3 = 18 products. They are
the product of two polynomials, and these can be multiplied by their values at eight points: 8
products, and some sums with fixed factors before and after (:func:`toom_cook`).

**Every core.** Each takes a few images at a time through all layers, in a thread of its own; what
one layer writes is still in that core's cache when the next one reads it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from copy import copy, deepcopy
from functools import partial
from math import prod
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from threadpoolctl import ThreadpoolController

from digitrec.forward import (
    ACTIVATIONS,
    Activation,
    BatchNormalization,
    Conv2D,
    Dense,
    Layer,
    Rescaling,
    Reshape,
    Sequential,
    Shape,
    margins,
    softmax,
)

#: Where polynomials are evaluated, besides at infinity: 0 and powers of two, near 1 as long as
#: possible, since far points lead to large factors and these to large rounding errors.
POINTS = (0.0, 1.0, -1.0, 0.5, -2.0, 2.0, -0.5)

# One large batch is read at a time: it has a thread on each core, so a matrix product needs no more
# than one. NumPy's BLAS has one setting for the whole process; its caller sets it back.
_LOCK = threading.Lock()
_BLAS = ThreadpoolController()

#: How many bytes one core works on at a time, so that most of them stay in its cache.
WORKING_SET = 2_500_000


class CompiledNetwork:
    """What a network predicts, computed fast.

    It keeps the arrays as they are when it is made: change them, and compile the network again.
    Several threads may use it at once.

    Parameters
    ----------
    network
        Any network of these layers. Convolutions and dense layers gain, the others are as fast
        as before.
    threads
        How many parts of a batch are worked on at a time; by default one a core.

    Attributes
    ----------
    input_shape : tuple of int
        Shape of one example, as of the network.
    reject_below : float
        As of the network: a reading less probable than this is better not asserted.

    Raises
    ------
    ValueError
        ``threads`` is below 1.
    """

    def __init__(self, network: Sequential, threads: int | None = None) -> None:
        self.threads = _cores() if threads is None else threads
        if self.threads < 1:
            raise ValueError(f"threads: expected at least 1, found {threads}")
        self.input_shape, self.reject_below = network.input_shape, network.reject_below
        self._check_input, self._output_shape = network.check, network.shapes[-1]
        self._gives_probabilities = network.layers[-1].activation == "softmax"
        self._summary = repr(network)
        # A copy, since the layers that fold leaves as they are keep the network's own arrays.
        self._folded = fold(deepcopy(network))
        self._kept = threading.local()
        self._at_a_time = max(1, WORKING_SET // self._program(1).bytes)

    def predict(self, x: np.ndarray, batch_size: int | None = None) -> np.ndarray:
        r"""Compute what :meth:`Sequential.predict <digitrec.forward.Sequential.predict>` does.

        The sums are added up in another order and, in part, from other terms; so the logits agree
        up to float32's rounding. The same call gives the same bits each time.

        Parameters
        ----------
        x : (N, \*input_shape)
            uint8 pixels, if the first layer is a rescaling.
        batch_size
            How many images a core takes through all layers at a time, at most; by default as many
            as its cache has room for.

        Returns
        -------
        (N, …) float32
            The last layer's output.

        Raises
        ------
        ValueError
            As for the network itself.
        """
        x = self._check_input(x)
        batch_size = self._at_a_time if batch_size is None else batch_size
        if batch_size < 1:
            raise ValueError(f"batch_size: expected at least 1, found {batch_size}")
        out = np.empty((len(x), *self._output_shape), np.float32)
        parts = max(1, -(-len(x) // batch_size))
        size = max(1, -(-len(x) // parts))  # parts of about one size
        starts = iter(range(0, len(x), size))

        def work(_: int) -> None:
            for start in starts:  # each start goes to the thread that asks next
                part = slice(start, start + size)
                self._program(len(x[part])).run(x[part], out[part])

        if len(x) < 2:
            work(0)
            return out
        one = partial(_BLAS.limit, limits=1, user_api="blas")
        threads = min(self.threads, parts)
        with _LOCK, one():
            if threads == 1:
                work(0)
            else:
                with ThreadPoolExecutor(threads, initializer=one) as pool:
                    list(pool.map(work, range(threads)))
        return out

    def predict_probabilities(self, x: np.ndarray, batch_size: int | None = None) -> np.ndarray:
        """Return each image's probability of each class: (N, 10) float32, rows of sum 1."""
        out = self.predict(x, batch_size)
        return out if self._gives_probabilities else softmax(out)

    def __repr__(self) -> str:
        return f"{self._summary}\ncompiled for {self.threads} at a time"

    def _program(self, size: int) -> _Program:
        """Return this thread's program for batches of a size; it keeps the last one."""
        program: _Program | None = getattr(self._kept, "program", None)
        if program is None or len(program.input) != size:
            program = self._kept.program = _Program(self._folded, size)
        return program


def fold(network: Sequential) -> Sequential:
    """Write a network with fewer layers that computes the same.

    A ``BatchNormalization`` right after a convolution or a dense layer goes into its kernel and its
    bias: ``(x @ W + b − mean) · s + beta = x @ (W · s) + ((b − mean) · s + beta)`` with
    ``s = gamma / sqrt(moving_variance + epsilon)``. An ``Activation`` becomes the layer's own. A
    ``Rescaling`` without an offset goes into the kernel of the first layer that has one, if nothing
    but a ``Reshape`` is in between. What cannot be folded stays a layer.

    Returns
    -------
    Sequential
        The same outputs up to float32's rounding. The network itself is left alone.
    """
    layers: list[Layer] = []
    scaling: list[Rescaling] = []  # one that waits for a kernel
    for layer in network.layers:
        last = layers[-1] if layers and not scaling else None
        if isinstance(last, Conv2D | Dense) and last.activation == "linear":
            if isinstance(layer, BatchNormalization):
                layers[-1] = _normalised(last, layer)
                continue
            if isinstance(layer, Activation):
                layers[-1] = _changed(last, activation=layer.activation)
                continue
        if isinstance(layer, Rescaling) and layer.offset == 0 and not scaling:
            scaling = [layer]
        elif isinstance(layer, Conv2D | Dense) and scaling:
            layers.append(_changed(layer, kernel=layer.kernel * scaling.pop().scale))
        elif isinstance(layer, Reshape):
            layers.append(layer)
        else:
            layers += [*scaling, layer]
            scaling = []
    return Sequential([*layers, *scaling], network.input_shape)


def toom_cook(outputs: int, taps: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    r"""Return the matrices with which weights slide along numbers in the fewest products.

    For ``taps`` weights g and ``n = outputs + taps − 1`` numbers d::

        y[i] = sum over k of d[i + k] · g[k]  =  A @ ((G @ g) * (B @ d))

    The middle product has n terms, where the sum has ``outputs · taps``. Why: multiplying two
    polynomials, with coefficients s and g, at n points is ``V_n⁻¹ ((V_outputs s) * (V_taps g))``,
    where V evaluates a polynomial. That is linear in s, and y is its transpose applied to d.

    Returns
    -------
    A : (outputs, n) float64
    G : (n, taps) float64
    B : (n, n) float64

    Raises
    ------
    ValueError
        More points are needed than there are :data:`POINTS`, and infinity.

    References
    ----------
    :cite:t:`winograd1980`, :cite:t:`lavin2016`.
    """
    n = outputs + taps - 1
    if n > len(POINTS) + 1:
        raise ValueError(f"expected at most {len(POINTS) + 1} points, found {n}")

    def values(coefficients: int) -> np.ndarray:
        """Evaluate at n − 1 points; at infinity, only the last coefficient counts."""
        finite = np.vander(POINTS[: n - 1], coefficients, increasing=True)
        return np.vstack([finite, np.eye(coefficients)[-1:]])  # (n, coefficients)

    return values(outputs).T, values(taps), np.linalg.inv(values(n)).T


class _Program:
    """A folded network for batches of one size: its arrays, and the calls that fill them.

    Here, too, images have the axes (N, H, W, C). Those that a convolution writes lie in memory as
    (H, N, W, C): then the matrices of :func:`toom_cook`, which mix rows, are one product a batch.
    """

    def __init__(self, network: Sequential, size: int) -> None:
        self.calls: list[Callable[[], Any]] = []
        self.bytes = 0
        self.input = x = self._new(size, *network.input_shape)
        for layer, shape in zip(network.layers, network.shapes, strict=True):
            if isinstance(layer, Reshape):
                x = self._contiguous(x).reshape(size, *shape)
            elif isinstance(layer, Dense):
                x = self._dense(layer, x)
            elif isinstance(layer, Conv2D):
                x = self._convolution(layer, x, shape)
            else:
                x = self._as_it_is(layer, x, shape)
        self.output = x

    def run(self, x: np.ndarray, out: np.ndarray) -> None:
        """Read a batch of exactly the program's size into ``out``."""
        np.copyto(self.input, x)
        for call in self.calls:
            call()
        np.copyto(out, self.output)

    def _new(self, *shape: int) -> np.ndarray:
        """Return an array for results: zeros, so that borders that nothing writes to are 0."""
        array = np.zeros(shape, np.float32)
        self.bytes += array.nbytes
        return array

    def _call(self, function: Callable[..., Any], *inputs: np.ndarray, out: np.ndarray) -> None:
        self.calls.append(partial(function, *inputs, out=out))

    def _copy(self, target: np.ndarray, source: np.ndarray) -> None:
        self.calls.append(partial(np.copyto, target, source))

    def _contiguous(self, x: np.ndarray) -> np.ndarray:
        """Return ``x`` if its numbers lie in the order of its axes, else a copy that does."""
        if x.flags.c_contiguous:
            return x
        target = self._new(*x.shape)
        self._copy(target, x)
        return target

    def _as_it_is(self, layer: Layer, x: np.ndarray, shape: Shape) -> np.ndarray:
        """Have a layer compute by itself where nothing is gained."""
        out = self._new(len(x), *shape)
        self.calls.append(lambda: np.copyto(out, layer.forward(x)))
        return out

    def _dense(self, layer: Dense, x: np.ndarray) -> np.ndarray:
        z = self._new(len(x), layer.bias.size)
        self._call(np.matmul, x, layer.kernel, out=z)
        self._call(np.add, z, layer.bias, out=z)
        self._activate(layer, z)
        return z

    def _convolution(self, layer: Conv2D, x: np.ndarray, shape: Shape) -> np.ndarray:
        tile = rows_at_a_time(layer, x.shape[2], shape)
        x = self._padded(layer, x, -shape[0] % tile)
        slide = self._slide_in_rows if tile == 1 else self._slide_in_tiles
        z = slide(layer, x, shape, tile)  # (OH, N, OW, F)
        self._activate(layer, z)
        return z.swapaxes(0, 1)

    def _padded(self, layer: Conv2D, x: np.ndarray, more: int) -> np.ndarray:
        """(N, H, W, C) → (H + …, N, W + …, C), with ``more`` rows below than the layer asks for."""
        size, height, width, channels = x.shape
        (above, below), (before, after) = margins(
            (height, width), layer.kernel.shape[:2], layer.strides, layer.padding
        )
        if not above + below + before + after + more:
            return x.swapaxes(0, 1)
        rows, columns = above + height + below + more, before + width + after
        padded = self._new(rows, size, columns, channels)
        inside = padded[above : above + height, :, before : before + width]
        self._copy(inside, x.swapaxes(0, 1))
        return padded

    def _slide_in_rows(self, layer: Conv2D, x: np.ndarray, shape: Shape, _: int) -> np.ndarray:
        """Lay out the KH rows that each row of output sees, and slide along the columns."""
        (rows, columns, filters), (_, size, width, channels) = shape, x.shape
        kh, (down, right) = len(layer.kernel), layer.strides
        seen = self._new(rows, size, width, kh, channels)
        for p in range(kh):
            self._copy(seen[:, :, :, p], x[p : p + down * (rows - 1) + 1 : down])
        lines = seen.reshape(rows * size, -1)  # a line is (W, KH, C)
        kernel = layer.kernel.swapaxes(0, 1).reshape(-1, filters)  # (KW * KH * C, F)
        z = self._new(rows, size, columns, filters)
        out = z.reshape(rows * size, columns, filters)
        self._multiply_windows(lines, kernel, right * kh * channels, out)
        if layer.bias is not None:
            flat = z.reshape(-1, columns * filters)
            self._call(np.add, flat, np.tile(layer.bias, columns), out=flat)
        return z

    def _slide_in_tiles(self, layer: Conv2D, x: np.ndarray, shape: Shape, tile: int) -> np.ndarray:
        """Make ``tile`` rows of output at a time from n rows of input, by :func:`toom_cook`."""
        (rows, columns, filters), (height, size, width, channels) = shape, x.shape
        a, g, b = toom_cook(tile, len(layer.kernel))
        n, tiles = len(b), -(-rows // tile)
        parts = self._contiguous(x).reshape(height, -1)
        parts = sliding_window_view(parts, n, axis=0)[::tile].swapaxes(1, 2)
        lines = self._new(tiles, n, size, width * channels)
        self._call(np.matmul, _float32(b), parts, out=lines.reshape(tiles, n, -1))
        kernel = np.tensordot(g, layer.kernel, axes=1).reshape(n, -1, filters)
        # The bias stands beside the products, and A adds it to each row.
        products = self._new(tiles, n + 1, size, columns, filters)
        products[:, n] = 0 if layer.bias is None else layer.bias
        step = layer.strides[1] * channels
        self._multiply_windows(lines, _float32(kernel), step, products[:, :n])
        a = _float32(np.hstack([a, np.ones((tile, 1))]))  # (tile, n + 1)
        z = self._new(tiles * tile, size, columns, filters)
        products = products.reshape(tiles, n + 1, -1)
        self._call(np.matmul, a, products, out=z.reshape(tiles, tile, -1))
        return z[:rows]

    def _multiply_windows(
        self, lines: np.ndarray, kernel: np.ndarray, step: int, out: np.ndarray
    ) -> None:
        """(…, R, L) lines → (…, R, OW, F): every ``step``, K numbers times a kernel (…, K, F)."""
        windows = sliding_window_view(lines, kernel.shape[-2], axis=-1)
        windows = windows[..., ::step, :][..., : out.shape[-2], :]  # (…, R, OW, K)
        windows, out = windows.swapaxes(-3, -2), out.swapaxes(-3, -2)
        self._call(np.matmul, windows, kernel[..., np.newaxis, :, :], out=out)

    def _activate(self, layer: Layer, z: np.ndarray) -> None:
        """Apply a layer's activation to (…, U) in place."""
        if layer.activation == "relu":
            # NumPy compares numbers with a row of zeros faster than with one zero.
            flat = z.reshape(-1, prod(z.shape[-2:]))
            self._call(np.maximum, flat, np.zeros_like(flat[0]), out=flat)
        elif layer.activation != "linear":
            activation = ACTIVATIONS[layer.activation]
            self.calls.append(lambda: np.copyto(z, activation(z)))


def rows_at_a_time(layer: Conv2D, width: int, shape: Shape) -> int:
    """Count products: how many rows of output should a tile have? 1: toom_cook saves none."""
    (rows, columns, filters), (kh, kw, channels, _) = shape, layer.kernel.shape
    most = min(rows, len(POINTS) + 2 - kh) if layer.strides[0] == 1 else 1

    def products(tile: int) -> int:
        n = tile + kh - 1
        count: int = rows * columns * kh * kw * channels * filters
        if tile > 1:
            before, after = n * n * width * channels, tile * (n + 1) * columns * filters
            between = n * columns * kw * channels * filters
            count = -(-rows // tile) * (before + between + after)
        return count

    return min(range(1, max(1, most) + 1), key=products)


def _normalised(layer: Conv2D | Dense, norm: BatchNormalization) -> Conv2D | Dense:
    """Return a layer that gives what ``norm`` makes of the output of ``layer``."""
    scale = norm.gamma / np.sqrt(norm.moving_variance + norm.epsilon)  # (F,)
    bias = 0 if layer.bias is None else layer.bias
    return _changed(
        layer,
        kernel=layer.kernel * scale,
        bias=(bias - norm.moving_mean) * scale + norm.beta,
    )


def _changed(layer: Conv2D | Dense, **changes: Any) -> Conv2D | Dense:
    """Return a copy of a layer with other arrays or another activation."""
    changed = copy(layer)
    vars(changed).update(changes)
    return changed


def _float32(array: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(array, np.float32)


def _cores() -> int:
    """Count the processor's cores that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # Windows and macOS do not tell
        return os.cpu_count() or 1
