"""Stale outputs are never served, and nothing runs that need not: in units and in a real build."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import jupytext
import kernel
import library_cache
import nbformat
import pytest
import yaml
from conftest import ROOT, parsed
from small_notebooks import write_generator
from small_site import HEAD

#: Ten digits, for the pictures of shared links.
DIGITS = """

def read_training():
    import numpy as np

    return np.full((10, 28, 28), 255, np.uint8), np.arange(10)
"""


def chapter(code: str, title: str = "A chapter") -> str:
    """Return the text of a chapter with one cell."""
    return f"{HEAD}# {title}\n\n```{{code-cell}}\n{code}\n```\n"


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Return a folder with a small library."""
    write_library(tmp_path)
    return tmp_path


def write_library(folder: Path) -> None:
    """Write a small library: two modules, one that uses the first, and a package of two."""
    package = folder / "digitrec"
    (package / "weights").mkdir(parents=True)
    (package / "reading").mkdir()
    (package / "reading" / "__init__.py").write_text("from digitrec.reading.ink import find\n")
    (package / "reading" / "ink.py").write_text("def find():\n    pass\n")
    (package / "reading" / "rules.py").write_text("from digitrec import forward\n")
    (package / "__init__.py").write_text('"""A library."""\n')
    (package / "mnist.py").write_text(f"VALUE = 1\n{DIGITS}")
    (package / "forward.py").write_text("VALUE = 10\n")
    (package / "evaluate.py").write_text("from digitrec import mnist\nVALUE = mnist.VALUE\n")
    (package / "weights" / "dense.npz").write_bytes(b"weights")
    (folder / "requirements.txt").write_text("numpy==2.0\n")


#: The small library's package, and what a module of it needs.
READING, RULES = {"reading", "reading.ink"}, {"reading.rules", "forward"}


@pytest.mark.parametrize(
    ("code", "needed"),
    [
        ("import numpy as np", {"__init__"}),
        ("import digitrec", {"__init__"}),
        ("from digitrec import mnist", {"__init__", "mnist"}),
        ("from digitrec.mnist import VALUE", {"__init__", "mnist"}),
        ("import digitrec.forward as f", {"__init__", "forward"}),
        ("import digitrec\ndigitrec.forward.VALUE", {"__init__", "forward"}),
        ("from digitrec import evaluate", {"__init__", "evaluate", "mnist"}),
        ("def later():\n    from digitrec import mnist", {"__init__", "mnist"}),
        ("%matplotlib inline\nfrom digitrec import mnist", {"__init__", "mnist"}),
        ("%pip install digitrec", {"__init__"}),
        # A word of the text is no call.
        ('rows = {"digitrec": 1}; rows["digitrec"]', {"__init__"}),
        ("print('digitrec reads photographs')", {"__init__"}),
        ("from digitrec import __version__", {"__init__"}),
        # A package within the package: what it imports, and what is imported of it.
        ("from digitrec import reading", {"__init__", *READING}),
        ("from digitrec.reading import find", {"__init__", *READING}),
        ("from digitrec.reading import rules", {"__init__", *READING, *RULES}),
        ("from digitrec.reading.rules import x", {"__init__", *READING, *RULES}),
        ("import digitrec.reading.rules", {"__init__", *READING, *RULES}),
        # What cannot be told by reading is everything.
        ("!python -m digitrec read x.png", None),
        ('run([python, "-m", "digitrec", "read"])', None),
        ('import_module("digitrec.mnist")', None),
        ('run([python, "-m", "digitrec.shipped"])', None),
        ('run(python, "-m", "digitrec")', None),
        ("import digitrec as d", None),
        ("from digitrec import *", None),
        ("from digitrec import unknown", None),
        ("from digitrec.unknown import x", None),
        ("import digitrec\ndigitrec.unknown()", None),
        ("import (", None),
    ],
)
def test_needed_modules(library: Path, code: str, needed: set[str] | None) -> None:
    """A chapter needs the modules that it imports and those they import."""
    everything = {"__init__", "mnist", "forward", "evaluate", *READING, *RULES}
    code = library_cache.chapter_code(chapter(code))
    assert library_cache.needed_modules(code, library) == (needed or everything)


