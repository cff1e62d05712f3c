"""Every page can be used without a mouse, and shows where the keyboard is."""

import io
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image
from test_site import PAGES

#: What WCAG 2.2 asks of a focus indicator (2.4.13): as many pixels as a ring of two around the
#: control, each at least this far from the same pixel without the focus.
CONTRAST = 3.0
RING = 2

#: A page has fewer stops than this: one that never ends is a trap.
MOST = 1500

# What has the focus, and how much of its ring the box that it stands in leaves.
FOCUSED = """() => {
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  element.dataset.stop ??= String(document.querySelectorAll('[data-stop]').length);
  // What is pressed may be larger than the link: a card.
  const shown = element.matches('.sd-stretched-link') ? element.closest('.sd-card') : element;
  const { x, y, width, height } = shown.getBoundingClientRect();
  const kinds = (e) => `${e.tagName.toLowerCase()}.${[...e.classList].sort().join('.')}`;
  return {
    stop: Number(element.dataset.stop),
    kind: `${kinds(element.parentElement)} > ${kinds(element)}`,
    box: { x, y, width, height },
  };
}"""


def luminance(picture: np.ndarray) -> np.ndarray:
    """How bright each pixel is, as WCAG has it: (H, W, 3) in 0 to 255 → (H, W) in 0 to 1."""
    part = picture / 255
    linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def contrast(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The contrast of each pixel of two pictures, 1 to 21."""
    a, b = luminance(one), luminance(other)
    return (np.maximum(a, b) + 0.05) / (np.minimum(a, b) + 0.05)


def picture(page, clip: dict) -> np.ndarray:
    image = Image.open(io.BytesIO(page.screenshot(clip=clip, animations="disabled")))
    return np.asarray(image.convert("RGB"), dtype=float)


def ring(page, box: dict) -> tuple[int, float]:
    """How many pixels tell the focused element from the same one without focus; how many should."""
    margin, size = 8, page.viewport_size
    left, top = max(0, box["x"] - margin), max(0, box["y"] - margin)
    clip = {
        "x": left,
        "y": top,
        "width": min(size["width"], box["x"] + box["width"] + margin) - left,
        "height": min(size["height"], box["y"] + box["height"] + margin) - top,
    }
    focused = picture(page, clip)
    page.evaluate("document.activeElement.blur()")
    changed = contrast(focused, picture(page, clip)) >= CONTRAST
    # What is outside of the window of a tall element is not counted.
    around = 2 * (min(box["width"], clip["width"]) + min(box["height"], clip["height"]))
    return int(changed.sum()), RING * around


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
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_focus_is_seen(browser, address: str, scheme: str) -> None:
    """On every page Tab leads through everything, once and in order, and each kind shows it."""
    context = browser.new_context(color_scheme=scheme, reduced_motion="reduce")
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
            seen, expected = ring(page, focused["box"])
            if seen < expected:
                unseen.append(f"{name}: {focused['kind']}: {seen} of {expected:.0f} pixels")
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
