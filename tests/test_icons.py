"""Icons are pictures in the pages: the theme's own, one for each of its elements, and no script."""

import re
from pathlib import Path

import icons
import pytest
import small_site
from conftest import HTML, parsed

PAGES = {
    "index": """# Icons

<i class="fa-solid fa-list fa-lg mine" data-mode="x" title="List"></i>
<i class="fas fa-pencil-alt"></i> <i class="far fa-lightbulb"></i>
<span class="fab fa-github"></span>

```{note}
A note.
```

```{tip}
A tip.
```

```{admonition} Another
:class: unheard-of
Text.
```

See <https://github.com/example/example>.
""",
    "wrong": '# Wrong\n\n<i class="fa-solid fa-no-such-thing"></i>\n',
}


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("icons")
    small_site.write(folder, PAGES)
    return small_site.build(folder)


def outline(svg) -> str:
    return svg.path["d"]


def test_an_element_becomes_the_picture_of_its_name(built) -> None:
    """By another name, and in another style, too; with its other classes and data."""
    page = parsed(built[0] / "index.html")
    listed, pencil, lightbulb, github = page.select("article p > svg")[:4]
    assert listed["class"] == ["svg-inline--fa", "fa-list", "fa-lg", "mine"]
    assert listed["data-mode"] == "x"
    assert listed["aria-hidden"] == "true"
    assert "title" not in listed.attrs
    assert listed.path["fill"] == "currentColor"
    styles = icons.icons()
    assert outline(listed) == styles["fas"]["list"][4]
    assert outline(pencil) == styles["fas"]["pencil"][4]
    assert outline(lightbulb) == styles["far"]["lightbulb"][4] != styles["fas"]["lightbulb"][4]
    assert outline(github) == styles["fab"]["github"][4]


def test_what_the_theme_draws_with_letters_becomes_pictures(built) -> None:
    page = parsed(built[0] / "index.html")
    shown = [
        title.svg["class"][1].removeprefix("fa-") for title in page.select(".admonition-title")
    ]
    assert shown == ["circle-info", "lightbulb", "bell"]
    assert page.select_one("a.github > svg.fa-github")


def test_an_icon_that_the_theme_has_not_is_a_warning(built) -> None:
    assert "page wrong: the theme has no icon for fa-solid fa-no-such-thing" in built[1]
    assert built[1].count("WARNING") == 1


def test_admonitions_have_the_themes_icons() -> None:
    """As its style has them, where each is named by its letter."""
    css = (icons.STATIC / "styles" / "pydata-sphinx-theme.css").read_text("utf-8")
    variables = dict(re.findall(r"--pst-icon-([\w-]+):([^;}]*)", css))
    letters = {chr(int(icon[3], 16)): name for name, icon in icons.icons()["fas"].items()}
    of_theme = {}
    for name, value in variables.items():
        if name.startswith("admonition-"):
            value = variables[value.removeprefix("var(--pst-icon-").removesuffix(")")]
            of_theme[name.removeprefix("admonition-")] = letters[value.strip('"')]
    of_theme["admonition"] = of_theme.pop("default")
    assert len(of_theme) > 10
    for kind, name in of_theme.items():
        expected, found = (icons.icons()["fas"][n][4] for n in (name, icons.ADMONITIONS[kind]))
        assert expected == found, kind


def test_no_page_of_the_book_is_left_out(site) -> None:
    """No element waits for a script or a font, and neither the script nor a link to it is there."""
    for path in sorted([*HTML.glob("*.html"), *HTML.glob("book/*.html")]):
        page = parsed(path)
        waiting = page.select("i[class*='fa-'], span.fas, span.fa-solid")
        assert not waiting, f"{path.name}: {waiting[0]}"
        assert not page.select("script[src*=fontawesome]")
    assert not list((HTML / "_static" / "scripts").glob("fontawesome*"))


def test_no_font_is_fetched(page, address: str) -> None:
    """Neither for what is in the pages, nor for what the styles add to it."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for name in ("book/02-dense", "book/references", "book/intro", "search"):
        page.goto(f"{address}/{name}.html?q=network", wait_until="networkidle")
        for button in page.locator(".btn__icon-container svg, .theme-switch-button svg").all():
            assert button.get_attribute("viewBox")
    assert asked
    assert [a for a in asked if re.search(r"\.(woff2?|ttf|otf)\b|font|mathjax", a.lower())] == []


@pytest.mark.parametrize("colours", ["none", "active"])
def test_icons_are_as_large_as_letters_and_are_seen(page, address: str, colours) -> None:
    """Also where the reader's system chooses the colours."""
    page.emulate_media(forced_colors=colours, color_scheme="light")
    page.goto(f"{address}/book/02-dense.html", wait_until="load")
    for selector, size in (
        (".sidebar-toggle.primary-toggle svg", 20.8),
        (".theme-switch-button svg[data-mode=auto]", 26.0),
        (".exercise > .admonition-title > svg", 17.0),
    ):
        icon = page.locator(selector).first
        box = icon.bounding_box()
        assert box["height"] == pytest.approx(size, abs=0.6), selector
        assert 8 <= box["width"] <= 30, selector
        ink = icon.evaluate("e => getComputedStyle(e.firstChild).fill")
        paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert ink != paper, selector
        if colours == "active":
            assert ink == icon.evaluate("e => getComputedStyle(e.parentElement).color")
