"""One and two bits in a few passes: equal to the general fit, ill-conditioned rows, ties, each row as if alone."""

import numpy as np
import pytest
import torch

from pqtheory.quantizers import AlternatingMultiBit
from pqtheory.quantizers._two_bits import BLOCK, _formula, _in_blocks

ROWS = {
    "zeros": [0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
    "one size": [0.5, -0.5, 0.5, 0.5, -0.5, 0.5],
    "two sizes": [1.0, -3.0, 3.0, -1.0, 1.0, 3.0],
    "a single number": [0.0, 0.0, -7.0, 0.0, 0.0, 0.0],
    # the mean is 2, and so is the midpoint of the levels 1 and 3
    "ties": [2.0, 4.0, -3.0, 3.0, -2.0, 0.0, 1.0, -1.0],
    "signed zeros": [0.0, -0.0, 1.0, -1.0, 0.0, 2.0],
    "tiny": [1e-40, -1e-42, 3e-41, 0.0, 1e-40, -1e-40],
    "huge": [3e38, -3e38, 1e38, 2e38, 3e38, -1e38],
}


@pytest.mark.parametrize("bits", [1, 2])
@pytest.mark.parametrize("name", ROWS)
def test_ill_conditioned_rows_are_those_of_exact_arithmetic(name, bits):
    row = np.array([ROWS[name]], np.float32)
    values, codebook = AlternatingMultiBit(bits, per="row").quantize(row)
    exact, levels = AlternatingMultiBit(bits, per="row").quantize_naive(row)
    np.testing.assert_allclose(values, exact, rtol=1e-6, atol=1e-45)
    assert np.isin(values, codebook).all()
    if name not in ("zeros", "one size", "signed zeros", "a single number"):
        np.testing.assert_allclose(codebook, levels, rtol=1e-6, atol=1e-45)


@pytest.mark.parametrize("bits", [1, 2])
@pytest.mark.parametrize("per", ["row", "tensor", "channel", 5])
def test_they_are_the_general_fit(bits, per):
    rng = np.random.default_rng(0)
    for scale in (1e-3, 1.0, 30.0):
        theta = (scale * rng.standard_normal((40, 35)) ** 3).astype(np.float32)
        quantizer = AlternatingMultiBit(bits, per=per)
        values, codebook = quantizer.quantize(theta)
        fit = quantizer.fit(theta)
        # of weights on a midpoint of rounded levels either may be nearest
        gap = np.abs(values - fit.values) / np.abs(theta).max(-1, keepdims=True)
        assert (gap < 1e-6).mean() > 0.999
        # b is a difference of two scales there, as exact as these are
        largest = np.abs(codebook).max(-1, keepdims=True)
        np.testing.assert_allclose(codebook / largest, fit.codebook / largest, atol=1e-6)
        tensor = [t.numpy() for t in quantizer.quantize(torch.from_numpy(theta))]
        np.testing.assert_allclose(tensor[0], values, rtol=1e-6)
        np.testing.assert_allclose(tensor[1], codebook, rtol=1e-6)


def test_each_row_is_fitted_as_if_alone_over_many_blocks():
    rng = np.random.default_rng(1)
    theta = torch.from_numpy(rng.standard_normal((9, BLOCK // 2)).astype(np.float32))
    theta[4, 7], theta[6, 0] = float("nan"), float("inf")
    quantizer = AlternatingMultiBit(2, per="row")
    values, codebook = quantizer.quantize(theta)
    assert torch.isnan(values[[4, 6]]).all()
    assert torch.isnan(codebook[[4, 6]]).all()
    # and no word of NumPy's on infinity times 0
    np.testing.assert_allclose(quantizer.quantize(theta.numpy())[0], values, rtol=1e-6)
    for i in {0, 1, 2, 3, 5, 7, 8}:
        alone, levels = quantizer.quantize(theta[i : i + 1])
        assert torch.equal(alone[0], values[i])
        assert torch.equal(levels[0], codebook[i])


def test_the_assignment_is_exact_and_the_scales_are_least_squares():
    rng = np.random.default_rng(2)
    theta = rng.standard_normal((200, 50)).astype(np.float32)
    values, codebook = AlternatingMultiBit(2, per="row").quantize(theta)
    distances = np.abs(theta[..., None].astype(np.float64) - codebook[:, None, :])
    np.testing.assert_array_equal(np.abs(theta - values.astype(np.float64)), distances.min(-1))
    # after many rounds nothing moves any more: each level is the mean of what it stands for
    values, codebook = AlternatingMultiBit(2, rounds=60, per="row").quantize(theta)
    for row, value, levels in zip(np.abs(theta), np.abs(values), codebook, strict=True):
        for level in levels[2:]:
            assert row[value == level].mean() == pytest.approx(level, rel=1e-5)


@pytest.mark.parametrize("bits", [1, 2])
@pytest.mark.parametrize("kind", ["plain", "ties", "zeros of both signs", "tiny", "not finite"])
def test_the_bits_are_the_formula(bits, kind):
    rng = np.random.default_rng(3)
    for g, n in ((1, 1), (7, 2), (30, 9), (12, 60)):
        rows = rng.standard_normal((g, n)).astype(np.float32)
        if kind == "ties":
            rows = np.round(2 * rows)
        if kind == "zeros of both signs":
            rows = np.where(rng.random((g, n)) < 0.5, np.float32(-0.0), np.round(rows))
        if kind == "tiny":
            rows *= np.float32(1e-40)
        if kind == "not finite":
            rows[rng.random((g, n)) < 0.1] = np.nan
            rows[rng.random((g, n)) < 0.1] = -np.inf
        for rounds in (1, 2, 5):
            with np.errstate(all="ignore"):
                formula = _formula(np, rows, bits, rounds)
            for quick, slow in zip(_in_blocks(rows, bits, rounds), formula, strict=True):
                np.testing.assert_array_equal(quick, slow)
                np.testing.assert_array_equal(
                    np.signbit(quick) & ~np.isnan(quick), np.signbit(slow) & ~np.isnan(slow)
                )
