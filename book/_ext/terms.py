"""Give each page the definitions of the glossary's terms that it links to.

``_static/terms.js`` shows them. A definition is put into the page, hidden, when that is written:
no script has to ask for another file, which a browser that opened the page without a server would
not load. Links within a definition become text, since what a pointer or the keyboard's focus opens
must hold nothing to reach.
"""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms.post_transforms import SphinxPostTransform

#: A definition's id is this and the id of its term.
PREFIX = "definition-"


class Definitions(nodes.comment):
    """The definitions of a page; a comment to the search, which finds them in the glossary."""


class Definition(nodes.General, nodes.Element):
    """What one term means."""


def note(app: Any, doctree: nodes.document) -> None:
    """Note whether a page links to terms, and whether it has definitions."""
    env = app.env
    if any(node.get("reftype") == "term" for node in doctree.findall(addnodes.pending_xref)):
        users(env).add(env.docname)
    if next(doctree.findall(addnodes.glossary), None):
        env.glossary_was_read = True


def users(env: Any) -> set[str]:
    """Return the pages that link to terms."""
    if not hasattr(env, "term_users"):
        env.term_users = set()
    return env.term_users


def forget(app: Any, env: Any, page: str) -> None:
    """Forget a page; it is read again, or is no more."""
    users(env).discard(page)


def write_again(app: Any, env: Any) -> list[str]:
    """Have the pages written again that show definitions, when those may have changed."""
    changed, env.glossary_was_read = getattr(env, "glossary_was_read", False), False
    return sorted(users(env)) if changed else []


def definitions(doctree: nodes.document) -> dict[str, Definition]:
    """Return what a page defines: a term's id → its definition."""
    found = {}
    for glossary in doctree.findall(addnodes.glossary):
        for item in glossary.findall(nodes.definition_list_item):
            for term in item.findall(nodes.term):
                for name in term["ids"]:
                    meaning = next(item.findall(nodes.definition))
                    children = [plain(child) for child in meaning.children]
                    found[name] = Definition("", *children, place=name, term=term.astext())
    return found


class PutDefinitions(SphinxPostTransform):
    """Put the definitions of the terms that a page links to at its end."""

    default_priority = 5  # before references are resolved, so that those within are as well
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Find the page's links to terms."""
        terms = self.env.get_domain("std")._terms  # type: ignore[attr-defined]
        asked = [n for n in self.document.findall(addnodes.pending_xref) if n["reftype"] == "term"]
        # A term that is missing is told when the link is resolved.
        places = {terms.get(node["reftarget"].lower()) for node in asked} - {None}
        put = Definitions()
        for page in sorted({page for page, _ in places} - {self.env.docname}):
            known = definitions(self.env.get_doctree(page))
            put += [known[name] for name in sorted(known) if (page, name) in places]
        if not put.children:
            return
        self.document += put


def plain(child: nodes.Node) -> nodes.Node:
    """Return a copy without names, citations, and links to other terms."""
    copy = child.deepcopy()
    for node in list(copy.findall(nodes.Element)):
        node["ids"], node["names"] = [], []
        if not isinstance(node, addnodes.pending_xref):
            continue
        if node["refdomain"] != "cite":
            node.replace_self(nodes.inline("", node.astext()))
            continue
        parent, place = node.parent, node.parent.index(node)
        if place and isinstance(parent[place - 1], nodes.Text):
            # The space before a citation.
            parent[place - 1] = nodes.Text(parent[place - 1].rstrip(" "))
        parent.remove(node)
    return copy


def visit_definitions(self: Any, node: Definitions) -> None:
    self.body.append('<div class="term-definitions" hidden>\n')


def depart_definitions(self: Any, node: Definitions) -> None:
    self.body.append("</div>\n")


def visit_definition(self: Any, node: Definition) -> None:
    self.body.append(
        f'<div class="term-definition" id="{PREFIX}{node["place"]}" role="tooltip">'
        f'<p class="term-name">{self.encode(node["term"])}</p>\n'
    )


def depart_definition(self: Any, node: Definition) -> None:
    self.body.append("</div>\n")


def add_files(app: Any, pagename: str, templatename: str, context: Any, doctree: Any) -> None:
    """Load script and style on the pages that have definitions."""
    if doctree and any(isinstance(node, Definitions) for node in doctree.findall()):
        app.add_css_file("terms.css")
        app.add_js_file("terms.js", loading_method="defer")


def setup(app: Any) -> dict[str, Any]:
    """Connect the extension to Sphinx."""
    app.add_node(Definitions, html=(visit_definitions, depart_definitions))
    app.add_node(Definition, html=(visit_definition, depart_definition))
    app.connect("doctree-read", note)
    app.connect("env-purge-doc", forget)
    app.connect("env-updated", write_again)
    app.add_post_transform(PutDefinitions)
    app.connect("html-page-context", add_files)
    return {
        "version": "1",
        "env_version": 1,
        "parallel_read_safe": False,
        "parallel_write_safe": True,
    }
