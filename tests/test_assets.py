"""One style sheet and one script for what all pages load; everything still looks and works so."""

import re
from pathlib import Path

import pytest
import small_site
from conftest import parsed, watched
from test_site import PAGES

#: What the frame's scripts do, on a chapter with all that pages have.
CHAPTER = "book/01-data"
#: What of an element's style is compared.
PROPERTIES = """
display position color background-color font-size font-weight font-family line-height margin
padding border width visibility opacity content text-decoration overflow flex grid-area float
z-index box-shadow
"""
#: Gives each element's style, as the browser shows it, and that of what it draws before and after.
STYLES = r"""(properties) => {
  const names = properties.trim().split(/\s+/);
  const found = [];
  for (const element of document.querySelectorAll('body, body *')) {
    const place = `${element.tagName}.${element.className.baseVal ?? element.className}`;
    for (const pseudo of [null, '::before', '::after']) {
      const style = getComputedStyle(element, pseudo);
      if (pseudo && style.content === 'none') continue;
      const values = names.map((name) => `${name}: ${style.getPropertyValue(name)}`);
      found.push(`${place}${pseudo ?? ''} ${values.join('; ')}`);
    }
  }
  return found;
}"""


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Path:
    """Return a small site whose pages load what is joined."""
    folder = tmp_path_factory.mktemp("assets") / "site"
    pages = {
        "index": "# One\n\n```python\nx = 1\n```\n",
        "other": "# Two\n\n$x$\n\n```{admonition} More\n:class: dropdown\ntext\n```\n",
    }
    small_site.write(folder, pages, more=["assets", "sphinx_copybutton", "sphinx_togglebutton"])
    out, said = small_site.build(folder)
    assert not said
    return out


def test_what_is_joined_follows_each_change(tmp_path: Path) -> None:
    """Of a style sheet or a script alone, with no page to write; of a class that a page gets."""
    folder, own = tmp_path / "site", tmp_path / "own"
    own.mkdir()
    (own / "own.css").write_text(".bd-article { --own: 1; }", "utf-8")
    (own / "own.js").write_text("globalThis.own = 1;", "utf-8")
    small_site.write(folder, {"index": "# One\n"}, more=["assets"])
    conf = folder / "conf.py"
    more = f"html_static_path += [{str(own)!r}]\nhtml_css_files += ['own.css']\n"
    conf.write_text(conf.read_text("utf-8") + more + "html_js_files += ['own.js']\n", "utf-8")

    def joined() -> tuple[str, str, str]:
        """Build; return the style sheet, the script, and what their addresses end in."""
        out, said = small_site.build(folder)
        assert said == ""
        sheet, script = ((out / "_static" / f"site.{kind}").read_text() for kind in ("css", "js"))
        page = (out / "index.html").read_text("utf-8")
        [version] = set(re.findall(r"site\.(?:css|js)\?v=(\w{8})", page))
        return sheet, script, version

    sheet, script, version = joined()
    assert "--own:1" in sheet.replace(" ", "")
    assert "own=1" in script
    assert joined() == (sheet, script, version)
    (own / "own.css").write_text(".bd-article { --own: 2; }", "utf-8")
    sheet, _, newer = joined()
    assert "--own:2" in sheet.replace(" ", "")
    assert newer != version  # or a browser would keep the old ones
    (own / "own.js").write_text("globalThis.own = 2;", "utf-8")
    assert "own=2" in joined()[1]
    assert ".text-bg-danger" not in sheet
    (folder / "index.md").write_text("# One\n\n<b class='text-bg-danger'>x</b>\n", "utf-8")
    assert ".text-bg-danger" in joined()[0]


def test_each_page_loads_one_sheet_and_one_script(small) -> None:
    """They have the same address on all pages, which says what is in them."""
    found = set()
    for name in ("index", "other", "search"):
        page = parsed(small / f"{name}.html")
        [sheet] = page.select("link[rel=stylesheet]")
        script = page.select_one("script[src]")
        assert script.has_attr("defer")
        found.add((sheet["href"], script["src"]))
        for other in page.select("script[src]"):
            assert other.has_attr("defer"), other
        searches = "searchindex.js" in str(page)
        assert searches == (name == "search")
    [(sheet, script)] = found
    assert re.fullmatch(r"_static/site\.css\?v=[0-9a-f]{8}", sheet)
    assert re.fullmatch(r"_static/site\.js\?v=[0-9a-f]{8}", script)


