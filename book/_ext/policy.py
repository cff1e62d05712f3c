"""Tell the browser what a page may load and run: a Content-Security-Policy on each page.

Whatever would get into a page, by a mistake of ours or of a library, runs no script of its own and
reaches no other site. Scripts come from the book, or are those inline ones that stand in the page
when it is written: their checksums are in the policy. Files may be asked of the book only: the
search does, and who checks a site asks for its robots.txt under a page's policy.

Styles come from the book, too. Attributes ``style`` are allowed: tables, formulas and the theme
have hundreds, and what they can do is harmless as long as no address outside can be named.
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup, Tag
from sphinx.util import logging

LOGGER = logging.getLogger(__name__)
#: What a script's attribute ``type`` may say when the browser runs it; the others are data.
RUN = ("", "text/javascript", "module")


def checksums(elements: list[Tag]) -> list[str]:
    """Return a source for what stands in each element, as a policy names it."""
    sums = (hashlib.sha256(element.decode_contents().encode()).digest() for element in elements)
    return sorted({f"'sha256-{base64.b64encode(sum_).decode('ascii')}'" for sum_ in sums})


def policy(page: BeautifulSoup) -> str:
    """Return the policy under which a page works, and no other would.

    Parameters
    ----------
    page
        As it will be written.
    """
    inline = [
        script
        for script in page.find_all("script", src=False)
        if str(script.get("type", "")) in RUN
    ]
    rules = {
        "default-src": ["'none'"],
        "script-src": ["'self'", *checksums(inline)],
        # For attributes, and for browsers that do not know the next.
        "style-src": ["'self'", "'unsafe-inline'"],
        "style-src-elem": ["'self'", *checksums(page.find_all("style"))],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "worker-src": ["blob:"],  # parts.js
        "form-action": ["'self'"],  # the search
        "base-uri": ["'none'"],
    }
    return "; ".join(" ".join([name, *sources]) for name, sources in rules.items())


def protect(app: Any, name: str, page: BeautifulSoup) -> None:
    """Put the policy before anything that it is about."""
    for button in page.select('[onclick="window.print()"]'):
        # The theme's; print.js does the same.
        del button["onclick"]
        button["data-print"] = ""
    for element in page.find_all(lambda tag: any(key.startswith("on") for key in tag.attrs)):
        LOGGER.warning("%s: no page may have what the policy forbids: %s", name, element)
    rule = page.new_tag(
        "meta", attrs={"http-equiv": "Content-Security-Policy", "content": policy(page)}
    )
    charset = page.select_one("meta[charset]")
    if charset is None:
        raise ValueError(f"{name}: expected a page that names its encoding first, found none")
    charset.insert_after(rule)


def protect_root(app: Any, exception: Exception | None) -> None:
    """Do the same for the page at the root, which is no template's when it only leads on."""
    root = Path(app.outdir, "index.html")
    if exception or app.builder.name != "html" or not root.exists():
        return
    page = BeautifulSoup(root.read_text("utf-8"), "html.parser")
    if page.select_one('meta[http-equiv="Content-Security-Policy"]') is None:
        protect(app, "index", page)
        root.write_text(str(page), "utf-8")


def setup(app: Any) -> dict[str, Any]:
    """Connect the extension to Sphinx."""
    app.connect("html-page-finish", protect, priority=900)
    app.connect("build-finished", protect_root, priority=950)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
