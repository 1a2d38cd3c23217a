"""Every successor round torch optimizers: the iterates of its array method, resumed, closed over, copied, frozen."""

import copy
import io

import numpy as np
import pytest
import torch
from torch import nn

from pqtheory import methods, problems, simulate
from pqtheory.methods import Clipped, Fading
from pqtheory.networks import optim
from pqtheory.networks.optim import QuantizingOptimizer
from pqtheory.quantizers import AlternatingMultiBit
from pqtheory.regularizers import AlternatingDistance, DistanceL1, DistanceL2, PiecewiseAffine
from pqtheory.schedules import Exponential, Hardened, Linear
from pqtheory.sets import Binary, ScaledBinary, Ternary

from .optimizers import ETA, Net, W, adam, batches, train
from .test_own import run
from .test_steps import Scalars, marked, plain


def made(method, **options):
    """Wraps an optimizer: by a method, whose step size is of no account, or by a class with options."""
    return lambda base: QuantizingOptimizer(base, method, **options)


#: name -> (the array method, the same round an optimizer)
SUCCESSORS = {
    "dampened": (methods.Dampened(ETA, 0.25), made(methods.Dampened(7, 0.25))),
    "dampened, away, as a class": (
        methods.Dampened(ETA, Linear(-0.02), set=Ternary(), clip=1.5),
        made(methods.Dampened, set=Ternary(), strength=Linear(-0.02), clip=1.5),
    ),
    "eager pull": (
        methods.EagerPull(DistanceL2(Binary()), ETA, 0.5),
        made(methods.EagerPull(DistanceL2(Binary()), 7, 0.5)),
    ),
    "eager pull, as a class": (
        methods.EagerPull(DistanceL1(Ternary()), ETA, Linear(0.02)),
        made(methods.EagerPull, regularizer=DistanceL1(Ternary()), strength=Linear(0.02)),
    ),
    "prox connect": (methods.ProxConnect(W, ETA, 0.4), made(methods.ProxConnect(W, 7, 0.4))),
    "prox connect, as a class": (
        methods.ProxConnect(PiecewiseAffine(Ternary()), ETA, 0.4),
        made(methods.ProxConnect, regularizer=PiecewiseAffine(Ternary()), strength=0.4),
    ),
    "prox connect plus": (
        methods.ProxConnectPlus(W, ETA, 0.4, Clipped(1.25)),
        made(methods.ProxConnectPlus(W, 7, 0.4, Clipped(1.25))),
    ),
    "prox connect plus, as a class": (
        methods.ProxConnectPlus(W, ETA, 0.4, Fading(0.5)),
        made(methods.ProxConnectPlus, regularizer=W, strength=0.4, backward=Fading(0.5)),
    ),
    "parq": (methods.PARQ(ETA, Linear(0.04)), made(methods.PARQ(7, Linear(0.04)))),
    "parq, as a class": (
        methods.PARQ(ETA, Linear(0.04), set=Ternary()),
        made(methods.PARQ, set=Ternary(), strength=Linear(0.04)),
    ),
    "mirror descent": (methods.MirrorDescent(ETA, 1.5), made(methods.MirrorDescent(7, 1.5))),
    "mirror descent, as a class": (
        methods.MirrorDescent(ETA, Hardened(Exponential(1.0, 1.05), 30), set=Ternary()),
        made(methods.MirrorDescent, set=Ternary(), strength=Hardened(Exponential(1.0, 1.05), 30)),
    ),
    "bop": (methods.Bop(ETA, 0.05), made(methods.Bop(0.5, 0.05))),
    "bop, as a class": (
        methods.Bop(ETA, Linear(0.002)),
        made(methods.Bop, threshold=Linear(0.002)),
    ),
}


