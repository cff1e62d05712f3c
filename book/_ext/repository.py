"""Which repository this book is built from, and what its pages are called there.

Continuous integration says in the environment which repository it builds; elsewhere the git remote
``origin`` says it. Where neither does, for instance in a folder that was copied, there is no
repository, and so no links, rather than links that answer 404. Nothing here knows Sphinx.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote, urlsplit

#: Hosts whose pages have known addresses. GitHub Enterprise, own GitLab servers, and Gitea or
#: Forgejo have the same ones as github.com, gitlab.com and codeberg.org.
KINDS = {
    "github.com": "github",
    "gitlab.com": "gitlab",
    "codeberg.org": "gitea",
    "gitea.com": "gitea",
}
#: How a host calls itself elsewhere: for ssh through the port of https, or with the old www.
ALIASES = {
    "ssh.github.com": "github.com",
    "www.github.com": "github.com",
    "altssh.gitlab.com": "gitlab.com",
    "www.gitlab.com": "gitlab.com",
}
#: Hosts that are not of a known kind, but show a repository where they serve it.
OTHERS = {"bitbucket.org"}
NAMES = {"github": "github", "gitlab": "gitlab", "gitea": "gitea", "forgejo": "gitea"}
PORTS = {"https": 443, "http": 80}

#: The branch that ``tools/publish_notebooks.py`` writes.
LAUNCH = "launch"

EDIT = {"github": "edit", "gitlab": "-/edit", "gitea": "_edit"}
ISSUE = {
    "github": "issues/new?title=",
    "gitlab": "-/issues/new?issue%5Btitle%5D=",
    "gitea": "issues/new?title=",
}


@dataclass(frozen=True)
class Repository:
    """A repository that readers can open in a browser.

    Attributes
    ----------
    url
        The address of its page, without credentials and without ``.git``.
    clone
        The address that git clones from, without credentials.
    kind
        ``"github"``, ``"gitlab"`` or ``"gitea"`` (Forgejo too), which is how its pages are
        addressed; empty when that is not known.
    branch
        The branch to link to; empty when it is not known.
    folder
        The book's folder in it; empty when that is the repository itself.
    commit
        A commit that it is known to have, the one that is built; empty when it is not known.
    launch
        The branch with the notebooks that know their own address; empty when it is not known to be
        there. ``tools/publish_notebooks.py`` writes it.
    """

    url: str
    clone: str
    kind: str = ""
    branch: str = ""
    folder: str = ""
    commit: str = ""
    launch: str = ""

    @property
    def host(self) -> str:
        """The host's name, without a port."""
        return urlsplit(self.url).hostname or ""

    @property
    def path(self) -> str:
        """What stands behind the host: ``owner/name``, with GitLab any number of groups."""
        return urlsplit(self.url).path.strip("/")

    def file(self, path: str) -> str:
        """Return the path in the repository of a file of the book."""
        return f"{self.folder}/{path}" if self.folder else path

    def edit_page(self, path: str) -> str:
        """Return the address where a file of the book is edited; empty when it is not known."""
        if self.kind not in EDIT or not self.branch:
            return ""
        return f"{self.url}/{EDIT[self.kind]}/{quote(self.branch)}/{quote(self.file(path))}"

    def issue_page(self, title: str) -> str:
        """Return the address where an issue is opened; empty when it is not known."""
        if self.kind not in ISSUE:
            return ""
        return f"{self.url}/{ISSUE[self.kind]}{quote(title, safe='')}"

    def pip_address(self) -> str:
        """Return what pip installs the library from, at the commit or branch that is known."""
        at = self.commit or self.branch
        revision = f"@{quote(at)}" if at else ""
        folder = f"#subdirectory={quote(self.folder)}" if self.folder else ""
        return f"git+{self.clone}{revision}{folder}"

    def binder(self, hub: str, interface: str, path: str) -> str:
        """Return the address at which a BinderHub starts the repository and opens a notebook.

        Its providers for GitHub and GitLab know these two hosts; any other repository goes by the
        address that git clones from. The groups of a GitLab repository are quoted. So is a
        reference, except for its slashes: BinderHub takes all that follows as the reference. Empty
        for a host whose name has no dot, which only its neighbours can reach.
        """
        if "." not in self.host:
            return ""
        if self.host == "github.com":
            where = f"gh/{self.path}"
        elif self.host == "gitlab.com":
            where = f"gl/{quote(self.path, safe='')}"
        else:
            where = f"git/{quote(self.clone, safe='')}"
        ref = quote(self.launch or self.branch or "HEAD")
        return f"{hub}/v2/{where}/{ref}?urlpath={interface}/{quote(self.file(path))}"

    def jupyterhub(self, hub: str, interface: str, path: str) -> str:
        """Return the address at which a JupyterHub with nbgitpuller opens a notebook.

        It fetches the branch that the book is built from. The one for launching is written afresh
        each time, which nbgitpuller would merge into the reader's own work; and whoever has the
        whole repository has its library, too.
        """
        name = self.path.rsplit("/", 1)[-1]
        query = {
            "repo": self.clone,
            "urlpath": f"{interface}/{name}/{self.file(path)}",
            "branch": self.branch,
        }
        text = "&".join(f"{k}={quote(v)}" for k, v in query.items() if v)
        return f"{hub}/hub/user-redirect/git-pull?{text}"

    def colab(self, colab: str, path: str) -> str:
        """Return the address at which Colab opens a notebook; empty where it cannot.

        Colab opens one file, and from GitHub only. It must be one that knows where its library is.
        """
        if self.host != "github.com" or not self.launch:
            return ""
        return f"{colab}/github/{self.path}/blob/{quote(self.launch)}/{quote(self.file(path))}"


