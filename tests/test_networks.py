"""The networks as described and as stored: what is loaded is whole, and damage shows."""

import hashlib
import json
import subprocess
import sys

import numpy as np
import pytest
from conftest import BANDS

from digitrec import networks, shipped, training
from digitrec.forward import Sequential
from digitrec.mnist import CHECKSUMS, load_mnist

NAMES = list(networks.SHIPPED)


@pytest.fixture(scope="module")
def data():
    return load_mnist()


@pytest.mark.parametrize("name", NAMES)
def test_card_is_true(name, data):
    """The count of right answers is exact, on any machine.

    Another machine rounds otherwise, by up to 1.7e-5 in a logit (Keras, onnxruntime). That changes
    a class only where two logits are within twice that of each other. On no test image they are:
    the two largest are at least 2e-4 apart, six times as much. A retrained network for which this
    fails deserves a look, not a tolerance.
    """
    card = networks.load_card(name)
    logits = networks.load_numpy(name).predict(data.x_test)
    first, second = np.sort(logits, axis=1)[:, :-3:-1].T
    assert (first - second).min() > 2e-4
    correct = int((logits.argmax(axis=1) == data.y_test).sum())
    assert card["test_correct"] == correct
    assert card["test_accuracy"] == correct / 10_000
    assert BANDS[name][0] <= card["test_accuracy"] <= BANDS[name][1]


@pytest.mark.parametrize("name", NAMES)
def test_card_is_that_of_this_code(name):
    """Whoever changes an architecture or a recipe trains again."""
    card = networks.load_card(name)
    assert card["name"] == name
    assert card["architecture"] == networks.ARCHITECTURES[name]
    assert training.Recipe(**card["recipe"]) == training.RECIPES[name]
    assert card["data_sha256"] == CHECKSUMS
    assert card["training_images"] == 60_000 - training.RECIPES[name].held_out
    arrays = (networks.WEIGHTS_FOLDER / f"{name}.npz").read_bytes()
    assert card["weights_sha256"] == hashlib.sha256(arrays).hexdigest()
    assert card["parameters"] == networks.load_numpy(name).parameters
    assert {"python", "tensorflow", "keras", "numpy"} <= set(card["versions"])
    assert card["training_cpu_seconds"] > 0


def test_dense_network_is_the_labs():
    """784-25-15-10, ReLU, ReLU, logits; each unit has a weight for each input, and a bias."""
    network = networks.load_numpy("dense")
    assert network.parameters == 784 * 25 + 25 + 25 * 15 + 15 + 15 * 10 + 10
    assert network.shapes == [(28, 28), (784,), (25,), (15,), (10,)]
    dense = [layer for layer in network.layers if layer.weights]
    assert [layer.activation for layer in dense] == ["relu", "relu", "linear"]


def test_convolutional_network_by_hand():
    network = networks.load_numpy("cnn")
    kernels = 7 * 7 * 48 + 3 * 3 * 48 * 64 + 3 * 3 * 64 * 64
    # (28 − 7) / 3 + 1 = 8, and each 3 × 3 takes two rows and columns: 6, 4.
    assert network.parameters == kernels + 4 * (48 + 64 + 64) + 4 * 4 * 64 * 10 + 10
    assert network.shapes[-2:] == [(1024,), (10,)]


@pytest.mark.slow
def test_small_convolutional_network_by_hand():
    kernels = 7 * 7 * 32 + 3 * 3 * 32 * 40 + 3 * 3 * 40 * 48
    network = Sequential.from_keras(networks.build("small_cnn"))
    assert network.parameters == kernels + 4 * (32 + 40 + 48) + 4 * 4 * 48 * 10 + 10


def test_shipped_files_are_small():
    """They travel with the package: less than a photo together."""
    sizes = [path.stat().st_size for path in networks.WEIGHTS_FOLDER.glob("*.npz")]
    assert len(sizes) == len(NAMES)
    assert sum(sizes) < 1_000_000


ARRAYS = {
    "a/kernel": np.arange(6, dtype=np.float32).reshape(2, 3),
    "a/bias": np.ones(3),
}


@pytest.fixture
def stored(tmp_path):
    networks.save_weights(ARRAYS, {"seed": 7}, tmp_path / "net")
    return tmp_path / "net"


