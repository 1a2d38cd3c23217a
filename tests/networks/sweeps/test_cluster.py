"""What is asked of Dask, where one stands in its place."""

import sys
import types

import pytest

from pqtheory.networks.sweeps.cluster import connect


class Client:
    """Answers, and remembers what it was asked."""

    def __init__(self, *given, **how):
        self.asked = [("made", given, how)]
        made.append(self)

    def __enter__(self):
        self.asked.append("entered")

    def __exit__(self, *_):
        self.asked.append("left")

    def wait_for_workers(self, *given, **how):
        self.asked.append(("workers", given, how))

    def get_executor(self, **how):
        self.asked.append(("executor", how))
        return types.SimpleNamespace(submit="what submits")


made = []


@pytest.fixture
def dask(monkeypatch):
    """The module, whose client is to be set."""
    made.clear()
    module = types.ModuleType("distributed")
    module.Client = Client
    monkeypatch.setitem(sys.modules, "distributed", module)
    return module


def refused(scheduler, error=ValueError):
    with pytest.raises(error) as caught, connect(scheduler):
        raise AssertionError("connected")
    return str(caught.value)


@pytest.mark.usefixtures("dask")
@pytest.mark.parametrize("scheduler", ["here:80", "127.0.0.1:8786", "tcp://h:1"])
def test_a_scheduler_that_answers_and_has_workers(scheduler):
    with connect(scheduler) as submit:
        assert submit == "what submits"
        (client,) = made
        assert client.asked == [
            # a client of ours is not that of others in this process
            ("made", (scheduler,), {"timeout": 5, "set_as_default": False}),
            "entered",
            ("workers", (1,), {"timeout": 5}),
            # two calls with the same arguments are two runs
            ("executor", {"pure": False}),
        ]
    assert client.asked[-1] == "left"


@pytest.mark.usefixtures("dask")
@pytest.mark.parametrize(
    ("scheduler", "shown"),
    [(None, "None"), ("", "''"), ("here", "'here'"), (":80", "':80'"), ("here:", "'here:'")],
)
def test_an_address_that_is_none(scheduler, shown):
    assert refused(scheduler) == f"scheduler: expected HOST:PORT of Dask's scheduler, got {shown}"
    assert not made


def test_without_dask(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert refused("here:80", ImportError) == "--backend dask needs: pip install 'pqtheory[dask]'"


@pytest.mark.parametrize("error", [OSError, ValueError])
def test_nobody_answers(dask, error):
    def fail(*_, **__):
        raise error("timed out")

    dask.Client = fail
    assert refused("here:80") == "scheduler: no Dask scheduler answers at 'here:80': timed out"


@pytest.mark.usefixtures("dask")
def test_there_are_no_workers(monkeypatch):
    def none(*_, **__):
        raise TimeoutError

    monkeypatch.setattr(Client, "wait_for_workers", none)
    assert refused("here:80") == "scheduler: 'here:80' has no workers"
    assert made[0].asked[-1] == "left"
