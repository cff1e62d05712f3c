"""Questions and predictions as the book's builder makes them: errors, HTML, other builders."""

import html
import re

import pytest
from small_site import build, write

HEAD = """\
---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---

"""
GOOD = (
    HEAD
    + """\
# A page

$a^2$ is a formula.

:::{question}
First this.

Which of `these` is *even*, by $2$?

- [ ] Three.

  It is **one** more.
- [x] Four & more.

  It is twice two: $4$.

      code
- [ ] Five.

  No.
:::

:::{question}
:several:
Which are odd?

- [x] One.

  Yes, one.
- [ ] Two.

  No, two.
- [x] Three.

  Yes, three.
:::

:::{predict} Guess <first>
What comes?

- [x] This.
- [ ] That.
:::

```{code-cell} ipython3
1 + 1
```

It was *this*.

:::{predict-end}
:::

After it.

:::{predict}
Think.
:::

It is text alone.

:::{predict-end}
:::

## The last section

The end.
"""
)

QUESTION = """\
# Page

Text.

:::{question}
Which?

- [ ] One.

  Word one.
- [x] Two.

  Word two.
- [ ] Three.

  Word three.
:::
"""
PREDICTION = """\
# Page

:::{predict}
What comes?

- [x] This.
- [ ] That.
:::

It does.

:::{predict-end}
:::

## More

Text.
"""
#: What is wrong with a page: its source, the line that is named, and what is said.
WRONG = {
    "none-right": (
        QUESTION.replace("[x]", "[ ]"),
        5,
        "expected one right choice (- [x] …), found 0",
    ),
    "two-right": (QUESTION.replace("[ ]", "[x]"), 5, "found 3; several need the option :several:"),
    "no-word": (QUESTION.replace("  Word two.\n", ""), 5, "choice B has no feedback"),
    "too-few": (
        QUESTION.replace("- [ ] One.\n\n  Word one.\n", ""),
        5,
        "expected at least 3 choices",
    ),
    "a-link": (QUESTION.replace("One.\n\n", "[One](index).\n\n"), 5, "choice A has a link"),
    "a-list": (QUESTION.replace("Which?", "1. Which?"), 5, "expected a line of text"),
    "no-end": (PREDICTION.replace(":::{predict-end}\n:::\n", ""), 3, "what comes of it has no end"),
    "late-end": (
        PREDICTION.replace(":::{predict-end}\n:::\n", "") + "\n:::{predict-end}\n:::\n",
        3,
        "what comes of it has no end",
    ),
    "no-outcome": (PREDICTION.replace("It does.\n", ""), 3, "nothing comes of it"),
    "no-start": (PREDICTION + "\n:::{predict-end}\n:::\n", 19, "{predict-end} without a {predict}"),
    "two-starts": (
        PREDICTION.replace("It does.\n", "It does.\n\n:::{predict}\nAnd?\n:::\n\nIt does.\n"),
        3,
        "what comes of it has no end",
    ),
    "no-true": (PREDICTION.replace("[x]", "[ ]"), 3, "expected one choice that comes true"),
}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Build a site in which a page is right and the others are wrong."""
    folder = tmp_path_factory.mktemp("questions")
    wrong = {name: text for name, (text, _, _) in WRONG.items()}
    write(folder, {"index": "# Start\n\nText.\n", "good": GOOD, **wrong})
    out, said = build(folder)
    return folder, out, re.sub(r"\x1b\[[\d;]*m", "", said)


@pytest.mark.parametrize("name", WRONG)
def test_a_mistake_is_an_error_with_file_and_line(built, name) -> None:
    _, line, message = WRONG[name]
    folder, _, said = built
    lines = [text for text in said.splitlines() if f"{name}.md" in text]
    assert any(
        text.startswith(f"{folder / name}.md:{line}:") and message in text for text in lines
    ), said
    assert all("ERROR" in text for text in lines)


def test_a_right_page_has_no_errors(built) -> None:
    assert "good.md" not in built[2]


def text_of(part: str) -> str:
    """Return HTML's text, with single spaces."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", "", part)).split())


def test_the_page(built) -> None:
    """Native elements, the words on the choices once and at the end, the outcome closed."""
    page = (built[1] / "good.html").read_text("utf-8")
    assert page.count("<fieldset>") == page.count("</fieldset>") == page.count("<legend>") == 3
    legend = re.search(r"(?s)<legend>(.*?)</legend>", page)[1]
    assert text_of(legend) == "Question 1 Which of these is even, by 2?"
    assert page.index("First this.") < page.index("<fieldset>")
    inputs = re.findall(r"<input [^>]*data-letter[^>]*>", page)
    assert [re.search(r'type="(\w+)"', one)[1] for one in inputs] == (
        ["radio"] * 3 + ["checkbox"] * 3 + ["radio"] * 2
    )
    names = re.findall(r' id="([^"]*)"', page)
    assert len(names) == len(set(names)), "an id stands twice"
    for one in inputs:
        name = re.search(r' id="([^"]*)"', one)[1]
        assert f'<label for="{name}">' in page
    assert "<form" not in page.partition("<article")[2].partition("</article>")[0]
    # Said once, in the last section, in the author's order, after everything else.
    start = re.search(r'<section [^>]*\bclass="question-answers"', page).start()
    answers = page[start:]
    assert page.count("It is <strong>one</strong> more.") == 1
    assert page.index("The end.") < start
    said = [text_of(one) for one in re.findall(r"(?s)<li class=\"said.*?</li>", answers)]
    assert said[:3] == [
        "A ✗ Not this. It is one more.",
        "B ✓ Right. It is twice two: 4. code",
        "C ✗ Not this. No.",
    ]
    assert [one[:9] for one in said[3:]] == ["A ✓ Right", "B ✗ Not t", "C ✓ Right"]
    for number in (1, 2):
        assert f'<a href="#answer-{number}-text">' in page
        assert f'id="answer-{number}-text"' in answers


def test_the_outcome(built) -> None:
    """The code stays in view, all that follows is closed, until the end."""
    page = (built[1] / "good.html").read_text("utf-8")
    titles = re.findall(r'(?s)<p class="admonition-title">(.*?)</p>', page)
    assert "Guess <first>" in map(text_of, titles)
    first, second = re.findall(r'(?s)<details class="outcome".*?</details>', page)
    assert "It was <em>this</em>." in first
    assert "After it." not in first
    assert 'data-prediction="prediction-1"' in first
    before = page[: page.index(first)]
    assert "cell_input" in before
    assert "cell_input" not in first
    assert "It is text alone." in second
    # A thought without choices is a paragraph.
    box = re.search(
        r'(?s)<div class="admonition tip prediction" id="prediction-2">.*?</div>', page
    )[0]
    assert "fieldset" not in box
    assert "<p>Think.</p>" in box


def test_only_pages_with_questions_load_the_script(built) -> None:
    assert "questions.js" in (built[1] / "good.html").read_text("utf-8")
    assert "questions.js" not in (built[1] / "index.html").read_text("utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("builder", ["text", "latex", "singlehtml"])
def test_other_builders(tmp_path, builder) -> None:
    """Everything that is said is there, in a row."""
    write(tmp_path, {"index": GOOD})
    out, said = build(tmp_path, builder)
    assert not said, said
    files = {"text": "index.txt", "latex": "small.tex", "singlehtml": "index.html"}
    text = (out / files[builder]).read_text("utf-8")
    for part in (
        "First this.",
        "Three.",
        "Answers to the questions",
        "Not this.",
        "It was",
        "Think.",
    ):
        assert part in text, part
