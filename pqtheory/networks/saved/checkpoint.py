"""The weights of any model as they lie on disk: in one file, in shards, in a folder, in pieces of many processes."""

from pathlib import Path
from typing import Any, final

from torch import Tensor

from pqtheory._messages import brief
from pqtheory.networks.saved.distributed import METADATA, read_distributed
from pqtheory.networks.saved.files import read_file
from pqtheory.networks.saved.folders import INDEX, shards_of, weights_in
from pqtheory.networks.saved.stored import StoredTensor
from pqtheory.networks.saved.tree import select


@final
class Checkpoint:
    """The tensors of a checkpoint by name, read where they are asked for.

    Parameters
    ----------
    path : path
        A file of ``torch.save`` of any version, safetensors (quantized networks of this package too) or
        ``numpy.savez``; an ``.index.json`` of shards; a distributed checkpoint of torch; or a folder that holds one of
        these. Nothing in it is run. A state_dict may lie in nested dictionaries, or in a whole model.
    key : str, optional
        Where the state_dict lies; needed if there are several and none of them has a usual name.

    Raises
    ------
    FileNotFoundError, ValueError
        If it is missing, damaged, or holds no tensors, or several state_dicts; says which keys there are.
    """

    def __init__(self, path: str | Path, key: str | None = None) -> None:
        self.path = Path(path)
        self.tensors: dict[str, StoredTensor] = _open(self.path, key)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the tensors."""
        return tuple(self.tensors)

    def __contains__(self, name: str) -> bool:
        """Whether there is such a tensor."""
        return name in self.tensors

    def __getitem__(self, name: str) -> Tensor:
        """The tensor of that name, mapped or read; dense.

        Raises
        ------
        ValueError
            If its part of the file is damaged.
        """
        stored = self.tensors[name]
        if stored.dtype is None:
            raise ValueError(f"{self.path}: {brief(name)} has numbers of a kind that torch has not")
        try:
            return stored.read()
        except (ValueError, RuntimeError, KeyError) as error:
            first = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise ValueError(f"{self.path}: {brief(name)}: {first}") from error


def _open(path: Path, key: str | None) -> dict[str, StoredTensor]:
    if path.is_dir():
        files = weights_in(path)
    elif path.name == METADATA and path.is_file():
        files = [path.parent]
    elif path.is_file():
        files = [path]
    else:
        raise FileNotFoundError(f"checkpoint: no file {brief(str(path))}")
    found: dict[str, StoredTensor] = {}
    for file in files:
        part = _open_one(file, key)
        twice = sorted(found.keys() & part.keys())
        if twice:
            raise ValueError(f"{file}: {brief(twice[0])} is in another shard too")
        found.update(part)
    return found


def _open_one(file: Path, key: str | None) -> dict[str, StoredTensor]:
    if file.name.lower().endswith(INDEX):
        return _open_shards(file, key)
    content = _distributed(file) if file.is_dir() else read_file(file)
    try:
        return select(content, key)
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from error


def _distributed(folder: Path) -> Any:
    try:
        return read_distributed(folder)
    except OSError:
        raise
    except Exception as error:
        # a damaged one raises whatever the readers raise
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ValueError(f"{folder}: not a distributed checkpoint: {first}") from error


def _open_shards(index: Path, key: str | None) -> dict[str, StoredTensor]:
    found: dict[str, StoredTensor] = {}
    for shard, names in shards_of(index).items():
        file = index.parent / shard
        if not file.is_file():
            raise FileNotFoundError(f"{index}: no file {brief(shard)}, where {brief(names[0])} is")
        part = _open_one(file, key)
        missing = [name for name in names if name not in part]
        if missing:
            raise ValueError(f"{index}: {shard} has no tensor {brief(missing[0])}")
        found.update({name: part[name] for name in names})
    return found
