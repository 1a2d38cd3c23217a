r"""The code of a weight: the index, from below, of the level that it is quantized to; NaN has the code 0."""

from collections.abc import Callable, Mapping
from typing import Any

import array_api_compat
import numpy as np

from pqtheory._arrays import Array, Namespace, as_array, constant_like, dtype_name, is_torch
from pqtheory._checks import check_count
from pqtheory._elementwise import keep_freed_memory, widen
from pqtheory._groups import find_groups
from pqtheory._messages import brief
from pqtheory.quantizers import AdaptiveTernary
from pqtheory.quantizers.base import Quantizer
from pqtheory.sets import FiniteSet, ScaledBinary, Set
from pqtheory.signs.code_planes import MAX_LEVELS, bits_for, pack_above, pack_codes
from pqtheory.signs.kept_levels import KeptLevels
from pqtheory.signs.packing import BLOCK, DEVICE_BLOCK

#: what says which code a weight has: a set, a fitted quantizer, or for integer codes how many levels there are
Levels = Set | Quantizer | KeptLevels | int
#: up to this many thresholds comparisons are faster than a binary search
CHAIN = 32


def check_coder(levels: Any) -> Levels:
    """``levels`` if it is a set, a quantizer or a number of levels."""
    if isinstance(levels, Set | Quantizer | KeptLevels):
        return levels
    if isinstance(levels, type | str | Mapping) or levels is None:
        raise TypeError(
            "levels: expected a set, a quantizer, a number of levels, or a mapping name -> one of them, "
            f"got {brief(levels)}"
        )
    return check_count(levels, "levels", 1, MAX_LEVELS)


def check_codable(array: Any, name: str, levels: Levels) -> Array:
    """``array`` if it holds codes, for a number of levels, or else real floating-point weights.

    Raises
    ------
    TypeError, ValueError
        If it does not; codes must be integers from 0 to ``levels - 1``.
    """
    if not isinstance(levels, int):
        return as_array(array, name)[1]
    codes = array if is_torch(array) else np.asarray(array)
    if not dtype_name(codes).startswith(("int", "uint", "bool")):
        raise TypeError(
            f"{name}: expected integer codes where levels is a number (a set or a quantizer makes codes of weights), "
            f"got dtype {codes.dtype}"
        )
    if 0 not in codes.shape:
        low, high = int(codes.min()), int(codes.max())
        if low < 0 or high >= levels:
            wrong = low if low < 0 else high
            raise ValueError(f"{name}: expected codes from 0 to {levels - 1}, got {brief(wrong)}")
    return codes


def encode(array: Array, levels: Levels, name: str) -> tuple[Array, int]:
    """Packed codes of a checked array, in row-major order, and the number of levels.

    Returns
    -------
    planes : NumPy array of uint8 and shape (bits, ceil(size / 8))
    count : int
    """
    keep_freed_memory()
    if isinstance(levels, int):
        return _packed(array, levels), levels
    if isinstance(levels, FiniteSet):
        thresholds = levels.cells(array).thresholds
    elif isinstance(levels, ScaledBinary):
        thresholds = (0,)
    else:
        codes, book = _of_values(array, levels)
        count = book.shape[-1]
        _check_levels(count, name)
        return _packed(codes, count), count
    count = len(thresholds) + 1
    _check_levels(count, name)
    on_device = is_torch(array) and array.device.type != "cpu"
    if on_device or count > CHAIN or dtype_name(array) == "object":
        return _packed(_by_thresholds(array, thresholds), count), count
    flat = to_numpy(array.reshape(-1))
    blocks = (widen(np, flat[i : i + BLOCK]) for i in range(0, flat.size, BLOCK))
    return pack_above(blocks, flat.size, thresholds), count


def _packed(codes: Array, count: int) -> Array:
    """Codes of any integer type, packed."""
    flat = to_numpy(codes.reshape(-1)).astype(np.uint8, copy=False)
    return pack_codes(flat, bits_for(count))


