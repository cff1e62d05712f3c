"""Known digits rendered as photographs of pen on paper.

What a picture says is known here, so reading can be measured at scale, and every disturbance can be
turned up until reading breaks. A digit is one of MNIST's images or is written with one of the
handwriting fonts in ``digitrec/fonts``. The photograph is made in the order in which a real one is:

    pen on paper (rules, grain) → the camera's view (tilt, position) → light → lens → sensor → JPEG

Colours are red, green, blue, each 0 … 255. Lengths are parts of the digit's height or of the
picture's side, so that they mean the same at each size. Everything random comes from one NumPy
generator: the same seed makes the same picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from statistics import NormalDist

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

Colour = tuple[int, int, int]

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

#: Pens and papers to choose from.
PENS: dict[str, Colour] = {
    "ballpoint": (38, 54, 132),
    "black": (32, 30, 34),
    "felt-tip": (178, 36, 40),
    "pencil": (104, 102, 104),
}
PAPERS: dict[str, Colour] = {
    "white": (244, 243, 240),
    "cream": (240, 230, 206),
    "grey": (206, 204, 200),
    "yellow": (247, 226, 130),
}


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
        raise ValueError(
            f"expected one of the fonts {', '.join(FONTS)}, received {font!r}"
        )
    if len(character) != 1 or not character.isprintable() or character.isspace():
        raise ValueError(f"expected one visible character, received {character!r}")
    _in_range("size", size, 8, 1024)
    face = _face(font, 2 * size)
    left, top, right, bottom = face.getbbox(character)
    picture = Image.new("L", (int(right - left) + 4, int(bottom - top) + 4))
    ImageDraw.Draw(picture).text((2 - left, 2 - top), character, fill=255, font=face)
    glyph = np.asarray(picture)
    rows, columns = np.flatnonzero(glyph.any(axis=1)), np.flatnonzero(glyph.any(axis=0))
    glyph = glyph[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]  # (h, w)
    width = max(1, round(glyph.shape[1] * size / glyph.shape[0]))
    sized: np.ndarray = cv2.resize(glyph, (width, size), interpolation=cv2.INTER_AREA)
    return sized


@lru_cache(maxsize=32)
def _face(font: str, size: int) -> ImageFont.FreeTypeFont:
    """Load a font once for each size."""
    return ImageFont.truetype(str(FONTS_FOLDER / f"{font}-latin-400-normal.woff"), size)


def photograph(
    digit: np.ndarray,
    rng: np.random.Generator,
    *,
    size: tuple[int, int] = (200, 200),
    height: float = 0.55,
    position: tuple[float, float] = (0.5, 0.5),
    pen_width: float = 0.0,
    pen_colour: Colour = PENS["black"],
    pen_grain: float = 0.1,
    skips: float = 0.0,
    paper_colour: Colour = PAPERS["white"],
    texture: float = 0.02,
    rules: str = "none",
    rule_distance: float = 0.5,
    rule_colour: Colour = (150, 180, 215),
    rotation: float = 0.0,
    tilt: tuple[float, float] = (0.0, 0.0),
    light: float = 1.0,
    light_gradient: float = 0.0,
    light_direction: float = 45.0,
    shadow: float = 0.0,
    vignette: float = 0.0,
    blur: float = 0.004,
    noise: float = 2.0,
    jpeg_quality: int | None = 90,
) -> np.ndarray:
    """Render a digit as a photograph of pen on paper.

    Parameters
    ----------
    digit : (h, w) uint8
        0 is paper, 255 is ink: one of MNIST's images, or what ``font_digit`` returns.
    rng : the generator that everything random comes from
    size : width and height of the photograph in pixels, each 16 … 4096
    height : the digit's longer side, as a part of the photograph's shorter one, 0.02 … 1.5
    position : the digit's centre from left and top, as parts of the photograph, each 0 … 1
    pen_width : the pen is made wider (or, below 0, narrower) by this part of the digit's longer
        side, −0.1 … 0.3; 0 leaves the strokes as they are
    pen_colour, paper_colour, rule_colour : red, green, blue, each 0 … 255; a pen lighter than the
        paper makes a blackboard
    pen_grain : how much of the paper the pen misses, 0 (ink) … 1 (a dry pencil)
    skips : part of its way on which a pen that runs dry writes nothing, 0 … 0.5
    texture : standard deviation of the paper's grain, as a part of its brightness, 0 … 0.3
    rules : "none", "ruled" (lines) or "squared" (lines both ways), printed on the paper
    rule_distance : from line to line, as a part of the digit's longer side, 0.1 … 5
    rotation : degrees, anticlockwise, −180 … 180
    tilt : how much smaller the paper's far edge looks, left–right and top–bottom, each −0.6 … 0.6
    light : brightness of the whole, 0.05 … 1.5; above 1 is overexposed
    light_gradient : part of the light that is lost from one side to the other, 0 … 0.95
    light_direction : where the light comes from, degrees anticlockwise from the right
    shadow : part of the light taken away by a soft-edged shadow across the picture, 0 … 0.95
    vignette : part of the light that the lens loses in the corners, 0 … 0.95
    blur : standard deviation of the lens' blur, as a part of the shorter side, 0 … 0.1
    noise : standard deviation of the sensor's noise, in levels of 255, 0 … 80
    jpeg_quality : 1 … 100, or None for no compression

    Returns
    -------
    (height, width, 3) uint8
        Red, green, blue.

    Raises
    ------
    ValueError
        An argument out of its range. The message names it and what was expected and received.
    """
    _check(
        digit, size, height, position, pen_width, pen_grain, texture, rules, rule_distance, tilt,
        light, light_gradient, shadow, blur, noise, jpeg_quality, skips, vignette,
    )  # fmt: skip
    for name, colour in (
        ("pen", pen_colour),
        ("paper", paper_colour),
        ("rule", rule_colour),
    ):
        for part in colour:
            _in_range(f"{name}_colour", part, 0, 255)
    to_photo = _view(size, height * min(size), position, rotation, tilt)
    drawn = _widen(digit, pen_width)
    ink = _warp(drawn, to_photo @ _unit_square(drawn.shape), size)
    ink = _skip(ink, skips, height * min(size), rng)
    return _expose(
        ink, to_photo, rng, pen_colour, pen_grain, paper_colour, texture, rules, rule_distance,
        rule_colour, light, light_gradient, light_direction, shadow, vignette, blur, noise,
        jpeg_quality,
    )  # fmt: skip


def _expose(
    ink: np.ndarray,
    to_photo: np.ndarray,
    rng: np.random.Generator,
    pen_colour: Colour,
    pen_grain: float,
    paper_colour: Colour,
    texture: float,
    rules: str,
    rule_distance: float,
    rule_colour: Colour,
    light: float,
    light_gradient: float,
    light_direction: float,
    shadow: float,
    vignette: float,
    blur: float,
    noise: float,
    jpeg_quality: int | None,
    table: tuple[np.ndarray, Colour] | None = None,
) -> np.ndarray:
    """Photograph ink on paper: (H, W) float32 in 0 … 1 → (H, W, 3) uint8.

    ``table`` is how much of each pixel shows what the paper lies on, (H, W), and its colour.
    """
    high, wide = ink.shape
    size = wide, high
    # Pen on paper: how much of each pixel the ink and the printed rules cover.
    ink = ink[..., None]  # (H, W, 1)
    ink = ink * (1 - pen_grain * rng.uniform(0, 1, ink.shape).astype(np.float32))
    lines = _rules(rules, rule_distance, to_photo, size)[..., None]  # (H, W, 1)
    paper = np.asarray(paper_colour, np.float32) * _grain(texture, size, rng)[..., None]
    sheet = paper + (np.asarray(rule_colour, np.float32) - paper) * lines
    sheet = sheet + (np.asarray(pen_colour, np.float32) - sheet) * ink  # (H, W, 3)
    if table is not None:
        shown, colour = table
        wood = np.asarray(colour, np.float32) * _grain(0.06, size, rng)[..., None]
        sheet = sheet + (wood - sheet) * shown[..., None]

    # Light, lens, sensor, file.
    lit = (
        sheet
        * _light(light, light_gradient, light_direction, shadow, vignette, size, rng)[
            ..., None
        ]
    )
    if blur:
        lit = cv2.GaussianBlur(lit, (0, 0), blur * min(size))
    if noise:
        lit = lit + noise * rng.standard_normal((high, wide, 3), dtype=np.float32)
    photo: np.ndarray = np.rint(np.clip(lit, 0, 255)).astype(np.uint8)
    if jpeg_quality is None:
        return photo
    options = [cv2.IMWRITE_JPEG_QUALITY, int(jpeg_quality)]
    _, coded = cv2.imencode(".jpg", photo[..., ::-1], options)
    decoded = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR))
    # (H, W, 3): blue, green, red → red, green, blue
    return np.ascontiguousarray(decoded[..., ::-1])


def photograph_page(
    lines: Sequence[Sequence[np.ndarray]],
    rng: np.random.Generator,
    *,
    size: tuple[int, int] = (1000, 750),
    height: float = 0.07,
    spacing: float = 0.45,
    line_distance: float = 2.0,
    unevenness: float = 0.1,
    pen_width: float = 0.0,
    pen_colour: Colour = PENS["black"],
    pen_grain: float = 0.1,
    skips: float = 0.0,
    paper_colour: Colour = PAPERS["white"],
    texture: float = 0.02,
    rules: str = "none",
    rule_distance: float = 2.0,
    rule_colour: Colour = (150, 180, 215),
    rotation: float = 0.0,
    tilt: tuple[float, float] = (0.0, 0.0),
    edge: float = 0.0,
    table_colour: Colour = (84, 62, 46),
    bleed: float = 0.0,
    light: float = 1.0,
    light_gradient: float = 0.0,
    light_direction: float = 45.0,
    shadow: float = 0.0,
    vignette: float = 0.0,
    blur: float = 0.001,
    noise: float = 2.0,
    jpeg_quality: int | None = 90,
) -> np.ndarray:
    """Render lines of digits as a photograph of one sheet of paper.

    Parameters
    ----------
    lines : the digits, each (h, w) uint8 as ``photograph`` takes it; lines from the top, digits
        from the left, and the whole in the middle of the sheet
    rng : the generator that everything random comes from
    size : width and height of the photograph in pixels, each 16 … 4096
    height : the digits' mean height, as a part of the photograph's shorter side, 0.01 … 1
    spacing : from one digit to the next, as a part of their height, −0.3 … 5; below about 0.1
        neighbours touch
    line_distance : from line to line, in heights, 0.5 … 10
    unevenness : standard deviation of the digits' sizes and places, as a part of their height,
        0 … 0.5
    edge : part of the sides at which the table beside the sheet is seen, 0 … 0.3
    table_colour : what the sheet lies on
    bleed : how much of another page's ink shines through, mirrored, 0 … 0.9
    pen_width, …, jpeg_quality : as in ``photograph``; the rules' distance is in heights

    Returns
    -------
    (height, width, 3) uint8
        Red, green, blue.

    Raises
    ------
    ValueError
        An argument out of its range, or no digits. The message says what was expected.
    """
    if not any(len(line) for line in lines):
        raise ValueError("expected lines with at least one digit, received none")
    for name, value, low, top in (
        ("spacing", spacing, -0.3, 5), ("line_distance", line_distance, 0.5, 10),
        ("unevenness", unevenness, 0, 0.5), ("edge", edge, 0, 0.3), ("bleed", bleed, 0, 0.9),
        ("height", height, 0.01, 1),
    ):  # fmt: skip
        _in_range(name, value, low, top)
    for line in lines:
        for digit in line:
            _check(
                digit, size, max(height, 0.02), (0.5, 0.5), pen_width, pen_grain, texture, rules,
                rule_distance, tilt, light, light_gradient, shadow, blur, noise, jpeg_quality,
                skips, vignette,
            )  # fmt: skip
    unit = height * min(size)
    to_photo = _view(size, unit, (0.5, 0.5), rotation, tilt)
    drawn, origin = _write(
        lines, rng, unit, spacing, line_distance, unevenness, pen_width
    )
    # Pixels of the drawing → heights, seen from the drawing's middle.
    to_sheet = np.array(
        [[1 / unit, 0, -origin[0]], [0, 1 / unit, -origin[1]], [0, 0, 1]]
    )
    ink = _skip(_warp(drawn, to_photo @ to_sheet, size), skips, unit, rng)
    if bleed:
        behind = cv2.GaussianBlur(drawn[::-1, ::-1], (0, 0), max(0.5, 0.02 * unit))
        ink = np.maximum(ink, bleed * _warp(behind, to_photo @ to_sheet, size))
    table = None
    if edge:
        half = np.array(size) * (0.5 - edge) / unit  # of the sheet, in heights
        corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half
        seen = cv2.perspectiveTransform(
            corners[None].astype(np.float32), to_photo.astype(np.float32)
        )
        sheet = np.zeros(size[::-1], np.uint8)
        cv2.fillConvexPoly(sheet, np.rint(seen[0]).astype(np.int32), 255, cv2.LINE_AA)
        ink = ink * (sheet / np.float32(255))
        table = 1 - sheet / np.float32(255), table_colour
    return _expose(
        ink, to_photo, rng, pen_colour, pen_grain, paper_colour, texture, rules, rule_distance,
        rule_colour, light, light_gradient, light_direction, shadow, vignette, blur, noise,
        jpeg_quality, table,
    )  # fmt: skip


def _write(
    lines: Sequence[Sequence[np.ndarray]],
    rng: np.random.Generator,
    unit: float,
    spacing: float,
    line_distance: float,
    unevenness: float,
    pen_width: float,
) -> tuple[np.ndarray, tuple[float, float]]:
    """Write lines on one drawing; (H, W) float32 in 0 … 1, and its middle, in heights."""
    placed: list[tuple[float, float, np.ndarray]] = []
    widest = 0.0
    for number, line in enumerate(lines):
        x = 0.0
        for digit in line:
            scale = 1 + unevenness * float(np.clip(rng.standard_normal(), -2, 2))
            ink = _cut_out(_widen(digit, pen_width))  # (h, w)
            high = max(2, round(unit * scale))
            wide = max(1, round(ink.shape[1] * high / ink.shape[0]))
            sized = cv2.resize(ink, (wide, high), interpolation=cv2.INTER_AREA)
            y = number * line_distance + 0.7 * unevenness * float(rng.standard_normal())
            placed.append((x, y - scale / 2, sized))
            x += (
                wide / unit
                + spacing
                + 0.5 * unevenness * abs(float(rng.standard_normal()))
            )
        widest = max(widest, x - spacing)
    tall = (len(lines) - 1) * line_distance
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


def random_page(
    lines: Sequence[Sequence[np.ndarray]], rng: np.random.Generator
) -> np.ndarray:
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
    size = (
        (wide, round(0.75 * wide)) if rng.random() < 0.6 else (round(0.75 * wide), wide)
    )
    spacing, distance = rng.uniform(0.2, 0.7), rng.uniform(1.6, 2.4)
    # The largest digits that leave a margin.
    longest = max(map(len, lines)) * (0.75 + spacing) + 1
    tallest = len(lines) * distance + 0.5
    largest = 0.82 * min(size[0] / longest, size[1] / tallest) / min(size)
    pen = str(rng.choice(list(PENS)))
    return photograph_page(
        lines,
        rng,
        size=size,
        height=min(0.2, max(0.03, rng.uniform(0.6, 1.0) * largest)),
        spacing=spacing,
        line_distance=distance,
        unevenness=rng.uniform(0, 0.12),
        pen_width=rng.uniform(-0.03, 0.04),
        pen_colour=PENS[pen],
        pen_grain=rng.uniform(0.3, 0.7) if pen == "pencil" else rng.uniform(0, 0.2),
        paper_colour=PAPERS[str(rng.choice(list(PAPERS)))],
        texture=rng.uniform(0, 0.03),
        rules=str(rng.choice(["none", "none", "ruled", "squared"])),
        rule_distance=rng.uniform(0.5, 2.0),
        rotation=rng.uniform(-8, 8),
        tilt=(rng.uniform(-0.12, 0.12), rng.uniform(-0.12, 0.12)),
        edge=float(rng.choice([0.0, 0.0, 1.0])) * rng.uniform(0.01, 0.05),
        bleed=float(rng.choice([0.0, 0.0, 1.0])) * rng.uniform(0.05, 0.25),
        light=rng.uniform(0.5, 1.05),
        light_gradient=rng.uniform(0, 0.5),
        light_direction=rng.uniform(0, 360),
        shadow=float(rng.choice([0.0, 1.0])) * rng.uniform(0.1, 0.5),
        blur=rng.uniform(0.0003, 0.0015),
        noise=rng.uniform(0, 8),
        jpeg_quality=int(rng.integers(60, 96)),
    )


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
    width, height = (int(side) for side in rng.integers(120, 401, 2))
    pen = str(rng.choice(list(PENS)))
    return photograph(
        digit,
        rng,
        size=(width, height),
        height=rng.uniform(0.3, 0.75),
        position=(rng.uniform(0.4, 0.6), rng.uniform(0.4, 0.6)),
        pen_width=rng.uniform(-0.01, 0.06),
        pen_colour=PENS[pen],
        pen_grain=rng.uniform(0.3, 0.8) if pen == "pencil" else rng.uniform(0, 0.2),
        paper_colour=PAPERS[str(rng.choice(list(PAPERS)))],
        texture=rng.uniform(0, 0.04),
        rules=str(rng.choice(["none", "none", "ruled", "squared"])),
        rule_distance=rng.uniform(0.3, 1.2),
        rotation=rng.uniform(-8, 8),
        tilt=(rng.uniform(-0.15, 0.15), rng.uniform(-0.15, 0.15)),
        light=rng.uniform(0.5, 1.05),
        light_gradient=rng.uniform(0, 0.5),
        light_direction=rng.uniform(0, 360),
        shadow=float(rng.choice([0.0, 1.0])) * rng.uniform(0.1, 0.5),
        blur=rng.uniform(0.001, 0.012),
        noise=rng.uniform(0, 8),
        jpeg_quality=int(rng.integers(50, 96)),
    )


def _in_range(name: str, value: float, low: float, high: float) -> None:
    """Raise ``ValueError`` when an argument is not in its range; NaN never is."""
    if not low <= value <= high:
        raise ValueError(f"expected {name} in {low} … {high}, received {value!r}")


def _check(
    digit: np.ndarray,
    size: tuple[int, int],
    height: float,
    position: tuple[float, float],
    pen_width: float,
    pen_grain: float,
    texture: float,
    rules: str,
    rule_distance: float,
    tilt: tuple[float, float],
    light: float,
    light_gradient: float,
    shadow: float,
    blur: float,
    noise: float,
    jpeg_quality: int | None,
    skips: float,
    vignette: float,
) -> None:
    """Raise ``ValueError`` for the first of ``photograph``'s arguments that is out of range."""
    if digit.ndim != 2 or digit.dtype != np.uint8 or not digit.size:
        raise ValueError(
            f"expected a digit (h, w) uint8, received {digit.shape} {digit.dtype}"
        )
    if rules not in ("none", "ruled", "squared"):
        raise ValueError(
            f"expected rules 'none', 'ruled' or 'squared', received {rules!r}"
        )
    for name, value, low, high in (
        ("size", min(size), 16, 4096),
        ("size", max(size), 16, 4096),
        ("height", height, 0.02, 1.5),
        ("position", position[0], 0, 1),
        ("position", position[1], 0, 1),
        ("pen_width", pen_width, -0.1, 0.3),
        ("pen_grain", pen_grain, 0, 1),
        ("texture", texture, 0, 0.3),
        ("rule_distance", rule_distance, 0.1, 5),
        ("tilt", tilt[0], -0.6, 0.6),
        ("tilt", tilt[1], -0.6, 0.6),
        ("light", light, 0.05, 1.5),
        ("light_gradient", light_gradient, 0, 0.95),
        ("shadow", shadow, 0, 0.95),
        ("skips", skips, 0, 0.5),
        ("vignette", vignette, 0, 0.95),
        ("blur", blur, 0, 0.1),
        ("noise", noise, 0, 80),
        ("jpeg_quality", 90 if jpeg_quality is None else jpeg_quality, 1, 100),
    ):
        _in_range(name, value, low, high)


