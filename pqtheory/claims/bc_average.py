r"""BinaryConnect on L = x.A.x / 2 + b.x, A positive definite, from any theta_0, with any constant step size eta:

    |mean(x_0, ..., x_{T-1})_i - x*_i| <= C_i / T,    x* the minimiser of L over the box [-1, 1]^n.

So +1 is taken a share (1 + x*_i) / 2 of the time, up to C_i / (2 T), and at most T (1 - |x*_i|) + C_i signs flip.

Let g = grad L(x*), d_t = x_t - x*, w_t = A^{-1} theta_0 - eta sum_{k<t} d_k. Then theta_t = A w_t - eta t g and, exactly,
mean - x* = (w_0 - w_T) / (eta T); for every quadratic, grad L(mean) = (theta_0 - theta_T) / (eta T). With V = w.A.w

    V' - V = -2 eta (theta + eta t g).d + eta^2 d.A.d,    (theta + eta t g)_i d_i >= (1 - |x*_i|) |theta_i|,

the last by optimality of x*. Below, e = eta^2 D, D the largest d.A.d over the vertices.

Inside, |x*_i| <= rho < 1 for all i: V <= alpha |theta|_1^2, alpha the largest (A^{-1})_ii, so V <= max(V_0, W) for ever,
W = max(e, alpha (e / (2 eta (1 - rho)))^2). Hence |theta_i| <= sqrt(A_ii max(V_0, W)), and C_i = sqrt((A^{-1})_ii)
(sqrt V_0 + sqrt V_max) / eta with V_max = max(V_0, W) (Cauchy-Schwarz). If A is only semidefinite, this holds with the
pseudoinverse, on the range of A, with e = eta^2 D + 2 eta N, N the largest |(theta_0 - A A^+ theta_0).d|.

On the boundary, C the coordinates with |x*_i| = 1 and I the rest: V = V_I + Phi, V_I = theta_I.A_II^{-1}.theta_I and
Phi = w_C.S.w_C, S the Schur complement. w_C changes only where a sign on C is wrong. While none is, I runs as if alone:
U = max(V_I, W_I) + Phi does not grow. Such a step adds e + W_I to U at most. Each wrong sign adds 2 eta to s.w_C,
s = x*_C, and (s.w_C)^2 <= tau U, tau = s.(A^{-1})_CC.s; so there are no more than

    M = (2 c + tau (e + W_I) / (2 eta) + sqrt(tau U_0)) / (2 eta),    c = max(0, -s.w_C(0)),

of them: these coordinates settle for good, V_max = U_0 + M (e + W_I), and the rest averages to its share. Where g_i is
not 0, theta_i drifts off by eta |g_i| per step. (The perceptron cycling theorem of Block and Levin, 1970, would give
boundedness alone, where g = 0 and theta_0 is in the range of A; that is all we know for semidefinite A on the boundary.)

Flips: each has one end at the rarer sign, and each visit there has two ends: F <= 2 min(N+, N-). A run of one sign of
an inner coordinate has length <= 2 K / (eta (1 - |x*_i|)), K = sqrt((A^{-1})_ii V_max). In one dimension the rarer sign
never comes twice in a row, so the flip rate is 1 - |x*|; and T |mean - x*| < 2 from the band that every start reaches.

Step sizes that vary: the mean weighted by them behaves as above. For the plain mean it is enough that they do not
grow: |grad L(mean)_i| <= 2 K' / (T eta_{T-1}) while |theta_i| <= K', and V <= max(V_0, W) with the W of eta_0.

Losses that are not quadratic: in one dimension only L'(-1) and L'(1) count. If L'(-1) < 0 < L'(1), BinaryConnect cannot
tell L from the quadratic with these slopes, and the average tends to the root of the secant of L'.
"""

from fractions import Fraction

import numpy as np

from pqtheory import signs
from pqtheory.claims import _herding_lemmas as lemma
from pqtheory.claims._herding_runs import clipped_minimiser, in_one_dimension, keeps_to_bounds
from pqtheory.claims._random_cases import POSITIVE, Numbers, for_all, illustrated, quarters
from pqtheory.evidence import Budget, Claim, Control, Evidence, Part, judge, smt

POINT = Fraction(1, 3)
FIGURE = "flips per step, one dimension, x* = 1/3"
OCCUPATION = "share of +1, one dimension, x* = 1/3"
SECANT = "mean of x_t on x^4/4 + x/3"
MINIMISER = "minimiser of x^4/4 + x/3"

#: where no solver is at hand, variables of these names are drawn from here
POOLS: dict[str, Numbers] = {
    **dict.fromkeys(("a", "eta", "alpha", "K", "total", "e", "W", "D"), POSITIVE),
    **dict.fromkeys(("s", "last", "new"), quarters(-4, 4)),
    **dict.fromkeys(("F", "N", "n", "c", "f", "elapsed"), quarters(0, 4, 8, 12)),
    **dict.fromkeys(("bi", "bc", "ai", "ac", "v", "rho"), quarters(0, 1, 2, 3)),
    "x": quarters(-8, -4, -3, -2, -1, 0, 1, 2, 3, 4, 8),
    "r": quarters(0, 4, 16, 64),
    "g": quarters(-4, 0, 4),
    "b": (-POINT, POINT, *quarters(-2, 2)),
}


def _proof(statement: smt.Statement, variables: str) -> smt.ForAll:
    return for_all(statement, variables, POOLS)


def _cycle(**options: bool) -> smt.ForAll:
    return _proof(lemma.cycle(lemma.affine, **options), "theta a b eta1 eta2 eta3")


def _in_one_dimension(budget: Budget) -> Evidence:
    """Exactly, over whole periods."""
    steps = 3 * budget.pick(50, 500)
    x = in_one_dimension(POINT).quantized(steps + 1)
    flips = signs.flips_per_step(x)
    return judge(
        "enumerated",
        np.array([len(x) == steps + 1]),
        {"steps": np.array([steps])},
        measured={
            FIGURE: float(flips[1:].mean()),
            OCCUPATION: float((x[:-1] > 0).mean()),
        },
        predicted={FIGURE: float(1 - POINT), OCCUPATION: float((1 + POINT) / 2)},
    )


def _on_the_quartic(budget: Budget) -> Evidence:
    """Exactly, over whole periods, from 0 with eta = 1."""
    steps = 3 * budget.pick(50, 500)
    theta, total = Fraction(0), Fraction(0)
    for _ in range(steps):
        x = lemma.quantized(theta)
        theta, total = lemma.moved(theta, lemma.cubic(x, 1, POINT), 1), total + x
    minus, plus = (lemma.cubic(side, 1, POINT) for side in (-1, 1))
    return judge(
        "enumerated",
        np.array([True]),
        {"steps": np.array([steps])},
        measured={SECANT: float(total / steps), MINIMISER: -float(POINT) ** (1 / 3)},
        predicted={SECANT: float((plus + minus) / (minus - plus))},
    )


