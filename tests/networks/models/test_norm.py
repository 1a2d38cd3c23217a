"""relu(norm(x) + shortcut) in rows, as a compiler for a CPU gets it, against torch's batch norm."""

import copy

import pytest
import torch
from torch import nn

from pqtheory.networks import models
from pqtheory.networks.models import norm
from pqtheory.networks.models.norm import norm_relu

#: channels that share a register evenly, that fill one or two, that do neither; and a number of pixels that is odd
SHAPES = [(3, 16, 4, 4), (2, 32, 3, 3), (2, 3, 4, 5), (3, 2, 3, 3), (5, 64, 2, 2), (1, 16, 2, 3)]


def images(shape, dtype=torch.float64, mean=0.0):
    drawn = mean + torch.randn(shape, dtype=dtype)
    return drawn.contiguous(memory_format=torch.channels_last).requires_grad_()


def layer(channels, dtype=torch.float64, **options):
    """Options other than torch's defaults."""
    made = nn.BatchNorm2d(channels, **{"eps": 0.02, "momentum": 0.3, "dtype": dtype, **options})
    with torch.no_grad():
        for tensor in (made.weight, made.bias, made.running_mean):
            if tensor is not None:
                tensor.normal_()
        if made.running_var is not None:
            made.running_var.uniform_(0.5, 2)
    return made


def by_torch(made, x, shortcut=None):
    return torch.relu(made(x) if shortcut is None else made(x) + shortcut)


@pytest.fixture
def compiling(monkeypatch):
    """The path of a compiled network, in plain Python."""
    monkeypatch.setattr(torch.compiler, "is_compiling", lambda: True)


@pytest.fixture
def no_rows(monkeypatch):
    """Working it out in rows is an error."""
    monkeypatch.delattr(norm, "_InRows")


def both_ways(made, run):
    """(torch's, ours): what ``run`` of a copy of the layer gives, with its buffers and gradients."""
    found = []
    for how in (by_torch, norm_relu):
        one = copy.deepcopy(made)
        values = run(lambda *images, one=one, how=how: how(one, *images))
        grads = [p.grad for p in one.parameters() if p.grad is not None]
        found.append((*values, *grads, *one.buffers()))
    return list(zip(*found, strict=True))


@pytest.mark.parametrize("with_shortcut", [False, True])
@pytest.mark.parametrize("shape", SHAPES)
def test_output_statistics_and_gradients_are_those_of_torch(compiling, shape, with_shortcut):
    x, shortcut, made = images(shape, mean=3.0), images(shape), layer(shape[1])
    weights = torch.randn(shape, dtype=torch.float64)

    def run(forward):
        x.grad = shortcut.grad = None
        out = forward(x, shortcut) if with_shortcut else forward(x)
        (out * weights).sum().backward()
        return out.detach(), x.grad, *([shortcut.grad] if with_shortcut else [])

    pairs = both_ways(made, run)
    assert len(pairs) == (8 if with_shortcut else 7)
    for theirs, ours in pairs:
        torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize("shape", SHAPES)
def test_gradients_are_those_of_finite_differences(compiling, shape):
    made = layer(shape[1])
    inputs = (images(shape), images(shape), made.weight, made.bias)

    def forward(x, shortcut, *_):
        return norm_relu(made, x, shortcut)

    assert torch.autograd.gradcheck(forward, inputs)


