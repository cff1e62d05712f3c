"""Small repairs of what docutils and the table of contents write, where it hinders readers."""

import html
from pathlib import Path

from bs4 import BeautifulSoup

#: What a page's head says of the page to search engines and to those who show links.
SAID = "meta[name=description], meta[property^='og:'], meta[name^='twitter:'], link[rel=canonical]"


def repair(app, name, page):
    """Say of each part of a page what it is, so that a screen reader can go to it.

    docutils calls the bibliography a list, and its entries by a role that lists may not hold. The
    theme puts the book's title and the search button outside of any landmark.
    """
    for entry in page.select(".citation-list > .citation"):
        entry["role"] = "listitem"
    for selector, role in (("a.logo", "banner"), ("button.search-button__button", "search")):
        for inside in page.select(f".bd-sidebar-primary .sidebar-primary-item > {selector}"):
            inside.parent["role"] = role
    # The line that opens folded code is called what stands there, and so is the search button.
    named = 'summary[aria-label="Toggle hidden content"], .search-button-field[aria-label]'
    for part in page.select(named):
        del part["aria-label"]


def name_redirect(app, exception):
    """Give the page at the root, which only leads to the first one, what a page needs.

    A language and a title for screen readers, a link for browsers that do not follow, an empty
    icon, since without one browsers ask the server for a file that is not there, and for those who
    show links what the first page says of itself.
    """
    index = Path(app.outdir) / "index.html"
    first = app.config.root_doc
    if exception or app.builder.name != "html" or first == "index":
        return
    target, title = (
        app.builder.get_target_uri(first),
        html.escape(app.config.html_title),
    )
    page = BeautifulSoup((Path(app.outdir) / target).read_text("utf-8"), "html.parser")
    said = "".join(f"{tag}\n" for tag in page.head.select(SAID))
    index.write_text(
        f'<!DOCTYPE html>\n<html lang="{app.config.language}">\n<head>\n'
        f'<meta charset="utf-8">\n<title>{title}</title>\n'
        f'<meta http-equiv="refresh" content="0; url={target}">\n'
        f'<link rel="icon" href="data:,">\n{said}</head>\n'
        f'<body><a href="{target}">{title}</a></body>\n</html>\n',
        "utf-8",
    )


def setup(app):
    """Connect the extension to Sphinx."""
    app.setup_extension("finish")  # brings the event
    app.connect("html-page-finish", repair)
    # After the table of contents' extension, which writes a page with nothing but the redirect.
    app.connect("build-finished", name_redirect, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
