r"""PARQ's map, the midpoint of a gap plus (t - midpoint) / s, cut off at the gap's ends, is the prox of (1 - s) R.

R(x) = (x - a)(b - x) / 2 between neighbouring levels a < b, infinite outside the hull. With w = 1 - s and a <= t <= b:

* in the own gap 1/2 (x - t)^2 + w R(x) is a parabola of curvature s around midpoint + (t - midpoint) / s;
* in another gap R >= 0, and an end of the own gap, where R = 0, is closer to t.

R + x^2 / 2 is affine on each gap, the interpolation of x^2 / 2 at the levels, and so convex: the prox of (1 - s) R at t
is that of ((1 - s) / s) (R + x^2 / 2) at t / s. For s = 0 the objective is concave on each gap: the nearest level.
"""

import itertools
from collections.abc import Callable, Sequence
from typing import Any

from pqtheory._arrays import as_array
from pqtheory.claims import (
    Budget,
    Claim,
    Control,
    ForAll,
    Part,
    all_of,
    between,
    forall,
    nonnegative,
    real,
)
from pqtheory.claims.lemma import Instance
from pqtheory.claims.truths import implies
from pqtheory.regularizers import Bump, DistanceL1, DistanceL2, PiecewiseAffine
from pqtheory.sets import Binary
from pqtheory.theory.given import GivenLevels
from pqtheory.theory.prox.one_more_level import COUNTS, levels_of
from pqtheory.theory.readings import value_readings

SLOPE = between(0, 1, open_low=True)
FIGURE = "minimisers at 0 between -1 and 1, weight 1/2: bump, L1, half square"
#: (t, s, a, b) -> x
PairMap = Callable[[Any, Any, Any, Any], Any]


def gap(a: Any, b: Any) -> Bump:
    """R on two levels."""
    return Bump(GivenLevels(a, b))


def prox(t: Any, s: Any, a: Any, b: Any) -> Any:
    """The prox of (1 - s) R."""
    return gap(a, b).prox(t, 1 - s)


def of_weight_s(t: Any, s: Any, a: Any, b: Any) -> Any:
    """The prox of s R."""
    return gap(a, b).prox(t, s)


def J(x: Any, t: Any, s: Any, R_x: Any) -> Any:
    """1/2 (x - t)^2 + (1 - s) R(x)."""
    return (x - t) ** 2 / 2 + (1 - s) * R_x


def product(x: Any, a: Any, b: Any) -> Any:
    """(x - a)(b - x) / 2."""
    return (x - a) * (b - x) / 2


def is_parqs_map(found: PairMap) -> ForAll:
    """The published formula."""

    @forall(t=real, s=SLOPE, a=real, b=real, given=lambda a, b: [a < b])
    def same(t: Any, s: Any, a: Any, b: Any) -> Any:
        xp, t = as_array(t)
        centre = (a + b) / 2
        return found(t, s, a, b) == xp.clip(centre + (t - centre) / s, a, b)

    return same


@forall(x=real, a=real, b=real, given=lambda a, b, x: [a < b, a <= x, x <= b])
def value_is_the_product(x: Any, a: Any, b: Any) -> Any:
    """The code's R is (x - a)(b - x) / 2 between a and b, which is not below 0, and 0 at the levels."""
    R_x = gap(a, b).value(x)
    return (R_x == product(x, a, b)) & (R_x >= 0) & ((R_x == 0) == ((x == a) | (x == b)))


def best_in_own_gap(found: PairMap) -> ForAll:
    """Of the own gap no other x is as good."""

    @forall(
        t=real,
        s=SLOPE,
        a=real,
        b=real,
        x=real,
        given=lambda t, a, b, x: [a < b, a <= t, t <= b, a <= x, x <= b],
    )
    def best(t: Any, s: Any, a: Any, b: Any, x: Any) -> Any:
        p = found(t, s, a, b)
        own, rival = J(p, t, s, product(p, a, b)), J(x, t, s, product(x, a, b))
        return (a <= p) & (p <= b) & (own + s / 2 * (x - p) ** 2 <= rival)

    return best


own_gap = best_in_own_gap(prox)