def test_every_successor_of_the_registry_is_here():
    there = {type(method) for method, _ in SUCCESSORS.values()}
    tested_elsewhere = {
        methods.BinaryConnect,
        methods.BinaryRelax,
        methods.LazyProx,
        methods.ProjectedSGD,
        methods.ProxQuant,
    }
    # dual averaging's steps are those of BinaryConnect
    known = {m.method for m in methods.REGISTRY.values()} - {methods.DualAveraging}
    assert known == there | tested_elsewhere


@pytest.mark.parametrize("name", SUCCESSORS)
def test_the_same_iterates_as_the_array_method(name):
    path, latents = run(*SUCCESSORS[name])
    np.testing.assert_allclose(latents, path.latent, rtol=0, atol=1e-12)
    # each weight moves
    assert np.ptp(path.latent, axis=0).max() > 0.05


@pytest.mark.parametrize(
    ("method", "wrap"),
    [
        (methods.ProxConnect(W, Exponential(0.1, 0.9), 0.7), made(methods.ProxConnect(W, 1, 0.7))),
        (
            methods.EagerPull(W, Exponential(0.1, 0.9), 0.7),
            made(methods.EagerPull, regularizer=W, strength=0.7),
        ),
        (methods.Bop(Exponential(0.1, 0.9), 0.05), made(methods.Bop(1, 0.05))),
    ],
)
def test_the_step_size_is_that_of_the_group_whatever_a_scheduler_makes_of_it(method, wrap):
    problem = problems.Quadratic.random(6, condition=10.0, seed=1)
    start = np.random.default_rng(0).standard_normal(6)
    path = simulate(method, problem, start, 20, progress=False)
    model = Scalars(problem, start)
    opt = wrap(torch.optim.SGD(marked(model), lr=0.1))
    scheduler = torch.optim.lr_scheduler.ExponentialLR(opt, 0.9)
    for step in range(20):
        model.zero_grad()
        model().backward()
        opt.step()
        scheduler.step()
        if step == 9:
            opt.load_state_dict(copy.deepcopy(opt.state_dict()))
    latent = torch.cat([v for _, v in opt.latent_parameters()]).numpy()
    np.testing.assert_allclose(latent, path.latent[-1], rtol=0, atol=1e-12)


#: of each kind one, for a network
KINDS = {
    "dampened, rows": made(methods.Dampened, set=ScaledBinary(-1), strength=-0.3),
    "dampened, fitted": made(
        methods.Dampened, set=AlternatingMultiBit(2, per="channel"), strength=0.3
    ),
    "eager pull, fitted": made(
        methods.EagerPull,
        regularizer=AlternatingDistance(AlternatingMultiBit(2, per="channel")),
        strength=0.3,
    ),
    **{
        name: SUCCESSORS[name][1]
        for name in SUCCESSORS
        if "class" not in name or name.startswith("prox connect plus")
    },
}


def same(one, other):
    return all(
        torch.equal(a, b)
        for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True)
    )


@pytest.mark.parametrize("name", KINDS)
def test_resumes_and_copies_bit_for_bit(net, name):
    data, other = batches(5), copy.deepcopy(net)
    opt = KINDS[name](adam(net))
    train(net, opt, data[:2])
    assert plain(opt.state_dict())
    file = io.BytesIO()
    torch.save({"model": net.state_dict(), "opt": opt.state_dict()}, file)
    file.seek(0)
    copied, copied_opt = copy.deepcopy((net, opt))
    train(net, opt, data[2:])
    saved = torch.load(file, weights_only=True)
    again = KINDS[name](adam(other))
    other.load_state_dict(saved["model"])
    again.load_state_dict(saved["opt"])
    train(other, again, data[2:])
    train(copied, copied_opt, data[2:])
    assert same(net, other)
    assert same(net, copied)
    for (_, a), (_, b) in zip(opt.latent_parameters(), again.latent_parameters(), strict=True):
        assert torch.equal(a, b)


