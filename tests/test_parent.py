"""A process ends soon after the one that started it."""

import threading
from threading import Thread
from typing import Any

import pytest

from pqtheory import _parent


@pytest.mark.parametrize("parents", [[7, 7, 1], [1]])
def test_it_looks_again_and_again_and_ends(monkeypatch: pytest.MonkeyPatch, parents: Any) -> None:
    started, paused, ended = [], [], []

    class Kept(Thread):
        def start(self) -> None:
            started.append(self)
            super().start()

    ids = iter(parents)
    monkeypatch.setattr(_parent, "Thread", Kept)
    monkeypatch.setattr(_parent.os, "getppid", lambda: next(ids))
    monkeypatch.setattr(_parent.time, "sleep", paused.append)
    monkeypatch.setattr(_parent, "exit_at_once", ended.append)
    _parent.end_with(7)
    (thread,) = started
    thread.join(10)
    assert not thread.is_alive()
    assert thread.daemon
    assert thread is not threading.current_thread()
    assert paused == [_parent.PAUSE] * (len(parents) - 1)
    assert ended == [1]
