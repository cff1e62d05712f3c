"""A picture becomes a digit like MNIST's: each step by hand, each kind of file, bad input."""

import csv
import io
import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import ExifTags, Image, PngImagePlugin

from digitrec import evaluate, images, networks, scene, simulate
from digitrec.mnist import load_mnist

PHOTOS = os.environ.get("DIGITREC_PHOTOS")
pillow_heif.register_heif_opener()  # so that Pillow can write HEIC, too


@pytest.fixture(scope="module")
def cnn():
    return networks.load_numpy("cnn")


@pytest.fixture(scope="module")
def mnist():
    return load_mnist()


def page(height=60, width=80, paper=240, ink=20):
    """A page with an L, which no turn or mirroring leaves as it is."""
    gray = np.full((height, width), paper, np.uint8)
    gray[15:45, 30:35] = ink
    gray[40:45, 30:50] = ink
    return gray


def inked(pixels, light=False):
    """Where a picture is darker (lighter) than the middle."""
    gray = images.to_gray(pixels)
    return gray > 128 if light else gray < 128


EXPECTED = inked(page())


# --- Each step, by hand --------------------------------------------------------------------------


class TestWritten:
    """Ink that differs from its paper in colour only."""

    #: Red and green of one brightness: 0.299 · 200 + 0.587 · 40 = 0.299 · 42 + 0.587 · 120 = 83.
    RED, GREEN = (200, 40, 0), (42, 120, 0)

    def coloured(self, ink, paper):
        drawn = np.zeros((120, 200, 3), np.uint8)
        drawn[:] = paper
        for left, digit in ((30, 3), (110, 7)):
            shape = simulate.font_digit("kalam", digit, 90)[:80, :60] > 128
            drawn[20 : 20 + len(shape), left : left + shape.shape[1]][shape] = ink
        return drawn

    @pytest.mark.parametrize("turned", [False, True])
    def test_red_on_green_of_the_same_brightness_is_read(self, cnn, turned):
        picture = self.coloured(*((self.GREEN, self.RED) if turned else (self.RED, self.GREEN)))
        assert np.ptp(images.to_gray(picture)) <= 1
        assert images.read(picture, cnn).lines == ["37"]

    def test_usual_ink_is_read_by_its_brightness(self):
        picture = self.coloured((30, 40, 120), (240, 235, 220))
        np.testing.assert_array_equal(images.written(picture), images.to_gray(picture))

    def test_gray_stays(self):
        np.testing.assert_array_equal(images.written(page()), page())


class TestToGray:
    def test_the_eye_weighs_green_most(self):
        colours = np.zeros((8, 8, 3), np.uint8)
        colours[:2] = 255, 0, 0
        colours[2:4] = 0, 255, 0
        colours[4:6] = 0, 0, 255
        # 0.299 · 255 = 76.2, 0.587 · 255 = 149.7, 0.114 · 255 = 29.1
        assert images.to_gray(colours)[[0, 2, 4, 6], 0].tolist() == [76, 150, 29, 0]

    @pytest.mark.parametrize(
        ("array", "expected"),
        [
            (np.array([0.0, 0.5, 1.0]), [0, 128, 255]),  # 127.5, to the even neighbour
            (np.array([0.0, 51.0, 255.0]), [0, 51, 255]),
            (np.array([-1.0, 0.0, 3.0]), [0, 64, 255]),  # stretched: 1 of 4, 63.75
            (np.array([0, 32768, 65535], np.uint16), [0, 128, 255]),
            (np.array([0, 257, 65535], np.int32), [0, 1, 255]),
            # Bytes in a wider type, as 255 − x.astype(int) leaves them.
            (np.array([0, 100, 255]), [0, 100, 255]),
            (np.array([3, 100, 200], np.uint16), [3, 100, 200]),
            (np.array([-255, -155, 0]), [0, 100, 255]),
            (np.array([False, True, True]), [0, 255, 255]),
        ],
    )
    def test_every_number_type_has_its_range(self, array, expected):
        assert images.to_gray(np.tile(array, (9, 3)))[0, :3].tolist() == expected

    @pytest.mark.parametrize(
        ("array", "message"),
        [
            (np.zeros(28), r"expected an array \(H, W\).*found the shape 28"),
            (np.zeros((28, 28, 2)), "28×28×2"),
            (np.float64(3), "found the shape of one number"),
            (np.zeros((1, 500)), "expected at least 8 × 8 pixels, found 500 × 1"),
            (np.zeros((0, 0)), "found 0 × 0"),
            (np.full((9, 9), np.nan), "found NaN"),
            (np.full((9, 9), "a"), "found the type <U1"),
            (np.zeros((9, 9), complex), "found the type complex128"),
            ([[1, 2], [3]], "expected an array of pixels, found list"),
            ("a picture", "found the shape of one number"),
            (None, "found the shape of one number"),
            (Image.new("L", (3, 3)), "picture: expected at least 8 × 8 pixels"),
            (np.broadcast_to(np.uint8(0), (9000, 9000)), "at most 64,000,000 pixels"),
        ],
    )
    def test_what_is_no_picture_is_refused(self, array, message):
        with pytest.raises(images.ImageError, match=message):
            images.to_gray(array)


