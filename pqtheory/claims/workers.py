"""Calls in processes of their own: one that is killed, or takes too long, takes nothing but its call with it."""

import os
import pickle
import signal
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from typing import Any, final

from pqtheory._parent import end_with

#: what a worker says before it makes a call: the clock starts when all is loaded
BEGUN = b""


class WorkerDiedError(Exception):
    """The process of a call ended before the call did."""


def outcomes(
    calls: Sequence[tuple[Any, ...]],
    function: Callable[..., Any],
    jobs: int = 1,
    seconds: float | None = None,
) -> Iterator[tuple[int, Any]]:
    """Call ``function`` with each tuple of arguments, ``jobs`` at a time; give (place, outcome) as each is done.

    The outcome is what the call returned, or the exception that it raised; TimeoutError where it took more than
    ``seconds``, and WorkerDiedError where its process ended. Leaving the iterator ends all processes.
    """
    waiting = deque(enumerate(calls))
    idle: list[_Worker] = []
    busy: dict[Connection, _Worker] = {}
    try:
        while waiting or busy:
            while waiting and len(busy) < jobs:
                worker = idle.pop() if idle else _Worker()
                busy[worker.connection] = worker
                place, arguments = waiting.popleft()
                worker.begin(place, (function, arguments), seconds)
            left = min(worker.left() for worker in busy.values())
            for connection in wait(list(busy), None if left == float("inf") else left):
                worker = busy[connection]  # type: ignore[index]
                answered, outcome = worker.answer()
                if not answered:
                    continue
                del busy[worker.connection]
                if worker.ended:
                    worker.stop()
                else:
                    idle.append(worker)
                yield worker.place, outcome
            for worker in [w for w in busy.values() if w.left() == 0.0]:
                del busy[worker.connection]
                worker.stop()
                yield worker.place, TimeoutError(f"no answer within {seconds:g} s")
    finally:
        for worker in (*idle, *busy.values()):
            worker.stop()


@contextmanager
def begun(function: Callable[..., Any], *arguments: Any) -> Iterator[Callable[[], Any]]:
    """Begin a call at once; what waits for its outcome. Leaving the block ends the process.

    Raises
    ------
    WorkerDiedError
        From the wait, if the process ended before the call did; else whatever the call raised.
    """
    worker = _Worker()
    try:
        worker.begin(0, (function, arguments), None)
        yield worker.outcome
    finally:
        worker.stop()


@final
class _Worker:
    """A process that makes calls, one after the other."""

    def __init__(self) -> None:
        # a fresh interpreter: a fork would copy the locks of solvers and of thread pools
        context = get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs, os.getpid()))
        self.process.start()
        # the end of the process must close the pipe
        theirs.close()
        self.place, self.seconds, self.ended = -1, float("inf"), False
        self.deadline = float("inf")

    def begin(self, place: int, call: Any, seconds: float | None) -> None:
        self.place = place
        self.seconds = float("inf") if seconds is None else seconds
        self.deadline = float("inf")
        with suppress(BrokenPipeError):
            # where it is broken, the answer says so
            self.connection.send_bytes(pickle.dumps(call))

    def left(self) -> float:
        """Seconds until the call has taken too long."""
        return max(0.0, self.deadline - time.monotonic())

    def answer(self) -> tuple[bool, Any]:
        """Whether the call is done, and what came of it."""
        try:
            said = self.connection.recv_bytes()
        except (EOFError, OSError):
            self.ended = True
            self.process.join()
            return True, WorkerDiedError(_how_it_ended(self.process.exitcode))
        if said == BEGUN:
            self.deadline = time.monotonic() + self.seconds
            return False, None
        return True, pickle.loads(said)

    def outcome(self) -> Any:
        """Wait for what the call returns, or raise what it raised."""
        answered, outcome = self.answer()
        while not answered:
            answered, outcome = self.answer()
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    def stop(self) -> None:
        self.process.kill()
        self.process.join()
        self.connection.close()


def _how_it_ended(code: int | None) -> str:
    if code is not None and code < 0:
        with suppress(ValueError):
            return f"its process was ended by {signal.Signals(-code).name}"
    return f"its process ended with exit code {code}"


def _serve(connection: Connection, parent: int) -> None:
    end_with(parent)
    # whoever is at the terminal stops the parent, which stops this process
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        try:
            function, arguments = pickle.loads(connection.recv_bytes())
        except EOFError:
            return
        connection.send_bytes(BEGUN)
        connection.send_bytes(_made(function, arguments))


def _made(function: Callable[..., Any], arguments: tuple[Any, ...]) -> bytes:
    """What the call returned or raised, ready to travel."""
    try:
        return pickle.dumps(function(*arguments))
    except BaseException as error:
        error.add_note(f"in a process of its own:\n{traceback.format_exc()}")
        try:
            travels = pickle.dumps(error)
            pickle.loads(travels)
        except Exception:
            # an exception that cannot be made from its own arguments, or that holds what does not travel
            return pickle.dumps(RuntimeError(f"{type(error).__name__}: {error}"))
        return travels
