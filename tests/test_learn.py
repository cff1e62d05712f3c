"""A hand is learned, nothing else is forgotten; the file with it; what is refused."""

import json
import os
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from PIL import Image

from digitrec import augment, hand, learn, networks, samples, simulate
from digitrec.forward import softmax
from digitrec.mnist import load_test
from digitrec.networks import WeightsError


def odd_digits(count, seed):
    """Digits of a hand that the network does not read: a test digit's mirror image.

    Simulated, for no person's digits come with the package: the same digit is always mirrored the
    same way, as a writer has habits.
    """
    test, rng = load_test(), np.random.default_rng(seed)
    x, y = [], []
    for digit in range(10):
        own = rng.permutation(np.flatnonzero(test.y_test == digit))[:count]
        x.append(test.x_test[own][:, :, ::-1] if digit in (2, 7) else test.x_test[own])
        y += [digit] * count
    return np.concatenate(x), np.array(y)


@pytest.fixture(scope="module")
def learner():
    return learn.Learner()


@pytest.fixture(scope="module")
def learned(learner):
    return learner.learn(*odd_digits(5, 0))


def test_what_was_misread_is_read(learner, learned):
    x, y = odd_digits(40, 1)
    before, after = (
        (network.predict(x).argmax(axis=1) != y).mean()
        for network in (learner.network, learned.network)
    )
    assert before > 0.1  # mirrored 2s and 7s are misread
    assert after < before / 2


@pytest.mark.slow
def test_mnist_is_not_forgotten(learner, learned):
    card = learned.card["mnist_validation"]
    assert card["of"] == learn.VALIDATION
    x, y = load_test()
    before, after = (
        (network.predict(x).argmax(axis=1) == y).mean()
        for network in (learner.network, learned.network)
    )
    assert card["after"] >= card["before"] - learner.recipe.worse * card["of"]
    assert after >= before - 0.002


def test_as_many_digits_are_rejected_as_before_and_no_more_scribbles_asserted(learner, learned):
    old, new = learner.network, learned.network
    confidence = softmax(old.layers[-1].forward(learner.validation)).max(axis=1)
    expected = (confidence < old.reject_below).mean()
    confidence = softmax(new.layers[-1].forward(learner.validation)).max(axis=1)
    assert (confidence < new.reject_below).mean() == pytest.approx(expected, abs=0.0005)
    others = augment.not_digits(1000, np.random.default_rng(3), augment.HELD_OUT_FONTS)
    before, after = (
        (network.predict_probabilities(others).max(axis=1) >= network.reject_below).mean()
        for network in (old, new)
    )
    assert after <= before + 0.03


def test_only_the_last_layer_changed_and_the_base_is_untouched(learner, learned):
    shipped = networks.load_numpy("cnn").weights
    for name, array in learned.network.weights.items():
        assert np.array_equal(array, shipped[name]) == (not name.startswith("logits/")), name
    for name, array in learner.network.weights.items():
        assert np.array_equal(array, shipped[name])


def test_the_same_samples_teach_the_same(learner, learned):
    again = learner.learn(*odd_digits(5, 0))
    for name, array in again.network.weights.items():
        assert np.array_equal(array, learned.network.weights[name])
    assert again.card == learned.card


def test_one_sample_of_one_digit_can_be_learned(learner):
    """As the drawing page does, when a reading is wrong."""
    x, _ = odd_digits(5, 0)
    found = learner.learn(x[10:11], [2])
    assert found.card["samples"] == [0, 0, 1, 0, 0, 0, 0, 0, 0, 0]
    assert found.network.predict(x[10:11]).argmax() == 2


def test_it_goes_no_farther_than_mnist_allows(learner):
    """A layer that reads everything as 0 is held back to where all is nearly as before."""
    wrong = learn.Dense(learner.last.kernel, learner.last.bias + np.eye(10)[0] * 50)
    step = learner.hold_back(wrong)
    assert 0 <= step <= 0.3
    assert learner.hold_back(learner.last) == 1


