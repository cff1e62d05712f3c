"""What a path through the reader's lattice should cost, learned from simulated pages.

    python -m benchmarks.priors                                         (make bench PART=priors)

The reader's ``COSTS`` (``digitrec/reading/limits.py``) say how plausible a cut, a gap or an odd
size is beside what the network makes of a candidate. Here pages are written with digits, commas,
dashes and letters, photographed under all conditions of ``conditions``, and cut as the reader cuts
them. Whose ink is where is known, so the right paths are known, and those costs are sought under
which they are likeliest among all paths:

    maximise  sum over lines of  log( sum over right paths of e^s  /  sum over all paths of e^s )

``s`` is the score that the reader gives a path: the logarithm of each candidate's best probability
less its costs. Both sums go over paths through a graph, so dynamic programming finds them, and
their gradient (forward–backward). So LeCun, Bottou, Bengio and Haffner (1998, section VI) train a
segmenter by what comes out at its end; with the network held fixed it is a conditional random field
(Lafferty, McCallum and Pereira, 2001).

The digits are those that the shipped CNN was not trained on, one half for the pages that the costs
are learned from, the other for those on which they are compared. What is learned is proposed; it
goes into ``limits.py`` by hand, if ``conditions`` does not get worse by it.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import cv2
import numpy as np

from benchmarks import conditions, measure, readings
from digitrec import reading, scene, simulate
from digitrec.networks import load_numpy
from digitrec.reading import lattice, lines, pieces, recipe
from digitrec.reading.edges import writing
from digitrec.reading.limits import COSTS, LEAST_PROBABILITY
from digitrec.reading.look import look

#: Pages of each condition to learn from, and to compare on. Every other page has marks on it.
LEARNED_FROM, COMPARED_ON = 8, 6
SEED = 2
#: Digits that touch or overlap, besides those of ``conditions``.
TOUCHING, OVERLAP = "touching", (-0.15, 0.05)
#: Share of a digit's ink that may be missing in a right candidate, or left out; and share of the
#: candidate's ink that may be another's, or a rule's. So much does not change what is read.
TOLERANCE = 0.3
#: The prior: a normal distribution of each cost's logarithm about that of today's. A wider one made
#: some costs many times larger: of a digit twice as high as its line there is hardly an example.
#: This and the tolerance were chosen on the pages to compare on; ``conditions`` has others.
SPREAD = 0.1
STEPS = 300


class Mark(NamedTuple):
    """What is written and no digit: one of these characters; parts of a digit's height."""

    characters: str
    #: Its longer side, from … to.
    size: tuple[float, float]
    #: Its middle below that of the digits, from … to.
    down: tuple[float, float]
    #: After how many of a hundred digits it is written.
    often: float


MARKS = (
    Mark(",", (0.2, 0.35), (0.45, 0.65), 5),
    Mark(".", (0.08, 0.15), (0.4, 0.5), 4),
    Mark("-", (0.3, 0.6), (-0.1, 0.1), 4),
    Mark("'", (0.15, 0.35), (-0.5, -0.35), 2),
    Mark("/", (1.1, 1.5), (-0.05, 0.1), 3),
    Mark(":+=", (0.35, 0.6), (-0.1, 0.1), 3),
    # None of the letters that are written as digits are.
    Mark("AEFHKMNRWXaekmnrwx", (0.7, 1.1), (-0.1, 0.1), 2),
)


class Item(NamedTuple):
    """What is written in one place: its ink, (h, w) uint8; its size and place; "" for no digit."""

    ink: np.ndarray
    size: float
    down: float
    label: str


@dataclass(frozen=True)
class Known:
    """A line as the reader sees it, and which of it is right.

    Attributes
    ----------
    line : lattice.Line
    probabilities : (C, 10) float
        Of its candidates.
    right : (C,) bool
        Whether a candidate is one whole digit.
    left_out : (S,) bool
        Whether a segment is no part of a digit.
    """

    line: lattice.Line
    probabilities: np.ndarray
    right: np.ndarray
    left_out: np.ndarray


@dataclass(frozen=True)
class Page:
    """The lines found on a page, and what is written on it."""

    lines: list[Known]
    text: str
    marked: bool


# --- Pages of which all is known -----------------------------------------------------------------


def items(digits: Sequence[Item], marked: bool, rng: np.random.Generator) -> list[Item]:
    """Put marks between a line's digits."""
    found = []
    often = np.array([mark.often for mark in MARKS]) / 100
    for item in digits:
        found.append(item)
        kind = int(np.searchsorted(np.cumsum(often), rng.random()))
        if marked and kind < len(MARKS):
            mark = MARKS[kind]
            glyph = simulate.font_glyph(
                str(rng.choice(simulate.FONTS)), str(rng.choice(list(mark.characters)))
            )
            found.append(Item(glyph, rng.uniform(*mark.size), rng.uniform(*mark.down), ""))
    return found


