"""A tracker of what an optimizer quantizes: each group by its own levels; several processes are with the optimizers."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

from pqtheory import methods
from pqtheory.methods import Prox
from pqtheory.networks import optim
from pqtheory.networks.optim import Freezing, QuantizingOptimizer
from pqtheory.networks.tracking import OptimizerCodes
from pqtheory.quantizers import AlternatingMultiBit
from pqtheory.regularizers import FittedBump
from pqtheory.schedules import Linear
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
    for named in (None, net, {"0.weight": net[0].weight}, [net[0].weight]):
        with pytest.raises(TypeError, match=r"^named: expected pairs of a name and a parameter"):
            OptimizerCodes(opt, named)
    twice = [("w", net[0].weight), ("w", net[2].weight)]
    with pytest.raises(ValueError, match=r"^named: expected distinct names, got 'w' twice"):
        OptimizerCodes(opt, twice)
    with pytest.raises(ValueError, match=r"metrics: expected names .* did you mean 'reversals'"):
        OptimizerCodes(opt, net.named_parameters(), ["reversal"])
    with pytest.raises(TypeError, match="optimizer: expected a QuantizingOptimizer, got a Adam"):
        OptimizerCodes(adam_of(net), net.named_parameters())
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


@pytest.mark.parametrize("memory", ["lazy", "eager"])
def test_codes_between_two_fits_are_those_of_the_codebook_in_use(memory):
    net = network()
    bump, strength = FittedBump(AlternatingMultiBit(2, per="channel")), Linear(0.05)
    method = methods.Lazy(Prox(bump, strength), 1)
    if memory == "eager":
        method = methods.ProxQuant(bump, 1, strength)
    opt = QuantizingOptimizer(
        torch.optim.SGD(optim.split_parameters(net), lr=0.5),
        method,
        refit_every=4,
        freezing=Freezing(0.5),
    )
    codes = OptimizerCodes(opt, net.named_parameters(), list(CODE_METRICS))
    other = 0
    for seed in range(4):
        step(net, opt, seed)
        codes.update()
        for place, (p, latent) in enumerate(opt.latent_parameters()):
            name = opt.quantized_groups[0].names[place]
            books = opt.state[p]["codebooks"]
            expected = bump.prox_on(latent, books, torch.inf).flatten(1)
            index = (expected[:, :, None] > books[:, None, :]).sum(-1)
            np.testing.assert_array_equal(
                codes.tracker.codes(name), index.reshape(latent.shape).numpy()
            )
            remembered = opt.state[p]["oscillation_code"]
            assert torch.equal(remembered, index.reshape(latent.shape).to(torch.uint8))
            fresh = bump.quantize(latent).flatten(1)
            other += (
                (fresh[:, :, None] > bump.codebooks(latent)[:, None, :]).sum(-1).ne(index).sum()
            )
    # the codes of a fit to the weights of the moment are others
    assert other > 0


def test_the_last_flips_before_a_freeze_are_counted():
    net, metrics = network(), list(CODE_METRICS)
    opt = grouped(net)
    codes = OptimizerCodes(opt, net.named_parameters(), metrics)
    again = OptimizerCodes(opt, net.named_parameters(), metrics)
    for seed in range(3):
        step(net, opt, seed)
        codes.update()
        again.update()
    step(net, opt, 3)
    last = again.update()
    assert last["all"].flips > 0
    opt.freeze()
    assert codes.update() == last
    step(net, opt, 4)
    assert codes.update() == again.update()
    assert codes.update()["all"].flips == 0


@pytest.mark.parametrize("after", [False, True])
def test_a_tracker_made_anew_goes_on_as_the_one_that_was_saved(after):
    """Saved before a freeze with a step not yet counted, or after it: as if never stopped, every metric."""
    net, metrics = network(), list(CODE_METRICS)
    opt = grouped(net)
    codes = OptimizerCodes(opt, net.named_parameters(), metrics)
    for seed in range(3):
        step(net, opt, seed)
        codes.update()
    step(net, opt, 3)
    if after:
        opt.freeze()
    model, optimizer, state = copy.deepcopy(
        (net.state_dict(), opt.state_dict(), codes.state_dict())
    )
    other = network()
    resumed = grouped(other)
    found = OptimizerCodes(resumed, other.named_parameters(), metrics)
    other.load_state_dict(model)
    resumed.load_state_dict(optimizer)
    found.load_state_dict(state)
    if not after:
        opt.freeze()
        resumed.freeze()
    for _ in range(2):
        assert found.update() == codes.update()
    assert found.state_dict().keys() == codes.state_dict().keys()


def test_what_was_counted_before_it_was_saved_is_not_counted_at_a_freeze():
    net = network()
    opt = grouped(net)
    codes = OptimizerCodes(opt, net.named_parameters(), ["near_threshold"])
    step(net, opt, 0)
    codes.update()
    state = codes.state_dict()
    other = network()
    resumed = grouped(other)
    found = OptimizerCodes(resumed, other.named_parameters(), ["near_threshold"])
    resumed.load_state_dict(opt.state_dict())
    found.load_state_dict(state)
    resumed.freeze()
    assert found.update()["all"].near_threshold == 0
    with pytest.raises(ValueError, match="'steps' is missing"):
        found.load_state_dict(found.tracker.state_dict())
