"""Test problems: formulas against plain loops, gradients, constants."""

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from pqtheory.problems import (
    REGISTRY,
    Huber,
    LogCosh,
    LogisticRegression,
    MatrixFactorisation,
    Problem,
    Quadratic,
    Rastrigin,
    TanhNetwork,
    TrigonometricSum,
    TwoFunctionToy,
)

from .helpers import points

SMOOTH = [name for name, make in REGISTRY.items() if make().smoothness is not None]
SOLVED = [name for name, make in REGISTRY.items() if make().minimisers is not None]
EXACT_FIT = {
    "huber-exact-fit": lambda: Huber.random(4, 12, 3, noise=0, delta=0.7),
    "log-cosh-exact-fit": lambda: LogCosh.random(4, 12, 3, noise=0),
    "few-samples": lambda: LogCosh.random(5, 3),
    "quadratic-flat": lambda: Quadratic([[1, 0], [0, 0]], [2, 0]),
}


# formulas, written out a second time with plain loops


def dot(u: Any, v: Any) -> float:
    return math.fsum(float(a) * float(b) for a, b in zip(u, v, strict=True))


def naive_linear(p: Any, x: Any, phi: Callable[[float], float]) -> float:
    mean = math.fsum(phi(dot(row, x) - t) for row, t in zip(p.X, p.y, strict=True)) / len(p.y)
    return mean + p.l2 / 2 * dot(x, x)


def naive_huber(p: Huber, x: Any) -> float:
    d = p.delta
    return naive_linear(p, x, lambda u: u * u / 2 if abs(u) <= d else d * (abs(u) - d / 2))


def naive_factorisation(p: MatrixFactorisation, x: Any) -> float:
    rows, columns = p.M.shape
    total = 0.0
    for i, j in itertools.product(range(rows), range(columns)):
        U_i = x[i * p.rank : (i + 1) * p.rank]
        V_j = x[(rows + j) * p.rank : (rows + j + 1) * p.rank]
        total += (dot(U_i, V_j) - p.M[i, j]) ** 2
    return total / 2


def naive_tanh(hidden: int, classes: int, gain: float, x: Any) -> float:
    X, y = tanh_data()
    inputs = X.shape[1] + 1
    total = 0.0
    for sample, label in zip(X, y, strict=True):
        s = [*sample, 1.0]
        rows = [x[k * inputs : (k + 1) * inputs] for k in range(hidden)]
        active = [math.tanh(dot(row, s) / math.sqrt(inputs)) for row in rows]
        start = hidden * inputs
        out = [x[start + c * hidden : start + (c + 1) * hidden] for c in range(classes)]
        logits = [gain * dot(row, active) / math.sqrt(hidden) for row in out]
        total += math.log(sum(math.exp(z) for z in logits)) - logits[label]
    return total / len(y)


def tanh_data() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)  # what the registered instance draws
    return rng.standard_normal((12, 3)), rng.integers(0, 3, 12)


NAIVE: dict[str, Callable[[Any, Any], float]] = {
    "huber": naive_huber,
    "log-cosh": lambda p, x: naive_linear(p, x, lambda u: math.log(math.cosh(u))),
    "logistic-regression": lambda p, x: (
        sum(math.log(1 + math.exp(-dot(row, x))) for row in p.X) / 12 + 0.005 * dot(x, x)
    ),
    "matrix-factorisation": naive_factorisation,
    "quadratic": lambda p, x: dot([dot(row, x) for row in p.A], x) / 2 + dot(p.b, x),
    "quadratic-indefinite": lambda p, x: dot([dot(row, x) for row in p.A], x) / 2 + dot(p.b, x),
    "rastrigin": lambda p, x: sum(t * t / 2 + 1 - math.cos(4 * t) for t in x),
    "rosenbrock": lambda p, x: sum(
        100 * (x[i + 1] - x[i] ** 2) ** 2 + (1 - x[i]) ** 2 for i in range(2)
    ),
    "tanh-network": lambda p, x: naive_tanh(4, 3, 4.0, x),
    "trigonometric-sum": lambda p, x: sum(
        a * math.cos(dot(w, x) + q)
        for a, w, q in zip(p.amplitudes, p.frequencies, p.phases, strict=True)
    ),
    "two-function-toy-plus": lambda p, x: abs(x[0] + 0.5) - 0.5,
    "two-function-toy-minus": lambda p, x: abs(x[0] - 0.5) - 0.5,
}


