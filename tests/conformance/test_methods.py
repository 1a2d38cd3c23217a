"""Every registered method, on every kind of array: pure, batched, and typed like its start."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch

import pqtheory as pq
from pqtheory.methods import REGISTRY, DualAveraging
from pqtheory.problems import Quadratic

from .helpers import KINDS, Kind, bits, numbers, same_kind

all_methods = pytest.mark.parametrize("name", REGISTRY)
all_kinds = pytest.mark.parametrize("kind", KINDS, ids=str)
A = np.array([[2.0, 0.5, 0.0], [0.5, 1.0, -0.25], [0.0, -0.25, 1.5]])
PROBLEM = Quadratic(A, np.array([0.25, -0.5, 1.0]))
START = np.array([[0.5, -0.25, 1.5], [-0.75, 0.125, 0.375]])


@all_kinds
@all_methods
def test_output_is_on_the_set_and_observe_agrees(name: str, kind: Kind) -> None:
    method = REGISTRY[name](0.125)
    state = method.init(kind.array(START))
    for _ in range(3):
        query, output = method.observe(state)
        assert bits(query) == bits(method.query(state))
        assert bits(output) == bits(method.output(state))
        assert set(np.abs(numbers(output)).flat) == {1.0}
        state = method.step(state, PROBLEM.gradient(query))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@all_methods
def test_torch_is_numpy_up_to_rounding(name: str, dtype: str) -> None:
    method = REGISTRY[name](0.125)
    one, other = (
        pq.simulate(method, PROBLEM, Kind(b, dtype).array(START), 40) for b in ("numpy", "torch")
    )
    slack = 100 * Kind("numpy", dtype).eps
    assert isinstance(other.latent, torch.Tensor)
    for field in ("latent", "quantized", "gradients", "values"):
        np.testing.assert_allclose(
            numbers(getattr(other, field)), getattr(one, field), rtol=slack, atol=slack
        )


@pytest.mark.parametrize("backend", ["numpy", "torch"])
@pytest.mark.parametrize("step_size", [np.float64(0.125), np.float32(0.125), Fraction(1, 8)])
@all_methods
def test_step_sizes_of_any_number_type(name: str, step_size: Any, backend: str) -> None:
    theta = Kind(backend, "float32").array(START)
    for eta in (step_size, pq.schedules.Linear(0 * step_size, step_size)):
        method = REGISTRY[name](eta)
        state = method.init(theta)
        for _ in range(2):
            state = method.step(state, PROBLEM.gradient(method.query(state)))
        assert same_kind(state.latent, theta)
        expected = pq.simulate(REGISTRY[name](0.125), PROBLEM, theta, 2).latent[-1]
        assert bits(state.latent) == bits(expected)


@all_methods
def test_fractions_stay_fractions(name: str) -> None:
    method = REGISTRY[name](Fraction(1, 8))
    exact = Quadratic(
        np.vectorize(Fraction, otypes=[object])(A), [Fraction(1, 4), Fraction(-1, 2), Fraction(1)]
    )
    theta = np.vectorize(Fraction, otypes=[object])(START)
    if method.transcendental:
        with pytest.raises(TypeError, match=rf"got fractions: .*needs {method.transcendental}"):
            pq.simulate(method, exact, theta, 6)
        return
    path = pq.simulate(method, exact, theta, 6)
    for field in ("latent", "quantized", "gradients", "values"):
        assert all(isinstance(v, Fraction) for v in getattr(path, field).flat)
    floats = pq.simulate(method, PROBLEM, START, 6)
    np.testing.assert_allclose(path.latent.astype(float), floats.latent, atol=1e-12)


@all_methods
@pytest.mark.parametrize("theta", [np.arange(3), np.ones(3, dtype=complex), torch.arange(3), "a"])
def test_no_real_start(name: str, theta: Any) -> None:
    with pytest.raises(TypeError, match="theta0: expected a real floating-point array"):
        REGISTRY[name](0.1).init(theta)


@all_methods
@pytest.mark.parametrize("step_size", [0, -0.1, float("nan"), float("inf")])
def test_bad_step_size(name: str, step_size: float) -> None:
    with pytest.raises(
        ValueError, match=rf"step_size: expected a finite number > 0, got {step_size}"
    ):
        REGISTRY[name](step_size)


@all_methods
def test_step_size_of_the_wrong_type(name: str) -> None:
    with pytest.raises(TypeError, match="step_size: expected a number, got 'fast'"):
        REGISTRY[name]("fast")


@all_methods
def test_a_schedule_that_goes_wrong_later(name: str) -> None:
    method = REGISTRY[name](pq.schedules.Linear(-0.25, 0.5))
    message = r"step_size at step 2: expected a finite number > 0, got 0.0"
    with pytest.raises(ValueError, match=message):
        pq.simulate(method, PROBLEM, START, 5)


@all_methods
def test_repr_names_the_parts(name: str) -> None:
    text = repr(REGISTRY[name](0.125))
    assert text.startswith(type(REGISTRY[name](0.125)).__name__)
    # Bop has weights of two signs, and no set to choose
    assert ("Binary(scale=1.0)" in text) == (name != "bop")
    assert "step_size=Constant(value=0.125)" in text
    assert isinstance(REGISTRY[name](0.125), DualAveraging) == ("dual" in name)
