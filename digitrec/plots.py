"""Every figure of the book, in one style.

Each function returns a :class:`Figure`, which a notebook shows. All are equally wide, on a
transparent background, with text in a grey that reads on white and on near-black paper. Colours
are few, and chosen so that a colour-blind reader can tell them apart.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import matplotlib.figure
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.ticker import MaxNLocator, NullFormatter, PercentFormatter

from digitrec.evaluate import ReliabilityCurve

if TYPE_CHECKING:
    from digitrec.reading.lattice import Line

#: Inches. At 200 dots an inch, sharp at the width of the book's text on a dense screen.
WIDTH, DPI = 6.4, 200

#: Of middle lightness, so that they stand out from white and from black, and apart for colour-blind
#: readers too; the tests measure both.
BLUE, ORANGE, GREEN = "#2b7bba", "#d9650f", "#109f78"
PALETTE = (BLUE, ORANGE, GREEN, "#6048fc", "#cc183c")
INK = "#7a7a7a"  # text and axes: contrast above 4.1 on white and on the site's dark page

IMAGES = "gray"  # pixels, 0 black to 255 white, as the network sees them
SIGNED = "RdBu_r"  # weights: blue below zero, white at zero, red above
POSITIVE = "viridis"  # activations after a ReLU
MISTAKES = "Oranges"  # how often a mistake is made

STYLE = {
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "figure.dpi": DPI,
    "font.size": 12,
    "axes.titlesize": 12,
    "axes.labelsize": 12,
    "xtick.labelsize": 11,
    "ytick.labelsize": 11,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "axes.prop_cycle": cycler(color=PALETTE),
    "lines.linewidth": 2.0,
    "legend.frameon": False,
    "grid.color": INK,
    "grid.alpha": 0.25,
}


class Figure(matplotlib.figure.Figure):
    """A figure that shows itself in a notebook, once, at the book's resolution.

    Shown, it is its picture alone. A notebook holds on to all that it has shown, and what figures
    are drawn from takes some eight megabytes each. So change or save it before it is shown.
    """

    _picture: bytes | None = None

    def png(self) -> bytes:
        """Return the figure as the bytes of a PNG file with a transparent background."""
        if self._picture is not None:
            return self._picture
        buffer = io.BytesIO()
        self.savefig(buffer, format="png", dpi=DPI, facecolor="none", metadata={"Software": None})
        return buffer.getvalue()

    def savefig(self, *arguments: Any, **options: Any) -> None:
        """Save the figure, as Matplotlib does.

        Raises
        ------
        RuntimeError
            It has been shown, and would be empty.
        """
        if self._picture is not None:
            raise RuntimeError(
                "expected a figure that has not been shown yet, found one of which only the "
                "picture is left. Its method png() gives that."
            )
        super().savefig(*arguments, **options)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        # Jupyter asks for this first. Left to itself it would crop each figure to its own width.
        if self._picture is None:
            self._picture = self.png()
            self.clear()
        png = base64.b64encode(self._picture).decode("ascii")
        return {"image/png": png, "text/plain": "<figure>"}


def new_figure(
    height: float, rows: int = 1, columns: int = 1, **options: Any
) -> tuple[Figure, np.ndarray]:
    """Return an empty figure of the book's width and its axes, an array (rows, columns).

    Parameters
    ----------
    height
        Inches.
    options
        For Matplotlib's ``Figure.subplots``.
    """
    with mpl.rc_context(STYLE):  # type: ignore[arg-type]
        figure = Figure(figsize=(WIDTH, height), dpi=DPI, layout="constrained")
        axes = figure.subplots(rows, columns, squeeze=False, **options)
    return figure, axes


# --- Images ---------------------------------------------------------------------------------


def digit_grid(
    images: np.ndarray | Sequence[np.ndarray],
    titles: Sequence[Any] | None = None,
    *,
    wrong: Sequence[bool] | None = None,
    columns: int = 10,
    limits: tuple[float, float] | None = (0, 255),
    cmap: str = IMAGES,
    pixel_numbers: bool = False,
) -> Figure:
    """Draw images in rows, with a title above each.

    Parameters
    ----------
    images : (M, H, W) numbers, or M arrays (H, W) or (H, W, 3)
        What to draw.
    titles
        One for each image: a label, or a reading such as ``"4 → 9"``.
    wrong
        Marks titles: the ones that are True are orange and bold.
    columns
        Images a row.
    limits
        Values drawn black and white; None: each image's own smallest and largest.
    pixel_numbers
        Write each pixel's value into it.
    """
    if not len(images):
        raise ValueError("expected at least one image, found none")
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    tile = WIDTH / columns
    height = rows * (min(tile, 3.2) + (0.28 if titles is not None else 0.04)) + 0.05
    figure, axes = new_figure(height, rows, columns)
    for k, ax in enumerate(axes.flat):
        if k >= len(images):
            ax.set_axis_off()
            continue
        low, high = limits or (None, None)
        draw_image(ax, images[k], cmap=cmap, low=low, high=high)
        if titles is not None:
            marked = wrong is not None and bool(wrong[k])
            ax.set_title(
                str(titles[k]),
                loc="center",
                fontsize=11 if columns <= 10 else 9,
                color=ORANGE if marked else INK,
                fontweight="bold" if marked else "normal",
                pad=3,
            )
        if pixel_numbers:
            write_numbers(ax, images[k])
    return figure


def digit_pairs(
    above: Sequence[np.ndarray],
    below: Sequence[np.ndarray],
    titles: Sequence[Any],
    *,
    wrong: Sequence[bool] | None = None,
) -> Figure:
    """Draw two rows of images, what went in above what came out, with a title between.

    Parameters
    ----------
    above, below : M arrays (H, W) or (H, W, 3)
        The sizes may differ.
    titles
        One for each pair, drawn over the lower image: a reading.
    wrong
        Marks titles: the ones that are True are orange and bold.
    """
    if not len(above) == len(below) == len(titles):
        raise ValueError(
            f"expected as many images above as below and titles, "
            f"found {len(above)}, {len(below)} and {len(titles)}"
        )
    marks = [False] * len(above) + list(wrong if wrong is not None else [False] * len(above))
    return digit_grid(
        [*above, *below],
        [""] * len(above) + list(titles),
        wrong=marks,
        columns=len(above),
    )


def draw_image(
    ax: Axes,
    image: np.ndarray,
    *,
    cmap: str = IMAGES,
    low: float | None = None,
    high: float | None = None,
) -> None:
    """Draw one image (H, W) or (H, W, 3) without axes, each pixel a sharp square, framed."""
    ax.imshow(image, cmap=cmap, vmin=low, vmax=high, interpolation="nearest")
    ax.set(xticks=[], yticks=[])
    for spine in ax.spines.values():
        spine.set(visible=True, color=INK, linewidth=0.6)


def write_numbers(ax: Axes, image: np.ndarray, fontsize: float | None = None) -> None:
    """Write each pixel's value into it, in black or white, whichever reads better."""
    drawn = ax.images[0]
    size = fontsize or min(11.0, 110 / max(image.shape))
    whole = np.array_equal(image, np.round(image))
    for (row, column), value in np.ndenumerate(image):
        colour = _readable_on(drawn.cmap(drawn.norm(value)))
        text = f"{value:.0f}" if whole else f"{value:.2f}"
        ax.text(
            column,
            row,
            text,
            ha="center",
            va="center",
            fontsize=size,
            color=colour,
        )


