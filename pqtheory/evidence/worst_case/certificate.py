r"""Upper bounds ||grad F||^2 <= bound * beta * (F_0 - F_*) from multipliers, checked in exact arithmetic.

With beta = 1, a_k = 1 / x_k, D_k = theta_k - theta_{k-1} and G_k = grad F(theta_k), smoothness of L and the prox give

    energy:   F_{k-1} - F_k >= E_k = 1/4 |G_k|^2 + (a_k - 1)/2 <G_k, D_k> + (a_k^2 - 1)/4 |D_k|^2,
    lipschitz:  0 >= S_k = |G_k + a_k D_k|^2 - |D_k|^2      (G_k + a_k D_k is the change of grad L).

Multipliers w, q, m >= 0, r_k = w_k + ... + w_T, prove bound = w_1 + ... + w_T if each of these forms is >= 0:

    smallest-gradient:         r_k E_k + q_k S_k - m_k |G_k|^2,     where sum m_k = 1;
    smallest-step, t is best:  r_k E_k + q_k S_k - m_k |D_k|^2      for k != t, where |D_k| >= |D_t|,
                               r_t E_t + q_t S_t + (sum of the other m) |D_t|^2 - |G_t|^2.

Their sum over k is <= sum_k w_k (F_0 - F_k) <= bound (F_0 - F_*), as F >= F_*.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, final

import numpy as np

from pqtheory._messages import brief
from pqtheory.evidence.base import Step
from pqtheory.evidence.machine import as_json
from pqtheory.evidence.worst_case.solver import SolverError, load_cvxpy, solve

RULES = ("smallest-step", "smallest-gradient")

#: how much a bound may lose, relative to the solver's figure, while its multipliers are made exact
LARGEST_REPAIR = 1e-4


@final
@dataclass(frozen=True)
class Certificate:
    """Rational multipliers of a bound.

    Attributes
    ----------
    x : tuple of Fraction
        Step sizes times beta.
    best : int or None
        The step (1, 2, ...) that is the shortest; None for the rule "smallest-gradient".
    energy, lipschitz, rule : tuple of Fraction
        The multipliers w, q, m.
    """

    x: tuple[Fraction, ...]
    best: int | None
    energy: tuple[Fraction, ...]
    lipschitz: tuple[Fraction, ...]
    rule: tuple[Fraction, ...]

    @property
    def bound(self) -> Fraction:
        """w_1 + ... + w_T."""
        return sum(self.energy, Fraction(0))

    def forms(self) -> list[tuple[Fraction, Fraction, Fraction]]:
        """The forms as (A, B, C): A |G_k|^2 + 2 B <G_k, D_k> + C |D_k|^2."""
        found = []
        for k, (x, q, m) in enumerate(zip(self.x, self.lipschitz, self.rule, strict=True), 1):
            r, a = sum(self.energy[k - 1 :], Fraction(0)), 1 / x
            A, B, C = r / 4 + q, r * (a - 1) / 4 + q * a, (r / 4 + q) * (a * a - 1)
            if self.best is None:
                found.append((A - m, B, C))
            elif k == self.best:
                found.append((A - 1, B, C + sum(self.rule, Fraction(0)) - m))
            else:
                found.append((A, B, C - m))
        return found

    def step(self) -> Step:
        """The bound and its multipliers, for a reader and for a machine."""
        which = "the smallest gradient" if self.best is None else f"step {self.best}, the shortest"
        text = (
            f"multipliers in exact arithmetic: bound {float(self.bound):.6g} for {which} of {len(self.x)}; "
            "every form A |G|^2 + 2 B <G, D> + C |D|^2 is >= 0"
        )
        numbers = {
            "bound": self.bound,
            "x": self.x,
            "best": self.best,
            "energy": self.energy,
            "lipschitz": self.lipschitz,
            "rule": self.rule,
            "forms": self.forms(),
        }
        latex = r"\|\nabla F\|^2 \le \left(\sum_k w_k\right) \beta (F_0 - F_*)"
        return Step(text, latex, as_json(numbers))

    def holds(self) -> bool:
        """Whether the multipliers prove the bound, decided in exact arithmetic."""
        multipliers = (*self.energy, *self.lipschitz, *self.rule)
        return (
            all(0 < x <= 1 for x in self.x)
            and all(m >= 0 for m in multipliers)
            and (self.best is not None or sum(self.rule) == 1)
            and all(A >= 0 and C >= 0 and A * C >= B * B for A, B, C in self.forms())
        )


def certify(
    x: Sequence[Fraction], best: int | None, time_limit: float
) -> tuple[Certificate, float]:
    """The least bound that multipliers prove, and the solver's own figure for it.

    Raises
    ------
    SolverError
        If the solver fails, or its multipliers cannot be made exact at a small loss.
    """
    cp = load_cvxpy()
    steps = len(x)
    a = np.array([float(1 / v) for v in x])
    # in units of D_k / a_k all entries of a form are of the order of a_k, so are the multipliers
    unit = float(a.max())
    units = (unit, unit, 1.0 if best is None else unit**3)
    scaled = [cp.Variable(steps, nonneg=True) for _ in units]
    w, q, m = (u * v for u, v in zip(units, scaled, strict=True))
    r = cp.cumsum(w[::-1])[::-1]
    A, C = r / 4 + q, cp.multiply(r / 4 + q, a**2 - 1)
    B = cp.multiply(r, (a - 1) / 4) + cp.multiply(q, a)
    constraints = []
    if best is None:
        A = A - m
        constraints.append(cp.sum(m) == 1)
    else:
        chosen = np.eye(steps)[best - 1]
        A, C = A - chosen, C - m + chosen * cp.sum(m)
    A, B, C = (cp.multiply(entry, a**-p) for p, entry in enumerate((A, B, C), 1))
    # [[A, B], [B, C]] >= 0 as a cone: |(2 B, A - C)| <= A + C
    constraints += [cp.SOC(A[k] + C[k], cp.hstack([2 * B[k], A[k] - C[k]])) for k in range(steps)]
    problem = cp.Problem(cp.Minimize(cp.sum(scaled[0])), constraints)
    # a small program: the more accurate its solution, the less is lost when it is made exact
    try:
        figure = unit * solve(problem, "multipliers", time_limit, 1e-10)
    except SolverError:
        figure = unit * solve(problem, "multipliers", time_limit, 1e-8)
    found = [(v.value, u) for u, v in zip(units, scaled, strict=True)]
    return _repaired(tuple(x), best, figure, found), figure


def _repaired(
    x: tuple[Fraction, ...], best: int | None, figure: float, multipliers: list[tuple[Any, float]]
) -> Certificate:
    """An exact certificate near the solver's multipliers (in units).

    Entries that the solver means to be 0 are made so; then all energies grow together, by w_T, until every form is
    >= 0. At x = 1 the energy says nothing on D_k, so that there the zeros must be exact.
    """
    found: list[Certificate] = []
    for snap in (0.0, 1e-9, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3):
        energy, lipschitz, rule = (
            [Fraction(float(v * unit)) if v > snap else Fraction(0) for v in values]
            for values, unit in multipliers
        )
        if best is None:
            total = sum(rule, Fraction(0))
            if total == 0:
                continue
            rule = [v / total for v in rule]
        for power in range(-1, 24):
            growth = 0.0 if power < 0 else abs(figure) * 1e-11 * 2.0**power
            grown = (*energy[:-1], energy[-1] + Fraction(growth))
            certificate = Certificate(x, best, grown, tuple(lipschitz), tuple(rule))
            if certificate.holds():
                found.append(certificate)
                break
    if not found:
        raise SolverError("multipliers: no exact certificate near what the solver returned")
    certificate = min(found, key=lambda c: c.bound)
    if not certificate.bound <= Fraction(figure) * Fraction(1 + LARGEST_REPAIR):
        raise SolverError(
            f"multipliers: made exact they prove {brief(float(certificate.bound))} only, not {brief(figure)}"
        )
    return certificate


def rounded_up(value: Fraction) -> float:
    """A float that is not below ``value``."""
    near = float(value)
    return near if Fraction(near) >= value else math.nextafter(near, math.inf)
