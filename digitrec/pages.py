"""Which ink on a page belongs to which digit, and in which line.

A page differs from a picture of one digit: its digits are small and many, and their size is not
known beforehand. So everything here is measured in what the page itself shows, first the width of
the pen, then the height of the digits:

========================= =========================================================================
step                      question it answers
========================= =========================================================================
``light_strokes``         dark ink on light paper, or light ink on dark?
``page_ink``              how much of the light does the ink take away, shadows and edges apart?
``stroke_width``          how wide is the pen?
``ink_mask``              where is ink?
``find_rules``            which of it is ruled lines, squares, frames?
``find_pieces``           which connected pieces of ink are there, and which could be writing?
``join_pieces``           which pieces are one digit with a gap in it?
``find_lines``            which digits stand in one line, on a page that may be turned?
``split_wide``            which are two digits that touch?
========================= =========================================================================

Words for ink: a *piece* is a connected component of it, a *stroke* is what the pen draws in one
go; *clutter* is ink that is no writing (rules, frames, edges), and a *speck* is a piece too small
to be writing.

Arrays in, arrays out; :func:`digitrec.images.find_digits` puts it together. H and W are the rows
and columns of a page.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

#: Pages are reduced until the pen is about so many pixels wide: finer only shows the paper's grain.
PEN_PIXELS = 5.0
#: Digits less high, in pixels, cannot be told from grain.
SMALLEST_DIGIT = 8
#: Of very many pieces of ink, only the largest are looked at: the rest is grain.
MOST_PIECES = 1500


@dataclass(frozen=True)
class Piece:
    """A connected component of ink: its rectangle in the page and its own pixels.

    Attributes
    ----------
    x, y : int
        Left and top, in pixels of the page.
    mask : (h, w) bool
        Where in the rectangle its ink is; every side of the rectangle has some.
    """

    x: int
    y: int
    mask: np.ndarray

    @property
    def width(self) -> int:
        """Pixels from left to right."""
        return int(self.mask.shape[1])

    @property
    def height(self) -> int:
        """Pixels from top to bottom."""
        return int(self.mask.shape[0])

    @property
    def right(self) -> int:
        """First column after it."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """First row below it."""
        return self.y + self.height


def light_strokes(gray: np.ndarray) -> float:
    """Tell whether a page is written in light ink on dark, as a blackboard is, or dark on light.

    Within a window of a few digits paper is the greater part, so the median is paper, also beside
    the paper's edge. ``l`` and ``d`` are how much lighter and darker than that what is narrow is;
    light strokes make ``(sum(l³) − sum(d³)) / (sum(l³) + sum(d³))`` greater than 0.

    Parameters
    ----------
    gray : (H, W) uint8

    Returns
    -------
    float
        −1, surely dark strokes … 1, surely light ones.
    """
    small = _shrink(gray, 512)
    side = max(3, round(0.08 * max(small.shape)) | 1)
    paper = cv2.medianBlur(small, side)
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (side, side))
    # Only what is narrow: the corner of a light sheet on a dark table is no stroke.
    narrow_light = cv2.morphologyEx(small, cv2.MORPH_TOPHAT, kernel)
    narrow_dark = cv2.morphologyEx(small, cv2.MORPH_BLACKHAT, kernel)
    light = np.minimum(cv2.subtract(small, paper), narrow_light).astype(np.float32)
    dark = np.minimum(cv2.subtract(paper, small), narrow_dark).astype(np.float32)
    rim = max(1, round(0.02 * min(small.shape)))  # where the window hangs over the edge
    lighter, darker = (float((share[rim:-rim, rim:-rim] ** 3).sum()) for share in (light, dark))
    return (lighter - darker) / max(lighter + darker, 1.0)


def page_ink(gray: np.ndarray, window: float) -> np.ndarray:
    """Part of the light that the ink takes away, on a page with shadows, folds and a table around.

    As ``images.estimate_paper``, a closing removes what is dark and narrower than its window. It
    leaves the edge between paper and table sharp; the smoothing after it may only darken, or
    the table beside the paper would look like ink.

    Parameters
    ----------
    gray : (H, W) uint8
        Dark ink on light paper.
    window : of the closing, in pixels; several times the width of a stroke

    Returns
    -------
    (H, W) float32
        0 is paper, 1 is black ink.
    """
    small = _shrink(gray, 512)
    scale = max(small.shape) / max(gray.shape)
    side = max(3, round(window * scale) | 1)
    calm = cv2.medianBlur(small, 3)
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (side, side))
    closed = cv2.morphologyEx(calm, cv2.MORPH_CLOSE, kernel).astype(np.float32)
    paper = np.minimum(closed, cv2.GaussianBlur(closed, (0, 0), max(1.0, side / 8)))
    paper = cv2.resize(paper, gray.shape[::-1], interpolation=cv2.INTER_LINEAR)
    ink: np.ndarray = np.clip(1 - gray / np.maximum(paper, 16), 0, 1)
    return ink.astype(np.float32, copy=False)


def stroke_width(mask: np.ndarray) -> float:
    """Width of the pen in pixels: twice the distance to the edge along the strokes' middles.

    The median over the middles (the ridge of the distances) of all ink that does not touch
    the page's edge; specks, shorter than 1 % of the page, are not counted.

    Parameters
    ----------
    mask : (H, W) bool
        Where ink is.

    Returns
    -------
    float
        0 when there is no ink.
    """
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        mask.astype(np.uint8), connectivity=8
    )
    longest = stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1)
    counted = (longest >= 0.01 * max(mask.shape)) & (longest >= 3)
    counted[0] = False
    for edge in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
        counted[edge] = False
    if not counted.any():
        counted = np.arange(count) > 0
    inked = counted[labels]
    if not inked.any():
        return 0.0
    distance = cv2.distanceTransform(np.pad(inked, 1).astype(np.uint8), cv2.DIST_L2, 5)
    ridge = (distance > 0) & (distance >= cv2.dilate(distance, np.ones((3, 3))))
    return max(1.0, 2 * float(np.median(distance[ridge])) - 0.5)


def ink_mask(ink: np.ndarray, threshold: float) -> np.ndarray:
    """Where ink is: above the threshold, or a little below it and connected to what is above.

    A pencil's stroke fades and comes back; 0.7 of the threshold keeps it in one piece, and grain,
    which nowhere passes the threshold, out.

    Parameters
    ----------
    ink : (H, W) float32
        0 is paper, 1 is black ink.
    threshold : what surely is ink

    Returns
    -------
    (H, W) bool
    """
    count, labels = cv2.connectedComponents(
        (ink > 0.7 * threshold).astype(np.uint8), connectivity=8
    )
    sure = np.zeros(count, bool)
    sure[labels[ink > threshold]] = True
    sure[0] = False
    return sure[labels]


# --- Rules and frames ----------------------------------------------------------------------------


def find_rules(mask: np.ndarray, pen: float) -> np.ndarray:
    """Find printed lines, level and upright, also on a page that is turned by up to 15°.

    Where a line crosses a stroke, the stroke's run of ink across the line is long; elsewhere it is
    as long as the line is thick. So the short runs are taken, linked over the crossings, and
    a chain of them that is straight, hardly broken and far longer than writing is a rule.

    Parameters
    ----------
    mask : (H, W) bool
        Where ink is.
    pen : its width in pixels

    Returns
    -------
    (H, W) bool
        The rules' pixels, without the strokes that cross them.
    """
    found = np.zeros_like(mask)
    thickness = 0.0
    for _ in range(4):
        left = mask & ~found
        writing = _writing_size(left, pen)
        new = _level_rules(left, pen, writing, thickness)
        new |= _level_rules(left.T, pen, writing, thickness).T
        if not new.any():
            break
        found |= new
        # What looked like the pen may have been the squares. And where there are rules, shorter
        # pieces just as thin are rules, too: what is left between the digits.
        pen = stroke_width(mask & ~found)
        thickness = stroke_width(found)
    return found


def _level_rules(mask: np.ndarray, pen: float, writing: float, thickness: float) -> np.ndarray:
    """Find the rules that are nearly level; (H, W) bool → (H, W) bool.

    ``thickness`` is that of the rules already found, 0 for none.
    """
    height, width = mask.shape
    found = np.zeros_like(mask)
    first, last = runs(mask)
    length = last - first + 1
    thin = mask & (length <= 1.6 * pen + 2)
    # Longer than four digits side by side, and a good part of the page; or across all of it.
    across = max(0.85 * width, 1.1 * writing)
    least = min(across, max(0.3 * width, 40 * pen, 4 * writing))
    if thickness:
        thin &= length <= 1.5 * thickness + 1
        least = min(least, max(0.1 * width, 2 * writing, 15 * thickness))
    if least > width:
        return found
    segments = cv2.HoughLinesP(
        thin.astype(np.uint8),
        rho=1,
        theta=np.radians(0.5),
        threshold=max(8, int(0.3 * least)),
        minLineLength=0.95 * least,
        maxLineGap=max(4 * pen, 0.02 * width),
    )
    if segments is None:
        return found
    # A rule bends a little on a page that is not flat, and Hough's angles are half degrees.
    reach = round(pen + 0.002 * width)
    ends = segments.reshape(-1, 4)[:500].astype(float)
    ends = np.where(ends[:, :1] > ends[:, 2:3], ends[:, [2, 3, 0, 1]], ends)
    along, across = ends[:, 2] - ends[:, 0], ends[:, 3] - ends[:, 1]
    ends = ends[np.abs(across) <= 0.36 * along]
    if not len(ends):
        return found
    columns = np.arange(width)
    traced = _follow(thin, mask, _distinct(ends, reach), reach)
    for rows, seen in zip(*traced, strict=True):
        inside = seen & (rows >= 0) & (rows <= height - 1)
        on = columns[inside]
        if len(on) < least:
            continue
        middle = np.rint(rows[on]).astype(int)
        near = np.clip(middle[None] + np.arange(-reach, reach + 1)[:, None], 0, height - 1)
        hit = thin[near, on]  # (2 reach + 1, n)
        inked = mask[near, on].any(axis=0)
        if inked.mean() < 0.8 or hit.any(axis=0).mean() < 0.5:
            continue
        # The runs of ink that lie within the rule; a stroke's run sticks out of it.
        thick = float(np.median(length[near, on][hit]))
        band = 0.5 * thick + 1.5
        within = (first[near, on] >= rows[on] - band) & (last[near, on] <= rows[on] + band)
        erased = mask[near, on] & within
        found[near[erased], np.broadcast_to(on, near.shape)[erased]] = True
    return found


def _distinct(ends: np.ndarray, reach: float) -> np.ndarray:
    """Leave out segments that lie on a longer one's line; (R, 4) → (R', 4), x0 < x1."""
    ends = ends[np.argsort(ends[:, 0] - ends[:, 2], kind="stable")]
    slopes = (ends[:, 3] - ends[:, 1]) / np.maximum(1, ends[:, 2] - ends[:, 0])
    kept: list[int] = []
    for number, (x0, y0, x1, y1) in enumerate(ends):
        start = ends[kept, 1] + slopes[kept] * (x0 - ends[kept, 0]) - y0
        stop = ends[kept, 1] + slopes[kept] * (x1 - ends[kept, 0]) - y1
        if not ((np.abs(start) <= reach) & (np.abs(stop) <= reach)).any():
            kept.append(number)
    return ends[kept]


def _follow(
    thin: np.ndarray, mask: np.ndarray, ends: np.ndarray, reach: int
) -> tuple[np.ndarray, np.ndarray]:
    """Follow rules from where they were seen to where they end, bends included.

    From block to block of columns, both ways: the next block's middle is where the last one's
    slope leads, corrected by the median of what short runs are found there. Strokes that
    cross or touch the rule are few in a block, and gaps no longer than two blocks are passed over.

    Parameters
    ----------
    thin : (H, W) bool
        Ink in short runs across.
    mask : (H, W) bool
        All ink.
    ends : (R, 4) float
        Segments x0, y0, x1, y1 with x0 < x1.
    reach : a rule is sought so many rows above and below

    Returns
    -------
    rows : (R, W) float
        The rules' middles.
    seen : (R, W) bool
        From each rule's first block to its last.
    """
    width = mask.shape[1]
    count = len(ends)
    block = max(12, width // 40)
    blocks = -(-width // block)
    at = block * (np.arange(blocks) + 0.5)  # the middles of the blocks
    slopes = (ends[:, 3] - ends[:, 1]) / (ends[:, 2] - ends[:, 0])
    nodes = ends[:, 1:2] + slopes[:, None] * (at - ends[:, :1])  # (R, blocks)
    present = np.zeros((count, blocks), bool)
    start = np.clip((ends[:, 0] + ends[:, 2]) // (2 * block), 0, blocks - 1).astype(int)
    for direction in (1, -1):
        slope = slopes.copy()
        missed = np.zeros(count, int)
        row = nodes[np.arange(count), start]
        for k in range(blocks):
            here = start + direction * k
            live = np.flatnonzero((here >= 0) & (here < blocks) & (missed <= 2))
            if not len(live):
                break
            place = here[live]
            columns = place[:, None] * block + np.arange(block)  # (r, block)
            expected = row[live, None] + slope[live, None] * (columns - at[place, None])
            error, inked = _off_the_rule(thin, mask, columns, expected, reach)
            there = inked >= 0.6
            row[live] += np.where(there, 0.7 * error, 0)
            slope[live] += np.where(there, 0.15 * direction * error / block, 0)
            nodes[live, place] = row[live]
            present[live, place] = there
            missed[live] = np.where(there, 0, missed[live] + 1)
            row[live] += slope[live] * block * direction
    # Once more, now that the way is known: without the lag of following.
    columns = np.arange(width)
    for _ in range(2):
        rows = np.stack([_interpolate(columns, at, line) for line in nodes])  # (R, W)
        for place in range(blocks):
            on = np.arange(place * block, min(width, (place + 1) * block))
            nodes[:, place] += _off_the_rule(thin, mask, on[None], rows[:, on], reach)[0]
    seen = np.zeros((count, width), bool)
    for number in range(count):
        found = np.flatnonzero(present[number])
        if len(found):
            seen[number, found[0] * block : (found[-1] + 1) * block] = True
    return rows, seen


def _interpolate(x: np.ndarray, at: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Linear interpolation, and extrapolation by the first and the last slope; (n,) float."""
    if len(at) < 2:
        return np.full(len(x), values[0])
    right = np.clip(np.searchsorted(at, x), 1, len(at) - 1)
    slope = (values[right] - values[right - 1]) / (at[right] - at[right - 1])
    return values[right - 1] + slope * (x - at[right - 1])