@pytest.mark.parametrize("name", KINDS)
def test_a_closure_makes_the_step_of_a_gradient(net, name):
    other = copy.deepcopy(net)
    opt, again = KINDS[name](adam(net)), KINDS[name](adam(other))
    for x, y in batches(3):

        def closure(x=x, y=y):
            again.zero_grad()
            loss = nn.functional.cross_entropy(other(x), y)
            loss.backward()
            return loss

        loss = train(net, opt, [(x, y)])
        assert again.step(closure).item() == loss[0]
        assert same(net, other)
        for a, b in zip(net.parameters(), other.parameters(), strict=True):
            assert torch.equal(a.grad, b.grad)


@pytest.mark.parametrize("name", KINDS)
def test_the_model_shows_where_the_gradient_is_taken_and_freezes(net, name):
    opt = KINDS[name](adam(net))
    train(net, opt, batches(2))
    shown = net.conv.weight.detach().clone()
    with opt.quantized():
        quantized = net.conv.weight.detach().clone()
    # these take their gradients at quantized weights
    assert torch.equal(shown, quantized) == name.startswith(("dampened", "eager pull", "bop"))
    opt.freeze()
    assert torch.equal(net.conv.weight, quantized)
    train(net, opt, batches(1))
    assert torch.equal(net.conv.weight, quantized)


def test_gradients_are_given_back(net):
    opt = KINDS["dampened"](adam(net))
    x, y = batches(1)[0]
    nn.functional.cross_entropy(net(x), y).backward()
    before = [p.grad for p in net.parameters()]
    held = [g.clone() for g in before]
    opt.step()
    assert all(p.grad is g for p, g in zip(net.parameters(), before, strict=True))
    assert all(torch.equal(g, h) for g, h in zip(before, held, strict=True))


def test_bop_leaves_the_base_optimizer_nothing_but_its_own_rate(net):
    opt = KINDS["bop"](torch.optim.AdamW(optim.split_parameters(net, lr=0.3), lr=0.01))
    train(net, opt, batches(3))
    assert set(net.conv.weight.unique().tolist()) == {-1.0, 1.0}
    assert net.conv.weight not in opt.state
    state = opt.state_dict()["state"]
    assert set(state[0]) == {"bop_average"}
    assert set(state[2]) == {"step", "exp_avg", "exp_avg_sq"}


def test_an_embedding_keeps_its_padding_row_under_a_map_that_is_no_prox():
    table = nn.Embedding(5, 4, padding_idx=1)
    opt = KINDS["mirror descent"](torch.optim.SGD(optim.split_parameters(table), lr=0.1))
    for _ in range(3):
        opt.zero_grad()
        table(torch.tensor([0, 1, 2, 1, 3])).square().sum().backward()
        opt.step()
    assert torch.equal(table.weight[1], torch.zeros(4))
    with opt.quantized():
        assert table.weight.abs().sum(1).tolist() == [4, 0, 4, 4, 4]


@pytest.mark.parametrize(
    ("method", "options", "message"),
    [
        (methods.Bop, {"set": Binary()}, "options: expected threshold for this method, got set"),
        (methods.Bop, {"threshold": -1}, "threshold: expected a number >= 0"),
        (methods.Bop, {"dampening": 1}, "dampening: expected none, as Bop has no latent weights"),
        (methods.Dampened, {}, "strength: expected one for each quantized group or for all"),
        (methods.ProxConnectPlus, {"regularizer": W, "strength": 1}, "backward: expected one"),
        (methods.MirrorDescent, {"strength": -1}, "strength: expected a number >= 0"),
    ],
)
def test_what_is_no_description(method, options, message):
    with pytest.raises(ValueError, match=message) as raised:
        QuantizingOptimizer(adam(Net()), method, **options)
    assert "\n" not in str(raised.value)


def test_bop_wants_a_rate(net):
    with pytest.raises(ValueError, match=r"group 0: lr: expected the rate of Bop's averages, .* 2"):
        KINDS["bop"](torch.optim.SGD(optim.split_parameters(net, lr=2.0), lr=0.1))
