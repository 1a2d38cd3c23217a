"""Simulation: what is recorded, reproducibility, the clear stop, the progress bar."""

import io
import pickle
from typing import Any

import numpy as np
import pytest
import rich.console
import torch

import pqtheory as pq
from pqtheory.methods import BinaryConnect, DualAveraging, ProxQuant
from pqtheory.problems import REGISTRY, LogisticRegression, Quadratic
from pqtheory.regularizers import DistanceL1
from pqtheory.schedules import Linear
from pqtheory.sets import Binary
from pqtheory.trajectory import FIELDS, Snapshot, Tracker

PROBLEM = Quadratic.random(dim=3, noise=0.5, seed=1)
START = np.random.default_rng(0).standard_normal((4, 3))
METHOD = ProxQuant(DistanceL1(Binary()), 0.1, Linear(0.05))


# recording


@pytest.mark.parametrize("stochastic", [False, True])
@pytest.mark.parametrize("method", [METHOD, BinaryConnect(0.1), DualAveraging(Binary(), 0.1)])
@pytest.mark.parametrize("record", ["last", 1, 3, 7, 10, 50])
def test_records_agree(record: Any, method: Any, stochastic: bool) -> None:
    everything = pq.simulate(method, PROBLEM, START, 10, stochastic=stochastic)
    some = pq.simulate(method, PROBLEM, START, 10, stochastic=stochastic, record=record)
    expected = {"last": [10], 1: range(11), 3: [0, 3, 6, 9, 10], 7: [0, 7, 10]}
    steps = list(expected.get(record, [0, 10]))
    assert some.steps.tolist() == steps
    for field in FIELDS:
        np.testing.assert_array_equal(getattr(some, field), getattr(everything, field)[steps])


def test_shapes_and_values() -> None:
    path = pq.simulate(METHOD, PROBLEM, START.reshape(2, 2, 3), 5)
    assert path.steps.tolist() == [0, 1, 2, 3, 4, 5]
    assert path.latent.shape == path.quantized.shape == path.gradients.shape == (6, 2, 2, 3)
    assert path.values.shape == (6, 2, 2)
    np.testing.assert_array_equal(path.latent[0].reshape(4, 3), START)
    np.testing.assert_array_equal(path.values, PROBLEM.value(path.latent))
    np.testing.assert_allclose(path.gradients, PROBLEM.gradient(path.latent))
    np.testing.assert_array_equal(path.quantized, np.where(path.latent >= 0, 1, -1))


@pytest.mark.parametrize("every", [2**63, 10**30])
def test_an_interval_longer_than_the_run(every: int) -> None:
    steps = pq.simulate(METHOD, PROBLEM, START, 3, record=every).steps
    assert steps.tolist() == [0, 3]
    assert steps.dtype.kind == "i"


def test_fields_may_be_a_generator() -> None:
    path = pq.simulate(METHOD, PROBLEM, START, 3, fields=(f for f in ("latent", "values")))
    assert path.latent.shape == (4, 4, 3)
    assert path.values.shape == (4, 4)


@pytest.mark.parametrize("record", ["all", "last", 4])
def test_no_steps(record: Any) -> None:
    path = pq.simulate(METHOD, PROBLEM, START, 0, record=record)
    assert path.steps.tolist() == [0]
    np.testing.assert_array_equal(path.latent, START[None])


@pytest.mark.parametrize("fields", [("latent",), ("values", "quantized"), ("gradients",), ()])
def test_fields(fields: tuple[str, ...]) -> None:
    whole = pq.simulate(METHOD, PROBLEM, START, 5)
    part = pq.simulate(METHOD, PROBLEM, START, 5, fields=fields)
    for field in FIELDS:
        if field in fields:
            np.testing.assert_array_equal(getattr(part, field), getattr(whole, field))
        else:
            with pytest.raises(ValueError, match=f"{field}: not recorded; ask simulate for fields"):
                getattr(part, field)


