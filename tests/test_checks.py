"""What all checks have in common; each chapter's answers are in a table of their own."""

import io
import re
import sys

import numpy as np
import pytest

from digitrec import checks


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1"])
def test_verdicts_are_printed_where_marks_cannot_be(encoding, monkeypatch):
    """Whatever a reader's own code says, and wherever a check is run."""
    out = io.TextIOWrapper(io.BytesIO(), encoding, newline="\n")
    monkeypatch.setattr(sys, "stdout", out)

    def fails(y):
        raise ValueError("Größe → 数")

    assert checks.count_labels(lambda y: np.bincount(y, minlength=10))
    assert not checks.count_labels(fails)
    out.flush()
    first, second = out.buffer.getvalue().decode(encoding).splitlines()
    assert first == "OK count_labels: right."
    assert re.search(
        r"^NO count_labels: your function raised ValueError in line \d+, .*: Gr", second
    )
