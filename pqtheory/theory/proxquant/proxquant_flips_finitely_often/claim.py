r"""With the W and eta < 1/beta, ProxQuant's signs change finitely often, all coordinates and all time together:

    N + N_0 / (2 - x) <= eta (F_0 - F_*) / (2 (1 - x) m^2),    x = eta beta < 1,  m = min(eta lambda, 1),

N_0 the flips of coordinates that start nearer to 0 than m, N all others. Theorem 5.1 says that the gradient becomes
small; this is what the title picture of the paper shows beside it, and BinaryConnect, whose energy may go up, lacks.

Why. Smoothness leaves of F_old - F_new, times eta, in a coordinate that moves by D from p to q = prox(y), w = eta lambda,

    w (W(p) - W(q)) + (y - p) D - x D^2 / 2 >= (1 - x) D^2 / 2 >= 0,

as the prox does no worse than staying. A prox of the W never lands nearer to 0 than m. So a flip is a move of at least
2 m, and costs 2 (1 - x) m^2 / eta; only in the first step may it begin nearer to 0, where it costs 1 / (2 - x) of that,
which for moves of length m alone would be less. F has F_0 - F_* to spend.

Both costs are attained at eta lambda = 1, by one step from -1 and from -x / (2 - x), after which F is at its minimum; any
number of such coordinates flip at once. And eta < 1/beta cannot be spared: at every larger step size two points
exchange for ever.
"""

from fractions import Fraction
from typing import Any

from pqtheory.claims import (
    AllOf,
    Claim,
    Control,
    Part,
    all_of,
    between,
    forall,
    one_of,
    positive,
    real,
)
from pqtheory.theory.proxquant.proxquant_convergence.selecting import after
from pqtheory.theory.proxquant.proxquant_flips_finitely_often.energy import (
    BELOW_ONE,
    W,
    costs,
    finitely_often,
    off_the_hump,
    price,
)
from pqtheory.theory.proxquant.proxquant_flips_finitely_often.runs import AT_ONCE, RUNS, at_once


def in_all(share: Any = 1) -> AllOf:
    """The theorem, and beside it runs; ``share`` times the cost of a flip is claimed."""
    paid = costs(share=share)
    return all_of(paid, finitely_often, off_the_hump, beside=(RUNS,), cases=(paid, RUNS))


def tight_loss(theta: Any, x: Any, eta: Any, start: Any) -> Any:
    """L = beta (theta - p)^2 / 2 + p (theta - p) / eta, whose gradient step from p leads to 0."""
    return x / eta * (theta - start) ** 2 / 2 + start / eta * (theta - start)


@forall(x=BELOW_ONE, eta=positive, theta=real, early=one_of(0, 1))
def is_attained(x: Any, eta: Any, theta: Any, early: Any) -> Any:
    """At eta lambda = 1: one step leads from p < 0 to 1, where F is least, and F falls by the price of the flip."""
    strength, p = 1 / eta, -(1 - early) - early * x / (2 - x)

    def F(t: Any) -> Any:
        return tight_loss(t, x, eta, p) + strength * W.value(t)

    leads = after(W, p, p / eta, eta, strength) == 1
    paid = eta * (2 - x) * (F(p) - F(1)) == price(x, eta * strength, 1, early)
    return leads & paid & (F(theta) >= F(1))


@forall(
    x=real,
    eta=positive,
    strength=positive,
    s=one_of(-1, 1),
    given=lambda x, eta, strength: [x > 1, eta * strength >= abs(2 - x)],
)
def for_ever(x: Any, eta: Any, strength: Any, s: Any) -> Any:
    """On L = beta theta^2 / 2 each step leads from s to -s."""
    return after(W, s, x / eta * s, eta, strength) == -s


CLAIM = Claim(
    name="proxquant-flips-finitely-often",
    source="arXiv 1810.00861, Figure 1 and section 5.1; the theorem derived here",
    statement=(
        "Let L be beta-smooth, lambda > 0 fixed, F = L + lambda W >= F_* with W(theta) = sum_i ||theta_i| - 1|, "
        "x = eta beta < 1. ProxQuant with the W changes the signs of all coordinates finitely often: N + N_0 / (2 - x) "
        "is bounded as in the formula after any number of steps, N_0 being the flips of coordinates with |theta_i| < "
        "min(eta lambda, 1) before them, of which there are none after the first step, and N all others. At eta lambda "
        "= 1 each of N and N_0 attains it, for every x. For every x > 1 there is a run that flips in every step."
    ),
    formula=(
        "N + N_0 / (2 - x) <= eta (F(theta_0) - F_*) / (2 (1 - x) min(eta lambda, 1)^2),  0 < x = eta beta < 1, "
        "lambda > 0;  L beta-smooth: L(z) <= L(y) + <grad L(y), z - y> + beta |z - y|^2 / 2"
    ),
    formula_latex=(
        r"N + \frac{N_0}{2 - x} \le \frac{\eta\,(F(\theta_0) - F_*)}{2 (1 - x) \min(\eta\lambda, 1)^2},\qquad"
        r" 0 < x = \eta\beta < 1,\ \lambda > 0"
    ),
    derivation_latex=(
        r"Let $w = \eta\lambda$, $m = \min(w, 1)$, and $q = \operatorname{prox}_{wW}(y)$, $y = p - \eta g$, $D = q - p$"
        r" in one coordinate. Smoothness leaves of $\eta (F_{t} - F_{t+1})$ the sum over the coordinates of"
        r" $w (W(p) - W(q)) + (y - p) D - \tfrac{x}{2} D^2 \ge \tfrac{1 - x}{2} D^2$, as the prox does no worse than"
        r" staying. It never lands nearer to $0$ than $m$: from the second step on a flip has $|D| \ge 2m$ and costs"
        r" $2 (1 - x) m^2 / \eta$ at least; from $|p| < m$ it costs $\tfrac{1}{2 - x}$ of that. In all,"
        r" $F(\theta_0) - F_*$ can be spent."
    ),
    parts=(
        Part(
            "finitely often",
            "the energy pays for all flips, and none begins near 0 after the first step",
            in_all(),
        ),
        Part(
            "attained",
            "at eta lambda = 1 a step from -1, and one from -x / (2 - x), cost no more",
            all_of(is_attained, figures=at_once),
        ),
        Part("larger steps", "at every eta > 1 / beta a run flips for ever", for_ever),
    ),
    controls=(
        Control("1% more", "a flip costs 1.01 times as much", in_all(Fraction(101, 100))),
        Control("first step", "flips from near 0 cost as much as all others", costs(early=False)),
        Control(
            "any step size",
            "F does not grow for eta < 2 / beta, either",
            costs(up_to=between(0, 2, open_low=True, open_high=True), share=0),
        ),
    ),
    headline=AT_ONCE,
    uses=("w-prox",),
    operators=(
        "pqtheory.methods.ProxQuant.step",
        "pqtheory.regularizers.DistanceL1.prox",
        "pqtheory.regularizers.DistanceL1.value",
        "pqtheory.sets.Binary.project",
        "pqtheory.signs.flips_per_step",
    ),
)
