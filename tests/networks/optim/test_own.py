"""Any regularizer and any method of one's own round torch optimizers, as described to the array methods."""

import math

import numpy as np
import pytest
import torch

from pqtheory import methods, problems, simulate
from pqtheory.methods import Prox
from pqtheory.networks import optim
from pqtheory.quantizers import AlternatingMultiBit
from pqtheory.regularizers import AlternatingDistance, DistanceL1
from pqtheory.schedules import Hardened, Linear
from pqtheory.sets import Binary, Ternary
from tests.own_parts import GrowingHuber, HuberDistance, LazyHuber

from .optimizers import ETA, adam, batches, train
from .test_steps import Scalars, marked

STEPS = 40
HUBER = HuberDistance(Binary())
FITTED = AlternatingDistance(AlternatingMultiBit(1, axis=-1))

#: name -> (the array method, the same round an optimizer)
OWN = {
    "regularizer, eager": (
        methods.ProxQuant(HUBER, ETA, Linear(0.02)),
        lambda base: optim.ProxQuant(base, HUBER, Linear(0.02)),
    ),
    "regularizer, lazy": (
        methods.LazyProx(HUBER, ETA, 0.3),
        lambda base: optim.LazyProx(base, HUBER, 0.3),
    ),
    "method": (
        GrowingHuber(ETA, Ternary(), 0.05),
        lambda base: optim.QuantizingOptimizer(base, GrowingHuber(7, Ternary(), 0.05)),
    ),
    "method, as a class": (
        LazyHuber(ETA, Ternary(), 0.25),
        lambda base: optim.QuantizingOptimizer(base, LazyHuber, set=Ternary(), strength=0.25),
    ),
    "pair": (
        methods.Lazy(Prox(HUBER, Hardened(Linear(0.1), 20)), ETA),
        lambda base: optim.QuantizingOptimizer(
            base, methods.Lazy(Prox(HUBER, Hardened(Linear(0.1), 20)), 1)
        ),
    ),
    "eager projection": (
        methods.ProjectedSGD(Ternary(), ETA),
        lambda base: optim.QuantizingOptimizer(base, methods.ProjectedSGD, set=Ternary()),
    ),
    "relaxation": (
        methods.BinaryRelax(ETA, 0.5, harden_at=9),
        lambda base: optim.QuantizingOptimizer(base, methods.BinaryRelax(1, 0.5, harden_at=9)),
    ),
}


def run(method, wrap):
    """The latent weights of both at every step, and what they quantize to at the end."""
    problem = problems.Quadratic.random(6, condition=10.0, seed=1)
    start = np.random.default_rng(0).standard_normal(6)
    path = simulate(method, problem, start, STEPS, progress=False)
    model = Scalars(problem, start)
    opt = wrap(torch.optim.SGD(marked(model), lr=ETA))
    latents = []
    for _ in range(STEPS + 1):
        latents.append(torch.cat([v for _, v in opt.latent_parameters()]).numpy().copy())
        opt.zero_grad()
        model().backward()
        opt.step()
    return path, np.array(latents)


@pytest.mark.parametrize("name", OWN)
def test_the_same_iterates_as_the_array_method(name):
    path, latents = run(*OWN[name])
    np.testing.assert_allclose(latents, path.latent, rtol=0, atol=1e-12)
    assert np.ptp(path.latent, axis=0).min() > 0.05


@pytest.mark.parametrize("name", OWN)
def test_they_freeze_and_load(net, name):
    wrap, data = OWN[name][1], batches(4)
    opt = wrap(adam(net))
    train(net, opt, data[:2])
    state = opt.state_dict()
    again = wrap(adam(net))
    again.load_state_dict(state)
    for (_, one), (_, other) in zip(
        opt.latent_parameters(), again.latent_parameters(), strict=True
    ):
        assert torch.equal(one, other)
    opt.freeze()
    assert set(net.conv.weight.unique().tolist()) <= {-1.0, 0.0, 1.0}


def test_a_fitted_quantizer_is_passed_in_like_any_regularizer(net):
    opt = optim.QuantizingOptimizer(adam(net), methods.Lazy(Prox(FITTED, math.inf), 1))
    train(net, opt, batches(3))
    assert all(len(row.unique()) <= 2 for row in net.fc.weight)


