"""The function phi(theta) = max over levels q of <q, theta> - |q|^2 / 2, less <w*, theta>, and a step on it."""

from fractions import Fraction
from typing import Any

from pqtheory.claims import ForAll, Invariant, forall, invariant, nonnegative, positive, real
from pqtheory.claims.lemma import Instance
from pqtheory.methods import BinaryConnect
from pqtheory.methods.base import State
from pqtheory.theory.binary_connect.bc_average.sums import symmetric
from pqtheory.theory.given import Given, GivenLevels, exact
from pqtheory.theory.prox.one_more_level import nearest_is_closest
from pqtheory.theory.vectors import Vectors, reals

PLACES = Vectors("theta y q p w")
HALF = Fraction(1, 2)


def closest(theta: Any, q: Any, other: Any, last: Any) -> Instance:
    """In a codebook of any size, q = P(theta) is no farther from theta than the level ``other`` is."""
    return nearest_is_closest.at(last=last, near=q, other=other, y=theta, z=other)


@invariant(
    state="near far",
    each=dict.fromkeys(("theta", "q", "level", "last"), real),
    begins=lambda: {"near": 0, "far": 0},
    becomes=lambda near, far, theta, q, level: {
        "near": near + (theta - q) ** 2,
        "far": far + (theta - level) ** 2,
    },
    by=lambda theta, q, level, last: [closest(theta, q, level, last)],
)
def nearest(near: Any, far: Any) -> Any:
    """|theta - P(theta)| is the least distance from a vector of levels, P by coordinates."""
    return near <= far


def is_subgradient(is_nearest: bool = True) -> ForAll:
    """Phi(y) >= phi(theta) + <q - w*, y - theta>, q = P(theta) and p = P(y)."""

    def known(**case: Any) -> list[Any]:
        theta, y, q, p, _ = PLACES.of(case)
        at_y = (y - p) @ (y - p) <= (y - q) @ (y - q)
        at_theta = (theta - q) @ (theta - q) <= (theta - p) @ (theta - p)
        return [at_theta, at_y] if is_nearest else []

    @forall(**PLACES.products, given=known)
    def below(**case: Any) -> Any:
        theta, y, q, p, w = PLACES.of(case)
        there, here = (x @ (level - w) - level @ level * HALF for x, level in ((y, p), (theta, q)))
        return there >= here + (q - w) @ (y - theta)

    return below


def moved(theta: Any, gradient: Any, eta: Any) -> Any:
    """The next latent weight."""
    return BinaryConnect(Given(eta)).step(State(exact(theta), 0), exact(gradient)).latent


def step(metric: bool = True) -> Invariant:
    """|theta' - z|^2 = |theta - z|^2 - 2 eta <d, theta - z> + eta^2 <d, H d>, in the metric of H^{-1} or in the plain one.

    The vector u is H^{-1} (theta - z), and becomes u - eta d as theta becomes theta - eta H d.
    """

    @invariant(
        state="V after along bent square",
        fixed={"eta": positive},
        each=dict.fromkeys(("u", "theta", "z", "d", "image"), real),
        begins=lambda: dict.fromkeys(("V", "after", "along", "bent", "square"), 0),
        becomes=lambda V, after, along, bent, square, u, theta, z, d, image, eta: {
            "V": V + (u if metric else theta - z) * (theta - z),
            "after": after
            + (u - eta * d if metric else moved(theta, image, eta) - z)
            * (moved(theta, image, eta) - z),
            "along": along + d * (theta - z),
            "bent": bent + u * image,
            "square": square + d * image,
        },
    )
    def expands(V: Any, after: Any, along: Any, bent: Any, square: Any, eta: Any) -> Any:
        return after == V - eta * (along + bent) + eta * eta * square

    return expands


STEP = step()


@forall(
    **reals("V", "after", "along", "bent", "square", "phi", "phi_z", "D"),
    eta=positive,
    given=lambda along, square, phi, phi_z, D: [phi_z >= phi - along, square <= D],
    by=lambda V, after, along, bent, square, eta: [
        STEP.at(V=V, after=after, along=along, bent=bent, square=square, eta=eta),
        symmetric.at(along=along, bent=bent),
    ],
)
def gains(V: Any, after: Any, phi: Any, phi_z: Any, D: Any, eta: Any) -> Any:
    """One step with the subgradient d: 2 eta (phi(theta) - phi(z)) <= V - V' + eta^2 D, D the largest <d, H d>."""
    return 2 * eta * (phi - phi_z) <= V - after + eta * eta * D


SUM: dict[str, Any] = dict.fromkeys(("along", "bent", "square", "phi"), real)


@invariant(
    state="V total T",
    fixed={"eta": positive, "V0": real, "phi_z": real, "D": real},
    each=SUM,
    begins=lambda V0: {"V": V0, "total": 0, "T": 0},
    becomes=lambda total, T, phi: {"total": total + phi, "T": T + 1},
    step=lambda along, square, phi, phi_z, D: [phi_z >= phi - along, square <= D],
    by=lambda V, V_next, along, bent, square, phi, phi_z, D, eta: [
        gains.at(
            V=V,
            after=V_next,
            along=along,
            bent=bent,
            square=square,
            phi=phi,
            phi_z=phi_z,
            D=D,
            eta=eta,
        )
    ],
)
def telescoped(V: Any, total: Any, T: Any, eta: Any, V0: Any, phi_z: Any, D: Any) -> Any:
    """2 eta sum (phi(theta_t) - phi(z)) <= V_0 - V_T + eta^2 T D."""
    return (2 * eta * (total - T * phi_z) <= V0 - V + eta * eta * T * D) & (T >= 0)


@forall(
    V=nonnegative,
    total=real,
    T=positive,
    eta=positive,
    V0=real,
    phi_z=real,
    D=real,
    by=lambda **case: [telescoped.at(**case)],
)
def mean_gap(total: Any, T: Any, eta: Any, V0: Any, phi_z: Any, D: Any) -> Any:
    """The mean of phi(theta_t) is above phi(z) by no more than V_0 / (2 eta T) + eta D / 2."""
    return total / T - phi_z <= V0 / (2 * eta * T) + eta * D / 2


def least_at(place: str = "middle") -> ForAll:
    """In one dimension, low < w* < high neighbours: phi grows from the middle at min(w* - low, high - w*) at least."""

    @forall(
        **reals("y", "q", "low", "high", "w", "last"),
        given=lambda low, high, w: [low < w, w < high],
        by=lambda y, q, low, high, last: [closest(y, q, level, last) for level in (low, high)],
    )
    def grows(y: Any, q: Any, low: Any, high: Any, w: Any) -> Any:
        def phi(x: Any, level: Any) -> Any:
            return level * x - level * level * HALF - w * x

        at = (low + high) / 2 if place == "middle" else w
        here = phi(at, BinaryConnect(1, set=GivenLevels(low, high)).query(State(exact(at), 0)))
        away = abs(y - at)
        return (phi(y, q) - here >= (w - low) * away) | (phi(y, q) - here >= (high - w) * away)

    return grows
