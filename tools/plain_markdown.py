"""Say in plain Markdown what a chapter says in MyST, for frontends that know no MyST.

The chapter's own structure is read by MyST's parser; each directive and role that the chapters use
has a translation here, and any other raises an error.
"""

from __future__ import annotations

import base64
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import jupytext
import matplotlib
import pybtex.database
import pybtex.plugin
import resvg_py
import yaml
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.mdit import create_md_parser

from tools import choices, results

#: A heading that the references of a notebook stand under; citations lead there.
REFERENCES = "References"
#: What is translated inside a line: roles and links; code is left as it is.
INLINE = re.compile(
    r"\{(?P<role>[a-z]+(?::[a-z]+)?)\}`(?P<content>[^`]+)`"
    r"|(?P<code>(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`))"
    r"|(?<!!)\[(?P<text>[^\[\]]+)\]\((?P<target>[^()\s]+)\)",
    re.DOTALL,
)
#: What would be MyST, or a number without its value, were it seen by a reader.
LEFT_OVER = re.compile(
    r"\{[a-z:-]+\}`|^\s*(?::::|```\{)|^\(\S+\)=$|\]\([^()\s]*\.md\b", re.MULTILINE
)


#: Pages that have a notebook and are no chapters.
UNNUMBERED = ("book/project",)


class NotTranslatedError(Exception):
    """A chapter has something that plain Markdown has no translation for."""


def link(text: str, target: str) -> str:
    """Return a link, or the text alone where its target is not known."""
    return f"[{text}]({target})" if target else text


def slug(heading: str) -> str:
    """Return the name that notebook frontends give to a heading."""
    return re.sub(r"[`*]", "", heading).strip().replace(" ", "-")


@dataclass(frozen=True)
class Place:
    """Where a label is: in which notebook, called what, and under which heading."""

    chapter: str
    called: str
    heading: str = ""


@dataclass(frozen=True)
class Chapter:
    """A page of the book that has a notebook.

    Attributes
    ----------
    page
        The page's name in the book, such as ``"book/01-data"``.
    number
        The chapter's number, or 0 for the front page and the project.
    text
        The source, MyST.
    """

    page: str
    number: int
    text: str

    @property
    def name(self) -> str:
        """The file's name without its ending."""
        return self.page.rpartition("/")[2]

    @property
    def notebook(self) -> str:
        """The notebook's file name."""
        return f"{self.name if self.number or self.page in UNNUMBERED else 'index'}.ipynb"


def pages(root: Path) -> list[str]:
    """Return all pages of the table of contents, in its order, the front page first."""
    contents = yaml.safe_load((root / "_toc.yml").read_text("utf-8"))
    parts = contents.get("parts", [])
    return [contents["root"], *(chapter["file"] for part in parts for chapter in part["chapters"])]


