"""The front page in a real browser: what is seen first, what moves by itself, and who stops it."""

import itertools
import json
import re
from collections.abc import Callable, Iterator

import pytest
from accessible import violations
from bs4 import BeautifulSoup
from conftest import HTML, ROOT, WATCH_SHIFTS, parsed, slow_down, watched
from test_draw import SHAPES, readings

from tools import mark, mouse, still

STATIC = ROOT / "book" / "_static"
FRONT = "book/intro.html"
#: Desktops and phones on whose first screen the promise is to be seen.
SCREENS = {
    "desktop": (1280, 800),
    "large": (1440, 900),
    "narrow": (1024, 768),
    "phone": (390, 844),
    "small": (360, 740),
}
#: How much of what is seen may move by itself, in the measure of browsers (Layout Instability).
SHIFT = 0.02

# What is shown of the pad: its picture, and the words and bars beside it.
INK = "document.querySelector('canvas#pad')?.toDataURL()"
BLANK = """() => {
  const { width, height } = document.querySelector('canvas#pad');
  return Object.assign(document.createElement('canvas'), { width, height }).toDataURL();
}"""
WORDS = "document.querySelector('.draw-why').textContent"
BARS = "[...document.querySelectorAll('.draw-bar')].map((bar) => bar.style.transform).join()"


#: Ways in which there is no second thread.
NO_WORKER = {
    "throws": "globalThis.Worker = class { constructor() { throw new Error('not allowed'); } };",
    "fails": """globalThis.Worker = class extends EventTarget {
      postMessage() { setTimeout(() => this.dispatchEvent(new Event('error'))); }
    };""",
}


@pytest.fixture
def opened(browser, address, problems) -> Iterator[Callable]:
    """Return a function that opens the front page in a context of its own."""
    contexts = []

    def open_front(
        size: str = "desktop", ready: bool = True, slowed: int = 1, broken: str = "", **options
    ):
        width, height = SCREENS[size]
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = watched(context, address, problems)
        if options.get("java_script_enabled", True):
            page.add_init_script(WATCH_SHIFTS)
        if broken == "missing":
            page.route("**/live/reader.js*", lambda route: route.fulfill(body=""))
        elif broken:
            page.add_init_script(NO_WORKER[broken])
        slow_down(page, slowed)
        page.goto(f"{address}/{FRONT}")
        if ready:
            page.wait_for_selector("#draw[data-ready]")
        return page

    yield open_front
    for context in contexts:
        context.close()
    assert not problems, "\n".join(problems)


def changes(page, expression: str, seconds: float = 6) -> set:
    """Watch something for some time; return all that it was."""
    was = set()
    for _ in range(round(seconds / 0.2)):
        was.add(page.evaluate(expression))
        page.wait_for_timeout(200)
    return was


def is_still(page) -> bool:
    """Tell whether nothing moves for three seconds, once the last stroke is drawn and read."""
    page.wait_for_timeout(500)
    return len(changes(page, INK, 3)) == 1 and len(changes(page, BARS, 1)) == 1


# --- It moves ----------------------------------------------------------------------------------


def test_digits_are_drawn_untouched(opened) -> None:
    """Ink grows, the networks' bars move with it, and what is read is the digit that was drawn."""
    page = opened()
    assert len(changes(page, INK, 5)) > 5
    page.wait_for_function(f"/^Both read 4: /.test({WORDS})", timeout=20_000)
    assert len(changes(page, BARS, 6)) > 5
    page.wait_for_function(f"/^Both read 8: /.test({WORDS})", timeout=20_000)
    assert page.evaluate("window.shift") <= SHIFT


def test_each_digit_is_read(opened) -> None:
    """Both networks read each of the digits that are drawn by themselves as what it is."""
    page = opened(reduced_motion="reduce")
    read = page.evaluate(
        """async () => {
      const { WRITTEN } = await import('../_static/draw/written.js');
      const { Demo } = await import('../_static/draw/demo.js');
      const { Live } = await import('../_static/draw/live.js');
      const live = new Live({ whole: false });
      await live.load();
      const read = [];
      for (const written of WRITTEN) {
        live.pad.load(await new Demo([written], () => {}).begin());
        live.update();
        const { cnn, dense } = live.readings;
        read.push([String(written.digit), cnn.textContent, dense.textContent]);
      }
      return read;
    }"""
    )
    assert len(read) >= 5
    for digit, cnn, dense in read:
        assert (cnn, dense) == (digit, digit)


