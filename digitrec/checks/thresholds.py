"""Checks of chapter 5: a threshold, an answer that may be withheld, and a change that misleads."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

import numpy as np

from digitrec import forward, mnist, networks
from digitrec.checks.asking import Wrong, ask, check
from digitrec.checks.comparing import array
from digitrec.checks.together import Asked, settle_together

Answer = Callable[..., Any]


@check
def otsu(answer: Answer) -> None:
    """``otsu(counts)``: the threshold t that splits values ≤ t and > t the most, (256,) → t."""
    rng = np.random.default_rng()
    heaps = ((60, 190, 4000, 500), (20, 90, 900, 1500), (120, 200, 3000, 60), (40, 170, 700, 900))
    # The last has as many pixels as a photograph: too many for small whole numbers.
    sizes = (1, 1, 1, 997)
    cases = [
        _heaps(rng, *heap, filled=True, times=size) for heap, size in zip(heaps, sizes, strict=True)
    ]
    # Values that no pixel has: a class may be empty, and several thresholds are the best.
    cases += [_heaps(rng, 70, 180, 800, 200, filled=False)]
    settle_together(answer, cases)


def _heaps(
    rng: np.random.Generator,
    low: int,
    high: int,
    many: int,
    few: int,
    *,
    filled: bool,
    times: int = 1,
) -> Asked:
    """Draw two heaps of values; with what is right and what mistakes make of it."""
    values = np.concatenate([rng.normal(low, 12, many), rng.normal(high, 9, few)])
    counts = np.bincount(np.clip(np.rint(values), 0, 255).astype(int), minlength=256)
    if filled:
        counts += 1  # no value without a pixel, so only one threshold is right
    counts *= times
    between = _between_classes(counts)
    best = int(between.argmax())

    def right(found: np.ndarray) -> bool:
        t = found.item()
        return t in range(256) and bool(between[int(t)] >= (1 - 1e-9) * between.max())

    def best_by(score: Callable[..., float]) -> Callable[[np.ndarray], bool]:
        """Tell whether a threshold is one of the best by another score."""
        others = _best(counts, score)
        return lambda found: found.item() in others

    of_counts = _best_by_counts(counts)
    whole = counts @ np.arange(256) / counts.sum()
    inked = np.flatnonzero(counts)
    middle = np.searchsorted(np.cumsum(counts), counts.sum() / 2)
    equal = "values equal to the threshold belong to the darker class."
    mean = (
        "that is the mean of all values; with little ink it lies in the paper. Just there "
        "w₀ w₁ (m₁ − m₀) is greatest, too, if m₁ − m₀ is not squared."
    )
    far_out = "that lies far out: are both shares in the product, and is the greatest taken?"
    some = "that is half of 255 for every picture; the counts decide."
    mistakes: list[tuple[Any, str]] = [
        (lambda found: right(found - 1), f"one too many: {equal}"),
        (
            lambda found: right(found + 1),
            f"one too few: {equal[:-1]}; or does your list of thresholds not begin at 0?",
        ),
        (between.max(), "that is the greatest variance; asked for is the threshold that gives it."),
        (
            between.max() * counts.sum() ** 2,
            "that is the greatest variance; which threshold gives it?",
        ),
        (whole, mean),
        (np.rint(whole), mean),
        (middle, "that is the median, where w₀ w₁ alone is greatest: how far apart are the means?"),
        (counts.argmax(), "that is the most frequent value: the middle of one heap."),
        (counts[:255].argmin(), "that is the rarest value; the means and shares decide."),
        ((low + high) / 2, "that is midway between the two heaps; how large they are counts, too."),
        (
            (inked[0] + inked[-1]) / 2,
            "that is midway between the least and the greatest value; the counts decide.",
        ),
        (
            (inked[0] + inked[-1]) // 2,
            "that is midway between the least and the greatest value; the counts decide.",
        ),
        *((value, some) for value in (127, 127.5, 128)),
        (lambda found: right(255 - found), "that counts from the bright end."),
        (
            lambda found: right(np.rint(255 * found)) and found < 1,
            "the threshold is a value 0–255, not a part of 255.",
        ),
        (
            best_by(lambda w, m: (m[1] - m[0]) ** 2),
            "weigh the distance of the means with both classes' shares, w₀ w₁.",
        ),
        (
            best_by(lambda w, m: w[0] * w[1] * abs(m[1] - m[0])),
            mean,
        ),
        (
            best_by(lambda w, m: w[0] * w[1]),
            "that is the median, where w₀ w₁ alone is greatest: how far apart are the means?",
        ),
        (
            lambda found: found.item() in of_counts,
            "m₀ and m₁ are means of the values, weighted with the counts; those are of the counts.",
        ),
        (best_by(lambda w, m: w[0] * (m[1] - m[0]) ** 2), far_out),
        (best_by(lambda w, m: w[1] * (m[1] - m[0]) ** 2), far_out),
        (best_by(lambda w, m: -w[0] * w[1] * (m[1] - m[0]) ** 2), far_out),
    ]
    if not filled:
        empty = "where a class is empty its mean is 0 / 0, and argmax takes NaN for the largest."
        mistakes += [(t, empty) for t in (0, 254, 255, int(inked[-1]))]
    given = f"two heaps, about {low} and about {high}:"
    return Asked((counts,), best, "one threshold", mistakes, given, right=right)


def _between_classes(counts: np.ndarray) -> np.ndarray:
    """Variance between the values ≤ t and those > t, for each t; (256,) counts → (256,)."""
    p, values = counts / counts.sum(), np.arange(256)
    below = np.cumsum(p)
    first = np.cumsum(p * values)
    with np.errstate(all="ignore"):
        between = (first[-1] * below - first) ** 2 / (below * (1 - below))
    return np.where((below > 0) & (below < 1 - 1e-12), between, 0)


def _best(counts: np.ndarray, score: Callable[..., float]) -> set[int]:
    """Thresholds with the greatest score of both classes' shares and means."""
    p, values = counts / counts.sum(), np.arange(256)
    scores = {}
    for t in range(255):
        shares = p[: t + 1].sum(), p[t + 1 :].sum()
        if counts[: t + 1].any() and counts[t + 1 :].any():
            parts = p[: t + 1] @ values[: t + 1], p[t + 1 :] @ values[t + 1 :]
            means = tuple(part / share for part, share in zip(parts, shares, strict=True))
            scores[t] = score(shares, means)
    most = max(scores.values())
    return {t for t, value in scores.items() if np.isclose(value, most, rtol=1e-9, atol=0)}


