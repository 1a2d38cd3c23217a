r"""Straight-through on a beta-smooth loss with any rounding, |q_t - w_t| <= delta, w_{t+1} = w_t - eta grad L(q_t), x = eta beta.

Convex L, u a minimiser, R = |w_0 - u|, 0 < x < 2. With h = grad L(q) / beta and v = (L(q) - L(u)) / beta smoothness says
|h|^2 / 2 <= v <= <h, q - u> - |h|^2 / 2, and 2 x (1 - s) v <= |w - u|^2 - |w' - u|^2 + x delta^2 / (1 + s - x) for any s of [0, 1)
above x - 1 (``one_step.py``). Summed, with s = x/2,

    mean of L(q_0) .. L(q_{T-1}) - L(u)  <=  beta R^2 / (x (2 - x) T) + 2 beta delta^2 / (2 - x)^2.

At eta = 1 / (4 beta) these are 16/7 beta R^2 / T + 32/49 beta delta^2, where a bound in use has 8 and 4.

The floor, the last term, is the least that there is: BinaryConnect with sign on beta q^2 / 2 stays there for ever
(``stays_at_the_floor.py``). So strong convexity does not lower it. For x < 1 the start needs no more than
beta R^2 / (2 x T), s = 0, which with delta = 0 is what R costs for large T: there the best constant is found for every T
(``without_error.py``), as it is from the optimum, R = 0, for 1 <= x < 2 (``from_the_optimum.py``).

Without convexity the same holds of |grad L|^2, and of L under PL with the floor times beta / mu (``not_convex.py``); that PL
alone has the floor of convex losses is false (``pl_loss.py``).
"""

from fractions import Fraction
from typing import Any

from pqtheory.claims import Claim, Control, Part, all_of, forall, real
from pqtheory.theory.binary_connect.ste_floor import (
    every_run,
    not_convex,
    optimum_runs,
    pl_loss,
    stays_at_the_floor,
    without_error,
)
from pqtheory.theory.binary_connect.ste_floor.estimated import FROM_THE_OPTIMUM, estimated

#: 1% less
LESS = Fraction(99, 100)


@forall(x=real, given=lambda x: [4 * x == 1])
def at_a_quarter(x: Any) -> Any:
    """At eta = 1 / (4 beta) the two constants are 16/7 and 32/49."""
    return (7 * every_run.its_start(x) == 16) & (49 * every_run.least_floor(x) == 32)


#: the first bound
LEAN = """
variable {E : Type*} [NormedAddCommGroup E] [InnerProductSpace ℝ E] [CompleteSpace E]

theorem ste_floor (L : E → ℝ) (L' : E → E) (β : NNReal) (u : E) (w q : ℕ → E) (η δ : ℝ) (T : ℕ)
    (hL : ∀ z, HasGradientAt L (L' z) z) (hc : ConvexOn ℝ Set.univ L) (hs : LipschitzWith β L')
    (hu : IsMinOn L Set.univ u) (hβ : 0 < β) (hη : 0 < η) (hx : η * β < 2) (hT : 0 < T)
    (hδ : ∀ t, ‖q t - w t‖ ≤ δ) (update : ∀ t, w (t + 1) = w t - η • L' (q t)) :
    (∑ t ∈ Finset.range T, L (q t)) / T - L u ≤
      β * ‖w 0 - u‖ ^ 2 / (η * β * (2 - η * β) * T) + 2 * β * δ ^ 2 / (2 - η * β) ^ 2 := by
  sorry
"""

