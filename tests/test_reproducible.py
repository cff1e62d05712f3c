"""Two builds on one machine give the same pages, but for measured times, which are marked."""

import re
from collections.abc import Iterator
from pathlib import Path

import library_cache
import pytest
import small_site
import times
from bs4 import BeautifulSoup, Tag
from conftest import ROOT, parsed

from tools import compare_builds, copies

# How measured times are found in a chapter.

TIMED = "start = time.perf_counter()\nwork()\nspent = time.perf_counter() - start"


def chapter(*cells: str) -> str:
    """Return a chapter with these cells; one that begins with ":tags:" has its own head."""
    code = (f"\n```{{code-cell}} ipython3\n{cell}\n```\n" for cell in cells)
    return "".join([small_site.HEAD, "\n# A page\n", *code])


@pytest.mark.parametrize(
    ("cells", "shown"),
    [
        (["print('10 s')"], False),
        (["import time", TIMED], False),
        ([TIMED, "print(spent)"], True),
        ([TIMED, "glue(spent=spent)"], True),
        ([TIMED, "ratio = spent / 3", "print(f'{ratio:.0f}')"], True),
        ([TIMED, "spent = 3\nprint(spent)"], False),
        ([TIMED, "print(start)\n"], True),
        ([TIMED, "for start in range(3):\n    print(start)"], False),
        (["print(time.time())"], True),
        (["taken = []\nfor _ in x:\n    taken.append(run.seconds)", "print(max(taken))"], True),
        (["right, spent = [], []\nspent.append(a.seconds)", "print(right)"], False),
        (["total = 0\ntotal += trained.cpu_seconds", "if total:\n    print(total)"], True),
        (["def clock(f):\n    return perf_counter() - f()"], False),
        (["def clock(f):\n    return perf_counter() - f()", "plots.bars({1: clock(f)})"], True),
        ([TIMED, "def plain(start):\n    spent = start\n    return spent", "plain(3)"], False),
        (["train(verbose=0)"], False),
        (["train(verbose=2)"], True),
        (["history = model.fit(x, y, verbose=2).history"], True),
        (["%matplotlib inline\nx = 1", "x"], False),
    ],
)
def test_a_cell_that_shows_a_time_needs_the_tag(cells: list[str], shown: bool) -> None:
    """Names are followed from cell to cell. The last one is tagged, or not."""
    wrong = times.read(chapter(*cells))[1]
    tagged = times.read(chapter(*cells[:-1], f":tags: [measured]\n{cells[-1]}"))[1]
    assert ("expected the tag 'measured'" in " ".join(wrong)) == shown
    assert ("shows no measured time" in " ".join(tagged)) != shown


def test_what_a_tagged_cell_glues_is_a_time() -> None:
    """Another value would never be compared."""
    glues = ":tags: [remove-cell, measured]\nglue(spent=spent, twice=2 * spent{})"
    assert times.read(chapter(TIMED, glues.format(""))) == ({"spent", "twice"}, [])
    _, (wrong,) = times.read(chapter(TIMED, glues.format(", right=0.9")))
    assert "right is no time" in wrong


def test_the_chapters_have_times() -> None:
    """Of each kind: a training's, a ratio, one of the NumPy network."""
    names: set[str] = set()
    for page in library_cache.executed_pages(ROOT):
        found, wrong = times.read(page.read_text("utf-8"))
        assert wrong == [], page.name
        names |= found
    assert {"cnn_seconds", "dense_speed_up", "numpy_trained_seconds"} <= names


# How they are marked.

