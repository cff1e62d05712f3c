"""How well simulated handwriting is read, one difficulty at a time.

    python -m benchmarks.conditions [--only pages] [--among squared]    (make bench PART=conditions)

No page shows it; the limits of the reading are chosen by it. Real photographs are few and come from
few people; here each kind of paper, pen, light and crop is met as often as one likes.

The digits are MNIST's test digits; whoever chooses something by these figures takes
``validation_pages`` and ``validation_singles``, with the training digits that the shipped CNN was
not trained on. ``sample`` is a few of these: what ``tests/test_conditions.py`` reads again.
``blank`` is the same pages with nothing on them.
"""

import sys
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import cv2
import numpy as np

from benchmarks import measure, readings
from benchmarks.readings import Tally
from digitrec import reading, scene, simulate
from digitrec.mnist import load_mnist
from digitrec.networks import load_numpy
from digitrec.scene import PAPERS, PENS
from digitrec.training import RECIPES

#: Pages of each condition, blank ones, and pictures of each kind of single digit.
EACH_PAGE, EACH_BLANK, EACH_SINGLE = 8, 2, 40
#: So many of them are the sample, which a test reads in less than two minutes.
SAMPLED_PAGES, SAMPLED_SINGLES = 3, 20
SEED = 1

Rng = np.random.Generator
#: The objects of ``scene`` that a picture is made of, by the names that ``simulate`` takes.
Look = dict[str, Any]
#: Other values for them: {"pen": {"width": 0.1}, …}.
Changes = dict[str, dict[str, Any]]

BOARD, CHALK = (44, 62, 54), (225, 226, 220)
WHITEBOARD = (226, 229, 232)
DARK_RULE, PALE_RULE = (92, 112, 158), (176, 198, 224)


def ordinary(rng: Rng, size: tuple[int, int]) -> Look:
    """What all pages have in common: a pen, a paper, light from somewhere, a hand-held camera."""
    writing = scene.Writing(
        height=rng.uniform(0.05, 0.09),
        spacing=rng.uniform(0.25, 0.7),
        line_distance=rng.uniform(1.7, 2.4),
        unevenness=rng.uniform(0.02, 0.1),
    )
    width, colour = rng.uniform(-0.03, 0.03), str(rng.choice(["ballpoint", "black", "felt-tip"]))
    pen = scene.Pen(width=width, colour=PENS[colour])
    sheet = scene.Sheet(texture=rng.uniform(0.005, 0.025))
    rotation, tilt = rng.uniform(-3, 3), (rng.uniform(-0.06, 0.06), rng.uniform(-0.06, 0.06))
    light = scene.Light(
        brightness=rng.uniform(0.6, 1.0),
        gradient=rng.uniform(0, 0.3),
        direction=rng.uniform(0, 360),
    )
    camera = scene.PageCamera(
        size=size,
        rotation=rotation,
        tilt=tilt,
        blur=rng.uniform(0.0004, 0.0012),
        noise=rng.uniform(0, 5),
        jpeg_quality=int(rng.integers(65, 96)),
    )
    return {"writing": writing, "pen": pen, "sheet": sheet, "light": light, "camera": camera}


def changed(look: Look, changes: Changes) -> Look:
    """Put other values in the place of a look's."""
    return look | {name: replace(look[name], **values) for name, values in changes.items()}


def rules(kind: str, rng: Rng, low: float, high: float, **colour: scene.Colour) -> dict[str, Any]:
    """Print lines on the paper, so far from each other."""
    return {"rules": kind, "rule_distance": rng.uniform(low, high), **colour}


def pencil(rng: Rng) -> dict[str, Any]:
    grain, width = rng.uniform(0.3, 0.7), rng.uniform(-0.03, 0.01)
    return {"colour": PENS["pencil"], "grain": grain, "width": width}


def table_around(rng: Rng) -> Changes:
    edge, rotation = rng.uniform(0.02, 0.08), rng.uniform(-8, 8)
    table = [(84, 62, 46), (150, 120, 90), (60, 60, 64)][rng.integers(3)]
    return {"sheet": {"edge": edge, "table_colour": table}, "camera": {"rotation": rotation}}


def vignette_and_shadow(rng: Rng) -> Changes:
    vignette, shadow = rng.uniform(0.3, 0.7), rng.uniform(0.3, 0.6)
    gradient = rng.uniform(0.2, 0.5)
    return {"light": {"vignette": vignette, "shadow": shadow, "gradient": gradient}}


