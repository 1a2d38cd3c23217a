"""The tracker of codes: against one weight at a time, against the sign tracker, its state, and what it refuses."""

import dataclasses
import threading
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import pqtheory as pq
from pqtheory.signs import CodeMetrics, CodeTracker, SignTracker

from .helpers import CONVERSIONS, VALUES, random_path
from .naive_codes import naive_metrics, reversals_of


def assert_metrics(metrics, paths, levels):
    expected = naive_metrics(paths, levels)
    for name, value in expected.items():
        assert_allclose(getattr(metrics, name), value, rtol=1e-12, atol=1e-15, err_msg=name)


def weights_of(path):
    """(T + 1, ...) as a list of the codes of each weight."""
    return path.reshape(len(path), -1).T.tolist()


SHAPES = st.lists(st.integers(0, 5), max_size=3).map(tuple)
LEVELS = st.sampled_from([1, 2, 3, 4, 5, 8, 9, 16, 17, 256])


@given(
    arrays=st.lists(st.tuples(SHAPES, LEVELS), min_size=1, max_size=3),
    steps=st.integers(1, 9),
    seed=st.integers(0, 2**32),
    stop=st.integers(1, 9),
)
def test_the_tracker_equals_one_weight_at_a_time(arrays, steps, seed, stop):
    rng = np.random.default_rng(seed)
    paths = {
        # few of the levels, so that weights come back
        f"layer.{i}": rng.choice(rng.integers(0, levels, 3), size=(steps + 1, *shape))
        for i, (shape, levels) in enumerate(arrays)
    }
    levels = {f"layer.{i}": count for i, (_, count) in enumerate(arrays)}

    def made(step):
        return CodeTracker(
            {name: path[step] for name, path in paths.items()}, levels, frequencies=True
        )

    tracker = made(0)
    for step in range(1, steps + 1):
        if step == stop:
            state = tracker.state_dict()
            tracker = made(step)
            tracker.load_state_dict(state)
        metrics = tracker.update({name: path[step] for name, path in paths.items()})
        assert tracker.updates == step
        for name, path in paths.items():
            assert_metrics(metrics[name], weights_of(path[: step + 1]), levels[name])
            assert_array_equal(tracker.codes(name), path[step])
            assert_array_equal(tracker.start(name), path[0])
            assert_array_equal(tracker.changed(name), path[step] != path[0])
            assert_array_equal(
                tracker.flipped(name), (path[1 : step + 1] != path[:step]).any(axis=0)
            )
        together = [w for path in paths.values() for w in weights_of(path[: step + 1])]
        if len(set(levels.values())) == 1:
            assert_metrics(metrics["all"], together, next(iter(levels.values())))
        else:
            assert metrics["all"].occupation is metrics["all"].dwell is None
            assert_allclose(metrics["all"].flips, naive_metrics(together, 256)["flips"], rtol=1e-12)


@given(shape=SHAPES, steps=st.integers(1, 6), seed=st.integers(0, 2**32))
def test_one_bit_is_the_sign_tracker(shape, steps, seed):
    path = np.random.default_rng(seed).choice(VALUES, size=(steps + 1, *shape))
    signs = SignTracker(path[0])
    trackers = [
        CodeTracker(path[0], pq.sets.Binary()),
        CodeTracker(path[0], pq.sets.ScaledBinary()),
        CodeTracker(path[0] >= 0, 2),
    ]
    for weights in path[1:]:
        expected = dataclasses.asdict(signs.update(weights)["all"])
        for tracker, given_ in zip(trackers, (weights, weights, weights >= 0), strict=True):
            metrics = dataclasses.asdict(tracker.update(given_)["all"])
            assert {key: metrics[key] for key in expected} == expected
            assert_array_equal(tracker.codes() == 1, signs.positive())
            assert_array_equal(tracker.changed(), signs.changed())
            assert_array_equal(tracker.flipped(), signs.flipped())


