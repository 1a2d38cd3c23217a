"""The claim on Theorem 5.1 for the W itself: its losses and runs, its lemmas, searches, and without the solver."""

import importlib.util
import itertools
from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
import pytest

from pqtheory._arrays import Array
from pqtheory.claims import _bent_runs as runs
from pqtheory.claims import _first_run as first_run
from pqtheory.claims import _nonsmooth_steps as steps
from pqtheory.claims import nonsmooth_convergence as claim
from pqtheory.claims._prox_gradient_steps import bounded
from pqtheory.claims.proxquant_convergence import EIGHTHS
from pqtheory.evidence import Budget, smt
from pqtheory.evidence.falsify import Searchable
from pqtheory.evidence.verification import check_claim
from pqtheory.methods import ProxQuant
from pqtheory.methods.maps import Prox
from pqtheory.problems import TrigonometricSum
from pqtheory.simulate import simulate
from pqtheory.trajectory import Trajectory

W = steps.W
RULES = tuple(claim.BOUNDS)
K = steps.first_step_constant
Run = tuple[ProxQuant, runs.BentLoss, Array]


def less(constant: Any) -> Any:
    """1% less."""
    return lambda *values: Fraction(99, 100) * constant(*values)


def fractions(rng: np.random.Generator, low: float, high: float, shape: Any = ()) -> Array:
    """Random fractions with the denominator 997."""
    numerators = rng.integers(int(997 * low), int(997 * high) + 1, shape)
    return np.vectorize(lambda n: Fraction(int(n), 997), otypes=[object])(numerators)


def all_runs() -> Iterator[tuple[Fraction, int, str, Any]]:
    """Every x, T and rule, and what makes that run."""
    for x in EIGHTHS:
        yield x, 1, runs.GRADIENT, partial(first_run.first_step, x)
        for count in (1, 2, 3, 10):
            for rule in RULES:
                yield x, count, rule, partial(runs.many_steps, x, count, rule)


