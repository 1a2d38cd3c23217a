r"""All minimisers of J(x) = (x - t)^2 / 2 + w S(x), for any codebook: the theorem, from what t, x and p see.

Let a be the level nearest to t, A = |t - a|, h half the gap of t, p the prox, and d the distance of x to its own level.

* x is in the gap of t, on the side of a or on the other one: then |x - t| >= |d - A|, and d is the distance of a point in
  the half gap of t, where no J is less than J(p).
* Or |x - t| >= A: then J(x) >= A^2 / 2 = J(a) >= J(p).
"""

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from pqtheory._arrays import as_array
from pqtheory.claims import ForAll, between, every, forall, implies, nonnegative, positive, real
from pqtheory.claims.lemma import Instance
from pqtheory.regularizers import SmoothedL1
from pqtheory.sets import Binary
from pqtheory.theory.prox.one_more_level import seen_by
from pqtheory.theory.prox.smoothed_w.cells import CODEBOOK, both_see, sight
from pqtheory.theory.prox.smoothed_w.own_gap import (
    GAP,
    J,
    S,
    best_at_distance,
    best_in_own_gap,
    better_than_level,
    distance_is_all,
    in_gap,
    level_loses,
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


def near(theta: Any, level: Any, half: Any, epsilon: Any, x: Any, distance: Any) -> Any:
    """X is in the gap of theta, so far from its level on this side or from the other end on the other."""
    mirrored = (half > 0) & (x == away(theta, level, 2 * half - distance))
    inside = every(in_gap(half, epsilon, distance))
    return inside & ((x == away(theta, level, distance)) | mirrored)


def farther(theta: Any, level: Any, x: Any) -> Any:
    """X is no closer to theta than the level, nor the level."""
    return (abs(x - theta) >= abs(theta - level)) & ((x < level) | (x > level))


def placed(
    theta: Any, level: Any, half: Any, epsilon: Any, x: Any, d: Any, S_x: Any, S_d: Any
) -> Any:
    """X is near, and S(x) is S at the distance d, or farther."""
    return near(theta, level, half, epsilon, x, d) & (S_x == S_d) | farther(theta, level, x)


def short_of(A: Any, half: Any, distance: Any) -> Any:
    """A distance up to A: 0 only if A = 0, half the gap only if A is."""
    inside = (half == 0) | (distance < half) | (distance == A)
    return (distance >= 0) & (distance <= A) & inside & ((distance > 0) | (A == 0))


def minimisers(
    theta: Any, weight: Any, epsilon: Any, level: Any, half: Any, p: Any, x: Any, ties: bool
) -> Any:
    """X is p or, at a midpoint theta, the mirror image of p or, if weight = epsilon, within epsilon."""
    if not ties:
        return x == p
    halfway = (half > 0) & (abs(theta - level) == half)
    flat = (weight == epsilon) & (abs(x - theta) <= epsilon)
    return (x == p) | halfway & ((x == 2 * theta - p) | flat)


def least(own: Any, rival: Any, equal: Any) -> Any:
    """Own <= rival, and just there equal where that is said."""
    return (own <= rival) & ((own == rival) == equal)


#: for the levels -1 and +1 epsilon is at most a quarter of 2
EPSILON = between(0, Fraction(1, 2), open_low=True)
BINARY: dict[str, Any] = {"theta": real, "weight": positive, "epsilon": EPSILON, "x": real}
NUMBERS: dict[str, Any] = {
    "theta": real,
    "weight": positive,
    **GAP,
    "level": real,
    "p": real,
    "x": real,
}
VALUES: dict[str, Any] = {"S_p": real, "S_x": nonnegative, "S_P": real, "S_d": real}


@forall(
    **NUMBERS,
    P=real,
    d=nonnegative,
    **VALUES,
    given=lambda theta, weight, half, epsilon, level, p, x, P, d, S_p, S_x, S_P, S_d: [
        every(in_gap(half, epsilon, abs(theta - level))),
        p == away(theta, level, P),
        short_of(abs(theta - level), half, P),
        S_p == S_P,
        placed(theta, level, half, epsilon, x, d, S_x, S_d),
        implies(
            in_gap(half, epsilon, d),
            best_at_distance(half, epsilon, abs(theta - level), weight, P, S_P, d, S_d),
        ),
        level_loses(J(P, abs(theta - level), weight, S_P), abs(theta - level)),
    ],
)
def from_distances(
    theta: Any, weight: Any, half: Any, epsilon: Any, level: Any, p: Any, x: Any, S_p: Any, S_x: Any
) -> Any:
    """What is best among the distances from the level nearest to theta is best among all points."""
    own, rival = J(p, theta, weight, S_p), J(x, theta, weight, S_x)
    return least(own, rival, minimisers(theta, weight, epsilon, level, half, p, x, True))


@forall(
    **CODEBOOK,
    **sight("theta"),
    **sight("x"),
    by=lambda last, epsilon, theta, at_theta, half_theta, x, at_x, half_x: [
        both_see(last, epsilon, (theta, at_theta, half_theta), (x, at_x, half_x)),
        *(
            distance_is_all.at(
                level=at_x,
                half=half_x,
                same_half=half,
                epsilon=epsilon,
                x=x,
                distance=abs(x - at_x),
            )
            for half in (half_theta, half_x)
        ),
    ],
)
def others_are_placed(
    epsilon: Any, theta: Any, at_theta: Any, half_theta: Any, x: Any, at_x: Any, half_x: Any
) -> Any:
    """Any x is near or farther; and what is taken for granted of the gap of theta."""
    A, d, value = abs(theta - at_theta), abs(x - at_x), S(at_x, half_x, epsilon, x)
    gap = [half_theta >= 0, A >= 0, *in_gap(half_theta, epsilon, A)]
    at_distance = S(0, half_theta, epsilon, d)
    where = placed(theta, at_theta, half_theta, epsilon, x, d, value, at_distance)
    return every([*gap, d >= 0, value >= 0, where])


#: theta, and a point between it and its level
TOWARD: dict[str, Any] = {**CODEBOOK, **sight("theta"), **sight("p"), "distance": real}


def _toward(theta: Any, at_theta: Any, half_theta: Any, p: Any, distance: Any) -> list[Any]:
    between_both = short_of(abs(theta - at_theta), half_theta, distance)
    return [p == away(theta, at_theta, distance), between_both]


@forall(
    **TOWARD,
    given=_toward,
    by=lambda last, epsilon, theta, at_theta, half_theta, p, at_p, half_p: [
        both_see(last, epsilon, (theta, at_theta, half_theta), (p, at_p, half_p))
    ],
)
def sees_the_same(
    epsilon: Any, at_theta: Any, half_theta: Any, p: Any, at_p: Any, half_p: Any, distance: Any
) -> Any:
    """Between theta and its level a point sees the same level, and the same gap unless it is the level."""
    gaps = [half_theta >= 0, half_p >= 0, *in_gap(half_p, epsilon, distance)]
    same = [*in_gap(half_theta, epsilon, distance), (half_p == half_theta) | (distance == 0)]
    return every([*gaps, *same, at_p == at_theta, distance == abs(p - at_p)])


@forall(
    **TOWARD,
    given=_toward,
    by=lambda last, epsilon, theta, at_theta, half_theta, p, at_p, half_p, distance: [
        sees_the_same.at(
            last=last,
            epsilon=epsilon,
            theta=theta,
            at_theta=at_theta,
            half_theta=half_theta,
            p=p,
            at_p=at_p,
            half_p=half_p,
            distance=distance,
        ),
        distance_is_all.at(
            level=at_p, half=half_p, same_half=half_theta, epsilon=epsilon, x=p, distance=distance
        ),
    ],
)
def has_the_same_value(
    epsilon: Any, half_theta: Any, p: Any, at_p: Any, half_p: Any, distance: Any
) -> Any:
    """Between theta and its level S depends on the distance to this level alone."""
    return S(at_p, half_p, epsilon, p) == S(0, half_theta, epsilon, distance)


def on_binary(candidate: Candidate = own_prox, *, ties: bool = True, **fixed: Any) -> ForAll:
    """The theorem for the levels -1 and +1, where some variables may be fixed: what a search looks at."""

    def holds(**case: Any) -> Any:
        # of the kind of the others, terms or numbers
        given = {name: value + 0 * case["x"] for name, value in fixed.items()}
        theta, weight, epsilon, x = ({**case, **given}[name] for name in BINARY)
        s, seen = SmoothedL1(Binary(), epsilon), seen_by(theta, -1, 1)
        p = candidate(s, theta, weight)
        own, rival = (J(y, theta, weight, s.value(y)) for y in (p, x))
        equal = minimisers(theta, weight, epsilon, seen.level, seen.half, p, x, ties)
        return least(own, rival, equal)

    return ForAll(holds, {name: kind for name, kind in BINARY.items() if name not in fixed})


def minimises(candidate: Candidate = own_prox, *, ties: bool = True) -> ForAll:
    """All minimisers of J, for any number of levels.

    at_y and half_y are what the numbers y see of one codebook, and last is its last level.
    """

    def lemmas(
        last: Any,
        epsilon: Any,
        weight: Any,
        theta: Any,
        at_theta: Any,
        half_theta: Any,
        x: Any,
        at_x: Any,
        half_x: Any,
        at_p: Any,
        half_p: Any,
    ) -> Sequence[Instance]:
        p = candidate(smoothed(at_theta, half_theta, epsilon), theta, weight)
        A, d = abs(theta - at_theta), abs(x - at_x)
        P = prox(half_theta, epsilon, A, weight)
        seen = {"theta": theta, "at_theta": at_theta, "half_theta": half_theta}
        book, gap = {"last": last, "epsilon": epsilon}, {"half": half_theta, "epsilon": epsilon}
        by_distance, own = {**gap, "weight": weight, "theta": A}, {**gap, "level": at_theta}
        return [
            others_are_placed.at(**book, **seen, x=x, at_x=at_x, half_x=half_x),
            prox_by_distance.at(**own, theta=theta, weight=weight),
            prox_is_stationary.at(**by_distance),
            has_the_same_value.at(**book, **seen, p=p, at_p=at_p, half_p=half_p, distance=P),
            best_in_own_gap.at(**by_distance, x=d),
            better_than_level.at(**by_distance),
            from_distances.at(
                **own,
                theta=theta,
                weight=weight,
                p=p,
                x=x,
                P=P,
                d=d,
                S_p=S(at_p, half_p, epsilon, p),
                S_x=S(at_x, half_x, epsilon, x),
                S_P=S(0, half_theta, epsilon, P),
                S_d=S(0, half_theta, epsilon, d),
            ),
        ]

    @forall(
        **CODEBOOK,
        weight=positive,
        **sight("theta"),
        **sight("x"),
        at_p=real,
        half_p=real,
        by=lemmas,
        cases=on_binary(candidate, ties=ties),
    )
    def no_point_is_better(
        epsilon: Any,
        weight: Any,
        theta: Any,
        at_theta: Any,
        half_theta: Any,
        x: Any,
        at_x: Any,
        half_x: Any,
        at_p: Any,
        half_p: Any,
    ) -> Any:
        p = candidate(smoothed(at_theta, half_theta, epsilon), theta, weight)
        own = J(p, theta, weight, S(at_p, half_p, epsilon, p))
        rival = J(x, theta, weight, S(at_x, half_x, epsilon, x))
        equal = minimisers(theta, weight, epsilon, at_theta, half_theta, p, x, ties)
        return least(own, rival, equal)

    return no_point_is_better
