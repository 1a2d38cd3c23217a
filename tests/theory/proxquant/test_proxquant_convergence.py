"""The claim on Theorem 5.1: closed forms proved, against certificates, instances and runs, and without the solvers."""

import importlib.util
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from pqtheory.claims import Budget, ForAll, between, forall
from pqtheory.claims.forall import EXAMPLES
from pqtheory.evidence import smt, worst_case
from pqtheory.evidence.symbolic import checks as algebra
from pqtheory.methods import ProxQuant
from pqtheory.methods.base import Eager
from pqtheory.problems import TrigonometricSum
from pqtheory.regularizers import SmoothedL1
from pqtheory.sets import Binary
from pqtheory.simulate import simulate
from pqtheory.theory.proxquant.proxquant_convergence import (
    claim,
    coordinates,
    descent,
    selecting,
    tight_run,
)

from ..verified import verified

FORMS = {claim.STEP: claim.smallest_step, claim.GRADIENT: claim.smallest_gradient}


@pytest.fixture(autouse=True)
def _forget_bounds() -> Iterator[None]:
    claim._certified.cache_clear()
    yield
    claim._certified.cache_clear()


def test_proved() -> None:
    result = verified(claim.CLAIM.name)
    assert result.kind == "proved"
    assert result.ok
    assert result.measured[claim.CLAIM.headline] == pytest.approx(18 / 12, rel=1e-6)
    assert result.measured[claim.REACHED.format(claim.GRADIENT)] == pytest.approx(0.6)


def test_the_semidefinite_programs_agree() -> None:
    pytest.importorskip("cvxpy")
    pytest.importorskip("clarabel")
    for part, rule in zip(claim.CLAIM.parts[:2], FORMS, strict=True):
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


def without_solver(monkeypatch: pytest.MonkeyPatch) -> None:
    """Weaker evidence, found by searches short enough for a test."""
    monkeypatch.setattr(algebra, "available", lambda: False)
    monkeypatch.setitem(EXAMPLES, "quick", 20)


def test_without_the_solvers_it_is_sampled_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.util.find_spec

    def absent(name: str, *rest: Any) -> Any:
        return None if name in (*claim.PACKAGES, "z3") else real(name, *rest)

    monkeypatch.setattr(importlib.util, "find_spec", absent)
    without_solver(monkeypatch)
    found = [part.check(Budget()) for part in claim.CLAIM.parts]
    assert [evidence.kind for evidence in found] == ["sampled"] * 4
    assert all("with z3-solver installed it would be proved" in e.note for e in found)
    assert claim.CERTIFIED.format(claim.STEP) not in found[0].measured
    assert claim.CLAIM.controls[0].check(Budget()).kind == "refuted"


def test_a_solver_that_gives_up_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smt, "available", lambda: True)
    monkeypatch.setattr(smt, "decide", lambda *args, **options: None)
    monkeypatch.setattr(smt, "unknown", lambda *args: None)
    without_solver(monkeypatch)
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


# the statement


def test_its_range_is_stated_and_ends_at_one() -> None:
    """At x = 1.2 and T = 20 the displayed constant is negative: that is outside of what the claim speaks of."""
    assert claim.smallest_step(Fraction(6, 5), 20) < 0
    assert not all(coordinates.UP_TO_ONE(Fraction(6, 5)))
    assert not all(coordinates.UP_TO_ONE(Fraction(0)))
    assert all(coordinates.UP_TO_ONE(Fraction(1)))
    for text in (claim.CLAIM.statement, claim.CLAIM.formula):
        assert "0 < x <= 1" in text


# the lemmas


def _broken() -> Iterator[ForAll]:
    for rule, constant in FORMS.items():
        by_step = rule == claim.STEP
        yield descent.at_the_end(claim._smaller(constant), by_step)
        yield tight_run.allows_no_less(claim._smaller(constant), 1 if by_step else -1)
        # the runs of the two rules are not each other's
        yield tight_run.allows_no_less(constant, -1 if by_step else 1)
    # not beyond x = 1, where the other constant divides by 0
    beyond = between(0, Fraction(11, 10), open_low=True)
    yield descent.at_the_end(claim.smallest_gradient, False, beyond)
    yield tight_run.is_a_run(1, by_step=False)
    yield forall(**tight_run.is_smooth(1).variables)(
        lambda y, z, T: abs(tight_run.slope(z, T, 1) - tight_run.slope(y, T, 1)) < abs(z - y)
    )


def test_mutants_are_refuted() -> None:
    pytest.importorskip("z3")
    assert [mutant(Budget()).kind for mutant in _broken()] == ["refuted"] * 9


def kinds() -> list[tuple[str, str]]:
    """Part by part; "error" where one ends in an error."""
    found = []
    for part in claim.CLAIM.parts[:2]:
        try:
            found.append((part.name, part.check(Budget()).kind))
        except (ValueError, ArithmeticError, AttributeError):
            found.append((part.name, "error"))
    return found


def test_a_wrong_lemma_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("z3")
    monkeypatch.setitem(EXAMPLES, "quick", 20)
    monkeypatch.setattr(algebra, "available", lambda: False)
    energy, square, adds = coordinates.energy, coordinates.square, coordinates.adds

    def doubled(*values: Any) -> Any:
        own = adds(*values)
        return {**own, "pull": 2 * own["pull"]}

    def more(*values: Any) -> Any:
        return energy(*values) * Fraction(101, 100)

    def another(t: Any, *values: Any) -> Any:
        return square(t + 1, *values)

    for module, name, function in (
        (coordinates, "energy", more),
        (coordinates, "square", another),
        (coordinates, "adds", doubled),
        (descent, "energy", more),
        (descent, "is_smooth", lambda case: []),
    ):
        with monkeypatch.context() as patched:
            patched.setattr(module, name, function)
            assert any(kind != "proved" for _, kind in kinds()), name


def test_the_proof_runs_the_step_of_the_method(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("z3")
    monkeypatch.setitem(EXAMPLES, "quick", 20)
    monkeypatch.setattr(algebra, "available", lambda: False)
    step = Eager.step

    def without_step_size(self: Any, state: Any, gradient: Any) -> Any:
        return step(self, state, gradient * 2)

    with monkeypatch.context() as patched:
        patched.setattr(Eager, "step", without_step_size)
        assert all(kind != "proved" for _, kind in kinds())
    with monkeypatch.context() as patched:
        patched.delattr(Eager, "step")
        assert [kind for _, kind in kinds()] == ["error", "error"]


def test_what_is_selected_is_the_gradient() -> None:
    """Of the smoothed W: the prox moves by w times the gradient where it lands."""
    regularizer, theta = SmoothedL1(Binary(), 0.25), np.linspace(-2, 2, 41) + 0.013
    new = regularizer.prox(theta, 0.2)
    np.testing.assert_allclose(theta - new, 0.2 * regularizer.gradient(new), atol=1e-12)
    selected = selecting.Selecting(regularizer.gradient(new))
    np.testing.assert_allclose(selected.prox(theta, 0.2), new, atol=1e-12)


def test_the_energy_is_what_instances_gain() -> None:
    for rule in FORMS:
        run = worst_case.on_the_line(0.37, 5, rule)
        D, U = np.diff(run.points[:, 0]), np.diff(run.gradients[:, 0])
        G, gained = U - D / 0.37, -np.diff(run.objectives)
        np.testing.assert_allclose(gained, coordinates.energy(0.37, G * G, G * D, D * D), atol=1e-7)


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