def test_it_waits_out_of_sight(opened) -> None:
    """Where the pad cannot be seen, nothing is drawn; seen again, it goes on."""
    page = opened()
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    page.wait_for_timeout(500)
    assert is_still(page)
    page.evaluate("scrollTo(0, 0)")
    assert len(changes(page, INK, 4)) > 3


# --- And stops ---------------------------------------------------------------------------------


def test_a_stroke_stops_it_for_good(opened) -> None:
    """Who draws gets an empty pad at once and a reading of this stroke; nothing else is drawn."""
    page = opened()
    page.wait_for_timeout(1500)
    mouse.draw(page, SHAPES["7"], steps=9)
    assert readings(page)[0] == "7"
    assert is_still(page)
    assert not page.locator(".draw-pause").is_visible()
    assert not page.locator(".draw-invitation").is_visible()
    page.click(".draw-clear")
    assert is_still(page)
    mouse.draw(page, SHAPES["1"], steps=9)
    assert readings(page)[0] == "1"


def test_keys_stop_it_for_good(opened) -> None:
    """The focus alone stops it, with the digit whole; Space then draws on an empty pad."""
    page = opened()
    page.wait_for_timeout(1500)
    page.focus("#pad")
    assert is_still(page)
    assert re.match("Both read [45]:", page.evaluate(WORDS))
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Space")
    for _ in range(14):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    assert readings(page)[0] == "1"
    assert is_still(page)


@pytest.mark.parametrize("button", ["undo", "clear"])
def test_buttons_stop_it_for_good(opened, button: str) -> None:
    """Undo and Clear are the reader's as well."""
    page = opened()
    page.wait_for_timeout(1500)
    page.click(f".draw-{button}")
    assert is_still(page)


def test_pause(opened) -> None:
    """A button that the Tab key reaches pauses it, and has it go on."""
    page = opened()
    button = page.get_by_role("button", name="Pause")
    button.focus()
    assert len(changes(page, INK, 4)) > 3
    page.keyboard.press("Enter")
    assert is_still(page)
    button = page.get_by_role("button", name="Play")
    assert button.evaluate("button => button === document.activeElement")
    page.keyboard.press("Enter")
    assert len(changes(page, INK, 4)) > 3


def test_reduced_motion(opened) -> None:
    """A digit with its reading, and nothing moves; the pad can be drawn on all the same."""
    page = opened(reduced_motion="reduce")
    assert readings(page) == ("5", "5")
    assert is_still(page)
    assert not page.locator(".draw-pause").is_visible()
    mouse.draw(page, SHAPES["7"], steps=9)
    assert readings(page)[0] == "7"


def test_digits_are_read_elsewhere(opened) -> None:
    """A thread of its own reads what the page would read; meanwhile other work has its turn."""
    page = opened(reduced_motion="reduce")
    elsewhere, at_once, turns, reader = page.evaluate(
        """async () => {
      const { WRITTEN } = await import('../_static/draw/written.js');
      const { Demo } = await import('../_static/draw/demo.js');
      const { Live } = await import('../_static/draw/live.js');
      const live = new Live({ whole: false });
      await live.load();
      const shown = () => [live.why.textContent, ...live.found.cnn, live.pad.found.top];
      live.pad.load(await new Demo(WRITTEN, () => {}).begin());
      let [turns, goes] = [0, true];
      const turn = () => { turns++; if (goes) setTimeout(turn); };
      setTimeout(turn);
      await live.refresh();
      goes = false;
      const elsewhere = shown();
      live.update();
      return [elsewhere, shown(), turns, live.reader !== null];
    }"""
    )
    assert reader
    assert elsewhere == at_once
    assert elsewhere[0].startswith("Both read")
    assert turns >= 1


@pytest.mark.parametrize("broken", ["throws", "fails", "missing"])
def test_without_a_thread_the_page_reads(opened, broken: str) -> None:
    """Where no worker may run, or it fails, or its program is missing: there are readings."""
    page = opened(reduced_motion="reduce", ready=False, broken=broken)
    page.wait_for_selector("#draw[data-ready]")
    mouse.draw(page, SHAPES["7"], steps=9)
    assert readings(page)[0] == "7"


def test_nobody_is_told_of_what_moves_by_itself(opened) -> None:
    """A screen reader hears no reading until somebody draws."""
    page = opened()
    status = "document.querySelector('.draw-status').textContent"
    assert changes(page, status, 5) == {""}
    mouse.draw(page, SHAPES["7"], steps=9)
    page.wait_for_function(f"{status}.includes('7')")


# --- What is seen first ------------------------------------------------------------------------


