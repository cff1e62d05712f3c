"""Weights that have learned one person's hand: a file of changed arrays, and a card.

The card says what was learned from how many samples. Such a file holds only what differs from a
network of the package, its *base*: as a rule the last layer, 41 kB. It is a ZIP archive without
compression, which ``numpy.load`` and any unzip program open, and which a page in the browser reads
and writes with few lines:

======================= ===========================================================================
member                  what
======================= ===========================================================================
``card.json``           the card, UTF-8 (:data:`KEYS`); always the first
``<layer>/<array>.npy`` one for each changed array: float32, little-endian, C order, NumPy's format
                        1.0, with the shape that the array has in the base
======================= ===========================================================================

Nothing is pickled. The card has the SHA-256 of the base's weights (``weights_sha256`` of its own
card); a file is only loaded where that base is.
"""

from __future__ import annotations

import io
import json
import lzma
import math
import os
import tokenize
import zipfile
import zlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from digitrec.forward import Sequential
from digitrec.networks import (
    ARCHITECTURES,
    IMAGE_SHAPE,
    SHIPPED,
    WEIGHTS_FOLDER,
    WeightsError,
    load_card,
    load_numpy,
)

#: What the card has at least, and of which type.
KEYS: dict[str, type | tuple[type, ...]] = {
    "format": str,
    "base": str,
    "base_sha256": str,
    "reject_below": (int, float),
    "temperature": (int, float),
    "samples": list,
}
FORMAT = "digitrec hand 1"
CARD = "card.json"
#: A card is not longer, and a member has no more bytes than its array and this.
LONGEST_CARD, HEADER = 100_000, 1_000
#: What reading a damaged archive raises: wrong checksums, unknown methods, encrypted members, names
#: and places that cannot be, and what each way of compressing has of its own.
DAMAGED = (
    OSError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    NotImplementedError,
    RuntimeError,
    EOFError,
    ValueError,
)


def save(
    path: str | Path, network: Sequential, card: Mapping[str, Any], *, force: bool = False
) -> dict[str, Any]:
    """Write what a network has learned beyond its base to a file.

    Parameters
    ----------
    path
        Of the file; by habit it ends in ``.npz``.
    network
        With the layers of its base.
    card
        ``base`` is the base's name; ``temperature``, ``samples`` (ten counts) and what else there
        is to say. Format, checksum and threshold are added.
    force
        Whether a file that is there already may be replaced.

    Returns
    -------
    dict
        The card as it was written.

    Raises
    ------
    WeightsError
        The file exists already, cannot be written, or the network is not one of its base's kind.
    """
    check_place(path, force=force)
    base = load_numpy(card["base"]).weights
    weights = network.weights
    if {k: a.shape for k, a in weights.items()} != {k: a.shape for k, a in base.items()}:
        raise WeightsError(f"{path}: expected a network with the layers of {card['base']}")
    changed = {name: a for name, a in weights.items() if not np.array_equal(a, base[name])}
    card = {
        "format": FORMAT,
        "base_sha256": load_card(card["base"])["weights_sha256"],
        "reject_below": network.reject_below,
        **card,
    }
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:
        # Without a date, the same weights make the same file.
        archive.writestr(zipfile.ZipInfo(CARD), json.dumps(card, indent=1, ensure_ascii=False))
        for name, array in changed.items():
            member = io.BytesIO()
            np.lib.format.write_array(member, array.astype("<f4"), (1, 0), allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), member.getvalue())
    write(path, content.getvalue(), force=force)
    return card


def check_place(path: str | Path, *, force: bool = False) -> None:
    """Raise ``WeightsError`` when a file cannot be written there, before work is put into it."""
    path = Path(path)
    try:
        path.stat()
    except FileNotFoundError:
        pass  # as it should be
    except OSError as error:  # too long a name, as a rule
        raise WeightsError(f"{path}: cannot be written ({error.strerror})") from error
    if path.is_dir():
        raise WeightsError(f"{path}: expected the name of a file, found a folder")
    if not path.parent.is_dir():
        raise WeightsError(f"{path}: cannot be written: no folder {path.parent}")
    if path.exists() and not force:
        raise WeightsError(f"{path}: exists already; --force (force=True) replaces it")


def write(path: str | Path, content: bytes, *, force: bool = False) -> None:
    """Write a file beside its place and move it there: what stood there is whole until then.

    Raises
    ------
    WeightsError
        The file exists already and ``force`` is not given, or it cannot be written.
    """
    path = Path(path)
    check_place(path, force=force)
    place = path.resolve()  # a symbolic link stays, and what it leads to is replaced
    # Not all of the name: that may be as long as a name can be.
    beside = place.with_name(f".{place.name[:20]}.{os.getpid()}")
    try:
        beside.write_bytes(content)
        beside.replace(place)
    except OSError as error:
        with suppress(OSError):
            beside.unlink()
        raise WeightsError(f"{path}: cannot be written ({error.strerror})") from error


