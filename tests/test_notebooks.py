"""The chapters' notebook twins are what the chapters give, and nothing else."""

import json

import nbformat
import pytest
import twins

CHAPTERS = twins.chapters()


def test_twins_are_in_step() -> None:
    """`make notebooks` would change nothing."""
    assert [path.name for path in twins.out_of_step()] == [], "run `make notebooks`"


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_twin(chapter) -> None:
    """A twin is a valid notebook without outputs, and names the kernel that everybody has."""
    text = twins.twin(chapter.read_text("utf-8"))
    assert text == twins.twin(chapter.read_text("utf-8"))
    notebook = json.loads(text)
    nbformat.validate(nbformat.from_dict(notebook))
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
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
