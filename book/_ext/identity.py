"""The book's mark: beside the title in the sidebar, and as the icon on a phone's home screen.

And its colours from the first picture on: the theme finds out only after the page is shown whether
a reader who never chose has a dark or a light screen.
"""

from typing import Any

from bs4 import BeautifulSoup
from sphinx.errors import ExtensionError

#: Made from mark.svg by tools/mark.py; the favicon is the drawing itself (_config.yml).
TOUCH_ICON = "_static/apple-touch-icon.png"


def name_book(app: Any, config: Any) -> None:
    """Have the theme write the title beside the mark: with a logo it leaves the title out."""
    config.html_theme_options.setdefault("logo", {}).setdefault("text", config.html_title)


def name_icon(app: Any, name: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Name the icon in a page's head."""
    if "pathto" in context:
        address = context["pathto"](TOUCH_ICON, resource=True)
        link = f'<link rel="apple-touch-icon" href="{address}">'
        context["metatags"] = context.get("metatags", "") + link


#: The end of the theme's line that sets the colours when the reader chose none, and ours.
UNDECIDED = 'localStorage.getItem("theme") || "auto"'
DECIDED = (
    'localStorage.getItem("theme") || '
    '(matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")'
)


def show_once(app: Any, name: str, page: BeautifulSoup) -> None:
    """Leave one mark beside the title: the theme writes one for light and one for dark."""
    for mark in page.select(".logo__image.only-dark"):
        mark.decompose()
    for mark in page.select(".logo__image.only-light"):
        mark["class"] = "logo__image"


def decide_colours(app: Any, name: str, page: BeautifulSoup) -> None:
    """Have the theme's first script ask the screen, before anything is shown."""
    scripts = [script for script in page.find_all("script") if UNDECIDED in (script.string or "")]
    if len(scripts) != 1:
        raise ExtensionError(
            f"{name}: expected one script of the theme with {UNDECIDED!r}, found {len(scripts)}"
        )
    scripts[0].string = scripts[0].string.replace(UNDECIDED, DECIDED)


def setup(app: Any) -> dict[str, Any]:
    """Connect the extension to Sphinx."""
    app.connect("config-inited", name_book)
    app.connect("html-page-context", name_icon)
    app.connect("html-page-finish", show_once)
    app.connect("html-page-finish", decide_colours)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
