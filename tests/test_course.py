"""Pages with counts of the chapters are written again when a count changes, as they show it."""

from types import SimpleNamespace
from typing import Any

import course
import pytest
from docutils import nodes


@pytest.fixture
def env() -> Any:
    """Return Sphinx's environment after two chapters and two pages with counts were read."""
    env = SimpleNamespace(
        titles={f"book/{name}": nodes.title("", name.title()) for name in ("one", "two")},
        toctree_includes={"index": ["book/one", "book/two"]},
        toc_secnumbers={"book/one": {"": (1,)}, "book/two": {"": (2,)}},
        config=SimpleNamespace(root_doc="index"),
    )
    for name in env.titles:
        course.store(env)[name] = dict.fromkeys(course.NAMES, 12.0)
    for env.docname, what in (
        ("table", course.TABLE),
        ("all", ("exercises", [])),
        ("one", ("reading", ["one"])),
    ):
        course.note(env, what)
    return env


@pytest.fixture
def app(tmp_path) -> Any:
    """Return Sphinx's application at the first build."""
    return SimpleNamespace(doctreedir=tmp_path, builder=SimpleNamespace(name="html"))


def test_at_first_all_are_written(app, env) -> None:
    """And again until a build has ended well."""
    assert course.again(app, env) == ["all", "one", "table"]
    course.remember(app, KeyboardInterrupt())
    assert course.again(app, env) == ["all", "one", "table"]
    course.remember(app, None)
    assert course.again(app, env) == []


@pytest.mark.parametrize(
    ("chapter", "count", "value", "written"),
    [
        ("one", "exercises", 13, ["all", "table"]),
        ("two", "running", 13, ["table"]),
        ("one", "reading", 22, ["one", "table"]),
        # To five minutes: 12 and 12.4 are the same, and 24 and 24.4 in all.
        ("one", "reading", 12.4, []),
        # No page shows how many words there are.
        ("one", "words", 900, []),
    ],
)
def test_what_changed_as_shown_is_written_again(app, env, chapter, count, value, written) -> None:
    course.again(app, env)
    course.remember(app, None)
    course.store(env)[f"book/{chapter}"][count] = value
    assert course.again(app, env) == written
    course.remember(app, None)
    assert course.again(app, env) == []


def test_a_page_that_is_read_again_may_show_something_else(app, env) -> None:
    """And one whose chapter has another title."""
    course.again(app, env)
    course.remember(app, None)
    course.forget(None, env, "all")
    env.docname = "all"
    course.note(env, ("figures", ["two"]))
    env.titles["book/two"] = nodes.title("", "Another")
    assert course.again(app, env) == ["all", "table"]
    course.remember(app, None)
    course.forget(None, env, "all")
    assert course.again(app, env) == []
