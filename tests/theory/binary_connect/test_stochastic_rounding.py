"""Stochastic rounding has one stationary law for all step sizes, straight-through concentrates: the page, and runs."""

import numpy as np
import pytest

from pqtheory.evidence import Budget
from pqtheory.theory.binary_connect.stochastic_rounding_never_anneals import (
    claim,
    rounding,
    straight_through,
)

from ..verified import verified

pytest.importorskip("z3")

QUICK = Budget("quick")
W, NOISE = 0.3, 4.0


def test_the_page_holds():
    result = verified("stochastic-rounding-never-anneals")
    assert result.ok
    assert {part.kind for part in result.parts} == {"proved"}
    shares = result.measured[claim.FIGURE]
    assert shares == pytest.approx([shares[0]] * 3, abs=1e-9)
    assert 0.2 < shares[0] < 0.9


def rounded_runs(eta, steps, rng):
    """Many runs on -3 .. 3, rounded without bias; the share off 0 and 1 at the end."""
    w = np.zeros(20_000)
    for _ in range(steps):
        target = w - eta * (w - W + NOISE * rng.choice([-1, 1], w.size))
        down = np.floor(target)
        w = np.clip(down + (rng.random(w.size) < target - down), -3, 3)
    return ((w != 0) & (w != 1)).mean()


def straight_runs(eta, steps, rng):
    theta, off = np.full(2000, 0.5), 0.0
    for _ in range(steps):
        q = np.clip(np.floor(theta + 0.5), -3, 3)
        off += ((q != 0) & (q != 1)).mean()
        theta = theta - eta * (q - W + NOISE * rng.choice([-1, 1], theta.size))
    return off / steps


def test_runs_of_rounding_keep_the_share_and_straight_through_does_not():
    rng = np.random.default_rng(0)
    up, down = rounding.rates(np.arange(-3.0, 4.0), W, NOISE)
    law = rounding.balanced(up, down)
    share = 1 - law[3] - law[4]
    for eta, steps in ((1 / 8, 200), (1 / 32, 800)):
        assert rounded_runs(eta, steps, rng) == pytest.approx(share, abs=0.02)
    delta, M = min(W, 1 - W), (3 + W) ** 2 + NOISE**2
    found = [straight_runs(eta, 2000, rng) for eta in (1 / 8, 1 / 64)]
    assert found[1] <= 1 / 64 * M / (2 * delta)
    assert found[1] < found[0] / 3
    assert found[1] < share / 4


def test_what_is_false_is_refuted():
    assert rounding.same_laws(capped=True)(QUICK).kind == "refuted"
    assert straight_through.pulls(2)(QUICK).kind == "refuted"
    assert straight_through.pulls(between=False)(QUICK).kind == "refuted"
