"""Grids of exact fractions, and minimisers compared with rivals on them."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from pqtheory._arrays import Array
from pqtheory.evidence import Evidence, judge
from pqtheory.regularizers import Regularizer

#: a candidate prox: (theta, weight) -> x, on arrays of fractions
ProxMap = Callable[[Array, Any], Array]
WEIGHTS = tuple(Fraction(n, 8) for n in (1, 2, 3, 5, 8, 9, 16, 80))


def fractions_grid(low: int, high: int, denominator: int) -> Array:
    """All multiples of 1/denominator from low to high, as exact fractions."""
    numerators = range(low * denominator, high * denominator + 1)
    return np.array([Fraction(n, denominator) for n in numerators], dtype=object)


def objective(regularizer: Regularizer, x: Array, theta: Array, weight: Fraction) -> Array:
    """1/2 (x - theta)^2 + weight R(x), entry by entry."""
    return (x - theta) ** 2 / 2 + weight * regularizer.value(x[..., None], axis=-1)


def minimiser_evidence(
    regularizer: Regularizer,
    prox: ProxMap,
    thetas: Array,
    weights: Sequence[Fraction],
    rivals: Array,
) -> Evidence:
    """Exact arithmetic: for each (theta, weight), no rival point may have a smaller objective than ``prox``.

    A grid of theta stands for the real line, so this is sampling, however exact each case.
    """
    worst, cases = [], {"theta": [], "weight": [], "prox": [], "better": []}  # type: ignore[var-annotated]
    rival_values = regularizer.value(rivals[:, None], axis=-1)
    for weight in weights:
        x = prox(thetas, weight)
        own = objective(regularizer, x, thetas, weight)
        rival = (rivals[None, :] - thetas[:, None]) ** 2 / 2 + weight * rival_values[None, :]
        best = np.argmin(rival, axis=1)
        worst.append(rival[np.arange(len(thetas)), best] - own)
        for name, values in (
            ("theta", thetas),
            ("weight", np.full(len(thetas), weight, dtype=object)),
            ("prox", x),
            ("better", rivals[best]),
        ):
            cases[name].extend(values.tolist())
    margins = np.concatenate(worst)
    return judge("sampled", margins, {k: column(v) for k, v in cases.items()})


def column(values: list[Any]) -> Array:
    """``values`` as a column of objects."""
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column
