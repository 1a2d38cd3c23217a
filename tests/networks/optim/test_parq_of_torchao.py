"""Ours beside torchao.prototype.parq on the same gradients: latent and shown weights are equal at each step.

What theirs does was recorded once (``parq_of_torchao.json``). One thing is ruled otherwise: what is midway between two
levels goes up here, always; there up where levels have just been fitted, and down between two fits.
"""

import json
import math
from dataclasses import dataclass

import pytest
import torch

from pqtheory import methods
from pqtheory.networks.optim import BinaryConnect, QuantizingOptimizer
from pqtheory.quantizers import GreedyMultiBit
from pqtheory.regularizers import AlternatingDistance, Bump, FittedBump
from pqtheory.schedules import Schedule
from pqtheory.sets import Binary, ScaledBinary

from .parq_of_torchao import CASES, END, FILE, SHAPE, STEPS, base, gradient, inverse_slope, start

RECORD = json.loads(FILE.read_text())


@dataclass(frozen=True)
class BySlope(Schedule):
    """lambda = 1 - s, s the inverse slope, whose first step is 0: ours shows lambda_1 after the first step."""

    def __call__(self, step):
        return 1 - inverse_slope(max(step - 1, 0))


@dataclass(frozen=True)
class ByShare(Schedule):
    """lambda that leads the share s of the way to the levels: s = lambda / (1 + lambda)."""

    def __call__(self, step):
        made = max(step - 1, 0)
        return made / (END - made) if made < END else math.inf


def ours(name, parameter):
    kind, bits, by_channel, period = CASES[name]
    per = "channel" if by_channel else "tensor"
    inside = base(parameter, quantize=True)
    if kind == "hard":
        return BinaryConnect(inside, ScaledBinary(per=per))
    greedy = GreedyMultiBit(bits, per=per)
    if kind == "relaxed":
        regularizer = AlternatingDistance(greedy, rounds=1)
        return QuantizingOptimizer(
            inside, methods.LazyProx, regularizer=regularizer, strength=ByShare()
        )
    return QuantizingOptimizer(
        inside,
        methods.LazyProx,
        regularizer=FittedBump(greedy),
        strength=BySlope(),
        refit_every=period,
    )


def path(made, parameter):
    """What it shows after each step, as the record has it."""
    found = {"latent": [], "shown": []}
    for step in range(STEPS):
        parameter.grad = gradient(step)
        made.step()
        ((_, latent),) = made.latent_parameters()
        found["latent"].append(latent.flatten().tolist())
        found["shown"].append(parameter.detach().flatten().tolist())
    return found


@pytest.mark.parametrize("name", CASES)
def test_latent_and_shown_weights_are_theirs_at_each_step(name):
    parameter = torch.nn.Parameter(start())
    found, theirs = path(ours(name, parameter), parameter), RECORD["cases"][name]
    for kind in ("latent", "shown"):
        here, there = (torch.tensor(one[kind], dtype=torch.float64) for one in (found, theirs))
        assert here.shape == (STEPS, math.prod(SHAPE))
        torch.testing.assert_close(here, there, rtol=0, atol=1e-10)
    # the map is not the identity, and at last a projection
    assert len(set(theirs["shown"][-1])) < len(set(theirs["latent"][-1]))


def test_ties():
    """Halfway the map leaves what is midway where it is, in both."""
    bump, middle = Bump(Binary()), torch.zeros(1, dtype=torch.float64)
    assert RECORD["ties"] == {"projected": -1.0, "halfway": 0.0, "fitted": 1.0}
    assert float(bump.prox(middle, math.inf)) == 1.0
    assert float(bump.prox(middle, 0.5)) == 0.0
    weights = torch.tensor([-1.5, 0.0, 1.5], dtype=torch.float64)
    assert float(FittedBump(GreedyMultiBit(1)).quantize(weights)[1]) == 1.0


def test_the_record_is_what_torchao_does():
    """Where torchao is installed."""
    pytest.importorskip("torchao")
    from . import parq_of_torchao

    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        assert parq_of_torchao.ties_of_torchao() == RECORD["ties"]
        for name in CASES:
            theirs = parq_of_torchao.of_torchao(name)
            for kind in ("latent", "shown"):
                torch.testing.assert_close(
                    torch.tensor(theirs[kind]),
                    torch.tensor(RECORD["cases"][name][kind]),
                    rtol=0,
                    atol=1e-10,
                )
    finally:
        torch.set_default_dtype(before)
