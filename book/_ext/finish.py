"""A page's last step: its HTML, as the theme made it, is read once, changed, and then written.

An extension that changes whole pages connects to the event ``html-page-finish`` and is called with
``(app, name, page)``: the page's name, and the page as `bs4.BeautifulSoup`, which it changes in
place. The order is the event's priority. What adds to a page is below 500; what makes it lighter,
500 to 800; what must see each byte as it will be written, such as a checksum of its scripts, is
last, at 900.

Changing ``context["body"]`` at ``html-page-context`` remains the way for what concerns the text.
"""

from __future__ import annotations

from typing import Any

from bs4 import BeautifulSoup
from sphinx.jinja2glue import BuiltinTemplateLoader


class Templates(BuiltinTemplateLoader):
    """Sphinx's templates, whose pages are finished before Sphinx writes them."""

    def init(self, builder: Any, theme: Any = None, dirs: list[str] | None = None) -> None:
        """Keep the application, which is asked who wants to change a page."""
        super().init(builder, theme, dirs)
        self.app = builder.app

    def render(self, template: str, context: dict) -> str:  # type: ignore[override]
        """Give a template's text; a page's is finished. Small files are rendered here, too."""
        # Sphinx declares that this returns nothing, and uses what it returns.
        text = super().render(template, context)
        # The theme asks for parts of pages as well, which become part of a page later.
        if "pagename" not in context or not template.endswith(".html") or "</html>" not in text:
            return text
        page = BeautifulSoup(text, "html.parser")
        self.app.emit("html-page-finish", context["pagename"], page)
        return str(page)


def setup(app: Any) -> dict[str, Any]:
    """Connect the extension to Sphinx."""
    app.add_event("html-page-finish")
    app.config.template_bridge = "finish.Templates"
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
