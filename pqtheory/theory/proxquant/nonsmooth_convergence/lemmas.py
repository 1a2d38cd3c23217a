r"""One prox-gradient step on L + lambda W at beta = 1, one coordinate: from p to q = prox_{x lambda W}(y), y = p - x g.

L'(p) = g, e = L'(q), D = q - p, and G = e + (y - q) / x is the element of dF(q) that the prox selects. Everything,
dist^2 too, is a sum over coordinates. F_0 - F_* is at least

    fall = (g + e)(p - q)/2 + (g - e)^2/4 - D^2/4,    plus lambda (W(p) - W(q)), by smoothness from both ends,
    rest = the largest of lambda (|q - 1| - |v - 1|) - e (v - q) - (v - q)^2/2, F's upper model at v (for q > 0).

A step that does not cross 0 gains as if W were convex. One that does lands at q < 1 with G = e - lambda; then
rest >= max(-G - 2 lambda, 0)^2 / 2. Where the step ends at the level, the rest alone is >= dist^2 / 2.
"""

from collections.abc import Callable
from typing import Any

from pqtheory._arrays import as_array
from pqtheory.claims import ForAll, forall, nonnegative, positive, real
from pqtheory.claims.lemma import Instance
from pqtheory.regularizers import DistanceL1
from pqtheory.sets import Binary, Codebook
from pqtheory.theory.proxquant.proxquant_convergence.coordinates import UP_TO_ONE

W = DistanceL1(Binary())
#: the branch of W round the level 1, never below W
BRANCH = DistanceL1(Codebook([1]))
#: x -> K
Constant = Callable[[Any], Any]
Map = Callable[[Any, Any], Any]


def first_step_constant(x: Any) -> Any:
    """K = 2 (1 + 3x - x^2 - x^3) / (x (1 + 2x - 2x^2)): the best constant of the W for one step."""
    return 2 * (1 + 3 * x - x * x - x * x * x) / (x * (1 + 2 * x - 2 * x * x))


def distance(e: Any, q: Any, strength: Any) -> Any:
    """dist(0, e + lambda dW(q))."""
    low, high = (e + strength * slope for slope in W.subdifferential(q))
    return positive_part(low) + positive_part(-high)


def positive_part(value: Any) -> Any:
    """max(value, 0)."""
    xp, value = as_array(value)
    return xp.where(value > 0, value, 0 * value)


def fall(p: Any, g: Any, e: Any, q: Any) -> Any:
    """What smoothness alone leaves of L(p) - L(q)."""
    return (g + e) * (p - q) / 2 + (g - e) * (g - e) / 4 - (p - q) * (p - q) / 4


def lowest(q: Any, e: Any, strength: Any) -> Any:
    """The v where F's upper model, on W's branch, is least."""
    return BRANCH.prox(q - e, strength)


def rest(q: Any, e: Any, strength: Any) -> Any:
    """F(q) minus the least value of F's upper model, on W's branch."""
    v = lowest(q, e, strength)
    drop = strength * (BRANCH.value(q) - BRANCH.value(v))
    return drop - e * (v - q) - (v - q) * (v - q) / 2


def gain(p: Any, g: Any, e: Any, strength: Any, x: Any) -> Any:
    """Fall + rest, for y >= 0."""
    q = W.prox(p - x * g, x * strength)
    return fall(p, g, e, q) + strength * (W.value(p) - W.value(q)) + rest(q, e, strength)


def off_the_hump(prox: Map = W.prox) -> ForAll:
    """The prox stays away from the hump at 0."""

    @forall(t=real, w=positive)
    def stays_away(t: Any, w: Any) -> Any:
        p = prox(t, w)
        return (abs(p) >= w) | (abs(p) >= 1)

    return stays_away


def _is_near(t: Any, h: Any) -> list[Any]:
    """No kink is within h, but perhaps t itself."""
    return [(kink == t) | (abs(kink - t) >= h) for kink in (-1, 0, 1)]


@forall(t=real, h=positive, given=_is_near)
def has_these_slopes(t: Any, h: Any) -> Any:
    """dW(t) reaches from the smaller one-sided slope to the larger one."""
    xp, here = as_array(W.value(t))
    before, after = (here - W.value(t - h)) / h, (W.value(t + h) - here) / h
    low, high = W.subdifferential(t)
    return (low == xp.minimum(before, after)) & (high == xp.maximum(before, after))


@forall(y=real, e=real, w=positive)
def selected(y: Any, e: Any, w: Any) -> Any:
    """What the prox selects, y - q, is in w dW(q), so dist(0, dF(q)) <= |G|; all times x, e for x L', w for x lambda."""
    q = W.prox(y, w)
    low, high = W.subdifferential(q)
    inside = (w * low <= y - q) & (y - q <= w * high)
    return inside & (distance(e, q, w) <= abs(e + y - q))


@forall(y=real, e=real, w=positive)
def selected_is_nearest(y: Any, e: Any, w: Any) -> Any:
    """False: dist(0, dF(q)) = |G|."""
    q = W.prox(y, w)
    return distance(e, q, w) == abs(e + y - q)


STEP: dict[str, Any] = {"p": real, "g": real, "e": real, "strength": positive, "x": UP_TO_ONE}


def leads_to(p: Any, g: Any, strength: Any, x: Any) -> tuple[Any, Any]:
    """Before the prox and after it: y, q."""
    y = p - x * g
    return y, W.prox(y, x * strength)


@forall(
    part=real,
    whole=real,
    square=nonnegative,
    dist2=real,
    K=positive,
    given=lambda part, whole, square, dist2, K: [
        part <= whole,
        square == dist2,
        part * K >= square,
    ],
)
def part_will_do(whole: Any, dist2: Any, K: Any) -> Any:
    """Where a part of the gain is enough, the whole is."""
    return whole * K >= dist2


