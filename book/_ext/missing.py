"""The page that a server shows where there is none, ``404.html``.

It is shown at addresses of any depth, such as ``/book/no/such/page``, so all its links and files
begin with the path of the book's public address, and without a public address there is no such
page. The extension sphinx-notfound-page does this for what Sphinx's own templates write; the
theme's links in the sidebar and the root that scripts read (``data-content_root``) stay relative
with it. Here the finished page is changed, and so all of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from bs4 import BeautifulSoup

PAGE = "404"
#: Attributes that hold an address.
ADDRESSES = ("action", "data-content_root", "href", "poster", "src")
BODY = """\
<h1>There is no such page</h1>
<p>The address may be mistyped, or the page was moved. Look for what you wanted:</p>
<form class="bd-search d-flex align-items-center mb-3" action="search.html" role="search">
<input class="form-control" type="search" name="q" placeholder="Search the book"
 aria-label="Search the book">
</form>
<p>Or begin at <a href="{front}">the front page</a>; the menu lists all pages.</p>
"""


def pages(app: Any) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Give Sphinx the page to write with the others."""
    if app.builder.name != "html":
        return
    if not app.config.html_baseurl:
        Path(app.outdir, f"{PAGE}.html").unlink(missing_ok=True)
    else:
        body = BODY.format(front=app.builder.get_target_uri(app.config.root_doc))
        yield PAGE, {"title": "There is no such page", "body": body}, "page.html"


def anchor(app: Any, name: str, page: BeautifulSoup) -> None:
    """Make the page's addresses begin with the book's path; it has no address of its own."""
    if name != PAGE:
        return
    for link in page.select("link[rel=canonical]"):
        link.decompose()
    root = urlsplit(app.config.html_baseurl).path
    for attribute in ADDRESSES:
        for tag in page.find_all(attrs={attribute: True}):
            if not tag[attribute].startswith("#"):
                tag[attribute] = urljoin(root, tag[attribute])


def setup(app: Any) -> dict[str, Any]:
    """Connect the extension to Sphinx."""
    app.connect("html-collect-pages", pages)
    app.setup_extension("finish")
    app.connect("html-page-finish", anchor, priority=850)  # after whoever adds an address
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