def test_the_start_is_left_alone_and_may_be_a_list() -> None:
    before = START.copy()
    pq.simulate(METHOD, PROBLEM, START, 5)
    np.testing.assert_array_equal(START, before)
    listed = pq.simulate(METHOD, PROBLEM, START.tolist(), 5)
    np.testing.assert_array_equal(listed.latent, pq.simulate(METHOD, PROBLEM, START, 5).latent)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_precision_stays(dtype: Any) -> None:
    path = pq.simulate(METHOD, PROBLEM, START.astype(dtype), 5, stochastic=True)
    assert {getattr(path, f).dtype for f in FIELDS} == {np.dtype(dtype)}


def test_torch_starts_that_require_a_gradient_are_detached() -> None:
    start = torch.asarray(START).requires_grad_()
    path = pq.simulate(METHOD, PROBLEM, start, 5, record=2)
    assert not path.latent.requires_grad
    assert start.requires_grad
    np.testing.assert_allclose(path.latent, pq.simulate(METHOD, PROBLEM, START, 5, record=2).latent)


# reproducibility


def test_a_seed_gives_the_same_run() -> None:
    def run(seed: Any, **options: Any) -> np.ndarray:
        return pq.simulate(METHOD, PROBLEM, START, 8, seed=seed, stochastic=True, **options).latent

    np.testing.assert_array_equal(run(3), run(3))
    np.testing.assert_array_equal(run(3), run(np.int64(3)))
    np.testing.assert_array_equal(run(3), run(np.random.SeedSequence(3)))
    np.testing.assert_array_equal(run([3, 1]), run([3, 1]))
    np.testing.assert_array_equal(run(3)[-1:], run(3, record="last", fields=("latent",)))
    assert (run(3)[1] != run(4)[1]).all()
    generator = np.random.default_rng(3)
    assert (run(generator)[1] != run(generator)[1]).all()  # it moves on


def test_stochastic_gradients_against_a_plain_loop() -> None:
    problem = LogisticRegression.random(4, 12, l2=0.01, batch_size=4)
    start = np.random.default_rng(5).standard_normal((3, 4))
    given = np.random.default_rng(9)
    path = pq.simulate(BinaryConnect(0.2), problem, start, 6, seed=given, stochastic=True)
    rng, theta = np.random.default_rng(9), start.copy()
    for t in range(6):
        gradient = problem.stochastic_gradient(np.where(theta >= 0, 1.0, -1.0), rng)
        np.testing.assert_array_equal(path.gradients[t], gradient)
        theta = theta - 0.2 * gradient
        np.testing.assert_allclose(path.latent[t + 1], theta, rtol=1e-14)


@pytest.mark.parametrize("name", REGISTRY)
def test_the_noise_of_a_start_does_not_depend_on_how_many_there_are(name: str) -> None:
    problem, method = REGISTRY[name](), BinaryConnect(0.01)
    starts = np.random.default_rng(0).standard_normal((3, 2, problem.dim))
    few, many = (
        pq.simulate(method, problem, starts[:n], 9, seed=5, stochastic=True) for n in (2, 3)
    )
    np.testing.assert_array_equal(few.latent, many.latent[:, :2])
    np.testing.assert_array_equal(few.gradients, many.gradients[:, :2])
    alone = pq.simulate(method, problem, starts[0, 0], 9, seed=5, stochastic=True)
    np.testing.assert_array_equal(alone.latent, many.latent[:, 0, 0])
    # two steps, and two starts, draw differently
    noise = few.gradients - problem.gradient(few.quantized)
    if name != "matrix-factorisation":
        assert (noise[0] != noise[1]).any()
    assert (noise[:, 0] != noise[:, 1]).any()


def test_an_older_generator_of_numpys_is_one_too() -> None:
    runs = [
        pq.simulate(METHOD, PROBLEM, START, 3, seed=make(7), stochastic=True).latent
        for make in (np.random.RandomState, lambda seed: np.random.RandomState(seed)._bit_generator)
    ]
    np.testing.assert_array_equal(*runs)


def test_chained_runs_on_one_generator_are_one_run() -> None:
    def run(start: Any, steps: int, rng: np.random.Generator) -> np.ndarray:
        path = pq.simulate(
            BinaryConnect(0.1), PROBLEM, start, steps, seed=rng, stochastic=True, fields=("latent",)
        )
        return path.latent[-1]

    rng = np.random.default_rng(3)
    np.testing.assert_array_equal(
        run(run(START, 4, rng), 4, rng), run(START, 8, np.random.default_rng(3))
    )


