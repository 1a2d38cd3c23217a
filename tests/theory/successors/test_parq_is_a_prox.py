"""PARQ's map as a prox, the prox of a piecewise affine function, and the maps that are proxes."""

from fractions import Fraction

import numpy as np
import pytest

from pqtheory.claims import Budget
from pqtheory.regularizers import Bump, PiecewiseAffine
from pqtheory.sets import Codebook
from pqtheory.theory.successors import par_prox, parq_is_a_prox, prox_maps_are_monotone

from ..verified import verified

QUICK = Budget("quick")


@pytest.mark.parametrize("name", ["parq-is-a-prox", "par-prox", "prox-maps-are-monotone"])
def test_proved_without_prose(name):
    result = verified(name)
    assert (result.kind, len(result.prose)) == ("proved", 0)
    assert all(control.refuted for control in result.controls)


def test_the_bump_has_one_minimiser_where_w_has_two():
    measured = verified("parq-is-a-prox").measured[parq_is_a_prox.FIGURE]
    np.testing.assert_allclose(measured, [0, -1 / 2, 1 / 2, -1 / 3, 1 / 3])


def test_the_published_map_on_200_random_codebooks():
    rng = np.random.default_rng(0)
    for _ in range(200):
        levels = sorted({Fraction(int(n), 8) for n in rng.integers(-40, 40, 6)})
        s = Fraction(int(rng.integers(1, 17)), 16)
        theta = np.array([Fraction(int(n), 16) for n in rng.integers(-90, 90, 20)])
        x = Bump(Codebook(levels)).prox(theta, 1 - s)
        for t, found in zip(theta, x, strict=True):
            inside = min(max(t, levels[0]), levels[-1])
            i = min(sum(v <= inside for v in levels), len(levels) - 1)
            a, b = levels[i - 1], levels[i]
            middle = (a + b) / 2
            assert found == min(max(middle + (inside - middle) / s, a), b)


def test_a_map_that_is_a_little_off_is_noticed():
    """Of the own gap: the formula with the lower level in place of the midpoint."""

    def off(t, s, a, b):
        return parq_is_a_prox.prox(t, s, a, b) + (b - a) / 8

    pytest.importorskip("z3")
    assert parq_is_a_prox.best_in_own_gap(off)(QUICK).kind == "refuted"
    assert parq_is_a_prox.is_parqs_map(off)(QUICK).kind == "refuted"


def test_flat_at_each_level_of_a_longer_codebook():
    """Beyond the three levels that the page reads: at l_j for l_j + w s_{j-1} <= t <= l_j + w s_j, for nine levels."""
    levels = [Fraction(i, 3) for i in range(-4, 5)]
    slopes = [Fraction(i, 2) - Fraction(1, 4) for i in range(-4, 6)]
    R, w = PiecewiseAffine(Codebook(levels), slopes), Fraction(1, 2)
    for level, below, above in zip(levels, slopes, slopes[1:], strict=False):
        inside = [level + w * below, level + w * (below + above) / 2, level + w * above]
        assert [R.prox(t, w) for t in inside] == [level] * 3
        assert R.prox(inside[0] - Fraction(1, 100), w) != level
        assert R.prox(inside[2] + Fraction(1, 100), w) != level


def test_a_wrong_turn_of_the_loop_is_noticed(monkeypatch):
    pytest.importorskip("z3")
    monkeypatch.setattr(par_prox, "turned", lambda x, t, w, s, upper: x)
    assert par_prox.each_turn_is_optimal(QUICK).kind == "refuted"
    assert par_prox.end_of_loop(1)(QUICK).kind != "proved"


def test_a_quarter_turn_is_monotone_and_no_prox():
    pytest.importorskip("z3")
    assert prox_maps_are_monotone.quarter_turn_never_turns_round(QUICK).kind == "proved"
    assert prox_maps_are_monotone.is_a_prox_in_the_plane()(QUICK).kind == "proved"