def test_key_depends_on_what_the_chapter_uses(library: Path) -> None:
    """Another module changes nothing; a used module, the weights and the lock do."""

    def key() -> str:
        library_cache.file_hash.cache_clear()
        return library_cache.chapter_key(chapter("from digitrec import evaluate"), library)

    keys = [key()]
    (library / "digitrec" / "forward.py").write_text("VALUE = 11\n")
    (library / "digitrec" / "README.md").write_text("Prose.\n")
    assert key() == keys[0]
    for name, change in {
        "digitrec/mnist.py": "VALUE = 2\n",
        "digitrec/weights/dense.npz": "others",
        "digitrec/weights/cnn.json": "{}",
        "requirements.txt": "numpy==2.1\n",
        "digitrec/__init__.py": "from digitrec import forward\n",
    }.items():
        (library / name).write_text(change)
        keys.append(key())
    assert len(set(keys)) == len(keys)


def test_key_depends_on_the_files_that_the_code_names(library: Path) -> None:
    """A folder that a chapter reads counts with all its files, and for that chapter only."""
    results = library / "benchmarks" / "results"
    results.mkdir(parents=True)
    (results / "a.json").write_text("1")
    (library / "benchmarks" / "a.py").write_text("1")

    def keys(folder: str) -> list[str]:
        library_cache.file_hash.cache_clear()
        code = f"open({folder!r} + '/a.json')"
        return [
            library_cache.chapter_key(chapter(code), library),
            library_cache.chapter_key(chapter("1 + 1"), library),
        ]

    folder = "../benchmarks/results"
    first = keys(folder)
    (library / "benchmarks" / "a.py").write_text("2")
    assert keys(folder) == first
    (results / "a.json").write_text("2")
    second = keys(folder)
    assert second[0] != first[0]
    assert second[1] == first[1]
    (results / "b.json").write_text("1")
    third = keys(folder)
    assert third[0] not in (first[0], second[0])
    assert keys(f"{folder}/b.json")[0] != third[0]
    # Neither the whole tree nor what lies outside it, and no error for what is not there.
    for name in ("../", "../..", "../../elsewhere", "../nothing"):
        before = keys(name)
        (results / "b.json").write_text(name)
        assert keys(name) == before


def test_pages_that_show_what_was_measured_depend_on_it() -> None:
    """Each result is part of their keys, and of no other page's; so are the cases of the tests."""
    results = sorted((ROOT / "benchmarks" / "results").iterdir())
    cases = sorted((ROOT / "tests" / "cases").iterdir())
    assert results
    assert cases
    shown = {"costs": results, "model-card": sorted([*results, *cases])}
    for path in library_cache.executed_pages(ROOT):
        code = library_cache.chapter_code(path.read_text("utf-8"))
        named = library_cache.named_files(code, ROOT)
        assert named == shown.get(path.stem, []), path.stem


def test_a_missing_measurement_is_told_with_its_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The page of costs does not build without one, and says what makes it."""
    monkeypatch.chdir(ROOT / "book")
    cells = jupytext.reads(Path("costs.md").read_text("utf-8"), fmt="md:myst").cells
    names: dict = {}
    exec(next(cell.source for cell in cells if cell.cell_type == "code"), names)
    assert names["read"]("draw")["networks"]
    with pytest.raises(FileNotFoundError, match=r"nothing.json: run `make bench PART=nothing`"):
        names["read"]("nothing")


def test_what_a_text_says_is_found_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is kept with Sphinx's environment while something has the text."""
    monkeypatch.setattr(library_cache, "REMEMBERED", {})
    monkeypatch.setattr(library_cache, "ASKED", set())
    texts = []
    count = library_cache.remembered(lambda text: texts.append(text) or len(texts))
    assert [count("a"), count("b"), count("a")] == [1, 2, 1]
    library_cache.ASKED.clear()
    assert count("b") == 2
    library_cache.forget_texts(None, None)
    assert [count("b"), count("a")] == [2, 3]


def test_every_module_of_the_library_can_be_told() -> None:
    """The real library imports in ways that can be followed, so chapters stay independent."""
    modules, data = library_cache.library_files(ROOT)
    assert {"mnist", "forward"} <= set(modules)
    assert data
    needed = library_cache.needed_modules("from digitrec import mnist", ROOT)
    assert "mnist" in needed
    assert not {"networks", "training"} & needed
    # Exercises are checked in every chapter, and photographs are read in some.
    for package in ("checks", "reading"):
        assert not {"__main__", "marking.child"} & library_cache.needed_modules(
            f"from digitrec import {package}", ROOT
        )