def test_moving_averages_of_each_weight():
    path = random_path((400, 70_001), seed=1, values=np.arange(3))[:, :9]
    wide = np.random.default_rng(2).integers(0, 3, size=(12, 70_001))
    for codes, momentum in ((path, 0.01), (wide, 0.2)):
        tracker = CodeTracker(codes[0], 3, momentum=momentum, frequencies=True)
        for now in codes[1:]:
            metrics = tracker.update(now)["all"]
        expected = np.zeros(codes.shape[1])
        for event in np.array([reversals_of(w) for w in weights_of(codes)]).T:
            expected = momentum * event + (1 - momentum) * expected
        assert tracker.frequencies().dtype == np.float16
        assert_allclose(tracker.frequencies(), expected, rtol=5e-3)
        assert_allclose(metrics.frequency, expected.mean(), rtol=1e-12)
        assert metrics.oscillating == (tracker.frequencies() > 0.005).mean()


def test_a_weight_that_goes_on_up_never_reverses():
    tracker = CodeTracker(np.zeros(3, int), 4)
    for now in ([1, 0, 3], [2, 0, 3], [3, 1, 3]):
        assert tracker.update(np.array(now))["all"].reversals == 0
    # down from the top, up again from 0, which was the start
    assert tracker.update(np.array([2, 0, 0]))["all"].reversals == 1
    assert tracker.update(np.array([1, 1, 0]))["all"].reversals == 1 / 3
    assert_array_equal(tracker.flipped(), [True, True, True])


# Codes of weights.

SETS = [
    pq.sets.Binary(),
    pq.sets.Ternary(),
    pq.sets.UniformGrid(2, -1.0, 1.0),
    pq.sets.UniformGrid(6, -1.0, 2.0),
    pq.sets.Codebook((-1.5, -0.25, 0.125, 2.0)),
    pq.sets.Codebook((0.5,)),
]


@pytest.mark.parametrize("levels", SETS, ids=repr)
@pytest.mark.parametrize("convert", CONVERSIONS)
def test_the_code_is_the_index_of_the_level(levels, convert):
    path = random_path((2, 5, 37), seed=5)
    path[0, :, ::2] = np.random.default_rng(6).normal(size=path[0, :, ::2].shape)
    weights = convert(path[0])
    tracker = CodeTracker(weights, levels)
    codes = tracker.codes()
    assert codes.shape == path[0].shape
    detached = weights.detach() if isinstance(weights, torch.Tensor) else weights
    value = (
        np.asarray(torch.as_tensor(levels.project(detached)).double())
        if isinstance(weights, torch.Tensor)
        else levels.project(weights).astype(float)
    )
    grid = levels.levels(detached)
    grid = grid.double().numpy() if isinstance(grid, torch.Tensor) else grid.astype(float)
    nan = np.isnan(path[0])
    assert_array_equal(grid[codes][~nan], value[~nan])
    assert not codes[nan].any()


def test_codes_of_fractions():
    exact = np.vectorize(Fraction, otypes=[object])(np.array([-0.5, 0.5, 0.49, -0.51, 3.0]))
    assert CodeTracker(exact, pq.sets.Ternary()).codes().tolist() == [1, 2, 1, 0, 2]


@pytest.mark.parametrize("axis", [None, -1, 0])
@pytest.mark.parametrize("kind", [np.asarray, torch.from_numpy])
def test_the_code_is_the_index_in_the_fitted_codebook(axis, kind):
    weights = np.random.default_rng(3).normal(size=(6, 40)).astype(np.float32)
    for quantizer in (
        pq.quantizers.GreedyMultiBit(3, axis=axis),
        pq.quantizers.AlternatingMultiBit(2, axis=axis),
        pq.quantizers.AdaptiveTernary(axis=axis),
    ):
        codes = CodeTracker(kind(weights), quantizer).codes()
        values, book = quantizer.quantize(weights)
        book = np.moveaxis(
            np.broadcast_to(
                book[None] if axis is None else book,
                (1 if axis is None else len(book), book.shape[-1]),
            ),
            0,
            0,
        )
        for i, j in np.ndindex(*weights.shape):
            row = book[0 if axis is None else (i if axis == -1 else j)]
            assert row[codes[i, j]] == values[i, j]


def test_groups_without_a_fit_have_the_code_0():
    weights = np.array([[1.0, np.nan, 3.0], [-1.0, 0.1, 2.0]])
    for quantizer in (
        pq.quantizers.AdaptiveTernary(axis=-1),
        pq.quantizers.GreedyMultiBit(2, axis=-1),
    ):
        codes = CodeTracker(weights, quantizer).codes()
        assert codes[0].tolist() == [0, 0, 0]
        assert codes[1].max() > 0


