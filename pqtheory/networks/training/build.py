"""From settings to a network, its optimizer and its warm start."""

from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from pqtheory.networks import optim
from pqtheory.networks.optim.trained_ternary import train_ternary
from pqtheory.networks.tasks import Task, answers, find_task
from pqtheory.networks.tasks.find import errors_with_lines
from pqtheory.networks.training.settings import FULL, TTQ_NAME, Settings
from pqtheory.networks.training.warm_start import load_warm_start
from pqtheory.networks.training.wrapped import wrapped

#: of Bop's averages, at the first step size
BOP_RATE = 1e-3


def load_data(settings: Settings, data_dir: Any = None) -> Any:
    """The data of these settings.

    Raises
    ------
    FileNotFoundError, ImportError, ValueError
        As the task's ``load``.
    """
    with errors_with_lines(settings.task):
        return answers.load(find_task(settings.task), settings.data, data_dir, settings.options)


def make_model(settings: Settings, data: Any) -> nn.Module:
    """The network of these settings, from its seed or its warm start; channels last, trained levels in it.

    Raises
    ------
    FileNotFoundError, ValueError
        If the warm start is missing, of another network, or trained on examples that are to be held out.
    """
    torch.manual_seed(settings.seed)
    task = find_task(settings.task)
    model = answers.make_model(task, settings.model, data, settings.options)
    if settings.warm_start is not None:
        load_warm_start(model, settings)
    if settings.method == TTQ_NAME:
        train_ternary(model, answers.quantized(task, settings.levels, data))
    return model.to(memory_format=torch.channels_last)


def make_optimizer(
    settings: Settings, task: Task, data: Any, model: nn.Module, steps_per_epoch: int
) -> Optimizer:
    """The base optimizer, wrapped by the method."""
    if settings.method in (FULL, TTQ_NAME):
        return _base(settings, list(model.parameters()))
    # Bop's rate is that of an average, and no step size
    rate = {"lr_factor": BOP_RATE / settings.lr} if settings.method == "bop" else {}
    groups = optim.split_parameters(model, answers.quantized(task, settings.levels, data), **rate)
    for group in groups:
        group["lr"] = settings.lr * group.get("lr_factor", 1.0)
    return wrapped(settings, _base(settings, groups), steps_per_epoch)


def _base(settings: Settings, groups: Any) -> Optimizer:
    if settings.optimizer == "adam":
        return torch.optim.Adam(groups, lr=settings.lr, weight_decay=settings.weight_decay)
    return torch.optim.SGD(
        groups, lr=settings.lr, momentum=settings.momentum, weight_decay=settings.weight_decay
    )
