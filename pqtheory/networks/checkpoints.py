"""Sign changes over a series of checkpoints of any model, tensor by tensor through memory maps.

Only one tensor of the series is in memory at a time, so checkpoints larger than memory pass at the disk's speed; but
those of ``numpy.savez``, and compressed archives, are read whole.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import final

import torch
from torch import Tensor

from pqtheory._messages import brief
from pqtheory.networks.saved import Checkpoint, StoredTensor, aligned
from pqtheory.signs.memory import SignMemory
from pqtheory.signs.named import ALL
from pqtheory.signs.packing import pack_signs_and_count_nans
from pqtheory.signs.tracker import SignMetrics, metrics_of


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
    without_signs : mapping of str to str
        Tensors of the first with two or more axes that are not tracked as their numbers have no signs, and what these
        are.
    """

    checkpoints: tuple[str, ...]
    metrics: dict[str, list[SignMetrics]]
    nans: dict[str, int]
    without_signs: dict[str, str]


def sign_series(
    paths: Sequence[str | Path],
    *,
    only: str | None = None,
    key: str | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> SignSeries:
    """Track the signs of every tensor with two or more axes through a series of checkpoints.

    Numbers of any floating-point format, and whole ones of 8 or 16 bits. Names are those of the first; what wrappers
    such as DistributedDataParallel put into a name, or one prefix in front of all names, makes no difference. Tensors
    that are one in memory are tracked once.

    Parameters
    ----------
    paths : sequence of path
        At least two, in the order of training.
    only : str, optional
        A regular expression that the names to track must contain.
    key : str, optional
        Where in each checkpoint the state_dict lies.
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
    opened = [Checkpoint(path, key) for path in paths]
    tracked = _common(opened, _pattern(only))
    metrics: dict[str, list[SignMetrics]] = {}
    nans: dict[str, int] = {}
    for done, (name, theirs) in enumerate(tracked.items()):
        if progress is not None:
            progress(done, len(tracked), name)
        shown = f"{name} (a tensor)" if name == ALL else name
        metrics[shown], nans[shown] = _tracked(name, opened, theirs)
    metrics[ALL] = [
        _together([found[i] for found in metrics.values()]) for i in range(len(paths) - 1)
    ]
    without = {
        name: str(stored.dtype or "another kind").removeprefix("torch.")
        for name, stored in opened[0].tensors.items()
        if len(stored.shape) > 1 and (stored.dtype is None or stored.dtype.is_complex)
    }
    return SignSeries(
        tuple(str(c.path) for c in opened),
        metrics,
        {n: count for n, count in nans.items() if count},
        without,
    )


def _pattern(only: str | None) -> re.Pattern[str]:
    try:
        return re.compile(only or "")
    except re.error as error:
        raise ValueError(
            f"only: expected a regular expression, got {brief(only)}: {error}"
        ) from error


def _common(opened: Sequence[Checkpoint], only: re.Pattern[str]) -> dict[str, list[str]]:
    """The tensors to track, by their names in the first; what each is called in every checkpoint."""
    first, *others = opened
    candidates = [name for name, stored in first.tensors.items() if _has_signs(stored)]
    names = [name for name in candidates if only.search(name)]
    if not names:
        matching = f" that matches {only.pattern!r}" if only.pattern else ""
        raise ValueError(
            f"{first.path}: no tensor with two or more axes and signs{matching}; there are "
            f"{_listed(candidates or first.names)}"
        )
    called = [aligned(candidates, _signed(other)) for other in others]
    kept = _without_ties(names, first, others, called)
    for other, theirs in zip(others, called, strict=True):
        for name in kept:
            if name not in theirs:
                known = _listed([*_signed(other)])
                raise ValueError(
                    f"{other.path}: no tensor {brief(name)}; there are {known}; --only leaves tensors out"
                )
            here, there = first.tensors[name].shape, other.tensors[theirs[name]].shape
            if here != there:
                raise ValueError(
                    f"{other.path}: expected shape {here} for {brief(name)}, got {there}; --only leaves tensors out"
                )
        _check_more(first, other, set(theirs.values()), only)
    return {name: [name, *(theirs[name] for theirs in called)] for name in kept}


def _check_more(
    first: Checkpoint, other: Checkpoint, known: set[str], only: re.Pattern[str]
) -> None:
    """Make sure that the first has what another has, or what that is tied to."""
    tied = {other.tensors[name].place for name in known} - {None}
    for name in sorted(_signed(other).keys() - known):
        stored = other.tensors[name]
        if only.search(name) and stored.place not in tied:
            raise ValueError(
                f"{first.path}: no tensor {brief(name)} of shape {stored.shape}, as {other.path} has it; "
                "--only leaves tensors out"
            )


def _without_ties(
    names: Sequence[str],
    first: Checkpoint,
    others: Sequence[Checkpoint],
    called: Sequence[dict[str, str]],
) -> list[str]:
    """Names without those of tensors that are one with another's wherever both are there."""
    groups: dict[object, list[str]] = {}
    for name in names:
        place = first.tensors[name].place
        groups.setdefault(object() if place is None else place, []).append(name)
    kept: set[str] = set()
    for group in groups.values():
        lead = next((n for n in group if all(n in theirs for theirs in called)), group[0])

        def is_one(name: str, lead: str = lead) -> bool:
            return all(
                name not in theirs
                or other.tensors[theirs[name]].place
                == other.tensors[theirs[lead]].place
                is not None
                for other, theirs in zip(others, called, strict=True)
                if lead in theirs
            )

        kept.update(n for n in group if n == lead or not is_one(n))
    return [name for name in names if name in kept]


def _has_signs(stored: StoredTensor) -> bool:
    return len(stored.shape) > 1 and stored.has_signs


def _signed(checkpoint: Checkpoint) -> dict[str, StoredTensor]:
    return {name: stored for name, stored in checkpoint.tensors.items() if _has_signs(stored)}


def _tracked(
    name: str, opened: Sequence[Checkpoint], called: Sequence[str]
) -> tuple[list[SignMetrics], int]:
    """Metrics of each checkpoint after the first, and how many NaN there are in all of them."""
    memory, metrics, nans = None, [], 0
    for checkpoint, own_name in zip(opened, called, strict=True):
        tensor = _as_floats(checkpoint[own_name])
        bits, found = pack_signs_and_count_nans(tensor)
        nans += found
        if memory is None:
            memory = SignMemory(tuple(tensor.shape), bits)
        else:
            metrics.append(metrics_of([memory], [memory.update(bits)]))
    return metrics, nans


def _as_floats(tensor: Tensor) -> Tensor:
    """Numbers of 8 bits, and whole ones, as floats that hold them exactly."""
    is_float = tensor.is_floating_point() and tensor.element_size() > 1
    return tensor if is_float else tensor.to(torch.float32)


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


def _listed(names: Sequence[str], most: int = 8) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return (", ".join(map(repr, names[:most])) or "none") + more
