"""The book for who has the system choose the colours, or asks it for more contrast."""

import numpy as np
import pytest
from conftest import bring_to_life
from seen import contrast, picture

from tools import mouse

#: An edge or a bar that is to be seen stands out from what is around it by so much (WCAG 1.4.11).
GRAPHICS = 3.0
#: Text, where more contrast is asked for (WCAG 1.4.6).
TEXT = 7.0


@pytest.fixture(params=["light", "dark"])
def forced(request, browser):
    """A page in the system's colours, on light and on dark."""
    context = browser.new_context(
        forced_colors="active",
        color_scheme=request.param,
        reduced_motion="reduce",
        viewport={"width": 1280, "height": 900},
    )
    yield context.new_page()
    context.close()


def standing_out(page, locator, margin: int = 4) -> int:
    """How many pixels of an element, and just around it, stand out from the page's background."""
    locator.scroll_into_view_if_needed()
    box = locator.bounding_box()
    assert box, f"{locator} is not shown"
    clip = {
        "x": max(0, box["x"] - margin),
        "y": max(0, box["y"] - margin),
        "width": box["width"] + 2 * margin,
        "height": box["height"] + 2 * margin,
    }
    seen = picture(page, clip)
    return int((contrast(seen, seen[:1, :1]) >= GRAPHICS).sum())


def sides(locator) -> float:
    """The length of an element's outline."""
    box = locator.bounding_box()
    return 2 * (box["width"] + box["height"])


def framed(page, selector: str) -> list[str]:
    """Which elements have no frame that is seen all around, of one pixel at least."""
    found = page.locator(f"{selector} >> visible=true").all()
    assert found, f"{page.url} has no {selector}"
    return [
        f"{selector} {number}"
        for number, element in enumerate(found)
        if standing_out(page, element) < 0.85 * sides(element)
    ]


def test_drawing_page_in_forced_colours(forced, address: str) -> None:
    """Pad, squares, buttons and the switch have a frame before anything is drawn; then bars."""
    forced.goto(f"{address}/book/draw.html", wait_until="networkidle")
    unframed: list[str] = []
    for selector in ("#pad", ".draw-digit", ".draw-seen", ".draw-tools button", "select.draw-pen"):
        unframed += framed(forced, selector)
    assert not unframed
    switch = forced.locator(".draw-switch input").first
    on = standing_out(forced, switch)
    switch.click()
    assert min(on, standing_out(forced, switch)) > 40
    assert on != standing_out(forced, switch), "on and off look alike"

    mouse.draw(forced, [(0.5, 0.25), (0.5, 0.75)], 20)
    best = forced.locator(".draw-bars .draw-best").first
    best.wait_for()
    forced.wait_for_function(
        "document.querySelector('.draw-best').getBoundingClientRect().width > 40"
    )
    box = best.bounding_box()
    assert standing_out(forced, best) > 0.8 * box["width"] * box["height"]


def test_training_page_in_forced_colours(forced, address: str) -> None:
    """What is chosen, the two curves, and which digits are read wrongly are told apart."""
    forced.goto(f"{address}/book/train.html", wait_until="networkidle")
    for selector in (".train-lessons button", ".train-run button", ".train-knobs select"):
        assert not framed(forced, selector)
    forced.locator(".train-step").click()
    forced.locator(".train-epoch").click()
    forced.wait_for_function(
        "document.querySelector('.train-line').getBoundingClientRect().width > 60", timeout=60_000
    )
    for chart in forced.locator(".train-charts > figure > svg").all():
        assert standing_out(forced, chart) > 200
    colours = forced.evaluate(
        "['.train-line', '.train-line.train-test', '.train-grid'].map("
        "s => getComputedStyle(document.querySelector(s)).stroke)"
    )
    canvas = forced.evaluate("getComputedStyle(document.body).backgroundColor")
    assert len({*colours[:2], canvas}) == 3
    assert colours[2] != canvas


@pytest.mark.parametrize("name", ["01-data", "02-dense", "04-cnn"])
def test_chapters_in_forced_colours(forced, address: str, name: str) -> None:
    """Things to try, questions, cells and notes keep their frames, and where one is is marked."""
    forced.goto(f"{address}/book/{name}.html", wait_until="networkidle")
    bring_to_life(forced)
    everywhere = [".question", ".print-choices button", ".question-tools button"]
    own = {"01-data": [], "02-dense": [".try", ".try-buttons button"], "04-cnn": [".try"]}
    for selector in everywhere + own[name]:
        assert not framed(forced, selector)
    borders = forced.evaluate(
        "[...document.querySelectorAll('.bd-sidebar-primary .toctree-l1 > a')].map("
        "a => [a.matches('.current > a'), getComputedStyle(a).borderLeftWidth])"
    )
    assert [width for here, width in borders if here] == ["3px"]
    assert {width for here, width in borders if not here} == {"0px"}


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_more_contrast(browser, address: str, mode: str) -> None:
    """Who asks for more contrast has no grey text, and lines that are seen."""
    context = browser.new_context(color_scheme=mode, contrast="more", reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{address}/book/02-dense.html", wait_until="networkidle")
    read = """name => {
      const probe = document.createElement('i');
      probe.style.color = `var(${name})`;
      document.body.append(probe);
      const colour = getComputedStyle(probe).color.match(/[\\d.]+/g).slice(0, 3).map(Number);
      probe.remove();
      return colour;
    }"""
    names = [
        "--pst-color-background",
        "--digitrec-surface",
        "--digitrec-muted",
        "--digitrec-accent",
        "--pst-color-text-base",
        "--digitrec-line",
    ]
    page_, surface, *texts, line = (np.array(page.evaluate(read, name), float) for name in names)
    context.close()
    for text in texts:
        assert contrast(text, page_) >= TEXT
        assert contrast(text, surface) >= TEXT
    assert contrast(line, page_) >= GRAPHICS
