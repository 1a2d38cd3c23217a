"""Checkpoints of any model, tensor by tensor through memory maps: PyTorch or safetensors, one file or sharded.

Only one tensor of the series is in memory at a time, so checkpoints larger than memory pass at the disk's speed; files
are mapped anew now and then, so that what was read leaves memory.
"""

import json
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, final

import torch
from torch import Tensor

from pqtheory._messages import brief
from pqtheory.networks.states import check_crc
from pqtheory.signs import SignTracker
from pqtheory.signs.tracker import SignMetrics

INDEX_SUFFIX = ".index.json"
#: a file is mapped anew after so many bytes of it were read
MAPPED_BYTES = 16_000_000
#: what the checkpoint of a training run of this package has
RUN = {"version", "settings", "model"}


@final
class Checkpoint:
    """The tensors of a checkpoint by name, read where they are asked for.

    Parameters
    ----------
    path : path
        ``.safetensors``; a file of ``torch.save`` with a state_dict, or with one under "model", "state_dict" or
        "model_state_dict"; an ``.index.json`` of shards; or a folder that holds one of these.

    Raises
    ------
    FileNotFoundError, ValueError
        If it is missing, damaged, or holds no tensors.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._readers = _open(_file(self.path))
        if not self._readers:
            raise ValueError(f"{self.path}: no floating-point tensors in it")

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the floating-point tensors."""
        return tuple(self._readers)

    def __contains__(self, name: str) -> bool:
        """Whether there is such a tensor."""
        return name in self._readers

    def __getitem__(self, name: str) -> Tensor:
        """The tensor of that name, mapped or read."""
        return self._readers[name]()


@final
@dataclass(frozen=True)
class SignSeries:
    """Sign changes over a series of checkpoints.

    Attributes
    ----------
    checkpoints : tuple of str
        In their order; the first is the start.
    metrics : mapping of str to list of SignMetrics
        For each tensor and "all", one for each checkpoint after the first.
    nans : mapping of str to int
        For each tensor that has any: NaN in all checkpoints together. They count as negative.
    """

    checkpoints: tuple[str, ...]
    metrics: dict[str, list[SignMetrics]]
    nans: dict[str, int]


