"""The claim on Theorem 5.1 for the W itself: its losses are what they say, and its runs reach what is foretold."""

import itertools
from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
import pytest

from pqtheory._arrays import Array
from pqtheory.methods import ProxQuant
from pqtheory.methods.maps import Prox
from pqtheory.simulate import simulate
from pqtheory.theory.proxquant.nonsmooth_convergence import claim, first_run, lemmas, runs
from pqtheory.theory.proxquant.nonsmooth_convergence.claim import EIGHTHS
from pqtheory.trajectory import Trajectory

from .helpers import RULES, K, W, fractions

Run = tuple[ProxQuant, runs.BentLoss, Array]


def all_runs() -> Iterator[tuple[Fraction, int, str, Any]]:
    """Every x, T and rule, and what makes that run."""
    for x in EIGHTHS:
        yield x, 1, claim.GRADIENT, partial(first_run.first_step, x)
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


def test_known_values() -> None:
    half = Fraction(1, 2)
    assert K(half) == Fraction(17, 3)
    assert K(Fraction(1)) == 4
    for count in range(1, 11):
        assert runs.many_steps_ratio(half, count, claim.GRADIENT) == Fraction(11, 2 * count)
        if count >= 3:
            assert runs.many_steps_ratio(half, count, claim.STEP) == Fraction(18, count + 3)
        for rule, constant in ((claim.STEP, 4), (claim.GRADIENT, Fraction(4, count))):
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
        least = sum(lemmas.fall(p, g, e, q) for p, g, e, q in ends)
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
            _, loss, path = observed(partial(runs.many_steps, x, count, claim.STEP), monkeypatch)
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
        assert runs.many_steps_ratio(x, 1, claim.GRADIENT) <= K(x) <= 2 * (1 + 1 / x)


@pytest.mark.parametrize("rule", RULES)
def test_no_other_bend_is_better(rule: str) -> None:
    """Among runs of this kind: the closed form is the largest ratio over c."""
    for x in EIGHTHS:
        for count in (1, 2, 3, 10):
            best = runs.many_steps_ratio(x, count, rule)
            for c in (Fraction(n, 64) for n in range(-64, 65)):
                fall = 1 - x / 2 + x * c + 3 * x * c * c / 2
                falls = fall * count if rule == claim.GRADIENT else (1 - x) * (count - 1) + fall
                assert 2 * (1 + x * c) ** 2 <= best * x * falls
