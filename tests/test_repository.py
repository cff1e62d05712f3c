"""Each remote leads to the pages that its host has, and to none that it has not."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
import repository
from repository import Repository, choose, find, from_ci, understand

BINDER = "https://mybinder.org"
COLAB = "https://colab.research.google.com"
HUB = "https://hub.example.org"
PAGE = "book/one.md"
NOTEBOOK = "notebooks/one.ipynb"

GITHUB = "https://github.com/someone/a-book"
CODEBERG = "https://codeberg.org/someone/a-book"


@pytest.mark.parametrize(
    ("remote", "url", "kind"),
    [
        (GITHUB, GITHUB, "github"),
        (f"{GITHUB}.git", GITHUB, "github"),
        (f"{GITHUB}/", GITHUB, "github"),
        ("https://someone:secret@github.com/someone/a-book.git", GITHUB, "github"),
        ("https://ghp_secret@github.com/someone/a-book", GITHUB, "github"),
        ("https://www.github.com/someone/a-book", GITHUB, "github"),
        ("https://github.com:443/someone/a-book", GITHUB, "github"),
        ("HTTPS://GitHub.com/someone/a-book", GITHUB, "github"),
        (
            "git@github.com:someone/a.book.git",
            "https://github.com/someone/a.book",
            "github",
        ),
        ("github.com:someone/a-book.git", GITHUB, "github"),
        ("ssh://git@github.com:22/someone/a-book", GITHUB, "github"),
        ("ssh://git@ssh.github.com:443/someone/a-book.git", GITHUB, "github"),
        ("git://github.com/someone/a-book.git", GITHUB, "github"),
        (
            "git@github.example.org:team/a-book.git",
            "https://github.example.org/team/a-book",
            "github",
        ),
        (
            "https://team.ghe.com/team/a-book",
            "https://team.ghe.com/team/a-book",
            "github",
        ),
        (
            "https://gitlab.com/group/below/a-book.git",
            "https://gitlab.com/group/below/a-book",
            "gitlab",
        ),
        (
            "git@gitlab.com:group/below/further/a-book.git",
            "https://gitlab.com/group/below/further/a-book",
            "gitlab",
        ),
        (
            "ssh://git@gitlab.example.org:2222/group/a-book.git",
            "https://gitlab.example.org/group/a-book",
            "gitlab",
        ),
        (
            "https://gitlab.example.org:8443/group/a-book.git",
            "https://gitlab.example.org:8443/group/a-book",
            "gitlab",
        ),
        (f"{CODEBERG}.git", CODEBERG, "gitea"),
        ("git@codeberg.org:someone/a-book.git", CODEBERG, "gitea"),
        (
            "https://git:secret@forgejo.example.org/someone/a-book.git",
            "https://forgejo.example.org/someone/a-book",
            "gitea",
        ),
        (
            "https://git.example.org/someone/a-book.git",
            "https://git.example.org/someone/a-book",
            "",
        ),
        (
            "https://bitbucket.org/someone/a-book",
            "https://bitbucket.org/someone/a-book",
            "",
        ),
        (
            "git@bitbucket.org:someone/a-book.git",
            "https://bitbucket.org/someone/a-book",
            "",
        ),
    ],
)
def test_a_remote_that_readers_can_open(remote: str, url: str, kind: str) -> None:
    found = understand(remote)
    assert found is not None
    assert (found.url, found.kind) == (url, kind)
    assert "secret" not in repr(found)


@pytest.mark.parametrize(
    "remote",
    [
        "",
        "/srv/git/a-book.git",
        "../a-book",
        "C:/books/a-book",
        "C:\\books\\a-book",
        "file:///srv/git/a-book.git",
        "work:someone/a-book",  # a name in somebody's ssh settings
        "git@git.example.org:someone/a-book.git",  # serves ssh; its pages may be elsewhere
        "ssh://git@git.example.org:2222/someone/a-book.git",
        "https://github.com/someone",
        "https://github.com/someone/a-book/tree/main",
        "https://gitlab.com/a-book",
        "https://example.org",
        "https://example.org:port/someone/a-book",
        "https:///someone/a-book",
        "https://example.org/some one/a-book",
        'https://example.org/someone/"onclick=x',
        "https://example.org/../a-book",
        "javascript://github.com/someone/a-book",
    ],
)
def test_a_remote_that_readers_cannot_open(remote: str) -> None:
    assert understand(remote) is None


@pytest.mark.parametrize(
    ("remote", "edit", "issue", "binder", "colab"),
    [
        (
            "git@github.com:someone/a-book.git",
            f"{GITHUB}/edit/main/book/one.md",
            f"{GITHUB}/issues/new?title=A%20title",
            f"{BINDER}/v2/gh/someone/a-book/main?urlpath=lab/tree/{NOTEBOOK}",
            f"{COLAB}/github/someone/a-book/blob/launch/{NOTEBOOK}",
        ),
        (
            "https://github.example.org/team/a-book",
            "https://github.example.org/team/a-book/edit/main/book/one.md",
            "https://github.example.org/team/a-book/issues/new?title=A%20title",
            f"{BINDER}/v2/git/https%3A%2F%2Fgithub.example.org%2Fteam%2Fa-book/main"
            f"?urlpath=lab/tree/{NOTEBOOK}",
            "",
        ),
        (
            "https://gitlab.com/group/below/a-book.git",
            "https://gitlab.com/group/below/a-book/-/edit/main/book/one.md",
            "https://gitlab.com/group/below/a-book/-/issues/new?issue%5Btitle%5D=A%20title",
            f"{BINDER}/v2/gl/group%2Fbelow%2Fa-book/main?urlpath=lab/tree/{NOTEBOOK}",
            "",
        ),
        (
            "https://gitlab.example.org:8443/group/a-book.git",
            "https://gitlab.example.org:8443/group/a-book/-/edit/main/book/one.md",
            "https://gitlab.example.org:8443/group/a-book/-/issues/new?issue%5Btitle%5D=A%20title",
            f"{BINDER}/v2/git/https%3A%2F%2Fgitlab.example.org%3A8443%2Fgroup%2Fa-book"
            f"/main?urlpath=lab/tree/{NOTEBOOK}",
            "",
        ),
        (
            "git@codeberg.org:someone/a-book.git",
            f"{CODEBERG}/_edit/main/book/one.md",
            f"{CODEBERG}/issues/new?title=A%20title",
            f"{BINDER}/v2/git/https%3A%2F%2Fcodeberg.org%2Fsomeone%2Fa-book/main"
            f"?urlpath=lab/tree/{NOTEBOOK}",
            "",
        ),
        (
            # How its pages are called is not known; git finds it by the address as given.
            "https://git.example.org/someone/a-book.git",
            "",
            "",
            f"{BINDER}/v2/git/https%3A%2F%2Fgit.example.org%2Fsomeone%2Fa-book.git/main"
            f"?urlpath=lab/tree/{NOTEBOOK}",
            "",
        ),
        (
            # Only its neighbours reach it; Binder does not.
            "http://gitea:3000/someone/a-book",
            "http://gitea:3000/someone/a-book/_edit/main/book/one.md",
            "http://gitea:3000/someone/a-book/issues/new?title=A%20title",
            "",
            "",
        ),
    ],
    ids=["github", "enterprise", "gitlab", "own gitlab", "codeberg", "other", "inside"],
)
def test_the_links_of_each_host(
    remote: str, edit: str, issue: str, binder: str, colab: str
) -> None:
    found = understand(remote)
    assert found is not None
    found = replace(found, branch="main")
    assert found.edit_page(PAGE) == edit
    assert found.issue_page("A title") == issue
    assert found.binder(BINDER, "lab/tree", NOTEBOOK) == binder
    # Colab needs a notebook that knows where its library is.
    assert found.colab(COLAB, NOTEBOOK) == ""
    launched = replace(found, launch="launch")
    assert launched.colab(COLAB, NOTEBOOK) == colab
    assert launched.binder(BINDER, "lab/tree", NOTEBOOK) == binder.replace("/main?", "/launch?")


def test_a_branch_of_its_own_name_and_a_book_in_a_folder() -> None:
    """Slashes stay in a branch's name, as BinderHub and the hosts want; the rest is quoted."""
    found = Repository(GITHUB, GITHUB, "github", "term/autumn #1", "lessons/digits")
    assert found.edit_page(PAGE) == f"{GITHUB}/edit/term/autumn%20%231/lessons/digits/book/one.md"
    assert found.binder(BINDER, "tree", NOTEBOOK) == (
        f"{BINDER}/v2/gh/someone/a-book/term/autumn%20%231?urlpath=tree/lessons/digits/{NOTEBOOK}"
    )
    assert found.pip_address() == (f"git+{GITHUB}@term/autumn%20%231#subdirectory=lessons/digits")
    assert replace(found, commit="abc", folder="").pip_address() == f"git+{GITHUB}@abc"


