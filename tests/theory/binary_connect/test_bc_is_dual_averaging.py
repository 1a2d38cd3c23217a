"""BinaryConnect is dual averaging: the claim, its variants step by step in plain Python, and broken code found out."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest

from pqtheory._arrays import as_array
from pqtheory.evidence import Budget
from pqtheory.evidence.smt.backend import Z3
from pqtheory.evidence.terms import Term
from pqtheory.methods import BinaryConnect, DualAveraging, LazyProx
from pqtheory.methods.dual_averaging import DualState
from pqtheory.problems import Quadratic
from pqtheory.regularizers import Indicator
from pqtheory.schedules import Polynomial
from pqtheory.sets import Binary, Codebook, Ternary
from pqtheory.simulate import simulate
from pqtheory.theory.binary_connect.bc_is_dual_averaging.claim import (
    CLAIM,
    decay_grows_the_steps,
    same_run,
)

from ..verified import verified

z3 = pytest.importorskip("z3")
QUICK = Budget()


@pytest.fixture(scope="module")
def result():
    return verified(CLAIM.name)


def sign(t):
    return 1 if t >= 0 else -1


def exactly(values):
    return [exactly(v) if isinstance(v, list) else Fraction(v) for v in values]


def fractions(rng, *shape):
    draw = np.vectorize(lambda p, q: Fraction(int(p), int(q)), otypes=[object])
    return draw(rng.integers(-6, 7, shape), rng.integers(1, 8, shape))


def test_the_figures_are_about_something(result):
    measured = result.measured
    assert measured["runs that differ, dyadic"] == 0
    assert measured["latent weights exactly at 0"] > 10_000
    assert measured["share of signs that differ, normal float32"] < 1e-5
    assert measured["share of signs that differ, normal float64"] < 1e-6
    assert measured["share of signs that differ, decimal float64"] > 1e-3
    assert measured["largest latent weight there / rounding bound, decimal float32"] < 1


def test_the_first_difference_in_decimals_replays(result):
    """Steps are float32 multiples of 0.1; the latent weight there is a rounding error."""
    name = "first difference, decimal float32: step, coordinate, both latent weights"
    step, _, lazy, argmin = result.measured[name]
    found, tenth = False, np.float32(0.1)
    starts = [np.float32(k / 10) for k in range(-5, 6)]
    for theta, steps in itertools.product(starts, itertools.product([-1, 0, 1], repeat=step)):
        moved, total = theta, np.float32(0)
        for g in steps:
            moved, total = moved - tenth * np.float32(g), total + tenth * np.float32(g)
        found |= moved == lazy and theta - total == argmin
    assert found
    assert max(abs(lazy), abs(argmin)) < 1e-6


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
def test_the_identity_ends_as_the_counterexample_says(result, name):
    case = next(c for c in result.controls if c.name == name).evidence.counterexample
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


@pytest.mark.parametrize("step_size", [Fraction(1, 3), Polynomial(Fraction(1), -1, Fraction(1))])
@pytest.mark.parametrize("levels", [Binary(), Ternary(), Codebook((-2, -0.5, 0, 1, 1.5, 3))])
def test_all_forms_agree_on_quadratics_in_fractions(step_size, levels):
    rng = np.random.default_rng(0)
    half, b = fractions(rng, 3, 3), fractions(rng, 3)
    problem, starts = Quadratic(half + half.T, b), fractions(rng, 8, 3)
    first, *rest = (
        simulate(m, problem, starts, 10)
        for m in (
            BinaryConnect(step_size, set=levels),
            LazyProx(Indicator(levels), step_size, strength=1),
            DualAveraging(levels, step_size),
        )
    )
    assert (first.quantized[0] != first.quantized[-1]).any()
    for path in rest:
        np.testing.assert_array_equal(path.quantized, first.quantized)
        np.testing.assert_array_equal(path.latent, first.latent)


def test_dual_averaging_reads_the_same_over_terms_and_fractions():
    rng = np.random.default_rng(1)
    method = DualAveraging(Codebook((-1.5, -0.25, 0.5, 2)), 1)
    theta, z = (Term(z3.Real(name), Z3()) for name in ("theta", "z"))
    formula = method.query(DualState(theta, z, 0)).expression
    for anchor, total in fractions(rng, 40, 2):
        exact = method.query(DualState(as_array(anchor)[1], as_array(total)[1], 0))
        numbers = [(t.expression, z3.RealVal(str(v))) for t, v in ((theta, anchor), (z, total))]
        over_terms = z3.simplify(z3.substitute(formula, *numbers))
        assert Fraction(over_terms.numerator_as_long(), over_terms.denominator_as_long()) == exact
        rounded = method.query(DualState(np.array([float(anchor)]), np.array([float(total)]), 0))
        assert rounded == float(exact)


def noticed(name):
    return next(p for p in CLAIM.parts if p.name == name).check(QUICK).kind != "proved"


def test_an_argmin_with_ties_to_the_lower_level_is_found_out(monkeypatch):
    query = DualAveraging.query

    def lower(self, state):
        xp, latent = as_array(state.latent)
        tied = (latent == 0) & (self.set == Binary())
        return xp.where(tied, 0 * state.anchor - 1, query(self, state))

    monkeypatch.setattr(DualAveraging, "query", lower)
    for name in ("same run", "argmin", "momentum reweights", "decay grows the steps"):
        assert noticed(name)


def test_an_argmin_without_the_start_is_found_out(monkeypatch):
    def forgets(self, state):
        xp, total = as_array(state.gradient_sum)
        return xp.where(total <= 0, 0 * state.anchor + 1, 0 * state.anchor - 1)

    monkeypatch.setattr(DualAveraging, "query", forgets)
    names = [p.name for p in CLAIM.parts]
    assert [name for name in names if noticed(name)] == names


@pytest.mark.parametrize("factor", [Fraction(99, 100), Fraction(101, 100)])
def test_step_sizes_one_percent_off_are_found_out(monkeypatch, factor):
    step = DualAveraging.step
    monkeypatch.setattr(DualAveraging, "step", lambda self, state, g: step(self, state, factor * g))
    for form in (0, 1):
        assert same_run(form)(QUICK).kind == "refuted"
    assert decay_grows_the_steps(QUICK).kind == "refuted"
