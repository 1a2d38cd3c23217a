r"""Upper bounds for straight-through from multipliers, checked in exact arithmetic.

Multipliers mu >= 0 of the inequalities of :mod:`straight_through_model`, s >= 0 of |w_0|^2 <= R^2 and of |r_t|^2 <=
delta^2 prove

    (L_0 + ... + L_{T-1}) / T - L_u  <=  bound  =  s_0 R^2 + (s_1 + ... + s_T) delta^2

if s_0 |w_0|^2 + sum s_t |r_t|^2 + sum mu (right-hand side) is a form >= 0, and sum mu (L_i - L_j) minus the left-hand
side of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, final

import numpy as np

from pqtheory._messages import brief
from pqtheory.evidence.base import Step
from pqtheory.evidence.machine import as_json
from pqtheory.evidence.worst_case.certificate import LARGEST_REPAIR
from pqtheory.evidence.worst_case.lazy_certificate import INSIDE
from pqtheory.evidence.worst_case.lazy_model import Pair, combined, flat, semidefinite
from pqtheory.evidence.worst_case.solver import SolverError, load_cvxpy, solve
from pqtheory.evidence.worst_case.straight_through_model import (
    StraightThroughForms,
    StraightThroughModel,
)


@final
@dataclass(frozen=True)
class StraightThroughCertificate:
    """Rational multipliers of a bound.

    Attributes
    ----------
    model : StraightThroughModel
        The run.
    smoothness : mapping of (int, int) to Fraction
        The multipliers mu that are not 0.
    limits : tuple of Fraction
        The multipliers s_0 .. s_T.
    """

    model: StraightThroughModel
    smoothness: Mapping[Pair, Fraction]
    limits: tuple[Fraction, ...]

    @property
    def bound(self) -> Fraction:
        """s_0 R^2 + (s_1 + ... + s_T) delta^2."""
        return sum(
            (s * v for s, v in zip(self.limits, self.model.limits(), strict=True)), Fraction(0)
        )

    def balances(self) -> list[Fraction]:
        """What is left of each L_j, j = 0 .. T."""
        T = self.model.steps
        left = [*(Fraction(1, T),) * T, Fraction(-1)]
        for (i, j), v in self.smoothness.items():
            left[i] += v
            left[j] -= v
        return left

    def form(self) -> Any:
        """The quadratic form that is left, as a matrix of fractions."""
        forms = StraightThroughForms(self.model, object)
        terms = [
            *((s, forms.square(index)) for index, s in enumerate(self.limits)),
            *((mu, forms.smoothness(pair)) for pair, mu in self.smoothness.items()),
        ]
        return combined(forms.size, terms)

    def step(self) -> Step:
        """The bound and its multipliers, for a reader and for a machine."""
        model = self.model
        text = (
            f"multipliers in exact arithmetic: bound {float(self.bound):.6g} for T = {model.steps}, "
            f"R = {float(model.distance):g}, delta = {float(model.error):g}; a form that is >= 0 is left"
        )
        numbers = {
            "bound": self.bound,
            "x": model.x,
            "distance": model.distance,
            "error": model.error,
            "smoothness": self.smoothness,
            "limits": self.limits,
            "form": self.form(),
        }
        return Step(text, r"\frac1T \sum_t L(q_t) - L(u) \le \text{bound}", as_json(numbers))

    def holds(self) -> bool:
        """Whether the multipliers prove the bound, decided in exact arithmetic."""
        return (
            set(self.smoothness) <= set(self.model.pairs())
            and all(v > 0 for v in self.model.x)
            and all(v >= 0 for v in (*self.smoothness.values(), *self.limits))
            and not any(self.balances())
            and semidefinite(self.form())
        )


def certify_straight_through(
    model: StraightThroughModel, time_limit: float
) -> tuple[StraightThroughCertificate, float]:
    """The least bound that multipliers prove, and the solver's own figure for it.

    Raises
    ------
    SolverError
        If the solver fails, or its multipliers cannot be made exact at a small loss.
    """
    reason = SolverError("multipliers: no exact certificate near what the solver returned")
    for inside in INSIDE:
        try:
            figure, certificate = _near(model, inside, time_limit)
        except SolverError as error:
            reason = error
            continue
        if certificate.holds():
            if not certificate.bound <= Fraction(figure) * Fraction(1 + LARGEST_REPAIR):
                raise SolverError(
                    f"multipliers: made exact they prove {brief(float(certificate.bound))} only, not {brief(figure)}"
                )
            return certificate, figure
    raise reason


def _near(
    model: StraightThroughModel, inside: float, time_limit: float
) -> tuple[float, StraightThroughCertificate]:
    cp = load_cvxpy()
    # in units of R and delta s R^2 and s delta^2 are looked for, numbers of the size of the bound
    forms, pairs, T = StraightThroughForms(model, float, units=True), model.pairs(), model.steps
    mu, s = cp.Variable(len(pairs), nonneg=True), cp.Variable(T + 1, nonneg=True)
    left = np.array([flat(forms.smoothness(p)) for p in pairs]).T @ mu
    left = left + np.array([flat(forms.square(i)) for i in range(T + 1)]).T @ s
    form = cp.reshape(left, (forms.size, forms.size), order="C")
    flow = np.zeros((T + 1, len(pairs)))
    for column, (i, j) in enumerate(pairs):
        flow[i, column], flow[j, column] = 1, -1
    claimed = np.append(np.full(T, -1 / T), 1)
    constraints = [
        flow @ mu == claimed,
        (form + form.T) / 2 - inside * np.eye(forms.size) >> 0,
    ]
    limited = np.array([limit > 0 for limit in model.limits()])
    bound = cp.sum(s[limited])
    figure = solve(cp.Problem(cp.Minimize(bound), constraints), "multipliers", time_limit, 1e-9)
    smoothness = {p: Fraction(float(v)) for p, v in zip(pairs, mu.value, strict=True) if v > 0}
    limits = tuple(
        Fraction(max(float(v), 0.0)) / limit if limit else Fraction(0)
        for v, limit in zip(s.value, model.limits(), strict=True)
    )
    found = StraightThroughCertificate(model, smoothness, limits)
    for j, over in enumerate(found.balances()[:-1]):
        # what is left goes to or from u
        pair = (T, j) if over > 0 else (j, T)
        smoothness[pair] = smoothness.get(pair, Fraction(0)) + abs(over)
    return figure, StraightThroughCertificate(model, smoothness, limits)
