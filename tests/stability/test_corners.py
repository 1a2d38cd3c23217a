"""Corners of cycles, basins and fixed points that the broader tests pass by."""

import re

import numpy as np
import pytest
import torch

from pqtheory import stability
from pqtheory.methods import BinaryConnect
from pqtheory.problems import Quadratic, TwoFunctionToy
from pqtheory.simulate import simulate
from pqtheory.stability import Cycle

PROBLEM = Quadratic(np.eye(2), np.array([0.25, -0.5]))
METHOD = BinaryConnect(0.1)


def test_states_that_differ_by_less_than_the_rounding_of_1_are_different() -> None:
    path = np.array([[1e-20], [2e-20], [1e-20], [2e-20]])
    assert stability.find_cycle(path) == Cycle(0, 2)
    # and zeros of either sign are equal
    assert stability.find_cycle(np.array([[0.0], [-0.0], [0.0]])) == Cycle(0, 1)


def test_a_state_with_nan_never_returns() -> None:
    path = np.full((4, 1), np.nan)
    assert stability.find_cycle(path) is None
    later = np.array([[np.nan], [1.0], [np.nan], [1.0], [np.nan]])
    assert stability.find_cycle(later) is None
    assert stability.find_cycle(np.array([[np.nan], [np.nan], [1.0], [1.0]])) == Cycle(2, 1)


def test_a_trajectory_without_every_step_says_which_it_has() -> None:
    path = simulate(METHOD, PROBLEM, np.ones(2), 6, record=3)
    message = (
        "path: expected a trajectory with every step recorded (record='all'), got steps [0, 3, 6]"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        stability.find_cycle(path)


def test_entries_that_are_no_signs_are_shown() -> None:
    with pytest.raises(ValueError, match=r"^s: expected entries -1 and \+1, got array\(\[0.5\]\)$"):
        stability.is_fixed_point(TwoFunctionToy(1), np.array([0.5]))


@pytest.mark.parametrize("slope", [1e-9, 1e6])
def test_gradients_beyond_half_precision_are_not_rounded_to_it(slope) -> None:
    problem = Quadratic(np.zeros((1, 1)), np.array([slope]))
    for s in (np.array([1], np.float16), torch.tensor([1], dtype=torch.float16)):
        assert not stability.is_fixed_point(problem, s)
        assert stability.residual(problem, s) == 1
        assert stability.is_fixed_point(problem, -s)


@pytest.mark.parametrize("make", [tuple, list, np.array, torch.tensor])
def test_corners_may_be_any_pair(make) -> None:
    plain = stability.basin_map(METHOD, PROBLEM, (-1, -2), (1.5, 2), (4, 3), 20)
    assert plain.starts.shape == (3, 4, 2)
    assert plain.starts[0, 0].tolist() == [-1, -2]
    assert plain.starts[-1, -1].tolist() == [1.5, 2]
    other = stability.basin_map(
        METHOD, PROBLEM, make([-1.0, -2.0]), make([1.5, 2.0]), make([4, 3]), 20
    )
    assert np.array_equal(other.starts, plain.starts)
    assert np.array_equal(other.labels, plain.labels)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"low": (-1, -1, -1)}, "low: expected one number or two, got (-1, -1, -1)"),
        ({"high": (1, 1, 1)}, "high: expected one number or two, got (1, 1, 1)"),
        ({"resolution": (4, 4, 4)}, "resolution: expected one number or two, got (4, 4, 4)"),
        ({"high": [3]}, "high: expected one number or two, got [3]"),
    ],
)
def test_errors_name_the_corner(changes, message) -> None:
    arguments = {"low": -1, "high": 1, "resolution": 4, "steps": 5, **changes}
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        stability.basin_map(METHOD, PROBLEM, **arguments)


def test_a_basin_map_shows_its_progress(monkeypatch) -> None:
    asked = []

    def spy(*arguments, progress=None, **more):
        asked.append(progress)
        return simulate(*arguments, progress=False, **more)

    monkeypatch.setattr("pqtheory.stability.basins.simulate", spy)
    for progress in (True, False, None):
        stability.basin_map(METHOD, PROBLEM, -1, 1, 4, 5, progress=progress)
    assert asked == [True, False, None]
