r"""Figure 1(b): f_1(x) = |x + 1/2| - 1/2 and f_{-1}(x) = |x - 1/2| - 1/2 have the same derivatives on {-1, +1}.

BinaryConnect cannot tell them apart: it asks for the gradient there alone, and a step is -eta sign theta on both.
ProxQuant with the W, lambda_t = lambda t and eta <= 1/2, from 0 < theta_0 <= 1, ends at +1 on f_{-1}, its right vertex,
for every lambda > 0. On f_1 it reaches the right vertex -1 iff it crosses 0 before the pull overcomes the slope. Let

    u_n = theta_0 - n eta + eta lambda n (n - 1) / 2.

By induction theta_n = min(u_n, 1) as long as no u_k < eta, k < n. At the first u_n < eta it crosses and stays below 0;
once lambda n >= 2 each step moves it by eta or more, until it is at its vertex, by step N = 2 + 2 / lambda + 1 / eta,
and there u_n >= 1 too. u_0 < eta or u_1 < eta iff theta_0 < 2 eta, whatever the rate. For r = theta_0 / eta >= 2 the
rates with u_n < eta for some n >= 2 are those below

    lambda* = max_{n >= 2} 2 (n + 1 - r) / (n (n - 1)),   attained at n = max(2, ceil(2 r - 3)).

At lambda* itself it ends at +1. In closed form, y = 2 r - 3 = (2 theta_0 - 3 eta) / eta,

    1 / y <= lambda* <= 1 / y + 1 / (4 y^2 (y - 1)) if y > 1,   lambda* = eta / (2 theta_0 - 3 eta) where 2 r is whole:

per unit of time lambda* / eta -> 1 / (2 theta_0) as eta -> 0, and 1 / (2 theta_0) + 3 eta / (4 theta_0^2) + O(eta^2).
"""

from fractions import Fraction
from typing import Any

from pqtheory.claims import AllOf, Claim, Control, ForAll, Part, all_of, forall, real
from pqtheory.theory.proxquant.two_function_toy import runs
from pqtheory.theory.proxquant.two_function_toy import threshold as toy
from pqtheory.theory.proxquant.two_function_toy.steps import (
    SETTING,
    START,
    Make,
    asks_at_vertices,
    binary_connect,
    identical,
    other_run,
    prox_quant,
)

THREE_QUARTERS = Fraction(3, 4)


def never_apart(make: Make) -> ForAll:
    """At every step the latent weights on both functions are one."""
    known = identical(make)

    @forall(
        one=real,
        other=real,
        by=lambda one, other: [known.at(one=one, other=other)],
        cases=runs.identical_runs(make),
    )
    def same(one: Any, other: Any) -> Any:
        return one == other

    return same


@forall(
    **SETTING,
    start=START,
    theta=real,
    n=real,
    given=lambda eta, rate, wait, n: [rate * wait == 2, eta * (n - 2 - wait) >= 1],
    by=lambda eta, rate, wait, start, theta, n: [
        other_run.at(theta=theta, n=n, eta=eta, rate=rate, wait=wait, start=start)
    ],
    cases=runs.OTHER,
)
def right_on_the_other(theta: Any) -> Any:
    """On f_{-1} it is at +1 from step 2 + 2 / lambda + 1 / eta on."""
    return theta == 1


def ends_by(claimed: toy.Claimed = toy.threshold_at, near: int = 2) -> AllOf:
    """Where it ends on f_1; and exact runs on either side of the threshold."""
    threshold = toy.numbers(claimed)
    beside = (runs.around(threshold), runs.near)
    return all_of(toy.ends(claimed, near, runs.ends_at(threshold, near)), beside=beside)


def expands(correction: Fraction) -> AllOf:
    """lambda* for small steps to first order, and its value at one."""
    value = runs.correction(correction, toy.numbers(toy.threshold_at))
    return all_of(toy.expansion(correction), beside=(value,))


