r"""Prox-gradient steps at beta = 1, coordinate by coordinate: what one gains, and a run on integers that gains no more.

a = 1/x, D the step, U the change of grad L, G = U - a D the new gradient of F that the prox selects. The gain is
F_old - F_new >= E = |G|^2/4 + (a - 1)<G, D>/2 + (a^2 - 1)|D|^2/4, and smoothness is S = |G + a D|^2 - |D|^2 <= 0. All
of these are sums over coordinates, so forms are shown to be >= 0 in one.

The run goes 0, 1, .. T on the line: L'' = c up to T - 1 and -1 from there, lambda R_j = (c - a) j / 2 - c j^2 / 2 at
the integers 0 .. T and infinite elsewhere. Each step ties with staying, and all are of length 1.
"""

from collections.abc import Callable
from fractions import Fraction
from functools import partial
from typing import Any

HALF = Fraction(1, 2)
#: (x, T) -> C
Constant = Callable[[Any, Any], Any]
ENERGY = "g D U x"
FORM = "G D x T"
RUN, REACHED = "x T j k", "x T"


def energy(G: Any, D: Any, x: Any) -> Any:
    """E."""
    a = 1 / x
    return G * G / 4 + (a - 1) * G * D / 2 + (a * a - 1) * D * D / 4


def gains(g: Any, D: Any, U: Any, x: Any) -> Any:
    """F_old - F_new >= E, from the descent lemma at z, seen from both ends, and the prox against the old point.

    With old = 0, new = D and L'(old) = g: L(z) <= L_old + g z + z^2/2, L(z) >= L_new + (g + U)(z - D) - (z - D)^2/2.
    """
    z = (D + U) / 2
    loss = (g + U) * (z - D) - (z - D) * (z - D) / 2 - g * z - z * z / 2
    moved = -x * g
    penalty = ((D - moved) * (D - moved) - moved * moved) / (2 * x)
    return [x > 0], loss + penalty >= energy(U - D / x, D, x)


def smallest_gradient_gains(
    G: Any, D: Any, x: Any, T: Any, *, claimed: Constant, largest: Any = 1
) -> Any:
    """E >= |G|^2 / (T C), so that T steps gain at least 1 / C of the least |G|^2."""
    return _inside(x, T, largest), energy(G, D, x) * T * claimed(x, T) >= G * G


def other_steps_gain(G: Any, D: Any, x: Any, T: Any) -> Any:
    """E >= (a - 1) |D|^2 / 2 for the T - 1 steps that are not the shortest."""
    return _inside(x, T), energy(G, D, x) >= (1 / x - 1) * D * D / 2


def smallest_step_gains(
    G: Any, D: Any, x: Any, T: Any, *, claimed: Constant, largest: Any = 1
) -> Any:
    """E + q S + (T - 1)(a - 1) |D|^2 / 2 >= |G|^2 / C with q = (T - 1)(a - 1) / (2 (a + 1)) >= 0."""
    a = 1 / x
    others = (T - 1) * (a - 1) / 2
    smooth = (G + a * D) * (G + a * D) - D * D
    form = energy(G, D, x) + others / (a + 1) * smooth + others * D * D
    return _inside(x, T, largest), (others >= 0) & (form * claimed(x, T) >= G * G)


def bounded(
    claimed: Constant, by_step: bool, largest: Any = 1
) -> tuple[tuple[str, Callable[..., Any], str], ...]:
    """(what, statement, variables): together they say that C bounds every run, for any R, by its selected gradients."""
    gain = smallest_step_gains if by_step else smallest_gradient_gains
    enough = partial(gain, claimed=claimed, largest=largest)
    return (
        ("a step gains at least E", gains, ENERGY),
        ("a step that is not the shortest gains (a - 1)|D|^2 / 2", other_steps_gain, FORM),
        ("so C is enough", enough, FORM),
    )


def is_a_run(x: Any, T: Any, j: Any, k: Any, *, bend: int, by_step: bool, largest: Any = 1) -> Any:
    """The run with c = ``bend`` is one, step k against the point j; F is least, and theta_best may be, at T."""
    a = 1 / x
    moved = (k - 1) * (1 - x * bend)
    prox = _penalty(k, a, bend) + (k - moved) * (k - moved) * a / 2
    other = _penalty(j, a, bend) + (j - moved) * (j - moved) * a / 2
    before = j * j * bend / 2 + _penalty(j, a, bend)
    least = (before >= _last(T, a, bend)) | (j > T - 1)
    # all steps are of length 1; |G_k| before T against |G_T|
    best = by_step or (bend - a) * (bend - a) >= (1 + a) * (1 + a)
    whole = [k >= 1, k <= T, j >= 0, j <= T, (j >= k) | (j <= k - 1)]
    return [*_inside(x, T, largest), *whole], (prox <= other) & least & best


def reaches(x: Any, T: Any, *, bend: int, claimed: Constant, largest: Any = 1) -> Any:
    """The run has |G_T|^2 = C (F_0 - F_T)."""
    a = 1 / x
    reached = claimed(x, T) * -_last(T, a, bend)
    return _inside(x, T, largest), (1 + a) * (1 + a) == reached


def _penalty(i: Any, a: Any, bend: int) -> Any:
    """Lambda R_i."""
    return (bend - a) * i / 2 - bend * i * i / 2


def _last(T: Any, a: Any, bend: int) -> Any:
    """F_T, where F_0 = 0."""
    return (T - 1) * (T - 1) * bend / 2 + (T - 1) * bend - HALF + _penalty(T, a, bend)


def _inside(x: Any, T: Any, largest: Any = 1) -> list[Any]:
    return [x > 0, x <= largest, T >= 1]
