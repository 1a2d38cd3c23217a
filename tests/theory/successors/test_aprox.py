"""Prox-SGD against the aggregated prox, and the last iterate of the latter."""

from fractions import Fraction

import pytest

from pqtheory.claims import Budget
from pqtheory.theory.successors import aprox_last_iterate as last
from pqtheory.theory.successors import prox_sgd_loses_quantization as sgd

from ..verified import verified

QUICK = Budget("quick")


@pytest.mark.parametrize("name", ["prox-sgd-loses-quantization", "aprox-last-iterate"])
def test_proved_without_prose(name):
    result = verified(name)
    assert (result.kind, len(result.prose)) == ("proved", 0)
    assert all(control.refuted for control in result.controls)


def test_half_of_the_steps_are_off_the_level_at_every_step_size():
    assert verified("prox-sgd-loses-quantization").measured[sgd.FIGURE] == [0.5, 0.5, 1, 1]


def test_whole_runs_are_within_the_bound():
    for T in (1, 2, 4):
        for start in (Fraction(-3), Fraction(5, 7), Fraction(2)):
            for side in (1, -1):
                assert last._run(T, start, side) >= 0


@pytest.mark.parametrize("share", [Fraction(9, 10), Fraction(1, 2)])
def test_a_smaller_bound_does_not_follow(share):
    pytest.importorskip("z3")
    assert last.last_value(share)(QUICK).kind == "refuted"


def test_the_step_needs_the_whole_rest():
    pytest.importorskip("z3")
    assert last.one_step_gains(Fraction(7, 4))(QUICK).kind == "refuted"
    assert last.one_step_gains(2, last.of_step_not_convex)(QUICK).kind == "refuted"
