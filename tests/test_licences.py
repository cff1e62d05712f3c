"""What comes with the library keeps its licence, and the wheel's metadata names each one."""

import shutil
import subprocess
import sys
import zipfile
from email.message import Message
from email.parser import BytesParser

import pytest
from conftest import ROOT
from packaging.licenses import canonicalize_license_expression

#: What a licence's text says, and its name in the list of SPDX.
NAMES = {
    "MIT License": "MIT",
    "Creative Commons Attribution-ShareAlike 3.0": "CC-BY-SA-3.0",
    "SIL OPEN FONT LICENSE Version 1.1": "OFL-1.1",
}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """Return a wheel of the library, made from a copy: making one leaves files behind."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    shutil.copytree(ROOT / "digitrec", source / "digitrec")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--wheel-dir", str(folder), str(source)], check=True)
    (file,) = folder.glob("*.whl")
    return zipfile.ZipFile(file)


def metadata(wheel: zipfile.ZipFile) -> Message:
    """Return what the wheel says of itself."""
    (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    return BytesParser().parsebytes(wheel.read(name))


@pytest.mark.slow
def test_the_wheel_has_every_licence(wheel: zipfile.ZipFile) -> None:
    """The library's, that of the data, and one for each font."""
    listed = metadata(wheel).get_all("License-File")
    fonts = [path.stem for path in (ROOT / "digitrec" / "fonts").glob("*.woff")]
    assert len(fonts) >= 8
    licences = [f"digitrec/fonts/{font.partition('-latin')[0]}-LICENSE.txt" for font in fonts]
    expected = ["LICENSE", "digitrec/data/README.md", "digitrec/fonts/README.md", *licences]
    assert sorted(listed) == sorted(expected)
    inside = [name for name in wheel.namelist() if "/licenses/" in name]
    assert sorted(name.partition("/licenses/")[2] for name in inside) == sorted(expected)
    for name in inside:
        original = ROOT / name.partition("/licenses/")[2]
        assert wheel.read(name) == original.read_bytes(), name


@pytest.mark.slow
def test_the_wheel_names_every_licence(wheel: zipfile.ZipFile) -> None:
    """As SPDX writes them: those whose texts are in the wheel, and no other."""
    expression = metadata(wheel)["License-Expression"]
    assert canonicalize_license_expression(expression) == expression
    texts = " ".join(
        " ".join(wheel.read(name).decode().split())
        for name in wheel.namelist()
        if "/licenses/" in name
    )
    assert set(expression.split(" AND ")) == {NAMES[said] for said in NAMES if said in texts}
    assert set(expression.split(" AND ")) == set(NAMES.values())
