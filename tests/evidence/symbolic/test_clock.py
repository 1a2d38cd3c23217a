"""The time limit of a proof counts what the proof has used of the processor."""

import time

import pytest

from pqtheory.evidence.symbolic.clock import Clock, UndecidedError


def test_waiting_takes_nothing_of_it() -> None:
    clock = Clock(0.2)
    time.sleep(0.4)
    clock.check()


def test_it_ends() -> None:
    clock = Clock(0.05)
    end = time.process_time() + 0.1
    while time.process_time() < end:
        pass
    with pytest.raises(UndecidedError, match="no answer in its time"):
        clock.check()
