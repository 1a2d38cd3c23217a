r"""The run of one step that comes close to K, for every x: lemmas that its ratio is (1 - 14 b) K at least.

From p = -(1 + x) / (1 + 3x - 2x^2) with g = p / x, so that the prox has a tie, it lands at q = x lambda = 1 - b, where
e = -(1 + x)(1 + 2x - 2x^2) / (x (1 + 3x - 2x^2)). The loss is the bent one: it falls by ``fall``, and F further by
``rest`` at most, as past q it is its upper model, and before q it is higher.

    x^2 dist^2 >= 1 and (fall + rest) K <= dist^2 + 14 b / x^2,   0 < b <= x^2 / 2^20.
"""

from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np

from pqtheory.claims.lemmas import Lemma
from pqtheory.theory.proxquant.nonsmooth_convergence import runs
from pqtheory.theory.proxquant.nonsmooth_convergence.lemmas import Constant, W, distance, fall, rest

LOSS = "g p m q t"
RUN = "x b"


def numbers(x: Any, b: Any) -> tuple[Any, Any, Any, Any, Any]:
    """p, g, e, lambda, q."""
    share = 1 + 3 * x - 2 * x * x
    p = -(1 + x) / share
    e = -(1 + x) * (1 + 2 * x - 2 * x * x) / share / x
    return p, p / x, e, (1 - b) / x, 1 - b


def step(x: Fraction) -> tuple[Fraction, ...]:
    """(p, g, e, lambda, x) with b = x^2 ``BEFORE``."""
    return *numbers(x, x * x * runs.BEFORE)[:4], x


def first_step(x: Fraction) -> Fraction:
    """dist(0, dF(theta_1))^2 / (F_0 - F_*) of that run."""
    p, g, e, strength, _ = step(x)
    q = x * strength
    loss = runs.bent(*(np.array([v], dtype=object) for v in (g, p, q, e)))
    return runs.ratio(loss, strength, x, np.array([p], dtype=object), 1, runs.GRADIENT)


def lemmas(constant: Constant) -> tuple[Lemma, ...]:
    """Together they say that this run comes as close to ``constant`` as one likes."""
    return (
        Lemma("the step ties and lands at q = 1 - b", lands, RUN),
        Lemma("the turns are in order, the loss falls at each", turns, RUN),
        Lemma("from p to q it falls by `fall`", falls, "g p m q"),
        Lemma("before q it is higher", before, LOSS),
        Lemma("where F can be less than at q by the rest only", less_before, RUN),
        Lemma("past q it is its upper model", model, LOSS),
        Lemma("where F is less than at q by the rest at most", less_past, "q e lambda t"),
        Lemma("in closed form", closed_form, RUN),
        Lemma("so the ratio is (1 - 14 b) C", partial(reaches, constant=constant), RUN),
    )


def _inside(x: Any, b: Any) -> list[Any]:
    return [x > 0, x <= 1, b > 0, b <= x * x * runs.BEFORE]


def lands(x: Any, b: Any) -> Any:
    """prox(p - x g) = q."""
    p, g, _, strength, q = numbers(x, b)
    return _inside(x, b), (p - x * g == 0) & (W.prox(p - x * g, x * strength) == q)


def turns(x: Any, b: Any) -> Any:
    """Turns p < m < q with slopes g, g + m - p, e <= 0."""
    p, g, e, _, q = numbers(x, b)
    m = runs.middle_of(g, p, q, e)
    return _inside(x, b), (p < m) & (m < q) & (g <= 0) & (g + m - p <= 0) & (e <= 0)


def _turned(g: Any, p: Any, m: Any, q: Any) -> tuple[list[Any], Any]:
    """Turns p < m < q, and the slope e at q."""
    return [p < m, m < q], g + (m - p) - (q - m)


def falls(g: Any, p: Any, m: Any, q: Any) -> Any:
    """L(p) - L(q) = fall."""
    inside, e = _turned(g, p, m, q)
    lost = runs.curve(p, g, p, m, q) - runs.curve(q, g, p, m, q)
    return inside, lost == fall(p, g, e, q)


def before(g: Any, p: Any, m: Any, q: Any, t: Any) -> Any:
    """L(t) >= L(q) for t <= q."""
    inside, e = _turned(g, p, m, q)
    falling = [g <= 0, g + m - p <= 0, e <= 0, t <= q]
    return [*inside, *falling], runs.curve(t, g, p, m, q) >= runs.curve(q, g, p, m, q)


def less_before(x: Any, b: Any) -> Any:
    """F(q) - L(q) = lambda W(q) <= rest."""
    _, _, e, strength, q = numbers(x, b)
    return _inside(x, b), strength * W.value(q) <= rest(q, e, strength)


def model(g: Any, p: Any, m: Any, q: Any, t: Any) -> Any:
    """L(t) = L(q) + e (t - q) + (t - q)^2 / 2 for t >= q."""
    inside, e = _turned(g, p, m, q)
    upper = runs.curve(q, g, p, m, q) + e * (t - q) + (t - q) * (t - q) / 2
    return [*inside, t >= q], runs.curve(t, g, p, m, q) == upper


def less_past(q: Any, e: Any, strength: Any, t: Any) -> Any:
    """The upper model of F at t >= q is F(q) - rest at least."""
    change = e * (t - q) + (t - q) * (t - q) / 2 + strength * (W.value(t) - W.value(q))
    return [q > 0, q < 1, strength > 0, t >= q], change >= -rest(q, e, strength)


def _closed(x: Any, b: Any) -> tuple[Any, Any]:
    """Fall + rest and dist, by the branches that the run is on: W(p) = 1 + p, W(q) = b, least at v > 1."""
    p, g, e, strength, q = numbers(x, b)
    v = q - e - strength
    drop = strength * (b - (v - 1)) - e * (v - q) - (v - q) * (v - q) / 2
    return fall(p, g, e, q) + strength * (1 + p - b) + drop, strength - e


def closed_form(x: Any, b: Any) -> Any:
    """The closed forms are fall + rest and dist."""
    p, g, e, strength, q = numbers(x, b)
    gain = fall(p, g, e, q) + strength * (W.value(p) - W.value(q)) + rest(q, e, strength)
    closed, dist = _closed(x, b)
    return _inside(x, b), (gain == closed) & (distance(e, q, strength) == dist)


def reaches(x: Any, b: Any, *, constant: Constant) -> Any:
    """x^2 dist^2 >= 1, and (fall + rest) C <= dist^2 + 14 b / x^2."""
    gain, dist = _closed(x, b)
    close = gain * constant(x) <= dist * dist + 14 * b / (x * x)
    return _inside(x, b), (x * x * dist * dist >= 1) & close
