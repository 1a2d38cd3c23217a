r"""(theta_0, eta) -> (c theta_0, c eta), c > 0, changes no sign of BinaryConnect: only theta / eta counts.

    scaled_0 = c theta_0, steps c eta_t   =>   scaled_t = c theta_t and sign scaled_t = sign theta_t for every t.

Why. The gradient is taken at the signs. While both runs have had the same signs they have had the same gradients, hence
the same directions u_t, if these are computed from the gradients alone: the gradient itself, with noise, heavy-ball
momentum, Adam. So both subtract eta_t u_t, one of them c times, and the next signs are the same again. For c a power of
two not even a rounding differs.

So no flip rate that a constant step size ends in depends on it: a run with the step size cut by c from step T on is the
run with the old one whose latent weights were multiplied by c at T. Flips are rarer at first, since each weight is c
times as far from 0, and come back; in one dimension on a quadratic exactly. The schedule calms them, and nothing for
good but a schedule with a finite sum, which freezes them wherever they are (``bc-fixed-points``).

What measures theta by another yardstick breaks it: clipping to [-1, 1], weight decay on the latent weights, levels other
than the signs. With the clip c, or the decay w / c, it holds again.
"""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from pqtheory import signs
from pqtheory._arrays import as_array
from pqtheory.claims import (
    Budget,
    Claim,
    Control,
    Evidence,
    Invariant,
    Part,
    Step,
    all_of,
    between,
    implies,
    invariant,
    positive,
    real,
)
from pqtheory.methods import BinaryConnect
from pqtheory.methods.base import State
from pqtheory.problems import Quadratic
from pqtheory.sets import Binary, FiniteSet, Ternary
from pqtheory.simulate import simulate
from pqtheory.theory.binary_connect.bc_is_dual_averaging import variants
from pqtheory.theory.given import Given, exact

#: (theta, memory, u, eta, w) -> (theta, memory); w is what the variant is described by
Move = Callable[[Any, Any, Any, Any, Any], tuple[Any, Any]]
#: (w, c) -> w of the scaled run
Scaled = Callable[[Any, Any], Any]
FIGURE = "flips per step, one dimension, x* = 1/3: step size 1, then 1/10: 10 steps, at last"


def plain(theta: Any, memory: Any, u: Any, eta: Any, w: Any) -> tuple[Any, Any]:
    """BinaryConnect with the direction u."""
    return BinaryConnect(Given(eta)).step(State(exact(theta), 0), exact(u)).latent, memory


def momentum(theta: Any, memory: Any, u: Any, eta: Any, w: Any) -> tuple[Any, Any]:
    """Heavy ball, w its factor."""
    return variants.momentum(theta, memory, u, 0, eta, w)


def decay(theta: Any, memory: Any, u: Any, eta: Any, w: Any) -> tuple[Any, Any]:
    """Weight decay w of the latent weights."""
    return variants.weight_decay(theta, memory, u, 0, eta, w)


def clipping(theta: Any, memory: Any, u: Any, eta: Any, w: Any) -> tuple[Any, Any]:
    """Latent weights clipped to [-w, w]."""
    xp, moved = as_array(plain(theta, memory, u, eta, w)[0])
    return xp.clip(moved, -w, w), memory


def level(theta: Any, levels: FiniteSet) -> Any:
    """Where the gradient is taken."""
    return BinaryConnect(1, set=levels).query(State(exact(theta), 0))


def the_same(w: Any, c: Any) -> Any:
    """It is not scaled."""
    return w


def same_signs(
    move: Move = plain, scaled_by: Scaled = the_same, levels: FiniteSet | None = None
) -> Invariant:
    """Scaled_t = c theta_t for ever, and the quantized weights are the same."""
    levels = Binary() if levels is None else levels

    @invariant(
        state="theta scaled memory rival same",
        fixed={"c": positive, "w": between(0, 1, open_low=True), "start": real},
        each={"eta": positive, "u": real, "v": real},
        begins=lambda start, c: {
            "theta": start,
            "scaled": c * start,
            "memory": 0,
            "rival": 0,
            "same": 1,
        },
        becomes=lambda theta, scaled, memory, rival, eta, u, v, w, c: {
            **dict(zip(("theta", "memory"), move(theta, memory, u, eta, w), strict=True)),
            **dict(
                zip(
                    ("scaled", "rival"),
                    move(scaled, rival, v, c * eta, scaled_by(w, c)),
                    strict=True,
                )
            ),
        },
        # u and v are one function of the quantized weights so far: ``same`` is 1 as long as these are equal
        step=lambda theta, scaled, same, same_next, u, v: [
            implies([same == 1, level(theta, levels) == level(scaled, levels)], u == v),
            implies([same == 1, level(theta, levels) == level(scaled, levels)], same_next == 1),
        ],
    )
    def is_scaled(theta: Any, scaled: Any, memory: Any, rival: Any, same: Any, c: Any) -> Any:
        alike = level(theta, levels) == level(scaled, levels)
        return (scaled == c * theta) & (memory == rival) & (same == 1) & alike

    return is_scaled