# a function or a tracker


def test_a_function_reduces_while_it_runs() -> None:
    whole = pq.simulate(METHOD, PROBLEM, START, 10)
    seen: list[int] = []

    def least(snapshot: Snapshot) -> float:
        seen.append(snapshot.step)
        return float(snapshot.values.min())

    run = pq.simulate(METHOD, PROBLEM, START, 10, record=least)
    assert seen == [*range(11)]
    assert run.reduced == whole.values.min(axis=1).tolist()
    assert run.steps.tolist() == [10]
    for field in FIELDS:
        np.testing.assert_array_equal(getattr(run, field)[0], getattr(whole, field)[-1])
    # what returns nothing leaves nothing, and sees what it asked for alone
    shown: list[Any] = []
    run = pq.simulate(METHOD, PROBLEM, START, 10, record=shown.append, fields=("latent",))
    assert run.reduced == []
    np.testing.assert_array_equal([s.latent for s in shown], whole.latent)
    with pytest.raises(ValueError, match="values: not recorded; ask simulate for fields"):
        shown[0].values  # noqa: B018


class Everything(Tracker):
    """Looks at one field of every step."""

    def __init__(self, field: str) -> None:
        self.fields = (field,)  # type: ignore[misc]
        self.seen: list[Any] = []

    def update(self, snapshot: Snapshot) -> None:
        self.seen.append(getattr(snapshot, self.fields[0]))
        assert snapshot.step == len(self.seen) - 1


@pytest.mark.parametrize("stochastic", [False, True])
@pytest.mark.parametrize("kept", [FIELDS, ("gradients",), ()])
@pytest.mark.parametrize("field", FIELDS)
def test_a_tracker_sees_its_fields_at_every_step(
    field: str, kept: tuple[str, ...], stochastic: bool
) -> None:
    whole = pq.simulate(METHOD, PROBLEM, START, 6, stochastic=stochastic)
    tracker = Everything(field)
    run = pq.simulate(METHOD, PROBLEM, START, 6, record=tracker, fields=kept, stochastic=stochastic)
    np.testing.assert_array_equal(tracker.seen, getattr(whole, field))
    for name in kept:
        np.testing.assert_array_equal(getattr(run, name)[0], getattr(whole, name)[-1])


# starts that do not stay finite


STEEP = Quadratic(np.diag([4.0, 1.0]), np.zeros(2))
#: each step multiplies the first coordinate by about -4e60 and keeps 0
EXPLODING = ProxQuant(DistanceL1(Binary()), 1e60, 0.0)


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_a_bad_start_does_not_ruin_the_batch(backend: str) -> None:
    start = np.array([[[0.0, 0.0], [0.5, 0.0]], [[np.nan, 0.0], [0.0, 0.0]]])
    given = torch.asarray(start) if backend == "torch" else start
    path = pq.simulate(EXPLODING, STEEP, given, 9, on_nonfinite="mask")
    assert path.diverged.tolist() == [[-1, 6], [0, -1]]
    alone = pq.simulate(EXPLODING, STEEP, start[0, 0], 9)
    assert alone.diverged is None
    for field in FIELDS:
        records = np.asarray(getattr(path, field))
        np.testing.assert_array_equal(records[:, 0, 0], getattr(alone, field))
        assert np.isnan(records[:, 1, 0]).all()
        assert np.isnan(records[6:, 0, 1]).all()
        if field != "values":  # which overflow before
            assert np.isfinite(records[:6, 0, 1]).all()


@pytest.mark.parametrize("method", [EXPLODING, BinaryConnect(0.1), DualAveraging(Binary(), 0.1)])
def test_masked_runs_are_the_others_paths(method: Any) -> None:
    starts = np.random.default_rng(0).standard_normal((5, 2))
    starts[[1, 3], 0] = np.nan, np.inf
    starts[[0, 2, 4]] = 0.0
    path = pq.simulate(method, STEEP, starts, 12, on_nonfinite="mask")
    assert (path.diverged >= 0).tolist() == [False, True, False, True, False]
    others = pq.simulate(method, STEEP, starts[::2], 12)
    for field in FIELDS:
        np.testing.assert_array_equal(getattr(path, field)[:, ::2], getattr(others, field))
        assert np.isnan(getattr(path, field)[-1, 1::2]).all()