# the step ends at the level: the rest will do


def ends_at_the_level(p: Any, g: Any, strength: Any, x: Any) -> list[Any]:
    """Whether q = 1."""
    y, q = leads_to(p, g, strength, x)
    return [y >= 0, q == 1]


@forall(**STEP, given=ends_at_the_level)
def falls_onto_the_level(p: Any, g: Any, e: Any, strength: Any, x: Any) -> Any:
    """It falls."""
    q = leads_to(p, g, strength, x)[1]
    return fall(p, g, e, q) + strength * (W.value(p) - W.value(q)) >= 0


@forall(e=real, q=real, strength=positive, given=lambda q: [q == 1])
def rest_at_the_level(e: Any, q: Any, strength: Any) -> Any:
    """The rest is at least dist^2 / 2."""
    dist = distance(e, q, strength)
    return rest(q, e, strength) >= dist * dist / 2


# it does not cross 0: as if W were convex


def stays_aside(p: Any, g: Any, strength: Any, x: Any) -> list[Any]:
    """Whether p >= 0 or q > 1, and q is not 1."""
    y, q = leads_to(p, g, strength, x)
    return [y >= 0, (p >= 0) | (q > 1), q != 1]


@forall(**STEP, given=stays_aside)
def is_convex_there(p: Any, g: Any, e: Any, strength: Any, x: Any) -> Any:
    """W(p) - W(q) >= s (p - q) with s = (y - q) / (x lambda), the rest is >= 0, and dist = |G|."""
    y, q = leads_to(p, g, strength, x)
    dist, G = distance(e, q, strength), e + (y - q) / x
    convex = strength * (W.value(p) - W.value(q)) >= (y - q) / x * (p - q)
    return convex & (rest(q, e, strength) >= 0) & (dist * dist == G * G)


def energy(G: Any, D: Any, x: Any) -> Any:
    """What a step gains on a convex function: E + |D|^2 / (2 x)."""
    return fall(0, -D / x, G, D)


@forall(**STEP, q=real)
def is_the_energy(p: Any, g: Any, e: Any, x: Any, q: Any) -> Any:
    """Fall + lambda s (p - q), by G and D = q - p alone."""
    s = (p - x * g - q) / x
    return fall(p, g, e, q) + s * (p - q) == energy(e + s, q - p, x)


@forall(
    **STEP,
    given=stays_aside,
    by=lambda **case: [
        is_convex_there.at(**case),
        is_the_energy.at(**case, q=leads_to(case["p"], case["g"], case["strength"], case["x"])[1]),
    ],
)
def gains_the_energy(p: Any, g: Any, e: Any, strength: Any, x: Any) -> Any:
    """Fall + rest is at least that, and dist = |G|."""
    y, q = leads_to(p, g, strength, x)
    dist, G = distance(e, q, strength), e + (y - q) / x
    return (gain(p, g, e, strength, x) >= energy(G, q - p, x)) & (dist * dist == G * G)


# it crosses 0, and lands before the level: a quadratic form


def crosses(p: Any, g: Any, strength: Any, x: Any) -> list[Any]:
    """Whether p < 0 < q < 1."""
    y, q = leads_to(p, g, strength, x)
    return [y >= 0, p < 0, q < 1]


@forall(**STEP, given=crosses)
def lands_before(p: Any, g: Any, e: Any, strength: Any, x: Any) -> Any:
    """At q = y + x lambda: W(p) - W(q) >= p + q, G = e - lambda and rest >= max(-G - 2 lambda, 0)^2 / 2."""
    y, q = leads_to(p, g, strength, x)
    there, dist, beyond = y + x * strength, distance(e, q, strength), positive_part(-e - strength)
    return (
        (fall(p, g, e, q) == fall(p, g, e, there))
        & (strength * (W.value(p) - W.value(q)) >= strength * (p + there))
        & (dist * dist == (strength - e) ** 2)
        & (rest(q, e, strength) >= beyond * beyond / 2)
    )


def what_is_left(p: Any, g: Any, e: Any, strength: Any, x: Any) -> Any:
    """The gain of such a step, at least."""
    q, beyond = p - x * g + x * strength, positive_part(-e - strength)
    return fall(p, g, e, q) + strength * (p + q) + beyond * beyond / 2


TERMS: dict[str, Any] = dict.fromkeys(("a", "b", "r", "own_a", "own_b", "own_r"), real)


@forall(
    **TERMS,
    given=lambda a, b, r, own_a, own_b, own_r: [a == own_a, b >= own_b, r >= own_r],
)
def sums_are_more(a: Any, b: Any, r: Any, own_a: Any, own_b: Any, own_r: Any) -> Any:
    """Term by term."""
    return a + b + r >= own_a + own_b + own_r


def _term_by_term(**case: Any) -> list[Instance]:
    p, g, e, strength = (case[name] for name in ("p", "g", "e", "strength"))
    y, q = leads_to(p, g, strength, case["x"])
    there, beyond = y + case["x"] * strength, positive_part(-e - strength)
    own = {
        "a": fall(p, g, e, q),
        "b": strength * (W.value(p) - W.value(q)),
        "r": rest(q, e, strength),
    }
    less = {
        "own_a": fall(p, g, e, there),
        "own_b": strength * (p + there),
        "own_r": beyond * beyond / 2,
    }
    return [lands_before.at(**case), sums_are_more.at(**own, **less)]


@forall(**STEP, given=crosses, by=_term_by_term)
def gains_what_is_left(p: Any, g: Any, e: Any, strength: Any, x: Any) -> Any:
    """Fall + rest is at least that."""
    return gain(p, g, e, strength, x) >= what_is_left(p, g, e, strength, x)
