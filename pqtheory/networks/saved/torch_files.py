"""Files of ``torch.save``: archives, the pickles of versions before 1.6, and the tar files of versions before 0.2.

Each is read for where its tensors are; no class is looked up and nothing is run.
"""

import io
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from pqtheory._messages import brief
from pqtheory.networks.saved.pickles import read_pickles
from pqtheory.networks.saved.rebuilt import Storage, strided
from pqtheory.networks.saved.stored import as_stored, mapped

#: the number that a pickle of versions before 1.6 begins with
MAGIC = 0x1950A86A20F9469CFC6C
#: bytes in front of a name in a zip archive
LOCAL_HEADER = 30


def read_archive(file: Path, start: int = 0, length: int | None = None) -> Any:
    """The content of a zip archive of torch's, which may be a part of a file.

    Raises
    ------
    ValueError
        If it is TorchScript, or of a computer with another order of bytes.
    """
    whole = mapped(file, start, file.stat().st_size - start if length is None else length)
    # a part is one tensor, and small; a file is looked at where its directory is
    stream = io.BytesIO(whole.tobytes()) if length is not None else file.open("rb")
    with stream, zipfile.ZipFile(stream) as archive:
        names = archive.namelist()
        (pickled,) = [n for n in names if n.count("/") == 1 and n.endswith("/data.pkl")] or [""]
        root = pickled.removesuffix("data.pkl")
        if not pickled:
            raise ValueError("a zip archive without a data.pkl, so not of torch.save")
        if f"{root}constants.pkl" in names:
            raise ValueError(
                "a TorchScript program, not a file of weights; save torch.jit.load(file).state_dict()"
            )
        if f"{root}byteorder" in names and archive.read(f"{root}byteorder") == b"big":
            raise ValueError("written on a computer with the other order of bytes")
        members = {member.filename: member for member in archive.infolist()}

        def storage(saved_id: Any) -> Storage:
            kind, key, _, numel = _storage_id(saved_id)
            member = members[f"{root}data/{key}"]
            size = int(numel) * kind.itemsize
            if size > member.file_size:
                raise ValueError(f"storage {brief(key)} is cut off")
            if member.compress_type != zipfile.ZIP_STORED:
                content = np.frombuffer(bytearray(archive.read(member)), dtype=np.uint8)
                return Storage(key, kind, lambda: content)
            return Storage(key, kind, lambda: _member(file, start, member, size))

        (content,) = _first(read_pickles(io.BytesIO(archive.read(pickled)), storage), 1)
    return content


def _member(file: Path, start: int, member: zipfile.ZipInfo, size: int) -> np.ndarray:
    place = start + member.header_offset
    header = mapped(file, place, LOCAL_HEADER).tobytes()
    name, extra = struct.unpack("<HH", header[26:30])
    return mapped(file, place + LOCAL_HEADER + name + extra, size)


def _storage_id(saved_id: Any) -> tuple[Any, ...]:
    if (
        not isinstance(saved_id, tuple)
        or len(saved_id) < 5
        or saved_id[0] not in ("storage", b"storage")
    ):
        raise ValueError("a storage without a name")
    return saved_id[1:5]


def read_pickled(file: Path) -> Any:
    """The content of a file of a version before 1.6: five pickles, and then the storages.

    Raises
    ------
    ValueError
        If it is none, or of a computer with another order of bytes.
    """
    #: key of a storage -> where its numbers begin, known when all pickles are read
    begins: dict[Any, int] = {}
    kinds: dict[Any, Any] = {}

    def storage(saved_id: Any) -> Any:
        if saved_id[0] in ("module", b"module"):
            # a class with its source
            return saved_id[1]
        kind, key, _, numel, *view = saved_id[1:]
        first, size = 0, int(numel)
        if view and view[0] is not None:
            _, first, size = view[0]
        kinds[key] = kind

        def content() -> np.ndarray:
            return mapped(file, begins[key] + first * kind.itemsize, size * kind.itemsize)

        return Storage((key, first), kind, content)

    with file.open("rb") as stream:
        pickles = read_pickles(stream, storage)
        (magic,) = _first(pickles, 1)
        if magic != MAGIC:
            raise ValueError("a pickle, but not of torch.save")
        _, system = _first(pickles, 2)
        if isinstance(system, dict) and not system.get("little_endian", True):
            raise ValueError("written on a computer with the other order of bytes")
        content, keys = _first(pickles, 2)
        for key in keys:
            (numel,) = struct.unpack("<q", _read(stream, 8))
            begins[key] = stream.tell()
            size = numel * kinds[key].itemsize
            mapped(file, begins[key], size)
            stream.seek(size, 1)
    return content


