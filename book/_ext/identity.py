"""The book's mark: beside the title in the sidebar, and as the icon on a phone's home screen."""

from typing import Any

#: Made from mark.svg by tools/mark.py; the favicon is the drawing itself (_config.yml).
TOUCH_ICON = "_static/apple-touch-icon.png"


def name_book(app: Any, config: Any) -> None:
    """Have the theme write the book's title beside its mark: with a logo it leaves the title out."""
    config.html_theme_options.setdefault("logo", {}).setdefault("text", config.html_title)


def name_icon(app: Any, name: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Name the icon in a page's head."""
    if "pathto" in context:
        address = context["pathto"](TOUCH_ICON, resource=True)
        link = f'<link rel="apple-touch-icon" href="{address}">'
        context["metatags"] = context.get("metatags", "") + link


def setup(app: Any) -> dict[str, Any]:
    """Connect the extension to Sphinx."""
    app.connect("config-inited", name_book)
    app.connect("html-page-context", name_icon)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
