"""Copies, pickles, hooks, and what is shared with the base optimizer."""

import copy
import io
import pickle

import pytest
import torch

from pqtheory.networks import optim

from .optimizers import PAIRS, STRENGTH, W, adam, batches, train
from .test_moves import EVERY, LAZY, latents, same


def saved_whole(pair):
    file = io.BytesIO()
    torch.save(pair, file)
    file.seek(0)
    return torch.load(file, weights_only=False)


COPIES = {
    "deepcopy": copy.deepcopy,
    "pickle": lambda pair: pickle.loads(pickle.dumps(pair)),
    "torch.save": saved_whole,
}


@pytest.mark.parametrize("steps", [0, 2])
@pytest.mark.parametrize("how", COPIES)
@pytest.mark.parametrize("name", EVERY)
def test_a_copy_trains_on_as_the_original(net, name, how, steps):
    opt = PAIRS[name][1](adam(net))
    train(net, opt, batches(steps))
    other, again = COPIES[how]((net, opt))
    assert again.steps == steps
    assert again.param_groups is again.base.param_groups
    assert train(other, again, batches(3)) == train(net, opt, batches(3))
    assert same(latents(opt), latents(again))
    again.freeze()
    assert not opt.frozen


@pytest.mark.parametrize("name", EVERY)
def test_a_copy_made_in_inference_mode_keeps_the_state(net, name):
    opt = PAIRS[name][1](adam(net))
    train(net, opt, batches(2))
    with torch.inference_mode():
        best, again = copy.deepcopy((net, opt))
    before = latents(opt)
    train(net, opt, batches(2))
    net.load_state_dict(best.state_dict())
    opt.load_state_dict(again.state_dict())
    assert same(before, latents(opt))
    assert opt.steps == 2


@pytest.mark.parametrize("name", EVERY)
def test_hooks_of_the_state_run(net, name):
    opt, calls = PAIRS[name][1](adam(net)), []
    train(net, opt, batches(1))
    opt.register_state_dict_pre_hook(lambda _: calls.append("before saving"))
    opt.register_state_dict_post_hook(lambda _, state: {**state, "more": 1})
    opt.register_load_state_dict_pre_hook(
        lambda _, state: calls.append("before loading") or {**state, "changed": True}
    )
    opt.register_load_state_dict_post_hook(lambda _: calls.append("after loading"))
    state = opt.state_dict()
    assert state["more"] == 1
    opt.load_state_dict(state)
    assert calls == ["before saving", "before loading", "after loading"]
    opt.register_step_pre_hook(lambda *_: calls.append("before"))
    train(net, opt, batches(1))
    assert calls[-1] == "before"


@pytest.mark.parametrize("name", EVERY)
def test_groups_and_state_stay_those_of_the_base(net, name):
    base = adam(net)
    opt = PAIRS[name][1](base)
    train(net, opt, batches(2))
    saved, kept = copy.deepcopy(base.state_dict()), latents(opt)
    train(net, opt, batches(2))
    base.load_state_dict(saved)
    assert opt.state is base.state
    assert opt.param_groups is base.param_groups
    assert opt.steps == 2
    if name in LAZY:
        assert same(kept, latents(opt))
    opt.param_groups = [{**group, "lr": 0.0} for group in opt.param_groups]
    before = latents(opt)
    train(net, opt, batches(1))
    assert base.param_groups is opt.param_groups
    assert same(before, latents(opt))


@pytest.mark.parametrize("name", LAZY)
def test_moments_of_a_plain_optimizer_leave_the_latent_weights(net, name):
    plain = adam(net)
    train(net, plain, batches(2))
    opt = PAIRS[name][1](adam(net))
    before = latents(opt)
    opt.base.load_state_dict(plain.state_dict())
    assert same(before, latents(opt))
    assert opt.param_groups[0]["quantize"]
    train(net, opt, batches(1))
    assert opt.state[net.conv.weight]["step"] == 3


