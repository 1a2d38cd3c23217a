"""The state of a quantizing optimizer as others handle it: tensors by parameter, plain values by group, and no more.

A quantized group says under these keys which method it is of, how many steps were made, and whether it is frozen.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from pqtheory._checks import check_count
from pqtheory._messages import brief, counted
from pqtheory.networks.optim import oscillation
from pqtheory.networks.optim.apart import ApartGroup
from pqtheory.networks.optim.applied import CODEBOOKS
from pqtheory.networks.optim.bop import AVERAGE
from pqtheory.networks.optim.memory import LATENT, QuantizedGroup
from pqtheory.networks.optim.sharded import is_shared

VERSION_KEY, METHOD, STEPS, FROZEN = (
    "quantize_version",
    "quantize_method",
    "quantize_steps",
    "quantize_frozen",
)
VERSION = 2
#: the sum of the step sizes so far, of groups whose map is weighed by it
SUMMED = "quantize_summed"
#: what state of a parameter is ours
OURS = (LATENT, AVERAGE, CODEBOOKS, *oscillation.REMEMBERED)
#: where version 1 had what was ours
OLDER = "quantizing"


def check_state(
    state: dict[str, Any],
    groups: dict[int, QuantizedGroup],
    sizes: Sequence[int],
    method: str,
) -> dict[str, Any]:
    """The state to load, once it is known to fit; one of version 1 as it would be now.

    Raises
    ------
    TypeError, ValueError
        If it is of no quantizing optimizer, another method, version, or other parameters.
    """
    if not _has_form(state):
        raise ValueError(f"state_dict: expected that of an optimizer, got {brief(state)}")
    if isinstance(state.get(OLDER), dict):
        _check_sizes(state, sizes)
        state = _of_version_1(state, groups)
    for index in groups:
        saved = state["param_groups"][index] if index < len(state["param_groups"]) else {}
        if METHOD not in saved:
            raise ValueError(
                f"state_dict: not of a quantizing optimizer: group {index} has no {brief(METHOD)}; "
                "moments alone are loaded by base.load_state_dict"
            )
        for what, key, expected in (("version", VERSION_KEY, VERSION), ("method", METHOD, method)):
            if saved.get(key) != expected:
                raise ValueError(
                    f"state_dict: group {index}: expected {what} {brief(expected)}, got {brief(saved.get(key))}"
                )
        check_count(saved.get(STEPS), f"state_dict: group {index}: {STEPS}", 0)
        if saved.get(FROZEN) not in (True, False):
            raise ValueError(
                f"state_dict: group {index}: expected True or False for {FROZEN}, got {brief(saved.get(FROZEN))}"
            )
    _check_sizes(state, sizes)
    for index, group in groups.items():
        _check_latents(state, index, state["param_groups"][index], group)
    return state


def _has_form(state: Any) -> bool:
    """Whether it has groups of parameters, and state of each by its key."""
    parts = ("state", dict), ("param_groups", list)
    if not isinstance(state, dict) or not all(isinstance(state.get(k), t) for k, t in parts):
        return False
    of_each = [*state["state"].values(), *state["param_groups"]]
    return all(isinstance(one, dict) for one in of_each) and all(
        isinstance(group.get("params"), list) for group in state["param_groups"]
    )


def _check_sizes(state: dict[str, Any], sizes: Sequence[int]) -> None:
    found = [len(group["params"]) for group in state["param_groups"]]
    if len(found) != len(sizes):
        raise ValueError(f"state_dict: expected {counted(len(sizes), 'group')}, got {len(found)}")
    for index, (expected, got) in enumerate(zip(sizes, found, strict=True)):
        if expected != got:
            raise ValueError(
                f"state_dict: group {index}: expected {counted(expected, 'parameter')}, got {brief(got)}"
            )


def _check_latents(
    state: dict[str, Any], index: int, saved: dict[str, Any], group: QuantizedGroup
) -> None:
    here = [tuple(p.shape) for p in group.parameters]
    for place, (key, name, shape) in enumerate(
        zip(saved["params"], group.names, here, strict=True)
    ):
        latent = state["state"].get(key, {}).get(LATENT)
        if latent is None and isinstance(group, ApartGroup):
            raise ValueError(
                f"state_dict: group {index}, {name}: no latent weights, {brief(LATENT)}, in its state"
            )
        where = f"state_dict: group {index}, {name}"
        if latent is not None:
            _check_tensor(latent, shape, f"{where}: expected latent weights")
            if is_shared(latent) != is_shared(group.parameters[place]):
                raise ValueError(
                    f"{where}: expected latent weights that are shared among processes as the parameter is: load with "
                    "torch.distributed.checkpoint.state_dict.set_optimizer_state_dict"
                )
        _check_beside(state["state"].get(key, {}), where, group, place)


def _check_beside(saved: dict[str, Any], where: str, group: QuantizedGroup, place: int) -> None:
    """Make sure that what is remembered beside the latent weights is there, and nothing that would be lost."""
    for name in OURS:
        if name != LATENT and (name in saved) != (name in group.beside.tensors):
            lost = "has" if name in saved else "has no"
            raise ValueError(
                f"{where}: {lost} {brief(name)}: make the optimizer with the options of the saved one"
            )
    for name, kept in group.beside.tensors.items():
        _check_tensor(saved[name], tuple(kept[place].shape), f"{where}: expected {brief(name)}")


def _check_tensor(value: Any, shape: tuple[int, ...], what: str) -> None:
    """Make sure that it is a tensor of that shape whose numbers can be taken up."""
    is_tensor = isinstance(value, Tensor)
    found = tuple(value.shape) if is_tensor else value
    if not is_tensor or found != shape:
        raise ValueError(f"{what} of shape {shape}, got {brief(found)}")
    if value.is_meta or value.is_complex() or value.layout != torch.strided:
        raise ValueError(
            f"{what} that are dense and real, got {value.dtype}, {value.layout}, on {value.device}"
        )


def _of_version_1(state: dict[str, Any], groups: dict[int, QuantizedGroup]) -> dict[str, Any]:
    """Its latent weights, in one list, become state of their parameters, and the rest values of the groups."""
    ours = state[OLDER]
    if ours.get("version") != 1:
        raise ValueError(
            f"state_dict: expected version 1 or {VERSION}, got {brief(ours.get('version'))}"
        )
    saved = [dict(group) for group in state["param_groups"]]
    values = {key: dict(value) for key, value in state["state"].items()}
    shapes = [tuple(p.shape) for group in groups.values() for p in group.parameters]
    found = [tuple(latent.shape) for latent in ours["latent"]]
    if found != shapes:
        raise ValueError(
            f"state_dict: expected quantized shapes {brief(shapes)}, got {brief(found)}"
        )
    latents = iter(ours["latent"])
    for index, group in groups.items():
        for key in saved[index]["params"]:
            latent = next(latents)
            # lazy ones were kept as they were before the freeze
            hard = ours["frozen"] and isinstance(group, ApartGroup)
            values.setdefault(key, {})[LATENT] = group.map.quantize(latent) if hard else latent
    for index in groups:
        saved[index].update(values_of(ours["method"], ours["steps"], ours["frozen"]))
    return {"state": values, "param_groups": saved}


def without_ours(
    state: dict[str, Any],
) -> tuple[dict[int, dict[str, Any]], dict[str, Any]]:
    """What is ours by the places of the parameters, counted through all groups; and the state without it."""
    keys = [key for group in state["param_groups"] for key in group["params"]]
    values = {key: {**value} for key, value in state["state"].items()}
    ours = {
        place: {name: values[key].pop(name) for name in OURS if name in values.get(key, {})}
        for place, key in enumerate(keys)
    }
    kept = {key: value for key, value in values.items() if value}
    return ours, {**state, "state": kept}


def values_of(method: str, steps: int, frozen: bool) -> dict[str, Any]:
    """What a quantized group says of itself."""
    return {VERSION_KEY: VERSION, METHOD: method, STEPS: steps, FROZEN: frozen}


def described_by(groups: Sequence[dict[str, Any]]) -> tuple[int, bool] | None:
    """Steps and freeze as the first of these groups that knows says; None where none does."""
    for group in groups:
        if STEPS in group:
            return int(group[STEPS]), bool(group[FROZEN])
    return None
