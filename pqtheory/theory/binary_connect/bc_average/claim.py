r"""BinaryConnect on L = x.A.x / 2 + b.x, A positive definite, from any theta_0, with any constant step size eta > 0:

    |mean(x_0, ..., x_{T-1})_i - x*_i| <= C_i / T,    x* the minimiser of L over the box [-1, 1]^n.

So +1 is taken a share (1 + x*_i) / 2 of the time, up to C_i / (2 T), and at most T (1 - |x*_i|) + C_i signs flip.

Let g = grad L(x*), d_t = x_t - x*, w_t = A^{-1} theta_0 - eta sum_{k<t} d_k. Then theta_t = A w_t - eta t g, and
mean - x* = (w_0 - w_T) / (eta T); for every quadratic, grad L(mean) = (theta_0 - theta_T) / (eta T). With V = w.A.w,

    V' - V = -2 eta (theta + eta t g).d + eta^2 d.A.d,    (theta + eta t g)_i d_i >= (1 - |x*_i|) |theta_i|,

the last by optimality of x*. Let e = eta^2 D, D the largest d.A.d over the vertices. C are the coordinates with
|x*_i| = 1, I the rest, rho the largest |x*_i| there, and alpha the largest (A_II^{-1})_ii.

I by itself: V_I = theta_I.A_II^{-1}.theta_I <= alpha |theta_I|_1^2, so V_I <= max(V_I(0), W) for ever,
W = max(e_I, alpha (e_I / (2 eta (1 - rho)))^2), e_I = eta^2 D_I with the largest d.A.d of that block.

Together: Phi = V - V_I changes only where a sign on C is wrong. While none is, I runs as if alone, and
U = max(V_I, W) + Phi >= V does not grow. A step with wrong signs adds e to V at most, and e + W to U.
Each wrong sign adds 2 eta to s.w_C, s = x*_C, and (s.w_C)^2 <= tau U with tau = s.(A^{-1})_CC.s (Cauchy-Schwarz). So
there are no more than

    M = (2 c + tau (e + W) / (2 eta) + sqrt(tau U_0)) / (2 eta),    c = max(0, -s.w_C(0)),

of them: these coordinates settle for good, V <= V_max = U_0 + M (e + W), and with Cauchy-Schwarz for w_i
C_i = sqrt((A^{-1})_ii) (sqrt V_0 + sqrt V_max) / eta. If C is empty M = 0.

If A is only semidefinite and C is empty, this holds with the pseudoinverse, on the range of A, with
e_I = eta^2 D + 2 eta N, N the largest (theta_0 - A A^+ theta_0).d. With a minimiser on the boundary it is left open,
but for the perceptron cycling theorem (Block and Levin, 1970): bounded if g = 0 and theta_0 is in the range of A.

Flips: each has one end at the rarer sign, and each visit there has two ends: F <= 2 min(N+, N-). A run of one sign of
an inner coordinate has length <= 2 K / (eta (1 - |x*_i|)), K = sqrt((A^{-1})_ii V_max). In one dimension the rarer sign
never comes twice in a row, so the flip rate is 1 - |x*|; and T |mean - x*| < 2 from the band that every start reaches.

Step sizes that vary: the mean weighted by them is off x* by (w_0 - w_T) / sum eta_t. For the plain mean it is enough
that they do not grow: |grad L(mean)_i| <= 2 K' / (T eta_{T-1}) while |theta_i| <= K'.

Losses that are not quadratic: in one dimension only L'(-1) and L'(1) count. If L'(-1) < 0 < L'(1), BinaryConnect cannot
tell L from the quadratic with these slopes, and the average tends to the root of the secant of L'.

From theta_0 = 0 this is herding, the Frank-Wolfe method with steps 1 / (t + 1) (Bach, Lacoste-Julien, Obozinski, 2012).
"""

from fractions import Fraction

from pqtheory import signs
from pqtheory.claims import Claim, Control, Part, all_of
from pqtheory.evidence import Budget, Evidence, join
from pqtheory.theory.binary_connect.bc_average import bound, sums
from pqtheory.theory.binary_connect.bc_average import one_dimension as line
from pqtheory.theory.binary_connect.bc_average import signs as on_signs
from pqtheory.theory.binary_connect.bc_average import telescoping as steps
from pqtheory.theory.binary_connect.bc_average.runs import (
    clipped_minimiser,
    in_one_dimension,
    keeps_to_bounds,
)
from pqtheory.theory.binary_connect.bc_average.telescoping import POINT

FLIPS = "flips per step, one dimension, x* = 1/3"
OCCUPATION = "share of +1, one dimension, x* = 1/3"
SECANT = "mean of x_t on x^4/4 + x/3"
MINIMISER = "minimiser of x^4/4 + x/3"


def _in_one_dimension(budget: Budget) -> Evidence:
    """Exactly, over whole periods."""
    count = 3 * budget.pick(50, 500)
    x = in_one_dimension(POINT).quantized(count + 1)
    flips, plus = signs.flips_per_step(x)[1:].mean(), (x[1:] > 0).mean()
    return join(
        Evidence("enumerated", count),
        measured={FLIPS: float(flips), OCCUPATION: float(plus)},
        predicted={FLIPS: float(1 - POINT), OCCUPATION: float((1 + POINT) / 2)},
    )


def _on_a_quartic(budget: Budget) -> Evidence:
    """Exactly, over whole periods, from 0 with eta = 1."""
    count = 3 * budget.pick(50, 500)
    theta, total = Fraction(0), Fraction(0)
    for _ in range(count):
        x = Fraction(sums.quantized(theta).item())
        theta, total = sums.moved(theta, steps.cubic(x, 1, POINT), 1).item(), total + x
    left, right = (steps.cubic(Fraction(side), 1, POINT) for side in (-1, 1))
    return join(
        Evidence("enumerated", count),
        measured={SECANT: float(total / count), MINIMISER: -(float(POINT) ** (1 / 3))},
        predicted={SECANT: float((left + right) / (left - right))},
    )


