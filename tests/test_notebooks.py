"""The notebooks that readers launch: plain in every frontend, true, and what the chapters give."""

import html
import itertools
import json
import re
import subprocess
import sys
from pathlib import Path

import jupytext
import myst_nb
import nbformat
import numpy as np
import pytest
from conftest import ROOT
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from markdown_it import MarkdownIt

from digitrec import notebook
from tools import notebooks, results
from tools.plain_markdown import Book, Chapter, NotTranslatedError, Translator, slug

BOOK = Book.read(ROOT)
MADE = notebooks.render_all()
CHAPTERS = [chapter for chapter in BOOK.chapters if chapter.number]
SITE = "https://example.org/a-book"
LIBRARY = "git+https://example.org/a/book@0123abc"
STAMPED = notebooks.render_all(ROOT, notebooks.Origin(SITE, LIBRARY))
#: Addresses of the works that are cited.
CITED = {entry.fields.get("url") for entry in BOOK.works.entries.values()}
# What a reader must never see, rendered or not.
PLACEHOLDER = re.compile(
    r"⚠|\{[a-z]+(:[a-z]+)?\}`|:::|\bglue\b|\{code-cell|^\(\S+\)=|\[missing\]"
    r"|\b[a-z_]+:[.,]?\d*[%fdse]\b",
    re.MULTILINE,
)


def cells(text: str, kind: str) -> list[str]:
    """Return the sources of a notebook's cells of one kind."""
    read = nbformat.reads(text, as_version=4)
    return [cell.source for cell in read.cells if cell.cell_type == kind]


def test_names_have_their_letters() -> None:
    """The list of works writes accents as TeX does; a reader sees no TeX."""
    names = " ".join(who for who, _ in BOOK.cited_as.values())
    assert "Alimoğlu and Alpaydın" in names
    assert not re.search(r"[\\{}]", names)


def test_same_text_same_bytes() -> None:
    """A notebook depends on nothing but the sources."""
    assert notebooks.render_all() == MADE


@pytest.mark.parametrize("path", STAMPED)
@pytest.mark.parametrize("made", [MADE, STAMPED], ids=["committed", "stamped"])
def test_notebook_is_plain(made: dict[str, str], path: str) -> None:
    """A valid notebook without outputs, for the kernel that everybody has, and no MyST."""
    written = json.loads(made[path])
    nbformat.validate(nbformat.from_dict(written))
    assert written["metadata"]["kernelspec"]["name"] == "python3"
    for cell in written["cells"]:
        source = re.sub(r"base64,[\w+/=]+", "", "".join(cell["source"]))
        assert set(cell["metadata"]) <= {"jupyter", "cellView"}
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            assert cell["execution_count"] is None
            assert "glue" not in source
        else:
            # Code in a solution may have a format of its own.
            prose = re.sub(r"(?ms)^```python$.*?^```$", "", source)
            assert not PLACEHOLDER.search(prose), prose
            assert "<details open" not in source
            # What is opened is closed, in the same cell.
            assert source.count("<details>") == source.count("</details>")


def headings(text: str) -> set[str]:
    """Return the names that links can lead to in a notebook."""
    found = set()
    for source in cells(text, "markdown"):
        tokens = MarkdownIt("commonmark").parse(source)
        for token, inline in itertools.pairwise(tokens):
            if token.type == "heading_open":
                found.add(slug(inline.content))
    return found


def links(text: str) -> list[str]:
    """Return where a notebook's links and pictures lead."""
    found = []
    for source in cells(text, "markdown"):
        page = MarkdownIt("commonmark").enable("table").render(source)
        found += re.findall(r'(?:href|src)="([^"]*)"', page)
    return [html.unescape(target) for target in found]


