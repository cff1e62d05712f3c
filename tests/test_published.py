"""What is linked to in the published book alone."""

from pathlib import Path

import pytest
import small_site
from bs4 import BeautifulSoup
from conftest import parsed

PAGE = """# A page

<p class="published-only"><a href="course.pdf">The whole course</a></p>

The end.
"""


def built(folder: Path) -> BeautifulSoup:
    """Build a site with a page of that; return the page."""
    small_site.write(folder, {"index": PAGE})
    conf = folder / "conf.py"
    conf.write_text(conf.read_text("utf-8") + 'extensions += ["address", "published"]\n', "utf-8")
    out, said = small_site.build(folder)
    assert said == ""
    return parsed(out / "index.html")


def test_a_published_file_is_linked_to_in_the_published_book_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the same folder, one build after the other: the page is written anew."""
    monkeypatch.delenv("BOOK_URL", raising=False)
    assert "The whole course" not in built(tmp_path).get_text()
    monkeypatch.setenv("BOOK_URL", "https://someone.example/book")
    (link,) = built(tmp_path).select("article .published-only a")
    assert link["href"] == "course.pdf"
    monkeypatch.delenv("BOOK_URL")
    assert "The whole course" not in built(tmp_path).get_text()