def test_a_branch_that_is_not_known() -> None:
    """Binder starts the default branch, pip installs it, and nothing offers to edit it."""
    found = Repository(GITHUB, GITHUB, "github")
    assert found.edit_page(PAGE) == ""
    assert found.binder(BINDER, "lab/tree", NOTEBOOK).startswith(
        f"{BINDER}/v2/gh/someone/a-book/HEAD?"
    )
    assert found.pip_address() == f"git+{GITHUB}"
    assert "branch" not in found.jupyterhub(HUB, "lab/tree", NOTEBOOK)


def test_jupyterhub_fetches_the_branch_that_grows() -> None:
    """nbgitpuller merges; the branch for launching is written afresh each time."""
    found = Repository(GITHUB, GITHUB, "github", "main", launch="launch")
    assert found.jupyterhub(HUB, "lab/tree", NOTEBOOK) == (
        f"{HUB}/hub/user-redirect/git-pull?repo=https%3A//github.com/someone/a-book"
        f"&urlpath=lab/tree/a-book/{NOTEBOOK}&branch=main"
    )


@pytest.mark.parametrize(
    ("environ", "url", "kind", "branch"),
    [
        (
            {"GITHUB_REPOSITORY": "someone/a-book", "GITHUB_REF": "refs/heads/term/1"},
            GITHUB,
            "github",
            "term/1",
        ),
        (
            {"GITHUB_REPOSITORY": "fork/book", "GITHUB_REF": "refs/pull/7/merge"},
            "https://github.com/fork/book",
            "github",
            "",
        ),
        (
            {
                "GITHUB_REPOSITORY": "team/a-book",
                "GITHUB_SERVER_URL": "https://code.example.org",
                "GITHUB_REF": "refs/heads/main",
            },
            "https://code.example.org/team/a-book",
            "github",
            "main",
        ),
        (
            {
                "GITHUB_REPOSITORY": "someone/a-book",
                "GITHUB_SERVER_URL": "https://git.example.org/forge",
                "GITHUB_REF": "refs/heads/main",
                "GITEA_ACTIONS": "true",
            },
            "https://git.example.org/forge/someone/a-book",
            "gitea",
            "main",
        ),
        (
            {
                "GITHUB_REPOSITORY": "someone/a-book",
                "GITHUB_SERVER_URL": "https://git.example.org",
                "FORGEJO_ACTIONS": "true",
            },
            "https://git.example.org/someone/a-book",
            "gitea",
            "",
        ),
        (
            {
                "GITHUB_REPOSITORY": "someone/a-book",
                "GITHUB_SERVER_URL": "https://codeberg.org",
            },
            CODEBERG,
            "gitea",
            "",
        ),
        (
            {
                "CI_PROJECT_URL": "https://code.example.org/lab/group/below/a-book",
                "CI_COMMIT_BRANCH": "autumn",
                "CI_DEFAULT_BRANCH": "main",
            },
            "https://code.example.org/lab/group/below/a-book",
            "gitlab",
            "autumn",
        ),
        (
            {
                "CI_SERVER_URL": "https://gitlab.com",
                "CI_PROJECT_PATH": "group/below/a-book",
                "CI_DEFAULT_BRANCH": "main",
            },
            "https://gitlab.com/group/below/a-book",
            "gitlab",
            "main",
        ),
    ],
)
def test_continuous_integration_says_where_it_is(
    environ: dict[str, str], url: str, kind: str, branch: str
) -> None:
    found = from_ci(environ)
    assert found == Repository(url, url, kind, branch)


