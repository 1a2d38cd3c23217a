"""The scheduler: the order of runs, what waits for what, threads, time; on a GPU in one process; killed and gone on."""

import inspect
import math
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from pqtheory.networks.sweeps import Plan, Planned, carry_out, schedule, workers
from pqtheory.networks.sweeps.processes import THREADS, Processes
from pqtheory.networks.sweeps.tasks import Task
from pqtheory.networks.training import NonFiniteLossError, RunFolder, preset, train_together
from pqtheory.provenance import STARTED_BY, started_by


def from_a_warm_start(folder, epochs=1, **changes):
    """A warm start, and after it four runs."""
    warm = Planned("warm", preset("corrected", "full-precision", epochs=1, **changes))
    chosen = preset("corrected", "proxquant", epochs=epochs, **changes)
    return Plan(folder, (warm, *(Planned(name, chosen, "warm") for name in "abcd")))


def test_on_a_gpu_ready_runs_train_together_and_one_that_fails_is_left(tmp_path, monkeypatch):
    calls = []

    def together(pairs, images, *, device, seconds):
        calls.append((device, [folder.path.name for _, folder in pairs]))
        outcomes = train_together(pairs, images, seconds=seconds)
        names = [folder.path.name for _, folder in pairs]
        return [
            NonFiniteLossError(0, 0) if n == "b" else o
            for n, o in zip(names, outcomes, strict=True)
        ]

    monkeypatch.setattr(workers, "train_together", together)
    failed = carry_out(from_a_warm_start(tmp_path), device="cuda", jobs=3)
    assert failed == {"b": "NonFiniteLossError: the loss is not finite at step 0 of epoch 0"}
    assert calls == [("cuda", ["warm"]), ("cuda", ["a", "b", "c"]), ("cuda", ["d"])]


def test_runs_that_cannot_begin_together_begin_one_by_one(tmp_path, monkeypatch):
    monkeypatch.setattr(
        workers,
        "train_together",
        lambda pairs, images, *, device, seconds: train_together(pairs, images, seconds=seconds),
    )
    plan = from_a_warm_start(tmp_path)
    assert set(plan.finished()) == set()
    with RunFolder(tmp_path / "c").alone():
        monkeypatch.setattr("pqtheory.networks.training.folder.PATIENCE", 0.1)
        failed = carry_out(plan, device="cuda", jobs=4)
    assert failed == {"c": f"BlockingIOError: {tmp_path / 'c'}: another process trains there"}
    assert list(plan.finished()) == ["warm", "a", "b", "d"]


class Recorded:
    """Calls that are made at once, and how many were under way when each began."""

    def __init__(self, outcomes=()):
        self.outcomes, self.calls, self.cores = dict(outcomes), [], 8

    def submit(self, function, task, threads):
        assert function is workers.one_run
        self.calls.append((Path(task.folder).name, task.settings.warm_start, threads))
        future = Future()
        future.set_result(self.outcomes.get(Path(task.folder).name, True))
        return future

    def stop(self):
        self.calls.append("stopped")


@pytest.fixture
def recorded(monkeypatch):
    """What the scheduler has done, in place of doing it."""

    def use(**outcomes):
        made = Recorded(outcomes)
        monkeypatch.setattr(workers, "Processes", lambda count: made)
        monkeypatch.setattr(workers.torch, "get_num_threads", lambda: made.cores)
        return made

    return use


def test_a_warm_start_has_all_cores_and_what_follows_shares_them(tmp_path, recorded, monkeypatch):
    for name in THREADS:
        monkeypatch.delenv(name, raising=False)
    made, start = recorded(), str(tmp_path / "warm")
    assert carry_out(from_a_warm_start(tmp_path), jobs=2) == {}
    assert made.calls[0] == ("warm", None, 8)
    assert sorted(made.calls[1:-1]) == [(name, start, 4) for name in "abcd"]
    assert made.calls[-1] == "stopped"


