"""Checks of chapter 1: right answers in several forms, and known wrong ones with their hints."""

import math
import struct
from collections import Counter

import check_table
import numpy as np

from digitrec import checks, mnist

# --- count_labels ---


def counted_in_a_loop(y):
    counts = [0] * 10
    for label in y:
        counts[label] += 1
    return counts


def counted_as_uint8(y):
    counts = np.zeros(10, np.uint8)
    for label in y:
        counts[label] += 1
    return counts


def sorts_its_labels(y):
    y.sort()
    return np.bincount(y, minlength=10)


# --- thinnest ---


def thin(x, count):
    return np.argsort(x.mean(axis=(1, 2)))[:count]


def thin_by_loops(x, count):
    sums = [(sum(int(v) for row in image for v in row), n) for n, image in enumerate(x)]
    return [n for _, n in sorted(sums)[:count]]


def thin_one_by_one(x, count):
    ink, found = x.reshape(len(x), -1).sum(axis=1).astype(float), []
    for _ in range(count):
        found.append(ink.argmin())
        ink[found[-1]] = np.inf
    return np.array(found)


def blackens(x, count):
    found = thin(x, count)
    x[found] = 0
    return found


def sum_of_rows(x):
    """Python's own sum, twice, of each image: uint8 stays uint8."""
    return [sum(sum(image)) for image in x]


# --- read_idx ---


def idx(content):
    if content[:3] != b"\0\0\x08":
        raise ValueError("not an IDX file of bytes")
    axes = content[3]
    sizes = [int.from_bytes(content[4 + 4 * k : 8 + 4 * k], "big") for k in range(axes)]
    return np.frombuffer(content, np.uint8, offset=4 + 4 * axes).reshape(sizes)


def idx_with_struct(content):
    zeros, kind, axes = struct.unpack(">HBB", content[:4])
    sizes = struct.unpack(f">{axes}I", content[4 : 4 + 4 * axes])
    data = content[4 + 4 * axes :]
    if zeros or kind != 8 or len(data) != math.prod(sizes):
        raise ValueError("damaged")
    return np.array(list(data), dtype=np.uint8).reshape(sizes)


def idx_with_dtype(content):
    head = np.frombuffer(content[: 4 + 4 * content[3]], ">u4")
    if head[0] >> 8 != 8:
        raise mnist_error()
    sizes = tuple(int(v) for v in head[1:])
    return np.frombuffer(content[len(head) * 4 :], np.uint8).reshape(sizes).copy()


def mnist_error():
    class NotIdx(ValueError):
        pass

    return NotIdx("no")


def idx_rest(content, **changes):
    """An answer with changes: no check of the beginning, another order, another offset."""
    axes = changes.get("axes", content[3])
    order = changes.get("order", "big")
    offset = changes.get("offset", 4 + 4 * axes)
    sizes = [int.from_bytes(content[4 + 4 * k : 8 + 4 * k], order) for k in range(axes)]
    return np.frombuffer(content, changes.get("dtype", np.uint8), offset=offset).reshape(sizes)


def compares_with_a_list(content):
    if content[:3] != [0, 0, 8]:  # bytes are never equal to a list
        raise ValueError("no IDX file")
    return idx_rest(content)


def asserts(content):
    assert content[:3] == b"\0\0\x08"
    return idx_rest(content)


def checks_only_the_type(content):
    if content[2] != 8:
        raise ValueError("not bytes")
    return idx_rest(content)


def cuts_what_is_too_long(content):
    if content[:3] != b"\0\0\x08":
        raise ValueError("not an IDX file of bytes")
    axes = content[3]
    sizes = [int.from_bytes(content[4 + 4 * k : 8 + 4 * k], "big") for k in range(axes)]
    data = np.frombuffer(content, np.uint8, offset=4 + 4 * axes)
    return data[: math.prod(sizes)].reshape(sizes)


