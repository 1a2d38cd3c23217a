"""The claim holds with and without its solvers, and its controls fall to counterexamples that replay."""

import dataclasses
import importlib.util
import itertools
import json
from fractions import Fraction

import numpy as np
import pytest
from click.testing import CliRunner

from pqtheory import methods, schedules, stability
from pqtheory.claims.calling import called
from pqtheory.claims.forall import EXAMPLES
from pqtheory.cli import main
from pqtheory.evidence import Budget, Evidence, fixed_points, smt
from pqtheory.evidence.fixed_points import Certificate, certification
from pqtheory.evidence.symbolic import checks as algebra
from pqtheory.problems import Quadratic
from pqtheory.simulate import simulate
from pqtheory.theory.binary_connect.no_fixed_point import instances
from pqtheory.theory.binary_connect.no_fixed_point import lemmas as lemma
from pqtheory.theory.binary_connect.no_fixed_point import small_dimensions as small
from pqtheory.theory.binary_connect.no_fixed_point.claim import CLAIM, FIGURE
from pqtheory.theory.binary_connect.no_fixed_point.small_dimensions import pushes, some_fixed_point

from ..verified import verified

QUICK = Budget("quick")


@pytest.fixture(scope="module")
def result():
    return verified(CLAIM.name)


def part(name):
    return next(p for p in CLAIM.parts if p.name == name)


def control(name):
    return next(c for c in CLAIM.controls if c.name == name)


def test_holds(result):
    assert result.ok
    assert result.measured[FIGURE] == 924
    assert next(p for p in result.parts if p.name == "indefinite").kind == "proved"
    if smt.available():
        assert result.kind == "proved"
    assert not any(p.prose for p in CLAIM.parts)


def test_the_nodes_of_each_search_are_reported(result):
    nodes = {dim: result.measured[f"nodes, dim {dim}"] for dim in (30, 36, 45)}
    assert all(1 < count < 10_000 for count in nodes.values())
    steps = next(p for p in result.parts if p.name == "indefinite").evidence.proof
    assert all(
        f"{count} nodes" in step.text for count, step in zip(nodes.values(), steps, strict=True)
    )


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
        told = [step for step in steps if "every vertex" in step.text]
        assert len(told) == 3
        assert all(step.latex and json.loads(step.machine)["A"] for step in told)


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
    factor = np.zeros((20, 20), dtype=object)
    for i, row in enumerate(numbers["factor"]):
        factor[i, : i + 1] = row
    rest = A - Fraction(numbers["unit"]) ** 2 * (factor @ factor.T)
    off = abs(rest - Fraction(numbers["nu"]) * np.eye(20, dtype=int)).sum(axis=1).max()
    assert mu == Fraction(numbers["nu"]) - off
    assert all(abs(v) <= 1 for v in x)
    g = A @ np.array(x, dtype=object) + b
    least = sum(
        min(mu * (s - v) ** 2 + slope * (s - v) for s in (-1, 1))
        for v, slope in zip(x, g, strict=True)
    )
    bound = least / sum(1 + abs(v) for v in x)
    assert bound == Fraction(numbers["bound"])
    assert 0 < found.margin <= bound


def test_a_dual_bound_that_is_told_is_below_every_vertex(monkeypatch):
    monkeypatch.setattr(certification, "NODES", 0)
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
    for dim in (30, 36, 45):
        problem = instances.indefinite(dim, np.random.default_rng(dim))
        assert np.linalg.eigvalsh(problem.A)[0] < -1
        assert (problem.A.round() == problem.A).all()
        assert fixed_points.certify_none(problem).method == "search"


def test_the_dual_bound_agrees_with_the_search(monkeypatch):
    problem = instances.indefinite(30, np.random.default_rng(30))
    monkeypatch.setattr(certification, "NODES", 0)
    found = fixed_points.certify_none(problem)
    assert (found.status, found.method) == ("none", "milp")


def test_steps_of_finite_sum_are_outside_of_what_is_stated():
    """eta_t = 2^(-12 - t): they settle at a vertex with pushes above 0 that the sum of the steps does not reach."""
    problem = instances.convex(100, np.random.default_rng(100))
    method = methods.BinaryConnect(schedules.Exponential(2.0**-12, 0.5))
    start = np.random.default_rng(0).normal(size=100)
    path = simulate(method, problem, start, 80)
    s, latent, total = path.quantized[20], path.latent[20], 2.0**-11 * 2.0**-20
    assert (path.quantized[20:] == s).all()
    pushed = s * problem.gradient(s)
    assert pushed.max() > 0
    assert (total * pushed <= s * latent).all()
    assert "infinite sum" in CLAIM.statement
    assert "sum eta_t = infinity" in CLAIM.formula


def test_the_theorem_says_when_the_sign_changes():
    """theta = 3, s = 1, g = 2, steps of 1: after 2 steps theta = -1."""
    case = {"s": 1, "start": 3, "g": 2, "elapsed": 2, "theta": -1}
    assert lemma.is_left().replay(case).kind == "sampled"
    with pytest.raises(ValueError, match="does not satisfy"):
        lemma.is_left().replay({**case, "elapsed": 1, "theta": 1})
    assert lemma.is_left(enough=False).replay({**case, "elapsed": 1, "theta": 1}).kind == "refuted"


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


