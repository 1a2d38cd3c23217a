r"""The last iterate of AProx: steps that never grow, noise in the gradients, F = L + lambda R with any convex R.

L convex and G-Lipschitz, E |g|^2 <= G^2, the prox weight the sum of the steps. From any point on the potential pays for the excess, up
to 2 eta^2 G^2 a step in expectation (``aggregated/``). That holds for u = p_j too, the potential taken anew there, D_j(p_j) = 0,
which |u - theta|^2 / 2 would not be. So with e_j = E F(p_j) - F(u) and S_k the mean of eta_j e_j over the last k steps

    S_k <= S_{k+1} + 2 G^2 Q_k / (k (k + 1)),    eta_T e_T = S_1 <= |u - theta_0|^2 / (2 T) + 2 G^2 (eta_T^2 + ... + eta_1^2 / T)

(``last_values.py``). With R = |u - theta_0| equal steps R / (2 G sqrt(T)) have e_T <= G R (1 + H_T) / sqrt(T), H_T = 1 + 1/2 + ... + 1/T,
and steps R / (2 G sqrt(j)) have G R (1 + 2 H_T) / sqrt(T). The sketch has G R (2 + 1.5 ln T) / sqrt(T) for these: of the same order, with
3/4 of the factor of ln T, which this argument does not give.
"""

from fractions import Fraction

from pqtheory.claims import Claim, Control, Part, all_of
from pqtheory.theory.successors.aggregated import one_step, sums
from pqtheory.theory.successors.aprox_last_iterate.last_values import (
    equal_steps,
    last_value,
    last_values,
    root_steps,
)
from pqtheory.theory.successors.aprox_last_iterate.runs import RUNS

CLAIM = Claim(
    name="aprox-last-iterate",
    source="Jin et al., arXiv 2503.15748, Theorem 3.2 (last iterate of AProx), with our constants",
    statement=(
        "F = L + lambda R, lambda >= 0, L convex with Lipschitz constant G > 0, R any convex function (it need not be Lipschitz), in any "
        "dimension: AProx = ProxConnect from theta_0, the prox weight lambda times the sum of the steps, eta_1 >= .. >= eta_T > 0, "
        "gradients that are subgradients of L plus noise of mean 0 whatever came before, E |g|^2 <= G^2. If F(u) is finite and F(u) <= "
        "E F(p_j) for every j, or all steps are equal, eta_T (E F(p_T) - F(u)) <= |u - theta_0|^2 / (2 T) + 2 G^2 (eta_T^2 + "
        "eta_{T-1}^2 / 2 + .. + eta_1^2 / T), in expectation over finitely many outcomes. With R_0 = |u - theta_0| > 0, H_T = 1 + 1/2 + "
        ".. + 1/T: E F(p_T) - F(u) <= G R_0 (1 + H_T) / sqrt(T) for eta_j = R_0 / (2 G sqrt(T)), and <= G R_0 (1 + 2 H_T) / sqrt(T) for "
        "eta_j = R_0 / (2 G sqrt(j)), H_T once from each end. A nonconvex R does not have the step that this rests on."
    ),
    formula=(
        "eta_T (E F(p_T) - F(u)) <= |u - theta_0|^2 / (2 T) + 2 G^2 sum_k eta_{T+1-k}^2 / k;  E F(p_T) - F(u) <= G R_0 (1 + H_T) / sqrt(T) "
        "at eta = R_0 / (2 G sqrt(T)),  G R_0 (1 + 2 H_T) / sqrt(T) at eta_j = R_0 / (2 G sqrt(j))"
    ),
    formula_latex=(
        r"\eta_T\,(\mathbb{E} F(p_T) - F(u)) \le \frac{\|u - \theta_0\|^2}{2 T} + 2 G^2 \sum_{k=1}^{T} \frac{\eta_{T+1-k}^2}{k};"
        r"\qquad \eta_j = \frac{R_0}{2 G \sqrt{j}}:\quad \mathbb{E} F(p_T) - F(u) \le \frac{G R_0 (1 + 2 H_T)}{\sqrt T}"
    ),
    derivation_latex=(
        r"With $D(u) = h(u) - h(p) - \langle\theta, u - p\rangle$, $h = \tfrac12|x|^2 + A R$, one step gives"
        r" $\eta (F(q) - F(u)) \le D(u) - D'(u) + 2\eta^2 G^2$ in expectation. Taken anew at $u = p_j$, where $D_j(p_j) = 0$, the mean"
        r" $S_k$ of $\eta_j e_j$ over the last $k$ steps satisfies $S_k \le S_{k+1} + 2 G^2 Q_k / (k (k + 1))$."
    ),
    parts=(
        Part("one step", "the potential falls by the excess, up to its cost", one_step.STEP_GAINS),
        Part(
            "taken anew",
            "the potential is 0 where it is taken anew",
            all_of(sums.potential_is_zero_anew, sums.potential_at_the_start),
        ),
        Part("last iterate", "the last value", all_of(last_value, beside=(RUNS,), cases=(RUNS,))),
        Part("two schedules", "equal steps, and roots", all_of(equal_steps(), root_steps)),
    ),
    controls=(
        Control("half the cost", "a step costs half of that", one_step.one_step(Fraction(1, 2))),
        Control(
            "R need not be convex",
            "p and q may minimise for any R",
            one_step.one_step(given=one_step.of_step_not_convex),
        ),
        Control("steps that grow", "the same for any step sizes", last_values(decaying=False)),
        Control("half the bound", "the last value within half of it", equal_steps(Fraction(1, 2))),
    ),
    uses=("prox-connect-bound", "lazy-minimises-what", "par-prox"),
    operators=(
        "pqtheory.methods.ProxConnect.step",
        "pqtheory.methods.ProxConnect.query",
        "pqtheory.regularizers.PiecewiseAffine.prox",
    ),
)
