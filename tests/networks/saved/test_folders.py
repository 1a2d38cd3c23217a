"""Folders as training libraries leave them, shards, and checkpoints of many processes."""

import json
import pickle

import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import save_file
from torch.distributed.checkpoint import filesystem, metadata

from pqtheory import cli
from pqtheory.networks.saved import Checkpoint

from .files import MATRICES, adam, net, weights, write_distributed

STATE = weights()
NAMES = sorted(STATE)


def save(folder, **files):
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        name = name.replace("__", ".")
        if name.lower().endswith(".safetensors"):
            save_file(content, folder / name)
        elif name.endswith(".json"):
            (folder / name).write_text(json.dumps(content))
        else:
            torch.save(content, folder / name)
    return folder


def index(one, two):
    return {"weight_map": {n: one if n in NAMES[:4] else two for n in NAMES}}


def parts():
    return [{n: STATE[n] for n in some} for some in (NAMES[:4], NAMES[4:])]


SIDE = {"optimizer__pt": adam(None), "scheduler__pt": {"lr": torch.ones(2, 2)}}
SIDE |= {"training_args__bin": {"lr": 0.1}, "rng_state__pth": {"cpu": torch.ones(3, 3)}}
FIRST, SECOND = parts()
SHARDS = {"model-00001-of-00002": FIRST, "model-00002-of-00002": SECOND}
FOLDERS = {
    "transformers": {"model__safetensors": STATE, **SIDE},
    "transformers, older": {"pytorch_model__bin": STATE, **SIDE},
    "accelerate": {"model__safetensors": STATE, "optimizer__bin": adam(None), "scaler__pt": {}},
    "accelerate, random": {"pytorch_model__bin": STATE, "random_states_0__pkl": [1]},
    "states beside it": {"net__pt": STATE, "GradScaler__pt": {}, "batchsampler__pt": {}},
    "both": {"model__safetensors": STATE, "pytorch_model__bin": weights(5)},
    "one file beside an optimizer": {"net_epoch3__pth": STATE, "net_epoch3_optim__pth": adam(None)},
    "last of lightning": {"last__ckpt": {"state_dict": STATE}, "epoch=3__ckpt": {"state_dict": {}}},
    "of ours": {"checkpoint__pt": {"model": STATE}, "best__pt": {"model": weights(5)}},
    "deepspeed": {
        "mp_rank_00_model_states__pt": {"module": STATE, "optimizer": None},
        "bf16_zero_pp_rank_0_mp_rank_00_optim_states__pt": {"optimizer_state_dict": adam(None)},
    },
    "index": {
        **{f"{n}__safetensors": c for n, c in SHARDS.items()},
        "model__safetensors__index__json": index(*(f"{n}.safetensors" for n in SHARDS)),
        **SIDE,
    },
    "two indices": {
        **{f"{n}__safetensors": c for n, c in SHARDS.items()},
        **{f"{n}__bin": c for n, c in SHARDS.items()},
        "model__safetensors__index__json": index(*(f"{n}.safetensors" for n in SHARDS)),
        "pytorch_model__bin__index__json": index(*(f"{n}.bin" for n in SHARDS)),
    },
    "index beside the whole": {
        **{f"{n}__safetensors": c for n, c in SHARDS.items()},
        "consolidated__safetensors": weights(5),
        "model__safetensors__index__json": index(*(f"{n}.safetensors" for n in SHARDS)),
    },
    "shards without an index": {f"{n}__safetensors": c for n, c in SHARDS.items()},
    "shards in capitals": {f"{n.upper()}__SAFETENSORS": c for n, c in SHARDS.items()},
    "torch shards": {f"pytorch_{n}__bin": c for n, c in SHARDS.items()},
}


@pytest.mark.parametrize("kind", FOLDERS)
def test_the_weights_of_a_folder_are_found(kind, tmp_path):
    checkpoint = Checkpoint(save(tmp_path / "run", **FOLDERS[kind]))
    assert sorted(checkpoint.names) == NAMES
    assert all(torch.equal(checkpoint[name], STATE[name]) for name in NAMES)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"optimizer__pt": adam(None)}, "no file of weights in it, only optimizer.pt"),
        ({}, "run: no file of weights in it"),
        ({"a__pt": STATE, "b__pt": STATE}, "expected one checkpoint, found a.pt, b.pt; name the"),
        ({"a__pt": STATE, "resampler__pt": STATE}, "expected one checkpoint, found a.pt, resam"),
        (
            {
                "model-00001-of-00003__safetensors": FIRST,
                "model-00003-of-00003__safetensors": SECOND,
            },
            "expected 3 shards model-...-of-....safetensors, missing [2]",
        ),
        (
            {"a-1-of-2__bin": FIRST, "b-2-of-2__bin": SECOND},
            "the shards of one checkpoint, found a-1-of-2.bin, b-2-of-2.bin",
        ),
        (
            {"a-1-of-2__bin": FIRST, "a-2-of-2__bin": FIRST},
            f"{NAMES[0]!r} is in another shard too",
        ),
        ({"m__index__json": index("a.pt", "b.pt")}, f"no file 'a.pt', where {NAMES[0]!r} is"),
        ({"m__index__json": index("../a.pt", "b.pt")}, "expected files beside it, got '../a.pt'"),
        ({"m__index__json": []}, "not an index of shards"),
        (
            {"m__index__json": index("a.pt", "a.pt"), "a__pt": FIRST},
            f"a.pt has no tensor {NAMES[4]!r}",
        ),
    ],
)
def test_a_folder_without_one_checkpoint_says_what_there_is(files, said, tmp_path):
    folder = save(tmp_path / "run", **files)
    with pytest.raises((ValueError, FileNotFoundError)) as caught:
        Checkpoint(folder)
    assert said in str(caught.value)
    assert str(folder) in str(caught.value)


