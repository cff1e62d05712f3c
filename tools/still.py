"""Take the still pictures of what is live, for readers without JavaScript, of the built book.

Of a page with a pad or a training, a photograph. Of the small things to try, their own drawings,
side by side in one SVG: grey letters and the figures' colours, which stand on light and on dark.
Of the front page's pad, its HTML with a digit on it: what is shown until the pad takes its place.

    python -m tools.still           all of them
    python -m tools.still stride    one
"""

import math
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from digitrec.plots import INK
from tools import browser, mouse, server

ROOT = Path(__file__).resolve().parents[1]
HTML = ROOT / "_build" / "html"
STATIC = ROOT / "book" / "_static"
#: Steps that the network has learned for, four epochs, when its picture is taken.
LEARNED = 1252


def three() -> Iterator[mouse.Point]:
    """Points of a 3, in parts of the pad: two arcs."""
    for start, sweep, middle, radius in (
        (-2.4, 4.0, 0.32, 0.16),
        (-1.5, 4.2, 0.66, 0.2),
    ):
        for step in range(41):
            angle = start + step / 40 * sweep
            yield 0.5 + radius * math.cos(angle), middle + radius * math.sin(angle)


def draw(page: Page) -> None:
    """Draw a 3."""
    page.wait_for_selector("#draw[data-ready]")
    mouse.draw(page, three())


def train(page: Page) -> None:
    """Have the network learn for four epochs."""
    page.wait_for_selector("#train[data-run]")
    for step in range(313, LEARNED + 1, 313):
        page.click(".train-epoch")
        page.wait_for_selector(f"#train[data-step='{step}'][data-state=paused]")


#: Of the small things to try: the name of box and still, and their page.
TRIES = {"neuron": "02-dense", "softmax": "02-dense", "loss": "02-dense", "stride": "04-cnn"}
#: The drawings of one box, each with its size, as text.
DRAWINGS = """box => [...box.querySelectorAll('.try-picture')].map((svg) => {
  const { width, height } = svg.viewBox.baseVal;
  return [svg.innerHTML, width, height];
})"""
GAP = 40


def still(drawings: list[tuple[str, float, float]]) -> str:
    """Put drawings side by side into one SVG, with grey letters."""
    parts, left = [], 0.0
    for content, width, height in drawings:
        parts.append(f'<svg x="{left:g}" width="{width:g}" height="{height:g}">{content}</svg>')
        left += width + GAP
    size = f"{left - GAP:g}", f"{max(height for _, _, height in drawings):g}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size[0]} {size[1]}" '
        f'width="{size[0]}" height="{size[1]}" fill="{INK}" color="{INK}" font-size="14" '
        f'font-family="system-ui, -apple-system, Segoe UI, Roboto, Liberation Sans, sans-serif">\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


#: The pad of the front page as text: what is painted on a canvas becomes a drawing and a picture,
#: and nothing can be pressed.
FRONT = r"""async () => {
  const { WRITTEN: [{ digit, strokes }] } = await import('../_static/draw/written.js');
  const { PENS } = await import('../_static/draw/strokes.js');
  const seen = document.querySelector('#draw .draw-seen canvas');
  const top = document.querySelector('#draw .draw-top').cloneNode(true);
  const all = (selector, change) => top.querySelectorAll(selector).forEach(change);
  top.classList.add('draw-still-pad');
  top.querySelector('#pad').outerHTML = `
    <svg id="pad" role="img" viewBox="0 0 1000 1000" aria-label="A handwritten ${digit}">
    <g fill="none" stroke="currentColor" stroke-width="${PENS.medium}"
      stroke-linecap="round" stroke-linejoin="round">
    ${strokes.map((stroke) => `<path d="${stroke}"/>`).join('')}</g></svg>`;
  top.querySelector('.draw-seen canvas').outerHTML = `
    <img src="${seen.toDataURL()}" width="28" height="28" alt="${seen.ariaLabel}">`;
  all('.draw-hint, .draw-keys, .draw-status', (element) => element.remove());
  all('button', (button) => (button.disabled = true));
  all('[style="transform: scaleX(0);"]', (bar) => bar.removeAttribute('style'));
  return top.outerHTML.replaceAll(/\s+/g, ' ').replaceAll(/> </g, '>\n<');
}"""

#: What is done on each page before its picture is taken.
PAGES: dict[str, Callable[[Page], None]] = {"draw": draw, "train": train}


def take_page(browser_: Browser, address: str, name: str) -> Path:
    """Photograph a live page."""
    page = browser_.new_page(viewport={"width": 1280, "height": 2000}, color_scheme="light")
    page.goto(f"{address}/book/{name}.html")
    PAGES[name](page)
    page.evaluate("document.activeElement.blur()")
    page.mouse.move(0, 0)
    page.wait_for_timeout(500)
    picture = STATIC / name / "still.png"
    page.locator(f"#{name}").screenshot(path=picture)
    page.close()
    return picture


def take_try(browser_: Browser, address: str, name: str) -> Path:
    """Write down the drawings of a small thing to try."""
    page = browser_.new_page()
    page.goto(f"{address}/book/{TRIES[name]}.html")
    page.wait_for_selector(f"#try-{name}[data-ready]")
    picture = STATIC / "try" / f"{name}.svg"
    picture.write_text(
        still(page.locator(f"#try-{name}").evaluate(DRAWINGS)), "utf-8", newline="\n"
    )
    page.close()
    return picture


def take_front(browser_: Browser, address: str, name: str) -> Path:
    """Write down the front page's pad at rest."""
    page = browser_.new_page(color_scheme="light", reduced_motion="reduce")
    page.goto(f"{address}/book/intro.html")
    page.wait_for_selector("#draw[data-ready]")
    page.wait_for_timeout(500)
    written = STATIC / "draw" / "front.html"
    written.write_text(page.evaluate(FRONT) + "\n", "utf-8", newline="\n")
    page.close()
    return written


def taker(name: str) -> Callable[[Browser, str, str], Path]:
    """Return what takes the still of that name."""
    if name == "front":
        return take_front
    return take_page if name in PAGES else take_try


if __name__ == "__main__":
    names = sys.argv[1:] or ["front", *PAGES, *TRIES]
    with server.serve(HTML) as address, sync_playwright() as playwright:
        opened = browser.launch(playwright)
        for name in names:
            print(taker(name)(opened, address, name).relative_to(ROOT))
