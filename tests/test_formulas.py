"""Formulas are typeset by the build: all of them, with numbers, and what is wrong is told."""

import pickle
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import small_site
from conftest import BUILD, ROOT, parsed
from docutils import nodes

from tools import server

PAGES = {
    "index": r"""# The angle $\alpha^2$

Inline $x_1$, and again $x_1$.

$$
a &= b \\
c &= d
$$ (two-lines)

Equation {eq}`two-lines` and {eq}`sum`.

```{math}
:label: sum
\sum_i \text{é}
```

\begin{gather*}
u = v \\ \frac{1}{2}
\end{gather*}
""",
    "plain": "# Nothing\n\nNo formula at all.\n",
    "wide": "# Wide\n\nA letter $y$, and $" + " + ".join(f"x_{{{i}}}" for i in range(30)) + "$.\n",
    "wrong": "# Wrong\n\nThis is $\\frac{a$, and\n\n$$\n\\nosuch x\n$$\n",
}


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("formulas")
    small_site.write(folder, PAGES)
    return small_site.build(folder)


def spoken(element) -> str:
    return "".join(element.get_text().split())


def test_each_formula_is_a_picture_with_words(built) -> None:
    """In the text, in a title and by itself; the words are MathML's."""
    page = parsed(built[0] / "index.html")
    formulas = page.select("article .math")
    assert [spoken(f.find("mjx-assistive-mml")) for f in formulas] == [
        "α2", "x1", "x1", "a=bc=d", "∑ié", "u=v12",
    ]  # fmt: skip
    for formula in formulas:
        assert formula.select_one("mjx-container > svg[aria-hidden=true] g[fill=currentColor]")
        assert formula.select_one("mjx-assistive-mml > math")
    assert [bool(f.select_one("mjx-container[display=true]")) for f in formulas] == [
        False, False, False, True, True, True,
    ]  # fmt: skip
    numbers = [f.select_one(".eqno").get_text().rstrip("#") for f in formulas if f.select(".eqno")]
    assert numbers == ["(1)", "(2)"]
    linked = page.select_one("article p a.reference.internal[href='#equation-two-lines']")
    assert linked.get_text() == "(1)"


def test_titles_can_be_read(built) -> None:
    """Where a title is text, and in the list of contents."""
    page = parsed(built[0] / "index.html")
    assert page.title.get_text().startswith("The angle α2")
    other = parsed(built[0] / "plain.html")
    assert "The angle α2" in " ".join(other.select_one(".prev-next-footer").get_text().split())


def test_a_page_has_the_glyphs_that_it_uses_once(built) -> None:
    for name in ("index", "wrong", "plain"):
        page = parsed(built[0] / f"{name}.html")
        used = {use["href"].removeprefix("#") for use in page.select("use")}
        had = [path["id"] for path in page.select(".formula-glyphs path")]
        assert had == sorted(used)
        assert all(path["d"] for path in page.select(".formula-glyphs path"))


def test_a_page_without_formulas_has_nothing_for_them(built) -> None:
    site = built[0]
    lone = parsed(site / "search.html")
    for page, expected in ((parsed(site / "index.html"), 1), (lone, 0)):
        assert len(page.select('link[href*="formulas.css"]')) == expected
        assert len(page.select(".formula-glyphs")) == expected


def test_no_page_loads_an_engine(built) -> None:
    for path in built[0].glob("*.html"):
        for script in parsed(path).select("script"):
            assert "mathjax" not in str(script).lower()


def test_what_is_not_understood_is_a_warning(built) -> None:
    """With page, line and formula; the page shows the source."""
    site, said = built
    assert re.search(r"wrong\.md:3: WARNING: the formula \\frac\{a is not understood: ", said)
    unknown = r"the formula \nosuch x is not understood: Undefined control sequence \nosuch"
    assert f"WARNING: {unknown}" in said
    assert re.search(r"wrong\.md:\d+: WARNING: the formula \\nosuch", said)
    assert said.count("is not understood") == 2
    shown = [code.get_text() for code in parsed(site / "wrong.html").select(".math code")]
    assert shown == [r"\frac{a", r"\nosuch x"]


def test_only_a_formula_that_is_too_wide_scrolls(page, built) -> None:
    """With the keyboard, too; it is not cut off, and the page stays as wide as the window."""
    page.set_viewport_size({"width": 320, "height": 600})
    with server.serve(built[0]) as address:
        page.goto(f"{address}/wide.html", wait_until="load")
        letter, wide = page.locator("mjx-container").all()
        assert letter.evaluate("e => [e.tabIndex, e.scrollWidth - e.clientWidth]") == [-1, 0]
        assert wide.evaluate("e => e.tabIndex") == 0
        wide.focus()
        page.keyboard.press("ArrowRight")
        page.wait_for_function("document.activeElement.scrollLeft > 10")
        assert page.evaluate("document.scrollingElement.scrollWidth") <= 320


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_formulas_have_the_colour_of_the_text(page, address: str, scheme) -> None:
    """Also where the reader's system chooses the colours."""
    for forced in ("none", "active"):
        page.emulate_media(color_scheme=scheme, forced_colors=forced)
        page.goto(f"{address}/book/03-forward.html", wait_until="load")
        ink, text = page.locator(".math use").first.evaluate(
            "e => [getComputedStyle(e).fill, getComputedStyle(e.closest('p, td, div.math')).color]"
        )
        assert ink == text


def test_search_shows_formulas_as_text(page, address: str) -> None:
    """Neither their source nor anything twice."""
    page.goto(f"{address}/search.html?q=neuron+silent")
    found = page.locator("#search-results li:has(a[href*='02-dense']) p.context")
    found.wait_for()
    assert "MJX" not in found.inner_text()
    assert "\\(" not in found.inner_text()


def test_no_formula_of_the_book_is_lost(site, doctree: Callable) -> None:
    """Each page has as many as its source, and each is drawn."""
    found = 0
    for path in sorted((ROOT / "book").glob("*.md")):
        source = doctree(path.stem)
        expected = sum(1 for n in source.findall() if isinstance(n, nodes.math | nodes.math_block))
        page = parsed(site / "book" / f"{path.stem}.html")
        for definition in page.select(".term-definitions"):
            definition.decompose()
        formulas = page.select("article .math")
        assert len(formulas) == expected, path.stem
        assert all(formula.select_one("mjx-container > svg") for formula in formulas)
        found += len(formulas)
    assert found > 200


@pytest.fixture
def doctree() -> Callable:
    """Return a function that gives a page of the book as Sphinx read it."""
    folder = BUILD / ".doctrees" / "book"
    return lambda name: pickle.loads((folder / f"{name}.doctree").read_bytes())
