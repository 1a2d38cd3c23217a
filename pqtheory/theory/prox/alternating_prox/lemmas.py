r"""The half-steps of the alternating prox as lemmas over the reals, entry by entry; sums over entries join them.

J is a sum over entries, so each lemma speaks of one: its x, theta = t, and the level q that it has. Only the least
squares step couples the entries, by the normal equations B^T (x - B alpha*) = 0: with s = b . alpha and
s* = b . alpha* for the row b of an entry, the sum of (x - s*)(s - s*) is (alpha - alpha*) . B^T (x - B alpha*) = 0, and

    (x - s)^2 - (x - s*)^2 + 2 (x - s*)(s - s*) >= 0.

Every statement runs the regularizer's own J and x-step.
"""

import itertools
from collections.abc import Callable
from typing import Any

from pqtheory._arrays import as_array, sign
from pqtheory.claims import every
from pqtheory.claims.lemmas import Lemma
from pqtheory.evidence import smt
from pqtheory.quantizers import AlternatingMultiBit, Fit
from pqtheory.quantizers.adaptive_ternary import THRESHOLD
from pqtheory.regularizers.alternating_distance import AlternatingDistance, best_point
from pqtheory.sets.finite import step_function

REGULARIZER = AlternatingDistance(AlternatingMultiBit(1))
#: (t, q, w) -> the x that is said to be best
XStep = Callable[[Any, Any, Any], Any]


def objective(x: Any, t: Any, w: Any, q: Any) -> Any:
    """J of one entry."""
    _, level = as_array(q)
    return REGULARIZER.objective(x, t, w, Fit(level, level, level, level))


def best_x(step: XStep = best_point) -> smt.Statement:
    """No x has a smaller J, and the least is w / (1 + w) (t - q)^2 / 2."""

    def statement(t: Any, q: Any, w: Any, x: Any) -> Any:
        least = objective(step(t, q, w), t, w, q)
        closed = 2 * least * (1 + w) == w * (t - q) ** 2
        return [w >= 0], (least <= objective(x, t, w, q)) & closed

    return statement


def _least_squares(x: Any, best: Any, other: Any) -> Any:
    gain = (x - other) ** 2 - (x - best) ** 2
    return [], gain + 2 * (x - best) * (other - best) >= 0


def _nearest(*variables: Any) -> Any:
    """The level with as many midpoints not above x as there are levels below it is a nearest one."""
    levels, x = variables[:-1], variables[-1]
    xp, _ = as_array(x)
    pairs = list(itertools.pairwise(levels))
    chosen = step_function(xp, x, tuple((a + b) / 2 for a, b in pairs), levels)
    no_farther = [abs(x - chosen) <= abs(x - level) for level in levels]
    return [a <= b for a, b in pairs], every(no_farther)


def _any_fit(x: Any, last: Any, new: Any) -> Any:
    return [], (x - new) ** 2 <= (x - last) ** 2


X_STEP = Lemma("x = (t + w q) / (1 + w) is best for q", best_x(), "theta q weight x")
LEAST_SQUARES = Lemma(
    "an alpha that solves the normal equations is best for B", _least_squares, "x best other"
)


def nearest_level(bits: int) -> Lemma:
    """For one entry, among all levels."""
    names = " ".join(f"l{i}" for i in range(2**bits))
    return Lemma(f"nearest of {2**bits} levels by midpoints", _nearest, f"{names} x")


#: the next fit is no farther from x than the last: alpha and then B
CONTINUED = (LEAST_SQUARES, *(nearest_level(bits) for bits in (1, 2, 3, 4)))
#: what a fit without regard to the last one would need
RESTARTED = (Lemma("any fit is no farther from x than the last", _any_fit, "x last new"),)


def _mirror(t: Any, b: Any, alpha: Any) -> Any:
    return [b * b == 1], (t - alpha * b) ** 2 >= (abs(t) - abs(alpha)) ** 2


