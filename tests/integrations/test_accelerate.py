"""Accelerate: train, save, resume bit for bit; files with every tensor in them."""

import pytest
import torch
from torch import nn

accelerate = pytest.importorskip("accelerate")
safetensors = pytest.importorskip("safetensors.torch")

from .networks import METHODS, classifier, equal_states, examples, latents, wrapped  # noqa: E402

pytestmark = [pytest.mark.filterwarnings("ignore")]


def train(accelerator, model, opt, steps):
    x, y = examples()
    for _ in range(steps):
        with accelerator.accumulate(model):
            loss = nn.functional.cross_entropy(model(x), y)
            accelerator.backward(loss)
            accelerator.clip_grad_norm_(model.parameters(), 1.0)
            opt.step()
            opt.zero_grad()
    return loss.item()


@pytest.mark.parametrize("method", METHODS)
def test_train_save_and_resume(method, tmp_path):
    accelerator = accelerate.Accelerator(cpu=True)
    net = classifier()
    own = wrapped(net, method)
    model, opt = accelerator.prepare(net, own)
    train(accelerator, model, opt, 4)
    accelerator.save_state(tmp_path / "state")
    best, kept = {k: v.clone() for k, v in net.state_dict().items()}, latents(own)
    train(accelerator, model, opt, 3)
    end, shown = latents(own), {k: v.clone() for k, v in net.state_dict().items()}
    accelerator.load_state(tmp_path / "state")
    assert own.steps == 4
    assert equal_states(best, net.state_dict())
    assert all(map(torch.equal, kept, latents(own)))
    train(accelerator, model, opt, 3)
    assert all(map(torch.equal, end, latents(own)))
    assert equal_states(shown, net.state_dict())
    accelerator.save_model(model, tmp_path / "model")
    saved = safetensors.load_file(tmp_path / "model" / "model.safetensors")
    assert equal_states(saved, net.state_dict())
    # the best model at the end: what is loaded last is what is quantized
    net.load_state_dict(best)
    own.freeze()
    state, names = own.export(net)
    assert all(len(row.unique()) <= 4 for name in names for row in state[name])
    assert equal_states(state, net.state_dict())
