"""README's and the docs' commands and files do what is said beside them."""

import json
import re
import shlex
from pathlib import Path

import pytest

import pqtheory as pq
from experiments.digits_rates import SWEEP, as_markdown, chosen
from pqtheory.networks.export import load_quantized
from pqtheory.networks.sweeps import read_grid
from pqtheory.networks.training import RunFolder, preset
from pqtheory.networks.training.distances import FAR

from .cli.running import run

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
FLIP_RATIOS = (ROOT / "docs" / "flip_ratios.md").read_text(encoding="utf-8")
TRAINING = (ROOT / "docs" / "training.md").read_text(encoding="utf-8")
RESULTS = json.loads((ROOT / "experiments" / "results" / "digits_rates.json").read_text())


def commands(text, start):
    lines = re.findall(rf"^pqtheory {start} .*$", text, re.MULTILINE)
    return [shlex.split(line, comments=True)[1:] for line in lines]


def test_readmes_runs_end_as_it_says(tmp_path, monkeypatch):
    said = re.search(r"end at about (\d+) % \(ProxQuant\) and (\d+) % \(BinaryConnect\)", README)
    expected = {"pq": int(said[1]) / 100, "bc": int(said[2]) / 100}
    monkeypatch.chdir(tmp_path)
    given = commands(README, "train")
    assert [command[1] for command in given] == ["warm", "pq", "bc"]
    for command in given:
        result = run(*command)
        # no warning either
        assert (result.exit_code, result.stderr) == (0, "")
    for name, error in expected.items():
        folder = RunFolder(tmp_path / name)
        last = folder.metrics()[-1]
        # another processor sums otherwise, and a few of the 450 images fall elsewhere
        assert last["error"]["test"]["quantized"] == pytest.approx(error, abs=0.025)
        frozen = folder.metrics()[folder.settings.freeze_epoch]
        if name == "pq":
            assert frozen["quantization_error"]["all"] < FAR


def test_the_code_on_networks_needs_what_it_says_and_no_more(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    _, network, signs = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    W = pq.regularizers.DistanceL1(pq.sets.Binary())
    # the operator and the package of the first block; a function of one's own
    names = {"pq": pq, "W": W, "evaluate": lambda net: None}
    exec(network, names)
    assert load_quantized("net.safetensors").keys() == names["net"].state_dict().keys()
    exec(signs, names)
    assert names["signs"]["all"].flips == 0
    codes = {"net": names["net"]}
    exec(re.search(r"```python\n(.*?)```", FLIP_RATIOS, re.DOTALL)[1], codes)
    assert codes["codes"]["all"].flips == 0


@pytest.mark.parametrize("text", [README, TRAINING])
def test_sweep_files_of_the_docs_are_sweeps(text, tmp_path):
    (written,) = [
        block for block in re.findall(r"```toml\n(.*?)```", text, re.DOTALL) if "[grid]" in block
    ]
    file = tmp_path / "grid.toml"
    file.write_text(written)
    plan = read_grid(file)
    assert plan.folder == tmp_path / "runs" / "first"
    # and the commands beside it look there
    assert {tmp_path / place for place in re.findall(r"(runs\S*)/\*", text)} == {plan.folder}
    assert len(plan.runs) == 6
    for planned in plan.runs:
        assert planned.settings.epochs == 30
        # relative to the file, as the folder is
        assert planned.settings.warm_start == str(tmp_path / "warm")
    assert {planned.settings.method for planned in plan.runs} == {"binaryconnect", "proxquant"}


def test_the_docs_have_the_table_of_the_committed_sweep_and_the_preset_its_choice():
    assert as_markdown(RESULTS["points"]) in TRAINING
    assert chosen(RESULTS["points"]) == RESULTS["chosen"]
    assert RESULTS["chosen"]["distance_at_freeze"] <= FAR
    default = preset("corrected", "proxquant", epochs=30)
    for name in ("batch_size", "lr", "rate"):
        assert getattr(default, name) == pytest.approx(RESULTS["chosen"][name])
    assert RESULTS["provenance"]["command"]
    # every point of the sweep file is there
    tried = {
        (p.settings.batch_size, p.settings.lr, p.settings.rate, p.settings.seed)
        for p in read_grid(SWEEP).runs
    }
    assert tried == {(r["batch_size"], r["lr"], r["rate"], r["seed"]) for r in RESULTS["runs"]}


def test_the_docs_name_the_options_that_there_are():
    for command, options in (
        (("verify",), ("--digits", "--no-digits", "--timeout", "--out")),
        (("train",), ("--rate", "--lr", "--epochs", "--resume")),
    ):
        shown = run(*command, "--help").stdout
        for option in options:
            assert option in TRAINING
            assert option in shown
    assert "--replace" in TRAINING
    assert "--restore" in TRAINING
