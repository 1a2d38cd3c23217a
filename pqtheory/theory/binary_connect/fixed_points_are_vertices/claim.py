r"""BinaryConnect's fixed points = the vertices s of [-1, 1]^d that satisfy the KKT conditions of min L over the box.

With g = grad L(s): s is fixed iff sign(g_i) = -s_i wherever g_i != 0 (Theorem 5.3, the claim bc-fixed-points, whose
one-step proofs are run again here). All that follows is coordinate by coordinate, too. Multipliers mu, nu >= 0 with
g + mu - nu = 0, mu_i (s_i - 1) = 0, nu_i (s_i + 1) = 0 exist iff that holds; equivalent: s = P_box(s - c g) for one
(or every) c > 0; g_i (x - s_i) >= 0 for every x in [-1, 1]. Summed over i, <g, x - s> >= 0 for all x in the box. If L
is convex, L(x) >= L(s) + <g, x - s> >= L(s): s minimises L over the box, and so over {-1, 1}^d; the gradient
inequality is all that is used of L. Neither "each fixed point is a global minimiser" for L that is not convex nor the
converse for convex L is true.
"""

from collections.abc import Sequence
from typing import Any

from pqtheory._arrays import as_array
from pqtheory.claims import (
    AllOf,
    Claim,
    Control,
    ForAll,
    Part,
    all_of,
    between,
    forall,
    invariant,
    nonnegative,
    one_of,
    positive,
    real,
)
from pqtheory.claims.kinds import Kind
from pqtheory.theory.binary_connect.bc_fixed_points.claim import condition, fixed_points
from pqtheory.theory.binary_connect.fixed_points_are_vertices import runs
from pqtheory.theory.given import exact

VERTEX: dict[str, Any] = {"s": one_of(-1, 1), "gradient": real}
BOX: dict[str, Any] = {**VERTEX, "x": between(-1, 1)}


def fixed(s: Any, gradient: Any) -> Sequence[Any]:
    """That this coordinate is fixed, as an assumption."""
    return [condition(s, gradient)]


def are_multipliers(
    s: Any, gradient: Any, upper: Any, lower: Any, complementary: bool = True
) -> Any:
    """KKT of one coordinate with the multipliers of s <= 1 and s >= -1."""
    signs = (upper >= 0) & (lower >= 0) & (gradient + upper - lower == 0)
    return signs & (upper * (s - 1) == 0) & (lower * (s + 1) == 0) if complementary else signs


@forall(**VERTEX, given=fixed)
def has_multipliers(s: Any, gradient: Any) -> Any:
    """Where the condition holds max(-g, 0) and max(g, 0) are multipliers."""
    xp, slope = as_array(exact(gradient))
    upper, lower = xp.maximum(-slope, 0 * slope), xp.maximum(slope, 0 * slope)
    return are_multipliers(s, gradient, upper, lower)


def only_there(complementary: bool) -> ForAll:
    """Any multipliers at all imply the condition."""

    @forall(
        **VERTEX,
        upper=real,
        lower=real,
        given=lambda **case: [are_multipliers(**case, complementary=complementary)],
    )
    def is_fixed(s: Any, gradient: Any) -> Any:
        return condition(s, gradient)

    return is_fixed


def kkt(complementary: bool = True) -> AllOf:
    """BinaryConnect stays exactly where there are multipliers for the box."""
    return all_of(fixed_points(), has_multipliers, only_there(complementary))


@forall(**VERTEX, c=positive)
def is_a_projected_step(s: Any, gradient: Any, c: Any) -> Any:
    """P_box(s - c g) = s iff the condition holds, whatever c > 0."""
    xp, stepped = as_array(exact(s - c * gradient))
    return (xp.clip(stepped, -1, 1) == s) == condition(s, gradient)


@forall(**BOX, given=fixed)
def points_outward(s: Any, gradient: Any, x: Any) -> Any:
    """Where the condition holds, g (x - s) >= 0 in all the box."""
    return gradient * (x - s) >= 0


@forall(**VERTEX, given=lambda s, gradient: [gradient * (-s - s) >= 0])
def only_there_outward(s: Any, gradient: Any) -> Any:
    """The condition holds if g (x - s) >= 0 at the other end x = -s of the box."""
    return condition(s, gradient)


@invariant(
    state="slope",
    first=lambda slope: [slope == 0],
    each=BOX,
    step=lambda slope, slope_next, s, gradient, x: [
        condition(s, gradient),
        slope_next == slope + gradient * (x - s),
    ],
    by=lambda s, gradient, x: [points_outward.at(s=s, gradient=gradient, x=x)],
)
def slope_is_outward(slope: Any) -> Any:
    """<g, x - s> >= 0: with no coordinate, and with each further one."""
    return slope >= 0


