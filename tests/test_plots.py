"""Figures: one style, legible on light and dark paper, for the colour-blind too, nothing lost."""

import base64
import gc
import inspect
import io
import itertools
import weakref

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_hex, to_rgb
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from PIL import Image

from digitrec import plots
from digitrec.evaluate import confusion_matrix, reliability_curve
from digitrec.reading.lattice import Candidate, Line, Segment
from digitrec.reading.pieces import Piece, union

rng = np.random.default_rng(0)
DIGITS = rng.integers(0, 256, (7, 28, 28), np.uint8)
KERNEL = rng.normal(0, 1, (5, 6, 11))
LABELS = rng.integers(0, 10, 3000)
READ = np.where(rng.random(3000) < 0.9, LABELS, rng.integers(0, 10, 3000))
MATRIX = confusion_matrix(LABELS, READ)
CURVE = reliability_curve(rng.integers(0, 3, 500), rng.dirichlet([0.4, 0.4, 0.4], 500), bins=10)
#: Two pieces, the second cut in two: three segments, five candidates, the first and last pair best.
SEGMENTS = [Piece(4, 6, np.ones((20, 5), bool))] + [
    Piece(x, 5, np.triu(np.ones((22, 10), bool))) for x in (12, 22)
]
JOINED = [(0, 1), (1, 2), (2, 3), (1, 3), (0, 2)]
LINE = Line(
    [Segment(piece, 0.0, 2.0) for piece in SEGMENTS],
    [Candidate(a, b, union(SEGMENTS[a:b]), 0.0) for a, b in JOINED],
)
LINE_P = np.full((5, 10), 0.03)
LINE_P[range(5), [1, 7, 7, 0, 4]] = 0.73
HISTORY = {
    "loss": [0.6, 0.3, 0.2],
    "accuracy": [0.8, 0.9, 0.94],
    "val_loss": [0.4, 0.3, 0.2],
    "val_accuracy": [0.85, 0.91, 0.94],
}

CASES = {
    "new_figure": lambda: plots.new_figure(2)[0],
    "digit_grid": lambda: plots.digit_grid(DIGITS, list("7210414"), columns=4),
    "digit_pairs": lambda: plots.digit_pairs(
        [rng.random((40, 30, 3))] * 3, DIGITS[:3], ["4", "9", "7"], wrong=[False, True, False]
    ),
    "panels": lambda: plots.panels(
        {"photo": rng.random((20, 30, 3)), "ink": rng.random((9, 7)), "weights": KERNEL[..., 0]},
        signed=["weights"],
    ),
    "lattice": lambda: plots.lattice(np.eye(40), LINE, DIGITS[:5], LINE_P, [0, 3]),
    "weights": lambda: plots.weights(KERNEL),
    "feature_maps": lambda: plots.feature_maps(np.abs(KERNEL)),
    "way": lambda: plots.way(
        DIGITS[0],
        {"activation": np.abs(KERNEL), "activation_1": np.abs(KERNEL[..., :9])},
        np.full(10, 0.1),
    ),
    "bars": lambda: plots.bars({"nearest mean": 0.82, "dense": 0.956}, "accuracy", percent=True),
    "curves": lambda: plots.curves([0, 1, 2], {"a": [1, 2, 3], "b": [3, 2, 3]}, "shift", "right"),
    "growth": lambda: plots.growth(
        [1, 10, 100], {"a": [1.1, 9, 105], "b": [2, 3, 8]}, {"a": [1, 10, 100]}, "images", "seconds"
    ),
    "descent": lambda: plots.descent(
        np.square, {"slow": [3, 2], "wild": [2, -3]}, (-2, 4), slope=float
    ),
    "valley": lambda: plots.valley(
        lambda u, v: u**2 + 9 * v**2, {"a": np.ones((2, 2)), "b": np.eye(2)}, ((-2, 2), (-1, 1))
    ),
    "training_curves": lambda: plots.training_curves(HISTORY),
    "confusion": lambda: plots.confusion(MATRIX),
    "reliability": lambda: plots.reliability({"dense": CURVE, "CNN": CURVE}),
    "histogram": lambda: plots.histogram(DIGITS, "pixel"),
    "violins": lambda: plots.violins(np.linspace(0, 1, 8), [3, 7] * 4, "digit", "ink"),
    "probabilities": lambda: plots.probabilities({"dense": np.full(10, 0.1), "CNN": np.eye(10)[3]}),
}


