"""Questions with choices, and predictions whose outcome stays closed until it is asked for.

``{question}`` has a text and a list of choices, each with a word on it (``tools/choices.py`` says
how they are written). In the page they are radio buttons, or checkboxes with the option
``:several:``; ``_static/questions.js`` tells what is right. What is said of the choices stands once
in the page, at its end: in print as it is, without JavaScript behind a link.

``{predict}`` begins a prediction, ``{predict-end}`` ends what comes of it: everything between them
is closed, but for the code of the cells that come first.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Any, ClassVar

import question_html as page
from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from question_html import Answer, Answers, Asked, Choice, Outcome, Prediction, Question
from sphinx import addnodes
from sphinx.transforms import SphinxTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

LOGGER = logging.getLogger(__name__)
#: What a choice must not hold.
LINKS = (nodes.reference, addnodes.pending_xref)
#: What a prediction is called where the author does not name it.
TITLE = "Predict, then run"


def reader(root: str) -> ModuleType:
    """Return the module that reads choices, of this repository."""
    if root not in sys.path:
        sys.path.insert(0, root)
    return importlib.import_module("tools.choices")


class WithChoices(SphinxDirective):
    """What question and prediction share: text, then choices."""

    has_content = True

    def parse(self, piece: Any) -> list[nodes.Node]:
        """Return a piece's nodes."""
        parent = nodes.Element()
        lines = StringList(piece.text.splitlines(), source=self.state.document["source"])
        self.state.nested_parse(lines, self.content_offset + piece.line, parent)
        return parent.children

    def line_of_text(self, piece: Any) -> list[nodes.Node]:
        """Return the nodes of a piece that is a single paragraph."""
        found = self.parse(piece)
        if len(found) != 1 or not isinstance(found[0], nodes.paragraph):
            raise self.error(f"expected a line of text, found {piece.text!r}")
        return found[0].children

    def read(self, name: str, **options: Any) -> Any:
        """Read the directive's lines; what is wrong with them is an error at this line."""
        choices = reader(str(self.env.srcdir))
        try:
            return getattr(choices, name)(list(self.content), **options)
        except choices.ChoicesError as error:
            raise self.error(f"{{{self.name}}}: {error}") from None

    def fill(self, node: nodes.Element, found: Any) -> None:
        """Put the text and the choices into a node."""
        node["number"] = self.env.new_serialno(self.name) + 1
        node["kind"] = "checkbox" if "several" in self.options else "radio"
        self.set_source_info(node)
        node += self.parse(found.before)
        asked = Asked("", "", *self.line_of_text(found.asked), number=node["number"])
        asked["several"] = "several" in self.options
        asked["question"] = isinstance(node, Question)
        if found.choices or asked["question"]:
            node += asked
        else:  # nothing to choose: a prediction is a paragraph then
            node += nodes.paragraph("", "", *asked.children)
        for choice in found.choices:
            text = self.line_of_text(choice.text)
            if any(isinstance(n, LINKS) for part in text for n in part.findall()):
                raise self.error(f"choice {choice.letter} has a link; a click on it is to choose")
            letter = {"letter": choice.letter, "right": choice.right, "of": node.page_id()}
            node += Choice("", "", *text, kind=node["kind"], **letter)


class QuestionDirective(WithChoices):
    """A question with choices."""

    option_spec: ClassVar[dict[str, Any]] = {"several": directives.flag}

    def run(self) -> list[nodes.Node]:
        """Return the question, and what is said of its choices, which goes to the page's end."""
        found = self.read("read_question", several="several" in self.options)
        question = Question()
        self.fill(question, found)
        answer = Answer(number=question["number"])
        for choice in found.choices:
            said = page.Said(letter=choice.letter, right=choice.right)
            said += self.parse(choice.feedback)
            answer += said
        return [question, answer]