def test_the_ternary_code_is_the_side_even_where_levels_coincide():
    # nothing is below -Delta: the lower level is 0 too
    codes = CodeTracker(np.array([0.1, 2.0, 0.2]), pq.quantizers.AdaptiveTernary()).codes()
    assert codes.tolist() == [1, 2, 1]


@pytest.mark.parametrize("dtype", [np.int8, np.int64, np.uint8, np.uint16])
def test_codes_may_be_given(dtype):
    codes = np.array([[0, 2], [1, 2]], dtype=dtype)
    assert_array_equal(CodeTracker(codes, 3).codes(), codes)
    assert_array_equal(CodeTracker(torch.as_tensor(codes.astype(np.int16)), 3).codes(), codes)


# Latent weights.


@pytest.mark.parametrize("kind", [np.asarray, torch.from_numpy])
@pytest.mark.parametrize(
    "quantizer", [pq.sets.Ternary(), pq.quantizers.GreedyMultiBit(2)], ids=repr
)
def test_path_ratios_over_whole_windows(kind, quantizer):
    path = np.cumsum(np.random.default_rng(4).normal(size=(8, 3, 5)) * 0.02, axis=0)
    path[:, 0, 0] = 0.5 + 0.001 * (-1.0) ** np.arange(8)
    tracker = CodeTracker(kind(path[0]), quantizer, window=3)
    value = np.array(
        [
            quantizer.project(w) if isinstance(quantizer, pq.sets.Set) else quantizer.quantize(w)[0]
            for w in path
        ]
    )
    for step in range(1, 8):
        metrics = tracker.update(kind(path[step]))["all"]
        end = step // 3 * 3
        if not end:
            assert metrics.path_ratio is metrics.long_paths is None
            continue
        q, w = (np.abs(np.diff(x[end - 3 : end + 1], axis=0)).sum(axis=0) for x in (value, path))
        assert_allclose(metrics.path_ratio, q.sum() / w.sum(), rtol=1e-9)
        assert metrics.long_paths == (q > 16 * w).mean()
    if isinstance(quantizer, pq.sets.Ternary):
        assert metrics.long_paths > 0


def test_weights_near_a_threshold():
    grid = pq.sets.Codebook((-1.0, 0.0, 0.5))
    weights = np.array([-0.5, -0.4, 0.2, 0.25, 5.0, np.nan])
    expected = [0.0, 0.1, 0.1, 0.0, min(4.75 / 0.5, 5.5 / 1), np.nan]
    assert_allclose(pq.signs.threshold_distances(weights, grid), expected, atol=1e-15)
    tracker = CodeTracker(weights, grid, near=0.05)
    assert tracker.update(weights)["all"].near_threshold == 2 / 6
    assert np.isinf(pq.signs.threshold_distances(weights[:5], pq.sets.Codebook((1.0,)))).all()


def test_distances_in_the_steps_of_each_group():
    weights = np.array([[1.0, -3.0], [0.5, 0.5]])
    scaled = pq.signs.threshold_distances(torch.from_numpy(weights), pq.sets.ScaledBinary(axis=-1))
    assert_allclose(scaled, [[1 / 4, 3 / 4], [1 / 2, 1 / 2]])
    rows = np.random.default_rng(0).normal(size=(4, 9))
    _, book = (quantizer := pq.quantizers.GreedyMultiBit(2, axis=-1)).quantize(rows)
    for i, j in np.ndindex(*rows.shape):
        steps = [
            abs(rows[i, j] - (a + b) / 2) / (b - a)
            for a, b in zip(book[i], book[i][1:], strict=False)
        ]
        assert_allclose(pq.signs.threshold_distances(rows, quantizer)[i, j], min(steps))


# Loops, memory and ranks.


