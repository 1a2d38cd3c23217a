"""Pytest in a forked process: what takes long to load is there already, and nothing of one run is left for the next."""

import importlib
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from experiments.mutating.parts import ROOT, WORK

#: what tests import that is not ours
HEAVY = (
    *("numpy", "scipy.optimize", "scipy.sparse", "scipy.special", "torch", "torch.nn.functional"),
    *("matplotlib.pyplot", "sympy", "z3", "cvxpy", "sklearn.datasets", "hypothesis.strategies"),
    *("hypothesis.extra.numpy", "array_api_compat.torch", "safetensors.torch", "rich.table"),
)
#: bytes that a process of a run may have of its own, so that a mutant which asks for more fails alone; room in the
#: address space counts for nothing: a browser takes far more of it than there is memory, and does not start without
MEMORY = 16 << 30
#: what was loaded before pytest cannot be rewritten by it, and need not be
QUIET = ("-q", "--tb=short", "-W", "ignore::pytest.PytestAssertRewriteWarning")
#: what finds nothing to do here
PLUGINS = ("cacheprovider", "xdist", "pytest_cov", "anyio", "nbval", "randomly", "timeout")


def load() -> None:
    """Load what tests share."""
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[variable] = "1"
    for name in HEAVY:
        with suppress(ImportError):
            importlib.import_module(name)


def tree(number: int) -> Path:
    """A copy of the checkout, to be changed: what git knows or does not ignore."""
    place = WORK / f"tree-{number}"
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    names = {name for name in listed.split("\0") if name and (ROOT / name).is_file()}
    for name in names:
        source, target = ROOT / name, place / name
        if not target.exists() or target.read_bytes() != source.read_bytes():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    for old in [*place.glob("pqtheory/**/*.py"), *place.glob("tests/**/*.py")]:
        if old.relative_to(place).as_posix() not in names:
            old.unlink()
    return place


@dataclass(frozen=True)
class Child:
    """A run that was started, and the moment at which it is stopped."""

    pid: int
    until: float


def start(work: Callable[[], int], log: Path, cpu: float) -> Child:
    """``work`` in a process of its own for at most ``cpu`` seconds of a processor, and some more of the clock."""
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return Child(pid, time.monotonic() + 60 + 8 * cpu)
    code = 3
    try:
        os.setsid()
        resource.setrlimit(resource.RLIMIT_CPU, (int(cpu) + 1, int(cpu) + 6))
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        stream = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(stream, 1)
        os.dup2(stream, 2)
        code = work()
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def ended(child: Child, *, wait: bool = False) -> int | None:
    """The exit code of a run (negative: the signal that ended it), or None while it goes on; its processes end too."""
    while True:
        pid, status = os.waitpid(child.pid, os.WNOHANG)
        late = time.monotonic() > child.until
        if pid or late:
            stop(child)
            if not pid:
                os.waitpid(child.pid, 0)
                return -signal.SIGXCPU
            return os.waitstatus_to_exitcode(status)
        if not wait:
            return None
        time.sleep(0.01)


def stop(child: Child) -> None:
    """End a run and what it has started."""
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)


def enter(place: Path, environment: Mapping[str, str]) -> None:
    """Make a tree all that this process, which then ends, sees of the checkout."""
    for name in [n for n in sys.modules if n.split(".")[0] in ("pqtheory", "experiments", "tests")]:
        del sys.modules[name]
    os.chdir(place)
    sys.path[:] = [str(place), *(p for p in sys.path if p and Path(p).resolve() != ROOT)]
    sys.dont_write_bytecode = "PYTHONDONTWRITEBYTECODE" in environment
    os.environ.update(environment, PYTHONPATH=str(place), HYPOTHESIS_PROFILE="mutation")


def run_pytest(file: str, plugin: Any, *options: str) -> int:
    """Pytest on a file of the tree that was entered."""
    without = [word for name in PLUGINS for word in ("-p", f"no:{name}")]
    return int(pytest.main([*without, *QUIET, *options, file], [plugin]))
