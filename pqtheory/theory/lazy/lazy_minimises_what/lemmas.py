r"""One step of the lazy iteration as statements over terms: LazyProx itself on a line, inner products in any dimension.

D(u) = h(u) - h(p) - <theta, u - p> with h = |x|^2 / 2 + w R and p = prox_{wR}(theta) is how far u is from p, seen from
theta: theta is a subgradient of h at p, so D(u) >= |u - p|^2 / 2.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from pqtheory.methods import LazyProx, ProxQuant, State
from pqtheory.regularizers import DistanceL1, Regularizer
from pqtheory.sets import Codebook
from pqtheory.theory.given import Given, exact

#: |x|, the distance to one level: convex
DISTANCE = DistanceL1(Codebook([0]))
#: (L, lambda R) -> what is said to be minimised
Goal = Callable[[Any, Any], Any]
STEP = "theta g u eta lambda beta drop rise"
GROWING_STEP = f"{STEP} A"
PRODUCTS = "thp thq thu gp gq gu pp qq uu pq Rp Rq Ru eta beta drop rise"
GROWING_PRODUCTS = f"{PRODUCTS} A"


def loss_alone(loss: Any, penalty: Any) -> Any:
    """L."""
    return loss


def objective(loss: Any, penalty: Any) -> Any:
    """F = L + lambda R."""
    return loss + penalty


def _distance(theta: Any, p: Any, u: Any, weight: Any, regularizer: Regularizer) -> Any:
    """D(u)."""
    h = [(x * x) / 2 + weight * regularizer.value(x) for x in (u, p)]
    return h[0] - h[1] - theta * (u - p)


def one_step(
    *values: Any,
    goal: Goal = loss_alone,
    regularizer: Regularizer = DISTANCE,
    longest: Any = 1,
    growing: bool = False,
) -> Any:
    """Eta (f(next p) - f(u)) <= D(u) - D'(u), for every L with L(p) = 0 and L'(p) = g.

    ``drop`` says how far L at the next p is below what smoothness allows, ``rise`` how far L(u) is above what convexity
    demands.

    Parameters
    ----------
    *values : Term
        As named by ``STEP``, or by ``GROWING_STEP``: then the weights are lambda A and lambda (A + eta).
    goal : callable
        f.
    regularizer : Regularizer
        R.
    longest : number
        eta beta is at most this.
    growing : bool
        Whether the strength is aggregated.
    """
    theta, g, u, eta, strength, beta, drop, rise = values[:8]
    weight = strength * values[8] if growing else strength
    grown = strength * (values[8] + eta) if growing else strength
    method = LazyProx(regularizer, Given(eta), Given(weight))
    state = State(exact(theta), 0)
    p, moved = method.query(state), method.step(state, g)
    q = LazyProx(regularizer, Given(eta), Given(grown)).query(moved)
    inside = [eta > 0, strength > 0, beta > 0, eta * beta <= longest, drop >= 0, rise >= 0]
    if growing:
        inside.append(values[8] >= 0)
    after = g * (q - p) + beta * (q - p) * (q - p) / 2 - drop
    at_u = g * (u - p) + rise
    at_q, at_end = (strength * regularizer.value(x) for x in (q, u))
    gain = eta * (goal(after, at_q) - goal(at_u, at_end))
    before = _distance(theta, p, u, weight, regularizer)
    left = _distance(moved.latent, q, u, grown, regularizer)
    return inside, gain <= before - left


def one_step_in_products(*values: Any, growing: bool = False) -> Any:
    """The same for any dimension and any convex R, by inner products of theta, g, p, q = next p and u.

    It speaks of L at fixed strength, of F else; R stands for lambda R, and of its convexity one inequality is used.
    """
    thp, thq, thu, gp, gq, gu, pp, qq, uu, pq, r_p, r_q, r_u, eta, beta, drop, rise = values[:17]
    weight = values[17] if growing else 1
    grown = weight + eta if growing else 1
    square = qq - 2 * pq + pp
    inside = [eta > 0, beta > 0, eta * beta <= 1, square >= 0, drop >= 0, rise >= 0]
    after = gq - gp + beta * square / 2 - drop
    at_u = gu - gp + rise
    subgradient = weight * (r_q - r_p) >= thq - thp - pq + pp
    gain = after + r_q - at_u - r_u if growing else after - at_u
    before = uu / 2 + weight * r_u - pp / 2 - weight * r_p - thu + thp
    # the next theta is theta - eta g
    next_u, next_q = thu - eta * gu, thq - eta * gq
    left = uu / 2 + grown * r_u - qq / 2 - grown * r_q - next_u + next_q
    return [*inside, subgradient], eta * gain <= before - left


def falls(theta: Any, g: Any, eta: Any, strength: Any, beta: Any) -> Any:
    """L(next p) <= L(p) = 0, even for eta beta <= 2."""
    method = LazyProx(DISTANCE, Given(eta), Given(strength))
    state = State(exact(theta), 0)
    p, q = method.query(state), method.query(method.step(state, g))
    highest = g * (q - p) + beta * (q - p) * (q - p) / 2
    return [eta > 0, strength > 0, beta > 0, eta * beta <= 2], highest <= 0


def falls_in_products(*values: Any) -> Any:
    """The same for any dimension and convex R: the prox moves by |q - p|^2 <= -eta <g, q - p>."""
    gp, gq, pp, qq, pq, eta, beta = values
    square, along = qq - 2 * pq + pp, gq - gp
    monotone = square <= -eta * along
    inside = [eta > 0, beta > 0, eta * beta <= 2, square >= 0, monotone]
    return inside, along + beta * square / 2 <= 0


def never_negative(theta: Any, u: Any, weight: Any) -> Any:
    """D(u) >= (u - p)^2 / 2."""
    p = DISTANCE.prox(exact(theta), weight)
    return [weight >= 0], _distance(theta, p, u, weight, DISTANCE) >= (u - p) * (u - p) / 2


def stationary(p: Any, g: Any, strength: Any) -> Any:
    """0 in g + lambda dR(p) for R = |x|."""
    off = ((p > 0) & (g == -strength)) | ((p < 0) & (g == strength))
    return off | ((p == 0) & (g <= strength) & (-strength <= g))


def lazy_rests(theta: Any, g: Any, eta: Any, strength: Any, *, at_stationary: bool = False) -> Any:
    """The lazy iteration stays at theta iff L'(p) = g = 0; or, with ``at_stationary``, iff p is stationary for F."""
    method = LazyProx(DISTANCE, Given(eta), Given(strength))
    state = State(exact(theta), 0)
    rests = method.step(state, g).latent == theta
    p = method.query(state)
    told = stationary(p, g, strength) if at_stationary else g == 0
    return [eta > 0, strength > 0], rests == told


