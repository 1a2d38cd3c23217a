"""Worst cases of prox-gradient: bounds that hold exactly, instances that run, failures that are told."""

import dataclasses
import json
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

pytest.importorskip("cvxpy")
pytest.importorskip("clarabel")

import cvxpy

from pqtheory.evidence import worst_case
from pqtheory.evidence.worst_case import (
    RULES,
    Certificate,
    Instance,
    Rerun,
    SolverError,
    WorstCase,
    certificate,
    engine,
    on_the_line,
    prox_gradient,
    rerun,
)
from pqtheory.evidence.worst_case.rerun import InterpolatedLoss, Table

STEP, GRADIENT = RULES


def all_multipliers(found: Certificate) -> tuple[Fraction, ...]:
    return (*found.energy, *found.lipschitz, *found.rule)


GRID = [(x, steps) for x in (0.25, 0.5, 0.9, 1.0) for steps in (1, 2, 3, 5)]


@pytest.fixture(scope="module")
def solved() -> dict[tuple[float, int, str], WorstCase]:
    return {(x, t, rule): prox_gradient(x, t, rule) for x, t in GRID for rule in RULES}


# what is found


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(("x", "steps"), GRID)
def test_the_bound_meets_an_instance_made_by_hand(
    solved: dict[Any, WorstCase], x: float, steps: int, rule: str
) -> None:
    bad = on_the_line(x, steps, rule)
    assert bad.margin() > -1e-7
    found = solved[x, steps, rule]
    assert found.value >= bad.ratio() * (1 - 1e-7)
    assert found.value <= bad.ratio() * (1 + 2e-5)
    # a constant 1% smaller is refuted
    assert 0.99 * found.value < bad.ratio()


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(("x", "steps"), GRID)
def test_the_instance_runs_and_reaches_the_bound(
    solved: dict[Any, WorstCase], x: float, steps: int, rule: str
) -> None:
    found = solved[x, steps, rule]
    run = rerun(found.instance)
    assert run.holds
    assert run.margin > 0
    assert run.ratio == pytest.approx(found.primal, rel=1e-9)
    assert found.status == "optimal"
    assert found.gap == found.value - found.primal
    assert 0 <= found.gap <= 5e-5 * found.value
    assert found.dual == pytest.approx(found.value, rel=1e-4)
    assert run.ratio > 0.99 * found.value


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(("x", "steps"), GRID)
def test_certificates_hold_and_prove_the_value(
    solved: dict[Any, WorstCase], x: float, steps: int, rule: str
) -> None:
    found = solved[x, steps, rule]
    assert all(c.holds() for c in found.certificates)
    assert Fraction(found.value) >= max(c.bound for c in found.certificates)
    assert all(c.x == (Fraction(x),) * steps for c in found.certificates)
    best = {c.best for c in found.certificates}
    assert best == ({None} if rule == GRADIENT else set(range(1, steps + 1)))
    for c in found.certificates:
        smaller = dataclasses.replace(c, energy=tuple(w * Fraction(99, 100) for w in c.energy))
        assert not smaller.holds()


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("x", [0.25, 0.5, 0.9])
def test_more_steps_are_better(solved: dict[Any, WorstCase], x: float, rule: str) -> None:
    values = [solved[x, steps, rule].value for steps in (1, 2, 3, 5)]
    assert values == sorted(values, reverse=True)
    assert values[-1] < 0.9 * values[0]


def test_no_rate_for_the_smallest_step_at_x_one(solved: dict[Any, WorstCase]) -> None:
    assert [solved[1.0, t, STEP].value for t in (1, 2, 3, 5)] == pytest.approx([4] * 4, rel=1e-4)


@pytest.mark.parametrize(("x", "steps"), GRID)
def test_bounds_that_are_known(solved: dict[Any, WorstCase], x: float, steps: int) -> None:
    # the smallest gradient is no larger than that after the smallest step
    step, gradient = solved[x, steps, STEP].value, solved[x, steps, GRADIENT].value
    assert gradient <= step * (1 + 1e-4)
    if x == 0.5:
        # the textbook's constant for the rule of the smallest step
        assert step <= 18 / steps
    if x == 1:
        # R = 0 is a special case; gradient descent has 4 / (3 T + 4), start included (arXiv 2104.05468)
        assert gradient > 4 / (3 * steps + 4)


@pytest.mark.parametrize("rule", RULES)
def test_ten_steps(rule: str) -> None:
    found = prox_gradient(0.5, 10, rule)
    assert found.value == pytest.approx(on_the_line(0.5, 10, rule).ratio(), rel=2e-5)
    assert rerun(found.instance).holds


