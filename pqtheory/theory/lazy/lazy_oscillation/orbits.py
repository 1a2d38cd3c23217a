"""The lazy iteration on x^2/2 with the smoothed W, and its orbits of period two as sympy finds them.

Each orbit is looked for from one run at one setting; its closed form and its range are for all settings. The formulas
that the claim prints are what the findings are compared with, and stand in for them where sympy is not installed.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Any, final

from pqtheory.claims import Check
from pqtheory.claims.orbit import PeriodicOrbit
from pqtheory.evidence import Budget, Evidence, smt, symbolic
from pqtheory.methods import LazyProx, Method, ProxQuant
from pqtheory.regularizers import SmoothedL1
from pqtheory.sets import Binary
from pqtheory.theory.given import Given, exact

NAMES = "eta lambda epsilon"
HALF = Fraction(1, 2)

#: (theta, eta, lambda, epsilon) -> the next theta
Move = Callable[[Any, Any, Any, Any], Any]
#: (eta, lambda, epsilon) -> a number, or whether something holds
OfSetting = Callable[[Any, Any, Any], Any]


def smoothed(eps: Any) -> SmoothedL1:
    """S with the levels -1 and +1."""
    return SmoothedL1(Binary(), eps)


def lazy(theta: Any, eta: Any, strength: Any, eps: Any) -> Any:
    """One step of the method; L'(x) = x."""
    return _moved(LazyProx(smoothed(eps), Given(eta), Given(strength)), theta)


def eager(theta: Any, eta: Any, strength: Any, eps: Any) -> Any:
    """One step of ProxQuant."""
    return _moved(ProxQuant(smoothed(eps), Given(eta), Given(strength)), theta)


def _moved(method: Method, theta: Any) -> Any:
    state = method.init(exact(theta))
    return method.step(state, method.query(state)).latent


def mapped(theta: Any, eta: Any, strength: Any, eps: Any) -> Any:
    """The point where the gradient is taken."""
    method = LazyProx(smoothed(eps), Given(eta), Given(strength))
    return method.query(method.init(exact(theta)))


def any_strength(eta: Any, strength: Any, eps: Any) -> list[Any]:
    """All that is assumed: 0 < eps <= 1/2, 0 < eta < 2, lambda > 0."""
    return [eps > 0, eps <= HALF, eta > 0, eta < 2, strength > 0]


def lowest(eta: Any, strength: Any, eps: Any) -> Any:
    """Where the orbits begin: eps (1 - eta/2)."""
    return eps * (1 - eta / 2)


def middle(eta: Any, strength: Any, eps: Any) -> Any:
    """Where the one gives way to the other: (1 - eps)(1 - eta/2)."""
    return (1 - eps) * (1 - eta / 2)


@final
@dataclass(frozen=True)
class Oscillation:
    """An orbit +-theta: its size, and for which settings it is one."""

    size: OfSetting
    inside: OfSetting


def small_size(eta: Any, strength: Any, eps: Any) -> Any:
    """Lambda eta / (2 - eta)."""
    return strength * eta / (2 - eta)


def large_size(eta: Any, strength: Any, eps: Any) -> Any:
    """Lambda eta / (2 lambda + (2 - eta) eps)."""
    return strength * eta / (2 * strength + (2 - eta) * eps)


def not_above_middle(eta: Any, strength: Any, eps: Any) -> Any:
    """From the lowest to the middle strength."""
    return (lowest(eta, strength, eps) <= strength) & (strength <= middle(eta, strength, eps))


def not_below_middle(eta: Any, strength: Any, eps: Any) -> Any:
    """From the middle strength on."""
    return middle(eta, strength, eps) <= strength


PRINTED = {
    "small": Oscillation(small_size, not_above_middle),
    "large": Oscillation(large_size, not_below_middle),
}
#: (eta, lambda, epsilon) of the run that shows the branches
SAMPLES = {"small": (HALF, HALF, Fraction(1, 8)), "large": (HALF, Fraction(2), Fraction(1, 8))}


def goes_round(orbit: Callable[[], Oscillation], move: Move = lazy) -> smt.Statement:
    """One step leads from theta to -theta and from -theta to theta, exactly where the orbit says so."""

    def statement(eta: Any, strength: Any, eps: Any) -> Any:
        theta = orbit().size(eta, strength, eps)
        there = move(theta, eta, strength, eps) == -theta
        back = move(-theta, eta, strength, eps) == theta
        inside = orbit().inside(eta, strength, eps)
        return any_strength(eta, strength, eps), (there & back) == inside

    return statement


def grid(budget: Budget, with_theta: bool = False) -> Iterator[tuple[Fraction, ...]]:
    """([theta,] eta, lambda, eps), with lambda from below the lowest to above the middle one."""
    parts = budget.pick(6, 16)
    thetas = [Fraction(n, 4) for n in range(-6, 7)] if with_theta else [Fraction(0)]
    etas = [Fraction(1, 64), *(Fraction(3 * n, 2 * parts) for n in range(1, parts + 1))]
    for theta, eta, m, k in product(thetas, etas, range(1, 14), (2, 4, 8, 16)):
        eps = Fraction(1, k)
        setting = (eta, Fraction(m, 12) * (eps + (1 - eps) * (1 - eta / 2)), eps)
        yield (theta, *setting) if with_theta else setting


def for_all(statement: smt.Statement, names: str = NAMES) -> Check:
    """By the solver, or on the grid."""

    def sampled(budget: Budget) -> Evidence:
        return smt.on_cases(statement, names, grid(budget, len(names.split()) > 3))

    return smt.or_else(statement, names, sampled)


def search(name: str) -> PeriodicOrbit:
    """The search for the orbit of that name."""
    return PeriodicOrbit(
        lazy,
        NAMES,
        period=2,
        start=Fraction(1, 8),
        sample=SAMPLES[name],
        fallback=for_all(goes_round(lambda: PRINTED[name])),
        assuming=any_strength,
        solve_for="lambda",
    )


SEARCHES = {name: search(name) for name in SAMPLES}


def found(name: str) -> Oscillation:
    """The orbit as sympy finds it; where sympy is missing or does not, as the claim prints it."""
    if not symbolic.available():
        return PRINTED[name]
    try:
        orbit = SEARCHES[name].find()
    except symbolic.UndecidedError:
        # the search's own evidence says so
        return PRINTED[name]
    return Oscillation(orbit.points[0], orbit.inside)


def as_printed(name: str) -> smt.Statement:
    """What is found is what the claim prints."""

    def statement(eta: Any, strength: Any, eps: Any) -> Any:
        here, printed = found(name), PRINTED[name]
        size = here.size(eta, strength, eps) == printed.size(eta, strength, eps)
        inside = here.inside(eta, strength, eps) == printed.inside(eta, strength, eps)
        return any_strength(eta, strength, eps), size & inside

    return statement
