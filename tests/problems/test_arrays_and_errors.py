"""Test problems as functions of arrays: stochastic gradients, shapes, precision, exactness, errors."""

import math
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch

from pqtheory.problems import (
    Huber,
    LogCosh,
    LogisticRegression,
    MatrixFactorisation,
    Problem,
    Quadratic,
    Rastrigin,
    Rosenbrock,
    TanhNetwork,
    TrigonometricSum,
    TwoFunctionToy,
)

from .helpers import points, to_backend

# stochastic gradients


def test_stochastic_gradient_is_reproducible(problem: Problem) -> None:
    x = points(problem, 5)
    first, again, other = (
        problem.stochastic_gradient(x, np.random.default_rng(seed)) for seed in (7, 7, 8)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    assert first.shape == x.shape


def test_without_noise_nothing_is_drawn() -> None:
    rng = np.random.default_rng(0)
    state = rng.bit_generator.state
    x = np.ones((2, 3))
    problem = Rosenbrock(3)
    np.testing.assert_array_equal(problem.stochastic_gradient(x, rng), problem.gradient(x))
    assert rng.bit_generator.state == state


@pytest.mark.parametrize(
    "problem",
    [
        Huber.random(3, 5, batch_size=2),
        TrigonometricSum.random(3, 5, batch_size=2),
        TanhNetwork.random(2, 3, 2, 5, batch_size=2),
    ],
)
def test_minibatch_is_a_mean_over_pairs_of_rows(problem: Any) -> None:
    """With two rows per batch, every draw is the mean of two one-row gradients."""
    x = points(problem, 1)[0]
    one, two = type(problem), problem
    rows = {
        Huber: lambda k: one(two.X[[k]], two.y[[k]]),
        TrigonometricSum: lambda k: one(
            5 * two.amplitudes[[k]], two.frequencies[[k]], two.phases[[k]]
        ),
        TanhNetwork: lambda k: one(
            two._inputs[[k], :2] * math.sqrt(3), two.y[[k]], hidden=3, classes=2
        ),
    }[one]
    singles = np.stack([rows(k).gradient(x) for k in range(5)])
    means = (singles[:, None] + singles[None]) / 2
    draws = two.stochastic_gradient(np.tile(x, (40, 1)), np.random.default_rng(0))
    gap = np.abs(draws[:, None, None] - means).max(axis=-1)
    assert (gap.min(axis=(1, 2)) < 1e-12).all()


# shapes, precision, hygiene


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_float32_stays_float32(problem: Problem, backend: str) -> None:
    x = points(problem, 4)
    narrow = to_backend(x.astype(np.float32), backend)
    rng = np.random.default_rng(0)
    results = problem.value(narrow), problem.gradient(narrow)
    for result in (*results, problem.stochastic_gradient(narrow, rng)):
        assert result.dtype == narrow.dtype
    np.testing.assert_allclose(np.asarray(results[0]), problem.value(x), rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(np.asarray(results[1]), problem.gradient(x), rtol=1e-3, atol=1e-3)


def test_import_is_light() -> None:
    code = (
        "import sys, pqtheory.problems;"
        "sys.exit(any(m in sys.modules for m in ('torch', 'sklearn', 'matplotlib', 'scipy')))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# exactness


def fractions(values: Any) -> np.ndarray:
    array = np.asarray(values)
    exact = np.asarray([Fraction(int(v), 7) for v in array.flat], dtype=object)
    return exact.reshape(array.shape)


EXACT: dict[str, Callable[[], Problem]] = {
    "toy": lambda: TwoFunctionToy(-1),
    "quadratic": lambda: Quadratic(fractions([[3, 1], [1, -2]]), fractions([1, 5])),
    "huber": lambda: Huber(fractions([[1, 2], [3, 4]]), fractions([1, 2]), delta=Fraction(1, 3)),
    "rosenbrock": lambda: Rosenbrock(3),
    "matrix-factorisation": lambda: MatrixFactorisation(fractions([[3, 1], [1, -2], [4, 0]]), 2),
}


@pytest.mark.parametrize("name", EXACT)
def test_fractions_stay_exact(name: str) -> None:
    problem = EXACT[name]()
    theta = fractions(np.random.default_rng(0).integers(-20, 20, (3, problem.dim)))
    value, gradient = problem.value(theta), problem.gradient(theta)
    assert all(isinstance(v, Fraction) for v in value)
    assert all(isinstance(v, Fraction | int) for v in gradient.flat)
    floats = theta.astype(float)
    np.testing.assert_allclose(value.astype(float), problem.value(floats), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(
        gradient.astype(float), problem.gradient(floats), rtol=1e-12, atol=1e-12
    )
    if not isinstance(problem, Huber | MatrixFactorisation):
        drawn = problem.stochastic_gradient(theta, np.random.default_rng(0))
        np.testing.assert_array_equal(drawn, gradient)
        assert all(isinstance(v, Fraction | int) for v in drawn.flat)


def test_exact_values_by_hand() -> None:
    third = np.asarray([Fraction(1, 3)], dtype=object)
    assert TwoFunctionToy(1).value(third) == Fraction(1, 3)
    assert TwoFunctionToy(-1).value(third) == Fraction(-1, 3)
    assert TwoFunctionToy(-1).gradient(third)[0] == -1
    quadratic = Quadratic(fractions([[3, 1], [1, -2]]), fractions([1, 5]))
    theta = np.asarray([Fraction(1, 3), Fraction(1, 2)], dtype=object)
    assert quadratic.value(theta) == Fraction(3, 7 * 18) + Fraction(1, 42) - Fraction(
        2, 7 * 8
    ) + Fraction(1, 21) + Fraction(5, 14)
    assert list(quadratic.gradient(theta)) == [Fraction(5, 14), Fraction(13, 21)]


# errors


def test_wrong_arrays_get_one_clear_error(problem: Problem) -> None:
    n = problem.dim
    for call in (
        problem.value,
        problem.gradient,
        lambda t: problem.stochastic_gradient(t, np.random.default_rng(0)),
    ):
        for wrong in (np.ones(n + 1), np.ones((n, n + 1)), np.float64(1.0)):
            with pytest.raises(ValueError, match=rf"theta: expected shape \(..., {n}\), got"):
                call(wrong)
        for dtype in (np.int64, np.complex128, bool):
            with pytest.raises(TypeError, match="theta: expected a real floating-point array"):
                call(np.ones(n, dtype=dtype))
        with pytest.raises(TypeError, match="theta: expected a real floating-point array"):
            call(torch.ones(n, dtype=torch.int64))


def test_a_quadratic_may_be_asymmetric_by_rounding() -> None:
    rng = np.random.default_rng(0)
    Q, _ = np.linalg.qr(rng.standard_normal((6, 6)))
    A = Q @ np.diag(np.arange(1.0, 7.0)) @ Q.T
    assert (A != A.T).any()
    kept = Quadratic(A, np.ones(6)).A
    np.testing.assert_array_equal(kept, kept.T)
    np.testing.assert_allclose(kept, A, rtol=0, atol=1e-14)
    # what is symmetric stays what it is, to the last bit
    np.testing.assert_array_equal(Quadratic(kept, np.ones(6)).A, kept)


X, y = np.ones((3, 2)), np.ones(3)
LABELS = np.asarray([0, 1, 1])
BAD: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: TwoFunctionToy(0), ValueError, "side: expected 1 or -1, got 0"),
    (lambda: TwoFunctionToy(1.0), TypeError, "side: expected 1 or -1, got 1.0"),  # type: ignore[arg-type]
    (lambda: TwoFunctionToy(True), TypeError, "side"),
    (lambda: TwoFunctionToy(1, noise=-1), ValueError, "noise: expected"),
    (lambda: TwoFunctionToy(1, noise=math.nan), ValueError, "noise: expected"),
    (lambda: TwoFunctionToy(1, noise=math.inf), ValueError, "noise: expected a finite"),
    (lambda: TwoFunctionToy(1, noise=np.ones(2)), TypeError, "noise: expected a number"),
    (lambda: Quadratic([[1, 2]], [1]), ValueError, "A: expected a square matrix"),
    (lambda: Quadratic([[1, 2], [0, 1]], [1, 1]), ValueError, r"\|A - A.T\| = 2"),
    (lambda: Quadratic([[1, 3], [3 - 1e-11, 1]], [1, 1]), ValueError, r"\|A - A.T\| = 1e-11"),
    (
        lambda: Quadratic(np.array([[1, 3], [3 + Fraction(1, 10**20), 1]]), fractions([1, 1])),
        ValueError,
        r"A: expected a symmetric matrix, got one with max \|A - A.T\| = 1e-20",
    ),
    (lambda: Quadratic([[1]], [1], noise="a"), TypeError, "noise: expected a number"),
    (lambda: Quadratic([[1]], [1, 1]), ValueError, "b: expected shape"),
    (lambda: Quadratic([[1, 2], [3]], [1, 1]), ValueError, "A: expected sequences of equal"),
    (lambda: Quadratic([[10**400]], [1]), ValueError, "A: expected numbers within float64"),
    (lambda: Quadratic([[math.nan]], [1]), ValueError, "A: expected finite entries, got nan"),
    (lambda: Quadratic([[1j]], [1]), TypeError, "A: expected real numbers, got dtype complex"),
    (lambda: Quadratic([["a"]], [1]), TypeError, "A: expected real numbers"),
    (lambda: Quadratic([[None]], [1]), TypeError, "A: expected real numbers"),
    (lambda: Quadratic([[1]], [[1]]), ValueError, "b: expected a nonempty array of 1 axes"),
    (lambda: Huber(X, y[:2]), ValueError, "y: expected shape"),
    (lambda: Huber(X[0], y), ValueError, "X: expected a nonempty array of 2 axes"),
    (lambda: Huber(X, y, delta=0), ValueError, "delta: expected"),
    (lambda: Huber(X, y, batch_size=0), ValueError, "batch_size: expected"),
    (lambda: Huber(X, y, batch_size=1.5), TypeError, "batch_size: expected an integer"),  # type: ignore[arg-type]
    (lambda: Huber.random(0, 3), ValueError, "dim: expected"),
    (lambda: Huber.random(1, 0), ValueError, "samples: expected"),
    (lambda: LogCosh(X * math.inf, y), ValueError, "X: expected finite entries, got inf"),
    (lambda: LogCosh.random(1, 1, noise=-1), ValueError, "noise: expected"),
    (lambda: LogCosh.random(1, 1, seed="a"), TypeError, "seed: expected integers >= 0 .* got 'a'"),  # type: ignore[arg-type]
    (lambda: Quadratic.random(1, seed=-1), ValueError, "seed: expected integers >= 0 .* got -1"),
    (
        lambda: Quadratic([[1]], [1]).stochastic_gradient([1], 0),  # type: ignore[arg-type]
        TypeError,
        "rng: expected a numpy.random.Generator, got 0",
    ),
    (lambda: LogisticRegression(X, LABELS), ValueError, r"y: expected labels -1 or \+1, got 0"),
    (lambda: LogisticRegression(X, y[:2]), ValueError, "y: expected shape"),
    (lambda: LogisticRegression(X, y, -0.1), ValueError, "l2: expected"),
    (lambda: Rosenbrock(1), ValueError, "dim: expected an integer"),
    (lambda: Rosenbrock(2, steepness=0), ValueError, "steepness: expected"),
    (lambda: Rastrigin(0), ValueError, "dim: expected"),
    (lambda: Rastrigin(1, a=0), ValueError, "a: expected"),
    (lambda: Rastrigin(1, b=-1), ValueError, "b: expected"),
    (lambda: Rastrigin(1, c=0), ValueError, "c: expected"),
    (lambda: TrigonometricSum([1], X, y), ValueError, "amplitudes: expected shape"),
    (lambda: TrigonometricSum(y, X, [1]), ValueError, "phases: expected shape"),
    (lambda: TrigonometricSum(y, 0 * X, y), ValueError, "amplitudes, frequencies: expected no"),
    (lambda: TrigonometricSum(0 * y, X, y), ValueError, "amplitudes, frequencies: expected no"),
    (lambda: MatrixFactorisation(X, 3), ValueError, "rank: expected"),
    (lambda: MatrixFactorisation(X, 0), ValueError, "rank: expected"),
    (lambda: MatrixFactorisation(y, 1), ValueError, "M: expected a nonempty array of 2 axes"),
    (lambda: TanhNetwork(X, y), TypeError, "y: expected integer labels, got dtype float64"),
    (lambda: TanhNetwork(X, LABELS[:2]), ValueError, "y: expected shape"),
    (lambda: TanhNetwork(X, LABELS - 1), ValueError, "y: expected labels 0, 1, ..., got -1 to 0"),
    (lambda: TanhNetwork(X, LABELS + 1, classes=2), ValueError, "y: expected labels 0 to 1"),
    (lambda: TanhNetwork(X, 0 * LABELS), ValueError, "classes: expected"),
    (lambda: TanhNetwork(X, LABELS, hidden=0), ValueError, "hidden: expected"),
    (lambda: TanhNetwork(X, LABELS, gain=0), ValueError, "gain: expected"),
    (lambda: TanhNetwork(X, LABELS, batch_size=0), ValueError, "batch_size: expected"),
]


@pytest.mark.parametrize(("make", "error", "message"), BAD)
def test_bad_constructor_arguments(
    make: Callable[[], Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        make()
