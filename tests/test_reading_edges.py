"""What lies at a picture's edge: a table, a frame, a cut-off digit, or a digit in a tight crop."""

import cv2
import numpy as np
import pytest
from drawn import ring, text_on_paper

from digitrec.reading.edges import without_edges, writing
from digitrec.reading.look import look
from digitrec.reading.pieces import find_pieces


def kept(mask, pen=5.0):
    return without_edges(find_pieces(mask > 0, 1.2 * pen), mask.shape, pen)


def rings(*lefts, shape=(200, 300), top=70):
    mask = np.zeros(shape, bool)
    for left in lefts:
        mask[top : top + 60, left : left + 40] = ring(60, 40, 0.2)
    return mask


@pytest.mark.parametrize("degrees", [3, 6, 10])
@pytest.mark.parametrize("side", [1, -1])
def test_a_frame_seen_at_a_slant_is_no_digit(degrees, side):
    """The line enters at the top and leaves at the side; the digit keeps clear of the edges."""
    mask = np.zeros((120, 120), np.uint8)
    cv2.ellipse(mask, (60, 60), (22, 38), 0, 0, 360, 1, 5)
    x, fall = 100 + degrees, round(120 * np.tan(np.radians(degrees)))
    cv2.line(mask, (x, 0), (x + fall, 120), 1, 4)
    (found,) = kept(mask[:, ::side])
    assert (found.width, found.height) == pytest.approx((49, 81), abs=2)


def test_a_one_in_a_tight_crop_is_kept():
    """Cropped to its ink, a picture's digits touch its edges; the straight one is a digit."""
    mask = np.zeros((81, 160), np.uint8)
    cv2.line(mask, (10, 0), (3, 80), 1, 5)
    for x in (60, 125):
        cv2.ellipse(mask, (x, 40), (20, 37), 0, 0, 360, 1, 5)
    assert len(kept(mask)) == 3


def test_what_lies_along_the_edge_is_dropped():
    mask = np.zeros((200, 300), bool)
    for x in range(40, 240, 40):
        mask[80:120, x : x + 5] = True
    digits = mask.copy()
    mask[:150, :12] = True
    mask[190:, 100:] = True
    found = kept(mask)
    assert len(found) == 5
    assert all(digits[p.y : p.bottom, p.x : p.right].any() for p in found)


def test_a_mark_along_the_edge_beside_a_single_digit_is_dropped():
    mask = np.zeros((100, 100), bool)
    mask[30:70, 40:60] = ring(40, 20)
    mask[:50, :6] = True
    assert [(p.x, p.y) for p in kept(mask)] == [(40, 30)]


def test_beside_whole_digits_those_cut_by_the_picture_are_dropped():
    mask = rings(10, 70, 130, 190, 250)
    mask[:40] |= rings(60, top=0)[20:60]  # the lower two thirds of one
    assert [p.x for p in kept(mask)] == [10, 70, 130, 190, 250]


def test_a_single_digit_that_the_picture_cuts_is_kept():
    mask = rings(100)[95:]
    assert len(kept(mask)) == 1


def test_a_wide_digit_whose_bar_ends_at_the_edge_is_kept():
    """A 5 written wider than high: as much ink as a filled strip of its length, but in a line."""
    mask = np.zeros((125, 125), np.uint8)
    five = [(121, 28), (60, 28), (50, 58), (85, 62), (90, 76), (75, 90), (36, 88)]
    cv2.polylines(mask, [np.array(five)], isClosed=False, color=1, thickness=5)
    (found,) = kept(mask, pen=4.5)
    assert found.touches(mask.shape)
    assert found.mask.sum() > 2.5 * 4.5 * found.longest  # by this alone it would be filled


def test_what_lies_around_the_paper_is_dropped():
    mask = rings(100)
    mask[:30] = mask[-25:] = mask[:, :40] = mask[:, -50:] = True
    assert [(p.x, p.y) for p in kept(mask)] == [(100, 70)]


def test_rules_that_count_as_strokes_are_no_reason_to_drop_anything():
    gray, _ = text_on_paper("27")
    gray[:, 2:6] = 40
    pieces = {drop: writing(look(gray, drop_rules=drop)) for drop in (True, False)}
    assert (len(pieces[True]), len(pieces[False])) == (2, 3)
