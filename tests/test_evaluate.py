"""Evaluation: cases done by hand, and slow loops that say the same."""

from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitrec import evaluate
from digitrec.evaluate import (
    accuracy,
    confusion_matrix,
    expected_calibration_error,
    precision,
    recall,
    reliability_curve,
    wilson_interval,
    worst_mistakes,
)

labels = st.integers(0, 3)
pairs = st.lists(st.tuples(labels, labels), min_size=1, max_size=40)


# --- Accuracy -------------------------------------------------------------------------------


def test_accuracy_by_hand():
    assert accuracy([3, 1, 4, 1], [3, 1, 4, 5]) == 0.75
    assert accuracy([7], [7]) == 1
    assert accuracy(np.array([7, 2]), [1, 1]) == 0
    assert isinstance(accuracy([1], [1]), float)


def test_accuracy_counts_all_examples():
    """9,984 of 10,000 are 312 batches of 32: the 16 that are left are the wrong ones."""
    y_true = np.zeros(10_000, np.uint8)
    y_pred = y_true.copy()
    y_pred[9_984:] = 1
    assert accuracy(y_true, y_pred) == 0.9984


def test_accuracy_compares_across_types():
    assert accuracy(np.array([255, 0], np.uint8), np.array([255, 0], np.int64)) == 1
    assert accuracy(np.array([255], np.uint8), np.array([-1])) == 0


@pytest.mark.parametrize("function", [accuracy, confusion_matrix])
@pytest.mark.parametrize(
    ("y_true", "y_pred"),
    [([], []), ([1, 2], [1]), ([1, 2], [[1], [2]]), ([[1, 2]], [[1, 2]]), (1, 1)],
)
def test_labels_and_predictions_that_do_not_belong_together(function, y_true, y_pred):
    with pytest.raises(ValueError, match="one shape") as error:
        function(y_true, y_pred)
    assert str(np.shape(y_true)) in str(error.value)
    assert str(np.shape(y_pred)) in str(error.value)


# --- Wilson's interval ----------------------------------------------------------------------


def test_wilson_against_published_values():
    # Newcombe (Statistics in Medicine 17, 1998), table I, method 3, with z = 1.96.
    for correct, total, low, high in [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ]:
        interval = wilson_interval(correct, total)
        assert interval == pytest.approx((low, high), abs=5e-5), (correct, total)


@given(st.integers(1, 10_000), st.floats(0, 1), st.sampled_from([1.0, 1.959964, 2.575829]))
def test_wilson_solves_its_equation(total, share, z):
    """From either end q, p is z standard deviations away: |p − q| = z √(q(1 − q) / n)."""
    correct = round(share * total)
    p = correct / total
    low, high = wilson_interval(correct, total, z)
    # The interval holds p; at the ends of 0–1 rounding may leave it 1e-17 short of it.
    assert -1e-12 <= low <= p + 1e-12
    assert p - 1e-12 <= high <= 1 + 1e-12
    for q in (low, high):
        # Near 0 and 1 the root's derivative is infinite; squares are compared there.
        assert (p - q) ** 2 == pytest.approx(z * z * q * (1 - q) / total, abs=1e-12)


def test_wilson_narrows():
    widths = [high - low for low, high in (wilson_interval(9 * n, 10 * n) for n in (1, 10, 100))]
    assert widths == sorted(widths, reverse=True)
    # For many examples it becomes the familiar ± 1.96 √(p(1−p)/n), to a part in a thousand.
    low, high = wilson_interval(9_500, 10_000)
    assert (high - low) / 2 == pytest.approx(1.96 * sqrt(0.95 * 0.05 / 10_000), rel=1e-3)


@pytest.mark.parametrize(("correct", "total"), [(-1, 5), (6, 5), (0, 0), (1, -1)])
def test_impossible_counts(correct, total):
    with pytest.raises(ValueError, match=f"found {correct} of {total}"):
        wilson_interval(correct, total)


# --- Confusion, recall, precision -----------------------------------------------------------


def test_confusion_by_hand():
    """Two 0s, one read as 2; rows are what it is, columns what it is read as."""
    matrix = confusion_matrix([0, 0, 1, 2], [0, 2, 1, 2], classes=3)
    assert matrix.tolist() == [[1, 0, 1], [0, 1, 0], [0, 0, 1]]
    assert matrix.dtype == np.int64
    assert recall(matrix).tolist() == [0.5, 1, 1]
    assert precision(matrix).tolist() == [1, 1, 0.5]


