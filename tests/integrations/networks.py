"""Tiny networks with random weights, and what they train on."""

import torch
from torch import nn

from pqtheory.networks import optim
from pqtheory.quantizers import AlternatingMultiBit
from pqtheory.regularizers import DistanceL1
from pqtheory.schedules import Linear
from pqtheory.sets import Binary, Ternary

#: eager and lazy; levels that are given, and that are fitted to rows
METHODS = {
    "proxquant": lambda base: optim.ProxQuant(base, DistanceL1(Binary(0.1)), Linear(0.05)),
    "binaryconnect": lambda base: optim.BinaryConnect(base, Ternary(0.1)),
    "proxquant, rows": lambda base: optim.ProxQuant(base, AlternatingMultiBit(2, axis=-1), 0.5),
    "binaryconnect, rows": lambda base: optim.BinaryConnect(base, AlternatingMultiBit(2, axis=-1)),
}


def classifier(seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 3))


def examples(count=32):
    g = torch.Generator().manual_seed(1)
    return torch.randn(count, 6, generator=g), torch.randint(0, 3, (count,), generator=g)


def wrapped(model, method):
    groups = optim.split_parameters(model)
    return METHODS[method](torch.optim.AdamW(groups, lr=1e-2))


def latents(opt):
    return [v.detach().clone() for _, v in opt.latent_parameters()]


def equal_states(a, b):
    return a.keys() == b.keys() and all(torch.equal(v, b[k]) for k, v in a.items())
