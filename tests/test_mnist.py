"""The data: what the files hold, that no other file passes for them, and how they are split."""

import gzip
import hashlib
import os
import shutil
import struct
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitrec import mnist

# As counted in the files by many before us; the sums are 60,000 and 10,000.
TRAIN_COUNTS = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
TEST_COUNTS = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


@pytest.fixture(scope="module")
def data() -> mnist.MNIST:
    return mnist.load_mnist()


@pytest.fixture
def folder(tmp_path):
    """A copy of the four files that a test may damage."""
    for name in mnist.CHECKSUMS:
        shutil.copy(mnist.DATA_FOLDER / name, tmp_path / name)
    return tmp_path


def idx(values, shape, kind=8, start=b"\0\0"):
    """Hand-made IDX bytes."""
    return start + bytes([kind, len(shape)]) + struct.pack(f">{len(shape)}I", *shape) + values


# --- The published files --------------------------------------------------------------------


def test_shapes_and_types(data):
    assert data._fields == ("x_train", "y_train", "x_test", "y_test")
    assert data.x_train.shape == (60_000, 28, 28)
    assert data.y_train.shape == (60_000,)
    assert data.x_test.shape == (10_000, 28, 28)
    assert data.y_test.shape == (10_000,)
    assert {array.dtype for array in data} == {np.dtype(np.uint8)}


def test_known_counts_and_statistics(data):
    assert np.bincount(data.y_train).tolist() == TRAIN_COUNTS
    assert np.bincount(data.y_test).tolist() == TEST_COUNTS
    assert data.y_train[:8].tolist() == [5, 0, 4, 1, 9, 2, 1, 3]
    assert data.y_test[:8].tolist() == [7, 2, 1, 0, 4, 1, 4, 9]
    # The mean and standard deviation that half the world normalises with: 0.1307 and 0.3081. From
    # counts: 47 million pixels as float64 would be 376 MB.
    parts = np.array_split(data.x_train, 60)
    counts = sum(np.bincount(part.ravel(), minlength=256) for part in parts)
    values = np.arange(256) / 255
    mean = np.average(values, weights=counts)
    spread = np.sqrt(np.average((values - mean) ** 2, weights=counts))
    assert mean == pytest.approx(0.1307, abs=5e-5)
    assert spread == pytest.approx(0.3081, abs=5e-5)
    assert data.x_train.min() == 0
    assert data.x_train.max() == 255


def test_rows_are_rows(data):
    """A 1 is taller than wide, and the images' rims are paper: nothing is transposed."""
    ones = data.x_train[data.y_train == 1].astype(np.float64).mean(axis=0)
    rows, columns = np.indices(ones.shape)
    height = np.sqrt(np.average((rows - 13.5) ** 2, weights=ones))
    width = np.sqrt(np.average((columns - 13.5) ** 2, weights=ones))
    assert height > 1.5 * width
    assert (data.x_train[:, 0].max(), data.x_train[:, :, 0].max()) != (255, 255)


def test_agrees_with_another_reader(data):
    """Python's own gzip, and NumPy from a fixed offset, read the same numbers."""
    for name, array in zip(mnist.CHECKSUMS, data, strict=True):
        raw = gzip.decompress((mnist.DATA_FOLDER / name).read_bytes())
        offset = 16 if "images" in name else 8
        assert np.array_equal(np.frombuffer(raw, np.uint8, offset=offset), array.ravel())


def test_readme_lists_the_checksums():
    text = (mnist.DATA_FOLDER / "README.md").read_text("utf-8")
    for name, checksum in mnist.CHECKSUMS.items():
        assert name in text
        assert checksum in text


def test_arrays_are_fresh_and_writable(data):
    first = mnist.load_mnist()
    for array in first:
        array[:] = 77
    second = mnist.load_mnist()
    for ours, theirs in zip(second, data, strict=True):
        assert np.array_equal(ours, theirs)
        assert not np.shares_memory(ours, theirs)


def test_test_digits_alone(data, folder):
    """Chapters that only read test digits need not unpack the others."""
    alone = mnist.load_test(folder)
    assert np.array_equal(alone.x_test, data.x_test)
    assert np.array_equal(alone.y_test, data.y_test)
    for name in mnist.CHECKSUMS:
        if name.startswith("train"):
            (folder / name).unlink()
    assert len(mnist.load_test(folder).x_test) == 10_000
    damage_byte(folder / SMALL)
    with pytest.raises(mnist.DataError, match=SMALL):
        mnist.load_test(folder)


def test_training_digits_split(data, folder):
    """The same parts as by hand, without the test files, and nothing but the parts is kept."""
    for name in mnist.CHECKSUMS:
        if name.startswith("t10k"):
            (folder / name).unlink()
    training, validation = mnist.stratified_split(data.y_train, 4000, seed=3)
    parts = mnist.load_training(4000, seed=3, folder=folder)
    expected = (
        data.x_train[training],
        data.y_train[training],
        data.x_train[validation],
        data.y_train[validation],
    )
    for ours, theirs in zip(parts, expected, strict=True):
        assert np.array_equal(ours, theirs)
        assert ours.base is None
    assert len(mnist.load_training()[2]) == 5000


