"""What a check says: one line, with the smallest case that it finds."""

from collections.abc import Callable
from typing import Any

import numpy as np

from pqtheory._messages import brief

#: what a coordinate of a failing case is tried at, simplest first
SIMPLE = (0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0)


class ConformanceError(AssertionError):
    """A class does not keep what its base class promises; the message says what, and where."""


def fail(what: Any, broken: str) -> None:
    """Say what ``what`` breaks.

    Raises
    ------
    ConformanceError
        Always.
    """
    raise ConformanceError(f"{named(what)}: {broken}")


def named(what: Any) -> str:
    """How an object is written, or the name of its class where that says an address alone."""
    text = brief(what)
    return type(what).__name__ if " object at 0x" in text else text


def expect(holds: Any, what: Any, broken: str) -> None:
    """``fail`` unless ``holds``."""
    if not holds:
        fail(what, broken)


def answer(what: Any, asked: str, call: Callable[..., Any], *arguments: Any) -> Any:
    """What a call gives; what it raises is its author's error, shown in one line with the question.

    Raises
    ------
    ConformanceError
        With what was raised.
    """
    try:
        return call(*arguments)
    except Exception as error:
        message = f"{asked} raised {type(error).__name__}: {brief(str(error))}"
        raise ConformanceError(f"{named(what)}: {message}") from error


def simplest(case: np.ndarray, fails: Callable[[np.ndarray], bool]) -> np.ndarray:
    """A case that fails still, as simple as changing one number at a time makes it."""
    case = np.array(case, dtype=np.float64)
    for _ in range(3):
        before = case.copy()
        for index in np.ndindex(case.shape):
            number = case[index]
            tried = (*SIMPLE, *(round(float(number), digits) for digits in range(4)))
            for simple in tried[: tried.index(number) if number in tried else len(tried)]:
                other = case.copy()
                other[index] = simple
                if _is_true(fails, other):
                    case = other
                    break
        if np.array_equal(before, case):
            break
    return case


def _is_true(fails: Callable[[np.ndarray], bool], case: np.ndarray) -> bool:
    try:
        return bool(fails(case))
    except Exception:
        return False


def first_of(cases: np.ndarray, wrong: Any) -> Any:
    """Of the wrong cases the one that is written shortest."""
    candidates = [case for case, is_wrong in zip(cases, wrong, strict=True) if is_wrong]
    return min(candidates, key=lambda case: (len(repr(np.asarray(case).tolist())), str(case)))


def shown(array: Any) -> str:
    """Numbers as they are written in Python."""
    values = array.tolist() if hasattr(array, "tolist") else array
    return brief(values)
