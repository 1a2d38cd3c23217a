"""The queue of full-size runs: its order, a dry run with an interruption, archives that bring everything back."""

import shutil

import pytest
from click.testing import CliRunner

from experiments import queue, sign_change
from pqtheory.networks.data import load
from pqtheory.networks.sweeps import schedule
from pqtheory.networks.training import RunFolder, preset, train


def test_the_order_and_the_published_numbers():
    tasks = queue.read()
    named = dict(tasks)
    assert list(named)[:3] == ["throughput", "warm starts", "table 1, resnet20"]
    assert not named["throughput"]
    assert [(p.after, p.settings.epochs) for p in named["warm starts"]] == [(None, 200)] * 3
    assert [p.settings.epochs for p in named["table 1, resnet20"]] == [200] + [300] * 17
    sgd = [p.settings for p in named["SGD in place of Adam"] if p.after]
    assert {(s.optimizer, s.momentum, s.method) for s in sgd} == {
        ("sgd", 0.9, method) for method in ("binaryconnect", "proxquant")
    }
    signs = sign_change.plan()
    assert len(signs) == 3 * (1 + 8)
    assert {(p.settings.epochs, p.settings.freeze_epoch) for p in signs if p.after} == {(600, 400)}
    ternary = next(plan_ for name, plan_ in tasks if name.startswith("ternary"))
    assert {p.settings.levels for p in ternary if p.after} == {"ternary"}
    # runs of the same name in different tasks are the same run, and no run has two names
    runs = {(p.name, p.settings, p.after) for _, plan_ in tasks for p in plan_}
    for parts in ({name for name, _, _ in runs}, {(s, after) for _, s, after in runs}):
        assert len(parts) == len(runs)