CLAIM = Claim(
    name="ste-floor",
    source="Taylor, Hendrickx, Glineur, arXiv 1502.05666 (how worst cases are found); derived here",
    statement=(
        "L beta-smooth, w_{t+1} = w_t - eta grad L(q_t), |q_t - w_t| <= delta for whatever rounding, x = eta beta, 0 < x < 2, T "
        ">= 1. Convex L with a minimiser u, R = |w_0 - u|: the mean of L(q_0), .., L(q_{T-1}) exceeds L(u) by beta R^2 / (x (2 - "
        "x) T) + 2 beta delta^2 / (2 - x)^2 at most (at eta = 1 / (4 beta) 16/7 and 32/49 times beta R^2 / T and beta delta^2), "
        "and by beta R^2 / (2 x T) + beta delta^2 / (2 (1 - x)) if x < 1. Whatever stands before R^2 / T no floor below 2 beta "
        "delta^2 / (2 - x)^2 will do: BinaryConnect on beta q^2 / 2, strongly convex, has it for ever. The best constants for "
        "every T: beta R^2 / (2 (1 + x (T - 1))) if delta = 0, x <= 1; beta delta^2 (g_0^2 + .. + g_{T-1}^2) / (2 T), g_0 = 1, "
        "g_{t+1} = 2 + (x - 1) g_t, if R = 0, 1 <= x < 2. Any L >= L_*: the mean of |grad L(q_t)|^2 is at most 4 beta (L(w_0) - "
        "L_*) / (x (2 - x) T) + 4 beta^2 delta^2 / (2 - x)^2, and the mean of L(q_t) - L_* at most 1 / (2 mu) of that if |grad "
        "L|^2 >= 2 mu (L - L_*), 0 < mu <= beta; that alone does not give the floor of a convex L: at x = 1/10 one such loss on "
        "the line stays above it."
    ),
    formula=(
        "mean L(q_t) - L(u) <= beta R^2 / (x (2 - x) T) + 2 beta delta^2 / (2 - x)^2,  x = eta beta in (0, 2), L convex, "
        "beta-smooth;  not convex: mean |grad L(q_t)|^2 <= 4 beta (L(w_0) - L_*) / (x (2 - x) T) + 4 beta^2 delta^2 / (2 - x)^2"
    ),
    formula_latex=(
        r"\begin{aligned}"
        r"&\frac1T \sum_{t<T} L(q_t) - L(u) \le \frac{\beta R^2}{x (2 - x) T} + \frac{2 \beta \delta^2}{(2 - x)^2},"
        r"\quad x = \eta \beta \in (0, 2),\ L \text{ convex};\\"
        r"&\text{not convex: } \frac1T \sum_{t<T} |\nabla L(q_t)|^2 \le \frac{4 \beta (L(w_0) - L_*)}{x (2 - x) T}"
        r" + \frac{4 \beta^2 \delta^2}{(2 - x)^2}"
        r"\end{aligned}"
    ),
    derivation_latex=(
        r"With $h = \nabla L(q) / \beta$ and $v = (L(q) - L(u)) / \beta$:"
        r" $\tfrac12 |h|^2 \le v \le \langle h, q - u \rangle - \tfrac12 |h|^2$, the second minus $s$ times the first,"
        r" and $|(1 + s - x) h - r|^2 \ge 0$ give"
        r" $2 x (1 - s) v \le |w - u|^2 - |w' - u|^2 + \frac{x \delta^2}{1 + s - x}$; $s = x / 2$, summed."
        r" On $\tfrac12 \beta q^2$ from $\tfrac12 x$ the signs alternate, $\delta = 1 - \tfrac12 x$, and"
        r" $\tfrac12 \beta = 2 \beta \delta^2 / (2 - x)^2$ at every step."
    ),
    parts=(
        Part(
            "every run",
            "both bounds for a convex L",
            all_of(every_run.bounded(), every_run.FROM_AFAR, at_a_quarter),
        ),
        Part(
            "floor",
            "BinaryConnect has it for ever, and no less will do",
            all_of(stays_at_the_floor.is_near, stays_at_the_floor.no_less()),
        ),
        Part(
            "from the optimum",
            "the best constant for every T, and its run",
            all_of(optimum_runs.best(), optimum_runs.alternates(), beside=(estimated,)),
        ),
        Part(
            "without an error",
            "the best constant for every T, and its run",
            all_of(without_error.bounded(), without_error.is_reached),
        ),
        Part(
            "not convex",
            "the mean of the squared gradients, and of L where it is PL",
            all_of(not_convex.gradients(), not_convex.values()),
        ),
        Part(
            "PL is not enough",
            "a PL loss has more than the floor of a convex one",
            all_of(pl_loss.is_smooth, pl_loss.is_pl, pl_loss.exceeds_the_floor),
        ),
    ),
    controls=(
        Control("1% less, floor", "a floor 1% lower will do", every_run.bounded(LESS)),
        Control(
            "1% more, reached",
            "a floor 1% higher is not enough",
            stays_at_the_floor.no_less(2 - LESS),
        ),
        Control(
            "1% less, from the optimum",
            "the alternating run has 0.99 of it",
            optimum_runs.alternates(LESS),
        ),
        Control("1% less, without an error", "0.99 of it will do", without_error.bounded(LESS)),
        Control("1% less, gradients", "0.99 of their floor will do", not_convex.gradients(LESS)),
        Control(
            "PL like convex",
            "PL alone has the floor of a convex L",
            not_convex.values(lambda kappa: kappa / kappa),
        ),
    ),
    lean=LEAN,
    headline=FROM_THE_OPTIMUM.format("3/2"),
    uses=("ste-is-dual-subgradient",),
    operators=(
        "pqtheory.methods.BinaryConnect.step",
        "pqtheory.methods.BinaryConnect.query",
    ),
)
