"""Checkpoints of any model: layouts, sharding, the same metrics as a tracker, damage."""

import json

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import save_file

from pqtheory import cli
from pqtheory.networks.checkpoints import Checkpoint, sign_series
from pqtheory.signs import SignTracker


def run(*arguments):
    return CliRunner().invoke(cli.main, ["signs", *map(str, arguments)])


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
def test_every_layout_gives_the_tracker_s_metrics(kind, dtype, tmp_path):
    series = [weights(seed, dtype) for seed in range(4)]
    paths = []
    for i, content in enumerate(series):
        (tmp_path / str(i)).mkdir()
        paths.append(WRITERS[kind](content, tmp_path / str(i)))
    found = sign_series(paths)
    names = ["a.weight", "b.weight"]
    tracker = SignTracker({n: series[0][n] for n in names})
    expected = [tracker.update({n: c[n] for n in names}) for c in series[1:]]
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
    with pytest.raises(ValueError, match="no tensors, keys 'a'"):
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


def test_a_tensor_that_only_one_has_is_an_error(tmp_path):
    content = {"a.weight": torch.ones(2, 3)}
    first, more, bias = (tmp_path / f"{n}.safetensors" for n in ("first", "more", "bias"))
    save_file(content, first)
    save_file({**content, "head.weight": torch.ones(4, 3)}, more)
    save_file({**content, "head.bias": torch.ones(4)}, bias)
    said = r"first\.safetensors: no tensor 'head\.weight' of shape \(4, 3\), as .*more\.safetensors"
    for order in ([first, more], [first, first, more], [bias, more]):
        with pytest.raises(ValueError, match=said.replace("first", order[0].stem)):
            sign_series(order)
    with pytest.raises(
        ValueError, match=r"first\.safetensors: no tensor 'head\.weight'; there are 'a\.weight'"
    ):
        sign_series([more, first])
    assert set(sign_series([first, more], only="^a").metrics) == {"a.weight", "all"}
    # biases are not tracked, whoever has them
    assert sign_series([first, bias]).metrics == sign_series([first, first]).metrics


def test_an_expression_that_is_none_is_refused_before_any_work(tmp_path):
    save_file(weights(0), tmp_path / "a.safetensors")
    result = run(tmp_path / "a.safetensors", tmp_path / "a.safetensors", "--only", "(")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("pqtheory: --only: expected a regular expression, got '(': ")


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_nan_weights_count_as_negative_and_are_told(tmp_path, dtype):
    series = [weights(seed, dtype) for seed in range(3)]
    series[1]["a.weight"][:2] = float("nan")
    series[2]["a.weight"][0, 0] = float("nan")
    # a sum that is NaN without one
    series[1]["b.weight"][0, 0, 0] = torch.tensor([float("inf"), -float("inf")])
    files = [tmp_path / f"{i}.safetensors" for i in range(3)]
    for content, file in zip(series, files, strict=True):
        save_file(content, file)
    found = sign_series(files)
    assert found.nans == {"a.weight": 15}
    negative = [torch.where(c["a.weight"].isnan(), -1, c["a.weight"]) for c in series]
    tracker = SignTracker({"a.weight": negative[0]})
    assert found.metrics["a.weight"] == [
        tracker.update({"a.weight": w})["a.weight"] for w in negative[1:]
    ]
    figures = tmp_path / "s.json"
    result = run(*files, "--json", figures)
    assert result.exit_code == 0
    assert result.stderr == "pqtheory: warning: NaN weights count as negative: a.weight (15)\n"
    assert json.loads(figures.read_text())["nans"] == {"a.weight": 15}
    assert run(files[0], files[0]).stderr == ""


def test_the_picture_has_a_panel_for_each_layer(tmp_path):
    files = [tmp_path / f"{i}.safetensors" for i in range(3)]
    for seed, file in enumerate(files):
        save_file(weights(seed), file)
    picture = tmp_path / "s.svg"
    result = run(*files, "--layer", "b.weight", "--layer", "all", "--out", picture)
    assert result.exit_code == 0, result.stderr
    drawn = picture.read_text()
    assert ">b.weight<" in drawn
    assert ">all<" in drawn
    assert ">a.weight<" not in drawn
    # each axis says what it shows, and the title tells of no metric by another's name
    for label in ("changed since start,", "flips,", "reversals,"):
        assert drawn.count(f">{label}<") == 1
    assert ">checkpoint<" in drawn
    assert "(flips)" not in drawn
    assert "(change_from_start)" not in drawn
    unknown = run(*files, "--layer", "a.wieght", "--out", picture)
    assert unknown.stderr == "pqtheory: --layer: no tensor 'a.wieght'; did you mean 'a.weight'?\n"
    assert picture.read_text() == drawn
    assert run(*files, "--layer", "all").stderr == "pqtheory: --layer: only with --out\n"
