"""Printed lines, frames and the sides of boxes are found, and the strokes beside them stay."""

import cv2
import numpy as np
import pytest
from drawn import ring, slanted

from digitrec.reading import boxes, rules
from digitrec.reading.edges import without_edges
from digitrec.reading.limits import BOX_PENS
from digitrec.reading.pieces import find_pieces


def written(mask, pen):
    """What is left of a mask without rules, frames and edges; (H, W) bool."""
    kept = np.zeros_like(mask)
    left = mask & ~rules.find_rules(mask, pen)
    for piece in without_edges(find_pieces(left, 1.2 * pen), mask.shape, pen):
        piece.draw(kept)
    return kept


def blank(height=100, width=100):
    return np.zeros((height, width), bool)


def test_runs_by_hand():
    mask = np.array([[1, 0], [1, 1], [0, 0], [1, 1]], bool)
    first, last = rules.runs(mask)
    assert first[mask].tolist() == [0, 0, 1, 3, 3]
    assert last[mask].tolist() == [1, 1, 1, 3, 3]


class TestLongRules:
    def test_a_line_from_side_to_side_goes_and_the_stroke_across_it_stays(self):
        stroke, line = blank(), blank()
        stroke[20:80, 48:53] = True
        line[60:62] = True
        np.testing.assert_array_equal(rules.find_rules(stroke | line, 5), line & ~stroke)

    @pytest.mark.parametrize("degrees", [-9, -3, 5, 10])
    @pytest.mark.parametrize("upright", [False, True])
    def test_a_tilted_line_goes(self, degrees, upright):
        x, line = np.arange(120), blank(120, 120)
        for shift in (-1, 0, 1):
            rows = np.rint(60 + (x - 60) * np.tan(np.radians(degrees))).astype(int)
            line[rows + shift, x] = True
        line = line.T if upright else line
        digit = np.zeros_like(line)
        digit[5:35, 5:25] = ring(30, 20)
        found = rules.find_rules(line | digit, 3)
        # A few pixels may stay where the line's stairs are.
        assert found[line].mean() > 0.97
        assert not found[digit].any()

    @pytest.mark.parametrize("slope", [-0.12, 0, 0.07])
    @pytest.mark.parametrize("upright", [False, True])
    def test_rules_go_and_the_strokes_across_them_stay(self, slope, upright):
        mask, columns = blank(300, 300), np.arange(300)
        for start in (80, 160, 240):
            rows = np.rint(start + slope * (columns - 150)).astype(int)
            mask[rows, columns] = mask[rows + 1, columns] = True
        ruled = mask.copy()
        mask[140:180, 100:106] = True
        mask = mask.T if upright else mask
        found = rules.find_rules(mask, 2.0)
        found = found.T if upright else found
        assert found[ruled].mean() > 0.95
        assert not found[145:155, 101:105].any()

    def test_a_digit_on_a_rule_keeps_its_foot(self):
        mask = blank(120, 400)
        for left in (60, 200, 300):
            mask[40:84, left : left + 30] = ring(44, 30)
        digits = mask.copy()
        mask[82:84] = True
        found = rules.find_rules(mask, 5.0)
        assert found[82:84][~digits[82:84]].mean() > 0.9
        assert not found[:80].any()

    def test_the_bars_of_a_row_of_sevens_are_no_rule(self):
        mask = blank(100, 400)
        for x in range(20, 380, 40):
            mask[30:34, x : x + 24] = True
            mask[30:70, x + 20 : x + 24] = True
        assert not rules.find_rules(mask, 4.0).any()

    def test_a_frame_that_the_digit_touches_goes(self):
        digit, frame = slanted(blank(), 10, 95, 65, fall=3), blank()
        digit[10:16, 30:70] = frame[94:] = True
        kept = written(digit | frame, 6)
        assert kept[frame & ~digit].mean() < 0.1  # where the stroke would go on
        assert kept[:90][digit[:90]].all()


def boxed(*contents, side=60, thick=2, apart=10):
    """Frames in a row with something in each; the picture and the frames alone, (H, W) bool."""
    mask = blank(side + 40, len(contents) * (side + apart) + 40)
    frames = blank(*mask.shape)
    for number, content in enumerate(contents):
        x = 20 + number * (side + apart)
        frames[20 : 20 + side, x : x + side] = True
        frames[20 + thick : 20 + side - thick, x + thick : x + side - thick] = False
        if content is not None:
            high, wide = content.shape
            mask[30 : 30 + high, x + 15 : x + 15 + wide] = content
    return mask | frames, frames


