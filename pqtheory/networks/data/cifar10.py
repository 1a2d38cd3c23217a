r"""CIFAR-10 from its authors' two layouts: cifar-10-batches-bin/*.bin, cifar-10-batches-py/data_batch_1 and so on.

A record is one byte of label and 3 x 32 x 32 bytes of pixels. Python pickles are brought into the same records, so that
one checksum for each batch serves both layouts.

References
----------
Krizhevsky, *Learning Multiple Layers of Features from Tiny Images*, 2009.
"""

import hashlib
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pqtheory._messages import brief
from pqtheory.networks.data.images import Images
from pqtheory.networks.data.pickles import read_arrays

VARIABLE = "PQTHEORY_DATA"
SHAPE = (3, 32, 32)
RECORD = 1 + 3 * 32 * 32
PER_BATCH = 10_000
#: SHA-256 of the records of each batch
CHECKSUMS = {
    "data_batch_1": "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5",
    "data_batch_2": "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed",
    "data_batch_3": "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67",
    "data_batch_4": "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48",
    "data_batch_5": "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add",
    "test_batch": "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b",
}
#: what the paper normalises with
MEAN, STD = (0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010)
HOW = "pqtheory data cifar10 --data-dir DIR downloads it"


def load_cifar10(data_dir: str | Path | None = None) -> Images:
    """The 50,000 training and 10,000 test images, checked.

    Raises
    ------
    FileNotFoundError
        If the folder or a file is missing.
    ValueError
        If a file is truncated, changed, or a pickle with more than arrays in it.
    """
    records = _reader(data_folder(data_dir))[1]
    batches = {name: _checked(name, records(name)) for name in CHECKSUMS}
    *training, test = (batches[name] for name in CHECKSUMS)
    train = np.concatenate(training)
    return Images(
        "cifar10",
        train[:, 1:].reshape(-1, *SHAPE),
        train[:, 0].astype(np.int64),
        test[:, 1:].reshape(-1, *SHAPE),
        test[:, 0].astype(np.int64),
        MEAN,
        STD,
        10,
    )


def data_folder(data_dir: str | Path | None) -> Path:
    """``data_dir``, or what the environment says.

    Raises
    ------
    FileNotFoundError
        If neither is given, or there is no such folder.
    """
    given = data_dir or os.environ.get(VARIABLE)
    if not given:
        raise FileNotFoundError(f"data: give --data-dir or set {VARIABLE}; {HOW}")
    folder = Path(given)
    if not folder.is_dir():
        raise FileNotFoundError(f"data: no folder {brief(str(folder))}; {HOW}")
    return folder


def check_cifar10(folder: Path) -> Path:
    """Where below ``folder`` the batches are, once all of them are there and as published.

    Raises
    ------
    FileNotFoundError, ValueError
        As ``load_cifar10``.
    """
    place, records = _reader(folder)
    for name in CHECKSUMS:
        _checked(name, records(name))
    return place


def _reader(folder: Path) -> tuple[Path, Callable[[str], NDArray[np.uint8]]]:
    """Where the batches are and how to read one by its name, by the layout of the first one that is there."""
    for name in CHECKSUMS:
        for place in (folder / "cifar-10-batches-bin", folder):
            if (place / f"{name}.bin").is_file():
                return place, partial(_binary, place)
        for place in (folder / "cifar-10-batches-py", folder):
            if (place / name).is_file():
                return place, partial(_pickled, place)
    raise FileNotFoundError(
        f"data: neither cifar-10-batches-bin/data_batch_1.bin nor cifar-10-batches-py/data_batch_1 "
        f"in {brief(str(folder))}; {HOW}"
    )


def _binary(place: Path, name: str) -> NDArray[np.uint8]:
    file = place / f"{name}.bin"
    _require(file)
    size = file.stat().st_size
    if size != PER_BATCH * RECORD:
        raise ValueError(f"{file}: expected {PER_BATCH * RECORD} bytes, got {brief(size)}; {HOW}")
    return np.fromfile(file, dtype=np.uint8).reshape(PER_BATCH, RECORD)


def _pickled(place: Path, name: str) -> NDArray[np.uint8]:
    file = place / name
    _require(file)
    try:
        content = read_arrays(file)
    except ValueError as error:
        raise ValueError(f"{error}; {HOW}") from error
    try:
        pixels, labels = (np.asarray(content[key], np.uint8) for key in (b"data", b"labels"))
    except (KeyError, IndexError, TypeError, ValueError, OverflowError):
        # whole, but no such arrays in it
        pixels = labels = np.empty(0, np.uint8)
    if pixels.shape != (PER_BATCH, RECORD - 1) or labels.shape != (PER_BATCH,):
        raise ValueError(
            f"{file}: expected data of shape {(PER_BATCH, RECORD - 1)} and as many labels, "
            f"got {pixels.shape} and {labels.shape}; {HOW}"
        )
    return np.concatenate([labels[:, None], pixels], axis=1)


def _require(file: Path) -> None:
    if not file.is_file():
        raise FileNotFoundError(f"data: no file {brief(str(file))}; {HOW}")


def _checked(name: str, records: NDArray[np.uint8]) -> NDArray[np.uint8]:
    found = hashlib.sha256(np.ascontiguousarray(records).tobytes()).hexdigest()
    if found != CHECKSUMS[name]:
        raise ValueError(
            f"data: {name} is not as published: SHA-256 of its records {found}, "
            f"expected {CHECKSUMS[name]}; {HOW}"
        )
    return records
