"""Update rules: memory (eager or lazy) x the prox of a regularizer at a strength."""

from pqtheory.methods.backward import Backward, Clipped, Fading, inadmissible_pair
from pqtheory.methods.base import Eager, Lazy, Method, State
from pqtheory.methods.binary_connect import BinaryConnect
from pqtheory.methods.binary_relax import BinaryRelax
from pqtheory.methods.bop import Bop
from pqtheory.methods.dampened import Dampened
from pqtheory.methods.dual_averaging import DualAveraging
from pqtheory.methods.eager_pull import EagerPull
from pqtheory.methods.lazy_prox import LazyProx
from pqtheory.methods.maps import Map, Prox
from pqtheory.methods.mirror_descent import MirrorDescent
from pqtheory.methods.parq import PARQ
from pqtheory.methods.projected_sgd import ProjectedSGD
from pqtheory.methods.prox_connect import ProxConnect
from pqtheory.methods.prox_connect_plus import ProxConnectPlus
from pqtheory.methods.prox_quant import ProxQuant
from pqtheory.methods.registry import FULL_PRECISION, REGISTRY, Registered, registered
from pqtheory.methods.soft_levels import SoftLevels

__all__ = [
    "FULL_PRECISION",
    "PARQ",
    "REGISTRY",
    "Backward",
    "BinaryConnect",
    "BinaryRelax",
    "Bop",
    "Clipped",
    "Dampened",
    "DualAveraging",
    "Eager",
    "EagerPull",
    "Fading",
    "Lazy",
    "LazyProx",
    "Map",
    "Method",
    "MirrorDescent",
    "ProjectedSGD",
    "Prox",
    "ProxConnect",
    "ProxConnectPlus",
    "ProxQuant",
    "Registered",
    "SoftLevels",
    "State",
    "inadmissible_pair",
    "registered",
]


def __dir__() -> list[str]:
    """What completion offers."""
    return sorted(__all__)