def _keeps_sign(t: Any, alpha: Any, w: Any) -> Any:
    """Of q = alpha sign t: x has the sign of t, and (1 + w) |x| = |t| + w alpha."""
    xp, t = as_array(t)
    x = best_point(t, alpha * sign(xp, t), w)
    same = sign(xp, x) == sign(xp, t)
    return [w >= 0, alpha >= 0], same & ((1 + w) * abs(x) == abs(t) + w * alpha)


#: q = mean|t| sign t is the nearest point of the one-bit family, and the fit to x is the same
ONE_BIT = (
    X_STEP,
    Lemma("no b and alpha are nearer to t than |alpha| to |t|", _mirror, "theta b alpha"),
    LEAST_SQUARES,
    Lemma("x keeps the signs, and mean|x| = alpha", _keeps_sign, "theta alpha weight"),
)


def _bounded_move(share: Any, uu: Any, uv: Any, vv: Any) -> Any:
    """With u = q - t, v = q' - t and x = t + (1 - r) u: if |x - q'| <= |x - q|, then |v| <= |u|, |v - u| <= 2 r |u|."""
    moved = 1 - share
    products = [uu >= 0, vv >= 0, uu * vv >= uv * uv, share >= 0, share <= 1]
    no_farther = moved * moved * uu - 2 * moved * uv + vv <= share * share * uu
    return [*products, no_farther], (vv <= uu) & (uu - 2 * uv + vv <= 4 * share * share * uu)


def _from_nearest(t: Any, q: Any, nearest: Any, w: Any) -> Any:
    """After one round from q, not from the nearest point: |x - nearest| <= r |t - nearest|."""
    x = best_point(t, q, w)
    closer = abs(t - nearest) <= abs(t - q)
    return [w >= 0, closer], (1 + w) * abs(x - nearest) <= abs(t - nearest)


#: u and v by their inner products, so in every dimension
FROM_FIRST_FIT = (
    X_STEP,
    *CONTINUED,
    Lemma("a next fit moves q by at most 2 r |t - q|", _bounded_move, "r uu uv vv"),
)
FROM_NEAREST = (Lemma("from any q as from the nearest", _from_nearest, "theta q nearest weight"),)


def _keeps_side(t: Any, mean: Any, mean_q: Any, lower: Any, upper: Any, w: Any) -> Any:
    """One entry of t and of x on the same side of Delta(t) and Delta(x), and (1 + w) |x| = |t| + w |q|."""
    xp, _ = as_array(t)
    delta, zero = THRESHOLD * mean, 0 * mean
    above, below = t >= delta, (t <= -delta) & (t < delta)
    q = xp.where(above, upper, xp.where(below, lower, zero))
    x = best_point(t, q, w)
    new_delta = THRESHOLD * (mean + w * mean_q) / (1 + w)
    x_above, x_below = x >= new_delta, (x <= -new_delta) & (x < new_delta)
    size = (1 + w) * abs(x) == abs(t) + w * abs(q)
    # the mean of the entries of a side is on that side; where it has none, its level is 0 and plays no part
    sides = [
        xp.where(above, upper >= delta, delta >= 0),
        xp.where(below, lower <= -delta, delta >= 0),
    ]
    averages = [mean_q >= 0, mean_q <= mean, w >= 0]
    return [*averages, *sides], (x_above == above) & (x_below == below) & size


def _keeps_level(level: Any, w: Any) -> Any:
    return [w >= 0], best_point(level, level, w) == level


def _same_again(running: bool) -> smt.Statement:
    """The second x-step, from t (or, ``running``, from the first x) with the same q."""

    def statement(t: Any, q: Any, w: Any) -> Any:
        first = best_point(t, q, w)
        return [w >= 0], best_point(first if running else t, q, w) == first

    return statement


def ternary(running: bool) -> tuple[Lemma, ...]:
    """The second round meets the same sides and the same means."""
    return (
        Lemma(
            "every entry keeps its side",
            _keeps_side,
            "theta mean mean_q lower upper weight",
        ),
        Lemma("the mean of a side stays", _keeps_level, "level weight"),
        Lemma("the second x is the first", _same_again(running), "theta q weight"),
    )