def panels(
    images: Mapping[str, np.ndarray],
    *,
    columns: int = 4,
    cmap: str = IMAGES,
    signed: Sequence[str] = (),
    pixel_numbers: bool = False,
) -> Figure:
    """Draw differently sized images side by side, each under its name.

    uint8 images are drawn from 0 to 255, others each with a range of its own.

    Parameters
    ----------
    images
        Name to array (H, W) or (H, W, 3).
    signed
        Names of those drawn in the signed colour map, with zero in its middle.
    pixel_numbers
        Write each pixel's value into it.
    """
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    # As high as the highest image needs, and at most as high as it is wide.
    shape = min(1, max(image.shape[0] / image.shape[1] for image in images.values()))
    figure, axes = new_figure(rows * (shape * WIDTH / columns + 0.3), rows, columns)
    for ax in axes.flat[len(images) :]:
        ax.set_axis_off()
    for ax, (name, image) in zip(axes.flat, images.items(), strict=False):
        if name in signed:
            most = np.abs(image).max()
            draw_image(ax, image, cmap=SIGNED, low=-most, high=most)
        elif image.dtype == np.uint8:  # pixels: black is 0 and white 255, however pale they are
            draw_image(ax, image, cmap=cmap, low=0, high=255)
        else:
            draw_image(ax, image, cmap=cmap)
        ax.set_title(name, loc="center", pad=4)
        if pixel_numbers:
            write_numbers(ax, image)
    return figure