def test_where_there_is_no_continuous_integration() -> None:
    assert from_ci({}) is None
    assert from_ci({"GITHUB_REPOSITORY": "a b/c"}) is None


class Clone:
    """A clone with one commit, whose remote is a bare repository beside it."""

    def __init__(self, folder: Path) -> None:
        self.bare, self.root = folder / "bare.git", folder / "clone"
        self.git("init", "-q", "--bare", "-b", "main", str(self.bare), at=folder)
        self.git("init", "-q", "-b", "main", str(self.root), at=folder)
        self.commit("_config.yml", "title: A\n")
        self.git("remote", "add", "origin", str(self.bare))

    def git(self, *arguments: str, at: Path | None = None) -> str:
        identity = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.org"]
        return subprocess.run(
            ["git", *identity, *arguments],
            cwd=at or self.root,
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()

    def commit(self, name: str, text: str, message: str = "A") -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        self.git("add", name)
        self.git("commit", "-q", "-m", message)

    def call_remote(self, address: str) -> None:
        """Give the remote an address that cannot be reached, with what is known of it."""
        self.git("remote", "set-url", "origin", address)


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path)


def test_a_clone_knows_where_it_came_from(clone: Clone) -> None:
    """Of branches and commits only those that were pushed count."""
    assert find(clone.root, {}) is None  # its remote is a folder
    clone.call_remote("git@github.com:someone/a-book.git")
    assert find(clone.root, {}) == Repository(GITHUB, GITHUB, "github")

    clone.call_remote(str(clone.bare))
    clone.git("push", "-q", "-u", "origin", "main")
    clone.call_remote("git@github.com:someone/a-book.git")
    head = clone.git("rev-parse", "HEAD")
    assert find(clone.root, {}) == Repository(GITHUB, GITHUB, "github", "main", commit=head)

    # A branch that follows another one, one that does not, and no branch at all.
    clone.git("checkout", "-q", "-b", "mine", "origin/main")
    assert find(clone.root, {}).branch == "main"
    clone.git("branch", "--unset-upstream")
    assert find(clone.root, {}).branch == ""
    clone.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    assert find(clone.root, {}).branch == "main"
    clone.git("update-ref", "refs/remotes/origin/mine", "HEAD")
    assert find(clone.root, {}).branch == "mine"
    clone.git("checkout", "-q", "--detach")
    assert find(clone.root, {}).branch == "main"

    # pip could not install a commit that nobody else has.
    clone.commit("new", "1")
    assert find(clone.root, {}).commit == ""

    # The environment comes first.
    assert find(clone.root, {"GITHUB_REPOSITORY": "c/d"}).url == "https://github.com/c/d"


