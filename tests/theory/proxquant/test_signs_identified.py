"""ProxQuant's signs change finitely often, and what follows the last flip: the pages, and runs of other code."""

from fractions import Fraction

import numpy as np
import pytest

from pqtheory.claims.together import AllOf
from pqtheory.evidence import Budget
from pqtheory.theory import BOOK
from pqtheory.theory.proxquant.proxquant_flips_finitely_often import claim as flips
from pqtheory.theory.proxquant.proxquant_flips_finitely_often import energy
from pqtheory.theory.proxquant.signs_identified import coordinates, rates

from ..verified import verified

pytest.importorskip("z3")

QUICK = Budget("quick")


def prox(y, w):
    level = np.where(y >= 0, 1.0, -1.0)
    return level + np.sign(y - level) * np.maximum(abs(y - level) - w, 0)


def run(A, b, start, eta, strength, steps):
    path = [np.asarray(start, float)]
    for _ in range(steps):
        path.append(prox(path[-1] - eta * (A @ path[-1] + b), eta * strength))
    return np.array(path)


def F(A, b, strength, theta):
    return theta @ A @ theta / 2 + b @ theta + strength * abs(abs(theta) - 1).sum()


@pytest.mark.parametrize("x", [0.3, 0.6, 0.9])
def test_runs_flip_no_more_than_their_energy_allows(x):
    rng, most = np.random.default_rng(0), 0
    for _ in range(60):
        half = rng.normal(size=(6, 6))
        A, b = half + half.T, 3 * rng.normal(size=6)
        eta, strength = x / abs(np.linalg.eigvalsh(A)).max(), 20 * rng.uniform(0.5, 2)
        path = run(A, b, rng.normal(size=6), eta, strength, 200)
        m = min(eta * strength, 1)
        changed = (path[1:] >= 0) != (path[:-1] >= 0)
        early = changed & (abs(path[:-1]) < m - 1e-12)
        assert not early[1:].any()
        counted = changed.sum() - early.sum() + early.sum() / (2 - x)
        spent = F(A, b, strength, path[0]) - F(A, b, strength, path[-1])
        assert counted <= eta * spent / (2 * (1 - x) * m**2) + 1e-9
        most = max(most, changed.sum())
    assert most > 0


def test_a_run_that_spends_all_on_one_flip():
    A, b = np.eye(1) / 2, np.array([-0.5])
    path = run(A, b, [-1.0], 1.0, 1.0, 3)
    assert path[:, 0].tolist() == [-1, 1, 1, 1]
    assert F(A, b, 1.0, path[0]) - F(A, b, 1.0, path[1]) == pytest.approx(2 * (1 - 0.5))


def test_beyond_one_over_beta_a_run_never_stops():
    path = run(np.eye(1), np.zeros(1), [1.0], 1.01, 1.0, 100)
    assert set((path[1:, 0] * path[:-1, 0]).tolist()) == {-1}


@pytest.mark.parametrize("share", [Fraction(101, 100), 2])
def test_a_flip_that_costs_more_is_refuted(share):
    assert energy.costs(share=share)(QUICK).kind == "refuted"
    assert flips.in_all(share)(QUICK).kind == "refuted"


def test_the_bound_without_what_it_rests_on(monkeypatch):
    """A theorem of half the bound is no consequence of the lemmas."""
    monkeypatch.setattr(energy, "bound", lambda *a: bound(*a) / 2)
    assert (
        energy.finitely_often.replay(
            {
                "x": Fraction(1, 2),
                "eta": 1,
                "strength": 1,
                "F0": 1,
                "F": 0,
                "least": 0,
                "N": 1,
                "N0": 0,
            }
        ).kind
        == "refuted"
    )


bound = energy.bound


@pytest.mark.parametrize("seed", range(5))
def test_after_the_last_flip_a_convex_run_converges_at_its_rate(seed):
    rng = np.random.default_rng(seed)
    half = rng.normal(size=(5, 5))
    A, b = half @ half.T + np.eye(5), 3 * rng.normal(size=5)
    mu, beta = np.linalg.eigvalsh(A)[[0, -1]]
    eta, strength = 0.9 / beta, 3.0
    path = run(A, b, rng.normal(size=5), eta, strength, 3000)
    changes = np.flatnonzero(((path[1:] >= 0) != (path[:-1] >= 0)).any(axis=-1))
    path = path[changes.max() + 1 if changes.size else 0 :]
    z = path[-1]
    distance = np.linalg.norm(path - z, axis=-1)
    T = np.arange(len(path))
    assert (distance <= (1 - eta * mu) ** T * distance[0] + 1e-9).all()
    length = np.linalg.norm(np.diff(path, axis=0), axis=-1).sum()
    assert length <= 2 * distance[0] / (eta * mu) + 1e-9
    values = np.array([F(A, b, strength, theta) for theta in path[:200]])
    assert (2 * eta * T[:200] * (values - F(A, b, strength, z)) <= distance[0] ** 2 + 1e-9).all()
    inside = abs(A @ z + b) < strength - 1e-6
    assert (abs(z[(abs(abs(z) - 1) < 1e-9) & inside]) == 1).all()


@pytest.mark.parametrize("name", ["proxquant-flips-finitely-often", "signs-identified"])
def test_the_pages_hold_and_their_figures_are_as_predicted(name):
    result = verified(name)
    assert result.ok
    assert {part.kind for part in result.parts} == {"proved"}
    headline = BOOK.load(name).headline
    assert result.measured[headline] == pytest.approx(result.predicted[headline])


def test_wrong_lemmas_are_noticed():
    assert rates.in_one_dimension(Fraction(99, 100))(QUICK).kind == "refuted"
    assert coordinates.is_the_branch(-1)(QUICK).kind == "refuted"
    assert rates.reaches_its_level(strict=False)(QUICK).kind == "refuted"
    assert rates.gains(convex=False)(QUICK).kind == "refuted"


@pytest.mark.parametrize("name", ["proxquant-flips-finitely-often", "signs-identified"])
def test_without_a_solver_nothing_is_called_proved(name, without_engines):
    without_engines()
    part = BOOK.load(name).parts[0]
    found = part.check(QUICK)
    assert found.kind == "sampled"
    assert "z3-solver" in found.note
    assert isinstance(part.check, AllOf) or found.cases
