"""Leave out the pages that `_toc.yml` does not name, without a look into every folder.

sphinx-external-toc does so when `only_build_toc_files` is set, and looks for pages in the virtual
environment, in the packages for JavaScript and in what was built: a quarter of the time of a build
after a small change. Here Sphinx looks, which does not enter a folder that is excluded.
"""

from __future__ import annotations

from typing import Any

from sphinx.util.matching import get_matching_files, patmatch


def take_over(app: Any, config: Any) -> None:
    """Have sphinx-external-toc look for nothing, if it would."""
    app.leaves_out_pages = config.external_toc_exclude_missing
    config.external_toc_exclude_missing = False


def leave_out(app: Any, config: Any) -> None:
    """Exclude the pages that the table of contents does not name."""
    if not app.leaves_out_pages:
        return
    site = config.external_site_map
    found = get_matching_files(app.srcdir, config.include_patterns, config.exclude_patterns)
    others = []
    for file in sorted(found):
        suffix = next((end for end in config.source_suffix if file.endswith(end)), None)
        if suffix is None:
            continue
        page = file.removesuffix(suffix)
        # A table of contents names pages with their suffix or without, or by a pattern.
        if file in site or page in site or any(patmatch(page, glob) for glob in site.globs()):
            continue
        others.append(file)
    # A new list, since Sphinx compares this one with that of the last build.
    config.exclude_patterns = [*config.exclude_patterns, *others]


def setup(app: Any) -> dict[str, Any]:
    """Connect the extension to Sphinx, before and after sphinx-external-toc (priority 900)."""
    app.connect("config-inited", take_over, priority=890)
    app.connect("config-inited", leave_out, priority=910)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
