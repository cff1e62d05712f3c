"""The book as one file: small, the same each time, and from any folder it does all it can."""

import re
import zipfile
from pathlib import Path
from types import SimpleNamespace

import published
import pytest
from bs4 import BeautifulSoup
from conftest import bring_to_life, failure, wait_for_function

from tools import mouse, offline

#: As a reader's folder may be called.
FOLDER = "Ein Ordner mit Ümläuten und Leerzeichen"
ONE = [(0.5, 0.2), (0.5, 0.8)]


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Return a site of a few files, of which not all belong to the book."""
    site = tmp_path / "site"
    texts = {
        "index.html": '<a href="book/a.html">A</a>',
        "book/a.html": '<img srcset="../_images/a%20b.png 2x, ../_images/c.avif"><p>Yes.</p>'
        '<link href="../_static/a.css?v=1"><a href="../../secret.txt"></a>'
        '<p class="published-only">Get the file.</p><a href="../old.zip">old</a>',
        "_static/a.css": "p {background: url(d.svg)} /*# sourceMappingURL=a.css.map */",
        "_static/a.css.map": "{}",
        "_static/d.svg": "<svg/>",
        "_static/live/later.js": "1",
        "_static/module.js": "export {};",
        "_images/a b.png": "P",
        "_images/c.avif": "A",
        "old.zip": "Z",
        "sitemap.xml": "<urlset/>",
    }
    for name, text in texts.items():
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text(text, "utf-8")
    (tmp_path / "secret.txt").write_text("not the book's")
    return site


def names(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as pack:
        return [name.removeprefix(f"{offline.NAME}/") for name in pack.namelist()]


def test_it_has_what_the_pages_name_and_no_more(small: Path, tmp_path: Path) -> None:
    offline.write(small, tmp_path / "book.zip")
    assert names(tmp_path / "book.zip") == [
        "README.txt",
        "_images/a b.png",
        "_images/c.avif",
        "_static/a.css",
        "_static/d.svg",
        "_static/live/later.js",
        "book/a.html",
        "index.html",
    ]


def test_what_is_true_of_the_published_book_only_is_left_out(small: Path, tmp_path: Path) -> None:
    offline.write(small, tmp_path / "book.zip")
    with zipfile.ZipFile(tmp_path / "book.zip") as pack:
        page = pack.read(f"{offline.NAME}/book/a.html").decode()
    assert "Get the file" not in page
    assert "Yes." in page


@pytest.mark.parametrize(("address", "kept"), [("", False), ("https://example.org/", True)])
def test_only_the_published_book_says_it(address: str, kept: bool) -> None:
    page = BeautifulSoup('<p>Yes.</p><p class="published-only">Get the file.</p>', "html.parser")
    app = SimpleNamespace(config=SimpleNamespace(html_baseurl=address))
    published.leave_out(app, "a", page)
    assert ("Get the file." in page.get_text()) == kept
    assert "Yes." in page.get_text()


def test_the_same_book_gives_the_same_bytes(small: Path, tmp_path: Path) -> None:
    """Whenever its files were written."""
    size = offline.write(small, tmp_path / "one.zip")
    for path in small.rglob("*.*"):
        path.touch()
    assert offline.write(small, tmp_path / "two.zip") == size
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_no_book_and_too_large_a_book_are_told(small: Path, tmp_path: Path, monkeypatch) -> None:
    """In one line; and what is too large is not there to be published."""
    with pytest.raises(offline.OfflineError, match=r"expected the built book in .*`make book`"):
        offline.write(tmp_path / "nothing", tmp_path / "book.zip")
    monkeypatch.setattr(offline, "LARGEST", 10)
    with pytest.raises(offline.OfflineError, match=r"expected at most 10 bytes, found \d"):
        offline.write(small, tmp_path / "book.zip")
    assert not (tmp_path / "book.zip").exists()


@pytest.fixture(scope="module")
def unpacked(site: Path, tmp_path_factory) -> Path:
    """Return the book as a reader has it, unpacked in a folder of theirs."""
    folder = tmp_path_factory.mktemp("reader") / FOLDER
    pack = folder.with_suffix(".zip")
    print(f"\n{offline.write(site, pack):,} bytes")
    with zipfile.ZipFile(pack) as opened:
        opened.extractall(folder)
    return folder / offline.NAME


@pytest.fixture
def page(browser, problems):
    """Return a page; what fails on it, and what it asks a network for, is noted."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.on("console", lambda m: m.type in ("error", "warning") and problems.append(m.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("requestfailed", lambda request: problems.extend(failure(request)))
    page.on(
        "request",
        lambda r: r.url.startswith(("file:", "data:", "blob:")) or problems.append(f"asks {r.url}"),
    )
    yield page
    context.close()
    assert not problems, "\n".join(problems)