@pytest.mark.slow
@pytest.mark.parametrize("path", STAMPED)
@pytest.mark.parametrize("made", [MADE, STAMPED], ids=["committed", "stamped"])
def test_links_lead_somewhere(made: dict[str, str], path: str) -> None:
    """To a heading, a notebook that is there, a page of the book, or a source's address."""
    folder = Path(path).parent
    targets = links(made[path])
    assert targets
    for target in targets:
        assert not target.endswith(".md"), target
        if target.startswith("data:image/png;base64,"):
            continue
        if target.startswith(SITE):
            page = target.removeprefix(SITE).strip("/").partition("#")[0].removesuffix(".html")
            assert made is STAMPED
            assert not page or (ROOT / f"{page}.md").exists(), target
            continue
        if re.match(r"https?://", target):
            # A work that is cited may be in a repository; this one's address is not known.
            assert "github.com" not in target or target in CITED, "nobody's repository is invented"
            continue
        file, _, anchor = target.partition("#")
        there = ROOT / folder / file if file else ROOT / path
        name = there.resolve().relative_to(ROOT).as_posix()
        assert name in made, target
        assert not anchor or anchor in headings(made[name]), target


def test_pages_without_a_notebook_are_named_where_the_site_is_known() -> None:
    """In the committed notebooks their names are text, in the stamped ones links."""
    assert "[Notation](" not in MADE["notebooks/02-dense.ipynb"]
    assert f"[Notation]({SITE}/book/notation.html)" in STAMPED["notebooks/02-dense.ipynb"]


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.name)
def test_solutions_are_text(chapter: Chapter) -> None:
    """A chapter's solutions are no code cells: Run All leaves the reader's answers alone."""
    solved: list[str] = []
    inside = False
    for cell in jupytext.reads(chapter.text, fmt="md:myst").cells:
        if cell.cell_type == "markdown":
            for end in re.findall(r"\{solution-(start|end)\}", cell.source):
                inside = end == "start"
        elif inside:
            solved.append(notebooks.plain_code(cell.source))
    assert len(solved) >= 3
    plain, full = (
        MADE[f"{folder}/{chapter.notebook}"] for folder in (notebooks.FOLDER, notebooks.SOLUTIONS)
    )
    code = cells(plain, "code")
    closed = "\n".join(
        found
        for source in cells(plain, "markdown")
        for found in re.findall(r"<details>.*?</details>", source, re.DOTALL)
    )
    for answer in solved:
        assert answer not in code
        assert f"```python\n{answer}\n```" in closed
        assert answer in cells(full, "code")
    # What the reader writes is defined once, in the cell to start from, which calls the check.
    starts = [source for source in code if re.search(r"^checks\.", source, re.MULTILINE)]
    assert len(starts) == chapter.text.count("{solution-start}") <= len(solved)
    for source in starts:
        name = re.search(r"^(?:def (\w+)|(\w+) = .*\.\.\.)", source, re.MULTILINE)
        written = name[1] or name[2]
        defines = re.compile(rf"^(?:def {written}\b|{written} = )", re.MULTILINE)
        assert sum(bool(defines.search(other)) for other in code) == 1, written
        # In the copy with solutions nothing is left to write.
        assert source not in cells(full, "code")


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.name)
def test_prompts_come_before_the_outcome(chapter: Chapter) -> None:
    """What is to be predicted is computed after the prompt, and its figures come later."""
    read = nbformat.reads(MADE[f"notebooks/{chapter.notebook}"], as_version=4)
    prompts = [n for n, cell in enumerate(read.cells) if "> **Predict, then " in cell.source]
    assert len(prompts) == len(re.findall(r"\{predict\}", chapter.text))
    assert len(prompts) >= 2
    for number in prompts:
        assert read.cells[number].cell_type == "markdown"
        after = read.cells[number].source.partition("> **Predict, then ")[2]
        assert not re.search(r"\d+(\.\d+)?%", after), "the outcome stands beside the prompt"
        if not after.startswith("run**"):
            # Nothing is run: what comes of it is closed, below.
            assert "<summary>What happens</summary>" in after
            continue
        assert "<details>" not in after
        assert read.cells[number + 1].cell_type == "code"
        following = read.cells[number + 1 :]
        text = next(cell.source for cell in following if "What happens" in cell.source)
        between = text.partition("<summary>What happens</summary>")[0]
        assert "\n\n" not in re.sub(r"(?m)^\*\*Fig.*$", "", between).strip()


