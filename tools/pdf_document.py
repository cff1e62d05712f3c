"""The course as one HTML document, put together from the pages of the built book.

The pages are those that readers see, so figures, numbers and formulas are those of the build, and
nothing runs again. Their names (``id``) get the page's name before them, links between pages lead
to these, and solutions and answers move to the end. Where a page number belongs stands an element
with ``data-page-of``; `fill` puts the numbers in once they are known.
"""

from __future__ import annotations

import calendar
import html
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag, urljoin

import yaml
from bs4 import BeautifulSoup, Tag

from tools.plain_markdown import pages

#: Pages that are no part of the course, and those that come after the solutions.
LEFT_OUT = {"api", "teaching"}
BACK = {"notation", "glossary", "costs", "model-card", "data-sheet", "references"}
#: What the front page is called where the book's title stands on a page of its own.
ABOUT = "About this course"
#: What is there to be pressed, to be watched, or for a screen alone.
FOR_SCREENS = (
    ".headerlink, button, script, link, template, .hero .sd-btn, .question-tools, .term-definition,"
    " .try-live, #draw.draw-small, .published-only"
)
#: What is said where a picture stands for something live.
STILLS = ".try-still > img + p, .draw-still:not(:has(img)), .train-still:not(:has(img))"
#: Attributes that name elements of the same page, several at once.
NAMING = ("aria-labelledby", "aria-describedby", "aria-controls", "headers")
NUMBER = "000"


class PdfError(Exception):
    """Why there is no PDF, in one line."""


@dataclass(frozen=True)
class Facts:
    """What the title page says."""

    title: str
    authors: str
    version: str
    date: str
    licence: str
    language: str = "en"
    address: str = ""


def page_names(root: Path) -> list[str]:
    """Return the pages of the course, in the order of the table of contents."""
    names = [Path(file).name for file in pages(root)]
    return [name for name in names if name not in LEFT_OUT]