def test_the_first_page_opens_and_all_others_do(page, unpacked: Path) -> None:
    """With all pictures, and formulas."""
    page.goto((unpacked / "index.html").as_uri())
    wait_for_function(page, "document.querySelector('h1')")
    for path in sorted((unpacked / "book").glob("*.html")):
        page.goto(path.as_uri())
        page.evaluate("for (const i of document.images) i.loading = 'eager'")
        wait_for_function(page, "[...document.images].every((image) => image.complete)")
        broken = "[...document.images].filter((i) => !i.naturalWidth && i.checkVisibility())"
        assert page.evaluate(f"{broken}.map((image) => image.src)") == [], path.name
    page.goto((unpacked / "book" / "03-forward.html").as_uri())
    assert page.locator("mjx-container svg, mjx-container math").count() > 10


def test_digits_are_read_and_a_hand_is_learned(page, unpacked: Path) -> None:
    page.goto((unpacked / "book" / "draw.html").as_uri())
    page.wait_for_selector("#draw[data-ready]")
    assert not page.locator(".draw-still").first.is_visible()
    mouse.draw(page, ONE, steps=8)
    page.locator("#reading", has_text="1").wait_for()
    page.click(".draw-answers button:nth-child(8)")
    page.locator(".draw-taught", has_text="It learned your 7").wait_for(timeout=120_000)


def test_a_network_learns(page, unpacked: Path) -> None:
    page.goto((unpacked / "book" / "train.html").as_uri())
    page.wait_for_selector("#train[data-run]")
    page.click(".train-start")
    wait_for_function(page, "Number(document.querySelector('#train').dataset.step) > 20")


def test_things_to_try_are_alive(page, unpacked: Path) -> None:
    """Every one of every chapter."""
    names = [p for p in (unpacked / "book").glob("*.html") if "data-try=" in p.read_text("utf-8")]
    assert len(names) >= 2
    for path in names:
        page.goto(path.as_uri())
        bring_to_life(page)


def test_search_and_mode(page, unpacked: Path) -> None:
    """The search finds; the mode is kept from page to page."""
    page.goto((unpacked / "book" / "glossary.html").as_uri())
    page.locator(".theme-switch-button").first.click()
    mode = page.evaluate("document.documentElement.dataset.mode")
    page.goto((unpacked / "search.html").as_uri() + "?q=padding")
    page.locator("#search-results li a").first.wait_for()
    assert page.evaluate("document.documentElement.dataset.mode") == mode
    page.locator("#search-results li a").first.click()
    wait_for_function(page, "location.href.includes('/book/')")


def test_without_javascript_the_text_reads(browser, unpacked: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((unpacked / "book" / "draw.html").as_uri())
    assert page.get_by_text("needs JavaScript").is_visible()
    assert page.locator(".draw-still img").is_visible()
    page.goto((unpacked / "book" / "03-forward.html").as_uri())
    assert len(page.locator(".bd-article").inner_text()) > 5_000
    context.close()


def test_no_link_of_its_pages_is_dead(unpacked: Path) -> None:
    """Within the book; those to other sites need a network."""
    for path in unpacked.rglob("*.html"):
        for target in re.findall(r'<a [^>]*href="([^"#?]+)', path.read_text("utf-8")):
            if not re.match("[a-z]+:", target):
                assert (path.parent / target).exists(), f"{path.name}: {target}"
