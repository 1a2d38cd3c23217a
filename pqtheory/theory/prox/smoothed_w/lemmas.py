r"""The prox of the smoothed W minimises globally, and nothing else does but what symmetry demands at 0: the lemmas.

J(x) = (x - t)^2 / 2 + w S(x), levels -1 and +1, p = prox(t, w). S is even and the prox odd, so let t >= 0; then
J(|x|) <= J(x), so let x >= 0. Stationarity, t = p + w S'(p), turns the gain into

    J(x) - J(p) = (x - p)^2 / 2 + w (S(x) - S(p) - S'(p) (x - p)).

* w < eps: the bracket is at least -(x - p)^2 / (2 eps), so J(x) > J(p) unless x = p.
* w >= eps: p >= eps, and beyond eps the bracket is >= 0, S being convex there. On the cap, [0, eps], J does not
  increase, and is constant only if t = 0 and w = eps: so J(x) >= J(eps) >= J(p).

So p is the only minimiser if t != 0. At t = 0 it is that if w < eps; -p and p both are if w > eps; and if w = eps
every point of [-eps, eps] is, p = eps.
"""

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import product
from typing import Any

from pqtheory.claims.lemmas import ByLemmas, Lemma
from pqtheory.evidence import Budget, Evidence, smt
from pqtheory.regularizers import SmoothedL1
from pqtheory.sets import Binary

#: (S, t, w) -> the point that is said to minimise
Candidate = Callable[[SmoothedL1, Any, Any], Any]
HALF = Fraction(1, 2)
NAMES = "theta weight epsilon x"


def smoothed(eps: Any) -> SmoothedL1:
    """S with the levels -1 and +1."""
    return SmoothedL1(Binary(), eps)


def in_range(eps: Any) -> list[Any]:
    """0 < eps <= 1/2, a quarter of the gap."""
    return [eps > 0, eps <= HALF]


def objective(x: Any, t: Any, w: Any, eps: Any) -> Any:
    """J(x)."""
    return (x - t) ** 2 / 2 + w * smoothed(eps).value(x)


def own_prox(s: SmoothedL1, t: Any, w: Any) -> Any:
    """What the operator computes."""
    return s.prox(t, weight=w)


def even(x: Any, eps: Any) -> Any:
    """S is even, S' odd."""
    s = smoothed(eps)
    same = (s.value(-x) == s.value(x)) & (s.gradient(-x) == -s.gradient(x))
    return [*in_range(eps), x >= 0], same


def above_tangent(x: Any, p: Any, eps: Any) -> Any:
    """For x, p >= 0: S(x) - S(p) - S'(p)(x - p) >= -(x - p)^2 / (2 eps)."""
    return [*in_range(eps), x >= 0, p >= 0], 2 * eps * bend(x, p, eps) >= -((x - p) ** 2)


def below_tangent(x: Any, p: Any, eps: Any) -> Any:
    """For x, p >= 0: S(x) - S(p) - S'(p)(x - p) <= (x - p)^2 / (2 eps)."""
    return [*in_range(eps), x >= 0, p >= 0], 2 * eps * bend(x, p, eps) <= (x - p) ** 2


def bend(x: Any, p: Any, eps: Any) -> Any:
    """S(x) - S(p) - S'(p)(x - p)."""
    s = smoothed(eps)
    return s.value(x) - s.value(p) - s.gradient(p) * (x - p)


def _odd_prox(candidate: Candidate) -> smt.Statement:
    def statement(t: Any, w: Any, eps: Any) -> Any:
        s = smoothed(eps)
        return [*in_range(eps), w > 0, t > 0], candidate(s, -t, w) == -candidate(s, t, w)

    return statement


def _mirror(t: Any, w: Any, eps: Any, x: Any) -> Any:
    here, there = objective(x, t, w, eps), objective(-x, t, w, eps)
    return [*in_range(eps), w > 0, t >= 0, x < 0], (there < here) | ((there == here) & (t == 0))


def _stationary(candidate: Candidate) -> smt.Statement:
    def statement(t: Any, w: Any, eps: Any) -> Any:
        s = smoothed(eps)
        p = candidate(s, t, w)
        return [*in_range(eps), w > 0, t >= 0], (p >= 0) & (p + w * s.gradient(p) == t)

    return statement


def _outside_cap(candidate: Candidate) -> smt.Statement:
    def statement(t: Any, w: Any, eps: Any) -> Any:
        p = candidate(smoothed(eps), t, w)
        at_end = (p == eps) | (t > 0) | (w > eps)
        return [*in_range(eps), w >= eps, t >= 0], (p >= eps) & at_end

    return statement


