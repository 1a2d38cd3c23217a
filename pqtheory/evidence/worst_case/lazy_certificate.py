r"""Upper bounds for lazy prox-gradient from multipliers, checked in exact arithmetic.

Multipliers mu, nu >= 0 of the inequalities of :mod:`lazy_model` and m_1 + ... + m_T = 1, m >= 0, prove

    sum_k m_k (f_k - f_u) <= bound * D,    f = L,          D = R_u - R_0 + |u - p_0|^2 / 2    at fixed strength,
                                           f = F = L + R,  D = |u - p_0|^2 / 2                if it is aggregated,

if bound * D - sum_k m_k (f_k - f_u) - sum mu (smoothness) - sum nu (penalty), each inequality as left minus right, has
no L_j and no R_j left in it and is a quadratic form that is >= 0.
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
from pqtheory.evidence.worst_case.lazy_model import (
    FIXED,
    Forms,
    LazyModel,
    Pair,
    combined,
    flat,
    semidefinite,
)
from pqtheory.evidence.worst_case.solver import SolverError, load_cvxpy, solve

LAST, BEST, AVERAGE = "last", "best", "average"
MEASURES = (LAST, BEST, AVERAGE)

#: how far inside the cone the quadratic form shall be, so that rounding its entries leaves it there
INSIDE = (1e-8, 1e-7, 1e-6, 1e-5)


@final
@dataclass(frozen=True)
class LazyCertificate:
    """Rational multipliers of a bound.

    Attributes
    ----------
    model : LazyModel
        The run.
    bound : Fraction
        What they prove.
    output : tuple of Fraction
        m_1 .. m_T, the weights of the iterates in what is bounded.
    smoothness, penalty : mapping of (int, int) to Fraction
        The multipliers mu, nu that are not 0.
    """

    model: LazyModel
    bound: Fraction
    output: tuple[Fraction, ...]
    smoothness: Mapping[Pair, Fraction]
    penalty: Mapping[Pair, Fraction]

    def balances(self) -> tuple[list[Fraction], list[Fraction]]:
        """What is left of each L_j and of each R_j, j = 0 .. T + 1."""
        last = self.model.comparator
        losses, penalties = [Fraction(0)] * (last + 1), [Fraction(0)] * (last + 1)
        _flow(losses, self.smoothness)
        _flow(penalties, self.penalty)
        fixed = self.model.strength == FIXED
        for bounded in (losses,) if fixed else (losses, penalties):
            for k, m in enumerate(self.output, 1):
                bounded[k] -= m
                bounded[last] += m
        if fixed:
            penalties[last] += self.bound
            penalties[0] -= self.bound
        return losses, penalties

    def form(self) -> Any:
        """The quadratic form that is left, as a matrix of fractions."""
        forms = Forms(self.model, object)
        terms = [
            (self.bound, forms.half_distance()),
            *((mu, forms.smoothness(pair)) for pair, mu in self.smoothness.items()),
            *((nu, forms.penalty(pair)) for pair, nu in self.penalty.items()),
        ]
        return combined(forms.size, terms)

    def step(self) -> Step:
        """The bound and its multipliers, for a reader and for a machine."""
        text = (
            f"multipliers in exact arithmetic: bound {float(self.bound):.6g} for T = {self.model.steps}, "
            f"{self.model.strength} strength; nothing is left of L and R but a quadratic form that is >= 0"
        )
        numbers = {
            "bound": self.bound,
            "x": self.model.x,
            "strength": self.model.strength,
            "output": self.output,
            "smoothness": self.smoothness,
            "penalty": self.penalty,
            "form": self.form(),
        }
        latex = r"\sum_k m_k (f_k - f_u) \le \text{bound} \cdot D"
        return Step(text, latex, as_json(numbers))

    def holds(self) -> bool:
        """Whether the multipliers prove the bound, decided in exact arithmetic."""
        multipliers = (*self.smoothness.values(), *self.penalty.values(), *self.output)
        return (
            set(self.smoothness) <= set(self.model.smoothness_pairs())
            and set(self.penalty) <= set(self.model.penalty_pairs())
            and all(v > 0 for v in self.model.x)
            and all(v >= 0 for v in multipliers)
            and len(self.output) == self.model.steps
            and sum(self.output) == 1
            and not any(v for left in self.balances() for v in left)
            and semidefinite(self.form())
        )


def _flow(left: list[Fraction], multipliers: Mapping[Pair, Fraction]) -> None:
    for (i, j), v in multipliers.items():
        left[i] -= v
        left[j] += v


def output_weights(model: LazyModel, measure: str) -> tuple[Fraction, ...] | None:
    """m_1 .. m_T; None for the best iterate, for which any will do."""
    if measure == LAST:
        return (*(Fraction(0),) * (model.steps - 1), Fraction(1))
    total = sum(model.x, Fraction(0))
    return tuple(v / total for v in model.x) if measure == AVERAGE else None


def certify_lazy(
    model: LazyModel, measure: str, time_limit: float
) -> tuple[LazyCertificate, float]:
    """The least bound that multipliers prove, and the solver's own figure for it.

    Raises
    ------
    SolverError
        If the solver fails, or its multipliers cannot be made exact at a small loss.
    """
    reason = SolverError("multipliers: no exact certificate near what the solver returned")
    for inside in INSIDE:
        try:
            figure, found = _multipliers(model, measure, inside, time_limit)
        except SolverError as error:
            reason = error
            continue
        certificate = _balanced(model, *found)
        if certificate.holds():
            if not certificate.bound <= Fraction(figure) * Fraction(1 + LARGEST_REPAIR):
                raise SolverError(
                    f"multipliers: made exact they prove {brief(float(certificate.bound))} only, not {brief(figure)}"
                )
            return certificate, figure
    raise reason


def _multipliers(model: LazyModel, measure: str, inside: float, time_limit: float) -> Any:
    cp = load_cvxpy()
    forms, last = Forms(model, float), model.comparator
    losses, penalties = model.smoothness_pairs(), model.penalty_pairs()
    mu, nu = cp.Variable(len(losses), nonneg=True), cp.Variable(len(penalties), nonneg=True)
    bound = cp.Variable()
    weights = output_weights(model, measure)
    m = cp.Variable(model.steps, nonneg=True)
    claimed = cp.hstack([0, -m, 1])
    left = bound * flat(forms.half_distance())
    left = left + np.array([flat(forms.smoothness(p)) for p in losses]).T @ mu
    left = left + np.array([flat(forms.penalty(p)) for p in penalties]).T @ nu
    form = cp.reshape(left, (forms.size, forms.size), order="C")
    of_penalties = _incidence(penalties, last) @ nu
    if model.strength == FIXED:
        ends = np.zeros(last + 1)
        ends[0], ends[last] = -1, 1
        balance = of_penalties + bound * ends == 0
    else:
        balance = (of_penalties + claimed)[1:] == 0
    constraints = [
        _incidence(losses, last) @ mu + claimed == 0,
        balance,
        (form + form.T) / 2 - inside * np.eye(forms.size) >> 0,
    ]
    constraints.append(cp.sum(m) == 1 if weights is None else m == np.array(weights, float))
    figure = solve(cp.Problem(cp.Minimize(bound), constraints), "multipliers", time_limit, 1e-9)
    output = weights or _shares(m.value)
    return figure, (
        Fraction(figure),
        output,
        _exact(losses, mu.value),
        _exact(penalties, nu.value),
    )


def _incidence(pairs: list[Pair], last: int) -> Any:
    matrix = np.zeros((last + 1, len(pairs)))
    for column, (i, j) in enumerate(pairs):
        matrix[i, column], matrix[j, column] = -1, 1
    return matrix


def _shares(values: Any) -> tuple[Fraction, ...]:
    exact = [Fraction(max(float(v), 0.0)) for v in values]
    return tuple(v / sum(exact) for v in exact)


def _exact(pairs: list[Pair], values: Any) -> dict[Pair, Fraction]:
    return {p: Fraction(float(v)) for p, v in zip(pairs, values, strict=True) if v > 0}


def _balanced(
    model: LazyModel,
    bound: Fraction,
    output: tuple[Fraction, ...],
    smoothness: dict[Pair, Fraction],
    penalty: dict[Pair, Fraction],
) -> LazyCertificate:
    """Multipliers that leave exactly nothing of each L_j and R_j: what is left goes to or from a root."""
    last = model.comparator
    losses, _ = LazyCertificate(model, bound, output, smoothness, penalty).balances()
    _settle(smoothness, losses, range(last), last)
    if model.strength == FIXED:
        # R_u is in D, and only in inequalities that bound it from below
        bound = sum((v for (j, _), v in penalty.items() if j == last), Fraction(0))
        root = 0
    else:
        root = max(model.mapped, key=lambda k: penalty.get((last, k), Fraction(0)))
    _, penalties = LazyCertificate(model, bound, output, smoothness, penalty).balances()
    _settle(penalty, penalties, [k for k in model.mapped if k != root], root)
    if model.strength != FIXED:
        penalty[last, root] = penalty.get((last, root), Fraction(0)) + penalties[last]
    return LazyCertificate(model, bound, output, smoothness, penalty)


def _settle(multipliers: dict[Pair, Fraction], left: list[Fraction], nodes: Any, root: int) -> None:
    for node in nodes:
        pair = (node, root) if left[node] > 0 else (root, node)
        multipliers[pair] = multipliers.get(pair, Fraction(0)) + abs(left[node])