def test_samples_are_varied_evenly():
    x, y = odd_digits(1, 0)
    varied, labels = learn.vary(x, y, 43, np.random.default_rng(0), plain=0.25)
    assert np.bincount(labels).tolist() == [5, 5, 5, 4, 4, 4, 4, 4, 4, 4]
    same = [np.array_equal(image, x[label]) for image, label in zip(varied, labels, strict=True)]
    assert same == [True] * 11 + [False] * 32


def test_three_in_ten_are_held_back():
    labels = np.repeat(np.arange(10), [0, 1, 2, 3, 4, 5, 7, 10, 20, 6])
    used, held = learn.split(labels)
    assert sorted([*used, *held]) == list(range(len(labels)))
    assert np.bincount(labels[held], minlength=10).tolist() == [0, 0, 0, 0, 1, 1, 2, 3, 6, 1]


IMAGES = np.full((2, 28, 28), 9, np.uint8)


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (IMAGES[:0], [], r"at least one; found \(0, 28, 28\) uint8"),
        (IMAGES / 255, [1, 2], r"found \(2, 28, 28\) float64"),
        (IMAGES[0], [1], r"found \(28, 28\) uint8"),
        (IMAGES, [1], r"expected 2 whole numbers as labels, found \(1,\)"),
        (IMAGES, [1.0, 2.0], "found .* float64"),
        (IMAGES, [1, 10], "expected labels from 0 to 9, found 10"),
        (IMAGES, [-1, 1], "expected labels from 0 to 9, found -1"),
        (IMAGES * np.array([[[1]], [[0]]], np.uint8), [1, 1], "found none in sample 1"),
    ],
)
def test_what_teaches_nothing_is_refused(images, labels, message):
    with pytest.raises(learn.LearnError, match=message):
        learn.check_samples(images, labels)


def test_fewer_than_two_samples_are_named():
    labels = np.repeat(np.arange(10), [2, 2, 0, 2, 2, 2, 2, 1, 2, 2])
    with pytest.raises(learn.LearnError, match=r"least 2 samples .*, found 0 of 2, 1 of 7$"):
        learn.check_enough(labels)
    learn.check_enough(np.repeat(np.arange(10), 2))


# --- The file ---------------------------------------------------------------------------------


@pytest.fixture
def mine(learned, tmp_path):
    path = tmp_path / "mine.npz"
    hand.save(path, learned.network, learned.card)
    return path


