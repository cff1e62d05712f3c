"""The project: a model reader has all points, weaker ones have those that they should."""

import importlib
import math

import check_table
import cv2
import numpy as np
import pytest

from digitrec import checks, evaluate, forward

# --- A model reader, which the book does not show ---


def levels(picture):
    """Return paper as 0 and ink as 1, whichever is the darker."""
    g = picture.astype(float)
    paper = np.median(np.concatenate([g[0], g[-1], g[:, 0], g[:, -1]]))
    sign = 1 if g.max() - paper > paper - g.min() else -1
    ink = (sign * (g - paper)).clip(0)
    ink /= np.percentile(ink[ink > ink.max() / 2], 50)
    return ((ink - 0.25) / 0.75).clip(0, 1)


def cropped(ink):
    rows, columns = np.flatnonzero((ink > 0.4).any(axis=1)), np.flatnonzero((ink > 0.4).any(axis=0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def sized(ink, box=20):
    factor = box / max(ink.shape)
    h, w = (max(1, round(side * factor)) for side in ink.shape)
    return cv2.resize(ink, (w, h), interpolation=cv2.INTER_AREA)


def placed(digit, by_mass=True):
    h, w = digit.shape
    rows, columns = np.indices(digit.shape)
    centre = (rows * digit).sum() / digit.sum(), (columns * digit).sum() / digit.sum()
    if not by_mass:
        centre = (h - 1) / 2, (w - 1) / 2
    top, left = round(14 - centre[0]), round(14 - centre[1])
    top, left = min(max(top, 0), 28 - h), min(max(left, 0), 28 - w)
    image = np.zeros((28, 28))
    image[top : top + h, left : left + w] = digit
    return np.rint(255 * image).astype(np.uint8)


def prepare(picture):
    return placed(sized(cropped(levels(picture))))


def prepare_by_affine(picture):
    """The same by one warp: the scale from the box, the shift from the mass."""
    ink = levels(picture)
    ink = cv2.GaussianBlur(ink, (3, 3), 0)
    part = cropped(ink)
    factor = 20 / max(part.shape)
    small = cv2.warpAffine(
        cv2.GaussianBlur(part, (0, 0), max(0.3, 0.3 / factor)),
        np.array([[factor, 0, 4], [0, factor, 4]]),
        (28, 28),
    )
    rows, columns = np.indices((28, 28))
    shift = [14 - (axis * small).sum() / small.sum() for axis in (columns, rows)]
    moved = cv2.warpAffine(small, np.array([[1, 0, round(shift[0])], [0, 1, round(shift[1])]],
                                           dtype=float), (28, 28))  # fmt: skip
    return (moved / moved.max() * 255).astype(np.uint8)


NAMES = ("dense1", "dense2", "logits")


def network(x, weights):
    a = x.reshape(len(x), 784) / 255
    for name in NAMES:
        z = a @ weights[f"{name}/kernel"] + weights[f"{name}/bias"]
        a = np.maximum(z, 0)
    return z


def network_in_lines(x, w):
    a0 = x.reshape(-1, 784).astype(np.float64) * (1 / 255)
    a1 = np.where((z := a0 @ w["dense1/kernel"] + w["dense1/bias"]) > 0, z, 0)
    a2 = (a1 @ w["dense2/kernel"] + w["dense2/bias"]).clip(min=0)
    return np.dot(a2, w["logits/kernel"]) + w["logits/bias"]


def network_with(x, weights, *, scale=255.0, last=lambda z: z, relu=True, bias=True, turn=False):
    x = x.transpose(0, 2, 1) if turn else x
    a = x.reshape(len(x), 784) / scale
    for name in NAMES:
        z = a @ weights[f"{name}/kernel"] + bias * weights[f"{name}/bias"]
        a = np.maximum(z, 0) if relu else z
    return last(z)


def network_by_images(x, weights):
    return np.array([network(image[None], weights)[0] for image in x])


def decide(z, least):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return np.where(p.max(axis=1) >= least, p.argmax(axis=1), -1)


def decide_in_a_loop(z, least):
    found = []
    for row in z.tolist():
        most = max(row)
        found.append(row.index(most) if 1 / sum(math.exp(v - most) for v in row) >= least else -1)
    return found


def decide_with(z, least, *, otherwise=-1, compare=None):
    p = forward.softmax(z)
    sure = p.max(axis=1) >= (least if compare is None else compare)
    return np.where(sure, z.argmax(axis=1), otherwise)


def report(y, readings):
    told = readings >= 0
    right = int((y == readings).sum())
    return {
        "answered": told.mean(),
        "accuracy": right / told.sum(),
        "confusion": evaluate.confusion_matrix(y[told], readings[told]),
        "interval": evaluate.wilson_interval(right, int(told.sum())),
    }


def report_by_hand(y, readings):
    confusion = [[0] * 10 for _ in range(10)]
    for true, found in zip(y.tolist(), readings.tolist(), strict=True):
        if found != -1:
            confusion[true][found] += 1
    n = sum(map(sum, confusion))
    p, z = sum(confusion[k][k] for k in range(10)) / n, 1.96
    middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    return {
        "n": n,
        "interval": [middle - half, middle + half],
        "confusion": confusion,
        "accuracy": p,
        "answered": n / len(y),
    }


def report_with(**changes):
    """The right report with entries made otherwise; None leaves one out."""

    def answer(y, readings):
        found = report(y, readings)
        for name, change in changes.items():
            if change is None:
                del found[name]
            else:
                found[name] = change(y, readings, found)
        return found

    return answer


MODEL = {"prepare": prepare, "forward": network, "decide": decide, "report": report}
OTHER = {
    "prepare": prepare_by_affine,
    "forward": network_in_lines,
    "decide": decide_in_a_loop,
    "report": report_by_hand,
    "notes": "not asked for",
}
READERS = [
    MODEL,
    OTHER,
    {**MODEL, "prepare": lambda picture: prepare(255 - picture)},
    {**OTHER, "forward": lambda x, w: network(x, w).tolist(), "decide": decide_with},
]
NOT_ONE = [
    (lambda picture: picture, "expected a dictionary"),
    ([prepare, network, decide, report], "expected a dictionary"),
    ({}, "no function"),
    (dict.fromkeys(MODEL, 7), "expected a function as"),
    (dict.fromkeys(MODEL), "no function"),
    (dict.fromkeys(MODEL, lambda *a: 1 / 0), "raised ZeroDivisionError"),
    (dict.fromkeys(MODEL, lambda *a: None), "returns nothing"),
    (dict.fromkeys(MODEL, lambda *a: "seven"), "found str"),
]


def changed(part, *answers):
    return [({**MODEL, part: answer}, hint) for answer, hint in answers]


def plain(picture):
    """Threshold, squeeze and hope."""
    return cv2.resize(255 - picture, (28, 28), interpolation=cv2.INTER_AREA)


RIGHT = {checks.CHECKS[name]: READERS for name in checks.PROJECT_POINTS}
WRONG = {
    checks.project_prepare: NOT_ONE + changed(
        "prepare",
        (lambda p: prepare(p).astype(float) / 255, "expected uint8"),
        (lambda p: prepare(p).astype(int), "expected uint8"),
        (lambda p: 255 - prepare(p), "paper comes out bright"),
        (plain, "paper comes out"),
        (lambda p: placed(sized(cropped(levels(p))), by_mass=False), "centre of mass"),
        (lambda p: cv2.resize(prepare(p)[4:24, 4:24], (28, 28)), "longer side"),
        (lambda p: placed(cv2.resize(cropped(levels(p)), (20, 20))), "aspect ratio"),
        (lambda p: placed(sized(cropped(levels(p)), 14)), "longer side should be 20"),
        (lambda p: (prepare(p) // 2), "should near 255"),
        (lambda p: np.roll(prepare(p), 3, axis=1), "centre of mass"),
        (lambda p: prepare(p).T, "aspect|comes out"),
        (lambda p: placed(sized(cropped(levels(p)))[::-1]), "upside down"),
        (lambda p: placed(sized(cropped(levels(p[:, ::-1])))), "mirrored"),
        (lambda p: prepare(p)[None], "shape"),
        (lambda p: np.maximum(prepare(p), 90), "comes out grey"),
        (lambda p: (p.fill(0), prepare(p + 1))[1], "raised|changed"),
    ),
    checks.project_forward: NOT_ONE + changed(
        "forward",
        (lambda x, w: network_with(x, w, scale=1), "not scaled"),
        (lambda x, w: network_with(x, w, scale=256), "divided by 256"),
        (lambda x, w: network_with(x, w, scale=255**2), "scaled twice"),
        (lambda x, w: network_with(x, w, turn=True), "column by column"),
        (lambda x, w: network_with(x, w, relu=False), "no ReLU between"),
        (lambda x, w: network_with(x, w, bias=False), "biases are missing"),
        (lambda x, w: np.maximum(network(x, w), 0), "last layer has no ReLU"),
        (lambda x, w: forward.softmax(network(x, w)), "probabilities"),
        (lambda x, w: network(x, w).argmax(axis=1), "readings"),
        (network_by_images, "one by one"),
        (lambda x, w: network(x, w)[0], "shape"),
        (lambda x, w: network(x, w) + 1, "element"),
        (lambda x: x, "raised TypeError"),
        (lambda x, w: (network(x, w), w.clear())[0], "changed its input (argument 2)"),
    ),
    checks.project_decide: NOT_ONE + changed(
        "decide",
        (lambda z, least: z.argmax(axis=1), "every image"),
        (lambda z, least: np.where(decide(z, least) < 0, z.argmax(axis=1), -1), "other way round"),
        (lambda z, least: np.where(z.max(1) >= least, z.argmax(1), -1), "compares logits"),
        (lambda z, least: np.where(decide(z, least) < 0, -1, forward.softmax(z).max(axis=1)),
         "not its probability"),
        (lambda z, least: decide_with(z, least, otherwise=0), "0 is a digit"),
        (lambda z, least: decide_with(z, least, otherwise=10), "is −1"),
        (lambda z, least: decide(z, least)[decide(z, least) >= 0], "each image"),
        (lambda z, least: decide_with(z, least, compare=0.5), "that is given"),
        (lambda z, least: np.where((p := np.exp(z) / np.exp(z).sum(axis=1)[:, None]).max(axis=1)
                                   >= least, p.argmax(axis=1), -1), "exp overflows"),
        (lambda z, least: decide(z, 1 - least), "element"),
        (lambda z, least: decide(z / 2, least), "element"),
        (lambda z, least: decide(z, least) + 1, "element"),
    ),
    checks.project_report: NOT_ONE + changed(
        "report",
        (report_with(answered=None), "no 'answered'"),
        (report_with(interval=None), "no 'interval'"),
        (report_with(answered=lambda y, r, f: (r >= 0).sum()), "how many"),
        (report_with(answered=lambda y, r, f: (r > 0).mean()), "'answered' should be"),
        (report_with(accuracy=lambda y, r, f: (y == r).mean()), "this is of all"),
        (report_with(accuracy=lambda y, r, f: 1 - f["accuracy"]), "'accuracy' should be"),
        (report_with(confusion=lambda y, r, f: f["confusion"].T), "a row is a true digit"),
        (report_with(confusion=lambda y, r, f: f["confusion"] / len(y)), "these are shares"),
        (report_with(confusion=lambda y, r, f: evaluate.confusion_matrix(y, r % 10)), "as a 9"),
        (report_with(confusion=lambda y, r, f: np.diag(np.diag(f["confusion"]))), "confusion["),
        (report_with(interval=lambda y, r, f: f["interval"][::-1]), "lower end"),
        (report_with(interval=lambda y, r, f: evaluate.wilson_interval(sum(y == r), len(y))),
         "of the answered"),
        (report_with(interval=lambda y, r, f: [f["accuracy"] + s * 1.96 * math.sqrt(
            f["accuracy"] * (1 - f["accuracy"]) / (r >= 0).sum()) for s in (-1, 1)]), "Wilson"),
        (report_with(interval=lambda y, r, f: (0, 1)), "'interval' should be"),
        (lambda y, r: list(report(y, r).values()), "expected a dictionary"),
        (report_with(interval=lambda y, r, f: f["accuracy"]), "two numbers"),
    ),
    **{
        check: NOT_ONE + changed(
            "prepare",
            (lambda p: np.zeros((28, 28), np.uint8), "Every picture is read as"),
            (lambda p: 255 - prepare(p), "prepare that loses|read as"),
            (lambda p: prepare(p).T, "prepare that loses"),
            (plain, "asked for"),
            (lambda p: prepare(p)[:20], "shape"),
            (lambda p: prepare(p)[::-1], "prepare that loses"),
            (lambda p: prepare(p) if np.median(p) > 127 else prepare(p) * 0, "bright ink on dark"),
            (lambda p: prepare(p) if np.median(p) < 127 else prepare(p) * 0, "dark ink on bright"),
        )
        + changed(
            "forward",
            (lambda x, w: -network(x, w), "forward that loses"),
            (lambda x, w: network_with(x, w, turn=True), "forward that loses"),
        )
        for check in (checks.project_reads, checks.project_reads_well)
    },
}  # fmt: skip
test_right, test_wrong, test_odd = check_table.tests(RIGHT, WRONG)


@pytest.mark.parametrize(
    ("reader", "points"),
    [
        (MODEL, 10),
        (OTHER, 10),
        # Squeezes the whole picture, and knows dark ink alone.
        ({**MODEL, "prepare": plain}, 6),
        # No preparation that deserves the name, and everything is answered.
        ({**MODEL, "prepare": plain, "decide": lambda z, least: z.argmax(axis=1)}, 4),
        # Half of it is missing.
        ({"forward": network, "decide": decide}, 4),
        ({}, 0),
        (None, 0),
    ],
)
def test_readers_get_the_points_that_they_should(reader, points, capsys):
    verdict = checks.project(reader)
    out = capsys.readouterr().out
    assert f"project: {points} of 10 points." in out
    assert bool(verdict) is (points == 10)
    assert out.count("\n") == 2 * len(checks.PROJECT_POINTS) + 1


@pytest.mark.parametrize("reader", [prepare, prepare_by_affine])
def test_no_drawing_is_taken_for_another(reader):
    """What a good reader earns does not hang on the digits that are drawn: slender ones, too."""
    module = importlib.import_module("digitrec.checks.project")
    rng = np.random.default_rng(0)
    for number in range(400):
        digit = 1 if number % 2 else number // 2 % 10
        picture, boxed = module._drawing(rng, digit, dark=number % 4 < 2)
        image = reader(picture)
        top, bottom = module._extent(np.any(image > 60, axis=1))
        left, right = module._extent(np.any(image > 60, axis=0))
        found = cv2.resize(image[top : bottom + 1, left : right + 1], boxed.shape[::-1])
        assert module._likeness(found, boxed) > 0.7, (number, digit)


def test_points_are_of_checks_and_make_ten():
    assert set(checks.PROJECT_POINTS) <= set(checks.CHECKS)
    assert sum(checks.PROJECT_POINTS.values()) == 10
