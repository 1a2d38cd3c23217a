"""The folder of a run: what its files say, what is dropped, and what is refused in one line."""

import json
import os
from dataclasses import replace

import pytest
import torch

from pqtheory.networks.tasks.find import task_hash, template
from pqtheory.networks.training import RunFolder, Settings, folder
from pqtheory.networks.training.folder import load_checkpoint, load_state
from pqtheory.networks.training.lines_alike import check_lines

SETTINGS = Settings(epochs=3)


def line(epoch, **more):
    return {"epoch": epoch, "loss": None, **more}


def signs(*layers):
    each = dict.fromkeys(
        ("change_from_start", "flips", "reversals", "flips_per_weight", "reversals_per_weight"), 0.0
    )
    return {"signs": {name: {"size": 1, **each} for name in (*layers, "all")}}


@pytest.fixture
def run(tmp_path):
    """A run of two of its three epochs, with a line more than its checkpoint."""
    made = RunFolder(str(tmp_path / "run"))
    made.path.mkdir()
    made.start(SETTINGS, "hash")
    for epoch in range(4):
        made.add_metrics(line(epoch, **(signs("a") if epoch else {})))
        made.add_time(epoch, 0.5 + epoch)
    made.save("checkpoint.pt", {"epoch": 2, "settings": SETTINGS.to_dict()})
    return made


def said(error, function, *arguments):
    with pytest.raises(error) as caught:
        function(*arguments)
    return str(caught.value)


def test_what_is_written_at_the_start(tmp_path):
    made = RunFolder(tmp_path)
    made.start(replace(SETTINGS, seed=5), "hash")
    text = (tmp_path / "settings.json").read_text()
    assert text.endswith("}\n")
    assert text.startswith('{\n "version": 1,')
    content = json.loads(text)
    assert list(content) == ["version", "settings", "provenance"]
    assert content["version"] == 1
    assert content["settings"] == replace(SETTINGS, seed=5).to_dict()
    source = content["provenance"]
    assert (source["seed"], source["data_sha256"]) == (5, "hash")
    assert source["threads"] == torch.get_num_threads()
    assert "task_sha256" not in source
    assert made.settings == replace(SETTINGS, seed=5)
    assert made.data_sha256 == "hash"
    assert made.provenance == source


def test_a_start_is_the_first(run):
    assert said(FileExistsError, run.start, SETTINGS, "hash") == (
        f"{run.path}: there is a run; give --resume, or another folder"
    )


def test_the_file_of_a_task_is_known_by_its_hash(tmp_path):
    file, made = tmp_path / "my_task.py", RunFolder(tmp_path / "run")
    file.write_text(template())
    chosen = replace(SETTINGS, task=str(file), data="sine", model="mlp")
    made.path.mkdir()
    made.start(chosen, "hash")
    assert made.provenance["task_sha256"] == task_hash(str(file))
    made.check_same(chosen, "hash")
    file.write_text(template() + "\n")
    assert said(ValueError, made.check_same, chosen, "hash") == (
        f"{made.path}: was started with another {file}, which has changed since"
    )


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({}, True),
        ({"warm_start": "moved"}, True),
        ({"lr": 0.5}, "lr = 0.01, not 0.5"),
        ({"seed": 1}, "seed = 0, not 1"),
        ({"data": "cifar10"}, "data = 'digits', not 'cifar10'"),
        ({"drops": (1,)}, "drops = [], not [1]"),
    ],
)
def test_a_run_goes_on_with_the_settings_that_it_was_started_with(run, changes, same):
    settings = replace(SETTINGS, **changes)
    if same is True:
        run.check_same(settings, "hash")
        return
    message = f"{run.path}: was started with {same}"
    assert said(ValueError, run.check_same, settings, "hash") == message


def test_and_with_the_data(run):
    assert said(ValueError, run.check_same, SETTINGS, "other") == (
        f"{run.path}: was started with other data"
    )


@pytest.mark.parametrize(
    ("one", "other", "differs"),
    [
        ({"task": "a.py"}, {"task": "b.py"}, []),
        ({"task": "a.py"}, {"task": "images"}, ["task"]),
        ({"task": "images"}, {"task": "a.py"}, ["task"]),
        ({"task": "a.py", "data": "a/"}, {"task": "a.py", "data": "b/"}, []),
        ({"task": "a.py", "data": "a/"}, {"task": "a.py", "data": "b"}, ["data"]),
        ({"task": "a.py", "data": "a"}, {"task": "a.py", "data": "b/"}, ["data"]),
        ({"task": "a.py", "lr": 0.5, "seed": 1}, {"task": "b.py"}, ["lr", "seed"]),
        ({"warm_start": "a"}, {"warm_start": None}, []),
    ],
)
def test_what_has_moved_is_no_difference(one, other, differs):
    first, second = (Settings(**settings) for settings in (one, other))
    found = list(folder._differences(first, second))
    assert found == [(name, getattr(first, name), getattr(second, name)) for name in differs]


