"""What only moves keeps its latent weights; what is written into a model later becomes the latent weight."""

import copy

import pytest
import torch
from torch import nn

from pqtheory import methods
from pqtheory.networks import optim
from pqtheory.quantizers import AlternatingMultiBit
from pqtheory.regularizers import AlternatingDistance
from pqtheory.sets import Binary

from .optimizers import PAIRS, Net, W, adam, batches, train

LAZY = ["binaryconnect", "binaryrelax", "lazyprox", "scaled"]
EVERY = ["proxquant", *LAZY]


def latents(opt):
    return [v.clone() for _, v in opt.latent_parameters()]


def same(a, b):
    return all(torch.equal(one, other) for one, other in zip(a, b, strict=True))


def point_elsewhere(net):
    for p in net.parameters():
        p.data = p.data.clone()


def through_a_vector(net):
    vector = nn.utils.parameters_to_vector(net.parameters()).detach().clone()
    nn.utils.vector_to_parameters(vector, net.parameters())


def average_in_and_out(net):
    kept = [p.detach().clone() for p in net.parameters()]
    for p in net.parameters():
        p.data.copy_(torch.full_like(p, 0.3))
    net(batches(1)[0][0])
    for p, value in zip(net.parameters(), kept, strict=True):
        p.data.copy_(value)


MOVES = {
    "channels last": lambda net: net.to(memory_format=torch.channels_last),
    "double and back": lambda net: net.double().float(),
    "double, channels last, and back": lambda net: net.to(
        torch.float64, memory_format=torch.channels_last
    ).float(),
    "shared memory": lambda net: net.share_memory(),
    "elsewhere": point_elsewhere,
    "vector": through_a_vector,
    "its own state": lambda net: net.load_state_dict(copy.deepcopy(net.state_dict())),
    "average": average_in_and_out,
}


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("name", EVERY)
def test_a_move_changes_nothing(net, name, move):
    other = copy.deepcopy(net)
    opt, still = PAIRS[name][1](adam(net)), PAIRS[name][1](adam(other))
    for data in (batches(2), batches(3)):
        before = latents(opt)
        MOVES[move](net)
        assert same(before, latents(opt))
        train(net, opt, data)
        train(other, still, data)
    assert all(latent.stride() == p.stride() for p, latent in opt.latent_parameters())
    # sums in another layout are rounded otherwise, and signs may turn
    if "channels last" not in move:
        assert same(latents(opt), latents(still))
        assert torch.equal(net.conv.weight, other.conv.weight)


def inside_quantized(net, opt):
    with opt.quantized():
        pass


LOOKS = {
    "quantized": inside_quantized,
    "state": lambda net, opt: opt.state_dict(),
    "latent weights": lambda net, opt: latents(opt),
    "export": lambda net, opt: opt.export(net),
    "copy": lambda net, opt: copy.deepcopy(opt),
    "two averages": lambda net, opt: (latents(opt), initialise(net), latents(opt)),
}


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("name", EVERY)
def test_an_average_that_is_looked_at_changes_nothing_either(net, name, look):
    opt = PAIRS[name][1](adam(net))
    train(net, opt, batches(2))
    kept, before = [p.detach().clone() for p in net.parameters()], latents(opt)
    initialise(net)
    average = [p.detach().clone() for p, _ in opt.latent_parameters()]
    assert same(latents(opt), average)
    LOOKS[look](net, opt)
    with torch.no_grad():
        for p, value in zip(net.parameters(), kept, strict=True):
            p.copy_(value)
    assert same(latents(opt), before)
    # after a step there is nothing to come back to
    train(net, opt, batches(1))
    with torch.no_grad():
        for p, value in zip(net.parameters(), kept, strict=True):
            p.copy_(value + 1)
    written = [p.detach().clone() for p, _ in opt.latent_parameters()]
    assert same(latents(opt), written)


@pytest.mark.parametrize("name", ["binaryrelax", "lazyprox"])
@pytest.mark.parametrize("narrow", [torch.float16, torch.bfloat16])
def test_a_model_that_was_narrow_for_a_while_keeps_what_it_does_not_show(net, name, narrow):
    opt = PAIRS[name][1](adam(net))
    train(net, opt, batches(2))
    before = latents(opt)
    net.to(narrow)
    with opt.quantized():
        assert net.conv.weight.dtype == narrow
    net.float()
    assert same(before, latents(opt))


@pytest.mark.parametrize("name", LAZY)
def test_latent_weights_have_the_dtype_and_layout_of_their_parameters(net, name):
    opt = PAIRS[name][1](torch.optim.SGD(optim.split_parameters(net), lr=0.1))
    train(net, opt, batches(1))
    assert net.conv.weight.is_contiguous()
    net.to(torch.float64, memory_format=torch.channels_last)
    train(net, opt, batches(1, torch.float64))
    for p, latent in opt.latent_parameters():
        assert opt.state[p]["latent"] is latent
        assert (latent.dtype, latent.stride()) == (torch.float64, p.stride())
    assert not net.conv.weight.is_contiguous()


def other_weights():
    torch.manual_seed(7)
    return Net().state_dict()


