"""The MNIST database of handwritten digits: read, verify, split.

The four files come with the package, byte for byte as first published by Yann LeCun, Corinna
Cortes and Christopher J. C. Burges (see ``digitrec/data/README.md``). They are in the IDX format:

====== ======================= ==========================================================
bytes  type                    meaning
====== ======================= ==========================================================
0–1    zero                    always 0, 0
2      uint8                   type of the values; 8 stands for unsigned bytes
3      uint8                   number of dimensions *d*
4 …    *d* × big-endian uint32 size of each dimension
then   uint8                   the values, last dimension fastest
====== ======================= ==========================================================
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from math import prod
from pathlib import Path
from typing import NamedTuple

import numpy as np

DATA_FOLDER = Path(__file__).parent / "data"

#: SHA-256 of each file, as first published.
CHECKSUMS = {
    "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",  # noqa: E501
    "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",  # noqa: E501
    "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
}

IDX_UNSIGNED_BYTE = 8
GZIP = 16 + zlib.MAX_WBITS  # zlib's way of saying "with a gzip header"
PIECE = 1 << 16  # compressed bytes that are unpacked at a time

# Files verified in this process: path, size and time of change. A file is hashed once.
_verified: set[tuple[str, int, int]] = set()


class DataError(Exception):
    """A data file is missing or is not what was published."""


class MNIST(NamedTuple):
    """The 70,000 digits.

    Attributes
    ----------
    x_train : (60000, 28, 28) uint8
        Training images: example, row, column. 0 is paper, 255 is ink.
    y_train : (60000,) uint8
        Their labels, 0–9.
    x_test : (10000, 28, 28) uint8
        Test images.
    y_test : (10000,) uint8
        Their labels.
    """

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray


class MNISTTest(NamedTuple):
    """The 10,000 test digits alone.

    Attributes
    ----------
    x_test : (10000, 28, 28) uint8
        Test images: example, row, column. 0 is paper, 255 is ink.
    y_test : (10000,) uint8
        Their labels, 0–9.
    """

    x_test: np.ndarray
    y_test: np.ndarray


def load_mnist(folder: str | Path = DATA_FOLDER) -> MNIST:
    """Return the training and test images with their labels.

    Parameters
    ----------
    folder
        Where the four ``.gz`` files are; by default the ones that come with the package.

    Raises
    ------
    DataError
        A file is missing, truncated or altered: its name, the checksum expected and found.
    """
    return MNIST(*_read_files(folder, ""))


def load_test(folder: str | Path = DATA_FOLDER) -> MNISTTest:
    """Return the test images with their labels: 8 MB instead of 55, for who needs no others.

    Parameters
    ----------
    folder
        As for :func:`load_mnist`.

    Raises
    ------
    DataError
        As :func:`load_mnist`.
    """
    return MNISTTest(*_read_files(folder, "t10k"))


def load_training(
    validation_size: int = 5_000, seed: int = 0, folder: str | Path = DATA_FOLDER
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return the 60,000 training digits, split by :func:`stratified_split`.

    Parameters
    ----------
    validation_size, seed
        As for :func:`stratified_split`.
    folder
        As for :func:`load_mnist`.

    Returns
    -------
    x_train, y_train, x_validation, y_validation
        Images (N, 28, 28) uint8 and labels (N,) uint8, N = 60,000 − ``validation_size`` of them
        for training.

    Raises
    ------
    DataError
        As :func:`load_mnist`.
    ValueError
        As :func:`stratified_split`.
    """
    x, y = read_training(folder)
    training, validation = stratified_split(y, validation_size, seed)
    return x[training], y[training], x[validation], y[validation]


def read_training(folder: str | Path = DATA_FOLDER) -> tuple[np.ndarray, np.ndarray]:
    """Return all 60,000 training images, (60000, 28, 28) uint8, and their labels, (60000,) uint8.

    Parameters
    ----------
    folder
        As for :func:`load_mnist`.

    Raises
    ------
    DataError
        As :func:`load_mnist`.
    """
    images, labels = _read_files(folder, "train")
    return images, labels


def _read_files(folder: str | Path, beginning: str) -> list[np.ndarray]:
    """Read the files of which the name begins so, in the order of :data:`CHECKSUMS`."""
    return [
        read_idx(read_verified(Path(folder) / name), name)
        for name in CHECKSUMS
        if name.startswith(beginning)
    ]


def read_verified(path: Path) -> bytes:
    """Return the bytes of one of the four files, checked against its published SHA-256.

    Raises
    ------
    DataError
        The file is missing, or its checksum is not the published one.
    """
    expected = CHECKSUMS[path.name]
    try:
        content = path.read_bytes()
        status = path.stat()
    except OSError as error:
        raise DataError(
            f"{path}: cannot be read ({error.strerror}). "
            f"Expected the file with SHA-256 {expected}, found none."
        ) from error
    stamp = (str(path), status.st_size, status.st_mtime_ns)
    if stamp not in _verified:
        found = hashlib.sha256(content).hexdigest()
        if found != expected:
            raise DataError(
                f"{path}: not the published file. Expected SHA-256 {expected}, "
                f"found {found} ({len(content):,} bytes). Fetch the file again."
            )
        _verified.add(stamp)
    return content


