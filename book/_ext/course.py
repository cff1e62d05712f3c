"""What is in each chapter, counted while the book is built, for those who teach with it.

``{course-table}`` is a table of the chapters, ``{course-hints}`` lists what the checks say to wrong
answers, and the role ``{course}`` gives a number: ``{course}`reading 01-data 02-dense``` is a sum
over chapters. ``reading`` is in minutes, ``running`` in seconds, measured when the chapter ran;
``exercises``, ``questions``, ``predictions``, ``trials`` and ``figures`` are counts.
"""

import html
import importlib
import json
import math
import sys
from pathlib import Path

from docutils import nodes
from measured import Time
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective, SphinxRole

#: Words that are read in a minute, by readers whose second or third language it is, and seconds
#: that a line of code and a figure take. They are estimates, and the page says so.
WORDS, LINE, FIGURE = 150, 4, 15
#: Where the pages' counts are kept.
STORE = "course_counts"
COLUMNS = {
    "reading": "reading, minutes",
    "exercises": "exercises",
    "questions": "questions",
    "predictions": "predictions",
    "trials": "things to try",
    "running": "runs in, seconds",
}
NAMES = {*COLUMNS, "words", "lines", "figures"}
#: What a page shows that has the table.
TABLE = ("table", ())


def named(node):
    """Return the name of a node's class, since extensions have their own."""
    return type(node).__name__


def inside_solution(node):
    """Tell whether a node is in an exercise's solution."""
    while node is not None:
        if named(node).startswith("solution") or "solution" in node.get("classes", ()):
            return True
        node = node.parent
    return False


def count(doctree, runtime):
    """Return what is in a page."""
    found: dict[str, float] = dict.fromkeys(NAMES, 0.0)
    for node in doctree.findall(nodes.Element):
        kind = named(node)
        if kind in ("exercise_node", "exercise_enumerable_node"):
            found["exercises"] += 1
        elif kind == "Question":
            found["questions"] += 1
        elif kind == "Prediction":
            found["predictions"] += 1
        elif isinstance(node, nodes.raw) and "data-try=" in node.astext():
            found["trials"] += 1
        elif isinstance(node, nodes.figure | nodes.image) and not inside_solution(node):
            found["figures"] += not isinstance(node.parent, nodes.figure)
        elif isinstance(node, nodes.literal_block) and not inside_solution(node):
            if "cell_input" in (node.parent.get("classes", ()) if node.parent else ()):
                found["lines"] += sum(1 for line in node.astext().splitlines() if line.strip())
        elif isinstance(node, nodes.paragraph | nodes.title) and not inside_solution(node):
            found["words"] += len(node.astext().split())
    seconds = found["lines"] * LINE + found["figures"] * FIGURE
    found["reading"] = found["words"] / WORDS + seconds / 60
    found["running"] = runtime or 0
    return found


def collect(app, doctree):
    """Count a page when it has been read."""
    metadata = getattr(app.env, "nb_metadata", {}).get(app.env.docname, {})
    runtime = (metadata.get("exec_data") or {}).get("runtime")
    store(app.env)[app.env.docname] = count(doctree, runtime)


def store(env):
    """Return the counts of all pages."""
    if not hasattr(env, STORE):
        setattr(env, STORE, {})
    return getattr(env, STORE)


def forget(app, env, docname):
    """Forget a page that is read again or gone."""
    store(env).pop(docname, None)
    asked(env).pop(docname, None)


def merge(app, env, docnames, other):
    """Take the counts of pages that another process has read."""
    for mine, theirs in ((store(env), store(other)), (asked(env), asked(other))):
        mine.update({name: theirs[name] for name in docnames if name in theirs})


def asked(env):
    """Return what each page shows of the counts: (name, chapters), or ``TABLE``."""
    if not hasattr(env, "course_asked"):
        env.course_asked = {}
    return env.course_asked


def note(env, what):
    """Note what a page shows of the counts."""
    asked(env).setdefault(env.docname, []).append(what)


class Placeholder(nodes.General, nodes.Element):
    """Stands for a table or a list until all pages are read."""


class InlinePlaceholder(nodes.Inline, nodes.Element):
    """Stands for a number until all pages are read."""


class TableDirective(SphinxDirective):
    """The table of the chapters."""

    def run(self):
        """Leave a place for it."""
        note(self.env, TABLE)
        return [Placeholder(what="table")]


class HintsDirective(SphinxDirective):
    """What the checks say to wrong answers."""

    def run(self):
        """Return a list for each chapter, to be opened; the checks are read as text."""
        root = str(self.env.srcdir)
        if root not in sys.path:
            sys.path.insert(0, root)
        hints = importlib.import_module("tools.hints")
        for path in hints.sources(Path(root)):
            self.env.note_dependency(str(path))
        found = []
        for chapter in hints.chapters():
            entries = nodes.definition_list(classes=["simple"])
            for exercise in chapter.exercises:
                bullets = nodes.bullet_list()
                for hint in exercise.hints:
                    bullets += nodes.list_item("", nodes.paragraph("", hint))
                term = nodes.term("", exercise.title)
                entries += nodes.definition_list_item("", term, nodes.definition("", bullets))
            summary = f'<details class="hints"><summary>{html.escape(chapter.title)}</summary>'
            found += [
                nodes.raw("", summary, format="html"),
                entries,
                nodes.raw("", "</details>", format="html"),
            ]
        return found


