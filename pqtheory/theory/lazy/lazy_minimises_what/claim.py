r"""theta' = theta - eta grad L(p), p = prox_{lambda R}(theta), for convex L and R, eta beta <= 1, minimises L alone.

It is mirror descent on L with the mirror map h = |x|^2 / 2 + lambda R, since theta is a subgradient of h at p. With
D(u) = h(u) - h(p) - <theta, u - p> one step gives eta (L(p') - L(u)) <= D(u) - D'(u), and L(p') <= L(p); summed over T
steps: L(p_T) - L(u) <= D_0(u) / (eta T) for every u. Any smaller constant fails, for L = -s x and R = |x| (if u
minimises L less will do: ``worst_case.lazy_prox_gradient``). It rests only where grad L(p) = 0. All that R does is to
choose: where L = f(A x), f strictly convex, theta_T - theta_0 has the same product with every minimiser of L, and the
p_T that minimises L has the least D_0.

Aggregated, with strength lambda A, A the sum of the etas so far, it is dual averaging and minimises F = L + lambda R:
the weight of R grows by lambda eta in a step, which gains eta (F(p') - F(u)) <= D(u) - D'(u). So the mean of F(p_1) ..
F(p_T), weighted by the etas, exceeds F(u) by |u - p_0|^2 / (2 (eta_0 + ...)) at most; and under constant steps by
|u - p_0|^2 / (2 eta (T + 1)), which L = 0, R = |x| reach. ``constant_steps.py`` has the argument.
"""

from fractions import Fraction

from pqtheory.claims import Claim, Control, Part, all_of
from pqtheory.regularizers import DistanceL1
from pqtheory.sets import Binary
from pqtheory.theory.lazy.lazy_minimises_what import (
    any_steps,
    constant_steps,
    fixed,
    on_a_line,
    runs,
    worst_runs,
)
from pqtheory.theory.lazy.lazy_minimises_what.on_a_line import objective, one_step

#: 1% less
LESS = Fraction(99, 100)

