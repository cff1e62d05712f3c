"""Slides from the built book: one HTML file a chapter, which needs nothing else.

``python -m tools.slides`` writes ``_build/slides/NN-name.html``. What is on a slide is taken from
the chapter's page as it was built, so that its figures, captions and numbers are those of the run:
each section's heading with each of its figures, and the sentence that follows the figure; the
questions of *Predict, then run*; what the chapter says it has taught. Slides are put together by
nbconvert, and shown by reveal.js, which is in ``tools/slides/reveal``.

Press Escape for all slides at once. To print: the browser's own command.
"""

from __future__ import annotations

import base64
import copy
import html
import mimetypes
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbconvert
import nbformat
from bs4 import BeautifulSoup, NavigableString, Tag

from tools.plain_markdown import Book, Chapter

ROOT = Path(__file__).resolve().parents[1]
HTML = Path("_build", "html")
OUT = Path("_build", "slides")
PARTS = Path(__file__).with_suffix("")
#: Sections that no slide is made of, but for their questions.
LEFT_OUT = {"Exercises", "Questions", "Common mistakes", "Further reading"}
RECAP, GOALS = "What you have learned", "What you will learn"
#: What is a part of the page, and not of its text.
NOT_TEXT = (
    ".headerlink, script, style, template, .cell_input, [role=tooltip], button, .toggle-hint, "
    ".visually-hidden, .term-definition, .svg-inline--fa"
)
#: Characters above which a list or a question is set smaller.
LONG = 360
#: The end of a sentence: what is behind it begins with a capital, or is nothing.
SENTENCE = re.compile(r"(?<=[.!?:])(?=\s+[A-Z(“\"]|\s*$)")


class SlidesError(Exception):
    """Why there are no slides, in one line."""


@dataclass
class Deck:
    """The slides of a chapter: each HTML, and whether it stands below the one before it."""

    slides: list[tuple[str, bool]] = field(default_factory=list)
    #: What the page's formulas are drawn with.
    glyphs: str = ""

    def add(self, content: str, *, below: bool = False) -> None:
        """Add a slide."""
        self.slides.append((content, below))


def heading_of(section: Tag) -> str:
    """Return a section's heading as text."""
    found = section.find(["h1", "h2", "h3"])
    if not isinstance(found, Tag):
        return ""
    found = copy.copy(found)
    for part in found.select(".headerlink, .section-number"):
        part.decompose()
    return found.get_text().strip()


def inner(tag: Tag) -> str:
    """Return what is in an element, without links, which would lead out of the deck."""
    tag = copy.copy(tag)
    for part in tag.select(NOT_TEXT):
        part.decompose()
    for part in tag.select("a, .xref, .pasted-text, .measured-time"):
        part.unwrap()
    for part in tag.find_all(True):
        if part.name == "mjx-container" or part.find_parent("mjx-container"):
            continue
        kept = {"caption-number", "math", "caption-text"} & set(part.get("class") or [])
        part.attrs = {"class": sorted(kept)} if kept else {}
    return tag.decode_contents().strip()


def first_sentence(paragraph: Tag) -> str:
    """Return a paragraph's first sentence, with its formulas and emphasis."""
    whole = BeautifulSoup(f"<p>{inner(paragraph)}</p>", "html.parser").p
    assert whole is not None
    taken: list[str] = []
    for part in whole.contents:
        if isinstance(part, NavigableString):
            ends = SENTENCE.search(part)
            # The end of a text is one of a sentence only where the paragraph ends.
            if ends and (part[ends.start() :].strip() or part is whole.contents[-1]):
                return "".join(taken) + html.escape(part[: ends.start()]).rstrip(":")
            taken.append(html.escape(str(part)))
        else:
            taken.append(str(part))
    return "".join(taken).strip().rstrip(":")


def image(tag: Tag, page: Path) -> str:
    """Return an image that is in the deck itself, with its alternative text."""
    source = (page.parent / str(tag["src"])).resolve()
    kind = mimetypes.guess_type(source.name)[0] or "image/png"
    data = base64.b64encode(source.read_bytes()).decode()
    alt = html.escape(str(tag.get("alt", "")), quote=True)
    return f'<img src="data:{kind};base64,{data}" alt="{alt}">'


