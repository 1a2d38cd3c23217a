"""One tracker update of 10 million weights, all three metrics, against ``(w >= 0).sum()`` of the same array."""

import itertools
from typing import Any

import numpy as np
import torch

from experiments.benchmarks.timing import Row, compare
from pqtheory.signs import SignTracker

SIZE = 10_000_000
LIMIT = 2.0


def measure(size: int = SIZE, repeats: int = 9) -> list[Row]:
    """NumPy, torch and bfloat16; two arrays in turns, so that signs do change."""
    rng = np.random.default_rng(0)
    pair = [rng.standard_normal(size, dtype=np.float32) for _ in range(2)]
    tensors = [torch.from_numpy(w) for w in pair]
    return [
        _row("NumPy float32", pair, repeats),
        _row("torch float32", tensors, repeats),
        _row("torch bfloat16", [w.bfloat16() for w in tensors], repeats),
    ]


def _row(name: str, pair: list[Any], repeats: int) -> Row:
    tracker = SignTracker(pair[0])
    updated, counted = itertools.cycle(pair[::-1]), itertools.cycle(pair)
    return compare(
        f"sign tracker update / (w >= 0).sum(), {name}",
        lambda: tracker.update(next(updated)),
        lambda: (next(counted) >= 0).sum(),
        LIMIT,
        repeats=repeats,
    )
