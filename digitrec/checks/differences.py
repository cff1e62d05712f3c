"""Check of chapter 7: a gradient by differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from digitrec.checks.asking import check
from digitrec.checks.gradients import away_from_zero
from digitrec.checks.together import Asked, settle_together

Answer = Callable[..., Any]


@check
def numeric_gradient(answer: Answer) -> None:
    """``numeric_gradient(f, w, h)``: the central difference for each entry of w, of any shape."""
    rng = np.random.default_rng()
    cases = [_differences(rng, shape) for shape in ((4,), (2, 3), (2, 1, 3), (3, 3), (1,))]
    cases += [_differences(rng, shape, whole=True) for shape in ((3,), (2, 2))]
    settle_together(answer, cases)


def _differences(rng: np.random.Generator, shape: tuple[int, ...], *, whole: bool = False) -> Asked:
    """Make a case of a curved function of an array, which may hold whole numbers."""
    w, c = away_from_zero(rng, *shape), away_from_zero(rng, *shape)
    if whole:
        w = rng.choice([-3, -2, 2, 3], shape)
    h = float(rng.choice([0.1, 0.2, 0.3]))

    def f(v: np.ndarray) -> float:
        return float((c * v**3).sum() + v.flat[0] * v.flat[-1])

    def difference(up: float, down: float) -> np.ndarray:
        """Return (f(w + up) − f(w − down)) / (up + down) for each entry."""
        out = np.zeros(shape)
        for index in np.ndindex(w.shape):
            above, below = w.astype(float), w.astype(float)
            above[index] += up
            below[index] -= down
            out[index] = (f(above) - f(below)) / (up + down)
        return out

    expected = difference(h, h)
    by_row = np.zeros(shape)
    for k in range(len(w)):
        above, below = w.astype(float), w.astype(float)
        above[k] += h
        below[k] -= h
        by_row[k] = (f(above) - f(below)) / (2 * h)
    one_side = "that is a difference to one side; take one step up, one down."
    mistakes = (
        (difference(h, 0), one_side),
        (difference(0, h), one_side),
        (difference(h, 0) / 2, one_side),
        (2 * expected, "w + h and w − h are 2h apart."),
        (expected / 2, "w + h and w − h are 2h apart."),
        (2 * h * expected, "divide by how far apart the two are: 2h."),
        (h * h * expected, "divide by 2h: in Python a / 2 * h is multiplied by h."),
        (-expected, "the sign: above minus below."),
        (difference(h / 2, h / 2), "step by h to each side."),
        (difference(2 * h, 2 * h), "step by h to each side."),
        *((difference(tiny, tiny), "use the h that is given.") for tiny in (1e-5, 1e-4, 1e-3)),
        (
            np.full(shape, (f(w + h) - f(w - h)) / (2 * h)) if w.size > 1 else expected,
            "only one entry moves at a time, all others stay.",
        ),
        (by_row, "a whole row moves at a time: w[k] is a number only where w has a single axis."),
        *((cut, "w may hold whole numbers: there w + h is cut off.") for cut in _cut_off(f, w, h)),
        (np.zeros(shape), "all of it is 0: does f get the array that was changed?"),
    )
    given = f"w of shape {shape}{', whole numbers' if whole else ''}, h = {h}:"
    return Asked((f, w, h), expected, "a gradient of the shape of w", mistakes, given, digits=1e-4)


def _cut_off(f: Callable[[np.ndarray], float], w: np.ndarray, h: float) -> list[np.ndarray]:
    """What comes of differences inside an array of whole numbers; nothing for other arrays."""
    if w.dtype.kind != "i":
        return []
    out = np.zeros(w.shape)
    right = np.zeros(w.shape)
    for index in np.ndindex(w.shape):
        above, below = w.copy(), w.copy()
        above[index], below[index] = w[index] + h, w[index] - h
        out[index] = (f(above) - f(below)) / (2 * h)
        above, below = w.astype(float), w.astype(float)
        above[index] += h
        below[index] -= h
        right[index] = (f(above) - f(below)) / (2 * h)
    return [out, np.trunc(out), np.trunc(right)]
