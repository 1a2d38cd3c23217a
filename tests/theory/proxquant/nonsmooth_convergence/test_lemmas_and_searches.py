"""The claim on Theorem 5.1 for the W itself: proved, 1% less is not; sampled without the solver; no search beats it."""

import importlib.util
from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
import pytest

from pqtheory._arrays import Array
from pqtheory.claims.cases import Searchable
from pqtheory.claims.verification import check_claim
from pqtheory.evidence import Budget, smt
from pqtheory.methods import ProxQuant
from pqtheory.problems import TrigonometricSum
from pqtheory.simulate import simulate
from pqtheory.theory.proxquant.nonsmooth_convergence import claim, first_run, runs
from pqtheory.theory.proxquant.nonsmooth_convergence import lemmas as steps
from pqtheory.theory.proxquant.one_step import bounded

from .helpers import RULES, K, W, fractions


def less(constant: Any) -> Any:
    """1% less."""
    return lambda *values: Fraction(99, 100) * constant(*values)


# the claim as a whole


def test_proved() -> None:
    pytest.importorskip("z3")
    result = check_claim(claim.CLAIM, Budget())
    assert result.kind == "proved"
    assert result.ok
    assert not result.notes
    assert result.measured[claim.ONE_STEP] == pytest.approx(17 / 3, abs=1e-4)
    assert all(part.evidence.proof for part in result.parts)


def test_every_control_is_refuted_by_a_case_that_replays() -> None:
    pytest.importorskip("z3")
    for control in claim.CLAIM.controls:
        found = control.check(Budget()).counterexample
        assert found is not None
        assert isinstance(control.check, Searchable)
        assert control.check.replay(found).kind == "refuted"


def test_without_the_solver_it_is_sampled_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.util.find_spec

    def absent(name: str, *rest: Any) -> Any:
        return None if name == "z3" else real(name, *rest)

    monkeypatch.setattr(importlib.util, "find_spec", absent)
    result = check_claim(claim.CLAIM, Budget())
    assert result.kind == "sampled"
    assert result.ok
    assert result.notes == ("with z3-solver installed it would be proved",)
    assert [c.evidence.kind for c in result.controls] == ["refuted"] * len(claim.CLAIM.controls)


def test_a_solver_that_gives_up_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smt, "available", lambda: True)
    monkeypatch.setattr(smt, "decide", lambda *args, **options: None)
    assert [part.check(Budget()).kind for part in claim.CLAIM.parts] == ["sampled"] * 5


def test_a_run_beyond_the_constant_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("z3")
    monkeypatch.setattr(first_run, "first_step", lambda x: 2 * K(x))
    assert claim.CLAIM.parts[4].check(Budget()).kind == "refuted"
    monkeypatch.setattr(runs, "many_steps", lambda x, count, rule: 100 * x)
    assert claim.CLAIM.parts[1].check(Budget()).kind == "refuted"


# the lemmas


def _mutants() -> Iterator[tuple[smt.Statement, str]]:
    def with_conclusion(statement: Any, conclusion: Any) -> smt.Statement:
        return lambda *values: (statement(*values)[0], conclusion(*values))

    def more_rest_off(q: Any, e: Any, strength: Any) -> Any:
        beyond = -e - strength
        return (beyond <= 0) | (steps.rest(q, e, strength) * 100 >= 51 * beyond * beyond)

    def more_rest_at(e: Any, strength: Any) -> Any:
        dist = steps.distance(e, 0 * e + 1, strength)
        return steps.rest(0 * e + 1, e, strength) * 100 >= 51 * dist * dist

    def also_when_crossing(p: Any, y: Any, w: Any) -> Any:
        assumed, holds = steps.no_crossing(p, y, w)
        return assumed[:2], holds

    yield partial(steps.with_crossing, constant=less(K)), "P c m x"
    yield (
        partial(steps.without_crossing, constant=less(lambda x: 2 * (1 + x) / (x * (2 - x) + 1))),
        "G D x",
    )

    def without(statement: Any, *places: int) -> smt.Statement:
        def weaker(*values: Any) -> Any:
            assumed, holds = statement(*values)
            return [a for i, a in enumerate(assumed) if i not in places], holds

        return weaker

    yield without(steps.falls_onto_the_level, 2), steps.STEP
    yield without(steps.falls_onto_the_level, 4), steps.STEP
    yield without(first_run.before, 2, 3, 4), first_run.LOSS
    yield without(first_run.model, 2), first_run.LOSS
    yield without(first_run.less_past, 3), "q e lambda t"
    yield without(first_run.turns, 3), first_run.RUN
    yield partial(first_run.reaches, constant=claim._for_every_r), first_run.RUN
    yield with_conclusion(steps.rest_of_it, more_rest_off), "q e lambda"
    yield with_conclusion(steps.rest_at_the_level, more_rest_at), "e lambda"
    yield also_when_crossing, "p y w"
    yield partial(steps.off_the_hump, prox=claim._stays_at_zero), "t w"
    yield partial(steps.selected, nearest=True), "y e w"
    for rule in RULES:
        # one lemma of each rule speaks of the constant
        lemmas = bounded(less(claim.BOUNDS[rule]), rule == runs.STEP)
        yield next((s, names) for text, s, names in lemmas if _is_refuted(s, names))


