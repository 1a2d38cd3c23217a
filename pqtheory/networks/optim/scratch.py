"""Scratch memory: the values of several tensors side by side, so that a map takes all of them in one pass.

Nobody else sees it: parameters and latent weights keep memory of their own, and are copied here and back.
"""

from collections.abc import Iterator, Sequence
from typing import final

import torch
from torch import Tensor


@final
class Scratch:
    """One flat tensor for each dtype and device, and a view of it for each of the tensors, in their layout.

    Attributes
    ----------
    values : list of tensor
        The flat ones.
    views : list of tensor
        In the order of the tensors that it was made for.
    """

    def __init__(self, tensors: Sequence[Tensor]) -> None:
        alike: dict[tuple[torch.dtype, torch.device], list[int]] = {}
        for place, t in enumerate(tensors):
            alike.setdefault((t.dtype, t.device), []).append(place)
        self.values: list[Tensor] = []
        found: dict[int, Tensor] = {}
        for (dtype, device), places in alike.items():
            these = [tensors[place] for place in places]
            flat = torch.empty(sum(t.numel() for t in these), dtype=dtype, device=device)
            self.values.append(flat)
            found.update(zip(places, _views(flat, these), strict=True))
        self.views = [found[place] for place in range(len(tensors))]

    def fits(self, tensors: Sequence[Tensor]) -> bool:
        """Whether the tensors still have the dtypes, devices and shapes that this was made for."""
        return all(
            t.dtype == view.dtype and t.device == view.device and t.shape == view.shape
            for t, view in zip(tensors, self.views, strict=True)
        )

    def holds(self, tensors: Sequence[Tensor]) -> bool:
        """Whether the tensors have the values that are here; on a GPU the host waits for the answer once."""
        if not self.fits(tensors):
            return False
        pairs = list(zip(tensors, self.views, strict=True))
        if all(view.device.type == "cpu" for view in self.views):
            return all(torch.equal(t, view) for t, view in pairs)
        if torch.cuda.is_available() and torch.cuda.is_current_stream_capturing():
            return True
        home = self.views[0].device
        return not bool(torch.stack([(t != view).any().to(home) for t, view in pairs]).any())

    def read(self, tensors: Sequence[Tensor]) -> None:
        """Copy the tensors here."""
        torch._foreach_copy_(self.views, list(tensors))

    def write(self, tensors: Sequence[Tensor]) -> None:
        """Copy what is here into the tensors."""
        torch._foreach_copy_(list(tensors), self.views)


def dense(tensor: Tensor) -> Tensor:
    """Its memory on one axis, whatever its layout; a tensor with gaps as it is."""
    if tensor.numel() == 0 or torch.empty_like(tensor).stride() != tensor.stride():
        return tensor
    return tensor.as_strided((tensor.numel(),), (1,))


def _views(flat: Tensor, tensors: Sequence[Tensor]) -> Iterator[Tensor]:
    start = 0
    for t in tensors:
        part = flat[start : start + t.numel()]
        start += t.numel()
        # a dense layout of its own, such as channels last, is kept
        own = t.numel() > 0 and torch.empty_like(t).stride() == t.stride()
        yield part.as_strided(t.shape, t.stride()) if own else part.view(t.shape)