def _off_the_rule(
    thin: np.ndarray,
    mask: np.ndarray,
    columns: np.ndarray,
    expected: np.ndarray,
    reach: int,
) -> tuple[np.ndarray, np.ndarray]:
    """How far the short runs near an expected rule are from it, and how much of it is inked.

    Parameters
    ----------
    thin, mask : (H, W) bool
    columns, expected : (r, n)
        Where the rules are expected.
    reach : rows

    Returns
    -------
    error : (r,) float
        The median, in rows; 0 where too few runs are found.
    inked : (r,) float
        Share of the columns with any ink.
    """
    height, width = mask.shape
    offsets = np.array(sorted(range(-reach, reach + 1), key=abs))
    rows = np.rint(expected).astype(int)[..., None] + offsets  # (r, n, 2 reach + 1)
    inside = (rows >= 0) & (rows < height) & (columns < width)[..., None]
    rows = np.clip(rows, 0, height - 1)
    columns = np.minimum(columns, width - 1)[..., None]
    short = thin[rows, columns] & inside
    amount = short.sum(axis=2)  # a run's middle is the mean of its rows
    middle = (short * offsets).sum(axis=2) / np.maximum(amount, 1)
    hit = amount > 0
    off = np.where(hit, middle + np.rint(expected) - expected, np.inf)
    hits = hit.sum(axis=1)
    median = np.sort(off, axis=1)[np.arange(len(off)), hits // 2]
    enough = hits >= max(3, 0.25 * off.shape[1])
    error = np.where(enough, np.where(np.isfinite(median), median, 0), 0)
    return error, (mask[rows, columns] & inside).any(axis=2).mean(axis=1)


def _writing_size(mask: np.ndarray, pen: float) -> float:
    """Typical longer side of pieces of ink that could be writing; 0 if there are none."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    high, wide = stats[1:, cv2.CC_STAT_HEIGHT], stats[1:, cv2.CC_STAT_WIDTH]
    left, top = stats[1:, cv2.CC_STAT_LEFT], stats[1:, cv2.CC_STAT_TOP]
    sides = (left == 0).astype(int) + (left + wide == mask.shape[1])
    sides += (top == 0).astype(int) + (top + high == mask.shape[0])
    # In a tight crop every digit touches a side; squares touch all four.
    likely = (high >= 3 * pen) & (wide <= 2 * high) & (sides < 4)
    if (likely & (sides == 0)).any():
        likely &= sides == 0
    else:
        likely &= wide > 0.2 * high  # no rules
    return _weighted_median(high[likely], high[likely])


def runs(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First and last row of the vertical run of ink through each pixel.

    Parameters
    ----------
    mask : (H, W) bool
        Where ink is.

    Returns
    -------
    first, last : (H, W) int16 or int32
        Without meaning where there is no ink.
    """
    height = len(mask)
    kind = np.int16 if height < 2**15 else np.int32
    rows = np.arange(height, dtype=kind)[:, None]
    after_gap = np.where(mask, kind(-1), rows)  # the last row without ink, so far
    before_gap = np.where(mask, kind(height), rows)
    first = np.maximum.accumulate(after_gap, axis=0) + kind(1)
    last = np.minimum.accumulate(before_gap[::-1], axis=0)[::-1] - kind(1)
    return first, last


# --- Pieces of ink -------------------------------------------------------------------------------


def find_pieces(mask: np.ndarray, pen: float) -> list[Piece]:
    """Cut the ink into connected pieces, without what is no writing by its place or size.

    Left out: specks (no side longer than the pen is wide), and at the page's edge whatever runs
    along it, is much larger than writing, or is a straight line while the digits keep clear of it.

    Parameters
    ----------
    mask : (H, W) bool
        Where ink is, rules left out.
    pen : its width in pixels

    Returns
    -------
    list of Part
        The largest first; at most ``MOST_PARTS``.
    """
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    longest = stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1)
    order = np.argsort(-longest[1:], kind="stable")[:MOST_PIECES] + 1
    pieces = []
    for label in order:
        x, y, wide, high, _ = (int(value) for value in stats[label])
        if longest[label] <= 1.2 * pen:
            break
        piece = Piece(x, y, labels[y : y + high, x : x + wide] == label)
        pieces.append(piece)
    clear = [p for p in pieces if not _at_edge(p, mask.shape)]
    # A digit that the picture cuts may be all there is.
    many = len(clear) >= 4 or any(p.height > 0.35 * min(mask.shape) for p in clear)
    typical = _typical_height(clear if many else pieces, pen)
    kept = [p for p in pieces if not _is_clutter(p, mask.shape, typical, pen)]
    # Of a page with whole digits, what the picture cuts off is none; a tight crop cuts them all.
    inside = [p for p in kept if not _at_edge(p, mask.shape)]
    whole = [p for p in inside if p.height > 0.5 * typical]
    if len(whole) >= 4 and len(whole) >= 2 * (len(kept) - len(inside)):
        return inside
    # A line at the edge of a picture whose digits keep clear of it is a frame's, seen at a slant.
    # In a tight crop, where it may be a 1, the others touch the edges, too, or nearly.
    strokes = [p for p in kept if not (_at_edge(p, mask.shape) and _is_straight(p, pen))]
    high, wide = mask.shape
    above = min((min(p.y, high - p.bottom) for p in whole), default=0)
    nearest = min((min(p.x, p.y, wide - p.right, high - p.bottom) for p in strokes), default=0)
    clear_of_edges = above >= 0.06 * high or nearest >= 1 + 0.015 * min(high, wide)
    return strokes if whole and clear_of_edges else kept


