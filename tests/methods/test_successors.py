"""The successors of ProxQuant against plain loops, and round torch optimizers from the same description."""

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch

import pqtheory as pq
from pqtheory.methods import (
    PARQ,
    BinaryConnect,
    Clipped,
    Dampened,
    EagerPull,
    Fading,
    LazyProx,
    MirrorDescent,
    ProxConnect,
    ProxConnectPlus,
    ProxQuant,
    SoftLevels,
    inadmissible_pair,
)
from pqtheory.networks.optim import QuantizingOptimizer
from pqtheory.problems import Quadratic
from pqtheory.regularizers import Bump, DistanceL1, DistanceL2, PiecewiseAffine
from pqtheory.schedules import Constant, Hardened, Linear, Polynomial, Summed
from pqtheory.sets import Binary, Codebook, ScaledBinary, Ternary, UniformGrid

PROBLEM = Quadratic([[1.0, 0.5], [0.5, 2.0]], [0.3, -0.7])
START = np.array([0.4, -1.3])
W = DistanceL1(Binary())
AFFINE = PiecewiseAffine(Ternary(), (-2.0, -0.5, 0.5, 2.0))
DECAY = Polynomial(0.2, -0.5, 1)


def run(method: Any, steps: int = 40) -> np.ndarray:
    return pq.simulate(method, PROBLEM, START, steps).latent


def looped(step: Any, steps: int = 40) -> list[np.ndarray]:
    path = [START]
    for t in range(steps):
        path.append(step(path[-1], t))
    return path


# the strength that grows with the step sizes


def test_summed_step_sizes() -> None:
    summed = Summed(Polynomial(Fraction(1), -1, 1), Fraction(1, 2))
    assert [summed(t) for t in (3, 0, 1, 2)] == [
        Fraction(11, 12),
        0,
        Fraction(1, 2),
        Fraction(3, 4),
    ]
    assert Summed(Fraction(1, 3), 2)(6) == 4
    assert Summed(0.25) == Summed(Constant(0.25))
    assert summed == Summed(Polynomial(Fraction(1), -1, 1), Fraction(1, 2))
    with pytest.raises(TypeError, match="schedule: expected a number"):
        Summed("a")


@pytest.mark.parametrize("regularizer", [W, AFFINE, Bump(Binary())])
@pytest.mark.parametrize("step_size", [0.07, DECAY])
def test_prox_connect(regularizer: Any, step_size: Any) -> None:
    eta = step_size if callable(step_size) else lambda t: step_size

    def step(theta: np.ndarray, t: int) -> np.ndarray:
        mapped = regularizer.prox(theta, 0.3 * sum(eta(s) for s in range(t)))
        return theta - eta(t) * PROBLEM.gradient(mapped)

    expected = looped(step)
    np.testing.assert_allclose(run(ProxConnect(regularizer, step_size, 0.3)), expected, atol=1e-12)


def test_prox_connect_needs_one_number() -> None:
    with pytest.raises(TypeError, match="strength: expected a number, got Linear"):
        ProxConnect(W, 0.1, Linear(1))
    with pytest.raises(ValueError, match="strength: expected a number >= 0"):
        ProxConnect(W, 0.1, -1)


def test_parq_is_lazy_prox_of_the_bump_and_ends_as_binary_connect() -> None:
    np.testing.assert_array_equal(
        run(PARQ(0.1, Linear(0.02), set=Ternary())),
        run(LazyProx(Bump(Ternary()), 0.1, Linear(0.02))),
    )
    np.testing.assert_array_equal(run(PARQ(0.1, 1.0)), run(BinaryConnect(0.1)))
    np.testing.assert_array_equal(run(PARQ(0.1, 3)), run(BinaryConnect(0.1)))


# backward quantizers


