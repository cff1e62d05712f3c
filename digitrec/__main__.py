"""The command line: ``python -m digitrec read photo.jpg`` says which digits are in the photograph.

``sheet`` makes a sheet to fill in with one's own digits, and ``learn`` has the network learn them.
``mark`` marks a folder of notebooks with the course's exercises.

Exit status: 0, every file was read; 2, at least one was not, or the arguments were wrong;
130, interrupted.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import warnings
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from digitrec import __version__
from digitrec.marking import command

#: So many files are read before they are asked for.
AHEAD = 128
#: Threads that decode files; more would only hold more pictures in memory.
THREADS = min(4, os.cpu_count() or 1)
#: Below this probability the text output names the second-best digit, too.
SURE = 0.9

EXAMPLES = """\
examples:
  digitrec read photo.jpg                 photo.jpg: 7 (98.2 %)
  digitrec read --model dense *.png       a line for each file
  digitrec read --json *.png              a JSON object on a line for each file
  digitrec read page.jpg --annotate out.png
                                          page.jpg: 1247673 / 8952481, and a picture of it
  digitrec read --weights mine.npz *.png  with weights that have learned your hand

Lines are separated by " / "; a ? stands for what is probably not a digit, or not a legible one.
A blank picture is read, too: it has no digits. A file that cannot be read costs one line on stderr
and exit status 2; the other files are still read.
"""

LEARN_EXAMPLES = """\
examples:
  digitrec sheet sheet.pdf                a sheet to print, to fill in and to photograph
  digitrec learn photo.jpg -o mine.npz    learn from photographs of filled sheets
  digitrec learn labels.csv -o mine.npz   learn from other pictures; labels.csv begins
                                            file,text
                                            seven.png,7
                                            page.jpg,1247673/8952481
  digitrec read --weights mine.npz page.jpg