def test_three_lines_follow_any_loop():
    torch.manual_seed(0)
    net = torch.nn.Sequential(
        torch.nn.Linear(5, 7), torch.nn.ReLU(), torch.nn.Linear(7, 2)
    ).bfloat16()
    optimizer, x = torch.optim.Adam(net.parameters(), lr=0.1), torch.randn(20, 5).bfloat16()
    before = [{n: p.detach().clone() for n, p in net.named_parameters()}]
    tracker = CodeTracker(net.named_parameters(), pq.sets.Ternary())
    for _ in range(5):
        optimizer.zero_grad()
        net(x).square().mean().backward()
        optimizer.step()
        metrics = tracker.update(net.named_parameters())
        before.append({n: p.detach().clone() for n, p in net.named_parameters()})
    codes = {
        n: np.array([(1 + pq.sets.Ternary().project(w[n].float())).numpy() for w in before])
        for n in before[0]
    }
    together = []
    for name, path in codes.items():
        assert_metrics_without_shares(metrics[name], weights_of(path.astype(int)))
        together += weights_of(path.astype(int))
    assert_metrics_without_shares(metrics["all"], together)
    assert metrics["all"].flips_per_weight > 0


def assert_metrics_without_shares(metrics, paths):
    assert metrics.oscillating is metrics.path_ratio is metrics.near_threshold is None
    expected = naive_metrics(paths, 3)
    for name in set(expected) - {"oscillating"}:
        assert_allclose(getattr(metrics, name), expected[name], rtol=1e-12, err_msg=name)


@pytest.mark.parametrize(("levels", "bits"), [(2, 1), (3, 2), (4, 2), (5, 3), (16, 4), (256, 8)])
def test_memory_is_k_bits_and_one_beside_the_start(levels, bits):
    codes = np.zeros(80_000, dtype=np.uint8)
    tracker = CodeTracker(codes, levels)
    state = tracker.state_dict()
    assert state["last/weights"].nbytes + state["up/weights"].nbytes == (bits + 1) * 10_000
    assert tracker.nbytes == (2 * bits + 1) * 10_000
    assert CodeTracker(codes, levels, frequencies=True).nbytes == tracker.nbytes + 160_000


class Ranks:
    """Two threads that add their vectors."""

    def __init__(self):
        self.barrier, self.parts = threading.Barrier(2, timeout=30), [None, None]

    def total(self, rank):
        def add(own):
            self.parts[rank] = own
            self.barrier.wait()
            both = self.parts[0] + self.parts[1]
            self.barrier.wait()
            return both

        return add


