r"""The presets of the paper: settings of a method on a task, scaled to any number of epochs.

===========  ================================================================================================
faithful     as the published code trains: lambda advances once per epoch, the optimizer is built anew every
             epoch, weights are clipped to [-1, 1], the epoch is picked on the test set (a held-out error beside it)
corrected    as the paper's text says: lambda_t grows at every step, the optimizer lives on, nothing is clipped,
             the epoch is picked on held-out images
===========  ================================================================================================

With E epochs in place of the published E_0, epochs of the schedules scale by s = E / E_0, ProxQuant's rate of lambda by
1 / s^2, so that the prox weights eta_t lambda_t of the whole run add up to the same (``successors.scaled_rate`` has the
others').

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

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from pqtheory._checks import check_count
from pqtheory._messages import brief, nearest
from pqtheory.networks.levels import check_per
from pqtheory.networks.tasks import answers, find_task
from pqtheory.networks.tasks.base import Option
from pqtheory.networks.tasks.find import errors_with_lines
from pqtheory.networks.training.options import check_options, plain_options
from pqtheory.networks.training.settings import FULL, Settings, check_task
from pqtheory.networks.training.successors import AT_FREEZE, rate_of, scaled_rate

PRESETS = ("corrected", "faithful")
_SETTINGS = tuple(f.name for f in fields(Settings))
#: those that a task is asked about; it may set the others
_ASKED = ("task", "data", "model", "method", "levels")


def preset(
    name: str,
    /,
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
    if not isinstance(task, str):
        raise TypeError(f"task: expected a name, got {brief(task)}")
    with errors_with_lines(task):
        return _preset(name, method, epochs, levels, task, changes)


def _preset(
    name: str, method: str, epochs: int | None, levels: str, task: str, changes: dict[str, Any]
) -> Settings:
    found = find_task(task)
    clash = next((option for option in found.options if option in _SETTINGS), None)
    if clash is not None:
        raise answers.AnswerError("options", "names that no setting has", clash)
    chosen: dict[str, Any] = {"data": found.data[0], "model": found.models[0]}
    given: dict[str, Any] = {k: changes[k] for k in ("data", "model") if k in changes}
    data = str(changes.get("data", found.data[0]))
    own = answers.preset(found, method, levels, data)
    _check_names("preset", own)
    asked = plain_options(changes.pop("options", {}))
    asked |= plain_options({key: changes.pop(key) for key in found.options if key in changes})
    # of a model that is none, which is refused below, those of all
    known = answers.options_of(found, str(given.get("model", found.models[0])))
    others = set(found.options) - set(known)
    with answers.answered("preset"):
        own_options = plain_options(own.pop("options", {}))
        preferred = {k: v for k, v in own_options.items() if k not in others}
        check_options(preferred, known)
    options: dict[str, Option] = {**known, **preferred, **asked}
    chosen |= {"task": task, "method": method, "levels": levels, "options": options, **given}
    unknown = sorted(set(changes) - set(_SETTINGS))
    if unknown:
        hint = nearest(unknown[0], [*_SETTINGS, *found.options])
        raise ValueError(f"settings: no setting {brief(unknown[0])}{hint}")
    if levels == "binary" and check_per(changes.get("per", "tensor")) not in ("tensor", "row"):
        # by rows at least the changes of codes are counted
        raise ValueError(
            f"per: expected levels that are fitted for it, got {brief(changes['per'])} with binary"
        )
    # names first: what goes with them depends on them
    check_task(Settings(**chosen))
    with answers.answered("preset"):
        Settings(**{**chosen, **own, "select_on": "test"})
    if epochs is not None:
        own = _scaled(own, check_count(epochs, "epochs", 1), method)
    # what is wrong in the changes is refused here
    more = answers.suited(found, Settings(**{**chosen, **own, **changes, "select_on": "test"}))
    _check_names("suited", more)
    own |= more
    with answers.answered("suited"):
        Settings(**{**chosen, **own, **changes, "select_on": "test"})
    chosen["options"] = {**options, **own.pop("options", {}), **asked}
    if method in AT_FREEZE and "rate" not in {**own, **changes}:
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


def _check_names(method: str, own: Mapping[str, Any]) -> None:
    """Make sure that a task sets nothing but settings, and none that it is asked about."""
    strange = next((name for name in own if name not in _SETTINGS or name in _ASKED), None)
    if strange is not None:
        expected = f"names of settings, other than {', '.join(_ASKED)}"
        raise answers.AnswerError(method, expected, strange)


def _scaled(chosen: dict[str, Any], epochs: int, method: str) -> dict[str, Any]:
    s = epochs / chosen["epochs"]
    scaled = {**chosen, "epochs": epochs}
    if chosen.get("freeze_epoch") is not None:
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
        scaled["rate"] = scaled_rate(method, chosen["rate"], s)
    return scaled
