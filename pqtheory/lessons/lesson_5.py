"""Exercises of lesson 5, from toys to networks: the result files say what is right."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from pqtheory.lessons.exercise import Exercise
from pqtheory.lessons.results import committed, runs
from pqtheory.signs import flips_per_step

NAME = "resnet20-binary-"
CONSTANT, FALLING = "binaryconnect-equal-steps-0", "binaryconnect-corrected-0"
PROXQUANT = "proxquant-corrected-rate0.005-0"
EPOCH, STEPS = 15, 352
#: the usual threshold, of all signs in an epoch
CALM = 0.001
STATEMENTS = 5


def _short(name: str) -> Mapping[str, Any]:
    return runs("cifar10")[NAME + name]


def _flips(run: Mapping[str, Any]) -> list[float]:
    """Share of the signs that flip, by epoch, until the freeze."""
    return list(run["curves"]["flips, all"][: run["settings"]["freeze_epoch"]])


def is_calm(run: Mapping[str, Any], threshold: float) -> bool:
    """Whether in some epochs just before the freeze less than ``threshold`` of the signs flip."""
    return _flips(run)[-1] < threshold


def _to_and_fro(answer: tuple[Fraction, ...]) -> str:
    (percent,), run = answer, _short(CONSTANT)
    curves = run["curves"]
    right = 100 * curves["reversals, all"][EPOCH - 1] / curves["flips, all"][EPOCH - 1]
    if abs(float(percent) - right) <= 0.5:
        return ""
    if abs(100 * float(percent) - right) <= 0.5:
        return "in percent, please"
    return (
        "divide the reversals of that epoch by its flips; epochs are counted from 1, places from 0"
    )


def _seen_at_ends(answer: tuple[Fraction, ...]) -> str:
    signs = np.resize(np.array([1.0, -1.0]), 3 * STEPS + 1)[:, None]
    seen = flips_per_step(signs[::STEPS])[1:].mean()
    if answer[0] == seen:
        return ""
    return "after how many changes is a sign what it was? Is the number of steps of that kind?"


def _growth(answer: tuple[Fraction, ...]) -> str:
    (factor,) = answer
    flips = _flips(runs("cifar10-60")[NAME + "binaryconnect-corrected-0"])
    right = flips[44] / flips[24]
    if abs(float(factor) - right) <= 0.05:
        return ""
    if abs(float(factor) * right - 1) <= 0.05:
        return "the other way round: the later one by the earlier one"
    return "divide the share of epoch 45 by that of epoch 25"


def _threshold(answer: tuple[Fraction, ...]) -> str:
    share = float(answer[0]) / 100
    if not is_calm(_short(PROXQUANT), share):
        return "at that threshold ProxQuant is not calm, either"
    if is_calm(_short(FALLING), share) or is_calm(_short(CONSTANT), share):
        return "at that threshold a run of BinaryConnect is calm, too"
    return ""


def _error(run: Mapping[str, Any]) -> float:
    return float(run["last"]["error"]["test"]["quantized"])


def _kind(found: Mapping[str, Mapping[str, Any]], method: str) -> list[Mapping[str, Any]]:
    return [run for run in found.values() if run["settings"]["method"] == method]


def _changed(run: Mapping[str, Any]) -> float:
    return float(run["curves"]["change_from_start, all"][-1])


def _hold() -> set[int]:
    """Which of the five statements hold."""
    lengths = [runs("cifar10"), runs("cifar10-60")]
    methods = [(_kind(r, "proxquant"), _kind(r, "binaryconnect")) for r in lengths]
    best = committed("digits")["each_at_its_own_best"]
    last = {name: best[name]["quantized_error"]["mean"] for name in ("BinaryConnect", "ProxQuant")}
    holds = (
        all(max(map(_changed, prox)) < min(map(_changed, bc)) for prox, bc in methods),
        is_calm(_short(PROXQUANT), CALM) and not is_calm(_short(CONSTANT), CALM),
        all(max(map(_error, prox)) < min(map(_error, bc)) for prox, bc in methods),
        all(list(r["fixed_point_share"].values())[-1] > 0.6 for _, bc in methods for r in bc),
        last["BinaryConnect"] < last["ProxQuant"],
    )
    return {number for number, held in enumerate(holds, 1) if held}


def _which_hold(answer: tuple[Fraction, ...]) -> str:
    given, right = set(answer), _hold()
    if not given <= set(range(1, STATEMENTS + 1)):
        return f"answer with numbers from 1 to {STATEMENTS}"
    if given == right:
        return ""
    if given < right:
        return "so far so good, but there is more that holds"
    return "not all of these hold: read the tables again, one statement at a time"


EXERCISES = (
    Exercise("5.1", "the percentage of the flips of epoch 15 that are reversals", _to_and_fro),
    Exercise(
        "5.2",
        "the share of the epochs in which a sign that flips at every step is seen to flip",
        _seen_at_ends,
    ),
    Exercise("5.3", "the factor by which the flips grow from epoch 25 to 45", _growth),
    Exercise("5.4", "a threshold, in percent, at which ProxQuant alone is calm", _threshold),
    Exercise(
        "5.5", "the numbers of the statements that hold in these runs", _which_hold, count=None
    ),
)
