"""How far the latent weights are from their levels when they are about to be quantized for good."""

import math
from collections.abc import Iterable, Mapping
from typing import Any, final

import torch
from torch import Tensor

from pqtheory.networks.optim import QuantizingOptimizer
from pqtheory.networks.training.settings import LAMBDA, Settings

#: bins [0, w), [w, 2 w), ... up to UPPER, and one for all beyond
BINS, UPPER = 40, 2.0


#: root mean square distance to the levels, in levels' root mean square, beyond which the freeze makes another network
FAR = 0.25


@final
class FarFromLevelsWarning(UserWarning):
    """The freeze moves the weights so far that the network after it is another one."""


@torch.no_grad()
def off_the_levels(optimizer: QuantizingOptimizer) -> float:
    r"""How far the weights that the model computes with are from their levels, :math:`\|\theta - q\| / \|q\|`.

    0 where it sees the levels themselves, as BinaryConnect's does; for +-1 the root mean square distance.
    """
    seen = [parameter.detach().clone() for parameter, _ in optimizer.latent_parameters()]
    with optimizer.quantized():
        pairs = list(zip(seen, (p for p, _ in optimizer.latent_parameters()), strict=True))
        apart = sum(float((theta - q).double().square().sum()) for theta, q in pairs)
        length = sum(float(q.double().square().sum()) for _, q in pairs)
    return math.sqrt(apart / length) if length else 0.0


def advice(off: float, settings: Settings) -> str:
    """What to raise where the weights are ``off`` their levels when they are frozen; "" where they are near."""
    if off <= FAR:
        return ""
    raised = "rate (--rate)" if settings.method in LAMBDA else ""
    return (
        f"at the freeze before epoch {settings.freeze_epoch} the weights are {off:.2g} of a level from their levels, "
        f"so that it makes another network: raise {f'{raised}, now {settings.rate:g}, or ' if raised else ''}"
        f"freeze_epoch or epochs (--epochs)"
    )


def advice_from(settings: Settings, lines: Iterable[Mapping[str, Any]]) -> str:
    """The advice from the metrics of a run that has passed its freeze; "" where they do not say enough.

    Of fitted levels they say no length, of BinaryConnect no more than that it is at them.
    """
    if settings.levels != "binary" or settings.method not in ("proxquant", "binaryrelax"):
        return ""
    for line in lines:
        if line["epoch"] == settings.freeze_epoch and "quantization_error" in line:
            off = float(line["quantization_error"]["all"])
            if settings.method == "binaryrelax":
                # the model sees (theta + lambda q) / (1 + lambda)
                off /= 1 + settings.rate ** int(line["epoch"])
            return advice(off, settings)
    return ""


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
