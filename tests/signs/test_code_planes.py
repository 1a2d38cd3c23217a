"""Packed codes: back again, and compared plane by plane as numbers are."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from pqtheory.signs import code_planes

PAIRS = st.integers(1, 8).flatmap(
    lambda bits: st.tuples(
        st.just(bits), st.lists(st.tuples(*[st.integers(0, 2**bits - 1)] * 2), max_size=40)
    )
)


@given(PAIRS)
def test_codes_come_back_and_compare_as_numbers(case):
    bits, pairs = case
    a, b = np.array(pairs, dtype=np.uint8).reshape(-1, 2).T
    packed, other = code_planes.pack_codes(a, bits), code_planes.pack_codes(b, bits)
    assert packed.nbytes == bits * -(-len(a) // 8)
    assert_array_equal(code_planes.unpack_codes(packed, (len(a),)), a)
    for found, expected in (
        (code_planes.differ(packed, other), a != b),
        (code_planes.above(packed, other), a > b),
    ):
        assert_array_equal(found, np.packbits(expected))
    mask = code_planes.all_set(len(a))
    assert_array_equal(mask, np.packbits(np.ones(len(a), bool)))
    for levels in (2**bits, int(a.max(initial=0)) + 1):
        assert_array_equal(
            code_planes.counts(packed, mask, levels), np.bincount(a, minlength=levels)
        )


def test_bits_of_levels():
    assert [code_planes.bits_for(n) for n in (1, 2, 3, 4, 5, 256)] == [1, 1, 2, 2, 3, 8]


@given(
    st.lists(st.floats(-3, 3, width=32) | st.just(np.nan), max_size=40),
    st.lists(st.sampled_from(np.arange(-8, 9) / 4), unique=True, max_size=15).map(sorted),
    st.integers(1, 3),
)
def test_codes_are_packed_as_they_are_compared(weights, thresholds, octets):
    w = np.array(weights, dtype=np.float32)
    blocks = [w[i : i + 8 * octets] for i in range(0, len(w), 8 * octets)]
    codes = sum((w >= t for t in thresholds), np.zeros(len(w), dtype=np.uint8))
    packed = code_planes.pack_above(blocks, len(w), thresholds)
    expected = code_planes.pack_codes(codes, code_planes.bits_for(len(thresholds) + 1))
    assert_array_equal(packed, expected)


def test_codes_beyond_a_block():
    codes = np.random.default_rng(0).integers(0, 8, (1 << 16) + 77).astype(np.uint8)
    packed = code_planes.pack_codes(codes, 3)
    assert_array_equal(code_planes.unpack_codes(packed, codes.shape), codes)
    counted = code_planes.counts(packed, code_planes.all_set(len(codes)), 8, len(codes))
    assert_array_equal(counted, np.bincount(codes))
