"""A share of activations that is dropped in training."""

from typing import Any

from pqtheory._checks import check_float
from pqtheory._messages import brief


def check_dropout(dropout: Any) -> float:
    """``dropout`` if it is a number from 0 to 1.

    Raises
    ------
    TypeError, ValueError
        If not.
    """
    share = check_float(dropout, "dropout")
    if not 0 <= share <= 1:
        raise ValueError(f"dropout: expected a number from 0 to 1, got {brief(share)}")
    return share