@forall(
    t=real,
    s=SLOPE,
    a=real,
    b=real,
    x=real,
    p=real,
    J_p=real,
    R_x=nonnegative,
    given=lambda t, s, a, b, x, p, J_p: [
        a < b,
        a <= t,
        t <= b,
        (x <= a) | (x >= b),
        J_p + s / 2 * (a - p) ** 2 <= (a - t) ** 2 / 2,
        J_p + s / 2 * (b - p) ** 2 <= (b - t) ** 2 / 2,
    ],
)
def other_gaps_lose(t: Any, s: Any, x: Any, p: Any, J_p: Any, R_x: Any) -> Any:
    """Of another gap, where R >= 0, no other x is as good as what is as good as both ends of the own gap."""
    rival = J(x, t, s, R_x)
    return (J_p < rival) | ((J_p == rival) & (x == p))


def _at_both_ends(
    t: Any, s: Any, a: Any, b: Any, x: Any, p: Any, J_p: Any, R_x: Any
) -> Sequence[Instance]:
    return [
        other_gaps_lose.at(t=t, s=s, a=a, b=b, x=x, p=p, J_p=J_p, R_x=R_x),
        *(own_gap.at(t=t, s=s, a=a, b=b, x=end) for end in (a, b)),
    ]


@forall(
    t=real,
    s=SLOPE,
    a=real,
    b=real,
    x=real,
    p=real,
    J_p=real,
    R_x=nonnegative,
    given=lambda t, s, a, b, x, p, J_p: [
        a < b,
        a <= t,
        t <= b,
        (x <= a) | (x >= b),
        p == prox(t, s, a, b),
        J_p == J(p, t, s, product(p, a, b)),
    ],
    by=_at_both_ends,
)
def best_of_all_gaps(t: Any, s: Any, x: Any, p: Any, J_p: Any, R_x: Any) -> Any:
    """No other x of another gap is as good as PARQ's map."""
    rival = J(x, t, s, R_x)
    return (J_p < rival) | ((J_p == rival) & (x == p))


@forall(
    t=real,
    s=SLOPE,
    a=real,
    b=real,
    x=real,
    R_x=nonnegative,
    given=lambda t, a, b, x: [a < b, t < a, a <= x],
)
def below_all_levels(t: Any, s: Any, a: Any, b: Any, x: Any, R_x: Any) -> Any:
    """Below the lowest level a nothing is as good as a; above the highest it is the mirror image."""
    return (prox(t, s, a, b) == a) & ((J(a, t, s, 0) < J(x, t, s, R_x)) | (x == a))


@forall(
    t=real,
    s=SLOPE,
    a=real,
    b=real,
    x=real,
    R_x=nonnegative,
    given=lambda t, a, b, x: [a < b, t > b, b >= x],
)
def above_all_levels(t: Any, s: Any, a: Any, b: Any, x: Any, R_x: Any) -> Any:
    """Above the highest level b nothing is as good as b."""
    return (prox(t, s, a, b) == b) & ((J(b, t, s, 0) < J(x, t, s, R_x)) | (x == b))


def hard_map(outside: bool) -> ForAll:
    """At s = 0 the prox of R is the projection; x in the own gap, or outside with some R >= 0."""

    def given(t: Any, a: Any, b: Any, x: Any, R_x: Any) -> Sequence[Any]:
        where = (x <= a) | (x >= b) if outside else (a <= x) & (x <= b) & (R_x == product(x, a, b))
        return [a < b, a <= t, t <= b, where]

    @forall(t=real, a=real, b=real, x=real, R_x=nonnegative, given=given)
    def projects(t: Any, a: Any, b: Any, x: Any, R_x: Any) -> Any:
        p = prox(t, 0, a, b)
        return (p == gap(a, b).quantize(t)) & (J(p, t, 0, 0) <= J(x, t, 0, R_x))

    return projects


def sees_its_gap_alone(count: int) -> ForAll:
    """Value and prox of so many levels are those of the gap that the point lies in."""

    def holds(t: Any, s: Any, **levels: Any) -> Any:
        values = list(levels.values())
        whole = Bump(GivenLevels(*values))
        x, value = whole.prox(t, 1 - s), whole.value(t)
        same = implies([t < values[0]], x == values[0]) & implies([t > values[-1]], x == values[-1])
        for a, b in itertools.pairwise(values):
            alike = (x == prox(t, s, a, b)) & (value == gap(a, b).value(t))
            same = same & implies([a <= t, t <= b], alike)
        return same

    return levels_of(count, holds, t=real, s=SLOPE)


