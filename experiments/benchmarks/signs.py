"""One tracker update of 10 million weights, all three metrics, against ``(w >= 0).sum()``.

Both are timed in turns, in one process, on the same array with the same library; the ratio is that
of the medians.
"""

import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from pqtheory.signs import SignTracker

SIZE = 10_000_000
REPEATS = 9
LIMIT = 2.0


def measure(size: int = SIZE, repeats: int = REPEATS) -> list[dict[str, Any]]:
    """Rows with ``name``, ``ratio`` and ``limit``, and the two median times in seconds."""
    import torch

    rng = np.random.default_rng(0)
    pair = [rng.standard_normal(size, dtype=np.float32) for _ in range(2)]
    layers = [torch.from_numpy(w) for w in pair]
    return [
        _row("NumPy float32", pair, repeats),
        _row("torch float32", layers, repeats),
        _row("torch bfloat16", [w.bfloat16() for w in layers], repeats),
    ]


def _row(name: str, pair: list[Any], repeats: int) -> dict[str, Any]:
    tracker = SignTracker(pair[0])
    tracker.update(pair[1])
    updates, counts = [], []
    for i in range(repeats):
        weights = pair[i % 2]
        counts.append(_seconds(lambda w: (w >= 0).sum(), weights))
        updates.append(_seconds(tracker.update, weights))
    update, count = statistics.median(updates), statistics.median(counts)
    return {
        "name": f"sign tracker update / (w >= 0).sum(), {name}",
        "ratio": update / count,
        "limit": LIMIT,
        "seconds": update,
        "baseline_seconds": count,
    }


def _seconds(work: Callable[[Any], Any], weights: Any) -> float:
    start = time.perf_counter()
    work(weights)
    return time.perf_counter() - start


if __name__ == "__main__":
    for row in measure():
        print("{name}: {ratio:.2f} (limit {limit:g})".format(**row))
