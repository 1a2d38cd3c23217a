"""A network begins with any weights that fit, whatever file they are in."""

from dataclasses import replace

import pytest
import torch
from safetensors.torch import save_file

from pqtheory.networks import models, optim
from pqtheory.networks.export import save_quantized
from pqtheory.networks.training import Settings
from pqtheory.networks.training.build import make_model


def donor(seed=3):
    torch.manual_seed(seed)
    model = models.SmallNet()
    with torch.no_grad():
        for name, buffer in model.named_buffers():
            if name.endswith("running_var"):
                buffer.uniform_(0.5, 2)
    return model


def without_counts(state):
    return {n: v for n, v in state.items() if not n.endswith("num_batches_tracked")}


WRITERS = {
    "a.pt": lambda s, f: torch.save(s, f),
    "nested.ckpt": lambda s, f: torch.save({"state_dict": s, "epoch": 1}, f),
    "old.pth": lambda s, f: torch.save(s, f, _use_new_zipfile_serialization=False),
    "a.safetensors": save_file,
    "ddp.pt": lambda s, f: torch.save({f"module._orig_mod.{n}": v for n, v in s.items()}, f),
    "lightning.ckpt": lambda s, f: torch.save({f"net.{n}": v for n, v in s.items()}, f),
    "no counts.pt": lambda s, f: torch.save(without_counts(s), f),
    "averaged.pt": lambda s, f: torch.save(
        {"n_averaged": torch.tensor(3), **{f"module.{n}": v for n, v in s.items()}}, f
    ),
    "folder": lambda s, f: [f.mkdir(), torch.save(s, f / "pytorch_model.bin")],
    "double.pt": lambda s, f: torch.save({n: v.double() for n, v in s.items()}, f),
}


@pytest.mark.parametrize("kind", WRITERS)
def test_any_state_dict_that_fits_is_taken(kind, images, tmp_path):
    expected = donor().state_dict()
    WRITERS[kind](expected, tmp_path / kind)
    model = make_model(Settings(warm_start=str(tmp_path / kind)), images)
    for name, value in model.state_dict().items():
        if kind != "no counts.pt" or not name.endswith("num_batches_tracked"):
            assert torch.equal(value, expected[name]), name


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float8_e4m3fn])
def test_numbers_of_fewer_bits_are_taken_as_they_are(dtype, images, tmp_path):
    state = {
        n: v.to(dtype) if v.is_floating_point() else v for n, v in donor().state_dict().items()
    }
    save_file(state, tmp_path / "a.safetensors")
    model = make_model(Settings(warm_start=str(tmp_path / "a.safetensors")), images)
    assert all(torch.equal(v, state[n].to(v.dtype)) for n, v in model.state_dict().items())


def test_a_quantized_network_of_ours_is_taken(images, tmp_path):
    model = donor()
    opt = optim.BinaryConnect(torch.optim.SGD(optim.split_parameters(model), lr=0.1))
    state, names = opt.export(model)
    save_quantized(tmp_path / "q.safetensors", state, names)
    found = make_model(Settings(warm_start=str(tmp_path / "q.safetensors")), images)
    assert all(torch.equal(v, state[n]) for n, v in found.state_dict().items())


def test_what_does_not_fit_is_named(images, tmp_path):
    state = donor().state_dict()
    first = next(n for n, v in state.items() if v.dim() > 1)
    file = tmp_path / "a.pt"
    start = Settings(warm_start=str(file))
    for change, said in [
        ({first: None}, f"no tensor '{first}'"),
        ({first: torch.ones(2, 3)}, rf"for '{first}', got \(2, 3\) of float32"),
        ({first: state[first].to(torch.int8)}, f"for '{first}', got .* of int8"),
        ({"head.weight": torch.ones(2, 3)}, r"it has \['head.weight'\] too"),
    ]:
        changed = {n: v for n, v in {**state, **change}.items() if v is not None}
        torch.save(changed, file)
        with pytest.raises(ValueError, match=rf"a\.pt: not a checkpoint of small: .*{said}"):
            make_model(start, images)
    torch.save({"a": 1}, file)
    with pytest.raises(ValueError, match=r"a\.pt: no tensors, keys 'a'"):
        make_model(start, images)
    file.write_bytes(b"nothing")
    with pytest.raises(ValueError, match=r"a\.pt: not a checkpoint of plain tensors"):
        make_model(start, images)
    with pytest.raises(FileNotFoundError, match="no file"):
        make_model(replace(start, warm_start=str(tmp_path / "none")), images)