@pytest.mark.parametrize("x", [[0.3, 0.9], (0.9, 0.3), np.array([Fraction(1, 4), Fraction(3, 4)])])
def test_step_sizes_that_vary(x: Any) -> None:
    found = prox_gradient(x, 2, GRADIENT)
    assert found.gap <= 5e-5 * found.value
    assert rerun(found.instance).holds
    assert found.instance.x.tolist() == [float(v) for v in x]
    # one inequality per step: F_{k-1} - F_k >= |grad F_k|^2 / (2 (1 + 1 / x_k))
    assert found.value == pytest.approx(2 / sum(float(v / (1 + v)) for v in x), rel=1e-5)
    step = prox_gradient(x, 2, STEP)
    assert all(c.holds() for c in step.certificates)
    assert step.primal <= step.value
    assert rerun(step.instance).holds


@pytest.mark.parametrize("steps", [1, 2])
@pytest.mark.parametrize("x", [[0.4, 0.4], [0.8, 0.5]])
def test_against_a_model_written_with_pepit(x: Sequence[float], steps: int) -> None:
    pepit = pytest.importorskip("PEPit")
    from PEPit.functions import SmoothFunction

    problem = pepit.PEP()
    loss = problem.declare_function(SmoothFunction, L=1.0)
    points = [problem.set_initial_point()]
    penalties = [pepit.Expression() for _ in range(steps + 1)]
    selected = []
    for k in range(steps):
        selected.append(pepit.Point())
        points.append(points[-1] - x[k] * (loss.gradient(points[-1]) + selected[-1]))
    for k in range(steps):
        for j in range(steps + 1):
            if j != k + 1:
                apart = points[j] - points[k + 1]
                below = penalties[k + 1] + selected[k] * apart - apart**2 / (2 * x[k])
                problem.add_constraint(penalties[j] >= below)
    objectives = [loss(p) + r for p, r in zip(points, penalties, strict=True)]
    problem.set_initial_condition(objectives[0] <= 1)
    for objective in objectives:
        problem.add_constraint(objective >= 0)
    for k in range(steps):
        problem.set_performance_metric((loss.gradient(points[k + 1]) + selected[k]) ** 2)
    truth = problem.solve(verbose=0, solver="CLARABEL")
    assert prox_gradient(x[:steps], steps, GRADIENT).value == pytest.approx(truth, rel=1e-4)


# what makes a certificate


@pytest.mark.parametrize("rule", RULES)
def test_a_certificate_with_a_false_number_does_not_hold(
    solved: dict[Any, WorstCase], rule: str
) -> None:
    good = solved[0.5, 3, rule].certificates[0]
    zeros = (Fraction(0),) * 3
    assert good.holds()
    assert not dataclasses.replace(good, energy=zeros).holds()
    assert not dataclasses.replace(good, x=(Fraction(3, 2),) * 3).holds()
    assert not dataclasses.replace(good, lipschitz=(Fraction(-1), *good.lipschitz[1:])).holds()
    assert not dataclasses.replace(good, rule=zeros).holds()


@pytest.mark.parametrize("rule", RULES)
def test_the_proof_holds_every_number_that_it_needs(
    solved: dict[Any, WorstCase], rule: str
) -> None:
    found = solved[0.5, 3, rule]
    assert len(found.proof) == len(found.certificates)
    for step, proved in zip(found.proof, found.certificates, strict=True):
        told = json.loads(step.machine)
        numbers = {
            name: tuple(map(Fraction, told[name])) for name in ("x", "energy", "lipschitz", "rule")
        }
        again = Certificate(best=told["best"], **numbers)
        assert again == proved
        assert again.holds()
        assert again.bound == Fraction(told["bound"])
        # by the formula of the module alone: forms that are >= 0, and the sum of w
        forms = [tuple(map(Fraction, form)) for form in told["forms"]]
        assert forms == again.forms()
        assert all(A >= 0 and C >= 0 and A * C >= B * B for A, B, C in forms)
        assert f"{float(sum(numbers['energy'])):.6g}" in step.text
        assert "F_0 - F_*" in step.latex


def test_negative_multipliers_prove_nothing() -> None:
    zero, one = Fraction(0), Fraction(1)
    half = (one / 2, one / 2)
    # every form is >= 0, and the "bound" is 0
    false = Certificate(half, None, (-6 * one, 6 * one), (zero, zero), (zero, one))
    assert false.bound == 0
    assert all(A >= 0 and C >= 0 and A * C >= B * B for A, B, C in false.forms())
    assert not false.holds()
    assert dataclasses.replace(false, energy=(zero, 6 * one)).holds()


