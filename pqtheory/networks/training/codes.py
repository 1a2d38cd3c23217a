"""How many codes of each row change in an epoch: which of its row's levels a weight is quantized to."""

from typing import final

import torch
from torch import Tensor

from pqtheory.networks.optim import QuantizingOptimizer
from pqtheory.signs.codes import coded


@final
class CodeChanges:
    """Remembers the codes since the last look.

    A code is the place of the weight's level among those of its row, from below; of signs 0 and 1.
    """

    def __init__(self) -> None:
        self._codes: dict[str, Tensor] = {}

    @torch.no_grad()
    def update(
        self, names: dict[int, str], optimizer: QuantizingOptimizer
    ) -> dict[str, dict[str, float]]:
        """Share of the codes of a row that changed, by layer: mean, least, median and most over its rows.

        Nothing at the first look.
        """
        # weights that are quantized for good keep their codes: a fit to them may have other levels
        kept = optimizer.frozen and bool(self._codes)
        new = self._codes if kept else codes(names, optimizer)
        found = {name: _summary(now, self._codes[name]) for name, now in new.items() if self._codes}
        self._codes = new
        return found


def codes(names: dict[int, str], optimizer: QuantizingOptimizer) -> dict[str, Tensor]:
    """Uint8 codes (rows, weights of a row) of each quantized parameter."""
    found = {}
    for group in optimizer.quantized_groups.values():
        for p, latent in zip(group.parameters, group.latents(), strict=True):
            place, _ = coded(latent, group.map.quantized_by)
            found[names[id(p)]] = place.flatten(1)
    return found


def _summary(now: Tensor, before: Tensor) -> dict[str, float]:
    shares = (now != before).double().mean(1)
    return {
        "mean": float(shares.mean()),
        "least": float(shares.min()),
        "median": float(shares.median()),
        "most": float(shares.max()),
    }
