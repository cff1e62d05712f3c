"""Mark all notebooks of a folder, each by a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from digitrec.marking.assignments import Assignment
from digitrec.marking.limits import Limits
from digitrec.marking.one import Marked, Result
from digitrec.marking.process import LIBRARY

#: Seconds that our own part of marking a notebook may take beside the notebook's.
OVER = 120


class TamperedError(Exception):
    """A submission has changed the library that marks it."""


@dataclass(frozen=True)
class Submission:
    """A submitted notebook and what became of it.

    Attributes
    ----------
    name
        Its path in the folder.
    marked
        What became of it.
    """

    name: str
    marked: Marked

    def points(self, among: Mapping[str, Assignment]) -> tuple[float, float]:
        """Return its points, and how many there are."""
        worth = among[self.marked.assignment].points if self.marked.assignment else {}
        right = {result.check for result in self.marked.results if result.right}
        return sum(worth[check] for check in right), sum(worth.values())


def notebooks(folder: Path) -> list[Path]:
    """Return the notebooks in a folder and below it; those of Jupyter's own are left out."""
    inside = folder.resolve()
    return [
        path
        for path in sorted(folder.rglob("*.ipynb"))
        if ".ipynb_checkpoints" not in path.parts
        and path.is_file()
        and inside in path.resolve().parents  # a link may lead anywhere
    ]


def fingerprint() -> dict[str, tuple[int, int]]:
    """Return when each module of the library was changed, and its size."""
    return {
        str(path): (path.stat().st_mtime_ns, path.stat().st_size)
        for path in sorted(LIBRARY.rglob("*.py"))
    }


def mark_all(
    folder: Path,
    among: Mapping[str, Assignment],
    limits: Limits,
    *,
    jobs: int = 1,
    all_cells: bool = False,
) -> Iterator[Submission]:
    """Mark the notebooks of a folder and yield each in the order of their names.

    Parameters
    ----------
    folder
        Where they are; folders in it are looked into.
    among
        The assignments that they may be of.
    limits
        What each may take.
    jobs
        How many are marked at a time.
    all_cells
        Whether cells are run that no answer seems to need.

    Raises
    ------
    TamperedError
        When the library's files have changed meanwhile.
    """
    before = fingerprint()
    asked = json.dumps(
        {
            "assignments": {name: asdict(one) for name, one in among.items()},
            "limits": asdict(limits),
            "all_cells": all_cells,
        }
    )
    with ThreadPoolExecutor(jobs) as pool:
        paths = notebooks(folder)
        for path, marked in zip(
            paths, pool.map(lambda path: in_process(path, asked, limits), paths), strict=True
        ):
            if fingerprint() != before:
                pool.shutdown(cancel_futures=True)
                raise TamperedError(
                    f"{path}: the library's own files have changed while it was marked. Look at "
                    "this notebook, restore the library, and mark behind walls or in a container"
                )
            if not marked.results and len(among) == 1:
                (only,) = among.values()
                marked.assignment = only.name
                marked.results = [Result(check, message="no answer.") for check in only.points]
            yield Submission(path.relative_to(folder).as_posix(), marked)


def in_process(path: Path, asked: str, limits: Limits) -> Marked:
    """Mark a notebook in a process of ours, so that whatever it does to that, others are marked."""
    environment = {**os.environ, "PYTHONPATH": str(LIBRARY.parent)}
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "digitrec.marking.one", str(path.resolve())],
            input=asked,
            capture_output=True,
            encoding="utf-8",
            env={**environment, "PYTHONIOENCODING": "utf-8"},
            # It may be marked twice: with the cells that are needed, then with all.
            timeout=2 * limits.seconds + OVER,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Marked(problems=["marking it took too long and was stopped."])
    try:
        found: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        last = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
        return Marked(problems=[f"it could not be marked: {last[:200]}."])
    results = [Result(**result) for result in found.pop("results")]
    return Marked(results=results, **found)