def eager_rests(p: Any, g: Any, eta: Any, strength: Any, *, at_stationary: bool = True) -> Any:
    """ProxQuant stays at p iff p is stationary for F = L + lambda R; or, without ``at_stationary``, iff g = 0."""
    after = ProxQuant(DISTANCE, Given(eta), Given(strength)).step(State(exact(p), 0), g).latent
    told = stationary(p, g, strength) if at_stationary else g == 0
    return [eta > 0, strength > 0], (after == p) == told


def nearest_minimiser(*values: Any) -> Any:
    """H(u) - <theta_0, u> is least at p_T, if theta_T - theta_0 has the same product with every minimiser u of L."""
    h_u, h_p, last_u, last_p, first_u, first_p = values
    subgradient = h_u - h_p >= last_u - last_p
    same = last_u - first_u == last_p - first_p
    return [subgradient, same], h_p - first_p <= h_u - first_u


def held(k: Any, steps: Any, eta: Any, share: Any, *, constant: Any = None) -> Any:
    """L(x) = -s x from 0 with lambda = T eta s: p stays 0 for T steps, and L(p_T) - L(1) = share D(1) / (eta T).

    With a ``constant`` it says instead that L(p_T) - L(1) <= constant D(1) / (eta T).
    """
    slope = share / (2 * eta * steps * (1 - share))
    strength = steps * eta * slope
    stays = DISTANCE.prox(exact(k * eta * slope), strength) == 0
    distance = _distance(0, 0 * share, 0 * share + 1, strength, DISTANCE)
    inside = [k >= 0, k <= steps, steps >= 1, eta > 0, share > 0, share < 1]
    if constant is not None:
        return inside, slope * eta * steps <= constant * distance
    return inside, stays & (slope * eta * steps == share * distance)


aggregated_step = partial(one_step, growing=True, goal=objective)
aggregated_step_in_products = partial(one_step_in_products, growing=True)
