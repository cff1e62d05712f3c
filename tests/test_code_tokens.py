"""Code has spans where they colour something, and nowhere else."""

import code_tokens
import pytest
import small_site
from conftest import parsed

CODE = 'for x in range(3):\n    print(f"{x + 1}", x.y[0])  # all\n'
PAGE = (
    f"# Code\n\n```python\n{CODE}```\n\n```text\nNo code, and no colour.\n```\n\nCall `a(b, c)`.\n"
)


def test_names_and_punctuation_have_none(tmp_path) -> None:
    """All else has its span, and not a letter is lost."""
    small_site.write(tmp_path, {"index": PAGE}, ["code_tokens"])
    out, said = small_site.build(tmp_path)
    assert said == ""
    code, text = parsed(out / "index.html").select("div.highlight > pre")
    assert code.get_text() == CODE
    assert {span["class"][0] for span in code.select("span[class]")} == {
        *("k", "ow", "nb", "mi", "sa", "s2", "si", "o", "c1")
    }
    assert code["class"] == ["n"]
    [words] = parsed(out / "index.html").select("p > code")
    assert words.decode_contents() == "a(b, c)"
    assert "class" not in text.attrs


def test_kinds_are_asked_of_both_styles() -> None:
    """One that differs from a name in one of them keeps its spans."""
    light, dark = "a11y-high-contrast-light", "a11y-high-contrast-dark"
    both = code_tokens.plain(light, dark)
    assert {"n", "p"} <= both <= code_tokens.plain(light)
    assert not {"k", "s2", "o"} & both
    assert code_tokens.plain("default", light) < both


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_what_has_no_span_has_its_colour(browser, address: str, mode: str) -> None:
    """The colour that Pygments' style gives a name, on code as well as in a span."""
    page = browser.new_page(color_scheme=mode)
    page.goto(f"{address}/book/03-forward.html")
    block, name, keyword = page.evaluate(
        """() => {
            const block = document.querySelector('.cell_input pre.n');
            const looks = (element) => {
                const { color, fontWeight, fontStyle } = getComputedStyle(element);
                return [color, fontWeight, fontStyle].join();
            };
            const spans = '<span class="n">x</span><span class="k">x</span>';
            block.insertAdjacentHTML('beforeend', spans);
            return [block, block.querySelector('.n'), block.querySelector('.k')].map(looks);
        }"""
    )
    page.close()
    assert block == name != keyword


def test_no_page_has_needless_ones(site) -> None:
    """A chapter would have thousands."""
    for path in sorted((site / "book").glob("*.html")):
        page = parsed(path)
        assert page.select("div.highlight span:is(.n, .p, .w)") == [], path.name
        assert page.select(".bd-article :is(code, dt.sig, dl) span.pre") == [], path.name
        assert page.select("dt.sig span:is(.n, .p, .w)") == [], path.name
