"""Checkpoints that a bit was flipped in, and those without a checksum."""

from fractions import Fraction

import numpy as np
import pytest
import torch

from pqtheory.networks.checkpoints import Checkpoint
from pqtheory.networks.states import read_state, state_bytes
from pqtheory.networks.training.folder import load_checkpoint

STATE = {"version": 1, "epoch": 3, "settings": {}, "model": {"w": torch.linspace(-1, 1, 600)}}


def same(found):
    return found["epoch"] == 3 and torch.equal(found["model"]["w"], STATE["model"]["w"])


def test_no_flipped_bit_gives_another_network(tmp_path):
    file = tmp_path / "checkpoint.pt"
    whole = state_bytes(STATE)
    refused = []
    for place in np.linspace(0, len(whole) - 1, 400).astype(int):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 16]) + whole[place + 1 :])
        try:
            assert same(load_checkpoint(file)), place
        except ValueError as error:
            refused.append(str(error))
    # what is left is padding between the members
    assert len(refused) > 200
    assert all(text.startswith(f"{file}: not a whole checkpoint: ") for text in refused)
    assert not any("\n" in text for text in refused)
    start = whole.index(STATE["model"]["w"].numpy().tobytes())
    file.write_bytes(whole[: start + 9] + bytes([whole[start + 9] ^ 1]) + whole[start + 10 :])
    message = "not a whole checkpoint: checksum of '.*' differs: the file is damaged"
    with pytest.raises(ValueError, match=message):
        load_checkpoint(file)
    with pytest.raises(ValueError, match=r"checksum of '.*' differs"):
        Checkpoint(file)


def test_files_without_a_checksum_are_read_and_ours_always_have_one(tmp_path):
    file = tmp_path / "old.pt"
    torch.save(STATE, file, _use_new_zipfile_serialization=False)
    assert same(load_checkpoint(file))
    torch.serialization.set_crc32_options(False)
    try:
        torch.save(STATE, file)
        ours = state_bytes(STATE)
        assert not torch.serialization.get_crc32_options()
    finally:
        torch.serialization.set_crc32_options(True)
    assert same(load_checkpoint(file))
    start = ours.index(STATE["model"]["w"].numpy().tobytes())
    file.write_bytes(ours[:start] + b"\xff" + ours[start + 1 :])
    with pytest.raises(ValueError, match="damaged"):
        read_state(file.read_bytes(), "ours")


def test_what_would_be_run_is_named_and_nothing_advised(tmp_path):
    torch.save({**STATE, "settings": Fraction(1, 3)}, tmp_path / "checkpoint.pt")
    message = (
        r"Unsupported global: GLOBAL fractions\.Fraction was not an allowed global by default$"
    )
    with pytest.raises(ValueError, match=f"not a whole checkpoint: {message}"):
        load_checkpoint(tmp_path / "checkpoint.pt")


def test_a_checkpoint_says_its_epoch(tmp_path):
    file = tmp_path / "checkpoint.pt"
    file.write_bytes(state_bytes({**STATE, "epoch": "3"}))
    with pytest.raises(ValueError, match="epoch: expected an integer >= 0, got '3'"):
        load_checkpoint(file)
