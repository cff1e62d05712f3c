"""What `make watch` tells Sphinx is what `make book` tells it; what a build writes starts none."""

import subprocess
import sys
from pathlib import Path

import pytest
import small_site
from conftest import ROOT
from sphinx_autobuild import build
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


def test_the_books_own_programs_are_not_loaded_before() -> None:
    """A build is a copy of the server's process, and they may have changed since it began."""
    code = f"""
import sys
from tools import watch
watch.load()
files = {{name: str(getattr(m, "__file__", "")) for name, m in sys.modules.items()}}
own = [n for n, f in files.items() if f.startswith({str(ROOT)!r}) and "site-packages" not in f]
print(sorted(own))
print("myst_nb" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split("\n")[:2] == ["['tools', 'tools.watch']", "True"]


@pytest.mark.skipif(sys.platform != "linux", reason="builds are copies of a process on Linux only")
def test_a_build_is_a_copy_of_the_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Sphinx-autobuild builds by it, again after a change, and tells when a build has failed."""
    monkeypatch.setattr(build, "subprocess", watch.Copies)
    small_site.write(tmp_path, {"index": "# One\n"})
    out = tmp_path / "_out"
    builder = build.Builder(
        [str(tmp_path), str(out), "-q"], url_host="x", pre_build_commands=[], post_build_commands=[]
    )
    for text in ("One", "Two"):
        (tmp_path / "index.md").write_text(f"# {text}\n", "utf-8")
        builder(changed_paths=[tmp_path / "index.md"])
        assert f"<h1>{text}" in (out / "index.html").read_text("utf-8")
    (tmp_path / "conf.py").write_text("1 / 0", "utf-8")
    builder(changed_paths=[])
    said = capfd.readouterr()
    assert "ZeroDivisionError" in said.err
    assert "Sphinx exited with exit code: 2" in said.out
    with pytest.raises(ValueError, match="expected the command that builds, found"):
        watch.Copies.run(["touch", "x"], check=True)
