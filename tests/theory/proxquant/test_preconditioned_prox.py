"""The preconditioned prox: proved, controls refuted by cases that replay, and neighbours of the truth found out."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from pqtheory.claims import forall, one_of, positive, real
from pqtheory.evidence import Budget, smt
from pqtheory.evidence.symbolic import checks as algebra
from pqtheory.regularizers import DistanceL1
from pqtheory.sets import Binary
from pqtheory.theory.proxquant.preconditioned_prox import claim
from pqtheory.theory.proxquant.preconditioned_prox import lemmas as steps

from ..verified import verified

QUICK = Budget("quick")
HALF, ONE = Fraction(1, 2), Fraction(1)


@pytest.fixture(scope="module")
def result():
    return verified("preconditioned-prox")


def control(name):
    return next(c for c in claim.CLAIM.controls if c.name == name)


def test_it_is_proved_without_prose_and_every_control_refuted(result):
    assert result.kind == "proved"
    assert result.ok
    assert len(result.controls) == 8
    assert not any(part.prose for part in claim.CLAIM.parts)


def test_the_figures(result):
    assert result.measured[claim.SETTLES.format("unscaled")] == pytest.approx([0.75, 0.5])
    assert result.measured[claim.SETTLES.format("scaled")] == pytest.approx([0.75, 0.75])
    held = [
        result.measured[claim.HELD.format(14, name, strength)]
        for name, strength in product(("unscaled", "scaled"), (0.5, 2.0))
    ]
    assert held == [0, 14, 6, 8]


def test_every_control_is_refuted_by_a_case_that_replays(result):
    for control in result.controls:
        check = next(c.check for c in claim.CLAIM.controls if c.name == control.name)
        assert check.replay(control.evidence.counterexample).kind == "refuted"


def test_the_counterexample_for_diag_1_2_is_one_by_hand():
    """At theta_2 = 1/2, g = lambda / 2: eta 2 g = eta lambda, which the prox gives back; lambda asks for g = lambda."""
    theta, g, eta, strength = np.array([ONE, HALF]), np.array([0 * ONE, HALF]), HALF, ONE
    after = DistanceL1(Binary()).prox(theta - eta * np.array([1, 2]) * g, eta * strength)
    assert after.tolist() == theta.tolist()
    case = {"theta": HALF, "gradient": HALF, "eta": HALF, "strength": 1, "d": 2}
    assert control("unscaled, diag(1, 2)").check.replay(case).kind == "refuted"


@pytest.mark.parametrize(("theta", "gradient", "strength"), [(1, 3, 3), (0, 0, 1)])
def test_the_formula_without_its_side_condition_is_false(theta, gradient, strength):
    """Stationary, D = I, eta = 1, and the step leads elsewhere: across 0, or away from it."""
    theta, gradient, strength = map(Fraction, (theta, gradient, strength))
    assert steps.stationary(steps.W, theta, gradient, strength).all()
    assert (steps.step(steps.W, theta, gradient, ONE, ONE, strength) != theta).all()
    assert not steps.same_side(theta, theta - gradient)
    case = {"theta": theta, "gradient": gradient, "eta": 1, "strength": strength, "d": 1}
    for part in claim.CLAIM.parts[:2]:
        assert part.check.replay(case).kind == "sampled"


@pytest.mark.parametrize("regularizer", [steps.W, steps.SQUARE])
@pytest.mark.parametrize(
    ("weight", "claimed"),
    [
        (steps.unscaled, lambda strength, d: strength / d * Fraction(101, 100)),
        (steps.scaled, lambda strength, d: strength * Fraction(99, 100)),
        (steps.scaled, steps.divided),
        (steps.unscaled, steps.scaled),
        (lambda strength, d: strength * d * d, steps.unscaled),
    ],
)
def test_one_percent_off_and_other_powers_of_d_are_refuted(regularizer, weight, claimed):
    pytest.importorskip("z3")
    assert steps.fixed_iff(regularizer, weight, claimed)(QUICK).kind == "refuted"


def test_a_side_condition_without_the_tie_rule_is_refuted():
    pytest.importorskip("z3")

    def strictly(theta, moved):
        return ((theta > 0) & (moved > 0)) | ((theta < 0) & (moved < 0))

    check = steps.fixed_iff(steps.W, steps.unscaled, steps.divided, side=strictly)
    assert check(QUICK).kind == "refuted"


def test_for_c_times_the_identity_it_is_another_strength():
    pytest.importorskip("z3")
    for c in (2, 5):
        check = steps.fixed_iff(
            steps.W, steps.unscaled, lambda strength, d, c=c: strength / c, one_of(c)
        )
        assert check(QUICK).kind == "proved"


@pytest.mark.parametrize("strength", [0.25, 0.9, 1.0, 3.0])
def test_adam_holds_what_the_conditions_say(strength):
    gradient = np.array([1e-9, -1e-7, 0.2, -0.8, 0.95, 2.0, -50.0])
    for rule, condition in ((steps.unscaled, steps.felt), (steps.scaled, steps.lambda_alone)):
        held = claim.adam_holds(rule, gradient, strength, 50)
        assert held.tolist() == condition(gradient, strength, claim.EPSILON).tolist()


def test_a_larger_epsilon_or_step_breaks_the_adam_condition(monkeypatch):
    pytest.importorskip("z3")

    def double(gradient, strength, epsilon):
        return steps.felt(gradient, strength, 2 * epsilon)

    assert steps.adam_vertex(steps.unscaled, double)(QUICK).kind == "refuted"
    monkeypatch.setitem(steps.ADAM, "eta", positive)
    found = steps.adam_vertex(steps.unscaled, steps.felt)(QUICK)
    assert found.kind == "refuted"
    assert found.counterexample["eta"] > 1


def test_adams_averages_without_the_correction_are_no_constants():
    pytest.importorskip("z3")

    @forall(
        gradient=real,
        b=steps.FRACTION,
        m=real,
        power=steps.FRACTION,
        by=lambda gradient, b, m, power: [
            steps.moving_average.at(average=m, power=power, b=b, value=gradient)
        ],
    )
    def uncorrected(gradient, m):
        return m == gradient

    assert uncorrected(QUICK).kind == "refuted"


# no search meets the square root among the lemmas of Adam's metric
@pytest.mark.parametrize("part", claim.CLAIM.parts[:-1], ids=lambda part: part.name)
def test_without_an_engine_it_is_sampled(part, without_engines):
    without_engines()
    assert part.check(QUICK).kind == "sampled"


@pytest.mark.parametrize("control", claim.CLAIM.controls, ids=lambda control: control.name)
def test_a_search_refutes_the_controls(monkeypatch, control):
    monkeypatch.setattr(algebra, "available", lambda: False)
    monkeypatch.setattr(smt, "available", lambda: False)
    assert control.check(QUICK).kind == "refuted"


def test_a_figure_that_is_off_refutes_the_part(monkeypatch):
    monkeypatch.setattr(claim, "settle", lambda *args: np.array([0.75, 0.75]))
    wrong = claim.settles(steps.unscaled, steps.divided)(QUICK)
    assert wrong.kind == "refuted"
    assert wrong.counterexample["figure"] == claim.SETTLES.format("unscaled")
