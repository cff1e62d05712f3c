"""Wrong gradients, to be found with :func:`digitrec.backprop.gradient_check`.

Each is a mistake that is easily made, looks plausible and still learns: a loss that falls does not
show that a gradient is right. They are for readers who want to find out how one sees it, and for
the tests of the check itself::

    gradient_check(network, x, y, rules=WRONG["A"])
    train(network, x, y, rules=WRONG["A"], …)

What is wrong with each is said at its class, below: look for it yourself first.
"""

from __future__ import annotations

import numpy as np

from digitrec.backprop import (
    RULES,
    Backward,
    BatchNormalizationRule,
    Conv2DRule,
    DenseRule,
    Remembered,
    Rules,
)
from digitrec.forward import BatchNormalization, Conv2D, Dense


class RuleA(DenseRule):
    """ReLU's slope, asked of its output with ``>=``: an output is never below 0, so it is always 1.

    Nothing is stopped: units that were off learn as well. The last layer has no ReLU and is right.
    """

    def backward(
        self, layer: Dense, remembered: Remembered, gradient: np.ndarray, first: bool = False
    ) -> Backward:
        """(N, U) → dx (N, D); dW (D, U), db (U,)."""
        x, a = remembered
        delta = gradient * (a >= 0) if layer.activation == "relu" else gradient
        arrays = {"kernel": x.T @ delta, "bias": delta.sum(axis=0)}
        return None if first else delta @ layer.kernel.T, arrays


class RuleB(BatchNormalizationRule):
    """Mean and variance taken for constants, though every number of the batch is part of them.

    gamma's and beta's own gradients are right; it is all layers *before* a normalisation that get
    wrong ones.
    """

    def backward(
        self,
        layer: BatchNormalization,
        remembered: Remembered,
        gradient: np.ndarray,
        first: bool = False,
    ) -> Backward:
        """(N, …, C) → dx (N, …, C); dgamma (C,), dbeta (C,)."""
        c, spread = remembered
        axes = tuple(range(gradient.ndim - 1))  # all but the channels
        arrays = {"gamma": (gradient * c).sum(axis=axes), "beta": gradient.sum(axis=axes)}
        return gradient * layer.gamma / spread, arrays


class RuleC(Conv2DRule):
    """The padding cut off a pixel too far: each pixel has the gradient of the next one, aslant.

    The layer's own kernel is right; what stands before it learns from the wrong pixels. Without
    padding there is nothing to cut off, and nothing to see.
    """

    def backward(
        self, layer: Conv2D, remembered: Remembered, gradient: np.ndarray, first: bool = False
    ) -> Backward:
        """(N, OH, OW, F) → dx (N, H, W, C); dK (KH, KW, C, F), db (F,)."""
        dx, arrays = super().backward(layer, remembered, gradient, first)
        if dx is not None and layer.padding == "same":
            moved = np.zeros_like(dx)
            moved[:, :-1, :-1] = dx[:, 1:, 1:]
            dx = moved
        return dx, arrays


class RuleD(DenseRule):
    """The mean over the batch taken twice: the loss has divided by N already.

    The kernels' gradients are N times too small. Adam does not mind the size of a gradient and
    trains as if nothing were wrong; SGD crawls.
    """

    def backward(
        self, layer: Dense, remembered: Remembered, gradient: np.ndarray, first: bool = False
    ) -> Backward:
        """(N, U) → dx (N, D); dW (D, U), db (U,)."""
        dx, arrays = super().backward(layer, remembered, gradient, first)
        return dx, arrays | {"kernel": arrays["kernel"] / len(gradient)}


#: The wrong rules by a letter that gives nothing away, each with the right ones of other kinds.
WRONG: dict[str, Rules] = {
    "A": {**RULES, Dense: RuleA()},
    "B": {**RULES, BatchNormalization: RuleB()},
    "C": {**RULES, Conv2D: RuleC()},
    "D": {**RULES, Dense: RuleD()},
}
