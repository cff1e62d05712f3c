"""The project: a reader of one's own, marked by what it does with pictures that nobody has seen.

The answer to each part is the same dictionary of four functions, the *reader*. Pictures, networks
and labels are made afresh each time; no photograph of a person's is among them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import cv2
import numpy as np

from digitrec import evaluate, forward, mnist, networks, simulate
from digitrec.checks.asking import CHECKS, Unanswered, Verdict, Wrong, ask, check, say
from digitrec.checks.comparing import Case, array, same, settle
from digitrec.checks.looping import no_loop
from digitrec.scene import Camera, Light, Paper, Pen

#: What each part is worth.
PROJECT_POINTS: dict[str, int] = {
    "project_prepare": 2,
    "project_forward": 2,
    "project_reads": 1,
    "project_reads_well": 1,
    "project_decide": 2,
    "project_report": 2,
}
PARTS = ("prepare", "forward", "decide", "report")
#: How many pictures are read, and what share of them has to be read right.
PICTURES, READS, READS_WELL = 120, 0.60, 0.87


def project(reader: Any) -> Verdict:
    """Mark a reader: print a line for each part, then the points."""
    earned = {name: bool(CHECKS[name](reader)) for name in PROJECT_POINTS}
    for name, worth in PROJECT_POINTS.items():
        print(f"  {name:<20} {worth * earned[name]} of {worth}")
    points = sum(worth for name, worth in PROJECT_POINTS.items() if earned[name])
    total = sum(PROJECT_POINTS.values())
    say("✓" if points == total else "✗", f"project: {points} of {total} points.")
    return Verdict(points == total, f"{points} of {total} points.")


def _part(reader: Any, name: str) -> Callable[..., Any]:
    """Return one of a reader's functions."""
    if not isinstance(reader, Mapping):
        raise Wrong(
            f"expected a dictionary of functions, {', '.join(PARTS)}; found {type(reader).__name__}"
        )
    found = reader.get(name)
    if found is None or found is Ellipsis:
        raise Unanswered(f"there is no function {name!r} in it yet.")
    if isinstance(found, type) or not callable(found):
        raise Wrong(f"expected a function as {name!r}, found {type(found).__name__}.")
    return found  # type: ignore[no-any-return]


def _drawing(rng: np.random.Generator, digit: int, *, dark: bool) -> tuple[np.ndarray, np.ndarray]:
    """Draw a digit off the middle of grey paper; return it, and its ink in a box of 20 × 20."""
    font = str(rng.choice(simulate.FONTS))
    ink = simulate.font_digit(font, digit, int(rng.integers(50, 90)))  # (h, w)
    h, w = ink.shape
    top, left = (int(k) for k in rng.integers(15, 50, 2))
    cover = np.zeros((h + top + int(rng.integers(15, 70)), w + left + int(rng.integers(15, 70))))
    cover[top : top + h, left : left + w] = ink / 255
    paper, pen = (200.0, 40.0) if dark else (30.0, 220.0)
    picture = paper + (pen - paper) * cover + rng.normal(0, 1.5, cover.shape)
    sides = (max(1, round(20 * w / max(h, w))), max(1, round(20 * h / max(h, w))))
    boxed = cv2.resize(ink, sides, interpolation=cv2.INTER_AREA)
    return picture.clip(0, 255).astype(np.uint8), boxed


def _extent(inked: np.ndarray) -> tuple[int, int]:
    """Return the first and the last place with ink."""
    places = np.flatnonzero(inked)
    return int(places[0]), int(places[-1])