def test_trackers_see_masked_starts_as_nan() -> None:
    tracker = Everything("quantized")
    start = np.array([[0.5, 0.0], [0.0, 0.0]])
    path = pq.simulate(EXPLODING, STEEP, start, 9, record=tracker, on_nonfinite="mask")
    assert path.diverged.tolist() == [6, -1]
    gone = np.isnan(tracker.seen).all(axis=-1)
    assert gone.tolist() == [[step >= 6, False] for step in range(10)]


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_masked_records_keep_their_precision(dtype: Any) -> None:
    start = np.array([[np.nan, 0.0], [0.0, 0.0]], dtype=dtype)
    seen: list[Any] = []

    def look(snapshot: Snapshot) -> None:
        seen.extend((snapshot.latent.dtype, snapshot.values.dtype))

    pq.simulate(BinaryConnect(0.1), STEEP, start, 2, record=look, on_nonfinite="mask")
    assert set(seen) == {np.dtype(dtype)}


def test_without_bad_starts_masking_changes_nothing() -> None:
    plain = pq.simulate(METHOD, PROBLEM, START, 8)
    masking = pq.simulate(METHOD, PROBLEM, START, 8, on_nonfinite="mask")
    assert masking.diverged.tolist() == [-1] * 4
    for field in FIELDS:
        np.testing.assert_array_equal(getattr(masking, field), getattr(plain, field))


def test_the_error_names_the_starts() -> None:
    start = np.zeros((3, 40, 2))
    start[1, 7:] = 0.5
    start[2, 0] = 0.5
    with pytest.raises(pq.NonFiniteError) as caught:
        pq.simulate(EXPLODING, STEEP, start, 9)
    message = str(caught.value)
    assert message.startswith("the latent weights of 34 of 120 starts are not finite after step 6")
    assert message.endswith("starts (1, 7), (1, 8), (1, 9), (1, 10), (1, 11), ...")
    assert len(message) < 300
    assert caught.value.starts.tolist() == [[1, i] for i in range(7, 40)] + [[2, 0]]
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (str(copy), copy.step, len(copy.starts)) == (message, 6, 34)
    assert pq.NonFiniteError("").starts.shape == (0, 0)
    with pytest.raises(pq.NonFiniteError, match=r"of 5 of 5 starts .*: starts 0, 1, 2, 3, 4$"):
        pq.simulate(EXPLODING, STEEP, np.full((5, 2), 0.5), 9)
    with pytest.raises(pq.NonFiniteError, match=r"of 1 of 40 starts .*: starts 3$"):
        pq.simulate(EXPLODING, STEEP, np.eye(40)[3][:, None] * np.ones(2), 9)


# the clear stop


def test_a_diverging_run_names_the_step() -> None:
    steep = Quadratic([[4.0]], [0.0])
    method = ProxQuant(DistanceL1(Binary()), 1e60, 0.0)  # each step multiplies by about -4e60
    message = r"not finite after step 6 of ProxQuant"
    # no warning comes first, though warnings are errors here
    with pytest.raises(pq.NonFiniteError, match=message) as caught:
        pq.simulate(method, steep, np.array([[0.5], [0.0]]), 50)
    assert caught.value.step == 6
    assert isinstance(caught.value, ArithmeticError)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_start_that_is_not_finite(bad: float) -> None:
    for start in (np.array([0.0, bad, 0.0]), torch.tensor([0.0, bad, 0.0])):
        with pytest.raises(pq.NonFiniteError, match="after step 0") as caught:
            pq.simulate(METHOD, PROBLEM, start, 3)
        assert caught.value.step == 0


def test_values_may_overflow_where_the_weights_do_not() -> None:
    path = pq.simulate(METHOD, Quadratic(np.eye(1), [0.0]), np.array([1e200]), 1)
    assert np.isinf(path.values).all()
    with pytest.warns(RuntimeWarning, match="overflow"):
        np.float64(1e200) * np.float64(1e200)  # the caller's own settings are as before


