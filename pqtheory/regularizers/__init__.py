"""How the pull works: quantization regularizers with their prox."""

from collections.abc import Callable, Mapping

from pqtheory.regularizers.alternating_distance import AlternatingDistance
from pqtheory.regularizers.base import Regularizer
from pqtheory.regularizers.bump import Bump
from pqtheory.regularizers.distance_l1 import DistanceL1
from pqtheory.regularizers.distance_l2 import DistanceL2
from pqtheory.regularizers.fitted_bump import FittedBump
from pqtheory.regularizers.indicator import Indicator
from pqtheory.regularizers.level_regularizer import LevelRegularizer
from pqtheory.regularizers.piecewise_affine import PiecewiseAffine
from pqtheory.regularizers.smoothed_l1 import SmoothedL1
from pqtheory.sets import Binary, Codebook, ScaledBinary, Ternary, UniformGrid

#: name -> instance, for the conformance tests, the pictures and the docs; those of AlternatingDistance are the
#: quantizers' own
REGISTRY: Mapping[str, Callable[[], Regularizer]] = {
    "l1-binary": lambda: DistanceL1(Binary()),
    "l1-binary-scaled": lambda: DistanceL1(Binary(0.3)),
    "l1-ternary": lambda: DistanceL1(Ternary()),
    "l1-codebook": lambda: DistanceL1(Codebook((-1.5, -0.25, 0.1, 2.0))),
    "l1-4-bit": lambda: DistanceL1(UniformGrid(4, -1.0, 2.0)),
    "l2-binary": lambda: DistanceL2(Binary()),
    "l2-ternary": lambda: DistanceL2(Ternary(0.7)),
    "l2-codebook": lambda: DistanceL2(Codebook((-1.5, -0.25, 0.1, 2.0, 2.5))),
    "l2-scaled-binary": lambda: DistanceL2(ScaledBinary()),
    "l2-scaled-binary-rows": lambda: DistanceL2(ScaledBinary(axis=-1)),
    "smoothed-binary": lambda: SmoothedL1(Binary(), 0.25),
    "smoothed-ternary": lambda: SmoothedL1(Ternary(), 0.125),
    "smoothed-codebook": lambda: SmoothedL1(Codebook((-1.5, -0.25, 0.1, 2.0)), 0.05),
    "bump-binary": lambda: Bump(Binary()),
    "bump-ternary": lambda: Bump(Ternary(0.7)),
    "bump-codebook": lambda: Bump(Codebook((-1.5, -0.25, 0.1, 2.0, 2.5))),
    "affine-ternary": lambda: PiecewiseAffine(Ternary(), (-2.0, -0.5, 0.5, 2.0)),
    "affine-codebook": lambda: PiecewiseAffine(Codebook((-1.5, -0.25, 0.1, 2.0))),
    "indicator-binary": lambda: Indicator(Binary()),
    "indicator-2-bit": lambda: Indicator(UniformGrid(2, -1.0, 1.0)),
    "indicator-scaled-binary": lambda: Indicator(ScaledBinary()),
}

__all__ = [
    "REGISTRY",
    "AlternatingDistance",
    "Bump",
    "DistanceL1",
    "DistanceL2",
    "FittedBump",
    "Indicator",
    "LevelRegularizer",
    "PiecewiseAffine",
    "Regularizer",
    "SmoothedL1",
]


def __dir__() -> list[str]:
    """What completion offers."""
    return sorted(__all__)
