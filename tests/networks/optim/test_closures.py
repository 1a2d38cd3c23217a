"""Base optimizers of every kind: with closures, with other weights in evaluation; steps of none; inference mode."""

import copy

import pytest
import torch
from torch import nn

from pqtheory.networks import optim

from .optimizers import PAIRS, adam, batches, train
from .test_moves import EVERY, LAZY, latents, same


def closure_of(net, opt, seen=None):
    x, y = batches(1)[0]

    def closure():
        opt.zero_grad()
        if seen is not None:
            seen.append(net.conv.weight.detach().clone())
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        return loss

    return closure


@pytest.mark.parametrize("name", ["proxquant", "binaryconnect", "binaryrelax"])
def test_lbfgs_evaluates_where_the_model_runs(net, name):
    base = torch.optim.LBFGS(optim.split_parameters(net)[:1], lr=0.05, max_iter=3)
    opt, seen = PAIRS[name][1](base), []
    before, first = latents(opt), net.conv.weight.detach().clone()
    opt.step(closure_of(net, opt, seen))
    assert len(seen) > 1
    assert torch.equal(seen[0], first)
    if name == "binaryconnect":
        assert all(set(s.abs().unique().tolist()) == {1.0} for s in seen)
    assert not torch.equal(seen[0], seen[-1]) or name == "binaryconnect"
    assert not same(before, latents(opt))
    assert opt.steps == 1
    opt.freeze()
    held = net.conv.weight.detach().clone()
    opt.step(closure_of(net, opt))
    assert torch.equal(net.conv.weight, held)


class Sharpness(torch.optim.Optimizer):
    """Steps with the gradient taken a little uphill, as SAM does."""

    def __init__(self, groups, lr):
        super().__init__(groups, {"lr": lr})
        self.inner = torch.optim.SGD(self.param_groups, lr=lr)

    @torch.no_grad()
    def step(self, closure):
        with torch.enable_grad():
            loss = closure()
        for group in self.param_groups:
            for p in group["params"]:
                self.state[p]["before"] = p.data.clone()
                p.add_(0.01 * p.grad.sign())
        with torch.enable_grad():
            closure()
        for group in self.param_groups:
            for p in group["params"]:
                p.data = self.state[p]["before"]
        self.inner.step()
        return loss


@pytest.mark.parametrize("name", EVERY)
def test_a_base_that_goes_uphill_first(net, name):
    opt, seen = PAIRS[name][1](Sharpness(optim.split_parameters(net), lr=0.05)), []
    before = latents(opt)
    for _ in range(2):
        loss = opt.step(closure_of(net, opt, seen))
    assert loss.item() > 0
    assert len(seen) == 4
    moved = [(a - b).abs().max() for a, b in zip(before, latents(opt), strict=True)]
    assert all(0 < m < 0.5 for m in moved)


class ScheduleFree(torch.optim.SGD):
    """Shows the average of its iterates in evaluation."""

    @torch.no_grad()
    def switch(self, there, back):
        for group in self.param_groups:
            for p in group["params"]:
                self.state[p][back] = p.clone()
                p.copy_(self.state[p].pop(there) if there in self.state[p] else p / 2)

    def eval(self):
        self.switch("average", "iterate")

    def train(self):
        self.switch("iterate", "average")


@pytest.mark.parametrize("name", EVERY)
def test_train_and_eval_are_passed_on(net, name):
    opt = PAIRS[name][1](ScheduleFree(optim.split_parameters(net), lr=0.05))
    train(net, opt, batches(2))
    before, shown = latents(opt), net.conv.weight.detach().clone()
    opt.eval()
    assert same([v / 2 for v in before], latents(opt))
    if name == "binaryconnect":
        assert torch.equal(net.conv.weight, shown)
    opt.train()
    assert same(before, latents(opt))
    assert torch.equal(net.conv.weight, shown)
    plain = PAIRS[name][1](adam(copy.deepcopy(net)))
    plain.eval()
    plain.train()


