"""One style sheet and one script for what all pages load, instead of two dozen files.

Theme and extensions bring their style sheets and scripts one by one, and a page is shown when the
last of them has come. ``tools/javascript/site.js`` joins them in their order, and makes them small:
``_static/site.css`` and ``_static/site.js``. The script is deferred: it runs when the page has been
read. What only some pages load stays by itself. What searches is loaded by the search page alone;
the field for searching leads there.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import javascript
from bs4 import BeautifulSoup, Tag

#: What the theme's templates load, which Sphinx does not know.
THEME_SHEETS = ("styles/theme.css", "styles/pydata-sphinx-theme.css")
THEME_SCRIPTS = ("scripts/bootstrap.js", "scripts/pydata-sphinx-theme.js")
#: What the theme's templates say to scripts: nothing that those need here.
THEME_SAYS = ("DOCUMENTATION_OPTIONS.pagename", "DOCUMENTATION_OPTIONS.search_as_you_type")
#: What only the search page needs.
SEARCH = ("_static/searchtools.js", "_static/language_data.js", "searchindex.js")
PROGRAM = javascript.FOLDER / "site.js"
WORD = re.compile(rb"[A-Za-z0-9_-]+")
PART = re.compile(rb"\[class[*^$]=[\"']?([A-Za-z0-9_-]+)")


def sheets(app: Any) -> list[str]:
    """Return the style sheets of all pages, within ``_static``, in their order."""
    # Sphinx keeps what all pages have aside, since extensions add to its lists page by page.
    files = (name(file) for file in known(app.builder._orig_css_files))
    return list(dict.fromkeys([*THEME_SHEETS, *files]))


def scripts(app: Any) -> list[Any]:
    """Return the scripts of all pages that Sphinx knows of, in their order."""
    return [file for file in known(app.builder._orig_js_files) if name(file) not in SEARCH]


def known(files: list[Any]) -> list[Any]:
    """Return files in the order in which Sphinx puts them into a page, each once."""
    return sorted(dict.fromkeys(files), key=lambda file: file.priority)


def name(file: Any) -> str:
    """Return a file's name within ``_static``; a script that is a text has none."""
    return str(file.filename or "").removeprefix("_static/").split("?")[0]


def local(page: BeautifulSoup, address: str) -> str:
    """Return the name within ``_static`` that an address of a page leads to, or the address."""
    root = page.html.get("data-content_root", "./")
    return address.split("?")[0].removeprefix(root.removeprefix("./")).removeprefix("_static/")


def lighten(app: Any, page_name: str, page: BeautifulSoup) -> None:
    """Have a page load the joined files in place of what they are made of."""
    if app.builder.name != "html":
        return
    joined = {*sheets(app), *THEME_SCRIPTS, *map(name, scripts(app))} - {""}
    bodies = {file.attributes["body"] for file in scripts(app) if not file.filename}
    found: dict[str, Tag] = {}
    for element in page.select("link[href], script"):
        address = element.get("href") or element.get("src")
        if address is None:
            text = element.get_text().strip()
            if text in bodies or text.startswith(THEME_SAYS):
                element.decompose()
        elif local(page, address) in joined:
            # The first of each kind gives its place to what is joined.
            if element.name not in found and "preload" not in element.get("rel", []):
                found[element.name] = element
            else:
                element.decompose()
    root = page.html.get("data-content_root", "./").removeprefix("./")
    version = fingerprint(app)
    found["link"].replace_with(
        page.new_tag("link", rel="stylesheet", href=f"{root}_static/site.css?v={version}")
    )
    said = {key: value for file in scripts(app) for key, value in file.attributes.items()}
    script = page.new_tag("script", defer="", src=f"{root}_static/site.js?v={version}")
    script.attrs |= {key: value for key, value in said.items() if key.startswith("data-")}
    found["script"].replace_with(script)
    searches = {Path(file).name for file in SEARCH}
    for element in page.select("script[src]"):
        if Path(local(page, element["src"])).name not in searches:
            continue
        if page_name == "search":
            element["defer"] = ""
        else:
            element.decompose()


def static(app: Any, file: str) -> Path:
    """Return a file of the built site's ``_static``."""
    return Path(app.outdir, "_static", file)


def script_text(app: Any) -> str:
    """Return all scripts, one after the other.

    First what the pages tell them: some wait for nothing once the page has been read.
    """
    told = [file.attributes["body"] for file in scripts(app) if not file.filename]
    files = [*(name(file) for file in scripts(app) if file.filename), *THEME_SCRIPTS]
    texts = [*told, *(static(app, file).read_text("utf-8") for file in files)]
    # Their maps are of the files that they were.
    lines = "\n;\n".join(texts).splitlines()
    return "\n".join(line for line in lines if not line.startswith("//# sourceMappingURL="))