def test_there_is_no_second_derivative(compiling):
    x = images((2, 16, 2, 2))
    (first,) = torch.autograd.grad(norm_relu(layer(16), x).square().sum(), x, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        first.sum().backward()


@pytest.mark.parametrize(
    ("shape", "columns"), list(zip(SHAPES, (32, 32, 3, 2, 64, 32), strict=True))
)
def test_rows_fill_a_register_where_they_can(shape, columns):
    x = images(shape)
    rows = norm._rows(x)
    assert rows.shape == (x.numel() // columns, columns)
    assert rows.data_ptr() == x.data_ptr()
    assert torch.equal(norm._images(rows, x), x)


def test_a_gradient_may_lie_in_memory_in_any_order(compiling):
    x, made = images((2, 16, 4, 4)), layer(16)
    out = norm_relu(made, x)
    grad = torch.randn(out.shape, dtype=out.dtype)  # channels first
    (first,) = torch.autograd.grad(out, x, grad, retain_graph=True)
    last = grad.contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(torch.autograd.grad(out, x, last)[0], first)


def test_images_may_be_channels_first(compiling):
    x = torch.randn(2, 16, 4, 4)
    for theirs, ours in both_ways(layer(16, torch.float32), lambda forward: (forward(x),)):
        torch.testing.assert_close(ours, theirs)


def test_a_variance_survives_a_large_mean(compiling):
    made = nn.BatchNorm2d(16)
    x = images((8, 16, 8, 8), torch.float32, mean=3000.0).detach()
    norm_relu(made, x)
    torch.testing.assert_close(made.running_var, 0.9 + 0.1 * x.var((0, 2, 3)), rtol=1e-4, atol=0)


def test_a_constant_channel_gives_its_bias(compiling):
    made = nn.BatchNorm2d(16)
    nn.init.constant_(made.bias, 0.5)
    out = norm_relu(made, torch.full((4, 16, 4, 4), 777.7))
    torch.testing.assert_close(out, torch.full_like(out, 0.5))


def test_what_is_not_a_number_stays_so(compiling):
    x = images((2, 16, 4, 4))
    with torch.no_grad():
        x[0, 3, 1, 1] = torch.nan
    made = layer(16)
    out = norm_relu(made, x)
    out.sum().backward()
    # the rectifier lets a gradient through there, as torch's does
    assert made.bias.grad[3] == 2 * 4 * 4
    for values in (out, x.grad):
        assert values[:, 3].isnan().all()
        assert values[:, [0, 1, 2, *range(4, 16)]].isfinite().all()


def test_half_precision_is_summed_in_single(compiling):
    x = images((16, 16, 16, 16), torch.float32, mean=2.0).detach()
    half, weights = x.bfloat16().requires_grad_(), torch.randn(x.shape).bfloat16()
    made, single = layer(16, torch.float32), layer(16, torch.float32)
    single.load_state_dict(made.state_dict())
    out = norm_relu(made, half, half)
    (out * weights).sum().backward()
    assert out.dtype == half.grad.dtype == torch.bfloat16
    expected = by_torch(single, half.detach().float(), half.detach().float())
    torch.testing.assert_close(out.float(), expected, rtol=0.01, atol=0.01)
    (expected * weights.float()).sum().backward()
    for ours, theirs in zip(
        (made.weight.grad, made.bias.grad, made.running_var),
        (single.weight.grad, single.bias.grad, single.running_var),
        strict=True,
    ):
        torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=0.05)


X = torch.randn(3, 4, 2, 2)
OTHERS = {
    "not compiled": lambda: (layer(4, torch.float32), X),
    "evaluation": lambda: (layer(4, torch.float32).eval(), X),
    "average over all batches": lambda: (layer(4, torch.float32, momentum=None), X),
    "without running statistics": lambda: (layer(4, torch.float32, track_running_stats=False), X),
    "without weights": lambda: (layer(4, torch.float32, affine=False), X),
    "half weights": lambda: (layer(4, torch.bfloat16), X.bfloat16()),
    "no images": lambda: (layer(4, torch.float32), X[:0]),
    "a derived class": lambda: (type("Derived", (nn.BatchNorm2d,), {})(4), X),
    "another norm": lambda: (nn.GroupNorm(2, 4), X),
    "a shortcut for all images": lambda: (layer(4, torch.float32), X, X[:1]),
    "a finer shortcut": lambda: (layer(4, torch.float32), X.bfloat16(), X),
}


@pytest.mark.parametrize("name", OTHERS)
def test_otherwise_it_is_torchs(monkeypatch, no_rows, name):
    monkeypatch.setattr(torch.compiler, "is_compiling", lambda: name != "not compiled")
    made, *inputs = OTHERS[name]()
    for theirs, ours in both_ways(made, lambda forward: (forward(*inputs),)):
        torch.testing.assert_close(ours, theirs, equal_nan=True)


def test_one_pixel_is_refused_by_torch(compiling, no_rows):
    with pytest.raises(ValueError, match="more than 1 value per channel"):
        norm_relu(layer(4), torch.ones(1, 4, 1, 1))


def test_other_devices_are_torchs(compiling):
    made = layer(4, torch.float32)
    assert norm._in_rows(made, X, None)
    assert not norm._in_rows(made, X.to("meta"), None)


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


def test_a_network_with_synchronised_norms_is_the_same_network():
    torch.manual_seed(0)
    net = models.SmallNet(3).eval()
    x = torch.randn(2, 3, 8, 8)
    before = net(x)
    torch.testing.assert_close(nn.SyncBatchNorm.convert_sync_batchnorm(net)(x), before)
