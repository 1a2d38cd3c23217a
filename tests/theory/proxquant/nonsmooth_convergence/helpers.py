"""The W, the rules and the constant of the claim in short names, and random fractions."""

from fractions import Fraction
from typing import Any

import numpy as np

from pqtheory._arrays import Array
from pqtheory.theory.proxquant.nonsmooth_convergence import claim, lemmas

W = lemmas.W
RULES = tuple(claim.BOUNDS)
K = lemmas.first_step_constant


def fractions(rng: np.random.Generator, low: float, high: float, shape: Any = ()) -> Array:
    """Random fractions with the denominator 997."""
    numerators = rng.integers(int(997 * low), int(997 * high) + 1, shape)
    return np.vectorize(lambda n: Fraction(int(n), 997), otypes=[object])(numerators)
