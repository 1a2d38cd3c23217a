"""Who does the runs: with how many threads, how many at a time, which together, and what is told of failures."""

import warnings
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import torch

from pqtheory.networks.sweeps import processes, workers
from pqtheory.networks.sweeps.tasks import Task, one_at_a_time, one_run
from pqtheory.networks.sweeps.workers import EVERY, OnGpu, Submitted, open_workers
from pqtheory.networks.training import FarFromLevelsWarning, preset

from ..messages import exactly

SETTINGS = preset("corrected", "proxquant", epochs=3)


def task(name="a", beside=1, until=1060.0, **changes):
    settings = preset("corrected", "proxquant", epochs=3, **changes)
    return Task(settings, f"runs/{name}", "cuda:0", "data", until, beside)


class Calls:
    """Of ``submit``; each ends when it is told to."""

    def __init__(self):
        self.made, self.futures = [], []

    def __call__(self, *call):
        self.made.append(call)
        self.futures.append(Future())
        return self.futures[-1]


@pytest.fixture
def submit():
    return Calls()


@pytest.mark.parametrize(
    ("threads", "shared", "given"),
    [
        (8, True, [8, 4, 2, 1]),
        (8, False, [8, 8, 8, 8]),
        (None, True, [None, None, None, None]),
        (1, True, [1, 1, 1, 1]),
    ],
)
def test_threads_are_shared_by_runs_beside_each_other(submit, threads, shared, given):
    made = Submitted(submit, 9, threads, shared)
    # the last is beside more than there are threads
    tasks = {str(beside): task(beside=beside) for beside in (1, 2, 4, 9)}
    made.begin(tasks)
    expected = zip(tasks.values(), given, strict=True)
    assert submit.made == [(one_run, one, threads) for one, threads in expected]


def test_threads_are_shared_only_if_that_is_said(submit):
    made = Submitted(submit, 9, 8)
    made.begin({"a": task(beside=4)})
    assert submit.made == [(one_run, task(beside=4), 8)]


def test_room_and_what_has_ended(submit):
    made = Submitted(submit, 3, 2)
    assert (made.room, made.busy) == (3, False)
    made.begin({"a": task(), "b": task("b")})
    assert (made.room, made.busy) == (1, True)
    one, two = submit.futures
    one.set_result(True)
    assert list(made.ended()) == [("a", True)]
    assert (made.room, made.busy) == (2, True)
    two.set_exception(OSError("the process died"))
    assert list(made.ended()) == [("b", "OSError: the process died")]
    assert (made.room, made.busy) == (3, False)


@pytest.fixture
def together(monkeypatch):
    """What runs on a GPU were trained with, at second 1000; the outcomes are to be set."""
    calls = {"loaded": [], "trained": [], "outcomes": []}

    def load(*given):
        assert one_at_a_time.locked()
        calls["loaded"].append(given)
        return "the data"

    def train(pairs, data, **how):
        assert one_at_a_time.locked()
        names = [folder.path for _, folder in pairs]
        calls["trained"].append(([s for s, _ in pairs], names, data, how))
        warnings.warn("said of each run later", FarFromLevelsWarning, stacklevel=1)
        outcome = calls["outcomes"].pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    monkeypatch.setattr(workers, "load_data", load)
    monkeypatch.setattr(workers, "train_together", train)
    monkeypatch.setattr("pqtheory.networks.sweeps.tasks.time.time", lambda: 1000.0)
    return calls


