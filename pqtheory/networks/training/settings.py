r"""What a run is: every setting by name, and the presets of the paper, scaled to any number of epochs.

===========  ================================================================================================
faithful     as the published code trains: lambda advances once per epoch, the optimizer is built anew every
             epoch, weights are clipped to [-1, 1], the epoch is picked on the test set (a held-out error beside it)
corrected    as the paper's text says: lambda_t grows at every step, the optimizer lives on, nothing is clipped,
             the epoch is picked on held-out images
===========  ================================================================================================

With E epochs in place of the published E_0, epochs of the schedules scale by s = E / E_0, lambda's rate by 1 / s^2, so
that the prox weights eta_t lambda_t of the whole run add up to the same.

On CIFAR-10 that is all. On other images an epoch has other steps: the digits have 9 where CIFAR-10 has 391, and the
published rate would leave their weights 0.75 from their levels. There lambda grows to what brings the weights to their
levels by the freeze after n steps, the larger of two (``tasks.images.strength_at_freeze``):

* 2 p / (eta n), so that the prox weights until then, about eta n lambda / 2, add up to the p of the published run;
* 5 eta, so that what Adam's steps of eta scatter, some eta / lambda about the level, is little beside the levels.

And runs on the digits that quantize have batches of 16 and eta = 0.1, the point of the least error on held-out images
of the sweep ``experiments/digits_rates.toml``; what grows lambda trains on after the freeze at a tenth of it.

References
----------
ProxQuant, arXiv 1810.00861, section 5.1 and appendix C; the published code where it differs.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Self, final

import numpy as np

from pqtheory._checks import check_count, check_number, store
from pqtheory._messages import brief, nearest
from pqtheory.methods.registry import FULL_PRECISION, TRAINED, TTQ
from pqtheory.networks.levels import LEVELS, PER
from pqtheory.networks.tasks import find_task
from pqtheory.networks.tasks.base import Option
from pqtheory.networks.tasks.find import is_file
from pqtheory.networks.training.successors import AT_FREEZE, check_method, rate_of
from pqtheory.signs.metric_names import code_metrics

#: names of methods in settings and files
METHODS = TRAINED
FULL = FULL_PRECISION.name
#: trained ternary quantization
TTQ_NAME = TTQ.name
PRESETS = ("corrected", "faithful")
OPTIMIZERS = ("sgd", "adam")
#: when codes are looked at
TRACK = ("epoch", "step")


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
    method, levels, per : str
        Names in ``METHODS``, ``LEVELS``, ``PER``: binary is +-1; the levels of others are fitted to each tensor, output
        channel or row of a matrix.
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
    per: str = "tensor"
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
            ("per", PER),
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
        store(self, options=_Frozen(_checked_options(self.options)))
        # a file is looked at where it is trained, so that tables of its runs need no code
        if not is_file(self.task):
            check_task(self)
        lows = {"epochs": 0, "batch_size": 1, "measure_every": 1, "held_out": 0, "seed": 0}
        store(self, **{name: check_count(getattr(self, name), name, n) for name, n in lows.items()})
        if self.freeze_epoch is not None:
            store(self, freeze_epoch=check_count(self.freeze_epoch, "freeze_epoch", 0))
            if self.freeze_epoch >= self.epochs > 0:
                raise ValueError(
                    f"freeze_epoch: expected one of the {self.epochs} epochs, from 0, got {brief(self.freeze_epoch)}"
                )
        for name in ("lr", "gradient_factor"):
            number = check_number(getattr(self, name), name, 0, open_low=True, finite=True)
            store(self, **{name: number})
        store(self, stall_divisor=check_number(self.stall_divisor, "stall_divisor", 1, finite=True))
        # a pull away from the levels has a rate below 0
        for name in ("rate", "momentum", "weight_decay", "drop_factor"):
            low = -math.inf if (name, self.method) == ("rate", "dampened") else 0
            store(self, **{name: check_number(getattr(self, name), name, low, finite=True)})
        store(self, metrics=code_metrics(self.metrics))
        store(self, dampening=check_number(self.dampening, "dampening", finite=True))
        if self.oscillation_threshold is not None:
            threshold = check_number(self.oscillation_threshold, "oscillation_threshold", 0)
            store(self, oscillation_threshold=threshold)
        if self.refit_every is not None:
            store(self, refit_every=check_count(self.refit_every, "refit_every"))
        check_method(self)
        if self.method == TTQ_NAME:
            _check_trained_levels(self)
        for name in ("clip", "clip_norm"):
            if getattr(self, name) is not None:
                number = check_number(getattr(self, name), name, 0, open_low=True, finite=True)
                store(self, **{name: number})
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
    alone |= {"metrics": (), "dampening": 0, "oscillation_threshold": None}
    for name, allowed in alone.items():
        value = getattr(settings, name)
        if value != allowed:
            raise ValueError(f"{name}: expected {allowed} for {TTQ.label}, got {brief(value)}")


class _Frozen(dict[str, Option]):
    """Options of a frozen object: hashable, and never changed."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(tuple(sorted(self.items())))