def written(
    page: Sequence[Sequence[Item]],
    unit: float,
    style: scene.Writing,
    pen: scene.Pen,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, tuple[float, float]]:
    """Write a page.

    Returns
    -------
    drawn : (H, W) float32
        How much ink there is, 0 … 1.
    whose : (H, W) uint8
        Which item's, counted from 1 in reading order; 0 for paper.
    middle : the drawing's, from left and top, in heights
    """
    margin, number = 3.0, 0
    widest = max(map(len, page)) * (1.3 + max(0, style.spacing)) + 2 * margin
    tallest = len(page) * style.line_distance + 2 * margin
    drawn = np.zeros((round(tallest * unit), round(widest * unit)), np.float32)
    whose = np.zeros(drawn.shape, np.uint8)
    longest = 0.0
    for row, line in enumerate(page):
        left = margin
        for item in line:
            number += 1
            ink = pen.draw(item.ink)
            x, y, *size = cv2.boundingRect((ink > 0.3).astype(np.uint8))
            ink = ink[y : y + size[1], x : x + size[0]]
            uneven = style.unevenness * rng.standard_normal(3).clip(-2, 2)
            # Digits are equally high, as in ``simulate``; of a mark the longer side tells.
            whole = ink.shape[0] if item.label else max(ink.shape)
            scale = item.size * (1 + uneven[0]) * unit / whole
            wide, high = (max(1, round(scale * side)) for side in ink.shape[::-1])
            sized = cv2.resize(ink, (wide, high), interpolation=cv2.INTER_AREA)
            down = row * style.line_distance + item.down + 0.7 * uneven[1] + margin
            top, start = round(down * unit - high / 2), round(left * unit)
            place = slice(top, top + high), slice(start, start + wide)
            sized = sized[: drawn[place].shape[0], : drawn[place].shape[1]]
            whose[place][sized > np.maximum(drawn[place], 0.2)] = number
            np.maximum(drawn[place], sized, out=drawn[place])
            left += wide / unit + style.spacing + 0.5 * abs(uneven[2])
        longest = max(longest, left - margin - style.spacing)
    down = (len(page) - 1) * style.line_distance
    return drawn, whose, (margin + longest / 2, margin + down / 2)