class CourseRole(SphinxRole):
    """A number: a name of ``COLUMNS``, then chapters, or none for all."""

    def run(self):
        """Leave a place for it."""
        name, *chapters = self.text.split()
        if name not in NAMES:
            raise ExtensionError(f"{{course}}: expected one of {sorted(NAMES)}, found {name!r}")
        note(self.env, (name, chapters))
        return [InlinePlaceholder(name=name, chapters=chapters)], []


def chapters_of(env):
    """Return the pages of the numbered chapters, in order."""
    return [
        docname
        for docname in env.toctree_includes.get(env.config.root_doc, ())
        if docname in env.toc_secnumbers and env.toc_secnumbers[docname].get("")
    ]


def as_text(name, value):
    """Write a number: minutes to five, since an estimate is no better; else whole."""
    if name == "reading":
        return str(max(5, 5 * math.ceil(value / 5 - 0.5)))
    return f"{value:.0f}"


def resolve(app, doctree, docname):
    """Put the counts where they are wanted."""
    counts, pages = store(app.env), chapters_of(app.env)
    for node in list(doctree.findall(InlinePlaceholder)):
        wanted = [f"book/{name}" for name in node["chapters"]] or pages
        missing = [name for name in wanted if name not in counts]
        if missing:
            raise ExtensionError(f"{docname}: {{course}}: there is no page {missing[0]}")
        total = sum(counts[name][node["name"]] for name in wanted)
        node.replace_self(shown(node["name"], total))
    for node in list(doctree.findall(Placeholder)):
        node.replace_self(table(app, docname, counts, pages))


def shown(name, value):
    """Return a number as a page shows it: a time is marked as measured."""
    text = nodes.Text(as_text(name, value))
    return Time("", "", text) if name == "running" else text


def table(app, docname, counts, pages):
    """Return the table of the chapters, with their sum."""
    rows = []
    for page in pages:
        title = app.env.titles[page].astext()
        link = nodes.reference(
            "", "", nodes.Text(title), refuri=app.builder.get_relative_uri(docname, page),
            internal=True,
        )  # fmt: skip
        paragraph = nodes.paragraph("", "", link)
        rows.append([paragraph, *(shown(key, counts[page][key]) for key in COLUMNS)])
    sums = {key: sum(counts[page][key] for page in pages) for key in COLUMNS}
    rows.append([nodes.Text("all"), *(shown(key, sums[key]) for key in COLUMNS)])
    group = nodes.tgroup("", cols=1 + len(COLUMNS))
    for width in (40, *[10] * len(COLUMNS)):
        group += nodes.colspec(colwidth=width)
    group += nodes.thead("", row(map(nodes.Text, ["chapter", *COLUMNS.values()])))
    group += nodes.tbody("", *map(row, rows))
    return nodes.table("", group, classes=["course"])


def row(cells):
    """Return a row of a table."""
    paragraphs = (
        cell if isinstance(cell, nodes.paragraph) else nodes.paragraph("", "", cell)
        for cell in cells
    )
    return nodes.row("", *(nodes.entry("", paragraph) for paragraph in paragraphs))


def said(env, page):
    """Return all that a page shows of the counts, as text."""
    counts, pages = store(env), chapters_of(env)
    found = []
    for name, chapters in asked(env).get(page, ()):
        wanted = [f"book/{chapter}" for chapter in chapters] or pages
        if (name, chapters) == TABLE:
            sums = [[counts[chapter] for chapter in pages], *([counts[c]] for c in pages)]
            found += [*pages, *(env.titles[chapter].astext() for chapter in pages)]
            found += [as_text(key, sum(c[key] for c in part)) for part in sums for key in COLUMNS]
        else:  # a chapter that is not there is told when the page is written
            found.append(as_text(name, sum(counts[c][name] for c in wanted if c in counts)))
    return found


def again(app, env):
    """Write a page again when it shows other counts than at the last build."""
    app.course_said = {page: said(env, page) for page in asked(env)}
    note = note_of(app)
    before = json.loads(note.read_text("utf-8")) if note.is_file() else {}
    return sorted(page for page, now in app.course_said.items() if now != before.get(page))


def note_of(app):
    """Return the file that says which counts the pages show that this builder has written."""
    return Path(app.doctreedir, f"counts-{app.builder.name}.json")


def remember(app, exception):
    """Note what the pages show, now that they are written."""
    if not exception and hasattr(app, "course_said"):
        note_of(app).write_text(json.dumps(app.course_said), "utf-8")


def setup(app):
    """Connect the extension to Sphinx."""
    app.setup_extension("measured")
    app.add_node(Placeholder)
    app.add_node(InlinePlaceholder)
    app.add_directive("course-table", TableDirective)
    app.add_directive("course-hints", HintsDirective)
    app.add_role("course", CourseRole())
    app.connect("doctree-read", collect, priority=900)
    app.connect("doctree-resolved", resolve)
    app.connect("env-purge-doc", forget)
    app.connect("env-merge-info", merge)
    app.connect("env-updated", again)
    app.connect("build-finished", remember)
    return {
        "version": "1",
        "env_version": 2,
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
