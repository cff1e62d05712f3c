"""Light that falls off over a picture: found from the slopes of the paper, and divided by."""

import numpy as np
import pytest
from drawn import page

from digitrec import reading
from digitrec.networks import load_numpy
from digitrec.reading import limits
from digitrec.reading.light import even_out


def lamp(shape, x=0.0, y=0.0, round_=0.0):
    """Light whose logarithm falls by x, by y, and from the middle to the corners; (H, W), ≤ 1."""
    down, across = np.meshgrid(*(np.linspace(-1, 1, side) for side in shape), indexing="ij")
    fall = x * (1 + across) / 2 + y * (1 + down) / 2 + round_ * (across**2 + down**2) / 2
    return np.exp(-fall)


def lit(gray, light):
    return np.rint(gray * light).astype(np.uint8)


LAMPS = {
    "from the left": {"x": 1.3},
    "from a corner": {"x": 0.9, "y": 0.6},
    "in the middle": {"round_": 1.4},
    "beside the middle": {"x": 0.5, "y": -0.3, "round_": 0.8},
}


@pytest.mark.parametrize("lamp_", LAMPS.values(), ids=LAMPS)
def test_paper_is_even_again_and_ink_keeps_its_share(lamp_):
    gray = page(paper=200, ink=60)
    gray = np.kron(gray, np.ones((4, 4), np.uint8))
    light = lamp(gray.shape, **lamp_)
    found = even_out(lit(gray, light)).astype(float)
    paper, ink = found[gray == 200], found[gray == 60]
    # Of a fall to a quarter a tenth is left, at the very edge; and dark pixels are coarse.
    np.testing.assert_allclose(paper, 200 * light.max(), rtol=0.1)
    np.testing.assert_allclose(ink, 60 * light.max(), rtol=0.12)


def test_little_light_is_missing():
    gray = lit(page(paper=200, ink=60), lamp((60, 80), x=0.9 * limits.LIGHT_FALL))
    assert even_out(gray) is gray


@pytest.mark.parametrize("strength", [0.4, 0.7])
def test_a_hard_shadow_is_no_light_that_falls_off(strength):
    gray = np.full((300, 400), 210, np.uint8)
    gray[:, 180:] = round(210 * (1 - strength))
    assert even_out(gray) is gray


def test_a_sheet_on_a_table_is_none():
    gray = np.full((300, 400), 60, np.uint8)
    gray[40:250, 70:330] = 220
    assert even_out(gray) is gray


def test_where_all_is_cluttered_nothing_is_told():
    rng = np.random.default_rng(0)
    gray = np.kron(rng.integers(20, 256, (30, 40)), np.ones((10, 10))).astype(np.uint8)
    gray = lit(gray, lamp(gray.shape, x=1.3))
    assert even_out(gray) is gray


@pytest.mark.parametrize("shape", [(8, 8), (8, 400), (400, 9), (28, 28), (1, 1), (2, 300)])
@pytest.mark.parametrize("shade", [0, 128, 255])
def test_nothing_at_all_stays(shape, shade):
    gray = np.full(shape, shade, np.uint8)
    assert even_out(gray) is gray


def test_mnist_stays_as_it_is(mnist):
    assert all(even_out(digit) is digit for digit in mnist.x_test[:2000])


@pytest.mark.parametrize("lamp_", LAMPS.values(), ids=LAMPS)
@pytest.mark.parametrize("negative", [False, True])
def test_a_pale_digit_is_read_wherever_the_lamp_is(mnist, lamp_, negative):
    network, said = load_numpy("cnn"), ""
    numbers = [n for label in range(10) for n in np.flatnonzero(mnist.y_test == label)[3:6]]
    for number in numbers:
        digit = np.pad(np.kron(mnist.x_test[number], np.ones((5, 5))), 6) / 255
        gray = 160 * (1 + 0.35 * digit) if negative else 220 * (1 - 0.25 * digit)
        said += "/".join(reading.read(lit(gray, lamp(gray.shape, **lamp_)), network).lines)
    assert said == "".join(str(mnist.y_test[number]) for number in numbers)