def bit_for_bit(budget: Budget) -> Evidence:
    """All of half precision, c = 2: the step is doubled exactly unless it leaves the range of normal numbers."""
    theta = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    ends = np.finfo(np.float16)
    theta = theta[abs(theta) <= ends.max / 4]
    count = 0
    for eta in (0.5, 0.1, 0.003):
        for g in (-3.7, -1.0, 0.0, 0.01, 2.3)[:: budget.pick(2, 1)]:
            one, two = (
                np.asarray(
                    BinaryConnect(c * eta).step(State(c * theta, 0), np.full_like(theta, g)).latent
                )
                for c in (np.float16(1), np.float16(2))
            )
            # what is rounded to the least normal number may have been below it
            normal = (abs(one) > ends.tiny) & np.isfinite(two)
            # a step that is rounded to 0 has lost its sign
            signed = np.isfinite(two) & (one != 0)
            off = (normal & (two != 2 * one)) | (signed & ((two < 0) != (one < 0)))
            count += len(theta)
            if off.any():
                case = {"theta": float(theta[off][0]), "eta": eta, "g": g}
                return Evidence("refuted", count, counterexample=case)
    text = (
        "all numbers of float16 up to a fourth of the largest as latent weights: with 2 theta and 2 eta the step is "
        "twice as long, bit for bit, above the least normal number, and has its sign unless it is rounded to 0"
    )
    return Evidence("proved", count, proof=(Step(text),))


def _cut(budget: Budget) -> tuple[dict[str, Any], dict[str, Any]]:
    """(x - 1/3)^2 / 2 exactly: 30 steps of 1, then steps of 1/10 from where they led."""
    one, x = np.array([Fraction(1)]), Fraction(1, 3)
    problem, start, rates = Quadratic(one[:, None], -x * one), one * Fraction(5, 7), []
    for eta, count in ((Fraction(1), 30), (Fraction(1, 10), budget.pick(90, 3000))):
        path = simulate(BinaryConnect(eta), problem, start, count, fields=("latent", "quantized"))
        flips = signs.flips_per_step(path.quantized)
        rates += [float(flips[1:11].mean())] if eta < 1 else []
        rates.append(float(flips[-30:].mean()))
        start = path.latent[-1]
    return {FIGURE: rates}, {FIGURE: [float(1 - x), 0.0, float(1 - x)]}


CLAIM = Claim(
    name="bc-scale-invariance",
    source="arXiv 1810.00861, section 3.1 (BinaryConnect); derived here",
    statement=(
        "For every c > 0, BinaryConnect on {-1, 1}^d from c theta_0 with step sizes c eta_t has the quantized weights of "
        "BinaryConnect from theta_0 with eta_t > 0, at every step, and c times its latent weights; also along directions "
        "computed from the quantized weights so far, such as noisy gradients, momentum or Adam. With weight decay w or "
        "a clip at w it holds if the scaled run has w / c, or c w, in its place. In half precision a step from 2 theta "
        "of size 2 eta is twice that from theta, bit for bit, unless it leaves the range of normal numbers."
    ),
    formula=(
        "scaled_0 = c theta_0, c > 0, step sizes c eta_t  =>  scaled_t = c theta_t, sign scaled_t = sign theta_t;  "
        "theta_{t+1} = theta_t - eta_t u_t, eta_t > 0, u_t a function of sign theta_0, ..., sign theta_t"
    ),
    formula_latex=(
        r"\theta_{t+1} = \theta_t - \eta_t\, u_t(\operatorname{sign} \theta_0, \dots, \operatorname{sign} \theta_t):"
        r"\qquad (\theta_0, \eta) \mapsto c\,(\theta_0, \eta)\ \Longrightarrow\ \theta_t \mapsto c\,\theta_t,"
        r"\quad \operatorname{sign} \theta_t \mapsto \operatorname{sign} \theta_t,\qquad c > 0,\ \eta_t > 0"
    ),
    derivation_latex=(
        r"By induction over $t$: while both runs have had the same signs they have had the same directions $u_t$, so that"
        r" $c\,\theta_t - c\,\eta_t u_t = c\,\theta_{t+1}$, which has the signs of $\theta_{t+1}$. Weight decay"
        r" $(1 - \eta w) \theta$ and clipping to $[-w, w]$ do not scale unless $w$ becomes $w / c$, and $c\,w$."
        r" A run whose step size is cut by $c$ at $T$ is the old one with latent weights multiplied by $c$ at $T$: a flip"
        r" rate that a constant step size ends in does not depend on it."
    ),
    parts=(
        Part(
            "same signs",
            "the scaled run has the same quantized weights for ever",
            all_of(same_signs(), figures=_cut),
        ),
        Part("momentum", "heavy-ball momentum changes nothing", same_signs(momentum)),
        Part(
            "other yardsticks",
            "weight decay w / c, and a clip at c w",
            all_of(same_signs(decay, lambda w, c: w / c), same_signs(clipping, lambda w, c: c * w)),
        ),
        Part("readings agree", "with c = 2 in half precision, bit for bit", bit_for_bit),
    ),
    controls=(
        Control(
            "clipping", "clipped at w in both runs the signs are the same", same_signs(clipping)
        ),
        Control(
            "weight decay", "with decay w in both runs the signs are the same", same_signs(decay)
        ),
        Control(
            "other levels",
            "on {-1, 0, 1} the quantized weights are the same",
            same_signs(levels=Ternary()),
        ),
    ),
    headline=FIGURE,
    operators=(
        "pqtheory.methods.BinaryConnect.step",
        "pqtheory.methods.BinaryConnect.query",
        "pqtheory.signs.flips_per_step",
    ),
)
