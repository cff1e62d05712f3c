"""Drawings as the pad makes them, in all forms of all digits: page and library must agree on them.

``drawings`` varies the strokes of ``digitrec/forms.py``; ``rendered`` has the page's own code draw
and read them, in a browser. ``python -m tools.drawings`` writes ``tests/vectors/recipe.json``:
pictures of some, and the 28 × 28 pixels that the library makes of each. The recipe in JavaScript is
held to these, and so is the library.
"""

from __future__ import annotations

import argparse
import base64
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from math import floor
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from digitrec.forms import FORMS, varied
from digitrec.reading.edges import writing
from digitrec.reading.limits import FIELD, SMALLEST_DIGIT
from digitrec.reading.look import look
from digitrec.reading.pieces import union
from digitrec.reading.recipe import normalise_piece
from tools import browser, server

ROOT = Path(__file__).parents[1]
STATIC = ROOT / "book" / "_static"
VECTORS_FILE = ROOT / "tests" / "vectors" / "recipe.json"
#: A drawing of ``strokes.js``: points are x0, y0, x1, y1, … in thousandths of the pad's side.
Drawing = dict[str, Any]
UNITS = 1000
PENS = {"thin": 35, "medium": 70, "thick": 110}
#: The longer side of what the pen passes, in units: of small drawings, and of the others. But with
#: a side of fewer pens than this a digit is a blot.
SMALL, USUAL = (60, 300), (300, 860)
LEAST_PENS = 3
#: How far from the pad's edge a drawing at the edge is, in units: the pen may go beyond.
AT_EDGE = (0, 40)
#: So many drawings are in the file.
VECTORS = len(FORMS)

_RENDER = """async (drawings) => {
  const [{ Picture }, { prepare }, { read }, { unpack }] = await Promise.all(
    ['strokes', 'normalise', 'reading', 'model'].map((name) => import(`/draw/${name}.js`)));
  const file = await fetch('/draw/model.bin');
  const { measures, limits, networks } = unpack(await file.arrayBuffer());
  const picture = new Picture();
  const text = (bytes) => {
    let letters = '';
    for (let k = 0; k < bytes.length; k += 8192)
      letters += String.fromCharCode(...bytes.subarray(k, k + 8192));
    return btoa(letters);
  };
  return drawings.map((drawing) => {
    picture.draw(drawing, []);
    const { gray, side } = picture.read();
    const { paper } = picture;
    const { image, box } = prepare(gray, side, side, measures, { paper });
    if (!box) return [side, text(gray), paper, text(image), null, ''];
    const [cnn, dense] = ['cnn', 'dense'].map((name) =>
      networks[name].probabilities(networks[name].forward(Float32Array.from(image))));
    return [side, text(gray), paper, text(image), [...cnn], read(cnn, dense, limits).cnn];
  });
}"""


@dataclass(frozen=True)
class Rendered:
    """What the page makes of a drawing.

    Attributes
    ----------
    gray : (S, S) uint8
        The picture that it reads, and saves; 0 is black ink.
    paper : int
        So many pixels of paper are on each side of the pad.
    image : (28, 28) uint8
        What its networks see.
    guess : str
        The CNN's most probable digit; empty where there is none.
    shown : str
        What stands on the page: the guess, "?" where the networks are not sure, or nothing.
    """

    gray: np.ndarray
    paper: int
    image: np.ndarray
    guess: str
    shown: str


def drawings(count: int, rng: np.random.Generator) -> tuple[list[Drawing], list[str]]:
    """Draw digits as people do on the pad.

    Every form and every pen is drawn about equally often; a third of the drawings is small, a third
    lies at an edge of the pad, and in a third the pen is lifted on the way.

    Returns
    -------
    drawings : list of Drawing
    names : list of str
        Of their forms; each begins with the digit that is meant.
    """
    order = rng.permutation(np.arange(count) % len(FORMS))
    pens = list(PENS.values())
    made = [_drawing(int(form), pens[k % len(pens)], rng) for k, form in enumerate(order)]
    return made, [FORMS[form].name for form in order]


def _drawing(form: int, pen: int, rng: np.random.Generator) -> Drawing:
    """Draw one of ``FORMS`` with a pen, in units."""
    strokes = varied(FORMS[form], 1, rng)[0]
    every = np.concatenate(strokes)
    low, high = every.min(axis=0), every.max(axis=0)
    size = max(rng.uniform(*(SMALL if rng.random() < 1 / 3 else USUAL)), LEAST_PENS * pen)
    scale = size / float((high - low).max())
    room = UNITS - (high - low) * scale
    place = rng.uniform(0, 1, 2) * room  # left, top
    if rng.random() < 1 / 3:
        axis, near = rng.integers(2), rng.uniform(*AT_EDGE)
        place[axis] = near if rng.random() < 0.5 else max(0.0, room[axis] - near)
    if rng.random() < 1 / 3:
        strokes = [part for stroke in strokes for part in _in_parts(stroke, rng)]
    return drawing(pen, *((stroke - low) * scale + place for stroke in strokes))