class TestBoxes:
    def test_a_box_goes_and_its_digit_stays(self):
        mask, frames = boxed(ring(36, 26))
        np.testing.assert_array_equal(boxes.boxes(mask, 5.0), frames)

    def test_an_empty_box_goes_beside_filled_ones_of_its_size_only(self):
        mask, frames = boxed(ring(36, 26), None)
        np.testing.assert_array_equal(boxes.boxes(mask, 5.0), frames)
        alone, _ = boxed(None)
        assert not boxes.boxes(alone, 5.0).any()

    def test_a_box_at_an_angle_goes(self):
        mask, frames = boxed(ring(36, 26))
        turn = cv2.getRotationMatrix2D((50, 50), 8, 1)
        mask, frames = (
            cv2.warpAffine(255 * m.astype(np.uint8), turn, m.shape[::-1]) > 128
            for m in (mask, frames)
        )
        found = boxes.boxes(mask, 5.0)
        assert found[frames].mean() > 0.9
        assert not found[mask & ~frames].any()

    def test_a_digit_that_touches_its_frame_keeps_what_is_inside(self):
        seven = slanted(blank(50, 30), 0, 50, 22)
        seven[:5] = True
        mask, frames = boxed(seven)  # to the frame's lower side
        found = boxes.boxes(mask, 5.0)
        assert found[frames].mean() > 0.85
        assert not found[30:70][(mask & ~frames)[30:70]].any()

    @pytest.mark.parametrize("inside", [False, True])
    def test_loops_are_no_boxes(self, inside):
        mask = blank()
        mask[10:90, 20:80] = ring(80, 60, 0.15)
        mask[40:60, 48:52] = inside
        assert not boxes.boxes(mask, 4.0).any()

    def test_a_loop_smaller_than_a_few_pens_is_no_box(self):
        pen, side = 4.0, 2 * 4 + round(BOX_PENS * 4.0) - 2
        mask, _ = boxed(np.ones((8, 2), bool), side=side, thick=4)
        assert not boxes.boxes(mask, pen).any()

    def test_squared_paper_is_no_boxes(self):
        mask = blank(200, 300)
        mask[::40] = mask[1::40] = mask[:, ::40] = mask[:, 1::40] = True
        mask[50:72, 90:105] = ring(22, 15)
        assert not boxes.boxes(mask, 2.0).any()

    @pytest.mark.parametrize("thick", range(1, 6))
    @pytest.mark.parametrize("pen", [1, 2, 3, 5])
    def test_a_frame_along_the_pictures_edge_goes(self, thick, pen):
        """There is nothing beyond it; that is no division by 0."""
        digit, frame = blank(60, 60), blank(60, 60)
        digit[15:45, 25:30] = True
        frame[:thick] = frame[-thick:] = frame[:, :thick] = frame[:, -thick:] = True
        found = boxes.boxes(digit | frame, pen)
        assert not found[digit].any()
        assert found[frame].mean() > (0.9 if thick < 3 * pen else 0.2)


