"""The registered regularizers by what they have, and the marks that run a test over all of them.

Beside them two that no test knows by name: they pass because a class carries all that its tests need.
"""

from typing import Any

import numpy as np
import pytest

from pqtheory import regularizers
from pqtheory.regularizers import (
    DistanceL1,
    DistanceL2,
    Indicator,
    LevelRegularizer,
    Regularizer,
)
from pqtheory.sets import Codebook, FiniteSet, Ternary
from tests.own_parts import HalfDistance, HuberDistance

from .helpers import KINDS, WEIGHTS, looped, names, numbers

REGISTRY: dict[str, Any] = {
    **regularizers.REGISTRY,
    "own-ternary": lambda: HuberDistance(Ternary()),
    "own-codebook": lambda: HuberDistance(Codebook((-1.5, -0.25, 0.1, 2.0)), 0.125),
    "own-without-a-set": HalfDistance,
}


def on_levels(r: Regularizer) -> bool:
    """Whether it is on a set with fixed levels."""
    return isinstance(r, LevelRegularizer) and isinstance(r.set, FiniteSet)


def is_finite(r: Regularizer) -> bool:
    """Whether every point has a finite value, so that weight 0 moves nothing: not so for what constrains."""
    return bool(np.isfinite(numbers(r.value(np.array([[3e3, -2e3]])))))


def has_slopes(r: Regularizer) -> bool:
    """Whether it says its subdifferential, and is finite."""
    own = type(r).subdifferential is not Regularizer.subdifferential
    return on_levels(r) and own and is_finite(r)


def has_candidates(r: Regularizer) -> bool:
    """Whether it says where minimisers can lie, so that all of them are known exactly."""
    return isinstance(r, LevelRegularizer) and on_levels(r) and r.has_candidates


def is_distance(r: Regularizer) -> bool:
    """Whether two levels are equally good from halfway between them."""
    return isinstance(r, DistanceL1 | DistanceL2 | Indicator)


FIXED = names(REGISTRY, on_levels)
EXACT = names(REGISTRY, has_candidates)
FINITE = names(REGISTRY, is_finite)
DIFFERENTIABLE = names(REGISTRY, has_slopes)

all_kinds = pytest.mark.parametrize("kind", KINDS, ids=str)
all_regularizers = pytest.mark.parametrize("name", REGISTRY)
fixed_regularizers = pytest.mark.parametrize("name", FIXED)
exact_regularizers = pytest.mark.parametrize("name", EXACT)
all_weights = looped("weight", WEIGHTS)
