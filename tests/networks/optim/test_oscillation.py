"""Oscillating weights are frozen to the more frequent code, by the formula; latent weights are pulled either way."""

import copy
import io

import numpy as np
import pytest
import torch
from torch import nn

from pqtheory import methods
from pqtheory.networks import optim
from pqtheory.networks.optim import Freezing, QuantizingOptimizer
from pqtheory.quantizers import AdaptiveTernary, AlternatingMultiBit
from pqtheory.regularizers import AlternatingDistance, DistanceL1
from pqtheory.schedules import Linear
from pqtheory.sets import Binary, Codebook, ScaledBinary, Ternary
from pqtheory.signs import CodeTracker

from .optimizers import adam, batches, train

LEVELS = {
    "binary": Binary(),
    "ternary": Ternary(),
    "uneven": Codebook([-1.0, -0.25, 0.5, 2.0]),
    "scaled": ScaledBinary(per="row"),
    "fitted": AlternatingMultiBit(2, per="row"),
    "fitted ternary": AdaptiveTernary(per="row"),
}


def walks(shape, steps, seed=0):
    """Gradients under which weights cross thresholds again and again."""
    rng = np.random.default_rng(seed)
    return torch.tensor(rng.normal(size=(steps, *shape)) * 4)


class OneByOne:
    """The formula, one weight at a time."""

    def __init__(self, code, momentum):
        self.code, self.mean, self.momentum = code, float(code), momentum
        self.direction, self.frequency, self.frozen, self.t = 0, 0.0, False, 0

    def update(self, now, threshold):
        self.t += 1
        move = int(np.sign(now - self.code))
        reversal = move != 0 and move == -self.direction
        self.frequency = self.momentum * reversal + (1 - self.momentum) * self.frequency
        rate = max(self.momentum, 1 / (self.t + 1))
        self.mean = (1 - rate) * self.mean + rate * now
        before = self.code if move else max(now - self.direction, 0)
        if not self.frozen:
            self.code = now
        if self.frequency > threshold and not self.frozen:
            self.frozen = True
            if abs(self.mean - before) < abs(self.mean - now):
                self.code = before
        self.direction = move or self.direction


@pytest.mark.parametrize("eager", [False, True])
@pytest.mark.parametrize("name", LEVELS)
def test_weights_freeze_by_the_formula(name, eager):
    levels, freezing = LEVELS[name], Freezing(Linear(-0.002, 0.1213), 0.1)
    start = torch.tensor(np.random.default_rng(3).normal(size=(3, 5)))
    free, held = (nn.Parameter(start.clone()) for _ in range(2))
    wrap = optim.ProxQuant if eager else optim.BinaryConnect
    options = {"strength": 0.0} if eager else {}
    (a, b) = (
        wrap(torch.optim.SGD([{"params": [p], "quantize": True}], lr=0.1), levels, **options, **own)
        for p, own in ((free, {}), (held, {"freezing": freezing}))
    )
    naive = [OneByOne(int(c), 0.1) for c in CodeTracker(start, levels).codes().ravel()]
    seen = 0
    for step, gradient in enumerate(walks((3, 5), 40)):
        before = (
            b.state[held].get("oscillation_frozen", torch.zeros(3, 5, dtype=torch.bool)).clone()
        )
        held.grad = gradient
        # what the codes would be, before anything is held
        ((_, latent),) = b.latent_parameters()
        now = CodeTracker(latent - 0.1 * gradient, levels).codes().ravel()
        b.step()
        for one, code in zip(naive, now.tolist(), strict=True):
            one.update(code, 0.1213 - 0.002 * step)
        ((_, latent),) = b.latent_parameters()
        state = b.state[held]
        frozen = state["oscillation_frozen"]
        assert frozen.ravel().tolist() == [one.frozen for one in naive]
        assert bool((frozen | ~before).all())
        codes = state["oscillation_code"].ravel().tolist()
        assert codes == [one.code for one in naive]
        np.testing.assert_allclose(
            state["oscillation_frequency"].ravel(), [o.frequency for o in naive], atol=1e-6
        )
        seen += int(frozen.sum())
    assert seen
    assert not bool(frozen.all()) or name in ("binary", "scaled")
    if name in ("binary", "ternary", "uneven"):
        values = torch.tensor([float(v) for v in levels.level_values], dtype=torch.float64)
        assert torch.equal(latent[frozen], values[state["oscillation_code"].long()][frozen])
    with b.quantized():
        if "fitted" not in name:
            there = CodeTracker(held.detach(), levels).codes()
            assert np.array_equal(there[frozen], state["oscillation_code"].numpy()[frozen])
    for gradient in walks((3, 5), 3):
        free.grad = gradient
        a.step()
    assert "oscillation_code" not in a.state[free]


def test_a_jump_over_a_level_freezes_to_one_of_its_ends():
    """From -1 to +1 and back: the mean code is near that of 0, where the weight has never been."""
    weight = nn.Parameter(torch.tensor([[-1.0]]))
    opt = optim.BinaryConnect(
        torch.optim.SGD([{"params": [weight], "quantize": True}], lr=1.0),
        Ternary(),
        freezing=Freezing(0.02),
    )
    for step in range(6):
        weight.grad = torch.tensor([[-2.0 if step % 2 == 0 else 2.0]])
        opt.step()
    assert bool(opt.state[weight]["oscillation_frozen"])
    assert weight.item() in (-1.0, 1.0)


