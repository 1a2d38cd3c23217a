"""pqtheory: stability analysis and theory of quantized neural-network training.

Where the levels are (``sets``) and how the pull works (``regularizers``) are independent; so are which memory and
which map (``methods``). ``simulate`` runs a method on a problem, ``signs`` and ``stability`` look at the result, and
``verify`` checks the theorems.
"""

import importlib
from typing import TYPE_CHECKING, Any

from pqtheory import methods, problems, quantizers, regularizers, schedules, sets, signs, stability
from pqtheory._version import __version__
from pqtheory.simulate import NonFiniteError, simulate
from pqtheory.trajectory import Trajectory

if TYPE_CHECKING:
    from pqtheory import claims, evidence, plotting, testing, theory
    from pqtheory.theory import verify

_ON_DEMAND = ("claims", "evidence", "plotting", "testing", "theory")

__all__ = [
    "NonFiniteError",
    "Trajectory",
    "__version__",
    "claims",
    "evidence",
    "methods",
    "plotting",
    "problems",
    "quantizers",
    "regularizers",
    "schedules",
    "sets",
    "signs",
    "simulate",
    "stability",
    "testing",
    "theory",
    "verify",
]


def __getattr__(name: str) -> Any:
    """Load what needs more than arrays where it is used."""
    if name == "verify":
        return importlib.import_module("pqtheory.theory").verify
    if name in _ON_DEMAND:
        return importlib.import_module(f"pqtheory.{name}")
    raise AttributeError(f"module 'pqtheory' has no attribute {name!r:.80}")


def __dir__() -> list[str]:
    return sorted(__all__)