class Document:
    """The pages of a built site as one document.

    Parameters
    ----------
    site
        The folder of the built site, with its pages in ``book/``.
    names
        The pages, in order; the first is the front page.
    facts
        What the title page says.
    """

    def __init__(self, site: Path, names: list[str], facts: Facts) -> None:
        self.site, self.names, self.facts = site, names, facts
        self.soup = BeautifulSoup("", "html.parser")
        self.styles: list[str] = []
        self.mark = ""
        #: What drawings of several pages refer to, such as the letters of formulas.
        self.shared: dict[str, Tag] = {}
        self.parts = [self.read(name) for name in names]
        self.titles = {part["id"]: self.title_of(part) for part in self.parts}

    # Reading

    def read(self, name: str) -> Tag:
        """Return a page's text as an element of its own, which is named after the page."""
        path = self.site / "book" / f"{name}.html"
        if not path.exists():
            raise PdfError(f"{path} is not built; run `make book`")
        page = BeautifulSoup(path.read_text("utf-8"), "html.parser")
        article = page.select_one("article.bd-article > section")
        if article is None:
            raise PdfError(f"{path}: expected a section in article.bd-article, found none")
        self.take_styles(page, path)
        for glyph in page.select(".formula-glyphs [id]"):
            self.shared.setdefault(glyph["id"], glyph)
        for part in article.select(FOR_SCREENS):
            part.decompose()
        self.rename(article, name)
        self.aim_links(article, name)
        self.find_pictures(article, path)
        for folded in article.select("div.cell details.hide"):
            folded.summary.decompose()  # on paper nothing can be hidden
            folded.name, folded.attrs = "div", {}
        for details in article.select("details"):
            details["open"] = ""
        for words in article.select(STILLS):
            words.replace_with(self.of_still(name))
        part = self.new("section", id=name, class_="part")
        part.extend(list(article.children))
        if name == self.names[0]:
            self.heading(part).string = ABOUT
        return part

    def take_styles(self, page: BeautifulSoup, path: Path) -> None:
        """Keep a page's style sheets, each once, and the book's mark."""
        icon = page.select_one('link[rel~="icon"]')
        if icon is None:
            raise PdfError(f"{path}: expected a link to the book’s mark, found none")
        self.mark = self.file(icon["href"], path)
        for link in page.select('link[rel~="stylesheet"]'):
            address = self.file(link["href"], path)
            if address not in self.styles:
                self.styles.append(address)

    @staticmethod
    def rename(article: Tag, name: str) -> None:
        """Put the page's name before the names of its elements, of which none is there twice."""
        seen: set[str] = set()
        drawn = {f"#{tag['id']}" for tag in article.select("svg [id]")}
        for tag in article.find_all(True):
            for key in ("href", "xlink:href"):
                if tag.name != "a" and tag.get(key) in drawn:
                    tag[key] = f"#{name}--{tag[key][1:]}"
            if "id" in tag.attrs:
                if tag["id"] in seen:
                    del tag["id"]  # sphinx-exercise calls the text of each exercise the same
                else:
                    seen.add(tag["id"])
                    tag["id"] = f"{name}--{tag['id']}"
            for key in ("for", "name"):
                if key in tag.attrs:
                    tag[key] = f"{name}--{tag[key]}"
            for key in NAMING:
                if key in tag.attrs:
                    tag[key] = " ".join(f"{name}--{word}" for word in str(tag[key]).split())
            for key, value in tag.attrs.items():
                if isinstance(value, str) and "url(#" in value:
                    tag[key] = value.replace("url(#", f"url(#{name}--")

    def aim_links(self, article: Tag, name: str) -> None:
        """Have links lead into this document, else to the published book, else nowhere."""
        for link in article.select("a[href]"):
            href = str(link["href"])
            if re.match(r"[a-z]+:", href):
                continue
            file, place = urldefrag(urljoin(f"book/{name}.html", href))
            page = Path(file).stem
            if file.startswith("book/") and page in self.names:
                link["href"] = f"#{page}--{unquote(place)}" if place else f"#{page}"
            elif self.facts.address:
                link["href"] = f"{self.facts.address}/{file}" + (f"#{place}" if place else "")
            else:
                link.unwrap()

    def find_pictures(self, article: Tag, path: Path) -> None:
        """Have pictures load at once, from where the site has them."""
        for source in article.select("picture > source"):
            source.decompose()
        for image in article.select("img[src]"):
            if not image["src"].startswith("data:"):
                image["src"] = self.file(image["src"], path)
            for key in ("loading", "srcset", "sizes", "decoding"):
                del image[key]

    @staticmethod
    def file(reference: str, path: Path) -> str:
        """Return the address of a file that a page refers to."""
        found = (path.parent / unquote(reference.partition("?")[0])).resolve()
        if not found.exists():
            raise PdfError(f"{path}: expected the file {reference}, found none")
        return found.as_uri()

    # Putting together

    def new(self, kind: str, text: str = "", *, class_: str = "", **attributes: str) -> Tag:
        """Return a new element."""
        tag = self.soup.new_tag(kind, attrs={**attributes, **({"class": class_} if class_ else {})})
        if text:
            tag.string = text
        return tag

    def reference(self, text: str, place: str, class_: str) -> Tag:
        """Return a link that says the page it leads to."""
        link = self.new("a", f"{text} ", class_=class_, href=f"#{place}")
        number = self.new("span", NUMBER, class_="page-number")
        number["data-page-of"] = place
        link.append(number)
        return link

    @staticmethod
    def heading(part: Tag) -> Tag:
        """Return a part's heading."""
        found = part.find(["h1", "h2"])
        if not isinstance(found, Tag):
            raise PdfError(f"{part.get('id')}: expected a heading, found none")
        return found

    def of_still(self, name: str) -> Tag:
        """Return what is said below a still picture: where the live one is."""
        words = self.new("p", "A still picture. ", class_="still-note")
        if self.facts.address:
            address = f"{self.facts.address}/book/{name}.html"
            words.append("The live one: ")
            words.append(self.new("a", address, href=address))
        else:
            words.append("The live one is on the book’s page.")
        return words

    def title_of(self, part: Tag) -> str:
        """Return a part's heading as text."""
        return " ".join(self.heading(part).get_text().split())

    def back_part(self, place: str, title: str) -> Tag:
        """Return an empty part for the end."""
        part = self.new("section", id=place, class_="part")
        part.append(self.new("h1", title))
        self.titles[place] = title
        return part

    def solutions(self) -> Tag:
        """Move the solutions out of the chapters; links lead there and back."""
        back = self.back_part("solutions", "Solutions")
        for part in self.parts:
            found = part.select(".solution")
            if not found:
                continue
            chapter = self.new("section", id=f"solutions--{part['id']}")
            chapter.append(self.new("h2", self.titles[part["id"]]))
            for solution in found:
                title = solution.select_one(".admonition-title a[href]")
                exercise = title and part.find(id=title["href"].removeprefix("#"))
                if not isinstance(exercise, Tag):
                    raise PdfError(f"{part['id']}: a solution's exercise is not on the page")
                place = f"{exercise['id']}--solution"
                exercise.append(self.reference("Solution: page", place, "see-page"))
                solution["id"] = place
                solution["class"] = ["admonition", "in-solutions"]
                chapter.append(solution.extract())
            back.append(chapter)
        return back

    def answers(self) -> Tag:
        """Move what is said of the questions' choices to the end; links lead there and back."""
        back = self.back_part("answers", "Answers to the questions")
        for part in self.parts:
            found = part.select_one(".question-answers")
            if found is None:
                continue
            self.heading(found).string = self.titles[part["id"]]
            back.append(found.extract())
            for question in part.select(".question"):
                link = question.select_one(".to-answer a")
                if link is None:
                    raise PdfError(f"{part['id']}: a question has no link to its answer")
                answer = found.find(id=link["href"].removeprefix("#")).find_parent("details")
                link.replace_with(self.reference("Answer: page", answer["id"], "see-page"))
                summary = answer.summary
                summary.name = "p"
                summary["class"] = ["answer-title"]
                text = summary.get_text().strip()
                summary.clear()
                summary.append(self.new("a", text, href=f"#{question['id']}"))
                answer.name = "div"
        return back

    def contents(self, parts: list[Tag]) -> Tag:
        """Return the table of contents: parts and their sections, with page numbers."""
        nav = self.new("nav", id="contents", class_="page-list")
        nav.append(self.new("h1", "Contents"))
        outer = self.new("ol")
        for part in parts:
            entry = self.new("li")
            entry.append(self.entry(self.titles[part["id"]], part["id"]))
            inner = self.new("ol")
            for section in part.find_all("section", recursive=False):
                if "id" in section.attrs and section.h2:
                    item = self.new("li")
                    item.append(self.entry(self.title_of(section), section["id"]))
                    inner.append(item)
            if inner.contents and part["id"] not in ("glossary", "references"):
                entry.append(inner)
            outer.append(entry)
        nav.append(outer)
        return nav

    def entry(self, title: str, place: str) -> Tag:
        """Return a line of the table of contents."""
        link = self.reference("", place, "")
        name = self.new("span", title, class_="entry")
        link.insert(0, name)
        return link

    def title_page(self) -> Tag:
        """Return the title page."""
        facts = self.facts
        page = self.new("section", class_="title-page", id="title")
        page.append(self.new("img", src=self.mark, alt="", class_="mark"))
        page.append(self.new("h1", facts.title))
        page.append(self.new("p", facts.authors, class_="authors"))
        page.append(self.new("p", f"Version {facts.version}, {facts.date}", class_="version"))
        if facts.address:
            where = self.new("p", class_="address")
            where.append(self.new("a", facts.address, href=facts.address))
            page.append(where)
        page.append(self.new("p", facts.licence, class_="licence"))
        return page

    def running_heads(self, parts: list[Tag]) -> str:
        """Return the style that has each page say which part it belongs to."""
        return "\n".join(
            f"#{css_name(part['id'])} {{ page: of-{part['id']}; }}\n"
            f"@page of-{part['id']} {{ @top-left {{ content: {css_text(title)}; }} }}"
            for part in parts
            for title in [self.titles[part["id"]]]
        )

    def render(self, style: str) -> str:
        """Return the document; afterwards this object is used up."""
        back = [self.solutions(), self.answers()]
        front = [part for part in self.parts if part["id"] not in BACK]
        parts = [*front, *back, *(part for part in self.parts if part["id"] in BACK)]
        sheets = "\n".join(f'<link rel="stylesheet" href="{href}">' for href in self.styles)
        glyphs = "".join(map(str, self.shared.values()))
        body = "\n".join(map(str, [self.title_page(), self.contents(parts), *parts]))
        return (
            f'<!DOCTYPE html>\n<html lang="{self.facts.language}" data-theme="light">\n<head>\n'
            f'<meta charset="utf-8">\n<title>{html.escape(self.facts.title)}</title>\n{sheets}\n'
            f"<style>\n{style}\n{self.running_heads(parts)}\n</style>\n"
            "</head>\n"
            f'<body><div class="bd-content"><main class="bd-article">\n'
            f'<svg class="formula-glyphs" aria-hidden="true"><defs>{glyphs}</defs></svg>\n'
            f"{body}\n</main></div></body>\n</html>\n"
        )


