"""The BinaryConnect claims hold, their controls fall to counterexamples that replay, and broken code is found out."""

import itertools
from fractions import Fraction

import numpy as np
import pytest

from pqtheory import stability
from pqtheory.claims import all_of, forall, one_of, real
from pqtheory.evidence import Budget, judge
from pqtheory.methods import BinaryConnect
from pqtheory.problems import Huber, LogCosh, LogisticRegression, Quadratic
from pqtheory.schedules import Polynomial
from pqtheory.sets import Binary
from pqtheory.simulate import simulate
from pqtheory.theory.binary_connect.bc_fixed_points import claim as bc_fixed_points
from pqtheory.theory.binary_connect.bc_is_dual_averaging import claim as bc_is_dual_averaging
from pqtheory.theory.binary_connect.fixed_points_are_vertices import (
    claim as fixed_points_are_vertices,
)
from pqtheory.theory.binary_connect.small_quadratics import (
    QuadraticFamily,
    departures,
    every_gram_quadratic,
    every_quadratic,
    vertices,
)

from ..conftest import EXAMPLES
from ..verified import verified

z3 = pytest.importorskip("z3")

QUICK = Budget("quick")
MODULES = (bc_is_dual_averaging, bc_fixed_points, fixed_points_are_vertices)


@pytest.fixture(scope="module")
def report():
    return {m.CLAIM.name: verified(m.CLAIM.name) for m in MODULES}


def part(module, name):
    return next(p for p in module.CLAIM.parts if p.name == name)


def counterexample(report, claim, control):
    return next(c for c in report[claim].controls if c.name == control).evidence.counterexample


def sign(t):
    return 1 if t >= 0 else -1


def exactly(values):
    return [exactly(v) if isinstance(v, list) else Fraction(v) for v in values]


def gradient(case, x):
    A, b = exactly(case["A"]), exactly(case["b"])
    return [
        sum(a * t for a, t in zip(row, x, strict=True)) + c for row, c in zip(A, b, strict=True)
    ]


def value(case, x):
    b, slope = exactly(case["b"]), gradient(case, x)
    return sum(t * (g + c) for t, g, c in zip(x, slope, b, strict=True)) / 2


def cube(dim):
    return list(itertools.product([-1, 1], repeat=dim))


def is_fixed(case, s):
    return all(t * g <= 0 for t, g in zip(s, gradient(case, s), strict=True))


def binary_connect(case, theta, step_sizes):
    """The signs of every iterate, in fractions."""
    theta = exactly(theta)
    path = [[sign(t) for t in theta]]
    for eta in step_sizes:
        slope = gradient(case, path[-1])
        theta = [t - eta * g for t, g in zip(theta, slope, strict=True)]
        path.append([sign(t) for t in theta])
    return path


@pytest.mark.parametrize("module", MODULES)
def test_the_claim_holds_and_its_controls_do_not(report, module):
    result = report[module.CLAIM.name]
    assert [p.name for p in result.parts if p.kind == "refuted"] == []
    assert [c.name for c in result.controls if not c.refuted] == []
    assert result.ok
    headline = module.CLAIM.headline
    assert result.measured[headline] == pytest.approx(result.predicted[headline], rel=1e-5)


def test_every_part_is_proved(report):
    kinds = {(m.CLAIM.name, p.name): p.kind for m in MODULES for p in report[m.CLAIM.name].parts}
    assert kinds == dict.fromkeys(kinds, "proved")
    assert not any(report[m.CLAIM.name].notes for m in MODULES)


@pytest.mark.parametrize(
    ("module", "name"),
    [
        (bc_is_dual_averaging, "argmin"),
        (bc_fixed_points, "when it leaves"),
        (fixed_points_are_vertices, "global minimisers"),
    ],
)
def test_without_an_engine_they_are_sampled_and_say_so(module, name, without_engines):
    without_engines()
    found = part(module, name).check(QUICK)
    assert found.kind == "sampled"
    assert "with z3-solver installed it would be proved" in found.note


def test_the_figures_are_about_something(report):
    vertex = report["fixed-points-are-vertices"].measured
    assert vertex["fixed points compared, enumerated"] > 1000
    assert vertex["fixed points above the best point of the box, enumerated"] == 0


