"""A class is marked: each submission, broken or hostile, has the mark that it deserves."""

import csv
import io
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from submissions import ALL, ASSIGNMENT, CLASS, HOSTILE, Simulated

from digitrec.marking import assignments, cells, folder, report, walls
from digitrec.marking.folder import Submission
from digitrec.marking.limits import Limits
from digitrec.marking.one import mark_one
from tools import handouts
from tools.notebooks import Origin
from tools.plain_markdown import Book

ROOT = Path(__file__).resolve().parents[1]
AMONG = {ASSIGNMENT.name: ASSIGNMENT}
LIMITS = Limits(seconds=60, cell_seconds=4, call_seconds=4, memory=1 << 29)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Submission]]:
    """Mark the class once; files outside and this process must outlive it."""
    place = tmp_path_factory.mktemp("class")
    victim = place / "victim.txt"
    victim.write_text("still here", "utf-8")
    handed_in = place / "submissions"
    for name, simulated in CLASS.items():
        simulated.write(
            handed_in / f"{name}.ipynb",
            victim=str(victim),
            walls=str(bool(walls.find())),
            parent=str(os.getpid()),
        )
    done = list(folder.mark_all(handed_in, AMONG, LIMITS, jobs=2))
    yield {submission.name.removesuffix(".ipynb"): submission for submission in done}
    assert victim.read_text("utf-8") == "still here"


def test_the_class_is_one(marked) -> None:
    assert len(CLASS) >= 25
    assert len(HOSTILE) >= 12
    assert set(marked) == set(CLASS)


@pytest.mark.parametrize("name", CLASS)
def test_a_submission_has_its_mark(name: str, marked) -> None:
    submission, expected = marked[name], CLASS[name]
    assert submission.points(AMONG) == (expected.points, ALL), submission.marked
    page = report.feedback(submission, AMONG)
    assert expected.says in page
    assert f"{expected.points:g} of {ALL:g} points" in page


def test_nothing_is_left_running(marked) -> None:
    """What a notebook has started ends with it."""
    if not Path("/proc").is_dir():
        pytest.skip("the system does not list its processes in /proc")
    for _ in range(50):
        left = [
            line
            for path in Path("/proc").glob("[0-9]*/cmdline")
            if b"digitrec.marking.child" in (line := _bytes(path))
        ]
        if not left:
            return
        time.sleep(0.1)
    pytest.fail(f"{len(left)} processes are left")


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def test_the_pages_are_text(marked) -> None:
    """No tag, script or address of a submission's is in a page."""
    for submission in marked.values():
        page = report.feedback(submission, AMONG)
        assert "<script" not in page
        assert not re.search(r"""(?:src|href)\s*=""", page)
        assert "default-src 'none'" in page


def test_the_table_runs_nothing(marked) -> None:
    rows = list(csv.DictReader(io.StringIO(report.table(list(marked.values()), AMONG))))
    assert len(rows) == len(CLASS)
    by_name = {row["submission"].removesuffix(".ipynb"): row for row in rows}
    assert by_name["'=HYPERLINK(1)"]["points"] == "0"
    assert by_name["ana"]["points"] == "6.5"
    assert by_name["cell deleted"]["not right"] == "candidates"
    for row in rows:
        assert not any(str(value).startswith(("=", "+", "@", "-")) for value in row.values())
        each = sum(float(row[check] or 0) for check in ASSIGNMENT.points)
        assert each == float(row["points"])


def test_names_of_pages_differ(marked) -> None:
    odd = [
        Submission(name, marked["ana"].marked) for name in ("a b.ipynb", "a_b.ipynb", "A_b.ipynb")
    ]
    assert len(report.pages(odd, AMONG)) == 3


@pytest.mark.parametrize("name", ["01-data", "03-forward"])
@pytest.mark.parametrize("solved", [True, False])
def test_a_chapters_own_notebooks(name: str, solved: bool, tmp_path: Path) -> None:
    """With every exercise solved it has all points; as it is handed out it has none."""
    book = Book.read(ROOT)
    chapter = next(chapter for chapter in book.chapters if chapter.name == name)
    path = tmp_path / chapter.notebook
    path.write_text(handouts.handout(chapter, book, Origin(), solved=solved), "utf-8")
    among = assignments.of_the_book()
    marked = mark_one(path, among, Limits())
    points, of = Submission(path.name, marked).points(among)
    assert marked.assignment == name
    assert of >= 3
    assert points == (of if solved else 0), marked
    assert marked.problems == []


