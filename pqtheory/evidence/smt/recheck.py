"""Questions in SMT-LIB that one solver has answered, put to a second, independent one (cvc5), some side by side."""

import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from threading import Timer
from typing import IO, cast, final

from pqtheory._checks import check_count

PACKAGE = "cvc5"
#: how many ways there are to ask, and seconds of the processor for each, by budget
ATTEMPTS = 4
SECONDS = {"quick": 3.0, "full": 5.0}
#: so many times as long may a process live that gets no processor
PATIENCE = 20.0
_PROGRAM = Path(__file__).with_name("second_solver.py")


def available() -> bool:
    """Whether the second solver is installed."""
    return importlib.util.find_spec(PACKAGE) is not None


def require() -> None:
    """Raise ImportError with the way to install the second solver, unless it is there."""
    if not available():
        raise ImportError(f"recheck needs {PACKAGE}: pip install 'pqtheory[recheck]'")


def answers(
    questions: Sequence[str],
    *,
    seconds: float = SECONDS["quick"],
    jobs: int = 1,
    on_answer: Callable[[int], None] | None = None,
) -> list[str]:
    """What the second solver says to each question: "sat", "unsat" or "unknown", also where it cannot read one.

    Parameters
    ----------
    questions : sequence of str
        SMT-LIB, real arithmetic.
    seconds : float
        Of the processor, for each attempt at one question.
    jobs : int
        How many processes, >= 1.
    on_answer : callable, optional
        Called with the number of answers so far.

    Raises
    ------
    ImportError
        If the second solver is not installed.
    ValueError
        If ``jobs`` is < 1.
    """
    check_count(jobs, "jobs")
    require()
    solvers: SimpleQueue[_Solver] = SimpleQueue()
    found: list[str] = []

    def ask(question: str) -> str:
        solver = solvers.get()
        try:
            return solver.ask(question, seconds)
        finally:
            solvers.put(solver)

    started = [_Solver() for _ in range(min(jobs, len(questions)))]
    try:
        for solver in started:
            solvers.put(solver)
        with ThreadPoolExecutor(max(1, len(started))) as pool:
            for answer in pool.map(ask, questions):
                found.append(answer)
                if on_answer is not None:
                    on_answer(len(found))
    finally:
        for solver in started:
            solver.close()
    return found


@final
class _Solver:
    """A process that answers one question after the other; one that does not end in time is replaced."""

    def __init__(self) -> None:
        self.process = self._started()

    def _started(self) -> "subprocess.Popen[str]":
        # -P: its own folder is no place to import from
        command = [sys.executable, "-P", str(_PROGRAM)]
        pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL
        return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=nowhere, text=True)

    def ask(self, question: str, seconds: float) -> str:
        """The first attempt that decides it."""
        for attempt in range(ATTEMPTS):
            answer = self._attempt(question, attempt, seconds)
            if answer != "unknown":
                return answer
        return "unknown"

    def _attempt(self, question: str, attempt: int, seconds: float) -> str:
        stdin, stdout = cast(IO[str], self.process.stdin), cast(IO[str], self.process.stdout)
        timer = Timer(PATIENCE * seconds, self.process.kill)
        timer.start()
        try:
            print(json.dumps([question, attempt, seconds]), file=stdin, flush=True)
            answer = stdout.readline().strip()
        except BrokenPipeError:
            answer = ""
        finally:
            timer.cancel()
        if not answer:
            # it was out of time, or it has crashed
            self.close()
            self.process = self._started()
        return answer or "unknown"

    def close(self) -> None:
        """End the process and close its pipes."""
        self.process.kill()
        with suppress(BrokenPipeError), self.process:
            pass