def sign_series(
    paths: Sequence[str | Path],
    *,
    only: str | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> SignSeries:
    """Track the signs of every tensor with two or more axes through a series of checkpoints.

    Parameters
    ----------
    paths : sequence of path
        At least two, in the order of training.
    only : str, optional
        A regular expression that the names to track must contain.
    progress : callable, optional
        Called with (tensors done, tensors, name).

    Raises
    ------
    FileNotFoundError, ValueError
        If there are fewer than two, one cannot be read, ``only`` is no expression, or nothing matches it; if a tensor
        that is to be tracked is in one but not in another, or of another shape.
    """
    if len(paths) < 2:
        raise ValueError(f"checkpoints: expected two or more, got {len(paths)}")
    opened = [Checkpoint(path) for path in paths]
    names = _common(opened, only)
    metrics: dict[str, list[SignMetrics]] = {}
    nans: dict[str, int] = {}
    for done, name in enumerate(names):
        if progress is not None:
            progress(done, len(names), name)
        metrics[name], nans[name] = _tracked(name, opened)
    metrics["all"] = [
        _together([metrics[name][i] for name in names]) for i in range(len(paths) - 1)
    ]
    return SignSeries(
        tuple(str(c.path) for c in opened),
        metrics,
        {n: count for n, count in nans.items() if count},
    )


def _common(opened: Sequence[Checkpoint], only: str | None) -> list[str]:
    """Names of the tensors to track, which every checkpoint must have, and no others."""
    try:
        pattern = re.compile(only or "")
    except re.error as error:
        raise ValueError(
            f"only: expected a regular expression, got {brief(only)}: {error}"
        ) from error
    first, *others = opened
    names = [n for n in first.names if pattern.search(n) and first[n].dim() > 1]
    if not names:
        raise ValueError(
            f"{first.path}: no tensor with two or more axes that matches {brief(only)}"
        )
    for other in others:
        for name in names:
            if name not in other:
                raise ValueError(f"{other.path}: no tensor {brief(name)}")
        for name in sorted(set(other.names).difference(names)):
            if pattern.search(name) and other[name].dim() > 1:
                shape = tuple(other[name].shape)
                raise ValueError(
                    f"{first.path}: no tensor {brief(name)} of shape {shape}, as {other.path} has it"
                )
    return names


def _tracked(name: str, opened: Sequence[Checkpoint]) -> tuple[list[SignMetrics], int]:
    """Metrics of each checkpoint after the first, and how many NaN there are in all of them."""
    tracker, metrics, nans = None, [], 0
    for checkpoint in opened:
        tensor = checkpoint[name]
        if tracker is None:
            tracker = SignTracker({name: tensor})
        else:
            try:
                metrics.append(tracker.update({name: tensor})[name])
            except ValueError as error:
                raise ValueError(f"{checkpoint.path}: {error}") from error
        nans += _nans(tensor)
    return metrics, nans


def _nans(tensor: Tensor) -> int:
    # one fast pass: a sum is finite unless something in it is not, or it overflows
    return 0 if math.isfinite(tensor.sum()) else int(tensor.isnan().sum())


def _together(metrics: Sequence[SignMetrics]) -> SignMetrics:
    """Of several tensors, weighted by their sizes."""
    size = sum(m.size for m in metrics)

    def mean(field: str) -> float:
        return sum(m.size * float(getattr(m, field)) for m in metrics) / max(size, 1)

    fields = (
        "change_from_start",
        "flips",
        "reversals",
        "flips_per_weight",
        "reversals_per_weight",
    )
    return SignMetrics(size, *(mean(field) for field in fields))


Reader = Callable[[], Tensor]


def _file(path: Path) -> Path:
    """The file to open for a path."""
    if path.is_file():
        return path
    if path.is_dir():
        for pattern in (f"*{INDEX_SUFFIX}", "*.safetensors", "checkpoint.pt", "*.pt", "*.bin"):
            found = sorted(path.glob(pattern))
            if len(found) > 1:
                names = ", ".join(p.name for p in found)
                raise ValueError(f"{path}: expected one checkpoint, found {names}")
            if found:
                return found[0]
    raise FileNotFoundError(f"checkpoint: no file {brief(str(path))}")


def _open(file: Path) -> dict[str, Reader]:
    if file.name.endswith(INDEX_SUFFIX):
        try:
            shards: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))["weight_map"]
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{file}: not an index of shards: {brief(error)}") from error
        parts = {shard: _open(_file(file.parent / shard)) for shard in set(shards.values())}
        return {n: parts[shard][n] for n, shard in shards.items() if n in parts[shard]}
    mapped = _Mapped(_open_safetensors if file.suffix == ".safetensors" else _open_torch, file)
    return {name: partial(mapped.tensor, name) for name in mapped.readers}


@final
class _Mapped:
    """A file that is mapped; pages that were read count as memory until they are unmapped."""

    def __init__(self, load: Callable[[Path], dict[str, Reader]], file: Path) -> None:
        self._load = partial(load, file)
        self.readers = self._load()
        self._read = 0

    def tensor(self, name: str) -> Tensor:
        """The tensor of that name; it keeps its mapping as long as it lives."""
        self.readers = self.readers or self._load()
        tensor = self.readers[name]()
        self._read += tensor.nbytes
        if self._read >= MAPPED_BYTES:
            self.readers, self._read = {}, 0
        return tensor


def _open_safetensors(file: Path) -> dict[str, Reader]:
    from safetensors import SafetensorError, safe_open

    try:
        stored: Any = safe_open(str(file), framework="pt")
    except SafetensorError as error:
        raise ValueError(f"{file}: not a whole safetensors file: {error}") from error
    floating = {"F16", "BF16", "F32", "F64"}
    return {
        name: partial(stored.get_tensor, name)
        for name in stored.keys()  # noqa: SIM118
        if stored.get_slice(name).get_dtype() in floating
    }


def _open_torch(file: Path) -> dict[str, Reader]:
    try:
        content: Any = torch.load(file, map_location="cpu", weights_only=True, mmap=True)
        if isinstance(content, dict) and content.keys() >= RUN:
            # those of training runs are small; larger ones of others would be read twice
            with file.open("rb") as stream:
                check_crc(stream)
    except Exception as error:
        # torch raises what it happens to meet: zip, pickle and runtime errors
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ValueError(f"{file}: not a checkpoint of plain tensors: {first}") from error
    for key in ("model", "state_dict", "model_state_dict"):
        if isinstance(content, dict) and isinstance(content.get(key), dict):
            content = content[key]
    tensors = content.items() if isinstance(content, dict) else ()
    return {
        str(name): partial(torch.Tensor.detach, value)
        for name, value in tensors
        if isinstance(value, Tensor) and value.is_floating_point()
    }
