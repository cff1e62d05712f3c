"""How to cite the book: ``CITATION.cff``, published beside its pages.

What the repository's file cannot know is added when the book is published: its address, the
repository it was built from, and the day of the commit.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from repository import Repository, git

FILE = "CITATION.cff"


def citation(text: str, site: str, repository: Repository | None, day: str) -> str:
    """Return the file's text with what is known of the published book."""
    known = {
        "url": site,
        "repository-code": repository.url if repository else "",
        "commit": repository.commit if repository else "",
        "date-released": day,
    }
    found = yaml.safe_load(text) | {name: value for name, value in known.items() if value}
    return str(yaml.safe_dump(found, sort_keys=False, allow_unicode=True, width=100))


def publish(app: Any, exception: Exception | None) -> None:
    """Write the file into the built book."""
    source = Path(app.srcdir, FILE)
    if exception or app.builder.name != "html" or not source.exists():
        return
    text, site = source.read_text("utf-8"), app.config.html_baseurl
    if site:
        day = git(Path(app.srcdir), "log", "-1", "--format=%cs")
        text = citation(text, site, app.launch.repository, day)
    Path(app.outdir, FILE).write_text(text, "utf-8")


def setup(app: Any) -> dict[str, Any]:
    """Connect the extension to Sphinx."""
    app.connect("build-finished", publish)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