def fills_what_is_too_short(content):
    found = idx_with_struct if len(content) > 1000 else None
    axes = content[3]
    if content[:3] != b"\0\0\x08":
        raise ValueError("not an IDX file of bytes")
    sizes = [int.from_bytes(content[4 + 4 * k : 8 + 4 * k], "big") for k in range(axes)]
    data = np.frombuffer(content, np.uint8, offset=4 + 4 * axes)
    return np.resize(data, sizes) if found is None or len(data) < math.prod(sizes) else idx(content)


# --- split ---


def parts(y, size, seed):
    rng = np.random.default_rng(seed)
    validation = []
    for k in range(10):
        of_class = rng.permutation(np.flatnonzero(y == k))
        validation.extend(of_class[: round(size * len(of_class) / len(y))])
    return np.setdiff1d(np.arange(len(y)), validation), np.array(validation)


def parts_by_sorting(y, size, seed):
    """Every so manieth image of a shuffled order that is sorted by class."""
    order = np.random.default_rng(seed).permutation(len(y))
    order = order[np.argsort(y[order], kind="stable")]
    taken = np.floor(np.arange(1, len(y) + 1) * size / len(y)).astype(int)
    chosen = np.diff(taken, prepend=0) == 1
    return order[~chosen], order[chosen]


def parts_as_lists(y, size, seed):
    import random

    shuffle, first, second = random.Random(seed), [], []
    for k in range(10):
        of_class = [n for n, label in enumerate(y) if label == k]
        shuffle.shuffle(of_class)
        count = int(size * len(of_class) / len(y) + 0.5)
        second += of_class[:count]
        first += of_class[count:]
    return [first, second]


def parts_changed(y, size, seed, *, first=False, each=None, replace=False, seeded=True):
    """A split with a mistake."""
    rng = np.random.default_rng(seed if seeded else None)
    validation = []
    for k in range(10):
        of_class = np.flatnonzero(y == k)
        count = each if each is not None else round(size * len(of_class) / len(y))
        taken = of_class[:count] if first else rng.choice(of_class, count, replace=replace)
        validation.extend(taken)
    return np.setdiff1d(np.arange(len(y)), validation), np.array(validation)


def parts_by_the_library(y, size, seed):
    def inner():
        return mnist.stratified_split(y, size, seed)

    return inner()


def places_in_a_class(y, size, seed):
    rng = np.random.default_rng(seed)
    training, validation = [], []
    for k in range(10):
        places = rng.permutation(int((y == k).sum()))
        count = round(size * len(places) / len(y))
        validation.extend(places[:count])
        training.extend(places[count:])
    return np.array(training), np.array(validation)


def at_random(y, size, seed):
    order = np.random.default_rng(seed).permutation(len(y))
    return order[size:], order[:size]


# --- read_by_examples ---


def distances(x, examples):
    """Squared distances by way of a product, (N, M)."""
    x, examples = (a.reshape(len(a), -1).astype(np.float32) / 255 for a in (x, examples))
    return (
        (x**2).sum(axis=1)[:, None] - 2 * x @ examples.T + (examples**2).sum(axis=1)
    )  # fmt: skip


def one_neighbour(x, examples, labels):
    return labels[distances(x, examples).argmin(axis=1)]


def three_neighbours(x, examples, labels):
    near = labels[np.argsort(distances(x, examples), axis=1)[:, :3]]
    return [Counter(row.tolist()).most_common(1)[0][0] for row in near]


def one_by_one(x, examples, labels):
    flat = examples.reshape(len(examples), -1).astype(np.float32)
    found = []
    for image in x:
        difference = flat - image.ravel()
        found.append(labels[np.einsum("nd,nd->n", difference, difference).argmin()])
    return np.array(found, dtype=float)


def by_the_angle(x, examples, labels):
    x, examples = (a.reshape(len(a), -1).astype(np.float32) for a in (x, examples))
    examples /= np.linalg.norm(examples, axis=1, keepdims=True)
    return labels[(x @ examples.T).argmax(axis=1)]


