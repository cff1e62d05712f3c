"""Take the still pictures of the live pages, for readers without JavaScript, of the built book."""

import math
from collections.abc import Callable, Iterator
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tools import browser, mouse, server

ROOT = Path(__file__).resolve().parents[1]
HTML = ROOT / "_build" / "html"
STATIC = ROOT / "book" / "_static"
#: Steps that the network has learned for, four epochs, when its picture is taken.
LEARNED = 1252


def three() -> Iterator[mouse.Point]:
    """Points of a 3, in parts of the pad: two arcs."""
    for start, sweep, middle, radius in (
        (-2.4, 4.0, 0.32, 0.16),
        (-1.5, 4.2, 0.66, 0.2),
    ):
        for step in range(41):
            angle = start + step / 40 * sweep
            yield 0.5 + radius * math.cos(angle), middle + radius * math.sin(angle)


def draw(page: Page) -> None:
    """Draw a 3."""
    page.wait_for_selector("#draw[data-ready]")
    mouse.draw(page, three())


def train(page: Page) -> None:
    """Have the network learn for four epochs."""
    page.wait_for_selector("#train[data-run]")
    for step in range(313, LEARNED + 1, 313):
        page.click(".train-epoch")
        page.wait_for_selector(f"#train[data-step='{step}'][data-state=paused]")


#: What is done on each page before its picture is taken.
PAGES: dict[str, Callable[[Page], None]] = {"draw": draw, "train": train}


if __name__ == "__main__":
    with server.serve(HTML) as address, sync_playwright() as playwright:
        opened = browser.launch(playwright)
        for name, prepare in PAGES.items():
            page = opened.new_page(viewport={"width": 1280, "height": 2000}, color_scheme="light")
            page.goto(f"{address}/book/{name}.html")
            prepare(page)
            page.evaluate("document.activeElement.blur()")
            page.mouse.move(0, 0)
            page.wait_for_timeout(500)
            picture = STATIC / name / "still.png"
            page.locator(f"#{name}").screenshot(path=picture)
            page.close()
            print(picture.relative_to(ROOT))
