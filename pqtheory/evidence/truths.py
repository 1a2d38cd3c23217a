"""Truth values of plain numbers: what counts as one, and what does not."""

from typing import Any

import numpy as np

from pqtheory._messages import brief


class NegatedError(TypeError):
    """That there is an integer in place of a truth value, as where ~ stands before one of Python's."""


def plain_truth(value: Any) -> bool:
    """A truth value of plain numbers.

    Raises
    ------
    TypeError
        If it is anything else, such as a number: ~True is -2 in Python, which counts as true.
    """
    if isinstance(value, np.ndarray) and value.size == 1:
        value = value.item()
    if isinstance(value, bool | np.bool_):
        return bool(value)
    text = f"expected a comparison, or several joined by & and |, got {brief(value)}"
    if isinstance(value, int | np.integer):
        raise NegatedError(f"{text}: write negated(x) in place of ~x")
    raise TypeError(text)
