"""Classes for what a part of a page holds, so that it is laid out rightly as soon as it begins.

A browser shows a page while it still comes. A style sheet's ``:has()`` is true only once the inner
part has come, too, and what has been shown until then jumps. Where a whole part's place hangs on
what it holds, the build says it in the part's own class. (``:has()`` remains for what scripts
change while the page is open.)
"""

from __future__ import annotations

from typing import Any

from bs4 import BeautifulSoup

#: Class → the parts of a page that get it.
CLASSES = {
    "is-front": "body:has(.hero)",
    "has-contents": "body:has(.bd-sidebar-secondary)",
    "has-hero": "section:has(> .hero)",
    "has-pad": ".page-only:has(> .draw)",
    "shows-output": 'div.cell[class*="tag_hide-input"]:has(> .cell_output)',
    "has-try": ".text_html:has(.try)",
    "has-measured": ".text_html:has(table.measured)",
}


def name_parts(app: Any, name: str, page: BeautifulSoup) -> None:
    """Give a page's parts their classes."""
    for added, parts in CLASSES.items():
        for part in page.select(parts):
            part["class"] = [*part.get_attribute_list("class", []), added]


def show_first(app: Any, name: str, page: BeautifulSoup) -> None:
    """Put what a folded cell shows above its code, for who reads the page and who hears it."""
    for output in page.select(".shows-output > .cell_output"):
        output.parent.insert(0, output.extract())


def setup(app: Any) -> dict[str, Any]:
    """Connect the extension to Sphinx."""
    app.connect("html-page-finish", name_parts, priority=450)  # after whoever adds parts
    app.connect("html-page-finish", show_first, priority=451)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
