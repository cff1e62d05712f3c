"""The course as one PDF: ``python -m tools.pdf FILE``.

`tools.pdf_document` makes one document of the built pages, and a browser prints it, twice: only the
first print says which page something is on. ``tools/pdf/pdf.css`` says how it looks on paper.

``BOOK_URL`` in the environment, the book's public address, is printed on the title page, and
links to pages that are no part of the PDF lead there. Its date is ``SOURCE_DATE_EPOCH``, else the
commit's.
"""

from __future__ import annotations

import argparse
import hashlib
import logging
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

import pypdf
from playwright.sync_api import Browser, sync_playwright
from pypdf.generic import (
    ArrayObject,
    ByteStringObject,
    DictionaryObject,
    NameObject,
    TextStringObject,
)

from tools import browser
from tools.pdf_document import Document, Facts, PdfError, facts, fill, headings, page_names, places

ROOT = Path(__file__).resolve().parents[1]
HTML = ROOT / "_build" / "html"
STYLE = Path(__file__).with_suffix("") / "pdf.css"
#: What must have happened before a document can be printed.
READY = """async () => {
  await document.fonts.ready;
  await Promise.all([...document.images].map((image) => image.decode()));
}"""

#: pypdf warns that what Chromium says of a PDF's number of objects is wrong; it copies all of them.
logging.getLogger("pypdf").setLevel(logging.ERROR)


def seconds(root: Path) -> int:
    """Return the moment that the PDF is dated with, in seconds since 1970."""
    told = os.environ.get("SOURCE_DATE_EPOCH", "")
    if told:
        if not told.isdecimal():
            raise PdfError(f"SOURCE_DATE_EPOCH: expected seconds since 1970, found {told!r}")
        return int(told)
    command = ["git", "-C", str(root), "log", "-1", "--format=%ct"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PdfError(
            "the PDF's date: expected a git repository, found none; set SOURCE_DATE_EPOCH"
        )
    return int(done.stdout)


def print_once(opened: Browser, document: str, path: Path) -> None:
    """Have the browser print a document."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "course.html")
        source.write_text(document, "utf-8")
        page = opened.new_page(color_scheme="light")
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("requestfailed", lambda request: problems.append(f"not found: {request.url}"))
        page.goto(source.as_uri())
        if problems:
            raise PdfError(problems[0])
        page.evaluate(READY)
        page.emulate_media(media="print")
        page.pdf(
            path=path, prefer_css_page_size=True, print_background=True, tagged=True, outline=True
        )
        page.close()


def pages_of(path: Path) -> dict[str, int]:
    """Return the page of each place in a PDF, counted from 1."""
    reader = pypdf.PdfReader(path)
    found = {}
    for place, destination in reader.named_destinations.items():
        number = reader.get_destination_page_number(destination)
        if number is not None:
            found[place.removeprefix("/")] = number + 1
    return found


def outline_items(entry: DictionaryObject) -> Iterator[DictionaryObject]:
    """Yield all bookmarks below an entry of the outline, in order."""
    child = entry.get("/First")
    while child is not None:
        item = child.get_object()
        yield item
        yield from outline_items(item)
        child = item.get("/Next")


def squeezed(text: str) -> str:
    """Return text without its spaces."""
    return "".join(text.split())


def describe(path: Path, facts: Facts, headings: list[str], moment: int) -> None:
    """Write title, author and date into a PDF, and nothing that differs from print to print."""
    writer = pypdf.PdfWriter(clone_from=path)
    # Where a heading is broken into lines, Chromium's bookmark lacks the space.
    spaced = {squeezed(heading): heading for heading in headings}
    for item in outline_items(cast(DictionaryObject, writer.root_object["/Outlines"].get_object())):
        title = str(item["/Title"])
        item[NameObject("/Title")] = TextStringObject(spaced.get(squeezed(title), title))
    date = time.strftime("D:%Y%m%d%H%M%S+00'00'", time.gmtime(moment))
    writer.add_metadata(
        {
            "/Title": facts.title,
            "/Author": facts.authors,
            "/Subject": facts.licence,
            "/Creator": f"digitrec {facts.version}",
            "/CreationDate": date,
            "/ModDate": date,
        }
    )
    name = ByteStringObject(hashlib.sha256(f"{facts} {moment}".encode()).digest()[:16])
    writer._ID = ArrayObject([name, name])
    writer.write(path)


def make(opened: Browser, site: Path, root: Path, path: Path) -> int:
    """Write the PDF of a built site; return its number of pages."""
    moment = seconds(root)
    said = facts(root, moment, os.environ.get("BOOK_URL", "").rstrip("/"))
    course = Document(site, page_names(root), said)
    document = course.render(STYLE.read_text("utf-8"))
    path.parent.mkdir(parents=True, exist_ok=True)
    print_once(opened, document, path)
    first = pages_of(path)
    missing = sorted(set(places(document)) - set(first))
    if missing:
        raise PdfError(f"{missing[0]} is on no page")
    print_once(opened, fill(document, first), path)
    if pages_of(path) != first:
        raise PdfError("the page numbers moved something to another page")
    describe(path, said, headings(document), moment)
    return len(pypdf.PdfReader(path).pages)


def main(arguments: Sequence[str]) -> int:
    """Write the PDF; return the exit status."""
    parser = argparse.ArgumentParser(prog="tools.pdf", description="The built course as one PDF.")
    parser.add_argument("file", type=Path, help="where to write it")
    path = parser.parse_args(arguments).file
    try:
        with sync_playwright() as playwright:
            opened = browser.launch(playwright)
            count = make(opened, HTML, ROOT, path)
            opened.close()
    except (PdfError, browser.BrowserError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{path}: {count} pages, {path.stat().st_size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
