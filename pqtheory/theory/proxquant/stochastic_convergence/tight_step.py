r"""A step after which F is what it was and |G|^2 = (1 + x) / (1 - x) |xi|^2, for every x = (k^2 - 1) / (k^2 + 1), k > 1.

On the line with beta = 1: L'' = 1 from 0 to 1, -1 from there to 1 + 1/k, and 0 elsewhere, L'(0) = 0; lambda R is 0 at 0, -L(1 +
1/k) at 1 + 1/k, and infinite elsewhere. The gradient at 0 is off by xi = 1 - 1/x, and the step ties with staying.
"""

from collections.abc import Callable
from typing import Any

from pqtheory._arrays import as_array
from pqtheory.claims import ForAll, forall, nonnegative, positive, real
from pqtheory.theory.proxquant.proxquant_convergence.selecting import Selecting, after


def size(k: Any) -> Any:
    """The step size x; (1 + x) / (1 - x) is k^2."""
    return (k * k - 1) / (k * k + 1)


def clipped(t: Any, k: Any) -> Any:
    """The point of [0, 1 + 1/k] that is nearest to t."""
    xp, t = as_array(t + 0 * k)
    return xp.minimum(xp.maximum(t, 0 * t), end(k))


def slope(t: Any, k: Any) -> Any:
    """L'."""
    xp, inside = as_array(clipped(t, k))
    return xp.where(inside <= 1, inside, 2 - inside)


def loss(t: Any, k: Any) -> Any:
    """L."""
    xp, inside = as_array(clipped(t, k))
    past = inside - 1
    above = xp.where(past > 0, past, 0 * past)
    return inside**2 / 2 - above**2 + slope(t, k) * (t - inside)


@forall(y=real, z=real, k=positive, given=lambda k: [k > 1])
def is_smooth(y: Any, z: Any, k: Any) -> Any:
    """L is 1-smooth."""
    off = loss(z, k) - loss(y, k) - slope(y, k) * (z - y)
    return abs(off) <= (z - y) ** 2 / 2


def end(k: Any) -> Any:
    """Where the step leads."""
    return 1 + 1 / k


def error(k: Any) -> Any:
    """The number xi."""
    return 1 - 1 / size(k)


def selected(k: Any) -> Any:
    """Lambda s: what the prox selects there."""
    return -end(k) / size(k) - error(k)


def no_less(claimed: Callable[[Any], Any]) -> ForAll:
    """Whatever multiple of F_0 - F_* is added, |G|^2 <= .. + C |xi|^2 needs a C of ``claimed`` at least."""

    @forall(
        k=positive,
        strength=positive,
        multiple=nonnegative,
        C=real,
        given=lambda k, multiple, C: [
            k > 1,
            _square(k)
            <= multiple * (loss(0, k) - loss(end(k), k) - _penalty(k)) + C * error(k) ** 2,
        ],
    )
    def needed(k: Any, strength: Any, C: Any) -> Any:
        x, xi = size(k), error(k)
        leads = after(
            Selecting(selected(k) / strength), 0 * k, slope(0, k) + xi, x, strength
        ) == end(k)
        moved = -x * (slope(0, k) + xi)
        ties = x * _penalty(k) + (end(k) - moved) ** 2 / 2 == moved**2 / 2
        return leads & ties & (claimed(x) <= C)

    return needed


def _square(k: Any) -> Any:
    return (slope(end(k), k) + selected(k)) ** 2


def _penalty(k: Any) -> Any:
    """Lambda R at the end, where F is what it is at 0."""
    return -loss(end(k), k)
