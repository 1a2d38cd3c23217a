"""Without momentum, in the band: how often the rarer level is taken, and for how long the other one is held.

Of T steps N take the rarer level, N - T m = +-(theta_0 - theta_T) / (eta a (high - low)), and the band is one of these wide.
While the other level is taken theta moves by m of that a step, back to the rarer one.
"""

from typing import Any

from pqtheory.claims import ForAll, forall, invariant, nonnegative, positive, real
from pqtheory.claims.kinds import Kind
from pqtheory.theory.binary_connect.flip_law.band import in_band
from pqtheory.theory.binary_connect.flip_law.law import (
    RARE,
    RUNS,
    counts,
    following,
    is_rare,
    known,
)
from pqtheory.theory.binary_connect.grid_oscillation.runs import PLAIN

LINE_NAMES = ("a", "eta", "low", "high", "w")


def rarer(case: dict[str, Any]) -> Any:
    """The share m, times the gap."""
    gap, side = case["high"] - case["low"], case["side"]
    return (1 - side) / 2 * gap + side * (case["w"] - case["low"])


@forall(
    theta=real,
    flips=real,
    rare=real,
    steps=nonnegative,
    start=real,
    **RARE,
    cases=RUNS,
    given=lambda start, a, eta, low, high, w, side: [
        *known(low, high, w, side),
        in_band(start, a, eta, low, high, w),
    ],
    by=lambda **case: [counts.at(**case)],
)
def occupation(rare: Any, steps: Any, **case: Any) -> Any:
    """The rarer level is taken N times in T steps, |N - T m| < 1."""
    gap = case["high"] - case["low"]
    return abs(rare * gap - steps * rarer(case)) < gap


@invariant(
    state="theta n",
    fixed={**RARE, "first": real},
    begins=lambda first: {"theta": first, "n": 0},
    becomes=lambda theta, n, a, eta, low, high, w, side: {
        "theta": following(theta, a, eta, low, high, w),
        "n": n + 1,
    },
    given=lambda low, high, w, side: known(low, high, w, side),
    step=lambda theta, low, high, side: [is_rare(theta, low, high, side) == 0],
)
def holds_on(theta: Any, n: Any, first: Any, eta: Any, a: Any, side: Any, **case: Any) -> Any:
    """While the other level is taken theta moves by eta a m (high - low) a step, back to the rarer one."""
    return theta == first + side * n * eta * a * rarer({**case, "side": side})


def dwells(within: Any = 1, count: Kind = positive) -> ForAll:
    """The other level is taken n times in a row, |n - (1 - m) / m| < ``within``."""

    @forall(
        theta=real,
        last=real,
        end=real,
        n=count,
        **RARE,
        cases=PLAIN,
        given=lambda theta, last, end, a, eta, low, high, w, side: [
            *known(low, high, w, side),
            in_band(theta, a, eta, low, high, w),
            # the rarer level at theta, then the other until ``last``, and the rarer one again at ``end``
            is_rare(theta, low, high, side) == 1,
            is_rare(last, low, high, side) == 0,
            is_rare(end, low, high, side) == 1,
        ],
        by=lambda theta, last, end, n, **case: [
            holds_on.at(
                theta=place,
                n=count,
                first=following(theta, *(case[k] for k in LINE_NAMES)),
                **case,
            )
            for place, count in ((last, n - 1), (end, n))
        ],
    )
    def in_a_row(n: Any, **case: Any) -> Any:
        gap, m = case["high"] - case["low"], rarer(case)
        return abs(n * m - (gap - m)) < within * m

    return in_a_row
