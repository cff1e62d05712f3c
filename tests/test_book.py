"""What the built book says: all pages, no failed cell, checks that pass, results in their bands."""

import json
import re

import kernel
import library_cache
import pytest
import yaml
from conftest import BANDS, BUILD, HTML, ROOT

pytestmark = pytest.mark.book

CHAPTERS = [path.stem for path in library_cache.executed_pages(ROOT)]
TOC = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))
PAGES = [TOC["root"], *(c["file"] for part in TOC["parts"] for c in part["chapters"])]
# What a chapter does that needs TensorFlow.
IMPORTS_KERAS = re.compile(
    r"import (keras|tensorflow)|networks\.(build|load_keras)\b|training\.train\b"
)


def number(value: object) -> float:
    """Return a glued value as a number; glue keeps its repr, such as ``np.float64(0.95)``."""
    found = re.fullmatch(r"(?:np\.\w+\()?([-+.\deE]+)\)?", str(value))
    assert found, f"not a number: {value}"
    return float(found[1])


def outputs(notebook: dict, kind: str | None = None):
    """Yield the outputs of a notebook's cells."""
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            if kind is None or output["output_type"] == kind:
                yield output


@pytest.mark.parametrize("page", PAGES)
def test_page_is_there(site, page: str) -> None:
    """Each entry of the table of contents is a page, and everything on it could be filled in."""
    html = (site / f"{page}.html").read_text("utf-8")
    assert "[missing]" not in html
    # Nothing of the machine that built the book.
    assert str(ROOT) not in html
    for image in re.findall(r"<img\b[^>]*>", html):
        alt = re.search(r'\balt="([^"]*)"', image)
        assert alt, f"no alternative text: {image}"
        assert not re.search(r"[/\\]|\.(png|svg|jpe?g)$", alt[1]), f"a path as text: {image}"
        if "_images/" in image:
            assert len(alt[1]) > 10, f"says too little: {image}"


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_chapter_ran(executed, chapter: str) -> None:
    """Each code cell ran, in order, and none wrote on stderr."""
    notebook = executed(chapter)
    cells = [
        c for c in notebook["cells"] if c["cell_type"] == "code" and "".join(c["source"]).strip()
    ]
    assert all("outputs" in cell for cell in cells)
    errors = [output["evalue"] for output in outputs(notebook, "error")]
    expected = [c for c in cells if "raises-exception" in c["metadata"].get("tags", [])]
    assert len(errors) <= len(expected), errors
    # A cell that shows how something fails says so with a tag.
    noise = [
        "".join(output["text"])
        for cell in cells
        if "remove-stderr" not in cell["metadata"].get("tags", [])
        for output in outputs({"cells": [cell]}, "stream")
        if output["name"] == "stderr"
    ]
    assert noise == []
    # In a notebook TensorFlow's own logger writes to stdout.
    printed = ["".join(o["text"]) for o in outputs(notebook, "stream")]
    assert [text for text in printed if "WARNING:tensorflow" in text] == []


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_solutions_pass_their_checks(executed, chapter: str) -> None:
    """Each exercise has a solution, and its check says so when it is run on it."""
    text = (ROOT / "book" / f"{chapter}.md").read_text("utf-8")
    if not chapter[0].isdigit():
        return  # the front page runs cells, and has no exercises
    exercises = set(re.findall(r"\{exercise(?:-start)?\}.*?:label: (\S+)", text, re.DOTALL))
    assert exercises, "a chapter ends in exercises"
    # Between a gated solution's start and its end, cells run one after the other.
    solved, solution, passed = set(), None, False
    for cell in executed(chapter)["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            for directive, label in re.findall(r"\{solution-(start|end)\}[ ]*(\S*)", source):
                if directive == "start":
                    solution, passed = label, False
                elif solution:
                    assert passed, f"the solution of {solution} passes no check"
                    solved.add(solution)
                    solution = None
        elif solution:
            printed = "".join(
                "".join(o["text"]) for o in cell["outputs"] if o["output_type"] == "stream"
            )
            assert not re.search(r"^✗", printed, re.MULTILINE), f"{solution}: {printed}"
            passed = passed or bool(re.search(r"^✓", printed, re.MULTILINE))
    assert solved == exercises


RESULTS = {
    "dense_accuracy": BANDS["dense"],
    "dense_shipped_accuracy": BANDS["dense"],
    "numpy_dense_accuracy": BANDS["dense"],
    "numpy_dense_agreement": (10_000, 10_000),
    "numpy_dense_max_difference": (0, 1e-3),
    # Around the mean of five seeds, four standard deviations each way.
    "cnn_accuracy": (0.992, 0.9945),
    "cnn_shipped_accuracy": BANDS["cnn"],
    "numpy_cnn_agreement": (10_000, 10_000),
    "numpy_cnn_max_difference": (0, 1e-3),
    # Right gradients give 1e-7 or less, wrong ones 1e-3 or more.
    "gradient_error": (1e-12, 1e-6),
    # One training; five seeds differ by a quarter of a point.
    "numpy_trained_accuracy": (0.95, 0.96),
}


@pytest.mark.parametrize("name", RESULTS)
def test_result_is_in_its_band(glued, name: str) -> None:
    """What this build measured is neither too bad nor too good."""
    low, high = RESULTS[name]
    assert name in glued, f"no chapter glues {name}; there are {sorted(glued)}"
    assert low <= number(glued[name]) <= high


class Numbers(dict):
    """Glued values as numbers, when they are asked for."""

    def __getitem__(self, name: str) -> float:
        return number(super().__getitem__(name))


# What the chapters' predictions mark as right, where that depends on the run.
PREDICTED = {
    "01-data: the nearest mean reads about 80 %": lambda g: (
        0.75 < g["nearest_mean_accuracy"] < 0.85
    ),
    "02-dense: an untrained network's loss is near 2.3": lambda g: 2 < g["untrained_loss"] < 2.6,
    "02-dense: the validation loss rises again": lambda g: 1 < g["few_best"] < 60,
    "04-cnn: test and validation are about the same": (
        lambda g: abs(g["cnn_accuracy"] - g["cnn_validation"]) < 0.005
    ),
    "05-your-images: off the centre, the dense network loses much more": (
        lambda g: g["off_centre_dense"] > g["off_centre_cnn"] + 10
    ),
    "05-your-images: of those asked, ones with a flag gain most": (
        lambda g: (
            g["flag_augmented"] - g["flag_plain"]
            > max(
                g["twin_augmented"] - g["twin_plain"],
                (g["photos_augmented"] - g["photos_plain"]) / 100,
            )
        )
    ),
    "06-reading-a-page: more than three miscuts in four": lambda g: g["page_miscuts_dense"] > 0.75,
    "07-learning: of the other digits more are misread": (
        lambda g: g["drawn_zeros_others"] > g["drawn_before_others"]
    ),
}


@pytest.mark.parametrize("prediction", PREDICTED)
def test_what_is_marked_as_right_came_true(glued, prediction: str) -> None:
    """A reader who predicted it is told so, whatever the run gave."""
    values = Numbers(glued)
    assert PREDICTED[prediction](values)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_chapter_fits_binder(chapter: str) -> None:
    """A chapter's kernel fits Binder twice, and one that needs no TensorFlow does not import it."""
    peaks = json.loads((BUILD / ".jupyter_cache" / "peaks.json").read_text("utf-8"))
    peak = peaks[f"book/{chapter}"]
    print(f"\n{chapter}: {peak / 1e6:.0f} MB")
    assert 10e6 < peak <= kernel.LIMIT
    text = (ROOT / "book" / f"{chapter}.md").read_text("utf-8")
    if not IMPORTS_KERAS.search(library_cache.chapter_code(text)):
        assert peak < 0.5e9, "TensorFlow alone takes half a gigabyte"


def test_code_cells_are_short() -> None:
    """One idea a cell: at most twenty lines, and lines that fit the page."""
    for path in library_cache.executed_pages(ROOT):
        for cell in re.findall(
            r"```\{code-cell\}.*?\n(.*?)```", path.read_text("utf-8"), re.DOTALL
        ):
            if re.search(r"^:?tags: \[remove-(cell|input)\]", cell, re.MULTILINE):
                continue  # nobody sees it
            options = r"\A---\n.*?\n---\n|\A(?::[^\n]*\n)+"
            code = re.sub(options, "", cell, flags=re.DOTALL).strip("\n")
            lines = code.splitlines()
            assert len(lines) <= 20, f"{path.name}: {len(lines)} lines:\n{code}"
            assert max(map(len, lines), default=0) <= 100, f"{path.name}: a long line in:\n{code}"


def test_numbers_are_glued(site) -> None:
    """The front page shows what the build measured."""
    html = (site / "book" / "intro.html").read_text("utf-8")
    assert html.count("pasted-text") >= 2


def test_licence_travels_with_the_maths() -> None:
    """The licence of the formulas' letters is published with them."""
    assert "Apache License" in (HTML / "_static" / "mathjax-LICENSE.txt").read_text("utf-8")


def test_binder_gets_what_a_chapter_imports_in_the_locks_versions() -> None:
    """Binder brings Jupyter itself but for the kernel, and nobody builds the book there."""
    lock = versions(ROOT / "requirements.txt")
    binder = versions(ROOT / ".binder" / "requirements.txt")
    assert binder < lock
    names = {version.split("==")[0] for version in binder}
    assert {"keras", "matplotlib", "numpy", "opencv-python-headless", "pillow"} <= names
    # What a kernel needs of Jupyter.
    kernel = {"ipykernel", "ipython", "ipython-pygments-lexers", "jupyter-client", "jupyter-core"}
    assert kernel <= names
    for word in ("jupyter", "ipython", "ipykernel", "notebook", "sphinx", "myst"):
        assert not [name for name in names - kernel if word in name]


def test_lock_names_no_index() -> None:
    """The locks are exact, and say nothing of where their packages were found."""
    for name in (
        "requirements.txt",
        ".binder/requirements.txt",
        "tests/launch/jupyter.txt",
    ):
        path = ROOT / name
        text = path.read_text("utf-8")
        assert "://" not in text
        assert "make lock" in text
        assert all(re.match(r"[\w.-]+==[\w.+]+( ; .+)?$", line) for line in lines(path))


def versions(path) -> set[str]:
    """Return a requirements file's packages with their versions, whatever systems they are for."""
    return {line.split(" ;")[0] for line in lines(path)}


def lines(path) -> set[str]:
    """Return a requirements file's lines without its comments."""
    return {line for line in path.read_text("utf-8").splitlines() if line and line[0] not in " #"}
