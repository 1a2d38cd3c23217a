"""The CIFAR-10 experiment end to end at small size, with an interruption."""

import json

import pytest
from click.testing import CliRunner

from experiments import cifar10, plan
from pqtheory.networks.training import RunFolder


def test_the_published_plan():
    runs = cifar10.plan((20, 32), 4, presets=("corrected", "faithful"), equal_steps=True)
    assert len(runs) == 2 * (1 + 2 * 2 * 4 + 1)
    by_name = {r.name: r for r in runs}
    warm = by_name["resnet20-warm"].settings
    assert (warm.epochs, warm.lr, warm.drops, warm.optimizer) == (200, 0.1, (100, 150), "sgd")
    faithful = by_name["resnet32-binary-proxquant-faithful-3"]
    assert faithful.after == "resnet32-warm"
    assert (faithful.settings.seed, faithful.settings.renew) == (3, True)
    equal = ("binaryconnect-equal-steps", "proxquant-corrected")
    steps = [by_name[f"resnet20-binary-{name}-0"].settings for name in equal]
    assert {(s.lr, s.drops) for s in steps} == {(0.01, ())}


def test_rates_are_tried_first_and_the_chosen_one_is_not_run_again():
    runs = cifar10.plan((20,), 2, 20, rate=0.2, tried_rates=(0.1, 0.2), equal_steps=True)
    name = "resnet20-binary-{}-{}".format
    expected = [name("proxquant", f"corrected-rate{rate}-0") for rate in (0.1, 0.2)]
    expected += [
        name("binaryconnect", "corrected-0"),
        name("binaryconnect", "corrected-1"),
        name("proxquant", "corrected-rate0.2-1"),
        name("binaryconnect", "equal-steps-0"),
    ]
    assert [r.name for r in runs] == ["resnet20-warm", *expected]
    assert [r.settings.rate for r in runs[1:]] == [0.1, 0.2, 0, 0, 0.2, 0]


def test_it_stops_in_time_goes_on_and_writes_what_it_found(tmp_path, monkeypatch):
    monkeypatch.setattr(plan, "RESULTS", tmp_path / "results")
    options = ["--runs", str(tmp_path / "runs"), "--data", "digits", "--model", "small"]
    options += ["--epochs", "3", "--warm-epochs", "2", "--seeds", "1", "--held-out", "100"]
    options += ["--equal-steps", "--jobs", "2"]
    short = CliRunner().invoke(cifar10.main, [*options, "--time-budget", "0.1"])
    assert short.exit_code == 0
    assert "call again" in short.stdout
    monkeypatch.setattr(plan, "MARGIN", 0.0)
    runs = cifar10.plan((20,), 1, 3, warm_epochs=2, data="digits", model="small", held_out=100)
    assert not plan.carry_out(runs, tmp_path / "runs", minutes=1e-9)
    warm = RunFolder(tmp_path / "runs" / "small-warm")
    assert not warm.metrics()
    result = CliRunner().invoke(cifar10.main, options)
    assert result.exit_code == 0, result.output
    assert "all runs done" in result.stdout
    content = json.loads((tmp_path / "results" / "cifar10.json").read_text())
    assert (tmp_path / "results" / "cifar10.png").read_bytes().startswith(b"\x89PNG")
    assert len(content["runs"]) == 4
    found = content["runs"][-1]
    assert found["settings"]["warm_start"] == "small-warm"
    assert len(found["curves"]["change_from_start, all"]) == found["epochs"] == 3
    assert set(found["fixed_point_share"]) == {"0", "2", "3"}
    assert found["seconds"] == pytest.approx(RunFolder(tmp_path / "runs" / found["name"]).seconds())
    assert {"command", "versions", "seed", "data_sha256", "hardware", "time"} <= set(
        found["provenance"]
    )
