"""Figures that a reader of the book's page can ask questions; anywhere else they are pictures.

The page has what such a figure needs: modules and a style sheet (``book/_static/try/``). A notebook
in JupyterLab or Colab has not, so there each is the picture that :mod:`digitrec.plots` draws of the
same numbers.
"""

from __future__ import annotations

import base64
import io
import json
import os
import string
from collections.abc import Mapping
from html import escape
from typing import Any

import numpy as np
from PIL import Image

from digitrec import plots
from digitrec.evaluate import confusion_matrix
from digitrec.forward import Layer, Sequential, softmax

#: Set while the book is built (``book/_ext/kernel.py``).
PAGE = "DIGITREC_PAGE"
#: Images in a row of a sprite, and shades of grey in it: half the bytes, and to the eye the same.
COLUMNS, SHADES = 40, 16
#: A rounded weight is one of −12 … 12 times its filter's scale. Each of these steps is a letter, so
#: that what compresses the page sees which are frequent.
LEVELS = 12
LETTERS = string.ascii_letters[: 2 * LEVELS + 1]
STILL = "This is a still picture. The live one needs JavaScript."


class Interactive:
    """A figure, and what the book's page shows in its place.

    Parameters
    ----------
    figure
        Shown in a notebook.
    page
        HTML for the book's page.
    """

    def __init__(self, figure: plots.Figure, page: str) -> None:
        self.figure, self.page = figure, page

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        bundle = self.figure._repr_mimebundle_()
        return {**bundle, "text/html": self.page} if PAGE in os.environ else bundle


# --- The confusion matrix -------------------------------------------------------------------------


def confusion(
    y_true: Any, probabilities: np.ndarray, images: np.ndarray, most: int = 20
) -> Interactive:
    """Draw a confusion matrix whose cells show their images when they are pressed.

    Parameters
    ----------
    y_true : (N,) integer
        Labels.
    probabilities : (N, classes) float
        A network's; the class with the highest is its reading.
    images : (N, H, W) uint8
        What was read.
    most
        So many images of a cell are shown at most: of the mistakes those of which the network was
        surest, of the right readings those of which it was least sure.
    """
    y_true, probabilities = np.asarray(y_true), np.asarray(probabilities)
    predicted = probabilities.argmax(axis=1)
    matrix = confusion_matrix(y_true, predicted, probabilities.shape[1])
    if len(images) != len(y_true):
        raise ValueError(f"expected an image for each of {len(y_true)} labels, found {len(images)}")
    sure = probabilities.max(axis=1)
    mistakes = matrix - np.diag(np.diag(matrix))
    chosen: list[int] = []
    rows = []
    for row in range(len(matrix)):
        cells = []
        for column in range(len(matrix)):
            found = np.flatnonzero((y_true == row) & (predicted == column))
            order = np.argsort(sure[found] * (1 if row == column else -1), kind="stable")
            shown = found[order][:most]
            share = mistakes[row, column] / mistakes.max(initial=1)
            cells.append(_cell(found.size, share, len(chosen), shown, sure[shown]))
            chosen += shown.tolist()
        rows.append(f'<tr><th scope="row">{row}</th>{"".join(cells)}</tr>')
    names = "".join(f'<th scope="col">{name}</th>' for name in range(len(matrix)))
    head = (
        f'<thead><tr><td></td><th scope="colgroup" colspan="{len(matrix)}">read as</th></tr>'
        f'<tr><th scope="col">is a</th>{names}</tr></thead>'
    )
    page = (
        '<div class="try try-confusion" role="group" aria-label="Confusion matrix" '
        f'data-try="confusion" data-columns="{COLUMNS}" data-rows="{-(-len(chosen) // COLUMNS)}" '
        f'data-sprite="{_address(sprite(images[chosen]))}">'
        f'<table class="try-cells">{head}<tbody>{"".join(rows)}</tbody></table>'
        '<div class="try-live"></div></div>'
    )
    return Interactive(plots.confusion(matrix), page)


def _cell(count: int, share: float, first: int, shown: np.ndarray, sure: np.ndarray) -> str:
    """Return a cell: its count, how orange it is, and its images.

    Parameters
    ----------
    count
        How many images are in it; a zero is left out, as in the figure.
    share
        0–1: part of the most frequent mistake; 0 for the right readings.
    first
        Place of its first image in the sprite.
    shown, sure : (M,)
        Its images' numbers, and how sure of each the network was, 0–1.
    """
    data = f' data-count="{count}"' + (f' style="--share: {share:.2f}"' if share else "")
    if len(shown):
        percent = np.round(100 * sure).astype(int)
        data += (
            f' data-first="{first}" data-which="{_listed(shown)}" data-sure="{_listed(percent)}"'
        )
    return f"<td{data}>{count or ''}</td>"


def _listed(numbers: np.ndarray) -> str:
    return " ".join(map(str, numbers.tolist()))