@pytest.mark.parametrize("name", REGISTRY)
def test_value_is_the_formula(name: str) -> None:
    problem = REGISTRY[name]()
    for x in points(problem, 5):
        assert problem.value(x) == pytest.approx(NAIVE[name](problem, x), rel=1e-12, abs=1e-12)


def test_logistic_regression_signs_the_features() -> None:
    X, y = np.asarray([[1.0, 2.0], [3.0, -1.0]]), [1, -1]
    problem = LogisticRegression(X, y)
    x = np.asarray([0.3, -0.2])
    expected = (math.log(1 + math.exp(0.1)) + math.log(1 + math.exp(1.1))) / 2
    assert problem.value(x) == pytest.approx(expected, rel=1e-14)
    assert list(problem.labels) == y


# gradients


def test_gradient_is_that_of_autograd(problem: Problem) -> None:
    x = torch.asarray(points(problem, 8)).requires_grad_(True)
    (expected,) = torch.autograd.grad(problem.value(x).sum(), x)
    torch.testing.assert_close(problem.gradient(x.detach()), expected, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("call", ["value", "gradient", "stochastic_gradient"])
def test_torch_equals_numpy(problem: Problem, call: str) -> None:
    x = points(problem, 6).reshape(2, 3, -1)
    results = []
    for theta in (x, torch.asarray(x)):
        rng = (np.random.default_rng(5),) if call == "stochastic_gradient" else ()
        results.append(getattr(problem, call)(theta, *rng))
    assert isinstance(results[1], torch.Tensor)
    np.testing.assert_allclose(results[1].numpy(), results[0], rtol=1e-12, atol=1e-12)


def test_toy_takes_the_upper_slope_at_the_kink() -> None:
    for side in (1, -1):
        toy = TwoFunctionToy(side)
        np.testing.assert_array_equal(toy.gradient([[-0.5 * side]]), [[1.0]])
        np.testing.assert_array_equal(toy.gradient([[-1.0], [1.0]]), [[-1.0], [1.0]])
        np.testing.assert_array_equal(toy.value([[-1.0], [1.0]]), [0.5 - side / 2, 0.5 + side / 2])


@pytest.mark.parametrize("make", [np.array, torch.tensor])
def test_the_logistic_loss_far_away_and_at_its_bend(make: Any) -> None:
    problem = LogisticRegression([[1.0]], [1])
    far = make(np.array([[math.inf], [-math.inf], [1e308], [-1e308]]))
    assert problem.value(far).tolist() == [0, math.inf, 0, 1e308]
    assert problem.gradient(far).tolist() == [[0], [-1], [0], [-1]]
    zero = torch.zeros(1, requires_grad=True)
    problem.value(zero).backward()
    assert zero.grad is not None
    assert zero.grad.tolist() == [-0.5]


@pytest.mark.parametrize("make", [LogCosh.random, Huber.random, LogisticRegression.random])
def test_linear_models_survive_large_residuals(make: Callable[..., Problem]) -> None:
    problem = make(3, 7)
    far = 1e5 * points(problem, 4)
    assert np.isfinite(problem.value(far)).all()
    assert (np.linalg.norm(problem.gradient(far), axis=-1) < 1e2).all()
    slope = problem.value(2 * far) - problem.value(far)
    np.testing.assert_allclose(slope, np.sum(problem.gradient(far) * far, axis=-1), rtol=1e-3)


# constants


def sampled_ratio(problem: Problem) -> float:
    x = points(problem, 3000, scale=2.0)
    reach = np.geomspace(1e-3, 5.0, len(x))[:, None]
    y = x + reach * points(problem, len(x), seed=2, scale=1.0)
    rise = np.linalg.norm(problem.gradient(x) - problem.gradient(y), axis=-1)
    return float((rise / np.linalg.norm(x - y, axis=-1)).max())


def hessian_norm(problem: Problem, x: np.ndarray) -> float:
    step = 1e-5
    shifts = step * np.eye(problem.dim)
    hessian = (problem.gradient(x + shifts) - problem.gradient(x - shifts)) / (2 * step)
    return float(np.linalg.norm(hessian, 2))


@pytest.mark.parametrize("name", SMOOTH)
def test_smoothness_bounds_the_gradient(name: str) -> None:
    problem = REGISTRY[name]()
    assert problem.smoothness is not None
    ratio = sampled_ratio(problem)
    assert ratio <= problem.smoothness * (1 + 1e-9)
    assert ratio >= 0.1 * problem.smoothness


@pytest.mark.parametrize(
    "name",
    [
        "quadratic",
        "quadratic-indefinite",
        "logistic-regression",
        "rastrigin",
        "trigonometric-sum",
        "huber-exact-fit",
        "log-cosh-exact-fit",
        "few-samples",
    ],
)
def test_smoothness_is_attained_where_claimed(name: str) -> None:
    problem = (REGISTRY | EXACT_FIT)[name]()
    assert problem.smoothness is not None
    at = np.zeros(problem.dim) if problem.minimisers is None else problem.minimisers[0]
    assert hessian_norm(problem, at) == pytest.approx(problem.smoothness, rel=1e-6)


@pytest.mark.parametrize("name", ["rosenbrock", "matrix-factorisation", "two-function-toy-plus"])
def test_problems_without_smoothness_have_none(name: str) -> None:
    problem = REGISTRY[name]()
    assert problem.smoothness is None
    at = np.zeros(problem.dim)
    at[-1] = -0.5  # the kink of the toy
    if name == "two-function-toy-plus":
        steep = np.ptp(problem.gradient(np.stack([at - 1e-6, at + 1e-6]))) / 2e-6
    else:
        steep = hessian_norm(problem, np.full(problem.dim, 1e3))
    assert steep > 1e5


def test_unbounded_quadratics_say_so() -> None:
    for problem in (REGISTRY["quadratic-indefinite"](), Quadratic([[1, 0], [0, 0]], [0, 1e-14])):
        assert problem.lower_bound == -np.inf
        assert problem.minimisers is None


@pytest.mark.parametrize("name", [*SOLVED, *EXACT_FIT])
def test_minimisers_attain_the_lower_bound(name: str) -> None:
    problem = (REGISTRY | EXACT_FIT)[name]()
    assert problem.minimisers is not None
    assert problem.minimisers.shape[1:] == (problem.dim,)
    np.testing.assert_allclose(problem.value(problem.minimisers), problem.lower_bound, atol=1e-12)
    around = problem.minimisers[:, None] + 0.1 * points(problem, 200)
    assert (problem.value(around) >= problem.value(problem.minimisers)[:, None] - 1e-12).all()


@pytest.mark.parametrize("name", [*SOLVED, *EXACT_FIT])
def test_minimisers_are_stationary(name: str) -> None:
    problem = (REGISTRY | EXACT_FIT)[name]()
    x = problem.minimisers
    if isinstance(problem, TwoFunctionToy):
        left, right = problem.gradient(x - 1e-9), problem.gradient(x + 1e-9)
        assert left <= 0 <= right
    else:
        np.testing.assert_allclose(problem.gradient(x), 0, atol=1e-10)


def test_noisy_regressions_claim_no_minimiser() -> None:
    assert REGISTRY["huber"]().minimisers is None
    assert REGISTRY["log-cosh"]().minimisers is None
    assert TrigonometricSum.random(2, 5).minimisers is None


def test_factorisation_bound_is_the_tail_of_the_singular_values() -> None:
    problem = MatrixFactorisation(np.diag([3.0, 2.0, 1.0]), 1)
    assert problem.lower_bound == pytest.approx((2**2 + 1**2) / 2)
    assert MatrixFactorisation(np.diag([3.0, 2.0]), 2).lower_bound == 0


def convexity_gap(problem: Problem) -> float:
    """Largest violation of L((x + y) / 2) <= (L(x) + L(y)) / 2 over random and opposite pairs."""
    x, y = points(problem, 4000), points(problem, 4000, seed=2)
    y[::2] = -x[::2]
    ends = (problem.value(x) + problem.value(y)) / 2
    return float((problem.value((x + y) / 2) - ends).max())


def test_convexity_flag(problem: Problem) -> None:
    gap = convexity_gap(problem)
    assert gap <= 1e-12 if problem.is_convex else gap > 1e-3


@pytest.mark.parametrize(("b", "convex"), [(0.25, True), (0.26, False), (0.0, True)])
def test_rastrigin_is_convex_up_to_a_threshold(b: float, convex: bool) -> None:
    problem = Rastrigin(1, a=1.0, b=b, c=2.0)
    assert problem.is_convex is convex
    x = np.linspace(-3, 3, 20001)[:, None]
    slope_falls = (np.diff(problem.gradient(x)[:, 0]) < -1e-12).any()
    assert bool(slope_falls) is not convex


@pytest.mark.parametrize("make", [np.array, torch.tensor])
@pytest.mark.parametrize(
    ("problem", "theta"),
    [
        # a sum of 2000 losses, a residual, a slope and an entry that float16 has not, though it has the result
        (Huber(np.ones((2000, 1)), np.zeros(2000), delta=1000), [100.0]),
        (Huber([[30.0]], [-64000.0], delta=0.5), [1000.0]),
        (TwoFunctionToy(), [40000.0]),
        (Quadratic([[1e5]], [1.0]), [0.01]),
        (TrigonometricSum([1e5], [[0.1]], [1.4707963]), [1.0]),
    ],
)
def test_half_precision_is_computed_in_float32(problem: Problem, theta: list, make: Any) -> None:
    half = make(theta)
    half = half.astype(np.float16) if make is np.array else half.half()
    wide = half.astype(np.float32) if make is np.array else half.float()
    for found, expected in (
        (problem.gradient(half), problem.gradient(wide)),
        (problem.value_and_gradient(half)[1], problem.gradient(wide)),
        (problem.value(half), problem.value(wide)),
    ):
        assert found.dtype == half.dtype
        np.testing.assert_array_equal(np.asarray(found), np.asarray(expected).astype(np.float16))
    assert np.isfinite(np.asarray(problem.gradient(half))).all()


def test_half_precision_of_minibatches_and_logits() -> None:
    problem = Huber([[30.0]], [-64000.0])
    half = np.array([1000.0], np.float16)
    slope = problem.stochastic_gradient(half, np.random.default_rng(0))
    assert (slope.dtype, slope.tolist()) == (np.float16, [30.0])
    network = TanhNetwork.random(3, 4, 2, 5)
    theta = np.full(network.dim, 0.3, np.float16)
    logits = network.logits(theta, network.X)
    assert logits.dtype == np.float16
    wide = network.logits(theta.astype(np.float32), network.X)
    np.testing.assert_array_equal(logits, wide.astype(np.float16))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_log_cosh_near_0_keeps_its_digits(dtype: Any) -> None:
    """log cosh u = u^2 / 2 - u^4 / 12 + u^6 / 45 - ...; it is never below its bound."""
    problem = LogCosh([[1.0]], [0.0])
    u = np.geomspace(1e-12, 1e-3, 300).astype(dtype)
    square = u.astype(np.longdouble) ** 2
    exact = square / 2 - square**2 / 12 + square**3 / 45
    np.testing.assert_allclose(
        problem.value(u[:, None]), exact.astype(dtype), rtol=8 * np.finfo(dtype).eps
    )
    far = np.array([[0.999], [1.0], [1.001], [30.0], [1e30]], dtype)
    expected = [math.log(math.cosh(float(x))) if x < 99 else float(x) for x in far[:, 0]]
    np.testing.assert_allclose(problem.value(far), expected, rtol=4 * np.finfo(dtype).eps)
