"""Every regularizer and what it may be given: shapes, dtypes, nan, weights, wrong arguments, tensors that learn."""

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch

from pqtheory._elementwise import numpy_block, torch_block
from pqtheory.regularizers import DistanceL1, DistanceL2, Indicator, SmoothedL1
from pqtheory.sets import Binary, Codebook, ScaledBinary

from .helpers import KINDS, Kind, bits, looped, names, numbers, same_kind, sample_points
from .regularizer_cases import (
    DIFFERENTIABLE,
    FIXED,
    REGISTRY,
    all_kinds,
    all_regularizers,
    all_weights,
    fixed_regularizers,
    is_distance,
)

COUPLED = names(REGISTRY, lambda r: not r.separable)
INDICATORS = [n for n in FIXED if isinstance(REGISTRY[n](), Indicator)]
SHAPES = [(), (0,), (7,), (3, 4), (2, 0, 3), (2, 3, 4)]


# arrays in, arrays out


@all_kinds
@all_regularizers
@looped("shape", SHAPES)
def test_shape_dtype_and_inputs(name: str, kind: Kind, shape: tuple[int, ...]) -> None:
    if name == "l2-scaled-binary-rows":
        shape = shape or (1,)  # a number has no rows
    regularizer = REGISTRY[name]()
    theta = kind.array(np.random.default_rng(0).standard_normal(shape))
    weight = kind.array(np.full((1,) * len(shape), 0.3))
    before = bits(theta)
    result = regularizer.prox(theta, 0.3)
    assert same_kind(result, theta)
    assert same_kind(regularizer.prox(theta, weight), theta)
    assert bits(weight) == bits(kind.array(np.full((1,) * len(shape), 0.3)))
    out = kind.array(np.full(shape, 7.0))
    assert regularizer.prox(theta, 0.3, out=out) is out
    assert bits(out) == bits(result)
    assert bits(theta) == before
    assert regularizer.prox(theta, 0.3, out=theta) is theta
    assert bits(theta) == bits(result)


@all_kinds
@all_regularizers
def test_non_contiguous(name: str, kind: Kind) -> None:
    regularizer = REGISTRY[name]()
    values = np.random.default_rng(0).standard_normal((6, 8))
    whole = kind.array(values)
    for view, copy in (
        (whole[::2, 1::3], kind.array(values[::2, 1::3])),
        (whole.T, kind.array(values.T)),
        (whole[0, ::2], kind.array(values[0, ::2])),
    ):
        expected = numbers(regularizer.prox(copy, 0.3))
        got = numbers(regularizer.prox(view, 0.3))
        np.testing.assert_allclose(got, expected, rtol=4 * kind.eps, atol=kind.eps)
    out = kind.array(np.zeros((16, 6)))[::2].T
    regularizer.prox(whole, 0.3, out=out)
    assert bits(out) == bits(regularizer.prox(whole, 0.3))


