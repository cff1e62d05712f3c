"""Pages out of focus, and how sure a network is of their digits: to choose which to answer."""

from __future__ import annotations

import numpy as np

from digitrec import networks, reading, scene, simulate
from digitrec.reading import edges, lattice, lines, pieces, recipe
from digitrec.reading.look import look


def blurred_pages(
    images: np.ndarray, labels: np.ndarray, pages: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Read pages that are out of focus; return what the course's CNN says of each digit.

    Of the lines in which as many digits were found as were written.

    Parameters
    ----------
    images : (M, 28, 28) uint8
        The digits that the pages are written with.
    labels : (M,)
    pages : how many, of 45 digits each
    seed : everything random comes from it

    Returns
    -------
    (N, 10) probabilities and (N,) labels
    """
    rng = np.random.default_rng(seed)
    network = networks.load_numpy("cnn")
    probabilities, truths = [np.zeros((0, 10))], [labels[:0]]
    for _ in range(pages):
        written = rng.integers(0, len(images), (5, 9))
        photo = simulate.photograph_page(
            [[images[k] for k in line] for line in written],
            rng,
            writing=scene.Writing(height=0.085, spacing=0.6, unevenness=0.06),
            camera=scene.PageCamera(size=(800, 600), blur=0.0065),
        )
        ink = look(reading.to_gray(photo))
        if ink is None:
            continue
        writing = edges.writing(ink)
        height = pieces.typical_height(writing, ink.pen)
        for line, truth in zip(lines.find_lines(writing, height), written, strict=False):
            built = lattice.build(line, height, ink.pen)
            joined = [recipe.normalise_piece(ink, each.piece)[0] for each in built.candidates]
            p = network.predict_probabilities(np.stack(joined))
            chosen = lattice.best_path(built, p)[1]
            if len(chosen) == len(truth):
                probabilities.append(p[chosen])
                truths.append(labels[truth])
    return np.concatenate(probabilities), np.concatenate(truths)
