"""relu(norm(x) + shortcut) in rows, as a compiler gets it, against torch's batch norm."""

import copy

import pytest
import torch

from pqtheory.networks import models
from pqtheory.networks.models import norm

#: channels that share a register evenly, that fill one, that do neither; and a number of pixels that is odd
SHAPES = [(3, 16, 4, 4), (2, 32, 3, 3), (2, 3, 4, 5), (3, 2, 3, 3), (5, 64, 2, 2)]


def images(shape, dtype=torch.float64, mean=0.0):
    drawn = mean + torch.randn(shape, dtype=dtype)
    return drawn.contiguous(memory_format=torch.channels_last).requires_grad_()


def layer(channels, dtype=torch.float64):
    made = norm.NormRelu(channels, dtype=dtype)
    with torch.no_grad():
        for tensor in (made.weight, made.bias, made.running_mean):
            tensor.normal_()
        made.running_var.uniform_(0.5, 2)
    return made


@pytest.fixture
def compiling(monkeypatch):
    """The path of a compiled network, in plain Python."""
    monkeypatch.setattr(torch.compiler, "is_compiling", lambda: True)


def both_ways(made, monkeypatch, run):
    """(torch's, in rows): what ``run`` of a copy of the layer gives, with its buffers and gradients."""
    found = []
    for rows in (False, True):
        monkeypatch.setattr(torch.compiler, "is_compiling", lambda rows=rows: rows)
        one = copy.deepcopy(made)
        values = run(one)
        grads = [p.grad for p in one.parameters() if p.grad is not None]
        found.append((*values, *grads, *one.buffers()))
    return zip(*found, strict=True)


@pytest.mark.parametrize("with_shortcut", [False, True])
@pytest.mark.parametrize("shape", SHAPES)
def test_output_statistics_and_gradients_are_those_of_torch(monkeypatch, shape, with_shortcut):
    x, shortcut, made = images(shape, mean=3.0), images(shape), layer(shape[1])
    weights = torch.randn(shape, dtype=torch.float64)

    def run(one):
        x.grad = shortcut.grad = None
        out = one(x, shortcut if with_shortcut else None)
        (out * weights).sum().backward()
        return out.detach(), x.grad, *([shortcut.grad] if with_shortcut else [])

    pairs = list(both_ways(made, monkeypatch, run))
    assert len(pairs) == (8 if with_shortcut else 7)
    for theirs, ours in pairs:
        torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize("shape", SHAPES)
def test_gradients_are_those_of_finite_differences(compiling, shape):
    made = layer(shape[1])
    made.momentum = 1.0  # the running statistics do not enter
    assert torch.autograd.gradcheck(made, (images(shape), images(shape)))


def test_a_gradient_may_lie_in_memory_in_any_order(compiling):
    x, made = images((2, 16, 4, 4)), layer(16)
    out = made(x)
    grad = torch.randn(out.shape, dtype=out.dtype)  # channels first
    (first,) = torch.autograd.grad(out, x, grad, retain_graph=True)
    last = grad.contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(torch.autograd.grad(out, x, last)[0], first)


def test_images_may_be_channels_first(monkeypatch):
    x = torch.randn(2, 16, 4, 4)
    for theirs, ours in both_ways(layer(16, torch.float32), monkeypatch, lambda one: (one(x),)):
        torch.testing.assert_close(ours, theirs)


def test_a_variance_survives_a_large_mean(compiling):
    made = norm.NormRelu(16)
    x = images((8, 16, 8, 8), torch.float32, mean=3000.0).detach()
    made(x)
    torch.testing.assert_close(made.running_var, 0.9 + 0.1 * x.var((0, 2, 3)), rtol=1e-4, atol=0)


def test_a_constant_channel_gives_its_bias(compiling):
    made = norm.NormRelu(16)
    torch.nn.init.constant_(made.bias, 0.5)
    out = made(torch.full((4, 16, 4, 4), 777.7))
    torch.testing.assert_close(out, torch.full_like(out, 0.5))


def test_half_precision_goes_in_and_out(compiling):
    made = norm.NormRelu(16)
    x = images((8, 16, 8, 8), torch.float32).detach()
    half = x.bfloat16().requires_grad_()
    out = made(half, half)
    out.sum().backward()
    assert out.dtype == half.grad.dtype == torch.bfloat16
    assert made.weight.grad.dtype == torch.float32
    torch.testing.assert_close(out.float(), made(x, x), rtol=0.02, atol=0.02)


@pytest.mark.parametrize("which", ["evaluation", "average over all batches", "one pixel"])
def test_otherwise_it_is_torchs(compiling, monkeypatch, which):
    monkeypatch.delattr(norm, "_InRows")
    made = layer(4, torch.float32)
    x = torch.randn(3, 4, 2, 2)
    if which == "evaluation":
        made.eval()
    elif which == "average over all batches":
        made.momentum = None
    else:
        with pytest.raises(ValueError, match="more than 1 value per channel"):
            made(x[:1, :, :1, :1])
        return
    same = torch.nn.BatchNorm2d(4)
    same.load_state_dict(made.state_dict())
    same.train(made.training)
    same.momentum = made.momentum
    torch.testing.assert_close(made(x), torch.relu(same(x)))


# torch's own tracing of any autograd.Function warns so
@pytest.mark.filterwarnings("ignore:.*should not be instantiated:DeprecationWarning")
def test_a_network_is_compiled_in_rows():
    """Its graphs hold no batch norm but those of the downsampling shortcuts, and it trains alike."""
    torch.manual_seed(0)
    net, graphs = models.resnet(8), []

    def backend(module, _):
        graphs.append(str(module.graph))
        return module.forward

    compiled_net = copy.deepcopy(net)
    x = torch.randn(4, 3, 16, 16).contiguous(memory_format=torch.channels_last)
    torch.compiler.reset()
    compiled = torch.compile(compiled_net, backend=backend)
    for forward in (net, compiled):
        forward(x).square().sum().backward()
    assert len(graphs) == 1
    assert graphs[0].count("torch.nn.functional.batch_norm") == 2
    for ours, theirs in zip(compiled_net.parameters(), net.parameters(), strict=True):
        torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-3, atol=1e-3)
    for ours, theirs in zip(compiled_net.buffers(), net.buffers(), strict=True):
        torch.testing.assert_close(ours, theirs)
