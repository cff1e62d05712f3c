"""Publish the notebooks with their addresses in them, on a branch for launching.

The notebooks in the repository know no address: a fork would have to change it in all of them. In
Binder or in a clone they need none. Colab opens a single file, and there a notebook must know where
its library is, and where the book's other pages are. So publishing writes a branch that has all of
the published commit, with ``notebooks/`` rendered again for this repository and this site:

    python -m tools.publish_notebooks --repository https://host/owner/name --site https://…

It pushes to the remote ``origin`` and the branch ``launch``, unless told otherwise. What is
published is HEAD: the working tree, the index and the branches of this clone are neither read nor
changed. The same commit and addresses give the same commit to push, so doing it twice is the same
as once.

The branch is a single commit without a history, and without ``.github/workflows``: the token of a
workflow may write no workflow, and a history would make that depend on what was changed in them
since the last time. Nothing runs on this branch.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[1]
FOLDER = "notebooks"
LEFT_OUT = ".github/workflows"
#: How a commit says that this command made it; the branch of somebody else is not overwritten.
MADE_BY = "Made-by: tools.publish_notebooks"

# Runs in an export of HEAD, so that the notebooks are those of its text and its code.
RENDER = """
import json, sys
from pathlib import Path
sys.path.insert(0, str(Path.cwd()))
from tools.notebooks import Origin, render_all
site, library, answer = sys.argv[1:]
texts = render_all(Path.cwd(), Origin(site=site, library=library))
Path(answer).write_text(json.dumps(texts), "utf-8")
"""


class PublishError(Exception):
    """Why nothing was published, in one line."""


def without_secrets(text: str) -> str:
    """Return a text without the names and passwords in its addresses."""
    return re.sub(r"://[^/@\s']+@", "://", text)


class Git:
    """The commands of git in one repository."""

    def __init__(self, root: Path, environ: Mapping[str, str] | None = None) -> None:
        self.root = root
        # Looking does not refresh the index.
        quiet = {"GIT_OPTIONAL_LOCKS": "0"}
        self.environ = {**os.environ, **quiet, **(environ or {})}

    def __call__(self, *arguments: str, data: bytes | None = None) -> str:
        """Return what a command prints; raise PublishError when it fails."""
        try:
            done = subprocess.run(
                ["git", *arguments],
                cwd=self.root,
                env=self.environ,
                input=data,
                capture_output=True,
                check=False,
            )
        except FileNotFoundError as error:
            raise PublishError("git is not installed") from error
        if done.returncode:
            lines = done.stderr.decode(errors="replace").strip().splitlines()
            # What a server refuses, or the first of git's own complaints.
            telling = [s for s in lines if " ! [" in s] or [
                s for s in lines if s.startswith(("fatal:", "error:"))
            ]
            reason = (telling or lines or ["it gave no reason"])[0].strip()
            raise PublishError(f"git {arguments[0]}: {without_secrets(reason)}")
        return done.stdout.decode(errors="surrogateescape").strip("\n")

    def succeeds(self, *arguments: str) -> bool:
        """Tell whether a command ends well."""
        try:
            self(*arguments)
        except PublishError:
            return False
        return True


def address(text: str, option: str) -> str:
    """Return an address of the web as it may be published, without a slash at its end."""
    parts = urlsplit(text)
    if parts.scheme not in ("https", "http") or not parts.hostname:
        found = without_secrets(text)
        raise PublishError(f"{option}: expected https://…, found {found!r}")
    if parts.username or parts.password:
        raise PublishError(f"{option}: expected an address without a name or password")
    return text.rstrip("/")


def render(git: Git, prefix: str, site: str, library: str) -> dict[str, str]:
    """Return the notebooks of HEAD, by their path below the book's folder."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder, "tree")
        export = Git(git.root, {"GIT_INDEX_FILE": str(Path(folder, "index"))})
        export("read-tree", "HEAD")
        export("checkout-index", "--all", f"--prefix={tree.as_posix()}/")
        root, answer = tree / prefix, Path(folder, "answer.json")
        done = subprocess.run(
            [sys.executable, "-c", RENDER, site, library, str(answer)],
            cwd=root,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["it gave no reason"])[-1]
            raise PublishError(f"the notebooks of HEAD cannot be rendered: {reason}")
        texts: dict[str, str] = json.loads(answer.read_text("utf-8"))
    if not texts:
        raise PublishError("HEAD has no notebooks to publish")
    for name in texts:
        if not name.startswith(f"{FOLDER}/"):
            raise PublishError(f"expected notebooks below {FOLDER}/, found {name}")
    return texts


def write_tree(git: Git, prefix: str, texts: Mapping[str, str]) -> str:
    """Return the tree of HEAD with these notebooks in place of its own, and no workflows."""
    replaced = (f"{prefix}{FOLDER}/".encode(), f"{LEFT_OUT}/".encode())
    listing = git("ls-tree", "-r", "-z", "--full-tree", "HEAD")
    entries = [
        entry
        for entry in listing.encode(errors="surrogateescape").split(b"\0")
        if entry and not entry.split(b"\t", 1)[1].startswith(replaced)
    ]
    for name, text in sorted(texts.items()):
        blob = git("hash-object", "-w", "--stdin", data=text.encode())
        entries.append(f"100644 blob {blob}\t{prefix}{name}".encode())
    with tempfile.TemporaryDirectory() as folder:
        index = Git(git.root, {"GIT_INDEX_FILE": str(Path(folder, "index"))})
        index("update-index", "-z", "--index-info", data=b"\0".join(entries) + b"\0")
        return index("write-tree")