@pytest.mark.parametrize("size", SCREENS)
def test_the_promise_is_on_the_first_screen(opened, size: str) -> None:
    """The title, the way in, the pad with its readings, and the photograph that was read."""
    page = opened(size, reduced_motion="reduce")
    width, height = SCREENS[size]
    for part in (
        ".bd-article h1",
        ".hero .sd-btn",
        "#pad",
        ".draw-bars",
        ".draw-why",
        "#fig-hero img",
    ):
        box = page.locator(part).first.bounding_box()
        assert box["y"] >= 0, part
        assert box["y"] + box["height"] <= height, part
        assert box["x"] >= 0, part
        assert box["x"] + box["width"] <= width, part
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width


def test_nothing_covers_anything_at_any_width(opened) -> None:
    """Beside the words the pad is narrow from 961 pixels on, as it is on phones."""
    parts = "#pad, .draw-tools button, .draw-readings p, .draw-bars, .draw-why"
    page = opened()  # while digits are drawn there are three buttons
    for width in (320, 360, 480, 540, 640, 641, 800, 960, 961, 1000, 1060, 1100, 1150, 1200, 1440):
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_timeout(500)  # the list of chapters slides out of the window, or into it
        outer, *boxes = page.evaluate(
            """(parts) => ['.draw-small', `.draw-small :is(${parts})`].flatMap((parts) =>
              [...document.querySelectorAll(parts)].map((part) => {
                const { left, right, top, bottom } = part.getBoundingClientRect();
                return { name: part.className || part.id || part.textContent,
                         left, right, top, bottom };
              }))""",
            parts,
        )
        assert len(boxes) == 9
        for box in boxes:
            assert outer["left"] < box["left"], (width, box)
            assert box["right"] < outer["right"], (width, box)
        for a, b in itertools.combinations(boxes, 2):
            beside = max(a["left"], b["left"]) >= min(a["right"], b["right"])
            below = max(a["top"], b["top"]) >= min(a["bottom"], b["bottom"])
            assert beside or below, (width, a, b)


@pytest.mark.parametrize("slowed", [1, 6])
@pytest.mark.parametrize("size", ["desktop", "narrow", "phone"])
def test_nothing_jumps(opened, size: str, slowed: int) -> None:
    """From the first picture to the live pad, and while digits are drawn.

    A slow processor shows the page's beginning before its end has come.
    """
    page = opened(size, slowed=slowed)
    page.wait_for_timeout(9000)
    assert page.evaluate("window.shift") <= SHIFT


def test_the_still_is_what_is_alive(opened, site) -> None:
    """The picture that is shown first is the pad at rest: same parts, words, bars and size."""
    text = parsed(STATIC / "draw" / "front.html")
    page = opened(reduced_motion="reduce")
    now = BeautifulSoup(page.evaluate(still.FRONT), "html.parser")
    assert now.get_text(" ", strip=True) == text.get_text(" ", strip=True), "run make stills"
    for a, b in zip(now.find_all(True), text.find_all(True), strict=True):
        assert (a.name, a.get("class")) == (b.name, b.get("class")), "run make stills"
    assert [p["d"] for p in now.select("path")] == [p["d"] for p in text.select("path")]
    assert now.select_one("img")["src"] == text.select_one("img")["src"], "run make stills"
    size = page.locator(".draw-top").bounding_box()
    before = opened(java_script_enabled=False, ready=False)
    assert before.locator(".draw-top").bounding_box() == size


def test_without_javascript(opened) -> None:
    """The digit and its reading are there, and it is said what is missing."""
    page = opened(java_script_enabled=False, ready=False)
    assert page.get_by_role("img", name="A handwritten 5").is_visible()
    assert page.inner_text("#reading") == "5"
    assert page.get_by_text("you need JavaScript").is_visible()
    assert page.locator("#fig-hero").is_visible()
    assert not page.locator(".draw-undo").is_visible()


def test_before_the_networks_are_there(browser, address) -> None:
    """On the picture one can draw at once; the reading comes when the networks do."""
    context = browser.new_context()
    page = context.new_page()
    held = []
    page.route("**/live/model.js*", lambda route: held.append(route))
    page.goto(f"{address}/{FRONT}")
    page.wait_for_function("!document.querySelector('canvas#pad')")
    page.wait_for_timeout(1000)
    mouse.draw(page, SHAPES["7"], steps=9)
    assert len(page.evaluate("document.querySelector('#draw .draw-why').textContent")) == 0
    assert len(page.evaluate(INK)) > len(page.evaluate(BLANK))
    held[0].continue_()
    page.wait_for_selector("#draw[data-ready]")
    assert readings(page)[0] == "7"
    context.close()


