"""What `make watch` tells Sphinx is what `make book` tells it; what a build writes starts none."""

from conftest import ROOT
from sphinx_autobuild.filter import IgnoreFilter

from tools import watch


def test_settings_are_the_books() -> None:
    """The same extensions; each path is there, wherever the settings are read from."""
    settings = watch.settings()
    assert {"finish", "launch", "library_cache"} <= set(settings["extensions"])
    for path in [*settings["html_static_path"], *settings["bibtex_bibfiles"]]:
        assert path.startswith(str(ROOT))
        assert (ROOT / path).exists(), path
    assert settings["nb_execution_cache_path"] == str(ROOT / "_build" / ".jupyter_cache")
    assert settings["book_notebooks"] is False


def test_only_what_pages_show_is_watched() -> None:
    arguments = watch.command("8000")
    after = {
        option: [arguments[i + 1] for i, word in enumerate(arguments) if word == option]
        for option in ("--ignore", "--re-ignore")
    }
    ignored = IgnoreFilter(after["--ignore"], after["--re-ignore"])
    for path in ("book/01-data.md", "book/_static/digitrec.css", "digitrec/forward.py", "_toc.yml"):
        assert not ignored(str(ROOT / path)), path
    for path in (
        *("_build/html/index.html", "notebooks/01-data.ipynb", ".git/HEAD", ".venv/pyvenv.cfg"),
        *("book/.01-data.md.swp", "book/01-data.md~", "digitrec/__pycache__/forward.pyc"),
    ):
        assert ignored(str(ROOT / path)), path
