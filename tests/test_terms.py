"""What a term means, beside its link: put into the page at build, shown in a browser."""

import re

import pytest
from small_site import build, write

GLOSSARY = """\
# Glossary

:::{glossary}
ReLU
  What is below zero becomes zero; see {term}`gradient`.

gradient
  How fast it grows: $\\frac{a}{b}$.

  A second paragraph.

never used
  Nobody links to this.
:::
"""
PAGE = """\
# Page

A {term}`ReLU <relu>` and, once more, {term}`ReLU`.

It has a {term}`gradient`. [Elsewhere](plain.md).
"""
PAGES = {
    "index": "# Start\n\nText.\n",
    "glossary": GLOSSARY,
    "page": PAGE,
    "plain": "# Plain\n\nNothing.\n",
}


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """Build a site with a glossary."""
    folder = tmp_path_factory.mktemp("terms")
    write(folder, PAGES)
    out, said = build(folder)
    assert said == ""
    return folder, out


def definitions(page: str) -> dict[str, str]:
    """Return the definitions in a page: term → text."""
    found = re.findall(
        r'(?s)<div class="term-definition"[^>]*>\s*<p class="term-name">(.*?)</p>(.*?)</div>', page
    )
    return {term: " ".join(re.sub(r"<[^>]*>", "", text).split()) for term, text in found}


def test_a_page_has_the_definitions_that_it_links_to(small) -> None:
    """Each once, with its formula, without links; others not at all."""
    page = (small[1] / "page.html").read_text("utf-8")
    assert definitions(page) == {
        "ReLU": "What is below zero becomes zero; see gradient.",
        "gradient": "How fast it grows: ab. A second paragraph.",
    }
    block = page[page.index('<div class="term-definitions"') :].partition("</article>")[0]
    assert "<a " not in block.partition("Elsewhere")[0]
    assert "never used" not in page
    assert 'class="formula-glyphs"' in page, "the only formula of the page is in a definition"
    names = re.findall(r' id="([^"]*)"', page)
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", ["plain", "index", "glossary"])
def test_other_pages_have_none(small, name) -> None:
    page = (small[1] / f"{name}.html").read_text("utf-8")
    assert definitions(page) == {}
    assert "terms.js" not in page


def test_the_search_finds_a_definition_in_the_glossary_alone(small) -> None:
    index = (small[1] / "searchindex.js").read_text("utf-8")
    names = re.search(r'"?docnames"?: ?\[(.*?)\]', index)[1].replace('"', "").split(", ")
    names = [name for part in names for name in part.split(",")]
    paragraph = re.search(r'"?paragraph"?: ?(\[[\d, ]*\]|\d+)', index)[1]
    assert [names[int(k)] for k in re.findall(r"\d+", paragraph)] == ["glossary"]


def test_a_changed_definition_changes_the_pages(small) -> None:
    """Sphinx writes a page again whose text is the same."""
    folder, out = small
    write(folder, {**PAGES, "glossary": GLOSSARY.replace("becomes zero", "becomes nought")})
    said = build(folder)[1]
    assert said == ""
    try:
        assert "becomes nought" in definitions((out / "page.html").read_text("utf-8"))["ReLU"]
    finally:
        write(folder, PAGES)
        build(folder)