def test_prox_connect_plus() -> None:
    method = ProxConnectPlus(W, 0.1, 0.5, Fading(0.5))

    def step(theta: np.ndarray, t: int) -> np.ndarray:
        slope = 1 / (1 + 0.5 * theta**2)
        return theta - 0.1 * slope * PROBLEM.gradient(W.prox(theta, 0.5 * 0.1 * t))

    np.testing.assert_allclose(run(method), looped(step), atol=1e-12)
    wide = ProxConnectPlus(W, 0.1, 0.5, Clipped(1e6))
    np.testing.assert_array_equal(run(wide), run(ProxConnect(W, 0.1, 0.5)))
    far = ProxConnectPlus(W, 0.1, 0.5, Clipped(1)).step
    state = pq.methods.State(np.array([1.5, -0.5]), 0)
    assert far(state, np.ones(2)).latent.tolist() == [1.5, -0.6]
    with pytest.raises(TypeError, match="backward: expected a backward quantizer, got 3"):
        ProxConnectPlus(W, 0.1, 0.5, 3)  # type: ignore[arg-type]


POINTS = [Fraction(i, 8) for i in range(-24, 25)]


def test_admissible_pairs() -> None:
    for backward in (Fading(Fraction(1, 2)), Fading(0), Clipped(Fraction(1))):
        for regularizer in (W, AFFINE, Bump(Ternary())):
            method = ProxConnectPlus(regularizer, Fraction(1, 8), 1, backward)
            assert method.inadmissible_pair(POINTS, 4) is None
    assert inadmissible_pair(Binary().project, Fading(Fraction(1)), POINTS) is None
    assert inadmissible_pair(Binary().project, Clipped(), [-1, 0, 1]) is None


def test_a_negative_backward_slope_is_not_admissible() -> None:
    backward = Fading(Fraction(-1))
    method = ProxConnectPlus(W, Fraction(1, 8), 1, backward)
    found = method.inadmissible_pair(POINTS, 400)
    assert found is not None
    u, v = found
    stretched, mapped = (f(np.array([u, v])) for f in (backward.stretched, Binary().project))
    assert (stretched[0] - stretched[1]) * (mapped[0] - mapped[1]) < 0
    # a map that falls is admissible with nothing that rises
    assert inadmissible_pair(lambda t: -t, Fading(Fraction(1)), POINTS) is not None


@pytest.mark.parametrize("backward", [Fading(Fraction(1, 3)), Clipped(Fraction(2))])
def test_t_is_the_integral_of_one_over_b(backward: Any) -> None:
    theta = np.linspace(-1.9, 1.9, 20)
    h = 1e-6
    slope = (backward.stretched(theta + h) - backward.stretched(theta - h)) / (2 * h)
    np.testing.assert_allclose(slope * backward.slope(theta), 1, rtol=1e-8)
    assert backward.stretched(0.0) == 0


# pulls


@pytest.mark.parametrize("strength", [0.4, -0.4, 0])
def test_dampening_with_either_sign(strength: float) -> None:
    def step(theta: np.ndarray, t: int) -> np.ndarray:
        q = np.where(theta >= 0, 1.0, -1.0)
        return theta - 0.1 * (PROBLEM.gradient(q) + strength * (theta - q))

    np.testing.assert_allclose(run(Dampened(0.1, strength)), looped(step), atol=1e-12)


def test_dampening_toward_other_levels() -> None:
    assert Dampened(0.1, 0.4, set=Ternary()) != Dampened(0.1, 0.4)
    flat, start = Quadratic(np.zeros((2, 2)), np.zeros(2)), np.array([0.25, 0.75])
    near = pq.simulate(Dampened(0.1, 1, set=Ternary()), flat, start, 60).latent
    np.testing.assert_allclose(near[-1], [0, 1], atol=0.01)


