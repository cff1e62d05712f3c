"""Pictures are read end to end: a digit, lines and pages of every look, and anything at all."""

import csv
import os
from concurrent.futures import ThreadPoolExecutor
from difflib import SequenceMatcher
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from drawn import CROPPED, cropped, ring, text_on_paper
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import ExifTags, Image

from benchmarks import conditions
from digitrec import evaluate, networks, reading, scene, simulate
from digitrec.reading import lattice
from digitrec.scene import PAPERS, Light, PageCamera, Pen, Sheet

CASES = Path(__file__).parent / "cases"
PHOTOS = os.environ.get("DIGITREC_PHOTOS")


def lines(picture, network):
    return reading.read(picture, network).lines


def right_of(text, read):
    """How many digits of a text were read, aligned: one too many does not shift the rest."""
    blocks = SequenceMatcher(None, text, read, False).get_matching_blocks()
    return sum(block.size for block in blocks)


def box_around(boxes):
    """Left, top, right and bottom of some digits' boxes together."""
    x, y, wide, high = np.array(boxes).T
    return int(x.min()), int(y.min()), int((x + wide).max()), int((y + high).max())


def on_table(sheet, table, around):
    """A sheet, (H, W) uint8, on a table of some grain; at each side, so much of its longer side."""
    side = round(around * max(sheet.shape))
    grain = np.random.default_rng(0).normal(table, 6, np.add(sheet.shape, 2 * side))
    picture = cv2.GaussianBlur(grain.clip(0, 255).astype(np.uint8), (0, 0), 1)
    picture[side:-side, side:-side] = sheet
    return picture


class TestWhatIsReturned:
    def test_lines_digits_and_probabilities(self, mnist, cnn):
        found = reading.read(mnist.x_test[0], cnn)
        assert found.lines == ["7"]
        (digit,) = found.digits
        assert (digit.label, digit.guess, digit.line) == ("7", "7", 0)
        assert digit.probability == digit.probabilities.max() == digit.probabilities[7]
        assert digit.probabilities.sum() == pytest.approx(1, abs=1e-5)  # float32
        assert digit.image.shape == (28, 28)
        assert reading.read(np.zeros((50, 50), np.uint8), cnn) == reading.Reading([], [])

    def test_digits_are_in_reading_order_with_their_boxes(self, cnn):
        gray, boxes = text_on_paper("314", "15926", "5358")
        found = reading.read(gray, cnn)
        assert found.lines == ["314", "15926", "5358"]
        assert [digit.line for digit in found.digits] == [0] * 3 + [1] * 5 + [2] * 4
        for digit, box in zip(found.digits, boxes, strict=True):
            assert digit.box == pytest.approx(box, abs=4)

    def test_what_is_not_probable_enough_is_a_question_mark(self, cnn):
        gray, _ = text_on_paper("27")
        found = reading.read(gray, cnn, reject_below=1.1)
        assert found.lines == ["??"]
        assert [digit.guess for digit in found.digits] == ["2", "7"]
        assert found.digits[0].probability > 0.9  # it is told all the same

    def test_the_networks_own_bound_holds_unless_told(self, cnn):
        gray, _ = text_on_paper("27")
        strict = SimpleNamespace(predict_probabilities=cnn.predict_probabilities, reject_below=1.1)
        assert lines(gray, strict) == ["??"]
        assert reading.read(gray, strict, reject_below=0).lines == ["27"]
        assert lines(gray, SimpleNamespace(predict_probabilities=cnn.predict_probabilities)) == [
            "27"
        ]

    @pytest.mark.parametrize("model", ["dense", "cnn"])
    def test_either_network_reads(self, model):
        gray, _ = text_on_paper("2358", high=80)
        assert lines(gray, networks.load_numpy(model)) == ["2358"]

    def test_threads_read_what_one_would(self, mnist, cnn):
        pictures = [*mnist.x_test[:12], text_on_paper("314", "159")[0]]
        with ThreadPoolExecutor(4) as pool:
            together = list(pool.map(lambda picture: lines(picture, cnn), pictures))
        assert together == [lines(picture, cnn) for picture in pictures]

    def test_the_picture_is_left_as_it_was(self, cnn):
        gray, _ = text_on_paper("27")
        before = gray.copy()
        reading.read(gray, cnn)
        reading.prepare(gray)
        np.testing.assert_array_equal(gray, before)


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
def test_every_way_to_hand_over_a_picture_gives_the_same(cnn, as_):
    photo = simulate.photograph(
        simulate.font_digit("kalam", 3), np.random.default_rng(0), camera=scene.Camera(blur=0.01)
    )
    gray = reading.to_gray(photo)
    picture = as_(gray)
    assert lines(picture, cnn) == ["3"]
    expected = reading.normalise(gray)
    assert np.abs(reading.normalise(picture).astype(int) - expected).max() <= 2


