"""A page's ink becomes digits in lines: each step by hand, then whole rendered pages."""

from difflib import SequenceMatcher

import cv2
import numpy as np
import pytest

from digitrec import images, networks, pages, simulate
from digitrec.mnist import load_mnist
from digitrec.scene import PAPERS, Light, PageCamera, Pen, Sheet


@pytest.fixture(scope="module")
def mnist():
    return load_mnist()


@pytest.fixture(scope="module")
def cnn():
    return networks.load_numpy("cnn")


def bar(x, y, width=4, height=30):
    """A piece of ink that fills its rectangle."""
    return pages.Piece(x, y, np.ones((height, width), bool))


def places(lines):
    return [[(p.x, p.y) for p in line] for line in lines]


class TestPolarity:
    def test_strokes_on_paper_and_chalk_on_a_board(self):
        page = np.full((300, 400), 220, np.uint8)
        page[100:140, 100:104] = 60
        assert pages.light_strokes(page) < -0.9
        assert pages.light_strokes(255 - page) > 0.9

    def test_the_corner_of_a_sheet_on_a_dark_table_is_no_stroke(self):
        page = np.full((300, 400), 30, np.uint8)
        page[60:, 80:] = 230
        page[200:220, 200:202] = 120
        assert pages.light_strokes(page) < -0.9


class TestInk:
    def test_a_table_beside_the_paper_is_no_ink(self):
        page = np.full((200, 300), 40, np.uint8)
        page[:, 100:] = 220
        page[90:110, 200:203] = 30
        ink = pages.page_ink(page, 40)
        assert ink[100, 201] > 0.6
        assert ink[:, 104:190].max() < 0.1
        assert ink[:, :96].max() < 0.1

    @pytest.mark.parametrize("width", [3, 6, 9])
    def test_stroke_width(self, width):
        mask = np.zeros((120, 200), bool)
        mask[20:100, 50 : 50 + width] = True
        mask[20 : 20 + width, 50:150] = True
        assert pages.stroke_width(mask) == pytest.approx(width, abs=1.5)
        assert pages.stroke_width(np.zeros((20, 20), bool)) == 0

    def test_a_fading_stroke_is_one_piece_and_grain_is_none(self):
        ink = np.zeros((40, 40), np.float32)
        ink[10:30, 20] = np.linspace(0.75, 1.3, 20) * 0.2
        ink[5, 5] = 0.19
        mask = pages.ink_mask(ink, 0.2)
        assert mask[10:30, 20].all()
        assert not mask[5, 5]


class TestRules:
    def test_runs_by_hand(self):
        mask = np.array([[1, 0], [1, 1], [0, 0], [1, 1]], bool)
        first, last = pages.runs(mask)
        assert first[mask].tolist() == [0, 0, 1, 3, 3]
        assert last[mask].tolist() == [1, 1, 1, 3, 3]

    @pytest.mark.parametrize("slope", [-0.12, 0, 0.07])
    @pytest.mark.parametrize("upright", [False, True])
    def test_rules_go_and_the_strokes_across_them_stay(self, slope, upright):
        mask = np.zeros((300, 300), bool)
        columns = np.arange(300)
        for start in (80, 160, 240):
            rows = np.rint(start + slope * (columns - 150)).astype(int)
            mask[rows, columns] = mask[rows + 1, columns] = True
        rules = mask.copy()
        mask[140:180, 100:106] = True
        mask = mask.T if upright else mask
        found = pages.find_rules(mask, 2.0)
        found = found.T if upright else found
        assert found[rules].mean() > 0.95
        assert not found[145:155, 101:105].any()

    def test_the_bars_of_a_row_of_sevens_are_no_rule(self):
        mask = np.zeros((100, 400), bool)
        for x in range(20, 380, 40):
            mask[30:34, x : x + 24] = True
            mask[30:70, x + 20 : x + 24] = True
        assert not pages.find_rules(mask, 4.0).any()


