"""Signs as packed bits: bit i = [theta_i >= 0], eight to a byte."""

from collections.abc import Callable
from typing import Any

import array_api_compat
import numpy as np

from pqtheory._arrays import Array, dtype_name, is_torch
from pqtheory._elementwise import block_of, keep_freed_memory

#: weights per block: they and their booleans stay in cache
BLOCK = block_of(8)
#: weights per block on an accelerator: bounds the temporaries
DEVICE_BLOCK = 1 << 24


def pack_signs(weights: Array) -> Array:
    """Pack ``weights >= 0`` in row-major order, high bit first; the last byte is filled with 0.

    Parameters
    ----------
    weights : NumPy array or torch tensor
        Real floating-point, any shape, any device. Only read; no copy is made of a contiguous one.

    Returns
    -------
    NumPy array of uint8 and shape (ceil(size / 8),)
    """
    if is_torch(weights) and weights.device.type != "cpu":
        return _pack_on_device(weights)
    return _pack(weights)


def pack_signs_and_count_nans(weights: Array) -> tuple[Array, int]:
    """:func:`pack_signs` of an array on the CPU, and how many NaN it has, from one pass over memory."""
    nans = 0

    def look(block: Array) -> None:
        nonlocal nans
        # the largest of numbers with a NaN is NaN
        if np.isnan(block.max()):
            nans += int(np.isnan(block).sum())

    return _pack(weights, look), nans


def _pack(weights: Any, look: Callable[[Array], None] = lambda block: None) -> Array:
    """Pack block by block; ``look`` is shown each while it is in the cache."""
    keep_freed_memory()
    flat = _flat_view(weights)
    packed = np.empty(packed_size(flat.size), dtype=np.uint8)
    for start in range(0, flat.size, BLOCK):
        block = _comparable(flat[start : start + BLOCK])
        bits = np.packbits(block >= 0)
        packed[start // 8 : start // 8 + bits.size] = bits
        look(block)
    return packed


def unpack_signs(packed: Array, shape: tuple[int, ...]) -> Array:
    """Boolean array of ``shape`` from its packed bits."""
    size = int(np.prod(shape, dtype=np.int64))
    return np.unpackbits(packed, count=size).view(np.bool_).reshape(shape)


def packed_size(size: int) -> int:
    """ceil(size / 8), the bytes of ``size`` bits."""
    return -(-size // 8)


def count_bits(packed: Array) -> int:
    """Count the bits that are set, eight bytes at a time."""
    whole = packed.size - packed.size % 8
    counts = np.bitwise_count(packed[:whole].view(np.uint64))
    # the fastest sum; its blocks are too short to overflow it
    total = sum(
        int(counts[i : i + BLOCK].sum(dtype=np.uint32)) for i in range(0, counts.size, BLOCK)
    )
    return total + int(np.bitwise_count(packed[whole:]).sum())


def _flat_view(weights: Any) -> Array:
    """View the weights as a flat NumPy array; bfloat16 as its bits, in int16."""
    if is_torch(weights):
        flat = weights.detach().reshape(-1)
        xp = array_api_compat.array_namespace(flat)
        return (flat.view(xp.int16) if flat.dtype == xp.bfloat16 else flat).numpy()
    flat = weights.reshape(-1)
    return flat.view(np.int16) if dtype_name(flat) == "bfloat16" else flat


def _comparable(block: Array) -> Array:
    """Half precision as float32, which NumPy compares fast; bfloat16 is the upper half of it."""
    if block.dtype == np.int16:
        return (block.astype(np.int32) << 16).view(np.float32)
    return block.astype(np.float32) if block.dtype == np.float16 else block


def _pack_on_device(weights: Any) -> Array:
    """:func:`pack_signs` for a tensor on any device: packed there, only bytes move."""
    xp = array_api_compat.array_namespace(weights)
    flat = weights.detach().reshape(-1)
    place = xp.asarray([128, 64, 32, 16, 8, 4, 2, 1], dtype=xp.uint8, device=flat.device)
    packed = np.empty(packed_size(flat.numel()), dtype=np.uint8)
    for start in range(0, flat.numel(), DEVICE_BLOCK):
        block = flat[start : start + DEVICE_BLOCK]
        bits = xp.zeros((packed_size(block.numel()), 8), dtype=xp.uint8, device=flat.device)
        bits.reshape(-1)[: block.numel()] = block >= 0
        octets = xp.sum(bits * place, axis=1, dtype=xp.uint8).cpu().numpy()
        packed[start // 8 : start // 8 + octets.size] = octets
    return packed