def css_text(text: str) -> str:
    """Return text as CSS writes it."""
    return json.dumps(text, ensure_ascii=False)


def css_name(name: str) -> str:
    r"""Return a name as CSS writes it, which must not begin with a digit: ``\30 1-data``."""
    return f"\\3{name[0]} {name[1:]}" if name[0].isdigit() else name


def places(document: str) -> Iterator[str]:
    """Yield the places whose page numbers a document wants."""
    yield from (html.unescape(place) for place in re.findall(r'data-page-of="([^"]*)"', document))


def fill(document: str, numbers: dict[str, int]) -> str:
    """Write page numbers where they belong."""

    def number(match: re.Match[str]) -> str:
        return f"{match[1]}{numbers[html.unescape(match[2])]}</span>"

    return re.sub(r'(<span[^>]* data-page-of="([^"]*)"[^>]*>)\d*</span>', number, document)


def headings(document: str) -> list[str]:
    """Return a document's headings as text."""
    found = BeautifulSoup(document, "html.parser").find_all(re.compile("^h[1-6]$"))
    return [" ".join(heading.get_text().split()) for heading in found]


def facts(root: Path, moment: int, address: str) -> Facts:
    """Return what the title page says: the book's settings, and how it wants to be cited."""
    day = time.gmtime(moment)
    cited: dict[str, Any] = yaml.safe_load((root / "CITATION.cff").read_text("utf-8"))
    config = yaml.safe_load((root / "_config.yml").read_text("utf-8"))
    return Facts(
        title=config["title"],
        authors=config["author"],
        version=cited["version"],
        date=f"{day.tm_mday} {calendar.month_name[day.tm_mon]} {day.tm_year}",
        licence="Text and figures: CC BY 4.0. Code: MIT licence. The data has its own licence, "
        "which the references name.",
        language=config["sphinx"]["config"]["language"],
        address=address,
    )
