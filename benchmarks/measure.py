"""What the benchmarks share: timing in turns, summaries, the command line, the files.

On a machine that others use, too, one number says little. So whatever is compared is run in turns,
in the same process where that is possible, and reported as a median with its quartiles and as a
ratio within the run.

A benchmark is a few named parts, each a function of a :class:`Run` that returns what it found, and
a call of :func:`command`.
"""

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import psutil

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results"


class MissingError(Exception):
    """What a part needs is not here; the message says what, and how to get it."""


@dataclass(frozen=True)
class Run:
    """How much to do: all that the figures need, or just enough to show that it runs."""

    quick: bool = False
    #: Of things with names, only those with this in them.
    among: str = ""

    def __call__(self, full: int, quick: int = 1) -> int:
        """Return the number of repeats, seeds, images …: the full one, or the quick one."""
        return quick if self.quick else full

    def chosen(self, names: Iterable[str]) -> list[str]:
        """Return the names that this run is about."""
        return [name for name in names if self.among in name]


@dataclass(frozen=True)
class Benchmark:
    """A command: its results' name, its module's docstring, and the parts that it measures."""

    name: str
    about: str
    parts: Mapping[str, Callable[[Run], Any]]
    #: Those whose versions matter. Packages for one run have theirs in the code.
    packages: Sequence[str] = ()


def command(benchmark: Benchmark, arguments: Sequence[str] | None = None) -> int:
    """Measure the parts asked for, print and write what was found; return the exit status.

    A part that was not measured stays in the file as it was; each has the machine beside it.
    """
    parser = argparse.ArgumentParser(
        prog=f"python -m benchmarks.{benchmark.name}", description=benchmark.about.split("\n", 1)[0]
    )
    parts = list(benchmark.parts)
    add = parser.add_argument
    add("--only", nargs="+", choices=parts, default=parts, help="the others stay as they were")
    add("--among", default="", help="only what has this in its name; writes nothing")
    add("--quick", action="store_true", help="show that it runs; writes nothing")
    options = parser.parse_args(arguments)
    run = Run(options.quick, options.among)
    on = machine(benchmark.packages)
    found = read(benchmark.name)
    missing = False
    for part in options.only:
        try:
            measured = benchmark.parts[part](run)
        except MissingError as reason:
            print(f"{part} is left out: {reason}", file=sys.stderr)
            missing = True
            continue
        print(*described(part, measured), sep="\n", flush=True)
        found[part] = measured
        found.setdefault("machines", {})[part] = on
        if not (run.quick or run.among):
            write(benchmark.name, found)  # after each: the next may take an hour
    return int(missing and len(options.only) == 1)


# --- Timing --------------------------------------------------------------------------------------


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


def python(*command: str | Path, **environ: str) -> str:
    """Run Python at the root of the project; return what it printed."""
    return subprocess.check_output(
        [sys.executable, *command], cwd=ROOT, env=os.environ | environ, text=True
    )


def apart(code: str, before: str = "pass", repeats: int = 1, **environ: str) -> list[float]:
    """Run code in a process of its own, each time after other code that is not timed.

    Return the seconds of each time and, last, the MB that the process had at its highest.
    """
    program = (
        "import timeit\nfrom benchmarks import memory\n"
        f"print(*timeit.repeat({code!r}, {before!r}, number=1, repeat={repeats}))\n"
        "print(memory.peak() / 1e6)"
    )
    return [float(value) for value in python("-c", program, **environ).split()]


# --- Summaries -----------------------------------------------------------------------------------


def significant(value: float, digits: int = 4) -> float:
    """Round to so many significant digits."""
    return float(f"{value:.{digits}g}")


def summary(values: Iterable[float], digits: int = 4) -> dict[str, float]:
    """Return median, quartiles, least and largest, to so many significant digits."""
    every = list(values)
    parts = {"median": 50, "lower_quartile": 25, "upper_quartile": 75, "least": 0, "most": 100}
    found = {key: significant(np.percentile(every, part), digits) for key, part in parts.items()}
    return found | {"repeats": len(every)}


def percentiles(values: np.ndarray | Sequence[float], digits: int = 3) -> dict[str, float]:
    """Return the median, and what 95 of 100 values do not exceed."""
    return {f"p{part}": significant(np.percentile(values, part), digits) for part in (50, 95)}


def ratio(times: Mapping[str, list[float]], one: str, other: str) -> dict[str, float]:
    """Summarise ``one`` divided by ``other``, round by round: each round had one load."""
    pairs = zip(times[one], times[other], strict=True)
    return summary((a / b for a, b in pairs), digits=3)


# --- What is written, and what is printed --------------------------------------------------------


def machine(packages: Sequence[str]) -> dict[str, Any]:
    """Say when and on what this was measured: processor, cores, load, system, the packages."""
    told = Path("/proc/cpuinfo")  # by Linux
    model = re.search(r"model name\s*: (.*)", told.read_text("utf-8")) if told.exists() else None
    allowed = getattr(os, "sched_getaffinity", None)
    # Not all may be installed: TensorFlow has another name on each system.
    versions = {each.name.lower(): each.version for each in metadata.distributions()}
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "processor": model[1] if model else platform.processor() or platform.machine(),
        "cores": len(allowed(0)) if allowed else os.cpu_count(),
        "load": round(psutil.getloadavg()[0], 2),
        "system": platform.system(),
        "python": platform.python_version(),
        "versions": {name: versions[name] for name in packages if name in versions},
    }


def read(name: str) -> dict[str, Any]:
    """Return what ``results/<name>.json`` holds; nothing where there is none."""
    path = RESULTS / f"{name}.json"
    return dict(json.loads(path.read_text("utf-8"))) if path.is_file() else {}


def write(name: str, found: Mapping[str, Any]) -> None:
    """Write ``results/<name>.json``, which the page "What it costs" shows."""
    RESULTS.mkdir(exist_ok=True)
    written = json.dumps(found, indent=2, ensure_ascii=False) + "\n"
    (RESULTS / f"{name}.json").write_text(written, encoding="utf-8")


#: What is printed of a summary, of percentiles, and of a share with its interval.
SHOWN = {"median", "lower_quartile", "upper_quartile", "p50", "p95", "share", "interval"}


def things(value: object) -> Mapping[str, Any] | None:
    """Return what a value is about, by name or number; None for what is a single figure."""
    if isinstance(value, list) and value and isinstance(value[0], Mapping):
        return {str(number): each for number, each in enumerate(value, 1)}
    return value if isinstance(value, Mapping) and SHOWN.isdisjoint(value) else None


def described(name: str, value: object) -> Iterator[str]:
    """Describe what was found: a line for each thing that has figures, after the names to it."""
    figures, parts = [], things(value)
    for key, each in ({"": value} if parts is None else parts).items():
        if things(each) is not None:
            yield from described(f"{name}, {key}", each)
        else:
            figures.append(f"{key} {figure(each)}".lstrip())
    if figures:
        yield f"{name}: {'; '.join(figures)}"


def figure(value: object) -> str:
    """A number to four digits, a summary as its median and quartiles, a list with commas."""
    if isinstance(value, Mapping):
        first, *rest = (figure(each) for key, each in value.items() if key in SHOWN)
        return f"{first} ({' – '.join(rest)})"
    if isinstance(value, list):
        return ", ".join(map(figure, value))
    return f"{value:.4g}" if isinstance(value, float) else str(value)
