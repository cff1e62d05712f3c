"""How well simulated handwriting is read, one difficulty at a time.

    python -m benchmarks.conditions [--only pages] [--among squared]    (make bench PART=conditions)

No page shows it; the rules that read photographs are chosen by it. Real photographs are few and
come from few people; here each kind of paper, pen, light and crop is met as often as one likes, and
what the picture says is known. Of blank pages those count as right in which nothing is found.

The digits are MNIST's test digits; whoever chooses something by these figures takes
``validation_pages`` and ``validation_singles``, with the training digits that the shipped CNN was
not trained on.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import cv2
import numpy as np

from benchmarks import measure
from benchmarks.readings import Tally, total
from digitrec import images, scene, simulate
from digitrec.mnist import load_mnist
from digitrec.networks import load_numpy
from digitrec.scene import PAPERS, PENS
from digitrec.training import RECIPES

#: Pages of each condition, and pictures of each kind of single digit.
EACH_PAGE, EACH_SINGLE = 40, 200
SEED = 1

Rng = np.random.Generator
#: The values of each object of a picture: {"pen": {"width": 0.1}, …}.
Look = dict[str, dict[str, Any]]

BOARD, CHALK = (44, 62, 54), (225, 226, 220)
WHITEBOARD = (226, 229, 232)
DARK_RULE, PALE_RULE = (92, 112, 158), (176, 198, 224)


def ordinary(rng: Rng) -> Look:
    """What all pages have in common: a pen, a paper, light from somewhere, a hand-held camera."""
    writing = {
        "height": rng.uniform(0.05, 0.09),
        "spacing": rng.uniform(0.25, 0.7),
        "line_distance": rng.uniform(1.7, 2.4),
        "unevenness": rng.uniform(0.02, 0.1),
    }
    pen = {
        "width": rng.uniform(-0.03, 0.03),
        "colour": PENS[str(rng.choice(["ballpoint", "black", "felt-tip"]))],
    }
    sheet = {"texture": rng.uniform(0.005, 0.025)}
    held = {
        "rotation": rng.uniform(-3, 3),
        "tilt": (rng.uniform(-0.06, 0.06), rng.uniform(-0.06, 0.06)),
    }
    light = {
        "brightness": rng.uniform(0.6, 1.0),
        "gradient": rng.uniform(0, 0.3),
        "direction": rng.uniform(0, 360),
    }
    camera = {
        **held,
        "blur": rng.uniform(0.0004, 0.0012),
        "noise": rng.uniform(0, 5),
        "jpeg_quality": int(rng.integers(65, 96)),
    }
    return {
        "writing": writing,
        "pen": pen,
        "sheet": sheet,
        "light": light,
        "camera": camera,
    }


def changed(look: Look, changes: Look) -> Look:
    """Put values in the place of a look's, or add them."""
    return {part: {**look.get(part, {}), **changes.get(part, {})} for part in {**look, **changes}}


def made(look: Look) -> dict[str, Any]:
    """Make the objects of which ``simulate`` takes a picture: of a page if it has a sheet."""
    kinds = {
        "writing": scene.Writing,
        "pen": scene.Pen,
        "paper": scene.Paper,
        "sheet": scene.Sheet,
        "light": scene.Light,
        "camera": scene.PageCamera if "sheet" in look else scene.Camera,
    }
    return {part: kinds[part](**values) for part, values in look.items()}


def pencil(rng: Rng) -> dict[str, Any]:
    return {
        "colour": PENS["pencil"],
        "grain": rng.uniform(0.3, 0.7),
        "width": rng.uniform(-0.03, 0.01),
    }


def table_around(rng: Rng) -> Look:
    edge, rotation = rng.uniform(0.02, 0.08), rng.uniform(-8, 8)
    table = [(84, 62, 46), (150, 120, 90), (60, 60, 64)][rng.integers(3)]
    return {
        "sheet": {"edge": edge, "table_colour": table},
        "camera": {"rotation": rotation},
    }


