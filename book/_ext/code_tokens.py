"""Leave code's spans out where they colour nothing: they are a third of a chapter's elements.

Pygments puts each token of code into a span with the class of its kind, names and punctuation, too,
which are more than half of them and have the colour of plain text. A browser takes its time for
each element. Here the whole of a block is said to be a name, and has a name's colour; the spans of
all kinds that look like names, by the theme's styles for light and dark, go.

So do those of code within text and of the library's signatures, which Sphinx puts around each word
so that it stays on a line: here a long one may be broken (digitrec.css).
"""

from __future__ import annotations

from functools import cache
from typing import Any

from bs4 import BeautifulSoup
from pygments.styles import get_style_by_name
from pygments.token import STANDARD_TYPES, Name

#: The theme's options that name a style of Pygments.
STYLES = ("pygments_light_style", "pygments_dark_style")
NAME = STANDARD_TYPES[Name]
#: Words of code within text, and of signatures; those of operators in signatures are grey.
WORDS = (
    ".bd-article :is(dt.sig, code, dl.field-list) span.pre, .bd-article dt.sig span:is(.n, .p, .w)"
)


@cache
def plain(*styles: str) -> frozenset[str]:
    """Return the classes of those kinds of tokens that look like names in each of the styles."""
    found = [get_style_by_name(style) for style in styles]
    return frozenset(
        short
        for token, short in STANDARD_TYPES.items()
        if short and all(s.style_for_token(token) == s.style_for_token(Name) for s in found)
    )


def lighten(app: Any, _name: str, page: BeautifulSoup) -> None:
    """Take the spans out of a page's code."""
    options = app.builder.theme.get_options(app.config.html_theme_options)
    classes = plain(*(options[style] for style in STYLES))
    for code in page.select("div.highlight > pre"):
        needless = [span for span in code.select("span[class]") if {*span["class"]} <= classes]
        for span in needless:
            span.unwrap()
        if needless:
            code["class"] = [*code.get("class", []), NAME]
    for word in page.select(WORDS):
        word.unwrap()


def setup(app: Any) -> dict[str, Any]:
    """Connect the extension to Sphinx."""
    app.connect("html-page-finish", lighten, priority=100)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
