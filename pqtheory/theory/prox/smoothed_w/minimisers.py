r"""All minimisers of J(x) = (x - t)^2 / 2 + w S(x), for any codebook: the theorem, from what t, x and p see.

Let a be the level nearest to t, A = |t - a|, h half the gap of t, p the prox, and d the distance of x to its own level.

* x is in the gap of t, on the side of a or on the other one: then |x - t| >= |d - A|, and d is the distance of a point in
  the half gap of t, where no J is less than J(p).
* Or |x - t| >= A: then J(x) >= A^2 / 2 = J(a) >= J(p).
"""

from collections.abc import Callable, Sequence
from typing import Any

from pqtheory._arrays import as_array
from pqtheory.claims import ForAll, every, forall, implies, nonnegative, positive, real
from pqtheory.claims.forall import Instance
from pqtheory.regularizers import SmoothedL1
from pqtheory.theory.prox.one_more_level import levels_of
from pqtheory.theory.given import GivenLevels
from pqtheory.theory.prox.smoothed_w.cells import cells, other_end
from pqtheory.theory.prox.smoothed_w.own_gap import (
    GAP,
    J,
    S,
    best_at_distance,
    best_in_own_gap,
    better_than,
    better_than_level,
    distance_is_all,
    in_gap,
    prox,
    prox_by_distance,
    prox_is_stationary,
    smoothed,
)

#: (S, theta, weight) -> the point that is said to minimise
Candidate = Callable[[SmoothedL1, Any, Any], Any]


def own_prox(s: SmoothedL1, theta: Any, weight: Any) -> Any:
    """What the operator computes."""
    return s.prox(theta, weight)


def away(theta: Any, level: Any, distance: Any) -> Any:
    """The point so far from the level, on the side of theta."""
    xp, theta = as_array(theta)
    return level + xp.where(theta >= level, distance, -distance)


SIGHT = dict.fromkeys(("last", "at_theta", "half"), real)


def near(theta: Any, level: Any, half: Any, epsilon: Any, x: Any, distance: Any) -> Any:
    """x is in the gap of theta, on the side of its level or on the other one, so far from the level there."""
    own = x == away(theta, level, distance)
    mirrored = (half > 0) & (x == away(theta, level, 2 * half - distance))
    return every(in_gap(half, epsilon, distance)) & (own | mirrored)


def farther(theta: Any, level: Any, x: Any) -> Any:
    """x is not closer to theta than the level is, nor the level."""
    return (abs(x - theta) >= abs(theta - level)) & ((x < level) | (x > level))


def between(theta: Any, level: Any, half: Any, distance: Any) -> Any:
    """So far from the level is not beyond theta, nor the middle of the gap unless theta is it."""
    A = abs(theta - level)
    inside = (half == 0) | (distance < half) | (distance == A)
    return (distance >= 0) & (distance <= A) & inside & ((distance > 0) | (A == 0))


def as_good(theta: Any, weight: Any, epsilon: Any, level: Any, half: Any, p: Any, x: Any, ties: bool = True) -> Any:
    """x is p or, halfway, its mirror image or, if weight = epsilon, on the cap."""
    if not ties:
        return x == p
    halfway = (half > 0) & (abs(theta - level) == half)
    on_cap = (weight == epsilon) & (abs(x - theta) <= epsilon)
    return (x == p) | halfway & ((x == 2 * theta - p) | on_cap)


def no_worse(own: Any, rival: Any, equal: Any) -> Any:
    """own <= rival, and both are equal where that is said."""
    return (own <= rival) & ((own == rival) == equal)


@forall(
    theta=real,
    epsilon=positive,
    **SIGHT,
    x=real,
    at_x=real,
    half_x=real,
    by=lambda theta, epsilon, last, at_theta, half, x, at_x, half_x: [
        cells.at(
            last=last,
            epsilon=epsilon,
            y=theta,
            near=at_theta,
            half=half,
            z=x,
            other=at_x,
            other_half=half_x,
        )
    ],
)
def in_the_gap_or_farther(
    theta: Any, epsilon: Any, at_theta: Any, half: Any, x: Any, at_x: Any, half_x: Any
) -> Any:
    """x is in the gap of theta, on one side or on the other, or no closer to theta than its level is."""
    A, d = abs(theta - at_theta), abs(x - at_x)
    same = near(theta, at_theta, half, epsilon, x, d) & ((half_x == half) | (d == 0))
    both = [*in_gap(half, epsilon, A), half >= 0, *in_gap(half_x, epsilon, d), half_x >= 0]
    return every(both) & (same | farther(theta, at_theta, x))


