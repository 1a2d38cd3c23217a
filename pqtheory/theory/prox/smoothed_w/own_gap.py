r"""Where t and x lie between one level and the same midpoint, the prox of the smoothed W is as good as x: the lemmas.

Distances are taken from the level: t, x and p = prox(t, w) from 0 to h, half the gap, or any >= 0 outside of the levels
(h = 0 by convention). J(x) = (x - t)^2 / 2 + w S(x). Stationarity, t = p + w S'(p), turns the gain into

    J(x) - J(p) = (x - p)^2 / 2 + w (S(x) - S(p) - S'(p) (x - p)).

* w < eps: the bracket is at least -(x - p)^2 / (2 eps), so J(x) > J(p) unless x = p.
* w >= eps: p <= h - eps, where S is convex, so the same holds for x <= h - eps. On the cap beyond, J does not decrease,
  and is constant only if t = h and w = eps.
"""

from collections.abc import Sequence
from typing import Any

from pqtheory._arrays import as_array
from pqtheory.claims import forall, nonnegative, positive, real
from pqtheory.claims.lemma import Instance
from pqtheory.regularizers import SmoothedL1
from pqtheory.theory.prox.one_more_level import Seen

#: the half gap, and the width of the rounding
GAP: dict[str, Any] = {"half": nonnegative, "epsilon": positive}


def smoothed(level: Any, half: Any, epsilon: Any) -> SmoothedL1:
    """S as a number sees it whose nearest level and half gap these are."""
    return SmoothedL1(Seen(level, half), epsilon)


def in_gap(half: Any, epsilon: Any, *distances: Any) -> list[Any]:
    """The gap is at least 4 eps, or there is none; the distances do not pass its midpoint."""
    inside = [(d <= half) | (half == 0) for d in distances]
    return [(half >= 2 * epsilon) | (half == 0), *inside]


def S(level: Any, half: Any, epsilon: Any, x: Any) -> Any:
    """S(x)."""
    return smoothed(level, half, epsilon).value(x)


def slope(half: Any, epsilon: Any, x: Any) -> Any:
    """S'(x), at a distance x from the level."""
    return smoothed(0, half, epsilon).gradient(x)


def J(x: Any, theta: Any, weight: Any, value: Any) -> Any:
    """1/2 (x - theta)^2 + weight S(x), for the value of S."""
    return (x - theta) ** 2 / 2 + weight * value


def best_at_distance(
    half: Any, epsilon: Any, theta: Any, weight: Any, p: Any, S_p: Any, x: Any, S_x: Any
) -> Any:
    """J(p) <= J(x); equal if x = p, or theta = h, w = eps and x is on the cap."""
    own, rival = J(p, theta, weight, S_p), J(x, theta, weight, S_x)
    flat = (half > 0) & (theta == half) & (weight == epsilon) & (x >= half - epsilon)
    return (own <= rival) & ((own == rival) == ((x == p) | flat))


def level_loses(own: Any, theta: Any) -> Any:
    """Less than theta^2 / 2, the objective of the level, unless theta = 0."""
    return (own < theta**2 / 2) | (theta == 0) & (own == 0)


def objective(half: Any, epsilon: Any, theta: Any, weight: Any, x: Any) -> Any:
    """J at a distance x from the level."""
    return J(x, theta, weight, S(0, half, epsilon, x))


def prox(half: Any, epsilon: Any, theta: Any, weight: Any) -> Any:
    """The distance of the prox from the level."""
    return smoothed(0, half, epsilon).prox(theta, weight)


def bend(half: Any, epsilon: Any, x: Any, p: Any) -> Any:
    """S(x) - S(p) - S'(p) (x - p)."""
    here, there = S(0, half, epsilon, x), S(0, half, epsilon, p)
    return here - there - slope(half, epsilon, p) * (x - p)


