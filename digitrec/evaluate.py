"""How good a network is, and where it fails. Lists or arrays in, arrays out; no plotting.

``y_true`` are labels, ``y_pred`` predicted classes, both (N,); ``probabilities`` are (N, classes),
each row of sum 1. All N examples count, each once.
"""

from __future__ import annotations

from math import sqrt
from typing import Any, NamedTuple

import numpy as np

ArrayLike = Any  # a list or an array of numbers


class ReliabilityCurve(NamedTuple):
    """How often a network is right when it is so sure.

    Attributes
    ----------
    confidence : (B,) float64
        Mean confidence of the examples in each bin; the bin's middle where there are none.
    accuracy : (B,) float64
        Share of them that is right; NaN where there are none.
    examples : (B,) int64
        How many examples fall in each bin.
    """

    confidence: np.ndarray
    accuracy: np.ndarray
    examples: np.ndarray


def accuracy(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """Share of the examples whose class is predicted, 0–1.

    Raises
    ------
    ValueError
        No examples, or not as many predictions as labels.
    """
    y_true, y_pred = _labels(y_true, y_pred)
    return float(np.mean(y_true == y_pred))


def wilson_interval(correct: int, total: int, z: float = 1.959964) -> tuple[float, float]:
    """Interval in which the true share lies, when ``correct`` of ``total`` were seen.

    ``(p + z²/2n ± z · sqrt(p(1 − p)/n + z²/4n²)) / (1 + z²/n)`` with ``p = correct / n``.

    Parameters
    ----------
    correct, total
        0 ≤ correct ≤ total, total > 0.
    z
        Standard deviations on either side; 1.96 for 95 %.

    Returns
    -------
    low, high : float
        Within 0–1.

    Raises
    ------
    ValueError
        Impossible counts.

    References
    ----------
    :cite:t:`wilson1927`.
    """
    if not 0 <= correct <= total or total < 1:
        raise ValueError(f"expected 0 ≤ correct ≤ total and total > 0, found {correct} of {total}")
    p, z2 = correct / total, z * z / total
    middle = (p + z2 / 2) / (1 + z2)
    half = z * sqrt(p * (1 - p) / total + z2 / (4 * total)) / (1 + z2)
    return max(0.0, middle - half), min(1.0, middle + half)


def confusion_matrix(y_true: ArrayLike, y_pred: ArrayLike, classes: int = 10) -> np.ndarray:
    """Count how often each class is read as each.

    Returns
    -------
    (classes, classes) int64
        Row: true class, column: predicted class. The diagonal is right.

    Raises
    ------
    ValueError
        A class outside 0 … classes − 1, or not as many predictions as labels.
    """
    y_true, y_pred = _labels(y_true, y_pred)
    for name, y in (("y_true", y_true), ("y_pred", y_pred)):
        if not np.issubdtype(y.dtype, np.integer) or y.min() < 0 or y.max() >= classes:
            raise ValueError(
                f"{name}: expected whole numbers from 0 to {classes - 1}, "
                f"found {y.dtype} from {y.min()} to {y.max()}"
            )
    pairs = y_true.astype(np.int64) * classes + y_pred.astype(np.int64)
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)


def recall(matrix: np.ndarray) -> np.ndarray:
    """Of the examples of each class, the share that is found.

    Parameters
    ----------
    matrix : (classes, classes) integer
        As :func:`confusion_matrix` returns it.

    Returns
    -------
    (classes,) float64
        0–1; NaN for a class without examples.
    """
    return _share(np.diag(matrix), np.sum(matrix, axis=1))


def precision(matrix: np.ndarray) -> np.ndarray:
    """Of the examples read as each class, the share that is of this class.

    Returns
    -------
    (classes,) float64
        0–1; NaN for a class that is never predicted.
    """
    return _share(np.diag(matrix), np.sum(matrix, axis=0))


def worst_mistakes(
    y_true: ArrayLike, probabilities: ArrayLike, count: int | None = None
) -> np.ndarray:
    """Indices of the misread examples, the most confident first.

    Parameters
    ----------
    count
        At most so many; all by default.

    Returns
    -------
    (M,) int64
    """
    y_true, probabilities = _predictions(y_true, probabilities)
    if count is not None and count < 0:
        raise ValueError(f"count: expected 0 or more, found {count}")
    wrong = np.flatnonzero(probabilities.argmax(axis=1) != y_true)
    order = np.argsort(-probabilities[wrong].max(axis=1), kind="stable")
    return wrong[order][:count]


def reliability_curve(
    y_true: ArrayLike, probabilities: ArrayLike, bins: int = 15
) -> ReliabilityCurve:
    """Compare confidence with accuracy, in bins of equal width.

    The confidence of a prediction is its largest probability; bin *k* holds the confidences in
    ``(k / bins, (k + 1) / bins]``.

    References
    ----------
    :cite:t:`guo2017calibration`.
    """
    y_true, probabilities = _predictions(y_true, probabilities)
    if bins < 1:
        raise ValueError(f"bins: expected at least 1, found {bins}")
    confidence = probabilities.max(axis=1).astype(np.float64)
    right = probabilities.argmax(axis=1) == y_true
    index = np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)
    count = np.bincount(index, minlength=bins)
    mean = _share(np.bincount(index, weights=confidence, minlength=bins), count)
    middle = (np.arange(bins) + 0.5) / bins
    return ReliabilityCurve(
        np.where(count > 0, mean, middle),
        _share(np.bincount(index, weights=right, minlength=bins), count),
        count,
    )


def expected_calibration_error(
    y_true: ArrayLike, probabilities: ArrayLike, bins: int = 15
) -> float:
    """Mean distance of confidence from accuracy, each bin weighted by its examples; 0–1.

    References
    ----------
    :cite:t:`guo2017calibration`, equation 3.
    """
    curve = reliability_curve(y_true, probabilities, bins)
    gap = np.abs(np.nan_to_num(curve.accuracy) - curve.confidence) * curve.examples
    return float(gap.sum() / curve.examples.sum())


def _labels(y_true: ArrayLike, y_pred: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    y_true, y_pred = np.asarray(y_true), np.asarray(y_pred)
    if y_true.ndim != 1 or y_true.shape != y_pred.shape or not y_true.size:
        raise ValueError(
            "expected labels and predictions of one shape (N,) with N > 0, "
            f"found {y_true.shape} and {y_pred.shape}"
        )
    return y_true, y_pred


def _predictions(y_true: ArrayLike, probabilities: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    y_true, probabilities = np.asarray(y_true), np.asarray(probabilities)
    if y_true.ndim != 1 or probabilities.ndim != 2 or len(y_true) != len(probabilities):
        raise ValueError(
            "expected labels (N,) and probabilities (N, classes), "
            f"found {y_true.shape} and {probabilities.shape}"
        )
    if not y_true.size:
        raise ValueError("expected at least one example, found none")
    # NaN compares false, so this also catches it.
    if not (np.abs(probabilities.sum(axis=1) - 1) < 1e-3).all() or probabilities.min() < 0:
        raise ValueError("expected probabilities ≥ 0 with rows of sum 1. Are these logits?")
    return y_true, probabilities


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Return part / whole, NaN where the whole is 0."""
    out = np.full(len(whole), np.nan)
    np.divide(part, whole, out=out, where=whole > 0)
    return out