def sprite(images: np.ndarray) -> bytes:
    """Put images side by side, 40 in a row, into one PNG of 16 shades.

    Parameters
    ----------
    images : (M, H, W) uint8
    """
    count, height, width = images.shape
    rows = max(1, -(-count // COLUMNS))
    tiles = np.zeros((rows * COLUMNS, height, width), np.uint8)
    tiles[:count] = images
    sheet = tiles.reshape(rows, COLUMNS, height, width).swapaxes(1, 2)
    step = 255 / (SHADES - 1)
    shades = np.round(sheet.reshape(rows * height, COLUMNS * width) / step).astype(np.uint8)
    picture = Image.fromarray(shades, "P")
    picture.putpalette([round(shade * step) for shade in range(SHADES) for _ in range(3)])
    buffer = io.BytesIO()
    picture.save(buffer, "png", bits=4, optimize=True)
    return buffer.getvalue()


def _address(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")


# --- An image's way through a network -------------------------------------------------------------


def way(network: Sequential, images: np.ndarray, labels: Any) -> Interactive:
    """Draw what each layer makes of an image; on the page, of one that is chosen, number by number.

    The page computes the network itself, with weights that are :func:`rounded`.

    Parameters
    ----------
    network
        Convolutions first, one dense layer last.
    images : (M, H, W) uint8
        To choose among; the first is drawn.
    labels : (M,) integer
        What they are.
    """
    outputs = network.outputs(images[:1])
    maps = {name: outputs[name][0] for name in shown_layers(network)}
    probabilities = softmax(outputs[network.layers[-1].name][0])
    figure = plots.way(images[0], maps, probabilities)
    alt = (
        f"The image of a {labels[0]}, then the maps of {', '.join(maps)}, then a bar for each "
        f"probability, of which that of {probabilities.argmax()} is longest."
    )
    still = _address(figure.png()) if PAGE in os.environ else ""
    data = json.dumps(pack(network, images, labels), separators=(",", ":"))
    page = (
        '<div class="try" id="try-way" role="group" aria-labelledby="try-way-title" '
        'data-try="way"><p class="try-title" id="try-way-title">Try it: an image’s way through the '
        f'network</p><script type="application/json">{data}</script><div class="try-live"></div>'
        f'<div class="try-still"><img src="{still}" alt="{escape(alt)}" loading="lazy">'
        f"<p>{STILL}</p></div></div>"
    )
    return Interactive(figure, page)


def shown_layers(network: Sequential) -> list[str]:
    """Return the layers whose maps are shown: the last step of each part that gives maps.

    A part is a layer with what follows it number by number: a normalisation, an activation.
    """
    names: list[str] = []
    started = False
    for layer, shape in zip(network.layers, network.shapes, strict=True):
        kind = type(layer).__name__
        if kind in ("Conv2D", "MaxPooling2D"):
            names.append(layer.name)
            started = True
        elif started and len(shape) == 3 and kind in ("BatchNormalization", "Activation"):
            names[-1] = layer.name
    return names


def rounded(network: Sequential) -> dict[str, np.ndarray]:
    """Return a network's arrays as the page has them: kernels in 25 steps for each filter.

    Returns
    -------
    dict
        As :attr:`digitrec.forward.Sequential.weights`, float32.
    """
    return {
        key: np.multiply(*_steps(array), dtype=np.float32) if array.ndim > 1 else array
        for key, array in network.weights.items()
    }


def _steps(kernel: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (…, F) int8 from −12 to 12, and (F,) float32 scales."""
    largest = np.abs(kernel).max(axis=tuple(range(kernel.ndim - 1)))
    scale = (np.where(largest > 0, largest, 1) / LEVELS).astype(np.float32)
    return np.clip(np.rint(kernel / scale), -LEVELS, LEVELS).astype(np.int8), scale


def pack(network: Sequential, images: np.ndarray, labels: Any) -> Mapping[str, Any]:
    """Return what the page computes a network with, to be written as JSON.

    A kernel is a letter for each weight, its step; other arrays are base64.
    """
    arrays: dict[str, Any] = {}
    for key, array in network.weights.items():
        if array.ndim > 1:
            values, scale = _steps(array)
            steps = "".join(LETTERS[value] for value in (values.ravel() + LEVELS).tolist())
            arrays[key] = {"shape": array.shape, "steps": steps, "scale": _text(scale)}
        else:
            arrays[key] = {"shape": array.shape, "float32": _text(array)}
    return {
        "architecture": [_description(layer) for layer in network.layers],
        "arrays": arrays,
        "letters": LETTERS,
        "inputShape": network.input_shape,
        "images": _text(images),
        "labels": np.asarray(labels).tolist(),
    }


def _description(layer: Layer) -> dict[str, Any]:
    """Return a layer as an entry of a description (:data:`digitrec.networks.ARCHITECTURES`)."""
    arguments = {name: getattr(layer, name) for name in layer.arguments}
    # The shortest text that is this float32 again: 0.001, not 0.0010000000474974513.
    plain = {
        name: float(str(value)) if isinstance(value, np.floating) else value
        for name, value in arguments.items()
    }
    return {"layer": type(layer).__name__, "name": layer.name, **plain}


def _text(array: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode("ascii")
