"""What a chapter needs from the notebook that it runs in."""

from __future__ import annotations

from typing import Any

try:
    from myst_nb import glue as _glue
except ModuleNotFoundError:  # Colab: the chapter runs, there is no page to glue into
    _glue = None


def glue(**values: Any) -> None:
    """Name values for the book's prose, which shows them by their names.

    Outside the book, where ``myst_nb`` is not installed, this does nothing.
    """
    if _glue is None:
        return
    for name, value in values.items():
        # A NumPy scalar prints as np.float64(…); the prose wants the number.
        _glue(name, value.item() if hasattr(value, "item") else value, display=False)
