"""Typeset the formulas while the book is built, so that a page needs no program for it.

A formula becomes an SVG picture in the text's colour, which looks the same in every browser and
needs no font, and beside it MathML, hidden from the eye, for screen readers. (MathML alone would be
a tenth of the size, but is drawn with the fonts that a reader happens to have: where none has the
forms that mathematics needs, brackets do not grow with what is in them.)

MathJax sets them, in one Node process a build (``tools/javascript/typeset.js``). Formulas share
their glyphs: a page has each that it uses once. What MathJax does not understand is a warning.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup
from docutils import nodes
from javascript import FOLDER, command, package
from sphinx.errors import ExtensionError
from sphinx.locale import _
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

logger = logging.getLogger(__name__)
CLASSES = "math notranslate nohighlight"


class FormulaError(Exception):
    """Why a formula is not understood."""


class Typesetter:
    """Formulas as HTML, and the glyphs that they refer to: id → outline."""

    def __init__(self) -> None:
        """Start nothing yet: a build may have no page to write."""
        self.glyphs: dict[str, str] = {}
        self.typeset = cache(self._typeset)
        self._process: subprocess.Popen[str] | None = None

    def _typeset(self, tex: str, display: bool) -> str:
        """Return a formula as HTML.

        Raises
        ------
        FormulaError
            When it is not understood.
        ExtensionError
            When MathJax does not run.
        """
        if self._process is None:
            package("mathjax")
            self._process = subprocess.Popen(
                command(FOLDER / "typeset.js"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                encoding="utf-8",
            )
        assert self._process.stdin
        assert self._process.stdout
        print(json.dumps({"tex": tex, "display": display}), file=self._process.stdin, flush=True)
        line = self._process.stdout.readline()
        if not line:
            raise ExtensionError(f"typeset.js ended at the formula {tex}; what it said is above")
        answer = json.loads(line)
        if "error" in answer:
            raise FormulaError(answer["error"])
        self.glyphs |= answer["glyphs"]
        html: str = answer["html"]
        return html

    def close(self) -> None:
        """End the process."""
        if self._process:
            self._process.communicate()
            self._process = None


def typeset(translator: Any, node: nodes.Element, tex: str, *, display: bool) -> str:
    """Return a formula as HTML, or its source with a warning."""
    typesetter: Typesetter = translator.builder.app.formulas
    try:
        return typesetter.typeset(tex, display)
    except FormulaError as error:
        source = node.astext().strip()
        logger.warning("the formula %s is not understood: %s", source, error, location=node)
        return f"<code>{translator.encode(source)}</code>"


def visit_math(self: Any, node: nodes.math) -> None:
    """Write a formula that stands in the text."""
    formula = typeset(self, node, node.astext(), display=False)
    self.body.append(f"{self.starttag(node, 'span', '', CLASS=CLASSES)}{formula}</span>")
    raise nodes.SkipNode


def visit_math_block(self: Any, node: nodes.math_block) -> None:
    """Write a formula that stands by itself, with its number."""
    self.body.append(self.starttag(node, "div", "", CLASS=CLASSES))
    if node["number"]:
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, _("Link to this equation"))
        self.body.append("</span>")
    self.body.append(typeset(self, node, source_of(node), display=True) + "</div>\n")
    raise nodes.SkipNode


def source_of(node: nodes.math_block) -> str:
    r"""Return a block as TeX: as Sphinx has it, lines with \\ and paragraphs are aligned."""
    if node["nowrap"]:
        return node.astext()
    parts = [part for part in node.astext().split("\n\n") if part.strip()]
    split = [rf"\begin{{split}}{part}\end{{split}}" if r"\\" in part else part for part in parts]
    lines = r" \\ ".join(split)
    return lines if len(split) == 1 else rf"\begin{{aligned}}{lines}\end{{aligned}}"


def add_glyphs(app: Any, name: str, page: BeautifulSoup) -> None:
    """Put the glyphs of a page's formulas at its beginning; without formulas, it needs no style."""
    if not page.select_one("mjx-container"):
        for link in page.select('link[href*="formulas.css"]'):
            link.decompose()
        return
    used = {str(use["href"]).removeprefix("#") for use in page.select("mjx-container use")}
    assert page.body is not None
    place = page.new_tag("svg", attrs={"class": "formula-glyphs", "aria-hidden": "true"})
    defs = page.new_tag("defs")
    place.append(defs)
    for glyph in sorted(used):
        defs.append(page.new_tag("path", attrs={"id": glyph, "d": app.formulas.glyphs[glyph]}))
    page.body.insert(0, place)


def finish(app: Any, exception: Exception | None) -> None:
    """End MathJax, whose letters come with its licence."""
    app.formulas.close()
    if app.builder.format == "html" and not exception:
        licence = package("mathjax") / "LICENSE"
        shutil.copyfile(licence, Path(app.outdir, "_static", "mathjax-LICENSE.txt"))


def setup(app: Any) -> dict[str, Any]:
    """Connect the extension to Sphinx."""
    app.formulas = Typesetter()
    app.add_html_math_renderer("static", (visit_math, None), (visit_math_block, None))
    app.add_css_file("formulas.css")
    app.connect("html-page-finish", add_glyphs, priority=400)
    app.connect("build-finished", finish)
    # One process gives the glyphs of all pages.
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": False}
