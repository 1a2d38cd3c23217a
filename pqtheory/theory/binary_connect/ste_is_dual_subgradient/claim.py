r"""Straight-through on L = (x - w*).H.(x - w*) / 2 is a subgradient method on a convex function of the latent weights.

H is positive definite, q_t = P(theta_t) the nearest point of a codebook, theta_{t+1} = theta_t - eta H (q_t - w*), and

    phi(theta) = max over the points q of the codebook of <q, theta> - |q|^2 / 2,   less <w*, theta>.

The nearest point is the one that attains the maximum, as |theta - q|^2 / 2 = |theta|^2 / 2 - (<q, theta> - |q|^2 / 2). So
phi is convex, linear where one point is nearest, and q_t - w* is a subgradient; the step subtracts eta H times it, which
is the subgradient method in the metric |x|^2 = <x, H^{-1} x>:

    |theta' - z|^2 = |theta - z|^2 - 2 eta <d, theta - z> + eta^2 <d, H d>,   d = q - w*,
    mean of phi(theta_t) - phi(z) <= |theta_0 - z|^2 / (2 eta T) + eta D / 2,   D the largest <d, H d>.

No quantized loss is minimised: the latent weights minimise phi, and at the minimum they are on a threshold. In one
dimension phi grows from the middle of the two levels next to w* by min(w* - low, high - w*) a unit at least, so that
latent weights pile up there, at distances of the order of eta.

Where w* is inside, each coordinate with a level <= w*_i - rho and one >= w*_i + rho, phi(theta) - phi(0) >= rho
|theta|_1 - K, K = sum m_i^2 / 2 for levels of size m_i at most. Then V = <theta, H^{-1} theta> never exceeds V_max = max(V_0,
e, alpha (e / (2 eta rho))^2), e = 2 eta K + eta^2 D, alpha the largest (H^{-1})_ii, and since eta T (mean - w*) = H^{-1}
(theta_0 - theta_T), the mean of the quantized weights tends to w* at rate 1/T. For two levels that is ``bc-average``.
"""

from fractions import Fraction
from typing import Any

import numpy as np

from pqtheory.claims import Budget, Claim, Control, Part, all_of
from pqtheory.methods import BinaryConnect
from pqtheory.problems import Quadratic
from pqtheory.sets import Ternary
from pqtheory.simulate import simulate
from pqtheory.theory.binary_connect.ste_is_dual_subgradient import dual, mean

FIGURE = "mean of the quantized weights, ternary, w* = 1/3, eta = 1/8"
PILE = "mean latent weight at last, of the threshold 1/2, to 0.1"


def _run(budget: Budget) -> tuple[dict[str, Any], dict[str, Any]]:
    """(x - 1/3)^2 / 2 on {-1, 0, 1}, exactly, over whole periods at the end."""
    one, w = np.array([Fraction(1)]), Fraction(1, 3)
    path = simulate(
        BinaryConnect(Fraction(1, 8), set=Ternary()),
        Quadratic(one[:, None], -w * one),
        2 * one,
        budget.pick(120, 1200),
        fields=("latent", "quantized"),
    )
    share, place = (float(x[-60:].mean()) for x in (path.quantized, path.latent))
    return {FIGURE: share, PILE: round(place, 1)}, {FIGURE: float(w), PILE: 0.5}


