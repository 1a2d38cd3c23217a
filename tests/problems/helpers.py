"""Points at which problems are looked at."""

import numpy as np

from pqtheory.problems import Problem


def points(problem: Problem, count: int, seed: int = 1, scale: float = 1.5) -> np.ndarray:
    return scale * np.random.default_rng(seed).standard_normal((count, problem.dim))
