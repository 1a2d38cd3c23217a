"""How often a level changes, and where latent weights go: the pages, and runs of other code."""

import numpy as np
import pytest

from pqtheory.evidence import Budget
from pqtheory.theory.binary_connect.flip_law import band, law
from pqtheory.theory.binary_connect.ste_is_dual_subgradient import dual, mean

from ..verified import verified

pytest.importorskip("z3")

QUICK = Budget("quick")


def levels_taken(levels, w, step, start, count):
    """The levels of a run on (x - w)^2 / 2."""
    theta, taken = start, []
    for _ in range(count):
        taken.append(levels[np.argmin(abs(levels - theta) - 1e-15 * levels)])
        theta = theta - step * (taken[-1] - w)
    return np.array(taken)


@pytest.mark.parametrize("bits", [1, 2, 4])
@pytest.mark.parametrize("step", [0.05, 0.7, 1.0])
@pytest.mark.parametrize("f", [0.1371, 0.5, 0.79])
def test_levels_change_by_the_law_on_even_grids(bits, step, f):
    levels = np.linspace(-1, 1, 2**bits)
    low, high = levels[2 ** (bits - 1) - 1 :][:2]
    taken = levels_taken(levels, low + f * (high - low), step, 2.1, 4000)[1000:]
    changes = (np.diff(taken) != 0).cumsum()
    T = np.arange(1, len(taken))
    assert (abs(changes - 2 * T * min(f, 1 - f)) < 2 * max(f, 1 - f) + 1e-6).all()


def test_larger_steps_take_further_levels():
    levels = np.linspace(-1, 1, 8)
    taken = levels_taken(levels, 0.1, 1.9, 0.3, 4000)[1000:]
    assert len(set(taken.tolist())) > 2


def test_the_pages_hold():
    for name in ("flip-law", "ste-is-dual-subgradient"):
        result = verified(name)
        assert result.ok
        assert {part.kind for part in result.parts} == {"proved"}


@pytest.mark.parametrize("seed", range(4))
def test_a_ternary_run_in_four_dimensions_averages_to_the_minimiser(seed):
    rng = np.random.default_rng(seed)
    B = rng.normal(size=(4, 4))
    H, w, eta = B @ B.T + np.eye(4), rng.uniform(-0.9, 0.9, 4), 0.05
    theta, total, gap, T = rng.normal(size=4), np.zeros(4), 0.0, 4000
    inverse, start = np.linalg.inv(H), None

    def phi(x):
        q = np.clip(np.round(x), -1, 1)
        return q @ x - q @ q / 2 - w @ x

    z = 0.5 * np.sign(w)
    start = (theta - z) @ inverse @ (theta - z)
    for _ in range(T):
        q = np.clip(np.round(theta), -1, 1)
        gap += phi(theta) - phi(z)
        total += q
        theta = theta - eta * H @ (q - w)
    corners = np.array(np.meshgrid(*[[-1, 1]] * 4)).reshape(4, -1).T - w
    D = np.einsum("ni,ij,nj->n", corners, H, corners).max()
    assert gap / T <= start / (2 * eta * T) + eta * D / 2
    rho, K = (1 - abs(w)).min(), 4 / 2
    e = 2 * eta * K + eta**2 * D
    V0 = start + 0.0
    top = max(V0, e, inverse.diagonal().max() * (e / (2 * eta * rho)) ** 2)
    assert (
        abs(total / T - w)
        <= np.sqrt(inverse.diagonal()) * (np.sqrt(V0 + top) + np.sqrt(top)) / (eta * T)
    ).all()
    assert abs(total / T - w).max() < 0.05


def test_wrong_lemmas_are_noticed():
    assert band.one_step(band.FASTER)(QUICK).kind == "refuted"
    assert law.at_once(rare=False)(QUICK).kind == "refuted"
    assert dual.is_subgradient(is_nearest=False)(QUICK).kind == "refuted"
    assert dual.step(metric=False)(QUICK).kind == "refuted"
    assert dual.least_at("w*")(QUICK).kind == "refuted"
    assert mean.grows(inside=False)(QUICK).kind == "refuted"


def test_two_levels_are_not_enough_to_know_of_four():
    """Without the thresholds of further levels nothing is proved."""
    loose = band.Grid("", lambda case: [case["eta"] * case["a"] <= 1])
    assert band.one_step(loose)(QUICK).kind == "refuted"


def test_the_law_is_searched_by_runs():
    found = law.RUNS.search(60)
    assert found.kind == "sampled"
    assert found.margin > 0
