"""Connected components of ink, and cuts through them; by hand."""

import numpy as np
import pytest
from drawn import bar, ring

from digitrec.reading.limits import CUT_APART, DIGIT_SIZE, MOST_PIECES
from digitrec.reading.pieces import (
    Piece,
    cut,
    find_pieces,
    gap,
    trimmed,
    typical_height,
    union,
    weighted_median,
)


def drawn(pieces, shape):
    """All pieces in one mask; each pixel is in one of them."""
    mask = np.zeros(shape, bool)
    for piece in pieces:
        place = mask[piece.y : piece.bottom, piece.x : piece.right]
        assert not (place & piece.mask).any()
        piece.draw(mask)
    return mask


class TestPiece:
    def test_its_rectangle(self):
        piece = bar(3, 7, 4, 30)
        assert (piece.width, piece.height, piece.longest) == (4, 30, 30)
        assert (piece.right, piece.bottom) == (7, 37)

    def test_which_reach_the_edge(self):
        touching = [bar(0, 5), bar(5, 0), bar(46, 5), bar(5, 20)]
        assert all(piece.touches((50, 50)) for piece in touching)
        assert not bar(1, 1).touches((50, 50))

    def test_straight_is_thin_and_long_at_any_angle(self):
        diagonal = Piece(0, 0, np.eye(30, dtype=bool) | np.eye(30, k=1, dtype=bool))
        assert bar(0, 0, 3, 30).is_straight(3)
        assert bar(0, 0, 30, 3).is_straight(3)
        assert diagonal.is_straight(3)
        assert not bar(0, 0, 8, 30).is_straight(3)  # thicker than the pen
        assert not bar(0, 0, 3, 9).is_straight(3)  # short
        assert not Piece(0, 0, ring(30, 20)).is_straight(3)
        assert not bar(0, 0, 1, 1).is_straight(3)

    def test_trimmed_to_its_ink(self):
        mask = np.zeros((9, 9), bool)
        mask[2:5, 3:8] = True
        piece = trimmed(mask, 10, 20)
        assert (piece.x, piece.y, piece.width, piece.height) == (13, 22, 5, 3)
        assert piece.mask.all()


class TestFind:
    def test_each_component_is_a_piece_the_longest_first(self):
        mask = np.zeros((60, 80), bool)
        mask[10:20, 5:8] = mask[10:50, 20:24] = mask[30:33, 40:60] = True
        found = find_pieces(mask)
        assert [(p.x, p.y, p.width, p.height) for p in found] == [
            (20, 10, 4, 40),
            (40, 30, 20, 3),
            (5, 10, 3, 10),
        ]
        np.testing.assert_array_equal(drawn(found, mask.shape), mask)
        assert [p.longest for p in find_pieces(mask, least=10)] == [40, 20]
        assert find_pieces(np.zeros((9, 9), bool)) == []

    def test_corners_connect_and_one_in_another_is_its_own(self):
        assert len(find_pieces(np.eye(9, dtype=bool))) == 1
        mask = ring(40, 40)
        mask[18:22, 18:22] = True
        assert [p.width for p in find_pieces(mask)] == [40, 4]

    @pytest.mark.parametrize(("bridge", "count"), [(0, 2), (1.9, 2), (4, 1)])
    def test_a_gap_of_at_most_the_bridge_is_none(self, bridge, count):
        mask = np.zeros((30, 40), bool)
        mask[10:13, 5:15] = mask[10:13, 18:30] = True  # three columns between
        found = find_pieces(mask, bridge=bridge)
        assert len(found) == count
        np.testing.assert_array_equal(drawn(found, mask.shape), mask)

    def test_of_very_many_only_the_largest(self):
        mask = np.zeros((200, 200), bool)
        mask[::3, ::3] = True
        mask[100, 50:150] = True
        found = find_pieces(mask)
        assert len(found) == MOST_PIECES
        assert found[0].width >= 100


