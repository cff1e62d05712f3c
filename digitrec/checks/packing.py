"""The check of chapter 3's open exercise: a network in few bytes."""

from __future__ import annotations

from typing import Any

import numpy as np

from digitrec import mnist
from digitrec.checks.asking import Unanswered, Wrong, ask, check
from digitrec.checks.comparing import array

#: What ``small_file`` asks for: bytes at most, and accuracy at least, of ``FILE_IMAGES`` images.
FILE_BYTES, FILE_ACCURACY, FILE_IMAGES = 16_000, 0.93, 5_000


@check
def small_file(answer: Any) -> None:
    """``small_file``: (arrays, read), a network in few bytes that still reads."""
    try:
        arrays, read = answer
        sizes = {str(name): value.nbytes for name, value in arrays.items()}
        floats = {n: v for n, v in arrays.items() if isinstance(v, np.ndarray)}
        if len(floats) != len(sizes) or not sizes or not all(v.nbytes for v in floats.values()):
            raise TypeError
    except Exception:  # noqa: BLE001 (whatever is no pair, no dictionary)
        raise Wrong(
            f"expected a pair (arrays, read), arrays a dictionary of NumPy arrays, found "
            f"{type(answer).__name__}."
        ) from None
    if any(value.dtype == object for value in arrays.values()):
        raise Wrong("an array of objects holds more than its own bytes; use numbers.")
    total = sum(sizes.values())
    if total > FILE_BYTES:
        most = max(sizes, key=lambda name: sizes[name])
        raise Wrong(
            f"the arrays take {total:,} bytes, {FILE_BYTES:,} are allowed. The largest is {most} "
            f"with {sizes[most]:,}, as {arrays[most].dtype}."
        )
    images, labels = mnist.read_training()
    _, validation = mnist.stratified_split(labels)
    x, y = images[validation][:FILE_IMAGES], labels[validation][:FILE_IMAGES]
    del images
    found = array(ask(read, x, arrays), y.shape, "one digit an image")
    accuracy = float((found == y).mean())
    if accuracy < FILE_ACCURACY:
        raise Wrong(
            f"it reads {accuracy:.1%} of the validation images; {FILE_ACCURACY:.0%} are asked for."
        )
    nothing = {name: np.zeros_like(value) for name, value in arrays.items()}
    try:
        blank = array(ask(read, x[:500], nothing), (500,), "one digit an image")
    except (Wrong, Unanswered):
        return  # without its weights it cannot read at all
    if float((blank == y[:500]).mean()) > 0.5:
        raise Wrong("with all arrays 0 it reads as well: it takes its weights from elsewhere.")