def test_a_dry_run_stopped_carried_away_and_finished_elsewhere(tmp_path, monkeypatch):
    monkeypatch.setattr(schedule, "MARGIN", 0.0)
    small = tmp_path / "queue.toml"
    small.write_text(
        '[[task]]\nname = "t"\nexperiment = "throughput"\n'
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
    # measured before, and carried here
    assert "recorded" not in result.stdout
    assert (tmp_path / "there" / "throughput" / "throughput.md").is_file()
    assert "b: 3 of 3 runs done" in result.stdout
    for name in ("small-warm", "small-binary-proxquant-corrected-0"):
        before = RunFolder(tmp_path / "here" / name).metrics()
        after = RunFolder(tmp_path / "there" / name).metrics()
        assert after[: len(before)] == before
        assert len(after) >= 2


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A finished warm start, a finished run and an unfinished one."""
    runs, images = tmp_path_factory.mktemp("runs"), load("digits")
    warm = preset("corrected", "full-precision", epochs=1)
    chosen = preset("corrected", "proxquant", epochs=3)
    train(warm, images, RunFolder(runs / "warm"))
    train(chosen, images, RunFolder(runs / "done"))
    train(chosen, images, RunFolder(runs / "half"), seconds=0)
    return runs


def test_archives_hold_what_is_needed_and_stay_below_the_limit(trained, tmp_path):
    archives = queue.pack(trained, tmp_path / "out", largest=120_000)
    assert len(archives) > 1
    assert all(file.stat().st_size <= 120_000 for file in archives)
    queue.restore(archives, tmp_path / "again")
    there = {name: RunFolder(tmp_path / "again" / name) for name in ("warm", "done", "half")}
    for name, folder in there.items():
        assert folder.metrics() == RunFolder(trained / name).metrics()
        assert folder.load("best.pt") is None
    assert "optimizer" not in there["done"].load("checkpoint.pt")
    images = load("digits")
    settings = there["half"].settings
    assert train(settings, images, there["half"], resume=True)
    assert there["half"].metrics() == there["done"].metrics()
    after = preset("corrected", "proxquant", epochs=1, warm_start=str(there["warm"].path))
    assert train(after, images, RunFolder(tmp_path / "new"))
    # packed again it is the same, and stale archives are gone
    again = queue.pack(trained, tmp_path / "out")
    assert sorted((tmp_path / "out").iterdir()) == again


def test_the_older_does_not_take_the_place_of_the_newer_unless_asked_to(trained, tmp_path):
    old = queue.pack(trained, tmp_path / "out")
    newer = shutil.copytree(trained, tmp_path / "newer")
    folder, images = RunFolder(newer / "half"), load("digits")
    assert train(folder.settings, images, folder, resume=True)
    lines, files = folder.metrics(), {f: f.read_bytes() for f in newer.rglob("*") if f.is_file()}
    names = {f"half/{name}" for name in ("checkpoint.pt", "metrics.jsonl", "times.jsonl")}
    # of the finished ones the archive has less: their networks alone
    networks = {"warm/checkpoint.pt", "done/checkpoint.pt"}
    assert set(queue.restore(old, newer)) == names | networks
    assert {f: f.read_bytes() for f in files} == files
    # the newer takes the place of the older
    new = queue.pack(newer, tmp_path / "new")
    there = shutil.copytree(trained, tmp_path / "there")
    queue.restore([*new, *old], there)
    assert RunFolder(there / "half").metrics() == lines
    queue.restore(old, newer, replace=True)
    assert len(folder.metrics()) == 2
    settings = there / "half" / "settings.json"
    settings.write_text(settings.read_text().replace('"epochs": 3', '"epochs": 5'))
    with pytest.raises(ValueError, match="half is a run of other settings or data"):
        queue.restore(old, there)
    old[0].write_bytes(b"no archive")
    with pytest.raises(ValueError, match=r"runs-0\.tar: not a whole archive of runs"):
        queue.restore(old, there)


def test_what_does_not_fit_stays_behind_the_least_needed_first(trained, tmp_path):
    largest = max(f.stat().st_size for f in trained.glob("*/checkpoint.pt")) + 15_000
    kept = []
    for most in (1, 2, 3):
        archives = queue.pack(trained, tmp_path / "out", largest, most)
        queue.restore(archives, tmp_path / str(most))
        there = [RunFolder(tmp_path / str(most) / name) for name in ("warm", "half", "done")]
        states = {f.path.name: f.load("checkpoint.pt") or {} for f in there}
        kept.append({name for name, state in states.items() if "model" in state})
        # done it is also without its network
        assert [f.is_done() for f in there] == [True, False, True]
        assert there[2].metrics() == RunFolder(trained / "done").metrics()
        assert len(list((tmp_path / str(most)).rglob("metrics.jsonl"))) == 3
    assert kept[0] == {"warm"}
    assert kept[1] <= {"warm", "half", "done"}
    assert kept[1] >= {"warm", "half"}
    assert kept[2] == {"warm", "half", "done"}


def test_the_sizes_of_archives_are_options(trained, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(queue, "pack", lambda runs, out, *sizes: asked.append(sizes) or [])
    empty = tmp_path / "queue.toml"
    empty.write_text("task = []")
    options = ["--runs", str(trained), "--minutes", "1", "--queue", str(empty), "--device", "cpu"]
    options += ["--out", str(tmp_path / "out")]
    for sizes in ((), ("--archive-mib", "2", "--archives", "3")):
        result = CliRunner().invoke(queue.main, [*options, *sizes])
        assert result.exit_code == 0, result.output
    assert asked == [(15 << 20, 8), (2 << 20, 3)]


def test_bad_queues_are_one_line(tmp_path):
    options = ["--runs", str(tmp_path), "--minutes", "1", "--device", "cpu"]
    result = CliRunner().invoke(queue.main, [*options, "--queue", str(tmp_path / "none.toml")])
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.count("\n") == 1
    assert "none.toml" in result.stderr


def test_unknown_experiments_are_refused(tmp_path):
    file = tmp_path / "q.toml"
    file.write_text('[[task]]\nname = "a"\nexperiment = "imagenet"\n')
    with pytest.raises(ValueError, match="expected one of throughput, cifar10, sign_change"):
        queue.read(file)
