"""The built book as one file, for those who have no internet: unpacked, it needs no server.

``python -m tools.offline`` writes ``_build/html/handwritten-digits.zip``: the pages, and what they
name or load. The same book gives the same bytes, on each machine with the same zlib.
"""

from __future__ import annotations

import re
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from bs4 import BeautifulSoup

ROOT = Path(__file__).resolve().parents[1]
HTML = Path("_build", "html")
#: The file, and the folder that comes out of it.
NAME = "handwritten-digits"
#: Bytes that the file may have: it is sent round, and copied for a class.
LARGEST = 8_000_000
README = """\
Unpack this file first. Then open index.html in a browser: that is the book.

It needs no internet and no server. Buttons that start a notebook elsewhere do.
"""
#: What may be the name of a file, in a page, a style sheet or a script.
WORD = re.compile(r"[\w./%+-]+")
LONGEST = 200
#: Kinds of files that name others.
NAMING = {".css", ".html", ".js"}
#: What a page loads under a name that it puts together (``draw/parts.js``).
LATER = "_static/live/*.js"
#: What is named and does without: maps for a debugger, and the theme's fonts, whose icons the pages
#: have as pictures.
LEFT_OUT = {".map", ".ttf", ".woff", ".woff2", ".zip"}
#: The least date that a zip file can say.
DATE = (1980, 1, 1, 0, 0, 0)
#: The class of what is true of the published book only (``book/_ext/published.py``).
PUBLISHED = "published-only"


class OfflineError(Exception):
    """Why there is no file, in one line."""


def named(path: Path, site: Path) -> Iterator[Path]:
    """Return the site's files that a file names, as seen from where it is."""
    for word in set(WORD.findall(path.read_text("utf-8"))):
        if "." in word and len(word) <= LONGEST:
            found = (path.parent / unquote(word)).resolve()
            if found.is_file() and found.is_relative_to(site):
                yield found


def files(site: Path) -> list[Path]:
    """Return what belongs to the book: its first page, and all that is named from there."""
    site = site.resolve()
    waiting = [site / "index.html", *site.glob(LATER)]
    found: set[Path] = set()
    while waiting:
        path = waiting.pop()
        if path in found or path.suffix in LEFT_OUT:
            continue
        found.add(path)
        if path.suffix in NAMING:
            waiting += named(path, site)
    return sorted(found)


def content(path: Path) -> bytes:
    """Return a file as it is in the zip file: a page without what is true of the published book."""
    read = path.read_bytes()
    if path.suffix != ".html" or PUBLISHED.encode() not in read:
        return read
    page = BeautifulSoup(read, "html.parser")
    for element in page.select(f".{PUBLISHED}"):
        element.decompose()
    return str(page).encode()


def write(site: Path, out: Path) -> int:
    """Write a built site into a zip file; return its size in bytes.

    Raises
    ------
    OfflineError
        When there is no site, or it is too large.
    """
    if not (site / "index.html").is_file():
        raise OfflineError(f"expected the built book in {site}, found none: run `make book`")
    contents = {path.relative_to(site.resolve()).as_posix(): content(path) for path in files(site)}
    contents["README.txt"] = README.encode()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as pack:
        for name in sorted(contents):
            entry = zipfile.ZipInfo(f"{NAME}/{name}", DATE)
            entry.create_system, entry.external_attr = 3, 0o644 << 16  # wherever it is made
            pack.writestr(entry, contents[name], zipfile.ZIP_DEFLATED, 9)
    size = out.stat().st_size
    if size > LARGEST:
        out.unlink()
        raise OfflineError(f"expected at most {LARGEST:,} bytes, found {size:,}")
    return size


def main(root: Path = ROOT) -> int:
    """Write the file beside the pages, where the published book links to it."""
    out = root / HTML / f"{NAME}.zip"
    try:
        size = write(root / HTML, out)
    except OfflineError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{out.relative_to(root).as_posix()}: {size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