def quantized(array: Array, levels: Levels) -> Array:
    """The values of the levels that the weights are quantized to."""
    if isinstance(levels, Quantizer | KeptLevels):
        return levels.quantize(array)[0]
    if isinstance(levels, Set):
        return levels.project(array)
    raise TypeError("levels: expected a set or a quantizer, which have values, got a number")


def threshold_distances(weights: Any, levels: Any) -> Array:
    r"""Distance to the nearest threshold, in steps between the levels around it: min_j |w - b_j| / (l_{j+1} - l_j).

    The thresholds b_j are the midpoints of neighbouring levels. On an even grid a weight between two levels is at most
    1/2 away; one beyond the outer levels may be farther. A histogram of these numbers shows whether weights gather at
    thresholds.

    Parameters
    ----------
    weights : array
        Latent weights of any shape.
    levels : Set or Quantizer
        What they are quantized by; with a scale or a codebook for each group, each group has its own.

    Returns
    -------
    NumPy array of float64 and the shape of ``weights``; infinite where there is no threshold, NaN at NaN.

    Raises
    ------
    TypeError
        If ``weights`` is not real floating-point, ``levels`` is neither a set nor a quantizer, or its thresholds are
        no midpoints.

    References
    ----------
    Liu, Liu, Cheng, *Oscillation-free Quantization for Low-bit Vision Transformers*, ICML 2023 (arXiv 2302.02210).
    """
    array = as_array(weights, "weights")[1]
    array = array.detach() if is_torch(array) else array
    if not isinstance(levels, Set | Quantizer | KeptLevels):
        raise TypeError(f"levels: expected a set or a quantizer, got {brief(levels)}")
    if isinstance(levels, AdaptiveTernary):
        raise TypeError(
            "levels: expected thresholds between levels, which AdaptiveTernary has elsewhere"
        )
    book = levels.levels(array) if isinstance(levels, Set) else levels.quantize(array)[1]
    axis, per = _grouping(levels)
    groups = find_groups(tuple(array.shape), axis, per)
    rows = groups.rows(np, to_numpy(array).astype(np.float64))
    books = to_numpy(book).astype(np.float64).reshape(-1, book.shape[-1])
    nearest = np.where(np.isnan(rows), np.nan, np.inf)
    for low, high in zip(books.T[:-1, :, None], books.T[1:, :, None], strict=True):
        gap = np.where(high > low, high - low, np.nan)
        nearest = np.fmin(nearest, np.abs(rows - (low + high) / 2) / gap)
    nearest = np.where(np.isnan(rows) | np.isnan(books[:, :1]), np.nan, nearest)
    return groups.entries(np, nearest)


def _grouping(levels: Set | Quantizer | KeptLevels) -> tuple[Any, Any]:
    """The axes that share levels; all of them for a set without any of its own."""
    return (
        (levels.axis, levels.per)
        if isinstance(levels, ScaledBinary | Quantizer | KeptLevels)
        else (None, None)
    )


def _by_thresholds(array: Array, thresholds: tuple[Any, ...]) -> Array:
    """sum_j [w >= threshold_j], in blocks, on the device of the array."""
    on_device = is_torch(array) and array.device.type != "cpu"
    flat = (array.detach() if is_torch(array) else array).reshape(-1)
    xp = array_api_compat.array_namespace(flat) if on_device else np
    size, step = flat.shape[0], DEVICE_BLOCK if on_device else BLOCK
    codes = np.empty(size, dtype=np.uint8)
    for start in range(0, size, step):
        block = flat[start : start + step]
        block = widen(xp, block if on_device else to_numpy(block))
        codes[start : start + step] = to_numpy(_count(xp, block, thresholds))
    return codes


def _count(xp: Namespace, block: Array, thresholds: tuple[Any, ...]) -> Array:
    if len(thresholds) > CHAIN and dtype_name(block) != "object":
        edges = constant_like(xp, thresholds, block)
        return xp.where(block == block, xp.searchsorted(edges, block, side="right"), 0)
    above = xp.zeros_like(block, dtype=xp.uint8)
    for threshold in thresholds:
        above += block >= threshold
    return above


