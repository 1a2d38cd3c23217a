r"""BinaryConnect's fixed points = the vertices s of [-1, 1]^d that satisfy the KKT conditions of min L over the box.

With g = grad L(s): multipliers mu, nu >= 0 with g + mu - nu = 0, mu_i (s_i - 1) = 0, nu_i (s_i + 1) = 0 exist iff
s_i g_i <= 0 for all i. Equivalent: s = P_box(s - c g) for one (or every) c > 0; <g, x - s> >= 0 for all x in the box.
If L is convex, L(x) >= L(s) + <g, x - s> >= L(s): s minimises L over the box, and so over {-1, 1}^d. Neither "each
fixed point is a global minimiser" for indefinite L nor the converse for convex L is true.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from pqtheory import stability
from pqtheory._arrays import Array
from pqtheory.claims._binary_connect_checks import (
    QuadraticFamily,
    decide,
    departures,
    every_gram_quadratic,
    every_quadratic,
    product,
    random_convex_quadratics,
    random_quadratics,
    vertices,
)
from pqtheory.evidence import Budget, Claim, Control, Evidence, Part, join
from pqtheory.methods import BinaryConnect
from pqtheory.problems import Huber, LogCosh, LogisticRegression

ETA = 0.5
#: from s, a coordinate that is pushed by an integer slope needs at most 1 / ETA steps to 0, and one more to be past it
STEPS = 3
SMALL, STEP_LENGTHS = (-2.0, -1.0, 0.0, 1.0, 2.0), (0.25, 1.0, 16.0)


def _stays(family: QuadraticFamily, points: Array) -> Array:
    """Whether BinaryConnect, started at these vertices, stays there."""
    return departures(BinaryConnect(ETA), family, points, STEPS) > STEPS


def _by_multipliers(s: Array, gradient: Array) -> Array:
    """Solve for the multipliers: those of the inactive bounds are 0, the others follow from stationarity."""
    upper = np.where(s == 1, -gradient, 0.0)  # mu, of s_i <= 1
    lower = np.where(s == -1, gradient, 0.0)  # nu, of s_i >= -1
    satisfied = (upper >= 0) & (lower >= 0) & (gradient + upper - lower == 0)
    result: Array = satisfied.all(axis=-1)
    return result


def _by_projected_step(s: Array, gradient: Array) -> Array:
    """Whether s = P_box(s - c g), for every c tried or for none."""
    fixed = [(np.clip(s - c * gradient, -1, 1) == s).all(axis=-1) for c in STEP_LENGTHS]
    # where the step lengths contradict each other the answer is neither: 2 equals no boolean
    result: Array = np.where(np.all(fixed, axis=0), 1, np.where(np.any(fixed, axis=0), 2, 0))
    return result


def _by_directions(s: Array, gradient: Array) -> Array:
    """<g, v - s> >= 0 for every vertex v, and so for the whole box."""
    slopes = gradient @ vertices(s.shape[-1]).T - (gradient * s).sum(axis=-1, keepdims=True)
    result: Array = slopes.min(axis=-1) >= 0
    return result


def _families(budget: Budget) -> Iterator[QuadraticFamily]:
    yield every_quadratic(1, SMALL, SMALL)
    yield every_quadratic(2, budget.pick((-1.0, 0.0, 1.0), SMALL), SMALL)
    yield every_quadratic(3, (-1.0, 0.0, 1.0), budget.pick((0.0, 1.0), (-1.0, 0.0, 1.0)))


def _convex(budget: Budget) -> Iterator[QuadraticFamily]:
    yield every_gram_quadratic(1, (0.0, 1.0), SMALL)
    yield every_gram_quadratic(2, budget.pick((-1.0, 0.0, 1.0), SMALL), (-3.0, *SMALL, 3.0))
    yield every_gram_quadratic(3, (-1.0, 0.0, 1.0), budget.pick((-3.0, 0.0, 2.0), (-3.0, *SMALL)))


def _random(
    budget: Budget, make: Callable[[int, int, np.random.Generator], QuadraticFamily]
) -> Iterator[QuadraticFamily]:
    rng = np.random.default_rng(0)
    for dim in range(4, budget.pick(6, 8)):
        yield make(dim, budget.pick(300, 1000), rng)


def _kkt_evidence(kind: str, families: Iterator[QuadraticFamily]) -> Evidence:
    """The dynamics against three ways to say KKT."""
    pieces, fixed, kkt = [], 0, 0
    for family in families:
        s = family.points(vertices(family.dim))
        gradient, stays = family.gradient(s), _stays(family, s)
        multipliers = _by_multipliers(s, gradient)
        tests = (multipliers, _by_projected_step(s, gradient), _by_directions(s, gradient))
        fixed, kkt = fixed + int(stays.sum()), kkt + int(multipliers.sum())

        def describe(
            index: tuple[int, ...],
            family: QuadraticFamily = family,
            stays: Array = stays,
            tests: tuple[Array, ...] = tests,
        ) -> dict[str, Any]:
            return {
                **family.describe(index[0]),
                "vertex": vertices(family.dim)[index[1]].tolist(),
                "BinaryConnect stays": bool(stays[index]),
                "multipliers, projected step, directions": [int(t[index]) for t in tests],
            }

        agree = np.all([t == stays for t in tests], axis=0)
        pieces.append(decide(kind, agree, describe))
    key = "vertices where BinaryConnect stays"
    if kind == "sampled":
        return join(*pieces)
    return join(*pieces, measured={key: fixed}, predicted={key: kkt})


def _kkt(budget: Budget) -> Evidence:
    return _kkt_evidence("enumerated", _families(budget))


def _kkt_larger(budget: Budget) -> Evidence:
    return _kkt_evidence("sampled", _random(budget, random_quadratics))


def _gaps(family: QuadraticFamily, coordinates: tuple[float, ...]) -> tuple[Array, Array]:
    """How far each vertex is above the best vertex or grid point: shape (n, vertices); and that best point."""
    values = family.value(family.points(vertices(family.dim)))
    grid = product(coordinates, family.dim)
    rivals = family.value(family.points(grid))
    best = rivals.argmin(axis=1)
    return values - rivals.min(axis=1)[:, None], grid[best]


def _minimiser_evidence(
    kind: str, families: Iterator[QuadraticFamily], coordinates: tuple[float, ...]
) -> Evidence:
    """No vertex or grid point may be better than a fixed point."""
    pieces, found = [], 0
    for family in families:
        s = family.points(vertices(family.dim))
        fixed = stability.is_fixed_point(family, s)
        gaps, best = _gaps(family, coordinates)
        found += int(fixed.sum())

        def describe(
            index: tuple[int, ...], family: QuadraticFamily = family, best: Array = best
        ) -> dict[str, Any]:
            case = {**family.describe(index[0]), "better": best[index[0]].tolist()}
            return {**case, "fixed point": vertices(family.dim)[index[1]].tolist()}

        if fixed.any():
            pieces.append(decide(kind, -gaps, describe, counted=fixed))
    return join(*pieces, measured={f"fixed points compared, {kind}": found})


def _global(budget: Budget) -> Evidence:
    return _minimiser_evidence("enumerated", _convex(budget), (-1.0, -0.5, 0.0, 0.5, 1.0))


def _global_larger(budget: Budget) -> Evidence:
    return _minimiser_evidence(
        "sampled", _random(budget, random_convex_quadratics), (-1.0, 0.0, 1.0)
    )


def _not_quadratic(budget: Budget) -> Evidence:
    """Convex losses of other kinds, in floating point: the gap to the best vertex is 0 up to rounding."""
    pieces, s, found = [], vertices(3), 0
    for seed in range(budget.pick(200, 2000)):
        for make in (LogCosh.random, Huber.random, LogisticRegression.random):
            problem = make(3, 6, seed=seed)
            values = problem.value(s)
            fixed = stability.is_fixed_point(problem, s)
            found += int(fixed.sum())

            def describe(
                index: tuple[int, ...], seed: int = seed, name: str = type(problem).__name__
            ) -> dict[str, Any]:
                return {"problem": name, "seed": seed, "fixed point": s[index[0]].tolist()}

            gaps = (values - values.min()) / abs(values).max()
            margins = np.where(gaps > 1e-12, -gaps, 0.0)
            if fixed.any():
                pieces.append(decide("sampled", margins, describe, counted=fixed))
    return join(*pieces, measured={"fixed points compared, other losses": found})


def _without_convexity(budget: Budget) -> Evidence:
    return _minimiser_evidence("enumerated", _families(budget), (-1.0, 1.0))


def _converse(budget: Budget) -> Evidence:
    """Is every best vertex of a convex quadratic a fixed point?"""
    pieces = []
    for family in _convex(budget):
        stays = stability.is_fixed_point(family, family.points(vertices(family.dim)))
        best = _gaps(family, (-1.0, 1.0))[0] == 0

        def describe(index: tuple[int, ...], family: QuadraticFamily = family) -> dict[str, Any]:
            minimiser = vertices(family.dim)[index[1]].tolist()
            return {**family.describe(index[0]), "binary minimiser": minimiser}

        pieces.append(decide("enumerated", stays, describe, counted=best))
    return join(*pieces)


CLAIM = Claim(
    name="fixed-points-are-vertices",
    source="arXiv 1810.00861, Theorem 5.3, read as optimality over the box",
    statement="BinaryConnect's fixed points are the vertices that satisfy the KKT conditions of min L over [-1, 1]^d; "
    "for convex L each is a global minimiser over the box and over its vertices.",
    formula="s fixed <=> s = P_box(s - c grad L(s)), c > 0",
    parts=(
        Part("KKT", "BinaryConnect stays exactly at the KKT vertices", _kkt),
        Part("KKT, larger dimensions", "the same on random integer quadratics", _kkt_larger),
        Part(
            "global minimisers", "no vertex or box point is below a fixed point, L convex", _global
        ),
        Part(
            "global minimisers, larger dimensions",
            "the same on random convex quadratics",
            _global_larger,
        ),
        Part("other convex losses", "the same for log-cosh, Huber and logistic", _not_quadratic),
    ),
    controls=(
        Control(
            "without convexity",
            "each fixed point is a global binary minimiser, L convex or not",
            _without_convexity,
        ),
        Control(
            "converse", "every global binary minimiser of a convex L is a fixed point", _converse
        ),
    ),
    headline="vertices where BinaryConnect stays",
)