def _convex_outside(x: Any, p: Any, eps: Any) -> Any:
    return [*in_range(eps), x >= eps, p >= eps], bend(x, p, eps) >= 0


def _on_cap(ties: bool) -> smt.Statement:
    """J(eps) < J(x) on [0, eps), w >= eps; with ``ties`` J(eps) = J(x) if t = 0, w = eps."""

    def statement(t: Any, w: Any, eps: Any, x: Any) -> Any:
        end, here = objective(eps, t, w, eps), objective(x, t, w, eps)
        assumptions = [*in_range(eps), w >= eps, t >= 0, x >= 0, x < eps]
        if not ties:
            return assumptions, end < here
        return assumptions, (end <= here) & ((end == here) == ((t == 0) & (w == eps)))

    return statement


def _gain(x: Any, p: Any, w: Any, at_x: Any, at_p: Any, slope: Any) -> Any:
    """J(x) - J(p) where t = p + w slope."""
    t = p + w * slope
    return (x - t) ** 2 / 2 + w * at_x - (p - t) ** 2 / 2 - w * at_p


def _light(x: Any, p: Any, w: Any, eps: Any, at_x: Any, at_p: Any, slope: Any) -> Any:
    bent = 2 * eps * (at_x - at_p - slope * (x - p)) >= -((x - p) ** 2)
    rival = (x > p) | (x < p)
    return [w > 0, w < eps, bent, rival], _gain(x, p, w, at_x, at_p, slope) > 0


def _heavy(x: Any, p: Any, w: Any, at_x: Any, at_p: Any, slope: Any) -> Any:
    rival = (x > p) | (x < p)
    convex = at_x - at_p - slope * (x - p) >= 0
    return [w > 0, convex, rival], _gain(x, p, w, at_x, at_p, slope) > 0


def _theorem(candidate: Candidate, ties: bool) -> smt.Statement:
    """No x has a smaller J than p, and those that have the same are p and, with ``ties``, what is said above."""

    def statement(t: Any, w: Any, eps: Any, x: Any) -> Any:
        p = candidate(smoothed(eps), t, w)
        own, rival = objective(p, t, w, eps), objective(x, t, w, eps)
        minimises = x == p
        if ties:
            inside = (w == eps) & (abs(x) <= eps)
            minimises = minimises | ((t == 0) & ((w >= eps) & (x == -p) | inside))
        return [*in_range(eps), w > 0], (own <= rival) & ((own == rival) == minimises)

    return statement


def prox_cases(budget: Budget) -> Iterator[tuple[Fraction, ...]]:
    """(t, w, eps, x), with weights below, at and above eps, where the prox changes its form."""
    points = [Fraction(n, 4) for n in range(-7, 8, budget.pick(2, 1))]
    thetas = [Fraction(0), Fraction(1, 32), Fraction(-1, 32), *points]
    ratios = [Fraction(n, 4) for n in (1, 2, 4, 5, 24)]
    for eps, ratio in product((Fraction(1, 8), HALF), ratios):
        rivals = [-eps, eps / 3, eps, *points, 1 - eps / 2]
        for t, x in product(thetas, rivals):
            yield t, ratio * eps, eps, x


def minimiser(candidate: Candidate = own_prox, *, ties: bool = True) -> ByLemmas:
    """The check: all minimisers for every theta, w > 0, 0 < eps <= 1/2."""
    statement = _theorem(candidate, ties)

    def sampled(budget: Budget) -> Evidence:
        return smt.on_cases(statement, NAMES, prox_cases(budget))

    lemmas = (
        Lemma("S is even", even, "x epsilon"),
        Lemma("the prox is odd", _odd_prox(candidate), "theta weight epsilon"),
        Lemma("J(|x|) <= J(x) for theta >= 0", _mirror, NAMES),
        Lemma("theta = p + w S'(p), p >= 0", _stationary(candidate), "theta weight epsilon"),
        Lemma("p >= eps for w >= eps", _outside_cap(candidate), "theta weight epsilon"),
        Lemma("S bends down by at most 1/eps", above_tangent, "x p epsilon"),
        Lemma("beyond eps S is convex", _convex_outside, "x p epsilon"),
        Lemma("for w >= eps J does not increase on the cap", _on_cap(ties), NAMES),
        Lemma("J(x) > J(p) for w < eps", _light, "x p weight epsilon S_x S_p slope"),
        Lemma("J(x) > J(p) where S is convex", _heavy, "x p weight S_x S_p slope"),
    )
    return ByLemmas(lemmas, statement, NAMES, sampled)