@forall(
    theta=real,
    epsilon=positive,
    **SIGHT,
    distance=real,
    p=real,
    at_p=real,
    half_p=real,
    given=lambda theta, at_theta, half, distance, p: [p == away(theta, at_theta, distance), between(theta, at_theta, half, distance)],
    by=lambda theta, epsilon, last, at_theta, half, distance, p, at_p, half_p: [
        cells.at(
            last=last,
            epsilon=epsilon,
            y=theta,
            near=at_theta,
            half=half,
            z=p,
            other=at_p,
            other_half=half_p,
        )
    ],
)
def sees_the_same(
    epsilon: Any, at_theta: Any, half: Any, distance: Any, p: Any, at_p: Any, half_p: Any
) -> Any:
    """A point between theta and its level sees the same level, and the same gap unless it is the level."""
    same = (at_p == at_theta) & ((half_p == half) | (distance == 0))
    gaps = every([*in_gap(half, epsilon, distance), *in_gap(half_p, epsilon, distance)])
    return same & gaps & (half >= 0) & (half_p >= 0) & (distance == abs(p - at_p))


NUMBERS = {"theta": real, "weight": positive, **GAP, "level": real}
POINTS = {"p": real, "S_p": real, "x": real, "d": nonnegative, "S_x": nonnegative}

def placed(theta: Any, half: Any, epsilon: Any, level: Any, x: Any, d: Any, S_x: Any, S_d: Any) -> Any:
    """x is near, where S(x) = S(d), or farther."""
    return near(theta, level, half, epsilon, x, d) & (S_x == S_d) | farther(theta, level, x)


@forall(
    **NUMBERS, **POINTS,
    P=real, S_P=real, S_d=real,
    given=lambda theta, weight, half, epsilon, level, p, S_p, x, d, S_x, P, S_P, S_d: [
        every(in_gap(half, epsilon, abs(theta - level))),
        p == away(theta, level, P),
        S_p == S_P,
        between(theta, level, half, P),
        placed(theta, half, epsilon, level, x, d, S_x, S_d),
        implies([every(in_gap(half, epsilon, d))],
            best_at_distance(half, epsilon, abs(theta - level), weight, P, S_P, d, S_d)),
        better_than(J(P, abs(theta - level), weight, S_P), abs(theta - level)),
    ]
)
def from_distances(
    theta: Any, weight: Any, half: Any, epsilon: Any, level: Any, p: Any, S_p: Any, x: Any, S_x: Any
) -> Any:
    """What holds of the distances from the level nearest to theta holds of all points."""
    own, rival = J(p, theta, weight, S_p), J(x, theta, weight, S_x)
    return no_worse(own, rival, as_good(theta, weight, epsilon, level, half, p, x))

def _by(theta: Any, weight: Any, half: Any, epsilon: Any, level: Any, p: Any, S_p: Any, x: Any, d:Any, S_x: Any):
    A = abs(theta - level)
    P=prox(half, epsilon, A, weight)
    gap = {"half": half, "epsilon": epsilon}
    return [
            prox_is_stationary.at(**gap, theta=A, weight=weight),
            best_in_own_gap.at(**gap, theta=A, weight=weight, x=d),
            better_than_level.at(**gap, theta=A, weight=weight),
            from_distances.at(theta=theta, weight=weight, **gap, level=level, p=p, S_p=S_p, x=x, d=d, S_x=S_x, P=P,
               S_P=S(0, half, epsilon, P), S_d=S(0, half, epsilon, d)),
            ]

@forall(
    **NUMBERS, **POINTS,
    given=lambda theta, weight, half, epsilon, level, p, S_p, x, d, S_x: [
        every(in_gap(half, epsilon, abs(theta - level))),
        p == away(theta, level, prox(half, epsilon, abs(theta - level), weight)),
        S_p == S(0, half, epsilon, prox(half, epsilon, abs(theta - level), weight)),
        placed(theta, half, epsilon, level, x, d, S_x, S(0, half, epsilon, d)),
    ],
    by=_by,
)
def best_by_distance(
    theta: Any, weight: Any, half: Any, epsilon: Any, level: Any, p: Any, S_p: Any, x: Any, S_x: Any
) -> Any:
    own, rival = J(p, theta, weight, S_p), J(x, theta, weight, S_x)
    return no_worse(own, rival, as_good(theta, weight, epsilon, level, half, p, x))