def test_loading_keeps_one_copy():
    """Unpacking needs the arrays and their compressed files, not the arrays twice."""
    tracemalloc.start()
    try:
        data = mnist.load_mnist()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    arrays = sum(array.nbytes for array in data)
    assert arrays < peak < arrays + 25e6


# --- Only the published files ---------------------------------------------------------------

SMALL = "t10k-labels-idx1-ubyte.gz"


def damage_byte(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def damage_length(path):
    path.write_bytes(path.read_bytes()[:-1])


def damage_all(path):
    path.write_bytes(b"")


def swap(path):
    """A genuine file under another file's name."""
    path.write_bytes((mnist.DATA_FOLDER / SMALL).read_bytes())


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        *((name, damage_byte) for name in mnist.CHECKSUMS),
        (SMALL, damage_length),
        (SMALL, damage_all),
        ("train-labels-idx1-ubyte.gz", swap),
    ],
)
def test_altered_file(folder, name, damage):
    damage(folder / name)
    found = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    with pytest.raises(mnist.DataError) as error:
        mnist.load_mnist(folder)
    for part in (name, mnist.CHECKSUMS[name], found):
        assert part in str(error.value)


@pytest.mark.parametrize("name", mnist.CHECKSUMS)
def test_missing_file(folder, name):
    (folder / name).unlink()
    with pytest.raises(mnist.DataError) as error:
        mnist.load_mnist(folder)
    for part in (name, mnist.CHECKSUMS[name], "none"):
        assert part in str(error.value)


def test_folder_in_place_of_a_file(folder):
    (folder / SMALL).unlink()
    (folder / SMALL).mkdir()
    with pytest.raises(mnist.DataError, match=SMALL):
        mnist.load_mnist(folder)


def test_no_such_folder(tmp_path):
    with pytest.raises(mnist.DataError, match="nowhere"):
        mnist.load_mnist(tmp_path / "nowhere")


def test_folder_may_be_a_string(folder, data):
    assert np.array_equal(mnist.load_mnist(str(folder)).y_test, data.y_test)


def test_a_file_is_hashed_once(folder, monkeypatch):
    hashed = []
    genuine = hashlib.sha256

    def counting(content=b"", **options):
        hashed.append(len(content))
        return genuine(content, **options)

    monkeypatch.setattr(mnist.hashlib, "sha256", counting)
    mnist.load_mnist(folder)
    assert len(hashed) == 4
    mnist.load_mnist(folder)
    assert len(hashed) == 4
    # Being verified once does not cover what the file becomes later, not even at the same size.
    damage_byte(folder / SMALL)
    later = (folder / SMALL).stat().st_mtime_ns + 1_000_000
    os.utime(folder / SMALL, ns=(later, later))
    with pytest.raises(mnist.DataError, match=SMALL):
        mnist.load_mnist(folder)
    assert len(hashed) == 5


# --- The format -----------------------------------------------------------------------------


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_idx_by_hand(pack):
    array = mnist.read_idx(pack(idx(bytes([1, 2, 3, 250, 251, 252]), (2, 3))))
    assert array.tolist() == [[1, 2, 3], [250, 251, 252]]
    assert array.dtype == np.uint8
    array[0, 0] = 9  # writable


def test_idx_sizes_are_big_endian_and_last_dimension_runs_fastest():
    array = mnist.read_idx(idx(bytes(i % 256 for i in range(600)), (2, 300)))
    assert array.shape == (2, 300)
    assert array[1, 0] == 300 % 256


def test_idx_of_one_and_three_dimensions():
    assert mnist.read_idx(idx(b"\5\6", (2,))).tolist() == [5, 6]
    assert mnist.read_idx(idx(bytes(range(8)), (2, 2, 2)))[1, 0, 1] == 5
    assert mnist.read_idx(idx(b"", (0, 28, 28))).shape == (0, 28, 28)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "found []"),
        (b"\0\0", "found [0, 0]"),
        (b"\x89PNG\r\n", "found [137, 80, 78]"),
        (idx(b"\1\2", (2,), start=b"\0\1"), "found [0, 1, 8]"),
        (idx(b"\1\2\3\4" * 2, (2,), kind=0x0D), "found [0, 0, 13]"),  # a float32 file
        (idx(b"\1\2\3", (2, 2)), "2 × 2 = 4 values, found 3"),
        (idx(b"\1\2\3\4\5", (2, 2)), "2 × 2 = 4 values, found 5"),
        (idx(b"", (2, 2))[:-2], "a header of 12 bytes, found 10"),
        (idx(b"", (1, 1))[:4], "a header of 12 bytes, found 4"),
        # 2^64 values: counted in 64 bits that is none.
        (idx(b"", (2**31, 2**31, 4)), "18,446,744,073,709,551,616 values, found 0"),
        (gzip.compress(idx(b"\1\2", (2,)), mtime=0)[:-9], "gzip stream is damaged"),
        (b"\x1f\x8b" + bytes(20), "gzip stream is damaged"),
    ],
)
def test_not_idx(content, says):
    with pytest.raises(mnist.DataError) as error:
        mnist.read_idx(content, "some-file")
    assert str(error.value).startswith("some-file: ")
    assert says in str(error.value)