#: What each condition adds to, or puts in the place of, the ordinary page.
PAGES: dict[str, Callable[[Rng], Look]] = {
    "plain": lambda rng: {},
    "ruled, pale": lambda rng: {
        "sheet": {
            "rules": "ruled",
            "rule_distance": rng.uniform(0.8, 2),
            "rule_colour": PALE_RULE,
        },
    },
    "ruled, dark": lambda rng: {
        "sheet": {
            "rules": "ruled",
            "rule_distance": rng.uniform(0.8, 2),
            "rule_colour": DARK_RULE,
        },
    },
    "squared": lambda rng: {
        "sheet": {"rules": "squared", "rule_distance": rng.uniform(0.45, 1.3)},
    },
    "squared, dark": lambda rng: {
        "sheet": {
            "rules": "squared",
            "rule_distance": rng.uniform(0.45, 1.3),
            "rule_colour": DARK_RULE,
        },
    },
    "squared, pencil": lambda rng: {
        "sheet": {"rules": "squared", "rule_distance": rng.uniform(0.45, 1.3)},
        "pen": pencil(rng),
    },
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
        "sheet": {"colour": [PAPERS["yellow"], (160, 205, 170), (236, 170, 160)][rng.integers(3)]},
    },
    "turned 5 to 15°": lambda rng: {
        "camera": {"rotation": rng.choice([-1, 1]) * rng.uniform(5, 15)},
    },
    "vignette and shadow": lambda rng: {
        "light": {
            "vignette": rng.uniform(0.3, 0.7),
            "shadow": rng.uniform(0.3, 0.6),
            "gradient": rng.uniform(0.2, 0.5),
        },
    },
    "bleed-through": lambda rng: {"sheet": {"bleed": rng.uniform(0.1, 0.3)}},
    "table around": table_around,
    "small": lambda rng: {
        "writing": {"height": rng.uniform(0.022, 0.032)},
        "camera": {"blur": rng.uniform(0.0003, 0.0007)},
    },
    "sizes mixed": lambda rng: {
        "writing": {"unevenness": rng.uniform(0.15, 0.25), "line_distance": 2.4},
    },
    "strokes broken": lambda rng: {"pen": {"skips": rng.uniform(0.05, 0.15)}},
    "neighbours touch": lambda rng: {
        "writing": {"spacing": rng.uniform(-0.02, 0.12), "unevenness": 0.05},
    },
    "coarse": lambda rng: {
        "camera": {"size": (420, 320)},
        "writing": {"height": rng.uniform(0.05, 0.08)},
    },
}


def page(name: str, lines: list[list[np.ndarray]], rng: Rng) -> np.ndarray:
    """Photograph a page under a condition, all of its digits in the picture; (H, W, 3) uint8."""
    wide = int(rng.integers(800, 1601))
    size = (wide, round(0.75 * wide)) if rng.random() < 0.6 else (round(0.75 * wide), wide)
    look = changed({"camera": {"size": size}}, ordinary(rng))
    look = changed(look, PAGES[name](rng))
    writing, camera = look["writing"], look["camera"]
    across = max(map(len, lines)) * (0.8 + writing["spacing"]) + 1
    down = len(lines) * writing["line_distance"] + 1
    turn = np.radians(abs(camera["rotation"]))
    width, height = camera["size"]
    room = min(
        width / (across * np.cos(turn) + down * np.sin(turn)),
        height / (down * np.cos(turn) + across * np.sin(turn)),
    ) * (1 - 2 * look["sheet"].get("edge", 0))
    writing["height"] = min(writing["height"], 0.9 * room / min(width, height))
    return simulate.photograph_page(lines, rng, **made(look))


def blank_page(name: str, rng: Rng) -> np.ndarray:
    """Photograph the page with nothing written on it; (H, W, 3) uint8."""
    return page(name, [[np.zeros((28, 28), np.uint8)] * 4] * 4, rng)


# --- Pictures of one digit -----------------------------------------------------------------------


def scan(digit: np.ndarray, side: int) -> np.ndarray:
    """Enlarge a digit as it is; (side, side) uint8, dark on light."""
    return 255 - cv2.resize(digit, (side, side), interpolation=cv2.INTER_CUBIC)


