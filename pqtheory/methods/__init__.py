"""Update rules: memory (eager or lazy) x the prox of a regularizer at a strength."""

from collections.abc import Callable, Mapping
from typing import Any

from pqtheory.methods.base import Eager, Lazy, Method, State
from pqtheory.methods.binary_connect import BinaryConnect
from pqtheory.methods.binary_relax import BinaryRelax
from pqtheory.methods.dual_averaging import DualAveraging
from pqtheory.methods.lazy_prox import LazyProx
from pqtheory.methods.maps import Prox
from pqtheory.methods.projected_sgd import ProjectedSGD
from pqtheory.methods.prox_quant import ProxQuant
from pqtheory.regularizers import DistanceL1
from pqtheory.schedules import Linear
from pqtheory.sets import Binary

#: name -> method for a given step size, for the conformance tests, the pictures and the docs
REGISTRY: Mapping[str, Callable[[Any], Method]] = {
    "binary-connect": BinaryConnect,
    "dual-averaging": lambda eta: DualAveraging(Binary(), eta),
    "projected-sgd": lambda eta: ProjectedSGD(Binary(), eta),
    "lazy-prox": lambda eta: LazyProx(DistanceL1(Binary()), eta, strength=0.5),
    "prox-quant": lambda eta: ProxQuant(DistanceL1(Binary()), eta, strength=Linear(0.01)),
    "binary-relax": lambda eta: BinaryRelax(eta, harden_at=50),
}

__all__ = [
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
    "State",
]
