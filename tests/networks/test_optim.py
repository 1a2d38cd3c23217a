"""Quantizing optimizers: the same iterates as the array methods, resume, freeze, and torch's own machinery."""

import copy
import os

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from pqtheory import methods, problems, simulate
from pqtheory.networks import optim
from pqtheory.quantizers import AlternatingMultiBit
from pqtheory.regularizers import AlternatingDistance, DistanceL1, DistanceL2, SmoothedL1
from pqtheory.schedules import Linear
from pqtheory.sets import Binary, Codebook, ScaledBinary, Ternary

ETA, STEPS = 0.05, 40
W = DistanceL1(Binary())
STRENGTH = Linear(0.02)

#: name -> (the array method, the optimizer round plain SGD)
PAIRS = {
    "proxquant": (
        methods.ProxQuant(W, ETA, STRENGTH),
        lambda base: optim.ProxQuant(base, W, STRENGTH),
    ),
    "proxquant, clipped": (
        methods.ProxQuant(W, ETA, STRENGTH, clip=0.9),
        lambda base: optim.ProxQuant(base, W, STRENGTH, clip=0.9),
    ),
    "binaryconnect": (methods.BinaryConnect(ETA), optim.BinaryConnect),
    "binaryconnect, clipped": (
        methods.BinaryConnect(ETA, clip=0.5),
        lambda base: optim.BinaryConnect(base, clip=0.5),
    ),
    "ternary": (
        methods.BinaryConnect(ETA, set=Ternary()),
        lambda base: optim.BinaryConnect(base, Ternary()),
    ),
    "scaled": (
        methods.BinaryConnect(ETA, set=ScaledBinary(-1)),
        lambda base: optim.BinaryConnect(base, ScaledBinary(-1)),
    ),
    "binaryrelax": (
        methods.BinaryRelax(ETA, STRENGTH, harden_at=25),
        lambda base: optim.BinaryRelax(base, STRENGTH, harden_at=25),
    ),
    "lazyprox": (
        methods.LazyProx(SmoothedL1(Binary(), 0.25), ETA, 0.4),
        lambda base: optim.LazyProx(base, SmoothedL1(Binary(), 0.25), 0.4),
    ),
}


class Scalars(nn.Module):
    """The variables of a problem, spread over two parameters; its output is the loss."""

    def __init__(self, problem, start):
        super().__init__()
        self.problem = problem
        first, second = torch.from_numpy(start).split([2, len(start) - 2])
        self.first, self.second = nn.Parameter(first.clone()), nn.Parameter(second.clone())

    @property
    def all(self):
        return torch.cat([self.first, self.second])

    def forward(self):
        x = self.all
        A, b = torch.from_numpy(self.problem.A), torch.from_numpy(self.problem.b)
        return x @ A @ x / 2 + b @ x


def marked(model, **options):
    return [{"params": list(model.parameters()), "quantize": True, **options}]


@pytest.mark.parametrize("name", [n for n in PAIRS if n != "scaled"])
def test_the_same_iterates_as_the_array_method(name):
    method, wrap = PAIRS[name]
    problem = problems.Quadratic.random(6, condition=10.0, seed=1)
    start = np.random.default_rng(0).standard_normal(6)
    path = simulate(method, problem, start, STEPS)
    model = Scalars(problem, start)
    opt = wrap(torch.optim.SGD(marked(model), lr=ETA))
    for step in range(STEPS + 1):
        latent = torch.cat([v for _, v in opt.latent_parameters()]).numpy()
        np.testing.assert_allclose(latent, path.latent[step], rtol=0, atol=1e-12)
        with opt.quantized():
            np.testing.assert_allclose(
                model.all.detach().numpy(), path.quantized[step], rtol=0, atol=1e-12
            )
        opt.zero_grad()
        model().backward()
        opt.step()