class PredictDirective(WithChoices):
    """A prediction: with choices or without, and a title that may be given."""

    optional_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """Return the box; a transform finds the outcome."""
        found = self.read("read_prediction")
        prediction = Prediction(classes=["admonition", "tip", "prediction"])
        prediction += nodes.title("", self.arguments[0] if self.arguments else TITLE)
        self.fill(prediction, found)
        return [prediction]


class PredictEnd(nodes.Invisible, nodes.Element):
    """Where what comes of a prediction ends."""


class PredictEndDirective(SphinxDirective):
    """The end of what comes of a prediction."""

    def run(self) -> list[nodes.Node]:
        """Return a mark, which a transform takes away."""
        end = PredictEnd()
        self.set_source_info(end)
        return [end]


class CloseOutcomes(SphinxTransform):
    """Put what comes of each prediction into an element that is opened."""

    default_priority = 9  # before sphinx-exercise moves what stands between its marks

    def apply(self, **kwargs: Any) -> None:
        """Close the outcome of each prediction of the page."""
        for prediction in list(self.document.findall(Prediction)):
            parent = prediction.parent
            after = parent.index(prediction) + 1
            following = parent.children[after:]
            stops = [n for n, node in enumerate(following) if isinstance(node, STOPS)]
            end = following[stops[0]] if stops else None
            if not isinstance(end, PredictEnd):
                LOGGER.error(
                    "{predict}: what comes of it has no end: expected {predict-end} before the "
                    "next prediction, and in the same section",
                    location=prediction,
                )
                continue
            inside = following[: stops[0]]
            if not inside:
                LOGGER.error("{predict}: nothing comes of it", location=prediction)
            shown, outcome = self.divide(inside)
            outcome["number"] = prediction["number"]
            parent[after : after + stops[0] + 1] = [*shown, outcome]
        for left in list(self.document.findall(PredictEnd)):
            LOGGER.error("{predict-end} without a {predict} before it", location=left)
            left.parent.remove(left)

    @staticmethod
    def divide(inside: list[nodes.Node]) -> tuple[list[nodes.Node], Outcome]:
        """Return what stays in view, the first cells' code, and all that comes of it."""
        shown: list[nodes.Node] = []
        outcome, first_cells = Outcome(), True
        for node in inside:
            first_cells = first_cells and is_cell(node)
            if not first_cells:
                outcome += node
                continue
            kept, results = node.copy(), node.copy()
            results["ids"], results["names"] = [], []
            for part in node.children:
                (kept if part.get("nb_element") == "cell_code_source" else results).append(part)
            shown += [kept] if kept.children else []
            outcome += [results] if results.children else []
        return shown, outcome


STOPS = (PredictEnd, Prediction, nodes.section)


def is_cell(node: nodes.Node) -> bool:
    """Whether a node is a code cell."""
    return isinstance(node, nodes.Element) and node.get("nb_element") == "cell_code"


class CollectAnswers(SphinxTransform):
    """Move what is said of the choices to the page's end."""

    default_priority = 9

    def apply(self, **kwargs: Any) -> None:
        """Put all answers of the page into one element."""
        found = list(self.document.findall(Answer))
        if not found:
            return
        for answer in found:
            answer.parent.remove(answer)
        sections = [n for n in self.document.children if isinstance(n, nodes.section)]
        (sections[-1] if sections else self.document).append(Answers("", *found))


def add_files(app: Any, pagename: str, templatename: str, context: Any, doctree: Any) -> None:
    """Load script and style on the pages that have something to choose or to open."""
    if doctree and any(isinstance(n, (Question, Prediction)) for n in doctree.findall()):
        app.add_css_file("questions.css")
        app.add_js_file("questions.js", loading_method="defer")


def setup(app: Any) -> dict[str, Any]:
    """Connect the extension to Sphinx."""
    app.add_directive("question", QuestionDirective)
    app.add_directive("predict", PredictDirective)
    app.add_directive("predict-end", PredictEndDirective)
    page.register(app)
    app.add_transform(CloseOutcomes)
    app.add_transform(CollectAnswers)
    app.connect("html-page-context", add_files)
    return {
        "version": "1",
        "env_version": 1,
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
