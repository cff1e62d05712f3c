"""Which pieces stand in one line, and how far the page is turned."""

import numpy as np
import pytest
from drawn import bar

from digitrec.reading.limits import STEEPEST_LINE
from digitrec.reading.lines import find_lines, page_turn


def places(lines):
    return [[(p.x, p.y) for p in line] for line in lines]


def turned(degrees, lines=4, digits=8):
    slope = np.tan(np.radians(degrees))
    return [
        [bar(60 * k, round(1000 + 70 * line + 60 * k * slope)) for k in range(digits)]
        for line in range(lines)
    ]


def shuffled(rows):
    pieces = [piece for row in rows for piece in row]
    return [pieces[k] for k in np.random.default_rng(0).permutation(len(pieces))]


def test_reading_order():
    pieces = [bar(90, 12), bar(10, 80), bar(50, 8), bar(10, 10), bar(50, 82)]
    assert places(find_lines(pieces, 30)) == [
        [(10, 10), (50, 8), (90, 12)],
        [(10, 80), (50, 82)],
    ]


@pytest.mark.parametrize("degrees", [-25, -12, 0, 12, 25])
def test_a_turned_page(degrees):
    rows = turned(degrees)
    assert places(find_lines(shuffled(rows), 30)) == places(rows)


@pytest.mark.parametrize("degrees", [-30, -12, 12, 25, STEEPEST_LINE])
def test_the_turn_is_measured(degrees):
    assert np.degrees(page_turn(shuffled(turned(degrees)))) == pytest.approx(degrees, abs=2)


def test_a_level_page_is_level():
    assert page_turn(shuffled(turned(0))) == 0


def test_fewer_than_three_digits_tell_no_turn():
    assert page_turn([bar(0, 0), bar(60, 40)]) == 0
    assert page_turn([]) == 0


def test_a_line_may_bend():
    rows = [
        [bar(60 * k, 200 + 90 * line + round(0.9 * (k - 5) ** 2)) for k in range(11)]
        for line in range(2)
    ]
    assert places(find_lines(shuffled(rows), 30)) == places(rows)


def test_digits_of_other_heights_stand_in_one_line():
    row = [bar(0, 0, 20, 40), bar(40, 12, 20, 28), bar(80, -8, 20, 48), bar(120, 2, 20, 40)]
    assert places(find_lines(row, 40)) == places([row])


def test_the_flag_of_a_five_goes_with_it():
    row = [bar(20, 28, 20, 32), bar(60, 20, 20, 40), bar(100, 20, 20, 40)]
    flag = bar(24, 20, 18, 4)
    assert find_lines([*row, flag], 40) == [[row[0], flag, *row[1:]]]


def test_a_flat_stroke_far_from_all_is_in_a_line():
    row = [bar(40 * k, 20, 20, 40) for k in range(4)]
    beside, below, speck = bar(300, 40, 30, 6), bar(60, 300, 30, 6), bar(160, 400, 6, 6)
    assert find_lines([*row, beside, below, speck], 40) == [[*row, beside], [below]]


def test_a_comma_that_hangs_out_is_no_line_of_its_own():
    row = [bar(40 * k, 20, 20, 40) for k in range(4)]
    comma = bar(66, 54, 6, 16)
    assert find_lines([*row, comma], 40) == [[row[0], row[1], comma, *row[2:]]]


def test_numbers_side_by_side_at_two_heights_are_two_lines():
    """Nearer to each other, what is so much lower is in the line, which climbs."""
    above, below = ([bar(60 + 30 * k, y) for k in range(6)] for y in (-80, 90))
    high, low = [bar(190, 0), bar(210, 0)], [bar(60, 16), bar(80, 16)]
    pages = [*above, *low, *high, *below]
    assert places(find_lines(pages, 30)) == places([above, high, low, below])
    near = [bar(130, 16), bar(150, 16)]
    pages = [*above, *near, *high, *below]
    assert places(find_lines(pages, 30)) == places([above, [*near, *high], below])


@pytest.mark.parametrize("gap", [2, 7, 12, 40])
@pytest.mark.parametrize("lower", [0, 0.2])
def test_columns_of_numbers_at_one_height_have_lines_across(gap, lower):
    """Also where every second number on the right stands a fifth of a height too low."""
    rows = [
        [
            bar(30 * x, round(70 * row + 30 * lower * (x > 1) * (row % 2)))
            for x in (0, 1, 1 + gap, 2 + gap)
        ]
        for row in range(4)
    ]
    assert places(find_lines(shuffled(rows), 30)) == places(rows)


def test_low_digits_stand_in_the_line_of_high_ones():
    """There is no more room between them than between others, though more of their own heights."""
    rows = [
        [bar(50 * k, 100 * row + 20 * (k % 2), 20, 40 - 20 * (k % 2)) for k in range(8)]
        for row in range(4)
    ]
    assert places(find_lines(shuffled(rows), 40)) == places(rows)


def test_what_is_small_and_far_from_all_is_in_no_line():
    row = [bar(40 * k, 20, 20, 40) for k in range(4)]
    assert find_lines([*row, bar(300, 300, 5, 5)], 40) == [row]
    # As large as a digit it is a line.
    assert len(find_lines([*row, bar(300, 300, 20, 40)], 40)) == 2


def test_no_digits_no_lines():
    assert find_lines([], 30) == []
