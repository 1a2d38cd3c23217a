r"""Unbiased rounding interpolates a loss between the vertices of its cell; on a quadratic it adds the bump, weighted by H.

Round x between neighbouring levels a < b up with the probability (x - a) / (b - a), each coordinate for itself. The mean
of a function of one coordinate is its affine interpolation between a and b; of all coordinates, one after the other, the
multilinear one. A quadratic of curvature h along a coordinate gains h (x - a)(b - x) / 2 by it, which is h times the bump:
E L = L + sum_i H_ii R(x_i), in any dimension and whatever the rest of H.

Change one sign s_i at a vertex of {-1, +1}^d: L changes by 2 (H_ii - s_i g_i). BinaryConnect stays at s iff s_i g_i <= 0 for
all i, no single change gains iff s_i g_i <= H_ii: for diag(H) >= 0 the first implies the second, for diag(H) <= 0 the second
the first, and not conversely.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from pqtheory.claims import (
    Budget,
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
from pqtheory.claims.cases import Cases, Fractions, Lists
from pqtheory.claims.kinds import Kind
from pqtheory.claims.truths import implies
from pqtheory.methods import BinaryConnect
from pqtheory.problems import Quadratic
from pqtheory.regularizers import Bump
from pqtheory.sets import Binary
from pqtheory.theory.given import Given, GivenLevels, exact

FIGURE = "mean loss of 2^3 roundings of (1/2, -1/4, 0) between -1 and 1 less L, and H's diagonal times the bump"


def rounded_mean(at_a: Any, at_b: Any, x: Any, a: Any, b: Any) -> Any:
    """E f after unbiased rounding of x between a and b."""
    up = (x - a) / (b - a)
    return (1 - up) * at_a + up * at_b


def gains_by_rounding(factor: Any) -> ForAll:
    """f(x) = c + g x + h x^2 / 2: E f = f(x) + factor h R(x)."""

    @forall(
        c=real,
        g=real,
        h=real,
        x=real,
        a=real,
        b=real,
        given=lambda x, a, b: [a < b, a <= x, x <= b],
    )
    def gains(c: Any, g: Any, h: Any, x: Any, a: Any, b: Any) -> Any:
        def f(y: Any) -> Any:
            return c + g * y + h * y**2 / 2

        bump = Bump(GivenLevels(a, b)).value(x)
        return rounded_mean(f(a), f(b), x, a, b) == f(x) + factor * h * bump

    return gains


one_coordinate = gains_by_rounding(1)


@invariant(
    state="mean bumps",
    fixed={"L": real},
    each={"c": real, "g": real, "h": real, "x": real, "a": real, "b": real},
    first=lambda mean, bumps, L: [mean == L, bumps == 0],
    step=lambda mean, mean_next, bumps, bumps_next, c, g, h, x, a, b: [
        a < b,
        a <= x,
        x <= b,
        mean == c + g * x + h * x**2 / 2,
        mean_next == rounded_mean(c + g * a + h * a**2 / 2, c + g * b + h * b**2 / 2, x, a, b),
        bumps_next == bumps + h * Bump(GivenLevels(a, b)).value(x),
    ],
    by=lambda c, g, h, x, a, b: [one_coordinate.at(c=c, g=g, h=h, x=x, a=a, b=b)],
)
def each_coordinate_adds_its_bump(mean: Any, bumps: Any, L: Any) -> Any:
    """The mean over the coordinates rounded so far is L plus their curvatures times their bumps."""
    return mean == L + bumps


@forall(
    share=between(0, 1),
    c=real,
    g=real,
    c_other=real,
    g_other=real,
    h=real,
    x=real,
)
def means_keep_the_curvature(
    share: Any, c: Any, g: Any, c_other: Any, g_other: Any, h: Any, x: Any
) -> Any:
    """The mean of L at two values of another coordinate is, along this one, a quadratic of the same curvature."""
    one, other = c + g * x + h * x**2 / 2, c_other + g_other * x + h * x**2 / 2
    mean = (1 - share) * one + share * other
    level, slope = (1 - share) * c + share * c_other, (1 - share) * g + share * g_other
    return mean == level + slope * x + h * x**2 / 2


@forall(
    low=real,
    high=real,
    x=real,
    a=real,
    b=real,
    given=lambda x, a, b: [a < b, a <= x, x <= b],
)
def is_affine_between(low: Any, high: Any, x: Any, a: Any, b: Any) -> Any:
    """The mean is affine in x, the loss at the vertices, and nowhere below the smaller of them."""
    mean = rounded_mean(low, high, x, a, b)
    at_ends = (rounded_mean(low, high, a, a, b) == low) & (rounded_mean(low, high, b, a, b) == high)
    return (
        at_ends
        & (mean == low + (high - low) / (b - a) * (x - a))
        & ((mean >= low) | (mean >= high))
    )


# one sign changed at a vertex


def nonpositive(x: Any) -> Sequence[Any]:
    """A number <= 0."""
    return (x <= 0,)


def after(g: Any, theta: Any, eta: Any) -> Any:
    """The sign after BinaryConnect's step from theta with the gradient g."""
    method = BinaryConnect(Given(eta))
    found = method.output(method.step(method.init(exact(theta)), exact(g)))
    return found[0] if isinstance(found, np.ndarray) else found


