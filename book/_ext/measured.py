"""Mark measured times on the pages: all else is the same in every build on one machine.

A cell that shows a measured time has the tag ``measured`` in its chapter. On its page

- each time in what it prints stands in a ``<span class="measured-time">``; what is printed beside
  the times, such as a training's losses, is as fixed as the rest;
- a picture of it is found by the cell's class, ``tag_measured``;
- each value that it glues stands in such a span wherever prose shows it, and so do the chapters'
  running times (``course.py``).

The search leaves out what is marked, and the rest of what the cell prints: its index would be
another one after each build. The pages' sources and the notebooks to download have no times but the
committed ones (``book/results.json``), which are the same in any build.

The tag is checked (``times.py``): a cell that shows a time without the tag, or has the tag and
shows none, is a warning. So is a value that is glued in a tagged cell and is no time: it would not
be compared.

``tools/compare_builds.py`` compares two builds but for what is marked here.
"""

from __future__ import annotations

import re
from typing import Any

import times
from docutils import nodes
from library_cache import is_notebook
from myst_nb.ext.glue.roles import PasteTextRole
from myst_nb.ext.glue.utils import PendingGlueReference
from sphinx.util import logging

LOGGER = logging.getLogger(__name__)
CLASS = "measured-time"
#: A time as cells print it, with the spaces that line it up.
TIME = re.compile(r" *\b\d[\d.,]*(?: ?(?:s|ms|µs|us|seconds)\b| times faster\b)")


class Glued(nodes.inline):
    """A glued value, and whose it is: ``page`` and ``name``. It is gone when a page is written."""


class GlueText(PasteTextRole):
    """MyST-NB's role, which forgets whose value it shows."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the value in a node that says it."""
        found, messages = super().run()
        name = self.text.rsplit(":", 1)[0] if ":" in self.text else self.text
        page = self.document.settings.env.docname
        for node in found:
            if isinstance(node, PendingGlueReference):
                page, name = node.refdoc, node.key
        return [Glued("", "", node, page=page, name=name) for node in found], messages


class Time(nodes.comment):
    """A measured time; a comment to the search."""


class Printed(nodes.comment):
    """What a tagged cell prints; a comment to the search."""


def note(app: Any, page: str, source: list[str]) -> None:
    """Read a chapter's tags, and say what is wrong with them."""
    env = app.env
    if not hasattr(env, "measured_names"):
        env.measured_names = {}
    if not is_notebook(source[0]):
        return
    env.measured_names[page], wrong = times.read(source[0])
    for message in wrong:
        LOGGER.warning("%s", message, location=page)


def forget(app: Any, env: Any, page: str) -> None:
    """Forget a page that is read again or is gone."""
    getattr(env, "measured_names", {}).pop(page, None)


def mark(app: Any, doctree: nodes.document, page: str) -> None:
    """Mark a page's glued times, and what its tagged cells print."""
    names = getattr(app.env, "measured_names", {})
    for value in list(doctree.findall(Glued)):
        is_time = value["name"] in names.get(value["page"], ())
        value.replace_self([Time("", "", *value.children)] if is_time else value.children)
    for cell in doctree.findall(nodes.container):
        if f"tag_{times.TAG}" in cell["classes"]:
            for output in cell.findall(nodes.container):
                if "cell_output" in output["classes"]:
                    for block in list(output.findall(nodes.literal_block)):
                        block.replace_self(Printed("", "", block.deepcopy()))


def visit_time(self: Any, node: Time) -> None:
    self.body.append(f'<span class="{CLASS}">')


def depart_time(self: Any, node: Time) -> None:
    self.body.append("</span>")


def visit_printed(self: Any, node: Printed) -> None:
    node["start"] = len(self.body)


def depart_printed(self: Any, node: Printed) -> None:
    text = "".join(self.body[node["start"] :])
    self.body[node["start"] :] = [TIME.sub(rf'<span class="{CLASS}">\g<0></span>', text)]


def setup(app: Any) -> dict[str, Any]:
    """Connect the extension to Sphinx."""
    app.setup_extension("myst_nb")
    app.add_node(Time, html=(visit_time, depart_time))
    app.add_node(Printed, html=(visit_printed, depart_printed))
    app.add_role_to_domain("glue", "text", GlueText(), override=True)
    app.connect("source-read", note, priority=400)
    app.connect("env-purge-doc", forget)
    app.connect("doctree-resolved", mark)
    return {
        "version": "1",
        "env_version": 1,
        "parallel_read_safe": False,
        "parallel_write_safe": True,
    }
