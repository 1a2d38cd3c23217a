r"""BinaryConnect's fixed points = the vertices s of [-1, 1]^d that satisfy the KKT conditions of min L over the box.

With g = grad L(s): s is fixed iff sign(g_i) = -s_i wherever g_i != 0 (Theorem 5.3, the claim bc-fixed-points, whose
one-step proofs are run again here). All that follows is coordinate by coordinate, too. Multipliers mu, nu >= 0 with
g + mu - nu = 0, mu_i (s_i - 1) = 0, nu_i (s_i + 1) = 0 exist iff that holds; equivalent: s = P_box(s - c g) for one
(or every) c > 0; g_i (x - s_i) >= 0 for every x in [-1, 1]. Summed over i, <g, x - s> >= 0 for all x in the box. If L
is convex, L(x) >= L(s) + <g, x - s> >= L(s): s minimises L over the box, and so over {-1, 1}^d; the gradient
inequality is all that is used of L. Neither "each fixed point is a global minimiser" for L that is not convex nor the
converse for convex L is true.
"""

from collections.abc import Callable
from fractions import Fraction
from functools import partial
from typing import Any

from pqtheory._arrays import as_array
from pqtheory.claims import Check, Claim, Control, Part
from pqtheory.theory.binary_connect.bc_fixed_points.claim import condition, fixed_points
from pqtheory.theory.binary_connect.fixed_points_are_vertices import runs
from pqtheory.theory.given import exact
from pqtheory.theory.statements import POSITIVE, SIGNED, SIGNS, for_all, illustrated, together

UNIT = tuple(Fraction(n, 2) for n in range(-2, 3))
NOT_NEGATIVE = (Fraction(0), *POSITIVE)

#: curvature -> what is assumed of it
Curvature = Callable[[Any], list[Any]]


def _vertex(s: Any) -> Any:
    return (s == 1) | (s == -1)


def _in_box(x: Any) -> Any:
    return (x >= -1) & (x <= 1)


def _multipliers(s: Any, g: Any, upper: Any, lower: Any, complementary: bool = True) -> Any:
    """KKT of one coordinate with the multipliers of s <= 1 and s >= -1."""
    signs = (upper >= 0) & (lower >= 0) & (g + upper - lower == 0)
    return signs & (upper * (s - 1) == 0) & (lower * (s + 1) == 0) if complementary else signs


def _has_multipliers(s: Any, g: Any) -> Any:
    """Where the condition holds max(-g, 0) and max(g, 0) are multipliers."""
    xp, slope = as_array(exact(g))
    upper, lower = xp.maximum(-slope, 0 * slope), xp.maximum(slope, 0 * slope)
    return [_vertex(s), condition(s, g)], _multipliers(s, g, upper, lower)


def _only_there(complementary: bool) -> Check:
    """Any multipliers at all imply the condition."""

    def statement(s: Any, g: Any, upper: Any, lower: Any) -> Any:
        found = _multipliers(s, g, upper, lower, complementary)
        return [_vertex(s), found], condition(s, g)

    return for_all(statement, s=SIGNS, gradient=SIGNED, upper=NOT_NEGATIVE, lower=NOT_NEGATIVE)


def _kkt(complementary: bool = True) -> Check:
    """The condition, and multipliers for the box."""
    has = for_all(_has_multipliers, s=SIGNS, gradient=SIGNED)
    return together(has, _only_there(complementary))


def _projected_step(s: Any, g: Any, c: Any) -> Any:
    """P_box(s - c g) = s iff the condition holds, whatever c > 0."""
    xp, moved = as_array(exact(s - c * g))
    return [_vertex(s), c > 0], (xp.clip(moved, -1, 1) == s) == condition(s, g)


def _outward(s: Any, g: Any, x: Any) -> Any:
    """Where the condition holds, g (x - s) >= 0 in all the box."""
    return [_vertex(s), _in_box(x), condition(s, g)], g * (x - s) >= 0


def _outward_only_there(s: Any, g: Any) -> Any:
    """The condition holds if g (x - s) >= 0 at the other end x = -s of the box."""
    return [_vertex(s), g * (-s - s) >= 0], condition(s, g)


