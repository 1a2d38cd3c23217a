"""How near weights come to the flip law: flips <= 2 T min(f, 1 - f) + 1 in T steps, of which a share f is at +1.

That is counting alone, of any sequence of signs; on a line it is an equality (the claim flip-law).
"""

from typing import final

import torch
from torch import Tensor, nn

from pqtheory.networks.optim import QuantizingOptimizer


@final
class Law:
    """How often each weight flips in a window, and the share of it at +1.

    Parameters
    ----------
    optimizer : QuantizingOptimizer
        Whose latent weights.
    model : Module
        Names them.
    """

    def __init__(self, optimizer: QuantizingOptimizer, model: nn.Module) -> None:
        self.optimizer = optimizer
        names = {id(p): name for name, p in model.named_parameters()}
        self.names = [names[id(p)] for p, _ in optimizer.latent_parameters()]
        self.last = self._above()
        self.flips = [torch.zeros(a.shape) for a in self.last]
        self.above = [torch.zeros(a.shape) for a in self.last]
        self.steps, self.weights = 0, sum(a.numel() for a in self.last)

    def look(self, *, counts: bool) -> int:
        """After a step: how many flipped in it; it is of the window if it counts."""
        now = self._above()
        flipped = [a != b for a, b in zip(now, self.last, strict=True)]
        if counts:
            self.steps += 1
            for place, (moved, above) in enumerate(zip(flipped, now, strict=True)):
                self.flips[place] += moved
                self.above[place] += above
        self.last = now
        return sum(int(f.sum()) for f in flipped)

    def by_layer(self) -> dict[str, dict[str, float]]:
        """Means over the weights of a layer, and of all, per step: flips; 2 min(f, 1 - f); how many more than counting
        lets there be.
        """  # noqa: D205
        flips, above = (
            [*own, torch.cat([v.flatten() for v in own])] for own in (self.flips, self.above)
        )
        found = {}
        for name, moved, up in zip((*self.names, "all"), flips, above, strict=True):
            most = 2 * torch.minimum(up, self.steps - up)
            found[name] = {
                "flips": float(moved.mean()) / self.steps,
                "law": float(most.mean()) / self.steps,
                "above_it": int((moved > most + 1).sum()),
            }
        return found

    def _above(self) -> list[Tensor]:
        return [v >= 0 for _, v in self.optimizer.latent_parameters()]
