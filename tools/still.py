"""Take the drawing page's still picture, for readers without JavaScript, from the built book."""

import math
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import sync_playwright

from tools import browser, mouse, server

ROOT = Path(__file__).resolve().parents[1]
HTML = ROOT / "_build" / "html"
PICTURE = ROOT / "book" / "_static" / "draw" / "still.png"


def three() -> Iterator[mouse.Point]:
    """Points of a 3, in parts of the pad: two arcs."""
    for start, sweep, middle, radius in (
        (-2.4, 4.0, 0.32, 0.16),
        (-1.5, 4.2, 0.66, 0.2),
    ):
        for step in range(41):
            angle = start + step / 40 * sweep
            yield 0.5 + radius * math.cos(angle), middle + radius * math.sin(angle)


if __name__ == "__main__":
    with server.serve(HTML) as address, sync_playwright() as playwright:
        page = browser.launch(playwright).new_page(
            viewport={"width": 1280, "height": 2000}, color_scheme="light"
        )
        page.goto(f"{address}/book/draw.html")
        page.wait_for_selector("#draw[data-ready]")
        mouse.draw(page, three())
        page.evaluate("document.activeElement.blur()")
        page.mouse.move(0, 0)
        page.wait_for_timeout(500)
        page.locator("#draw").screenshot(path=PICTURE)
        page.close()
    print(PICTURE.relative_to(ROOT))
