"""Update rules: memory (eager or lazy) x the prox of a regularizer at a strength."""

from pqtheory.methods.base import Eager, Lazy, Method, State
from pqtheory.methods.binary_connect import BinaryConnect
from pqtheory.methods.binary_relax import BinaryRelax
from pqtheory.methods.dual_averaging import DualAveraging
from pqtheory.methods.lazy_prox import LazyProx
from pqtheory.methods.maps import Prox
from pqtheory.methods.projected_sgd import ProjectedSGD
from pqtheory.methods.prox_quant import ProxQuant
from pqtheory.methods.registry import FULL_PRECISION, REGISTRY, Registered, registered

__all__ = [
    "FULL_PRECISION",
    "REGISTRY",
    "BinaryConnect",
    "BinaryRelax",
    "DualAveraging",
    "Eager",
    "Lazy",
    "LazyProx",
    "Method",
    "ProjectedSGD",
    "Prox",
    "ProxQuant",
    "Registered",
    "State",
    "registered",
]


def __dir__() -> list[str]:
    """What completion offers."""
    return sorted(__all__)
