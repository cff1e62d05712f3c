"""What a teacher writes into _config.yml about the repository and about launching is understood."""

import sys
from pathlib import Path

import launch
import pytest
from launch import Settings, launchers, not_supported, read_settings, settings_of
from repository import Repository
from small_notebooks import write_generator

URL = "https://github.com/someone/a-book"
FOUND = Repository(URL, URL, "github", "main", launch="launch")
ALL = frozenset({"repository", "issues", "edit_page"})


def options(**values: object) -> dict:
    """The theme's own options, in a _config.yml."""
    return {"sphinx": {"config": {"html_theme_options": values}}}


@pytest.mark.parametrize(
    ("config", "settings"),
    [
        ({}, Settings()),
        ({"repository": None, "launch_buttons": None, "html": None}, Settings()),
        ({"sphinx": {"config": None}}, Settings()),
        (
            {"repository": {"url": URL, "branch": "main", "path_to_book": "digits"}},
            Settings(URL, "main", "digits"),
        ),
        # An empty folder says something: the book is the repository.
        ({"repository": {"path_to_book": ""}}, Settings(folder="")),
        ({"repository": {"url": None}}, Settings()),
        (
            options(
                repository_url=URL,
                repository_branch="x",
                path_to_docs="y",
                repository_provider="GitLab",
                launch_buttons={"colab_url": ""},
                use_edit_page_button=False,
            ),
            Settings(URL, "x", "y", "gitlab", ALL - {"edit_page"}, {"colab_url": ""}),
        ),
        # jupyter-book's own names come before the theme's.
        (
            {
                "repository": {"url": URL},
                "launch_buttons": {"binderhub_url": "https://a.org"},
                "html": {"use_issues_button": False, "use_edit_page_button": True},
                **options(
                    repository_url="https://b.org/c/d",
                    launch_buttons={"binderhub_url": "https://b.org", "thebe": True},
                    use_edit_page_button=False,
                ),
            },
            Settings(
                URL,
                shown=ALL - {"issues"},
                launch={"binderhub_url": "https://a.org", "thebe": True},
            ),
        ),
    ],
)
def test_settings(config: dict, settings: Settings) -> None:
    assert read_settings(config) == settings


def test_settings_are_read_from_above_the_book(tmp_path: Path) -> None:
    (tmp_path / "_config.yml").write_text(f"repository: {{url: {URL}}}\n")
    book = tmp_path / "a" / "book"
    book.mkdir(parents=True)
    assert settings_of(book).url == URL
    (book / "_config.yml").write_text("")
    assert settings_of(book) == Settings()


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        (Settings(), []),
        # What is switched off, and what is known.
        (Settings(launch={"thebe": False, "deepnote_url": ""}), []),
        (Settings(launch=dict.fromkeys(launch.DEFAULTS, "")), []),
        (Settings(launch={"notebook_interface": "classic"}), []),
        (Settings(provider="forgejo"), []),
        (Settings(launch={"thebe": True}), ["thebe"]),
        (
            Settings(launch={"deepnote_url": "https://d.org", "jupyterlite_url": "/l"}),
            ["deepnote_url", "jupyterlite_url"],
        ),
        (Settings(launch={"notebook_interface": "retro"}), ["'retro'"]),
        (Settings(provider="bitbucket"), ["'bitbucket'"]),
    ],
)
def test_what_is_asked_for_in_vain_is_named(settings: Settings, named: list[str]) -> None:
    complaints = not_supported(settings)
    assert len(complaints) == len(named)
    for complaint, name in zip(complaints, named, strict=True):
        assert name in complaint.split("(known")[0]


def names(repository: Repository, **settings: str) -> list[str]:
    return [name for name, _, _ in launchers(repository, settings, "notebooks/a.ipynb")]


def test_buttons_that_are_offered() -> None:
    """Binder and Colab without being asked; each can be moved or left out."""
    assert names(FOUND) == ["Binder", "Colab"]
    assert names(FOUND, jupyterhub_url="https://h.org") == [
        "Binder",
        "Colab",
        "JupyterHub",
    ]
    assert names(FOUND, binderhub_url="", colab_url="") == []
    (_, binder, _), (_, colab, _) = launchers(
        FOUND,
        {"binderhub_url": "https://b.org/", "colab_url": "https://c.org"},
        "notebooks/a.ipynb",
    )
    assert binder == (
        "https://b.org/v2/gh/someone/a-book/launch?urlpath=lab/tree/notebooks/a.ipynb"
    )
    assert colab == ("https://c.org/github/someone/a-book/blob/launch/notebooks/a.ipynb")


def test_a_null_in_the_settings_switches_off() -> None:
    settings = {"binderhub_url": None, "notebook_interface": None}
    found = launchers(FOUND, settings, "notebooks/a.ipynb")
    assert [name for name, _, _ in found] == ["Colab"]


def test_the_generator_is_this_books_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("tools", "tools.notebooks"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setattr(sys, "path", sys.path.copy())
    write_generator(tmp_path)
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "intro.md").write_text("# A\n")
    notebooks = launch.generator(tmp_path)
    assert Path(notebooks.__file__).parents[1] == tmp_path
    assert notebooks.notebook_of(tmp_path) == {"book/intro": "notebooks/index.ipynb"}
    for name in ("tools", "tools.notebooks"):
        sys.modules.pop(name, None)
