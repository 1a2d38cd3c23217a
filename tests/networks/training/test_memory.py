"""Freed memory is kept where the C library can."""

import ctypes
import platform
import subprocess
import sys
import textwrap

import pytest

from pqtheory.networks.training import RunFolder, memory, run, train

from .small_runs import small, tiny_images

FAULTS = """
    import resource
    import numpy as np
    from pqtheory.networks.training.memory import keep_memory

    def faults():
        return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

    def step():
        held = [np.ones(1 << 21) for _ in range(12)]  # 16 MiB each, all freed together

    kept = {tell} and keep_memory()
    step()
    before = faults()
    for _ in range(3):
        step()
    print(kept, faults() - before)
"""
gnu = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="needs the GNU C library")


def faults(tell):
    code = textwrap.dedent(FAULTS.format(tell=tell))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    kept, count = done.stdout.split()
    return kept == "True", int(count)


@gnu
def test_pages_of_a_step_are_there_in_the_next():
    kept, few = faults(tell=True)
    _, many = faults(tell=False)
    assert kept
    assert few < many / 4


@pytest.mark.parametrize("error", [AttributeError, OSError, TypeError])
def test_another_library_is_left_as_it_is(monkeypatch, error):
    def missing(name):
        raise error(name)

    monkeypatch.setattr(ctypes, "CDLL", missing)
    assert memory.keep_memory.__wrapped__() is False


def test_a_run_on_a_cpu_asks_for_it(monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr(run, "keep_memory", lambda: asked.append(True))
    train(small(epochs=1, freeze_epoch=None), tiny_images(600), RunFolder(tmp_path))
    assert asked == [True]
