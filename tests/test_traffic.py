"""What a page may cost a reader: bytes over the wire, and requests, as GitHub Pages sends them."""

import gzip
import urllib.request

import pytest
from test_site import PAGES

from tools import server, traffic

#: Bytes of a first visit: what is needed for the first screen of a phone.
FIRST = 600_000
#: Pages that have less than that to show.
LIGHT = {"book/api": 300_000}
#: Bytes of a page, to its first screen, for a reader who comes from the front page.
LATER = 250_000
#: Bytes of all that a page shows to a reader who scrolls to its end.
WHOLE = 900_000


#: Files that the first screen takes.
REQUESTS = 16


@pytest.fixture(scope="module")
def as_pages(site):
    """Return the address of the site as GitHub Pages serves it."""
    with server.serve(site, server.PagesHandler) as address:
        yield address


def test_the_server_compresses_and_lets_browsers_keep(tmp_path) -> None:
    """Text is sent compressed to those who take it, pictures as they are."""
    text = "words " * 1000
    (tmp_path / "index.html").write_text(text, "utf-8")
    (tmp_path / "picture.webp").write_bytes(bytes(1000))
    with server.serve(tmp_path, server.PagesHandler) as address:
        takes = {"Accept-Encoding": "gzip"}
        request = urllib.request.Request(f"{address}/", headers=takes)
        with urllib.request.urlopen(request) as answer:
            content = answer.read()
            assert answer.headers["Cache-Control"] == "max-age=600"
            assert answer.headers["Content-Encoding"] == "gzip"
            assert answer.headers["Content-Type"].startswith("text/html")
        assert len(content) < 200
        assert gzip.decompress(content).decode() == text
        with urllib.request.urlopen(f"{address}/") as answer:
            assert answer.headers["Content-Encoding"] is None
            assert answer.read().decode() == text
        request = urllib.request.Request(f"{address}/picture.webp", headers=takes)
        with urllib.request.urlopen(request) as answer:
            assert answer.headers["Content-Encoding"] is None
            assert answer.read() == bytes(1000)


@pytest.fixture(scope="module")
def front(browser, as_pages) -> traffic.Visit:
    """Return a first visit of the front page."""
    with traffic.context(browser) as reader:
        return traffic.visit(reader, f"{as_pages}/{PAGES[0]}.html")


@pytest.mark.parametrize("name", PAGES)
def test_page_is_light(browser, as_pages, front, name: str) -> None:
    """A first visit, one after the front page, and all there is: a phone can take it."""
    with traffic.context(browser) as reader:
        first = traffic.visit(reader, f"{as_pages}/{name}.html")
    said = first.first_screen
    assert said.bytes <= LIGHT.get(name, FIRST), f"first screen: {said.bytes:,} bytes\n{said}"
    assert len(said) <= REQUESTS, f"first screen: {len(said)} requests\n{said}"
    said = first.whole
    assert said.bytes <= WHOLE, f"to its end: {said.bytes:,} bytes\n{said}"
    said = first.first_screen.after(front.whole)
    assert said.bytes <= LATER, f"after the front page: {said.bytes:,} bytes\n{said}"


def test_what_one_page_brought_the_next_one_has(browser, as_pages, front) -> None:
    """So what a page takes after another one can be told from two first visits."""
    page = f"{as_pages}/book/02-dense.html"
    with traffic.context(browser) as reader:
        first = traffic.visit(reader, page).first_screen
    with traffic.context(browser) as reader:
        traffic.visit(reader, f"{as_pages}/{PAGES[0]}.html")
        later = traffic.visit(reader, page).first_screen
    assert set(later.files) == set(first.after(front.whole).files) < set(first.files)