@check
def project_prepare(answer: Any) -> None:
    """``prepare(picture)``: a grey picture of one digit → (28, 28) uint8 as MNIST's are."""
    prepare = _part(answer, "prepare")
    rng = np.random.default_rng()
    digits = [7, 4, *(int(digit) for digit in rng.permutation(10))]
    for number, digit in enumerate(digits):
        dark = number % 2 == 0
        picture, boxed = _drawing(rng, digit, dark=dark)
        kind = "dark ink on bright paper" if dark else "bright ink on dark paper"
        result = ask(prepare, picture)
        image = array(result, (28, 28), "an image")
        if np.asarray(result).dtype != np.uint8:
            raise Wrong(f"expected uint8, as MNIST's are, found {np.asarray(result).dtype}.")
        if np.median(image) > 127:
            raise Wrong(f"with {kind} the paper comes out bright; MNIST's paper is 0.")
        if np.median(image) > 20:
            raise Wrong(
                f"with {kind} the paper comes out grey, {np.median(image):.0f}; MNIST's is 0."
            )
        if image.max() < 200:
            raise Wrong(f"with {kind} the ink is {image.max():.0f} at most; it should near 255.")
        top, bottom = _extent((image > 60).any(axis=1))
        left, right = _extent((image > 60).any(axis=0))
        high, wide = bottom - top + 1, right - left + 1
        if not 19 <= max(high, wide) <= 21:
            raise Wrong(
                f"the digit is {high} pixels high and {wide} wide; the longer side should be 20."
            )
        if abs(high - boxed.shape[0]) > 2.5 or abs(wide - boxed.shape[1]) > 2.5:
            raise Wrong(
                f"the digit is {high} pixels high and {wide} wide; with its own aspect ratio it "
                f"would be {boxed.shape[0]} high and {boxed.shape[1]} wide."
            )
        rows, columns = np.indices(image.shape)
        centre = ((rows * image).sum() / image.sum(), (columns * image).sum() / image.sum())
        if max(abs(centre[0] - 14), abs(centre[1] - 14)) > 1.0:
            raise Wrong(
                f"its centre of mass is at row {centre[0]:.1f}, column {centre[1]:.1f}; it should "
                "be at 14, 14. (The middle of its box is another place.)"
            )
        part = cv2.resize(image[top : bottom + 1, left : right + 1], boxed.shape[::-1])
        ways = {"as it is": boxed, "mirrored": boxed[:, ::-1], "upside down": boxed[::-1]}
        ways["upside down and mirrored"] = boxed[::-1, ::-1]
        like = {way: float(np.corrcoef(part.ravel(), v.ravel())[0, 1]) for way, v in ways.items()}
        nearest = max(like, key=lambda way: like[way])
        if digit in (4, 7) and nearest != "as it is":
            raise Wrong(f"the digit comes out {nearest}.")
        if like["as it is"] < 0.6:
            raise Wrong(f"with {kind} a {digit} comes out as something else than was drawn.")


def _weights(rng: np.random.Generator, hidden: tuple[int, int]) -> dict[str, np.ndarray]:
    sizes = (784, *hidden, 10)
    made: dict[str, np.ndarray] = {}
    for name, inputs, units in zip(
        ("dense1", "dense2", "logits"), sizes[:-1], sizes[1:], strict=True
    ):
        made[f"{name}/kernel"] = rng.normal(0, 2 / np.sqrt(inputs), (inputs, units))
        made[f"{name}/bias"] = rng.normal(0, 1, units)
    return made


@check
def project_forward(answer: Any) -> None:
    """``forward(x, weights)``: logits of chapter 2's network for raw images (N, 28, 28)."""
    function = _part(answer, "forward")
    rng = np.random.default_rng()
    cases = []
    for n, hidden in ((6, (25, 15)), (1, (7, 9)), (4, (12, 12))):
        w = _weights(rng, hidden)
        x = rng.integers(0, 256, (n, 28, 28)).astype(np.uint8)

        def run(
            a: np.ndarray, w: dict[str, np.ndarray] = w, *, relu: bool = True, bias: bool = True
        ) -> np.ndarray:
            for name in ("dense1", "dense2", "logits"):
                a = a @ w[f"{name}/kernel"] + bias * w[f"{name}/bias"]
                if name != "logits" and relu:
                    a = forward.relu(a)
            return a

        flat = x.reshape(n, 784) / 255
        z = run(flat)
        turned = x.transpose(0, 2, 1).reshape(n, 784) / 255
        mistakes = (
            (run(flat * 255), "the pixels are not scaled: divide by 255."),
            (run(flat * 255 / 256), "the pixels are divided by 256; white is 255."),
            (run(flat / 255), "the pixels are scaled twice."),
            (run(turned), "the image is laid out column by column; its rows come one by one."),
            (run(flat, relu=False), "there is no ReLU between the layers."),
            (run(flat, bias=False), "the biases are missing."),
            (forward.relu(z), "the last layer has no ReLU: it gives logits."),
            (forward.softmax(z), "these are probabilities; logits are asked for."),
            (z.argmax(axis=1), "these are readings; logits are asked for."),
        )
        cases.append(Case((x, w), z, "logits", mistakes, f"{n} images and a network of its own"))
    settle(function, cases)
    w = _weights(rng, (5, 5))
    few, many = (rng.integers(0, 256, (n, 28, 28)).astype(np.uint8) for n in (2, 600))
    no_loop(function, (few, w), (many, w), "images")


