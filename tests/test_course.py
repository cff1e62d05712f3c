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


def test_at_first_all_are_written(env) -> None:
    assert course.again(None, env) == ["all", "one", "table"]
    assert course.again(None, env) == []


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
def test_what_changed_as_shown_is_written_again(env, chapter, count, value, written) -> None:
    course.again(None, env)
    course.store(env)[f"book/{chapter}"][count] = value
    assert course.again(None, env) == written
    assert course.again(None, env) == []


def test_a_page_that_is_read_again_may_show_something_else(env) -> None:
    """And one whose chapter has another title."""
    course.again(None, env)
    course.forget(None, env, "all")
    env.docname = "all"
    course.note(env, ("figures", ["two"]))
    env.titles["book/two"] = nodes.title("", "Another")
    assert course.again(None, env) == ["all", "table"]
    course.forget(None, env, "all")
    assert course.again(None, env) == []
