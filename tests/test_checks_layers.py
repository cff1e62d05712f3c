"""Checks of chapter 3: right answers in several forms, and known wrong ones with their hints."""

import functools

import check_table
import numpy as np

from digitrec import checks, forward, networks

# --- leaky_relu, dense_layer ---


def leaky_loop(z):
    """A right answer by way of Python's own numbers."""
    return np.array([v if v > 0 else 0.1 * v for v in z.ravel()]).reshape(z.shape)


def in_place(z):
    z[z < 0] *= 0.1
    return z


def dense(x, W, b):
    return np.maximum(x @ W + b, 0)


def dense_out(x, W, b):
    z = np.dot(x, W)
    z += b
    z[z < 0] = 0
    return z


def dense_in_loops(x, W, b):
    return np.array([[max(0, row @ W[:, u] + b[u]) for u in range(len(b))] for row in x])


def dense_by_rows(x, W, b):
    out = np.zeros((len(x), len(b)))
    for n, row in enumerate(x):
        out[n] = np.maximum(0, row @ W + b)
    return out


def dense_by_inputs(x, W, b):
    z = np.zeros((len(x), len(b))) + b
    d = 0
    while d < len(W):
        z = z + x[:, d : d + 1] * W[d]
        d += 1
    return np.maximum(0, z)


def dense_vectorize(x, W, b):
    return np.vectorize(lambda v: max(0.0, v))(x @ W + b)


def adds_in_place(x, W, b):
    W *= 1.0
    b += 0.5
    return dense(x, W, b - 0.5)


# --- forward_pass ---


def network(x, layers):
    for W, b in layers[:-1]:
        x = dense(x, W, b)
    return x @ layers[-1][0] + layers[-1][1]


def network_by_numbers(x, layers):
    a = x
    for k in range(len(layers)):
        z = a @ layers[k][0] + layers[k][1]
        a = np.where(z > 0, z, 0)
    return z


def network_recursive(x, layers):
    (W, b), rest = layers[0], layers[1:]
    z = x @ W + b
    return network_recursive(np.maximum(z, 0), rest) if rest else z


def network_by_images(x, layers):
    return [
        functools.reduce(lambda a, wb: np.maximum(a, 0) @ wb[0] + wb[1], layers[1:],
                         row @ layers[0][0] + layers[0][1])
        for row in x
    ]  # fmt: skip


def pops(x, layers):
    while len(layers) > 1:
        x = dense(x, *layers.pop(0))
    return x @ layers[0][0] + layers[0][1]


def plain(x, layers):
    for W, b in layers:
        x = x @ W + b
    return x


def bias_after(x, layers):
    for W, b in layers[:-1]:
        x = np.maximum(0, x @ W) + b
    return x @ layers[-1][0] + layers[-1][1]


# --- first_difference ---


def first(ours, theirs, tolerance):
    for name in ours:
        a, b = ours[name], theirs[name]
        if a.shape != b.shape or not (np.abs(a - b) <= tolerance).all():
            return name
    return ""


def first_by_allclose(ours, theirs, tolerance):
    different = [
        name
        for name, a in ours.items()
        if a.shape != theirs[name].shape or not np.allclose(a, theirs[name], rtol=0, atol=tolerance)
    ]
    return different[0] if different else ""


def first_by_next(ours, theirs, tolerance):
    def agree(a, b):
        return np.shape(a) == np.shape(b) and bool(np.max(np.abs(a - b)) <= tolerance)

    return next((name for name in ours if not agree(ours[name], theirs[name])), "")


def first_in_loops(ours, theirs, tolerance):
    for name, a in ours.items():
        if a.shape != theirs[name].shape:
            return name
        for u, v in zip(a.ravel().tolist(), theirs[name].ravel().tolist(), strict=True):
            if not abs(u - v) <= tolerance:
                return name
    return ""


def where_any(ours, theirs, tolerance, differs):
    """An answer that has its own idea of what differs; another shape does."""
    for name in ours:
        if ours[name].shape != theirs[name].shape or differs(ours[name] - theirs[name], tolerance):
            return name
    return ""


# --- to_int8 ---


def int8(W):
    scale = np.abs(W).max() / 127 or 1.0
    return np.rint(W / scale).astype(np.int8), scale