def test_on_a_gpu_those_on_the_same_data_are_trained_together(together, recwarn):
    made = OnGpu(4)
    assert (made.room, made.busy) == (4, False)
    many = {
        "a": task(),
        "of other data": task("b", data="cifar10"),
        "c": task("c", until=1030.0, lr=0.5),
    }
    made.begin(many)
    assert (made.room, made.busy) == (1, True)
    made.begin({"language": task("d", task="language")})
    assert (made.room, made.busy) == (0, True)
    together["outcomes"] = [[True, ArithmeticError("not finite")], [False], [True]]
    assert list(made.ended()) == [("a", True), ("c", "ArithmeticError: not finite")]
    assert (made.room, made.busy) == (2, True)
    assert together["loaded"] == [(SETTINGS, "data")]
    # as long as the first of them may
    how = {"device": "cuda:0", "seconds": 30.0}
    settings = [many["a"].settings, many["c"].settings]
    assert together["trained"] == [(settings, [Path("runs/a"), Path("runs/c")], "the data", how)]
    assert list(made.ended()) == [("of other data", False)]
    assert list(made.ended()) == [("language", True)]
    assert (made.room, made.busy) == (4, False)
    assert not recwarn.list


def test_options_of_a_task_are_part_of_what_is_trained_on(together):
    made = OnGpu(2)
    tasks = {str(size): task(str(size), task="language", embedding=size) for size in (8, 9)}
    made.begin(tasks)
    together["outcomes"] = [[True]]
    assert list(made.ended()) == [("8", True)]


def test_where_one_cannot_begin_each_is_trained_alone(together):
    made = OnGpu(2)
    made.begin({"a": task(), "b": task("b")})
    together["outcomes"] = [OSError("disk"), OSError("disk of a"), [True]]
    assert list(made.ended()) == [("a", "OSError: disk of a"), ("b", True)]
    assert [names for _, names, _, _ in together["trained"]] == [
        [Path("runs/a"), Path("runs/b")],
        [Path("runs/a")],
        [Path("runs/b")],
    ]


class Made:
    """In place of processes."""

    def __init__(self, count):
        self.count, self.stopped = count, False

    def submit(self, *call):
        return call

    def stop(self):
        self.stopped = True


def fields(made):
    return made._submit, made._most, made._threads, made._shared


@pytest.mark.parametrize("given", [True, False])
def test_processes_here_end_with_the_context_also_in_an_error(monkeypatch, given):
    seen = []
    monkeypatch.setattr(workers, "Processes", lambda count: seen.append(Made(count)) or seen[-1])
    monkeypatch.setattr(workers, "threads_are_given", lambda: given)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 7)
    with suppress(KeyError), open_workers(3, "cpu", "loky", None) as made:
        (started,) = seen
        assert started.count == 3
        assert isinstance(made, Submitted)
        # threads that the environment gives are for each
        assert fields(made) == (started.submit, 3, 7, not given)
        assert not started.stopped
        raise KeyError
    assert started.stopped


@pytest.mark.parametrize("device", ["cuda", "cuda:1"])
def test_this_process_works_on_a_gpu(device):
    with open_workers(3, device, "loky", None) as made:
        assert isinstance(made, OnGpu)
        assert made.room == 3


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_a_cluster_has_an_order_and_threads_of_its_own(monkeypatch, device):
    asked = []

    @contextmanager
    def connect(scheduler):
        asked.append(scheduler)
        yield "what submits"
        asked.append("left")

    monkeypatch.setattr(workers, "connect", connect)
    with open_workers(3, device, "dask", "here:80") as made:
        assert isinstance(made, Submitted)
        assert fields(made) == ("what submits", EVERY, None, False)
    assert asked == ["here:80", "left"]


def test_there_are_no_others():
    with (
        pytest.raises(ValueError, match=exactly("backend: expected loky or dask, got 'slurm'")),
        open_workers(1, "cpu", "slurm", None),
    ):
        raise AssertionError("opened")


def test_without_what_starts_processes(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "joblib", None)
    with pytest.raises(
        ImportError, match=exactly("sweeps need joblib: pip install 'pqtheory[sweep]'")
    ):
        processes.Processes(1)


@pytest.mark.parametrize("name", processes.THREADS)
def test_threads_are_given_by_any_of_the_variables(monkeypatch, name):
    for other in processes.THREADS:
        monkeypatch.delenv(other, raising=False)
    assert not processes.threads_are_given()
    monkeypatch.setenv(name, "2")
    assert processes.threads_are_given()
