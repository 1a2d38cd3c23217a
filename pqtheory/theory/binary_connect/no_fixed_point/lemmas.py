"""What is proved on fixed points of BinaryConnect on 1/2 x.A.x + b.x, in every dimension: sums grow entry by entry."""

from typing import Any

from pqtheory._arrays import as_array
from pqtheory.claims import (
    ForAll,
    between,
    forall,
    invariant,
    nonnegative,
    one_of,
    positive,
    real,
)
from pqtheory.methods import BinaryConnect
from pqtheory.methods.base import State
from pqtheory.theory.given import Given, exact

SIGN = one_of(-1, 1)


def sign(theta: Any) -> Any:
    """BinaryConnect's quantized weight."""
    return BinaryConnect(1).query(State(exact(theta), 0))


def moved(theta: Any, gradient: Any, eta: Any) -> Any:
    """BinaryConnect's next latent weight."""
    return BinaryConnect(Given(eta)).step(State(exact(theta), 0), gradient).latent


def larger(a: Any, b: Any) -> Any:
    """The larger of two."""
    return as_array(a)[0].maximum(a, b)


def smaller(a: Any, b: Any) -> Any:
    """The smaller of two."""
    return as_array(a)[0].minimum(a, b)


# a vertex that is no fixed point is left


@invariant(
    state="theta elapsed",
    fixed={"start": real, "g": real},
    each={"eta": positive},
    first=lambda theta, elapsed, start: [theta == start, elapsed == 0],
    step=lambda theta, theta_next, elapsed, elapsed_next, g, eta: [
        theta_next == moved(theta, g, eta),
        elapsed_next == elapsed + eta,
    ],
)
def drifts(theta: Any, elapsed: Any, start: Any, g: Any) -> Any:
    """While the vertex is s, g = (A s + b)_i, a latent weight falls by g times the sum of the steps."""
    return theta == start - elapsed * g


def is_left(enough: bool = True) -> ForAll:
    """With s_i g_i > 0 the sign is another once the sum of the steps exceeds s_i theta_i / (s_i g_i)."""

    @forall(
        s=SIGN,
        start=real,
        theta=real,
        g=real,
        elapsed=nonnegative,
        given=lambda s, start, g, elapsed: [
            s * g > 0,
            *([elapsed * s * g > s * start] if enough else []),
        ],
        by=lambda theta, elapsed, start, g: [
            drifts.at(theta=theta, elapsed=elapsed, start=start, g=g)
        ],
    )
    def another_sign(s: Any, theta: Any) -> Any:
        return sign(theta) == -s

    return another_sign


# A_ii <= 0: the least vertex is a fixed point


@invariant(
    state="best seen",
    fixed={"value": real},
    each={"next_value": real, "same": one_of(0, 1)},
    first=lambda seen: [seen == 0],
    step=lambda best, best_next, seen, seen_next, next_value, same, value: [
        best_next == smaller(best, next_value),
        seen_next == larger(seen, same),
        (same == 0) | (next_value == value),
    ],
)
def least(best: Any, seen: Any, value: Any) -> Any:
    """Of the losses of all vertices, one after the other, the least is no more than that of any vertex seen."""
    return (seen == 0) | (best <= value)


@invariant(
    state="loss flipped r",
    fixed={"a": real, "b": real, "s": SIGN},
    each={"entry": real, "other": SIGN, "rest": real},
    first=lambda loss, flipped, r, a, b, s: [
        loss == a * s * s / 2 + b * s,
        flipped == a * s * s / 2 - b * s,
        r == b,
    ],
    step=lambda loss, loss_next, flipped, flipped_next, r, r_next, s, entry, other, rest: [
        loss_next == loss + entry * s * other + rest,
        flipped_next == flipped - entry * s * other + rest,
        r_next == r + entry * other,
    ],
)
def one_flip(loss: Any, flipped: Any, r: Any, s: Any) -> Any:
    """A flip of s_i adds -2 s_i r_i, r_i = sum_{j != i} A_ij s_j + b_i.

    Coordinate j brings A_ij s_i s_j to the loss, and ``rest``, whichever s_i is.
    """
    return flipped == loss - 2 * s * r


