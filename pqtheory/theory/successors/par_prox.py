r"""The prox of a convex piecewise affine R: max_i min(t - w s_i, l_{i+1}), flat at the levels, of slope 1 between them.

Slopes s_0 <= ... <= s_k, below, between and above the levels l_1 < ... < l_k. The turns of the code's loop go from left
to right. After the piece i the result is the minimiser of what stands to the left of its upper end u = l_{i+1}:
below u its two slopes have (t - x) / w between them, or it is at u, and t - w s_i >= u. A piece more keeps that: for any number of levels.

A point x with (t - x) / w between the two slopes of R at x is the minimiser: walking from x to y R rises by slopes above
that number to the right, and below it to the left, so that R(y) >= R(x) + (t - x)(y - x) / w and
1/2 (y - t)^2 + w R(y) exceeds the value at x by (y - x)^2 / 2.
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
    forall,
    invariant,
    positive,
    real,
)
from pqtheory.claims.invariant import Invariant
from pqtheory.claims.lemma import Instance
from pqtheory.claims.truths import implies
from pqtheory.regularizers import PiecewiseAffine
from pqtheory.sets import Ternary
from pqtheory.theory.given import GivenLevels

COUNTS = (1, 2, 3)
FIGURE = (
    "prox of slopes -2, -1/2, 1/2, 2 on {-1, 0, 1}, weight 1/2, at -5/2, -1/4, 1/4, 1, 3/2, 2, 5/2"
)


# any number of levels: what a turn of the loop keeps


def turned(x: Any, t: Any, w: Any, s: Any, upper: Any) -> Any:
    """One more piece on the right: max(x, min(t - w s, upper))."""
    xp, _ = as_array(t)
    return xp.maximum(x, xp.minimum(t - w * s, upper))


def first_piece(t: Any, w: Any, s: Any, upper: Any) -> Any:
    """min(t - w s, upper)."""
    xp, _ = as_array(t)
    return xp.minimum(t - w * s, upper)


def optimal_so_far(x: Any, low: Any, high: Any, t: Any, w: Any, s: Any, upper: Any) -> Any:
    """X <= upper; below upper w low <= t - x <= w high and high <= s, at upper t - w s >= upper."""
    below = (w * low <= t - x) & (t - x <= w * high) & (high <= s)
    return (x <= upper) & implies([x < upper], below) & implies([x == upper], t - w * s >= upper)


@invariant(
    state="x low high s upper",
    fixed={"t": real, "w": positive},
    first=lambda x, low, high, s, upper, t, w: [
        x == first_piece(t, w, s, upper),
        low == s,
        high == s,
    ],
    step=lambda x, x_next, low, low_next, high, high_next, s, s_next, upper, upper_next, t, w: [
        s_next >= s,
        upper_next > upper,
        x_next == turned(x, t, w, s_next, upper_next),
        implies([x < upper], (low_next == low) & (high_next == high)),
        implies([x == upper, t - w * s_next <= upper], (low_next == s) & (high_next == s_next)),
        implies([x == upper, t - w * s_next > upper], (low_next == s_next) & (high_next == s_next)),
    ],
)
def each_turn_is_optimal(x: Any, low: Any, high: Any, s: Any, upper: Any, t: Any, w: Any) -> Any:
    """After each turn the result is optimal to the left of the piece's upper end."""
    return optimal_so_far(x, low, high, t, w, s, upper)


def end_of_loop(firm: Any) -> ForAll:
    """The last piece has no upper end: the result has w low <= t - x <= w high, for its two slopes."""

    def reached(
        t: Any, w: Any, x: Any, low: Any, high: Any, s: Any, upper: Any
    ) -> Sequence[Instance]:
        state = {"x": x, "low": low, "high": high, "s": s, "upper": upper}
        return [each_turn_is_optimal.at(**state, t=t, w=w)]

    @forall(
        t=real,
        w=positive,
        x=real,
        low=real,
        high=real,
        s=real,
        upper=real,
        last=real,
        given=lambda s, last: [last >= s],
        by=reached,
    )
    def optimal(t: Any, w: Any, x: Any, low: Any, high: Any, s: Any, upper: Any, last: Any) -> Any:
        xp, _ = as_array(t)
        end = xp.maximum(x, t - firm * w * last)
        stays = (end == x) & (w * low <= t - x) & (t - x <= w * high)
        at_kink = (end == upper) & (w * s <= t - end) & (t - end <= w * last)
        return stays | at_kink | ((end > upper) & (t - end == w * last))

    return optimal