Lines of a text are separated by "/". Only lines with as many digits as their text are taken; it is
said what was left out. Three in ten samples of a digit are held back, to see what was learned; then
all are learned. Nothing is written when a file cannot be read.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    options = _parser().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        # A file's name need not fit the terminal's encoding.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        status = options.run(options)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # whoever read our output has closed it, like `head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="digitrec",
        description="Reads handwritten digits from images, and learns yours, with NumPy alone.",
    )
    parser.add_argument("--version", action="version", version=f"digitrec {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    read = commands.add_parser(
        "read",
        help="say which digit is in an image",
        description="Says which digit is in each image, and how probable that is.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    read.add_argument("image", nargs="+", metavar="IMAGE", help="JPEG, PNG, HEIC, WebP, TIFF, …")
    network = read.add_mutually_exclusive_group()
    network.add_argument(
        "--model",
        choices=("dense", "cnn"),
        default="cnn",
        help="the network that reads: chapter 2's dense one or the larger CNN (default: cnn)",
    )
    network.add_argument(
        "--weights",
        metavar="FILE",
        help="weights that have learned a hand (digitrec learn)",
    )
    read.add_argument(
        "--json",
        action="store_true",
        help="write a JSON object on a line for each file",
    )
    read.add_argument(
        "--annotate",
        metavar="OUT",
        help="save the photograph with boxes and readings drawn on it; for one file only",
    )
    read.set_defaults(run=_read)
    learn = commands.add_parser(
        "learn",
        help="learn your handwriting from samples of it",
        description="Has the CNN learn your handwriting from samples of it, in some seconds.",
        epilog=LEARN_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    learn.add_argument(
        "file",
        nargs="+",
        metavar="FILE",
        help="a photograph of a filled sheet, or a table (.csv) with the columns file,text",
    )
    learn.add_argument("-o", "--output", required=True, metavar="OUT", help="the weights' file")
    learn.add_argument("--force", action="store_true", help="replace OUT if it exists")
    learn.set_defaults(run=_learn)
    sheet = commands.add_parser(
        "sheet",
        help="make a sheet to fill in with your digits",
        description="Makes a sheet (PDF) to print, to fill in with your digits and to photograph.",
    )
    sheet.add_argument("output", metavar="OUT", help="the PDF file")
    sheet.add_argument(
        "--paper", choices=("A4", "letter"), default="A4", help="its size (default: A4)"
    )
    sheet.add_argument("--force", action="store_true", help="replace OUT if it exists")
    sheet.set_defaults(run=_sheet)
    command.add(commands)
    return parser


def _sheet(options: argparse.Namespace) -> int:
    """Write a sheet to fill in; return the exit status."""
    from digitrec import hand, networks, sheet

    try:
        hand.write(options.output, sheet.pdf(options.paper), force=options.force)
    except networks.WeightsError as error:
        print(f"digitrec: {_printable(str(error))}", file=sys.stderr)
        return 2
    print(f"{_printable(options.output)}: print it, fill it in, photograph it")
    return 0


def _learn(options: argparse.Namespace) -> int:
    """Learn from sheets and tables, and say what came of it; return the exit status."""
    # Imported here: reading needs nothing of it.
    import cv2

    from digitrec import hand, learn, networks, reading, samples
    from digitrec.mnist import DataError

    warnings.simplefilter("ignore")
    cv2.setNumThreads(1)
    try:
        hand.check_place(options.output, force=options.force)
        out = Path(options.output)
        if out.exists() and any(Path(f).exists() and out.samefile(f) for f in options.file):
            raise networks.WeightsError(
                f"{out}: expected another name for the weights, found a file to learn from"
            )
        gathered = samples.from_files(options.file)
        for line in gathered.left_out:
            print(_printable(line))
        x, y = gathered.arrays()
        learn.check_enough(y)
        learner = learn.Learner()
        learned, held = learn.split(y)
        report: dict[str, Any] = {}
        if len(held):
            trial = learner.learn(x[learned], y[learned]).network
            before, after = (
                learn.count_right(network, x[held], y[held]) for network in (learner.network, trial)
            )
            report = {"held_back": {"of": len(held), "before": before, "after": after}}
            print(
                f"learned from {len(learned)} digits; of {samples.counted(len(held), 'other')}, "
                f"read right before: {before}, now: {after}"
            )
        else:
            print("too few samples to hold any back: fewer than four of each digit")
        mine = learner.learn(x, y)
        mnist_ = mine.card["mnist_validation"]
        print(
            "MNIST's validation digits: "
            + ", ".join(f"{mnist_[key] / mnist_['of']:.2%} {key}" for key in ("before", "after"))
        )
        today = datetime.now(UTC).date().isoformat()
        card = {**mine.card, **report, "date": today, "version": __version__}
        hand.save(options.output, mine.network, card, force=options.force)
    except (
        reading.ImageError,
        samples.SampleError,
        learn.LearnError,
        networks.WeightsError,
        DataError,
    ) as error:
        print(f"digitrec: {_printable(str(error))}", file=sys.stderr)
        return 2
    name = _printable(options.output)
    print(f"{name}: has learned all {len(y)} digits; digitrec read --weights {name} reads with it")
    return 0


def _read(options: argparse.Namespace) -> int:
    """Read files and print what they say, in the order given; return the exit status."""
    files, as_json, annotate = options.image, options.json, options.annotate
    if annotate is not None and len(files) != 1:
        print(
            f"digitrec: --annotate: expected one image, found {len(files)}",
            file=sys.stderr,
        )
        return 2
    # Imported here, so that --help and --version answer at once.
    import cv2

    from digitrec import hand, networks, reading
    from digitrec.compiled import CompiledNetwork

    # Pillow warns of damaged files; they get one line from us.
    warnings.simplefilter("ignore")
    cv2.setNumThreads(1)  # files are shared out to threads already
    try:
        loaded = (
            networks.load_numpy(options.model)
            if options.weights is None
            else hand.load(options.weights)
        )
        network = CompiledNetwork(loaded)
    except networks.WeightsError as error:
        print(f"digitrec: {_printable(str(error))}", file=sys.stderr)
        return 2

    status = 0
    with ThreadPoolExecutor(THREADS) as pool:
        for file, found in in_order(pool, files, network):
            if isinstance(found, reading.ImageError):
                status = 2
                _print_error(file, found, as_json)
            else:
                print(_as_json(file, found) if as_json else as_text(file, found))
                if annotate is not None and not _save(file, found, annotate):
                    status = 2
            sys.stdout.flush()
    return status


def _save(file: str, found: Any, out: str) -> bool:
    """Save a picture with its reading drawn on it; where it cannot be, say so in one line."""
    from PIL import Image

    from digitrec import reading

    try:
        Image.fromarray(reading.annotate_file(file, found)).save(out)
    except (OSError, ValueError) as error:
        print(
            f"digitrec: {_printable(out)}: cannot be saved: {_printable(str(error))}",
            file=sys.stderr,
        )
        return False
    return True


def in_order(
    pool: ThreadPoolExecutor, files: Sequence[str], network: Any
) -> Iterator[tuple[str, Any]]:
    """Read files, several at a time, at most ``AHEAD`` of them before they are asked for.

    Yields each file's name and its reading, or the ``ImageError`` that says why there is none.
    """
    from digitrec import reading

    def find(file: str) -> reading.Reading | reading.ImageError:
        try:
            return reading.read_file(file, network)
        except reading.ImageError as error:
            return error

    waiting: deque[tuple[str, Future[Any]]] = deque()
    try:
        for file in files:
            waiting.append((file, pool.submit(find, file)))
            if len(waiting) >= AHEAD:
                name, future = waiting.popleft()
                yield name, future.result()
        while waiting:
            name, future = waiting.popleft()
            yield name, future.result()
    finally:
        for _, future in waiting:
            future.cancel()


def as_text(file: str, reading: Any) -> str:
    """``photo.jpg: 7 (98.2 %)``; when it is not sure, the second-best digit as well."""
    digits = reading.digits
    if not digits:
        return f"{_printable(file)}: no digit found"
    if len(digits) > 1 or digits[0].label == "?":
        if len(digits) == 1:
            guess = f"? (perhaps {digits[0].guess}, {percent(digits[0].probability)})"
            return f"{_printable(file)}: {guess}"
        return f"{_printable(file)}: {' / '.join(reading.lines)}"
    ranked = sorted(enumerate(digits[0].probabilities), key=lambda pair: -pair[1])
    (best, sure), (second, other) = ranked[:2]
    text = f"{_printable(file)}: {best} ({percent(sure)})"
    return text if sure >= SURE else f"{text}, or {second} ({percent(other)})"


def percent(probability: float) -> str:
    """Write 0.9996 as 99.9 %: rounded down, for a network is never certain."""
    return f"{math.floor(1000 * probability) / 10:.1f} %"


def _as_json(file: str, reading: Any) -> str:
    """Return the reading as one line of JSON.

    Bytes of the name that are not UTF-8 stay as Python has them, lone surrogates, escaped.
    """
    digits = [
        {
            "label": digit.label,
            "probability": round(digit.probability, 6),
            "box": list(digit.box),
            "line": digit.line,
            **({"guess": digit.guess} if digit.label == "?" else {}),
        }
        for digit in reading.digits
    ]
    return json.dumps({"file": file, "lines": reading.lines, "digits": digits}, allow_nan=False)


def _print_error(file: str, error: Exception, as_json: bool) -> None:
    """One line on stderr; with ``--json`` an object on stdout as well, at the file's place."""
    reason = str(error).removeprefix(f"{file}: ")
    if as_json:
        print(json.dumps({"file": file, "error": reason}))
    sys.stdout.flush()  # so that both streams, in one terminal, are in order
    print(f"digitrec: {_printable(file)}: {_printable(reason)}", file=sys.stderr)


def _printable(text: str) -> str:
    """Escape what would break a line or is no character at all."""
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text
    )


if __name__ == "__main__":
    sys.exit(main())