class TestParts:
    def test_the_flag_of_a_five_joins_and_its_neighbour_does_not(self):
        body, flag, neighbour = (
            bar(20, 28, 20, 32),
            bar(24, 20, 18, 4),
            bar(50, 20, 20, 40),
        )
        joined = pages.join_pieces([body, flag, neighbour, bar(80, 20, 20, 40)], 4.0)
        assert sorted((p.x, p.y, p.width, p.height) for p in joined) == [
            (20, 20, 22, 40),
            (50, 20, 20, 40),
            (80, 20, 20, 40),
        ]

    def test_specks_and_dashes_are_dropped(self):
        digits = [bar(20 * k, 20, 8, 40) for k in range(5)]
        rest = [bar(200, 40, 4, 4), bar(230, 40, 30, 4)]
        assert len(pages.join_pieces(digits + rest, 4.0)) == 5

    @pytest.mark.parametrize("degrees", [3, 6, 10])
    @pytest.mark.parametrize("side", [1, -1])
    def test_a_frame_seen_at_a_slant_is_no_digit(self, degrees, side):
        """The line enters at the top and leaves at the side; the digit keeps clear of the edges."""
        mask = np.zeros((120, 120), np.uint8)
        cv2.ellipse(mask, (60, 60), (22, 38), 0, 0, 360, 1, 5)
        x, fall = 100 + degrees, round(120 * np.tan(np.radians(degrees)))
        cv2.line(mask, (x, 0), (x + fall, 120), 1, 4)
        mask = mask[:, ::side] > 0
        found = pages.find_pieces(mask, 5)
        assert [(p.width > 40, p.height > 70) for p in found] == [(True, True)]

    def test_a_one_in_a_tight_crop_is_kept(self):
        """Cropped to its ink, a picture's digits touch its edges; the straight one is a digit."""
        mask = np.zeros((81, 160), np.uint8)
        cv2.line(mask, (10, 0), (3, 80), 1, 5)
        for x in (60, 125):
            cv2.ellipse(mask, (x, 40), (20, 37), 0, 0, 360, 1, 5)
        assert len(pages.find_pieces(mask > 0, 5)) == 3

    def test_what_lies_along_the_edge_is_dropped(self):
        mask = np.zeros((200, 300), bool)
        for x in range(40, 240, 40):
            mask[80:120, x : x + 5] = True
        digits = mask.copy()
        mask[:150, :12] = True
        mask[190:, 100:] = True
        kept = pages.find_pieces(mask, 5.0)
        assert len(kept) == 5
        assert all(digits[p.y : p.bottom, p.x : p.right].any() for p in kept)


class TestLines:
    def test_reading_order(self):
        parts = [bar(90, 12), bar(10, 80), bar(50, 8), bar(10, 10), bar(50, 82)]
        assert places(pages.find_lines(parts)) == [
            [(10, 10), (50, 8), (90, 12)],
            [(10, 80), (50, 82)],
        ]

    @pytest.mark.parametrize("degrees", [-25, -12, 12, 25])
    def test_a_turned_page(self, degrees):
        slope = np.tan(np.radians(degrees))
        parts, expected = [], []
        for line in range(4):
            row = [bar(60 * k, round(1000 + 70 * line + 60 * k * slope)) for k in range(8)]
            parts += row
            expected.append([(p.x, p.y) for p in row])
        order = np.random.default_rng(0).permutation(len(parts))
        found = places(pages.find_lines([parts[k] for k in order]))
        assert found == expected
        assert np.degrees(pages.page_turn(parts)) == pytest.approx(degrees, abs=2)

    def test_no_digits_no_lines(self):
        assert pages.find_lines([]) == []


