"""A page's last step: its HTML, as the theme made it, is read once, changed by whoever has to, and written.

An extension that changes whole pages connects to the event ``html-page-finish`` and is called with
``(app, name, page)``: the page's name, and the page as `bs4.BeautifulSoup`, which it changes in place.
It names `finish` as one that it needs (``app.setup_extension("finish")``). The order is the events'
priority: what adds to the page (below 500) comes before what weighs it (500 to 800), and what must see
each byte as it will be written, such as a checksum of its scripts, is last (900).

Changing ``context["body"]`` at ``html-page-context`` remains the way for what concerns the text alone.
"""

from bs4 import BeautifulSoup
from sphinx.jinja2glue import BuiltinTemplateLoader


class Templates(BuiltinTemplateLoader):
    """Sphinx's templates, whose pages are finished before Sphinx writes them."""

    def init(self, builder, theme=None, dirs=None):
        """Keep the application, which is asked who wants to change a page."""
        super().init(builder, theme, dirs)
        self.app = builder.app

    def render(self, template, context):
        """Give a template's text; a page's is finished. Sphinx renders small files with this, too."""
        text = super().render(template, context)
        if "pagename" not in context or not template.endswith(".html"):
            return text
        page = BeautifulSoup(text, "html.parser")
        self.app.emit("html-page-finish", context["pagename"], page)
        return str(page)


def setup(app):
    """Connect the extension to Sphinx."""
    app.add_event("html-page-finish")
    app.config.template_bridge = "finish.Templates"
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
