"""Take the README's picture: the built book's drawing page, with a 7 drawn on it."""

import re
from pathlib import Path

from playwright.sync_api import sync_playwright

from tools import browser, mouse

ROOT = Path(__file__).resolve().parents[1]
HTML = ROOT / "_build" / "html"
PICTURE = ROOT / "book" / "_static" / "screenshot.png"
# A 7, in parts of the pad's side.
STROKE = ((0.3, 0.22), (0.7, 0.22), (0.6, 0.45), (0.5, 0.66), (0.45, 0.85))


if __name__ == "__main__":
    with sync_playwright() as playwright:
        page = browser.launch(playwright).new_page(
            viewport={"width": 1280, "height": 800}, color_scheme="light"
        )
        page.goto((HTML / "book" / "draw.html").as_uri())
        page.wait_for_timeout(2000)  # the model and the icons come after the page
        mouse.draw(page, STROKE, steps=8)
        page.locator("#reading", has_text=re.compile(r"\d")).wait_for()
        page.screenshot(path=PICTURE)
    print(PICTURE.relative_to(ROOT))
