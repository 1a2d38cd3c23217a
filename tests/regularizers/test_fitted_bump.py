"""The bump: PARQ's map is its prox, on fixed levels and on fitted ones, also those of some steps ago."""

import math
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
import torch

from pqtheory.networks import optim
from pqtheory.quantizers import AdaptiveTernary, AlternatingMultiBit, GreedyMultiBit
from pqtheory.regularizers import Bump, FittedBump
from pqtheory.schedules import Schedule
from pqtheory.sets import Binary, Codebook, ScaledBinary, Ternary

SETS = [Binary(), Ternary(0.7), Codebook((-1.5, -0.25, 0.1, 2.0, 2.5)), Codebook((3.0,))]


def parq(theta, levels, inverse_slope):
    """As PARQ's authors describe it: the line of slope 1 / s through the midpoint, held between two levels."""
    result = np.empty_like(theta)
    for index, t in np.ndenumerate(theta):
        t = min(max(t, levels[0]), levels[-1])
        cell = min(max(int(np.searchsorted(levels, t, side="right")) - 1, 0), len(levels) - 2)
        low, high = levels[cell : cell + 2]
        middle = (low + high) / 2
        if inverse_slope == 0:
            result[index] = high if t >= middle else low
        else:
            result[index] = min(max(middle + (t - middle) / inverse_slope, low), high)
    return result


@pytest.mark.parametrize("seed", range(20))
def test_parq_s_map_is_the_prox_at_one_minus_its_inverse_slope(seed):
    rng = np.random.default_rng(seed)
    levels = np.sort(rng.normal(size=rng.integers(2, 9)))
    theta = rng.normal(scale=1.5, size=200)
    regularizer = Bump(Codebook(levels.tolist()))
    for s in (1.0, 0.9, 0.5, 0.1, 0.01, 0.0):
        expected = parq(theta, levels, s)
        np.testing.assert_allclose(regularizer.prox(theta, 1 - s), expected, atol=1e-12)
        np.testing.assert_allclose(regularizer.prox_naive(theta, 1 - s), expected, atol=1e-12)
    for w in (1.0, 1.5, 40.0, math.inf):
        np.testing.assert_array_equal(regularizer.prox(theta, w), regularizer.quantize(theta))


@pytest.mark.parametrize("quantization_set", SETS, ids=repr)
def test_no_point_has_a_lower_objective(quantization_set):
    regularizer = Bump(quantization_set)
    levels = quantization_set.level_values
    rivals = np.linspace(levels[0], levels[-1], 2001)
    for t in np.linspace(-3, 3, 61):
        for w in (0.0, 0.1, 0.5, 0.99, 1.0, 3.0):
            x = regularizer.prox(np.array([t]), w)

            def cost(x, t=t, w=w):
                return (x - t) ** 2 / 2 + w * regularizer.value(np.asarray(x)[..., None], axis=-1)

            assert cost(x)[0] <= cost(rivals).min() + 1e-12
    # infinite outside, 0 on the levels, largest halfway between
    assert regularizer.value(np.array([levels[0] - 0.01])) == math.inf
    assert regularizer.value(np.array(levels, dtype=float)) == 0
    for a, b in pairwise(levels):
        assert float(regularizer.value(np.array([(a + b) / 2]))) == pytest.approx((b - a) ** 2 / 8)


def test_fractions_stay_exact_and_levels_bit_for_bit():
    regularizer = Bump(Codebook((Fraction(-7, 3), -1, Fraction(1, 2))))
    theta = np.array([Fraction(i, 7) for i in range(-20, 20)], dtype=object)
    for w in (Fraction(0), Fraction(1, 3), Fraction(9, 10), Fraction(1), Fraction(5)):
        assert (regularizer.prox(theta, w) == regularizer.prox_naive(theta, w)).all()
    assert regularizer.prox_set(Fraction(-1, 4), 2) == (-1, Fraction(1, 2))
    assert regularizer.prox_set(Fraction(-1, 4), Fraction(1, 2)) == (Fraction(-1, 4),)
    for dtype in (np.float32, np.float64):
        levels = np.array([-1.1, 0.3, 0.7], dtype=dtype)
        bump = Bump(Codebook(levels.tolist()))
        for w in (0.0, 1e-6, 0.3, 0.999999):
            np.testing.assert_array_equal(bump.prox(levels, w), levels)


def test_the_subdifferential_is_that_of_the_parabolas_and_their_corners():
    regularizer = Bump(Ternary(1.0))
    low, high = regularizer.subdifferential(
        np.array([-1.5, -1.0, -0.75, -0.5, 0.0, 0.25, 1.0, 2.0])
    )
    inf = math.inf
    np.testing.assert_array_equal(low, [inf, -inf, 0.25, 0, -0.5, 0.25, -0.5, inf])
    np.testing.assert_array_equal(high, [-inf, 0.5, 0.25, 0, 0.5, 0.25, inf, -inf])


def test_a_set_without_levels_is_refused():
    with pytest.raises(TypeError, match="Bump: expected a set with fixed levels"):
        Bump(ScaledBinary())
    with pytest.raises(TypeError, match="quantizer: expected a quantizer"):
        FittedBump(Binary())


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_nearest_fitted_level_is_that_of_the_exact_midpoint(dtype):
    rng = np.random.default_rng(0)
    regularizer = FittedBump(AlternatingMultiBit(2))
    for book in np.sort(rng.standard_normal((40, 4)).astype(dtype)):
        for low, high in pairwise(book):
            middle = (Fraction(float(low)) + Fraction(float(high))) / 2
            at = dtype(float(middle))
            theta = np.array([at, np.nextafter(at, dtype(-9)), np.nextafter(at, dtype(9))])
            expected = [high if Fraction(float(t)) >= middle else low for t in theta]
            assert regularizer.prox_on(theta, book, math.inf).tolist() == expected


