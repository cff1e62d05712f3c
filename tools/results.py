"""The numbers of the book's last build, for the notebooks: ``book/results.json``.

On the book's pages a number comes from the run that made the page. A notebook that is opened
anywhere else has not run yet, so its text shows the numbers of the committed file. The file is
written from a build, and a test compares it with each later one: how far a number may be off
depends on what it is.

    python -m tools.results            write the numbers of the built book
    python -m tools.results --check    only say which are out of their bounds (exit status 1)
"""

from __future__ import annotations

import ast
import json
import math
import re
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RESULTS = Path("book", "results.json")
BUILT = Path("_build", "jupyter_execute", "book")

Value = int | float | str


@dataclass(frozen=True)
class Kind:
    """What sort of number a result is, and so how far another run's may be from it.

    Attributes
    ----------
    name
        ``"exact"``: computed from the data alone. ``"shipped"``: of the weights that come with the
        library. ``"trained"``: of a network that was trained in the run. ``"rounding"``: the
        rounding of two programs. ``"time"``: seconds, or a ratio of seconds, of one machine.
    within
        The largest difference from the committed number, in the number's own unit. For a time and
        for rounding there is none: any finite positive number will do.
    """

    name: str
    within: float = 0.0

    def agrees(self, committed: Value, found: Value) -> bool:
        """Tell whether another run's number is as good as the committed one."""
        if isinstance(committed, str) or isinstance(found, str):
            return committed == found
        if self.name in ("time", "rounding"):
            return math.isfinite(found) and found > 0
        # The committed numbers are rounded to six digits.
        return abs(found - committed) <= self.within + 1e-5 * abs(committed)

    @property
    def may_differ(self) -> bool:
        """Whether a reader's own run will print another number."""
        return self.name in ("trained", "time", "rounding")


#: The kind of each result, by its name; the first pattern that fits the whole name decides. Shares
#: are between 0 and 1, so 0.01 is a percentage point.
KINDS: tuple[tuple[str, Kind], ...] = (
    # Counted in the architecture or written in the weights' card: no time, though a name says so.
    (r"\w*_parameters|cnn_shipped_(epochs|seconds)|reject_below", Kind("exact")),
    (r"cnn_patches(_100)?_mb|numpy_(dense|cnn)_agreement", Kind("exact")),
    (r"\w+_(seconds|ms|speed_up|cores)|cnn_fast_ratio", Kind("time")),
    (r"numpy_(dense|cnn)_max_difference", Kind("rounding")),
    # Chapter 2 trains its networks: seeds differ by half a point, processors by less.
    (r"untrained_loss", Kind("trained", 0.2)),
    (r"few_best", Kind("trained", 10)),
    (r"few_\w+", Kind("trained", 0.03)),
    (r"seeds_spread", Kind("trained", 1.0)),
    (r"dense_wrong", Kind("trained", 100)),
    (r"dense_accuracy|seeds_\w+|test_(low|high)", Kind("trained", 0.01)),
    # Chapter 4's network. What its seeds differ by is on the page of costs.
    (r"cnn_wrong", Kind("trained", 20)),
    (r"(numpy_)?cnn_accuracy|cnn_(low|high)", Kind("trained", 0.002)),
    (r"cnn_validation", Kind("trained", 0.003)),
    (r"(cnn|cnn_plain|dense_moved)_shift_2", Kind("trained", 0.02)),
    (r"(cnn|cnn_plain|dense_moved)_shift_4", Kind("trained", 0.06)),
    (r"ece_cnn", Kind("trained", 0.3)),
    # Chapter 5's pair of networks, trained on 8,000 images.
    (r"twin_plain", Kind("trained", 0.03)),
    (r"twin_augmented", Kind("trained", 0.01)),
    (r"(flag|slash)_plain", Kind("trained", 0.2)),
    (r"flag_augmented", Kind("trained", 0.02)),
    (r"slash_augmented", Kind("trained", 0.1)),
    # How many of a hundred photographs they read.
    (r"photos_(plain|augmented)", Kind("trained", 5)),
    # Chapter 7. What its hand-written steps lead to is the same on each machine but for rounding,
    # which a training makes larger; the gradients' errors are all rounding.
    (r"gradient_error", Kind("rounding")),
    (r"vanished", Kind("trained", 50_000)),
    (r"learn_(before|after)", Kind("trained", 2)),
    (r"rate_\w+|same_accuracy|numpy_small_cnn_validation", Kind("trained", 0.04)),
    (r"(sgd|momentum|adam)_end", Kind("trained", 0.05)),
    (r"drawn_(before|samples|after)_(hand|others|mnist)", Kind("trained", 0.02)),
    (r"drawn_\w+_zeros", Kind("trained", 0.1)),
    (r"drawn_zeros_\w+", Kind("trained", 0.1)),
    (r"numpy_trained_(accuracy|mean|low|high)", Kind("trained", 0.01)),
    # The shipped weights on MNIST: the same readings, but for rounding, on any processor.
    (r"(numpy_)?dense_shipped_accuracy|cnn_shipped_accuracy", Kind("shipped", 2e-4)),
    (r"numpy_dense_accuracy|dense_shift_[24]", Kind("shipped", 2e-4)),
    (r"ece_dense|slip|logit_\w+", Kind("shipped", 0.02)),
    # Counts of rendered photographs, and differences of accuracies in points.
    (r"(shrunk|prepared)_right", Kind("shipped", 0)),
    (r"off_centre_\w+|(photo|hard)_ece", Kind("shipped", 1.0)),
    (r"(dense|cnn)_only", Kind("shipped", 5)),
    # Shares of 500 or fewer rendered photographs; OpenCV's versions may differ in a few of them.
    (
        r"(recipe|shrunk|pale|turned|blurred|reject|hard|worst|second)_\w+|pen_cnn",
        Kind("shipped", 0.01),
    ),
    # Chapter 6's rendered pages: 64 or 128 digits, and one wrong cut is two edits.
    (r"page_(edits_\w+|line_pieces)", Kind("shipped", 6)),
    (r"page_\w+", Kind("shipped", 0.05)),
    # Counted in the catalogue of forms; the name of the one that is hardest to read.
    (r"forms_\w+|drawn_habit", Kind("exact")),
    # What is left is counted in MNIST's files, by chapter 1.
    (r"\w+", Kind("exact")),
)


