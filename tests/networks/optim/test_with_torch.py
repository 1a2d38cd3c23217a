"""Quantizing optimizers in torch's own machinery: layouts, casts, schedulers, clipping, AMP, compilation, processes."""

import copy
import os

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from pqtheory import methods
from pqtheory.networks import optim
from pqtheory.schedules import Linear
from pqtheory.sets import Binary

from .optimizers import PAIRS, Net, W, adam, batches, train


def test_channels_last_stays(net):
    net = net.to(memory_format=torch.channels_last)
    stride = net.conv.weight.stride()
    for opt in (optim.BinaryConnect(adam(net)), optim.ProxQuant(adam(net), W, 0.1)):
        train(net, opt, batches(1))
        assert net.conv.weight.stride() == stride


@pytest.mark.parametrize("name", ["proxquant", "binaryconnect"])
def test_a_model_cast_after_the_optimizer_was_made(net, name):
    opt = PAIRS[name][1](adam(net))
    latents = [v.clone() for _, v in opt.latent_parameters()]
    net.double()
    opt.zero_grad()
    x, y = batches(1, torch.float64)[0]
    nn.functional.cross_entropy(net(x), y).backward()
    opt.step()
    for before, (p, after) in zip(latents, opt.latent_parameters(), strict=True):
        assert p.dtype == after.dtype == torch.float64
        assert 0 < (after - before).abs().max() < 0.1


def test_learning_rate_schedulers_see_and_set_the_same_groups(net):
    base = adam(net)
    opt = optim.ProxQuant(base, W, 0.1)
    scheduler = torch.optim.lr_scheduler.StepLR(opt, 2, 0.1)
    train(net, opt, batches(2), scheduler)
    assert base.param_groups[0]["lr"] == pytest.approx(1e-3)
    assert opt.param_groups is base.param_groups
    # the prox takes the rate of the moment
    opt.param_groups[0]["lr"] = 0.0
    before = net.conv.weight.detach().clone()
    train(net, opt, batches(1))
    assert torch.equal(before, net.conv.weight)


def test_gradient_clipping_closures_and_hooks(net):
    opt = optim.BinaryConnect(adam(net))
    x, y = batches(1)[0]
    seen = []

    def closure():
        opt.zero_grad()
        seen.append(net.conv.weight.detach().abs().unique().tolist())
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 0.1)
        return loss

    opt.register_step_post_hook(lambda *_: seen.append("after"))
    assert opt.step(closure).item() > 0
    assert seen == [[1.0], "after"]


@pytest.mark.parametrize("name", ["proxquant", "binaryconnect"])
def test_amp_scaler_skips_bad_steps_and_makes_good_ones(net, name):
    opt = PAIRS[name][1](adam(net))
    scaler = torch.amp.GradScaler("cpu", init_scale=4.0)
    for bad in (False, True):
        x, y = batches(1)[0]
        opt.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = nn.functional.cross_entropy(net(x), y)
        scaler.scale(loss).backward()
        if bad:
            net.fc.bias.grad[0] = float("inf")
        scaler.unscale_(opt)
        before = [v.clone() for _, v in opt.latent_parameters()]
        scaler.step(opt)
        scaler.update()
        same = [
            torch.equal(a, b) for a, (_, b) in zip(before, opt.latent_parameters(), strict=True)
        ]
        assert same == [bad, bad]
        assert opt.steps == 1


def test_a_region_of_autocast_sees_what_is_quantized_in_it(net):
    opt = optim.ProxQuant(adam(net), W, 0.1)
    x, _ = batches(1)[0]
    net.eval()

    def seen():
        # in a region of their own
        with torch.autocast("cpu", dtype=torch.bfloat16):
            return net(x).detach().clone()

    latent = seen()
    with opt.quantized():
        quantized = seen()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = [net(x).detach().clone()]
        with opt.quantized():
            found.append(net(x).detach().clone())
        found.append(net(x).detach().clone())
        opt.freeze()
        found.append(net(x).detach().clone())
    expected = (latent, quantized, latent, quantized)
    assert not torch.equal(latent, quantized)
    assert all(torch.equal(a, b) for a, b in zip(found, expected, strict=True))


@pytest.mark.parametrize("name", ["proxquant", "binaryconnect"])
def test_a_compiled_model_trains_as_the_plain_one(net, name):
    other = copy.deepcopy(net)
    losses = train(net, PAIRS[name][1](adam(net)), batches())
    opt = PAIRS[name][1](adam(other))
    compiled = torch.compile(other, backend="aot_eager")
    np.testing.assert_allclose(train(compiled, opt, batches()), losses, rtol=1e-4)


