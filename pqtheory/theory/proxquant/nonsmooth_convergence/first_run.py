r"""The run of one step that comes close to K, for every x and small b > 0, at beta = 1 in one dimension.

From p = -(1 + x) / (1 + 3x - 2x^2) with g = p / x, so that the prox has a tie, it lands at q = x lambda = 1 - b, where
e = -(1 + x)(1 + 2x - 2x^2) / (x (1 + 3x - 2x^2)). The loss is the bent one: it falls by ``fall``, and F further by
``rest`` at most, as past q it is its upper model, and before q it is higher.

    0 < b <= x^2 / 32.

What it reaches is in ``first_best.py``.
"""

from fractions import Fraction
from typing import Any

import numpy as np

from pqtheory.claims import between, every, forall, positive, real
from pqtheory.claims.lemma import Instance
from pqtheory.theory.proxquant.nonsmooth_convergence import runs
from pqtheory.theory.proxquant.nonsmooth_convergence.lemmas import W, fall, rest
from pqtheory.theory.proxquant.proxquant_convergence.coordinates import UP_TO_ONE
from pqtheory.theory.proxquant.proxquant_convergence.selecting import after

#: b / x^2 at most
NEAREST = Fraction(1, 32)
RUN: dict[str, Any] = {"x": UP_TO_ONE, "b": positive}
#: slope g up to p, then the turns m and q, slope e at q
LOSS: dict[str, Any] = dict.fromkeys("gpmqe", real)


def is_close(x: Any, b: Any) -> list[Any]:
    """It lands near enough to the level."""
    return [b <= x * x * NEAREST]


def bends(g: Any, p: Any, m: Any, q: Any, e: Any) -> list[Any]:
    """The turns are in order, and the slope at q is e."""
    return [p < m, m < q, e == g + (m - p) - (q - m)]


def falling(g: Any, p: Any, m: Any, q: Any, e: Any) -> list[Any]:
    """Also the loss falls at each."""
    return [*bends(g, p, m, q, e), g <= 0, g + m - p <= 0, e <= 0]


def numbers(x: Any, b: Any) -> dict[str, Any]:
    """Those of the run."""
    share = 1 + 3 * x - 2 * x * x
    p = -(1 + x) / share
    e = -(1 + x) * (1 + 2 * x - 2 * x * x) / share / x
    g, q = p / x, 1 - b
    return {"g": g, "p": p, "m": runs.middle_of(g, p, q, e), "q": q, "e": e, "strength": q / x}


def loss_of(x: Any, b: Any) -> dict[str, Any]:
    """Those of its loss."""
    return {name: value for name, value in numbers(x, b).items() if name in LOSS}


def objective(t: Any, strength: Any, *turns: Any) -> Any:
    """F(t)."""
    return runs.curve(t, *turns) + strength * W.value(t)


def lower_bound(g: Any, p: Any, m: Any, q: Any, e: Any, strength: Any) -> Any:
    """F(q) - rest, as F_*."""
    return objective(q, strength, g, p, m, q) - rest(q, e, strength)


@forall(y=real, z=real, g=real, p=real, m=real, q=real, given=lambda p, m, q: [p <= m, m <= q])
def is_smooth(y: Any, z: Any, g: Any, p: Any, m: Any, q: Any) -> Any:
    """The loss is 1-smooth."""
    turns = (g, p, m, q)
    off = runs.curve(z, *turns) - runs.curve(y, *turns) - runs.bent_slope(y, *turns) * (z - y)
    return abs(off) <= (z - y) ** 2 / 2


@forall(**RUN, given=is_close)
def is_a_run(x: Any, b: Any) -> Any:
    """The method's step leads from p to q, and the slopes there are g and e."""
    own = numbers(x, b)
    turns = [own[name] for name in "gpmq"]
    g, e = (runs.bent_slope(own[point], *turns) for point in "pq")
    return (
        (after(W, own["p"], g, x, own["strength"]) == own["q"]) & (g == own["g"]) & (e == own["e"])
    )


@forall(**RUN, given=is_close)
def is_in_order(x: Any, b: Any) -> Any:
    """P < m < q < 1, the loss falls at each, and lambda W(q) <= rest."""
    own = numbers(x, b)
    q, strength = own["q"], own["strength"]
    less = strength * W.value(q) <= rest(q, own["e"], strength)
    return every([*falling(**loss_of(x, b)), q > 0, q < 1, strength > 0, less])


# F at the start, and at least


@forall(**LOSS, given=bends)
def falls(g: Any, p: Any, m: Any, q: Any, e: Any) -> Any:
    """L(p) - L(q) = fall."""
    return runs.curve(p, g, p, m, q) - runs.curve(q, g, p, m, q) == fall(p, g, e, q)