def initialise(net):
    with torch.no_grad():
        for p in net.parameters():
            p.uniform_(-0.3, 0.3)


def write_data(net):
    torch.manual_seed(3)
    for p in net.parameters():
        p.data.normal_(0, 0.2)


WRITINGS = {
    "load_state_dict": lambda net: net.load_state_dict(other_weights()),
    "in place": initialise,
    "data": write_data,
    "assigned data": lambda net: [
        setattr(p, "data", 0.5 * torch.ones_like(p)) for p in net.parameters()
    ],
    "one weight": lambda net: net.fc.weight.data[0].add_(0.25),
    "double, then loaded": lambda net: net.double().load_state_dict(other_weights()),
}


@pytest.mark.parametrize("writing", WRITINGS)
@pytest.mark.parametrize("name", EVERY)
def test_what_is_written_is_the_latent_weight(net, name, writing):
    # momenta are not cast with a model
    opt = PAIRS[name][1](torch.optim.SGD(optim.split_parameters(net), lr=0.05))
    train(net, opt, batches(2))
    untouched = latents(opt)[0]
    WRITINGS[writing](net)
    written = [p.detach().clone() for p, _ in opt.latent_parameters()]
    found = latents(opt)
    assert torch.equal(found[1], written[1])
    assert torch.equal(found[0], untouched if writing == "one weight" else written[0])
    train(net, opt, batches(1, found[0].dtype))
    moved = [(a - b).abs().max() for a, b in zip(latents(opt), written, strict=True)]
    assert 0 < moved[1] < 0.1


@pytest.mark.parametrize("name", EVERY)
def test_what_is_written_twice_between_two_steps_counts_as_it_was_last_written(net, name):
    opt = PAIRS[name][1](torch.optim.SGD(optim.split_parameters(net), lr=0.05))
    train(net, opt, batches(2))
    for value in (0.3, 0.7):
        with torch.no_grad():
            for p in net.parameters():
                p.fill_(value)
        assert all((latent == value).all() for latent in latents(opt))


@pytest.mark.parametrize("name", EVERY)
def test_an_lstm_that_lays_its_weights_out_anew_in_every_forward(name):
    def losses(flatten):
        torch.manual_seed(0)
        lstm, last = nn.LSTM(5, 6, batch_first=True), nn.Linear(6, 3)
        opt = PAIRS[name][1](
            torch.optim.SGD(optim.split_parameters(nn.ModuleList([lstm, last])), lr=0.1)
        )
        x, y = torch.randn(8, 7, 5), torch.randint(0, 3, (8,))
        found = []
        for _ in range(6):
            opt.zero_grad()
            if flatten:
                weights = lstm._flat_weights
                flat = torch.cat([w.detach().flatten() for w in weights])
                for w, part in zip(weights, flat.split([w.numel() for w in weights]), strict=True):
                    w.data = part.view(w.shape)
            loss = nn.functional.cross_entropy(last(lstm(x)[0][:, -1]), y)
            loss.backward()
            opt.step()
            found.append(loss.item())
        return found

    assert losses(True) == losses(False)


@pytest.mark.parametrize("name", LAZY)
def test_parameters_keep_their_own_memory(net, name):
    homes = [p.data_ptr() for p in net.parameters()]
    opt = PAIRS[name][1](adam(net))
    train(net, opt, batches(2))
    opt.freeze()
    assert homes == [p.data_ptr() for p in net.parameters()]


def test_a_shape_that_changed_is_refused(net):
    opt = PAIRS["binaryconnect"][1](adam(net))
    net.fc.weight.data = net.fc.weight.data.flatten()
    with pytest.raises(ValueError, match=r"fc\.weight: expected the shape \(4, 8\) that it had"):
        opt.follow()


STAYING = {
    "eager": (methods.ProxQuant, {"regularizer": Binary(), "strength": 0.5}),
    "eager, clipped": (methods.ProxQuant, {"regularizer": W, "strength": 0.5, "clip": 0.1}),
    "eager, fitted": (methods.ProxQuant, {"regularizer": AlternatingMultiBit(2), "strength": 0.5}),
    "pulled": (methods.EagerPull, {"regularizer": W, "strength": 0.5}),
    "pulled, fitted": (
        methods.EagerPull,
        {"regularizer": AlternatingDistance(AlternatingMultiBit(2)), "strength": 0.5},
    ),
    "lazy": (methods.BinaryConnect, {}),
}


@pytest.mark.parametrize("name", STAYING)
def test_what_is_taken_out_of_training_stays(net, name):
    method, options = STAYING[name]
    opt = optim.QuantizingOptimizer(adam(net), method, **options)
    train(net, opt, batches(2))
    net.conv.weight.requires_grad_(False)
    held, shown = latents(opt), net.conv.weight.clone()
    train(net, opt, batches(3))
    conv, fc = latents(opt)
    assert torch.equal(conv, held[0])
    assert torch.equal(net.conv.weight, shown)
    assert not torch.equal(fc, held[1])
    net.conv.weight.requires_grad_(True)
    train(net, opt, batches(3))
    assert not torch.equal(latents(opt)[0], held[0])
