"""Worst cases of prox-gradient steps, eager and lazy, and of straight-through: certified bounds, and runs of them."""

from pqtheory.evidence.worst_case.certificate import RULES, Certificate
from pqtheory.evidence.worst_case.engine import WorstCase, prox_gradient
from pqtheory.evidence.worst_case.instance import Instance, on_the_line
from pqtheory.evidence.worst_case.lazy import lazy_prox_gradient
from pqtheory.evidence.worst_case.lazy_certificate import MEASURES, LazyCertificate
from pqtheory.evidence.worst_case.lazy_instance import LazyInstance
from pqtheory.evidence.worst_case.lazy_model import STRENGTHS, LazyModel
from pqtheory.evidence.worst_case.rerun import Rerun, rerun
from pqtheory.evidence.worst_case.solver import SolverError
from pqtheory.evidence.worst_case.straight_through import straight_through
from pqtheory.evidence.worst_case.straight_through_certificate import StraightThroughCertificate
from pqtheory.evidence.worst_case.straight_through_instance import StraightThroughInstance
from pqtheory.evidence.worst_case.straight_through_model import StraightThroughModel

__all__ = [
    "MEASURES",
    "RULES",
    "STRENGTHS",
    "Certificate",
    "Instance",
    "LazyCertificate",
    "LazyInstance",
    "LazyModel",
    "Rerun",
    "SolverError",
    "StraightThroughCertificate",
    "StraightThroughInstance",
    "StraightThroughModel",
    "WorstCase",
    "lazy_prox_gradient",
    "on_the_line",
    "prox_gradient",
    "rerun",
    "straight_through",
]


def __dir__() -> list[str]:
    """What completion offers."""
    return sorted(__all__)
