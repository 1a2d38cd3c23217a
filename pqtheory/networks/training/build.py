"""From settings to a network, its optimizer and its warm start."""

import math
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from pqtheory.networks import optim
from pqtheory.networks.levels import bits_of
from pqtheory.networks.tasks import Task, find_task
from pqtheory.networks.tasks.find import errors_with_lines
from pqtheory.networks.training.settings import FULL, Settings
from pqtheory.networks.training.warm_start import load_warm_start
from pqtheory.quantizers import AdaptiveTernary, AlternatingMultiBit, Quantizer
from pqtheory.regularizers import AlternatingDistance, DistanceL1
from pqtheory.schedules import Exponential, Linear, Schedule, Staircase
from pqtheory.sets import Binary, ScaledBinary


def load_data(settings: Settings, data_dir: Any = None) -> Any:
    """The data of these settings.

    Raises
    ------
    FileNotFoundError, ImportError, ValueError
        As the task's ``load``.
    """
    with errors_with_lines(settings.task):
        return find_task(settings.task).load(settings.data, data_dir, settings.options)


def make_model(settings: Settings, data: Any) -> nn.Module:
    """The network of these settings, from its seed or its warm start; channels last.

    Raises
    ------
    FileNotFoundError, ValueError
        If the warm start is missing, of another network, or trained on examples that are to be held out.
    """
    torch.manual_seed(settings.seed)
    model = find_task(settings.task).make_model(settings.model, data, settings.options)
    if settings.warm_start is not None:
        load_warm_start(model, settings)
    return model.to(memory_format=torch.channels_last)


def make_optimizer(
    settings: Settings, task: Task, data: Any, model: nn.Module, steps_per_epoch: int
) -> Optimizer:
    """The base optimizer, wrapped by the method."""
    if settings.method == FULL:
        return _base(settings, list(model.parameters()))
    groups = optim.split_parameters(model, task.quantized(settings.levels, data))
    base, clip = _base(settings, groups), settings.clip
    strength = _strength(settings, steps_per_epoch)
    levels = _levels(settings.levels, settings.per)
    if isinstance(levels, Quantizer):
        # a second round of the alternation changes nothing (the claim alternating-prox)
        fitted = AlternatingDistance(levels, rounds=1)
        if settings.method == "binaryconnect":
            return optim.LazyProx(base, fitted, math.inf, clip=clip)
        if settings.method == "binaryrelax":
            return optim.LazyProx(base, fitted, strength, clip=clip)
        return optim.ProxQuant(base, fitted, strength, clip=clip)
    if settings.method == "binaryconnect":
        return optim.BinaryConnect(base, levels, clip=clip)
    if settings.method == "binaryrelax":
        return optim.BinaryRelax(base, strength, set=levels, clip=clip)
    if isinstance(levels, ScaledBinary):
        # the scale follows the weights, as that of one fitted bit: half the squared distance to the set
        fitted = AlternatingDistance(AlternatingMultiBit(1, per=settings.per), rounds=1)
        return optim.ProxQuant(base, fitted, strength, clip=clip)
    return optim.ProxQuant(base, DistanceL1(levels), strength, clip=clip)


def _levels(levels: str, per: str) -> Binary | ScaledBinary | Quantizer:
    """Fixed levels for binary weights; all others are fitted to each tensor, channel or row.

    Fixed ternary levels at +-1 would make all small weights 0.
    """
    if levels == "binary":
        return Binary()
    if levels == "scaled-binary":
        return ScaledBinary(per=per)
    if levels == "ternary":
        return AdaptiveTernary(per=per)
    return AlternatingMultiBit(bits_of(levels) or 1, per=per)


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
