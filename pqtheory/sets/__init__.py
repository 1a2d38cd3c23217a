"""Where the levels are: quantization sets with exact projections."""

from collections.abc import Callable, Mapping

from pqtheory.sets.base import Set
from pqtheory.sets.binary import Binary
from pqtheory.sets.codebook import Codebook
from pqtheory.sets.finite import FiniteSet
from pqtheory.sets.scaled_binary import ScaledBinary
from pqtheory.sets.ternary import Ternary
from pqtheory.sets.uniform_grid import UniformGrid

#: name -> instance, for the conformance tests, the pictures and the docs
REGISTRY: Mapping[str, Callable[[], Set]] = {
    "binary": Binary,
    "binary-scaled": lambda: Binary(0.3),
    "ternary": Ternary,
    "uniform-2-bit": lambda: UniformGrid(2, -1.0, 1.0),
    "uniform-4-bit": lambda: UniformGrid(4, -1.0, 2.0),
    "codebook": lambda: Codebook((-1.5, -0.25, 0.1, 2.0)),
    "codebook-one-level": lambda: Codebook((0.5,)),
    "scaled-binary": ScaledBinary,
    "scaled-binary-rows": lambda: ScaledBinary(axis=-1),
}

__all__ = [
    "REGISTRY",
    "Binary",
    "Codebook",
    "FiniteSet",
    "ScaledBinary",
    "Set",
    "Ternary",
    "UniformGrid",
]


def __dir__() -> list[str]:
    """What completion offers."""
    return sorted(__all__)
