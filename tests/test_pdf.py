"""The course as one PDF: what is put together for it, and what the browser makes of that."""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pypdf
import pytest
import yaml
from bs4 import BeautifulSoup
from conftest import parsed

from tools import pdf
from tools.pdf_document import LEFT_OUT, Document, Facts, PdfError, fill, page_names, places

ROOT = Path(__file__).resolve().parents[1]
FACTS = Facts("Small “book”", "Nobody", "1.2.3", "1 May 2026", "Free.")

FRONT = """<section id="a-title"><h1>A title<a class="headerlink" href="#a-title">#</a></h1>
<p>See <a href="one.html">one</a>, <a href="one.html#here">here</a>, <a href="api.html#f">f</a>,
<a href="https://example.org/">elsewhere</a>.</p>
<p class="published-only">As a PDF.</p><div id="draw" class="draw-small">Pad</div>
</section>"""
ONE = """<section id="one"><h1>1. One</h1><section id="here"><h2>Here</h2>
<div class="cell"><details class="admonition hide above-input"><summary>Show the code</summary>
<div class="cell_input">1 + 1</div></details></div>
<p>Text. <img src="../_static/mark.svg" alt="A mark" loading="lazy"></p></section>
<div class="exercise admonition" id="ex-a">
<p>Exercise 1.1</p><section id="exercise-content">Do.</section></div>
<div class="exercise admonition" id="ex-b">
<p>Exercise 1.2</p><section id="exercise-content">Do.</section></div>
<div class="solution admonition" id="s"><p class="admonition-title">Solution to
<a href="#ex-a">Exercise 1.1</a></p>
<p>Done.</p></div>
<div class="question" id="question-1">
<p class="to-answer"><a href="#answer-1-text">Answer</a></p></div>
<section class="question-answers"><h2 id="answers-to">Answers to the questions</h2>
<details class="answer" id="answer-1"><summary>Question 1</summary>
<ul id="answer-1-text"><li>A</li></ul></details>
</section></section>"""
#: The letters of a page's formulas, and a formula that is written with one.
GLYPHS = '<svg class="formula-glyphs"><defs><path id="letter-x" d="M0 0h9v9z"></path></defs></svg>'
NOTES = """<section id="n"><h1>Glossary</h1>
<p><a href="one.html#ex-a">1.1</a> <svg><use href="#letter-x"></use></svg></p></section>"""


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Return the folder of a site of three pages."""
    (tmp_path / "book").mkdir()
    (tmp_path / "_static").mkdir()
    mark = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><path d="M0 0h9v9z"/></svg>'
    )
    (tmp_path / "_static" / "mark.svg").write_text(mark, "utf-8")
    (tmp_path / "_static" / "book.css").write_text("p { margin: 1em }", "utf-8")
    sheet = '<link rel="stylesheet" href="../_static/book.css?v=1">'
    sheet += '<link rel="icon" href="../_static/mark.svg">'
    for name, text in {"intro": FRONT, "one": ONE, "glossary": NOTES}.items():
        page = (
            f'<html><head>{sheet}</head><body>{GLYPHS}<article class="bd-article">{text}</article>'
        )
        (tmp_path / "book" / f"{name}.html").write_text(page, "utf-8")
    return tmp_path


def composed(site: Path, facts: Facts = FACTS) -> BeautifulSoup:
    """Return the document of the small site."""
    text = Document(site, ["intro", "one", "glossary"], facts).render("")
    return BeautifulSoup(text, "html.parser")


def test_links_lead_into_the_document_or_out_of_it(small: Path) -> None:
    soup = composed(small)
    links = [link.get("href") for link in soup.select("#intro p a")]
    assert links == ["#one", "#one--here", "https://example.org/"], "no page of functions: no link"
    assert "f" in soup.select_one("#intro p").get_text()
    published = composed(small, Facts(**{**vars(FACTS), "address": "https://example.org/book"}))
    assert published.select_one('a[href="https://example.org/book/book/api.html#f"]')


def test_every_name_is_there_once_and_every_link_has_its_place(small: Path) -> None:
    soup = composed(small)
    names = Counter(tag["id"] for tag in soup.select("[id]"))
    assert {name for name, times in names.items() if times > 1} == set()
    for link in soup.select('a[href^="#"]'):
        assert link["href"][1:] in names, link


def test_solutions_and_answers_are_at_the_end_with_links_both_ways(small: Path) -> None:
    soup = composed(small)
    parts = [part["id"] for part in soup.select("section.part")]
    assert parts == ["intro", "one", "solutions", "answers", "glossary"]
    solution = soup.select_one("#solutions .in-solutions")
    assert "Done." in solution.get_text()
    assert solution.select_one('a[href="#one--ex-a"]')
    assert soup.select_one("#one--ex-a a")["href"] == f"#{solution['id']}"
    assert soup.select_one("#one--ex-b a") is None, "an exercise without a solution says nothing"
    answer = soup.select_one("#answers .answer")
    assert answer.name == "div", "what is closed is not printed"
    assert answer.select_one('a[href="#one--question-1"]')
    assert soup.select_one("#one--question-1 a")["href"] == f"#{answer['id']}"


def test_what_is_for_screens_stays_there(small: Path) -> None:
    soup = composed(small)
    assert not soup.select("body .headerlink, #intro--draw, .published-only")
    image = soup.select_one("#one img")
    assert "loading" not in image.attrs
    assert image["src"].startswith("file:")
    assert len(soup.select('link[rel="stylesheet"]')) == 1
    # What is folded there is not here, where nobody could unfold it; nor does a heading stay behind
    # at the foot of a page, as before what a browser takes for an open fold.
    assert soup.select_one("#one .cell").get_text().split() == ["1", "+", "1"]
    assert not soup.select("#one details")


def test_what_drawings_refer_to_is_there(small: Path) -> None:
    soup = composed(small)
    assert soup.select_one("#glossary use")["href"] == "#letter-x"
    assert len(soup.select("#letter-x")) == 1, "three pages have it"


def test_page_numbers_are_filled_in(small: Path) -> None:
    text = Document(small, ["intro", "one", "glossary"], FACTS).render("")
    wanted = list(places(text))
    assert {"one", "one--here", "solutions", "one--ex-a--solution"} <= set(wanted)
    filled = BeautifulSoup(fill(text, dict.fromkeys(wanted, 0) | {"one": 41}), "html.parser")
    assert filled.select_one('.page-list a[href="#one"]').get_text() == "1. One 41"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda folder: (folder / "book" / "one.html").unlink(), "is not built; run `make book`"),
        (lambda folder: (folder / "_static" / "book.css").unlink(), "expected the file"),
        (
            lambda folder: (folder / "book" / "one.html").write_text("<p>", "utf-8"),
            "expected a section in article.bd-article, found none",
        ),
    ],
)
def test_a_site_that_lacks_something_gets_one_line(small: Path, change, said: str) -> None:
    change(small)
    with pytest.raises(PdfError, match=re.escape(said)):
        composed(small)


def test_the_date_is_said_or_refused(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    assert pdf.seconds(tmp_path) == 86400
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    with pytest.raises(PdfError, match="expected seconds since 1970, found 'yesterday'"):
        pdf.seconds(tmp_path)
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    with pytest.raises(PdfError, match="expected a git repository"):
        pdf.seconds(tmp_path)


def test_two_prints_are_the_same(small: Path, browser, tmp_path: Path) -> None:
    document = Document(small, ["intro", "one", "glossary"], FACTS).render(
        pdf.STYLE.read_text("utf-8")
    )
    prints = []
    for name in ("first", "second"):
        path = tmp_path / f"{name}.pdf"
        pdf.print_once(browser, document, path)
        pdf.describe(path, FACTS, pdf.headings(document), 86400)
        prints.append(path.read_bytes())
    assert prints[0] == prints[1]


def test_what_the_document_lacks_is_said(small: Path, browser, tmp_path: Path) -> None:
    with pytest.raises(PdfError, match="not found: file:///nowhere"):
        pdf.print_once(browser, '<img src="file:///nowhere.png">', tmp_path / "none.pdf")


# The book itself. It is printed once for all tests below.


@pytest.fixture(scope="module")
def document(site: Path) -> BeautifulSoup:
    """Return the document of the book."""
    said = pdf.facts(ROOT, pdf.seconds(ROOT), "")
    return BeautifulSoup(Document(site, page_names(ROOT), said).render(""), "html.parser")


@pytest.fixture(scope="module")
def course(site: Path, browser, tmp_path_factory) -> pypdf.PdfReader:
    """Return the PDF of the book."""
    path = tmp_path_factory.mktemp("pdf") / "course.pdf"
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("BOOK_URL", raising=False)
        pdf.make(browser, site, ROOT, path)
    return pypdf.PdfReader(path)


@pytest.fixture(scope="module")
def texts(course: pypdf.PdfReader) -> list[str]:
    """Return the text of each page."""
    return [" ".join(page.extract_text().split()) for page in course.pages]


@pytest.fixture(scope="module")
def numbers(course: pypdf.PdfReader) -> dict[str, int]:
    """Return the page of each place, counted from 1."""
    return pdf.pages_of(course.stream)


def links(course: pypdf.PdfReader) -> list[str]:
    """Return the places that links lead to."""
    notes = [note.get_object() for page in course.pages for note in page.get("/Annots", [])]
    return [str(note["/Dest"]).removeprefix("/") for note in notes if "/Dest" in note]


def bookmarks(course: pypdf.PdfReader, outline=None) -> list[tuple[str, int]]:
    """Return the bookmarks, each with its page."""
    found = []
    for item in course.outline if outline is None else outline:
        if isinstance(item, list):
            found += bookmarks(course, item)
        else:
            page = course.get_destination_page_number(item)
            assert page is not None
            found.append((item.title, page + 1))
    return found


def alternatives(course: pypdf.PdfReader) -> set[str]:
    """Return the alternative texts of all figures."""
    found: set[str] = set()
    waiting: list[Any] = [course.root_object["/StructTreeRoot"]]
    while waiting:
        node = waiting.pop().get_object()
        if isinstance(node, list):
            waiting += node
        elif isinstance(node, dict):
            found |= {" ".join(str(node["/Alt"]).split())} if "/Alt" in node else set()
            waiting += [node["/K"]] if "/K" in node else []
    return found


@pytest.mark.slow
def test_the_whole_course_is_there(course, texts, document) -> None:
    assert 90 <= len(course.pages) <= 170
    listed = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))["parts"]
    files = [Path(c["file"]).name for part in listed for c in part["chapters"]]
    assert {part["id"] for part in document.select("section.part")} >= set(files) - LEFT_OUT
    for number, text in enumerate(texts, start=1):
        assert len(text) > 60, f"page {number} is nearly empty: {text!r}"
    whole = " ".join(texts)
    for wrong in (r"\(", r"\[", "[missing]", "{glue", "Traceback", "Click to show", "NaN%"):
        assert wrong not in whole


@pytest.mark.slow
def test_bookmarks_name_every_chapter_and_section(course, document, numbers) -> None:
    found = bookmarks(course)
    for part in document.select("section.part"):
        title = " ".join(part.h1.get_text().split())
        assert (title, numbers[part["id"]]) in found
    for section in document.select("section.part > section[id] > h2"):
        assert " ".join(section.get_text().split()) in {title for title, _ in found}


@pytest.mark.slow
def test_contents_say_the_pages(course, texts, document, numbers) -> None:
    contents = " ".join(texts[1:4])
    for part in document.select("section.part"):
        title = " ".join(part.h1.get_text().split())
        assert f"{title} {numbers[part['id']]}" in contents
    for number, text in enumerate(texts[1:], start=2):
        assert re.search(rf"(^|\D){number}(\D|$)", text), f"page {number} does not say so"


@pytest.mark.slow
def test_every_link_has_its_place(course, document, numbers) -> None:
    wanted = {link["href"][1:] for link in document.select('a[href^="#"]')}
    found = set(links(course))
    assert found <= set(numbers)
    assert wanted <= found, sorted(wanted - found)[:3]
    cited = {place for place in wanted if place.startswith("references--")}
    assert len(cited) > 20
    assert {numbers[place] for place in cited} <= set(range(numbers["references"], 999))


@pytest.mark.slow
def test_every_figure_and_formula_is_there(course, document, site) -> None:
    pictures = {
        " ".join(image["alt"].split()) for image in document.select("img[alt]:not([alt=''])")
    }
    assert len(pictures) > 60
    assert pictures <= alternatives(course)
    on_pages = 0  # those of a term's definition are shown by the mouse alone
    for name in page_names(ROOT):
        page = parsed(site / "book" / f"{name}.html")
        on_pages += len(page.select("article .math:not(.term-definition *)"))
    assert len(document.select(".math")) == on_pages


@pytest.mark.slow
def test_solutions_are_at_the_end(document, numbers) -> None:
    solutions = [place for place in numbers if place.endswith("--solution")]
    assert len(solutions) == len(document.select(".in-solutions")) > 30
    for place in solutions:
        assert numbers[place] >= numbers["solutions"] > numbers["07-learning"]
        assert numbers[place.removesuffix("--solution")] < numbers["solutions"]


@pytest.mark.slow
def test_title_page_and_metadata(course, texts) -> None:
    said = pdf.facts(ROOT, pdf.seconds(ROOT), "")
    for text in (said.title, said.authors, said.version, said.date):
        assert text in texts[0]
    assert course.metadata.title == said.title
    assert course.metadata.author == said.authors
    assert course.root_object["/Lang"] == said.language
    assert course.root_object["/MarkInfo"]["/Marked"]
    assert course.stream.seek(0, 2) < 25_000_000


#: Elements that reach over the right edge of the text, by the browser's measure.
TOO_WIDE = """() => {
  const edge = document.querySelector('main').getBoundingClientRect().right;
  const hidden = (e) => e.closest('.visually-hidden, mjx-assistive-mml, svg, .sr-only');
  return [...document.querySelectorAll('main *')]
    .filter((e) => !hidden(e) && e.getBoundingClientRect().right > edge + 1)
    .map((e) => `${e.tagName}.${e.className}: ${e.textContent.slice(0, 60)}`);
}"""


@pytest.mark.slow
def test_nothing_is_cut_off(site: Path, browser, tmp_path: Path) -> None:
    said = pdf.facts(ROOT, pdf.seconds(ROOT), "")
    path = tmp_path / "course.html"
    style = pdf.STYLE.read_text("utf-8")
    path.write_text(Document(site, page_names(ROOT), said).render(style), "utf-8")
    # As wide as the text on a page, A4 less its margins: 172 mm.
    page = browser.new_page(viewport={"width": 650, "height": 980})
    page.emulate_media(media="print")
    page.goto(path.as_uri())
    page.evaluate(pdf.READY)
    assert page.evaluate(TOO_WIDE) == []
    page.close()
