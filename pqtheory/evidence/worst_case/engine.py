r"""The worst case of T prox-gradient steps on a beta-smooth loss and any regularizer.

    theta_k in argmin_x { lambda R(x) + |x - (theta_{k-1} - eta_k grad L(theta_{k-1}))|^2 / (2 eta_k) },

with eta_k = x_k / beta, and ||grad F(theta_best)||^2 <= value * beta * (F_0 - F_*) with the gradient of
F = L + lambda R that the prox selects (for differentiable R the only one),

    grad F(theta_k) = grad L(theta_k) - grad L(theta_{k-1}) + (theta_{k-1} - theta_k) / eta_k.

The rule "smallest-step" takes the k of 1 .. T with the least ||theta_k - theta_{k-1}||, "smallest-gradient" the k with
the least ||grad F(theta_k)||.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any, TypeVar, final

import numpy as np

from pqtheory._arrays import is_torch
from pqtheory._checks import check_count, check_number, python_number
from pqtheory._messages import brief
from pqtheory.evidence.base import Step
from pqtheory.evidence.worst_case.certificate import RULES, Certificate, certify, rounded_up
from pqtheory.evidence.worst_case.instance import Instance
from pqtheory.evidence.worst_case.lazy_certificate import LazyCertificate
from pqtheory.evidence.worst_case.lazy_instance import LazyInstance
from pqtheory.evidence.worst_case.search import find_instance
from pqtheory.evidence.worst_case.solver import SolverError
from pqtheory.evidence.worst_case.straight_through_certificate import StraightThroughCertificate
from pqtheory.evidence.worst_case.straight_through_instance import StraightThroughInstance

#: two figures this close, relatively, are not worth another search
CLOSE = 1e-4

#: how much to spare in an instance's inequalities (of the order of 1), from the one tried first
MARGINS = (2e-6, 1e-5, 5e-5)

Numbers = TypeVar("Numbers", Instance, LazyInstance, StraightThroughInstance)


@final
@dataclass(frozen=True, eq=False)
class WorstCase:
    """A certified bound and an instance that comes close to it.

    Attributes
    ----------
    value : float
        The bound: proved by ``certificates`` in exact arithmetic, whatever the solver did, and rounded upwards.
    dual : float
        The solver's own figure for it, before its multipliers were made exact.
    primal : float
        What ``instance`` reaches, computed from its numbers: the constant cannot be less.
    gap : float
        ``value - primal``.
    status : str
        Of the solver: always "optimal", anything else raises.
    instance : Instance, LazyInstance or StraightThroughInstance
        ``rerun`` runs it.
    certificates : tuple of Certificate, LazyCertificate or StraightThroughCertificate
        One, or one for each step that may be the shortest.
    """

    value: float
    dual: float
    primal: float
    gap: float
    status: str
    instance: Instance | LazyInstance | StraightThroughInstance
    certificates: tuple[Certificate | LazyCertificate | StraightThroughCertificate, ...]

    def __repr__(self) -> str:
        return f"<WorstCase: at most {self.value!r}, and an instance that reaches {self.primal!r}>"

    @property
    def proof(self) -> tuple[Step, ...]:
        """What ``Evidence.proof`` takes: the certificates with their multipliers."""
        return tuple(certificate.step() for certificate in self.certificates)


def prox_gradient(
    x: Any, steps: int, rule: str = "smallest-step", *, time_limit: float = 60.0
) -> WorstCase:
    """The least constant in ``||grad F(theta_best)||^2 <= value * beta * (F_0 - F_*)``, between two bounds.

    The upper one uses inequalities between neighbouring iterates only, the lower one those between all. Where they
    meet, both are sharp; a gap, as with steps that vary under the rule "smallest-step", is what the others would give.
    A tie of the prox or of two step lengths is only approached by the instance.

    Parameters
    ----------
    x : number or sequence of ``steps`` numbers
        eta times beta, in (0, 1].
    steps : int
        T >= 1; ten take seconds.
    rule : {"smallest-step", "smallest-gradient"}
        Which iterate of 1 .. T is the output.
    time_limit : float
        Seconds for each run of the solver.

    Raises
    ------
    TypeError, ValueError
        If an argument is out of range.
    SolverError
        If the solver fails, runs out of time, or gives what cannot be made a certificate and an instance.
    ImportError
        If cvxpy or clarabel is not installed.

    References
    ----------
    Taylor, Hendrickx, Glineur, arXiv 1502.05666 (interpolation); ProxQuant, arXiv 1810.00861, Theorem 5.1 (the rule).
    """
    steps = check_count(steps, "steps")
    if rule not in RULES:
        raise ValueError(f"rule: expected one of {RULES}, got {brief(rule)}")
    time_limit = check_number(time_limit, "time_limit", 0, open_low=True)
    sizes = step_sizes(x, steps)
    shortest = [None] if rule == "smallest-gradient" else [*range(steps, 0, -1)]
    proofs = {best: certify(sizes, best, time_limit) for best in shortest}
    bounds = {best: float(proof.bound) for best, (proof, _) in proofs.items()}
    instance, primal = None, -np.inf
    floats = [float(v) for v in sizes]
    for best in sorted(shortest, key=lambda b: -round(bounds[b], 6)):
        # no instance of this or a later one can be noticeably worse
        if bounds[best] <= primal * (1 + CLOSE):
            break
        found = legal_instance(partial(find_instance, floats, rule, best), time_limit)
        if found.ratio() > primal:
            instance, primal = found, found.ratio()
    value = max(rounded_up(proof.bound) for proof, _ in proofs.values())
    if instance is None or not primal <= value:
        raise SolverError(
            f"worst instance: got the ratio {brief(primal)} above the bound {brief(value)}"
        )
    dual = max(figure for _, figure in proofs.values())
    certificates = tuple(proof for proof, _ in proofs.values())
    return WorstCase(value, dual, primal, value - primal, "optimal", instance, certificates)


def legal_instance(
    find: Callable[[float, float], Numbers], time_limit: float, margins: Sequence[float] = MARGINS
) -> Numbers:
    """What ``find(margin, time_limit)`` finds, for the first of ``margins`` where it passes its own check.

    Raises
    ------
    SolverError
        If none does: the reason at the last margin.
    """
    for margin in margins:
        try:
            found = find(margin, time_limit)
        except SolverError as error:
            reason = error
            continue
        if found.margin() >= 0:
            return found
        reason = SolverError(f"worst instance: an inequality is off by {-found.margin():.3g}")
    raise reason


def step_sizes(x: Any, steps: int, below: int | None = None) -> list[Fraction]:
    """``steps`` numbers in (0, 1], or in (0, ``below``), exactly, from one number or a list of them.

    Raises
    ------
    TypeError, ValueError
        If there are not as many, or one is out of range.
    """
    x = python_number(x)
    listed = (isinstance(x, Sequence | np.ndarray) or is_torch(x)) and not isinstance(x, str)
    if listed and len(x) != steps:
        raise ValueError(f"x: expected a number or {steps} of them, got {len(x)}")
    sizes = []
    for number in x if listed else [x] * steps:
        size = check_number(number, "x", 0, open_low=True)
        if not (size <= 1 if below is None else size < below):
            allowed = "(0, 1]" if below is None else f"(0, {below})"
            raise ValueError(f"x: expected numbers in {allowed}, got {brief(size)}")
        sizes.append(Fraction(size))
    return sizes
