"""A packed network, read by the lines of docs/networks.md into plain torch, measures what its run measured."""

import math
import re
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner
from torch import nn

from pqtheory import cli
from pqtheory.networks.data.sentences import load_sentences
from pqtheory.networks.training import RunFolder

DOCS = Path(__file__).parents[2] / "docs" / "networks.md"
SMALL = ("--set", "hidden=24", "--set", "embedding=20", "--set", "tokens=4000")


def run(*arguments):
    return CliRunner().invoke(cli.main, [str(a) for a in arguments])


class Plain(nn.Module):
    def __init__(self, words):
        super().__init__()
        self.encoder = nn.Embedding(words, 20)
        self.lstm = nn.LSTM(20, 24, batch_first=True)
        self.decoder = nn.Linear(24, words)

    def forward(self, words):
        return self.decoder(self.lstm(self.encoder(words))[0])


@pytest.mark.parametrize(("levels", "per"), [("2-bit", "row"), ("scaled-binary", "4")])
def test_the_packed_lstm_has_the_perplexity_of_the_run(tmp_path, monkeypatch, levels, per):
    monkeypatch.chdir(tmp_path)
    options = ("--task", "language", "--levels", levels, "--per", per, "--epochs", 1, *SMALL)
    assert run("train", "lm", *options).exit_code == 0
    folder = RunFolder(tmp_path / "lm")
    before = {file.name: file.read_bytes() for file in folder.path.iterdir()}
    done = run("export", "lm", "net.safetensors")
    assert done.exit_code == 0, done.output
    assert before == {file.name: file.read_bytes() for file in folder.path.iterdir()}
    text = load_sentences()
    weights = 44 * len(text.words) + 4 * 24 * 44
    assert f"{weights:,} weights in 4 tensors packed" in done.output
    over = run("export", "lm", "lm/checkpoint.pt")
    assert (over.exit_code, "it is read" in over.stderr) == (2, True)
    assert before == {file.name: file.read_bytes() for file in folder.path.iterdir()}
    read = re.search(r"```python\n(import json, math, torch\n.*?)```", DOCS.read_text(), re.S)
    net = Plain(len(text.words)).eval()
    exec(read[1], {"net": net})
    # ten streams, as the run measures
    count = len(text.test) - 1
    length = -(-count // 10)
    total = 0.0
    for start in range(0, count, length):
        words = torch.from_numpy(text.test[start : min(start + length, count) + 1])
        with torch.no_grad():
            scores = net(words[None, :-1])[0].double()
        total += float(nn.functional.cross_entropy(scores, words[1:], reduction="sum"))
    measured = folder.metrics()[-1]["perplexity"]["test"]["quantized"]
    assert math.exp(total / count) == pytest.approx(measured, rel=1e-6)


def test_what_cannot_be_exported(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = run("export", "nowhere", "net.safetensors")
    assert (result.exit_code, result.stderr) == (2, "pqtheory: nowhere: no run there\n")
    assert run("train", "full", "--method", "full-precision", "--epochs", 1).exit_code == 0
    result = run("export", "full", "net.safetensors")
    assert result.exit_code == 2
    assert "expected a run of a method whose levels can be packed, got 'full-pre" in result.stderr
    assert not Path("net.safetensors").exists()