class TestTouching:
    def test_two_rings_that_touch_are_two_digits(self):
        rows, columns = np.mgrid[:40, :30]
        away = np.hypot((rows - 19.5) / 20, (columns - 14.5) / 15)
        ring = (away < 1) & (away > 0.72)
        pair = np.hstack([ring, np.zeros((40, 4), bool), ring])
        pair[20:24, 28:36] = True  # the end of one stroke
        single = pages.Piece(0, 0, ring)
        found = pages.split_wide([single, pages.Piece(40, 0, pair)], 5.0)
        assert len(found) == 3
        assert [p.width for p in found] == pytest.approx([30, 32, 32], abs=3)

    def test_one_wide_ring_is_one_digit(self):
        rows, columns = np.mgrid[:40, :60]
        away = np.hypot((rows - 19.5) / 20, (columns - 29.5) / 30)
        ring = pages.Piece(0, 0, (away < 1) & (away > 0.75))
        assert len(pages.split_wide([ring], 6.0)) == 1


def rendered(mnist, rng, counts):
    chosen = [rng.integers(0, len(mnist.x_test), count) for count in counts]
    text = ["".join(str(mnist.y_test[k]) for k in line) for line in chosen]
    return [[mnist.x_test[k] for k in line] for line in chosen], text


SIZE = (1200, 900)


@pytest.mark.parametrize(
    "look",
    [
        {},
        {"camera": PageCamera(size=SIZE, rotation=12)},
        {"sheet": Sheet(rules="ruled", rule_distance=1.0)},
        {
            "sheet": Sheet(rules="squared", rule_distance=0.6),
            "camera": PageCamera(size=SIZE, rotation=5),
        },
        {
            "sheet": Sheet(edge=0.04),
            "camera": PageCamera(size=SIZE, rotation=6, tilt=(0.1, -0.1)),
        },
        {"light": Light(shadow=0.5, gradient=0.5)},
        {"sheet": Sheet(bleed=0.2, colour=PAPERS["yellow"])},
        {"pen": Pen(colour=(235, 235, 228)), "sheet": Sheet(colour=(44, 62, 54))},
        {"camera": PageCamera(size=(3000, 2200))},
    ],
    ids=[
        "plain",
        "turned",
        "ruled",
        "squared, turned",
        "table, tilted",
        "shadow",
        "bleed, yellow",
        "blackboard",
        "large",
    ],
)
def test_pages_of_every_look_are_read(mnist, cnn, look):
    """40 digits; a few in 100 of MNIST's are broken or blotted, and reading errs now and then."""
    lines, text = rendered(mnist, np.random.default_rng(3), (9, 12, 7, 12))
    photo = simulate.photograph_page(
        lines, np.random.default_rng(1), **{"camera": PageCamera(size=SIZE), **look}
    )
    found = images.find_digits(photo)
    assert len(found) == pytest.approx(40, abs=2)
    assert {digit.line for digit in found} == {0, 1, 2, 3}
    read = images.read(photo, cnn).lines
    # Aligned, since a digit too many or too few would shift the rest of its line.
    right = sum(
        block.size
        for ours, theirs in zip(read, text, strict=True)
        for block in SequenceMatcher(None, ours, theirs, False).get_matching_blocks()
    )
    assert right >= 34


def test_boxes_are_in_the_pictures_pixels(mnist):
    lines, _ = rendered(mnist, np.random.default_rng(0), (5, 5))
    photo = simulate.photograph_page(
        lines, np.random.default_rng(1), camera=PageCamera(size=(800, 600), blur=0)
    )
    small = images.find_digits(photo)
    large = images.find_digits(np.kron(photo, np.ones((5, 5, 1), np.uint8)))
    assert len(small) == len(large) == 10
    for a, b in zip(small, large, strict=True):
        assert np.array(b.box) / 5 == pytest.approx(np.array(a.box), abs=3)


@pytest.mark.parametrize("shape", [(28, 28), (500, 700), (2000, 1500)])
def test_a_blank_page_of_any_size_has_no_digits(shape):
    assert images.find_digits(np.full(shape, 200, np.uint8)) == []