def texts(figure):
    """Every text that is drawn, but ticks: Matplotlib keeps some that it does not draw."""
    figure.draw_without_rendering()
    ticks = {
        t for ax in figure.axes for axis in (ax.xaxis, ax.yaxis) for t in axis.get_ticklabels()
    }
    return [t for t in set(figure.findobj(Text)) - ticks if t.get_text() and t.get_visible()]


def titles(figure):
    """Each axes' title, wherever it stands."""
    return ["".join(ax.get_title(loc) for loc in ("left", "center", "right")) for ax in figure.axes]


# --- Every figure ---------------------------------------------------------------------------


def test_no_figure_is_left_out():
    """A function that returns a Figure has a case here."""
    public = {
        name
        for name, function in inspect.getmembers(plots, inspect.isfunction)
        if not name.startswith("_")
        and function.__module__ == plots.__name__
        and "Figure" in str(inspect.signature(function).return_annotation)
    }
    assert public == set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_figure(name):
    figure = CASES[name]()
    assert isinstance(figure, plots.Figure)
    with Image.open(io.BytesIO(figure.png())) as png:
        assert png.format == "PNG"
        assert png.mode == "RGBA"
        assert png.width == round(plots.WIDTH * plots.DPI)
        pixels = np.asarray(png)
    for corner in ((0, 0), (0, -1), (-1, 0), (-1, -1)):
        assert pixels[corner][3] == 0, f"the corner {corner} is not transparent"
    if name != "new_figure":
        assert pixels[..., 3].any(), "nothing is drawn"


@pytest.mark.parametrize("name", CASES)
def test_nothing_is_cut_off(name):
    figure = CASES[name]()
    for text in texts(figure):
        box = text.get_window_extent()
        # Half a pixel of 1,280 for rounding.
        assert box.x0 >= -0.5, text.get_text()
        assert box.y0 >= -0.5, text.get_text()
        assert box.x1 <= figure.bbox.width + 0.5, text.get_text()
        assert box.y1 <= figure.bbox.height + 0.5, text.get_text()
    with Image.open(io.BytesIO(figure.png())) as png:
        alpha = np.asarray(png)[..., 3]
    # What is cut off, tick labels included, touches the picture's rim.
    for rim in (alpha[0], alpha[-1], alpha[:, 0], alpha[:, -1]):
        assert not rim.any()


def test_two_runs_draw_the_same_bytes():
    """So that a rebuilt book differs only where something changed."""
    assert plots.bars({"a": 1}, "x").png() == plots.bars({"a": 1}, "x").png()


def test_a_notebook_shows_the_png_as_it_is():
    figure = plots.bars({"a": 1}, "x")
    bundle = figure._repr_mimebundle_()
    assert set(bundle) == {"image/png", "text/plain"}
    assert base64.b64decode(bundle["image/png"]) == plots.bars({"a": 1}, "x").png()


def test_shown_a_figure_is_its_picture_alone():
    """A notebook keeps what it has shown, and what a figure is drawn from takes megabytes."""
    figure = plots.digit_grid(DIGITS, range(7))
    parts = weakref.WeakSet(figure.axes)
    first = figure._repr_mimebundle_()
    gc.collect()
    assert len(parts) == 0
    assert figure._repr_mimebundle_() == first
    assert base64.b64decode(first["image/png"]) == figure.png()
    with pytest.raises(RuntimeError, match="has not been shown yet"):
        figure.savefig(io.BytesIO())


def test_style_does_not_leak():
    before = dict(mpl.rcParams)
    plots.bars({"a": 1}, "x").png()
    assert dict(mpl.rcParams) == before


# --- Colours --------------------------------------------------------------------------------


def lab(light):
    """CIE L*a*b* of linear light, under D65; a distance of 2–3 is just seen side by side."""
    to_xyz = [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
    t = np.array(to_xyz) @ light / [0.95047, 1, 1.08883]
    f = np.where(t > (6 / 29) ** 3, np.cbrt(t), t / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


# Machado, Oliveira and Fernandes (2009), severity 1: what is left of linear RGB.
VISION = {
    "full": np.eye(3),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
}


def least_distance(colours, vision):
    seen = [lab(np.clip(VISION[vision] @ plots.linear_light(c), 0, 1)) for c in colours]
    return min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2))


