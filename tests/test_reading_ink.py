"""Gray pixels become ink: light or dark, paper and shadow, threshold, pen; the numbers by hand."""

import cv2
import numpy as np
import pytest
from drawn import EXPECTED, page, ring, text_on_paper

from digitrec.reading import ink as inks
from digitrec.reading import look as looks
from digitrec.reading import polarity
from digitrec.reading.limits import CONTRAST, FADED, PEN_PIXELS


class TestPolarity:
    def test_dark_and_light_ink(self):
        assert polarity.has_light_ink(page()) == (False, True)
        assert polarity.has_light_ink(255 - page()) == (True, True)

    def test_all_of_mnist_is_light_ink_and_its_negative_dark(self, mnist):
        digits = mnist.x_test[:1000]
        assert all(polarity.has_light_ink(digit)[0] for digit in digits)
        assert not any(polarity.has_light_ink(255 - digit)[0] for digit in digits)

    def test_a_shadow_does_not_turn_it(self):
        shadowed = page(paper=200, ink=60)
        shadowed[:, :60] //= 2  # most of the page: its brightest part is the smaller one
        assert not polarity.has_light_ink(shadowed)[0]

    @pytest.mark.parametrize("side", [40, 100, 300])
    def test_ink_may_fill_half_of_a_tight_crop(self, side):
        gray = np.where(ring(side, 3 * side // 4, 0.5), 40, 220).astype(np.uint8)
        assert (gray < 128).mean() > 0.5
        assert not polarity.has_light_ink(gray)[0]
        assert polarity.has_light_ink(255 - gray)[0]

    def test_strokes_on_paper_and_chalk_on_a_board(self):
        written = np.full((300, 400), 220, np.uint8)
        written[100:140, 100:104] = 60
        assert polarity.light_strokes(written) < -0.9
        assert polarity.light_strokes(255 - written) > 0.9

    def test_the_corner_of_a_sheet_on_a_dark_table_is_no_stroke(self):
        sheet = np.full((300, 400), 30, np.uint8)
        sheet[60:, 80:] = 230
        sheet[200:220, 200:202] = 120
        assert polarity.light_strokes(sheet) < -0.9

    @pytest.mark.parametrize("shade", [0, 128, 255])
    def test_nothing_at_all_is_not_sure(self, shade):
        assert polarity.has_light_ink(np.full((60, 80), shade, np.uint8)) == (False, False)


class TestLight:
    def test_paper_is_what_ink_and_noise_leave(self):
        paper = inks.estimate_paper(page(paper=200))
        # The L is narrower than the window everywhere, so nothing of it is left.
        np.testing.assert_allclose(paper, 200, atol=0.01)

    def test_paper_follows_a_gradient(self):
        slope = np.tile(np.linspace(100, 220, 80), (60, 1))
        gray = np.where(EXPECTED, slope * 0.2, slope).astype(np.uint8)
        paper = inks.estimate_paper(gray)
        # A closing is as bright as the brightest of its window, here at most 12 pixels = 18 levels
        # to the right, and its smoothing blurs the page's ends.
        assert np.abs(paper - slope).max() < 25

    def test_half_a_page_in_the_shadow_is_paper(self):
        shadowed = np.full((100, 100), 200, np.uint8)
        shadowed[:, 60:] = 80
        assert inks.estimate_paper(shadowed)[:, 80:].max() < 130

    def test_a_table_beside_the_paper_is_no_ink(self):
        sheet = np.full((200, 300), 40, np.uint8)
        sheet[:, 100:] = 220
        sheet[90:110, 200:203] = 30
        ink = inks.flatten_light(sheet, inks.estimate_paper(sheet, 40))
        assert ink[100, 201] > 0.6
        assert ink[:, 104:190].max() < 0.1
        assert ink[:, :96].max() < 0.1

    def test_ink_is_the_part_of_the_light_that_is_missing(self):
        ink = inks.flatten_light(np.array([[200, 100, 50, 250]], np.uint8), np.float32(200))
        # More light than paper is no ink.
        np.testing.assert_allclose(ink, [[0, 0.5, 0.75, 0]])

    def test_half_the_light_makes_the_same_ink(self):
        gray = page(paper=240, ink=60)
        bright, dark = (inks.flatten_light(g, inks.estimate_paper(g)) for g in (gray, gray // 2))
        np.testing.assert_allclose(bright, dark, atol=0.01)

    def test_two_shades_by_hand(self):
        # Half 0, half 100: p (1 − p) 100² = 2500 is all of the variance; with grain it is not.
        halves = np.repeat(np.uint8([0, 100]), 50).reshape(10, 10)
        above, explained = polarity.two_shades(halves)
        np.testing.assert_array_equal(above, halves == 100)
        assert explained == 1
        grainy = np.random.default_rng(0).normal(128, 20, (200, 200)).clip(0, 255).astype(np.uint8)
        assert polarity.two_shades(grainy)[1] == pytest.approx(2 / np.pi, abs=0.01)
        slope = np.tile(np.arange(200, dtype=np.uint8), (200, 1))
        assert polarity.two_shades(slope)[1] == pytest.approx(0.75, abs=0.01)
        assert polarity.two_shades(np.zeros((9, 9), np.uint8))[1] == 0


class TestThreshold:
    def test_grain_is_its_deviation_however_much_is_ink(self):
        marked = np.tile(np.arange(120) >= 45, (100, 1))
        grainy = 0.6 * marked + np.random.default_rng(0).normal(0.2, 0.03, marked.shape)
        assert inks.grain(grainy.astype(np.float32)) == pytest.approx(0.03, rel=0.1)

    def test_a_slope_has_no_grain(self):
        slope = np.add.outer(np.arange(100), np.arange(120)).astype(np.float32) / 256
        assert inks.grain(slope) == 0
        noise = np.random.default_rng(0).normal(0.3, 0.05, (100, 120)).astype(np.float32)
        assert inks.grain(slope + noise) == pytest.approx(0.05, rel=0.1)

    def test_it_lies_between_paper_and_ink(self):
        ink = np.where(EXPECTED, 0.6, 0.1).astype(np.float32)
        assert 0.1 < inks.ink_threshold(ink) < 0.6
        np.testing.assert_array_equal(ink > inks.ink_threshold(ink), EXPECTED)

    def test_grain_alone_is_not_ink(self):
        grain = np.random.default_rng(0).normal(0.1, 0.03, (100, 100)).clip(0, 1)
        assert inks.ink_threshold(grain.astype(np.float32)) is None

    def test_most_of_the_picture_may_be_ink(self):
        marked = np.tile(np.arange(40) >= 15, (40, 1))
        grain = np.random.default_rng(0).normal(0, 0.02, marked.shape)
        ink = (0.7 * marked + grain).clip(0, 1).astype(np.float32)
        np.testing.assert_array_equal(ink > inks.ink_threshold(ink), marked)

    def test_faint_marks_are_not_ink(self):
        below, above = CONTRAST - 0.01, CONTRAST + 0.01
        assert inks.ink_threshold(np.where(EXPECTED, below, 0).astype(np.float32)) is None
        assert inks.ink_threshold(np.where(EXPECTED, above, 0).astype(np.float32)) is not None

    def test_a_fading_stroke_is_one_piece_and_grain_is_none(self):
        ink = np.zeros((40, 40), np.float32)
        ink[10:30, 20] = np.linspace(FADED + 0.05, 1.3, 20) * 0.2
        ink[5, 5] = 0.19
        mask = inks.ink_mask(ink, 0.2)
        assert mask[10:30, 20].all()
        assert mask.sum() == 20


class TestPen:
    @pytest.mark.parametrize("width", [3, 6, 9])
    def test_stroke_width(self, width):
        mask = np.zeros((120, 200), bool)
        mask[20:100, 50 : 50 + width] = True
        mask[20 : 20 + width, 50:150] = True
        assert inks.stroke_width(mask) == pytest.approx(width, abs=1.5)

    def test_no_ink_has_no_pen(self):
        assert inks.stroke_width(np.zeros((20, 20), bool)) == 0

    def test_what_the_edge_cuts_and_specks_do_not_count(self):
        mask = np.zeros((200, 200), bool)
        mask[50:150, 60:64] = True
        mask[:, :30] = True
        mask[::10, 180:182] = True
        assert inks.stroke_width(mask) == pytest.approx(4, abs=1)

    def test_where_all_ink_touches_the_edge_a_frame_around_it_does_not_count(self):
        mask = np.zeros((200, 200), bool)
        mask[[0, -1]] = mask[:, [0, -1]] = True
        assert inks.stroke_width(mask) == pytest.approx(1.5, abs=1)  # where there is nothing else
        mask[:, -1] = mask[-1] = False
        mask[:, -2] = True
        mask[-1, :60] = mask[-1, 80:] = True
        mask[40:, 66:74] = True
        assert inks.stroke_width(mask) == pytest.approx(8, abs=1)

    def test_a_speck_beside_a_digit_as_large_as_the_picture_tells_no_pen(self):
        mask = np.zeros((100, 100), np.uint8)
        cv2.ellipse(mask, (50, 50), (43, 43), 0, 0, 360, 1, 14)
        assert mask.any(axis=0).all()
        alone = inks.stroke_width(mask > 0)
        mask[1, 1] = 1
        assert inks.stroke_width(mask > 0) == alone > 10


class TestSheet:
    def on_table(self, table):
        picture = np.full((300, 400), table, np.uint8)
        cv2.fillConvexPoly(picture, np.array([(60, 50), (340, 40), (350, 260), (70, 270)]), 230)
        sheet = picture == 230
        picture[120:160, 200:204] = 40
        return picture, sheet

    @pytest.mark.parametrize("table", [20, 90, 150])
    def test_it_is_found_with_what_is_written_on_it(self, table):
        picture, sheet = self.on_table(table)
        found = looks.find_sheet(picture)
        # Its rim, where the border is smoothed, does not count.
        assert not (found & ~sheet).any()
        assert 0.85 * sheet.sum() < found.sum() < sheet.sum()
        assert found[120:160, 200:204].all()

    def test_a_page_that_fills_the_picture_is_none(self):
        assert looks.find_sheet(np.kron(page(), np.ones((8, 8), np.uint8))) is None
        assert looks.find_sheet(np.full((200, 300), 200, np.uint8)) is None

    def test_what_lies_on_the_table_and_what_reaches_it_is_no_ink(self):
        picture, sheet = self.on_table(90)
        picture[100:200, 20:24] = 10  # on the table
        picture[240:300, 300:304] = 10  # from the sheet's border on
        seen = looks.look(picture, sheet=sheet)
        assert seen is not None
        rows, columns = np.nonzero(seen.writing)
        assert (rows.min() / seen.scale, rows.max() / seen.scale) == pytest.approx(
            (120, 160), abs=2
        )
        assert columns.min() / seen.scale == pytest.approx(200, abs=2)


class TestLook:
    @pytest.mark.parametrize("times", [0.5, 1, 3, 8])
    def test_the_pen_is_five_pixels_wide_at_any_size(self, times):
        gray, _ = text_on_paper("2358", high=80)
        size = tuple(round(side * times) for side in gray.shape[::-1])
        gray = cv2.resize(gray, size, interpolation=cv2.INTER_AREA)
        seen = looks.look(gray)
        assert seen.pen == pytest.approx(PEN_PIXELS, rel=0.2)
        assert seen.mask.shape[1] == pytest.approx(gray.shape[1] * seen.scale, abs=1)
        # Smoothed, and followed down to what fades, strokes are a little wider than at half ink.
        assert seen.mask.mean() == pytest.approx((gray < 138).mean(), rel=0.25)

    def test_a_tiny_picture_is_enlarged_so_many_times_at_most(self):
        dot = np.full((12, 12), 230, np.uint8)
        dot[3:9, 6] = 30
        assert looks.look(dot).scale <= PEN_PIXELS

    @pytest.mark.parametrize("shade", [0, 1, 128, 254, 255])
    def test_blank_paper_has_no_ink(self, shade):
        assert looks.look(np.full((100, 80), shade, np.uint8)) is None

    def test_grain_is_no_ink(self):
        grain = np.random.default_rng(0).normal(180, 12, (300, 400)).clip(0, 255)
        assert looks.look(grain.astype(np.uint8)) is None

    def test_strokes_are_found_in_strong_grain(self):
        gray, _ = text_on_paper("235", high=100, paper=190, ink=90)
        noisy = gray + np.random.default_rng(0).normal(0, 22, gray.shape)
        seen = looks.look(noisy.clip(0, 255).astype(np.uint8), close_up=True)
        mask = cv2.resize((gray < 140).astype(np.uint8), seen.mask.shape[::-1]) > 0
        assert (seen.mask == mask).mean() > 0.97

    def test_rules_are_no_writing_unless_they_are_to_be(self):
        gray, _ = text_on_paper("2358", "46")
        gray[135:137] = 60
        dropped, kept = looks.look(gray), looks.look(gray, drop_rules=False)
        row = round(135.5 * dropped.scale)
        assert dropped.rules[row].mean() > 0.9
        assert dropped.writing[row].mean() < 0.05
        assert kept.writing[round(135.5 * kept.scale)].mean() > 0.9
        assert (dropped.rules_dropped, kept.rules_dropped) == (True, False)

    def test_light_that_is_taken_to_be_even(self):
        slope = np.tile(np.linspace(100, 250, 300), (200, 1))
        slope[80:120, 148:153] *= 0.3
        gray = slope.astype(np.uint8)
        assert looks.look(gray, even_light=True).mask[:, :20].any()  # the darker half of the page
        assert not looks.look(gray).mask[:, :20].any()


class TestShades:
    """Two strokes on paper, (120, 160) uint8, the right one as bright as it is asked to be."""

    def ink(self, right, blur=0.0):
        gray = np.full((120, 160), 230, np.uint8)
        gray[20:100, 40:48] = 40
        gray[20:100, 100:108] = right
        found = looks.look(cv2.GaussianBlur(gray, (0, 0), blur) if blur else gray)
        assert found is not None
        return found

    def sides(self, mask):
        middle = mask.shape[1] // 2
        return mask[:, :middle].any(), mask[:, middle:].any()

    def test_ink_of_one_darkness_has_no_darker_part(self):
        assert looks.dark_alone(self.ink(40)) is None

    def test_the_darker_part_alone(self):
        ink = self.ink(110)
        assert self.sides(ink.mask) == (True, True)
        dark = looks.dark_alone(ink)
        assert self.sides(dark.mask) == (True, False)
        assert 0 < dark.threshold < 1
        assert dark.values.min() >= 0  # the paler ink, and all paper, are paper

    def test_what_is_far_paler_is_found_beside_the_rest_and_made_as_dark(self):
        ink = self.ink(205)
        assert self.sides(ink.mask) == (True, False)
        pale = looks.pale_alone(ink)
        assert self.sides(pale.mask) == (False, True)
        assert (pale.values[pale.mask] > ink.threshold * 0.7).all()

    def test_the_soft_edge_of_ink_is_no_pale_ink(self):
        assert looks.pale_alone(self.ink(40, blur=1.5)) is None
