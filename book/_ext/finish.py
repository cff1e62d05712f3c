"""A page's last step: its HTML, as the theme made it, is read once, changed, and then written.

An extension that changes whole pages connects to the event ``html-page-finish`` and is called with
``(app, name, page)``: the page's name, and the page as `bs4.BeautifulSoup`, which it changes in
place. The order is the event's priority. What adds to a page is below 500; what makes it lighter,
500 to 800, but for ``code_tokens``: it is first, and leaves less to look through to all others.
What must see each byte as it will be written, such as a checksum of its scripts, is last, at 900.

Changing ``context["body"]`` at ``html-page-context`` remains the way for what concerns the text.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import javascript
from bs4 import BeautifulSoup
from sphinx.jinja2glue import BuiltinTemplateLoader


class Templates(BuiltinTemplateLoader):
    """Sphinx's templates, whose pages are finished before Sphinx writes them."""

    def init(self, builder: Any, theme: Any = None, dirs: list[str] | None = None) -> None:
        """Keep the application, which is asked who wants to change a page."""
        super().init(builder, theme, dirs)
        self.app = builder.app

    def render(self, template: str, context: dict) -> str:  # type: ignore[override]
        """Give a template's text; a page's is finished. Small files and parts come here, too."""
        # Sphinx declares that this returns nothing, and uses what it returns.
        text = super().render(template, context)
        # The theme renders a page's parts by themselves, with all that the page knows.
        if "pagename" not in context or "</html>" not in text:
            return text
        page = BeautifulSoup(text, "html.parser")
        self.app.emit("html-page-finish", context["pagename"], page)
        return str(page)


def note_programs(_app: Any, config: Any) -> None:
    """Have all pages written anew when what makes them has changed, and not their text alone."""
    programs = [*Path(__file__).parent.glob("*.py"), *javascript.FOLDER.glob("*.js")]
    content = b"".join(path.read_bytes() for path in sorted(programs))
    config.page_programs = hashlib.sha256(content).hexdigest()


def setup(app: Any) -> dict[str, Any]:
    """Connect the extension to Sphinx."""
    app.add_event("html-page-finish")
    # Sphinx writes all pages when a value of this kind is another than at the last build.
    app.add_config_value("page_programs", "", "html")
    app.connect("config-inited", note_programs)
    app.config.template_bridge = "finish.Templates"
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