def test_contrast_of_known_colours():
    assert plots.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert plots.contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.005)  # WCAG's example


@pytest.mark.parametrize("paper", ["#ffffff", "#14181e"], ids=["light", "dark"])
def test_contrast_on_the_sites_papers(paper):
    assert plots.contrast(plots.INK, paper) >= 4
    for colour in plots.PALETTE:
        # What WCAG 2 asks of graphics (1.4.11).
        assert plots.contrast(colour, paper) >= 3, colour


@pytest.mark.parametrize("vision", VISION)
def test_colours_can_be_told_apart(vision):
    """Lines and bars side by side: ten times what is just seen."""
    assert least_distance(plots.PALETTE, vision) >= 25


def test_the_measure_sees_colours_that_are_confused():
    """A green and a brown that differ for most people and not for a deuteranope."""
    confused = ["#8f7a1e", "#b0661c"]
    assert least_distance(confused, "full") > 1.8 * least_distance(confused, "deuteranopia")


@pytest.mark.parametrize("name", CASES)
def test_text_is_in_the_styles_colours(name):
    """Nothing is written in Matplotlib's black, except numbers in coloured squares."""
    allowed = {to_rgb(colour) for colour in (plots.INK, *plots.PALETTE)}
    if name == "confusion":
        return  # its numbers in squares: below
    for text in texts(CASES[name]()):
        assert to_rgb(text.get_color()) in allowed, text.get_text()


# --- Each figure ----------------------------------------------------------------------------


def test_grid_titles_and_marks():
    figure = plots.digit_grid(DIGITS, range(7), wrong=[False] * 6 + [True], columns=4)
    assert titles(figure) == ["0", "1", "2", "3", "4", "5", "6", ""]
    assert [len(ax.images) for ax in figure.axes] == [1] * 7 + [0]
    for k, ax in enumerate(figure.axes[:7]):
        assert np.array_equal(ax.images[0].get_array(), DIGITS[k])
        assert ax.images[0].get_clim() == (0, 255)
        assert ax.images[0].get_interpolation() == "nearest"
        marked = k == 6
        assert to_rgb(ax.title.get_color()) == to_rgb(plots.ORANGE if marked else plots.INK)
        # Not by colour alone.
        assert (ax.title.get_fontweight() == "bold") == marked
    assert not figure.axes[7].axison


def test_grid_of_fewer_images_than_columns():
    assert len(plots.digit_grid(DIGITS[:3]).axes) == 3
    assert len(plots.digit_grid(DIGITS[:1], ["one"], pixel_numbers=True).axes) == 1


def test_pairs_stand_one_above_the_other():
    above, below = [np.full((4, 6), k) for k in range(3)], list(DIGITS[:3])
    figure = plots.digit_pairs(above, below, "497", wrong=[False, True, False])
    assert titles(figure) == ["", "", "", "4", "9", "7"]
    for ax, image in zip(figure.axes, above + below, strict=True):
        assert np.array_equal(ax.images[0].get_array(), image)
    assert [ax.title.get_fontweight() for ax in figure.axes[3:]] == [
        "normal",
        "bold",
        "normal",
    ]
    with pytest.raises(ValueError, match="found 3, 3 and 2"):
        plots.digit_pairs(above, below, "49")