def close_up(
    digit: np.ndarray, rng: Rng, height: float | None = None, **changes: dict[str, Any]
) -> np.ndarray:
    """Photograph one digit, upright and not small; (H, W, 3) uint8."""
    side = int(rng.integers(60, 260))
    usual = rng.uniform(0.7, 1.1)
    pen = {
        "colour": PENS[str(rng.choice(["ballpoint", "black", "pencil"]))],
        "width": rng.uniform(-0.03, 0.04),
    }
    rotation = rng.uniform(-5, 5)
    light = {"brightness": rng.uniform(0.6, 1.0), "gradient": rng.uniform(0, 0.3)}
    camera = {
        "size": (side, side),
        "rotation": rotation,
        "blur": rng.uniform(0.003, 0.012),
        "noise": rng.uniform(0, 5),
    }
    look = changed({"pen": pen, "light": light, "camera": camera}, changes)
    return simulate.photograph(digit, rng, height=usual if height is None else height, **made(look))


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
    rows, columns = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
    more = round(margin * max(np.ptp(rows), np.ptp(columns)))
    return picture[
        max(0, rows[0] - more) : rows[-1] + 1 + more,
        max(0, columns[0] - more) : columns[-1] + 1 + more,
    ]


def tight_photograph(digit: np.ndarray, rng: Rng) -> np.ndarray:
    camera = {"size": (160, 160), "rotation": 0.0, "noise": rng.uniform(0, 3)}
    photo = close_up(digit, rng, 0.9, light={"gradient": 0.1}, camera=camera)
    return tight(photo, rng.uniform(0, 0.05))


def in_box(digit: np.ndarray, rng: Rng) -> np.ndarray:
    """Cut a form's box out, not quite along its frame: on some sides a piece of it is seen."""
    pitch = rng.uniform(1.0, 1.4)
    frame = (int(rng.integers(30, 130)),) * 3
    photo = close_up(
        digit,
        rng,
        0.7,
        pen={"colour": PENS["black"]},
        paper={"rules": "squared", "rule_distance": pitch, "rule_colour": frame},
        light={"gradient": 0.1},
        camera={"size": (300, 300), "rotation": rng.uniform(-2, 2)},
    )
    half = 0.5 * pitch * 0.7 * 300
    low, high = (
        np.clip(150 + sign * half * rng.uniform(0.93, 1.06, 2), 0, 300).astype(int)
        for sign in (-1, 1)
    )
    cell = photo[low[0] : high[0], low[1] : high[1]]
    side = int(rng.integers(40, 160))
    return cv2.resize(cell, (side, side), interpolation=cv2.INTER_AREA)


def on_a_sheet(digit: np.ndarray, rng: Rng) -> np.ndarray:
    """Photograph a whole sheet with one digit on it."""
    look = changed(
        ordinary(rng),
        {
            "writing": {"height": rng.uniform(0.06, 0.2)},
            "sheet": {"edge": rng.choice([0, 0.04])},
            "camera": {"size": (1200, 900)},
        },
    )
    return simulate.photograph_page([[digit]], rng, **made(look))


def transparent(digit: np.ndarray, rng: Rng) -> np.ndarray:
    """Draw on nothing: (H, W, 4), the ink in the fourth channel."""
    side = int(rng.integers(60, 400))
    shade = int(rng.choice([0, 40, 255]))
    alpha = 255 - scan(digit, side)
    return np.dstack([np.full((side, side, 3), shade, np.uint8), alpha])