class Recorder(Translator):
    """Keeps each number that it puts into the text."""

    def __init__(self, *arguments) -> None:
        super().__init__(*arguments)
        self.written: list[tuple[str, str]] = []

        # On the page what is said of choices stands at the end.
        self.last: list[tuple[str, str]] = []

    def number(self, text: str) -> str:
        """Note the number's name and what is written."""
        written = super().number(text)
        name = text.rpartition("::")[2].partition(":")[0]
        self.written.append((name, written))
        return written

    def answers(self, question) -> str:
        """Note the numbers of what is said of choices apart."""
        before = len(self.written)
        said = super().answers(question)
        self.last += self.written[before:]
        del self.written[before:]
        return said


@pytest.mark.parametrize("chapter", BOOK.chapters, ids=lambda chapter: chapter.name)
def test_numbers_are_the_pages(site, chapter: Chapter) -> None:
    """Each number stands in the text as on the page: equal, or within what its kind may differ."""
    recorder = Recorder(chapter, BOOK)
    for cell in jupytext.reads(chapter.text, fmt="md:myst").cells:
        if cell.cell_type == "markdown":
            list(recorder.blocks(cell.source))
    page = (site / f"{chapter.page}.html").read_text("utf-8")
    page = re.sub(r'(?s)<div class="page-only docutils">.*?</div>', "", page)
    shown = [
        html.unescape(text)
        for text in re.findall(r'<span class="pasted-text">([^<]*)</span>', page)
    ]
    assert shown or "{glue:" not in chapter.text
    written = recorder.written + recorder.last
    assert len(written) == len(shown)
    for (name, ours), theirs in zip(written, shown, strict=True):
        if not results.kind(name).may_differ and results.kind(name).within == 0:
            assert ours == theirs, name


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.name)
def test_captions_are_the_pages(site, chapter: Chapter) -> None:
    """Figures and tables have the numbers and the captions that they have on the page."""
    page = (site / f"{chapter.page}.html").read_text("utf-8")
    on_page = [
        (number.strip(), html.unescape(re.sub(r"<[^>]*>", "", text)).strip())
        for number, text in re.findall(
            r'<span class="caption-number">((?:Fig\.|Table)[^<]*)</span>'
            r'<span class="caption-text">(.*?)</span>',
            page,
            re.DOTALL,
        )
    ]
    text = "\n\n".join(cells(MADE[f"notebooks/{chapter.notebook}"], "markdown"))
    ours = dict(re.findall(r"^\*\*((?:Fig\.|Table) [\d.]+)\*\* (.*)$", text, re.MULTILINE))
    assert len(on_page) >= 3
    assert set(ours) == {number for number, _ in on_page}
    for number, caption in on_page:
        # The page's quotation marks are curly.
        plain = re.sub(r"[*`]", "", ours[number])
        assert plain == re.sub("[“”]", '"', caption.replace("’", "'")), number
    exercises = re.findall(r'caption-number">(Exercise [\d.]+)', page)
    assert set(re.findall(r"^### (Exercise [\d.]+)$", text, re.MULTILINE)) == set(exercises)


