"""The project's parts that need no picture: what is answered, and a report of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from digitrec import evaluate, forward
from digitrec.checks.asking import Unanswered, Wrong, ask, check
from digitrec.checks.comparing import Case, array, same, settle

#: A reader's functions.
PARTS = ("prepare", "forward", "decide", "report")


def part(reader: Any, name: str) -> Callable[..., Any]:
    """Return one of a reader's functions."""
    if not isinstance(reader, Mapping):
        raise Wrong(
            f"expected a dictionary of functions, {', '.join(PARTS)}; found {type(reader).__name__}"
        )
    found = reader.get(name)
    if found is None or found is Ellipsis:
        raise Unanswered(f"there is no function {name!r} in it yet.")
    if isinstance(found, type) or not callable(found):
        raise Wrong(f"expected a function as {name!r}, found {type(found).__name__}.")
    return found


@check
def project_decide(answer: Any) -> None:
    """``decide(logits, least)``: the digit where its probability is at least so much, else −1."""
    function = part(answer, "decide")
    rng = np.random.default_rng()
    cases = []
    for n, least in ((12, 0.5), (15, 0.8), (9, 0.25)):
        z = rng.normal(0, 2, (n, 10))
        z[0], z[1], z[2] = 0.0, 0.0, 0.0
        z[0, 0], z[1, 4] = 9.0, 1000.0  # a sure 0, a very sure 4, and one that knows nothing
        p = forward.softmax(z)
        top, sure = p.argmax(axis=1), p.max(axis=1) >= least
        expected = np.where(sure, top, -1)
        with np.errstate(all="ignore"):
            plain = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
        mistakes = (
            (top, "every image is answered; where the probability is too low it should be −1."),
            (np.where(sure, -1, top), "the other way round: the sure ones are answered."),
            (np.where(z.max(axis=1) >= least, top, -1), "that compares logits, no probabilities."),
            (np.where(sure, p.max(axis=1), -1), "give the digit, not its probability."),
            (np.where(sure, top, 0), "0 is a digit; what is not answered is −1."),
            (np.where(sure, top, 10), "what is not answered is −1."),
            (top[sure], "each image has an answer; what is not answered is −1."),
            (
                np.where(plain.max(axis=1) >= least, plain.argmax(axis=1), -1),
                "exp overflows with a logit of 1000. Subtract each row's largest first.",
            ),
            (np.where(p.max(axis=1) >= 0.5, top, -1), "compare with the number that is given."),
        )
        telling = [m for m in mistakes if not same(m[0], expected)]
        given = f"{n} images and a least probability of {least}"
        cases.append(Case((z, least), expected, "one answer an image", telling, given, whole=True))
    settle(function, cases)


@check
def project_report(answer: Any) -> None:
    """``report(y, readings)``: answered, accuracy, confusion and interval of what was read."""
    function = part(answer, "report")
    rng = np.random.default_rng()
    for n in (200, 60):
        y = rng.integers(0, 10, n)
        readings = np.where(rng.random(n) < 0.8, y, rng.integers(0, 10, n))
        readings[rng.random(n) < 0.2] = -1
        told = readings >= 0
        result = ask(function, y, readings)
        if not isinstance(result, Mapping):
            raise Wrong(f"expected a dictionary, found {type(result).__name__}.")
        missing = [k for k in ("answered", "accuracy", "confusion", "interval") if k not in result]
        if missing:
            raise Wrong(f"there is no {missing[0]!r} in the report.")
        answered = array(result["answered"], (), "one number for 'answered'").item()
        if same(answered, told.sum()):
            raise Wrong("'answered' is a share from 0 to 1; this is how many.")
        if not same(answered, told.mean()):
            raise Wrong(f"'answered' should be {told.mean():.4f}, yours is {answered:.4f}.")
        right = int((y == readings).sum())
        accuracy = array(result["accuracy"], (), "one number for 'accuracy'").item()
        if same(accuracy, right / n):
            raise Wrong("'accuracy' is the share of the answered ones; this is of all.")
        if not same(accuracy, right / told.sum()):
            raise Wrong(f"'accuracy' should be {right / told.sum():.4f}, yours is {accuracy:.4f}.")
        matrix = evaluate.confusion_matrix(y[told], readings[told])
        confusion = array(result["confusion"], (10, 10), "ten rows of ten for 'confusion'")
        wrapped = matrix.copy()  # −1 as an index is the last column
        np.add.at(wrapped, (y[~told], np.full(int((~told).sum()), 9)), 1)
        for value, hint in (
            (matrix.T, "in 'confusion' a row is a true digit, a column what was read."),
            (wrapped, "in 'confusion' −1 counts as a 9: as an index it is the last place."),
            (matrix / n, "'confusion' counts images; these are shares."),
        ):
            if same(confusion, value) and not same(confusion, matrix):
                raise Wrong(hint)
        if not same(confusion, matrix):
            i, j = np.argwhere(confusion != matrix)[0]
            raise Wrong(
                f"confusion[{i}, {j}] should be {matrix[i, j]}, yours is {confusion[i, j]:g}."
            )
        interval = array(result["interval"], (2,), "two numbers for 'interval'")
        expected = np.array(evaluate.wilson_interval(right, int(told.sum())))
        p, m = right / told.sum(), int(told.sum())
        half = 1.96 * np.sqrt(p * (1 - p) / m)
        for value, hint in (
            (expected[::-1], "'interval' begins with the lower end."),
            (np.array(evaluate.wilson_interval(right, n)), "'interval' is of the answered ones."),
            (np.array([p - half, p + half]), "that is p ± 1.96 √(p(1 − p)/n); Wilson's is asked."),
        ):
            if same(interval, value, 1e-4):
                raise Wrong(hint)
        if not same(interval, expected, 1e-4):
            raise Wrong(
                f"'interval' should be {expected[0]:.4f} to {expected[1]:.4f}, yours is "
                f"{interval[0]:.4f} to {interval[1]:.4f}."
            )
