"""The book's name and public address, and what search engines are told.

The name is the title in ``_config.yml``. Only publishing knows the address: ``BOOK_URL`` in the
environment gives it, and nothing that needs it is made without it.

The sitemap is written here: the extension sphinx-sitemap lists the pages that a build wrote anew,
so that after a change to one page only that page would be left in it.
"""

import os
from pathlib import Path
from xml.sax.saxutils import escape


def set_address(app, config):
    """Tell Sphinx what the book is called, and where it will be."""
    if config.project == config.values["project"].default:
        config.project = config.html_title
    address = os.environ.get("BOOK_URL", "").rstrip("/")
    if address:
        config.html_baseurl = f"{address}/"


def keep_out(app, pagename, templatename, context, doctree):
    """Ask search engines to leave out the pages that have no text of their own."""
    if pagename in ("search", "404"):
        said = context.get("metatags", "")
        context["metatags"] = f'{said}<meta name="robots" content="noindex" />\n'


def keep_one_heading(app, name, page):
    """Let the title be the page's one heading: the theme writes it a second time, for paper."""
    for title in page.select("#jb-print-docs-body h1"):
        title.name, title["class"] = "p", "h1"


def invite(app, exception):
    """Write robots.txt and, when the book's address is known, the list of the pages."""
    if exception or app.builder.name != "html":
        return
    out, site = Path(app.outdir), app.config.html_baseurl
    robots = "User-agent: *\nAllow: /\n"
    if site:
        robots += f"\nSitemap: {site}sitemap.xml\n"
        addresses = (site + app.builder.get_target_uri(name) for name in sorted(app.env.found_docs))
        lines = "".join(f"<url><loc>{escape(address)}</loc></url>\n" for address in addresses)
        (out / "sitemap.xml").write_text(
            '<?xml version="1.0" encoding="utf-8"?>\n'
            f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{lines}</urlset>\n',
            "utf-8",
        )
    else:
        (out / "sitemap.xml").unlink(missing_ok=True)
    (out / "robots.txt").write_text(robots, "utf-8")


def setup(app):
    """Connect the extension to Sphinx."""
    app.connect("config-inited", set_address, priority=100)
    app.connect("html-page-context", keep_out)
    app.setup_extension("finish")
    app.connect("html-page-finish", keep_one_heading, priority=400)
    app.connect("build-finished", invite)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
