"""Whether a piece looks like a comma or a slash: by hand, in a line of digits 40 high."""

import numpy as np
import pytest
from drawn import bar

from digitrec.reading.marks import looks_like_mark, mark_in
from digitrec.reading.pieces import Piece, trimmed

#: Two digits on each side of what is looked at; rows 100 to 140.
DIGITS = [bar(40 * k, 100, 20, 40) for k in (0, 1, 3, 4)]
PEN = 4.0


def stroke(x, top, bottom, lean, wide=4):
    """A straight stroke, so many columns to the right for each row up."""
    rows = np.arange(bottom - top)
    columns = np.round(lean * rows[::-1]).astype(int)
    mask = np.zeros((len(rows), columns.max() - min(columns.min(), 0) + wide), bool)
    for k in range(wide):
        mask[rows, columns - min(columns.min(), 0) + k] = True
    return trimmed(mask, x, top)


def looks(part, among=DIGITS):
    """Whether a part between the digits looks like a mark."""
    parts = sorted([*among, part], key=lambda p: p.x + p.width / 2)
    marks = looks_like_mark(parts, parts, 40, PEN)
    return marks[[p is part for p in parts].index(True)]


class TestSlash:
    def test_a_leaning_stroke_that_reaches_out_above_and_below(self):
        assert looks(stroke(75, 94, 146, 0.3)) == 1

    @pytest.mark.parametrize(
        ("what", "part"),
        [
            ("a 1 that leans and stands on the line", stroke(75, 90, 140, 0.3)),
            ("one that hangs from the digits' top", stroke(75, 100, 150, 0.3)),
            ("an upright 1", stroke(75, 94, 146, 0.0)),
            ("a 1 that leans to the left", stroke(75, 94, 146, -0.3)),
            ("a leaning bar as thick as no pen", stroke(70, 94, 146, 0.3, wide=16)),
        ],
    )
    def test_what_is_none(self, what, part):
        assert looks(part) == 0, what

    def test_where_another_digit_is_as_high_it_may_be_a_digit(self):
        tall = bar(160, 90, 20, 60)
        assert looks(stroke(75, 94, 146, 0.3), [*DIGITS[:3], tall]) == 0

    def test_at_a_lines_end_there_is_nothing_to_separate(self):
        assert looks(stroke(200, 94, 146, 0.3)) == 0
        assert looks(stroke(-40, 94, 146, 0.3)) == 0

    def test_many_of_them_are_compared_with_the_digits_and_not_with_each_other(self):
        slashes = [stroke(75, 94, 146, 0.3), stroke(195, 94, 146, 0.3)]
        parts = sorted([*DIGITS, *slashes, bar(240, 100, 20, 40)], key=lambda p: p.x)
        marks = looks_like_mark(parts, parts, 40, PEN)
        assert marks == [0, 0, 1, 0, 0, 1, 0]


class TestComma:
    def test_a_small_stroke_that_hangs_below_the_line(self):
        assert looks(stroke(82, 132, 152, 0.3)) == 1

    @pytest.mark.parametrize(
        ("what", "part"),
        [
            ("a point on the line", bar(82, 134, 5, 5)),
            ("an apostrophe", stroke(82, 95, 110, 0.3)),
            ("a low blot", bar(78, 130, 16, 20)),
        ],
    )
    def test_what_is_none(self, what, part):
        assert looks(part) == 0, what


def test_of_a_candidate_of_several_parts_only_a_slash_counts():
    slash, comma, digit = stroke(75, 94, 146, 0.3), stroke(82, 132, 152, 0.3), DIGITS[0]
    assert mark_in([comma], [True], 40)
    assert not mark_in([digit, comma], [False, True], 40)
    assert mark_in([slash, digit, comma], [True, False, True], 40)


def test_a_line_of_a_single_point_has_no_mark():
    point = Piece(3, 5, np.ones((1, 1), bool))
    assert looks_like_mark([point], [point], 1, 1.0) == [False]
