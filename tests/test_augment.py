"""What is done to training digits: shapes, ranges, labels that stay true, the same for one seed."""

import numpy as np
import pytest

from digitrec import augment
from digitrec.mnist import load_mnist


@pytest.fixture(scope="module")
def mnist():
    return load_mnist()


def test_images_change_and_stay_images(mnist):
    x = mnist.x_train[:200]
    changed = augment.augment(x, np.random.default_rng(0))
    again = augment.augment(x, np.random.default_rng(0))
    assert changed.shape == x.shape
    assert changed.dtype == np.uint8
    assert (changed != x).any(axis=(1, 2)).all()
    assert (changed.max(axis=(1, 2)) > 40).mean() > 0.98  # hardly any fades away
    np.testing.assert_array_equal(changed, again)


def test_moved_images_move_by_whole_pixels_and_paper_comes_in():
    dots = np.zeros((500, 28, 28), np.uint8)
    dots[:, 0, 27] = 9  # in a corner: half of the moves take it out
    moved = augment.move(dots, np.random.default_rng(0), 1)
    assert moved.dtype == np.uint8
    # Up or to the right it leaves; otherwise it is one of four pixels. Four ninths, ± 4 sigma.
    stayed = moved.any(axis=(1, 2))
    assert stayed.mean() == pytest.approx(4 / 9, abs=0.09)
    places = {tuple(place) for place in np.argwhere(moved)[:, 1:].tolist()}
    assert places == {(0, 26), (0, 27), (1, 26), (1, 27)}
    np.testing.assert_array_equal(augment.move(dots, np.random.default_rng(0), 0), dots)


def test_each_of_many_images_is_moved_by_its_own_step():
    """More than are moved at a time: none is lost, repeated or given another's step."""
    x = np.random.default_rng(1).integers(0, 256, (4500, 28, 28), np.uint8)
    moved = augment.move(x, np.random.default_rng(2), 2)
    steps = np.random.default_rng(2).integers(0, 5, (2, len(x))).T
    for image, ours, (top, left) in zip(x, moved, steps, strict=True):
        by_hand = np.pad(image, 2)[top : top + 28, left : left + 28]
        np.testing.assert_array_equal(ours, by_hand)


def test_a_pair_is_wider_than_one_character():
    """Two characters of equal height side by side: 20 pixels wide, where one has 20 rows."""
    shapes = []
    for draw in (augment.pair, augment.letter):
        drawn = [draw(np.random.default_rng(k)) > 30 for k in range(100)]
        assert all(image.any() for image in drawn)
        shapes.append(np.mean([i.any(axis=0).sum() / i.any(axis=1).sum() for i in drawn]))
    assert shapes[0] > 1.3 * shapes[1]


def centre(image):
    """Row and column of the centre of mass."""
    rows, columns = np.indices(image.shape)
    return (rows * image).sum() / image.sum(), (columns * image).sum() / image.sum()


def test_digits_stay_near_the_middle(mnist):
    changed = augment.augment(mnist.x_train[:300], np.random.default_rng(0))
    off = np.array([centre(image.astype(float)) for image in changed]) - 14
    assert np.abs(off).mean() < 1.5
    assert np.abs(off).max() < 5


def test_a_flag_goes_down_to_the_left_of_the_top(mnist):
    ones = mnist.x_train[mnist.y_train == 1][:100]
    flagged = np.stack(
        [augment.flag_one(one, np.random.default_rng(k)) for k, one in enumerate(ones)]
    )
    assert flagged.shape == ones.shape
    widths = [(image > 100).any(axis=0).sum() for image in flagged]
    assert np.mean(widths) > 1.4 * np.mean([(o > 100).any(axis=0).sum() for o in ones])
    assert all((image > 30).any(axis=1).sum() <= 20 for image in flagged)


def test_a_bar_crosses_the_stem(mnist):
    sevens = mnist.x_train[mnist.y_train == 7][:100]
    crossed = np.stack(
        [augment.cross_seven(s, np.random.default_rng(k)) for k, s in enumerate(sevens)]
    )
    assert (crossed.astype(int).sum(axis=(1, 2)) > sevens.astype(int).sum(axis=(1, 2))).mean() > 0.9


def test_only_ones_and_sevens_are_drawn_on(mnist):
    x, y = mnist.x_train[:2000], mnist.y_train[:2000]
    drawn = augment.european(x, y, np.random.default_rng(0))
    changed = (drawn != x).any(axis=(1, 2))
    assert not changed[(y != 1) & (y != 7)].any()
    assert changed[y == 1].mean() == pytest.approx(augment.FLAGGED, abs=0.1)
    assert changed[y == 7].mean() == pytest.approx(augment.CROSSED, abs=0.1)