def _photographs(rng: np.random.Generator) -> tuple[list[np.ndarray], np.ndarray]:
    """Render digits of MNIST's training images as grey pictures, every third one light on dark."""
    images, labels = mnist.read_training()
    chosen = rng.permutation(len(labels))[:PICTURES]
    pictures = []
    for number, k in enumerate(chosen):
        colour = simulate.photograph(
            images[k],
            rng,
            height=rng.uniform(0.35, 0.65),
            position=(rng.uniform(0.42, 0.58), rng.uniform(0.42, 0.58)),
            pen=Pen(width=rng.uniform(0, 0.02)),
            paper=Paper(texture=0.0),
            light=Light(brightness=rng.uniform(0.75, 1.0), gradient=rng.uniform(0, 0.08)),
            camera=Camera(
                size=(160, 160), rotation=rng.uniform(-4, 4), blur=0.002, noise=rng.uniform(0, 2)
            ),
        )
        grey = colour.mean(axis=2).astype(np.uint8)
        pictures.append(255 - grey if number % 3 == 2 else grey)
    return pictures, labels[chosen]


def _accuracy(answer: Any) -> float:
    """Return how many rendered digits a reader reads, with the course's dense network."""
    prepare, function = _part(answer, "prepare"), _part(answer, "forward")
    pictures, y = _photographs(np.random.default_rng())
    images = [array(ask(prepare, picture), (28, 28), "an image") for picture in pictures]
    x = np.stack(images).clip(0, 255).astype(np.uint8)
    weights, _ = networks.read_weights(networks.WEIGHTS_FOLDER / "dense")
    z = array(ask(function, x, dict(weights)), (len(x), 10), "logits")
    return evaluate.accuracy(y, z.argmax(axis=1))


def _asked(answer: Any, share: float) -> None:
    accuracy = _accuracy(answer)
    if accuracy < share:
        raise Wrong(
            f"prepare and forward together read {accuracy:.0%} of {PICTURES} rendered digits; "
            f"{share:.0%} are asked for."
        )


@check
def project_reads(answer: Any) -> None:
    """``prepare`` and ``forward`` together read most rendered digits."""
    _asked(answer, READS)


@check
def project_reads_well(answer: Any) -> None:
    """``prepare`` and ``forward`` together read nearly all rendered digits that can be read."""
    _asked(answer, READS_WELL)


@check
def project_decide(answer: Any) -> None:
    """``decide(logits, least)``: the digit where its probability is at least so much, else −1."""
    function = _part(answer, "decide")
    rng = np.random.default_rng()
    cases = []
    for n, least in ((12, 0.5), (15, 0.8), (9, 0.25)):
        z = rng.normal(0, 2, (n, 10))
        z[0], z[1], z[2] = 0.0, 0.0, 0.0
        z[0, 0], z[1, 4] = 9.0, 1000.0  # a sure 0, a very sure 4, and one that knows nothing
        p = forward.softmax(z)
        top, sure = p.argmax(axis=1), p.max(axis=1) >= least
        expected = np.where(sure, top, -1)
        with np.errstate(all="ignore"):
            plain = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
        mistakes = (
            (top, "every image is answered; where the probability is too low it should be −1."),
            (np.where(sure, -1, top), "the other way round: the sure ones are answered."),
            (np.where(z.max(axis=1) >= least, top, -1), "that compares logits, no probabilities."),
            (np.where(sure, p.max(axis=1), -1), "give the digit, not its probability."),
            (np.where(sure, top, 0), "0 is a digit; what is not answered is −1."),
            (np.where(sure, top, 10), "what is not answered is −1."),
            (top[sure], "each image has an answer; what is not answered is −1."),
            (
                np.where(plain.max(axis=1) >= least, plain.argmax(axis=1), -1),
                "exp overflows with a logit of 1000. Subtract each row's largest first.",
            ),
            (np.where(p.max(axis=1) >= 0.5, top, -1), "compare with the number that is given."),
        )
        telling = [m for m in mistakes if not same(m[0], expected)]
        given = f"{n} images and a least probability of {least}"
        cases.append(Case((z, least), expected, "one answer an image", telling, given, whole=True))
    settle(function, cases)