def test_a_run_has_as_many_threads_when_it_is_the_last(tmp_path, recorded, monkeypatch):
    for name in THREADS:
        monkeypatch.delenv(name, raising=False)
    plan = from_a_warm_start(tmp_path)
    monkeypatch.setattr(Plan, "finished", lambda self: iter(["warm", "a", "b", "c"]))
    made = recorded()
    carry_out(plan, jobs=3)
    assert made.calls == [("d", str(tmp_path / "warm"), 2), "stopped"]


def test_threads_are_as_many_as_the_environment_says(tmp_path, recorded, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    made = recorded()
    carry_out(from_a_warm_start(tmp_path), jobs=2)
    # torch here has asked it
    assert {call[2] for call in made.calls[:-1]} == {made.cores}


def test_what_waits_for_a_run_that_failed_or_was_stopped_does_not_begin(tmp_path, recorded):
    shown = []
    made = recorded(warm="ValueError: no")
    plan = from_a_warm_start(tmp_path)
    assert carry_out(plan, progress=lambda *what: shown.append(what)) == {"warm": "ValueError: no"}
    assert shown == [(1, 5, "warm")]
    made = recorded(warm=False)
    assert carry_out(plan, progress=lambda *what: shown.append(what)) == {}
    assert len(shown) == 1
    assert [call[0] for call in made.calls[:-1]] == ["warm"]


def test_no_run_begins_when_the_time_is_up(tmp_path, recorded, monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr(schedule.time, "time", lambda: clock[0])
    made = recorded()
    ended = []

    def progress(_, __, name):
        ended.append(name)
        clock[0] += 30

    # 20 seconds are kept: after the second run 10 are left
    assert carry_out(from_a_warm_start(tmp_path), minutes=70 / 60, progress=progress) == {}
    assert len(ended) == len(made.calls) - 1 == 2


class AtWork:
    """Workers that do nothing in no time, and remember what they were given."""

    def __init__(self, room):
        self.room, self.began, self.busy = room, [], []

    def begin(self, tasks):
        self.began.append(tasks)
        self.busy = list(tasks)

    def ended(self):
        for name in self.busy:
            yield name, True
        self.busy = []


@pytest.fixture
def at_work(monkeypatch):
    """What the scheduler opens, and begins."""
    seen = []

    @contextmanager
    def opened(*asked):
        seen.append((asked, AtWork(asked[0])))
        yield seen[-1][1]

    monkeypatch.setattr(schedule, "open_workers", opened)
    monkeypatch.setattr(schedule.time, "time", lambda: 1000.0)
    return seen


def test_workers_are_those_that_are_asked_for_and_are_given_each_run_whole(tmp_path, at_work):
    plan = from_a_warm_start(tmp_path)
    warm, chosen = plan.runs[0].settings, plan.runs[1].settings
    place = {"device": "cuda:1", "data_dir": "data", "backend": "dask", "scheduler": "here:80"}
    assert carry_out(plan, minutes=2.0, jobs=3, **place) == {}
    ((asked, made),) = at_work
    assert asked == (3, "cuda:1", "dask", "here:80")
    # half of the margin is for what a process takes to start, half for the end of a run
    until = 1000 + 120 - 10
    started = replace(chosen, warm_start=str(tmp_path / "warm"))
    one, *rest = [
        {
            name: Task(settings, str(tmp_path / name), "cuda:1", "data", until, beside)
            for name in names
        }
        for names, settings, beside in [
            (["warm"], warm, 1),
            ("abc", started, 3),
            ("d", started, 3),
        ]
    ]
    assert made.began[:3] == [one, *rest]
    # in their order
    assert [list(tasks) for tasks in made.began[:3]] == [["warm"], ["a", "b", "c"], ["d"]]


def test_what_is_done_where_nothing_is_said(tmp_path, at_work):
    assert carry_out(from_a_warm_start(tmp_path)) == {}
    ((asked, made),) = at_work
    assert asked == (1, "cpu", "loky", None)
    (task,) = made.began[0].values()
    assert (task.device, task.data_dir, task.until, task.beside) == ("cpu", None, math.inf, 1)


@pytest.mark.parametrize(
    ("jobs", "finished", "most"),
    [(9, "", 5), (5, "", 5), (4, "", 4), (9, "warm a", 3), (9, "warm a b c d", 1)],
)
def test_there_are_no_more_workers_than_runs_that_are_left(
    tmp_path, at_work, monkeypatch, jobs, finished, most
):
    monkeypatch.setattr(Plan, "finished", lambda self: iter(finished.split()))
    shown = []
    carry_out(from_a_warm_start(tmp_path), jobs=jobs, progress=lambda *what: shown.append(what))
    ((asked, _),) = at_work
    assert asked[0] == most
    # those that were done before count as done
    left = [name for name in ("warm", *"abcd") if name not in finished.split()]
    assert shown == [(6 - len(left) + n, 5, name) for n, name in enumerate(left)]


@pytest.mark.parametrize(("seconds", "begun"), [(20.0, 1), (19.5, 0), (0.0, 0)])
def test_a_run_begins_as_long_as_the_margin_is_left(tmp_path, at_work, seconds, begun):
    alone = Plan(tmp_path, (Planned("a", preset("corrected", "binaryconnect", epochs=1)),))
    assert carry_out(alone, minutes=seconds / 60) == {}
    assert sum(map(len, at_work[0][1].began)) == begun


@pytest.mark.parametrize(
    ("jobs", "error", "message"),
    [
        (0, ValueError, "jobs: expected an integer >= 1, got 0"),
        (1.5, TypeError, "jobs: expected an integer, got 1.5"),
        ("2", TypeError, "jobs: expected an integer, got '2'"),
    ],
)
def test_jobs_are_counted(tmp_path, jobs, error, message):
    with pytest.raises(error) as caught:
        carry_out(from_a_warm_start(tmp_path), jobs=jobs)
    assert str(caught.value) == message


def test_processes_know_the_command_behind_them(monkeypatch):
    monkeypatch.setenv(STARTED_BY, "the command")
    processes = Processes(1)
    assert processes.submit(started_by).result() == "the command"
    processes.stop()


def two_after_a_warm_start(folder):
    chosen = preset("corrected", "proxquant", epochs=12, batch_size=512)
    warm = Planned("warm", preset("corrected", "full-precision", epochs=1))
    return Plan(folder, (warm, *(Planned(name, chosen, "warm") for name in "ab")))


GO = f"""
import sys
from pathlib import Path
from pqtheory.networks.sweeps import Plan, Planned, carry_out
from pqtheory.networks.training import preset

{inspect.getsource(two_after_a_warm_start)}
carry_out(two_after_a_warm_start(Path(sys.argv[1])), jobs=2)
"""


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    assert carry_out(two_after_a_warm_start(folder)) == {}
    return folder


def lines(folder, name):
    return RunFolder(folder / name).metrics()


@pytest.mark.skipif(os.name != "posix", reason="needs to see that a process's parent is another")
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_killed_in_the_middle_it_ends_its_processes_and_goes_on_to_the_same_numbers(
    whole, tmp_path, how
):
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    process = subprocess.Popen([sys.executable, "-c", GO, str(tmp_path)], env=environment)
    deadline = time.monotonic() + 120
    while len(lines(tmp_path, "a")) < 4 and time.monotonic() < deadline:
        time.sleep(0.02)
    below = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(how)
    assert process.wait() == -how
    gone, alive = psutil.wait_procs(below, timeout=20)
    assert gone
    assert not alive
    assert 4 <= len(lines(tmp_path, "a")) < 13
    assert carry_out(two_after_a_warm_start(tmp_path)) == {}
    for name in ("warm", "a", "b"):
        assert lines(tmp_path, name) == lines(whole, name)
        folders = [RunFolder(folder / name) for folder in (whole, tmp_path)]
        one, other = (folder.load("checkpoint.pt")["model"] for folder in folders)
        assert all(bool((one[key] == other[key]).all()) for key in one)
