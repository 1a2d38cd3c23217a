"""The quantizing optimizers beside their array methods, and a small network for them to train."""

import torch
from torch import nn

from pqtheory import methods
from pqtheory.networks import optim
from pqtheory.regularizers import DistanceL1, SmoothedL1
from pqtheory.schedules import Linear
from pqtheory.sets import Binary, ScaledBinary, Ternary

ETA = 0.05
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


class Net(nn.Module):
    """A small network with a convolution, a norm and a linear layer."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3)
        self.norm = nn.BatchNorm2d(8)
        self.fc = nn.Linear(8, 4)

    def forward(self, x):
        return self.fc(torch.relu(self.norm(self.conv(x))).mean((2, 3)))


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
