"""The search for the prox by the value alone, against the exact minimisers and on functions that have none known."""

import math

import numpy as np
import pytest

from pqtheory.quantizers import AlternatingMultiBit
from pqtheory.regularizers import (
    REGISTRY,
    AlternatingDistance,
    Indicator,
    LevelRegularizer,
    Regularizer,
)
from pqtheory.regularizers.brute_force import least_point
from pqtheory.sets import Ternary
from tests.own_parts import HalfDistance, HuberDistance

EXACT = [
    name
    for name, make in REGISTRY.items()
    if isinstance(r := make(), LevelRegularizer) and r.separable and not isinstance(r, Indicator)
]


@pytest.mark.parametrize("weight", [0.0, 0.01, 0.3, 2.5])
@pytest.mark.parametrize("name", EXACT)
def test_it_finds_the_largest_exact_minimiser(name, weight):
    regularizer = REGISTRY[name]()
    theta = np.arange(-12, 13) / 4
    if weight == 0:
        # where 0 times infinity is none
        theta = theta[np.isfinite(regularizer.value(theta[:, None], axis=-1))]
    found = Regularizer.prox_naive(regularizer, theta, weight)
    np.testing.assert_allclose(found, regularizer.prox_naive(theta, weight), atol=1e-6)


@pytest.mark.parametrize("weight", [0.1, 1.0, 10.0])
def test_it_finds_a_valley_among_many(weight):
    def waves(x):
        return 1 - np.cos(20 * x) + (x - 0.3) ** 2

    for t in np.linspace(-1, 1, 9):
        x = least_point(waves, t, weight, 0.0)
        rivals = np.linspace(-3, 3, 600_001)
        costs = (rivals - t) ** 2 / 2 + weight * waves(rivals)
        assert (x - t) ** 2 / 2 + weight * waves(x) <= costs.min() + 1e-12


def test_what_has_no_twin_or_no_minimisers_says_so():
    fitted = AlternatingDistance(AlternatingMultiBit(1))
    with pytest.raises(TypeError, match="prox_naive: expected a separable regularizer"):
        Regularizer.prox_naive(fitted, np.zeros(2), 1.0)
    for own in (HalfDistance(), HuberDistance(Ternary())):
        with pytest.raises(TypeError, match=f"{type(own).__name__}.prox_set: expected"):
            own.prox_set(0.5, 1.0)
        with pytest.raises(TypeError, match=f"{type(own).__name__}.subdifferential: expected"):
            own.subdifferential(np.zeros(2))
        theta = np.array([0.3, math.nan, -2.0])
        np.testing.assert_array_equal(own.prox_naive(theta, math.inf), own.prox(theta, math.inf))
