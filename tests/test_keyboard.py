"""Every page can be used without a mouse, and shows where the keyboard is."""

from collections.abc import Iterator

import pytest
from seen import contrast, picture
from test_site import PAGES

#: What WCAG 2.2 asks of a focus indicator (2.4.13): as many pixels as a ring of two around the
#: control, each at least this far from the same pixel without the focus.
CONTRAST = 3.0
RING = 2

#: A page has fewer stops than this: one that never ends is a trap.
MOST = 1500

# What has the focus, and where.
FOCUSED = """() => {
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  element.dataset.stop ??= String(document.querySelectorAll('[data-stop]').length);
  // What is pressed may be larger than the link: a card.
  const shown = element.matches('.sd-stretched-link') ? element.closest('.sd-card') : element;
  const { x, y, width, height } = shown.getBoundingClientRect();
  // A link may go over two lines.
  const line = [...shown.getClientRects()].reduce((a, b) => (a.width >= b.width ? a : b));
  const kinds = (e) => `${e.tagName.toLowerCase()}.${[...e.classList].sort().join('.')}`;
  return {
    stop: Number(element.dataset.stop),
    kind: `${kinds(element.parentElement)} > ${kinds(element)}`,
    box: { x, y, width, height },
    width: line.width,
    height: line.height,
  };
}"""


def ring(page, focused: dict, mode: str) -> tuple[int, int]:
    """How many pixels tell the focused element from the same one without focus; how many should."""
    margin, box, size = 8, focused["box"], page.viewport_size
    left, top = max(0, box["x"] - margin), max(0, box["y"] - margin)
    clip = {
        "x": left,
        "y": top,
        "width": min(size["width"], box["x"] + box["width"] + margin) - left,
        "height": min(size["height"], box["y"] + box["height"] + margin) - top,
    }
    page.evaluate("mode => { document.documentElement.dataset.theme = mode; }", mode)
    with_focus = picture(page, clip)
    page.evaluate("window.focusedBefore = document.activeElement; document.activeElement.blur()")
    without = picture(page, clip)
    page.evaluate("window.focusedBefore.focus({ preventScroll: true, focusVisible: true })")
    seen = contrast(with_focus, without) >= CONTRAST
    # What is outside of the window of a tall element is not counted.
    width, height = min(focused["width"], clip["width"]), min(focused["height"], clip["height"])
    return int(seen.sum()), int(RING * 2 * (width + height))


def stops(page) -> Iterator[dict]:
    """Each element that Tab leads to, in order, until it leaves the page or begins anew."""
    for number in range(MOST):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        if focused is None or (number and focused["stop"] == 0):
            return
        yield focused
    pytest.fail(f"Tab never leaves {page.url}: {focused}")


@pytest.mark.slow
def test_focus_is_seen(browser, address: str) -> None:
    """On every page Tab leads through everything, once and in order, and each kind shows it."""
    context = browser.new_context(color_scheme="light", reduced_motion="reduce")
    page = context.new_page()
    measured: set[str] = set()
    unseen = []
    for name in [*PAGES, "search"]:
        page.goto(f"{address}/{name}.html", wait_until="networkidle")
        assert page.locator("[tabindex]:not([tabindex='0'], [tabindex='-1'])").count() == 0
        for number, focused in enumerate(stops(page)):
            assert focused["stop"] == number, f"{name}: Tab comes back to {focused}"
            if focused["kind"] in measured:
                continue
            measured.add(focused["kind"])
            # Both modes in one tour, which takes a minute.
            unseen += [
                f"{name}, {mode}: {focused['kind']}: {seen} of {expected} pixels"
                for mode in ("dark", "light")
                for seen, expected in [ring(page, focused, mode)]
                if seen < expected
            ]
    context.close()
    assert len(measured) > 40
    assert not unseen, "\n".join(unseen)


def test_skip_link(page, address: str) -> None:
    """The first stop leads past the bars, to the text."""
    page.goto(f"{address}/book/01-data.html", wait_until="networkidle")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent.trim()") == "Skip to main content"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("!!document.activeElement.closest('main')")
