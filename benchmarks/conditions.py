"""How well simulated handwriting is read, one difficulty at a time.

    python benchmarks/conditions.py [--pages 40] [--singles 200] [--seed 1] [--only squared]

Real photographs are few and come from few people; here each kind of paper, pen, light and crop is
met as often as one likes, and what the picture says is known. A page's digits are counted as
``photos.py`` counts them; of blank pictures those count as right in which nothing is found. The
digits are MNIST's test digits; whoever chooses something by these figures takes ``--validation``,
the training digits that the shipped CNN was not trained on.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from typing import Any

import cv2
import numpy as np
from readings import Tally, share

from digitrec import images, scene, simulate
from digitrec.mnist import load_mnist
from digitrec.networks import load_numpy
from digitrec.scene import PAPERS, PENS
from digitrec.training import RECIPES

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
    return {
        part: {**look.get(part, {}), **changes.get(part, {})}
        for part in {**look, **changes}
    }


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
            "rules": "ruled", "rule_distance": rng.uniform(0.8, 2), "rule_colour": PALE_RULE,
        },
    },
    "ruled, dark": lambda rng: {
        "sheet": {
            "rules": "ruled", "rule_distance": rng.uniform(0.8, 2), "rule_colour": DARK_RULE,
        },
    },
    "squared": lambda rng: {
        "sheet": {"rules": "squared", "rule_distance": rng.uniform(0.45, 1.3)},
    },
    "squared, dark": lambda rng: {
        "sheet": {
            "rules": "squared", "rule_distance": rng.uniform(0.45, 1.3), "rule_colour": DARK_RULE,
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
            "vignette": rng.uniform(0.3, 0.7), "shadow": rng.uniform(0.3, 0.6),
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
        "camera": {"size": (420, 320)}, "writing": {"height": rng.uniform(0.05, 0.08)},
    },
}  # fmt: skip


def page(name: str, lines: list[list[np.ndarray]], rng: Rng) -> np.ndarray:
    """Photograph a page under a condition, all of its digits in the picture; (H, W, 3) uint8."""
    wide = int(rng.integers(800, 1601))
    size = (
        (wide, round(0.75 * wide)) if rng.random() < 0.6 else (round(0.75 * wide), wide)
    )
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
    return simulate.photograph(
        digit, rng, height=usual if height is None else height, **made(look)
    )


def thin(digit: np.ndarray) -> np.ndarray:
    """Draw along the middles of a digit's strokes; (h, w) uint8 → (h', w') uint8."""
    large = cv2.resize(digit, (280, 280), interpolation=cv2.INTER_CUBIC)
    left = cv2.GaussianBlur(large, (0, 0), 4) > 127
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    left = left.astype(np.uint8)
    middles = np.zeros_like(left)
    while left.any():  # the skeleton by openings (Lantuéjoul)
        less = cv2.erode(left, cross)
        middles |= left & ~cv2.dilate(less, cross)
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
    "tight crop, light on dark": lambda d, rng: 255
    - tight(scan(d, int(rng.integers(40, 300))), rng.choice([0, 0.04])),
    "tight photograph": tight_photograph,
    "form's box": in_box,
    "on a large sheet": on_a_sheet,
    "squared paper": lambda d, rng: close_up(
        d, rng, 0.7, paper={"rules": "squared", "rule_distance": rng.uniform(0.3, 0.9)}
    ),
    "squared paper, dark": lambda d, rng: close_up(
        d, rng, 0.7, paper={
            "rules": "squared", "rule_distance": rng.uniform(0.4, 0.9), "rule_colour": DARK_RULE,
        },
    ),
    "blackboard": lambda d, rng: close_up(
        d, rng, pen={"colour": CHALK, "grain": 0.4}, paper={"colour": BOARD, "texture": 0.05}
    ),
    "whiteboard": lambda d, rng: close_up(
        d, rng, pen={"colour": (150, 40, 50)}, paper={"colour": WHITEBOARD},
        light={"vignette": 0.4, "gradient": 0.6},
    ),
    "strokes broken": lambda d, rng: close_up(d, rng, pen={"skips": rng.uniform(0.05, 0.15)}),
    "transparent drawing": transparent,
}  # fmt: skip