def _widen(digit: np.ndarray, pen_width: float, fine: int = 320) -> np.ndarray:
    """Draw a digit finely, with a wider or narrower pen; (h, w) uint8 → (h', w') float32, 0 … 1.

    A small image is enlarged until its stairs are gone: smoothly, then cut at half coverage, as if
    a pen had drawn it.
    """
    scale = fine / max(digit.shape)
    size = max(1, round(digit.shape[1] * scale)), max(1, round(digit.shape[0] * scale))
    method = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    # A margin: MNIST's images have one, a font's digit has none, and the pen may need it.
    margin = round(0.35 * fine)
    drawn = np.pad(
        cv2.resize(digit.astype(np.float32) / 255, size, interpolation=method), margin
    )
    if scale > 1:
        drawn = cv2.GaussianBlur(drawn, (0, 0), 0.35 * scale)
    ink: np.ndarray = (drawn >= 0.5).astype(np.float32)
    radius = round(abs(pen_width) / 2 * fine)
    if radius:
        disc = cv2.getStructuringElement(
            cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)
        )
        ink = cv2.dilate(ink, disc) if pen_width > 0 else cv2.erode(ink, disc)
    soft: np.ndarray = cv2.GaussianBlur(ink, (0, 0), 1.0)
    return soft


def _unit_square(shape: tuple[int, ...], margin: float = 0.35) -> np.ndarray:
    """3×3 matrix: pixels of ``_widen``'s drawing → the sheet, the digit's longer side being 1."""
    height, width = shape
    # The drawing is its digit's longer side, 1, and a margin on either side of it.
    scale = (1 + 2 * margin) / max(height, width)
    return np.array(
        [[scale, 0, -scale * width / 2], [0, scale, -scale * height / 2], [0, 0, 1]],
        np.float64,
    )