def photographed(
    name: str, page: Sequence[Sequence[Item]], rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Photograph a page; (H, W) uint8, dark ink on light, and whose ink each pixel is."""
    condition = name if name in conditions.PAGES else "neighbours touch"
    look = conditions.look_of(condition, max(map(len, page)), len(page), rng)
    style, pen, camera = look.pop("writing"), look["pen"], look["camera"]
    if name == TOUCHING:
        style = replace(style, spacing=rng.uniform(*OVERLAP))
    unit = style.height * min(camera.size)
    drawn, whose, middle = written(page, unit, style, pen, rng)
    through = simulate.to_photograph(unit, middle, camera)
    gray = reading.to_gray(simulate.photograph_drawing(drawn, through, unit, rng, **look))
    seen = cv2.warpPerspective(whose, through, camera.size, flags=cv2.INTER_NEAREST)
    # The lens makes ink a little wider.
    wider = cv2.dilate(seen, np.ones((5, 5), np.uint8))
    seen = np.where(seen > 0, seen, wider)
    return (255 - gray if sum(pen.colour) > sum(look["sheet"].colour) else gray), seen


def known(
    gray: np.ndarray, whose: np.ndarray, labels: Sequence[str], network: reading.Network
) -> Iterator[Known]:
    """Cut a page as the reader does, and tell which candidates are right.

    ``labels`` are the items', in the order in which ``whose`` counts them.
    """
    seen = look(gray)
    if seen is None:
        return
    whose = cv2.resize(whose, seen.mask.shape[::-1], interpolation=cv2.INTER_NEAREST)
    digits = np.array([False, *map(bool, labels)])
    in_all = np.maximum(np.bincount(whose[seen.writing], minlength=len(digits)), 1)
    found = writing(seen)
    height = pieces.typical_height(found, seen.pen)
    for each in lines.find_lines(found, height):
        line = lattice.build(each, height, seen.pen)
        amounts = np.zeros((len(line.segments), len(digits)))
        for amount, segment in zip(amounts, line.segments, strict=True):
            part = segment.piece
            place = whose[part.y : part.bottom, part.x : part.right]
            amount += np.bincount(place[part.mask], minlength=len(digits))
        right, left_out = judged(line, amounts, in_all, digits)
        images = [recipe.normalise_piece(seen, c.piece)[0] for c in line.candidates]
        probabilities = network.predict_probabilities(np.stack(images))
        yield Known(line, probabilities, right, left_out)


def judged(
    line: lattice.Line, amounts: np.ndarray, in_all: np.ndarray, digits: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Tell which candidates are one whole digit, and which segments are no part of any.

    Parameters
    ----------
    line : its S segments and C candidates
    amounts : (S, I) float
        How much ink of each item is in a segment; the first item is the paper.
    in_all : (I,) int
        How much ink each has on the page.
    digits : (I,) bool
        Which items are digits.

    Returns
    -------
    right : (C,) bool
    left_out : (S,) bool
    """
    left_out = (amounts / in_all)[:, digits].max(axis=1, initial=0) <= TOLERANCE
    right = []
    for candidate in line.candidates:
        amount = amounts[candidate.start : candidate.stop].sum(axis=0)
        most = int(np.argmax(amount))
        whole = amount[most] >= (1 - TOLERANCE) * in_all[most]
        alone = amount[most] >= (1 - TOLERANCE) * amount.sum()
        right.append(bool(digits[most] and whole and alone))
    return np.array(right), left_out


def made(run: measure.Run, learning: bool) -> list[Page]:
    """Make the pages to learn from, or those to compare on."""
    (x, y), network = conditions.digits(validation=True), load_numpy("cnn")
    half = len(x) // 2
    start, each = (0, LEARNED_FROM) if learning else (half, COMPARED_ON)
    found = []
    for kind, name in enumerate(run.chosen([*conditions.PAGES, TOUCHING])):
        for number in range(run(each, 2)):
            rng = np.random.default_rng([SEED, learning, kind, number])
            most, count = rng.integers(4, 10), rng.integers(2, 7)
            marked, page, wanted = bool(number % 2), [], []
            for _ in range(count):
                chosen = start + rng.integers(0, half, rng.integers(3, most + 1))
                digits = [Item(x[k], 1.0, 0.0, str(y[k])) for k in chosen]
                wanted.append("".join(item.label for item in digits))
                page.append(items(digits, marked, rng))
            gray, whose = photographed(name, page, rng)
            labels = [item.label for line in page for item in line]
            found.append(Page([*known(gray, whose, labels, network)], "/".join(wanted), marked))
    return found


# --- Learning ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Arcs:
    """What the paths through all lines consist of: candidates, and segments that are left out.

    Attributes
    ----------
    line, start, stop : (A,) int
        In which line, from which segment to before which.
    ends : (L,) int
        How many segments each line has.
    fixed : (A,) float
        The logarithm of the best probability, 0 for what is left out.
    features : (A, F) float
        What is multiplied by the costs.
    right : (A,) bool
        Whether right paths may go there.
    """

    line: np.ndarray
    start: np.ndarray
    stop: np.ndarray
    ends: np.ndarray
    fixed: np.ndarray
    features: np.ndarray
    right: np.ndarray

    @classmethod
    def of(cls, every: Sequence[Known]) -> "Arcs":
        """Put the arcs of several lines into arrays."""
        rows = []
        for number, each in enumerate(every):
            best = np.log(np.maximum(each.probabilities.max(axis=1), LEAST_PROBABILITY))
            rows += [
                (number, k, k + 1, 0.0, segment.features, each.left_out[k])
                for k, segment in enumerate(each.line.segments)
            ]
            rows += [
                (
                    number,
                    candidate.start,
                    candidate.stop,
                    best[k],
                    candidate.features,
                    each.right[k],
                )
                for k, candidate in enumerate(each.line.candidates)
            ]
        line, start, stop, fixed, features, right = map(np.array, zip(*rows, strict=True))
        ends = np.array([len(each.line.segments) for each in every])
        return cls(line, start, stop, ends, fixed, features, right)

    def totals(self, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Sum over all paths of each line.

        Parameters
        ----------
        scores : (A,) float
            The arcs' logarithms; −inf where no path may go.

        Returns
        -------
        total : (L,) float
            The logarithm of the sum of e^score over the line's paths; −inf if there is none.
        share : (A,) float
            What part of that sum has the paths through an arc; 0 where there is none.
        """
        before = np.full((len(self.ends), self.ends.max() + 1), -np.inf)
        after = before.copy()
        before[:, 0] = 0
        after[np.arange(len(self.ends)), self.ends] = 0
        for place in range(1, before.shape[1]):
            k = np.flatnonzero(self.stop == place)
            to = self.line[k], self.stop[k]
            np.logaddexp.at(before, to, before[self.line[k], self.start[k]] + scores[k])
        for place in reversed(range(before.shape[1] - 1)):
            k = np.flatnonzero(self.start == place)
            to = self.line[k], self.start[k]
            np.logaddexp.at(after, to, after[self.line[k], self.stop[k]] + scores[k])
        total = after[:, 0]
        through = before[self.line, self.start] + scores + after[self.line, self.stop]
        possible = np.isfinite(through)
        share = np.zeros(len(scores))
        share[possible] = np.exp(through[possible] - total[self.line[possible]])
        return total, share

    def has_right(self) -> np.ndarray:
        """Whether a line has a right path; (L,) bool."""
        return np.isfinite(self.totals(np.where(self.right, 0.0, -np.inf))[0])

    def likelihood(self, costs: np.ndarray) -> tuple[float, np.ndarray]:
        """Mean logarithm of the right paths' share in each line, and its gradient by the costs."""
        scores = self.fixed - self.features @ costs
        every, in_all = self.totals(scores)
        right, in_right = self.totals(np.where(self.right, scores, -np.inf))
        gradient = (in_all - in_right) @ self.features
        return float((right - every).mean()), gradient / len(self.ends)


def learned(arcs: Arcs, typed: np.ndarray) -> np.ndarray:
    """Climb to the costs under which the right paths are likeliest; (F,) → (F,) float.

    In logarithms of the costs, so that none is below 0 and each moves at its own scale. A step that
    leads up is made longer the next time, one that leads down is taken back and halved.
    """
    weight = 1 / len(arcs.ends) / SPREAD**2

    def objective(change: np.ndarray) -> tuple[float, np.ndarray]:
        costs = typed * np.exp(change)
        value, gradient = arcs.likelihood(costs)
        return value - weight * float(change @ change) / 2, gradient * costs - weight * change

    change, step = np.zeros(len(typed)), 1.0
    value, gradient = objective(change)
    for _ in range(STEPS):
        there = objective(change + step * gradient)
        if there[0] > value:
            change, step = change + step * gradient, 1.5 * step
            value, gradient = there
        else:
            step /= 2
    return typed * np.exp(change)


def usable(pages: Sequence[Page]) -> tuple[Arcs, int]:
    """Take the lines that have a right path; return how many have none.

    These were lost before the lattice: a rule took a digit's ink, or two lines are one.
    """
    every = [line for page in pages for line in page.lines]
    has_right = Arcs.of(every).has_right()
    kept = [line for line, has in zip(every, has_right, strict=True) if has]
    return Arcs.of(kept), len(every) - len(kept)


# --- Comparing -----------------------------------------------------------------------------------


def edits(pages: Sequence[Page], typed: np.ndarray, costs: np.ndarray) -> dict[str, Any]:
    """Read pages with other costs than today's; digits to insert, delete or replace."""
    found: dict[str, Any] = {}
    for page in pages:
        got = []
        for each in page.lines:
            # The reader multiplies by its own costs.
            line = lattice.Line(
                [replace(s, features=s.features * costs / typed) for s in each.line.segments],
                [replace(c, features=c.features * costs / typed) for c in each.line.candidates],
            )
            _, chosen = lattice.best_path(line, each.probabilities)
            got.append("".join(str(each.probabilities[k].argmax()) for k in chosen))
        wrong = readings.edit_distance("/".join(filter(None, got)), page.text)
        kind = "with marks" if page.marked else "digits only"
        found[kind] = found.get(kind, 0) + wrong
    return found


def rounded(costs: np.ndarray) -> np.ndarray:
    """Round to two digits, as they stand in ``limits.py``."""
    return np.array([measure.significant(float(cost), 2) for cost in costs])


def costs(run: measure.Run) -> dict[str, Any]:
    """Learn the costs, and compare them with today's on other pages."""
    typed = np.array([COSTS[name] for name in lattice.FEATURES])
    learning, comparing = made(run, learning=True), made(run, learning=False)
    (arcs, without), (held_out, others) = usable(learning), usable(comparing)
    new = rounded(learned(arcs, typed))
    both = {"typed": typed, "learned": new}
    return {
        "costs": {
            name: {"typed": float(a), "learned": float(b)}
            for name, a, b in zip(lattice.FEATURES, typed, new, strict=True)
        },
        "lines": {
            "learned_from": len(arcs.ends),
            "compared_on": len(held_out.ends),
            "no_right_path": without + others,
        },
        "digits": sum(character != "/" for page in comparing for character in page.text),
        "log_likelihood": {
            name: {
                "learned_from": measure.significant(arcs.likelihood(values)[0]),
                "compared_on": measure.significant(held_out.likelihood(values)[0]),
            }
            for name, values in both.items()
        },
        "edits": {name: edits(comparing, typed, values) for name, values in both.items()},
    }


BENCHMARK = measure.Benchmark(
    "priors", __doc__, {"costs": costs}, packages=("numpy", "opencv-python-headless")
)

if __name__ == "__main__":
    cv2.setNumThreads(1)
    sys.exit(measure.command(BENCHMARK))
