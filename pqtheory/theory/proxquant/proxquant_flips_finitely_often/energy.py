r"""What a flip costs, in a coordinate, in a step and in a run: F_0 - F pays for all of them.

A coordinate goes from p to q = prox(y), y = p - eta g, w = eta lambda. Everything is times eta.
"""

from collections.abc import Mapping
from typing import Any

from pqtheory._arrays import as_array
from pqtheory.claims import ForAll, between, forall, invariant, nonnegative, positive, real
from pqtheory.claims.kinds import Kind
from pqtheory.regularizers import DistanceL1
from pqtheory.sets import Binary
from pqtheory.theory.given import exact
from pqtheory.theory.proxquant.proxquant_convergence.selecting import after
from pqtheory.theory.proxquant.sums import over_coordinates

W = DistanceL1(Binary())
BELOW_ONE = between(0, 1, open_low=True, open_high=True)
SETTING: dict[str, Any] = {"x": BELOW_ONE, "eta": positive, "strength": positive}
SUMS = "lost along square flips early"


def sign(theta: Any) -> Any:
    """The quantized weight."""
    return Binary().project(exact(theta))


def nearest(weight: Any) -> Any:
    """How near to 0 the prox leads, m = min(eta lambda, 1)."""
    xp, weight = as_array(weight)
    return xp.minimum(weight, 1 + 0 * weight)


def flipped(old: Any, new: Any) -> Any:
    """1 where the sign is another."""
    return (1 - sign(old) * sign(new)) / 2


def price(x: Any, weight: Any, flips: Any, early: Any) -> Any:
    """(2 - x) times what flips cost, times eta; so many ``early`` ones of them begin nearer to 0 than m."""
    return 2 * (1 - x) * nearest(weight) ** 2 * ((2 - x) * flips - (1 - x) * early)


@forall(t=real, weight=positive)
def off_the_hump(t: Any, weight: Any) -> Any:
    """A prox of the W does not land nearer to 0 than m."""
    return abs(W.prox(t, weight)) >= nearest(weight)


def costs(up_to: Kind = BELOW_ONE, share: Any = 1, early: bool = True) -> ForAll:
    """What a flip costs, from p to the prox of y; ``early`` flips cost less."""

    @forall(p=real, y=real, weight=positive, x=up_to)
    def paid(p: Any, y: Any, weight: Any, x: Any) -> Any:
        q = W.prox(y, weight)
        gain = weight * (W.value(p) - W.value(q)) + (y - p) * (q - p) - x * (q - p) ** 2 / 2
        first = is_early(p, weight, flipped(p, q)) if early else 0
        return (2 - x) * gain >= share * price(x, weight, flipped(p, q), first)

    return paid


def is_early(p: Any, weight: Any, flip: Any) -> Any:
    """The flip, where it begins nearer to 0 than m."""
    xp, p = as_array(p)
    return xp.where(abs(p) < nearest(weight), flip, 0 * flip)


COSTS = costs()


def adds(old: Any, g: Any, x: Any, eta: Any, strength: Any) -> dict[str, Any]:
    """What one coordinate adds in a step of the method: W lost, <g, D>, |D|^2, flips."""
    new = after(W, old, g, eta, strength)
    flip = flipped(old, new)
    return {
        "lost": W.value(old) - W.value(new),
        "along": g * (new - old),
        "square": (new - old) ** 2,
        "flips": flip,
        "early": is_early(old, eta * strength, flip),
    }


def are_paid(case: Mapping[str, Any]) -> Any:
    """The decrease that smoothness leaves pays for the flips."""
    x, eta, strength = (case[name] for name in SETTING)
    gain = eta * (strength * case["lost"] - case["along"]) - x * case["square"] / 2
    return (2 - x) * gain >= price(x, eta * strength, case["flips"], case["early"])


STEP = over_coordinates(
    SUMS,
    adds,
    are_paid,
    each={"old": real, "g": real},
    fixed=SETTING,
    by=lambda old, g, x, eta, strength: [
        COSTS.at(p=old, y=old - eta * g, weight=eta * strength, x=x)
    ],
)


@invariant(
    state="F N N0",
    fixed={**SETTING, "F0": real},
    each=dict.fromkeys(SUMS.split(), real),
    begins=lambda F0: {"F": F0, "N": 0, "N0": 0},
    becomes=lambda N, N0, flips, early: {"N": N + flips - early, "N0": N0 + early},
    step=lambda F, F_next, lost, along, square, x, eta, strength: [
        # L is beta-smooth, beta = x / eta
        F_next - F + strength * lost <= along + x / eta * square / 2,
    ],
    by=lambda lost, along, square, flips, early, x, eta, strength: [
        STEP.at(
            lost=lost,
            along=along,
            square=square,
            flips=flips,
            early=early,
            x=x,
            eta=eta,
            strength=strength,
        )
    ],
)
def spent(F: Any, N: Any, N0: Any, F0: Any, x: Any, eta: Any, strength: Any) -> Any:
    """All flips so far are paid by F_0 - F."""
    return price(x, eta * strength, N + N0, N0) <= (2 - x) * eta * (F0 - F)


def bound(x: Any, eta: Any, strength: Any, energy: Any) -> Any:
    """So many flips at most: eta (F_0 - F_*) / (2 (1 - x) m^2)."""
    return eta * energy / (2 * (1 - x) * nearest(eta * strength) ** 2)


@forall(
    **SETTING,
    F0=real,
    F=real,
    least=real,
    N=nonnegative,
    N0=nonnegative,
    given=lambda F, least: [least <= F],
    by=lambda x, eta, strength, F0, F, N, N0: [
        spent.at(F=F, N=N, N0=N0, F0=F0, x=x, eta=eta, strength=strength)
    ],
)
def finitely_often(x: Any, eta: Any, strength: Any, F0: Any, least: Any, N: Any, N0: Any) -> Any:
    """However many steps there were."""
    return N + N0 / (2 - x) <= bound(x, eta, strength, F0 - least)
