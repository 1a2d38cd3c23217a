"""The language model: windows of streams, perplexity by hand, state and dropout that resume, presets."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from pqtheory.networks.data.text import encoded
from pqtheory.networks.models.language import LanguageModel
from pqtheory.networks.tasks import find_task
from pqtheory.networks.tasks.streams import TextBatches
from pqtheory.networks.training import RunFolder, preset, train, train_together
from pqtheory.networks.training.build import load_data, make_model
from pqtheory.networks.training.measure import NotFiniteError
from pqtheory.networks.training.run import Run

from ..training.recording import record

CPU = torch.device("cpu")
TASK = find_task("language")
SMALL = {"embedding": 8, "hidden": 8, "window": 5, "tokens": 1500, "dropout": 0.3}


def chosen(method="binaryconnect", **changes):
    return preset("corrected", method, **{"task": "language", "epochs": 3, **SMALL, **changes})


@pytest.fixture(scope="module")
def text():
    return load_data(chosen())


def test_windows_are_the_streams_in_their_order():
    text, tested = np.arange(100), np.arange(100, 123)
    batches = TextBatches(text, tested, CPU, 3, 8)
    words, after = (torch.cat(part, 1) for part in zip(*batches.epoch(0), strict=True))
    # streams of 33 words, of which 32 fill four windows
    assert torch.equal(words, torch.arange(99).view(3, 33)[:, :32])
    assert torch.equal(after, words + 1)
    words, after = (torch.cat(part, 1) for part in zip(*batches.plain("test", 4), strict=True))
    assert torch.equal(words.flatten()[:22], torch.arange(100, 122))
    assert torch.equal(after[after >= 0], torch.arange(101, 123))
    with pytest.raises(
        ValueError, match="batch_size: expected streams of 9 words or more, got 20 str"
    ):
        TextBatches(text, tested, CPU, 20, 8)


def test_perplexity_counts_every_word_but_the_first_once(text):
    torch.manual_seed(0)
    settings = chosen()
    model = make_model(settings, text).eval()
    batches, _ = TASK.sets(
        (text, CPU), batch_size=20, held_out=0, augment=False, seed=0, options=settings.options
    )
    seen = 0.0
    with torch.no_grad():
        # the ten streams, each in one piece
        count = len(text.valid) - 1
        length = -(-count // 10)
        for start in range(0, count, length):
            part = torch.from_numpy(text.valid[start : min(start + length, count) + 1])[None]
            scores, *_ = model(part[:, :-1], *model.state(1))
            seen += float(nn.functional.cross_entropy(scores[0], part[0, 1:], reduction="sum"))
    assert TASK.measured(model, batches) == pytest.approx(math.exp(seen / count), rel=1e-5)


def test_gate_inputs_are_those_of_the_lstm():
    torch.manual_seed(0)
    for normalised in (False, True):
        model = LanguageModel(11, 5, 4, 0.0, normalised)
        words, state = torch.randint(0, 11, (3, 7)), model.state(3)
        inputs = model.gate_inputs(words, *state)
        with torch.no_grad():
            _, hidden, cell = model(words, *state)
        i, f, g, o = inputs[-1].chunk(4, 1)
        assert inputs.shape == (7, 3, 16)
        before = model(words[:, :-1], *state)[2][0]
        now = torch.sigmoid(f) * before + torch.sigmoid(i) * torch.tanh(g)
        torch.testing.assert_close(now, cell[0])
        torch.testing.assert_close(torch.sigmoid(o) * torch.tanh(now), hidden[0])


def test_under_normalisation_the_length_of_a_row_is_of_no_account():
    torch.manual_seed(0)
    plain, normalised = LanguageModel(11, 5, 4, 0.0), LanguageModel(11, 5, 4, 0.0, True)
    normalised.load_state_dict(plain.state_dict(), strict=False)
    normalised.lengths = nn.ParameterList(m.detach().norm(dim=1) for m in plain.matrices())
    words = torch.randint(0, 11, (3, 7))
    torch.testing.assert_close(plain(words, *plain.state(3)), normalised(words, *plain.state(3)))
    before = normalised(words, *plain.state(3))[0].detach()
    with torch.no_grad():
        for m in normalised.matrices():
            m.mul_(torch.rand(len(m), 1) + 0.5)
    torch.testing.assert_close(before, normalised(words, *plain.state(3))[0])
    # rows of zeros are no reason for NaN
    with torch.no_grad():
        normalised.encoder.weight.zero_()
    assert torch.isfinite(normalised(words, *plain.state(3))[0]).all()


CASES = {
    "full precision": chosen("full-precision"),
    "BC, normalised": chosen(normalised=True),
    "straight-through, 2 bits, 0.3": chosen(levels="2-bit", gradient_factor=0.3),
    "ProxQuant, scaled": chosen("proxquant", levels="scaled-binary", rate=1e-2),
}


@pytest.mark.parametrize("name", CASES)
def test_a_run_in_pieces_is_the_run_in_one(text, tmp_path, name):
    settings = CASES[name]
    whole, pieces = RunFolder(tmp_path / "whole"), RunFolder(tmp_path / "pieces")
    assert train(settings, text, whole)
    while not train(settings, text, pieces, resume=True, seconds=0):
        # what others draw in between changes nothing
        torch.rand(3)
    assert (whole.path / "metrics.jsonl").read_bytes() == (
        pieces.path / "metrics.jsonl"
    ).read_bytes()
    a, b = (f.load("checkpoint.pt")["model"] for f in (whole, pieces))
    assert all(torch.equal(a[key], b[key]) for key in a)
    line = whole.metrics()[-1]
    assert line["perplexity"]["held_out"]["latent"] < len(text.words)
    assert 0 <= line["watched"]["latent"]["gate saturation"] <= 1
    assert "fixed_point_share" not in line
    if name != "full precision":
        assert set(line["code_changes"]) == set(line["quantization_error"]) - {"all"}
        assert len(line["code_changes"]) == 4


def test_side_by_side_and_recorded_runs_are_each_alone(text, tmp_path, monkeypatch):
    # one operation for the whole LSTM, of which a CPU keeps what the gradient needs out of sight
    monkeypatch.setattr(torch.backends.mkldnn, "enabled", False)
    settings = [chosen("full-precision", seed=seed) for seed in (0, 1)]
    alone = [RunFolder(tmp_path / f"alone{i}") for i in (0, 1)]
    for one, folder in zip(settings, alone, strict=True):
        assert train(one, text, folder)
    for kind in (None, record):
        folders = [RunFolder(tmp_path / f"{kind is None}{i}") for i in (0, 1)]
        pairs = list(zip(settings, folders, strict=True))
        assert train_together(pairs, text, record=kind) == [True, True]
        for folder, other in zip(folders, alone, strict=True):
            assert folder.metrics() == other.metrics()


def test_the_state_goes_on_from_window_to_window_and_begins_anew(text, tmp_path):
    run = Run(chosen("full-precision"), text, RunFolder(tmp_path / "run"), CPU)
    steps = run.steps()
    assert all(not kept.any() for kept in run.memory)
    next(steps)
    first = [kept.clone() for kept in run.memory]
    assert all(kept.any() for kept in first)
    with torch.no_grad():
        words, _ = next(iter(run.batches.epoch(0)))
    assert words.shape == (20, 5)
    next(steps)
    assert any(not torch.equal(a, b) for a, b in zip(first, run.memory, strict=True))


def test_the_step_size_falls_when_validation_is_no_better(text, tmp_path):
    settings = chosen("full-precision", epochs=6)
    folder = RunFolder(tmp_path / "run")
    run = Run(settings, text, folder, CPU)
    script = iter([9.0, 5.0, 6.0, 4.0, 4.0, 3.0, 7.0])
    run.task = _Scripted(script)
    folder.path.mkdir()
    folder.start(settings, text.sha256)
    run.restore()
    seen = []
    while run.epoch < 6:
        run.train_epoch(None)
        seen.append(run.optimizer.param_groups[0]["lr"])
    assert seen == pytest.approx([20, 20, 20 / 1.2, 20 / 1.2, 20 / 1.44, 20 / 1.44])
    again = Run(settings, text, folder, CPU)
    again.restore()
    assert (again.stalls, again._least) == (3, 3.0)


class _Scripted(type(TASK)):
    """What is measured on both sets is the next number of a script."""

    def __init__(self, script):
        self._measured = (number for number in script for _ in range(2))

    def measured(self, model, batches, which="test"):
        return next(self._measured)


def test_gradients_are_shortened_and_those_of_quantized_weights_weighed(text, tmp_path):
    settings = chosen(levels="2-bit", gradient_factor=0.25, clip_norm=1e-3)
    run = Run(settings, text, RunFolder(tmp_path / "run"), CPU)
    run._loss(*next(iter(run.batches.epoch(0)))).backward()
    quantized = {id(p) for p, _ in run.optimizer.latent_parameters()}
    run._adjust()
    parts = [
        p.grad.square().sum() / (0.25**2 if id(p) in quantized else 1)
        for p in run.model.parameters()
    ]
    assert float(sum(parts).sqrt()) == pytest.approx(1e-3, rel=1e-3)


def test_a_perplexity_that_overflows_is_one_line_and_leaves_nothing(text, tmp_path, monkeypatch):
    model = LanguageModel(len(text.words), 8, 8)
    with torch.no_grad():
        model.decoder.bias[0] = 1e6
    monkeypatch.setattr(type(TASK), "make_model", lambda *_: model)
    with pytest.raises(
        NotFiniteError, match="perplexity: expected a finite number on the test data, got inf"
    ):
        train(chosen("full-precision"), text, RunFolder(tmp_path / "run"))
    # nothing is left in the way of the run that is put right
    for name in ("settings.json", "metrics.jsonl", "checkpoint.pt"):
        assert not (tmp_path / "run" / name).exists()


def test_the_preset_is_the_papers():
    found = preset("corrected", "binaryconnect", task="language", data="ptb")
    assert (found.epochs, found.lr, found.momentum, found.batch_size) == (80, 20.0, 0.0, 20)
    assert (found.clip_norm, found.stall_divisor, found.per, found.select_on) == (
        0.25,
        1.2,
        "row",
        "held_out",
    )
    assert found.options == {
        **{"embedding": 300, "hidden": 300, "dropout": 0.5, "window": 30},
        **{"normalised": False, "vocabulary": 0, "tokens": 0},
    }
    pq = preset("corrected", "proxquant", task="language", data="ptb", levels="2-bit")
    half = preset("corrected", "proxquant", task="language", data="ptb", levels="2-bit", epochs=40)
    assert half.rate == pytest.approx(4 * pq.rate)


def test_words_that_are_few_are_unknown():
    parts = {"train": ["a", "a", "a", "b", "b", "c"], "valid": ["a", "c", "d"], "test": ["b", "a"]}
    found = encoded("t", parts, vocabulary=2)
    assert found.words == ("a", "<unk>")
    assert found.valid.tolist() == [0, 1, 1]