def coded(
    array: Array, levels: Set | Quantizer | KeptLevels
) -> tuple[Array, Callable[[Array], Array]]:
    """Codes in the library of the array, and what gives codes of its shape the values of their levels.

    Parameters
    ----------
    array : array
        Latent weights, which levels may be fitted to.
    levels : Set, Quantizer or KeptLevels
        What they are quantized by.

    Returns
    -------
    codes : array of uint8 and the shape of ``array``
    values : callable
        Codes -> values in the dtype of ``array``.

    Raises
    ------
    TypeError
        If ``levels`` has not the same levels for all weights of a group.
    ValueError
        If there are more than 256 of them.
    """
    xp, array = as_array(array.detach() if is_torch(array) else array)
    if isinstance(levels, FiniteSet):
        cells = levels.cells(array)
        _check_levels(len(cells.levels), "a weight")
        codes = _count(xp, widen(xp, array), cells.thresholds)
        # one by one: a list would be copied from the host, which a CUDA graph could not hold
        each = [constant_like(xp, level, array) for level in cells.levels]
    else:
        codes, book = _of_values(array, levels)
        _check_levels(book.shape[-1], "a weight")
        books = xp.reshape(book, (-1, book.shape[-1]))
        each = [books[:, j : j + 1] for j in range(books.shape[-1])]
    axis, per = _grouping(levels)
    groups = find_groups(tuple(array.shape), axis, per)

    def values(codes: Array) -> Array:
        rows = groups.rows(xp, codes)
        found = xp.where(rows == 0, each[0], each[0])
        for j, level in enumerate(each[1:], 1):
            found = xp.where(rows == j, level, found)
        return groups.entries(xp, found)

    return codes, values


def _of_values(array: Array, levels: Set | Quantizer | KeptLevels) -> tuple[Array, Array]:
    """Codes from a fit, the number of levels below the value, or the side of the threshold; and the levels."""
    xp, array = as_array(array.detach() if is_torch(array) else array)
    if isinstance(levels, AdaptiveTernary):
        fit = levels.fit(array)
        # a side without weights has the level 0 too: the side says more than the value
        side = 1 + fit.signs[..., 1] - fit.signs[..., 0]
        codes = xp.where(fit.values == fit.values, side, 0 * side)
        return xp.asarray(codes, dtype=xp.uint8), fit.codebook
    if isinstance(levels, Quantizer | KeptLevels):
        values, book = levels.quantize(array)
    elif isinstance(levels, ScaledBinary):
        return xp.asarray(widen(xp, array) >= 0, dtype=xp.uint8), levels.levels(array)
    else:
        values, book = levels.project(array), levels.levels(array)
        if book.ndim != 1:
            raise TypeError(
                f"levels: expected a set with the same levels for all weights, got {brief(levels)}"
            )
    axis, per = _grouping(levels)
    groups = find_groups(tuple(array.shape), axis, per)
    rows, books = groups.rows(xp, values), xp.reshape(book, (-1, book.shape[-1]))
    codes = xp.zeros_like(rows, dtype=xp.uint8)
    for j in range(books.shape[-1] - 1):
        codes += rows > books[:, j : j + 1]
    return groups.entries(xp, codes), book


def _check_levels(count: int, name: str) -> None:
    if count > MAX_LEVELS:
        raise ValueError(
            f"levels: expected at most {MAX_LEVELS} of them for {brief(name)}, got {count:d}"
        )


def to_numpy(array: Array) -> Array:
    """As a NumPy array, bfloat16 widened."""
    if not is_torch(array):
        return array.astype(np.float32) if dtype_name(array) == "bfloat16" else array
    xp = array_api_compat.array_namespace(array)
    array = array.detach()
    return (array.to(xp.float32) if dtype_name(array) == "bfloat16" else array).cpu().numpy()
