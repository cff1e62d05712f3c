"""The branch for launching has the published commit and its notebooks' addresses, and no more."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import repository
from conftest import ROOT
from small_notebooks import write_generator

from tools import publish_notebooks
from tools.publish_notebooks import main

pytestmark = pytest.mark.slow

REPOSITORY = "https://github.com/someone/a-book"
SITE = "https://someone.example/a-book"
ADDRESSES = ["--repository", REPOSITORY, "--site", f"{SITE}/"]


def git(root: Path, *arguments: str) -> str:
    """What git prints; it fails the test when it fails."""
    done = subprocess.run(
        ["git", *arguments], cwd=root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def tree(root: Path, commit: str) -> dict[str, str]:
    """The files of a commit: their kind and content by their path."""
    lines = git(root, "ls-tree", "-r", "-z", "--full-tree", commit).split("\0")
    return {path: entry for entry, path in (line.split("\t") for line in lines if line)}


def state(root: Path) -> tuple:
    """Everything in a clone that publishing must leave as it is."""
    files = {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and ".git" not in path.relative_to(root).parts
    }
    branches = git(root, "for-each-ref", "refs/heads", "refs/tags", "refs/stash")
    head = (root / ".git" / "HEAD").read_text()
    return files, branches, head, git(root, "ls-files", "--stage", "--debug")


@pytest.fixture(autouse=True)
def _identity(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine where git was never set up, except for making the tests' own commits."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for name in list(os.environ):
        if name.startswith(("GIT_AUTHOR", "GIT_COMMITTER")):
            monkeypatch.delenv(name)


def commit(root: Path, message: str) -> str:
    git(root, "add", "--all")
    who = ["-c", "user.name=Teacher", "-c", "user.email=teacher@example.org"]
    git(root, *who, "commit", "-q", "-m", message)
    return git(root, "rev-parse", "HEAD")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone of a small book, pushed to the bare repository beside it."""
    bare, root = tmp_path / "bare.git", tmp_path / "clone"
    git(tmp_path, "init", "-q", "--bare", "-b", "main", str(bare))
    git(tmp_path, "init", "-q", "-b", "main", str(root))
    git(root, "remote", "add", "origin", bare.as_uri())
    (root / "book").mkdir()
    for name in ("intro", "one", "zwölf"):
        (root / "book" / f"{name}.md").write_text(f"# {name}\n", "utf-8")
    write_generator(root)
    for name in ("one.ipynb", "left-over.ipynb"):
        (root / "notebooks").mkdir(exist_ok=True)
        (root / "notebooks" / name).write_text("{}\n")
    workflows = root / ".github" / "workflows"
    workflows.mkdir(parents=True)
    (workflows / "test.yml").write_text("on: push\n")
    (root / ".github" / "dependabot.yml").write_text("version: 2\n")
    (root / "run").write_text("#!/bin/sh\n")
    (root / "run").chmod(0o755)
    commit(root, "First")
    (root / "README.md").write_text("A book.\n")
    commit(root, "Second")
    git(root, "push", "-q", "origin", "main")
    return root


def published(clone: Path) -> str:
    """The commit that the remote's branch is at."""
    return git(clone.parent / "bare.git", "rev-parse", "refs/heads/launch")


def check(clone: Path, head: str) -> None:
    """Check the branch in the bare repository against the commit that was published."""
    bare = clone.parent / "bare.git"
    launch = published(clone)
    before, after = tree(bare, head), tree(bare, launch)
    ours = {path: v for path, v in after.items() if path.startswith("notebooks/")}
    kept = {path: v for path, v in after.items() if path not in ours}
    assert kept == {
        path: value
        for path, value in before.items()
        if not path.startswith(("notebooks/", ".github/workflows/"))
    }
    assert kept["run"].startswith("100755")
    names = ("index", "one", "zwölf", "solutions/one", "solutions/zwölf")
    assert set(ours) == {f"notebooks/{name}.ipynb" for name in names}
    for path in ours:
        text = git(bare, "show", f"{launch}:{path}")
        nbformat.validate(nbformat.from_dict(json.loads(text)))
        # This repository at this commit, this site, and no other address.
        assert f"git+{REPOSITORY}@{head}" in text
        assert set(re.findall(r"https?://[\w./-]+", text)) == {
            REPOSITORY,
            f"{SITE}/index.html",
        }
    assert git(bare, "rev-list", "--count", launch) == "1"
    message = git(bare, "log", "-1", "--format=%B", launch).splitlines()
    assert f"Commit: {head}" in message
    # By this line a clone of a fork knows whose notebooks these are.
    assert repository.says(REPOSITORY) in message
    # No name is made up: whoever made the commit publishes it.
    assert git(bare, "log", "-1", "--format=%an %ae %cn %ce %cI", launch) == git(
        bare, "log", "-1", "--format=%an %ae %an %ae %cI", head
    )


