"""Fixed points against the dynamics, cycles against plain search, basins with known answers."""

import dataclasses
import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from pqtheory import stability
from pqtheory.methods import BinaryConnect, ProxQuant
from pqtheory.problems.base import Problem
from pqtheory.problems.quadratic import Quadratic
from pqtheory.problems.rosenbrock import Rosenbrock
from pqtheory.regularizers import DistanceL1
from pqtheory.sets import Binary
from pqtheory.simulate import simulate
from pqtheory.stability import DIVERGED, UNSETTLED, Cycle, basins


def exactly(values):
    return np.vectorize(Fraction, otypes=[object])(np.asarray(values))


def vertices(dim):
    return np.array(list(itertools.product([-1.0, 1.0], repeat=dim)))


def random_quadratic(dim, seed, convert=np.asarray):
    """Small integer entries, so that gradients that are exactly 0 occur."""
    rng = np.random.default_rng(seed)
    half = rng.integers(-2, 3, size=(dim, dim))
    return Quadratic(convert(half + half.T), convert(rng.integers(-3, 4, size=dim)))


class Gradient(Problem):
    """A problem with a given constant gradient."""

    def __init__(self, gradient):
        self.slope = np.asarray(gradient, dtype=np.float64)
        self.dim = len(self.slope)

    def _value(self, xp, theta):
        return xp.sum(theta * self.slope, axis=-1)

    def _gradient(self, xp, theta):
        return theta * 0 + self.slope

    def _stochastic_gradient(self, xp, theta, rng):
        return self._gradient(xp, theta)


# Fixed points.


@pytest.mark.parametrize("seed", range(6))
def test_fixed_points_are_where_binary_connect_stays(seed):
    problem, starts = random_quadratic(4, seed, exactly), exactly(vertices(4))
    path = simulate(BinaryConnect(Fraction(1, 3)), problem, starts, steps=8)
    stays = (path.quantized == path.quantized[0]).all(axis=(0, 2))
    assert_array_equal(stability.is_fixed_point(problem, starts), stays)


def test_some_of_those_problems_have_fixed_points_and_some_vertices_are_none():
    found = [stability.is_fixed_point(random_quadratic(4, k), vertices(4)) for k in range(6)]
    assert np.any(found)
    assert not np.all(found)


@pytest.mark.parametrize("convert", [np.asarray, exactly])
def test_residual_counts_the_coordinates_that_violate_the_condition(convert):
    problem, points = random_quadratic(5, 7, convert), convert(vertices(5).reshape(4, 8, 5))
    residual = stability.residual(problem, points)
    fixed = stability.is_fixed_point(problem, points)
    assert residual.dtype == np.float64
    assert residual.shape == fixed.shape == (4, 8)
    for index in np.ndindex(4, 8):
        gradient = problem.gradient(points[index])
        wrong = [np.sign(g) == s for s, g in zip(points[index], gradient, strict=True) if g != 0]
        assert residual[index] == sum(wrong) / 5
        assert fixed[index] == (not any(wrong))


def test_a_single_vertex_gives_a_scalar():
    problem = Gradient([1.0, 0.0])
    assert stability.is_fixed_point(problem, [-1, 1]) == np.True_
    assert np.shape(stability.is_fixed_point(problem, [1.0, 1.0])) == ()
    assert stability.residual(problem, np.array([1.0, 1.0])) == 0.5


def test_torch_agrees():
    problem, points = random_quadratic(4, 3), vertices(4)
    for function in (stability.is_fixed_point, stability.residual):
        result = function(problem, torch.from_numpy(points).float())
        assert isinstance(result, torch.Tensor)
        assert_array_equal(result.numpy(), function(problem, points))
    assert stability.residual(problem, torch.from_numpy(points).float()).dtype == torch.float64


def test_fractions_decide_what_floats_round_away():
    tiny = Fraction(1, 10**40)
    s = np.array([Fraction(1)])
    for slope, fixed in [(Fraction(0), True), (tiny, False), (-tiny, True)]:
        problem = Quadratic(exactly([[1]]), np.array([slope - 1]))
        assert stability.is_fixed_point(problem, s) == fixed


