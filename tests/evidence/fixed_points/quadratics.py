"""Quadratics to try, and their fixed points by brute force."""

import itertools
import math
from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

from pqtheory.problems import Quadratic

SMALL = st.integers(-3, 3)
#: full significands, and exponents so far apart that no common denominator fits 64 bits
FLOATS = st.builds(math.ldexp, st.integers(-(2**52), 2**52), st.sampled_from([-52, -52, -90]))


@st.composite
def quadratics(draw, entries=SMALL, largest=6, dtype=object):
    dim = draw(st.integers(1, largest))
    A = np.zeros((dim, dim), dtype=object)
    for i, j in itertools.combinations_with_replacement(range(dim), 2):
        A[i, j] = A[j, i] = Fraction(draw(entries))
    b = np.array([Fraction(draw(entries)) for _ in range(dim)], dtype=object)
    return Quadratic(A.astype(dtype), b.astype(dtype))


def exact_pushes(problem, s):
    A = [[Fraction(a) for a in row] for row in problem.A]
    b = [Fraction(v) for v in problem.b]
    s = [int(v) for v in s]
    slopes = [sum(a * t for a, t in zip(row, s, strict=True)) for row in A]
    return [own * (g + c) for own, g, c in zip(s, slopes, b, strict=True)]


def all_vertices(dim):
    return list(itertools.product((-1, 1), repeat=dim))


def brute_force(problem, tolerance=0):
    return [
        s for s in all_vertices(problem.dim) if max(exact_pushes(problem, s)) <= Fraction(tolerance)
    ]


def least_push(problem):
    return min(max(exact_pushes(problem, s)) for s in all_vertices(problem.dim))


def as_tuples(found):
    return [tuple(int(v) for v in s) for s in found]


def random_quadratic(dim, seed, diagonal=0):
    rng = np.random.default_rng(seed)
    upper = np.triu(rng.integers(-2, 3, (dim, dim)), 1)
    A = upper + upper.T + np.diag(rng.integers(0, 4, dim) + diagonal)
    return Quadratic(A, rng.integers(-3, 4, dim))


def planted(dim, seed):
    """A positive diagonal throughout, and a vertex whose gradient is -k s with k in {0, 1}^dim."""
    rng = np.random.default_rng(seed)
    A = random_quadratic(dim, seed, diagonal=3).A
    s = 2.0 * rng.integers(0, 2, dim) - 1
    return Quadratic(A, -A @ s - rng.integers(0, 2, dim) * s), s