def without_norm():
    """Batch statistics differ between processes, and float32 sums may round a sign to the other side."""
    torch.manual_seed(0)
    net = Net().double()
    net.norm = nn.Identity()
    return net


def _worker(rank, name, path):
    torch.distributed.init_process_group(
        "gloo", init_method=f"file://{path}/rendezvous", rank=rank, world_size=2
    )
    net = without_norm()
    opt = PAIRS[name][1](adam(net))
    model = DistributedDataParallel(net)
    train(model, opt, [(x[rank::2], y[rank::2]) for x, y in batches(4, torch.float64)])
    opt.freeze()
    train(model, opt, [(x[rank::2], y[rank::2]) for x, y in batches(2, torch.float64)])
    torch.save(net.state_dict(), f"{path}/{rank}.pt")
    torch.distributed.barrier()
    # the threads of the process group do not always survive the interpreter's own end
    os._exit(0)


@pytest.mark.parametrize("name", ["proxquant", "binaryconnect"])
def test_two_processes_train_as_one(name, tmp_path):
    torch.multiprocessing.spawn(_worker, (name, str(tmp_path)), nprocs=2)
    net = without_norm()
    opt = PAIRS[name][1](adam(net))
    train(net, opt, batches(4, torch.float64))
    opt.freeze()
    train(net, opt, batches(2, torch.float64))
    for rank in range(2):
        saved = torch.load(tmp_path / f"{rank}.pt", weights_only=True)
        for key, value in net.state_dict().items():
            torch.testing.assert_close(saved[key], value, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(
    "wrap",
    [
        lambda base: optim.BinaryConnect(base, dampening=0.1),
        lambda base: optim.ProxQuant(base, Binary(), 0.1, freezing=optim.Freezing(0.01)),
        lambda base: optim.QuantizingOptimizer(base, methods.Bop, threshold=1e-3),
    ],
    ids=["dampening", "freezing", "bop"],
)
def test_gradients_of_a_few_rows_are_as_those_of_all(wrap):
    def trained(sparse):
        torch.manual_seed(0)
        words = nn.Embedding(9, 4, sparse=sparse)
        opt = wrap(torch.optim.SGD(optim.split_parameters(words), lr=0.1))
        for _ in range(3):
            opt.zero_grad()
            (words(torch.tensor([1, 1, 7])) - 0.3).pow(2).sum().backward()
            opt.step()
            assert words.weight.grad.is_sparse == sparse
        return words.weight.detach()

    torch.testing.assert_close(trained(True), trained(False))


@pytest.mark.parametrize(
    "wrap",
    [
        optim.BinaryConnect,
        lambda base: optim.BinaryConnect(base, dampening=0.3),
        lambda base: optim.QuantizingOptimizer(base, methods.MirrorDescent(1, Linear(1.0))),
        lambda base: optim.QuantizingOptimizer(base, methods.Bop, threshold=1e-3),
    ],
    ids=["plain", "dampening", "mirror descent", "bop"],
)
def test_a_base_that_maximizes_goes_where_one_that_minimizes_the_negative_goes(wrap):
    def trained(maximize):
        torch.manual_seed(0)
        p = nn.Parameter(torch.randn(20))
        base = torch.optim.SGD([{"params": [p], "quantize": True}], lr=0.1, maximize=maximize)
        opt = wrap(base)
        for _ in range(5):
            gradient = p.detach() - torch.linspace(-2, 2, 20)
            p.grad = -gradient if maximize else gradient
            opt.step()
        return [p.detach(), *(latent for _, latent in opt.latent_parameters())]

    for one, other in zip(trained(False), trained(True), strict=True):
        assert torch.equal(one, other)


def test_a_state_says_whether_its_base_maximizes():
    def made(maximize):
        torch.manual_seed(0)
        p = nn.Parameter(torch.randn(20))
        base = torch.optim.SGD([{"params": [p], "quantize": True}], lr=0.1, maximize=maximize)
        return p, optim.BinaryConnect(base, dampening=0.3)

    (one, opt), (other, again) = made(True), made(False)
    again.load_state_dict(opt.state_dict())
    for p, own in ((one, opt), (other, again)):
        p.grad = torch.linspace(-2, 2, 20)
        own.step()
    ((_, latent),), ((_, found),) = opt.latent_parameters(), again.latent_parameters()
    assert torch.equal(latent, found)