@pytest.mark.parametrize("name", EVERY)
def test_inference_mode_before_a_step(net, name):
    other = copy.deepcopy(net)
    opt, plain = PAIRS[name][1](adam(net)), PAIRS[name][1](adam(other))
    for data in (batches(1), batches(2)):
        with torch.inference_mode():
            net(data[0][0])
            with opt.quantized():
                net(data[0][0])
            opt.state_dict()
            list(opt.latent_parameters())
        net.norm.load_state_dict(other.norm.state_dict())
        assert train(net, opt, data) == train(other, plain, data)
    with torch.inference_mode():
        opt.freeze()
    plain.freeze()
    assert train(net, opt, batches(1)) == train(other, plain, batches(1))


@pytest.mark.parametrize("name", EVERY)
def test_a_step_of_nothing_makes_the_state_and_no_more(net, name):
    opt = PAIRS[name][1](adam(net))
    before, shown = latents(opt), net.conv.weight.detach().clone()
    for group in opt.param_groups:
        group["lr"] = 0.0
        for p in group["params"]:
            p.grad = torch.zeros_like(p)
    opt.step(closure=None)
    assert opt.steps == 0
    assert same(before, latents(opt))
    assert torch.equal(net.conv.weight, shown)
    expected = {"step", "exp_avg", "exp_avg_sq"} | ({"latent"} if name in LAZY else set())
    assert set(opt.state[net.conv.weight]) == expected
    # a warm-up that begins at 0 is a step
    train(net, opt, batches(1))
    assert opt.steps == 1


def test_no_step_while_the_quantized_weights_are_shown(net):
    opt = PAIRS["binaryrelax"][1](adam(net))
    with opt.quantized():
        before = latents(opt)
        with pytest.raises(RuntimeError, match="leave quantized"):
            opt.step()
        with opt.quantized():
            pass
        assert set(net.fc.weight.abs().unique().tolist()) == {1.0}
    assert same(before, latents(opt))
    train(net, opt, batches(1))


@pytest.mark.parametrize("name", EVERY)
def test_while_the_quantized_weights_are_shown_the_latent_ones_are_there_and_stay(net, name):
    opt = PAIRS[name][1](adam(net))
    train(net, opt, batches(1))
    before, saved = latents(opt), copy.deepcopy(opt.state_dict())
    with opt.quantized():
        assert same(before, latents(opt))
        for what, act in (
            ("freeze", opt.freeze),
            ("load_state_dict", lambda: opt.load_state_dict(saved)),
            ("load_state_dict", lambda: opt.base.load_state_dict(saved)),
            ("optimizer", lambda: PAIRS[name][1](opt.base)),
        ):
            with pytest.raises(RuntimeError, match=f"{what}: .* leave quantized"):
                act()
    assert not opt.frozen
    assert same(before, latents(opt))


@pytest.mark.parametrize("name", EVERY)
def test_a_quantizer_that_fails_leaves_what_was_shown(net, name, monkeypatch):
    opt = PAIRS[name][1](adam(net))
    train(net, opt, batches(1))
    before, shown = latents(opt), [p.detach().clone() for p in net.parameters()]
    (found,) = opt.quantized_groups.values()
    quantized = found._quantized

    def fail(place, theta):
        if place:
            raise KeyError
        return quantized(place, theta)

    monkeypatch.setattr(found, "_quantized", fail)
    with pytest.raises(KeyError), opt.quantized():
        pass
    assert same(shown, [p.detach() for p in net.parameters()])
    assert same(before, latents(opt))


@pytest.mark.parametrize("name", EVERY)
def test_an_error_in_a_step_leaves_the_optimizer_whole(net, name):
    opt = PAIRS[name][1](adam(net))
    before, shown = latents(opt), net.conv.weight.detach().clone()

    def closure():
        raise KeyError

    with pytest.raises(KeyError):
        opt.step(closure)
    if name in LAZY:
        assert same(before, latents(opt))
        assert torch.equal(net.conv.weight, shown)
    train(net, opt, batches(1))
    assert opt.steps == 1
