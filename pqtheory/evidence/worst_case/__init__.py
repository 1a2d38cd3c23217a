"""Worst cases of prox-gradient steps on any regularizer: certified bounds, and instances that replay."""

from pqtheory.evidence.worst_case.certificate import RULES, Certificate
from pqtheory.evidence.worst_case.engine import WorstCase, prox_gradient
from pqtheory.evidence.worst_case.instance import Instance, on_the_line
from pqtheory.evidence.worst_case.replay import Replay, replay
from pqtheory.evidence.worst_case.solver import SolverError

__all__ = [
    "RULES",
    "Certificate",
    "Instance",
    "Replay",
    "SolverError",
    "WorstCase",
    "on_the_line",
    "prox_gradient",
    "replay",
]
