"""Ink that the tests of the reading share: an L, pieces, rings, and lines of digits in a font."""

import numpy as np

from digitrec import simulate
from digitrec.reading.pieces import Piece


def page(height=60, width=80, paper=240, ink=20):
    """A page with an L, which no turn or mirroring leaves as it is; (H, W) uint8."""
    gray = np.full((height, width), paper, np.uint8)
    gray[15:45, 30:35] = ink
    gray[40:45, 30:50] = ink
    return gray


#: Where the page's ink is.
EXPECTED = page() < 128


def bar(x, y, width=4, height=30):
    """A piece of ink that fills its rectangle."""
    return Piece(x, y, np.ones((height, width), bool))


def ring(height, width, thick=0.28):
    """An ellipse, its stroke so thick a part of its radius; (height, width) bool."""
    rows, columns = np.mgrid[:height, :width] + 0.5
    away = np.hypot(2 * rows / height - 1, 2 * columns / width - 1)
    return (away < 1) & (away > 1 - thick)


def text_on_paper(*lines, high=60, paper=235, ink=40, gap=0.5, font="kalam"):
    """Lines of digits on paper, (H, W) uint8, and each digit's box: x, y, width, height."""
    drawn = [[simulate.font_digit(font, int(c), high) for c in line] for line in lines]
    wide = max(sum(d.shape[1] + round(gap * high) for d in line) for line in drawn)
    gray = np.full((round(high * (1 + 1.7 * len(lines))), wide + 2 * high), paper, np.uint8)
    boxes = []
    for number, line in enumerate(drawn):
        x, y = high, round(high * (0.9 + 1.7 * number))
        for digit in line:
            place = gray[y : y + digit.shape[0], x : x + digit.shape[1]]
            place[:] = paper + (ink - paper) * (digit / 255)
            boxes.append((x, y, digit.shape[1], digit.shape[0]))
            x += digit.shape[1] + round(gap * high)
    return gray, boxes


def slanted(mask, top, bottom, left, wide=6, fall=2):
    """Draw a stroke that goes to the left by a pixel in each ``fall`` rows."""
    for row in range(top, bottom):
        start = left - (row - top) // fall
        mask[row, start : start + wide] = True
    return mask


def cropped(name):
    """A digit that fills its picture, with a straight stroke from side to side; (H, W) bool."""
    mask = np.zeros((100, 70), bool)
    if name == "1":
        mask[:, 28:33] = True
    elif name == "7":
        mask[:8] = True
        slanted(mask, 0, 100, 60, 8)
    elif name == "7 by hand":  # its bar is not quite level
        mask = slanted(mask[:60, :40], 0, 60, 34)
        mask[2:8] = mask[:3, 10:] = mask[59, 4:10] = True
    elif name == "2":
        mask[92:] = mask[:8, 10:60] = True
        slanted(mask, 8, 92, 54, 10)
    elif name == "4":
        mask[:, 45:53] = mask[55:63] = mask[20:60, :8] = True
    return mask


CROPPED = ("1", "7", "7 by hand", "2", "4")