def notice(tag: Tag) -> str:
    """Return the sentence that says what to notice: the first after a figure."""
    cell = tag.find_parent(class_="cell")
    place = cell if isinstance(cell, Tag) else tag
    # The outcome of a question may be in a box of its own, with the sentence behind or in it.
    for following in place.find_all_next(["p", "h2", "h3", "figure", "img"]):
        if (
            following is tag
            or following.find_parent("figure") is tag
            or following.find_parent(class_="cell_input")
        ):
            continue
        apart = following.find_parent(class_="admonition") or following.find_parent(["table", "li"])
        if following.name != "p" or apart:
            return ""
        return first_sentence(following)
    return ""


def figures(section: Tag) -> list[Tag]:
    """Return a section's figures in order: figures, and images of cells that are in none."""
    found = []
    for tag in section.select("figure, img"):
        inside = tag.name == "img" and (tag.find_parent("figure") or not tag.get("src"))
        hidden = tag.find_parent(class_="solution") or tag.find_parent(class_="exercise")
        if not inside and not hidden and (tag.name == "img" or tag.find("img")):
            found.append(tag)
    return found


def predictions(section: Tag) -> list[tuple[Tag, str]]:
    """Return a section's questions of what will come out: each box, and its text with choices."""
    found = []
    for box in section.select(".prediction"):
        question = copy.copy(box)
        choices = [inner(choice) for choice in question.select(".choice-text")]
        for part in question.select(".admonition-title, .title, .choice, .question-tools"):
            part.decompose()
        for legend in question.select("legend"):
            legend.name = "p"
        for part in question.select("fieldset"):
            part.unwrap()
        listed = "".join(f"<li>{choice}</li>" for choice in choices)
        found.append((box, inner(question) + (f'<ol type="A">{listed}</ol>' if listed else "")))
    return found


def sections(article: Tag) -> list[tuple[str, Tag]]:
    """Return a chapter's sections, each with its heading."""
    whole = article.find("section")
    if not isinstance(whole, Tag):
        raise SlidesError("the page has no chapter")
    found = whole.select(":scope > section:not(.question-answers)")
    return [(heading_of(section), section) for section in found]


def opening(article: Tag) -> Tag:
    """Return what stands before a chapter's first section."""
    whole = article.find("section")
    assert isinstance(whole, Tag)
    before = copy.copy(whole)
    for section in before.find_all("section"):
        section.decompose()
    return before


def bullets(tag: Tag) -> str:
    """Return the first list in an element."""
    found = tag.find(["ul", "ol"])
    if not isinstance(found, Tag):
        return ""
    size = ' class="long"' if len(found.get_text()) > LONG else ""
    return f"<{found.name}{size}>{inner(found)}</{found.name}>"


def add_section(deck: Deck, title: str, section: Tag, page: Path) -> None:
    """Add a section's slides: one a figure and a question, or its first sentence alone."""
    head = f"<h2>{html.escape(title)}</h2>"
    place = {id(tag): number for number, tag in enumerate(section.find_all(True))}
    shown = [(place[id(tag)], figure_slide(tag, page)) for tag in figures(section)]
    for box, question in predictions(section):
        size = " long" if len(box.get_text()) > LONG else ""
        text = f'<div class="predict{size}"><strong>Predict</strong>{question}</div>'
        shown.append((place[id(box)], text))
    paragraph = section.find("p")
    if not shown and isinstance(paragraph, Tag):
        shown = [(0, f"<p>{first_sentence(paragraph)}</p>")]
    for count, (_, content) in enumerate(sorted(shown)):
        deck.add(head + content, below=count > 0)


def figure_slide(tag: Tag, page: Path) -> str:
    """Return a figure with its caption, and the sentence that says what to notice."""
    picture = tag if tag.name == "img" else tag.find("img")
    assert isinstance(picture, Tag)
    caption = tag.find("figcaption")
    text = f"<figcaption>{inner(caption)}</figcaption>" if isinstance(caption, Tag) else ""
    said = notice(tag)
    below = f'<p class="notice">{said}</p>' if said else ""
    return f"<figure>{image(picture, page)}{text}</figure>{below}"


