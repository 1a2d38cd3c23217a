"""Straight-through with any rounding: the page, and runs of other code."""

from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest

from pqtheory.evidence import Budget
from pqtheory.theory.binary_connect.ste_floor import (
    estimated,
    every_run,
    from_the_optimum,
    not_convex,
    one_step,
    optimum_runs,
    pl_loss,
    stays_at_the_floor,
    without_error,
)
from pqtheory.theory.binary_connect.ste_floor.claim import CLAIM

from ..verified import verified

pytest.importorskip("z3")

QUICK = Budget("quick")
LESS = Fraction(99, 100)


def mean_on_a_grid(x, gap, start, steps):
    """The mean of q^2 / 2 under straight-through with rounding to a grid, beta = 1."""
    w, total = start, 0.0
    for _ in range(steps):
        q = gap * (np.floor(w / gap) + 0.5)
        total += q * q / 2
        w = w - x * q
    return total / steps


@pytest.mark.parametrize("x", [0.1, 0.25, 1.0, 1.7])
@pytest.mark.parametrize("start", [0.0, 3.0, -0.7])
def test_rounding_to_a_grid_is_within_the_bound(x, start):
    gap, steps = 0.8, 400
    floor = 2 * (gap / 2) ** 2 / (2 - x) ** 2
    assert mean_on_a_grid(x, gap, start, steps) <= start**2 / (x * (2 - x) * steps) + floor


def test_the_floor_by_numbers():
    x = 0.5
    w, values = x / 2, []
    for _ in range(1000):
        q = 1.0 if w >= 0 else -1.0
        assert abs(q - w) == 1 - x / 2
        values.append(q * q / 2)
        w -= x * q
    assert np.mean(values) == 2 * (1 - x / 2) ** 2 / (2 - x) ** 2


def test_the_alternating_run_by_its_closed_form():
    x = Fraction(3, 2)
    g = [(2 - x * (x - 1) ** t) / (2 - x) for t in range(6)]
    assert optimum_runs.alternating_mean(x, 6) == sum(v * v for v in g) / 12
    assert optimum_runs.alternating_mean(Fraction(1), 6) == 2 - Fraction(3, 12)


def test_the_pl_loss_by_numbers():
    q = np.linspace(-3, 4, 7001)
    values, between = pl_loss.value(q).astype(float), (q[1:] + q[:-1]) / 2
    slopes = pl_loss.slope(between).astype(float)
    np.testing.assert_allclose(np.diff(values) / np.diff(q), slopes, atol=1e-3)
    squares = pl_loss.slope(q).astype(float) ** 2
    assert (float(pl_loss.KAPPA) * squares >= 2 * values - 1e-12).all()
    # it is not convex
    assert (np.diff(slopes) < 0).any()


def test_the_page_holds():
    result = verified("ste-floor")
    assert result.ok
    assert {part.kind for part in result.parts} == {"proved"}
    assert not result.prose


@pytest.mark.parametrize(
    "false",
    [
        one_step.earns(LESS),
        every_run.bounded(LESS),
        stays_at_the_floor.no_less(2 - LESS),
        optimum_runs.alternates(LESS),
        optimum_runs.best(LESS),
        without_error.bounded(LESS),
        not_convex.gradients(LESS),
        not_convex.values(lambda kappa: kappa / kappa),
    ],
)
def test_what_is_false_is_refuted(false):
    assert false(QUICK).kind == "refuted"


def test_broken_multipliers_are_noticed(monkeypatch):
    chosen = from_the_optimum.chosen

    def broken(c, **case):
        return chosen(c=c * Fraction(101, 100), **case)

    monkeypatch.setattr(from_the_optimum, "chosen", broken)
    assert from_the_optimum.fits(QUICK).kind == "refuted"


def test_the_next_position_is_used(monkeypatch):
    monkeypatch.setattr(from_the_optimum, "following", lambda alpha, x: x + x * alpha)
    assert from_the_optimum.fits(QUICK).kind == "refuted"


def test_the_headline_has_one_name_at_every_budget(monkeypatch):
    """The worst runs themselves are searched elsewhere."""
    found = SimpleNamespace(value=0.0, instance=None, ratio=0.0, holds=True)
    monkeypatch.setattr(estimated.worst_case, "straight_through", lambda *_, **__: found)
    monkeypatch.setattr(estimated.worst_case, "rerun", lambda _: found)
    for budget in ("quick", "full"):
        assert CLAIM.headline in estimated.estimated(Budget(budget)).measured
