"""Known digits rendered as photographs of pen on paper.

What a picture says is known here, so reading can be measured at scale, and every disturbance can be
turned up until reading breaks. A digit is one of MNIST's images or is written with one of the
handwriting fonts in ``digitrec/fonts``. The photograph is made in the order in which a real one is:

    pen on paper (rules, grain) → the camera's view (tilt, position) → light → lens → sensor → JPEG

The pen, the paper, the light and the camera are objects of ``scene``. Everything random comes from
one NumPy generator: the same seed makes the same picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from digitrec.scene import (
    PAPERS,
    PENS,
    Camera,
    Light,
    PageCamera,
    Paper,
    Pen,
    Sheet,
    Writing,
    check_range,
)

FONTS_FOLDER = Path(__file__).parent / "fonts"
#: The handwriting fonts that come with the package.
FONTS = (
    "caveat",
    "gloria-hallelujah",
    "indie-flower",
    "kalam",
    "nanum-pen-script",
    "patrick-hand",
    "reenie-beanie",
    "shadows-into-light",
)


def font_digit(font: str, digit: int, size: int = 112) -> np.ndarray:
    """Write a digit with a handwriting font.

    Parameters
    ----------
    font : one of ``FONTS``
    digit : 0 … 9
    size : height of the digit in pixels, 8 … 1024

    Returns
    -------
    (size, w) uint8
        0 is paper, 255 is ink; the digit fills it from edge to edge.

    Raises
    ------
    ValueError
        Unknown font, not a digit, or a size out of range.
    """
    if digit not in range(10):
        raise ValueError(f"expected a digit 0 … 9, received {digit!r}")
    return font_glyph(font, str(digit), size)


def font_glyph(font: str, character: str, size: int = 112) -> np.ndarray:
    """Write one character, a letter for example, as ``font_digit`` writes digits.

    Raises
    ------
    ValueError
        Unknown font, not one visible character, or a size out of range.
    """
    if font not in FONTS:
        raise ValueError(f"expected one of the fonts {', '.join(FONTS)}, received {font!r}")
    if len(character) != 1 or not character.isprintable() or character.isspace():
        raise ValueError(f"expected one visible character, received {character!r}")
    check_range("size", size, 8, 1024)
    face = _face(font, 2 * size)
    left, top, right, bottom = face.getbbox(character)
    picture = Image.new("L", (int(right - left) + 4, int(bottom - top) + 4))
    ImageDraw.Draw(picture).text((2 - left, 2 - top), character, fill=255, font=face)
    glyph = np.asarray(picture)
    rows, columns = np.flatnonzero(glyph.any(axis=1)), np.flatnonzero(glyph.any(axis=0))
    glyph = glyph[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]  # (h, w)
    width = max(1, round(glyph.shape[1] * size / glyph.shape[0]))
    return cv2.resize(glyph, (width, size), interpolation=cv2.INTER_AREA)


@lru_cache(maxsize=32)
def _face(font: str, size: int) -> ImageFont.FreeTypeFont:
    """Load a font once for each size."""
    return ImageFont.truetype(str(FONTS_FOLDER / f"{font}-latin-400-normal.woff"), size)


def photograph(
    digit: np.ndarray,
    rng: np.random.Generator,
    *,
    height: float = 0.55,
    position: tuple[float, float] = (0.5, 0.5),
    pen: Pen = Pen(),
    paper: Paper = Paper(),
    light: Light = Light(),
    camera: Camera = Camera(),
) -> np.ndarray:
    """Render a digit as a photograph of pen on paper.

    Parameters
    ----------
    digit : (h, w) uint8
        0 is paper, 255 is ink: one of MNIST's images, or what ``font_digit`` returns.
    rng : the generator that everything random comes from
    height : the digit's longer side, as a part of the photograph's shorter one, 0.02 … 1.5
    position : the digit's centre from left and top, as parts of the photograph, each 0 … 1
    pen, paper, light, camera : how it is written, on what, and how it is photographed

    Returns
    -------
    (H, W, 3) uint8
        Red, green, blue; of the camera's size.

    Raises
    ------
    ValueError
        An argument out of its range. The message names it and what was expected and received.
    TypeError
        A ``Sheet`` for the paper: its table would not be seen.
    """
    _check_digit(digit)
    if isinstance(paper, Sheet):
        raise TypeError(f"expected paper to be a Paper, received {paper!r}")
    check_range("height", height, 0.02, 1.5)
    for part in position:
        check_range("position", part, 0, 1)
    unit = height * min(camera.size)
    to_photo = camera.view(unit, position)
    drawn = pen.draw(digit)
    ink = camera.see(drawn, to_photo @ pen.to_paper(drawn.shape))
    ink = pen.skip(ink, unit, rng)
    sheet = _write_on(paper, ink, pen, to_photo, rng)
    return _take(sheet, light, camera, rng)


def photograph_page(
    lines: Sequence[Sequence[np.ndarray]],
    rng: np.random.Generator,
    *,
    writing: Writing = Writing(),
    pen: Pen = Pen(),
    sheet: Sheet = Sheet(),
    light: Light = Light(),
    camera: PageCamera = PageCamera(),
) -> np.ndarray:
    """Render lines of digits as a photograph of one sheet of paper.

    Parameters
    ----------
    lines : the digits, each (h, w) uint8 as ``photograph`` takes it; lines from the top, digits
        from the left, and the whole in the middle of the sheet
    rng : the generator that everything random comes from
    writing : how large the digits are, and how they are set
    pen, sheet, light, camera : with what it is written, on what, and how it is photographed

    Returns
    -------
    (H, W, 3) uint8
        Red, green, blue; of the camera's size.

    Raises
    ------
    ValueError
        No digits, or something that is no digit. The message says what was expected.
    TypeError
        A ``Paper`` or a ``Camera``, which have another scale, for the sheet or the page's camera.
    """
    if not any(len(line) for line in lines):
        raise ValueError("expected lines with at least one digit, received none")
    for line in lines:
        for digit in line:
            _check_digit(digit)
    for name, part, kind in (("sheet", sheet, Sheet), ("camera", camera, PageCamera)):
        if not isinstance(part, kind):
            raise TypeError(f"expected {name} to be a {kind.__name__}, received {part!r}")
    unit = writing.height * min(camera.size)
    drawn, middle = _write(lines, rng, unit, writing, pen)
    through = to_photograph(unit, middle, camera)
    return photograph_drawing(
        drawn, through, unit, rng, pen=pen, sheet=sheet, light=light, camera=camera
    )


def to_photograph(unit: float, middle: tuple[float, float], camera: Camera) -> np.ndarray:
    """3×3 matrix from a drawing's pixels to a photograph's, in whose middle the drawing's is seen.

    Parameters
    ----------
    unit : pixels of the drawing, and of the photograph, that the digits are high
    middle : the drawing's, from its left and its top, in heights
    camera : what takes the photograph
    """
    in_heights = np.array([[1 / unit, 0, -middle[0]], [0, 1 / unit, -middle[1]], [0, 0, 1]])
    return np.asarray(camera.view(unit) @ in_heights)


def photograph_drawing(
    drawn: np.ndarray,
    through: np.ndarray,
    unit: float,
    rng: np.random.Generator,
    *,
    pen: Pen = Pen(),
    sheet: Sheet = Sheet(),
    light: Light = Light(),
    camera: PageCamera = PageCamera(),
) -> np.ndarray:
    """Render what is drawn on a page as a photograph of one sheet of paper.

    Parameters
    ----------
    drawn : (H, W) float32
        How much ink there is, 0 … 1.
    through : what ``to_photograph`` returns
    unit : pixels of the photograph that a digit is high
    rng : the generator that everything random comes from
    pen, sheet, light, camera : with what it is written, on what, and how it is photographed

    Returns
    -------
    (H', W', 3) uint8
        Red, green, blue; of the camera's size.
    """
    size, to_photo = camera.size, camera.view(unit)
    ink = pen.skip(camera.see(drawn, through), unit, rng)
    if sheet.bleed:
        behind = cv2.GaussianBlur(drawn[::-1, ::-1], (0, 0), max(0.5, 0.02 * unit))
        ink = np.maximum(ink, sheet.bleed * camera.see(behind, through))
    seen = sheet.seen(to_photo, size, unit)
    page = _write_on(sheet, ink * seen, pen, to_photo, rng)
    if sheet.edge:
        page = page + (sheet.table(size, rng) - page) * (1 - seen)[..., None]
    return _take(page, light, camera, rng)


def _write_on(
    paper: Paper,
    ink: np.ndarray,
    pen: Pen,
    to_photo: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    """Ink and printed rules on paper; (H, W) float32 in 0 … 1 → (H, W, 3) float32."""
    size = ink.shape[1], ink.shape[0]
    ink = ink[..., None]  # (H, W, 1)
    ink = ink * (1 - pen.grain * rng.uniform(0, 1, ink.shape).astype(np.float32))
    rules = paper.printed(to_photo, size)[..., None]  # (H, W, 1)
    sheet = paper.blank(size, rng)  # (H, W, 3)
    sheet = sheet + (np.asarray(paper.rule_colour, np.float32) - sheet) * rules
    return sheet + (np.asarray(pen.colour, np.float32) - sheet) * ink


def _take(sheet: np.ndarray, light: Light, camera: Camera, rng: np.random.Generator) -> np.ndarray:
    """Photograph what lies there; (H, W, 3) float32 → (H, W, 3) uint8."""
    return camera.expose(sheet * light.on_pixels(camera.size, rng)[..., None], rng)


def _write(
    lines: Sequence[Sequence[np.ndarray]],
    rng: np.random.Generator,
    unit: float,
    writing: Writing,
    pen: Pen,
) -> tuple[np.ndarray, tuple[float, float]]:
    """Write lines on one drawing; (H, W) float32 in 0 … 1, and its middle, in heights."""
    unevenness, spacing = writing.unevenness, writing.spacing
    placed: list[tuple[float, float, np.ndarray]] = []
    widest = 0.0
    for number, line in enumerate(lines):
        x = 0.0
        for digit in line:
            scale = 1 + unevenness * float(np.clip(rng.standard_normal(), -2, 2))
            ink = _cut_out(pen.draw(digit))  # (h, w)
            high = max(2, round(unit * scale))
            wide = max(1, round(ink.shape[1] * high / ink.shape[0]))
            sized = cv2.resize(ink, (wide, high), interpolation=cv2.INTER_AREA)
            y = number * writing.line_distance + 0.7 * unevenness * float(rng.standard_normal())
            placed.append((x, y - scale / 2, sized))
            x += wide / unit + spacing + 0.5 * unevenness * abs(float(rng.standard_normal()))
        widest = max(widest, x - spacing)
    tall = (len(lines) - 1) * writing.line_distance
    margin = 3.0  # heights
    sheet = np.zeros(
        (round((tall + 2 * margin) * unit), round((widest + 2 * margin) * unit)),
        np.float32,
    )
    for x, y, sized in placed:
        top, left = round((y + margin) * unit), round((x + margin) * unit)
        window = sheet[top : top + sized.shape[0], left : left + sized.shape[1]]
        np.maximum(window, sized[: window.shape[0], : window.shape[1]], out=window)
    return sheet, (margin + widest / 2, margin + tall / 2)


def _cut_out(ink: np.ndarray) -> np.ndarray:
    """Cut a drawing to its ink; (H, W) → (h, w); a blank one stays as it is."""
    rows, columns = (np.flatnonzero((ink > 0.3).any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return ink
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def random_page(lines: Sequence[Sequence[np.ndarray]], rng: np.random.Generator) -> np.ndarray:
    """Photograph a page the way people do: a random pen, paper, light, turn and distance.

    Parameters
    ----------
    lines : the digits, as ``photograph_page`` takes them
    rng : the generator that everything random comes from

    Returns
    -------
    (H, W, 3) uint8
        Red, green, blue; the longer side has 700 … 1600 pixels.
    """
    wide = int(rng.integers(700, 1601))
    size = (wide, round(0.75 * wide)) if rng.random() < 0.6 else (round(0.75 * wide), wide)
    spacing, distance = rng.uniform(0.2, 0.7), rng.uniform(1.6, 2.4)
    # The largest digits that leave a margin.
    longest = max(map(len, lines)) * (0.75 + spacing) + 1
    tallest = len(lines) * distance + 0.5
    largest = 0.82 * min(size[0] / longest, size[1] / tallest) / min(size)
    kind = str(rng.choice(list(PENS)))
    writing = Writing(
        height=min(0.2, max(0.03, rng.uniform(0.6, 1.0) * largest)),
        spacing=spacing,
        line_distance=distance,
        unevenness=rng.uniform(0, 0.12),
    )
    pen = Pen(
        width=rng.uniform(-0.03, 0.04),
        colour=PENS[kind],
        grain=rng.uniform(0.3, 0.7) if kind == "pencil" else rng.uniform(0, 0.2),
    )
    sheet = Sheet(
        colour=PAPERS[str(rng.choice(list(PAPERS)))],
        texture=rng.uniform(0, 0.03),
        rules=str(rng.choice(["none", "none", "ruled", "squared"])),
        rule_distance=rng.uniform(0.5, 2.0),
    )
    rotation = rng.uniform(-8, 8)
    tilt = rng.uniform(-0.12, 0.12), rng.uniform(-0.12, 0.12)
    sheet = replace(
        sheet,
        edge=float(rng.choice([0.0, 0.0, 1.0])) * rng.uniform(0.01, 0.05),
        bleed=float(rng.choice([0.0, 0.0, 1.0])) * rng.uniform(0.05, 0.25),
    )
    light = _random_light(rng)
    camera = PageCamera(
        size=size,
        rotation=rotation,
        tilt=tilt,
        blur=rng.uniform(0.0003, 0.0015),
        noise=rng.uniform(0, 8),
        jpeg_quality=int(rng.integers(60, 96)),
    )
    return photograph_page(
        lines, rng, writing=writing, pen=pen, sheet=sheet, light=light, camera=camera
    )


def write_in(
    form: tuple[int, int],
    digits: Sequence[tuple[np.ndarray, tuple[float, float, float]]],
    rng: np.random.Generator,
    *,
    pen: Pen = Pen(),
    size: float = 0.62,
    unevenness: float = 0.1,
) -> np.ndarray:
    """Write digits into the boxes of a form.

    Parameters
    ----------
    form : height and width of the form, in pixels
    digits : for each box that is filled, its digit, (h, w) uint8 as ``photograph`` takes it, and
        where the box is: left and top edge and side, in pixels
    rng : the generator that everything random comes from
    pen : what writes; its colour and grain are for ``photograph_form``
    size : the digits' mean longer side, as a part of the box, 0.1 … 1.2
    unevenness : standard deviation of the digits' sizes and places, as a part of the box, 0 … 0.5

    Returns
    -------
    (H, W) float32
        How much ink there is, 0 … 1.

    Raises
    ------
    ValueError
        Something that is no digit, or an argument out of its range.
    """
    check_range("size", size, 0.1, 1.2)
    check_range("unevenness", unevenness, 0, 0.5)
    written = np.zeros(form, np.float32)
    for digit, (left, top, side) in digits:
        _check_digit(digit)
        ink = _cut_out(pen.draw(digit))
        large, right, down = unevenness * np.clip(rng.standard_normal(3), -2, 2)
        longer = side * max(0.1, size + large)
        scale = longer / max(ink.shape)
        wide, high = (max(1, round(scale * n)) for n in (ink.shape[1], ink.shape[0]))
        sized = cv2.resize(ink, (wide, high), interpolation=cv2.INTER_AREA)
        x = round(left + side / 2 + 0.7 * right * side - wide / 2)
        y = round(top + side / 2 + 0.7 * down * side - high / 2)
        inside = sized[max(0, -y) :, max(0, -x) :]
        window = written[max(0, y) :, max(0, x) :][: inside.shape[0], : inside.shape[1]]
        np.maximum(window, inside[: window.shape[0], : window.shape[1]], out=window)
    return written


def photograph_form(
    printed: np.ndarray,
    ink: np.ndarray,
    rng: np.random.Generator,
    *,
    height: float = 0.9,
    bend: float = 0.0,
    pen: Pen = Pen(),
    sheet: Sheet = Sheet(),
    light: Light = Light(),
    camera: PageCamera = PageCamera(size=(1500, 2000)),
) -> np.ndarray:
    """Render a printed form that was filled in, lying on a table, as a photograph.

    Parameters
    ----------
    printed : (h, w) uint8
        The form; 0 is black, 255 is the paper's colour.
    ink : (h, w) float32
        What is written on it, as ``write_in`` returns it.
    rng : the generator that everything random comes from
    height : the form's height, as a part of the photograph's, 0.1 … 2
    bend : how far the middle of the sheet looks moved by its being bent, as a part of its height,
        −0.05 … 0.05
    pen, sheet, light, camera : with what it is written, on what, and how it is photographed; of the
        sheet the rules, the bleed and the edge have no part

    Returns
    -------
    (H, W, 3) uint8
        Red, green, blue; of the camera's size.

    Raises
    ------
    ValueError
        An argument out of its range, or a form and ink of different sizes.
    """
    check_range("height", height, 0.1, 2)
    check_range("bend", bend, -0.05, 0.05)
    if printed.shape != ink.shape or printed.ndim != 2:
        raise ValueError(
            f"expected a form and ink of one size, received {printed.shape} and {ink.shape}"
        )
    high, wide = printed.shape
    black, paper = np.float32(1) - printed / np.float32(255), np.ones(printed.shape, np.float32)
    layers: list[np.ndarray] = [black, ink, paper]
    if bend:
        x, y = np.meshgrid(np.arange(wide, dtype=np.float32), np.arange(high, dtype=np.float32))
        y += np.float32(bend * high) * np.sin(np.pi * x / wide)
        layers = [np.asarray(cv2.remap(layer, x, y, cv2.INTER_LINEAR)) for layer in layers]
    to_photo = camera.view(height * camera.size[1])
    # Pixels of the form → heights of it, seen from its middle → pixels of the photograph.
    through = to_photo @ np.array([[1 / high, 0, -wide / high / 2], [0, 1 / high, -0.5], [0, 0, 1]])
    black, ink, seen = (camera.see(layer, through)[..., None] for layer in layers)  # (H, W, 1)
    ink = ink * (1 - pen.grain * rng.uniform(0, 1, ink.shape).astype(np.float32))
    page = sheet.blank(camera.size, rng)  # (H, W, 3)
    page = page * (1 - 0.9 * black)  # toner is not quite black
    page = page + (np.asarray(pen.colour, np.float32) - page) * ink
    page = page + (sheet.table(camera.size, rng) - page) * (1 - seen)
    return _take(page, light, camera, rng)


def random_form(printed: np.ndarray, ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Photograph a filled form the way people do: a random light, turn, tilt and distance.

    Parameters
    ----------
    printed, ink : as ``photograph_form`` takes them
    rng : the generator that everything random comes from

    Returns
    -------
    (H, W, 3) uint8
        Red, green, blue; the longer side has 1200 … 2600 pixels. One photograph in four lies on its
        side or upside down.
    """
    long = int(rng.integers(1200, 2601))
    size = (round(0.75 * long), long)
    kind = str(rng.choice(list(PENS)))
    tilt = rng.uniform(-0.18, 0.18), rng.uniform(-0.18, 0.18)
    photo = photograph_form(
        printed,
        ink,
        rng,
        height=rng.uniform(0.72, 0.88),
        bend=rng.uniform(-0.012, 0.012),
        pen=Pen(
            colour=PENS[kind],
            grain=rng.uniform(0.2, 0.6) if kind == "pencil" else rng.uniform(0, 0.2),
        ),
        sheet=Sheet(
            colour=PAPERS[str(rng.choice(["white", "white", "cream", "grey"]))],
            texture=rng.uniform(0, 0.03),
            table_colour=tuple(int(v) for v in rng.integers(20, 220, 3)),  # type: ignore[arg-type]
        ),
        light=_random_light(rng),
        camera=PageCamera(
            size=size,
            rotation=rng.uniform(-8, 8),
            tilt=tilt,
            blur=rng.uniform(0.0002, 0.001),
            noise=rng.uniform(0, 8),
            jpeg_quality=int(rng.integers(60, 96)),
        ),
    )
    turns = int(rng.integers(1, 4)) if rng.random() < 0.25 else 0
    return np.ascontiguousarray(np.rot90(photo, turns))


