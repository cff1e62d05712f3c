"""What tests, tools and benchmarks share: a stroke's points, a folder on localhost."""

import json
import re
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from conftest import ROOT

from tools import mouse, server


def test_along_goes_in_equal_steps() -> None:
    """The first point, then so many steps to each next one, which is reached."""
    path = list(mouse.along([(0, 0), (1, 0), (1, 2)], steps=2))
    assert path == [(0, 0), (0.5, 0), (1, 0), (1, 1), (1, 2)]
    assert list(mouse.along([(0, 0), (1, 0)], steps=1)) == [(0, 0), (1, 0)]
    assert list(mouse.along([], steps=3)) == []


def test_a_folder_is_served_quietly(tmp_path: Path, capfd) -> None:
    """Scripts have a script's type, nothing is said, and the port is free again."""
    (tmp_path / "a.js").write_text("1", "utf-8")
    with server.serve(tmp_path) as address, urlopen(f"{address}/a.js") as answer:
        assert answer.read() == b"1"
        assert answer.headers["Content-Type"] == "text/javascript"
    assert capfd.readouterr().err == ""
    with pytest.raises(URLError):
        urlopen(f"{address}/a.js", timeout=2)


@pytest.mark.parametrize(
    ("words", "place"),
    [
        ("SimpleHTTPRequestHandler", "tools/server.py"),
        ("mouse.down(", "tools/mouse.py"),
    ],
)
def test_one_place_does_it(words: str, place: str) -> None:
    """No other file serves a folder, or draws on the pad, by itself."""
    assert users_of(words) == [place]


@pytest.mark.parametrize("folder", ["javascript", "lighthouse"])
def test_what_comes_from_npm_is_pinned(folder: str) -> None:
    """Exact versions, from the registry that npm asks by default."""
    package = json.loads((ROOT / "tools" / folder / "package.json").read_text("utf-8"))
    lock = json.loads((ROOT / "tools" / folder / "package-lock.json").read_text("utf-8"))
    root = lock["packages"].pop("")
    for kind in ("dependencies", "devDependencies"):
        assert root.get(kind, {}) == package.get(kind, {})
        for version in package.get(kind, {}).values():
            assert re.fullmatch(r"\d+\.\d+\.\d+", version)
    for name, entry in lock["packages"].items():
        assert entry["integrity"].startswith("sha512-"), name
        assert entry["resolved"].startswith("https://registry.npmjs.org/"), name


def test_little_comes_from_npm_to_build_the_book() -> None:
    """Only PurgeCSS brings others, which parse style sheets and find files."""
    folder = ROOT / "tools" / "javascript"
    package = json.loads((folder / "package.json").read_text("utf-8"))
    lock = json.loads((folder / "package-lock.json").read_text("utf-8"))
    bring = {
        name
        for name in package["dependencies"]
        if lock["packages"][f"node_modules/{name}"].get("dependencies")
    }
    assert bring <= {"purgecss"}


def users_of(words: str) -> list[str]:
    """Return the project's programs that contain the words, except the tests that look for them."""
    folders = ("tools", "tests", "benchmarks", "book/_ext", "digitrec", ".ci")
    files = [path for folder in folders for path in sorted((ROOT / folder).iterdir())]
    return [
        path.relative_to(ROOT).as_posix()
        for path in files
        if path.is_file()
        and path.name not in ("test_tools.py", "test_browser.py")
        and words in path.read_bytes().decode("utf-8", "replace")
    ]