class TestJoin:
    def test_the_union_has_all_ink_and_no_more(self):
        a, b = bar(10, 5, 4, 6), bar(2, 9, 3, 3)
        joined = union([a, b])
        assert (joined.x, joined.y, joined.width, joined.height) == (2, 5, 12, 7)
        assert joined.mask.sum() == 24 + 9
        assert union([a]) is a

    @pytest.mark.parametrize(
        ("other", "expected"),
        [(bar(2, 2), 0), (bar(9, 0), 5), (bar(0, 37), 7), (bar(7, 34), 5), (bar(4, 30), 0)],
    )
    def test_gaps_of_rectangles(self, other, expected):
        """3 across and 4 down are 5."""
        assert gap(bar(0, 0), other) == gap(other, bar(0, 0)) == expected

    def test_the_median_by_weight(self):
        assert weighted_median([1, 2, 3], [1, 1, 5]) == 3
        assert weighted_median([1, 1, 1, 10]) == 10  # 10 of 13
        assert weighted_median([]) == 0

    def test_digits_are_as_high_as_most_ink_is(self):
        specks, rule = [bar(10 * k, 0, 3, 3) for k in range(20)], bar(0, 90, 300, 12)
        assert typical_height([*specks, rule, *(bar(30 * k, 20, 5, 40) for k in range(4))], 4) == 40
        assert typical_height(specks, 4) == 3  # nothing else is there


class TestSlant:
    def test_a_straight_stroke_is_about_as_thick_and_long_as_it_is_drawn(self):
        assert bar(0, 0, 4, 30).sides() == pytest.approx((4, 30), abs=0.15)

    @pytest.mark.parametrize("lean", [-1, 0, 1])
    def test_columns_to_the_right_for_each_row_up(self, lean):
        mask = np.eye(30, dtype=bool)[::-lean] if lean else np.ones((30, 1), bool)
        piece = Piece(0, 0, mask)
        assert piece.lean() == pytest.approx(lean)
        assert piece.is_straight(1.0)

    def test_a_pixel_has_no_direction(self):
        pixel = bar(3, 4, 1, 1)
        assert pixel.sides() == (0, 0)
        assert pixel.lean() == 0
        assert not pixel.is_straight(1.0)


class TestCut:
    def test_a_slash_that_touches_a_digit_is_one_part(self):
        """A seam along the digit crosses the slash, which is put together again."""
        mask = np.zeros((56, 80), bool)
        for row in range(56):
            mask[row, 30 - row // 3 : 34 - row // 3] = True
        mask[8:48, 34:64] = ring(40, 30)
        mask[28:31, 21:40] = True  # where they touch
        parts = cut(Piece(0, 0, mask), 40, 4.0)
        assert [(p.x, p.height) for p, _ in parts] == [(12, 56), (33, 40)]

    def test_two_rings_that_touch_are_cut_where_they_do(self):
        shape = ring(40, 30)
        pair = np.hstack([shape, np.zeros((40, 4), bool), shape])
        pair[20:24, 28:36] = True  # the end of one stroke
        parts = cut(Piece(100, 50, pair), 40, 5.0)
        borders = [part.x for part, _ in parts]
        (middle,) = [k for k, x in enumerate(borders) if 126 <= x <= 136]
        assert parts[0][1] == 0
        assert parts[middle][1] == pytest.approx(4 / 5, abs=0.01)  # through four pixels of ink
        whole = drawn([Piece(p.x - 100, p.y - 50, p.mask) for p, _ in parts], pair.shape)
        np.testing.assert_array_equal(whole, pair)

    def test_what_is_narrow_is_not_cut(self):
        narrow = Piece(0, 0, ring(40, round(40 * DIGIT_SIZE) - 1))
        ((part, crossed),) = cut(narrow, 40, 5.0)
        np.testing.assert_array_equal(part.mask, narrow.mask)
        assert crossed == 0

    def test_a_seam_goes_aside(self):
        """Between two slanted strokes that overlap in all columns, through no ink."""
        mask = np.zeros((41, 62), bool)
        for row in range(41):
            mask[row, 40 - row : 45 - row] = mask[row, 57 - row : 62 - row] = True
        mask[40, :20] = True  # connects them
        parts = cut(Piece(0, 0, mask), 41, 5.0)
        assert any(0 < crossed <= 0.4 for _, crossed in parts)

    @pytest.mark.parametrize("seed", range(20))
    def test_no_ink_is_lost_or_doubled_and_cuts_are_apart(self, seed):
        generator = np.random.default_rng(seed)
        mask = np.zeros((40, int(generator.integers(30, 260))), bool)
        for _ in range(6):
            y, x = generator.integers(0, 30), generator.integers(0, mask.shape[1] - 10)
            mask[y : y + generator.integers(3, 40), x : x + 5] = True
            mask[y : y + 4, x : x + generator.integers(5, 60)] = True
        for piece in find_pieces(mask):
            parts = cut(piece, 40, 4.0)
            assert len(parts) <= piece.width / (CUT_APART * 40) + 2
            whole = drawn([part for part, _ in parts], mask.shape)
            np.testing.assert_array_equal(whole, drawn([piece], mask.shape))
