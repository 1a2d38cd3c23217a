"""The claim on Theorem 5.1: closed forms proved, against certificates, instances and runs, and without the solvers."""

import importlib.util
from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
import pytest

from pqtheory.claims.cases import Searchable
from pqtheory.claims.verification import check_claim
from pqtheory.evidence import Budget, smt, worst_case
from pqtheory.methods import ProxQuant
from pqtheory.problems import TrigonometricSum
from pqtheory.regularizers import SmoothedL1
from pqtheory.sets import Binary
from pqtheory.simulate import simulate
from pqtheory.theory.proxquant import one_step as steps
from pqtheory.theory.proxquant import proxquant_convergence as claim

FORMS = {claim.STEP: claim.smallest_step, claim.GRADIENT: claim.smallest_gradient}


@pytest.fixture(autouse=True)
def _forget_bounds() -> Iterator[None]:
    claim._certified.cache_clear()
    yield
    claim._certified.cache_clear()


def test_proved() -> None:
    pytest.importorskip("z3")
    result = check_claim(claim.CLAIM, Budget())
    assert result.kind == "proved"
    assert result.ok
    assert result.measured[claim.CLAIM.headline] == pytest.approx(18 / 12, rel=1e-6)
    assert result.measured[claim.REACHED.format(claim.GRADIENT)] == pytest.approx(0.6)


def test_the_semidefinite_programs_agree() -> None:
    pytest.importorskip("cvxpy")
    pytest.importorskip("clarabel")
    for part, rule in zip(claim.CLAIM.parts, FORMS, strict=True):
        found = part.check(Budget())
        assert found.measured[claim.CERTIFIED.format(rule)] == [1.0, 1.0]


@pytest.mark.parametrize("x", [0.1, 0.25, 0.5, 0.9, 1.0])
@pytest.mark.parametrize("run", [1, 2, 3, 7, 10])
def test_the_instances_are_legal_and_reach_the_closed_forms(x: float, run: int) -> None:
    for rule, constant in FORMS.items():
        instance = worst_case.on_the_line(x, run, rule)
        assert instance.margin() >= -1e-7
        assert instance.ratio() == pytest.approx(constant(x, run), rel=1e-6)


def test_known_values() -> None:
    assert claim.smallest_step(0.5, 10) == pytest.approx(18 / 12)
    assert claim.smallest_gradient(0.5, 10) == pytest.approx(0.6)
    assert claim.textbook(0.5, 10) == pytest.approx(1.8)
    assert claim.smallest_step(1.0, 10) == claim.smallest_step(1.0, 1) == 4


def test_every_control_is_refuted_by_a_case_that_replays() -> None:
    pytest.importorskip("z3")
    for control in claim.CLAIM.controls:
        found = control.check(Budget()).counterexample
        assert found is not None
        assert isinstance(control.check, Searchable)
        assert control.check.replay(found).kind == "refuted"


def test_without_the_solvers_it_is_sampled_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.util.find_spec

    def absent(name: str, *rest: Any) -> Any:
        return None if name in (*claim.PACKAGES, "z3") else real(name, *rest)

    monkeypatch.setattr(importlib.util, "find_spec", absent)
    result = check_claim(claim.CLAIM, Budget())
    assert result.kind == "sampled"
    assert result.ok
    assert result.notes == ("with z3-solver installed it would be proved",)
    assert claim.CERTIFIED.format(claim.STEP) not in result.measured


def test_a_solver_that_gives_up_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smt, "available", lambda: True)
    monkeypatch.setattr(smt, "decide", lambda *args, **options: None)
    assert claim.CLAIM.parts[0].check(Budget()).kind == "sampled"


def test_a_bound_off_the_closed_form_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("cvxpy")
    pytest.importorskip("z3")

    class Loose:
        value = 100.0

    monkeypatch.setattr(worst_case, "prox_gradient", lambda x, steps, rule: Loose())
    part = claim.CLAIM.parts[0].check(Budget())
    assert part.kind == "refuted"
    assert part.counterexample is not None
    assert part.counterexample["figure"] == claim.CERTIFIED.format(claim.STEP)


# the statements


def _mutants() -> Iterator[tuple[smt.Statement, str]]:
    step = claim.smallest_step

    def gains_more(*values: Any) -> Any:
        assumed, _ = steps.gains(*values)
        g, D, U, x = values
        return assumed, steps.gains(g, D, U, x * Fraction(101, 100))[1] & (D == 0)

    yield gains_more, steps.ENERGY
    for rule in (steps.smallest_gradient_gains, steps.smallest_step_gains):
        constant = claim.smallest_gradient if rule is steps.smallest_gradient_gains else step
        yield partial(rule, claimed=claim._smaller(constant)), steps.FORM
        # not beyond x = 1
        yield partial(rule, claimed=constant, largest=Fraction(11, 10)), steps.FORM
    yield partial(steps.reaches, bend=-1, claimed=step), steps.REACHED
    yield partial(steps.reaches, bend=1, claimed=claim.smallest_gradient), steps.REACHED
    yield partial(steps.is_a_run, bend=1, by_step=False), steps.RUN


def test_mutants_are_refuted() -> None:
    pytest.importorskip("z3")
    verdicts = [smt.decide(*mutant) for mutant in _mutants()]
    assert [found and found.kind for found in verdicts] == ["refuted"] * 8


def test_the_energy_is_what_instances_gain() -> None:
    for rule in FORMS:
        run = worst_case.on_the_line(0.37, 5, rule)
        D, U = np.diff(run.points[:, 0]), np.diff(run.gradients[:, 0])
        gained = -np.diff(run.objectives)
        np.testing.assert_allclose(gained, steps.energy(U - D / 0.37, D, 0.37), atol=1e-7)


@pytest.mark.parametrize("rule", FORMS)
def test_simulated_runs_keep_to_the_constant(rule: str) -> None:
    """ProxQuant on random nonconvex sums with the smoothed W."""
    for seed, x in enumerate((0.25, 0.5, 1.0)):
        problem = TrigonometricSum.random(3, 6, seed=seed)
        regularizer, beta = SmoothedL1(Binary(), 0.25), problem.smoothness or 1.0
        starts = 2 * np.random.default_rng(seed).standard_normal((50, 3))
        for run in (1, 4, 10):
            path = simulate(ProxQuant(regularizer, x / beta, 1.0), problem, starts, run).latent
            slope = problem.gradient(path) + regularizer.gradient(path)
            squares = (slope[1:] ** 2).sum(axis=-1)
            lengths = ((path[1:] - path[:-1]) ** 2).sum(axis=-1)
            picked = (squares if rule == claim.GRADIENT else lengths).argmin(axis=0)
            best = np.take_along_axis(squares, picked[None], axis=0)[0]
            fall = problem.value(starts) + regularizer.value(starts, axis=-1) - problem.lower_bound
            assert (best <= FORMS[rule](x, run) * beta * fall).all()
