"""Distributed checkpoints of torch: a folder with ``.metadata`` and files that hold pieces of the tensors.

``.metadata`` is a pickle, and is read as all pickles are here; torch's own reader would run what is in it.
"""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from pqtheory._messages import brief
from pqtheory.networks.saved.pickles import read_pickles
from pqtheory.networks.saved.stored import StoredTensor
from pqtheory.networks.saved.torch_files import read_archive
from pqtheory.networks.saved.unread import Unread

METADATA = ".metadata"


def read_distributed(folder: Path) -> dict[str, Any]:
    """The state that was saved, nested as it was, tensors put together from their pieces when they are read.

    Raises
    ------
    ValueError
        If ``.metadata`` is none of torch's.
    """
    with (folder / METADATA).open("rb") as stream:
        about = _attributes(next(read_pickles(stream)))
    tensors, pieces = about.get("state_dict_metadata"), about.get("storage_data")
    if not isinstance(tensors, dict) or not isinstance(pieces, dict):
        raise ValueError(f"{METADATA} is not that of a distributed checkpoint")
    where: dict[str, list[tuple[tuple[int, ...], Any]]] = {}
    for index, info in pieces.items():
        at = _attributes(index)
        offset = tuple(at.get("offset") or ())
        where.setdefault(at["fqn"], []).append((offset, _attributes(info)))
    paths = about.get("planner_data")
    found: dict[str, Any] = {}
    for name, entry in tensors.items():
        described = _attributes(entry)
        if "chunks" not in described:
            # what is no tensor
            continue
        path = paths.get(name, (name,)) if isinstance(paths, dict) else (name,)
        inner = found
        for key in path[:-1]:
            inner = inner.setdefault(str(key), {})
        inner[str(path[-1])] = _stored(folder, name, described, where.get(name, []))
    return found


def _stored(folder: Path, name: str, described: dict[str, Any], pieces: list[Any]) -> StoredTensor:
    shape = tuple(described["size"])
    dtype = _dtype(described.get("properties"))

    def read() -> Tensor:
        whole = torch.empty(shape, dtype=dtype)
        filled = 0
        for offset, info in pieces:
            piece = _piece(folder, name, info)
            if piece.dim() == 0:
                return piece
            place = tuple(slice(o, o + n) for o, n in zip(offset, piece.shape, strict=True))
            whole[place] = piece
            filled += piece.numel()
        if filled < whole.numel():
            raise ValueError(
                f"{folder}: {brief(name)}: {filled} of its {whole.numel()} numbers are there"
            )
        return whole

    return StoredTensor(shape, dtype, read)


def _dtype(properties: Any) -> torch.dtype | None:
    """Of a pickled TensorProperties, whose state is a tuple with the dtype first, or of its attributes."""
    found = _attributes(properties).get("dtype") if isinstance(properties, Unread) else None
    if found is None and isinstance(properties, Unread) and isinstance(properties.state, tuple):
        found = properties.state[0]
    return found if isinstance(found, torch.dtype) else None


def _piece(folder: Path, name: str, info: dict[str, Any]) -> Tensor:
    file = folder / str(info["relative_path"])
    if file.resolve().parent != folder.resolve():
        raise ValueError(
            f"{folder}: {brief(name)} is in another folder, {brief(info['relative_path'])}"
        )
    if info.get("transform_descriptors"):
        raise ValueError(
            f"{folder}: {brief(name)} is compressed, which is not read; save it without"
        )
    if not file.is_file():
        raise FileNotFoundError(f"{folder}: no file {brief(file.name)}, where {brief(name)} is")
    content = read_archive(file, int(info["offset"]), int(info["length"]))
    if not isinstance(content, StoredTensor):
        raise ValueError(f"{file}: {brief(name)} is no tensor")
    return content.read()


def _attributes(value: Any) -> dict[str, Any]:
    return value.state if isinstance(value, Unread) and isinstance(value.state, dict) else {}