CLAIM = Claim(
    name="two-function-toy",
    source="arXiv 1810.00861, Figure 1(b)",
    statement=(
        "BinaryConnect's latent weights on f_1 and f_{-1} are identical at every step, from any start and with any "
        "steps eta_t > 0. ProxQuant with the W, lambda_t = lambda t, lambda > 0, a constant 0 < eta <= 1/2 and "
        "0 < theta_0 <= 1 is at the right vertex +1 of f_{-1} from step 2 + 2 / lambda + 1 / eta on; on f_1 it is from "
        "then on at the right vertex -1 iff theta_0 < 2 eta or lambda < lambda*, and else at +1. For theta_0 >= 2 eta "
        "and y = 2 theta_0 / eta - 3, 1 / y <= lambda* <= 1 / y + 1 / (4 y^2 (y - 1)) if y > 1, and lambda* = 1 / y "
        "where y is whole; for small steps lambda* / eta = 1 / (2 theta_0) + 3 eta / (4 theta_0^2) up to 2 eta^2 / theta_0^3, "
        "theta_0 >= 4 eta."
    ),
    formula=(
        "lambda* = max_{n >= 2} 2((n + 1) eta - theta_0) / (eta n (n - 1)) >= eta / (2 theta_0 - 3 eta), with equality "
        "where 2 theta_0 / eta is whole;  2 eta <= theta_0 <= 1, eta <= 1/2"
    ),
    formula_latex=(
        r"\lambda^* = \max_{n \ge 2} \frac{2\,((n + 1)\,\eta - \theta_0)}{\eta\, n (n - 1)}"
        r" \ \ge\ \frac{\eta}{2 \theta_0 - 3 \eta},\quad \text{with equality where } 2 \theta_0 / \eta \in \mathbb{Z};"
        r"\qquad 2 \eta \le \theta_0 \le 1,\ \eta \le \tfrac12"
    ),
    derivation_latex=(
        r"On $f_1$ let $u_n = \theta_0 - n \eta + \eta \lambda\, n (n - 1) / 2$. By induction $\theta_n = \min(u_n, 1)$"
        r" until some $u_n < \eta$; then the step crosses $0$, and it stays below. Once $\lambda n \ge 2$ each step"
        r" moves it by at least $\eta$ toward its vertex. $u_0 < \eta$ or $u_1 < \eta$ iff $\theta_0 < 2 \eta$; for"
        r" $r = \theta_0 / \eta \ge 2$ some $u_n < \eta$ iff $\lambda < 2 (n + 1 - r) / (n (n - 1))$ for some"
        r" $n \ge 2$: iff $\lambda$ is below the largest of these, at $n = \max(2, \lceil 2 r - 3 \rceil)$."
    ),
    parts=(
        Part(
            "BinaryConnect",
            "each step is -eta sign theta on both: identical trajectories",
            all_of(asks_at_vertices, never_apart(binary_connect)),
        ),
        Part(
            "threshold",
            "on f_1 it ends at -1 iff theta_0 < 2 eta or the rate is below lambda*, else at +1",
            ends_by(),
        ),
        Part(
            "other function",
            "on f_{-1} every rate reaches +1",
            all_of(right_on_the_other, beside=(runs.other(toy.numbers(toy.threshold_at)),)),
        ),
        Part(
            "closed form",
            "lambda* is the maximum; 1/y <= lambda* <= 1/y + 1/(4 y^2 (y - 1)) if y > 1, and its expansion for small steps",
            all_of(toy.is_largest_at_the_turn, toy.closed_form, expands(THREE_QUARTERS)),
        ),
    ),
    controls=(
        Control(
            "ProxQuant identical",
            "ProxQuant's trajectories are identical on both functions",
            never_apart(prox_quant),
        ),
        Control(
            "limit at a finite step",
            "eta / (2 theta_0) is the threshold at finite steps too",
            ends_by(toy.small_steps),
        ),
        Control(
            "eta / theta_0",
            "the threshold is eta / theta_0 for small steps",
            ends_by(toy.twice_small_steps),
        ),
        Control("any start", "lambda* is the threshold from theta_0 < 2 eta too", ends_by(near=0)),
        Control(
            "half the correction",
            "the threshold per unit of time is 1 / (2 theta_0) + 3 eta / (8 theta_0^2) + O(eta^2)",
            expands(THREE_QUARTERS / 2),
        ),
        Control(
            "every rate",
            "ProxQuant reaches the right vertex at rates up to 4 lambda*",
            ends_by(toy.too_large),
        ),
    ),
    headline=runs.FIGURE,
    uses=("w-prox",),
    operators=(
        "pqtheory.methods.BinaryConnect.step",
        "pqtheory.methods.BinaryConnect.query",
        "pqtheory.methods.ProxQuant.step",
        "pqtheory.problems.TwoFunctionToy.gradient",
        "pqtheory.regularizers.DistanceL1.prox",
    ),
)
