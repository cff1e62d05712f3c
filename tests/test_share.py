"""What is told of each page to search engines and to those who show links, and the missing page."""

import functools
import re
import shutil
import subprocess
import sysconfig
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import citation
import pytest
import repository
import yaml
from conftest import ROOT, parsed
from PIL import Image
from test_build import SURROUNDINGS, Book, write_library

from tools import server

SITE = "https://fork.example/digits/"
#: What the front matter of a page says of it; quotes and signs must arrive as they are.
DESCRIBED = "---\nmyst:\n  html_meta:\n    description: {0}\n---\n\n# {1}\n\nIt begins.\n"
SAID = 'Says "yes" & <no> — to all'


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Book]:
    """Return a small book that was built for an address."""
    root = tmp_path_factory.mktemp("shared")
    write_library(root)
    with pytest.MonkeyPatch.context() as patch:
        for name in SURROUNDINGS:
            patch.delenv(name, raising=False)
        patch.setenv("BOOK_URL", SITE.rstrip("/"))
        book = Book(root)
        config = yaml.safe_load((root / "_config.yml").read_text("utf-8"))
        config["title"] = "Digits & friends"
        (root / "_config.yml").write_text(yaml.safe_dump(config), "utf-8")
        for name in ("one", "two"):  # what has no description begins with its first words
            path = root / "book" / f"{name}.md"
            book.write(name, path.read_text("utf-8").replace("\n\n", "\n\nA few words.\n\n", 1))
        book.write("three", DESCRIBED.format(f"'{SAID}'", "A third page"))
        toc = yaml.safe_load((root / "_toc.yml").read_text())
        toc["chapters"].append({"file": "book/three"})
        toc["options"] = {"numbered": True}
        (root / "_toc.yml").write_text(yaml.safe_dump(toc))
        shutil.copy(ROOT / "CITATION.cff", root)
        book.build()
        yield book


def html(book: Book) -> Path:
    """Return the folder of the built book."""
    return book.root / "_build" / "html"


def head(path: Path) -> dict[str, list[str]]:
    """Return what a page's head says: a tag's name or property, and its contents."""
    page = parsed(path)
    found: dict[str, list[str]] = {}
    for tag in page.head.select(":is(meta[name], meta[property])[content]"):
        key = tag.get("property") or tag.get("name")
        found.setdefault(key, []).append(tag["content"])
    for tag in page.head.select("link[rel=canonical]"):
        found.setdefault("canonical", []).append(tag["href"])
    found["title"] = [tag.get_text() for tag in page.head.select("title")]
    found["lang"] = [page.html["lang"]]
    found["headings"] = [str(len(page.select("h1")))]
    return found


def listed(book: Book) -> list[str]:
    """Return the addresses in the sitemap."""
    return re.findall("<loc>(.*?)</loc>", (html(book) / "sitemap.xml").read_text("utf-8"))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["intro", "one", "two", "three"])
def test_a_page_says_what_it_is(book: Book, name: str) -> None:
    """Once each, and with a picture that is there and as large as is said."""
    said = head(html(book) / "book" / f"{name}.html")
    address = f"{SITE}book/{name}.html"
    assert said["canonical"] == said["og:url"] == [address]
    assert said["og:site_name"] == ["Digits & friends"]
    assert said["twitter:card"] == ["summary_large_image"]
    assert said["lang"] == ["en"]
    assert said["headings"] == ["1"]
    for key in ("title", "og:title", "og:description", "og:image", "og:image:alt", "description"):
        assert len(said[key]) == 1, key
        assert said[key][0].strip(), key
    assert said["description"] == said["og:description"]
    (picture,) = said["og:image"]
    assert picture == f"{SITE}share/book/{name}.png"
    with Image.open(html(book) / picture.removeprefix(SITE)) as image:
        size = [[str(length)] for length in image.size]
        assert [said["og:image:width"], said["og:image:height"]] == size == [["1200"], ["630"]]
        assert len(image.convert("RGB").getcolors(1 << 20)) > 10, "nothing is drawn"


@pytest.mark.slow
def test_a_description_arrives_as_it_was_written(book: Book) -> None:
    """That of the front matter, not the page's first words."""
    assert head(html(book) / "book" / "three.html")["og:description"] == [SAID]


@pytest.mark.slow
def test_the_root_says_what_the_front_page_says(book: Book) -> None:
    """Whoever shows a link to the site reads the page that leads on to the front page."""
    front, root = head(html(book) / "book" / "intro.html"), head(html(book) / "index.html")
    told = {key for key in front if key.startswith(("og:", "twitter:"))}
    assert len(told) > 8
    for key in {*told, "description", "canonical"}:
        assert root[key] == front[key], key


@pytest.mark.slow
def test_search_engines_find_the_pages_and_no_others(book: Book) -> None:
    """Also after a build that wrote a single page anew."""
    pages = sorted(f"{SITE}book/{name}.html" for name in ("intro", "one", "two", "three"))
    assert sorted(listed(book)) == pages
    robots = (html(book) / "robots.txt").read_text("utf-8")
    assert robots == f"User-agent: *\nAllow: /\n\nSitemap: {SITE}sitemap.xml\n"
    for name in ("search", "404"):
        assert head(html(book) / f"{name}.html")["robots"] == ["noindex"]
    assert "canonical" not in head(html(book) / "404.html")
    before = (html(book) / "share" / "book" / "three.png").read_bytes()
    book.write("three", DESCRIBED.format("Other words", "A new title"))
    book.build()
    assert sorted(listed(book)) == pages
    assert head(html(book) / "book" / "three.html")["og:description"] == ["Other words"]
    assert (html(book) / "share" / "book" / "three.png").read_bytes() != before


