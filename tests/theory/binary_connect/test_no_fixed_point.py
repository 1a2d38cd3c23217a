"""The claim holds with and without its solvers, and its controls fall to counterexamples that replay."""

import importlib.util
import itertools
import json
from fractions import Fraction

import numpy as np
import pytest
from click.testing import CliRunner

from pqtheory import stability
from pqtheory.cli import main
from pqtheory.evidence import Budget, Evidence, fixed_points, smt
from pqtheory.evidence.fixed_points import Certificate
from pqtheory.problems import Quadratic
from pqtheory.theory import verify
from pqtheory.theory.binary_connect.no_fixed_point import claim as no_fixed_point
from pqtheory.theory.binary_connect.no_fixed_point import instances
from pqtheory.theory.binary_connect.no_fixed_point.claim import (
    CLAIM,
    FIGURE,
    pushes,
    some_fixed_point,
    symmetric,
)

QUICK = Budget("quick")


@pytest.fixture(scope="module")
def result():
    return verify(CLAIM)[CLAIM.name]


def part(name):
    return next(p for p in CLAIM.parts if p.name == name)


def control(name):
    return next(c for c in CLAIM.controls if c.name == name)


def test_holds(result):
    assert result.ok
    assert result.measured[FIGURE] == 924
    kinds = {p.name: p.kind for p in result.parts}
    assert kinds["convex"] == kinds["indefinite"] == "certified"
    if smt.available():
        assert kinds["one flip"] == kinds["existence"] == kinds["necessity"] == "proved"
        assert result.kind == "certified"


def test_margins_are_those_of_certificates(result):
    for name in ("convex", "indefinite"):
        margin = next(p for p in result.parts if p.name == name).evidence.margin
        assert margin > 0


def told(problem, method):
    """The step of the certificate as read from its JSON, and the quadratic in it."""
    found = fixed_points.certify_none(problem)
    assert (found.status, found.method) == ("none", method)
    numbers = json.loads(found.step.machine)
    scale = Fraction(numbers["scale"])
    A = np.array([[Fraction(v) / scale for v in row] for row in numbers["A"]], dtype=object)
    b = np.array([Fraction(v) / scale for v in numbers["b"]], dtype=object)
    assert (A == problem.A).all()
    assert (b == problem.b).all()
    return found, numbers, A, b


def test_every_certificate_is_told_in_full(result):
    for name in ("convex", "indefinite"):
        steps = next(p for p in result.parts if p.name == name).evidence.proof
        assert len(steps) >= 2
        assert all(json.loads(step.machine)["A"] for step in steps)
        assert all(step.latex and "every vertex" in step.text for step in steps)


def test_a_row_that_is_told_proves_it():
    problem = Quadratic([[4.5, 0.5], [0.5, -1.0]], [1.25, 3.0])
    found, numbers, A, b = told(problem, "row")
    i = numbers["row"]
    bound = A[i, i] - sum(abs(v) for j, v in enumerate(A[i]) if j != i) - abs(b[i])
    assert bound == Fraction(numbers["bound"]) == Fraction(11, 4)
    assert found.margin == bound


@pytest.mark.parametrize("slope", [1, 30, 1000])
def test_a_point_and_a_curvature_that_are_told_prove_it(slope):
    problem = instances.convex(20, np.random.default_rng(20), slope)
    found, numbers, A, b = told(problem, "convexity")
    x, mu = [Fraction(v) for v in numbers["x"]], Fraction(numbers["mu"])
    assert 0 < mu <= np.linalg.eigvalsh(problem.A)[0]
    assert all(abs(v) <= 1 for v in x)
    g = A @ np.array(x, dtype=object) + b
    least = sum(
        min(mu * (s - v) ** 2 + slope * (s - v) for s in (-1, 1))
        for v, slope in zip(x, g, strict=True)
    )
    bound = least / sum(1 + abs(v) for v in x)
    assert bound == Fraction(numbers["bound"])
    assert 0 < found.margin <= bound


def test_a_dual_bound_that_is_told_is_below_every_vertex():
    problem = instances.indefinite(11, np.random.default_rng(3))
    found, numbers, A, b = told(problem, "milp")
    A, b = A.astype(float), b.astype(float)
    units = np.array(numbers["units"]) / numbers["scale"]
    s = np.array(list(itertools.product((-1.0, 1.0), repeat=11)))
    pushed = s * (s @ A + b)
    assert numbers["tolerance"] < numbers["dual bound"]
    assert numbers["dual bound"] <= (pushed / units).max(axis=1).min() + numbers["tolerance"]
    assert found.margin <= pushed.max(axis=1).min()


def test_the_instances_are_what_they_are_said_to_be():
    for slope in (1, 30, 1000):
        problem = instances.convex(100, np.random.default_rng(100), slope)
        assert problem.dim == 100
        assert np.linalg.eigvalsh(problem.A)[0] > 0.5
    for dim in (30, 36):
        problem = instances.indefinite(dim, np.random.default_rng(dim))
        assert np.linalg.eigvalsh(problem.A)[0] < -1
        assert fixed_points.certify_none(problem).method == "milp"


@pytest.mark.parametrize("name", [c.name for c in CLAIM.controls])
def test_controls_fall(result, name):
    found = next(c for c in result.controls if c.name == name)
    assert found.refuted


def test_counterexamples_replay():
    planted = control("planted").check(QUICK).counterexample
    problem = Quadratic(planted["A"], planted["b"])
    assert problem.is_convex
    assert stability.is_fixed_point(problem, np.array(planted["fixed point"]))
    convex = control("convex is enough").check(QUICK).counterexample
    problem = Quadratic(convex["A"], convex["b"])
    assert problem.is_convex
    assert len(fixed_points.enumerate(problem)) == 0


