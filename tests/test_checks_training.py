"""Checks of networks that a reader trains, asked with what stands in for them, and with Keras."""

import check_table
import numpy as np
import pytest

from digitrec import checks, networks


class Model:
    """Stands in for a Keras model: what the check asks of one."""

    def __init__(self, parameters, function, layers=(), from_logits=None):
        self.count_params = lambda: parameters
        self.function = function
        self.layers = layers
        self.loss = type("Loss", (), {"from_logits": from_logits})

    def predict(self, x, **options):
        return self.function(x)


def takes_rows(x, y):
    """A network for images that were laid out before it."""
    model = Model(1, lambda x: 1 / 0)
    model.input_shape = (None, 784)
    return model


class Conv2D:
    """Stands in for a layer."""

    weights = ("kernel",)


class DepthwiseConv2D(Conv2D):
    pass


class Dense:
    weights = ("kernel",)


def names_of(network, x, y):
    """Find out what each digit is called in y, by way of a network that can read."""
    own = network.predict(x[:2000]).argmax(axis=1)
    return np.array([np.bincount(y[:2000][own == k], minlength=10).argmax() for k in range(10)])


def good(name="dense", parameters=9_000, change=lambda z, x: z, **more):
    """A function that returns a network that reads well, or with its outputs changed."""

    def train(x, y):
        network = networks.load_numpy(name)
        places = np.argsort(names_of(network, x, y))
        return Model(parameters, lambda x: change(network.predict(x)[:, places], x), **more)

    return train


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def sigmoid(z):
    """Outputs of ten sigmoids that tell the digits apart as well as the logits do."""
    return 1 / (1 + np.exp((z.max(axis=1, keepdims=True) - z) / 100))


def nearest_mean(x, y, outputs=lambda z: z, **more):
    """A network that underfits."""
    means = np.stack([x[:5000][y[:5000] == k].mean(axis=0) for k in range(10)]).reshape(10, 784)

    def predict(x):
        x = x.reshape(len(x), 784).astype(float)
        return outputs((2 * x @ means.T - (means**2).sum(axis=1)) / 1e4)

    return Model(4_000, predict, **more)


def by_heart(x, y):
    """Knows what it was given, and is the nearest mean for all else."""
    seen = {image.tobytes(): label for image, label in zip(x, y, strict=True)}
    other = nearest_mean(x, y)

    def predict(x):
        out = other.predict(x)
        for n, image in enumerate(x):
            if image.tobytes() in seen:
                out[n] = np.eye(10)[seen[image.tobytes()]] * 1e6
        return out

    return Model(4_000, predict)


def only_scaled(z, x):
    return z if x.max() <= 1 else np.roll(z, 1, axis=1)


def trained_on_scaled(x, y):
    network = networks.load_numpy("dense")
    places = np.argsort(names_of(network, x, y))

    def predict(x):
        if x.dtype == np.uint8:
            return nearest_mean(images, labels).predict(x)[:, ::-1]
        return network.predict(np.rint(x * 255).astype(np.uint8))[:, places]

    images, labels = x[:5000], y[:5000]
    return Model(4_000, predict)


def chance(x):
    return np.random.default_rng(3).normal(size=(784, 10)).T.dot(x.reshape(len(x), 784).T / 255).T


def no_model(x, y):
    return chance


def darkens(x, y):
    x //= 2
    return good()(x, y)