def read_tar(file: Path) -> Any:
    """The content of a file of a version before 0.2: storages, tensors and a pickle in a tar file.

    Raises
    ------
    ValueError
        If it is none.
    """
    objects: dict[int, Any] = {}
    with tarfile.open(file, "r:") as archive:
        members = {m.name: m for m in archive.getmembers() if m.isfile()}
        for name in ("storages", "tensors", "pickle"):
            if name not in members:
                raise ValueError(f"a tar file without {brief(name)}, so not of torch.save")
        with file.open("rb") as stream:
            _read_storages(file, stream, members["storages"], objects)
            _read_tensors(stream, members["tensors"], objects)
            stream.seek(members["pickle"].offset_data)

            def found(saved_id: Any) -> Any:
                return saved_id[0] if isinstance(saved_id, tuple) else objects[int(saved_id)]

            (content,) = _first(read_pickles(stream, found), 1)
    return content


def _read_storages(file: Path, stream: Any, member: Any, objects: dict[int, Any]) -> None:
    stream.seek(member.offset_data)
    pickles = read_pickles(stream)
    (count,) = _first(pickles, 1)
    for _ in range(count):
        ((key, _, kind),) = _first(pickles, 1)
        (numel,) = struct.unpack("<q", _read(stream, 8))
        begin, size = stream.tell(), numel * kind.itemsize
        objects[key] = Storage(key, kind, _reader(file, begin, size))
        stream.seek(size, 1)
    (views,) = _first(pickles, 1)
    for key, root, offset, numel in views:
        whole: Storage = objects[root]
        objects[key] = Storage((root, offset), whole.dtype, _slice(whole, offset, numel))


def _read_tensors(stream: Any, member: Any, objects: dict[int, Any]) -> None:
    stream.seek(member.offset_data)
    pickles = read_pickles(stream)
    (count,) = _first(pickles, 1)
    for _ in range(count):
        ((key, storage, _),) = _first(pickles, 1)
        ndim, _ = struct.unpack("<ii", _read(stream, 8))
        shape = struct.unpack(f"<{ndim}q", _read(stream, 8 * ndim))
        stride = struct.unpack(f"<{ndim}q", _read(stream, 8 * ndim))
        (offset,) = struct.unpack("<q", _read(stream, 8))
        objects[key] = strided(objects[storage], offset, shape, stride)


def _reader(file: Path, begin: int, size: int) -> Callable[[], np.ndarray]:
    return lambda: mapped(file, begin, size)


def _slice(whole: Storage, offset: int, numel: int) -> Callable[[], np.ndarray]:
    size = whole.dtype.itemsize
    return lambda: whole.content()[offset * size : (offset + numel) * size]


def _read(stream: Any, size: int) -> bytes:
    content: bytes = stream.read(size)
    if len(content) < size:
        raise ValueError("the file is cut off")
    return content


def _first(pickles: Any, count: int) -> list[Any]:
    return [next(pickles) for _ in range(count)]


def read_arrays(file: Path) -> dict[str, Any]:
    """The arrays of a file of ``numpy.savez``."""
    with np.load(file, allow_pickle=False) as arrays:
        names = list(arrays.files)
        kinds = {name: arrays[name] for name in names}
    return {name: as_stored(array) for name, array in kinds.items()}