TIMES = chapter(
    ":tags: [measured]\nimport time\n\n"
    "start = time.perf_counter()\nspent = time.perf_counter() - start + 9 - 2\n"
    "print('elbram'[::-1], f'1/2 - 3s - 8ms/step - loss: 0.25, {spent:.1f} seconds')",
    "from digitrec.notebook import glue\n\nglue(right=0.75)\nprint('fixed output, 5 s')",
    "print('in', end='   ', flush=True)\ntime.sleep(0.5)\nprint('   parts')",
    ":tags: [remove-cell, measured]\nglue(spent=spent)",
)
OTHER = """# Another

It took {glue:text}`timed.md::spent:.1f` s, and {glue:text}`timed.md::right:.0%` are right.
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Return a small built site with a chapter that measures, and what its builder said."""
    folder = tmp_path_factory.mktemp("small")
    own = "\nHere {glue:text}`spent:.1f` and {glue:text}`right:.0%`.\n"
    pages = {"index": "# Small\n", "timed": TIMES + own, "other": OTHER}
    small_site.write(folder, pages, ["kernel", "measured"])
    conf = folder / "conf.py"
    conf.write_text(conf.read_text("utf-8") + 'nb_execution_mode = "cache"\n', "utf-8")
    return small_site.build(folder)


@pytest.mark.slow
def test_times_are_marked_and_only_times(small: tuple[Path, str]) -> None:
    """In what a tagged cell prints, and where a value is glued, on its page and on another."""
    out, said = small
    assert said == ""
    page = parsed(out / "timed.html")
    found = [mark.get_text() for mark in page.select(".measured-time")]
    assert found == [" 3s", " 8ms", " 7.0 seconds", "7.0"]
    (printed,) = page.select(".tag_measured .cell_output pre")
    assert printed.get_text() == "marble 1/2 - 3s - 8ms/step - loss: 0.25, 7.0 seconds\n"
    other = parsed(out / "other.html")
    assert [mark.get_text() for mark in other.select(".measured-time")] == ["7.0"]
    assert "It took 7.0 s, and 75% are right." in other.get_text()


@pytest.mark.slow
def test_what_comes_in_parts_is_printed_as_one(small: tuple[Path, str]) -> None:
    """When a kernel sends what was printed so far depends on the machine's other work."""
    printed = [out.get_text() for out in parsed(small[0] / "timed.html").select(".cell_output pre")]
    assert "in      parts\n" in printed


@pytest.mark.slow
def test_the_search_knows_no_times(small: tuple[Path, str]) -> None:
    """What else the chapter says is found."""
    index = (small[0] / "searchindex.js").read_text("utf-8")
    for word in ("fix", "output", "75"):
        assert re.search(rf'"?\b{word}\b"?: ', index), word
    for word in ("marbl", "7"):
        assert not re.search(rf'"{word}": |\b{word}: ', index), word


@pytest.mark.slow
def test_a_missing_tag_is_a_warning(tmp_path: Path) -> None:
    """Which ends the book's build."""
    pages = {"index": TIMES.replace(":tags: [measured]\n", "")}
    small_site.write(tmp_path, pages, ["measured"])
    assert "index.md: WARNING: the cell that begins ['import time'] shows" in small_site.build(
        tmp_path
    )[1].replace(str(tmp_path) + "/", "")


# How two sites are compared.

PAGE = """<!DOCTYPE html>
<html><body><p>It took <span class="measured-time">{time}</span> s.</p>
<div class="cell tag_measured"><div class="cell_output"><pre>{printed}</pre>
<img src="../_images/{picture}.webp" srcset="../_images/{picture}.webp 9w" width="{width}"
 alt="{alt}"></div></div>
<div class="cell"><div class="cell_output"><img src="../_images/fixed.webp"></div></div>
</body></html>
"""
SAME = {"time": "3", "printed": "loss 0.1", "picture": "aa", "width": "300", "alt": "Bars"}


