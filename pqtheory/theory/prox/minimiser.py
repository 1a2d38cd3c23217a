"""The check that the prox claims share: is a candidate map a global minimiser of the prox objective?"""

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from pqtheory._arrays import Array
from pqtheory.claims import Check
from pqtheory.evidence import Budget, Evidence, judge, smt
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


def minimiser_check(
    regularizer: Regularizer, prox: ProxMap, quick: int = 12, scale: int = 1
) -> Check:
    """For all real theta, x and all w > 0: p = prox(theta, w) minimises 1/2 (x - theta)^2 + w scale R(x).

    Proved over the reals where the solver is at hand, else sampled on a grid with ``quick`` points to the unit.
    """

    def statement(t: Any, w: Any, x: Any) -> Any:
        p = prox(t, w)
        own = (p - t) ** 2 / 2 + w * scale * regularizer.value(p)
        return [w > 0], own <= (x - t) ** 2 / 2 + w * scale * regularizer.value(x)

    def sampled(budget: Budget) -> Evidence:
        grid = fractions_grid(-3, 3, budget.pick(quick, 4 * quick))
        scaled = [scale * w for w in WEIGHTS]
        return minimiser_evidence(regularizer, lambda t, w: prox(t, w / scale), grid, scaled, grid)

    return smt.or_else(statement, "theta weight x", sampled)


def column(values: list[Any]) -> Array:
    """``values`` as a column of objects."""
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column