def read_card(path: str | Path) -> dict[str, Any]:
    """Return the card of a file: what was learned, from how many samples, from which base.

    Raises
    ------
    WeightsError
        As :func:`load`, but for the arrays.
    """
    return _read(Path(path))[0]


def load(path: str | Path, folder: str | Path = WEIGHTS_FOLDER) -> Sequential:
    """Return the network that has learned a hand: its base, with the arrays of a file.

    Parameters
    ----------
    path
        Of a file that :func:`save` or the drawing page wrote.
    folder
        Where the base is; by default it comes with the package.

    Returns
    -------
    Sequential
        Its ``reject_below`` is that of the card.

    Raises
    ------
    WeightsError
        No such file, a damaged or another one, or one that was learned from weights that are not
        those of the base here.
    """
    path = Path(path)
    card, arrays = _read(path)
    name = card["base"]
    expected = load_card(name, folder)["weights_sha256"]
    if card["base_sha256"] != expected:
        raise WeightsError(
            f"{path}: learned from other weights of {name} than the ones here: expected SHA-256 "
            f"{expected}, found {card['base_sha256']}. Learn again from the same samples."
        )
    weights = load_numpy(name, folder).weights
    for key, content in arrays.items():
        if key not in weights:
            raise WeightsError(f"{path}: expected arrays of {name}, found {key!r}")
        weights[key] = _array(path, key, content, weights[key].shape)
    network = Sequential.from_description(ARCHITECTURES[name], weights, IMAGE_SHAPE)
    network.reject_below = float(card["reject_below"])
    return network


def _read(path: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return the card, checked, and each array's member as it is."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = {info.filename: info for info in archive.infolist()}
            if CARD not in members:
                raise WeightsError(
                    f"{path}: expected weights that learned a hand, found a file without {CARD}"
                )
            largest = sum(a.nbytes for a in load_numpy("cnn").weights.values()) + HEADER
            for name, info in members.items():
                if info.file_size > (LONGEST_CARD if name == CARD else largest):
                    raise WeightsError(f"{path}: {name} is too large: {info.file_size:,} bytes")
            card = _check_card(path, archive.read(CARD))
            arrays = {
                name.removesuffix(".npy"): archive.read(name) for name in members if name != CARD
            }
    except DAMAGED as error:
        if isinstance(error, OSError) and error.strerror:  # the file's, not of what is in it
            raise WeightsError(f"{path}: cannot be read ({error.strerror})") from error
        raise WeightsError(
            f"{path}: expected weights that learned a hand, found something else or a damaged "
            f"file ({error})"
        ) from error
    return card, arrays


def _check_card(path: Path, content: bytes) -> dict[str, Any]:
    """Return the card, if it is one of this format."""
    try:
        card = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise WeightsError(f"{path}: {CARD}: expected JSON ({error})") from error
    if not isinstance(card, dict):
        raise WeightsError(f"{path}: {CARD}: expected an object, found {type(card).__name__}")
    for key, kind in KEYS.items():
        if not isinstance(card.get(key), kind) or isinstance(card[key], bool):
            raise WeightsError(f"{path}: {CARD}: expected {key!r}, found {card.get(key)!r}")
    if card["format"] != FORMAT:
        raise WeightsError(f"{path}: expected the format {FORMAT!r}, found {card['format']!r}")
    if card["base"] not in SHIPPED:
        raise WeightsError(
            f"{path}: expected weights learned from a network of {list(SHIPPED)}, "
            f"found {card['base']!r}"
        )
    if not 0 <= card["reject_below"] <= 1:
        raise WeightsError(
            f"{path}: {CARD}: expected a reject_below of 0 … 1, found {card['reject_below']!r}"
        )
    if not 0 < card["temperature"] < math.inf:
        raise WeightsError(
            f"{path}: {CARD}: expected a temperature above 0, found {card['temperature']!r}"
        )
    return card


def _array(path: Path, key: str, content: bytes, shape: tuple[int, ...]) -> np.ndarray:
    """Return an array from its bytes in NumPy's format; nothing is made that was not expected."""
    stream = io.BytesIO(content)
    try:
        if np.lib.format.read_magic(stream) != (1, 0):
            raise ValueError("not NumPy's format 1.0")
        found, fortran, dtype = np.lib.format.read_array_header_1_0(stream)
    # NumPy reads the header as Python's own text, and hands on what is wrong with that.
    except (ValueError, EOFError, SyntaxError, TypeError, tokenize.TokenError) as error:
        raise WeightsError(f"{path}: {key}: expected an array without pickle ({error})") from error
    rest = content[stream.tell() :]
    if found != shape or fortran or dtype != np.dtype("<f4") or len(rest) != 4 * np.prod(shape):
        raise WeightsError(
            f"{path}: {key}: expected {shape} float32, found {found} {dtype}, {len(rest):,} bytes"
        )
    array = np.frombuffer(rest, "<f4").reshape(shape).astype(np.float32)
    if not np.isfinite(array).all():
        raise WeightsError(f"{path}: {key}: expected finite numbers, found NaN or infinity")
    return array