def test_dampening_toward_and_away() -> None:
    flat, start = Quadratic(np.zeros((1, 1)), np.zeros(1)), np.array([0.25])
    near, far = (pq.simulate(Dampened(0.1, s), flat, start, 30).latent[-1] for s in (1, -1))
    assert abs(near - 1) < 0.05
    assert abs(far) < 0.2
    with pytest.raises(ValueError, match="strength at step 0: expected a finite number, got inf"):
        pq.simulate(Dampened(0.1, math.inf), flat, start, 1)


def test_lazy_gradient_eager_pull() -> None:
    def step(theta: np.ndarray, t: int) -> np.ndarray:
        q = np.where(theta >= 0, 1.0, -1.0)
        moved = theta - 0.1 * PROBLEM.gradient(q)
        levels, w = np.where(moved >= 0, 1.0, -1.0), 0.1 * 0.8
        return (moved + w * levels) / (1 + w)

    method = EagerPull(DistanceL2(Binary()), 0.1, 0.8)
    np.testing.assert_allclose(run(method), looped(step), atol=1e-12)
    np.testing.assert_array_equal(run(EagerPull(W, 0.1, 0)), run(BinaryConnect(0.1)))


# mirror descent


def test_on_two_levels_it_is_tanh() -> None:
    theta = np.linspace(-3, 3, 61)
    np.testing.assert_allclose(SoftLevels(Binary(), 1).apply(theta, 1.7), np.tanh(1.7 * theta))


def test_the_dual_variables_of_a_softmax_stay_on_a_line() -> None:
    """MD-softmax with a dual variable for each level, whose gradient is the level times that of the weight."""
    levels = np.array([-1.0, 0.0, 0.5, 2.0])
    method = MirrorDescent(0.1, Linear(0.1, 1.0), set=Codebook(levels))
    duals = levels * START[:, None] - levels**2 / 2
    for t, latent in enumerate(run(method)):
        shares = np.exp((1 + 0.1 * t) * duals)
        x = (shares * levels).sum(-1) / shares.sum(-1)
        state = pq.methods.State(latent, t)
        np.testing.assert_allclose(method.query(state), x, rtol=1e-10)
        duals = duals - 0.1 * levels * PROBLEM.gradient(x)[:, None]


def test_soft_levels_far_away_and_at_the_ends_of_strength() -> None:
    soft = SoftLevels(UniformGrid(2, -1.0, 2.0), 1)
    theta = np.array([math.inf, -math.inf, math.nan, 0.3, 1e30])
    assert soft.apply(theta, 2.0).tolist()[:2] == [2, -1]
    assert np.isnan(soft.apply(theta, 2.0)[2])
    assert soft.apply(theta, 2.0)[4] == 2
    assert soft.apply(theta, 0.0)[3] == 0.5
    assert soft.apply(theta, math.inf)[3] == soft.apply(theta, 1e9)[3] == 0
    np.testing.assert_array_equal(
        run(MirrorDescent(0.1, Hardened(Constant(1), 0))), run(BinaryConnect(0.1))
    )
    out = np.empty(1)
    assert soft.apply(np.array([0.3]), 2.0, out) is out
    with pytest.raises(TypeError, match="got fractions: SoftLevels needs exp"):
        soft.apply(np.array([Fraction(1, 3)]), 1)
    with pytest.raises(TypeError, match="SoftLevels: expected a set with fixed levels"):
        SoftLevels(ScaledBinary(), 1)  # type: ignore[arg-type]


@pytest.mark.parametrize("make", [np.array, torch.tensor])
def test_soft_levels_at_a_strength_beyond_the_floats_of_theta(make: Any) -> None:
    """Infinite in float32 it would be no number beside a level."""
    theta = make([0.3, -0.2, 0.0, 1.0])
    expected = [1.0, -1.0, 0.0, 1.0]
    for dtype in ("float16", "float32"):
        narrow = theta.astype(dtype) if make is np.array else theta.to(getattr(torch, dtype))
        with np.errstate(over="ignore"):
            for strength in (1e39, make(np.array([1e39]))):
                assert SoftLevels(Binary(), 1).apply(narrow, strength).tolist() == expected
    assert SoftLevels(Binary(), 1).apply(theta, 10**400).tolist() == [1.0, -1.0, 1.0, 1.0]