@forall(
    **GAP,
    theta=nonnegative,
    weight=positive,
    given=lambda half, epsilon, theta: in_gap(half, epsilon, theta),
)
def prox_is_stationary(half: Any, epsilon: Any, theta: Any, weight: Any) -> Any:
    """P + w S'(p) = theta, and 0 <= p <= theta; for w >= eps p is where S is convex."""
    p = prox(half, epsilon, theta, weight)
    stationary = p + weight * slope(half, epsilon, p) == theta
    before_cap = (weight < epsilon) | (half == 0) | (p <= half - epsilon)
    before_middle = (half == 0) | (p < half) | (p == theta)
    moved = (p >= 0) & (p <= theta) & ((p > 0) | (theta == 0))
    return stationary & moved & before_cap & before_middle


@forall(
    **GAP,
    p=nonnegative,
    d=nonnegative,
    given=lambda half, epsilon, p, d: in_gap(half, epsilon, p + d),
)
def bends_little(half: Any, epsilon: Any, p: Any, d: Any) -> Any:
    """2 eps (S(x) - S(p) - S'(p) (x - p)) >= -(x - p)^2 for x = p + d, and with x and p exchanged."""
    up, down = bend(half, epsilon, p + d, p), bend(half, epsilon, p, p + d)
    return (2 * epsilon * up >= -(d**2)) & (2 * epsilon * down >= -(d**2))


@forall(
    **GAP,
    x=nonnegative,
    p=nonnegative,
    given=lambda half, epsilon, x, p: [
        *in_gap(half, epsilon),
        *((d <= half - epsilon) | (half == 0) for d in (x, p)),
    ],
)
def convex_before_cap(half: Any, epsilon: Any, x: Any, p: Any) -> Any:
    """S is above its tangents."""
    return bend(half, epsilon, x, p) >= 0


@forall(
    **GAP,
    theta=nonnegative,
    weight=positive,
    x=nonnegative,
    given=lambda half, epsilon, theta, weight, x: [
        *in_gap(half, epsilon, theta, x),
        half > 0,
        weight >= epsilon,
        x >= half - epsilon,
    ],
)
def cap_is_no_better(half: Any, epsilon: Any, theta: Any, weight: Any, x: Any) -> Any:
    """J(h - eps) <= J(x) on the cap; equal there, and if theta = h and w = eps."""
    end = objective(half, epsilon, theta, weight, half - epsilon)
    here = objective(half, epsilon, theta, weight, x)
    flat = (theta == half) & (weight == epsilon)
    return (end <= here) & ((end == here) == ((x == half - epsilon) | flat))


NUMBERS: dict[str, Any] = {
    **dict.fromkeys(("theta", "x", "p", "S_x", "S_p", "slope"), real),
    "weight": positive,
    "epsilon": positive,
}


@forall(
    **NUMBERS,
    given=lambda theta, weight, epsilon, x, p, S_x, S_p, slope: [
        p + weight * slope == theta,
        (S_x - S_p - slope * (x - p) >= 0)
        | (weight < epsilon) & (2 * epsilon * (S_x - S_p - slope * (x - p)) >= -((x - p) ** 2)),
    ],
)
def stationary_is_best(theta: Any, weight: Any, x: Any, p: Any, S_x: Any, S_p: Any) -> Any:
    """J(x) > J(p) unless x = p, where S is above its tangent at p, or w < eps and it bends little."""
    return (J(p, theta, weight, S_p) < J(x, theta, weight, S_x)) | (x == p)


def _lemmas(half: Any, epsilon: Any, theta: Any, weight: Any, x: Any) -> Sequence[Instance]:
    p = prox(half, epsilon, theta, weight)
    gap, numbers = {"half": half, "epsilon": epsilon}, {"theta": theta, "weight": weight}
    return [
        prox_is_stationary.at(**gap, **numbers),
        bends_little.at(**gap, p=p, d=x - p),
        bends_little.at(**gap, p=x, d=p - x),
        convex_before_cap.at(**gap, x=x, p=p),
        stationary_is_best.at(
            **numbers,
            epsilon=epsilon,
            x=x,
            p=p,
            S_x=S(0, half, epsilon, x),
            S_p=S(0, half, epsilon, p),
            slope=slope(half, epsilon, p),
        ),
    ]


