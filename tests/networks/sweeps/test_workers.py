"""Workers of a sweep: processes that are killed, shares of the cores, a Dask cluster."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import BrokenExecutor
from threading import Event

import psutil
import pytest
from click.testing import CliRunner
from distributed import Client
from filelock import FileLock, Timeout

from pqtheory import cli
from pqtheory.networks.sweeps import carry_out, read_grid
from pqtheory.networks.sweeps.processes import THREADS, Processes

SWEEP = """
[settings]
method = "binaryconnect"
epochs = 1
batch_size = 512
[grid]
data = ["cifar10", "digits"]
"""
FAILED, DONE = "data=cifar10", "data=digits"


@pytest.fixture
def sweep_file(tmp_path):
    file = tmp_path / "sweep.toml"
    file.write_text(SWEEP)
    return file


@pytest.fixture
def processes():
    made = Processes(2)
    yield made
    made.stop()


def killer(mark=None):
    """A function that kills its process: always, or until there is the file ``mark``; it travels by value."""

    def kill():
        if mark is None or not mark.exists():
            if mark is not None:
                mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return os.getpid()

    return kill


def deadly_folder():
    """Kills whoever looks for CIFAR-10 in it; a class in a function travels by value."""

    class Deadly:
        def __fspath__(self):
            os.kill(os.getpid(), signal.SIGKILL)

    return Deadly()


def test_a_run_that_kills_its_process_costs_only_itself(sweep_file):
    plan = read_grid(sweep_file)
    shown = []
    failed = carry_out(
        plan, jobs=2, data_dir=deadly_folder(), progress=lambda *what: shown.append(what)
    )
    assert failed == {FAILED: "ChildProcessError: its process died 2 times {SIGKILL(-9)}"}
    assert sorted(name for _, _, name in shown) == [FAILED, DONE]
    assert [what[:2] for what in shown] == [(1, 2), (2, 2)]
    assert list(plan.finished()) == [DONE]


ORPHAN = """
import sys, time
from concurrent.futures import wait
from filelock import FileLock
from pqtheory.networks.sweeps.processes import Processes

def hold(path):
    from filelock import FileLock
    with FileLock(path):
        open(path + ".held", "w").close()
        time.sleep(600)

wait([Processes(1).submit(hold, sys.argv[1])])
"""


@pytest.mark.skipif(os.name != "posix", reason="needs to see that a process's parent is another")
def test_processes_end_with_the_one_that_started_them_even_if_it_is_killed(tmp_path):
    path = tmp_path / "lock"
    starter = subprocess.Popen([sys.executable, "-c", ORPHAN, str(path)])
    deadline = time.monotonic() + 60
    while not path.with_suffix(".held").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    with pytest.raises(Timeout):
        FileLock(path, timeout=0).acquire()
    starter.kill()
    starter.wait()
    with FileLock(path, timeout=30):
        pass


def test_a_killed_process_is_replaced_and_the_other_goes_on(processes, tmp_path):
    slow = processes.submit(time.sleep, 2.0)
    once = processes.submit(killer(tmp_path / "mark"))
    always = processes.submit(killer())
    assert once.result() != os.getpid()
    with pytest.raises(ChildProcessError, match=r"died 2 times {SIGKILL\(-9\)}"):
        always.result()
    assert slow.result() is None


def test_a_process_is_used_again_after_a_result_and_after_an_error():
    processes = Processes(1)
    first = processes.submit(os.getpid).result()
    with pytest.raises(ZeroDivisionError):
        processes.submit(divmod, 1, 0).result()
    assert processes.submit(os.getpid).result() == first
    processes.stop()
    assert not psutil.pid_exists(first)


def test_stop_ends_what_goes_on_and_starts_nothing():
    processes = Processes(1)
    started = processes.submit(os.getpid).result()
    going, waiting = (processes.submit(time.sleep, 60) for _ in range(2))
    while not going.running():
        time.sleep(0.01)
    processes.stop()
    assert going.exception() is not None
    assert waiting.cancelled()
    assert not psutil.pid_exists(started)


class Dying:
    """A process that dies as it is ended."""

    def __init__(self):
        self.ended = Event()

    def submit(self, function):
        self.ended.wait(10)
        raise BrokenExecutor("{SIGKILL(-9)}")

    def shutdown(self, kill_workers=False):
        self.ended.set()


def test_a_process_that_dies_as_all_are_stopped_is_not_replaced():
    made = []
    processes = Processes(1)
    processes._new = lambda: made.append(Dying()) or made[-1]
    going = processes.submit(os.getpid)
    while not made:
        time.sleep(0.01)
    processes.stop()
    with pytest.raises(ChildProcessError):
        going.result()
    assert len(made) == 1


def test_processes_share_the_cores(monkeypatch):
    for name in THREADS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("joblib.cpu_count", lambda: 6)
    processes = Processes(2)
    assert [processes.submit(os.getenv, name).result() for name in THREADS] == ["3", "3", "3"]
    processes.stop()
    # one that is given is not overruled by a share for another
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    processes = Processes(2)
    assert [processes.submit(os.getenv, name).result() for name in THREADS] == ["1", None, None]
    processes.stop()


COMPARED = """
import sys, torch
from pathlib import Path
from pqtheory.networks.data import load
from pqtheory.networks.sweeps import Plan, Planned, carry_out
from pqtheory.networks.training import RunFolder, preset, train

