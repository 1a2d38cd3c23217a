r"""The prox by its definition alone: one number at a time, the least 1/2 (x - t)^2 + w R(x) of many x, ever closer.

R >= 0, so no minimiser is farther from t than radius = sqrt(2 J) for the J of any point: that bounds the search.
"""

import math
from collections.abc import Callable

import numpy as np

#: points of a look; of the cells that they bound, so many of the best are looked at again
POINTS, KEPT = 401, 8
#: each look is that much closer; together they pass the rounding of float64
LOOKS = 12
#: points as near as that, relative to 1 + |t|, are in the same valley
SAME_VALLEY = 1e-6


def least_point(
    values: Callable[[np.ndarray], np.ndarray], t: float, weight: float, known: float
) -> float:
    """The largest x that minimises 1/2 (x - t)^2 + weight R(x), as far as the objective can tell in float64.

    Parameters
    ----------
    values : callable
        R at each number of an array, float64, >= 0.
    t, weight : float
        Finite; weight >= 0.
    known : float
        A point to begin with: where R may have a narrow valley.
    """

    def objective(x: np.ndarray) -> np.ndarray:
        found = values(x)
        # 0 times infinity counts as infinity: what constrains does so at every weight
        pull = np.where(found == np.inf, np.inf, weight * np.where(found < np.inf, found, 0))
        return (x - t) ** 2 / 2 + pull

    starts = np.array([known, t])
    radius = math.sqrt(2 * float(np.nanmin(objective(starts))))
    low, high = np.array([t - radius]), np.array([t + radius])
    candidates = starts
    for _ in range(LOOKS):
        looked = np.linspace(low, high, POINTS, axis=-1)
        at = objective(looked.ravel()).reshape(looked.shape)
        inner = np.pad(at, ((0, 0), (1, 1)), constant_values=np.inf)
        valley = (at <= inner[:, :-2]) & (at <= inner[:, 2:])
        rows, columns = np.nonzero(valley)
        best = np.argsort(at[rows, columns], kind="stable")[:KEPT]
        rows, columns = rows[best], columns[best]
        candidates = np.concatenate([candidates, looked[rows, columns]])
        low = looked[rows, np.maximum(columns - 1, 0)]
        high = looked[rows, np.minimum(columns + 1, POINTS - 1)]
    costs = objective(candidates)
    least = float(np.nanmin(costs))
    # of several valleys that rounding can't tell apart the uppermost, and of its points the best
    as_good = costs <= least + 16 * np.finfo(np.float64).eps * (1 + least + t * t)
    in_valley = candidates >= candidates[as_good].max() - SAME_VALLEY * (1 + abs(t))
    candidates, costs = candidates[in_valley & as_good], costs[in_valley & as_good]
    return float(candidates[costs.argmin()])