class TestSides:
    def test_strokes_from_rule_to_rule_are_sides(self):
        ruled, upright, digit = blank(100, 300), blank(100, 300), blank(100, 300)
        ruled[20:22] = ruled[80:82] = True
        for x in (50, 120):
            upright[22:80, x : x + 2] = True
            digit[35:70, x + 20 : x + 45] = ring(35, 25)
        np.testing.assert_array_equal(boxes.sides(upright | digit, ruled, 4.0), upright)

    def test_strokes_much_higher_than_digits_that_end_near_rules_are_the_sides_of_a_sheet(self):
        """A sheet's outline is round at its corners, and its pen was measured on the outline."""
        ink, found = blank(120, 300), blank(120, 300)
        found[[10, 11, 108, 109], 14:286] = True
        ink[13:107, [10, 11, 288, 289]] = True
        for x in (40, 100, 160):
            ink[40:80, x : x + 30] = ring(40, 30)
        sides = boxes.sides(ink, found, pen=1.5)
        assert sides[:, [10, 11, 288, 289]].sum() == 4 * 94
        assert sides.sum() == 4 * 94
        ink[:30] = ink[91:] = False  # as high as digits might be: they may be 1s
        assert not boxes.sides(ink, found, pen=1.5).any()

    def test_three_straight_strokes_of_one_height_above_the_rest_are_sides(self):
        upright, digits = blank(100, 300), blank(100, 300)
        for x in (30, 100, 170):
            upright[10:90, x : x + 3] = True
            digits[30:70, x + 20 : x + 45] = ring(40, 25)
        none = blank(100, 300)
        np.testing.assert_array_equal(boxes.sides(upright | digits, none, 4.0), upright)
        upright[:, 160:] = False  # two of them may be written
        assert not boxes.sides(upright | digits, none, 4.0).any()

    @pytest.mark.parametrize(("high", "base"), [(60, False), (12, True), (38, True), (50, True)])
    def test_the_teeth_of_a_turned_comb_are_sides(self, high, base):
        """They are higher than the digits, or they stand on a rule, and the digits do not."""
        teeth, digits, rule = blank(140, 420), blank(140, 420), blank(140, 420)
        for k in range(6):
            x, fall = 20 + 70 * k, 3 * k
            teeth[108 - high + fall : 108 + fall, x : x + 4] = True
            rule[108 + fall : 110 + fall, x : x + 70] = base
            if k < 5:
                digits[50 + fall : 90 + fall, x + 20 : x + 45] = ring(40, 25)
        np.testing.assert_array_equal(boxes.sides(teeth | digits, rule, 4.0), teeth)
        if base:
            assert not boxes.sides(teeth | digits, blank(140, 420), 4.0).any()

    def test_ones_that_stand_on_a_rule_beside_other_digits_are_no_sides(self):
        mask, rule = blank(140, 420), blank(140, 420)
        rule[90:92] = True
        for x in range(20, 400, 70):
            mask[52:90, x : x + 4] = True
            mask[50:90, x + 20 : x + 45] = ring(40, 25)
        assert not boxes.sides(mask, rule, 4.0).any()

    def test_a_row_of_ones_on_a_rule_has_no_sides(self):
        """Of five, the second and fourth stand between the others, but they are no digits there."""
        mask, rule = blank(140, 420), blank(140, 420)
        rule[90:92] = True
        for x in range(20, 400, 70):
            mask[52:90, x : x + 4] = True
        assert not boxes.sides(mask, rule, 4.0).any()
        mask[30:70, 392:417] = ring(40, 25)  # beside the row, and clear of the rule
        assert not boxes.sides(mask, rule, 4.0).any()

    @pytest.mark.parametrize("row", ["111011", "1110111", "101111", "11011011"])
    def test_ones_with_a_digit_among_them_are_no_sides(self, row):
        """Every other 1 has one distance, too, and something between: other 1s."""
        mask, rule = blank(140, 70 * len(row)), blank(140, 70 * len(row))
        rule[90:92] = True
        for k, digit in enumerate(row):
            if digit == "1":
                mask[52:90, 70 * k + 20 : 70 * k + 24] = True
            else:  # clear of the rule
                mask[30:70, 70 * k + 10 : 70 * k + 35] = ring(40, 25)
        assert not boxes.sides(mask, rule, 4.0).any()

    def test_ones_at_other_distances_are_no_sides(self):
        mask = blank(140, 420)
        for x in (20, 70, 145, 290):
            mask[40:100, x : x + 4] = True
            mask[50:90, x + 15 : x + 40] = ring(40, 25)
        assert not boxes.sides(mask, blank(140, 420), 4.0).any()

    def test_ones_as_high_as_their_neighbours_are_no_sides(self):
        mask = blank(100, 300)
        for x in (30, 100, 170):
            mask[30:70, x : x + 4] = True
            mask[30:70, x + 20 : x + 45] = ring(40, 25)
        assert not boxes.sides(mask, blank(100, 300), 4.0).any()


def test_a_curve_that_leads_past_all_ink_has_no_parts():
    """A rule's points, followed, may bend into white paper."""
    sizes = rules._Sizes.of(62, 2.0, 20.0, 0.0)
    assert not list(rules._parts(np.zeros((36, 62), bool), np.full(62, 10.0), 1.0, sizes))
