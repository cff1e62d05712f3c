"""What a picture is simulated with: each object refuses what is out of its range."""

from dataclasses import FrozenInstanceError, fields, replace

import numpy as np
import pytest

from digitrec import scene
from digitrec.scene import Camera, Light, PageCamera, Paper, Pen, Sheet, Writing

NAN = float("nan")
KINDS = [Writing, Pen, Paper, Sheet, Light, Camera, PageCamera]
#: The least and the greatest of each value, as the docstrings and the messages say.
RANGES = {
    Writing: {
        "height": (0.01, 1),
        "spacing": (-0.3, 5),
        "line_distance": (0.5, 10),
        "unevenness": (0, 0.5),
    },
    Pen: {"width": (-0.1, 0.3), "grain": (0, 1), "skips": (0, 0.5)},
    Paper: {"texture": (0, 0.3), "rule_distance": (0.1, 5)},
    Sheet: {
        "texture": (0, 0.3),
        "rule_distance": (0.1, 5),
        "edge": (0, 0.3),
        "bleed": (0, 0.9),
    },
    Light: {
        "brightness": (0.05, 1.5),
        "gradient": (0, 0.95),
        "direction": (-360, 360),
        "shadow": (0, 0.95),
        "vignette": (0, 0.95),
    },
    Camera: {
        "rotation": (-180, 180),
        "blur": (0, 0.1),
        "noise": (0, 80),
        "jpeg_quality": (1, 100),
    },
}
NUMBERS = [
    pytest.param(kind, name, *limits, id=f"{kind.__name__} {name}")
    for kind, ranges in RANGES.items()
    for name, limits in ranges.items()
]
COLOURS = [(Pen, "colour"), (Paper, "colour"), (Paper, "rule_colour")]
COLOURS += [(Sheet, "colour"), (Sheet, "rule_colour"), (Sheet, "table_colour")]


@pytest.mark.parametrize(("kind", "name", "low", "high"), NUMBERS)
def test_a_number_out_of_its_range_is_named(kind, name, low, high):
    for value in (low, high):
        assert getattr(kind(**{name: value}), name) == value
    for value in (low - 0.01, high + 0.01, NAN):
        with pytest.raises(ValueError) as error:  # noqa: PT011 (the message is compared below)
            kind(**{name: value})
        assert str(error.value) == f"expected {name} in {low} … {high}, received {value}"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("size", (15, 200), "expected size in 16 … 4096, received 15"),
        ("size", (200, 5000), "expected size in 16 … 4096, received 5000"),
        ("tilt", (0.9, 0.0), "expected tilt in -0.6 … 0.6, received 0.9"),
        ("tilt", (0.0, -0.9), "expected tilt in -0.6 … 0.6, received -0.9"),
    ],
)
@pytest.mark.parametrize("kind", [Camera, PageCamera])
def test_each_of_two_numbers_has_its_range(kind, name, value, message):
    with pytest.raises(ValueError, match=message):
        kind(**{name: value})


@pytest.mark.parametrize(("kind", "name"), COLOURS)
def test_a_colour_is_three_levels(kind, name):
    with pytest.raises(ValueError, match=f"^expected {name} in 0 … 255, received 256"):
        kind(**{name: (0, 0, 256)})
    with pytest.raises(ValueError, match=f"^expected {name} as red, green, blue, rec"):
        kind(**{name: (0, 0, 0, 0)})


@pytest.mark.parametrize("kind", [Paper, Sheet])
def test_rules_of_another_kind_are_refused(kind):
    message = "expected rules 'none', 'ruled' or 'squared', received 'dotted'"
    with pytest.raises(ValueError, match=message):
        kind(rules="dotted")


def test_every_value_is_checked_by_a_test_above():
    """A new value without a range is noticed here."""
    elsewhere = {"size", "tilt", "rules", *(name for _, name in COLOURS)}
    for kind, ranges in RANGES.items():
        assert {field.name for field in fields(kind)} - elsewhere == set(ranges)


@pytest.mark.parametrize("kind", KINDS)
def test_objects_do_not_change_and_are_equal_by_value(kind):
    made = kind()
    name = fields(kind)[0].name
    with pytest.raises(FrozenInstanceError):
        setattr(made, name, getattr(made, name))
    assert made == kind() == replace(made)
    assert hash(made) == hash(kind())


def test_another_value_is_another_object():
    assert Pen(width=0.1) != Pen()
    assert replace(Sheet(), edge=0.1) == Sheet(edge=0.1)
    with pytest.raises(ValueError, match=r"expected edge in 0 … 0\.3, received 0\.5"):
        replace(Sheet(), edge=0.5)


def test_a_sheet_and_a_page_camera_have_a_pages_scale():
    """They are a paper and a camera whose defaults suit a page; the rest is the same."""
    for page, close in ((Sheet(), Paper()), (PageCamera(), Camera())):
        differing = {
            field.name
            for field in fields(close)
            if getattr(page, field.name) != getattr(close, field.name)
        }
        assert differing == ({"rule_distance"} if isinstance(page, Sheet) else {"size", "blur"})


def test_the_origin_of_the_paper_is_seen_at_its_position():
    view = Camera(size=(300, 200), rotation=30, tilt=(0.3, -0.2)).view(50, (0.25, 0.6))
    x, y, scale = view @ [0, 0, 1]
    assert (x / scale, y / scale) == pytest.approx((75, 120))


def test_a_sheet_without_an_edge_fills_the_picture():
    camera = PageCamera(size=(80, 60))
    view = camera.view(5)
    assert (Sheet().seen(view, camera.size, 5) == 1).all()
    seen = Sheet(edge=0.25).seen(view, camera.size, 5)  # 80 / 2 by 60 / 2 pixels
    assert seen.mean() == pytest.approx(1 / 4, abs=0.03)


def test_presets_are_colours():
    for colour in (*scene.PENS.values(), *scene.PAPERS.values()):
        assert np.shape(colour) == (3,)
        Pen(colour=colour)
