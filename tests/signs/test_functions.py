"""The functions: the three sign-change metrics of a path, and signs packed into bits."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
import torch
from numpy.testing import assert_array_equal

import pqtheory.signs as signs
from pqtheory.signs import packing
from pqtheory.signs.packing import BLOCK, count_bits, pack_signs, unpack_signs

from .helpers import CONVERSIONS, as_torch, as_torch_bfloat16, as_torch_transposed, random_path

FUNCTIONS = [signs.change_from_start, signs.flips_per_step, signs.reversals]


# Plain readable versions, one coordinate at a time.


def is_positive(x):
    return x >= 0


def plain_changes(series):
    return [is_positive(x) != is_positive(series[0]) for x in series]


def plain_flips(series):
    return [False] + [is_positive(a) != is_positive(b) for a, b in itertools.pairwise(series)]


def plain_reversals(series):
    events, direction = [False], 0
    for before, now in itertools.pairwise(series):
        move = 1 if now > before else -1 if now < before else 0
        events.append(move != 0 and move == -direction)
        direction = move or direction
    return events


PLAIN = dict(zip(FUNCTIONS, [plain_changes, plain_flips, plain_reversals], strict=True))


def plain_events(function, path):
    """Apply the plain version to every coordinate of a path of shape (T + 1, ...)."""
    events = np.zeros(path.shape, dtype=bool)
    for index in np.ndindex(path.shape[1:]):
        events[:, *index] = PLAIN[function](path[:, *index].tolist())
    return events


# The functions of a path.


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("shape", [(7, 5), (1, 3), (2, 1), (9, 4, 3), (6, 2, 3, 4)])
def test_fractions_match_plain_loops(function, shape):
    path = random_path(shape, seed=len(shape))
    events = plain_events(function, path)
    assert_array_equal(function(path, axis=None), events)
    assert function(path, axis=None).dtype == bool
    fractions = function(path)
    assert fractions.dtype == np.float64
    assert fractions.shape == shape[:-1]
    np.testing.assert_allclose(fractions, events.mean(axis=-1), rtol=1e-15)
    if len(shape) == 4:
        np.testing.assert_allclose(function(path, axis=(1, -1)), events.mean(axis=(1, 3)))
        np.testing.assert_allclose(function(path, axis=2), events.mean(axis=2))


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_torch_gives_what_numpy_gives(function, dtype):
    path = random_path((8, 3, 5), seed=1)
    tensor = torch.tensor(path, dtype=getattr(torch, dtype), requires_grad=True)
    assert_array_equal(function(tensor, axis=None).numpy(), function(path, axis=None))
    fractions = function(tensor)
    assert fractions.dtype == torch.float64
    assert_array_equal(fractions.numpy(), function(path))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_fractions_of_fraction_paths(function):
    path = random_path((8, 3, 5), seed=2, values=[-1.5, 0.0, 0.5, 2.0])
    exact = np.vectorize(Fraction, otypes=[object])(path)
    assert_array_equal(function(exact), function(path))


def test_one_weight_that_tells_the_three_meanings_apart():
    path = np.array([1.0, -1.0, -1.0, 1.0, -1.0])[:, None]
    assert_array_equal(signs.change_from_start(path), [0, 1, 1, 0, 1])
    assert_array_equal(signs.flips_per_step(path), [0, 1, 0, 1, 1])
    assert_array_equal(signs.reversals(path), [0, 0, 0, 1, 1])


def test_change_from_start_is_the_formula_of_the_paper():
    path = random_path((6, 8), seed=3, values=[-1.0, 0.5, 0.0])
    sign = np.where(path >= 0, 1.0, -1.0)
    formula = np.abs(sign - sign[0]).sum(axis=-1) / (2 * 8)
    assert_array_equal(signs.change_from_start(path), formula)


def test_zero_and_minus_zero_are_positive_and_nan_is_negative():
    path = np.array([[0.0, -0.0, math.nan, 1.0], [-0.0, 2.0, -1.0, math.nan]])
    assert_array_equal(signs.change_from_start(path, axis=None)[1], [False, False, False, True])


def test_reversals_of_levels_remember_the_last_move_over_pauses():
    levels = np.array([0.0, 1.0, 1.0, 2.0, 2.0, 1.0, 1.0, 0.0, 3.0])[:, None]
    assert_array_equal(signs.reversals(levels), [0, 0, 0, 0, 0, 1, 0, 0, 1])


def test_a_step_into_or_out_of_nan_is_no_move():
    levels = np.array([[0.0, 1.0, math.nan, -1.0, 0.0, -1.0]]).T
    assert_array_equal(signs.reversals(levels), [0, 0, 0, 0, 0, 1])


@pytest.mark.parametrize("function", FUNCTIONS)
def test_paths_without_coordinates_have_fraction_zero(function):
    assert_array_equal(function(np.zeros((3, 2, 0))), np.zeros((3, 2)))
    assert_array_equal(function(torch.zeros((3, 0))).numpy(), np.zeros(3))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_one_coordinate_without_an_axis(function):
    series = random_path((12,), seed=4)
    assert_array_equal(function(series, axis=None), plain_events(function, series))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_inputs_stay_untouched(function):
    path = random_path((5, 4), seed=5)
    before = path.copy()
    function(path)
    assert_array_equal(path, before)


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("axis", [0, -2, 2, -3, (0, 1), (1, 5)])
def test_axis_must_not_be_time_and_must_exist(function, axis):
    with pytest.raises(ValueError, match=r"axis: expected axes .* other than its time axis 0"):
        function(np.zeros((3, 2)), axis=axis)


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("path", [np.zeros((0, 3)), np.float64(1.0), 1.0])
def test_a_path_needs_a_time_step(function, path):
    with pytest.raises(ValueError, match=r"expected shape \(T \+ 1, ..., dim\), got"):
        function(path)


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("path", [np.zeros((3, 2), dtype=int), np.zeros((3, 2), dtype=complex)])
def test_integer_and_complex_paths_are_refused(function, path):
    name = "quantized" if function is signs.reversals else "latent"
    with pytest.raises(TypeError, match=f"{name}: expected a real floating-point array"):
        function(path)


# Packing.


@pytest.mark.parametrize("convert", CONVERSIONS)
@pytest.mark.parametrize("shape", [(3, 5), (2, 8), (1, 1), (0, 4), (3, BLOCK // 2 + 3)])
def test_packed_signs_are_one_bit_per_weight_in_row_major_order(convert, shape):
    weights = random_path(shape, seed=6)
    packed = pack_signs(convert(weights))
    assert packed.dtype == np.uint8
    assert packed.nbytes == -(-weights.size // 8)
    assert_array_equal(unpack_signs(packed, shape), weights >= 0)
    assert_array_equal(packed, np.packbits(weights >= 0))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_every_half_precision_number_is_packed_right(dtype):
    every = torch.arange(-(2**15), 2**15, dtype=torch.int32).to(torch.int16).view(dtype)
    assert_array_equal(unpack_signs(pack_signs(every), (2**16,)), (every >= 0).numpy())


@pytest.mark.parametrize("convert", [as_torch, as_torch_bfloat16, as_torch_transposed])
@pytest.mark.parametrize("shape", [(3, 5), (2, 8), (0, 4), (7, 13)])
def test_packing_on_a_device_gives_the_same_bytes(convert, shape, monkeypatch):
    monkeypatch.setattr(packing, "DEVICE_BLOCK", 16)
    weights = convert(random_path(shape, seed=7))
    assert_array_equal(packing._pack_on_device(weights), pack_signs(weights))


@pytest.mark.parametrize("size", [0, 3, 8, 8 * BLOCK, 16 * BLOCK + 13])
def test_bits_are_counted_over_blocks_and_what_is_left(size):
    assert count_bits(np.full(size, 0xFF, np.uint8)) == 8 * size
    packed = np.random.default_rng(size).integers(0, 256, size).astype(np.uint8)
    assert count_bits(packed) == int(np.unpackbits(packed).sum())