def write_card(stored, **changes):
    """Describe the .npz as it is now, so that its own checksum does not give it away."""
    arrays = stored.with_suffix(".npz").read_bytes()
    card = {"weights_sha256": hashlib.sha256(arrays).hexdigest(), **changes}
    stored.with_suffix(".json").write_text(json.dumps(card), "utf-8")


def test_weights_go_round(stored):
    weights, card = networks.read_weights(stored)
    assert list(weights) == list(ARRAYS)
    for name, array in ARRAYS.items():
        assert np.array_equal(weights[name], array)
        assert weights[name].dtype == array.dtype
    assert card["seed"] == 7
    networks.read_weights(str(stored))


@pytest.mark.parametrize("ending", [".npz", ".json"])
def test_missing_weights(stored, ending):
    stored.with_suffix(ending).unlink()
    with pytest.raises(networks.WeightsError, match=rf"net\{ending}: cannot be read"):
        networks.read_weights(stored)


def test_damaged_weights(stored):
    content = bytearray(stored.with_suffix(".npz").read_bytes())
    expected = hashlib.sha256(content).hexdigest()
    content[len(content) // 2] ^= 1
    stored.with_suffix(".npz").write_bytes(content)
    with pytest.raises(networks.WeightsError) as error:
        networks.read_weights(stored)
    for part in ("net.npz", expected, hashlib.sha256(content).hexdigest()):
        assert part in str(error.value)


def test_card_that_is_no_json(stored):
    stored.with_suffix(".json").write_text("{", "utf-8")
    with pytest.raises(networks.WeightsError, match=r"net\.json: expected JSON"):
        networks.read_weights(stored)


def test_card_without_a_checksum(stored):
    stored.with_suffix(".json").write_text("{}", "utf-8")
    with pytest.raises(networks.WeightsError, match="expects SHA-256 None, found"):
        networks.read_weights(stored)


class Surprise:
    """What unpickling would run."""

    def __reduce__(self):
        return pytest.fail, ("a pickle was run",)


def test_pickled_weights_are_never_unpickled(stored):
    pickled = np.array([Surprise()], dtype=object)
    np.savez(stored.with_suffix(".npz"), allow_pickle=True, **{"a/kernel": pickled})
    write_card(stored)
    with pytest.raises(networks.WeightsError, match=r"net\.npz: .*without pickle"):
        networks.read_weights(stored)


@pytest.mark.parametrize("content", [b"", b"PK\3\4 not a zip file", b"\x80\4K\1."])
def test_not_an_archive(stored, content):
    stored.with_suffix(".npz").write_bytes(content)
    write_card(stored)
    with pytest.raises(networks.WeightsError, match=r"net\.npz: "):
        networks.read_weights(stored)


def test_truncated_archive(stored):
    content = stored.with_suffix(".npz").read_bytes()
    stored.with_suffix(".npz").write_bytes(content[:-30])
    write_card(stored)
    with pytest.raises(networks.WeightsError, match=r"net\.npz: "):
        networks.read_weights(stored)


@pytest.mark.parametrize(
    "call",
    [networks.load_numpy, networks.load_keras, networks.load_card, networks.build],
)
def test_unknown_network(call):
    with pytest.raises(ValueError, match=r"\['cnn', 'dense', 'small_cnn'\], found 'transformer'"):
        call("transformer")


def test_no_weights_in_the_folder(tmp_path):
    for load in (networks.load_numpy, networks.load_keras, networks.load_card):
        with pytest.raises(networks.WeightsError, match=r"dense\.json"):
            load("dense", tmp_path)


@pytest.mark.parametrize("name", NAMES)
def test_keras_and_numpy_load_the_same_network(name, data):
    """That they compute the same is in test_parity; here, that no array got lost or swapped."""
    ours, theirs = networks.load_numpy(name), networks.load_keras(name)
    arrays = {f"{layer.name}/{v.name}": v for layer in theirs.layers for v in layer.weights}
    assert list(arrays) == list(ours.weights)
    for key, variable in arrays.items():
        assert np.array_equal(np.asarray(variable), ours.weights[key]), key
    assert theirs.input_shape == (None, 28, 28)


@pytest.mark.parametrize(
    "module",
    [
        "digitrec",
        "digitrec.networks",
        "digitrec.training",
        "digitrec.evaluate",
        "digitrec.mnist",
    ],
)
def test_importing_does_not_import_tensorflow(module):
    code = f"import sys, {module}; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert module in loaded
    assert not {"tensorflow", "keras"} & set(loaded)
    if module == "digitrec":
        assert not [name for name in loaded if name.startswith("digitrec.")]


def test_reading_with_the_numpy_network_does_not_import_tensorflow():
    code = (
        "import sys, numpy; from digitrec.networks import load_numpy;"
        "load_numpy('cnn').predict(numpy.zeros((1, 28, 28), numpy.uint8)); print(*sys.modules)"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"tensorflow", "keras"} & set(loaded)


def test_a_dot_in_the_name_of_stored_weights_stays(tmp_path):
    networks.save_weights({"a/b": np.ones(2)}, {"seed": 1}, tmp_path / "net-1.5")
    assert {p.name for p in tmp_path.iterdir()} == {"net-1.5.npz", "net-1.5.json"}
    arrays, card = networks.read_weights(tmp_path / "net-1.5")
    assert arrays["a/b"].tolist() == [1, 1]
    assert card["seed"] == 1


def test_arrays_of_another_architecture_are_refused(tmp_path):
    arrays, card = networks.read_weights(networks.WEIGHTS_FOLDER / "dense")
    arrays.pop("logits/bias")
    networks.save_weights(arrays, card, tmp_path / "dense")
    for load in (networks.load_numpy, networks.load_keras):
        with pytest.raises(networks.WeightsError, match="logits/bias"):
            load("dense", tmp_path)


def test_a_card_that_is_no_object_is_refused(tmp_path):
    networks.save_weights({"a/b": np.ones(2)}, {}, tmp_path / "dense")
    (tmp_path / "dense.json").write_text("[1]", "utf-8")
    with pytest.raises(networks.WeightsError, match="JSON object, found list"):
        networks.load_numpy("dense", tmp_path)


def test_calibration_changes_no_answer_and_writes_down_what_it_chose():
    card = networks.load_card("cnn")
    assert 0.3 < card["temperature"] < 3
    assert 0.3 < card["reject_below"] < 0.95
    assert card["held_out_digits_rejected"] <= 0.01
    assert card["not_digits_asserted"] <= 0.1
    assert networks.load_numpy("cnn").reject_below == card["reject_below"]
    assert networks.load_numpy("dense").reject_below == 0


def test_a_photograph_in_which_not_one_digit_is_found_calibrates_nothing(data):
    """Counted as a digit that was missed, 2 in 100 of them would draw the threshold to nothing."""
    paper = np.full((120, 120), 250, np.uint8)
    one, two = paper.copy(), np.hstack([paper, paper])
    large = np.repeat(np.repeat(255 - data.x_test[0], 3, axis=0), 3, axis=1)
    one[18:102, 18:102] = np.minimum(one[18:102, 18:102], large)
    two[18:102, 18:102], two[18:102, 138:222] = one[18:102, 18:102], one[18:102, 18:102]
    network, labels = networks.load_numpy("cnn"), np.array([1, 7, 2, 3], np.uint8)
    images, kept = shipped._read_alone(network, [paper, one, two, paper], labels)
    assert images.shape == (1, 28, 28)
    assert images.dtype == np.uint8
    assert kept.tolist() == [7]
    assert network.predict(images).argmax() == data.y_test[0] == 7
    images, kept = shipped._read_alone(network, [paper], labels)
    assert images.shape == (0, 28, 28)
    assert kept.shape == (0,)


def test_a_card_is_read_without_its_arrays(tmp_path):
    """It is a small file; the arrays need not even be there."""
    card = {"name": "dense", "test_accuracy": 0.5}
    networks.save_weights({"a/b": np.ones(2)}, card, tmp_path / "dense")
    (tmp_path / "dense.npz").unlink()
    assert networks.load_card("dense", tmp_path)["test_accuracy"] == 0.5
    with pytest.raises(networks.WeightsError, match=r"dense.npz: cannot be read"):
        networks.load_numpy("dense", tmp_path)
