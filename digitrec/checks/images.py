"""Checks of chapter 5: your own images."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from digitrec import forward, mnist
from digitrec.checks.asking import Wrong, ask, check
from digitrec.checks.comparing import array, explain, same

Answer = Callable[..., Any]


@check
def bright_ink(answer: Answer) -> None:
    """``bright_ink(image)``: the image (H, W) uint8 with ink bright on dark paper."""
    digit = mnist.load_test()[0][0]
    for given in (255 - digit, digit):
        result = ask(answer, given)
        found = array(result, digit.shape, "an image")
        if given is digit and same(found, 255 - digit):
            raise Wrong(
                "it inverts an image whose ink was bright already. Look at the paper first."
            )
        if given is not digit and same(found, given):
            raise Wrong("dark ink on bright paper came back as it was.")
        if not same(found, digit):
            raise Wrong("expected the same picture with values 0–255, the paper 0 and the ink 255.")


@check
def centre_of_mass(answer: Answer) -> None:
    """``centre_of_mass(image)``: (row, column), each pixel weighted with its value."""
    one = np.zeros((5, 9), np.uint8)
    one[1, 6] = 200
    for image in (one, mnist.load_test()[0][2]):
        mass = image.astype(float)
        rows, columns = np.indices(image.shape)
        expected = np.array([(rows * mass).sum(), (columns * mass).sum()]) / mass.sum()
        found = array(ask(answer, image), (2,), "(row, column)")
        if same(found, expected[::-1]):
            raise Wrong("row first, then column: these are the other way round.")
        inked = np.argwhere(image > 0).mean(axis=0)
        if same(found, inked) and not same(inked, expected):
            raise Wrong("every pixel of ink counts the same; weight each with its value.")
        if not same(found, expected):
            raise Wrong(f"expected {expected.round(2)}, found {found.round(2)}.")


@check
def fit_box(answer: Answer) -> None:
    """``fit_box(height, width)``: the size in a 20 × 20 box with the same aspect ratio."""
    for size, expected in (
        ((40, 20), (20, 10)),
        ((30, 60), (10, 20)),
        ((10, 10), (20, 20)),
        ((400, 5), (20, 1)),
        ((30, 13), (20, 9)),
    ):
        found = array(ask(answer, *size), (2,), "(height, width)")
        if np.array_equal(found, (20, 20)) and expected != (20, 20):
            raise Wrong("20 × 20 whatever comes in: a 1 becomes a block. One factor for both.")
        if size == (10, 10) and np.array_equal(found, size):
            raise Wrong("a small digit should grow: 10 × 10 becomes 20 × 20.")
        if found.min() < 1:
            raise Wrong(f"{size} becomes {found.tolist()}: a side has at least one pixel.")
        if size == (30, 13) and np.array_equal(found, (20, 8)):
            raise Wrong("13 · 20 / 30 = 8.67: round to the nearest pixel, do not cut off.")
        if not np.array_equal(found, expected):
            raise Wrong(f"{size} should become {expected}, yours becomes {found.tolist()}.")


@check
def otsu(answer: Answer) -> None:
    """``otsu(counts)``: the threshold t that splits values ≤ t and > t the most, (256,) → t."""
    rng = np.random.default_rng()
    for low, high, many, few in ((60, 190, 4000, 500), (20, 90, 900, 1500), (120, 200, 3000, 60)):
        values = np.concatenate([rng.normal(low, 12, many), rng.normal(high, 9, few)])
        counts = np.bincount(np.clip(np.rint(values), 0, 255).astype(int), minlength=256)
        counts += 1  # no value without a pixel, so only one threshold is right
        between = _between_classes(counts)
        found = array(ask(answer, counts), (), "one number").item()
        if found in range(256) and between[int(found)] >= (1 - 1e-9) * between.max():
            continue
        best = int(between.argmax())
        mean = float(counts @ np.arange(256) / counts.sum())
        mistakes = (
            (between.max(), "that is the greatest variance; the threshold where it is, is asked."),
            (best + 1, "one too many: values equal to the threshold belong to the darker class."),
            (best - 1, "one too few: values equal to the threshold belong to the darker class."),
            (mean, "that is the mean of all values; with little ink it lies in the paper."),
            (counts.argmax(), "that is the most frequent value: the middle of the paper."),
            ((low + high) / 2, "that lies between two heaps of one picture; the counts decide."),
            (127, "half of 255 whatever comes in; the counts decide."),
            (128, "half of 256 whatever comes in; the counts decide."),
        )
        explain(found, mistakes)
        if found == _separate(counts, lambda p, m: (m[1] - m[0]) ** 2):
            raise Wrong("the distance of the means alone; weigh it with both classes' shares.")
        raise Wrong(
            f"expected a threshold of {best}, found {found:g}. Try all 256: share of the one "
            "class, times share of the other, times the squared distance of their means."
        )


def _between_classes(counts: np.ndarray) -> np.ndarray:
    """Variance between the values ≤ t and those > t, for each t; (256,) counts → (256,)."""
    p, values = counts / counts.sum(), np.arange(256)
    below = np.cumsum(p)
    first = np.cumsum(p * values)
    with np.errstate(all="ignore"):
        between = (first[-1] * below - first) ** 2 / (below * (1 - below))
    return np.where((below > 0) & (below < 1 - 1e-12), between, 0)


def _separate(counts: np.ndarray, score: Callable[..., float]) -> int:
    """Threshold with the greatest score of both classes' shares and means."""
    p, values = counts / counts.sum(), np.arange(256)
    best, most = 0, -np.inf
    for t in range(255):
        shares = p[: t + 1].sum(), p[t + 1 :].sum()
        if min(shares) <= 0:
            continue
        parts = p[: t + 1] @ values[: t + 1], p[t + 1 :] @ values[t + 1 :]
        means = tuple(part / share for part, share in zip(parts, shares, strict=True))
        if score(shares, means) > most:
            best, most = t, score(shares, means)
    return best


@check
def answers(answer: Answer) -> None:
    """``answers(p, least)``: each row's likeliest class, or −1 where it is less probable; (N,)."""
    rng = np.random.default_rng()
    for count, least in ((40, 0.6), (30, 0.35), (5, 0.0), (1, 1.0)):
        p = forward.softmax(rng.normal(0, 2.5, (count, 10)))
        if count > 5:
            p[0] = (1 - least) / 9  # exactly as probable as asked for
            p[0, 7] = least
            p[1] = 0.1  # sure of nothing
        surest, label = p.max(axis=1), p.argmax(axis=1)
        expected = np.where(surest >= least, label, -1)
        found = array(ask(answer, p, least), (count,), "one answer a row")
        if same(found, expected):
            continue
        mistakes = (
            (np.where(surest > least, label, -1), "exactly as probable as asked for is enough."),
            (label, "every row is answered; give −1 where the network is not sure."),
            (np.where(surest >= least, -1, label), "the other way round: −1 where it is not sure."),
            (np.where(surest >= least, surest, -1), "these are probabilities; give a class."),
            (np.where(surest >= least, label, 0), "0 is a digit; what is not answered is −1."),
            (np.where(surest >= 0.5, label, -1), "use the least probability that is given."),
            (
                np.where(p.mean(axis=1) >= least, label, -1),
                "the mean of a row is always 0.1; the largest tells how sure it is.",
            ),
        )
        explain(found, mistakes)
        k = int(np.flatnonzero(found != expected)[0])
        raise Wrong(
            f"a row whose likeliest class is {label[k]} with {surest[k]:.3f}, and at least "
            f"{least:g} asked for: expected {expected[k]}, found {found[k]:g}."
        )
