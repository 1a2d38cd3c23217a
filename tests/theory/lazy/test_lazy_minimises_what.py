"""What the lazy iteration minimises: proved, controls refuted by cases that replay, nearby statements found out."""

import dataclasses
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
import pytest

from pqtheory.evidence import Budget, smt
from pqtheory.methods import LazyProx
from pqtheory.problems import Quadratic
from pqtheory.regularizers import DistanceL1, DistanceL2
from pqtheory.schedules import Linear
from pqtheory.sets import Binary, Codebook
from pqtheory.simulate import simulate
from pqtheory.theory import verify
from pqtheory.theory.lazy.lazy_minimises_what import claim
from pqtheory.theory.lazy.lazy_minimises_what import lemmas as steps

QUICK = Budget()


@pytest.fixture(scope="module")
def result() -> Any:
    pytest.importorskip("z3")
    return verify(claim.CLAIM)["lazy-minimises-what"]


def test_it_is_proved_and_every_control_refuted(result: Any) -> None:
    assert result.kind == "proved"
    assert result.ok
    assert len(result.controls) == 8


def test_the_figures(result: Any) -> None:
    assert result.measured[claim.ENDS] == pytest.approx([1.0, 0.5, 0.5])
    assert result.measured[claim.CHOSEN] == pytest.approx([0.5, 0.0])
    assert result.measured[claim.MEANS] == [1.0] * 10


def test_every_control_of_the_solver_is_refuted_by_a_case_that_replays() -> None:
    pytest.importorskip("z3")
    checks = [c.check for c in claim.CLAIM.controls if isinstance(c.check, smt.ForAll)]
    assert len(checks) == 7
    for check in checks:
        found = check(QUICK).counterexample
        assert found is not None
        assert check.replay(found).kind == "refuted"


def test_without_the_solver_it_is_sampled_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smt, "available", lambda: False)
    weaker = verify(claim.CLAIM)["lazy-minimises-what"]
    assert weaker.kind == "sampled"
    assert weaker.ok
    assert weaker.notes == ("with z3-solver installed it would be proved",)


def test_a_solver_that_gives_up_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("z3")
    monkeypatch.setattr(smt, "decide", lambda *args, **options: None)
    assert claim.CLAIM.parts[0].check(QUICK).kind == "sampled"


# neighbours of the truth


@pytest.mark.parametrize("regularizer", [DistanceL1(Codebook([1])), DistanceL2(Codebook([0]))])
def test_the_step_holds_for_other_convex_regularizers(regularizer: Any) -> None:
    pytest.importorskip("z3")
    statement = partial(steps.one_step, regularizer=regularizer)
    found = smt.decide(statement, steps.STEP)
    assert found is not None
    assert found.kind == "proved"


def test_the_step_fails_with_two_levels_and_in_mutants() -> None:
    pytest.importorskip("z3")

    def lower(*values: Any) -> Any:
        # as if L could fall further at u
        assumed, _ = steps.one_step_in_products(*values)
        return assumed, steps.one_step_in_products(*values[:-1], values[-1] - 1)[1]

    def not_convex(*values: Any) -> Any:
        assumed, told = steps.one_step_in_products(*values)
        return assumed[:-1], told

    mutants = [
        (partial(steps.one_step, regularizer=DistanceL2(Binary())), steps.STEP),
        (partial(steps.one_step, longest=2), steps.STEP),
        (
            partial(steps.one_step, growing=True, goal=steps.objective, longest=2),
            steps.GROWING_STEP,
        ),
        (lower, steps.PRODUCTS),
        (not_convex, steps.PRODUCTS),
        (partial(steps.held, constant=Fraction(999, 1000)), "k T eta share"),
    ]
    for statement, variables in mutants:
        found = smt.decide(statement, variables)
        assert found is not None
        assert found.kind == "refuted"


def test_the_whole_bound_on_random_runs() -> None:
    """L(p_T) - L(u) <= D(u) / (eta T), and F's mean, for random convex quadratics in three dimensions."""
    rng = np.random.default_rng(0)
    regularizer, strength = DistanceL1(Codebook([0])), 0.7
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


def test_the_multipliers_hold_and_nearby_ones_do_not() -> None:
    for run in (1, 2, 5, 10):
        proof = claim.multipliers(run)
        assert proof.holds()
        assert proof.bound == Fraction(1, run + 1)
        for factor in (Fraction(99, 100), Fraction(999999, 1000000)):
            assert not dataclasses.replace(proof, bound=factor * proof.bound).holds()
    # for much longer steps they say nothing
    longer = dataclasses.replace(proof.model, x=(Fraction(2),) * 10)
    assert not dataclasses.replace(proof, model=longer).holds()


def test_the_run_that_reaches_the_mean() -> None:
    # p_k = 1 - k / (T + 1), so the mean of p_k / (T + 1) is 1 / (2 (T + 1)); over 1/2
    assert claim._reached(1) == Fraction(1, 2)
    assert claim._reached(4) == Fraction(1, 5)


def test_the_mean_check_sees_a_wrong_certificate(monkeypatch: pytest.MonkeyPatch) -> None:
    real = claim.multipliers

    def loose(run: int) -> Any:
        return dataclasses.replace(real(run), bound=Fraction(1, run + 2))

    monkeypatch.setattr(claim, "multipliers", loose)
    assert claim.CLAIM.parts[-1].check(QUICK).kind == "refuted"
