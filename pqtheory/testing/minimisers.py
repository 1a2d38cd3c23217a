"""What a prox is compared with: the objective at many rivals, and the slopes on either side."""

import bisect
import itertools
from fractions import Fraction

import numpy as np

from pqtheory.regularizers.base import Regularizer
from pqtheory.sets.finite import FiniteSet
from pqtheory.testing.failure import answer, fail

#: step of the differences: small beside gaps and roundings of kinks
STEP = 1e-8
#: levels that points are chosen at
TRIED = 64


def values_of(regularizer: Regularizer, x: np.ndarray) -> np.ndarray:
    """R of each number by itself."""
    return np.asarray(regularizer.value(x[..., None], axis=-1))


def objective(regularizer: Regularizer, x: np.ndarray, t: np.ndarray, weight: float) -> np.ndarray:
    """1/2 (x - t)^2 + weight R(x) per coordinate; 0 times infinity counts as infinity."""
    values = values_of(regularizer, x)
    with np.errstate(invalid="ignore"):
        pull = np.where(np.isinf(values), np.inf, weight * values)
    return (x - t) ** 2 / 2 + pull


def rivals(theta: np.ndarray, x: np.ndarray, weight: float) -> np.ndarray:
    """Points for each theta, shape (count, size): a grid, all that prox gives, and steps of the size of the weight."""
    shared = np.concatenate([np.arange(-300, 301) / 100, np.unique(x)])
    own = [theta, theta - weight, theta + weight, x - 1e-3, x + 1e-3, x - 1e-5, x + 1e-5]
    return np.concatenate([np.broadcast_to(shared[:, None], (shared.size, theta.size)), own])


def check_slopes(regularizer: Regularizer) -> None:
    """Raise unless the subdifferential, where there is one, is the interval of the slopes on either side."""
    if type(regularizer).subdifferential is Regularizer.subdifferential:
        return
    t = _clear_points(regularizer)
    above, below = t + STEP, t - STEP
    near = (values_of(regularizer, x) for x in (above, t, below))
    forward, at, backward = (np.where(np.isfinite(values), values, np.nan) for values in near)
    right, left = (forward - at) / (above - t), (at - backward) / (t - below)
    lower, upper = np.minimum(left, right), np.maximum(left, right)
    low, high = answer(regularizer, "subdifferential", regularizer.subdifferential, t)
    rounding = 64 * np.finfo(np.float64).eps * (1 + np.abs(at)) / STEP
    slack = 1e-4 * (1 + np.abs(lower) + np.abs(upper)) + rounding
    # NaN where the value is infinite: no slope to compare with
    wrong = (np.abs(low - lower) > slack) | (np.abs(high - upper) > slack)
    if wrong.any():
        i = min(np.flatnonzero(wrong), key=lambda k: len(repr(float(t[k]))))
        fail(
            regularizer,
            f"subdifferential: expected ({lower[i]:.6g}, {upper[i]:.6g}) at {t[i]!s}, the slopes on either side, got "
            f"({low[i]:.6g}, {high[i]:.6g})",
        )


def levels_pulled_to(regularizer: Regularizer) -> np.ndarray:
    """The levels, where the regularizer says its set; else those of the quantized points of [-3, 3]."""
    try:
        levels = regularizer.quantized_by
    except TypeError:
        levels = None
    if isinstance(levels, FiniteSet):
        return np.asarray(levels.levels(np.zeros(1)))
    return np.unique(regularizer.quantize(np.linspace(-3, 3, 601)))


def _clear_points(regularizer: Regularizer) -> np.ndarray:
    """Points at kinks or clear of them: beside one, differences straddle it."""
    levels = [Fraction(v) for v in levels_pulled_to(regularizer).tolist()]
    middles = [(a + b) / 2 for a, b in itertools.pairwise(levels)]
    kinks = sorted(levels + middles)
    own = map(float, levels[:TRIED] + middles[:TRIED])
    tried = [*np.arange(-48, 49) / 16, *np.linspace(-2.9, 2.9, 59), *own]
    gaps = [_gap(Fraction(float(v)), kinks) for v in tried]
    return np.array([v for v, gap in zip(tried, gaps, strict=True) if gap == 0 or gap > 2 * STEP])


def _gap(number: Fraction, ascending: list[Fraction]) -> Fraction:
    """How far the nearest of some numbers is."""
    i = bisect.bisect(ascending, number)
    return min(abs(number - other) for other in ascending[max(0, i - 1) : i + 1])