@pytest.mark.parametrize("make", [np.array, torch.tensor])
def test_soft_levels_where_some_strengths_are_infinite(make: Any) -> None:
    soft = SoftLevels(Binary(), 1)
    theta, strengths = make([0.3, 0.3, 0.0, math.nan]), make([math.inf, 2.0, math.inf, math.inf])
    got = soft.apply(theta, strengths).tolist()
    assert got[:3] == [1.0, float(soft.apply(theta, 2.0)[1]), 1.0]
    assert math.isnan(got[3])
    assert soft.apply(theta, make(math.inf)).tolist()[:3] == [1.0, 1.0, 1.0]


@pytest.mark.parametrize("make", [np.array, torch.tensor])
def test_a_pull_in_half_precision_is_computed_in_float32(make: Any) -> None:
    theta = make([0.999, -1.0])
    theta = theta.astype(np.float16) if make is np.array else theta.half()
    # the strength is beyond float16, its product with the distance is not
    found = Dampened.correct(1e5).apply(theta, 0 * theta, 1e5, Binary().project)
    assert found.dtype == theta.dtype
    np.testing.assert_array_equal(
        np.asarray(found), (1e5 * (np.asarray(theta, np.float32) - [1, -1])).astype(np.float16)
    )
    assert np.isfinite(np.asarray(found)).all()


def test_a_backward_slope_in_half_precision_is_rounded_once() -> None:
    theta = np.linspace(-2, 2, 400).astype(np.float16)
    gradient = np.random.default_rng(0).standard_normal(400).astype(np.float16)
    correction = ProxConnectPlus.correct(Fading(0.7))
    wide = correction.apply(theta.astype(np.float32), gradient.astype(np.float32), 1, abs)
    assert np.array_equal(correction.apply(theta, gradient, 1, abs), wide.astype(np.float16))
    assert not np.array_equal(Fading(0.7).slope(theta) * gradient, wide.astype(np.float16))


def test_soft_levels_do_not_fall() -> None:
    theta = np.linspace(-3, 3, 601)
    for beta in (0.1, 1.0, 30.0):
        assert (np.diff(SoftLevels(Ternary(), 1).apply(theta, beta)) >= 0).all()


# torch optimizers from the same description


@pytest.mark.parametrize(
    ("method", "options", "on_arrays"),
    [
        (
            ProxConnect,
            {"regularizer": W, "strength": Summed(0.125, 0.5)},
            ProxConnect(W, 0.125, 0.5),
        ),
        (PARQ, {"strength": Linear(0.0625)}, PARQ(0.125, Linear(0.0625))),
        (MirrorDescent, {"strength": 1.5}, MirrorDescent(0.125, 1.5)),
        (LazyProx, {"regularizer": AFFINE, "strength": 0.5}, LazyProx(AFFINE, 0.125, 0.5)),
        (
            ProxQuant,
            {"regularizer": Bump(Ternary()), "strength": 0.5},
            ProxQuant(Bump(Ternary()), 0.125, 0.5),
        ),
    ],
)
def test_torch_optimizers(method: Any, options: Any, on_arrays: Any) -> None:
    weight = torch.nn.Parameter(torch.tensor(START))
    base = torch.optim.SGD([{"params": [weight], "quantize": True}], lr=0.125)
    optimizer = QuantizingOptimizer(base, method, **options)
    path = pq.simulate(on_arrays, PROBLEM, START, 12)
    for t in range(12):
        seen = on_arrays.query(pq.methods.State(path.latent[t], t))
        np.testing.assert_allclose(weight.detach().numpy(), seen, atol=1e-12)
        weight.grad = torch.tensor(PROBLEM.gradient(weight.detach().numpy()))
        optimizer.step()