def implied(h: Kind, fixed_first: bool) -> ForAll:
    """One coordinate: a fixed point is a one-change minimum (or the other way round) for this kind of H_ii."""

    @forall(s=one_of(-1, 1), g=real, h=h)
    def comes_with_it(s: Any, g: Any, h: Any) -> Any:
        fixed, minimum = s * g <= 0, changed(s, g, h) >= 0
        return implies([fixed], minimum) if fixed_first else implies([minimum], fixed)

    return comes_with_it


def changed(s: Any, g: Any, h: Any) -> Any:
    """L after the change of s less L: along the coordinate L has the slope g at s and the curvature h."""
    step = -2 * s
    return g * step + h * step**2 / 2


@forall(
    s=one_of(-1, 1),
    g=real,
    theta=real,
    eta=positive,
    given=lambda s, g, theta: [s * theta > 0, s * g <= 0],
)
def fixed_points_stay(s: Any, g: Any, theta: Any, eta: Any) -> Any:
    """Where s g <= 0 no step of any size changes the sign."""
    return after(g, theta, eta) == s


@forall(
    s=one_of(-1, 1),
    g=real,
    theta=real,
    eta=positive,
    given=lambda s, g, theta, eta: [s * theta > 0, s * g > 0, eta * abs(g) > abs(theta)],
)
def others_leave(s: Any, g: Any, theta: Any, eta: Any) -> Any:
    """Where s g > 0 steps that sum up to enough do."""
    return after(g, theta, eta) == -s


# cases: whole quadratics


def _mean_of_code(diagonal: Sequence[Any], point: Sequence[Any], off: Any) -> Any:
    """The mean of L over all 2^d roundings on {-1, 0, 1} equals L plus H_ii times the bumps, exactly."""
    levels = (Fraction(-1), Fraction(0), Fraction(1))
    dim = len(diagonal)
    H = np.array([[off if i != j else diagonal[i] for j in range(dim)] for i in range(dim)])
    problem = Quadratic(H + Fraction(0), np.array([Fraction(i + 1) for i in range(dim)]))
    x = np.array([Fraction(v) for v in point])
    mean = Fraction(0)
    for ups in np.ndindex(*(2,) * dim):
        share, corner = Fraction(1), []
        for v, up in zip(x, ups, strict=True):
            a = max(level for level in levels[:-1] if level <= v)
            share *= v - a if up else 1 - (v - a)
            corner.append(a + up)
        mean += share * problem.value(np.array(corner))
    bump = Bump(GivenLevels(*levels))
    expected = problem.value(x) + sum(h * bump.value(v) for h, v in zip(diagonal, x, strict=True))
    return bool(mean == expected)


