r"""Tensors of few different values as codebooks and k bits for each entry, bit for bit what they were.

The entries are split into groups of one length, each with a codebook of its own: the whole tensor, each index of one
axis (rows, channels), or so many consecutive entries of a row. Which of these is found from the values: the one that
takes the fewest bytes. Two entries are the same value if their bits are, so -0.0 is not 0.0.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import final

import numpy as np
import torch
from torch import Tensor

from pqtheory._messages import brief

MAX_BITS = 16
#: rows of zeros, as of an embedding's padding, that are written down apart: they need no level
MAX_ZERO_ROWS = 16
#: more values than this in a row, and no way to pack them: they were not quantized
FEW = 256
#: rows from which is judged what a way of grouping may cost at least
SAMPLE = 16
INTEGERS = {1: torch.int8, 2: torch.int16, 4: torch.int32, 8: torch.int64}


@final
@dataclass(frozen=True)
class Packed:
    """A tensor as codebooks and codes.

    Attributes
    ----------
    codes : uint8 tensor, shape (ceil(n bits / 8),)
        For each of the n entries its place in the codebook of its group, ``bits`` bits each, least significant first,
        one after the other over the whole tensor.
    levels : tensor, shape (groups, levels)
        The codebooks, ascending, the last level repeated where a group has fewer.
    bits : int
        At least 1.
    shape : tuple of int
        Of the tensor with ``axis`` in front: the groups are equal parts of its entries in that order.
    axis : int
        Which axis of the tensor is in front.
    zero_rows : tuple of int
        Places on that axis where all is 0, whatever the codes say.
    """

    codes: Tensor
    levels: Tensor
    bits: int
    shape: tuple[int, ...]
    axis: int = 0
    zero_rows: tuple[int, ...] = ()

    @property
    def nbytes(self) -> int:
        """Bytes of codes and codebooks."""
        return self.codes.nbytes + self.levels.nbytes


def pack(tensor: Tensor, max_bits: int = MAX_BITS) -> Packed | None:
    """The smallest packing of a tensor; None where it would be smaller as it is.

    Raises
    ------
    ValueError
        If its values are not few: NaN, or more than ``FEW`` in a row and no packing that is smaller than the tensor.
    TypeError
        If its numbers take more than 8 bytes.
    """
    tensor = tensor.detach().cpu()
    if tensor.element_size() not in INTEGERS:
        raise TypeError(f"expected numbers of at most 8 bytes, got {tensor.dtype}")
    if tensor.is_floating_point() and bool(torch.isnan(_wide(tensor)).any()):
        raise ValueError("expected levels, got NaN")
    shape = tuple(tensor.shape)
    if not tensor.numel():
        return None
    keys = _keys(tensor)
    best = _smallest(keys, tensor.element_size(), max_bits)
    zero_rows = _zero_rows(keys)
    if zero_rows:
        filled = keys.clone()
        other = next(i for i in range(len(keys)) if i not in zero_rows)
        filled[list(zero_rows)] = keys[other]
        # they are places on the axis in front
        apart = _smallest(filled, tensor.element_size(), max_bits, first_axis=True)
        if apart is None or (best is not None and best[0] <= apart[0]):
            zero_rows = ()
        else:
            best, keys = apart, filled
    if best is None or best[0] >= tensor.nbytes:
        length = _row(shape)
        most = _most_values(keys.reshape(-1, length))
        if most > FEW:
            raise ValueError(
                f"expected a few levels for each row of {length} entries, got {brief(most)} different values in one"
            )
        return None
    _, axis, length = best
    moved = keys.movedim(axis, 0) if keys.dim() else keys.reshape(1)
    rows = moved.reshape(-1, length)
    levels, places = _codebooks(rows)
    bits = max(1, (levels.shape[1] - 1).bit_length())
    return Packed(
        _bits_of(places.reshape(-1), bits),
        _values(levels, tensor.dtype),
        bits,
        tuple(moved.shape) if keys.dim() else (),
        axis,
        zero_rows,
    )


def unpack(packed: Packed) -> Tensor:
    """The tensor that ``pack`` was given.

    Raises
    ------
    ValueError
        If there are too few codes for the shape, a code beyond the levels, or groups that are no equal parts.
    """
    size, groups = math.prod(packed.shape), len(packed.levels)
    places = _places(packed.codes, packed.bits, size)
    if size and int(places.max()) >= packed.levels.shape[1]:
        raise ValueError(f"code {int(places.max())} beyond the {packed.levels.shape[1]} levels")
    if not groups or size % groups:
        raise ValueError(
            f"expected groups that are equal parts of {size} entries, got {brief(groups)}"
        )
    levels = packed.levels
    # by their bits: not every dtype can be looked up
    found = levels.view(INTEGERS[levels.element_size()]).gather(1, places.reshape(groups, -1))
    tensor = found.reshape(packed.shape).contiguous()
    if packed.zero_rows:
        tensor[list(packed.zero_rows)] = 0
    tensor = tensor.view(levels.dtype) if packed.shape else tensor.reshape(1).view(levels.dtype)[0]
    return tensor.movedim(0, packed.axis).contiguous() if packed.axis else tensor


def _wide(tensor: Tensor) -> Tensor:
    """Eight bits have few operations."""
    return tensor.to(torch.float16) if tensor.element_size() == 1 else tensor


def _keys(tensor: Tensor) -> Tensor:
    """Integers in the order of the values, -0.0 before 0.0, from which the bits can be had back."""
    if tensor.dtype == torch.bool:
        return tensor.to(torch.int8)
    bits = tensor.contiguous().reshape(-1).view(INTEGERS[tensor.element_size()])
    return _ordered(bits, tensor.dtype).reshape(tensor.shape)


def _ordered(bits: Tensor, dtype: torch.dtype) -> Tensor:
    """Its own inverse: below 0 the larger a float's other bits are, the smaller it is."""
    if not dtype.is_floating_point:
        return bits
    rest = torch.iinfo(bits.dtype).max
    return torch.where(bits < 0, bits ^ rest, bits)


