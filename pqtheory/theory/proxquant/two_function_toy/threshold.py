r"""The least rate lambda for which no u_n = theta_0 - n eta + eta lambda n (n - 1) / 2 is below eta.

That is max_{n >= 2} 2 (n + 1 - r) / (n (n - 1)), r = theta_0 / eta >= 2. From n to n + 1 it falls iff n >= 2 r - 3, so
that the maximum is attained at n = max(2, ceil(2 r - 3)), the turn. All statements are in units of eta.
"""

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from pqtheory.claims import Check
from pqtheory.theory.proxquant.two_function_toy.runs import HALF, Threshold
from pqtheory.theory.statements import for_all, together

#: (r, turn) -> threshold
Claimed = Callable[[Any, Any], Any]
#: r -> what is assumed of it
Starts = Callable[[Any], list[Any]]
RATIOS = tuple(Fraction(n, 4) for n in (3, 6, 8, 9, 10, 11, 16, 21, 34))
TURNS = tuple(Fraction(n) for n in (2, 3, 8, 14))
RATES = tuple(Fraction(1, n) for n in (40, 16, 10, 7, 4, 2, 1))
COUNTS = tuple(Fraction(n) for n in (0, 1, 2, 3, 4, 5, 6, 8, 11, 14, 15))


def threshold_at(ratio: Any, turn: Any) -> Any:
    """2 (n + 1 - r) / (n (n - 1)), the least rate that keeps u_n >= eta."""
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


def level(start: Any, eta: Any, rate: Any, n: Any) -> Any:
    """u_n."""
    return start - n * eta + eta * rate * n * (n - 1) / 2


def sum_of_pulls(start: Any, eta: Any, rate: Any, n: Any) -> Any:
    """u_0 = theta_0 and u_{n+1} = u_n - eta + eta lambda n."""
    now, following = (level(start, eta, rate, k) for k in (n, n + 1))
    first = level(start, eta, rate, 0 * n) == start
    return [], first & (following == now - eta + eta * (rate * n))


def _at_turn(ratio: Any, turn: Any) -> list[Any]:
    """The turn is max(2, ceil(2 r - 3))."""
    y = 2 * ratio - 3
    return [ratio > 0, turn >= 2, turn >= y, (turn == 2) | (turn < y + 1)]


def far(ratio: Any) -> list[Any]:
    """theta_0 >= 2 eta."""
    return [ratio >= 2]


def any_start(ratio: Any) -> list[Any]:
    """Nothing."""
    return []


def is_threshold(claimed: Claimed, starts: Starts = far) -> Check:
    """No u_n < eta at rates from the threshold on; one at every rate below. In units of eta: u_n with eta = 1."""

    def succeeds_below(ratio: Any, turn: Any, rate: Any) -> Any:
        assumed = [*starts(ratio), *_at_turn(ratio, turn), rate > 0, rate < claimed(ratio, turn)]
        return assumed, level(ratio, 1, rate, turn) < 1

    def fails_above(ratio: Any, turn: Any, rate: Any, n: Any) -> Any:
        # whole numbers, as far as the proof needs to know
        whole = (n == 0) | (n == 1) | (n == turn) | ((n >= 2) & (n <= turn - 1)) | (n >= turn + 1)
        assumed = [*starts(ratio), *_at_turn(ratio, turn), whole, rate >= claimed(ratio, turn)]
        return assumed, level(ratio, 1, rate, n) >= 1

    return together(
        for_all(succeeds_below, ratio=RATIOS, turn=TURNS, rate=RATES),
        for_all(fails_above, ratio=RATIOS, turn=TURNS, rate=RATES, n=COUNTS),
    )


def near_start(ratio: Any, rate: Any) -> Any:
    """u_0 < eta or u_1 < eta iff r < 2."""
    crosses = [level(ratio, 1, rate, n) < 1 for n in (0, 1)]
    return [ratio > 0, rate > 0], (crosses[0] | crosses[1]) == (ratio < 2)


def bounds(ratio: Any, turn: Any) -> Any:
    """1 / y <= lambda* <= 1 / y + 1 / (4 y^2 (y - 1)), denominators multiplied out; 1 / y where y is whole."""
    y = 2 * ratio - 3
    excess = threshold_at(ratio, turn) * y - 1
    closed = (excess >= 0) & (4 * y * (y - 1) * excess <= 1)
    between = (turn > y) & (turn < y + 1)
    return [ratio >= 2, *_at_turn(ratio, turn)], closed & (between | (excess == 0))


def expansion(correction: Fraction) -> Check:
    """0 <= lambda* - 1 / (2 r) - correction / r^2 <= 2 / r^3 for r >= 4."""

    def statement(ratio: Any, turn: Any) -> Any:
        rest = (threshold_at(ratio, turn) * ratio - HALF) * ratio - correction
        return [ratio >= 4, *_at_turn(ratio, turn)], (rest >= 0) & (rest * ratio <= 2)

    return for_all(statement, ratio=RATIOS, turn=TURNS)
