"""The chapters' notebook twins are what the chapters give; what a chapter glues is found."""

import json
import subprocess
import sys

import myst_nb
import nbformat
import numpy as np
import pytest
import twins
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from digitrec import notebook

CHAPTERS = twins.chapters()


def test_twins_are_in_step() -> None:
    """`make notebooks` would change nothing."""
    assert [path.name for path in twins.out_of_step()] == [], "run `make notebooks`"


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_twin(chapter) -> None:
    """A twin is a valid notebook without outputs, and names the kernel that everybody has."""
    text = twins.twin(chapter.read_text("utf-8"))
    assert text == twins.twin(chapter.read_text("utf-8"))
    written = json.loads(text)
    nbformat.validate(nbformat.from_dict(written))
    assert written["metadata"]["kernelspec"]["name"] == "python3"
    code = [cell for cell in written["cells"] if cell["cell_type"] == "code"]
    assert code
    assert all(
        cell["outputs"] == [] and cell["execution_count"] is None for cell in code
    )


def test_a_changed_chapter_is_noticed(tmp_path) -> None:
    """A twin that is missing, old, or left over is named; a page without a kernel has none."""
    head = "---\nkernelspec:\n  display_name: P\n  name: python3\n---\n"
    chapter = head + "# A\n\n```{code-cell}\n1 + 1\n```\n"
    (tmp_path / "a.md").write_text(chapter, "utf-8")
    (tmp_path / "plain.md").write_text("# Plain\n", "utf-8")
    assert [p.name for p in twins.out_of_step(tmp_path)] == ["a.ipynb"]
    (tmp_path / "a.ipynb").write_text(twins.twin(chapter), "utf-8")
    assert twins.out_of_step(tmp_path) == []
    (tmp_path / "a.md").write_text(chapter.replace("1 + 1", "1 + 2"), "utf-8")
    (tmp_path / "b.ipynb").write_text("{}", "utf-8")
    assert [p.name for p in twins.out_of_step(tmp_path)] == ["a.ipynb", "b.ipynb"]


@pytest.mark.parametrize(
    "value", [3, -0.5, 1e-9, "a word", np.float32(0.1), np.int64(7), True]
)
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
