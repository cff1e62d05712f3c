"""What the benchmarks share: timing in turns, summaries, the command line, the files.

On a machine that others use, too, one number says little. So whatever is compared is run in turns,
in the same process where that is possible, and reported as a median with its quartiles and as a
ratio within the run.

A benchmark is a few named parts, each a function of a :class:`Run` that returns what it found, and
a call of :func:`command`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, TypeGuard

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


Part = Callable[[Run], Any]


@dataclass(frozen=True)
class Benchmark:
    """A command: its results' name, its module's docstring, and the parts that it measures."""

    name: str
    about: str
    parts: Mapping[str, Part]
    #: Those whose versions matter: installed ones, and those for one run.
    packages: Sequence[str] = ()
    borrowed: Sequence[str] = ()


def command(benchmark: Benchmark, arguments: Sequence[str] | None = None) -> int:
    """Measure the parts asked for, print and write what was found; return the exit status.

    A part that was not measured stays in the file as it was; each has the machine beside it.
    """
    parser = argparse.ArgumentParser(
        prog=f"python -m benchmarks.{benchmark.name}",
        description=benchmark.about.split("\n", 1)[0],
    )
    parser.add_argument(
        "--only",
        nargs="+",
        choices=benchmark.parts,
        default=list(benchmark.parts),
        metavar="PART",
        help=f"of {', '.join(benchmark.parts)}; the others stay as they were",
    )
    parser.add_argument(
        "--among", default="", help="only what has this in its name; writes nothing"
    )
    parser.add_argument("--quick", action="store_true", help="show that it runs; writes nothing")
    options = parser.parse_args(arguments)
    run = Run(options.quick, options.among)
    on = machine(benchmark.packages, benchmark.borrowed)
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
    done = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=os.environ | environ,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout


def drop_variables(prefix: str) -> None:
    """Start this program again where variables with this prefix are set, without them."""
    clean = {k: value for k, value in os.environ.items() if not k.startswith(prefix)}
    if clean != dict(os.environ):
        os.execve(sys.executable, sys.orig_argv, clean)


# --- Summaries -----------------------------------------------------------------------------------


def significant(value: float, digits: int = 4) -> float:
    """Round to so many significant digits."""
    return float(f"{value:.{digits}g}")


def summary(values: Iterable[float], digits: int = 4) -> dict[str, float]:
    """Return median, quartiles, least and largest, to so many significant digits."""
    ordered = sorted(values)
    low, middle, high = (
        statistics.quantiles(ordered, n=4, method="inclusive") if len(ordered) > 1 else ordered * 3
    )
    found = {
        "median": middle,
        "lower_quartile": low,
        "upper_quartile": high,
        "least": ordered[0],
        "most": ordered[-1],
    }
    return {key: significant(value, digits) for key, value in found.items()} | {
        "repeats": len(ordered)
    }


def percentiles(values: Sequence[float], digits: int = 3) -> dict[str, float]:
    """Return the median, and what 95 of 100 values do not exceed."""
    cuts = statistics.quantiles(values, n=20, method="inclusive")
    return {"p50": significant(cuts[9], digits), "p95": significant(cuts[18], digits)}


def ratio(times: Mapping[str, list[float]], one: str, other: str) -> dict[str, float]:
    """Summarise ``one`` divided by ``other``, round by round: each round had one load."""
    pairs = zip(times[one], times[other], strict=True)
    return summary((a / b for a, b in pairs), digits=3)


# --- What is written, and what is printed --------------------------------------------------------


def machine(packages: Sequence[str], borrowed: Sequence[str] = ()) -> dict[str, Any]:
    """Say what this was measured on: processor, cores, load, system, versions of the packages."""
    processor = platform.processor() or platform.machine()
    try:
        for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
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
        "versions": {name: metadata.version(name) for name in packages if is_here(name)},
        "borrowed": list(borrowed),
    }


def is_here(package: str) -> bool:
    """Whether a package is installed. TensorFlow has another name on each system."""
    try:
        return bool(metadata.version(package))
    except metadata.PackageNotFoundError:
        return False


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
SHOWN = {
    "median",
    "lower_quartile",
    "upper_quartile",
    "p50",
    "p95",
    "share",
    "interval",
}


def described(name: str, value: object) -> Iterator[str]:
    """Describe what was found: a line for each thing that has figures, after the names to it."""
    if isinstance(value, list) and value and isinstance(value[0], Mapping):
        value = {str(number): each for number, each in enumerate(value, 1)}
    figures = []
    for key, each in value.items() if is_group(value) else [("", value)]:
        if is_group(each) or (isinstance(each, list) and is_group(each[0])):
            yield from described(f"{name}, {key}", each)
        else:
            figures.append(f"{key} {figure(each)}".lstrip())
    if figures:
        yield f"{name}: {'; '.join(figures)}"


def is_group(value: object) -> TypeGuard[Mapping[str, Any]]:
    """Whether this has things with names, and is no single figure."""
    return isinstance(value, Mapping) and SHOWN.isdisjoint(value)


def figure(value: object) -> str:
    """A number to four digits, a summary as its median and quartiles, a list with commas."""
    if isinstance(value, Mapping):
        first, *rest = (figure(each) for key, each in value.items() if key in SHOWN)
        return f"{first} ({' – '.join(rest)})"
    if isinstance(value, list):
        return ", ".join(map(figure, value))
    return f"{value:.4g}" if isinstance(value, float) else str(value)
