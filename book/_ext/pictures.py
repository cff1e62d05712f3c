"""Pictures as light as they can be, and with their sizes, so that nothing moves when they come.

Each PNG that a page shows is written anew as WebP, beside where it would be. A drawing keeps each
of its pixels. A photograph is recognised by what compression makes of it: where leaving out what
the eye hardly sees (`QUALITY`) saves more than half, that is done, and phones are offered a
narrower one. What was compressed is kept, by the picture's content: a second build takes no time
for it.

The page's first picture is loaded at once if it stands in the page's first section. All others are
loaded when the reader comes near, and those of the frame, which are hidden in menus, when they are
shown.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from bs4 import BeautifulSoup, Tag
from PIL import Image
from sphinx.util import logging

LOGGER = logging.getLogger(__name__)
#: Of a photograph, from 0 to 100: looked at beside the original, on a screen of two dots a pixel.
QUALITY = 85
#: A picture is a photograph when compressing it as one leaves less than this share.
SAVES = 0.5
#: How wide a photograph is for phones, and how much wider one must be to get a narrower version.
NARROW, WIDE = 720, 1000
#: What a page shows a picture in: attribute → elements.
SOURCES = {"src": "img[src]", "data-sprite": "[data-sprite]"}
#: Changed when the same picture would be written in another way.
VERSION = "2"


@dataclass(frozen=True)
class Light:
    """A picture as it is sent: its files, the widest first, with their widths, and its size."""

    files: tuple[tuple[Path, int], ...]
    width: int
    height: int


def compress(picture: Path, kept: Path) -> Light:
    """Write a PNG as WebP into the folder of what is kept, unless it is there."""
    content = picture.read_bytes()
    name = hashlib.sha256(f"{VERSION} {QUALITY} {SAVES} {NARROW} {WIDE}".encode() + content)
    stem = name.hexdigest()[:24]
    with Image.open(BytesIO(content)) as image:
        width, height = image.size
        exact, narrow = kept / f"{stem}.webp", kept / f"{stem}-{NARROW}.webp"
        if not exact.exists():
            plain = image.convert("RGBA" if image.has_transparency_data else "RGB")
            # Without a loss, quality is how hard it is tried: the last quarter takes as long again
            # and saves 0.3 %. With one, method is: the hardest takes 24 times as long and saves
            # 2.5 %, so only what is sent so is compressed so.
            lossless = webp(plain, lossless=True, quality=75, method=4)
            photograph = len(webp(plain, quality=QUALITY, method=4)) < SAVES * len(lossless)
            if photograph and width >= WIDE:
                smaller = plain.resize((NARROW, round(height * NARROW / width)))
                write(narrow, webp(smaller, quality=QUALITY, method=6))
            write(exact, webp(plain, quality=QUALITY, method=6) if photograph else lossless)
    files = [(exact, width)]
    if narrow.exists():
        files.append((narrow, NARROW))
    return Light(tuple(files), width, height)


def webp(image: Image.Image, **options: Any) -> bytes:
    """Return an image as WebP."""
    written = BytesIO()
    image.save(written, "WEBP", **options)
    return written.getvalue()


def write(path: Path, content: bytes) -> None:
    """Write a file at once or not at all, since what is there is trusted."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_bytes(content)
    part.replace(path)


def drawing_size(drawing: Path) -> tuple[int, int] | None:
    """Return the width and height that an SVG says it has, or None."""
    root = ElementTree.parse(drawing).getroot()
    said = [root.get("width", ""), root.get("height", "")]
    if not all(re.fullmatch(r"[\d.]+(px)?", text) for text in said):
        said = root.get("viewBox", "").split()[2:]
    if len(said) != 2:
        return None
    width, height = (round(float(text.removesuffix("px"))) for text in said)
    return width, height


def place(app: Any, page: str, address: str) -> Path | None:
    """Return where in the built site a page's picture will be, or None for one of elsewhere."""
    if re.match(r"[a-z][a-z0-9+.-]*:|//", address):
        return None
    here = Path(app.outdir, app.builder.get_target_uri(page)).parent
    return (here / address.split("?")[0]).resolve()


def source_of(app: Any, target: Path) -> Path:
    """Return the file that a picture in the site is copied from, which Sphinx may do later."""
    if target.parent == Path(app.outdir, app.builder.imagedir).resolve():
        for source, name in app.builder.images.items():
            if name == target.name:
                return Path(app.srcdir, source)
    for folder in app.config.html_static_path:
        static = Path(app.outdir, "_static").resolve()
        if target.is_relative_to(static):
            source = Path(app.confdir, folder, target.relative_to(static))
            if source.is_file():
                return source
    return target


def lighten(app: Any, name: str, page: BeautifulSoup) -> None:
    """Give a page's pictures their sizes, say when they are loaded, and replace PNGs."""
    if app.builder.name != "html":
        return
    for image in page.select("img:not(.bd-article img)"):
        image.attrs.setdefault("loading", "lazy")
    first = first_picture(page)
    if first is not None:
        first["fetchpriority"] = "high"
    for image in page.select(".bd-article img"):
        image["decoding"] = "async"
        if image is not first:
            image.attrs.setdefault("loading", "lazy")
    for attribute, selector in SOURCES.items():
        for element in page.select(f".bd-article :is({selector})"):
            target = place(app, name, element[attribute])
            if target is None:
                continue
            source = source_of(app, target)
            if source.is_file():
                replace(element, attribute, source, target, Path(app.doctreedir, "pictures"))
            else:
                LOGGER.warning("%s: expected a picture at %s, found none", name, source)


def first_picture(page: BeautifulSoup) -> Tag | None:
    """Return the picture that a reader sees first, if it stands before the second heading."""
    for element in page.select(".bd-article :is(h2, img)"):
        if element.name == "h2":
            return None
        if element.get("loading") != "lazy":
            return element
    return None


def replace(element: Tag, attribute: str, source: Path, target: Path, kept: Path) -> None:
    """Have an element show a picture's light form, and keep its place free."""
    size: tuple[int, int] | None = None
    if source.suffix == ".svg":
        size = drawing_size(source)
    elif source.suffix == ".png":
        light = compress(source, kept)
        size = light.width, light.height
        folder = element[attribute].rpartition("/")[0]
        addresses = []
        for path, width in light.files:
            name = f"{target.stem}{'' if width == light.width else f'-{width}'}.webp"
            copy(path, target.with_name(name))
            addresses.append((f"{folder}/{name}", width))
        element[attribute] = addresses[0][0]
        if len(addresses) > 1 and attribute == "src":
            element["srcset"] = ", ".join(f"{address} {width}w" for address, width in addresses)
            element["sizes"] = f"(max-width: {NARROW}px) 100vw, {NARROW}px"
    if size and element.name == "img" and not {"width", "height"} & set(element.attrs):
        element["width"], element["height"] = map(str, size)


def copy(path: Path, target: Path) -> None:
    """Copy a file into the site, unless it is there."""
    if not target.exists() or target.read_bytes() != path.read_bytes():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)


def setup(app: Any) -> dict[str, Any]:
    """Connect the extension to Sphinx."""
    app.connect("html-page-finish", lighten, priority=600)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
