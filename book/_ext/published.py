"""Leave out of a book that is not published what only the published one has.

A text with the class ``published-only``, such as the link to the file for those without internet,
which publishing makes, stands on the pages when their address is known (``BOOK_URL``).
``tools/offline.py`` leaves it out of that file.
"""

from __future__ import annotations

from typing import Any

from bs4 import BeautifulSoup

#: The class, as a selector.
PUBLISHED_ONLY = ".published-only"


def leave_out(app: Any, name: str, page: BeautifulSoup) -> None:
    """Take it from a page."""
    if not app.config.html_baseurl:
        for element in page.select(PUBLISHED_ONLY):
            element.decompose()


def setup(app: Any) -> dict[str, Any]:
    """Connect the extension to Sphinx."""
    app.connect("html-page-finish", leave_out, priority=400)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
