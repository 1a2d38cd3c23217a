r"""The least rate lambda for which no u_n = theta_0 - n eta + eta lambda n (n - 1) / 2 is below eta.

That is max_{n >= 2} 2 (n + 1 - r) / (n (n - 1)), r = theta_0 / eta >= 2. From n to n + 1 it falls iff n >= 2 r - 3, so
that the maximum is attained at n = max(2, ceil(2 r - 3)), the turn. In units of eta: v_n = u_n / eta.
"""

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from pqtheory._arrays import as_array
from pqtheory.claims import ForAll, Invariant, forall, implies, invariant, positive, real
from pqtheory.claims.cases import Cases
from pqtheory.theory.proxquant.two_function_toy.steps import (
    HALF,
    SETTING,
    following,
    has_dipped,
    run,
)

#: (r, turn) -> threshold
Claimed = Callable[[Any, Any], Any]
#: (eta, theta_0) -> threshold of the rate
Threshold = Callable[[Fraction, Fraction], Fraction]


def threshold_at(ratio: Any, turn: Any) -> Any:
    """2 (n + 1 - r) / (n (n - 1)), the least rate that keeps v_n >= 1."""
    return 2 * (turn + 1 - ratio) / (turn * (turn - 1))


def small_steps(ratio: Any, turn: Any) -> Any:
    """1 / (2 r), the threshold in the limit of small steps."""
    return 1 / (2 * ratio)


def twice_small_steps(ratio: Any, turn: Any) -> Any:
    """1 / r."""
    return 1 / ratio


def too_large(ratio: Any, turn: Any) -> Any:
    """Four times the threshold."""
    return 4 * threshold_at(ratio, turn)


def numbers(claimed: Claimed) -> Threshold:
    """The threshold as a function of (eta, theta_0)."""
    return lambda eta, start: claimed(start / eta, max(2, math.ceil(2 * start / eta - 3)))


def level(ratio: Any, rate: Any, n: Any) -> Any:
    """v_n."""
    return ratio - n + rate * n * (n - 1) / 2


def at_turn(ratio: Any, turn: Any) -> list[Any]:
    """The turn is max(2, ceil(2 r - 3))."""
    y = 2 * ratio - 3
    return [turn >= 2, turn >= y, (turn == 2) | (turn < y + 1)]


def whole(n: Any, turn: Any) -> Any:
    """Of whole numbers, what the proof needs to know."""
    return (n == 0) | (n == 1) | (n == turn) | ((n >= 2) & (n <= turn - 1)) | (n >= turn + 1)


@forall(
    ratio=positive,
    turn=positive,
    n=real,
    given=lambda ratio, turn, n: [ratio >= 2, *at_turn(ratio, turn), whole(n, turn), n >= 2],
)
def is_largest_at_the_turn(ratio: Any, turn: Any, n: Any) -> Any:
    """2 (n + 1 - r) / (n (n - 1)) <= lambda*, its value at the turn, for n >= 2."""
    return 2 * (n + 1 - ratio) <= threshold_at(ratio, turn) * (n * (n - 1))


def dips(claimed: Claimed, near: Fraction | int = 2) -> Invariant:
    """v_n < 1 for an n up to the turn where theta_0 < ``near`` eta or the rate is below lambda*, else for none."""

    @invariant(
        state="v n dipped",
        fixed={"ratio": positive, "turn": positive, "rate": positive},
        given=at_turn,
        begins=lambda ratio: {"v": ratio, "n": 0, "dipped": 0},
        becomes=following,
        step=lambda v, n, dipped, dipped_next, turn: [
            whole(n, turn),
            *has_dipped(v, dipped, dipped_next),
        ],
        by=lambda ratio, turn, n: [is_largest_at_the_turn.at(ratio=ratio, turn=turn, n=n)],
    )
    def dipped_in_time(v: Any, n: Any, dipped: Any, ratio: Any, turn: Any, rate: Any) -> Any:
        early, low = ratio < near, rate < claimed(ratio, turn)
        known = (v == level(ratio, rate, n)) & (n >= 0) & ((dipped == 0) | (dipped == 1))
        soon = implies([early], (dipped == 1) | (n <= 1))
        later = implies([low], (dipped == 1) | (n <= turn))
        return known & soon & later & (early | low | (dipped == 0))

    return dipped_in_time


@forall(
    rate=positive,
    wait=positive,
    ratio=positive,
    turn=positive,
    given=lambda rate, wait, ratio, turn: [
        ratio >= 2,
        *at_turn(ratio, turn),
        rate * wait == 2,
        rate < threshold_at(ratio, turn),
    ],
)
def turn_is_early(wait: Any, turn: Any) -> Any:
    """At a rate below the threshold the turn is before step 2 / lambda."""
    return turn <= wait


def ends(claimed: Claimed, near: Fraction | int = 2, cases: Cases | None = None) -> ForAll:
    """On f_1 from step 2 + 2 / lambda + 1 / eta on: at -1 iff theta_0 < 2 eta or lambda < lambda*, else at +1."""
    known = dips(claimed, near)

    @forall(
        **SETTING,
        ratio=positive,
        turn=positive,
        theta=real,
        v=real,
        n=real,
        dipped=real,
        given=lambda eta, rate, wait, ratio, turn, n: [
            ratio * eta <= 1,
            rate * wait == 2,
            *at_turn(ratio, turn),
            eta * (n - 2 - wait) >= 1,
        ],
        by=lambda eta, rate, wait, ratio, turn, theta, v, n, dipped: [
            known.at(v=v, n=n, dipped=dipped, ratio=ratio, turn=turn, rate=rate),
            run.at(
                theta=theta, v=v, n=n, dipped=dipped, eta=eta, rate=rate, wait=wait, ratio=ratio
            ),
            turn_is_early.at(rate=rate, wait=wait, ratio=ratio, turn=turn),
        ],
        cases=cases,
    )
    def at_a_vertex(theta: Any, ratio: Any, turn: Any, rate: Any) -> Any:
        xp, _ = as_array(theta)
        right = (ratio < near) | (rate < claimed(ratio, turn))
        return theta == xp.where(right, -1 + 0 * theta, 1 + 0 * theta)

    return at_a_vertex


@forall(
    ratio=positive, turn=positive, given=lambda ratio, turn: [ratio >= 2, *at_turn(ratio, turn)]
)
def closed_form(ratio: Any, turn: Any) -> Any:
    """1 / y <= lambda* <= 1 / y + 1 / (4 y^2 (y - 1)), denominators multiplied out; 1 / y where y is whole."""
    y = 2 * ratio - 3
    excess = threshold_at(ratio, turn) * y - 1
    closed = (excess >= 0) & (4 * y * (y - 1) * excess <= 1)
    between = (turn > y) & (turn < y + 1)
    return closed & (between | (excess == 0))


def expansion(correction: Fraction) -> ForAll:
    """0 <= lambda* - 1 / (2 r) - correction / r^2 <= 2 / r^3 for r >= 4."""

    @forall(
        ratio=positive, turn=positive, given=lambda ratio, turn: [ratio >= 4, *at_turn(ratio, turn)]
    )
    def to_second_order(ratio: Any, turn: Any) -> Any:
        rest = (threshold_at(ratio, turn) * ratio - HALF) * ratio - correction
        return (rest >= 0) & (rest * ratio <= 2)

    return to_second_order