class TestOneDigit:
    @pytest.mark.slow
    def test_cropped_to_its_ink(self, mnist, cnn):
        """150 of MNIST's digits without a margin, dark and light ink in turn.

        90 % is three binomial deviations below what the first release read; its others were 1s.
        """
        right = 0
        for number, digit in enumerate(mnist.x_test[:150]):
            large = np.asarray(Image.fromarray(digit).resize((40 + number,) * 2))
            rows, columns = (np.flatnonzero(large.max(axis=axis) > 127) for axis in (1, 0))
            cut = large[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
            if min(cut.shape) >= 8:
                found = reading.read(cut if number % 2 else 255 - cut, cnn, 0).lines
                right += found == [str(mnist.y_test[number])]
            else:
                right += 1
        assert right >= 135

    @pytest.mark.parametrize("name", CROPPED)
    @pytest.mark.parametrize("light", [False, True])
    def test_straight_strokes_from_side_to_side(self, cnn, name, light):
        ink, paper = (230, 40) if light else (40, 230)
        assert lines(np.where(cropped(name), ink, paper), cnn) == [name[0]]

    @pytest.mark.parametrize("side", [40, 100, 300])
    @pytest.mark.parametrize("thick", [0.3, 0.4])
    def test_a_fat_0_that_fills_the_picture(self, cnn, side, thick):
        gray = np.where(ring(side, 3 * side // 4, thick), 40, 220)
        assert reading.read(gray, cnn, 0).lines == ["0"]

    def test_written_digits_of_straight_strokes_that_fill_their_picture(self, mnist, cnn):
        """Of 120 that the training did not see; taken for rules, ten lost a stroke or more."""
        x, y = mnist.x_train[55000:], mnist.y_train[55000:]
        right = 0
        for digit in (2, 4, 7):
            for number, image in enumerate(x[y == digit][:40]):
                large = np.asarray(Image.fromarray(image).resize((40 + 3 * number,) * 2)) > 127
                rows, columns = (np.flatnonzero(large.any(axis=axis)) for axis in (1, 0))
                ink = large[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
                gray = np.where(ink, 40, 230).astype(np.uint8)
                right += reading.read(gray, cnn, 0).lines == [str(digit)]
        assert right >= 118

    @pytest.mark.xfail(reason="two angular strokes, 25 pixels apart, are read as 7 and ?")
    def test_in_two_strokes_it_is_one(self, cnn):
        three = np.full((200, 160), 230, np.uint8)
        three[40:48, 50:110] = three[48:85, 102:110] = 40
        three[110:118, 50:110] = three[118:160, 102:110] = three[152:160, 50:110] = 40
        assert len(reading.read(three, cnn).digits) == 1

    def test_two_in_a_column_are_two(self, cnn):
        assert lines(text_on_paper("3", "3", high=90)[0], cnn) == ["3", "3"]

    def test_small_on_a_large_sheet(self, cnn):
        sheet = np.full((900, 1200), 220, np.uint8)
        drawing = simulate.font_digit("kalam", 5, 50)
        sheet[400:450, 600 : 600 + drawing.shape[1]] -= (0.8 * drawing).astype(np.uint8)
        (found,) = reading.read(sheet, cnn).digits
        assert found.label == "5"
        assert found.box == pytest.approx((600, 400, drawing.shape[1], 50), abs=4)

    @pytest.mark.parametrize("noise", [15, 22])
    def test_strong_grain(self, cnn, noise):
        gray, _ = text_on_paper("235", high=100, paper=190, ink=90)
        noisy = gray + np.random.default_rng(0).normal(0, noise, gray.shape)
        assert lines(noisy.clip(0, 255).astype(np.uint8), cnn) == ["235"]


class TestLinesOfDigits:
    @pytest.mark.parametrize("font", simulate.FONTS)
    def test_every_font(self, cnn, font):
        assert lines(text_on_paper("0123456789", font=font)[0], cnn) == ["0123456789"]

    @pytest.mark.parametrize("high", [14, 30, 60, 200])
    def test_digits_of_every_size(self, cnn, high):
        assert lines(text_on_paper("20358", high=high)[0], cnn) == ["20358"]

    def test_digits_that_touch_are_two(self, cnn):
        gray, _ = text_on_paper("2358", high=80, gap=0.2)
        gray[105:109, 80:250] = 40  # a stroke that goes on through three of them
        assert len(reading.read(gray, cnn).digits) >= 3
        near, _ = text_on_paper("2035", gap=-0.01, high=80)
        assert lines(near, cnn) == ["2035"]

    @pytest.mark.parametrize("ink", [40, 110, 170])
    @pytest.mark.parametrize("light", [False, True])
    def test_dark_and_light_ink_of_every_strength(self, cnn, ink, light):
        gray, _ = text_on_paper("2358", ink=ink)
        assert lines(255 - gray if light else gray, cnn) == ["2358"]

    def test_half_of_it_in_the_shadow(self, cnn):
        gray, _ = text_on_paper("23", "58")
        gray[:, : gray.shape[1] // 2] //= 2
        assert lines(gray, cnn) == ["23", "58"]

    @pytest.mark.parametrize("turns", [0, 1, 2, 3])
    def test_sideways_and_upside_down(self, cnn, turns):
        gray, boxes = text_on_paper("2357", "4682")
        turned = np.ascontiguousarray(np.rot90(gray, turns))
        found = reading.read(turned, cnn)
        assert found.lines == ["2357", "4682"]
        # The first digit's box, in the picture as it was handed over.
        marked = np.zeros(gray.shape, np.uint8)
        x, y, wide, high = boxes[0]
        marked[y : y + high, x : x + wide] = 1
        expected = cv2.boundingRect(np.ascontiguousarray(np.rot90(marked, turns)))
        assert found.digits[0].box == pytest.approx(expected, abs=4)

    @pytest.mark.parametrize("number", [6, 28, 67])
    def test_on_its_side_where_few_digits_are_seen(self, cnn, number):
        """As it lies the page loses to a way that shows two or three of its digits, or columns."""
        held_out = conditions.digits(validation=True)
        wanted, photo = conditions.numbered_page("on its side or head", number, *held_out)
        assert right_of(wanted, "/".join(lines(photo, cnn))) >= len(wanted) - 1

    @pytest.mark.parametrize("table", [60, 150])
    @pytest.mark.parametrize("around", [0.12, 0.2, 0.3])
    @pytest.mark.parametrize("high", [40, 90])
    def test_in_broad_pen_near_the_border_of_a_sheet_on_a_table(self, cnn, high, around, table):
        """The table is most of the ink, and tells neither the pen nor how large grain is."""
        gray, boxes = text_on_paper("2357", "3685", high=high)
        left, top, right, bottom = box_around(boxes)
        gray = gray[top - high // 8 : bottom + high // 8, left - high // 8 : right + high // 8]
        broad = cv2.erode(gray, np.ones((high // 10, high // 10), np.uint8))
        assert lines(on_table(broad, table, around), cnn) == ["2357", "3685"]

    @pytest.mark.parametrize("thick", [2, 5])
    @pytest.mark.parametrize("scale", [2, 4, 6])
    def test_in_thin_pen_near_the_border_of_a_sheet_on_a_table(self, cnn, scale, thick):
        font = cv2.FONT_HERSHEY_SIMPLEX
        (wide, high), _ = cv2.getTextSize("23574", font, scale, thick)
        sheet = np.full((2 * high, wide + high // 6), 255, np.uint8)
        cv2.putText(sheet, "23574", (high // 12, 3 * high // 2), font, scale, 0, thick)
        assert lines(on_table(sheet, 60, 0.12), cnn) == ["23574"]

    @pytest.mark.parametrize("below", [False, True], ids=["from above", "from below"])
    @pytest.mark.parametrize("touched", range(5))
    def test_a_shadow_from_the_edge_that_touches_a_digit(self, cnn, touched, below):
        """The digit is not left out with the shadow."""
        gray, boxes = text_on_paper("23568")
        x, y, wide, high = boxes[touched]
        edge, tip = (len(gray), y + high - 14) if below else (-1, y + 14)
        middle = x + wide // 2
        shadow = np.zeros(gray.shape, np.uint8)
        corners = [(middle - 30, edge), (middle + 30, edge), (middle, tip)]
        cv2.fillPoly(shadow, [np.array(corners)], 1)
        page = np.where(shadow > 0, gray // 3, gray)
        assert lines(page, cnn) == ["23568"]

    @pytest.mark.parametrize("fall", [-0.16, 0.16], ids=["climbs", "falls"])
    @pytest.mark.parametrize(
        "sizes", [(60, 110, 46, 66, 105, 67, 92), (104, 56, 60, 58, 62, 100, 98)]
    )
    def test_a_line_of_large_and_small_digits_that(self, cnn, sizes, fall):
        """Three are much larger than the others: all tell how the line falls."""
        gray = np.full((520, 1000), 235, np.uint8)
        for number, (digit, high) in enumerate(zip("2853528", sizes, strict=True)):
            drawn = simulate.font_digit("kalam", int(digit), high)
            x = 50 + 130 * number
            y = round(260 + fall * (x - 450) - high / 2)
            place = gray[y : y + drawn.shape[0], x : x + drawn.shape[1]]
            place[:] = 235 - 195 * (drawn / 255)
        assert lines(gray, cnn) == ["2853528"]

    @pytest.mark.parametrize("kind", ["squared", "ruled", "boxes", "frame"])
    def test_on_what_is_printed(self, cnn, kind):
        gray, boxes = text_on_paper("2358", "4679", high=60)
        if kind == "squared":
            gray[::26] = np.minimum(gray[::26], 140)
            gray[:, ::26] = np.minimum(gray[:, ::26], 140)
        elif kind == "ruled":
            for y in (118, 220):
                gray[y : y + 2] = 90
        elif kind == "boxes":
            for x, y, wide, high in boxes:
                cv2.rectangle(gray, (x - 11, y - 16), (x + wide + 11, y + high + 16), 60, 2)
        else:
            gray[8:11, 8:-8] = gray[-11:-8, 8:-8] = gray[8:-8, 8:11] = gray[8:-8, -11:-8] = 50
        assert lines(gray, cnn) == ["2358", "4679"]

    @pytest.mark.parametrize("teeth", [0.4, 0.8, 1.3], ids=["short", "as high", "higher"])
    @pytest.mark.parametrize("fall", [0.0, 0.03], ids=["level", "turned"])
    def test_in_the_comb_of_a_form(self, cnn, teeth, fall):
        gray, boxes = text_on_paper("2357946", high=60)
        first, *_, (last, _, wide, _) = boxes
        bottom, pitch = max(y + high for _, y, _, high in boxes) + 16, (last - first[0]) / 6
        left, right = first[0] + wide / 2 - pitch / 2, last + wide / 2 + pitch / 2
        gray = np.pad(gray, ((30, 60), (60, 60)), constant_values=235)
        bottom, left, right = bottom + 30, left + 60, right + 60
        ends = [(round(x), round(bottom + fall * (x - left))) for x in (left, right)]
        cv2.line(gray, *ends, 70, 2)
        for x in np.linspace(left, right, 8):
            y = bottom + fall * (x - left)
            cv2.line(gray, (round(x), round(y)), (round(x), round(y - 76 * teeth)), 70, 2)
        assert lines(gray, cnn) == ["2357946"]

    @pytest.mark.parametrize("x", [45, -45])
    def test_beside_punched_holes(self, cnn, x):
        gray, _ = text_on_paper("2357", "4682", "3548")
        gray = np.pad(gray, ((0, 0), (90, 90)), constant_values=235)
        for y in (0.15, 0.5, 0.85):
            cv2.circle(gray, (x % gray.shape[1], round(y * len(gray))), 20, 60, -1)
        assert lines(gray, cnn) == ["2357", "4682", "3548"]

    @pytest.mark.parametrize("side", ["left", "right", "top", "bottom"])
    def test_beside_a_spiral_binding(self, cnn, side):
        gray, _ = text_on_paper("2357468", "4682357", "3548", "2358")
        gray = np.pad(gray, 50, constant_values=235)
        high, wide = gray.shape
        for along in (np.arange(20) + 0.5) / 20:
            across, down = {
                "left": (22, along * high),
                "right": (wide - 22, along * high),
                "top": (along * wide, 22),
                "bottom": (along * wide, high - 22),
            }[side]
            cv2.circle(gray, (round(across), round(down)), 10, 60, 4)
        assert lines(gray, cnn) == ["2357468", "4682357", "3548", "2358"]

    @pytest.mark.parametrize(
        ("number", "high"),
        [("57801892384282465008", 60), ("0" * 18, 60), ("3278230996556757430836769687", 24)],
    )
    @pytest.mark.parametrize("below", [False, True])
    def test_a_long_number_is_no_binding(self, cnn, number, high, below):
        """It stands along an edge, its digits of one size, with nothing next to them."""
        parts = [text_on_paper(number, high=high)[0], text_on_paper("35278", high=60)[0]]
        wide = max(part.shape[1] for part in parts)
        parts = [
            np.pad(part, ((20, 20), (0, wide - part.shape[1])), constant_values=235)
            for part in parts
        ]
        expected = [number, "35278"]
        order = slice(None, None, -1 if below else 1)
        assert lines(np.vstack(parts[order]), cnn) == expected[order]

    @pytest.mark.parametrize("distance", [1.4, 1.8])
    def test_a_numbered_list_keeps_its_numbers(self, cnn, distance):
        """They stand apart, one above the other and alike in size, as rings of a binding do."""
        gray = np.full((round(40 * (1 + 9 * distance)), 360), 235, np.uint8)
        for k in range(1, 10):
            for x, digit in ((5, k), (110, k * 7 % 10), (150, k * 3 % 10)):
                drawn, y = simulate.font_digit("kalam", digit, 40), round(40 * (k - 0.8) * distance)
                place = gray[y : y + drawn.shape[0], x : x + drawn.shape[1]]
                place[:] = np.minimum(place, 235 - 195 * (drawn / 255))
        assert lines(gray, cnn) == [f"{k}{k * 7 % 10}{k * 3 % 10}" for k in range(1, 10)]

    def test_one_line_far_paler_than_the_rest(self, cnn):
        gray, _ = text_on_paper("2357", "4682", "3548", ink=30)
        pale = round(60 * (0.9 + 1.7)) - 10
        rows = slice(pale, pale + 80)
        gray[rows] = 235 - (235 - gray[rows].astype(int)) // 4
        assert lines(gray, cnn) == ["2357", "4682", "3548"]

    def test_under_a_ring_of_coffee(self, cnn):
        gray, _ = text_on_paper("235782", "468235", "354879")
        stain = np.zeros_like(gray)
        cv2.circle(stain, (gray.shape[1] // 2, gray.shape[0] // 2), 110, 100, 14)
        gray = cv2.subtract(gray, cv2.min(cv2.GaussianBlur(stain, (0, 0), 2), gray // 2))
        assert lines(gray, cnn) == ["235782", "468235", "354879"]

    def test_under_the_shadow_of_a_pen(self, cnn):
        gray, _ = text_on_paper("235782", "468235", "354879")
        shadow = np.zeros(gray.shape, np.float32)
        cv2.line(shadow, (190, 400), (260, 40), 0.5, 40)
        gray = (gray * (1 - cv2.GaussianBlur(shadow, (0, 0), 2))).astype(np.uint8)
        assert lines(gray, cnn) == ["235782", "468235", "354879"]

    @pytest.mark.parametrize("heights", [1.2, 2, 3, 6])
    def test_a_short_line_under_a_number_is_no_digit(self, cnn, heights):
        gray, boxes = text_on_paper("31", high=90)
        gray = np.pad(gray, ((0, 60), (0, 500)), constant_values=235)
        below = max(y + high for _, y, _, high in boxes) + 14
        gray[below : below + 7, boxes[0][0] : boxes[0][0] + round(90 * heights)] = 40
        assert lines(gray, cnn) == ["31"]

    def test_a_frame_around_a_number_is_no_digit(self, cnn):
        gray = np.pad(text_on_paper("27583")[0], 150, constant_values=235)
        gray[60:66, 60:-60] = gray[-66:-60, 60:-60] = 40
        gray[60:-60, 60:66] = gray[60:-60, -66:-60] = 40
        assert lines(gray, cnn) == ["27583"]


@pytest.mark.parametrize(
    "look",
    [
        {},
        {"camera": PageCamera(size=(1200, 900), rotation=12)},
        {"sheet": Sheet(rules="ruled", rule_distance=1.0)},
        {
            "sheet": Sheet(rules="squared", rule_distance=0.6),
            "camera": PageCamera(size=(1200, 900), rotation=5),
        },
        {
            "sheet": Sheet(edge=0.04),
            "camera": PageCamera(size=(1200, 900), rotation=6, tilt=(0.1, -0.1)),
        },
        {"light": Light(shadow=0.5, gradient=0.5)},
        {"sheet": Sheet(bleed=0.2, colour=PAPERS["yellow"])},
        {"pen": Pen(colour=(235, 235, 228)), "sheet": Sheet(colour=(44, 62, 54))},
        {"camera": PageCamera(size=(3000, 2200))},
    ],
    ids=[
        "plain", "turned", "ruled", "squared, turned", "table, tilted", "shadow", "bleed, yellow",
        "blackboard", "large",
    ],
)  # fmt: skip
def test_pages_of_every_look_are_read(mnist, cnn, look):
    """40 digits; a few in 100 of MNIST's are broken or blotted, and reading errs now and then."""
    rng = np.random.default_rng(3)
    chosen = [rng.integers(0, len(mnist.x_test), count) for count in (9, 12, 7, 12)]
    text = ["".join(str(mnist.y_test[k]) for k in line) for line in chosen]
    photo = simulate.photograph_page(
        [[mnist.x_test[k] for k in line] for line in chosen],
        np.random.default_rng(1),
        **{"camera": PageCamera(size=(1200, 900)), **look},
    )
    found = reading.read(photo, cnn)
    assert len(found.digits) == pytest.approx(40, abs=2)
    assert sum(map(right_of, text, found.lines)) >= 34
    assert len(found.lines) == len(text)


def test_boxes_are_in_the_pictures_pixels(mnist, cnn):
    digits = [list(mnist.x_test[:5]), list(mnist.x_test[5:10])]
    photo = simulate.photograph_page(
        digits, np.random.default_rng(1), camera=PageCamera(size=(800, 600), blur=0)
    )
    small = reading.read(photo, cnn).digits
    large = reading.read(np.kron(photo, np.ones((4, 4, 1), np.uint8)), cnn).digits
    assert len(small) == len(large) == 10
    for a, b in zip(small, large, strict=True):
        assert np.array(b.box) / 4 == pytest.approx(np.array(a.box), abs=3)


class TestFiles:
    @pytest.mark.parametrize("suffix", ["jpg", "png"])
    def test_boxes_are_in_the_files_pixels(self, tmp_path, cnn, suffix):
        digit = simulate.font_digit("kalam", 3, 1000)
        large = np.full((3000, 4000), 235, np.uint8)
        large[1000:2000, 1500 : 1500 + digit.shape[1]] -= (digit * 0.8).astype(np.uint8)
        Image.fromarray(large).save(tmp_path / f"a.{suffix}")
        (found,) = reading.read_file(tmp_path / f"a.{suffix}", cnn).digits
        assert found.label == "3"
        # A pixel at the scale of reading is some twenty of the file's.
        assert found.box == pytest.approx((1500, 1000, digit.shape[1], 1000), abs=40)

    def test_they_are_those_of_the_picture_upright(self, tmp_path, cnn):
        gray, boxes = text_on_paper("25", "47")
        exif = Image.Exif()
        exif[ExifTags.Base.Orientation] = 6
        stored = Image.fromarray(np.ascontiguousarray(np.rot90(gray)))
        stored.save(tmp_path / "a.png", exif=exif)
        found = reading.read_file(tmp_path / "a.png", cnn)
        assert found.lines == ["25", "47"]
        assert found.digits[0].box == pytest.approx(boxes[0], abs=4)

    def test_no_picture_is_an_error(self, tmp_path, cnn):
        with pytest.raises(reading.ImageError, match="no such file"):
            reading.read_file(tmp_path / "none.png", cnn)


@pytest.fixture(scope="module")
def blank_photographs(cnn):
    """What is read where there are grain, rules, light and shadow, and nothing written."""
    generator, blank = np.random.default_rng(2), np.zeros((28, 28), np.uint8)
    photos = [simulate.random_photograph(blank, generator) for _ in range(10)]
    return ["".join(lines(photo, cnn)) for photo in photos]


class TestNoDigits:
    @pytest.mark.parametrize("shade", [0, 1, 128, 200, 254, 255])
    @pytest.mark.parametrize("shape", [(28, 28), (100, 80), (500, 700)])
    def test_blank_paper(self, cnn, shape, shade):
        assert reading.read(np.full(shape, shade, np.uint8), cnn) == reading.Reading([], [])

    def test_a_large_blank_page(self, cnn):
        assert lines(np.full((2000, 1500), 200, np.uint8), cnn) == []

    @pytest.mark.slow
    def test_nothing_is_asserted_of_blank_photographs(self, blank_photographs):
        """Of 10, a strong shadow may leave one."""
        assert sum(bool(text.strip("?")) for text in blank_photographs) <= 1

    @pytest.mark.slow
    def test_nothing_is_seen_on_blank_photographs(self, blank_photographs):
        assert sum(map(bool, blank_photographs)) <= 1

    def test_grain_is_soon_known(self, cnn):
        """Of a blank photograph's thousands of specks, 19,000 candidates were asked, for 40 s."""
        rng, empty = np.random.default_rng([5, 1]), [[np.zeros((28, 28), np.uint8)] * 4] * 4
        photograph, asked = conditions.page("plain", empty, rng), []

        class Counting:
            def predict_probabilities(self, x):
                asked.append(len(x))
                return cnn.predict_probabilities(x)

        assert lines(photograph, Counting()) == []
        assert sum(asked) < 2000

    @pytest.mark.parametrize(
        "slope",
        [
            0,
            pytest.param(0.2, marks=pytest.mark.xfail(reason="squares seen at 11° are no rules")),
            0.3,
        ],
    )
    def test_squares(self, cnn, slope):
        rows, columns = np.mgrid[:200, :160]
        across, along = rows + slope * columns, columns - slope * rows
        squares = np.where((across % 40 < 4) | (along % 40 < 4), 120, 230).astype(np.uint8)
        assert lines(squares, cnn) == []

    def test_a_blot_is_not_asserted(self, cnn):
        blot = np.full((200, 200), 240, np.uint8)
        blot[60:140, 50:150] = 20
        assert lines(blot, cnn) in ([], ["?"])


with (CASES / "expected.csv").open(newline="", encoding="utf-8") as table:
    TABLE = {row["file"]: row for row in csv.DictReader(table)}


def test_the_table_of_cases_is_complete():
    assert sorted(TABLE) == sorted(path.name for path in CASES.glob("*.png"))


@pytest.mark.parametrize("name", TABLE)
def test_cases_that_once_were_read_wrongly(cnn, name):
    found = reading.read_file(CASES / name, cnn)
    assert "/".join(found.lines) == TABLE[name]["text"], TABLE[name]["fault"]


@pytest.mark.parametrize(("texts", "left"), [(("314", "15926"), ["15926"]), (("314",), [])])
def test_a_line_in_which_nothing_may_be_a_digit_is_left_out(cnn, monkeypatch, texts, left):
    build = lattice.build

    def without_the_first_line(pieces, height, pen):
        built = build(pieces, height, pen)
        return lattice.Line(built.segments, []) if len(pieces) == len("314") else built

    monkeypatch.setattr(lattice, "build", without_the_first_line)
    assert lines(text_on_paper(*texts)[0], cnn) == left


@pytest.mark.xfail(reason="a slash no higher than its digits is read as 1")
def test_a_date_whose_slashes_are_as_high_as_its_digits(cnn):
    page, boxes = text_on_paper("37")
    x, y, _, high = boxes[1]
    moved = np.full((len(page), page.shape[1] + high), 235, np.uint8)
    moved[:, :x] = page[:, :x]
    moved[:, x + high :] = page[:, x:]
    cv2.line(moved, (x, y + high), (x + high // 3, y), 40, 4)
    assert lines(moved, cnn) == ["37"]


# --- Any input at all ----------------------------------------------------------------------------

SHAPES = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=40)
TYPES = (
    hnp.unsigned_integer_dtypes()
    | hnp.integer_dtypes()
    | hnp.floating_dtypes()
    | hnp.boolean_dtypes()
)


#: A picture of mere marks is read in many ways, which takes a second: of those, fewer examples.
FEWER = settings(max_examples=max(10, settings.default.max_examples // 10))


def reads_or_refuses(array, network):
    try:
        found = reading.read(array, network)
    except reading.ImageError:
        return
    assert sum(map(len, found.lines)) == len(found.digits)
    assert all(found.lines)
    for digit in found.digits:
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


@FEWER
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


@FEWER
@given(
    st.integers(0, 2**32 - 1),
    st.tuples(st.integers(40, 130), st.integers(40, 130)),
    st.integers(0, 3),
)
def test_any_page_of_marks_gives_a_reading(cnn, seed, shape, marks):
    """Digits, lines, blots, squares and noise in any number, as they come."""
    generator = np.random.default_rng(seed)
    gray = generator.normal(generator.uniform(0, 255), 10 * marks, shape)
    for _ in range(int(generator.integers(0, 12))):
        x, y = generator.integers(0, shape[1]), generator.integers(0, shape[0])
        wide, high = generator.integers(1, 30, 2)
        gray[y : y + high, x : x + wide] = generator.uniform(0, 255)
    for step in generator.integers(4, 60, marks):
        gray[:: int(step)] = generator.uniform(0, 255)
        gray[:, :: int(step)] = generator.uniform(0, 255)
    reads_or_refuses(gray.clip(0, 255).astype(np.uint8), cnn)


# --- Real photographs ----------------------------------------------------------------------------


def photographs(single):
    """(file, text) of those that show one digit, or more."""
    with (Path(PHOTOS) / "labels.csv").open(newline="", encoding="utf-8") as table:
        rows = [row for row in csv.DictReader(table) if (row["kind"] == "single") == single]
    return [(Path(PHOTOS) / row["file"], row["text"]) for row in rows]


@pytest.mark.skipif(not PHOTOS, reason="DIGITREC_PHOTOS names no folder with photographs")
def test_photographs_of_single_digits(cnn):
    """By 97 % of 244 a step of the recipe, or the network, must have suffered."""
    files = photographs(single=True)
    digits = [reading.normalise(reading.load_image(file)) for file, _ in files]
    assert all(digit.any() for digit in digits)  # every one is found
    read = cnn.predict_probabilities(np.stack(digits)).argmax(axis=1)
    assert evaluate.accuracy([int(text) for _, text in files], read) >= 0.97


@pytest.mark.skipif(not PHOTOS, reason="DIGITREC_PHOTOS names no folder with photographs")
def test_photographs_of_lines_and_pages(cnn):
    """The project promises 75 % of lines exactly right."""
    right = total = 0
    for file, text in photographs(single=False):
        found = reading.read_file(file, cnn, 0).lines
        total += len(text.split("/"))
        right += sum(line in found for line in text.split("/"))
    assert right / total >= 0.75
