r"""Weights kept on a grid and rounded stochastically have a stationary law in which the step size does not occur.

w_{t+1} = w_t - eta g_t rounded without bias to one of the two levels next to it, on levels a gap apart; g_t is the gradient
at w_t with noise that depends on w_t alone. While eta |g| <= gap, a level is left downward with the probability eta E max(g,
0) / gap and upward with eta E max(-g, 0) / gap: the only chances with the right mean. So the chain is I + eta G with a G that
does not know eta, and its stationary laws are those of G,

    pi (I + eta G) = pi  <=>  pi G = 0,      pi_k up_k = pi_{k+1} down_{k+1},

the latter on finitely many levels whose ends are not left outward, since no probability flows through a cut. A smaller step
size is the same chain in slow motion: levels far from the minimiser are visited as often as ever.

Straight-through with noise concentrates. In one dimension on a (x - w)^2 / 2, with w between the neighbours low and high of
evenly spaced levels, V = (theta - middle)^2 has E V' <= V - 2 eta delta |theta - middle| + eta^2 M, delta = a min(w - low,
high - w), M a bound of E g^2; and theta is a gap or more from the middle where another level is taken. So others are taken

    V_0 / (2 eta delta gap T) + eta M / (2 delta gap)

of T steps at most, in the mean: at last a share of the order of eta. That the latent weights remember fractions of a level
is what lets a smaller step size work (Li et al. compare the two on networks).
"""

from typing import Any

import numpy as np

from pqtheory.claims import Budget, Claim, Control, Part, all_of
from pqtheory.theory.binary_connect.stochastic_rounding_never_anneals import rounding
from pqtheory.theory.binary_connect.stochastic_rounding_never_anneals import (
    straight_through as ste,
)

STEP_SIZES = (1 / 8, 1 / 64, 1 / 1024)
FIGURE = "share of levels other than 0 and 1, w = 0.3, noise +-4, eta = 1/8, 1/64, 1/1024"


def _shares(budget: Budget) -> tuple[dict[str, Any], dict[str, Any]]:
    """Rounding on the levels -3 .. 3, by the chain of each step size, and by what balances."""
    levels = np.arange(-3.0, 4.0)
    up, down = rounding.rates(levels, 0.3, 4.0)
    others = (levels != 0) & (levels != 1)
    found = [float(rounding.stationary(up, down, eta)[others].sum()) for eta in STEP_SIZES]
    share = float(rounding.balanced(up, down)[others].sum())
    return {FIGURE: [round(x, 9) for x in found]}, {FIGURE: [share] * len(STEP_SIZES)}


CLAIM = Claim(
    name="stochastic-rounding-never-anneals",
    source="Li et al., Training quantized nets: a deeper understanding, NeurIPS 2017; sharpened here",
    statement=(
        "Weights on evenly spaced levels, w - eta g rounded without bias to a level next to it: while eta |g| <= gap a "
        "weight moves by one level with the probability eta |g| / gap, and the laws that are stationary at one eta > 0 are "
        "those at every other; on finitely many levels whose ends are not left outward they have pi_k up_k = pi_{k+1} "
        "down_{k+1}, up and down the means of max(-g, 0) and max(g, 0). In contrast straight-through in one dimension on "
        "a (x - w)^2 / 2, a > 0, w strictly between the neighbouring levels low and high, eta > 0 constant, noise of mean 0 "
        "and E g^2 <= M, takes other levels in no more than the share of T steps in the formula, in the mean."
    ),
    formula=(
        "pi (I + eta G) = pi <=> pi G = 0, eta |g| <= gap;  1/T sum_{t<T} P(q_t is neither low nor high) <= E V_0 / (2 eta "
        "delta gap T) + eta M / (2 delta gap),  delta = a min(w - low, high - w) > 0, V_0 = (theta_0 - (low + high) / 2)^2"
    ),
    formula_latex=(
        r"\pi (I + \eta G) = \pi \iff \pi G = 0,\ \eta |g| \le \Delta;\qquad"
        r" \frac1T \sum_{t<T} P(q_t \notin \{\mathrm{low}, \mathrm{high}\}) \le \frac{\mathbb{E} V_0}{2 \eta \delta \Delta T}"
        r" + \frac{\eta M}{2 \delta \Delta},\qquad \delta = a \min(w - \mathrm{low}, \mathrm{high} - w) > 0"
    ),
    derivation_latex=(
        r"$(1 - p) w + p (w - \Delta \operatorname{sign} g) = w - \eta g$ has one solution, $p = \eta |g| / \Delta$: the chain"
        r" is $I + \eta G$. Straight-through has $\mathbb{E} V' = V - 2 \eta (\theta - c)\, a (q - w) + \eta^2\, \mathbb{E} g^2$"
        r" with $V = (\theta - c)^2$, $c$ the middle, and $(\theta - c)\, a (q - w) \ge \delta |\theta - c|$, where"
        r" $|\theta - c| \ge \Delta$ if another level is taken. The sum over $T$ steps telescopes."
    ),
    parts=(
        Part(
            "rounding",
            "the chance of a move, and one law for all step sizes, which balances",
            all_of(
                rounding.moves_by_a_level,
                rounding.same_laws(),
                rounding.no_flow,
                figures=_shares,
            ),
        ),
        Part(
            "straight-through",
            "with noise it takes other levels than the two next to w in a share of the order of eta",
            all_of(ste.pulls(), ste.concentrates),
        ),
    ),
    controls=(
        Control(
            "larger steps",
            "the laws are the same where eta |g| > gap, too, a move being certain there",
            rounding.same_laws(capped=True),
        ),
        Control(
            "two gaps",
            "theta is two gaps from the middle where another level is taken",
            ste.pulls(2),
        ),
        Control(
            "w anywhere",
            "the gradient pulls to the middle by any delta, whatever w is next to",
            ste.pulls(between=False),
        ),
    ),
    headline=FIGURE,
    uses=("flip-law",),
    operators=("pqtheory.methods.BinaryConnect.step",),
)
