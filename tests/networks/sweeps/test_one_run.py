"""What a process of a sweep does with the run that it is given."""

import warnings
from pathlib import Path

import pytest
import torch

from pqtheory.networks.sweeps import tasks
from pqtheory.networks.sweeps.tasks import Task, one_run, why
from pqtheory.networks.training import FarFromLevelsWarning, preset

SETTINGS = preset("corrected", "proxquant", epochs=3)


@pytest.fixture
def told(monkeypatch):
    """What the run was told to load and to train, at second 1000."""
    calls = []

    def load(*given):
        assert tasks.one_at_a_time.locked()
        calls.append(given)
        return "the data"

    def train(settings, data, folder, **how):
        assert tasks.one_at_a_time.locked()
        calls.append((settings, data, folder.path, how))
        warnings.warn("said of each run later", FarFromLevelsWarning, stacklevel=1)
        return "whether it is done"

    monkeypatch.setattr(tasks, "load_data", load)
    monkeypatch.setattr(tasks, "train", train)
    monkeypatch.setattr(tasks.time, "time", lambda: 1000.0)
    return calls


@pytest.fixture
def threads(monkeypatch):
    given = []
    monkeypatch.setattr(torch, "set_num_threads", given.append)
    return given


def test_it_is_trained_as_the_task_says(told, threads, recwarn):
    task = Task(SETTINGS, "runs/a", "cuda:1", Path("data"), 1060.0)
    assert one_run(task) == "whether it is done"
    how = {"device": "cuda:1", "resume": True, "seconds": 60.0}
    assert told == [(SETTINGS, Path("data")), (SETTINGS, "the data", Path("runs/a"), how)]
    assert threads == []
    assert one_run(task, 3) == "whether it is done"
    assert threads == [3]
    # whoever started the runs says it, from the metrics of each
    assert not recwarn.list
    assert not tasks.one_at_a_time.locked()


def test_other_warnings_are_let_through(told, monkeypatch):
    monkeypatch.setattr(tasks, "load_data", lambda *_: warnings.warn("odd", stacklevel=1))
    with pytest.warns(UserWarning, match="^odd$"):
        one_run(Task(SETTINGS, "runs/a", "cpu", None, 0.0))


def test_a_failure_is_told_in_words_and_is_no_end_of_the_process(told, monkeypatch):
    def failing(*_):
        raise KeyError("no such image")

    monkeypatch.setattr(tasks, "load_data", failing)
    assert one_run(Task(SETTINGS, "runs/a", "cpu", None, 0.0)) == "KeyError: 'no such image'"
    assert why(ValueError("lr: no")) == "ValueError: lr: no"


def test_a_run_shares_the_cores_with_none_unless_it_is_told():
    assert Task(SETTINGS, "runs/a", "cpu", None, 0.0).beside == 1
