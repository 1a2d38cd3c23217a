"""What the successors of the paper's methods are set to where a run does not say it, and what they do not go with."""

from collections.abc import Mapping
from typing import Any

from pqtheory._messages import brief
from pqtheory.methods.registry import FULL_PRECISION

#: lambda at the freeze, to which it grows evenly, of those that grow by a factor to which they grow from 1; Bop's
#: threshold stays
AT_FREEZE = {
    "parq": 1.0,
    "proxconnect": 2.0,
    "proxconnectplus": 2.0,
    "dampened": 0.01,
    "eagerpull": 1.0,
    "mirrordescent": 100.0,
    "bop": 1e-6,
}
#: those whose lambda is multiplied by the rate each epoch
GROWING = ("binaryrelax", "mirrordescent")
#: those whose levels are fixed ones
FIXED = ("mirrordescent", "bop")


def rate_of(method: str, settings: Mapping[str, Any]) -> float:
    """The rate of a method of ``AT_FREEZE`` until its freeze, or its end."""
    frozen = max(settings.get("freeze_epoch") or settings.get("epochs", 1), 1)
    end = AT_FREEZE[method]
    if method == "bop":
        return end
    return float(end ** (1 / frozen)) if method in GROWING else end / frozen


def scaled_rate(method: str, rate: float, s: float) -> float:
    """The rate of a run that is ``s`` times as long.

    Of ProxQuant's the prox weights until the freeze, which grow as the square of its epoch, add up to the same; of the
    others lambda there is the same.
    """
    if method in GROWING:
        return float(rate ** (1 / s))
    if method == "bop":
        return rate
    return rate / s if method in AT_FREEZE else rate / s**2


def check_method(settings: Any) -> None:
    """Make sure that what was asked for goes with the method.

    Raises
    ------
    ValueError
        If not; names the setting.
    """
    own: str = settings.method
    asked = {
        "metrics": bool(settings.metrics),
        "dampening": settings.dampening != 0,
        "oscillation_threshold": settings.oscillation_threshold is not None,
        "refit_every": settings.refit_every is not None,
        "gradient_factor": settings.gradient_factor != 1,
    }
    if own == FULL_PRECISION.name and any(asked.values()):
        name = next(name for name in asked if asked[name])
        raise ValueError(f"{name}: expected a method that quantizes, got {brief(own)}")
    if "near_threshold" in settings.metrics and settings.levels == "ternary":
        raise ValueError(
            "metrics: expected levels with thresholds midway between them for near_threshold, got ternary"
        )
    if own in FIXED and settings.levels != "binary":
        raise ValueError(
            f"levels: expected binary, whose levels are fixed, for {own}, got {brief(settings.levels)}"
        )
    if own == "bop" and asked["dampening"]:
        raise ValueError(
            f"dampening: expected 0, as bop has no latent weights, got {brief(settings.dampening)}"
        )
    if asked["refit_every"] and (own != "parq" or settings.levels == "binary"):
        raise ValueError(
            f"refit_every: expected parq with fitted levels, got {brief(own)} with {settings.levels}"
        )
