"""Theorem 5.1 with noise: the page, runs of other code, and what must be refuted."""

from fractions import Fraction

import numpy as np
import pytest

from pqtheory.evidence import Budget
from pqtheory.theory.proxquant.stochastic_convergence import bounds, claim, tight_step

from ..verified import verified

pytest.importorskip("z3")

QUICK = Budget("quick")


def test_the_page_holds():
    result = verified("stochastic-convergence")
    assert result.ok
    assert {part.kind for part in result.parts} == {"proved"}
    assert result.measured[claim.FIGURE] == pytest.approx(4)


@pytest.mark.parametrize("x", [0.2, 0.5, 0.9])
def test_noisy_runs_with_the_w_keep_to_the_bound(x):
    rng, least = np.random.default_rng(0), np.inf
    for _ in range(40):
        half = rng.normal(size=(4, 4))
        A, b = half + half.T, rng.normal(size=4)
        beta, strength = abs(np.linalg.eigvalsh(A)).max(), rng.uniform(0.1, 10)
        eta, theta = x / beta, rng.normal(size=4)

        def F(t, A=A, b=b, strength=strength):
            return t @ A @ t / 2 + b @ t + strength * abs(abs(t) - 1).sum()

        before, squares, errors = F(theta), 0.0, 0.0
        for _ in range(30):
            xi = rng.normal(size=4)
            y = theta - eta * (A @ theta + b + xi)
            level = np.where(y >= 0, 1.0, -1.0)
            new = level + np.sign(y - level) * np.maximum(abs(y - level) - eta * strength, 0)
            squares += ((A @ new + b + (y - new) / eta) ** 2).sum()
            errors += (xi**2).sum()
            theta = new
        bound = 2 * (1 + 1 / x) * beta * (before - F(theta)) + (1 + x) / (1 - x) * errors
        least = min(least, bound - squares)
        assert squares <= bound + 1e-9
    assert least < np.inf


@pytest.mark.parametrize("k", [1.1, 2.0, 5.0])
def test_the_tight_step_by_hand(k):
    """L'' is 1 up to 1 and -1 up to 1 + 1/k; the step from 0 ties with staying, and F is the same at both ends."""
    x = (k * k - 1) / (k * k + 1)
    end, xi = 1 + 1 / k, 1 - 1 / x
    rise = 1 / 2 + 1 / k - 1 / (2 * k * k)
    assert float(tight_step.loss(end, k)) == pytest.approx(rise)
    y = -x * xi
    assert x * -rise + (end - y) ** 2 / 2 == pytest.approx(y**2 / 2)
    G = (1 - 1 / k) + (y - end) / x
    assert abs(G**2 - (1 + x) / (1 - x) * xi**2) < 1e-9


def test_smaller_constants_are_refuted():
    less = bounds.in_one_coordinate(lambda x: Fraction(999, 1000) * bounds.of_error(x))
    assert less(QUICK).kind == "refuted"
    more = tight_step.no_less(lambda x: Fraction(1001, 1000) * bounds.second(x))
    assert more(QUICK).kind == "refuted"
