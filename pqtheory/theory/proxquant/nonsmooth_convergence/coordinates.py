"""What the coordinates of a step of ProxQuant with the W add up to: as for any R, and dist(0, dF)^2 <= |G|^2."""

from collections.abc import Mapping
from typing import Any

from pqtheory.claims import positive, real
from pqtheory.theory.proxquant.nonsmooth_convergence.lemmas import W, distance
from pqtheory.theory.proxquant.proxquant_convergence.coordinates import (
    SETTING,
    SUMS,
    adds,
    are_sums,
)
from pqtheory.theory.proxquant.proxquant_convergence.descent import Steps, is_smooth
from pqtheory.theory.proxquant.proxquant_convergence.selecting import after
from pqtheory.theory.proxquant.sums import over_coordinates

#: also W before and after the step, and dist^2
SUMS_OF_W = f"{SUMS} before after dist2"


def adds_of_w(old: Any, g: Any, U: Any, strength: Any, x: Any, beta: Any) -> dict[str, Any]:
    """What one coordinate adds; G is the element of dF that the prox selects."""
    new = after(W, old, g, x / beta, strength)
    return {
        **adds(old, new, g, U, U - (new - old) * beta / x, x, beta),
        "before": W.value(old),
        "after": W.value(new),
        "dist2": distance(g + U, new, strength) ** 2,
    }


def are_sums_of_w(case: Mapping[str, Any]) -> Any:
    """As for any R; the prox does no worse than staying, and dist <= |G|."""
    lost = case["strength"] * (case["before"] - case["after"])
    return are_sums(case) & (lost >= case["pull"]) & (case["dist2"] <= case["GG"])


def step_of_w(case: Mapping[str, Any]) -> list[Any]:
    """L = F - lambda W is smooth."""
    L = case["F"] - case["strength"] * case["before"]
    L_after = case["F_next"] - case["strength"] * case["after"]
    return is_smooth({**case, "L": L, "L_after": L_after})


OF_W = Steps(
    over_coordinates(
        SUMS_OF_W,
        adds_of_w,
        are_sums_of_w,
        each={"old": real, "g": real, "U": real},
        fixed={**SETTING, "strength": positive},
    ),
    "z z2",
    step_of_w,
    "dist2",
)
