"""Oscillation between two levels: the page, and runs of other code."""

from fractions import Fraction
from itertools import groupby

import numpy as np
import pytest

from pqtheory.claims import one_of
from pqtheory.evidence import Budget
from pqtheory.theory.binary_connect.grid_oscillation import heavy_ball, levels_held, runs

from ..verified import verified

pytest.importorskip("z3")

QUICK = Budget("quick")


def levels_taken(f, eta, mu, steps):
    """1 where the higher of the levels 0 and 1 is taken."""
    theta, v, taken = 0.5, 0.0, []
    for _ in range(steps):
        taken.append(int(theta >= 0.5))
        v = mu * v + (taken[-1] - f)
        theta -= eta * v
    return np.array(taken)


@pytest.mark.parametrize("f", [0.123, 0.3, 0.5, 0.81])
@pytest.mark.parametrize("eta", [0.01, 1.7])
def test_occupation_and_dwell_times(f, eta):
    taken, m = levels_taken(f, eta, 0, 3000), min(f, 1 - f)
    rare = (taken if f <= 0.5 else 1 - taken).cumsum()
    assert (abs(rare - np.arange(1, 3001) * m) < 1 + 1e-9).all()
    runs = [(key, len(list(group))) for key, group in groupby(taken)][1:-1]
    common = 0 if f <= 0.5 else 1
    assert all(abs(n - (1 - m) / m) < 1 + 1e-9 for key, n in runs if key == common)
    assert f == 0.5 or {n for key, n in runs if key != common} == {1}


@pytest.mark.parametrize("f", [0.123, 0.5, 0.81])
@pytest.mark.parametrize("mu", [0.3, 0.9, 0.97])
def test_momentum_keeps_the_shares_and_has_no_more_changes(f, mu):
    taken, m = levels_taken(f, 0.2, mu, 5000), min(f, 1 - f)
    T, most = np.arange(1, 5001), (1 + mu) / (1 - mu)
    rare = (taken if f <= 0.5 else 1 - taken).cumsum()
    assert (abs(rare - T * m) <= most + 1e-9).all()
    changes = (np.diff(taken) != 0).cumsum()
    assert (changes <= 2 * T[:-1] * m + 2 * most + 1 + 1e-9).all()


def test_the_page_holds():
    result = verified("grid-oscillation")
    assert result.ok
    assert {part.kind for part in result.parts} == {"proved"}
    assert result.measured[runs.FEWER]


def test_what_is_false_is_refuted():
    assert levels_held.dwells(Fraction(1, 2), one_of(1, 2, 3))(QUICK).kind == "refuted"
    assert heavy_ball.is_kept(wide=False)(QUICK).kind == "refuted"