def test_the_forms_are_those_of_the_inequalities() -> None:
    rng = np.random.default_rng(0)
    x, w, q, m = rng.uniform(0.1, 1, (4, 3))
    G, D = rng.normal(size=(2, 3))
    a = 1 / x
    r = w[::-1].cumsum()[::-1]
    energy = G**2 / 4 + (a - 1) / 2 * G * D + (a**2 - 1) / 4 * D**2
    base = r * energy + q * ((G + a * D) ** 2 - D**2)
    others = m[0] + m[2]
    expected = {
        None: base - m * G**2,
        2: base + np.array([-m[0] * D[0] ** 2, others * D[1] ** 2 - G[1] ** 2, -m[2] * D[2] ** 2]),
    }
    for best, values in expected.items():
        sizes, *multipliers = (tuple(map(Fraction, v)) for v in (x, w, q, m))
        made = Certificate(sizes, best, *multipliers)
        forms = np.array([[float(v) for v in form] for form in made.forms()])
        found = forms[:, 0] * G**2 + 2 * forms[:, 1] * G * D + forms[:, 2] * D**2
        np.testing.assert_allclose(found, values, rtol=1e-12, atol=1e-12)


def test_the_energy_and_lipschitz_inequalities_hold_in_an_instance(
    solved: dict[Any, WorstCase],
) -> None:
    for found in solved.values():
        run = found.instance
        a = 1 / run.x[:, None]
        D, U = np.diff(run.points, axis=0), np.diff(run.gradients, axis=0)
        G = run.gradients[1:] + run.subgradients
        np.testing.assert_allclose(G + a * D, U, atol=1e-9)
        energy = (G**2 / 4 + (a - 1) / 2 * G * D + (a**2 - 1) / 4 * D**2).sum(-1)
        assert (-np.diff(run.objectives) >= energy - 1e-9).all()
        assert ((U**2).sum(-1) <= (D**2).sum(-1) + 1e-9).all()


# what makes an instance


def test_a_smaller_penalty_is_seen(solved: dict[Any, WorstCase]) -> None:
    good = solved[0.5, 3, GRADIENT].instance
    for j in range(3):
        penalties = good.penalties.copy()
        penalties[j] -= 1.0
        assert not rerun(dataclasses.replace(good, penalties=penalties)).holds


def test_a_wrong_gradient_or_loss_is_seen(solved: dict[Any, WorstCase]) -> None:
    good = solved[0.5, 3, GRADIENT].instance
    assert dataclasses.replace(good, gradients=2 * good.gradients).margin() < 0
    assert dataclasses.replace(good, losses=good.losses * 3).margin() < 0
    assert dataclasses.replace(good, x=good.x / 2).margin() < 0
    assert not dataclasses.replace(good, penalties=np.nan * good.penalties).margin() >= 0


def test_the_prox_is_that_of_the_definition(solved: dict[Any, WorstCase]) -> None:
    run = solved[0.25, 3, STEP].instance
    for k, eta in enumerate(run.x):
        moved = run.points[k] - eta * run.gradients[k]
        costs = run.penalties + ((run.points - moved) ** 2).sum(-1) / (2 * eta)
        assert costs.argmin() == k + 1
        table = Table(run.points, run.penalties)
        assert (table.prox(moved, eta) == run.points[k + 1]).all()
        assert (table.quantize(run.points[k]) == run.points[k]).all()
        np.testing.assert_allclose(table.value(run.points, -1), run.penalties)
        assert table.value(moved + 0.125) == np.inf


def test_the_interpolated_loss_is_smooth(solved: dict[Any, WorstCase]) -> None:
    run = solved[0.5, 3, STEP].instance
    loss = InterpolatedLoss(run)
    np.testing.assert_allclose(loss.value(run.points), run.losses, atol=1e-9)
    np.testing.assert_allclose(loss.gradient(run.points), run.gradients, atol=1e-9)
    rng = np.random.default_rng(0)
    places = np.concatenate([rng.normal(size=(8, loss.dim)), run.points])
    values, gradients = loss.value_and_gradient(places)
    everywhere = Instance(np.ones(len(places) - 1), GRADIENT, places, gradients, values, values)
    assert everywhere.slacks()["smoothness"].min() > -1e-5
    tiny = 1e-3 * rng.normal(size=(8, loss.dim))
    ahead, behind = loss.value(places[:8] + tiny), loss.value(places[:8] - tiny)
    np.testing.assert_allclose((ahead - behind) / 2, (gradients[:8] * tiny).sum(-1), atol=1e-5)
    rng_free = loss.stochastic_gradient(places[:1], rng)
    np.testing.assert_array_equal(rng_free, loss.gradient(places[:1]))


# failures


def _raise(*args: Any, **options: Any) -> None:
    raise cvxpy.error.SolverError("broken")


