r"""For any number of levels the prox of the L1 and of the half squared distance moves toward the nearest level.

R(x) = D(x - P(x)), P(x) the level nearest to x and D(d) = |d| or d^2 / 2. From two lemmas:

* one more level on the right keeps P(y) as close to y as any P(z): an induction over the levels;
* if a level a is as close to t as b, then p, the prox toward a, is as good as any x with b.

With a = P(t), b = P(x): nothing beats the prox p toward P(t). As good are p alone and, where another level is as close
to t as P(t), the mirror image 2 t - p.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from pqtheory.claims import Budget, Claim, Control, ForAll, Part, all_of, forall, positive, real
from pqtheory.claims.lemma import Instance
from pqtheory.regularizers import DistanceL1, DistanceL2
from pqtheory.sets import Codebook, UniformGrid
from pqtheory.theory.given import GivenLevels
from pqtheory.theory.prox.one_more_level import (
    COUNTS,
    is_built_level_by_level,
    levels_of,
    nearest_is_closest,
    nearest_of,
)
from pqtheory.theory.readings import projection_readings, prox_readings

#: levels that arrays compare with one by one, and levels that they search
FEW, MANY = Codebook((-1, -0.25, 0.5, 2)), UniformGrid(4, -2, 1.75)

Kind = type[DistanceL1] | type[DistanceL2]
L1, SQUARE = (f"minimisers halfway from 0 to 5/4, lambda = 1/4: {r}" for r in ("L1", "half square"))


def toward(kind: Kind, level: Any, theta: Any, weight: Any) -> Any:
    """The prox toward a single level."""
    return kind(GivenLevels(level)).prox(theta, weight)


def J(kind: Kind, x: Any, level: Any, theta: Any, weight: Any) -> Any:
    """1/2 (x - theta)^2 + weight D(x - level)."""
    return (x - theta) ** 2 / 2 + weight * kind(GivenLevels(level)).value(x)


def closest(last: Any, y: Any, near: Any, z: Any, other: Any) -> Instance:
    """P(y) = near is as close to y as P(z) = other."""
    return nearest_is_closest.at(last=last, y=y, near=near, z=z, other=other)


def other_levels_lose(kind: Kind) -> ForAll:
    """If a is as close to theta as b, p with a is as good as any x with b; only p and its image may be equal."""

    @forall(
        theta=real,
        weight=positive,
        a=real,
        b=real,
        x=real,
        given=lambda theta, a, b: [abs(theta - a) <= abs(theta - b)],
    )
    def lose(theta: Any, weight: Any, a: Any, b: Any, x: Any) -> Any:
        p = toward(kind, a, theta, weight)
        own, rival = J(kind, p, a, theta, weight), J(kind, x, b, theta, weight)
        mirrored = (a + b == 2 * theta) & (x + p == 2 * theta)
        return (own <= rival) & ((own == rival) == ((b == a) & (x == p) | mirrored))

    return lose


def on_three_levels(kind: Kind, *, nearest: bool = True) -> ForAll:
    """No point is better than the prox of three levels: what a search looks at. Without ``nearest`` it goes to a."""

    def holds(theta: Any, weight: Any, x: Any, a: Any, b: Any, c: Any) -> Any:
        regularizer = kind(GivenLevels(a, b, c))
        p = regularizer.prox(theta, weight) if nearest else toward(kind, a, theta, weight)
        own, rival = ((y - theta) ** 2 / 2 + weight * regularizer.value(y) for y in (p, x))
        return own <= rival

    return levels_of(3, holds, theta=real, weight=positive, x=real)


def minimises(kind: Kind, *, nearest: bool = True) -> ForAll:
    """All minimisers, for any number of levels; without ``nearest`` at_theta is P(theta) or any other level.

    The variables at_y are the nearest levels of the numbers y in one codebook, and last is its last level.
    """
    lose = other_levels_lose(kind)

    def lemmas(
        theta: Any, weight: Any, x: Any, last: Any, at_theta: Any, at_x: Any, at_prox: Any
    ) -> Sequence[Instance]:
        p = toward(kind, at_theta, theta, weight)
        of_theta = [
            closest(last, theta, at_theta, x, at_x),
            closest(last, theta, at_theta, p, at_prox),
        ]
        return [
            *(of_theta if nearest else []),
            closest(last, p, at_prox, theta, at_theta),
            closest(last, p, at_prox, x, at_x),
            closest(last, x, at_x, p, at_prox),
            lose.at(theta=theta, weight=weight, a=at_theta, b=at_x, x=x),
            lose.at(theta=theta, weight=weight, a=at_theta, b=at_prox, x=p),
        ]

    @forall(
        theta=real,
        weight=positive,
        x=real,
        last=real,
        at_theta=real,
        at_x=real,
        at_prox=real,
        by=lemmas,
        cases=on_three_levels(kind, nearest=nearest),
    )
    def no_point_is_better(
        theta: Any, weight: Any, x: Any, at_theta: Any, at_x: Any, at_prox: Any
    ) -> Any:
        p = toward(kind, at_theta, theta, weight)
        own, rival = J(kind, p, at_prox, theta, weight), J(kind, x, at_x, theta, weight)
        halfway = (at_x + at_theta == 2 * theta) & (x == 2 * theta - p)
        return (own <= rival) & ((own == rival) == ((x == p) | halfway))

    return no_point_is_better


def halfway_on_three_levels(kind: Kind) -> ForAll:
    """Between the second and the third of three levels p and its mirror image are as good: what a search looks at."""

    def holds(weight: Any, a: Any, b: Any, c: Any) -> Any:
        regularizer, theta = kind(GivenLevels(a, b, c)), (b + c) / 2
        p = regularizer.prox(theta, weight)
        own, image = (
            (y - theta) ** 2 / 2 + weight * regularizer.value(y) for y in (p, 2 * theta - p)
        )
        return own == image

    return levels_of(3, holds, weight=positive)


def mirror_minimises(kind: Kind) -> ForAll:
    """Halfway between P(theta) and another level the mirror image of p is as good as p."""
    lose = other_levels_lose(kind)

    def lemmas(
        theta: Any, weight: Any, last: Any, level: Any, at_theta: Any, at_image: Any, at_prox: Any
    ) -> Sequence[Instance]:
        p = toward(kind, at_theta, theta, weight)
        image = 2 * theta - p
        return [
            closest(last, theta, at_theta, image, at_image),
            closest(last, theta, at_theta, p, at_prox),
            closest(last, p, at_prox, theta, at_theta),
            closest(last, image, at_image, level, level),
            lose.at(theta=theta, weight=weight, a=at_theta, b=at_image, x=image),
            lose.at(theta=theta, weight=weight, a=at_theta, b=at_prox, x=p),
        ]

    @forall(
        theta=real,
        weight=positive,
        last=real,
        level=real,
        at_theta=real,
        at_image=real,
        at_prox=real,
        given=lambda theta, level, at_theta: [level + at_theta == 2 * theta],
        by=lemmas,
        cases=halfway_on_three_levels(kind),
    )
    def as_good(theta: Any, weight: Any, at_theta: Any, at_image: Any, at_prox: Any) -> Any:
        p = toward(kind, at_theta, theta, weight)
        image = 2 * theta - p
        own, other = J(kind, p, at_prox, theta, weight), J(kind, image, at_image, theta, weight)
        return own == other

    return as_good


def nearest_level_is_all(kind: Kind, count: int) -> ForAll:
    """Value and prox of a codebook of so many levels are those of its nearest level alone."""

    def holds(theta: Any, weight: Any, **levels: Any) -> Any:
        whole, near = kind(GivenLevels(*levels.values())), nearest_of(theta, *levels.values())
        same_value = whole.value(theta) == kind(GivenLevels(near)).value(theta)
        return same_value & (whole.prox(theta, weight) == toward(kind, near, theta, weight))

    return levels_of(count, holds, theta=real, weight=positive)


def _figures(budget: Budget) -> tuple[dict[str, Any], dict[str, Any]]:
    book = Codebook((0, 1.25))
    found = {L1: DistanceL1(book), SQUARE: DistanceL2(book)}
    measured = {name: list(r.prox_set(0.625, 0.25)) for name, r in found.items()}
    return measured, {L1: [0.375, 0.875], SQUARE: [0.5, 0.75]}


CLAIM = Claim(
    name="codebook-prox",
    source="arXiv 1810.00861, section 4, extended to any finite codebook",
    statement=(
        "For any finite codebook, P(x) its level nearest to x, and R(x) = |x - P(x)| or half its square: for every "
        "real theta and lambda > 0 the prox of R at theta is the prox toward the level P(theta) alone: no other level "
        "can win. It is the only minimiser, but where another level is as close to theta its mirror image is one too."
    ),
    formula=(
        "argmin_x 1/2 (x - t)^2 + lambda D(x - P(x)) = prox_{lambda D(. - P(t))}(t) = p,  and 2 t - p where t is a "
        "midpoint;  D(d) = |d| or d^2 / 2,  lambda > 0"
    ),
    formula_latex=(
        r"\operatorname*{argmin}_x\ \tfrac12 (x - t)^2 + \lambda D(x - P(x)) = \{p\}"
        r"\ \text{ or, where } t \text{ is a midpoint, } \{p,\ 2t - p\},"
        r"\quad p = \operatorname{prox}_{\lambda D(\cdot - P(t))}(t),"
        r"\quad D(d) = |d| \text{ or } \tfrac12 d^2,\quad \lambda > 0"
    ),
    derivation_latex=(
        r"One more level on the right keeps $|y - P(y)| \le |y - P(z)|$ for all $y, z$: an induction over the levels."
        r" If $|t - a| \le |t - b|$ and $p$ is the prox toward $a$, then $\tfrac12 (p - t)^2 + \lambda D(p - a) \le"
        r" \tfrac12 (x - t)^2 + \lambda D(x - b)$ for every $x$. Take $a = P(t)$ and $b = P(x)$."
    ),
    parts=(
        Part(
            "nearest level",
            "for any number of levels: no level is closer to y than P(y), the projection of the code",
            all_of(nearest_is_closest, *map(is_built_level_by_level, COUNTS)),
        ),
        Part("L1", "no other level can win", minimises(DistanceL1)),
        Part("half square", "likewise", minimises(DistanceL2)),
        Part(
            "ties",
            "where another level is as close as P(theta) the mirror image minimises too",
            all_of(mirror_minimises(DistanceL1), mirror_minimises(DistanceL2), figures=_figures),
        ),
        Part(
            "code",
            "value and prox of the code see the nearest level alone",
            all_of(
                *(
                    nearest_level_is_all(kind, n)
                    for kind in (DistanceL1, DistanceL2)
                    for n in COUNTS
                )
            ),
        ),
        Part(
            "readings agree",
            "arrays find the nearest level by comparisons or by binary search, and it is the same",
            all_of(
                *(projection_readings(levels) for levels in (FEW, MANY)),
                prox_readings(DistanceL1(MANY), Fraction(1, 16)),
            ),
        ),
    ),
    controls=(
        Control(
            "any level, L1",
            "the prox may move toward a level that is not the nearest",
            minimises(DistanceL1, nearest=False),
        ),
        Control(
            "any level, half square",
            "the prox may move toward a level that is not the nearest",
            minimises(DistanceL2, nearest=False),
        ),
    ),
    headline=L1,
    operators=(
        "pqtheory.regularizers.DistanceL1.prox",
        "pqtheory.regularizers.DistanceL1.value",
        "pqtheory.regularizers.DistanceL1.prox_set",
        "pqtheory.regularizers.DistanceL2.prox",
        "pqtheory.regularizers.DistanceL2.value",
        "pqtheory.regularizers.DistanceL2.prox_set",
        "pqtheory.sets.FiniteSet.nearest",
        "pqtheory.sets.FiniteSet.project",
    ),
)
