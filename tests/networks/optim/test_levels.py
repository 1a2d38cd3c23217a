"""Sets and fitted quantizers are taken alike: by the array methods, and by the optimizers, with the same steps."""

import math

import numpy as np
import pytest
import torch

from pqtheory import methods
from pqtheory.methods import Prox
from pqtheory.networks import optim
from pqtheory.networks.readings import after_steps
from pqtheory.quantizers import AdaptiveTernary, AlternatingMultiBit
from pqtheory.regularizers import AlternatingDistance, DistanceL1, DistanceL2, Indicator
from pqtheory.sets import Binary, ScaledBinary, Ternary

from .optimizers import adam, batches, train

LEVELS = [Ternary(0.2), ScaledBinary(), AlternatingMultiBit(2), AdaptiveTernary(axis=-1)]
ETA = 0.05
METHODS = {
    "binaryconnect": lambda levels: methods.BinaryConnect(ETA, set=levels),
    "binaryrelax": lambda levels: methods.BinaryRelax(ETA, 0.5, set=levels, harden_at=6),
    "projectedsgd": lambda levels: methods.ProjectedSGD(levels, ETA),
    "proxquant": lambda levels: methods.ProxQuant(levels, ETA, 0.5),
    "lazyprox": lambda levels: methods.LazyProx(levels, ETA, 0.5),
}
OPTIMIZERS = {
    "binaryconnect": optim.BinaryConnect,
    "binaryrelax": lambda base, levels: optim.BinaryRelax(base, 0.5, set=levels),
    "projectedsgd": lambda base, levels: optim.QuantizingOptimizer(
        base, methods.ProjectedSGD, set=levels
    ),
    "proxquant": lambda base, levels: optim.ProxQuant(base, levels, 0.5),
    "lazyprox": lambda base, levels: optim.LazyProx(base, levels, 0.5),
}


@pytest.mark.parametrize("levels", LEVELS, ids=repr)
@pytest.mark.parametrize("name", METHODS)
def test_the_same_steps_on_arrays_and_on_parameters(name, levels):
    method, draw = METHODS[name](levels), np.random.default_rng(0)
    start, gradients = draw.standard_normal(12), draw.standard_normal((9, 12))
    state = method.init(start)
    for gradient in gradients:
        state = method.step(state, gradient)
    found = after_steps(method, start, gradients, ETA)
    np.testing.assert_allclose(found, state.latent, rtol=0, atol=1e-12)
    assert repr(levels) in repr(method) or "regularizer" in repr(method)
    assert len(np.unique(np.round(method.output(state), 12))) <= 4


@pytest.mark.parametrize("levels", LEVELS, ids=repr)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizers_take_them(net, name, levels):
    opt = OPTIMIZERS[name](adam(net), levels)
    train(net, opt, batches(2))
    opt.freeze()
    groups = net.fc.weight if getattr(levels, "axis", None) == -1 else net.fc.weight[None]
    assert all(1 < len(row.unique()) <= 4 for row in groups)


def test_what_is_made_of_them():
    q = AlternatingMultiBit(2)
    assert methods.BinaryConnect.describe(q) == Prox(AlternatingDistance(q, rounds=1), math.inf)
    assert methods.ProjectedSGD.describe(Ternary()) == Prox(Indicator(Ternary()), math.inf)
    assert methods.BinaryRelax.describe(q, 2.0).regularizer == AlternatingDistance(q, rounds=1)
    assert methods.ProxQuant.describe(Binary(), 1.0) == Prox(DistanceL1(Binary()), 1.0)
    assert methods.LazyProx.describe(ScaledBinary(), 1.0).regularizer == DistanceL2(ScaledBinary())
    assert methods.LazyProx.describe(q, 1.0).regularizer == AlternatingDistance(q)


def test_groups_with_levels_of_their_own(net):
    groups = [
        {"params": [net.conv.weight], "quantize": True, "set": AlternatingMultiBit(1)},
        {"params": [net.fc.weight], "quantize": True, "set": Ternary(0.1)},
    ]
    optim.BinaryConnect(torch.optim.SGD(groups, lr=0.1))
    assert len(net.conv.weight.abs().unique()) == 1
    assert set(net.fc.weight.unique().tolist()) <= {np.float32(x) for x in (-0.1, 0.0, 0.1)}
