"""What a run is: every setting by name, what it may be, and which go together."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import partial
from typing import Any, Self, final

import numpy as np

from pqtheory._checks import check_count, check_float, store
from pqtheory._messages import brief, nearest
from pqtheory.methods.registry import FULL_PRECISION, TRAINED, TTQ
from pqtheory.networks.levels import LEVELS, check_per
from pqtheory.networks.tasks import answers, find_task
from pqtheory.networks.tasks.base import Option
from pqtheory.networks.tasks.find import is_file
from pqtheory.networks.training.options import FrozenOptions, check_options, plain_options
from pqtheory.networks.training.successors import AT_FREEZE, check_method
from pqtheory.signs.metric_names import code_metrics

#: names of methods in settings and files
METHODS = TRAINED
FULL = FULL_PRECISION.name
#: trained ternary quantization
TTQ_NAME = TTQ.name
OPTIMIZERS = ("sgd", "adam")
#: when codes are looked at
TRACK = ("epoch", "step")
#: files and torch have floats alone
_number = partial(check_float, finite=True)
#: the largest seed that torch takes
MOST = 2**64 - 1


@final
@dataclass(frozen=True)
class Settings:
    """One training run.

    Attributes
    ----------
    task : str
        "images", "language", or the path of a file with a task of one's own.
    data, model : str
        Names that the task knows.
    method, levels : str
        Names in ``METHODS``, ``LEVELS``: binary is +-1; the levels of others are fitted.
    per : str or int
        To what they are fitted, a name in ``PER``: a tensor, an output channel, a row of a matrix; or a number of
        consecutive weights of such a row. Changes of codes are counted by rows for "row" and for a number.
    options : mapping
        Settings that only this task has, each with a value of the type of its default.
    epochs : int
        How many.
    freeze_epoch : int or None
        Hard quantization before this epoch (from 0); the rest of the network trains on. None: never.
    optimizer : {"sgd", "adam"}
        ``momentum`` is for SGD.
    lr, drops, drop_factor
        Step size, multiplied by ``drop_factor`` before each of the epochs ``drops``.
    rate : float
        lambda = rate * epochs so far (binaryrelax, mirrordescent: the factor per epoch, from 1; bop: the threshold); of
        ternary levels that of half the squared distance, twice the paper's, which has the whole square.
    per_epoch : bool
        Whether lambda advances once per epoch; otherwise at every step.
    renew : bool
        Whether the optimizer is built anew every epoch.
    clip : float or None
        Latent weights are clipped to [-clip, clip].
    held_out : int
        Training images kept apart.
    select_on : {"held_out", "test"}
        Where the best epoch is picked, of those after the freeze.
    measure_every : int
        Errors are measured after every so many epochs, and at the start, at the freeze and at the end; signs always.
    augment, amp, compile : bool
        Pad-crop-flip; bfloat16 autocast; ``torch.compile``.
    warm_start : str or None
        A run folder whose network this one starts from, or any file or folder of weights that fit.
    seed : int
        Of weights, order and augmentation.
    metrics : tuple of str
        What is recorded of the codes, names in ``pqtheory.signs.CODE_METRICS`` or those of others; in the run's lines
        under "codes".
    track : {"epoch", "step"}
        How often the codes are looked at for it.
    dampening : float
        Of either sign: so many times (theta - P(theta)) is added to the gradient.
    oscillation_threshold : float or None
        Weights are frozen, one by one, where the moving average of their reversals is above it.
    refit_every : int or None
        Of parq on fitted levels: after how many steps they are fitted anew.

    Raises
    ------
    TypeError, ValueError
        If a value is not one of these.
    """

    task: str = "images"
    data: str = "digits"
    model: str = "small"
    method: str = "proxquant"
    levels: str = "binary"
    per: str | int = "tensor"
    epochs: int = 30
    freeze_epoch: int | None = None
    batch_size: int = 128
    optimizer: str = "adam"
    lr: float = 0.01
    momentum: float = 0.9
    weight_decay: float = 0.0
    drops: tuple[int, ...] = ()
    drop_factor: float = 0.1
    stall_divisor: float = 1.0
    clip_norm: float | None = None
    gradient_factor: float = 1.0
    rate: float = 0.0
    per_epoch: bool = False
    renew: bool = False
    clip: float | None = None
    held_out: int = 0
    select_on: str = "test"
    measure_every: int = 1
    augment: bool = False
    amp: bool = False
    compile: bool = False
    warm_start: str | None = None
    seed: int = 0
    metrics: tuple[str, ...] = ()
    track: str = "epoch"
    dampening: float = 0.0
    oscillation_threshold: float | None = None
    refit_every: int | None = None
    options: Mapping[str, Option] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("task", "data", "model"):
            if not isinstance(getattr(self, name), str):
                raise TypeError(f"{name}: expected a name, got {brief(getattr(self, name))}")
        for name, allowed in (
            ("method", METHODS),
            ("levels", LEVELS),
            ("optimizer", OPTIMIZERS),
            ("track", TRACK),
            ("select_on", ("held_out", "test")),
        ):
            value = getattr(self, name)
            if value not in allowed:
                hint = nearest(value, allowed) if isinstance(value, str) else ""
                raise ValueError(
                    f"{name}: expected one of {', '.join(allowed)}, got {brief(value)}{hint}"
                )
        store(self, per=check_per(self.per))
        store(self, options=FrozenOptions(plain_options(self.options)))
        # a file is looked at where it is trained, so that tables of its runs need no code
        if not is_file(self.task):
            check_task(self)
        lows = {"epochs": 0, "batch_size": 1, "measure_every": 1, "held_out": 0}
        store(self, **{name: check_count(getattr(self, name), name, n) for name, n in lows.items()})
        store(self, seed=check_count(self.seed, "seed", 0, MOST))
        if self.freeze_epoch is not None:
            store(self, freeze_epoch=check_count(self.freeze_epoch, "freeze_epoch", 0))
            if self.freeze_epoch >= self.epochs > 0:
                raise ValueError(
                    f"freeze_epoch: expected an epoch from 0 to {self.epochs - 1}, got {brief(self.freeze_epoch)}"
                )
        for name in ("lr", "gradient_factor"):
            store(self, **{name: _number(getattr(self, name), name, 0, open_low=True)})
        store(self, stall_divisor=_number(self.stall_divisor, "stall_divisor", 1))
        # a pull away from the levels has a rate below 0
        for name in ("rate", "momentum", "weight_decay", "drop_factor"):
            low = -math.inf if (name, self.method) == ("rate", "dampened") else 0
            store(self, **{name: _number(getattr(self, name), name, low)})
        store(self, metrics=code_metrics(self.metrics))
        store(self, dampening=_number(self.dampening, "dampening"))
        if self.oscillation_threshold is not None:
            threshold = _number(self.oscillation_threshold, "oscillation_threshold", 0)
            store(self, oscillation_threshold=threshold)
        if self.refit_every is not None:
            store(self, refit_every=check_count(self.refit_every, "refit_every"))
        check_method(self)
        if self.method == TTQ_NAME:
            _check_trained_levels(self)
        for name in ("clip", "clip_norm"):
            if getattr(self, name) is not None:
                store(self, **{name: _number(getattr(self, name), name, 0, open_low=True)})
        for name in ("per_epoch", "renew", "augment", "amp", "compile"):
            store(self, **{name: _flag(getattr(self, name), name)})
        if not isinstance(self.drops, (tuple, list)):
            raise TypeError(f"drops: expected epochs, got {brief(self.drops)}")
        store(self, drops=tuple(check_count(drop, "drops", 0) for drop in self.drops))
        if self.warm_start is not None and not isinstance(self.warm_start, str):
            raise TypeError(f"warm_start: expected a path or None, got {brief(self.warm_start)}")
        if self.select_on == "held_out" and not (self.held_out or _validates(self.task)):
            raise ValueError("select_on: 'held_out' needs held_out examples, got 0")

    def lr_at(self, epoch: int, stalls: int = 0) -> float:
        """Step size of an epoch, after so many epochs that brought nothing better."""
        dropped = self.lr * self.drop_factor ** sum(epoch >= drop for drop in self.drops)
        return dropped / self.stall_divisor**stalls if stalls else dropped

    def is_landmark(self, epochs: int) -> bool:
        """Whether the start, the freeze or the end is after ``epochs`` epochs: everything is measured there."""
        return epochs in (0, self.freeze_epoch, self.epochs)

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        plain = {f.name: getattr(self, f.name) for f in fields(self)}
        lists = {"drops": list(self.drops), "metrics": list(self.metrics)}
        return {**plain, **lists, "options": dict(self.options)}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """What ``to_dict`` gave.

        Raises
        ------
        ValueError
            If a name is unknown.
        """
        known = {f.name for f in fields(cls)}
        unknown = sorted(set(content) - known)
        if unknown:
            raise ValueError(
                f"settings: expected names out of {sorted(known)}, got {brief(unknown[0])}"
            )
        return cls(**content)


def _flag(value: Any, name: str) -> bool:
    """``value`` as Python's; ``"false"`` is true to Python, and so is refused."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name}: expected true or false, got {brief(value)}")
    return bool(value)


