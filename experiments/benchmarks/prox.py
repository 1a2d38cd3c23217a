"""In-place binary prox of 64 million float32 against adding a constant in place, with the same threads."""

import numpy as np
import torch

from experiments.benchmarks.timing import Row, compare
from pqtheory.regularizers import DistanceL1
from pqtheory.sets import Binary

SIZE = 64_000_000
W = DistanceL1(Binary())
WEIGHT = 1e-3


def measure(size: int = SIZE, repeats: int = 9) -> list[Row]:
    """NumPy, torch, torch compiled, and the usual formula with temporaries for comparison."""
    array = np.random.default_rng(0).standard_normal(size, dtype=np.float32)
    tensor = torch.from_numpy(array)
    step = np.float32(1e-9)
    compiled = torch.compile(lambda t: W.prox(t, WEIGHT, out=t), fullgraph=True)

    def add_tensor() -> None:
        tensor.add_(1e-9)

    return [
        compare(
            "binary prox in place, NumPy / numpy.add",
            lambda: W.prox(array, WEIGHT, out=array),
            lambda: np.add(array, step, out=array),
            4.0,
            repeats=repeats,
        ),
        compare(
            "binary prox in place, torch / torch.add_",
            lambda: W.prox(tensor, WEIGHT, out=tensor),
            add_tensor,
            3.0,
            repeats=repeats,
        ),
        compare(
            "binary prox in place, torch.compile / torch.add_",
            lambda: compiled(tensor),
            add_tensor,
            1.5,
            repeats=repeats,
        ),
    ]
