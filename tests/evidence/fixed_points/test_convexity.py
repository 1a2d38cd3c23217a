"""The lower bound of the eigenvalues is exact: whatever the factor, A - mu I is positive semidefinite."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pqtheory.evidence.fixed_points.convexity import bounded, curvature
from pqtheory.problems import Quadratic


def is_semidefinite(M):
    """By elimination in fractions."""
    M = [[Fraction(v) for v in row] for row in M]
    for k in range(len(M)):
        if M[k][k] < 0 or (M[k][k] == 0 and any(M[k][k + 1 :])):
            return False
        if M[k][k] > 0:
            for i in range(k + 1, len(M)):
                share = M[i][k] / M[k][k]
                M[i] = [a - share * c for a, c in zip(M[i], M[k], strict=True)]
    return True


def definite(dim, seed, scale=1.0):
    rng = np.random.default_rng(seed)
    B = rng.standard_normal((dim, dim))
    return Quadratic(scale * (B @ B.T + np.eye(dim)), np.zeros(dim))


@pytest.mark.parametrize("scale", [1.0, 2.0**-70, 3e50])
@pytest.mark.parametrize("dim", [1, 2, 7])
def test_it_is_below_every_eigenvalue_and_close(dim, scale):
    problem = definite(dim, dim, scale)
    least = curvature(problem).least
    exact = [[Fraction(v) for v in row] for row in problem.A]
    shifted = [
        [v - (least if i == j else 0) for j, v in enumerate(row)] for i, row in enumerate(exact)
    ]
    assert is_semidefinite(shifted)
    assert least > Fraction(99, 100) * Fraction(float(np.linalg.eigvalsh(problem.A)[0]))


@given(st.integers(0, 100), st.floats(-3, 3), st.integers(-12, 3))
def test_a_wrong_factor_shows_less_and_nothing_false(seed, off, exponent):
    problem = definite(3, seed)
    root = np.linalg.cholesky(problem.A) + off * np.arange(9).reshape(3, 3)
    found = bounded(problem, Fraction(1, 2), root, exponent)
    assert found.least <= Fraction(float(np.linalg.eigvalsh(problem.A)[0])) + Fraction(1, 10**9)
    rebuilt = found.factor @ found.factor.T * found.unit**2
    rest = problem.A.astype(object) - rebuilt
    for i in range(3):
        rest[i, i] -= found.shift
    assert found.shift - found.least >= max(sum(abs(Fraction(v)) for v in row) for row in rest) * (
        1 - Fraction(1, 10**9)
    )


@pytest.mark.parametrize("A", [np.zeros((2, 2)), np.ones((3, 3)), np.diag([1.0, -1.0])])
def test_none_where_it_is_not_definite(A):
    assert curvature(Quadratic(A, np.zeros(len(A)))) is None
