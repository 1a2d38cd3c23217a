"""torch's own optimizers step on the latent weights themselves, others on copies; both are one."""

import copy

import pytest
import torch
from torch import nn

from pqtheory.networks import optim

from .optimizers import PAIRS, batches, train
from .test_moves import LAZY, latents, same


class ForeignSGD(torch.optim.SGD):
    """The same in another module: it might know the memory of its parameters."""


class ForeignAdam(torch.optim.Adam):
    """The same."""


BASES = {
    "SGD, one by one": (torch.optim.SGD, ForeignSGD, {"momentum": 0.9, "foreach": False}),
    "SGD, foreach": (torch.optim.SGD, ForeignSGD, {"weight_decay": 0.1, "foreach": True}),
    "SGD, fused": (torch.optim.SGD, ForeignSGD, {"fused": True}),
    "Adam, foreach": (torch.optim.Adam, ForeignAdam, {"foreach": True}),
    "Adam, fused": (torch.optim.Adam, ForeignAdam, {"fused": True, "amsgrad": True}),
}


def seen_by_the_base(opt, net):
    """Appends, at each step of the base optimizer, whether the parameters are their latent weights then."""
    found, own = [], [p.data_ptr() for p, _ in opt.latent_parameters()]

    def look(*_):
        lent = [p.data_ptr() for p in net.parameters() if p.ndim > 1]
        assert len(lent) == len(own)
        found.append([a != b for a, b in zip(own, lent, strict=True)])

    opt.base.register_step_pre_hook(look)
    return found


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("name", [*LAZY, "binaryconnect, clipped"])
def test_lent_or_copied_they_are_one(net, name, base):
    torchs, foreign, options = BASES[base]
    other = copy.deepcopy(net)
    opt, again = (
        PAIRS[name][1](make(optim.split_parameters(model), lr=0.05, **options))
        for make, model in ((torchs, net), (foreign, other))
    )
    lent, copied = seen_by_the_base(opt, net), seen_by_the_base(again, other)
    own = [p.data_ptr() for p in net.parameters()]
    assert train(net, opt, batches(4)) == train(other, again, batches(4))
    assert lent == 4 * [[True, True]]
    assert copied == 4 * [[False, False]]
    assert own == [p.data_ptr() for p in net.parameters()]
    assert same(latents(opt), latents(again))
    assert same(net.parameters(), other.parameters())
    assert all(torch.equal(opt.state[p]["latent"], v) for p, v in opt.latent_parameters())


@pytest.mark.parametrize("name", LAZY)
def test_an_error_in_the_base_leaves_all_as_it_was(net, name):
    opt = PAIRS[name][1](torch.optim.SGD(optim.split_parameters(net), lr=0.05))
    train(net, opt, batches(2))
    before, shown = latents(opt), net.conv.weight.detach().clone()
    own = [p.data_ptr() for p in net.parameters()]

    def fail(*_):
        raise KeyError

    hook = opt.base.register_step_pre_hook(fail)
    with pytest.raises(KeyError):
        train(net, opt, batches(1))
    assert own == [p.data_ptr() for p in net.parameters()]
    assert torch.equal(net.conv.weight, shown)
    assert same(before, latents(opt))
    hook.remove()
    train(net, opt, batches(1))
    assert opt.steps == 3
    assert not same(before, latents(opt))


@pytest.mark.parametrize("name", LAZY)
def test_what_a_hook_puts_in_their_place_is_taken(net, name):
    opt = PAIRS[name][1](torch.optim.SGD(optim.split_parameters(net), lr=0.05))
    own = [p.data_ptr() for p in net.parameters()]

    def limit(*_):
        for p in net.parameters():
            p.data = p.data.clamp(-0.02, 0.02)

    opt.base.register_step_post_hook(limit)
    train(net, opt, batches(2))
    assert all(v.abs().max() == 0.02 for v in latents(opt))
    assert [p.data_ptr() for p, _ in opt.latent_parameters()] == [own[0], own[4]]


def test_an_autograd_graph_notices_the_step(net):
    opt = optim.BinaryConnect(torch.optim.SGD(optim.split_parameters(net), lr=0.05))
    x, y = batches(1)[0]
    loss = nn.functional.cross_entropy(net(x.requires_grad_()), y)
    loss.backward(retain_graph=True)
    opt.step()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


@pytest.mark.parametrize("quantize", [True, False])
def test_parameters_with_memory_in_common_step_in_it(quantize):
    first = nn.Parameter(torch.linspace(-1, 1, 8))
    second = nn.Parameter(first.data[2:6])
    groups = [
        {"params": [first], "quantize": True},
        {"params": [second], "quantize": quantize},
    ]
    opt = optim.BinaryConnect(torch.optim.SGD(groups, lr=0.5))
    before = next(opt.latent_parameters())[1].clone()
    first.grad, second.grad = torch.ones(8), torch.ones(4)
    opt.step()
    before -= torch.tensor([0.5, 0.5, 1, 1, 1, 1, 0.5, 0.5])
    assert torch.equal(next(opt.latent_parameters())[1], before)
    assert torch.equal(second, before.sign()[2:6])


@pytest.mark.parametrize("interrupted", [0, 1])
@pytest.mark.parametrize("name", LAZY)
def test_an_interrupt_behind_the_base_leaves_no_parameter_at_its_latent_weights(
    net, name, interrupted, monkeypatch
):
    groups = [{"params": [p], "quantize": True} for p in net.parameters() if p.ndim > 1]
    opt = PAIRS[name][1](torch.optim.SGD(groups, lr=0.05))
    train(net, opt, batches(2))
    own = [p.data_ptr() for p in net.parameters()]

    def stop(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(opt.quantized_groups[interrupted], "after_step", stop)
        with pytest.raises(KeyboardInterrupt):
            train(net, opt, batches(1))
    assert own == [p.data_ptr() for p in net.parameters()]
    train(net, opt, batches(2))
    assert own == [p.data_ptr() for p in net.parameters()]
    for p, latent in opt.latent_parameters():
        assert latent.data_ptr() not in own
        assert not torch.equal(p, latent)
        assert opt.state[p]["latent"] is latent


@pytest.mark.parametrize("name", LAZY)
def test_a_map_that_fails_at_each_look_leaves_none_there_either(net, name, monkeypatch):
    groups = [{"params": [p], "quantize": True} for p in net.parameters() if p.ndim > 1]
    opt = PAIRS[name][1](torch.optim.SGD(groups, lr=0.05))
    train(net, opt, batches(2))
    own = [p.data_ptr() for p in net.parameters()]

    def fail(*_):
        raise KeyError

    with monkeypatch.context() as patch:
        patch.setattr(opt.quantized_groups[0], "_show", fail)
        with pytest.raises(KeyError):
            train(net, opt, batches(1))
    assert own == [p.data_ptr() for p in net.parameters()]