def test_a_sum_that_overflows_is_no_divergence() -> None:
    flat = Quadratic(np.zeros((2, 2)), np.ones(2))
    start = np.array([1.7e308, 1.7e308])
    path = pq.simulate(BinaryConnect(0.1), flat, start, 3)
    np.testing.assert_array_equal(path.latent[-1], start)


# wrong arguments


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"steps": -1}, ValueError, "steps: expected an integer >= 0, got -1"),
        ({"steps": 2.0}, TypeError, "steps: expected an integer, got 2.0"),
        (
            {"theta0": np.ones((2, 4))},
            ValueError,
            r"theta0: expected shape \(..., 3\), got \(2, 4\)",
        ),
        ({"theta0": np.float64(1)}, ValueError, r"theta0: expected shape \(..., 3\), got \(\)"),
        ({"theta0": np.arange(3)}, TypeError, "theta0: expected a real floating-point array"),
        ({"theta0": np.ones(3) * 1j}, TypeError, "theta0: expected a real floating-point array"),
        ({"method": METHOD.map}, TypeError, "method: expected a method, got"),
        ({"method": BinaryConnect}, TypeError, "method: expected a method, got <class"),
        ({"problem": DistanceL1(Binary())}, TypeError, "problem: expected a problem, got Distance"),
        ({"record": "none"}, ValueError, "record: expected 'all', 'last' or an integer >= 1"),
        ({"record": 0}, ValueError, "record: expected an integer >= 1, got 0"),
        ({"record": 2.5}, TypeError, "record: expected an integer, got 2.5"),
        ({"fields": ("latent", "loss")}, ValueError, "fields: expected names out of .* got .*loss"),
        ({"record": "none"}, ValueError, "a function or a Tracker, got 'none'"),
        ({"record": Everything}, TypeError, "record: expected an integer, got <class"),
        ({"record": None}, TypeError, "record: expected an integer, got None"),
        ({"on_nonfinite": "skip"}, ValueError, "on_nonfinite: expected 'raise' or 'mask', got"),
        ({"fields": "latent"}, ValueError, "fields: expected names out of .* got 'latent'"),
        ({"fields": None}, ValueError, "fields: expected names out of .* got None"),
        ({"seed": "a"}, TypeError, "seed: expected integers >= 0 or a generator .* got 'a'"),
        ({"seed": -1}, ValueError, "seed: expected integers >= 0 or a generator .* got -1"),
    ],
)
def test_wrong_arguments(changes: Any, error: type[Exception], message: str) -> None:
    arguments = {"method": METHOD, "problem": PROBLEM, "theta0": START, "steps": 3, **changes}
    with pytest.raises(error, match=message):
        pq.simulate(**arguments)


# the progress bar


@pytest.mark.parametrize("progress", [None, False])
def test_no_bar_without_a_terminal(progress: Any, capfd: pytest.CaptureFixture[str]) -> None:
    pq.simulate(METHOD, PROBLEM, START, 130, progress=progress)
    captured = capfd.readouterr()
    assert captured.out == captured.err == ""


def test_a_bar_that_is_asked_for_shows_without_a_terminal(
    capfd: pytest.CaptureFixture[str],
) -> None:
    pq.simulate(METHOD, PROBLEM, START, 130, progress=True)
    captured = capfd.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("simulating")
    assert "100%" in captured.err
    assert captured.err.count("\n") == 1


def test_a_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    terminal = rich.console.Console(file=screen, force_terminal=True, width=80)
    monkeypatch.setattr(rich.console, "Console", lambda **_: terminal)
    shown = pq.simulate(METHOD, PROBLEM, START, 130, progress=True)
    assert "simulating" in screen.getvalue()
    silent = pq.simulate(METHOD, PROBLEM, START, 130, progress=False)
    np.testing.assert_array_equal(shown.latent, silent.latent)
    # a short run shows none unless asked to
    screen.truncate(0)
    pq.simulate(METHOD, PROBLEM, START, 130)
    assert "simulating" not in screen.getvalue()