def _at_edge(piece: Piece, shape: tuple[int, ...]) -> bool:
    return piece.x == 0 or piece.y == 0 or piece.right == shape[1] or piece.bottom == shape[0]


def _is_straight(piece: Piece, pen: float) -> bool:
    """Tell whether a piece is one straight stroke: about as thick as the pen, and much longer.

    Pixels spread evenly over a rectangle have variances of a twelfth of its squared sides.
    """
    places = np.argwhere(piece.mask).astype(np.float32)
    if len(places) < 2:
        return False
    thick, long = np.sqrt(12 * np.maximum(np.linalg.eigvalsh(np.cov(places.T)), 0))
    return bool(thick <= 1.5 * pen + 1 and long >= 4 * thick)


def _is_clutter(piece: Piece, shape: tuple[int, ...], typical: float, pen: float) -> bool:
    """Tell whether a piece is no writing: an edge, a frame, what is cut off by the picture."""
    high, wide = piece.height, piece.width
    if typical and (high > 4 * typical or wide > 12 * typical):
        return True
    # Straight and thin, and longer than digits are: a piece of a rule or of a frame.
    if piece.mask.sum() < 1.5 * pen * max(high, wide):
        if wide > 2.5 * typical and high < 0.25 * wide:
            return True
        if high > 2.2 * typical and wide < 0.15 * high:
            return True
    # Along an edge, or just inside it: a paper's edge, a frame.
    rim = max(1, round(0.02 * min(shape)))
    for start, stop, whole, along, side in (
        (piece.x, piece.right, shape[1], high, shape[0]),
        (piece.y, piece.bottom, shape[0], wide, shape[1]),
    ):
        depth = stop if start <= rim else whole - start if stop >= whole - rim else None
        if depth is None or depth >= 0.5 * typical:
            continue
        if along > 1.15 * typical or depth <= 0.75 * pen:
            return True
        if along > 0.95 * side and depth < 0.1 * side:
            return True
    if not _at_edge(piece, shape):
        return False
    # Cut off by the picture, or what the page lies on: it is no stroke, but filled.
    filled = piece.mask.sum() > 2.5 * pen * max(high, wide) and max(high, wide) > typical
    return filled or wide > 2 * typical or not 0.7 * typical <= high <= 2 * typical


