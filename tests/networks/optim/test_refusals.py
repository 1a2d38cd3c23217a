"""What does not fit is refused in one line that names group, parameter and remedy; the base optimizer is as it was."""

import copy
import math

import numpy as np
import pytest
import torch
from torch import nn

from pqtheory import methods
from pqtheory.methods import Prox
from pqtheory.networks import optim
from pqtheory.quantizers import AlternatingMultiBit
from pqtheory.regularizers import DistanceL1
from pqtheory.schedules import Linear
from pqtheory.sets import Binary, Ternary

from .optimizers import W, adam, batches, train

ROWS = AlternatingMultiBit(1, axis=1)


def marked(net, **options):
    return torch.optim.SGD(
        [{"params": list(net.parameters()), "quantize": True, **options}], lr=0.1
    )


def without_rate(net):
    base = marked(net)
    base.param_groups[0]["lr"] = None
    return base


def made_in_inference_mode(net):
    with torch.inference_mode():
        return marked(copy.deepcopy(net))


def integers(net):
    p = nn.Parameter(torch.ones(3, dtype=torch.int64), requires_grad=False)
    return torch.optim.SGD([{"params": [p], "quantize": True, "names": ["counts"]}], lr=0.1)


REFUSED = {
    "an axis that a bias has not": (
        marked,
        lambda base: optim.ProxQuant(base, ROWS, 1.0),
        ValueError,
        r"group 0: parameter 1: axis: expected axes of an array with ndim 1, got 1",
    ),
    "the same, lazy": (
        marked,
        lambda base: optim.BinaryConnect(base, ROWS),
        ValueError,
        r"group 0: parameter 1: axis: expected",
    ),
    "integers": (integers, optim.BinaryConnect, TypeError, "group 0: counts: .*floating"),
    "a row of zeros that a table has not": (
        lambda net: marked(net, zero_row=8),
        optim.BinaryConnect,
        ValueError,
        r"group 0: zero_row: expected an integer from -4 to 3, got 8",
    ),
    "a row of zeros that is no number": (
        lambda net: marked(net, zero_row=True),
        optim.BinaryConnect,
        TypeError,
        "group 0: zero_row: expected an integer, got True",
    ),
    "made in inference mode": (
        made_in_inference_mode,
        optim.BinaryConnect,
        ValueError,
        "group 0: parameter 0: it was made in inference mode, .* make the model outside of it",
    ),
    "no step size": (
        without_rate,
        lambda base: optim.ProxQuant(base, W, 1.0),
        TypeError,
        "group 0: lr: expected a number",
    ),
    "no step size to sum": (
        without_rate,
        lambda base: optim.QuantizingOptimizer(
            base, methods.ProxConnect, regularizer=W, strength=1.0
        ),
        TypeError,
        "group 0: lr: expected a number",
    ),
    "no strength": (
        lambda net: adam(net, regularizer=W),
        optim.ProxQuant,
        ValueError,
        "group 0: strength: expected one for each quantized group or for all",
    ),
    "an option of another method": (
        lambda net: adam(net, regularizer=W, strength=0.1),
        optim.BinaryConnect,
        ValueError,
        "group 0: its options: expected set for this method, got regularizer, strength",
    ),
    "not marked": (
        lambda net: torch.optim.SGD([{"params": [net.fc.weight], "set": Binary()}], lr=0.1),
        optim.BinaryConnect,
        ValueError,
        "group 0: set given, but not quantize=True: mark it",
    ),
    "none marked": (
        lambda net: torch.optim.SGD(net.parameters(), lr=0.1),
        optim.BinaryConnect,
        ValueError,
        "as split_parameters makes them",
    ),
    "a negative strength": (
        adam,
        lambda base: optim.LazyProx(base, W, -1.0),
        ValueError,
        "group 0: strength: expected a number >= 0",
    ),
    "the second group": (
        lambda net: torch.optim.SGD(
            [
                {"params": [net.conv.weight], "quantize": True, "set": Ternary()},
                {"params": [net.fc.weight], "quantize": True, "set": 3},
            ],
            lr=0.1,
        ),
        optim.BinaryConnect,
        TypeError,
        "group 1: set: expected a quantization set or a quantizer, got 3",
    ),
    "one that quantizes already": (
        lambda net: optim.BinaryConnect(adam(net)),
        lambda base: optim.ProxQuant(base, W, 1.0),
        TypeError,
        "optimizer: expected one that quantizes nothing, got a BinaryConnect: give its base",
    ),
    "a method of the wrong kind": (
        adam,
        lambda base: optim.QuantizingOptimizer(base, methods.DualAveraging),
        TypeError,
        "kind Eager or Lazy",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_refusal_is_one_line_and_changes_nothing(net, what):
    make, wrap, error, message = REFUSED[what]
    base = make(net)
    trains = what != "integers" and base.param_groups[0]["lr"] is not None
    train(net, base, batches(1)) if trains else None
    groups, state = [dict(g) for g in base.param_groups], copy.deepcopy(base.state_dict()["state"])
    weights, hooks = [p.detach().clone() for p in net.parameters()], len(vars(base))
    with pytest.raises(error, match=message) as raised:
        wrap(base)
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) < 250
    assert base.param_groups == groups
    assert all(torch.equal(a, b) for a, b in zip(weights, net.parameters(), strict=True))
    now = base.state_dict()["state"]
    assert now.keys() == state.keys()
    assert all(torch.equal(v, now[k][n]) for k, s in state.items() for n, v in s.items())
    assert len(vars(base)) == hooks
    assert not base._optimizer_load_state_dict_post_hooks


@pytest.mark.parametrize("wrap", [optim.BinaryConnect, lambda b: optim.ProxQuant(b, ROWS, 1.0)])
def test_weights_without_values_are_refused(wrap):
    net = nn.Sequential(nn.Linear(3, 2, bias=False)).to("meta")
    with pytest.raises(ValueError, match=r"group 0: 0\.weight: it is on the meta device"):
        wrap(adam(net))


@pytest.mark.parametrize(
    ("wrap", "change", "message"),
    [
        (
            lambda b: optim.ProxQuant(b, W, 1.0),
            {"lr": -0.5},
            "lr: expected a number >= 0, got -0.5",
        ),
        (
            lambda b: optim.QuantizingOptimizer(b, methods.EagerPull, regularizer=W, strength=1.0),
            {"lr": None},
            "lr: expected a number, got None",
        ),
        (
            lambda b: optim.ProxQuant(b, W, Linear(-1.0)),
            {},
            "strength at step 1: expected a number >= 0, got -1.0",
        ),
    ],
)
def test_what_no_longer_fits_in_a_step_names_its_group(net, wrap, change, message):
    opt = wrap(adam(net))
    train(net, opt, batches(1))
    opt.param_groups[0].update(change)
    with pytest.raises((TypeError, ValueError), match=f"^group 0: {message}$"):
        train(net, opt, batches(1))


def test_a_group_that_is_added_with_levels_and_not_marked_is_refused(net):
    opt = optim.BinaryConnect(adam(net))
    with pytest.raises(ValueError, match="group 2: set given, but not quantize=True"):
        opt.add_param_group({"params": [nn.Parameter(torch.ones(2, 2))], "set": Ternary()})
    assert len(opt.param_groups) == 2


def test_a_refused_base_goes_to_another_method(net):
    base = adam(net, regularizer=DistanceL1(Ternary(0.2)), strength=math.inf)
    with pytest.raises(ValueError, match="its options"):
        optim.BinaryConnect(base)
    opt = optim.ProxQuant(base)
    assert opt.quantized_groups[0].map == Prox(DistanceL1(Ternary(0.2)), math.inf)
    assert "regularizer" not in base.param_groups[0]


def test_a_state_that_does_not_fit_changes_nothing(net):
    opt = optim.BinaryConnect(adam(net))
    train(net, opt, batches(2))
    before = copy.deepcopy(opt.state_dict())
    shapes = copy.deepcopy(before)
    shapes["state"][1]["latent"] = torch.ones(2, 2)
    lost = copy.deepcopy(before)
    del lost["state"][0]["latent"]
    version = copy.deepcopy(before)
    version["param_groups"][0]["quantize_version"] = 9
    without = {"param_groups": before["param_groups"]}
    listed = copy.deepcopy(before)
    listed["state"][0]["latent"] = [1, 2]
    before_0, uncounted = copy.deepcopy(before), copy.deepcopy(before)
    before_0["param_groups"][0]["quantize_steps"] = -3
    uncounted["param_groups"][0]["quantize_steps"] = None
    thawed = copy.deepcopy(before)
    thawed["param_groups"][0]["quantize_frozen"] = "no"
    unlike = {}
    for kind, made in {
        "meta": torch.ones(4, 8, device="meta"),
        "sparse": torch.ones(4, 8).to_sparse(),
        "complex": torch.ones(4, 8, dtype=torch.complex64),
        "an array": np.ones((4, 8)),
    }.items():
        unlike[kind] = copy.deepcopy(before)
        unlike[kind]["state"][1]["latent"] = made
    for state, message in (
        *((s, r"group 0, fc\.weight: expected latent weights (of|that)") for s in unlike.values()),
        (thawed, "state_dict: group 0: expected True or False for quantize_frozen, got 'no'"),
        (shapes, r"group 0, fc\.weight: expected latent weights of shape \(4, 8\), got \(2, 2\)"),
        (lost, r"group 0, conv\.weight: no latent weights"),
        (version, "group 0: expected version 2, got 9"),
        (adam(net).state_dict(), "not of a quantizing optimizer: .* base.load_state_dict"),
        ([], "state_dict: expected that of an optimizer, got"),
        (without, "state_dict: expected that of an optimizer, got"),
        (listed, r"group 0, conv\.weight: expected latent weights of shape .*, got \[1, 2\]$"),
        (before_0, "state_dict: group 0: quantize_steps: expected an integer >= 0, got -3"),
        (uncounted, "state_dict: group 0: quantize_steps: expected an integer, got None"),
        ({**before, "param_groups": [1, 2]}, "state_dict: expected that of an optimizer, got"),
        ({**before, "param_groups": [{}, {}]}, "state_dict: expected that of an optimizer, got"),
        ({**before, "state": {0: 1}}, "state_dict: expected that of an optimizer, got"),
    ):
        with pytest.raises((TypeError, ValueError), match=message):
            opt.load_state_dict(state)
        now = opt.state_dict()
        assert now["param_groups"] == before["param_groups"]
        for key, values in before["state"].items():
            assert all(torch.equal(v, now["state"][key][n]) for n, v in values.items())


def others_in_their_place(opt, net):
    opt.param_groups[0]["params"] = [nn.Parameter(p.detach().clone()) for p in net.parameters()]


def one_more(opt, net):
    opt.param_groups[0]["params"].append(nn.Parameter(torch.ones(2, 2)))


CHANGED = {
    "others in their place": (others_in_their_place, "group 0: its parameters are others"),
    "one more": (one_more, "group 0: its parameters are others than there were: make the optim"),
    "a group that is marked later": (
        lambda opt, net: opt.base.add_param_group(
            {"params": [nn.Parameter(torch.ones(2, 2))], "quantize": True}
        ),
        r"group 2: expected the quantized groups \[0\] that there were, got \[0, 2\]",
    ),
    "groups in another order": (
        lambda opt, net: opt.param_groups.reverse(),
        "group 0: expected the quantized groups",
    ),
    "no groups": (
        lambda opt, net: opt.param_groups.clear(),
        r"group 0: expected the quantized groups \[0\] that there were, got \[\]",
    ),
}


@pytest.mark.parametrize(
    ("model", "quantize", "message"),
    [
        ([nn.Linear(2, 3)], optim.is_weight, r"model: expected a torch\.nn\.Module, got \[Linear"),
        (nn.Linear(2, 3), "weight", "quantize: expected a function of a layer and the name of its"),
    ],
)
def test_what_cannot_be_split(model, quantize, message):
    with pytest.raises(TypeError, match=message):
        optim.split_parameters(model, quantize)


@pytest.mark.parametrize("what", CHANGED)
def test_what_would_train_unquantized_is_refused(net, what):
    opt = optim.BinaryConnect(adam(net))
    train(net, opt, batches(1))
    change, message = CHANGED[what]
    change(opt, net)
    with pytest.raises(ValueError, match=message) as refused:
        opt.step()
    assert len(str(refused.value)) < 300