def _view(
    size: tuple[int, int],
    digit_height: float,
    position: tuple[float, float],
    rotation: float,
    tilt: tuple[float, float],
) -> np.ndarray:
    """3×3 matrix: the sheet (unit: the digit's longer side, origin: its centre) → photo pixels."""
    turn = np.radians(rotation)
    scale = digit_height
    turned = np.array(
        [
            [scale * np.cos(turn), scale * np.sin(turn), 0],
            [-scale * np.sin(turn), scale * np.cos(turn), 0],
            [0, 0, 1],
        ]
    )
    # Perspective: what lies to the right (below) of the digit's centre is divided by more than 1.
    tilted = np.array(
        [[1, 0, 0], [0, 1, 0], [tilt[0] / max(size), tilt[1] / max(size), 1]]
    )
    placed = np.array(
        [[1, 0, position[0] * size[0]], [0, 1, position[1] * size[1]], [0, 0, 1]],
        np.float64,
    )
    view: np.ndarray = placed @ tilted @ turned
    return view


def _warp(drawing: np.ndarray, matrix: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Draw through a matrix without stairs: made twice as fine, then averaged; (H, W) float32."""
    finer = np.diag([2.0, 2.0, 1.0])
    reduction = 1 / np.sqrt(abs(np.linalg.det((finer @ matrix)[:2, :2])))
    if reduction > 1:  # each pixel must see all the ink it covers
        drawing = cv2.GaussianBlur(drawing, (0, 0), 0.5 * reduction)
    fine = cv2.warpPerspective(drawing, finer @ matrix, (2 * size[0], 2 * size[1]))
    drawn: np.ndarray = np.clip(
        cv2.resize(fine, size, interpolation=cv2.INTER_AREA), 0, 1
    )
    return drawn


def _rules(
    rules: str, distance: float, to_photo: np.ndarray, size: tuple[int, int]
) -> np.ndarray:
    """Coverage with printed lines; (H, W) float32, 0 … 1."""
    wide, high = size
    covered = np.zeros((high, wide), np.float32)
    if rules == "none":
        return covered
    x, y = np.meshgrid(np.arange(wide) + 0.5, np.arange(high) + 0.5)  # (H, W) each
    photo = np.stack([x.ravel(), y.ravel(), np.ones(x.size)])
    sheet = np.linalg.inv(to_photo) @ photo
    sheet = (sheet[:2] / sheet[2]).reshape(2, high, wide)
    thickness = max(0.02 * distance, 0.012)
    for axis in (1,) if rules == "ruled" else (0, 1):
        place = np.abs((sheet[axis] / distance) % 1 - 0.5) * distance  # 0 on a line
        pixel = sum(np.abs(slope) for slope in np.gradient(sheet[axis]))
        line = np.clip((thickness - place) / np.maximum(pixel, 1e-9) + 0.5, 0, 1)
        line *= np.minimum(1, 2 * thickness / np.maximum(pixel, 1e-9))
        covered = np.maximum(covered, line.astype(np.float32))
    return covered


def _skip(
    ink: np.ndarray, skips: float, unit: float, rng: np.random.Generator
) -> np.ndarray:
    """Leave out the ink in patches about as long as a pen is wide; (H, W) float32, 0 … 1.

    ``unit`` is the digits' height in pixels. The patches are where a smooth noise is lowest.
    """
    if not skips:
        return ink
    noise = rng.standard_normal(ink.shape, dtype=np.float32)
    patches = cv2.GaussianBlur(noise, (0, 0), max(0.5, 0.03 * unit))
    place = (patches - patches.mean()) / max(float(patches.std()), 1e-6)
    # The normal distribution's quantile; a soft edge.
    written = np.clip(0.5 + 4 * (place - NormalDist().inv_cdf(skips)), 0, 1)
    missed: np.ndarray = ink * written.astype(np.float32)
    return missed


def _grain(
    texture: float, size: tuple[int, int], rng: np.random.Generator
) -> np.ndarray:
    """Brightness of blank paper, 1 on average: fine fibres and coarser clouds; (H, W) float32."""
    wide, high = size
    if not texture:
        return np.ones((high, wide), np.float32)
    fibres = cv2.GaussianBlur(
        rng.standard_normal((high, wide)).astype(np.float32), (0, 0), 0.8
    )
    small = rng.standard_normal((max(2, high // 16), max(2, wide // 16))).astype(
        np.float32
    )
    clouds = cv2.resize(small, size, interpolation=cv2.INTER_CUBIC)
    grain = fibres / max(float(fibres.std()), 1e-6) + 0.5 * clouds
    deviation = np.float32(texture / np.sqrt(1.25))
    brightness: np.ndarray = np.float32(1) + deviation * grain
    return brightness


def _light(
    light: float,
    gradient: float,
    direction: float,
    shadow: float,
    vignette: float,
    size: tuple[int, int],
    rng: np.random.Generator,
) -> np.ndarray:
    """Light that falls on each pixel; (H, W) float32."""
    wide, high = size
    # (H, W) each
    x, y = np.meshgrid(np.linspace(-1, 1, wide), np.linspace(-1, 1, high))
    angle = np.radians(direction)
    # 1 is nearest to the light.
    towards = (x * np.cos(angle) - y * np.sin(angle)) / np.sqrt(2)
    fall = 1 - gradient * (1 - towards) / 2
    fall *= 1 - vignette * ((x**2 + y**2) / 2) ** 2  # as cos⁴ of the angle, nearly
    if shadow:
        turn, place = rng.uniform(0, 2 * np.pi), rng.uniform(-0.4, 0.4)
        beyond = x * np.cos(turn) + y * np.sin(turn) - place
        softness = rng.uniform(0.04, 0.2)
        fall = fall * (1 - shadow / (1 + np.exp(np.clip(-beyond / softness, -50, 50))))
    lit: np.ndarray = (light * fall).astype(np.float32)
    return lit