def rewritten(path, **changes):
    """Write a file again with other members; None leaves one out."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()} | changes
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            if content is not None:
                archive.writestr(name, content)


def test_what_was_saved_is_loaded(mine, learned):
    network = hand.load(mine)
    assert network.reject_below == learned.network.reject_below
    for name, array in learned.network.weights.items():
        assert np.array_equal(network.weights[name], array)
    card = hand.read_card(mine)
    assert card["samples"] == [5] * 10
    assert card["base_sha256"] == networks.load_card("cnn")["weights_sha256"]
    assert learned.card.items() <= card.items()


def test_the_file_holds_what_changed_uncompressed_and_numpy_opens_it(mine, learned):
    with zipfile.ZipFile(mine) as archive:
        assert archive.namelist() == ["card.json", "logits/kernel.npy", "logits/bias.npy"]
        assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_STORED}
    with np.load(mine, allow_pickle=False) as arrays:
        assert np.array_equal(arrays["logits/bias"], learned.network.weights["logits/bias"])
    first = mine.read_bytes()
    hand.save(mine, learned.network, learned.card, force=True)
    assert mine.read_bytes() == first
    assert [path.name for path in mine.parent.iterdir()] == ["mine.npz"]


def test_nothing_is_written_over(mine, learned):
    before = mine.read_bytes()
    with pytest.raises(WeightsError, match="exists already; --force"):
        hand.save(mine, learned.network, learned.card)
    with pytest.raises(WeightsError, match="no folder"):
        hand.save(mine.parent / "no" / "mine.npz", learned.network, learned.card)
    with pytest.raises(WeightsError, match="found a folder"):
        hand.save(mine.parent, learned.network, learned.card, force=True)
    with pytest.raises(WeightsError, match="layers of cnn"):
        hand.save(mine, networks.load_numpy("dense"), learned.card, force=True)
    assert mine.read_bytes() == before


def test_a_failed_write_loses_nothing(mine, monkeypatch):
    before = mine.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", full)
    with pytest.raises(WeightsError, match=r"cannot be written .No space left"):
        hand.write(mine, b"new", force=True)
    assert mine.read_bytes() == before
    assert [path.name for path in mine.parent.iterdir()] == ["mine.npz"]


def array(shape, dtype="<f4", order="C", fill=0):
    import io

    stream = io.BytesIO()
    np.lib.format.write_array(stream, np.full(shape, fill, dtype, order=order))
    return stream.getvalue()


def huge_header():
    """Announce far more numbers than there are."""
    import io

    stream = io.BytesIO()
    header = {"descr": "<f4", "fortran_order": False, "shape": (10**12,)}
    np.lib.format.write_array_header_1_0(stream, header)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("card.json", None, "found a file without card.json"),
        ("card.json", b"{", "expected JSON"),
        ("card.json", b"[]", "expected an object, found list"),
        ("card.json", b"{}", "expected 'format', found None"),
        ("card.json", b" " * 200_000, "too large"),
        ("logits/bias.npy", array(10, fill=np.nan), "found NaN"),
        ("logits/bias.npy", array(11), r"expected \(10,\) float32, found \(11,\)"),
        ("logits/bias.npy", array(10, "<f8"), "found .* float64"),
        ("logits/bias.npy", huge_header(), r"found \(1000000000000,\)"),
        ("logits/kernel.npy", array((1024, 10), order="F"), "logits/kernel: expected"),
        ("logits/bias.npy", b"pickle", "expected an array without pickle"),
        ("other/bias.npy", array(10), "expected arrays of cnn, found 'other/bias'"),
    ],
)
def test_a_hostile_file_is_refused(mine, name, content, message):
    rewritten(mine, **{name: content})
    with pytest.raises(WeightsError, match=message) as error:
        hand.load(mine)
    assert str(mine) in str(error.value)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("base_sha256", "0" * 64, "learned from other weights of cnn than the ones here"),
        ("base", "resnet", "expected weights learned from a network of .*, found 'resnet'"),
        ("format", "digitrec hand 9", "expected the format 'digitrec hand 1'"),
        ("reject_below", 7, "expected a reject_below of 0 … 1, found 7"),
        ("reject_below", "high", "expected 'reject_below', found 'high'"),
        ("reject_below", True, "expected 'reject_below', found True"),
        ("temperature", -1, "expected a temperature above 0, found -1"),
        ("temperature", float("nan"), "expected a temperature above 0, found nan"),
    ],
)
def test_a_card_of_something_else_is_refused(mine, key, value, message):
    rewritten(mine, **{"card.json": json.dumps({**hand.read_card(mine), key: value})})
    with pytest.raises(WeightsError, match=message):
        hand.load(mine)


def test_what_is_no_such_file_is_refused(mine, tmp_path):
    with pytest.raises(WeightsError, match=r"cannot be read .No such file"):
        hand.load(tmp_path / "none.npz")
    (tmp_path / "text.npz").write_text("hello")
    with pytest.raises(WeightsError, match="found something else or a damaged file"):
        hand.load(tmp_path / "text.npz")
    content = bytearray(mine.read_bytes())
    content[len(content) // 2] ^= 1  # in the kernel; the archive's checksum tells
    mine.write_bytes(content)
    with pytest.raises(WeightsError, match="damaged"):
        hand.load(mine)


@pytest.mark.parametrize(
    "method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
def test_a_damaged_file_is_refused_however_it_was_packed(mine, method):
    """With any byte changed, it is read or refused, and the reason is a reason."""
    with zipfile.ZipFile(mine) as archive:
        members = {name: archive.read(name) for name in ("card.json", "logits/bias.npy")}
    with zipfile.ZipFile(mine, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    content, rng, refused = mine.read_bytes(), np.random.default_rng(0), 0
    for place in rng.choice(len(content), 200, replace=False):
        damaged = bytearray(content)
        damaged[place] ^= int(rng.integers(1, 256))
        mine.write_bytes(damaged)
        try:
            hand.load(mine)
        except WeightsError as error:
            refused += 1
            assert "None" not in str(error)  # noqa: PT017 (most, not all, are refused)
    assert refused > 100


@pytest.mark.parametrize(
    "header", [b"{'descr': (", b"{'descr': '<f4', \n  'a", b"'" * 3, b"\0" * 9]
)
def test_a_header_that_is_no_python_is_refused(mine, header):
    content = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header
    rewritten(mine, **{"logits/bias.npy": content})
    with pytest.raises(WeightsError, match="expected an array without pickle"):
        hand.load(mine)


@pytest.mark.skipif(os.name == "nt", reason="Windows counts the whole path")
def test_a_name_may_be_as_long_as_names_can_be(tmp_path):
    path = tmp_path / ("x" * 255)
    hand.write(path, b"content")
    assert path.read_bytes() == b"content"
    for act in (hand.check_place, lambda path: hand.write(path, b"content")):
        with pytest.raises(WeightsError, match=r"cannot be written .File name too long"):
            act(tmp_path / ("x" * 256))
    assert list(tmp_path.iterdir()) == [path]


def test_a_symbolic_link_stays_one(tmp_path):
    place, link = tmp_path / "mine.npz", tmp_path / "link.npz"
    place.write_bytes(b"old")
    try:
        link.symlink_to(place)
    except OSError:
        pytest.skip("this system lets nobody make links")
    hand.write(link, b"new", force=True)
    assert link.is_symlink()
    assert place.read_bytes() == b"new"


# --- Samples from files, and the command --------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Single digits in many hands, and a line of five."""
    folder = tmp_path_factory.mktemp("samples")
    test, rng = load_test(), np.random.default_rng(0)
    rows = ["file,text,writer"]
    for digit in range(10):
        for number, k in enumerate(np.flatnonzero(test.y_test == digit)[:4]):
            Image.fromarray(255 - test.x_test[k]).save(folder / f"{digit}-{number}.png")
            rows.append(f"{digit}-{number}.png,{digit},me")
    line = [test.x_test[np.flatnonzero(test.y_test == digit)[9]] for digit in (3, 1, 4)]
    page = simulate.photograph_page([line, line[:2]], rng)
    Image.fromarray(page).save(folder / "page.jpg")
    (folder / "labels.csv").write_text("\n".join(rows) + "\n")
    (folder / "pages.csv").write_text("file,text\npage.jpg,314/31\n")
    (folder / "wrong.csv").write_text("file,text\npage.jpg,3145/31\npage.jpg,1\n")
    every = (folder / "labels.csv").read_text()
    (folder / "missing.csv").write_text(every + "none.png,1,me\n")
    (folder / "text.png").write_text("no picture")
    (folder / "unreadable.csv").write_text(every + "text.png,1,me\n")
    return folder