SINGLES: dict[str, Callable[[np.ndarray, Rng], np.ndarray]] = {
    "photograph": simulate.random_photograph,
    "scan, 20 to 60 pixels": lambda d, rng: scan(d, int(rng.integers(20, 61))),
    "scan, 60 to 200 pixels": lambda d, rng: scan(d, int(rng.integers(60, 201))),
    "scan, 200 to 600 pixels": lambda d, rng: scan(d, int(rng.integers(200, 601))),
    "scan, light on dark": lambda d, rng: 255 - scan(d, int(rng.integers(30, 400))),
    "thin pen": lambda d, rng: close_up(
        thin(d), rng, pen={"width": 0.0}, camera={"size": (280, 280)}
    ),
    "tight crop": lambda d, rng: tight(scan(d, int(rng.integers(40, 300))), rng.choice([0, 0.04])),
    "tight crop, light on dark": lambda d, rng: (
        255 - tight(scan(d, int(rng.integers(40, 300))), rng.choice([0, 0.04]))
    ),
    "tight photograph": tight_photograph,
    "form's box": in_box,
    "on a large sheet": on_a_sheet,
    "squared paper": lambda d, rng: close_up(
        d, rng, 0.7, paper={"rules": "squared", "rule_distance": rng.uniform(0.3, 0.9)}
    ),
    "squared paper, dark": lambda d, rng: close_up(
        d,
        rng,
        0.7,
        paper={
            "rules": "squared",
            "rule_distance": rng.uniform(0.4, 0.9),
            "rule_colour": DARK_RULE,
        },
    ),
    "blackboard": lambda d, rng: close_up(
        d, rng, pen={"colour": CHALK, "grain": 0.4}, paper={"colour": BOARD, "texture": 0.05}
    ),
    "whiteboard": lambda d, rng: close_up(
        d,
        rng,
        pen={"colour": (150, 40, 50)},
        paper={"colour": WHITEBOARD},
        light={"vignette": 0.4, "gradient": 0.6},
    ),
    "strokes broken": lambda d, rng: close_up(d, rng, pen={"skips": rng.uniform(0.05, 0.15)}),
    "transparent drawing": transparent,
}


# --- Counting ------------------------------------------------------------------------------------


class Digits:
    """Digits that no shipped network was trained on: of the test, or training ones held out."""

    def __init__(self, validation: bool) -> None:
        data, held_out = load_mnist(), RECIPES["cnn"].held_out
        self.x, self.y = data.x_test, data.y_test
        if validation:
            self.x, self.y = data.x_train[-held_out:], data.y_train[-held_out:]

    def pick(self, count: int, rng: Rng) -> tuple[list[np.ndarray], str]:
        """Choose so many; return them and what they say."""
        chosen = rng.integers(0, len(self.x), count)
        return [self.x[k] for k in chosen], "".join(str(self.y[k]) for k in chosen)


def pages(run: measure.Run, validation: bool = False) -> dict[str, dict[str, Any]]:
    """Read pages of each condition, and blank ones."""
    digits, network = Digits(validation), load_numpy("cnn")
    tallies, blanks = {}, {}
    for name in run.chosen(PAGES):
        tallies[name], blanks[name] = Tally(), 0
        for number in range(run(EACH_PAGE)):
            rng = np.random.default_rng([SEED, number])
            most = int(rng.integers(4, 10))
            lines, texts = [], []
            for _ in range(int(rng.integers(2, 7))):
                line, text = digits.pick(int(rng.integers(3, most + 1)), rng)
                lines.append(line)
                texts.append(text)
            reading = images.read(page(name, lines, rng), network)
            tallies[name].add("/".join(texts), reading.lines)
            blank = blank_page(name, np.random.default_rng([SEED, number]))
            blanks[name] += not images.find_digits(blank)
    tallies["all"], blanks["all"] = total(tallies.values()), sum(blanks.values())
    return {
        name: tally.figures() | {"blank_right": blanks[name]} for name, tally in tallies.items()
    }


def singles(run: measure.Run, validation: bool = False) -> dict[str, dict[str, Any]]:
    """Read single digits of each kind; with each, how often one digit was found."""
    digits, network = Digits(validation), load_numpy("cnn")
    tallies, ones = {}, {}
    for name in run.chosen(SINGLES):
        rng = np.random.default_rng([SEED, 1])
        tallies[name], ones[name] = Tally(), 0
        chosen, text = digits.pick(run(EACH_SINGLE, 2), rng)
        for digit, label in zip(chosen, text, strict=True):
            reading = images.read(SINGLES[name](digit, rng), network)
            tallies[name].add(label, reading.lines)
            ones[name] += len(reading.digits) == 1
    tallies["all"], ones["all"] = total(tallies.values()), sum(ones.values())
    return {name: tally.figures() | {"found_as_one": ones[name]} for name, tally in tallies.items()}


BENCHMARK = measure.Benchmark(
    "conditions",
    __doc__,
    {
        "pages": pages,
        "singles": singles,
        "validation_pages": partial(pages, validation=True),
        "validation_singles": partial(singles, validation=True),
    },
    packages=("numpy", "opencv-python-headless"),
)

if __name__ == "__main__":
    cv2.setNumThreads(1)
    sys.exit(measure.command(BENCHMARK))