def coloured(labels: np.ndarray) -> np.ndarray:
    """Give each part of an image a colour of the palette; what has no label is black.

    Parameters
    ----------
    labels : (H, W) integer
        0: nothing; 1, 2, …: parts. Colours return after the palette's last.

    Returns
    -------
    (H, W, 3) uint8
        Red, green, blue.
    """
    colours = np.array([mpl.colors.to_rgb(name) for name in PALETTE])
    rgb: np.ndarray = np.round(255 * colours).astype(np.uint8)[(labels - 1) % len(PALETTE)]
    rgb[labels == 0] = 0
    return rgb


def lattice(
    ink: np.ndarray,
    line: Line,
    images: Sequence[np.ndarray] | np.ndarray,
    probabilities: np.ndarray,
    chosen: Sequence[int],
    *,
    rows: int = 4,
) -> Figure:
    """Draw what a line of ink may say: its segments, the candidates, and the best path.

    On top the ink, below it each segment in a colour of its own. Below these each candidate under
    a bracket that spans its segments, with its picture, the likeliest digit and that one's
    probability in percent: first those of the best path, then the likeliest of the others.

    Parameters
    ----------
    ink : (H, W) float
        The picture that the line's pieces are in; 0 is paper, 1 is ink.
    line
        Its segments and candidates.
    images : (C, 28, 28) uint8
        What the network sees of each candidate.
    probabilities : (C, 10) float
        What the network makes of each.
    chosen
        The candidates on the best path, from left to right.
    rows
        Rows of other candidates at most; where there are more, the least likely are left out.
    """
    if not len(line.candidates) == len(images) == len(probabilities):
        raise ValueError(
            f"expected an image and probabilities for each of {len(line.candidates)} candidates, "
            f"found {len(images)} and {len(probabilities)}"
        )
    pieces = [segment.piece for segment in line.segments]
    left, right = min(p.x for p in pieces), max(p.right for p in pieces)
    top, bottom = min(p.y for p in pieces), max(p.bottom for p in pieces)
    wide, high, margin = right - left, bottom - top, 4
    card = wide / 15  # the side of a candidate's picture
    placed = _candidate_rows(line, probabilities, chosen, 1.35 * card, rows)
    scale = WIDTH / (wide + 2 * margin)
    row = 2.05 * card
    last = 1 + max((number for _, _, number in placed), default=0)
    below = 2 * (high + margin) + 0.9 * card
    depth = below + last * row
    figure, axes = new_figure(depth * scale + 0.1)
    ax = axes[0, 0]
    ax.set(xlim=(left - margin, right + margin), ylim=(top + depth, top - margin), aspect="equal")
    ax.set_axis_off()
    strength = np.clip((ink[top:bottom, left:right] - 0.1) / 0.9, 0, 1)  # without the paper's grain
    ax.imshow(_tinted(INK, strength), extent=(left, right, bottom, top))
    down = high + margin
    for number, piece in enumerate(pieces):
        colour = PALETTE[number % len(PALETTE)]
        place = (piece.x, piece.right, piece.bottom + down, piece.y + down)
        ax.imshow(_tinted(colour, piece.mask), extent=place, interpolation="nearest")
        middle = (piece.x + piece.right) / 2
        y = bottom + down + 0.1 * card
        ax.text(middle, y, number, ha="center", va="top", fontsize=10, color=colour)
    for number, middle, level in placed:
        piece, on_path = line.candidates[number].piece, number in chosen
        _draw_candidate(
            ax,
            (piece.x, piece.right, middle),
            top + below + level * row,
            card,
            images[number],
            probabilities[number],
            on_path=on_path,
        )
    # An image sets the limits anew.
    ax.set(xlim=(left - margin, right + margin), ylim=(top + depth, top - margin))
    return figure


def _tinted(colour: str, strength: np.ndarray) -> np.ndarray:
    """Return a picture in one colour, as opaque as the ink is strong: (H, W) → (H, W, 4)."""
    rgb = np.broadcast_to(np.array(to_rgb(colour)), (*strength.shape, 3))
    return np.concatenate([rgb, strength[..., np.newaxis]], axis=2)


