"""Trained ternary quantization: values, gradients by autograd and by differences, what it refuses."""

import pytest
import torch
from torch import nn

from pqtheory.networks.optim import is_weight
from pqtheory.networks.optim.trained_ternary import (
    TrainedTernary,
    is_trained_ternary,
    latent_shown,
    ternary_layers,
    train_ternary,
)
from pqtheory.quantizers import AdaptiveTernary

LATENT = torch.tensor([[1.0, -0.6, 0.05], [0.04, -0.05, -0.051]], dtype=torch.float64)
ABOVE, BELOW = LATENT > 0.05, LATENT < -0.05
TARGET = torch.tensor([[0.3, 0.2, -0.4], [0.5, -0.1, 0.7]], dtype=torch.float64)


def made(a=0.8, b=0.3):
    ternary = TrainedTernary(LATENT)
    with torch.no_grad():
        ternary.above.fill_(a)
        ternary.below.fill_(b)
    return ternary


def test_values_are_exactly_the_levels():
    expected = 0.8 * ABOVE.double() - 0.3 * BELOW.double()
    for latent in (LATENT, 1e6 * LATENT, 2.0**-100 * LATENT.float()):
        q = made()(latent)
        assert q.dtype == latent.dtype
        assert torch.equal(q, expected.to(q))
    assert made().levels == (-0.3, 0.0, 0.8)


def test_levels_begin_at_the_means_of_their_sides():
    _, codebook = AdaptiveTernary().quantize(LATENT)
    assert TrainedTernary(LATENT).levels == pytest.approx(codebook.tolist())


def test_the_gradient_of_the_negative_level_has_a_minus_sign():
    ternary, latent = made(), LATENT.clone().requires_grad_()
    q = ternary(latent)
    loss = (q - TARGET).square().sum() / 2
    loss.backward()
    g = (q - TARGET).detach()
    torch.testing.assert_close(ternary.above.grad, g[ABOVE].sum())
    torch.testing.assert_close(ternary.below.grad, -g[BELOW].sum())
    # the restatement without the sign is another number
    assert abs(float(ternary.below.grad - g[BELOW].sum())) > 0.5
    slope = 0.8 * ABOVE + 0.3 * BELOW + (~ABOVE & ~BELOW)
    torch.testing.assert_close(latent.grad, slope * g)

    # the same by autograd of the formula alone, and by differences of the loss in a and b
    a, b = (torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in (0.8, 0.3))
    ((a * ABOVE - b * BELOW - TARGET).square().sum() / 2).backward()
    torch.testing.assert_close(ternary.above.grad, a.grad)
    torch.testing.assert_close(ternary.below.grad, b.grad)

    def loss_at(a, b):
        return float((made(a, b)(LATENT).detach() - TARGET).square().sum() / 2)

    h = 1e-6
    assert float(a.grad) == pytest.approx((loss_at(0.8 + h, 0.3) - loss_at(0.8 - h, 0.3)) / (2 * h))
    assert float(b.grad) == pytest.approx((loss_at(0.8, 0.3 + h) - loss_at(0.8, 0.3 - h)) / (2 * h))


def test_levels_trained_alone_come_to_the_means_of_what_is_asked():
    ternary = made()
    optimizer = torch.optim.SGD(ternary.parameters(), lr=0.2)
    for _ in range(100):
        optimizer.zero_grad()
        ((ternary(LATENT) - TARGET).square().sum() / 2).backward()
        optimizer.step()
    assert float(ternary.above.detach()) == pytest.approx(float(TARGET[ABOVE].mean()))
    assert float(ternary.below.detach()) == pytest.approx(-float(TARGET[BELOW].mean()))


def test_picked_weights_alone_are_ternary():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(8, 3))
    before = net[2].weight.detach().clone()
    assert not is_trained_ternary(net)
    train_ternary(
        net, lambda module, name: is_weight(module, name) and isinstance(module, nn.Linear)
    )
    assert is_trained_ternary(net)
    ((name, ternary, latent),) = ternary_layers(net)
    assert name == "2.weight"
    assert torch.equal(latent, before)
    assert set(net[2].weight.unique().tolist()) <= set(ternary.levels)
    assert net[0].weight.unique().numel() == 18
    with latent_shown(net):
        assert torch.equal(net[2].weight, before)
    assert not torch.equal(net[2].weight, before)
    net(torch.randn(1, 1, 4, 4)).sum().backward()
    assert ternary.above.grad is not None


def test_tied_weights_have_their_levels_in_common():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Embedding(7, 4), nn.Linear(4, 7, bias=False))
    net[1].weight = net[0].weight
    train_ternary(net, is_weight)
    assert len([*net.parameters()]) == 3
    opt = torch.optim.SGD(net.parameters(), lr=0.5)
    words = torch.tensor([0, 1, 2, 5])
    nn.functional.cross_entropy(net(words), words).backward()
    opt.step()
    assert torch.equal(net[0].weight, net[1].weight)
    (_, one, _), (_, other, _) = ternary_layers(net)
    assert one.levels == other.levels


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match="expected a matrix or kernel"):
        train_ternary(nn.Linear(2, 2), lambda *_: False)
    with pytest.raises(TypeError, match=r"lstm: expected linear, .* got LSTM"):
        train_ternary(nn.ModuleDict({"lstm": nn.LSTM(2, 3)}), is_weight)
    with pytest.raises(TypeError, match=r"^model: expected linear, .* got LSTM"):
        train_ternary(nn.LSTM(2, 3), is_weight)