def site(folder: Path, files: dict[str, bytes] | None = None, **changes: str) -> Path:
    """Write a site: a page, its pictures, a script; changed, and with other files."""
    values = SAME | changes
    written = {
        "book/page.html": PAGE.format(**values).encode("utf-8"),
        f"_images/{values['picture']}.png": values["picture"].encode(),
        f"_images/{values['picture']}.webp": values["picture"].encode(),
        f"_images/{values['picture']}-720.webp": values["picture"].encode(),
        "_images/fixed.webp": b"\x89\xff1",
        "searchindex.js": b"one\ntwo\n",
        **(files or {}),
    }
    for name, content in written.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


@pytest.mark.parametrize(
    ("changes", "files", "said"),
    [
        ({}, {}, ""),
        ({"time": "14"}, {}, ""),
        ({"picture": "bb", "width": "310"}, {}, ""),
        ({"printed": "loss 0.2"}, {}, "book/page.html, line 3:"),
        ({"alt": "Lines"}, {}, "book/page.html, line "),
        ({}, {"_images/fixed.webp": b"\x89\xff2"}, "_images/fixed.webp, byte 2 of 3 and 3"),
        ({}, {"_images/more.webp": b""}, "_images/more.webp is in "),
        ({}, {"searchindex.js": b"one\ntvo\n"}, "searchindex.js, line 2:"),
        ({}, {"searchindex.js": b"one\ntwo\nthree"}, "searchindex.js, line 3:"),
    ],
)
def test_what_differs_is_said(
    tmp_path: Path,
    capsys: pytest.CaptureFixture,
    changes: dict[str, str],
    files: dict[str, bytes],
    said: str,
) -> None:
    """Each way round; a measured time and its picture are no difference."""
    a, b = site(tmp_path / "a"), site(tmp_path / "b", files, **changes)
    for pair in ([a, b], [b, a]):
        assert compare_builds.main(list(map(str, pair))) == bool(said)
        printed = capsys.readouterr().out
        assert said in printed if said else "are the same" in printed
        assert printed.count("\n") <= 3  # one file only, and the two places


