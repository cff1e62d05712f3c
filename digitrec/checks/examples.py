"""The check of chapter 1's open exercise: a reader that learns from labelled examples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from digitrec import mnist
from digitrec.checks.asking import Wrong, ask, check
from digitrec.checks.comparing import array, same

Answer = Callable[..., Any]

#: What ``read_by_examples`` asks for, and how much it is given.
EXAMPLES, READ, READ_ACCURACY = 4_000, 1_000, 0.88


@check
def read_by_examples(answer: Answer) -> None:
    """``read_by_examples(x, examples, labels)``: the digits (N,), learned from labelled examples.

    The digits are renamed: an answer that knows MNIST by heart does not know these names.
    """
    rng = np.random.default_rng()
    images, y = mnist.read_training()
    chosen = rng.permutation(len(y))[: EXAMPLES + READ]
    images, own = images[chosen], y[chosen]
    y = rng.permutation(10).astype(np.uint8)[own]
    x, true = images[:READ], y[:READ]
    examples, labels = images[READ:], y[READ:]
    means = np.stack([examples[labels == k].mean(axis=0) for k in range(10)])
    nearest = np.argmin([((x - mean) ** 2).sum(axis=(1, 2)) for mean in means], axis=0)
    result = ask(answer, x, examples, labels)
    found = array(result, true.shape, "one digit an image")
    if not np.isin(found, np.arange(10)).all():
        raise Wrong("a reading is one of the digits 0 to 9.")
    accuracy = float((found == true).mean())
    few = array(ask(answer, x[:20], examples, labels), (20,), "one digit an image")
    if not same(few, found[:20]):
        raise Wrong(
            "twenty of the images are read otherwise when they come alone: a reading may not "
            "depend on the images beside it."
        )
    if accuracy >= READ_ACCURACY:
        return
    if _float_accuracy(answer, x[:200], examples, labels, true[:200]) > accuracy + 0.1:
        raise Wrong(
            f"it reads {accuracy:.1%}, and far more if the pixels are float: uint8 numbers wrap "
            "round (3 − 5 is 254), so the distances are not distances."
        )
    if len(set(found.tolist())) == 1:
        raise Wrong(f"it answers {found[0]:g} to every image.")
    if (found == nearest).mean() > 0.99:
        raise Wrong(f"that is the nearest mean, and it reads {accuracy:.1%}. Ask single examples.")
    if (found == own[:READ]).mean() > 0.8:
        raise Wrong(
            "these are the digits that you and I see; the labels that are given have other names, "
            "and nothing else is to be learned from."
        )
    recall = [(found[true == k] == k).mean() for k in range(10)]
    worst = int(np.argmin(recall))
    raise Wrong(
        f"it reads {accuracy:.1%} of the images; {READ_ACCURACY:.0%} are asked for. It finds the "
        f"least of what is called {worst}: {recall[worst]:.0%}."
    )


def _float_accuracy(
    answer: Answer, x: np.ndarray, examples: np.ndarray, labels: np.ndarray, true: np.ndarray
) -> float:
    """Return the share that is read if all pixels are float; 0 if that cannot be told."""
    try:
        result = ask(answer, x.astype(float), examples.astype(float), labels)
        return float((array(result, true.shape, "one digit an image") == true).mean())
    except Wrong:  # it takes uint8 alone
        return 0.0