CLAIM = Claim(
    name="ste-is-dual-subgradient",
    source="arXiv 1810.00861, section 3.1 (straight-through, dual averaging); derived here",
    statement=(
        "Let L = (x - w*).H.(x - w*) / 2 with H positive definite, P the nearest point of a finite codebook, and eta > 0 "
        "constant. Then phi(theta) = max_q (<q, theta> - |q|^2 / 2) - <w*, theta> is convex and piecewise linear, "
        "P(theta) - w* is a subgradient, and the straight-through method is the subgradient method on phi in the metric "
        "of H^{-1}: the mean of phi(theta_t) is above any phi(z) by |theta_0 - z|^2 / (2 eta T) + eta D / 2 at most, D >= "
        "<P(theta) - w*, H (P(theta) - w*)> for all theta. In one dimension, low < w* < high neighbouring levels, phi is "
        "least at the threshold (low + high) / 2 and grows from it at min(w* - low, high - w*) or more. If codebooks of "
        "single coordinates have levels <= w*_i - rho and >= w*_i + rho, rho > 0, the mean of the quantized weights tends "
        "to w* at rate 1/T, with explicit constants."
    ),
    formula=(
        "mean_{t<T} phi(theta_t) - phi(z) <= |theta_0 - z|^2 / (2 eta T) + eta D / 2,  |x|^2 = <x, H^{-1} x>;  "
        "|mean(q_0..q_{T-1})_i - w*_i| <= sqrt((H^-1)_ii) (sqrt V_0 + sqrt V_max) / (eta T),  V_max = max(V_0, e, alpha (e / "
        "(2 eta rho))^2),  e = 2 eta K + eta^2 D;  H positive definite, eta > 0, rho > 0"
    ),
    formula_latex=(
        r"\theta_{t+1} = \theta_t - \eta H d_t,\quad d_t = P(\theta_t) - w^* \in \partial\varphi(\theta_t),\quad"
        r" \varphi(\theta) = \max_q \bigl(\langle q, \theta \rangle - \tfrac12 \|q\|^2\bigr) - \langle w^*, \theta \rangle;"
        r"\qquad \Bigl|\tfrac1T \sum_{t<T} q_{t,i} - w^*_i\Bigr| \le"
        r" \frac{\sqrt{(H^{-1})_{ii}}\,(\sqrt{V_0} + \sqrt{V_{\max}})}{\eta T},\quad H \succ 0,\ \eta > 0"
    ),
    derivation_latex=(
        r"$\tfrac12 \|\theta - q\|^2 = \tfrac12 \|\theta\|^2 - (\langle q, \theta \rangle - \tfrac12 \|q\|^2)$, so the nearest"
        r" point attains the maximum, and $\varphi(y) \ge \varphi(\theta) + \langle P(\theta) - w^*, y - \theta \rangle$. With"
        r" $\|x\|^2 = \langle x, H^{-1} x \rangle$, $\|\theta' - z\|^2 = \|\theta - z\|^2 - 2\eta \langle d, \theta - z \rangle"
        r" + \eta^2 \langle d, H d \rangle$, where $\langle d, \theta - z \rangle \ge \varphi(\theta) - \varphi(z)$."
        r" If $w^*$ is inside, $\varphi(\theta) - \varphi(0) \ge \rho \|\theta\|_1 - K$ keeps $V = \langle \theta, H^{-1}"
        r" \theta \rangle \le V_{\max}$, and $\eta T (\bar q - w^*) = H^{-1} (\theta_0 - \theta_T)$."
    ),
    parts=(
        Part(
            "subgradient",
            "P takes the nearest point, and P(theta) - w* is a subgradient of phi",
            all_of(dual.nearest, dual.is_subgradient()),
        ),
        Part(
            "metric of H^{-1}",
            "a step is one of the subgradient method, which bounds the mean of phi",
            all_of(dual.step(), dual.mean_gap),
        ),
        Part("threshold", "in one dimension phi grows from the threshold", dual.least_at()),
        Part(
            "mean",
            "where w* is inside the levels, the mean of the quantized weights tends to it at 1/T",
            all_of(mean.grows(), mean.tends, figures=_run),
        ),
    ),
    controls=(
        Control(
            "any point",
            "q - w* is a subgradient for any point q of the codebook",
            dual.is_subgradient(is_nearest=False),
        ),
        Control(
            "plain metric", "it is the subgradient method in the plain metric", dual.step(False)
        ),
        Control("at w*", "phi is least at w*", dual.least_at("w*")),
        Control("w* anywhere", "phi grows whether w* is inside or not", mean.grows(inside=False)),
    ),
    headline=FIGURE,
    uses=("bc-average", "codebook-prox"),
    operators=(
        "pqtheory.methods.BinaryConnect.step",
        "pqtheory.methods.BinaryConnect.query",
    ),
)
