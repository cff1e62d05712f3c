"""Learning what a path costs: sums over paths, their gradient, pages of which all is known."""

from itertools import combinations

import cv2
import numpy as np
import pytest

from benchmarks import conditions, priors
from digitrec.reading import lattice, pieces
from digitrec.reading.limits import COSTS

TYPED = np.array([COSTS[name] for name in lattice.FEATURES])


def arcs(rng: np.random.Generator, lengths: tuple[int, ...] = (3, 1, 4)) -> priors.Arcs:
    """Return lines of so many segments, each candidate and each segment alone; about half right."""
    rows = [
        (line, start, stop)
        for line, length in enumerate(lengths)
        for start, stop in [
            *combinations(range(length + 1), 2),
            *((k, k + 1) for k in range(length)),
        ]
    ]
    line, start, stop = map(np.array, zip(*rows, strict=True))
    features = rng.uniform(0, 1, (len(rows), len(TYPED)))
    fixed, right = np.log(rng.uniform(0.1, 1, len(rows))), rng.random(len(rows)) < 0.5
    right |= stop - start == 1  # so each line has a right path
    return priors.Arcs(line, start, stop, np.array(lengths), fixed, features, right)


def paths(of: priors.Arcs, line: int, at: int = 0) -> list[list[int]]:
    """Return every path of a line from a place, as its arcs."""
    if at == of.ends[line]:
        return [[]]
    return [
        [int(k), *rest]
        for k in np.flatnonzero((of.line == line) & (of.start == at))
        for rest in paths(of, line, int(of.stop[k]))
    ]


def test_sums_are_those_over_all_paths() -> None:
    """Dynamic programming finds what going along each path finds."""
    of = arcs(np.random.default_rng(1))
    scores = of.fixed - of.features @ TYPED / 10
    total, share = of.totals(scores)
    expected = np.zeros(len(scores))
    for line in range(len(of.ends)):
        every = paths(of, line)
        weights = np.exp([scores[path].sum() for path in every])
        assert total[line] == pytest.approx(np.log(weights.sum()))
        for path, weight in zip(every, weights, strict=True):
            expected[path] += weight / weights.sum()
    np.testing.assert_allclose(share, expected)


def test_where_no_path_may_go_there_is_no_sum() -> None:
    """A line without a right path is told, and the others are summed as before."""
    of = arcs(np.random.default_rng(1))
    scores = np.where(of.line == 1, -np.inf, of.fixed)
    total, share = of.totals(scores)
    assert np.isneginf(total).tolist() == [False, True, False]
    assert share[of.line == 1].tolist() == [0, 0]
    np.testing.assert_allclose(total[[0, 2]], of.totals(of.fixed)[0][[0, 2]])
    assert of.has_right().all()


def test_the_gradient_is_the_likelihoods() -> None:
    """As small steps of each cost measure it."""
    of, costs = arcs(np.random.default_rng(2)), TYPED / 5
    value, gradient = of.likelihood(costs)
    assert value < 0
    for k, step in enumerate(1e-5 * np.eye(len(costs))):
        slope = (of.likelihood(costs + step)[0] - of.likelihood(costs - step)[0]) / 2e-5
        assert gradient[k] == pytest.approx(slope, abs=1e-7)


def test_learned_costs_make_the_right_paths_likelier() -> None:
    """Costs stay above 0; and where nothing is to be learned they stay what they were."""
    of = arcs(np.random.default_rng(3), (3,) * 50)
    new = priors.learned(of, TYPED)
    assert (new > 0).all()
    assert of.likelihood(new)[0] > of.likelihood(TYPED)[0]
    of.right[:] = True
    np.testing.assert_allclose(priors.learned(of, TYPED), TYPED)


@pytest.mark.parametrize("name", ["plain", "blackboard"])
def test_on_a_page_all_digits_have_a_right_candidate(name: str) -> None:
    """Digits that keep apart have one each, and commas may be left out."""
    x, y = conditions.digits(validation=True)
    rng = np.random.default_rng(4)
    digits = [priors.Item(x[k], 1.0, 0.0, str(y[k])) for k in range(5)]
    disc = np.asarray(cv2.circle(np.zeros((28, 28), np.uint8), (14, 14), 9, 255, -1))
    comma = priors.Item(disc, 0.3, 0.65, "")
    page = [[*digits[:3], comma], digits[3:]]
    gray, whose = priors.photographed(name, page, rng)
    assert set(np.unique(whose)) == {0, 1, 2, 3, 4, 5, 6}
    assert gray[whose > 0].mean() < 0.8 * np.median(gray)

    class Sure:
        def predict_probabilities(self, images: np.ndarray, /) -> np.ndarray:
            return np.full((len(images), 10), 0.1)

    labels = [item.label for line in page for item in line]
    found = list(priors.known(gray, whose, labels, Sure()))
    assert sum(int(line.right.sum()) for line in found) >= 5
    assert sum(int(line.left_out.sum()) for line in found) >= 1
    assert priors.Arcs.of(found).has_right().all()


def test_edits_are_those_with_other_costs() -> None:
    """A doubtful digit is read where leaving it out costs more, and not where that is cheap."""
    piece = pieces.Piece(0, 0, np.ones((20, 10), bool))
    whole = np.array([name in ("speck", "skip") for name in lattice.FEATURES], float)
    line = lattice.Line(
        [lattice.Segment(piece, 0.0, whole)], [lattice.Candidate(0, 1, piece, 0 * whole)]
    )
    seven = np.where(np.arange(10) == 7, 0.28, 0.08)[None]
    known = priors.Known(line, seven, np.array([True]), np.array([False]))
    pages = [priors.Page([known], "7", True), priors.Page([known], "1", False)]
    assert TYPED @ whole > -np.log(0.28)
    assert priors.edits(pages, TYPED, TYPED) == {"with marks": 0, "digits only": 1}
    assert priors.edits(pages, TYPED, 0.1 * TYPED) == {"with marks": 1, "digits only": 1}