class TestWhatIsAPicture:
    """Every way to hand over one and the same picture gives the same reading."""

    @pytest.mark.parametrize(
        "as_",
        [
            lambda a: a.astype(int),
            lambda a: 255 - (255 - a.astype(int)),
            lambda a: a.astype(np.uint16),
            lambda a: a.astype(np.float32),
            lambda a: a / 255,
            lambda a: a.tolist(),
            Image.fromarray,
            lambda a: Image.fromarray(a).convert("RGB"),
            lambda a: Image.fromarray(a).convert("P"),
            lambda a: Image.fromarray(a).convert("RGBA"),
            lambda a: np.dstack([a] * 3).astype(int),
        ],
    )
    def test_the_same_digits(self, as_):
        network = networks.load_numpy("cnn")
        gray = images.to_gray(
            simulate.photograph(
                simulate.font_digit("kalam", 3),
                np.random.default_rng(0),
                camera=scene.Camera(blur=0.01),
            )
        )
        picture = as_(gray)
        assert images.read(picture, network).lines == ["3"]
        expected = images.normalise(gray)
        assert np.abs(images.normalise(picture).astype(int) - expected).max() <= 2
        assert images.annotate(picture, images.read(gray, network)).shape[2] == 3

    @pytest.mark.slow
    def test_a_reading_fits_a_file_that_is_too_wide_to_be_annotated_whole(self, tmp_path):
        """The boxes are of the file; what is drawn on is smaller."""
        wide = np.full((1500, 12_000), 240, np.uint8)
        ink = (simulate.font_digit("kalam", 3, 900) * 0.8).astype(np.uint8)
        for left in (3000, 6000, 9000):
            wide[300:1200, left : left + ink.shape[1]] -= ink
        path = save(tmp_path, Image.fromarray(wide), "wide.png")
        found = images.find_digits_in_file(path)
        reading = images.classify([found], networks.load_numpy("cnn"))[0]
        assert reading.lines == ["333"]
        drawn = images.annotate_file(path, reading).astype(int)
        assert drawn.shape == (1250, 10_000, 3)
        # Boxes are in colour, paper and ink are grey.
        columns = 1.2 * np.flatnonzero((drawn.max(axis=2) - drawn.min(axis=2) > 60).any(axis=0))
        assert columns[0] == pytest.approx(3000, abs=60)
        assert columns[-1] == pytest.approx(9000 + ink.shape[1], abs=60)


