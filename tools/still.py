"""Take the drawing page's still picture, for readers without JavaScript, from the built book."""

import functools
import http.server
import math
import os
import shutil
import threading
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]
HTML = ROOT / "_build" / "html"
PICTURE = ROOT / "book" / "_static" / "draw" / "still.png"


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Serves files without a line on stderr for each."""

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


def three():
    """Points of a 3, in parts of the pad: two arcs."""
    for start, sweep, middle, radius in (
        (-2.4, 4.0, 0.32, 0.16),
        (-1.5, 4.2, 0.66, 0.2),
    ):
        for step in range(41):
            angle = start + step / 40 * sweep
            yield 0.5 + radius * math.cos(angle), middle + radius * math.sin(angle)


if __name__ == "__main__":
    names = ("chromium", "chromium-browser", "google-chrome")
    browser = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)))
    handler = functools.partial(QuietHandler, directory=str(HTML))
    with (
        http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server,
        sync_playwright() as playwright,
    ):
        threading.Thread(target=server.serve_forever, daemon=True).start()
        chromium = playwright.chromium.launch(
            executable_path=browser, args=["--no-sandbox"]
        )
        page = chromium.new_page(
            viewport={"width": 1280, "height": 2000}, color_scheme="light"
        )
        page.goto(f"http://127.0.0.1:{server.server_port}/book/draw.html")
        page.wait_for_selector("#draw[data-ready]")
        box = page.locator("#pad").bounding_box()
        points = [
            (box["x"] + x * box["width"], box["y"] + y * box["height"])
            for x, y in three()
        ]
        page.mouse.move(*points[0])
        page.mouse.down()
        for point in points:
            page.mouse.move(*point)
        page.mouse.up()
        page.evaluate("document.activeElement.blur()")
        page.mouse.move(0, 0)
        page.wait_for_timeout(500)
        page.locator("#draw").screenshot(path=PICTURE)
        page.close()
        server.shutdown()
    print(PICTURE.relative_to(ROOT))
