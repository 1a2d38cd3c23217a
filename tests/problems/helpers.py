"""Points at which problems are looked at, and arrays of either library."""

from typing import Any

import numpy as np
import torch

from pqtheory.problems import Problem


def points(problem: Problem, count: int, seed: int = 1, scale: float = 1.5) -> np.ndarray:
    return scale * np.random.default_rng(seed).standard_normal((count, problem.dim))


def to_backend(array: np.ndarray, backend: str) -> Any:
    return torch.asarray(array) if backend == "torch" else array