def test_the_branch_is_the_commit_with_addresses(
    clone: Path, capsys: pytest.CaptureFixture
) -> None:
    head, before = git(clone, "rev-parse", "HEAD"), state(clone)
    assert main(ADDRESSES, clone) == 0
    check(clone, head)
    assert state(clone) == before
    first = published(clone)
    assert repository.LAUNCH == "launch"
    assert capsys.readouterr().out == (
        f"Notebooks pushed to the branch 'launch' of 'origin': {first}\n"
    )

    # Again, nothing is new.
    assert main(ADDRESSES, clone) == 0
    assert published(clone) == first
    assert "unchanged on the branch" in capsys.readouterr().out

    # Another commit takes the place of the first one's notebooks.
    (clone / "book" / "one.md").write_text("# One\n")
    (clone / ".github" / "workflows" / "test.yml").write_text("on: pull_request\n")
    head = commit(clone, "Third")
    git(clone, "push", "-q", "origin", "main")
    assert main(ADDRESSES, clone) == 0
    assert published(clone) != first
    check(clone, head)


def test_a_shallow_clone_without_a_branch(clone: Path, tmp_path: Path) -> None:
    """As a workflow has it: one commit deep, detached, after another one was published."""
    assert main(ADDRESSES, clone) == 0
    (clone / "book" / "one.md").write_text("# One\n")
    head = commit(clone, "Third")
    git(clone, "push", "-q", "origin", "main")
    shallow = tmp_path / "shallow"
    git(tmp_path, "init", "-q", str(shallow))
    git(shallow, "remote", "add", "origin", (tmp_path / "bare.git").as_uri())
    git(shallow, "fetch", "-q", "--depth=1", "origin", head)
    git(shallow, "checkout", "-q", "--detach", "FETCH_HEAD")
    before = state(shallow)
    assert main(ADDRESSES, shallow) == 0
    check(clone, head)
    assert git(shallow, "rev-list", "--count", "HEAD") == "1"
    assert state(shallow) == before
    # From any clone the same commit: publishing from here would change nothing.
    assert main([*ADDRESSES, "--remote", str(tmp_path / "bare.git")], clone) == 0
    check(clone, head)


