"""Ask z3 within a limit of its own time: others' load takes nothing of it."""

import time
from typing import Any

#: how often the clock on the wall is given twice the time
DOUBLINGS = 5


def asked(solver: Any, seconds: float) -> Any:
    """z3's answer: sat, unsat, or unknown once it has used half of so many seconds of the processor at least.

    z3 itself knows the clock on the wall alone, where a busy machine leaves little of a second.
    """
    import z3

    for doubling in range(DOUBLINGS + 1):
        solver.set("timeout", max(1, int(1000 * seconds * 2**doubling)))
        start, begun = time.process_time(), time.monotonic()
        answer = solver.check()
        waited = time.monotonic() - begun >= 0.9 * seconds * 2**doubling
        starved = waited and time.process_time() - start < seconds / 2
        if answer != z3.unknown or not starved:
            break
    return answer