@dataclass
class Book:
    """What one chapter may refer to in others: labels, works, numbers.

    Attributes
    ----------
    root
        The repository's folder.
    title
        The book's title.
    chapters
        The pages with notebooks, the front page first.
    """

    root: Path
    title: str
    chapters: list[Chapter]

    @classmethod
    def read(cls, root: Path) -> Book:
        """Read a repository's book: the front page, the numbered chapters, the project."""
        contents = yaml.safe_load((root / "_toc.yml").read_text("utf-8"))
        title = yaml.safe_load((root / "_config.yml").read_text("utf-8"))["title"]
        numbered = [
            chapter["file"]
            for part in contents.get("parts", [])
            if part.get("numbered")
            for chapter in part["chapters"]
        ]
        chapters = [
            Chapter(page, number, (root / f"{page}.md").read_text("utf-8"))
            for number, page in enumerate([contents["root"], *numbered])
        ]
        listed = pages(root)
        chapters += [
            Chapter(page, 0, (root / f"{page}.md").read_text("utf-8"))
            for page in UNNUMBERED
            if page in listed
        ]
        # A page without a kernel in its front matter is prose alone: nothing to launch.
        run = [c for c in chapters if "\nkernelspec:\n" in c.text.partition("\n---\n")[0]]
        return cls(root, title, run)

    @cached_property
    def numbers(self) -> dict[str, dict[str, results.Value]]:
        """The committed numbers of the book's last build."""
        return results.read(self.root)

    @cached_property
    def works(self) -> pybtex.database.BibliographyData:
        """The works that can be cited."""
        return pybtex.database.parse_file(self.root / "book" / "references.bib")

    @cached_property
    def cited_as(self) -> dict[str, tuple[str, str]]:
        """How each work is cited: key → authors and year, with a letter where two look alike."""
        named = {
            key: (authors(entry), str(entry.fields.get("year", "n.d.")))
            for key, entry in self.works.entries.items()
        }
        alike = defaultdict(list)
        for key, names in named.items():
            alike[names].append(key)
        for (who, year), keys in alike.items():
            if len(keys) > 1:
                for letter, key in zip("abcdefgh", keys, strict=False):
                    named[key] = (who, year + letter)
        return named

    @cached_property
    def labels(self) -> dict[str, Place]:
        """Every label of the chapters, numbered as on the pages."""
        found: dict[str, Place] = {}
        for chapter in self.chapters:
            found |= chapter_labels(chapter)
        return found

    def drawing(self, name: str) -> str:
        """Return a drawing of the book, an SVG file, as an address that holds a PNG.

        Not every frontend shows an SVG in Markdown, or a file that lies beside the notebook. The
        letters are DejaVu's, which come with matplotlib: every machine makes the same bytes.
        """
        font = Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")
        picture = resvg_py.svg_to_bytes(
            svg_string=(self.root / "book" / name).read_text("utf-8"),
            font_files=[str(font)],
            skip_system_fonts=True,
            sans_serif_family="DejaVu Sans",
            zoom=2,
        )
        return "data:image/png;base64," + base64.b64encode(bytes(picture)).decode()


def authors(entry: pybtex.database.Entry) -> str:
    """Return a work's authors as they are named in a text: two, or the first and "et al."."""
    names = [
        # The file writes accents as TeX does; "rich" names have the letters.
        " ".join(map(str, [*person.rich_prelast_names, *person.rich_last_names]))
        for person in entry.persons["author"]
    ]
    if len(names) > 2 or names[-1] == "others":
        return f"{names[0]} et al."
    return " and ".join(names)


@dataclass(frozen=True)
class Directive:
    """A directive of MyST: ``{name} argument``, its options and what stands in it."""

    name: str
    argument: str
    options: dict[str, str]
    body: str


def read_directive(info: str, content: str) -> Directive:
    """Take a directive apart, given the first line and the lines between its fences."""
    head = re.fullmatch(r"\{([\w:-]+)\}\s*(.*)", info.strip())
    if head is None:
        raise NotTranslatedError(f"expected a directive, found {info!r}")
    options, lines = {}, content.splitlines()
    while lines and (option := re.fullmatch(r":([\w-]+):\s*(.*)", lines[0])):
        options[option[1]] = option[2]
        del lines[0]
    return Directive(head[1], head[2].strip(), options, "\n".join(lines).strip("\n"))


def parts(text: str) -> Iterator[tuple[str, str | Directive]]:
    """Yield the parts of MyST text: ``"directive"``, ``"target"``, ``"code"`` or ``"text"``."""
    config = MdParserConfig(
        enable_extensions={
            "amsmath",
            "attrs_inline",
            "colon_fence",
            "deflist",
            "dollarmath",
        }
    )
    lines = text.splitlines()
    plain: list[str] = []
    position = 0
    for token in create_md_parser(config, RendererHTML).parse(text):
        if token.level or token.map is None or token.nesting < 0:
            continue
        first, after = token.map
        special = token.type == "myst_target" or (
            token.type in ("fence", "colon_fence") and token.info.startswith("{")
        )
        heading = token.type == "heading_open"
        code = token.type == "fence" and not special
        if not special and not heading and not code:
            continue
        plain += lines[position:first]
        # A heading begins a part of its own, so that the one before it ends there.
        if "\n".join(plain).strip():
            yield "text", "\n".join(plain).strip("\n")
        plain, position = [], after
        if heading or code:
            yield "code" if code else "text", "\n".join(lines[first:after])
        elif token.type == "myst_target":
            yield "target", token.content
        else:
            yield "directive", read_directive(token.info, token.content)
    plain += lines[position:]
    if "\n".join(plain).strip():
        yield "text", "\n".join(plain).strip("\n")


