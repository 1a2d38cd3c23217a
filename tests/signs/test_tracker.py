"""The streaming tracker: against the functions of whole paths, its state, and what it refuses."""

import dataclasses
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

import pqtheory.signs as signs
from pqtheory.signs import SignMetrics, SignTracker

from .helpers import CONVERSIONS, VALUES, random_path


def levels(path):
    return np.where(path >= 0, 1.0, -1.0)


def check_against_paths(tracker, metrics, path, step):
    """Compare the metrics at ``step`` with the functions of the paths {name: (T + 1, ...)}."""
    totals = np.zeros(5)
    for name, points in path.items():
        events = [
            signs.change_from_start(points, axis=None),
            signs.flips_per_step(points, axis=None),
            signs.reversals(levels(points), axis=None),
        ]
        size = points[0].size
        counts = [e[step].sum() for e in events] + [e[: step + 1].sum() for e in events[1:]]
        assert metrics[name].size == size
        expected = [c / size if size else 0.0 for c in counts]
        assert list(dataclasses.astuple(metrics[name])[1:]) == expected
        totals += counts
        assert_array_equal(tracker.positive(name), points[step] >= 0)
        assert_array_equal(tracker.changed(name), events[0][step])
        assert_array_equal(tracker.flipped(name), events[1][: step + 1].any(axis=0))
        assert_array_equal(tracker.reversed(name), events[2][: step + 1].any(axis=0))
    size = sum(points[0].size for points in path.values())
    assert metrics["all"] == SignMetrics(size, *(totals / max(size, 1)))


SHAPES = st.lists(st.lists(st.integers(0, 5), max_size=3).map(tuple), min_size=1, max_size=4)


@given(shapes=SHAPES, steps=st.integers(1, 6), seed=st.integers(0, 2**32), data=st.data())
def test_tracker_equals_the_functions_of_the_path(shapes, steps, seed, data):
    rng = np.random.default_rng(seed)
    path = {
        f"layer.{i}": rng.choice(VALUES, size=(steps + 1, *shape)) for i, shape in enumerate(shapes)
    }
    stop = data.draw(st.integers(0, steps))
    tracker = SignTracker({name: points[0] for name, points in path.items()})
    for step in range(1, steps + 1):
        if stop == step:
            state = tracker.state_dict()
            tracker = SignTracker({name: -points[0] for name, points in path.items()})
            tracker.load_state_dict(state)
        metrics = tracker.update({name: points[step] for name, points in path.items()})
        assert tracker.updates == step
        check_against_paths(tracker, metrics, path, step)


@pytest.mark.parametrize("convert", CONVERSIONS)
def test_tracker_takes_every_kind_of_array(convert):
    path = random_path((5, 3, 7), seed=9)
    tracker = SignTracker(convert(path[0]))
    for step in range(1, 5):
        metrics = tracker.update(convert(path[step]))
    check_against_paths(tracker, metrics, {"weights": path}, 4)


def test_tracker_of_fractions():
    path = random_path((4, 5), seed=10, values=[-1.5, 0.0, 2.0])
    exact = np.vectorize(Fraction, otypes=[object])(path)
    tracker = SignTracker(exact[0])
    for step in range(1, 4):
        metrics = tracker.update(exact[step])
    check_against_paths(tracker, metrics, {"weights": path}, 3)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
def test_a_tracker_follows_weights_on_cuda():
    path = random_path((4, 3, 77), seed=8)
    here, there = SignTracker(path[0]), SignTracker(torch.from_numpy(path[0]).cuda())
    for weights in path[1:]:
        assert here.update(weights) == there.update(torch.from_numpy(weights).cuda())


def test_tracker_follows_a_torch_module():
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Linear(4, 2)).bfloat16()
    tracker = SignTracker(model.named_parameters())
    assert tracker.names == ("0.weight", "0.bias", "1.weight", "1.bias")
    with torch.no_grad():
        model[1].weight.neg_()
    metrics = tracker.update(model.named_parameters())
    assert metrics["1.weight"].flips == 1.0
    assert metrics["0.weight"].flips == 0.0
    assert metrics["all"].flips == 8 / 26
    assert list(metrics) == [*tracker.names, "all"]
    assert tracker.changed("1.weight").shape == (2, 4)


