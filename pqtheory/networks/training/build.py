"""From settings to a network, its optimizer and its warm start."""

import math
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from pqtheory.networks import optim
from pqtheory.networks.data import Images
from pqtheory.networks.models import REGISTRY, binary_weights, ternary_weights
from pqtheory.networks.training.settings import FULL, Settings
from pqtheory.networks.training.warm_start import load_warm_start
from pqtheory.quantizers import AdaptiveTernary
from pqtheory.regularizers import AlternatingDistance, DistanceL1
from pqtheory.schedules import Exponential, Linear, Schedule, Staircase
from pqtheory.sets import Binary


def make_model(settings: Settings, images: Images) -> nn.Module:
    """The network of these settings, from its seed or its warm start; channels last.

    Raises
    ------
    FileNotFoundError, ValueError
        If the warm start is missing, of another network, or trained on images that are to be held out.
    """
    torch.manual_seed(settings.seed)
    model = REGISTRY[settings.model](images.train.shape[1], images.classes)
    if settings.warm_start is not None:
        load_warm_start(model, settings)
    return model.to(memory_format=torch.channels_last)


def make_optimizer(
    settings: Settings, model: nn.Module, channels: int, steps_per_epoch: int
) -> Optimizer:
    """The base optimizer, wrapped by the method."""
    if settings.method == FULL:
        return _base(settings, list(model.parameters()))
    ternary = settings.levels == "ternary"
    picked = ternary_weights(channels) if ternary else binary_weights
    base = _base(settings, optim.split_parameters(model, picked))
    made = _ternary if ternary else _binary
    return made(settings.method, base, _strength(settings, steps_per_epoch), settings.clip)


def _binary(method: str, base: Optimizer, strength: Schedule, clip: float | None) -> Optimizer:
    if method == "binaryconnect":
        return optim.BinaryConnect(base, Binary(), clip=clip)
    if method == "binaryrelax":
        return optim.BinaryRelax(base, strength, set=Binary(), clip=clip)
    return optim.ProxQuant(base, DistanceL1(Binary()), strength, clip=clip)


def _ternary(method: str, base: Optimizer, strength: Schedule, clip: float | None) -> Optimizer:
    """With levels fitted to each tensor, theta-, 0, theta+: fixed ones at +-1 would make all small weights 0."""
    # a second round of the alternation changes nothing (the claim alternating-prox)
    fitted = AlternatingDistance(AdaptiveTernary(), rounds=1)
    if method == "binaryconnect":
        return optim.LazyProx(base, fitted, math.inf, clip=clip)
    if method == "binaryrelax":
        return optim.LazyProx(base, fitted, strength, clip=clip)
    return optim.ProxQuant(base, fitted, strength, clip=clip)


def _strength(settings: Settings, steps_per_epoch: int) -> Schedule:
    growing = settings.method == "binaryrelax"
    if settings.per_epoch:
        by_epoch = Exponential(1.0, settings.rate) if growing else Linear(settings.rate)
        return Staircase(by_epoch, steps_per_epoch)
    if growing:
        return Exponential(1.0, settings.rate ** (1 / steps_per_epoch))
    return Linear(settings.rate / steps_per_epoch)


def _base(settings: Settings, groups: Any) -> Optimizer:
    if settings.optimizer == "adam":
        return torch.optim.Adam(groups, lr=settings.lr, weight_decay=settings.weight_decay)
    return torch.optim.SGD(
        groups, lr=settings.lr, momentum=settings.momentum, weight_decay=settings.weight_decay
    )