def chapter_labels(chapter: Chapter) -> dict[str, Place]:
    """Return a chapter's labels, with the numbers of its page's figures, tables, exercises."""
    found: dict[str, Place] = {}
    count: dict[str, int] = defaultdict(int)
    waiting: list[str] = []

    def add(kind: str, *labels: str) -> None:
        count[kind] += 1
        called = f"{kind} {chapter.number}.{count[kind]}"
        heading = called if kind == "Exercise" else ""
        for label in labels:
            found[label] = Place(chapter.notebook, called, heading)

    for cell in jupytext.reads(chapter.text, fmt="md:myst").cells:
        if cell.cell_type == "code":
            figure = cell.metadata.get("mystnb", {}).get("figure")
            if figure:
                add("Fig.", figure["name"])
            continue
        for kind, part in parts(cell.source):
            if kind == "target":
                waiting.append(str(part))
                continue
            if isinstance(part, Directive):
                name = part.options.get("name")
                if part.name == "figure" and name:
                    add("Fig.", name)
                elif part.name == "list-table" and part.argument and name:
                    add("Table", name)
                elif part.name == "exercise-start":
                    add("Exercise", part.options["label"], *waiting)
            elif waiting and (heading := re.match(r"#+ (.*)", str(part))):
                for label in waiting:
                    found[label] = Place(chapter.notebook, heading[1], heading[1])
            waiting = []
    return found


@dataclass(frozen=True)
class Block:
    """A piece of plain Markdown, and what it is to a notebook with exercises.

    Attributes
    ----------
    text
        The Markdown.
    starts_exercise, starts_solution, ends_solution
        Whether an exercise or its solution begins or ends here.
    only_unsolved
        Whether a copy with all exercises solved leaves it out.
    starts_outcome, ends_outcome
        Whether what comes of a prediction begins after it, or ends here.
    """

    text: str
    starts_exercise: bool = False
    starts_solution: bool = False
    ends_solution: bool = False
    only_unsolved: bool = False
    starts_outcome: bool = False
    ends_outcome: bool = False


def quote(title: str, text: str) -> str:
    """Return a quotation with a bold title."""
    return "\n".join(f"> {line}".rstrip() for line in [f"**{title}**", "", *text.splitlines()])


def closed(summary: str, text: str) -> str:
    """Return what a reader has to open: every frontend knows the HTML element for it."""
    return f"<details>\n<summary>{summary}</summary>\n\n{text}\n\n</details>"


def in_html(text: str) -> str:
    """Return a line of Markdown as HTML, for a place where Markdown is not read."""
    return MarkdownIt("commonmark").renderInline(text)