def is_the_affine_prox(count: int) -> ForAll:
    """The prox of ((1 - s) / s) (R + x^2 / 2) at t / s."""

    def holds(t: Any, s: Any, **levels: Any) -> Any:
        book = GivenLevels(*levels.values())
        affine = PiecewiseAffine(book).prox(t / s, (1 - s) / s)
        return affine == Bump(book).prox(t, 1 - s)

    return levels_of(count, holds, t=real, s=SLOPE)


def _figures(budget: Budget) -> tuple[dict[str, Any], dict[str, Any]]:
    three = (Bump(Binary()), DistanceL1(Binary()), DistanceL2(Binary()))
    found = [x for r in three for x in r.prox_set(0.0, 0.5)]
    return {FIGURE: found}, {FIGURE: [0.0, -1 / 2, 1 / 2, -1 / 3, 1 / 3]}


CLAIM = Claim(
    name="parq-is-a-prox",
    source="Jin et al., arXiv 2503.15748, the map of its published code",
    statement=(
        "For finitely many levels (two or more), every real t and 0 < s <= 1: the map of PARQ's code, the midpoint of "
        "the gap that holds t plus (t - midpoint) / s, cut off at the ends of the gap (outside the hull: the outermost "
        "level), is the one global minimiser of 1/2 (x - t)^2 + (1 - s) R(x), where R(x) = (x - a)(b - x) / 2 between "
        "neighbouring levels a < b and infinity outside the hull; at s = 0 the projection is a minimiser. Like W this "
        "R is nonconvex and 0 at the levels. For two to four levels it is read off the code that value and prox see the gap "
        "of the point alone, and, for two and three, that the prox is that of ((1 - s) / s) (R + x^2 / 2), which is "
        "convex and piecewise affine, at t / s."
    ),
    formula=(
        "prox_{(1 - s) R}(t) = clip((a + b) / 2 + (t - (a + b) / 2) / s, a, b),  a <= t <= b neighbouring levels,  "
        "R(x) = (x - a)(b - x) / 2,  0 < s <= 1"
    ),
    formula_latex=(
        r"\operatorname{prox}_{(1-s) R}(t) = \operatorname{clip}\Bigl(\tfrac{a+b}2 + \tfrac1s\bigl(t - \tfrac{a+b}2"
        r"\bigr),\ a,\ b\Bigr),\qquad R(x) = \tfrac12 (x - a)(b - x),\quad 0 < s \le 1"
    ),
    derivation_latex=(
        r"On its own gap $[a, b]$ the objective $\tfrac12 (x - t)^2 + (1 - s) R(x)$ is a parabola of curvature $s$ with "
        r"its vertex at $\tfrac{a+b}2 + \tfrac1s (t - \tfrac{a+b}2)$. On another gap $R \ge 0$, and the end of $[a, b]$"
        r" on the way there, where $R = 0$, is closer to $t$."
    ),
    parts=(
        Part("published map", "the prox of the bump is PARQ's formula", is_parqs_map(prox)),
        Part(
            "minimiser",
            "no other point of the hull is as good, whichever gap it lies in",
            all_of(
                value_is_the_product,
                own_gap,
                best_of_all_gaps,
                below_all_levels,
                above_all_levels,
                figures=_figures,
            ),
        ),
        Part(
            "hard map", "at s = 0 the projection minimises", all_of(hard_map(False), hard_map(True))
        ),
        Part(
            "code",
            "the code sees the gap of the point alone",
            all_of(*map(sees_its_gap_alone, COUNTS)),
        ),
        Part(
            "piecewise affine",
            "the same as the prox of a convex piecewise affine function at t / s",
            all_of(*map(is_the_affine_prox, COUNTS[:2])),
        ),
        Part(
            "readings agree",
            "arrays compute the same value on every path",
            value_readings(Bump(Binary()), ulps=1, finite=False),
        ),
    ),
    controls=(
        Control("weight s", "it is the prox of s R", best_in_own_gap(of_weight_s)),
        Control("formula at weight s", "likewise, by the formula", is_parqs_map(of_weight_s)),
    ),
    headline=FIGURE,
    uses=("w-prox", "codebook-prox"),
    operators=(
        "pqtheory.regularizers.Bump.prox",
        "pqtheory.regularizers.Bump.value",
        "pqtheory.regularizers.Bump.quantize",
        "pqtheory.regularizers.PiecewiseAffine.prox",
    ),
)