class Net(nn.Module):
    """A small network with a convolution, a norm and a linear layer."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3)
        self.norm = nn.BatchNorm2d(8)
        self.fc = nn.Linear(8, 4)

    def forward(self, x):
        return self.fc(torch.relu(self.norm(self.conv(x))).mean((2, 3)))


@pytest.fixture
def net():
    torch.manual_seed(0)
    return Net()


def batches(count=6, dtype=torch.float32):
    g = torch.Generator().manual_seed(1)
    return [
        (
            torch.randn(16, 3, 8, 8, generator=g, dtype=dtype),
            torch.randint(0, 4, (16,), generator=g),
        )
        for _ in range(count)
    ]


def train(model, opt, data, scheduler=None):
    losses = []
    for x, y in data:
        opt.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        opt.step()
        if scheduler is not None:
            scheduler.step()
        losses.append(loss.item())
    return losses


def adam(model, **options):
    return torch.optim.Adam(optim.split_parameters(model, **options), lr=1e-2)


def test_groups(net):
    quantized, rest = optim.split_parameters(net, lr=0.5)
    assert quantized["names"] == ["conv.weight", "fc.weight"]
    assert quantized["quantize"]
    assert quantized["lr"] == 0.5
    assert rest["names"] == ["conv.bias", "norm.weight", "norm.bias", "fc.bias"]
    only_fc, _ = optim.split_parameters(net, lambda module, name: module is net.fc)
    assert only_fc["names"] == ["fc.weight", "fc.bias"]
    with pytest.raises(ValueError, match="picked none"):
        optim.split_parameters(net, lambda module, name: False)


@pytest.mark.parametrize("name", PAIRS)
def test_resumes_bit_for_bit(net, name, tmp_path):
    wrap, data = PAIRS[name][1], batches()
    other = copy.deepcopy(net)
    opt = wrap(adam(net))
    train(net, opt, data[:3])
    torch.save({"model": net.state_dict(), "opt": opt.state_dict()}, tmp_path / "c.pt")
    train(net, opt, data[3:])
    saved = torch.load(tmp_path / "c.pt", weights_only=True)
    again = wrap(adam(other))
    other.load_state_dict(saved["model"])
    again.load_state_dict(saved["opt"])
    train(other, again, data[3:])
    for key, value in net.state_dict().items():
        assert torch.equal(value, other.state_dict()[key]), key
    for (_, a), (_, b) in zip(opt.latent_parameters(), again.latent_parameters(), strict=True):
        assert torch.equal(a, b)


def plain(value):
    if isinstance(value, dict):
        return all(isinstance(k, str | int) and plain(v) for k, v in value.items())
    if isinstance(value, list | tuple):
        return all(map(plain, value))
    return value is None or isinstance(value, torch.Tensor | int | float | str | bool)


def test_state_holds_tensors_and_plain_scalars_only(net):
    opt = optim.ProxQuant(adam(net, regularizer=DistanceL2(Binary()), strength=STRENGTH))
    train(net, opt, batches(1))
    assert plain(opt.state_dict())


@pytest.mark.parametrize("name", PAIRS)
def test_freeze_quantizes_for_good_and_the_rest_trains_on(net, name):
    opt = PAIRS[name][1](adam(net))
    train(net, opt, batches(3))
    opt.freeze()
    weight, bias = net.conv.weight.detach().clone(), net.fc.bias.detach().clone()
    assert len(weight.abs().unique()) <= (8 * 9 if name == "scaled" else 2)
    train(net, opt, batches(3))
    assert torch.equal(net.conv.weight, weight)
    assert not torch.equal(net.fc.bias, bias)
    again = PAIRS[name][1](adam(net))
    again.load_state_dict(opt.state_dict())
    train(net, again, batches(1))
    assert torch.equal(net.conv.weight, weight)


def test_quantized_gives_back_what_was_there_even_after_an_error(net):
    opt = optim.ProxQuant(adam(net), W, 0.1)
    held = net.conv.weight.detach().clone()

    def stop_inside():
        with opt.quantized():
            assert torch.equal(net.conv.weight.abs(), torch.ones_like(held))
            raise KeyError

    with pytest.raises(KeyError):
        stop_inside()
    assert torch.equal(net.conv.weight, held)


def test_groups_have_sets_regularizers_and_strengths_of_their_own(net):
    groups = [
        {"params": [net.conv.weight], "quantize": True, "set": Codebook([-0.5, 0.0, 0.5])},
        {"params": [net.fc.weight], "quantize": True},
        {"params": [net.fc.bias]},
    ]
    opt = optim.BinaryConnect(torch.optim.SGD(groups, lr=0.1))
    assert set(net.conv.weight.unique().tolist()) <= {-0.5, 0.0, 0.5}
    assert set(net.fc.weight.unique().tolist()) == {-1.0, 1.0}
    assert "set" not in opt.param_groups[0]
    groups = [
        {"params": [net.conv.weight], "quantize": True, "strength": 1e9},
        {"params": [net.fc.weight], "quantize": True},
    ]
    fc = net.fc.weight.detach().clone()
    opt = optim.ProxQuant(torch.optim.SGD(groups, lr=0.0), W, 0.0)
    opt.step()
    assert torch.equal(net.fc.weight, fc)


def test_coupled_quantizers_take_each_parameter_by_itself(net):
    R = AlternatingDistance(AlternatingMultiBit(2))
    opt = optim.ProxQuant(adam(net), R, Linear(0.5))
    train(net, opt, batches(4))
    opt.freeze()
    for weight in (net.conv.weight, net.fc.weight):
        assert len(weight.unique()) <= 4


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


def test_bad_input(net):
    with pytest.raises(ValueError, match="marked"):
        optim.BinaryConnect(torch.optim.SGD(net.parameters(), lr=0.1))
    with pytest.raises(TypeError, match=r"torch\.optim optimizer"):
        optim.BinaryConnect(net)
    with pytest.raises(ValueError, match="regularizer: expected one"):
        optim.ProxQuant(adam(net), strength=0.1)
    with pytest.raises(ValueError, match="got set"):
        optim.ProxQuant(adam(net, set=Binary()), W, 0.1)
    with pytest.raises(ValueError, match="not quantize=True"):
        optim.BinaryConnect(
            torch.optim.SGD([*marked(net.fc), {"params": [net.conv.bias], "set": Binary()}], lr=0.1)
        )
    with pytest.raises(ValueError, match="clip"):
        optim.BinaryConnect(adam(net), clip=0.0)
    opt = optim.BinaryConnect(adam(net))
    with pytest.raises(ValueError, match="from the start"):
        opt.add_param_group({"params": [nn.Parameter(torch.ones(2))], "quantize": True})
    opt.add_param_group({"params": [nn.Parameter(torch.ones(2))]})
    assert len(opt.base.param_groups) == 3
    state = optim.ProxQuant(adam(copy.deepcopy(net)), W, 0.1).state_dict()
    with pytest.raises(ValueError, match="method 'BinaryConnect', got 'ProxQuant'"):
        opt.load_state_dict(state)
    with pytest.raises(ValueError, match="not of a quantizing"):
        opt.load_state_dict(adam(net).state_dict())
    small = nn.Linear(2, 2)
    with pytest.raises(ValueError, match="quantized shapes"):
        optim.BinaryConnect(adam(small)).load_state_dict(opt.state_dict())