def _one_more_coordinate(slope: Any, s: Any, g: Any, x: Any) -> Any:
    """<g, x - s> >= 0 so far, and with one more coordinate."""
    assumed = [slope >= 0, _vertex(s), _in_box(x), condition(s, g)]
    return assumed, slope + g * (x - s) >= 0


def _gradient_inequality(at_s: Any, at_x: Any, slope: Any) -> Any:
    """L(x) >= L(s) + <g, x - s> >= L(s)."""
    return [at_x >= at_s + slope, slope >= 0], at_x >= at_s


def _convex(a: Any) -> list[Any]:
    return [a >= 0]


def _any_curvature(a: Any) -> list[Any]:
    return []


def _on_the_line(assumed: Curvature, s: Any, a: Any, b: Any, x: Any) -> Any:
    """On a x^2 / 2 + b x a fixed point is best in the box."""
    fixed = [*assumed(a), _vertex(s), _in_box(x), condition(s, a * s + b)]
    return fixed, a * s * s / 2 + b * s <= a * x * x / 2 + b * x


def _global_minimisers(assumed: Curvature) -> Check:
    """Any convex L by its gradient inequality; and quadratics on the line directly."""
    signed = {"s": SIGNS, "gradient": SIGNED, "x": UNIT}
    return together(
        for_all(_one_more_coordinate, slope=NOT_NEGATIVE, **signed),
        for_all(_gradient_inequality, value_s=SIGNED, value_x=SIGNED, slope=SIGNED),
        for_all(partial(_on_the_line, assumed), s=SIGNS, a=SIGNED, b=SIGNED, x=UNIT),
    )


def _fixed_if_best(s: Any, a: Any, b: Any) -> Any:
    """On convex a x^2 / 2 + b x the better of the two vertices is fixed."""
    values = [a * x * x / 2 + b * x for x in (s, -s)]
    return [_vertex(s), a >= 0, values[0] <= values[1]], condition(s, a * s + b)


CLAIM = Claim(
    name="fixed-points-are-vertices",
    source="arXiv 1810.00861, Theorem 5.3, read as optimality over the box",
    statement="BinaryConnect's fixed points are the vertices that satisfy the KKT conditions of min L over [-1, 1]^d; "
    "for convex L each is a global minimiser over the box and over its vertices.",
    formula="s fixed <=> s = P_box(s - c grad L(s)), c > 0",
    parts=(
        Part(
            "KKT",
            "BinaryConnect stays exactly at the vertices that have multipliers for the box",
            illustrated(together(fixed_points(), _kkt()), runs.stays_at_kkt),
        ),
        Part(
            "other forms of KKT",
            "these are the vertices with P_box(s - c g) = s for one c > 0 or all, and with <g, x - s> >= 0 in the box",
            together(
                for_all(_projected_step, s=SIGNS, gradient=SIGNED, c=POSITIVE),
                for_all(_outward, s=SIGNS, gradient=SIGNED, x=UNIT),
                for_all(_outward_only_there, s=SIGNS, gradient=SIGNED),
            ),
        ),
        Part(
            "global minimisers",
            "no point of the box is below a fixed point, L convex",
            illustrated(
                _global_minimisers(_convex),
                runs.best_where_fixed(runs.convex_quadratics, (-1.0, -0.5, 0.0, 0.5, 1.0)),
            ),
        ),
    ),
    controls=(
        Control(
            "without complementary slackness",
            "a vertex with multipliers >= 0 of any kind is fixed",
            _kkt(complementary=False),
        ),
        Control(
            "without convexity",
            "each fixed point is a global binary minimiser, L convex or not",
            illustrated(
                _global_minimisers(_any_curvature),
                runs.best_where_fixed(runs.any_quadratics, (-1.0, 1.0)),
            ),
        ),
        Control(
            "converse",
            "every global binary minimiser of a convex L is a fixed point",
            illustrated(
                for_all(_fixed_if_best, s=SIGNS, a=SIGNED, b=SIGNED), runs.fixed_where_best
            ),
        ),
    ),
    headline=runs.STAYS,
)
