"""Files of the usual tools: every tensor there, and no extra bytes."""

import io

import pytest
import torch
from safetensors import torch as safetensors
from torch import nn

from pqtheory.networks import optim

from .optimizers import PAIRS, Net, adam, batches, train
from .test_moves import EVERY


def size(value):
    file = io.BytesIO()
    torch.save(value, file)
    return file.tell()


@pytest.mark.parametrize("name", EVERY)
def test_one_layer_takes_the_bytes_of_one_layer(name):
    big = nn.Sequential(nn.Linear(200, 200), nn.Linear(200, 3))
    plain = size(big[1].state_dict())
    opt = PAIRS[name][1](torch.optim.SGD(optim.split_parameters(big), lr=0.1))
    assert size(big[1].state_dict()) == plain
    for p in big.parameters():
        p.grad = torch.ones_like(p)
    opt.step()
    opt.freeze()
    assert size(big[1].state_dict()) == plain
    for state in opt.state.values():
        for value in state.values():
            assert value.untyped_storage().nbytes() == value.nbytes


@pytest.mark.parametrize("name", EVERY)
def test_safetensors_have_every_tensor(net, name, tmp_path):
    opt = PAIRS[name][1](adam(net))
    train(net, opt, batches(2))
    safetensors.save_model(net, tmp_path / "model.safetensors")
    safetensors.save_file(net.state_dict(), tmp_path / "state.safetensors")
    for file in ("model", "state"):
        found = safetensors.load_file(tmp_path / f"{file}.safetensors")
        assert found.keys() == net.state_dict().keys()
        assert all(torch.equal(v, found[k]) for k, v in net.state_dict().items())
    other = Net()
    safetensors.load_model(other, tmp_path / "model.safetensors")
    assert torch.equal(net.conv.weight, other.conv.weight)


@pytest.mark.parametrize("name", EVERY)
def test_the_hub_mixin_has_every_tensor(name, tmp_path):
    hub = pytest.importorskip("huggingface_hub")

    class Shared(Net, hub.PyTorchModelHubMixin):
        pass

    torch.manual_seed(0)
    net = Shared()
    opt = PAIRS[name][1](adam(net))
    train(net, opt, batches(2))
    net.save_pretrained(tmp_path)
    found = safetensors.load_file(tmp_path / "model.safetensors")
    assert found.keys() == net.state_dict().keys()
    assert torch.equal(found["conv.weight"], net.conv.weight)
    back = Shared.from_pretrained(tmp_path)
    assert torch.equal(back.fc.weight, net.fc.weight)
