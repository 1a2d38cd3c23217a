"""What the lazy iteration minimises: proved, controls refuted by cases that replay, nearby statements found out."""

import dataclasses
import sys
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from pqtheory.claims import ForAll
from pqtheory.claims.calling import nothing
from pqtheory.evidence import Budget, smt
from pqtheory.evidence.symbolic import checks as algebra
from pqtheory.evidence.worst_case import LazyCertificate, LazyModel
from pqtheory.methods import LazyProx
from pqtheory.problems import Quadratic
from pqtheory.regularizers import DistanceL1, DistanceL2
from pqtheory.schedules import Linear
from pqtheory.sets import Binary, Codebook
from pqtheory.simulate import simulate
from pqtheory.theory.lazy.lazy_minimises_what import (
    any_steps,
    claim,
    constant_steps,
    fixed,
    plane,
    runs,
    steps,
    worst_runs,
)
from pqtheory.theory.lazy.lazy_minimises_what.on_a_line import DISTANCE, objective, one_step

from ..verified import verified

QUICK = Budget()


@pytest.fixture(scope="module")
def result() -> Any:
    return verified("lazy-minimises-what")


def test_it_is_proved_without_prose_and_every_control_refuted(result: Any) -> None:
    assert result.kind == "proved"
    assert result.ok
    assert len(result.controls) == 9
    assert not any(part.prose for part in claim.CLAIM.parts)


def test_the_figures(result: Any) -> None:
    assert result.measured[runs.ENDS] == pytest.approx([1.0, 0.5, 0.5])
    assert result.measured[runs.CHOSEN] == pytest.approx([0.5, 0.0])
    assert result.measured[runs.MEANS] == [1.0] * 10


def test_without_an_engine_it_is_sampled_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smt, "available", lambda: False)
    monkeypatch.setattr(algebra, "available", lambda: False)
    monkeypatch.setitem(sys.modules["pqtheory.claims.forall"].EXAMPLES, "quick", 20)
    for part in claim.CLAIM.parts:
        found = part.check(QUICK)
        assert found.kind == "sampled"
        assert found.note.startswith("with z3-solver installed it would be proved")
    for control in claim.CLAIM.controls[-2:]:
        assert control.check(QUICK).kind == "refuted"


# the sentence: what it was said to hold for, and does not


def test_longer_steps_and_losses_that_are_not_convex_are_outside_of_the_sentence() -> None:
    for text in (claim.CLAIM.statement, claim.CLAIM.formula):
        assert "eta beta <= 1" in text
        assert "convex" in text
    # eta beta = 3: away from the minimiser
    line, start = Quadratic([[1.0]], [0.0]), np.array([3.0])
    path = simulate(LazyProx(DISTANCE, 3.0, 0.5), line, start, 60, fields=("latent",))
    assert abs(path.latent[-1, 0]) > 1e6
    # L = -x^2 / 2: at rest at the maximiser
    hill, start = Quadratic([[-1.0]], [0.0]), np.array([0.2])
    path = simulate(LazyProx(DISTANCE, 0.1, 0.5), hill, start, 60, fields=("latent",))
    assert path.latent[-1, 0] == 0.2


# neighbours of the truth


@pytest.mark.parametrize("regularizer", [DistanceL1(Codebook([1])), DistanceL2(Codebook([0]))])
def test_the_step_holds_for_other_convex_regularizers(regularizer: Any) -> None:
    pytest.importorskip("z3")
    assert one_step(regularizer=regularizer)(QUICK).kind == "proved"


def without(given: Any, place: int) -> Any:
    """The assumptions but one."""

    def fewer(**case: Any) -> Any:
        kept = list(given(**case))
        del kept[place]
        return kept

    return fewer


def test_the_step_fails_with_two_levels_and_in_mutants() -> None:
    pytest.importorskip("z3")
    nearly = Fraction(999, 1000)
    mutants = [
        one_step(regularizer=DistanceL2(Binary())),
        one_step(longest=2),
        one_step(objective, growing=True, longest=2),
        worst_runs.fixed_run(nearly),
        worst_runs.aggregated_run(nearly),
        fixed.bound(nearly),
        constant_steps.mean_bound(nearly),
    ]
    for mutant in mutants:
        assert mutant(QUICK).kind == "refuted"


@pytest.mark.parametrize("place", range(5))
def test_each_assumption_of_a_step_is_needed(place: int) -> None:
    """eta beta <= 1, |q - p|^2 >= 0, L smooth, L convex, R convex."""
    pytest.importorskip("z3")
    mutant = dataclasses.replace(steps.gains, given=without(steps.short, place))
    assert mutant(QUICK).kind == "refuted"