#: What each condition puts in the place of the ordinary page's values.
PAGES: dict[str, Callable[[Rng], Changes]] = {
    "plain": lambda rng: {},
    "ruled, pale": lambda rng: {"sheet": rules("ruled", rng, 0.8, 2, rule_colour=PALE_RULE)},
    "ruled, dark": lambda rng: {"sheet": rules("ruled", rng, 0.8, 2, rule_colour=DARK_RULE)},
    "squared": lambda rng: {"sheet": rules("squared", rng, 0.45, 1.3)},
    "squared, dark": lambda rng: {"sheet": rules("squared", rng, 0.45, 1.3, rule_colour=DARK_RULE)},
    "squared, pencil": lambda rng: {"sheet": rules("squared", rng, 0.45, 1.3), "pen": pencil(rng)},
    "pencil": lambda rng: {"pen": pencil(rng)},
    "marker": lambda rng: {
        "pen": {"width": rng.uniform(0.04, 0.08)},
        "writing": {"spacing": rng.uniform(0.4, 0.7)},
    },
    "blackboard": lambda rng: {
        "pen": {"colour": CHALK, "grain": rng.uniform(0.2, 0.6)},
        "sheet": {"colour": BOARD, "texture": 0.05},
    },
    "whiteboard": lambda rng: {
        "pen": {"colour": (28, 84, 60), "width": rng.uniform(0, 0.04)},
        "sheet": {"colour": WHITEBOARD, "texture": 0.0},
        "light": {"gradient": rng.uniform(0.3, 0.7)},
    },
    "coloured paper": lambda rng: {
        "sheet": {"colour": [PAPERS["yellow"], (160, 205, 170), (236, 170, 160)][rng.integers(3)]}
    },
    "turned 5 to 15°": lambda rng: {
        "camera": {"rotation": rng.choice([-1, 1]) * rng.uniform(5, 15)}
    },
    "on its side or head": lambda rng: {
        "camera": {"rotation": rng.choice([-177, -90, 90, 177]) + rng.uniform(-3, 3)}
    },
    "vignette and shadow": vignette_and_shadow,
    "bleed-through": lambda rng: {"sheet": {"bleed": rng.uniform(0.1, 0.3)}},
    "table around": table_around,
    "small": lambda rng: {
        "writing": {"height": rng.uniform(0.022, 0.032)},
        "camera": {"blur": rng.uniform(0.0003, 0.0007)},
    },
    "sizes mixed": lambda rng: {
        "writing": {"unevenness": rng.uniform(0.15, 0.25), "line_distance": 2.4}
    },
    "strokes broken": lambda rng: {"pen": {"skips": rng.uniform(0.05, 0.15)}},
    "neighbours touch": lambda rng: {
        "writing": {"spacing": rng.uniform(-0.02, 0.12), "unevenness": 0.05}
    },
    "coarse": lambda rng: {
        "camera": {"size": (420, 320)},
        "writing": {"height": rng.uniform(0.05, 0.08)},
    },
}


def look_of(name: str, longest: int, count: int, rng: Rng) -> Look:
    """Say how a page looks under a condition, so many lines of at most so many digits in view."""
    wide = int(rng.integers(800, 1601))
    size = (wide, round(0.75 * wide)) if rng.random() < 0.6 else (round(0.75 * wide), wide)
    made = changed(ordinary(rng, size), PAGES[name](rng))
    writing, camera = made["writing"], made["camera"]
    across = longest * (0.8 + writing.spacing) + 1
    down = count * writing.line_distance + 1
    turn = np.radians(camera.rotation)
    along, aside = abs(np.cos(turn)), abs(np.sin(turn))
    width, height = camera.size
    room = min(
        width / (across * along + down * aside),
        height / (down * along + across * aside),
    ) * (1 - 2 * made["sheet"].edge)
    largest = 0.9 * room / min(width, height)
    return made | {"writing": replace(writing, height=min(writing.height, largest))}


def page(name: str, lines: list[list[np.ndarray]], rng: Rng) -> np.ndarray:
    """Photograph a page under a condition; (H, W, 3) uint8."""
    look = look_of(name, max(map(len, lines)), len(lines), rng)
    return simulate.photograph_page(lines, rng, **look)


# --- Pictures of one digit -----------------------------------------------------------------------


def scan(digit: np.ndarray, rng: Rng, least: int, most: int) -> np.ndarray:
    """Enlarge a digit as it is; (side, side) uint8, dark on light."""
    side = int(rng.integers(least, most + 1))
    return 255 - cv2.resize(digit, (side, side), interpolation=cv2.INTER_CUBIC)


def close_up(
    digit: np.ndarray, rng: Rng, height: float | None = None, **changes: dict[str, Any]
) -> np.ndarray:
    """Photograph one digit, upright and not small; (H, W, 3) uint8."""
    side = int(rng.integers(60, 260))
    usual = rng.uniform(0.7, 1.1)
    colour = PENS[str(rng.choice(["ballpoint", "black", "pencil"]))]
    pen = scene.Pen(colour=colour, width=rng.uniform(-0.03, 0.04))
    rotation = rng.uniform(-5, 5)
    light = scene.Light(brightness=rng.uniform(0.6, 1.0), gradient=rng.uniform(0, 0.3))
    blur, noise = rng.uniform(0.003, 0.012), rng.uniform(0, 5)
    camera = scene.Camera(size=(side, side), rotation=rotation, blur=blur, noise=noise)
    look = changed({"pen": pen, "paper": scene.Paper(), "light": light, "camera": camera}, changes)
    return simulate.photograph(digit, rng, height=usual if height is None else height, **look)


