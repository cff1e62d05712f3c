"""What a page looks like where somebody shares a link to it: its text, and a picture of its own.

The tags are the extension sphinxext-opengraph's, with the description that the page's front matter
gives (``myst: html_meta: description``). The picture has the book's mark, the page's title, and a
digit of MNIST: the chapter's number. Both need the book's public address, so without ``BOOK_URL``
there are none.
"""

from __future__ import annotations

import base64
import hashlib
import html
import os
import shutil
import textwrap
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import resvg_py
from docutils import nodes

from digitrec import mnist

#: What those who show links recommend, in pixels.
WIDTH, HEIGHT = 1200, 630
#: Where the pictures are, in the built book.
FOLDER = "share"
MARK = Path(__file__).parents[1] / "_static" / "mark.svg"
#: Matplotlib brings its font, so the picture is the same on each machine.
FONTS = Path(mpl.get_data_path(), "fonts", "ttf")
FAMILY = "DejaVu Sans"
#: The digit of a page that has no number: MNIST's first one.
UNNUMBERED = 5
CARD = """\
<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="{family}">
<rect width="100%" height="100%" fill="#12161b"/>
<image x="64" y="56" width="64" height="64" href="{mark}"/>
<text x="150" y="99" font-size="26" fill="#a9b4c2">{book}</text>
<text x="64" font-size="{size}" font-weight="bold" fill="#ffffff">{lines}</text>
<text x="64" y="{foot}" font-size="26" fill="#9dbdff">{site}</text>
<g transform="translate(716 146)" fill="#ffffff">
<rect width="420" height="420" fill="#000000" rx="8"/>{pixels}</g>
</svg>"""


def pixels(digit: np.ndarray) -> str:
    """Return a digit's pixels as SVG; (28, 28) uint8."""
    return "".join(
        f'<rect x="{15 * j}" y="{15 * i}" width="14" height="14" opacity="{ink / 255:.2f}"/>'
        for (i, j), ink in np.ndenumerate(digit)
        if ink
    )


def card(book: str, title: str, site: str, mark: str, digit: np.ndarray) -> str:
    """Return the picture of a page as SVG."""
    size, width = (60, 16) if len(title) <= 40 else (46, 21)
    lines = textwrap.wrap(title, width, max_lines=5, placeholder=" …")
    head = "" if book == title else textwrap.shorten(book, 64, placeholder=" …")
    top = HEIGHT / 2 + 40 - 0.6 * size * (len(lines) - 1)
    text = "".join(
        f'<tspan x="64" y="{top + 1.25 * size * n:.0f}">{html.escape(line)}</tspan>'
        for n, line in enumerate(lines)
    )
    return CARD.format(
        width=WIDTH, height=HEIGHT, family=FAMILY, mark=mark, book=html.escape(head),
        size=size, lines=text, foot=HEIGHT - 64, site=html.escape(site), pixels=pixels(digit),
    )  # fmt: skip


def mark() -> str:
    """Return the book's mark as an address that holds the drawing."""
    return "data:image/svg+xml;base64," + base64.b64encode(MARK.read_bytes()).decode()


def digits() -> list[np.ndarray]:
    """Return the first training image of each class; a picture shows one, ``(28, 28) uint8``."""
    images, labels = mnist.read_training()
    return [images[labels == label][0] for label in range(10)]


def number(env: Any, name: str) -> int:
    """Return a chapter's number; 0 for a page that has none."""
    found = env.toc_secnumbers.get(name, {}).get("", ())
    return found[0] if found else 0


def picture(name: str) -> str:
    """Return where a page's picture is in the built book."""
    return f"{FOLDER}/{name}.png"


def describe(
    app: Any, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Hand the page's description and picture to the extension that writes the tags."""
    if doctree is None:
        return
    fields = {
        "og:image": app.config.html_baseurl + picture(pagename),
        "og:image:alt": f"{app.env.titles[pagename].astext()}, beside a handwritten digit",
        "og:image:width": str(WIDTH),
        "og:image:height": str(HEIGHT),
        "og:image:type": "image/png",
    }
    for meta in doctree.findall(nodes.meta):
        if meta.get("name") == "description":
            fields["og:description"] = meta["content"]
    context["meta"] = {**(context["meta"] or {}), **fields}


def draw(app: Any, exception: Exception | None) -> None:
    """Draw the pages' pictures, each once for its content; without an address there are none."""
    if exception or app.builder.name != "html":
        return
    if not app.config.html_baseurl:
        shutil.rmtree(Path(app.outdir, FOLDER), ignore_errors=True)
        return
    kept = Path(app.doctreedir, FOLDER)
    kept.mkdir(exist_ok=True)
    site = app.config.html_baseurl.partition("://")[2].rstrip("/")
    examples, sign = digits(), mark()
    for name in sorted(app.env.found_docs):
        chapter = number(app.env, name)
        title = app.env.titles[name].astext()
        title = f"{chapter}. {title}" if chapter else title
        drawing = card(app.config.html_title, title, site, sign, examples[chapter or UNNUMBERED])
        file = kept / f"{hashlib.sha256(drawing.encode()).hexdigest()}.png"
        if not file.exists():
            png = resvg_py.svg_to_bytes(
                svg_string=drawing, skip_system_fonts=True, font_dirs=[str(FONTS)]
            )
            file.write_bytes(bytes(png))
        target = Path(app.outdir, picture(name))
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)


def setup(app: Any) -> dict[str, Any]:
    """Connect the extension to Sphinx, when the book's address is known."""
    if os.environ.get("BOOK_URL"):
        app.setup_extension("sphinxext.opengraph")
        app.config.ogp_site_url = os.environ["BOOK_URL"].rstrip("/") + "/"
        app.config.ogp_social_cards = {"enable": False}
        app.config.ogp_custom_meta_tags = (
            '<meta name="twitter:card" content="summary_large_image" />',
        )
        app.connect("html-page-context", describe, priority=400)
    app.connect("build-finished", draw)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
