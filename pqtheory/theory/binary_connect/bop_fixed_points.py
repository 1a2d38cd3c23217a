r"""Bop stays at s for ever  <=>  s_i grad L(s)_i <= tau for every i: Theorem 5.3 with slack.

Bop keeps a moving average m of the gradients, m' = (1 - gamma) m + gamma g, and flips a binary weight iff w m' > tau.
While s is held, m_t - g = P_t (m_0 - g) with P_t = prod (1 - gamma_k): the average goes to the gradient, and between them it
does not exceed the larger of s m_0 and s g. So where s g <= tau and s m_0 <= tau nothing flips, by induction for all
coordinates at once, so that the gradient stays g. Where s g > tau the weight has flipped as soon as P_t |m_0 - g| < s g -
tau, which comes if the sum of the gamma_t is infinite.

At tau = 0 these are BinaryConnect's fixed points. With tau > 0 there are more, all those of a gradient that is wrong by
tau at most: unlike a smaller step size (``bc-scale-invariance``), a threshold does calm flips, at a price in the gradient.
"""

from collections.abc import Callable
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np

from pqtheory import stability
from pqtheory.claims import (
    AllOf,
    Budget,
    Claim,
    Control,
    Evidence,
    ForAll,
    Invariant,
    Part,
    all_of,
    between,
    forall,
    implies,
    invariant,
    judge,
    negated,
    nonnegative,
    one_of,
    real,
)
from pqtheory.methods import Bop
from pqtheory.methods.bop import BopState
from pqtheory.problems import Quadratic
from pqtheory.simulate import simulate
from pqtheory.theory.binary_connect.bc_fixed_points.claim import condition as of_binary_connect
from pqtheory.theory.given import Given, exact

#: (s, g, tau) -> should it stay?
Condition = Callable[[Any, Any, Any], Any]
VERTEX: dict[str, Any] = {"s": one_of(-1, 1), "gradient": real, "tau": nonnegative}
RATE = between(0, 1, open_low=True)
FIGURE = "fixed points of 27 quadratics in two dimensions, tau = 0, 1, 2, by runs of Bop"


def with_slack(s: Any, gradient: Any, tau: Any) -> Any:
    """The condition for one coordinate."""
    return s * gradient <= tau


def strict(s: Any, gradient: Any, tau: Any) -> Any:
    """Without equality."""
    return s * gradient < tau


def without_slack(s: Any, gradient: Any, tau: Any) -> Any:
    """BinaryConnect's."""
    return s * gradient <= 0


def stepped(w: Any, m: Any, g: Any, gamma: Any, tau: Any) -> BopState:
    """One step of Bop."""
    return Bop(Given(gamma), Given(tau)).step(BopState(exact(w), exact(m), 0), exact(g))


def stays(claimed: Condition, any_start: bool = False) -> Invariant:
    """Where the condition holds the weight stays for ever; ``rest`` is 1 as long as all others have, too."""

    @invariant(
        state="w m rest",
        fixed=VERTEX,
        each={"gamma": RATE, "slope": real},
        given=lambda s, gradient, tau: [claimed(s, gradient, tau)],
        first=lambda w, m, rest, s, tau: [
            w == s,
            rest == 1,
            *([] if any_start else [s * m <= tau]),
        ],
        becomes=lambda w, m, slope, gamma, tau: {
            "w": stepped(w, m, slope, gamma, tau).latent,
            "m": stepped(w, m, slope, gamma, tau).average,
        },
        step=lambda w, rest, rest_next, slope, s, gradient: [
            implies([rest == 1, w == s], (slope == gradient) & (rest_next == 1)),
        ],
    )
    def kept(w: Any, m: Any, rest: Any, s: Any, tau: Any) -> Any:
        return (w == s) & (rest == 1) & (s * m <= tau)

    return kept


def averages(claimed: Condition) -> Invariant:
    """While s is held (``held`` is 1): m - g is P (m_0 - g), and s m has not exceeded tau."""

    @invariant(
        state="m P steps held",
        fixed={**VERTEX, "m0": real},
        each={"gamma": RATE},
        given=lambda s, gradient, tau: [negated(claimed(s, gradient, tau))],
        begins=lambda m0: {"m": m0, "P": 1, "steps": 0, "held": 1},
        becomes=lambda m, P, steps, gamma, s, gradient, tau: {
            "m": stepped(s, m, gradient, gamma, tau).average,
            "P": P * (1 - gamma),
            "steps": steps + 1,
        },
        step=lambda m, held, held_next, gamma, s, gradient, tau: [
            implies(
                [held_next == 1],
                (held == 1) & (stepped(s, m, gradient, gamma, tau).latent == s),
            ),
        ],
    )
    def nears(
        m: Any, P: Any, steps: Any, held: Any, s: Any, gradient: Any, tau: Any, m0: Any
    ) -> Any:
        near = m - gradient == P * (m0 - gradient)
        unless = (steps == 0) | negated(held == 1) | (s * m <= tau)
        return (P >= 0) & (steps >= 0) & near & unless

    return nears