@pytest.mark.parametrize(
    "kind", [Kind("numpy", "float32"), Kind("torch", "float32"), Kind("torch", "bfloat16")], ids=str
)
@all_regularizers
def test_large_arrays_in_blocks(name: str, kind: Kind) -> None:
    block = numpy_block() if kind.backend == "numpy" else torch_block(torch)
    theta = kind.array(np.random.default_rng(0).standard_normal((2, block // 2 + 11)))
    regularizer = REGISTRY[name]()
    result = regularizer.prox(theta, 0.3)
    assert same_kind(result, theta)
    if regularizer.separable:
        for i in (0, block // 2 - 50):
            piece = regularizer.prox(theta[:, i : i + 99], 0.3)
            assert bits(piece) == bits(result[:, i : i + 99])
    assert regularizer.prox(theta, 0.3, out=theta) is theta
    assert bits(theta) == bits(result)


@all_regularizers
def test_python_numbers_and_lists(name: str) -> None:
    regularizer = REGISTRY[name]()
    assert regularizer.prox([0.25, -2], 1).dtype == np.float64
    assert regularizer.prox_naive([0.25, -2], 1).dtype == np.float64
    if name != "l2-scaled-binary-rows":
        assert isinstance(regularizer.prox(0.25, 0.5), np.float64)
        assert regularizer.prox(0.25, 0.5) == regularizer.prox(np.array([0.25]), 0.5)[0]


@all_kinds
@all_weights
@all_regularizers
def test_nan_stays_where_it_is(name: str, weight: float, kind: Kind) -> None:
    regularizer = REGISTRY[name]()
    values = np.array([[0.5, np.nan, -2.0], [0.25, 1.0, -0.125]])
    x = numbers(regularizer.prox(kind.array(values), weight))
    clean = np.where(np.isnan(values), 0.0, values)
    spoilt = np.isnan(values)
    if not regularizer.separable:
        spoilt = np.array([[True] * 3, [regularizer.set.axis is None] * 3])
    np.testing.assert_array_equal(np.isnan(x), spoilt)
    if regularizer.separable:
        without = numbers(regularizer.prox(kind.array(clean), weight))
        np.testing.assert_array_equal(x[~spoilt], without[~spoilt])
        assert np.isnan(numbers(regularizer.value(kind.array(values), axis=1))).tolist() == [
            True,
            False,
        ]


@pytest.mark.parametrize("name", REGISTRY)
def test_subdifferential_of_nan(name: str) -> None:
    regularizer = REGISTRY[name]()
    if isinstance(regularizer, DistanceL2) and name in COUPLED:
        with pytest.raises(
            TypeError, match=r"DistanceL2.subdifferential: expected a set with fixed"
        ):
            regularizer.subdifferential(np.array([1.0]))
        return
    if name not in DIFFERENTIABLE and name not in INDICATORS:
        return
    for kind in KINDS:
        low, high = regularizer.subdifferential(kind.array([0.5, np.nan, -2.0]))
        assert np.isnan(numbers(low)).tolist() == [False, True, False]
        assert np.isnan(numbers(high)).tolist() == [False, True, False]


@all_kinds
@all_weights
@fixed_regularizers
def test_infinity(name: str, weight: float, kind: Kind) -> None:
    regularizer = REGISTRY[name]()
    theta = kind.array([-np.inf, np.inf])
    x = numbers(regularizer.prox(theta, weight))
    if weight == math.inf or isinstance(regularizer, Indicator):
        levels = numbers(regularizer.set.levels(theta))
        assert x.tolist() == [levels[0], levels[-1]]
    elif is_distance(regularizer) or isinstance(regularizer, SmoothedL1):
        assert x.tolist() == [-np.inf, np.inf]
        assert float(regularizer.value(theta)) == math.inf
    else:
        assert x[0] <= x[1]


def test_far_away_nothing_overflows() -> None:
    for regularizer in (SmoothedL1(Binary(), 0.25), DistanceL1(Binary())):
        far = np.array([1e200, -1e200])
        assert regularizer.value(far) == 2e200
        np.testing.assert_array_equal(regularizer.prox(far, 0.5), far)


# weights


@all_kinds
@all_regularizers
def test_weights_per_row(name: str, kind: Kind) -> None:
    regularizer = REGISTRY[name]()
    if not regularizer.separable and regularizer.set.axis is None:
        return
    theta = kind.array(np.random.default_rng(0).standard_normal((4, 5)))
    weights = [0.0, 0.125, 0.5, math.inf]
    expected = [numbers(regularizer.prox(theta[i : i + 1], w))[0] for i, w in enumerate(weights)]
    column = np.array(weights)[:, None]
    for array in (kind.array(column), column, column.astype(np.float32)):
        got = numbers(regularizer.prox(theta, array))
        np.testing.assert_allclose(got, expected, rtol=4 * kind.eps, atol=2 * kind.eps)


@pytest.mark.parametrize("backend", ["numpy", "torch"])
@pytest.mark.parametrize(
    "weight", [np.float32(0.5), np.float64(0.5), np.array(0.5), Fraction(1, 2)]
)
@all_regularizers
def test_numbers_of_any_type_are_weights(name: str, weight: Any, backend: str) -> None:
    regularizer = REGISTRY[name]()
    theta = Kind(backend, "float32").array([0.3, -0.8, 1.7])
    result = regularizer.prox(theta, weight)
    assert same_kind(result, theta)
    assert bits(result) == bits(regularizer.prox(theta, 0.5))
    assert bits(regularizer.envelope(theta, weight)) == bits(regularizer.envelope(theta, 0.5))


@pytest.mark.parametrize("method", ["prox", "envelope", "prox_naive"])
@pytest.mark.parametrize(
    ("weight", "error", "message"),
    [
        (-0.1, ValueError, "weight: expected a number >= 0, got -0.1"),
        (math.nan, ValueError, "weight: expected a number >= 0, got nan"),
        (np.array([0.1, -0.1]), ValueError, "weight: expected a number >= 0, got array"),
        (np.array([0.1, np.nan]), ValueError, "weight: expected a number >= 0, got array"),
        ("a", TypeError, "weight: expected a number, got 'a'"),
        (None, TypeError, "weight: expected a number, got None"),
        (True, TypeError, "weight: expected a number, got True"),
        (1j, TypeError, "weight: expected a number, got 1j"),
        (
            np.ones(3),
            ValueError,
            r"weight: expected a shape that broadcasts to \(\d,\), got \(3,\)",
        ),
        (np.ones((2, 2)), ValueError, r"weight: expected a shape that broadcasts to \(\d,\)"),
        (torch.ones(2), TypeError, "weight: expected a number or an array of theta's library"),
    ],
)
@pytest.mark.parametrize(
    "name", ["l1-binary", "l2-codebook", "l2-scaled-binary", "smoothed-ternary"]
)
def test_bad_weight(
    name: str, method: str, weight: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        getattr(REGISTRY[name](), method)(np.array([0.3, 0.4]), weight)


@pytest.mark.parametrize(
    "name", ["l1-binary", "l2-codebook", "l2-scaled-binary", "smoothed-ternary"]
)
def test_bad_torch_weight(name: str) -> None:
    regularizer, theta = REGISTRY[name](), torch.ones(2)
    with pytest.raises(ValueError, match="weight: expected numbers >= 0, got tensor"):
        regularizer.prox(theta, torch.tensor([0.1, -0.1]))
    with pytest.raises(ValueError, match=r"weight: expected a shape that broadcasts to \(\d,\)"):
        regularizer.prox(theta, torch.ones(3))


@pytest.mark.parametrize("make", [DistanceL2, Indicator])
def test_coupled_coordinates_share_their_weight(make: Any) -> None:
    theta = np.array([[0.5, -1.0], [2.0, 0.25]])
    with pytest.raises(ValueError, match=r"broadcasts to \(1, 1\), got \(2, 1\)"):
        make(ScaledBinary()).prox(theta, np.array([[0.1], [0.2]]))
    with pytest.raises(ValueError, match=r"broadcasts to \(2, 1\), got \(2,\)"):
        make(ScaledBinary(axis=1)).prox(theta, np.array([0.1, 0.2]))
    make(ScaledBinary(axis=1)).prox(theta, np.array([[0.1], [0.2]]))


# wrong arguments


@all_regularizers
@pytest.mark.parametrize(
    "theta", [np.arange(3), np.ones(3, dtype=complex), torch.arange(3), "abc", None]
)
def test_no_real_array(name: str, theta: Any) -> None:
    regularizer = REGISTRY[name]()
    for call in (
        lambda: regularizer.value(theta),
        lambda: regularizer.prox(theta, 0.5),
        lambda: regularizer.envelope(theta, 0.5),
        lambda: regularizer.prox_naive(theta, 0.5),
    ):
        with pytest.raises(TypeError, match="theta: expected a real floating-point array"):
            call()


@fixed_regularizers
def test_naive_twin_refuses_infinity(name: str) -> None:
    with pytest.raises(ValueError, match="theta: expected a finite number, got inf"):
        REGISTRY[name]().prox_naive(np.array([1.0, np.inf]), 0.5)


@pytest.mark.parametrize("make", [DistanceL1, lambda s: SmoothedL1(s, 0.1)])
def test_fixed_levels_needed(make: Any) -> None:
    with pytest.raises(TypeError, match=r"expected a set with fixed levels .* got ScaledBinary"):
        make(ScaledBinary())


@pytest.mark.parametrize("make", [DistanceL2, Indicator])
def test_set_needed(make: Any) -> None:
    with pytest.raises(TypeError, match="set: expected a quantization set, got 3"):
        make(3)


@pytest.mark.parametrize("epsilon", [0, -0.1, math.nan, math.inf, 0.51, "a"])
def test_bad_epsilon(epsilon: Any) -> None:
    with pytest.raises((ValueError, TypeError), match=rf"epsilon: expected .*got .*{epsilon}"):
        SmoothedL1(Binary(), epsilon)
    SmoothedL1(Codebook([0.5]), 7.0)  # one level: no gap, any width


@pytest.mark.parametrize(
    ("theta", "weight", "error", "message"),
    [
        (np.array([0.5]), 0.5, TypeError, "theta: expected one number, got array"),
        (torch.ones(1), 0.5, TypeError, "theta: expected one number, got tensor"),
        ("a", 0.5, TypeError, "theta: expected a number, got 'a'"),
        (math.nan, 0.5, ValueError, "theta: expected a finite number, got nan"),
        (math.inf, 0.5, ValueError, "theta: expected a finite number, got inf"),
        (0.5, -1, ValueError, "weight: expected a number >= 0, got -1"),
        (0.5, math.nan, ValueError, "weight: expected a number >= 0, got nan"),
        (0.5, np.ones(2), TypeError, "weight: expected one number"),
    ],
)
def test_bad_prox_set(theta: Any, weight: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        DistanceL1(Binary()).prox_set(theta, weight)


@pytest.mark.parametrize("name", COUPLED)
def test_coupled_sets_have_no_prox_set(name: str) -> None:
    with pytest.raises(TypeError, match=r"prox_set: expected a set with fixed levels .*got Scaled"):
        REGISTRY[name]().prox_set(0.0, 1.0)


# torch


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_autograd_through_the_value(name: str) -> None:
    regularizer = REGISTRY[name]()
    theta = ((torch.arange(83, dtype=torch.float64) - 41.37) / 14).requires_grad_()
    regularizer.value(theta).backward()
    low, high = regularizer.subdifferential(theta.detach())
    assert theta.grad is not None
    smooth = (high - low) < 1e-9
    assert smooth.sum() > 70
    np.testing.assert_allclose(theta.grad[smooth].numpy(), low[smooth].numpy(), atol=1e-12)
    assert torch.autograd.gradcheck(regularizer.value, theta.detach()[smooth].requires_grad_())


def test_autograd_at_a_level_is_zero_and_finite() -> None:
    for name in DIFFERENTIABLE:
        regularizer = REGISTRY[name]()
        theta = regularizer.set.levels(torch.zeros(1)).requires_grad_()
        regularizer.value(theta).backward()
        assert theta.grad is not None
        assert not theta.grad.any()


def test_autograd_through_a_coupled_value() -> None:
    theta = torch.tensor([[0.3, -1.2, 0.9], [2.0, 0.1, -0.4]], dtype=torch.float64)
    regularizer = DistanceL2(ScaledBinary(axis=-1))
    assert torch.autograd.gradcheck(regularizer.value, theta.requires_grad_())
    # envelope theorem: the gradient is t - P(t)
    (gradient,) = torch.autograd.grad(regularizer.value(theta), theta)
    expected = theta.detach() - regularizer.set.project(theta.detach())
    np.testing.assert_allclose(gradient.numpy(), expected.numpy(), atol=1e-12)


@all_regularizers
def test_parameters_in_place(name: str) -> None:
    regularizer = REGISTRY[name]()
    for size in (5, torch_block(torch) + 3):
        values = torch.asarray(np.random.default_rng(0).standard_normal(size))
        expected = regularizer.prox(values, 0.3)
        parameter = torch.nn.Parameter(values.clone())
        with torch.no_grad():
            assert regularizer.prox(parameter, 0.3, out=parameter) is parameter
        assert torch.equal(parameter.detach(), expected)
        assert parameter.requires_grad
        parameter = torch.nn.Parameter(values.clone())
        with torch.no_grad():
            regularizer.prox(parameter, 0.3, out=parameter.data)
        assert torch.equal(parameter.detach(), expected)
        recorded = regularizer.prox(values.clone().requires_grad_(), 0.3)
        assert torch.equal(recorded.detach(), expected)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", ["l1-binary-scaled", "l2-codebook", "smoothed-binary"])
def test_compiled_in_place(name: str, dtype: torch.dtype) -> None:
    regularizer = REGISTRY[name]()
    theta = torch.asarray(sample_points(), dtype=dtype)
    expected = regularizer.prox(theta, 0.125)
    torch.compiler.reset()
    compiled = torch.compile(
        lambda t: regularizer.prox(t, 0.125, out=t), fullgraph=True, backend="aot_eager"
    )
    result = compiled(theta)
    assert torch.equal(result, expected)
    assert torch.equal(theta, expected)


@pytest.mark.parametrize("make", [np.array, torch.tensor])
def test_an_axis_is_any_integer_or_several(make: Any) -> None:
    theta = make([[0.5, 0.25], [1.5, 0.75]])
    regularizer = DistanceL1(Binary())
    for function in (regularizer.value, lambda t, axis: 2 * regularizer.envelope(t, 1, axis)):
        columns = np.asarray(function(theta, axis=0))
        for axis in (np.int64(0), torch.tensor(0), np.array(-2), (np.int8(0),), [0]):
            np.testing.assert_array_equal(np.asarray(function(theta, axis=axis)), columns)
        assert float(function(theta, axis=[0, np.int64(1)])) == columns.sum()
        assert function(theta, axis=()).shape == (2, 2)
    for axis, error, message in (
        (1.5, TypeError, "axis: expected an integer, got 1.5"),
        ((0, 0), ValueError, "axis: expected distinct axes"),
    ):
        with pytest.raises(error, match=message):
            regularizer.value(theta, axis=axis)