def test_vanishing_steps_hold_a_vertex_that_is_not_fixed(report):
    case = counterexample(report, "bc-fixed-points", "summable steps do as well")
    s = [sign(t) for t in case["start"]]
    assert not is_fixed(case, s)
    assert not case["condition"]
    vanishing = binary_connect(case, case["start"], [Fraction(1, 2 ** (t + 1)) for t in range(200)])
    assert all(q == s for q in vanishing)
    assert any(q != s for q in binary_connect(case, case["start"], [Fraction(1, 2)] * 200))


def test_a_zero_gradient_does_not_count(report):
    case = counterexample(report, "bc-fixed-points", "zero gradients count")
    s = [sign(t) for t in case["start"]]
    slope = gradient(case, s)
    assert any(g == 0 and t == 1 for g, t in zip(slope, s, strict=True))
    assert all(q == s for q in binary_connect(case, case["start"], [Fraction(1, 2)] * 100))
    assert any(sign(g) != -t for g, t in zip(slope, s, strict=True))


def test_a_loss_that_is_not_convex_has_a_fixed_point_that_is_not_best(report):
    case = counterexample(report, "fixed-points-are-vertices", "without convexity")
    s = [int(t) for t in case["fixed point"]]
    assert is_fixed(case, s)
    assert value(case, s) - value(case, [int(t) for t in case["better"]]) == -Fraction(
        case["margin"]
    )
    assert min(value(case, v) for v in cube(len(s))) < value(case, s)
    assert np.linalg.eigvalsh(np.array(case["A"]))[0] < -0.1


def test_a_best_vertex_of_a_convex_loss_that_is_not_fixed(report):
    case = counterexample(report, "fixed-points-are-vertices", "converse")
    s = [int(t) for t in case["binary minimiser"]]
    assert value(case, s) == min(value(case, v) for v in cube(len(s)))
    assert np.linalg.eigvalsh(np.array(case["A"]))[0] > -1e-12
    assert any(q != s for q in binary_connect(case, s, [Fraction(1, 2)] * 10))


def test_departure_steps_by_hand():
    """L = x on the line, eta = 1/2: from 1 the latent weight is 0 after two steps and leaves at the third."""
    for slope, start, left in [(1.0, 1.0, 3), (-1.0, -1.0, 2), (1.0, 0.0, 1), (-1.0, 1.0, 9)]:
        family = QuadraticFamily(np.zeros((1, 1, 1)), np.array([[slope]]))
        assert departures(BinaryConnect(0.5), family, np.array([[[start]]]), 8) == left


def test_families_are_complete_and_agree_with_single_quadratics():
    family = every_quadratic(2, (-1.0, 0.0, 1.0), (0.0, 1.0))
    assert len(family) == len({(*A.ravel(), *b) for A, b in zip(family.A, family.b, strict=True)})
    assert len(family) == 3**3 * 2**2
    s = family.points(vertices(2))
    for n in range(0, len(family), 7):
        single = Quadratic(family.A[n], family.b[n])
        np.testing.assert_array_equal(family.gradient(s)[n], single.gradient(s[n]))
        np.testing.assert_array_equal(family.value(s)[n], single.value(s[n]))


def test_gram_families_are_convex():
    gram = every_gram_quadratic(2, (-1.0, 0.0, 1.0), (0.0,))
    assert np.linalg.eigvalsh(gram.A).min() > -1e-9


@pytest.mark.parametrize("clip", [None, Fraction(1)])
@pytest.mark.parametrize("step_size", [Fraction(1, 2), Polynomial(Fraction(1), -1, Fraction(1))])
def test_fixed_points_in_more_dimensions(step_size, clip):
    rng = np.random.default_rng(2)
    s = vertices(4).astype(int)
    seen = set()
    for _ in range(10):
        half = rng.integers(-1, 2, (4, 4))
        A, b = half + half.T, rng.integers(-2, 3, 4)
        problem = Quadratic(A + np.zeros_like(A, dtype=object), b + np.zeros_like(b, dtype=object))
        path = simulate(BinaryConnect(step_size, clip=clip), problem, s * Fraction(1), 10)
        stays = (path.quantized == s).all(axis=(0, -1))
        np.testing.assert_array_equal(stays, stability.is_fixed_point(problem, s * Fraction(1)))
        seen |= set(stays.tolist())
    assert seen == {True, False}


