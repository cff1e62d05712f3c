"""Take the README's picture: the built book's front page, with a 7 drawn on it."""

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
            viewport={"width": 1280, "height": 800}, color_scheme="light", reduced_motion="reduce"
        )
        page.goto((HTML / "book" / "intro.html").as_uri())
        page.wait_for_selector("#draw[data-ready]")
        mouse.draw(page, STROKE, steps=8)
        page.wait_for_function("document.querySelector('#reading').innerText.trim() === '7'")
        page.evaluate("document.activeElement.blur()")
        page.screenshot(path=PICTURE)
    print(PICTURE.relative_to(ROOT))
