"""What a check can say is read from its source, and it is what it says."""

import contextlib
import importlib
import io
import re

import pytest

from digitrec import checks
from digitrec.checks import hints

WRONG = importlib.import_module("test_checks_tables").WRONG
#: What all checks have in common, and no list of hints repeats.
COMMON = (
    r"your (function|list of pairs) raised |it changed its input|your function returns nothing|"
    r"expected a function, found |your function had no result|nothing (here|found) yet|"
    r"(for .* )?expected .*, found .*\.$|element \[.*\] should be |for .* element \[.*\] should be "
)


def pattern(hint):
    """A hint as an expression: whatever stands in its gaps."""
    return re.compile(".*".join(map(re.escape, hint.split(hints.GAP))), re.S)


@pytest.mark.parametrize("name", checks.CHECKS)
def test_a_check_has_hints(name):
    found = hints.of(name)
    # What only counts how much is read has a single one.
    assert len(found) >= (1 if name.startswith("project_reads") else 5)
    assert len(set(found)) == len(found)
    assert not any("``" in hint or "\n" in hint for hint in found)  # no docstrings


def test_gaps_stand_for_what_is_known_later():
    assert any(
        hints.GAP in hint and hint.startswith("in one picture ") for hint in hints.of("disturb")
    )


def test_helpers_and_tables_are_read_too():
    assert (
        "always taking the least pixel below costs more in the end: keep all columns' sums."
        in hints.of("seam_cost")
    )
    assert any("one by one" in hint for hint in hints.of("project_forward"))
    assert any("biases right" in hint for hint in hints.of("wrong_gradients"))
    assert not set(hints.of("cut_column")) & set(hints.of("seam_cost"))


def test_no_such_check():
    with pytest.raises(KeyError, match="name of a check"):
        hints.of("best_pth")


@pytest.mark.parametrize("name", ["fit_box", "seam_cost", "gap_prior", "skip_gradient", "nesterov"])
def test_what_wrong_answers_are_told_is_listed(name):
    listed = [pattern(hint) for hint in hints.of(name)]
    for answer, _ in WRONG[name]:
        with contextlib.redirect_stdout(io.StringIO()):
            said = checks.CHECKS[name](answer).message
        assert re.match(COMMON, said) or any(each.search(said) for each in listed), said