@pytest.fixture
def page(browser, small):
    """Open the page from its file, as somebody does who has no server."""
    context = browser.new_context(viewport={"width": 320, "height": 700}, reduced_motion="reduce")
    page = context.new_page()
    problems: list[str] = []
    page.on("console", lambda m: m.type in ("error", "warning") and problems.append(m.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto((small[1] / "page.html").as_uri())
    yield page
    context.close()
    assert not problems


def shown(page) -> list[str]:
    """Return the first lines of the definitions that can be seen."""
    return page.locator(".term-definition .term-name:visible").all_inner_texts()


def wait(page, count: int) -> None:
    page.wait_for_function(
        "n => document.querySelectorAll('.term-definition:popover-open').length === n", arg=count
    )


def test_by_pointer(page) -> None:
    """It comes, stays while the pointer is on it, and goes; Escape sends it away."""
    link = page.locator("a.explained").first
    link.hover()
    wait(page, 1)
    assert shown(page) == ["ReLU"]
    box = page.locator(".term-definition:popover-open")
    box.hover()
    page.wait_for_timeout(600)
    assert shown(page) == ["ReLU"]
    page.mouse.move(2, 690)
    wait(page, 0)
    link.hover()
    wait(page, 1)
    page.keyboard.press("Escape")
    assert shown(page) == []
    page.locator("a.explained").last.hover()
    wait(page, 1)
    assert shown(page) == ["gradient"]


def test_by_keyboard(page) -> None:
    """It comes with the focus, stays, is the link's description, and goes with the focus."""
    page.locator("a.explained").first.focus()
    page.keyboard.press("Shift+Tab")
    assert shown(page) == []
    page.keyboard.press("Tab")
    wait(page, 1)
    page.wait_for_timeout(600)
    assert shown(page) == ["ReLU"]
    described = page.evaluate("document.activeElement.getAttribute('aria-describedby')")
    assert "What is below zero" in page.locator(f"#{described}").inner_text()
    page.keyboard.press("Escape")
    assert shown(page) == []
    assert page.evaluate("document.activeElement.matches('a.explained')"), "the focus stays"
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    wait(page, 1)
    assert shown(page) == ["gradient"]
    page.keyboard.press("Tab")
    wait(page, 0)
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/glossary.html#*")


def test_it_fits_and_its_formula_shows(page) -> None:
    """Inside a window of 320 pixels; the formula is set, as large as in a text."""
    page.wait_for_selector("#definition-term-gradient mjx-container", state="attached")
    page.locator("a.explained").last.hover()
    wait(page, 1)
    box = page.locator(".term-definition:popover-open").bounding_box()
    link = page.locator("a.explained").last.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 320
    assert box["y"] >= link["y"] + link["height"] or box["y"] + box["height"] <= link["y"]
    formula = page.locator(".term-definition:popover-open mjx-container svg").bounding_box()
    assert 12 <= formula["height"] <= 60
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 320


def test_by_touch(browser, small) -> None:
    """The first tap shows it, a tap elsewhere hides it, the second tap follows the link."""
    context = browser.new_context(
        viewport={"width": 360, "height": 700}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    address = (small[1] / "page.html").as_uri()
    page.goto(address)
    link = page.locator("a.explained").first
    link.tap()
    wait(page, 1)
    assert page.url == address
    page.locator("article h1").tap()
    wait(page, 0)
    link.tap()
    wait(page, 1)
    link.tap()
    page.wait_for_url("**/glossary.html#*")
    context.close()


def test_without_the_script(browser, small) -> None:
    """The link leads to the glossary; no definition is in the way; nothing is printed."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((small[1] / "page.html").as_uri())
    assert page.locator(".term-definition:visible").count() == 0
    page.locator("a:has(> .std-term)").first.click()
    page.wait_for_url("**/glossary.html#term-*", wait_until="commit")
    context.close()


def test_nothing_is_printed(page) -> None:
    page.locator("a.explained").first.hover()
    wait(page, 1)
    page.emulate_media(media="print")
    assert page.locator(".term-definition:visible").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_read(browser, small, scheme) -> None:
    """Text and border stand out from what is behind them; in forced colours it has a border."""
    context = browser.new_context(color_scheme=scheme)
    page = context.new_page()
    page.goto((small[1] / "page.html").as_uri())
    page.evaluate(f"document.documentElement.dataset.theme = '{scheme}'")
    page.locator("a.explained").first.hover()
    wait(page, 1)
    colours = page.evaluate(
        """() => {
          const style = getComputedStyle(document.querySelector(':popover-open'));
          return [style.color, style.backgroundColor, style.borderTopColor];
        }"""
    )
    text, ground, border = (luminance(colour) for colour in colours)
    assert contrast(text, ground) >= 4.5
    assert contrast(border, ground) >= 3
    page.emulate_media(forced_colors="active")
    assert (
        page.locator(":popover-open").evaluate("e => getComputedStyle(e).borderTopWidth") == "1px"
    )
    context.close()


def luminance(colour: str) -> float:
    """Return a colour's relative luminance."""
    channels = [int(c) / 255 for c in re.findall(r"\d+", colour)[:3]]
    red, green, blue = (
        c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: float, other: float) -> float:
    """Return the contrast of two luminances."""
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)