def test_the_start_is_remembered_when_weights_change_in_place():
    weights = np.ones(11, dtype=np.float32)
    tracker = SignTracker(weights)
    weights[:3] = -1
    assert tracker.update(weights)["weights"].change_from_start == 3 / 11
    weights[:] = 1
    metrics = tracker.update(weights)["weights"]
    assert metrics.change_from_start == 0
    assert metrics.reversals == 3 / 11
    assert metrics.flips_per_weight == 6 / 11
    assert_array_equal(tracker.reversed(), np.arange(11) < 3)


def test_names_may_come_in_another_order_and_precision_may_change():
    a, b = np.array([1.0, -1.0]), np.array([[1.0], [2.0], [3.0]])
    tracker = SignTracker([("a", a), ("b", b)])
    metrics = tracker.update({"b": torch.tensor(-b).half(), "a": a.astype(np.float32)})
    assert (metrics["a"].flips, metrics["b"].flips) == (0.0, 1.0)
    assert list(metrics) == ["a", "b", "all"]


def test_metrics_are_frozen():
    metrics = SignTracker(np.ones(3)).update(np.ones(3))["all"]
    with pytest.raises(dataclasses.FrozenInstanceError):
        metrics.flips = 1.0


# Its state.


def test_state_holds_one_bit_per_weight_in_plain_types():
    tracker = SignTracker({"w": np.ones((100, 1000), dtype=np.float32), "b": np.ones(())})
    tracker.update({"w": -np.ones((100, 1000)), "b": np.ones(())})
    state = tracker.state_dict()
    planes = [f"{plane}/w" for plane in ("start", "last", "flipped", "reversed")]
    assert [state[key].nbytes for key in planes] == [12_500] * 4
    assert {type(value) for value in state.values()} == {int, np.ndarray}
    assert (state["updates"], state["flips/w"], state["reversals/w"]) == (1, 100_000, 0)


def test_state_survives_a_file(tmp_path):
    path = random_path((5, 3, 7), seed=11)
    tracker = SignTracker({"a.b": path[0]})
    tracker.update({"a.b": path[1]})
    np.savez(tmp_path / "state.npz", **tracker.state_dict())
    other = SignTracker({"a.b": path[4]})
    with np.load(tmp_path / "state.npz") as state:
        other.load_state_dict(state)
    assert other.updates == 1
    for weights in path[2:]:
        assert tracker.update({"a.b": weights}) == other.update({"a.b": weights})
    assert_same_state(tracker.state_dict(), other.state_dict())


def assert_same_state(a, b):
    assert a.keys() == b.keys()
    for key, value in a.items():
        assert type(value) is type(b[key])
        assert_array_equal(value, b[key])


def test_a_state_is_a_copy_both_ways():
    tracker = SignTracker(np.ones(9))
    state = tracker.state_dict()
    state["last/weights"][:] = 0
    assert tracker.positive().all()
    tracker.load_state_dict(tracker.state_dict() | {"last/weights": state["last/weights"]})
    state["last/weights"][:] = 128
    assert not tracker.positive().any()


BAD_STATES = [
    ({"updates": -1}, r"state: expected an integer >= 0 for 'updates', got -1"),
    ({"updates": 1.0}, r"state: expected an integer >= 0 for 'updates', got 1.0"),
    ({"updates": np.zeros(2, int)}, r"expected an integer >= 0 for 'updates'"),
    ({"flips/b": "x"}, r"expected an integer >= 0 for 'flips/b', got 'x'"),
    ({"reversals/b": -2}, r"expected an integer >= 0 for 'reversals/b', got -2"),
    ({"shape/b": np.array([10])}, r"state: expected shape \(9,\) for 'b', got \(10,\)"),
    ({"last/b": np.zeros(1, np.uint8)}, r"expected 9 bits packed into uint8 of shape \(2,\)"),
    ({"start/b": np.zeros(2)}, r"for 'start/b', got float64"),
    ({"reversed/b": np.array([0, 64], np.uint8)}, r"expected 0 behind the 9 bits of 'reversed/b'"),
    ({"flips/c": 0}, r"state: expected the names .*missing \[\], unknown \['flips/c'\]"),
    ({"flipped/a": None}, r"missing \['flipped/a'\], unknown \[\]"),
]


