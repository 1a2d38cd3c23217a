r"""Figure 1(b): f_1(x) = |x + 1/2| - 1/2 and f_{-1}(x) = |x - 1/2| - 1/2 have the same derivatives on {-1, +1}.

BinaryConnect cannot tell them apart: one step from the same latent weight is the same on both. ProxQuant with
lambda_t = lambda t, eta <= 1/2, from 0 < theta_0 <= 1, ends at +1 on f_{-1}, its right vertex, for every lambda > 0.
On f_1 it reaches the right vertex -1 iff it crosses 0 before the pull overcomes the slope. Let

    u_n = theta_0 - n eta + eta lambda n (n - 1) / 2.

By induction theta_n = min(u_n, 1) as long as no u_k - eta < 0, k < n. At the first u_n - eta < 0 it crosses, stays
below 0, and once lambda n > 1 each step moves it down by eta (lambda n - 1), which grows, until it is at -1 for good.
If there is none, u_n, which grows without bound, takes it to +1. u_0 < eta or u_1 < eta iff theta_0 < 2 eta, whatever
the rate. For r = theta_0 / eta >= 2 the rates with u_n < eta for some n >= 2 are those below

    lambda* = max_n 2 (n + 1 - r) / (n (n - 1)),   attained at n = max(2, ceil(2 r - 3)).

At lambda* itself it ends at +1. In closed form, y = 2 r - 3 = (2 theta_0 - 3 eta) / eta,

    1 / y <= lambda* <= 1 / y + 1 / (4 y^2 (y - 1)),   lambda* = eta / (2 theta_0 - 3 eta) where 2 r is whole:

per unit of time lambda* / eta -> 1 / (2 theta_0) as eta -> 0, and 1 / (2 theta_0) + 3 eta / (4 theta_0^2) + O(eta^2).
"""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from pqtheory._arrays import as_array
from pqtheory.claims import Check, Claim, Control, Part
from pqtheory.claims import cases as falsify
from pqtheory.evidence import Budget
from pqtheory.methods import BinaryConnect, Method, ProxQuant
from pqtheory.methods.base import State
from pqtheory.problems import TwoFunctionToy
from pqtheory.theory.given import Given, exact
from pqtheory.theory.proxquant.two_function_toy import runs
from pqtheory.theory.proxquant.two_function_toy import threshold as toy
from pqtheory.theory.statements import POSITIVE, SIGNED, for_all, illustrated, together

HALF = runs.HALF
STEPS = (Fraction(1, 8), Fraction(1, 3), HALF)
PULLS = (Fraction(0), *POSITIVE)
RUNS = {
    "eta": falsify.Fractions(Fraction(1, 32), HALF),
    "theta0": falsify.Fractions(0, 1, open_low=True),
    "rate": falsify.Fractions(Fraction(1, 32), 8),
}
INSIDE = tuple(Fraction(n, 8) for n in range(9))


def slope(side: int, theta: Any) -> Any:
    """The derivative of f_side, by the code of the problem, for one number or term."""
    xp, t = as_array(theta)
    return TwoFunctionToy(side)._gradient(xp, t)


def one_step(method: Method, theta: Any, side: int) -> Any:
    """The latent weight after one step on f_side."""
    state = State(exact(theta), 0)
    return method.step(state, slope(side, method.query(state))).latent


def prox_quant(eta: Any, strength: Any) -> Method:
    """ProxQuant with the W, at a step where lambda_t = strength."""
    return ProxQuant(runs.W, Given(eta), Given(strength))


def binary_connect(eta: Any, strength: Any) -> Method:
    """BinaryConnect; it knows no strength."""
    return BinaryConnect(Given(eta))


def _identical(make: Callable[[Any, Any], Method]) -> Check:
    """One step from the same latent weight leads to the same on both functions."""

    def statement(theta: Any, eta: Any, strength: Any) -> Any:
        method = make(eta, strength)
        same = one_step(method, theta, 1) == one_step(method, theta, -1)
        return [eta > 0, strength >= 0], same

    return for_all(statement, theta=SIGNED, eta=POSITIVE, strength=PULLS)


def _allowed(eta: Any, pull: Any) -> list[Any]:
    return [eta > 0, eta <= HALF, pull >= 0]


def _at_most_one(u: Any) -> Any:
    xp, u = as_array(exact(u))
    return xp.minimum(u, 1)


def _on_its_way(u: Any, eta: Any, pull: Any, rate: Any) -> tuple[list[Any], Any]:
    """What is known of u = u_n and pull = lambda n before it crosses, and theta_{n+1} on f_1."""
    known = [*_allowed(eta, pull), rate > 0, u >= 0, (u <= 1) | (pull >= 1)]
    return known, one_step(prox_quant(eta, pull), _at_most_one(u), 1)


def _follows(u: Any, eta: Any, pull: Any, rate: Any) -> Any:
    """u_n >= eta: theta = min(u, 1) at the next step too, and what is known stays true."""
    known, after = _on_its_way(u, eta, pull, rate)
    following = u - eta + eta * pull
    still = (following >= 0) & ((following <= 1) | (pull + rate >= 1))
    return [*known, u >= eta], (after == _at_most_one(following)) & still


def _crosses(u: Any, eta: Any, pull: Any, rate: Any) -> Any:
    """u_n < eta: the next latent weight is below 0."""
    known, after = _on_its_way(u, eta, pull, rate)
    return [*known, u < eta], (after >= -1) & (after < 0)


