"""What the parameters of a group hold, or their latent weights: several tensors, as the calls on them cost least."""

import itertools
from collections.abc import Sequence
from typing import Any, final

import numpy as np
import torch
from torch import Tensor
from torch.autograd.graph import increment_version

from pqtheory._elementwise import Writer
from pqtheory.networks.optim.pieces import Piece, are_followed, by_piece, is_flat, scratch


@final
class Values:
    """Tensors where they are now: whoever uses them asks ``is_at`` first.

    Parameters
    ----------
    tensors : sequence of tensor
        Those that this process has; written in place.
    pieces : list of Piece, optional
        The same in pieces.
    """

    def __init__(self, tensors: Sequence[Tensor], pieces: list[Piece] | None = None) -> None:
        self.tensors = [t.detach() for t in tensors]
        self.starts, self._shapes, self._strides = _places(tensors)
        #: equal for tensors that can be worked on alike
        self.layout = [(t.shape, t.stride(), t.dtype, t.device) for t in self.tensors]
        flat = [dense(t) for t in self.tensors]
        self._split = by_piece(flat)
        self._has_gaps = not all(map(is_flat, flat))
        self._pieces = pieces or [Piece([flat[place] for place in part]) for part in self._split]
        #: where each piece is mapped
        self._scratch: list[Piece] | None = None

    def is_at(self, tensors: Sequence[Tensor]) -> bool:
        """Whether the tensors are still in this memory, in this layout."""
        # memory that these hold on to is had by nobody else, for another dtype; where there is none, who knows
        known = all(self.starts)
        return known and _places(tensors) == (self.starts, self._shapes, self._strides)

    def copy(self) -> "Values":
        """The same values, in other memory, laid out alike but for gaps; those of a piece side by side."""
        if self._has_gaps:
            # a copy has none, and its pieces are others
            return Values([t.clone() for t in self.tensors])
        copies, pieces = [*self.tensors], [piece.copy() for piece in self._pieces]
        for places, piece in zip(self._split, pieces, strict=True):
            for place, copy in zip(places, piece.tensors, strict=True):
                t = self.tensors[place]
                flat = copy.shape != t.shape
                copies[place] = copy.as_strided(t.shape, t.stride()) if flat else copy
        return Values(copies, pieces)

    def copy_(self, of: "Values") -> None:
        """Copy others of the same shapes here."""
        if not self._is_laid_out_as(of):
            torch._foreach_copy_(self.tensors, of.tensors)
            return
        followed = are_followed()
        for piece, other in zip(self._pieces, of._pieces, strict=True):
            piece.copy_(other, followed)
        self._say_written(followed)

    def map_(self, function: Writer, of: "Values", to: "Values | None" = None) -> None:
        """Let these be the function of others of the same shapes, entry by entry; they may be these.

        ``to`` is given the same, piece by piece, while that is in the cache.
        """
        if not self._is_laid_out_as(of) or not (to is None or self._is_laid_out_as(to)):
            for out, theta in zip(self.tensors, of.tensors, strict=True):
                function(theta, out)
            if to is not None:
                to.copy_(self)
            return
        if self._scratch is None:
            self._scratch = scratch(self._pieces)
        followed = are_followed()
        with np.errstate(all="ignore"):
            for place, (piece, beside) in enumerate(zip(self._pieces, self._scratch, strict=True)):
                piece.map_(function, of._pieces[place], beside, followed)
                if to is not None:
                    to._pieces[place].copy_(piece, followed)
        self._say_written(followed)
        if to is not None:
            to._say_written(followed)

    def _say_written(self, followed: bool) -> None:
        """Let torch know, which cannot see what was written to arrays in the memory of its tensors."""
        if not followed:
            increment_version(self.tensors)

    def hold(self, of: "Values") -> bool:
        """Whether they have the values of others; on a GPU the host waits for the answer once.

        Others of another shape, dtype or device have not. In one layout on the CPU bits are compared: NaN is NaN.
        """
        if self._is_laid_out_as(of) and all(piece.plain for piece in self._pieces):
            pairs_of_pieces = zip(self._pieces, of._pieces, strict=True)
            return all(piece.equals(other) for piece, other in pairs_of_pieces)
        pairs = list(zip(self.tensors, of.tensors, strict=True))
        if any(a.shape != b.shape or a.dtype != b.dtype or a.device != b.device for a, b in pairs):
            return False
        if all(a.device.type == "cpu" for a in self.tensors):
            return all(torch.equal(a, b) for a, b in pairs)
        if is_recorded(self.tensors):
            return True
        home = self.tensors[0].device
        return not bool(torch.stack([(a != b).any().to(home) for a, b in pairs]).any())

    def _is_laid_out_as(self, of: "Values") -> bool:
        if self.layout is not of.layout and self.layout == of.layout:
            # asked at every step: one list for both answers the next time
            of.layout = self.layout
        return self.layout is of.layout


def are_apart(tensors: Sequence[Tensor]) -> bool:
    """Whether no two of them have memory in common."""
    found = sorted((t.data_ptr(), t.data_ptr() + _extent(t)) for t in tensors if t.numel())
    return all(end <= start for (_, end), (start, _) in itertools.pairwise(found))


def is_recorded(tensors: Sequence[Tensor]) -> bool:
    """Whether what is done to tensors now is recorded, by a graph of the GPU's or a compiler, and done again later."""
    if torch.compiler.is_compiling():
        return True
    return any(t.is_cuda for t in tensors) and torch.cuda.is_current_stream_capturing()


def dense(tensor: Tensor) -> Tensor:
    """Its memory on one axis, whatever its layout; a tensor with gaps as it is."""
    if tensor.numel() == 0 or torch.empty_like(tensor).stride() != tensor.stride():
        return tensor
    return tensor.as_strided((tensor.numel(),), (1,))


def _places(tensors: Sequence[Tensor]) -> tuple[list[Any], list[Any], list[Any]]:
    return (
        [*map(Tensor.data_ptr, tensors)],
        [*map(Tensor.size, tensors)],
        [*map(Tensor.stride, tensors)],
    )


def _extent(t: Tensor) -> int:
    """Bytes from its first entry to the end of its last in memory."""
    steps = zip(t.shape, t.stride(), strict=True)
    return t.element_size() * (1 + sum((size - 1) * stride for size, stride in steps))
