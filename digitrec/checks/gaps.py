"""Check of chapter 6: a prior for the gaps that a candidate joins."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from digitrec.checks.asking import check
from digitrec.checks.comparing import Mistakes
from digitrec.checks.together import Asked, settle_together

Answer = Callable[..., Any]


@check
def gap_prior(answer: Answer) -> None:
    """``gap_prior(boxes, height)``: −8 times the gaps between neighbours, in heights."""
    rng = np.random.default_rng()
    cases = []
    for count, height in ((5, 48.0), (4, 30.0), (3, 41.0)):
        widths, apart = rng.uniform(4, 12, count), rng.uniform(1, 7, count)
        apart[1] = -2.7  # two that overlap
        starts = np.cumsum(widths + apart) - widths
        ends = starts + widths
        cases.append(
            (list(zip(starts.round(1).tolist(), ends.round(1).tolist(), strict=True)), height)
        )
    cases += [([(0, 10), (14, 20)], 40.0), ([(3, 9)], 25.0), ([(0, 10), (8, 12), (12, 15)], 20.0)]
    settle_together(answer, [_gaps(boxes, height) for boxes, height in cases])


def _gaps(boxes: list[tuple[float, float]], height: float) -> Asked:
    """Make a case of a candidate's segments."""
    signed = np.array([b[0] - a[1] for a, b in pairwise(boxes)], float)
    gaps = np.maximum(signed, 0)
    expected = 0 - 8 * gaps.sum() / height
    whole = max(b[1] for b in boxes) - boxes[0][0]
    overlap = "where two overlap the gap is 0, not below."
    mistakes: Mistakes = (
        (-8 * signed.sum() / height, overlap),
        (-8 * max(0, signed.sum()) / height, f"of each two neighbours: {overlap}"),
        (
            -8 * np.abs(signed).sum() / height,
            "where two overlap the gap is 0, not how far they overlap.",
        ),
        (-8 * -np.minimum(signed, 0).sum() / height, "those are the overlaps; the gaps count."),
        (-expected, "the sign: a penalty makes a path less likely."),
        (-8 * gaps.sum(), "in heights of a digit: divide by the height."),
        (-8 * gaps.sum() * height, "in heights of a digit: divide by the height."),
        (-8 * np.floor(gaps / height).sum(), "a gap is less than a height: is it cut off to 0?"),
        (-8 * np.floor(gaps.sum() / height), "a gap is less than a height: is it cut off to 0?"),
        (-gaps.sum() / height, "the factor 8 is missing."),
        (gaps.sum() / height, "the factor −8 is missing."),
        (-8 * max(gaps, default=0.0) / height, "the sum of all gaps, not the widest."),
        (-8 * gaps.mean() / height if len(gaps) else 0.0, "their sum, not their mean."),
        (-8 * gaps.mean() / height if len(gaps) else np.nan, "their sum, not their mean."),
        (-8 * gaps.sum() / height / len(boxes), "their sum, not their mean."),
        (-8 * (gaps**2).sum() / height, "the gaps themselves, not their squares."),
        (-8 * gaps[:1].sum() / height, "all neighbours, not only the first two."),
        (-8 * gaps[:-1].sum() / height, "the last two are neighbours, too."),
        (-8 * gaps[1:].sum() / height, "the first two are neighbours, too."),
        (-8 * whole / height, "that is how wide all of it is; what lies between is asked for."),
        (-8 * sum(b - a for a, b in boxes) / height, "those are the widths of the segments."),
        (
            -8 * sum(max(0, b[0] - a[0]) for a, b in pairwise(boxes)) / height,
            "a gap begins at the first one's right side.",
        ),
        (
            -8 * sum(max(0, b[1] - a[1]) for a, b in pairwise(boxes)) / height,
            "a gap ends at the second one's left side.",
        ),
        (-8 * (gaps > 0).sum(), "how wide the gaps are, not how many there are."),
        (-8 * (gaps > 0).sum() / height, "how wide the gaps are, not how many there are."),
    )
    if len(boxes) == 1:
        mistakes = (
            *mistakes,
            (lambda found: True, "it fails for a single segment, which has no gap."),
        )
    return Asked((boxes, height), expected, "one number", mistakes, f"{boxes}, height {height:g}:")