def kind_of(host: str) -> str:
    """Return how a host's pages are addressed, or nothing when its name does not tell."""
    if host.endswith(".ghe.com"):
        return "github"
    return KINDS.get(host) or NAMES.get(host.split(".", 1)[0], "")


def understand(remote: str, kind: str = "") -> Repository | None:
    """Return the repository that a git remote or an address names; None for what nobody can open.

    An address of the web is taken as it is. That of ssh says where git is served and not where the
    pages are, which is known for hosts of a known kind only.

    >>> understand("git@github.com:someone/a-book.git").url
    'https://github.com/someone/a-book'
    """
    short = re.fullmatch(r"(?:[^@/\s]+@)?([\w.-]+\.\w+):(?!//)/?(.+)", remote.strip())
    try:
        parts = urlsplit(
            f"ssh://{short[1]}/{short[2]}" if short else remote.strip(),
            allow_fragments=False,
        )
        port = parts.port
    except ValueError:
        return None
    name = parts.hostname or ""
    host = ALIASES.get(name, name)
    kind = kind or kind_of(host)
    if parts.scheme in PORTS:
        scheme = parts.scheme
        place = host if port in (None, PORTS[scheme]) else f"{host}:{port}"
    elif parts.scheme in ("ssh", "git+ssh", "git") and (kind or host in OTHERS):
        scheme, place = "https", host
    else:
        return None
    path = parts.path.strip("/")
    short_path = path.removesuffix(".git")
    fewest, most = {"github": (2, 2), "gitlab": (2, 99), "gitea": (2, 99)}.get(kind, (1, 99))
    names = short_path.split("/")
    if (
        not re.fullmatch(r"[a-z\d](?:[a-z\d.-]*[a-z\d])?", host)
        or not all(re.fullmatch(r"[\w.~%+-]+", part, re.ASCII) for part in names)
        or {".", ".."} & set(names)
        or not fewest <= len(names) <= most
    ):
        return None
    url = f"{scheme}://{place}/{short_path}"
    # Known servers answer git without the suffix; of another one only what was given is known.
    return Repository(url, url if kind else f"{scheme}://{place}/{path}", kind)


def from_ci(environ: Mapping[str, str]) -> Repository | None:
    """Return the repository that continuous integration says it builds."""
    if environ.get("CI_PROJECT_URL") or environ.get("CI_PROJECT_PATH"):
        server = environ.get("CI_SERVER_URL", "")
        address = environ.get("CI_PROJECT_URL") or (f"{server}/{environ['CI_PROJECT_PATH']}")
        found = understand(address, "gitlab")
        # A pipeline of a merge request or a tag has no branch of its own.
        branch = environ.get("CI_COMMIT_BRANCH") or environ.get("CI_DEFAULT_BRANCH", "")
        commit = environ.get("CI_COMMIT_SHA", "")
    elif environ.get("GITHUB_REPOSITORY"):
        server = environ.get("GITHUB_SERVER_URL") or "https://github.com"
        host = urlsplit(server).hostname or ""
        # Gitea and Forgejo use GitHub's names, and add their own.
        gitea = environ.get("GITEA_ACTIONS") or environ.get("FORGEJO_ACTIONS")
        kind = "gitea" if gitea else kind_of(host) or "github"
        found = understand(f"{server}/{environ['GITHUB_REPOSITORY']}", kind)
        # A pull request is built from a reference that is no branch.
        head = environ.get("GITHUB_REF", "")
        branch = head.removeprefix("refs/heads/") if head.startswith("refs/heads/") else ""
        commit = environ.get("GITHUB_SHA", "")
    else:
        return None
    return replace(found, branch=branch, commit=commit) if found else None