def fingerprint(app: Any) -> str:
    """Return what the addresses of the joined files end in, so that no browser keeps old ones."""
    if not hasattr(app, "assets_fingerprint"):
        content = script_text(app).encode() + PROGRAM.read_bytes()
        for file in sheets(app):
            # MyST-NB writes its sheet after the pages, under a name that says what is in it.
            path = static(app, file)
            content += path.read_bytes() if path.exists() else file.encode()
        app.assets_fingerprint = hashlib.sha256(content).hexdigest()[:8]
    return str(app.assets_fingerprint)


def programs(app: Any) -> list[str]:
    """Return the scripts that may give an element a class; the theme's others do not run."""
    folders = [Path(app.confdir, folder) for folder in app.config.html_static_path]
    found = [path for folder in folders for path in sorted(folder.rglob("*.js"))]
    named = [*THEME_SCRIPTS, *(name(file) for file in scripts(app) if file.filename)]
    return [*map(str, found), *(str(static(app, file)) for file in named)]


def content(app: Any) -> list[str]:
    """Return the files that name the classes which are in use."""
    return [*map(str, sorted(Path(app.outdir).rglob("*.html"))), *programs(app)]


def note_of(app: Any) -> Path:
    """Return the file that says which static files the last build had."""
    return Path(app.doctreedir, "static.made")


def changed(app: Any, env: Any) -> list[str]:
    """Name a page when a static file changed: where Sphinx writes no page, it copies no file."""
    if app.builder.name != "html":
        return []
    folders = [Path(app.confdir, folder) for folder in app.config.html_static_path]
    files = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
    now = hashlib.sha256(str(Path(app.outdir)).encode())
    for path in (*files, *sorted(javascript.FOLDER.glob("*.js*"))):
        now.update(f"{path} ".encode() + hashlib.sha256(path.read_bytes()).digest())
    app.static_files = now.hexdigest()
    note = note_of(app)
    before = note.read_text("utf-8") if note.is_file() else ""
    return [] if before == app.static_files else [env.config.root_doc]


def made_of(app: Any) -> Iterator[bytes]:
    """Give all that the joined files depend on: of pages, the words that a style sheet has too."""
    own = static(app, "site.css")
    found = [path.read_bytes() for path in sorted(static(app, "").rglob("*.css")) if path != own]
    yield Path(__file__).read_bytes()
    yield json.dumps([sheets(app), script_text(app)]).encode()
    yield from found
    # PurgeCSS takes each word of the content for the name of a class.
    named = set().union(*map(WORD.findall, found))
    used = set().union(*(WORD.findall(Path(file).read_bytes()) for file in content(app)))
    yield b" ".join(sorted(named & used))
    # Some rules ask for a part of a class's name.
    parts = set().union(*map(PART.findall, found))
    words = b" ".join(used)
    yield b" ".join(sorted(part for part in parts if part in words))


def join(app: Any) -> None:
    """Make the joined files."""
    for package in ("esbuild", "purgecss"):
        javascript.package(package)
    # What is listed in the configuration is the book's own.
    own = [file for file, _ in app.config.html_css_files]
    given = {
        "folder": str(static(app, "")),
        "theirs": [file for file in sheets(app) if file not in own],
        "own": [file for file in sheets(app) if file in own],
        "script": script_text(app),
        "content": content(app),
    }
    made = json.loads(javascript.run(PROGRAM, given=json.dumps(given)))
    # At the end, since the sheet's encoding has to be named first.
    sheet = f"{made['sheet']}/* Made of {', '.join(sheets(app))} */\n"
    static(app, "site.css").write_text(sheet, "utf-8", newline="\n")
    static(app, "site.js").write_text(made["script"], "utf-8", newline="\n")


def write(app: Any, exception: Exception | None) -> None:
    """Write the joined files, when all pages are there: they say which classes there are."""
    if exception or app.builder.name != "html":
        return
    if not hasattr(app.builder, "_orig_css_files"):
        return  # no page was written, and the joined files are those of all pages
    made = [static(app, "site.css"), static(app, "site.js")]
    javascript.remake(app, made, made_of(app), lambda: join(app))
    # A browser keeps one copy for all pages, those too that this build did not write anew.
    address = re.compile(r"(?<=_static/site)(\.(?:css|js)\?v=)[0-9a-f]+")
    for page in sorted(Path(app.outdir).rglob("*.html")):
        text = page.read_text("utf-8")
        newer = address.sub(rf"\g<1>{fingerprint(app)}", text)
        if newer != text:
            page.write_text(newer, "utf-8", newline="\n")
    note_of(app).write_text(app.static_files, "utf-8")


def setup(app: Any) -> dict[str, Any]:
    """Connect the extension to Sphinx."""
    app.connect("env-updated", changed)
    app.connect("html-page-finish", lighten, priority=700)
    app.connect("build-finished", write, priority=600)  # after MyST-NB has written its sheet
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
