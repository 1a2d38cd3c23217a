"""Regularizers at the edges of number: infinite weights beside fractions, infinite theta, half precision, long sums."""

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch

from pqtheory import regularizers
from pqtheory.quantizers import AlternatingMultiBit
from pqtheory.regularizers import AlternatingDistance, DistanceL1, DistanceL2, Indicator, SmoothedL1
from pqtheory.sets import Binary, Codebook, FiniteSet, ScaledBinary, Ternary, UniformGrid

from .helpers import KINDS, Kind, numbers
from .regularizer_cases import FINITE

F = Fraction
NAMES = [*regularizers.REGISTRY]
half_kinds = pytest.mark.parametrize(
    "kind", [k for k in KINDS if k.dtype in ("float16", "bfloat16")], ids=str
)


def on_levels(name: str) -> bool:
    r = regularizers.REGISTRY[name]()
    return isinstance(getattr(r, "set", None), FiniteSet)


FIXED = [name for name in NAMES if on_levels(name)]


# fractions beside an infinity


@pytest.mark.parametrize("name", FIXED)
def test_weights_with_infinity_keep_fractions(name: str) -> None:
    regularizer = regularizers.REGISTRY[name]()
    theta = np.array([F(1, 3), F(7, 5), F(-10, 7), F(0)])
    weight = np.array([F(1, 7), math.inf, F(0), math.inf], dtype=object)
    expected = [regularizer.prox(t, w) for t, w in zip(theta, weight, strict=True)]
    moved = regularizer.prox(theta, weight)
    assert all(type(x) is Fraction for x in moved)
    assert moved.tolist() == expected
    out = theta.copy()
    assert regularizer.prox(theta, weight, out=out) is out
    assert out.tolist() == expected
    envelope = regularizer.envelope(theta, weight)
    assert type(envelope) is Fraction
    assert envelope == sum(regularizer.envelope(t, w) for t, w in zip(theta, weight, strict=True))


def test_weights_with_infinity_by_hand() -> None:
    theta, weight = np.array([F(1, 3), F(1, 3)]), np.array([F(1, 7), math.inf], dtype=object)
    assert DistanceL2(Binary()).prox(theta, weight).tolist() == [F(1, 3) + F(2, 3) / 8, 1]
    assert SmoothedL1(Binary(), F(1, 4)).prox(theta, weight).tolist() == [F(1, 3) + F(1, 7), 1]
    by_row = DistanceL2(ScaledBinary(axis=-1)).prox(
        np.array([[F(1), F(-3)], [F(1), F(-3)]]), np.array([[F(1)], [math.inf]], dtype=object)
    )
    assert by_row.tolist() == [[F(3, 2), F(-5, 2)], [2, -2]]
    assert all(type(x) is Fraction for x in by_row.flat)


# infinite theta


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize("weight", [0.0, 0.01, 1.0, math.inf])
@pytest.mark.parametrize("name", FIXED)
def test_an_infinite_theta_has_no_nan(name: str, weight: float, kind: Kind) -> None:
    regularizer = regularizers.REGISTRY[name]()
    theta = kind.array([math.inf, -math.inf, 0.5])
    rows = kind.array([[math.inf], [-math.inf], [0.5]])
    weights = kind.array([weight] * 3)
    for w in (weight, weights):
        moved = numbers(regularizer.prox(theta, w))
        assert not np.isnan(moved).any()
        if weight == math.inf:
            levels = [float(v) for v in numbers(regularizer.set.levels(theta))]
            assert moved[:2].tolist() == [levels[-1], levels[0]]
    envelope = numbers(regularizer.envelope(rows, weight, axis=-1))
    free = weight == 0 and name in FINITE
    assert envelope[:2].tolist() == [0.0 if free else math.inf] * 2
    assert np.isfinite(envelope[2])


def test_an_infinite_theta_with_a_weight_of_its_own() -> None:
    theta, weight = np.array([math.inf, math.inf, -math.inf]), np.array([0.0, 2.0, math.inf])
    regularizer = DistanceL2(Binary())
    assert regularizer.prox(theta, weight).tolist() == [math.inf, math.inf, -1]
    rows = regularizer.envelope(theta[:, None], weight[:, None], axis=-1)
    assert rows.tolist() == [0, math.inf, math.inf]


# half precision


@pytest.mark.parametrize("make", [np.array, torch.tensor])
@pytest.mark.parametrize("dtype", ["float16", "float32"])
@pytest.mark.parametrize("beyond", [1e39, 1e300, [1e39], [1e300]])
@pytest.mark.parametrize("name", [name for name in FIXED if not name.startswith("affine")])
def test_a_finite_weight_beyond_float32_is_finite(
    name: str, beyond: Any, dtype: str, make: Any
) -> None:
    """It moves what is finite as far as the largest does, and no infinity."""
    regularizer = regularizers.REGISTRY[name]()
    library: Any = np if make is np.array else torch
    theta = make([0.25, -2.0, math.inf, -math.inf], dtype=getattr(library, dtype))
    weight = make(beyond, dtype=library.float64) if isinstance(beyond, list) else beyond
    large = make([1e30], dtype=library.float32) if isinstance(beyond, list) else 1e30
    for operator in (regularizer.prox, lambda t, w: regularizer.envelope(t, w, axis=())):
        np.testing.assert_allclose(
            numbers(operator(theta, weight)), numbers(operator(theta, large)), rtol=0, atol=1e-6
        )