def _best_by_counts(counts: np.ndarray) -> set[int]:
    """Thresholds that are the best when means are taken of the counts, not of the values."""
    p = counts / counts.sum()
    scores = {
        t: p[: t + 1].sum() * p[t + 1 :].sum() * (p[t + 1 :].mean() - p[: t + 1].mean()) ** 2
        for t in range(255)
    }
    most = max(scores.values())
    return {t for t, value in scores.items() if np.isclose(value, most, rtol=1e-9, atol=0)}


@check
def answers(answer: Answer) -> None:
    """``answers(p, least)``: each row's likeliest class, or −1 where it is less probable; (N,)."""
    rng = np.random.default_rng()
    cases = []
    for count, least in ((40, 0.6), (30, 0.35), (25, 0.85), (5, 0.0), (1, 1.0), (2, 1.0)):
        p = forward.softmax(rng.normal(0, 2.5, (count, 10)))
        if count > 5:
            p[0] = (1 - least) / 9  # exactly as probable as asked for
            p[0, 7] = least
            p[1] = 0.1  # sure of nothing
            p[2] = np.eye(10)[0]
            p[3] = 0.02
            p[3, [0, 4]] = 0.03, 0.81
            p[4] = p[0]
            p[4, [7, 2]] += -5e-4, 5e-4  # a little less
        surest, label = p.max(axis=1), p.argmax(axis=1)
        enough = surest >= least
        ordered = np.sort(p, axis=1)
        mistakes = (
            (np.where(surest > least, label, -1), "exactly as probable as asked for is enough."),
            (label, "every row is answered; give −1 where the network is not sure."),
            (np.where(enough, -1, label), "the other way round: −1 where it is not sure."),
            (np.where(enough, surest, -1), "these are probabilities; give a class."),
            (np.where(enough, label, 0), "0 is a digit; what is not answered is −1."),
            (np.where(enough, label, 10), "what is not answered is −1."),
            (np.where(enough, label, np.nan), "what is not answered is −1."),
            (enough, "that says whether there is an answer; which one is it?"),
            (np.where(surest >= 0.5, label, -1), "use the least probability that is given."),
            (
                np.where(p.mean(axis=1) >= least, label, -1),
                "the mean of a row is always 0.1; the largest tells how sure it is.",
            ),
            (
                np.where(p.min(axis=1) >= least, label, -1),
                "look at the largest of a row, not at the least.",
            ),
            (np.where(p.max() >= least, label, -1), "each row has a largest of its own."),
            (
                np.where(ordered[:, -1] - ordered[:, -2] >= least, label, -1),
                "compare the largest itself, not how far it is above the second.",
            ),
            (np.where(enough, label + 1, -1), "the first class is number 0."),
            (np.where(1 - surest >= least, label, -1), "1 − p is how unsure it is."),
            (np.where(surest <= least, label, -1), "the other way round: −1 where it is not sure."),
            (np.where(enough, p.argmin(axis=1), -1), "that is the least probable class."),
            ((p >= least).argmax(axis=1), "where nothing is large enough, the answer is −1."),
        )
        given = f"at least {least:g} asked for:"
        what = "a number for each row (−1 where unsure)"
        cases.append(Asked((p, least), np.where(enough, label, -1), what, mistakes, given))
    settle_together(answer, cases)


