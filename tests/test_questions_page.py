"""Questions and predictions of the built chapters, in a browser."""

import re

import pytest
from accessible import violations
from conftest import HTML
from test_choices import CHAPTERS, predictions, questions

#: A chapter with questions of both kinds, numbers of the run among what is said, and predictions.
CHAPTER = "01-data"
SEVERAL = next(
    n for n, one in enumerate(questions(CHAPTER)) if sum(c.right for c in one.choices) > 1
)


def at(chapter: str) -> str:
    """Return the address of a built chapter, opened from its file."""
    return (HTML / "book" / f"{chapter}.html").as_uri()


@pytest.fixture
def opened(site, browser):
    """Return a function that opens a chapter; what goes wrong there fails the test."""
    contexts, problems = [], []

    def open_chapter(chapter: str = CHAPTER, **options):
        contexts.append(browser.new_context(reduced_motion="reduce", **options))
        page = contexts[-1].new_page()
        page.on("console", lambda m: m.type in ("error", "warning") and problems.append(m.text))
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("request", lambda r: r.url.startswith(("file:", "data:")) or problems.append(r.url))
        page.goto(at(chapter))
        return page

    yield open_chapter
    for context in contexts:
        context.close()
    assert not problems


def feedback(question) -> str:
    """Return what a question says."""
    return " ".join(question.locator(".question-feedback").inner_text().split())


def number_of_right(found) -> list[bool]:
    """Return which choices are right."""
    return [choice.right for choice in found.choices]


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_choice_has_its_word(opened, chapter: str) -> None:
    """In each question, in the author's order, with mark and word, never a [missing]."""
    page = opened(chapter)
    asked = questions(chapter)
    shown = page.locator(".question")
    assert shown.count() == len(asked)
    for number, found in enumerate(asked):
        question = shown.nth(number)
        inputs = question.locator("input")
        right = [v == "true" for v in inputs.evaluate_all("all => all.map(i => i.dataset.right)")]
        assert right == number_of_right(found)
        question.get_by_role("button", name="Explain every choice").click()
        said = question.locator(".said")
        assert said.count() == len(found.choices)
        for k, choice in enumerate(found.choices):
            word = "✓ Right." if choice.right else "✗ Not this."
            text = " ".join(said.nth(k).inner_text().split())
            assert text.startswith(f"{choice.letter} {word} ")
            assert len(text) > len(f"{choice.letter} {word} ") + 10
            assert "[missing]" not in text
            assert "{glue" not in text


def test_what_is_said_has_the_numbers_of_the_run(opened) -> None:
    page = opened()
    page.locator(".question").nth(2).get_by_role("button", name="Explain every").click()
    said = feedback(page.locator(".question").nth(2))
    assert re.search(r"that it finds, is \d\d%", said)


def test_by_keyboard_alone(opened) -> None:
    """Arrows choose, Enter or the button checks; nothing is said before; the focus is seen."""
    page = opened()
    question = page.locator(".question").first
    right = number_of_right(questions(CHAPTER)[0]).index(True)
    wrong = 0 if right else 1
    question.locator("input").first.focus()
    page.keyboard.press("Space")
    for _ in range(wrong):
        page.keyboard.press("ArrowDown")
    assert feedback(question) == "", "to choose is not to ask"
    outline = "e => getComputedStyle(e).outlineStyle"
    assert page.locator("input:focus").evaluate(outline) not in ("none", "")
    page.keyboard.press("Enter")
    assert "✗ Not this." in feedback(question)
    assert question.locator(".choice").nth(wrong).inner_text().endswith("Not this.")
    for _ in range((right - wrong) % len(questions(CHAPTER)[0].choices)):
        page.keyboard.press("ArrowDown")
    assert feedback(question) == "", "what was said was of another choice"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Check"
    assert page.locator("button:focus").evaluate(outline) not in ("none", "")
    page.keyboard.press("Space")
    assert "✓ Right." in feedback(question)
    assert "Not this." not in feedback(question)
    assert page.evaluate("document.activeElement.textContent") == "Check", "the focus stays"


def test_screen_readers_are_told(opened) -> None:
    """A named group, named choices, a status that speaks; the right answer is not in the tree."""
    page = opened()
    question = page.locator(".question").first
    text = " ".join(questions(CHAPTER)[0].asked.text.split()).replace("'", "’")
    group = question.get_by_role("group")
    assert group.count() == 1
    assert text[:40] in " ".join(group.locator("legend").inner_text().split())
    snapshot = question.aria_snapshot()
    named = question.get_by_role("radio", name=re.compile(r"^[A-D] \w"))
    assert named.count() == len(questions(CHAPTER)[0].choices)
    assert "Right." not in snapshot
    assert "status" in snapshot
    question.get_by_role("button", name="Check").click()
    assert question.get_by_role("status").inner_text() == "Choose an answer first."


def test_several_right_choices(opened) -> None:
    """What is missing is counted, not named; all of them together are confirmed."""
    page = opened()
    question = page.locator(".question").nth(SEVERAL)
    right = number_of_right(questions(CHAPTER)[SEVERAL])
    assert "Choose all that are right." in question.locator("legend").inner_text()
    inputs = question.locator("input")
    first = right.index(True)
    inputs.nth(first).check()
    question.get_by_role("button", name="Check").click()
    assert feedback(question).endswith("One more is right.")
    assert question.locator(".choice-verdict").count() == 1, "the other is not given away"
    for k, is_right in enumerate(right):
        inputs.nth(k).set_checked(is_right)
    question.get_by_role("button", name="Check").click()
    assert feedback(question).endswith("These are all that are right.")
    inputs.nth(right.index(False)).check()
    question.get_by_role("button", name="Check").click()
    assert "Not this." in feedback(question)
    assert "all that are right" not in feedback(question)


