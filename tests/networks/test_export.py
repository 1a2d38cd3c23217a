"""Quantized networks on disk: exact, k/32 of the size, whole or not at all."""

import os

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pqtheory.networks import export, models, optim
from pqtheory.regularizers import DistanceL1
from pqtheory.sets import Binary, Codebook, Ternary


@given(
    st.integers(1, 200),
    st.lists(st.integers(-50, 50), min_size=1, max_size=16, unique=True),
    st.integers(0, 2**32 - 1),
    st.sampled_from([torch.float32, torch.float64, torch.bfloat16]),
)
def test_pack_and_unpack_are_inverse(size, levels, seed, dtype):
    values = torch.tensor(levels, dtype=dtype) / 8
    tensor = values[torch.from_numpy(np.random.default_rng(seed).integers(0, len(levels), size))]
    codes, found, bits = export.pack(tensor)
    assert bits == max(1, (len(found) - 1).bit_length())
    assert len(codes) == -(-size * bits // 8)
    again = export.unpack(codes, found, bits, (size,))
    assert again.dtype == dtype
    assert torch.equal(again, tensor)


@pytest.mark.parametrize(
    ("levels", "bits"),
    [(Binary(), 1), (Ternary(0.5), 2), (Codebook(np.arange(8.0).tolist()), 3)],
)
def test_a_network_takes_k_32nds_and_comes_back_exactly(tmp_path, levels, bits):
    net = models.resnet(20)
    groups = optim.split_parameters(net, models.binary_weights)
    opt = optim.ProxQuant(torch.optim.SGD(groups, lr=0.1), DistanceL1(levels), 0.1)
    state, names = opt.export(net)
    export.save_quantized(tmp_path / "q.safetensors", state, names)
    loaded = export.load_quantized(tmp_path / "q.safetensors")
    with opt.quantized():
        for name, value in net.state_dict().items():
            assert torch.equal(loaded[name], value), name
    models.resnet(20).load_state_dict(loaded)
    weights = sum(state[name].numel() for name in names)
    export.save_quantized(tmp_path / "plain.safetensors", state)
    saved = [(tmp_path / f"{n}.safetensors").stat().st_size for n in ("plain", "q")]
    assert 4 * weights * (1 - bits / 32) - (saved[0] - saved[1]) < 5000


def test_what_is_not_quantized_is_refused(tmp_path):
    tensor = torch.linspace(0, 1, 300)
    with pytest.raises(ValueError, match="at most 256 levels, got 300"):
        export.pack(tensor)
    with pytest.raises(ValueError, match="NaN"):
        export.pack(torch.tensor([1.0, float("nan")]))
    with pytest.raises(ValueError, match="no tensor 'b'"):
        export.save_quantized(tmp_path / "q", {"a": tensor}, ["b"])
    with pytest.raises(ValueError, match="at most"):
        export.save_quantized(tmp_path / "q", {"a": tensor}, ["a"])
    assert list(tmp_path.iterdir()) == []


def test_damaged_and_foreign_files_are_refused(tmp_path):
    file = tmp_path / "q"
    export.save_quantized(file, {"a": torch.ones(9).neg()}, ["a"])
    whole = file.read_bytes()
    file.write_bytes(whole[:-1])
    with pytest.raises(ValueError, match="not a whole safetensors file"):
        export.load_quantized(file)
    from safetensors.torch import save_file

    save_file({"a": torch.ones(2)}, file)
    with pytest.raises(ValueError, match="expected format 'pqtheory-quantized-2', got None"):
        export.load_quantized(file)
    codes, levels, bits = export.pack(torch.tensor([0.0, 1.0, 2.0]))
    with pytest.raises(ValueError, match="expected 80 bits"):
        export.unpack(codes, levels, bits, (40,))
    with pytest.raises(ValueError, match="code 2 beyond the 2 levels"):
        export.unpack(codes, levels[:2], bits, (3,))


def test_no_damage_goes_unnoticed(tmp_path):
    """One bit flipped, anywhere: refused, or nothing else comes of it."""
    file = tmp_path / "q"
    state = {"a": torch.tensor([[-1.0, 1.0, 1.0], [1.0, -1.0, 1.0]]), "b": torch.linspace(0, 1, 5)}
    export.save_quantized(file, state, ["a"])
    whole = file.read_bytes()
    for place in range(len(whole)):
        for bit in (0, 3, 6):
            file.write_bytes(whole[:place] + bytes([whole[place] ^ 1 << bit]) + whole[place + 1 :])
            with pytest.raises(ValueError, match=r"damaged|not a whole|expected format"):
                export.load_quantized(file)


def older(file, packed, codes=(5,), levels=(-1.0, 1.0)):
    """As the first format was written, without a checksum."""
    from safetensors.torch import save_file

    tensors = {"a.codes": torch.tensor(codes, dtype=torch.uint8), "a.levels": torch.tensor(levels)}
    about = {"format": "pqtheory-quantized-1", "packed": packed}
    save_file(tensors, file, about)


def test_older_files_are_read_and_what_they_say_is_checked(tmp_path):
    file = tmp_path / "q"
    older(file, '{"a": {"shape": [3], "bits": 1}}')
    assert export.load_quantized(file)["a"].tolist() == [1.0, -1.0, 1.0]
    for packed, message in [
        ("", "packed: expected JSON"),
        ("[" * 100_000, "packed: expected JSON"),
        ("[]", r"packed: expected a mapping, got \[\]"),
        ('{"a": 3}', "'a': expected its shape and bits, got 3"),
        ('{"a": {"shape": [3], "bits": 9}}', "'a': expected 1 to 8 bits, got 9"),
        ('{"a": {"shape": [3], "bits": true}}', "'a': expected 1 to 8 bits, got True"),
        ('{"a": {"shape": [-3], "bits": 1}}', r"'a': expected a shape, got \[-3\]"),
        ('{"a": {"shape": 3, "bits": 1}}', "'a': expected a shape, got 3"),
        ('{"a": {"shape": [9], "bits": 1}}', r"expected 2 bytes of codes for the shape \(9,\)"),
        ('{"a": {"shape": [3], "bits": 4}}', "expected 2 bytes of codes"),
        ('{"c": {"shape": [3], "bits": 1}}', "'c': expected codes"),
    ]:
        older(file, packed)
        with pytest.raises(ValueError, match=f"q: {message}|q: .*{message}"):
            export.load_quantized(file)
    older(file, '{"a": {"shape": [3], "bits": 1}}', levels=(-1.0, 0.0, 1.0))
    with pytest.raises(ValueError, match="'a': expected at most 2 levels"):
        export.load_quantized(file)


def test_a_full_disk_leaves_what_was_there(tmp_path, monkeypatch):
    file = tmp_path / "q"
    export.save_quantized(file, {"a": torch.ones(3)})
    before = file.read_bytes()

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        export.save_quantized(file, {"a": torch.zeros(3)})
    assert file.read_bytes() == before
    assert list(tmp_path.iterdir()) == [file]


def test_a_model_without_the_parameters_is_refused():
    net = models.SmallNet()
    opt = optim.BinaryConnect(torch.optim.SGD(optim.split_parameters(net), lr=0.1))
    with pytest.raises(
        ValueError, match=r"group 0, conv\.weight: this quantized parameter is not in it"
    ):
        opt.export(models.SmallNet())