def test_a_blank_image_stays_blank():
    blank = np.zeros((28, 28), np.uint8)
    rng = np.random.default_rng(0)
    assert not augment.flag_one(blank, rng).any()
    assert not augment.cross_seven(blank, rng).any()
    assert not augment.augment(blank[None], rng).any()


def digits(mnist):
    """Some training digits, and their labels."""
    return mnist.x_train[:3000], mnist.y_train[:3000]


@pytest.mark.parametrize("kind", augment.KINDS)
def test_what_is_no_digit_is_drawn_in_mnists_box(kind, mnist):
    rng = np.random.default_rng(0)
    others = augment.not_digits(60, rng, digits=digits(mnist), kinds=(kind,))
    assert others.shape == (60, 28, 28)
    assert others.dtype == np.uint8
    for image in others:
        ends = [np.flatnonzero((image > 20).any(axis=axis))[[0, -1]] for axis in (0, 1)]
        assert 17 <= max(last - first + 1 for first, last in ends) <= 20
    assert len({image.tobytes() for image in others}) > 50  # two blots may be alike


def test_letters_are_none_that_pass_for_digits_and_fonts_are_kept_apart():
    assert set(augment.TRAINING_FONTS).isdisjoint(augment.HELD_OUT_FONTS)
    assert not set(augment.LETTERS) & set("OoIiLlSsZzBbGgqQ")


def test_kinds_are_as_often_as_their_shares_say(mnist, monkeypatch):
    """Without digits, those that need none."""
    for kind in ("letter", "pair", "scribble", "blob", "mark", "half", "ruled", "two"):
        number = list(augment.KINDS).index(kind)
        image = np.full((28, 28), number, np.uint8)
        monkeypatch.setattr(augment, kind, lambda *_, image=image: image)
    image = np.full((28, 28), list(augment.KINDS).index("fragment"), np.uint8)
    monkeypatch.setattr(augment, "with_fragment", lambda *_: image)
    for given in (None, digits(mnist)):
        drawn = augment.not_digits(4000, np.random.default_rng(0), digits=given)[:, 0, 0]
        counts = np.bincount(drawn, minlength=len(augment.KINDS))
        shares = np.array(list(augment.KINDS.values()), float)
        shares[5:] *= given is not None
        np.testing.assert_allclose(counts / 4000, shares / shares.sum(), atol=0.04)


@pytest.mark.parametrize("kinds", [("half",), ("letter", "word"), ()])
def test_kinds_that_cannot_be_drawn_are_refused(kinds):
    with pytest.raises(ValueError, match="kinds: expected some of letter, pair, scribble"):
        augment.not_digits(3, np.random.default_rng(0), kinds=kinds)


def test_digits_of_which_one_is_missing_are_refused(mnist):
    x, y = digits(mnist)
    with pytest.raises(ValueError, match=r"some of each digit, found none of \[3, 8\]"):
        augment.not_digits(
            3, np.random.default_rng(0), digits=(x, np.where((y == 3) | (y == 8), 1, y))
        )


def lean(image):
    """Degrees by which the longest axis of ink is off the upright, 0 … 90."""
    rows, columns = np.nonzero(image > 100)
    _, axes = np.linalg.eigh(np.cov(columns, rows))
    across, down = np.abs(axes[:, 1])
    return np.degrees(np.arctan2(across, down))


def test_no_mark_is_an_upright_stroke():
    """It may be a 1. Ink that is all on one line leans: a comma is short and thick instead."""
    rng = np.random.default_rng(0)
    for image in (augment.mark(rng) for _ in range(400)):
        ink = image > 100
        rows, columns = np.nonzero(ink)
        long, short = np.sqrt(np.linalg.eigvalsh(np.cov(columns, rows))[::-1])
        assert lean(image) > 40 or long < 5 * short


def test_no_half_is_thin(mnist):
    """A thin one may be a 1."""
    rng = np.random.default_rng(0)
    for image in augment.not_digits(200, rng, digits=digits(mnist), kinds=("half",)):
        wide, high = ((image > 30).any(axis=axis).sum() for axis in (0, 1))
        assert wide >= 0.5 * high


def test_two_digits_are_wider_than_one(mnist):
    rng = np.random.default_rng(0)
    both = augment.not_digits(200, rng, digits=digits(mnist), kinds=("two",))
    wide, high = ((both > 30).any(axis=axis).sum(axis=1) for axis in (1, 2))
    assert np.median(wide / high) > 1.2