def _typical_height(pieces: Sequence[Piece], pen: float) -> float:
    """Height of the page's digits: the median of the pieces', weighed by their heights."""
    heights = np.array(
        [p.height for p in pieces if p.height >= 2.5 * pen and p.width <= 3 * p.height],
        float,
    )
    return _weighted_median(heights, heights)


def _weighted_median(values: np.ndarray, weights: np.ndarray) -> float:
    """Return the value with half of the weight on either side; 0 for no values."""
    if not len(values):
        return 0.0
    order = np.argsort(values)
    total = np.cumsum(np.asarray(weights, float)[order])
    return float(values[order][np.searchsorted(total, total[-1] / 2)])


def join_pieces(pieces: Sequence[Piece], pen: float) -> list[Piece]:
    """Join pieces that are one digit with a gap in it, and drop the specks that are left.

    A piece joins its nearest neighbour when it is small (under 0.7 of the neighbour's height) and
    the gap is under 0.12 of the neighbour's height or one and a half pens; or when it lies
    above, below or within the neighbour's columns, as a 5's flag does, and the gap is under 0.3 of
    the height. Two tall pieces join only when one reaches over most of the other's columns.

    Parameters
    ----------
    pieces : as ``find_pieces`` returns them
    pen : its width in pixels

    Returns
    -------
    list of Part
    """
    typical = _typical_height(pieces, pen)
    # Among few pieces the typical one may itself be a part of a digit.
    highest = 1.5 if sum(p.height > 0.6 * typical for p in pieces) >= 5 else 2.4
    joined = sorted(pieces, key=lambda p: -max(p.height, p.width))
    boxes = np.array([(p.x, p.y, p.right, p.bottom) for p in joined], float)
    # The smallest first: a flag joins its digit before anything joins the flag.
    index = len(joined) - 1
    while index >= 0 and len(joined) > 1:
        piece = joined[index]
        best, nearest = None, np.inf
        gaps = _box_gaps(boxes[index], boxes)
        tall = np.maximum(piece.height, boxes[:, 3] - boxes[:, 1])
        for other in np.flatnonzero(gaps <= 0.35 * tall):
            if other != index:
                gap = _joins(piece, joined[other], typical, pen, highest)
                if gap < nearest:
                    best, nearest = int(other), gap
        if best is not None:
            whole = _union(joined[best], piece)
            joined[best] = whole
            boxes[best] = whole.x, whole.y, whole.right, whole.bottom
            del joined[index]
            boxes = np.delete(boxes, index, axis=0)
        index -= 1
    return [
        p
        for p in joined
        if p.height >= 0.3 * typical
        and (p.height >= 0.45 * typical or p.width >= 0.3 * typical)
        and (p.width <= 2.5 * p.height or p.height >= 0.6 * typical)
    ]