@pytest.mark.parametrize("make", [LogCosh.random, Huber.random, LogisticRegression.random])
def test_fixed_points_of_other_convex_losses_are_best(make):
    found, s = 0, vertices(3)
    for seed in range(60):
        problem = make(3, 6, seed=seed)
        values, fixed = problem.value(s), stability.is_fixed_point(problem, s)
        found += int(fixed.sum())
        assert (values[fixed] <= values.min() + 1e-12 * abs(values).max()).all()
    assert found


def test_runs_beside_a_proof_add_figures_and_can_only_refute():
    proof = forall(x=real)(lambda x: x * x >= 0)
    wrong = forall(x=real)(lambda x: x * x > 0)
    cases = {"n": np.arange(3)}

    def runs(held):
        return lambda _: judge("enumerated", np.array([True, held, True]), cases, measured={"f": 1})

    good, bad = (all_of(proof, beside=(runs(held),))(QUICK) for held in (True, False))
    assert (good.kind, good.cases, good.measured) == ("proved", 0, {"f": 1})
    assert bad.kind == "refuted"
    assert bad.counterexample["n"] == 1
    assert all_of(wrong, beside=(runs(True),))(QUICK).counterexample == {"x": 0}


# Broken code is found out.


def noticed(module, name):
    return part(module, name).check(QUICK).kind != "proved"


@pytest.mark.parametrize(
    "broken",
    [
        lambda s, g: (s * g < 0).all(axis=-1),
        lambda s, g: (s * g >= 0).all(axis=-1),
        lambda s, g: (s * g <= 0).any(axis=-1),
    ],
)
def test_a_wrong_condition_of_the_library_is_found_out(monkeypatch, broken):
    monkeypatch.setattr(stability, "is_fixed_point", lambda p, s: broken(s, p.gradient(s)))
    assert noticed(bc_fixed_points, "fixed points")


@pytest.mark.parametrize(
    "wrong",
    [
        lambda s, g: s * g < 0,
        lambda s, g: s * g <= Fraction(1, 100),
        lambda s, g: s * g <= -Fraction(1, 100),
        lambda s, g: s * g >= 0,
    ],
)
def test_a_wrong_condition_is_refuted_by_the_solver(wrong, monkeypatch):
    # what rests on a lemma that is refuted is searched, for as long as there are cases to look at
    monkeypatch.setitem(EXAMPLES, "quick", 100)
    evidence = bc_fixed_points.fixed_points(wrong)(QUICK)
    assert evidence.kind == "refuted"
    assert "gradient" in evidence.counterexample


def test_the_library_and_the_proof_have_the_same_condition():
    @forall(s=one_of(-1, 1), g=real)
    def same(s, g):
        return bc_fixed_points.condition(s, g) == (s * g <= 0)

    assert same(QUICK).kind == "proved"


def test_a_sum_one_percent_too_small_is_not_enough():
    def enough(start, g, total):
        return Fraction(101, 100) * total * abs(g) > abs(start)

    right, claimed = bc_fixed_points.far_enough, bc_fixed_points.condition
    assert bc_fixed_points.leaves(claimed, right, None)(QUICK).kind == "proved"
    assert bc_fixed_points.leaves(claimed, enough, None)(QUICK).kind == "refuted"


def test_a_condition_that_calls_too_much_fixed_is_found_out(monkeypatch):
    monkeypatch.setattr(
        stability, "is_fixed_point", lambda p, s: (s * p.gradient(s) <= 1).all(axis=-1)
    )
    assert noticed(fixed_points_are_vertices, "global minimisers")


def test_dynamics_that_never_move_are_found_out(monkeypatch):
    step = BinaryConnect.step
    monkeypatch.setattr(BinaryConnect, "step", lambda self, state, g: step(self, state, 0 * g))
    for module, name in (
        (bc_is_dual_averaging, "same run"),
        (bc_fixed_points, "when it leaves"),
    ):
        assert noticed(module, name)


def test_a_sign_that_is_minus_at_zero_is_found_out(monkeypatch):
    def minus(self, xp, t, cells):
        return xp.where(t > 0, xp.ones_like(t), -xp.ones_like(t))

    monkeypatch.setattr(Binary, "nearest", minus)
    assert noticed(bc_fixed_points, "when it leaves")
    assert noticed(bc_is_dual_averaging, "argmin")
