"""Checks of chapter 3: weights, and a network, in few bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from digitrec import mnist
from digitrec.checks.asking import Unanswered, Wrong, ask, check
from digitrec.checks.comparing import array
from digitrec.checks.holding import held

#: What ``small_file`` asks for: bytes at most, and accuracy at least, of ``FILE_IMAGES`` images.
FILE_BYTES, FILE_ACCURACY, FILE_IMAGES = 16_000, 0.93, 5_000


@check
def to_int8(answer: Any) -> None:
    """``to_int8(W)``: (q, scale) with q int8 and q · scale as near to W as can be."""
    rng = np.random.default_rng()
    mixed = rng.normal(0, 0.2, (6, 5))
    mixed.flat[rng.integers(30)] = -1.2 * np.abs(mixed).max()  # no matter what W.max() is
    negative = -rng.uniform(0.1, 3, (4, 4))
    large = rng.normal(0, 40, (3, 7))
    for W in (mixed, negative, large, np.zeros((2, 3))):
        result = ask(answer, W)
        try:
            q, scale = result
        except Exception:  # noqa: BLE001 (whatever cannot be unpacked)
            raise Wrong(
                f"expected two values, q and scale, found {type(result).__name__}."
            ) from None
        step = array(scale, (), "one number for scale").item()
        values = array(q, W.shape, "whole numbers like W")
        kind = np.asarray(q).dtype
        if kind != np.int8:
            raise Wrong(f"expected q as int8, one byte each; found {kind}.")
        if not W.any():
            if values.any() or not np.isfinite(step) or step == 0:
                raise Wrong("where all weights are 0, q is 0 and scale a number above 0: 0/0.")
            continue
        if not np.isfinite(step) or step <= 0:
            negative_too = " np.abs(W).max() is above 0." if W.max() < 0 and step < 0 else ""
            raise Wrong(f"expected a scale above 0, found {step:g}.{negative_too}")
        most = np.abs(W).max()
        off = np.abs(values * step - W)
        # A largest weight that is negative may be −128: that fits.
        if (values[most == W] == -128).any():
            raise Wrong("the largest weight turns negative: int8 ends at 127, and 128 wraps round.")
        if off.max() > step * 1.01:
            k = np.unravel_index(int(off.argmax()), W.shape)
            whole = round(float(W[k] / step))
            if abs(whole) > 127 and (whole - values[k]) % 256 == 0:
                furthest = (
                    "The weight that is furthest from 0 may be a negative one."
                    if np.isclose(step * 127, W.max())
                    else "The weight that is furthest from 0 should be 127 steps."
                )
                raise Wrong(
                    f"a weight of {W[k]:.4g} would be {whole} steps of {step:.4g}. That does not "
                    f"fit an int8, and wraps round to {values[k]:.0f}. {furthest}"
                )
            if np.abs(values).max() > 100:
                raise Wrong(
                    f"a weight of {W[k]:.4g} becomes {values[k]:.0f} · {step:.4g} = "
                    f"{values[k] * step:.4g}: more than a step away."
                )
        if off.max() > step * 0.501:
            if (values == np.trunc(W / step)).all():
                raise Wrong("astype cuts off what is behind the point; np.rint rounds.")
            k = np.unravel_index(int(off.argmax()), W.shape)
            raise Wrong(
                f"a weight of {W[k]:.6g} becomes {values[k]:.0f} · {step:.6g}: that is more than "
                "half a step away, and another whole number is nearer."
            )
        if step > most / 127 * 1.001:
            raise Wrong(
                f"the steps are larger than need be: the largest weight becomes "
                f"{np.abs(values).max():.0f}, and there is room up to 127."
            )
        if step < most / 127 * 0.999:
            raise Wrong("the steps are smaller than a 127th of the largest weight.")


def _only_arrays(arrays: Mapping[Any, Any]) -> None:
    """Raise ``Wrong`` where a value is no array, or an empty one."""
    for name, value in arrays.items():
        if not isinstance(value, np.ndarray):
            kind = type(value).__name__
            number = isinstance(value, int | float | np.generic)
            what = f" Make it an array: np.array({name})." if number else ""
            raise Wrong(f"expected a NumPy array for {name!r}, found {kind}.{what}")
        if not value.nbytes:
            raise Wrong(f"{name!r} is an array with no numbers in it.")


@check
def small_file(answer: Any) -> None:
    """``small_file``: (arrays, read), a network in few bytes that still reads."""
    try:
        arrays, read = answer
        if callable(arrays) and isinstance(read, Mapping):
            raise Wrong("the other way round, please: first the arrays, then the function.")
        if not isinstance(arrays, Mapping) or not len(arrays):
            raise TypeError
        arrays = dict(arrays)
        _only_arrays(arrays)
    except Wrong:
        raise
    except Exception:  # noqa: BLE001 (whatever is no pair, no dictionary)
        raise Wrong(
            f"expected a pair (arrays, read), arrays a dictionary of NumPy arrays, found "
            f"{type(answer).__name__}."
        ) from None
    sizes = {str(name): value.nbytes for name, value in arrays.items()}
    if any(value.dtype == object for value in arrays.values()):
        raise Wrong("an array of objects holds more than its own bytes; use numbers.")
    total = sum(sizes.values())
    if total > FILE_BYTES:
        kinds = {str(name): value.dtype for name, value in arrays.items()}
        most = max(sizes, key=lambda name: sizes[name])
        raise Wrong(
            f"the arrays take {total:,} bytes, {FILE_BYTES:,} are allowed. The largest is {most} "
            f"with {sizes[most]:,}, as {kinds[most]}."
        )
    elsewhere = held(read)
    if elsewhere:
        raise Wrong(
            f"read uses {elsewhere}, which is none of its arguments. Whatever numbers it needs "
            "belong into arrays; only modules and functions may come from elsewhere."
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