def test_the_most_frequent_code_wins_whichever_was_first():
    """Two of three steps at +1, from a start at -1."""
    weight = nn.Parameter(torch.tensor([-0.5]))
    opt = optim.BinaryConnect(
        torch.optim.SGD([{"params": [weight], "quantize": True}], lr=1.0), freezing=Freezing(0.05)
    )
    shown = []
    for step in range(20):
        ((_, latent),) = opt.latent_parameters()
        weight.grad = latent - (-0.5 if step % 3 == 2 else 0.5)
        opt.step()
        shown.append(weight.item())
    assert bool(opt.state[weight]["oscillation_frozen"])
    assert shown[-6:] == [1.0] * 6


def test_frequencies_are_those_of_the_tracker(net):
    opt = optim.BinaryConnect(adam(net), Ternary(0.1), freezing=Freezing(1.0))
    tracker = CodeTracker(dict(_named(net, opt)), Ternary(0.1), frequencies=True)
    for batch in batches(6):
        train(net, opt, [batch])
        metrics = tracker.update(dict(_named(net, opt)))
    found = opt.state[net.conv.weight]["oscillation_frequency"]
    assert float(found.max()) > 0
    np.testing.assert_allclose(tracker.frequencies("conv.weight"), found, atol=1e-5)
    mean = np.mean([float(opt.state[p]["oscillation_frequency"].mean()) for p in _ours(opt)][:1])
    assert metrics["conv.weight"].frequency == pytest.approx(mean, abs=1e-6)


def _ours(opt):
    return [p for p, _ in opt.latent_parameters()]


def _named(net, opt):
    names = {id(p): name for name, p in net.named_parameters()}
    return [(names[id(p)], latent) for p, latent in opt.latent_parameters()]


NEAR = DistanceL1(Ternary(0.1))
OPTIONS = {
    "frozen, lazy": lambda base: optim.BinaryConnect(
        base, Ternary(0.1), dampening=-0.2, freezing=Freezing(0.015)
    ),
    "frozen, eager": lambda base: optim.ProxQuant(
        base, AlternatingMultiBit(2, per="channel"), 0.1, freezing=Freezing(0.015), dampening=0.1
    ),
    "frozen, pulled": lambda base: QuantizingOptimizer(
        base, methods.EagerPull, regularizer=NEAR, strength=0.1, freezing=Freezing(0.015)
    ),
    "frozen, bop": lambda base: QuantizingOptimizer(
        base, methods.Bop, threshold=0.0, freezing=Freezing(0.015)
    ),
}


@pytest.mark.parametrize("name", OPTIONS)
def test_state_goes_where_everybody_takes_it(net, name):
    other, data = copy.deepcopy(net), batches(7)
    opt = OPTIONS[name](adam(net))
    train(net, opt, data[:4])
    # moves: the state is laid out as the parameters, and kept
    net.to(memory_format=torch.channels_last)
    train(net, opt, data[4:5])
    codes = opt.quantized_groups[0].beside.tensors["oscillation_code"][0]
    assert codes.stride() == net.conv.weight.stride()
    copied, copied_opt = copy.deepcopy((net, opt))
    file = io.BytesIO()
    torch.save({"model": net.state_dict(), "opt": opt.state_dict()}, file)
    file.seek(0)
    saved = torch.load(file, weights_only=True)
    state = saved["opt"]["state"][0]
    assert state["oscillation_code"].dtype == torch.uint8
    assert state["oscillation_frozen"].dtype == torch.bool
    other.to(memory_format=torch.channels_last)
    again = OPTIONS[name](adam(other))
    other.load_state_dict(saved["model"])
    again.load_state_dict(saved["opt"])
    losses = [train(n, o, data[5:]) for n, o in ((net, opt), (other, again), (copied, copied_opt))]
    assert losses[0] == losses[1] == losses[2]
    for n, o in ((other, again), (copied, copied_opt)):
        for (_, a), (_, b) in zip(opt.latent_parameters(), o.latent_parameters(), strict=True):
            assert torch.equal(a, b)
        assert n.state_dict().keys() == net.state_dict().keys()
    net.double()
    assert opt.steps == 7
    frozen = sum(int(t.sum()) for t in opt.quantized_groups[0].beside.tensors["oscillation_frozen"])
    assert frozen
    with opt.quantized():
        held = net.conv.weight.detach().clone()
    assert torch.isfinite(held).all()


def test_a_state_with_other_options_is_refused_and_changes_nothing(net):
    opt, plain = OPTIONS["frozen, lazy"](adam(net)), optim.BinaryConnect
    train(net, opt, batches(2))
    state = copy.deepcopy(opt.state_dict())
    other = plain(adam(copy.deepcopy(net)), Ternary(0.1))
    with pytest.raises(ValueError, match=r"group 0, conv.weight: has 'oscillation_code'"):
        other.load_state_dict(state)
    with pytest.raises(ValueError, match=r"conv.weight: has no 'oscillation_code': make the"):
        opt.load_state_dict(other.state_dict())
    state["state"][1]["oscillation_mean_code"] = torch.zeros(2, 2)
    with pytest.raises(ValueError, match=r"fc.weight: expected 'oscillation_mean_code' of shape"):
        opt.load_state_dict(state)


