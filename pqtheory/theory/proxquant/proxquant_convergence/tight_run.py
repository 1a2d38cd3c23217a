r"""A run that gains no more than the constants say, at beta = 1: 0, 1, .. T on the line.

L'' = c up to T - 1 and -1 from there; lambda R_j = (c - a) j / 2 - c j^2 / 2 at the integers j = 0 .. T, infinite
elsewhere. Each step ties with staying, and all are of length 1.
"""

from typing import Any

from pqtheory._arrays import as_array
from pqtheory.claims import ForAll, forall, positive, real
from pqtheory.claims.kinds import Kind
from pqtheory.theory.proxquant.proxquant_convergence.coordinates import UP_TO_ONE
from pqtheory.theory.proxquant.proxquant_convergence.descent import Constant
from pqtheory.theory.proxquant.proxquant_convergence.selecting import Selecting, after


def loss(t: Any, T: Any, c: int) -> Any:
    """L."""
    beyond = _beyond(t, T)
    return c * t**2 / 2 - (1 + c) * beyond**2 / 2


def slope(t: Any, T: Any, c: int) -> Any:
    """L'."""
    return c * t - (1 + c) * _beyond(t, T)


def _beyond(t: Any, T: Any) -> Any:
    xp, past = as_array(t - T + 1)
    return xp.where(past > 0, past, 0 * past)


def penalty(j: Any, x: Any, c: int) -> Any:
    """Lambda R at an integer."""
    return (c - 1 / x) * j / 2 - c * j**2 / 2


def selected(k: Any, x: Any, T: Any, c: int) -> Any:
    """Lambda s, for the s that the prox selects at k."""
    return -1 / x - slope(k - 1, T, c)


def is_smooth(c: int) -> ForAll:
    """L is 1-smooth."""

    @forall(y=real, z=real, T=real)
    def between_the_bounds(y: Any, z: Any, T: Any) -> Any:
        off = loss(z, T, c) - loss(y, T, c) - slope(y, T, c) * (z - y)
        return abs(off) <= (z - y) ** 2 / 2

    return between_the_bounds


def is_a_run(c: int, by_step: bool) -> ForAll:
    """Step k leads from k - 1 to k, where no j has a smaller prox objective; F is least at T, theta_best may be T."""

    @forall(
        x=UP_TO_ONE,
        T=real,
        j=real,
        k=real,
        strength=positive,
        given=lambda T, j, k: [
            k >= 1,
            (k <= T - 1) | (k == T),
            j >= 0,
            (j <= T - 1) | (j == T),
            (j >= k) | (j <= k - 1),
        ],
    )
    def run(x: Any, T: Any, j: Any, k: Any, strength: Any) -> Any:
        moved = k - 1 - x * slope(k - 1, T, c)
        new = after(
            Selecting(selected(k, x, T, c) / strength), k - 1, slope(k - 1, T, c), x, strength
        )
        prox = x * penalty(k, x, c) + (k - moved) ** 2 / 2
        least = loss(T, T, c) + penalty(T, x, c)
        # all steps are of length 1
        best = by_step or _square(k, x, T, c) >= _square(T, x, T, c)
        return (
            (new == k)
            & (prox <= x * penalty(j, x, c) + (j - moved) ** 2 / 2)
            & (loss(j, T, c) + penalty(j, x, c) >= least)
            & best
        )

    return run


def _square(k: Any, x: Any, T: Any, c: int) -> Any:
    """|G_k|^2."""
    return (slope(k, T, c) + selected(k, x, T, c)) ** 2


def allows_no_less(claimed: Constant, c: int, up_to: Kind = UP_TO_ONE) -> ForAll:
    """The run has |G_T|^2 = C (F_0 - F_T), and F_0 > F_T: whatever bounds it is at least C."""

    def gained(x: Any, T: Any) -> Any:
        return -loss(T, T, c) - penalty(T, x, c)

    @forall(
        x=up_to,
        T=real,
        bound=real,
        given=lambda x, T, bound: [T >= 1, _square(T, x, T, c) <= bound * gained(x, T)],
    )
    def no_less(x: Any, T: Any, bound: Any) -> Any:
        reached = _square(T, x, T, c) == claimed(x, T) * gained(x, T)
        return reached & (gained(x, T) > 0) & (bound >= claimed(x, T))

    return no_less