def test_nothing_is_kept(opened) -> None:
    """What was chosen is gone after a reload, and nothing is stored."""
    page = opened()
    page.locator(".question input").first.check()
    page.locator(".question button").first.click()
    assert page.evaluate("document.cookie") == ""
    assert not [k for k in page.evaluate("Object.keys(localStorage)") if "question" in k]
    page.reload()
    assert page.locator(".question input:checked").count() == 0


def test_a_prediction(opened) -> None:
    """The code is in view, the outcome is not until asked for; then the choice is told."""
    page = opened()
    found = predictions(CHAPTER)[0]
    box, outcome = page.locator(".prediction").first, page.locator("details.outcome").first
    code = page.locator(".prediction + .cell .cell_input").first
    assert code.is_visible()
    assert not outcome.locator(".cell_output").is_visible()
    assert "Right." not in box.inner_text()
    right = number_of_right(found).index(True)
    wrong = 0 if right else 1
    box.locator("input").nth(wrong).check()
    outcome.locator("summary").focus()
    assert outcome.locator("summary").inner_text() == "Show what happens"
    page.keyboard.press("Enter")
    assert outcome.locator("summary").inner_text() == "What happens"
    assert outcome.locator(".cell_output").is_visible()
    box.locator(".choice-verdict").nth(1).wait_for()
    assert box.locator(".choice").nth(wrong).inner_text().endswith("Not this.")
    assert box.locator(".choice").nth(right).inner_text().endswith("Right.")
    assert box.locator(".choice-verdict").count() == 2


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_outcomes_are_closed(opened, chapter: str) -> None:
    """As many as predictions, each with something in it, none open."""
    page = opened(chapter)
    outcomes = page.locator("details.outcome")
    assert outcomes.count() == page.locator(".prediction").count() == len(predictions(chapter))
    assert page.locator("details.outcome[open]").count() == 0
    for text in page.locator(".outcome-content").all_text_contents():
        assert len(text.split()) > 5


def test_without_the_script(opened) -> None:
    """The outcome opens; a link leads to the answer, which opens, and to no other."""
    page = opened(java_script_enabled=False)
    page.locator("details.outcome summary").first.click()
    assert page.locator("details.outcome .cell_output").first.is_visible()
    assert page.locator(".question button").count() == 0
    assert page.locator(".said:visible").count() == 0
    page.locator(".to-answer a").nth(1).click()
    page.locator("#answer-2 .said").first.wait_for()
    assert page.locator(".said:visible").count() == page.locator("#answer-2 .said").count()


@pytest.mark.parametrize("script", [True, False])
def test_print(opened, script: bool) -> None:
    """Questions with their choices; what is said of them at the end; outcomes open."""
    page = opened(java_script_enabled=script)
    if script:
        page.locator(".question input").first.check()
        page.locator(".question button").first.click()
    page.emulate_media(media="print")
    # Chromium opens nothing for print: the style sheet does.
    assert page.locator("details[open]:is(.answer, .outcome)").count() == 0
    for outcome in page.locator("details.outcome").all():
        assert outcome.locator(".outcome-content").bounding_box()["height"] > 20
    asked = questions(CHAPTER)
    for number, found in enumerate(asked, start=1):
        question = page.locator(f"#question-{number}")
        assert question.locator(".choice:visible").count() == len(found.choices)
        for hidden in (".question-feedback", "button", ".to-answer", ".choice-verdict"):
            assert question.locator(f"{hidden}:visible").count() == 0
        said = page.locator(f"#answer-{number} .said")
        assert said.count() == len(found.choices)
        assert all(one.bounding_box()["height"] > 20 for one in said.all())
    last = page.locator(".question").last.bounding_box()
    assert page.locator(".question-answers").bounding_box()["y"] > last["y"] + last["height"]
    heading = page.locator(".question-answers h2")
    assert heading.inner_text() == "Answers to the questions"


def test_answers_are_not_shown_twice_on_the_screen(opened) -> None:
    assert not opened().locator(".question-answers").is_visible()


@pytest.mark.parametrize("width", [320, 1280])
def test_answered_it_fits_and_can_be_read(opened, width: int) -> None:
    """With everything said and every outcome open, for everyone."""
    page = opened(viewport={"width": width, "height": 800})
    for button in page.get_by_role("button", name="Explain every choice").all():
        button.click()
    for summary in page.locator("details.outcome > summary").all():
        summary.click()
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width
    for choice in page.locator(".choice").all()[:4]:
        assert choice.bounding_box()["height"] >= 44
    assert violations(page) == []


def test_forced_colours(opened) -> None:
    """Where the colours are the reader's, mark, word, border and focus are still there."""
    page = opened(forced_colors="active")
    question = page.locator(".question").first
    question.locator("input").first.check()
    question.get_by_role("button", name="Check").click()
    assert re.match(r"[AB] [✓✗] (Right|Not this)\.", feedback(question))
    button = question.get_by_role("button", name="Check")
    style = button.evaluate(
        "e => [getComputedStyle(e).borderTopStyle, getComputedStyle(e).outlineStyle]"
    )
    assert style[0] == "solid"
    page.keyboard.press("Tab")
    assert page.locator("button:focus").evaluate("e => getComputedStyle(e).outlineStyle") != "none"
