"""Take the README's picture: the built book's drawing page, with a 7 drawn on it."""

import functools
import http.server
import os
import shutil
import threading
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]
HTML = ROOT / "_build" / "html"
PICTURE = ROOT / "book" / "_static" / "screenshot.png"
# A 7, in parts of the pad's side.
STROKE = ((0.3, 0.22), (0.7, 0.22), (0.6, 0.45), (0.5, 0.66), (0.45, 0.85))


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files without a line for each."""

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


if __name__ == "__main__":
    names = ("chromium", "chromium-browser", "google-chrome")
    browser = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)))
    # The pad's modules load from a server only, not from files.
    handler = functools.partial(Quiet, directory=str(HTML))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=browser, args=["--no-sandbox"]
        )
        page = chromium.new_page(
            viewport={"width": 1280, "height": 800}, color_scheme="light"
        )
        page.goto(f"http://127.0.0.1:{server.server_port}/book/draw.html")
        page.wait_for_timeout(2000)  # the model and the icons come after the page
        box = page.locator("#pad").bounding_box()
        points = [
            (box["x"] + x * box["width"], box["y"] + y * box["height"])
            for x, y in STROKE
        ]
        page.mouse.move(*points[0])
        page.mouse.down()
        for point in points[1:]:
            page.mouse.move(*point, steps=8)
        page.mouse.up()
        page.wait_for_function(
            "document.querySelector('#reading').innerText.trim() !== ''"
        )
        page.screenshot(path=PICTURE)
    server.shutdown()
    print(PICTURE.relative_to(ROOT))
