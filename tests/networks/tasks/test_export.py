"""A packed language model has the perplexity of the one that was trained."""

import os

import pytest
import torch

from pqtheory.networks.export import load_quantized, save_quantized
from pqtheory.networks.tasks import find_task
from pqtheory.networks.training import RunFolder, preset
from pqtheory.networks.training.build import load_data, make_model
from pqtheory.networks.training.run import Run

SMALL = {"embedding": 40, "hidden": 40, "tokens": 3000, "window": 10}


@pytest.mark.parametrize(
    ("method", "levels", "bits"),
    [
        ("binaryconnect", "binary", 1),
        ("proxquant", "scaled-binary", 1),
        ("binaryconnect", "2-bit", 2),
        ("proxquant", "2-bit", 2),
        ("proxquant", "3-bit", 3),
    ],
)
def test_the_perplexity_is_the_same(tmp_path, method, levels, bits):
    chosen = preset("corrected", method, task="language", levels=levels, epochs=1, **SMALL)
    text, task = load_data(chosen), find_task("language")
    folder = RunFolder(tmp_path / "run")
    folder.path.mkdir()
    folder.start(chosen, text.sha256)
    run = Run(chosen, text, folder, torch.device("cpu"))
    run.restore()
    run.train_epoch(None)
    state, names = run.optimizer.export(run.model)
    assert len(names) == 4
    file = tmp_path / "lm.safetensors"
    save_quantized(file, state, names)
    model = make_model(chosen, text)
    model.load_state_dict(load_quantized(file))
    found = task.measured(model, run.sets["test"])
    assert found == pytest.approx(run.last["perplexity"]["test"]["quantized"], rel=1e-6)
    # beside the codes there are a codebook for each row, biases and a header
    weights = sum(m.numel() for m in model.matrices())
    rows = sum(len(m) for m in model.matrices())
    rest = 4 * sum(p.numel() for n, p in model.named_parameters() if n not in names)
    assert os.path.getsize(file) < weights * bits / 8 + 4 * 2**bits * rows + rest + 4000