def test_a_file_that_is_gone_is_said(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    a, b = site(tmp_path / "a"), site(tmp_path / "b")
    (b / "_images" / "fixed.webp").unlink()
    assert compare_builds.main([str(a), str(b)]) == 1
    assert capsys.readouterr().out == f"_images/fixed.webp is in {a} only\n"


def test_no_site_is_no_match(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    """Two empty folders are alike, and say nothing."""
    assert compare_builds.main([str(tmp_path), str(tmp_path)]) == 1
    assert "expected a built site, found no page" in capsys.readouterr().err


@pytest.fixture
def builds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Stand in for two builds: those of the seeds that are listed show another number."""
    others: list[str] = []

    def build(folder: Path, *, PYTHONHASHSEED: str) -> dict[str, float]:
        assert sorted(p.name for p in folder.parent.iterdir()) == sorted(compare_builds.BUILDS)
        if "fails" in others:
            raise copies.BuildError(f"no chapter, seed {PYTHONHASHSEED}")
        other = {"printed": "loss 0.2"} if PYTHONHASHSEED in others else {}
        site(folder / compare_builds.SITE, **other)
        return {}

    monkeypatch.setattr(compare_builds.tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(copies, "copy", Path.mkdir)
    monkeypatch.setattr(copies, "build", build)
    return others


def test_two_builds_are_compared(
    builds: list[str], tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    """Both folders are there before the first is built; when all is the same they are deleted."""
    assert compare_builds.main([]) == 0
    assert list(tmp_path.iterdir()) == []
    builds.append("2")
    assert compare_builds.main([]) == 1
    said = capsys.readouterr()
    assert "book/page.html, line 3:" in said.out
    (left,) = tmp_path.iterdir()
    assert f"stays in {left}" in said.err


def test_a_build_that_fails_says_why(builds: list[str], capsys: pytest.CaptureFixture) -> None:
    builds.append("fails")
    assert compare_builds.main([]) == 1
    assert capsys.readouterr().err.startswith("no chapter, seed 1\n")


# The built book.

#: What looks like a measured time in an output without a mark, and why it is none: the page, then
#: the text.
NO_TIMES = {
    ("05-your-images", "1s with a flag"): "several digits 1",
    ("05-your-images", "7s with a bar"): "several digits 7",
    ("05-your-images", "0s with a slash"): "several digits 0",
    ("07-learning", "6.018 times as fast"): "how much the loss grows for a step",
}
LOOKS = re.compile(
    r"\d ?(?:s|ms|us|µs|ns|sec|secs|seconds?|minutes?|hours?|MB|GB|[MG]iB)\b"
    r"|\d ?(?:×(?! ?\d)|times (?:as )?(?:fast|long|slow)\w*)|\d+:\d\d\b"
)

UNIT = re.compile(r" ?(?:(?:s|ms|µs|seconds|minutes)\b|times (?:as )?(?:fast|long|slow))")


def outputs(page: BeautifulSoup) -> Iterator[Tag]:
    """Yield what a page's cells show, without what is marked."""
    for output in page.select(".cell_output"):
        for mark in output.select(".measured-time"):
            mark.decompose()
        yield output


def pages(site: Path) -> list[Path]:
    return sorted((site / "book").glob("*.html"))


def test_what_looks_like_a_time_is_marked(site: Path) -> None:
    """Or is named above; tables show committed results, whose heads have the units."""
    used = set()
    for path in pages(site):
        for output in outputs(parsed(path)):
            for table in output.select("table.measured"):
                table.decompose()
            for line in output.get_text().splitlines():
                named = {entry for entry in NO_TIMES if entry[0] == path.stem and entry[1] in line}
                used |= named
                assert named or not LOOKS.search(line), f"{path.stem}: {line}"
    assert used == NO_TIMES.keys()


def test_a_unit_in_prose_follows_a_mark(site: Path) -> None:
    """But on the page of committed measurements, and where the number is a card's."""
    committed = {"costs", "model-card"}
    for path in pages(site):
        if path.stem in committed:
            continue
        for value in parsed(path).select(".pasted-text"):
            inside = value.find_parent(class_="measured-time")
            after = (inside or value).next_sibling
            if after and UNIT.match(str(after)):
                assert inside, f"{path.stem}: {value.get_text()}{str(after)[:20]}"


def test_each_tagged_cell_has_a_mark(site: Path) -> None:
    """A time, or a picture. All that it prints is compared but for the times."""
    found = 0
    for path in pages(site):
        for cell in parsed(path).select(".tag_measured"):
            assert cell.select(".measured-time, .cell_output img"), cell.get_text()
            found += 1
    assert found >= 8


def test_how_long_chapters_run_is_marked(site: Path) -> None:
    """On the page for those who teach: a column of a table, and in its plans."""
    page = parsed(site / "book" / "teaching.html")
    rows = page.select("table.course tbody tr")
    assert rows
    assert all(row.select("td")[-1].select(".measured-time") for row in rows)
    for mark in page.select(".measured-time"):
        mark.decompose()
    assert not re.search(r"runs \d|\d seconds", page.select_one(".plan").get_text())


@pytest.mark.slow
@pytest.mark.book
@pytest.mark.timeout(1800)  # two builds, on a machine with other work
def test_pages_are_made_the_same_from_the_same_outputs(site: Path, tmp_path: Path) -> None:
    """In another folder, with another seed of the hashes; that no chapter runs is seen.

    Compressed pictures are kept by their content, and taken along: making them takes minutes.
    """
    sites = []
    for name, seed in {"a": "3", "another": "4"}.items():
        folder = tmp_path / name
        copies.copy(folder)
        copies.keep(folder)
        ran = copies.build(folder, PYTHONHASHSEED=seed)
        assert ran == {}, "make book"
        sites.append(folder / compare_builds.SITE)
    assert list(compare_builds.differences(*sites)) == []
    assert len(pages(sites[0])) == len(pages(site))
