"""Sign changes of one's own simulations: whatever holds them, whatever their methods' names are spelled."""

import itertools

import numpy as np
import pytest
import torch

import pqtheory as pq
from pqtheory.plotting import description, flips
from pqtheory.plotting.looks import SEQUENCE, method_colour, method_of

W = pq.regularizers.DistanceL1(pq.sets.Binary())
PROBLEM = pq.problems.Quadratic.random(dim=5, condition=10.0, seed=0)
STARTS = np.random.default_rng(0).normal(size=(7, 5))
METHOD = pq.methods.BinaryConnect(0.1)


def simulated(steps=30, **options):
    return pq.simulate(METHOD, PROBLEM, STARTS, steps, **options)


def lines(figure):
    (axes,) = figure.axes
    return {line.get_label(): line for line in axes.get_lines()}


@pytest.mark.parametrize(
    ("metric", "series"),
    [
        ("flips", pq.signs.flips_per_step),
        ("change_from_start", pq.signs.change_from_start),
        ("reversals", lambda latent: pq.signs.reversals(np.where(latent >= 0, 1.0, -1.0))),
    ],
)
def test_mean_and_band_over_the_starts_from_step_0(metric, series):
    run = simulated()
    figure = flips({"BinaryConnect": run}, metric)
    (axes,) = figure.axes
    expected = 100 * series(run.latent)
    assert expected.max() > 0
    line = lines(figure)["BinaryConnect"]
    np.testing.assert_array_equal(line.get_xdata(), np.arange(31))
    np.testing.assert_allclose(line.get_ydata(), expected.mean(axis=1))
    assert axes.get_xlim() == (0, 30)
    (band,) = axes.collections
    corners = band.get_paths()[0].vertices
    for step in (5, 30):
        found = corners[corners[:, 0] == step][:, 1]
        half = expected[step].std(ddof=1)
        middle = expected[step].mean()
        np.testing.assert_allclose([found.min(), found.max()], [middle - half, middle + half])


def test_every_holder_of_the_same_run_is_the_same_line(tmp_path):
    run, signs = simulated(), pq.signs.PathSigns()
    simulated(record=signs, fields=())
    run.save(tmp_path / "run.npz")
    np.save(tmp_path / "run.npy", run.latent)
    holders = {
        "trajectory": run,
        "array": run.latent,
        "list": run.latent.tolist(),
        "tensor": torch.tensor(run.latent, requires_grad=True),
        "signs as integers": np.where(run.latent >= 0, 1, -1),
        "latent alone": simulated(fields=("latent",)),
        "quantized alone": simulated(fields=("quantized",)),
        "recorder": signs,
        "file": tmp_path / "run.npz",
        "file's name": str(tmp_path / "run.npz"),
        "array's file": tmp_path / "run.npy",
        "each start as a run": [run.latent[:, i : i + 1] for i in range(len(STARTS))],
        "files": [tmp_path / "run.npz"],
    }
    for metric in ("flips", "change_from_start", "reversals"):
        drawn = [line.get_ydata() for line in lines(flips(holders, metric)).values()]
        assert len(drawn) == len(holders)
        for other in drawn[1:]:
            np.testing.assert_allclose(other, drawn[0], atol=1e-12)


def test_one_start_has_no_band_and_every_kth_step_stands_where_it_was():
    alone = pq.simulate(METHOD, PROBLEM, STARTS[0], 20)
    assert not list(flips({"a": alone}).axes[0].collections)
    sparse = simulated(record=7)
    line = lines(flips({"a": sparse}))["a"]
    np.testing.assert_array_equal(line.get_xdata(), [0, 7, 14, 21, 28, 30])
    exact = pq.simulate(
        pq.methods.BinaryConnect(pq.schedules.Constant(1)), PROBLEM, np.ones((2, 5)), 3
    )
    assert lines(flips({"a": exact}))