# --- The split ------------------------------------------------------------------------------


def test_split_by_hand():
    """Quotas 2, 1.2 and 0.8: the largest remainder, not the largest class, is rounded up."""
    y = np.array([0, 1, 0, 2, 0, 1, 0, 2, 0, 1])
    training, validation = mnist.stratified_split(y, 4)
    assert np.bincount(y[validation]).tolist() == [2, 1, 1]
    assert np.bincount(y[training]).tolist() == [3, 2, 1]


@given(
    y=st.lists(st.integers(0, 5), min_size=2, max_size=60),
    share=st.floats(0, 1),
    seed=st.integers(0, 3),
)
def test_split_is_exact_disjoint_complete_and_stratified(y, share, seed):
    size = 1 + round(share * (len(y) - 2))
    training, validation = mnist.stratified_split(y, size, seed)
    assert len(validation) == size
    assert np.array_equal(np.sort(np.concatenate([training, validation])), np.arange(len(y)))
    assert (np.diff(training) > 0).all()
    assert (np.diff(validation) > 0).all()
    assert training.dtype == validation.dtype == np.int64
    for label in set(y):
        quota = y.count(label) * size / len(y)
        taken = sum(y[i] == label for i in validation)
        # By largest remainders a class gets its quota rounded down or up. (The 1e-9 is for the
        # quota's own rounding.)
        assert abs(taken - quota) < 1 + 1e-9


def test_split_of_mnist(data):
    training, validation = mnist.stratified_split(data.y_train)
    assert (len(training), len(validation)) == (55_000, 5_000)
    quota = np.array(TRAIN_COUNTS) / 12
    assert (np.abs(np.bincount(data.y_train[validation]) - quota) < 1).all()
    # Drawn from everywhere, not the first of each class: 5,000 uniform draws from 0 … 59,999 have
    # a mean of 30,000 ± 245; this allows four of these standard deviations.
    assert abs(validation.mean() - 30_000) < 4 * 245


def test_split_is_deterministic(data):
    first, again = (mnist.stratified_split(data.y_train, seed=3) for _ in range(2))
    other = mnist.stratified_split(data.y_train, seed=4)
    for k in (0, 1):
        assert np.array_equal(first[k], again[k])
        assert not np.array_equal(first[k], other[k])
    # Of two independent draws of a twelfth, a twelfth is common: 417 ± 19 of 5,000.
    assert 300 < len(np.intersect1d(first[1], other[1])) < 540


def test_split_leaves_the_global_random_state_alone():
    np.random.seed(1)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    mnist.stratified_split([0, 1] * 10, 4)
    assert np.array_equal(before, np.random.get_state()[1])  # noqa: NPY002


@pytest.mark.parametrize("size", [0, -1, 4, 5])
def test_split_of_impossible_size(size):
    with pytest.raises(ValueError, match=f"expected 1 to 3 for 4 examples, found {size}"):
        mnist.stratified_split([0, 1, 0, 1], size)


def test_split_of_one_hot_labels():
    with pytest.raises(ValueError, match=r"shape \(N,\), found \(4, 10\)"):
        mnist.stratified_split(np.zeros((4, 10)), 2)


# --- Helpers --------------------------------------------------------------------------------


def test_scale():
    scaled = mnist.scale(np.array([[0, 51, 255]], np.uint8))
    assert scaled.dtype == np.float32
    # The quotient of two whole numbers, rounded to float32 once: nothing is left to tolerate.
    assert np.array_equal(scaled, np.array([[0, 0.2, 1]], np.float32))


def test_scale_does_not_change_its_input():
    x = np.array([7, 8], np.uint8)
    mnist.scale(x)
    assert x.tolist() == [7, 8]


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64, bool])
def test_scale_only_once(dtype):
    with pytest.raises(TypeError, match=f"expected uint8 pixels, found {np.dtype(dtype)}"):
        mnist.scale(np.ones((2, 2), dtype))


def test_flatten():
    x = np.arange(12).reshape(2, 2, 3)
    assert mnist.flatten(x).tolist() == [[0, 1, 2, 3, 4, 5], [6, 7, 8, 9, 10, 11]]


@pytest.mark.parametrize("shape", [(28, 28), (2, 28, 28, 1), (784,)])
def test_flatten_of_something_else(shape):
    with pytest.raises(ValueError, match=r"\(N, height, width\)"):
        mnist.flatten(np.zeros(shape))