def observed(make: Any, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The method, the loss and the path of the one run that ``make`` simulates."""
    seen: list[Run] = []

    def watched(method: Any, loss: Any, *rest: Any, **options: Any) -> Trajectory:
        trajectory = simulate(method, loss, *rest, **options)
        seen.append((method, loss, trajectory.latent))
        return trajectory

    with monkeypatch.context() as patch:
        patch.setattr(runs, "simulate", watched)
        make()
    (run,) = seen
    return run


def strength_of(method: ProxQuant) -> Any:
    """Lambda."""
    assert isinstance(method.map, Prox)
    return method.map.strength(0)


def objective(loss: runs.BentLoss, strength: Any, theta: Array) -> Array:
    """F, coordinate by coordinate the sum; theta of shape (..., dim)."""
    return loss.value(theta) + strength * W.value(theta, axis=-1)


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


def test_known_values() -> None:
    half = Fraction(1, 2)
    assert K(half) == Fraction(17, 3)
    assert K(Fraction(1)) == 4
    for count in range(1, 11):
        assert runs.many_steps_ratio(half, count, runs.GRADIENT) == Fraction(11, 2 * count)
        if count >= 3:
            assert runs.many_steps_ratio(half, count, runs.STEP) == Fraction(18, count + 3)
        for rule, constant in ((runs.STEP, 4), (runs.GRADIENT, Fraction(4, count))):
            assert runs.many_steps_ratio(Fraction(1), count, rule) == constant
            assert claim.BOUNDS[rule](Fraction(1), count) == constant


# the losses


def losses(rng: np.random.Generator) -> Iterator[runs.BentLoss]:
    """Random ones with ordered turns."""
    for _ in range(20):
        turns = np.sort(fractions(rng, -2, 2, (3, 3)), axis=0)
        yield runs.BentLoss(fractions(rng, -2, 2, 3), *turns)


def test_bent_losses_are_smooth_and_have_their_gradient() -> None:
    rng = np.random.default_rng(0)
    looked_at = 0
    for loss in losses(rng):
        a, b = fractions(rng, -4, 4, (2, 40, 3))
        slope = loss.gradient(a)
        assert (abs(slope - loss.gradient(b)) <= abs(a - b)).all()
        assert loss.smoothness == 1
        # the gradient is that of the value: off by |b - a|^2 / 2 at most, in any direction
        bend = loss.value(b) - loss.value(a) - (slope * (b - a)).sum(axis=-1)
        assert (abs(bend) <= ((b - a) ** 2).sum(axis=-1) / 2).all()
        h = Fraction(1, 10**4)
        for i in range(3):
            shift = np.array([h if j == i else Fraction(0) for j in range(3)], dtype=object)
            difference = (loss.value(a + shift) - loss.value(a - shift)) / (2 * h)
            near = [abs(a[:, i] - turn[i]) < h for turn in (loss.start, loss.middle, loss.end)]
            apart = ~np.any(near, axis=0)
            looked_at += int(apart.sum())
            assert (difference[apart] == slope[apart, i]).all()
    assert looked_at > 2000


def test_bent_losses_have_the_slopes_asked_for_and_fall_least() -> None:
    """No 1-smooth loss with these slopes at the ends falls less between them."""
    rng = np.random.default_rng(1)
    for _ in range(50):
        start, length, slope = (fractions(rng, -2, 2, 2) for _ in range(3))
        end = start + abs(length)
        final = slope + abs(length) * fractions(rng, -1, 1, 2)
        loss = runs.bent(slope, start, end, final)
        assert (loss.gradient(start) == slope).all()
        assert (loss.gradient(end) == final).all()
        ends = zip(start, slope, final, end, strict=True)
        least = sum(steps.fall(p, g, e, q) for p, g, e, q in ends)
        assert loss.value(start) - loss.value(end) == least


# the runs


def alone(loss: runs.BentLoss, i: int) -> runs.BentLoss:
    """Coordinate i."""
    parts = loss.slope, loss.start, loss.middle, loss.end
    return runs.BentLoss(*(part[i : i + 1] for part in parts))


def is_the_infimum(loss: runs.BentLoss, strength: Any, rng: np.random.Generator) -> None:
    """In one dimension: on a grid, at random points, turns and levels F is nowhere less, somewhere as much."""
    grid = np.array([Fraction(n, 16) for n in range(-16 * 8, 16 * 24 + 1)], dtype=object)
    turns = np.concatenate([loss.start, loss.middle, loss.end])
    # from a point on a piece of curvature 1 a gradient step ends where the piece is flat
    onto = [
        t - loss.gradient(t) - strength * side for t in (loss.start, loss.end) for side in (-1, 1)
    ]
    points = np.concatenate([grid, fractions(rng, -8, 24, 100), turns, *onto])
    found = objective(loss, strength, points[:, None])
    own = runs.least(loss, strength)
    assert (found >= own).all()
    assert own in found
    # F rises beyond the grid
    slopes = loss.gradient(grid[[0, -1], None])[:, 0]
    assert slopes[0] - strength < 0 < slopes[1] + strength


def test_least_is_the_infimum_of_the_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(2)
    for _, count, _, make in all_runs():
        method, loss, _ = observed(make, monkeypatch)
        strength = strength_of(method)
        # the first coordinate of some equal ones, and the last
        for i in {0, count - 1}:
            is_the_infimum(alone(loss, i), strength, rng)
        pieces = [runs.least(alone(loss, i), strength) for i in range(count)]
        assert runs.least(loss, strength) == sum(pieces)


def test_least_is_the_infimum_of_random_losses() -> None:
    rng = np.random.default_rng(6)
    for loss in losses(rng):
        for i in range(loss.dim):
            strength = abs(loss.slope[i]) + Fraction(1, 8)
            is_the_infimum(alone(loss, i), strength, rng)


def test_every_step_is_a_prox_step_of_the_w(monkeypatch: pytest.MonkeyPatch) -> None:
    for x, count, _, make in all_runs():
        method, loss, path = observed(make, monkeypatch)
        assert type(method) is ProxQuant
        assert method.step_size(0) == x
        assert len(path) == count + 1
        weight = x * strength_of(method)
        for old, new in itertools.pairwise(path):
            moved = old - x * loss.gradient(old)
            assert (W.prox_naive(moved, weight=weight) == new).all()
            assert all(n in W.prox_set(m, weight=weight) for m, n in zip(moved, new, strict=True))


def test_each_step_crosses_once_and_the_last_is_the_shortest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for x in EIGHTHS:
        for count in (1, 2, 5, 10):
            _, loss, path = observed(partial(runs.many_steps, x, count, runs.STEP), monkeypatch)
            crossed = (path[:-1] < 0) & (path[1:] > 0)
            assert (crossed == np.eye(count, dtype=bool)).all()
            assert ((path[:-1] > 0) <= (path[1:] > 0)).all()
            lengths = ((path[1:] - path[:-1]) ** 2).sum(axis=-1)
            assert (lengths[:-1] > lengths[-1]).all()
            assert loss.dim == count


@pytest.mark.parametrize("rule", RULES)
def test_runs_keep_to_the_constant_and_reach_what_is_foretold(rule: str) -> None:
    for x in EIGHTHS:
        for count in range(1, 11):
            reached = runs.many_steps(x, count, rule)
            foretold = runs.many_steps_ratio(x, count, rule)
            assert foretold <= claim.BOUNDS[rule](x, count)
            assert reached <= claim.BOUNDS[rule](x, count)
            assert abs(reached - foretold) < Fraction(1, 10**4)


def test_one_step_comes_close_to_its_constant_from_below() -> None:
    for x in EIGHTHS:
        assert 0 < K(x) - first_run.first_step(x) < Fraction(1, 10**4)
        # many steps with T = 1 are one step, and no better; every R is as bad or worse
        assert runs.many_steps_ratio(x, 1, runs.GRADIENT) <= K(x) <= 2 * (1 + 1 / x)


@pytest.mark.parametrize("rule", RULES)
def test_no_other_bend_is_better(rule: str) -> None:
    """Among runs of this kind: the closed form is the largest ratio over c."""
    for x in EIGHTHS:
        for count in (1, 2, 3, 10):
            best = runs.many_steps_ratio(x, count, rule)
            for c in (Fraction(n, 64) for n in range(-64, 65)):
                fall = 1 - x / 2 + x * c + 3 * x * c * c / 2
                falls = fall * count if rule == runs.GRADIENT else (1 - x) * (count - 1) + fall
                assert 2 * (1 + x * c) ** 2 <= best * x * falls


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