CLAIM = Claim(
    name="bc-average",
    source="arXiv 1810.00861, section 3.1 (BinaryConnect); the average derived here",
    statement=(
        "On a strictly convex quadratic the average of BinaryConnect's quantized iterates tends to the minimiser x* "
        "over the box at rate 1/T, with explicit constants C_i, for every start and every constant step size > 0. "
        "Coordinates at an end of the box are wrong at most M times, all together; every coordinate takes +1 a share "
        "(1 + x*_i)/2 of the time, up to C_i/(2 T), and flips at most T (1 - |x*_i|) + C_i times in T iterates. On a "
        "convex loss that is not quadratic the average need not tend to the minimiser."
    ),
    formula="|mean(x_0..x_{T-1})_i - x*_i| <= C_i / T,  C_i = sqrt((A^-1)_ii) (sqrt V_0 + sqrt V_max) / eta,  "
    "V_max = U_0 + M (e + W),  A positive definite, eta > 0",
    formula_latex=(
        r"\Bigl|\tfrac1T \sum_{t<T} x_{t,i} - x^*_i\Bigr| \le \frac{C_i}{T},\qquad"
        r" C_i = \frac{\sqrt{(A^{-1})_{ii}}\,(\sqrt{V_0} + \sqrt{V_{\max}})}{\eta},\quad"
        r" V_{\max} = U_0 + M (e + W),\qquad A \succ 0,\ \eta > 0"
    ),
    derivation_latex=(
        r"With $d_t = x_t - x^*$, $w_t = A^{-1} \theta_0 - \eta \sum_{k<t} d_k$ and $V = w \cdot A w$ one has"
        r" $\bar x - x^* = (w_0 - w_T) / (\eta T)$ and"
        r" $V' - V = -2 \eta\, (\theta + \eta t g) \cdot d + \eta^2\, d \cdot A d$, where"
        r" $(\theta + \eta t g)_i d_i \ge (1 - |x^*_i|) |\theta_i|$. Inside the box"
        r" $V_I \le \alpha |\theta_I|_1^2$ keeps $V_I \le \max(V_I(0), W)$; each wrong sign at an end adds $2 \eta$ to"
        r" $s \cdot w_C$, while $(s \cdot w_C)^2 \le \tau U$ and $U$ grows by $e + W$ at most: there are at most $M$."
    ),
    parts=(
        Part(
            "average",
            "|mean_i - x*_i| <= C_i / T, no more than M wrong signs, shares of +1 and flips within C_i, too",
            all_of(
                on_signs.shares_and_flips,
                beside=(keeps_to_bounds(boundary=False), keeps_to_bounds(boundary=True)),
            ),
        ),
        Part(
            "flips",
            "two flips at most for each visit to the rarer sign, and no run of one sign is too long",
            all_of(on_signs.PLUS, on_signs.MINUS, on_signs.flips(2), on_signs.longest_run),
        ),
        Part(
            "telescoping",
            "eta T grad L(mean) = theta_0 - theta_T for every quadratic: in a cycle the mean is stationary",
            all_of(steps.gradient_at_the_mean, steps.cycle(steps.affine)),
        ),
        Part(
            "not quadratic",
            "on x^4/4 + x/3 the mean stays at the root of the secant of L', which is no minimiser",
            all_of(steps.not_stationary, steps.secant, beside=(_on_a_quartic,)),
        ),
        Part(
            "one dimension",
            "T |mean - x*| < 2 in a band that every start reaches, and |flips - T (1 - |x*|)| < 4",
            all_of(
                line.two_and_four,
                line.arrives,
                line.discrepancy(2),
                beside=(_in_one_dimension,),
            ),
        ),
        Part(
            "step sizes",
            "the mean weighted by the step sizes, and the plain mean under steps that do not grow",
            all_of(
                steps.weighted_mean,
                steps.plain_mean,
                steps.cycle(steps.affine, one_step_size=False, weighted=True),
            ),
        ),
    ),
    controls=(
        Control(
            "convex, not quadratic",
            "in a cycle on x^4/4 + b x the mean is stationary",
            steps.cycle(steps.cubic),
        ),
        Control(
            "clipped minimiser",
            "the average tends to the minimiser over R^n, clipped to the box",
            keeps_to_bounds(boundary=True, point=clipped_minimiser),
        ),
        Control(
            "minimiser anywhere",
            "V decreases for large theta if the minimiser is outside the box",
            sums.pushed_out(sums.anywhere),
        ),
        Control(
            "V never grows",
            "V does not increase, however small theta is",
            bound.settles(with_floor=False),
        ),
        Control(
            "one flip per visit",
            "there are no more flips than visits to the rarer sign",
            on_signs.flips(1),
        ),
        Control(
            "constant 1.98",
            "T |mean - x*| < 1.98 in one dimension",
            line.discrepancy(Fraction(99, 50)),
        ),
        Control(
            "not convex",
            "the band is kept if the curvature is negative too",
            line.band(convex=False),
        ),
        Control(
            "steps that vary",
            "in a cycle with steps that vary the plain mean is stationary",
            steps.cycle(steps.affine, one_step_size=False),
        ),
        Control(
            "growing steps",
            "the bound for the plain mean holds if the steps grow too",
            steps.abel(decreasing=False),
        ),
    ),
    headline=FLIPS,
    operators=(
        "pqtheory.methods.BinaryConnect.step",
        "pqtheory.methods.BinaryConnect.query",
        "pqtheory.problems.Quadratic.gradient",
    ),
)
