"""The decks: one a chapter, with every figure of it, and nothing from elsewhere."""

import base64
from collections.abc import Callable
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from conftest import parsed

from tools import slides
from tools.plain_markdown import Book

ROOT = Path(__file__).resolve().parents[1]
BOOK = Book.read(ROOT)
CHAPTERS = [chapter for chapter in BOOK.chapters if chapter.number]
Render = Callable[[str], BeautifulSoup]


@pytest.fixture(scope="module")
def decks(site, tmp_path_factory) -> dict[str, Path]:
    """Return the files of the decks, made from the built book."""
    folder = tmp_path_factory.mktemp("slides")
    found = {}
    for chapter in CHAPTERS:
        found[chapter.name] = folder / f"{chapter.name}.html"
        found[chapter.name].write_text(slides.render(chapter, BOOK), "utf-8")
    return found


def page_of(site: Path, name: str) -> BeautifulSoup:
    return parsed(site / "book" / f"{name}.html")


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda c: c.name)
def test_every_figure_is_in_its_deck(chapter, decks, site) -> None:
    """With its alternative text and its caption; but not the figures of solutions."""
    page, deck = page_of(site, chapter.name), parsed(decks[chapter.name])
    shown = {}
    for image in deck.select(".slides img"):
        assert image["alt"], image.find_parent("section")
        caption = image.find_parent("figure").find("figcaption")
        shown[image["alt"]] = (image["src"], caption.get_text() if caption else "")
    figures = [f for f in page.select("article figure") if f.select_one("img[src]")]
    assert figures
    for figure in figures:
        if figure.find_parent(class_="solution"):
            continue
        image = figure.find("img")
        data, caption = shown[image["alt"]]
        file = (site / "book" / image["src"]).resolve()
        assert base64.b64decode(data.partition("base64,")[2]) == file.read_bytes()
        expected = figure.find("figcaption").get_text().rstrip("# \n")
        # Of a formula, the page has the source, and the deck as well.
        assert " ".join(caption.split()) == " ".join(expected.split())


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda c: c.name)
def test_what_a_deck_says(chapter, decks, site) -> None:
    deck = parsed(decks[chapter.name])
    text = deck.select_one(".slides").get_text()
    assert deck.select_one("h1").get_text() in deck.title.get_text()
    headings = [h.get_text() for h in deck.select("h2")]
    assert headings[0] == slides.GOALS
    assert headings[-1] == slides.RECAP
    page = page_of(site, chapter.name)
    sections = dict(slides.sections(page.select_one("article")))
    last = deck.select(".slides section section")[-1]
    assert len(last.select("li")) == len(sections[slides.RECAP].select("li")) > 2
    for name in sections:
        assert (name in headings) == (name not in slides.LEFT_OUT), name
    assert "Predict" in text
    assert deck.select(".notice")
    assert "def " not in text  # no code, and so no solution


def test_a_sentence_is_cut_where_it_ends() -> None:
    def first(text: str) -> str:
        tag = BeautifulSoup(f"<p>{text}</p>", "html.parser").p
        return slides.first_sentence(tag)

    assert first("One. Two.") == "One."
    assert first("It is 0.5 <em>or so. Yes</em>. Two") == "It is 0.5 <em>or so. Yes</em>."
    assert first('A <a href="x.html">link</a>, <b>b</b>! Next') == "A link, <b>b</b>!"
    assert first("See <code>a.b</code>:") == "See <code>a.b</code>"
    assert first("a &lt; b. C") == "a &lt; b."


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda c: c.name)
def test_a_deck_is_shown_and_printed(chapter, decks, page, tmp_path) -> None:
    """From a file, with no other address asked; no slide is cut off; a page each on paper."""
    import pypdf

    problems: list[str] = []
    page.on("console", lambda m: m.type in ("error", "warning") and problems.append(m.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    address = decks[chapter.name].as_uri()
    page.on(
        "request",
        lambda r: r.url.startswith((address, "data:")) or problems.append(r.url),
    )
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto(address)
    page.wait_for_function("window.Reveal && Reveal.isReady()")
    tall = page.evaluate(
        """() => Reveal.getSlides().filter(slide => {
            const at = Reveal.getIndices(slide);
            Reveal.slide(at.h, at.v);
            return slide.scrollHeight > 722;
        }).map(slide => slide.innerText)"""
    )
    assert tall == []
    number = page.evaluate("Reveal.getTotalSlides()")
    page.pdf(path=tmp_path / "deck.pdf", prefer_css_page_size=True)
    pages = pypdf.PdfReader(tmp_path / "deck.pdf").pages
    assert len(pages) == number
    assert all(page.extract_text().strip() for page in pages)
    assert problems == []
