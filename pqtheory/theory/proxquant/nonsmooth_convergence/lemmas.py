r"""One prox-gradient step on L + lambda W at beta = 1, one coordinate: from p to q = prox_{x lambda W}(p - x g).

L'(p) = g, D = q - p, and G = L'(q) + (p - x g - q) / x is the element of dF(q) that the prox selects; e = L'(q). By
symmetry q > 0. Everything, dist^2 too, is a sum over coordinates. Gains are at least

    fall = (g + e)(p - q)/2 + (g - e)^2/4 - D^2/4 + lambda (W(p) - W(q)),
    rest = the largest of lambda (|q - 1| - |v - 1|) - e (v - q) - (v - q)^2/2,

the first by smoothness, the second because F_* is at most the value of F's upper model at v.
"""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from pqtheory._arrays import as_array
from pqtheory.regularizers import DistanceL1
from pqtheory.sets import Binary, Codebook

W = DistanceL1(Binary())
#: the branch of W round the level 1, never below W
BRANCH = DistanceL1(Codebook([1]))
HALF = Fraction(1, 2)
#: x -> K
Constant = Callable[[Any], Any]
Map = Callable[[Any, Any], Any]
STEP = "p g e lambda x"


def first_step_constant(x: Any) -> Any:
    """K = 2 (1 + 3x - x^2 - x^3) / (x (1 + 2x - 2x^2)): the best constant of the W for one step."""
    return 2 * (1 + 3 * x - x * x - x * x * x) / (x * (1 + 2 * x - 2 * x * x))


def distance(e: Any, q: Any, strength: Any) -> Any:
    """dist(0, e + lambda dW(q)) for q > 0: one slope off the level, [-1, 1] at it."""
    xp, _ = as_array(q)
    at_level = _positive(abs(e) - strength)
    return xp.where(q == 1, at_level, xp.where(q > 1, abs(e + strength), abs(e - strength)))


def off_the_hump(t: Any, w: Any, *, prox: Map = W.prox) -> Any:
    """|prox(t)| >= min(w, 1)."""
    p = prox(t, w)
    return [w > 0], (abs(p) >= w) | (abs(p) >= 1)


def selected(y: Any, e: Any, w: Any, *, nearest: bool = False) -> Any:
    """dist(0, dF(q)) <= |G|, all times x: e for x L'(q), w for x lambda; with ``nearest`` as if they were equal."""
    q = W.prox(y, w)
    dist, size = distance(e, q, w), abs(e + y - q)
    return [w > 0, y >= 0], dist == size if nearest else dist <= size


def first_step(p: Any, g: Any, e: Any, strength: Any, x: Any, *, constant: Constant) -> Any:
    """Fall + rest >= dist^2 / K."""
    y = p - x * g
    q = W.prox(y, x * strength)
    dist = distance(e, q, strength)
    gain = fall(p, g, e, q) + strength * (W.value(p) - W.value(q)) + rest(q, e, strength)
    return [strength > 0, x > 0, x <= 1, y >= 0], gain * constant(x) >= dist * dist


def fall(p: Any, g: Any, e: Any, q: Any) -> Any:
    """What smoothness alone leaves of L(p) - L(q)."""
    return (g + e) * (p - q) / 2 + (g - e) * (g - e) / 4 - (p - q) * (p - q) / 4


def rest(q: Any, e: Any, strength: Any) -> Any:
    """F(q) minus the least value of F's upper model, on W's branch."""
    v = BRANCH.prox(q - e, strength)
    drop = strength * (BRANCH.value(q) - BRANCH.value(v))
    return drop - e * (v - q) - (v - q) * (v - q) / 2


def rest_of_it(q: Any, e: Any, strength: Any) -> Any:
    """At q > 0: rest >= 0; where q < 1, G = e - lambda and rest >= max(-G - 2 lambda, 0)^2 / 2."""
    beyond, left = -e - strength, rest(q, e, strength)
    inside = [strength > 0, q > 0]
    return inside, (left >= 0) & ((q >= 1) | (beyond <= 0) | (left >= beyond * beyond / 2))


def rest_at_the_level(e: Any, strength: Any) -> Any:
    """At q = 1: rest >= dist^2 / 2."""
    q = 0 * e + 1
    dist = distance(e, q, strength)
    return [strength > 0], rest(q, e, strength) >= dist * dist / 2


def no_crossing(p: Any, y: Any, w: Any) -> Any:
    """If p >= 0 or q > 1: w (W(p) - W(q)) >= (y - q)(p - q), as if W were convex."""
    q = W.prox(y, w)
    aside = (p >= 0) | (q > 1)
    return [w > 0, y >= 0, aside], w * (W.value(p) - W.value(q)) >= (y - q) * (p - q)


def crossing(p: Any, y: Any, w: Any) -> Any:
    """If p < 0 < q < 1: q = y + w >= w and W(p) - W(q) >= p + q, as W(p) >= 1 + p."""
    q = W.prox(y, w)
    return [w > 0, y >= 0, p < 0, q < 1], (q == y + w) & (q >= w) & (
        W.value(p) - W.value(q) >= p + q
    )


def without_crossing(G: Any, D: Any, x: Any, *, constant: Constant) -> Any:
    """E + |D|^2 / (2 x) >= |G|^2 / K: what ``no_crossing`` leaves, for e = G - s and g = -s - D / x."""
    return [x > 0, x <= 1], fall(0, -D / x, G, D) * constant(x) >= G * G


def scaled(q: Any, P: Any, d: Any, strength: Any, x: Any) -> Any:
    """Fall + max(d - 2 lambda, 0)^2 / 2, p = -P < 0 < q < 1, G = -d, g = lambda - (q + P) / x, is a form / (4 x^2)."""
    fallen = fall(-P, strength - (q + P) / x, strength - d, q) + strength * (q - P)
    beyond = _positive(d - 2 * strength)
    form = _form(q, P, x * d, x * strength, x)
    return [x > 0], 4 * x * x * (fallen + beyond * beyond / 2) == form


def with_crossing(P: Any, c: Any, m: Any, x: Any, *, constant: Constant) -> Any:
    """The form is >= 4 c^2 / K, for c = x d, m = x lambda <= q; q = 1, since it is homogeneous in q, P, c, m."""
    inside = [x > 0, x <= 1, P >= 0, m > 0, m <= 1]
    return inside, _form(1, P, c, m, x) * constant(x) >= 4 * c * c


def _form(q: Any, P: Any, c: Any, m: Any, x: Any) -> Any:
    D, beyond = q + P, _positive(c - 2 * m)
    return (
        2 * x * D * (D + c)
        + (c - D) * (c - D)
        - x * x * D * D
        - 8 * x * m * P
        + 2 * beyond * beyond
    )


def _positive(value: Any) -> Any:
    xp, value = as_array(value)
    return xp.where(value > 0, value, 0 * value)


def falls_onto_the_level(p: Any, g: Any, e: Any, strength: Any, x: Any) -> Any:
    """If q = 1: fall + lambda W(p) >= 0, so that the rest is enough."""
    y = p - x * g
    at_level = W.prox(y, x * strength) == 1
    gained = fall(p, g, e, 1) + strength * W.value(p)
    return [strength > 0, x > 0, x <= 1, y >= 0, at_level], gained >= 0


def at_least_two(x: Any, *, constant: Constant) -> Any:
    """K >= 2: what the rest at the level needs."""
    return [x > 0, x <= 1], constant(x) >= 2
