"""The CIFAR-10 experiment end to end at small size, with an interruption."""

import json
import sys

import pytest
from click.testing import CliRunner

from experiments import cifar10, sign_change
from pqtheory.networks.data import load
from pqtheory.networks.sweeps import Plan, Planned, carry_out, schedule
from pqtheory.networks.tables.collected import collected, layers_of
from pqtheory.networks.training import RunFolder, preset, train
from pqtheory.provenance import command


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


@pytest.mark.parametrize(("model", "last"), [("resnet20", 2), ("resnet32", 4), ("resnet56", 8)])
def test_the_last_convolution_is_that_of_the_network(model, last):
    expected = ("conv.weight", f"stages.2.{last}.conv2.weight", "fc.weight", "all")
    assert layers_of(model) == expected


def test_a_result_has_the_settings_that_its_run_was_started_with(tmp_path):
    made = preset("corrected", "full-precision", epochs=1, batch_size=512)
    train(made, load("digits"), RunFolder(tmp_path / "run"))
    changed = preset("corrected", "full-precision", epochs=1, batch_size=512, lr=0.5)
    (found,) = collected(Plan(tmp_path, (Planned("run", changed),)))
    assert found["settings"] == made.to_dict()


@pytest.mark.parametrize("main", [cifar10.main, sign_change.main])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--preset", "nope"), "'nope' is not one of 'corrected', 'faithful'"),
        (("--data-dir", "nowhere"), "data: no folder 'nowhere'"),
        (("--device", "abacus"), "--device: no device 'abacus'"),
        (("--data", "mnist"), "'mnist' is not one of"),
        (("--model", "vgg"), "'vgg' is not one of"),
        (("--held-out", "-1"), "held-out: expected an integer >= 0"),
    ],
)
def test_bad_options_are_one_line(tmp_path, monkeypatch, main, options, message):
    monkeypatch.setattr("experiments.options.RESULTS", tmp_path / "results")
    result = CliRunner().invoke(main, ["--runs", str(tmp_path / "runs"), *options])
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert result.stderr.startswith("Error: ")
    assert message in result.stderr
    assert not any(tmp_path.iterdir())


def test_depths_without_a_network_are_one_line(tmp_path):
    result = CliRunner().invoke(cifar10.main, ["--runs", str(tmp_path), "--depth", "21"])
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "'21' is not one of '20', '32', '44', '56'" in result.stderr


def test_a_dry_run_of_the_sign_changes_has_a_name_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setattr("experiments.options.RESULTS", tmp_path / "results")
    options = ["--runs", str(tmp_path / "runs"), "--data", "digits", "--model", "small"]
    options += ["--epochs", "3", "--warm-epochs", "1", "--warm-starts", "1", "--seeds", "1"]
    result = CliRunner().invoke(sign_change.main, [*options, "--held-out", "100", "--name", "dry"])
    assert result.exit_code == 0, result.output
    assert result.stdout == "results/dry.json: all runs done\n"
    written = sorted(file.name for file in (tmp_path / "results").iterdir())
    assert written == ["dry.json", "dry.png"]


def test_it_stops_in_time_goes_on_and_writes_what_it_found(tmp_path, monkeypatch):
    monkeypatch.setattr("experiments.options.RESULTS", tmp_path / "results")
    options = ["--runs", str(tmp_path / "runs"), "--data", "digits", "--model", "small"]
    options += ["--epochs", "3", "--warm-epochs", "2", "--seeds", "1", "--held-out", "100"]
    options += ["--equal-steps", "--jobs", "2"]
    short = CliRunner().invoke(cifar10.main, [*options, "--time-budget", "0.1"])
    assert short.exit_code == 0
    assert "call again" in short.stdout
    monkeypatch.setattr(schedule, "MARGIN", 0.0)
    runs = cifar10.plan((20,), 1, 3, warm_epochs=2, data="digits", model="small", held_out=100)
    plan = Plan(tmp_path / "runs", tuple(runs))
    assert carry_out(plan, minutes=1e-9) == {}
    assert not plan.is_done()
    warm = RunFolder(tmp_path / "runs" / "small-warm")
    assert not warm.metrics()
    result = CliRunner().invoke(cifar10.main, options)
    assert result.exit_code == 0, result.output
    assert "all runs done" in result.stdout
    content = json.loads((tmp_path / "results" / "cifar10.json").read_text())
    assert (tmp_path / "results" / "cifar10.png").read_bytes().startswith(b"\x89PNG")
    assert len(content["runs"]) == 5
    # also of the runs that had processes of their own
    started = {run["provenance"]["command"] for run in content["runs"]}
    assert started == {content["provenance"]["command"]} == {command(sys.orig_argv)}
    found = content["runs"][-1]
    assert found["settings"]["warm_start"] == "small-warm"
    assert len(found["curves"]["change_from_start, all"]) == found["epochs"] == 3
    assert "change_from_start, conv2.weight" in found["curves"]
    assert set(found["fixed_point_share"]) == {"0", "2", "3"}
    assert found["seconds"] == pytest.approx(RunFolder(tmp_path / "runs" / found["name"]).seconds())
    assert {"command", "versions", "seed", "data_sha256", "hardware", "time"} <= set(
        found["provenance"]
    )