@pytest.mark.parametrize(("change", "message"), BAD_STATES)
def test_a_bad_state_is_refused_and_changes_nothing(change, message):
    weights = {"a": np.array([1.0, -1.0]), "b": np.ones(9)}
    tracker = SignTracker(weights)
    before = tracker.state_dict()
    state = SignTracker({"a": -weights["a"], "b": -weights["b"]}).state_dict() | change
    state = {key: value for key, value in state.items() if value is not None}
    with pytest.raises(ValueError, match=message):
        tracker.load_state_dict(state)
    assert_same_state(tracker.state_dict(), before)


def test_a_full_last_byte_is_a_good_state():
    state = SignTracker(np.ones(9)).state_dict() | {"last/weights": np.array([255, 128], np.uint8)}
    tracker = SignTracker(-np.ones(9))
    tracker.load_state_dict(state)
    assert tracker.positive().all()


# Bad weights.

A, B = np.ones(2), np.ones((2, 3))
BAD_UPDATES = [
    ({"a": -A}, ValueError, r"missing \['b'\], unknown \[\]"),
    ({"a": -A, "b": -B, "c": A}, ValueError, r"missing \[\], unknown \['c'\]"),
    ({"a": -A, "x": -B}, ValueError, r"missing \['b'\], unknown \['x'\]"),
    ({"a": -A, "b": -B.T}, ValueError, r"expected shape \(2, 3\) for 'b', got \(3, 2\)"),
    ([("a", -A), ("b", -B), ("a", A)], ValueError, r"distinct names, none of them 'all', got 'a'"),
    ({"a": -A, "b": B.astype(int)}, TypeError, r"weights\['b'\]: expected a real floating-point"),
    ({"a": -A, "b": torch.ones(2, 3).int()}, TypeError, r"weights\['b'\]: expected a real"),
    ({"a": -A, "b": B.tolist()}, TypeError, r"NumPy array or torch tensor for 'b', got list"),
    (-A, ValueError, r"missing \['a', 'b'\], unknown \['weights'\]"),
    ([-A, -B], TypeError, r"iterable of \(name, array\), got list of ndarray"),
    ([("a", -A, 1)], TypeError, r"got list of tuple"),
    ({1: A}, TypeError, r"expected an array, a mapping name -> array or an iterable"),
    (3.0, TypeError, r"iterable of \(name, array\), got float"),
    (None, TypeError, r"got NoneType"),
    ({}, ValueError, r"expected at least one array, got none"),
]


@pytest.mark.parametrize(("weights", "error", "message"), BAD_UPDATES)
def test_bad_weights_are_refused_and_change_nothing(weights, error, message):
    tracker = SignTracker({"a": A, "b": B})
    before = tracker.state_dict()
    with pytest.raises(error, match=message):
        tracker.update(weights)
    assert_same_state(tracker.state_dict(), before)


@pytest.mark.parametrize(
    ("weights", "error"),
    [
        ({"all": A}, ValueError),
        ([("a", A), ("a", A)], ValueError),
        ({}, ValueError),
        (A.astype(int), TypeError),
        ({"a": 1.0}, TypeError),
        ([1.0, 2.0], TypeError),
    ],
)
def test_a_bad_start_is_refused(weights, error):
    with pytest.raises(error, match="weights"):
        SignTracker(weights)


def test_an_unknown_name_is_refused():
    with pytest.raises(ValueError, match=r"name: expected one of \['a'\], got 'weights'"):
        SignTracker({"a": A}).changed()
