r"""The smoothed W: 0 <= W - S <= eps, |S'(x) - S'(y)| <= |x - y| / eps, and its prox in closed form.

All for any finite codebook and 0 < eps <= a quarter of its smallest gap. Both bounds are attained: W - S = eps at the
midpoint, slope 1/eps in the parabolas at levels and midpoints. S' is the derivative of S because where |x - y| <= eps

    |S(y) - S(x) - S'(x)(y - x)| <= (y - x)^2 / (2 eps).

The prox is a global minimiser, and the only one except at a midpoint t, where both p and its mirror image 2 t - p are if
w > eps, and every point within eps if w = eps. What two numbers see of one codebook, by induction over its levels, is in
``cells.py``; closeness and smoothness in ``smoothness.py``; the half gap of t in ``own_gap.py``, and how everything
follows from there in ``minimisers.py``.
"""

from fractions import Fraction
from typing import Any

import numpy as np

from pqtheory.claims import Budget, Claim, Control, ForAll, Part, all_of, positive, real
from pqtheory.regularizers import DistanceL1, SmoothedL1
from pqtheory.sets import Binary, Codebook, FiniteSet
from pqtheory.theory.given import GivenLevels
from pqtheory.theory.prox.one_more_level import COUNTS, Seen, is_built_level_by_level, seen_by
from pqtheory.theory.prox.smoothed_w.cells import cells, levels_apart
from pqtheory.theory.prox.smoothed_w.minimisers import minimises, on_binary
from pqtheory.theory.prox.smoothed_w.smoothness import is_derivative, lipschitz, of_any_two, within
from pqtheory.theory.readings import prox_readings, value_readings

W = DistanceL1(Binary())
SETS: tuple[FiniteSet, ...] = (W.set, Codebook((-2, Fraction(-1, 2), 0, Fraction(5, 4))))
EPSILON = Fraction(1, 8)
ERROR, SMOOTHNESS = "largest error / epsilon", "smoothness x epsilon"
MIDPOINT = "minimisers at 0, weight = epsilon = 1/8: from, to"


def seen_is_all(count: int) -> ForAll:
    """Value, gradient and prox of a codebook of so many levels are those of what a number sees of it."""

    def holds(theta: Any, weight: Any, epsilon: Any, **levels: Any) -> Any:
        book, seen = GivenLevels(*levels.values()), seen_by(theta, *levels.values())
        whole, part = SmoothedL1(book, epsilon), SmoothedL1(seen, epsilon)
        same = (whole.value(theta) == part.value(theta)) & (
            whole.gradient(theta) == part.gradient(theta)
        )
        same &= whole.prox(theta, weight) == part.prox(theta, weight)
        return same & (DistanceL1(book).value(theta) == DistanceL1(seen).value(theta))

    return levels_apart(count, holds, theta=real, weight=positive)


def other_units(*, scale_weight: bool = True) -> ForAll:
    """S, S' and prox at a + h y, half a gap h, from those at y of half a gap 1: epsilon and weight scale like h."""

    def holds(level: Any, half: Any, epsilon: Any, weight: Any, theta: Any) -> Any:
        unit, s = SmoothedL1(Seen(0, 1), epsilon), SmoothedL1(Seen(level, half), half * epsilon)
        moved = level + half * theta
        scaled = s.prox(moved, half * weight if scale_weight else weight)
        same = (s.value(moved) == half * unit.value(theta)) & (
            s.gradient(moved) == unit.gradient(theta)
        )
        return same & (scaled == level + half * unit.prox(theta, weight))

    numbers = {"level": real, "half": positive, "epsilon": positive, "weight": positive}
    return ForAll(
        holds,
        {**numbers, "theta": real},
        lambda epsilon, theta: [2 * epsilon <= 1, abs(theta) <= 1],
    )


def _grid() -> Any:
    grid = np.empty(97, dtype=object)
    grid[:] = [Fraction(n, 16) for n in range(-48, 49)]
    return grid


def _largest_error(budget: Budget) -> tuple[dict[str, Any], dict[str, Any]]:
    """That the bound is attained."""
    x = _grid()[:, None]
    errors = [
        DistanceL1(s).value(x, axis=-1) - SmoothedL1(s, EPSILON).value(x, axis=-1) for s in SETS
    ]
    return {ERROR: float(max(e.max() for e in errors) / EPSILON)}, {ERROR: 1.0}


def _largest_slope(budget: Budget) -> tuple[dict[str, Any], dict[str, Any]]:
    """That the bound, the smoothness that the code gives, is attained."""
    x = _grid()
    slopes = [abs(np.diff(SmoothedL1(s, EPSILON).gradient(x))) / np.diff(x) for s in SETS]
    smoothness = SmoothedL1(W.set, EPSILON).smoothness
    return (
        {SMOOTHNESS: float(max(s.max() for s in slopes) * EPSILON)},
        {SMOOTHNESS: float(smoothness * EPSILON)},
    )


def _minimisers(budget: Budget) -> tuple[dict[str, Any], dict[str, Any]]:
    found = list(SmoothedL1(Binary(), EPSILON).prox_set(0.0, float(EPSILON)))
    return {MIDPOINT: found}, {MIDPOINT: [-0.125, 0.125]}