@forall(
    theta=real, epsilon=positive, **SIGHT, x=real, at_x=real, half_x=real,
    by=lambda theta, epsilon, last, at_theta, half, x, at_x, half_x: [
        in_the_gap_or_farther.at(theta=theta, epsilon=epsilon, last=last, at_theta=at_theta, half=half, x=x, at_x=at_x, half_x=half_x),
        distance_is_all.at(level=at_x, half=half_x, same_half=half, epsilon=epsilon, x=x, distance=abs(x - at_x)),
        distance_is_all.at(level=at_x, half=half_x, same_half=half_x, epsilon=epsilon, x=x, distance=abs(x - at_x)),
    ],
)
def x_is_placed(theta, epsilon, at_theta, half, x, at_x, half_x):
    d = abs(x - at_x)
    value = S(at_x, half_x, epsilon, x)
    return (placed(theta, half, epsilon, at_theta, x, d, value, S(0, half, epsilon, d))
       & (value >= 0) & (half >= 0) & (d >= 0) & (abs(theta - at_theta) >= 0) & every(in_gap(half, epsilon, abs(theta - at_theta))))

@forall(
    theta=real, epsilon=positive, **SIGHT, distance=real, p=real, at_p=real, half_p=real,
    given=lambda theta, at_theta, half, distance, p: [p == away(theta, at_theta, distance), between(theta, at_theta, half, distance)],
    by=lambda theta, epsilon, last, at_theta, half, distance, p, at_p, half_p: [
        sees_the_same.at(theta=theta, epsilon=epsilon, last=last, at_theta=at_theta, half=half, distance=distance, at_p=at_p, half_p=half_p, p=p),
        distance_is_all.at(level=at_p, half=half_p, same_half=half, epsilon=epsilon, x=p, distance=distance),
    ],
)
def p_is_placed(theta, epsilon, at_theta, half, distance, p, at_p, half_p):
    return S(at_p, half_p, epsilon, p) == S(0, half, epsilon, distance)

def minimises(candidate: Candidate = own_prox, *, ties: bool = True) -> ForAll:
    """All minimisers of J, for any number of levels.

    The variables at_y and half_y are what the numbers y see of one codebook, and last is its last level.
    """

    def found(theta: Any, weight: Any, epsilon: Any, at_theta: Any, half: Any) -> Any:
        return candidate(smoothed(at_theta, half, epsilon), theta, weight)

    def lemmas(
        theta: Any, weight: Any, epsilon: Any, last: Any, at_theta: Any, half: Any,
        x: Any, at_x: Any, half_x: Any, at_p: Any, half_p: Any,
    ) -> Sequence[Instance]:
        A, d = abs(theta - at_theta), abs(x - at_x)
        P = prox(half, epsilon, A, weight)
        p = found(theta, weight, epsilon, at_theta, half)
        seen = {"theta": theta, "epsilon": epsilon, "last": last, "at_theta": at_theta, "half": half}
        gap = {"half": half, "epsilon": epsilon}
        return [
            prox_by_distance.at(level=at_theta, **gap, theta=theta, weight=weight),
            prox_is_stationary.at(**gap, theta=A, weight=weight),
            x_is_placed.at(**seen, x=x, at_x=at_x, half_x=half_x),
            p_is_placed.at(**seen, distance=P, p=p, at_p=at_p, half_p=half_p),
            best_by_distance.at(theta=theta, weight=weight, **gap, level=at_theta, p=p, S_p=S(at_p, half_p, epsilon, p), x=x, d=d, S_x=S(at_x, half_x, epsilon, x)),
        ]

    @forall(
        theta=real, weight=positive, epsilon=positive, **SIGHT,
        x=real, at_x=real, half_x=real, at_p=real, half_p=real, by=lemmas,
    )
    def no_point_is_better(
        theta: Any, weight: Any, epsilon: Any, at_theta: Any, half: Any,
        x: Any, at_x: Any, half_x: Any, at_p: Any, half_p: Any,
    ) -> Any:
        p = found(theta, weight, epsilon, at_theta, half)
        own = J(p, theta, weight, S(at_p, half_p, epsilon, p))
        rival = J(x, theta, weight, S(at_x, half_x, epsilon, x))
        return no_worse(own, rival, as_good(theta, weight, epsilon, at_theta, half, p, x, ties))

    return no_point_is_better


NO_POINT = minimises()
