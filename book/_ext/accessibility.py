"""Small repairs of what docutils writes, where it hinders people who do not see the page."""


def repair(app, pagename, templatename, context, doctree):
    """Change the page's body before it goes into the theme's frame."""
    body = context.get("body")
    if body:
        # docutils calls the bibliography a list without calling its entries list items.
        context["body"] = body.replace(
            '<div role="list" class="citation-list">', '<div class="citation-list">'
        )


def setup(app):
    """Connect the extension to Sphinx."""
    app.connect("html-page-context", repair)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
