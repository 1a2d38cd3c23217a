"""The average of BinaryConnect: proved, controls refuted, and the constants of the proof against exact runs."""

import dataclasses
from fractions import Fraction

import numpy as np
import pytest

from pqtheory.claims import ForAll, Invariant
from pqtheory.claims.calling import called
from pqtheory.claims.forall import EXAMPLES
from pqtheory.evidence import Budget, smt
from pqtheory.evidence.symbolic import checks as algebra
from pqtheory.methods import BinaryConnect
from pqtheory.theory.binary_connect.bc_average import average, bound, claim, runs, sums
from pqtheory.theory.binary_connect.bc_average import constants as formula
from pqtheory.theory.binary_connect.bc_average import one_dimension as line
from pqtheory.theory.binary_connect.bc_average import signs as on_signs
from pqtheory.theory.binary_connect.bc_average import telescoping as steps

from ..verified import verified

QUICK = Budget("quick")
RUNS = "runs of 16 within the bounds, {}"


@pytest.fixture(scope="module")
def result():
    return verified("bc-average")


def exactly(values):
    return np.vectorize(Fraction, otypes=[object])(np.array(values, dtype=object))


def herd(A, point, slope=None, start=None, eta=1):
    zero = [0] * len(point)
    values = (A, point, zero if slope is None else slope, zero if start is None else start)
    return runs.Herd(*(exactly(v) for v in values), Fraction(eta))


def test_it_is_proved_and_every_control_refuted(result):
    assert result.kind == "proved"
    assert result.ok
    assert len(result.controls) == 9
    assert not any(part.prose for part in claim.CLAIM.parts)


def test_the_figures(result):
    assert result.measured[claim.FLIPS] == pytest.approx(2 / 3)
    assert result.measured[claim.OCCUPATION] == pytest.approx(2 / 3)
    assert result.measured[claim.SECANT] == pytest.approx(-1 / 3)
    assert result.measured[claim.MINIMISER] == pytest.approx(-0.6933612743506347)
    for where in ("interior", "boundary"):
        assert result.measured[RUNS.format(where)] == 16


def test_every_control_of_the_solver_is_refuted_by_a_case_that_replays():
    pytest.importorskip("z3")
    checks = [c.check for c in claim.CLAIM.controls if isinstance(c.check, ForAll | Invariant)]
    assert len(checks) == 8
    for check in checks:
        assert check.replay(check(QUICK).counterexample).kind == "refuted"


def test_the_cubic_has_a_cycle_whose_mean_is_the_root_of_the_secant():
    """b = 1/3, theta = 0: +1, -1, -1; the slopes 4/3, -2/3, -2/3 add to 0."""
    control = next(c for c in claim.CLAIM.controls if c.name == "convex, not quadratic")
    case = {"theta": 0, "a": 1, "b": Fraction(1, 3), "eta1": 1, "eta2": 1, "eta3": 1}
    assert control.check.replay(case).kind == "refuted"
    assert steps.cubic(Fraction(-1, 3), 1, Fraction(1, 3)) != 0


# the constants


def test_in_one_dimension_the_constants_are_those_by_hand():
    """x^2 / 2 from 0: D = 1, rho = 0, so W = max(1, 1/4) and C = 1, which the first sign attains."""
    found = runs.constants(runs.in_one_dimension(Fraction(0)))
    assert found.mean.tolist() == [1.0]
    assert found.wrong == 0.0
    x = runs.in_one_dimension(Fraction(0)).quantized(4)
    assert x[:, 0].tolist() == [1, -1, 1, -1]


def test_a_start_on_the_wrong_side_needs_the_steps_that_it_must():
    """(x - 1)^2 / 2 from -7: theta grows by 2 per step until it is 1, after 4 wrong signs."""
    late = herd([[1]], [1], start=[-7])
    x = late.quantized(20)
    assert x[:, 0].tolist() == [-1] * 4 + [1] * 16
    assert 4 <= runs.constants(late).wrong < np.inf


@pytest.mark.parametrize("boundary", [False, True])
@pytest.mark.parametrize("seed", range(12))
def test_the_constants_hold_on_other_instances_and_from_far_away(boundary, seed):
    rng = np.random.default_rng(100 + seed)
    drawn = runs.draw(rng, int(rng.integers(1, 5)), boundary)
    far = runs.Herd(drawn.A, drawn.point, drawn.slope, 10 * drawn.start, drawn.eta)
    for instance in (drawn, far):
        slack, share = runs._slack(instance, runs.box_minimiser(instance), 300)
        assert slack >= -runs.ROUNDING
        assert share <= 1 + runs.ROUNDING


@pytest.mark.parametrize("seed", range(6))
def test_the_drawn_minimisers_are_minimisers_over_the_box(seed):
    rng = np.random.default_rng(seed)
    drawn = runs.draw(rng, 3, boundary=True)
    A, point = drawn.A.astype(float), drawn.point.astype(float)
    b = drawn.slope.astype(float) - A @ point
    others = rng.uniform(-1, 1, (500, 3))

    def value(x):
        return ((x @ A) * x).sum(axis=-1) / 2 + x @ b

    assert (value(others) >= value(point) - 1e-12).all()