def test_lines_that_fit_are_taken_and_the_others_are_named(folder):
    assert samples.from_table(folder / "pages.csv").labels == [3, 1, 4, 3, 1]
    found = samples.from_table(folder / "wrong.csv")
    assert found.labels == [3, 1]
    first, second = found.left_out
    assert first.endswith("page.jpg: line 1 left out: expected 4 digits, found 3")
    assert second.endswith("page.jpg: left out: expected 1 line, found 2")


def test_a_sample_counts_once(folder):
    """Given twice, it would be learned and held back: what was measured would be worth nothing."""
    once = samples.from_files([folder / "labels.csv"])
    twice = samples.from_files([folder / "labels.csv", folder / "pages.csv", folder / "labels.csv"])
    assert twice.labels == [*once.labels, 3, 1, 4, 3, 1]
    assert twice.left_out == ["40 digits left out: equal to others"]
    x, y = twice.arrays()
    learned, held = learn.split(y)
    assert not {x[k].tobytes() for k in learned} & {x[k].tobytes() for k in held}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("name,text\na.png,1\n", "expected the columns file,text in its first line, found name,"),
        ("", "expected the columns file,text"),
        ("file,text\n", "expected a line for each picture, found none"),
        ("file,text\na.png,seven\n", "line 2: expected a file and its digits, .*a.png,seven"),
        ("file,text\na.png,12//3\n", "line 2: expected a file and its digits"),
        ("file,text\n,1\n", "line 2: expected a file"),
        ("file,text\na.png\n", "line 2: expected a file"),
        ("file,text\na.png,²\n", "line 2: expected a file"),
        (b"file,text\n\xff,1\n", "expected a table in UTF-8"),
        ("file,text\n" + "x" * 200_000 + ",1\n", "expected a table, .*field larger than"),
    ],
)
def test_a_table_that_is_none_is_refused(tmp_path, content, message):
    path = tmp_path / "labels.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(samples.SampleError, match=message):
        samples.from_table(path)
    with pytest.raises(samples.SampleError, match="cannot be read"):
        samples.from_table(tmp_path / "none.csv")


