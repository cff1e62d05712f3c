"""Pictures are sent as light as they can be, with their sizes, when a reader comes near."""

import io
import re
from pathlib import Path

import numpy as np
import pictures
import pytest
import small_site
from conftest import parsed
from PIL import Image
from test_site import PAGES

RNG = np.random.default_rng(0)


def photograph(width: int, height: int) -> Image.Image:
    """Return what is like a photograph: light that changes slowly, and some noise."""
    y, x = np.mgrid[:height, :width]
    light = 120 + 80 * np.sin(x / 90) * np.cos(y / 70)
    noise = RNG.normal(0, 4, (height, width, 3))
    return Image.fromarray(np.clip(light[..., None] + noise, 0, 255).astype(np.uint8))


def drawing(width: int, height: int) -> Image.Image:
    """Return what is like a plot: few colours, sharp edges, and nothing behind them."""
    pixels = np.zeros((height, width, 4), np.uint8)
    for left in range(0, width - 20, 40):
        pixels[height - left % height :, left : left + 20] = (30, 90, 200, 255)
    return Image.fromarray(pixels)


def read(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGBA"))


def test_a_drawing_keeps_each_pixel(tmp_path) -> None:
    picture = tmp_path / "drawing.png"
    drawing(1200, 400).save(picture)
    light = pictures.compress(picture, tmp_path / "kept")
    [(path, width)] = light.files
    assert (width, light.width, light.height) == (1200, 1200, 400)
    assert path.stat().st_size < picture.stat().st_size
    np.testing.assert_array_equal(read(path)[..., 3], read(picture)[..., 3])
    seen = read(picture)[..., 3] > 0  # what is transparent has no colour
    np.testing.assert_array_equal(read(path)[seen], read(picture)[seen])


def test_a_photograph_looks_the_same_and_is_offered_narrow(tmp_path) -> None:
    picture = tmp_path / "photograph.png"
    photograph(1200, 600).save(picture)
    light = pictures.compress(picture, tmp_path / "kept")
    assert [width for _, width in light.files] == [1200, pictures.NARROW]
    wide, narrow = (path for path, _ in light.files)
    assert wide.stat().st_size < picture.stat().st_size / 4
    assert narrow.stat().st_size < wide.stat().st_size
    assert np.abs(read(wide).astype(int) - read(picture)).mean() < 5
    assert read(narrow).shape == (600 * pictures.NARROW // 1200, pictures.NARROW, 4)


def test_what_was_compressed_is_kept(tmp_path, monkeypatch) -> None:
    """A second build compresses nothing; a picture that changed is compressed again."""
    picture, kept = tmp_path / "drawing.png", tmp_path / "kept"
    drawing(400, 200).save(picture)
    first = pictures.compress(picture, kept)
    drawing(400, 300).save(picture)
    second = pictures.compress(picture, kept)
    assert (second.files, second.height) != (first.files, first.height)
    monkeypatch.setattr(pictures, "webp", lambda *_, **__: pytest.fail("compressed again"))
    assert pictures.compress(picture, kept) == second


@pytest.mark.parametrize(
    ("root", "expected"),
    [
        ('viewBox="0 0 640 320"', (640, 320)),
        ('width="64" height="32px" viewBox="0 0 640 320"', (64, 32)),
        ('width="100%" viewBox="0 0 640.4 320"', (640, 320)),
        ("", None),
    ],
)
def test_drawing_size(tmp_path, root: str, expected) -> None:
    path = tmp_path / "drawing.svg"
    path.write_text(f'<svg xmlns="http://www.w3.org/2000/svg" {root}/>', "utf-8")
    assert pictures.drawing_size(path) == expected


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """Return a site whose page has a picture on top and one further down."""
    folder = tmp_path_factory.mktemp("pictures") / "site"
    folder.mkdir()
    photograph(1200, 600).save(folder / "photograph.png")
    drawing(1200, 400).save(folder / "drawing.png")
    text = (
        "# One\n\n![A photograph](photograph.png)\n\n![Of elsewhere](https://example.org/x.png)\n\n"
        '<img src="drawing.png" alt="Not there" width="10" height="10">\n\n'
        "## Two\n\n![A drawing](drawing.png)\n"
    )
    other = "# Two\n\n## Far\n\n![It](drawing.png)\n"
    small_site.write(folder, {"index": text, "other": other}, more=["pictures"])
    out, said = small_site.build(folder)
    assert "expected a picture at" in said, said
    assert said.count("expected a picture at") == 1, said
    return out


def images(page: Path) -> list:
    return parsed(page).select(".bd-article img")


def test_the_first_picture_comes_at_once_and_others_when_they_are_near(built) -> None:
    first, elsewhere, missing, far = images(built / "index.html")
    assert first["fetchpriority"] == "high"
    assert "loading" not in first.attrs
    assert (first["width"], first["height"]) == ("1200", "600")
    assert first["src"] == "_images/photograph.webp"
    assert first["srcset"] == (
        f"_images/photograph.webp 1200w, _images/photograph-{pictures.NARROW}.webp "
        f"{pictures.NARROW}w"
    )
    for name in re.findall(r"_images/\S+", first["srcset"]):
        assert (built / name).is_file()
    assert elsewhere["src"] == "https://example.org/x.png"
    assert missing["src"] == "drawing.png"
    assert (far["loading"], far["src"]) == ("lazy", "_images/drawing.webp")
    assert far["alt"] == "A drawing"
    [later] = images(built / "other.html")
    assert later["loading"] == "lazy"


@pytest.mark.parametrize("name", PAGES)
def test_pictures_of_the_book(site, name: str) -> None:
    """Each has a text and a size, none is a PNG, and at most one comes before a reader is near."""
    page = site / f"{name}.html"
    at_once = 0
    for image in images(page):
        assert image["alt"], image
        assert int(image["width"]) > 0, image
        assert int(image["height"]) > 0, image
        assert not image["src"].endswith(".png"), image
        if not image["src"].startswith("data:"):  # a few bytes, in the page itself
            assert (page.parent / image["src"]).is_file(), image
        at_once += image.get("loading") != "lazy"
    assert at_once <= 1


def test_webp_is_read_by_pillow() -> None:
    """What the book writes is what it says it is."""
    content = pictures.webp(drawing(40, 20), lossless=True)
    with Image.open(io.BytesIO(content)) as image:
        assert image.format == "WEBP"
