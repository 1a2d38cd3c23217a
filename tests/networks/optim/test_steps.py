"""Quantizing optimizers: the same iterates as the array methods, groups, resume, freeze, bad input."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

from pqtheory import problems, simulate
from pqtheory.networks import optim
from pqtheory.quantizers import AlternatingMultiBit
from pqtheory.regularizers import AlternatingDistance, DistanceL2
from pqtheory.schedules import Linear
from pqtheory.sets import Binary, Codebook

from .optimizers import ETA, PAIRS, STRENGTH, W, adam, batches, train

STEPS = 40


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
    with pytest.raises(ValueError, match="expected 2 groups, got 3"):
        optim.BinaryConnect(adam(small)).load_state_dict(opt.state_dict())
    with pytest.raises(ValueError, match="group 0: expected 1 parameter, got 2"):
        optim.BinaryConnect(adam(small)).load_state_dict(
            optim.BinaryConnect(adam(net)).state_dict()
        )


@pytest.mark.parametrize(
    "make",
    [
        lambda base: optim.ProxQuant(base, W, 0.5),
        lambda base: optim.BinaryRelax(base, 0.5),
    ],
)
def test_each_of_three_groups_has_the_numbers_of_its_own_rate(make):
    starts = [torch.randn(2, 3, generator=torch.Generator().manual_seed(i)) for i in range(3)]
    rates = [0.125, 0.25, 0.5]

    def ends(*chosen):
        parameters = [torch.nn.Parameter(starts[i].clone()) for i in chosen]
        groups = [
            {"params": [p], "lr": rates[i], "quantize": True}
            for p, i in zip(parameters, chosen, strict=True)
        ]
        optimizer = make(torch.optim.SGD(groups, lr=1.0))
        for _ in range(3):
            for parameter in parameters:
                parameter.grad = torch.ones_like(parameter)
            optimizer.step()
        return [latent.detach().clone() for _, latent in optimizer.latent_parameters()]

    together = ends(0, 1, 2)
    for i, latent in enumerate(together):
        assert torch.equal(latent, ends(i)[0])


@pytest.mark.parametrize("make", [optim.BinaryConnect, lambda b, s: optim.ProxQuant(b, s, 0.3)])
@pytest.mark.parametrize("other", [torch.float64, torch.float16])
def test_each_has_the_levels_of_its_own_dtype(make, other):
    def trained(*dtypes):
        torch.manual_seed(0)
        found = [nn.Parameter(torch.randn(50).to(dtype)) for dtype in dtypes]
        opt = make(
            torch.optim.SGD([{"params": found, "quantize": True}], lr=0.1), Codebook((-0.1, 0.7))
        )
        for p in found:
            p.grad = torch.full_like(p, 0.1)
        opt.step()
        return [p.detach() for p in found]

    for dtypes in ((torch.float32, other), (other, torch.float32)):
        mixed, alike = trained(*dtypes), [trained(dtype, dtype) for dtype in dtypes]
        assert all(torch.equal(p, alike[i][i]) for i, p in enumerate(mixed))