def says(url: str) -> str:
    """Return the line with which the branch for launching says whose notebooks it has."""
    return f"Repository: {url}"


def git(root: Path, *arguments: str) -> str:
    """Return what git prints, or nothing when it fails or is not installed."""
    try:
        result = subprocess.run(
            ["git", *arguments], cwd=root, capture_output=True, text=True, check=False
        )
    except OSError:
        return ""
    return result.stdout.strip() if result.returncode == 0 else ""


def is_committed(root: Path) -> bool:
    """Tell whether the book belongs to the repository around it, and does not only lie in it."""
    return bool(git(root, "ls-files", "--", "_config.yml"))


def from_git(root: Path) -> Repository | None:
    """Return the repository that the book's clone came from.

    Only a branch that is there is linked to: the one that the current branch follows, the one of
    its name, or the remote's own. The commit counts when it was pushed.
    """
    found = understand(git(root, "remote", "get-url", "origin"))
    if not found or not is_committed(root):
        return None
    upstream = git(root, "rev-parse", "--abbrev-ref", "@{upstream}")
    current = git(root, "symbolic-ref", "--quiet", "--short", "HEAD")
    if not upstream.startswith("origin/"):
        upstream = f"origin/{current}" if current else ""
        if not (upstream and git(root, "rev-parse", "--verify", "--quiet", upstream)):
            upstream = git(root, "rev-parse", "--abbrev-ref", "origin/HEAD")
    branch = upstream.removeprefix("origin/") if upstream.startswith("origin/") else ""
    pushed = git(root, "branch", "--remotes", "--contains", "HEAD", "--list", "origin/*")
    return replace(
        found,
        branch="" if branch == "HEAD" else branch,
        commit=git(root, "rev-parse", "HEAD") if pushed else "",
    )


def find(root: Path, environ: Mapping[str, str]) -> Repository | None:
    """Return the repository that the book is built from, as far as its surroundings tell.

    Whoever publishes the branch for launching says so in ``BOOK_LAUNCH_BRANCH``. A clone that has
    the remote's branch ``launch`` knows it too, unless it came into a fork from where that forked.
    """
    found = from_ci(environ) or from_git(root)
    if not found:
        return None
    launch = environ.get("BOOK_LAUNCH_BRANCH", "")
    written = git(root, "log", "-1", "--format=%B", f"refs/remotes/origin/{LAUNCH}")
    if not launch and says(found.url) in written.splitlines():
        launch = LAUNCH
    folder = git(root, "rev-parse", "--show-prefix") if is_committed(root) else ""
    return replace(found, folder=folder.strip("/"), launch=launch)


def choose(
    found: Repository | None,
    url: str = "",
    branch: str = "",
    folder: str | None = None,
    kind: str = "",
) -> Repository | None:
    """Return the repository that the settings name, or the found one with the settings' details.

    What was found is said of that repository only. It tells the kind of another one on its host.

    Raises
    ------
    ValueError
        When the settings name a repository by what is no address.
    """
    chosen = found
    if url:
        same_host = found and (urlsplit(url).netloc.lower() == urlsplit(found.url).netloc)
        chosen = understand(url, kind or (found.kind if found and same_host else ""))
        if not chosen:
            raise ValueError(f"expected an address such as https://host/owner/name, found {url!r}")
        if found and found.url.lower() == chosen.url.lower():
            chosen = replace(found, url=chosen.url, clone=chosen.clone)
    if not chosen:
        return None
    return replace(
        chosen,
        kind=kind or chosen.kind,
        branch=branch or chosen.branch,
        folder=chosen.folder if folder is None else folder.strip("/"),
    )
