"""From settings to a network, its optimizer and its warm start."""

from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from pqtheory.networks import optim
from pqtheory.networks.data import Images
from pqtheory.networks.models import REGISTRY, binary_weights, ternary_weights
from pqtheory.networks.training.folder import load_checkpoint
from pqtheory.networks.training.settings import Settings
from pqtheory.regularizers import DistanceL1
from pqtheory.schedules import Exponential, Linear, Schedule, Staircase
from pqtheory.sets import Binary, Ternary


def make_model(settings: Settings, images: Images) -> nn.Module:
    """The network of these settings, from its seed or its warm start; channels last.

    Raises
    ------
    FileNotFoundError, ValueError
        If the warm start is missing, or of another network.
    """
    torch.manual_seed(settings.seed)
    model = REGISTRY[settings.model](images.train.shape[1], images.classes)
    if settings.warm_start is not None:
        place = Path(settings.warm_start)
        file = place / "checkpoint.pt" if place.is_dir() else place
        try:
            model.load_state_dict(load_checkpoint(file)["model"])
        except (RuntimeError, KeyError) as error:
            first = str(error).strip().splitlines()[0]
            raise ValueError(f"{file}: not a checkpoint of {settings.model}: {first}") from error
    return model.to(memory_format=torch.channels_last)


def make_optimizer(
    settings: Settings, model: nn.Module, channels: int, steps_per_epoch: int
) -> Optimizer:
    """The base optimizer, wrapped by the method."""
    if settings.method == "full-precision":
        return _base(settings, list(model.parameters()))
    ternary = settings.levels == "ternary"
    picked = ternary_weights(channels) if ternary else binary_weights
    base = _base(settings, optim.split_parameters(model, picked))
    levels = Ternary() if ternary else Binary()
    if settings.method == "binaryconnect":
        return optim.BinaryConnect(base, levels, clip=settings.clip)
    strength = _strength(settings, steps_per_epoch)
    if settings.method == "binaryrelax":
        return optim.BinaryRelax(base, strength, set=levels, clip=settings.clip)
    return optim.ProxQuant(base, DistanceL1(levels), strength, clip=settings.clip)


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