def int8_in_loops(W):
    most = max(abs(float(v)) for v in W.ravel())
    scale = most / 127 if most > 0 else 1.0
    q = np.zeros(W.shape, np.int8)
    for index in np.ndindex(W.shape):
        q[index] = round(float(W[index]) / scale)
    return [q, scale]


def int8_by_floor(W):
    most = max(W.max(), -W.min())
    if most == 0:
        return np.zeros_like(W, dtype=np.int8), np.float32(1)
    return np.floor(W * (127 / most) + 0.5).astype("int8"), np.float64(most / 127)


def int8_clipped(W):
    scale = max(np.linalg.norm(W.ravel(), np.inf), 1e-12) / 127
    return (W / scale).round().clip(-127, 127).astype(np.int8), np.array(scale)


def int8_with(W, most=None, levels=127, rounding=np.rint, kind=np.int8):
    scale = (np.abs(W).max() if most is None else most(W)) / levels
    if not W.any():
        return np.zeros(W.shape, kind), 1.0
    return rounding(W / scale).astype(np.int64).astype(kind), scale


# --- small_file ---


@functools.cache
def packed(bits=8, pixels=590):
    """The shipped network in whole numbers, without the pixels that have least ink."""
    from digitrec import mnist

    w, _ = networks.read_weights(networks.WEIGHTS_FOLDER / "dense")
    ink = mnist.read_training()[0][:20_000].reshape(-1, 784).mean(axis=0)
    kept = np.sort(np.argsort(ink)[-pixels:])
    mask = np.zeros(784, bool)
    mask[kept] = True
    arrays = {"mask": np.packbits(mask)}
    for name in ("dense1", "dense2", "logits"):
        kernel = w[f"{name}/kernel"]
        kernel = kernel[kept] if name == "dense1" else kernel
        scale = np.abs(kernel).max() / (2 ** (bits - 1) - 1)
        arrays[name] = np.rint(kernel / scale).astype(np.int8)
        arrays[f"{name}/more"] = np.append(w[f"{name}/bias"], scale).astype(np.float32)
    return arrays


def read_packed(x, arrays):
    a = x.reshape(len(x), -1)[:, np.unpackbits(arrays["mask"])[:784] > 0] / np.float32(255)
    for name in ("dense1", "dense2", "logits"):
        more = arrays[f"{name}/more"]
        a = a @ (arrays[name] * more[-1]) + more[:-1]
        a = a if name == "logits" else np.maximum(a, 0)
    return a.argmax(axis=1)


def read_in_loops(x, arrays):
    return [int(read_packed(image[np.newaxis], arrays)[0]) for image in x]


def read_shipped(x, arrays):
    return networks.load_numpy("dense").predict(x).argmax(axis=1)


def read_and_clear(x, arrays):
    found = read_packed(x, arrays)
    arrays.clear()
    return found


def file_later(make):
    return check_table.Later(make)


def as_float16():
    arrays = packed(pixels=480)
    return {**arrays, "logits/more": arrays["logits/more"].astype(np.float16)}, read_packed


def one_array():
    """All numbers in one array of bytes."""
    arrays = packed()
    order = {name: (a.shape, a.dtype, a.nbytes) for name, a in arrays.items()}

    def read(x, given):
        data, found, start = given["all"].tobytes(), {}, 0
        for name, (shape, dtype, size) in order.items():
            part = np.frombuffer(data[start : start + size], dtype)
            found[name], start = part.reshape(shape), start + size
        return read_packed(x, found)

    joined = b"".join(a.tobytes() for a in arrays.values())
    return [{"all": np.frombuffer(joined, np.uint8)}, read]


def without(name):
    """A file in which an array is missing, and a function that has it from elsewhere."""
    arrays = packed()
    keep = arrays[name]

    def read(x, given):
        return read_packed(x, {**given, name: keep})

    return {n: a for n, a in arrays.items() if n != name}, read


def with_a_global(name):
    """The same with the array in a global, by way of a second function."""
    arrays = packed()
    space = {"keep": arrays[name], "read_packed": read_packed, "name": name}
    exec(
        "def add(given):\n    return {**given, name: keep}\n\n\n"
        "def read(x, given):\n    return read_packed(x, add(given))\n",
        space,
    )
    return {n: a for n, a in arrays.items() if n != name}, space["read"]