@pytest.mark.parametrize("solver", [True, False])
def test_a_positive_entry_replays(monkeypatch, solver):
    if solver and not smt.available():
        pytest.skip("needs z3")
    monkeypatch.setattr(smt, "available", lambda: solver)
    case = control("one entry is enough").check(QUICK).counterexample
    values = {k: Fraction(v) for k, v in case.items()}
    A = np.array([[values["A11"], values["A12"]], [values["A12"], values["A22"]]])
    problem = Quadratic(A, np.array([values["b1"], values["b2"]]))
    assert A[0, 0] <= 0 < A[1, 1]
    assert len(fixed_points.enumerate(problem)) == 0


def test_without_a_solver_it_is_enumerated(monkeypatch):
    monkeypatch.setattr(smt, "available", lambda: False)
    for name in ("one flip", "existence", "necessity"):
        found = part(name).check(QUICK)
        assert found.kind == "enumerated"
        assert found.cases > 10
    for name in ("one entry is enough", "positive excludes", "symmetry is not needed"):
        assert control(name).check(QUICK).kind == "refuted"


def test_without_scipy_it_is_sampled(monkeypatch):
    usual = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *a: None if name == "scipy" else usual(name, *a)
    )
    for name in ("convex", "indefinite"):
        found = part(name).check(QUICK)
        assert found.kind == "sampled"
        assert "scipy" in found.note


def test_undecided_is_no_certificate(monkeypatch):
    undecided = Certificate("undecided", "milp", reason="injected")
    monkeypatch.setattr(fixed_points, "certify_none", lambda *a, **k: undecided)
    found = part("convex").check(QUICK)
    assert found.kind == "sampled"
    assert "injected" in found.note


def test_a_planted_instance_is_refuted_even_among_others():
    def make(dim, rng):
        return (instances.planted if dim == 8 else instances.convex)(dim, rng)

    found = instances.none(make, (10, 8, 9), QUICK)
    assert found.kind == "refuted"
    assert len(found.counterexample["b"]) == 8


def test_the_formula_that_is_proved_is_the_one_that_runs():
    rng = np.random.default_rng(0)
    for dim in (1, 2, 3):
        for _ in range(40):
            entries = [Fraction(int(v), 3) for v in rng.integers(-6, 7, dim * (dim + 1) // 2)]
            b = [Fraction(int(v), 2) for v in rng.integers(-6, 7, dim)]
            A = symmetric(entries, dim)
            problem = Quadratic(np.array(A), np.array(b))
            fixed = []
            for s in itertools.product((-1, 1), repeat=dim):
                exact = np.array([Fraction(v) for v in s])
                assert pushes(A, b, s) == list(exact * problem.gradient(exact))
                fixed.append(bool(stability.is_fixed_point(problem, exact)))
            assert some_fixed_point(A, b) == any(fixed)
            assert no_fixed_point.no_fixed_point(A, b) != any(fixed)
            assert any(fixed) == bool(len(fixed_points.enumerate(problem)))


def test_a_nonpositive_diagonal_in_larger_dimensions():
    rng = np.random.default_rng(0)
    for dim in range(4, 10):
        for _ in range(10):
            upper = np.triu(rng.integers(-3, 4, (dim, dim)), 1)
            A = upper + upper.T - np.diag(rng.integers(0, 2, dim))
            problem = Quadratic(A, rng.integers(-5, 6, dim))
            s = np.array(list(itertools.product((-1.0, 1.0), repeat=dim)))
            best = s[np.argmin(problem.value(s))]
            assert stability.is_fixed_point(problem, best)
            assert len(fixed_points.enumerate(problem))


@pytest.mark.parametrize("dim", [4, 5])
def test_a_positive_entry_leaves_none_for_some_b(dim):
    rng = np.random.default_rng(dim)
    for _ in range(20):
        entries = [Fraction(int(v)) for v in rng.integers(-4, 5, dim * (dim + 1) // 2)]
        entries[0] = Fraction(1, 100)
        _, none = no_fixed_point._necessary(dim, *entries)
        assert none


def test_mutated_statements_are_refuted(monkeypatch):
    def weaker(dim, diagonal, *entries):
        A = symmetric(entries[:-dim], dim)
        return [A[i][i] <= 1 for i in range(diagonal)], some_fixed_point(A, entries[-dim:])

    monkeypatch.setattr(no_fixed_point, "_exists", weaker)
    for dim in (1, 2):
        assert no_fixed_point._existence(dim, dim)(QUICK).kind == "refuted"


def test_a_wrong_count_is_refuted(monkeypatch):
    monkeypatch.setattr(fixed_points, "enumerate", lambda problem: np.zeros((923, 12)))
    found = part("convex").check(QUICK)
    assert isinstance(found, Evidence)
    assert found.kind == "refuted"
    assert found.counterexample["figure"] == FIGURE


def test_show_prints_the_numbers_of_a_certificate_on_demand():
    shown = CliRunner().invoke(main, ["show", CLAIM.name])
    assert shown.exit_code == 0
    assert "dim 30: every vertex breaks the condition" in shown.stdout
    assert '"dual bound"' not in shown.stdout
    machine = CliRunner().invoke(main, ["show", CLAIM.name, "--machine"])
    lines = [line for line in machine.stdout.splitlines() if line.lstrip().startswith('{"A"')]
    read = [json.loads(line) for line in lines]
    assert {len(numbers["b"]) for numbers in read} >= {30, 36, 100}
    assert all("bound" in numbers or "dual bound" in numbers for numbers in read)
    assert "check-sat" in machine.stdout