# any number of levels: the optimality condition


def supports(right: bool) -> Invariant:
    """Walking from x piece by piece, R(y) - R(x) >= slope (y - x) for a slope between the two of R at x."""

    @invariant(
        state="y R",
        fixed={"x": real, "R_x": real, "slope": real},
        each={"piece": real},
        first=lambda y, R, x, R_x: [y == x, R_x == R],
        step=lambda y, y_next, R, R_next, slope, piece: [
            R_next == R + piece * (y_next - y),
            *([y_next >= y, piece >= slope] if right else [y_next <= y, piece <= slope]),
        ],
    )
    def supported(y: Any, R: Any, x: Any, R_x: Any, slope: Any) -> Any:
        return R - R_x >= slope * (y - x)

    return supported


to_the_right, to_the_left = supports(True), supports(False)


def condition_is_enough(walk: Invariant, excess: Any) -> ForAll:
    """W slope = t - x: no y is as good as x, by excess (y - x)^2 / 2."""

    def lemmas(t: Any, w: Any, x: Any, y: Any, R_x: Any, R_y: Any) -> Sequence[Instance]:
        return [walk.at(y=y, R=R_y, x=x, R_x=R_x, slope=(t - x) / w)]

    @forall(t=real, w=positive, x=real, y=real, R_x=real, R_y=real, by=lemmas)
    def enough(t: Any, w: Any, x: Any, y: Any, R_x: Any, R_y: Any) -> Any:
        own, rival = (x - t) ** 2 / 2 + w * R_x, (y - t) ** 2 / 2 + w * R_y
        return own + excess * (y - x) ** 2 / 2 <= rival

    return enough


# the code, for a few levels


def on_levels(count: int, holds: Callable[..., Any], **others: Any) -> ForAll:
    """``holds(R, levels, slopes, ...)`` for all ascending levels and slopes of one R."""
    level_names, slope_names = "abcd"[:count], [f"s{i}" for i in range(count + 1)]

    def given(**case: Any) -> list[Any]:
        levels, slopes = ([case[n] for n in names] for names in (level_names, slope_names))
        ascending = [low < high for low, high in itertools.pairwise(levels)]
        rising = [low <= high for low, high in itertools.pairwise(slopes)]
        return [*ascending, *rising, slopes[0] <= 0, slopes[-1] >= 0]

    def of_code(**case: Any) -> Any:
        levels, slopes = ([case[n] for n in names] for names in (level_names, slope_names))
        rest = {name: case[name] for name in others}
        return holds(PiecewiseAffine(GivenLevels(*levels), slopes), levels, slopes, **rest)

    kinds = {**dict.fromkeys(level_names, real), **dict.fromkeys(slope_names, real), **others}
    return ForAll(of_code, kinds, given)


def computes_the_formula(R: Any, levels: Any, slopes: Any, t: Any, w: Any) -> Any:
    """The loop over the pieces."""
    xp, t = as_array(t)
    x = first_piece(t, w, slopes[0], levels[0])
    for s, upper in zip(slopes[1:], levels[1:], strict=False):
        x = turned(x, t, w, s, upper)
    return R.prox(t, w) == xp.maximum(x, t - w * slopes[-1])


def says_its_slopes(R: Any, levels: Any, slopes: Any, x: Any) -> Any:
    """Subdifferential gives the slopes on both sides of x."""
    low, high = R.subdifferential(x)
    found: Any = implies([x < levels[0]], (low == slopes[0]) & (high == slopes[0]))
    for i, level in enumerate(levels):
        found = found & implies([x == level], (low == slopes[i]) & (high == slopes[i + 1]))
        between = [x > level, *([x < levels[i + 1]] if i + 1 < len(levels) else [])]
        found = found & implies(between, (low == slopes[i + 1]) & (high == slopes[i + 1]))
    return found