def test_stamp_keeps_the_lines() -> None:
    """The key goes into the kernel's description, and nothing moves."""
    text = chapter("display_name: int = 1")
    stamped = library_cache.stamp(text, "abc")
    assert stamped.splitlines()[5] == "  display_name: Python 3 (digitrec abc)"
    assert len(stamped.splitlines()) == len(text.splitlines())
    assert stamped.endswith(text[len(HEAD) :])


class Book:
    """A tiny book that is built with the real settings and extensions."""

    def __init__(self, root: Path) -> None:
        self.root = root
        shutil.copytree(ROOT / "book" / "_ext", root / "book" / "_ext")
        shutil.copytree(ROOT / "book" / "_static", root / "book" / "_static")
        write_generator(root)
        (root / "tools" / "javascript").symlink_to(ROOT / "tools" / "javascript")
        self.configure()
        (root / "_toc.yml").write_text(
            "format: jb-book\nroot: book/intro\nchapters:\n- file: book/one\n- file: book/two\n"
        )
        (root / "book" / "references.bib").write_text("")
        self.write("intro", "# Intro\n\nThe value is {glue:text}`one.md::value:d`.\n")
        count = "with open('{0}.log', 'a') as f:\n    print('ran', file=f)\n"
        self.write(
            "one",
            chapter(
                "from digitrec import evaluate\nfrom myst_nb import glue\n"
                + count.format("one")
                + "glue('value', evaluate.VALUE, display=False)\nprint('one has', evaluate.VALUE)"
            ),
        )
        self.write("two", chapter("from digitrec import forward\n" + count.format("two")))
        # Not in the table of contents, so no warning comes of it.
        self.write("draft", "# A draft\n\n[nowhere](#nowhere)\n")

    def configure(self, **settings: dict) -> None:
        """Write the settings: the book's own, and more in some sections."""
        config = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
        for section, values in settings.items():
            config[section] = {**config.get(section, {}), **values}
        (self.root / "_config.yml").write_text(yaml.safe_dump(config))

    def write(self, name: str, text: str) -> None:
        """Write a page."""
        (self.root / "book" / f"{name}.md").write_text(text, "utf-8")

    def build(self) -> tuple[list[int], str]:
        """Build, and return how often each chapter has run so far, and the front page's text."""
        environ = {**os.environ, "PYTHONPATH": str(self.root)}
        script = Path(sys.executable).parent / "jupyter-book"
        result = subprocess.run(
            [script, "build", ".", "-W", "-n", "--keep-going"],
            cwd=self.root,
            env=environ,
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode:
            # Without what `assert` would add: how often a warning is said is counted.
            raise AssertionError(result.stderr)
        logs = [self.root / "book" / f"{name}.log" for name in ("one", "two")]
        return [log.read_text().count("ran") for log in logs], self.page("intro")

    def buttons(self, name: str) -> list[tuple[str, str]]:
        """Return the buttons above a built page, each with its text and its address."""
        html = self.root / "_build" / "html" / "book" / f"{name}.html"
        soup = parsed(html)
        found = soup.select(
            ".article-header-buttons :is(a, button).btn:not(.dropdown-toggle)"
            ":not(.theme-switch-button, .search-button, .sidebar-toggle)"
        )
        return [(b.get_text(strip=True), b.get("href", "")) for b in found]

    def page(self, name: str) -> str:
        """Return a built page's text without its tags."""
        html = (self.root / "_build" / "html" / "book" / f"{name}.html").read_text("utf-8")
        return re.sub(r"<[^>]*>", "", html)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_build_runs_what_changed_and_only_that(library: Path) -> None:
    """One book, changed step by step."""
    book = Book(library)
    runs, intro = book.build()
    assert runs == [1, 1]
    assert "The value is 1." in intro
    peaks = json.loads((library / "_build" / ".jupyter_cache" / "peaks.json").read_text())
    assert set(peaks) == {"book/one", "book/two"}
    assert not (library / "_build" / "html" / "book" / "draft.html").exists()

    # Nothing changed.
    assert book.build()[0] == [1, 1]

    # Prose changed.
    one = (library / "book" / "one.md").read_text("utf-8")
    book.write("one", one.replace("# A chapter", "# A better chapter"))
    assert book.build()[0] == [1, 1]
    assert "A better chapter" in book.page("one")

    # A module changed that the first chapter imports through another one. The page that shows its
    # value is not the chapter itself.
    (library / "digitrec" / "mnist.py").write_text("VALUE = 2\n")
    runs, intro = book.build()
    assert runs == [2, 1]
    assert "The value is 2." in intro
    assert "one has 2" in book.page("one")

    # Code changed in one chapter. Now it reads a file beside the book.
    (library / "results").mkdir()
    (library / "results" / "a.json").write_text("1")
    book.write(
        "two",
        chapter(
            "with open('two.log', 'a') as f:\n    print('ran', file=f)\n"
            "print('It says', open('../results/a.json').read())"
        ),
    )
    assert book.build()[0] == [2, 2]
    assert "It says 1" in book.page("two")

    # This file concerns that chapter only.
    (library / "results" / "a.json").write_text("2")
    assert book.build()[0] == [2, 3]
    assert "It says 2" in book.page("two")

    # Weights concern every chapter.
    (library / "digitrec" / "weights" / "dense.npz").write_bytes(b"others")
    assert book.build()[0] == [3, 4]

    # Going back costs nothing.
    (library / "digitrec" / "weights" / "dense.npz").write_bytes(b"weights")
    assert book.build()[0] == [3, 4]
    assert "The value is 2." in book.page("intro")

    # A warning does not vanish with the second attempt.
    book.write(
        "two",
        (library / "book" / "two.md").read_text("utf-8") + "\n[nowhere](#nowhere)\n",
    )
    for _ in range(2):
        with pytest.raises(AssertionError, match="nowhere"):
            book.build()


#: What tells a build where it is; a test sets what it needs.
SURROUNDINGS = (
    "BOOK_LAUNCH_BRANCH",
    "BOOK_URL",
    "CI_PROJECT_PATH",
    "CI_PROJECT_URL",
    "FORGEJO_ACTIONS",
    "GITEA_ACTIONS",
    "GITHUB_REPOSITORY",
)


@pytest.fixture
def _nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Build in no repository that the environment knows."""
    for name in SURROUNDINGS:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.usefixtures("_nowhere")
def test_a_fork_launches_from_the_fork(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a repository chapters can be downloaded; with one they start from there."""
    book = Book(library)
    book.write("costs", chapter("1 + 1"))
    toc = library / "_toc.yml"
    toc.write_text(toc.read_text() + "- file: book/costs\n")
    book.build()
    for name, notebook in {"one": "one", "intro": "index"}.items():
        buttons = book.buttons(name)
        assert [text for text, _ in buttons] == [".ipynb", ".md", ".pdf"]
        path = library / "_build" / "html" / "book" / buttons[0][1]
        assert path.resolve().relative_to(library / "_build" / "html") == Path(
            f"notebooks/{notebook}.ipynb"
        )
        written = nbformat.read(path, as_version=4)
        nbformat.validate(written)
        assert written.cells[-1].source == "LIBRARY = ''"
    assert [text for text, _ in book.buttons("costs")] == [".md", ".pdf"]
    solved = library / "_build" / "html" / "notebooks" / "solutions" / "one.ipynb"
    assert solved.exists()
    # Nobody's repository, neither jupyter-book's own nor the one that this book began in.
    for page in (library / "_build" / "html").rglob("*.html"):
        assert not re.search(
            r"mybinder|colab|github\.com|gitlab\.com|executablebooks",
            page.read_text("utf-8"),
        ), page

    monkeypatch.setenv("GITHUB_SERVER_URL", "https://github.com")
    monkeypatch.setenv("GITHUB_REPOSITORY", "fork/book")
    monkeypatch.setenv("GITHUB_REF", "refs/heads/autumn")
    monkeypatch.setenv("GITHUB_SHA", "0123abc")
    monkeypatch.setenv("BOOK_URL", "https://fork.example/book")
    runs, _ = book.build()
    assert runs == [1, 1]
    binder = "https://mybinder.org/v2/gh/fork/book/autumn?urlpath=lab/tree/notebooks"
    source = [
        ("Repository", "https://github.com/fork/book"),
        ("Suggest edit", "https://github.com/fork/book/edit/autumn/book/one.md"),
        (
            "Open issue",
            "https://github.com/fork/book/issues/new?title=Issue%20on%20page%20%2Fbook%2Fone.html",
        ),
    ]
    download = [
        (".ipynb", "../notebooks/one.ipynb"),
        (".md", "../_sources/book/one.md"),
        (".pdf", ""),
    ]
    # No Colab: there is no branch with notebooks that find their library.
    assert book.buttons("one") == [
        ("Binder", f"{binder}/one.ipynb"),
        *source,
        *download,
    ]
    assert book.buttons("intro")[0] == ("Binder", f"{binder}/index.ipynb")
    # A page without a notebook, and one without a source.
    assert [text for text, _ in book.buttons("costs")] == [
        "Repository",
        "Suggest edit",
        "Open issue",
        ".md",
        ".pdf",
    ]
    search = book.buttons("../search")
    assert [text for text, _ in search] == ["Repository", "Open issue"]
    text = (library / "_build" / "html" / "notebooks" / "one.ipynb").read_text("utf-8")
    assert "git+https://github.com/fork/book@0123abc" in text
    assert "https://fork.example/book/index.html" in text
    html = (library / "_build" / "html" / "book" / "one.html").read_text("utf-8")
    assert 'content="https://fork.example/book/book/one.html"' in html
    sitemap = (library / "_build" / "html" / "sitemap.xml").read_text("utf-8")
    assert "<loc>https://fork.example/book/book/one.html</loc>" in sitemap

    # Publishing says that the branch will be there.
    monkeypatch.setenv("BOOK_LAUNCH_BRANCH", "launch")
    assert book.build()[0] == [1, 1]
    assert book.buttons("one")[:2] == [
        ("Binder", f"{binder.replace('autumn', 'launch')}/one.ipynb"),
        (
            "Colab",
            "https://colab.research.google.com/github/fork/book/blob/launch/notebooks/one.ipynb",
        ),
    ]


@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.usefixtures("_nowhere")
def test_a_teachers_settings_win(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What _config.yml says of the repository and of launching is what the pages do."""
    monkeypatch.setenv("GITHUB_REPOSITORY", "fork/book")
    monkeypatch.setenv("BOOK_LAUNCH_BRANCH", "launch")
    book = Book(library)
    school = "https://gitlab.example.org/school/class/book"
    book.configure(
        repository={"url": school, "branch": "term/1", "path_to_book": "digits"},
        launch_buttons={
            "binderhub_url": "https://binder.example.org/",
            "jupyterhub_url": "https://hub.example.org",
            "notebook_interface": "classic",
        },
        html={"use_issues_button": False},
    )
    book.build()
    quoted = "https%3A%2F%2Fgitlab.example.org%2Fschool%2Fclass%2Fbook"
    assert book.buttons("one")[:-2] == [
        (
            "Binder",
            f"https://binder.example.org/v2/git/{quoted}/term/1"
            "?urlpath=tree/digits/notebooks/one.ipynb",
        ),
        (
            "JupyterHub",
            "https://hub.example.org/hub/user-redirect/git-pull"
            "?repo=https%3A//gitlab.example.org/school/class/book"
            "&urlpath=tree/book/digits/notebooks/one.ipynb&branch=term/1",
        ),
        ("Repository", school),
        ("Suggest edit", f"{school}/-/edit/term/1/digits/book/one.md"),
        (".ipynb", "../notebooks/one.ipynb"),
    ]
    text = (library / "_build" / "html" / "notebooks" / "one.ipynb").read_text("utf-8")
    assert f"git+{school}@term/1#subdirectory=digits" in text
    assert "fork" not in text

    # What cannot be done is said; the build is one that warnings end.
    book.configure(
        repository={"url": "school/class/book"},
        launch_buttons={"thebe": True, "binderhub_url": ""},
    )
    with pytest.raises(AssertionError) as failure:
        book.build()
    said = str(failure.value)
    assert "launch_buttons: thebe is not supported here" in said
    assert "found 'school/class/book'" in said
    assert said.count("is not supported") == 1


def test_binder_limits_arenas_as_the_build_does() -> None:
    """What a chapter takes is measured with the setting that readers in Binder get."""
    start = ROOT / ".binder" / "start"
    assert os.access(start, os.X_OK)
    shown = subprocess.run(
        [start, "printenv", "MALLOC_ARENA_MAX"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert shown.strip() == kernel.ARENAS


def test_binder_keeps_as_much_memory_free_as_a_chapter_may_take() -> None:
    """The book's build and Binder's server hold a chapter to the same limit."""
    text = (ROOT / ".binder" / "jupyter_server_config.py").read_text("utf-8")
    (limit,) = re.findall(r"^CHAPTER = ([\d_]+)$", text, re.MULTILINE)
    assert int(limit) == kernel.LIMIT
