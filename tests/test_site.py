"""The built site in a real browser: every page, on a desktop and on a phone, light and dark."""

import subprocess
import sysconfig
from pathlib import Path

import pytest
import yaml
from accessible import violations
from conftest import HTML, ROOT

SIZES = {"desktop": (1280, 900), "phone": (320, 740)}  # 320: also a desktop at 400 %
TOC = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))
PAGES = [TOC["root"], *(c["file"] for part in TOC["parts"] for c in part["chapters"])]

# Elements whose text is cut off: wider than the window, and not inside something that scrolls.
CUT_OFF = """() => {
  const scrolls = (element) => {
    for (let e = element; e && e !== document.body; e = e.parentElement) {
      const style = getComputedStyle(e);
      if (['auto', 'scroll'].includes(style.overflowX)) return true;
      // Off-screen on purpose: drawers, what only screen readers read, the maths' hidden MathML.
      if (['fixed'].includes(style.position) || style.visibility === 'hidden') return true;
      if (e.matches('mjx-assistive-mml, .visually-hidden, dialog:not([open])')) return true;
    }
    return false;
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (!node.textContent.trim() || !node.parentElement.checkVisibility()) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const box = range.getBoundingClientRect();
    if (!box.width || scrolls(node.parentElement)) continue;
    if (box.right > innerWidth + 1 || box.left < -1)
      found.push(node.textContent.trim().slice(0, 60));
  }
  return found;
}"""

# Captions that one would have to move a wide table for, to read them.
CAPTIONS_CUT_OFF = """[...document.querySelectorAll('.has-measured caption')]
  .filter((c) => c.offsetWidth > c.closest('.has-measured').clientWidth)
  .map((c) => c.textContent)"""

# What formulas refer to, and is not on the page.
GLYPHS_MISSING = """[...document.querySelectorAll('mjx-container use')]
  .map((use) => use.href.baseVal).filter((id) => !document.querySelector(id))"""

# Elements that hide what does not fit into them.
HIDDEN = """() => [...document.querySelectorAll('main *')].filter((e) => {
    const style = getComputedStyle(e);
    const clips = ['hidden', 'clip'];
    if (!e.checkVisibility() || !e.textContent.trim() || e.clientWidth < 2) return false;
    // Closed notes; formulas, which are drawn, and whose text for screen readers is hidden.
    if (e.closest('.visually-hidden, .toggle-hidden, .math')) return false;
    return (clips.includes(style.overflowX) && e.scrollWidth > e.clientWidth + 1)
      || (clips.includes(style.overflowY) && e.scrollHeight > e.clientHeight + 1);
  }).map((e) => `${e.tagName}.${e.className}: ${e.textContent.trim().slice(0, 60)}`)"""


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", [*PAGES, "index", "search"])
def test_page(browser, address: str, name: str, size: str) -> None:
    """A page loads without an error, asks only its own site, fits, and can be read by everyone."""
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        reduced_motion="reduce",
    )
    page = context.new_page()
    problems: list[str] = []
    page.on("console", lambda m: m.type in ("error", "warning") and problems.append(m.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("requestfailed", lambda request: problems.append(f"failed: {request.url}"))
    page.on(
        "response",
        lambda r: r.status >= 400 and problems.append(f"{r.status}: {r.url}"),
    )
    page.on(
        "request",
        lambda r: r.url.startswith((address, "data:", "blob:")) or problems.append(f"asks {r.url}"),
    )
    page.goto(f"{address}/{name}.html", wait_until="networkidle")
    if name == "index":  # sends on to the front page
        page.wait_for_url("**/book/intro.html")
    assert page.locator("h1:visible").count() == 1, "a page has one heading of the first rank"

    # Dark is asked for below, on this same page.
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    maths = page.locator(".math").count()
    if maths:
        assert page.locator(".math").filter(has=page.locator("mjx-container")).count() == maths
    assert page.evaluate(GLYPHS_MISSING) == []

    wider = page.evaluate("document.scrollingElement.scrollWidth - innerWidth")
    if wider > 0:
        problems.append(f"the page is {wider} px wider than the window")
    problems += [f"cut off: {text}" for text in page.evaluate(CUT_OFF)]
    problems += [f"caption cut off: {text}" for text in page.evaluate(CAPTIONS_CUT_OFF)]

    problems += violations(page)
    context.close()
    assert not problems, "\n".join(problems)


# What WCAG 1.4.12 asks a page to bear: whoever reads better so sets it in the browser.
SPACING = """* {
  letter-spacing: 0.12em !important;
  line-height: 1.5 !important;
  word-spacing: 0.16em !important;
}
p { margin-bottom: 2em !important; }"""


@pytest.mark.parametrize("width", [640, 320])
@pytest.mark.parametrize(
    "name", ["intro", "draw", "train", "02-dense", "project", "notation", "api", "references"]
)
def test_wider_text(browser, address: str, name: str, width: int) -> None:
    """Enlarged to 200 and 400 %, with more space around letters and lines, all text is seen."""
    # The policy would refuse a style that is not the page's; a reader's browser does not ask it.
    page = browser.new_page(viewport={"width": width, "height": 512}, bypass_csp=True)
    page.goto(f"{address}/book/{name}.html", wait_until="networkidle")
    page.add_style_tag(content=SPACING)
    wider = page.evaluate("document.scrollingElement.scrollWidth - innerWidth")
    lost = page.evaluate(CUT_OFF) + page.evaluate(HIDDEN)
    page.close()
    assert (wider, lost) == (0, [])


def test_search_finds(page, address: str) -> None:
    """Searching the book gives pages."""
    page.goto(f"{address}/search.html?q=network")
    page.wait_for_selector("#search-results li a")


def test_links(site) -> None:
    """No link inside the book, and no anchor, leads nowhere."""
    lychee = Path(sysconfig.get_path("scripts")) / "lychee"
    command = [
        lychee,
        "--offline",
        "--no-progress",
        "--include-fragments",
        "--root-dir",
        HTML,
    ]
    result = subprocess.run(
        [*command, *sorted(HTML.glob("*.html")), *sorted(HTML.glob("book/*.html"))],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_size(record_property) -> None:
    """The site stays small enough for GitHub Pages and a phone."""
    size = sum(path.stat().st_size for path in HTML.rglob("*") if path.is_file())
    record_property("site size", size)
    print(f"\nsite: {size / 1e6:.1f} MB")
    assert size < 100e6
