"""Fractions in, fractions out: constants that are floats are fractions too, and quadratics are decided exactly."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pqtheory import simulate
from pqtheory.evidence import fixed_points
from pqtheory.methods import BinaryConnect, ProxQuant
from pqtheory.problems import (
    REGISTRY,
    Huber,
    LogCosh,
    LogisticRegression,
    MatrixFactorisation,
    Problem,
    Quadratic,
    TanhNetwork,
    TrigonometricSum,
    TwoFunctionToy,
)
from pqtheory.regularizers import DistanceL1
from pqtheory.sets import Binary
from pqtheory.stability import is_fixed_point

F = Fraction


def exact(values: Any) -> np.ndarray:
    return np.vectorize(lambda v: Fraction(v), otypes=[object])(np.asarray(values))


def all_fractions(array: Any) -> bool:
    return all(
        type(v) is Fraction and type(v.numerator) is int and type(v.denominator) is int
        for v in np.asarray(array, dtype=object).flat
    )


# a problem of floats on fractions


def test_registered_problems_are_exact_on_fractions_or_say_what_they_need(problem: Problem) -> None:
    theta = exact(np.random.default_rng(0).integers(-20, 20, (3, problem.dim))) / 7
    rng = np.random.default_rng(1)
    calls = (
        problem.value,
        problem.gradient,
        problem.value_and_gradient,
        lambda t: problem.stochastic_gradient(t, rng),
    )
    if problem.transcendental:
        for call in calls:
            with pytest.raises(
                TypeError, match=f"got fractions: .* needs {problem.transcendental}"
            ):
                call(theta)
        return
    value, gradient = problem.value(theta), problem.gradient(theta)
    assert all_fractions(value)
    assert all_fractions(gradient)
    assert all_fractions(problem.stochastic_gradient(theta, rng))
    np.testing.assert_array_equal(problem.value_and_gradient(theta)[0], value)
    np.testing.assert_array_equal(problem.value_and_gradient(theta)[1], gradient)
    floats = theta.astype(float)
    np.testing.assert_allclose(value.astype(float), problem.value(floats), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(
        gradient.astype(float), problem.gradient(floats), rtol=1e-12, atol=1e-12
    )


def test_value_and_gradient_by_hand_from_float_constants() -> None:
    """0.1 and 0.3 stand for the fractions that they are."""
    a, b, t = F(0.1), F(0.3), F(1, 3)
    assert Quadratic([[0.1]], [0.3]).gradient([t]).tolist() == [a * t + b]
    assert Quadratic([[0.1]], [0.3]).value([t]) == a * t * t / 2 + b * t
    huber = Huber([[0.1], [0.3]], [0.1, 5.0], delta=0.1)
    assert huber.gradient([t]).tolist() == [(a * (a * t - a) - b * a) / 2]
    factors = MatrixFactorisation([[0.1]], 1)
    assert factors.gradient([t, b]).tolist() == [(t * b - a) * b, (t * b - a) * t]


def test_fixed_points_are_decided_as_enumeration_and_exact_data_decide_them() -> None:
    A, b = np.array([[0.4, 1.5, 2.1], [1.5, 0, 0], [2.1, 0, 0]]), np.array([-4.0, -99, -99])
    s = exact(np.ones(3))
    # in floats 0.4 + 1.5 + 2.1 - 4 is 0, and as fractions it is not
    assert is_fixed_point(Quadratic(A, b), np.ones(3))
    assert not is_fixed_point(Quadratic(A, b), s)
    assert not is_fixed_point(Quadratic(exact(A), exact(b)), s)
    assert len(fixed_points.enumerate(Quadratic(A, b))) == 0


@given(st.integers(0, 10_000))
def test_exact_vertices_agree_with_enumeration(seed: int) -> None:
    rng = np.random.default_rng(seed)
    half = rng.integers(-9, 10, (4, 4)) / 10
    problem = Quadratic(half + half.T, rng.integers(-40, 41, 4) / 10)
    vertices = 2.0 * (np.arange(16)[:, None] >> np.arange(4)[::-1] & 1) - 1
    found = vertices[is_fixed_point(problem, exact(vertices))]
    np.testing.assert_array_equal(found, fixed_points.enumerate(problem))


# NumPy's integers inside fractions


@pytest.mark.parametrize(
    "made", [lambda i: F(i, 10), lambda i: F(i, np.int64(10)), lambda i: F(np.int64(i)) / 10]
)
@pytest.mark.parametrize(
    "method",
    [
        BinaryConnect(F(1, 10)),
        ProxQuant(DistanceL1(Binary()), F(1, 10), F(1, 3)),
    ],
)
def test_fractions_of_numpy_integers_do_not_overflow(method: Any, made: Any) -> None:
    problem = Quadratic(exact([[2, 1], [1, 3]]), exact([1, -1]))
    starts = np.array([[made(i), made(j)] for i in np.arange(-2, 3) for j in np.arange(-2, 3)])
    given_as_python = [[F(int(i), 10), F(int(j), 10)] for i in range(-2, 3) for j in range(-2, 3)]
    ends = simulate(method, problem, starts, 20).latent[-1]
    assert all_fractions(ends)
    np.testing.assert_array_equal(
        ends, simulate(method, problem, np.array(given_as_python), 20).latent[-1]
    )


def test_constructors_rebuild_fractions_too() -> None:
    third = F(np.int64(1), np.int64(3))
    problem = Quadratic([[third]], [third], noise=third)
    for held in (problem.A, problem.b, [problem.noise], [Binary(third).scale]):
        assert all_fractions(held)


# quadratics: convexity, infimum, minimiser


@pytest.mark.parametrize(
    ("A", "b", "convex", "bound"),
    [
        ([[1, 0], [0, -F(1, 10**13)]], [0, 0], False, -np.inf),
        ([[1, 0], [0, F(1, 10**40)]], [0, 1], True, -F(10**40, 2)),
        ([[1, 0], [0, 0]], [1, F(1, 10**13)], True, -np.inf),
        ([[1, 0], [0, 0]], [1, 0], True, -F(1, 2)),
        ([[0, 0], [0, 0]], [0, 0], True, F(0)),
        ([[0, 1], [1, 0]], [0, 0], False, -np.inf),
        ([[0, 1], [1, 5]], [0, 0], False, -np.inf),
        ([[1, 1], [1, 1]], [3, 3], True, -F(9, 2)),
        ([[1, 1], [1, 1]], [3, -3], True, -np.inf),
        ([[-1]], [0], False, -np.inf),
        ([[10**400]], [10**400], True, -F(10**400, 2)),
    ],
)
def test_exact_quadratics_by_hand(A: Any, b: Any, convex: bool, bound: Any) -> None:
    problem = Quadratic(exact(A), exact(b))
    assert problem.is_convex is convex
    assert problem.lower_bound == bound
    assert (problem.minimisers is None) == (bound == -np.inf)
    if problem.minimisers is not None:
        assert problem.value(problem.minimisers)[0] == bound
        assert not problem.gradient(problem.minimisers).any()


@given(st.integers(0, 10_000), st.integers(1, 4), st.integers(0, 4))
def test_exact_quadratics_of_any_rank(seed: int, dim: int, rank: int) -> None:
    """G G^T is semidefinite and b in its range bounded; less a little of the identity it is neither."""
    rng = np.random.default_rng(seed)
    half = exact(rng.integers(-3, 4, (dim, min(rank, dim) or 1)))
    A, inside = half @ half.T, exact(rng.integers(-3, 4, dim))
    problem = Quadratic(A, A @ inside)
    assert problem.is_convex
    assert problem.lower_bound == -(inside @ A @ inside) / 2
    assert problem.value(problem.minimisers)[0] == problem.lower_bound
    # of all minimisers the shortest: none is shorter by a step toward the one that is known
    gap = -inside - problem.minimisers[0]
    assert problem.minimisers[0] @ gap == 0
    if np.linalg.matrix_rank(half.astype(float)) < dim:
        less = Quadratic(A - F(1, 10**30) * exact(np.eye(dim)), exact(np.zeros(dim)))
        assert not less.is_convex
        assert less.lower_bound == -np.inf


def test_float_quadratics_are_decided_up_to_their_rounding() -> None:
    assert not Quadratic(np.diag([1.0, -1e-13]), np.zeros(2)).is_convex
    assert Quadratic(np.diag([1.0, 0.0]), [1.0, 1e-13]).lower_bound == -np.inf
    rng = np.random.default_rng(0)
    for dim in (2, 10, 60):
        half = rng.standard_normal((dim, dim // 2))
        singular = Quadratic(half @ half.T, half @ half.T @ rng.standard_normal(dim))
        assert singular.is_convex
        assert np.isfinite(singular.lower_bound)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_matrices_are_symmetric_to_their_own_precision(dtype: Any) -> None:
    rng = np.random.default_rng(0)
    basis, _ = np.linalg.qr(rng.standard_normal((30, 30)))
    A = ((basis * np.linspace(1, 5, 30)).astype(dtype) @ basis.T.astype(dtype)).astype(dtype)
    assert (A != A.T).any()
    kept = Quadratic(A, np.zeros(30)).A
    np.testing.assert_array_equal(kept, kept.T)
    with pytest.raises(ValueError, match="A: expected a symmetric matrix"):
        Quadratic(A.astype(np.float64), np.zeros(30))
    wrong = A.copy()
    wrong[0, 1] += dtype(0.5)
    with pytest.raises(ValueError, match="A: expected a symmetric matrix"):
        Quadratic(wrong, np.zeros(30))


def test_an_exact_fit_is_found_exactly() -> None:
    X = exact([[1, 2], [3, 4], [5, 6]])
    theta = exact([F(1, 3), F(-2, 7)])
    assert Huber(X, X @ theta).minimisers.tolist() == [theta.tolist()]
    off = X @ theta
    off[0] += F(1, 10**30)
    assert Huber(X, off).minimisers is None


# what comes in


def test_what_object_arrays_may_hold() -> None:
    for bad, error in [
        (np.nan, ValueError),
        (np.inf, ValueError),
        (None, TypeError),
        ("1", TypeError),
    ]:
        theta = np.array([F(1, 3), bad], dtype=object)
        for call in (
            Quadratic(np.eye(2), [1, 1]).value,
            Binary().project,
            DistanceL1(Binary()).value,
        ):
            with pytest.raises(error, match="theta: expected"):
                call(theta)
    mixed = np.array([F(1, 3), 0.5, 1, np.float32(0.25), np.int64(2)], dtype=object)
    moved = DistanceL1(Binary()).prox(mixed, F(1, 100))
    assert all_fractions(moved)
    assert moved.tolist() == [F(103, 300), F(51, 100), 1, F(26, 100), F(199, 100)]


def test_masked_arrays_are_refused() -> None:
    masked = np.ma.masked_array([1.0, 2.0], mask=[False, True])
    for call in (
        Binary().project,
        TwoFunctionToy().value,
        lambda a: Quadratic(np.eye(2), a),
        lambda a: DistanceL1(Binary()).prox([1.0, 2.0], a),
        lambda a: simulate(BinaryConnect(0.1), Quadratic(np.eye(2), [0, 0]), a, 1),
    ):
        with pytest.raises(TypeError, match="masked"):
            call(masked)


def test_the_registry_has_problems_of_both_kinds() -> None:
    kinds = {bool(make().transcendental) for make in REGISTRY.values()}
    assert kinds == {True, False}
    assert LogisticRegression.transcendental == "exp"


@pytest.mark.parametrize("make", [exact, np.array])
def test_a_problem_does_not_change_with_the_arrays_that_it_was_made_of(make: Any) -> None:
    A, b = make([[2, 1], [1, 3]]), make([1, -1])
    problem = Quadratic(A, b)
    A[0, 0], b[0] = 9, 9
    assert problem.gradient([1.0, 0.0]).tolist() == [3, 0]
    labels = np.array([0, 1])
    network = TanhNetwork(np.eye(2), labels, hidden=2)
    labels[0] = 1
    assert network.y.tolist() == [0, 1]


@pytest.mark.parametrize("make", [np.array, torch.tensor])
@pytest.mark.parametrize(
    "of",
    [
        lambda numbers: Quadratic(numbers([[2, 1], [1, 3]]), numbers([F(1, 2), -1])),
        lambda numbers: Huber(numbers([[2, 1], [1, 3]]), numbers([F(1, 2), -1]), delta=F(3, 4)),
        lambda numbers: LogCosh(numbers([[2, 1], [1, 3]]), numbers([F(1, 2), -1])),
        lambda numbers: MatrixFactorisation(numbers([[F(1, 2)]]), 1),
    ],
)
def test_exact_data_beside_floats_are_floats(of: Any, make: Any) -> None:
    theta = make([0.25, -1.5])
    exact_data, floats = of(exact), of(lambda numbers: np.array(numbers, float))
    for call in (
        lambda p: p.value(theta),
        lambda p: p.gradient(theta),
        lambda p: p.stochastic_gradient(theta, np.random.default_rng(0)),
    ):
        np.testing.assert_array_equal(np.asarray(call(exact_data)), np.asarray(call(floats)))


def test_exact_data_beyond_the_floats() -> None:
    """Constants are infinite, and a bound that is not known is 0; where floats are needed the data are refused."""
    large = exact([[10**400]])
    for make in (Huber, LogCosh):
        assert make(large, exact([1])).smoothness == np.inf
    assert Huber([[1e200]], [1.0]).smoothness == np.inf
    assert Quadratic(large, exact([1])).gradient(torch.ones(1)).tolist() == [np.inf]
    factorised = MatrixFactorisation(large, 1)
    assert (factorised.lower_bound, factorised.minimisers) == (0, None)
    assert factorised.value(exact([10**200, 10**200])) == 0
    for name, make in (
        ("X", lambda: TanhNetwork(large, [1])),
        ("frequencies", lambda: TrigonometricSum([1], large, [1])),
    ):
        with pytest.raises(ValueError, match=f"{name}: expected finite entries, got inf"):
            make()
