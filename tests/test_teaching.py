"""What those who teach are given: the page, the notebooks for a class, a chapter on paper."""

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pypdf
import pytest
from bs4 import BeautifulSoup
from conftest import parsed, watched

from digitrec import checks
from digitrec.marking import assignments, cells
from tools import assignments as made
from tools import handouts, hints
from tools.notebooks import Origin
from tools.plain_markdown import Book

ROOT = Path(__file__).resolve().parents[1]
BOOK = Book.read(ROOT)
CHAPTERS = [chapter for chapter in BOOK.chapters if chapter.number]


@pytest.fixture(scope="module")
def teaching(site: Path) -> BeautifulSoup:
    """Return the built page."""
    return parsed(site / "book" / "teaching.html")


def rows(table) -> list[list[str]]:
    return [
        [" ".join(cell.get_text().split()) for cell in row.select("td")]
        for row in table.select("tbody tr")
    ]


def test_the_table_counts_the_chapters(teaching) -> None:
    """As the sources do; the last row adds up."""
    found = rows(teaching.select_one("table.course"))
    assert len(found) == len(CHAPTERS) + 1
    for row, chapter in zip(found, CHAPTERS, strict=False):
        assert chapter.text.count("{exercise-start}") == int(row[2])
        assert len(re.findall(r"\{question\}", chapter.text)) == int(row[3])
        assert len(re.findall(r"\{predict\}", chapter.text)) == int(row[4])
        # A figure that is pressed is made by the run.
        assert len(re.findall(r"\{try\}|interactive\.\w+\(", chapter.text)) == int(row[5])
        words = len(chapter.text.split())
        assert words / 400 < int(row[1]) < words / 50  # a page is read at some such speed
        assert int(row[6]) > 0
    for column in (2, 3, 4, 5):
        assert sum(int(row[column]) for row in found[:-1]) == int(found[-1][column])


def test_the_plans_fill_their_time(teaching) -> None:
    lesson, day = (rows(table) for table in teaching.select("table.plan"))
    assert sum(int(row[0]) for row in lesson) == 90
    # From nine to five, with lunch.
    assert sum(int(row[0]) for row in day) == 8 * 60
    for row in (*lesson, *day):
        assert row[2] == "an estimate" or re.search(r"\d", row[2]) or row[1] in ("Pause", "Lunch")


def test_what_students_get_wrong_is_on_the_page(teaching) -> None:
    text = " ".join(teaching.get_text().split())
    listed = [exercise for chapter in hints.chapters() for exercise in chapter.exercises]
    assert sum(len(exercise.hints) for exercise in listed) > 100
    for exercise in listed:
        for hint in exercise.hints:
            # Typographic quotation marks and dashes are the builder's.
            assert re.sub(r"\W+", "", hint) in re.sub(r"\W+", "", text), hint


def test_a_hint_is_one_that_a_check_gives(capsys) -> None:
    """The mistake of forgetting minlength is met with the sentence that the page has."""
    import numpy as np

    checks.count_labels(lambda y: np.bincount(y))
    said = capsys.readouterr().out
    assert any(hint[1:40] in said for hint in hints.of("count_labels"))


def test_assignments_are_those_of_the_chapters() -> None:
    assert made.render(ROOT) == (ROOT / made.FILE).read_text("utf-8")
    book = assignments.of_the_book()
    assert list(book) == [c.name for c in BOOK.chapters if "\nchecks." in c.text]
    assert {name for one in book.values() for name in one.points} == set(checks.CHECKS)


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda c: c.name)
def test_a_handout_has_no_solution(chapter, tmp_path) -> None:
    """It has the exercises and their checks; the solved copy has the answers."""
    texts = {
        solved: handouts.handout(chapter, BOOK, Origin(), solved=solved) for solved in (False, True)
    }
    bare = handouts.handout(chapter, BOOK, Origin(), solved=False, hints=False)
    wanted = set(assignments.of_the_book()[chapter.name].points)
    code = {}
    for solved, text in texts.items():
        path = tmp_path / f"{solved}.ipynb"
        path.write_text(text, "utf-8")
        found, metadata = cells.read_notebook(path)
        assert metadata["digitrec"] == {"chapter": chapter.name}
        assert {name for cell in found for name, _ in cell.checks} == wanted
        code[solved] = [cell.source for cell in found]
    answers = [source for source in code[True] if "checks." in source and "import" not in source]
    assert answers
    for answer in answers:
        assert answer not in code[False]
        assert json.dumps(answer)[1:-1] not in texts[False]
    assert "<summary>Solution" not in texts[False]
    assert "<summary>Hint" in texts[False]
    assert "<summary>Hint" not in bare


# What is printed.


@pytest.fixture
def printed(context, address) -> Iterator:
    """Return a function that prints a page as a reader does, in a mode, with boxes ticked."""
    problems: list[str] = []
    page = watched(context, address, problems)

    def of(name: str, mode: str, *boxes: str):
        page.emulate_media(color_scheme=mode)
        page.goto(f"{address}/book/{name}.html")
        page.wait_for_load_state("networkidle")
        for words in boxes:
            page.get_by_label(words).click()
        data = page.pdf(format="A4", print_background=True)
        return page, pypdf.PdfReader(io.BytesIO(data))

    yield of
    assert problems == []


def text_of(pdf: pypdf.PdfReader) -> str:
    return " ".join(" ".join(page.extract_text() for page in pdf.pages).split())


def solid(text: str) -> str:
    """Return a text without its spaces, since a line may break anywhere."""
    return re.sub(r"\s+", "", text)


@pytest.mark.parametrize(
    ("name", "mode"), [("01-data", "light"), ("02-dense", "dark"), ("07-learning", "dark")]
)
def test_a_chapter_on_paper(name: str, mode: str, printed, site) -> None:
    """No solution unless it is asked for, and then at the end; hints unless they are not wanted."""
    source = parsed(site / "book" / f"{name}.html")
    solutions = [
        max((line.strip() for line in s.select_one("pre").get_text().splitlines()), key=len)
        for s in source.select(".solution")
    ]
    hint = solid(source.select_one(".hint p:not(.admonition-title)").get_text())[:25]
    lines = [
        line
        for pre in source.select(".cell_input pre, .cell_output pre")
        if not pre.find_parent(class_="solution")
        for line in pre.get_text().splitlines()
    ]
    page, pdf = printed(name, mode)
    plain = solid(text_of(pdf))
    assert "Solutionto" not in plain
    code = {solid(line) for line in lines}
    hidden = [s for s in solutions if len(s) > 25 and solid(s) not in code]
    assert hidden
    assert not any(solid(s) in plain for s in hidden)
    assert hint in plain
    missing = [line for line in lines if len(line) > 60 and solid(line)[:50] not in plain]
    assert len(missing) <= len(lines) // 100, missing  # some stand across two pages
    assert page.locator("html").get_attribute("data-theme") == mode
    assert page.locator(".print-solutions").count() == 0

    _, pdf = printed(name, mode, "with solutions, at the end")
    pages = [solid(sheet.extract_text()) for sheet in pdf.pages]
    # They begin on a page of their own, after all else.
    first = next(number for number, text in enumerate(pages) if "SolutiontoExercise" in text)
    before, end = "".join(pages[:first]), "".join(pages[first:])
    assert "Furtherreading" in before
    assert not any(solid(s) in before for s in hidden)
    assert all(solid(s) in end for s in hidden)

    _, pdf = printed(name, mode, "with hints")
    assert hint not in solid(text_of(pdf))