def test_what_is_not_committed_is_left_out(
    clone: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a changed page, nor a changed generator, nor what is staged."""
    # Python does not look into the current folder by itself; the generator is found all the same.
    monkeypatch.setenv("PYTHONSAFEPATH", "1")
    (clone / "book" / "one.md").write_text("# Changed https://elsewhere.example\n")
    (clone / "book" / "new.md").write_text("# New\n")
    (clone / "tools" / "notebooks.py").write_text("raise SystemExit('not this one')\n")
    git(clone, "add", "book/new.md")
    before = state(clone)
    assert main(ADDRESSES, clone) == 0
    out = capsys.readouterr().out
    assert out.startswith("What is not committed is left out: HEAD is published.\n")
    check(clone, git(clone, "rev-parse", "HEAD"))
    assert state(clone) == before


def test_a_book_in_a_folder_of_its_repository(clone: Path) -> None:
    inner = clone / "lessons" / "digits"
    (inner / "book").mkdir(parents=True)
    (inner / "book" / "one.md").write_text("# One\n")
    write_generator(inner)
    head = commit(clone, "A book below")
    git(clone, "push", "-q", "origin", "main")
    assert main(ADDRESSES, inner) == 0
    bare, launch = clone.parent / "bare.git", published(clone)
    files = tree(bare, launch)
    # The outer folder of that name is not the book's.
    assert files["notebooks/left-over.ipynb"]
    text = git(bare, "show", f"{launch}:lessons/digits/notebooks/one.ipynb")
    assert f"git+{REPOSITORY}@{head}#subdirectory=lessons/digits'" in text


def failure(capsys: pytest.CaptureFixture, arguments: list[str], root: Path) -> str:
    """The one line that a failure costs."""
    assert main(arguments, root) == 1
    said = capsys.readouterr().err
    assert said.startswith("publish_notebooks: ")
    assert said.count("\n") == 1, said
    return said


def test_errors_cost_one_line_and_say_what_to_do(
    clone: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    said = failure(capsys, [*ADDRESSES, "--remote", "upstream"], clone)
    assert "'upstream' cannot be read" in said
    assert "--remote names another one" in said

    secret = f"file://me:secret@{tmp_path}/nothing.git"
    said = failure(capsys, [*ADDRESSES, "--remote", secret], clone)
    assert "cannot be read" in said
    assert "secret" not in said

    over_ssh = "ssh://me:secret@github.com/a/b"
    said = failure(capsys, ["--repository", over_ssh, "--site", SITE], clone)
    assert "expected https://…" in said
    assert "secret" not in said
    said = failure(capsys, ["--repository", "a/b", "--site", SITE], clone)
    assert "--repository: expected https://…, found 'a/b'" in said
    with_name = "https://me:secret@github.com/a/b"
    said = failure(capsys, ["--repository", with_name, "--site", SITE], clone)
    assert "without a name or password" in said
    assert "secret" not in said
    said = failure(capsys, ["--repository", REPOSITORY, "--site", "mine"], clone)
    assert "--site: expected https://…" in said

    (clone / "new").write_text("1")
    commit(clone, "Only here")
    said = failure(capsys, ADDRESSES, clone)
    assert "HEAD is on no branch of 'origin'; push it there first" in said
    git(clone, "push", "-q", "origin", "main")

    (clone / "tools" / "notebooks.py").write_text("raise ValueError('not so')\n")
    commit(clone, "Broken")
    git(clone, "push", "-q", "origin", "main")
    said = failure(capsys, ADDRESSES, clone)
    assert "the notebooks of HEAD cannot be rendered: ValueError: not so" in said

    empty = tmp_path / "empty"
    empty.mkdir()
    assert "not a git repository" in failure(capsys, ADDRESSES, empty)
    git(empty, "init", "-q")
    assert "no commit to publish yet" in failure(capsys, ADDRESSES, empty)
    refs = git(tmp_path / "bare.git", "for-each-ref", "--format=%(refname)")
    assert refs == "refs/heads/main"


def test_somebody_elses_branch_is_not_overwritten(
    clone: Path, capsys: pytest.CaptureFixture
) -> None:
    for branch in ("main", "launch"):
        git(clone, "push", "-q", "origin", f"HEAD:refs/heads/{branch}")
        before = git(clone.parent / "bare.git", "rev-parse", branch)
        said = failure(capsys, [*ADDRESSES, "--branch", branch], clone)
        assert f"the branch {branch!r} of 'origin' was made by somebody else" in said
        assert git(clone.parent / "bare.git", "rev-parse", branch) == before


def test_a_refused_push_says_who_refused(
    clone: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = clone.parent / "bare.git" / "hooks" / "update"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    said = failure(capsys, ADDRESSES, clone)
    assert "git push: ! [remote rejected]" in said
    assert "hook declined" in said
    hook.unlink()

    # Somebody was faster: what they published stays.
    assert main(ADDRESSES, clone) == 0
    capsys.readouterr()
    first = published(clone)
    (clone / "book" / "one.md").write_text("# One\n")
    commit(clone, "Third")
    git(clone, "push", "-q", "origin", "main")
    real = publish_notebooks.remote_heads
    monkeypatch.setattr(
        publish_notebooks,
        "remote_heads",
        lambda *a: {k: v for k, v in real(*a).items() if k != "launch"},
    )
    assert "rejected" in failure(capsys, ADDRESSES, clone)
    assert published(clone) == first


def test_the_command_line(clone: Path) -> None:
    """`python -m tools.publish_notebooks` starts, and says what it needs."""
    done = subprocess.run(
        [sys.executable, "-m", "tools.publish_notebooks"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "--repository, --site" in done.stderr