def test_a_class_that_does_not_occur():
    matrix = confusion_matrix([0, 1], [0, 0], classes=4)
    assert np.array_equal(recall(matrix), [1, 0, np.nan, np.nan], equal_nan=True)
    assert np.array_equal(precision(matrix), [0.5, np.nan, np.nan, np.nan], equal_nan=True)


@given(pairs)
def test_confusion_recall_and_precision_in_loops(pairs):
    y_true, y_pred = zip(*pairs, strict=True)
    matrix = confusion_matrix(y_true, y_pred, classes=4)
    for i in range(4):
        for j in range(4):
            assert matrix[i, j] == pairs.count((i, j))
        for share, given_as in ((recall(matrix), y_true), (precision(matrix), y_pred)):
            if given_as.count(i):
                assert share[i] == pairs.count((i, i)) / given_as.count(i)
            else:
                assert np.isnan(share[i])
    assert matrix.sum() == len(pairs)
    assert np.trace(matrix) / matrix.sum() == accuracy(y_true, y_pred)


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int32, np.int64, np.uint64])
def test_confusion_takes_any_whole_numbers(dtype):
    y = np.arange(10).astype(dtype)
    # 9 · 10 + 9 would overflow in neither, but 9 · 30 does in uint8.
    assert np.array_equal(confusion_matrix(y, y, classes=30)[:10, :10], np.eye(10))


@pytest.mark.parametrize(
    ("y_true", "y_pred", "says"),
    [
        ([0, 10], [0, 1], "y_true: .* 0 to 9, .* from 0 to 10"),
        ([0, 1], [-1, 1], "y_pred: .* from -1 to 1"),
        ([0.0, 1.0], [0, 1], "y_true: .*float64"),
        ([0, 1], [0.5, 1], "y_pred: .*float64"),
    ],
)
def test_confusion_of_something_else(y_true, y_pred, says):
    with pytest.raises(ValueError, match=says):
        confusion_matrix(y_true, y_pred)


# --- The worst mistakes ---------------------------------------------------------------------

TRUE = [0, 1, 1, 0, 1]
SURE = [
    [0.9, 0.1],  # right
    [0.7, 0.3],  # wrong, 0.7 sure
    [0.2, 0.8],  # right
    [0.05, 0.95],  # wrong, 0.95 sure
    [0.7, 0.3],  # wrong, 0.7 sure
]


def test_worst_mistakes_by_hand():
    """The surest first; of equally sure ones, the first first."""
    assert worst_mistakes(TRUE, SURE).tolist() == [3, 1, 4]
    assert worst_mistakes(TRUE, SURE, 2).tolist() == [3, 1]
    assert worst_mistakes(TRUE, SURE, 99).tolist() == [3, 1, 4]
    assert worst_mistakes(TRUE, SURE, 0).tolist() == []
    assert worst_mistakes([0], [[1.0, 0.0]]).tolist() == []
    assert worst_mistakes(TRUE, SURE).dtype == np.int64


# --- Calibration ----------------------------------------------------------------------------


def test_reliability_by_hand():
    """Confidences .9 .7 .8 .95 .7 in four bins: (.5, .75] has two wrong, (.75, 1] two of three."""
    curve = reliability_curve(TRUE, SURE, bins=4)
    assert curve.examples.tolist() == [0, 0, 2, 3]
    # Means of a few decimal fractions: a unit of 1e-16 or two.
    assert curve.confidence == pytest.approx([0.125, 0.375, 0.7, 2.65 / 3], abs=1e-15)
    assert np.isnan(curve.accuracy[:2]).all()
    assert curve.accuracy[2:] == pytest.approx([0, 2 / 3], abs=1e-15)


def test_calibration_error_by_hand():
    """2/5 · |0 − 0.7| + 3/5 · |2/3 − 2.65/3| = 0.28 + 0.13."""
    assert expected_calibration_error(TRUE, SURE, bins=4) == pytest.approx(0.41, abs=1e-15)
    assert isinstance(expected_calibration_error(TRUE, SURE), float)