def test_numbers_are_every_pixels_and_can_be_read():
    image = np.arange(0, 256, 17, np.uint8).reshape(4, 4)
    ax = plots.digit_grid([image], pixel_numbers=True).axes[0]
    assert [t.get_text() for t in ax.texts] == [str(v) for v in image.flat]
    for text, value in zip(ax.texts, image.flat, strict=True):
        assert text.get_position() == (value // 17 % 4, value // 17 // 4)
        # Black or white, whichever is better: at worst (a middle grey) 4 to 1.
        assert plots.contrast(text.get_color(), [value / 255] * 3) >= 4
    ax = plots.digit_grid([image / 255], pixel_numbers=True, limits=(0, 1)).axes[0]
    assert ax.texts[1].get_text() == "0.07"


def test_panels_each_have_their_own_range():
    small, signed = np.array([[0.0, 0.5]]), np.array([[-1.0, 3.0]])
    figure = plots.panels({"small": small, "signed": signed}, signed=["signed"])
    assert titles(figure) == ["small", "signed"]
    first, second = (ax.images[0] for ax in figure.axes)
    assert first.get_clim() == (0, 0.5)
    assert second.get_clim() == (-3, 3)
    assert second.get_cmap().name == plots.SIGNED
    assert len(plots.panels({str(k): small for k in range(5)}, columns=4).axes) == 8


def test_panels_are_as_high_as_their_images_need():
    wide, square, high = np.zeros((2, 6)), np.zeros((3, 3)), np.zeros((9, 3))
    heights = [
        plots.panels({"a": image}, columns=1).get_figheight() for image in (wide, square, high)
    ]
    assert heights[0] < heights[1] == heights[2]


def test_coloured_labels():
    last = len(plots.PALETTE)
    drawn = plots.coloured(np.array([[0, 1], [last, last + 1]]))
    assert drawn.dtype == np.uint8
    assert drawn.shape == (2, 2, 3)
    assert not drawn[0, 0].any()
    for pixel, colour in (((0, 1), plots.PALETTE[0]), ((1, 0), plots.PALETTE[-1])):
        assert "#" + bytes(drawn[pixel]).hex() == colour
    assert np.array_equal(drawn[1, 1], drawn[0, 1]), "colours return after the last"


def lattice_parts(**options):
    """What the figure of a lattice shows: segments, pictures, brackets, and labels on the path."""
    figure = plots.lattice(np.eye(40), LINE, DIGITS[:5], LINE_P, [0, 3], **options)
    ax = figure.axes[0]
    pictures = [image for image in ax.images if np.shape(image.get_array()) == (28, 28)]
    brackets = [(line.get_xdata()[0], line.get_xdata()[-1]) for line in ax.lines]
    bold = [text.get_text() for text in ax.texts if text.get_fontweight() == "bold"]
    return ax, pictures, brackets, bold


def test_a_lattice_shows_segments_candidates_and_the_best_path():
    ax, pictures, brackets, bold = lattice_parts()
    numbers = [text.get_text() for text in ax.texts[:3]]
    assert numbers == ["0", "1", "2"]
    # The ink, each segment where it is, and a picture a candidate.
    assert len(ax.images) == 1 + 3 + 5
    for image, piece in zip(ax.images[1:4], SEGMENTS, strict=True):
        assert image.get_extent()[:2] == [piece.x, piece.right]
        assert np.array_equal(image.get_array()[..., 3], piece.mask)
    assert sorted(brackets) == sorted((c.piece.x, c.piece.right) for c in LINE.candidates), (
        "a bracket spans its segments"
    )
    # First the best path, in its order, and nothing else in orange.
    assert bold == ["1  73", "0  73"]
    assert np.array_equal(pictures[0].get_array(), DIGITS[0])
    assert np.array_equal(pictures[1].get_array(), DIGITS[3])
    orange = [line.get_color() == plots.ORANGE for line in ax.lines]
    assert orange == [True, True, False, False, False]


def test_a_lattices_pictures_do_not_overlap():
    _, pictures, _, _ = lattice_parts()
    boxes = [image.get_extent() for image in pictures]
    for a, b in itertools.combinations(boxes, 2):
        assert a[1] <= b[0] or b[1] <= a[0] or a[2] <= b[3] or b[2] <= a[3]


def test_of_a_lattice_the_likeliest_are_shown_where_there_is_no_room():
    _, pictures, _, bold = lattice_parts(rows=1)
    assert len(bold) == 2
    assert 2 < len(pictures) < 5


def test_a_lattice_without_a_picture_for_each_candidate_is_refused():
    with pytest.raises(ValueError, match="each of 5 candidates, found 4 and 5"):
        plots.lattice(np.eye(40), LINE, DIGITS[:4], LINE_P, [0, 3])


def test_violins_are_spread_as_the_values_are():
    rng = np.random.default_rng(0)
    groups = np.repeat([3, 7], 500)
    values = rng.normal(np.where(groups == 3, 1.0, 5.0), 0.5)
    figure = plots.violins(values, groups, "digit", "ink")
    ax = figure.axes[0]
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["3", "7"]
    for shape, group in zip(ax.collections, (3, 7), strict=True):
        heights = shape.get_paths()[0].vertices[:, 1]
        mine = values[groups == group]
        assert heights.min() == pytest.approx(mine.min())
        assert heights.max() == pytest.approx(mine.max())


def test_weights_are_signed_with_one_range_for_all():
    figure = plots.weights(KERNEL, columns=4)
    drawn = [ax.images[0] for ax in figure.axes if ax.images]
    assert len(drawn) == 11
    most = np.abs(KERNEL).max()
    for k, image in enumerate(drawn):
        assert np.array_equal(image.get_array(), KERNEL[:, :, k])
        assert image.get_clim() == (-most, most)
        # Zero is white, below it is blue, above it red.
        assert min(image.cmap(image.norm(0.0))[:3]) > 0.95
    red, _, blue, _ = drawn[0].cmap(drawn[0].norm(most))
    assert red > blue


def test_feature_maps_have_one_range_from_zero():
    maps = np.abs(KERNEL)
    drawn = [ax.images[0] for ax in plots.feature_maps(maps).axes if ax.images]
    assert len(drawn) == 11
    assert {image.get_clim() for image in drawn} == {(0, maps.max())}
    assert np.array_equal(drawn[3].get_array(), maps[:, :, 3])


@pytest.mark.parametrize("function", [plots.weights, plots.feature_maps])
def test_images_of_weights_have_three_axes(function):
    with pytest.raises(ValueError, match=r"\(H, W, F\), found \(3, 3, 1, 8\)"):
        function(np.ones((3, 3, 1, 8)))


def test_bars():
    values = {"nearest mean": 0.8203, "dense": 0.9559, 7: 1}
    ax = plots.bars(values, "test accuracy", percent=True, highlight=["dense"]).axes[0]
    bars = [p for p in ax.patches if isinstance(p, Rectangle)]
    assert [bar.get_width() for bar in bars] == list(values.values())
    assert [t.get_text() for t in ax.texts] == ["82.0%", "95.6%", "100.0%"]
    assert [t.get_text() for t in ax.get_yticklabels()] == [
        "nearest mean",
        "dense",
        "7",
    ]
    assert [to_rgb(bar.get_facecolor()) == to_rgb(plots.ORANGE) for bar in bars] == [
        False,
        True,
        False,
    ]
    # The first is on top, and a bar starts at 0.
    assert ax.yaxis_inverted()
    assert ax.get_xlim()[0] == 0
    assert ax.get_xlabel() == "test accuracy"
    assert [t.get_text() for t in plots.bars({"a": 53866}, "n").axes[0].texts] == ["53,866"]


def test_curves_are_labelled_at_their_ends_without_overlap():
    """Three lines that end in one point, and one above them."""
    ys = {"one": [0, 1], "two": [1, 1], "three": [2, 1], "four": [0, 1.01]}
    figure = plots.curves([0, 1], ys, "epoch", "loss")
    ax = figure.axes[0]
    assert [list(line.get_ydata()) for line in ax.lines] == list(ys.values())
    figure.draw_without_rendering()
    boxes = sorted((t.get_window_extent() for t in ax.texts), key=lambda box: box.y0)
    assert len(boxes) == 4
    for below, above in itertools.pairwise(boxes):
        # Half a pixel for rounding
        assert above.y0 >= below.y1 - 0.5
    colours = {line.get_label(): to_rgb(line.get_color()) for line in ax.lines}
    for text in ax.texts:
        assert to_rgb(text.get_color()) == colours[text.get_text()]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("epoch", "loss")


def test_curves_on_a_logarithmic_axis():
    ax = plots.curves([1, 2], {"a": [1, 1e-6], "b": [1, 1e-5]}, "layer", "size", log=True).axes[0]
    assert ax.get_yscale() == "log"
    assert [list(line.get_ydata()) for line in ax.lines] == [[1, 1e-6], [1, 1e-5]]
    assert plots.curves([1, 2], {"a": [1, 2]}, "x", "y").axes[0].get_yscale() == "linear"


def test_descent_draws_the_loss_the_steps_and_the_slope():
    paths = {"slow": [3.0, 2.0, 1.5], "wild": [2.0, -30.0]}
    figure = plots.descent(np.square, paths, (-2, 4))
    assert titles(figure) == ["slow", "wild"]
    for ax, path in zip(figure.axes, paths.values(), strict=True):
        curve, steps = ax.lines
        assert np.array_equal(curve.get_ydata(), np.square(curve.get_xdata()))
        assert list(steps.get_xdata()) == path
        assert list(steps.get_ydata()) == list(np.square(path))
        assert ax.get_xlim() == (-2, 4)
    (ax,) = plots.descent(np.square, {"at 1": [1.0]}, (-2, 4), slope=lambda w: 2 * w).axes
    (x0, x1), (y0, y1) = ax.lines[2].get_data()
    assert (y1 - y0) / (x1 - x0) == pytest.approx(2)
    assert (y0 + y1) / 2 == pytest.approx(1)  # it touches the curve in its middle


def test_a_valley_is_drawn_to_scale():
    paths = {"a": np.array([[-3.0, 1], [0, 0.5]]), "b": np.array([[1.0, -1], [2, 2]])}
    figure = plots.valley(lambda u, v: u**2 + 9 * v**2, paths, ((-4, 4), (-1, 1)))
    assert titles(figure) == ["a", "b"]
    for ax, path in zip(figure.axes, paths.values(), strict=True):
        assert np.array_equal(ax.lines[0].get_xydata(), path)
        assert ax.lines[1].get_xydata().tolist() == [[0, 0]]
        assert ax.get_aspect() == 1
        assert (ax.get_xlim(), ax.get_ylim()) == ((-4, 4), (-1, 1))


def test_training_curves():
    figure = plots.training_curves(HISTORY)
    assert titles(figure) == ["loss", "accuracy"]
    for ax, quantity in zip(figure.axes, ("loss", "accuracy"), strict=True):
        lines = {line.get_label(): line for line in ax.lines}
        assert list(lines["training"].get_ydata()) == HISTORY[quantity]
        assert list(lines["validation"].get_ydata()) == HISTORY[f"val_{quantity}"]
        # Epochs are counted from 1.
        assert list(lines["training"].get_xdata()) == [1, 2, 3]
    without = {key: HISTORY[key] for key in ("loss", "accuracy")}
    assert [len(ax.lines) for ax in plots.training_curves(without).axes] == [1, 1]


def test_confusion_shows_every_count_in_its_place():
    matrix = MATRIX.copy()
    matrix[2, 2], matrix[0, 9], matrix[9, 0], matrix[4, 9] = 1028, 0, 7, 1234
    ax = plots.confusion(matrix).axes[0]
    shown = {}
    for text in ax.texts:
        if text.get_text():
            column, row = (int(v) for v in text.get_position())
            assert (row, column) not in shown, "two numbers in one place"
            shown[row, column] = int(text.get_text().replace(",", ""))
    assert shown == {(i, j): count for (i, j), count in np.ndenumerate(matrix) if count}
    assert (ax.get_ylabel(), ax.get_xlabel()) == ("is a", "read as")
    assert [t.get_text() for t in ax.get_xticklabels()] == list("0123456789")
    assert [t.get_text() for t in ax.get_yticklabels()] == list("0123456789")
    # The first row is on top.
    assert ax.yaxis_inverted()


def test_confusion_counts_can_be_read():
    """Each number against the colour of its own square, on either paper where there is none."""
    figure = plots.confusion(MATRIX)
    figure.draw_without_rendering()
    ax = figure.axes[0]
    squares = ax.images[0]
    values = np.ma.filled(squares.get_array().astype(float), np.nan)
    for text in ax.texts:
        column, row = (int(v) for v in text.get_position())
        if row == column or np.isnan(values[row, column]):
            assert to_rgb(text.get_color()) == to_rgb(plots.INK)
        else:
            square = squares.cmap(squares.norm(values[row, column]))[:3]
            # The better of black and white has at least 4.58 to 1 on any colour.
            assert plots.contrast(text.get_color(), square) >= 4.5, text.get_text()


def test_confusion_without_a_mistake():
    ax = plots.confusion(np.diag(range(10, 20))).axes[0]
    assert sorted(int(t.get_text()) for t in ax.texts if t.get_text()) == list(range(10, 20))


def test_confusion_leaves_the_matrix_alone():
    matrix = MATRIX.copy()
    plots.confusion(matrix)
    assert np.array_equal(matrix, MATRIX)


def test_reliability_draws_the_bins_that_hold_something():
    ax = plots.reliability({"dense": CURVE}).axes[0]
    diagonal, line = ax.lines
    assert diagonal.get_xydata().tolist() == [[0, 0], [1, 1]]
    filled = CURVE.examples > 0
    assert 0 < filled.sum() < len(filled)
    assert np.array_equal(line.get_xdata(), CURVE.confidence[filled])
    assert np.array_equal(line.get_ydata(), CURVE.accuracy[filled])
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("confidence", "accuracy")


def test_histogram_counts_all():
    ax = plots.histogram(DIGITS, "pixel value", bins=8).axes[0]
    assert sum(p.get_height() for p in ax.patches) == DIGITS.size
    assert ax.get_xlabel() == "pixel value"
    assert plots.histogram(DIGITS, "x", log=True).axes[0].get_yscale() == "log"


def test_growth_draws_what_was_measured_and_the_law():
    x, y, law = [1, 10, 100], [1.1, 9, 105], [1, 10, 100]
    ax = plots.growth(x, {"a": y, "b": [1, 9.5, 104]}, {"a": law}, "images", "seconds").axes[0]
    dots, line, others = ax.lines
    assert dots.get_ydata().tolist() == y
    assert (dots.get_linestyle(), dots.get_marker()) == ("None", "o")
    assert line.get_ydata().tolist() == law
    assert (line.get_linestyle(), line.get_marker()) == ("-", "None")
    assert dots.get_color() == line.get_color() != others.get_color()
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("images", "seconds")
    # Both names stand at the right, apart, the larger one above.
    ax.figure.draw_without_rendering()
    below, above = sorted((t.get_window_extent() for t in ax.texts), key=lambda box: box.y0)
    assert above.y0 >= below.y1 - 2
    assert {t.get_text(): t.xy[0] for t in ax.texts} == {"a": 100, "b": 100}


def test_names_of_lines_stay_at_their_ends_unless_they_overlap():
    ends = {"alone": 9.0, "one": 2.0, "other": 2.0, "third": 2.1}
    ax = plots.curves([0, 1], {name: [5, y] for name, y in ends.items()}, "x", "y").axes[0]
    places = {t.get_text(): t.xy[1] for t in ax.texts}
    assert places["alone"] == pytest.approx(9)
    crowd = [places[name] for name in ("one", "other", "third")]
    assert crowd == sorted(crowd)
    assert np.mean(crowd) == pytest.approx(6.1 / 3)
    assert np.diff(crowd).min() > 0.2


def test_probabilities_name_the_best():
    p = np.array([0, 0.1, 0, 0.6, 0, 0, 0, 0.3, 0, 0])
    figure = plots.probabilities({"dense": p, "CNN": np.eye(10)[8]})
    assert titles(figure) == ["dense: 3", "CNN: 8"]
    bars = figure.axes[0].patches
    assert [bar.get_height() for bar in bars] == p.tolist()
    orange = [to_rgb(bar.get_facecolor()) == to_rgb(plots.ORANGE) for bar in bars]
    assert orange == [k == 3 for k in range(10)]


def test_more_lines_than_colours_are_refused():
    too_many = {f"line {k}": [0, 1] for k in range(len(plots.PALETTE) + 1)}
    for bad in (too_many, {}):
        with pytest.raises(ValueError, match="expected 1 to 5 lines"):
            plots.curves([0, 1], bad, "x", "y")
    with pytest.raises(ValueError, match="at least one image"):
        plots.digit_grid([])
    with pytest.raises(ValueError, match="as many images above as below"):
        plots.digit_pairs([np.zeros((2, 2))], [], ["1"])


def test_a_readers_own_style_does_not_darken_the_figures():
    with mpl.rc_context({"savefig.facecolor": "black", "figure.facecolor": "black"}):
        png = plots.digit_grid(np.zeros((1, 28, 28))).png()
    corner = np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"))[0, 0]
    assert corner[3] == 0


def test_counts_of_mistakes_are_readable_on_their_colour():
    matrix = np.arange(100).reshape(10, 10)
    ax = plots.confusion(matrix).axes[0]
    colours = colours_of_mistakes(matrix)
    for text in ax.texts:
        column, row = (int(v) for v in text.get_position())
        if row != column:
            assert plots.contrast(to_hex(text.get_color()), colours[row, column]) >= 4.5


def colours_of_mistakes(matrix):
    mistakes = matrix.astype(float)
    np.fill_diagonal(mistakes, 0)
    rgba = mpl.colormaps[plots.MISTAKES](mistakes / mistakes.max())
    return np.array([[to_hex(c) for c in row] for row in rgba])