@forall(
    **GAP,
    theta=nonnegative,
    weight=positive,
    x=nonnegative,
    given=lambda half, epsilon, theta, weight, x: [
        *in_gap(half, epsilon, theta, x),
        (weight < epsilon) | (half == 0) | (x <= half - epsilon),
    ],
    by=_lemmas,
)
def best_before_cap(half: Any, epsilon: Any, theta: Any, weight: Any, x: Any) -> Any:
    """J(x) > J(p) unless x = p: everywhere if w < eps, else before the cap."""
    p = prox(half, epsilon, theta, weight)
    own, rival = (objective(half, epsilon, theta, weight, y) for y in (p, x))
    return (own < rival) | (x == p)


@forall(
    **GAP,
    theta=nonnegative,
    weight=positive,
    x=nonnegative,
    given=lambda half, epsilon, theta, x: in_gap(half, epsilon, theta, x),
    by=lambda half, epsilon, theta, weight, x: [
        best_before_cap.at(half=half, epsilon=epsilon, theta=theta, weight=weight, x=x),
        best_before_cap.at(
            half=half, epsilon=epsilon, theta=theta, weight=weight, x=half - epsilon
        ),
        cap_is_no_better.at(half=half, epsilon=epsilon, theta=theta, weight=weight, x=x),
    ],
)
def best_in_own_gap(half: Any, epsilon: Any, theta: Any, weight: Any, x: Any) -> Any:
    """J(p) <= J(x); equal if x = p, or theta = h, w = eps and x is on the cap."""
    p = prox(half, epsilon, theta, weight)
    values = [S(0, half, epsilon, y) for y in (p, x)]
    return best_at_distance(half, epsilon, theta, weight, p, values[0], x, values[1])


@forall(
    **GAP,
    theta=nonnegative,
    weight=positive,
    given=lambda half, epsilon, theta: in_gap(half, epsilon, theta),
    by=lambda half, epsilon, theta, weight: [
        best_in_own_gap.at(half=half, epsilon=epsilon, theta=theta, weight=weight, x=0 * theta),
        prox_is_stationary.at(half=half, epsilon=epsilon, theta=theta, weight=weight),
    ],
)
def better_than_level(half: Any, epsilon: Any, theta: Any, weight: Any) -> Any:
    """J(p) < theta^2 / 2, the objective of the level, unless theta = 0."""
    own = objective(half, epsilon, theta, weight, prox(half, epsilon, theta, weight))
    return level_loses(own, theta)


@forall(
    level=real,
    half=nonnegative,
    same_half=nonnegative,
    epsilon=positive,
    x=real,
    distance=nonnegative,
    given=lambda level, half, same_half, epsilon, x, distance: [
        *in_gap(half, epsilon, distance),
        *in_gap(same_half, epsilon, distance),
        distance == abs(x - level),
        (half == same_half) | (distance == 0),
    ],
)
def distance_is_all(
    level: Any, half: Any, same_half: Any, epsilon: Any, x: Any, distance: Any
) -> Any:
    """S >= 0 depends on the distance to the level, and on the half gap unless the distance is 0."""
    value = S(level, half, epsilon, x)
    return (value == S(0, same_half, epsilon, distance)) & (value >= 0)


@forall(
    level=real,
    **GAP,
    theta=real,
    weight=positive,
    given=lambda level, half, epsilon, theta: in_gap(half, epsilon, abs(theta - level)),
)
def prox_by_distance(level: Any, half: Any, epsilon: Any, theta: Any, weight: Any) -> Any:
    """The prox is on the side of theta, as far from the level as the prox of the distance."""
    xp, p = as_array(prox(half, epsilon, abs(theta - level), weight))
    moved = smoothed(level, half, epsilon).prox(theta, weight)
    return moved == level + xp.where(theta >= level, p, -p)