def test_its_value_in_half_precision_is_computed_in_float32():
    """Half the product of two distances may be within float16 where the product is not."""
    theta = np.array([[440, -440, 440, -440, 0]], np.float16)
    regularizer = FittedBump(GreedyMultiBit(1))
    assert regularizer.codebooks(theta).tolist() == [-352, 352]
    assert regularizer.value(theta, axis=0).tolist() == [math.inf] * 4 + [352**2 / 2]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize(
    "quantizer",
    [AlternatingMultiBit(1), AlternatingMultiBit(2), GreedyMultiBit(1), AdaptiveTernary()],
    ids=repr,
)
def test_its_value_is_0_on_levels_that_are_fitted_again_but_for_rounding(quantizer, dtype):
    rng = np.random.default_rng(0)
    regularizer = FittedBump(quantizer)
    for size in range(2, 200):
        theta = rng.normal(size=size).astype(dtype)
        on_levels = regularizer.quantize(theta)
        assert 0 <= float(regularizer.value(on_levels)) < 16 * np.finfo(dtype).eps * size
    assert np.isnan(regularizer.value(np.array([1, math.nan, -1], dtype)))


QUANTIZERS = [
    AlternatingMultiBit(2),
    AlternatingMultiBit(3, per="row"),
    GreedyMultiBit(2, per=4),
    AdaptiveTernary(axis=(0, 2)),
    AlternatingMultiBit(1, axis=-1),
]


@pytest.mark.parametrize("make", [np.array, torch.tensor])
@pytest.mark.parametrize("quantizer", QUANTIZERS, ids=repr)
def test_on_fitted_levels_it_is_the_bump_of_each_group(quantizer, make):
    from pqtheory._groups import find_groups

    theta = np.random.default_rng(0).normal(size=(5, 2, 8))
    regularizer = FittedBump(quantizer)
    groups = find_groups(theta.shape, quantizer.axis, quantizer.per)
    books = np.asarray(regularizer.codebooks(make(theta)))
    books = books.reshape(-1, books.shape[-1])
    for w in (0.0, 0.3, 0.99, 1.0, math.inf):
        rows = [
            Bump(Codebook(np.unique(levels).tolist())).prox(row, w)
            for row, levels in zip(groups.rows(np, theta), books, strict=True)
        ]
        expected = groups.entries(np, np.array(rows))
        for weight in (w, torch.tensor(w, dtype=torch.float64)) if make is torch.tensor else (w,):
            found = regularizer.prox(make(theta), weight)
            np.testing.assert_allclose(np.asarray(found), expected, atol=1e-12)
    inside = regularizer.value(make(theta) * 0 + regularizer.quantize(make(theta)))
    assert float(inside) >= 0
    dirty = theta.copy()
    dirty[0, 0, 0] = np.nan
    assert np.isnan(np.asarray(regularizer.prox(make(dirty), 0.5))[0, 0, 0])


def test_a_codebook_of_some_steps_ago_is_used_as_it_is():
    rng = np.random.default_rng(0)
    before, now = rng.normal(size=(2, 6, 10))
    regularizer = FittedBump(AlternatingMultiBit(2, per="row"))
    old = regularizer.codebooks(before)
    found = regularizer.prox_on(now, old, 0.4)
    for row, levels, moved in zip(now, old, found, strict=True):
        expected = Bump(Codebook(levels.tolist())).prox(row, 0.4)
        np.testing.assert_allclose(moved, expected, atol=1e-12)
    np.testing.assert_array_equal(
        regularizer.prox_on(now, regularizer.codebooks(now), 0.4), regularizer.prox(now, 0.4)
    )
    with pytest.raises(ValueError, match=r"codebooks: expected shape \(6, 'L'\), got \(5, 4\)"):
        regularizer.prox_on(now, old[:5], 0.4)
    with pytest.raises(TypeError, match=r"^codebooks: expected Tensor like theta, got ndarray"):
        regularizer.prox_on(torch.tensor(now), old, 0.4)
    with pytest.raises(TypeError, match=r"FittedBump\.envelope"):
        regularizer.envelope(now, 0.4)


class Annealed(Schedule):
    """1 - s, as the inverse slope s goes from 1 to 0."""

    def __call__(self, step):
        return min(max(step, 0) / 20, 1.0)


@pytest.mark.parametrize("fitted", [False, True])
def test_round_an_optimizer_it_is_parq(fitted):
    levels = np.array([-1.5, -0.5, 0.5, 1.5])
    quantizer = AlternatingMultiBit(2, axis=-1)
    regularizer = FittedBump(quantizer) if fitted else Bump(Codebook(levels.tolist()))
    start = np.random.default_rng(0).normal(size=(3, 7))
    parameter = torch.nn.Parameter(torch.tensor(start))
    base = torch.optim.SGD([{"params": [parameter], "quantize": True}], lr=0.1)
    opt = optim.LazyProx(base, regularizer, Annealed())
    latent = start.copy()
    for step in range(30):
        gradient = np.random.default_rng(step).normal(size=latent.shape)
        parameter.grad = torch.tensor(gradient)
        opt.step()
        latent -= 0.1 * gradient
        s = 1 - min((step + 1) / 20, 1.0)
        books = quantizer.quantize(latent)[1] if fitted else np.tile(levels, (3, 1))
        expected = [parq(row, book, s) for row, book in zip(latent, books, strict=True)]
        np.testing.assert_allclose(parameter.detach().numpy(), expected, atol=1e-9)