def test_a_branch_for_launching_is_known_from_a_clone_and_from_publishing(
    clone: Clone,
) -> None:
    clone.call_remote(GITHUB)
    assert find(clone.root, {"BOOK_LAUNCH_BRANCH": "run"}).launch == "run"
    assert find(clone.root, {}).launch == ""
    # A fork begins with the branches of where it came from; those notebooks lead back there.
    for owner, launch in {"another": "", "someone": "launch"}.items():
        line = repository.says(f"https://github.com/{owner}/a-book")
        clone.commit(owner, "1", f"Notebooks\n\n{line}\n")
        clone.git("update-ref", "refs/remotes/origin/launch", "HEAD")
        assert find(clone.root, {}).launch == launch


def test_a_book_in_a_folder_of_a_repository_and_one_that_only_lies_there(
    clone: Clone,
) -> None:
    clone.call_remote(GITHUB)
    clone.commit("lessons/digits/_config.yml", "title: B\n")
    inner = find(clone.root / "lessons" / "digits", {})
    assert inner == Repository(GITHUB, GITHUB, "github", folder="lessons/digits")
    copied = clone.root / "copied"
    copied.mkdir()
    (copied / "_config.yml").write_text("title: C\n")
    assert find(copied, {}) is None


def test_no_git_and_no_clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find(tmp_path, {}) is None
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find(tmp_path, {}) is None
    assert find(tmp_path, {"GITHUB_REPOSITORY": "c/d"}).url == "https://github.com/c/d"


FOUND = Repository(GITHUB, GITHUB, "github", "main", "", "abc", "launch")


@pytest.mark.parametrize(
    ("found", "settings", "chosen"),
    [
        (FOUND, {}, FOUND),
        (None, {}, None),
        (None, {"branch": "main"}, None),
        # The same repository, written otherwise: what is known of it stays known.
        (FOUND, {"url": f"{GITHUB}.git"}, FOUND),
        (
            FOUND,
            {"url": "https://GitHub.com/Someone/A-Book"},
            replace(
                FOUND,
                url="https://github.com/Someone/A-Book",
                clone="https://github.com/Someone/A-Book",
            ),
        ),
        (FOUND, {"branch": "autumn"}, replace(FOUND, branch="autumn")),
        (FOUND, {"folder": "lessons/"}, replace(FOUND, folder="lessons")),
        (replace(FOUND, folder="lessons"), {"folder": ""}, FOUND),
        # Another one: nothing that was found is said of it.
        (FOUND, {"url": CODEBERG}, Repository(CODEBERG, CODEBERG, "gitea")),
        (
            None,
            {"url": "https://gitlab.com/a/b/c", "branch": "x", "folder": "y"},
            Repository(
                "https://gitlab.com/a/b/c",
                "https://gitlab.com/a/b/c",
                "gitlab",
                "x",
                "y",
            ),
        ),
        # A server whose kind continuous integration, or the settings, tell.
        (
            Repository("https://x.org/a/b", "https://x.org/a/b", "gitlab", "main"),
            {"url": "https://x.org/c/d"},
            Repository("https://x.org/c/d", "https://x.org/c/d", "gitlab"),
        ),
        (
            None,
            {"url": "git@x.org:c/d.git", "kind": "gitea"},
            Repository("https://x.org/c/d", "https://x.org/c/d", "gitea"),
        ),
    ],
)
def test_settings_come_first(
    found: Repository | None, settings: dict[str, str], chosen: Repository | None
) -> None:
    assert choose(found, **settings) == chosen


@pytest.mark.parametrize("url", ["someone/a-book", "/srv/a-book", "https://github.com"])
def test_settings_that_are_no_address(url: str) -> None:
    with pytest.raises(ValueError, match=f"expected an address .* found '{url}'"):
        choose(FOUND, url)