# --- Counting ------------------------------------------------------------------------------------


def pick(count: int, rng: Rng, validation: bool) -> tuple[list[np.ndarray], str]:
    """Choose digits and what they say, of those that no shipped network was trained on."""
    data = load_mnist()
    x, y = data.x_test, data.y_test
    if validation:
        held_out = RECIPES["cnn"].held_out
        x, y = data.x_train[-held_out:], data.y_train[-held_out:]
    chosen = rng.integers(0, len(x), count)
    return [x[k] for k in chosen], "".join(str(y[k]) for k in chosen)


def measure_pages(
    network: images.Network,
    names: Iterable[str],
    count: int,
    seed: int,
    validation: bool,
) -> dict[str, Tally]:
    """Read so many pages of each condition."""
    found = {}
    for name in names:
        tally = found[name] = Tally()
        for number in range(count):
            rng = np.random.default_rng([seed, number])
            most = int(rng.integers(4, 10))
            lines, texts = [], []
            for _ in range(int(rng.integers(2, 7))):
                digits, text = pick(int(rng.integers(3, most + 1)), rng, validation)
                lines.append(digits)
                texts.append(text)
            reading = images.read(page(name, lines, rng), network)
            tally.add("/".join(texts), reading.lines)
    return found


def measure_blanks(names: Iterable[str], count: int, seed: int) -> dict[str, int]:
    """In how many of so many blank pages of each condition nothing is found."""
    return {
        name: sum(
            not images.find_digits(
                blank_page(name, np.random.default_rng([seed, number]))
            )
            for number in range(count)
        )
        for name in names
    }


def measure_singles(
    network: images.Network,
    names: Iterable[str],
    count: int,
    seed: int,
    validation: bool,
) -> dict[str, tuple[Tally, int]]:
    """Read so many single digits of each kind; with each, how often one digit was found."""
    found = {}
    for name in names:
        rng = np.random.default_rng([seed, 1])
        tally, ones = Tally(), 0
        digits, text = pick(count, rng, validation)
        for digit, label in zip(digits, text, strict=True):
            reading = images.read(SINGLES[name](digit, rng), network)
            tally.add(label, reading.lines)
            ones += len(reading.digits) == 1
        found[name] = tally, ones
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--pages", type=int, default=40)
    parser.add_argument("--singles", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--only", default="", help="conditions whose name has this in it"
    )
    parser.add_argument("--validation", action="store_true", help="no test digits")
    options = parser.parse_args()
    on_pages = [name for name in PAGES if options.only in name]
    alone = [name for name in SINGLES if options.only in name]
    if not on_pages and not alone:
        parser.error(
            f"--only: expected a part of {[*PAGES, *SINGLES]}, found {options.only!r}"
        )
    cv2.setNumThreads(1)
    network = load_numpy("cnn")
    chosen = options.seed, options.validation
    print(f"{'pages':28}{'digits':^24}{'lines':^24}  blank pages with nothing found")
    whole = Tally()
    blank_right = 0
    for name in on_pages:
        tally = measure_pages(network, [name], options.pages, *chosen)[name]
        blank = measure_blanks([name], options.pages, options.seed)[name]
        whole.merge(tally)
        blank_right += blank
        print(
            f"{name:28}{share(tally.right, tally.digits)}  {share(tally.lines_right, tally.lines)}"
            f"  {blank} of {options.pages}",
            flush=True,
        )
    if on_pages:
        print(
            f"{'all':28}{share(whole.right, whole.digits)}"
            f"  {share(whole.lines_right, whole.lines)}"
            f"  {blank_right} of {options.pages * len(on_pages)}"
        )
    print(f"\n{'single digits':28}{'read right':^24}  found as one digit")
    whole, found_one = Tally(), 0
    for name in alone:
        tally, ones = measure_singles(network, [name], options.singles, *chosen)[name]
        whole.merge(tally)
        found_one += ones
        print(
            f"{name:28}{share(tally.right, tally.digits)}  {ones / options.singles:.1%}",
            flush=True,
        )
    if alone:
        print(
            f"{'all':28}{share(whole.right, whole.digits)}  {found_one / whole.digits:.1%}"
        )


if __name__ == "__main__":
    main()