def test_tolerance_is_a_bound_on_the_wrong_gradient():
    problem = Gradient([1e-3, -1.0, 2e-3])
    s = np.ones(3)
    assert stability.residual(problem, s) == 2 / 3
    assert stability.residual(problem, s, tolerance=1e-3) == 1 / 3
    assert stability.is_fixed_point(problem, s, tolerance=2e-3)


@pytest.mark.parametrize("tolerance", [Fraction(1, 2), 10**400])
@pytest.mark.parametrize("make", [np.array, torch.tensor])
def test_a_tolerance_is_any_number(make, tolerance):
    problem = Quadratic([[0.0]], [0.5])
    assert bool(stability.is_fixed_point(problem, make([1.0]), tolerance))
    assert not bool(stability.is_fixed_point(problem, make([1.0]), Fraction(1, 3)))
    assert float(stability.residual(problem, make([1.0]), tolerance)) == 0


def test_a_grid_as_wide_as_the_floats():
    found = stability.basin_map(BinaryConnect(0.1), Quadratic.random(2), -1e308, 1e308, 3, 2)
    assert found.starts[0, :, 0].tolist() == [-1e308, 0, 1e308]


@pytest.mark.parametrize("function", [stability.is_fixed_point, stability.residual])
def test_what_is_no_problem(function):
    with pytest.raises(TypeError, match="problem: expected a problem, got 'L'"):
        function("L", np.ones(2))


def test_nan_in_the_gradient_violates():
    problem = Gradient([math.nan, 0.0])
    assert not stability.is_fixed_point(problem, np.ones(2))
    assert stability.residual(problem, np.ones(2)) == 0.5


@pytest.mark.parametrize("function", [stability.is_fixed_point, stability.residual])
@pytest.mark.parametrize(
    ("s", "tolerance", "error", "message"),
    [
        ([1.0, 0.0], 0, ValueError, r"s: expected entries -1 and \+1, got"),
        ([1.0, math.nan], 0, ValueError, r"s: expected entries -1 and \+1, got"),
        ([1.0], 0, ValueError, r"s: expected shape \(..., 2\), got \(1,\)"),
        (np.ones(2, dtype=int), 0, TypeError, "s: expected a real floating-point array"),
        ([1.0, 1.0], -1e-9, ValueError, "tolerance: expected a number >= 0"),
        ([1.0, 1.0], math.nan, ValueError, "tolerance: expected a number >= 0"),
        ([1.0, 1.0], "0", TypeError, "tolerance: expected a number"),
    ],
)
def test_bad_arguments_of_fixed_points(function, s, tolerance, error, message):
    with pytest.raises(error, match=message):
        function(Gradient([1.0, 2.0]), s, tolerance)


# Cycles.


def plain_cycle(path):
    """Search all pairs of states; each must repeat to the end if it is to count."""
    rows = [list(row) for row in path]
    for step in range(len(rows)):
        for start in range(step):
            if rows[start] == rows[step]:
                period = step - start
                repeats = all(rows[t + period] == rows[t] for t in range(start, len(rows) - period))
                return Cycle(start, period) if repeats else None
    return None


def planted(start, period, length, dim=3, seed=0):
    """A path of different states that enters a cycle."""
    states = np.random.default_rng(seed).standard_normal((start + period, dim))
    return states[[t if t < start else start + (t - start) % period for t in range(length)]]


@pytest.mark.parametrize("start", [0, 1, 5])
@pytest.mark.parametrize("period", [1, 2, 7])
@pytest.mark.parametrize("extra", [0, 1, 2, 20])
def test_planted_cycles_are_found(start, period, extra):
    path = planted(start, period, start + period + extra)
    assert stability.find_cycle(path) == (Cycle(start, period) if extra else None)