def test_what_no_page_uses_is_left_out(small) -> None:
    """Of the theme's rules only: the book's own stay, whichever page uses them."""
    sheet = (small / "_static" / "site.css").read_text("utf-8")
    assert ".card-img-overlay" not in sheet
    assert ".admonition" in sheet
    assert ".bs-tooltip-auto" in sheet, "put together by a script"
    assert ".hero" in sheet, "the book's own"
    assert len(sheet) < 200_000


@pytest.mark.parametrize("name", [*PAGES, "search"])
def test_pages_of_the_book(site, name: str) -> None:
    """Only its own sheet holds up a page, and no script does."""
    page = parsed(site / f"{name}.html")
    [sheet] = page.select("link[rel=stylesheet]")
    assert "_static/site.css?" in sheet["href"]
    blocking = [
        script["src"]
        for script in page.select("script[src]")
        if not script.has_attr("defer") and script.get("type") != "module"
    ]
    assert blocking == []
    assert ("searchindex.js" in str(page)) == (name == "search")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["book/intro", CHAPTER, "book/draw", "book/teaching", "search"])
def test_the_sheet_looks_as_the_sheets_that_it_is_made_of(
    browser, site, address, name: str, scheme: str
) -> None:
    """Each element has the style that it has with all rules of the theme's own sheets."""
    text = (site / "_static" / "site.css").read_text("utf-8")
    [made_of] = re.findall(r"/\* Made of (.*) \*/", text)
    sheets = "".join(f'@import "{sheet}";\n' for sheet in made_of.split(", "))
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
    )
    found = []
    for joined in (True, False):
        page = context.new_page()
        if not joined:
            page.route(
                "**/site.css*", lambda route: route.fulfill(body=sheets, content_type="text/css")
            )
        page.goto(f"{address}/{name}.html", wait_until="networkidle")
        if page.locator("#draw").count():
            page.wait_for_selector("#draw[data-ready]")
        found.append(page.evaluate(STYLES, PROPERTIES))
        page.close()
    context.close()
    differ = [(a, b) for a, b in zip(*found, strict=True) if a != b]
    assert not differ, f"{len(differ)} of {len(found[0])}: {differ[:3]}"


def test_the_frame_works(context, address, problems) -> None:
    """Colours, search, sidebars, tips, copying, and what opens do what they are for."""
    page = watched(context, address, problems)
    page.goto(f"{address}/{CHAPTER}.html", wait_until="networkidle")

    theme = page.evaluate("document.documentElement.dataset.mode")
    page.locator(".theme-switch-button:visible").first.click()
    assert page.evaluate("document.documentElement.dataset.mode") != theme

    page.keyboard.press("Control+k")
    assert page.locator("#pst-search-dialog[open]").count() == 1
    page.keyboard.press("Escape")
    assert page.locator("#pst-search-dialog[open]").count() == 0

    button = page.locator(".primary-toggle:visible").first
    wide = page.locator("#pst-primary-sidebar").bounding_box()["width"]
    button.click()
    page.wait_for_function(
        "(wide) => document.querySelector('#pst-primary-sidebar').clientWidth < wide",
        arg=wide,
    )
    button.hover()
    page.wait_for_selector(".tooltip.show")
    button.click()

    cell = page.locator("div.highlight:visible").first
    cell.hover()
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    cell.locator("button.copybtn").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.strip() == cell.locator("pre").inner_text().strip()

    closed = page.locator(".dropdown.admonition.toggle-hidden")
    before = closed.count()
    closed.first.locator("button.toggle-button").first.click()
    assert closed.count() == before - 1

    page.locator(".dropdown-launch-buttons button, .dropdown-download-buttons button").first.click()
    page.wait_for_selector(".dropdown-menu.show")
    assert not problems


def test_searching_from_a_page(page, address) -> None:
    """The field leads to the page that searches, which then has what it needs."""
    page.goto(f"{address}/{CHAPTER}.html", wait_until="networkidle")
    page.keyboard.press("Control+k")
    page.keyboard.type("convolution")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search.html?q=convolution*")
    page.wait_for_selector("#search-results li a")
    assert page.locator("#search-results li a").count() > 1