def _values(keys: Tensor, dtype: torch.dtype) -> Tensor:
    return keys.bool() if dtype == torch.bool else _ordered(keys, dtype).contiguous().view(dtype)


def _zero_rows(keys: Tensor) -> tuple[int, ...]:
    """Rows of zeros, where there are few, and zero is no level elsewhere."""
    if keys.dim() < 2:
        return ()
    zero = (keys.reshape(len(keys), -1) == 0).sum(1)
    rows = torch.nonzero(zero == keys[0].numel()).flatten().tolist()
    if 0 < len(rows) <= min(MAX_ZERO_ROWS, len(keys) - 1) and int((zero > 0).sum()) == len(rows):
        return tuple(rows)
    return ()


def _smallest(
    keys: Tensor, itemsize: int, max_bits: int, first_axis: bool = False
) -> tuple[int, int, int] | None:
    """Bytes, axis in front and length of a group, of the way that takes the fewest bytes."""

    def cost(rows: Tensor, groups: int) -> float:
        most = _most_values(rows)
        bits = max(1, (most - 1).bit_length())
        if bits > max_bits:
            return math.inf
        return math.ceil(keys.numel() * bits / 8) + groups * most * itemsize

    ways = []
    for axis, length in _ways(tuple(keys.shape)):
        if first_axis and axis:
            continue
        moved = keys.movedim(axis, 0) if keys.dim() else keys
        sample = moved[:SAMPLE] if keys.dim() > 1 else moved.reshape(-1)[: SAMPLE * length]
        part = sample.reshape(-1, min(length, sample.numel()))
        ways.append((cost(part, keys.numel() // length), axis, length))
    best: tuple[int, int, int] | None = None
    # what a part needs is what the whole needs at least: the first that is as small as all that follow is the smallest
    for least, axis, length in sorted(ways):
        if least == math.inf or (best is not None and least >= best[0]):
            break
        moved = keys.movedim(axis, 0) if keys.dim() else keys
        found = cost(moved.reshape(-1, length), keys.numel() // length)
        if found < math.inf and (best is None or found < best[0]):
            best = int(found), axis, length
    return best


def _ways(shape: tuple[int, ...]) -> Iterator[tuple[int, int]]:
    """(axis in front, length of a group): the whole, each index of an axis, parts of a row."""
    size = math.prod(shape)
    yield 0, size
    for axis, length in enumerate(shape):
        if length > 1 and size > length:
            yield axis, size // length
    row = _row(shape)
    small = [part for part in range(1, math.isqrt(row) + 1) if row % part == 0]
    yield from ((0, part) for part in {*small, *(row // part for part in small)} - {1, row})


def _row(shape: tuple[int, ...]) -> int:
    """Entries for each index of the first axis; a vector is one row."""
    return math.prod(shape[1:]) if len(shape) > 1 else math.prod(shape)


def _most_values(rows: Tensor) -> int:
    """How many different values the richest row has."""
    ordered = rows.sort(dim=1).values
    return 1 + int((ordered[:, 1:] != ordered[:, :-1]).sum(1).max())


def _codebooks(rows: Tensor) -> tuple[Tensor, Tensor]:
    """The different values of each row, ascending, and the place of each entry among them."""
    ordered, order = rows.sort(dim=1)
    rank = torch.zeros(rows.shape, dtype=torch.int64)
    rank[:, 1:] = (ordered[:, 1:] != ordered[:, :-1]).cumsum(1)
    levels = ordered[:, -1:].repeat(1, int(rank[:, -1].max()) + 1)
    levels.scatter_(1, rank, ordered)
    return levels, torch.empty_like(rank).scatter_(1, order, rank)


def _bits_of(places: Tensor, bits: int) -> Tensor:
    planes = (places.numpy()[:, None] >> np.arange(bits)) & 1
    return torch.from_numpy(np.packbits(planes.astype(np.uint8).ravel(), bitorder="little"))


def _places(codes: Tensor, bits: int, size: int) -> Tensor:
    stream = np.unpackbits(codes.cpu().numpy(), bitorder="little")
    if len(stream) < size * bits:
        raise ValueError(f"expected {size * bits} bits of codes, got {brief(len(stream))}")
    planes = stream[: size * bits].reshape(size, bits)
    places = np.zeros(size, dtype=np.int64)
    for bit in range(bits):
        places |= planes[:, bit].astype(np.int64) << bit
    return torch.from_numpy(places)