def _candidate_rows(
    line: Line, probabilities: np.ndarray, chosen: Sequence[int], apart: float, rows: int
) -> list[tuple[int, float, int]]:
    """Find a place for each candidate: its number, the middle of its picture, its row.

    The best path is row 0. The others, the likeliest first, go where they are at least ``apart``
    from all in their row, and no bracket is above another's.
    """
    taken: list[list[tuple[float, float]]] = [[] for _ in range(rows + 1)]
    others = [k for k in np.argsort(-probabilities.max(axis=1), kind="stable") if k not in chosen]
    placed = []
    for number in [*chosen, *map(int, others)]:
        piece = line.candidates[number].piece
        middle = (piece.x + piece.right) / 2
        half = max(apart, piece.width + apart / 8) / 2
        for level in [0] if number in chosen else range(1, rows + 1):
            free = all(abs(middle - m) >= half + h for m, h in taken[level])
            if level == 0 or free:
                taken[level].append((middle, half))
                placed.append((number, middle, level))
                break
    return placed


def _draw_candidate(
    ax: Axes,
    span: tuple[float, float, float],
    y: float,
    card: float,
    image: np.ndarray,
    probabilities: np.ndarray,
    *,
    on_path: bool,
) -> None:
    """Draw a bracket from left to right, and below its middle a picture and what it may be."""
    left, right, middle = span
    colour = ORANGE if on_path else INK
    tick = 0.12 * card
    ax.plot(
        [left, left, right, right],
        [y - tick, y, y, y - tick],
        color=colour,
        linewidth=2.0 if on_path else 1.0,
    )
    place = (middle - card / 2, middle + card / 2, y + 1.2 * card, y + 0.2 * card)
    ax.imshow(image, cmap=IMAGES, vmin=0, vmax=255, extent=place, interpolation="nearest")
    if on_path:
        corner = (middle - card / 2, y + 0.2 * card)
        ax.add_patch(
            mpl.patches.Rectangle(corner, card, card, fill=False, edgecolor=colour, linewidth=1.5)
        )
    best = int(np.argmax(probabilities))
    ax.text(
        middle,
        y + 1.28 * card,
        f"{best}  {100 * probabilities[best]:.0f}",
        ha="center",
        va="top",
        fontsize=11,
        color=colour,
        fontweight="bold" if on_path else "normal",
    )


def weights(kernel: np.ndarray, titles: Sequence[Any] | None = None, columns: int = 9) -> Figure:
    """Draw arrays of weights in the signed colour map, one range for all.

    Parameters
    ----------
    kernel : (H, W, F) float
        F images of weights: a convolution's kernels with one input channel, or the columns
        of a dense layer's kernel (784, F) reshaped to (28, 28, F).
    """
    if kernel.ndim != 3:
        raise ValueError(f"expected weights (H, W, F), found {kernel.shape}")
    most = float(np.abs(kernel).max())
    return digit_grid(
        np.moveaxis(kernel, -1, 0),
        titles,
        columns=columns,
        limits=(-most, most),
        cmap=SIGNED,
    )


def feature_maps(maps: np.ndarray, columns: int = 8) -> Figure:
    """Draw what a convolution's filters give for one image, one range for all.

    Parameters
    ----------
    maps : (H, W, F) float, ≥ 0
        One example's activations after a ReLU.
    """
    if maps.ndim != 3:
        raise ValueError(f"expected one example's maps (H, W, F), found {maps.shape}")
    return digit_grid(
        np.moveaxis(maps, -1, 0),
        columns=columns,
        limits=(0, float(maps.max())),
        cmap=POSITIVE,
    )


def way(image: np.ndarray, maps: Mapping[str, np.ndarray], probabilities: np.ndarray) -> Figure:
    """Draw an image's way through a network: the image, each layer's maps, the probabilities.

    Parameters
    ----------
    image : (H, W) uint8
        What went in.
    maps
        Name of a layer to its activations (H, W, F) after a ReLU, each layer with a range of its
        own; at most four layers.
    probabilities : (classes,) float
        What came out.
    """
    figure, axes = new_figure(2.2, 1, 2 + len(maps))
    draw_image(axes[0, 0], image, low=0, high=255)
    shapes = [image.shape, *(values.shape for values in maps.values())]
    for ax, values in zip(axes[0, 1:], maps.values(), strict=False):
        draw_image(ax, _tiles(values), cmap=POSITIVE, low=0)
    for ax, name, shape in zip(axes[0], ("image", *maps), shapes, strict=False):
        size = " × ".join(map(str, shape))
        ax.set_title(f"{name}\n{size}", loc="center", fontsize=9, pad=4)
    ax, classes = axes[0, -1], np.arange(len(probabilities))
    colours = [ORANGE if k == probabilities.argmax() else BLUE for k in classes]
    ax.barh(classes, probabilities, color=colours)
    ax.set(xlim=(0, 1), xticks=[0, 1], yticks=classes, box_aspect=1)
    ax.invert_yaxis()
    ax.tick_params(labelsize=8, length=0)
    ax.set_title("probability", loc="center", fontsize=9, pad=4)
    return figure


