"""The two-function toy: the threshold against plain runs, its closed form, and wrong thresholds found out."""

import math
from fractions import Fraction

import pytest

from pqtheory.claims.verification import check_claim
from pqtheory.evidence import Budget, smt
from pqtheory.methods.maps import Prox
from pqtheory.problems import TwoFunctionToy
from pqtheory.theory.proxquant.two_function_toy import claim as two_function_toy
from pqtheory.theory.proxquant.two_function_toy import runs
from pqtheory.theory.proxquant.two_function_toy import threshold as toy

pytest.importorskip("z3")
QUICK = Budget()
threshold = toy.numbers(toy.threshold_at)


@pytest.fixture(scope="module")
def result():
    return check_claim(two_function_toy.CLAIM, QUICK)


def end(start, eta, rate, side):
    """Where ProxQuant ends on f_side, in plain Python."""
    theta, t = start, 0
    while rate * t <= 1 or abs(theta) != 1:
        moved = theta - eta * (1 if 2 * theta + side >= 0 else -1)
        level = 1 if moved >= 0 else -1
        pulled = max(abs(moved - level) - eta * rate * t, 0)
        theta, t = level + (pulled if moved > level else -pulled), t + 1
    return theta


def test_the_claim(result):
    assert result.ok
    assert {p.name: p.kind for p in result.parts} == {p.name: "proved" for p in result.parts}
    assert result.measured[runs.FIGURE] == pytest.approx(32 / 29, abs=1e-5)
    assert result.measured[runs.CORRECTION] == pytest.approx(0.75, abs=1e-3)


@pytest.mark.parametrize("eta", [Fraction(1, 2), Fraction(1, 3), Fraction(1, 7), Fraction(3, 40)])
@pytest.mark.parametrize("start", [Fraction(1, 5), Fraction(2, 3), Fraction(1)])
def test_the_threshold_in_plain_runs(eta, start):
    rate, slightly = threshold(eta, start), Fraction(1, 10**6)
    rates = (rate / 3, rate * (1 - slightly), rate, 2 * rate)
    if start < 2 * eta:
        assert [end(start, eta, r, 1) for r in rates] == [-1] * 4
    else:
        assert [end(start, eta, r, 1) for r in rates] == [-1, -1, 1, 1]
    assert [end(start, eta, r, -1) for r in rates] == [1] * 4


@pytest.mark.parametrize("ratio", [Fraction(n, 10) for n in range(20, 300, 7)])
def test_the_turn_is_where_the_maximum_is(ratio):
    found = threshold(Fraction(1), ratio)
    assert found == max(toy.threshold_at(ratio, n) for n in range(2, 100))
    y = 2 * ratio - 3
    assert found >= 1 / y
    assert (found == 1 / y) == (y == math.ceil(y))


@pytest.mark.parametrize("factor", [Fraction(99, 100), Fraction(101, 100)])
def test_a_threshold_one_percent_off_is_refuted(factor):
    check = toy.is_threshold(lambda ratio, turn: factor * toy.threshold_at(ratio, turn))
    assert check(QUICK).kind == "refuted"
    off = runs.around(lambda eta, start: factor * threshold(eta, start))(QUICK)
    assert off.kind == "refuted"
    assert off.counterexample["expected end"] in (-1, 1)
    wrong = toy.expansion(factor * Fraction(3, 4))
    assert smt.decide(wrong.statement, wrong.variables).kind == "refuted"


@pytest.mark.parametrize(
    "name", ["limit at a finite step", "eta / theta_0", "any start", "every rate"]
)
def test_counterexamples_of_the_controls_replay(result, name):
    case = next(c for c in result.controls if c.name == name).evidence.counterexample
    assert end(case["theta0"], case["eta"], case["rate"], 1) == -case["expected end"]


def test_a_correction_that_is_off_is_refuted_by_its_step_size():
    check = runs.correction(Fraction(3, 8), threshold)
    assert set(check(QUICK).counterexample) == {"eta", "margin"}
    assert runs.correction(Fraction(3, 4), threshold)(QUICK).kind == "enumerated"


def test_where_proxquant_tells_the_functions_apart(result):
    control = next(c for c in result.controls if c.name == "ProxQuant identical")
    theta = control.evidence.counterexample["theta"]
    assert -Fraction(1, 2) <= theta < Fraction(1, 2)


def refuted(name):
    part = next(p for p in two_function_toy.CLAIM.parts if p.name == name)
    return part.check(QUICK).kind == "refuted"


def test_a_gradient_that_betrays_the_function_is_found_out(monkeypatch):
    kernel = TwoFunctionToy._gradient
    monkeypatch.setattr(
        TwoFunctionToy, "_gradient", lambda self, xp, t: self.side * kernel(self, xp, t)
    )
    assert refuted("BinaryConnect")
    assert refuted("other function")


def test_a_pull_one_percent_too_weak_is_found_out(monkeypatch):
    call = Prox.__call__
    weaker = Fraction(99, 100)
    monkeypatch.setattr(
        Prox, "__call__", lambda self, t, step, factor: call(self, t, step, weaker * factor)
    )
    assert refuted("trajectory")
    assert refuted("threshold")