def random_photograph(digit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Photograph a digit the way people do: a random pen, paper, light, and unsteady hand.

    Parameters
    ----------
    digit : (h, w) uint8
        0 is paper, 255 is ink.
    rng : the generator that everything random comes from

    Returns
    -------
    (H, W, 3) uint8
        Red, green, blue; sides of 120 … 400 pixels.
    """
    wide, high = (int(side) for side in rng.integers(120, 401, 2))
    kind = str(rng.choice(list(PENS)))
    height = rng.uniform(0.3, 0.75)
    position = rng.uniform(0.4, 0.6), rng.uniform(0.4, 0.6)
    pen = Pen(
        width=rng.uniform(-0.01, 0.06),
        colour=PENS[kind],
        grain=rng.uniform(0.3, 0.8) if kind == "pencil" else rng.uniform(0, 0.2),
    )
    paper = Paper(
        colour=PAPERS[str(rng.choice(list(PAPERS)))],
        texture=rng.uniform(0, 0.04),
        rules=str(rng.choice(["none", "none", "ruled", "squared"])),
        rule_distance=rng.uniform(0.3, 1.2),
    )
    rotation = rng.uniform(-8, 8)
    tilt = rng.uniform(-0.15, 0.15), rng.uniform(-0.15, 0.15)
    light = _random_light(rng)
    camera = Camera(
        size=(wide, high),
        rotation=rotation,
        tilt=tilt,
        blur=rng.uniform(0.001, 0.012),
        noise=rng.uniform(0, 8),
        jpeg_quality=int(rng.integers(50, 96)),
    )
    return photograph(
        digit,
        rng,
        height=height,
        position=position,
        pen=pen,
        paper=paper,
        light=light,
        camera=camera,
    )


def _random_light(rng: np.random.Generator) -> Light:
    """Light from somewhere; a shadow in half of the pictures."""
    return Light(
        brightness=rng.uniform(0.5, 1.05),
        gradient=rng.uniform(0, 0.5),
        direction=rng.uniform(0, 360),
        shadow=float(rng.choice([0.0, 1.0])) * rng.uniform(0.1, 0.5),
    )


def _check_digit(digit: np.ndarray) -> None:
    """Raise ``ValueError`` when an array is not a digit."""
    if digit.ndim != 2 or digit.dtype != np.uint8 or not digit.size:
        raise ValueError(f"expected a digit (h, w) uint8, received {digit.shape} {digit.dtype}")
