r"""BinaryConnect on L = x.A.x / 2 + b.x, A positive definite, from any theta_0, with any constant step size eta:

    |mean(x_0, ..., x_{T-1})_i - x*_i| <= C_i / T,    x* the minimiser of L over the box [-1, 1]^n.

So +1 is taken a share (1 + x*_i) / 2 of the time, up to C_i / (2 T), and at most T (1 - |x*_i|) + C_i signs flip.

Let g = grad L(x*), d_t = x_t - x*, w_t = A^{-1} theta_0 - eta sum_{k<t} d_k. Then theta_t = A w_t - eta t g, and
mean - x* = (w_0 - w_T) / (eta T); for every quadratic, grad L(mean) = (theta_0 - theta_T) / (eta T). With V = w.A.w,

    V' - V = -2 eta (theta + eta t g).d + eta^2 d.A.d,    (theta + eta t g)_i d_i >= (1 - |x*_i|) |theta_i|,

the last by optimality of x*. Let e = eta^2 D, D the largest d.A.d over the vertices.

Inside, |x*_i| <= rho < 1 for all i: V <= alpha |theta|_1^2 with alpha the largest (A^{-1})_ii, so V <= max(V_0, W) for
ever, W = max(e, alpha (e / (2 eta (1 - rho)))^2). By Cauchy-Schwarz |theta_i| <= sqrt(A_ii V_max) and C_i =
sqrt((A^{-1})_ii) (sqrt V_0 + sqrt V_max) / eta with V_max = max(V_0, W). If A is only semidefinite, this holds with the
pseudoinverse, on the range of A, with e = eta^2 D + 2 eta N, N the largest |(theta_0 - A A^+ theta_0).d|.

On the boundary, C the coordinates with |x*_i| = 1 and I the rest: V = V_I + Phi, V_I = theta_I.A_II^{-1}.theta_I and
Phi = w_C.S.w_C, S the Schur complement (proved with one coordinate in each block; block elimination is the same).
w_C changes only where a sign on C is wrong. While none is, I runs as if alone: U = max(V_I, W_I) + Phi does not grow.
A step with wrong signs adds e + W_I to U at most. Each of them adds 2 eta to s.w_C, s = x*_C, and (s.w_C)^2 <= tau U
with tau = s.(A^{-1})_CC.s; so there are no more than

    M = (2 c + tau (e + W_I) / (2 eta) + sqrt(tau U_0)) / (2 eta),    c = max(0, -s.w_C(0)),

of them: these coordinates settle for good, V_max = U_0 + M (e + W_I), and the rest averages to its share. Where g_i is
not 0, theta_i drifts off by eta |g_i| per step. Semidefinite A with a minimiser on the boundary is left open, but for
the perceptron cycling theorem (Block and Levin, 1970): bounded if g = 0 and theta_0 is in the range of A.

Flips: each has one end at the rarer sign, and each visit there has two ends: F <= 2 min(N+, N-). A run of one sign of
an inner coordinate has length <= 2 K / (eta (1 - |x*_i|)), K = sqrt((A^{-1})_ii V_max). In one dimension the rarer sign
never comes twice in a row, so the flip rate is 1 - |x*|; and T |mean - x*| < 2 from the band that every start reaches.

Step sizes that vary: the mean weighted by them is off x* by (w_0 - w_T) / sum eta_t. For the plain mean it is enough
that they do not grow: |grad L(mean)_i| <= 2 K' / (T eta_{T-1}) while |theta_i| <= K'; inside, V <= max(V_0, W) with the
W of eta_0.

Losses that are not quadratic: in one dimension only L'(-1) and L'(1) count. If L'(-1) < 0 < L'(1), BinaryConnect cannot
tell L from the quadratic with these slopes, and the average tends to the root of the secant of L'.

From theta_0 = 0 this is herding, the Frank-Wolfe method with steps 1 / (t + 1) (Bach, Lacoste-Julien, Obozinski, 2012).
"""