def chapter(text: str) -> Translator:
    """Return a translator for a chapter of the book with another text."""
    return Translator(Chapter("book/04-cnn", 4, text), BOOK, solved=False)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            ":::{admonition} A title\n:class: tip\nA *word*.\n:::",
            "> **A title**\n>\n> A *word*.",
        ),
        (
            ":::{hint}\n:class: dropdown\nTry.\n:::",
            "<details>\n<summary>Hint</summary>\n\nTry.\n\n</details>",
        ),
        (
            ":::{dropdown} Is `a` **b**?\nYes.\n:::",
            "<details>\n<summary>Is <code>a</code> <strong>b</strong>?</summary>\n\n"
            "Yes.\n\n</details>",
        ),
        (
            ":::{question}\nSo.\n\nHow *many*?\n\n- [ ] `1`\n\n  Too few.\n\n  By far.\n"
            "- [x] $2$\n\n  {glue:text}`01-data.md::dead_pixels:d`.\n- [ ] 3\n\n  No.\n:::",
            "**Question 1.** So.\n\nHow *many*?\n\n- **A** `1`\n- **B** $2$\n- **C** 3\n\n"
            "<details>\n<summary>Answer</summary>\n\n"
            "- **A** **Not this.** Too few.\n\n  By far.\n- **B** **Right.** 67.\n"
            "- **C** **Not this.** No.\n\n</details>",
        ),
        (
            ":::{question}\n:several:\nWhich?\n\n- [x] 1\n\n  A.\n- [x] 2\n\n  B.\n"
            "- [ ] 3\n\n  C.\n:::",
            "**Question 1.** Which? (Choose all that are right.)\n\n- **A** 1\n- **B** 2\n"
            "- **C** 3\n\n"
            "<details>\n<summary>Answer</summary>\n\n- **A** **Right.** A.\n- **B** **Right.** B.\n"
            "- **C** **Not this.** C.\n\n</details>",
        ),
        (
            ":::{predict}\nWhat comes?\n\n- [ ] This.\n- [x] That.\n:::",
            "> **Predict, then run**\n>\n> What comes?\n>\n> - **A** This.\n> - **B** That.",
        ),
        (":::{predict} Think\nWhat comes?\n:::", "> **Think**\n>\n> What comes?"),
        (":::{div} hero\nText.\n:::", "Text."),
        (":::{div} page-only\nText.\n:::", ""),
        ("See {numref}`fig-means`.", "See [Fig. 1.7](01-data.ipynb)."),
        ("See {numref}`fig-moved`.", "See Fig. 4.1."),
        ("{cite:t}`wilson1927` says", "[Wilson (1927)](#References) says"),
        ("So {cite:p}`wilson1927`.", "So ([Wilson, 1927](#References))."),
        ("So (he {cite:p}`wilson1927`).", "So (he [Wilson, 1927](#References))."),
        (
            "{cite:p}`grother1995,lecun1998gradient`",
            "([Grother, 1995](#References); [LeCun et al., 1998b](#References))",
        ),
        ("{term}`dropout` and {math}`a_b`", "dropout and $a_b$"),
        ("{glue:text}`01-data.md::dead_pixels:d` pixels", "67 pixels"),
        (
            "[one](01-data.md), [two](#ex-max-pool)",
            "[one](01-data.ipynb), [two](#Exercise-4.2)",
        ),
        ("[costs](costs.md)", "costs"),
        ("```\n[a](b.md) {cite:p}\n```", "```\n[a](b.md) {cite:p}\n```"),
        ("`[a](b)`", "`[a](b)`"),
    ],
)
def test_translations(text: str, expected: str) -> None:
    """Each directive and role that the chapters use."""
    assert chapter(text).plain(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (":::{margin}\nText.\n:::", "no plain Markdown for the directive {margin}"),
        ("{abbr}`HTML (language)`", "no plain Markdown for the role {abbr}"),
        ("{glue:text}`nothing:.2%`", "nothing:.2% is not among the committed numbers"),
        ("[a](nowhere.md)", "no page nowhere.md"),
        (":::{question}\nA?\n:::", "{question}: expected at least 3 choices"),
        (":::{predict}\nA?\n\n- [x] B\n:::", "{predict}: expected at least 2 choices"),
        ("[a](#nowhere)", "no label #nowhere"),
        ("{glue}`cnn_accuracy`", "no plain Markdown for the role {glue}"),
    ],
)
def test_what_cannot_be_translated_is_an_error(text: str, message: str) -> None:
    """Nothing of MyST is left for a reader to see; the error names the page."""
    with pytest.raises(NotTranslatedError, match=re.escape(message)) as caught:
        chapter(text).plain(text)
    assert "04-cnn" in str(caught.value)


def fold(text: str) -> str:
    """Return text as a notebook has it, with what comes of predictions closed."""
    made = notebooks.folded(chapter("").chapter, chapter("").blocks(text), False)
    return "\n\n".join(block.text for block in made if block.text)


START, END = ":::{predict}\nA?\n:::\n\n", "\n\n:::{predict-end}\n:::\n\n"
CLOSED = "> **Predict, then run**\n>\n> A?\n\n<details>\n<summary>What happens</summary>\n\n"


