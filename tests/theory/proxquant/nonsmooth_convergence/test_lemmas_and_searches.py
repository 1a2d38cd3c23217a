"""The claim on Theorem 5.1 for the W itself: proved, 1% less is not; sampled without the solver; no search beats it."""

import importlib.util
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from pqtheory._arrays import Array
from pqtheory.claims import Budget, ForAll, every, forall, nonnegative, positive, real
from pqtheory.claims.calling import nothing
from pqtheory.claims.forall import EXAMPLES
from pqtheory.claims.verification import check_claim
from pqtheory.evidence import smt
from pqtheory.evidence.symbolic import checks as algebra
from pqtheory.methods import ProxQuant
from pqtheory.problems import TrigonometricSum
from pqtheory.regularizers import DistanceL1
from pqtheory.simulate import simulate
from pqtheory.theory.prox.minimiser import stays_at_zero
from pqtheory.theory.proxquant.nonsmooth_convergence import (
    claim,
    coordinates,
    first_best,
    first_bound,
    first_run,
    first_step,
    lemmas,
    runs,
)
from pqtheory.theory.proxquant.proxquant_convergence.coordinates import UP_TO_ONE
from pqtheory.theory.proxquant.proxquant_convergence.descent import at_the_end

from ...verified import verified
from .helpers import RULES, K, W, fractions

ONE_STEP, ONE_STEP_REACHED = claim.CLAIM.parts[3:5]


def less(constant: Any) -> Any:
    """1% less."""
    return lambda *values: Fraction(99, 100) * constant(*values)


# the claim as a whole


def test_proved() -> None:
    result = verified(claim.CLAIM.name)
    assert result.kind == "proved"
    assert result.ok
    assert result.measured[claim.ONE_STEP] == pytest.approx(17 / 3, abs=1e-4)
    assert all(part.evidence.proof for part in result.parts)


def test_without_the_solver_it_is_sampled_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    real_spec = importlib.util.find_spec

    def absent(name: str, *rest: Any) -> Any:
        return None if name == "z3" else real_spec(name, *rest)

    monkeypatch.setattr(importlib.util, "find_spec", absent)
    monkeypatch.setattr(algebra, "available", lambda: False)
    monkeypatch.setitem(EXAMPLES, "quick", 20)
    result = check_claim(claim.CLAIM, Budget())
    assert result.kind == "sampled"
    assert result.ok
    assert any("with z3-solver installed it would be proved" in note for note in result.notes)
    assert [c.evidence.kind for c in result.controls] == ["refuted"] * len(claim.CLAIM.controls)


def test_a_solver_that_gives_up_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smt, "available", lambda: True)
    monkeypatch.setattr(smt, "decide", lambda *args, **options: None)
    monkeypatch.setattr(smt, "unknown", lambda *args: None)
    monkeypatch.setattr(algebra, "available", lambda: False)
    monkeypatch.setitem(EXAMPLES, "quick", 20)
    assert [part.check(Budget()).kind for part in claim.CLAIM.parts[:5]] == ["sampled"] * 5


def test_a_run_beyond_the_constant_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("z3")
    monkeypatch.setattr(first_run, "first_step", lambda x: 2 * K(x))
    assert ONE_STEP_REACHED.check(Budget()).kind == "refuted"
    monkeypatch.setattr(runs, "many_steps", lambda x, count, rule: 100 * x)
    assert claim.CLAIM.parts[1].check(Budget()).kind == "refuted"


def test_its_range_is_stated_and_ends_at_one() -> None:
    """At x = 1.4 the displayed constant is negative: that is outside of what the claim speaks of."""
    assert K(Fraction(7, 5)) < 0
    assert not all(UP_TO_ONE(Fraction(7, 5)))
    for text in (claim.CLAIM.statement, claim.CLAIM.formula):
        assert "0 < x <= 1" in text


# the lemmas


def _mutants() -> Iterator[ForAll]:
    @forall(P=nonnegative, c=real, m=positive, x=UP_TO_ONE, given=lambda m: [m <= 1])
    def smaller_for_the_form(P: Any, c: Any, m: Any, x: Any) -> Any:
        return first_bound.form(1, P, c, m, x) * less(K)(x) >= 4 * c * c

    yield smaller_for_the_form

    @forall(G=real, D=real, x=UP_TO_ONE)
    def smaller_where_convex(G: Any, D: Any, x: Any) -> Any:
        best = 2 * (1 + x) / (x * (2 - x) + 1)
        return lemmas.energy(G, D, x) * less(lambda _: best)(x) >= G * G

    yield smaller_where_convex

    @forall(e=real, q=real, strength=positive, given=lambda q: [q == 1])
    def more_rest_at_the_level(e: Any, q: Any, strength: Any) -> Any:
        return lemmas.rest(q, e, strength) * 100 >= 51 * lemmas.distance(e, q, strength) ** 2

    yield more_rest_at_the_level

    @forall(**lemmas.STEP, given=lemmas.crosses)
    def more_rest_before(p: Any, g: Any, e: Any, strength: Any, x: Any) -> Any:
        q, beyond = lemmas.leads_to(p, g, strength, x)[1], lemmas.positive_part(-e - strength)
        return lemmas.rest(q, e, strength) * 100 >= 51 * beyond * beyond

    yield more_rest_before

    def aside_or_not(p: Any, g: Any, strength: Any, x: Any) -> list[Any]:
        y, q = lemmas.leads_to(p, g, strength, x)
        return [y >= 0, q != 1]

    # each assumption is needed
    yield replace(lemmas.is_convex_there, given=aside_or_not)
    yield replace(lemmas.falls_onto_the_level, variables={**lemmas.STEP, "x": positive})
    yield replace(lemmas.has_these_slopes, given=nothing)
    yield replace(first_run.is_smooth, given=nothing)
    yield replace(first_run.is_in_order, given=nothing)
    yield replace(first_run.falls, given=lambda **loss: first_run.bends(**loss)[1:])
    yield replace(
        first_run.is_higher_before,
        given=lambda t, q, **loss: [*first_run.bends(q=q, **loss), t <= q],
    )
    yield replace(first_run.is_its_model_past, given=lambda **case: first_run.bends(**_loss(case)))
    yield replace(first_run.is_no_less_past, given=nothing)
    yield lemmas.off_the_hump(stays_at_zero(W.prox))
    yield lemmas.selected_is_nearest
    for rule in RULES:
        yield at_the_end(less(claim.BOUNDS[rule]), rule == claim.STEP, steps=coordinates.OF_W)
        yield runs.stays_within(less(claim.BOUNDS[rule]), rule)


