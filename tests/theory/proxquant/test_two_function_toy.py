"""The two-function toy: the threshold against plain runs, its closed form, and wrong thresholds found out."""

import math
from fractions import Fraction

import numpy as np
import pytest

from pqtheory.evidence import Budget, smt
from pqtheory.methods.maps import Prox
from pqtheory.problems import TwoFunctionToy
from pqtheory.theory.proxquant.two_function_toy import claim as two_function_toy
from pqtheory.theory.proxquant.two_function_toy import runs, steps
from pqtheory.theory.proxquant.two_function_toy import threshold as toy

from ..verified import verified

pytest.importorskip("z3")
QUICK = Budget()
ONE_PERCENT_OFF = [Fraction(99, 100), Fraction(101, 100)]
threshold = toy.numbers(toy.threshold_at)


@pytest.fixture(scope="module")
def result():
    return verified(two_function_toy.CLAIM.name)


def step(theta, t, eta, rate, side):
    """One step of ProxQuant on f_side, in plain Python."""
    moved = theta - eta * (1 if 2 * theta + side >= 0 else -1)
    level = 1 if moved >= 0 else -1
    pulled = max(abs(moved - level) - eta * rate * t, 0)
    return level + (pulled if moved > level else -pulled)


def end(start, eta, rate, side):
    """Where ProxQuant ends on f_side."""
    theta, t = start, 0
    while rate * t <= 1 or abs(theta) != 1:
        theta, t = step(theta, t, eta, rate, side), t + 1
    return theta


def test_the_claim(result):
    assert result.ok
    assert {p.name: p.kind for p in result.parts} == {p.name: "proved" for p in result.parts}
    assert not any(part.prose for part in two_function_toy.CLAIM.parts)
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


@pytest.mark.parametrize("eta", [Fraction(1, 2), Fraction(1, 7), Fraction(3, 40)])
@pytest.mark.parametrize("rate", [Fraction(1, 30), Fraction(1, 3), Fraction(2), Fraction(50)])
def test_the_invariants_hold_along_plain_runs(eta, rate):
    """What is proved to be kept is so from the first step on, and at N = 2 + 2 / lambda + 1 / eta it is at a vertex."""
    for share in (Fraction(1, 9), Fraction(3, 4), Fraction(1)):
        theta, other, v, dipped = share, share, share / eta, 0
        for n in range(math.ceil(2 + 2 / rate + 1 / eta) + 1):
            setting = {"n": n, "eta": eta, "rate": rate, "wait": 2 / rate}
            state = {"theta": theta, "v": v, "dipped": dipped}
            kept = steps.run.at(**state, **setting, ratio=share / eta)
            assert np.all(kept.says)
            assert np.all(steps.other_run.at(theta=other, **setting, start=share).says)
            dipped, v = int(dipped or v < 1), v - 1 + rate * n
            last = theta, other
            theta, other = step(theta, n, eta, rate, 1), step(other, n, eta, rate, -1)
        assert last[0] in (-1, 1)
        assert last[1] == 1
        assert last == (runs.reached(eta, share, rate, 1), runs.reached(eta, share, rate, -1))


@pytest.mark.parametrize("ratio", [Fraction(n, 10) for n in range(20, 300, 7)])
def test_the_turn_is_where_the_maximum_is(ratio):
    found = threshold(Fraction(1), ratio)
    assert found == max(toy.threshold_at(ratio, n) for n in range(2, 100))
    y = 2 * ratio - 3
    assert found >= 1 / y
    assert (found == 1 / y) == (y == math.ceil(y))


@pytest.mark.parametrize("factor", ONE_PERCENT_OFF)
def test_a_threshold_one_percent_off_is_refuted(factor):
    def claimed(ratio, turn):
        return factor * toy.threshold_at(ratio, turn)

    assert toy.dips(claimed)(QUICK).kind == "refuted"
    off = runs.around(toy.numbers(claimed))(QUICK)
    assert off.kind == "refuted"
    assert off.counterexample["expected end"] in (-1, 1)
    assert two_function_toy.ends_by(claimed)(QUICK).kind == "refuted"
    assert toy.expansion(factor * Fraction(3, 4))(QUICK).kind == "refuted"


@pytest.mark.parametrize("near", [Fraction(199, 100), Fraction(201, 100)])
def test_a_start_one_percent_off_is_refuted(near):
    assert toy.dips(toy.threshold_at, near)(QUICK).kind == "refuted"


def test_a_theorem_that_says_more_than_the_lemmas_is_not_proved(monkeypatch):
    """It ends at -1 whatever the rate; it is there by half the step."""
    monkeypatch.setattr(toy, "turn_is_early", steps.other_run)
    with pytest.raises(ValueError, match="at: expected"):
        toy.ends(toy.threshold_at)(QUICK)
    monkeypatch.undo()
    theorem = toy.ends(toy.threshold_at)
    always = type(theorem)(lambda theta: theta == -1, theorem.variables, theorem.given, theorem.by)
    assert always(QUICK).kind == "refuted"

    def sooner(eta, rate, wait, ratio, turn, n):
        given = theorem.given(eta, rate, wait, ratio, turn, n)
        return [*given[:-1], 2 * eta * (n - 2 - wait) >= 1]

    early = type(theorem)(theorem.holds, theorem.variables, sooner, theorem.by)
    assert early(QUICK).kind == "refuted"


@pytest.mark.parametrize(
    "name", ["limit at a finite step", "eta / theta_0", "any start", "every rate"]
)
def test_counterexamples_of_the_controls_replay(result, name):
    case = next(c for c in result.controls if c.name == name).evidence.counterexample
    claimed = {
        "limit at a finite step": toy.small_steps,
        "eta / theta_0": toy.twice_small_steps,
        "every rate": toy.too_large,
    }.get(name, toy.threshold_at)
    near = 0 if name == "any start" else 2
    start, eta, rate = case["theta0"], case["eta"], case["rate"]
    right = start < near * eta or rate < toy.numbers(claimed)(eta, start)
    assert end(start, eta, rate, 1) == (1 if right else -1)


def test_a_correction_that_is_off_is_refuted_by_its_step_size():
    check = runs.correction(Fraction(3, 8), threshold)
    assert set(check(QUICK).counterexample) == {"eta", "margin"}
    assert runs.correction(Fraction(3, 4), threshold)(QUICK).kind == "enumerated"


def test_where_proxquant_tells_the_functions_apart(result):
    case = next(c for c in result.controls if c.name == "ProxQuant identical").evidence
    case = case.counterexample
    ends = []
    for side in (1, -1):
        theta = case["theta0"]
        for _ in range(case["steps"]):
            # the strength stays
            theta = step(theta, 1, case["eta"], case["rate"], side)
        ends.append(theta)
    assert ends[0] != ends[1]


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
    assert steps.run(QUICK).kind == "refuted"
    assert refuted("threshold")


def test_without_the_solver_runs_are_the_sample(monkeypatch):
    monkeypatch.setattr(smt, "available", lambda: False)
    assert two_function_toy.never_apart(steps.binary_connect)(QUICK).kind == "sampled"
    for check in (two_function_toy.right_on_the_other, two_function_toy.ends_by().checks[0]):
        found = check.search(40)
        assert found.kind == "sampled"
    assert two_function_toy.ends_by(near=0)(QUICK).kind == "refuted"
    found = two_function_toy.never_apart(steps.binary_connect)(QUICK)
    assert found.note == "with z3-solver installed it would be proved"
