"""A file or an array becomes gray pixels: each kind of file, each type of number, bad input."""

import io
import struct
import subprocess
import sys
import threading
import zlib

import cv2
import numpy as np
import pillow_heif
import pytest
from drawn import EXPECTED, page
from hypothesis import given
from hypothesis import strategies as st
from PIL import ExifTags, Image, PngImagePlugin

from digitrec import reading
from digitrec.reading import files, limits

pillow_heif.register_heif_opener()  # so that Pillow can write HEIC, too


def inked(pixels, light=False):
    """Where a picture is darker (lighter) than the middle."""
    gray = files.to_gray(pixels)
    return gray > 128 if light else gray < 128


class TestWritten:
    """Ink that differs from its paper in colour only."""

    #: Red and green of one brightness: 0.299 · 200 + 0.587 · 40 = 0.299 · 42 + 0.587 · 120 = 83.
    RED, GREEN = (200, 40, 0), (42, 120, 0)

    @pytest.mark.parametrize("turned", [False, True])
    def test_red_on_green_of_the_same_brightness_stands_out(self, turned):
        ink, paper = (self.GREEN, self.RED) if turned else (self.RED, self.GREEN)
        picture = np.where(EXPECTED[..., None], ink, paper).astype(np.uint8)
        assert np.ptp(files.to_gray(picture)) <= 1
        # The red channel alone: 200 and 42.
        np.testing.assert_array_equal(files.written(picture), picture[..., 0])

    def test_usual_ink_is_read_by_its_brightness(self):
        blue = np.where(EXPECTED[..., None], (30, 40, 120), (240, 235, 220)).astype(np.uint8)
        np.testing.assert_array_equal(files.written(blue), files.to_gray(blue))

    def test_gray_stays(self):
        np.testing.assert_array_equal(files.written(page()), page())


