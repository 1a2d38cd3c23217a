"""One step on either function by the methods' own code, and what is kept from step to step."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from pqtheory._arrays import as_array, sign
from pqtheory.claims import (
    Invariant,
    between,
    forall,
    invariant,
    nonnegative,
    positive,
    real,
)
from pqtheory.methods import BinaryConnect, Method, ProxQuant
from pqtheory.problems import TwoFunctionToy
from pqtheory.regularizers import DistanceL1
from pqtheory.sets import Binary
from pqtheory.theory.given import Given, exact

W = DistanceL1(Binary())
#: (eta, lambda_n) -> the method at that step
Make = Callable[[Any, Any], Method]
HALF = Fraction(1, 2)
START = between(0, 1, open_low=True)
#: eta <= 1/2, the rate lambda and 2 / lambda
SETTING: dict[str, Any] = {
    "eta": between(0, HALF, open_low=True),
    "rate": positive,
    "wait": positive,
}


def prox_quant(eta: Any, strength: Any) -> Method:
    """ProxQuant with the W."""
    return ProxQuant(W, Given(eta), Given(strength))


def binary_connect(eta: Any, strength: Any) -> Method:
    """BinaryConnect; it knows no strength."""
    return BinaryConnect(Given(eta))


def one_step(method: Method, theta: Any, side: int) -> Any:
    """The latent weight after one step on f_side."""
    state = method.init(exact(theta))
    return method.step(state, TwoFunctionToy(side).gradient(method.query(state))).latent


@forall(theta=real, eta=positive)
def asks_at_vertices(theta: Any, eta: Any) -> Any:
    """BinaryConnect asks for the gradient at sign theta, and steps to theta - eta sign theta on both functions."""
    xp, theta = as_array(theta)
    vertex, method = sign(xp, theta), binary_connect(eta, 0)
    ends = [one_step(method, theta, side) == exact(theta - eta * vertex) for side in (1, -1)]
    return (method.query(method.init(exact(theta))) == exact(vertex)) & ends[0] & ends[1]


def identical(make: Make) -> Invariant:
    """The latent weights on both functions, from the same start."""

    @invariant(
        state="one other",
        each={"eta": positive, "strength": nonnegative},
        first=lambda one, other: [one == other],
        becomes=lambda one, other, eta, strength: {
            "one": one_step(make(eta, strength), one, 1),
            "other": one_step(make(eta, strength), other, -1),
        },
    )
    def equal(one: Any, other: Any) -> Any:
        return one == other

    return equal


def at_most_one(u: Any) -> Any:
    """min(u, 1)."""
    xp, u = as_array(exact(u))
    return xp.minimum(u, 1)


def following(v: Any, n: Any, rate: Any) -> dict[str, Any]:
    """At the next n, v = u_n / eta."""
    return {"v": v - 1 + rate * n, "n": n + 1}


def has_dipped(v: Any, dipped: Any, dipped_next: Any) -> list[Any]:
    """Whether some v so far was below 1: 1 or 0."""
    return [
        (dipped_next == 0) | (dipped_next == 1),
        (dipped_next == 1) == ((dipped == 1) | (v < 1)),
    ]


def on_its_way(theta: Any, v: Any, n: Any, eta: Any, rate: Any) -> Any:
    """On f_1 before u_n = eta v is below eta: theta_n = min(u_n, 1); a pull of 1 or more lets v grow."""
    level = (theta == at_most_one(eta * v)) & (v >= 0)
    return level & ((eta * v <= 1) | (rate * n >= 1)) & ((v >= 1) | (rate * (n - 1) < 1))


def for_good(distance: Any, n: Any, eta: Any, wait: Any) -> Any:
    """From 0 on the side of a vertex: less than 1 from it, and at it from step 2 + 2 / lambda + 1 / eta on."""
    return (distance >= 0) & ((distance == 0) | (distance <= 1 - eta * (n - 2 - wait)))


@invariant(
    state="theta v n dipped",
    fixed={**SETTING, "ratio": positive},
    given=lambda eta, rate, wait, ratio: [rate * wait == 2, ratio * eta <= 1],
    begins=lambda eta, ratio: {"theta": ratio * eta, "v": ratio, "n": 0, "dipped": 0},
    becomes=lambda theta, v, n, eta, rate: {
        "theta": one_step(prox_quant(eta, rate * n), theta, 1),
        **following(v, n, rate),
    },
    step=has_dipped,
)
def run(theta: Any, v: Any, n: Any, dipped: Any, eta: Any, rate: Any, wait: Any) -> Any:
    """On f_1 it is on its way until v < 1 for once, and then below 0 and on its way to -1."""
    before = (dipped == 0) & on_its_way(theta, v, n, eta, rate)
    after = (dipped == 1) & (theta < 0) & for_good(theta + 1, n, eta, wait)
    return (n >= 0) & (before | after)


@invariant(
    state="theta n",
    fixed={**SETTING, "start": START},
    given=lambda rate, wait: [rate * wait == 2],
    begins=lambda start: {"theta": start, "n": 0},
    becomes=lambda theta, n, eta, rate: {
        "theta": one_step(prox_quant(eta, rate * n), theta, -1),
        "n": n + 1,
    },
)
def other_run(theta: Any, n: Any, eta: Any, wait: Any) -> Any:
    """On f_{-1} it is never below 0, and on its way to +1."""
    return (n >= 0) & (theta >= 0) & for_good(1 - theta, n, eta, wait)