def nearest_mean(x, examples, labels):
    means = np.stack([examples[labels == k].mean(axis=0) for k in range(10)])
    return np.argmin([((x - mean) ** 2).sum(axis=(1, 2)) for mean in means], axis=0)


def wraps(x, examples, labels):
    return np.array([labels[((examples - i) ** 2).sum(axis=(1, 2)).argmin()] for i in x])


def product_of(x, examples, own):
    x, examples = (a.reshape(len(a), -1) for a in (x, examples))
    return own * (x**2).sum(axis=1)[:, None] + (examples**2).sum(axis=1) - 2 * x @ examples.T


def wraps_in_a_product(x, examples, labels):
    return labels[product_of(x, examples, 0).argmin(axis=1)]


def knows_mnist(x, examples, labels):
    from digitrec import networks

    return networks.load_numpy("dense").predict(x).argmax(axis=1)


def furthest(x, examples, labels):
    return labels[distances(x, examples).argmax(axis=1)]


def of_the_batch(x, examples, labels):
    found = one_neighbour(x, examples, labels)
    return np.where(np.arange(len(x)) == len(x) - 1, (found + 1) % 10, found)


RIGHT = {
    checks.count_labels: [
        lambda y: np.bincount(y, minlength=10),
        lambda y: [int((y == k).sum()) for k in range(10)],
        counted_in_a_loop,
        lambda y: tuple(Counter(y.tolist())[k] for k in range(10)),
        lambda y: (y[:, None] == np.arange(10)).sum(axis=0).astype(float),
        lambda y: np.histogram(y, bins=np.arange(11))[0],
    ],
    checks.thinnest: [
        thin,
        thin_by_loops,
        thin_one_by_one,
        lambda x, count: np.argsort((x.astype(np.float32) / 255).sum(axis=2).sum(axis=1))[:count],
        lambda x, count: sorted(range(len(x)), key=lambda n: x[n].sum())[:count],
    ],
    checks.read_idx: [idx, idx_with_struct, idx_with_dtype, lambda c: idx(bytes(c)).copy()],
    checks.split: [
        parts,
        parts_by_sorting,
        parts_as_lists,
        lambda y, size, seed: [a.astype(float) for a in parts(y, size, seed)],
        lambda y, size, seed: tuple(parts(y, size, seed)),
    ],
    checks.read_by_examples: [one_neighbour, three_neighbours, one_by_one, by_the_angle],
}

