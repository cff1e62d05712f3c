"""The book's JavaScript as the pages load it: classic scripts, made from its modules by esbuild.

A browser loads modules, and what they fetch, from a web server only; classic scripts it loads from
a folder as well. So a page has one classic script, deferred, of what it shows: ``live/draw.js`` of
``draw/main.js``, ``live/neuron.js`` of ``try/neuron.js``. What such a script loads when it is
wanted, such as the weights, is a classic script too, a *part*, which hands over one value
(``draw/parts.js``). A worker's program is a part, since from a folder no worker reads a file.

Whoever wants to read what runs finds the modules beside the scripts; the browser's debugger shows
them by the scripts' source maps.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import tempfile
from pathlib import Path
from typing import Any

import javascript

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "book" / "_static"
#: The folder of the scripts, within the built ``_static``.
LIVE = "live"
#: What a page shows → its script's module.
PAGES = {"draw": "draw/main.js", "front": "draw/front.js", "train": "train/main.js"}
TRIES = {
    path.stem: f"try/{path.name}"
    for path in sorted((STATIC / "try").glob("*.js"))
    if path.stem != "base"
}
#: Parts: programs of workers, data, and what a page calls.
WORKERS = {
    "learner": "draw/learner.js",
    "reader": "draw/reader.js",
    "trainer": "train/worker.js",
}
DATA = {
    "digits": "train/digits.bin",
    "model": "draw/model.bin",
    "remember": "draw/remember.bin",
}
CALLED = {"teach": "draw/teach.js"}
#: How a page says what it shows.
SHOWS = re.compile(r'\bdata-(?:live|try)="([a-z]+)"')
#: Hides the still pictures before the page is shown, so that nothing jumps.
AT_ONCE = "document.documentElement.classList.add('draw-live');"


def esbuild(entries: dict[str, str], folder: Path, *options: str) -> None:
    """Bundle modules into classic scripts: script's name → its module, in ``_static``."""
    javascript.run(
        javascript.package("esbuild") / "bin" / "esbuild",
        *(f"{name}={STATIC / module}" for name, module in entries.items()),
        *("--bundle", "--format=iife", "--minify", "--target=es2022", "--charset=utf8"),
        # What a classic script cannot have is a warning only.
        *("--log-level=warning", "--log-override:empty-import-meta=error"),
        f"--outdir={folder}",
        *options,
    )


def hand_over(name: str, text: str) -> str:
    """Return the script of a part that is a text."""
    value = json.dumps(text, ensure_ascii=False)
    return f"var digitrecParts;(digitrecParts||={{}}).{name}={value};\n"


def make(folder: Path) -> None:
    """Write all scripts into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {
        name: base64.b64encode((STATIC / path).read_bytes()).decode("ascii")
        for name, path in DATA.items()
    }
    with tempfile.TemporaryDirectory() as made:
        esbuild(WORKERS, Path(made))
        texts |= {name: Path(made, f"{name}.js").read_text("utf-8") for name in WORKERS}
    versions = {}
    for name, text in texts.items():
        script = hand_over(name, text)
        (folder / f"{name}.js").write_text(script, "utf-8", newline="\n")
        versions[name] = version(script.encode())
    mapped = "--sourcemap", "--sources-content=false"
    for name, module in CALLED.items():
        handed = f"--global-name=digitrecParts.{name}"
        esbuild({name: module}, folder, *mapped, defined(versions), handed)
        versions[name] = version((folder / f"{name}.js").read_bytes())
    esbuild(PAGES | TRIES, folder, *mapped, defined(versions))
    for path in folder.glob("*.map"):
        show_modules(path)


def show_modules(path: Path) -> None:
    """Have a script's source map name the modules that are built beside it."""
    found = json.loads(path.read_text("utf-8"))
    sources = ((path.parent / source).resolve() for source in found["sources"])
    found["sources"] = [f"../{source.relative_to(STATIC).as_posix()}" for source in sources]
    path.write_text(json.dumps(found), "utf-8")


def version(content: bytes) -> str:
    """Return what a part's address ends in."""
    return hashlib.sha256(content).hexdigest()[:8]


def defined(versions: dict[str, str]) -> str:
    """Return the option that writes the parts' versions into a script."""
    return f"--define:globalThis.digitrecVersions={json.dumps(json.dumps(versions))}"


def build(app: Any) -> None:
    """Make the scripts, before pages name them."""
    if app.builder.format != "html":
        return
    folder = Path(app.outdir, "_static", LIVE)
    names = sorted([*WORKERS, *DATA, *CALLED, *PAGES, *TRIES])
    sources = [Path(__file__), *(STATIC / path for path in DATA.values()), *STATIC.rglob("*.js")]
    made_of = (path.read_bytes() for path in sorted(sources))
    javascript.remake(app, [folder / f"{name}.js" for name in names], made_of, lambda: make(folder))


def load(app: Any, pagename: str, templatename: str, context: dict, doctree: Any) -> None:
    """Have a page load the script of what it shows."""
    shown = set(SHOWS.findall(context.get("body") or ""))
    if app.builder.format != "html":
        return
    for name in sorted(shown & (PAGES.keys() | TRIES.keys())):
        app.add_js_file(f"{LIVE}/{name}.js", loading_method="defer")
    if shown:
        app.add_js_file(None, body=AT_ONCE)
    if pagename == "search":
        app.add_js_file("search.js", loading_method="defer")


def setup(app: Any) -> dict[str, Any]:
    """Connect the extension to Sphinx."""
    app.connect("builder-inited", build)
    app.connect("html-page-context", load)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