class TestToGray:
    def test_the_eye_weighs_green_most(self):
        colours = np.zeros((8, 8, 3), np.uint8)
        colours[:2] = 255, 0, 0
        colours[2:4] = 0, 255, 0
        colours[4:6] = 0, 0, 255
        # 0.299 · 255 = 76.2, 0.587 · 255 = 149.7, 0.114 · 255 = 29.1
        assert files.to_gray(colours)[[0, 2, 4, 6], 0].tolist() == [76, 150, 29, 0]

    @pytest.mark.parametrize(
        ("array", "expected"),
        [
            (np.array([0.0, 0.5, 1.0]), [0, 128, 255]),  # 127.5, to the even neighbour
            (np.array([0.0, 51.0, 255.0]), [0, 51, 255]),
            (np.array([-1.0, 0.0, 3.0]), [0, 64, 255]),  # stretched: 1 of 4, 63.75
            (np.array([-1e308, 0.0, 1.7e308]), [0, 94, 255]),  # the range itself is no number
            (np.array([-5e-324, -5e-324, 0.0]), [0, 0, 0]),  # nor is half of the least one
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
        assert files.to_gray(np.tile(array, (9, 3)))[0, :3].tolist() == expected

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
        with pytest.raises(files.ImageError, match=message):
            files.to_gray(array)


class TestAsArray:
    def test_an_array_stays_as_it_is(self):
        array = np.zeros((9, 9, 4), np.int16)
        assert files.as_array(array) is array

    @pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "1", "I;16"])
    def test_a_picture_of_pillows_is_bytes_on_paper(self, mode):
        picture = Image.fromarray(page(paper=255, ink=0)).convert(mode)
        array = files.as_array(picture)
        assert array.dtype == np.uint8
        assert array.shape == (60, 80, 3) if mode in ("RGB", "RGBA", "P") else (60, 80)
        if mode != "I;16":  # there 255 is nearly black
            np.testing.assert_array_equal(inked(array), EXPECTED)

    def test_a_picture_of_pillows_is_turned_upright(self):
        picture = Image.fromarray(np.ascontiguousarray(np.rot90(page())))
        picture.getexif()[ExifTags.Base.Orientation] = 6
        np.testing.assert_array_equal(files.as_array(picture), page())

    def test_lists_are_an_array(self):
        np.testing.assert_array_equal(files.as_array(page().tolist()), page())


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
        found = files.load_image(save(tmp_path, picture, name))
        assert found.dtype == np.uint8
        np.testing.assert_array_equal(inked(found), EXPECTED)

    @pytest.mark.parametrize(
        "suffix", ["jpg", "png", "gif", "bmp", "webp", "tif", "ppm", "heic", "avif"]
    )
    def test_every_format(self, tmp_path, suffix):
        path = save(tmp_path, Image.fromarray(page()).convert("RGB"), f"a.{suffix}")
        # JPEG may move an edge.
        assert (inked(files.load_image(path)) == EXPECTED).mean() > 0.99

    def test_a_phones_heic_is_upright(self, tmp_path):
        """iPhones store the turned pixels and how to turn them back."""
        picture = Image.fromarray(np.rot90(page())).convert("RGB")
        exif = Image.Exif()
        exif[ExifTags.Base.Orientation] = 6
        path = tmp_path / "IMG_0001.HEIC"
        picture.save(path, "HEIF", exif=exif.tobytes(), quality=95)
        assert (inked(files.load_image(path)) == EXPECTED).mean() > 0.99

    @pytest.mark.parametrize(("kind", "needed"), [("HEIF", True), ("PNG", False)])
    def test_what_reads_heic_is_loaded_with_the_first_such_file(self, tmp_path, kind, needed):
        """In a process of its own: here the tests have made Pillow know it."""
        path = tmp_path / "a"
        path.write_bytes(encoded(kind))
        code = (
            "import sys; from digitrec import reading; assert 'pillow_heif' not in sys.modules;"
            f"print(reading.load_image({str(path)!r}).shape, 'pillow_heif' in sys.modules)"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert done.stdout == f"(60, 80, 3) {needed}\n", done.stderr

    def test_sixteen_bits_are_scaled_not_clipped(self, tmp_path):
        values = np.linspace(0, 65535, 64).astype(np.uint16)
        path = save(tmp_path, Image.fromarray(np.tile(values, (16, 1))), "a.png")
        found = files.load_image(path)
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
        np.testing.assert_array_equal(files.load_image(path), upright)

    def test_damaged_exif_does_not_hide_the_picture(self, tmp_path):
        path = save(
            tmp_path,
            Image.fromarray(page()),
            "a.jpg",
            exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff",
        )
        assert (inked(files.load_image(path)) == EXPECTED).mean() > 0.99

    @pytest.mark.parametrize("stroke", [0, 255])
    def test_a_transparent_drawing_is_laid_on_what_shows_it(self, tmp_path, stroke):
        """Black or white strokes on nothing, as tablets save them."""
        rgba = np.zeros((60, 80, 4), np.uint8)
        rgba[EXPECTED] = stroke, stroke, stroke, 255
        found = files.load_image(save(tmp_path, Image.fromarray(rgba), "a.png"))
        np.testing.assert_array_equal(inked(found, light=stroke == 255), EXPECTED)

    def test_transparent_pixels_have_no_colour(self, tmp_path):
        rgba = np.zeros((60, 80, 4), np.uint8)
        rgba[..., 0] = np.arange(80)  # colours that nobody sees
        rgba[EXPECTED] = 10, 10, 10, 255
        found = files.load_image(save(tmp_path, Image.fromarray(rgba), "a.png"))
        assert (found[~EXPECTED] == 255).all()

    def test_half_transparent_ink(self, tmp_path):
        rgba = np.zeros((60, 80, 4), np.uint8)
        rgba[EXPECTED] = 0, 0, 0, 102  # 40 %
        found = files.load_image(save(tmp_path, Image.fromarray(rgba), "a.png"))
        assert set(found[EXPECTED].ravel().tolist()) == {153}  # 255 · 0.6

    def test_a_palette_with_a_transparent_colour(self, tmp_path):
        picture = Image.fromarray(EXPECTED.astype(np.uint8)).convert("P")
        picture.putpalette([200, 0, 0, 5, 5, 5])
        path = save(tmp_path, picture, "a.png", transparency=0)
        np.testing.assert_array_equal(inked(files.load_image(path)), EXPECTED)
        assert files.load_image(path)[0, 0].tolist() == [255, 255, 255]

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
        np.testing.assert_array_equal(inked(files.load_image(path)), EXPECTED)

    @pytest.mark.parametrize("suffix", ["jpg", "png"])
    def test_twelve_megapixels_are_reduced(self, tmp_path, suffix):
        large = cv2.resize(page(), (4000, 3000), interpolation=cv2.INTER_NEAREST)
        path = save(tmp_path, Image.fromarray(large), f"a.{suffix}")
        found, scale = files.load(path, limits.LONGEST_SIDE)
        assert found.shape == (1536, 2048)
        assert scale == 4000 / 2048
        small = cv2.resize(EXPECTED.astype(np.uint8), (2048, 1536), interpolation=0) > 0
        assert (inked(found) == small).mean() > 0.999
        assert files.load_image(path, 400).shape == (300, 400)

    def test_large_files_are_read_one_after_the_other(self, tmp_path, monkeypatch):
        """Threads take turns, so that memory holds one of them; small files do not wait."""
        monkeypatch.setattr(limits, "MAX_PIXELS", 4 * 60 * 80 - 4)
        path = save(tmp_path, Image.fromarray(page()), "large.png")
        small = save(tmp_path, Image.fromarray(page()[:, :79]), "small.png")
        thread = threading.Thread(target=files.load_image, args=(path,))
        with files._one_large_picture:
            thread.start()
            assert files.load_image(small).shape == (60, 79)
            thread.join(0.2)
            assert thread.is_alive()
        thread.join(10)
        assert not thread.is_alive()

    def test_a_name_may_be_str_or_path(self, tmp_path):
        path = save(tmp_path, Image.fromarray(page()), "a.png")
        np.testing.assert_array_equal(files.load_image(str(path)), files.load_image(path))


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
    with pytest.raises(files.ImageError) as caught:
        files.load_image(path)
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
    with pytest.raises(files.ImageError, match=f"(?i){message}"):
        files.load_image(f"{tmp_path}/{name}")


def test_not_a_number_in_a_file(tmp_path):
    values = np.full((20, 20), np.nan, np.float32)
    path = save(tmp_path, Image.fromarray(values), "a.tif")
    with pytest.raises(files.ImageError, match=r"a\.tif: expected finite .* found NaN"):
        files.load_image(path)


def test_a_wrong_ending_does_not_matter(tmp_path):
    path = tmp_path / "a.jpg"
    path.write_bytes(encoded("PNG"))
    np.testing.assert_array_equal(inked(files.load_image(path)), EXPECTED)


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
        found = files.load_image(path)
    except files.ImageError as error:
        message = str(error)
    else:
        reading.prepare(found)
        message = f"{path}: read"
    assert message.startswith(f"{path}: ")