chosen, place = preset("corrected", "binaryconnect", epochs=1), Path(sys.argv[1])
assert carry_out(Plan(place, (Planned("swept", chosen),))) == {}
train(chosen, load("digits"), RunFolder(place / "alone"))
for name in ("swept", "alone"):
    run = RunFolder(place / name)
    print(run.provenance["threads"], run.metrics())
"""


@pytest.mark.parametrize("name", THREADS[:2])
def test_a_sweep_has_the_threads_and_numbers_of_a_run_alone(tmp_path, name):
    environment = {k: v for k, v in os.environ.items() if k not in THREADS} | {name: "1"}
    command = [sys.executable, "-c", COMPARED, str(tmp_path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    found = done.stdout.splitlines()
    assert found[0] == found[1]
    assert found[0].startswith("1 ")


@pytest.fixture
def cluster(tmp_path):
    """Address of a Dask scheduler, and its two worker processes; one death is enough to give up a run."""
    file = tmp_path / "scheduler.json"
    environment = os.environ | {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0"}
    log = (tmp_path / "log").open("w")

    def start(name, *options):
        module = f"distributed.cli.dask_{name}"
        command = [sys.executable, "-m", module, "--scheduler-file", str(file), "--no-dashboard"]
        return subprocess.Popen([*command, *options], env=environment, stdout=log, stderr=log)

    started = [start("scheduler", "--host", "127.0.0.1", "--port", "0")]
    started += [start("worker", "--nthreads", "1", "--no-nanny") for _ in range(2)]
    with Client(scheduler_file=str(file), set_as_default=False) as client:
        client.wait_for_workers(2, timeout=60)
        address = client.scheduler.address
    yield address, started[1:]
    for process in started:
        process.kill()
        process.wait()
    log.close()


def test_a_dask_worker_that_is_killed_costs_only_its_run(sweep_file, cluster, monkeypatch):
    scheduler, processes = cluster
    plan = read_grid(sweep_file)
    shown = []
    failed = carry_out(
        plan,
        backend="dask",
        scheduler=scheduler,
        data_dir=deadly_folder(),
        progress=lambda *what: shown.append(what),
    )
    assert set(failed) == {FAILED}
    assert failed[FAILED].startswith("KilledWorker: ")
    assert sorted(name for _, _, name in shown) == [FAILED, DONE]
    assert list(plan.finished()) == [DONE]
    for process in processes:
        process.kill()
    with Client(scheduler, set_as_default=False) as client:
        while client.scheduler_info()["workers"]:
            time.sleep(0.1)
    monkeypatch.setattr("pqtheory.networks.sweeps.cluster.PATIENCE", 1)
    with pytest.raises(ValueError, match=r"scheduler: .* has no workers"):
        carry_out(plan, backend="dask", scheduler=scheduler)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "expected HOST:PORT of Dask's scheduler, got None"),
        (("--scheduler", "here"), "expected HOST:PORT of Dask's scheduler, got 'here'"),
        (("--scheduler", "127.0.0.1:9"), "no Dask scheduler answers at '127.0.0.1:9': "),
    ],
)
def test_a_missing_scheduler_is_one_line(sweep_file, options, message, monkeypatch):
    monkeypatch.setattr("pqtheory.networks.sweeps.cluster.PATIENCE", 1)
    result = CliRunner().invoke(cli.main, ["sweep", str(sweep_file), "--backend", "dask", *options])
    assert result.exit_code == 2
    assert result.stderr.startswith(f"pqtheory: --scheduler: {message}")
    assert result.stderr.count("\n") == 1