@check
def project_report(answer: Any) -> None:
    """``report(y, readings)``: answered, accuracy, confusion and interval of what was read."""
    function = _part(answer, "report")
    rng = np.random.default_rng()
    for n in (200, 60):
        y = rng.integers(0, 10, n)
        readings = np.where(rng.random(n) < 0.8, y, rng.integers(0, 10, n))
        readings[rng.random(n) < 0.2] = -1
        told = readings >= 0
        result = ask(function, y, readings)
        if not isinstance(result, Mapping):
            raise Wrong(f"expected a dictionary, found {type(result).__name__}.")
        missing = [k for k in ("answered", "accuracy", "confusion", "interval") if k not in result]
        if missing:
            raise Wrong(f"there is no {missing[0]!r} in the report.")
        answered = array(result["answered"], (), "one number for 'answered'").item()
        if same(answered, told.sum()):
            raise Wrong("'answered' is a share from 0 to 1; this is how many.")
        if not same(answered, told.mean()):
            raise Wrong(f"'answered' should be {told.mean():.4f}, yours is {answered:.4f}.")
        right = int((y == readings).sum())
        accuracy = array(result["accuracy"], (), "one number for 'accuracy'").item()
        if same(accuracy, right / n):
            raise Wrong("'accuracy' is the share of the answered ones; this is of all.")
        if not same(accuracy, right / told.sum()):
            raise Wrong(f"'accuracy' should be {right / told.sum():.4f}, yours is {accuracy:.4f}.")
        matrix = evaluate.confusion_matrix(y[told], readings[told])
        confusion = array(result["confusion"], (10, 10), "ten rows of ten for 'confusion'")
        wrapped = matrix.copy()  # −1 as an index is the last column
        np.add.at(wrapped, (y[~told], -1), 1)
        for value, hint in (
            (matrix.T, "in 'confusion' a row is a true digit, a column what was read."),
            (wrapped, "in 'confusion' −1 counts as a 9: as an index it is the last place."),
            (matrix / n, "'confusion' counts images; these are shares."),
        ):
            if same(confusion, value) and not same(confusion, matrix):
                raise Wrong(hint)
        if not same(confusion, matrix):
            i, j = np.argwhere(confusion != matrix)[0]
            raise Wrong(
                f"confusion[{i}, {j}] should be {matrix[i, j]}, yours is {confusion[i, j]:g}."
            )
        interval = array(result["interval"], (2,), "two numbers for 'interval'")
        expected = np.array(evaluate.wilson_interval(right, int(told.sum())))
        p, m = right / told.sum(), int(told.sum())
        half = 1.96 * np.sqrt(p * (1 - p) / m)
        for value, hint in (
            (expected[::-1], "'interval' begins with the lower end."),
            (np.array(evaluate.wilson_interval(right, n)), "'interval' is of the answered ones."),
            (np.array([p - half, p + half]), "that is p ± 1.96 √(p(1 − p)/n); Wilson's is asked."),
        ):
            if same(interval, value, 1e-4):
                raise Wrong(hint)
        if not same(interval, expected, 1e-4):
            raise Wrong(
                f"'interval' should be {expected[0]:.4f} to {expected[1]:.4f}, yours is "
                f"{interval[0]:.4f} to {interval[1]:.4f}."
            )
