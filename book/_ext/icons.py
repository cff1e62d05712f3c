"""Put the theme's icons into the pages as pictures, so that no page loads them.

The theme has two thousand icons (Font Awesome) in a script and in fonts; a page needs a dozen.
Elements such as ``<i class="fa-solid fa-list">`` become what that script would make of them, an SVG
picture in the text's colour. So do the icons that the theme's style draws with a letter of the
font: those of admonitions, and of links to GitHub and GitLab (``digitrec.css`` switches the letters
off). The pictures are those of the theme that is installed. The fonts stay for what scripts add to
a page: they are fetched when one is shown.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pydata_sphinx_theme
from bs4 import BeautifulSoup, Tag
from javascript import FOLDER, run
from sphinx.util import logging

logger = logging.getLogger(__name__)
SCRIPT = Path("scripts", "fontawesome.js")
STATIC = Path(pydata_sphinx_theme.__file__).parent / "theme" / "pydata_sphinx_theme" / "static"
#: An admonition's class → its icon, as the theme has them. The first class that is here counts.
ADMONITIONS = {
    "solution": "",  # has none
    "exercise": "pencil",
    "attention": "circle-exclamation",
    "caution": "triangle-exclamation",
    "danger": "triangle-exclamation",
    "error": "circle-xmark",
    "hint": "lightbulb",
    "important": "circle-exclamation",
    "note": "circle-info",
    "seealso": "share",
    "tip": "lightbulb",
    "todo": "pencil",
    "warning": "triangle-exclamation",
    "admonition": "bell",
}


@cache
def icons() -> dict[str, dict[str, list[Any]]]:
    """Return the theme's icons: style, such as ``fa-solid`` → name → width, height, …, outline."""
    styles = json.loads(run(FOLDER / "icons.js", str(STATIC / SCRIPT)))
    return {style: names | aliases(names) for style, names in styles.items()}


def aliases(names: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """Return the icons by their other names."""
    return {alias: icon for icon in names.values() for alias in icon[2] if isinstance(alias, str)}


def picture(page: BeautifulSoup, style: str, name: str, *classes: str) -> Tag:
    """Return an icon as a picture that says nothing to a screen reader."""
    width, height, _, _, outline = icons()[style][name]
    attributes = {
        "class": " ".join(["svg-inline--fa", f"fa-{name}", *classes]),
        "aria-hidden": "true",
        "viewBox": f"0 0 {width} {height}",
    }
    svg = page.new_tag("svg", attrs=attributes)
    svg.append(page.new_tag("path", attrs={"fill": "currentColor", "d": outline}))
    return svg


def replace_elements(app: Any, page: BeautifulSoup, name: str) -> None:
    """Replace each element that shows an icon by its class."""
    for element in page.select("i[class], span[class]"):
        classes = element["class"]
        styles = [c for c in classes if c in icons()]
        if not styles:
            continue
        known = icons()[styles[0]]
        names = [c for c in classes if c.startswith("fa-") and c.removeprefix("fa-") in known]
        if len(names) != 1:
            logger.warning("page %s: the theme has no icon for %s", name, " ".join(classes))
            continue
        others = [c for c in classes if c not in styles and c not in names]
        svg = picture(page, styles[0], names[0].removeprefix("fa-"), *others)
        for attribute, value in element.attrs.items():
            if attribute.startswith("data-"):
                svg[attribute] = value
        element.replace_with(svg)


def add_to_admonitions(page: BeautifulSoup) -> None:
    """Put an icon into the title of each admonition."""
    for title in page.select(".admonition > .admonition-title"):
        assert title.parent is not None
        kind = next(kind for kind in ADMONITIONS if kind in title.parent["class"])
        if ADMONITIONS[kind]:
            title.append(picture(page, "fas", ADMONITIONS[kind]))


def add_to_links(page: BeautifulSoup) -> None:
    """Put the server's sign before what the theme knows as a link to it."""
    for server in ("github", "gitlab"):
        for link in page.select(f"a.{server}"):
            link.insert(0, picture(page, "fab", server))


def finish_page(app: Any, name: str, page: BeautifulSoup) -> None:
    """Draw a page's icons, and leave out the script that would."""
    replace_elements(app, page, name)
    add_to_admonitions(page)
    add_to_links(page)
    for script in page.select(f'script[src*="{SCRIPT.name}"]'):
        script.decompose()


def delete_script(app: Any, exception: Exception | None) -> None:
    """Delete the script, which no page loads: three megabytes with its source map."""
    if app.builder.format == "html" and not exception:
        for file in Path(app.outdir, "_static", SCRIPT.parent).glob(f"{SCRIPT.name}*"):
            file.unlink()


def setup(app: Any) -> dict[str, Any]:
    """Connect the extension to Sphinx."""
    app.connect("html-page-finish", finish_page, priority=500)
    app.connect("build-finished", delete_script)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