def test_another_optimizer_round_the_same_base_leaves_no_state_behind(net):
    base = adam(net)
    train(net, OPTIONS["frozen, lazy"](base), batches(2))
    opt = optim.BinaryConnect(base)
    train(net, opt, batches(1))
    assert set(opt.state[net.conv.weight]) == {"step", "exp_avg", "exp_avg_sq", "latent"}


@pytest.mark.parametrize("strength", [0.3, -0.3, Linear(-0.1)])
def test_dampening_is_the_pull_of_the_method(net, strength):
    other = copy.deepcopy(net)
    opt = optim.BinaryConnect(adam(net), Ternary(0.1), dampening=strength)
    again = QuantizingOptimizer(adam(other), methods.Dampened, set=Ternary(0.1), strength=strength)
    data = batches(4)
    assert train(net, opt, data) == train(other, again, data)
    third = copy.deepcopy(other)
    assert train(third, optim.BinaryConnect(adam(third), Ternary(0.1)), data) != train(
        other, again, data
    )


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"freezing": 0.1}, TypeError, "freezing: expected a Freezing, got 0.1"),
        ({"dampening": "much"}, TypeError, "dampening: expected a number, got 'much'"),
        ({"dampening": float("inf")}, ValueError, "dampening: expected a finite number, got inf"),
        ({"refit_every": 0}, ValueError, "refit_every: expected an integer >= 1, got 0"),
        ({"refit_every": 5}, TypeError, "group 0: refit_every: expected the regularizer FittedB"),
    ],
)
def test_refusals(net, options, error, message):
    base = adam(net)
    with pytest.raises(error, match=message) as raised:
        QuantizingOptimizer(base, methods.BinaryConnect, **options)
    assert "\n" not in str(raised.value)
    assert "quantize_steps" not in base.param_groups[0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((-1,), "threshold: expected a number >= 0, got -1"),
        ((0.1, 0), "momentum: expected a number > 0, got 0"),
        ((0.1, 2), r"momentum: expected a number of \(0, 1\], got 2"),
    ],
)
def test_what_is_no_freezing(arguments, message):
    with pytest.raises(ValueError, match=message):
        Freezing(*arguments)


def test_a_threshold_that_becomes_negative_is_named(net):
    opt = optim.BinaryConnect(adam(net), freezing=Freezing(Linear(-1.0, 1)))
    with pytest.raises(ValueError, match="threshold at step"):
        train(net, opt, batches(4))


def test_a_map_that_names_no_levels_is_refused(net):
    from tests.own_parts import HalfDistance

    with pytest.raises(TypeError, match="group 0: regularizer: expected one on a set"):
        optim.ProxQuant(adam(net), HalfDistance(), 0.1, freezing=Freezing(0.1))


@pytest.mark.parametrize(
    "wrap", [optim.BinaryConnect, lambda b, **o: optim.ProxQuant(b, NEAR, 0.1, **o)]
)
def test_weights_written_before_the_first_step_are_the_start(net, wrap):
    opt = wrap(adam(net), freezing=Freezing(0.5))
    with torch.no_grad():
        for p in (net.conv.weight, net.fc.weight):
            p.copy_(-p)
    after = [latent.clone() for _, latent in opt.latent_parameters()]
    levels = opt.quantized_groups[0].map.quantized_by
    codes = opt.quantized_groups[0].beside.tensors["oscillation_code"]
    for latent, code in zip(after, codes, strict=True):
        np.testing.assert_array_equal(code.numpy(), CodeTracker(latent, levels).codes())
    train(net, opt, batches(1))
    means = opt.quantized_groups[0].beside.tensors["oscillation_mean_code"]
    still = codes[0].float() == means[0]
    assert float(still.float().mean()) > 0.5


def test_fitted_levels_at_the_start(net):
    """Codes at the start are those of the fit, by channel."""
    levels = AlternatingMultiBit(2, per="channel")
    opt = optim.ProxQuant(adam(net), AlternatingDistance(levels), 0.1, freezing=Freezing(0.1))
    codes = opt.quantized_groups[0].beside.tensors["oscillation_code"][0].numpy()
    np.testing.assert_array_equal(codes, CodeTracker(net.conv.weight.detach(), levels).codes())


def test_levels_that_codes_of_a_byte_do_not_tell_apart_are_refused():
    """Else level 256 would be remembered as level 0, and weights frozen there."""
    base = torch.optim.SGD(optim.split_parameters(nn.Linear(4, 2)), lr=0.1)
    before = base.state_dict()
    with pytest.raises(ValueError, match="group 0: weight: levels: expected at most 256 of them"):
        optim.BinaryConnect(base, Codebook(range(300)), freezing=Freezing(0.1))
    assert base.state_dict() == before