def _box_gaps(box: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Distances of a rectangle from others, each (left, top, right, bottom); 0 where they touch."""
    across = np.maximum(np.maximum(boxes[:, 0] - box[2], box[0] - boxes[:, 2]), 0)
    down = np.maximum(np.maximum(boxes[:, 1] - box[3], box[1] - boxes[:, 3]), 0)
    return np.hypot(across, down)


def _joins(piece: Piece, other: Piece, typical: float, pen: float, highest: float) -> float:
    """Gap between two pieces that are one digit; infinite when they are not one digit."""
    high = max(piece.bottom, other.bottom) - min(piece.y, other.y)
    wide = max(piece.right, other.right) - min(piece.x, other.x)
    tall = max(other.height, 0.6 * typical)
    if high > highest * max(typical, other.height) or wide > 1.6 * max(typical, other.height):
        return np.inf
    shared = min(piece.right, other.right) - max(piece.x, other.x)
    over = shared >= 0.5 * min(piece.width, other.width)
    small = max(piece.height, piece.width) < 0.7 * tall
    if small:
        most = max(0.12 * tall, 1.5 * pen)
        if over and max(piece.height, piece.width) > 1.5 * pen:
            most = max(most, 0.3 * tall)
    elif (
        over
        and shared >= 0.7 * min(piece.width, other.width)
        and (piece.height < 0.8 * typical or other.height < 0.8 * typical or shared >= 2.5 * pen)
    ):
        most = max(0.2 * tall, 1.5 * pen)
    else:
        return np.inf
    gap = _gap(piece, other, most)
    return gap if gap <= most else np.inf


def _gap(a: Piece, b: Piece, most: float) -> float:
    """Least distance of the ink of two pieces; infinite when it is surely more than ``most``."""
    margin = int(np.ceil(most)) + 1
    x0, y0 = a.x - margin, a.y - margin
    x1, y1 = a.right + margin, a.bottom + margin
    left, top = max(x0, b.x), max(y0, b.y)
    right, bottom = min(x1, b.right), min(y1, b.bottom)
    if left >= right or top >= bottom:
        return np.inf
    near = b.mask[top - b.y : bottom - b.y, left - b.x : right - b.x]
    if not near.any():
        return np.inf
    distance = cv2.distanceTransform(
        np.pad(~a.mask, margin, constant_values=True).astype(np.uint8), cv2.DIST_L2, 3
    )
    return float(distance[top - y0 : bottom - y0, left - x0 : right - x0][near].min())


def _union(a: Piece, b: Piece) -> Piece:
    """Return two pieces as one."""
    x, y = min(a.x, b.x), min(a.y, b.y)
    mask = np.zeros((max(a.bottom, b.bottom) - y, max(a.right, b.right) - x), bool)
    for piece in (a, b):
        mask[piece.y - y : piece.bottom - y, piece.x - x : piece.right - x] |= piece.mask
    return Piece(x, y, mask)


# --- Lines ---------------------------------------------------------------------------------------


def find_lines(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """Put the digits in reading order: lines from the top, each from the left.

    First the page's turn is found (``page_turn``). Along a line so turned, from left to right, a
    digit belongs to the line whose last digits it overlaps by a third in height; so lines may climb
    and bend.

    Parameters
    ----------
    pieces : in any order

    Returns
    -------
    list of list of Part
        The lines.
    """
    if not pieces:
        return []
    turn = page_turn(pieces)
    cosine, sine = np.cos(turn), np.sin(turn)
    middles = np.array([(p.x + p.width / 2, p.y + p.height / 2) for p in pieces])
    along = middles[:, 0] * cosine + middles[:, 1] * sine
    down = middles[:, 1] * cosine - middles[:, 0] * sine
    heights = np.array([p.height for p in pieces], float)
    lines: list[list[int]] = []
    for i in np.argsort(along, kind="stable"):
        best, most = -1, 1 / 3
        for number, line in enumerate(lines):
            last = line[-4:]
            top = np.median(down[last] - heights[last] / 2)
            bottom = np.median(down[last] + heights[last] / 2)
            shared = min(bottom, down[i] + heights[i] / 2) - max(top, down[i] - heights[i] / 2)
            overlap = shared / min(heights[i], bottom - top)
            # Of two lines that fit, the one whose end is nearer.
            overlap -= 0.02 * (along[i] - along[line[-1]]) / max(heights[i], 1)
            if overlap > most:
                best, most = number, overlap
        if best < 0:
            lines.append([int(i)])
        else:
            lines[best].append(int(i))
    lines.sort(key=lambda line: float(np.median(down[line])))
    return [[pieces[i] for i in line] for line in lines]


def page_turn(pieces: Sequence[Piece]) -> float:
    """Angle of the lines, in radians, clockwise from level; between −40° and 40°.

    For each angle all digits are projected on an upright axis; the right angle piles them up
    in the fewest, highest heaps, which has the greatest sum of squares. Of angles that do about
    as well, the one nearest to level.

    Parameters
    ----------
    pieces : the page's digits

    Returns
    -------
    float
    """
    if len(pieces) < 3:
        return 0.0
    middles = np.array([(p.x + p.width / 2, p.y + p.height / 2) for p in pieces])
    typical = float(np.median([p.height for p in pieces]))
    angles = np.radians(np.arange(-40, 40.5, 0.5))
    scores = []
    for angle in angles:
        down = (middles[:, 1] * np.cos(angle) - middles[:, 0] * np.sin(angle)) / typical
        # Each digit a hump as wide as itself, so that heaps need no borders.
        apart = down[:, None] - down[None]
        scores.append(float(np.exp(-((apart / 0.3) ** 2)).sum()) - len(pieces))
    score = np.array(scores) * (1 - 0.25 * np.abs(angles) / np.radians(40))
    best = int(np.argmax(score))
    level = len(angles) // 2
    # Without three digits in a line there is nothing to tell the turn from.
    return 0.0 if score[best] <= 1.15 * score[level] else float(angles[best])


# --- Digits that touch ---------------------------------------------------------------------------


def split_wide(line: Sequence[Piece], pen: float) -> list[Piece]:
    """Split the pieces of a line that are two or more digits touching one another.

    A piece wider than 1.2 times the line's height may be more than one digit. It is cut along the
    path from top to bottom that crosses the least ink, if that is one stroke of at most 2.2 pens,
    and leaves on both sides something as high as a digit.

    Parameters
    ----------
    line : digits from left to right
    pen : its width in pixels

    Returns
    -------
    list of Part
        From left to right.
    """
    typical = float(np.median([p.height for p in line]))
    single = [p.width for p in line if p.width <= 1.1 * typical]
    usual = max(0.45 * typical, float(np.median(single))) if single else 0.65 * typical
    out: list[Piece] = []
    waiting = list(line)[::-1]
    while waiting:
        piece = waiting.pop()
        halves = None
        if piece.width > 1.2 * max(piece.height, 0.8 * typical) and piece.width > 1.5 * usual:
            halves = _cut(piece, pen, typical, usual)
        if halves is None:
            out.append(piece)
        else:
            waiting.extend(halves[::-1])
    return out


def _cut(piece: Piece, pen: float, typical: float, usual: float) -> tuple[Piece, Piece] | None:
    """Cut a piece in two where the least ink is crossed, or return None where it is too much."""
    height, width = piece.mask.shape
    count = max(2, round(width / usual))
    first = max(1, round(0.15 * usual))
    path, crossed, times = _least_ink_path(piece.mask, first, width - first, width / count, pen)
    # Through a ring the path goes twice: a wide 0 is one digit.
    if crossed > 2.2 * pen or times > 1:
        return None
    columns = np.arange(width)[None]
    left = _trim(piece, piece.mask & (columns < path[:, None]))
    right = _trim(piece, piece.mask & (columns >= path[:, None]))
    if left is None or right is None:
        return None
    least = 0.55 * min(typical, height)
    return (left, right) if min(left.height, right.height) >= least else None


def _least_ink_path(
    mask: np.ndarray, first: int, stop: int, pitch: float, pen: float
) -> tuple[np.ndarray, float, int]:
    """Path from top to bottom, at most one column aside a row, over the least ink.

    Returns the column in each row, (h,) int, how many ink pixels it crosses, and how many strokes.
    Paths that end near a multiple of the pitch are preferred by up to one pixel for each tenth of
    it.
    """
    height, width = mask.shape
    cost = mask.astype(np.float32) + np.float32(0.001)
    # Through one stroke lengthwise rather than across two.
    cost[1:] += np.float32(pen) * (mask[1:] & ~mask[:-1])
    cost[:, :first] = cost[:, stop:] = 1e3
    total = cost.copy()
    for row in range(1, height):
        above = np.pad(total[row - 1], 1, constant_values=np.inf)
        aside = np.minimum(above[:-2], above[2:]) + np.float32(0.05)
        total[row] += np.minimum(above[1:-1], aside)
    place = np.arange(width) / pitch
    off = np.abs(place - np.clip(np.rint(place), 1, max(1, round(width / pitch) - 1)))
    column = int(np.argmin(total[-1] + 10 * np.maximum(0, off - 0.15)))
    path = np.empty(height, np.int64)
    path[-1] = column
    for row in range(height - 2, -1, -1):
        near = range(max(0, column - 1), min(width, column + 2))
        column = min(near, key=lambda c: total[row, c] + (0.05 if c != path[row + 1] else 0))
        path[row] = column
    inked = mask[np.arange(height), path]
    times = np.count_nonzero(np.diff(inked, prepend=False) & inked)
    return path, float(inked.sum()), int(times)


def _trim(piece: Piece, mask: np.ndarray) -> Piece | None:
    """Return the ink of a mask in a piece's rectangle, without its smallest pieces."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        mask.astype(np.uint8), connectivity=8
    )
    if count < 2:
        return None
    areas = stats[:, cv2.CC_STAT_AREA].copy()
    areas[0] = 0
    kept = (areas >= 0.1 * areas.max())[labels] & (labels > 0)
    rows, columns = np.flatnonzero(kept.any(axis=1)), np.flatnonzero(kept.any(axis=0))
    top, left = int(rows[0]), int(columns[0])
    cut = kept[top : int(rows[-1]) + 1, left : int(columns[-1]) + 1]
    return Piece(piece.x + left, piece.y + top, cut)