def _in_parts(stroke: np.ndarray, rng: np.random.Generator) -> list[np.ndarray]:
    """Lift the pen on the way, up to three times; it is set down where it was lifted, nearly."""
    places = np.arange(8, len(stroke) - 8)
    cuts = np.sort(rng.choice(places, rng.integers(1, 4), replace=False))
    return [part + rng.normal(0, 0.01, 2) for part in np.split(stroke, cuts)]


def drawing(pen: int, *strokes: Any) -> Drawing:
    """Return strokes as a drawing; each is a list of points (x, y) in units."""
    points = [np.rint(stroke).astype(int).ravel().tolist() for stroke in strokes]
    return {"sample": None, "strokes": [{"pen": pen, "points": each} for each in points]}


def rendered(page: Page, all_drawings: list[Drawing]) -> list[Rendered]:
    """Have the page's own code draw, prepare and read; ``page`` is at a server of ``STATIC``."""
    found = []
    for first in range(0, len(all_drawings), 100):
        for side, gray, paper, image, row, shown in page.evaluate(
            _RENDER, all_drawings[first : first + 100]
        ):
            pixels, small = (np.frombuffer(base64.b64decode(t), np.uint8) for t in (gray, image))
            guess = str(int(np.argmax(row))) if row else ""
            square = pixels.reshape(side, side)
            found.append(Rendered(square, paper, small.reshape(FIELD, FIELD), guess, shown))
    return found


def prepared(gray: np.ndarray, paper: int) -> tuple[np.ndarray, np.ndarray]:
    """Prepare all that is written as one digit, as ``digitrec.reading`` does.

    Parameters
    ----------
    gray : (S, S) uint8
    paper : pixels of paper on each side

    Returns
    -------
    image : (28, 28) uint8
    as_drawn : (28, 28) uint8
        Not centred, but where it was drawn on the pad.
    """
    nothing = np.zeros((FIELD, FIELD), np.uint8)
    ink = look(gray, drop_rules=False)
    pieces = writing(ink) if ink is not None else []
    if ink is None or not pieces or max(p.longest for p in pieces) < SMALLEST_DIGIT:
        return nothing, nothing
    image, box, steps = normalise_piece(ink, union(pieces))
    small = steps["20 × 20"]
    pad = (len(gray) - 2 * paper) * len(ink.mask) / len(gray)
    margin = paper * len(ink.mask) / len(gray)
    middles = box.y + box.height / 2 - margin, box.x + box.width / 2 - margin
    starts = [
        # Halves go up, though a computed one may lie a little below.
        min(max(floor(FIELD * middle / pad - side / 2 + 0.5 + 1e-9), 0), FIELD - side)
        for middle, side in zip(middles, small.shape, strict=True)
    ]
    as_drawn = nothing.copy()
    top, left = starts
    as_drawn[top : top + small.shape[0], left : left + small.shape[1]] = np.rint(255 * small)
    return image, as_drawn


#: What the catalogue of forms has not: dots and specks, and nothing.
SPECIAL = {
    "nothing": drawing(70),
    "a dot": drawing(70, [(500, 500)]),
    "a 1, and a dot far away": drawing(70, [(300, 200), (300, 800)], [(800, 800)]),
    "a 3 of dots": drawing(35, *[[p] for p in [(300, 200), (330, 190), (365, 200), (380, 230)]]),
    "a 5 of five strokes": drawing(
        70,
        [(650, 150), (400, 150)],
        [(395, 160), (370, 430)],
        [(370, 430), (560, 400)],
        [(565, 405), (650, 600)],
        [(645, 610), (520, 800), (350, 770)],
    ),
    "a 7 in a corner": drawing(35, [(20, 20), (145, 20), (70, 180)]),
    "a 1 beyond the edge": drawing(110, [(0, 300), (0, 700)]),
}


def encoded(pixels: np.ndarray) -> str:
    """Return a picture as a PNG file in base64."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", optimize=True)
    return base64.b64encode(file.getvalue()).decode()


def decoded(text: str) -> np.ndarray:
    """Return the picture that ``encoded`` wrote; uint8."""
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(text))).convert("L"))


def vectors() -> list[dict[str, Any]]:
    """Return the file's entries: name, picture, paper, and what the library makes of it."""
    made, names = drawings(VECTORS, np.random.default_rng(0))
    with server.serve(STATIC) as address, sync_playwright() as playwright:
        chromium = browser.launch(playwright)
        page = chromium.new_page()
        page.goto(f"{address}/draw/model.js")
        found = rendered(page, [*SPECIAL.values(), *made])
        chromium.close()
    entries = []
    for name, each in zip([*SPECIAL, *names], found, strict=True):
        image, as_drawn = prepared(each.gray, each.paper)
        pictures = {"picture": each.gray, "image": image, "as_drawn": as_drawn}
        coded = {key: encoded(pixels) for key, pixels in pictures.items()}
        entries.append({"name": name, "paper": each.paper, **coded})
    return entries


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the file again: ``python -m tools.drawings [FILE]``."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.drawings",
        description="Write drawings, and what the library makes of them, for the tests.",
    )
    parser.add_argument("file", nargs="?", type=Path, default=VECTORS_FILE)
    path: Path = parser.parse_args(arguments).file
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(vectors(), ensure_ascii=False, indent=1) + "\n", "utf-8")
    print(f"{path}: {path.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