@pytest.mark.parametrize("place", range(len(constant_steps.STATE), len(constant_steps.STATE) + 2))
def test_each_inequality_of_the_sums_is_needed(place: int) -> None:
    """Of the chain of R, and of the squares."""
    pytest.importorskip("z3")
    step = without(constant_steps.sums.step, place - 1)
    mutant = dataclasses.replace(constant_steps.sums, step=step)
    assert mutant.kept(QUICK).kind == "refuted"


@pytest.mark.parametrize(
    "theorem",
    [fixed.bound(), fixed.nearest, any_steps.weighted_mean, constant_steps.mean_bound()],
)
def test_no_theorem_stands_without_its_lemmas(theorem: ForAll) -> None:
    pytest.importorskip("z3")
    assert dataclasses.replace(theorem, by=nothing)(QUICK).kind == "refuted"


def test_a_loss_that_is_no_function_of_one_image_chooses_otherwise() -> None:
    """Where f is convex alone, two minimisers may have different images."""
    pytest.importorskip("z3")
    mutant = dataclasses.replace(fixed.same_image, given=without(fixed.same_image.given, 2))
    assert mutant(QUICK).kind == "refuted"


def test_the_whole_bound_on_random_runs() -> None:
    """L(p_T) - L(u) <= D(u) / (eta T), and F's mean, for random convex quadratics in three dimensions."""
    rng = np.random.default_rng(0)
    regularizer, strength = DISTANCE, 0.7
    for seed in range(20):
        problem = Quadratic.random(3, condition=50.0, seed=seed)
        eta, u, start = 1 / problem.smoothness, rng.normal(size=3), rng.normal(size=3)
        lazy = LazyProx(regularizer, eta, strength)
        growing = LazyProx(regularizer, eta, Linear(strength * eta))
        for run in (1, 3, 10):
            path = simulate(lazy, problem, start, run, progress=False)
            first, last = (regularizer.prox(path.latent[k], strength) for k in (0, -1))
            mirror = strength * (regularizer.value(u) - regularizer.value(first))
            mirror += u @ u / 2 - first @ first / 2 - start @ (u - first)
            assert problem.value(last) - problem.value(u) <= mirror / (eta * run) + 1e-9
            path = simulate(growing, problem, start, run, progress=False)
            mapped = [
                regularizer.prox(theta, strength * eta * k) for k, theta in enumerate(path.latent)
            ]
            excess = [
                problem.value(p)
                - problem.value(u)
                + strength * (regularizer.value(p) - regularizer.value(u))
                for p in mapped[1:]
            ]
            assert np.mean(excess) <= (u - start) @ (u - start) / (2 * eta * (run + 1)) + 1e-9


def multipliers(T: int) -> LazyCertificate:
    """The closed form behind the bound of the mean, at eta beta = 1."""
    last, one = T + 1, Fraction(1)
    from_start = {(0, k): one / (T * last) for k in range(1, last)}
    from_u = {(last, k): one / last for k in range(last)}
    chain = {(k + 1, k): Fraction(k, T) for k in range(1, last)}
    model = LazyModel((one,) * T, "aggregated")
    return LazyCertificate(model, one / last, (one / T,) * T, {**from_start, **from_u}, chain)


@pytest.mark.parametrize("T", [1, 2, 5, 10, 12])
def test_multipliers_prove_the_same_bound_and_no_smaller_one(T: int) -> None:
    """Another way to the same constant, T by T."""
    proof = multipliers(T)
    assert proof.holds()
    assert proof.bound == Fraction(1, T + 1)
    for factor in (Fraction(99, 100), Fraction(999999, 1000000)):
        assert not dataclasses.replace(proof, bound=factor * proof.bound).holds()


def test_the_run_that_reaches_the_mean() -> None:
    # p_k = 1 - k / (T + 1), so the mean of p_k / (T + 1) is 1 / (2 (T + 1))
    assert worst_runs.mean_excess(1, Fraction(1)) == Fraction(1, 4)
    assert worst_runs.mean_excess(4, Fraction(1, 2)) == Fraction(1, 5)


@pytest.mark.parametrize("name", ["BOUND", "NEAREST", "MEAN", "MEAN_OF_CONSTANT"])
def test_exact_runs_in_the_plane_keep_the_bounds(name: str) -> None:
    found = getattr(plane, name).search(100)
    assert found.kind == "sampled"
    assert found.cases > 50