#: methods whose maps know lambda
LAMBDA = ("proxquant", "binaryrelax", *AT_FREEZE)


def _check_trained_levels(settings: Settings) -> None:
    """Trained levels are three, of each tensor, and never put in place for good."""
    alone: dict[str, Any] = {"levels": "ternary", "per": "tensor", "freeze_epoch": None}
    alone |= {"metrics": (), "dampening": 0, "oscillation_threshold": None, "gradient_factor": 1}
    for name, allowed in alone.items():
        value = getattr(settings, name)
        if value != allowed:
            shown = "none" if allowed == () else allowed
            raise ValueError(f"{name}: expected {shown} for {TTQ.label}, got {brief(value)}")


def _validates(task: str) -> bool:
    """Whether the data of a task have a validation set; a file is believed."""
    return True if is_file(task) else find_task(task).validates


def check_task(settings: "Settings") -> None:
    """Make sure that the task knows the data, the network and the options of ``settings``.

    Raises
    ------
    FileNotFoundError, TypeError, ValueError
        If not, or there is no such task.
    """
    task = find_task(settings.task)
    task.check(settings.data, settings.model)
    if settings.select_on == "held_out" and not (settings.held_out or task.validates):
        raise ValueError("select_on: 'held_out' needs held_out examples, got 0")
    if settings.held_out and task.validates:
        raise ValueError(
            f"held_out: expected 0, as these data have a validation set, got {brief(settings.held_out)}"
        )
    check_options(settings.options, answers.options_of(task, settings.model))