def _tiles(maps: np.ndarray, columns: int = 8) -> np.ndarray:
    """Put maps (H, W, F) into one picture, some in a row, with a pixel of nothing between them."""
    height, width, count = maps.shape
    rows = -(-count // columns)
    sheet = np.full((rows * columns, height + 1, width + 1), np.nan)
    sheet[:count, :height, :width] = np.moveaxis(maps, -1, 0)
    sheet = sheet.reshape(rows, columns, height + 1, width + 1).swapaxes(1, 2)
    return sheet.reshape(rows * (height + 1), columns * (width + 1))[:-1, :-1]


# --- Numbers --------------------------------------------------------------------------------


def bars(
    values: Mapping[Any, float],
    label: str,
    *,
    percent: bool = False,
    highlight: Sequence[Any] = (),
    height: float | None = None,
) -> Figure:
    """Draw a horizontal bar for each value, with the number at its end.

    Parameters
    ----------
    values
        Name to value ≥ 0.
    label
        What the values are, with their unit.
    percent
        Values are shares, 0–1, written as percentages.
    highlight
        Names drawn in orange.
    """
    figure, axes = new_figure(height or 0.5 + 0.32 * len(values))
    ax = axes[0, 0]
    colours = [ORANGE if name in highlight else BLUE for name in values]
    drawn = ax.barh([str(name) for name in values], list(values.values()), color=colours)
    whole = all(float(value).is_integer() for value in values.values())
    form = "{:.1%}" if percent else "{:,.0f}" if whole else "{:,.4g}"
    ax.bar_label(drawn, fmt=form, padding=4, color=INK, fontsize=11)
    ax.invert_yaxis()
    ax.set_xlabel(label)
    ax.margins(x=0.12)
    if percent:
        ax.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    ax.tick_params(axis="y", length=0)
    return figure


def curves(
    x: Sequence[float] | np.ndarray,
    ys: Mapping[str, Sequence[float] | np.ndarray],
    xlabel: str,
    ylabel: str,
    *,
    percent: bool = False,
    markers: bool = True,
    height: float = 3.2,
    log: bool = False,
) -> Figure:
    """Draw lines over the same x, each labelled at its end rather than in a legend.

    Parameters
    ----------
    x : (K,) float
    ys
        Name to (K,) float.
    percent
        The values are shares, 0–1.
    log
        Draw the values on a logarithmic axis; they must be above 0.
    """
    figure, axes = new_figure(height)
    if log:
        axes[0, 0].set_yscale("log")
    _draw_curves(axes[0, 0], x, ys, percent=percent, markers=markers)
    axes[0, 0].set(xlabel=xlabel, ylabel=ylabel)
    return figure


def growth(
    x: Sequence[float] | np.ndarray,
    measured: Mapping[str, Sequence[float] | np.ndarray],
    laws: Mapping[str, Sequence[float] | np.ndarray],
    xlabel: str,
    ylabel: str,
) -> Figure:
    """Draw how something grows, measured as dots and the law that it should follow as a line.

    Both axes are logarithmic, so that a power of x is a straight line.

    Parameters
    ----------
    x : (K,) float, above 0
    measured
        Name to (K,) float, above 0.
    laws
        Names of these to the (K,) values that the law gives.
    """
    _check_lines(measured)
    figure, axes = new_figure(3.6)
    ax = axes[0, 0]
    ax.set(xscale="log", yscale="log", xlabel=xlabel, ylabel=ylabel)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter("{x:,g}")
    for (name, y), colour in zip(measured.items(), PALETTE, strict=False):
        ax.plot(x, y, "o", color=colour, markersize=4)
        if name in laws:
            ax.plot(x, laws[name], color=colour, linewidth=1.2)
    ax.grid(axis="y")
    for axis, (low, high) in ((ax.xaxis, ax.get_xlim()), (ax.yaxis, ax.get_ylim())):
        # Between less than two powers of ten, the numbers between them are written, too.
        axis.set_minor_formatter("{x:,g}" if high < 20 * low else NullFormatter())
    _label_ends(ax, x, measured)
    return figure


def descent(
    loss: Callable[[np.ndarray], np.ndarray],
    paths: Mapping[str, Sequence[float]],
    limits: tuple[float, float],
    *,
    slope: Callable[[float], float] | None = None,
) -> Figure:
    """Draw the loss over one weight, and the steps of that weight, a panel for each path.

    Parameters
    ----------
    loss
        Gives the loss of each of many weights, (K,) → (K,).
    paths
        Name to a weight's values, one after each step; what lies outside the limits is not shown.
    limits
        The smallest and the largest weight drawn.
    slope
        Gives the slope at a weight. If given, it is drawn as a straight line at each point.
    """
    figure, axes = new_figure(2.6, 1, len(paths), sharey=True)
    w = np.linspace(*limits, 200)
    top = 1.05 * float(loss(w).max())
    for ax, (name, path) in zip(axes[0], paths.items(), strict=True):
        ax.plot(w, loss(w), color=INK, linewidth=1.5)
        points = np.array(path, float)
        ax.plot(points, loss(points), "o-", color=BLUE, markersize=5, linewidth=1, clip_on=True)
        if slope is not None:
            half = 0.12 * (limits[1] - limits[0])
            for point in points:
                near = np.array([point - half, point + half])
                ax.plot(near, loss(point) + slope(point) * (near - point), color=ORANGE)
        ax.set(title=name, xlabel="weight", xlim=limits, ylim=(-0.04 * top, top))
    axes[0, 0].set_ylabel("loss")
    return figure


def valley(
    loss: Callable[[np.ndarray, np.ndarray], np.ndarray],
    paths: Mapping[str, np.ndarray],
    limits: tuple[tuple[float, float], tuple[float, float]],
) -> Figure:
    """Draw the loss over two weights as lines of equal height, and steps on it, a panel a path.

    Both weights are drawn to the same scale, so that a narrow valley looks narrow. Its lowest
    point, at 0 and 0, is a cross.

    Parameters
    ----------
    loss
        Gives the loss of pairs of weights, (K, L) and (K, L) → (K, L).
    paths
        Name to the two weights after each step, (K, 2).
    limits
        The smallest and the largest of the first weight, and of the second.
    """
    (left, right), (bottom, top) = limits
    high = 0.9 * WIDTH * (top - bottom) / (right - left)
    figure, axes = new_figure(len(paths) * (high + 0.35) + 0.4, len(paths), 1, sharex=True)
    u, v = np.meshgrid(np.linspace(left, right, 160), np.linspace(bottom, top, 80))
    heights = loss(u, v)
    levels = np.linspace(0, 1, 9)[1:] ** 2 * float(heights.max())
    for ax, (name, path) in zip(axes[:, 0], paths.items(), strict=True):
        ax.contour(u, v, heights, levels=levels, colors=INK, linewidths=0.8, alpha=0.6)
        ax.plot(path[:, 0], path[:, 1], "o-", color=BLUE, markersize=3, linewidth=1)
        ax.plot(0, 0, "+", color=ORANGE, markersize=10, markeredgewidth=2)
        ax.set(title=name, ylabel="v", xlim=limits[0], ylim=limits[1], aspect="equal")
    axes[-1, 0].set_xlabel("u")
    return figure


def training_curves(history: Mapping[str, Sequence[float]]) -> Figure:
    """Draw loss and accuracy against the epoch, for training and validation images.

    Parameters
    ----------
    history
        As Keras gives it: ``loss``, ``accuracy`` and perhaps ``val_loss``, ``val_accuracy``.
    """
    figure, axes = new_figure(2.9, 1, 2)
    epochs = np.arange(1, len(history["loss"]) + 1)
    for ax, quantity in zip(axes[0], ("loss", "accuracy"), strict=True):
        lines = {"training": history[quantity]}
        if f"val_{quantity}" in history:
            lines["validation"] = history[f"val_{quantity}"]
        _draw_curves(ax, epochs, lines, percent=quantity == "accuracy", markers=True)
        ax.set(xlabel="epoch", title=quantity)
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    return figure


def confusion(matrix: np.ndarray) -> Figure:
    """Draw a confusion matrix: a number wherever there is one, colour for the mistakes only.

    The diagonal holds nearly all examples; coloured by count it would drown the rest. Zeros are
    left out.

    Parameters
    ----------
    matrix : (classes, classes) integer
        Row: true class, column: predicted class.
    """
    figure, axes = new_figure(5.6)
    ax = axes[0, 0]
    matrix = np.asarray(matrix)
    mistakes = matrix.astype(float)
    np.fill_diagonal(mistakes, 0)
    most = max(1.0, mistakes.max())
    shown = np.ma.masked_equal(mistakes, 0)  # where there is none, the page shows
    ax.imshow(shown, cmap=MISTAKES, vmin=0, vmax=most, interpolation="nearest")
    colours = mpl.colormaps[MISTAKES](mistakes / most)
    for (row, column), count in np.ndenumerate(matrix):
        right = row == column
        if count or right:
            colour = INK if right else _readable_on(colours[row, column])
            ax.text(
                column,
                row,
                f"{count:,}",
                color=colour,
                fontsize=9 if right else 11,
                ha="center",
                va="center",
            )
    for k in range(len(matrix)):
        ax.add_patch(
            mpl.patches.Rectangle(
                (k - 0.5, k - 0.5), 1, 1, fill=False, edgecolor=INK, alpha=0.4, linewidth=0.8
            )
        )
    ax.spines[:].set_visible(False)
    classes = range(len(matrix))
    ax.set(xlabel="read as", ylabel="is a", xticks=classes, yticks=classes)
    ax.tick_params(length=0, rotation=0)
    return figure


def reliability(named: Mapping[str, ReliabilityCurve]) -> Figure:
    """Draw accuracy against confidence; on the diagonal a network is as often right as it says.

    Parameters
    ----------
    named
        Name of a network to its curve; at most as many as there are colours.
    """
    _check_lines(named)
    figure, axes = new_figure(4.0)
    ax = axes[0, 0]
    ax.plot([0, 1], [0, 1], color=INK, linestyle=":", linewidth=1.2)
    ax.text(
        0.05,
        0.08,
        "as sure as right",
        color=INK,
        rotation=45,
        rotation_mode="anchor",
        transform_rotates_text=True,
        fontsize=10,
    )
    for (name, curve), colour in zip(named.items(), PALETTE, strict=False):
        filled = curve.examples > 0
        ax.plot(curve.confidence[filled], curve.accuracy[filled], color=colour, label=name)
        # The area of a dot tells how many examples it stands for.
        area = 12 + 160 * np.sqrt(curve.examples[filled] / curve.examples.sum())
        ax.scatter(
            curve.confidence[filled],
            curve.accuracy[filled],
            s=area,
            color=colour,
            alpha=0.7,
        )
    ax.set(xlabel="confidence", ylabel="accuracy", xlim=(0, 1.03), ylim=(0, 1.03))
    ax.set_aspect("equal")
    ax.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    ax.legend(loc="upper left", labelcolor="linecolor", frameon=False)
    return figure


def histogram(values: np.ndarray, label: str, bins: int = 64, *, log: bool = False) -> Figure:
    """Draw how often values occur.

    Parameters
    ----------
    values : any shape
    label
        What the values are.
    log
        Count on a logarithmic axis.
    """
    figure, axes = new_figure(2.6)
    ax = axes[0, 0]
    ax.hist(np.ravel(values), bins=bins, color=BLUE, log=log)
    ax.set(xlabel=label, ylabel="how many")
    return figure


def violins(values: np.ndarray, groups: np.ndarray, xlabel: str, ylabel: str) -> Figure:
    """Draw how values are spread in each group, as seaborn's violins: wide where there are many.

    Parameters
    ----------
    values : (N,) float
    groups : (N,) integer
        Which group each value belongs to; one violin a group, in order. Lines mark the quartiles.
    """
    import seaborn as sns  # here, since it brings pandas along and other figures need neither

    figure, axes = new_figure(3.2)
    ax = axes[0, 0]
    sns.violinplot(
        x=np.asarray(groups),
        y=np.asarray(values),
        ax=ax,
        color=BLUE,
        cut=0,
        density_norm="area",
        inner="quart",
        linewidth=1,
        width=0.9,
    )
    ax.set(xlabel=xlabel, ylabel=ylabel)
    return figure


def probabilities(readings: Mapping[str, np.ndarray]) -> Figure:
    """Draw each network's probabilities of the ten digits for one image, side by side.

    Parameters
    ----------
    readings
        Name of a network to (10,) probabilities.
    """
    figure, axes = new_figure(2.4, 1, len(readings), sharey=True)
    for ax, (name, p) in zip(axes[0], readings.items(), strict=True):
        best = int(np.argmax(p))
        ax.bar(
            range(len(p)),
            p,
            color=[ORANGE if k == best else BLUE for k in range(len(p))],
        )
        ax.set(title=f"{name}: {best}", xticks=range(len(p)), ylim=(0, 1))
        ax.tick_params(axis="x", length=0, labelsize=9)
        ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    return figure


def linear_light(colour: Any) -> np.ndarray:
    """Return how much red, green and blue light a colour is: sRGB's curve undone (IEC 61966-2-1).

    Parameters
    ----------
    colour
        Anything that Matplotlib takes for a colour: ``"#7a7a7a"``, ``"white"``, (red, green, blue).

    Returns
    -------
    (3,) float64
        0–1.
    """
    channels = np.array(to_rgb(colour))
    linear: np.ndarray = np.where(
        channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4
    )
    return linear


def luminance(colour: Any) -> float:
    """Return how light a colour is to the eye, 0–1 (WCAG 2.2, relative luminance)."""
    return float(linear_light(colour) @ (0.2126, 0.7152, 0.0722))


def contrast(a: Any, b: Any) -> float:
    """Return two colours' contrast, 1–21 (WCAG 2.2, contrast ratio); text needs 4.5, marks 3."""
    darker, lighter = sorted((luminance(a), luminance(b)))
    return (lighter + 0.05) / (darker + 0.05)


def _readable_on(background: Any) -> str:
    """Return black or white, whichever has more contrast on a colour (red, green, blue, …), 0-1."""
    return max(("black", "white"), key=lambda text: contrast(text, background[:3]))


def _check_lines(named: Mapping[str, Any]) -> None:
    if not 1 <= len(named) <= len(PALETTE):
        raise ValueError(f"expected 1 to {len(PALETTE)} lines, found {len(named)}")


def _draw_curves(
    ax: Axes,
    x: Sequence[float] | np.ndarray,
    ys: Mapping[str, Sequence[float] | np.ndarray],
    *,
    percent: bool,
    markers: bool,
) -> None:
    _check_lines(ys)
    for (name, y), colour in zip(ys.items(), PALETTE, strict=False):
        ax.plot(
            x,
            y,
            color=colour,
            marker="o" if markers else None,
            markersize=4,
            label=name,
        )
    if percent:
        ax.yaxis.set_major_formatter(PercentFormatter(1))
    ax.grid(axis="y")
    if len(ys) > 1:
        _label_ends(ax, x, ys)
    elif ys:
        ax.set_title(next(iter(ys)), color=INK)


def _label_ends(
    ax: Axes,
    x: Sequence[float] | np.ndarray,
    ys: Mapping[str, Sequence[float] | np.ndarray],
) -> None:
    """Write each line's name at its right end, moved apart where two would overlap."""
    axis = ax.yaxis.get_transform()  # the identity, or a logarithm
    low, high = axis.transform(np.array(ax.get_ylim()))
    figure_height = ax.get_figure(root=True).get_figheight()  # type: ignore[union-attr]
    apart = (high - low) * 0.5 / ax.get_position().height / (figure_height * 2.2)
    ends = {name: float(axis.transform(np.array([float(y[-1])]))[0]) for name, y in ys.items()}

    def places(block: list[str]) -> list[float]:
        """Names that would overlap stand one above the other around the middle of their ends."""
        lowest = sum(ends[name] for name in block) / len(block)
        lowest -= apart * (len(block) - 1) / 2
        return [lowest + apart * k for k in range(len(block))]

    blocks: list[list[str]] = []
    for name in sorted(ends, key=lambda name: ends[name]):
        blocks.append([name])
        while len(blocks) > 1 and places(blocks[-1])[0] < places(blocks[-2])[-1] + apart:
            blocks[-2:] = [blocks[-2] + blocks[-1]]
    colours = dict(zip(ys, PALETTE, strict=False))
    placed = {
        name: place for block in blocks for name, place in zip(block, places(block), strict=True)
    }
    for name, place in placed.items():
        height = float(axis.inverted().transform(np.array([place]))[0])
        ax.annotate(
            name,
            (float(x[-1]), height),
            xytext=(6, 0),
            textcoords="offset points",
            color=colours[name],
            va="center",
            fontsize=11,
            annotation_clip=False,
        )
