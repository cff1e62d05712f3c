"""The check of chapter 1's exercise on a file: any IDX file, and what is none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from digitrec.checks.asking import Wrong, ask, check
from digitrec.checks.comparing import Case, settle

Answer = Callable[..., Any]


def _idx(x: np.ndarray) -> bytes:
    sizes = b"".join(size.to_bytes(4, "big") for size in x.shape)
    return bytes([0, 0, 8, x.ndim]) + sizes + x.tobytes()


def _reads(answer: Answer, content: bytes) -> None:
    """Raise ``Wrong``, with the file in words, where a right file leads to an error."""
    try:
        ask(answer, content)
    except Wrong as wrong:
        if " raised " not in str(wrong):
            raise
        axes = content[3]
        sizes = [int.from_bytes(content[4 + 4 * k : 8 + 4 * k], "big") for k in range(axes)]
        raise Wrong(
            f"{str(wrong).rstrip('.')}. The file is a right one: it begins with 0, 0, 8, {axes}, "
            f"its {'sizes are' if axes > 1 else 'only size is'} {' × '.join(map(str, sizes))}, "
            f"and its numbers begin at byte {4 + 4 * axes}."
        ) from None


def _refuses(answer: Answer, content: bytes, why: str) -> None:
    def tried(given: bytes) -> str:
        try:
            answer(given)
        except ValueError:
            return "ValueError"
        except Exception as error:  # noqa: BLE001 (named below)
            return type(error).__name__
        return ""

    raised = ask(tried, content)
    if not raised:
        raise Wrong(f"{why}: that should raise a ValueError, and it gives an array.")
    if raised != "ValueError":
        raise Wrong(f"{why}: that should raise a ValueError; it raises {raised}.")


@check
def read_idx(answer: Answer) -> None:
    """``read_idx(content)``: the array in an IDX file's bytes; ValueError if it is none."""
    rng = np.random.default_rng()
    cases = []
    for shape in ((2, 3, 4), (300,), (260, 3, 2), (2, 3, 2, 2), (1, 4, 1)):
        x = rng.integers(0, 256, shape).astype(np.uint8)
        x.flat[:2] = 200, 7  # one above 127
        axes = f"{len(shape)} axes" if len(shape) > 1 else "one axis"
        cases.append(
            Case(
                (_idx(x),),
                x,
                "an array",
                (
                    (x.ravel(), "all pixels are there, in one row. The sizes say its shape."),
                    (x.view(np.int8), "bytes above 127 become negative: np.int8 is not np.uint8."),
                    (
                        x.ravel().reshape(shape, order="F"),
                        "the shape is right, the order is not: the last axis runs fastest.",
                    ),
                    (x.reshape(shape[::-1]), "the sizes are the other way round."),
                    (x / 255, "these are scaled; the bytes as they are, are asked for."),
                ),
                f"a file of {axes}",
            )
        )
    for case in cases:
        _reads(answer, *case.arguments)
    settle(answer, cases)
    kind = np.asarray(ask(answer, *cases[0].arguments)).dtype
    if kind != np.uint8:
        raise Wrong(f"the numbers are right, but their type is {kind}; a byte is a uint8.")
    whole = _idx(rng.integers(1, 256, (4, 5, 6)).astype(np.uint8))
    _refuses(answer, whole[:-1], "a file that is one byte too short")
    _refuses(answer, whole + b"\1", "a file that is one byte too long")
    _refuses(answer, whole[:2] + b"\x0d" + whole[3:], "a third byte of 13, which means float32")
    _refuses(answer, b"\x1f\x8b" + whole[2:], "a file that does not begin with two zeros")
