"""Links to the repository that this book is built from, and to its public address.

GitHub's workflows say in the environment which repository they build. Elsewhere the git remote
`origin` says it. Without either, for instance in a folder that was copied, the book has no such
links, rather than links that answer 404.
"""

import os
import re
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

# The hosts whose links the theme knows how to write.
HOSTS = {"github.com": "github", "gitlab.com": "gitlab"}


def web_address(remote: str) -> str | None:
    """Return the https address of a git remote, or None when it is not on a known host.

    >>> web_address("git@github.com:someone/a-book.git")
    'https://github.com/someone/a-book'
    """
    short = re.fullmatch(r"(?:[\w.-]+@)?([\w.-]+\.[a-z]+):(?!//)(.+)", remote)
    host, path = (
        short.groups() if short else (urlsplit(remote).hostname, urlsplit(remote).path)
    )
    path = path.strip("/").removesuffix(".git")
    if host not in HOSTS or not re.fullmatch(r"[\w.-]+/[\w.-]+", path):
        return None
    return f"https://{host}/{path}"


def git(root: Path, *arguments: str) -> str:
    """Return what git prints, or nothing when it fails or is not installed."""
    try:
        result = subprocess.run(
            ["git", *arguments], cwd=root, capture_output=True, text=True, check=False
        )
    except OSError:
        return ""
    return result.stdout.strip() if result.returncode == 0 else ""


def find_repository(root: Path, environ: dict[str, str]) -> tuple[str | None, str]:
    """Return the repository's address, if there is one, and the branch to link to."""
    if environ.get("GITHUB_REPOSITORY"):
        server = environ.get("GITHUB_SERVER_URL", "https://github.com")
        head = environ.get("GITHUB_REF", "")
        branch = (
            head.removeprefix("refs/heads/")
            if head.startswith("refs/heads/")
            else "HEAD"
        )
        return web_address(f"{server}/{environ['GITHUB_REPOSITORY']}"), branch
    # A branch that was never pushed cannot be linked to; HEAD is the default branch over there.
    upstream = git(root, "rev-parse", "--abbrev-ref", "@{upstream}")
    branch = (
        upstream.removeprefix("origin/") if upstream.startswith("origin/") else "HEAD"
    )
    return web_address(git(root, "remote", "get-url", "origin")), branch


def add_links(app, config):
    """Give the theme what it makes its buttons from."""
    # Only publishing knows the book's address. Nothing that needs it is made without it.
    address = os.environ.get("BOOK_URL", "").rstrip("/")
    if address:
        config.html_baseurl = f"{address}/"
        config.ogp_site_url = f"{address}/"
    url, branch = find_repository(Path(app.srcdir), dict(os.environ))
    options = config.html_theme_options
    # jupyter-book names a repository of its own when it is told none.
    for name in (
        "repository_url",
        "repository_branch",
        "path_to_docs",
        "launch_buttons",
    ):
        options.pop(name, None)
    if not url:
        return
    options.update(
        repository_url=url,
        repository_provider=HOSTS[urlsplit(url).hostname],
        repository_branch=branch,
        use_repository_button=True,
        use_issues_button=True,
        use_edit_page_button=True,
        launch_buttons={
            "notebook_interface": "jupyterlab",
            # No button for Colab: it opens a notebook alone, without the library beside it.
            "binderhub_url": "https://mybinder.org",
        },
    )


def write_sitemap(app, exception):
    """List the pages for search engines, when the book's address is known."""
    if exception or not app.config.html_baseurl or app.builder.name != "html":
        return
    addresses = (
        app.builder.get_target_uri(name) for name in sorted(app.env.found_docs)
    )
    lines = "".join(
        f"<url><loc>{app.config.html_baseurl}{a}</loc></url>\n" for a in addresses
    )
    (Path(app.outdir) / "sitemap.xml").write_text(
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{lines}</urlset>\n',
        "utf-8",
    )


def setup(app):
    """Connect the extension to Sphinx."""
    if os.environ.get("BOOK_URL"):
        app.setup_extension("sphinxext.opengraph")
        app.config.ogp_social_cards = {"enable": False}
    # Before the theme reads its options.
    app.connect("config-inited", add_links, priority=100)
    app.connect("build-finished", write_sitemap)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