def thin(digit: np.ndarray) -> np.ndarray:
    """Draw along the middles of a digit's strokes; (h, w) uint8 → (h', w') uint8."""
    large = cv2.resize(digit, (280, 280), interpolation=cv2.INTER_CUBIC)
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    left = np.asarray(cv2.GaussianBlur(large, (0, 0), 4) > 127).astype(np.uint8)
    middles = np.zeros_like(left)
    while left.any():  # the skeleton by openings (Lantuéjoul)
        less = np.asarray(cv2.erode(left, cross), np.uint8)
        middles |= left & ~np.asarray(cv2.dilate(less, cross), np.uint8)
        left = less
    return 255 * cv2.dilate(middles, np.ones((5, 5), np.uint8))


def tight(picture: np.ndarray, margin: float) -> np.ndarray:
    """Crop a clean picture, dark on light, to its ink and a margin in parts of the longer side."""
    gray = picture if picture.ndim == 2 else picture.min(axis=2)
    inked = gray < (int(gray.min()) + int(np.median(gray))) / 2
    left, top, width, height = cv2.boundingRect(inked.astype(np.uint8))
    more = round(margin * max(width - 1, height - 1))
    rows = slice(max(0, top - more), top + height + more)
    return picture[rows, max(0, left - more) : left + width + more]


def tight_photograph(digit: np.ndarray, rng: Rng) -> np.ndarray:
    camera = {"size": (160, 160), "rotation": 0.0, "noise": rng.uniform(0, 3)}
    photo = close_up(digit, rng, 0.9, light={"gradient": 0.1}, camera=camera)
    return tight(photo, rng.uniform(0, 0.05))


def in_box(digit: np.ndarray, rng: Rng) -> np.ndarray:
    """Cut a form's box out, not quite along its frame: on some sides a piece of it is seen."""
    pitch, grey = rng.uniform(1.0, 1.4), int(rng.integers(30, 130))
    pen, light = {"colour": PENS["black"]}, {"gradient": 0.1}
    paper = {"rules": "squared", "rule_distance": pitch, "rule_colour": (grey, grey, grey)}
    camera = {"size": (300, 300), "rotation": rng.uniform(-2, 2)}
    photo = close_up(digit, rng, 0.7, pen=pen, paper=paper, light=light, camera=camera)
    half = 0.5 * pitch * 0.7 * 300
    top, left = (150 - half * rng.uniform(0.93, 1.06, 2)).clip(0).astype(int)
    bottom, right = (150 + half * rng.uniform(0.93, 1.06, 2)).clip(0, 300).astype(int)
    side = int(rng.integers(40, 160))
    return cv2.resize(photo[top:bottom, left:right], (side, side), interpolation=cv2.INTER_AREA)


def on_a_sheet(digit: np.ndarray, rng: Rng) -> np.ndarray:
    """Photograph a whole sheet with one digit on it."""
    look = ordinary(rng, (1200, 900))
    height, edge = rng.uniform(0.06, 0.2), rng.choice([0, 0.04])
    look = changed(look, {"writing": {"height": height}, "sheet": {"edge": edge}})
    return simulate.photograph_page([[digit]], rng, **look)


def transparent(digit: np.ndarray, rng: Rng) -> np.ndarray:
    """Draw on nothing: (H, W, 4), the ink in the fourth channel."""
    alpha = 255 - scan(digit, rng, 60, 399)
    shade = int(rng.choice([0, 40, 255]))
    return np.dstack([np.full((*alpha.shape, 3), shade, np.uint8), alpha])


