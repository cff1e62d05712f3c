"""A sheet to print, to fill in with one's own digits and to photograph; it is found in the photo.

The sheet has ten rows of ten boxes, for the digits 0 … 9, each with a small printed model above it.
Its corners are marked with ArUco markers (:cite:t:`garrido2014`): black squares that say by their
pattern which corner they are, so that a photograph can be turned and straightened, and one of the
four may be hidden. In the order in which a photograph becomes samples:

======================= ===========================================================================
step                    question it answers
======================= ===========================================================================
``find_marks``          where are the corner marks, and which is which?
``straighten``          how would the sheet look from straight above?
``find_boxes``          where are the boxes, on paper that is not quite flat?
``cut_box``             what is written in a box, without its printed lines?
``read_sheet``          all digits of a photograph, prepared like MNIST's, with their labels
======================= ===========================================================================

Lengths on the sheet are in millimetres, from the upper left corner of its printed part, which fits
on A4 and on US letter paper.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from digitrec import reading
from digitrec.reading.ink import estimate_paper, flatten_light

#: Widths and heights of paper, in millimetres.
PAPERS = {"A4": (210.0, 297.0), "letter": (215.9, 279.4)}
#: The printed part, and the side of a corner mark.
WIDTH, HEIGHT, MARK = 186.0, 255.0, 13.0
#: Rows and columns of boxes; the column is the digit.
ROWS, COLUMNS = 10, 10
#: Side of a box, where the first one is, how far the next ones are, and the lines' thickness.
BOX = 16.2
FIRST_X, FIRST_Y, STEP_X, STEP_Y = 1.2, 26.2, 18.6, 21.3
LINE = 0.3
#: How dark lines and model digits are printed: 0 is black, 1 is white.
PALE = 0.72
#: The corner marks are the first four of this dictionary: upper left, upper right, lower right,
#: lower left.
DICTIONARY = cv2.aruco.DICT_4X4_50
CORNERS = ("upper left", "upper right", "lower right", "lower left")
#: So many corner marks are enough.
ENOUGH = 3

TITLE = "Your own digits"
INSTRUCTIONS = (
    "Write each digit in its box, as you always write it, with a dark pen.",
    "Five rows are enough, ten are better. Leave no box of a row empty.",
    "Photograph the whole sheet from above, in good light, with its corner marks.",
)
FOOTER = "python -m digitrec learn photo.jpg -o mine.npz"

#: A photograph's longer side is reduced to this many pixels.
LONGEST_SIDE = 3000
#: Pixels a millimetre of the straightened sheet; what is seen around the printed part, and around
#: a box, in millimetres.
FINE, AROUND, MARGIN = 8, 4.0, 1.0
#: In fewer pixels a millimetre digits cannot be read.
COARSEST = 1.5
#: Boxes are looked for so far from where they should be, in millimetres.
REACH = 2.5
#: What is shorter, in millimetres, or paler than this part of the sheet's usual ink, is no digit.
SHORTEST, PALEST = 3.0, 0.35


class SheetError(reading.ImageError):
    """A picture in which the sheet is not found; the message says what is missing."""


class Rectangle(NamedTuple):
    """A filled rectangle of the sheet, in millimetres; gray from 0, black, to 1, white."""

    x: float
    y: float
    width: float
    height: float
    gray: float


class Text(NamedTuple):
    """A line of text: where its baseline begins, and how high its font is, in millimetres."""

    x: float
    y: float
    size: float
    gray: float
    text: str


# --- The sheet that is printed ----------------------------------------------------------------


def box_places() -> Iterator[tuple[int, int, float, float]]:
    """Yield each box: its row, its column, which is its digit, its left and its top edge in mm."""
    for row in range(ROWS):
        for column in range(COLUMNS):
            yield row, column, FIRST_X + column * STEP_X, FIRST_Y + row * STEP_Y


def mark_places() -> list[tuple[float, float]]:
    """Return where the four corner marks are, left and top edge in mm, as in ``CORNERS``."""
    right, bottom = WIDTH - MARK, HEIGHT - MARK
    return [(0, 0), (right, 0), (right, bottom), (0, bottom)]


def drawing() -> Iterator[Rectangle | Text]:
    """Yield all that is printed on a sheet."""
    dictionary = cv2.aruco.getPredefinedDictionary(DICTIONARY)
    cells = dictionary.markerSize + 2  # a black border around the pattern
    side = MARK / cells
    for number, (x, y) in enumerate(mark_places()):
        pattern = cv2.aruco.generateImageMarker(dictionary, number, cells)
        yield Rectangle(x, y, MARK, MARK, 0.0)
        for row, column in np.argwhere(pattern > 0):
            yield Rectangle(x + column * side, y + row * side, side, side, 1.0)
    yield Text(MARK + 6, 5.0, 6.0, 0.0, TITLE)
    for number, line in enumerate(INSTRUCTIONS):
        yield Text(MARK + 6, 10.6 + 4.6 * number, 3.6, 0.2, line)
    yield Text(MARK + 6, HEIGHT - MARK / 2 + 1.2, 3.6, 0.4, FOOTER)
    for _, digit, x, y in box_places():
        yield Text(x + 0.2, y - 1.2, 3.4, 0.45, str(digit))
        for edge in (0.0, BOX - LINE):
            yield Rectangle(x, y + edge, BOX, LINE, PALE)
            yield Rectangle(x + edge, y, LINE, BOX, PALE)


def picture(paper: str = "A4", fine: float = FINE) -> np.ndarray:
    """Draw the sheet as a picture.

    Parameters
    ----------
    paper : ``"A4"`` or ``"letter"``
    fine : pixels a millimetre

    Returns
    -------
    (H, W) uint8
        0 is black, 255 is white.
    """
    (wide, high), (left, top) = _paper(paper), printed_at(paper)
    # Drawn finer and averaged, for lines are thinner than a pixel.
    finer = 3 * fine
    sheet = Image.new("L", (round(wide * finer), round(high * finer)), 255)
    draw = ImageDraw.Draw(sheet)
    for part in drawing():
        x, y, shade = (left + part.x) * finer, (top + part.y) * finer, round(255 * part.gray)
        if isinstance(part, Rectangle):
            corner = x + part.width * finer - 1, y + part.height * finer - 1
            draw.rectangle([(round(x), round(y)), tuple(map(round, corner))], fill=shade)
        else:
            font = ImageFont.load_default(part.size * finer)
            draw.text((x, y), part.text, fill=shade, font=font, anchor="ls")
    size = round(wide * fine), round(high * fine)
    return np.asarray(sheet.resize(size, Image.Resampling.BOX))


def printed_at(paper: str = "A4") -> tuple[float, float]:
    """Return where the printed part's upper left corner is on a paper, in millimetres."""
    wide, high = _paper(paper)
    return (wide - WIDTH) / 2, (high - HEIGHT) / 2