@forall(
    at_s=real,
    at_x=real,
    slope=real,
    given=lambda at_s, at_x, slope: [at_x >= at_s + slope],
    by=lambda slope: [slope_is_outward.at(slope=slope)],
)
def is_a_global_minimum(at_s: Any, at_x: Any) -> Any:
    """For convex L: L(x) >= L(s) + <g, x - s> >= L(s), x in the box."""
    return at_x >= at_s


def best_on_the_line(curvature: Kind) -> ForAll:
    """On a x^2 / 2 + b x a fixed point is best in the box."""

    @forall(
        s=one_of(-1, 1),
        a=curvature,
        b=real,
        x=between(-1, 1),
        given=lambda s, a, b: [condition(s, a * s + b)],
    )
    def is_best(s: Any, a: Any, b: Any, x: Any) -> Any:
        return a * s * s / 2 + b * s <= a * x * x / 2 + b * x

    return is_best


@forall(
    s=one_of(-1, 1),
    a=nonnegative,
    b=real,
    given=lambda s, a, b: [a / 2 + b * s <= a / 2 - b * s],
)
def is_fixed_if_best(s: Any, a: Any, b: Any) -> Any:
    """On convex a x^2 / 2 + b x the better of the two vertices is fixed."""
    return condition(s, a * s + b)


CLAIM = Claim(
    name="fixed-points-are-vertices",
    source="arXiv 1810.00861, Theorem 5.3, read as optimality over the box",
    statement=(
        "For step sizes with an infinite sum, BinaryConnect's fixed points are the vertices that satisfy the KKT conditions "
        "of min L over [-1, 1]^d; for convex L each is a global minimiser over the box, and so over its vertices."
    ),
    formula="s fixed <=> s = P_box(s - c grad L(s)) for one (or every) c > 0,  sum eta_t = infinity",
    formula_latex=(
        r"s \text{ fixed} \iff s = P_{[-1,1]^d}(s - c\,\nabla L(s)) \text{ for one (or every) } c > 0,\qquad"
        r" \textstyle\sum_t \eta_t = \infty"
    ),
    derivation_latex=(
        r"Coordinate by coordinate, multipliers $\mu, \nu \ge 0$ with $g + \mu - \nu = 0$, $\mu (s - 1) = 0$ and"
        r" $\nu (s + 1) = 0$ exist iff $\operatorname{sign} g = -s$ or $g = 0$, the condition of the theorem on fixed"
        r" points. Then $g (x - s) \ge 0$ on $[-1, 1]$; summed, $\langle g, x - s\rangle \ge 0$ in the box, and a convex"
        r" $L$ has $L(x) \ge L(s) + \langle g, x - s\rangle \ge L(s)$."
    ),
    parts=(
        Part(
            "KKT",
            "BinaryConnect stays exactly at the vertices that have multipliers for the box",
            all_of(kkt(), beside=(runs.stays_at_kkt,)),
        ),
        Part(
            "other forms of KKT",
            "these are the vertices with P_box(s - c g) = s for one c > 0 or all, and with <g, x - s> >= 0 in the box",
            all_of(is_a_projected_step, points_outward, only_there_outward),
        ),
        Part(
            "global minimisers",
            "no point of the box is below a fixed point, L convex",
            all_of(
                is_a_global_minimum,
                best_on_the_line(nonnegative),
                beside=(
                    runs.best_where_fixed(runs.convex_quadratics, (-1.0, -0.5, 0.0, 0.5, 1.0)),
                ),
            ),
        ),
    ),
    controls=(
        Control(
            "without complementary slackness",
            "a vertex with multipliers >= 0 of any kind is fixed",
            kkt(complementary=False),
        ),
        Control(
            "without convexity",
            "each fixed point is a global binary minimiser, L convex or not",
            all_of(
                best_on_the_line(real),
                beside=(runs.best_where_fixed(runs.any_quadratics, (-1.0, 1.0)),),
            ),
        ),
        Control(
            "converse",
            "every global binary minimiser of a convex L is a fixed point",
            all_of(is_fixed_if_best, beside=(runs.fixed_where_best,)),
        ),
    ),
    headline=runs.STAYS,
    uses=("bc-fixed-points",),
    operators=(
        "pqtheory.methods.BinaryConnect.step",
        "pqtheory.sets.Binary.project",
        "pqtheory.stability.is_fixed_point",
    ),
)
