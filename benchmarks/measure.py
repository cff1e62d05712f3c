"""What the benchmarks share: timing several things in turns, and writing down what was found.

On a machine that others use, too, one number says little. So whatever is compared is run in turns,
in the same process where that is possible, and reported as a median with its quartiles and as a
ratio within the run.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


def in_turns(
    functions: Mapping[str, Callable[[], object]],
    repeats: int,
    *,
    warm_up: int = 1,
    pause: float = 0,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, list[float]]:
    """Call each function in turn, ``repeats`` times; return each one's times in seconds.

    The order is turned round in every other round, so that none always follows the same one. A
    pause of so many seconds before each lets the threads of the one before fall asleep.
    """
    for _ in range(warm_up):
        for function in functions.values():
            function()
    times: dict[str, list[float]] = {name: [] for name in functions}
    for turn in range(repeats):
        names = list(functions)
        for name in names if turn % 2 == 0 else reversed(names):
            time.sleep(pause)
            start = clock()
            functions[name]()
            times[name].append(clock() - start)
    return times


def summary(values: Iterable[float], digits: int = 4) -> dict[str, float]:
    """Return median, quartiles, least and largest, to so many significant digits."""
    ordered = sorted(values)
    low, _, high = (
        statistics.quantiles(ordered, n=4, method="inclusive")
        if len(ordered) > 1
        else ordered * 3
    )
    found = {
        "median": statistics.median(ordered),
        "lower_quartile": low,
        "upper_quartile": high,
        "least": ordered[0],
        "most": ordered[-1],
    }
    return {key: significant(value, digits) for key, value in found.items()} | {
        "repeats": len(ordered)
    }


def ratio(times: Mapping[str, list[float]], one: str, other: str) -> dict[str, float]:
    """Summarise ``one`` divided by ``other``, round by round: each round had one load."""
    return summary(
        (a / b for a, b in zip(times[one], times[other], strict=True)), digits=3
    )


def significant(value: float, digits: int = 4) -> float:
    """Round to so many significant digits."""
    return float(f"{value:.{digits}g}")


def machine(*packages: str) -> dict[str, Any]:
    """Say what this was measured on: processor, cores, load, system, versions of the packages."""
    processor = platform.processor() or platform.machine()
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                processor = line.split(":", 1)[1].strip()
                break
    except OSError:
        pass
    return {
        "processor": processor,
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        "system": platform.system(),
        "python": platform.python_version(),
        "versions": {name: metadata.version(name) for name in packages},
    }


def write(part: str, found: Mapping[str, Any]) -> Path:
    """Write ``results/<part>.json``, which the page "What it costs" shows."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{part}.json"
    path.write_text(
        json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    return path


def table(rows: Iterable[Iterable[object]]) -> str:
    """Lay out rows of text in columns, the first to the left and the others to the right."""
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[k]) for row in cells) for k in range(len(cells[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if k == 0 else cell.rjust(width)
            for k, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    )