def write_commit(git: Git, tree: str, repository: str) -> str:
    """Return a commit with a tree, which depends on nothing but HEAD and the addresses.

    Its author and its date are HEAD's: whoever made that publishes it, and no other name is known.
    """
    name, mail, date, head = git("log", "-1", "--format=%an%n%ae%n%cI%n%H", "HEAD").split("\n")
    message = (
        f"Notebooks of {head[:12]}, with the book's address and the library's\n\n"
        f"Repository: {repository}\nCommit: {head}\n{MADE_BY}\n"
    )
    who = {
        f"GIT_{role}_{what}": value
        for role in ("AUTHOR", "COMMITTER")
        for what, value in {"NAME": name, "EMAIL": mail, "DATE": date}.items()
    }
    return Git(git.root, who)("commit-tree", tree, data=message.encode())


def remote_heads(git: Git, remote: str) -> dict[str, str]:
    """Return the branches of a remote and the commits that they are at."""
    try:
        listing = git("ls-remote", "--heads", "--", remote)
    except PublishError as error:
        hint = "" if "/" in remote or ":" in remote else "; --remote names another one"
        raise PublishError(
            f"the remote {without_secrets(remote)!r} cannot be read ({error}){hint}"
        ) from error
    pairs = [line.split("\t") for line in listing.splitlines()]
    return {name.removeprefix("refs/heads/"): commit for commit, name in pairs}


def check_was_pushed(git: Git, heads: Mapping[str, str], remote: str) -> None:
    """Raise PublishError when HEAD is surely not in the remote, where pip would look for it."""
    if any(not git.succeeds("cat-file", "-e", commit) for commit in heads.values()):
        return  # this clone has not all that the remote has, and cannot tell
    if not any(
        git.succeeds("merge-base", "--is-ancestor", "HEAD", commit) for commit in heads.values()
    ):
        raise PublishError(
            f"HEAD is on no branch of {without_secrets(remote)!r}; push it there first"
        )


def check_is_ours(git: Git, remote: str, branch: str, commit: str) -> None:
    """Raise PublishError when the remote's branch was not made by this command."""
    if not git.succeeds("cat-file", "-e", commit):
        git("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", remote, branch)
    if MADE_BY not in git("log", "-1", "--format=%B", commit).splitlines():
        raise PublishError(
            f"the branch {branch!r} of {without_secrets(remote)!r} was made by somebody else; "
            "delete it there, or name another one with --branch"
        )


def publish(root: Path, remote: str, branch: str, repository: str, site: str) -> tuple[str, bool]:
    """Push the notebooks of HEAD, with these addresses in them, to a branch of a remote.

    Parameters
    ----------
    root
        The book's folder; what is published is the repository that it is in.
    remote, branch
        Where to: the name or address of a remote, and a branch that is this command's own.
    repository, site
        The addresses of the repository and of the published book, as readers know them.

    Returns
    -------
    tuple
        The commit that is there now, and whether it was pushed or had been there before.

    Raises
    ------
    PublishError
        When it cannot be done, with the reason in one line.
    """
    repository = address(repository, "--repository").removesuffix(".git")
    site = address(site, "--site")
    git = Git(root)
    prefix = git("rev-parse", "--show-prefix")
    git = Git(Path(git("rev-parse", "--show-toplevel")))
    try:
        head = git("rev-parse", "--verify", "HEAD^{commit}")
    except PublishError as error:
        raise PublishError("there is no commit to publish yet") from error
    heads = remote_heads(git, remote)
    there = heads.get(branch, "")
    if there:
        check_is_ours(git, remote, branch, there)
    check_was_pushed(git, {k: v for k, v in heads.items() if k != branch}, remote)
    folder = f"#subdirectory={prefix.rstrip('/')}" if prefix else ""
    texts = render(git, prefix, site, f"git+{repository}@{head}{folder}")
    commit = write_commit(git, write_tree(git, prefix, texts), repository)
    if commit == there:
        return commit, False
    git(
        "push",
        "--quiet",
        f"--force-with-lease=refs/heads/{branch}:{there}",
        remote,
        f"{commit}:refs/heads/{branch}",
    )
    return commit, True


def main(arguments: Sequence[str], root: Path = ROOT) -> int:
    """Publish as the command line says."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.publish_notebooks",
        description="Push the notebooks of HEAD, with their addresses in them, to a branch.",
    )
    parser.add_argument("--remote", default="origin", help="name or address of the remote (origin)")
    parser.add_argument("--branch", default="launch", help="the branch (launch)")
    parser.add_argument("--repository", required=True, help="the repository's address on the web")
    parser.add_argument("--site", required=True, help="the published book's address")
    options = parser.parse_args(arguments)
    try:
        if Git(root)("status", "--porcelain"):
            print("What is not committed is left out: HEAD is published.")
        commit, pushed = publish(
            root, options.remote, options.branch, options.repository, options.site
        )
    except PublishError as error:
        print(f"publish_notebooks: {error}", file=sys.stderr)
        return 1
    done = "pushed to" if pushed else "unchanged on"
    where = f"{options.branch!r} of {without_secrets(options.remote)!r}"
    print(f"Notebooks {done} the branch {where}: {commit}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
