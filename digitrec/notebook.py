"""What a chapter needs from the notebook that it runs in."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from html import escape
from importlib.util import find_spec
from typing import Any

#: Outputs of this type are shown nowhere; the book looks for them.
HIDDEN = "application/papermill.record/text/plain"


def glue(**values: Any) -> None:
    """Name values for the book's prose, which shows them by their names.

    The same output as of ``myst_nb.glue``, without importing it: that takes a second and 20 MB in
    each chapter, for what the page's builder needs and the notebook does not. Outside a notebook,
    or where the book's tools are not installed, this does nothing.

    Parameters
    ----------
    values
        Numbers or text; NumPy's scalars become Python's.
    """
    ipython = sys.modules.get("IPython")
    if ipython is None or ipython.get_ipython() is None or not find_spec("myst_nb"):
        return
    for name, value in values.items():
        # A NumPy scalar prints as np.float64(…); the prose wants the number.
        plain = value.item() if hasattr(value, "item") else value
        ipython.display.display(
            {HIDDEN: repr(plain)},
            raw=True,
            metadata={
                "scrapbook": {
                    "name": name,
                    "mime_prefix": HIDDEN.removesuffix("text/plain"),
                }
            },
        )


def place_of_most(values: Iterable[float]) -> int:
    """Return which of the values is the largest, counted from 0, for a sentence that names it.

    Parameters
    ----------
    values
        Numbers, two at least.

    Raises
    ------
    ValueError
        Two of them are the largest: then a sentence about "the most" would be untrue.
    """
    numbers = [float(value) for value in values]
    places = [place for place, value in enumerate(numbers) if value == max(numbers)]
    if len(places) != 1 or len(numbers) < 2:
        raise ValueError(
            f"expected one largest of two values or more, found {max(numbers, default=None)} at "
            f"the places {places}"
        )
    return places[0]


class Table:
    """A table that shows itself in a notebook: names on the left, numbers to the right.

    Parameters
    ----------
    rows
        Each a sequence of cells; the first has the columns' names.
    caption
        What the table says, in a sentence.
    """

    def __init__(self, rows: Iterable[Iterable[object]], caption: str) -> None:
        self.rows = [[str(cell) for cell in row] for row in rows]
        self.caption = caption
        if len(self.rows) < 2 or len({len(row) for row in self.rows}) != 1:
            raise ValueError(
                "expected a row of names and rows of as many cells, "
                f"found rows of {[len(row) for row in self.rows]} cells"
            )

    def _repr_html_(self) -> str:
        head, *body = self.rows
        names = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
        lines = "".join(
            f'<tr><th scope="row">{escape(name)}</th>'
            + "".join(f"<td>{escape(cell)}</td>" for cell in cells)
            + "</tr>"
            for name, *cells in body
        )
        return (
            f'<table class="measured"><caption>{escape(self.caption)}</caption>'
            f"<thead><tr>{names}</tr></thead><tbody>{lines}</tbody></table>"
        )