def _is_refuted(statement: smt.Statement, names: str) -> bool:
    found = smt.decide(statement, names)
    return found is not None and found.kind == "refuted"


def test_mutants_are_refuted() -> None:
    pytest.importorskip("z3")
    assert [_is_refuted(*mutant) for mutant in _mutants()] == [True] * 16


def test_one_percent_less_is_not_proved() -> None:
    pytest.importorskip("z3")
    assert claim._first_step(less(K))(Budget()).kind == "refuted"


# searches that know nothing of the proof


def test_no_random_numbers_beat_the_constant_for_one_step() -> None:
    """(p, g, e, lambda, x) against the statement; the least slack comes near 0, so the search is a good one."""
    rng = np.random.default_rng(3)
    count = 400_000
    p, g, e = (rng.normal(0, scale, count) for scale in (1.0, 2.0, 2.0))
    strength, x = rng.exponential(1.5, count), rng.uniform(0.05, 1, count)
    # half of the cases tie, where the W is at its worst
    g = np.where(rng.random(count) < 0.5, p / x, g)
    inside = p - x * g >= 0
    p, g, e, strength, x = (v[inside] for v in (p, g, e, strength, x))
    q = W.prox(p - x * g, x * strength)
    # slopes that a 1-smooth loss can have
    legal = abs(g - e) <= abs(p - q)
    p, g, e, strength, x, q = (v[legal] for v in (p, g, e, strength, x, q))
    # value() sums, so by hand for arrays
    v = steps.BRANCH.prox(q - e, strength)
    rest = strength * (abs(q - 1) - abs(v - 1)) - e * (v - q) - (v - q) ** 2 / 2
    gain = steps.fall(p, g, e, q) + rest + strength * (abs(abs(p) - 1) - abs(abs(q) - 1))
    dist = steps.distance(e, q, strength)
    used = dist**2 / (K(x) * np.maximum(gain, 1e-12))
    assert len(used) > 10_000
    assert (gain * K(x) - dist**2 >= -1e-9).all()
    assert used[gain > 1e-3].max() > 0.9


def test_no_random_fractions_beat_the_constant_for_one_step() -> None:
    rng = np.random.default_rng(4)
    looked_at = 0
    for _ in range(1500):
        p, g, e, strength = fractions(rng, -2, 2, 4)
        x = Fraction(int(rng.integers(1, 17)), 16)
        assumed, holds = steps.first_step(p, g, e, abs(strength), x, constant=K)
        if all(assumed):
            looked_at += 1
            assert holds
    assert looked_at > 300


def one_step_ratios(loss: Any, beta: float, x: Array, strength: Array, p: Array) -> Array:
    """dist^2 / (beta (F_0 - F_*)) of one step, F_* the least on a fine grid; all of shape (n,)."""
    found = []
    grid = np.linspace(-20, 20, 40_001)[:, None]
    values = loss.value(grid)
    for one, w, start in zip(x, strength, p, strict=True):
        q = simulate(ProxQuant(W, one / beta, w), loss, np.array([start]), 1).latent[-1]
        low, high = (loss.gradient(q) + w * slope for slope in W.subdifferential(q))
        dist = max(low[0], -high[0], 0.0)
        least = (values + w * W.value(grid, axis=-1)).min()
        fall = loss.value(np.array([start])) + w * W.value(np.array([start])) - least
        found.append(dist**2 / (beta * (fall + 1e-6)))
    return np.array(found, dtype=float)


def test_no_random_loss_beats_the_constant_for_one_step() -> None:
    rng = np.random.default_rng(5)
    largest = 0.0
    for seed in range(20):
        problem = TrigonometricSum.random(1, 4, seed=seed)
        n = 8
        x, strength = rng.uniform(0.1, 1, n), rng.exponential(1.0, n)
        beta = problem.smoothness or 1.0
        ratios = one_step_ratios(problem, beta, x, beta * strength, rng.normal(0, 1, n))
        assert (ratios <= K(x)).all()
    for _ in range(60):
        turns = np.sort(rng.normal(0, 1, (3, 1)), axis=0)
        loss = runs.BentLoss(rng.normal(-1, 1, 1), *turns)
        # bounded below
        strength = np.maximum(rng.exponential(1.5, 3), abs(loss.slope) + 0.1)
        x = rng.uniform(0.1, 1, 3)
        starts = np.where(rng.random(3) < 0.5, np.clip(x * loss.slope, -3, 3), rng.normal(0, 1, 3))
        ratios = one_step_ratios(loss, 1.0, x, strength, starts)
        assert (ratios <= K(x)).all()
        largest = max(largest, float((ratios / K(x)).max()))
    assert largest > 0.5
