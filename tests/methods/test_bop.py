"""Bop against its authors' update, written out; what it refuses."""

from fractions import Fraction

import numpy as np
import pytest

from pqtheory.methods import Bop
from pqtheory.problems import Quadratic
from pqtheory.schedules import Linear
from pqtheory.simulate import simulate


def authors(w, gradients, gamma, tau):
    """Flip where |m| > tau and sign m = sign w, as Helwegen et al. print it."""
    m, path = np.zeros_like(w), [w]
    for g in gradients:
        m = (1 - gamma) * m + gamma * g
        w = np.where((abs(m) > tau) & (np.sign(m) == np.sign(w)), -w, w)
        path.append(w)
    return np.array(path)


@pytest.mark.parametrize(("gamma", "tau"), [(0.25, 0.0), (0.5, 0.125), (1.0, 0.5)])
def test_it_is_the_authors_update(gamma, tau):
    rng = np.random.default_rng(0)
    gradients = rng.integers(-8, 9, size=(40, 6)) / 8
    method = Bop(gamma, tau)
    state = method.init(rng.normal(size=6))
    path = [state.latent]
    for g in gradients:
        state = method.step(state, g)
        path.append(method.output(state))
    expected = authors(path[0], gradients, gamma, tau)
    np.testing.assert_array_equal(np.array(path), expected)
    assert (np.diff(expected, axis=0) != 0).any()


def test_an_average_at_the_threshold_flips_nothing():
    method = Bop(Fraction(1), Fraction(1, 2))
    state = method.init(np.array([Fraction(1), Fraction(-1), Fraction(1)]))
    after = method.step(state, np.array([Fraction(1, 2), Fraction(-1), Fraction(2, 3)]))
    assert after.latent.tolist() == [1, 1, -1]
    assert after.average.tolist() == [Fraction(1, 2), -1, Fraction(2, 3)]


def test_weights_start_at_the_signs_and_thresholds_may_change():
    problem = Quadratic(np.eye(2), np.array([-0.5, 3.0]))
    path = simulate(Bop(0.5, Linear(1.0)), problem, np.array([0.0, -0.25]), 30)
    assert path.latent[0].tolist() == [1, -1]
    assert set(np.unique(path.latent)) <= {-1.0, 1.0}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0.0,), "step_size"),
        ((1.5,), r"step_size: expected a number of \(0, 1\], got 1.5"),
        ((0.5, -0.1), "threshold"),
        ((0.5, float("nan")), "threshold"),
    ],
)
def test_what_it_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        Bop(*arguments)


def test_its_name_says_what_it_is_made_of():
    assert (
        repr(Bop(0.5, 0.25)) == "Bop(step_size=Constant(value=0.5), threshold=Constant(value=0.25))"
    )
    assert Bop(0.5, 0.25) == Bop(0.5, 0.25) != Bop(0.5)