def deck_of(chapter: Chapter, book: Book, root: Path) -> Deck:
    """Return a chapter's slides.

    Raises
    ------
    SlidesError
        When its page is not built.
    """
    page = root / HTML / f"{chapter.page}.html"
    if not page.exists():
        raise SlidesError(f"{page.relative_to(root)} is not built; run `make book`")
    parsed = BeautifulSoup(page.read_text("utf-8"), "html.parser")
    article, glyphs = parsed.select_one("article"), parsed.select_one(".formula-glyphs")
    if article is None:
        raise SlidesError(f"{page.relative_to(root)} has no article")
    deck = Deck(glyphs=str(glyphs or ""))
    whole = article.find("section")
    assert isinstance(whole, Tag)
    title = heading_of(whole)
    deck.add(
        f'<div class="title"><p class="number">Chapter {chapter.number}</p>'
        f'<h1>{html.escape(title)}</h1><p class="book">{html.escape(book.title)}</p></div>'
    )
    before = opening(article)
    for box in before.select(".admonition"):
        if GOALS in box.get_text():
            deck.add(f"<h2>{GOALS}</h2>{bullets(box)}")
            box.decompose()
    if figures(before):
        add_section(deck, title, before, page)
    for name, section in sections(article):
        if name == RECAP:
            deck.add(f"<h2>{RECAP}</h2>{bullets(section)}")
        elif name not in LEFT_OUT:
            add_section(deck, name, section, page)
    return deck


def notebook(deck: Deck, metadata: dict[str, Any]) -> nbformat.NotebookNode:
    """Return a notebook whose cells are the slides, as nbconvert wants them."""
    cells = [
        nbformat.v4.new_raw_cell(
            content, metadata={"slideshow": {"slide_type": "subslide" if below else "slide"}}
        )
        for content, below in deck.slides
    ]
    return nbformat.v4.new_notebook(cells=cells, metadata={"deck": metadata})


def render(chapter: Chapter, book: Book, root: Path = ROOT) -> str:
    """Return a chapter's deck as HTML."""
    deck = deck_of(chapter, book, root)
    static = root / "book" / "_static"
    icon = (static / "mark.svg").read_bytes()
    metadata = {
        "title": f"{chapter.number}. {heading(deck)} — {book.title}",
        "language": "en",
        "icon": f"data:image/svg+xml;base64,{base64.b64encode(icon).decode()}",
        "reveal_css": (PARTS / "reveal" / "reveal.css").read_text("utf-8"),
        "reveal_js": in_script((PARTS / "reveal" / "reveal.js").read_text("utf-8")),
        "css": "".join(
            path.read_text("utf-8") for path in (PARTS / "slides.css", static / "formulas.css")
        ),
        "glyphs": deck.glyphs,
    }
    make: Any = vars(nbconvert)["SlidesExporter"]  # it has no types
    exporter = make(template_name=PARTS.name, extra_template_basedirs=[str(PARTS.parent)])
    made: str = exporter.from_notebook_node(notebook(deck, metadata))[0]
    return made


def in_script(text: str) -> str:
    """Return a script as it may stand inside an element, which the text must not end."""
    return text.replace("</script", "<\\/script")


def heading(deck: Deck) -> str:
    """Return the title on a deck's first slide."""
    found = re.search(r"<h1>(.*?)</h1>", deck.slides[0][0])
    return html.unescape(found[1]) if found else ""


def main(root: Path = ROOT) -> int:
    """Write all decks."""
    book = Book.read(root)
    out = root / OUT
    out.mkdir(parents=True, exist_ok=True)
    try:
        for chapter in book.chapters:
            if chapter.number:
                path = out / f"{chapter.name}.html"
                path.write_text(render(chapter, book, root), "utf-8")
                print(path.relative_to(root).as_posix())
    except SlidesError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
