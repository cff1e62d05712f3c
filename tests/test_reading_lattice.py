"""Candidates of a line, what makes one unusual, and the likeliest path: as found by trying all."""

from itertools import pairwise

import numpy as np
import pytest
from drawn import bar, ring
from hypothesis import given
from hypothesis import strategies as st

from digitrec.reading.lattice import FEATURES, Candidate, Line, Segment, best_path, build, to_ask
from digitrec.reading.limits import COSTS, IN_BAND, LEAST_PROBABILITY, MOST_JOINED, SIZES
from digitrec.reading.pieces import Piece


def features(vector):
    """The features that are not 0, by name."""
    return {
        name: pytest.approx(value)
        for name, value in zip(FEATURES, vector.tolist(), strict=True)
        if value
    }


def candidate(line, start, stop):
    (found,) = [c for c in line.candidates if (c.start, c.stop) == (start, stop)]
    return found


#: Three digits, 20 wide and 40 high, in a line; what else stands there is looked at.
DIGITS = [bar(40 * k, 100, 20, 40) for k in range(3)]


class TestBuild:
    def test_pieces_are_segments_and_neighbours_candidates(self):
        line = build(DIGITS, 40, 4.0)
        assert [s.piece for s in line.segments] == DIGITS
        # Two of them are exactly 60 wide, the most a candidate may be; three are wider.
        assert [(c.start, c.stop) for c in line.candidates] == [
            (0, 1), (0, 2), (1, 2), (1, 3), (2, 3)
        ]  # fmt: skip
        assert all(c.prior == 0 for c in line.candidates if c.stop - c.start == 1)

    def test_no_more_than_so_many_segments_are_one_digit(self):
        dots = [bar(7 * k, 100, 4, 40) for k in range(9)]
        line = build(dots, 40, 4.0)
        assert max(c.stop - c.start for c in line.candidates) == MOST_JOINED

    def test_what_joins_is_all_ink_of_its_segments(self):
        joined = candidate(build(DIGITS, 40, 4.0), 0, 2).piece
        assert (joined.x, joined.width) == (0, 60)
        assert joined.mask.sum() == 2 * 20 * 40

    def test_a_wide_piece_is_cut_into_segments(self):
        shape = ring(40, 30)
        pair = np.hstack([shape, np.zeros((40, 4), bool), shape])
        pair[20:24, 28:36] = True
        line = build([bar(0, 100, 20, 40), Piece(40, 100, pair), bar(130, 100, 20, 40)], 40, 5.0)
        crossed = [s.cut for s in line.segments]
        assert len(crossed) >= 4
        assert pytest.approx(4 / 5) in crossed
        # A candidate has the cut on its left only; the pair is too wide to be one digit.
        for found in line.candidates:
            cut = min(1, line.segments[found.start].cut)
            assert features(found.features).get("cut", 0) == cut
            assert found.piece.width <= 60


class TestFeatures:
    """How unusual: by hand. The line's digits are 40 high."""

    def test_side_by_side(self):
        # A gap of 20 of 40, and one join.
        found = candidate(build(DIGITS, 40, 4.0), 0, 2)
        assert features(found.features) == {"join": 1, "gap": 0.5}
        assert found.prior == pytest.approx(-COSTS["join"] - 0.5 * COSTS["gap"])

    def test_one_above_the_other(self):
        flag = bar(41, 90, 18, 4)  # 6 above the second digit
        line = build([*DIGITS, flag], 40, 4.0)
        # 40 of its 50 rows are between the line's top and bottom, which is enough.
        assert features(candidate(line, 1, 3).features) == {"over": 6 / 40}

    @pytest.mark.parametrize(("height", "unusual"), [(24, 0), (60, 0), (80, 1), (10, 1)])
    def test_size(self, height, unusual):
        row = [bar(40 * k, 100, 20, 40) for k in range(1, 9)]
        line = build([bar(0, 110, 20, height), *row], 40, 4.0)
        limit = SIZES[1] if height > 40 else SIZES[0]
        expected = unusual * np.log(height / 40 / limit) ** 2
        assert features(candidate(line, 0, 1).features).get("size", 0) == pytest.approx(expected)

    def test_what_stands_out_of_the_line(self):
        row = [bar(40 * k, 100, 20, 40) for k in range(1, 9)]
        line = build([bar(0, 120, 20, 40), *row], 40, 4.0)  # half of it is below
        assert features(candidate(line, 0, 1).features) == {"band": IN_BAND - 0.5}

    def test_leaving_out(self):
        row = [bar(40 * k, 100, 20, 40) for k in range(1, 9)]
        speck, half = bar(5, 118, 5, 5), bar(10, 110, 10, 20)
        left_out = [s.features for s in build([speck, half, *row], 40, 4.0).segments]
        assert features(left_out[0]) == {"speck": 1, "skip": (5 / 40) ** 2}
        assert features(left_out[1]) == {"speck": 1, "skip": (20 / 40) ** 2}
        assert features(left_out[2]) == {"speck": 1, "skip": 1}  # a whole digit
        dash = build([bar(0, 118, 25, 4), *row], 40, 4.0).segments[0]
        # √(4 · 25) = 10 of 40.
        assert features(dash.features) == {"speck": 1, "skip": (10 / 40) ** 2}
        comma = build([bar(0, 140, 10, 20), *row], 40, 4.0).segments[0]
        assert features(comma.features) == {"speck": 1}  # all of it hangs below the line


