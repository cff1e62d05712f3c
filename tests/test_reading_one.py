"""A picture of one digit, step by step: what is found, what can be left out, what does not work."""

import numpy as np
import pytest
from drawn import CROPPED, EXPECTED, cropped, page, ring

from digitrec import reading, simulate
from digitrec.reading import OPTIONAL_STEPS, prepare


def test_every_step_is_returned_in_order_when_asked_for():
    steps = prepare(page(), steps=True).steps
    assert list(steps) == [
        "gray", "even light", "dark ink", "ink", "without rules",
        "digit", "crop", "pen", "20 × 20", "28 × 28",
    ]  # fmt: skip
    np.testing.assert_array_equal(steps["gray"], page())
    np.testing.assert_array_equal(steps["dark ink"], page())
    assert steps["digit"].mean() == pytest.approx(EXPECTED.mean(), rel=0.1)
    assert max(steps["20 × 20"].shape) == 20
    np.testing.assert_array_equal(steps["28 × 28"], prepare(page()).image)
    assert prepare(page()).steps == {}


def test_light_that_falls_off_is_a_step_of_its_own():
    across = np.exp(np.linspace(0, -1, 80))
    dim = np.rint(page() * across).astype(np.uint8)
    even, dark_side = prepare(dim, steps=True).steps["even light"], np.s_[:10, 70:]
    np.testing.assert_allclose(even[dark_side], 240, rtol=0.05)
    left_out = prepare(dim, without=["level_light"], steps=True).steps["even light"]
    np.testing.assert_array_equal(left_out, dim)


def test_light_ink_is_made_dark():
    steps = prepare(255 - page(), steps=True).steps
    np.testing.assert_array_equal(steps["gray"], 255 - page())
    np.testing.assert_array_equal(steps["dark ink"], page())


def test_the_box_is_in_the_pictures_pixels():
    assert prepare(page()).box == pytest.approx((30, 15, 20, 30), abs=2)
    large = np.kron(page(), np.ones((7, 7), np.uint8))
    assert prepare(large).box == pytest.approx((210, 105, 140, 210), abs=14)


def test_where_on_the_page_does_not_matter():
    """The same drawing elsewhere on the page is the same digit."""
    left, right = np.full((2, 200, 300), 230, np.uint8)
    drawing = simulate.font_digit("kalam", 5, 80)
    ink = np.where(drawing > 128, 30, 230)
    left[20:100, 40 : 40 + ink.shape[1]] = ink
    right[90:170, 190 : 190 + ink.shape[1]] = ink
    a, b = prepare(left), prepare(right)
    assert np.abs(a.image.astype(int) - b.image).mean() < 2
    assert a.box[:2] == pytest.approx((40, 20), abs=2)
    assert b.box[:2] == pytest.approx((190, 90), abs=2)


def test_ink_may_be_dark_light_or_large(mnist):
    for digit in mnist.x_test[:20]:
        large = np.kron(255 - digit, np.ones((5, 5), np.uint8))
        colour = np.stack([large] * 3, axis=-1)
        np.testing.assert_array_equal(reading.normalise(255 - digit), reading.normalise(digit))
        small, same = (prepare(picture, steps=True).steps["20 × 20"] for picture in (digit, colour))
        # Enlarged without smoothing, its edges are stairs, whose shades the ramp moves a little.
        assert same.shape == pytest.approx(small.shape, abs=1)
        if same.shape == small.shape:
            assert np.abs(same - small).mean() < 0.06


def strokes(*rectangles, shape=(100, 100)):
    gray = np.full(shape, 230, np.uint8)
    for x, y, wide, high in rectangles:
        gray[y : y + high, x : x + wide] = 40
    return gray


class TestWhichIsTheDigit:
    def test_the_flag_of_a_five_belongs_to_it_and_a_far_mark_does_not(self):
        # The flag is 8 pixels above: a fifth of the body.
        found = prepare(strokes((40, 40, 20, 40), (45, 28, 15, 4), (5, 5, 7, 7)))
        assert found.box == pytest.approx((40, 28, 20, 52), abs=2)

    def test_strokes_far_apart_are_reached_over_those_between(self):
        found = prepare(strokes((38, 40, 24, 6), (45, 54, 10, 6), (45, 69, 10, 6)))
        assert found.box == pytest.approx((38, 40, 24, 35), abs=2)

    def test_a_mark_at_the_edge_is_less_likely_than_one_in_the_middle(self):
        found = prepare(strokes((45, 35, 6, 30), (8, 30, 6, 34), shape=(100, 200)))
        assert found.box == pytest.approx((45, 35, 6, 30), abs=2)

    def test_a_frame_around_it_is_not(self):
        gray = np.full((120, 120), 230, np.uint8)
        gray[10:110, 10:110], gray[13:107, 13:107] = 40, 230
        gray[40:80, 45:75][ring(40, 30)] = 40
        assert prepare(gray).box == pytest.approx((45, 40, 30, 40), abs=2)
        assert prepare(gray, without=["drop_rules"]).box == pytest.approx((10, 10, 100, 100), abs=3)


@pytest.mark.parametrize("name", CROPPED)
def test_a_digit_cropped_to_its_ink_is_taken_whole(name):
    drawn = cropped(name)
    rows, columns = (np.flatnonzero(drawn.any(axis=axis)) for axis in (1, 0))
    expected = columns[0], rows[0], np.ptp(columns) + 1, np.ptp(rows) + 1
    assert prepare(np.where(drawn, 40, 230)).box == pytest.approx(expected, abs=2)


@pytest.mark.parametrize("step", OPTIONAL_STEPS)
def test_each_step_can_be_left_out_and_matters(step):
    """A page made so that every step has something to do."""
    slope = np.linspace(40, 130, 160)[None]
    drawing = simulate.font_digit("shadows-into-light", 4, 110)
    ink = np.zeros((160, 160))
    ink[25:135, 40 : 40 + drawing.shape[1]] = 0.4 * (drawing > 128)
    ink[140:143] = 0.4  # a line
    light_on_dark = (255 - slope * (1 - ink)).clip(0, 255).astype(np.uint8)
    whole, without = (
        reading.normalise(light_on_dark),
        reading.normalise(light_on_dark, without=[step]),
    )
    assert without.shape == (28, 28)
    assert (whole != without).any()


@pytest.mark.parametrize("without", [["by_mas"], "by_mass"])
def test_what_is_no_step_cannot_be_left_out(without):
    message = f"expected a list of steps, of find_polarity, .* received .*{without[0]}"
    with pytest.raises(ValueError, match=message):
        prepare(page(), without=without)


@pytest.mark.parametrize("shade", [0, 1, 128, 254, 255])
def test_a_blank_picture_has_no_digit(shade):
    found = prepare(np.full((100, 80), shade, np.uint8))
    assert found.box is None
    assert found.image.shape == (28, 28)
    assert not found.image.any()


def test_a_speck_is_not_a_digit():
    assert prepare(strokes((50, 50, 2, 2), shape=(400, 400))).box is None


def test_just_resize_shrinks_the_whole_picture():
    small = reading.just_resize(np.kron(page(28, 28), np.ones((4, 4), np.uint8)))
    np.testing.assert_array_equal(small, 255 - page(28, 28))
