"""The book's public address, which only publishing knows, and what is made from it.

``BOOK_URL`` in the environment gives it. Nothing that needs it is made without it.

``{published}`` is a link to a file that publishing puts beside the pages, such as the PDF. A book
that is built for oneself has no such file, and no link to it::

    ```{published} digitrec-course.pdf
    The whole course as one PDF
    ```
"""

import os
from pathlib import Path

from docutils import nodes
from sphinx.util.docutils import SphinxDirective


def set_address(app, config):
    """Tell Sphinx and the Open Graph extension where the book will be."""
    address = os.environ.get("BOOK_URL", "").rstrip("/")
    if address:
        config.html_baseurl = f"{address}/"
        config.ogp_site_url = f"{address}/"


def write_sitemap(app, exception):
    """List the pages for search engines, when the book's address is known."""
    if exception or not app.config.html_baseurl or app.builder.name != "html":
        return
    addresses = (app.builder.get_target_uri(name) for name in sorted(app.env.found_docs))
    lines = "".join(f"<url><loc>{app.config.html_baseurl}{a}</loc></url>\n" for a in addresses)
    (Path(app.outdir) / "sitemap.xml").write_text(
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{lines}</urlset>\n',
        "utf-8",
    )


class Published(nodes.General, nodes.Element):
    """Stands for a link until it is known whether the book is being published."""


class PublishedDirective(SphinxDirective):
    """A link to a file beside the published pages: its name, and the words of the link."""

    required_arguments = 1
    has_content = True

    def run(self):
        """Leave a place for it."""
        self.assert_has_content()
        return [Published(file=self.arguments[0], words=" ".join(self.content))]


def link_published(app, doctree, docname):
    """Put the links there, or nothing."""
    for place in list(doctree.findall(Published)):
        link = nodes.reference(
            "", place["words"], refuri=f"{app.config.html_baseurl}{place['file']}"
        )
        paragraph = nodes.paragraph("", "", link, classes=["published"])
        place.replace_self(paragraph if app.config.html_baseurl else [])


def setup(app):
    """Connect the extension to Sphinx."""
    app.add_node(Published)
    app.add_directive("published", PublishedDirective)
    app.connect("doctree-resolved", link_published)
    if os.environ.get("BOOK_URL"):
        app.setup_extension("sphinxext.opengraph")
        app.config.ogp_social_cards = {"enable": False}
    app.connect("config-inited", set_address, priority=100)
    app.connect("build-finished", write_sitemap)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
