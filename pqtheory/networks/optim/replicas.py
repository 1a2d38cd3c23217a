"""Processes that train the same network (DistributedDataParallel) begin with the same latent weights.

Wrapping a model copies what the first process shows to all others. Where that is not theta itself but what theta is
mapped to, the others cannot know theta from it: they are sent it, once, when the first step is made.
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import final

import torch
from torch import Tensor

from pqtheory.networks.optim.apart import ApartGroup
from pqtheory.networks.optim.memory import QuantizedGroup
from pqtheory.networks.optim.sharded import local


@final
class Replicas:
    """Whether a model was wrapped after its optimizer was made: all processes then count one writing at least.

    Parameters
    ----------
    groups : iterable of QuantizedGroup
        Of whose memories the lazy ones count: eager ones show theta itself.
    """

    def __init__(self, groups: Iterable[QuantizedGroup]) -> None:
        self.groups = [group for group in groups if isinstance(group, ApartGroup)]
        self.written: list[int] | None = self._writings()

    def _writings(self) -> list[int]:
        values = [value for group in self.groups for value in group.values()]
        # a copy that is made in inference mode is one of tensors that count no writings
        return [0 if value.is_inference() else value._version for value in values]

    def begin(self) -> bool:
        """Before the first step: send the latent weights, where the parameters were written to in the meantime.

        Whether that was so.
        """
        if self.written is None:
            return False
        before, self.written = self.written, None
        if before == self._writings():
            return False
        shown = [value for group in self.groups for value in group.values()]
        share(shown, [local(t) for group in self.groups for t in group.latents()])
        return True


def share(shown: Sequence[Tensor], latents: Sequence[Tensor]) -> None:
    """Give every process the latent weights of the first, if all are shown the same.

    All processes of the default group come here, or none.
    """
    distributed = torch.distributed
    if not distributed.is_available() or not distributed.is_initialized():
        return
    everyone: list[tuple[str, str]] = [("", "")] * distributed.get_world_size()
    distributed.all_gather_object(everyone, (_digest(shown), _digest(latents)))
    seen, remembered = ({found[i] for found in everyone} for i in (0, 1))
    if len(seen) == 1 and len(remembered) > 1:
        for latent in latents:
            distributed.broadcast(latent, src=0)


def _digest(tensors: Sequence[Tensor]) -> str:
    found = hashlib.sha256()
    for t in tensors:
        found.update(f"{t.dtype} {tuple(t.shape)}".encode())
        found.update(t.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
    return found.hexdigest()