@half_kinds
def test_envelopes_are_weighed_before_they_are_narrowed(kind: Kind) -> None:
    theta, regularizer = kind.array([1000.0]), DistanceL2(Binary())
    # 1/2 w/(1 + w) 999^2, whose parts are out of the range of float16; theta is a number of neither dtype's rounding
    t = float(numbers(theta)[0])
    for weight in (0.01, 0.001, 0.0):
        exact = weight / (1 + weight) * (t - 1) ** 2 / 2
        got = float(numbers(regularizer.envelope(theta, weight)))
        assert got == pytest.approx(exact, rel=2 * kind.eps)
    thin = DistanceL1(Binary()).envelope(kind.array([2000.0] * 1000), 1e-3)
    assert float(thin) == pytest.approx(1000 * (1e-3 * 1999 - 1e-6 / 2), rel=2 * kind.eps)


@half_kinds
@pytest.mark.parametrize("weight", [0.0, 0.05, 3.0, math.inf])
@pytest.mark.parametrize("name", FIXED)
def test_envelopes_of_half_precision_are_those_of_float32_narrowed(
    name: str, weight: float, kind: Kind
) -> None:
    regularizer = regularizers.REGISTRY[name]()
    theta = kind.array(np.linspace(-2, 2, 33)[:, None])
    wide = Kind(kind.backend, "float32").array(numbers(theta))
    expected = numbers(regularizer.envelope(wide, weight, axis=-1))
    got = numbers(regularizer.envelope(theta, weight, axis=-1))
    np.testing.assert_allclose(got, expected, rtol=kind.eps, atol=1e-7)


# the naive twin


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("weight", [0.0, 0.01, 0.1, 0.5, math.inf])
@pytest.mark.parametrize(
    "quantization_set",
    [
        UniformGrid(2, 0, 1),
        UniformGrid(2, -1.5, 1.5),
        UniformGrid(3, -1, 1),
        UniformGrid(4, -1, 2),
        Codebook((0.1, 0.9)),
        Ternary(0.3),
    ],
)
def test_the_naive_twin_has_the_levels_of_the_dtype(
    quantization_set: Any, weight: float, dtype: Any
) -> None:
    """At 0.5 the levels 1/3 and 2/3 tie as fractions, and as numbers of float32 they do not."""
    levels = quantization_set.levels(np.zeros(1, dtype)).astype(np.float64)
    middles = (levels[1:] + levels[:-1]) / 2
    theta = np.concatenate([np.arange(-4, 4.25, 0.25), middles]).astype(dtype)
    for regularizer in (
        DistanceL1(quantization_set),
        DistanceL2(quantization_set),
        Indicator(quantization_set),
        SmoothedL1(quantization_set, 0.01),
    ):
        slack = 8 * float(np.finfo(dtype).eps)
        np.testing.assert_allclose(
            regularizer.prox(theta, weight).astype(float),
            regularizer.prox_naive(theta, weight).astype(float),
            rtol=slack,
            atol=slack,
        )


# sums


@pytest.mark.parametrize(("dtype", "slack"), [(np.float32, 2e-6), (np.float64, 1e-14)])
@pytest.mark.parametrize("backend", ["numpy", "torch"])
@pytest.mark.parametrize("axis", [0, 1, None])
def test_values_are_as_exact_along_one_axis_as_along_another(
    axis: Any, backend: str, dtype: Any, slack: float
) -> None:
    theta = np.full((300_000, 2), 1.3, dtype)
    given = torch.asarray(theta) if backend == "torch" else theta
    each = float(dtype(1.3)) - 1
    for regularizer, share in ((DistanceL1(Binary()), each), (DistanceL2(Binary()), each**2 / 2)):
        value = numbers(regularizer.value(given, axis))
        count = theta.size // np.size(value)
        np.testing.assert_allclose(value / count, share, rtol=slack)
        envelope = numbers(regularizer.envelope(given, math.inf, axis))
        np.testing.assert_allclose(envelope / count, each**2 / 2, rtol=slack)


# weights that are none


@pytest.mark.parametrize(
    "weight",
    [
        np.array([0.1, 0.1 + 5j]),
        np.array([True, False]),
        np.ma.masked_array([0.1, 0.2], [True, False]),
        np.array([0.1, None]),
        torch.tensor([True, False]),
        1j,
        True,
        np.bool_(True),
        "1",
    ],
)
@pytest.mark.parametrize(
    "regularizer",
    [
        DistanceL1(Binary()),
        DistanceL2(ScaledBinary()),
        Indicator(Binary()),
        SmoothedL1(Binary(), 0.25),
        AlternatingDistance(AlternatingMultiBit(1)),
    ],
)
def test_weights_that_are_no_real_numbers(regularizer: Any, weight: Any) -> None:
    theta = np.array([0.5, -0.25])
    for call in (regularizer.prox, regularizer.envelope):
        with pytest.raises(TypeError, match="weight: expected"):
            call(theta, weight)
