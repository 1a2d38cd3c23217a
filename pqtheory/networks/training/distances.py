"""How far the latent weights are from their levels when they are about to be quantized for good."""

from typing import Any

import torch
from torch import Tensor

from pqtheory.networks.optim import QuantizingOptimizer

#: bins [0, w), [w, 2 w), ... up to UPPER, and one for all beyond
BINS, UPPER = 40, 2.0


@torch.no_grad()
def distances(names: dict[int, str], optimizer: QuantizingOptimizer) -> dict[str, Any]:
    r"""Histogram of :math:`|\theta_i - q_i|`, latent weight to its level, for each layer and for all.

    Where latent weights are clipped to the outermost levels, those that the clipping stops there count as pinned too.

    Parameters
    ----------
    names : dict
        Names of the parameters by their ids.
    optimizer : QuantizingOptimizer
        Not frozen yet: freezing puts every weight on its level.

    Returns
    -------
    dict
        "upper": where the last bin but one ends; "layers": for each layer and "all" the "counts" of ``BINS`` equal bins
        from 0 and of what is beyond, and "pinned", the share of the weights that are exactly on their level (they are
        in the first bin too).
    """
    pairs = list(optimizer.latent_parameters())
    latents = [value.double() for _, value in pairs]
    with optimizer.quantized():
        found = {
            names[id(p)]: (latent - p).abs().flatten()
            for (p, _), latent in zip(pairs, latents, strict=True)
        }
    found["all"] = torch.cat(list(found.values()))
    return {"upper": UPPER, "layers": {name: _summary(d) for name, d in found.items()}}


def _summary(distance: Tensor) -> dict[str, Any]:
    place = (distance * (BINS / UPPER)).clamp(max=BINS).long()
    counts = torch.bincount(place, minlength=BINS + 1).tolist()
    return {"counts": counts, "pinned": float((distance == 0).double().mean())}
