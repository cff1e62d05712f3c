"""Compare two builds of the book: all is the same but measured times, which the pages mark.

    python -m tools.compare_builds A B    compare two built sites
    python -m tools.compare_builds        build the book twice, and compare (make reproducible)

Each difference is printed, with the first place that differs; then the exit status is 1. What is
marked (``book/_ext/measured.py``) is left out of a page before it is compared. Pictures of cells
with measured times have a name that is made of what is in them: they are found from their place on
the page. All other files are compared byte for byte, under their names.

The book is built from nothing each time, and all its chapters run: in two folders, and with two
seeds of Python's hashes, so that neither a path nor the order of a set can be part of a page.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from bs4 import BeautifulSoup, Tag

from tools import copies

#: What is marked: times, and pictures of cells that measure.
TIMES = ".measured-time"
PICTURES = ".tag_measured .cell_output img"
#: What a picture's file decides.
OF_THE_FILE = ("src", "srcset", "sizes", "width", "height")
#: Characters that are shown before and after the place.
AROUND = 60
SITE = Path("_build", "html")
#: A copy's folder, and the seed of Python's hashes there.
BUILDS = {"first": "1", "the-second": "2"}


def without_times(page: str) -> tuple[str, set[str]]:
    """Return a page without its measured times, and the names of its pictures of such.

    A picture's name has no folder and no ending: the page's light picture has that of its source,
    and a narrower one begins with it.
    """
    read = BeautifulSoup(page, "html.parser")
    for element in read.select(TIMES):
        element.string = "…"
    names = set()
    for image in read.select(PICTURES):
        names.add(Path(image["src"]).stem)
        leave_out_file(image)
    # Writing the type's line, Beautiful Soup adds an empty one.
    return str(read).replace("<!DOCTYPE html>\n", "<!DOCTYPE html>", 1), names


def leave_out_file(image: Tag) -> None:
    """Leave out of an image's element what depends on its file."""
    for attribute in OF_THE_FILE:
        image.attrs.pop(attribute, None)


class Site:
    """A built site's files as they are compared: name → content."""

    def __init__(self, folder: Path) -> None:
        paths = sorted(path for path in folder.rglob("*") if path.is_file())
        self.files: dict[str, bytes] = {}
        measured: set[str] = set()
        for path in paths:
            content = path.read_bytes()
            if path.suffix == ".html":
                page, names = without_times(content.decode("utf-8"))
                content, measured = page.encode("utf-8"), measured | names
            self.files[path.relative_to(folder).as_posix()] = content
        for name in list(self.files):
            if name.startswith(tuple(f"_images/{stem}" for stem in measured)):
                del self.files[name]


def first_difference(a: bytes, b: bytes) -> str:
    """Say where two contents begin to differ, and what stands there."""
    try:
        one, other = a.decode("utf-8"), b.decode("utf-8")
    except UnicodeDecodeError:
        return f"byte {alike(a, b)} of {len(a)} and {len(b)}"
    place = alike(one, other)
    line = one[:place].count("\n") + 1
    shown = (repr(text[max(place - AROUND, 0) : place + AROUND]) for text in (one, other))
    return "\n    ".join([f"line {line}:", *shown])


def alike(a: Sequence, b: Sequence) -> int:
    """Return how many of the first items are the same."""
    pairs = enumerate(zip(a, b, strict=False))
    return next((place for place, (x, y) in pairs if x != y), min(len(a), len(b)))


def differences(a: Path, b: Path) -> Iterator[str]:
    """Yield a text for each file that is in one site only, or differs."""
    one, other = Site(a).files, Site(b).files
    for name in sorted({*one, *other}):
        if name not in other:
            yield f"{name} is in {a} only"
        elif name not in one:
            yield f"{name} is in {b} only"
        elif one[name] != other[name]:
            yield f"{name}, {first_difference(one[name], other[name])}"


def compare(a: Path, b: Path) -> int:
    """Print how two built sites differ; return the command's exit status."""
    for folder in (a, b):
        if not any(folder.rglob("*.html")):
            print(f"{folder}: expected a built site, found no page", file=sys.stderr)
            return 1
    found = list(differences(a, b))
    print("\n".join(found) or "The two builds are the same but for measured times.")
    return bool(found)


def build_twice(folder: Path) -> list[Path]:
    """Build the book twice from nothing; return the built sites."""
    # Both first, so that the tree may be worked on meanwhile.
    for name in BUILDS:
        copies.copy(folder / name)
    sites = []
    for name, seed in BUILDS.items():
        start = time.perf_counter()
        copies.build(folder / name, PYTHONHASHSEED=seed)
        print(f"{folder / name}: built in {time.perf_counter() - start:.0f} s", flush=True)
        sites.append(folder / name / SITE)
    return sites


def main(arguments: list[str]) -> int:
    """Compare two built sites, or build them first; those that differ stay to be looked at."""
    if len(arguments) == 2:
        return compare(*map(Path, arguments))
    if arguments:
        sys.exit("expected the folders of two built sites, or nothing")
    folder = Path(tempfile.mkdtemp(prefix="two-builds-"))
    try:
        status = compare(*build_twice(folder))
    except copies.BuildError as error:
        print(error, file=sys.stderr)
        status = 1
    if status:
        print(f"What was built stays in {folder}.", file=sys.stderr)
    else:
        shutil.rmtree(folder)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