SINGLES: dict[str, Callable[[np.ndarray, Rng], np.ndarray]] = {
    "photograph": simulate.random_photograph,
    "scan, 20 to 60 pixels": partial(scan, least=20, most=60),
    "scan, 60 to 200 pixels": partial(scan, least=60, most=200),
    "scan, 200 to 600 pixels": partial(scan, least=200, most=600),
    "scan, light on dark": lambda d, rng: 255 - scan(d, rng, 30, 399),
    "thin pen": lambda d, rng: close_up(
        thin(d), rng, pen={"width": 0.0}, camera={"size": (280, 280)}
    ),
    "tight crop": lambda d, rng: tight(scan(d, rng, 40, 299), rng.choice([0, 0.04])),
    "tight crop, light on dark": lambda d, rng: (
        255 - tight(scan(d, rng, 40, 299), rng.choice([0, 0.04]))
    ),
    "tight photograph": tight_photograph,
    "form's box": in_box,
    "on a large sheet": on_a_sheet,
    "squared paper": lambda d, rng: close_up(d, rng, 0.7, paper=rules("squared", rng, 0.3, 0.9)),
    "squared paper, dark": lambda d, rng: close_up(
        d, rng, 0.7, paper=rules("squared", rng, 0.4, 0.9, rule_colour=DARK_RULE)
    ),
    "blackboard": partial(
        close_up, pen={"colour": CHALK, "grain": 0.4}, paper={"colour": BOARD, "texture": 0.05}
    ),
    "whiteboard": partial(
        close_up,
        pen={"colour": (150, 40, 50)},
        paper={"colour": WHITEBOARD},
        light={"vignette": 0.4, "gradient": 0.6},
    ),
    "strokes broken": lambda d, rng: close_up(d, rng, pen={"skips": rng.uniform(0.05, 0.15)}),
    "transparent drawing": transparent,
}


# --- Counting ------------------------------------------------------------------------------------


def digits(validation: bool) -> tuple[np.ndarray, np.ndarray]:
    """Digits that no shipped network was trained on, and labels: the test's, or held-out ones."""
    data, held_out = load_mnist(), RECIPES["cnn"].held_out
    if validation:
        return data.x_train[-held_out:], data.y_train[-held_out:]
    return data.x_test, data.y_test


def numbered_page(name: str, number: int, x: np.ndarray, y: np.ndarray) -> tuple[str, np.ndarray]:
    """Write a condition's page of that number with digits (N, 28, 28) and their labels (N,).

    Returns its lines with a slash between them, and the photograph, (H, W, 3) uint8.
    """
    rng = np.random.default_rng([SEED, number])
    most, count = rng.integers(4, 10), rng.integers(2, 7)
    chosen = [rng.integers(0, len(x), rng.integers(3, most + 1)) for _ in range(count)]
    wanted = "/".join("".join(map(str, y[line])) for line in chosen)
    return wanted, page(name, [list(x[line]) for line in chosen], rng)


def pages(run: measure.Run, validation: bool = False, each: int = EACH_PAGE) -> dict[str, Any]:
    """Read pages of each condition."""
    (x, y), network = digits(validation), load_numpy("cnn")
    tallies: dict[str, Tally] = defaultdict(Tally)
    for name in run.chosen(PAGES):
        for number in range(run(each)):
            wanted, photograph = numbered_page(name, number, x, y)
            read = reading.read(photograph, network).lines
            for tally in (tallies[name], tallies["all"]):
                tally.add(wanted, read)
    return readings.figures(tallies)


def blank(run: measure.Run) -> dict[str, Any]:
    """Read blank pages of each condition: how many, on how many of them nothing is found."""
    network, nothing = load_numpy("cnn"), [[np.zeros((28, 28), np.uint8)] * 4] * 4
    found: dict[str, Any] = {}
    for name in run.chosen(PAGES):
        empty = [
            page(name, nothing, np.random.default_rng([SEED, k])) for k in range(run(EACH_BLANK))
        ]
        right = sum(not reading.read(each, network).digits for each in empty)
        found[name] = {"files": len(empty), "right": right}
    every = list(found.values())
    return found | {"all": {key: sum(each[key] for each in every) for key in ("files", "right")}}


def singles(run: measure.Run, validation: bool = False, each: int = EACH_SINGLE) -> dict[str, Any]:
    """Read single digits of each kind; with each, how often one digit was found."""
    (x, y), network = digits(validation), load_numpy("cnn")
    tallies: dict[str, Tally] = defaultdict(Tally)
    for name in run.chosen(SINGLES):
        rng = np.random.default_rng([SEED, 1])
        for k in rng.integers(0, len(x), run(each, 2)):
            found = reading.read(SINGLES[name](x[k], rng), network)
            for tally in (tallies[name], tallies["all"]):
                tally.add(str(y[k]), found.lines, found_as_one=len(found.digits) == 1)
    return readings.figures(tallies)


def sample(run: measure.Run) -> dict[str, Any]:
    """Read a few of the validation digits: always the same, so the same code reads the same."""
    return {
        "pages": pages(run, validation=True, each=SAMPLED_PAGES),
        "singles": singles(run, validation=True, each=SAMPLED_SINGLES),
    }


BENCHMARK = measure.Benchmark(
    "conditions",
    __doc__,
    {
        "pages": pages,
        "singles": singles,
        "blank": blank,
        "validation_pages": partial(pages, validation=True),
        "validation_singles": partial(singles, validation=True),
        "sample": sample,
    },
    packages=("numpy", "opencv-python-headless"),
)

if __name__ == "__main__":
    cv2.setNumThreads(1)
    sys.exit(measure.command(BENCHMARK))
