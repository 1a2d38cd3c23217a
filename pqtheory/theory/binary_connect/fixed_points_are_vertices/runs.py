"""Every vertex of every small integer quadratic: where BinaryConnect stays, KKT holds, and which vertex is best."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from pqtheory import stability
from pqtheory._arrays import Array
from pqtheory.claims import Check
from pqtheory.evidence import Budget, Evidence, join
from pqtheory.methods import BinaryConnect
from pqtheory.theory.binary_connect.small_quadratics import (
    QuadraticFamily,
    decide,
    departures,
    every_gram_quadratic,
    every_quadratic,
    product,
    vertices,
)

ETA = 0.5
#: from s, a coordinate that is pushed by an integer slope needs at most 1 / ETA steps to 0, and one more to be past it
STEPS = 3
SMALL = (-2.0, -1.0, 0.0, 1.0, 2.0)
STAYS = "vertices where BinaryConnect stays"

Families = Callable[[Budget], Iterator[QuadraticFamily]]


def any_quadratics(budget: Budget) -> Iterator[QuadraticFamily]:
    """Of every signature, in 1, 2 and 3 dimensions."""
    yield every_quadratic(1, SMALL, SMALL)
    yield every_quadratic(2, budget.pick((-1.0, 0.0, 1.0), SMALL), SMALL)
    yield every_quadratic(3, (-1.0, 0.0, 1.0), budget.pick((0.0, 1.0), (-1.0, 0.0, 1.0)))


def convex_quadratics(budget: Budget) -> Iterator[QuadraticFamily]:
    """The convex ones A = B^T B."""
    yield every_gram_quadratic(1, (0.0, 1.0), SMALL)
    yield every_gram_quadratic(2, budget.pick((-1.0, 0.0, 1.0), SMALL), (-3.0, *SMALL, 3.0))
    yield every_gram_quadratic(3, (-1.0, 0.0, 1.0), budget.pick((-3.0, 0.0, 2.0), (-3.0, *SMALL)))


def stays_at_kkt(budget: Budget) -> Evidence:
    """Is BinaryConnect, started at a vertex, there three steps later iff the multipliers exist?"""
    pieces, fixed, kkt = [], 0, 0
    for family in any_quadratics(budget):
        s = family.points(vertices(family.dim))
        stays = departures(BinaryConnect(ETA), family, s, STEPS) > STEPS
        multipliers = _multipliers_exist(s, family.gradient(s))
        fixed, kkt = fixed + int(stays.sum()), kkt + int(multipliers.sum())
        describe = partial(_describe, family, "vertex")
        pieces.append(decide("enumerated", stays == multipliers, describe))
    return join(*pieces, measured={STAYS: fixed}, predicted={STAYS: kkt})


def _multipliers_exist(s: Array, gradient: Array) -> Array:
    """Those of the inactive bounds are 0, the others follow from stationarity; all must be >= 0."""
    upper = np.where(s == 1, -gradient, 0.0)  # mu, of s_i <= 1
    lower = np.where(s == -1, gradient, 0.0)  # nu, of s_i >= -1
    satisfied = (upper >= 0) & (lower >= 0) & (gradient + upper - lower == 0)
    result: Array = satisfied.all(axis=-1)
    return result


def best_where_fixed(families: Families, coordinates: tuple[float, ...]) -> Check:
    """No vertex or grid point with these coordinates is better than a fixed point."""

    def check(budget: Budget) -> Evidence:
        pieces, found, above = [], 0, 0
        for family in families(budget):
            s = family.points(vertices(family.dim))
            fixed = stability.is_fixed_point(family, s)
            gaps, best = _gaps(family, coordinates)
            found, above = found + int(fixed.sum()), above + int((gaps[fixed] > 0).sum())
            describe = partial(_describe_beaten, family, best)
            if fixed.any():
                pieces.append(decide("enumerated", -gaps, describe, counted=fixed))
        key = "fixed points above the best point of the box, enumerated"
        return join(
            *pieces,
            measured={key: above, "fixed points compared, enumerated": found},
            predicted={key: 0},
        )

    return check


def fixed_where_best(budget: Budget) -> Evidence:
    """Is every best vertex of a convex quadratic a fixed point?"""
    pieces = []
    for family in convex_quadratics(budget):
        stays = stability.is_fixed_point(family, family.points(vertices(family.dim)))
        best = _gaps(family, (-1.0, 1.0))[0] == 0
        describe = partial(_describe, family, "binary minimiser")
        pieces.append(decide("enumerated", stays, describe, counted=best))
    return join(*pieces)


def _gaps(family: QuadraticFamily, coordinates: tuple[float, ...]) -> tuple[Array, Array]:
    """How far each vertex is above the best grid point: shape (n, vertices); and that best point."""
    values = family.value(family.points(vertices(family.dim)))
    grid = product(coordinates, family.dim)
    rivals = family.value(family.points(grid))
    return values - rivals.min(axis=1)[:, None], grid[rivals.argmin(axis=1)]


def _describe(family: QuadraticFamily, what: str, index: Sequence[int]) -> dict[str, Any]:
    return {**family.describe(index[0]), what: vertices(family.dim)[index[1]].tolist()}


def _describe_beaten(family: QuadraticFamily, best: Array, index: Sequence[int]) -> dict[str, Any]:
    return {**_describe(family, "fixed point", index), "better": best[index[0]].tolist()}