def test_what_counts_is_what_the_checkpoint_says(run):
    assert run.epoch() == 2
    assert run.metrics() == [line(0), *(line(n, **signs("a")) for n in (1, 2))]
    # an epoch that was run twice counts once, as it was the second time
    run.add_time(2, 8.0)
    assert run.seconds() == 0.5 + 1.5 + 8.0
    assert not run.is_done()
    assert run.is_done(2)
    assert not run.is_done(3)
    run.save("checkpoint.pt", {"epoch": 3})
    assert run.is_done()
    assert run.is_done(0)
    (run.path / "checkpoint.pt").unlink()
    assert run.epoch() == -1
    assert run.metrics() == []
    assert run.seconds() == 0
    assert not run.is_done(0)


def test_what_came_after_is_dropped_when_it_goes_on(run):
    for name in ("metrics.jsonl", "times.jsonl"):
        with (run.path / name).open("a") as stream:
            stream.write('{"epoch": 4, "lo')
    heard = []

    class Heard:
        def begin(self, lines):
            heard.append(lines)

        def add(self, metrics):
            heard.append(metrics)

    run.events = Heard()
    kept = run.keep_metrics(1)
    assert kept == [line(0), line(1, **signs("a"))] == heard[0]
    text = (run.path / "metrics.jsonl").read_text()
    assert text == "".join(json.dumps(one) + "\n" for one in kept)
    times = (run.path / "times.jsonl").read_text()
    assert times == "".join(f'{{"epoch": {n}, "seconds": {n + 0.5}}}\n' for n in range(4))
    run.add_metrics(line(2, **signs("a")))
    assert heard[1:] == [line(2, **signs("a"))]
    (run.path / "times.jsonl").unlink()
    assert run.keep_metrics(-1) == []
    assert (run.path / "metrics.jsonl").read_bytes() == b""
    assert not (run.path / "times.jsonl").exists()


def test_a_line_is_written_to_the_disk_before_the_checkpoint_that_needs_it(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", lambda number: synced.append(os.fstat(number).st_size))
    RunFolder(tmp_path).add_metrics(line(0))
    assert synced == [(tmp_path / "metrics.jsonl").stat().st_size]
    with pytest.raises(ValueError, match="not JSON compliant"):
        RunFolder(tmp_path).add_metrics({"loss": float("nan")})


def test_lines_that_are_missing(run):
    file = run.path / "metrics.jsonl"
    file.write_text("".join(file.read_text().splitlines(True)[:2]))
    assert said(ValueError, run.metrics) == (
        f"{file}: expected 3 lines, as checkpoint.pt is of epoch 2, got 2"
    )
    assert len(run.keep_metrics(1)) == 2


def test_what_a_failed_start_wrote_is_taken_away_unless_there_is_a_network(run):
    names = {"settings.json", "metrics.jsonl", "times.jsonl", "checkpoint.pt"}
    run.forget_start()
    assert {f.name for f in run.path.iterdir()} == names
    (run.path / "checkpoint.pt").unlink()
    (run.path / "times.jsonl").unlink()
    run.forget_start()
    assert list(run.path.iterdir()) == []


def test_no_run(tmp_path):
    assert said(FileNotFoundError, lambda: RunFolder(tmp_path).settings) == (
        f"{tmp_path}: no run there"
    )
    assert RunFolder(tmp_path).load("checkpoint.pt") is None
    assert said(FileNotFoundError, load_checkpoint, tmp_path / "a.pt") == (
        f"checkpoint: no file '{tmp_path / 'a.pt'}'"
    )


@pytest.mark.parametrize(("version", "shown"), [(2, "2"), (True, "True"), ("1", "'1'")])
def test_settings_of_another_version(run, version, shown):
    file = run.path / "settings.json"
    content = json.loads(file.read_text())
    file.write_text(json.dumps({**content, "version": version}))
    assert said(ValueError, lambda: run.settings) == f"{file}: expected version 1, got {shown}"


def test_settings_that_cannot_be(run):
    file = run.path / "settings.json"
    content = json.loads(file.read_text())
    content["settings"]["method"] = "magic"
    file.write_text(json.dumps(content))
    assert said(ValueError, lambda: run.settings).startswith(
        f"{file}: settings: method: expected one of "
    )


def test_a_checkpoint_of_other_settings_than_the_folders(run):
    other = replace(SETTINGS, lr=0.5, warm_start="elsewhere").to_dict()
    run.save("best.pt", {"epoch": 1, "settings": other})
    assert said(ValueError, run.load, "best.pt") == (
        f"{run.path / 'settings.json'}: field 'settings.lr': expected 0.5, as best.pt has it, got 0.01"
    )
    # one that does not say them is believed, and one whose folder says none
    run.save("best.pt", {"epoch": 1})
    assert run.load("best.pt") == {"version": 1, "epoch": 1}
    run.save("best.pt", {"epoch": 1, "settings": other})
    (run.path / "settings.json").unlink()
    assert run.load("best.pt") == {"version": 1, "epoch": 1, "settings": other}


def test_a_checkpoint_of_settings_that_cannot_be(run):
    run.save("best.pt", {"epoch": 1, "settings": {"speed": 3}})
    assert said(ValueError, run.load, "best.pt").startswith(
        f"{run.path / 'best.pt'}: settings: settings: expected names out of ['amp', "
    )


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ([1], "expected a checkpoint of version 1, got 'list'"),
        ({"version": 2, "epoch": 0}, "expected a checkpoint of version 1, got 2"),
        ({"epoch": 0}, "expected a checkpoint of version 1, got None"),
        ({"version": 1}, "epoch: expected an integer >= 0, got None"),
        ({"version": 1, "epoch": -1}, "epoch: expected an integer >= 0, got -1"),
        ({"version": 1, "epoch": True}, "epoch: expected an integer >= 0, got True"),
    ],
)
def test_what_is_no_checkpoint_of_a_run(tmp_path, state, message):
    torch.save(state, tmp_path / "a.pt")
    content = (tmp_path / "a.pt").read_bytes()
    assert said(ValueError, load_state, content, "its name") == f"its name: {message}"
    assert said(ValueError, load_checkpoint, tmp_path / "a.pt") == f"{tmp_path / 'a.pt'}: {message}"


