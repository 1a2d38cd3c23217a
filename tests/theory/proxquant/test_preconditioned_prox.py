"""The preconditioned prox: proved, controls refuted by cases that replay, and neighbours of the truth found out."""

from fractions import Fraction
from functools import partial
from itertools import product

import numpy as np
import pytest

from pqtheory.evidence import Budget, smt
from pqtheory.regularizers import DistanceL1, DistanceL2
from pqtheory.sets import Binary
from pqtheory.theory import verify
from pqtheory.theory.proxquant.preconditioned_prox import claim
from pqtheory.theory.proxquant.preconditioned_prox import lemmas as steps

QUICK = Budget("quick")
NAMES = "s g eta lambda epsilon"
GRID = [Fraction(n, 4) for n in range(-10, 11)]


@pytest.fixture(scope="module")
def result():
    pytest.importorskip("z3")
    return verify(claim.CLAIM)["preconditioned-prox"]


def test_it_is_proved_and_every_control_refuted(result):
    assert result.kind == "proved"
    assert result.ok
    assert len(result.controls) == 8


def test_the_figures(result):
    assert result.measured[claim.SETTLES.format("unscaled")] == pytest.approx([0.75, 0.5])
    assert result.measured[claim.SETTLES.format("scaled")] == pytest.approx([0.75, 0.75])
    held = [
        result.measured[claim.HELD.format(14, name, strength)]
        for name, strength in product(("unscaled", "scaled"), (0.5, 2.0))
    ]
    assert held == [0, 14, 6, 8]


def test_every_control_is_refuted_by_a_case_that_replays():
    pytest.importorskip("z3")
    for control in claim.CLAIM.controls:
        found = control.check(QUICK).counterexample
        assert control.check.replay(found).kind == "refuted"


def test_the_counterexample_for_diag_1_2_is_one_by_hand():
    """At theta_2 = 1/2, g = lambda / 2: eta 2 g = eta lambda, which the prox gives back; lambda asks for g = lambda."""
    half, one = Fraction(1, 2), Fraction(1)
    theta, g, eta, strength = np.array([one, half]), np.array([0 * one, half]), half, one
    after = DistanceL1(Binary()).prox(theta - eta * np.array([1, 2]) * g, eta * strength)
    assert after.tolist() == theta.tolist()
    case = dict(t1=1, t2=half, g1=0, g2=half, eta=half, **{"lambda": 1})
    control = next(c for c in claim.CLAIM.controls if c.name == "unscaled, diag(1, 2)")
    assert control.check.replay(case).kind == "refuted"


@pytest.mark.parametrize(
    ("pull", "regularizer"),
    [(steps.W, DistanceL1(Binary())), (steps.SQUARE, DistanceL2(Binary()))],
)
def test_the_slopes_are_those_of_the_regularizer(pull, regularizer):
    theta = np.array(GRID)
    for own, bound in zip(pull.slopes(theta), regularizer.subdifferential(theta), strict=True):
        assert own.tolist() == bound.tolist()


def test_stationary_and_fixed_are_two_different_things_at_0():
    """Clarke's subdifferential of the W at 0 is [-1, 1], but 0 is never fixed."""
    zero, one = Fraction(0), Fraction(1)
    assert steps.W.stationary(zero, one / 2, one)
    assert steps.W.step(zero, one / 2, one, one, one) != 0


@pytest.mark.parametrize("pull", [steps.W, steps.SQUARE])
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
def test_one_percent_off_and_other_powers_of_d_are_refuted(pull, weight, claimed):
    pytest.importorskip("z3")
    statement = steps.Equivalence(pull, weight, claimed)
    assert smt.decide(statement, statement.variables).kind == "refuted"


def test_a_side_condition_without_the_tie_rule_is_refuted():
    pytest.importorskip("z3")

    def strictly(theta, moved):
        return ((theta > 0) & (moved > 0)) | ((theta < 0) & (moved < 0))

    statement = steps.Equivalence(steps.W, steps.unscaled, steps.divided, side=strictly)
    assert smt.decide(statement, statement.variables).kind == "refuted"


def test_for_c_times_the_identity_it_is_another_strength():
    pytest.importorskip("z3")
    for c in (2, 5):
        statement = steps.Equivalence(
            steps.W, steps.unscaled, lambda strength, d, c=c: strength / c, (c, c)
        )
        assert smt.decide(statement, statement.variables).kind == "proved"


@pytest.mark.parametrize("strength", [0.25, 0.9, 1.0, 3.0])
def test_adam_holds_what_the_conditions_say(strength):
    gradient = np.array([1e-9, -1e-7, 0.2, -0.8, 0.95, 2.0, -50.0])
    for rule, condition in ((steps.unscaled, claim.felt), (steps.scaled, claim.lambda_alone)):
        held = claim.adam_holds(rule, gradient, strength, 50)
        assert held.tolist() == condition(gradient, strength, claim.EPSILON).tolist()


def test_a_larger_epsilon_or_step_breaks_the_adam_condition():
    pytest.importorskip("z3")

    def double(g, strength, eps):
        return claim.felt(g, strength, 2 * eps)

    assert smt.decide(partial(claim._adam_vertex, double), NAMES).kind == "refuted"

    def longer(*values):
        assumptions, conclusion = claim._adam_vertex(claim.felt, *values)
        return [a for i, a in enumerate(assumptions) if i != 2], conclusion

    found = smt.decide(longer, NAMES)
    assert found.kind == "refuted"
    assert found.counterexample["eta"] > 1


@pytest.mark.parametrize("decided", [None, "absent"])
def test_no_answer_of_the_solver_is_no_proof(monkeypatch, decided):
    if decided == "absent":
        monkeypatch.setattr(smt, "available", lambda: False)
    else:
        pytest.importorskip("z3")
        monkeypatch.setattr(smt, "decide", lambda *args, **options: None)
    result = verify(claim.CLAIM)["preconditioned-prox"]
    assert result.kind == "sampled"
    assert all(control.refuted for control in result.controls)


def test_a_figure_that_is_off_refutes_the_part(monkeypatch):
    monkeypatch.setattr(claim, "settle", lambda *args: np.array([0.75, 0.75]))
    wrong = claim._settles("unscaled", steps.unscaled, steps.divided)(QUICK)
    assert wrong.kind == "refuted"
    assert wrong.counterexample["figure"] == claim.SETTLES.format("unscaled")
