"""Small repairs of what docutils and the table of contents write, where it hinders readers."""

import html
from pathlib import Path


def repair(app, pagename, templatename, context, doctree):
    """Change the page's body before it goes into the theme's frame."""
    body = context.get("body")
    if body:
        # The line that opens folded code is called what stands there.
        body = body.replace('<summary aria-label="Toggle hidden content">', "<summary>")
        # docutils calls the bibliography a list without calling its entries list items.
        context["body"] = body.replace(
            '<div role="list" class="citation-list">', '<div class="citation-list">'
        )


def name_redirect(app, exception):
    """Give the page at the root, which only leads to the first one, what a page needs.

    A language and a title for screen readers, a link for browsers that do not follow, and an empty
    icon: without one browsers ask the server for a file that is not there.
    """
    index = Path(app.outdir) / "index.html"
    first = app.config.root_doc
    if exception or app.builder.name != "html" or first == "index":
        return
    target, title = (
        app.builder.get_target_uri(first),
        html.escape(app.config.html_title),
    )
    index.write_text(
        f'<!DOCTYPE html>\n<html lang="{app.config.language}">\n<head>\n'
        f'<meta charset="utf-8">\n<title>{title}</title>\n'
        f'<meta http-equiv="refresh" content="0; url={target}">\n'
        '<link rel="icon" href="data:,">\n</head>\n'
        f'<body><a href="{target}">{title}</a></body>\n</html>\n',
        "utf-8",
    )


def setup(app):
    """Connect the extension to Sphinx."""
    app.connect("html-page-context", repair)
    # After the table of contents' extension, which writes a page with nothing but the redirect.
    app.connect("build-finished", name_redirect, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
