"""The lazy iteration on x^2/2 with the smoothed W, and its orbits of period two: +-a, in their range."""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from pqtheory._arrays import as_array
from pqtheory.claims import Budget, Evidence, ForAll, between, forall, implies, join, positive
from pqtheory.claims.orbit import PeriodicOrbit
from pqtheory.methods import LazyProx, Method, ProxQuant
from pqtheory.problems import Quadratic
from pqtheory.regularizers import SmoothedL1
from pqtheory.sets import Binary
from pqtheory.simulate import simulate
from pqtheory.theory.given import Given, exact

HALF = Fraction(1, 2)
#: 0 < eta < 2, lambda > 0, 0 < eps <= 1/2
SETTING: dict[str, Any] = {
    "eta": between(0, 2, open_low=True, open_high=True),
    "strength": positive,
    "eps": between(0, HALF, open_low=True),
}
#: (eta, lambda, eps) -> a number, or whether something holds
OfSetting = Callable[[Any, Any, Any], Any]
#: (theta, eta, lambda, eps) -> the next theta
Move = Callable[[Any, Any, Any, Any], Any]


def smoothed(eps: Any) -> SmoothedL1:
    """S with the levels -1 and +1."""
    return SmoothedL1(Binary(), eps)


def mapped(theta: Any, strength: Any, eps: Any) -> Any:
    """x, the point where the gradient is taken."""
    method = LazyProx(smoothed(eps), 1, Given(strength))
    return method.query(method.init(exact(theta)))


def lazy(theta: Any, eta: Any, strength: Any, eps: Any) -> Any:
    """One step of the method; L'(x) = x."""
    return _moved(LazyProx(smoothed(eps), Given(eta), Given(strength)), theta)


def eager(theta: Any, eta: Any, strength: Any, eps: Any) -> Any:
    """One step of ProxQuant."""
    return _moved(ProxQuant(smoothed(eps), Given(eta), Given(strength)), theta)


def _moved(method: Method, theta: Any) -> Any:
    state = method.init(exact(theta))
    return method.step(state, method.query(state)).latent


def a(eta: Any, strength: Any, eps: Any) -> Any:
    """The size lambda eta / max(2 - eta, 2 lambda + (2 - eta) eps)."""
    xp, strength = as_array(strength)
    return strength * eta / xp.maximum(2 - eta, 2 * strength + (2 - eta) * eps)


def in_range(eta: Any, strength: Any, eps: Any) -> Any:
    """Whether lambda >= eps (1 - eta/2)."""
    return strength >= eps * (1 - eta / 2)


def orbit(size: OfSetting = a, inside: OfSetting = in_range, move: Move = lazy) -> ForAll:
    """One step leads from a to -a and from -a to a, exactly inside of the range."""

    @forall(**SETTING)
    def goes_round(eta: Any, strength: Any, eps: Any) -> Any:
        theta = size(eta, strength, eps)
        there = move(theta, eta, strength, eps) == -theta
        back = move(-theta, eta, strength, eps) == theta
        return (there & back) == inside(eta, strength, eps)

    return goes_round


# as sympy finds them

#: (eta, lambda, eps) of the runs that show the branches: below and above lambda = (1 - eps)(1 - eta/2)
SAMPLES = {"small": (HALF, HALF, Fraction(1, 8)), "large": (HALF, Fraction(2), Fraction(1, 8))}


def _assumed(*values: Any) -> Sequence[Any]:
    kinds = zip(SETTING.values(), values, strict=True)
    return [assumption for kind, value in kinds for assumption in kind(value)]


SEARCHES = {
    name: PeriodicOrbit(
        lazy,
        "eta lambda epsilon",
        period=2,
        start=Fraction(1, 8),
        sample=sample,
        assuming=_assumed,
        solve_for="lambda",
    )
    for name, sample in SAMPLES.items()
}


@forall(**SETTING)
def is_as_found(eta: Any, strength: Any, eps: Any) -> Any:
    """The two that are found are +-a, and their ranges make up the whole one."""
    small, large = (search.find() for search in SEARCHES.values())
    size, setting = a(eta, strength, eps), (eta, strength, eps)
    whole = (small.inside(*setting) | large.inside(*setting)) == in_range(*setting)
    first = implies([small.inside(*setting)], small.points[0](*setting) == size)
    return whole & first & implies([large.inside(*setting)], large.points[0](*setting) == size)


def found(budget: Budget) -> Evidence:
    """The two searches; where both find an orbit, that it is this one."""
    orbits = join(*(search(budget) for search in SEARCHES.values()))
    return orbits if orbits.kind != "proved" else join(orbits, is_as_found(budget))


# as runs of the method

FIGURES = {
    "small": "|theta| after 4 steps, eta = lambda = 1/2",
    "large": "|theta| after 4 steps, eta = 1/2, lambda = 2, eps = 1/8",
}


def four_steps(budget: Budget) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Four exact steps of the method from a."""
    problem = Quadratic(np.array([[2 * HALF]]), np.array([0 * HALF]))
    measured, predicted = {}, {}
    for name, (eta, strength, eps) in SAMPLES.items():
        size = np.asarray(a(eta, strength, eps)).item()
        method = LazyProx(smoothed(eps), eta, strength)
        start = np.array([size], object)
        path = simulate(method, problem, start, 4, record="last", fields=("latent",))
        measured[FIGURES[name]] = abs(float(path.latent[-1, 0]))
        predicted[FIGURES[name]] = float(size)
    return measured, predicted
