"""A tensor on disk: what it is, and how its numbers are had, from a map of just its bytes."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np
import torch
from torch import Tensor

#: whole numbers that weights are kept in; others are counts, places and packed codes, whose signs say nothing
SIGNED = (torch.int8, torch.int16)
#: exponents of scales: never negative
UNSIGNED = ("float8_e8m0fnu", "float4_e2m1fn_x2")


@final
@dataclass(frozen=True)
class StoredTensor:
    """A tensor that is read where it is asked for.

    Attributes
    ----------
    shape : tuple of int
        Its shape.
    dtype : torch.dtype or None
        Its numbers; None for such as torch has not.
    read : callable
        Gives it: strided, on the CPU, without a gradient.
    place : hashable, optional
        Equal for two that are one in memory, as tied weights are.
    """

    shape: tuple[int, ...]
    dtype: torch.dtype | None
    read: Callable[[], Tensor]
    place: Hashable = None

    @property
    def has_signs(self) -> bool:
        """Whether its signs are those of weights."""
        if self.dtype is None or str(self.dtype).removeprefix("torch.") in UNSIGNED:
            return False
        return self.dtype.is_floating_point or self.dtype in SIGNED


def mapped(file: Path, start: int, size: int) -> np.ndarray:
    """``size`` bytes of a file from ``start`` on, read as they are looked at; writing to them changes no file.

    Raises
    ------
    ValueError
        If the file ends before.
    """
    if size == 0:
        return np.empty(0, dtype=np.uint8)
    if start < 0 or size < 0 or start + size > file.stat().st_size:
        raise ValueError(f"{file}: it ends before byte {start + size}: the file is cut off")
    return np.memmap(file, dtype=np.uint8, mode="c", offset=start, shape=(size,))


def as_tensor(content: np.ndarray, dtype: torch.dtype) -> Tensor:
    """Bytes as numbers, on one axis."""
    if content.size == 0:
        return torch.empty(0, dtype=dtype)
    if content.ctypes.data % dtype.itemsize:
        # old files begin a tensor anywhere
        content = np.array(content)
    return torch.from_numpy(content).view(dtype)


def as_stored(value: Any) -> Any:
    """An array as a stored tensor, numbers as torch has them; anything else as it is."""
    if not isinstance(value, np.ndarray) or value.dtype == object:
        return value
    plain = np.array(value, dtype=value.dtype.newbyteorder("="), copy=True, subok=False)
    try:
        tensor = torch.from_numpy(plain)
    except TypeError:
        return value
    return StoredTensor(tuple(tensor.shape), tensor.dtype, lambda: tensor)