def command(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "digitrec", "mark", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command(tmp_path: Path) -> None:
    """One command marks a folder by a rubric, and writes the table and the pages."""
    Simulated(0).write(tmp_path / "class" / "ana.ipynb")
    rubric = tmp_path / "mine.toml"
    rubric.write_text('title = "Mine"\n[points]\ncount_labels = 2\ncandidates = 3\n', "utf-8")
    out = tmp_path / "out"
    arguments = (str(tmp_path / "class"), "--out", str(out), "--rubric", str(rubric))
    done = command(*arguments)
    assert done.returncode == 0, done.stderr
    assert "ana.ipynb: 5 of 5" in done.stdout
    assert ("walls" in done.stdout.lower()) is True
    assert (out / "marks.csv").read_text("utf-8-sig").startswith("submission,assignment,points")
    assert "<h1>Mine</h1>" in (out / "feedback" / "ana.html").read_text("utf-8")
    again = command(*arguments)
    assert again.returncode == 2
    assert "--force" in again.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nowhere"], "expected a folder"),
        ([".", "--chapter", "99"], "expected one of"),
        ([".", "--rubric", "nowhere.toml"], "cannot be read"),
        (["tests/vectors"], "no notebook"),
        (["notebooks", "--seconds", "0"], "above 0"),
    ],
)
def test_what_the_command_refuses(arguments: list[str], says: str) -> None:
    done = command(*arguments)
    assert done.returncode == 2
    assert says in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "expected a table [points]"),
        ("[points]\nno_such = 1", "no check 'no_such'"),
        ("[points]\ncount_labels = 'two'", "expected a number"),
        ("[points]\ncount_labels = -1", "expected a number"),
        ("[points\n", "rubric.toml"),
    ],
)
def test_rubrics_that_are_none(text: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "rubric.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(assignments.AssignmentError, match=re.escape(says)):
        assignments.from_file(path)


def parsed(*sources: str) -> list[cells.Cell]:
    return [cells.parse(number, source) for number, source in enumerate(sources, 1)]


def run_of(*sources: str) -> list[int]:
    return [cell.number for cell in cells.needed(parsed(*sources), set())]


def test_cells_that_are_needed() -> None:
    """A cell is run if an answer needs what it makes or changes."""
    check = "def f(x): return g(x)\nchecks.count_labels(f)"
    assert run_of("a = 1", "def g(x): return x", check) == [2, 3]
    assert run_of("def g(x): return h", "h = 2", check) == [1, 2, 3]
    assert run_of("g = 1", "g = 2", "checks.count_labels(g)") == [2, 3]
    # A function may be called at once, or when a name has its second value.
    assert run_of("g = 1", check, "g = 2") == [1, 2, 3]
    assert run_of("g = []", "g.append(1)", "g2 = 3", check) == [1, 2, 4]
    assert run_of("g = []", "g[0] = 1", check) == [1, 2, 3]
    assert run_of("def g(x): ...", "for k in range(3):\n    h = k", check) == [1, 3]
    assert run_of("g = 0", "if True:\n    g = 1", check) == [1, 2, 3]
    assert run_of("import tr, y", "g = 1", "tr.train(g)", check) == [1, 2, 3, 4]
    assert run_of("g = 1", "print(g)", check) == [1, 3]


def test_imports_that_are_needed() -> None:
    found = cells.needed(
        parsed("import os, sys\nfrom a import b, c as d", "checks.count_labels(d(os))"), set()
    )
    assert cells.to_run(found[0]) == "import os\nfrom a import c as d"
    one = cells.needed(parsed("from a import b, c\ng = b()", "checks.count_labels(g)"), set())
    assert cells.to_run(one[0]) == "from a import b\ng = b()"


def test_lines_stay_where_they_were() -> None:
    """An error names the line of the student's cell."""
    source = "checks.count_labels(f)\n\n@d\ndef f(x):\n    return 1\nchecks.count_labels(f)\ny = 2"
    assert cells.to_run(parsed(source)[0]).splitlines() == [
        "", "", "@d", "def f(x):", "    return 1", "", "y = 2",
    ]  # fmt: skip
    assert cells.to_run(parsed("checks.count_labels(f); y = 2")[0]) == "y = 2"
