"""What the symbolic engine stops at: no answer, or no time left."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import final


class UndecidedError(Exception):
    """The engine has no answer, and says why; this is never evidence of anything."""


@final
class Clock:
    """A limit in seconds of the processor, looked at between the steps of a proof: others' load takes nothing of it."""

    def __init__(self, seconds: float) -> None:
        self.end = time.process_time() + seconds

    def check(self) -> None:
        """Raise UndecidedError once the time is over."""
        if time.process_time() > self.end:
            raise UndecidedError("no answer in its time")


@contextmanager
def failures() -> Iterator[None]:
    """Turn what sympy gives up with into UndecidedError."""
    from sympy.polys.polyerrors import BasePolynomialError

    try:
        yield
    except (BasePolynomialError, NotImplementedError, ZeroDivisionError, RecursionError) as error:
        raise UndecidedError(f"{type(error).__name__}: {error}") from error