def prox_of_w(s: SmoothedL1, theta: Any, weight: Any) -> Any:
    """The prox of W itself."""
    return DistanceL1(s.set).prox(theta, weight)


SHAPE = SmoothedL1(Binary(), Fraction(1, 4))

CLAIM = Claim(
    name="smoothed-w",
    source="arXiv 1810.00861, Theorem 5.1 (asks for a differentiable R near W)",
    statement=(
        "For any finite codebook let W(x) = |x - P(x)|, P(x) the level nearest to x, and 0 < epsilon <= a quarter of "
        "the smallest gap between levels. The smoothed W, S, lies below W by at most epsilon, and its gradient has the "
        "Lipschitz constant 1/epsilon. For every real theta and weight > 0 its prox in closed form, p, minimises "
        "(x - theta)^2 / 2 + weight S(x) globally, and alone unless theta is a midpoint between neighbours: there the "
        "minimisers are p and 2 theta - p or, if weight = epsilon, all points within epsilon of theta."
    ),
    formula=(
        "0 <= W - S <= eps,  |S'(x) - S'(y)| <= |x - y| / eps,  "
        "argmin_x (x - t)^2 / 2 + w S(x) = {prox_{w S}(t)} unless t is a midpoint;  "
        "W(x) = min_i |x - l_i|,  0 < eps <= min_i (l_{i+1} - l_i) / 4,  w > 0"
    ),
    formula_latex=(
        r"0 \le W - S \le \varepsilon,\qquad |S'(x) - S'(y)| \le \tfrac{1}{\varepsilon} |x - y|,\qquad"
        r" \operatorname*{argmin}_x\ \tfrac12 (x - t)^2 + w\, S(x) = \{\operatorname{prox}_{w S}(t)\}"
        r"\ \text{ unless } t \text{ is a midpoint};"
        r"\qquad W(x) = \min_i |x - l_i|,\quad 0 < \varepsilon \le \tfrac14 \min_i (l_{i+1} - l_i),\quad w > 0"
    ),
    derivation_latex=(
        r"One more level on the right changes what a number sees, its nearest level and its gap, or it does not: by"
        r" induction no level lies inside the gap. At distances $d$ from the nearest level $a$ stationarity,"
        r" $t = p + w S'(p)$, gives $J(x) - J(p) = \tfrac12 (x - p)^2 + w (S(x) - S(p) - S'(p)(x - p))$. For"
        r" $w < \varepsilon$ the bracket is at least $-(x - p)^2 / (2 \varepsilon)$; for $w \ge \varepsilon$ it is"
        r" $\ge 0$ before the cap, on which $J$ does not decrease. On the other side of the gap of $t$ a point is"
        r" farther from $t$, and beyond $J(x) \ge \tfrac12 (t - a)^2 = J(a) \ge J(p)$."
    ),
    parts=(
        Part(
            "what is seen",
            "for any number of levels: the nearest level, the gap, and no level inside",
            all_of(cells, *map(is_built_level_by_level, COUNTS)),
        ),
        Part("closeness", "0 <= W - S <= eps", all_of(within(), figures=_largest_error)),
        Part("gradient", "the gradient is the derivative of the value", of_any_two(is_derivative)),
        Part(
            "smoothness",
            "1/eps bounds every slope of S'",
            all_of(lipschitz(), figures=_largest_slope),
        ),
        Part(
            "prox",
            "no point has a smaller objective; none has the same except p and, at a midpoint theta, its mirror image "
            "and, if weight = epsilon, all points within epsilon",
            all_of(minimises(), figures=_minimisers),
        ),
        Part(
            "code",
            "value, gradient and prox of the code are those of what a number sees",
            all_of(*map(seen_is_all, COUNTS)),
        ),
        Part(
            "other units", "from one gap to another epsilon and weight scale alike", other_units()
        ),
        Part(
            "readings agree",
            "arrays compute the same on every path",
            all_of(
                # for weights below epsilon errors near a midpoint are small beside the gap, not beside the result
                prox_readings(SHAPE, Fraction(1, 4), ulps=1),
                value_readings(SHAPE, ulps=1),
            ),
        ),
    ),
    controls=(
        Control("half the error", "W - S <= eps / 2", within(Fraction(1, 2))),
        Control("1% smoother", "0.99/eps bounds every slope", lipschitz(Fraction(99, 100))),
        Control(
            "prox of W",
            "the prox of W itself minimises too, at theta = 0 for the levels -1 and +1",
            on_binary(prox_of_w, theta=0, weight=1),
        ),
        Control(
            "unique",
            "there is one minimiser at theta = 0 for the levels -1 and +1",
            on_binary(ties=False, theta=0),
        ),
        Control(
            "weight in other units",
            "from one gap to another epsilon scales, the weight does not",
            other_units(scale_weight=False),
        ),
    ),
    headline=SMOOTHNESS,
    operators=(
        "pqtheory.regularizers.SmoothedL1.prox",
        "pqtheory.regularizers.SmoothedL1.value",
        "pqtheory.regularizers.SmoothedL1.gradient",
        "pqtheory.regularizers.SmoothedL1.prox_set",
        "pqtheory.regularizers.DistanceL1.value",
        "pqtheory.sets.FiniteSet.nearest",
        "pqtheory.sets.FiniteSet.half_gap",
    ),
)