RIGHT = {
    checks.train_small: [
        good(),
        good("cnn", 10_000),
        good(change=lambda z, x: softmax(z).tolist()),
        good(change=lambda z, x: z.astype(np.float64) * 1000 - 7, from_logits=True),
    ],
    checks.train_cnn: [
        good("cnn", 5_000, layers=[Conv2D()]),
        good("cnn", 400, layers=[object(), Conv2D(), Dense()]),
        good("cnn", 4_000, change=lambda z, x: softmax(z), layers=(Conv2D(),), from_logits=False),
        good("cnn", 4_000, change=lambda z, x: z.tolist(), layers=[DepthwiseConv2D()]),
    ],
}  # fmt: skip
WRONG = {
    check: [
        (good(parameters=10_001, layers=[Conv2D()]), "10,001 parameters"),
        (good(change=lambda z, x: z[:, :9], parameters=1), "ten outputs"),
        (good(change=lambda z, x: z * np.nan, parameters=1), "diverged"),
        (good(change=lambda z, x: 1 / 0, parameters=1), "raised ZeroDivisionError"),
        (good(change=lambda z, x: "seven", parameters=1), "expected outputs"),
        (lambda x, y: Model(1, lambda x: np.ones((len(x), 10))), "same for every image"),
        (lambda x, y: Model(1, lambda x: np.eye(10)[[3] * len(x)] * x[:, :1, :1].shape[0]
                            + x.mean(axis=(1, 2))[:, None]), "answers 3 to every"),
        (lambda x, y: Model(1, chance), "learned nothing"),
        (lambda x, y: Model(1, networks.load_numpy("dense").predict), "their own names"),
        (no_model, "expected a Keras model, found function"),
        (lambda x, y: None, "returns nothing"),
        (takes_rows, "rows of 784 numbers"),
        (trained_on_scaled, "scaled to 0–1"),
        (lambda x, y: nearest_mean(x, y, layers=[Dense()]), "pixels are not scaled"),
        (lambda x, y: nearest_mean(x, y, softmax, from_logits=True), "applied twice"),
        (lambda x, y: nearest_mean(x, y, from_logits=False), "from_logits=True is missing"),
        # Such a loss may stop all learning; said is the cause.
        (lambda x, y: Model(1, chance, from_logits=False), "from_logits=True is missing"),
        # Ten sigmoids are no logits, though their sum is not 1.
        (lambda x, y: nearest_mean(x, y, sigmoid, from_logits=False), "does not fit these either"),
        (by_heart, "overfitting"),
        (nearest_mean, "does not fit these either"),
        (darkens, "changed its input (argument 1)"),
        (lambda x: nearest_mean(x, x), "raised TypeError"),
        (lambda x, y: good(parameters=4_000)(x, y[::-1]), "asked for"),
        (good(parameters="many"), "expected a Keras model"),
    ]
    for check in (checks.train_small, checks.train_cnn)
}  # fmt: skip
WRONG[checks.train_cnn] = WRONG[checks.train_cnn] + [
    (good("cnn", 4_000, layers=[Dense()]), "no convolution"),
    (good("cnn", 4_000), "no convolution"),
    (good("cnn", 5_001, layers=[Conv2D()]), "5,001 parameters"),
]
test_right, test_wrong, test_odd = check_table.tests(RIGHT, WRONG)


# Keras warns of a softmax before from_logits=True; a reader sees that, and the check goes on.
@pytest.mark.filterwarnings("ignore:.*from_logits")
@pytest.mark.slow
def test_networks_of_keras(capsys):
    """What Keras' own networks are told: one without shape, those with mistakes, a good one."""
    import keras

    def dense(units=12, last=None, scale=1 / 255):
        keras.utils.set_random_seed(0)
        return keras.Sequential(
            [
                keras.Input((28, 28), dtype="uint8"),
                keras.layers.Rescaling(scale),
                keras.layers.Flatten(),
                keras.layers.Dense(units, activation="relu"),
                keras.layers.Dense(10, activation=last),
            ]
        )

    def trained(model, x, y, *, from_logits=True, epochs=4, rate=5e-3):
        model.compile(
            keras.optimizers.Adam(rate),
            keras.losses.SparseCategoricalCrossentropy(from_logits=from_logits),
        )
        model.fit(x, y, epochs=epochs, batch_size=128, verbose=0)
        return model

    unbuilt = keras.Sequential([keras.layers.Dense(10)])
    assert "no shape yet" in checks.train_small(lambda x, y: unbuilt).message
    for few, hint in (
        (lambda x, y: trained(dense(last="softmax"), x[:9000], y[:9000], epochs=1), "twice"),
        (lambda x, y: trained(dense(), x[:9000], y[:9000], from_logits=False, epochs=1), "missing"),
        # Slowly, or all of its units may die, and then that is said.
        (
            lambda x, y: trained(dense(scale=1), x[:9000], y[:9000], epochs=1, rate=3e-4),
            "not scaled",
        ),
        (lambda x, y: dense(), "learned nothing"),
    ):
        assert hint in checks.train_small(few).message, hint
    good = lambda x, y: trained(dense(), x, y, epochs=8, rate=2e-3)  # noqa: E731
    assert checks.train_small(good), capsys.readouterr().out