# --- A page --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Page:
    """A page laid out: its ink, and which of it is which digit.

    Attributes
    ----------
    ink : (H, W) float32
        The page as it was looked at: reduced, 0 is paper, 1 is black ink.
    threshold : float
        What counts as ink; NaN when nothing does.
    mask : (H, W) bool
        Where ink is, rules included.
    rules : (H, W) bool
        Which of it is rules and frames.
    lines : list of list of Part
        The digits, in pixels of ``ink``.
    """

    ink: np.ndarray
    threshold: float
    mask: np.ndarray
    rules: np.ndarray
    lines: list[list[Piece]]


def lay_out(gray: np.ndarray, find_threshold: Callable[[np.ndarray], float | None]) -> Page:
    """Find the digits of a page and their order.

    Parameters
    ----------
    gray : (H, W) uint8
        Dark ink on light paper.
    find_threshold : least value that counts as ink in (H, W) float32, or None for a blank page

    Returns
    -------
    Page
        Without lines when nothing stands out from the paper.
    """
    first = _shrink(gray, 1024)
    for _ in range(2):
        ink = page_ink(first, 0.15 * max(first.shape))
        threshold = find_threshold(ink)
        if threshold is None:
            return _blank(ink)
        mask = ink_mask(ink, threshold)
        pen = stroke_width(mask)
        if pen <= 2 * PEN_PIXELS or max(first.shape) <= 128:
            break
        # A few large digits: rules are found sooner in a smaller picture.
        first = _shrink(first, max(128, round(max(first.shape) * PEN_PIXELS / pen)))
    pen = stroke_width(mask & ~find_rules(mask, pen))
    pen *= max(gray.shape) / max(first.shape)
    work = gray
    if pen > PEN_PIXELS:
        work = _shrink(gray, max(64, round(max(gray.shape) * PEN_PIXELS / pen)))
        pen *= max(work.shape) / max(gray.shape)
    ink = page_ink(work, max(12 * pen, 0.03 * max(work.shape)))
    if pen > 2.5:  # less than half a pen: grain becomes calm, strokes stay
        ink = cv2.GaussianBlur(ink, (0, 0), 0.15 * pen)
    threshold = find_threshold(ink)
    if threshold is None:
        return _blank(ink)
    mask = ink_mask(ink, threshold)
    pen = stroke_width(mask)
    rules = find_rules(mask, pen)
    if rules.any():  # the pen may be darker than they are, and there may be no pen
        soft = cv2.dilate(rules.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        without = find_threshold(np.where(rules | (soft & ~mask), 0, ink))
        if without is None:
            return _blank(ink)
        threshold = max(threshold, without)
        mask = ink_mask(ink, threshold)
        rules &= mask
        pen = stroke_width(mask & ~rules)
    pieces = join_pieces(find_pieces(mask & ~rules, pen), pen)
    least = max(SMALLEST_DIGIT, 0.01 * max(mask.shape))
    if _typical_height(pieces, pen) < least:
        pieces = []  # grain
    lines = [split_wide(line, pen) for line in find_lines(pieces)]
    return Page(ink, threshold, mask, rules, _without_specks(lines))


def _blank(ink: np.ndarray) -> Page:
    nothing = np.zeros(ink.shape, bool)
    return Page(ink, float("nan"), nothing, nothing, [])


def _without_specks(lines: list[list[Piece]]) -> list[list[Piece]]:
    """Drop what is far smaller than the digits of its line, or, alone, than the page's.

    And what is drawn far more finely than they are: a piece of the paper's edge.
    """
    ink = {id(p): p.mask.sum() / max(p.height, p.width) for line in lines for p in line}
    finest = 0.25 * float(np.median(list(ink.values()))) if len(ink) >= 4 else 0.0
    lines = [[p for p in line if ink[id(p)] >= finest] for line in lines]
    lines = [line for line in lines if line]
    heights = np.array([p.height for line in lines for p in line], float)
    usual = _weighted_median(heights, heights)
    kept = []
    for line in lines:
        own = float(np.median([p.height for p in line]))
        least = 0.4 * (own if len(line) > 2 else max(own, usual))
        digits = [p for p in line if p.height >= least]
        if digits:
            kept.append(digits)
    return kept


def _shrink(image: np.ndarray, longest_side: int) -> np.ndarray:
    """Reduce a picture to a longer side by area averaging; a smaller one stays as it is."""
    scale = longest_side / max(image.shape)
    if scale >= 1:
        return image
    size = tuple(max(1, round(side * scale)) for side in image.shape[::-1])
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)