def _stays_right(theta: Any, eta: Any, pull: Any) -> Any:
    """On f_1 from [-1, 0): it stays there, and is at -1 or has moved by eta (lambda n - 1) toward it."""
    after = one_step(prox_quant(eta, pull), theta, 1)
    settles = (after == -1) | (after <= theta - eta * (pull - 1))
    return [*_allowed(eta, pull), theta >= -1, theta < 0], (after >= -1) & (after < 0) & settles


def _stays_right_on_the_other(theta: Any, eta: Any, pull: Any) -> Any:
    """On f_{-1} from [0, 1]: likewise toward +1."""
    after = one_step(prox_quant(eta, pull), theta, -1)
    settles = (after == 1) | (after >= theta + eta * (pull - 1))
    return [*_allowed(eta, pull), theta >= 0, theta <= 1], (after >= 0) & (after <= 1) & settles


def _threshold(
    claimed: toy.Claimed = toy.threshold_at,
    starts: toy.Starts = toy.far,
    settings: Callable[[Budget], runs.Settings] = runs.far_settings,
) -> Check:
    """The threshold, and exact runs on either side of it, by which it is searched too."""
    proof, threshold = toy.is_threshold(claimed, starts), toy.numbers(claimed)

    def ends(eta: Fraction, theta0: Fraction, rate: Fraction) -> bool | None:
        if not all(starts(theta0 / eta)):
            return None
        return runs.reached(eta, theta0, rate, 1) == (-1 if rate < threshold(eta, theta0) else 1)

    searched = falsify.joined(proof, falsify.Cases(ends, RUNS))
    return falsify.with_cases(illustrated(proof, runs.around(threshold, settings)), searched)


def _expansion(correction: Fraction) -> Check:
    """lambda* for small steps to first order, and its value at one."""
    value = runs.correction(correction, toy.numbers(toy.threshold_at))
    return illustrated(toy.expansion(correction), value)


_ON_THE_WAY = {"u": INSIDE, "eta": STEPS, "pull": PULLS, "rate": POSITIVE}

CLAIM = Claim(
    name="two-function-toy",
    source="arXiv 1810.00861, Figure 1(b)",
    statement=(
        "BinaryConnect's trajectories on f_1 and f_{-1} are identical; ProxQuant, eta <= 1/2, from 0 < theta_0 <= 1, "
        "reaches the right vertex of both iff theta_0 < 2 eta or its rate is below a threshold, which is "
        "eta / (2 theta_0 - 3 eta) or just above, and eta / (2 theta_0) for small steps."
    ),
    formula=(
        "lambda* = max_n 2((n+1) eta - theta_0) / (eta n (n-1)) >= eta / (2 theta_0 - 3 eta), with equality where "
        "2 theta_0 / eta is whole;  theta_0 >= 2 eta, eta <= 1/2"
    ),
    parts=(
        Part("BinaryConnect", "identical trajectories", _identical(binary_connect)),
        Part(
            "trajectory",
            "on f_1 theta_n = min(u_n, 1) until u_n < eta; then it stays below 0 and ends at -1",
            together(
                for_all(_follows, **_ON_THE_WAY),
                for_all(_crosses, **_ON_THE_WAY),
                for_all(_stays_right, theta=SIGNED, eta=STEPS, pull=PULLS),
                for_all(toy.sum_of_pulls, start=INSIDE, eta=STEPS, rate=POSITIVE, n=toy.COUNTS),
            ),
        ),
        Part("threshold", "rates below lambda* reach -1 on f_1, others +1", _threshold()),
        Part(
            "near 0",
            "from theta_0 < 2 eta, and only from there, every rate reaches -1 on f_1",
            illustrated(for_all(toy.near_start, ratio=toy.RATIOS, rate=POSITIVE), runs.near),
        ),
        Part(
            "closed form",
            "1/y <= lambda* <= 1/y + 1/(4 y^2 (y - 1)), y = 2 theta_0 / eta - 3, and its expansion for small steps",
            together(
                for_all(toy.bounds, ratio=toy.RATIOS, turn=toy.TURNS), _expansion(Fraction(3, 4))
            ),
        ),
        Part(
            "other function",
            "on f_{-1} every rate reaches +1",
            illustrated(
                for_all(_stays_right_on_the_other, theta=INSIDE, eta=STEPS, pull=PULLS),
                runs.other(toy.numbers(toy.threshold_at)),
            ),
        ),
    ),
    controls=(
        Control(
            "ProxQuant identical",
            "ProxQuant's trajectories are identical on both functions",
            _identical(prox_quant),
        ),
        Control(
            "limit at a finite step",
            "eta / (2 theta_0) is the threshold at finite steps too",
            _threshold(toy.small_steps),
        ),
        Control(
            "eta / theta_0",
            "the threshold is eta / theta_0 for small steps",
            _threshold(toy.twice_small_steps),
        ),
        Control(
            "any start",
            "lambda* is the threshold from theta_0 < 2 eta too",
            _threshold(starts=toy.any_start, settings=runs.near_settings),
        ),
        Control(
            "half the correction",
            "the threshold per unit of time is 1 / (2 theta_0) + 3 eta / (8 theta_0^2) + O(eta^2)",
            _expansion(Fraction(3, 8)),
        ),
        Control(
            "every rate",
            "ProxQuant reaches the right vertex at rates up to 4 lambda*",
            _threshold(toy.too_large),
        ),
    ),
    headline=runs.FIGURE,
    operators=("pqtheory.methods.ProxQuant.step",),
)