#: What ``disturb`` may change of a picture, and of how many the CNN may still be right.
DISTURBED_PIXELS, DISTURBED_RIGHT = 28, 0.70


#: What a network is asked with, and what loads one.
_OF_NETWORKS = {"predict", "predict_probabilities", "load_numpy", "load_keras"}


def _names_a_network(function: Any) -> bool:
    """Tell whether a reader's function, or one of theirs that it names, names a network."""
    waiting: list[Any] = [function]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop()
        # What belongs to a library is no answer of the reader's.
        ours = str(getattr(one, "__module__", "")).split(".")[0] in ("digitrec", "numpy", "cv2")
        if ours or not isinstance(one, types.FunctionType) or id(one) in seen:
            continue
        seen.add(id(one))
        names = _names(one.__code__)
        values = [one.__globals__[name] for name in names if name in one.__globals__]
        values += [cell.cell_contents for cell in one.__closure__ or () if _filled(cell)]
        if names & _OF_NETWORKS or any(isinstance(v, forward.Sequential) for v in values):
            return True
        waiting += values
    return False


def _filled(cell: types.CellType) -> bool:
    """Tell whether a variable of an enclosing function has a value yet."""
    try:
        return cell.cell_contents is not None
    except ValueError:
        return False


def _names(code: types.CodeType) -> set[str]:
    """Names in a function's code and in that of the functions inside it."""
    inside = (part for part in code.co_consts if isinstance(part, types.CodeType))
    return set(code.co_names).union(*map(_names, inside))


@check
def disturb(answer: Answer) -> None:
    """``disturb(images)``: few pixels of each changed, so that the CNN misreads many; uint8."""
    if _names_a_network(answer):
        raise Wrong("it names a network. The pictures alone should tell it what to change.")
    images, labels = mnist.load_test()
    chosen = np.random.default_rng().choice(len(labels), 1000, replace=False)
    x, y = images[chosen], labels[chosen]
    result = ask(answer, x)
    kind = result.dtype if isinstance(result, np.ndarray) else type(result).__name__
    if kind != np.uint8:
        raise Wrong(f"expected pictures of uint8, found {kind}.")
    array(result, x.shape, "pictures")
    changed = (result != x).sum(axis=(1, 2))
    most = int(changed.max())
    if not most:
        raise Wrong("no pixel has changed.")
    if most > DISTURBED_PIXELS:
        raise Wrong(f"in one picture {most} pixels have changed; at most {DISTURBED_PIXELS} may.")
    right = (networks.load_numpy("cnn").predict(result).argmax(axis=1) == y).mean()
    if right >= DISTURBED_RIGHT:
        few = changed.mean() < DISTURBED_PIXELS / 2
        advice = (
            "You may change more pixels."
            if few
            else "What looks like a stroke: short and two pixels thick, or 28 long and thin?"
        )
        raise Wrong(
            f"the CNN still reads {right:.1%} of them; fewer than {DISTURBED_RIGHT:.0%} are asked "
            f"for. {advice}"
        )
