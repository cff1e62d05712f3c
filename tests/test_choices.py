"""What a question says: taken apart, refused where nobody could answer; and the chapters' own."""

import re
from collections import Counter

import jupytext
import library_cache
import pytest
from conftest import ROOT

from tools import choices
from tools.plain_markdown import Directive, parts

CHAPTERS = [p.stem for p in library_cache.executed_pages(ROOT) if p.stem[0].isdigit()]

EVEN = """\
First this.

Which of these
is even?

- [ ] Three.

  It is one more than two.

  And one less than four.
- [x] Four,
  of course.

  It is twice two.
- [ ] Five.

  It is one more than four.
"""


def test_a_question_is_taken_apart() -> None:
    found = choices.read_question(EVEN.splitlines(), several=False)
    assert found.before == choices.Piece("First this.", 0)
    assert found.asked == choices.Piece("Which of these\nis even?", 2)
    three, four, five = found.choices
    assert [c.letter for c in found.choices] == ["A", "B", "C"]
    assert [c.right for c in found.choices] == [False, True, False]
    assert three.text == choices.Piece("Three.", 5)
    assert three.feedback.text == "It is one more than two.\n\nAnd one less than four."
    assert four.text.text == "Four,\nof course."
    assert four.feedback.line == EVEN.splitlines().index("  It is twice two.")
    assert five.feedback.text == "It is one more than four."


def test_several_may_be_right() -> None:
    text = EVEN.replace("- [ ] Five", "- [x] Six")
    found = choices.read_question(text.splitlines(), several=True)
    assert [c.letter for c in found.choices if c.right] == ["B", "C"]


@pytest.mark.parametrize(
    ("old", "new", "several", "message"),
    [
        ("- [x]", "- [ ]", False, "expected one right choice (- [x] …), found 0"),
        ("- [ ] F", "- [x] F", False, "found 2; several need the option :several:"),
        ("- [x]", "- [ ]", True, "expected several right choices (- [x] …), found 0"),
        ("", "", True, "expected several right choices (- [x] …), found 1"),
        ("  It is twice two.\n", "", False, "choice B has no feedback"),
        ("- [ ] Five.\n\n  It is one more than four.\n", "", False, "at least 3 choices"),
        ("Which of these\nis even?", "", False, None),  # the first paragraph is what is asked
        ("First this.\n\nWhich of these\nis even?", "", False, "nothing is asked"),
        ("- [ ] Five.", "- [ ]", False, "choice C says nothing"),
        (
            "  It is twice two.",
            "It is twice two.",
            False,
            "expected the text of choice B",
        ),
        ("- [ ] Five.", "- [] Five.", False, "found '- [] Five.'"),
        ("- [ ] Five.", "- [X] Five.", False, "found '- [X] Five.'"),
    ],
)
def test_a_question_that_nobody_could_answer(old, new, several, message) -> None:
    lines = EVEN.replace(old, new).splitlines()
    if message is None:
        assert choices.read_question(lines, several=several).asked.text == "First this."
        return
    with pytest.raises(choices.ChoicesError, match=re.escape(message)):
        choices.read_question(lines, several=several)


PREDICTION = "What comes?\n\n- [ ] One.\n- [x] Two.\n"


def test_a_prediction_may_have_choices_or_none() -> None:
    found = choices.read_prediction(PREDICTION.splitlines())
    assert [(c.text.text, c.right) for c in found.choices] == [("One.", False), ("Two.", True)]
    assert choices.read_prediction(["What comes?"]).choices == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("- [x]", "- [ ]", "expected one choice that comes true (- [x] …), found 0"),
        ("- [ ]", "- [x]", "found 2"),
        ("- [ ] One.\n", "", "at least 2 choices, or none; found 1"),
        ("One.\n", "One.\n\n  No.\n", "choice A has feedback"),
        ("What comes?", "", "nothing is asked"),
    ],
)
def test_a_prediction_that_says_too_little_or_too_much(old, new, message) -> None:
    with pytest.raises(choices.ChoicesError, match=re.escape(message)):
        choices.read_prediction(PREDICTION.replace(old, new).splitlines())


def directives(chapter: str, name: str) -> list[Directive]:
    """Return a chapter's directives of one name."""
    text = (ROOT / "book" / f"{chapter}.md").read_text("utf-8")
    markdown = [
        cell.source
        for cell in jupytext.reads(text, fmt="md:myst").cells
        if cell.cell_type == "markdown"
    ]
    found = (part for source in markdown for _, part in parts(source))
    return [part for part in found if isinstance(part, Directive) and part.name == name]


def questions(chapter: str) -> list[choices.Choices]:
    """Return a chapter's questions."""
    return [
        choices.read_question(found.body.splitlines(), several="several" in found.options)
        for found in directives(chapter, "question")
    ]


def predictions(chapter: str) -> list[choices.Choices]:
    """Return a chapter's predictions."""
    found = directives(chapter, "predict")
    return [choices.read_prediction(one.body.splitlines()) for one in found]


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_has_questions_and_predictions(chapter: str) -> None:
    """At least four and two; each word on a choice is a few sentences, none is said twice."""
    asked = questions(chapter)
    assert len(asked) >= 4
    assert len(predictions(chapter)) >= 2
    said = [choice.feedback.text for question in asked for choice in question.choices]
    assert len(set(said)) == len(said)
    for text in said:
        # Not in a formula, a number or a shape.
        plain = re.sub(r"\$[^$]*\$|`[^`]*`|\d[.,]\d", "", text)
        assert 1 <= len(re.findall(r"[.?!](?=\s|\)|$)", plain)) <= 4, text


@pytest.mark.parametrize("kind", [questions, predictions])
def test_the_right_choice_cannot_be_guessed(kind) -> None:
    """Neither its place nor its length gives it away."""
    found = [one for chapter in CHAPTERS for one in kind(chapter) if one.choices]
    single = [one.choices for one in found if sum(c.right for c in one.choices) == 1]
    places = Counter(next(c.letter for c in some if c.right) for some in single)
    assert len(single) >= 14
    assert max(places.values()) <= 0.5 * len(single), places
    assert {"A", "B", "C", "D"} == set(places)
    longest = sum(max(some, key=lambda c: len(c.text.text)).right for some in single)
    shortest = sum(min(some, key=lambda c: len(c.text.text)).right for some in single)
    # One in three or four would be chance.
    assert longest <= 0.5 * len(single), f"the longest is right in {longest} of {len(single)}"
    assert shortest <= 0.5 * len(single), f"the shortest is right in {shortest} of {len(single)}"


def test_a_chapter_does_not_repeat_a_place() -> None:
    """In no chapter all right choices of the questions stand in the same place."""
    for chapter in CHAPTERS:
        places = {next(c.letter for c in one.choices if c.right) for one in questions(chapter)}
        assert len(places) >= 3, chapter


def test_nothing_of_the_old_form_is_left() -> None:
    """Questions are no dropdowns, and predictions no notes with the outcome below."""
    for chapter in CHAPTERS:
        text = (ROOT / "book" / f"{chapter}.md").read_text("utf-8")
        assert "{admonition} Predict" not in text
        assert "{dropdown}" not in text.partition("## Questions")[2]