def test_a_distributed_checkpoint_in_a_folder_of_its_own(tmp_path):
    save(tmp_path / "run", optimizer__pt=adam(None))
    write_distributed({"model": STATE, "optim": adam(None)}, tmp_path / "run" / "model_0")
    for place in ("run", "run/model_0", "run/model_0/.metadata"):
        assert sorted(Checkpoint(tmp_path / place).names) == NAMES
    assert Checkpoint(tmp_path / "run", "optim.state").names


def pieces(folder, name, whole, offsets, leave_out=()):
    """A tensor in pieces of several processes, one file each, as resharding leaves it."""
    folder.mkdir(exist_ok=True)
    chunks, data = [], {}
    for rank, (place, size) in enumerate(offsets):
        piece = whole[tuple(slice(o, o + n) for o, n in zip(place, size, strict=True))].clone()
        offset, length = torch.Size(place), torch.Size(size)
        chunks.append(metadata.ChunkStorageMetadata(offset, length))
        if rank in leave_out:
            continue
        file = folder / f"__{rank}_0.distcp"
        with file.open("ab") as stream:
            begin = stream.tell()
            torch.save(piece, stream)
            info = filesystem._StorageInfo(file.name, begin, stream.tell() - begin)
        data[metadata.MetadataIndex(name, offset, rank)] = info
    about = metadata.TensorStorageMetadata(
        metadata.TensorProperties(dtype=whole.dtype), whole.size(), chunks
    )
    content = metadata.Metadata({name: about}, None, data)
    (folder / ".metadata").write_bytes(pickle.dumps(content))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float8_e4m3fn])
def test_a_tensor_is_put_together_from_its_pieces(dtype, tmp_path):
    whole = torch.randn(7, 6).to(dtype)
    by_rows = [((0, 0), (4, 6)), ((4, 0), (3, 6))]
    in_tiles = [((0, 0), (4, 2)), ((4, 0), (3, 2)), ((0, 2), (4, 4)), ((4, 2), (3, 4))]
    for i, offsets in enumerate((by_rows, in_tiles)):
        pieces(tmp_path / str(i), "fc.weight", whole, offsets)
        found = Checkpoint(tmp_path / str(i))["fc.weight"]
        assert torch.equal(found.view(torch.uint8), whole.view(torch.uint8))
    pieces(tmp_path / "gap", "fc.weight", whole, by_rows, leave_out=[1])
    with pytest.raises(ValueError, match=r"'fc\.weight': .*24 of its 42 numbers are there"):
        Checkpoint(tmp_path / "gap")["fc.weight"]
    (tmp_path / "0" / "__1_0.distcp").unlink()
    with pytest.raises(FileNotFoundError, match=r"no file '__1_0\.distcp', where 'fc\.weight' is"):
        Checkpoint(tmp_path / "0")["fc.weight"]


def run(*arguments):
    return CliRunner().invoke(cli.main, ["signs", *map(str, arguments)])


def test_the_command_has_a_key_and_says_what_to_do(tmp_path):
    files = [tmp_path / f"{i}.pt" for i in range(2)]
    for i, file in enumerate(files):
        wave = {"wave": torch.ones(2, 2, dtype=torch.cfloat)}
        torch.save({"teacher": weights(i), "student": {**weights(i + 2), **wave}}, file)
    asked = run(*files)
    assert asked.exit_code == 2
    assert "choose one by key (--key teacher)" in asked.stderr
    assert len(asked.stderr.splitlines()) == 1
    found = run(*files, "--key", "student", "--json", tmp_path / "s.json")
    assert found.exit_code == 0, found.stderr
    assert "warning: not tracked, as such numbers have no signs: wave (complex64)" in found.stderr
    content = json.loads((tmp_path / "s.json").read_text())
    assert [name for name in content["metrics"] if name != "all"] == MATRICES
    changed = [(weights(2)[n] >= 0) != (weights(3)[n] >= 0) for n in MATRICES]
    expected = sum(int(c.sum()) for c in changed) / sum(c.numel() for c in changed)
    assert content["metrics"]["all"][0]["flips"] == pytest.approx(expected)
    assert run(*files, "--key", "pupil").stderr.endswith("there are 'teacher', 'student'\n")


def test_another_shape_says_how_to_leave_it_out(tmp_path):
    for i, rows in enumerate((10, 12)):
        torch.save({"emb": torch.randn(rows, 6), "w": torch.randn(3, 3)}, tmp_path / f"{i}.pt")
    said = run(tmp_path / "0.pt", tmp_path / "1.pt").stderr
    assert "1.pt: expected shape (10, 6) for 'emb', got (12, 6); --only leaves tensors out" in said
    assert run(tmp_path / "0.pt", tmp_path / "1.pt", "--only", "^w").exit_code == 0


def test_a_model_with_a_key_like_an_optimizer_in_a_whole_model(tmp_path):
    model = torch.nn.ModuleDict({"random": net(), "optimal": torch.nn.Linear(3, 3)})
    torch.save(model, tmp_path / "m.pt")
    assert sorted(Checkpoint(tmp_path / "m.pt").names) == sorted(model.state_dict())
