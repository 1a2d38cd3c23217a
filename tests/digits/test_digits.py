"""The digits run at a tiny size, its summary and its tuning rule."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from experiments.digits import choose, compare, tune
from pqtheory import signs
from pqtheory.digits import (
    METHODS,
    DigitsResult,
    DigitsSettings,
    MethodCurves,
    held_out,
    run_digits,
    training,
    warm_start,
)
from pqtheory.methods import BinaryConnect, ProxQuant
from pqtheory.problems import DigitsSplit, TanhNetwork, digits_split
from pqtheory.provenance import data_hash
from pqtheory.regularizers import DistanceL1
from pqtheory.schedules import Linear
from pqtheory.sets import Binary

TINY = DigitsSettings(hidden=6, warm_epochs=2, epochs=3, seeds=2, batch_size=200, rate=1e-3)
RESULTS = Path(__file__).parents[2] / "experiments" / "results"


@pytest.fixture(scope="module")
def data():
    return digits_split()


@pytest.fixture(scope="module")
def result(data):
    return run_digits(TINY, data)


def network(data, settings=TINY):
    return TanhNetwork(
        *data.train, hidden=settings.hidden, gain=settings.gain, batch_size=settings.batch_size
    )


def straight_run(name, data):
    """The whole run of one method in one plain loop."""
    problem = network(data)
    start = np.repeat(warm_start(TINY, problem)[None], TINY.seeds, axis=0)
    method = {
        "full precision": ProxQuant(DistanceL1(Binary()), TINY.step_size, 0.0, clip=1.0),
        "BinaryConnect": BinaryConnect(TINY.step_size, clip=1.0),
        "ProxQuant": ProxQuant(DistanceL1(Binary()), TINY.step_size, Linear(TINY.rate), clip=1.0),
    }[name]
    per_epoch = problem.samples // TINY.batch_size
    state, path = method.init(start), [start]
    for epoch in range(TINY.epochs):
        rng = np.random.default_rng([TINY.seed, 3, epoch])
        for _ in range(per_epoch):
            state = method.step(state, problem.stochastic_gradient(method.query(state), rng))
            path.append(state.latent)
    return problem, per_epoch, np.array(path)


@pytest.mark.parametrize("name", METHODS)
def test_the_curves_are_those_of_one_plain_loop(name, data, result):
    problem, per_epoch, path = straight_run(name, data)
    curves = result.curves[name]
    ends = path[::per_epoch]
    levels = np.where(ends >= 0, 1.0, -1.0).astype(ends.dtype)
    X, y = data.test
    np.testing.assert_allclose(curves.latent_error, problem.error(ends, X, y))
    np.testing.assert_allclose(curves.quantized_error, problem.error(levels, X, y))
    np.testing.assert_allclose(curves.quantization_error, abs(ends - levels).mean(-1), rtol=1e-4)
    for layer, part in {**problem.layers, "all": slice(None)}.items():
        weights = path[..., part]
        by_epoch = (TINY.epochs, per_epoch, TINY.seeds)
        flips = signs.flips_per_step(weights)[1:].reshape(by_epoch).mean(axis=1)
        back = signs.reversals(np.where(weights >= 0, 1.0, -1.0))[1:].reshape(by_epoch).mean(axis=1)
        changed = signs.change_from_start(weights)[::per_epoch]
        np.testing.assert_allclose(curves.signs[layer]["change_from_start"], changed)
        np.testing.assert_allclose(curves.signs[layer]["flips"][1:], flips)
        np.testing.assert_allclose(curves.signs[layer]["reversals"][1:], back)
    assert (curves.signs["all"]["flips"][1:] > 0).any()


def test_all_methods_leave_from_one_full_precision_point_in_the_box(data, result):
    start = warm_start(TINY, network(data))
    assert start.dtype == np.float32
    assert abs(start).max() <= 1.0
    assert len(np.unique(abs(start))) > 100
    first = {
        n: (c.latent_error[0].tolist(), c.quantized_error[0].tolist())
        for n, c in result.curves.items()
    }
    assert first["BinaryConnect"] == first["ProxQuant"] == first["full precision"]
    for curves in result.curves.values():
        assert curves.latent_error.shape == (TINY.epochs + 1, TINY.seeds)
        assert np.ptp(curves.latent_error[0]) == 0.0
        assert np.ptp(curves.quantization_error[-1]) > 0.0


def test_the_warm_start_is_one_plain_loop_from_clipped_numbers(data):
    settings = replace(TINY, init_scale=3.0)
    problem = network(data)
    rng = np.random.default_rng([settings.seed, 1, 0])
    wide = settings.init_scale * rng.standard_normal(problem.dim)
    method = ProxQuant(DistanceL1(Binary()), settings.warm_step_size, 0.0, clip=1.0)
    state = method.init(np.clip(wide, -1.0, 1.0).astype(np.float32))
    for epoch in range(settings.warm_epochs):
        rng = np.random.default_rng([settings.seed, 2, epoch])
        for _ in range(problem.samples // settings.batch_size):
            state = method.step(state, problem.stochastic_gradient(method.query(state), rng))
    np.testing.assert_allclose(warm_start(settings, problem), state.latent, rtol=1e-6)


def test_ten_classes_whichever_digits_are_trained_on(data, monkeypatch):
    X, y = data.train
    made = []
    monkeypatch.setattr(
        training, "TanhNetwork", lambda *a, **k: made.append(TanhNetwork(*a, **k)) or made[0]
    )
    few = replace(data, train=(X[y < 5], y[y < 5]))
    run_digits(replace(TINY, warm_epochs=1, epochs=1), few, methods=("BinaryConnect",))
    assert made[0].dim == network(data).dim


def test_same_seed_same_run_other_seed_another(data, result):
    again = run_digits(TINY, data, methods=("ProxQuant",))
    other = run_digits(replace(TINY, seed=1), data, methods=("ProxQuant",))
    mine = result.curves["ProxQuant"].quantization_error
    np.testing.assert_array_equal(again.curves["ProxQuant"].quantization_error, mine)
    assert not np.array_equal(other.curves["ProxQuant"].quantization_error, mine)


def test_a_large_rate_quantizes(data):
    strong = run_digits(replace(TINY, rate=1.0), data, methods=("ProxQuant",)).curves["ProxQuant"]
    assert strong.quantization_error[-1].max() < 0.02 < strong.quantization_error[0].min()


def replace_epochs(result, epochs):
    return replace(result, settings=replace(result.settings, epochs=epochs))


def test_summary_is_mean_and_sample_deviation_of_the_last_epoch(result):
    for name, curves in result.curves.items():
        figures = result.summary()[name]
        last = curves.quantized_error[-1]
        assert figures["quantized_error"] == pytest.approx(
            (last.mean(), abs(last[0] - last[1]) / 2**0.5)
        )
        late = replace_epochs(result, 30).summary()[name]["late_quantized_error"][0]
        assert late == pytest.approx(curves.quantized_error[-3:].mean())
        assert figures["flips"][0] == pytest.approx(curves.signs["all"]["flips"][-1].mean())
    stored = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert stored["summary"]["ProxQuant"]["quantized_error"]["mean"] == pytest.approx(
        result.summary()["ProxQuant"]["quantized_error"][0]
    )
    assert list(stored["curves"]) == list(METHODS)


def curves_of(start):
    """Curves whose numbers are all different, and simple."""
    places = iter(range(100))
    epochs = np.arange(21)[:, None] + np.array([0, 2])

    def one():
        return start + 100 * next(places) + epochs

    signs_ = {
        layer: {name: one() for name in ("change_from_start", "flips", "reversals")}
        for layer in ("W_1", "all")
    }
    return MethodCurves(one() + 0.0000049, one(), one(), signs_)


def test_the_whole_summary_and_the_whole_of_the_plain_data():
    settings = replace(TINY, epochs=20)
    result = DigitsResult(settings, {"a": curves_of(0), "b": curves_of(7000)})
    spread = 2**0.5
    # the last epoch of the two seeds is 20 and 22, the last two together 19.5 and 21.5
    assert result.summary()["a"] == {
        "latent_error": pytest.approx((621.0000049, spread)),
        "quantized_error": pytest.approx((721, spread)),
        "late_quantized_error": pytest.approx((720.5, spread)),
        "quantization_error": pytest.approx((821, spread)),
        "change_from_start": pytest.approx((321, spread)),
        "flips": pytest.approx((420.5, spread)),
        "reversals": pytest.approx((520.5, spread)),
    }
    plain = result.to_dict()
    assert plain == {
        "settings": asdict(settings),
        "summary": {
            name: {
                figure: {"mean": mean, "std": std}
                for figure, (mean, std) in result.summary()[name].items()
            }
            for name in ("a", "b")
        },
        "curves": {
            name: {
                "latent_error": np.round(curves.latent_error).tolist(),
                "quantized_error": curves.quantized_error.tolist(),
                "quantization_error": curves.quantization_error.tolist(),
                "signs": {
                    layer: {metric: values.tolist() for metric, values in metrics.items()}
                    for layer, metrics in curves.signs.items()
                },
            }
            for name, curves in result.curves.items()
        },
    }
    assert result.epochs.tolist() == list(range(21))


def test_one_seed_has_no_spread(data):
    result = run_digits(replace(TINY, seeds=1, epochs=1), data, methods=("ProxQuant",))
    assert {std for _, std in result.summary()["ProxQuant"].values()} == {0.0}
    assert result.epochs.tolist() == [0, 1]


def test_progress_counts_every_epoch(data):
    seen = []
    run_digits(TINY, data, methods=("BinaryConnect",), on_epoch=lambda *done: seen.append(done))
    total = TINY.warm_epochs + TINY.epochs
    assert seen == [(i + 1, total) for i in range(total)]


def test_held_out_digits_come_from_the_training_part_only(data):
    inner = held_out(data)
    whole = {row.tobytes() for row in data.train[0]}
    assert len(inner.train[1]) + len(inner.test[1]) == len(data.train[1])
    assert {row.tobytes() for row in np.concatenate([inner.train[0], inner.test[0]])} == whole
    assert 0.2 < len(inner.test[1]) / len(data.train[1]) < 0.3


def test_a_quarter_is_held_out_by_default_and_always_the_same():
    X = np.arange(10.0)[:, None]
    split = DigitsSplit((X, np.arange(10)), (X, np.arange(10)))
    order = np.random.default_rng(0).permutation(10)
    inner = held_out(split)
    for (points, labels), there in ((inner.test, order[:2]), (inner.train, order[2:])):
        assert labels.tolist() == there.tolist()
        assert points[:, 0].tolist() == there.tolist()
    other = held_out(split, 0.5, 1)
    assert other.test[1].tolist() == np.random.default_rng(1).permutation(10)[:5].tolist()


def test_a_run_without_settings_has_the_default_ones(data, monkeypatch):
    monkeypatch.setattr(training, "DigitsSettings", lambda: TINY)
    monkeypatch.setattr(training, "digits_split", lambda: data)
    found = run_digits(methods=("ProxQuant",))
    again = run_digits(TINY, data, methods=("ProxQuant",))
    assert found.settings is TINY
    assert found.to_dict() == again.to_dict()


def test_no_bar_beside_the_count_of_epochs(data, monkeypatch):
    asked = []
    true = training.simulate
    monkeypatch.setattr(training, "simulate", lambda *a, **o: asked.append(o) or true(*a, **o))
    run_digits(replace(TINY, epochs=1), data, methods=("ProxQuant",))
    assert {options["progress"] for options in asked} == {False}
    assert {options["fields"] for options in asked} == {("latent",)}
    assert [options["record"] for options in asked] == ["last", "last", "all"]


@pytest.mark.parametrize("name", ["hidden", "batch_size", "warm_epochs", "epochs", "seeds"])
def test_counts_of_the_settings(name):
    assert getattr(replace(TINY, **{name: np.int64(1)}), name) == 1
    assert type(getattr(replace(TINY, **{name: np.int64(1)}), name)) is int
    with pytest.raises(ValueError, match=rf"^{name}: expected an integer >= 1, got 0$"):
        replace(TINY, **{name: 0})


@pytest.mark.parametrize("name", ["gain", "init_scale", "warm_step_size", "step_size", "rate"])
def test_numbers_of_the_settings(name):
    assert type(getattr(replace(TINY, **{name: np.float32(0.5)}), name)) is float
    least = "number >= 0" if name == "rate" else "number > 0"
    for bad in (-1.0, float("inf"), float("nan"), *(() if name == "rate" else (0.0,))):
        with pytest.raises(ValueError, match=rf"^{name}: expected a finite {least}, got {bad}$"):
            replace(TINY, **{name: bad})
    assert replace(TINY, rate=0, seed=0).rate == 0
    with pytest.raises(ValueError, match=r"^seed: expected an integer >= 0, got -1$"):
        replace(TINY, seed=-1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seeds": 0}, "seeds: expected an integer >= 1, got 0"),
        ({"step_size": 0.0}, "step_size: expected a finite number > 0"),
        ({"rate": -1.0}, "rate: expected a finite number >= 0"),
        ({"epochs": 0}, "epochs: "),
        ({"seed": -1}, "seed: "),
    ],
)
def test_settings_out_of_range(change, message):
    with pytest.raises(ValueError, match=message):
        replace(TINY, **change)


def test_unknown_method():
    with pytest.raises(ValueError, match=r"^methods: expected ") as refused:
        run_digits(TINY, methods=("ProxQuant", "Adam", "other"))
    assert str(refused.value) == f"methods: expected names out of {METHODS}, got 'Adam'"


def row(method, step_size, rate, error, distance=0.0):
    return {
        "method": method,
        "step_size": step_size,
        "rate": rate,
        "validation_error": error,
        "quantization_error": distance,
    }


def test_the_common_step_size_has_the_smallest_sum_and_rates_must_quantize():
    grid = [
        row("BinaryConnect", 1.0, None, 0.02),
        row("ProxQuant", 1.0, 0.1, 0.01, distance=0.5),
        row("ProxQuant", 1.0, 0.2, 0.09),
        row("BinaryConnect", 2.0, None, 0.03),
        row("ProxQuant", 2.0, 0.1, 0.04),
        row("ProxQuant", 2.0, 0.2, 0.05),
        row("BinaryConnect", 3.0, None, 0.09),
        row("ProxQuant", 3.0, 0.1, 0.03),
    ]
    assert choose(grid) == {
        "common": {"step_size": 2.0, "rate": 0.1},
        "BinaryConnect": {"step_size": 1.0},
        "ProxQuant": {"step_size": 3.0, "rate": 0.1},
    }
    with pytest.raises(ValueError, match="rates: no rate of the grid quantizes"):
        choose(grid[:2])


def test_tune_and_compare_at_a_tiny_size(data):
    tuned = tune(replace(TINY, epochs=1), data, step_sizes=(1.0, 2.0), rates=(1.0,), seeds=(1,))
    assert len(tuned["grid"]) == 4
    assert {r["rate"] for r in tuned["grid"] if r["method"] == "BinaryConnect"} == {None}
    compared = compare(replace(TINY, epochs=1), data, tuned["chosen"])
    assert set(compared["summary"]) == set(METHODS)
    assert set(compared["each_at_its_own_best"]) == {"BinaryConnect", "ProxQuant"}


def test_stored_results_are_those_of_the_settings_that_ship():
    tuning = json.loads((RESULTS / "digits_tuning.json").read_text())
    stored = json.loads((RESULTS / "digits.json").read_text())
    default = DigitsSettings()
    assert choose(tuning["grid"]) == tuning["chosen"]
    assert tuning["chosen"]["common"] == {"step_size": default.step_size, "rate": default.rate}
    assert stored["settings"]["step_size"] == default.step_size
    assert stored["settings"]["rate"] == default.rate
    assert stored["summary"]["ProxQuant"]["quantization_error"]["mean"] < 0.01
    # what the report says of BinaryConnect's own best step size
    alone, together = (
        stored["each_at_its_own_best"]["BinaryConnect"],
        stored["summary"]["BinaryConnect"],
    )
    assert alone["step_size"] < default.step_size
    for figure in ("quantized_error", "late_quantized_error", "flips"):
        assert alone[figure]["mean"] < together[figure]["mean"]
    for file in (tuning, stored):
        assert file["provenance"]["command"].startswith("python -m experiments.digits")
        assert file["provenance"]["data_sha256"] == provenance_of_digits()


def provenance_of_digits():
    (X, y), (X_test, y_test) = digits_split().train, digits_split().test
    return data_hash({"X": X, "y": y, "X_test": X_test, "y_test": y_test})
