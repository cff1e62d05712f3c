"""Leave out of the library's page what says nothing: "Alias for field number 0"."""


def skip_tuple_fields(app, what, name, obj, skip, options):
    """Skip a named tuple's fields; its own docstring describes them."""
    return True if type(obj).__name__ == "_tuplegetter" else None


def setup(app):
    """Connect the extension to Sphinx."""
    app.connect("autodoc-skip-member", skip_tuple_fields)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
