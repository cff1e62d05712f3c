"""Take apart what a question, or a prediction, says: its text, and the choices.

The book's builder (``book/_ext/questions.py``) and the notebooks (``tools/plain_markdown.py``) read
the same lines:

    Which of these is even?

    - [ ] Three.

      No: it is one more than two.
    - [x] Four.

      It is twice two.

A choice is a line that begins with ``- [ ]``, or with ``- [x]`` where it is right; what is indented
below it, after an empty line, is the word on it that a reader gets who has chosen it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_uppercase

#: How a choice begins, and by how much what belongs to it is indented.
CHOICE = re.compile(r"- \[([ x])\](?: (.*))?$")
INDENT = "  "
#: A question has at least so many choices; a prediction may be one of two.
LEAST, LEAST_PREDICTIONS = 3, 2


class ChoicesError(Exception):
    """A question, or a prediction, that no reader could answer; the message says why."""


@dataclass(frozen=True)
class Piece:
    """Some lines of MyST, and which line of the directive is their first, from 0."""

    text: str
    line: int


@dataclass(frozen=True)
class Choice:
    """A choice: its letter, whether it is right, what it says, and the word on it."""

    letter: str
    right: bool
    text: Piece
    feedback: Piece


@dataclass(frozen=True)
class Choices:
    """A question or a prediction: what stands before the choices, what is asked, the choices.

    Attributes
    ----------
    before
        Paragraphs that come first.
    asked
        The last paragraph before the choices, which names them to a screen reader.
    choices
        In the author's order; none for a prediction that is only thought of.
    """

    before: Piece
    asked: Piece
    choices: list[Choice]


def paragraphs(lines: Sequence[str], first: int) -> list[Piece]:
    """Return what empty lines separate, with the place of each."""
    found, start = [], None
    for number, line in enumerate([*lines, ""]):
        if line.strip() and start is None:
            start = number
        elif not line.strip() and start is not None:
            found.append(Piece("\n".join(lines[start:number]), first + start))
            start = None
    return found


def together(pieces: Sequence[Piece], line: int) -> Piece:
    """Return several paragraphs as one piece; without any, an empty one at the given line."""
    text = "\n\n".join(piece.text for piece in pieces)
    return Piece(text, pieces[0].line if pieces else line)


def read_choice(letter: str, lines: Sequence[str], first: int) -> Choice:
    """Read a choice from its own lines."""
    head = CHOICE.fullmatch(lines[0])
    assert head, "the caller found it"
    below = [line.removeprefix(INDENT) for line in lines[1:]]
    for line in lines[1:]:
        if line.strip() and not line.startswith(INDENT):
            raise ChoicesError(
                f"expected the text of choice {letter}, indented by two spaces, or another choice "
                f"(- [ ] …); found {line.strip()!r}"
            )
    said = paragraphs([head[2] or "", *below], first)
    if not head[2] or not head[2].strip():
        raise ChoicesError(f"choice {letter} says nothing")
    feedback = together(said[1:], said[0].line)
    return Choice(letter, head[1] == "x", said[0], feedback)


def read_choices(lines: Sequence[str]) -> Choices:
    """Take the lines of a directive apart."""
    starts = [n for n, line in enumerate(lines) if CHOICE.fullmatch(line)]
    first = starts[0] if starts else len(lines)
    before = paragraphs(lines[:first], 0)
    if not before:
        raise ChoicesError("nothing is asked: expected a paragraph before the choices")
    ends = [*starts[1:], len(lines)]
    choices = [
        read_choice(letter, lines[start:end], start)
        for letter, start, end in zip(ascii_uppercase, starts, ends, strict=False)
    ]
    return Choices(together(before[:-1], 0), before[-1], choices)


def read_question(lines: Sequence[str], *, several: bool) -> Choices:
    """Read a question.

    Parameters
    ----------
    lines
        What stands in the directive.
    several
        Whether more than one choice is right, and the reader is to find all of them.

    Raises
    ------
    ChoicesError
        When it has too few choices, a choice without a word on it, no right choice, or more than
        one where one is expected.
    """
    question = read_choices(lines)
    if len(question.choices) < LEAST:
        raise ChoicesError(
            f"expected at least {LEAST} choices (- [ ] …), found {len(question.choices)}"
        )
    for choice in question.choices:
        if not choice.feedback.text:
            raise ChoicesError(
                f"choice {choice.letter} has no feedback: expected a paragraph below it, indented"
            )
    right = sum(choice.right for choice in question.choices)
    if several and right < 2:
        raise ChoicesError(f"expected several right choices (- [x] …), found {right}")
    if not several and right != 1:
        raise ChoicesError(
            f"expected one right choice (- [x] …), found {right}; several need the option :several:"
        )
    return question


def read_prediction(lines: Sequence[str]) -> Choices:
    """Read a prediction: with choices, of which one comes true, or with none.

    Raises
    ------
    ChoicesError
        When it has a single choice, not one that comes true, or a word on a choice: that is the
        outcome's to say.
    """
    prediction = read_choices(lines)
    if not prediction.choices:
        return prediction
    if len(prediction.choices) < LEAST_PREDICTIONS:
        raise ChoicesError(f"expected at least {LEAST_PREDICTIONS} choices, or none; found 1")
    right = sum(choice.right for choice in prediction.choices)
    if right != 1:
        raise ChoicesError(f"expected one choice that comes true (- [x] …), found {right}")
    for choice in prediction.choices:
        if choice.feedback.text:
            raise ChoicesError(
                f"choice {choice.letter} has feedback; what happens is told by the outcome"
            )
    return prediction