def test_the_first_epoch_has_a_checkpoint_too(tmp_path):
    torch.save({"version": 1, "epoch": 0}, tmp_path / "a.pt")
    assert load_checkpoint(tmp_path / "a.pt") == {"version": 1, "epoch": 0}


def test_whoever_trains_is_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(folder, "PATIENCE", 0)
    one, other = (RunFolder(tmp_path / "deep" / "run") for _ in range(2))
    with one.alone():
        assert (one.path / ".lock").read_bytes() == b""

        def enter():
            with other.alone():
                raise AssertionError("entered")

        assert said(BlockingIOError, enter) == f"{one.path}: another process trains there"
    with other.alone():
        pass


CODES = {"codes": {"a": {"flips": 0.0, "pi": None}, "all": {"flips": 0.0, "pi": None}}}
ERROR = {"error": {"test": {"latent": 0.5}}}
LINES = [line(0, **ERROR), line(1, **ERROR, **signs("a")), line(2, **signs("a"))]


def checked(lines, counting=9, metrics=("flips", "pi")):
    def asked():
        return metrics

    check_lines(lines, counting, "m.jsonl", asked)


@pytest.mark.parametrize(
    "lines",
    [
        [],
        LINES,
        [LINES[0], {**LINES[1], **CODES}, {**LINES[2], **CODES}],
        # what a task watches is its own
        [line(0, watched={"a": {}}), line(1, watched={}, **signs())],
        [line(0, curve=[1, 2]), line(1, curve=[3, 4], **signs())],
    ],
)
def test_lines_that_go_together(lines):
    checked(lines)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([line(1)], "line 1: field 'epoch': expected 0, got 1"),
        ([LINES[0], LINES[2]], "line 2: field 'epoch': expected 1, got 2"),
        (
            [{**LINES[0], **signs()}],
            "line 1: expected no field 'signs', got ['epoch', 'loss', 'error', 'signs']",
        ),
        ([{**LINES[0], **CODES}], "line 1: expected no field 'codes', got ['epoch', "),
        ([LINES[0], line(1)], "line 2: expected a field 'signs', got ['epoch', 'loss']"),
        (
            [LINES[0], {**LINES[1], **CODES}, LINES[2]],
            "line 3: expected a field 'codes', got ['epoch', 'loss', 'signs']",
        ),
        (
            [*LINES[:2], {**LINES[2], **CODES}],
            "line 3: expected no field 'codes', got ['epoch', 'loss', 'signs', 'codes']",
        ),
        (
            [LINES[0], line(1, codes={"a": {"flips": 0}}, **signs("a"))],
            "line 2: field 'codes.a': expected ['flips', 'pi'], got ['flips']",
        ),
        (
            [LINES[0], line(1, error={"test": {"quantized": 0}}, **signs())],
            "line 2: field 'error.test': expected ['latent'], got ['quantized']",
        ),
        (
            [*LINES[:2], line(2, **signs("b"))],
            "line 3: field 'signs': expected ['a', 'all'], got ['b', 'all']",
        ),
        (
            [line(0, curve=[1, 2]), line(1, curve=[3], **signs())],
            "line 2: field 'curve': expected 2, got 1",
        ),
    ],
)
def test_lines_that_do_not(lines, message):
    assert said(ValueError, checked, lines).startswith(f"m.jsonl: {message}")


def test_of_lines_that_will_be_written_anew_the_epoch_counts_alone():
    checked([*LINES, line(3)], 3)
    assert said(ValueError, checked, [*LINES, line(4)], 3) == (
        "m.jsonl: line 4: field 'epoch': expected 3, got 4"
    )
