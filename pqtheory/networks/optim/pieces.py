"""Tensors in pieces that are worked on at once: a tensor, or several small ones that are laid side by side for it.

A call costs as much as its work on thousands of weights, and one of NumPy or of the C library a third of one of torch:
on a CPU what is not large is worked on as arrays in its memory. The numbers are the same.
"""

import ctypes
import sys
from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor
from torch.utils._python_dispatch import is_in_torch_dispatch_mode

from pqtheory._elementwise import Writer

#: the most weights of a tensor that is taken as an array: with more of them threads pay
ARRAY = 1 << 16
#: the most weights of those that lie side by side, as arrays and as tensors
SMALL, SMALL_TENSOR = 1 << 12, 1 << 16
#: dtypes that NumPy computes as fast as torch
PLAIN = (torch.float32, torch.float64)
#: of the C library: to compare arrays makes booleans of all their entries first
_memcmp = ctypes.CDLL("msvcrt" if sys.platform == "win32" else None).memcmp
_memcmp.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)


@final
class Piece:
    """Tensors of one dtype and device, or one alone; whoever writes to them tells torch of it.

    Parameters
    ----------
    tensors : sequence of tensor
        On one axis where they are without gaps.
    whole : tensor, optional
        Their memory, if they lie side by side.
    """

    def __init__(self, tensors: Sequence[Tensor], whole: Tensor | None = None) -> None:
        self.tensors = tensors
        #: what is mapped at once, if it lies in one memory
        self.whole = tensors[0] if len(tensors) == 1 else whole
        self.sizes = [t.numel() for t in tensors]
        #: whether it is memory of the CPU without gaps; where, and how many octets of it
        self.plain = all(map(is_flat, tensors)) and tensors[0].device.type == "cpu"
        self.starts = [t.data_ptr() for t in tensors]
        self.octets = [t.nbytes for t in tensors]
        self._is_small = self.plain and max(self.sizes) <= ARRAY
        is_array = self._is_small and self.whole is not None and self.whole.dtype in PLAIN
        self._array = self.whole.numpy() if self.whole is not None and is_array else None

    def copy(self) -> "Piece":
        """The same in other memory, side by side."""
        if len(self.tensors) == 1:
            return Piece([self.tensors[0].clone()])
        whole = torch.cat([*self.tensors])
        return Piece(whole.split(self.sizes), whole)

    def copy_(self, of: "Piece", followed: bool) -> None:
        """Copy others of the same sizes here, by torch if its operations are ``followed``."""
        if followed or not (self._is_small and of.plain):
            torch._foreach_copy_(self.tensors, of.tensors)
            return
        for start, other, octets in zip(self.starts, of.starts, self.octets, strict=True):
            ctypes.memmove(start, other, octets)

    def equals(self, of: "Piece") -> bool:
        """Whether all bits are those of others of the same sizes, both plain."""
        return not any(map(_memcmp, self.starts, of.starts, self.octets))

    def map_(self, function: Writer, of: "Piece", beside: "Piece", followed: bool) -> None:
        """Let this be the function of others of the same sizes; ``beside``: this, or where it is side by side."""
        if beside is not self or of.whole is None:
            beside.copy_(of, followed)
            beside._map_(function, beside, followed)
            if beside is not self:
                self.copy_(beside, followed)
        else:
            self._map_(function, of, followed)

    def _map_(self, function: Writer, of: "Piece", followed: bool) -> None:
        if followed or self._array is None or of._array is None:
            function(of.whole, self.whole)
        else:
            function(of._array, self._array)


def scratch(pieces: Sequence[Piece]) -> list[Piece]:
    """Where each piece is mapped: itself if it is in one memory, else other memory in which it is side by side."""
    return [piece if piece.whole is not None else piece.copy() for piece in pieces]


def by_piece(tensors: Sequence[Tensor]) -> list[list[int]]:
    """The places of the tensors of each piece: small ones of a dtype and device together."""
    pieces: list[list[int]] = []
    together: dict[object, list[int]] = {}
    for place, t in enumerate(tensors):
        as_array = t.device.type == "cpu" and t.dtype in PLAIN
        kind = t.dtype, t.device
        if not is_flat(t) or t.numel() > (SMALL if as_array else SMALL_TENSOR):
            pieces.append([place])
        elif kind in together:
            together[kind].append(place)
        else:
            pieces.append(together.setdefault(kind, [place]))
    return pieces


def is_flat(t: Tensor) -> bool:
    """Whether it has one axis and no gaps."""
    return t.ndim == 1 and t.is_contiguous()


def are_followed() -> bool:
    """Whether a compiler, or who records or counts operations, follows those on tensors: others would pass it by."""
    return torch.compiler.is_compiling() or is_in_torch_dispatch_mode()