def _checked_options(options: Any) -> dict[str, Option]:
    if not isinstance(options, Mapping):
        raise TypeError(f"options: expected names with values, got {brief(options)}")
    for name, value in options.items():
        if not isinstance(name, str) or not isinstance(value, (bool, int, float, str)):
            raise TypeError(
                f"options: expected numbers, words or true and false, got {brief(name)}: {brief(value)}"
            )
    return {name: options[name] for name in sorted(options)}


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
    options = task.options_of(settings.model)
    for name, value in settings.options.items():
        if name not in options:
            hint = nearest(name, options)
            known = ", ".join(options) or "none, this task has no options"
            raise ValueError(f"options: expected {known}, got {brief(name)}{hint}")
        default = options[name]
        whole = isinstance(default, float) and type(value) is int
        if type(value) is not type(default) and not whole:
            raise TypeError(
                f"options: {name}: expected {_KINDS[type(default)]}, as {brief(default)} is, got {brief(value)}"
            )


_KINDS = {bool: "true or false", int: "an integer", float: "a number", str: "a word"}


def preset(
    name: str,
    method: str,
    *,
    epochs: int | None = None,
    levels: str = "binary",
    task: str = "images",
    **changes: Any,
) -> Settings:
    """The settings of a preset for a method, scaled to ``epochs``, with what suits the data.

    Parameters
    ----------
    name : {"corrected", "faithful"}
        See above.
    method : str
        One of ``METHODS``.
    epochs : int, optional
        In place of the published number.
    levels : str
        What is quantized to; one of ``LEVELS``.
    task : str
        Name or file.
    **changes
        Settings of your own, options of the task among them.

    Raises
    ------
    TypeError, ValueError
        If a name or a value is not allowed.
    """
    if name not in PRESETS:
        raise ValueError(f"preset: expected one of {', '.join(PRESETS)}, got {brief(name)}")
    Settings(method=method, levels=levels)
    found = find_task(task)
    chosen: dict[str, Any] = {"data": found.data[0], "model": found.models[0]}
    given: dict[str, Any] = {k: changes[k] for k in ("data", "model") if k in changes}
    data = str(changes.get("data", found.data[0]))
    own = dict(found.preset(method, levels, data))
    asked = _checked_options(changes.pop("options", {}))
    asked |= {key: changes.pop(key) for key in found.options if key in changes}
    # of a model that is none, which is refused below, those of all
    known = found.options_of(str(given.get("model", found.models[0])))
    others = set(found.options) - set(known)
    preferred = {k: v for k, v in own.pop("options", {}).items() if k not in others}
    options: dict[str, Option] = {**known, **preferred, **asked}
    chosen |= {"task": task, "method": method, "levels": levels, "options": options, **given}
    unknown = sorted(set(changes) - {f.name for f in fields(Settings)})
    if unknown:
        hint = nearest(unknown[0], [f.name for f in fields(Settings)] + list(found.options))
        raise ValueError(f"settings: no setting {brief(unknown[0])}{hint}")
    # names first: what goes with them depends on them
    check_task(Settings(**chosen))
    if epochs is not None:
        own = _scaled(own, check_count(epochs, "epochs", 1), method)
    # what is wrong in the changes is refused here
    own |= found.suited(Settings(**{**chosen, **own, **changes, "select_on": "test"}))
    chosen["options"] = {**options, **own.pop("options", {}), **asked}
    if method in AT_FREEZE and "rate" not in changes:
        own["rate"] = rate_of(method, {**own, **changes})
    if name == "faithful":
        published = {} if method == FULL else {"per_epoch": True, "renew": True, "clip": 1.0}
        own |= {**published, "select_on": "test"}
    settings = Settings(**{**chosen, **own, **changes})
    if name == "corrected" and "select_on" not in changes:
        apart = settings.held_out or found.validates
        settings = replace(settings, select_on="held_out" if apart else settings.select_on)
    check_task(settings)
    return settings


def _scaled(chosen: dict[str, Any], epochs: int, method: str) -> dict[str, Any]:
    s = epochs / chosen["epochs"]
    scaled = {**chosen, "epochs": epochs}
    if "freeze_epoch" in chosen:
        # an epoch before it and one after; a single epoch is not frozen
        frozen = min(max(1, round(s * chosen["freeze_epoch"])), epochs - 1)
        scaled["freeze_epoch"] = frozen or None
    if "drops" in chosen:
        drops: list[int] = []
        for drop in chosen["drops"]:
            # each at an epoch of its own, and none before the first
            drops.append(max(round(s * drop), (drops or [0])[-1] + 1))
        scaled["drops"] = tuple(drops)
    if "rate" in chosen:
        growing = method == "binaryrelax"
        scaled["rate"] = chosen["rate"] ** (1 / s) if growing else chosen["rate"] / s**2
    return scaled