def pdf(paper: str = "A4") -> bytes:
    """Write the sheet as a PDF file of one page, of lines and letters rather than pixels.

    The font is Helvetica, which every program that shows a PDF has. The same call makes the same
    bytes.

    Parameters
    ----------
    paper : ``"A4"`` or ``"letter"``

    Raises
    ------
    ValueError
        Another paper.

    References
    ----------
    The format is that of :cite:t:`iso32000`.
    """
    (wide, high), (left, top) = _paper(paper), printed_at(paper)
    unit = 72 / 25.4  # PDF's points in a millimetre

    def place(x: float, y: float) -> str:  # y upwards, from the lower edge
        return f"{(left + x) * unit:.3f} {(high - top - y) * unit:.3f}"

    lines = []
    for part in drawing():
        lines.append(f"{part.gray:g} g")
        if isinstance(part, Rectangle):
            size = f"{part.width * unit:.3f} {part.height * unit:.3f}"
            lines.append(f"{place(part.x, part.y + part.height)} {size} re f")
        else:
            text = part.text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
            lines.append(
                f"BT /F {part.size * unit:.2f} Tf {place(part.x, part.y)} Td ({text}) Tj ET"
            )
    content = "\n".join(lines).encode("ascii")
    size = f"{wide * unit:.2f} {high * unit:.2f}"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {size}] /Contents 4 0 R "
        "/Resources << /Font << /F 5 0 R >> >> >>".encode(),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        f"<< /Title ({TITLE}) >>".encode(),
    ]
    file, starts = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, start=1):
        starts.append(len(file))
        file += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n"
    table += "".join(f"{start:010d} 00000 n \n" for start in starts)
    end = f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R /Info 6 0 R >>\n"
    return file + f"{table}{end}startxref\n{len(file)}\n%%EOF\n".encode()