def rises_by_its_slopes(R: Any, levels: Any, slopes: Any, x: Any) -> Any:
    """Value differs from that at a neighbouring level by the slope between them."""
    found: Any = implies(
        [x <= levels[0]], R.value(x) == R.value(levels[0]) + slopes[0] * (x - levels[0])
    )
    for i, level in enumerate(levels):
        between = [x >= level, *([x <= levels[i + 1]] if i + 1 < len(levels) else [])]
        found = found & implies(between, R.value(x) == R.value(level) + slopes[i + 1] * (x - level))
    return found


def _figures(budget: Budget) -> tuple[dict[str, Any], dict[str, Any]]:
    R = PiecewiseAffine(Ternary(), (-2.0, -0.5, 0.5, 2.0))
    found = [float(R.prox(t, 0.5)) for t in (-2.5, -0.25, 0.25, 1.0, 1.5, 2.0, 2.5)]
    return {FIGURE: found}, {FIGURE: [-1.5, 0.0, 0.0, 0.75, 1.0, 1.0, 1.5]}


CLAIM = Claim(
    name="par-prox",
    source="Jin et al., arXiv 2503.15748, section 3 (PAR, its proximal map and optimality conditions)",
    statement=(
        "R convex and affine between any finitely many levels l_1 < ... < l_k (k >= 1), with slopes s_0 <= s_1 <= ... <= s_k "
        "below, between and above them, s_0 <= 0 <= s_k, and w > 0: x = max_i min(t - w s_i, l_{i+1}), l_{k+1} infinite, has (t - x) / w "
        "between the two slopes of R at x, and such an x is the one minimiser of 1/2 (y - t)^2 + w R(y): by (y - x)^2 / 2. So x = l_j iff l_j + w s_{j-1} <= t <= l_j + w s_j. "
        "That the code's prox, slopes and value are these is read for one to three levels."
    ),
    formula=(
        "prox_{wR}(t) = max_{0 <= i <= k} min(t - w s_i, l_{i+1});  x = prox_{wR}(t)  <=>  s_-(x) <= (t - x) / w <= s_+(x)"
    ),
    formula_latex=(
        r"\operatorname{prox}_{wR}(t) = \max_{0 \le i \le k} \min(t - w s_i,\ l_{i+1}),\qquad"
        r" x = \operatorname{prox}_{wR}(t) \iff s_-(x) \le \tfrac{t - x}{w} \le s_+(x)"
    ),
    derivation_latex=(
        r"Each turn $x \leftarrow \max(x, \min(t - w s_i, l_{i+1}))$ keeps: below the piece's upper end"
        r" $s_-(x) \le \frac{t-x}w \le s_+(x)$, at it $t - w s_i \ge l_{i+1}$. Walking away from such an $x$ the slopes"
        r" are on the right side of $\frac{t - x}w$, so $R(y) \ge R(x) + \frac{t-x}w (y - x)$."
    ),
    parts=(
        Part(
            "loop",
            "for any number of levels the loop ends at a point that satisfies the condition",
            end_of_loop(1),
        ),
        Part(
            "condition",
            "such a point is the one minimiser",
            all_of(
                condition_is_enough(to_the_right, 1),
                condition_is_enough(to_the_left, 1),
                figures=_figures,
            ),
        ),
        Part(
            "code",
            "prox, slopes and value of the code are these",
            all_of(
                *(on_levels(n, computes_the_formula, t=real, w=positive) for n in COUNTS),
                *(on_levels(n, says_its_slopes, x=real) for n in COUNTS),
                *(on_levels(n, rises_by_its_slopes, x=real) for n in COUNTS),
            ),
        ),
    ),
    controls=(
        Control("half the last slope", "the last piece moves by w s_k / 2", end_of_loop(0.5)),
        Control(
            "twice the excess",
            "the minimiser is better by (y - x)^2",
            condition_is_enough(to_the_right, 2),
        ),
    ),
    headline=FIGURE,
    uses=("parq-is-a-prox",),
    operators=(
        "pqtheory.regularizers.PiecewiseAffine.prox",
        "pqtheory.regularizers.PiecewiseAffine.subdifferential",
        "pqtheory.regularizers.PiecewiseAffine.value",
    ),
)
