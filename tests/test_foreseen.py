"""Parts of a page have their place from the start: no style waits for what comes later."""

import re

import foreseen
import pytest
from bs4 import BeautifulSoup
from conftest import ROOT, WATCH_SHIFTS, parsed, slow_down, watched

STATIC = ROOT / "book" / "_static"
SHEETS = sorted(STATIC.rglob("*.css"))
#: What scripts change while a page is open may be asked for.
CHANGED = ("[hidden]", "[open]", ":checked", ":focus", ":hover")


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_no_sheet_asks_for_what_comes_later(sheet) -> None:
    for inner in re.findall(r":has\(([^{]*)\)", sheet.read_text("utf-8")):
        assert any(state in inner for state in CHANGED), f"a class of foreseen.py instead: {inner}"


@pytest.mark.parametrize("name", foreseen.CLASSES)
def test_each_class_is_used(site, name: str) -> None:
    """By a style sheet, and by a page."""
    assert any(re.search(rf"\.{name}\b", sheet.read_text("utf-8")) for sheet in SHEETS)
    assert any(parsed(page).select_one(f".{name}") for page in (site / "book").glob("*.html"))


def test_classes_are_added() -> None:
    page = BeautifulSoup(
        '<body><section class="a"><p class="hero">x</p></section><section></section></body>',
        "html.parser",
    )
    foreseen.name_parts(None, "a", page)
    assert page.body["class"] == ["is-front"]
    assert [s.get("class") for s in page.select("section")] == [["a", "has-hero"], None]


def test_what_a_folded_cell_shows_is_above_it() -> None:
    page = BeautifulSoup(
        '<body><div class="cell tag_hide-input"><details class="above-input"></details>'
        '<div class="cell_output"></div></div></body>',
        "html.parser",
    )
    foreseen.name_parts(None, "a", page)
    foreseen.show_first(None, "a", page)
    assert [part["class"] for part in page.select_one(".cell").find_all(True)] == [
        ["cell_output"],
        ["above-input"],
    ]


@pytest.mark.parametrize("size", [(1280, 800), (390, 844)], ids=["desktop", "phone"])
@pytest.mark.parametrize("name", ["draw", "train", "01-data", "04-cnn", "api"])
def test_nothing_jumps(browser, address, problems, name: str, size: tuple[int, int]) -> None:
    """A slow processor shows a page's beginning before its end has come.

    The front page's own is in test_front.py.
    """
    context = browser.new_context(viewport={"width": size[0], "height": size[1]})
    page = watched(context, address, problems)
    page.add_init_script(WATCH_SHIFTS)
    slow_down(page, 6)
    page.goto(f"{address}/book/{name}.html")
    page.wait_for_timeout(3000)
    shift = page.evaluate("window.shift")
    context.close()
    assert shift <= 0.02
    assert not problems