def test_options_of_the_groups(net):
    net.conv.weight.data.mul_(5)
    groups = [
        {"params": [net.conv.weight], "quantize": True, "set": Ternary(), "strength": math.inf},
        {"params": [net.fc.weight], "quantize": True, "strength": math.inf},
    ]
    opt = optim.QuantizingOptimizer(torch.optim.SGD(groups, lr=0.1), LazyHuber, set=Binary())
    assert set(net.conv.weight.unique().tolist()) == {-1.0, 0.0, 1.0}
    assert set(net.fc.weight.unique().tolist()) == {-1.0, 1.0}
    assert [g.map.regularizer.set for g in opt.quantized_groups.values()] == [Ternary(), Binary()]
    groups = [{"params": [net.conv.weight], "quantize": True, "regularizer": DistanceL1(Ternary())}]
    opt = optim.QuantizingOptimizer(
        torch.optim.SGD(groups, lr=0.1), GrowingHuber(1, Binary(), 0.5), clip=2.0
    )
    assert opt.quantized_groups[0].map == Prox(DistanceL1(Ternary()), Linear(0.5))
    assert opt.clip == 2.0


def test_the_method_of_a_state_is_that_of_the_description(net):
    state = OWN["method"][1](adam(net)).state_dict()
    assert state["param_groups"][0]["quantize_method"] == "GrowingHuber"
    with pytest.raises(ValueError, match="method 'Lazy', got 'GrowingHuber'"):
        OWN["pair"][1](adam(net)).load_state_dict(state)
    assert repr(OWN["method"][1](adam(net))).startswith("GrowingHuber(Adam")


class OwnStep(methods.Eager):
    def step(self, state, gradient):
        return super().step(state, 2 * gradient)


@pytest.mark.parametrize(
    ("method", "options", "error", "message"),
    [
        (methods.DualAveraging(Binary(), 1), {}, TypeError, "kind Eager or Lazy, got DualAv"),
        (methods.DualAveraging, {}, TypeError, "kind Eager or Lazy, got <class"),
        ("proxquant", {}, TypeError, "kind Eager or Lazy, got 'proxquant'"),
        (OwnStep(Prox(HUBER, 1), 1), {}, TypeError, "steps of Eager, got OwnStep with its own"),
        (OwnStep, {}, TypeError, "steps of Eager, got OwnStep with its own"),
        (LazyHuber, {}, ValueError, "set: expected one for each quantized group or for all"),
        (methods.ProxQuant, {"regularizer": HUBER}, ValueError, "strength: expected one"),
        (LazyHuber, {"rate": 1}, ValueError, "options: expected set or strength .* got rate"),
        (LazyHuber, {"set": Binary(), "strength": -1}, ValueError, "strength: expected a number"),
    ],
)
def test_what_is_no_description(net, method, options, error, message):
    with pytest.raises(error, match=message):
        optim.QuantizingOptimizer(adam(net), method, **options)


class TorchSquares(methods.Map):
    """A map of somebody who knows torch alone: t / (1 + w)."""

    separable, strength = True, Linear(0.1)

    def apply(self, theta, weight, out=None):
        found = torch.div(theta, 1 + weight)
        return found if out is None else out.copy_(found)

    def quantize(self, theta):
        return torch.zeros_like(theta)


@pytest.mark.parametrize("memory", [methods.Eager, methods.Lazy])
def test_a_map_that_takes_tensors_alone_is_given_tensors(net, memory):
    opt = optim.QuantizingOptimizer(adam(net), memory(TorchSquares(), 1))
    train(net, opt, batches(2))
    shown = [p.detach().clone() for p, _ in opt.latent_parameters()]
    group = opt.quantized_groups[0]
    for value, (_, latent) in zip(shown, opt.latent_parameters(), strict=True):
        weight = 0.1 * opt.steps
        expected = latent / (1 + weight) if memory is methods.Lazy else latent
        assert torch.allclose(value, expected)
    assert not group._takes_arrays
