"""Frozen weights are quantized once: export, evaluation, resuming and writing leave them as they are."""

import copy

import pytest
import torch

from pqtheory import methods
from pqtheory.networks import optim
from pqtheory.quantizers import AdaptiveTernary, AlternatingMultiBit, GreedyMultiBit
from pqtheory.regularizers import AlternatingDistance
from pqtheory.schedules import Linear

from .optimizers import Net, adam, batches, train
from .test_moves import latents, same

QUANTIZERS = [
    AlternatingMultiBit(3, axis=-1),
    AlternatingMultiBit(2),
    GreedyMultiBit(2, axis=-1),
    AdaptiveTernary(),
]
MEMORIES = {
    "eager": lambda base, q: optim.ProxQuant(base, AlternatingDistance(q), Linear(1e-2)),
    "lazy": lambda base, q: optim.LazyProx(base, AlternatingDistance(q), 0.5),
    "lazy, hard": lambda base, q: optim.QuantizingOptimizer(base, methods.BinaryConnect, set=q),
}


def frozen(memory, quantizer):
    torch.manual_seed(0)
    net = Net()
    opt = MEMORIES[memory](adam(net), quantizer)
    train(net, opt, batches(3))
    opt.freeze()
    return net, opt, [p.detach().clone() for p, _ in opt.latent_parameters()]


@pytest.mark.parametrize("quantizer", QUANTIZERS, ids=repr)
@pytest.mark.parametrize("memory", MEMORIES)
def test_frozen_weights_are_never_quantized_again(memory, quantizer, tmp_path):
    net, opt, held = frozen(memory, quantizer)
    opt.freeze()
    train(net, opt, batches(2))
    assert same(held, latents(opt))
    with opt.quantized():
        assert same(held, [p for p, _ in opt.latent_parameters()])
    state, names = opt.export(net)
    assert same(held, [state[name] for name in names])
    torch.save({"model": net.state_dict(), "opt": opt.state_dict()}, tmp_path / "c.pt")
    for model_first in (True, False):
        saved = torch.load(tmp_path / "c.pt", weights_only=True)
        torch.manual_seed(5)
        other = Net()
        if model_first:
            other.load_state_dict(saved["model"])
        again = MEMORIES[memory](adam(other), quantizer)
        again.load_state_dict(saved["opt"])
        if not model_first or memory == "eager":
            other.load_state_dict(saved["model"])
        assert again.frozen
        assert same(held, [p for p, _ in again.latent_parameters()])
        assert train(other, again, batches(2)) == continued(net, opt)
        assert same(held, [p for p, _ in again.latent_parameters()])


def continued(net, opt):
    net, opt = copy.deepcopy((net, opt))
    return train(net, opt, batches(2))


@pytest.mark.parametrize("memory", MEMORIES)
def test_what_is_written_into_a_frozen_model_stays(memory):
    quantizer = AlternatingMultiBit(3, axis=-1)
    net, opt, _ = frozen(memory, quantizer)
    torch.manual_seed(9)
    best = Net().state_dict()
    net.load_state_dict(best)
    assert all(torch.equal(latent, p) for p, latent in opt.latent_parameters())
    state, _ = opt.export(net)
    assert torch.equal(state["conv.weight"], best["conv.weight"])
    again = MEMORIES[memory](adam(net), quantizer)
    net.load_state_dict(best)
    again.load_state_dict(opt.state_dict())
    assert torch.equal(net.conv.weight, best["conv.weight"])


def test_a_state_from_before_the_freeze_thaws(net):
    opt = MEMORIES["lazy"](adam(net), AlternatingMultiBit(2))
    train(net, opt, batches(2))
    before, shown = copy.deepcopy(opt.state_dict()), net.conv.weight.detach().clone()
    kept = latents(opt)
    opt.freeze()
    opt.load_state_dict(before)
    assert not opt.frozen
    assert same(kept, latents(opt))
    assert torch.equal(net.conv.weight, shown)
    train(net, opt, batches(1))
    assert not same(kept, latents(opt))