def run(*arguments, cwd):
    return subprocess.run(
        [sys.executable, "-m", "digitrec", *arguments],
        capture_output=True,
        timeout=240,
        check=False,
        cwd=cwd,
        encoding="utf-8",
    )


@pytest.mark.slow
def test_the_command_learns_and_reads_with_what_it_learned(folder):
    done = run("learn", "labels.csv", "pages.csv", "-o", "mine.npz", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    first, mnist, last = done.stdout.splitlines()
    assert first.startswith("learned from 35 digits; of 10 others, read right before: ")
    assert mnist.startswith("MNIST's validation digits: 99.")
    assert last.startswith("mine.npz: has learned all 45 digits; ")
    card = hand.read_card(folder / "mine.npz")
    assert sum(card["samples"]) == 45
    assert card["held_back"]["of"] == 10
    assert {"date", "version", "temperature", "recipe"} <= set(card)
    found = run("read", "--weights", "mine.npz", "7-0.png", cwd=folder)
    assert found.stdout.startswith("7-0.png: 7 (")
    again = run("learn", "labels.csv", "-o", "mine.npz", cwd=folder)
    assert again.returncode == 2
    assert again.stdout == ""
    assert again.stderr == "digitrec: mine.npz: exists already; --force (force=True) replaces it\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("7-0.png", "-o", "x.npz"), "7-0.png: expected the sheet with its four corner marks"),
        (("none.jpg", "-o", "x.npz"), "none.jpg: no such file"),
        (("pages.csv", "-o", "x.npz"), "expected at least 2 samples of each digit, found 0 of 0"),
        (("labels.csv", "-o", "no/x.npz"), "no/x.npz: cannot be written: no folder no"),
        (("none.csv", "-o", "x.npz"), "none.csv: cannot be read (No such file or directory)"),
        (("missing.csv", "-o", "x.npz"), "none.png: no such file"),
        (("unreadable.csv", "-o", "x.npz"), "text.png: expected an image"),
        (("labels.csv", "-o", "x" * 300), "x" * 300 + ": cannot be written ("),
        (
            ("labels.csv", "-o", "labels.csv", "--force"),
            "labels.csv: expected another name for the weights, found a file to learn from",
        ),
    ],
)
def test_what_the_command_refuses_costs_a_line(folder, arguments, message):
    done = run("learn", *arguments, cwd=folder)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith(f"digitrec: {message}")
    assert not (folder / "x.npz").exists()


def test_reading_refuses_weights_of_something_else(folder):
    done = run("read", "--weights", "labels.csv", "7-0.png", cwd=folder)
    assert done.returncode == 2
    assert done.stderr.startswith("digitrec: labels.csv: expected weights that learned a hand")
    both = run("read", "--weights", "mine.npz", "--model", "dense", "7-0.png", cwd=folder)
    assert both.returncode == 2
    assert "not allowed with" in both.stderr


def test_the_command_makes_a_sheet_and_writes_over_nothing(tmp_path):
    done = run("sheet", "sheet.pdf", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "sheet.pdf").read_bytes().startswith(b"%PDF")
    again = run("sheet", "sheet.pdf", "--paper", "letter", cwd=tmp_path)
    assert again.returncode == 2
    assert again.stderr == "digitrec: sheet.pdf: exists already; --force (force=True) replaces it\n"
    forced = run("sheet", "sheet.pdf", "--paper", "letter", "--force", cwd=tmp_path)
    assert forced.returncode == 0
