"""npm's packages, which the book is built with: the versions asked for, or one clear line."""

import json
from pathlib import Path
from types import SimpleNamespace

import javascript
import pytest
from sphinx.errors import ExtensionError


def pretend(folder: Path, asked: str, installed: str | None) -> Path:
    """Write a folder that asks for a package, and has it."""
    (folder / "package.json").write_text(json.dumps({"dependencies": {"x": asked}}))
    if installed:
        place = folder / "node_modules" / "x"
        place.mkdir(parents=True)
        (place / "package.json").write_text(json.dumps({"version": installed}))
    return folder


def test_a_package_is_found(tmp_path: Path) -> None:
    folder = pretend(tmp_path, "1.2.3", "1.2.3")
    assert javascript.package("x", folder) == folder / "node_modules" / "x"


@pytest.mark.parametrize("installed", [None, "1.2.2"])
def test_a_package_that_is_missing_is_told_with_the_command(
    tmp_path: Path, installed: str | None
) -> None:
    """Also where an old one is left from before."""
    found = f"expected the npm package x 1.2.3 in .*, found {installed or 'none'}; `make book`"
    with pytest.raises(ExtensionError, match=found):
        javascript.package("x", pretend(tmp_path, "1.2.3", installed))


def test_a_copy_of_the_book_without_the_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(ExtensionError, match=r"expected .*package\.json.*not found"):
        javascript.package("x", tmp_path)


def test_a_program_is_given_a_text_and_what_it_prints_is_returned(tmp_path: Path) -> None:
    program = tmp_path / "twice.mjs"
    program.write_text(
        "let text = ''; for await (const part of process.stdin) text += part;"
        "process.stdout.write(text + text + process.argv[2]);"
    )
    assert javascript.run(program, "!", given="“é”") == "“é”“é”!"


def test_a_program_that_fails_says_why(tmp_path: Path) -> None:
    program = tmp_path / "fails.mjs"
    program.write_text("console.error('no such letter'); process.exit(3)")
    with pytest.raises(ExtensionError, match=r"fails\.mjs failed: no such letter"):
        javascript.run(program)


def test_what_is_there_is_made_again_only_of_something_else(tmp_path: Path) -> None:
    """Also when one file is gone, or another place is wanted."""
    app = SimpleNamespace(doctreedir=str(tmp_path / "doctrees"))
    files = [tmp_path / "a.css", tmp_path / "b.js"]

    def make() -> None:
        for file in files:
            file.write_text("made", "utf-8")

    def made(*parts: bytes) -> bool:
        return javascript.remake(app, files, parts, make)

    assert made(b"x", b"y")
    assert not made(b"x", b"y")
    assert made(b"xy", b"")
    files[1].unlink()
    assert made(b"xy", b"")
    assert files[1].is_file()
    assert not made(b"xy", b"")
    files = [tmp_path / "a.css", tmp_path / "c.js"]
    assert made(b"xy", b"")

    def fails() -> None:
        files[0].write_text("ma", "utf-8")
        raise ExtensionError("ended by hand")

    with pytest.raises(ExtensionError):
        javascript.remake(app, files, [b"z"], fails)
    assert made(b"xy", b"")
    assert files[0].read_text("utf-8") == "made"