def test_shards_of_two_ranks_give_the_metrics_of_the_whole():
    path = np.cumsum(np.random.default_rng(8).normal(size=(7, 2, 9, 5)) * 0.3, axis=0)
    options = {"frequencies": True, "near": 0.1, "window": 2}
    ternary = pq.sets.Ternary()
    levels = {"a": ternary, "b": pq.sets.UniformGrid(2, -1.0, 1.0)}
    whole = CodeTracker(dict(zip("ab", path[0], strict=True)), levels, **options)
    expected = [whole.update(dict(zip("ab", weights, strict=True))) for weights in path[1:]]
    ranks, seen = Ranks(), [[], []]

    def run(rank):
        rows = slice(0, 2) if rank == 0 else slice(2, None)
        parts = [dict(zip("ab", weights[:, rows], strict=True)) for weights in path]
        tracker = CodeTracker(parts[0], levels, total=ranks.total(rank), **options)
        seen[rank] = [tracker.update(part) for part in parts[1:]]

    threads = [threading.Thread(target=run, args=(rank,)) for rank in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen[0] == seen[1]
    for mine, all_ in zip(seen[0], expected, strict=True):
        for name in ("a", "b", "all"):
            for key, value in dataclasses.asdict(all_[name]).items():
                got = getattr(mine[name], key)
                assert (got is None) == (value is None), key
                if value is not None:
                    assert_allclose(got, value, rtol=1e-12, err_msg=key)


# State.


def made(**options):
    tracker = CodeTracker({"w": np.linspace(-1, 1, 11)}, pq.sets.Ternary(), **options)
    tracker.update({"w": np.linspace(1, -1, 11)})
    return tracker


def same_state(a, b):
    assert a.keys() == b.keys()
    for key, value in a.items():
        assert_array_equal(value, b[key])


def test_a_state_survives_a_file(tmp_path):
    options = {"frequencies": True, "near": 0.2, "window": 2}
    tracker, other = made(**options), made(**options)
    np.savez(tmp_path / "state.npz", **tracker.state_dict())
    other.update({"w": np.zeros(11)})
    with np.load(tmp_path / "state.npz") as state:
        other.load_state_dict(state)
    for seed in range(5):
        now = {"w": np.random.default_rng(seed).normal(size=11)}
        assert tracker.update(now) == other.update(now)
    same_state(tracker.state_dict(), other.state_dict())


@pytest.mark.parametrize(
    ("first", "then"), [("float32", "float64"), ("float64", "float32"), ("float16", "float64")]
)
def test_a_state_is_taken_up_after_weights_came_in_another_precision(first, then):
    start, *path = np.random.default_rng(9).normal(size=(7, 11))
    trackers = [CodeTracker(start.astype(first), pq.sets.Ternary(), window=3) for _ in range(2)]
    for weights in path[:2]:
        trackers[0].update(weights.astype(then))
    trackers[1].load_state_dict(trackers[0].state_dict())
    for weights in path[2:]:
        one, other = (tracker.update(weights.astype(then)) for tracker in trackers)
        assert one == other


BAD_STATES = [
    ({"updates": -1}, "expected an integer >= 0 for 'updates'"),
    ({"flips/w": 1.5}, "expected an integer >= 0 for 'flips/w'"),
    ({"levels/w": 4}, "expected 3 levels for 'w', got 4"),
    ({"shape/w": np.array([3])}, r"expected shape \(11,\) for 'w'"),
    ({"last/w": np.zeros((1, 2), np.uint8)}, r"expected uint8 of shape \(2, 2\) for 'last/w'"),
    ({"up/w": np.zeros(2)}, "for 'up/w', got float64"),
    ({"up/w": np.array([0, 1], np.uint8)}, "expected 0 behind the 11 bits of 'up/w'"),
    ({"start/w": np.full((2, 2), [255, 224], np.uint8)}, "expected codes below 3 for 'w', got 3"),
    ({"held/w": np.zeros(3)}, r"expected int64 of shape \(3,\) for 'held/w'"),
    ({"frequency/w": 1.5}, "expected a float from 0 to 1 for 'frequency/w'"),
    ({"frequencies/w": np.zeros(11, np.float32)}, "expected float16"),
    ({"elapsed/w": 2}, "fewer than 2 updates of a window"),
    ({"window/w": np.zeros(2)}, "expected no or 3 numbers"),
    ({"x": 1}, r"unknown \['x'\]"),
    ({"up/w": None}, r"missing \['up/w'\]"),
]


@pytest.mark.parametrize(("change", "message"), BAD_STATES)
def test_a_bad_state_is_refused_and_changes_nothing(change, message):
    tracker = made(frequencies=True, window=2)
    before = tracker.state_dict()
    state = {k: v for k, v in (before | change).items() if v is not None}
    with pytest.raises(ValueError, match=message):
        tracker.load_state_dict(state)
    same_state(tracker.state_dict(), before)


# What is refused.

W, C = np.ones(3), np.array([0, 1, 2])
TERNARY = pq.sets.Ternary()
BAD = [
    (
        (W, 3),
        {},
        TypeError,
        r"weights\['weights'\]: expected integer codes where levels is a number",
    ),
    ((C, TERNARY), {}, TypeError, "expected a real floating-point array"),
    ((C, 2), {}, ValueError, r"expected codes from 0 to 1, got 2"),
    ((C - 1, 3), {}, ValueError, r"expected codes from 0 to 2, got -1"),
    ((C, 257), {}, ValueError, "levels: expected an integer from 1 to 256, got 257"),
    ((C, 0), {}, ValueError, "levels: expected an integer from 1 to 256, got 0"),
    ((C, None), {}, TypeError, "levels: expected a set, a quantizer"),
    ((C, pq.sets.Ternary), {}, TypeError, "levels: expected a set, a quantizer"),
    ((W, {"w": 3}), {}, ValueError, r"levels: expected the names .*missing \['weights'\]"),
    ((W, pq.sets.UniformGrid(9, 0.0, 1.0)), {}, ValueError, "levels: expected at most 256"),
    ((C, 3), {"window": 5}, TypeError, "levels: expected a set or a quantizer"),
    ((C, 3), {"near": 0.1}, TypeError, "expected a real floating-point array"),
    ((W, pq.quantizers.AdaptiveTernary()), {"near": 0.1}, TypeError, "AdaptiveTernary"),
    ((W, TERNARY), {"momentum": 0.0001}, ValueError, "momentum: expected a number >= 0.001"),
    ((W, TERNARY), {"momentum": 2}, ValueError, "momentum: expected a number <= 1, got 2"),
    ((W, TERNARY), {"threshold": -1}, ValueError, "threshold: expected a number >= 0"),
    ((W, TERNARY), {"near": "x"}, TypeError, "near: expected a number, got 'x'"),
    ((W, TERNARY), {"window": 0}, ValueError, "window: expected an integer >= 1"),
    ((W, TERNARY), {"total": 3}, TypeError, "total: expected a function"),
    (({"all": W}, TERNARY), {}, ValueError, "none of them 'all'"),
    (({}, TERNARY), {}, ValueError, "at least one array"),
    (
        ({"w": torch.ones(2, 2).to_sparse()}, TERNARY),
        {},
        TypeError,
        r"a dense tensor, with numbers, for 'w', got one of layout torch\.sparse_coo on cpu",
    ),
    (
        ({"w": torch.ones(2, device="meta")}, TERNARY),
        {},
        TypeError,
        r"a dense tensor, with numbers, for 'w', got one of layout torch\.strided on meta",
    ),
    (([1.0], TERNARY), {}, TypeError, "expected an array, a mapping"),
    (({"x" * 9999: W}, 3), {}, TypeError, "expected integer codes"),
]


@pytest.mark.parametrize(("arguments", "options", "error", "message"), BAD)
def test_bad_input_is_refused_in_one_line(arguments, options, error, message):
    with pytest.raises(error, match=message) as caught:
        CodeTracker(*arguments, **options)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ("weights", "error"),
    [
        ({"v": W}, ValueError),
        ({"w": W}, ValueError),
        ({"w": np.zeros(11, int)}, TypeError),
        ({"w": np.zeros(11), "v": W}, ValueError),
        ({"w": [0.0] * 11}, TypeError),
    ],
)
def test_bad_weights_change_nothing(weights, error):
    tracker = made(frequencies=True, window=2)
    before = tracker.state_dict()
    with pytest.raises(error, match=r"weights"):
        tracker.update(weights)
    same_state(tracker.state_dict(), before)


