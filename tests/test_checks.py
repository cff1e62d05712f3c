"""Every check of an exercise: right answers pass, in several forms; known wrong answers do not."""

import inspect
import io
import re
import sys

import numpy as np
import pytest

from digitrec import checks, forward, networks


def leaky_loop(z):
    """A right answer by way of Python's own numbers."""
    return np.array([v if v > 0 else 0.1 * v for v in z.ravel()]).reshape(z.shape)


def pool_loops(image):
    h, w = image.shape[0] // 2, image.shape[1] // 2
    return np.array(
        [[image[2 * i : 2 * i + 2, 2 * j : 2 * j + 2].max() for j in range(w)] for i in range(h)]
    )


def distances(x, means):
    return np.stack([((x - m) ** 2).sum(axis=(1, 2)) for m in means])


def centre(image):
    mass = image.astype(float)
    rows, columns = np.indices(image.shape)
    return (rows * mass).sum() / mass.sum(), (columns * mass).sum() / mass.sum()


def cross_entropy(z, y):
    z = z - z.max(axis=1, keepdims=True)
    return (np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(y)), y]).mean()


def dense(x, W, b):
    return np.maximum(x @ W + b, 0)


def network(x, layers):
    for W, b in layers[:-1]:
        x = dense(x, W, b)
    return x @ layers[-1][0] + layers[-1][1]