@dataclass
class Translator:
    """Translates one chapter; it remembers what was cited and which numbers were shown.

    Parameters
    ----------
    chapter, book
        The chapter, and the book that its references lead into.
    site
        The published book's address, or an empty string.
    solved
        Whether the notebook stands in the folder of solutions.
    """

    chapter: Chapter
    book: Book
    site: str = ""
    solved: bool = False
    cited: list[str] = field(default_factory=list)
    shown: set[str] = field(default_factory=set)
    questions: int = 0

    # Blocks.

    def blocks(self, text: str) -> Iterator[Block]:
        """Yield the blocks of a piece of MyST.

        Raises
        ------
        NotTranslatedError
            When there is no translation.
        """
        for kind, part in parts(text):
            if isinstance(part, Directive):
                block = self.directive(part)
            elif kind == "text":
                block = Block(self.inline(part))
            else:
                # Code as it is; a label's place is nothing, since links know what it stands for.
                yield Block(part if kind == "code" else "")
                continue
            left = LEFT_OVER.search(block.text)
            if left:
                raise NotTranslatedError(
                    f"{self.chapter.page}: no plain Markdown for {left.group()!r} in:\n{block.text}"
                )
            yield block

    def plain(self, text: str) -> str:
        """Return a piece of MyST as plain Markdown."""
        return "\n\n".join(block.text for block in self.blocks(text))

    def directive(self, found: Directive) -> Block:
        """Translate a directive."""
        name = found.name.replace("-", "_")
        translate: Callable[[Directive], Block | str] | None = getattr(self, f"do_{name}", None)
        if translate is None:
            raise NotTranslatedError(
                f"{self.chapter.page}: no plain Markdown for the directive {{{found.name}}}"
            )
        block = translate(found)
        return block if isinstance(block, Block) else Block(block)

    def do_admonition(self, found: Directive) -> str:
        """A note becomes a quotation."""
        return quote(self.inline(found.argument), self.plain(found.body))

    def do_hint(self, found: Directive) -> Block:
        """A hint is closed until it is wanted."""
        return Block(closed("Hint", self.plain(found.body)), only_unsolved=True)

    def do_dropdown(self, found: Directive) -> str:
        """A summary shows itself, and hides the rest."""
        return closed(in_html(self.inline(found.argument)), self.plain(found.body))

    def do_question(self, found: Directive) -> str:
        """A question has its choices in a list; what is said of them is closed."""
        lines = found.body.splitlines()
        try:
            question = choices.read_question(lines, several="several" in found.options)
        except choices.ChoicesError as error:
            raise NotTranslatedError(f"{self.chapter.page}: {{question}}: {error}") from None
        self.questions += 1
        how_many = " (Choose all that are right.)" if "several" in found.options else ""
        asked = f"**Question {self.questions}.** {self.asked(question)}{how_many}"
        return f"{asked}\n\n{self.listed(question)}\n\n{self.answers(question)}"

    def asked(self, found: choices.Choices) -> str:
        """What stands before the choices."""
        return self.plain(f"{found.before.text}\n\n{found.asked.text}".strip())

    def listed(self, found: choices.Choices) -> str:
        """The choices, with their letters."""
        return "\n".join(f"- **{c.letter}** {self.inline(c.text.text)}" for c in found.choices)

    def answers(self, question: choices.Choices) -> str:
        """What is said of each choice, closed."""
        said = []
        for choice in question.choices:
            verdict = "Right." if choice.right else "Not this."
            # More than one paragraph stays in its point of the list.
            word = self.plain(choice.feedback.text).replace("\n", "\n  ")
            said.append(f"- **{choice.letter}** **{verdict}** {word}")
        return closed("Answer", re.sub(r"(?m)^ +$", "", "\n".join(said)))

    def do_predict(self, found: Directive) -> Block:
        """A prediction is a quotation; what comes of it follows."""
        try:
            prediction = choices.read_prediction(found.body.splitlines())
        except choices.ChoicesError as error:
            raise NotTranslatedError(f"{self.chapter.page}: {{predict}}: {error}") from None
        text = f"{self.asked(prediction)}\n\n{self.listed(prediction)}".strip()
        title = self.inline(found.argument) or "Predict, then run"
        return Block(quote(title, text), starts_outcome=True)

    def do_predict_end(self, found: Directive) -> Block:
        """The end of what comes of a prediction shows nowhere."""
        return Block("", ends_outcome=True)

    def do_exercise_start(self, found: Directive) -> Block:
        """An exercise has a heading, so that it can be found."""
        place = self.book.labels[found.options["label"]]
        return Block(f"### {place.heading}", starts_exercise=True)

    def do_exercise_end(self, found: Directive) -> str:
        """The end of an exercise's text shows nowhere."""
        return ""

    def do_solution_start(self, found: Directive) -> Block:
        """A solution is closed, and text; or, in the folder of solutions, part of the notebook."""
        text = "" if self.solved else "<details>\n<summary>Solution</summary>"
        return Block(text, starts_solution=True)

    def do_solution_end(self, found: Directive) -> Block:
        """The end of a solution."""
        return Block("" if self.solved else "</details>", ends_solution=True)

    def do_figure(self, found: Directive) -> str:
        """A drawing travels inside the notebook."""
        place = self.book.labels[found.options["name"]]
        image = self.drawing(found.argument, found.options["alt"])
        return f"{image}\n\n**{place.called}** {self.plain(found.body)}"

    def do_try(self, found: Directive) -> str:
        """What the page lets readers try becomes its still, and a link to where it lives."""
        kind = found.argument
        address = f"{self.site}/{self.chapter.page}.html#try-{found.options.get('name', kind)}"
        page = link("the book's page", self.site and address)
        title = f"Try it on {page}, where this moves: {found.options['title']}"
        still = f"_static/try/{found.options.get('still', kind)}.svg"
        image = self.drawing(still, found.options["alt"])
        return f"{quote(title, self.plain(found.body))}\n\n{image}"

    def drawing(self, name: str, alt: str) -> str:
        """Return a drawing of the book as an image, as wide as on the page."""
        width = re.search(r'width="(\d+)"', (self.book.root / "book" / name).read_text("utf-8"))
        if width is None:
            raise NotTranslatedError(f"{name}: expected a drawing that has a width")
        alt = alt.replace('"', "&quot;")
        return f'<img src="{self.book.drawing(name)}" width="{width[1]}" alt="{alt}">'

    def do_list_table(self, found: Directive) -> str:
        """A list of lists becomes a table with bars."""
        rows = [
            [
                self.inline(" ".join(cell.split()))
                for cell in re.split(r"^ +-", row, flags=re.MULTILINE)
            ]
            for row in re.split(r"^\* -", found.body, flags=re.MULTILINE)[1:]
        ]
        lines = [f"| {' | '.join(cells)} |" for cells in rows]
        lines.insert(1, "|" + "---|" * len(rows[0]))
        table = "\n".join(lines)
        place = self.book.labels.get(found.options.get("name", ""))
        return f"**{place.called}** {found.argument}\n\n{table}" if place else table

    def do_div(self, found: Directive) -> str:
        """A plain box says what is in it, unless it is for the page alone."""
        return "" if found.argument == "page-only" else self.plain(found.body)

    def do_grid(self, found: Directive) -> str:
        """A grid of cards becomes a list."""
        cards = [part for _, part in parts(found.body) if isinstance(part, Directive)]
        return "\n".join(self.directive(card).text for card in cards)

    def do_grid_item_card(self, found: Directive) -> str:
        """A card is a point of the list, with its link."""
        title = link(f"**{found.argument}**", self.target(found.options["link"]))
        return f"- {title}: {' '.join(self.plain(found.body).split())}"

    def do_button_ref(self, found: Directive) -> str:
        """A button becomes a bold link."""
        return link(f"**{found.body}**", self.target(found.argument))

    def caption(self, metadata: Any) -> str:
        """Return the caption of the figure that a code cell makes, or nothing."""
        figure = metadata.get("mystnb", {}).get("figure")
        if not figure:
            return ""
        place = self.book.labels[figure["name"]]
        caption = self.inline(figure["caption"])
        return f"**{place.called}** {caption}" if self.chapter.number else f"*{caption}*"

    # Inside a line.

    def inline(self, text: str) -> str:
        """Translate roles and links."""
        return INLINE.sub(self.do_inline, text)

    def do_inline(self, found: re.Match[str]) -> str:
        """Translate a role or a link: to another notebook, to a page of the site, or nowhere."""
        if found["code"]:
            return found["code"]
        if found["role"]:
            return self.role(found)
        return link(found["text"], self.target(found["target"]))

    def target(self, target: str) -> str:
        """Return where a link leads from this notebook; nothing when that is not known.

        A numbered chapter's notebook is beside this one, in the folders of solutions and handouts,
        too. Other pages are taken to be on the site alone.
        """
        if re.match(r"https?://|#" + REFERENCES, target):
            return target
        label = target.removeprefix("#")
        if label in self.book.labels:
            place = self.book.labels[label]
            page, anchor = place.chapter, f"#{slug(place.heading)}"
            return anchor if page == self.chapter.notebook else page + anchor
        if target.startswith("#"):
            raise NotTranslatedError(f"{self.chapter.page}: no label {target} for a link")
        name = target.partition("#")[0].removesuffix(".md")
        for other in self.book.chapters:
            if name == other.name and other.number:
                return other.notebook
        if not (self.book.root / "book" / f"{name}.md").exists():
            raise NotTranslatedError(f"{self.chapter.page}: no page {target} for a link")
        return self.site and f"{self.site}/book/{name}.html"

    def role(self, found: re.Match[str]) -> str:
        """Translate a role: ``{name}`text```."""
        name, text = found["role"], found["content"]
        if name == "glue:text":
            return self.number(text)
        if name == "numref":
            place = self.book.labels[text]
            here = place.chapter == self.chapter.notebook
            return place.called if here else link(place.called, place.chapter)
        if name in ("cite:p", "cite:t"):
            # Inside a remark in brackets, a citation has none of its own.
            before = found.string[: found.start()].rpartition("\n\n")[2]
            inside = before.count("(") > before.count(")")
            return self.citation(text, parenthetical=name == "cite:p", brackets=not inside)
        if name == "term":
            shown = re.sub(r"\s*<[^<>]*>$", "", text)  # as in: batches <batch>
            return link(shown, self.site and f"{self.site}/book/glossary.html")
        if name == "math":
            return f"${text}$"
        raise NotTranslatedError(f"{self.chapter.page}: no plain Markdown for the role {{{name}}}")

    def number(self, text: str) -> str:
        """Return a number of the last build, asked for by ``[page.md::]name[:format]``."""
        page, _, rest = text.rpartition("::")
        name, _, form = rest.partition(":")
        values = self.book.numbers.get(page.removesuffix(".md") or self.chapter.name, {})
        if name not in values:
            raise NotTranslatedError(
                f"{self.chapter.page}: {text} is not among the committed numbers; "
                "build the book, then `make results`"
            )
        self.shown.add(name)
        return format(values[name], form)

    def citation(self, text: str, *, parenthetical: bool, brackets: bool) -> str:
        """Cite works by authors and year, with links to the notebook's references."""
        cited = []
        for key in text.split(","):
            who, year = self.book.cited_as[key.strip()]
            if key.strip() not in self.cited:
                self.cited.append(key.strip())
            named = f"{who}, {year}" if parenthetical else f"{who} ({year})"
            cited.append(f"[{named}](#{REFERENCES})")
        if not parenthetical:
            return " and ".join(cited)
        return f"({'; '.join(cited)})" if brackets else "; ".join(cited)

    # What a notebook adds.

    def note(self) -> str:
        """Say which of the numbers shown since the last note a reader's own run may not give."""
        kinds = {results.kind(name).name for name in self.shown}
        self.shown.clear()
        said = []
        if "trained" in kinds or "rounding" in kinds:
            said.append("The results above are from the book's own run; yours may differ a little.")
        if "time" in kinds:
            said.append("Times were measured on one machine.")
        return f"*({' '.join(said)})*" if said else ""

    def references(self) -> str:
        """Return the works that were cited, as a section."""
        if not self.cited:
            return ""
        style = pybtex.plugin.find_plugin("pybtex.style.formatting", "plain")()
        backend = pybtex.plugin.find_plugin("pybtex.backends", "markdown")()
        lines = {}
        for entry in style.format_bibliography(self.book.works, self.cited):
            who, year = self.book.cited_as[entry.key]
            # The backend escapes more than these frontends take as escaped, within addresses too.
            text = re.sub(r"\\([.()-])", r"\1", " ".join(entry.text.render(backend).split()))
            lines[(who, year)] = f"- **{who}, {year}:** {text}"
        return f"## {REFERENCES}\n\n" + "\n".join(lines[key] for key in sorted(lines))
