"""The path of a start does not depend on what else is in the batch, bit for bit."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pqtheory import methods, simulate
from pqtheory.problems import (
    REGISTRY,
    Huber,
    LogisticRegression,
    MatrixFactorisation,
    Problem,
    Quadratic,
    Rastrigin,
    Rosenbrock,
    TanhNetwork,
    TrigonometricSum,
    _rows,
)
from pqtheory.sets import ScaledBinary
from pqtheory.trajectory import FIELDS

LARGER = {
    "huber-50": lambda: Huber.random(50, 300),
    "quadratic-70": lambda: Quadratic.random(70),
    "trigonometric-sum-20": lambda: TrigonometricSum.random(20, 30),
    "logistic-regression-30": lambda: LogisticRegression.random(30, 200, l2=0.1),
}
IN_MEMORY = {
    "rastrigin": lambda: Rastrigin(33),
    "rosenbrock": lambda: Rosenbrock(33),
    "matrix": lambda: MatrixFactorisation.random(7, 9, 3),
    "tanh": lambda: TanhNetwork.random(5, 6, 3, 20),
    "quadratic": lambda: Quadratic.random(33),
}
PROBLEMS = {name: make() for name, make in {**REGISTRY, **LARGER}.items()}
names = st.sampled_from([*PROBLEMS])
dtypes = st.sampled_from([np.float32, np.float64])


def same_bits(one: Any, other: Any) -> bool:
    return np.asarray(one).tobytes() == np.asarray(other).tobytes()


def starts(problem: Problem, count: int, seed: int, dtype: Any) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1.5, 1.5, (count, problem.dim)).astype(dtype)


@given(names, dtypes, st.integers(1, 140) | st.integers(500, 700), st.integers(0, 10**6), st.data())
def test_a_row_is_the_same_in_any_batch(
    name: str, dtype: Any, count: int, seed: int, data: st.DataObject
) -> None:
    problem = PROBLEMS[name]
    batch = starts(problem, count, seed, dtype)
    row = data.draw(st.integers(0, count - 1))
    others = starts(problem, data.draw(st.integers(1, 20)), seed + 1, dtype)
    place = data.draw(st.integers(0, len(others) - 1))
    others[place] = batch[row]
    for call in (problem.value, problem.gradient, lambda t: problem.value_and_gradient(t)[0]):
        expected = call(batch)[row]
        assert same_bits(call(batch[row]), expected)
        assert same_bits(call(others)[place], expected)
        assert same_bits(call(others[:, None])[place, 0], expected)


@given(names, dtypes, st.sampled_from([*methods.REGISTRY]), st.integers(2, 20), st.integers(0, 999))
def test_a_path_is_the_same_in_any_batch(
    name: str, dtype: Any, method_name: str, count: int, seed: int
) -> None:
    problem, method = PROBLEMS[name], methods.REGISTRY[method_name](2.0**-10)
    batch = starts(problem, count, seed, dtype)
    whole = simulate(method, problem, batch, 12)
    for row in {0, count // 2, count - 1}:
        alone = simulate(method, problem, batch[row], 12)
        for field in FIELDS:
            assert same_bits(getattr(alone, field), getattr(whole, field)[:, row]), field


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ["rastrigin", "rosenbrock", "matrix", "tanh", "quadratic"])
def test_a_row_is_the_same_however_the_batch_lies_in_memory(name: str, dtype: Any) -> None:
    problem = IN_MEMORY[name]()
    batch = starts(problem, 12, 0, dtype)
    alone = [(problem.value(row), problem.gradient(row)) for row in batch]
    columns, reversed_ = np.asfortranarray(batch), batch[:, ::-1].copy()[:, ::-1]
    for stored in (columns, reversed_, np.repeat(batch, 2, axis=1)[:, ::2]):
        for row, found in enumerate(zip(*problem.value_and_gradient(stored), strict=True)):
            assert same_bits(found[0], alone[row][0])
            assert same_bits(found[1], alone[row][1])
        assert same_bits(problem.value(stored), [value for value, _ in alone])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_path_is_the_same_however_the_starts_lie_in_memory(dtype: Any) -> None:
    problem = Quadratic.random(33)
    method = methods.BinaryConnect(0.1, set=ScaledBinary(axis=-1))
    batch = starts(problem, 9, 1, dtype)
    whole = simulate(method, problem, np.asfortranarray(batch), 8)
    for row in (0, 4, 8):
        alone = simulate(method, problem, batch[row], 8)
        for field in FIELDS:
            assert same_bits(getattr(alone, field), getattr(whole, field)[:, row]), field


def test_huber_from_0_alone_and_in_a_batch_of_two() -> None:
    problem = Huber([[0.3, -0.3, 0.4, 0.1], [0.1, -0.3, 0.3, -0.6]], [0.1, -0.1])
    method = methods.BinaryConnect(0.1)
    alone = simulate(method, problem, np.zeros(4), 60)
    pair = simulate(method, problem, np.zeros((2, 4)), 60)
    np.testing.assert_array_equal(alone.quantized, pair.quantized[:, 0])
    np.testing.assert_array_equal(alone.latent, pair.latent[:, 1])


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize(
    "shape", [(0, 3), (3,), (1, 3), (9, 3), (2, 0, 3), (3, 5, 3), (150, 3), (5000, 3)]
)
def test_products_of_rows(shape: tuple[int, ...], dtype: Any) -> None:
    rng = np.random.default_rng(0)
    theta, matrix = (
        rng.standard_normal(shape).astype(dtype),
        rng.standard_normal((3, 4)).astype(dtype),
    )
    product = _rows.times(np, theta, matrix)
    assert product.dtype == dtype
    slack = 8 * np.finfo(dtype).eps
    expected = theta.astype(float) @ matrix.astype(float)
    np.testing.assert_allclose(product, expected, rtol=slack, atol=slack)
    along = _rows.dot(np, theta, theta[..., ::-1])
    assert along.dtype == dtype
    expected = np.sum(theta.astype(float) * theta[..., ::-1].astype(float), axis=-1)
    np.testing.assert_allclose(along, expected, rtol=slack, atol=slack)


@pytest.mark.parametrize("count", [0, 1, 51, 52, 153])
@pytest.mark.parametrize("dim", [1, 10, 256, 600])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_row_added_to_many(dtype: Any, dim: int, count: int) -> None:
    rng = np.random.default_rng(0)
    theta = rng.standard_normal((count, 1, dim)).astype(dtype)
    row = rng.standard_normal(dim).astype(dtype)
    expected = theta + row
    assert np.array_equal(_rows.plus(np, theta[..., ::-1], row), theta[..., ::-1] + row)
    given = theta.copy()
    assert np.array_equal(_rows.plus(np, given, row), expected)
    assert np.array_equal(given, theta)
    added = _rows.plus(np, given, row, reuse=True)
    assert added.dtype == dtype
    assert np.array_equal(added, expected)


@pytest.mark.parametrize(
    ("alike", "same", "small", "large"),
    [
        (8, 4096, (4096, 512, 64, 8), (8,)),
        (8, 100, (64, 8), (8,)),
        (8, 0, (8,), (8,)),
        (2, 4096, (4096, 512, 64, 2), (2,)),
        (1, 0, (1,), (1,)),
    ],
)
def test_blocks_whose_rows_differ_are_not_taken(
    monkeypatch: pytest.MonkeyPatch,
    alike: int,
    same: int,
    small: tuple[int, ...],
    large: tuple[int, ...],
) -> None:
    """A BLAS that treats rows alike up to some size, and gives blocks up to another the same."""
    measures: set[int] = set()

    def is_same(rows: Any, matrix: Any, size: int) -> bool:
        measures.add(size)
        return len(rows) <= same

    monkeypatch.setattr(_rows, "_alike", lambda rows, matrix: len(rows) <= alike)
    monkeypatch.setattr(_rows, "_same", is_same)
    _rows._block_sizes.cache_clear()
    assert _rows._block_sizes(3, 4, np.dtype(np.float64), False) == small
    assert _rows._block_sizes(300, 100, np.dtype(np.float64), False) == large
    assert measures == {alike}
    theta, matrix = np.random.default_rng(0).standard_normal((2, 700, 3)).copy(), np.ones((3, 4))
    np.testing.assert_allclose(_rows.times(np, theta, matrix), theta @ matrix, atol=1e-14)
    _rows._block_sizes.cache_clear()


def test_rows_are_alike_where_a_product_is_the_same_wherever_they_stand() -> None:
    rows = np.random.default_rng(0).standard_normal((4, 3))
    assert _rows._alike(rows, np.eye(3))

    class Uneven:
        """Adds the number of the row to its product."""

        __array_priority__ = 1000

        def __rmatmul__(self, other: Any) -> Any:
            return other + np.arange(other.shape[-2])[:, None]

        __array_ufunc__ = None

    assert not _rows._alike(rows, Uneven())
    assert _rows._same(rows, np.eye(3), 2)
    assert not _rows._same(rows, Uneven(), 2)