def read_idx(content: bytes, name: str = "IDX data") -> np.ndarray:
    """Return the array that an IDX file of unsigned bytes holds.

    Parameters
    ----------
    content
        The file's bytes, gzip-compressed or not.
    name
        What to call the file in an error.

    Returns
    -------
    uint8 array with the dimensions that the header gives

    Raises
    ------
    DataError
        The header is not that of an IDX file of unsigned bytes, or values are missing.

    References
    ----------
    The format's description by :cite:t:`lecun1998mnist`.
    """
    if content[:2] == b"\x1f\x8b":  # gzip's magic number
        try:
            unpacked = _unpack(content)
        except zlib.error as error:
            raise DataError(f"{name}: the gzip stream is damaged ({error}).") from error
    else:
        unpacked = bytearray(content)
    if len(unpacked) < 4 or unpacked[:2] != b"\0\0" or unpacked[2] != IDX_UNSIGNED_BYTE:
        raise DataError(
            f"{name}: expected an IDX file of unsigned bytes, which begins with the bytes "
            f"0, 0, {IDX_UNSIGNED_BYTE}; found {list(unpacked[:3])}."
        )
    dimensions = unpacked[3]
    start = 4 + 4 * dimensions
    if len(unpacked) < start:
        raise DataError(f"{name}: expected a header of {start} bytes, found {len(unpacked)}.")
    shape = struct.unpack(f">{dimensions}I", unpacked[4:start])
    expected = prod(shape)
    if len(unpacked) - start != expected:
        raise DataError(
            f"{name}: the header announces {' × '.join(map(str, shape))} = {expected:,} values, "
            f"found {len(unpacked) - start:,}."
        )
    # In a bytearray the array is writable: what we read is the reader's to change.
    return np.frombuffer(unpacked, np.uint8, offset=start).reshape(shape)


def _unpack(content: bytes) -> bytearray:
    """Unpack a gzip stream piece by piece, so that there is never a second copy of the values."""
    unpacker = zlib.decompressobj(wbits=GZIP)
    unpacked = bytearray()
    for start in range(0, len(content), PIECE):
        unpacked += unpacker.decompress(content[start : start + PIECE])
    if not unpacker.eof:
        raise zlib.error("incomplete or truncated stream")
    return unpacked


def stratified_split(
    y: np.ndarray, validation_size: int = 5_000, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Split examples into a training and a validation part with the same mix of classes.

    Each class gives ``validation_size`` × its share of the examples, rounded so that the sizes add
    up exactly (the largest remainders are rounded up). The same arguments give the same split.

    Parameters
    ----------
    y : (N,) integer
        Labels.
    validation_size
        Number of validation examples.
    seed
        Of the random choice.

    Returns
    -------
    training, validation : (N − validation_size,) and (validation_size,) int64
        Indices into ``y``, each in ascending order, with no index in both.

    Raises
    ------
    ValueError
        ``y`` is not one-dimensional, or ``validation_size`` is not between 1 and N − 1.
    """
    y = np.asarray(y)
    if y.ndim != 1:
        raise ValueError(f"y: expected labels of shape (N,), found {y.shape}")
    if not 1 <= validation_size < len(y):
        raise ValueError(
            f"validation_size: expected 1 to {len(y) - 1} for {len(y)} examples, "
            f"found {validation_size}"
        )
    classes, counts = np.unique(y, return_counts=True)
    quota = counts * validation_size / len(y)
    take = np.floor(quota).astype(np.int64)
    largest_remainders = np.argsort(take - quota, kind="stable")
    take[largest_remainders[: validation_size - take.sum()]] += 1

    rng = np.random.default_rng(seed)
    validation = np.concatenate(
        [
            rng.permutation(np.flatnonzero(y == label))[:count]
            for label, count in zip(classes, take, strict=True)
        ]
    )
    validation.sort()
    return np.setdiff1d(np.arange(len(y)), validation, assume_unique=True), validation


def scale(x: np.ndarray) -> np.ndarray:
    """Map pixel values 0–255 to 0–1: ``x / 255``.

    Parameters
    ----------
    x : uint8, any shape

    Returns
    -------
    float32, same shape

    Raises
    ------
    TypeError
        ``x`` is not uint8: scaled twice, values would all but vanish.
    """
    if x.dtype != np.uint8:
        raise TypeError(f"x: expected uint8 pixels, found {x.dtype}. Scaled already?")
    return x.astype(np.float32) / np.float32(255)


def flatten(x: np.ndarray) -> np.ndarray:
    """Lay the rows of each image end to end: (N, height, width) becomes (N, height × width).

    Raises
    ------
    ValueError
        ``x`` does not have three axes.
    """
    if x.ndim != 3:
        raise ValueError(f"x: expected images of shape (N, height, width), found {x.shape}")
    return x.reshape(len(x), -1)  # (N, height * width)