def leaves(claimed: Condition) -> ForAll:
    """Where it does not hold the weight has flipped once P |m_0 - g| < s g - tau, or was left before."""
    nears = averages(claimed)

    @forall(
        **VERTEX,
        m=real,
        P=real,
        steps=real,
        held=one_of(0, 1),
        m0=real,
        given=lambda s, gradient, tau, P, m0, steps: [
            negated(claimed(s, gradient, tau)),
            steps > 0,
            P * abs(m0 - gradient) < s * gradient - tau,
        ],
        by=lambda **case: [nears.at(**case)],
    )
    def left(held: Any) -> Any:
        return held == 0

    return left


def has_room(claimed: Condition) -> ForAll:
    """Where it does not hold s g - tau is above 0, so that P tending to 0 is enough."""

    @forall(**VERTEX, given=lambda s, gradient, tau: [negated(claimed(s, gradient, tau))])
    def room(s: Any, gradient: Any, tau: Any) -> Any:
        return s * gradient - tau > 0

    return room


def fixed_points(claimed: Condition = with_slack, any_start: bool = False) -> AllOf:
    """Bop stays exactly where ``claimed`` holds."""
    return all_of(stays(claimed, any_start), leaves(claimed), has_room(claimed))


@forall(s=one_of(-1, 1), gradient=real)
def are_those_of_binary_connect(s: Any, gradient: Any) -> Any:
    """At tau = 0."""
    return with_slack(s, gradient, 0) == of_binary_connect(s, gradient)


def _runs(budget: Budget) -> Evidence:
    """Small quadratics, exactly: 12 steps with gamma = 1/2 from every vertex, against the library's condition."""
    corners = _fractions(list(product((-1, 1), repeat=2)))
    agree, cases, counts, foretold = [], [], [], []
    for tau in (0, 1, 2):
        found = expected = 0
        for a, c, b in product((-1, 0, 2), repeat=3):
            problem = Quadratic(_fractions([[a, c], [c, 1]]), _fractions([b, -1]))
            path = simulate(
                Bop(Fraction(1, 2), Fraction(tau)),
                problem,
                corners,
                budget.pick(12, 60),
                fields=("latent",),
            )
            stayed = (path.latent == corners).all(axis=(0, -1))
            fixed = stability.is_fixed_point(problem, corners, tolerance=tau)
            found, expected = found + int(stayed.sum()), expected + int(fixed.sum())
            agree.append(bool((stayed == fixed).all()))
            cases.append([tau, a, c, b])
        counts.append(found)
        foretold.append(expected)
    return judge(
        "enumerated",
        np.array(agree),
        {"tau, a, c, b": np.array(cases)},
        measured={FIGURE: counts},
        predicted={FIGURE: foretold},
    )


def _fractions(values: Any) -> Any:
    return np.vectorize(lambda n: Fraction(int(n)), otypes=[object])(np.array(values))


CLAIM = Claim(
    name="bop-fixed-points",
    source="Helwegen et al., NeurIPS 2019 (Bop); arXiv 1810.00861, Theorem 5.3",
    statement=(
        "With averaging rates 0 < gamma_t <= 1 of infinite sum and a threshold tau >= 0, a vertex s is a fixed point of Bop, "
        "from all averages m with s_i m_i <= tau such as 0, iff s_i g_i <= tau for every i, g = grad L(s). Where "
        "s_i g_i > tau a weight has flipped once prod (1 - gamma_t) |m_i - g_i| < s_i g_i - tau. At tau = 0 these are "
        "BinaryConnect's fixed points."
    ),
    formula=(
        "s fixed <=> s_i g_i <= tau for all i,  g = grad L(s), tau >= 0, 0 < gamma_t <= 1, sum gamma_t = infinity, "
        "s_i m_i <= tau at the start"
    ),
    formula_latex=(
        r"s \text{ fixed} \iff s_i g_i \le \tau \text{ for all } i,\qquad g = \nabla L(s),\ \tau \ge 0,"
        r" 0 < \gamma_t \le 1,\ \textstyle\sum_t \gamma_t = \infty"
    ),
    derivation_latex=(
        r"While $s$ is held, $m_t - g = P_t (m_0 - g)$, $P_t = \prod_{k<t} (1 - \gamma_k)$, so $s_i m_i$ stays below the larger"
        r" of $s_i m_{0,i}$ and $s_i g_i$: nothing flips if both are $\le \tau$. If $s_i g_i > \tau$, then $s_i m_i > \tau$ as"
        r" soon as $P_t |m_{0,i} - g_i| < s_i g_i - \tau$, and the weight flips."
    ),
    parts=(
        Part(
            "fixed points",
            "Bop stays exactly where the condition holds",
            all_of(fixed_points(), beside=(_runs,)),
        ),
        Part("tau = 0", "BinaryConnect's fixed points", are_those_of_binary_connect),
    ),
    controls=(
        Control("strict", "s is fixed iff s_i g_i < tau", fixed_points(strict)),
        Control(
            "no slack", "s is fixed iff s_i g_i <= 0, whatever tau", fixed_points(without_slack)
        ),
        Control(
            "any average",
            "it stays from every average",
            fixed_points(any_start=True),
        ),
    ),
    headline=FIGURE,
    uses=("bc-fixed-points",),
    operators=(
        "pqtheory.methods.Bop.step",
        "pqtheory.stability.is_fixed_point",
    ),
)
