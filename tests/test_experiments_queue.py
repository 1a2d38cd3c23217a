"""The queue of full-size runs: its order, a dry run with an interruption, archives that bring everything back."""

import pytest
from click.testing import CliRunner

from experiments import plan, queue, sign_change
from pqtheory.networks.training import RunFolder


def test_the_order_and_the_published_numbers():
    tasks = queue.read()
    assert [name for name, _ in tasks][:2] == ["table 1, resnet20", "equal step sizes"]
    first = tasks[0][1]
    assert [p.settings.epochs for p in first] == [200] + [300] * 16
    signs = sign_change.plan()
    assert len(signs) == 3 * (1 + 8)
    assert {(p.settings.epochs, p.settings.freeze_epoch) for p in signs if p.after} == {(600, 400)}
    ternary = next(plan_ for name, plan_ in tasks if name.startswith("ternary"))
    assert {p.settings.levels for p in ternary if p.after} == {"ternary"}
    # runs of the same name in different tasks are the same run
    settings = {}
    for _, runs in tasks:
        for planned in runs:
            assert settings.setdefault(planned.name, planned.settings) == planned.settings


def test_a_dry_run_stopped_carried_away_and_finished_elsewhere(tmp_path, monkeypatch):
    monkeypatch.setattr(plan, "MARGIN", 0.0)
    small = tmp_path / "queue.toml"
    small.write_text(
        '[[task]]\nname = "a"\nexperiment = "cifar10"\ndepths = [20]\nseeds = 1\n'
        '[[task]]\nname = "b"\nexperiment = "sign_change"\nwarm_starts = 1\nseeds = 1\n'
    )
    options = ["--device", "cpu", "--dry", "--jobs", "1", "--queue", str(small)]
    here = ["--runs", str(tmp_path / "here"), "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(queue.main, [*options, *here, "--minutes", "0.005"])
    assert result.exit_code == 0, result.output
    assert "b:" not in result.stdout
    archives = sorted((tmp_path / "out").iterdir())
    assert archives
    carried = [word for file in archives for word in ("--restore", str(file))]
    there = ["--runs", str(tmp_path / "there"), *carried]
    result = CliRunner().invoke(queue.main, [*options, *there, "--minutes", "5"])
    assert result.exit_code == 0, result.output
    assert "a: 3 of 3 runs done" in result.stdout
    assert "b: 3 of 3 runs done" in result.stdout
    for name in ("small-warm", "small-binary-proxquant-corrected-0"):
        before = RunFolder(tmp_path / "here" / name).metrics()
        after = RunFolder(tmp_path / "there" / name).metrics()
        assert after[: len(before)] == before
        assert len(after) >= 2


def test_archives_stay_below_the_limit(tmp_path):
    for i in range(5):
        (tmp_path / "runs" / str(i)).mkdir(parents=True)
        (tmp_path / "runs" / str(i) / "checkpoint.pt").write_bytes(bytes(60_000))
        (tmp_path / "runs" / str(i) / "best.pt").write_bytes(bytes(60_000))
    archives = queue.pack(tmp_path / "runs", tmp_path / "out", largest=150_000)
    assert len(archives) == 3
    assert all(file.stat().st_size <= 150_000 for file in archives)
    queue.restore(archives, tmp_path / "again")
    assert sorted(p.name for p in (tmp_path / "again").rglob("*.pt")) == ["checkpoint.pt"] * 5


def test_unknown_experiments_are_refused(tmp_path):
    file = tmp_path / "q.toml"
    file.write_text('[[task]]\nname = "a"\nexperiment = "imagenet"\n')
    with pytest.raises(ValueError, match="expected one of cifar10, sign_change"):
        queue.read(file)
