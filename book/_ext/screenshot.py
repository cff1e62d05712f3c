"""Take the README's picture: the built book's front page, as a desktop shows it."""

import os
import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "_build" / "html" / "book" / "intro.html"
PICTURE = ROOT / "book" / "_static" / "screenshot.png"

if __name__ == "__main__":
    names = ("chromium", "chromium-browser", "google-chrome")
    browser = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)))
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=browser, args=["--no-sandbox"]
        )
        page = chromium.new_page(
            viewport={"width": 1280, "height": 800}, color_scheme="light"
        )
        page.goto(PAGE.as_uri())
        page.wait_for_timeout(2000)  # formulas and icons are drawn after loading
        page.screenshot(path=PICTURE)
    print(PICTURE.relative_to(ROOT))
