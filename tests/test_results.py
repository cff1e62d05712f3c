"""The numbers in the notebooks' text are those of the built book, each within its bounds."""

import json
import re
from pathlib import Path

import pytest
from conftest import ROOT

from tools import results

COMMITTED = results.read()


def test_committed_numbers_are_the_builds(site) -> None:
    """Accuracies lie in their bands, counts are equal, times are times."""
    lines = results.differences(COMMITTED, results.built())
    assert lines == [], "run `make results`, and look at what changed"


@pytest.mark.parametrize(
    ("name", "committed", "found", "good"),
    [
        ("most_count", 6742, 6742, True),
        ("most_count", 6742, 6743, False),
        ("paper_share", 0.808798, 0.80879770408, True),
        ("paper_share", 0.808798, 0.809798, False),
        ("dense_accuracy", 0.9535, 0.9605, True),
        ("dense_accuracy", 0.9535, 0.9705, False),
        ("cnn_accuracy", 0.9932, 0.9915, True),
        ("cnn_accuracy", 0.9932, 0.9899, False),
        ("dense_shipped_accuracy", 0.9554, 0.9556, True),
        ("dense_shipped_accuracy", 0.9554, 0.956, False),
        ("numpy_cnn_agreement", 10000, 9999, False),
        ("cnn_seconds", 25.0, 250.0, True),
        ("cnn_seconds", 25.0, 0.0, False),
        ("cnn_seconds", 25.0, float("nan"), False),
        # The card's time was measured once, when the weights were trained.
        ("cnn_shipped_seconds", 146.1, 150.0, False),
        ("worst_step", "level the light", "level the light", True),
        ("worst_step", "level the light", "adapt the pen", False),
        ("worst_step", "level the light", 3, False),
    ],
)
def test_kinds(name: str, committed, found, good: bool) -> None:
    """Each kind of number has its own bound, and each bound can be missed."""
    assert results.kind(name).agrees(committed, found) is good


def test_each_pattern_is_used() -> None:
    """No bound is kept for a number that is gone; every number has the bound of one pattern."""
    names = {name for numbers in COMMITTED.values() for name in numbers}
    used = set()
    for name in names:
        used.add(next(p for p, _ in results.KINDS if re.fullmatch(p, name)))
    assert used == {pattern for pattern, _ in results.KINDS}


def test_what_is_left_is_counted_in_the_data() -> None:
    """A new number of another chapter gets a pattern of its own: processors differ in trainings."""
    left = results.KINDS[-1][0]
    for page, numbers in COMMITTED.items():
        for name in numbers:
            used = next(p for p, _ in results.KINDS if re.fullmatch(p, name))
            assert used != left or page == "01-data", (
                f"{page}: {name} has no kind in tools/results.py"
            )


def test_differences_name_what_changed() -> None:
    """A new number, one that is gone, and one that moved."""
    before = {"01-data": {"most_count": 6742, "least_count": 5421}}
    after = {"01-data": {"most_count": 6700, "dead_pixels": 67}}
    lines = results.differences(before, after)
    assert sorted(line.split(" is ")[0] for line in lines) == [
        "01-data: dead_pixels",
        "01-data: least_count",
        "01-data: most_count",
    ]
    assert "committed as 6742" in "\n".join(lines)


def test_writing_and_checking(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    """The command writes what the check accepts; without a book it says what to do."""
    assert results.main([], tmp_path) == 1
    assert capsys.readouterr().err == (
        "expected the built book's numbers in _build/jupyter_execute/book, found none; "
        "run `make book`\n"
    )
    built = tmp_path / results.BUILT
    built.mkdir(parents=True)
    (tmp_path / "book").mkdir()
    glued = {"cnn_accuracy": {"data": {"text/plain": "0.99317123456"}}}
    (built / "04-cnn.glue.json").write_text(json.dumps(glued))
    assert results.main([], tmp_path) == 0
    assert results.read(tmp_path) == {"04-cnn": {"cnn_accuracy": 0.993171}}
    assert results.main(["--check"], tmp_path) == 0
    glued["cnn_accuracy"]["data"]["text/plain"] = "0.5"
    (built / "04-cnn.glue.json").write_text(json.dumps(glued))
    capsys.readouterr()
    assert results.main(["--check"], tmp_path) == 1
    assert "cnn_accuracy is 0.5" in capsys.readouterr().out


def test_the_file_is_small() -> None:
    """It is read by people, too."""
    assert (ROOT / results.RESULTS).stat().st_size < 10_000
