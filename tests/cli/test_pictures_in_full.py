"""What ``plot`` hands on to a picture, and what it refuses."""

import importlib
import json
from pathlib import Path

import numpy as np

import pqtheory as pq
from pqtheory.cli.picture import Out

from .running import one_line, run


def test_what_plot_hands_on(asked, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run("plot", "toy").exit_code == 0
    given = {"theta0": 0.3, "step_size": 0.05, "rate": 0.02, "steps": 100}
    assert asked == [Out(Path("toy.png"), "screen", False), ("toy", given)]
    asked.clear()
    options = ("--start", "1", "--step-size", "2", "--rate", "3", "--steps", "4")
    run("plot", "toy", *options, "--style", "paper", "--caption", "--out", "x.gif")
    given = {"theta0": 1.0, "step_size": 2.0, "rate": 3.0, "steps": 4}
    assert asked == [Out(Path("x.gif"), "paper", True), ("toy", given)]
    asked.clear()
    run("plot", "regularizer")
    run("plot", "regularizer", "--set", "ternary", "--weight", "2")
    w, other = asked[1][1], asked[3][1]
    assert w == {
        "regularizer": pq.regularizers.DistanceL1(pq.sets.Binary()),
        "weights": (0.25, 0.5, 1.0),
        "name": "l1-binary",
    }
    assert other == {
        "regularizer": pq.regularizers.DistanceL1(pq.sets.Ternary()),
        "weights": (2.0,),
        "name": "L1 distance to ternary",
    }
    asked.clear()
    run("plot", "trajectory", "--steps", "7")
    run(
        "plot",
        "trajectory",
        "--method",
        "lazyprox",
        "--step-size",
        "0.5",
        "--seed",
        "3",
        "--dim",
        "2",
    )
    first, second = asked[1][1], asked[3][1]
    assert (first["problem"], first["steps"]) == (None, 7)
    assert list(first["methods"]) == ["BinaryConnect", "ProxQuant"]
    assert [m.eta(0, np.zeros(1)) for m in first["methods"].values()] == [0.1, 0.1]
    assert (list(second["methods"]), second["steps"]) == (["LazyProx"], 100)
    assert second["methods"]["LazyProx"].eta(0, np.zeros(1)) == 0.5
    expected = pq.problems.Quadratic.random(dim=2, seed=3)
    at = np.array([0.25, -0.5])
    assert second["problem"].value(at) == expected.value(at)
    asked.clear()
    run("plot", "basins")
    run(
        "plot",
        "basins",
        "--convex",
        "--seed",
        "4",
        "--resolution",
        "9",
        "--steps",
        "8",
        "--rate",
        "0.5",
    )
    for (_, given), seed, convex, size, rate in (
        (asked[1], 10, False, (121, 400), 0.01),
        (asked[3], 4, True, (9, 8), 0.5),
    ):
        expected = pq.problems.Quadratic.random(
            dim=2, condition=4.0, seed=seed, indefinite=not convex
        )
        assert given["problem"].value(at) == expected.value(at)
        assert (given["resolution"], given["steps"]) == size
        assert list(given["methods"]) == ["BinaryConnect", "ProxQuant"]
        start = np.array([0.3, -0.2])
        W = pq.regularizers.DistanceL1(pq.sets.Binary())
        made = {
            "BinaryConnect": pq.methods.BinaryConnect(0.1),
            "ProxQuant": pq.methods.ProxQuant(W, 0.1, pq.schedules.Linear(rate)),
        }
        for name, method in given["methods"].items():
            runs = [pq.simulate(m, expected, start, 5).latent for m in (method, made[name])]
            np.testing.assert_array_equal(*runs)


def test_what_plot_refuses_in_full(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert one_line(
        run("plot", "regularizer", "--set", "binary", "--regularizer", "l1-binary")
    ) == ("pqtheory: --set: expected either --regularizer or --set, got both\n")
    assert one_line(run("plot", "trajectory", "--dim", "2")) == (
        "pqtheory: --dim: the fixed quadratic has 3 coordinates; give --seed for others\n"
    )


def test_kinds_of_a_file_of_results(tmp_path):
    file = tmp_path / "r.json"
    rows = [
        {"name": "a", "kind": "proved", "prose": 2},
        {"name": "b", "kind": "sampled", "prose": 0},
    ]
    file.write_text(json.dumps({"claims": rows}))
    plot_map = importlib.import_module("pqtheory.cli.plot_map")
    assert plot_map._kinds(file) == {
        "a": ("proved", "proved, 2 steps of prose"),
        "b": ("sampled", "sampled"),
    }