@forall(
    a=real,
    b=real,
    s=SIGN,
    r=real,
    loss=real,
    flipped=real,
    given=lambda a: [a <= 0],
    by=lambda a, b, s, r, loss, flipped: [
        one_flip.at(loss=loss, flipped=flipped, r=r, a=a, b=b, s=s),
        least.at(best=loss, seen=1, value=flipped),
    ],
)
def least_is_fixed(a: Any, s: Any, r: Any) -> Any:
    """s_i (A s + b)_i <= A_ii <= 0 at the vertex of the least loss."""
    return (s * (a * s + r) <= a) & (s * (a * s + r) <= 0)


# A_ii > 0: b_i = sum_{j != i} A_ij and b_j > sum_k |A_jk| leave none


@invariant(
    state="row total",
    each={"entry": real, "s": SIGN},
    first=lambda row, total: [row == 0, total == 0],
    step=lambda row, row_next, total, total_next, entry, s: [
        row_next == row + entry * s,
        total_next == total + abs(entry),
    ],
)
def row_is_bounded(row: Any, total: Any) -> Any:
    """-sum_k |A_jk| <= (A s)_j."""
    return -total <= row


@invariant(
    state="row slope push",
    each={"entry": real, "s": SIGN, "own_row": real, "total": real, "b": real},
    first=lambda row, slope, push: [row == 0, slope == 0, push == 0],
    step=lambda row, row_next, slope, slope_next, push, push_next, entry, s, own_row, total, b: [
        row_next == row + entry * s,
        slope_next == slope + entry,
        b > total,
        push_next == larger(push, s * (own_row + b)),
    ],
    by=lambda own_row, total: [row_is_bounded.at(row=own_row, total=total)],
)
def others_are_minus(row: Any, slope: Any, push: Any) -> Any:
    """Some s_j (A s + b)_j > 0, j != i, or all of them are -1: then row_i = sum_{j != i} A_ij s_j = -b_i."""
    return (push > 0) | (row == -slope)


@forall(
    a=positive,
    s=SIGN,
    row=real,
    slope=real,
    push=real,
    by=lambda row, slope, push: [others_are_minus.at(row=row, slope=slope, push=push)],
)
def none_is_fixed(a: Any, s: Any, row: Any, slope: Any, push: Any) -> Any:
    """Some push is above 0 at every vertex: among the others, or s_i (A_ii s_i + row_i + b_i) = A_ii."""
    return (push > 0) | (s * (a * s + row + slope) > 0)


# convex: the bound of the certificates


@invariant(
    state="slope curve square bound",
    fixed={"mu": real},
    each={"s": SIGN, "x": between(-1, 1), "g": real, "bend": real},
    first=lambda slope, curve, square, bound: [slope == 0, curve == 0, square == 0, bound == 0],
    step=lambda slope, slope_next, curve, curve_next, square, square_next, bound, bound_next, mu, s, x, g, bend: [
        s * (g + bend) <= 0,
        slope_next == slope + g * (s - x),
        curve_next == curve + bend * (s - x),
        square_next == square + (s - x) ** 2,
        bound_next
        == bound + smaller(mu * (1 - x) ** 2 + g * (1 - x), mu * (-1 - x) ** 2 + g * (-1 - x)),
    ],
)
def at_a_fixed_point(slope: Any, curve: Any, square: Any, bound: Any, mu: Any) -> Any:
    """With g = A x + b and bend = A (s - x): a fixed point s has (A s + b).(s - x) <= 0."""
    return (slope + curve <= 0) & (bound <= slope + mu * square)


@forall(
    slope=real,
    curve=real,
    square=real,
    bound=real,
    mu=real,
    given=lambda curve, square, mu: [curve >= mu * square],
    by=lambda slope, curve, square, bound, mu: [
        at_a_fixed_point.at(slope=slope, curve=curve, square=square, bound=bound, mu=mu)
    ],
)
def bound_is_not_positive(bound: Any) -> Any:
    """If A - mu I is positive semidefinite, a fixed point leaves no bound above 0."""
    return bound <= 0
