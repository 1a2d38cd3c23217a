"""Exact runs on the two-function toy: where they end, against what the threshold foretells."""

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from pqtheory._arrays import Array
from pqtheory.claims import Check
from pqtheory.claims.cases import Cases, Fractions, Integers
from pqtheory.evidence import Budget, Evidence, join, judge
from pqtheory.methods import Method, ProxQuant
from pqtheory.problems import TwoFunctionToy
from pqtheory.schedules import Linear
from pqtheory.simulate import simulate
from pqtheory.theory.proxquant.two_function_toy.steps import HALF, Make, W
from pqtheory.theory.proxquant.two_function_toy.threshold import Threshold

FIGURE = "threshold rate / eta, theta_0 = 1/2"
CORRECTION = "(lambda* / eta - 1 / (2 theta_0)) theta_0^2 / eta, eta -> 0"
ETA, RATE = Fractions(Fraction(1, 32), HALF), Fractions(Fraction(1, 32), 8)
START = Fractions(0, 1, open_low=True)


def last_weight(method: Method, start: Fraction, steps: int, side: int) -> Fraction:
    """The latent weight after so many steps on f_side, exactly."""
    theta0, problem = np.array([start], dtype=object), TwoFunctionToy(side)
    path = simulate(method, problem, theta0, steps, record="last", fields=("latent",))
    return Fraction(path.latent[-1, 0])


def reached(eta: Fraction, start: Fraction, rate: Fraction, side: int) -> Fraction:
    """Where ProxQuant is on f_side at step 2 + 2 / lambda + 1 / eta."""
    steps = math.ceil(2 + 2 / rate + 1 / eta)
    return last_weight(ProxQuant(W, eta, Linear(rate)), start, steps, side)


def identical_runs(make: Make) -> Cases:
    """A few steps from the same start on both functions."""

    def same(eta: Fraction, rate: Fraction, theta0: Fraction, steps: int) -> bool:
        method = make(eta, rate)
        return last_weight(method, theta0, steps, 1) == last_weight(method, theta0, steps, -1)

    domains = {"eta": ETA, "rate": RATE, "theta0": Fractions(-2, 2), "steps": Integers(1, 8)}
    return Cases(same, domains)


def ends_at(threshold: Threshold, near: Fraction | int) -> Cases:
    """On f_1 at -1 iff theta_0 < ``near`` eta or the rate is below the threshold, else at +1."""

    def holds(eta: Fraction, theta0: Fraction, rate: Fraction) -> bool:
        right = theta0 < near * eta or rate < threshold(eta, theta0)
        return reached(eta, theta0, rate, 1) == (-1 if right else 1)

    return Cases(holds, {"eta": ETA, "theta0": START, "rate": RATE})


#: on f_{-1} at +1
OTHER = Cases(
    lambda eta, theta0, rate: reached(eta, theta0, rate, -1) == 1,
    {"eta": ETA, "theta0": START, "rate": RATE},
)


def far_settings(budget: Budget) -> list[tuple[Fraction, Fraction]]:
    """(eta, theta_0) with theta_0 >= 2 eta and eta <= 1/2."""
    etas = [Fraction(1, n) for n in budget.pick((8, 20), (8, 16, 20, 50))]
    starts = [Fraction(n, 8) for n in budget.pick((2, 4, 7, 8), range(2, 9))]
    return [(eta, start) for eta in etas for start in starts if start >= 2 * eta]


def around(threshold: Threshold) -> Check:
    """Just below the threshold f_1 ends at -1, at it and just above at +1; 1/1000 to either side."""
    shares = ((Fraction(999, 1000), -1), (Fraction(1), 1), (Fraction(1001, 1000), 1))

    def check(budget: Budget) -> Evidence:
        far = far_settings(budget)
        cases = [(*c, share * threshold(*c), end) for c in far for share, end in shares]
        eta = Fraction(1, budget.pick(32, 256))
        return join(
            _ends("around the threshold", 1, cases),
            measured={FIGURE: float(_bisected(eta, HALF, 20) / eta)},
            predicted={FIGURE: float(threshold(eta, HALF) / eta)},
            agreement=1e-5,
        )

    return check


def near(budget: Budget) -> Evidence:
    """From theta_0 < 2 eta every rate reaches -1 on f_1."""
    etas = [Fraction(1, n) for n in budget.pick((2, 8), (2, 3, 8, 20, 50))]
    ratios = [Fraction(n, 8) for n in budget.pick((1, 8, 12, 15), range(1, 16))]
    rates = (Fraction(1, 64), Fraction(1, 4), Fraction(2), Fraction(50))
    settings = [(eta, r * eta) for eta in etas for r in ratios if r * eta <= 1]
    cases = [(*setting, rate, -1) for setting in settings for rate in rates]
    return _ends("theta_0 < 2 eta", 1, cases)


def other(threshold: Threshold) -> Check:
    """On f_{-1} rates on either side of the threshold reach +1."""

    def check(budget: Budget) -> Evidence:
        shares = (Fraction(1, 4), Fraction(1), Fraction(4))
        cases = [(*c, m * threshold(*c), 1) for c in far_settings(budget) for m in shares]
        return _ends("f_{-1}", -1, cases)

    return check


def correction(claimed: Fraction, threshold: Threshold) -> Check:
    """(lambda* / eta - 1 / (2 theta_0)) theta_0^2 / eta at a small step, which tends to the first-order correction."""

    def check(budget: Budget) -> Evidence:
        eta = Fraction(1, 16384)
        found = (threshold(eta, HALF) / eta - 1 / (2 * HALF)) * HALF**2 / eta
        near = 2 * eta / HALF
        return judge(
            "enumerated",
            np.array([near - abs(found - claimed)]),
            {"eta": [eta]},
            measured={CORRECTION: float(found)},
            predicted={CORRECTION: float(claimed)},
            agreement=float(near),
        )

    return check


def _ends(name: str, side: int, cases: Sequence[tuple[Any, ...]]) -> Evidence:
    """Does every run (eta, theta_0, rate, end) end there?"""
    holds = np.array([reached(eta, start, rate, side) == end for eta, start, rate, end in cases])
    columns: Array = np.array(cases, dtype=object).T
    key = f"exact runs that end elsewhere, {name}"
    return judge(
        "enumerated",
        holds,
        dict(zip(("eta", "theta0", "rate", "expected end"), columns, strict=True)),
        measured={key: int((~holds).sum())},
        predicted={key: 0},
    )


def _bisected(eta: Fraction, start: Fraction, halvings: int) -> Fraction:
    """The threshold by bisection of exact runs on f_1: the largest rate found that ends at -1.

    Between eta / (4 theta_0), as lower rates take long, and 4 eta / theta_0.
    """
    low, high = eta / start / 4, 4 * eta / start
    for _ in range(halvings):
        middle = (low + high) / 2
        if reached(eta, start, middle, 1) == -1:
            low = middle
        else:
            high = middle
    return low
