"""Write each chapter's notebook twin: book/NN-name.md becomes book/NN-name.ipynb, without outputs.

The Markdown files are the source. The twins are what Binder and Colab open. They depend on nothing
but the chapter's text: the same text gives the same bytes.

    python book/_ext/twins.py            write the twins
    python book/_ext/twins.py --check    only say which are out of step (exit status 1)
"""

import hashlib
import sys
from pathlib import Path

import jupytext
import nbformat

BOOK = Path(__file__).resolve().parents[1]
KERNEL = {
    "display_name": "Python 3 (ipykernel)",
    "language": "python",
    "name": "python3",
}


def twin(text: str) -> str:
    """Return the notebook that belongs to a chapter's text, as JSON."""
    source = jupytext.reads(text, fmt="md:myst")
    notebook = nbformat.v4.new_notebook(
        metadata={"kernelspec": KERNEL, "language_info": {"name": "python"}}
    )
    for number, cell in enumerate(source.cells):
        make = getattr(nbformat.v4, f"new_{cell.cell_type}_cell")
        # Jupyter's own cell ids are random.
        name = hashlib.sha256(f"{number} {cell.source}".encode()).hexdigest()[:8]
        notebook.cells.append(make(cell.source, id=name, metadata=cell.metadata))
    nbformat.validate(notebook)
    return nbformat.writes(notebook) + "\n"


def chapters(book: Path = BOOK) -> list[Path]:
    """Return the pages that are notebooks."""
    pages = sorted(book.glob("*.md"))
    return [
        page for page in pages if "\nkernelspec:\n" in page.read_text("utf-8")[:1000]
    ]


def wanted(book: Path = BOOK) -> dict[Path, str]:
    """Return the twins that should exist, with their text."""
    return {
        page.with_suffix(".ipynb"): twin(page.read_text("utf-8"))
        for page in chapters(book)
    }


def out_of_step(book: Path = BOOK) -> list[Path]:
    """Return the twins that are missing, differ, or belong to no chapter."""
    twins = wanted(book)
    different = [
        p for p, text in twins.items() if not p.exists() or p.read_text("utf-8") != text
    ]
    return different + [
        path for path in sorted(book.glob("*.ipynb")) if path not in twins
    ]


def main(arguments: list[str]) -> int:
    """Write the twins, or check them."""
    different = out_of_step()
    if arguments == ["--check"]:
        for path in different:
            print(
                f"book/{path.name} is not what its chapter gives; `make notebooks` remakes it"
            )
        return bool(different)
    twins = wanted()
    for path in different:
        if path in twins:
            path.write_text(twins[path], "utf-8", newline="\n")
        else:
            path.unlink()
        print(f"book/{path.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