def test_no_networks(browser, address) -> None:
    """Where they cannot be loaded, the picture stays, and it is said."""
    context = browser.new_context()
    page = context.new_page()
    page.route("**/live/model.js*", lambda route: route.abort())
    page.goto(f"{address}/{FRONT}")
    page.get_by_text("could not be loaded").wait_for()
    assert page.inner_text("#reading") == "5"
    context.close()


def test_nothing_is_black_and_empty(opened) -> None:
    """With nothing drawn, what the networks see is no black square, and no reading is a hole."""
    page = opened(reduced_motion="reduce")
    page.click(".draw-clear")
    assert readings(page) == ("", "")
    assert not page.locator(".draw-seen canvas").is_visible()
    shown = "getComputedStyle(document.querySelector('#reading'), '::before').content"
    assert "–" in page.evaluate(shown)


def test_nothing_is_loaded_that_is_not_needed(opened) -> None:
    """Neither what only the drawing page shows, nor the networks before the page has been shown."""
    page = opened()
    page.wait_for_timeout(500)
    entries = page.evaluate(
        "performance.getEntriesByType('resource').map((entry) => [entry.name, entry.startTime])"
    )
    started = {name.split("/")[-1].split("?")[0]: at for name, at in entries if "/_static/" in name}
    assert not {"draw.js", "teach.js", "still.png"} & set(started)
    shown = page.evaluate("performance.getEntriesByType('navigation')[0].loadEventStart")
    assert started["model.js"] >= shown


def test_axe(opened) -> None:
    """No violation while digits are drawn, in either colours."""
    page = opened()
    page.wait_for_timeout(1500)
    assert violations(page, ".bd-article") == []


# --- The way in, and the mark ------------------------------------------------------------------


def test_next_leads_through_the_course(site) -> None:
    """From the front page to the first chapter, and on to the last."""
    name = "intro"
    met: list[str] = []
    while len(met) < 7:
        page = parsed(site / "book" / f"{name}.html")
        name = page.select_one("a.right-next")["href"].removesuffix(".html")
        met.append(name)
    assert met == sorted(p.stem for p in (ROOT / "book").glob("0*.md"))


def test_one_clear_way_in(site) -> None:
    """One button, to the first chapter."""
    page = parsed(site / FRONT)
    assert [a["href"] for a in page.select(".bd-article .sd-btn")] == ["01-data.html"]


def test_touch_icon_is_made_from_the_mark() -> None:
    """The picture is what its command gives."""
    assert mark.PICTURE.read_bytes() == mark.picture(), "run make mark"


def test_every_page_has_the_mark(site) -> None:
    """As its icon, as a phone's, and once beside the title."""
    for path in [HTML / FRONT, HTML / "book" / "01-data.html", HTML / "search.html"]:
        page = parsed(path)
        found = [
            page.select_one(f'link[rel="{rel}"]')["href"] for rel in ("icon", "apple-touch-icon")
        ]
        found += [image["src"] for image in page.select(".navbar-brand img")]
        assert [name.split("/")[-1] for name in found] == [
            "mark.svg",
            "apple-touch-icon.png",
            "mark.svg",
        ]
        assert all((path.parent / name).exists() for name in found)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_are_the_screens_from_the_start(browser, address, scheme: str) -> None:
    """Before the theme's own script has run, which would be too late."""
    context = browser.new_context(color_scheme=scheme)
    page = context.new_page()
    page.route("**/pydata-sphinx-theme.js*", lambda route: route.abort())
    page.goto(f"{address}/{FRONT}")
    assert page.evaluate("document.documentElement.dataset.theme") == scheme
    context.close()


def test_chapters_begin_with_their_picture(site) -> None:
    """The set-up of a chapter is folded, on the page and in its notebook."""
    for path in sorted((ROOT / "book").glob("0*.md")):
        page = BeautifulSoup(
            (site / "book" / f"{path.stem}.html").read_text("utf-8"), "html.parser"
        )
        first = page.select_one(".bd-article div.cell")
        assert "tag_hide-input" in first["class"], path.stem
        assert first.select_one("details > summary").get_text(" ", strip=True).startswith("Show")
        notebook = json.loads((ROOT / "notebooks" / f"{path.stem}.ipynb").read_text("utf-8"))
        code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
        # The first installs the library.
        assert [c["metadata"]["jupyter"] for c in code[:2]] == [{"source_hidden": True}] * 2
