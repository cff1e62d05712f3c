"""What is asked of the pages finds what is wrong with one."""

import pytest
from accessible import violations

#: A page in order, but for what is put into it.
PAGE = """<!DOCTYPE html><html lang="en"><head><title>One</title><style>
  body, .other { background: #fff; color: #222; }
  .grey { color: #bbb; }
  .dark { background: #222; color: #eee; }
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
        (f"{WORDS} <img src='data:,'>", ["image-alt"]),
    ],
)
def test_what_is_wrong_is_found(page, content: str, rules: list[str]) -> None:
    page.set_content(PAGE % content)
    assert [found.split(":")[0] for found in violations(page)] == rules
    colours = [rule for rule in rules if rule.startswith("color")]
    assert [found.split(":")[0] for found in violations(page, colours_alone=True)] == colours
    assert page.locator("span:visible").count() == content.count("<span")
