r"""A quadratic over the integers: A x + b with A = A' / k, b = b' / k. Floats are rational, so nothing rounds."""

import math
from fractions import Fraction
from typing import Any

import numpy as np

from pqtheory._arrays import EXACT, Array
from pqtheory.problems import Quadratic


def integers(problem: Quadratic) -> tuple[Array, Array, int]:
    """``A'``, ``b'`` as object arrays of Python integers, and the common denominator ``k``."""
    entries = [Fraction(v) for v in (*problem.A.flat, *problem.b)]
    k = math.lcm(*(f.denominator for f in entries))
    whole = np.empty(len(entries), dtype=EXACT)
    whole[:] = [f.numerator * (k // f.denominator) for f in entries]
    split = problem.dim**2
    return whole[:split].reshape(problem.A.shape), whole[split:], k


def push(A: Array, b: Array, s: Any) -> Array:
    """``s_i (A s + b)_i`` as Python integers, for integer ``A``, ``b`` and s of shape (dim,): > 0 drives s_i away."""
    exact = np.empty(len(b), dtype=EXACT)
    exact[:] = [int(v) for v in s]
    result: Array = exact * (A @ exact + b)
    return result