def made(count, spans, amounts):
    """A line with such candidates; what makes each unusual is in ``amounts``."""
    segments = [Segment(bar(10 * k, 0), 0.0, amounts[k]) for k in range(count)]
    candidates = [
        Candidate(start, stop, bar(10 * start, 0), amounts[count + number])
        for number, (start, stop) in enumerate(spans)
    ]
    return Line(segments, candidates)


def every_path(line, scores):
    """(score, chosen) of every way from the first segment to the last."""
    costs = np.array([COSTS[name] for name in FEATURES])

    def from_(start):
        if start == len(line.segments):
            yield 0.0, []
            return
        for score, rest in from_(start + 1):
            yield score - float(line.segments[start].features @ costs), rest
        for number, c in enumerate(line.candidates):
            if c.start == start:
                for score, rest in from_(c.stop):
                    yield score + scores[number] + c.prior, [number, *rest]

    return from_(0)


class TestToAsk:
    def test_what_a_path_would_rather_leave_out(self):
        speck = bar(5, 118, 5, 5)
        line = build([speck, *(bar(40 * k, 100, 20, 40) for k in range(1, 5))], 40, 4.0)
        assert line.segments[0].cost < -candidate(line, 0, 1).prior
        asked = to_ask(line)
        assert asked.segments == line.segments
        left = [c for c in line.candidates if c not in asked.candidates]
        assert (0, 1) in [(c.start, c.stop) for c in left]
        for found in line.candidates:
            cost = sum(s.cost for s in line.segments[found.start : found.stop])
            assert (found in left) == (-found.prior > cost)

    @given(st.integers(0, 2**32 - 1), st.integers(1, 5))
    def test_the_likeliest_path_stays(self, seed, count):
        rng = np.random.default_rng(seed)
        spans = [(a, b) for a in range(count) for b in range(a + 1, count + 1)]
        line = made(count, spans, rng.exponential(0.5, (count + len(spans), len(FEATURES))))
        asked = to_ask(line)
        p = rng.uniform(0.01, 1, len(spans))
        among = [line.candidates.index(c) for c in asked.candidates]
        score, chosen = best_path(line, p[:, None])
        score_asked, chosen_asked = best_path(asked, p[among, None])
        assert score_asked == pytest.approx(score)
        assert [among[k] for k in chosen_asked] == chosen


class TestBestPath:
    def test_a_sure_pair_or_two_sure_digits(self):
        none = np.zeros((5, len(FEATURES)))
        none[:2, FEATURES.index("skip")] = 1
        line = made(2, [(0, 1), (1, 2), (0, 2)], none)
        rows = np.array([[0.9, 0.05], [0.8, 0.1], [0.3, 0.2]])
        assert best_path(line, rows) == (pytest.approx(np.log(0.9 * 0.8)), [0, 1])
        rows[2, 1] = 0.95
        assert best_path(line, rows) == (pytest.approx(np.log(0.95)), [2])

    def test_a_speck_is_left_out_and_one_candidate_forbids_nothing(self):
        amounts = np.zeros((4, len(FEATURES)))
        amounts[0, FEATURES.index("speck")] = 1
        amounts[1, FEATURES.index("skip")] = 9
        line = made(2, [(0, 1), (1, 2)], amounts)
        rows = np.array([[0.2, 0.1], [0.0, 0.0]])
        score, chosen = best_path(line, rows)
        assert chosen == [1]
        assert score == pytest.approx(np.log(LEAST_PROBABILITY) - COSTS["speck"])

    def test_nothing_has_a_path(self):
        assert best_path(Line([], []), np.zeros((0, 10))) == (0.0, [])

    @given(st.integers(0, 2**32 - 1), st.integers(1, 7))
    def test_it_is_the_best_of_all_paths(self, seed, count):
        generator = np.random.default_rng(seed)
        spans = [
            (start, stop)
            for start in range(count)
            for stop in range(start + 1, min(count, start + 4) + 1)
            if generator.random() < 0.7
        ]
        amounts = generator.random((count + len(spans), len(FEATURES))) ** 3
        line = made(count, spans, amounts)
        rows = generator.random((len(spans), 10)) ** generator.integers(1, 30)
        scores = np.log(np.maximum(rows.max(axis=1, initial=0), LEAST_PROBABILITY))
        score, chosen = best_path(line, rows)
        best, path = max(every_path(line, scores), key=lambda way: way[0])
        assert score == pytest.approx(best)
        assert chosen == path
        used = [line.candidates[number] for number in chosen]
        assert all(a.stop <= b.start for a, b in pairwise(used))