@pytest.mark.parametrize("name", EVERY)
def test_what_is_put_into_the_state_counts(net, name):
    opt = PAIRS[name][1](adam(net))
    train(net, opt, batches(1))
    if name in LAZY:
        opt.state[net.fc.weight]["latent"] = torch.full((4, 8), 0.125)
        assert latents(opt)[1].unique().tolist() == [0.125]
    values = [v for state in opt.state.values() for v in state.values()]
    assert all(isinstance(v, torch.Tensor) and type(v) is torch.Tensor for v in values)
    plain = int, float, str, bool, type(None), tuple, list
    assert all(isinstance(v, plain) for group in opt.param_groups for v in group.values())


@pytest.mark.parametrize("name", LAZY)
def test_another_method_round_the_same_base_goes_on_from_the_latent_weights(net, name):
    base = adam(net)
    opt = PAIRS[name][1](base)
    train(net, opt, batches(3))
    before = latents(opt)
    again = optim.ProxQuant(base, W, STRENGTH)
    assert same(before, latents(again))
    assert torch.equal(net.conv.weight, before[0])
    for use in (
        opt.step,
        opt.freeze,
        opt.state_dict,
        lambda: opt.export(net),
        lambda: latents(opt),
    ):
        with pytest.raises(RuntimeError, match=r"^optimizer: another was made round the same base"):
            use()
    assert not again.param_groups[0]["quantize_frozen"]
    assert same(before, latents(again))


@pytest.mark.parametrize("name", EVERY)
def test_a_state_of_version_1_is_loaded(net, name):
    opt = PAIRS[name][1](adam(net))
    train(net, opt, batches(2))
    for frozen in (False, True):
        whole = copy.deepcopy(opt.state_dict())
        older = {
            "state": {
                key: {k: v for k, v in state.items() if k != "latent"}
                for key, state in whole["state"].items()
            },
            "param_groups": [
                {k: v for k, v in group.items() if not k.startswith("quantize_")}
                for group in whole["param_groups"]
            ],
            "quantizing": {
                "version": 1,
                "method": opt.method.__name__,
                "steps": opt.steps,
                "frozen": frozen,
                "latent": latents(opt),
            },
        }
        other = copy.deepcopy(net)
        again = PAIRS[name][1](adam(other))
        if frozen:
            opt.freeze()
            if name not in LAZY:
                older["quantizing"]["latent"] = latents(opt)
        again.load_state_dict(older)
        assert (again.steps, again.frozen) == (2, frozen)
        assert same(latents(opt), latents(again))
        assert torch.equal(net.conv.weight, other.conv.weight)
    older["quantizing"]["version"] = 0
    with pytest.raises(ValueError, match="expected version 1 or 2, got 0"):
        again.load_state_dict(older)


@pytest.mark.parametrize("steps", [0, 2])
@pytest.mark.parametrize("how", COPIES)
@pytest.mark.parametrize("name", EVERY)
def test_what_is_written_into_a_copy_before_its_first_look_counts(net, name, how, steps):
    opt = PAIRS[name][1](torch.optim.SGD(optim.split_parameters(net), lr=0.05))
    train(net, opt, batches(steps))
    other, again = COPIES[how]((net, opt))
    with torch.no_grad():
        other.fc.weight.fill_(0.25)
    conv, fc = latents(again)
    assert torch.equal(conv, latents(opt)[0])
    assert fc.unique().tolist() == [0.25]
    train(other, again, batches(1))
    assert 0 < (latents(again)[1] - 0.25).abs().max() < 0.1


@pytest.mark.parametrize("name", EVERY)
def test_a_copy_taken_while_the_quantized_weights_are_shown(net, name):
    opt = PAIRS[name][1](adam(net))
    train(net, opt, batches(2))
    with opt.quantized():
        other, again = copy.deepcopy((net, opt))
        assert torch.equal(other.fc.weight, net.fc.weight)
    if name in LAZY:
        assert same(latents(opt), latents(again))