@forall(**LOSS, t=real, given=lambda t, q, **loss: [*falling(q=q, **loss), t <= q])
def is_higher_before(g: Any, p: Any, m: Any, q: Any, t: Any) -> Any:
    """L(t) >= L(q) for t <= q."""
    return runs.curve(t, g, p, m, q) >= runs.curve(q, g, p, m, q)


def model(t: Any, q: Any, e: Any) -> Any:
    """What L(t) - L(q) is at most for t >= q."""
    return e * (t - q) + (t - q) ** 2 / 2


@forall(**LOSS, t=real, given=lambda t, q, **loss: [*bends(q=q, **loss), t >= q])
def is_its_model_past(g: Any, p: Any, m: Any, q: Any, e: Any, t: Any) -> Any:
    """L(t) = L(q) + e (t - q) + (t - q)^2 / 2 for t >= q."""
    return runs.curve(t, g, p, m, q) == runs.curve(q, g, p, m, q) + model(t, q, e)


@forall(
    q=between(0, 1, open_low=True, open_high=True),
    e=real,
    strength=positive,
    t=real,
    given=lambda q, t: [t >= q],
)
def is_no_less_past(q: Any, e: Any, strength: Any, t: Any) -> Any:
    """There the model of F is at least F(q) - rest."""
    return model(t, q, e) + (strength * W.value(t) - strength * W.value(q)) >= -rest(q, e, strength)


@forall(strength=positive, t=real)
def is_not_negative(strength: Any, t: Any) -> Any:
    """Lambda W(t) >= 0."""
    return strength * W.value(t) >= 0


#: a point, q, and what F is made of there
PARTS: dict[str, Any] = dict.fromkeys(("at_t", "at_q", "pull_t", "pull_q", "change", "rest"), real)


@forall(
    **PARTS,
    given=lambda at_t, at_q, pull_t, pull_q, change, rest: [
        ((at_t >= at_q) & (pull_t >= 0) & (pull_q <= rest))
        | ((at_t == at_q + change) & (change + (pull_t - pull_q) >= -rest))
    ],
)
def adds_up(at_t: Any, at_q: Any, pull_t: Any, pull_q: Any, rest: Any) -> Any:
    """Whether before q or past it: L(t) + lambda W(t) is at least as said."""
    return at_t + pull_t >= at_q + pull_q - rest


def _before_or_past(t: Any, strength: Any, **loss: Any) -> list[Instance]:
    turns, q, e = [loss[name] for name in "gpmq"], loss["q"], loss["e"]
    parts = {
        "at_t": runs.curve(t, *turns),
        "at_q": runs.curve(q, *turns),
        "pull_t": strength * W.value(t),
        "pull_q": strength * W.value(q),
    }
    return [
        is_higher_before.at(t=t, **loss),
        is_its_model_past.at(t=t, **loss),
        is_no_less_past.at(q=q, e=e, strength=strength, t=t),
        is_not_negative.at(strength=strength, t=t),
        adds_up.at(**parts, change=model(t, q, e), rest=rest(q, e, strength)),
    ]


@forall(
    **LOSS,
    strength=positive,
    t=real,
    given=lambda t, strength, **loss: [
        *falling(**loss),
        loss["q"] > 0,
        loss["q"] < 1,
        strength * W.value(loss["q"]) <= rest(loss["q"], loss["e"], strength),
    ],
    by=_before_or_past,
)
def is_bounded_below(t: Any, strength: Any, **loss: Any) -> Any:
    """F(t) >= F(q) - rest."""
    turns = [loss[name] for name in "gpmq"]
    return objective(t, strength, *turns) >= lower_bound(**loss, strength=strength)


@forall(
    **RUN,
    t=real,
    given=is_close,
    by=lambda x, b, t: [is_in_order.at(x=x, b=b), is_bounded_below.at(t=t, **numbers(x, b))],
)
def has_a_lower_bound(x: Any, b: Any, t: Any) -> Any:
    """So is the F of the run."""
    own = numbers(x, b)
    turns = [own[name] for name in "gpmq"]
    return objective(t, own["strength"], *turns) >= lower_bound(**own)


def first_step(x: Fraction) -> Fraction:
    """dist(0, dF(theta_1))^2 / (F_0 - F_*) of that run, simulated, with b = x^2 ``BEFORE``."""
    own = numbers(x, x * x * runs.BEFORE)
    g, p, q, e = (np.array([own[name]], dtype=object) for name in "gpqe")
    return runs.ratio(runs.bent(g, p, q, e), own["strength"], x, p, 1, runs.GRADIENT)
