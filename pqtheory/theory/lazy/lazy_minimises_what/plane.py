"""Exact runs in the plane, which a search looks at where the theorems are about runs.

L = c_1 (3 a + 4 b)^2 / 50 + c_2 (4 a - 3 b)^2 / 50 + <s, x> with c_1, c_2 of [0, 1], so that beta = 1; R = |a| + |b|.
"""

from collections.abc import Sequence
from fractions import Fraction
from itertools import accumulate
from typing import Any

import numpy as np

from pqtheory._arrays import Array
from pqtheory.claims.cases import Cases, Fractions, Integers, Lists
from pqtheory.methods import LazyProx
from pqtheory.problems import Quadratic
from pqtheory.schedules import Constant, Schedule
from pqtheory.simulate import simulate
from pqtheory.theory.given import Listed
from pqtheory.theory.lazy.lazy_minimises_what.on_a_line import DISTANCE

POINT = Lists(Fractions(-4, 4), 2)
STEP = Fractions(0, 1, open_low=True)
PLANE = {
    "curvature": Lists(Fractions(0, 1), 2),
    "slope": POINT,
    "start": POINT,
    "u": POINT,
    "strength": Fractions(0, 4),
}
#: T
LENGTH = Integers(1, 5)


def exact(values: Any) -> Array:
    """An array of fractions."""
    return np.array([Fraction(v) for v in values], dtype=object)


AXES = np.array([exact(("3/5", "4/5")), exact(("4/5", "-3/5"))])


def run(problem: Quadratic, start: Any, etas: Schedule, strengths: Schedule, T: int) -> Any:
    """theta_0, and p_0 .. p_T."""
    method = LazyProx(DISTANCE, etas, strengths)
    path = simulate(method, problem, exact(start), T, fields=("latent",), progress=False).latent
    return path[0], [method.map(theta, k, 1) for k, theta in enumerate(path)]


def distance(theta: Any, p: Any, u: Any, strength: Any) -> Any:
    """D(u)."""
    h_u, h_p = (x @ x / 2 + strength * DISTANCE.value(x) for x in (u, p))
    return h_u - h_p - theta @ (u - p)


def below_bound(
    curvature: Any, slope: Any, start: Any, u: Any, strength: Any, eta: Any, T: int
) -> Any:
    """How far L(p_T) - L(u) is below D_0(u) / (eta T)."""
    problem = Quadratic(AXES.T @ np.diag(exact(curvature)) @ AXES, exact(slope))
    theta, mapped = run(problem, start, Constant(eta), Constant(strength), T)
    excess = problem.value(mapped[T]) - problem.value(exact(u))
    return distance(theta, mapped[0], exact(u), strength) / (eta * T) - excess


def nearer(slope: Any, start: Any, away: Any, strength: Any, T: int) -> Any:
    """How much farther than p_T another minimiser is, if p_T is one of c (3 a + 4 b) + (3 a + 4 b)^2 / 50."""
    problem = Quadratic(np.outer(AXES[0], AXES[0]), slope * AXES[0])
    theta, mapped = run(problem, start, Constant(Fraction(1)), Constant(strength), T)
    if problem.gradient(mapped[T]).any():
        return None
    ends = (mapped[T] + away * AXES[1], mapped[T])
    there, here = (distance(theta, mapped[0], p, strength) for p in ends)
    return there - here


def below_mean(
    curvature: Any, slope: Any, start: Any, u: Any, strength: Any, etas: Sequence[Fraction]
) -> Any:
    """How far the weighted mean of F(p_k) - F(u) is below |u - p_0|^2 / (2 (eta_0 + ...)); the same squared length."""
    problem = Quadratic(AXES.T @ np.diag(exact(curvature)) @ AXES, exact(slope))
    sums = tuple(accumulate(etas, initial=Fraction(0)))
    strengths = Listed(tuple(strength * A for A in sums))
    _, mapped = run(problem, start, Listed(tuple(etas)), strengths, len(etas))
    F = [problem.value(p) + strength * DISTANCE.value(p) for p in (*mapped[1:], exact(u))]
    excess = sum(eta * (value - F[-1]) for eta, value in zip(etas, F, strict=False)) / sums[-1]
    return _half_square(start, u) / sums[-1] - excess


def below_mean_of_constant(eta: Any, T: int, start: Any, u: Any, **case: Any) -> Any:
    """How far the mean of F(p_k) - F(u) is below |u - p_0|^2 / (2 eta (T + 1))."""
    less = _half_square(start, u) * (1 / (eta * T) - 1 / (eta * (T + 1)))
    return below_mean(start=start, u=u, etas=[eta] * T, **case) - less


def _half_square(start: Any, u: Any) -> Any:
    step = exact(u) - exact(start)
    return step @ step / 2


BOUND = Cases(below_bound, {**PLANE, "eta": STEP, "T": LENGTH})
NEAREST = Cases(
    nearer,
    {
        "slope": Fractions(-4, 4),
        "start": POINT,
        "away": Fractions(-4, 4),
        "strength": Fractions(0, 4),
        "T": LENGTH,
    },
)
MEAN = Cases(below_mean, {**PLANE, "etas": Lists(STEP, 1, 5)})
MEAN_OF_CONSTANT = Cases(below_mean_of_constant, {**PLANE, "eta": STEP, "T": LENGTH})
