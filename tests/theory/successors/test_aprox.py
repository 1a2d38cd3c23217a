"""Prox-SGD against the aggregated prox, and what the mean and the last iterate of the latter cost."""

from fractions import Fraction

import numpy as np
import pytest

from pqtheory.claims import Budget
from pqtheory.theory.successors import prox_connect_bound as bound
from pqtheory.theory.successors import prox_sgd_loses_quantization as sgd
from pqtheory.theory.successors.aggregated import one_step
from pqtheory.theory.successors.aprox_last_iterate import last_values, runs

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
    for sizes in ([Fraction(1, 3)], [Fraction(1, 4)] * 4, [Fraction(1, 2), Fraction(1, 8)] * 8):
        for start in (Fraction(-3), Fraction(5, 7), Fraction(2)):
            for side in (1, -1):
                assert runs.slack(start, side, sizes) >= 0
                assert bound._with_pieces(start=start, side=side, etas=sizes) >= 0


@pytest.mark.parametrize("share", [Fraction(9, 10), Fraction(1, 2)])
def test_a_smaller_bound_does_not_follow(share):
    pytest.importorskip("z3")
    assert last_values.equal_steps(share)(QUICK).kind == "refuted"


def test_the_step_needs_its_whole_cost():
    pytest.importorskip("z3")
    assert one_step.one_step(Fraction(7, 8))(QUICK).kind == "refuted"
    not_convex = one_step.one_step(given=one_step.of_step_not_convex)
    assert not_convex(QUICK).kind == "refuted"


def test_steps_that_grow_are_refused():
    pytest.importorskip("z3")
    assert last_values.last_values(decaying=False)(QUICK).kind == "refuted"


@pytest.mark.parametrize("T", [1, 5, 40])
def test_sums_of_the_two_schedules(T):
    harmonic = sum(1 / k for k in range(1, T + 1))
    roots = sum(1 / (T + 1 - k) / k for k in range(1, T + 1))
    assert roots * (T + 1) == pytest.approx(2 * harmonic)


def test_noise_leaves_the_last_value_within_the_bound_on_average():
    """|x - 1/2| with gradients +-1 that have noise of +-1/2 and R = |x|: a run by other code."""
    rng, T, many = np.random.default_rng(1), 64, 2000
    G = np.sqrt(1 + 1 / 4)
    theta, A, start, u = np.full(many, 2.0), 0.0, 2.0, 0.5
    for j in range(1, T + 1):
        eta = (start - u) / (2 * G * np.sqrt(j))
        p = np.sign(theta) * np.maximum(abs(theta) - A / 2, 0)
        theta = theta - eta * (np.sign(p - 0.5) + rng.choice([-0.5, 0.5], many))
        A += eta
    p = np.sign(theta) * np.maximum(abs(theta) - A / 2, 0)
    excess = (abs(p - 0.5) + abs(p) / 2 - 0.25).mean()
    harmonic = sum(1 / k for k in range(1, T + 1))
    assert 0 <= excess <= G * (start - u) * (1 + 2 * harmonic) / np.sqrt(T)


def test_a_nonconvex_regularizer_stays_away():
    """BinaryConnect on |x - 1/4|, steps 1 / sqrt(t + 1): the weighted mean excess over L(1)."""
    theta, A, total = 0.0, 0.0, 0.0
    for t in range(4000):
        eta, q = 1 / np.sqrt(t + 1), 1.0 if theta >= 0 else -1.0
        theta, A, total = (
            theta - eta * np.sign(q - 0.25),
            A + eta,
            total + eta * (abs(q - 0.25) - 0.75),
        )
    assert total / A >= 1 / 4 - 1 / (4 * A)
    assert bound.bound_for_two_levels(QUICK).kind == "refuted"


def test_the_bound_vanishes():
    result = verified("prox-connect-bound")
    assert (result.kind, len(result.prose)) == ("proved", 0)
