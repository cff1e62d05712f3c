"""Small things to try, in the page: ``{try} neuron``, and those that a code cell shows.

A directive says which one (the module ``book/_static/try/<kind>.js``) and what to try::

    ```{try} neuron
    :title: One neuron
    :alt: What the still picture shows.
    :start: {"x": [1, 0.5, 0], "w": [2, -1, 3], "b": -0.5}

    Make the neuron silent with one slider.
    ```

``start`` is what the module begins with, as JSON. Where no script runs, the page shows the still
``book/_static/try/<kind>.svg`` (``make stills``), another one if ``:still:`` names it.

What a cell shows (``digitrec/interactive.py``) has the same attribute, ``data-try``. Only a page
that has one loads the style sheet, and its script (``bundles.py``). Its pictures are written into
files, which are asked for when they are needed.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

LOGGER = logging.getLogger(__name__)
MODULES = Path(__file__).resolve().parents[1] / "_static" / "try"
KIND = re.compile(r'\bdata-try="([a-z]+)"')
#: A picture inside the page.
PICTURE = re.compile(r'\b(data-sprite|src)="data:image/png;base64,([^"]+)"')
STILL = "This is a still picture. The live one needs JavaScript."


class Try(SphinxDirective):
    """``{try} kind``: a box with a title, what to try, the live thing, and its still."""

    has_content = True
    required_arguments = 1
    option_spec = {  # noqa: RUF012 (docutils wants it so)
        "title": directives.unchanged_required,
        "alt": directives.unchanged_required,
        "start": directives.unchanged,
        "still": directives.unchanged,
        "name": directives.unchanged,
    }

    def run(self) -> list[nodes.Node]:
        """Return the box."""
        kind = self.arguments[0]
        for option in ("title", "alt"):
            if option not in self.options:
                raise self.error(f"{{try}} {kind}: expected an option :{option}:, found none")
        if not (MODULES / f"{kind}.js").exists():
            raise self.error(f"{{try}}: expected one of {kinds()}, found {kind!r}")
        start = self.options.get("start", "{}")
        try:
            json.loads(start)
        except ValueError as error:
            raise self.error(f"{{try}} {kind}: :start: is no JSON: {error}") from None
        name = f"try-{self.options.get('name', kind)}"
        before = (
            f'<div class="try" role="group" id="{name}" aria-labelledby="{name}-title" '
            f'data-try="{kind}" data-start="{html.escape(start)}">\n'
            f'<p class="try-title" id="{name}-title">Try it: '
            f"{html.escape(self.options['title'])}</p>"
        )
        still = self.options.get("still", kind)
        picture = nodes.image(
            uri=f"_static/try/{still}.svg", alt=self.options["alt"], loading="lazy"
        )
        return [
            nodes.raw("", before, format="html"),
            *self.parse_content_to_nodes(),
            nodes.raw("", '<div class="try-live"></div>\n<div class="try-still">', format="html"),
            picture,
            nodes.paragraph("", STILL),
            nodes.raw("", "</div>\n</div>", format="html"),
        ]


def kinds() -> list[str]:
    """Return the names of all that can be tried."""
    return sorted(path.stem for path in MODULES.glob("*.js") if path.stem != "base")


def load(app: Any, pagename: str, templatename: str, context: dict, doctree: Any) -> None:
    """Have a page load what it shows, and nothing else; put its pictures into files."""
    body = context.get("body") or ""
    found = sorted(set(KIND.findall(body)))
    if not found or app.builder.format != "html":
        return
    for kind in found:
        if kind not in kinds():
            LOGGER.warning("%s: expected one of %s, found %r to try", pagename, kinds(), kind)
    app.add_css_file("try/try.css")

    def to_file(match: re.Match[str]) -> str:
        content = base64.b64decode(match[2])
        name = f"_images/try-{hashlib.sha256(content).hexdigest()[:16]}.png"
        path = Path(app.outdir, name)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        return f'{match[1]}="{context["pathto"](name, 1)}"'

    context["body"] = PICTURE.sub(to_file, body)


def setup(app: Any) -> dict[str, Any]:
    """Connect the extension to Sphinx."""
    app.add_directive("try", Try)
    app.connect("html-page-context", load)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
