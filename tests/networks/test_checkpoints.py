"""Checkpoints of any model: layouts, sharding, the same metrics as a tracker, damage."""

import json

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import save_file

from pqtheory import cli
from pqtheory.networks import checkpoints
from pqtheory.networks.checkpoints import Checkpoint, sign_series
from pqtheory.signs import SignTracker


def weights(seed, dtype=torch.float32):
    g = torch.Generator().manual_seed(seed)
    return {
        "a.weight": torch.randn(5, 7, generator=g).to(dtype),
        "b.weight": torch.randn(3, 2, 2, 2, generator=g).to(dtype),
        "a.bias": torch.randn(5, generator=g).to(dtype),
        "steps": torch.tensor([seed]),
    }


def sharded(content, folder):
    folder.mkdir()
    names = sorted(content)
    for i, part in enumerate((names[:2], names[2:])):
        save_file({n: content[n] for n in part}, folder / f"model-{i}.safetensors")
    index = {n: f"model-{int(i > 1)}.safetensors" for i, n in enumerate(names)}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": index}))
    return folder


WRITERS = {
    "safetensors": lambda c, p: save_file(c, p / "m.safetensors") or p / "m.safetensors",
    "torch": lambda c, p: torch.save(c, p / "m.bin") or p / "m.bin",
    "nested": lambda c, p: torch.save({"model": c, "epoch": 3}, p / "m.pt") or p / "m.pt",
    "folder": lambda c, p: torch.save(c, p / "checkpoint.pt") or p,
    "sharded": lambda c, p: sharded(c, p / "shards"),
}


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
def test_every_layout_gives_the_tracker_s_metrics(kind, dtype, tmp_path, monkeypatch):
    series = [weights(seed, dtype) for seed in range(4)]
    paths = []
    for i, content in enumerate(series):
        (tmp_path / str(i)).mkdir()
        paths.append(WRITERS[kind](content, tmp_path / str(i)))
    found = sign_series(paths)
    names = ["a.weight", "b.weight"]
    tracker = SignTracker({n: series[0][n] for n in names})
    expected = [tracker.update({n: c[n] for n in names}) for c in series[1:]]
    # mapped anew for every tensor
    monkeypatch.setattr(checkpoints, "MAPPED_BYTES", 1)
    assert sign_series(paths) == found
    assert set(found.metrics) == {*names, "all"}
    for name in names:
        assert found.metrics[name] == [e[name] for e in expected]
    for a, b in zip(found.metrics["all"], [e["all"] for e in expected], strict=True):
        np.testing.assert_allclose(list(vars(a).values()), list(vars(b).values()), rtol=1e-12)


def test_bad_checkpoints_are_named(tmp_path):
    good = tmp_path / "good.safetensors"
    save_file(weights(0), good)
    with pytest.raises(ValueError, match="two or more, got 1"):
        sign_series([good])
    with pytest.raises(FileNotFoundError, match="no file"):
        Checkpoint(tmp_path / "none.pt")
    other = tmp_path / "other.safetensors"
    save_file({"a.weight": torch.ones(5, 6)}, other)
    with pytest.raises(ValueError, match=r"other\.safetensors: .*shape"):
        sign_series([good, other], only="a.weight")
    with pytest.raises(ValueError, match=r"other\.safetensors: no tensor 'b\.weight'"):
        sign_series([good, other], only="b")
    with pytest.raises(ValueError, match="matches 'zzz'"):
        sign_series([good, good], only="zzz")
    good.write_bytes(good.read_bytes()[:-3])
    with pytest.raises(ValueError, match="not a whole safetensors"):
        Checkpoint(good)
    (tmp_path / "x.pt").write_bytes(b"nothing")
    with pytest.raises(ValueError, match="not a checkpoint of plain tensors"):
        Checkpoint(tmp_path / "x.pt")
    torch.save({"a": 1}, tmp_path / "x.pt")
    with pytest.raises(ValueError, match="no floating-point tensors"):
        Checkpoint(tmp_path / "x.pt")
    with pytest.raises(ValueError, match="expected one checkpoint, found"):
        Checkpoint(tmp_path)
    (tmp_path / "m.index.json").write_text("[]")
    with pytest.raises(ValueError, match="not an index"):
        Checkpoint(tmp_path / "m.index.json")


def test_the_command(tmp_path):
    for i in range(3):
        save_file(weights(i), tmp_path / f"{i}.safetensors")
    files = [str(tmp_path / f"{i}.safetensors") for i in range(3)]
    figures, picture = tmp_path / "s.json", tmp_path / "s.png"
    result = CliRunner().invoke(
        cli.main, ["signs", *files, "--json", str(figures), "--out", str(picture)]
    )
    assert result.exit_code == 0, result.stderr
    assert "b.weight" in result.stdout
    content = json.loads(figures.read_text())
    assert content["checkpoints"] == files
    assert len(content["metrics"]["all"]) == 2
    assert picture.read_bytes().startswith(b"\x89PNG")
    bad = CliRunner().invoke(cli.main, ["signs", files[0]])
    assert bad.exit_code == 2
    assert bad.stderr == "pqtheory: checkpoints: expected two or more, got 1\n"
