"""A page printed from the browser: light, whole, and without what is there to be pressed."""

import re

import pytest
from conftest import ROOT

#: The width that text has on paper less the margins of 15 mm, in CSS pixels.
PAPERS = {"A4": 680, "Letter": 703}
PAGES = sorted(path.stem for path in (ROOT / "book").glob("*.md"))
#: What is above the page's text, hidden or for assistive technology alone, is not looked at.
SEEN = """(e) => e.checkVisibility() && !e.closest('svg, .visually-hidden, mjx-assistive-mml')"""
#: Elements that reach over the paper's edge, and boxes that hide a part of what they hold.
CUT_OFF = f"""() => [...document.querySelectorAll('body *')].filter({SEEN}).filter((e) => {{
  const hides = getComputedStyle(e).overflowX !== 'visible';
  return e.getBoundingClientRect().right > innerWidth + 1
    || (hides && e.scrollWidth > e.clientWidth + 1);
}}).map((e) => `${{e.tagName}}.${{e.className}}: ${{e.textContent.trim().slice(0, 60)}}`)"""
#: Dark surfaces. A cell of a confusion matrix, a pixel or a bar has the colour of its value.
DARK = f"""() => [...document.querySelectorAll('body, body *')].filter({SEEN}).filter((e) => {{
  if (e.closest('td, .try-live, #draw, #train')) return false;
  const [r, g, b, a = 1] = getComputedStyle(e).backgroundColor.match(/[\\d.]+/g).map(Number);
  return a > 0.3 && (r + g + b) / 3 < 128;
}}).map((e) => `${{e.tagName}}.${{e.className}}`)"""
PALE = f"""() => [...document.querySelectorAll('.bd-article :is(p, li, h1, h2, dt, dd, pre)')]
  .filter({SEEN}).filter((e) => {{
  const [r, g, b] = getComputedStyle(e).color.match(/[\\d.]+/g).map(Number);
  return (r + g + b) / 3 > 140;
}}).map((e) => `${{e.tagName}}: ${{e.textContent.slice(0, 60)}}`)"""
FOR_SCREENS = (
    ".bd-sidebar-primary, .bd-sidebar-secondary, .bd-header-article, .prev-next-footer, .copybtn, "
    ".headerlink, .sd-btn, .toggle-button, .print-choices, .question-tools, .bd-footer, .skip-link"
)


@pytest.fixture
def printed(address, browser):
    """Return a function that gives a page as a dark reader's browser prints it."""
    contexts = []

    def give(name: str):
        contexts.append(browser.new_context(color_scheme="dark", reduced_motion="reduce"))
        contexts[-1].add_init_script(
            "localStorage.setItem('mode', 'dark'); localStorage.setItem('theme', 'dark')"
        )
        page = contexts[-1].new_page()
        page.goto(f"{address}/book/{name}.html")
        # What the browser tells a page before it prints, which emulation does not.
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        page.emulate_media(media="print")
        return page

    yield give
    for context in contexts:
        context.close()


@pytest.mark.slow
@pytest.mark.parametrize("name", PAGES)
def test_a_page_prints_light_and_whole(name: str, printed) -> None:
    page = printed(name)
    for paper, width in PAPERS.items():
        page.set_viewport_size({"width": width, "height": 1000})
        assert page.evaluate(CUT_OFF) == [], paper
    assert page.evaluate(DARK) == []
    assert page.evaluate(PALE) == []
    assert page.locator(FOR_SCREENS).locator("visible=true").count() == 0
    titles = page.locator("h1:visible")
    assert titles.count() == 1, "the theme would print a second one"


def test_a_chapter_prints_with_its_number_and_without_solutions(printed) -> None:
    page = printed("02-dense")
    assert re.match(r"2\. A dense network", page.locator("h1:visible").inner_text())
    assert page.locator(".solution").count() > 0
    assert page.locator(".solution:visible").count() == 0
    assert page.locator(".try:visible").count() == page.locator(".try").count()
