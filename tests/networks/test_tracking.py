"""A tracker of what an optimizer quantizes: each group by its own levels; several processes are with the optimizers."""

import numpy as np
import pytest
import torch
from torch import nn

from pqtheory import methods
from pqtheory.networks import optim
from pqtheory.networks.optim import QuantizingOptimizer
from pqtheory.networks.tracking import OptimizerCodes
from pqtheory.quantizers import AlternatingMultiBit
from pqtheory.sets import Binary, Ternary
from pqtheory.signs import CODE_METRICS, CodeTracker, code_metric
from tests.own_parts import HalfDistance

LEVELS = {"0.weight": AlternatingMultiBit(4, per="row"), "2.weight": Ternary(0.2)}


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(12, 30), nn.Tanh(), nn.Linear(30, 3))


def step(net, opt, seed):
    x = torch.randn(8, 12, generator=torch.Generator().manual_seed(seed))
    opt.zero_grad()
    net(x).square().sum().backward()
    opt.step()


def grouped(net):
    groups = [
        {"params": [p], "quantize": True, "set": LEVELS[name]}
        for name, p in net.named_parameters()
        if name in LEVELS
    ]
    return optim.BinaryConnect(torch.optim.SGD(groups, lr=0.05))


def test_each_group_is_tracked_by_its_own_levels_and_stays_when_it_is_frozen():
    net = network()
    opt = grouped(net)
    names = {id(p): name for name, p in net.named_parameters()}

    def latents():
        return {names[id(p)]: v for p, v in opt.latent_parameters()}

    metrics = list(CODE_METRICS)
    codes = OptimizerCodes(opt, net.named_parameters(), metrics)
    beside = CodeTracker(latents(), LEVELS, frequencies=True, near=0.005, window=30)
    for seed in range(4):
        step(net, opt, seed)
        assert codes.update() == beside.update(latents())
    before = codes.update()
    assert before["0.weight"].flips_per_weight > 0
    held = codes.tracker.codes("0.weight")
    beside.update(latents())
    opt.freeze()
    after = codes.update()
    # a fit to what is quantized is another one
    assert beside.update(latents())["0.weight"].flips > 0
    assert after["all"].flips == 0
    np.testing.assert_array_equal(codes.tracker.codes("0.weight"), held)
    assert after["all"].change_from_start == before["all"].change_from_start


def test_maps_that_are_no_prox_and_weights_without_latents_are_tracked():
    for method, options in ((methods.Bop, {}), (methods.MirrorDescent, {"strength": 2.0})):
        net = network()
        opt = QuantizingOptimizer(
            torch.optim.SGD(optim.split_parameters(net), lr=0.5), method, **options
        )
        codes = OptimizerCodes(opt, net.named_parameters())
        for seed in range(3):
            step(net, opt, seed)
        assert codes.update()["all"].flips > 0
        signs = np.asarray(net[0].weight.detach() >= 0)
        np.testing.assert_array_equal(codes.tracker.codes("0.weight"), signs)


def test_what_cannot_be_tracked_says_so():
    net = network()
    opt = grouped(net)
    with pytest.raises(ValueError, match="named: expected all quantized parameters, parameter 0"):
        OptimizerCodes(opt, [("b", net[0].bias)])
    with pytest.raises(ValueError, match=r"metrics: expected names .* did you mean 'reversals'"):
        OptimizerCodes(opt, net.named_parameters(), ["reversal"])
    own = optim.ProxQuant(adam_of(net), HalfDistance(), 0.1)
    with pytest.raises(TypeError, match="regularizer: expected one on a set"):
        OptimizerCodes(own, net.named_parameters())


def adam_of(net):
    return torch.optim.Adam(optim.split_parameters(net), lr=0.01)


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("FF ratio", "flips"),
        ("ff-ratio", "flips"),
        ("transition rate", "flips"),
        ("C2I", "c2i"),
        ("pi_t", "pi"),
        ("Oscillation Frequency", "frequency"),
        ("near_threshold", "near_threshold"),
    ],
)
def test_metrics_have_the_names_of_their_communities(name, ours):
    assert code_metric(name).name == ours


def test_every_name_is_of_one_metric_and_there():
    opt = optim.BinaryConnect(adam_of(network()), Binary())
    codes = OptimizerCodes(opt, network_names(opt), list(CODE_METRICS))
    found = codes.update()["all"]
    names = [n for metric in CODE_METRICS.values() for n in (metric.name, *metric.known_as)]
    assert len({"".join(c for c in n.lower() if c.isalnum()) for n in names}) == len(names)
    for metric in CODE_METRICS.values():
        assert isinstance(getattr(found, metric.name), tuple) == metric.per_level


def network_names(opt):
    return [(f"layer {i}", p) for i, (p, _) in enumerate(opt.latent_parameters())]