def test_what_was_not_kept_cannot_be_asked_for():
    with pytest.raises(ValueError, match="made with frequencies=True"):
        made().frequencies("w")
    with pytest.raises(ValueError, match=r"name: expected one of \['w'\], got 'weights'"):
        made().codes()


def test_a_sum_of_another_kind_is_refused():
    tracker = CodeTracker(C, 3, total=lambda numbers: numbers.sum())
    with pytest.raises(ValueError, match="total: expected a function whose sum is int64"):
        tracker.update(C)


def test_weights_that_stay_are_updated_without_their_weights():
    start = np.array([[0.9, 0.1, -0.8], [0.2, -0.3, 0.7]])
    options = {"frequencies": True, "near": 0.5, "window": 2}
    one, other = (CodeTracker(start, pq.sets.Ternary(), **options) for _ in range(2))
    moved = -start
    for tracker in (one, other):
        tracker.update(moved)
    stayed, seen = one.stay()["weights"], other.update(moved)["weights"]
    assert dataclasses.replace(seen, near_threshold=0.0) == stayed
    assert stayed.flips == 0
    assert stayed.path_ratio == seen.path_ratio
    for key, value in one.state_dict().items():
        assert_array_equal(value, other.state_dict()[key])


@pytest.mark.parametrize("array", [np.asarray, torch.as_tensor])
@pytest.mark.parametrize(
    "levels",
    [
        pq.sets.Ternary(0.5),
        pq.sets.ScaledBinary(per="row"),
        pq.quantizers.AlternatingMultiBit(2, per="row"),
        pq.quantizers.AdaptiveTernary(per=3),
    ],
)
def test_codes_have_their_values_back(levels, array):
    from pqtheory.signs.codes import coded, quantized

    theta = array(np.random.default_rng(0).standard_normal((4, 6)).astype(np.float32))
    codes, values = coded(theta, levels)
    assert codes.shape == theta.shape
    assert_array_equal(codes, CodeTracker(theta, levels).codes())
    assert_array_equal(values(codes), quantized(theta, levels))


def test_metrics_are_frozen():
    metrics = made().update({"w": np.zeros(11)})["all"]
    assert isinstance(metrics, CodeMetrics)
    with pytest.raises(dataclasses.FrozenInstanceError):
        metrics.flips = 1.0
