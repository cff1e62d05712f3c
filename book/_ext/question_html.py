"""How questions and predictions look: their nodes, and the HTML that is made of them.

Native elements only: a fieldset with a legend, radio buttons or checkboxes with labels, and details
for what is closed. A builder that makes no HTML gets the same in a row.
"""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

HEADING = "Answers to the questions"
#: The id of that heading, as MyST makes one.
PLACE = "answers-to-the-questions"


class Question(nodes.General, nodes.Element):
    """A question: what comes first, what is asked, the choices."""

    def page_id(self) -> str:
        """Return its name in the page."""
        return f"question-{self['number']}"


class Prediction(nodes.Admonition, nodes.Element):
    """A prediction, a box with a title."""

    def page_id(self) -> str:
        """Return its name in the page."""
        return f"prediction-{self['number']}"


class Asked(nodes.TextElement):
    """What is asked; it names the group of choices."""


class Choice(nodes.TextElement):
    """A choice with its letter."""


class Outcome(nodes.General, nodes.Element):
    """What comes of a prediction, closed."""


class Answers(nodes.General, nodes.Element):
    """All that is said of the choices of a page."""


class Answer(nodes.General, nodes.Element):
    """What is said of the choices of one question."""


class Said(nodes.General, nodes.Element):
    """What is said of one choice."""


def verdict(right: bool) -> str:
    """Return a mark and a word: neither colour nor the mark is needed to understand it."""
    mark, word = ("✓", "Right.") if right else ("✗", "Not this.")
    return f'<span class="choice-mark" aria-hidden="true">{mark}</span> {word}'


def visit_question(self: Any, node: Question) -> None:
    self.body.append(f'<div class="question" id="{node.page_id()}">\n')


def visit_prediction(self: Any, node: Prediction) -> None:
    names = " ".join(node["classes"])
    self.body.append(f'<div class="{names}" id="{node.page_id()}">\n')


def depart_box(self: Any, node: nodes.Element) -> None:
    if node.next_node(Asked):
        self.body.append("</fieldset>\n")
    if isinstance(node, Question):
        number = node["number"]
        self.body.append(
            f'<p class="to-answer"><a href="#answer-{number}-text">Answer'
            f'<span class="visually-hidden"> to question {number}</span></a></p>\n'
        )
    self.body.append("</div>\n")


def visit_asked(self: Any, node: Asked) -> None:
    self.body.append("<fieldset>\n<legend>")
    if node["question"]:
        self.body.append(f'<span class="question-number">Question {node["number"]}</span> ')


def depart_asked(self: Any, node: Asked) -> None:
    if node["several"]:
        self.body.append(' <span class="how-many">(Choose all that are right.)</span>')
    self.body.append("</legend>\n")


def visit_choice(self: Any, node: Choice) -> None:
    letter, of = node["letter"], node["of"]
    name = f"{of}-{letter.lower()}"
    # A browser that remembers what was chosen would show it without its word.
    self.body.append(
        f'<div class="choice"><input type="{node["kind"]}" name="{of}" id="{name}" '
        f'data-letter="{letter}" data-right="{str(node["right"]).lower()}" autocomplete="off">'
        f'<label for="{name}"><span class="letter">{letter}</span> <span class="choice-text">'
    )


def depart_choice(self: Any, node: Choice) -> None:
    self.body.append("</span></label></div>\n")


def visit_outcome(self: Any, node: Outcome) -> None:
    number = node["number"]
    self.body.append(
        f'<details class="outcome" data-prediction="prediction-{number}">\n<summary>'
        '<span class="when-closed">Show what happens</span>'
        '<span class="when-open">What happens</span></summary>\n<div class="outcome-content">\n'
    )


def depart_outcome(self: Any, node: Outcome) -> None:
    self.body.append("</div>\n</details>\n")


def visit_answers(self: Any, node: Answers) -> None:
    self.body.append(
        f'<section class="question-answers" aria-labelledby="{PLACE}">\n'
        f'<h2 id="{PLACE}">{HEADING}</h2>\n'
    )


def depart_answers(self: Any, node: Answers) -> None:
    self.body.append("</section>\n")


def visit_answer(self: Any, node: Answer) -> None:
    number = node["number"]
    self.body.append(
        f'<details class="answer" id="answer-{number}">\n<summary>Question {number}</summary>\n'
        f'<ul class="answer-list" id="answer-{number}-text">\n'
    )


def depart_answer(self: Any, node: Answer) -> None:
    self.body.append("</ul>\n</details>\n")


def visit_said(self: Any, node: Said) -> None:
    kind = "right" if node["right"] else "not-right"
    self.body.append(
        f'<li class="said {kind}" data-letter="{node["letter"]}"><p class="verdict">'
        f'<span class="letter">{node["letter"]}</span> {verdict(node["right"])}</p>\n'
    )


def depart_said(self: Any, node: Said) -> None:
    self.body.append("</li>\n")


class WithoutHtml(SphinxPostTransform):
    """For a builder that makes no HTML, write everything in a row, the answers last."""

    default_priority = 8

    def is_supported(self) -> bool:
        """Whether the builder needs it."""
        return bool(self.app.builder.format != "html")

    def run(self, **kwargs: Any) -> None:
        """Replace all nodes of this module by docutils' own."""
        for node in list(self.document.findall(lambda n: isinstance(n, (Asked, Choice)))):
            letter = [nodes.Text(f"{node['letter']}. ")] if isinstance(node, Choice) else []
            node.replace_self(nodes.paragraph("", "", *letter, *node.children))
        for node in list(self.document.findall(lambda n: isinstance(n, tuple(IN_HTML)))):
            first: list[nodes.Node] = []
            if isinstance(node, Answers):
                first = [nodes.paragraph("", "", nodes.strong("", HEADING))]
            elif isinstance(node, Answer):
                first = [nodes.paragraph("", f"Question {node['number']}")]
            elif isinstance(node, Said):
                word = "Right." if node["right"] else "Not this."
                first = [nodes.paragraph("", f"{node['letter']}. {word}")]
            children = [
                nodes.paragraph("", "", nodes.strong("", child.astext()))
                if isinstance(child, nodes.title)
                else child
                for child in node.children
            ]
            node.replace_self(nodes.container("", *first, *children))


#: How a page shows each node: what its beginning and its end write.
IN_HTML: dict[type[Any], tuple[Any, Any]] = {
    Question: (visit_question, depart_box),
    Prediction: (visit_prediction, depart_box),
    Asked: (visit_asked, depart_asked),
    Choice: (visit_choice, depart_choice),
    Outcome: (visit_outcome, depart_outcome),
    Answers: (visit_answers, depart_answers),
    Answer: (visit_answer, depart_answer),
    Said: (visit_said, depart_said),
}


def register(app: Any) -> None:
    """Tell Sphinx how the nodes are written."""
    for node, in_html in IN_HTML.items():
        app.add_node(node, html=in_html)
    app.add_post_transform(WithoutHtml)