def size(n, k, s, padding):
    return -(-n // s) if padding == "same" else (n - k) // s + 1


def in_place(z):
    z[z < 0] *= 0.1
    return z


def fit(h, w):
    factor = 20 / max(h, w)
    return max(1, round(h * factor)), max(1, round(w * factor))


RIGHT = {
    checks.count_labels: [
        lambda y: np.bincount(y, minlength=10),
        lambda y: [int((y == k).sum()) for k in range(10)],
    ],
    checks.mean_ink: [
        lambda x: x.mean(axis=(1, 2)) / 255,
        lambda x: (x / 255).reshape(len(x), -1).mean(axis=1),
        lambda x: (x.astype(np.float32) / 255).mean(axis=2).mean(axis=1),
    ],
    checks.nearest_mean: [
        lambda x, m: distances(x.astype(float), m).argmin(axis=0),
        lambda x, m: [((m - i.astype(float)) ** 2).sum(axis=(1, 2)).argmin() for i in x],
    ],
    checks.count_parameters: [lambda s: sum((s[k] + 1) * s[k + 1] for k in range(len(s) - 1))],
    checks.cross_entropy: [cross_entropy],
    checks.leaky_relu: [
        lambda z: np.where(z > 0, z, 0.1 * z),
        lambda z: np.maximum(z, 0.1 * z),
        leaky_loop,
    ],
    checks.dense_layer: [dense, lambda x, W, b: np.where(x @ W + b > 0, x @ W + b, 0)],
    checks.forward_pass: [network],
    checks.output_size: [size],
    checks.max_pool: [pool_loops],
    checks.edge_kernel: [
        np.array([[1, 2, 1], [0, 0, 0], [-1, -2, -1]]),
        [[0, 0, 0], [2, 2, 2], [-2, -2, -2]],
    ],
    checks.bright_ink: [
        lambda i: 255 - i if np.median(i) > 127 else i,
        lambda i: i if i[0, 0] < 128 else 255 - i,
    ],
    checks.centre_of_mass: [centre, lambda i: np.array(centre(i))],
    checks.fit_box: [fit],
}

# Each known wrong answer, and a word of the hint that it should get.
WRONG = {
    checks.count_labels: [
        (lambda y: np.bincount(y), "minlength"),
        (lambda y: np.unique(y, return_counts=True)[1], "minlength"),
        (lambda y: dict.fromkeys(range(10), 1), "ten counts"),
        (lambda y: np.bincount(y, minlength=10) / len(y), "expected"),
    ],
    checks.mean_ink: [
        (lambda x: x.mean() / 255, "axes"),
        (lambda x: x.mean(axis=(1, 2)), "divide by 255"),
        (lambda x: x.mean(axis=0) / 255, "one number an image"),
        (lambda x: x.sum(axis=(1, 2), dtype=np.uint8) / 255 / 784, "overflow"),
        (lambda x: (x > 0).mean(axis=(1, 2)), "share"),
        (lambda x: x.sum(axis=(1, 2)) / 255, "divide by how many"),
    ],
    checks.nearest_mean: [
        (lambda x, m: ((x - m[:, None]) ** 2).sum(axis=(2, 3)).argmin(axis=0), "uint8"),
        (lambda x, m: distances(x.astype(float), m).argmax(axis=0), "smallest"),
        (lambda x, m: distances(x.astype(float), m).min(axis=0), "most classes"),
        (
            lambda x, m: distances(x.astype(float), m).argmin(axis=1),
            "one class an image",
        ),
        (lambda x, m: (x.astype(float) - m[0]).sum(axis=(1, 2)) * 0, "most classes"),
    ],
    checks.count_parameters: [
        (lambda s: sum(s[k] * s[k + 1] for k in range(len(s) - 1)), "bias"),
        (lambda s: sum(s[k] * s[k + 1] for k in range(len(s) - 1)) + sum(s), "inputs"),
        (lambda s: 20175, "expected"),
    ],
    checks.cross_entropy: [
        (lambda z, y: cross_entropy(z, y) * len(y), "sum"),
        (lambda z, y: -cross_entropy(z, y), "sign"),
        (lambda z, y: cross_entropy(z, y) / np.log(2), "log2"),
        (
            lambda z, y: (
                -np.log(
                    (np.exp(z) / np.exp(z).sum(axis=1, keepdims=True))[np.arange(len(y)), y]
                ).mean()
            ),
            "overflow",
        ),
        (
            lambda z, y: -np.log(forward.softmax(z)[np.arange(len(y)), y]).mean(),
            "before the logarithm",
        ),
        (
            lambda z, y: -np.log(forward.softmax(z)[np.arange(len(y)), y] + 1e-7).mean(),
            "small number",
        ),
        (lambda z, y: cross_entropy(z, z.argmax(axis=1)), "expected"),
        (lambda z, y: forward.softmax(z)[np.arange(len(y)), y].mean(), "expected"),
    ],
    checks.leaky_relu: [
        (lambda z: np.maximum(z, 0), "plain"),
        (lambda z: 0.1 * z, "expected"),
        (lambda z: np.where(z > 0, z, -0.1 * z), "expected"),
        (lambda z: np.where(z > 0, z, 0.01 * z), "expected"),
        (lambda z: z if z > 0 else 0.1 * z, "raised ValueError"),
        (in_place, "changed its input"),
    ],
    checks.dense_layer: [
        (lambda x, W, b: x @ W + b, "activation"),
        (lambda x, W, b: np.maximum(x @ W, 0), "bias is missing"),
        (lambda x, W, b: np.maximum(x @ W, 0) + b, "before the ReLU"),
        (
            lambda x, W, b: np.maximum(x @ W.T + b, 0),
            "raised ValueError|rows are examples",
        ),
        (lambda x, W, b: np.max(x @ W + b), "shape"),
    ],
    checks.forward_pass: [
        (lambda x, ls: np.maximum(network(x, ls), 0), "no ReLU"),
        (lambda x, ls: forward.softmax(network(x, ls)), "probabilities"),
        (lambda x, ls: x @ ls[-1][0] + ls[-1][1], "raised|expected"),
        (lambda x, ls: network(x, ls[:1] + ls[1:-1] + ls[-1:]) * 2, "expected"),
    ],
    checks.output_size: [
        (lambda n, k, s, p: n if p == "same" else (n - k) // s + 1, "ceil"),
        (lambda n, k, s, p: (n - k) // s + 1, "same"),
        (lambda n, k, s, p: size(n, k, 1, p), "expected"),
        (lambda n, k, s, p: (n - k) / s + 1, "expected"),
    ],
    checks.max_pool: [
        (lambda i: i[: i.shape[0] // 2, : i.shape[1] // 2], "expected"),
        (lambda i: -pool_loops(-i), "expected"),
        (
            lambda i: i.reshape(i.shape[0] // 2, 2, -1, 2).mean(axis=(1, 3)),
            "mean|raised",
        ),
        (
            lambda i: i.reshape(i.shape[0] // 2, 2, -1, 2).max(axis=(1, 3)),
            "raised|5 × 7",
        ),
        (lambda i: i.max(), "shape"),
    ],
    checks.edge_kernel: [
        (np.array([[-1, -1, -1], [0, 0, 0], [1, 1, 1]]), "upside down"),
        (np.array([[1, 0, -1]] * 3), "upright"),
        (np.array([[1, 1, 1], [0, 0, 0], [-1, -1, -1]]), "chapter's own"),
        (np.ones((3, 3)), "all ink"),
        (np.zeros((3, 3)), "does not answer"),
        (np.array([[2, 1, 0], [1, 0, -1], [0, -1, -2]]), "upright"),
        (np.ones((2, 2)), "shape"),
    ],
    checks.bright_ink: [
        (lambda i: 255 - i, "inverts"),
        (lambda i: i, "as it was"),
        (lambda i: (i > 127) * 255 if np.median(i) < 128 else 255 - i, "expected"),
        (lambda i: np.abs(i - 256.0) if np.median(i) > 127 else i, "expected"),
    ],
    checks.centre_of_mass: [
        (lambda i: centre(i)[::-1], "other way round"),
        (lambda i: np.argwhere(i > 0).mean(axis=0), "weight"),
        (lambda i: (i.shape[0] / 2, i.shape[1] / 2), "expected"),
        (lambda i: centre(i)[0], "(row, column)"),
    ],
    checks.fit_box: [
        (lambda h, w: (20, 20), "one factor|block"),
        (
            lambda h, w: (round(h * 20 / max(h, w)), round(w * 20 / max(h, w))),
            "at least",
        ),
        (lambda h, w: fit(h, w)[::-1], "should become"),
        (
            lambda h, w: tuple(max(1, int(v * 20 / max(h, w))) for v in (h, w)),
            "cut off",
        ),
        (lambda h, w: fit(h, w) if max(h, w) > 20 else (h, w), "grow"),
    ],
}


class Model:
    """Stands in for a Keras model: what the check asks of one."""

    def __init__(self, parameters, function):
        self.count_params = lambda: parameters
        self.function = function

    def predict(self, x, **options):
        return self.function(x)


def shipped(x):

    return networks.load_numpy("dense").predict(x)


RIGHT[checks.small_network] = [Model(9_000, shipped)]
WRONG[checks.small_network] = [
    (Model(10_001, shipped), "at most"),
    (Model(9_000, lambda x: np.zeros((len(x), 10))), "reads"),
    (Model(9_000, lambda x: shipped(x)[:, :9]), "ten outputs"),
    (Model(9_000, lambda x: 1 / 0), "raised ZeroDivisionError"),
    (lambda x: x, "Keras model"),
]


def every(cases):
    return [
        pytest.param(check, case, id=f"{check.__name__}-{k}")
        for check, answers in cases.items()
        for k, case in enumerate(answers)
    ]


@pytest.mark.parametrize(("check", "answer"), every(RIGHT))
def test_right_answers_pass(check, answer, capsys):
    assert bool(check(answer)) is True
    assert capsys.readouterr().out == f"✓ {check.__name__}: right.\n"


@pytest.mark.parametrize(("check", "case"), every(WRONG))
def test_known_wrong_answers_fail_with_a_hint(check, case, capsys):
    answer, hint = case
    with np.errstate(all="ignore"):
        assert bool(check(answer)) is False
    out = capsys.readouterr().out
    assert out.startswith(f"✗ {check.__name__}: ")
    assert any(word.lower() in out.lower() for word in hint.split("|")), out


@pytest.mark.parametrize("check", RIGHT, ids=lambda check: check.__name__)
@pytest.mark.parametrize(
    "answer",
    [
        None,
        ...,
        lambda *a: None,
        lambda *a: ...,
        lambda *a: 1 / 0,
        lambda *a: object(),
        lambda *a: [[1], [2, 3]],
        lambda *a: {},
        lambda *a: 10**400,
        lambda *a: (np.nan, np.inf),
        lambda *a: sys.exit,
        7,
        "seven",
        {},
        {"A": ...},
        {1: []},
        np.nan,
        [],
        object(),
    ],
)
def test_no_answer_is_told_without_a_traceback(check, answer, capsys):
    assert bool(check(answer)) is False
    assert capsys.readouterr().out.startswith("✗ ")


def test_every_check_is_tested():
    defined = {
        value
        for name, value in vars(checks).items()
        if inspect.isfunction(value) and hasattr(value, "__wrapped__") and not name.startswith("_")
    }
    assert defined == set(RIGHT) == set(WRONG)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1"])
def test_verdicts_are_printed_where_marks_cannot_be(encoding, monkeypatch):
    """Whatever a reader's own code says, and wherever a check is run."""
    out = io.TextIOWrapper(io.BytesIO(), encoding, newline="\n")
    monkeypatch.setattr(sys, "stdout", out)

    def fails(y):
        raise ValueError("Größe → 数")

    assert checks.count_labels(lambda y: np.bincount(y, minlength=10))
    assert not checks.count_labels(fails)
    out.flush()
    first, second = out.buffer.getvalue().decode(encoding).splitlines()
    assert first == "OK count_labels: right."
    assert re.search(
        r"^NO count_labels: your function raised ValueError in line \d+, .*: Gr", second
    )