class TestPolarity:
    def test_dark_and_light_ink(self):
        assert not images.has_light_ink(page())
        assert images.has_light_ink(255 - page())

    def test_all_of_mnist_is_light_ink_and_its_negative_dark(self, mnist):
        digits = mnist.x_test[:2000]
        assert all(images.has_light_ink(digit) for digit in digits)
        assert not any(images.has_light_ink(255 - digit) for digit in digits)

    def test_a_shadow_does_not_turn_it(self):
        shadowed = page(paper=200, ink=60)
        shadowed[:, :60] //= 2  # most of the page: its brightest part is the smaller one
        assert not images.has_light_ink(shadowed)

    @pytest.mark.parametrize("side", [40, 100, 300])
    def test_ink_may_fill_half_of_a_tight_crop(self, side):
        rows, columns = np.mgrid[:side, : 3 * side // 4] + 0.5
        away = np.hypot(rows / side - 0.5, columns / (0.75 * side) - 0.5)
        ring = np.where((away < 0.5) & (away > 0.25), 40, 220).astype(np.uint8)
        assert (ring < 128).mean() > 0.5
        assert not images.has_light_ink(ring)
        assert images.has_light_ink(255 - ring)


class TestLight:
    def test_paper_is_what_ink_and_noise_leave(self):
        paper = images.estimate_paper(page(paper=200))
        # The L is narrower than the window everywhere, so nothing of it is left.
        np.testing.assert_allclose(paper, 200, atol=0.01)

    def test_paper_follows_a_gradient(self):
        slope = np.tile(np.linspace(100, 220, 80), (60, 1))
        gray = np.where(EXPECTED, slope * 0.2, slope).astype(np.uint8)
        paper = images.estimate_paper(gray)
        # A closing is as bright as the brightest of its window, here at most 12 pixels = 18 levels
        # to the right, and its smoothing blurs the page's ends.
        assert np.abs(paper - slope).max() < 25

    def test_ink_may_be_wider_than_the_window_where_the_light_is_even(self):
        one = np.full((100, 40), 200, np.uint8)
        for row in range(100):
            one[row, 28 - row // 4 : 40 - row // 4] = 50
        np.testing.assert_array_equal(images.estimate_paper(one), 200)

    def test_half_a_page_in_the_shadow_is_paper(self):
        shadowed = np.full((100, 100), 200, np.uint8)
        shadowed[:, 60:] = 80
        assert images.estimate_paper(shadowed)[:, 80:].max() < 130

    def test_ink_is_the_part_of_the_light_that_is_missing(self):
        ink = images.flatten_light(np.array([[200, 100, 50, 250]], np.uint8), np.float32(200))
        # More light than paper is no ink.
        np.testing.assert_allclose(ink, [[0, 0.5, 0.75, 0]])

    def test_half_the_light_makes_the_same_ink(self):
        gray = page(paper=240, ink=60)
        bright, dark = (
            images.flatten_light(g, images.estimate_paper(g)) for g in (gray, gray // 2)
        )
        np.testing.assert_allclose(bright, dark, atol=0.01)


class TestThreshold:
    def test_it_lies_between_paper_and_ink(self):
        ink = np.where(EXPECTED, 0.6, 0.1).astype(np.float32)
        assert 0.1 < images.ink_threshold(ink) < 0.6
        np.testing.assert_array_equal(ink > images.ink_threshold(ink), EXPECTED)

    def test_grain_alone_is_not_ink(self):
        grain = np.random.default_rng(0).normal(0.1, 0.03, (100, 100)).clip(0, 1)
        assert images.ink_threshold(grain.astype(np.float32)) is None

    def test_most_of_the_picture_may_be_ink(self):
        marked = np.tile(np.arange(40) >= 15, (40, 1))
        grain = np.random.default_rng(0).normal(0, 0.02, marked.shape)
        ink = (0.7 * marked + grain).clip(0, 1).astype(np.float32)
        np.testing.assert_array_equal(ink > images.ink_threshold(ink), marked)

    def test_faint_marks_are_not_ink(self):
        below, above = images.MIN_CONTRAST - 0.01, images.MIN_CONTRAST + 0.01
        assert images.ink_threshold(np.where(EXPECTED, below, 0).astype(np.float32)) is None
        assert images.ink_threshold(np.where(EXPECTED, above, 0).astype(np.float32)) is not None

    def test_smoothing_finds_strokes_in_strong_grain(self):
        ink = np.where(np.kron(EXPECTED, np.ones((3, 3))) > 0, 0.5, 0.0)
        ink = ink + np.random.default_rng(0).normal(0.3, 0.13, ink.shape)
        ink = ink.clip(0, 1).astype(np.float32)
        assert images.ink_threshold(ink) is None
        threshold, mask = images.separate(ink)
        assert threshold is not None
        agrees = (mask == (np.kron(EXPECTED, np.ones((3, 3))) > 0)).mean()
        assert agrees > 0.97


class TestClutter:
    def test_a_line_from_side_to_side_goes_and_the_stroke_across_it_stays(self):
        stroke = np.zeros((100, 100), bool)
        stroke[20:80, 48:53] = True
        line = np.zeros((100, 100), bool)
        line[60:62] = True
        clutter = images.find_clutter(stroke | line)
        np.testing.assert_array_equal(clutter, line & ~stroke)

    @pytest.mark.parametrize("degrees", [-9, -3, 5, 10])
    @pytest.mark.parametrize("upright", [False, True])
    def test_a_tilted_line_goes(self, degrees, upright):
        x = np.arange(120)
        line = np.zeros((120, 120), bool)
        for shift in (-1, 0, 1):
            line[
                np.rint(60 + (x - 60) * np.tan(np.radians(degrees))).astype(int) + shift,
                x,
            ] = True
        line = line.T if upright else line
        digit = np.zeros_like(line)
        digit[5:35, 5:25] = True
        clutter = images.find_clutter(line | digit)
        # A few pixels may stay where the line's stairs and Hough's half degrees differ.
        assert clutter[line].mean() > 0.97
        assert not clutter[digit].any()

    def test_a_mark_along_the_edge_goes(self):
        mask = np.zeros((100, 100), bool)
        mask[30:70, 40:60] = True
        band = np.zeros_like(mask)
        band[:50, :6] = True
        np.testing.assert_array_equal(images.find_clutter(mask | band), band)

    def test_a_stroke_that_touches_the_edge_stays(self):
        mask = np.zeros((100, 100), bool)
        mask[40:, 50:56] = True
        assert not images.find_clutter(mask).any()

    def test_a_digit_cropped_to_its_edges_stays(self):
        seven = np.zeros((60, 40), bool)
        seven[2:8] = True
        seven[:3, 10:] = True  # a bar drawn by hand is not quite level
        for row in range(60):
            seven[row, 34 - row // 2 : 40 - row // 2] = True
        seven[:, :2] &= np.arange(60)[:, None] < 8
        seven[59, 4:10] = True
        assert not images.find_clutter(seven).any()

    @pytest.mark.parametrize("name", ["bar of a 7", "foot of a 2", "stem of a 4"])
    def test_straight_strokes_of_a_cropped_digit_stay(self, name):
        mask = np.zeros((100, 70), bool)
        if name == "bar of a 7":
            mask[:8] = True
            for row in range(100):
                mask[row, 60 - row // 2 : 68 - row // 2] = True
        elif name == "foot of a 2":
            mask[92:] = True
            for row in range(8, 92):
                mask[row, 54 - row // 2 : 64 - row // 2] = True
            mask[:8, 10:60] = True
        else:
            mask[:, 45:53] = True
            mask[55:63] = True
            mask[20:60, :8] = True
        assert not images.find_clutter(mask).any()

    def test_a_frame_that_the_digit_touches_goes(self):
        digit, frame = np.zeros((2, 100, 100), bool)
        for row in range(10, 95):
            digit[row, 65 - row // 3 : 71 - row // 3] = True
        digit[10:16, 30:70] = True
        frame[94:] = True
        clutter = images.find_clutter(digit | frame)
        assert clutter[frame].mean() > 0.9
        assert not clutter[:90][digit[:90]].any()

    def test_a_fat_stroke_from_side_to_side_is_no_line(self):
        mask = np.zeros((100, 100), bool)
        mask[40:75] = True
        mask[:50, 10:40] = True
        assert not images.find_clutter(mask).any()

    def test_a_one_from_top_to_bottom_stays(self):
        mask = np.zeros((60, 60), bool)
        mask[:, 28:33] = True
        assert not images.find_clutter(mask).any()


class TestStrokes:
    def test_near_strokes_are_one_group_and_specks_none(self):
        mask = np.zeros((100, 100), bool)
        mask[20:60, 20:24] = True
        mask[20:60, 26:30] = True  # a gap of two pixels
        mask[20:60, 70:74] = True
        mask[90, 90] = True
        groups = images.group_strokes(mask)
        assert groups[30, 20] == groups[30, 29] != groups[30, 70]
        assert groups[90, 90] == 0

    def test_the_flag_of_a_five_belongs_to_it_and_a_far_mark_does_not(self):
        mask = np.zeros((100, 100), bool)
        body = np.zeros_like(mask)
        body[40:80, 40:60] = True
        flag = np.zeros_like(mask)
        flag[28:32, 45:60] = True  # 8 pixels above: 0.2 of the body
        mark = np.zeros_like(mask)
        mark[5:12, 5:12] = True
        mask = body | flag | mark
        chosen = images.choose_digit(images.group_strokes(mask), mask.astype(np.float32))
        np.testing.assert_array_equal(chosen, body | flag)

    def test_strokes_far_apart_are_reached_over_those_between(self):
        mask = np.zeros((100, 100), bool)
        mask[40:46, 38:62] = mask[54:60, 45:55] = mask[69:75, 45:55] = True
        chosen = images.choose_digit(images.group_strokes(mask), mask.astype(np.float32))
        np.testing.assert_array_equal(chosen, mask)

    def test_a_speck_is_not_a_digit(self):
        mask = np.zeros((100, 100), bool)
        mask[50:54, 50:54] = True
        assert not images.choose_digit(mask.astype(np.int32), mask.astype(np.float32)).any()


class TestMeasures:
    def test_pale_ink_becomes_black_and_its_edge_stays_half(self):
        ink = np.array([[0, 0, 0.2, 0.4, 0.4, 0.2, 0]], np.float32)
        ramp = images.even_contrast(ink, ink > 0.2, 0.2)
        np.testing.assert_allclose(ramp, [[0, 0, 0.5, 1, 1, 0.5, 0]], atol=1e-6)

    def test_crop_is_the_smallest_rectangle(self):
        cut, box = images.crop(EXPECTED.astype(np.float32))
        assert box == (30, 15, 20, 30)
        assert cut.shape == (30, 20)
        with pytest.raises(images.ImageError, match="found none"):
            images.crop(np.zeros((20, 20), np.float32))

    @pytest.mark.parametrize("width", [2, 10, 25])
    def test_pen_width_of_a_bar(self, width):
        bar = np.ones((100, width), np.float32)
        # 100 pixels are 20 in the box. The bar's ends count as edges, too: a little narrower.
        assert images.pen_width(bar) == pytest.approx(width / 5, rel=0.15)

    @pytest.mark.parametrize(("width", "wanted"), [(2, 1.7), (15, 2.9), (25, 4.5)])
    def test_pens_become_like_mnists(self, width, wanted):
        ring = np.zeros((200, 200), np.float32)
        rows, columns = np.mgrid[:200, :200]
        radius = np.hypot(rows - 99.5, columns - 99.5)
        ring[(radius < 100) & (radius > 100 - width * 2)] = 1
        # 2 · width of 200 pixels is a fifth of the width in the box of 20, and a ring's mean
        # distance is a little less than a bar's. A disc's radius is an eighth of a pixel, or two.
        assert images.pen_width(images.match_pen(ring)) == pytest.approx(wanted, rel=0.12)

    def test_a_pen_like_mnists_is_left_alone(self):
        bar = np.zeros((40, 20), np.float32)
        bar[:, 8:13] = 1
        assert images.match_pen(bar) is bar

    def test_mnists_range_holds_nearly_all_of_mnist(self, mnist):
        widths = []
        for digit in mnist.x_train[:3000]:
            cut, _ = images.crop(digit.astype(np.float32) / 255)
            widths.append(images.pen_width(cut))
        low, high = np.mean(np.array(widths) < 1.7), np.mean(np.array(widths) > 4.5)
        assert images.MNIST_PEN == (1.7, 4.5)
        assert 0.02 < low < 0.10
        assert 0.01 < high < 0.05

    def test_area_averaging(self):
        checks = np.kron([[1, 0], [0, 1]], np.ones((20, 20))).astype(np.float32)
        np.testing.assert_array_equal(
            images.fit_box(checks), np.kron([[1, 0], [0, 1]], np.ones((10, 10)))
        )
        # (40, 40), each pixel of the box: one each
        stripes = np.tile(np.float32([1, 0]), (40, 20))
        np.testing.assert_array_equal(images.fit_box(stripes), np.full((20, 20), 0.5))

    def test_the_aspect_is_kept_unless_told(self):
        assert images.fit_box(np.ones((100, 40), np.float32)).shape == (20, 8)
        assert images.fit_box(np.ones((3, 300), np.float32)).shape == (1, 20)
        assert images.fit_box(np.ones((100, 40), np.float32), keep_aspect=False).shape == (20, 20)

    def test_the_mass_is_centred_not_the_rectangle(self):
        digit = np.zeros((20, 20), np.float32)
        digit[:, :4] = 1  # its mass is at column 2, of 20
        digit[0] = 1
        placed = images.centre_by_mass(digit)
        mass = placed.astype(float)
        rows = mass.sum(axis=1) @ np.arange(28) / mass.sum()
        columns = mass.sum(axis=0) @ np.arange(28) / mass.sum()
        # In the pixel of row and column 14: 13.5 to 14.5 when a pixel's centre is a whole number.
        assert 13.5 <= rows <= 14.5
        # The mass cannot come to column 14, for the digit's right end is at the field's edge.
        assert placed[:, 27].any()
        assert columns < 13.5
        np.testing.assert_array_equal(
            images.centre_by_mass(digit, by_mass=False)[4:24, 4:24],
            np.rint(255 * digit),
        )

    def test_nothing_wraps_around(self):
        digit = np.zeros((20, 20), np.float32)
        digit[19, 19] = 1
        placed = images.centre_by_mass(digit)
        assert np.argwhere(placed).tolist() == [[19, 19]]

    def test_mnists_own_centre_of_mass_is_in_pixel_14(self, mnist):
        """What ``centre_by_mass`` says of MNIST is true of 99 in 100 of its images."""
        mass = mnist.x_train[:5000].astype(float)
        total = mass.sum(axis=(1, 2))
        rows = mass.sum(axis=2) @ np.arange(28) / total
        columns = mass.sum(axis=1) @ np.arange(28) / total
        inside = (abs(rows - 14) <= 0.5) & (abs(columns - 14) <= 0.5)
        assert inside.mean() > 0.98


# --- The recipe ----------------------------------------------------------------------------------


@pytest.mark.slow
def test_mnist_comes_out_almost_as_itself(mnist, cnn):
    """Reading through the recipe costs MNIST's test digits at most 0.3 points.

    2,000 digits; a single one is 0.05 points. The grey of an edge moves a little, and a digit whose
    pen is out of ``MNIST_PEN`` changes; those at the decision's edge may fall on either side.
    """
    digits, labels = mnist.x_test[:2000], mnist.y_test[:2000]
    prepared = np.stack([images.normalise(digit) for digit in digits])
    assert np.abs(prepared.astype(int) - digits).mean() < 2.5  # of 255
    direct, through = (cnn.predict_probabilities(x).argmax(axis=1) for x in (digits, prepared))
    loss = evaluate.accuracy(labels, direct) - evaluate.accuracy(labels, through)
    assert abs(loss) <= 0.003


def test_ink_may_be_dark_light_or_large(mnist):
    for digit in mnist.x_test[:20]:
        large = np.kron(255 - digit, np.ones((5, 5), np.uint8))
        colour = np.stack([large] * 3, axis=-1)
        np.testing.assert_array_equal(images.normalise(255 - digit), images.normalise(digit))
        small, same = (
            images.prepare(picture, steps=True).steps["20 × 20"] for picture in (digit, colour)
        )
        # Enlarged without smoothing, its edges are stairs, whose shades the ramp moves a little.
        assert same.shape == pytest.approx(small.shape, abs=1)
        if same.shape == small.shape:
            assert np.abs(same - small).mean() < 0.06


def test_where_on_the_page_does_not_matter():
    """The same drawing elsewhere on the page is the same digit."""
    left, right = np.full((2, 200, 300), 230, np.uint8)
    drawing = simulate.font_digit("kalam", 5, 80)
    ink = np.where(drawing > 128, 30, 230)
    left[20:100, 40 : 40 + ink.shape[1]] = ink
    right[90:170, 190 : 190 + ink.shape[1]] = ink
    a, b = images.prepare(left), images.prepare(right)
    np.testing.assert_array_equal(a.image, b.image)
    assert a.box[:2] == pytest.approx((40, 20), abs=1)
    assert b.box[:2] == pytest.approx((190, 90), abs=1)


def test_every_step_is_returned_in_order_when_asked_for():
    steps = images.prepare(page(), steps=True).steps
    assert list(steps) == [
        "gray",
        "dark ink",
        "paper",
        "flattened",
        "ink",
        "digit",
        "crop",
        "pen",
        "20 × 20",
        "28 × 28",
    ]
    assert max(steps["20 × 20"].shape) == 20
    assert steps["28 × 28"].shape == (28, 28)
    np.testing.assert_array_equal(steps["digit"], EXPECTED)
    assert images.prepare(page()).steps == {}


@pytest.mark.parametrize("step", images.OPTIONAL_STEPS)
def test_each_step_can_be_left_out_and_matters(step):
    """A page made so that every step has something to do."""
    slope = np.linspace(40, 130, 160)[None]
    drawing = simulate.font_digit("shadows-into-light", 4, 110)
    ink = np.zeros((160, 160))
    ink[25:135, 40 : 40 + drawing.shape[1]] = 0.4 * (drawing > 128)
    ink[140:143] = 0.4  # a line
    light_on_dark = (255 - slope * (1 - ink)).clip(0, 255).astype(np.uint8)
    whole, without = (
        images.normalise(light_on_dark),
        images.normalise(light_on_dark, without=[step]),
    )
    assert without.shape == (28, 28)
    assert (whole != without).any()


@pytest.mark.parametrize("without", [["by_mas"], "by_mass"])
def test_what_is_no_step_cannot_be_left_out(without):
    message = f"expected a list of steps, of find_polarity, .* received .*{without[0]}"
    with pytest.raises(ValueError, match=message):
        images.prepare(page(), without=without)


def test_just_resize_shrinks_the_whole_picture():
    small = images.just_resize(np.kron(page(28, 28), np.ones((4, 4), np.uint8)))
    np.testing.assert_array_equal(small, 255 - page(28, 28))


@pytest.mark.parametrize("shade", [0, 1, 128, 254, 255])
def test_a_blank_page_has_no_digit(shade):
    blank = np.full((100, 80), shade, np.uint8)
    assert images.find_digits(blank) == []
    assert not images.normalise(blank).any()


@pytest.mark.slow
def test_blank_photographs_read_as_nothing():
    """Grain, rules, light and shadow are no digits; of 200, strong shadows may leave a few.

    About 3 in 100 leave a shadow's edge. 10 % would be four binomial deviations more.
    """
    generator, blank = np.random.default_rng(2), np.zeros((28, 28), np.uint8)
    found = [images.find_digits(simulate.random_photograph(blank, generator)) for _ in range(200)]
    assert sum(map(bool, found)) <= 20


@pytest.mark.parametrize("light", [False, True])
@pytest.mark.slow
def test_digits_cropped_to_their_ink_are_read(mnist, cnn, light):
    """200 of MNIST's digits without a margin: the CNN reads 189, of those with one 99 %.

    Most of the others are 1s, which without a margin are bars of ink. The bound is three binomial
    deviations (3.2 digits) below; of crops taken for pages with rules, 62 % were read.
    """
    right = 0
    for number, (digit, label) in enumerate(
        zip(mnist.x_test[:200], mnist.y_test[:200], strict=True)
    ):
        side = 40 + number
        large = np.asarray(Image.fromarray(digit).resize((side, side)))
        rows, columns = (
            np.flatnonzero(large.max(1) > 127),
            np.flatnonzero(large.max(0) > 127),
        )
        cut = large[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        if min(cut.shape) >= images.SMALLEST_SIDE:
            right += images.read(cut if light else 255 - cut, cnn, 0).lines == [str(label)]
        else:
            right += 1
    assert right >= 180


def test_a_digit_in_two_strokes_is_one_and_two_in_a_column_are_two(cnn):
    three = np.full((200, 160), 230, np.uint8)
    three[40:48, 50:110] = three[48:85, 102:110] = 40
    three[110:118, 50:110] = three[118:160, 102:110] = three[152:160, 50:110] = 40
    assert len(images.find_digits(three)) == 1
    column = np.full((300, 160), 230, np.uint8)
    for top in (30, 180):
        drawing = simulate.font_digit("kalam", 3, 90)
        column[top : top + 90, 50 : 50 + drawing.shape[1]] -= (0.8 * drawing).astype(np.uint8)
    assert images.read(column, cnn).lines == ["3", "3"]


def test_a_small_digit_on_a_large_sheet_is_found():
    sheet = np.full((900, 1200), 220, np.uint8)
    drawing = simulate.font_digit("kalam", 5, 50)
    sheet[400:450, 600 : 600 + drawing.shape[1]] -= (0.8 * drawing).astype(np.uint8)
    (found,) = images.find_digits(sheet)
    assert found.box == pytest.approx((600, 400, drawing.shape[1], 50), abs=4)


def test_squares_at_an_angle_are_no_digit():
    rows, columns = np.mgrid[:200, :160]
    across, along = rows + 0.3 * columns, columns - 0.3 * rows
    squares = np.where((across % 40 < 4) | (along % 40 < 4), 120, 230).astype(np.uint8)
    assert images.find_digits(squares) == []


def test_read_gives_lines_digits_and_probabilities(mnist, cnn):
    reading = images.read(mnist.x_test[0], cnn)
    assert reading.lines == ["7"]
    (digit,) = reading.digits
    assert (digit.label, digit.line) == ("7", 0)
    assert digit.probability == digit.probabilities.max() == digit.probabilities[7]
    assert digit.probabilities.sum() == pytest.approx(1, abs=1e-5)  # float32
    assert digit.image.shape == (28, 28)
    assert images.read(np.zeros((50, 50), np.uint8), cnn) == images.Reading([], [])


def test_a_batch_reads_as_one_by_one(mnist, cnn):
    pictures = [*mnist.x_test[:5], np.zeros((28, 28), np.uint8), *mnist.x_test[5:8]]
    together = images.classify([images.find_digits(p) for p in pictures], cnn)
    alone = [images.read(p, cnn) for p in pictures]
    assert [r.lines for r in together] == [r.lines for r in alone]
    assert together[5].lines == []


# --- Files ---------------------------------------------------------------------------------------


def save(folder, picture, name, **options):
    path = folder / name
    picture.save(path, **options)
    return path


class TestFiles:
    @pytest.mark.parametrize("mode", ["L", "RGB", "1", "CMYK", "P", "LA", "RGBA", "I;16", "I", "F"])
    def test_every_mode(self, tmp_path, mode):
        gray = page(paper=255, ink=0)
        if mode == "I;16":
            picture = Image.fromarray(gray.astype(np.uint16) * 257)
        elif mode in ("I", "F"):
            picture = Image.fromarray(gray.astype(np.int32 if mode == "I" else np.float32) * 257)
        else:
            picture = Image.fromarray(gray).convert(mode)
        assert picture.mode == mode
        name = "a.tif" if mode in ("CMYK", "I", "F") else "a.png"
        found = images.load_image(save(tmp_path, picture, name))
        assert found.dtype == np.uint8
        np.testing.assert_array_equal(inked(found), EXPECTED)

    @pytest.mark.parametrize(
        "suffix", ["jpg", "png", "gif", "bmp", "webp", "tif", "ppm", "heic", "avif"]
    )
    def test_every_format(self, tmp_path, suffix):
        path = save(tmp_path, Image.fromarray(page()).convert("RGB"), f"a.{suffix}")
        # JPEG may move an edge.
        assert (inked(images.load_image(path)) == EXPECTED).mean() > 0.99

    def test_a_phones_heic_is_upright(self, tmp_path):
        """iPhones store the turned pixels and how to turn them back."""
        picture = Image.fromarray(np.rot90(page())).convert("RGB")
        exif = Image.Exif()
        exif[ExifTags.Base.Orientation] = 6
        path = tmp_path / "IMG_0001.HEIC"
        picture.save(path, "HEIF", exif=exif.tobytes(), quality=95)
        assert (inked(images.load_image(path)) == EXPECTED).mean() > 0.99

    @pytest.mark.parametrize(("kind", "needed"), [("HEIF", True), ("PNG", False)])
    def test_what_reads_heic_is_loaded_with_the_first_such_file(self, tmp_path, kind, needed):
        """In a process of its own: here the tests have made Pillow know it."""
        path = tmp_path / "a"
        path.write_bytes(encoded(kind))
        code = (
            "import sys; from digitrec import images; assert 'pillow_heif' not in sys.modules;"
            f"print(images.load_image({str(path)!r}).shape, 'pillow_heif' in sys.modules)"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert done.stdout == f"(60, 80, 3) {needed}\n", done.stderr

    def test_sixteen_bits_are_scaled_not_clipped(self, tmp_path):
        values = np.linspace(0, 65535, 64).astype(np.uint16)
        path = save(tmp_path, Image.fromarray(np.tile(values, (16, 1))), "a.png")
        found = images.load_image(path)
        np.testing.assert_array_equal(found[0], np.rint(values / 257).astype(int))

    @pytest.mark.parametrize("orientation", range(1, 9))
    def test_exif_orientation(self, tmp_path, orientation):
        """The eight ways to hold a camera, undone; the stored pixels by EXIF's own table."""
        upright = page()
        stored = {
            1: upright,
            2: upright[:, ::-1],
            3: upright[::-1, ::-1],
            4: upright[::-1],
            5: upright.T,
            6: np.rot90(upright),
            7: upright[::-1, ::-1].T,
            8: np.rot90(upright, -1),
        }[orientation]
        exif = Image.Exif()
        exif[0x0112] = orientation
        picture = Image.fromarray(np.ascontiguousarray(stored))
        path = save(tmp_path, picture, "a.png", exif=exif)
        np.testing.assert_array_equal(images.load_image(path), upright)

    def test_damaged_exif_does_not_hide_the_picture(self, tmp_path):
        path = save(
            tmp_path,
            Image.fromarray(page()),
            "a.jpg",
            exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff",
        )
        assert (inked(images.load_image(path)) == EXPECTED).mean() > 0.99

    @pytest.mark.parametrize("stroke", [0, 255])
    def test_a_transparent_drawing_is_laid_on_what_shows_it(self, tmp_path, stroke):
        """Black or white strokes on nothing, as tablets save them."""
        rgba = np.zeros((60, 80, 4), np.uint8)
        rgba[EXPECTED] = stroke, stroke, stroke, 255
        found = images.load_image(save(tmp_path, Image.fromarray(rgba), "a.png"))
        np.testing.assert_array_equal(inked(found, light=stroke == 255), EXPECTED)

    def test_transparent_pixels_have_no_colour(self, tmp_path):
        rgba = np.zeros((60, 80, 4), np.uint8)
        rgba[..., 0] = np.arange(80)  # colours that nobody sees
        rgba[EXPECTED] = 10, 10, 10, 255
        found = images.load_image(save(tmp_path, Image.fromarray(rgba), "a.png"))
        assert (found[~EXPECTED] == 255).all()

    def test_half_transparent_ink(self, tmp_path):
        rgba = np.zeros((60, 80, 4), np.uint8)
        rgba[EXPECTED] = 0, 0, 0, 102  # 40 %
        found = images.load_image(save(tmp_path, Image.fromarray(rgba), "a.png"))
        assert set(found[EXPECTED].ravel().tolist()) == {153}  # 255 · 0.6

    def test_a_palette_with_a_transparent_colour(self, tmp_path):
        picture = Image.fromarray(EXPECTED.astype(np.uint8)).convert("P")
        picture.putpalette([200, 0, 0, 5, 5, 5])
        path = save(tmp_path, picture, "a.png", transparency=0)
        np.testing.assert_array_equal(inked(images.load_image(path)), EXPECTED)
        assert images.load_image(path)[0, 0].tolist() == [255, 255, 255]

    @pytest.mark.parametrize("suffix", ["gif", "png", "webp", "tif"])
    def test_the_first_frame_of_several(self, tmp_path, suffix):
        first, other = (Image.fromarray(p).convert("RGB") for p in (page(), page()[::-1].copy()))
        options = {"lossless": True} if suffix == "webp" else {}
        path = save(
            tmp_path,
            first,
            f"a.{suffix}",
            save_all=True,
            append_images=[other],
            **options,
        )
        np.testing.assert_array_equal(inked(images.load_image(path)), EXPECTED)

    @pytest.mark.parametrize("suffix", ["jpg", "png"])
    def test_twelve_megapixels_are_reduced_and_boxes_are_the_files(self, tmp_path, suffix):
        digit = simulate.font_digit("kalam", 3, 1000)
        large = np.full((3000, 4000), 235, np.uint8)
        large[1000:2000, 1500 : 1500 + digit.shape[1]] -= (digit * 0.8).astype(np.uint8)
        path = save(tmp_path, Image.fromarray(large), f"a.{suffix}")
        assert images.load_image(path).shape == (1536, 2048)
        (found,) = images.find_digits_in_file(path)
        # A pixel of the picture in which digits are looked for is 8 of the file's.
        assert found.box == pytest.approx((1500, 1000, digit.shape[1], 1000), abs=24)

    def test_a_name_may_be_str_or_path(self, tmp_path):
        path = save(tmp_path, Image.fromarray(page()), "a.png")
        np.testing.assert_array_equal(images.load_image(str(path)), images.load_image(path))


def png_of(width, height):
    """A PNG that says it is huge, in a few bytes."""

    def chunk(kind, content):
        check = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


def encoded(kind, **options):
    buffer = io.BytesIO()
    Image.fromarray(page()).convert("RGB").save(buffer, kind, **options)
    return buffer.getvalue()


def text_bomb():
    """A PNG whose comment unpacks to 70 MB."""
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "a" * 70_000_000, zip=True)
    return encoded("PNG", pnginfo=info)


HOSTILE = {
    "empty.png": lambda: b"",
    "text.jpg": lambda: b"GIF? no, a text file\n" * 20,
    "half.png": lambda: encoded("PNG")[:90],
    "half.jpg": lambda: encoded("JPEG")[:400],
    "header only.gif": lambda: encoded("GIF")[:20],
    "half.webp": lambda: encoded("WEBP")[:60],
    "half.heic": lambda: encoded("HEIF")[:400],
    "header only.heic": lambda: encoded("HEIF")[:24],
    "zeros after the kind.heic": lambda: b"\0\0\0\x18ftypheic" + bytes(100),
    "half.tif": lambda: encoded("TIFF")[:200],
    "bomb.png": lambda: png_of(60_000, 60_000),
    "large.png": lambda: png_of(9_000, 9_000),
    # 1,000 bytes of the 16,000,000 it promises.
    "lying.png": lambda: png_of(4_000, 4_000),
    "column.png": lambda: png_of(1, 999),
    "comment.png": text_bomb,
    "zeros.bmp": lambda: bytes(1000),
    "cut.bmp": lambda: encoded("BMP")[:70],
    "nothing but a header.png": lambda: encoded("PNG")[:33],
    "wide.png": lambda: png_of(30_000_000, 2),
    "zero by zero.gif": lambda: b"GIF89a" + bytes(20),
    "svg.svg": lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_gets_one_clear_error(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(HOSTILE[name]())
    with pytest.raises(images.ImageError) as caught:
        images.load_image(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert len(message) > len(f"{path}: ") + 10
    assert "\n" not in message


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing.png", "no such file"),
        (".", "expected an image file, found a folder"),
        ("a\0b.png", "no such file"),
        ("x" * 300, "name too long|cannot be read|no such file"),
    ],
)
def test_what_is_no_file(tmp_path, name, message):
    with pytest.raises(images.ImageError, match=f"(?i){message}"):
        images.load_image(f"{tmp_path}/{name}")


def test_not_a_number_in_a_file(tmp_path):
    values = np.full((20, 20), np.nan, np.float32)
    path = save(tmp_path, Image.fromarray(values), "a.tif")
    with pytest.raises(images.ImageError, match=r"a\.tif: expected finite .* found NaN"):
        images.load_image(path)


def test_a_wrong_ending_does_not_matter(tmp_path):
    path = tmp_path / "a.jpg"
    path.write_bytes(encoded("PNG"))
    np.testing.assert_array_equal(inked(images.load_image(path)), EXPECTED)


# --- Any input at all ----------------------------------------------------------------------------

SHAPES = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=40)
TYPES = (
    hnp.unsigned_integer_dtypes()
    | hnp.integer_dtypes()
    | hnp.floating_dtypes()
    | hnp.boolean_dtypes()
)


def reads_or_refuses(array, network):
    try:
        reading = images.read(array, network)
    except images.ImageError:
        return
    assert sum(map(len, reading.lines)) == len(reading.digits)
    assert all(reading.lines)
    for digit in reading.digits:
        assert digit.image.shape == (28, 28)
        assert digit.image.dtype == np.uint8
        assert digit.image.any()
        assert np.isfinite(digit.probabilities).all()
        x, y, width, height = digit.box
        assert min(x, y) >= 0
        assert min(width, height) >= 1
        assert x + width <= array.shape[1]
        assert y + height <= array.shape[0]


@given(hnp.arrays(TYPES, SHAPES))
def test_any_array_gives_a_reading_or_an_image_error(cnn, array):
    reads_or_refuses(array, cnn)


# Nearly black but for one corner: smoothing lowers the threshold below every pixel.
ALL_INK = np.ones((8, 16), np.uint8)
ALL_INK[0, 0] = 0


@example(ALL_INK, 0, "as it is")
@given(
    hnp.arrays(
        np.uint8,
        st.tuples(st.integers(8, 90), st.integers(8, 90)),
        elements=st.integers(0, 255),
    ),
    st.integers(0, 2**32 - 1),
    st.sampled_from(["as it is", "noise", "strokes", "two shades"]),
)
def test_any_picture_gives_a_reading(cnn, gray, seed, kind):
    """Hypothesis likes arrays that are nearly constant; noise and strokes are made for it."""
    generator = np.random.default_rng(seed)
    if kind == "noise":
        gray = generator.integers(0, 256, gray.shape, np.uint8)
    elif kind == "strokes":
        gray[generator.integers(0, len(gray), 3)] = generator.integers(0, 256)
        gray[:, generator.integers(0, gray.shape[1], 3)] = generator.integers(0, 256)
    elif kind == "two shades":
        gray = np.where(generator.random(gray.shape) < generator.random(), 0, 255).astype(np.uint8)
    reads_or_refuses(gray, cnn)


@given(
    st.sampled_from(["PNG", "JPEG", "GIF", "WEBP", "TIFF", "BMP", "PPM"]),
    st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255)), max_size=8),
    st.integers(0, 5000),
)
def test_any_damage_to_a_file_gives_a_reading_or_an_image_error(tmp_path, kind, changes, length):
    content = bytearray(encoded(kind))
    for place, value in changes:
        content[place % len(content)] = value
    path = tmp_path / "damaged"
    path.write_bytes(content[: length % len(content) + 1] if length else content)
    try:
        found = images.load_image(path)
    except images.ImageError as error:
        message = str(error)
    else:
        images.find_digits(found)
        message = f"{path}: read"
    assert message.startswith(f"{path}: ")


@given(
    st.integers(0, 2**32 - 1),
    st.tuples(st.integers(40, 260), st.integers(40, 260)),
    st.integers(0, 3),
)
def test_any_page_of_marks_gives_a_reading(cnn, seed, shape, marks):
    """Digits, lines, blots, squares and noise in any number, as they come."""
    generator = np.random.default_rng(seed)
    gray = generator.normal(generator.uniform(0, 255), 10 * marks, shape)
    for _ in range(int(generator.integers(0, 30))):
        x, y = generator.integers(0, shape[1]), generator.integers(0, shape[0])
        wide, high = generator.integers(1, 40, 2)
        gray[y : y + high, x : x + wide] = generator.uniform(0, 255)
    for step in generator.integers(4, 60, marks):
        gray[:: int(step)] = generator.uniform(0, 255)
        gray[:, :: int(step)] = generator.uniform(0, 255)
    reads_or_refuses(gray.clip(0, 255).astype(np.uint8), cnn)


# --- Real photographs ----------------------------------------------------------------------------


@pytest.mark.skipif(not PHOTOS, reason="DIGITREC_PHOTOS names no folder with photographs")
def test_photographs_of_single_digits(cnn):
    """Measured at all of 244; by 97 % a step of the recipe, or the network, must have suffered."""
    with (Path(PHOTOS) / "labels.csv").open(newline="", encoding="utf-8") as table:
        rows = [row for row in csv.DictReader(table) if row["kind"] == "single"]
    labels = [int(row["text"]) for row in rows]
    digits = [images.normalise(images.load_image(Path(PHOTOS) / row["file"])) for row in rows]
    assert all(digit.any() for digit in digits)  # every one is found
    read = cnn.predict_probabilities(np.stack(digits)).argmax(axis=1)
    assert evaluate.accuracy(labels, read) >= 0.97


@pytest.mark.skipif(not PHOTOS, reason="DIGITREC_PHOTOS names no folder with photographs")
def test_photographs_of_lines_and_pages(cnn):
    """Measured at 89 % of 56 lines exactly right; the project promises 75 %."""
    with (Path(PHOTOS) / "labels.csv").open(newline="", encoding="utf-8") as table:
        rows = [row for row in csv.DictReader(table) if row["kind"] != "single"]
    right = lines = 0
    for row in rows:
        found = images.read(images.load_image(Path(PHOTOS) / row["file"]), cnn, 0).lines
        wanted = row["text"].split("/")
        lines += len(wanted)
        right += sum(line in found for line in wanted)
    assert right / lines >= 0.75
