"""What the coordinates of a step add up to once no sign changes any more: the W is a convex branch there.

The signs are s, and the branch is lambda |theta - s|_1; z is any point, or the minimiser of L + lambda |theta - s|_1.
"""

from collections.abc import Mapping
from typing import Any

from pqtheory.claims import forall, one_of, positive, real
from pqtheory.regularizers import DistanceL1
from pqtheory.sets import Binary
from pqtheory.theory.given import GivenLevels
from pqtheory.theory.proxquant.proxquant_convergence.selecting import after
from pqtheory.theory.proxquant.sums import over_coordinates

W = DistanceL1(Binary())
SIGN = one_of(-1, 1)
#: eta and lambda
SETTING: dict[str, Any] = {"eta": positive, "strength": positive}


def sign(theta: Any) -> Any:
    """The quantized weight."""
    return Binary().project(theta)


def toward(s: Any) -> DistanceL1:
    """The branch |theta - s|, whose prox is soft thresholding toward s."""
    return DistanceL1(GivenLevels(s))


def is_the_branch(other: int = 1) -> Any:
    """While a coordinate has the sign s its step is that of the branch; with ``other`` = -1 of that round -s."""

    @forall(y=real, weight=positive, s=SIGN, given=lambda y, weight, s: [_lands(y, weight, s)])
    def same(y: Any, weight: Any, s: Any) -> Any:
        new, branch = W.prox(y, weight), toward(other * s)
        return (new == branch.prox(y, weight)) & (W.value(new) == branch.value(new))

    return same


def _lands(y: Any, weight: Any, s: Any) -> Any:
    return sign(W.prox(y, weight)) == s


BRANCH = is_the_branch()


@forall(y=real, weight=positive)
def is_that_of_its_sign(y: Any, weight: Any) -> Any:
    """Each step is that of the branch of the sign that it leads to."""
    new = W.prox(y, weight)
    branch = toward(sign(new))
    return (new == branch.prox(y, weight)) & (W.value(new) == branch.value(new))


@forall(y=real, weight=positive, s=SIGN, z=real, given=lambda y, weight, s: [_lands(y, weight, s)])
def decreases(y: Any, weight: Any, s: Any, z: Any) -> Any:
    """What the prox gains on any z, the branch being convex."""
    new, branch = W.prox(y, weight), toward(s)
    left = 2 * weight * (W.value(new) - branch.value(z)) + (new - y) ** 2 + (new - z) ** 2
    return left <= (z - y) ** 2


def adds(old: Any, g: Any, s: Any, z: Any, eta: Any, strength: Any) -> dict[str, Any]:
    """What one coordinate adds: the branch above z and above the old point, <g, .>, squares."""
    new = after(W, old, g, eta, strength)
    return {
        "branch": W.value(new) - toward(s).value(z),
        "ahead": g * (new - z),
        "up": W.value(new) - toward(s).value(old),
        "along": g * (new - old),
        "square": (new - old) ** 2,
        "near": (old - z) ** 2,
        "near_after": (new - z) ** 2,
    }


def keeps_its_sign(old: Any, g: Any, s: Any, eta: Any, strength: Any) -> list[Any]:
    """It has the sign s after the step."""
    return [sign(after(W, old, g, eta, strength)) == s]


def are_gained(case: Mapping[str, Any]) -> Any:
    """What a step gains on z, and on staying."""
    eta, strength, square = case["eta"], case["strength"], case["square"]
    on_z = 2 * eta * (strength * case["branch"] + case["ahead"]) + square
    on_old = eta * (strength * case["up"] + case["along"]) + square
    return (on_z <= case["near"] - case["near_after"]) & (on_old <= 0) & (square >= 0)


CONVEX = over_coordinates(
    "branch ahead up along square near near_after",
    adds,
    are_gained,
    each={"old": real, "g": real, "s": SIGN, "z": real},
    fixed=SETTING,
    given=keeps_its_sign,
    by=lambda old, g, s, z, eta, strength: [
        decreases.at(y=old - eta * g, weight=eta * strength, s=s, z=to) for to in (z, old)
    ],
)


@forall(y=real, y2=real, weight=positive, s=SIGN)
def is_nonexpansive(y: Any, y2: Any, weight: Any, s: Any) -> Any:
    """Soft thresholding brings points no farther apart."""
    return abs(toward(s).prox(y, weight) - toward(s).prox(y2, weight)) <= abs(y - y2)


def adds_to_distances(
    old: Any, g: Any, z: Any, gz: Any, eta: Any, strength: Any, beta: Any, mu: Any
) -> dict[str, Any]:
    """Squared distances from z, and products of P = Gamma - mu Delta and Q = beta Delta - Gamma.

    Delta = old - z, Gamma = g - gz.
    """
    new = after(W, old, g, eta, strength)
    P, Q = g - gz - mu * (old - z), beta * (old - z) - (g - gz)
    return {
        "near": (old - z) ** 2,
        "near_after": (new - z) ** 2,
        "moved": (new - old) ** 2,
        "PP": P * P,
        "PQ": P * Q,
    }


def are_distances(case: Mapping[str, Any]) -> Any:
    """(1 - eta mu)^2 |Delta|^2 - |new - z|^2, times beta - mu, is at least a sum of PP and PQ."""
    eta, mu, width = case["eta"], case["mu"], case["beta"] - case["mu"]
    q = 1 - eta * mu
    shrunk = width * (q * q * case["near"] - case["near_after"])
    return (
        (shrunk >= 2 * eta * q * (case["PP"] + case["PQ"]) - eta * eta * width * case["PP"])
        & (case["PP"] >= 0)
        & (case["moved"] <= 2 * (case["near"] + case["near_after"]))
        & (case["near_after"] >= 0)
    )


def is_least(z: Any, gz: Any, s: Any, eta: Any, strength: Any) -> Any:
    """The minimiser of L + lambda |theta - s|_1: the step of the branch leads from z to z."""
    return toward(s).prox(z - eta * gz, eta * strength) == z


STRONG = over_coordinates(
    "near near_after moved PP PQ",
    lambda **case: adds_to_distances(**{n: v for n, v in case.items() if n != "s"}),
    are_distances,
    each={"old": real, "g": real, "s": SIGN, "z": real, "gz": real},
    fixed={**SETTING, "beta": positive, "mu": positive},
    given=lambda old, g, s, z, gz, eta, strength, beta, mu: [
        *keeps_its_sign(old, g, s, eta, strength),
        is_least(z, gz, s, eta, strength),
        mu < beta,
        eta * beta <= 1,
    ],
    by=lambda old, g, s, z, gz, eta, strength: [
        BRANCH.at(y=old - eta * g, weight=eta * strength, s=s),
        is_nonexpansive.at(y=old - eta * g, y2=z - eta * gz, weight=eta * strength, s=s),
    ],
)