@pytest.mark.parametrize("shrink", [0.99, 0.5])
def test_a_smaller_constant_is_refuted(monkeypatch, shrink):
    real = runs.constants

    def smaller(instance):
        found = real(instance)
        return runs.Constants(shrink * found.mean, found.wrong)

    monkeypatch.setattr(runs, "constants", smaller)
    assert runs.keeps_to_bounds(boundary=True)(QUICK).kind == "refuted"


def test_a_point_nearby_is_refuted():
    def nearby(instance):
        return 0.5 * runs.box_minimiser(instance)

    for boundary in (False, True):
        assert runs.keeps_to_bounds(boundary, nearby)(QUICK).kind == "refuted"


def test_a_counterexample_for_the_clipped_minimiser_is_one_by_hand():
    """A = ((2, 1), (1, 2)), x* = (1, 0), g = (-3, 0): the free minimiser is (3, -1); x_2 averages to 0, not to -1."""
    instance = herd([[2, 1], [1, 2]], [1, 0], slope=[-3, 0])
    assert runs.clipped_minimiser(instance).tolist() == pytest.approx([1, -1])
    x = instance.quantized(400).astype(float)
    assert x[:, 0].mean() == 1
    assert abs(x[:, 1].mean()) <= runs.constants(instance).mean[1] / 400


def test_the_average_goes_to_the_box_minimiser_of_a_network_sized_problem():
    """In 40 dimensions, in floating point; x* from the optimality conditions, the coordinates at an end settle."""
    rng = np.random.default_rng(5)
    factor = rng.standard_normal((40, 40))
    A, point = factor @ factor.T / 40 + np.eye(40), rng.uniform(-1.5, 1.5, 40).clip(-1, 1)
    out = abs(point) == 1
    b = np.where(out, -point * rng.uniform(0, 1, 40), 0) - A @ point
    theta, total, last = np.zeros(40), np.zeros(40), []
    for step in range(4000):
        x = np.where(theta >= 0, 1.0, -1.0)
        theta, total = theta - 0.1 * (A @ x + b), total + x
        if step >= 3000:
            last.append(x)
    assert abs(total / 4000 - point).max() < 0.02
    assert (np.array(last)[:, out] == point[out]).all()


def test_on_a_singular_quadratic_the_gradient_at_the_mean_vanishes():
    """(x_1 + x_2 - 1/2)^2 / 2: only the sum of the means is determined."""
    instance = herd([[1, 1], [1, 1]], [Fraction(1, 4)] * 2, start=[3, -1])
    total = (instance.quantized(300).astype(float) - 0.25).sum(axis=0)
    bound = runs.constants(instance).mean
    assert (abs(total.sum() / 2) <= bound + 1e-9).all()
    assert abs(total[0]) > 100


# the proof, with something wrong


def answered(statement):
    """By the solver; lemmas as they are, without being shown again."""
    found = statement._solved(QUICK, [], [])
    assert found is not None
    return found.kind


@pytest.mark.parametrize(
    ("module", "name", "statement"),
    [
        (average, "spread", average.average),
        (average, "most_mistakes", average.few_mistakes),
        (average, "initial", average.few_mistakes),
        (bound, "floor", bound.quiet_step),
        (bound, "growth", bound.any_step),
    ],
)
def test_a_constant_one_percent_smaller_is_refuted(monkeypatch, module, name, statement):
    pytest.importorskip("z3")
    assert answered(statement) == "proved"
    usual = getattr(formula, name)
    monkeypatch.setattr(module, name, lambda *a: Fraction(99, 100) * usual(*a))
    assert answered(statement) == "refuted"


def without(statement, argument, index):
    """One assumption, or one lemma, less."""
    usual = getattr(statement, argument)

    def fewer(**case):
        found = list(called(usual, case))
        return found[:index] + found[index + 1 :]

    return dataclasses.replace(statement, **{argument: fewer})


