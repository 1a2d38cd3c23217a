"""The methods of training runs round a base optimizer."""

import math
from typing import Any

from torch.optim import Optimizer

from pqtheory import methods
from pqtheory.networks import optim
from pqtheory.networks.levels import bits_of
from pqtheory.networks.training.settings import Settings
from pqtheory.networks.training.successors import GROWING
from pqtheory.quantizers import AbsMeanTernary, AdaptiveTernary, AlternatingMultiBit, Quantizer
from pqtheory.regularizers import (
    AlternatingDistance,
    Bump,
    DistanceL1,
    DistanceL2,
    FittedBump,
    Regularizer,
)
from pqtheory.schedules import Exponential, Linear, Schedule, Staircase
from pqtheory.sets import Binary, ScaledBinary

#: beyond it ProxConnect++ forgets the gradients of latent weights
FAR = 1.25


def wrapped(settings: Settings, base: Optimizer, steps_per_epoch: int) -> optim.QuantizingOptimizer:
    """The method of these settings round ``base``, whose groups are marked."""
    levels = levels_of(settings)
    strength = strength_of(settings, steps_per_epoch)
    own: dict[str, Any] = {"clip": settings.clip}
    if settings.dampening:
        own["dampening"] = settings.dampening
    if settings.oscillation_threshold is not None:
        own["freezing"] = optim.Freezing(settings.oscillation_threshold)
    if settings.method == "binaryconnect":
        if isinstance(levels, Quantizer):
            return optim.LazyProx(base, distance(levels), math.inf, **own)
        return optim.BinaryConnect(base, levels, **own)
    if settings.method == "binaryrelax":
        if isinstance(levels, Quantizer):
            return optim.LazyProx(base, distance(levels), strength, **own)
        return optim.BinaryRelax(base, strength, set=levels, **own)
    if settings.method == "proxquant":
        return optim.ProxQuant(base, distance(levels), strength, **own)
    method, described = _successor(settings, levels, strength, steps_per_epoch)
    if settings.method == "parq":
        own["refit_every"] = settings.refit_every
    return optim.QuantizingOptimizer(base, method, **described, **own)


def _successor(
    settings: Settings, levels: Any, strength: Schedule, steps_per_epoch: int
) -> tuple[Any, dict[str, Any]]:
    """The class, and what it is described by."""
    # so that the steps of an epoch, at the first step size, add up to the rate
    each = settings.rate / (settings.lr * steps_per_epoch)
    connected = {"regularizer": distance(levels), "strength": each}
    fixed = isinstance(levels, Binary)
    pulling = DistanceL2(levels) if fixed else distance(levels)
    bump: Regularizer = Bump(levels) if fixed else FittedBump(_fitting(levels))
    found: dict[str, tuple[Any, dict[str, Any]]] = {
        "proxconnect": (methods.ProxConnect, connected),
        "proxconnectplus": (
            methods.ProxConnectPlus,
            {**connected, "backward": methods.Clipped(FAR)},
        ),
        "parq": (methods.LazyProx, {"regularizer": bump, "strength": strength}),
        "dampened": (methods.Dampened, {"set": levels, "strength": strength}),
        "eagerpull": (methods.EagerPull, {"regularizer": pulling, "strength": strength}),
        "mirrordescent": (methods.MirrorDescent, {"strength": strength}),
        "bop": (methods.Bop, {"threshold": settings.rate}),
    }
    return found[settings.method]


def distance(levels: Any) -> Regularizer:
    """The distance to +-1; half the squared one to levels that are fitted to the weights."""
    if isinstance(levels, Binary):
        return DistanceL1(levels)
    # one round a step, as published; at ternary levels a second changes nothing (the claim alternating-prox)
    return AlternatingDistance(_fitting(levels), rounds=1)


def _fitting(levels: Any) -> Quantizer:
    """What fits the levels; of binary ones with a scale one fitted bit, which is the same."""
    return levels if isinstance(levels, Quantizer) else AlternatingMultiBit(1, per=levels.per)


def levels_of(settings: Settings) -> Binary | ScaledBinary | Quantizer:
    """Fixed levels for binary weights; all others are fitted to each tensor, channel or row.

    Fixed ternary levels at +-1 would make all small weights 0.
    """
    levels, per = settings.levels, settings.per
    if levels == "binary":
        return Binary()
    if levels == "scaled-binary":
        return ScaledBinary(per=per)
    if levels == "ternary":
        return AdaptiveTernary(per=per)
    if levels == "absmean-ternary":
        return AbsMeanTernary(per=per)
    return AlternatingMultiBit(bits_of(levels) or 1, per=per)


def strength_of(settings: Settings, steps_per_epoch: int) -> Schedule:
    """Lambda by step: by the rate more each epoch, or so many times what it was."""
    growing = settings.method in GROWING
    if settings.per_epoch:
        by_epoch = Exponential(1.0, settings.rate) if growing else Linear(settings.rate)
        return Staircase(by_epoch, steps_per_epoch)
    if growing:
        return Exponential(1.0, settings.rate ** (1 / steps_per_epoch))
    return Linear(settings.rate / steps_per_epoch)