WRONG = {
    checks.count_labels: [
        (lambda y: np.bincount(y), "minlength"),
        (lambda y: np.unique(y, return_counts=True)[1], "of those that do"),
        (lambda y: dict.fromkeys(range(10), 1), "ten counts"),
        (lambda y: np.bincount(y, minlength=10) / len(y), "shares"),
        (counted_as_uint8, "uint8"),
        (lambda y: np.bincount(y, minlength=10).astype(np.uint16), "uint16"),
        (lambda y: np.bincount(y, minlength=10).cumsum(), "running totals"),
        (lambda y: list(enumerate(np.bincount(y, minlength=10))), "the counts alone"),
        (lambda y: np.bincount(y, minlength=10)[::-1], "from 9 down"),
        (lambda y: [k in y for k in range(10)], "how often"),
        (lambda y: np.bincount(y, minlength=11), "shape"),
        (lambda y: np.bincount(y, minlength=10)[1:], "shape"),
        (lambda y: [len(y) / 10] * 10, "element [0] should be"),
        (lambda y: np.bincount(y, minlength=10) + 0.5, "element [0]"),
        (lambda y: np.bincount(y, minlength=10) + (np.arange(10) == 9), "element [9] should be 0"),
        (lambda y: [str(n) for n in np.bincount(y, minlength=10)], "expected ten counts"),
        (lambda y: len(y), "one value"),
        (sorts_its_labels, "changed its input"),
    ],
    checks.thinnest: [
        (lambda x, count: np.argsort(x.mean(axis=(1, 2)))[::-1][:count], "thickest"),
        (lambda x, count: thin(x, count)[::-1], "should come first"),
        (lambda x, count: np.sort(thin(x, count)), "order of their numbers"),
        (lambda x, count: thin(x, len(x)), "only some"),
        (lambda x, count: np.sort(x.mean(axis=(1, 2)))[:count], "these are means"),
        (lambda x, count: np.sort(x.sum(axis=(1, 2)))[:count], "these are sums"),
        (lambda x, count: np.sort(x.mean(axis=(1, 2)) / 255)[:count], "amounts of ink"),
        (lambda x, count: np.argsort(x.sum(axis=(1, 2), dtype=np.uint8), kind="stable")[:count],
         "wrap round"),
        (lambda x, count: np.argsort((x > 0).sum(axis=(1, 2)), kind="stable")[:count],
         "how bright"),
        (lambda x, count: np.argsort(sum_of_rows(x))[:count], "wrap round"),
        (lambda x, count: np.argsort([(i > 0).sum() for i in x])[:count], "how bright"),
        (lambda x, count: np.argsort(x.sum(axis=(1, 2)))[-count:], "thickest"),
        (lambda x, count: x[thin(x, count)], "these are the images"),
        (lambda x, count: np.argsort(np.argsort(x.mean(axis=(1, 2))))[:count], "rank"),
        (lambda x, count: np.argsort(x.max(axis=(1, 2)), kind="stable")[:count], "brightest"),
        (lambda x, count: np.argpartition(x.sum(axis=(1, 2)), count - 1)[:count], "element"),
        (lambda x, count: np.argsort((x > 128).sum(axis=(1, 2)), kind="stable")[:count], "element"),
        (lambda x, count: thin(x, count).astype(str), "an array of the type <U"),
        (lambda x, count: thin(x, 10), "shape"),
        (lambda x, count: thin(x, count)[0], "one value"),
        (lambda x, count: np.argsort(x.mean(axis=0)), "shape"),
        (lambda x, count: thin(x, count) + 1, "element [0]"),
        (lambda x, count: range(count), "element"),
        (lambda x, count: np.argsort(np.median(x, axis=(1, 2)))[:count], "element|bright|order"),
        (lambda x, count: thin(x[:, 4:24, 4:24], count), "element|order"),
        (blackens, "changed its input (argument 1)"),
    ],
    checks.read_idx: [
        (lambda c: idx(c).ravel(), "one row"),
        (lambda c: idx_rest(c, dtype=np.int8), "np.int8"),
        (lambda c: idx_rest(c, order="little"), "its sizes are 2 × 3 × 4"),
        (lambda c: idx_rest(c, offset=16), "begin at byte 8"),
        (lambda c: idx_rest(c, axes=3), "only size is 300"),
        (compares_with_a_list, "begins with 0, 0, 8, 3"),
        (asserts, "it raises AssertionError"),
        (lambda c: idx(c).ravel().reshape(idx(c).shape, order="F"), "last axis"),
        (lambda c: idx(c).squeeze(), "shape"),
        (lambda c: idx(c).astype(int), "uint8"),
        (lambda c: idx(c).tolist(), "type is int64"),
        (lambda c: idx(c) / 255, "scaled"),
        (lambda c: idx(c).reshape(idx(c).shape[::-1]), "other way round"),
        (lambda c: idx_rest(c), "third byte|two zeros"),
        (checks_only_the_type, "two zeros"),
        (cuts_what_is_too_long, "too long"),
        (fills_what_is_too_short, "too short"),
        (lambda c: c[16:], "found bytes"),
        (lambda c: list(c), "shape"),
        (lambda c: mnist.read_idx(c) if c[3] == 3 else None, "returns nothing"),
        (lambda c: np.zeros(idx(c).shape, np.uint8), "should be 200"),
        (lambda c: 255 - idx(c), "element"),
    ],
    checks.split: [
        (lambda y, size, seed: mnist.stratified_split(y, size, seed), "yourself"),
        (mnist.stratified_split, "yourself"),
        (parts_by_the_library, "yourself"),
        (places_in_a_class, "own images"),
        (at_random, "by itself"),
        (lambda y, size, seed: parts_changed(y, size, seed, first=True), "left to chance"),
        (lambda y, size, seed: parts_changed(y, size, seed, each=size // 10), "by itself"),
        (lambda y, size, seed: parts_changed(y, size, seed, replace=True), "twice"),
        (lambda y, size, seed: parts_changed(y, size, seed, seeded=False), "same seed"),
        (lambda y, size, seed: parts_changed(y, size, 0), "left to chance"),
        (lambda y, size, seed: parts(y, size, seed)[::-1], "other way round"),
        (lambda y, size, seed: (np.arange(len(y)), parts(y, size, seed)[1]), "both parts"),
        (lambda y, size, seed: tuple(y[part] for part in parts(y, size, seed)), "labels"),
        (lambda y, size, seed: parts(y, size, seed)[1], "two arrays"),
        (lambda y, size, seed: tuple(np.isin(np.arange(len(y)), p) for p in parts(y, size, seed)),
         "mask"),
        (lambda y, size, seed: (parts(y, size, seed)[0][1:], parts(y, size, seed)[1]),
         "Each belongs"),
        (lambda y, size, seed: parts(y, size // 2, seed), "about"),
        (lambda y, size, seed: tuple(p + 1 for p in parts(y, size, seed)), "from 0 to"),
        (lambda y, size, seed: tuple(p - 1 for p in parts(y, size, seed)), "from 0 to"),
        (lambda y, size, seed: tuple(p / 2 for p in parts(y, size, seed)), "whole numbers"),
        (lambda y, size, seed: (np.arange(size, len(y)), np.arange(size)), "by itself"),
        (lambda y, size, seed: ("all", "some"), "expected indices"),
        (lambda y, size, seed: ([], np.arange(len(y))), "training is empty"),
        (lambda y, size, seed: [p[:, None] for p in parts(y, size, seed)], "one row of indices"),
        (lambda y, size, seed: [np.tile(p, 2) for p in parts(y, size, seed)], "twice"),
        (lambda y, size, seed: parts(np.sort(y), size, seed), "by itself"),
        (lambda y, size, seed: (y.sort(), parts(y, size, seed))[1], "changed its input"),
    ],
    checks.read_by_examples: [
        (nearest_mean, "nearest mean"),
        (wraps, "wrap round"),
        (wraps_in_a_product, "wrap round"),
        (lambda x, e, labels: labels[product_of(x, e, 1).argmin(axis=1)], "wrap round"),
        (knows_mnist, "other names"),
        (furthest, "reads"),
        (lambda x, e, labels: np.full(len(x), 1), "answers 1 to every"),
        (lambda x, e, labels: distances(x, e).argmin(axis=1), "one of the digits"),
        (lambda x, e, labels: distances(x, e).argmin(axis=0), "shape"),
        (of_the_batch, "alone"),
        (lambda x, e, labels: one_neighbour(x, e[:60], labels[:60]), "asked for"),
        (lambda x, e, labels: one_neighbour(x, e, np.sort(labels)), "asked for"),
        (lambda x, e, labels: one_neighbour(x, e, labels) + 0.5, "one of the digits"),
        (lambda x, e, labels: (e.fill(0), labels[: len(x)])[1], "changed its input (argument 2)"),
        (lambda x, e, labels: np.random.default_rng().integers(0, 10, len(x)), "alone|asked"),
        (lambda x, e, labels: labels[: len(x)], "asked for"),
    ],
}  # fmt: skip
test_right, test_wrong, test_odd = check_table.tests(RIGHT, WRONG)