@pytest.mark.parametrize(
    ("statement", "argument", "index"),
    [
        *((average.few_mistakes, "by", i) for i in (0, 1)),
        *((average.average, "by", i) for i in range(4)),
        *((bound.any_step, "by", i) for i in range(4)),
        *((bound.quiet_step, "by", i) for i in range(4)),
        *((bound.potential.kept, "by", i) for i in (0, 1)),
        *((on_signs.shares_and_flips, "by", i) for i in range(3)),
        *((sums.cauchy, "by", i) for i in (0, 1)),
        (sums.cauchy, "given", 0),
        (sums.form_is_bounded.kept, "by", 0),
        (sums.PUSHED_OUT, "given", 0),
        *((bound.any_step, "given", i) for i in (0, 1)),
        *((bound.quiet_step, "given", i) for i in (1, 2, 3)),
        *((bound.SETTLES, "given", i) for i in range(4)),
        *((average.count, "given", i) for i in (0,)),
        (line.two_and_four, "by", 0),
        (line.arrives, "by", 0),
        (line.arrives, "given", 0),
        (steps.gradient_at_the_mean, "by", 0),
        (steps.plain_mean, "by", 0),
        (steps.weighted_mean, "by", 0),
        *((on_signs.longest_run, "given", i) for i in (1, 2)),
    ],
)
def test_without_an_assumption_or_a_lemma_it_is_refuted(statement, argument, index):
    pytest.importorskip("z3")
    assert answered(without(statement, argument, index)) == "refuted"


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        *((sums.expands, i) for i in range(5)),
        *((sums.symmetric, i) for i in range(2)),
        *((sums.step_is_a_form, i) for i in range(2)),
        *((sums.row_is_bounded, i) for i in range(6)),
        *((sums.outward, i) for i in range(12)),
        *((bound.potential, i) for i in (0, 2, 4, 5)),
        *((average.walks, i) for i in range(3)),
        *((on_signs.PLUS, i) for i in range(5)),
        *((line.in_the_band, i) for i in range(5)),
        *((line.approaches, i) for i in range(2)),
        *((steps.telescopes, i) for i in range(3)),
        *((steps.ABEL, i) for i in range(5)),
        *((steps.weighted, i) for i in range(3)),
    ],
)
def test_with_one_relation_of_the_step_less_it_is_refuted(statement, index):
    pytest.importorskip("z3")
    assert answered(without(statement, "step", index).kept) == "refuted"


def test_the_theorem_takes_the_constants_of_the_runs():
    """In one dimension, by hand: x^2 / 2 from 0 with eta = 1 has V_0 = 0, W = 1, C = 1; the first sign attains it."""
    case = dict.fromkeys(average.average.variables, Fraction(0))
    known = {"eta": 1, "alpha": 1, "D": 1, "D_inner": 1, "length": 1, "steps": 1, "after": 1}
    reached = {"w": -1, "V": 1, "inner": 1, "total": 1, "tT": -1}
    assert average.average.replay({**case, **known, **reached}).kind == "sampled"
    assert runs.constants(runs.in_one_dimension(Fraction(0))).mean.tolist() == [1.0]
    theorem = average.constant({**case, **known})
    assert theorem == 1


def test_a_broken_step_is_noticed_by_the_lemma_that_runs_it(monkeypatch):
    pytest.importorskip("z3")
    usual = BinaryConnect.step

    def twice(method, state, gradient):
        return usual(method, usual(method, state, gradient), gradient)

    monkeypatch.setattr(BinaryConnect, "step", twice)
    for statement in (sums.step_is_a_form.kept, steps.telescopes.kept, line.BAND, steps.ABEL.kept):
        assert answered(statement) == "refuted"


@pytest.mark.parametrize("constant", [Fraction(199, 100), Fraction(1)])
def test_two_is_the_constant_in_one_dimension(constant):
    pytest.importorskip("z3")
    assert answered(line.discrepancy(constant)) == "refuted"
    assert answered(line.discrepancy(2)) == "proved"


def test_without_a_solver_it_is_sampled(monkeypatch):
    monkeypatch.setattr(smt, "available", lambda: False)
    monkeypatch.setattr(algebra, "available", lambda: False)
    monkeypatch.setitem(EXAMPLES, "quick", 60)
    for part in claim.CLAIM.parts:
        if part.name != "flips":
            found = part.check(QUICK)
            assert found.kind == "sampled"
            assert "installed" in found.note


@pytest.mark.parametrize("module", [runs, line, steps])
def test_runs_stand_in_for_the_theorem_and_notice_what_is_wrong(monkeypatch, module):
    assert module.RUNS.search(60).kind == "sampled"
    usual = BinaryConnect.query
    monkeypatch.setattr(BinaryConnect, "query", lambda method, state: -usual(method, state))
    if module is steps:
        # the identities hold for any signs, but not for any step
        step = BinaryConnect.step
        monkeypatch.setattr(BinaryConnect, "step", lambda m, s, g: step(m, s, 2 * g))
    assert module.RUNS.search(60).kind == "refuted"


def test_a_run_outside_its_bounds_refutes_the_part(monkeypatch):
    monkeypatch.setattr(runs, "constants", lambda instance: runs.Constants(np.zeros(1), 0.0))
    part = next(p for p in claim.CLAIM.parts if p.name == "average")
    found = part.check(QUICK)
    assert found.kind == "refuted"
    assert set(found.counterexample) >= {"A", "minimiser", "gradient", "start", "eta"}


def test_a_figure_that_is_off_refutes_the_part(monkeypatch):
    pytest.importorskip("z3")
    half = runs.in_one_dimension(Fraction(1, 2))
    monkeypatch.setattr(claim, "in_one_dimension", lambda point: half)
    part = next(p for p in claim.CLAIM.parts if p.name == "one dimension")
    found = part.check(QUICK)
    assert found.kind == "refuted"
    assert found.counterexample["figure"] == claim.FLIPS


def test_a_start_in_the_kernel_has_finite_constants():
    """V_0 is 0 there, but N is not."""
    instance = herd([[1, 1], [1, 1]], [Fraction(1, 4)] * 2, start=[2, -2])
    assert np.isfinite(runs.constants(instance).mean).all()
    assert runs._slack(instance, runs.box_minimiser(instance), 100)[0] >= 0
