"""The project: a reader of one's own, marked by what it does with pictures that nobody has seen.

The answer to each part is the same dictionary of four functions, the *reader*. Pictures, networks
and labels are made afresh each time; no photograph of a person's is among them.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from digitrec import mnist, networks
from digitrec.checks.asking import CHECKS, Verdict, Wrong, ask, check, say
from digitrec.checks.comparing import Case, array, settle
from digitrec.checks.looping import no_loop
from digitrec.checks.reporting import part

#: What each part is worth.
PROJECT_POINTS: dict[str, int] = {
    "project_prepare": 2,
    "project_forward": 2,
    "project_reads": 1,
    "project_reads_well": 1,
    "project_decide": 2,
    "project_report": 2,
}
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


def _drawing(rng: np.random.Generator, digit: int, *, dark: bool) -> tuple[np.ndarray, np.ndarray]:
    """Draw a digit off the middle of grey paper; return it, and its ink in a box of 20 × 20."""
    from digitrec import simulate  # by what marks alone, and not by what reads

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


def _extent(inked: Any) -> tuple[int, int]:
    """Return the first and the last place with ink."""
    places = np.flatnonzero(inked)
    return int(places[0]), int(places[-1])


def _likeness(found: np.ndarray, drawn: np.ndarray) -> float:
    """Correlate two digits (h, w), in −1 … 1, each with a line of paper around it.

    Without the line a slender 1, which fills its box, would be compared by its edges alone.
    """
    return float(np.corrcoef(np.pad(found, 1).ravel(), np.pad(drawn, 1).ravel())[0, 1])


@check
def project_prepare(answer: Any) -> None:
    """``prepare(picture)``: a grey picture of one digit → (28, 28) uint8 as MNIST's are."""
    prepare = part(answer, "prepare")
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
        top, bottom = _extent(np.any(image > 60, axis=1))
        left, right = _extent(np.any(image > 60, axis=0))
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
        found = cv2.resize(image[top : bottom + 1, left : right + 1], boxed.shape[::-1])
        ways = {"as it is": boxed, "mirrored": boxed[:, ::-1], "upside down": boxed[::-1]}
        ways["upside down and mirrored"] = boxed[::-1, ::-1]
        like = {way: _likeness(found, inked) for way, inked in ways.items()}
        nearest = max(like, key=lambda way: like[way])
        if digit in (4, 7) and nearest != "as it is":
            raise Wrong(f"the digit comes out {nearest}.")
        if like["as it is"] < 0.65:
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
    function = part(answer, "forward")
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
                    a = np.maximum(a, 0)
            return a

        flat = x.reshape(n, 784) / 255
        z = run(flat)
        e = np.exp(z - z.max(axis=1, keepdims=True))
        turned = x.transpose(0, 2, 1).reshape(n, 784) / 255
        mistakes = (
            (run(flat * 255), "the pixels are not scaled: divide by 255."),
            (run(flat * 255 / 256), "the pixels are divided by 256; white is 255."),
            (run(flat / 255), "the pixels are scaled twice."),
            (run(turned), "the image is laid out column by column; its rows come one by one."),
            (run(flat, relu=False), "there is no ReLU between the layers."),
            (run(flat, bias=False), "the biases are missing."),
            (np.maximum(z, 0), "the last layer has no ReLU: it gives logits."),
            (e / e.sum(axis=1, keepdims=True), "these are probabilities; logits are asked for."),
            (z.argmax(axis=1), "these are readings; logits are asked for."),
        )
        cases.append(Case((x, w), z, "logits", mistakes, f"{n} images and a network of its own"))
    settle(function, cases)
    w = _weights(rng, (5, 5))
    few, many = (rng.integers(0, 256, (n, 28, 28)).astype(np.uint8) for n in (2, 600))
    no_loop(function, (few, w), (many, w), "images")


def _photographs(rng: np.random.Generator) -> tuple[list[np.ndarray], np.ndarray]:
    """Render digits of MNIST's training images as grey pictures, every third one light on dark."""
    from digitrec import simulate
    from digitrec.scene import Camera, Light, Paper, Pen

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
        pictures.append(255 - grey if number % 2 == 1 else grey)
    return pictures, labels[chosen]


def _read(answer: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the digits rendered, what a reader reads, and what the network's definition would."""
    prepare, function = part(answer, "prepare"), part(answer, "forward")
    pictures, y = _photographs(np.random.default_rng())
    images = [array(ask(prepare, picture), (28, 28), "an image") for picture in pictures]
    x = np.nan_to_num(np.stack(images)).clip(0, 255).astype(np.uint8)
    weights, _ = networks.read_weights(networks.WEIGHTS_FOLDER / "dense")
    z = array(ask(function, x, dict(weights)), (len(x), 10), "logits")
    return y, z.argmax(axis=1), networks.load_numpy("dense").predict(x).argmax(axis=1)


def _asked(answer: Any, share: float) -> None:
    """Raise ``Wrong``, with what was measured, if less than this share is read right."""
    y, readings, defined = _read(answer)
    right = readings == y
    accuracy = right.mean()
    if accuracy >= share:
        return
    found = (
        f"prepare and forward together read {accuracy:.0%} of {PICTURES} rendered digits; "
        f"{share:.0%} are asked for"
    )
    if len(set(readings.tolist())) == 1:
        raise Wrong(f"{found}. Every picture is read as a {readings[0]}.")
    if (defined == y).mean() > accuracy + 0.1:
        raise Wrong(
            f"{found}. Chapter 3's network reads {(defined == y).mean():.0%} of the same prepared "
            "images, so it is forward that loses them."
        )
    light = np.arange(len(y)) % 2 == 1
    if right[~light].mean() > right[light].mean() + 0.3:
        raise Wrong(
            f"{found}. It is the bright ink on dark paper: of these it reads "
            f"{right[light].mean():.0%}, of the others {right[~light].mean():.0%}."
        )
    if right[light].mean() > right[~light].mean() + 0.3:
        raise Wrong(
            f"{found}. It is the dark ink on bright paper: of these it reads "
            f"{right[~light].mean():.0%}, of the others {right[light].mean():.0%}."
        )
    raise Wrong(
        f"{found}. Chapter 3's network reads as little of the same prepared images, so it is "
        "prepare that loses them."
    )


@check
def project_reads(answer: Any) -> None:
    """``prepare`` and ``forward`` together read most rendered digits."""
    _asked(answer, READS)


@check
def project_reads_well(answer: Any) -> None:
    """``prepare`` and ``forward`` together read nearly all rendered digits that can be read."""
    _asked(answer, READS_WELL)