def _loss(case: dict[str, Any]) -> dict[str, Any]:
    return {name: case[name] for name in first_run.LOSS}


def test_mutants_are_refuted() -> None:
    pytest.importorskip("z3")
    assert [mutant(Budget()).kind for mutant in _mutants()] == ["refuted"] * 19


def test_one_percent_less_is_not_proved() -> None:
    pytest.importorskip("z3")
    assert first_step.first_step(less(K))(Budget()).kind == "refuted"
    bound = first_bound.bounded(less(K)).decided(Budget())
    assert not hasattr(bound, "kind")
    assert "a lemma is refuted" in bound.note


def test_a_larger_constant_is_not_reached() -> None:
    pytest.importorskip("z3")
    for constant in (claim._for_every_r, lambda x: K(x) * Fraction(101, 100)):
        assert first_best.allows_no_less(constant)(Budget()).kind == "refuted"


@pytest.mark.parametrize(
    ("module", "name", "change"),
    [
        (lemmas, "fall", lambda own: lambda *values: own(*values) + 1),
        (lemmas, "rest", lambda own: lambda *values: own(*values) * 2),
        (lemmas, "what_is_left", lambda own: lambda *values: own(*values) * 2),
        (lemmas, "distance", lambda own: lambda *values: own(*values) / 2),
        (first_bound, "form", lambda own: lambda *values, **named: own(*values, **named) + 1),
        (first_step, "lands", lambda own: lambda *values: 2 * own(*values)),
        (first_best, "gained", lambda own: lambda *values: 2 * own(*values)),
        (runs, "curve", lambda own: lambda *values: 2 * own(*values)),
    ],
)
def test_a_wrong_formula_is_noticed(
    module: Any, name: str, change: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("z3")
    monkeypatch.setitem(EXAMPLES, "quick", 20)
    monkeypatch.setattr(algebra, "available", lambda: False)
    monkeypatch.setattr(module, name, change(getattr(module, name)))
    assert not all(is_proved(part.check) for part in (ONE_STEP, ONE_STEP_REACHED))


def is_proved(check: Any) -> bool:
    """False where the engines end in an error, too."""
    try:
        return bool(check(Budget()).kind == "proved")
    except (ValueError, ArithmeticError):
        return False


def test_the_subdifferential_at_kinks_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("z3")
    own = DistanceL1.subdifferential

    def without_midpoints(self: DistanceL1, theta: Any) -> Any:
        low, high = own(self, theta)
        smooth = every([theta != -1, theta != 1]) if isinstance(theta, Fraction) else None
        return (high, high) if smooth else (low, high)

    monkeypatch.setattr(DistanceL1, "subdifferential", without_midpoints)
    assert lemmas.has_these_slopes.replay({"t": Fraction(0), "h": Fraction(1, 2)}).kind == "refuted"
    assert lemmas.has_these_slopes.replay({"t": Fraction(1), "h": Fraction(1, 2)}).kind == "sampled"


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
    v = lemmas.BRANCH.prox(q - e, strength)
    rest = strength * (abs(q - 1) - abs(v - 1)) - e * (v - q) - (v - q) ** 2 / 2
    gain = lemmas.fall(p, g, e, q) + rest + strength * (abs(abs(p) - 1) - abs(abs(q) - 1))
    dist = lemmas.distance(e, q, strength)
    used = dist**2 / (K(x) * np.maximum(gain, 1e-12))
    assert len(used) > 10_000
    assert (gain * K(x) - dist**2 >= -1e-9).all()
    assert used[gain > 1e-3].max() > 0.9


def test_no_random_fractions_beat_the_constant_for_one_step() -> None:
    rng = np.random.default_rng(4)
    looked_at = 0
    for _ in range(1500):
        p, g, e, strength = fractions(rng, -2, 2, 4)
        x, strength = Fraction(int(rng.integers(1, 17)), 16), abs(strength)
        if strength > 0 and p - x * g >= 0:
            looked_at += 1
            q = lemmas.leads_to(p, g, strength, x)[1]
            dist = lemmas.distance(e, q, strength)
            assert lemmas.gain(p, g, e, strength, x) * K(x) >= dist**2
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
