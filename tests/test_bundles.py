"""The scripts that the pages load: classic ones, which work without a server, of the modules."""

import base64
import json
import re
from pathlib import Path
from types import SimpleNamespace

import bundles
import pytest
from bundles import CALLED, DATA, PAGES, STATIC, TRIES, WORKERS
from sphinx.errors import ExtensionError


@pytest.fixture(scope="module")
def scripts(tmp_path_factory) -> Path:
    """Return a folder with all scripts."""
    folder: Path = tmp_path_factory.mktemp("live")
    bundles.make(folder)
    return folder


def part(script: Path) -> str:
    """Return the text that a part hands over."""
    found = re.fullmatch(
        rf"var digitrecParts;\(digitrecParts\|\|={{}}\)\.{script.stem}=(.*);\n",
        script.read_text("utf-8"),
    )
    assert found
    text: str = json.loads(found[1])
    return text


def test_every_module_that_is_shown_has_a_script(scripts: Path) -> None:
    names = {*PAGES, *TRIES, *CALLED, *WORKERS, *DATA}
    assert {path.stem for path in scripts.glob("*.js")} == names
    assert {"confusion", "neuron", "softmax", "stride", "way"} == set(TRIES)


def test_data_are_the_files(scripts: Path) -> None:
    """Byte by byte."""
    for name, path in DATA.items():
        assert base64.b64decode(part(scripts / f"{name}.js")) == (STATIC / path).read_bytes()


def test_nothing_needs_a_server(scripts: Path) -> None:
    """No script asks for a file in a way that is not allowed to a page from a folder."""
    for path in scripts.glob("*.js"):
        text = part(path) if path.stem in {*WORKERS, *DATA} else path.read_text("utf-8")
        assert not re.search(r"\bfetch\(|\bimport\b|\bexport\b|XMLHttpRequest", text), path.name


def test_a_script_knows_its_parts_as_they_are(scripts: Path) -> None:
    """After a change, no page works with a part that its browser has kept."""
    for name in (*CALLED, *PAGES):
        text = (scripts / f"{name}.js").read_text("utf-8")
        found = re.search(r"parse\('(\{.*?\})'\)", text)
        assert found, name
        for asked, version in json.loads(found[1]).items():
            assert version == bundles.version((scripts / f"{asked}.js").read_bytes())
    assert "teach" in json.loads(found[1])


def test_a_debugger_finds_the_modules(scripts: Path) -> None:
    """A source map names files of ``_static``, beside whose copies it lies."""
    maps = list(scripts.glob("*.map"))
    assert {path.name.split(".")[0] for path in maps} == {*PAGES, *TRIES, *CALLED}
    for path in maps:
        for source in json.loads(path.read_text("utf-8"))["sources"]:
            assert (STATIC / bundles.LIVE / source).resolve().is_file()


def test_the_same_modules_give_the_same_bytes(scripts: Path, tmp_path: Path) -> None:
    bundles.make(tmp_path)
    for path in scripts.iterdir():
        assert (tmp_path / path.name).read_bytes() == path.read_bytes(), path.name


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("new URL('a.bin', import.meta.url)", "import.meta"),
        ("await 1", "await"),
        ("import './nothing.js'", "nothing.js"),
    ],
)
def test_what_a_classic_script_cannot_have_ends_the_build(
    tmp_path: Path, monkeypatch, code: str, why: str
) -> None:
    (tmp_path / "a.js").write_text(f"{code};\n")
    monkeypatch.setattr(bundles, "STATIC", tmp_path)
    with pytest.raises(ExtensionError, match=re.escape(why)):
        bundles.esbuild({"a": "a.js"}, tmp_path / "out")


def test_a_page_loads_what_it_shows() -> None:
    """Each script once, deferred; a page that shows nothing of it loads nothing."""
    asked: list[tuple[str | None, dict]] = []
    app = SimpleNamespace(
        builder=SimpleNamespace(format="html"),
        add_js_file=lambda name, **options: asked.append((name, options)),
    )
    body = '<div data-live="draw"></div><div data-try="way"></div><div data-try="way"></div>'
    bundles.load(app, "a", "", {"body": body}, None)
    deferred = {"loading_method": "defer"}
    assert asked[:2] == [("live/draw.js", deferred), ("live/way.js", deferred)]
    assert asked[2:] == [(None, {"body": bundles.AT_ONCE})]
    bundles.load(app, "b", "", {"body": "<p>draw</p>"}, None)
    assert len(asked) == 3