from fractions import Fraction

from pqtheory import signs
from pqtheory.claims import Claim, Control, Part
from pqtheory.evidence import Budget, Evidence, join, smt
from pqtheory.theory.binary_connect.bc_average import lemmas as lemma
from pqtheory.theory.binary_connect.bc_average import signs as on_signs
from pqtheory.theory.binary_connect.bc_average.runs import (
    clipped_minimiser,
    in_one_dimension,
    keeps_to_bounds,
)
from pqtheory.theory.random_cases import POSITIVE, Numbers, for_all, quarters
from pqtheory.theory.statements import illustrated, together

POINT = Fraction(1, 3)
FLIPS = "flips per step, one dimension, x* = 1/3"
OCCUPATION = "share of +1, one dimension, x* = 1/3"
SECANT = "mean of x_t on x^4/4 + x/3"
MINIMISER = "minimiser of x^4/4 + x/3"

#: where no solver is at hand, variables of these names are drawn from here
POOLS: dict[str, Numbers] = {
    **dict.fromkeys(("a", "eta", "alpha", "K", "total", "e", "W", "D"), POSITIVE),
    **dict.fromkeys(("s", "last", "new"), quarters(-4, 4)),
    **dict.fromkeys(("F", "N", "n", "c", "f", "elapsed"), quarters(0, 4, 8, 12)),
    **dict.fromkeys(("bi", "bc", "ai", "ac", "v", "rho"), quarters(0, 1, 2, 3)),
    "x": (*quarters(-8, -4, -3, -2, -1, 0, 1, 2, 3, 4, 8), Fraction(-99, 100), Fraction(99, 100)),
    "curvature": quarters(-4, 2, 4),
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
    flips, plus = signs.flips_per_step(x)[1:].mean(), (x[1:] > 0).mean()
    return join(
        Evidence("enumerated", steps),
        measured={FLIPS: float(flips), OCCUPATION: float(plus)},
        predicted={FLIPS: float(1 - POINT), OCCUPATION: float((1 + POINT) / 2)},
    )


def _on_a_quartic(budget: Budget) -> Evidence:
    """Exactly, over whole periods, from 0 with eta = 1."""
    steps = 3 * budget.pick(50, 500)
    theta, total = Fraction(0), Fraction(0)
    for _ in range(steps):
        x = lemma.quantized(theta)
        theta, total = lemma.moved(theta, lemma.cubic(x, 1, POINT), 1), total + x
    left, right = (lemma.cubic(Fraction(side), 1, POINT) for side in (-1, 1))
    return join(
        Evidence("enumerated", steps),
        measured={SECANT: float(total / steps), MINIMISER: -(float(POINT) ** (1 / 3))},
        predicted={SECANT: float((left + right) / (left - right))},
    )


_GROWS = "v r a n rho eta D N"
_LINE = "theta a x eta"

CLAIM = Claim(
    name="bc-average",
    source="arXiv 1810.00861, section 3.1 (BinaryConnect); the average derived here",
    statement=(
        "On a strictly convex quadratic the average of BinaryConnect's quantized iterates tends to the minimiser over "
        "the box at rate 1/T, with explicit constants, for every start and constant step size. Coordinates at an end "
        "of the box are wrong finitely often; the others take +1 a share (1 + x*_i)/2 of the time and flip at a rate "
        "of at most 1 - |x*_i|. On a convex loss that is not quadratic the average need not tend to the minimiser."
    ),
    formula="|mean(x_0..x_{T-1})_i - x*_i| <= C_i / T,  C_i = sqrt((A^-1)_ii) (sqrt V_0 + sqrt V_max) / eta",
    parts=(
        Part(
            "telescoping",
            "eta T grad L(mean) = theta_0 - theta_T for every quadratic: in a cycle the mean is stationary",
            illustrated(
                together(
                    _proof(lemma.telescopes, "theta total row b steps eta"),
                    _cycle(),
                ),
                _on_a_quartic,
            ),
        ),
        Part(
            "inside",
            "V <= max(V_0, W) for ever if the minimiser is inside the box",
            illustrated(
                together(
                    _proof(lemma.coordinate_of_v, "w theta row x eta"),
                    _proof(lemma.step_of_v, "w1 w2 a1 a2 a3 x1 x2 eta"),
                    _proof(lemma.outward(lemma.in_box), "theta x g elapsed"),
                    _proof(lemma.entry, "mij mii mjj alpha s t"),
                    _proof(lemma.bounded(), _GROWS),
                ),
                keeps_to_bounds(boundary=False),
            ),
        ),
        Part(
            "boundary",
            "coordinates at an end of the box take the wrong sign at most M times, and V stays bounded",
            illustrated(
                together(
                    _proof(lemma.blocks, "wi wc a1 a2 a3 x d eta"),
                    _proof(lemma.mistake, "bi bc ai ac e W"),
                    _proof(lemma.count, "total c r f"),
                ),
                keeps_to_bounds(boundary=True),
            ),
        ),
        Part(
            "flips",
            "two flips at most for each visit to the rarer sign, and no run of one sign is too long",
            together(
                _proof(on_signs.one_more_sign, "F N last new"),
                _proof(on_signs.flips(2), "s1 s2 s3"),
                _proof(on_signs.longest_run, "w x s n eta K"),
            ),
        ),
        Part(
            "one dimension",
            "T |mean - x*| < 2 in a band that every start reaches, and the flip rate is 1 - |x*|",
            illustrated(
                together(
                    _proof(on_signs.band(), _LINE),
                    _proof(on_signs.reaches, _LINE),
                    _proof(on_signs.at_any_time, "theta1 theta2 a x eta"),
                    _proof(on_signs.discrepancy(2), _LINE),
                    _proof(on_signs.isolated, _LINE),
                ),
                _in_one_dimension,
            ),
        ),
        Part(
            "step sizes",
            "the mean weighted by the step sizes, and the plain mean under steps that do not grow",
            together(
                _cycle(one_step_size=False, weighted=True),
                _proof(lemma.abel(), "theta S row eta1 eta2 K"),
            ),
        ),
    ),
    controls=(
        Control(
            "convex, not quadratic",
            "in a cycle on x^4/4 + b x the mean is stationary",
            _proof(lemma.cycle(lemma.cubic), "theta a b eta1 eta2 eta3"),
        ),
        Control(
            "clipped minimiser",
            "the average tends to the minimiser over R^n, clipped to the box",
            keeps_to_bounds(boundary=True, point=clipped_minimiser),
        ),
        Control(
            "minimiser anywhere",
            "V decreases for large theta if the minimiser is outside the box",
            _proof(lemma.outward(lemma.anywhere), "theta x g elapsed"),
        ),
        Control(
            "V never grows",
            "V does not increase, however small theta is",
            _proof(lemma.bounded(with_floor=False), _GROWS),
        ),
        Control(
            "one flip per visit",
            "there are no more flips than visits to the rarer sign",
            _proof(on_signs.flips(1), "s1 s2 s3"),
        ),
        Control(
            "constant 1.98",
            "T |mean - x*| < 1.98 in one dimension",
            _proof(on_signs.discrepancy(Fraction(99, 50)), _LINE),
        ),
        Control(
            "not convex",
            "the band is kept if the curvature is negative too",
            _proof(on_signs.band(convex=False), "theta curvature x eta"),
        ),
        Control(
            "steps that vary",
            "in a cycle with steps that vary the plain mean is stationary",
            _cycle(one_step_size=False, weighted=False),
        ),
        Control(
            "growing steps",
            "the bound for the plain mean holds if the steps grow too",
            _proof(lemma.abel(decreasing=False), "theta S row eta1 eta2 K"),
        ),
    ),
    headline=FLIPS,
)