@pytest.mark.parametrize(
    ("name", "method"),
    [
        *itertools.product(
            (
                "BinaryConnect",
                "binaryconnect",
                "binary_connect",
                "binary-connect",
                "Binary Connect",
                "BINARYCONNECT",
                "BC",
                "bc",
                "BinaryConnect, eta = 0.1",
                "bc (seed 3)",
                "binary connect eta=0.1",
            ),
            ("binaryconnect",),
        ),
        *itertools.product(
            ("ProxQuant", "proxquant", "prox_quant", "Prox-Quant", "PQ", "pq: lambda 1"),
            ("proxquant",),
        ),
        ("BinaryRelax", "binaryrelax"),
        ("lazy prox", "lazyprox"),
        ("dual_averaging", "dualaveraging"),
    ],
)
def test_a_method_has_its_colour_however_its_name_is_spelled_and_wherever_it_stands(name, method):
    run = simulated(5)
    for names in ([name, "mine", "other"], ["other", "mine", name]):
        drawn = lines(flips(dict.fromkeys(names, run)))
        assert drawn[name].get_color() == method_colour(method)
        colours = [line.get_color() for line in drawn.values()]
        assert len(set(colours)) == 3


def test_names_of_one_method_share_its_colour_and_differ_in_their_dashes():
    names = ["BC", "ProxQuant", "binary_connect", "BinaryConnect, eta = 1"]
    drawn = lines(flips(dict.fromkeys(names, simulated(5))))
    same = [drawn[n] for n in names if n != "ProxQuant"]
    assert {line.get_color() for line in same} == {method_colour("BinaryConnect")}
    assert len({str(line._dash_pattern) for line in same}) == 3
    assert drawn["ProxQuant"].get_color() == method_colour("ProxQuant")


@pytest.mark.parametrize("name", ["mine", "prox", "binary", "abc", "", "1", "relaxed", "bcd"])
def test_other_names_are_no_method(name):
    assert method_of(name) is None
    line = lines(flips({"BC": simulated(2), name or "x": simulated(2)}))[name or "x"]
    assert line.get_color() in SEQUENCE


def test_it_says_what_is_seen_in_numbers():
    run = simulated(100)
    late = 100 * pq.signs.flips_per_step(run.latent)[-10:].mean()
    said = description(flips({"BC": run}))
    assert f"BC: 7 starts, 100 steps, {late:.3g} % on average" in said


@pytest.mark.parametrize(
    ("paths", "error", "message"),
    [
        ({}, ValueError, "paths: expected at least one, got none"),
        (np.ones((3, 2)), TypeError, "paths: expected a mapping of names"),
        ({"a": np.ones(5)}, ValueError, r"paths\['a'\]: expected shape \(steps \+ 1, ..., dim\)"),
        ({"a": np.ones((0, 2))}, ValueError, r"paths\['a'\]: expected shape"),
        ({"a": np.ones((3, 0))}, ValueError, r"paths\['a'\]: expected at least one start"),
        ({"a": "words"}, OSError, "words"),
        ({"a": 3.0}, ValueError, r"paths\['a'\]: expected shape"),
        ({"a": object()}, TypeError, r"paths\['a'\]: expected a real"),
        ({"a": pq.signs.PathSigns()}, ValueError, r"paths\['a'\]: expected signs of a run"),
        ({"a": [np.ones((3, 2)), np.ones((4, 2))]}, ValueError, "the same recorded steps"),
    ],
)
def test_what_is_no_path_is_one_clear_error(paths, error, message):
    with pytest.raises(error, match=message):
        flips(paths)
    with pytest.raises(ValueError, match="metric: expected one of change_from_start, flips"):
        flips({"a": np.ones((2, 2))}, "flip")


def test_a_trajectory_without_weights_and_files_of_others(tmp_path):
    with pytest.raises(ValueError, match="such as PathSigns"):
        flips({"a": simulated(record=pq.signs.PathSigns(), fields=())})
    with pytest.raises(ValueError, match="got the folder"):
        flips({"a": tmp_path})
    for name in ("x.npz", "x.npy"):
        (tmp_path / name).write_text("no numbers")
        with pytest.raises(ValueError, match=name):
            flips({"a": tmp_path / name})