def test_a_solver_that_fails_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cvxpy.Problem, "solve", _raise)
    with pytest.raises(SolverError, match="multipliers: the solver failed: broken"):
        prox_gradient(0.5, 2, STEP)


@pytest.mark.parametrize(
    "status", ["optimal_inaccurate", "user_limit", "infeasible", "unbounded", "solver_error"]
)
def test_any_other_status_raises(monkeypatch: pytest.MonkeyPatch, status: str) -> None:
    monkeypatch.setattr(cvxpy.Problem, "status", property(lambda self: status))
    with pytest.raises(SolverError, match=f"expected the status 'optimal', got '{status}'"):
        prox_gradient(0.5, 2, GRADIENT)


def test_running_out_of_time_raises() -> None:
    with pytest.raises(SolverError, match="expected the status 'optimal'"):
        prox_gradient(0.5, 4, STEP, time_limit=1e-9)


def test_a_failure_in_the_search_for_the_instance_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    real = engine.find_instance
    monkeypatch.setattr(engine, "find_instance", lambda *args: real(*args[:-1], 1e-9))
    with pytest.raises(SolverError, match="worst instance: expected the status"):
        prox_gradient(0.5, 3, GRADIENT)


def test_an_instance_that_is_none_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    real = engine.find_instance

    def off(*args: Any) -> Instance:
        found = real(*args)
        return dataclasses.replace(found, losses=found.losses * 1.1)

    monkeypatch.setattr(engine, "find_instance", off)
    with pytest.raises(SolverError, match="an inequality is off by"):
        prox_gradient(0.5, 3, GRADIENT)


def test_an_instance_above_the_bound_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    real = engine.certify

    def low(*args: Any) -> tuple[Certificate, float]:
        proof, figure = real(*args)
        return dataclasses.replace(proof, energy=tuple(w / 2 for w in proof.energy)), figure

    monkeypatch.setattr(engine, "certify", low)
    with pytest.raises(SolverError, match=r"got the ratio .* above the bound"):
        prox_gradient(0.5, 3, GRADIENT)


def test_a_run_off_the_instance_does_not_hold() -> None:
    assert Rerun(0.0, 0.0, 1.0, 1).holds
    assert not Rerun(0.0, 0.5, 1.0, 1).holds
    assert not Rerun(-1e-9, 0.0, 1.0, 1).holds
    assert not Rerun(float("nan"), 0.0, 1.0, 1).holds


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("factor", [0.0, 0.5, 0.99, 1.5])
def test_a_solver_that_lies_proves_nothing_false(
    monkeypatch: pytest.MonkeyPatch, factor: float, rule: str
) -> None:
    real = certificate.solve

    def lying(problem: Any, *args: Any) -> float:
        figure = real(problem, *args)
        for variable in problem.variables():
            variable.value = variable.value * factor
        return figure * factor

    monkeypatch.setattr(certificate, "solve", lying)
    truth = on_the_line(0.5, 3, rule).ratio()
    try:
        found = prox_gradient(0.5, 3, rule)
    except SolverError:
        assert factor < 1
    else:
        assert found.value >= truth * (1 - 1e-7)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((0.5, 0, STEP), ValueError, "steps: expected an integer >= 1, got 0"),
        ((0.5, 1.5, STEP), TypeError, "steps: expected an integer, got 1.5"),
        ((0.5, 2, "best"), ValueError, "rule: expected one of .*, got 'best'"),
        ((0.0, 2, STEP), ValueError, "x: expected a number > 0, got 0.0"),
        ((1.5, 2, STEP), ValueError, r"x: expected numbers in \(0, 1\], got 1.5"),
        ((float("nan"), 2, STEP), ValueError, "x: expected a number > 0, got nan"),
        (("a", 2, STEP), TypeError, "x: expected a number, got 'a'"),
        (([0.5], 2, STEP), ValueError, "x: expected a number or 2 of them, got 1"),
        (([0.5, 2.0], 2, STEP), ValueError, r"x: expected numbers in \(0, 1\], got 2.0"),
    ],
)
def test_bad_arguments(arguments: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=f"^{message}$"):
        prox_gradient(*arguments)


def test_bad_time_limit_and_bad_instance() -> None:
    with pytest.raises(ValueError, match=r"^time_limit: expected a number > 0, got 0$"):
        prox_gradient(0.5, 1, STEP, time_limit=0)
    with pytest.raises(TypeError, match=r"^instance: expected an Instance, got 3$"):
        rerun(3)  # type: ignore[arg-type]


def test_without_the_solver_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "clarabel", None)
    with pytest.raises(ImportError, match="pip install cvxpy clarabel"):
        prox_gradient(0.5, 1)


def test_names() -> None:
    assert all(getattr(worst_case, name) for name in worst_case.__all__)