class Reader:
    def __init__(self, arrays):
        self.arrays = arrays

    def __call__(self, x, given):
        return read_packed(x, self.arrays)

    def method(self, x, given):
        return read_packed(x, self.arrays)


def without_a_list():
    """Biases in a list that is a default."""
    arrays = packed()
    more = arrays["dense1/more"].tolist() * 2

    def read(x, given, more=more):
        return read_packed(x, {**given, "dense1/more": np.array(more[:26], np.float32)})

    return {n: a for n, a in arrays.items() if n != "dense1/more"}, read


def with_sizes():
    """A right one: numbers such as sizes and a module may come from elsewhere."""
    pixels, level = 784, np.float32(255)

    def read(x, arrays):
        return read_packed(x.reshape(len(x), pixels) / level * 255, arrays)

    return packed(), read


def float32_weights():
    w, _ = networks.read_weights(networks.WEIGHTS_FOLDER / "dense")
    return dict(w), read_packed


RIGHT = {
    checks.leaky_relu: [
        lambda z: np.where(z > 0, z, 0.1 * z),
        lambda z: np.maximum(z, 0.1 * z),
        leaky_loop,
        lambda z: leaky_loop(z).tolist(),
        lambda z: z * (0.1 + 0.9 * (z > 0)),
        lambda z: (1.1 * z + 0.9 * np.abs(z)) / 2,
    ],
    checks.dense_layer: [
        dense,
        dense_out,
        lambda x, W, b: np.where(x @ W + b > 0, x @ W + b, 0),
        lambda x, W, b: np.einsum("nd,du->nu", x, W).__add__(b).clip(min=0),
        lambda x, W, b: (W.T @ x.T + b[:, None]).clip(0).T,
        lambda x, W, b: forward.relu(np.c_[x, np.ones(len(x))] @ np.vstack([W, b])),
    ],
    checks.forward_pass: [network, network_by_numbers, network_recursive, network_by_images],
    checks.first_difference: [first, first_by_allclose, first_by_next, first_in_loops],
    checks.to_int8: [int8, int8_in_loops, int8_by_floor, int8_clipped],
    checks.small_file: [
        file_later(lambda: (packed(), read_packed)),
        file_later(lambda: (packed(7, 500), read_in_loops)),
        file_later(as_float16),
        file_later(one_array),
        file_later(with_sizes),
        file_later(lambda: (packed(), functools.partial(read_packed))),
    ],
}
WRONG = {
    checks.leaky_relu: [
        (lambda z: np.maximum(z, 0), "plain"),
        (lambda z: 0.1 * z, "becomes a tenth"),
        (lambda z: np.where(z > 0, z, -0.1 * z), "should be negative"),
        (lambda z: np.where(z > 0, z, 0.01 * z), "yours is 0.01"),
        (lambda z: z if z > 0 else 0.1 * z, "raised ValueError"),
        (in_place, "changed its input"),
        (lambda z: np.where(z > 0, 0.1 * z, z), "other way round"),
        (lambda z: np.where(z > 0, z, 0.1), "always 0.1"),
        (lambda z: np.where(z > 0, 1, 0.1), "slopes"),
        (lambda z: np.maximum(z, -0.1 * z), "should be negative"),
        (lambda z: np.where(z > 0, z, z - 0.1), "subtracted"),
        (np.abs, "absolute"),
        (lambda z: z + 0, "does nothing"),
        (lambda z: np.where(z > 0, z, 0.1 * z).ravel(), "shape"),
        (lambda z: np.where(z > 0, z, 0.1 * z).round(1), "element"),
        (lambda z: np.where(z > 0.6, z, 0.1 * z), "element"),
        (lambda z: max(z, 0.1 * z), "raised ValueError"),
        (lambda z: np.max([z, 0.1 * z]), "shape|one value"),
        (lambda z: [0.1 * v if v < 0 else v for v in z], "raised ValueError"),
    ],
    checks.dense_layer: [
        (lambda x, W, b: x @ W + b, "activation"),
        (lambda x, W, b: np.maximum(x @ W, 0), "bias is missing"),
        (lambda x, W, b: x @ W, "and the activation"),
        (lambda x, W, b: np.maximum(x @ W, 0) + b, "before the ReLU"),
        (lambda x, W, b: np.maximum(x @ W + b.sum(), 0), "sum of all biases"),
        (lambda x, W, b: np.maximum(x @ W - b, 0), "subtracted"),
        (lambda x, W, b: np.maximum(x @ W.T + b, 0), "raised ValueError|rows are examples"),
        (lambda x, W, b: np.maximum(x @ (W.T if len(W) == len(b) else W) + b, 0), "as it is"),
        (lambda x, W, b: np.max(x @ W + b), "np.max gives one"),
        (lambda x, W, b: np.minimum(x @ W + b, 0), "min(0, z)"),
        (lambda x, W, b: np.abs(x @ W + b), "|z|"),
        (lambda x, W, b: forward.softmax(x @ W + b), "softmax"),
        (lambda x, W, b: x @ W + b > 0, "whether z"),
        (lambda x, W, b: np.maximum(x * W + b, 0), "raised ValueError"),
        (lambda x, W, b: dense(x, W, b).T, "a row for each example"),
        (lambda x, W, b: np.maximum(0, x @ W + (b[:, None] if len(x) == len(b) else b)), "column"),
        (lambda x, W, b: np.maximum(0, x @ W + b.mean()), "mean of all biases"),
        (dense_in_loops, "goes through images"),
        (dense_by_rows, "goes through images"),
        (dense_by_inputs, "goes through inputs"),
        (dense_vectorize, "one by one"),
        (lambda x, W, b: [np.maximum(0, row @ W + b) for row in x], "one by one"),
        (lambda x, W, b: np.apply_along_axis(lambda row: np.maximum(0, row @ W + b), 1, x),
         "one by one"),
        (adds_in_place, "changed its input (argument 3)"),
        (lambda x, W, b: np.maximum(0.01 * (x @ W + b), x @ W + b), "element"),
        (lambda x, W, b: np.maximum(1, x @ W + b), "element"),
        (lambda x, W, b: dense(x, W, b).sum(axis=1), "shape"),
    ],
    checks.forward_pass: [
        (lambda x, ls: np.maximum(network(x, ls), 0), "last layer has no ReLU"),
        (lambda x, ls: forward.softmax(network(x, ls)), "probabilities"),
        (lambda x, ls: network(x, ls).argmax(axis=1), "readings"),
        (plain, "no ReLU between"),
        (bias_after, "before the ReLU"),
        (lambda x, ls: network(x, [(W, 0 * b) for W, b in ls]), "biases are missing"),
        (lambda x, ls: network(x, [*ls[:-1], (ls[-1][0], 0)]), "bias of the last"),
        (lambda x, ls: x @ ls[-1][0] + ls[-1][1], "raised"),
        (lambda x, ls: network(x, ls) * 2, "element"),
        (lambda x, ls: network(x, ls[:3]), "raised|element|last layer|shape"),
        (lambda x, ls: functools.reduce(lambda a, p: dense(a, *p), ls, x), "last layer has no"),
        (lambda x, ls: network(x, [*ls[:-1], (np.eye(len(ls[-1][0])), 0)]), "last layer is"),
        (lambda x, ls: dense(x, *ls[0]), "first layer alone|last layer has no ReLU"),
        (lambda x, ls: network(x, ls[::-1]), "raised ValueError"),
        (lambda x, ls: network(x, ls).T, "shape"),
        (lambda x, ls: [dense(x, W, b) for W, b in ls], "raised|expected"),
        (lambda x, ls: dense(dense(x, *ls[0]), *ls[1]) @ ls[2][0] + ls[2][1], "raised IndexError"),
        (lambda x, ls: network(np.maximum(x, 0), ls), "element"),
        (lambda x, ls: forward.softmax(np.maximum(network(x, ls), 0)), "and the last layer has"),
        (lambda x, ls: network(x / 255, ls), "element"),
        (pops, "changed its input (argument 2)"),
    ],
    checks.first_difference: [
        (lambda o, t, tol: where_any(o, t, tol, lambda d, e: (d > e).any()), "expected 'dense2'"),
        (lambda o, t, tol: where_any(o, t, tol, lambda d, e: (np.abs(d) > e).any()), "NaN"),
        (lambda o, t, tol: where_any(o, t, tol, lambda d, e: np.abs(d).max() > e), "NaN"),
        (lambda o, t, tol: where_any(o, t, tol, lambda d, e: d.any()), "rounding|within"),
        (lambda o, t, tol: where_any(o, t, tol, lambda d, e: not abs(d.sum()) <= e),
         "add up to 0|within"),
        (lambda o, t, tol: where_any(o, t, tol, lambda d, e: not abs(d.mean()) <= e),
         "expected|add up"),
        (lambda o, t, tol: where_any(o, t, tol, lambda d, e: not (np.abs(d) <= 1e-3).all()),
         "tolerance of 1 "),
        (lambda o, t, tol: where_any(o, t, tol, lambda d, e: not np.allclose(d, 0, atol=1e-3)),
         "tolerance of 1 "),
        (lambda o, t, tol: where_any(o, t, tol, lambda d, e: not (np.abs(d) <= max(e, 1e-3)).all()),
         "nothing is found"),
        (lambda o, t, tol: next((n for n in o if not (np.abs(o[n] - t[n]) <= tol).all()), ""),
         "another shape"),
        (lambda o, t, tol: first({n: o[n] for n in reversed(o)}, t, tol), "expected 'dense2'"),
        (lambda o, t, tol: next((n for n, a, b in zip(o, o.values(), t.values(), strict=True)
                                 if a.shape != b.shape or not (np.abs(a - b) <= tol).all()), ""),
         "another order"),
        (lambda o, t, tol: first(o, t, tol) or None, 'comes return ""'),
        (lambda o, t, tol: where_any(o, t, tol, lambda d, e: not (np.abs(d) < e).all()),
         "tolerance of 0"),
        (lambda o, t, tol: where_any(o, t, tol, lambda d, e: not (d <= e).all()), "other sign"),
        (lambda o, t, tol: first(o, t, tol) != "", "expected a layer's name"),
        (lambda o, t, tol: list(o).index(first(o, t, tol) or "scale"), "expected a layer's name"),
        (lambda o, t, tol: "dense1", "expected ''"),
        (lambda o, t, tol: "", "expected 'dense2'"),
        (lambda o, t, tol: max(o, key=lambda n: np.abs(o[n] - t[n]).max()), "expected ''"),
        (lambda o, t, tol: "dense1" if (o["dense1"] != t["dense1"]).any() else "", "expected"),
        (lambda o, t, tol: (first(o, t, tol), t.clear())[0], "changed its input (argument 2)"),
        (lambda o, t, tol: first(t, o, tol), "another order|expected 'dense1'"),
        (
            lambda o, t, tol: min((n for n in o if first({n: o[n]}, t, tol)), default=""),
            "expected 'scale'",
        ),
        (
            lambda o, t, tol: where_any(o, t, tol, lambda d, e: not np.linalg.norm(d) <= e),
            "within the tolerance",
        ),
        (
            lambda o, t, tol: where_any(o, t, tol, lambda d, e: not (d**2).mean() <= e**2),
            "0.002 in dense1",
        ),
        (
            lambda o, t, tol: where_any(
                o, t, tol, lambda d, e: not (np.abs(np.diff(d)) <= e).all()
            ),
            "higher by 0.5",
        ),
        (
            lambda o, t, tol: next(
                (
                    n
                    for n in o
                    if o[n].shape != t[n].shape or not np.allclose(o[n], t[n], atol=tol)
                ),
                "",
            ),
            "rtol",
        ),
    ],
    checks.to_int8: [
        (lambda W: int8_with(W, rounding=lambda v: v), "np.rint rounds"),
        (lambda W: int8_with(W, levels=128), "turns negative|np.rint|a step away|127th"),
        (lambda W: int8_with(W, levels=255), "should be 127 steps"),
        (lambda W: int8_with(W, levels=100), "room up to 127"),
        (lambda W: int8_with(W, levels=63), "room up to 127"),
        (lambda W: int8_with(W, most=lambda W: max(W.max(), 0.01)), "wraps round to"),
        (lambda W: int8_with(W, most=lambda W: W.max()), "wraps round to"),
        (lambda W: int8_with(-np.abs(W), most=lambda W: W.max()), "above 0"),
        (lambda W: int8_with(W, kind=np.int64), "expected q as int8"),
        (lambda W: (int8(W)[0].astype(float), int8(W)[1]), "expected q as int8"),
        (lambda W: int8_with(W, most=lambda W: 1.0), "a step away|room|127th|half"),
        (lambda W: (np.rint(W).astype(np.int8), 1.0), "half a step|room"),
        (lambda W: (int8(W)[0], 1 / int8(W)[1]), "away|half|room|127th|scale"),
        (lambda W: int8(W)[0], "two values"),
        (lambda W: (int8(W)[1], int8(W)[0]), "one number for scale"),
        (lambda W: (int8(W)[0].ravel(), int8(W)[1]), "shape"),
        (lambda W: (np.rint(W / (np.abs(W).max() / 127)).astype(np.int8), np.abs(W).max() / 127),
         "0/0"),
        (lambda W: (int8(W)[0], -int8(W)[1]), "above 0"),
        (lambda W: int8_with(W, rounding=np.floor), "half a step"),
        (lambda W: int8_with(W, rounding=np.ceil), "half a step"),
        (lambda W: int8_with(W, most=lambda W: np.ptp(W) / 2), "away|half|127|room|negative"),
        (lambda W: (W.__imul__(127), int8(W))[1], "changed its input"),
    ],
    checks.small_file: [
        (check_table.Later(float32_weights), "as float32"),
        (check_table.Later(lambda: (packed(pixels=784), read_packed)), "are allowed"),
        (check_table.Later(lambda: (packed(2), read_packed)), "reads"),
        (check_table.Later(lambda: (packed(pixels=150), read_packed)), "reads"),
        (check_table.Later(lambda: (packed(), read_shipped)), "from elsewhere"),
        (check_table.Later(lambda: ({"a": np.zeros(3)}, read_shipped)), "from elsewhere"),
        (check_table.Later(lambda: (packed(), lambda x, a: read_packed(x, a)[:10])), "shape"),
        (check_table.Later(lambda: (packed(), lambda x: read_packed(x, packed()))), "TypeError"),
        (check_table.Later(lambda: (packed(), None)), "expected a function"),
        (check_table.Later(lambda: packed()), "pair"),
        (check_table.Later(lambda: (list(packed().values()), read_packed)), "dictionary"),
        (check_table.Later(lambda: ({"a": np.array([packed()])}, read_packed)), "objects"),
        (check_table.Later(lambda: ({"a": [1, 2]}, read_packed)), "for 'a', found list"),
        (check_table.Later(lambda: ({**packed(), "s": 0.5}, read_packed)), "np.array(s)"),
        (check_table.Later(lambda: ({**packed(), "s": np.float32(1)}, read_packed)), "np.array(s)"),
        (check_table.Later(lambda: ({"a": np.zeros(0)}, read_packed)), "no numbers"),
        (check_table.Later(lambda: (read_packed, packed())), "other way round"),
        (check_table.Later(lambda: without("dense1")), "read uses keep"),
        (check_table.Later(lambda: without("mask")), "read uses keep"),
        (check_table.Later(lambda: with_a_global("dense1")), "read uses keep"),
        (check_table.Later(lambda: with_a_global("mask")), "read uses keep"),
        (check_table.Later(lambda: (packed(), Reader(packed()))), "read uses arrays"),
        (check_table.Later(lambda: (packed(), Reader(packed()).method)), "read uses"),
        (check_table.Later(
            lambda: (packed(), functools.partial(lambda own, x, a: read_packed(x, own), packed()))
        ), "read uses"),
        (check_table.Later(without_a_list), "read uses more"),
        (check_table.Later(lambda: (packed(), lambda x, a: np.zeros(len(x)))), "reads"),
        (check_table.Later(lambda: (packed(), read_and_clear)), "changed its input (argument 2)"),
    ],
}  # fmt: skip
test_right, test_wrong, test_odd = check_table.tests(RIGHT, WRONG)
