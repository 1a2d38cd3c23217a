"""The BinaryConnect claims hold, their controls fall to counterexamples that replay, and broken code is found out."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest

from pqtheory import stability
from pqtheory.claims import bc_fixed_points, bc_is_dual_averaging, fixed_points_are_vertices
from pqtheory.claims._binary_connect_checks import (
    QuadraticFamily,
    departures,
    every_gram_quadratic,
    every_quadratic,
    random_convex_quadratics,
    vertices,
)
from pqtheory.evidence import Budget, verify
from pqtheory.methods import BinaryConnect, DualAveraging
from pqtheory.problems import Quadratic
from pqtheory.sets import Binary

QUICK = Budget("quick")
MODULES = (bc_is_dual_averaging, bc_fixed_points, fixed_points_are_vertices)


@pytest.fixture(scope="module")
def report():
    return verify(*(m.CLAIM for m in MODULES))


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
    assert result.measured[module.CLAIM.headline] == result.predicted[module.CLAIM.headline]


def test_the_kinds_of_evidence(report):
    kinds = {p.name: p.kind for m in MODULES for p in report[m.CLAIM.name].parts}
    sampled = {"fractions", "ordinary floats", "larger dimensions", "KKT, larger dimensions"}
    sampled |= {"global minimisers, larger dimensions", "other convex losses"}
    assert kinds == {name: "sampled" if name in sampled else "enumerated" for name in kinds}


def test_the_figures_are_about_something(report):
    dual = report["bc-is-dual-averaging"].measured
    assert dual["latent weights exactly at 0"] > 10_000
    assert 0 < dual["share of signs that differ, normal float32"] < 1e-5
    assert dual["share of signs that differ, normal float64"] < 1e-6
    assert dual["share of signs that differ, decimal float64"] > 1e-3
    vertex = report["fixed-points-are-vertices"].measured
    assert vertex["fixed points compared, enumerated"] > 1000
    assert vertex["fixed points compared, sampled"] >= 600
    assert vertex["fixed points compared, other losses"] > 20


def test_the_first_difference_in_decimals_replays(report):
    """Steps are float32 multiples of 0.1; the latent weight there is a rounding error."""
    name = "first difference, decimal float32: step, coordinate, both latent weights"
    step, _, lazy, argmin = report["bc-is-dual-averaging"].measured[name]
    found, tenth = False, np.float32(0.1)
    starts = [np.float32(k / 10) for k in range(-5, 6)]
    for theta, steps in itertools.product(starts, itertools.product([-1, 0, 1], repeat=step)):
        moved, total = theta, np.float32(0)
        for g in steps:
            moved, total = moved - tenth * np.float32(g), total + tenth * np.float32(g)
        found |= moved == lazy and theta - total == argmin
    assert found
    assert max(abs(lazy), abs(argmin)) < 1e-6


# Claim 1: the variants of BinaryConnect against the argmin form, step by step in plain Python.


def argmin_form(start, gradients, eta=Fraction(1, 2)):
    total = sum(eta * g for g in gradients)
    return max((-1, 1), key=lambda s: (-(total * s + (s - start) ** 2 / 2), s))


def with_momentum(theta, gradients):
    m = Fraction(0)
    for g in gradients:
        m = m / 2 + g
        theta -= m / 2
    return theta


def with_adam(theta, gradients):
    m = v = 0.0
    for t, g in enumerate(gradients, 1):
        m, v = 0.9 * m + 0.1 * float(g), 0.999 * v + 0.001 * float(g) ** 2
        theta -= 0.5 * (m / (1 - 0.9**t)) / (math.sqrt(v / (1 - 0.999**t)) + 1e-8)
    return theta


def with_decay(theta, gradients):
    for g in gradients:
        theta = theta / 2 - g / 2
    return theta


def with_clipping(theta, gradients):
    for g in gradients:
        theta = min(max(theta - g / 2, -1), 1)
    return theta


VARIANTS = {
    "momentum": with_momentum,
    "Adam": with_adam,
    "weight decay": with_decay,
    "clipping": with_clipping,
}


@pytest.mark.parametrize("name", VARIANTS)
def test_the_identity_ends_as_the_counterexample_says(report, name):
    case = counterexample(report, "bc-is-dual-averaging", name)
    start, gradients = Fraction(case["start"]), exactly(case["gradients"])
    latent = VARIANTS[name](start, gradients)
    assert abs(latent) > 0.1, "no matter of rounding"
    assert latent == pytest.approx(case["latent"][0], abs=1e-12)
    assert [sign(latent), argmin_form(start, gradients)] == case["quantized"]
    assert sign(latent) != argmin_form(start, gradients)


def test_with_plain_steps_the_two_replays_agree():
    halves = [Fraction(n, 2) for n in range(-2, 3)]
    for start, *gradients in itertools.product(halves, repeat=4):
        plain = start - sum(gradients) / 2
        assert sign(plain) == argmin_form(start, gradients)


# Claims 11 and 12.


def test_vanishing_steps_hold_a_vertex_that_is_not_fixed(report):
    case = counterexample(report, "bc-fixed-points", "summable steps do as well")
    s = [sign(t) for t in case["start"]]
    assert not is_fixed(case, s)
    assert not case["condition"]
    vanishing = binary_connect(case, case["start"], [Fraction(1, 2 ** (t + 1)) for t in range(200)])
    assert all(q == s for q in vanishing)
    assert any(q != s for q in binary_connect(case, case["start"], [Fraction(1, 2)] * 200))


def test_a_problem_without_any_fixed_point(report):
    case = counterexample(report, "bc-fixed-points", "always one")
    for s in cube(len(case["b"])):
        assert not is_fixed(case, s)
        assert any(q != list(s) for q in binary_connect(case, list(s), [Fraction(1, 2)] * 10))


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


def test_gram_families_are_convex_and_planted_vertices_fixed():
    gram = every_gram_quadratic(2, (-1.0, 0.0, 1.0), (0.0,))
    planted = random_convex_quadratics(4, 20, np.random.default_rng(1))
    for family in (gram, planted):
        assert np.linalg.eigvalsh(family.A).min() > -1e-9
    assert stability.is_fixed_point(planted, planted.points(vertices(4))).any(axis=1).all()


# Broken code is found out.


def refuted(module, name):
    return part(module, name).check(QUICK).kind == "refuted"


@pytest.mark.parametrize("name", ["dyadic", "momentum reweights", "decay grows the steps"])
def test_an_argmin_with_ties_to_the_lower_level_is_found_out(monkeypatch, name):
    query = DualAveraging.query

    def lower(self, state):
        tied = (state.latent == 0) & (self.set == Binary())
        return np.where(tied, 0 * state.anchor - 1, query(self, state))

    monkeypatch.setattr(DualAveraging, "query", lower)
    assert refuted(bc_is_dual_averaging, name)


def test_an_argmin_without_the_start_is_found_out(monkeypatch):
    def forgets(self, state):
        return np.where(state.gradient_sum <= 0, 1, -1).astype(state.anchor.dtype)

    monkeypatch.setattr(DualAveraging, "query", forgets)
    names = [p.name for p in bc_is_dual_averaging.CLAIM.parts]
    assert [name for name in names if refuted(bc_is_dual_averaging, name)] == names


@pytest.mark.parametrize(
    "broken",
    [
        lambda s, g: (s * g < 0).all(axis=-1),
        lambda s, g: (s * g >= 0).all(axis=-1),
        lambda s, g: (s * g <= 0).any(axis=-1),
    ],
)
def test_a_wrong_condition_is_found_out(monkeypatch, broken):
    monkeypatch.setattr(stability, "is_fixed_point", lambda p, s: broken(s, p.gradient(s)))
    for name in ("constant steps", "clipped", "harmonic steps", "larger dimensions"):
        assert refuted(bc_fixed_points, name)


def test_a_condition_that_calls_too_much_fixed_is_found_out(monkeypatch):
    monkeypatch.setattr(
        stability, "is_fixed_point", lambda p, s: (s * p.gradient(s) <= 1).all(axis=-1)
    )
    for name in (
        "global minimisers",
        "global minimisers, larger dimensions",
        "other convex losses",
    ):
        assert refuted(fixed_points_are_vertices, name)


def test_dynamics_that_never_move_are_found_out(monkeypatch):
    step = BinaryConnect.step
    monkeypatch.setattr(BinaryConnect, "step", lambda self, state, g: step(self, state, 0 * g))
    for module, name in (
        (bc_fixed_points, "constant steps"),
        (bc_fixed_points, "when it leaves"),
        (bc_fixed_points, "summable steps"),
        (fixed_points_are_vertices, "KKT"),
        (fixed_points_are_vertices, "KKT, larger dimensions"),
    ):
        assert refuted(module, name)


def test_a_sign_that_is_minus_at_zero_is_found_out(monkeypatch):
    monkeypatch.setattr(
        Binary, "nearest", lambda self, xp, t, cells: np.where(t > 0, 1, -1).astype(t.dtype)
    )
    assert refuted(bc_fixed_points, "when it leaves")
    assert refuted(bc_is_dual_averaging, "dyadic")