def test_perfect_calibration():
    """Three of four right at 0.75: the error is 0, and bins without examples add nothing."""
    p = [[0.75, 0.25]] * 4
    assert expected_calibration_error([0, 0, 0, 1], p) == 0
    assert expected_calibration_error([1, 1, 1, 1], p) == 0.75


def test_a_bin_holds_its_upper_end():
    """0.5 belongs to (0.25, 0.5], and 1 to the last bin. Halves and quarters are exact."""
    p = [[0.5, 0.5], [0.75, 0.25], [1, 0]]
    assert reliability_curve([0, 0, 0], p, bins=4).examples.tolist() == [0, 1, 1, 1]
    assert reliability_curve([0, 0, 0], p, bins=1).examples.tolist() == [3]
    # A softmax in float32 may exceed 1 by a rounding.
    over = np.array([[np.nextafter(np.float32(1), np.float32(2)), 0]], np.float32)
    assert reliability_curve([0], over, bins=4).examples.tolist() == [0, 0, 0, 1]


@given(st.integers(1, 60), st.integers(1, 20), st.integers(0, 1000))
def test_reliability_in_loops(examples, bins, seed):
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.full(5, 0.5), examples)
    y = rng.integers(0, 5, examples)
    curve = reliability_curve(y, p, bins)
    error = 0.0
    for k in range(bins):
        inside = [n for n in range(examples) if k / bins < p[n].max() <= (k + 1) / bins]
        assert curve.examples[k] == len(inside)
        if inside:
            sure = sum(p[n].max() for n in inside) / len(inside)
            right = sum(p[n].argmax() == y[n] for n in inside) / len(inside)
            assert curve.confidence[k] == pytest.approx(sure)
            assert curve.accuracy[k] == pytest.approx(right)
            error += abs(sure - right) * len(inside) / examples
        else:
            assert curve.confidence[k] == pytest.approx((k + 0.5) / bins)
            assert np.isnan(curve.accuracy[k])
    assert curve.examples.sum() == examples
    assert expected_calibration_error(y, p, bins) == pytest.approx(error)


@pytest.mark.parametrize(
    "function", [worst_mistakes, reliability_curve, expected_calibration_error]
)
@pytest.mark.parametrize(
    ("y_true", "probabilities", "says"),
    [
        ([0, 1], [[0.5, 0.5], [np.nan, 0.5]], "sum 1"),
        ([0, 1], [[2.0, -1.0], [0.5, 0.5]], "logits"),  # the sum is right
        ([0, 1], [[12.0, 3.0], [0.5, 0.5]], "logits"),
        ([0, 1], [[np.inf, 0], [0.5, 0.5]], "sum 1"),
        ([0, 1], [[0.5, 0.4], [0.5, 0.5]], "sum 1"),
        ([0], [[0.5, 0.5], [0.5, 0.5]], r"found \(1,\) and \(2, 2\)"),
        ([0, 1], [0.5, 0.5], r"found \(2,\) and \(2,\)"),
        ([[0, 1]], [[0.5, 0.5]], r"found \(1, 2\) and \(1, 2\)"),
        ([], np.zeros((0, 10)), "at least one example"),
    ],
)
def test_not_probabilities(function, y_true, probabilities, says):
    with pytest.raises(ValueError, match=says):
        function(y_true, probabilities)


@pytest.mark.parametrize("bins", [0, -3])
def test_impossible_bins(bins):
    for function in (reliability_curve, expected_calibration_error):
        with pytest.raises(ValueError, match=f"at least 1, found {bins}"):
            function(TRUE, SURE, bins)


def test_nothing_changes_its_input():
    y, p = np.array(TRUE), np.array(SURE)
    evaluate.reliability_curve(y, p)
    evaluate.worst_mistakes(y, p)
    evaluate.confusion_matrix(y, y)
    assert y.tolist() == TRUE
    assert p.tolist() == SURE


def test_a_negative_count_of_mistakes_is_refused():
    with pytest.raises(ValueError, match="expected 0 or more, found -1"):
        evaluate.worst_mistakes([0], [[0.2, 0.8]], -1)
    assert evaluate.worst_mistakes([0], [[0.2, 0.8]], 0).size == 0