def _paper(name: str) -> tuple[float, float]:
    if name not in PAPERS:
        raise ValueError(f"expected a paper of {list(PAPERS)}, found {name!r}")
    return PAPERS[name]


# --- The sheet in a photograph ----------------------------------------------------------------


@dataclass(frozen=True)
class Samples:
    """What is written on a sheet.

    Attributes
    ----------
    images : (N, 28, 28) uint8
        The digits, prepared as MNIST's are: 0 is paper, 255 is ink.
    labels : (N,) int64
        What they are, by the boxes that they are in.
    rows : (N,) int64
        The row of each, from 0.
    empty : list of (row, digit)
        The boxes without a digit.
    """

    images: np.ndarray
    labels: np.ndarray
    rows: np.ndarray
    empty: list[tuple[int, int]]


def find_marks(gray: np.ndarray) -> dict[int, np.ndarray]:
    """Find the sheet's corner marks in a photograph.

    Parameters
    ----------
    gray : (H, W) uint8

    Returns
    -------
    dict of int to (4, 2) float32
        For each mark found, by its number in ``CORNERS``: its own corners in the photograph's
        pixels, x and y, clockwise from the upper left one of the printed mark.

    Raises
    ------
    SheetError
        Two marks are there more than once: these are several sheets.
    """
    options = cv2.aruco.DetectorParameters()
    options.cornerRefinementMethod = cv2.aruco.CORNER_REFINE_SUBPIX
    # Windows for the threshold: from the cell of a mark that is far away to a whole near one.
    options.adaptiveThreshWinSizeMax = max(23, max(gray.shape) // 30)
    options.adaptiveThreshWinSizeStep = max(10, options.adaptiveThreshWinSizeMax // 6)
    options.minMarkerPerimeterRate = 0.02
    dictionary = cv2.aruco.getPredefinedDictionary(DICTIONARY)
    detector = cv2.aruco.ArucoDetector(dictionary, options)
    found: dict[int, np.ndarray] = {}
    for picture_ in (gray, cv2.GaussianBlur(gray, (0, 0), 1.5)):  # grain may hide a mark's edges
        corners, numbers, _ = detector.detectMarkers(picture_)
        twice = set()
        for place, number in zip(corners, [] if numbers is None else numbers.ravel(), strict=True):
            if number < len(CORNERS):
                first = found.setdefault(int(number), place[0])
                away = np.linalg.norm(first.mean(axis=0) - place[0].mean(axis=0))
                if away > np.linalg.norm(first[1] - first[0]):
                    twice.add(CORNERS[int(number)])
        if len(twice) > 1:  # one alone may be a pattern of the table
            raise SheetError(
                f"expected one sheet, found the corner marks {', '.join(sorted(twice))} of several:"
                " photograph each sheet by itself"
            )
        if len(found) == len(CORNERS):
            break
    return found


def straighten(image: reading.Picture) -> np.ndarray:
    """Show a photographed sheet as it looks from straight above.

    The homography, which is what straight lines become when a camera looks at a flat sheet from the
    side, is the one that fits the corner marks' corners best.

    Parameters
    ----------
    image : (H, W), (H, W, 3) or (H, W, 4)
        As :func:`digitrec.reading.files.to_gray` takes it.

    Returns
    -------
    (H', W') uint8
        The printed part and ``AROUND`` on each side, with ``FINE`` pixels a millimetre.

    Raises
    ------
    SheetError
        Fewer than ``ENOUGH`` corner marks are found, or those of several sheets, or the sheet is
        too small in the picture.
    ImageError
        As ``to_gray``.

    References
    ----------
    :cite:t:`hartley2004`, section 4.1.
    """
    gray = reading.to_gray(image)
    marks = find_marks(gray)
    if len(marks) < ENOUGH:
        names = ", ".join(CORNERS[number] for number in sorted(marks)) or "none"
        raise SheetError(
            f"expected the sheet with its four corner marks (three are enough), found {names}. "
            "Photograph the whole sheet, in good light and sharp"
        )
    sheet, photo = [], []
    for number, corners in marks.items():
        x, y = mark_places()[number]
        sheet += [(x, y), (x + MARK, y), (x + MARK, y + MARK), (x, y + MARK)]
        photo += list(corners)
    side = float(np.mean([np.linalg.norm(np.roll(c, 1, 0) - c, axis=1) for c in marks.values()]))
    if side < COARSEST * MARK:
        raise SheetError(
            f"expected at least {COARSEST} pixels a millimetre, found {side / MARK:.1f}: "
            "photograph the sheet from nearer"
        )
    pixels = (np.array(sheet, np.float32) + AROUND) * FINE
    matrix, _ = cv2.findHomography(np.array(photo, np.float32), pixels)
    if matrix is None:
        raise SheetError("expected the sheet's corner marks, found them where they cannot be")
    size = round((WIDTH + 2 * AROUND) * FINE), round((HEIGHT + 2 * AROUND) * FINE)
    return np.asarray(
        cv2.warpPerspective(
            gray, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
    )


def find_boxes(ink: np.ndarray) -> np.ndarray:
    """Find where the boxes are on a straightened sheet: paper that was bent moves them a little.

    Around the place where each box should be, its lines are compared with the ink. Strokes lie
    over lines, so one box may be mistaken; the sheet is smooth, so its boxes' shifts are fitted
    with a polynomial of the second degree in row and column, again and again without those that
    are far off.

    Parameters
    ----------
    ink : (H, W) float32
        Of the straightened sheet; 0 is paper, 1 is black.

    Returns
    -------
    (ROWS, COLUMNS, 2) float64
        Each box's left and top edge in pixels.
    """
    # A line counts the same wherever it is visible, and a stroke no more than a line.
    pale = np.minimum(ink, 0.2).astype(np.float32)
    side, reach, rim = round(BOX * FINE), round(REACH * FINE), 4
    frame = np.full((side + 2 * rim, side + 2 * rim), -1.0, np.float32)
    thick = round(LINE * FINE) + 1
    frame[rim:-rim, rim:-rim] = 1
    frame[rim + thick : -rim - thick, rim + thick : -rim - thick] = -1
    inner = rim + thick + rim
    frame[inner:-inner, inner:-inner] = 0
    frame[frame > 0] /= (frame > 0).sum()
    frame[frame < 0] /= (frame < 0).sum()
    expected = np.array([[x, y] for _, _, x, y in box_places()]) + AROUND
    shifts, scores = np.zeros((len(expected), 2)), np.zeros(len(expected))
    for number, (x, y) in enumerate(np.rint(expected * FINE).astype(int)):
        top, left = y - reach - rim, x - reach - rim
        window = pale[top : top + side + 2 * (reach + rim), left : left + side + 2 * (reach + rim)]
        match = cv2.matchTemplate(window, frame, cv2.TM_CCORR)
        _, scores[number], _, (dx, dy) = cv2.minMaxLoc(match)
        shifts[number] = dx - reach, dy - reach
    row, column = (np.indices((ROWS, COLUMNS)).reshape(2, -1) - 4.5) / 4.5
    terms = np.stack([np.ones(row.size), row, column, row**2, row * column, column**2], axis=1)
    weights = np.maximum(scores, 1e-6)
    smooth = np.zeros_like(shifts)
    for _ in range(3):
        root = np.sqrt(weights)[:, None]
        smooth = terms @ np.linalg.lstsq(terms * root, shifts * root, rcond=None)[0]
        off = np.linalg.norm(shifts - smooth, axis=1)
        weights = np.where(off <= max(2.0, 2 * float(np.median(off))), np.maximum(scores, 1e-6), 0)
    return (expected * FINE + smooth).reshape(ROWS, COLUMNS, 2)


def cut_box(ink: np.ndarray, left: float, top: float) -> np.ndarray:
    """Cut out what is written in a box, and a little around it, without the box's lines.

    Where a line is printed, each pixel becomes what lies on both sides of the line: paper if there
    is paper, ink where a stroke crosses.

    Parameters
    ----------
    ink : (H, W) float32
        Of the straightened sheet.
    left, top : of the box, in pixels

    Returns
    -------
    (h, w) float32
        0 is paper, 1 is black.
    """
    margin, side = round(MARGIN * FINE), round(BOX * FINE)
    x, y = round(left) - margin, round(top) - margin
    cut: np.ndarray = ink[y : y + side + 2 * margin, x : x + side + 2 * margin].copy()
    half = round(LINE * FINE / 2) + 3
    middle = round(LINE * FINE / 2)
    for _ in range(2):  # upright lines, then, turned, level ones
        for line in (margin + middle, margin + side - middle):
            first, last = line - half, line + half + 1
            before = cut[:, max(0, first - 2) : first].min(axis=1)
            after = cut[:, last : last + 2].min(axis=1)
            share = np.linspace(0, 1, last - first, dtype=np.float32)
            cut[:, first:last] = before[:, None] * (1 - share) + after[:, None] * share
        cut = cut.T
    return cut


def read_sheet(image: reading.Picture) -> Samples:
    """Find the sheet in a photograph, and prepare what is written in its boxes.

    Parameters
    ----------
    image : (H, W), (H, W, 3) or (H, W, 4)
        As :func:`digitrec.reading.files.to_gray` takes it.

    Returns
    -------
    Samples

    Raises
    ------
    SheetError
        The sheet is not found, or all its boxes are empty.
    ImageError
        As ``to_gray``.
    """
    flat = straighten(image)
    ink = flatten_light(flat, estimate_paper(flat, 6.0 * FINE))
    boxes = find_boxes(ink)
    found: dict[tuple[int, int], tuple[np.ndarray, float]] = {}
    for row in range(ROWS):
        for column in range(COLUMNS):
            cut = cut_box(ink, *boxes[row, column])
            digit = _prepare(cut)
            if digit is not None:
                found[row, column] = digit
    if found:
        usual = float(np.median([darkness for _, darkness in found.values()]))
        found = {k: v for k, v in found.items() if v[1] >= PALEST * usual}
    if not found:
        raise SheetError("expected digits in the boxes of the sheet, found all of them empty")
    places = sorted(found)
    empty = [
        (row, column)
        for row in range(ROWS)
        for column in range(COLUMNS)
        if (row, column) not in found
    ]
    rows, labels = np.array(places).T
    return Samples(np.stack([found[place][0] for place in places]), labels, rows, empty)


def _prepare(cut: np.ndarray) -> tuple[np.ndarray, float] | None:
    """Prepare what is in a box as MNIST is: (28, 28) uint8, and how dark it is; None if empty."""
    gray = np.rint(255 * (1 - cut)).astype(np.uint8)
    prepared = reading.prepare(gray, without=["find_polarity"], steps=True)
    if prepared.box is None or max(prepared.box[2:]) < SHORTEST * FINE:
        return None
    digit = prepared.steps["digit"]
    return prepared.image, float(np.median(prepared.steps["ink"][digit]))
