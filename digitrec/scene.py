"""What a simulated photograph is made of: writing, a pen, paper, light and a camera.

Each is a small frozen object. It refuses what is out of its range, and it knows what it does to the
picture; ``simulate`` puts them together. Other values are asked for by name, and the rest keep
their defaults:

    Pen(colour=PENS["pencil"], grain=0.5)

Colours are red, green, blue, each 0 … 255. Lengths are parts of the digit's size or of the
picture's side, so that they mean the same at each size.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import cv2
import numpy as np

Colour = tuple[int, int, int]

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
#: The blank around what ``Pen.draw`` returns, as a part of the digit's longer side.
MARGIN = 0.35


def check_range(name: str, value: float, low: float, high: float) -> None:
    """Raise ``ValueError`` when an argument is not in its range; NaN never is."""
    if not low <= value <= high:
        raise ValueError(f"expected {name} in {low} … {high}, received {value!r}")


def _check_colour(name: str, colour: Colour) -> None:
    """Raise ``ValueError`` when a colour is not three numbers 0 … 255."""
    if len(colour) != 3:
        raise ValueError(f"expected {name} as red, green, blue, received {colour!r}")
    for part in colour:
        check_range(name, part, 0, 255)


@dataclass(frozen=True, kw_only=True)
class Writing:
    """How the lines of a page are written.

    Attributes
    ----------
    height : float
        The digits' mean height, as a part of the photograph's shorter side, 0.01 … 1.
    spacing : float
        From one digit to the next, as a part of their height, −0.3 … 5; below about 0.1
        neighbours touch.
    line_distance : float
        From line to line, in heights, 0.5 … 10.
    unevenness : float
        Standard deviation of the digits' sizes and places, as a part of their height, 0 … 0.5.
    """

    height: float = 0.07
    spacing: float = 0.45
    line_distance: float = 2.0
    unevenness: float = 0.1

    def __post_init__(self) -> None:
        check_range("height", self.height, 0.01, 1)
        check_range("spacing", self.spacing, -0.3, 5)
        check_range("line_distance", self.line_distance, 0.5, 10)
        check_range("unevenness", self.unevenness, 0, 0.5)


@dataclass(frozen=True, kw_only=True)
class Pen:
    """What writes.

    Attributes
    ----------
    width : float
        The pen is made wider (or, below 0, narrower) by this part of the digit's longer side,
        −0.1 … 0.3; 0 leaves the strokes as they are.
    colour : red, green, blue
        Each 0 … 255; a pen lighter than the paper makes a blackboard.
    grain : float
        How much of the paper the pen misses, 0 (ink) … 1 (a dry pencil).
    skips : float
        Part of its way on which a pen that runs dry writes nothing, 0 … 0.5.
    """

    width: float = 0.0
    colour: Colour = PENS["black"]
    grain: float = 0.1
    skips: float = 0.0

    def __post_init__(self) -> None:
        check_range("width", self.width, -0.1, 0.3)
        _check_colour("colour", self.colour)
        check_range("grain", self.grain, 0, 1)
        check_range("skips", self.skips, 0, 0.5)

    def draw(self, digit: np.ndarray, fine: int = 320) -> np.ndarray:
        """Draw a digit finely; (h, w) uint8 → (h', w') float32, 0 … 1, with a margin.

        A small image is enlarged until its stairs are gone: smoothly, then cut at half coverage, as
        if a pen had drawn it.
        """
        scale = fine / max(digit.shape)
        size = (
            max(1, round(digit.shape[1] * scale)),
            max(1, round(digit.shape[0] * scale)),
        )
        method = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
        # MNIST's images have a margin, a font's digit has none, and the pen may need it.
        drawn = np.pad(
            cv2.resize(digit.astype(np.float32) / 255, size, interpolation=method),
            round(MARGIN * fine),
        )
        if scale > 1:
            drawn = cv2.GaussianBlur(drawn, (0, 0), 0.35 * scale)
        ink: np.ndarray = (drawn >= 0.5).astype(np.float32)
        radius = round(abs(self.width) / 2 * fine)
        if radius:
            disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
            ink = cv2.dilate(ink, disc) if self.width > 0 else cv2.erode(ink, disc)
        return cv2.GaussianBlur(ink, (0, 0), 1.0)

    @staticmethod
    def to_paper(shape: tuple[int, ...]) -> np.ndarray:
        """3×3 matrix from a drawing's pixels to the paper, where the digit's longer side is 1."""
        height, width = shape
        # The drawing is its digit's longer side, 1, and a margin on either side of it.
        scale = (1 + 2 * MARGIN) / max(height, width)
        return np.array(
            [
                [scale, 0, -scale * width / 2],
                [0, scale, -scale * height / 2],
                [0, 0, 1],
            ],
            np.float64,
        )

    def skip(self, ink: np.ndarray, unit: float, rng: np.random.Generator) -> np.ndarray:
        """Leave out ink in patches about as long as a pen is wide; (H, W) float32, 0 … 1.

        ``unit`` is the digits' height in pixels. The patches are where a smooth noise is lowest.
        """
        if not self.skips:
            return ink
        noise = rng.standard_normal(ink.shape, dtype=np.float32)
        patches = cv2.GaussianBlur(noise, (0, 0), max(0.5, 0.03 * unit))
        place = (patches - patches.mean()) / max(float(patches.std()), 1e-6)
        # The normal distribution's quantile; a soft edge.
        written = np.clip(0.5 + 4 * (place - NormalDist().inv_cdf(self.skips)), 0, 1)
        return ink * written.astype(np.float32)


@dataclass(frozen=True, kw_only=True)
class Paper:
    """What is written on.

    Attributes
    ----------
    colour : red, green, blue
        Each 0 … 255.
    texture : float
        Standard deviation of the paper's grain, as a part of its brightness, 0 … 0.3.
    rules : str
        What is printed on it: "none", "ruled" (lines) or "squared" (lines both ways).
    rule_distance : float
        From line to line, as a part of the digit's longer side, 0.1 … 5.
    rule_colour : red, green, blue
        Each 0 … 255.
    """

    colour: Colour = PAPERS["white"]
    texture: float = 0.02
    rules: str = "none"
    rule_distance: float = 0.5
    rule_colour: Colour = (150, 180, 215)

    def __post_init__(self) -> None:
        _check_colour("colour", self.colour)
        check_range("texture", self.texture, 0, 0.3)
        if self.rules not in ("none", "ruled", "squared"):
            raise ValueError(
                f"expected rules 'none', 'ruled' or 'squared', received {self.rules!r}"
            )
        check_range("rule_distance", self.rule_distance, 0.1, 5)
        _check_colour("rule_colour", self.rule_colour)

    def printed(self, to_photo: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        """How much of each pixel the printed lines cover; (H, W) float32, 0 … 1.

        ``to_photo`` is what ``Camera.view`` returns, ``size`` the photograph's width and height.
        """
        wide, high = size
        covered = np.zeros((high, wide), np.float32)
        if self.rules == "none":
            return covered
        distance = self.rule_distance
        x, y = np.meshgrid(np.arange(wide) + 0.5, np.arange(high) + 0.5)  # (H, W) each
        photo = np.stack([x.ravel(), y.ravel(), np.ones(x.size)])
        sheet = np.linalg.inv(to_photo) @ photo
        sheet = (sheet[:2] / sheet[2]).reshape(2, high, wide)
        thickness = max(0.02 * distance, 0.012)
        for axis in (1,) if self.rules == "ruled" else (0, 1):
            place = np.abs((sheet[axis] / distance) % 1 - 0.5) * distance  # 0 on a line
            pixel = sum(np.abs(slope) for slope in np.gradient(sheet[axis]))
            line = np.clip((thickness - place) / np.maximum(pixel, 1e-9) + 0.5, 0, 1)
            line *= np.minimum(1, 2 * thickness / np.maximum(pixel, 1e-9))
            covered = np.maximum(covered, line.astype(np.float32))
        return covered

    def blank(self, size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
        """Paper without anything on it; (H, W, 3) float32, levels of 255."""
        return _grained(self.colour, self.texture, size, rng)


@dataclass(frozen=True, kw_only=True)
class Sheet(Paper):
    """A whole sheet of paper on a table; its rules' distance is in heights of the digits.

    Attributes
    ----------
    rule_distance : float
        From line to line, in heights of the digits, 0.1 … 5.
    edge : float
        Part of the photograph's sides at which the table is seen, 0 … 0.3.
    table_colour : red, green, blue
        Of what the sheet lies on, each 0 … 255.
    bleed : float
        How much of another page's ink shines through, mirrored, 0 … 0.9.
    """

    rule_distance: float = 2.0
    edge: float = 0.0
    table_colour: Colour = (84, 62, 46)
    bleed: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_range("edge", self.edge, 0, 0.3)
        _check_colour("table_colour", self.table_colour)
        check_range("bleed", self.bleed, 0, 0.9)

    def seen(self, to_photo: np.ndarray, size: tuple[int, int], unit: float) -> np.ndarray:
        """How much of each pixel shows the sheet, not the table; (H, W) float32, 0 … 1."""
        if not self.edge:
            return np.ones(size[::-1], np.float32)
        half = np.array(size) * (0.5 - self.edge) / unit  # of the sheet, in heights
        corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half
        outline = cv2.perspectiveTransform(
            corners[None].astype(np.float32), to_photo.astype(np.float32)
        )
        sheet = np.zeros(size[::-1], np.uint8)
        cv2.fillConvexPoly(sheet, np.rint(outline[0]).astype(np.int32), 255, cv2.LINE_AA)
        return sheet / np.float32(255)

    def table(self, size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
        """What the sheet lies on; (H, W, 3) float32, levels of 255."""
        return _grained(self.table_colour, 0.06, size, rng)


def _grained(
    colour: Colour, texture: float, size: tuple[int, int], rng: np.random.Generator
) -> np.ndarray:
    """One colour with fine fibres and coarser clouds; (H, W, 3) float32, levels of 255."""
    wide, high = size
    plain = np.asarray(colour, np.float32)
    if not texture:
        return plain * np.ones((high, wide, 1), np.float32)
    fibres = cv2.GaussianBlur(rng.standard_normal((high, wide)).astype(np.float32), (0, 0), 0.8)
    small = rng.standard_normal((max(2, high // 16), max(2, wide // 16))).astype(np.float32)
    clouds = cv2.resize(small, size, interpolation=cv2.INTER_CUBIC)
    grain = fibres / max(float(fibres.std()), 1e-6) + 0.5 * clouds
    deviation = np.float32(texture / np.sqrt(1.25))
    brightness = np.float32(1) + deviation * grain  # (H, W), 1 on average
    return plain * brightness[..., None]  # (H, W, 3)


@dataclass(frozen=True, kw_only=True)
class Light:
    """What the paper is seen by.

    Attributes
    ----------
    brightness : float
        Of the whole, 0.05 … 1.5; above 1 is overexposed.
    gradient : float
        Part of the light that is lost from one side to the other, 0 … 0.95.
    direction : float
        Where the light comes from, degrees anticlockwise from the right, −360 … 360.
    shadow : float
        Part of the light taken away by a soft-edged shadow across the picture, 0 … 0.95.
    vignette : float
        Part of the light that the lens loses in the corners, 0 … 0.95.
    """

    brightness: float = 1.0
    gradient: float = 0.0
    direction: float = 45.0
    shadow: float = 0.0
    vignette: float = 0.0

    def __post_init__(self) -> None:
        check_range("brightness", self.brightness, 0.05, 1.5)
        check_range("gradient", self.gradient, 0, 0.95)
        check_range("direction", self.direction, -360, 360)
        check_range("shadow", self.shadow, 0, 0.95)
        check_range("vignette", self.vignette, 0, 0.95)

    def on_pixels(self, size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
        """How much light each pixel gets; (H, W) float32, 1 on white paper in full light."""
        wide, high = size
        # (H, W) each
        x, y = np.meshgrid(np.linspace(-1, 1, wide), np.linspace(-1, 1, high))
        angle = np.radians(self.direction)
        # 1 is nearest to the light.
        towards = (x * np.cos(angle) - y * np.sin(angle)) / np.sqrt(2)
        fall = 1 - self.gradient * (1 - towards) / 2
        # As cos⁴ of the angle, nearly.
        fall *= 1 - self.vignette * ((x**2 + y**2) / 2) ** 2
        if self.shadow:
            turn, place = rng.uniform(0, 2 * np.pi), rng.uniform(-0.4, 0.4)
            beyond = x * np.cos(turn) + y * np.sin(turn) - place
            softness = rng.uniform(0.04, 0.2)
            edge = 1 + np.exp(np.clip(-beyond / softness, -50, 50))
            fall = fall * (1 - self.shadow / edge)
        return (self.brightness * fall).astype(np.float32)


@dataclass(frozen=True, kw_only=True)
class Camera:
    """What takes the picture, and how it is held.

    Attributes
    ----------
    size : width, height
        Of the photograph in pixels, each 16 … 4096.
    rotation : float
        Of the paper, degrees anticlockwise, −180 … 180.
    tilt : left–right, top–bottom
        How much smaller the paper's far edge looks, each −0.6 … 0.6.
    blur : float
        Standard deviation of the lens' blur, as a part of the shorter side, 0 … 0.1.
    noise : float
        Standard deviation of the sensor's noise, in levels of 255, 0 … 80.
    jpeg_quality : int or None
        1 … 100, or None for no compression.
    """

    size: tuple[int, int] = (200, 200)
    rotation: float = 0.0
    tilt: tuple[float, float] = (0.0, 0.0)
    blur: float = 0.004
    noise: float = 2.0
    jpeg_quality: int | None = 90

    def __post_init__(self) -> None:
        for side in self.size:
            check_range("size", side, 16, 4096)
        check_range("rotation", self.rotation, -180, 180)
        for part in self.tilt:
            check_range("tilt", part, -0.6, 0.6)
        check_range("blur", self.blur, 0, 0.1)
        check_range("noise", self.noise, 0, 80)
        if self.jpeg_quality is not None:
            check_range("jpeg_quality", self.jpeg_quality, 1, 100)

    def view(self, unit: float, position: tuple[float, float] = (0.5, 0.5)) -> np.ndarray:
        """3×3 matrix from the paper to the photograph's pixels.

        On the paper a length of 1 is the digit's size, which is ``unit`` pixels; its origin is seen
        at ``position``, parts of the photograph from left and top.
        """
        size, tilt, turn = self.size, self.tilt, np.radians(self.rotation)
        turned = np.array(
            [
                [unit * np.cos(turn), unit * np.sin(turn), 0],
                [-unit * np.sin(turn), unit * np.cos(turn), 0],
                [0, 0, 1],
            ]
        )
        # Perspective: what lies to the right of the origin (below it) is divided by more than 1.
        tilted = np.array([[1, 0, 0], [0, 1, 0], [tilt[0] / max(size), tilt[1] / max(size), 1]])
        placed = np.array(
            [[1, 0, position[0] * size[0]], [0, 1, position[1] * size[1]], [0, 0, 1]],
            np.float64,
        )
        return placed @ tilted @ turned

    def see(self, drawing: np.ndarray, to_photo: np.ndarray) -> np.ndarray:
        """See a drawing through a matrix, without stairs; (h, w) → (H, W) float32, 0 … 1.

        It is made twice as fine and averaged. ``to_photo`` takes the drawing's pixels to the
        photograph's.
        """
        size = self.size
        finer = np.diag([2.0, 2.0, 1.0]) @ to_photo
        reduction = 1 / np.sqrt(abs(np.linalg.det(finer[:2, :2])))
        if reduction > 1:  # each pixel must see all the ink it covers
            drawing = cv2.GaussianBlur(drawing, (0, 0), 0.5 * reduction)
        fine = cv2.warpPerspective(drawing, finer, (2 * size[0], 2 * size[1]))
        return np.clip(cv2.resize(fine, size, interpolation=cv2.INTER_AREA), 0, 1)

    def expose(self, lit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Lens, sensor, file: (H, W, 3) float32, levels of 255 → (H, W, 3) uint8."""
        if self.blur:
            lit = cv2.GaussianBlur(lit, (0, 0), self.blur * min(self.size))
        if self.noise:
            lit = lit + self.noise * rng.standard_normal(lit.shape, dtype=np.float32)
        photo: np.ndarray = np.rint(np.clip(lit, 0, 255)).astype(np.uint8)
        if self.jpeg_quality is None:
            return photo
        options = [cv2.IMWRITE_JPEG_QUALITY, int(self.jpeg_quality)]
        _, coded = cv2.imencode(".jpg", photo[..., ::-1], options)
        decoded = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR))
        # (H, W, 3): blue, green, red → red, green, blue
        return np.ascontiguousarray(decoded[..., ::-1])


@dataclass(frozen=True, kw_only=True)
class PageCamera(Camera):
    """A camera for a whole page: more pixels, and a blur that is a smaller part of its side."""

    size: tuple[int, int] = (1000, 750)
    blur: float = 0.001