CLAIM = Claim(
    name="lazy-minimises-what",
    source="arXiv 1810.00861, section 5.1; Nesterov 2009; Xiao 2010",
    statement=(
        "For convex beta-smooth L, convex finite R and step sizes with eta beta <= 1: with fixed strength lazy "
        "prox-gradient is mirror descent on L alone, L(p_T) - L(u) <= D_h(u, p_0) / (eta T) for every T >= 1 and u, no "
        "smaller constant will do, and it rests exactly where grad L(p) = 0; R only chooses: if L = f(A x) with f "
        "strictly convex, a p_T that minimises L is the minimiser with the least D_h(., p_0). Aggregated, at strength "
        "lambda times the sum of the steps so far, it is dual averaging on F = L + lambda R: the mean of F(p_1) .. "
        "F(p_T), weighted by the steps, exceeds F(u) by |u - p_0|^2 / (2 (eta_0 + .. + eta_{T-1})) at most, and under "
        "constant steps by |u - p_0|^2 / (2 eta (T + 1)), the least constant for every T. ProxQuant, shown for R = |x| "
        "on a line, rests exactly where 0 is in grad L + lambda dR."
    ),
    formula=(
        "L convex and beta-smooth, R convex and finite, eta beta <= 1, T >= 1;  "
        "fixed: L(p_T) - L(u) <= D_h(u, p_0) / (eta T), h = |x|^2/2 + lambda R;  "
        "aggregated: mean F(p_k) - F(u) <= |u - p_0|^2 / (2 eta (T + 1)), k = 1 .. T"
    ),
    formula_latex=(
        r"\begin{aligned}"
        r"&L \text{ convex and } \beta\text{-smooth},\ R \text{ convex and finite},\ \eta \beta \le 1,\ T \ge 1:\\"
        r"&\text{fixed: } L(p_T) - L(u) \le \frac{D_h(u, p_0)}{\eta T},\quad h = \tfrac12 |x|^2 + \lambda R;\\"
        r"&\text{aggregated: } \frac1T \sum_{k=1}^{T} F(p_k) - F(u) \le \frac{|u - p_0|^2}{2 \eta (T + 1)},"
        r"\quad F = L + \lambda R"
        r"\end{aligned}"
    ),
    derivation_latex=(
        r"$\theta$ is a subgradient of $h$ at $p = \operatorname{prox}_{\lambda R}(\theta)$; with"
        r" $D(u) = h(u) - h(p) - \langle \theta, u - p \rangle$ one step gives"
        r" $\eta (L(p') - L(u)) \le D(u) - D'(u)$ and $L(p') \le L(p)$. Summed over $T$ steps:"
        r" $\eta T (L(p_T) - L(u)) \le D_0(u)$. Aggregated, the weight of $R$ grows by $\lambda \eta$ in a step, which"
        r" gains $\eta (F(p') - F(u)) \le D(u) - D'(u)$. Under constant steps, $\eta = 1$ and $p_0 = 0$, with"
        r" $g_k = \nabla L(p_k)$, their mean $m$ over $k = 0 \dots T$ and $w = u / (T + 1)$, the bounds of $L_k$ by"
        r" $L_0$ and by $L_u$ that a gradient gives, those of $R_k$ by $R_{k+1}$, and"
        r" $\sum_{k<T} |p_{k+1} - p_k + g_k - m - w|^2 \ge 0$ add up to"
        r" $\sum_{k=1}^{T} (F(p_k) - F(u)) \le \tfrac{T |u|^2}{2 (T + 1)} - \tfrac12 |p_T - g_T + m - T w|^2$."
    ),
    parts=(
        Part(
            "code",
            "on a line with R = |x|: theta' = theta - eta g, theta - p is a subgradient of lambda R at p",
            all_of(on_a_line.moves, on_a_line.is_mapped),
        ),
        Part(
            "one step",
            "on a line with R = |x| the code gains L: eta (L(p') - L(u)) <= D(u) - D'(u)",
            one_step(),
        ),
        Part(
            "fixed strength",
            "L(p_T) - L(u) <= D_0(u) / (eta T), in any dimension, for every convex R",
            all_of(fixed.bound(), figures=runs.ends),
        ),
        Part("sharp", "no constant below 1 / (eta T) will do", worst_runs.fixed_run()),
        Part("fixed points", "lazy: where grad L(p) = 0", on_a_line.lazy_rests()),
        Part(
            "fixed points, eager",
            "ProxQuant: where 0 is in grad L + lambda dR",
            on_a_line.eager_rests(),
        ),
        Part(
            "choice",
            "of the minimisers of f(A x) it takes the one nearest to p_0 in D_h",
            all_of(fixed.nearest, figures=runs.choice),
        ),
        Part(
            "one aggregated step",
            "on a line with R = |x| the code gains F: eta (F(p') - F(u)) <= D(u) - D'(u)",
            one_step(objective, growing=True),
        ),
        Part(
            "aggregated strength",
            "the weighted mean of F(p_k) - F(u) is at most |u - p_0|^2 / (2 (eta_0 + ...)), in any dimension",
            any_steps.weighted_mean,
        ),
        Part(
            "constant steps",
            "the mean of F(p_k) - F(u) is at most |u - p_0|^2 / (2 eta (T + 1)), for every T",
            constant_steps.mean_bound(),
        ),
        Part(
            "sharp, aggregated",
            "L = 0 and R = |x| reach it, for every T",
            all_of(worst_runs.aggregated_run(), figures=runs.means),
        ),
    ),
    controls=(
        Control("L + lambda R", "with fixed strength one step gains F", one_step(objective)),
        Control(
            "rests where F is stationary",
            "the lazy iteration rests exactly at the stationary points of F",
            on_a_line.lazy_rests(at_stationary=True),
        ),
        Control(
            "aggregated, L alone",
            "with aggregated strength one step gains L",
            one_step(growing=True),
        ),
        Control(
            "eager, L alone",
            "ProxQuant rests exactly where grad L = 0",
            on_a_line.eager_rests(at_stationary=False),
        ),
        Control(
            "any R",
            "one step gains L with the W, which is not convex (Theorem 5.2: it may oscillate)",
            one_step(regularizer=DistanceL1(Binary())),
        ),
        Control("any L", "one step gains L where L is not convex", one_step(convex=False)),
        Control(
            "longer steps",
            "one step gains L at every eta beta <= 1.01",
            one_step(longest=Fraction(101, 100)),
        ),
        Control("1% smaller, fixed", "0.99 / (eta T) will do", worst_runs.fixed_run(LESS)),
        Control(
            "1% smaller, aggregated",
            "0.99 / (eta (T + 1)) will do",
            worst_runs.aggregated_run(LESS),
        ),
    ),
    headline=runs.ENDS,
    uses=("codebook-prox",),
    operators=(
        "pqtheory.methods.LazyProx.step",
        "pqtheory.methods.LazyProx.query",
        "pqtheory.methods.ProxQuant.step",
        "pqtheory.regularizers.DistanceL1.prox",
        "pqtheory.regularizers.DistanceL1.value",
    ),
)