@given(st.integers(1, 2), st.lists(st.sampled_from([0.0, -0.0, 1.0, math.nan]), max_size=24))
def test_cycles_match_a_plain_search(dim, values):
    path = np.array(values[: len(values) // dim * dim]).reshape(-1, dim)
    if len(path):
        assert stability.find_cycle(path) == plain_cycle(path)


def test_batches_give_an_array_of_cycles():
    path = np.stack(
        [planted(4, 3, 30), planted(0, 1, 30), planted(0, 30, 30), planted(9, 2, 30, seed=1)],
        axis=1,
    )
    found = stability.find_cycle(path.reshape(30, 2, 2, 3))
    assert found.shape == (2, 2)
    assert found.dtype == object
    assert found.tolist() == [[Cycle(4, 3), Cycle(0, 1)], [None, Cycle(9, 2)]]


def test_a_repetition_that_stops_is_no_cycle():
    path = planted(2, 3, 20)
    path[-1] += 1.0
    assert stability.find_cycle(path) is None


def test_equality_is_exact():
    path = planted(0, 2, 9)
    path[4:] = np.nextafter(path[4:], np.inf)
    path[4:] += 0.0
    assert stability.find_cycle(path) is None


def test_minus_zero_equals_zero_and_nan_equals_nothing():
    assert stability.find_cycle(np.array([[0.0], [1.0], [-0.0], [1.0]])) == Cycle(0, 2)
    assert stability.find_cycle(np.array([[math.nan], [math.nan]])) is None
    assert stability.find_cycle(np.array([[1.0], [math.nan], [1.0], [math.nan]])) is None
    assert stability.find_cycle(np.array([[math.inf], [math.inf]])) == Cycle(0, 1)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_cycles_of_torch_paths(dtype):
    path = torch.tensor(planted(3, 2, 12), dtype=getattr(torch, dtype), requires_grad=True)
    assert stability.find_cycle(path) == Cycle(3, 2)
    assert stability.find_cycle(path.detach()[:, None]).tolist() == [Cycle(3, 2)]


def test_cycles_of_fractions():
    path = exactly([[1], [3], [2], [3], [2]]) / 3
    assert stability.find_cycle(path) == Cycle(1, 2)
    path[-1, 0] += Fraction(1, 10**30)
    assert stability.find_cycle(path) is None
    with pytest.raises(ValueError, match="path: expected finite numbers beside fractions, got nan"):
        stability.find_cycle(np.array([[math.nan], [math.nan]], dtype=object))


def test_the_path_stays_untouched():
    path = np.array([[-0.0], [0.0]])
    assert stability.find_cycle(path) == Cycle(0, 1)
    assert_array_equal(np.signbit(path), [[True], [False]])


def test_binary_connect_on_a_parabola_cycles():
    problem = Quadratic(np.eye(1), np.zeros(1))
    starts = np.array([[0.25], [1.0], [-1.25]])
    path = simulate(BinaryConnect(0.5), problem, starts, steps=20)
    assert stability.find_cycle(path).tolist() == [Cycle(0, 2), Cycle(2, 2), Cycle(2, 2)]


def test_noise_leaves_no_cycle():
    problem = Quadratic(np.eye(2), np.zeros(2), noise=0.5)
    path = simulate(BinaryConnect(0.5), problem, np.ones(2), steps=50, stochastic=True)
    assert stability.find_cycle(path) is None


@pytest.mark.parametrize("record", [2, "last"])
def test_a_trajectory_must_have_every_step(record):
    path = simulate(BinaryConnect(0.5), Gradient([1.0]), np.ones(1), steps=9, record=record)
    with pytest.raises(ValueError, match=r"path: expected a trajectory with every step recorded"):
        stability.find_cycle(path)


@pytest.mark.parametrize(
    ("path", "error"),
    [
        (np.zeros(3), ValueError),
        (np.zeros((0, 2)), ValueError),
        (np.zeros((3, 2), dtype=int), TypeError),
        ("path", TypeError),
    ],
)
def test_bad_paths(path, error):
    with pytest.raises(error, match="path: expected"):
        stability.find_cycle(path)


# Basins. On a separable quadratic each coordinate is a system of its own.


def separable(curvature, slope):
    return Quadratic(np.diag(np.asarray(curvature, dtype=float)), np.asarray(slope, dtype=float))


def test_every_quadrant_is_a_basin_of_a_concave_quadratic():
    found = stability.basin_map(
        BinaryConnect(0.1), separable([-1, -1], [0, 0]), (-2, -1), (2, 1), (5, 4), steps=20
    )
    assert found.starts.shape == (4, 5, 2)
    assert_array_equal(found.starts[0, :, 0], [-2, -1, 0, 1, 2])
    assert_array_equal(found.starts[:, 0, 1], np.linspace(-1, 1, 4))
    assert_array_equal(found.vertices, vertices(2))
    assert found.settled.all()
    assert_array_equal(found.ends, np.where(found.starts >= 0, 1.0, -1.0))
    right, up = found.starts[..., 0] >= 0, found.starts[..., 1] >= 0
    assert_array_equal(found.labels, 2 * right + up)
    assert found.labels[0, 2] == 2  # the start (0, -1): sign(0) = +1


def test_a_slope_drives_all_starts_to_one_side():
    found = stability.basin_map(
        BinaryConnect(0.1), separable([-1, 1], [0, -3]), -1.0, 1.0, 6, steps=60
    )
    assert_array_equal(found.vertices, [[-1, 1], [1, 1]])
    assert_array_equal(found.labels, (found.starts[..., 0] >= 0).astype(int))


def test_cycling_starts_are_unsettled():
    problem = separable([1, -1], [0.25, 0])
    found = stability.basin_map(BinaryConnect(0.1), problem, -1, 1, 3, steps=100)
    path = simulate(BinaryConnect(0.1), problem, found.starts, steps=100)
    assert (path.quantized[-1] != path.quantized[-2]).any()
    assert_array_equal(found.ends, path.quantized[-1])
    assert not found.settled.any()
    assert_array_equal(found.labels, np.full((3, 3), UNSETTLED))
    assert found.vertices.shape == (0, 2)


def test_settled_and_unsettled_starts_side_by_side():
    # The second coordinate moves by 0.4 a step: from -0.5 it is positive from step 2 on.
    problem = separable([-1, 1], [0, -3])
    for last, settled in [(3, True), (4, False)]:
        found = stability.basin_map(
            BinaryConnect(0.1), problem, (-1, -0.5), (1, 0.5), 2, steps=5, last=last
        )
        assert_array_equal(found.settled, [[settled, settled], [True, True]])
        assert_array_equal(found.labels[1], [0, 1])
        assert (found.labels[0] == (np.array([0, 1]) if settled else UNSETTLED)).all()


@pytest.mark.parametrize(("step", "steps", "settled"), [(7, 9, True), (7, 8, False), (2, 3, True)])
def test_a_quarter_of_the_steps_decides_by_default(step, steps, settled):
    # The second coordinate moves by 0.4 a step and is positive from the given step on.
    problem, low = separable([-1, 1], [0, -3]), 0.1 - 0.4 * step
    found = stability.basin_map(BinaryConnect(0.1), problem, (-1, low), (1, 1), 2, steps=steps)
    assert_array_equal(found.settled, [[settled, settled], [True, True]])


def test_blocks_do_not_change_the_map(monkeypatch):
    problem = Quadratic.random(2, seed=4)
    arguments = (BinaryConnect(0.1), problem, -2, 2, (7, 5))
    whole = stability.basin_map(*arguments, steps=40)
    monkeypatch.setattr(basins, "BLOCK", 4)
    for a, b in zip(
        dataclasses.astuple(whole),
        dataclasses.astuple(stability.basin_map(*arguments, steps=40)),
        strict=True,
    ):
        assert_array_equal(a, b)


def test_basins_agree_with_single_runs_and_with_fixed_points():
    problem = Quadratic.random(2, seed=1, indefinite=True)
    found = stability.basin_map(BinaryConnect(0.05), problem, -1.5, 1.5, 6, steps=400)
    assert found.settled.any()
    for index in np.ndindex(6, 6):
        theta = found.starts[index].copy()
        ends = []
        for _ in range(400):
            theta = theta - 0.05 * problem.gradient(np.where(theta >= 0, 1.0, -1.0))
            ends.append(np.where(theta >= 0, 1.0, -1.0))
        assert_array_equal(found.ends[index], ends[-1])
        assert found.settled[index] == (np.array(ends[-101:]) == ends[-1]).all()
        if found.settled[index]:
            assert_array_equal(found.vertices[found.labels[index]], ends[-1])
    assert stability.is_fixed_point(problem, found.vertices).all()


def test_starts_that_diverge_are_marked():
    # along the first coordinate each step multiplies by about -9e40 unless it starts at its minimum
    problem = separable([1e42, 1], [0, -3])
    method = ProxQuant(DistanceL1(Binary()), 0.1, 0.0)
    found = stability.basin_map(method, problem, (-1, -1), (1, 1), 3, steps=40)
    outside = found.starts[..., 0] != 0
    assert_array_equal(found.diverged, outside)
    assert_array_equal(found.labels, np.where(outside, DIVERGED, 0))
    assert_array_equal(np.isnan(found.ends), np.broadcast_to(outside[..., None], (3, 3, 2)))
    assert_array_equal(found.settled, ~outside)
    assert_array_equal(found.vertices, [[1, 1]])


def test_a_map_of_rosenbrocks_valley_and_of_fractions():
    method = ProxQuant(DistanceL1(Binary()), 1e-3, 0.1)
    found = stability.basin_map(method, Rosenbrock(2), -2, 2, 21, 200)
    assert found.labels.shape == (21, 21)
    assert 0 < found.diverged.sum() < 21 * 21
    assert_array_equal(found.diverged, np.isnan(found.ends).any(axis=-1))
    exact = stability.basin_map(
        BinaryConnect(0.1), Quadratic.random(2), Fraction(-1, 3), Fraction(1, 3), 3, 10
    )
    floats = stability.basin_map(BinaryConnect(0.1), Quadratic.random(2), -1 / 3, 1 / 3, 3, 10)
    assert_array_equal(exact.labels, floats.labels)
    array = stability.basin_map(
        BinaryConnect(0.1),
        Quadratic.random(2),
        np.float32(-0.5),
        torch.tensor(0.5),
        np.int64(3),
        10,
    )
    assert_array_equal(array.starts, np.stack(np.meshgrid(*[[-0.5, 0, 0.5]] * 2), axis=-1))


def test_basin_maps_are_frozen():
    found = stability.basin_map(BinaryConnect(0.1), Gradient([1.0, 1.0]), -1, 1, 2, steps=1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.labels = None


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"problem": Gradient([1.0] * 3)}, ValueError, "problem: expected dimension 2 .*, got 3"),
        ({"problem": 3}, TypeError, "problem: expected a problem, got 3"),
        ({"low": 1}, ValueError, "low: expected numbers below high = 1, got 1"),
        ({"low": (-1, 2)}, ValueError, "low: expected numbers below high"),
        ({"low": (-1, -1, -1)}, ValueError, "low: expected one number or two"),
        ({"low": math.nan}, ValueError, "low: expected a finite number"),
        ({"high": math.inf}, ValueError, "high: expected a finite number, got inf"),
        ({"high": "1"}, TypeError, "high: expected a number"),
        ({"resolution": 1}, ValueError, "resolution: expected an integer >= 2, got 1"),
        ({"resolution": (3, 2.0)}, TypeError, "resolution: expected an integer, got 2.0"),
        ({"steps": 0}, ValueError, "steps: expected an integer >= 1, got 0"),
        ({"last": 0}, ValueError, "last: expected an integer >= 1, got 0"),
        ({"last": 11}, ValueError, "last: expected at most steps = 10, got 11"),
    ],
)
def test_bad_arguments_of_basin_maps(changes, error, message):
    arguments = {
        "method": BinaryConnect(0.1),
        "problem": Gradient([1.0, 1.0]),
        "low": -1,
        "high": 1,
        "resolution": 3,
        "steps": 10,
    }
    with pytest.raises(error, match=message):
        stability.basin_map(**(arguments | changes))
