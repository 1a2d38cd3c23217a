"""PARQ's period: levels are fitted anew now and then, and are state of their parameter."""

import copy

import pytest
import torch
from torch import nn

from pqtheory import methods
from pqtheory.methods import Lazy, Prox
from pqtheory.networks import optim
from pqtheory.networks.optim import Freezing, QuantizingOptimizer
from pqtheory.quantizers import AlternatingMultiBit
from pqtheory.regularizers import FittedBump
from pqtheory.schedules import Linear

from .optimizers import adam, batches, train

BUMP = FittedBump(AlternatingMultiBit(2, per="channel"))


def lazy(base, **options):
    return QuantizingOptimizer(
        base, Lazy(Prox(BUMP, Linear(0.08)), 1), **{"refit_every": 3, **options}
    )


def eager(base, **options):
    return QuantizingOptimizer(
        base,
        methods.ProxQuant,
        regularizer=BUMP,
        strength=Linear(0.8),
        **{"refit_every": 3, **options},
    )


def test_the_levels_are_those_of_the_first_step_and_every_third_from_it():
    start = torch.randn(4, 9, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    weight = nn.Parameter(start.clone())
    opt = lazy(torch.optim.SGD([{"params": [weight], "quantize": True}], lr=0.1))
    gradients = torch.randn(9, 4, 9, generator=torch.Generator().manual_seed(1)).double()
    theta, books = start.clone(), BUMP.codebooks(start)
    assert torch.equal(weight, BUMP.prox_on(theta, books, 0.0))
    for step, gradient in enumerate(gradients):
        weight.grad = gradient
        opt.step()
        theta -= 0.1 * gradient
        if step % 3 == 0:
            books = BUMP.codebooks(theta)
        torch.testing.assert_close(weight, BUMP.prox_on(theta, books, 0.08 * (step + 1)))
        torch.testing.assert_close(opt.state[weight]["codebooks"], books)
        with opt.quantized():
            torch.testing.assert_close(weight, BUMP.prox_on(theta, books, torch.inf))
            if step % 3 == 2:
                # levels of now would be others
                assert not torch.allclose(weight, BUMP.quantize(theta))
    opt.freeze()
    torch.testing.assert_close(weight, BUMP.prox_on(theta, books, torch.inf))


@pytest.mark.parametrize("options", [{}, {"freezing": Freezing(0.015)}])
@pytest.mark.parametrize("wrap", [lazy, eager])
def test_resumes_within_a_period_bit_for_bit(net, wrap, options):
    other, data = copy.deepcopy(net), batches(6)
    opt = wrap(adam(net), **options)
    train(net, opt, data[:3])
    saved = copy.deepcopy((net.state_dict(), opt.state_dict()))
    assert saved[1]["state"][0]["codebooks"].shape == (8, 4)
    again = wrap(adam(other), **options)
    other.load_state_dict(saved[0])
    again.load_state_dict(saved[1])
    assert train(net, opt, data[3:]) == train(other, again, data[3:])
    for a, b in zip(net.parameters(), other.parameters(), strict=True):
        assert torch.equal(a, b)


def test_a_period_of_one_step_is_none(net):
    other, data = copy.deepcopy(net), batches(3)
    opt, again = lazy(adam(net), refit_every=1), lazy(adam(other), refit_every=None)
    assert train(net, opt, data) == train(other, again, data)


def test_a_padding_row_stays_0_on_kept_levels():
    table = nn.Embedding(5, 4, padding_idx=1)
    (group,) = optim.split_parameters(table)
    opt = QuantizingOptimizer(
        torch.optim.SGD([group], lr=0.1), Lazy(Prox(BUMP, 0.5), 1), refit_every=2
    )
    for _ in range(3):
        opt.zero_grad()
        table(torch.tensor([0, 1, 2, 1, 3])).square().sum().backward()
        opt.step()
        assert torch.equal(table.weight[1], torch.zeros(4))
