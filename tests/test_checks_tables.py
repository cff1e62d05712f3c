"""Every check has its right and its wrong answers in a table."""

import importlib
from pathlib import Path

import pytest

from digitrec import checks

MODULES = [
    importlib.import_module(path.stem)
    for path in sorted(Path(__file__).parent.glob("test_checks*.py"))
    if path.stem != Path(__file__).stem
]
RIGHT, WRONG = (
    {
        check.__name__: answers
        for module in MODULES
        for check, answers in getattr(module, table, {}).items()
    }
    for table in ("RIGHT", "WRONG")
)


def test_every_check_has_its_tables():
    assert set(checks.CHECKS) == set(RIGHT) == set(WRONG)
    assert set(checks.CHECKS) <= set(checks.__all__)


@pytest.mark.parametrize("name", checks.CHECKS)
def test_tables_are_long_enough(name):
    """At least eight known wrong answers, and four right ones that are written differently."""
    assert len(WRONG[name]) >= 8
    assert len(RIGHT[name]) >= 4
    assert all(word for _, word in WRONG[name])
