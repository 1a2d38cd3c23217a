"""The prox written to memory at hand, with less to ask at each array: bit for bit the prox."""

import math

import numpy as np
import pytest

from pqtheory._elementwise import InPlace, numpy_block, writer
from pqtheory.regularizers import DistanceL1, DistanceL2, Indicator
from pqtheory.sets import Binary, Codebook, ScaledBinary, Ternary

SETS = [Binary(), Binary(0.5), Ternary(), Codebook([-1.0, -0.25, 0.0, 0.25, 0.5, 1.0])]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", [DistanceL1, Indicator])
@pytest.mark.parametrize("quantization_set", SETS)
def test_the_same_bits(quantization_set, kind, dtype):
    regularizer = kind(quantization_set)
    rng = np.random.default_rng(0)
    special = [0.0, -0.0, math.nan, math.inf, -math.inf, 1.0, -1.0, 0.125]
    for weight in (0.0, 0.25, 1e-6, 1e39, math.inf):
        write = regularizer.writer(np.empty(0, dtype), weight)
        for size in (0, 7, numpy_block() + 3):
            theta = np.concatenate([special, rng.standard_normal(size)]).astype(dtype)
            expected = regularizer.prox(theta, weight)
            out = np.empty_like(theta)
            write(theta, out)
            assert out.tobytes() == expected.tobytes()
            both = np.concatenate([theta, theta[:1]])
            write(both[:-1], both[1:])
            assert both[1:].tobytes() == expected.tobytes()
            write(theta, theta)
            assert theta.tobytes() == expected.tobytes()


def test_where_there_is_none():
    assert DistanceL1(Binary()).writer(np.empty(0, np.float16), 0.1) is None
    assert DistanceL1(Binary()).writer(np.empty(0, object), 0.1) is None
    assert DistanceL2(Binary()).writer(np.empty(0), 0.1) is None
    assert Indicator(ScaledBinary()).writer(np.empty(0), 0.1) is None


def test_other_arrays_than_those_it_was_made_for_are_taken_too():
    write = DistanceL1(Binary()).writer(np.empty(0, np.float32), 0.25)
    for theta in (np.linspace(-2, 2, 9), np.linspace(-2, 2, 18, dtype=np.float32)[::2]):
        out = np.empty_like(theta)
        write(theta, out)
        assert np.array_equal(out, DistanceL1(Binary()).prox(theta, 0.25))
    with pytest.raises(ValueError, match="out: expected shape"):
        write(np.zeros(3, np.float32), np.zeros(4, np.float32))


def test_a_kernel_that_reads_theta_again_is_not_given_memory_that_overlaps():
    def write_square(xp, out, t):
        xp.add(t, 0, out=out)
        xp.multiply(out, t, out=out)

    square = writer(InPlace(lambda xp, t: t * t, write_square), np.empty(0))
    for shift in (slice(1, None), slice(None, -1)):
        memory = np.arange(2.0, 9.0)
        theta = memory[:-1] if shift.start else memory[1:]
        expected = theta**2
        square(theta, memory[shift])
        assert np.array_equal(memory[shift], expected)
