"""Runs of ProxQuant with the W in exact arithmetic: how often signs change, and how often they may."""

from fractions import Fraction
from typing import Any

import numpy as np

from pqtheory import signs
from pqtheory.claims import Budget
from pqtheory.claims.cases import Cases, Fractions, Integers, Lists
from pqtheory.methods import ProxQuant
from pqtheory.problems import Quadratic
from pqtheory.sets import Binary
from pqtheory.simulate import simulate
from pqtheory.theory.proxquant.proxquant_flips_finitely_often.energy import (
    W,
    bound,
    nearest,
)

AT_ONCE = "flips of the run that attains the bound"


def _within_bound(half: list[list[int]], b: list[int], start: list[Any], strength: Any) -> Any:
    """Slack of the bound in 12 steps on a quadratic, eta = 1 / (2 beta)."""
    A = np.array(half) + np.array(half).T
    beta = Fraction(max(1, int(abs(A).sum(axis=1).max())))
    if strength <= 0:
        return None
    problem = Quadratic(fractions(A), fractions(b))
    eta, m = 1 / (2 * beta), nearest(strength / (2 * beta))
    theta = simulate(
        ProxQuant(W, eta, strength), problem, fractions(start), 12, fields=("latent",)
    ).latent
    changed = np.diff(Binary().project(theta), axis=0) != 0
    early = changed & (abs(theta[:-1]) < m)
    F = [problem.value(t) + strength * W.value(t) for t in (theta[0], theta[-1])]
    counted = int(changed.sum()) - Fraction(int(early.sum())) / 3
    return bound(Fraction(1, 2), eta, strength, F[0] - F[1]) - counted


def fractions(values: Any) -> Any:
    """An array of them."""
    return np.vectorize(Fraction, otypes=[object])(np.array(values, dtype=object))


RUNS = Cases(
    _within_bound,
    {
        "half": Lists(Lists(Integers(-2, 2), 2), 2),
        "b": Lists(Integers(-3, 3), 2),
        "start": Lists(Fractions(-2, 2), 2),
        "strength": Fractions(0, 8),
    },
    quick=20,
    full=500,
)


def at_once(budget: Budget) -> tuple[dict[str, Any], dict[str, Any]]:
    """Eight coordinates of the run at x = 1/2, eta = 1."""
    count, x = 8, Fraction(1, 2)
    problem = Quadratic(fractions(np.eye(count, dtype=int)) * x, fractions([x - 1] * count))
    path = simulate(
        ProxQuant(W, Fraction(1), Fraction(1)),
        problem,
        fractions([-1] * count),
        budget.pick(5, 50),
        fields=("latent",),
    )
    energy = problem.value(path.latent[0]) - problem.value(path.latent[-1])
    found = signs.flips_per_step(path.latent).sum() * count
    return {AT_ONCE: float(found)}, {AT_ONCE: float(bound(x, Fraction(1), Fraction(1), energy))}