@pytest.mark.slow
def test_titles_are_unique_and_nothing_is_unset(book: Book) -> None:
    """Nowhere, in no kind of file, stands the name of a project that has none."""
    titles = [head(path)["title"][0] for path in html(book).glob("book/*.html")]
    assert len({*titles}) == len(titles)
    for path in html(book).rglob("*"):
        if path.is_file() and path.suffix in (".html", ".inv", ".js", ".json", ".txt", ".xml"):
            assert b"not set" not in path.read_bytes(), path
    inventory = (html(book) / "objects.inv").read_bytes()
    assert b"# Project: Digits & friends\n" in inventory


@pytest.mark.slow
def test_the_published_citation_has_the_address(book: Book) -> None:
    """And what else the repository's file says."""
    published = yaml.safe_load((html(book) / "CITATION.cff").read_text("utf-8"))
    original = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert published == original | {"url": SITE}  # the small book is in no repository


def test_a_citation_with_all_that_is_known_follows_the_schema(tmp_path: Path) -> None:
    """Its day is a day, its commit a commit."""
    url = "https://github.com/fork/book"
    shown = repository.Repository(url, url, "github", commit="0123abcd" * 5)
    original = (ROOT / "CITATION.cff").read_text("utf-8")
    text = citation.citation(original, SITE, shown, "2026-11-26")
    found = yaml.safe_load(text)
    assert found["repository-code"] == url
    assert found["date-released"] == "2026-11-26"
    (tmp_path / "CITATION.cff").write_text(text, "utf-8")
    check = Path(sysconfig.get_path("scripts"), "check-jsonschema")
    schema = "vendor.citation-file-format"
    subprocess.run([check, "--builtin-schema", schema, tmp_path / "CITATION.cff"], check=True)


class UnderPath(server.QuietHandler):
    """Serve a site below a path, with its own page for what is not there, as GitHub Pages does."""

    def translate_path(self, path: str) -> str:
        """Find the file of an address."""
        root = urlsplit(SITE).path
        inside = path.removeprefix(root) if path.startswith(root) else "nothing"
        return super().translate_path(f"/{inside}")

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer with the site's own page."""
        self.send_response(code, message)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write((Path(self.directory) / "404.html").read_bytes())


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_missing_page_works_at_any_depth(book: Book, browser, scheme: str) -> None:
    """All its files are there, its links lead to pages, and its search finds."""
    handler = functools.partial(UnderPath, directory=str(html(book)))
    with server.running(ThreadingHTTPServer(("127.0.0.1", 0), handler)) as address:
        root = urljoin(address, urlsplit(SITE).path)
        context = browser.new_context(color_scheme=scheme)
        page, missing = context.new_page(), f"{root}a/b/c"
        failed: list[str] = []
        page.on("response", lambda r: r.status >= 400 and failed.append(r.url))
        page.on("pageerror", lambda error: failed.append(str(error)))
        answer = page.goto(missing, wait_until="networkidle")
        assert answer.status == 404
        assert failed == [missing]
        assert page.evaluate("document.documentElement.dataset.theme") == scheme
        assert page.locator("h1:visible").count() == 1
        links = page.evaluate("[...document.querySelectorAll('a[href]')].map((a) => a.href)")
        pages = {link for link in links if not link.startswith(missing)}
        assert {f"{root}book/{n}.html" for n in ("intro", "one", "two", "three")} <= pages
        assert {page.request.get(link).status for link in pages} == {200}
        page.locator("main input[name=q]").fill("third")
        page.keyboard.press("Enter")
        page.wait_for_url(f"{root}search.html?q=third")
        context.close()


@pytest.mark.slow
def test_without_an_address_nothing_false_is_said(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What needs the address is gone, also where an earlier build knew one."""
    monkeypatch.delenv("BOOK_URL")
    book.build()
    said = head(html(book) / "book" / "three.html")
    assert said["description"] == ["Other words"]
    assert not [key for key in said if key.startswith(("og:", "twitter:", "canonical"))]
    assert (html(book) / "robots.txt").read_text("utf-8") == "User-agent: *\nAllow: /\n"
    assert (html(book) / "CITATION.cff").read_bytes() == (ROOT / "CITATION.cff").read_bytes()
    for name in ("sitemap.xml", "404.html", "share"):
        assert not (html(book) / name).exists(), name


def test_each_page_of_the_book_has_a_description_of_its_own() -> None:
    """As long as search engines show, and no two alike."""
    found = {}
    for path in sorted((ROOT / "book").glob("*.md")):
        matter = yaml.safe_load(path.read_text("utf-8").split("---\n")[1])
        found[path.stem] = matter["myst"]["html_meta"]["description"]
    assert not {name: text for name, text in found.items() if not 120 <= len(text) <= 160}
    assert len({*found.values()}) == len(found)
