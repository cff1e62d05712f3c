"""What is asked of the pages finds what is wrong with one."""

import pytest
from accessible import COLOUR_RULES, violations

#: A page in order, but for what is put into it.
PAGE = """<!DOCTYPE html><html lang="en"><head><title>One</title><style>
  body, .other { background: #fff; color: #222; }
  .grey { color: #bbb; }
  .dark { background: #222; color: #eee; }
  a { color: #333; text-decoration: none; }
  .over { position: absolute; top: 300px; left: 0; background: #222; }
</style></head>
<body><main><h1>One</h1><div class="highlight"><pre>%s</pre></div></main></body></html>"""
WORDS = "<span>for</span> <span>x</span> <span class='dark'>in</span> <span class='dark'>xs</span>"


@pytest.mark.parametrize(
    ("content", "rules"),
    [
        (WORDS, []),
        (f"{WORDS} <span class='grey'>pale</span>", ["color-contrast"]),
        ("<span class='grey'>pale</span> <span class='grey'>again</span>", ["color-contrast"]),
        # The same ink on another paper.
        (
            f"{WORDS} <span class='dark'><span style='color: #444'>dim</span></span>",
            ["color-contrast"],
        ),
        # Among words of a pair that was seen already.
        ("<span>for <b class='grey'>pale</b> <b>x</b> in</span>" * 2, ["color-contrast"]),
        (f"{WORDS} <p>See <a href='#a'>this place</a>, for one.</p>", ["link-in-text-block"]),
        # Moved out of its place, and of its pair.
        (
            f"{WORDS} <b class='dark'>on <i class='over' style='color: #444'>it</i></b>",
            ["color-contrast"],
        ),
        (f"{WORDS} <img src='data:,'>", ["image-alt"]),
    ],
)
def test_what_is_wrong_is_found(page, content: str, rules: list[str]) -> None:
    page.set_content(PAGE % content)
    colours, others = (
        [rule for rule in rules if (rule in COLOUR_RULES) is asked_twice]
        for asked_twice in (True, False)
    )
    expected = [f"{rule} ({mode})" for mode in ("dark", "light") for rule in colours]
    expected += [f"{rule} (light)" for rule in others]
    assert [found.split(":")[0] for found in violations(page)] == expected
    assert page.locator("span:visible").count() == content.count("<span")


def test_dark_is_asked_as_well(page) -> None:
    """A word that is pale in the dark alone is found, and the page is light again afterwards."""
    style = "<style>@media (prefers-color-scheme: dark) { #late { color: #eee; } }</style>"
    page.set_content(PAGE % f"{style} {WORDS} <b id='late'>later</b>")
    assert [found.split(":")[0] for found in violations(page)] == ["color-contrast (dark)"]
    assert page.evaluate("matchMedia('(prefers-color-scheme: light)').matches")
