"""Arrays of every kind, and the definitions that operators are tested against, written plainly."""

import functools
import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import is_dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from pqtheory.regularizers import DistanceL1, DistanceL2, Indicator, Regularizer, SmoothedL1
from pqtheory.sets import Codebook, ScaledBinary, Set
from pqtheory.testing.arrays import Kind, bits, kinds, numbers, same_kind, sample_points

__all__ = [
    "KINDS",
    "PRECISE",
    "WEIGHTS",
    "Kind",
    "bits",
    "distances",
    "is_coupled",
    "looped",
    "names",
    "nearest_level",
    "numbers",
    "reference_values",
    "same_kind",
    "sample_points",
    "scaled_binary_distance",
]

WEIGHTS = (0.0, 0.01, 0.125, 0.3, 1.0, 2.5, math.inf)


KINDS = kinds(("numpy", "torch"))
PRECISE = (Kind("numpy", "float64"), Kind("torch", "float64"), Kind("numpy", "float32"))


def nearest_level(t: Any, levels: Sequence[Any]) -> Fraction:
    """The nearest level in exact arithmetic, the upper one of two."""
    exact = Fraction(t)
    return max((Fraction(v) for v in levels), key=lambda v: (-abs(exact - v), v))


def distances(x: np.ndarray, levels: Sequence[float]) -> np.ndarray:
    """Distance to the nearest level."""
    return np.min([np.abs(x - v) for v in levels], axis=0)


def smoothed_distances(x: np.ndarray, levels: Sequence[float], eps: float) -> np.ndarray:
    """The smoothed L1 distance: parabola, line, cap."""
    d = distances(x, levels)
    values = np.where(d <= eps, d * d / (2 * eps), d - eps / 2)
    for a, b in itertools.pairwise(levels):
        u = np.abs(x - (a + b) / 2)
        values = np.where(u <= eps, (b - a) / 2 - eps - u * u / (2 * eps), values)
    return values


def reference_values(
    regularizer: Regularizer, x: np.ndarray, levels: Sequence[float]
) -> np.ndarray:
    """R per coordinate by its definition, float64, for a set with the given fixed levels."""
    match regularizer:
        case DistanceL1():
            return distances(x, levels)
        case DistanceL2():
            return distances(x, levels) ** 2 / 2
        case SmoothedL1():
            return smoothed_distances(x, levels, regularizer.epsilon)
        case Indicator():
            return np.where(distances(x, levels) == 0, 0.0, np.inf)
    # its own value in float64, on these levels
    if is_dataclass(regularizer) and levels:
        regularizer = replace(regularizer, set=Codebook(levels))  # type: ignore[type-var]
    return numbers(regularizer.value(x[..., None], axis=-1))


def scaled_binary_distance(x: np.ndarray) -> float:
    """Distance of a short vector to {alpha b}: all signs tried, the best alpha >= 0 of each."""
    best = math.inf
    for b in itertools.product((-1.0, 1.0), repeat=x.size):
        alpha = max(float(np.dot(x, b)) / x.size, 0.0)
        best = min(best, float(np.linalg.norm(x - alpha * np.array(b))))
    return best


def is_coupled(quantization_set: Set) -> bool:
    """Whether the set couples the coordinates."""
    return isinstance(quantization_set, ScaledBinary)


def looped(argument: str, values: Sequence[Any]) -> Callable[[Any], Any]:
    """Like parametrize, but one case: thousands of cases would cost more than their arithmetic."""

    def decorate(test: Any) -> Any:
        @functools.wraps(test)
        def run(name: str, kind: Kind) -> None:
            for value in values:
                test(name=name, kind=kind, **{argument: value})

        del run.__wrapped__  # type: ignore[attr-defined]  # pytest reads the signature
        return run

    return decorate


def names(registry: Any, wanted: Callable[[Any], bool]) -> list[str]:
    """Names of the registered objects that fulfil ``wanted``."""
    return [name for name, make in registry.items() if wanted(make())]
