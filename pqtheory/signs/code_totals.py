"""Numbers of weights that are added over arrays and over ranks, and the shares made of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pqtheory._arrays import Array
from pqtheory.signs.code_memory import CodeCounts, CodeMemory
from pqtheory.signs.code_metrics import CodeMetrics
from pqtheory.signs.path_lengths import Window


@dataclass(frozen=True)
class CodeTotals:
    """What one update of one array saw.

    Attributes
    ----------
    numbers : int64 array
        Size, changed, flips, reversals; flips and reversals since the start; oscillating, near a threshold, of a large
        path ratio.
    levels : int64 array of shape (3, levels)
        At each level now, pairs (weight, time) since the start, stays.
    lengths : float64 array of shape (2,)
        The paths of the values and of the latent weights in the last window.
    """

    numbers: Array
    levels: Array
    lengths: Array


def totals_of(
    memory: CodeMemory, counts: CodeCounts, threshold: float, near: int, window: Window
) -> CodeTotals:
    """The numbers of an array after its update."""
    frequencies = memory.frequencies
    # float16 beside float32 is compared in float32
    many = 0 if frequencies is None else int((frequencies > np.float32(threshold)).sum())
    now = (memory.size, counts.changed, counts.flips, counts.reversals)
    numbers = (*now, memory.flips, memory.reversals, many, near, window.large)
    return CodeTotals(
        np.array(numbers, dtype=np.int64),
        np.stack([counts.levels, memory.held, memory.visits]),
        np.array([window.value_length, window.latent_length]),
    )


def over_ranks(
    seen: Mapping[str, CodeTotals], total: Callable[[Array], Array], with_lengths: bool
) -> dict[str, CodeTotals]:
    """The totals summed over all ranks, the integers of all arrays in one vector."""
    parts = [part for one in seen.values() for part in (one.numbers, one.levels.reshape(-1))]
    sums = _summed(total, np.concatenate(parts))
    pieces = iter(np.split(sums, np.cumsum([part.size for part in parts])))
    lengths = np.concatenate([one.lengths for one in seen.values()])
    if with_lengths:
        lengths = _summed(total, lengths)
    return {
        name: CodeTotals(next(pieces), next(pieces).reshape(one.levels.shape), own)
        for (name, one), own in zip(seen.items(), lengths.reshape(-1, 2), strict=True)
    }


def _summed(total: Callable[[Array], Array], own: Array) -> Array:
    summed = np.asarray(total(own))
    if summed.shape != own.shape or summed.dtype != own.dtype:
        raise ValueError(
            f"total: expected a function whose sum is {own.dtype} of shape {own.shape}, "
            f"got {summed.dtype} of shape {summed.shape}"
        )
    return summed


def metrics_of(
    ones: Sequence[CodeTotals],
    frequency: float,
    updates: int,
    *,
    frequencies: bool,
    near: bool,
    paths: bool,
) -> CodeMetrics:
    """Shares over all of ``ones`` together, so weighted by size; 0 where nothing is; what is not asked for is None."""
    size, changed, flips, reversals, all_flips, all_reversals, many, close, large = (
        int(number) for number in np.sum([one.numbers for one in ones], axis=0)
    )
    whole = max(size, 1)
    value, latent = (float(length) for length in np.sum([one.lengths for one in ones], axis=0))
    ratio = value / latent if latent else (float("inf") if value else 0.0)
    metrics = CodeMetrics(
        size=size,
        change_from_start=changed / whole,
        flips=flips / whole,
        reversals=reversals / whole,
        flips_per_weight=all_flips / whole,
        reversals_per_weight=all_reversals / whole,
        frequency=frequency,
        oscillating=many / whole if frequencies else None,
        near_threshold=close / whole if near else None,
        path_ratio=ratio if paths else None,
        long_paths=large / whole if paths else None,
    )
    if len({one.levels.shape for one in ones}) > 1:
        return metrics
    now, held, visits = np.sum([one.levels for one in ones], axis=0)
    return replace(
        metrics,
        occupation=tuple((now / whole).tolist()),
        mean_occupation=tuple((held / (whole * (updates + 1))).tolist()),
        dwell=tuple((held / np.maximum(visits, 1)).tolist()),
    )
