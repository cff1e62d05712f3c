"""Whether the drawing page and the library read the same in a drawing.

    python -m benchmarks.agreement [--quick] [--save FOLDER]

It prints, and writes nothing but, into FOLDER, the pictures that are read differently. Drawings are
those of ``tools/drawings.py``: all forms of all digits, each pen, small ones, at the pad's edge,
of many strokes. The page's own code draws and reads each; the library reads the picture that it
saves. When the page shows a digit is a rule of its own, which asks both networks
(``benchmarks.unsure``), so what is compared is the CNN's most probable digit, and whether there is
any. In place of a digit the library may see two: then they differ.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from benchmarks import measure
from digitrec.networks import load_numpy
from digitrec.reading import read
from tools import browser, drawings, server


def compare(page: Page, count: int, save: Path | None = None) -> dict[str, Any]:
    """Draw, and read both ways.

    Parameters
    ----------
    page : of a browser, at a server of ``drawings.STATIC``
    count : how many drawings
    save : a folder for the pictures that are read differently

    Returns
    -------
    dict
        How many agree, how many the page reads right, and each that differs, in words.
    """
    made, names = drawings.drawings(count, np.random.default_rng(1))
    network, differing, right = load_numpy("cnn"), {}, 0
    for k, each in enumerate(drawings.rendered(page, made)):
        right += each.guess == names[k][0]
        lines = read(each.gray, network, 0.0).lines
        if lines != ([each.guess] if each.guess else []):
            found = " / ".join(lines) or "nothing"
            differing[f"{k:04} {names[k]}"] = f"page {each.shown} ({each.guess}), library {found}"
            if save:
                save.mkdir(parents=True, exist_ok=True)
                Image.fromarray(each.gray).save(save / f"{k:04}-{names[k][0]}.png")
    return {
        "drawings": count,
        "agree": 1 - len(differing) / count,
        "page_right": right / count,
        "kinds": dict(Counter(words.split(" library ")[1] for words in differing.values())),
        "differing": differing,
    }


def main() -> int:
    """Print what ``compare`` finds in 2,000 drawings."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.agreement")
    parser.add_argument("--quick", action="store_true", help="20 drawings only")
    parser.add_argument("--save", type=Path, help="a folder for what is read differently")
    options = parser.parse_args()
    with server.serve(drawings.STATIC) as address, sync_playwright() as playwright:
        page = browser.launch(playwright).new_page()
        page.goto(f"{address}/draw/model.js")
        found = compare(page, 20 if options.quick else 2000, options.save)
    print(*measure.described("drawings", found), sep="\n", flush=True)
    return 0


if __name__ == "__main__":
    cv2.setNumThreads(1)
    sys.exit(main())
