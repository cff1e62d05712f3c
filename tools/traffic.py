"""What a page costs a reader: what comes over the wire, and in how many requests.

A page is visited with nothing kept, on a phone or a desktop. Counted are the bytes as they are sent
(compressed, with their headers): until the page is quiet, with nothing but the first screen seen,
and once more when it has been scrolled to its end. Pages that are visited later in the same context
find what the earlier ones have left in the browser's cache, as a reader does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, BrowserContext

#: A phone of middling size, and a laptop: width, height, and pixels of the screen per pixel.
SIZES = {"phone": (390, 844, 3), "desktop": (1280, 800, 1)}
#: Scrolls as a reader does, so that what is loaded when it is reached is reached.
SCROLL = """async () => {
  for (let y = 0; y < document.documentElement.scrollHeight; y += innerHeight) {
    scrollTo({ top: y, behavior: 'instant' });
    await new Promise((done) => setTimeout(done, 60));
  }
}"""


@dataclass
class Traffic:
    """What was asked for: address → bytes over the wire, in the order of the answers."""

    files: dict[str, int] = field(default_factory=dict)

    @property
    def bytes(self) -> int:
        """All that came over the wire."""
        return sum(self.files.values())

    def after(self, other: Traffic) -> Traffic:
        """Return what is left to ask for where the browser has kept what another page brought."""
        return Traffic({name: size for name, size in self.files.items() if name not in other.files})

    def __len__(self) -> int:
        """Return the number of files that came over the wire."""
        return len(self.files)

    def __str__(self) -> str:
        """Return the files, the largest first."""
        largest = sorted(self.files.items(), key=lambda item: -item[1])
        return "\n".join(f"{size:9,} {address}" for address, size in largest)


@dataclass
class Visit:
    """One visit: what the first screen took, and all that the page had at its end."""

    first_screen: Traffic
    whole: Traffic


def context(browser: Browser, size: str = "phone") -> BrowserContext:
    """Return a browser with nothing kept."""
    width, height, scale = SIZES[size]
    return browser.new_context(
        viewport={"width": width, "height": height},
        device_scale_factor=scale,
        is_mobile=size == "phone",
        has_touch=size == "phone",
    )


def visit(reader: BrowserContext, address: str, block: tuple[str, ...] = ()) -> Visit:
    """Visit a page, see its first screen, then scroll to its end."""
    page = reader.new_page()
    session = reader.new_cdp_session(page)
    session.send("Network.enable")
    if block:
        session.send("Network.setBlockedURLs", {"urls": list(block)})
    asked: dict[str, str] = {}
    files: dict[str, int] = {}

    def note_request(event: dict[str, Any]) -> None:
        asked[event["requestId"]] = event["request"]["url"]

    def note_end(event: dict[str, Any]) -> None:
        url = asked.get(event["requestId"], "")
        # Nothing came over the wire for what the browser kept, or the page brought itself.
        if event["encodedDataLength"] and url.startswith("http"):
            files[url] = files.get(url, 0) + int(event["encodedDataLength"])

    session.on("Network.requestWillBeSent", note_request)
    session.on("Network.loadingFinished", note_end)
    page.goto(address, wait_until="networkidle")
    first = Traffic(dict(files))
    page.evaluate(SCROLL)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(500)
    page.close()
    return Visit(first, Traffic(files))