def _figures(budget: Budget) -> tuple[dict[str, Any], dict[str, Any]]:
    H, b = (
        np.array([[2.0, 1.0, 0.5], [1.0, -1.0, 0.25], [0.5, 0.25, 4.0]]),
        np.array([1.0, 0.5, -2.0]),
    )
    problem, x = Quadratic(H, b), np.array([0.5, -0.25, 0.0])
    corners = np.stack(np.meshgrid(*[[-1.0, 1.0]] * 3, indexing="ij"), -1).reshape(-1, 3)
    shares = ((1 + corners * x) / 2).prod(-1)
    gain = float(shares @ problem.value(corners) - problem.value(x))
    bumps = Bump(Binary()).value(x[:, None], axis=-1)
    return {FIGURE: gain}, {FIGURE: float(np.diag(H) @ bumps)}


CLAIM = Claim(
    name="lotion-interpolates",
    source="LOTION (loss smoothing by randomized rounding); the bump and the comparison with BinaryConnect are ours",
    statement=(
        "Round each coordinate of x, for itself and without bias, to one of the levels a <= x_i <= b around it. Along a coordinate the mean of any loss is "
        "affine between its values at a and b, which the mean takes there: multilinear in all. For a quadratic L with the matrix H, in any "
        "dimension, the mean is L(x) + sum_i H_ii R(x_i) with the bump R(x) = (x - a)(b - x) / 2. At a vertex s of {-1, +1}^d with "
        "g = grad L(s): where every H_ii >= 0, a fixed point of BinaryConnect (s_i g_i <= 0 for all i, steps that sum to "
        "infinity) is a minimum under changes of one sign; where every H_ii <= 0 such a minimum is a fixed point. Neither holds conversely."
    ),
    formula=(
        "E L(round(x)) = L(x) + sum_i H_ii R(x_i),  R(x) = (x - a)(b - x) / 2;  "
        "L(s - 2 s_i e_i) - L(s) = 2 (H_ii - s_i g_i)"
    ),
    formula_latex=(
        r"\mathbb E\,L(\operatorname{round}(x)) = L(x) + \sum_i H_{ii} R(x_i),\quad R(x) = \tfrac12 (x - a)(b - x);"
        r"\qquad L(s - 2 s_i e_i) - L(s) = 2 (H_{ii} - s_i g_i)"
    ),
    derivation_latex=(
        r"Along one coordinate $f(x) = c + g x + \tfrac12 h x^2$ has the mean $f(x) + h R(x)$; the coordinates are"
        r" rounded one after the other, and each adds its $H_{ii} R(x_i)$. A changed sign costs $2 (H_{ii} - s_i g_i)$,"
        r" a fixed point has $s_i g_i \le 0$."
    ),
    parts=(
        Part(
            "interpolation",
            "along a coordinate the mean is affine, with the values at the levels",
            is_affine_between,
        ),
        Part(
            "quadratic",
            "it adds the curvatures times the bump, coordinate by coordinate",
            all_of(
                each_coordinate_adds_its_bump,
                means_keep_the_curvature,
                figures=_figures,
                beside=(
                    Cases(
                        _mean_of_code,
                        {
                            "diagonal": Lists(Fractions(-3, 3), 2),
                            "point": Lists(Fractions(-1, 1), 2),
                            "off": Fractions(-2, 2),
                        },
                        quick=20,
                    ),
                ),
            ),
        ),
        Part(
            "fixed points",
            "BinaryConnect's steps keep a sign for ever iff s g <= 0",
            all_of(fixed_points_stay, others_leave),
        ),
        Part(
            "one change",
            "fixed points are one-change minima where H_ii >= 0, and conversely where H_ii <= 0",
            all_of(implied(nonnegative, True), implied(nonpositive, False)),
        ),
    ),
    controls=(
        Control("twice the bump", "the mean adds 2 H_ii R", gains_by_rounding(2)),
        Control(
            "conversely",
            "one-change minima are fixed points where H_ii >= 0",
            implied(nonnegative, False),
        ),
        Control(
            "conversely, concave",
            "fixed points are one-change minima where H_ii <= 0",
            implied(nonpositive, True),
        ),
    ),
    headline=FIGURE,
    uses=("bc-fixed-points", "parq-is-a-prox"),
    operators=(
        "pqtheory.regularizers.Bump.value",
        "pqtheory.methods.BinaryConnect.step",
        "pqtheory.methods.BinaryConnect.output",
        "pqtheory.problems.Quadratic.value",
    ),
)