def kind(name: str) -> Kind:
    """Return what sort of number a result is."""
    return next(kind for pattern, kind in KINDS if re.fullmatch(pattern, name))


def rounded(value: Value) -> Value:
    """Return a number with six digits, which is more than any page shows."""
    return float(f"{value:.6g}") if isinstance(value, float) else value


def built(root: Path = ROOT) -> dict[str, dict[str, Value]]:
    """Return what the chapters glued in the last build: page, then name, then value.

    The page on costs is left out: it shows the benchmarks' files, and has no notebook.

    Raises
    ------
    FileNotFoundError
        When there is no built book.
    """
    found: dict[str, dict[str, Value]] = {}
    for path in sorted((root / BUILT).glob("[0-9]*.glue.json")):
        outputs = json.loads(path.read_text("utf-8"))
        found[path.name.removesuffix(".glue.json")] = {
            name: rounded(ast.literal_eval(output["data"]["text/plain"]))
            for name, output in outputs.items()
        }
    if not found:
        raise FileNotFoundError(
            f"expected the built book's numbers in {BUILT}, found none; run `make book`"
        )
    return found


def read(root: Path = ROOT) -> dict[str, dict[str, Value]]:
    """Return the committed numbers: page, then name, then value."""
    return json.loads((root / RESULTS).read_text("utf-8"))


def differences(
    committed: dict[str, dict[str, Value]], found: dict[str, dict[str, Value]]
) -> list[str]:
    """Return a line for each number that is missing, new, or out of its bounds."""
    lines = []
    for page in sorted({*committed, *found}):
        ours, theirs = committed.get(page, {}), found.get(page, {})
        lines += [f"{page}: {name} is new" for name in theirs if name not in ours]
        lines += [f"{page}: {name} is gone" for name in ours if name not in theirs]
        for name in ours.keys() & theirs.keys():
            if not kind(name).agrees(ours[name], theirs[name]):
                lines.append(
                    f"{page}: {name} is {theirs[name]!r}, committed as {ours[name]!r} "
                    f"({kind(name).name}, within {kind(name).within})"
                )
    return lines


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Write the numbers, or check them."""
    try:
        found = built(root)
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 1
    if arguments == ["--check"]:
        lines = differences(read(root), found)
        print("\n".join(lines))
        return bool(lines)
    text = json.dumps(found, indent=1, ensure_ascii=False) + "\n"
    (root / RESULTS).write_text(text, "utf-8", newline="\n")
    print(RESULTS.as_posix())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