def test_without_a_solver_it_is_sampled(monkeypatch):
    monkeypatch.setattr(smt, "available", lambda: False)
    monkeypatch.setattr(algebra, "available", lambda: False)
    monkeypatch.setitem(EXAMPLES, "quick", 20)
    for name in ("never settles", "existence", "necessity"):
        found = part(name).check(QUICK)
        assert found.kind == "sampled"
        assert "installed" in found.note


def test_without_a_solver_the_controls_fall_to_a_search(monkeypatch):
    monkeypatch.setattr(smt, "available", lambda: False)
    for name in ("any steps", "one entry is enough", "positive excludes", "symmetry is not needed"):
        assert control(name).check(QUICK).kind == "refuted"


def test_without_scipy_the_search_remains(monkeypatch):
    usual = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *a: None if name == "scipy" else usual(name, *a)
    )
    assert part("indefinite").check(QUICK).kind == "proved"
    monkeypatch.setattr(certification, "NODES", 100)
    found = part("convex").check(QUICK)
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
            A = small.matrix(dict(zip(small.entries(dim), entries, strict=True)), dim)
            problem = Quadratic(np.array(A), np.array(b))
            fixed = []
            for s in itertools.product((-1, 1), repeat=dim):
                exact = np.array([Fraction(v) for v in s])
                assert pushes(A, b, s) == list(exact * problem.gradient(exact))
                fixed.append(bool(stability.is_fixed_point(problem, exact)))
            assert some_fixed_point(A, b) == any(fixed)
            assert small.no_fixed_point(A, b) != any(fixed)
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
        case = dict(zip(small.entries(dim), entries, strict=True))
        assert small.necessary(dim).replay(case).kind == "sampled"


def without_last(found, argument):
    """A theorem or an invariant with one assumption less."""
    given = getattr(found, argument)

    def fewer(**case):
        return called(given, case)[:-1]

    return dataclasses.replace(found, **{argument: fewer})


def test_lemmas_with_something_wrong_are_refuted():
    pytest.importorskip("z3")
    wrong = [
        without_last(lemma.least_is_fixed, "given"),
        without_last(lemma.least_is_fixed, "by"),
        without_last(lemma.none_is_fixed, "by"),
        without_last(lemma.bound_is_not_positive, "given"),
        without_last(lemma.bound_is_not_positive, "by"),
        without_last(lemma.is_left(), "by"),
        without_last(lemma.others_are_minus, "by"),
        without_last(lemma.drifts, "step"),
        without_last(lemma.least, "step"),
        without_last(lemma.one_flip, "step"),
        without_last(lemma.row_is_bounded, "step"),
        without_last(lemma.others_are_minus, "step"),
        without_last(lemma.at_a_fixed_point, "step"),
        dataclasses.replace(lemma.others_are_minus, holds=lambda push, row, slope: row == -slope),
        dataclasses.replace(
            lemma.drifts, holds=lambda theta, start, elapsed, g: theta == start - g
        ),
        dataclasses.replace(lemma.least_is_fixed, holds=lambda a, s, r: s * (a * s + r) <= a - 1),
    ]
    for statement in wrong:
        assert statement(QUICK).kind == "refuted"


def test_a_wrong_lemma_takes_the_theorem_with_it(monkeypatch):
    """least_is_fixed is proved by one_flip, which is shown first."""
    pytest.importorskip("z3")
    wrong = dataclasses.replace(
        lemma.one_flip, holds=lambda loss, flipped, r, s: flipped == loss - 3 * s * r
    )
    theorem = dataclasses.replace(
        lemma.least_is_fixed,
        by=lambda a, b, s, r, loss, flipped: [
            wrong.at(loss=loss, flipped=flipped, r=r, a=a, b=b, s=s),
            lemma.least.at(best=loss, seen=1, value=flipped),
        ],
    )
    assert theorem(QUICK).kind != "proved"


def test_the_public_condition_is_compared_with_the_formula(monkeypatch):
    assert instances.condition_is_the_codes(QUICK).kind == "enumerated"
    monkeypatch.setattr(stability, "is_fixed_point", lambda problem, s: np.ones(len(s), bool))
    assert instances.condition_is_the_codes(QUICK).kind == "refuted"
    assert part("indefinite").check(QUICK).kind == "refuted"


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
    assert '"bound"' not in shown.stdout
    machine = CliRunner().invoke(main, ["show", CLAIM.name, "--machine"])
    lines = [line for line in machine.stdout.splitlines() if line.lstrip().startswith('{"A"')]
    read = [json.loads(line) for line in lines]
    assert {len(numbers["b"]) for numbers in read} >= {30, 36, 100}
    assert all("bound" in numbers for numbers in read)
    assert "check-sat" in machine.stdout


def test_runs_leave_when_they_must(monkeypatch):
    assert instances.leaves(Fraction(3), Fraction(2), Fraction(1))
    assert instances.leaves(Fraction(3), Fraction(-2), Fraction(1)) is None
    assert part("never settles").check.search(200).kind == "sampled"
    monkeypatch.setattr(instances, "moved", lambda theta, g, eta: theta - eta * g / 2)
    assert part("never settles").check.search(200).kind == "refuted"