def test_what_comes_of_a_prediction_is_closed() -> None:
    """Up to its end, or to the code cell that follows; what comes later is not."""
    assert fold(f"{START}B\n\nC{END}D") == f"{CLOSED}B\n\nC\n\n</details>\n\nD"
    assert fold(f"{START}B") == f"{CLOSED}B\n\n</details>"
    assert fold(f"{START}{END}D") == "> **Predict, then run**\n>\n> A?\n\nD"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"{START}{START}{END}", "{predict} without {predict-end}"),
        (END, "{predict-end} without {predict}"),
        (f"{START}## Next\n\nB{END}", "expected {predict-end} before '## Next'"),
    ],
)
def test_a_prediction_without_an_end_is_an_error(text: str, message: str) -> None:
    with pytest.raises(NotTranslatedError, match=re.escape(message)):
        fold(text)


def test_a_prediction_that_never_ends_is_an_error() -> None:
    """The whole chapter is looked at."""
    unended = Chapter("book/04-cnn", 4, f"# Title\n\n{START}B")
    with pytest.raises(NotTranslatedError, match=r"has no \{predict-end\}"):
        notebooks.render(unended, BOOK, notebooks.Origin(), solved=False)


@pytest.mark.slow
def test_a_changed_chapter_is_noticed(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    """A notebook that is missing, old, or of no chapter is named, and remade."""
    for name in ("_toc.yml", "_config.yml", "book/results.json", "book/references.bib"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text((ROOT / name).read_text("utf-8"), "utf-8")
    for page in (ROOT / "book").glob("*.md"):
        (tmp_path / "book" / page.name).write_bytes(page.read_bytes())
    for folder in ("figures", "try"):
        copied = tmp_path / "book" / "_static" / folder
        copied.mkdir(parents=True)
        for drawing in (ROOT / "book" / "_static" / folder).glob("*.svg"):
            (copied / drawing.name).write_bytes(drawing.read_bytes())
    # All are made three times, not more: it takes seconds.
    assert notebooks.main([], tmp_path) == 0
    first = tmp_path / "book" / "01-data.md"
    first.write_text(first.read_text("utf-8").replace("# The data", "# Data"), "utf-8")
    (tmp_path / "notebooks" / "06-gone.ipynb").write_text("{}")
    capsys.readouterr()
    assert notebooks.main(["--check"], tmp_path) == 1
    named = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert named == [
        "notebooks/01-data.ipynb",
        "notebooks/solutions/01-data.ipynb",
        "notebooks/06-gone.ipynb",
    ]
    capsys.readouterr()
    assert notebooks.main([], tmp_path) == 0
    assert not (tmp_path / "notebooks" / "06-gone.ipynb").exists()
    for name in ("01-data.ipynb", "solutions/01-data.ipynb"):
        assert "# Data" in (tmp_path / "notebooks" / name).read_text("utf-8")


SET_UP = """
import importlib.util, sys
from IPython.core.interactiveshell import InteractiveShell
real = importlib.util.find_spec
missing = set(sys.argv[2].split(","))
importlib.util.find_spec = lambda name: None if name in missing else real(name)
shell = InteractiveShell.instance()
shell.register_magic_function(lambda line: print("pip", line), magic_name="pip")
done = shell.run_cell(open(sys.argv[1]).read())
sys.exit(not done.success)
"""


def set_up(tmp_path: Path, library: str, missing: str, folder: Path) -> tuple[int, str]:
    """Run a first cell where modules are missing; return whether it failed, and what it printed."""
    path = tmp_path / "cell.py"
    path.write_text(notebooks.SET_UP.format(library=library), "utf-8")
    done = subprocess.run(
        [sys.executable, "-c", SET_UP, path, missing],
        capture_output=True,
        text=True,
        cwd=folder,
        check=False,
        env={"PATH": "", "IPYTHONDIR": str(tmp_path), "PYTHONPATH": str(ROOT)},
    )
    return done.returncode, done.stdout + done.stderr


def test_first_cell_does_nothing_where_the_library_is(tmp_path: Path) -> None:
    """Whatever the notebook says of where it comes from."""
    assert set_up(tmp_path, LIBRARY, "nothing", tmp_path) == (0, "")


@pytest.mark.parametrize(
    ("missing", "extras"),
    [
        ("digitrec", ""),
        ("digitrec,tensorflow", "keras"),
        ("digitrec,seaborn,tensorflow", "keras,plots"),
    ],
)
def test_first_cell_installs_from_where_it_comes(tmp_path: Path, missing: str, extras: str) -> None:
    """A stamped notebook far from the repository: from its address, with what is missing."""
    status, printed = set_up(tmp_path, LIBRARY, missing, tmp_path)
    assert status == 0
    assert printed == f'pip install --quiet "digitrec[{extras}] @ {LIBRARY}"\n'


def test_first_cell_prefers_the_folder_that_it_is_in(tmp_path: Path) -> None:
    """In a clone the clone's library is installed, from any folder in it."""
    folder = ROOT / "notebooks" / "solutions"
    status, printed = set_up(tmp_path, LIBRARY, "digitrec", folder)
    assert status == 0
    assert printed == f'pip install --quiet "digitrec[] @ {ROOT.as_uri()}"\n'


def test_first_cell_says_what_is_missing(tmp_path: Path) -> None:
    """Without an address and without a folder it stops the notebook, in a line."""
    status, printed = set_up(tmp_path, "", "digitrec", tmp_path)
    assert status == 1
    assert "pip" not in printed
    assert "digitrec is not installed; open this notebook in the course's folder." in printed
    assert "Traceback" not in printed


@pytest.mark.parametrize("value", [3, -0.5, 1e-9, "a word", np.float32(0.1), np.int64(7), True])
def test_glue_gives_what_myst_nb_gives(value, tmp_path, monkeypatch) -> None:
    """The book finds our values, since they look like those of its own function."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))  # where IPython keeps its history
    plain = value.item() if hasattr(value, "item") else value
    InteractiveShell.instance()
    try:
        with capture_output() as theirs:
            myst_nb.glue("some_name", plain, display=False)
        with capture_output() as ours:
            notebook.glue(some_name=value)
    finally:
        InteractiveShell.clear_instance()
    (expected,), (found,) = theirs.outputs, ours.outputs
    assert found.data == expected.data
    assert found.metadata == expected.metadata


def test_glue_outside_a_notebook() -> None:
    """In a plain program nothing is shown, and nothing heavy is imported."""
    code = (
        "import sys; from digitrec.notebook import glue; glue(a=1); "
        "print({'IPython', 'myst_nb', 'nbformat'} & set(sys.modules))"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_table() -> None:
    """Names of rows and columns are told to screen readers; text is not taken for tags."""
    table = notebook.Table([["network", "images"], ["<a> & b", 3]], "How many?")
    assert table._repr_html_() == (
        '<table class="measured"><caption>How many?</caption>'
        '<thead><tr><th scope="col">network</th><th scope="col">images</th></tr></thead>'
        '<tbody><tr><th scope="row">&lt;a&gt; &amp; b</th>'
        "<td>3</td></tr></tbody></table>"
    )


@pytest.mark.parametrize("rows", [[], [["a", "b"]], [["a", "b"], ["c"]]])
def test_a_crooked_table_is_refused(rows) -> None:
    """Each row has a cell for each column."""
    with pytest.raises(ValueError, match="expected a row of names"):
        notebook.Table(rows, "None.")


def test_the_place_of_the_most() -> None:
    """A sentence that names one of two that are alike would be untrue."""
    assert notebook.place_of_most([3, 1, 7.5]) == 2
    assert notebook.place_of_most(-np.array([3, 1, 7.5])) == 1
    for values in ([2, 2, 1], [1], [], [float("nan"), 1.0]):
        with pytest.raises(ValueError, match="expected one largest of two values or more"):
            notebook.place_of_most(values)


@pytest.mark.parametrize(
    ("name", "prepares"),
    [("06-reading-a-page", "p_val, y_val ="), ("07-learning", "all_kinds = ")],
)
def test_a_solved_copy_keeps_what_prepares_an_exercise(name: str, prepares: str) -> None:
    """Only the cells that a reader fills in make room for the solutions."""
    code = "\n".join(cells(STAMPED[f"notebooks/solutions/{name}.ipynb"], "code"))
    assert prepares in code
    assert not re.search(r"^ *\.\.\.$|= \.\.\.$", code, re.MULTILINE)
